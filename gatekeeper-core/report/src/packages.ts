// Packages and their licences.

import { load } from "./data";
import { count, h, type Child } from "./dom";
import { Filtered } from "./filters";
import type { View } from "./view";

/** Name, version, licences, scope, package URL, report. */
type Row = [string, string, string[], string, string, string];

const NONE = "no licence stated";
const BARS = 12;

export async function packages(changed: (address: string) => void): Promise<View> {
  const rows = (await load<Row[]>("packages")) ?? [];
  const row = (n: number): Row => rows[n] as Row;
  const licence = (n: number): string => row(n)[2].join(" \u00b7 ") || NONE;
  const counts = new Map<string, number>();
  for (let n = 0; n < rows.length; n++) counts.set(licence(n), (counts.get(licence(n)) ?? 0) + 1);
  const ordered = [...counts].sort((a, b) => b[1] - a[1]);
  const most = ordered[0]?.[1] ?? 1;
  const bars = h("ul", { class: "bars", "aria-label": "Packages by licence" });
  for (const [name, n] of ordered.slice(0, BARS)) {
    const fill = h("span", { class: "fill" });
    fill.style.width = `${(100 * n) / most}%`;
    const choose = () => view.set(new URLSearchParams({ licence: name }).toString());
    bars.append(
      h("li", {}, h("button", { type: "button", class: name === NONE ? "bar none" : "bar", click: choose }, h("span", { class: "name" }, name), h("span", { class: "track", "aria-hidden": "true" }, fill), h("span", { class: "n" }, count(n)))),
    );
  }
  const reports = [...new Set(rows.map((it) => it[5]))].sort();
  const line = (n: number): Child[] => [
    h("span", { class: "what" }, row(n)[0], " ", h("span", { class: "dim" }, row(n)[1])),
    h("span", { class: "where" }, licence(n)),
    h("span", { class: "by" }, row(n)[3]),
  ];
  const more = (n: number): Child[] => {
    const facts = h("dl", { class: "facts" });
    const fact = (name: string, value: Child) => value && facts.append(h("dt", {}, name), h("dd", {}, value));
    fact("Licences", licence(n));
    fact("Package URL", row(n)[4] && h("code", {}, row(n)[4]));
    fact("Evidence", h("code", {}, row(n)[5]));
    return [facts];
  };
  const view: Filtered = new Filtered(
    rows.length,
    "package",
    { line, more, className: (n) => (row(n)[2].length ? "package" : "package s-warn") },
    [
      { kind: "words", name: "q", label: "Search", of: (n) => `${row(n)[0]} ${row(n)[1]} ${licence(n)} ${row(n)[4]}`.toLowerCase() },
      { kind: "choice", name: "licence", label: "Licence", values: ordered.map(([name]) => name).sort(), of: licence },
      ...(reports.length > 1 ? [{ kind: "choice" as const, name: "evidence", label: "Evidence", values: reports, of: (n: number) => row(n)[5] }] : []),
    ],
    {
      label: "Order",
      orders: [
        { name: "by name", compare: (a, b) => (row(a)[0] < row(b)[0] ? -1 : row(a)[0] > row(b)[0] ? 1 : 0) },
        { name: "by licence", compare: (a, b) => (licence(a) < licence(b) ? -1 : licence(a) > licence(b) ? 1 : 0) },
      ],
    },
    changed,
    h("h2", {}, "Licences ", h("span", { class: "count" }, count(ordered.length))),
    bars,
    ordered.length > BARS ? h("p", { class: "dim" }, `and ${count(ordered.length - BARS)} more licences, in the filter below`) : null,
    h("h2", {}, "Packages"),
  );
  return view;
}
