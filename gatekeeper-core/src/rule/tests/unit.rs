use super::super::testing::{self, conditions, evidence, gate, violations};
use super::*;
use GateStatus::{Error, Fail, Pass, Warn};
use gatekeeper_evidence::test_run::{Detail, Problem};

fn case(name: &str, status: Outcome) -> Case {
    Case { name: name.into(), class: Some("calc".into()), status, time: Some(0.5), ..Case::default() }
}

fn suite(cases: Vec<Case>) -> TestRun {
    TestRun { suites: vec![Suite { cases, ..Suite::named("s") }], problems: Vec::new(), ..TestRun::default() }
}

/// `p`assed, `f`ailed, `e`rrored, `s`kipped, flak`y`: each a case of that name and its number.
pub(super) fn run(letters: &str) -> TestRun {
    let cases = letters.chars().enumerate().map(|(n, letter)| {
        let status = match letter {
            'p' | 'y' => Outcome::Passed,
            'f' => Outcome::Failed,
            'e' => Outcome::Errored,
            _ => Outcome::Skipped,
        };
        Case { flaky: letter == 'y', ..case(&format!("{letter}{n}"), status) }
    });
    suite(cases.collect())
}

pub(super) fn of(keys: &str, runs: Vec<TestRun>) -> testing::Case<'_> {
    let evidence = runs.into_iter().map(|r| evidence("junit.xml", Data::Tests(r))).collect();
    testing::Case::new(&RULE, keys, evidence)
}

fn status(keys: &str, letters: &str) -> GateStatus {
    of(keys, vec![run(letters)]).judged().status()
}

#[test]
fn a_run_of_which_nothing_ran_is_an_error() {
    for keys in ["", "max-failed = 0", "min-pass-rate = 50", "max-skipped = 9"] {
        assert_eq!([status(keys, ""), status(keys, "ss"), status(keys, "sp")], [Error, Error, Pass], "{keys}");
    }
    let j = of("", vec![run("ss")]).judged();
    assert_eq!((violations(&j), j.to_pass.clone()), (vec![("nothing-tested", Error)], vec![Remedy::RunTests]));
    let mut broken = run("");
    broken.problems.push(Problem { name: "init_per_suite".to_owned(), ..Problem::default() });
    assert_eq!(violations(&of("", vec![broken]).judged()), [("nothing-tested", Error), ("test-setup-failed", Error)]);
}

#[test]
fn failed_and_errored_cases_count_alike() {
    assert_eq!([status("", "ppp"), status("", "ppf"), status("", "ppe")], [Pass, Fail, Fail]);
    let most = "max-failed = 1";
    assert_eq!([status(most, "pf"), status(most, "pe"), status(most, "pfe")], [Pass, Pass, Fail]);
    let rate = "min-pass-rate = 75";
    assert_eq!([status(rate, "pppf"), status(rate, "pppfe"), status(rate, "pppess")], [Pass, Fail, Pass]);
    let j = of("", vec![run("pfe")]).judged();
    assert_eq!(violations(&j), [("test-failed", Fail), ("test-failed", Fail)]);
    assert_eq!(j.violations[0].id.as_deref(), Some("calc: f1"));
    assert_eq!(j.to_pass, [Remedy::FixTests(2)]);
    // Within what is allowed nothing is listed; `max-failed` alone asks for no rate.
    let j = of(most, vec![run("pf")]).judged();
    assert_eq!((conditions(&j), violations(&j), j.to_pass.clone()), (vec![("failed", Pass)], vec![], vec![]));
    let both = "max-failed = 1\nmin-pass-rate = 100";
    assert_eq!(conditions(&of(both, vec![run("pf")]).judged()), [("pass-rate", Fail), ("failed", Pass)]);
}

#[test]
fn cases_that_are_counted_and_not_named_count() {
    let mut counted = run("p");
    counted.suites[0].unlisted = Counts { passed: 3, failed: 1, errored: 1, ..Counts::default() };
    let j = of("", vec![counted.clone()]).judged();
    assert_eq!(violations(&j), [("test-failed", Fail)]);
    assert_eq!(j.violations[0].message, "2 failed cases that it does not name");
    assert_eq!(of("max-failed = 2\nmin-cases = 6\nmin-runs = 6", vec![counted.clone()]).judged().status(), Pass);
    assert_eq!(of("max-failed = 2\nmin-cases = 7", vec![counted.clone()]).judged().status(), Fail);
    assert_eq!(of("max-failed = 2\nmin-runs = 7", vec![counted]).judged().status(), Fail);
}

