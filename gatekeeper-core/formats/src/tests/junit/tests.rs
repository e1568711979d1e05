//! What the reader makes of each writer's habits.

use super::*;
use crate::input::Limits;

pub(super) fn read(text: &str) -> Result<(TestRun, Option<bool>, Option<String>), ParseError> {
    let limits = Limits::default();
    let input = Input { name: "t.xml", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: false };
    let parsed = parse(&input)?;
    let Data::Tests(run) = parsed.data else { panic!("no tests") };
    Ok((run, parsed.complete, parsed.tool))
}

#[test]
fn the_worst_element_of_a_case_counts() {
    let (run, ..) = read(
        "<testsuite name='s'><testcase name='a'><skipped/><failure message='m &lt;'/><error/></testcase>\
         <testcase name='b'><error type='T'>x</error><skipped/></testcase><testcase name='c'/></testsuite>",
    )
    .unwrap();
    let n = run.counts();
    assert_eq!((n.failed, n.errored, n.skipped, n.passed), (1, 1, 0, 1));
    assert_eq!(&*run.suites[0].cases[0].detail.as_ref().unwrap().message, "m <");
    assert_eq!(&*run.suites[0].cases[1].detail.as_ref().unwrap().kind, "T");
}

#[test]
fn flaky_only_without_a_failure() {
    let (run, ..) = read(
        "<testsuite name='s'><testcase name='a'><flakyFailure message='m'/><flakyError/></testcase>\
         <testcase name='b'><failure/><flakyFailure/></testcase><testcase name='c'><failure/><rerunFailure/></testcase></testsuite>",
    )
    .unwrap();
    let n = run.counts();
    assert_eq!((n.passed, n.failed, n.flaky), (1, 2, 1));
    assert_eq!(run.suites[0].cases[0].detail.as_ref().unwrap().attempts, Some(3));
}

#[test]
fn common_test_config_functions_are_no_cases() {
    let (run, complete, tool) = read(
        "<?xml version=\"1.0\" encoding= \"UTF-8\" ?><testsuites><testsuite name='x_SUITE' hostname='h' log='l' tests='1' failures='0'>\
         <testcase name='init_per_suite'/><testcase name='a'/><testcase name='end_per_suite'>\n<failure type='crash'>why</failure></testcase></testsuite></testsuites>",
    )
    .unwrap();
    assert_eq!(run.counts().total(), 1);
    assert_eq!((run.problems.len(), run.problems[0].name.as_str()), (1, "x_SUITE:end_per_suite"));
    assert_eq!((complete, tool.as_deref()), (Some(true), Some("ct")));
}

#[test]
fn a_class_of_cases_may_have_such_names() {
    let (run, ..) =
        read("<testsuite name='s'><testcase classname='c' name='init_per_suite'><failure/></testcase></testsuite>")
            .unwrap();
    assert_eq!(run.counts().failed, 1);
}

#[test]
fn eunit_skipped_is_cancelled() {
    let (run, complete, tool) = read(
        "<testsuite name=\"module 'a_tests'\" tests='2' skipped='1'><testcase time='0.000' name='a_tests:3 x_test'/>\
         <testcase time='0.000' name='a_tests:4 y_test'><skipped type='timeout'/></testcase></testsuite>",
    )
    .unwrap();
    assert_eq!((run.counts().skipped, complete, tool.as_deref()), (1, Some(false), Some("eunit")));
}

#[test]
fn stated_failures_that_are_not_listed_are_a_problem() {
    let (run, ..) = read(
        "<testsuites failures='0' errors='1'><testsuite name='broken.test.js' errors='1' tests='0'/>\
         <testsuite name='b'><testcase name='a'/></testsuite></testsuites>",
    )
    .unwrap();
    assert_eq!(run.problems.len(), 1);
    assert_eq!(run.problems[0].name, "broken.test.js");
}

#[test]
fn a_case_that_says_it_failed_has_failed() {
    let (run, ..) = read(
        "<testsuites><testcase name='a' status='failed'/><testcase name='b' status='notrun'/><testcase name='c' result='suppressed'/>\
         <testcase name='d' status='run' result='completed'/></testsuites>",
    )
    .unwrap();
    let n = run.counts();
    assert_eq!((n.failed, n.skipped, n.passed), (1, 2, 1));
}

