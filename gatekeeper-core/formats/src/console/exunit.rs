//! ExUnit's console (`mix test`): dots, the list of failures, and a summary.
//!
//! Form: `ExUnit.CLIFormatter` (Elixir 1.12-1.21, <https://github.com/elixir-lang/elixir/blob/main/lib/ex_unit/lib/ex_unit/cli_formatter.ex>).
//!
//! - Up to 1.19 the summary is `2 doctests, 7 tests, 1 failure, 2 excluded, 1 invalid, 3 skipped`: the tests are all of them. Since 1.20 it is
//!   `Result: 447/455 passed (53/54 doctests, …), 1 invalid, 3 skipped, 2 excluded`, and what is named behind is not among the tests.
//! - Excluded tests were left out by a tag: skipped, as in ExUnit's JUnit files. Invalid ones had no set-up: errored.
//! - A summary counts behind a line `Finished in …` alone, and no more tests passed than there are dots or lines of `--trace`: text of tests
//!   stands in the log too. An umbrella has a summary per application: they add up.
//! - `--max-failures`, and `--warnings-as-errors` that gave up, make a run not complete.

use super::common::{self, KEPT_MOST, Reader, Row, add_line, note, number};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::{Case, Counts, Detail, Outcome, Problem, Suite, TestRun};
use gatekeeper_evidence::{Data, Kind, Note};
use memchr::memmem;

pub(super) static FORMAT: Format = Format {
    id: "exunit",
    title: "mix test: ExUnit's console",
    kind: Kind::Tests,
    extensions: &["log", "txt"],
    places: &["exunit.log", "mix-test.log", "mix_test.log", "logs/exunit.log", "logs/mix-test.log"],
    spec: "Elixir 1.12-1.21, ExUnit.CLIFormatter: https://github.com/elixir-lang/elixir/blob/main/lib/ex_unit/lib/ex_unit/cli_formatter.ex",
    producers: &["exunit"],
    recorded_as: Some("exunit"),
    content: Content::Text,
    sniff,
    parse,
};

/// What a timed run of ExUnit ends with, before its summary.
const FINISHED: &[u8] = b"Finished in ";

/// What ExUnit begins with since 1.15.
const START: &[u8] = b"Running ExUnit with seed: ";

fn sniff(head: &Head<'_>) -> Confidence {
    let marked = [FINISHED, START].iter().any(|m| memmem::find(head.log(), m).is_some());
    if !marked || head.xml().is_some() || head.json().is_some() {
        return Confidence::No;
    }
    // EUnit's progress form ends alike; rebar3 says which it is.
    if head.console().has("Performing EUnit tests") {
        return Confidence::No;
    }
    let (mut finished, mut gleam, mut found) = (false, false, false);
    let mut rows = Reader::new(head.all());
    while let Some(row) = rows.next() {
        // Begun is enough: the parser says what is missing.
        found |= row.text.starts_with(START);
        gleam |= common::is_gleam_start(row.text);
        finished |= row.text.starts_with(FINISHED);
        found |= finished && summary(row.text).is_some();
    }
    Confidence::when(found && !gleam, Confidence::Certain)
}

/// What a summary says.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Summary {
    passed: u64,
    failed: u64,
    excluded: u64,
    invalid: u64,
    skipped: u64,
}

#[derive(Default)]
struct State {
    tests: TestRun,
    notes: Vec<Note>,
    runs: u64,
    incomplete: bool,
    /// `Finished in …` was read, and its summary not yet.
    finished: Option<usize>,
    /// Dots and lines of `--trace` since the last summary.
    dots: u64,
    traced: u64,
    cases: Vec<Case>,
    /// The message of the last case is being read.
    open: bool,
    message: Vec<u8>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut s = State::default();
    let mut rows = Reader::new(input.bytes);
    let mut begun = None;
    while let Some(row) = rows.next() {
        if s.finished.is_some()
            && row.ended
            && let Some(summary) = summary(row.text)
        {
            s.end_message();
            s.run(summary, &row)?;
            begun = None;
            continue;
        }
        if row.text.starts_with(FINISHED) {
            s.end_message();
            s.finished = Some(row.offset);
            continue;
        }
        if is_start(row.text) {
            begun = Some(row.offset);
        }
        s.line(&row);
    }
    let expected = "summary of ExUnit (`N tests, F failures` or `Result: P/N passed`)";
    if let Some(offset) = s.finished.or(begun) {
        return Err(ParseError::malformed(expected)
            .at(input.bytes.len().max(offset))
            .found_words("the end of the log"));
    }
    if s.runs == 0 {
        return Err(common::no_result(input.bytes, 0, expected));
    }
    if !s.cases.is_empty() {
        return Err(ParseError::malformed(expected)
            .at(input.bytes.len())
            .found_words("a failure behind the last summary"));
    }
    if s.runs > 1 {
        s.notes.push(Note::new(format!("{} runs of ExUnit in one log, added up", s.runs)));
    }
    let counts = s.tests.counts();
    let mut complete = !s.incomplete;
    if complete && counts.failed == 0 && counts.errored == 0 && s.tests.problems.is_empty() {
        complete = common::good_run(input, false, &mut s.notes);
    }
    Ok(Parsed { tool: Some("exunit".to_owned()), notes: s.notes, ..Parsed::new(Data::Tests(s.tests), Some(complete)) })
}