#[test]
fn floors_count_what_ran() {
    let floor = "min-cases = 2";
    assert_eq!(
        [status(floor, "p"), status(floor, "pss"), status(floor, "pp"), status(floor, "ppp")],
        [Fail, Fail, Pass, Pass]
    );
    let attempts = |n| {
        let mut c = case("prop", Outcome::Passed);
        c.detail = Some(Box::new(Detail { attempts: Some(n), ..Detail::default() }));
        of("min-runs = 100", vec![suite(vec![c, case("s", Outcome::Skipped)])]).judged().status()
    };
    assert_eq!([attempts(99), attempts(100), attempts(101)], [Fail, Pass, Pass]);
}

#[test]
fn each_property_runs_often_enough() {
    let property = |n| {
        let mut c = case("prop", Outcome::Passed);
        c.detail = Some(Box::new(Detail { attempts: Some(n), ..Detail::default() }));
        c
    };
    let each = |cases: Vec<Case>| of("max-failed = 9\nmin-runs-each = 100", vec![suite(cases)]).judged();
    assert_eq!(each(vec![property(100), property(500)]).status(), Pass);
    let short = each(vec![property(99), property(500)]);
    assert_eq!(violations(&short), [("too-few-runs", Fail)]);
    assert!(short.violations[0].message.contains("ran 99 times, at least 100"), "{}", short.violations[0].message);
    // What fails or is skipped is judged by what it is; a case without a number ran once.
    assert_eq!(each(vec![property(100), case("f", Outcome::Failed), case("s", Outcome::Skipped)]).status(), Pass);
    assert_eq!(each(vec![case("plain", Outcome::Passed)]).status(), Fail);
}

#[test]
fn ceilings_on_skipped_and_flaky_cases() {
    let skipped = "max-skipped = 1";
    assert_eq!([status(skipped, "ps"), status(skipped, "pss")], [Pass, Fail]);
    let flaky = "max-flaky = 1";
    assert_eq!([status(flaky, "py"), status(flaky, "pyy"), status("", "pyy")], [Pass, Fail, Fail]);
}

#[test]
fn times_are_held_to_their_limits() {
    // Two cases of half a second.
    let whole = |max| status(&format!("max-duration = {max}"), "pp");
    assert_eq!([whole("0.9"), whole("1"), whole("1.1")], [Fail, Pass, Pass]);
    let each = |max: &str| of(&format!("max-case-duration = {max}"), vec![run("pp")]).judged().status();
    assert_eq!([each("0.4"), each("0.5"), each("0.6")], [Fail, Pass, Pass]);
    let j = of("max-case-duration = 0.4", vec![run("p")]).judged();
    assert_eq!(violations(&j), [("test-slow", Fail)]);
    assert_eq!(j.violations[0].message, "calc: p0 took 0.500 s");
    // A clock that was set back takes nothing from the others.
    let back = suite(vec![case("a", Outcome::Passed), Case { time: Some(-5.0), ..case("b", Outcome::Passed) }]);
    assert_eq!(of("max-duration = 0.4", vec![back]).judged().status(), Fail);
}

#[test]
fn cases_without_a_time_cannot_be_held_to_one() {
    let without = |name| Case { time: None, ..case(name, Outcome::Passed) };
    let said = |keys, cases| {
        let j = of(keys, vec![suite(cases)]).judged();
        violations(&j).into_iter().map(|(c, s)| (c.to_owned(), s)).collect::<Vec<_>>()
    };
    let untimed = |s| vec![("test-untimed".to_owned(), s)];
    for keys in ["max-duration = 9", "max-case-duration = 9"] {
        assert_eq!(said(keys, vec![without("a")]), untimed(Error));
        assert_eq!(said(keys, vec![without("a"), case("b", Outcome::Passed)]), untimed(Warn));
        assert_eq!(said(keys, vec![case("b", Outcome::Passed), Case { status: Outcome::Skipped, ..without("a") }]), []);
    }
    assert_eq!(said("", vec![without("a")]), []);
    let counted = |time, keys| {
        let mut r = run("p");
        r.suites[0].unlisted.passed = 3;
        r.suites[0].unlisted_time = time;
        of(keys, vec![r]).judged().status()
    };
    assert_eq!([counted(0.0, "max-duration = 9"), counted(2.0, "max-duration = 9")], [Error, Pass]);
    assert_eq!(counted(2.0, "max-case-duration = 9"), Error);
}

