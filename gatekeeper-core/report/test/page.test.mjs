// The page in a real browser: what it shows, how it is used, how fast it is, that it asks for nothing and runs nothing of a report's.
// `GATEKEEPER_BIN` is the program that writes it, `CHROMIUM` the browser.
import assert from "node:assert/strict";
import { readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { chromium } from "playwright-core";
import { COMPARES, files, page as written, past, project } from "./project.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const DESK = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

let browser;
const folders = [];
const made = (all, more) => {
  const root = project(all);
  folders.push(root);
  return written(root, more);
};

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
});
after(async () => {
  await browser?.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Opens a page; whatever it asks for, says or throws is kept. */
async function opened(path, options = DESK, hash = "") {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const seen = { requests: [], errors: [], dialogs: [] };
  page.on("request", (request) => request.url().startsWith("data:image/svg+xml") || seen.requests.push(request.url()));
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && seen.errors.push(message.text()));
  page.on("pageerror", (error) => seen.errors.push(error.message));
  page.on("dialog", (dialog) => (seen.dialogs.push(dialog.message()), dialog.dismiss()));
  await page.goto(`file://${path}${hash}`);
  return { page, seen, close: () => context.close() };
}

const status = (page) => page.locator("section:not([hidden]) .status-line");
const ready = (page, view) => page.waitForSelector(`html[data-ready="${view}"]`);

describe("a project with reports of every kind", () => {
  let path;
  before(() => {
    path = made(files());
  });

  test("verdict, gates, cells and waivers show without a script", async () => {
    const { page, close } = await opened(path, { ...DESK, javaScriptEnabled: false });
    assert.equal(await page.locator("h1").innerText(), "FAIL");
    assert.equal(await page.locator("details.gate").count(), 6);
    assert.ok(await page.locator("details.gate.s-fail[open] .violations li").first().isVisible());
    assert.equal(await page.locator(".cells td.s-fail").count(), 1);
    assert.equal(await page.locator(".cells td.s-missing").count(), 1);
    assert.match(await page.locator(".waivers tbody").innerText(), /2026-02-05\s*in 5 days[\s\S]*weak-hash/);
    assert.equal(await page.locator("#views").isVisible(), false);
    assert.equal(await page.locator(".js").first().isVisible(), false);
    await close();
  });

  test("it asks for nothing, and its policy allows it nothing else", async () => {
    const { page, seen, close } = await opened(path);
    for (const view of ["findings", "tests", "coverage", "packages", "series"]) {
      await page.click(`#views a[href="#${view}"]`);
      await ready(page, view);
    }
    assert.deepEqual(seen, { requests: [`file://${path}`], errors: [], dialogs: [] });
    const refused = await page.evaluate(async () => {
      const script = document.createElement("script");
      let trusted = "allowed";
      try {
        script.textContent = "window.owned = 1";
        document.body.append(script);
      } catch (error) {
        trusted = error.name;
      }
      const fetched = await fetch("https://evil.example/").then(() => "allowed", (error) => error.name);
      return { trusted, fetched, owned: window.owned };
    });
    assert.deepEqual(refused, { trusted: "TypeError", fetched: "TypeError", owned: undefined });
    await close();
  });

  test("findings are filtered by severity, tool, package and words, and the address keeps it", async () => {
    const { page, close } = await opened(path, DESK, "#findings");
    await ready(page, "findings");
    const all = Number((await status(page).innerText()).match(/^\d+/)[0]);
    assert.ok(all > 400);
    await page.check("#view-findings .chip input[value=high]");
    assert.match(await status(page).innerText(), /^45 of /);
    assert.match(page.url(), /#findings\/severity=high$/);
    await page.check("#view-findings .chip input[value=medium]");
    assert.ok(Number((await status(page).innerText()).match(/^\d+/)[0]) > 45);
    await page.uncheck("#view-findings .chip input[value=medium]");
    await page.fill("#view-findings [data-search]", "path-traversal");
    await page.waitForFunction(() => /^2\d of /.test(document.querySelector("#view-findings .status-line").textContent));
    for (const row of await page.locator("#view-findings .row .id").allInnerTexts()) assert.equal(row, "path-traversal");
    await page.click("#view-findings >> text=Clear filters");
    assert.match(await status(page).innerText(), new RegExp(`^${all} findings$`));
    await page.selectOption("#view-findings label:has-text('Tool') select", "cyclonedx-json");
    const licences = await status(page).innerText();
    await page.selectOption("#view-findings label:has-text('Tool') select", "");
    await page.selectOption("#view-findings label:has-text('Gate') select", { label: "licences" });
    assert.equal(await status(page).innerText(), licences);
    await page.fill("#view-findings label:has-text('Package') input", "index-77@5.12.1");
    await page.waitForFunction(() => /^1 of /.test(document.querySelector("#view-findings .status-line").textContent));
    await page.fill("#view-findings [data-search]", "nothing says this");
    await page.waitForFunction(() => /^None of/.test(document.querySelector("#view-findings .status-line").textContent));
    const address = page.url();
    await close();
    const again = await opened(path, DESK, address.slice(address.indexOf("#")));
    await ready(again.page, "findings");
    assert.match(await status(again.page).innerText(), /^None of/);
    assert.equal(await again.page.inputValue("#view-findings label:has-text('Package') input"), "index-77@5.12.1");
    await again.close();
  });

  test("a gate's violations lead to the list, and a row leads back to its gate", async () => {
    const { page, close } = await opened(path);
    const gate = page.locator("details.gate:has(h3:text-is('static-analysis'))");
    await gate.locator("a.js").click();
    await ready(page, "findings");
    assert.match(await status(page).innerText(), /^45 of /);
    const row = page.locator("#view-findings .row").first();
    await row.click();
    assert.equal(await row.getAttribute("aria-expanded"), "true");
    const facts = page.locator("#view-findings .more .facts").first();
    assert.match(await facts.innerText(), /reports\/lint\.sarif/);
    await facts.locator("a").first().click();
    await page.waitForFunction(() => document.activeElement?.closest("details.gate")?.querySelector("h3").textContent === "static-analysis");
    await close();
  });

  test("lists are walked by keys", async () => {
    const { page, close } = await opened(path, DESK, "#tests");
    await ready(page, "tests");
    await page.keyboard.press("/");
    assert.ok(await page.evaluate(() => "search" in document.activeElement.dataset));
    await page.keyboard.type("linux");
    await page.waitForFunction(() => / of 900 tests/.test(document.querySelector("#view-tests .status-line").textContent));
    await page.keyboard.press("Escape");
    await page.locator("#view-tests .row").first().focus();
    const at = () => page.evaluate(() => Number(document.activeElement.closest("[data-index]")?.dataset.index ?? -1));
    for (const key of ["ArrowDown", "ArrowDown", "ArrowUp"]) await page.keyboard.press(key);
    assert.equal(await at(), 1);
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-expanded")), "true");
    await page.keyboard.press("End");
    const last = Number((await status(page).innerText()).match(/^\d+/)[0]) - 1;
    await page.waitForFunction((last) => Number(document.activeElement.closest("[data-index]")?.dataset.index) === last, last);
    await page.keyboard.press("Home");
    await page.waitForFunction(() => Number(document.activeElement.closest("[data-index]")?.dataset.index) === 0);
    await page.keyboard.press("1");
    await page.waitForSelector("#view-overview:not([hidden])");
    await close();
  });

  test("tests have their outcome, their message and their order", async () => {
    const { page, close } = await opened(path, DESK, "#tests/outcome=failed");
    await ready(page, "tests");
    assert.match(await status(page).innerText(), /^2 of 900 tests/);
    await page.locator("#view-tests .row").first().click();
    assert.match(await page.locator("#view-tests .more pre").innerText(), /expected 3 to be 4/);
    await page.click("#view-tests >> text=Clear filters");
    await page.selectOption("#view-tests label:has-text('Order') select", { label: "slowest first" });
    const times = (await page.locator("#view-tests .row .by").allInnerTexts()).slice(0, 8).map(Number.parseFloat);
    assert.deepEqual(times, [...times].sort((a, b) => b - a));
    assert.ok(times[0] > 2);
    await close();
  });

  test("coverage leads from the whole to the line that never ran", async () => {
    const { page, close } = await opened(path, DESK, "#coverage");
    await ready(page, "coverage");
    await page.waitForSelector(".treemap .tile");
    assert.match(await page.locator("#here").innerText(), /82\.1 % of 9,729 lines/);
    // By the map: a folder, then a file in it.
    await page.locator('.treemap .tile.group[data-path="src/auth"]').click();
    assert.match(await page.locator("#here").innerText(), /^auth/);
    await page.waitForSelector(".treemap .tile");
    await page.locator('.treemap .tile[data-path="src/auth/merge_0.ts"]').click();
    assert.match(await page.locator("#here").innerText(), /^merge_0\.ts/);
    const never = page.locator(".code tr.never");
    await never.first().waitFor();
    const line = Number(await never.first().locator(".number").innerText());
    const source = readFileSync(path.replace("report.html", "src/auth/merge_0.ts"), "utf8").split("\n");
    assert.equal(await never.first().locator(".text").textContent(), source[line - 1] || " ");
    const stated = await page.locator(".file p", { hasText: "never ran" }).innerText();
    assert.ok(stated.includes(`${line}`), stated);
    // Back by the crumbs, then by keys in the map, then by the table.
    await page.click(".crumbs >> text=all files");
    await page.waitForSelector(".treemap .tile");
    await page.locator(".treemap .tile").first().focus();
    await page.keyboard.press("ArrowRight");
    const chosen = await page.evaluate(() => document.activeElement.dataset.path);
    await page.keyboard.press("Enter");
    assert.ok(chosen.endsWith(await page.locator("#here").evaluate((e) => e.firstChild.textContent)));
    await page.goto(`file://${path}#coverage/at=src`);
    await page.locator(".files button", { hasText: "auth" }).click();
    assert.match(page.url(), /#coverage\/at=src\/auth$/);
    await page.selectOption("label:has-text('Figure') select", { label: "branches" });
    assert.match(await page.locator("#here").innerText(), /branches/);
    await close();
  });

  test("licences are counted and choose packages", async () => {
    const { page, close } = await opened(path, DESK, "#packages");
    await ready(page, "packages");
    const bar = page.locator(".bars button", { hasText: "GPL-3.0-only" });
    const many = await bar.locator(".n").innerText();
    await bar.click();
    assert.match(await status(page).innerText(), new RegExp(`^${many} of 260 packages`));
    for (const words of await page.locator("#view-packages .row .where").allInnerTexts()) assert.equal(words, "GPL-3.0-only");
    await close();
  });

  test("measurements are distributions on one scale", async () => {
    const { page, close } = await opened(path, DESK, "#series");
    await ready(page, "series");
    assert.equal(await page.locator(".metric").count(), 4);
    assert.equal(await page.locator(".metric").first().locator(".dist .sample").count(), 40);
    await page.fill("#view-series [data-search]", "route");
    await page.waitForFunction(() => document.querySelectorAll(".metric").length === 1);
    await close();
  });

  test("the theme follows the system and the button", async () => {
    const { page, close } = await opened(path, { ...DESK, colorScheme: "dark" });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(await ground(), "rgb(13, 17, 23)");
    await page.click(".theme");
    assert.equal(await ground(), "rgb(255, 255, 255)");
    await page.click(".theme");
    assert.equal(await ground(), "rgb(13, 17, 23)");
    await close();
  });

  test("a phone has no sideways scrolling", async () => {
    const { page, close } = await opened(path, PHONE);
    for (const view of ["overview", "findings", "tests", "coverage", "packages", "series"]) {
      await page.evaluate((view) => (location.hash = view), view);
      if (view !== "overview") await ready(page, view);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${view} is ${wide} pixels too wide`);
    }
    await page.evaluate(() => (location.hash = "findings"));
    assert.equal(await page.locator("#view-findings .chip").first().isVisible(), false);
    await page.click("#view-findings .fold-filters");
    assert.ok(await page.locator("#view-findings .chip").first().isVisible());
    await close();
  });

  test("paper has the gates and the first rows", async () => {
    const { page, close } = await opened(path, DESK, "#findings");
    await ready(page, "findings");
    await page.emulateMedia({ media: "print" });
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    assert.ok(await page.locator("details.gate").first().isVisible());
    assert.ok((await page.locator("#view-findings .item").count()) > 400);
    assert.equal(await page.locator("#view-findings .filters").isVisible(), false);
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    await page.emulateMedia({ media: "screen" });
    assert.ok((await page.locator("#view-findings .item").count()) < 100);
    await close();
  });

  for (const colorScheme of ["light", "dark"]) {
    test(`axe finds nothing to complain of, ${colorScheme}`, async () => {
      for (const device of [DESK, PHONE]) {
        const { page, close } = await opened(path, { ...device, colorScheme, bypassCSP: true });
        await page.addScriptTag({ content: AXE });
        const look = async (where) => {
          const { violations } = await page.evaluate(() => axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
          const words = violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.html} ${n.failureSummary}`).join("\n")}`);
          assert.deepEqual(words, [], where);
        };
        await look("overview");
        for (const view of ["findings", "tests", "coverage", "packages", "series"]) {
          await page.evaluate((view) => (location.hash = view), view);
          await ready(page, view);
          if (view === "coverage") await page.waitForSelector(".treemap .tile");
          const row = page.locator(`#view-${view} .row`).first();
          if (await row.count()) await row.click();
          await look(view);
        }
        await page.evaluate(() => (location.hash = "coverage/at=src/auth/merge_0.ts"));
        await page.waitForSelector(".code tr.never");
        await look("a file");
        await close();
      }
    });
  }
});