/// `Running ExUnit with seed: 0, max_cases: 4`: since 1.15 before the first test.
fn is_start(text: &[u8]) -> bool {
    text.starts_with(START)
}

impl State {
    fn line(&mut self, row: &Row<'_>) {
        let text = row.text;
        if text.starts_with(b"--max-failures reached") || text.starts_with(b"ERROR! Test suite aborted") {
            self.incomplete = true;
            self.notes.push(note(common::text(text), row.offset));
            return;
        }
        if memmem::find(text, b"  * ").is_some_and(|at| at <= 1 || text.get(at - 1) == Some(&b'\r')) {
            self.traced += 1;
        }
        self.dots = self.dots.saturating_add(u64::try_from(memchr::memchr_iter(b'.', text).count()).unwrap_or(0));
        if let Some((name, module)) = failure(text) {
            self.end_message();
            self.fail(name, module, row.number);
        } else if self.open {
            if text.is_empty() && !self.message.is_empty() {
                self.end_message();
            } else if let Some(said) = text.strip_prefix(b"     ") {
                let detail = self.cases.last_mut().and_then(|c| c.detail.as_mut());
                match (detail, source(said)) {
                    (Some(detail), Some((file, line))) if detail.file.is_none() && self.message.is_empty() => {
                        (detail.file, detail.line) = (Some(file), Some(line));
                    }
                    _ => add_line(&mut self.message, said, b'\n'),
                }
            } else if !text.is_empty() {
                self.end_message();
            }
        }
    }

    /// `  3) test adds (ShopTest)`, and of a module as a whole `  3) ShopTest: failure on setup_all callback, …`.
    fn fail(&mut self, name: &[u8], module: Option<&[u8]>, line: u64) {
        let Some(module) = module else {
            if self.tests.problems.len() < KEPT_MOST {
                let (name, message) = name.split_at(memchr::memchr(b':', name).unwrap_or(name.len()));
                let message = common::text(message.get(1..).unwrap_or_default()).into_string();
                self.tests.problems.push(Problem { name: common::text(name).into(), message, line: Some(line) });
            }
            return;
        };
        if self.cases.len() < KEPT_MOST {
            self.cases.push(Case {
                name: common::text(name),
                class: Some(common::text(module).as_ref().into()),
                status: Outcome::Failed,
                detail: Some(Box::<Detail>::default()),
                ..Case::default()
            });
            self.open = true;
        }
    }

    fn end_message(&mut self) {
        if std::mem::take(&mut self.open)
            && let Some(detail) = self.cases.last_mut().and_then(|c| c.detail.as_mut())
        {
            detail.message = common::text(&self.message);
        }
        self.message.clear();
    }

    fn run(&mut self, said: Summary, row: &Row<'_>) -> Result<(), ParseError> {
        let seen = self.dots.saturating_add(self.traced);
        if said.passed > seen {
            return Err(ParseError::malformed(format!("{} dots or traced tests above this line", said.passed))
                .at(row.offset)
                .found_words(seen.to_string()));
        }
        let mut cases = std::mem::take(&mut self.cases);
        let listed = u64::try_from(cases.len()).unwrap_or(u64::MAX);
        if listed > said.failed {
            // A test can print such a line; or the log was put together.
            let message = format!("{listed} failures are listed, {} are counted", said.failed);
            self.notes.push(note(message, row.offset));
            self.incomplete = true;
            cases.truncate(usize::try_from(said.failed).unwrap_or(usize::MAX));
        }
        if said.excluded > 0 {
            self.notes.push(note(format!("{} tests were excluded by their tags", said.excluded), row.offset));
        }
        let mut suite = Suite::named("exunit");
        suite.unlisted = Counts {
            passed: said.passed,
            failed: said.failed.saturating_sub(listed),
            errored: said.invalid,
            skipped: said.skipped.saturating_add(said.excluded),
            flaky: 0,
        };
        suite.cases = cases;
        self.tests.suites.push(suite);
        self.runs += 1;
        (self.finished, self.dots, self.traced) = (None, 0, 0);
        Ok(())
    }
}

