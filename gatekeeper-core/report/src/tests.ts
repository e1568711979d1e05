// Every test of every report.

import { load } from "./data";
import { h, type Child } from "./dom";
import { Filtered } from "./filters";
import type { View } from "./view";

/** Suite, class, name, outcome, flaky, seconds, message, file, line. */
type Row = [number, number, string, number, number, number | null, string, string, number | null];

interface Data {
  reports: [string, string][];
  suites: [number, string][];
  classes: string[];
  rows: Row[];
}

const OUTCOMES = ["passed", "skipped", "errored", "failed"];
const MARKS = ["\u2713", "\u2013", "?", "\u2717"];
const STATUSES = ["pass", "skip", "error", "fail"];

function duration(seconds: number | null): string {
  if (seconds === null) return "";
  if (seconds >= 60) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return seconds >= 1 ? `${seconds.toFixed(2)} s` : `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms`;
}

export async function tests(changed: (address: string) => void): Promise<View> {
  const data = (await load<Data>("tests")) ?? { reports: [], suites: [], classes: [], rows: [] };
  const row = (n: number): Row => data.rows[n] as Row;
  const outcome = (n: number): string => (row(n)[4] ? "flaky" : (OUTCOMES[row(n)[3]] ?? ""));
  const suite = (n: number): string => data.suites[row(n)[0]]?.[1] ?? "";
  const report = (n: number): [string, string] => data.reports[data.suites[row(n)[0]]?.[0] ?? 0] ?? ["", ""];
  const of = (n: number): string => data.classes[row(n)[1]] ?? "";
  const reports = [...new Set(data.reports.map(([path]) => path))].sort();
  const line = (n: number): Child[] => [
    h("span", { class: `mark s-${STATUSES[row(n)[3]]}`, "aria-hidden": "true" }, MARKS[row(n)[3]] ?? ""),
    h("span", { class: `sev sev-${outcome(n)}` }, outcome(n)),
    h("span", { class: "what" }, row(n)[2], row(n)[6] && h("span", { class: "dim" }, `  ${row(n)[6]}`)),
    h("span", { class: "where" }, of(n) || suite(n)),
    h("span", { class: "by" }, duration(row(n)[5])),
  ];
  const more = (n: number): Child[] => {
    const it = row(n);
    const facts = h("dl", { class: "facts" });
    const fact = (name: string, value: Child) => value && facts.append(h("dt", {}, name), h("dd", {}, value));
    fact("Suite", suite(n));
    fact("Class", of(n));
    fact("Took", duration(it[5]));
    fact("Place", it[7] && h("code", {}, it[7] + (it[8] ? `:${it[8]}` : "")));
    fact("Report", h("code", {}, report(n)[0]));
    fact("Labels", report(n)[1]);
    return [it[6] ? h("pre", {}, it[6]) : null, facts];
  };
  return new Filtered(
    data.rows.length,
    "test",
    { line, more, className: (n) => `s-${STATUSES[row(n)[3]]}` },
    [
      { kind: "words", name: "q", label: "Search", of: (n) => `${row(n)[2]}\n${of(n)}\n${suite(n)}`.toLowerCase() },
      { kind: "chips", name: "outcome", label: "Outcome", values: ["failed", "errored", "flaky", "skipped", "passed"], of: outcome },
      ...(reports.length > 1
        ? [{ kind: "choice" as const, name: "report", label: "Report", values: reports, of: (n: number) => report(n)[0] }]
        : []),
    ],
    {
      label: "Order",
      orders: [
        { name: "worst first", compare: (a, b) => row(b)[3] - row(a)[3] || row(b)[4] - row(a)[4] },
        { name: "slowest first", compare: (a, b) => (row(b)[5] ?? -1) - (row(a)[5] ?? -1) },
        { name: "as reported", compare: () => 0 },
      ],
    },
    changed,
  );
}
