use super::*;
use crate::policy::{Known, parse};
use crate::rule::Rules;
use gatekeeper_evidence::Measurements;
use gatekeeper_evidence::Source;
use gatekeeper_evidence::coverage::{FileCoverage, Line, Metrics};
use gatekeeper_evidence::findings::{Finding, Findings};
use gatekeeper_evidence::inventory::{Component, Inventory};
use gatekeeper_evidence::measurements::{Figure, Samples, Series};
use gatekeeper_evidence::test_run::{Case, Outcome, Suite, TestRun};

fn policy(entries: &str) -> Result<Policy, Vec<String>> {
    let text = format!(
        "version = 1\n{entries}\n[gates.tests]\n[gates.coverage]\nlines = 80\n[gates.perf]\nrule = \"tests\"\nevidence = [\"e2e\"]\n"
    );
    let text = if entries.contains("\"e2e\"") { text } else { text.replace("evidence = [\"e2e\"]\n", "") };
    let (formats, rules) = (Formats::default(), Rules::default());
    parse("p.toml", text.as_bytes(), None, Known { formats: &formats, rules: &rules })
        .map_err(|e| e.problems.iter().map(|p| p.message.clone()).collect())
}

fn evidence(path: &str, data: Data) -> Evidence {
    let source = Source { path: path.to_owned(), format: "junit", ..Source::default() };
    Evidence { source, complete: Some(true), notes: Vec::new(), data }
}

fn results(path: &str, passed: usize, skipped: usize) -> Evidence {
    let case = |status| Case { status, ..Case::default() };
    let cases = (0..passed).map(|_| case(Outcome::Passed)).chain((0..skipped).map(|_| case(Outcome::Skipped)));
    let suites = vec![Suite { cases: cases.collect(), ..Suite::default() }];
    evidence(path, Data::Tests(TestRun { suites, ..TestRun::default() }))
}

fn covered(path: &str, files: &[(&str, u32)]) -> Evidence {
    let file = |lines: u32| FileCoverage {
        lines: (1..=lines).map(|number| Line { number, hits: 1 }).collect(),
        ..FileCoverage::default()
    };
    let files = files.iter().map(|(name, lines)| ((*name).into(), file(*lines))).collect();
    let metrics = Metrics { lines: true, ..Metrics::default() };
    evidence(path, Data::Coverage(Coverage { files, metrics, ..Coverage::default() }))
}

/// What is told of evidence by one entry's floors: the words and the kind that is concerned.
fn below(floors: &str, all: &[Evidence]) -> Vec<(String, Option<Kind>)> {
    let policy = policy(&format!("[[evidence]]\npaths = [\"a/**\"]\n{floors}")).unwrap();
    let entries = all.iter().map(|e| (e.source.path.clone(), 0)).collect();
    let mut unread = Vec::new();
    hold(&policy, &entries, all, &mut unread);
    unread.into_iter().map(|u| (u.error.words(), u.kind)).collect()
}

#[test]
fn each_floor_holds_at_its_number_and_not_below() {
    let tests = [results("a/1", 12, 5)];
    let coverage = [covered("a/1", &[("x", 10), ("y", 5)]), covered("a/2", &[("x", 12)])];
    let inventory = |path: &str, names: &[&str]| {
        let component = |n: &&str| Component { name: (*n).into(), ..Component::default() };
        let components = names.iter().map(component).collect();
        evidence(path, Data::Inventory(Inventory { components, ..Inventory::default() }))
    };
    let packages = [inventory("a/1", &["p", "q"]), inventory("a/2", &["q", "r"])];
    let series = |metric: &str, n: usize| {
        let mut samples = Samples::default();
        (0..n).for_each(|_| samples.push(Figure::of(1.0).unwrap()));
        Series { metric: metric.to_owned(), samples, ..Series::default() }
    };
    let measured = Measurements { series: vec![series("m", 3), series("n", 2)], ..Measurements::default() };
    let measured = [evidence("a/b", Data::Measurements(measured))];
    for (key, all, there, kind) in [
        ("min-files", &coverage[..], 2, Kind::Coverage),
        ("min-cases", &tests[..], 12, Kind::Tests),
        ("min-lines", &coverage[..], 17, Kind::Coverage),
        ("min-sources", &coverage[..], 2, Kind::Coverage),
        ("min-packages", &packages[..], 3, Kind::Inventory),
        ("min-samples", &measured[..], 5, Kind::Measurements),
        ("min-series", &measured[..], 2, Kind::Measurements),
    ] {
        assert_eq!(below(&format!("{key} = {there}"), all), [], "{key}");
        let told = below(&format!("{key} = {}", there + 1), all);
        assert_eq!(told.len(), 1, "{key}");
        let words = &told[0].0;
        assert!(
            words.contains(&format!("{there} "))
                && words.contains(&format!("at least {} expected (`{key}`)", there + 1)),
            "{words}"
        );
        assert_eq!(told[0].1, Some(kind), "{key}");
    }
    assert_eq!(below("min-cases = 1", &coverage)[0].0, "0 cases that ran, at least 1 expected (`min-cases`)");
    assert_eq!(below("min-files = 2", &tests)[0].0, "1 file, at least 2 expected (`min-files`)");
    assert_eq!(below("min-files = 3", &[&tests[..], &coverage[..1]].concat()).len(), 2, "both kinds are concerned");
    assert_eq!(below("min-files = 3", &[]), [], "that there is none is told by its pattern");
}

