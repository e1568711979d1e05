// Earlier verdicts beside this one: a strip of statuses for the whole and for each gate, and what each gate measured over time with its limit.

import { scaleLinear } from "d3-scale";
import { load } from "./data";
import { count, counted, h, later, s, SIGNS } from "./dom";
import type { View } from "./view";

interface Metric {
  name: string;
  limit: string;
  bound: number | null;
  unit: string;
  values: (number | null)[];
  statuses: (string | null)[];
}

interface Gate {
  name: string;
  statuses: (string | null)[];
  violations: (number | null)[];
  metrics: Metric[];
}

interface Trend {
  runs: [time: string, commit: string, status: string][];
  gates: Gate[];
}

/** Gates that are shown; the search finds the others. */
const GATES = 60;
const [WIDE, HIGH] = [600, 100];

const shown = (n: number): string => n.toLocaleString("en", { maximumFractionDigits: Math.abs(n) < 100 ? 2 : 1 });
const when = (time: string): string => (time ? time.replace("T", " ").replace(/:\d\d(\.\d+)?Z$/, "").slice(0, 16) : "no time");

export async function trends(changed: (address: string) => void): Promise<View> {
  const all = (await load<Trend>("history")) ?? { runs: [], gates: [] };
  const status = h("p", { class: "status-line", role: "status" });
  const box = h("div", { class: "trends" });
  const input = h("input", { type: "search", "data-search": true, autocomplete: "off", spellcheck: "false", input: later(120, () => draw()) });
  const element = h("div", {}, h("h2", { class: "vh" }, "Trends"), h("div", { class: "filters", role: "search" }, h("label", { class: "field" }, "Gate", input)), status, box);
  const last = all.runs.length - 1;
  const title = (n: number, words: string): string => `${when(all.runs[n]?.[0] ?? "")}${all.runs[n]?.[1] ? ` at ${all.runs[n]?.[1]}` : ""}: ${words}`;

  /** A row of squares, one for each run, the newest at the right. */
  function strip(statuses: (string | null)[]): HTMLElement {
    const known = statuses.filter((status): status is string => status !== null);
    const good = known.filter((status) => status === "pass").length;
    const row = h("span", { class: "strip", role: "img", "aria-label": `pass in ${good} of ${counted(known.length, "run")}, now ${statuses[last] ?? "not there"}` });
    statuses.forEach((status, n) => row.append(h("span", { class: status ? `s-${status}` : "none", title: title(n, status ?? "no such gate") }, status && status !== "pass" ? (SIGNS[status] ?? "") : "")));
    return row;
  }

  function chart(metric: Metric): HTMLElement {
    const { statuses } = metric;
    const points = metric.values.map((value, n): [number, number | null] => [n, value]).filter((point): point is [number, number] => point[1] !== null);
    const numbers = points.map(([, value]) => value);
    // A limit that is far from all that was measured would press the line flat: then it is only said.
    const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
    const near = metric.bound !== null && Math.max(least - metric.bound, metric.bound - most) <= 3 * (most - least);
    const bound = near ? metric.bound : null;
    const bounds = bound === null ? numbers : [...numbers, bound];
    let [low, high] = [Math.min(...bounds), Math.max(...bounds)];
    if (low === high) [low, high] = [low - (Math.abs(low) || 1) * 0.1, high + (Math.abs(high) || 1) * 0.1];
    const y = scaleLinear().domain([low, high]).nice(3).range([HIGH - 8, 8]);
    // There is no share above the whole.
    if (metric.unit === "%" && Math.max(...bounds) <= 100 && (y.domain()[1] ?? 0) > 100) y.domain([y.domain()[0] ?? low, 100]);
    const x = scaleLinear().domain([0, Math.max(1, last)]).range([6, WIDE - 6]);
    const svg = s("svg", { class: "trend", viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    for (const tick of y.ticks(3)) svg.append(s("line", { class: "grid", x1: 0, x2: WIDE, y1: y(tick), y2: y(tick) }));
    if (bound !== null) svg.append(s("line", { class: "bound", x1: 0, x2: WIDE, y1: y(bound), y2: y(bound) }));
    // A run that measured nothing is a gap, not a line across.
    let path = "";
    metric.values.forEach((value, n) => {
      if (value !== null) path += `${n > 0 && metric.values[n - 1] !== null && path ? "L" : "M"}${x(n).toFixed(1)} ${y(value).toFixed(1)}`;
    });
    svg.append(s("path", { class: "line", d: path }));
    for (const [n, value] of points) svg.append(s("line", { class: `dot s-${statuses[n] ?? "skip"}`, x1: x(n), x2: x(n) + 0.01, y1: y(value), y2: y(value) }));
    const [first, now] = [numbers[0] ?? 0, numbers[numbers.length - 1] ?? 0];
    const unit = metric.unit ? ` ${metric.unit}` : "";
    const words = `${shown(first)}${unit} to ${shown(now)}${unit}, lowest ${shown(least)}, highest ${shown(most)}; limit ${metric.limit}`;
    const [bottom, top] = y.domain();
    return h(
      "figure",
      { class: "trend-box" },
      h("figcaption", {}, h("b", {}, metric.name), " ", h("span", { class: "now" }, `${shown(now)}${unit}`), " ", h("span", { class: "dim" }, words)),
      h("div", { class: "plot" }, svg, h("span", { class: "axis dim", "aria-hidden": "true" }, h("span", {}, shown(top ?? high)), h("span", {}, shown(bottom ?? low)))),
    );
  }

  function said(metric: Metric): string {
    const known = metric.values.filter((value): value is number => value !== null);
    const often = known.length === 1 ? "once" : known.length === all.runs.length ? "always" : `in all ${known.length} runs that measured it`;
    return `${metric.name}: ${often} ${shown(known[0] ?? 0)}${metric.unit ? ` ${metric.unit}` : ""}, limit ${metric.limit}`;
  }

  function gate(one: Gate): HTMLElement {
    const card = h("section", { class: "metric" }, h("h3", {}, one.name), strip(one.statuses));
    const violations = { name: "violations", limit: "none wanted", bound: null, unit: "", values: one.violations, statuses: one.statuses };
    const all = [...one.metrics, ...(one.violations.some((n) => n) ? [violations] : [])];
    // What never moved, or was measured once, is said in a line: a chart would show nothing.
    const moves = (metric: Metric): boolean => new Set(metric.values.filter((value) => value !== null)).size > 1;
    const charts = all.filter(moves);
    const still = all.filter((metric) => !moves(metric) && metric.values.some((value) => value !== null));
    if (charts.length) card.append(h("div", { class: "charts" }, ...charts.map(chart)));
    if (still.length) card.append(h("ul", { class: "still dim" }, ...still.map((metric) => h("li", {}, said(metric)))));
    return card;
  }

  function draw(): void {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = all.gates.filter((one) => words.every((word) => one.name.toLowerCase().includes(word)));
    const whole = h("section", { class: "metric" }, h("h3", {}, "Verdict"), strip(all.runs.map((run) => run[2])));
    box.replaceChildren(whole, ...found.slice(0, GATES).map(gate));
    const span = all.runs.length ? `${when(all.runs[0]?.[0] ?? "")} to ${when(all.runs[last]?.[0] ?? "")}` : "";
    status.textContent = `${counted(all.runs.length, "run")}, ${span}, the newest at the right; ${counted(found.length, "gate")}${found.length > GATES ? `, the first ${count(GATES)} are shown` : ""}`;
    changed(words.length ? new URLSearchParams({ q: input.value.trim() }).toString() : "");
  }

  return {
    element,
    mount() {},
    set(text) {
      input.value = new URLSearchParams(text).get("q") ?? "";
      draw();
    },
  };
}
