//! Playwright Test's JSON reporter.
//!
//! Specification: `JSONReport` of `@playwright/test/reporter`,
//! <https://github.com/microsoft/playwright/blob/main/packages/playwright/types/testReporter.d.ts>. What we do:
//!
//! - A case is a spec in a project. `expected` passed (what was expected to fail and failed, too), `flaky` passed on a re-run, `unexpected` failed,
//!   `skipped` did not run, whatever the reason.
//! - Its time is that of all its attempts. A test that was interrupted makes the run not complete.
//! - `errors` stand outside of any test (a file that did not load, a time-out of the whole): problems, and the run is not complete.

use super::common::{self, Text};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::{Case, Outcome, Problem, Suite, TestRun, Totals};
use gatekeeper_evidence::{Data, Kind, Note};
use serde::Deserialize;
use serde::de::IgnoredAny;

pub(super) static FORMAT: Format = Format {
    id: "playwright-json",
    title: "Playwright JSON results",
    kind: Kind::Tests,
    extensions: &["json"],
    places: &["playwright-results.json", "playwright-report/results.json", "test-results/playwright*.json"],
    spec: "JSONReport, https://github.com/microsoft/playwright/blob/main/packages/playwright/types/testReporter.d.ts",
    producers: &["playwright"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let own = !shape.root_is_array && shape.has_all(&["config.projects", "config.rootDir", "suites"]);
    Confidence::when(own, Confidence::Certain)
}

#[derive(Deserialize)]
struct Document<'a> {
    config: Config,
    #[serde(borrow)]
    suites: Vec<Group<'a>>,
    #[serde(borrow)]
    errors: Vec<Failure<'a>>,
    stats: Stats,
}

#[derive(Deserialize)]
struct Config {
    projects: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stats {
    start_time: Option<String>,
    duration: Option<f64>,
    unexpected: u64,
    expected: Option<u64>,
    flaky: Option<u64>,
    skipped: Option<u64>,
}

#[derive(Deserialize)]
struct Group<'a> {
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    specs: Vec<Spec<'a>>,
    #[serde(borrow, default)]
    suites: Vec<Group<'a>>,
}

#[derive(Deserialize)]
struct Spec<'a> {
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    tests: Vec<Test<'a>>,
    #[serde(borrow)]
    file: Option<Text<'a>>,
    line: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test<'a> {
    #[serde(borrow)]
    project_name: Option<Text<'a>>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    results: Vec<Attempt<'a>>,
}

#[derive(Deserialize)]
struct Attempt<'a> {
    #[serde(borrow)]
    status: Option<Text<'a>>,
    duration: Option<f64>,
    #[serde(borrow)]
    error: Option<Failure<'a>>,
}

#[derive(Deserialize)]
struct Failure<'a> {
    #[serde(borrow)]
    message: Option<Text<'a>>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let document: Document<'_> = json::from_input(input)?;
    let mut reader = Reader {
        run: TestRun::default(),
        complete: document.errors.is_empty(),
        several: document.config.projects.len() > 1,
        classes: common::Classes::default(),
    };
    for group in &document.suites {
        let mut suite = Suite::named(common::name(&group.title));
        reader.group(group, None, &mut suite)?;
        reader.run.suites.push(suite);
    }
    let mut run = reader.run;
    for e in &document.errors {
        let message = common::clip(e.message.as_deref().unwrap_or_default()).to_owned();
        run.problems.push(Problem { name: "outside of any test".into(), message, line: None });
    }
    let stats = &document.stats;
    // Only all four of them are a total.
    let total = [stats.expected, stats.flaky, stats.skipped, Some(stats.unexpected)]
        .into_iter()
        .try_fold(0, |sum: u64, n| sum.checked_add(n?));
    let words = run.hold_against(Totals { total, bad: Some(stats.unexpected), skipped: stats.skipped });
    let notes = words.map(|w| Note::new(format!("`stats` {w}"))).into_iter().collect();
    let start = document.stats.start_time.and_then(|t| t.parse::<jiff::Timestamp>().ok());
    let took = document.stats.duration.and_then(common::epoch_ms).unwrap_or(0);
    let created = start.and_then(|t| t.as_second().checked_add(took));
    Ok(Parsed {
        tool: Some("playwright".into()),
        notes,
        created,
        ..Parsed::new(Data::Tests(run), Some(reader.complete))
    })
}

