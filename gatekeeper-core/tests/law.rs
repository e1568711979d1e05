//! The law above all others: loss, damage, delay, another commit, fewer cells or cases, and worse results never improve a verdict. Generated projects
//! are judged as they are and again after something of the sort happened to them.
//!
//! A policy can only miss what it asks for, so that the generated ones say how much there must be. `LAW_PAIRS` sets how many pairs are tried:
//! ten thousand where nothing is said, a hundred thousand where the test is optimised (`cargo test --release`).
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use gatekeeper_core::verdict::{GateStatus, Overall};
use gatekeeper_core::{Candidate, Change, Context, Engine, History, Lineage, Policy, Snapshot, Verdict};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// 2026-06-01T00:00:00Z.
const NOW: i64 = 1_780_272_000;
type Files = Vec<(String, Vec<u8>)>;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const OTHER: &str = "fedcba9876543210fedcba9876543210fedcba98";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Errored,
    Skipped,
}

/// A run of tests in one cell of the matrix.
#[derive(Debug, Clone)]
struct Run {
    cell: u8,
    cases: Vec<Outcome>,
}

#[derive(Debug, Clone)]
struct Project {
    runs: Vec<Run>,
    /// For each source, whether each of its lines was hit.
    sources: Vec<Vec<bool>>,
    /// Scores of vulnerabilities, tenths.
    findings: Vec<u8>,
    limits: Limits,
    commit: &'static str,
    clock: i64,
    beside: Beside,
}

/// What a run knows beside its reports, and what the policy makes of it.
#[derive(Debug, Clone)]
struct Beside {
    /// Compared with the run before, which saw the same: percentage points that coverage may drop.
    baseline: Option<u8>,
    /// The first source is new, and so many percent of it are owed.
    diff: Option<u8>,
    /// Each source is a component with this limit of its own.
    components: Option<u8>,
    /// The first finding is waived for a day.
    waiver: bool,
    /// The first cell may fail for a day.
    allow_fail: bool,
    /// Totals that are far from the last verdict's are an error.
    far: bool,
    /// The policy names each report's format; otherwise it is recognised.
    named: bool,
}

#[derive(Debug, Clone)]
struct Limits {
    max_failed: u8,
    pass_rate: Option<u8>,
    max_skipped: Option<u8>,
    lines: u8,
    files: Option<u8>,
    max_high: u8,
    max_total: Option<u8>,
    warn: bool,
    each: bool,
    /// Hours.
    max_age: u8,
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        6 => Just(Outcome::Passed),
        1 => Just(Outcome::Failed),
        1 => Just(Outcome::Errored),
        1 => Just(Outcome::Skipped),
    ]
}

fn limits() -> impl Strategy<Value = Limits> {
    let option = |range: std::ops::Range<u8>| proptest::option::of(range);
    let tests = (0..3_u8, option(2..100), option(0..3));
    let coverage = (2..100_u8, option(2..100));
    let findings = (0..3_u8, option(0..4));
    (tests, coverage, findings, any::<bool>(), any::<bool>(), 1..48_u8).prop_map(
        |((max_failed, pass_rate, max_skipped), (lines, files), (max_high, max_total), warn, each, max_age)| Limits {
            max_failed,
            pass_rate,
            max_skipped,
            lines,
            files,
            max_high,
            max_total,
            warn,
            each,
            max_age,
        },
    )
}

fn beside() -> impl Strategy<Value = Beside> {
    let option = |range: std::ops::Range<u8>| proptest::option::weighted(0.4, range);
    let flags = (any::<bool>(), any::<bool>(), proptest::bool::weighted(0.3), proptest::bool::weighted(0.8));
    (option(0..50), option(2..100), option(2..100), flags).prop_map(
        |(baseline, diff, components, (waiver, allow_fail, far, named))| Beside {
            baseline,
            diff,
            components,
            waiver,
            allow_fail,
            far,
            named,
        },
    )
}