#[test]
fn a_run_without_a_case_beside_others_is_warned_of() {
    let j = of("", vec![run("p"), run("")]).judged();
    assert_eq!(violations(&j), [("empty-run", Warn)]);
    let mut ct = of("", vec![run("p"), run("")]);
    ct.evidence[1].source.tool = Some("ct".to_owned());
    assert_eq!(violations(&ct.judged()), []);
}

#[test]
fn a_setup_that_failed_fails_the_gate() {
    let mut broken = run("pp");
    broken.problems.push(Problem { name: "init".to_owned(), message: "no db".to_owned(), line: Some(3) });
    let j = of("max-failed = 9", vec![broken.clone()]).judged();
    assert_eq!(violations(&j), [("test-setup-failed", Fail)]);
    assert_eq!(j.violations[0].message, "init: no db");
    let waived = of("", vec![broken]).judged_waiving(&|i| i.test == Some("init"));
    assert_eq!(waived.status(), Pass);
}

#[test]
fn what_is_waived_counts_neither_for_nor_against() {
    let name = |wanted: &'static str| move |i: &Item<'_>| i.test == Some(wanted);
    let j = of("", vec![run("ppfs")]).judged_waiving(&name("f2"));
    assert_eq!((j.status(), j.conditions[0].value.clone()), (Pass, Quantity::Share(Ratio::new(2, 2))));
    assert_eq!(of("", vec![run("ppff")]).judged_waiving(&name("f2")).to_pass, [Remedy::FixTests(1)]);
    assert_eq!(of("", vec![run("ppe")]).judged_waiving(&name("e2")).status(), Pass);
    assert_eq!(of("max-skipped = 0", vec![run("ps")]).judged_waiving(&name("s1")).status(), Pass);
    assert_eq!(of("max-flaky = 0", vec![run("py")]).judged_waiving(&name("y1")).status(), Pass);
    let slow = of("max-case-duration = 0.4", vec![run("p")]).judged_waiving(&name("p0"));
    assert_eq!((slow.status(), violations(&slow)), (Pass, vec![]));
    // It has run: a floor is not missed for it. Of nothing else, nothing is left to judge.
    assert_eq!(of("min-cases = 2\nmin-runs = 2", vec![run("pf")]).judged_waiving(&name("f1")).status(), Pass);
    let j = of("", vec![run("f")]).judged_waiving(&name("f0"));
    assert_eq!(violations(&j), [("all-waived", Error)]);
}

#[test]
fn only_what_counts_against_the_gate_is_asked_for() {
    let asked = |keys| {
        let asked = std::cell::RefCell::new(Vec::new());
        of(keys, vec![run("pfsye")]).judged_waiving(&|i| {
            assert_eq!((i.suite, i.id), (Some("calc"), Some(format!("calc: {}", i.test.unwrap()).as_str())));
            asked.borrow_mut().push(i.test.unwrap().to_owned());
            false
        });
        asked.into_inner().join(" ")
    };
    assert_eq!(asked(""), "f1 y3 e4");
    assert_eq!(asked("flaky = \"pass\""), "f1 e4");
    assert_eq!(asked("max-skipped = 0\nmax-flaky = 0"), "f1 s2 y3 e4");
    assert_eq!(asked("max-case-duration = 0.1"), "p0 f1 s2 y3 e4");
}

#[test]
fn a_gate_that_nothing_can_fail_is_refused() {
    assert!(gate(&RULE, "min-pass-rate = 0").is_err());
    for fine in ["min-pass-rate = 0\nmax-skipped = 1", "min-pass-rate = 0\nmax-duration = 1", "", "max-failed = 3"] {
        assert!(gate(&RULE, fine).is_ok(), "{fine}");
    }
}

