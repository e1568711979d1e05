//! What the evidence holds, as plain data for outputs that show more than violations. Nothing here decides anything.
//!
//! Reports are strangers': every list has a bound, and source lines are taken only from files that the working tree itself lists (no links, no
//! hidden files, no folders that are built) and that are named like sources, so that no report can ask for a file that holds a secret.

use super::baseline::Baseline;
use super::history::earlier;
use super::line_hash::line_hashes;
use crate::history::History;
use crate::project::ProjectFiles;
use crate::relate::paths::Tree;
use crate::verdict::details::{
    CaseDetails, CoverageDetails, Details, Excerpt, FileDetails, FindingDetails, PackageDetails, Past, PastGate,
    SeriesBefore, SeriesDetails, SuiteDetails, TestDetails,
};
use crate::verdict::{GateVerdict, Verdict};
use gatekeeper_evidence::coverage::{Coverage, FileCoverage};
use gatekeeper_evidence::measurements::Series;
use gatekeeper_evidence::{Data, Evidence};
use std::collections::{BTreeMap, BTreeSet};

/// The most of each kind that a verdict carries.
const TESTS: usize = 200_000;
const FINDINGS: usize = 100_000;
const PACKAGES: usize = 100_000;
const SERIES: usize = 5_000;
const SAMPLES: usize = 1_000;
const FILES: usize = 100_000;
/// Reports of coverage that are shown by themselves beside all of them united.
const REPORTS: usize = 12;
/// Stretches of uncovered lines of a file.
const STRETCHES: usize = 5_000;
/// Characters of a text.
const WORDS: usize = 2_000;
/// Lines around what is not covered.
const AROUND: u32 = 3;
/// Lines of source that are looked for in all.
const LINES: usize = 200_000;
/// Bytes of source in all, and characters of a line of it.
const SOURCE: usize = 4_000_000;
const COLUMNS: usize = 300;
/// Earlier verdicts, and what is carried of each.
const RUNS: usize = 100;
const GATES: usize = 200;
const CONDITIONS: usize = 50;
/// Files whose lines get a fingerprint, and their bytes in all.
const HASHED_FILES: usize = 20_000;
const HASHED: usize = 128_000_000;

/// What of the sources may be shown: files of these extensions are code, which holds no secrets that a report could fish for.
const CODE: &[&str] = &[
    "c", "cc", "clj", "cpp", "cs", "cxx", "d", "dart", "erl", "ex", "exs", "f90", "fs", "gleam", "go", "groovy", "h",
    "hpp", "hrl", "hs", "java", "jl", "js", "jsx", "kt", "kts", "lua", "m", "mjs", "ml", "mm", "nim", "php", "pl",
    "pm", "py", "r", "rb", "rs", "scala", "sol", "svelte", "swift", "ts", "tsx", "vb", "vue", "xrl", "yrl", "zig",
];

/// What details are made of beside the evidence.
pub(crate) struct Beside<'b> {
    /// The working tree, where there is one.
    pub(crate) tree: Option<&'b Tree>,
    /// Its files.
    pub(crate) files: Option<&'b dyn ProjectFiles>,
    /// The policy's file.
    pub(crate) policy: Option<&'b str>,
    /// What the gates came to.
    pub(crate) gates: &'b [GateVerdict],
    /// What is compared with.
    pub(crate) baseline: &'b Baseline<'b>,
    /// Earlier verdicts.
    pub(crate) history: &'b History,
    /// The clock.
    pub(crate) now: Option<&'b str>,
}

/// The details of some evidence.
pub(crate) fn details(evidence: &[Evidence], beside: &Beside<'_>) -> Details {
    let Beside { tree, files, .. } = *beside;
    let mut sorted: Vec<&Evidence> = evidence.iter().collect();
    sorted.sort_by(|a, b| a.source.path.cmp(&b.source.path));
    let mut out = Details { coverage: coverage(&sorted), ..Details::default() };
    for e in sorted {
        match &e.data {
            Data::Tests(_) => tests(e, &mut out),
            Data::Findings(f) => findings(e, f, &mut out),
            Data::Inventory(_) => packages(e, &mut out),
            Data::Measurements(_) => series(e, &mut out),
            // Coverage is united first; the rest has nothing to list.
            _ => {}
        }
    }
    if let Baseline::Usable(snapshot, _) = beside.baseline {
        then(snapshot.evidence(), &mut out.series);
    }
    out.history = past(beside.history, beside.now);
    if let (Some(tree), Some(files)) = (tree, files) {
        out.sources = sources(&out.coverage, tree, files);
        out.line_hashes = line_hashes_of(beside.gates, beside.policy, tree, files);
    }
    out
}

