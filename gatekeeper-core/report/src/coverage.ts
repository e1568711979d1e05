// Coverage by folder and file: a treemap to see it, a table to read it, and each file's lines that did not run.

import { hierarchy, treemap, treemapSquarify, type HierarchyRectangularNode } from "d3-hierarchy";
import { load, rows } from "./data";
import { count, counted, h, later, type Child } from "./dom";
import type { View } from "./view";

type Ratio = [number, number] | null;
/** Path, figures (lines, branches, functions, statements), printed percentage, stretches not covered, lines with arms not taken. */
type FileRow = [string, [Ratio, Ratio, Ratio, Ratio], string | null, [number, number][], number[]];

interface Report {
  name: string;
  files: FileRow[];
}

type Sources = Record<string, [number, string[]][]>;

interface Folder {
  name: string;
  path: string;
  covered: number;
  total: number;
  folders: Map<string, Folder>;
  files: FileRow[];
}

const FIGURES = ["lines", "branches", "functions", "statements"];
/** Children that are shown of one folder in the treemap; the small rest is one tile. */
const TILES = 60;
/** Levels of folders that the treemap shows at once. */
const DEPTH = 3;
/** Rows of the table; the rest is counted. */
const ROWS = 500;

const percent = (covered: number, total: number): string =>
  // Rounded down, so that what is not whole never reads 100 %.
  total ? `${(Math.floor((covered * 1000) / total) / 10).toFixed(1)} %` : "\u2013";

const shade = (covered: number, total: number): string =>
  total ? `c${Math.min(9, Math.floor((covered * 10) / total))}` : "c-none";

function ratio(file: FileRow, figure: number): [number, number] {
  const known = file[1][figure];
  if (known) return known;
  // A report that prints percentages alone says nothing of how large a file is: each weighs the same.
  if (figure === 0 && file[2] !== null) return [Math.max(0, Math.min(100, Number.parseFloat(file[2]) || 0)), 100];
  return [0, 0];
}

function folderOf(files: readonly FileRow[], figure: number): Folder {
  const fresh = (name: string, path: string): Folder => ({ name, path, covered: 0, total: 0, folders: new Map(), files: [] });
  const root = fresh("all files", "");
  for (const file of files) {
    const [covered, total] = ratio(file, figure);
    const parts = file[0].split("/");
    parts.pop();
    let folder = root;
    folder.covered += covered;
    folder.total += total;
    let path = "";
    for (const part of parts) {
      path = path ? `${path}/${part}` : part;
      let next = folder.folders.get(part);
      if (!next) folder.folders.set(part, (next = fresh(part || "/", path)));
      folder = next;
      folder.covered += covered;
      folder.total += total;
    }
    folder.files.push(file);
  }
  return root;
}

/** A folder that holds one folder and nothing else is that folder. */
function inner(folder: Folder): Folder {
  let at = folder;
  while (at.files.length === 0 && at.folders.size === 1) at = [...at.folders.values()][0] as Folder;
  return at;
}

const base = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

interface Tile {
  name: string;
  path: string;
  covered: number;
  total: number;
  file: FileRow | null;
  children?: Tile[];
}

