use super::*;
use crate::project::ProjectFiles;
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::checksums::Algorithm;
use gatekeeper_evidence::coverage::{Branch, Line, LineBranches, Percentages};
use gatekeeper_evidence::findings::{Category, Finding, Findings, Package, Place, Severity, Suppression};
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_evidence::inventory::{Component, Inventory, License, LicenseForm};
use gatekeeper_evidence::measurements::{Better, Figure, Measurements, Samples, Statistic};
use gatekeeper_evidence::number::Number;
use gatekeeper_evidence::test_run::{Case, Detail, Outcome, Suite, TestRun};
use gatekeeper_evidence::{Ratio, Source};

#[derive(Debug)]
struct Disk;

impl ProjectFiles for Disk {
    fn read(&self, _: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(Some((1..=40).map(|n| format!("line {n}\n")).collect::<String>().into_bytes()))
    }

    fn sums(&self, _: &str, _: &[Algorithm]) -> Result<Option<Vec<String>>, String> {
        Ok(None)
    }

    fn matching(&self, _: &[&Pattern]) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }
}

/// No baseline.
static NONE: std::sync::LazyLock<Baseline<'static>> =
    std::sync::LazyLock::new(|| Baseline::NotNeeded("this is a test".to_owned()));
/// No earlier verdicts.
static NO_HISTORY: std::sync::LazyLock<History> = std::sync::LazyLock::new(History::default);

fn beside<'b>(tree: Option<&'b Tree>, files: Option<&'b dyn ProjectFiles>) -> Beside<'b> {
    Beside { tree, files, policy: None, gates: &[], baseline: &NONE, history: &NO_HISTORY, now: None }
}

fn evidence(path: &str, data: Data) -> Evidence {
    let source = Source { path: path.to_owned(), format: "f", ..Source::default() };
    Evidence { source, complete: Some(true), notes: Vec::new(), data }
}

fn covered(path: &str, file: &str, hits: &[(u32, u32)]) -> Evidence {
    let lines = hits.iter().map(|(number, hits)| Line { number: *number, hits: *hits }).collect();
    let mut c = Coverage::default();
    c.add(file, FileCoverage { lines, ..FileCoverage::default() });
    c.note_metrics();
    evidence(path, Data::Coverage(c))
}

#[test]
fn stretches_span_what_is_not_executable_and_end_at_what_ran() {
    let file = |hits: &[(u32, u32)]| FileCoverage {
        lines: hits.iter().map(|(number, hits)| Line { number: *number, hits: *hits }).collect(),
        ..FileCoverage::default()
    };
    assert_eq!(uncovered(&file(&[(3, 0), (5, 0), (6, 1), (9, 0)])), [(3, 5), (9, 9)]);
    assert_eq!(uncovered(&file(&[(1, 2), (2, 1)])), []);
    let mut with_arms = file(&[(1, 1), (2, 0), (3, 1)]);
    let arms = |line, covered| LineBranches { line, covered, total: 2 };
    with_arms.line_branches = vec![arms(1, 1), arms(2, 0), arms(3, 2)];
    assert_eq!(partial(&with_arms), [1]);
    let mut with_branches = file(&[(4, 1), (5, 1), (6, 0)]);
    let branch = |line, hits| Branch { line, block: 0, arm: 0, hits };
    with_branches.branches = vec![branch(4, 3), branch(5, 0), branch(6, 0)];
    assert_eq!(partial(&with_branches), [5]);
}

#[test]
fn a_percentage_that_is_only_printed_is_shown_beside_the_files_that_are_listed() {
    let mut e = covered("cover", "a.erl", &[(1, 1), (2, 0)]);
    let Data::Coverage(c) = &mut e.data else { panic!("{e:?}") };
    let printed = [("a.erl", "50"), ("b.erl", "12.5")].map(|(f, p)| (f.into(), p.into()));
    c.percent = Some(Percentages { total: "40".into(), files: printed.into() });
    let d = details(&[e], &beside(None, None));
    let files: Vec<_> = d.coverage[0].files.iter().map(|f| (&*f.path, f.lines, f.percent.as_deref())).collect();
    assert_eq!(files, [("a.erl", Some(Ratio::new(1, 2)), Some("50")), ("b.erl", None, Some("12.5"))]);
}

