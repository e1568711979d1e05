//! Common Test's own console text, as `ct_run` prints it and rebar3 with `--readable=false`: `Testing NAME: Starting test…` to
//! `Testing NAME: TEST COMPLETE, O ok, F failed[, S skipped] of N test cases`, one pair per test (a folder or suite).
//!
//! Form: `test_server_ctrl.erl`, `ct_logs.erl`, `ct_run.erl` (common_test of OTP 25-27,
//! <https://github.com/erlang/otp/tree/master/lib/common_test/src>). Cases are numbered, not named; the block between two lines of dashes
//! before a failure says where and why.

use super::common::{self, KEPT_MOST, Row, add_line, number};
use gatekeeper_evidence::Note;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::{Case, Counts, Detail, Outcome, Problem, Suite, TestRun};
use memchr::memmem;

/// One test: a folder or a suite.
struct Test {
    name: Box<str>,
    offset: usize,
    complete: Option<(usize, Counts, u64)>,
    cases: Vec<Case>,
}

/// What was read so far.
#[derive(Default)]
pub(super) struct Collector {
    tests: Vec<Test>,
    /// Tests that `TEST INFO` lines announce, and how many such lines there are.
    announced: u64,
    infos: u64,
    /// How often the whole is to be repeated.
    repeats: u64,
    problems: Vec<Problem>,
    /// A suite could not be built or collected.
    unbuilt: bool,
    block: Vec<u8>,
    in_block: bool,
    /// Offset of the first line that Common Test begins with.
    begun: Option<usize>,
    wrong: Option<(usize, &'static str)>,
}

impl Collector {
    /// Whether Common Test said that it starts.
    pub(super) fn begun(&self) -> Option<usize> {
        self.begun
    }

    pub(super) fn line(&mut self, row: &Row<'_>) {
        let text = row.text;
        match text.first() {
            Some(b'T') => self.testing(row),
            Some(b'C') if is_header(text) => {
                self.begun.get_or_insert(row.offset);
                if let Some(rest) = text.strip_prefix(b"Common Test: Will repeat tests ")
                    && let Some((n, rest)) = number(rest)
                    && rest.starts_with(b" times")
                {
                    self.repeats = n;
                }
            }
            Some(b'{') if text == b"{error,make_failed}" => {
                self.problem("make_failed", b"Common Test could not compile a suite", row.number);
                self.unbuilt = true;
            }
            Some(b'-') if text.starts_with(b"- - - - - - - -") => {
                self.in_block = !self.in_block;
                if self.in_block {
                    self.block.clear();
                }
            }
            _ if self.in_block => add_line(&mut self.block, text, b'\n'),
            _ => {}
        }
    }

    fn problem(&mut self, name: &str, message: &[u8], line: u64) {
        if self.problems.len() < KEPT_MOST {
            self.problems.push(Problem {
                name: name.to_owned(),
                message: common::text(message).into_string(),
                line: Some(line),
            });
        }
    }

    fn testing(&mut self, row: &Row<'_>) {
        if let Some(rest) = row.text.strip_prefix(b"TEST INFO: ") {
            match number(rest) {
                Some((n, rest)) if rest.starts_with(b" test(s)") => {
                    self.announced = self.announced.saturating_add(n);
                    self.infos += 1;
                }
                // Other remarks have no count in front of these words.
                _ if memmem::find(rest, b" test(s)").is_some() => {
                    self.wrong = Some((row.offset, "a number of tests behind `TEST INFO:`"));
                }
                _ => {}
            }
            return;
        }
        let Some(rest) = row.text.strip_prefix(b"Testing ") else { return };
        // Names hold no blanks but in folders' names: the first `: ` that one of the known words follows counts.
        let Some((name, said)) = split(rest) else { return };
        self.in_block = false;
        if said.starts_with(b"Starting test") {
            if self.tests.len() < KEPT_MOST {
                self.tests.push(Test {
                    name: common::text(name),
                    offset: row.offset,
                    complete: None,
                    cases: Vec::new(),
                });
            }
        } else if let Some(figures) = said.strip_prefix(b"TEST COMPLETE, ") {
            let name = common::text(name);
            let test = self.tests.iter_mut().rev().find(|t| t.name == name);
            match (test, complete(figures)) {
                (Some(test), Some((counts, total))) => test.complete = Some((row.offset, counts, total)),
                (None, _) => self.wrong = Some((row.offset, "line `Testing NAME: Starting test` before this")),
                (_, None) => self.wrong = Some((row.offset, "O ok, F failed[, S skipped] of N test cases")),
            }
        } else if let Some(what) = said.strip_prefix(b"*** FAILED ").and_then(|t| t.strip_suffix(b" ***")) {
            let block = std::mem::take(&mut self.block);
            if let Some(config) = what.strip_prefix(b"{").and_then(|t| t.strip_suffix(b"}")) {
                self.unbuilt |= config == b"ct_framework,error_in_suite";
                let at = memchr::memchr(b',', config).map_or(0, |i| i + 1);
                let function = String::from_utf8_lossy(config.get(at..).unwrap_or_default()).into_owned();
                let suite = config.get(..at.saturating_sub(1)).unwrap_or_default();
                let message = [suite, if suite.is_empty() { b"" } else { b": " }, &block].concat();
                self.problem(&function, &message, row.number);
            } else if let Some(test) = self.tests.last_mut()
                && test.cases.len() < KEPT_MOST
            {
                test.cases.push(failed(what, &block));
            }
        }
    }

