//! Common Test's `suite.log`: the record of one test (a directory's or a suite's run), written as it goes.
//!
//! Specification: the code is the specification: `lib/common_test/src/test_server_ctrl.erl` (`print(major, …)`) of Erlang/OTP,
//! <https://github.com/erlang/otp/blob/maint/lib/common_test/src/test_server_ctrl.erl>; and `ct_logs.erl`, which reads it back
//! (`count_cases1/2`). Read: releases R14 to 28.
//!
//! Records are lines `=key value` at the first column; other lines continue a value or are remarks (`=== …`). A case is `=case`,
//! `=logfile`, `=started`, `=ended`, `=result`, `=elapsed`. Comments and reasons are the tests' own text, unescaped: **a test can
//! write lines that look like records**. So:
//!
//! - the counts of the trailer, which ends the file, are the counts. A file without it is of a run that was killed: refused, whatever
//!   passed before;
//! - a comment ends at the `=elapsed` that follows every good case, and not before;
//! - the listed cases of a status (passed, failed, skipped by the user, skipped automatically) stand only where there are as many as
//!   the trailer counts; otherwise the trailer's count alone does, with a note.
//!
//! `init_per_suite` and its like, and all of module `ct_framework`, are no cases: where they fail they are problems. Common Test
//! counts `error_in_suite` (a suite that cannot be loaded) nowhere: the run is then not complete.
//!
//! OTP 27 writes the milliseconds of a case's time limit as its seconds where it ran into the limit: a time longer than from `=started`
//! to `=ended` is left out, with a note.

use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::assertion;
use crate::scan::lines::Lines;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::test_run::{Case, Counts, Detail, Outcome, Problem, Suite, TestRun};
use gatekeeper_evidence::{Data, Kind, Note};
use std::collections::HashMap;

use super::common::{MESSAGE, cut};
use super::ct_place::place;

pub(super) static FORMAT: Format = Format {
    id: "ct-suite-log",
    title: "Common Test suite.log",
    kind: Kind::Tests,
    extensions: &["log"],
    places: &[
        "_build/test/logs/ct_run.*/**/suite.log",
        "_build/*+test/logs/ct_run.*/**/suite.log",
        "**/ct_run.*/**/suite.log",
    ],
    spec: "Erlang/OTP, test_server_ctrl.erl, https://www.erlang.org/doc/apps/common_test/run_test_chapter.html#log-files",
    producers: &["ct"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    if head.bytes().starts_with(b"=== Suite started at ") {
        return Confidence::Certain;
    }
    let keys = |key: &[u8]| head.lines().take(20).any(|l| value(l, key).is_some());
    Confidence::when(keys(b"cases") && keys(b"emulator"), Confidence::Likely)
}

/// The value of a line `=key value`.
fn value<'a>(line: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let rest = line.strip_prefix(b"=")?.strip_prefix(key)?;
    // Keys are padded; a value that is empty may have lost its blanks.
    (rest.is_empty() || rest.starts_with(b" ")).then(|| rest.trim_ascii())
}

/// What a `=result` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Ok,
    Failed,
    User,
    Auto,
}

impl Ended {
    /// All, in the order in which counts are kept.
    const ALL: [Ended; 4] = [Ended::Ok, Ended::Failed, Ended::User, Ended::Auto];

    fn index(self) -> usize {
        match self {
            Ended::Ok => 0,
            Ended::Failed => 1,
            Ended::User => 2,
            Ended::Auto => 3,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Ended::Ok => "passed",
            Ended::Failed => "failed",
            Ended::User => "user_skipped",
            Ended::Auto => "auto_skipped",
        }
    }
}

/// A record that has begun.
#[derive(Default)]
struct Record {
    name: String,
    line: u64,
    started: bool,
    outcome: Option<Ended>,
    /// The result's text, its lines joined.
    text: String,
    elapsed: Option<f64>,
    /// `=started` and `=ended`, whole seconds of local time.
    begin: Option<[u8; 19]>,
    end: Option<[u8; 19]>,
}

/// The counts at the end.
#[derive(Default)]
struct Trailer {
    failed: Option<u64>,
    successful: Option<u64>,
    user: Option<u64>,
    auto: Option<u64>,
}