#[test]
fn several_reports_are_united_and_each_is_shown_by_itself() {
    let reports = [covered("a", "f.c", &[(1, 1), (2, 0)]), covered("b", "f.c", &[(1, 0), (2, 1)])];
    let d = details(&reports, &beside(None, None));
    let lines: Vec<_> = d.coverage.iter().map(|c| c.files[0].lines).collect();
    assert_eq!(lines, [Some(Ratio::new(2, 2)), Some(Ratio::new(1, 2)), Some(Ratio::new(1, 2))]);
    assert_eq!(d.coverage[0].reports, ["a", "b"]);
    assert_eq!(details(&reports[..1], &beside(None, None)).coverage.len(), 1);
}

#[test]
fn only_code_of_the_tree_is_shown() {
    let tree = Tree::new(["src/a.c", ".env.c", "secrets.toml", ".git/config.c"]);
    for (name, shown) in [
        ("src/a.c", true),
        ("src/b.c", false),
        (".env.c", false),
        ("secrets.toml", false),
        (".git/config.c", false),
        ("../src/a.c", false),
        ("/etc/passwd.c", false),
    ] {
        let d = details(&[covered("lcov", name, &[(10, 0)])], &beside(Some(&tree), Some(&Disk)));
        assert_eq!(d.sources.contains_key(name), shown, "{name}");
    }
}

#[test]
fn source_lines_stand_around_what_is_not_covered() {
    let tree = Tree::new(["a.c"]);
    let e = covered("lcov", "a.c", &[(2, 0), (9, 1), (20, 0), (30, 1), (4_000_000_000, 0)]);
    let d = details(&[e], &beside(Some(&tree), Some(&Disk)));
    let shown: Vec<(u32, usize)> = d.sources["a.c"].iter().map(|x| (x.first, x.lines.len())).collect();
    assert_eq!(shown, [(1, 5), (17, 7)]);
    assert_eq!(d.sources["a.c"][1].lines[3], "line 20");
}

#[test]
fn what_is_too_much_is_counted() {
    let case = Case { name: "t".into(), status: Outcome::Passed, ..Case::default() };
    let run = |n: usize| {
        let suite = Suite { name: "s".into(), cases: vec![case.clone(); n], ..Suite::default() };
        Data::Tests(TestRun { suites: vec![suite], ..TestRun::default() })
    };
    let d = details(&[evidence("a", run(TESTS - 1)), evidence("b", run(3))], &beside(None, None));
    assert_eq!(d.tests[1].suites[0].cases.len(), 1);
    assert_eq!(d.left_out["tests"], 2);
    // The suites of one report share the room.
    let suite = |n: usize| Suite { cases: vec![case.clone(); n], ..Suite::default() };
    let suites = vec![suite(TESTS - 2), suite(3), suite(1)];
    let d = details(&[evidence("a", Data::Tests(TestRun { suites, ..TestRun::default() }))], &beside(None, None));
    let carried: Vec<usize> = d.tests[0].suites.iter().map(|s| s.cases.len()).collect();
    assert_eq!((carried, d.left_out["tests"]), (vec![TESTS - 2, 2, 0], 2));

    let findings = |n: usize| Data::Findings(Findings { items: vec![Finding::default(); n], ..Findings::default() });
    let d = details(&[evidence("a", findings(FINDINGS - 1)), evidence("b", findings(3))], &beside(None, None));
    assert_eq!((d.findings.len(), d.left_out["findings"]), (FINDINGS, 2));
    let components = |n: usize| vec![Component::default(); n];
    let packages = |n: usize| Data::Inventory(Inventory { components: components(n), ..Inventory::default() });
    let d = details(&[evidence("a", packages(PACKAGES)), evidence("b", packages(3))], &beside(None, None));
    assert_eq!((d.packages.len(), d.left_out["packages"]), (PACKAGES, 3));
    let measured =
        |n: usize| Data::Measurements(Measurements { series: vec![Series::default(); n], ..Measurements::default() });
    let d = details(&[evidence("a", measured(SERIES - 1)), evidence("b", measured(2))], &beside(None, None));
    assert_eq!((d.series.len(), d.left_out["series"]), (SERIES, 1));
    // Of what is there as a whole nothing is left out, and nothing says so.
    let all =
        [evidence("a", run(3)), evidence("b", findings(2)), evidence("c", packages(1)), evidence("d", measured(1))];
    assert_eq!(details(&all, &beside(None, None)).left_out, BTreeMap::new());
}

