// Measurements: each series as a distribution, those of one metric on one scale, so that a run stands beside its baseline.

import { scaleLinear } from "d3-scale";
import { load } from "./data";
import { count, counted, h, later, s } from "./dom";
import type { View } from "./view";

interface Series {
  report: string;
  name: string;
  labels?: Record<string, string>;
  unit?: string;
  better?: "lower" | "higher";
  stated?: Record<string, number>;
  samples: number[];
  before?: { stated?: Record<string, number>; samples: number[] };
}

const METRICS = 200;
const ROWS = 40;

const shown = (n: number): string => (Number.isInteger(n) && Math.abs(n) < 1e15 ? count(n) : Number(n.toPrecision(4)).toLocaleString("en", { maximumSignificantDigits: 4 }));

function quantile(sorted: number[], q: number): number {
  const at = (sorted.length - 1) * q;
  const [low, high] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
  return low + (high - low) * (at - Math.floor(at));
}

/** What a series is about in the middle: of its samples, or as its report states it. */
function middleOf(samples: number[], stated: Record<string, number> | undefined): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted.length ? quantile(sorted, 0.5) : (stated?.["median"] ?? stated?.["mean"] ?? Number.NaN);
}

/** Draws a distribution in a lane of 26 units from `top` on; answers its middle. */
function draws(svg: SVGElement, samples: number[], stated: Record<string, number> | undefined, x: (n: number) => number, top: number, kind: "now" | "then"): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const group = s("g", { class: kind });
  if (sorted.length > 1) {
    const at = (q: number): number => x(quantile(sorted, q));
    group.append(s("line", { class: "range", x1: at(0), x2: at(1), y1: top + 13, y2: top + 13 }));
    group.append(s("rect", { class: "box", x: at(0.25), width: Math.max(1, at(0.75) - at(0.25)), y: top + 5, height: 16 }));
  }
  if (sorted.length <= 200) for (const n of sorted) group.append(s("line", { class: "sample", x1: x(n), x2: x(n), y1: top + 9, y2: top + 17 }));
  for (const n of Object.values(stated ?? {})) if (Number.isFinite(n)) group.append(s("line", { class: "sample", x1: x(n), x2: x(n), y1: top + 7, y2: top + 19 }));
  const middle = middleOf(samples, stated);
  if (Number.isFinite(middle)) group.append(s("line", { class: "median", x1: x(middle), x2: x(middle), y1: top + 2, y2: top + 24 }));
  svg.append(group);
  return middle;
}

/** How far the middle is from the baseline's, and whether that is the good direction, where that is known. */
function change(row: Series, then: number, now: number): HTMLElement | string {
  if (!Number.isFinite(then) || !Number.isFinite(now) || then === 0) return "\u2013";
  const percent = (100 * (now - then)) / Math.abs(then);
  const words = `${percent < 0 ? "\u2212" : "+"}${Math.abs(percent).toFixed(1)} %`;
  const { better } = row;
  // Where the middle halves overlap, the eye should not take noise for news.
  const half = (samples: number[]): [number, number] => {
    const sorted = [...samples].sort((a, b) => a - b);
    return [quantile(sorted, 0.25), quantile(sorted, 0.75)];
  };
  if (!better || !row.before?.samples.length || !row.samples.length) return words;
  const [before, after] = [half(row.before.samples), half(row.samples)];
  if (before[0] <= after[1] && after[0] <= before[1]) return words;
  const good = better === "lower" ? percent < 0 : percent > 0;
  return h("b", { class: good ? "s-pass" : "s-fail" }, words, h("span", { class: "vh" }, good ? " better" : " worse"));
}

