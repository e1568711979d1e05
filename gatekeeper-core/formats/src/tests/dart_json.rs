//! The JSON reporter of Dart's test runner (`dart test --reporter json`, `flutter test --machine`): one event a line.
//!
//! Specification: "JSON Reporter Protocol" 0.1.1, <https://github.com/dart-lang/test/blob/master/pkgs/test/doc/json_reporter.md>. What we do:
//!
//! - `hidden` tests (loading, `setUpAll`) do not count, unless they went wrong: then they are problems.
//! - `failure` is failed, `error` errored; a case's time is the difference of its events' times.
//! - Groups are no cases. flutter's own events (`[{"event": …}]`) and lines that are no events are read over, the latter with a note.
//! - Without a last `done` event the run broke off (a killed runner, a stream that was cut), and `success: null` there means that it was cut short: not
//!   complete. A line that breaks off is refused.
//! - `success: false` without a test that failed is a problem of the run.
//! - A test that began and did not end is errored, and the run is not complete.

use super::common::{self, Text};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use crate::scan::lines::Lines;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::test_run::{Case, Detail, Outcome, Problem, Suite, TestRun};
use gatekeeper_evidence::{Data, Kind, Note};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) static FORMAT: Format = Format {
    id: "dart-json",
    title: "Dart and Flutter test events",
    kind: Kind::Tests,
    extensions: &["json", "jsonl"],
    places: &["test-results/dart*.json", "dart-test.json", "flutter-test.json", "machine.log"],
    spec: "Dart JSON Reporter Protocol 0.1.1, https://github.com/dart-lang/test/blob/master/pkgs/test/doc/json_reporter.md",
    producers: &["dart", "flutter"],
    recorded_as: Some("dart-json"),
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let start = |line: &[u8]| {
        line.starts_with(b"{")
            && [&b"\"protocolVersion\":"[..], b"\"runnerVersion\":"]
                .iter()
                .all(|w| memchr::memmem::find(line, w).is_some())
    };
    Confidence::when(head.lines().take(200).any(start), Confidence::Certain)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    time: Option<f64>,
    #[serde(borrow)]
    suite: Option<SuiteOf<'a>>,
    #[serde(borrow)]
    test: Option<TestOf<'a>>,
    #[serde(rename = "testID")]
    test_id: Option<u64>,
    #[serde(borrow)]
    result: Option<Text<'a>>,
    hidden: Option<bool>,
    skipped: Option<bool>,
    #[serde(borrow)]
    error: Option<Text<'a>>,
    #[serde(borrow)]
    stack_trace: Option<Text<'a>>,
    success: Option<bool>,
}

#[derive(Deserialize)]
struct SuiteOf<'a> {
    id: u64,
    #[serde(borrow)]
    path: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct TestOf<'a> {
    id: u64,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(rename = "suiteID")]
    suite: u64,
    line: Option<u32>,
    root_line: Option<u32>,
}

struct Running {
    name: Box<str>,
    suite: u64,
    begun: Option<f64>,
    line: Option<u32>,
    message: String,
    place: Option<(Box<str>, u32)>,
}

