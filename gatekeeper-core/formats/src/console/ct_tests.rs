//! Unit tests of the console of `rebar3 ct`.

use super::*;
use crate::input::Limits;
use gatekeeper_evidence::error::ErrorCode;

const START: &str = "===> Verifying dependencies...\n===> Compiling a\n===> Running Common Test suites...\n";

fn read(rest: &str, exit_status: Option<i32>) -> Result<Parsed, ParseError> {
    let limits = Limits::default();
    let log = format!("{START}{rest}");
    parse(&Input { name: "x", bytes: log.as_bytes(), limits: &limits, exit_status, validate: false })
}

fn tests(p: &Parsed) -> &TestRun {
    let Data::Tests(t) = &p.data else { panic!("tests") };
    t
}

#[test]
fn totals_come_in_several_parts() {
    for (line, f, s, a, p) in [
        ("All 9 tests passed.", 0, 0, 0, 9),
        ("Failed 34 tests. Skipped 82 (0, 82) tests. Passed 62 tests. ", 34, 82, 82, 62),
        ("Failed 8 tests. Passed 8 tests. ", 8, 0, 0, 8),
        ("text without endSkipped 2 (2, 0) tests. Passed 0 tests. ", 0, 2, 0, 0),
    ] {
        let t = totals(line.as_bytes()).unwrap();
        assert_eq!((t.counts.failed, t.counts.skipped, t.auto, t.counts.passed), (f, s, a, p), "{line}");
    }
    for no in [
        "  All 9 tests passed.",
        "Failed 3 tests. ",
        "Passed 3 tests. Failed 2 tests.",
        "Skipped 3 (1, 1) tests. Passed 0 tests. ",
    ] {
        assert_eq!(totals(no.as_bytes()), None, "{no}");
    }
}

#[test]
fn a_failed_end_per_suite_is_a_problem_though_all_passed() {
    let log = "%%% a_SUITE: ...\n\n%%% undefined ==> end_per_suite: FAILED\n%%% undefined ==> {broke,\n    [x]}\nAll 3 tests passed.\n";
    let p = read(log, Some(0)).unwrap();
    assert_eq!((tests(&p).counts().passed, tests(&p).counts().total(), p.complete), (3, 3, Some(true)));
    let problem = &tests(&p).problems[0];
    assert_eq!((&*problem.name, &*problem.message), ("end_per_suite", "a_SUITE: {broke,\n    [x]}"));
}

#[test]
fn failed_and_skipped_cases_are_listed() {
    let log = "%%% a_SUITE: ..\n%%% a_SUITE ==> g.x: \x1b[0;31mFAILED\x1b[0m\n%%% a_SUITE ==> \x1b[0;31m{{badmatch,1},\n [{a,x,1,[{file,\"/p/a_SUITE.erl\"},{line,41}]}]}\x1b[0m\n\n%%% a_SUITE ==> y: SKIPPED\n%%% a_SUITE ==> {tc_user_skip,\"no\"}\n\n%%% a_SUITE ==> z: end_per_testcase FAILED\n%%% a_SUITE ==> {x}\nFailed 1 tests. Skipped 1 (1, 0) tests. Passed 2 tests. \nResults written to \"x\".\n===> Failures occurred running tests: 1\n";
    let p = read(log, Some(1)).unwrap();
    let n = tests(&p).counts();
    assert_eq!((n.failed, n.skipped, n.passed, p.complete, p.notes.len()), (1, 1, 2, Some(true), 1));
    let case = &tests(&p).suites[0].cases[0];
    let detail = case.detail.as_ref().unwrap();
    assert_eq!((&*case.name, detail.file.as_deref(), detail.line), ("g.x", Some("/p/a_SUITE.erl"), Some(41)));
}

#[test]
fn a_log_that_stops_is_refused() {
    assert!(read("%%% a_SUITE: ..\n", Some(0)).is_err());
    assert!(read("All 3 tests passed.\n%%% a_SUITE: ..\n", Some(0)).is_err());
    let e = read("===> Error running tests:\n  \"no suite\"\n", Some(1)).unwrap_err();
    assert_eq!(e.code(), ErrorCode::ToolFailed);
}

#[test]
fn what_rebar3_says_must_fit_the_totals() {
    let p = read("%%% a_SUITE: ...\nAll 3 tests passed.\n===> Failures occurred running tests: 2\n", None).unwrap();
    assert_eq!(p.complete, Some(false));
    let p = read("%%% a_SUITE ==> x: FAILED\n%%% a_SUITE ==> y\n\nAll 3 tests passed.\n", None).unwrap();
    assert_eq!(p.complete, Some(false));
    assert_eq!(read("All 3 tests passed.\n", Some(1)).unwrap().complete, Some(false));
}

#[test]
fn the_plain_form_adds_up_its_tests() {
    let log = "\nCommon Test starting (cwd is /p)\n\nTEST INFO: 2 test(s), 2 suite(s)\nTesting l.a: Starting test, 3 test cases\nAll 99 tests passed.\nTesting l.a: TEST COMPLETE, 2 ok, 1 failed of 3 test cases\n\nTesting l.b: Starting test, 0 test cases\nTesting l.b: TEST COMPLETE, 0 ok, 0 failed of 0 test cases\n===> Failures occurred running tests: 1\n";
    let p = read(log, Some(1)).unwrap();
    assert_eq!((tests(&p).counts().passed, tests(&p).counts().failed), (2, 1));
}

#[test]
fn totals_of_repeated_runs_stand_one_below_the_other() {
    let p = read("Failed 1 tests. Passed 2 tests. \nAll 3 tests passed.\nResults written to \"x\".\n===> Failures occurred running tests: 1\n", Some(1)).unwrap();
    assert_eq!((tests(&p).counts().passed, tests(&p).counts().failed, p.complete), (5, 1, Some(true)));
}

#[test]
fn a_line_that_a_test_printed_above_the_totals_is_not_added() {
    let p = read(
        "All 99 tests passed.\nFailed 1 tests. Passed 2 tests. \n===> Failures occurred running tests: 1\n",
        Some(1),
    )
    .unwrap();
    assert_eq!((tests(&p).counts().passed, tests(&p).counts().failed), (2, 1));
    let p = read("All 99 tests passed.\nAll 2 tests passed.\n", Some(0)).unwrap();
    assert_eq!(tests(&p).counts().total(), 2);
    let p = read(
        "%%% a_SUITE: ..\n%%% b_SUITE: .\n%%% a_SUITE: ..\n%%% b_SUITE: .\nAll 3 tests passed.\nAll 3 tests passed.\n",
        Some(0),
    )
    .unwrap();
    assert_eq!(tests(&p).counts().total(), 6);
}

#[test]
fn a_recorded_make_is_what_ct_run_prints() {
    let limits = Limits::default();
    let read = |log: &str, exit_status| {
        parse(&Input { name: "x", bytes: log.as_bytes(), limits: &limits, exit_status, validate: false })
    };
    let log = "\nCommon Test v1.27 starting (cwd is /p)\n\nTEST INFO: 1 test(s), 2 case(s) in 1 suite(s)\n\nTesting a: Starting test, 2 test cases\nTesting a: TEST COMPLETE, 2 ok, 0 failed of 2 test cases\n";
    let good = read(log, Some(0)).unwrap();
    assert_eq!((tests(&good).counts().passed, good.complete), (2, Some(true)));
    // Without a status it is another format's, and a log of rebar3 is its own.
    assert!(read(log, None).is_err() && read(&format!("===> Compiling a\n{log}"), Some(0)).is_err());
    assert!(read("make: *** No rule to make target 'ct'.\n", Some(2)).is_err());
}
