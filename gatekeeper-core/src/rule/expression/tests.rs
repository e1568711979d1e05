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
    // What the language would let another part hide.
    assert_eq!(tests("tests.cases[9].name == 'x' || tests.counts.failed == 0", PASSED), Error);
    assert_eq!(tests("!(tests.cases[9].name == 'x' && tests.counts.failed == 1)", PASSED), Error);
    assert_eq!(tests("tests.counts.failed == 0 || tests.cases[9].name == 'x'", PASSED), Pass, "nobody comes to it");
    assert_eq!(tests("tests.counts.failed == 1 && tests.cases[9].name == 'x'", PASSED), Fail);
    assert_eq!(tests("tests.counts.failed || tests.counts.failed == 0", PASSED), Error);
}

#[test]
fn what_can_come_to_one_thing_only_is_refused() {
    for (expr, said) in [
        ("tests.counts.passed == 'two'", "a number is never a text"),
        ("tests.counts.failed != '0'", "a number is never a text"),
        ("tests.cases.all(c, c.name != 3)", "a text is never a number"),
        ("tests.cases != 0", "what holds others is never a number"),
        ("tests.cases[9].name == 'x' || true", "true whatever the evidence says"),
        ("!(tests.counts.failed == 0 && false)", "true whatever the evidence says"),
        ("tests.counts.failed == 0 && !true", "false whatever the evidence says"),
    ] {
        let problems = gate(&RULE, &keys(expr)).unwrap_err();
        assert!(problems.len() == 1 && problems[0].contains(said), "{expr}: {problems:?}");
    }
    for fine in ["tests.counts.failed == 0 || false", "tests.cases.exists(c, c.name == 'a' || c.milliseconds > 1.5)"] {
        assert!(gate(&RULE, &keys(fine)).is_ok(), "{fine}");
    }
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
    // Its first and last word, no word, and one that stands alone later.
    assert_eq!(place(text, &(10..10 + text.len() + 2), "tests"), 11..16);
    assert_eq!(place(text, &(10..10 + text.len() + 2), "failed"), 24..30);
    assert_eq!(place("a == b", &(10..18), ""), 10..18);
    assert_eq!(place("ab.a_.a", &(10..19), "a"), 17..18);
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
        "{'a': findings.items.all(f, f.severity != 'critical')}.a",
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

#[test]
fn what_is_as_long_or_as_deep_as_may_be_is_read() {
    let padded = |n: usize| format!("{:<n$}", "tests.counts.failed == 0");
    assert!(gate(&RULE, &keys(&padded(LONGEST))).is_ok());
    assert!(gate(&RULE, &keys(&padded(LONGEST + 1))).unwrap_err()[0].contains("10001 bytes"));
    // Brackets that are closed are not within one another.
    let brackets = format!("tests.counts.failed == {}0", "(0) + ".repeat(DEEPEST + 1));
    assert!(gate(&RULE, &keys(&brackets)).is_ok());
    let signs = |n: usize| format!("tests.counts.failed == 0{}", " - 0".repeat(n));
    assert!(gate(&RULE, &keys(&signs(DEEPEST))).is_ok());
    let said = gate(&RULE, &keys(&signs(DEEPEST + 1))).unwrap_err();
    assert!(said[0].contains("more than 200 brackets and signs"), "{said:?}");
    assert_eq!([999, 1_000, 1_001].map(|n| exceeds(n, 1_000)), [false, false, true]);
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let said = gate(&RULE, &keys("tests.counts.failed == 0 &&\n tests.counts.passed ==")).unwrap_err();
    assert!(said.len() == 1 && said[0].contains("(line 2, column "), "{said:?}");
}

#[test]
fn a_message_is_a_text_or_an_expression_that_makes_one() {
    let said = |message: &str| {
        let keys = format!("expr = 'tests.counts.failed == 0'\nmessage = \"\"\"{message}\"\"\"");
        Case::new(&RULE, &keys, vec![evidence("e", Data::Tests(run(FAILED)))]).judged().violations[0].message.clone()
    };
    assert_eq!(said("unclear"), "unclear");
    assert_eq!(said("1 + 1"), "1 + 1", "what speaks of nothing is a text");
    assert_eq!(said("'it is ' + 'so'"), "it is so");
    assert_eq!(said("string(tests.counts.failed) + ' failed'"), "1 failed");
    // What makes no text says nothing.
    assert_eq!(said("tests.counts.failed"), "tests.counts.failed == 0 does not hold: tests.counts.failed = 1");
}

#[test]
fn a_message_takes_no_more_steps_than_an_expression() {
    let deep = "tests.cases.all(a, tests.cases.all(b, tests.cases.all(c, tests.cases.all(d, a.name != d.name))))";
    let text = format!("{}\nmessage = \"{deep} ? 'a' : 'b'\"", keys("tests.counts.failed == 0"));
    assert_eq!(gate(&RULE, &text).unwrap_err(), ["`message` takes too many steps"]);
}

#[test]
fn all_of_a_table_without_members_is_refused_too() {
    let of = |labels: &[(&str, &str)]| {
        let mut e = evidence("e", Data::Tests(run(PASSED)));
        e.source.labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Case::new(&RULE, &keys("evidence[0].labels.all(k, k == 'os')"), vec![e]).judged().status()
    };
    assert_eq!([of(&[]), of(&[("os", "linux")]), of(&[("cpu", "x")])], [Error, Pass, Fail]);
}

#[test]
fn an_evaluation_that_fails_says_why() {
    let said = |expr: &str| {
        let j = Case::new(&RULE, &keys(expr), vec![evidence("e", Data::Tests(run(PASSED)))]).judged();
        j.violations[0].message.clone()
    };
    assert_eq!(
        said("tests.cases.all(c, c.milliseconds < 5)"),
        "it cannot be evaluated: the evidence has no `milliseconds` here (ask with has(…))"
    );
    assert_eq!(said("1 / tests.counts.failed > 1"), "it cannot be evaluated: a division by zero");
    let none = "findings.items.all(f, f.id == 'x')";
    let j = Case::new(&RULE, &keys(none), vec![evidence("e", found(&[]))]).judged();
    assert!(j.violations[0].message.contains("an empty list"), "{:?}", j.violations);
}

#[test]
fn only_what_may_be_a_list_is_taken_for_a_long_one() {
    use gatekeeper_evidence::Inventory;
    use gatekeeper_evidence::inventory::Component;

    let many = |n: usize| run(&vec![Outcome::Passed; n]);
    // A name and a suite are no lists, however many cases there are.
    let plain = "tests.cases.all(c, c.name + c.suite + c.status != '')";
    assert_eq!(of(plain, vec![Data::Tests(many(3_000))]), Pass);
    // The licences of a package may be as many as there are packages.
    let packages = (0..3_000).map(|n| Component { name: format!("p{n}").into(), ..Component::default() }).collect();
    let list = Data::Inventory(Inventory { components: packages, ..Inventory::default() });
    let licenses = "!inventory.packages.exists(p, p.licenses.exists(l, l == 'x'))";
    let case = Case::new(&RULE, &keys(licenses), vec![evidence("e", list)]).judged();
    assert_eq!(violations(&case), [("expression-cost", Error)]);
}

#[test]
fn a_time_that_nobody_states_is_not_there() {
    let timed = |cases: &[(Outcome, Option<f64>)]| {
        let case = |(status, time): &(Outcome, Option<f64>)| One { status: *status, time: *time, ..One::default() };
        TestRun {
            suites: vec![Suite { cases: cases.iter().map(case).collect(), ..Suite::default() }],
            ..TestRun::default()
        }
    };
    let ran = Outcome::Passed;
    let took = |ms: u32, runs: Vec<TestRun>| {
        of(&format!("tests.milliseconds == {ms}"), runs.into_iter().map(Data::Tests).collect())
    };
    assert_eq!(took(1_500, vec![timed(&[(ran, Some(1.0)), (ran, Some(0.5))])]), Pass);
    assert_eq!(took(1_500, vec![timed(&[(ran, Some(1.0))]), timed(&[(ran, Some(0.5))])]), Pass);
    // Rounded up: what is beyond a limit is never shown as within it.
    assert_eq!(took(2, vec![timed(&[(ran, Some(0.0011))])]), Pass);
    // One that ran and states none may have taken any time.
    assert_eq!(took(0, vec![timed(&[(ran, None)])]), Error);
    assert_eq!(took(1_000, vec![timed(&[(ran, Some(1.0)), (ran, None)])]), Error);
    assert_eq!(took(1_000, vec![timed(&[(ran, Some(1.0))]), timed(&[(Outcome::Failed, None)])]), Error);
    assert_eq!(took(1_000, vec![timed(&[(ran, Some(1.0)), (Outcome::Skipped, None)])]), Pass);
    assert_eq!(took(1_000, vec![timed(&[(ran, Some(1.0)), (ran, Some(-5.0))])]), Pass, "a clock that was set back");
    let counted = |time: f64, passed: u64, skipped: u64| {
        let mut r = timed(&[(ran, Some(1.0))]);
        r.suites[0].unlisted.passed = passed;
        r.suites[0].unlisted.skipped = skipped;
        r.suites[0].unlisted_time = time;
        r
    };
    assert_eq!(took(3_000, vec![counted(2.0, 3, 0)]), Pass);
    assert_eq!(took(1_000, vec![counted(0.0, 3, 0)]), Error);
    assert_eq!(took(1_000, vec![counted(0.0, 0, 3)]), Pass, "what was skipped took none");
    let each = "tests.cases.exists(c, c.milliseconds == 1001)";
    assert_eq!(of(each, vec![Data::Tests(timed(&[(ran, Some(1.0005))]))]), Pass);
}

#[test]
fn a_service_s_health_is_no_run_of_tests() {
    let health = TestRun { health: Some(Box::default()), ..run(PASSED) };
    assert_eq!(of("tests.counts.failed == 0", vec![Data::Tests(health)]), Missing);
}

#[test]
fn findings_are_counted_by_severity_without_those_that_are_suppressed() {
    use gatekeeper_evidence::findings::Suppression;
    let Data::Findings(mut all) = found(&[Severity::High, Severity::High, Severity::Low, Severity::High]) else {
        return;
    };
    all.items[3].suppressed = Some(Box::new(Suppression::default()));
    for (expr, want) in [
        ("findings.total == 3 && findings.suppressed == 1", Pass),
        ("findings.counts.high == 2 && findings.counts.low == 1 && findings.counts.critical == 0", Pass),
        ("findings.items.size() == 3", Pass),
        ("findings.counts.high == 3", Fail),
    ] {
        assert_eq!(of(expr, vec![Data::Findings(all.clone())]), want, "{expr}");
    }
}

#[test]
fn percentages_are_counted_by_nobody() {
    use gatekeeper_evidence::Coverage;
    use gatekeeper_evidence::coverage::{FileCoverage, Line, Percentages};
    let percent = || {
        Data::Coverage(Coverage {
            percent: Some(Percentages { total: "9".into(), ..Percentages::default() }),
            ..Coverage::default()
        })
    };
    let listed = || {
        let mut c = Coverage::default();
        c.add("a", FileCoverage { lines: vec![Line { number: 1, hits: 1 }], ..FileCoverage::default() });
        c.note_metrics();
        Data::Coverage(c)
    };
    let whole = "coverage.lines.covered == coverage.lines.total";
    assert_eq!(of(whole, vec![percent()]), Error);
    assert_eq!([of(whole, vec![percent(), listed()]), of(whole, vec![listed(), percent()])], [Pass, Pass]);
}

#[test]
fn a_list_of_no_package_says_nothing_of_packages() {
    use gatekeeper_evidence::Inventory;
    let none = Data::Inventory(Inventory::default());
    assert_eq!(of("inventory.licensed == inventory.components", vec![none]), Error);
}

#[test]
fn other_evidence_can_be_asked_too() {
    use gatekeeper_evidence::approvals::{Approvals, Review, State};
    use gatekeeper_evidence::checklist::{Checklist, Item as Box_};
    use gatekeeper_evidence::checksums::{Checksums, Sum};
    use gatekeeper_evidence::commits::{Commit, Commits};

    let review = Review { user: Some("ann".into()), state: State::Approved, bot: true, ..Review::default() };
    let approvals = Data::Approvals(Approvals { reviews: vec![review], ..Approvals::default() });
    let commit =
        Commit { message: "fix: it\n\nbody".into(), parents: vec!["a".into(), "b".into()], ..Commit::default() };
    let commits = Data::Commits(Commits { commits: vec![commit], ..Commits::default() });
    let sums =
        Data::Checksums(Checksums { files: vec![Sum { name: "a".into(), ..Sum::default() }], ..Checksums::default() });
    let list = Data::Checklist(Checklist { items: vec![Box_ { text: "t".into(), ticked: true, ..Box_::default() }] });
    for (data, expr) in [
        (approvals, "approvals.reviews.exists_one(r, r.user == 'ann' && r.state == 'approved' && r.bot)"),
        (commits, "commits.items.all(c, c.subject == 'fix: it' && c.merge)"),
        (sums, "checksums.files.exists_one(f, f.name == 'a')"),
        (list, "checklist.items.all(i, i.text == 't' && i.ticked)"),
    ] {
        // Beside evidence of another kind, which it does not speak of.
        assert_eq!(of(expr, vec![Data::Tests(run(PASSED)), data]), Pass, "{expr}");
    }
}

#[test]
fn a_name_is_spelt_with_dots_or_with_brackets() {
    let of = |expr: &str| check::name_of(&parse(expr).unwrap());
    for spelt in ["tests.counts.failed", "tests['counts'].failed", "tests['counts'][\"failed\"]"] {
        assert_eq!(of(spelt).as_deref(), Some("tests.counts.failed"), "{spelt}");
    }
    for none in ["tests.cases[0]", "tests.cases[tests.counts.failed]", "tests + 'x'", "tests == 'x'", "'tests'"] {
        assert_eq!(of(none), None, "{none}");
    }
    assert_eq!(of("tests.cases[0].name"), None);
}

#[test]
fn a_variable_is_no_part_of_the_document_whatever_it_is_called() {
    let names = |expr: &str| check::check(&parse(expr).unwrap()).names.into_iter().collect::<Vec<_>>();
    assert_eq!(names("[1].all(tests, tests == 1)"), Vec::<String>::new());
    let within = names("tests.cases.all(c, c.name != run.tag && findings.total == 0)");
    assert_eq!(within.join(" "), "findings findings.total run run.tag tests tests.cases");
}

#[test]
fn what_is_chosen_or_added_up_is_checked_like_its_parts() {
    for expr in [
        "(tests.counts.failed == 0 ? tests.cases : tests.cases)[0].nam == 't0'",
        "(tests.cases + tests.cases)[0].nam == 't0'",
        "(tests.cases + tests.cases).all(c, c.nam != '')",
        "[tests.cases[0]].all(c, c.nam != '')",
    ] {
        let problems = gate(&RULE, &keys(expr)).unwrap_err();
        assert!(problems.len() == 1 && problems[0].contains("no `nam`"), "{expr}: {problems:?}");
        assert_eq!(tests(&expr.replace("nam", "name"), PASSED), Pass, "{expr}");
    }
}

#[test]
fn a_list_is_as_long_as_what_it_is_made_of() {
    let of = |name: &str| match name {
        "tests.cases" | "evidence" => 100,
        // What no name tells: as long as the longest.
        "" => 1_000,
        _ => 1,
    };
    let size = |expr: &str| check::cost(&parse(expr).unwrap(), &of).1;
    for (expr, want) in [
        ("tests.cases", 100),
        ("evidence", 100),
        ("tests.cases.map(c, c)", 100),
        ("evidence.filter(e, e.path != '')", 100),
        ("tests.cases + evidence", 200),
        ("tests.counts.failed == 0 ? tests.cases : [1]", 100),
        ("tests.cases.map(c, evidence)", 100),
        ("[1, 2, 3]", 3),
        ("{'a': 1, 'b': 2}", 2),
        ("tests.cases.size()", 1),
        ("dyn(tests.cases)", 100),
        ("evidence == evidence", 1),
        ("tests.cases.all(c, true)", 1),
        ("1", 1),
    ] {
        assert_eq!(size(expr), want, "{expr}");
    }
    // Lists in lists take as many steps as there are pairs.
    let steps = |expr: &str| check::cost(&parse(expr).unwrap(), &of).0;
    assert!(steps("tests.cases.all(a, tests.cases.all(b, a != b))") > 100 * steps("tests.cases.all(b, b != 1)") - 100);
    assert!(steps("tests.cases.all(a, evidence.all(b, true)) && true") < 2 * 100 * 100 * 10);
    // An element may be a list itself, and what a member is asked of has to be worked out first.
    assert!(steps("[tests.cases].all(x, x.all(y, true))") > 1_000);
    assert!(steps("evidence.all(e, true)") < 1_000);
    assert!(steps("{'a': tests.cases.all(c, true)}.a") > 100);
    assert_eq!(steps("tests.counts.failed"), steps("tests"), "a name is one step");
    // The same where a list is looked at first.
    let demanded = |expr: &str| {
        let mut expr = parse(expr).unwrap();
        demand_elements(&mut expr);
        check::cost(&expr, &of).0
    };
    assert!(demanded("[tests.cases].all(x, x.all(y, true))") > 1_000);
    assert!((100..1_000).contains(&demanded("evidence.all(e, true)")), "{}", demanded("evidence.all(e, true)"));
}

#[test]
fn findings_without_a_severity_are_warned_of_where_no_count_holds_them() {
    let said = |expr: &str, severities: &[Severity]| {
        let j = Case::new(&RULE, &keys(expr), vec![evidence("e", found(severities))]).judged();
        (j.status(), j.violations.into_iter().map(|v| v.message).collect::<Vec<_>>().join("; "))
    };
    let some = "findings.counts.critical == 0 && findings.counts.high == 0";
    let words = |n: &str| (GateStatus::Warn, format!("{n} no severity, so no count that is asked for holds them"));
    assert_eq!(said(some, &[Severity::Low]), (Pass, String::new()));
    assert_eq!(said(some, &[Severity::Unknown]), words("1 finding states"));
    assert_eq!(said(some, &[Severity::Unknown, Severity::Low, Severity::Unknown]), words("2 findings state"));
    for all in ["findings.counts.unknown < 9", "findings.total < 9", "findings.items.size() < 9"] {
        assert_eq!(said(&format!("{some} && {all}"), &[Severity::Unknown]).0, Pass, "{all}");
        assert_eq!(said(all, &[Severity::Unknown]).0, Pass, "{all}");
    }
}
