use super::*;
use crate::input::Limits;

const HEAD: &str = "=== Suite started at 2026-01-02 03:04:05\n=== Starting test, 2 test cases\n=cases         2\n=user          \n=emulator      beam\n=started       2026-01-02 03:04:05\n";

fn record(name: &str, result: &str) -> String {
    format!(
        "=case          {name}\n=logfile       x.html\n=started       2026\n=ended         2026\n=result        {result}\n=elapsed       0.25s\n"
    )
}

fn end(ok: u64, failed: u64, user: u64, auto: u64) -> String {
    let total = ok + failed + user + auto;
    format!(
        "=== TEST COMPLETE, {ok} ok, {failed} failed of {total} test cases\n\n=finished      2026\n=failed        {failed}\n=successful    {ok}\n=user_skipped  {user}\n=auto_skipped  {auto}\n=elapsed_time  5\n"
    )
}

fn read(text: &str) -> Result<Parsed, ParseError> {
    let limits = Limits::default();
    parse(&Input { name: "suite.log", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: true })
}

fn run(parsed: &Parsed) -> &TestRun {
    match &parsed.data {
        Data::Tests(t) => t,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_failure_has_its_message_and_place() {
    let reason = "failed: {{badmatch,1},\n          [{a_SUITE,f,1,\n             [{file,\n                 \"/p/a_SUITE.erl\"},\n              {line,41}]},\n           {test_server,ts_tc,3,[{file,\"test_server.erl\"},{line,9}]}]}, [{a_SUITE,\n      f,\n     41}]";
    let short = "failed: timeout, [{timer,sleep,2},\n   {a_SUITE,g,\n    7}]";
    let text = [HEAD, &record("a_SUITE:f", reason), &record("a_SUITE:g", short), &end(0, 2, 0, 0)].concat();
    let parsed = read(&text).unwrap();
    assert_eq!(parsed.complete, Some(true));
    assert_eq!(parsed.tool.as_deref(), Some("ct"));
    let cases: Vec<_> = run(&parsed).cases().map(|(_, c)| c).collect();
    let d = cases[0].detail.as_ref().unwrap();
    assert_eq!((d.file.as_deref(), d.line, d.kind.as_ref()), (Some("/p/a_SUITE.erl"), Some(41), "failed"));
    assert!(d.message.starts_with("{{badmatch,1},[{a_SUITE,f,1,[{file,"), "{}", d.message);
    let d = cases[1].detail.as_ref().unwrap();
    assert_eq!((d.file.as_deref(), d.line), (Some("a_SUITE.erl"), Some(7)));
    assert!((run(&parsed).duration() - 0.5).abs() < 1e-9);
}

#[test]
fn a_comment_that_looks_like_records_is_a_comment() {
    let forged = "ok: fine\n=case          a_SUITE:faked\n=started       2026\n=result        ok\nmore";
    let text = [HEAD, &record("a_SUITE:f", forged), &record("a_SUITE:g", "ok"), &end(2, 0, 0, 0)].concat();
    let parsed = read(&text).unwrap();
    let names: Vec<_> = run(&parsed).cases().map(|(_, c)| c.name.as_ref()).collect();
    assert_eq!(names, ["a_SUITE:f", "a_SUITE:g"]);
    assert!(parsed.notes.is_empty());
}

#[test]
fn forged_records_never_change_the_counts() {
    let forged = format!("skipped: no\n{}{}", record("a_SUITE:x", "ok"), end(9, 0, 0, 0));
    let text = [HEAD, &record("a_SUITE:f", &forged), &record("a_SUITE:g", "failed: x, y"), &end(0, 1, 1, 0)].concat();
    let parsed = read(&text).unwrap();
    let n = run(&parsed).counts();
    assert_eq!((n.passed, n.failed, n.skipped), (0, 1, 1));
    assert_eq!(parsed.notes.len(), 1, "{:?}", parsed.notes);
}

#[test]
fn a_forged_end_is_none() {
    let forged = format!("skipped: no\n{}", end(9, 0, 0, 0));
    let text = [HEAD, &record("a_SUITE:f", &forged), "=== *** SKIPPED test case 1 ***\n"].concat();
    assert!(read(&text).unwrap_err().message().contains("the run did not end"));
    let text = [HEAD, &record("a_SUITE:f", &format!("ok: x\n{}", end(9, 0, 0, 0)).replace("=elapsed", "=el"))].concat();
    assert!(read(&text.replace("=elapsed  ", "=el ")).is_err());
}

#[test]
fn config_functions_are_problems_and_no_cases() {
    let auto = "=case          a_SUITE:f\n=started       2026\n=result        auto_skipped: init_per_suite failed\n=== *** Skipping\n=== \n";
    let user = "=case          a_SUITE:g\n=started       2026\n=result        skipped: not today\n";
    let text = [
        HEAD,
        &record("a_SUITE:init_per_suite", "failed: {boom,\n  []}, unknown_location"),
        auto,
        user,
        &end(0, 0, 1, 1),
    ];
    let parsed = read(&text.concat()).unwrap();
    let t = run(&parsed);
    assert_eq!(parsed.complete, Some(true));
    assert_eq!(t.problems.len(), 1);
    assert_eq!((t.problems[0].name.as_str(), t.problems[0].line), ("a_SUITE:init_per_suite", Some(7)));
    assert_eq!(t.problems[0].message, "{boom,[]}, unknown_location");
    let kinds: Vec<_> = t.cases().map(|(_, c)| c.detail.as_ref().unwrap().kind.as_ref()).collect();
    assert_eq!(kinds, ["auto_skipped", "user_skipped"]);
}

#[test]
fn a_suite_that_cannot_be_loaded_is_not_complete() {
    let head = HEAD.replace("=cases         2", "=cases         0");
    let text =
        [head.as_str(), &record("ct_framework:error_in_suite", "failed: 'x', unknown_location"), &end(0, 0, 0, 0)];
    let parsed = read(&text.concat()).unwrap();
    assert_eq!((parsed.complete, run(&parsed).counts().total()), (Some(false), 0));
}

#[test]
fn cut_anywhere_before_its_last_count_it_is_refused() {
    let text = [HEAD, &record("a_SUITE:f", "ok"), &record("a_SUITE:g", "ok"), &end(2, 0, 0, 0)].concat();
    let last = text.find("=auto_skipped  0").unwrap() + "=auto_skipped  0".len();
    for cut in 0..last {
        assert!(read(text.split_at(cut).0).is_err(), "{cut}");
    }
    assert!(read(text.split_at(last).0).is_ok());
    let many = text.replace("=auto_skipped  0", "=auto_skipped  10").replace("of 2 test", "of 12 test");
    assert!(read(&many).is_ok());
    assert!(read(many.split_at(many.find("=auto_skipped  1").unwrap() + "=auto_skipped  1".len()).0).is_err());
    let e = read(&text.replace("=failed        0", "=failed        x")).unwrap_err();
    assert!(e.message().contains("behind '=failed'"), "{e}");
}

#[test]
fn a_time_that_cannot_be_is_left_out() {
    let slow = "=case          a_SUITE:f\n=started       2026-01-02 03:04:05\n=ended         2026-01-02 03:04:07\n=result        failed: timeout, x\n=elapsed       300.000000s\n";
    let right = slow.replace("300.0", "2.2").replace("_SUITE:f", "_SUITE:g");
    let parsed = read(&[HEAD, slow, &right, &end(0, 2, 0, 0)].concat()).unwrap();
    let times: Vec<_> = run(&parsed).cases().map(|(_, c)| c.time).collect();
    assert_eq!((times, parsed.notes.len()), (vec![None, Some(2.2)], 1));
}

#[test]
fn fewer_cases_than_planned_is_not_complete() {
    let text = [HEAD, &record("a_SUITE:f", "ok"), &end(1, 0, 0, 0)].concat();
    assert_eq!(read(&text).unwrap().complete, Some(false));
}
