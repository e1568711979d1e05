use super::*;
use crate::{Candidate, Context, Engine, History, Verdict};
use gatekeeper_evidence::Source;
use gatekeeper_evidence::findings::{Finding, Findings, Place};

const NOW: i64 = 1_780_272_000;

fn report(cases: &str) -> String {
    format!("<testsuite name=\"s\">{cases}</testsuite>")
}

/// Cases named by their letters: `p` passed, `s` skipped; each with a time where one is given.
fn cases(letters: &str, time: Option<&str>) -> String {
    let one = |(n, c): (usize, char)| {
        let inside = if c == 's' { "<skipped/>" } else { "" };
        let time = time.map(|t| format!(" time=\"{t}\"")).unwrap_or_default();
        format!("<testcase classname=\"c\" name=\"{c}{n}\"{time}>{inside}</testcase>")
    };
    report(&letters.chars().enumerate().map(one).collect::<String>())
}

fn verdict_after(policy: &str, files: &[(&str, &str)], history: History) -> Verdict {
    let engine = Engine::default();
    let policy = engine.parse_policy("p.toml", format!("version = 1\n{policy}").as_bytes(), None).unwrap();
    let files = files.iter().map(|(name, text)| Candidate::in_memory(*name, text.as_bytes().to_vec())).collect();
    let mut context = Context::at(NOW);
    context.history = history;
    engine.evaluate(&policy, files, &context)
}

fn verdict(policy: &str, files: &[(&str, &str)]) -> Verdict {
    verdict_after(policy, files, History::default())
}

/// What is said of a suspicion: in the warnings, and as violations of gates.
fn told(v: &Verdict, name: &str) -> (usize, Vec<GateStatus>) {
    let said = v.warnings.iter().filter(|w| w.starts_with(&format!("suspicion {name}: "))).count();
    let held = v.gates.iter().flat_map(|g| &g.violations).filter(|v| v.code == name).map(|v| v.status).collect();
    (said, held)
}

const UNIT: &str = "[gates.unit]\nrule = \"tests\"\nmax-skipped = 9\n";

/// Each suspicion that reports alone bring about: off, said, and an error.
#[test]
fn a_suspicion_is_what_the_policy_says_of_it() {
    let (ran, skipped, timed) = (cases("pp", None), cases("ss", None), cases("pp", Some("0.1234")));
    for (name, files) in [
        ("all-skipped", vec![("a.xml", ran.as_str()), ("b.xml", skipped.as_str())]),
        ("same-report", vec![("a.xml", timed.as_str()), ("b.xml", timed.as_str())]),
    ] {
        let of = |level: &str| verdict(&format!("{UNIT}[suspicion]\n{name} = \"{level}\"\n"), &files);
        let said = verdict(UNIT, &files);
        assert_eq!((told(&said, name), said.exit_code), ((1, vec![]), 0), "{name}: {:?}", said.warnings);
        assert_eq!(said.warnings, of("warn").warnings, "{name}");
        assert_eq!(told(&of("off"), name), (0, vec![]), "{name}");
        let error = of("error");
        assert_eq!((told(&error, name), error.exit_code), ((0, vec![GateStatus::Error]), 3), "{name}");
        assert!(error.gates[0].violations[0].help.as_deref().unwrap().contains(&format!("{name} = \"warn\"")));
    }
}

#[test]
fn all_skipped_is_a_report_beside_others_that_ran() {
    let of = |files: &[(&str, &str)]| told(&verdict(UNIT, files), "all-skipped").0;
    let (ran, skipped, mixed) = (cases("p", None), cases("s", None), cases("ps", None));
    assert_eq!(of(&[("a.xml", &ran), ("b.xml", &skipped)]), 1);
    assert_eq!(of(&[("a.xml", &ran), ("b.xml", &mixed)]), 0);
    // Where nothing ran the gate says so itself.
    let none = verdict(UNIT, &[("a.xml", &skipped)]);
    assert_eq!((told(&none, "all-skipped"), none.gates[0].status), ((0, vec![]), GateStatus::Error));
    assert_eq!(of(&[("a.xml", &ran), ("b.xml", &report(""))]), 0);
}

#[test]
fn one_report_under_two_names_is_told_where_no_two_runs_write_the_same() {
    let of = |one: &str, other: &str| told(&verdict(UNIT, &[("a.xml", one), ("b.xml", other)]), "same-report").0;
    let timed = |time| cases("pp", Some(time));
    assert_eq!(of(&timed("0.1234"), &timed("0.1234")), 1);
    assert_eq!(of(&timed("0.1234"), &timed("0.1235")), 0);
    // Times that are no measure, and none.
    assert_eq!(of(&timed("0.01"), &timed("0.01")), 0);
    assert_eq!(of(&cases("pp", None), &cases("pp", None)), 0);
    let cells = "[[evidence]]\npaths = [\"otp-{otp}/*.xml\"]\n[gates.unit]\nrule = \"tests\"\neach = \"otp\"\n";
    let both = |one: &str, other: &str| {
        verdict(
            &format!("{cells}[suspicion]\nsame-report = \"error\"\n"),
            &[("otp-27/r.xml", one), ("otp-28/r.xml", other)],
        )
    };
    let copied = both(&timed("0.1234"), &timed("0.1234"));
    let of_cells: Vec<GateStatus> = copied.gates[0].cells.iter().map(|c| c.status).collect();
    assert_eq!(of_cells, [GateStatus::Pass, GateStatus::Error], "{:?}", copied.gates[0].violations);
    assert_eq!(both(&timed("0.1234"), &timed("0.1235")).exit_code, 0);
}

