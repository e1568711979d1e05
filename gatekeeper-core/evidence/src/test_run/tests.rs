use super::*;

fn case(status: Outcome, flaky: bool, time: Option<f64>) -> Case {
    Case { status, flaky, time, ..Case::default() }
}

#[test]
fn counts_are_of_listed_and_unlisted_cases() {
    let suite = Suite {
        cases: vec![
            case(Outcome::Passed, true, Some(1.5)),
            case(Outcome::Failed, false, None),
            case(Outcome::Errored, false, Some(0.25)),
            case(Outcome::Errored, false, None),
            case(Outcome::Skipped, false, None),
            case(Outcome::Skipped, false, None),
            case(Outcome::Skipped, false, None),
        ],
        unlisted: Counts { passed: 10, failed: 20, errored: 30, skipped: 40, flaky: 50 },
        unlisted_time: 2.0,
        ..Suite::named("s")
    };
    let counts = suite.counts();
    assert_eq!(counts, Counts { passed: 11, failed: 21, errored: 32, skipped: 43, flaky: 51 });
    assert_eq!(Counts::of(&suite.cases[0]), Counts { passed: 1, flaky: 1, ..Counts::default() });
    assert_eq!(Counts::of(&suite.cases[1]), Counts { failed: 1, ..Counts::default() });
    // A flaky case has passed: it is no further one.
    assert_eq!(counts.total(), 11 + 21 + 32 + 43);
    let run = TestRun { suites: vec![suite.clone(), suite], problems: Vec::new(), ..TestRun::default() };
    assert_eq!(run.counts(), Counts { passed: 22, failed: 42, errored: 64, skipped: 86, flaky: 102 });
    assert!((run.duration() - 7.5).abs() < 1e-9);
    assert_eq!(run.cases().count(), 14);
    assert!(run.cases().all(|(s, _)| &*s.name == "s"));
}

#[test]
fn a_run_of_nothing_takes_no_time_and_no_negative_one() {
    assert!(TestRun::default().duration().is_sign_positive());
    assert_eq!(TestRun::default().counts().total(), 0);
}

#[test]
fn counts_do_not_run_over() {
    let most = Counts { passed: u64::MAX, failed: u64::MAX, errored: u64::MAX, skipped: u64::MAX, flaky: u64::MAX };
    let one = Counts { passed: 1, failed: 1, errored: 1, skipped: 1, flaky: 1 };
    assert_eq!(most.plus(one), most);
    assert_eq!(most.total(), u64::MAX);
}

#[test]
fn a_case_ends_the_worse_the_later_in_order() {
    assert!([Outcome::Passed, Outcome::Skipped, Outcome::Errored, Outcome::Failed].is_sorted());
}

#[test]
fn totals_are_held_against_what_is_listed() {
    let listed = Counts { passed: 8, failed: 1, errored: 0, skipped: 1, flaky: 0 };
    let (one, two) = (Some(1), Some(2));
    let beyond = |unlisted, bad, skipped, skipped_within, fewer, words: &str| Beyond {
        unlisted,
        bad,
        skipped,
        skipped_within,
        fewer,
        words: words.to_owned(),
    };
    for (total, bad, skipped, surplus, want) in [
        (Some(10), one, one, 0, Beyond::default()),
        (None, None, None, 0, Beyond::default()),
        (Some(10), Some(0), Some(0), 0, Beyond::default()),
        (Some(12), None, None, 0, beyond(2, 0, 0, 0, 0, "states 12 tests, lists 10")),
        (Some(12), None, None, 1, beyond(1, 0, 0, 0, 0, "states 12 tests, lists 10")),
        (Some(12), None, None, 2, Beyond::default()),
        // A skip that is counted and not listed is one of those that the total counts.
        (Some(12), one, two, 0, beyond(1, 0, 1, 0, 0, "states 12 tests, lists 10; states 2 skipped, lists 1")),
        (Some(11), one, two, 0, beyond(0, 0, 1, 0, 0, "states 11 tests, lists 10; states 2 skipped, lists 1")),
        (Some(10), one, Some(3), 0, beyond(0, 0, 0, 2, 0, "states 10 tests, lists 10; states 3 skipped, lists 1")),
        (Some(11), one, Some(3), 0, beyond(0, 0, 1, 1, 0, "states 11 tests, lists 10; states 3 skipped, lists 1")),
        (None, None, Some(3), 0, beyond(0, 0, 2, 0, 0, "states 3 skipped, lists 1")),
        (None, Some(3), None, 0, beyond(0, 2, 0, 0, 0, "states 3 failures, lists 1")),
        (Some(9), one, one, 0, beyond(0, 0, 0, 0, 1, "states 9 tests, lists 10")),
    ] {
        assert_eq!(
            Totals { total, bad, skipped }.against(listed, surplus),
            want,
            "{total:?} {bad:?} {skipped:?} {surplus}"
        );
    }
    // An error is as bad as a failure.
    let errors = Counts { errored: 2, failed: 1, ..Counts::default() };
    assert_eq!(Totals { bad: Some(3), ..Totals::default() }.against(errors, 0), Beyond::default());
    assert_eq!(Totals { bad: Some(4), ..Totals::default() }.against(errors, 0).bad, 1);
}

