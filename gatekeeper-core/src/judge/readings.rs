//! The worst of a document's readings: what states figures beside the items that it lists, and disagrees with itself, is judged by each of the
//! two, and the worse status holds.
//!
//! Cases that are counted and not listed have no outcome: however good the rest is, such a document proves nothing, unless it fails by every
//! reading. Skipped ones that are only counted are skipped. A failure that a waiver excuses makes no contradiction: only what the document says
//! of itself is held against itself.

use crate::config::Selector;
use crate::rule::Judgement;
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::findings::{Category, Findings};
use gatekeeper_evidence::{Data, Evidence};
use std::borrow::Cow;

/// What judging by each reading came to.
pub(super) struct Read {
    pub judgement: Judgement,
    /// Whether a failure of it is not certain, as another reading does not fail.
    pub unsure: bool,
}

/// By which of a document's two readings it is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// The items that it lists.
    List,
    /// The figures that it states.
    Totals,
}

/// Judges by the list, and once more by the totals where these are worse.
pub(super) fn worst_of(evidence: &[&Evidence], mut answer: impl FnMut(&[&Evidence], Reading) -> Judgement) -> Read {
    let listed: Vec<Cow<'_, Evidence>> = evidence.iter().map(|e| by_list(e)).collect();
    let mut judgement = answer(&listed.iter().map(AsRef::as_ref).collect::<Vec<_>>(), Reading::List);
    let totals: Vec<Option<Evidence>> = listed.iter().map(|e| by_totals(e)).collect();
    let worse: Vec<&Evidence> =
        listed.iter().zip(&totals).filter(|(_, t)| t.is_some()).map(|(l, _)| l.as_ref()).collect();
    if worse.is_empty() {
        return Read { judgement, unsure: false };
    }
    let other: Vec<&Evidence> = listed.iter().zip(&totals).map(|(l, t)| t.as_ref().unwrap_or(l)).collect();
    let (by_list, by_totals) = (judgement.status(), answer(&other, Reading::Totals).status());
    let mut unsure = by_list == GateStatus::Fail && by_totals != GateStatus::Fail;
    let untold: Vec<&Evidence> = worse.iter().copied().filter(|e| unlisted(e) > 0).collect();
    if !untold.is_empty() && (by_list, by_totals) != (GateStatus::Fail, GateStatus::Fail) {
        unsure = true;
        for e in untold {
            let n = unlisted(e);
            let (s, verb) = if n == 1 { ("", "has") } else { ("s", "have") };
            let message = format!("it {}: {n} case{s} {verb} no outcome", disagreement(e));
            judgement.violations.push(
                Violation::new("cases-unlisted", GateStatus::Error, message)
                    .from_source(&e.source.path)
                    .with_help("keep the whole report, with every case in it"),
            );
        }
    } else if by_list != by_totals {
        let status = match by_list.max(by_totals) {
            GateStatus::Warn => GateStatus::Warn,
            _ => GateStatus::Error,
        };
        let said: Vec<String> = worse.iter().map(|e| disagreement(e)).collect();
        let message = format!(
            "it contradicts itself ({}): by its list this gate is `{}`, by its totals `{}`",
            said.join("; "),
            by_list.as_str(),
            by_totals.as_str()
        );
        let first = worse.first().map_or("", |e| e.source.path.as_str());
        judgement.violations.push(Violation::new("contradicts-itself", status, message).from_source(first));
    } else {
        const NAMED: usize = 3;
        let said: Vec<String> =
            worse.iter().take(NAMED).map(|e| format!("{}: {}", e.source.path, disagreement(e))).collect();
        let more = worse.len().checked_sub(NAMED).filter(|n| *n > 0);
        let more = more.map(|n| format!("; and {n} more reports")).unwrap_or_default();
        judgement.notes.push(format!(
            "a report contradicts itself, and this gate is `{}` by its list as by its totals ({}{more})",
            by_list.as_str(),
            said.join("; ")
        ));
    }
    Read { judgement, unsure }
}

