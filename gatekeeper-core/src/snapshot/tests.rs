use super::*;
use crate::config::from_toml;
use crate::relate::findings::fingerprint;
use gatekeeper_evidence::coverage::{FileCoverage, Line, Percentages};
use gatekeeper_evidence::findings::{Finding, Place, Severity};
use gatekeeper_evidence::inventory::{Component, License};
use gatekeeper_evidence::test_run::{Case, Counts, Outcome, Suite};
use gatekeeper_evidence::{Coverage, Data, Findings, Inventory, Source, TestRun};
use std::collections::BTreeMap;

fn of(format: &'static str, label: &str, data: Data) -> Evidence {
    let labels =
        if label.is_empty() { BTreeMap::new() } else { BTreeMap::from([("otp".to_owned(), label.to_owned())]) };
    let source = Source { path: format!("{format}-{label}"), format, labels, ..Source::default() };
    Evidence { source, complete: Some(true), notes: Vec::new(), data }
}

fn tests(label: &str, cases: &[(&str, &str, Outcome, Option<f64>)]) -> Evidence {
    let suites = cases.iter().map(|(suite, name, status, time)| Suite {
        cases: vec![Case { name: (*name).into(), status: *status, time: *time, ..Case::default() }],
        ..Suite::named(*suite)
    });
    of("junit", label, Data::Tests(TestRun { suites: suites.collect(), ..TestRun::default() }))
}

fn coverage(files: &[(&str, u32, u32)]) -> Evidence {
    let mut c = Coverage::default();
    for (name, hit, all) in files {
        let lines = (1..=*all).map(|number| Line { number, hits: u32::from(number <= *hit) }).collect();
        c.add(*name, FileCoverage { lines, ..FileCoverage::default() });
    }
    c.note_metrics();
    of("lcov", "", Data::Coverage(c))
}

fn finding(rule: &str, message: &str) -> Finding {
    let place = Some(Place { path: "src/a.py".into(), line: Some(3), column: None });
    Finding { rule: rule.into(), message: message.into(), place, severity: Severity::High, ..Finding::default() }
}

fn findings(items: &[Finding]) -> Evidence {
    let f = Findings { tools: vec!["bandit".into()], items: items.to_vec(), ..Findings::default() };
    of("sarif", "", Data::Findings(f))
}

fn packages(all: &[(&str, &str)]) -> Evidence {
    let component = |(name, licence): &(&str, &str)| Component {
        name: (*name).into(),
        version: Some("1".into()),
        licenses: vec![License::expression(*licence)],
        ..Component::default()
    };
    let i = Inventory { components: all.iter().map(component).collect(), ..Inventory::default() };
    of("cyclonedx-json", "", Data::Inventory(i))
}

fn run(commit: &str, now: i64) -> Run {
    Run {
        engine: "1.2.3".to_owned(),
        commits: vec![commit.to_owned()],
        tree: Some("7ee".to_owned()),
        now: Some(now),
        policy: None,
        status: Overall::Pass,
        complete: true,
    }
}

fn written(evidence: &[Evidence]) -> String {
    let policy = from_toml("[gates.c]\nrule = \"coverage\"\nlines = 80\n").unwrap();
    write::write(&run("c0ffee1", 1_780_272_000), Some(&policy), evidence).unwrap()
}

fn read_again(text: &str) -> Result<Snapshot, String> {
    Snapshot::read(&Formats::default(), "base.snap", text.as_bytes()).map_err(|e| e.to_string())
}

fn all() -> Vec<Evidence> {
    let secret = finding("S1", "found the password hunter2");
    vec![
        tests("27", &[("s", "a", Outcome::Passed, Some(0.25)), ("s", "b", Outcome::Skipped, None)]),
        tests("28", &[("s", "a", Outcome::Failed, Some(0.5)), ("s", "a", Outcome::Failed, Some(0.25))]),
        coverage(&[("src/a.py", 8, 10), ("src/b.py", 1, 3)]),
        findings(&[finding("B1", "x at line 7"), finding("B1", "x at line 9"), secret]),
        packages(&[("left-pad", "MIT"), ("right-pad", "GPL-3.0-only")]),
    ]
}