#[test]
fn a_message_is_cut_to_its_first_line() {
    assert_eq!(first_line("\n  \n a \n b"), "a");
    assert_eq!(first_line(&"x".repeat(301)), format!("{}…", "x".repeat(300)));
    assert_eq!(first_line(&"x".repeat(300)), "x".repeat(300));
}

#[test]
fn a_name_says_where_its_case_stands_once() {
    let of = |class: Option<&str>, suite: &str, name: &str| {
        let case = Case { name: name.into(), class: class.map(Into::into), ..Case::default() };
        full_name(&Suite::named(suite), &case)
    };
    assert_eq!(of(Some("calc"), "s", "adds"), "calc: adds");
    assert_eq!(of(None, "s", "adds"), "s: adds");
    assert_eq!(of(None, "", "adds"), "adds");
    assert_eq!(of(Some("calc"), "s", "calc.adds"), "calc.adds");
}

#[test]
fn a_flaky_case_fails_warns_or_passes_as_the_policy_says() {
    assert_eq!([status("", "py"), status("flaky = \"fail\"", "py")], [Fail, Fail]);
    assert_eq!([status("flaky = \"warn\"", "py"), status("flaky = \"pass\"", "py")], [Warn, Pass]);
    assert_eq!([status("flaky = \"warn\"", "pp"), status("flaky = \"fail\"", "pp")], [Pass, Pass]);
    // Who allows some lets them pass, up to that many.
    assert_eq!(["y", "py", "pyy"].map(|cases| status("max-flaky = 1", cases)), [Pass, Pass, Fail]);
    assert_eq!(status("max-flaky = 1\nflaky = \"fail\"", "py"), Fail);
    let j = of("", vec![run("py")]).judged();
    assert_eq!(violations(&j), [("test-flaky", Fail)]);
    assert!(j.violations[0].message.contains("calc: y1 both failed and passed"), "{:?}", j.violations);
    let j = of("flaky = \"pass\"", vec![run("py")]).judged();
    assert_eq!(j.notes, ["flaky: calc: y1"]);
    // It counts as a failed case where so many may fail.
    assert_eq!([status("max-failed = 1", "py"), status("max-failed = 1", "pyy")], [Pass, Fail]);
}

#[test]
fn attempts_are_one_run() {
    let attempt = |n: &str, letters: &str| {
        let mut e = evidence(&format!("{n}.xml"), Data::Tests(run(letters)));
        e.source.labels.insert("attempt".to_owned(), n.to_owned());
        e
    };
    let judged = |keys: &str, all: Vec<Evidence>| testing::Case::new(&RULE, keys, all).judged();
    // `f0` and `p0` are two cases: the names of a run's cases come of their letters.
    let renamed = |n: &str, status| {
        let mut e = attempt(n, "pp");
        let Data::Tests(t) = &mut e.data else { return e };
        t.suites[0].cases[0].status = status;
        e
    };
    let both = || vec![renamed("1", Outcome::Failed), renamed("2", Outcome::Passed)];
    assert_eq!(judged("", both()).status(), Fail);
    assert_eq!(judged("flaky = \"pass\"", both()).status(), Pass);
    let counts = judged("flaky = \"pass\"\nmin-cases = 3", both());
    assert_eq!(counts.status(), Fail, "two cases in two attempts are two cases");
    let lost = vec![attempt("1", "ppp"), attempt("2", "pp")];
    let j = judged("flaky = \"pass\"", lost);
    assert_eq!(violations(&j), [("test-lost", Error)]);
    assert_eq!(judged("attempts = \"failed-only\"", vec![attempt("1", "ppp"), attempt("2", "pp")]).status(), Pass);
    // What a lost attempt told of flaky cases nobody knows; where the last outcome counts alone it told nothing.
    let gap = |keys: &str| judged(keys, vec![attempt("1", "pp"), attempt("3", "pp")]);
    assert_eq!(violations(&gap("")), [("attempt-lost", Error)]);
    assert!(gap("").violations[0].message.contains("attempts 1 and 3, and none 2"), "{:?}", gap("").violations);
    assert_eq!([gap("max-flaky = 1").status(), gap("flaky = \"warn\"").status()], [Error, Error]);
    assert_eq!([gap("flaky = \"pass\"").status(), gap("attempts = \"failed-only\"").status()], [Pass, Pass]);
}