describe("20,000 findings and 100,000 tests", () => {
  let path;
  before(() => {
    path = made(files({ tests: 100_000, findings: 20_000 }));
  });

  test("the page is at most 3 MB", () => {
    assert.ok(statSync(path).size <= 3e6, `${statSync(path).size} bytes`);
  });

  test("it is painted and usable soon: the figures are shown, and a hang is an error", async (t) => {
    // The first page of a browser pays for the browser and is not measured; of the others the best counts, as the machine is shared.
    const painted = [];
    const usable = [];
    for (let n = 0; n < 3 && !(Math.min(...painted) <= 200 && Math.min(...usable) <= 1000); n++) {
      const { page, close } = await opened(path, DESK, "#findings");
      await ready(page, "findings");
      await page.waitForSelector("#view-findings .row");
      if (n) {
        painted.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime));
        usable.push(await page.evaluate(() => performance.now()));
      }
      await close();
    }
    t.diagnostic(`painted ${painted.map(Math.round)} ms, usable ${usable.map(Math.round)} ms`);
    assert.ok(Math.min(...painted) <= 5_000, `painted in ${painted} ms`);
    assert.ok(Math.min(...usable) <= 15_000, `usable in ${usable} ms`);
  });

  test("tests open, filter and scroll to the end", async (t) => {
    const { page, close } = await opened(path);
    const took = await page.evaluate(async () => {
      const start = performance.now();
      location.hash = "tests";
      while (document.documentElement.dataset.ready !== "tests") await new Promise(requestAnimationFrame);
      const open = performance.now() - start;
      const input = document.querySelector("#view-tests [data-search]");
      const filter = performance.now();
      input.value = "of windows";
      input.dispatchEvent(new Event("input"));
      const line = document.querySelector("#view-tests .status-line");
      while (!line.textContent.includes(" of ")) await new Promise(requestAnimationFrame);
      return { open, filter: performance.now() - filter };
    });
    t.diagnostic(JSON.stringify(took));
    assert.ok(took.open <= 15_000 && took.filter <= 15_000, JSON.stringify(took));
    await page.click("#view-tests >> text=Clear filters");
    assert.equal(await status(page).innerText(), "100,000 tests");
    await page.locator("#view-tests .row").first().focus();
    await page.keyboard.press("End");
    await page.waitForFunction(() => document.activeElement.closest("[aria-posinset='100000']"));
    assert.ok((await page.locator("#view-tests .item").count()) < 100);
    await close();
  });
});

