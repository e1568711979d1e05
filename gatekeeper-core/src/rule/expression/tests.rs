use super::super::testing::{Case, evidence, gate, violations};
use super::*;
use GateStatus::{Error, Fail, Missing, Pass};
use gatekeeper_evidence::Data;
use gatekeeper_evidence::findings::{Finding, Findings, Severity};
use gatekeeper_evidence::test_run::{Case as One, Outcome, Problem, Suite, TestRun};

fn run(outcomes: &[Outcome]) -> TestRun {
    let case = |(n, status): (usize, &Outcome)| One { name: format!("t{n}").into(), status: *status, ..One::default() };
    TestRun {
        suites: vec![Suite { cases: outcomes.iter().enumerate().map(case).collect(), ..Suite::default() }],
        ..TestRun::default()
    }
}

fn found(severities: &[Severity]) -> Data {
    let items = severities.iter().map(|s| Finding { severity: *s, rule: "R".into(), ..Finding::default() }).collect();
    Data::Findings(Findings { items, ..Findings::default() })
}

fn keys(expr: &str) -> String {
    format!("expr = '''{expr}'''")
}

fn of(expr: &str, data: Vec<Data>) -> GateStatus {
    let all = data.into_iter().map(|d| evidence("e", d)).collect();
    Case::new(&RULE, &keys(expr), all).judged().status()
}

const PASSED: &[Outcome] = &[Outcome::Passed, Outcome::Passed];
const FAILED: &[Outcome] = &[Outcome::Passed, Outcome::Failed];

fn tests(expr: &str, outcomes: &[Outcome]) -> GateStatus {
    of(expr, vec![Data::Tests(run(outcomes))])
}

#[test]
fn it_holds_or_does_not() {
    assert_eq!(tests("tests.counts.failed == 0", PASSED), Pass);
    assert_eq!(tests("tests.counts.failed == 0", FAILED), Fail);
    assert_eq!(tests("tests.counts.failed - 1 < 0", PASSED), Pass, "numbers are signed");
    assert_eq!(tests("tests['counts'].passed == 2", PASSED), Pass);
    assert_eq!(tests("tests.cases.exists(c, c.name == 't1' && c.status == 'failed')", FAILED), Pass);
    assert_eq!(tests("tests.cases.filter(c, c.status != 'passed').map(c, c.name) == ['t1']", FAILED), Pass);
    assert_eq!(tests("tests.cases.filter(c, c.status == 'failed').all(f, f.name == 't1')", FAILED), Pass);
    let two = |s: &[Severity]| of("findings.items.all(f, f.severity != 'critical')", vec![found(s)]);
    assert_eq!([two(&[Severity::High]), two(&[Severity::Critical])], [Pass, Fail]);
}

#[test]
fn what_is_not_there_is_no_pass() {
    assert_eq!(tests("tests.counts.failed == 0", &[]), Error, "no case");
    assert_eq!(tests("tests.counts.failed == 0", &[Outcome::Skipped]), Error, "none ran");
    assert_eq!(of("tests.counts.failed == 0", vec![found(&[])]), Missing);
    assert_eq!(of("tests.counts.failed == 0 || findings.total == 0", vec![found(&[])]), Missing);
    let mut broken = run(PASSED);
    broken.problems.push(Problem { name: "init".into(), message: "x".into(), line: None });
    assert_eq!(of("tests.counts.failed == 0", vec![Data::Tests(broken.clone())]), Fail);
    assert_eq!(of("tests.problems < 2", vec![Data::Tests(broken)]), Pass, "it is asked for");
    let mut case = Case::new(&RULE, "expr = \"run.tag == 'v1'\"", Vec::new());
    assert_eq!(case.judged().status(), Error, "no tag is given");
    case.context.release.tag = Some("v1".to_owned());
    assert_eq!(case.judged().status(), Pass);
}

#[test]
fn an_error_is_neither_pass_nor_fail() {
    assert_eq!(tests("tests.counts.passed / tests.counts.failed > 1", PASSED), Error);
    assert_eq!(tests("tests.counts.failed + 1", PASSED), Error);
    assert_eq!(tests("tests.counts.passed * 9223372036854775807 > 0", PASSED), Error);
    assert_eq!(tests("tests.cases.all(c, c.milliseconds < 5)", PASSED), Error, "the report states no times");
    assert_eq!(tests("tests.counts.passed == 'two' || tests.counts.passed < 'x'", PASSED), Error);
}