fn project() -> impl Strategy<Value = Project> {
    let run = proptest::collection::vec(outcome(), 1..5);
    let runs = proptest::collection::vec(run, 1..4)
        .prop_map(|runs| (25_u8..).zip(runs).map(|(cell, cases)| Run { cell, cases }).collect::<Vec<_>>());
    let sources = proptest::collection::vec(proptest::collection::vec(any::<bool>(), 1..6), 1..4);
    let findings = proptest::collection::vec(0..=100_u8, 0..4);
    (runs, sources, findings, limits(), beside()).prop_map(|(runs, sources, findings, limits, beside)| Project {
        runs,
        sources,
        findings,
        limits,
        commit: COMMIT,
        clock: NOW,
        beside,
    })
}

impl Project {
    /// What must be there is what is there now, whatever happens to it.
    fn policy(&self) -> String {
        let l = &self.limits;
        let mut out = String::from("version = 1\n");
        let format = |id: &str| if self.beside.named { format!("format = \"{id}\"\n") } else { String::new() };
        for run in &self.runs {
            let _ = write!(
                out,
                "[[evidence]]\npaths = [\"otp-{{otp}}/junit-{0}.xml\"]\nmin-cases = {1}\nmin-files = 1\nmax-age = \"{2}h\"\n{3}",
                run.cell,
                run.cases.iter().filter(|c| **c != Outcome::Skipped).count().max(1),
                l.max_age,
                format("junit")
            );
        }
        let lines: usize = self.sources.iter().map(Vec::len).sum();
        let _ = write!(
            out,
            "[[evidence]]\npaths = [\"lcov.info\"]\nmin-sources = {}\nmin-lines = {lines}\n{}[[evidence]]\npaths = [\"scan.sarif\"]\nsame-commit = true\n{}",
            self.sources.len(),
            format("lcov"),
            format("sarif")
        );
        let action = if l.warn { "action = \"warn\"\n" } else { "" };
        let _ = write!(out, "[gates.unit]\nrule = \"tests\"\nmax-failed = {}\n{action}", l.max_failed);
        if let Some(rate) = l.pass_rate {
            let _ = writeln!(out, "min-pass-rate = {rate}");
        }
        if let Some(most) = l.max_skipped {
            let _ = writeln!(out, "max-skipped = {most}");
        }
        if l.each {
            let cells: Vec<String> = self.runs.iter().map(|r| format!("\"{}\"", r.cell)).collect();
            let _ = writeln!(out, "each = \"otp\"\nrequire = {{ otp = [{}] }}", cells.join(", "));
            if self.beside.allow_fail {
                out.push_str("allow-fail = [{ otp = \"25\", reason = \"r\", expires = \"2026-06-02\" }]\n");
            }
        }
        if self.beside.baseline.is_some() {
            out.push_str("max-lost = 0\nmax-newly-skipped = 0\n");
        }
        let _ = write!(out, "[gates.cover]\nrule = \"coverage\"\nlines = {{ min = {} }}\n", l.lines);
        if let Some(each) = l.files {
            let _ = writeln!(out, "files = {{ lines = {{ min = {each} }} }}");
        }
        if let Some(points) = self.beside.baseline {
            let _ = writeln!(out, "max-drop = {points}");
        }
        let total = l.max_total.map(|t| format!(", total = {t}")).unwrap_or_default();
        let _ = write!(out, "[gates.security]\nrule = \"findings\"\nmax = {{ high = {}{total} }}\n", l.max_high);
        if let Some(owed) = self.beside.diff {
            let _ = write!(out, "[gates.new-code]\nrule = \"coverage\"\npatch = {{ lines = {{ min = {owed} }} }}\n");
        }
        if let Some(own) = self.beside.components {
            let _ =
                write!(out, "[gates.parts]\nrule = \"coverage\"\nlines = {{ min = {own} }}\nper-component = true\n");
            for n in 0..self.sources.len() {
                let _ = write!(out, "[components.c{n}]\npaths = [\"src/f{n}.c\"]\n");
            }
        }
        if self.beside.waiver {
            out.push_str("[[waivers]]\ngate = \"security\"\nid = \"V0\"\nreason = \"r\"\nexpires = \"2026-06-02\"\n");
        }
        if self.beside.baseline.is_some() {
            out.push_str("[baseline]\nmax-age = \"60h\"\nmax-shrink = 10\n");
        }
        if self.beside.far {
            out.push_str("[suspicion]\ntotals-far = \"error\"\n");
        }
        out
    }