#[test]
fn what_a_rule_suspects_is_settled_too() {
    let mostly = cases("pss", None);
    let of = |level: &str| {
        let policy = format!("[gates.unit]\nrule = \"tests\"\n[suspicion]\nmostly-skipped = \"{level}\"\n");
        verdict(&policy, &[("a.xml", &mostly)]).gates[0].status
    };
    assert_eq!([of("off"), of("warn"), of("error")], [GateStatus::Pass, GateStatus::Warn, GateStatus::Error]);
    let twice = |level: &str| {
        let policy =
            format!("[gates.unit]\nrule = \"tests\"\nmin-cases = 4\n[suspicion]\ncounted-twice = \"{level}\"\n");
        verdict(&policy, &[("a.xml", &cases("pp", None)), ("b.xml", &cases("pp", None))]).gates[0].status
    };
    assert_eq!([twice("off"), twice("warn"), twice("error")], [GateStatus::Pass, GateStatus::Warn, GateStatus::Error]);
}

#[test]
fn totals_are_far_on_either_side_of_the_share() {
    let of = |was: usize, is: usize, keys: &str| {
        let (was, is) = (cases(&"p".repeat(was), None), cases(&"p".repeat(is), None));
        let last = serde_json::to_vec(&verdict(UNIT, &[("a.xml", &was)])).unwrap();
        let history = History::read([("last.json", last.as_slice())]);
        verdict_after(&format!("{UNIT}{keys}"), &[("a.xml", &is)], history)
    };
    let said = |was, is, keys: &str| told(&of(was, is, keys), "totals-far").0;
    assert_eq!([said(40, 20, ""), said(40, 19, ""), said(20, 40, ""), said(20, 41, "")], [0, 1, 0, 1]);
    // Few are never far.
    assert_eq!([said(9, 18, ""), said(9, 19, "")], [0, 1]);
    let share = "[suspicion]\ntotals-far-share = 90\n";
    assert_eq!([said(100, 90, share), said(100, 89, share)], [0, 1]);
    let error = of(40, 19, "[suspicion]\ntotals-far = \"error\"\n");
    assert_eq!((told(&error, "totals-far"), error.exit_code), ((0, vec![GateStatus::Error]), 3));
    assert_eq!(of(40, 20, "[suspicion]\ntotals-far = \"error\"\n").exit_code, 0);
    // Losing the last verdict does not help.
    let lost = verdict(&format!("{UNIT}[suspicion]\ntotals-far = \"error\"\n"), &[("a.xml", &cases("pp", None))]);
    assert_eq!((told(&lost, "totals-far"), lost.exit_code), ((0, vec![GateStatus::Error]), 3));
    assert_eq!(said(40, 1, "[suspicion]\ntotals-far = \"off\"\n"), 0);
}

#[test]
fn findings_in_files_that_are_not_there_are_told_where_none_is() {
    let told = |paths: &[&str], category, tree: &[&str]| {
        let place = |p: &&str| Some(Place { path: (*p).into(), line: Some(1), column: None });
        let items = paths.iter().map(|p| Finding { place: place(p), category, ..Finding::default() }).collect();
        let source = Source { path: "r.sarif".to_owned(), ..Source::default() };
        let data = Data::Findings(Findings { items, ..Findings::default() });
        let e = Evidence { source, complete: None, notes: Vec::new(), data };
        unmatched(&[e], &Tree::new(tree.iter().copied())).into_iter().map(|s| s.words).collect::<Vec<_>>()
    };
    let code = Category::Code;
    assert_eq!(told(&["src/x.py"], code, &["src/a.py"]), ["speaks of src/x.py, which is not in this tree"]);
    assert!(told(&["src/x.py", "src/y.py"], code, &["src/a.py"])[0].contains("2 source files (src/x.py, …)"));
    // One is enough; so is a name that could be several.
    assert!(told(&["src/x.py", "/home/ci/p/src/a.py"], code, &["src/a.py"]).is_empty());
    // Of a sort that the tree has none of, or of what lies in an image.
    assert!(told(&["src/x.go"], code, &["src/a.py"]).is_empty() && told(&["x"], code, &["src/a.py"]).is_empty());
    assert!(told(&["app/x.py"], Category::Vulnerability, &["src/a.py"]).is_empty());
}