#[test]
fn what_is_written_is_read_again() {
    let text = written(&all());
    let snapshot = read_again(&text).unwrap();
    assert_eq!(
        (snapshot.commits(), snapshot.tree(), snapshot.taken()),
        (&["c0ffee1".to_owned()][..], Some("7ee"), Some(1_780_272_000))
    );
    assert_eq!((snapshot.engine(), snapshot.status(), snapshot.complete()), ("1.2.3", Overall::Pass, true));
    assert_eq!(snapshot.limits().get("gates").unwrap().to_string(), "{\"c\": {\"lines\": 80, \"rule\": \"coverage\"}}");
    let mut kinds: Vec<String> = Vec::new();
    for e in snapshot.evidence() {
        let label = e.source.labels.get("otp").cloned().unwrap_or_default();
        let said = match &e.data {
            Data::Tests(t) => {
                let times: f64 = t.cases().filter_map(|(_, c)| c.time).sum();
                let c = t.counts();
                format!("{} {} {} {times}", c.passed, c.failed, c.skipped)
            }
            Data::Coverage(c) => format!("{:?}", c.figures().lines.map(|r| (r.covered, r.total)).unwrap()),
            Data::Findings(f) => format!("{} {:?}", f.items.len(), f.tools),
            Data::Inventory(i) => format!("{}", i.components.len()),
            _ => String::new(),
        };
        kinds.push(format!("{} {label}: {said}", e.source.format));
    }
    kinds.sort();
    assert_eq!(
        kinds,
        [
            "cyclonedx-json : 2",
            "junit 27: 1 0 1 0.25",
            "junit 28: 0 2 0 0.75",
            "lcov : (9, 13)",
            "sarif : 3 [\"bandit\"]",
        ]
    );
    let Some(Data::Findings(f)) = snapshot.evidence().iter().map(|e| &e.data).find(|d| matches!(d, Data::Findings(_)))
    else {
        panic!("no findings")
    };
    let print = fingerprint(&finding("B1", "x at line 7"));
    assert_eq!(f.items.iter().filter(|i| i.fingerprint.as_deref() == Some(print.as_str())).count(), 2);
    // What was found is nobody's business who reads the repository.
    assert!(!text.contains("hunter2"));
}

#[test]
fn it_is_the_same_whatever_the_order() {
    let mut turned = all();
    turned.reverse();
    assert_eq!(written(&all()), written(&turned));
    let text = written(&all());
    let body: Vec<&str> = text.lines().filter(|l| l.starts_with("{\"case\"")).collect();
    assert!(body.is_sorted() && body.len() == 3, "{body:?}");
}

