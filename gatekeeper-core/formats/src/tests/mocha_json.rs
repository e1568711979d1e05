//! Mocha's JSON reporter.
//!
//! Specification: <https://mochajs.org/#json>, `lib/reporters/json.js` of <https://github.com/mochajs/mocha>. What we do:
//!
//! - Cases are `passes`, `failures` and `pending`; `tests` lists the same ones again (and no hooks).
//! - A failing hook is an errored case; what did not run because of it is listed nowhere, so the run is not complete.
//! - `currentRetry` > 0 among the passes is flaky.
//! - What `stats` count beyond the listed tests is kept as a second reading.

use super::common::{self, Text};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::{Case, Outcome, Suite, TestRun, Totals};
use gatekeeper_evidence::{Data, Kind, Note};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "mocha-json",
    title: "Mocha JSON results",
    kind: Kind::Tests,
    extensions: &["json"],
    places: &["mocha.json", "mocha-results.json", "test-results/mocha*.json"],
    spec: "Mocha's JSON reporter, https://mochajs.org/#json",
    producers: &["mocha"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let own = shape.has_all(&["stats.suites", "stats.passes", "stats.pending", "stats.failures"])
        // Mochawesome has the same counts and nests its results.
        && !shape.has("stats.testsRegistered")
        && !shape.has("results");
    Confidence::when(own && !shape.root_is_array, Confidence::Certain)
}

#[derive(Deserialize)]
struct Document<'a> {
    stats: Stats<'a>,
    #[serde(borrow)]
    pending: Vec<Test<'a>>,
    #[serde(borrow)]
    failures: Vec<Test<'a>>,
    #[serde(borrow)]
    passes: Vec<Test<'a>>,
}

#[derive(Deserialize)]
struct Stats<'a> {
    tests: Option<u64>,
    pending: Option<u64>,
    failures: u64,
    #[serde(borrow)]
    end: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test<'a> {
    #[serde(borrow)]
    title: Option<Text<'a>>,
    #[serde(borrow)]
    full_title: Option<Text<'a>>,
    #[serde(borrow)]
    file: Option<Text<'a>>,
    duration: Option<f64>,
    current_retry: Option<u32>,
    #[serde(borrow)]
    err: Option<Failure<'a>>,
}

#[derive(Deserialize)]
struct Failure<'a> {
    #[serde(borrow)]
    message: Option<Text<'a>>,
    #[serde(borrow)]
    stack: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let document: Document<'_> = json::from_input(input)?;
    let mut suite = Suite::default();
    let mut classes = common::Classes::default();
    let mut complete = true;
    let mut hooks = 0_u64;
    let groups = [
        (document.passes, Outcome::Passed),
        (document.failures, Outcome::Failed),
        (document.pending, Outcome::Skipped),
    ];
    suite.cases.reserve_exact(groups.iter().map(|(g, _)| g.len()).sum());
    for (group, status) in groups {
        for test in group {
            let hook = status == Outcome::Failed && test.title.as_deref().is_some_and(is_hook);
            complete &= !hook;
            hooks += u64::from(hook);
            let status = if hook { Outcome::Errored } else { status };
            let retry = test.current_retry.unwrap_or(0);
            let flaky = status == Outcome::Passed && retry > 0;
            let mut detail = None;
            if status != Outcome::Passed {
                let err = test.err.as_ref();
                let message = err.and_then(|e| e.message.as_deref()).unwrap_or_default();
                let kind = err.and_then(|e| e.name.as_deref()).unwrap_or_default();
                let place = err.and_then(|e| e.stack.as_deref()).and_then(common::place_in);
                let (file, line) = match &place {
                    Some((file, line)) => (Some(file.as_ref()), Some(*line)),
                    None => (test.file.as_deref().filter(|_| status != Outcome::Skipped), None),
                };
                detail = common::detail(message, kind, file, line);
            }
            if retry > 0 {
                detail.get_or_insert_default().attempts = Some(retry.saturating_add(1));
            }
            let name = test.full_title.as_deref().filter(|t| !t.is_empty()).or(test.title.as_deref());
            suite.cases.push(Case {
                name: common::name(name.unwrap_or_default()).into(),
                class: test.file.as_deref().filter(|f| !f.is_empty()).map(|f| classes.get(f)),
                status,
                flaky,
                time: test.duration.map(|ms| ms / 1000.0),
                detail,
            });
        }
    }
    let mut run = TestRun { suites: vec![suite], ..TestRun::default() };
    let stats = &document.stats;
    // Hooks are no tests to Mocha; their failures are failures.
    let total = stats.tests.map(|n| n.saturating_add(hooks));
    let words = run.hold_against(Totals { total, bad: Some(stats.failures), skipped: stats.pending });
    let notes = words.map(|w| Note::new(format!("`stats` {w}"))).into_iter().collect();
    let created = document.stats.end.and_then(|t| t.parse::<jiff::Timestamp>().ok()).map(|t| t.as_second());
    Ok(Parsed { tool: Some("mocha".into()), notes, created, ..Parsed::new(Data::Tests(run), Some(complete)) })
}

/// Mocha's titles of hooks: `"before each" hook for "works"`, `"after all" hook in "suite"`.
fn is_hook(title: &str) -> bool {
    ["\"before each\" hook", "\"before all\" hook", "\"after each\" hook", "\"after all\" hook"]
        .iter()
        .any(|w| title.starts_with(w))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(text: &str) -> Result<(TestRun, Option<bool>), ParseError> {
        testing::tests(parse, text, None)
    }

    #[test]
    fn passes_retries_hooks() {
        let (run, complete) = read(
            r#"{"stats":{"suites":1,"tests":3,"passes":2,"pending":1,"failures":2},"tests":[],
            "passes":[{"title":"a","fullTitle":"s a","duration":250,"currentRetry":1,"err":{}},{"title":"b","file":null}],
            "failures":[{"title":"\"before each\" hook for \"x\"","err":{"message":"m"}},{"title":"f","err":{"message":"n","stack":"at /p/t.js:4:1"}}],
            "pending":[{"title":"p"}]}"#,
        )
        .unwrap();
        let n = run.counts();
        assert_eq!((n.passed, n.failed, n.errored, n.skipped, n.flaky, complete), (2, 1, 1, 1, 1, Some(false)));
        assert!((run.duration() - 0.25).abs() < 1e-9);
    }

    #[test]
    fn what_only_the_stats_count_is_a_second_reading() {
        let (run, _) =
            read(r#"{"stats":{"tests":3,"failures":1,"pending":1},"passes":[],"failures":[],"pending":[]}"#).unwrap();
        let beyond = run.beyond.unwrap();
        assert_eq!((beyond.unlisted, beyond.bad, beyond.skipped), (2, 1, 1));
        // A hook that failed is no test.
        let hook = r#"{"title":"\"after all\" hook in \"s\""}"#;
        let (run, _) =
            read(&format!(r#"{{"stats":{{"tests":0,"failures":1}},"passes":[],"failures":[{hook}],"pending":[]}}"#))
                .unwrap();
        assert_eq!(run.beyond, None);
    }

    #[test]
    fn other_content_is_refused() {
        for bad in [
            "{}",
            "[]",
            r#"{"stats":{"failures":-1},"passes":[],"failures":[],"pending":[]}"#,
            r#"{"stats":{"failures":0}}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