/// What lines mean at the present place.
#[derive(PartialEq, Eq)]
enum Place {
    /// In the header, in a record, or between two.
    Records,
    /// In the result's text: lines that are no records go on with it.
    Reason,
    /// In the comment of a good case.
    Comment,
    /// Behind `=finished`.
    Trailer,
}

struct Reader {
    place: Place,
    planned: Option<u64>,
    /// The total of `=== TEST COMPLETE`.
    announced: Option<u64>,
    header: bool,
    record: Option<Record>,
    trailer: Option<Trailer>,
    suites: Vec<Suite>,
    /// Listed cases by outcome.
    listed: [u64; 4],
    suite_of: HashMap<Box<str>, usize>,
    problems: Vec<Problem>,
    not_built: bool,
    notes: Vec<Note>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut reader = Reader {
        place: Place::Records,
        planned: None,
        announced: None,
        header: false,
        record: None,
        trailer: None,
        suites: Vec::new(),
        listed: [0; 4],
        suite_of: HashMap::new(),
        problems: Vec::new(),
        not_built: false,
        notes: Vec::new(),
    };
    for line in Lines::new(input.bytes) {
        reader.line(line.bytes, line.number, line.offset)?;
    }
    reader.finish(input.bytes.len())
}

impl Reader {
    fn line(&mut self, line: &[u8], number: u64, offset: usize) -> Result<(), ParseError> {
        if !self.header {
            return self.head(line, offset);
        }
        match self.place {
            Place::Comment => {
                if let Some(time) = value(line, b"elapsed") {
                    self.elapsed(time);
                    self.place = Place::Records;
                }
                return Ok(());
            }
            Place::Trailer => {
                if self.counts(line, offset)? {
                    return Ok(());
                }
                // Something follows: it was not the end, and no trailer.
                self.trailer = None;
                self.place = Place::Records;
            }
            Place::Records | Place::Reason => {}
        }
        if let Some(name) = value(line, b"case") {
            self.close();
            let name = String::from_utf8_lossy(name.get(..name.len().min(NAME)).unwrap_or_default()).into_owned();
            self.record = Some(Record { name, line: number, ..Record::default() });
            self.place = Place::Records;
        } else if value(line, b"finished").is_some() {
            self.close();
            self.trailer = Some(Trailer::default());
            self.place = Place::Trailer;
        } else if let Some(result) = value(line, b"result") {
            self.result(result);
        } else if let Some(time) = value(line, b"elapsed") {
            self.elapsed(time);
            self.place = Place::Records;
        } else if let Some(time) = value(line, b"started") {
            if let Some(record) = &mut self.record {
                record.started = true;
                record.begin = moment(time);
            }
        } else if let Some(time) = value(line, b"ended") {
            if let Some(record) = &mut self.record {
                record.end = moment(time);
            }
        } else if line.starts_with(b"=") {
            // `=== *** FAILED …` and other remarks, and keys that say nothing of results.
            self.place = Place::Records;
            if let Some(counts) = line.strip_prefix(b"=== TEST COMPLETE, ") {
                self.announced = Some(last_number(counts).ok_or_else(|| {
                    ParseError::malformed("counts (`O ok, F failed of N test cases`)").at(offset).found(counts)
                })?);
            } else if line.starts_with(b"=== WARNING: ") && self.notes.len() < 20 {
                let text = String::from_utf8_lossy(line.get(4..).unwrap_or_default());
                self.notes.push(Note::at(cut(&text, 200), Location::line(number)));
            }
        } else if self.place == Place::Reason
            && let Some(record) = &mut self.record
        {
            join(&mut record.text, line);
        }
        Ok(())
    }

    /// Lines up to `=cases`.
    fn head(&mut self, line: &[u8], offset: usize) -> Result<(), ParseError> {
        if let Some(cases) = value(line, b"cases") {
            self.planned = number(cases);
            // Groups that repeat until something happens have no number.
            if self.planned.is_none() && cases != b"unknown" {
                return Err(ParseError::malformed("a number of cases behind '=cases'").at(offset).found(cases));
            }
            self.header = true;
            return Ok(());
        }
        if line.is_empty() || line.starts_with(b"=") {
            return Ok(());
        }
        Err(ParseError::malformed("'=cases' with the number of cases").at(offset).found(line))
    }