/// Puts the baseline's samples beside those of the same series.
fn then(before: &[Evidence], now: &mut [SeriesDetails]) {
    let mut known: BTreeMap<(String, BTreeMap<String, String>, String), SeriesBefore> = BTreeMap::new();
    for e in before {
        let Data::Measurements(m) = &e.data else { continue };
        for s in m.series.iter().take(SERIES) {
            let labels = e.source.labels.iter().chain(&s.labels).map(|(k, v)| (k.clone(), cut(v))).collect();
            let known = known.entry((cut(&s.metric), labels, s.unit.to_string())).or_default();
            known.samples.extend(samples(s).take(SAMPLES.saturating_sub(known.samples.len())));
            known.stated.extend(stated(s));
        }
    }
    for s in now {
        let key = (s.name.clone(), s.labels.clone(), s.unit.clone().unwrap_or_default());
        s.before = known.get(&key).cloned();
    }
}

fn samples(s: &Series) -> impl Iterator<Item = f64> + '_ {
    s.samples.values().filter(|n| n.is_finite())
}

fn stated(s: &Series) -> impl Iterator<Item = (String, f64)> + '_ {
    s.stated.iter().map(|(statistic, number)| (statistic.to_string(), number.as_f64()))
}

/// The newest earlier verdicts.
fn past(history: &History, now: Option<&str>) -> Vec<Past> {
    let all = earlier(history, now);
    let newest = all.get(all.len().saturating_sub(RUNS)..).unwrap_or_default();
    let gate = |g: &GateVerdict| PastGate {
        name: cut(&g.name),
        status: g.status,
        violations: count(g.violations.len()),
        conditions: g.conditions.iter().take(CONDITIONS).cloned().collect(),
    };
    let of = |v: &&Verdict| Past {
        now: v.now.clone(),
        commit: v.context.commit.clone(),
        status: v.status,
        gates: v.gates.iter().take(GATES).map(gate).collect(),
    };
    newest.iter().map(of).collect()
}

/// The fingerprints of the lines that violations stand at, and of the gates' own lines in the policy, which stand for those without a place.
pub(crate) fn line_hashes_of(
    gates: &[GateVerdict],
    policy: Option<&str>,
    tree: &Tree,
    files: &dyn ProjectFiles,
) -> BTreeMap<String, BTreeMap<u32, String>> {
    let mut wanted: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    for gate in gates {
        for place in gate.violations.iter().filter_map(|v| v.place.as_ref()) {
            if may_be_hashed(&place.path) && tree.has(&place.path) {
                wanted.entry(&place.path).or_default().insert(place.line.unwrap_or(1).max(1));
            }
        }
        // The policy is no secret, and hidden only where it lies in a hidden folder.
        let lines = gate.policy_line.into_iter().chain(gate.waivers.iter().map(|w| w.policy_line));
        let own = policy.filter(|_| gate.policy_file.is_none());
        if let Some(policy) = own {
            wanted.entry(policy).or_default().extend(lines.filter_map(|line| u32::try_from(line).ok()));
        }
    }
    let mut room = HASHED;
    let mut out = BTreeMap::new();
    for (path, lines) in wanted.into_iter().take(HASHED_FILES) {
        let Ok(Some(bytes)) = files.read(path) else { continue };
        let Some(left) = room.checked_sub(bytes.len()) else { break };
        room = left;
        let found = line_hashes(&bytes, &lines);
        if !found.is_empty() {
            out.insert(path.to_owned(), found);
        }
    }
    out
}

fn cut(text: &str) -> String {
    text.chars().take(WORDS).collect()
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| cut(text))
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn leave_out(out: &mut Details, kind: &str, n: usize) {
    if n > 0 {
        let known = out.left_out.entry(kind.to_owned()).or_default();
        *known = known.saturating_add(count(n));
    }
}

fn coverage(evidence: &[&Evidence]) -> Vec<CoverageDetails> {
    let reports: Vec<(&Evidence, &Coverage)> = evidence
        .iter()
        .filter_map(|e| match &e.data {
            Data::Coverage(c) => Some((*e, c)),
            _ => None,
        })
        .collect();
    let mut out = Vec::new();
    if reports.len() > 1 {
        let mut all = Coverage::default();
        for (_, c) in &reports {
            all.merge((*c).clone());
        }
        let paths = reports.iter().map(|(e, _)| e.source.path.clone()).collect();
        out.push(CoverageDetails { reports: paths, labels: BTreeMap::new(), files: files(&all) });
    }
    if reports.len() <= REPORTS {
        out.extend(reports.iter().map(|(e, c)| CoverageDetails {
            reports: vec![e.source.path.clone()],
            labels: e.source.labels.clone(),
            files: files(c),
        }));
    }
    out
}

