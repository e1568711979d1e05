// A project with reports of every kind, judged by the program itself, and the page that it writes.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export const BIN = process.env.GATEKEEPER_BIN ?? new URL("../../../target/debug/gatekeeper", import.meta.url).pathname;

/** Numbers that look like chance and are the same each time. */
function chance(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const WORDS = ["parse", "lock", "render", "fetch", "retry", "merge", "stream", "index", "cache", "route", "token", "queue", "split", "decode"];
const FOLDERS = ["src/http", "src/http/router", "src/store", "src/store/index", "src/render", "src/auth", "src/jobs", "lib/codec", "lib/codec/zip", "lib/net"];
const LICENCES = ["MIT", "Apache-2.0", "MIT OR Apache-2.0", "BSD-3-Clause", "ISC", "MPL-2.0", "GPL-3.0-only", ""];
const RULES = ["unused-variable", "sql-injection", "weak-hash", "path-traversal", "no-shadow", "complexity"];

export const POLICY = `version = 1

[[evidence]]
paths = ["reports/{os}/{runtime}/*.xml"]

[[evidence]]
paths = ["reports/*"]

[gates.unit]
rule = "tests"
min-pass-rate = 100
each = ["os", "runtime"]
require = { os = ["linux", "macos", "windows"], runtime = ["18", "20", "22"] }

[gates.coverage]
rule = "coverage"
lines = { min = 80 }
files = { lines = { min = 40 } }

[gates.static-analysis]
rule = "findings"
max = { critical = 0, high = 0 }

[gates.style]
rule = "findings"
max = { low = 100000 }
action = "warn"

[gates.licences]
rule = "licenses"
allow = ["MIT", "Apache-2.0", "BSD-3-Clause", "ISC", "MPL-2.0"]
unknown = "warn"

[gates.sbom]
rule = "sbom"
action = "inform"

[[waivers]]
gate = "static-analysis"
id = "weak-hash"
reason = "the checksum of a cache, no secret depends on it"
expires = "2026-02-05"
owner = "platform"
`;

/** Writes files below a folder. */
function write(root, files) {
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** The files of a project: `tests` cases and `findings` in all; `drift` from 0 to 1 is how far it has come from its first run. */
export function files({ tests = 900, findings = 400, seed = 7, drift = 1, noise = 0 } = {}) {
  const random = chance(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const out = { "gatekeeper.toml": POLICY };
  const runs = ["linux", "macos", "windows"].flatMap((os) => ["18", "20", "22"].map((runtime) => [os, runtime]));
  let written = 0;
  runs.forEach(([os, runtime], n) => {
    if (os === "windows" && runtime === "18") return;
    const many = n === runs.length - 1 ? tests - written : Math.floor(tests / 8);
    const cases = [];
    for (let i = 0; i < many; i++) {
      const name = `${pick(WORDS)}s ${pick(WORDS)} ${i} of ${os}`;
      const bad = os === "macos" && runtime === "22" && i % 97 === 3;
      const skipped = i % 61 === 9;
      const body = bad ? `<failure message="expected ${i} to be ${i + 1}">at ${name}</failure>` : skipped ? "<skipped/>" : "";
      cases.push(`<testcase classname="${pick(WORDS)}.${pick(WORDS)}Test" name="${name}" time="${(random() * random() * 3).toFixed(4)}">${body}</testcase>`);
    }
    written += many;
    out[`reports/${os}/${runtime}/junit.xml`] = `<testsuites><testsuite name="${os}-${runtime}" tests="${many}">${cases.join("\n")}</testsuite></testsuites>`;
  });
  const lcov = [];
  for (const folder of FOLDERS) {
    for (let n = 0; n < 4 + Math.floor(random() * 9); n++) {
      const name = `${folder}/${pick(WORDS)}_${n}.ts`;
      const lines = 40 + Math.floor(random() * random() * 600);
      const share = folder.startsWith("src/auth") ? 0.35 + 0.4 * (1 - drift) : 0.7 + random() * 0.3;
      const source = [];
      lcov.push(`SF:${name}`);
      let hit = true;
      for (let line = 1; line <= lines; line++) {
        source.push(line % 11 === 1 ? `export function ${pick(WORDS)}${line}(input: string): number {` : line % 11 === 0 ? "}" : line % 11 === 10 ? "" : `  const ${pick(WORDS)} = ${pick(WORDS)}(input, ${line}); // <b>&amp; "quoted"`);
        if (line % 6 === 0) hit = random() < share;
        if (line % 11 !== 0 && line % 11 !== 10) lcov.push(`DA:${line},${hit ? 1 + Math.floor(random() * 20) : 0}`);
        if (line % 23 === 2 && hit) lcov.push(`BRDA:${line},0,0,1`, `BRDA:${line},0,1,${random() < 0.6 ? 1 : 0}`);
      }
      lcov.push("end_of_record");
      out[name] = `${source.join("\n")}\n`;
    }
  }
  out["reports/lcov.info"] = `${lcov.join("\n")}\n`;
  const results = [];
  for (let n = 0; n < findings; n++) {
    const rule = RULES[n % RULES.length];
    const level = n % 9 === 0 ? "error" : n % 3 === 0 ? "warning" : "note";
    results.push({
      ruleId: rule,
      level,
      message: { text: `${rule.replaceAll("-", " ")} in ${pick(WORDS)}: the value of ${pick(WORDS)}${n} reaches ${pick(WORDS)} without a check` },
      locations: [{ physicalLocation: { artifactLocation: { uri: `${pick(FOLDERS)}/${pick(WORDS)}_${n % 40}.ts` }, region: { startLine: 1 + (n % 700), startColumn: 1 + (n % 60) } } }],
    });
  }
  out["reports/lint.sarif"] = JSON.stringify({ version: "2.1.0", runs: [{ tool: { driver: { name: "codescan", rules: RULES.map((id) => ({ id })) } }, results }] });
  const components = [];
  for (let n = 0; n < 260; n++) {
    const licence = LICENCES[Math.floor(random() * random() * LICENCES.length)];
    components.push({
      type: "library",
      "bom-ref": `c${n}`,
      name: `${pick(WORDS)}-${pick(WORDS)}-${n}`,
      version: `${n % 9}.${n % 13}.${n % 4}`,
      purl: `pkg:npm/${WORDS[n % 14]}-${n}@${n % 9}.${n % 13}.${n % 4}`,
      licenses: licence ? [{ expression: licence }] : [],
    });
  }
  out["reports/bom.cdx.json"] = JSON.stringify({ bomFormat: "CycloneDX", specVersion: "1.5", version: 1, metadata: { timestamp: "2026-01-30T10:00:00Z", component: { type: "application", name: "app", version: "1.0.0" } }, components, dependencies: [{ ref: "c0", dependsOn: [] }] });
  const jitter = chance(seed + 1000 + noise);
  const benchmarks = ["decode small", "decode large", "route lookup", "index build"].flatMap((name, n) =>
    Array.from({ length: 20 }, () => ({ name, run_type: "iteration", repetitions: 20, iterations: 1000, real_time: (100 - 12 * (1 - drift) * (n % 2)) * (n + 1) * (1 + jitter() * 0.2), cpu_time: 95 * (n + 1) * (1 + jitter() * 0.2), time_unit: "ns" })),
  );
  out["reports/benchmark.json"] = JSON.stringify({ context: { date: "2026-01-30T10:00:00+00:00", host_name: "ci", executable: "bench", num_cpus: 4, mhz_per_cpu: 2000, cpu_scaling_enabled: false, caches: [], load_avg: [], library_build_type: "release" }, benchmarks });
  return out;
}

/** A folder that holds these files. */
export function project(all) {
  const root = mkdtempSync(join(tmpdir(), "gatekeeper-page-"));
  write(root, all);
  return root;
}

/** Judges a project and answers the path of its page. */
export function page(root, more = []) {
  const out = join(root, "report.html");
  try {
    execFileSync(BIN, ["check", "--root", root, "--now", "2026-01-31T12:00:00Z", "--quiet", "--report", `html=${out}`, ...more], { cwd: root, stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 });
  } catch (error) {
    // 1 and 3 are verdicts; a page is written all the same.
    if (![1, 3].includes(error.status)) throw new Error(`${error.message}\n${error.stderr}`);
  }
  return out;
}

/** A gate that compares with a baseline, to go behind the policy. */
export const COMPARES = `
[gates.speed]
rule = "regression"
max = "10%"
action = "warn"
`;

/**
 * A project with a past: a snapshot of its first run to compare with, and the verdicts of `runs` earlier ones. Answers its folder and what `check`
 * is to be given for them.
 */
export function past({ runs = 12, tests = 90, findings = 80, policy = "" } = {}) {
  const root = project({ ...files({ tests, findings }), "gatekeeper.toml": POLICY + policy });
  const run = (command, more) => {
    try {
      execFileSync(BIN, [command, "--root", root, ...more], { cwd: root, stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 });
    } catch (error) {
      if (![1, 3].includes(error.status)) throw new Error(`${error.message}\n${error.stderr}`);
    }
  };
  const day = (n) => new Date(Date.UTC(2026, 0, 31 - runs + n, 12)).toISOString().replace(".000", "");
  const base = join(root, "base.snap");
  const more = [];
  for (let n = 0; n < runs; n++) {
    const of = files({ tests, findings: findings - 4 * n, seed: 7, noise: n + 1, drift: n / runs });
    write(root, { ...of, "gatekeeper.toml": POLICY + policy });
    const commit = `${(0xabcdef0 + n).toString(16)}00112233`;
    if (n === 0) run("snapshot", ["--now", day(n), "--commit", commit, "-o", base]);
    const file = join(root, `history/${n}.json`);
    mkdirSync(dirname(file), { recursive: true });
    run("check", ["--now", day(n), "--commit", commit, "--quiet", "--report", `json=${file}`]);
    more.push("--history", file);
  }
  write(root, { ...files({ tests, findings, seed: 7, drift: 1 }), "gatekeeper.toml": POLICY + policy });
  return { root, more: [...more, "--baseline", base, "--commit", "0123456789ab00112233"] };
}