export async function series(changed: (address: string) => void): Promise<View> {
  const all = (await load<Series[]>("series")) ?? [];
  const metrics = new Map<string, Series[]>();
  for (const one of all) {
    const key = `${one.name}\n${one.unit ?? ""}`;
    const list = metrics.get(key);
    if (list) list.push(one);
    else metrics.set(key, [one]);
  }
  const status = h("p", { class: "status-line", role: "status" });
  const box = h("div", { class: "metrics" });
  const input = h("input", { type: "search", "data-search": true, autocomplete: "off", spellcheck: "false", input: later(120, () => draw()) });
  const element = h("div", {}, h("h2", { class: "vh" }, "Measurements"), h("div", { class: "filters", role: "search" }, h("label", { class: "field" }, "Search", input)), status, box);

  function metric(rows: Series[]): HTMLElement {
    const first = rows[0] as Series;
    const card = h("section", { class: "metric" }, h("h3", {}, first.name, first.unit ? h("span", { class: "count" }, first.unit) : null, first.better ? h("span", { class: "count" }, `${first.better} is better`) : null));
    const numbers = rows.flatMap((row) => [...row.samples, ...Object.values(row.stated ?? {}), ...(row.before?.samples ?? []), ...Object.values(row.before?.stated ?? {})]).filter(Number.isFinite);
    if (!numbers.length) return h("section", { class: "metric" }, h("h3", {}, first.name), h("p", { class: "dim" }, "no samples that are numbers"));
    let [low, high] = [Infinity, -Infinity];
    for (const n of numbers) [low, high] = [Math.min(low, n), Math.max(high, n)];
    if (low === high) [low, high] = [low - (Math.abs(low) || 1) * 0.05, high + (Math.abs(high) || 1) * 0.05];
    const x = scaleLinear().domain([low, high]).nice(5).range([8, 592]);
    // Labels that are the same everywhere tell nothing apart.
    const differs = (key: string): boolean => new Set(rows.map((row) => row.labels?.[key] ?? "")).size > 1;
    const manyReports = new Set(rows.map((row) => row.report)).size > 1;
    const body = h("tbody", {});
    const compared = rows.some((row) => row.before);
    for (const row of rows.slice(0, ROWS)) {
      const sorted = [...row.samples].sort((a, b) => a - b);
      const name = Object.entries(row.labels ?? {}).filter(([key]) => differs(key)).map(([key, value]) => `${key}=${value}`);
      if (manyReports) name.push(row.report);
      const high = compared ? 46 : 26;
      const svg = s("svg", { class: "dist", viewBox: `0 0 600 ${high}`, preserveAspectRatio: "none", "aria-hidden": "true" });
      svg.style.height = `${high}px`;
      for (const tick of x.ticks(5)) svg.append(s("line", { class: "grid", x1: x(tick), x2: x(tick), y1: 0, y2: high }));
      if (row.before) draws(svg, row.before.samples, row.before.stated, x, 0, "then");
      const middle = draws(svg, row.samples, row.stated, x, compared ? 20 : 0, "now");
      const then = row.before ? middleOf(row.before.samples, row.before.stated) : Number.NaN;
      const stated = Object.entries(row.stated ?? {}).filter(([, n]) => Number.isFinite(n));
      const cells = [
        h("td", { class: "n" }, Number.isFinite(middle) ? shown(middle) : "\u2013"),
        h("td", { class: "n dim" }, sorted.length > 1 ? `${shown(sorted[0] ?? 0)}\u2013${shown(sorted[sorted.length - 1] ?? 0)}` : stated.map(([name, n]) => `${name} ${shown(n)}`).join(", ")),
        h("td", { class: "n dim" }, count(sorted.length)),
        h("td", {}, svg),
      ];
      if (compared) cells.unshift(h("td", { class: "n dim" }, Number.isFinite(then) ? shown(then) : "\u2013"), h("td", { class: "n" }, change(row, then, middle)));
      body.append(h("tr", {}, h("th", { scope: "row" }, name.join(" ") || "value"), ...cells));
    }
    const ticks = x.ticks(5);
    const heads = ["Series", ...(compared ? ["Baseline", "Change"] : []), "Median", "Range", "n"];
    const scale = `${shown(ticks[0] ?? low)} to ${shown(ticks[ticks.length - 1] ?? high)}${first.unit ? ` ${first.unit}` : ""}${compared ? ", baseline above" : ""}`;
    card.append(
      h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": first.name }, h("table", { class: "dists" }, h("thead", {}, h("tr", {}, ...heads.map((name, n) => h("th", { scope: "col", class: n ? "n" : "" }, name)), h("th", { scope: "col" }, scale))), body)),
    );
    if (rows.length > ROWS) card.append(h("p", { class: "dim" }, `\u2026 and ${count(rows.length - ROWS)} more series`));
    return card;
  }

  function draw(): void {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = [...metrics].filter(([key]) => words.every((word) => key.toLowerCase().includes(word)));
    box.replaceChildren(...found.slice(0, METRICS).map(([, rows]) => metric(rows)));
    status.textContent = `${counted(found.length, "metric")}, ${counted(found.reduce((n, [, rows]) => n + rows.length, 0), "series").replace("seriess", "series")}${found.length > METRICS ? `; the first ${METRICS} are shown` : ""}`;
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