#[test]
fn all_over_nothing_is_an_error_unless_it_is_meant() {
    let all = "findings.items.all(f, f.severity == 'low')";
    assert_eq!(of(all, vec![found(&[])]), Error);
    let allowed = format!("{}\nallow-empty = true", keys(all));
    assert_eq!(Case::new(&RULE, &allowed, vec![evidence("e", found(&[]))]).judged().status(), Pass);
    assert_eq!(of("!findings.items.exists(f, f.severity == 'low')", vec![found(&[])]), Pass);
    assert_eq!(of("findings.total == 0 || findings.items.all(f, f.severity == 'low')", vec![found(&[])]), Pass);
}

#[test]
fn what_is_said() {
    let said = |keys: &str| {
        Case::new(&RULE, keys, vec![evidence("e", Data::Tests(run(FAILED)))]).judged().violations[0].message.clone()
    };
    let expr = "expr = 'tests.counts.failed == 0'";
    assert_eq!(said(expr), "tests.counts.failed == 0 does not hold: tests.counts.failed = 1");
    assert_eq!(said(&format!("{expr}\nmessage = 'too many failures'")), "too many failures");
    assert_eq!(said(&format!("{expr}\nmessage = \"'only ' + string(tests.counts.passed)\"")), "only 1");
    assert_eq!(said(&format!("{expr}\nmessage = \"unclear\"")), "unclear");
    let case = Case::new(&RULE, "expr = 'tests.counts.failed == 0'", vec![evidence("e", Data::Tests(run(PASSED)))]);
    assert_eq!(violations(&case.judged()), []);
}

#[test]
fn mistakes_are_told_when_the_policy_is_read() {
    for (expr, said) in [
        ("tests.cuonts.failed == 0", "no `cuonts`"),
        ("has(coverage.lnies) || tests.counts.failed == 0", "no `lnies`"),
        ("test.counts.failed == 0", "no `test`"),
        ("tests['cuonts'].failed == 0", "no `cuonts`"),
        ("tests.cases.all(c, c.nam == 'x')", "no `nam`"),
        ("tests.cases.filter(c, true).all(c, c.nam == 'x')", "no `nam`"),
        ("tests.cases.name == 'x'", "asked of a list"),
        ("tests.counts.failed.x == 1", "plain value"),
        ("tests.counts.failed.all(x, true)", "no list"),
        ("tests.counts.failed == 0 && lenght(tests.cases) > 0", "no function `lenght`"),
        ("tests.counts.failed ==", "cannot be read"),
        ("1 == 1", "speaks of no evidence"),
        ("[1].all(x, x == 1)", "speaks of no evidence"),
        ("tests.cases.all(a, tests.cases.all(b, tests.cases.all(c, tests.cases.all(d, a.name != d.name))))", "steps"),
    ] {
        let problems = gate(&RULE, &keys(expr)).unwrap_err();
        assert!(problems.len() == 1 && problems[0].contains(said), "{expr}: {problems:?}");
    }
    assert_eq!(gate(&RULE, "").unwrap_err(), ["this gate has no `expr`"]);
    for (open, close) in [("(", ")"), ("[", "]"), ("!", ""), ("-", ""), ("true ? 1 : ", "")] {
        for n in [300, 700] {
            let deep = format!("tests.counts.failed == {}0{}", open.repeat(n), close.repeat(n));
            assert!(gate(&RULE, &keys(&deep)).unwrap_err()[0].contains("cannot be read"), "{open}");
        }
    }
    let long = format!("tests.counts.failed == 0{}", " || tests.counts.failed == 1".repeat(500));
    assert!(gate(&RULE, &keys(&long)).unwrap_err()[0].contains("longer than"));
    let message = format!("{}\nmessage = \"'x' + string(tests.nope)\"", keys("tests.counts.failed == 0"));
    assert!(gate(&RULE, &message).unwrap_err()[0].contains("no `nope`"));
}

#[test]
fn a_bomb_stops_at_its_limit() {
    let digits = "[0,1,2,3,4,5,6,7,8,9]";
    let mut bomb = "true".to_owned();
    for n in 0..8 {
        bomb = format!("{digits}.all(x{n}, {bomb})");
    }
    let problems = gate(&RULE, &keys(&format!("tests.counts.failed == 0 && {bomb}"))).unwrap_err();
    assert!(problems[0].contains("steps"), "{problems:?}");
    // What is small at lists of 100 is stopped where lists are long.
    let pairs = "tests.cases.all(a, tests.cases.exists(b, a.name == b.name))";
    assert_eq!(tests(pairs, PASSED), Pass);
    let case = Case::new(
        &RULE,
        "expr = 'tests.cases.all(a, tests.cases.exists(b, a.name == b.name))'",
        vec![evidence("e", Data::Tests(run(&[Outcome::Passed; 3_000])))],
    );
    assert_eq!(violations(&case.judged()), [("expression-cost", Error)]);
}