    fn files(&self) -> Files {
        let mut out = Vec::new();
        for run in &self.runs {
            let mut xml =
                format!("<testsuite name=\"s\" timestamp=\"2026-05-31T23:30:00Z\" tests=\"{}\">", run.cases.len());
            for (n, case) in run.cases.iter().enumerate() {
                let inside = match case {
                    Outcome::Passed => "",
                    Outcome::Failed => "<failure message=\"no\"/>",
                    Outcome::Errored => "<error message=\"no\"/>",
                    Outcome::Skipped => "<skipped/>",
                };
                let _ = write!(xml, "<testcase classname=\"c\" name=\"t{n}\">{inside}</testcase>");
            }
            xml.push_str("</testsuite>");
            out.push((format!("otp-{0}/junit-{0}.xml", run.cell), xml.into_bytes()));
        }
        let mut lcov = String::from("TN:\n");
        for (n, lines) in self.sources.iter().enumerate() {
            let _ = writeln!(lcov, "SF:src/f{n}.c");
            for (line, hit) in lines.iter().enumerate() {
                let _ = writeln!(lcov, "DA:{},{}", line + 1, u8::from(*hit));
            }
            lcov.push_str("end_of_record\n");
        }
        out.push(("lcov.info".to_owned(), lcov.into_bytes()));
        let rule = |n: usize, score: u8| serde_json::json!({ "id": format!("V{n}"), "properties": { "security-severity": format!("{}.{}", score / 10, score % 10) } });
        let rules: Vec<_> = self.findings.iter().enumerate().map(|(n, s)| rule(n, *s)).collect();
        let results: Vec<_> = (0..self.findings.len())
            .map(|n| serde_json::json!({ "ruleId": format!("V{n}"), "level": "error", "message": { "text": format!("v{n}") } }))
            .collect();
        let sarif = serde_json::json!({ "version": "2.1.0", "runs": [{
            "tool": { "driver": { "name": "scanner", "rules": rules } },
            "invocations": [{ "executionSuccessful": true }],
            "versionControlProvenance": [{ "repositoryUri": "https://example.org/x", "revisionId": self.commit }],
            "results": results,
        }] });
        out.push(("scan.sarif".to_owned(), sarif.to_string().into_bytes()));
        out
    }
}

/// What stands beside the reports of a run.
#[derive(Clone, Default)]
struct Around {
    baseline: Option<Snapshot>,
    lineage: Lineage,
    diff: Option<Arc<Change>>,
    history: History,
}

fn history(verdicts: &[&Verdict]) -> History {
    let texts: Vec<Vec<u8>> = verdicts.iter().map(|v| serde_json::to_vec(v).unwrap()).collect();
    History::read(texts.iter().map(|t| ("earlier.json", t.as_slice())))
}

fn candidates(files: Files) -> Vec<Candidate> {
    files.into_iter().map(|(name, bytes)| Candidate::in_memory(name, bytes)).collect()
}

impl Project {
    /// The run before, an hour ago, and what was changed since.
    fn around(&self, hours: i64) -> Around {
        let baseline = self.beside.baseline.map(|_| self.snapshot(hours));
        let diff = self.beside.diff.map(|_| {
            let lines = self.sources[0].len();
            let mut text = format!("diff --git a/src/f0.c b/src/f0.c\nnew file mode 100644\n--- /dev/null\n+++ b/src/f0.c\n@@ -0,0 +1,{lines} @@\n");
            (0..lines).for_each(|n| writeln!(text, "+line {n};").unwrap());
            Arc::new(Change::read("git", text.into_bytes(), None).unwrap())
        });
        let last =
            engine().evaluate(&parsed(&self.policy()), candidates(self.files()), &Context::at(NOW - hours * 3_600));
        Around { baseline, lineage: Lineage::Ancestor, diff, history: history(&[&last]) }
    }

    fn snapshot(&self, hours: i64) -> Snapshot {
        let mut context = Context::at(NOW - hours * 3_600);
        context.revision.commit = Some(COMMIT.to_owned());
        let taken = engine().snapshot_of(&parsed(&self.policy()), candidates(self.files()), &context);
        let taken = taken.unwrap_or_else(|e| panic!("{e}"));
        engine().read_snapshot("base.snap", taken.text.as_bytes()).unwrap_or_else(|e| panic!("{e}"))
    }
}

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(Engine::default)
}