/// What documents say of their own reach: that nothing was looked at, or not all of it.
pub(super) fn of_themselves(evidence: &[&Evidence], select: &Selector) -> Vec<Violation> {
    let mut out = Vec::new();
    for e in evidence {
        match &e.data {
            Data::Findings(f) => {
                out.extend(who_looked(e, f));
                let speaks = |c: &[Category]| {
                    c.is_empty() || select.categories.is_empty() || c.iter().any(|c| select.categories.contains(c))
                };
                let counts = |c: Category| select.categories.is_empty() || select.categories.contains(&c);
                for gap in f.gaps.iter().filter(|g| speaks(&g.of) && !g.found_as.is_some_and(counts)) {
                    let (code, status) = if gap.whole {
                        ("nothing-looked-at", GateStatus::Error)
                    } else {
                        ("left-out", GateStatus::Warn)
                    };
                    out.push(Violation::new(code, status, gap.words.clone()).from_source(&e.source.path));
                }
            }
            Data::Inventory(i) => {
                let say = |words: &String| {
                    Violation::new("left-out", GateStatus::Warn, words.clone()).from_source(&e.source.path)
                };
                out.extend(i.left_out.iter().map(say));
            }
            Data::Coverage(c) => {
                if !c.not_counted.is_empty() {
                    out.push(not_counted(e, &c.not_counted));
                }
                // Totals of nothing are no measurement.
                if c.files.is_empty() && c.percent.as_ref().is_none_or(|p| p.files.is_empty()) {
                    let message = "it names no file, so nothing says what was measured";
                    out.push(Violation::new("coverage-empty", GateStatus::Error, message).from_source(&e.source.path));
                }
            }
            _ => {}
        }
    }
    out
}

/// Whether anybody looked at all, and whether all that was found is there: a scanner that saw nothing finds nothing.
fn who_looked(e: &Evidence, f: &Findings) -> Vec<Violation> {
    let say = |code, status, words: &str| Violation::new(code, status, words).from_source(&e.source.path);
    let mut out = Vec::new();
    if f.runs == Some(0) {
        out.push(say("no-run", GateStatus::Error, "it describes no run of any tool, so nothing was looked at"));
    } else if f.items.is_empty() && f.tools.is_empty() && e.source.tool.is_none() {
        let words = "it names no tool and no finding, so nothing says that anybody looked";
        out.push(say("nobody-looked", GateStatus::Error, words));
    }
    if e.complete.is_none() {
        let words = match f.items.is_empty() {
            true => "nothing was found, but this log would look the same if its tool had been killed",
            false => "nothing marks the end of this log, so more may have been found than it shows",
        };
        out.push(say("completeness-unknown", GateStatus::Warn, words).with_help(
            "keep its exit status too: gatekeeper record --tool NAME -- COMMAND, or exit-status in the policy",
        ));
    }
    out
}

/// Modules that a tool left out of its figures.
fn not_counted(e: &Evidence, modules: &[String]) -> Violation {
    const NAMED: usize = 5;
    let (n, some) = (modules.len(), modules.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>());
    let more = if n > NAMED { ", …" } else { "" };
    let (s, are) = if n == 1 { ("", "is") } else { ("s", "are") };
    let message = format!("{n} module{s} {are} left out of its figures: {}{more}", some.join(", "));
    Violation::new("coverage-not-counted", GateStatus::Warn, message).from_source(&e.source.path)
}

/// Evidence as it lists things, with the skipped cases that it only counts.
fn by_list(e: &Evidence) -> Cow<'_, Evidence> {
    let whole = match &e.data {
        Data::Tests(t) => t.with_counted_skips().map(Data::Tests),
        _ => None,
    };
    match whole {
        Some(data) => Cow::Owned(with(e, data)),
        None => Cow::Borrowed(e),
    }
}

/// Evidence as its totals tell it, where these are worse than its list.
fn by_totals(e: &Evidence) -> Option<Evidence> {
    let data = match &e.data {
        Data::Tests(t) => Data::Tests(t.by_totals()?),
        Data::Coverage(c) => Data::Coverage(c.by_totals()?),
        Data::Findings(f) => Data::Findings(f.by_totals()?),
        _ => return None,
    };
    Some(with(e, data))
}

fn with(e: &Evidence, data: Data) -> Evidence {
    Evidence { source: e.source.clone(), complete: e.complete, notes: e.notes.clone(), data }
}

/// Cases that are counted and not listed.
fn unlisted(e: &Evidence) -> u64 {
    match &e.data {
        Data::Tests(t) => t.beyond.as_ref().map_or(0, |b| b.unlisted),
        _ => 0,
    }
}

