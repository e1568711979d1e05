//! Jest's JSON (`jest --json --outputFile`), which Vitest's JSON reporter writes too.
//!
//! Specification: `FormattedTestResults` of `@jest/test-result`,
//! <https://github.com/jestjs/jest/blob/main/packages/jest-test-result/src/types.ts>. What we do:
//!
//! - `pending`, `skipped`, `todo` and `disabled` are skipped.
//! - A test with `invocations` > 1 that passed was retried: flaky.
//! - A file that did not load gives an entry of status `error` without a title: no case, but a problem, and the run is not complete. So is a file
//!   that failed without a failed test, and a run that `wasInterrupted`.
//! - Times are milliseconds; null for what did not run.

use super::common::{self, Text};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::{Case, Outcome, Problem, Suite, TestRun, Totals};
use gatekeeper_evidence::{Data, Kind};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "jest-json",
    title: "Jest JSON results",
    kind: Kind::Tests,
    extensions: &["json"],
    places: &["jest-results.json", "test-results/jest*.json", "reports/jest*.json"],
    spec: "@jest/test-result FormattedTestResults, https://github.com/jestjs/jest/blob/main/packages/jest-test-result/src/types.ts",
    producers: &["jest", "vitest"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let own = !shape.root_is_array
        && (shape.has_all(&["numTotalTests", "numFailedTests"])
            || shape.has_all(&["testResults[].assertionResults", "testResults[].name"]));
    Confidence::when(own, Confidence::Certain)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    num_total_tests: Option<u64>,
    num_failed_tests: Option<u64>,
    num_pending_tests: Option<u64>,
    num_todo_tests: Option<u64>,
    num_runtime_error_test_suites: Option<u64>,
    was_interrupted: Option<bool>,
    success: Option<bool>,
    #[serde(borrow)]
    test_results: Vec<File<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
    end_time: Option<f64>,
    #[serde(borrow)]
    assertion_results: Vec<Assertion<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assertion<'a> {
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    title: Option<Text<'a>>,
    #[serde(borrow)]
    full_name: Option<Text<'a>>,
    duration: Option<f64>,
    invocations: Option<u32>,
    #[serde(borrow)]
    failure_messages: Option<Vec<Option<Text<'a>>>>,
    location: Option<Place>,
}