fn parsed(policy: &str) -> Policy {
    engine().parse_policy("gatekeeper.toml", policy.as_bytes(), None).unwrap_or_else(|e| panic!("{policy}\n{e}"))
}

fn judge(policy: &Policy, files: Files, clock: i64, around: &Around) -> Verdict {
    let mut context = Context::at(clock);
    context.revision.commit = Some(COMMIT.to_owned());
    context.baseline.clone_from(&around.baseline);
    context.lineage = around.lineage.clone();
    context.diff.clone_from(&around.diff);
    context.history = around.history.clone();
    engine().evaluate(policy, candidates(files), &context)
}

/// How bad a status is. What could not be judged is no better and no worse than what failed: both stand in the way.
fn rank(status: GateStatus) -> u8 {
    match status {
        GateStatus::Skip | GateStatus::Pass => 0,
        GateStatus::Warn => 1,
        _ => 2,
    }
}

fn overall(status: Overall) -> u8 {
    match status {
        Overall::Pass => 0,
        Overall::Warn => 1,
        Overall::Fail | Overall::Unknown => 2,
    }
}

fn no_better(what: &str, before: &Verdict, after: &Verdict, policy: &str) -> Result<(), TestCaseError> {
    let told = || format!("{what}:\nbefore {}\nafter {}\n{policy}", before.summary, after.summary);
    prop_assert!(overall(after.status) >= overall(before.status), "{}", told());
    for b in &before.gates {
        let Some(a) = after.gates.iter().find(|a| a.name == b.name) else {
            // What compares the whole run with a baseline is not there without one.
            prop_assert!(rank(b.status) == 0 || overall(after.status) == 2, "{} is gone: {}", b.name, told());
            continue;
        };
        prop_assert!(rank(a.status) >= rank(b.status), "{}: {} → {}: {}", b.name, b.reason, a.reason, told());
    }
    Ok(())
}

/// What can happen to what stands beside the reports.
fn losses(p: &Project, around: &Around) -> Vec<(String, Around)> {
    let mut out = Vec::new();
    if around.baseline.is_some() {
        out.push(("the baseline is lost".to_owned(), Around { baseline: None, ..around.clone() }));
        out.push(("the baseline is older".to_owned(), Around { baseline: Some(p.snapshot(61)), ..around.clone() }));
        let why = "the clone is shallow".to_owned();
        out.push((why.clone(), Around { lineage: Lineage::CannotTell(why), ..around.clone() }));
        out.push(("the baseline is a stranger's".to_owned(), Around { lineage: Lineage::Stranger, ..around.clone() }));
    }
    if around.diff.is_some() {
        out.push(("the diff is lost".to_owned(), Around { diff: None, ..around.clone() }));
    }
    let other = |history| Around { history, ..around.clone() };
    out.push(("the history is lost".to_owned(), other(History::default())));
    out.push((
        "the history is cut".to_owned(),
        other(History::read([("earlier.json", &b"{\"schema_version\": 1, \"sta"[..])])),
    ));
    let of = |change: &dyn Fn(&mut Verdict)| {
        let mut all = around.history.verdicts().to_vec();
        all.iter_mut().for_each(change);
        history(&all.iter().collect::<Vec<_>>())
    };
    let later = of(&|v: &mut Verdict| v.now = Some("2027-01-01T00:00:00Z".to_owned()));
    out.push(("the history is from the future".to_owned(), other(later)));
    out.push((
        "the last verdict saw nothing".to_owned(),
        other(of(&|v: &mut Verdict| {
            v.evidence.clear();
            v.gates.clear();
        })),
    ));
    // These say the same of the totals.
    out.push((
        "the history is older".to_owned(),
        other(of(&|v: &mut Verdict| v.now = Some("2020-01-01T00:00:00Z".to_owned()))),
    ));
    out.push((
        "the history is of another branch".to_owned(),
        other(of(&|v: &mut Verdict| v.context.commit = Some(OTHER.to_owned()))),
    ));
    out
}