#[test]
fn many_reports_are_shown_united_alone() {
    let of = |n: usize| {
        let reports: Vec<_> = (0..n).map(|n| covered(&format!("{n:02}"), "f.c", &[(1, 1)])).collect();
        details(&reports, &beside(None, None)).coverage.iter().map(|c| c.reports.len()).collect::<Vec<_>>()
    };
    assert_eq!(of(REPORTS), [&[REPORTS][..], &[1; REPORTS]].concat());
    assert_eq!(of(REPORTS + 1), [REPORTS + 1]);
}

#[test]
fn a_case_says_of_its_end_what_its_report_does() {
    let case = |message: &str, kind: &str, time: f64| {
        let detail = Detail {
            message: message.into(),
            kind: kind.into(),
            file: Some("t.c".into()),
            line: Some(3),
            ..Detail::default()
        };
        Case {
            name: "n".into(),
            class: Some("c".into()),
            status: Outcome::Failed,
            flaky: true,
            time: Some(time),
            detail: Some(Box::new(detail)),
        }
    };
    let cases = vec![case("no", "E", 1.5), case("", "E", f64::INFINITY), case("", "", 0.0)];
    let suites = vec![Suite { name: "s".into(), cases, ..Suite::default() }];
    let d = details(&[evidence("a", Data::Tests(TestRun { suites, ..TestRun::default() }))], &beside(None, None));
    let cases = &d.tests[0].suites[0].cases;
    let said: Vec<_> = cases.iter().map(|c| (c.message.as_deref(), c.seconds)).collect();
    assert_eq!(said, [(Some("no"), Some(1.5)), (Some("E"), None), (None, Some(0.0))]);
    let c = &cases[0];
    assert_eq!((c.class.as_deref(), &*c.name, c.outcome, c.flaky), (Some("c"), "n", Outcome::Failed, true));
    assert_eq!((c.file.as_deref(), c.line), (Some("t.c"), Some(3)));
}

#[test]
fn a_finding_has_its_tool_its_package_and_what_took_it_out() {
    let package = Package {
        name: "left-pad".into(),
        installed: Some("1.0.0".into()),
        fixed: Some("1.0.1".into()),
        ..Package::default()
    };
    let suppressed = |by: &str, reason: &str| Some(Box::new(Suppression { by: by.into(), reason: reason.into() }));
    let items = vec![
        Finding {
            rule: "CVE-1".into(),
            message: "it leaks".into(),
            severity: Severity::High,
            category: Category::Vulnerability,
            place: Some(Place { path: "a.c".into(), line: Some(7), column: None }),
            package: Some(Box::new(package)),
            url: Some("https://e.org/1".into()),
            tool: 1,
            suppressed: suppressed("vex", "not reached"),
            ..Finding::default()
        },
        Finding { tool: 9, suppressed: suppressed("inSource", ""), ..Finding::default() },
    ];
    let findings = Findings { tools: vec!["one".into(), "two".into()], items, ..Findings::default() };
    let mut e = evidence("scan", Data::Findings(findings));
    e.source.tool = Some("scanner".into());
    let d = details(&[e], &beside(None, None));
    let f = &d.findings[0];
    assert_eq!((&*f.report, f.tool.as_deref(), &*f.id, &*f.message), ("scan", Some("two"), "CVE-1", "it leaks"));
    assert_eq!((f.severity, f.category), (Severity::High, Category::Vulnerability));
    assert_eq!(f.place.as_ref().and_then(|p| p.line), Some(7));
    assert_eq!((f.package.as_deref(), f.fixed.as_deref()), (Some("left-pad 1.0.0"), Some("1.0.1")));
    assert_eq!((f.url.as_deref(), f.suppressed.as_deref()), (Some("https://e.org/1"), Some("vex: not reached")));
    let other = &d.findings[1];
    assert_eq!((other.tool.as_deref(), other.suppressed.as_deref()), (Some("scanner"), Some("inSource")));
}

