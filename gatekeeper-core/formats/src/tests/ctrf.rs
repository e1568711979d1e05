//! CTRF, the Common Test Report Format (JSON).
//!
//! Specification: <https://ctrf.io/docs/specification/overview>, schema <https://github.com/ctrf-io/ctrf>. Written by the `*-ctrf-json-reporter`
//! packages of Playwright, Cypress, Jest, pytest and others. What we do:
//!
//! - `pending` and `other` are skipped; times are milliseconds.
//! - A duration that is minus a date is a start without an end (pytest-json-ctrf, of the test in which pytest was interrupted and which
//!   it calls passed): the run is not complete.
//! - A passed test is flaky where it says so, or where it was retried and does not deny it.
//! - What the summary counts beyond the listed tests is kept as a second reading: the list was trimmed.

use super::common::{self, Text, Texts};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::{Case, Outcome, Suite, TestRun, Totals};
use gatekeeper_evidence::{Data, Kind, Note};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "ctrf",
    title: "CTRF (Common Test Report Format)",
    kind: Kind::Tests,
    extensions: &["json"],
    places: &["ctrf/*.json", "ctrf-report.json", "**/ctrf-report.json"],
    spec: "CTRF specification, https://ctrf.io/docs/specification/overview",
    producers: &["playwright", "cypress", "jest", "pytest"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    if shape.text("reportFormat") == Some("CTRF") {
        return Confidence::Certain;
    }
    // The member is newer than the format.
    Confidence::when(
        !shape.root_is_array
            && shape.has_all(&["results.tool.name", "results.summary.passed", "results.summary.other"]),
        Confidence::Certain,
    )
}

/// No duration is below this, milliseconds; what is, lacks one of the two times that it is the difference of.
const NO_END: f64 = -1e11;

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    results: Results<'a>,
}

#[derive(Deserialize)]
struct Results<'a> {
    #[serde(borrow)]
    tool: Option<Tool<'a>>,
    summary: Option<Summary>,
    #[serde(borrow)]
    tests: Vec<Test<'a>>,
    #[serde(borrow)]
    environment: Option<Environment<'a>>,
}