#[test]
fn a_floor_of_nothing_is_no_floor() {
    let told = policy("[[evidence]]\npaths = [\"a\"]\nmin-cases = 0").unwrap_err();
    assert!(told.len() == 1 && told[0].contains("always reached"), "{told:?}");
}

fn nowhere(file: &str) -> Unread {
    Unread {
        error: ParseError::new(ErrorCode::Io, "no file").finish(file, "", None),
        file: file.to_owned(),
        kind: None,
        format: None,
        tool: None,
        name: None,
        labels: BTreeMap::new(),
        of_run: false,
    }
}

#[test]
fn a_pattern_that_brought_nothing_concerns_what_its_entry_brings() {
    let policy = policy("[[evidence]]\npaths = [\"a/*\", \"b/*\"]\n[[evidence]]\npaths = [\"c/*\"]").unwrap();
    let of = |file: &str, all: &[Evidence]| {
        let entries = all.iter().map(|e| (e.source.path.clone(), 0)).collect();
        let mut unread = vec![nowhere(file)];
        hold(&policy, &entries, all, &mut unread);
        unread.into_iter().map(|u| u.kind).collect::<Vec<_>>()
    };
    let tests = results("a/1", 1, 0);
    assert_eq!(of("b/*", std::slice::from_ref(&tests)), [Some(Kind::Tests)]);
    assert_eq!(of("b/*", &[tests.clone(), covered("a/2", &[("x", 1)])]), [Some(Kind::Coverage), Some(Kind::Tests)]);
    assert_eq!(of("c/*", std::slice::from_ref(&tests)), [None]);
    assert_eq!(of("b/*", &[]), [None]);
    // A file of which nobody knows what it was to be is no pattern that brought nothing; what is known of one stays.
    assert_eq!(of("a/other", std::slice::from_ref(&tests)), [None]);
    let known = Unread { kind: Some(Kind::Coverage), ..nowhere("b/*") };
    let mut unread = vec![known];
    hold(&policy, &BTreeMap::from([("a/1".to_owned(), 0)]), &[tests], &mut unread);
    assert_eq!(unread.into_iter().map(|u| u.kind).collect::<Vec<_>>(), [Some(Kind::Coverage)]);
}

#[test]
fn what_cannot_be_read_is_not_enough_of_its_own_entry() {
    let policy = policy("[[evidence]]\npaths = [\"a/*\"]\nmin-cases = 1\n[[evidence]]\npaths = [\"c/*\"]").unwrap();
    let of = |entry: usize| {
        let mut unread = vec![Unread { kind: Some(Kind::Tests), ..nowhere("a/1") }];
        hold(&policy, &BTreeMap::from([("a/1".to_owned(), entry)]), &[], &mut unread);
        unread.into_iter().map(|u| (u.error.code(), u.kind)).collect::<Vec<_>>()
    };
    let broken = (ErrorCode::Io, Some(Kind::Tests));
    assert_eq!(of(0), [(ErrorCode::BelowFloor, Some(Kind::Tests)), broken]);
    assert_eq!(of(1), [broken]);
}

const OPTIONAL: &str = "[[evidence]]\nname = \"e2e\"\npaths = [\"e/*.trx\", \"f/*.trx\"]\nrequired = false\n";

fn absent_of(policy: &Policy, files: &[&str]) -> Vec<Absent> {
    let ignored: Vec<String> = files.iter().map(|f| (*f).to_owned()).collect();
    absent(policy, &[], &[], &ignored)
}

#[test]
fn what_may_be_absent_and_is_is_told() {
    let policy = policy(OPTIONAL).unwrap();
    let of = |files: &[&str]| told(&policy, &absent_of(&policy, files));
    assert_eq!(of(&[]), ["e2e: e/*.trx, f/*.trx match no file, which the policy allows (`required = false`)"]);
    assert_eq!(of(&["e/1.trx"]), ["e2e: f/*.trx matches no file, which the policy allows (`required = false`)"]);
    assert!(of(&["e/1.trx", "f/1.trx"]).is_empty());
    let all = [results("e/1.trx", 1, 0)];
    assert_eq!(absent(&policy, &all, &[nowhere("f/2.trx")], &[]), []);
    let demanded = self::policy(&OPTIONAL.replace("required = false", "required = true")).unwrap();
    assert_eq!(absent_of(&demanded, &[]), []);
}