#[derive(Default)]
struct Reader {
    suites: BTreeMap<u64, Suite>,
    running: BTreeMap<u64, Running>,
    problems: Vec<Problem>,
    begun: bool,
    /// The `done` event: whether it says that the run came to its end.
    done: Option<bool>,
    /// It says that the run failed.
    failed: bool,
    bad: bool,
    incomplete: bool,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut reader = Reader::default();
    let mut other: Option<(u64, usize)> = None;
    let mut broken = None;
    for line in Lines::new(input.bytes) {
        let text = line.bytes.trim_ascii();
        if text.is_empty() {
            continue;
        }
        if std::mem::take(&mut broken).is_some() || text.first() != Some(&b'{') {
            if !text.starts_with(b"[{") {
                other.get_or_insert((line.number, 0)).1 += 1;
            }
            if text.first() != Some(&b'{') {
                continue;
            }
        }
        match serde_json::from_slice::<Event<'_>>(text) {
            Ok(event) => reader.event(&event, line.offset)?,
            Err(e) if e.is_data() && memchr::memmem::find(text, b"\"type\"").is_some() => {
                return Err(json::located(e, text, line.offset, None));
            }
            Err(e) if e.is_data() => other.get_or_insert((line.number, 0)).1 += 1,
            Err(e) => broken = Some(json::located(e, text, line.offset, None)),
        }
    }
    if let Some(error) = broken {
        return Err(error);
    }
    if !reader.begun {
        return Err(ParseError::malformed("a start event, {\"protocolVersion\": …}").at(0).found_words("none"));
    }
    let mut notes = Vec::new();
    if reader.done.is_none() {
        notes.push(Note::at("no done event: the run did not come to its end", Location::at(input.bytes.len())));
    }
    if let Some((line, count)) = other {
        notes.push(Note::at(format!("{count} lines that are no events"), Location::line(line)));
    }
    Ok(reader.finish(notes))
}

impl Reader {
    fn event(&mut self, event: &Event<'_>, offset: usize) -> Result<(), ParseError> {
        match event.kind.as_ref() {
            "start" => self.begun = true,
            "suite" => {
                if let Some(suite) = &event.suite {
                    let path = suite.path.as_deref().unwrap_or_default();
                    self.suites.entry(suite.id).or_default().name = path.into();
                }
            }
            "testStart" => {
                if let Some(test) = &event.test {
                    let running = Running {
                        name: common::name(&test.name).into(),
                        suite: test.suite,
                        begun: event.time,
                        line: test.root_line.or(test.line),
                        message: String::new(),
                        place: None,
                    };
                    self.running.insert(test.id, running);
                }
            }
            "error" => {
                if let Some(running) = event.test_id.and_then(|id| self.running.get_mut(&id))
                    && running.message.is_empty()
                {
                    running.message = common::clip(event.error.as_deref().unwrap_or_default()).to_owned();
                    running.place = event.stack_trace.as_deref().and_then(place);
                }
            }
            "testDone" => self.test_done(event, offset)?,
            "done" => {
                self.done = Some(event.success.is_some());
                self.failed = event.success == Some(false);
            }
            _ => {}
        }
        Ok(())
    }

    fn test_done(&mut self, event: &Event<'_>, offset: usize) -> Result<(), ParseError> {
        let Some(running) = event.test_id.and_then(|id| self.running.remove(&id)) else {
            return Err(ParseError::malformed("the end of a test that began").at(offset).found_words("another testID"));
        };
        let result = event.result.as_deref().unwrap_or_default();
        let status = match result {
            "success" if event.skipped == Some(true) => Outcome::Skipped,
            "success" => Outcome::Passed,
            "failure" => Outcome::Failed,
            "error" => Outcome::Errored,
            other => return Err(ParseError::malformed("one of success, failure, error").at(offset).found(other)),
        };
        if event.hidden == Some(true) {
            if status > Outcome::Skipped {
                self.problems.push(Problem { name: running.name.into(), message: running.message, line: None });
            }
            return Ok(());
        }
        let time = match (running.begun, event.time) {
            (Some(begun), Some(end)) => Some((end - begun).max(0.0) / 1000.0),
            _ => None,
        };
        self.push(running, status, time);
        Ok(())
    }

    fn push(&mut self, running: Running, status: Outcome, time: Option<f64>) {
        self.bad |= status > Outcome::Skipped;
        let suite = self.suites.entry(running.suite).or_default();
        let detail = if status == Outcome::Passed {
            None
        } else {
            let (file, line) = match running.place {
                Some((file, line)) => (Some(file), Some(line)),
                None => (Some(suite.name.clone()), running.line),
            };
            let file = file.filter(|f| !f.is_empty());
            Some(Box::new(Detail { message: running.message.into(), file, line, ..Detail::default() }))
        };
        suite.cases.push(Case { name: running.name, status, time, detail, ..Case::default() });
    }