#[test]
fn packages_are_listed_with_their_licences_and_what_is_wrong_with_them() {
    let licenses = vec![License { text: "MIT".into(), form: LicenseForm::Expression }];
    let component = Component {
        name: "left-pad".into(),
        version: Some("1.0.0".into()),
        purl: Some("pkg:npm/left-pad@1.0.0".into()),
        scope: Some("dev".into()),
        licenses,
        ..Component::default()
    };
    let found = Findings { items: vec![Finding { rule: "CVE-1".into(), ..Finding::default() }], ..Findings::default() };
    let inventory = Inventory { components: vec![component], findings: Some(Box::new(found)), ..Inventory::default() };
    let d = details(&[evidence("sbom", Data::Inventory(inventory))], &beside(None, None));
    let package = PackageDetails {
        report: "sbom".into(),
        name: "left-pad".into(),
        version: Some("1.0.0".into()),
        purl: Some("pkg:npm/left-pad@1.0.0".into()),
        licenses: vec!["MIT".into()],
        scope: Some("dev".into()),
    };
    assert_eq!(d.packages, [package]);
    assert_eq!(d.findings.iter().map(|f| (&*f.report, &*f.id)).collect::<Vec<_>>(), [("sbom", "CVE-1")]);
}

/// A series of a metric with samples and its stated mean.
fn measured(path: &str, metric: &str, unit: &str, samples: &[f64]) -> Evidence {
    let mut listed = Samples::default();
    samples.iter().for_each(|v| listed.push(Figure::of(*v).unwrap()));
    let series = Series {
        metric: metric.into(),
        labels: BTreeMap::from([("route".into(), "/a".into())]),
        unit: unit.into(),
        better: Some(Better::Lower),
        samples: listed,
        stated: BTreeMap::from([(Statistic::Mean, Number::whole(3))]),
        ..Series::default()
    };
    let mut e = evidence(path, Data::Measurements(Measurements { series: vec![series], ..Measurements::default() }));
    e.source.labels.insert("os".into(), "linux".into());
    e
}