/// `  3) test adds (ShopTest)` → name and module; of a module's own failure the whole text.
fn failure(text: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let (_, rest) = number(text.strip_prefix(b"  ")?.trim_ascii_start())?;
    let title = rest.strip_prefix(b") ")?;
    if memmem::find(title, b": failure on setup_all callback").is_some() {
        return Some((title, None));
    }
    let inner = title.strip_suffix(b")")?;
    let open = memmem::rfind(inner, b" (")?;
    let module = inner.get(open + 2..)?;
    let plain = !module.is_empty()
        && module.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'"'));
    plain.then_some((inner.get(..open)?, Some(module)))
}

/// `test/shop_test.exs:7`.
fn source(text: &[u8]) -> Option<(Box<str>, u32)> {
    let colon = memchr::memrchr(b':', text)?;
    let (path, line) = (text.get(..colon)?, common::digits(text.get(colon + 1..)?)?);
    let script = path.ends_with(b".exs") || path.ends_with(b".ex");
    (script && memchr::memchr(b' ', path).is_none()).then(|| (common::text(path), common::small(line)))
}

/// The summary line of either form.
fn summary(text: &[u8]) -> Option<Summary> {
    let text = text.trim_ascii_end();
    match text.strip_prefix(b"Result: ") {
        Some(rest) => result(rest),
        None => counted(text),
    }
}

/// `447/455 passed (53/54 doctests, 394/401 tests), 1 invalid, 3 skipped, 2 excluded`; `0 tests`.
fn result(text: &[u8]) -> Option<Summary> {
    let (first, rest) = number(text)?;
    let mut s = Summary::default();
    let mut rest = if let Some(rest) = rest.strip_prefix(b" tests") {
        (first == 0).then_some(rest)?
    } else if let Some(rest) = rest.strip_prefix(b" passed") {
        s.passed = first;
        rest
    } else {
        let (total, rest) = number(rest.strip_prefix(b"/")?)?;
        (s.passed, s.failed) = (first, total.checked_sub(first)?);
        rest.strip_prefix(b" passed")?
    };
    if let Some(inner) = rest.strip_prefix(b" (") {
        rest = inner.get(memchr::memchr(b')', inner)? + 1..)?;
    }
    while let Some((n, tail)) = rest.strip_prefix(b", ").and_then(number) {
        rest = s.named(n, tail)?;
    }
    rest.is_empty().then_some(s)
}

/// `2 doctests, 7 tests, 1 failure, 2 excluded, 1 invalid, 3 skipped`.
fn counted(text: &[u8]) -> Option<Summary> {
    let mut s = Summary::default();
    let (mut total, mut failures) = (0_u64, false);
    let mut rest = text;
    loop {
        let (n, tail) = number(rest)?;
        let tail = tail.strip_prefix(b" ")?;
        let end = memmem::find(tail, b", ").unwrap_or(tail.len());
        let word = tail.get(..end)?;
        match word {
            b"failure" | b"failures" if !failures => (s.failed, failures) = (n, true),
            _ if failures => {
                s.named(n, tail.get(..end).map(|_| [b" ", word].concat()).as_deref().unwrap_or_default())?;
            }
            // RSpec has the same line of its own.
            b"example" | b"examples" => return None,
            _ if !word.is_empty() && word.iter().all(|b| b.is_ascii_lowercase() || *b == b'_') => {
                total = total.saturating_add(n);
            }
            _ => return None,
        }
        match tail.get(end + 2..) {
            Some(more) if end < tail.len() => rest = more,
            _ => break,
        }
    }
    if !failures {
        return None;
    }
    let others = s.failed.saturating_add(s.excluded).saturating_add(s.invalid).saturating_add(s.skipped);
    s.passed = total.checked_sub(others)?;
    Some(s)
}