    /// Gives the tests to a run; whether all was done.
    pub(super) fn finish(self, bytes: &[u8], run: &mut TestRun, notes: &mut Vec<Note>) -> Result<bool, ParseError> {
        const WANTED: &str = "line `Testing NAME: TEST COMPLETE, …`";
        if let Some((offset, expected)) = self.wrong {
            return Err(ParseError::malformed(expected).at(offset));
        }
        let started = u64::try_from(self.tests.len()).unwrap_or(u64::MAX);
        if started == 0 || started < self.announced {
            return Err(common::no_result(bytes, self.begun.unwrap_or_default(), WANTED));
        }
        if self.repeats > 0 && self.infos < self.repeats {
            return Err(ParseError::malformed(format!("{} test runs", self.repeats))
                .at(bytes.len())
                .found_words(self.infos.to_string()));
        }
        let mut complete = !self.unbuilt;
        for test in self.tests {
            let Some((offset, counts, total)) = test.complete else {
                return Err(common::no_result(
                    bytes,
                    test.offset,
                    &format!("{WANTED} of {}", common::quote(test.name.as_bytes())),
                ));
            };
            if counts.total() != total {
                return Err(ParseError::malformed(format!("figures that make up the {total} test cases"))
                    .at(offset)
                    .found_words(counts.total().to_string()));
            }
            let listed = u64::try_from(test.cases.len()).unwrap_or(u64::MAX);
            let mut suite = Suite::named(test.name);
            if listed > counts.failed {
                notes.push(common::note(
                    format!("{listed} cases are listed as failed, {} are counted", counts.failed),
                    offset,
                ));
                complete = false;
                suite.unlisted = counts;
            } else {
                suite.cases = test.cases;
                suite.unlisted = Counts { failed: counts.failed.saturating_sub(listed), ..counts };
            }
            run.suites.push(suite);
        }
        run.problems.extend(self.problems);
        Ok(complete)
    }
}

/// Whether a line is one that Common Test begins with.
pub(super) fn is_header(text: &[u8]) -> bool {
    text.starts_with(b"Common Test starting (cwd is ")
        || (text.starts_with(b"Common Test v") && memmem::find(text, b" starting (cwd is ").is_some())
        || text.starts_with(b"Common Test: Running make in test directories")
        || text.starts_with(b"Common Test: Will repeat tests ")
}

fn split(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    for at in memmem::find_iter(rest, b": ") {
        let said = rest.get(at + 2..)?;
        if [&b"Starting test"[..], b"TEST COMPLETE, ", b"*** "].iter().any(|w| said.starts_with(w)) {
            return Some((rest.get(..at)?, said));
        }
    }
    None
}

/// `3 ok, 0 failed, 1 skipped of 4 test cases`.
fn complete(text: &[u8]) -> Option<(Counts, u64)> {
    let (passed, rest) = number(text)?;
    let (failed, rest) = number(rest.strip_prefix(b" ok, ")?)?;
    let mut rest = rest.strip_prefix(b" failed")?;
    let mut skipped = 0;
    if let Some((n, r)) = rest.strip_prefix(b", ").and_then(number) {
        (skipped, rest) = (n, r.strip_prefix(b" skipped")?);
    }
    let counts = Counts { passed, failed, skipped, ..Counts::default() };
    let (total, rest) = number(rest.strip_prefix(b" of ")?)?;
    rest.starts_with(b" test case").then_some((counts, total))
}

/// A failed case by its number, with the block that stands before it.
fn failed(what: &[u8], block: &[u8]) -> Case {
    let first = block.split(|b| *b == b'\n').next().unwrap_or_default();
    let line =
        memmem::rfind(first, b" failed on line ").and_then(|i| common::digits(first.get(i + 16..)?.trim_ascii()));
    Case {
        name: common::text(what),
        status: Outcome::Failed,
        detail: Some(Box::new(Detail {
            message: common::failure_text(block),
            line: line.map(common::small),
            ..Detail::default()
        })),
        ..Case::default()
    }
}