#[test]
fn a_gate_is_left_out_only_where_nothing_else_could_have_brought_what_it_lacks() {
    let of = |entries: &str, gate: usize, files: &[&str]| {
        let policy = policy(entries).unwrap();
        let absent = absent_of(&policy, files);
        optional(&policy.gates[gate], &policy, &absent, &Formats::default())
    };
    assert_eq!(of(OPTIONAL, 0, &[]).as_deref(), Some("e2e is absent, which the policy allows"));
    assert_eq!(of(OPTIONAL, 0, &["e/1.trx"]), None, "a part of it is there, and brought no results");
    let one = "[[evidence]]\nname = \"e2e\"\npaths = [\"e/*.trx\"]\nrequired = false\n";
    assert_eq!(of(one, 0, &[]).as_deref(), Some("e2e is absent, which the policy allows"));
    assert_eq!(of(OPTIONAL, 1, &[]), None, "results are no coverage");
    let beside = |more: &str| format!("{OPTIONAL}{more}");
    // What is demanded could have brought results, unless its format or extension says that it could not.
    assert_eq!(of(&beside("[[evidence]]\npaths = [\"a/**\"]"), 0, &[]), None);
    assert_eq!(of(&beside("[[evidence]]\npaths = [\"a/*.xml\"]"), 0, &[]), None);
    assert!(of(&beside("[[evidence]]\npaths = [\"a/*.sarif\"]"), 0, &[]).is_some());
    assert!(of(&beside("[[evidence]]\npaths = [\"a/*\"]\nformat = \"lcov\""), 0, &[]).is_some());
    assert_eq!(of(&beside("[[evidence]]\npaths = [\"a/*\"]\nformat = \"junit\""), 0, &[]), None);
    assert!(of(&beside("[[evidence]]\npackages = [\"node_modules\"]"), 0, &[]).is_some());
    // A gate that takes some formats lacks nothing of others.
    let of_format = |format: &str| {
        let mut policy = policy(one).unwrap();
        policy.gates[0].select.formats = vec![format.to_owned()];
        optional(&policy.gates[0], &policy, &absent_of(&policy, &[]), &Formats::default()).is_some()
    };
    assert!(of_format("trx") && !of_format("junit"));
    // A gate that names its evidence means no other.
    assert!(of(&beside("[[evidence]]\npaths = [\"a/**\"]"), 2, &[]).is_some());
}

#[test]
fn copies_and_attempts_count_once() {
    let of = |path: &str, names: &[&str], sha: &str, labels: &[(&str, &str)]| {
        let case = |n: &&str| Case { name: (*n).into(), status: Outcome::Passed, ..Case::default() };
        let suites = vec![Suite { cases: names.iter().map(case).collect(), ..Suite::default() }];
        let mut e = evidence(path, Data::Tests(TestRun { suites, ..TestRun::default() }));
        e.source.sha256 = sha.to_owned();
        e.source.size = 1;
        e.source.labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        e
    };
    let holds = |floors: &str, all: &[Evidence]| below(floors, all).is_empty();
    let copies = [of("a/1", &["x", "y"], "d1", &[]), of("a/2", &["x", "y"], "d1", &[])];
    assert!(holds("min-files = 1", &copies) && !holds("min-files = 2", &copies));
    assert!(holds("min-cases = 2", &copies) && !holds("min-cases = 3", &copies));
    // Clean reports are equal by nature: each counts. Findings that are the same are those of a copy.
    let clean = |path: &str, findings: usize| {
        let mut e = evidence(
            path,
            Data::Findings(Findings { items: vec![Finding::default(); findings], ..Findings::default() }),
        );
        e.source.sha256 = "d3".to_owned();
        e.source.size = 2;
        e
    };
    // Of what has no bytes nobody can say that it is the same.
    for (sha256, size) in [("", 2), ("d4", 0), ("", 0)] {
        let mut alike = [clean("a/1", 1), clean("a/2", 1)];
        alike.iter_mut().for_each(|e| (e.source.sha256, e.source.size) = (sha256.to_owned(), size));
        assert!(holds("min-files = 2", &alike), "{sha256:?} {size}");
    }
    for (findings, counted) in [(0, true), (1, false)] {
        let equal = [clean("a/1", findings), clean("a/2", findings)];
        assert_eq!(holds("min-files = 2", &equal), counted, "{findings}");
    }
    let cells = [of("a/1", &["x", "y"], "d1", &[("os", "a")]), of("a/2", &["x", "y"], "d1", &[("os", "b")])];
    assert!(holds("min-files = 2\nmin-cases = 4", &cells) && !holds("min-cases = 5", &cells));
    // What failed is run again; a name that stands twice in one attempt is two cases.
    let attempts = [
        of("a/1", &["x", "y", "y", "z"], "d1", &[("attempt", "1"), ("os", "a")]),
        of("a/2", &["z", "new"], "d2", &[("attempt", "2"), ("os", "a")]),
        of("a/3", &["x"], "d3", &[("attempt", "1"), ("os", "b")]),
    ];
    assert!(holds("min-cases = 6", &attempts) && !holds("min-cases = 7", &attempts));
}