#[test]
fn counted_cases_and_percentages_stay() {
    let unlisted = Counts { passed: 5, ..Counts::default() };
    let counted = TestRun { suites: vec![Suite { unlisted, ..Suite::default() }], ..TestRun::default() };
    let mut c = Coverage {
        percent: Some(Percentages { total: "85.3".into(), ..Percentages::default() }),
        ..Coverage::default()
    };
    c.percent.as_mut().unwrap().files.insert("m".into(), "12".into());
    let text = written(&[of("junit", "", Data::Tests(counted)), of("rebar3-cover", "", Data::Coverage(c.clone()))]);
    let snapshot = read_again(&text).unwrap();
    for e in snapshot.evidence() {
        match &e.data {
            Data::Tests(t) => assert_eq!(t.counts().passed, 5),
            Data::Coverage(again) => assert_eq!((&again.percent, again.files.len()), (&c.percent, 0)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_file_that_breaks_off_or_was_edited_is_refused() {
    let text = written(&all());
    // Without its last line break it is whole.
    for cut in 0..text.len() - 1 {
        if let Some(head) = text.get(..cut) {
            assert!(read_again(head).is_err(), "cut at {cut}");
        }
    }
    let lines: Vec<&str> = text.lines().collect();
    for n in 0..lines.len() {
        let without: String =
            lines.iter().enumerate().filter(|(m, _)| *m != n).map(|(_, l)| format!("{l}\n")).collect();
        assert!(read_again(&without).is_err(), "without {}", lines[n]);
        let twice: String =
            lines.iter().enumerate().flat_map(|(m, l)| vec![format!("{l}\n"); 1 + usize::from(m == n)]).collect();
        assert!(read_again(&twice).is_err(), "twice {}", lines[n]);
    }
    for (from, to, said) in [
        ("\"outcome\":\"failed\"", "\"outcome\":\"passed\"", "--fix"),
        ("{\"snapshot\":1", "{\"snapshot\":2", "version 1"),
        ("{\"case\":", "{\"cases\":", "an entry of a snapshot"),
        ("\"end\":\"cases\",\"count\":3", "\"end\":\"cases\",\"count\":2", "2 entries"),
    ] {
        let e = read_again(&text.replace(from, to)).unwrap_err();
        assert!(e.contains(said), "{from}: {e}");
    }
    assert!(read_again("").unwrap_err().contains("a snapshot, whose first line is"));
    assert!(read_again("{}").is_err());
}

#[test]
fn two_sides_of_a_merge_are_taken_together() {
    let taken = |commit: &str, now, status, evidence: &[Evidence]| {
        let policy = |min| from_toml(&format!("[gates.c]\nrule = \"coverage\"\nlines = {min}\n")).unwrap();
        let min = if commit == "aaaaaaa" { 80 } else { 70 };
        let run = Run { status, ..run(commit, now) };
        write::write(&run, Some(&policy(min)), evidence).unwrap()
    };
    let case = |name, status, time| tests("", &[("s", name, status, Some(time))]);
    let ours = [
        case("a", Outcome::Passed, 1.0),
        case("ours", Outcome::Passed, 1.0),
        coverage(&[("f", 8, 10)]),
        findings(&[finding("B1", "x"), finding("B1", "x"), finding("B2", "y")]),
        packages(&[("p", "MIT"), ("q", "MIT")]),
    ];
    let theirs = [
        case("a", Outcome::Passed, 3.0),
        case("theirs", Outcome::Passed, 1.0),
        coverage(&[("f", 9, 10), ("g", 1, 1)]),
        findings(&[finding("B1", "x")]),
        packages(&[("p", "MIT")]),
    ];
    let (a, b) = (taken("aaaaaaa", 2_000, Overall::Pass, &ours), taken("bbbbbbb", 1_000, Overall::Fail, &theirs));
    // As git leaves it, with or without what both were made from.
    let before = taken("0000000", 0, Overall::Pass, &[case("old", Outcome::Passed, 1.0)]);
    for conflict in [
        format!("<<<<<<< HEAD\n{a}=======\n{b}>>>>>>> theirs\n"),
        format!("<<<<<<< HEAD\n{a}||||||| base\n{before}=======\n{b}>>>>>>> theirs\n"),
    ] {
        let fixed = fix("base.snap", conflict.as_bytes()).unwrap();
        let snapshot = read_again(&fixed).unwrap();
        assert_eq!(snapshot.commits(), ["aaaaaaa", "bbbbbbb"]);
        assert_eq!((snapshot.taken(), snapshot.status(), snapshot.tree()), (Some(1_000), Overall::Fail, None));
        assert!(snapshot.limits().get("gates").unwrap().to_string().contains("\"lines\": 80"));
        let names = |e: &Evidence| match &e.data {
            Data::Tests(t) => t.cases().map(|(_, c)| format!("{} {:?}", c.name, c.time)).collect(),
            Data::Coverage(c) => vec![format!("{:?}", c.figures().lines.map(|r| (r.covered, r.total)).unwrap())],
            Data::Findings(f) => f.items.iter().map(|i| i.rule.to_string()).collect(),
            Data::Inventory(i) => i.components.iter().map(|c| c.name.to_string()).collect(),
            _ => Vec::new(),
        };
        let mut said: Vec<String> = snapshot.evidence().iter().flat_map(names).collect();
        said.sort();
        // Of findings and packages only what both sides have; of the rest what is stricter.
        assert_eq!(said, ["(10, 11)", "B1", "a Some(1.0)", "ours Some(1.0)", "p", "theirs Some(1.0)"]);
        assert_eq!(fix("base.snap", fixed.as_bytes()).unwrap(), fixed, "what is whole stays");
    }
    // A union, as `merge=union` leaves it.
    let union = fix("base.snap", format!("{a}{b}").as_bytes()).unwrap();
    assert!(read_again(&union).is_ok());
    for (broken, said) in [
        (format!("<<<<<<< HEAD\n{a}"), "the end of the conflict"),
        (format!("{a}nonsense\n"), "an entry of a snapshot"),
        ("<<<<<<< HEAD\n".to_owned(), "a snapshot, whose first line"),
    ] {
        let e = fix("base.snap", broken.as_bytes()).unwrap_err().to_string();
        assert!(e.contains(said), "{e}");
    }
}