describe("a project with a past", () => {
  let path;
  before(() => {
    const made = past({ runs: 6, policy: COMPARES });
    folders.push(made.root);
    path = written(made.root, made.more);
  });

  test("the figures stand beside those of the baseline, without a script too", async () => {
    const { page, close } = await opened(path, { ...DESK, javaScriptEnabled: false });
    const row = (name) => page.locator(".against tr", { has: page.locator(`th:text-is("${name}")`) });
    assert.match(await row("lines covered").innerText(), /\d+\.\d\d % \(\d+ of \d+\)[\s\S]*[+\u2212]\d+\.\d\d points/);
    assert.match(await row("tests").innerText(), /90\s+90\s+none/);
    assert.equal(await row("findings").count(), 1);
    await close();
  });

  test("a strip and a line for each figure show how it came", async () => {
    const { page, seen, close } = await opened(path, DESK, "#history");
    await ready(page, "history");
    assert.match(await status(page).innerText(), /^7 runs, 2026-01-25 12:00 to 2026-01-31 12:00/);
    const card = page.locator(".trends .metric", { has: page.locator("h3:text-is('coverage')") });
    assert.equal(await card.locator(".strip > span").count(), 7);
    assert.equal(await card.locator(".strip").getAttribute("role"), "img");
    const chart = card.locator(".trend-box", { has: page.locator("b:text-is('lines')") });
    assert.equal(await chart.locator(".dot").count(), 7);
    assert.match(await chart.locator("figcaption").innerText(), /lines \d+(\.\d+)? % .* limit >= 80 %/);
    // What never moves is said, not drawn.
    const unit = page.locator(".trends .metric", { has: page.locator("h3:text-is('unit')") });
    assert.match(await unit.locator(".still").innerText(), /pass-rate \(os=linux runtime=18\): always 100 %, limit >= 100 %/);
    await page.fill("#view-history [data-search]", "cover");
    await page.waitForFunction(() => document.querySelectorAll(".trends .metric").length === 2);
    assert.match(page.url(), /#history\/q=cover$/);
    assert.deepEqual(seen.errors, []);
    await close();
  });

  test("measurements stand below those of the baseline", async () => {
    const { page, close } = await opened(path, DESK, "#series");
    await ready(page, "series");
    const row = page.locator(".metric", { has: page.locator("h3:has-text('index build')") }).locator("tbody tr").first();
    assert.equal(await row.locator(".then .sample").count(), 20);
    assert.equal(await row.locator(".now .sample").count(), 20);
    assert.match(await row.innerText(), /\+\d+\.\d %/);
    await close();
  });

  for (const colorScheme of ["light", "dark"]) {
    test(`axe finds nothing to complain of in it, ${colorScheme}`, async () => {
      for (const device of [DESK, PHONE]) {
        const { page, close } = await opened(path, { ...device, colorScheme, bypassCSP: true });
        await page.addScriptTag({ content: AXE });
        for (const view of ["overview", "series", "history"]) {
          await page.evaluate((view) => (location.hash = view), view);
          if (view !== "overview") await ready(page, view);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(wide <= 0, `${view} is ${wide} pixels too wide`);
          const { violations } = await page.evaluate(() => window.axe.run(document));
          assert.deepEqual(violations.map((v) => [v.id, v.nodes.slice(0, 3).map((n) => n.html)]), [], view);
        }
        await close();
      }
    });
  }
});

describe("what strangers write", () => {
  const HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "' onfocus=alert(1) autofocus x='",
    "<!--<script>",
    "]]><style>*{display:none}</style>",
    "javascript:alert(1)",
    "{{constructor.constructor('alert(1)')()}}",
    "</style></title></textarea><iframe src=https://evil.example></iframe>",
    "<a href=https://evil.example>x</a><meta http-equiv=refresh content=0;url=https://evil.example>",
  ];
  const xml = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.codePointAt(0)};`);

  function hostile(word) {
    const policy = `version = 1\n[gates.unit]\nrule = "tests"\nmin-pass-rate = 100\n[gates.scan]\nrule = "findings"\nmax = { total = 0 }\n[gates.coverage]\nrule = "coverage"\nfiles = { lines = { min = 80 } }\n[gates.licences]\nrule = "licenses"\nallow = ["MIT"]\nunknown = "fail"\n[[evidence]]\npaths = ["reports/*"]\n`;
    return {
      "gatekeeper.toml": policy,
      "reports/junit.xml": `<testsuite name="${xml(word)}" tests="2"><testcase name="ok"/><testcase classname="${xml(word)}" name="${xml(word)}" file="${xml(word)}" line="3"><failure message="${xml(word)}">${xml(word)}</failure></testcase></testsuite>`,
      "reports/scan.sarif": JSON.stringify({ version: "2.1.0", runs: [{ tool: { driver: { name: word, rules: [{ id: word, helpUri: `https://evil.example/${encodeURIComponent(word)}` }] } }, results: [{ ruleId: word, level: "error", message: { text: word }, locations: [{ physicalLocation: { artifactLocation: { uri: word }, region: { startLine: 3 } } }] }] }] }),
      "reports/lcov.info": `SF:src/${word}/a.c\nDA:1,1\nDA:2,0\nDA:3,0\nend_of_record\n`,
      "reports/bom.cdx.json": JSON.stringify({ bomFormat: "CycloneDX", specVersion: "1.5", version: 1, components: [{ type: "library", name: word, version: word, licenses: [{ license: { name: word } }] }] }),
      "reports/bad.xml": "<testsuite",
    };
  }

  test("takes no effect and is shown as it is", async () => {
    for (const word of HOSTILE) {
      const path = made(hostile(word));
      const { page, seen, close } = await opened(path);
      assert.ok((await page.locator("main").innerText()).includes(word), word);
      for (const view of ["findings", "tests", "coverage", "packages"]) {
        await page.evaluate((view) => (location.hash = view), view);
        await ready(page, view);
        for (const row of await page.locator(`#view-${view} .row`).all()) await row.click();
        assert.ok((await page.locator(`#view-${view}`).innerText()).includes(view === "coverage" ? word.split("/")[0] : word), `${view}: ${word}`);
      }
      const found = await page.evaluate(() => ({
        elements: document.querySelectorAll("img, iframe, object, embed, base, link:not([rel=icon]), form, svg[onload], [onfocus], [onerror]").length,
        scripts: document.querySelectorAll("script:not([type])").length,
        styles: document.querySelectorAll("style").length,
        metas: document.querySelectorAll("meta[http-equiv]").length,
        links: [...document.querySelectorAll("a")].filter((a) => !a.getAttribute("href").startsWith("#")).length,
      }));
      assert.deepEqual(found, { elements: 0, scripts: 1, styles: 1, metas: 1, links: 0 }, word);
      assert.deepEqual(seen, { requests: [`file://${path}`], errors: [], dialogs: [] }, word);
      await close();
    }
  });

  test("nor does an address that somebody passes on", async () => {
    const path = made(hostile("x"));
    for (const hash of ["#findings/severity=<script>&q=%3Cimg%20src=x%20onerror=alert(1)%3E", "#coverage/at=%3Cscript%3Ealert(1)%3C/script%3E", "#__proto__/constructor", "#findings/%E0%A4%A", "#overview/main"]) {
      const { page, seen, close } = await opened(path, DESK, hash);
      await page.waitForSelector("section:not([hidden])");
      await page.waitForTimeout(100);
      assert.deepEqual([seen.errors, seen.dialogs, await page.locator("img").count()], [[], [], 0], hash);
      await close();
    }
  });
});

test("over http it asks for nothing but itself", async () => {
  const path = made(files({ tests: 20, findings: 20 }));
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.setHeader("content-type", "text/html");
    response.end(readFileSync(path));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const context = await browser.newContext(DESK);
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/report.html#findings`);
  await ready(page, "findings");
  await page.waitForTimeout(300);
  await context.close();
  server.close();
  assert.deepEqual(asked, ["/report.html"]);
});

test("a verdict that holds no lists has a page without them", async () => {
  const path = made({ "gatekeeper.toml": 'version = 1\n[gates.unit]\nrule = "tests"\n', "notes.txt": "hello" });
  const { page, seen, close } = await opened(path, DESK, "#tests");
  assert.equal(await page.locator("h1").innerText(), "UNKNOWN");
  assert.deepEqual(await page.locator("#views a").allInnerTexts(), ["Overview", "Findings1"].slice(0, await page.locator("#views a").count()));
  assert.ok(await page.locator("#view-overview").isVisible());
  assert.deepEqual(seen.errors, []);
  await close();
});
