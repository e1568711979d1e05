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