    fn result(&mut self, result: &[u8]) {
        let Some(record) = self.record.as_mut().filter(|r| r.outcome.is_none()) else {
            // A second result of a record is its text's.
            return;
        };
        const WORDS: &[(&[u8], Ended)] = &[
            (b"ok", Ended::Ok),
            (b"failed", Ended::Failed),
            (b"skipped", Ended::User),
            (b"auto_skipped", Ended::Auto),
        ];
        let end = memchr::memchr(b':', result).unwrap_or(result.len());
        let (word, text) = (result.get(..end).unwrap_or_default(), result.get(end + 1..).unwrap_or_default());
        let Some((_, outcome)) = WORDS.iter().find(|(w, _)| *w == word) else { return };
        record.outcome = Some(*outcome);
        join(&mut record.text, text);
        self.place = if *outcome == Ended::Ok && end < result.len() { Place::Comment } else { Place::Reason };
    }

    fn elapsed(&mut self, time: &[u8]) {
        if let Some(record) = &mut self.record
            && record.outcome.is_some()
        {
            record.elapsed = seconds(time);
        }
    }

    /// A line of the trailer; false where the line is none.
    fn counts(&mut self, line: &[u8], offset: usize) -> Result<bool, ParseError> {
        if line.is_empty() || value(line, b"elapsed_time").is_some() {
            return Ok(true);
        }
        let Some(trailer) = &mut self.trailer else { return Ok(false) };
        let slots: [(&[u8], &mut Option<u64>); 4] = [
            (b"failed", &mut trailer.failed),
            (b"successful", &mut trailer.successful),
            (b"user_skipped", &mut trailer.user),
            (b"auto_skipped", &mut trailer.auto),
        ];
        for (key, slot) in slots {
            if let Some(text) = value(line, key) {
                let count = number(text).ok_or_else(|| {
                    let key = String::from_utf8_lossy(key);
                    ParseError::malformed(format!("a number of cases behind '={key}'")).at(offset).found(text)
                })?;
                *slot = Some(count);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes the record that ends here. One that never started or has no result is none: its counterpart in the trailer tells.
    fn close(&mut self) {
        let Some(record) = self.record.take() else { return };
        let (Some(outcome), true) = (record.outcome, record.started) else { return };
        let (module, function) = record.name.split_once(':').unwrap_or((record.name.as_str(), ""));
        let message = record.text.trim();
        let message = cut(assertion::told_first(message).as_deref().unwrap_or(message), MESSAGE);
        let mut time = record.elapsed;
        if let (Some(t), Some(begin), Some(end)) = (time, &record.begin, &record.end)
            && t > 1.0
            && wall(*begin, *end).is_some_and(|wall| t > wall + 2.0)
        {
            time = None;
            if self.notes.len() < 20 {
                let [begin, end] = [begin, end].map(|t| String::from_utf8_lossy(t));
                let text = format!("{t} s of {} cannot be: it began {begin} and ended {end}", cut(&record.name, 200));
                self.notes.push(Note::at(text, Location::line(record.line)));
            }
        }
        if is_config(module, function) {
            if outcome == Ended::Failed {
                self.not_built |= function == "error_in_suite";
                self.problems.push(Problem { name: record.name, message, line: Some(record.line) });
            }
            return;
        }
        let suite = match self.suite_of.get(module) {
            Some(suite) => *suite,
            None => {
                let suite = self.suites.len();
                self.suites.push(Suite::named(module));
                self.suite_of.insert(module.into(), suite);
                suite
            }
        };
        let kind = outcome.word();
        let detail = (outcome != Ended::Ok).then(|| {
            let (file, line) = if outcome == Ended::Failed { place(&record.text, module) } else { (None, None) };
            Box::new(Detail { message: message.into(), kind: kind.into(), file, line, attempts: None })
        });
        let status = match outcome {
            Ended::Ok => Outcome::Passed,
            Ended::Failed => Outcome::Failed,
            Ended::User | Ended::Auto => Outcome::Skipped,
        };
        let case = Case { name: record.name.into(), class: None, status, flaky: false, time, detail };
        if let Some(slot) = self.listed.get_mut(outcome.index()) {
            *slot += 1;
        }
        if let Some(suite) = self.suites.get_mut(suite) {
            suite.cases.push(case);
        }
    }

    fn finish(mut self, end: usize) -> Result<Parsed, ParseError> {
        if !self.header {
            return Err(ParseError::malformed("'=cases' with the number of cases")
                .at(end)
                .found_words("the end of the file"));
        }
        let counts = match &self.trailer {
            Some(Trailer { failed: Some(f), successful: Some(s), user: Some(u), auto: Some(a) }) => [*s, *f, *u, *a],
            _ => {
                return Err(ParseError::malformed("the counts from '=finished' to '=auto_skipped' at the end")
                    .at(end)
                    .found_words("the end of the file: the run did not end"));
            }
        };
        let mut suites = self.suites;
        let mut unlisted = Counts::default();
        for ((outcome, count), listed) in Ended::ALL.into_iter().zip(counts).zip(self.listed) {
            if listed == count {
                continue;
            }
            let slot = match outcome {
                Ended::Ok => &mut unlisted.passed,
                Ended::Failed => &mut unlisted.failed,
                Ended::User | Ended::Auto => &mut unlisted.skipped,
            };
            *slot = slot.saturating_add(count);
            let word = outcome.word();
            self.notes
                .push(Note::new(format!("{listed} cases look {word}, the end counts {count}: only the count is kept")));
            let kept = |case: &Case| case.detail.as_ref().map_or(Ended::Ok.word(), |d| d.kind.as_ref()) != word;
            for suite in &mut suites {
                suite.cases.retain(kept);
            }
        }
        suites.retain(|s| !s.cases.is_empty());
        if unlisted != Counts::default() {
            suites.push(Suite { unlisted, ..Suite::named("unlisted") });
        }
        let total = counts.iter().fold(0_u64, |sum, n| sum.saturating_add(*n));
        // A last count that lost a digit.
        if let Some(announced) = self.announced.filter(|a| *a != total) {
            return Err(ParseError::malformed(format!("counts of {announced} cases, as 'TEST COMPLETE' has them"))
                .at(end)
                .found_words(total.to_string()));
        }
        let mut complete = !self.not_built;
        if let Some(planned) = self.planned.filter(|p| *p != total) {
            // Fewer: a run that was stopped in time.
            complete &= total > planned;
            self.notes.push(Note::new(format!("{planned} cases were to run, {total} are counted at the end")));
        }
        let run = TestRun { suites, problems: self.problems, ..TestRun::default() };
        Ok(Parsed { tool: Some("ct".to_owned()), notes: self.notes, ..Parsed::new(Data::Tests(run), Some(complete)) })
    }
}

/// Most of a case's name, bytes: atoms have at most 255 characters.
const NAME: usize = 2048;

fn is_config(module: &str, function: &str) -> bool {
    module == "ct_framework"
        || matches!(function, "init_per_suite" | "end_per_suite" | "init_per_group" | "end_per_group")
}

/// Adds a line of a pretty-printed term: its indentation goes.
fn join(text: &mut String, line: &[u8]) {
    // Enough to find the place of a failure in; a message is cut further.
    const MOST: usize = 16 * 1024;
    if text.len() > MOST {
        return;
    }
    let line = line.trim_ascii();
    let line = String::from_utf8_lossy(line.get(..line.len().min(MOST)).unwrap_or_default());
    if !text.is_empty() && !text.ends_with(['{', '[', '(', ',']) {
        text.push(' ');
    }
    text.push_str(&line);
}

fn number(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// N of `… of N test cases`.
fn last_number(text: &[u8]) -> Option<u64> {
    number(text.strip_suffix(b" test cases")?.rsplit(|b| *b == b' ').next()?)
}

/// `2026-01-02 03:04:05`.
fn moment(text: &[u8]) -> Option<[u8; 19]> {
    text.try_into().ok()
}

/// Seconds between two times of day and date.
fn wall(begin: [u8; 19], end: [u8; 19]) -> Option<f64> {
    let time = |t: [u8; 19]| std::str::from_utf8(&t).ok()?.parse::<jiff::civil::DateTime>().ok();
    let span = time(begin)?.until(time(end)?).ok()?;
    span.total((jiff::Unit::Second, jiff::SpanRelativeTo::days_are_24_hours())).ok()
}

fn seconds(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let value: f64 = text.strip_suffix('s').unwrap_or(text).parse().ok()?;
    (value.is_finite() && value >= 0.0).then_some(value)
}

#[cfg(test)]
mod tests;