#[derive(Deserialize)]
struct Environment<'a> {
    #[serde(borrow)]
    commit: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Tool<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Summary {
    tests: Option<u64>,
    failed: Option<u64>,
    skipped: Option<u64>,
    pending: Option<u64>,
    other: Option<u64>,
    stop: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    duration: Option<f64>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
    #[serde(borrow)]
    trace: Option<Text<'a>>,
    #[serde(borrow)]
    suite: Option<Texts<'a>>,
    #[serde(borrow)]
    file_path: Option<Text<'a>>,
    line: Option<f64>,
    retries: Option<u32>,
    flaky: Option<bool>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let document: Document<'_> = json::from_input(input)?;
    let results = document.results;
    let mut suite = Suite::default();
    suite.cases.reserve_exact(results.tests.len());
    let mut classes = common::Classes::default();
    let mut unended = 0_usize;
    for (n, test) in results.tests.into_iter().enumerate() {
        let status = match test.status.as_ref() {
            "passed" => Outcome::Passed,
            "failed" => Outcome::Failed,
            "skipped" | "pending" | "other" => Outcome::Skipped,
            other => {
                return Err(ParseError::malformed("one of passed, failed, skipped, pending, other")
                    .in_path(format!("$.results.tests[{n}].status"))
                    .found(other));
            }
        };
        unended += usize::from(test.duration.is_some_and(|ms| ms < NO_END));
        let retries = test.retries.unwrap_or(0);
        let flaky = status == Outcome::Passed && test.flaky.unwrap_or(retries > 0);
        let mut detail = None;
        if status != Outcome::Passed || flaky {
            let message =
                test.message.as_deref().filter(|m| !m.trim().is_empty()).or(test.trace.as_deref()).unwrap_or_default();
            let place = test.trace.as_deref().and_then(common::place_in);
            let line = test.line.and_then(common::line_of);
            let (file, line) = match (test.file_path.as_deref(), place) {
                (Some(file), _) => (Some(file.to_owned()), line),
                (None, Some((file, line))) => (Some(file.into()), Some(line)),
                (None, None) => (None, line),
            };
            detail = common::detail(message, "", file.as_deref(), line);
            if retries > 0 {
                detail.get_or_insert_default().attempts = Some(retries.saturating_add(1));
            }
        }
        suite.cases.push(Case {
            name: common::name(&test.name).into(),
            class: test.suite.filter(|s| !s.0.is_empty()).map(|s| classes.get(&s.0)),
            status,
            flaky,
            time: test.duration.filter(|ms| *ms >= 0.0).map(|ms| ms / 1000.0),
            detail,
        });
    }
    let mut notes = Vec::new();
    if unended > 0 {
        notes.push(Note::new(format!("{unended} tests have a start and no end: the run was interrupted in them")));
    }
    let mut run = TestRun { suites: vec![suite], ..TestRun::default() };
    let mut created = None;
    if let Some(summary) = results.summary {
        created = summary.stop.and_then(common::epoch_ms);
        let skipped =
            [summary.skipped, summary.pending, summary.other].into_iter().flatten().reduce(u64::saturating_add);
        let words = run.hold_against(Totals { total: summary.tests, bad: summary.failed, skipped });
        notes.extend(words.map(|w| Note::new(format!("the summary {w}"))));
    }
    let tool = results.tool.and_then(|t| t.name).map(|n| n.trim().to_lowercase()).filter(|n| !n.is_empty());
    let commit = results.environment.and_then(|e| e.commit);
    let parsed = Parsed { tool, notes, created, ..Parsed::new(Data::Tests(run), Some(unended == 0)) };
    Ok(parsed.of_commits(commit.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    fn read(text: &str) -> Result<(TestRun, Option<String>), ParseError> {
        let limits = Limits::default();
        let input =
            Input { name: "t.json", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: false };
        let parsed = parse(&input)?;
        let Data::Tests(run) = parsed.data else { panic!("no tests") };
        Ok((run, parsed.tool))
    }

    #[test]
    fn statuses_and_flaky() {
        let (run, tool) = read(
            r#"{"results":{"tool":{"name":"Jest"},"summary":{"tests":6,"failed":1},"tests":[{"name":"a","status":"passed","duration":1500,"suite":["x","y"]},
            {"name":"b","status":"failed","message":"m","filePath":"a.js","line":3,"suite":"x"},{"name":"c","status":"pending"},{"name":"d","status":"other"},
            {"name":"e","status":"passed","flaky":true,"retries":2},{"name":"f","status":"passed","flaky":false,"retries":1}]}}"#,
        )
        .unwrap();
        let n = run.counts();
        assert_eq!((n.passed, n.failed, n.skipped, n.flaky), (3, 1, 2, 1));
        assert_eq!(run.suites[0].cases[0].class.as_deref(), Some("x > y"));
        assert_eq!(run.suites[0].cases[1].detail.as_ref().unwrap().line, Some(3));
        assert_eq!(run.suites[0].cases[4].detail.as_ref().unwrap().attempts, Some(3));
        assert_eq!(tool.as_deref(), Some("jest"));
        assert!((run.duration() - 1.5).abs() < 1e-9);
    }

    #[test]
    fn a_start_without_an_end_is_an_interrupted_run() {
        let limits = Limits::default();
        for (duration, complete) in [("5", true), ("-2", true), ("-1795276391948", false)] {
            let text = format!(r#"{{"results":{{"tests":[{{"name":"a","status":"passed","duration":{duration}}}]}}}}"#);
            let input =
                Input { name: "t.json", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: false };
            let parsed = parse(&input).unwrap();
            assert_eq!(parsed.complete, Some(complete), "{duration}");
            let Data::Tests(run) = parsed.data else { panic!("no tests") };
            assert!((0.0..1.0).contains(&run.duration()), "{duration}");
        }
    }

    #[test]
    fn what_only_the_summary_counts_is_a_second_reading() {
        let summary = r#"{"tests":6,"passed":2,"failed":1,"skipped":1,"pending":1,"other":0}"#;
        let (run, _) =
            read(&format!(r#"{{"results":{{"summary":{summary},"tests":[{{"name":"a","status":"passed"}}]}}}}"#))
                .unwrap();
        let beyond = run.beyond.unwrap();
        assert_eq!((beyond.unlisted, beyond.bad, beyond.skipped), (3, 1, 2));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for bad in [r#"{"results":{"tests":[{"name":"a","status":"green"}]}}"#, r#"{"results":{}}"#, "{}", "[]"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