    fn finish(mut self, notes: Vec<Note>) -> Parsed {
        for (_, running) in std::mem::take(&mut self.running) {
            self.incomplete = true;
            self.push(running, Outcome::Errored, None);
        }
        if self.failed && !self.bad && self.problems.is_empty() {
            let message = "the run says that it failed, and no test did".to_owned();
            self.problems.push(Problem { name: "done".into(), message, line: None });
        }
        let complete = self.done == Some(true) && !self.incomplete;
        let suites = self.suites.into_values().filter(|s| !s.cases.is_empty()).collect();
        let run = TestRun { suites, problems: self.problems, ..TestRun::default() };
        Parsed { notes, ..Parsed::new(Data::Tests(run), Some(complete)) }
    }
}

/// The first place of a trace that is not a package's: `test/a_test.dart 12:5  main.<fn>`.
fn place(trace: &str) -> Option<(Box<str>, u32)> {
    trace.lines().take(200).find_map(|line| {
        let mut words = line.split_whitespace();
        let (path, position) = (words.next()?, words.next()?);
        if path.starts_with("package:") || path.starts_with("dart:") || !path.ends_with(".dart") {
            return None;
        }
        let (number, _) = position.split_once(':')?;
        Some((path.into(), common::line_number(number)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    const START: &str = "{\"protocolVersion\":\"0.1.1\",\"runnerVersion\":\"1\",\"type\":\"start\",\"time\":0}\n{\"suite\":{\"id\":0,\"path\":\"t.dart\"},\"type\":\"suite\",\"time\":0}\n";

    fn read(text: &str) -> Result<(TestRun, Option<bool>), ParseError> {
        testing::tests(parse, text, None)
    }

    fn test(id: u32, result: &str, rest: &str) -> String {
        format!(
            "{{\"test\":{{\"id\":{id},\"name\":\"n{id}\",\"suiteID\":0}},\"type\":\"testStart\",\"time\":100}}\n\
             {{\"testID\":{id},\"result\":\"{result}\",{rest}\"type\":\"testDone\",\"time\":350}}\n"
        )
    }

    #[test]
    fn hidden_tests_do_not_count() {
        let text = format!(
            "{START}{}{}[{{\"event\":\"x\"}}]\n{}{}{}{{\"success\":false,\"type\":\"done\",\"time\":9}}\n",
            test(1, "success", "\"hidden\":true,"),
            test(2, "success", "\"hidden\":false,"),
            test(3, "failure", ""),
            test(4, "error", ""),
            test(5, "success", "\"skipped\":true,"),
        );
        let (run, complete) = read(&text).unwrap();
        let n = run.counts();
        assert_eq!((n.passed, n.failed, n.errored, n.skipped, complete), (1, 1, 1, 1, Some(true)));
        assert!((run.duration() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_breaks_off_is_not_complete() {
        assert!(read("").is_err());
        assert_eq!(read(START).unwrap().1, Some(false));
        let (run, complete) = read(&format!("{START}{}", test(1, "success", ""))).unwrap();
        assert_eq!((run.counts().passed, complete), (1, Some(false)));
        assert!(read(&format!("{START}{{\"type\":\"do")).is_err());
        let failed = format!("{START}{}{{\"success\":false,\"type\":\"done\",\"time\":1}}\n", test(1, "success", ""));
        assert_eq!(read(&failed).unwrap().0.problems.len(), 1);
        let cut_short = format!("{START}{{\"success\":null,\"type\":\"done\",\"time\":1}}\n");
        assert_eq!(read(&cut_short).unwrap().1, Some(false));
    }

    #[test]
    fn a_place_in_a_trace() {
        assert_eq!(
            place("package:test expect\ntest/a_test.dart 12:5  main.<fn>"),
            Some(("test/a_test.dart".into(), 12))
        );
    }
}