#[test]
fn what_no_gate_tells_is_said() {
    let policy = "[gates.cover]\nrule = \"coverage\"\nlines = { min = 1 }\n[suspicion]\nall-skipped = \"error\"\n";
    let lcov = "SF:a.c\nDA:1,1\nend_of_record\n";
    let v = verdict(policy, &[("lcov.info", lcov), ("a.xml", &cases("p", None)), ("b.xml", &cases("s", None))]);
    assert_eq!((told(&v, "all-skipped"), v.exit_code), ((1, vec![]), 0));
}

#[test]
fn all_are_listed_with_what_they_found() {
    use crate::verdict::suspicion::Suspicions;
    let files = [("a.xml", cases("p", None)), ("b.xml", cases("s", None))];
    let files: Vec<(&str, &str)> = files.iter().map(|(n, t)| (*n, t.as_str())).collect();
    let of = |level: &str| {
        let v = verdict(&format!("{UNIT}[suspicion]\nall-skipped = \"{level}\"\n"), &files);
        let all = Suspicions::of(&v).checks;
        assert!(all.iter().all(|c| c.name == "all-skipped" || c.found.is_empty() && c.level == c.default));
        all.into_iter().find(|c| c.name == "all-skipped").map(|c| (c.level, c.found)).unwrap()
    };
    assert_eq!(of("off"), (Level::Off, vec![]));
    assert_eq!(of("warn"), (Level::Warn, vec!["b.xml: its only case was skipped".to_owned()]));
    assert_eq!(of("error"), (Level::Error, vec!["unit: its only case was skipped".to_owned()]));
}

#[test]
fn the_tree_is_looked_at_where_evidence_names_files_of_it() {
    use gatekeeper_evidence::Coverage;
    use gatekeeper_evidence::test_run::{Case, Detail, Suite, TestRun};
    let of = |data| names_files(&Evidence { source: Source::default(), complete: None, notes: Vec::new(), data });
    // A table of modules names no path, and what became of them is looked up.
    assert!(of(Data::Coverage(Coverage::default())));
    let finding = |category, path: Option<&str>| {
        let place = path.map(|path| Place { path: path.into(), ..Place::default() });
        Data::Findings(Findings {
            items: vec![Finding { category, place, ..Finding::default() }],
            ..Findings::default()
        })
    };
    assert!(of(finding(Category::Code, Some("a.c"))));
    assert!(!of(finding(Category::Code, None)) && !of(finding(Category::Vulnerability, Some("lock.json"))));
    let case = |file: Option<&str>| {
        let detail = Some(Box::new(Detail { file: file.map(Into::into), ..Detail::default() }));
        let suites = vec![Suite { cases: vec![Case { detail, ..Case::default() }], ..Suite::default() }];
        Data::Tests(TestRun { suites, ..TestRun::default() })
    };
    assert!(of(case(Some("a.c"))) && !of(case(None)));
}

#[test]
fn no_two_runs_write_the_same_times_or_figures() {
    use gatekeeper_evidence::measurements::{Figure, Labels, Measurements, Series};
    use gatekeeper_evidence::test_run::{Case, Suite, TestRun};
    let of = |path: &str, data: Data| {
        let source = Source { path: path.to_owned(), sha256: "d".to_owned(), ..Source::default() };
        Evidence { source, complete: None, notes: Vec::new(), data }
    };
    let timed = |status: Outcome, time: Option<f64>| {
        let cases = vec![Case { status, time, ..Case::default() }];
        Data::Tests(TestRun { suites: vec![Suite { cases, ..Suite::default() }], ..TestRun::default() })
    };
    let alike = |data: &dyn Fn() -> Data| same_reports(&[of("a", data()), of("b", data())]).len();
    use Outcome::{Passed, Skipped};
    // Hundredths of a second may well be the same twice, and what was skipped took no time.
    for (time, told) in [(None, 0), (Some(0.0), 0), (Some(0.12), 0), (Some(3.0), 0), (Some(0.123), 1)] {
        assert_eq!(alike(&|| timed(Passed, time)), told, "{time:?}");
    }
    assert_eq!(alike(&|| timed(Skipped, Some(0.123))), 0);
    let samples = |n: usize| {
        let mut s = Series::new("m", Labels::new(), "ms", None);
        (0..n).for_each(|n| s.samples.push(Figure::parse(&n.to_string()).unwrap()));
        Data::Measurements(Measurements { series: vec![s], ..Measurements::default() })
    };
    assert_eq!([alike(&|| samples(0)), alike(&|| samples(1)), alike(&|| samples(2))], [0, 0, 1]);
    // What was split out of one file has its path.
    let split = [of("a", timed(Passed, Some(0.123))), of("a", timed(Passed, Some(0.123)))];
    assert!(same_reports(&split).is_empty());
}
