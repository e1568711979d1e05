// Filters over a list: words to search for, values to tick, values to choose. What is chosen stands in the address, so that it can be passed on.

import { count, counted, h, later, type Child } from "./dom";
import { List, type Rows } from "./list";

export interface Chips {
  kind: "chips";
  name: string;
  label: string;
  values: readonly string[];
  /** How a value is shown, where not as it is. */
  shown?: Readonly<Record<string, string>>;
  of(row: number): string;
}

export interface Choice {
  kind: "choice";
  name: string;
  label: string;
  values: readonly string[];
  /** How a value is shown. */
  shown?: (value: string) => string;
  of(row: number): string;
}

export interface Words {
  kind: "words";
  name: string;
  label: string;
  /** What is looked through, in lower case. */
  of(row: number): string;
  suggestions?: readonly string[];
}

export interface Order {
  label: string;
  orders: readonly { name: string; compare: (a: number, b: number) => number }[];
}

export type Filter = Chips | Choice | Words;

/** A view of rows with filters above. `set` takes what stands in the address. */
export class Filtered {
  readonly element: HTMLElement;
  private readonly list: List;
  private readonly status = h("p", { class: "status-line", role: "status" });
  private readonly controls: { filter: Filter; get(): string; set(value: string): void; test(): ((row: number) => boolean) | null }[] = [];
  private order = 0;
  private readonly sorted = new Map<number, Int32Array>();

  constructor(
    private readonly total: number,
    private readonly noun: string,
    rows: Rows,
    filters: readonly Filter[],
    private readonly orders: Order,
    private readonly changed: (address: string) => void,
    ...above: Child[]
  ) {
    this.list = new List(rows, `${noun}s`);
    const bar = h("div", { class: "filters", role: "search" });
    filters.forEach((filter, n) => {
      bar.append(this.control(filter));
      // On a phone the rest is folded behind this button.
      if (n === 0) {
        const fold = h("button", { type: "button", class: "plain fold-filters", "aria-expanded": "false", click: () => fold.setAttribute("aria-expanded", String(bar.classList.toggle("open"))) }, "Filters");
        bar.append(fold);
      }
    });
    if (orders.orders.length > 1) {
      const select = h("select", {
        change: () => {
          this.order = select.selectedIndex;
          this.apply();
        },
      });
      for (const order of orders.orders) select.append(h("option", {}, order.name));
      bar.append(h("label", { class: "field" }, orders.label, select));
    }
    bar.append(h("button", { type: "button", class: "plain", click: () => this.set("") }, "Clear filters"));
    this.element = h("div", {}, ...above, bar, this.status, this.list.element);
  }

  mount(): void {
    this.list.mount();
  }

  /** Chooses what an address says: `severity=high,low&q=words`. */
  set(address: string): void {
    const given = new URLSearchParams(address);
    for (const control of this.controls) control.set(given.get(control.filter.name) ?? "");
    this.apply();
  }

  private control(filter: Filter): HTMLElement {
    const apply = () => this.apply();
    if (filter.kind === "words") {
      const slow = later(120, apply);
      const list = filter.suggestions?.length
        ? h("datalist", { id: `list-${this.noun}-${filter.name}` }, ...filter.suggestions.slice(0, 500).map((value) => h("option", { value })))
        : null;
      const input = h("input", {
        type: "search",
        autocomplete: "off",
        spellcheck: "false",
        list: list ? list.id : undefined,
        "data-search": filter.name === "q",
        input: slow,
      });
      this.controls.push({
        filter,
        get: () => input.value.trim(),
        set: (value) => (input.value = value),
        test: () => {
          const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
          if (!words.length) return null;
          return (row) => {
            const text = filter.of(row);
            return words.every((word) => text.includes(word));
          };
        },
      });
      return h("label", { class: "field" }, filter.label, input, list);
    }
    if (filter.kind === "choice") {
      const shown = filter.shown ?? ((value: string) => value);
      const select = h("select", { change: apply }, h("option", { value: "" }, "all"));
      for (const value of filter.values) select.append(h("option", { value }, shown(value)));
      this.controls.push({
        filter,
        get: () => select.value,
        set: (value) => (select.value = filter.values.includes(value) ? value : ""),
        test: () => {
          const value = select.value;
          return value ? (row) => filter.of(row) === value : null;
        },
      });
      return h("label", { class: "field" }, filter.label, select);
    }
    const counts = new Map<string, number>();
    for (let row = 0; row < this.total; row++) {
      const value = filter.of(row);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    const there = filter.values.filter((value) => counts.has(value));
    const boxes = there.map((value) => {
      const box = h("input", { type: "checkbox", value, change: apply });
      return { box, label: h("label", { class: `chip sev-${value}` }, box, filter.shown?.[value] ?? value, h("span", { class: "count" }, count(counts.get(value) ?? 0))) };
    });
    const ticked = () => boxes.filter(({ box }) => box.checked).map(({ box }) => box.value);
    this.controls.push({
      filter,
      get: () => ticked().join(","),
      set: (value) => {
        const values = value.split(",");
        for (const { box } of boxes) box.checked = values.includes(box.value);
      },
      test: () => {
        const values = new Set(ticked());
        return values.size ? (row) => values.has(filter.of(row)) : null;
      },
    });
    return h("fieldset", { class: "chips" }, h("legend", {}, filter.label), ...boxes.map(({ label }) => label));
  }

  private rowsInOrder(): Int32Array {
    let rows = this.sorted.get(this.order);
    if (!rows) {
      rows = Int32Array.from({ length: this.total }, (_, n) => n);
      const compare = this.orders.orders[this.order]?.compare;
      if (compare) rows.sort((a, b) => compare(a, b) || a - b);
      this.sorted.set(this.order, rows);
    }
    return rows;
  }

  private apply(): void {
    const tests = this.controls.map((control) => control.test()).filter((test) => test !== null);
    const rows = this.rowsInOrder();
    const shown = tests.length ? rows.filter((row) => tests.every((test) => test(row))) : rows;
    this.list.show(shown);
    this.status.textContent =
      shown.length === this.total
        ? counted(this.total, this.noun)
        : shown.length
          ? `${count(shown.length)} of ${counted(this.total, this.noun)}`
          : `None of ${counted(this.total, this.noun)} fits these filters`;
    const address = new URLSearchParams();
    for (const control of this.controls) if (control.get()) address.set(control.filter.name, control.get());
    this.changed(address.toString().replaceAll("%2C", ","));
  }
}
