//! Rust's test harness as a stream of events (`cargo test -- --format json`, `cargo nextest run --message-format libtest-json`).
//!
//! Specification: unstable; `library/test/src/formatters/json.rs`, <https://doc.rust-lang.org/nightly/unstable-book/compiler-flags/report-time.html>.
//! What we do:
//!
//! - Each test binary is a suite, from `started` to `ok` or `failed`. The whole has no end mark: `complete` is not known, and false where a suite
//!   has no end. A test that began and did not end there (the binary died) is errored.
//! - `ignored` is skipped; a bench that was measured passed. `timeout` is a warning of a test that still runs.
//! - A suite that failed without a failed test is a problem.
//! - Lines that are no JSON (cargo's, the tests' own) are read over, with a note. A last line that breaks off is refused.

use super::common::{self, Text};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use crate::scan::lines::Lines;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::test_run::{Beyond, Case, Outcome, Problem, Suite, TestRun, Totals};
use gatekeeper_evidence::{Data, Kind, Note};
use serde::Deserialize;
use std::collections::BTreeSet;

pub(super) static FORMAT: Format = Format {
    id: "libtest-json",
    title: "Rust test events (libtest JSON)",
    kind: Kind::Tests,
    extensions: &["json", "jsonl", "log"],
    places: &["cargo-test.json", "test-results/cargo-test*.json", "test-results/libtest*.json"],
    spec: "libtest's JSON formatter, https://github.com/rust-lang/rust/blob/master/library/test/src/formatters/json.rs",
    producers: &["cargo", "nextest"],
    recorded_as: Some("libtest-json"),
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let begins = |line: &[u8]| {
        line.starts_with(b"{")
            && memchr::memmem::find(line, b"\"suite\"").is_some()
            && memchr::memmem::find(line, b"\"started\"").is_some()
            && memchr::memmem::find(line, b"\"test_count\"").is_some()
    };
    Confidence::when(head.lines().take(500).any(begins), Confidence::Certain)
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    event: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    exec_time: Option<f64>,
    #[serde(borrow)]
    stdout: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
    passed: Option<u64>,
    failed: Option<u64>,
    ignored: Option<u64>,
    measured: Option<u64>,
    filtered_out: Option<u64>,
    test_count: Option<u64>,
}

/// What makes a line an event, whatever else stands in it.
#[derive(Deserialize)]
struct Mark<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(rename = "event")]
    _event: serde::de::IgnoredAny,
}

/// Whether a line that cannot be read as an event is meant as one: what a test prints need not be.
fn is_meant(line: &[u8]) -> bool {
    serde_json::from_slice::<Mark<'_>>(line).is_ok_and(|m| matches!(m.kind.as_ref(), "suite" | "test" | "bench"))
}

/// A suite that has no end yet.
#[derive(Default)]
struct Open {
    suite: Suite,
    /// The tests that began and have not ended.
    running: BTreeSet<Box<str>>,
    /// Where it began.
    line: u64,
    /// How many tests it is to have.
    announced: Option<u64>,
}