#[test]
fn a_total_below_the_list_says_nothing_where_its_producer_counts_less() {
    let fewer = Beyond { fewer: 3, words: "w".to_owned(), ..Beyond::default() };
    assert_eq!(fewer.clone().without_fewer(), Beyond::default());
    for more in [
        Beyond { unlisted: 1, ..fewer.clone() },
        Beyond { bad: 1, ..fewer.clone() },
        Beyond { skipped: 1, ..fewer.clone() },
        Beyond { skipped_within: 1, ..fewer.clone() },
    ] {
        assert_eq!(more.clone().without_fewer(), Beyond { fewer: 0, ..more });
    }
}

#[test]
fn what_an_outer_element_repeats_counts_once_and_suites_add_up() {
    let outer = Beyond { unlisted: 1, bad: 5, skipped: 2, skipped_within: 0, fewer: 7, words: String::new() };
    let inner = Beyond { unlisted: 4, bad: 2, skipped: 3, skipped_within: 6, fewer: 1, words: "inner".to_owned() };
    let more = Beyond { unlisted: 4, bad: 5, skipped: 3, skipped_within: 6, fewer: 7, words: "inner".to_owned() };
    assert_eq!(outer.clone().or_more(&inner), more);
    assert_eq!(inner.clone().or_more(&Beyond { words: "other".to_owned(), ..outer.clone() }), more);
    let sum = Beyond { unlisted: 5, bad: 7, skipped: 5, skipped_within: 6, fewer: 8, words: "inner".to_owned() };
    assert_eq!((outer.clone().plus(&inner), inner.plus(&outer)), (sum.clone(), sum));
}

#[test]
fn a_run_keeps_what_its_totals_say_otherwise() {
    let suite = Suite { cases: vec![case(Outcome::Passed, false, None)], ..Suite::default() };
    let mut run = TestRun { suites: vec![suite], ..TestRun::default() };
    assert_eq!(run.hold_against(Totals { total: Some(1), ..Totals::default() }), None);
    assert!(run.beyond.is_none() && !run.disagrees());
    let said = run.hold_against(Totals { total: Some(3), ..Totals::default() });
    assert_eq!(said.as_deref(), Some("states 3 tests, lists 1"));
    assert_eq!(run.beyond.as_ref().map(|b| b.unlisted), Some(2));
    for (beyond, disagrees) in [
        (Beyond { unlisted: 1, ..Beyond::default() }, true),
        (Beyond { bad: 1, ..Beyond::default() }, true),
        (Beyond { skipped_within: 1, ..Beyond::default() }, true),
        (Beyond { fewer: 1, ..Beyond::default() }, true),
        // A skip more makes nothing worse than it is listed.
        (Beyond { skipped: 1, ..Beyond::default() }, false),
    ] {
        run.beyond = Some(Box::new(beyond.clone()));
        assert_eq!(run.disagrees(), disagrees, "{beyond:?}");
    }
}

#[test]
fn a_run_that_calls_itself_failed_has_a_reason() {
    let of = |cases: Vec<Case>, problems: Vec<Problem>| {
        let suites = vec![Suite { cases, ..Suite::default() }];
        let mut run = TestRun { suites, problems, ..TestRun::default() };
        run.says_that_it_failed("the end", "says FAILED");
        run.problems.into_iter().map(|p| format!("{}: {}", p.name, p.message)).collect::<Vec<_>>()
    };
    let one = |status| vec![case(status, false, None)];
    assert_eq!(of(one(Outcome::Passed), vec![]), ["the end: says FAILED, and lists no reason"]);
    assert_eq!(of(one(Outcome::Skipped), vec![]).len(), 1);
    assert_eq!(of(one(Outcome::Failed), vec![]).len(), 0);
    assert_eq!(of(one(Outcome::Errored), vec![]).len(), 0);
    let own = Problem { name: "init".to_owned(), message: "x".to_owned(), line: None };
    assert_eq!(of(one(Outcome::Passed), vec![own]), ["init: x"]);
}