#[test]
fn a_case_in_quarantine_may_fail_until_its_day() {
    let keys = |test: &str, expires: &str| {
        format!("quarantine = [{{ test = \"{test}\", reason = \"clock\", expires = \"{expires}\", owner = \"me\" }}]")
    };
    let day = testing_day();
    let judged = |test: &str, expires: &str, letters: &str| {
        let keys = keys(test, expires);
        let mut case = of(&keys, vec![run(letters)]);
        case.now = Some(day);
        case.judged()
    };
    assert_eq!(judged("f1", "2026-06-01", "pf").status(), Pass);
    assert_eq!(judged("calc: f1", "2026-06-01", "pf").status(), Pass);
    assert_eq!(judged("f1", "2026-05-31", "pf").status(), Fail);
    assert_eq!(judged("f2", "2026-06-01", "pf").status(), Fail);
    assert_eq!(judged("y1", "2026-06-01", "py").status(), Pass);
    // It is let fail, not forgotten; what is left must be something.
    assert_eq!(judged("f1", "2026-06-01", "pf").notes, ["f1 may fail until 2026-06-01 (clock, me)"]);
    assert_eq!(judged("f0", "2026-06-01", "f").status(), Error);
    assert_eq!(judged("f1", "2026-05-31", "pp").notes, ["the quarantine of f1 ended on 2026-05-31 and does not count"]);
    assert_eq!(judged("f1", "2026-06-01", "pp").notes, ["f1 is in quarantine, and no such case ran"]);
}

/// 2026-06-01.
fn testing_day() -> i64 {
    1_780_272_000
}

#[test]
fn subsystems_count_as_cases_where_the_gate_names_them() {
    use crate::config::Selector;
    let healthy = TestRun { health: Some(Box::default()), ..run("p") };
    let takes = |data: TestRun, select: Selector| {
        gate(&RULE, "").unwrap().takes(&evidence("h.json", Data::Tests(data)), &select)
    };
    let some = || vec!["x".to_owned()];
    assert!(!takes(healthy.clone(), Selector::default()));
    assert!(takes(healthy.clone(), Selector { formats: some(), ..Selector::default() }));
    assert!(takes(healthy.clone(), Selector { evidence: some(), ..Selector::default() }));
    assert!(takes(healthy, Selector { tools: some(), ..Selector::default() }));
    assert!(takes(run("p"), Selector::default()));
}

#[test]
fn that_nothing_was_tested_is_told_by_what_was_there() {
    let words = |letters: &str| of("", vec![run(letters)]).judged().violations[0].message.clone();
    assert_eq!(words(""), "no test case ran: 0 of 0 is not a pass");
    assert_eq!(words("s"), "the only case was skipped: nothing was tested");
    assert_eq!(words("sss"), "all 3 cases were skipped: nothing was tested");
    let waived = of("", vec![run("sf")]).judged_waiving(&|i| i.test == Some("f1"));
    assert_eq!(waived.violations[0].message, "every case that ran is waived: nothing is left to judge");
}

