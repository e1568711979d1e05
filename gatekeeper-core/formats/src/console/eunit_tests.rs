//! Unit tests of the console of EUnit.

use super::*;
use crate::input::Limits;
use gatekeeper_evidence::error::ErrorCode;

const START: &str = "===> Verifying dependencies...\n===> Compiling a\n===> Performing EUnit tests...\n";

fn read(rest: &str, exit_status: Option<i32>) -> Result<Parsed, ParseError> {
    let limits = Limits::default();
    let log = format!("{START}{rest}");
    parse(&Input { name: "x", bytes: log.as_bytes(), limits: &limits, exit_status, validate: false })
}

fn tests(p: &Parsed) -> &TestRun {
    let Data::Tests(t) = &p.data else { panic!("tests") };
    t
}

const VERBOSE: &str = "======================== EUnit ========================\nmodule 'a'\n";

#[test]
fn every_form_of_a_good_run_is_read() {
    for (log, n) in [
        ("  Test passed.\n", 1),
        ("  2 tests passed.\n", 2),
        ("  All 3 tests passed.\n", 3),
        ("text without a line end  All 3 tests passed.\n", 3),
        ("\x1b[0;32m.\x1b[0m\x1b[0;32m.\x1b[0m\nFinished in 0.011 seconds\n\x1b[0;32m2 tests, 0 failures\n\x1b[0m", 2),
    ] {
        let p = read(log, None).unwrap();
        assert_eq!((tests(&p).counts().passed, tests(&p).counts().total(), p.complete), (n, n, Some(true)), "{log}");
    }
}

#[test]
fn cancelled_tests_make_a_run_incomplete_though_none_failed() {
    let bar = "=======================================================\n";
    let p = read(
        &format!(
            "{bar}  Failed: 0.  Skipped: 0.  Passed: 2.\nOne or more tests were cancelled.\n===> Error running tests\n"
        ),
        None,
    )
    .unwrap();
    assert_eq!((tests(&p).counts().passed, tests(&p).counts().failed, p.complete), (2, 0, Some(false)));
    assert!(!tests(&p).problems.is_empty());
    // Cut right behind the counts: the form alone says that something was cancelled.
    assert_eq!(read(&format!("{bar}  Failed: 0.  Skipped: 0.  Passed: 2."), None).unwrap().complete, Some(false));
    let p = read("..\n3 tests, 0 failures, 1 cancelled\n===> Error running tests\n", None).unwrap();
    assert_eq!((tests(&p).counts().total(), p.complete), (2, Some(false)));
    assert!(read("...\n3 tests, 0 failures", None).is_err());
}

#[test]
fn failed_cases_have_name_place_and_message() {
    let log = "a_tests: x_test...*failed*\nin function a:f/1 (/p/src/a.erl, line 3)\nin call from a_tests:x_test/0 (/p/test/a_tests.erl, line 9)\n**error:{badmatch,\n   1}\n  output:<<\"\">>\n\n=====\n  Failed: 1.  Skipped: 0.  Passed: 4.\n===> Error running tests\n";
    let p = read(log, Some(1)).unwrap();
    let case = &tests(&p).suites[0].cases[0];
    let detail = case.detail.as_ref().unwrap();
    assert_eq!((&*case.name, case.class.as_deref()), ("a_tests: x_test", Some("a_tests")));
    assert_eq!((detail.file.as_deref(), detail.line, &*detail.kind), (Some("/p/test/a_tests.erl"), Some(9), "error"));
    assert_eq!(&*detail.message, "error:{badmatch,\n   1}");
    assert_eq!((tests(&p).counts().failed, tests(&p).counts().total(), p.complete), (1, 5, Some(true)));
}

#[test]
fn the_progress_forms_list_is_read() {
    let log = ".F\nFailures:\n\n  1) a_tests:x_test/0: text\n     Failure/Error: ?assertEqual(1, a : f ( ))\n       expected: 1\n            got: 2\n     %% eunit_proc.erl:346:in `eunit_proc:with_timeout/3`\n     Output: \n\nPending:\n  a_tests:y_test/0\n    %% Unknown error: {timeout,x}\n\n\nFinished in ? seconds\n3 tests, 1 failures, 1 cancelled\n===> Error running tests\n";
    let p = read(log, Some(1)).unwrap();
    let t = tests(&p);
    assert_eq!(t.suites[0].cases.len(), 1);
    assert!(t.suites[0].cases[0].detail.as_ref().unwrap().message.starts_with("?assertEqual(1"));
    assert_eq!(
        (t.problems.len(), &*t.problems[0].name, &*t.problems[0].message),
        (1, "a_tests:y_test/0", "Unknown error: {timeout,x}")
    );
}

#[test]
fn the_last_summary_counts_and_must_fit() {
    let forged = format!(
        "{VERBOSE}  a_tests: x_test...ok\n  All 99 tests passed.\nok\n  a_tests: y_test...text\nok\n=====\n  2 tests passed.\n"
    );
    assert_eq!(tests(&read(&forged, None).unwrap()).counts().passed, 2);
    assert!(read(&format!("{VERBOSE}  a_tests: x_test...ok\n  All 99 tests passed.\n"), None).is_err());
    assert!(read(&format!("{VERBOSE}  a_tests: x_test...ok\n  Test passed.\n  a_tests: y_test...ok\n"), None).is_err());
    assert!(read(".\n99 tests, 0 failures\n", None).is_err());
    let p =
        read("  Failed: 1.  Skipped: 0.  Passed: 4.\n===> Error running tests\n  All 5 tests passed.\n", None).unwrap();
    assert_eq!(p.complete, Some(false));
}