export async function coverage(changed: (address: string) => void): Promise<View> {
  const reports = (await load<Report[]>("coverage")) ?? [];
  const element = h("div", { class: "coverage" });
  let report = 0;
  let figure = 0;
  let at = "";
  const cache = new Map<string, Folder>();

  const files = (): FileRow[] => reports[report]?.files ?? [];
  const speaks = (n: number): boolean => files().some((file) => file[1][n] !== null && file[1][n] !== undefined) || (n === 0 && files().some((file) => file[2] !== null));
  const root = (): Folder => {
    const key = `${report} ${figure}`;
    let known = cache.get(key);
    if (!known) cache.set(key, (known = folderOf(files(), figure)));
    return known;
  };
  const find = (path: string): Folder | null => {
    let folder: Folder | undefined = root();
    if (path) for (const part of path.split("/")) folder = folder?.folders.get(part);
    return folder ?? null;
  };

  const go = (path: string): void => {
    at = path;
    draw();
    changed(address());
    element.querySelector<HTMLElement>("#here")?.focus({ preventScroll: true });
    if (element.getBoundingClientRect().top < 0) element.scrollIntoView();
  };
  const address = (): string => {
    const out = new URLSearchParams();
    if (at) out.set("at", at);
    if (figure) out.set("by", FIGURES[figure] ?? "");
    if (report) out.set("report", String(report));
    return out.toString().replaceAll("%2F", "/");
  };

  const select = (label: string, options: [string, number][], chosen: number, choose: (value: number) => void): HTMLElement => {
    const element = h("select", { change: () => choose(Number(element.value)) });
    for (const [name, value] of options) element.append(h("option", { value, selected: value === chosen }, name));
    return h("label", { class: "field" }, label, element);
  };

  function controls(): HTMLElement {
    const bar = h("div", { class: "choices" });
    if (reports.length > 1) {
      bar.append(select("Report", reports.map((r, n) => [r.name, n]), report, (n) => ((report = n), speaks(figure) || (figure = 0), go(at))));
    }
    const there = FIGURES.map((name, n): [string, number] => [name, n]).filter(([, n]) => speaks(n));
    if (there.length > 1) bar.append(select("Figure", there, figure, (n) => ((figure = n), go(at))));
    return bar;
  }

  function crumbs(): HTMLElement {
    const list = h("ol", {});
    const parts = at ? at.split("/") : [];
    list.append(h("li", {}, parts.length ? h("button", { type: "button", class: "link", click: () => go("") }, "all files") : h("b", {}, "all files")));
    parts.forEach((part, n) => {
      const path = parts.slice(0, n + 1).join("/");
      list.append(h("li", {}, n + 1 < parts.length ? h("button", { type: "button", class: "link", click: () => go(path) }, part || "/") : h("b", { "aria-current": "location" }, part)));
    });
    return h("nav", { class: "crumbs", "aria-label": "Folders" }, list);
  }

  function tilesOf(folder: Folder, depth: number): Tile[] {
    const all: Tile[] = [
      ...[...folder.folders.values()].map((child): Tile => {
        const deep = inner(child);
        const tile: Tile = { name: deep.path.slice(folder.path ? folder.path.length + 1 : 0), path: deep.path, covered: child.covered, total: child.total, file: null };
        if (depth > 1) tile.children = tilesOf(deep, depth - 1);
        return tile;
      }),
      ...folder.files.map((file): Tile => {
        const [covered, total] = ratio(file, figure);
        return { name: base(file[0]), path: file[0], covered, total, file };
      }),
    ].filter((tile) => tile.total > 0);
    all.sort((a, b) => b.total - a.total || (a.path < b.path ? -1 : 1));
    const rest = all.splice(TILES);
    if (rest.length) {
      const sum = (of: (tile: Tile) => number): number => rest.reduce((n, tile) => n + of(tile), 0);
      all.push({ name: `${count(rest.length)} more`, path: folder.path, covered: sum((t) => t.covered), total: sum((t) => t.total), file: null });
    }
    return all;
  }

  function map(folder: Folder): HTMLElement {
    const box = h("div", { class: "treemap", role: "group", "aria-label": `Treemap of ${folder.path || "all files"}: arrow keys walk it, Enter opens` });
    const layout = (): void => {
      const width = box.clientWidth;
      const height = box.clientHeight;
      if (!width || !height) return;
      const focused = box.contains(document.activeElement);
      const tree = hierarchy<Tile>({ name: "", path: folder.path, covered: 0, total: 0, file: null, children: tilesOf(folder, DEPTH) })
        .sum((tile) => (tile.children ? 0 : tile.total))
        .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
      treemap<Tile>()
        .tile(treemapSquarify.ratio(1.3))
        .size([width, height])
        .round(true)
        .paddingInner(2)
        .paddingTop((node) => (node.depth > 0 && node.children ? 20 : 0))(tree);
      const tiles: HTMLElement[] = [];
      for (const node of tree.descendants() as HierarchyRectangularNode<Tile>[]) {
        if (node.depth === 0) continue;
        const [w, hgt] = [node.x1 - node.x0, node.y1 - node.y0];
        if (w < 5 || hgt < 5) continue;
        const tile = node.data;
        const figures = `${percent(tile.covered, tile.total)}`;
        const group = Boolean(node.children);
        const named = w > 36 && hgt > 17;
        const sized = group ? w > 110 : w > 56 && hgt > 34;
        const rest = `${count(tile.covered)} of ${count(tile.total)} ${FIGURES[figure]}`;
        const button = h(
          "button",
          {
            type: "button",
            class: `tile ${group ? "group" : shade(tile.covered, tile.total)}${tile.file ? "" : " folder"}`,
            title: `${tile.path || tile.name}: ${figures}, ${rest}`,
            "data-path": tile.path,
            tabindex: tiles.length ? -1 : 0,
            click: () => go(tile.path),
          },
          // What there is no room for is there to be read out.
          h("span", { class: named ? "name" : "vh" }, tile.name),
          h("span", { class: sized ? "figure" : "vh" }, figures),
          h("span", { class: "vh" }, rest),
        );
        Object.assign(button.style, { left: `${node.x0}px`, top: `${node.y0}px`, width: `${w}px`, height: `${group ? Math.min(20, hgt) : hgt}px` });
        tiles.push(button);
      }
      box.replaceChildren(...tiles);
      if (focused) tiles[0]?.focus();
    };
    box.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const tiles = [...box.querySelectorAll<HTMLElement>(".tile")];
      const now = tiles.indexOf(document.activeElement as HTMLElement);
      const next = tiles[Math.min(tiles.length - 1, Math.max(0, now + step))];
      tiles[now]?.setAttribute("tabindex", "-1");
      next?.setAttribute("tabindex", "0");
      next?.focus();
    });
    let width = 0;
    const again = later(60, layout);
    new ResizeObserver(() => {
      if (!width) layout();
      else if (width !== box.clientWidth) again();
      width = box.clientWidth;
    }).observe(box);
    return box;
  }

  const meter = (covered: number, total: number): HTMLElement => {
    const bar = h("span", { class: `meter ${shade(covered, total)}`, "aria-hidden": "true" });
    const fill = h("span", {});
    fill.style.width = total ? `${(100 * covered) / total}%` : "0";
    bar.append(fill);
    return bar;
  };

  function table(folder: Folder): HTMLElement {
    const body = h("tbody", {});
    const row = (name: string, path: string, covered: number, total: number, isFile: boolean): HTMLElement =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, h("button", { type: "button", class: `link ${isFile ? "file" : "folder"}`, click: () => go(path) }, isFile ? name : `${name}/`)),
        h("td", { class: "n" }, percent(covered, total)),
        h("td", {}, meter(covered, total)),
        h("td", { class: "n" }, count(total - covered)),
        h("td", { class: "n" }, count(total)),
      );
    const lines: [number, HTMLElement][] = [];
    for (const child of folder.folders.values()) {
      const deep = inner(child);
      lines.push([child.total - child.covered, row(deep.path.slice(folder.path ? folder.path.length + 1 : 0), deep.path, child.covered, child.total, false)]);
    }
    for (const file of folder.files) {
      const [covered, total] = ratio(file, figure);
      lines.push([total - covered, row(base(file[0]), file[0], covered, total, true)]);
    }
    lines.sort((a, b) => b[0] - a[0]);
    body.append(...lines.slice(0, ROWS).map(([, line]) => line));
    return h(
      "div",
      { class: "scroll", tabindex: "0", role: "group", "aria-label": "Folders and files" },
      h(
        "table",
        { class: "files" },
        h("thead", {}, h("tr", {}, ...["Name", "Covered", "", "Not covered", FIGURES[figure] ?? ""].map((name, n) => h("th", { scope: "col", class: n === 1 || n > 2 ? "n" : "" }, name || h("span", { class: "vh" }, "Share"))))),
        body,
      ),
      lines.length > ROWS ? h("p", { class: "dim" }, `\u2026 and ${counted(lines.length - ROWS, "more entry").replace("entrys", "entries")} with less to cover`) : null,
    );
  }

  function fileView(file: FileRow): HTMLElement {
    const figures = h("ul", { class: "counts" });
    file[1].forEach((r, n) => r && figures.append(h("li", {}, h("b", {}, percent(r[0], r[1])), ` ${FIGURES[n]} (${count(r[0])} of ${count(r[1])})`)));
    if (file[2] !== null) figures.append(h("li", {}, h("b", {}, `${file[2]} %`), " as the report prints it"));
    const stretches = file[3];
    const box = h("div", { class: "file" }, figures);
    if (stretches.length || file[4].length) {
      const parts: Child[] = [];
      const list = (heading: string, words: string[]) => words.length && parts.push(h("p", {}, h("b", {}, heading), " ", words.slice(0, 400).join(", "), words.length > 400 ? ` \u2026 and ${words.length - 400} more` : ""));
      list("Lines that never ran:", stretches.map(([a, b]) => (a === b ? `${a}` : `${a}\u2013${b}`)));
      list("Lines with branches never taken:", file[4].map(String));
      box.append(...(parts as Node[]));
      const code = h("div", { class: "code-slot" });
      box.append(code);
      if (rows("sources")) void load<Sources>("sources").then((sources) => code.append(...excerpts(sources?.[file[0]], file)));
    } else {
      box.append(h("p", { class: "dim" }, file[1][0] && file[1][0][0] === file[1][0][1] ? "Every line ran." : "The report lists no lines of this file."));
    }
    return box;
  }

  function excerpts(found: [number, string[]][] | undefined, file: FileRow): HTMLElement[] {
    if (!found) return [];
    const never = (line: number): boolean => file[3].some(([a, b]) => line >= a && line <= b);
    const partly = new Set(file[4]);
    const table = h("div", { class: "code", tabindex: "0", role: "region", "aria-label": `Lines of ${file[0]} that are not covered` });
    for (const [first, lines] of found) {
      const body = h("tbody", {});
      lines.forEach((text, n) => {
        const line = first + n;
        const state = never(line) ? "never" : partly.has(line) ? "partly" : "";
        body.append(
          h(
            "tr",
            { class: state },
            h("td", { class: "number" }, line),
            h("td", { class: "state" }, state === "never" ? h("span", { title: "never ran" }, "\u2717", h("span", { class: "vh" }, " never ran")) : state ? h("span", { title: "branches never taken" }, "\u25d0", h("span", { class: "vh" }, " branches never taken")) : ""),
            h("td", { class: "text" }, text || " "),
          ),
        );
      });
      table.append(h("table", { role: "presentation" }, body));
    }
    return [table];
  }

  function draw(): void {
    const file = files().find((f) => f[0] === at);
    const folder = file ? null : (find(at) ?? root());
    if (folder && folder === root()) at = "";
    const [covered, total] = file ? ratio(file, figure) : [folder?.covered ?? 0, folder?.total ?? 0];
    const head = h(
      "h2",
      { id: "here", tabindex: "-1" },
      at ? base(at) : "Coverage",
      h("span", { class: "count" }, `${percent(covered, total)} of ${count(total)} ${FIGURES[figure]}`),
    );
    element.replaceChildren(h("div", { class: "places" }, crumbs(), controls()), head);
    if (file) element.append(fileView(file));
    else if (folder) element.append(map(folder), table(folder));
  }

  return {
    element,
    mount() {},
    set(text) {
      const given = new URLSearchParams(text);
      report = Math.max(0, Math.min(reports.length - 1, Number(given.get("report")) || 0));
      figure = Math.max(0, FIGURES.indexOf(given.get("by") ?? "lines"));
      if (!speaks(figure)) figure = Math.max(0, FIGURES.findIndex((_, n) => speaks(n)));
      at = given.get("at") ?? "";
      draw();
    },
  };
}