#[derive(Default)]
struct Reader {
    run: TestRun,
    open: Option<Open>,
    suites: u64,
    incomplete: bool,
    /// What the suites count beyond the tests that are listed.
    beyond: Beyond,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut reader = Reader::default();
    let mut other: Option<(u64, usize)> = None;
    let mut broken: Option<(u64, ParseError)> = None;
    for line in Lines::new(input.bytes) {
        let text = line.bytes.trim_ascii();
        if text.is_empty() {
            continue;
        }
        if let Some((number, _)) = broken.take() {
            // Not the last line, so not a file that breaks off.
            other.get_or_insert((number, 0)).1 += 1;
        }
        if text.first() != Some(&b'{') {
            other.get_or_insert((line.number, 0)).1 += 1;
            continue;
        }
        match serde_json::from_slice::<Event<'_>>(text) {
            Ok(event) => reader.event(&event, line.number).map_err(|e| e.on_line(line.number))?,
            Err(e) if e.is_data() && is_meant(text) => return Err(json::located(e, text, line.offset, None)),
            Err(e) if e.is_data() => other.get_or_insert((line.number, 0)).1 += 1,
            Err(e) => broken = Some((line.number, json::located(e, text, line.offset, None))),
        }
    }
    if let Some((_, error)) = broken {
        return Err(error);
    }
    reader.close(None);
    if reader.suites == 0 {
        return Err(ParseError::malformed("an event of a suite that started").at(0).found_words("none"));
    }
    reader.run.beyond = std::mem::take(&mut reader.beyond).boxed();
    let notes = other.map(|(line, n)| Note::at(format!("{n} lines that are no events"), Location::line(line)));
    Ok(Parsed {
        tool: Some("cargo".into()),
        notes: notes.into_iter().collect(),
        ..Parsed::new(Data::Tests(reader.run), if reader.incomplete { Some(false) } else { None })
    })
}

impl Reader {
    fn event(&mut self, e: &Event<'_>, line: u64) -> Result<(), ParseError> {
        let event = e.event.as_deref().unwrap_or_default();
        match (e.kind.as_ref(), event) {
            ("suite", "started") => {
                self.close(None);
                self.suites += 1;
                self.open = Some(Open { line, announced: e.test_count, ..Open::default() });
            }
            ("suite", "ok" | "failed") => {
                let all = [e.passed, e.failed, e.ignored, e.measured].into_iter().flatten();
                let total = all.reduce(u64::saturating_add);
                if let Some(Open { suite, announced, .. }) = &self.open {
                    // nextest announced those that it leaves out as well.
                    let to_run = announced.map(|n| n.saturating_sub(e.filtered_out.unwrap_or(0)));
                    let stated = Totals { total: total.max(to_run), bad: e.failed, skipped: e.ignored };
                    let beyond = stated.against(suite.counts(), 0).without_fewer();
                    self.beyond = std::mem::take(&mut self.beyond).plus(&beyond);
                }
                self.close(Some(event == "failed"));
            }
            ("test", "started") => {
                if let (Some(open), Some(name)) = (&mut self.open, &e.name) {
                    open.running.insert(common::name(name).into());
                }
            }
            ("test" | "bench", _) if event != "timeout" => {
                let status = match (e.kind.as_ref(), event) {
                    ("bench", _) | (_, "ok") => Outcome::Passed,
                    (_, "failed") => Outcome::Failed,
                    (_, "ignored") => Outcome::Skipped,
                    (_, other) => {
                        return Err(ParseError::malformed("one of started, ok, failed, ignored, timeout").found(other));
                    }
                };
                self.case(e, status);
            }
            _ => {}
        }
        Ok(())
    }

    fn case(&mut self, e: &Event<'_>, status: Outcome) {
        let name = common::name(e.name.as_deref().unwrap_or_default());
        // A test outside of any suite is one all the same.
        let open = self.open.get_or_insert_with(Default::default);
        open.running.remove(name);
        let mut detail = None;
        if status != Outcome::Passed {
            let out = e.stdout.as_deref().unwrap_or_default();
            let message = e.message.as_deref().filter(|m| !m.is_empty()).unwrap_or(out);
            let place = common::place_in(out).or_else(|| common::place_in(message));
            let (file, at) = place.map_or((None, None), |(f, n)| (Some(f), Some(n)));
            detail = common::detail(message, "", file.as_deref(), at);
        }
        open.suite.cases.push(Case { name: name.into(), status, time: e.exec_time, detail, ..Case::default() });
    }

