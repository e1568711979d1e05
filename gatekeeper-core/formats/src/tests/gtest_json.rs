//! GoogleTest's JSON (`--gtest_output=json`).
//!
//! Specification: <https://google.github.io/googletest/advanced.html#generating-a-json-report>. What we do:
//!
//! - `result` of `SUPPRESSED` (disabled) and `SKIPPED`, and a `status` of `NOTRUN`, are skipped; a case with `failures` failed.
//! - Times are `0.035s`.
//! - What is counted beyond the listed tests is kept as a second reading. Where an environment failed, GoogleTest 1.12 writes no valid JSON: refused.

use super::common::{self, Text};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::{Case, Outcome, Suite, TestRun, Totals};
use gatekeeper_evidence::{Data, Kind, Note};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "gtest-json",
    title: "GoogleTest JSON results",
    kind: Kind::Tests,
    extensions: &["json"],
    places: &["test_detail.json", "test-results/gtest*.json"],
    spec: "GoogleTest, https://google.github.io/googletest/advanced.html#generating-a-json-report",
    producers: &["gtest"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let own = !shape.root_is_array
        && shape.has_all(&["tests", "failures", "disabled", "testsuites"])
        && shape.paths().all(|(p, _)| !p.starts_with("testsuites[].") || shape.has("testsuites[].name"));
    Confidence::when(own, Confidence::Certain)
}

#[derive(Deserialize)]
struct Document<'a> {
    tests: u64,
    failures: u64,
    disabled: Option<u64>,
    errors: Option<u64>,
    #[serde(borrow)]
    timestamp: Option<Text<'a>>,
    #[serde(borrow)]
    testsuites: Vec<Group<'a>>,
}

#[derive(Deserialize)]
struct Group<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    testsuite: Vec<Test<'a>>,
}

#[derive(Deserialize)]
struct Test<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    file: Option<Text<'a>>,
    line: Option<u32>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    result: Option<Text<'a>>,
    #[serde(borrow)]
    time: Option<Text<'a>>,
    #[serde(borrow)]
    classname: Option<Text<'a>>,
    #[serde(borrow, default)]
    failures: Vec<Failure<'a>>,
}

#[derive(Deserialize)]
struct Failure<'a> {
    #[serde(borrow)]
    failure: Option<Text<'a>>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let document: Document<'_> = json::from_input(input)?;
    let mut run = TestRun::default();
    let mut classes = common::Classes::default();
    for group in &document.testsuites {
        let mut suite = Suite::named(common::name(&group.name));
        for test in &group.testsuite {
            let status = match (test.status.as_ref(), test.result.as_deref()) {
                _ if !test.failures.is_empty() => Outcome::Failed,
                ("NOTRUN", _) | (_, Some("SKIPPED" | "SUPPRESSED")) => Outcome::Skipped,
                ("RUN", Some("COMPLETED") | None) => Outcome::Passed,
                (status, result) => {
                    let found = format!("{status} and {}", result.unwrap_or("no result"));
                    return Err(ParseError::malformed("a status and result of GoogleTest").at(0).found(&found));
                }
            };
            let mut detail = None;
            if let Some(first) = test.failures.first() {
                let message = first.failure.as_deref().unwrap_or_default();
                detail = common::detail(message, "", test.file.as_deref(), test.line.filter(|n| *n > 0));
            }
            let class = test.classname.as_deref().filter(|c| *c != group.name.as_ref());
            suite.cases.push(Case {
                name: common::name(&test.name).into(),
                class: class.map(|c| classes.get(common::name(c))),
                status,
                time: test.time.as_deref().and_then(common::seconds),
                detail,
                ..Case::default()
            });
        }
        run.suites.push(suite);
    }
    let bad = document.failures.saturating_add(document.errors.unwrap_or(0));
    let words = run.hold_against(Totals { total: Some(document.tests), bad: Some(bad), skipped: document.disabled });
    let notes = words.map(|w| Note::new(format!("a run that {w}"))).into_iter().collect();
    let created = document.timestamp.and_then(|t| t.parse::<jiff::Timestamp>().ok()).map(|t| t.as_second());
    Ok(Parsed { tool: Some("gtest".into()), notes, created, ..Parsed::new(Data::Tests(run), Some(true)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(text: &str) -> Result<(TestRun, Option<bool>), ParseError> {
        testing::tests(parse, text, None)
    }

    fn document(test: &str, failures: u64) -> String {
        format!(
            r#"{{"tests":1,"failures":{failures},"disabled":0,"testsuites":[{{"name":"A","testsuite":[{{"name":"x","time":"0.5s","classname":"A",{test}}}]}}]}}"#
        )
    }

    #[test]
    fn results_of_cases() {
        for (test, status) in [
            (r#""status":"RUN","result":"COMPLETED""#, Outcome::Passed),
            (r#""status":"NOTRUN","result":"SUPPRESSED""#, Outcome::Skipped),
            (r#""status":"RUN","result":"SKIPPED""#, Outcome::Skipped),
            (r#""status":"RUN","result":"SKIPPED","failures":[{"failure":"m"}]"#, Outcome::Failed),
        ] {
            let (run, _) = read(&document(test, 0)).unwrap();
            assert_eq!(run.suites[0].cases[0].status, status, "{test}");
            assert!((run.duration() - 0.5).abs() < 1e-9);
        }
        assert!(read(&document(r#""status":"RUN","result":"GREEN""#, 0)).is_err());
    }

    #[test]
    fn failures_that_are_not_listed_are_a_second_reading() {
        let (run, _) = read(&document(r#""status":"RUN","result":"COMPLETED""#, 1)).unwrap();
        assert_eq!(run.beyond.unwrap().bad, 1);
    }
}