struct Reader {
    run: TestRun,
    complete: bool,
    /// Whether there are several projects.
    several: bool,
    classes: common::Classes,
}

impl Reader {
    /// A file's or a `describe`'s tests. serde_json's own limit bounds how deep they nest.
    fn group(&mut self, group: &Group<'_>, path: Option<&str>, suite: &mut Suite) -> Result<(), ParseError> {
        for spec in &group.specs {
            for test in &spec.tests {
                self.test(spec, test, path, suite)?;
            }
        }
        for inner in &group.suites {
            let title = common::name(&inner.title);
            let path = path.map_or_else(|| title.to_owned(), |p| format!("{p} > {title}"));
            self.group(inner, Some(common::clip_end(&path)), suite)?;
        }
        Ok(())
    }

    fn test(
        &mut self,
        spec: &Spec<'_>,
        test: &Test<'_>,
        path: Option<&str>,
        suite: &mut Suite,
    ) -> Result<(), ParseError> {
        let (status, flaky) = match test.status.as_ref() {
            "expected" => (Outcome::Passed, false),
            "flaky" => (Outcome::Passed, true),
            "unexpected" => (Outcome::Failed, false),
            "skipped" => (Outcome::Skipped, false),
            other => {
                return Err(ParseError::malformed("one of expected, unexpected, flaky, skipped").at(0).found(other));
            }
        };
        self.complete &= test.results.iter().all(|r| r.status.as_deref() != Some("interrupted"));
        let mut detail = None;
        if flaky || status == Outcome::Failed {
            let error = test.results.iter().find_map(|r| r.error.as_ref()).and_then(|e| e.message.as_deref());
            detail = common::detail(error.unwrap_or_default(), "", spec.file.as_deref(), spec.line.filter(|n| *n > 0));
            if test.results.len() > 1 {
                detail.get_or_insert_default().attempts = u32::try_from(test.results.len()).ok();
            }
        }
        let title = common::name(&spec.title);
        // The same test of several projects is several cases.
        let project = test.project_name.as_deref().filter(|p| self.several && !p.is_empty()).map(common::clip_end);
        let class = match (project, path) {
            (Some(project), path) => Some(self.classes.get(&format!("[{project}] {}", path.unwrap_or_default()))),
            (None, Some(path)) => Some(self.classes.get(path)),
            (None, None) => None,
        };
        let time = test.results.iter().filter_map(|r| r.duration).fold(0.0, |sum, ms| sum + ms) / 1000.0;
        suite.cases.push(Case { name: title.into(), class, status, flaky, time: Some(time), detail });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(text: &str) -> Result<(TestRun, Option<bool>), ParseError> {
        testing::tests(parse, text, None)
    }

    fn document(status: &str, errors: &str, unexpected: u64) -> String {
        format!(
            r#"{{"config":{{"projects":[{{}},{{}}]}},"suites":[{{"title":"a.ts","specs":[],"suites":[{{"title":"x","specs":[{{"title":"y","tests":[
            {{"projectName":"p","status":"{status}","results":[{{"status":"failed","duration":500,"error":{{"message":"m"}}}},{{"status":"passed","duration":250}}]}}]}}]}}]}}],
            "errors":[{errors}],"stats":{{"unexpected":{unexpected}}}}}"#
        )
    }

    #[test]
    fn attempts_make_one_case() {
        let (run, complete) = read(&document("flaky", "", 0)).unwrap();
        let case = &run.suites[0].cases[0];
        assert_eq!((case.class.as_deref(), case.flaky, case.time), (Some("[p] x"), true, Some(0.75)));
        assert_eq!((case.detail.as_ref().unwrap().attempts, complete), (Some(2), Some(true)));
    }

    #[test]
    fn errors_outside_of_tests_are_problems() {
        let (run, complete) = read(&document("expected", r#"{"message":"does not load"}"#, 0)).unwrap();
        assert_eq!((run.problems.len(), complete), (1, Some(false)));
        assert_eq!(read(&document("expected", "", 3)).unwrap().0.beyond.unwrap().bad, 3);
        assert!(read(&document("green", "", 0)).is_err());
    }
}