#[test]
fn a_mistake_is_told_at_its_word() {
    let text = "tests.cuonts.failed";
    assert_eq!(place(text, &(10..10 + text.len() + 2), "cuonts"), 17..23);
    assert_eq!(place(text, &(10..10 + text.len() + 6), "cuonts"), 19..25);
    assert_eq!(place(text, &(10..90), "cuonts"), 10..90);
    assert_eq!(place(text, &(10..10 + text.len() + 2), "uonts"), 10..31);
}

#[test]
fn an_expression_takes_the_kinds_that_it_speaks_of() {
    for (expr, takes, needs) in [
        ("tests.counts.failed == 0", [true, false], true),
        ("findings.total == 0", [false, true], true),
        ("tests.counts.failed == 0 && findings.total == 0", [true, true], true),
        ("evidence.size() > 0", [true, true], true),
        ("evidence.size() > 0 && tests.counts.failed == 0", [true, true], true),
        ("run.tag == 'v1'", [true, true], false),
        ("run.tag == 'v1' || tests.counts.failed == 0", [true, false], true),
    ] {
        let gate = gate(&RULE, &keys(expr)).unwrap();
        let all = [Data::Tests(run(PASSED)), found(&[])].map(|d| evidence("e", d));
        assert_eq!(all.each_ref().map(|e| gate.takes(e, &Selector::default())), takes, "{expr}");
        assert_eq!(gate.needs_evidence(), needs, "{expr}");
    }
}

#[test]
fn all_of_nothing_is_refused_wherever_it_is_asked() {
    let none = |expr: &str| of(expr, vec![found(&[])]);
    for expr in [
        "findings.items.all(f, f.severity != 'critical')",
        "{'a': findings.items.all(f, f.severity != 'critical')}['a']",
        "{findings.items.all(f, f.severity != 'critical'): true}[true]",
        "[findings.items.all(f, f.severity != 'critical')][0]",
    ] {
        assert_eq!(none(expr), Error, "{expr}");
        assert_eq!(of(expr, vec![found(&[Severity::Low])]), Pass, "{expr}");
    }
}

#[test]
fn what_is_reached_by_a_number_is_checked_like_the_rest() {
    for expr in [
        "tests.cases[0].nam == 't0'",
        "tests.cases.filter(c, c.name != '')[0].nam == 't0'",
        "tests.cases.map(c, c)[0].nam == 't0'",
    ] {
        let problems = gate(&RULE, &keys(expr)).unwrap_err();
        assert!(problems.len() == 1 && problems[0].contains("nam"), "{expr}: {problems:?}");
        assert_eq!(tests(&expr.replace("nam ==", "name =="), PASSED), Pass, "{expr}");
    }
}

#[test]
fn a_document_has_the_figures_of_coverage_and_packages() {
    use gatekeeper_evidence::coverage::{FileCoverage, Line};
    use gatekeeper_evidence::inventory::Component;
    use gatekeeper_evidence::{Coverage, Inventory};

    let mut c = Coverage::default();
    let lines = (1..=4).map(|number| Line { number, hits: u32::from(number < 4) }).collect();
    c.add("a.c", FileCoverage { lines, ..FileCoverage::default() });
    c.note_metrics();
    let covered = |expr: &str| of(expr, vec![Data::Coverage(c.clone())]);
    assert_eq!(covered("coverage.lines.covered == 3 && coverage.lines.total == 4"), Pass);
    assert_eq!(covered("coverage.files.all(f, f.path == 'a.c' && f.lines.covered == 3)"), Pass);
    assert_eq!(covered("coverage.lines.covered == 4"), Fail);
    // A share of nothing is not there: no number to compare with, and no pass.
    assert_eq!(covered("coverage.branches.covered == 0"), Error);
    let mut nothing = Coverage::default();
    nothing.add("a.c", FileCoverage::default());
    nothing.metrics.lines = true;
    assert_eq!(of("coverage.lines.covered == 0", vec![Data::Coverage(nothing)]), Error);

    let components = vec![Component { name: "x".into(), version: Some("1".into()), ..Component::default() }];
    let list = Data::Inventory(Inventory { components, ..Inventory::default() });
    assert_eq!(of("inventory.components == 1 && inventory.licensed == 0", vec![list.clone()]), Pass);
    assert_eq!(of("inventory.packages.all(p, p.name == 'x' && p.version == '1')", vec![list.clone()]), Pass);
    assert_eq!(of("inventory.components == 2", vec![list]), Fail);
}

#[test]
fn what_does_not_hold_is_said_with_its_figures() {
    let case = |expr: &str| {
        let j = Case::new(&RULE, &keys(expr), vec![evidence("e", Data::Tests(run(FAILED)))]).judged();
        j.violations[0].message.clone()
    };
    assert_eq!(case("tests.counts.failed == 0"), "tests.counts.failed == 0 does not hold: tests.counts.failed = 1");
}