/// All that can happen to a project, each alone. The policy stays what it was.
fn misfortunes(p: &Project, at: usize, cut: usize, hours: i64) -> Vec<(String, Files, i64)> {
    let mut out = Vec::new();
    let files = p.files();
    for n in 0..files.len() {
        let mut lost = files.clone();
        let (name, _) = lost.remove(n);
        out.push((format!("{name} is lost"), lost, p.clock));
        let mut damaged = files.clone();
        let long = damaged[n].1.len();
        let keep = cut % long;
        damaged[n].1.truncate(keep);
        out.push((format!("{} is cut at byte {keep} of {long}", damaged[n].0), damaged, p.clock));
        let mut empty = files.clone();
        empty[n].1.clear();
        out.push((format!("{} is empty", empty[n].0), empty, p.clock));
    }
    out.push((format!("{hours} hours pass"), files.clone(), p.clock + hours * 3_600));
    let mut change = |what: &str, change: &dyn Fn(&mut Project)| {
        let mut worse = p.clone();
        change(&mut worse);
        out.push((what.to_owned(), worse.files(), worse.clock));
    };
    let run = at % p.runs.len();
    let case = at % p.runs[run].cases.len();
    // That a skipped one is gone only a baseline can tell (`max-lost`).
    if p.runs[run].cases[case] != Outcome::Skipped {
        change("a case is lost", &|w| {
            w.runs[run].cases.remove(case);
        });
    }
    // One that did not run is no worse for failing: there are more cases then.
    if p.runs[run].cases[case] == Outcome::Passed {
        change("a case fails", &|w| w.runs[run].cases[case] = Outcome::Failed);
        change("a case crashes", &|w| w.runs[run].cases[case] = Outcome::Errored);
        change("a case is skipped", &|w| w.runs[run].cases[case] = Outcome::Skipped);
    }
    change("no case is left", &|w| w.runs[run].cases.clear());
    change("a cell is lost", &|w| {
        w.runs.remove(run);
    });
    let source = at % p.sources.len();
    change("a line is not covered", &|w| {
        let line = at % w.sources[source].len();
        w.sources[source][line] = false;
    });
    change("a source is in no report", &|w| {
        w.sources.remove(source);
    });
    change("lines are in no report", &|w| {
        w.sources[source].pop();
    });
    change("something is found", &|w| w.findings.push(u8::try_from(cut % 101).unwrap()));
    change("the scan is of another commit", &|w| w.commit = OTHER);
    out
}

#[test]
fn nothing_that_happens_to_evidence_improves_a_verdict() {
    let wanted: u64 = std::env::var("LAW_PAIRS").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000);
    let pairs = AtomicU64::new(0);
    let passed = AtomicU64::new(0);
    let one = &|(p, at, cut, hours): (Project, usize, usize, i64)| {
        let text = p.policy();
        let policy = parsed(&text);
        let around = p.around(1);
        let before = judge(&policy, p.files(), p.clock, &around);
        passed.fetch_add(u64::from(before.exit_code == 0), Ordering::Relaxed);
        for (what, files, clock) in misfortunes(&p, at, cut, hours) {
            no_better(&what, &before, &judge(&policy, files, clock, &around), &text)?;
            pairs.fetch_add(1, Ordering::Relaxed);
        }
        for (what, around) in losses(&p, &around) {
            no_better(&what, &before, &judge(&policy, p.files(), p.clock, &around), &text)?;
            pairs.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    };
    let projects = (wanted / 26).max(1);
    let runners = std::thread::available_parallelism().map_or(1, |n| u64::try_from(n.get()).unwrap_or(1)).min(projects);
    let run = |n: u64| {
        let cases = u32::try_from(projects / runners + u64::from(n < projects % runners)).unwrap_or(u32::MAX);
        let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
        let any = (project(), any::<usize>(), any::<usize>(), 1..100_i64);
        runner.run(&any, one).map_err(|e| e.to_string())
    };
    std::thread::scope(|scope| {
        let run = &run;
        let all: Vec<_> = (0..runners).map(|n| scope.spawn(move || run(n))).collect();
        for one in all {
            one.join().unwrap().unwrap_or_else(|e| panic!("{e}"));
        }
    });
    let (pairs, passed) = (pairs.into_inner(), passed.into_inner());
    println!("{pairs} pairs of {projects} projects, {passed} of which passed");
    assert!(pairs >= wanted.saturating_sub(20), "{pairs}");
    // What never passes proves nothing.
    assert!(passed * 50 >= projects, "{passed} of {projects}");
}