    /// Ends the open suite; `None`: it has no end of its own.
    fn close(&mut self, failed: Option<bool>) {
        let Some(Open { mut suite, running, line, .. }) = self.open.take() else { return };
        self.incomplete |= failed.is_none();
        for name in running {
            let detail = common::detail("it did not end", "", None, None);
            suite.cases.push(Case { name, status: Outcome::Errored, detail, ..Case::default() });
        }
        if failed == Some(true) && suite.cases.iter().all(|c| c.status <= Outcome::Skipped) {
            let message = "it failed, and lists no failed test".to_owned();
            self.run.problems.push(Problem { name: "suite".into(), message, line: Some(line) });
        }
        self.run.suites.push(suite);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(text: &str) -> Result<(TestRun, Option<bool>), ParseError> {
        testing::tests(parse, text, None)
    }

    const START: &str = r#"{"type":"suite","event":"started","test_count":1}"#;

    #[test]
    fn a_suite_without_an_end_is_not_complete() {
        let begun = r#"{"type":"test","event":"started","name":"a"}"#;
        let done = r#"{"type":"suite","event":"ok","passed":0}"#;
        let (run, complete) = read(&format!("{START}\n{begun}\n{START}\n{done}\n")).unwrap();
        assert_eq!((run.counts().errored, complete), (1, Some(false)));
        let slow = r#"{"type":"test","event":"timeout","name":"a"}"#;
        let ok = r#"{"type":"test","event":"ok","name":"a","exec_time":0.5}"#;
        let (run, complete) = read(&format!("{START}\n{begun}\n{slow}\n{ok}\n   Running x\n{done}\n")).unwrap();
        assert_eq!((run.counts().passed, run.counts().total(), complete), (1, 1, None));
    }

    #[test]
    fn a_suite_that_failed_without_a_failed_test_is_a_problem() {
        let failed = r#"{"type":"suite","event":"failed","passed":0}"#;
        assert_eq!(read(&format!("{START}\n{failed}\n")).unwrap().0.problems.len(), 1);
    }

    #[test]
    fn counts_that_are_none_are_refused_where_they_stand() {
        let ok = r#"{"type":"test","event":"ok","name":"a"}"#;
        for key in ["passed", "failed", "ignored", "measured", "filtered_out"] {
            for value in ["-1", "\"1\"", "1e20", "1.5", "[]"] {
                let end = format!(r#"{{"type":"suite","event":"ok","{key}":{value}}}"#);
                let error = read(&format!("{START}\n{ok}\n{end}\n")).unwrap_err();
                assert!(error.location().offset.is_some_and(|at| at > 90), "{key} {value}");
            }
        }
        let count = START.replace('1', "-1");
        assert!(read(&format!("{count}\n{ok}\n")).is_err());
        // What a test prints is no event, and no fault of the report.
        let printed = r#"{"type":"request","event":"ok","name":5}"#;
        let (run, complete) =
            read(&format!("{START}\n{printed}\n{ok}\n{{\"type\":\"suite\",\"event\":\"ok\",\"passed\":1}}\n")).unwrap();
        assert_eq!((run.counts().total(), run.beyond.is_none(), complete), (1, true, None));
    }

    #[test]
    fn tests_that_were_announced_and_are_not_listed_are_missing() {
        let ok = r#"{"type":"test","event":"ok","name":"a"}"#;
        for (count, left_out, missing) in [(1, 0, 0), (2, 0, 1), (2, 1, 0), (3, 1, 1)] {
            let start = START.replace('1', &count.to_string());
            let end = format!(r#"{{"type":"suite","event":"ok","passed":1,"filtered_out":{left_out}}}"#);
            let (run, _) = read(&format!("{start}\n{ok}\n{end}\n")).unwrap();
            assert_eq!(run.beyond.map_or(0, |b| b.unlisted), missing, "{count} {left_out}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let odd = r#"{"type":"test","event":"green","name":"a"}"#;
        for bad in [format!("{START}\n{odd}\n"), format!("{START}\n{{\"type\":\"te"), "{}".to_owned(), String::new()] {
            assert!(read(&bad).is_err(), "{bad}");
        }
    }
}
