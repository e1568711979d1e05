// Violations and findings: what gates hold against the run, and what tools found beyond that.

import { load } from "./data";
import { h, SIGNS, type Child } from "./dom";
import { Filtered } from "./filters";
import type { View } from "./view";

/** As `html/data.rs` writes it: gate, status, severity, code, id, message, package, fixed, path, line, column, source, tool, url, link, help, labels. */
type Item = [
  number,
  string,
  string | null,
  string,
  string,
  string,
  string,
  string,
  string,
  number | null,
  number | null,
  string,
  string,
  string,
  boolean,
  string,
  string,
];

const SEVERITIES = ["critical", "high", "medium", "low", "info", "unknown", "not stated"];
const STATUSES = ["fail", "error", "missing", "inconclusive", "warn", "none", "suppressed"];
const STATUS_WORDS: Record<string, string> = { none: "allowed" };

const distinct = (values: Iterable<string>): string[] => [...new Set(values)].filter(Boolean).sort();

export async function findings(changed: (address: string) => void): Promise<View> {
  const data = (await load<{ gates: string[]; rows: Item[] }>("findings")) ?? { gates: [], rows: [] };
  const rows = data.rows;
  const item = (row: number): Item => rows[row] as Item;
  const severity = (row: number): string => item(row)[2] ?? "not stated";
  const place = (it: Item): string => (it[8] ? it[8] + (it[9] ? `:${it[9]}` : "") + (it[9] && it[10] ? `:${it[10]}` : "") : "");
  const rank = new Map(SEVERITIES.map((value, n) => [value, n]));
  const weight = new Map(STATUSES.map((value, n) => [value, n]));
  const texts: string[] = [];
  const text = (row: number): string =>
    (texts[row] ??= [3, 4, 5, 6, 8, 11, 12, 16].map((n) => item(row)[n]).join("\n").toLowerCase());

  const line = (row: number): Child[] => {
    const it = item(row);
    return [
      h("span", { class: `mark s-${it[1]}`, "aria-hidden": "true" }, SIGNS[it[1]] ?? "?"),
      it[2] ? h("span", { class: `sev sev-${it[2]}` }, it[2]) : h("span", { class: "sev sev-none" }, STATUS_WORDS[it[1]] ?? it[1]),
      h("span", { class: "what" }, it[4] && !it[5].includes(it[4]) ? h("span", { class: "id" }, it[4]) : null, " ", it[5]),
      h("span", { class: "where" }, it[6] || place(it) || it[11]),
      h("span", { class: "by" }, it[0] < 0 ? it[12] : (data.gates[it[0]] ?? "")),
    ];
  };
  const more = (row: number): Child[] => {
    const it = item(row);
    const facts = h("dl", { class: "facts" });
    const fact = (name: string, ...value: Child[]) => value.some(Boolean) && facts.append(h("dt", {}, name), h("dd", {}, ...value));
    const gate = it[0] < 0 ? null : h("a", { href: `#overview/gate-${it[0]}` }, data.gates[it[0]] ?? "");
    fact("Gate", gate ?? (it[1] === "error" ? "none could be blamed" : "none: within the limits, waived, or of no gate's concern"));
    fact("Status", STATUS_WORDS[it[1]] ?? it[1]);
    fact(it[1] === "suppressed" ? "Suppressed" : "What to do", it[15]);
    fact("Code", it[3] && h("code", {}, it[3]));
    fact("Id", it[4] && h("code", {}, it[4]));
    fact("Package", it[6], it[7] && ` \u2192 fixed in ${it[7]}`);
    fact("Place", place(it) && h("code", {}, place(it)));
    fact("Cell", it[16]);
    fact("Evidence", it[11] && h("code", {}, it[11]));
    fact("Tool", it[12]);
    // Only what the writer of this page knows as a database of advisories is a link.
    fact("Read on", it[13] && (it[14] ? h("a", { href: it[13], rel: "noopener noreferrer nofollow" }, it[13]) : h("code", {}, it[13])));
    return [h("p", { class: "message" }, it[5]), facts];
  };

  const view = new Filtered(
    rows.length,
    "finding",
    { line, more, className: (row) => `s-${item(row)[1]}` },
    [
      { kind: "words", name: "q", label: "Search", of: text },
      { kind: "chips", name: "severity", label: "Severity", values: SEVERITIES, of: severity },
      { kind: "chips", name: "status", label: "Status", values: STATUSES, shown: STATUS_WORDS, of: (row) => item(row)[1] },
      {
        kind: "choice",
        name: "gate",
        label: "Gate",
        values: [...new Set(rows.map((it) => it[0]).filter((n) => n >= 0))].map(String),
        shown: (value) => data.gates[Number(value)] ?? value,
        of: (row) => String(item(row)[0]),
      },
      { kind: "choice", name: "tool", label: "Tool", values: distinct(rows.map((it) => it[12])), of: (row) => item(row)[12] },
      {
        kind: "words",
        name: "package",
        label: "Package",
        suggestions: distinct(rows.map((it) => it[6])),
        of: (row) => item(row)[6].toLowerCase(),
      },
    ],
    {
      label: "Order",
      orders: [
        {
          name: "worst first",
          compare: (a, b) =>
            Number(item(a)[1] === "none" || item(a)[1] === "suppressed") - Number(item(b)[1] === "none" || item(b)[1] === "suppressed") ||
            (rank.get(severity(a)) ?? 9) - (rank.get(severity(b)) ?? 9) ||
            (weight.get(item(a)[1]) ?? 9) - (weight.get(item(b)[1]) ?? 9),
        },
        { name: "by place", compare: (a, b) => (item(a)[8] < item(b)[8] ? -1 : item(a)[8] > item(b)[8] ? 1 : (item(a)[9] ?? 0) - (item(b)[9] ?? 0)) },
        { name: "by package", compare: (a, b) => (item(a)[6] < item(b)[6] ? -1 : item(a)[6] > item(b)[6] ? 1 : 0) },
        { name: "as judged", compare: () => 0 },
      ],
    },
    changed,
  );
  return view;
}
