// A list of any length of which only what is on the screen exists, scrolled with the window. Rows open and are walked by keys.

import {
  Virtualizer,
  measureElement,
  observeWindowOffset,
  observeWindowRect,
  windowScroll,
} from "@tanstack/virtual-core";
import { h, type Child } from "./dom";

/** Rows that are printed: a list on paper is for reading. */
const PRINTED = 500;

export interface Rows {
  /** What is seen of a row, by its number in the data. */
  line(row: number): Child[];
  /** What is seen once it is opened. */
  more(row: number): Child[];
  /** A class of the row. */
  className(row: number): string;
}

export class List {
  readonly element: HTMLElement;
  private readonly virtual: Virtualizer<Window, HTMLElement>;
  private readonly drawn = new Map<number, HTMLElement>();
  private readonly open = new Set<number>();
  private shown: ArrayLike<number> = [];
  private active = 0;
  private printing = false;
  private mounted = false;

  constructor(
    private readonly rows: Rows,
    label: string,
  ) {
    this.element = h("div", { class: "list", role: "list", "aria-label": label });
    this.virtual = new Virtualizer<Window, HTMLElement>(this.options());
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("focusin", (event) => {
      const item = (event.target as Element).closest<HTMLElement>("[data-index]");
      if (item) this.activate(Number(item.dataset["index"]), false);
    });
    addEventListener("beforeprint", () => this.print(true));
    addEventListener("afterprint", () => this.print(false));
  }

  /** Shows these rows, in this order. */
  show(rows: ArrayLike<number>): void {
    this.shown = rows;
    this.active = 0;
    this.forget();
    this.update();
  }

  /** To be called once the element is in the page, and whenever it comes back. */
  mount(): void {
    if (!this.mounted) this.virtual._didMount();
    this.mounted = true;
    this.update();
  }

  private options() {
    return {
      count: this.shown.length,
      getScrollElement: () => window,
      estimateSize: () => (innerWidth < 640 ? 76 : 45),
      overscan: 12,
      scrollMargin: this.element?.isConnected ? this.element.getBoundingClientRect().top + scrollY : 0,
      initialOffset: () => scrollY,
      observeElementRect: observeWindowRect,
      observeElementOffset: observeWindowOffset,
      scrollToFn: windowScroll,
      measureElement,
      getItemKey: (index: number) => this.shown[index] ?? index,
      onChange: () => this.draw(),
    } as const;
  }

  private update(): void {
    if (!this.mounted) return;
    this.virtual.setOptions(this.options());
    this.virtual._willUpdate();
    this.draw();
  }

  private forget(): void {
    for (const item of this.drawn.values()) item.remove();
    this.drawn.clear();
  }

  private draw(): void {
    if (this.printing || !this.element.isConnected) return;
    const items = this.virtual.getVirtualItems();
    const margin = this.virtual.options.scrollMargin;
    const wanted = new Set(items.map((item) => item.index));
    for (const [index, item] of this.drawn) {
      // What has the focus stays, or the keyboard would be lost.
      if (wanted.has(index) || item.contains(document.activeElement)) continue;
      item.remove();
      this.drawn.delete(index);
    }
    this.element.style.height = `${this.virtual.getTotalSize()}px`;
    let before: Element | null = null;
    for (const { index, start } of items) {
      let item = this.drawn.get(index);
      const fresh = !item;
      if (!item) {
        item = this.item(index);
        this.drawn.set(index, item);
      }
      item.style.transform = `translateY(${start - margin}px)`;
      if (fresh) {
        // In order, so that what is read out and walked by Tab is what is seen.
        if (before) before.after(item);
        else this.element.prepend(item);
        this.virtual.measureElement(item);
      }
      before = item;
    }
  }

  private item(index: number): HTMLElement {
    const row = this.shown[index] ?? 0;
    const open = this.open.has(row);
    const button = h(
      "button",
      {
        type: "button",
        class: "row",
        "aria-expanded": open ? "true" : "false",
        tabindex: index === this.active ? 0 : -1,
        click: () => this.toggle(index),
      },
      ...this.rows.line(row),
    );
    const item = h(
      "div",
      {
        role: "listitem",
        class: `item ${this.rows.className(row)}`,
        "data-index": index,
        "aria-setsize": this.shown.length,
        "aria-posinset": index + 1,
      },
      button,
    );
    if (open) item.append(h("div", { class: "more" }, ...this.rows.more(row)));
    return item;
  }

  private toggle(index: number): void {
    const row = this.shown[index] ?? 0;
    const item = this.drawn.get(index);
    if (!item) return;
    const open = !this.open.delete(row);
    if (open) this.open.add(row);
    item.querySelector(".row")?.setAttribute("aria-expanded", String(open));
    if (open) item.append(h("div", { class: "more" }, ...this.rows.more(row)));
    else item.querySelector(".more")?.remove();
    this.virtual.measureElement(item);
  }

  private activate(index: number, focus: boolean): void {
    const last = this.drawn.get(this.active)?.querySelector(".row");
    last?.setAttribute("tabindex", "-1");
    this.active = index;
    const now = this.drawn.get(index)?.querySelector<HTMLElement>(".row");
    now?.setAttribute("tabindex", "0");
    if (focus) now?.focus({ preventScroll: true });
  }

  private key(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(innerHeight / 60));
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -this.shown.length,
      End: this.shown.length,
    };
    const step = steps[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    if (!(event.target as Element).classList.contains("row")) return;
    event.preventDefault();
    const to = Math.min(this.shown.length - 1, Math.max(0, this.active + step));
    if (this.drawn.has(to) && Math.abs(step) === 1) {
      this.activate(to, true);
      this.drawn.get(to)?.scrollIntoView({ block: "nearest" });
      return;
    }
    this.virtual.scrollToIndex(to, { align: "center" });
    const arrive = (tries: number): void => {
      if (this.drawn.has(to)) this.activate(to, true);
      else if (tries > 0) requestAnimationFrame(() => arrive(tries - 1));
    };
    requestAnimationFrame(() => arrive(20));
  }

  private print(on: boolean): void {
    if (!this.element.isConnected) return;
    this.printing = on;
    this.forget();
    this.element.classList.toggle("printing", on);
    if (!on) {
      this.element.replaceChildren();
      this.draw();
      return;
    }
    for (let index = 0; index < Math.min(PRINTED, this.shown.length); index++) this.element.append(this.item(index));
    const rest = this.shown.length - PRINTED;
    if (rest > 0) this.element.append(h("div", { role: "listitem", class: "item dim" }, `\u2026 and ${rest} more`));
  }
}