fn files(c: &Coverage) -> Vec<FileDetails> {
    let listed = c.files.iter().map(|(path, file)| {
        let f = file.figures(c.metrics);
        let percent = c.percent.as_ref().and_then(|p| p.files.get(path)).map(|p| cut(p));
        FileDetails {
            path: cut(path),
            lines: f.lines,
            branches: f.branches,
            functions: f.functions,
            statements: f.statements,
            percent,
            uncovered: uncovered(file),
            partial: partial(file),
        }
    });
    let stated = c.percent.iter().flat_map(|p| &p.files).filter(|(path, _)| !c.files.contains_key(*path));
    let stated = stated.map(|(path, percent)| FileDetails {
        path: cut(path),
        percent: Some(cut(percent)),
        ..FileDetails::default()
    });
    listed.chain(stated).take(FILES).collect()
}

/// Stretches of executable lines that never ran; what lies between two of them and is not executable belongs to the stretch.
fn uncovered(file: &FileCoverage) -> Vec<(u32, u32)> {
    let mut out: Vec<(u32, u32)> = Vec::new();
    let mut open = false;
    for line in &file.lines {
        match (line.hits == 0, open, out.last_mut()) {
            (false, ..) => open = false,
            (true, true, Some(last)) => last.1 = line.number,
            (true, ..) => {
                out.push((line.number, line.number));
                open = true;
            }
        }
    }
    out.truncate(STRETCHES);
    out
}

/// Lines that ran, with arms that did not.
fn partial(file: &FileCoverage) -> Vec<u32> {
    let ran: BTreeSet<u32> = file.lines.iter().filter(|l| l.hits > 0).map(|l| l.number).collect();
    let listed = file.branches.iter().filter(|b| b.hits == 0).map(|b| b.line);
    let counted = file.line_branches.iter().filter(|b| b.covered < b.total).map(|b| b.line);
    let lines: BTreeSet<u32> = listed.chain(counted).filter(|line| ran.contains(line)).collect();
    lines.into_iter().take(STRETCHES).collect()
}

fn tests(e: &Evidence, out: &mut Details) {
    let Data::Tests(run) = &e.data else { return };
    let carried: usize = out.tests.iter().flat_map(|t| &t.suites).map(|s| s.cases.len()).sum();
    let mut room = TESTS.saturating_sub(carried);
    let mut left = 0_usize;
    let mut suites = Vec::new();
    for suite in &run.suites {
        let taken = suite.cases.len().min(room);
        room = room.saturating_sub(taken);
        left = left.saturating_add(suite.cases.len().saturating_sub(taken));
        let cases = suite.cases.iter().take(taken).map(|c| CaseDetails {
            class: c.class.as_deref().map(cut),
            name: cut(&c.name),
            outcome: c.status,
            flaky: c.flaky,
            seconds: c.time.filter(|t| t.is_finite()),
            message: c.detail.as_ref().and_then(|d| some(&d.message).or_else(|| some(&d.kind))),
            file: c.detail.as_ref().and_then(|d| d.file.as_deref()).map(cut),
            line: c.detail.as_ref().and_then(|d| d.line),
        });
        suites.push(SuiteDetails { name: cut(&suite.name), cases: cases.collect() });
    }
    out.tests.push(TestDetails { report: e.source.path.clone(), labels: e.source.labels.clone(), suites });
    leave_out(out, "tests", left);
}

fn findings(e: &Evidence, f: &gatekeeper_evidence::findings::Findings, out: &mut Details) {
    let room = FINDINGS.saturating_sub(out.findings.len());
    let left = f.items.len().saturating_sub(room);
    out.findings.extend(f.items.iter().take(room).map(|item| FindingDetails {
        report: e.source.path.clone(),
        tool: f.tools.get(usize::from(item.tool)).cloned().or_else(|| e.source.tool.clone()),
        id: cut(&item.rule),
        message: cut(&item.message),
        severity: item.severity,
        category: item.category,
        place: item.place.clone(),
        package: item.package.as_ref().map(|p| {
            let version = p.installed.as_ref().map(|v| format!(" {v}")).unwrap_or_default();
            cut(&format!("{}{version}", p.name))
        }),
        fixed: item.package.as_ref().and_then(|p| p.fixed.as_deref()).map(cut),
        url: item.url.as_deref().map(cut),
        suppressed: item.suppressed.as_ref().map(|s| match s.reason.is_empty() {
            true => cut(&s.by),
            false => cut(&format!("{}: {}", s.by, s.reason)),
        }),
    }));
    leave_out(out, "findings", left);
}

