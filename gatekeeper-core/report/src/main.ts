// The page comes whole from Rust; this adds the views of its long lists, the theme, and the keys. The address says what is looked at:
// `#findings/severity=high`, `#coverage/at=src/a.c`, `#overview/gate-3`.

import { coverage } from "./coverage";
import { rows } from "./data";
import { count, h } from "./dom";
import { findings } from "./findings";
import { packages } from "./packages";
import { series } from "./series";
import { tests } from "./tests";
import { trends } from "./trends";
import type { View } from "./view";

type Make = (changed: (address: string) => void) => Promise<View>;

const VIEWS: [id: string, name: string, make: Make | null][] = [
  ["overview", "Overview", null],
  ["findings", "Findings", findings],
  ["tests", "Tests", tests],
  ["coverage", "Coverage", coverage],
  ["packages", "Licences", packages],
  ["series", "Measurements", series],
  ["history", "Trends", trends],
];

const root = document.documentElement;
const main = document.querySelector("main") as HTMLElement;
const nav = document.getElementById("views") as HTMLElement;
const made = new Map<string, Promise<View>>();
const links = new Map<string, HTMLAnchorElement>();
let current = "";

function section(id: string): HTMLElement {
  let found = document.getElementById(`view-${id}`);
  if (!found) {
    const name = VIEWS.find((view) => view[0] === id)?.[1] ?? id;
    found = h("section", { id: `view-${id}`, "aria-label": name, hidden: true }, h("p", { class: "dim", role: "status" }, "Unpacking\u2026"));
    main.append(found);
  }
  return found;
}

function remember(hash: string): void {
  try {
    history.replaceState(null, "", hash);
  } catch {
    // A page from a file may not be allowed to: then the address stays as it is.
  }
}

async function show(): Promise<void> {
  const hash = location.hash.slice(1);
  const [id = "", ...rest] = hash.split("/");
  const view = VIEWS.find(([name]) => name === id && links.has(name)) ?? VIEWS[0];
  if (!view) return;
  const changed = view[0] !== current;
  current = view[0];
  for (const [name, link] of links) {
    if (name === view[0]) {
      link.setAttribute("aria-current", "page");
      link.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else link.removeAttribute("aria-current");
    section(name).hidden = name !== view[0];
  }
  const address = rest.join("/");
  if (!view[2]) {
    const gate = document.getElementById(address);
    if (gate instanceof HTMLDetailsElement) {
      gate.open = true;
      gate.scrollIntoView();
      gate.querySelector("summary")?.focus({ preventScroll: true });
    } else if (changed) scrollTo(0, 0);
    return;
  }
  const element = section(view[0]);
  let promise = made.get(view[0]);
  if (!promise) {
    const name = view[0];
    promise = view[2]((address) => name === current && remember(address ? `#${name}/${address}` : `#${name}`)).then((made) => {
      element.replaceChildren(made.element);
      return made;
    });
    promise.catch((error: unknown) => element.replaceChildren(h("p", { class: "box s-error", role: "alert" }, `This part of the page cannot be read: ${String(error)}`)));
    made.set(name, promise);
  }
  if (changed) scrollTo(0, 0);
  const ready = await promise;
  if (current !== view[0]) return;
  ready.set(address);
  ready.mount();
  root.dataset["ready"] = view[0];
}

function theme(): HTMLElement {
  const themes = ["auto", "light", "dark"];
  let now = "auto";
  try {
    now = localStorage.getItem("gatekeeper-theme") ?? "auto";
  } catch {
    // No memory where a page has none.
  }
  const button = h("button", {
    type: "button",
    class: "plain theme",
    click: () => {
      now = themes[(themes.indexOf(now) + 1) % themes.length] ?? "auto";
      try {
        localStorage.setItem("gatekeeper-theme", now);
      } catch {
        // As above.
      }
      apply();
    },
  });
  const apply = (): void => {
    if (now === "light" || now === "dark") root.dataset["theme"] = now;
    else delete root.dataset["theme"];
    button.textContent = `Theme: ${now}`;
  };
  apply();
  return button;
}

function keys(event: KeyboardEvent): void {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const typing = (event.target as Element).closest("input, select, textarea");
  if (event.key === "Escape" && typing instanceof HTMLInputElement) {
    typing.blur();
    return;
  }
  if (typing) return;
  if (event.key === "/") {
    const search = document.querySelector<HTMLElement>("section:not([hidden]) [data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
    return;
  }
  const link = [...links.values()][Number(event.key) - 1];
  if (link) {
    location.hash = link.hash;
    link.focus();
  }
}

root.classList.add("script");
const list = h("ul", {});
for (const [id, name, make] of VIEWS) {
  const n = make ? rows(id) : 0;
  if (make && !n) continue;
  const link = h("a", { href: `#${id}` }, name, make ? h("span", { class: "count" }, count(n)) : null);
  links.set(id, link);
  // Where the link leads by itself: the page's head, or the tab that then stands above the view.
  list.append(h("li", make ? { id } : {}, link));
}
nav.append(list, theme());
document.querySelector("footer")?.append(
  h("span", { class: "keys" }, "Keys: ", h("kbd", {}, "1"), "\u2013", h("kbd", {}, links.size), " views, ", h("kbd", {}, "/"), " search, arrows walk a list, ", h("kbd", {}, "Enter"), " opens"),
);
addEventListener("hashchange", () => void show());
addEventListener("keydown", keys);
// On paper every gate that matters is open, whatever was folded on the screen.
addEventListener("beforeprint", () => document.querySelectorAll<HTMLDetailsElement>("details.gate:not(.s-pass):not(.s-skip)").forEach((gate) => (gate.open = true)));
void show();