impl Summary {
    /// ` 3 skipped` and its kind; what stands behind the word.
    fn named<'r>(&mut self, n: u64, tail: &'r [u8]) -> Option<&'r [u8]> {
        let slots: [(&[u8], &mut u64); 3] =
            [(b" excluded", &mut self.excluded), (b" invalid", &mut self.invalid), (b" skipped", &mut self.skipped)];
        slots.into_iter().find_map(|(word, slot)| {
            let rest = tail.strip_prefix(word)?;
            *slot = n;
            Some(rest)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(log: &str, exit_status: Option<i32>) -> Result<(TestRun, Option<bool>), ParseError> {
        testing::tests(parse, log, exit_status)
    }

    #[test]
    fn both_summaries_are_read() {
        let s =
            |passed, failed, excluded, invalid, skipped| Some(Summary { passed, failed, excluded, invalid, skipped });
        assert_eq!(summary(b"8 tests, 2 failures, 1 excluded, 2 invalid, 1 skipped"), s(2, 2, 1, 2, 1));
        assert_eq!(summary(b"1 doctest, 2 properties, 1 test, 0 failures"), s(4, 0, 0, 0, 0));
        assert_eq!(summary(b"Result: 447/455 passed"), s(447, 8, 0, 0, 0));
        assert_eq!(
            summary(b"Result: 447/455 passed (53/54 doctests, 394/401 tests), 1 invalid, 3 skipped, 2 excluded"),
            s(447, 8, 2, 1, 3)
        );
        assert_eq!(summary(b"Result: 455 passed (70 tests, 14 properties), 2 excluded"), s(455, 0, 2, 0, 0));
        assert_eq!(summary(b"Result: 0 tests"), s(0, 0, 0, 0, 0));
        for none in [
            "3 examples, 0 failures",
            "Result: 5/4 passed",
            "2 tests, 3 failures",
            "2 tests",
            "Result: 3 passed, 1 odd",
            "0 failures, 2 tests",
        ] {
            assert_eq!(summary(none.as_bytes()), None, "{none}");
        }
    }

    #[test]
    fn failures_have_name_place_and_message() {
        let log = "Running ExUnit with seed: 0, max_cases: 4\n\n..\n\n  1) test fails (ShopTest)\n     test/shop_test.exs:7\n     Assertion with == failed\n     left:  2\n     right: 3\n\n\nFinished in 0.03 seconds (0.00s async, 0.03s sync)\n3 tests, 1 failure\n";
        let (t, complete) = read(log, Some(2)).unwrap();
        assert_eq!((t.counts().passed, t.counts().failed, complete), (2, 1, Some(true)));
        let case = &t.suites[0].cases[0];
        let detail = case.detail.as_ref().unwrap();
        assert_eq!((&*case.name, case.class.as_deref()), ("test fails", Some("ShopTest")));
        assert_eq!((detail.file.as_deref(), detail.line), (Some("test/shop_test.exs"), Some(7)));
        assert_eq!(&*detail.message, "Assertion with == failed\nleft:  2\nright: 3");
    }

    #[test]
    fn a_set_up_of_a_module_that_failed_is_a_problem() {
        let log = "??\n\n  0) ShopTest: failure on setup_all callback, all tests have been invalidated\n     ** (RuntimeError) no\n\nFinished in 0.03 seconds\n2 tests, 0 failures, 2 invalid\n";
        let (t, complete) = read(log, None).unwrap();
        assert_eq!((t.counts().errored, t.problems.len(), complete), (2, 1, Some(true)));
        assert_eq!(t.problems[0].name, "ShopTest");
    }

    #[test]
    fn what_does_not_end_or_does_not_fit_is_refused() {
        for log in [
            "Running ExUnit with seed: 0, max_cases: 4\n\n..",
            "..\nFinished in 0.1 seconds\n",
            "..\nFinished in 0.1 seconds\n2 tests, 0 failures",
            "2 tests, 0 failures\n",
            "Finished in 0.1 seconds\n200 tests, 0 failures\n",
            "..\nFinished in 0.1 seconds\n2 tests, 0 failures\nRunning ExUnit with seed: 0, max_cases: 4\n..\n",
            "== Compilation error in file lib/a.ex ==\n",
        ] {
            assert!(read(log, None).is_err(), "{log}");
        }
        let good = "..\nFinished in 0.1 seconds\n2 tests, 0 failures\n";
        assert_eq!(read(good, None).unwrap().1, Some(true));
        assert_eq!(read(good, Some(1)).unwrap().1, Some(false));
        assert_eq!(read(&format!("{good}{good}"), Some(0)).unwrap().0.counts().passed, 4);
    }
}