/// Both numbers, in words.
fn disagreement(e: &Evidence) -> String {
    match &e.data {
        Data::Tests(t) => t.beyond.as_ref().map(|b| b.words.clone()),
        Data::Coverage(c) => c.disagreement(),
        Data::Findings(f) => f.counted.as_ref().map(|c| c.words.clone()),
        _ => None,
    }
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use GateStatus::{Error, Warn};
    use gatekeeper_evidence::findings::Finding;
    use gatekeeper_evidence::{Coverage, Source};

    fn evidence(data: Data) -> Evidence {
        let source = Source { path: "x.sarif".to_owned(), format: "f", ..Source::default() };
        Evidence { source, complete: Some(true), notes: Vec::new(), data }
    }

    fn said(e: &Evidence) -> Vec<(String, GateStatus)> {
        let all = of_themselves(&[e], &Selector::default());
        assert!(all.iter().all(|v| v.source.as_deref() == Some("x.sarif")), "{all:?}");
        all.into_iter().map(|v| (v.code.into_owned(), v.status)).collect()
    }

    fn set(found: usize) -> Findings {
        Findings { tools: vec!["t".to_owned()], items: vec![Finding::default(); found], ..Findings::default() }
    }

    #[test]
    fn who_did_not_look_has_found_nothing() {
        let of = |f: Findings| said(&evidence(Data::Findings(f)));
        let no_run = [("no-run".to_owned(), Error)];
        assert_eq!(of(Findings { runs: Some(0), ..set(0) }), no_run);
        assert_eq!(of(Findings { runs: Some(0), ..Findings::default() }), no_run, "it is told once");
        assert_eq!(of(Findings { runs: Some(1), ..set(0) }), []);
        assert_eq!(of(Findings::default()), [("nobody-looked".to_owned(), Error)]);
        // A tool, by its own name or by the file's, or a finding: somebody looked.
        let mut known = evidence(Data::Findings(Findings::default()));
        known.source.tool = Some("xref".to_owned());
        assert_eq!(said(&known), []);
        assert_eq!(of(set(0)), []);
        assert_eq!(of(Findings { tools: Vec::new(), ..set(1) }), []);
    }

    #[test]
    fn a_log_without_an_end_mark_is_warned_of() {
        let words = |found: usize, complete: Option<bool>| {
            let e = Evidence { complete, ..evidence(Data::Findings(set(found))) };
            let all = of_themselves(&[&e], &Selector::default());
            all.into_iter().map(|v| (v.code.into_owned(), v.status, v.message)).collect::<Vec<_>>()
        };
        let unknown = |words: &str| [("completeness-unknown".to_owned(), Warn, words.to_owned())];
        assert_eq!(
            words(0, None),
            unknown("nothing was found, but this log would look the same if its tool had been killed")
        );
        assert_eq!(
            words(1, None),
            unknown("nothing marks the end of this log, so more may have been found than it shows")
        );
        assert_eq!((words(0, Some(true)), words(1, Some(true))), (vec![], vec![]));
    }

    #[test]
    fn modules_that_the_tool_left_out_are_told() {
        let of = |n: usize| {
            let mut c = Coverage { not_counted: (1..=n).map(|n| format!("m{n}")).collect(), ..Coverage::default() };
            c.files.insert("a".into(), Default::default());
            let e = evidence(Data::Coverage(c));
            of_themselves(&[&e], &Selector::default()).into_iter().map(|v| (v.status, v.message)).collect::<Vec<_>>()
        };
        let warn = |words: &str| vec![(Warn, words.to_owned())];
        assert_eq!(of(0), []);
        assert_eq!(of(1), warn("1 module is left out of its figures: m1"));
        assert_eq!(of(5), warn("5 modules are left out of its figures: m1, m2, m3, m4, m5"));
        assert_eq!(of(6), warn("6 modules are left out of its figures: m1, m2, m3, m4, m5, …"));
        // That it left some out does not hide that it names no file at all.
        let none = Coverage { not_counted: vec!["m".to_owned()], ..Coverage::default() };
        let both = [("coverage-not-counted".to_owned(), Warn), ("coverage-empty".to_owned(), Error)];
        assert_eq!(said(&evidence(Data::Coverage(none))), both);
    }

    /// The status of a gate on a report, the codes of what falls short, and its reason.
    fn judged(gate: &str, name: &str, report: &str) -> (GateStatus, Vec<String>, String) {
        let text = format!("version = 1\n[[evidence]]\npaths = [\"*\"]\n[gates.g]\n{gate}");
        let engine = crate::Engine::default();
        let policy = engine.parse_policy("p.toml", text.as_bytes(), None).unwrap();
        let all = vec![crate::Candidate::in_memory(name.to_owned(), report.as_bytes().to_vec())];
        let gate = engine.evaluate(&policy, all, &crate::Context::at(1_780_272_000)).gates.remove(0);
        (gate.status, gate.violations.iter().map(|v| v.code.to_string()).collect(), gate.reason)
    }

    #[test]
    fn a_report_that_contradicts_itself_is_judged_by_both_of_its_readings() {
        use GateStatus::{Fail, Pass};
        let of = |gate: &str, stated: &str, cases: &str| {
            judged(gate, "r.xml", &format!("<testsuite name=\"s\" {stated}>{cases}</testsuite>"))
        };
        let (passed, failed) = ("<testcase name=\"a\"/>", "<testcase name=\"b\"><failure message=\"no\"/></testcase>");
        let tests = |most: u8| format!("rule = \"tests\"\nmax-failed = {most}\n");
        let two = passed.to_owned() + "<testcase name=\"b\"/>";
        assert_eq!(of(&tests(0), "tests=\"2\" failures=\"0\"", &two).0, Pass);
        let (status, codes, _) = of(&tests(0), "tests=\"2\" failures=\"1\"", &two);
        assert_eq!((status, codes), (Error, vec!["contradicts-itself".to_owned()]));
        // Where both readings come to the same, that is said and nothing more.
        let (status, codes, reason) = of(&tests(1), "tests=\"2\" failures=\"1\"", &two);
        assert!(
            (status, codes.len()) == (Pass, 0) && reason.contains("is `pass` by its list as by its totals"),
            "{reason}"
        );
        let both = passed.to_owned() + failed;
        let (status, _, reason) = of(&tests(0), "tests=\"2\" failures=\"2\"", &both);
        assert!(status == Fail && reason.contains("is `fail` by its list as by its totals"), "{reason}");
        // What is counted and not listed has no outcome.
        let (status, codes, reason) = of(&tests(0), "tests=\"3\" failures=\"0\"", &two);
        assert!(
            (status, codes) == (Error, vec!["cases-unlisted".to_owned()]) && reason.contains("1 case has no outcome"),
            "{reason}"
        );
        // A warning beside a pass is one.
        let warns = "rule = \"tests\"\nmax-failed = 0\naction = \"warn\"\n";
        assert_ne!(of(warns, "tests=\"2\" failures=\"1\"", &two).0, Pass);
    }

    #[test]
    fn limits_of_parts_hear_of_what_the_whole_states_to_be_missing() {
        let engine = crate::Engine::default();
        let status = |gate: &str, covered: u8| {
            let lines: String = (1..=10).map(|n| format!("<line number=\"{n}\" hits=\"1\"/>")).collect();
            let report = format!(
                "<?xml version=\"1.0\"?>\n<coverage version=\"7\" lines-covered=\"{covered}\" lines-valid=\"10\"><packages><package name=\"p\"><classes><class name=\"a\" filename=\"a.py\"><methods/><lines>{lines}</lines></class></classes></package></packages></coverage>"
            );
            let text = format!("version = 1\n[gates.c]\nrule = \"coverage\"\n{gate}");
            let policy = engine.parse_policy("p.toml", text.as_bytes(), None).unwrap();
            let mut context = crate::Context::at(1_780_272_000);
            let diff = b"--- a/a.py\n+++ b/a.py\n@@ -1,0 +2,2 @@\n+x = 1\n+y = 2\n";
            context.diff = Some(std::sync::Arc::new(crate::Change::read("d", diff.to_vec(), None).unwrap()));
            let report = crate::Candidate::in_memory("coverage.xml", report.into_bytes());
            engine.evaluate(&policy, vec![report], &context).gates.remove(0).status
        };
        for gate in ["files = { lines = 80 }", "modules = { lines = 80 }", "patch = { lines = 80 }"] {
            assert_eq!((status(gate, 10), status(gate, 5)), (GateStatus::Pass, Error), "{gate}");
        }
        assert_eq!(status("files = { lines = 80 }", 8), GateStatus::Pass, "enough by either");
    }

    #[test]
    fn coverage_and_findings_have_two_readings_too() {
        let lcov = |hit: u8| format!("TN:\nSF:a.c\nDA:1,1\nLF:10\nLH:{hit}\nend_of_record\n");
        let coverage = |hit: u8| judged("rule = \"coverage\"\nlines = 80\n", "lcov.info", &lcov(hit));
        assert_eq!((coverage(2).0, coverage(9).0), (Error, GateStatus::Pass));
        assert_eq!(coverage(2).1, ["contradicts-itself"]);
        let npm = |critical: u8| {
            format!(
                r#"{{"auditReportVersion": 2, "vulnerabilities": {{}}, "metadata": {{"vulnerabilities": {{"info": 0, "low": 0, "moderate": 0, "high": 0,
                "critical": {critical}, "total": {critical}}}, "dependencies": {{"prod": 5, "dev": 0, "optional": 0, "peer": 0, "peerOptional": 0, "total": 5}}}}}}"#
            )
        };
        let findings = |n: u8| judged("rule = \"findings\"\nmax = { critical = 0 }\n", "npm-audit.json", &npm(n));
        assert_eq!(findings(0).0, GateStatus::Pass);
        let (status, codes, reason) = findings(3);
        assert!(
            status == Error && codes.contains(&"contradicts-itself".to_owned()) && reason.contains('3'),
            "{reason} {codes:?}"
        );
    }
}