#[test]
fn a_series_stands_beside_the_same_one_of_the_baseline() {
    let mut d = details(&[measured("k6", "p99", "ms", &[1.0, 2.5])], &beside(None, None));
    let labels = [("os", "linux"), ("route", "/a")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    let series = SeriesDetails {
        report: "k6".into(),
        name: "p99".into(),
        labels: labels.into(),
        unit: Some("ms".into()),
        better: Some(Better::Lower),
        stated: BTreeMap::from([("mean".into(), 3.0)]),
        samples: vec![1.0, 2.5],
        before: None,
    };
    assert_eq!(d.series, [series]);
    // What was measured in two reports is one series; another metric, unit or label is another.
    let mut elsewhere = measured("c", "p99", "ms", &[7.0]);
    elsewhere.source.labels.insert("os".into(), "macos".into());
    let before = [
        measured("a", "p99", "ms", &[4.0]),
        measured("b", "p99", "ms", &[5.0, 6.0]),
        elsewhere,
        measured("d", "p95", "ms", &[8.0]),
        measured("e", "p99", "s", &[9.0]),
    ];
    then(&before, &mut d.series);
    let known = SeriesBefore { stated: BTreeMap::from([("mean".into(), 3.0)]), samples: vec![4.0, 5.0, 6.0] };
    assert_eq!(d.series[0].before, Some(known));
    then(&before[2..], &mut d.series);
    assert_eq!(d.series[0].before, None);
    // A unit that is not stated is none.
    assert_eq!(details(&[measured("k6", "n", "", &[1.0])], &beside(None, None)).series[0].unit, None);
}

fn verdict(now: Option<&str>, gate: GateVerdict) -> String {
    let mut verdict = crate::judge::tests::verdict(now, vec![gate]);
    verdict.context.commit = Some("c0ffee1".into());
    serde_json::to_string(&verdict).unwrap()
}

#[test]
fn the_history_is_what_was_judged_before() {
    let times = ["2027-01-01T00:00:00Z", "2027-01-02T00:00:00Z", "2027-01-03T00:00:00Z"];
    let lines: Vec<String> = times.iter().map(|t| verdict(Some(t), gate_at(&[("a.c", None)]))).collect();
    let untimed = verdict(None, gate_at(&[]));
    let all = lines.iter().chain([&untimed]).map(|l| ("h.jsonl", l.as_bytes()));
    let history = History::read(all);
    let at = |now| {
        let past = details(&[], &Beside { history: &history, now, ..beside(None, None) }).history;
        past.into_iter().map(|p| p.now).collect::<Vec<_>>()
    };
    let told = |times: &[&str]| times.iter().map(|t| Some((*t).to_owned())).collect::<Vec<_>>();
    assert_eq!(at(Some(times[1])), [vec![None], told(&times[..2])].concat(), "what is from later is none");
    assert_eq!(at(None), [vec![None], told(&times)].concat());
    let past = details(&[], &Beside { history: &history, ..beside(None, None) }).history;
    let last = past.last().unwrap();
    assert_eq!((last.commit.as_deref(), last.status.as_str()), (Some("c0ffee1"), "unknown"));
    let gates: Vec<_> = last.gates.iter().map(|g| (&*g.name, g.status, g.violations)).collect();
    assert_eq!(gates, [("g", GateStatus::Fail, 1)]);
    // The newest of many.
    let many: Vec<String> =
        (0..=RUNS).map(|n| verdict(Some(&format!("2027-01-01T00:00:00.{n:03}Z")), gate_at(&[]))).collect();
    let history = History::read(many.iter().map(|l| ("h.jsonl", l.as_bytes())));
    let past = details(&[], &Beside { history: &history, ..beside(None, None) }).history;
    assert_eq!((past.len(), past[0].now.as_deref()), (RUNS, Some("2027-01-01T00:00:00.001Z")));
}

#[test]
fn source_lines_have_a_bound() {
    let file = |path: &str, lines: usize| FileDetails {
        path: path.to_owned(),
        partial: (0..lines).map(|n| u32::try_from(n * 10 + 4).unwrap()).collect(),
        ..FileDetails::default()
    };
    let of = |files: Vec<FileDetails>| {
        let all = [CoverageDetails { reports: Vec::new(), labels: BTreeMap::new(), files }];
        sources(&all, &Tree::new(["a.c", "b.c", "c.c"]), &Disk).into_keys().collect::<Vec<_>>()
    };
    // Seven lines around each of these: the second file's one fits, or does not.
    let most = LINES / 7;
    assert_eq!(of(vec![file("a.c", most - 1), file("b.c", 1), file("c.c", 0)]), ["a.c", "b.c"]);
    assert_eq!(of(vec![file("a.c", most + 1), file("b.c", 1)]), ["a.c"]);
}

fn gate_at(places: &[(&str, Option<u32>)]) -> GateVerdict {
    let mut gate = crate::judge::tests::gate(GateStatus::Fail, crate::verdict::Action::Block);
    gate.policy_line = Some(7);
    for (path, line) in places {
        let mut v = Violation::new("finding", GateStatus::Fail, "x");
        v.place = Some(Place { path: (*path).into(), line: *line, column: None });
        gate.violations.push(v);
    }
    gate
}

#[test]
fn lines_of_violations_have_fingerprints_where_the_file_is_no_secret() {
    let tree = Tree::new(["src/a.c", "Dockerfile", ".env", "secrets.yml", ".hidden/a.c", "key"]);
    let gates = [gate_at(&[
        ("src/a.c", Some(2)),
        ("src/a.c", Some(9)),
        ("src/a.c", Some(4_000)),
        ("Dockerfile", None),
        (".env", Some(1)),
        ("secrets.yml", Some(1)),
        (".hidden/a.c", Some(1)),
        ("key", Some(1)),
        ("src/not-there.c", Some(1)),
        ("../src/a.c", Some(1)),
    ])];
    let with = |policy| {
        let beside = Beside { gates: &gates, policy, ..beside(Some(&tree), Some(&Disk)) };
        let hashes = details(&[], &beside).line_hashes;
        let lines = |(path, lines): (String, BTreeMap<u32, String>)| (path, lines.into_keys().collect::<Vec<_>>());
        hashes.into_iter().map(lines).collect::<Vec<_>>()
    };
    let of = |path: &str, lines: &[u32]| (path.to_owned(), lines.to_vec());
    assert_eq!(with(None), [of("Dockerfile", &[1]), of("src/a.c", &[2, 9])]);
    let by_policy = [of("Dockerfile", &[1]), of("gatekeeper.toml", &[7]), of("src/a.c", &[2, 9])];
    assert_eq!(with(Some("gatekeeper.toml")), by_policy);
}