#[test]
fn what_holds_no_results_is_refused() {
    for bad in [
        "<suites/>",
        "<testsuites><suite><case/></suite></testsuites>",
        "<testsuite name='x'><node_order>1</node_order><testcase name='a'/></testsuite>",
        "<testsuite><testcase name='a'/>",
        "<html><body/></html>",
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

#[test]
fn order_and_shared_classes() {
    let (run, ..) = read(
        "<testsuite name='outer'><testcase classname='outer' name='1'/><testsuite name='inner'><testcase classname='k' name='2'/>\
         <testcase classname='k' name='3'/></testsuite><testcase name='4'/></testsuite>",
    )
    .unwrap();
    assert_eq!(run.suites.iter().map(|s| &*s.name).collect::<Vec<_>>(), ["outer", "inner"]);
    assert_eq!(run.suites[0].cases[0].class, None);
    let (a, b) = (&run.suites[1].cases[0].class, &run.suites[1].cases[1].class);
    assert!(Arc::ptr_eq(a.as_ref().unwrap(), b.as_ref().unwrap()));
}

#[test]
fn documents_one_behind_the_other_are_added_up() {
    let one = "<?xml version='1.0'?>\n<testsuite name='a'><testcase name='x'/></testsuite>\n";
    let two = "<?xml version='1.0'?><testsuites><testsuite name='b'><testcase name='y'><failure/></testcase></testsuite></testsuites>";
    let (run, ..) = read(&format!("{one}{two}")).unwrap();
    assert_eq!((run.counts().total(), run.counts().failed, run.suites.len()), (2, 1, 2));
    for bad in ["<other/>", "<testsuite><testcase name='y'>", "text", "</testsuite>"] {
        assert!(read(&format!("{one}{bad}")).is_err(), "{bad}");
    }
}

#[test]
fn a_todo_that_fails_is_skipped() {
    let (run, ..) = read(
        "<testsuites><testcase name='t' classname='test'><skipped type='todo' message='true'/><failure message='x'/></testcase>\
         <testcase name='u' classname='test'><skipped type='skipped'/><failure message='x'/></testcase></testsuites>",
    )
    .unwrap();
    assert_eq!((run.counts().skipped, run.counts().failed), (1, 1));
}

#[test]
fn a_tear_down_that_failed_in_every_attempt_is_no_flake() {
    let read = |cases: &str| {
        let open =
            "<testsuite xmlns:xsi='x' xsi:noNamespaceSchemaLocation='https://x/surefire-test-report.xsd' name='x.A'>";
        read(&format!("{open}{cases}</testsuite>")).unwrap().0.counts()
    };
    let case = "<testcase name='one' classname='x.A'/>";
    let nameless =
        |n: usize| format!("<testcase name='' classname='x.A'>{}</testcase>", "<flakyError message='m'/>".repeat(n));
    assert_eq!(read(&format!("{case}{case}{}", nameless(2))).errored, 1);
    // The second attempt went well.
    let flaky = read(&format!("{case}{case}{}", nameless(1)));
    assert_eq!((flaky.errored, flaky.flaky), (0, 1));
    // A set-up that failed once stands before the class's cases.
    let set_up = read(&format!("{}{case}", nameless(1)));
    assert_eq!((set_up.errored, set_up.flaky), (0, 1));
}

#[test]
fn playwright_s_skips_are_on_purpose_or_did_not_run() {
    let read = |cases: &str| {
        let root = "<testsuites id='' name='' tests='2' failures='0' skipped='1' errors='0' time='1'><testsuite name='a.spec.ts'>";
        read(&format!("{root}{cases}</testsuite></testsuites>")).unwrap().1
    };
    let ok = "<testcase name='a' classname='a.spec.ts'/>";
    let bare = "<testcase name='b' classname='a.spec.ts'><skipped></skipped></testcase>";
    let meant =
        "<testcase name='b'><properties><property name='fixme' value=''></property></properties><skipped/></testcase>";
    assert_eq!(read(&format!("{ok}{bare}")), Some(false));
    assert_eq!(read(&format!("{ok}{meant}")), Some(true));
    assert_eq!(read(&format!("<testcase name='f'><failure/></testcase>{bare}")), Some(true));
}