#[test]
fn a_waiver_of_a_setup_sees_its_name_and_where_it_failed() {
    let broken = || {
        let mut r = run("pp");
        r.problems.push(Problem { name: "init".to_owned(), message: "no db".to_owned(), line: None });
        of("", vec![r])
    };
    let j = broken().judged();
    assert_eq!((j.status(), j.violations[0].source.as_deref()), (Fail, Some("junit.xml")));
    let by = |fits: &dyn Fn(&Item<'_>) -> bool| broken().judged_waiving(fits).status();
    assert_eq!(by(&|i| i.id == Some("init")), Pass);
    assert_eq!(by(&|i| i.sources.iter().any(|s| s.path == "junit.xml")), Pass);
    assert_eq!(by(&|i| i.id == Some("other") || i.sources.is_empty()), Fail);
}

#[test]
fn flaky_cases_that_are_waived_count_in_nothing() {
    let fails = "flaky = \"fail\"\nmax-failed = 9\nmax-flaky = 9";
    let figures = |keys: &str, letters: &str, waived: &[&str]| {
        let j = of(keys, vec![run(letters)]).judged_waiving(&|i| waived.contains(&i.test.unwrap_or_default()));
        let one = |c: &Condition| match c.value {
            Quantity::Count(n) => format!("{} {n}", c.metric),
            Quantity::Share(r) => format!("{} {}/{}", c.metric, r.covered, r.total),
            _ => String::new(),
        };
        j.conditions.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(figures(fails, "pyyf", &[]), "failed 3, flaky 2");
    assert_eq!(figures(fails, "pyyf", &["y1"]), "failed 2, flaky 1");
    assert_eq!(figures(fails, "pyyf", &["f3"]), "failed 2, flaky 2");
    let rate = "flaky = \"fail\"\nmin-pass-rate = 10";
    assert_eq!(figures(rate, "ppyyf", &[]), "pass-rate 2/5");
    assert_eq!(figures(rate, "ppyyf", &["y2"]), "pass-rate 2/4");
    assert_eq!(figures(rate, "ppyyf", &["y2", "y3", "f4"]), "pass-rate 2/2");
    // Where they pass they stay passed, waived or not.
    let passes = "flaky = \"pass\"\nmin-pass-rate = 10\nmax-flaky = 9";
    assert_eq!(figures(passes, "ppyyf", &[]), "pass-rate 4/5, flaky 2");
    assert_eq!(figures(passes, "ppyyf", &["y2"]), "pass-rate 4/5, flaky 1");
}

#[test]
fn flaky_cases_are_named_up_to_five() {
    let note = |n: usize| of("flaky = \"pass\"", vec![run(&format!("p{}", "y".repeat(n)))]).judged().notes.join("");
    assert_eq!(note(0), "");
    assert_eq!(note(5), "flaky: calc: y1, calc: y2, calc: y3, calc: y4, calc: y5");
    assert_eq!(note(7), "flaky: calc: y1, calc: y2, calc: y3, calc: y4, calc: y5 and 2 more");
}

#[test]
fn a_property_that_is_only_counted_ran_once() {
    let counted = |unlisted: Counts| {
        let mut r = run("");
        r.suites[0].cases = vec![Case {
            detail: Some(Box::new(Detail { attempts: Some(100), ..Detail::default() })),
            ..case("prop", Outcome::Passed)
        }];
        r.suites[0].unlisted = unlisted;
        of("max-failed = 9\nmin-runs-each = 100", vec![r]).judged().status()
    };
    assert_eq!(counted(Counts::default()), Pass);
    assert_eq!(counted(Counts { passed: 1, ..Counts::default() }), Fail);
    assert_eq!(counted(Counts { failed: 1, ..Counts::default() }), Pass, "what failed is judged by that");
}

#[test]
fn a_quarantine_of_a_case_that_passed_is_for_one_that_ran() {
    let notes = |test: &str| {
        let keys = format!("quarantine = [{{ test = \"{test}\", reason = \"r\", expires = \"2026-06-01\" }}]");
        let mut case = of(&keys, vec![run("pp")]);
        case.now = Some(testing_day());
        case.judged().notes.join("")
    };
    assert_eq!(notes("p1"), "");
    assert_eq!(notes("calc: p1"), "");
    assert_eq!(notes("calk: p1"), "calk: p1 is in quarantine, and no such case ran");
}

#[test]
fn a_quarantine_names_a_case_a_reason_and_a_day() {
    let said = |entry: &str| gate(&RULE, &format!("quarantine = [{{ {entry} }}]")).unwrap_err();
    for (entry, words) in [
        ("reason = \"r\", expires = \"2026-06-01\"", "has no `test`"),
        ("test = \" \", reason = \"r\", expires = \"2026-06-01\"", "has no `test`"),
        ("test = \"t\", expires = \"2026-06-01\"", "has no `reason`"),
        ("test = \"t\", reason = \"\", expires = \"2026-06-01\"", "has no `reason`"),
        ("test = \"t\", reason = \"r\"", "has no `expires`"),
    ] {
        let problems = said(entry);
        assert!(problems.len() == 1 && problems[0].contains(words), "{entry}: {problems:?}");
    }
}