fn packages(e: &Evidence, out: &mut Details) {
    let Data::Inventory(inventory) = &e.data else { return };
    let room = PACKAGES.saturating_sub(out.packages.len());
    out.packages.extend(inventory.components.iter().take(room).map(|c| PackageDetails {
        report: e.source.path.clone(),
        name: cut(&c.name),
        version: c.version.as_deref().map(cut),
        purl: c.purl.as_deref().map(cut),
        licenses: c.licenses.iter().map(|l| cut(&l.text)).collect(),
        scope: c.scope.as_deref().map(cut),
    }));
    let left = inventory.components.len().saturating_sub(room);
    leave_out(out, "packages", left);
    if let Some(f) = &inventory.findings {
        findings(e, f, out);
    }
}

fn series(e: &Evidence, out: &mut Details) {
    let Data::Measurements(m) = &e.data else { return };
    let room = SERIES.saturating_sub(out.series.len());
    out.series.extend(m.series.iter().take(room).map(|s| SeriesDetails {
        report: e.source.path.clone(),
        name: cut(&s.metric),
        labels: e.source.labels.iter().chain(&s.labels).map(|(k, v)| (k.clone(), cut(v))).collect(),
        unit: some(&s.unit),
        better: s.better,
        samples: samples(s).take(SAMPLES).collect(),
        stated: stated(s).collect(),
        before: None,
    }));
    leave_out(out, "series", m.series.len().saturating_sub(room));
}

/// Source lines around what is not covered, of the files with the most of it first, as far as the bound goes.
fn sources(coverage: &[CoverageDetails], tree: &Tree, files: &dyn ProjectFiles) -> BTreeMap<String, Vec<Excerpt>> {
    let shown = coverage.iter().flat_map(|c| &c.files).filter(|f| may_be_shown(&f.path) && tree.has(&f.path));
    let asked = shown.flat_map(|file| {
        let partial = file.partial.iter().map(|line| (*line, *line));
        file.uncovered.iter().copied().chain(partial).flat_map(|(first, last)| {
            // A stretch from a report may span all numbers there are: beyond some screens it is no drill-down.
            let last = last.min(first.saturating_add(500)).saturating_add(AROUND);
            (first.saturating_sub(AROUND).max(1)..=last).map(|line| (file.path.as_str(), line))
        })
    });
    let mut wanted: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    for (path, line) in asked.take(LINES) {
        wanted.entry(path).or_default().insert(line);
    }
    let mut order: Vec<(&str, BTreeSet<u32>)> = wanted.into_iter().collect();
    order.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then(a.0.cmp(b.0)));
    let mut room = SOURCE;
    let mut out = BTreeMap::new();
    for (path, lines) in order {
        let Ok(Some(bytes)) = files.read(path) else { continue };
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let mut excerpts: Vec<Excerpt> = Vec::new();
        let mut size = 0_usize;
        for (number, line) in (1_u32..).zip(text.lines()).filter(|(number, _)| lines.contains(number)) {
            let line: String = line.chars().take(COLUMNS).collect();
            size = size.saturating_add(line.len());
            match excerpts.last_mut() {
                Some(last) if count(last.lines.len()) + u64::from(last.first) == u64::from(number) => {
                    last.lines.push(line);
                }
                _ => excerpts.push(Excerpt { first: number, lines: vec![line] }),
            }
        }
        let Some(left) = room.checked_sub(size) else { break };
        room = left;
        if !excerpts.is_empty() {
            out.insert(path.to_owned(), excerpts);
        }
    }
    out
}

/// Whether a fingerprint of a file's lines may be shown: it is code, or lists what a project is made of. Of a short line it could be guessed back,
/// so that nothing that may hold a secret gets one here.
fn may_be_hashed(path: &str) -> bool {
    const LISTS: &[&str] = &[
        "cargo.lock",
        "cargo.toml",
        "containerfile",
        "dockerfile",
        "go.mod",
        "go.sum",
        "mix.lock",
        "package-lock.json",
        "package.json",
        "pnpm-lock.yaml",
        "poetry.lock",
        "pom.xml",
        "rebar.config",
        "rebar.lock",
        "requirements.txt",
        "yarn.lock",
    ];
    const TEXTS: &[&str] = &["css", "html", "md", "sh", "sql", "tf"];
    let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let extension = name.rsplit_once('.').map(|(_, e)| e).unwrap_or_default();
    let visible = path.split('/').all(|part| !part.starts_with('.'));
    may_be_shown(path) || (visible && (LISTS.contains(&name.as_str()) || TEXTS.contains(&extension)))
}

/// Whether a file is named like code, and no part of its path is hidden.
fn may_be_shown(path: &str) -> bool {
    let extension = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, e)| e.to_ascii_lowercase());
    extension.is_some_and(|e| CODE.contains(&e.as_str())) && path.split('/').all(|part| !part.starts_with('.'))
}

#[cfg(test)]
#[path = "details/tests.rs"]
mod tests;