#[test]
fn a_log_that_stops_is_refused() {
    let e = read(&format!("{VERBOSE}  a_tests: x_test...ok\n  a_tests: halts_test..."), Some(0)).unwrap_err();
    assert_eq!(e.code(), ErrorCode::Malformed);
    let e = read("===> Error Running EUnit Tests:\n  Module `x' not found in project.\n", Some(1)).unwrap_err();
    assert_eq!((e.code(), e.location().offset), (ErrorCode::ToolFailed, Some(START.len() as u64)));
}

#[test]
fn an_exit_status_that_nothing_explains_is_not_complete() {
    assert_eq!(read("  Test passed.\n", Some(1)).unwrap().complete, Some(false));
    assert_eq!(read("  Test passed.\n", Some(0)).unwrap().complete, Some(true));
    let next = "  Test passed.\n===> Verifying dependencies...\n===> Running Common Test suites...\n";
    assert_eq!(read(next, Some(1)).unwrap().complete, Some(true));
}

#[test]
fn two_runs_add_up_and_a_printed_start_line_is_none() {
    let p = read("  Test passed.\n===> Verifying dependencies...\n===> Performing EUnit tests...\n  Failed: 1.  Skipped: 0.  Passed: 1.\n===> Error running tests\n", None).unwrap();
    assert_eq!((tests(&p).counts().total(), tests(&p).counts().failed), (3, 1));
    let p = read("===> Performing EUnit tests...\n  Test passed.\n", None).unwrap();
    assert_eq!(tests(&p).counts().total(), 1);
}

fn plain(log: &str, exit_status: Option<i32>) -> Result<Parsed, ParseError> {
    let limits = Limits::default();
    parse(&Input { name: "x", bytes: log.as_bytes(), limits: &limits, exit_status, validate: false })
}

#[test]
fn a_log_without_rebar3_is_eunits_as_a_whole() {
    let log = " GEN    test-dir\n GEN    eunit\n  All 12 tests passed.\n";
    let p = plain(log, Some(0)).unwrap();
    assert_eq!((tests(&p).counts().passed, p.complete), (12, Some(true)));
    let failed = " GEN    eunit\na_tests: x_test (module 'a_tests')...*failed*\nin function a_tests:x_test/0 (test/a_tests.erl, line 9)\n**error:{assertEqual,[{module,a_tests},\n  {line,9},\n  {expression,\"a:f ( )\"},\n  {expected,1},\n  {value,2}]}\n  output:<<\"\">>\n\n=======================================================\n  Failed: 1.  Skipped: 0.  Passed: 3.\nmake: *** [erlang.mk:7000: eunit] Error 1\n";
    let p = plain(failed, Some(2)).unwrap();
    assert_eq!((tests(&p).counts().failed, tests(&p).counts().passed, p.complete), (1, 3, Some(true)));
    let detail = tests(&p).suites[0].cases[0].detail.clone().unwrap();
    assert!(detail.message.starts_with("assertEqual: expected 1, got 2 (a:f ( ))"), "{}", detail.message);
    assert_eq!((detail.file.as_deref(), detail.line), (Some("test/a_tests.erl"), Some(9)));
    // Two applications: none hides the other.
    let p = plain(&format!("{failed}{log}"), None).unwrap();
    assert_eq!((tests(&p).counts().failed, tests(&p).counts().passed), (1, 15));
    let cancelled = "  Failed: 0.  Skipped: 0.  Passed: 2.\nOne or more tests were cancelled.\n";
    assert_eq!(plain(cancelled, None).unwrap().complete, Some(false));
}

#[test]
fn a_log_without_rebar3_that_breaks_off_is_refused() {
    for log in [
        "======================== EUnit ========================\na_tests: x_test...ok\n",
        "a_tests: x_test...*failed*\nin function a:f/0\n",
        "  All 3 tests passed.\na_tests: y_test...*failed*\n",
        "make: *** [eunit] Error 1\n",
        "===> Compiling a\n  All 3 tests passed.\n",
    ] {
        assert!(plain(log, None).is_err(), "{log}");
    }
}

#[test]
fn plain_logs_are_told_by_their_header_or_summary() {
    let sniffed = |log: &str| sniff(&Head::new("x.log", log.as_bytes(), log.len()));
    assert_eq!(sniffed("======================== EUnit ========================\n"), Confidence::Certain);
    assert_eq!(sniffed(" GEN eunit\r\n  All 12 tests passed.\r\n"), Confidence::Likely);
    assert_eq!(sniffed("  Failed: 1.  Skipped: 0.  Passed: 3.\n"), Confidence::Likely);
    assert_eq!(sniffed("12 tests passed.\nall passed.\n"), Confidence::No);
}