#[derive(Deserialize)]
struct Place {
    line: Option<f64>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let document: Document<'_> = json::from_input(input)?;
    let mut run = TestRun::default();
    let mut complete = document.was_interrupted != Some(true);
    let mut created = None;
    for (n, file) in document.test_results.into_iter().enumerate() {
        let name = file.name.as_deref().unwrap_or_default();
        created = created.max(file.end_time.and_then(common::epoch_ms));
        let mut suite = Suite::named(name);
        let mut loaded = true;
        for (m, test) in file.assertion_results.into_iter().enumerate() {
            let message = test.failure_messages.iter().flatten().flatten().find(|t| !t.trim().is_empty());
            let message = message.map_or("", |t| t);
            let status = match test.status.as_ref() {
                "passed" | "focused" => Outcome::Passed,
                "failed" => Outcome::Failed,
                "pending" | "skipped" | "todo" | "disabled" => Outcome::Skipped,
                "error" => {
                    loaded = false;
                    run.problems.push(Problem {
                        name: test.title.as_deref().unwrap_or(name).to_owned(),
                        message: common::clip(message).to_owned(),
                        line: None,
                    });
                    continue;
                }
                other => {
                    return Err(ParseError::malformed("one of passed, failed, pending, skipped, todo, disabled")
                        .in_path(format!("$.testResults[{n}].assertionResults[{m}].status"))
                        .found(other));
                }
            };
            let tries = test.invocations.unwrap_or(1);
            let flaky = status == Outcome::Passed && tries > 1;
            let mut detail = None;
            if status == Outcome::Failed || flaky {
                let place = common::place_in(message);
                let stated = test.location.and_then(|l| l.line).and_then(common::line_of);
                let (path, line) = match &place {
                    Some((file, line)) => (file.as_ref(), Some(*line)),
                    None => (name, stated),
                };
                detail = common::detail(message, "", Some(path).filter(|p| !p.is_empty()), line);
                if tries > 1 {
                    detail.get_or_insert_default().attempts = Some(tries);
                }
            }
            let title = test.full_name.as_deref().filter(|t| !t.is_empty()).or(test.title.as_deref());
            suite.cases.push(Case {
                name: common::name(title.unwrap_or_default()).into(),
                class: None,
                status,
                flaky,
                time: test.duration.map(|ms| ms / 1000.0),
                detail,
            });
        }
        let failed = file.status.as_deref() == Some("failed");
        if failed && loaded && suite.cases.iter().all(|c| c.status != Outcome::Failed) {
            loaded = false;
            let message = common::clip(file.message.as_deref().unwrap_or_default()).to_owned();
            run.problems.push(Problem { name: name.to_owned(), message, line: None });
        }
        complete &= loaded;
        suite.cases.shrink_to_fit();
        run.suites.push(suite);
    }
    let skipped =
        [document.num_pending_tests, document.num_todo_tests].into_iter().flatten().reduce(u64::saturating_add);
    let stated = Totals { total: document.num_total_tests, bad: document.num_failed_tests, skipped };
    let words = run.hold_against(stated);
    let notes = words.map(|w| gatekeeper_evidence::Note::new(format!("the run {w}"))).into_iter().collect();
    let unloaded = u64::try_from(run.problems.len()).unwrap_or(u64::MAX);
    let stated = document.num_runtime_error_test_suites.unwrap_or(0);
    if stated > unloaded {
        complete = false;
        let message = format!("states {stated} suites that could not run, and lists {unloaded}");
        run.problems.push(Problem { name: "numRuntimeErrorTestSuites".into(), message, line: None });
    }
    if document.success == Some(false) && run.beyond.as_ref().is_none_or(|b| b.bad == 0) {
        // An obsolete snapshot, a threshold of coverage: whatever it was, the run failed.
        run.says_that_it_failed("success", "the run says that it did not succeed");
    }
    Ok(Parsed { notes, created, ..Parsed::new(Data::Tests(run), Some(complete)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(text: &str) -> Result<(TestRun, Option<bool>), ParseError> {
        testing::tests(parse, text, None)
    }

    #[test]
    fn statuses_retries_and_places() {
        let (run, complete) = read(
            r#"{"numTotalTests":4,"numFailedTests":1,"testResults":[{"name":"a.test.js","status":"failed","assertionResults":[
            {"status":"passed","title":"p","fullName":"x p","duration":1500,"invocations":1,"failureMessages":[]},
            {"status":"passed","title":"r","duration":0,"invocations":3},
            {"status":"failed","title":"f","duration":null,"failureMessages":["Error: no\n    at Object.<anonymous> (/p/a.test.js:7:3)"]},
            {"status":"todo","title":"t"}]}]}"#,
        )
        .unwrap();
        let n = run.counts();
        assert_eq!((n.passed, n.failed, n.skipped, n.flaky, complete), (2, 1, 1, 1, Some(true)));
        assert_eq!(&*run.suites[0].cases[0].name, "x p");
        let detail = run.suites[0].cases[2].detail.as_ref().unwrap();
        assert_eq!((detail.file.as_deref(), detail.line), (Some("/p/a.test.js"), Some(7)));
    }

    #[test]
    fn a_file_that_did_not_load_is_a_problem() {
        for file in [
            r#"{"name":"b","status":"failed","message":"no module","assertionResults":[]}"#,
            r#"{"name":"b","status":"failed","assertionResults":[{"status":"error","failureMessages":["no module"]}]}"#,
        ] {
            let (run, complete) =
                read(&format!(r#"{{"numTotalTests":0,"numFailedTests":0,"testResults":[{file}]}}"#)).unwrap();
            assert_eq!((run.counts().total(), run.problems.len(), complete), (0, 1, Some(false)));
            assert_eq!(run.problems[0].message, "no module");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for bad in
            ["{}", "[]", r#"{"testResults":[{"assertionResults":[{"status":"green"}]}]}"#, r#"{"testResults":[{}]}"#]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
