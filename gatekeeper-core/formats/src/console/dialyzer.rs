//! Dialyzer: rebar3's console, dialyxir's, the file `_build/PROFILE/OTP.dialyzer_warnings` in both its forms, and the console of `dialyzer` itself.
//!
//! Forms: `rebar_dialyzer_format.erl` and `rebar_prv_dialyzer.erl` (<https://github.com/erlang/rebar3/tree/main/apps/rebar/src>),
//! `dialyzer:format_warning/2` and `dialyzer_cl.erl` (OTP 25-27, <https://github.com/erlang/otp/tree/master/lib/dialyzer/src>).
//!
//! - rebar3: after `===> Dialyzer starting…` per file a heading, then `Line N Column M: text` (before 3.19 `  N: text`), at last
//!   `===> Warnings occurred running dialyzer: N`, which has to be the number of warnings above. Clean: the last line is
//!   `===> Analyzing N files with PLT...`, and only the exit status tells it from a killed run.
//! - file: `path:line:col: text`, wrapped lines indented; or one term `{warn_tag, {File, Location}, {name, Args}}.` each
//!   (`{output_format, raw}`). An empty file is a clean answer.
//! - dialyxir (`mix dialyzer`): see `dialyxir`.
//! - `dialyzer`: the same texts, then `done (warnings were emitted)` or `done (passed successfully)`. Unknown functions and types are
//!   findings where it calls the run one with warnings, remarks where it calls it passed (as OTP ≤ 25 does without `-Wunknown`).
//!
//! Dialyzer states no severity. The rule is the tag of the warning; texts have none, so it is taken from the words where they leave no doubt.

use super::common::{self, Reader, Step, Task, add_line, classify, located, note, step};
use super::dialyzer_rules::{NONE, rule_of};
use super::{dialyxir, dialyzer_terms};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::error::ErrorCode;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Finding, Findings, Place};
use gatekeeper_evidence::{Data, Kind, Note};

pub(super) static FORMAT: Format = Format {
    id: "dialyzer",
    title: "Dialyzer warnings: rebar3's console and warnings file, dialyxir's and dialyzer's own console",
    kind: Kind::Findings,
    extensions: &["dialyzer_warnings", "log", "txt"],
    places: &[
        "_build/*/*.dialyzer_warnings",
        "dialyzer.log",
        "rebar3-dialyzer.log",
        "rebar3_dialyzer.log",
        "logs/dialyzer.log",
        "dialyzer_warnings.txt",
        "_build/dialyzer.log",
    ],
    spec: "OTP 27 dialyzer: https://www.erlang.org/doc/apps/dialyzer/dialyzer.html; rebar3 3.24 rebar_dialyzer_format",
    producers: &["dialyzer"],
    recorded_as: Some("dialyzer"),
    content: Content::Text,
    sniff,
    parse,
};

/// The ending of the file that rebar3 writes its warnings to.
pub(super) const FILE_END: &str = ".dialyzer_warnings";

fn sniff(head: &Head<'_>) -> Confidence {
    if head.file_name().ends_with(FILE_END) && head.console().steps.is_empty() {
        return Confidence::Certain;
    }
    let console = common::confidence(head, Task::Dialyzer);
    if console == Confidence::No && dialyxir::is_dialyxir(head.log()) {
        return Confidence::Certain;
    }
    if console != Confidence::No || !head.console().steps.is_empty() {
        return console;
    }
    if head.xml().is_some() || head.json().is_some() {
        return Confidence::No;
    }
    if head.trimmed().starts_with(b"{warn_") {
        return Confidence::Certain;
    }
    let mut lines = head.lines().filter(|l| !l.trim_ascii().is_empty());
    let Some(first) = lines.next() else { return Confidence::No };
    if is_cli(first) || lines.take(5).any(is_cli) {
        return Confidence::Certain;
    }
    let known =
        located(first).is_some_and(|l| rule_of(l.rest) != NONE && (l.path.is_empty() || l.path.ends_with(b".erl")));
    Confidence::when(known, Confidence::Likely)
}

fn is_cli(line: &[u8]) -> bool {
    line.starts_with(b"  Proceeding with analysis...")
        || line.starts_with(b"  Checking whether the PLT ")
        || line.starts_with(b"done (warnings were emitted)")
        || line.starts_with(b"done (passed successfully)")
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut found = Findings::default();
    found.tool("dialyzer");
    let mut notes = Vec::new();
    let complete = match form(input.bytes) {
        Form::Dialyxir => dialyxir::read(input, &mut found, &mut notes)?,
        Form::Empty => {
            if !input.file_name().ends_with(FILE_END) && input.exit_status != Some(0) {
                return Err(ParseError::new(
                    ErrorCode::Empty,
                    "no output, and no exit status 0 to say that it is a clean run's",
                ));
            }
            common::clean(input, false)?
        }
        Form::Console => console(input, &mut found)?,
        Form::Terms => {
            dialyzer_terms::parse(input.bytes, &mut found, &mut notes)?;
            None
        }
        Form::Cli => cli(input, &mut found, &mut notes)?,
        Form::File => {
            texts(input, &mut found)?;
            None
        }
    };
    let mut parsed = Parsed::new(Data::Findings(found), complete);
    parsed.tool = Some("dialyzer".to_owned());
    parsed.notes = notes;
    Ok(parsed)
}

enum Form {
    Dialyxir,
    Empty,
    Console,
    Terms,
    Cli,
    File,
}

/// Which of its forms a content has, by its first line that says so.
fn form(bytes: &[u8]) -> Form {
    if dialyxir::is_dialyxir(bytes) {
        return Form::Dialyxir;
    }
    let mut first = true;
    let mut form = Form::Empty;
    let mut rows = Reader::new(bytes);
    while let Some(row) = rows.next() {
        if row.text.trim_ascii().is_empty() {
            continue;
        }
        if step(row.text).is_some() {
            return Form::Console;
        }
        if first && row.text.starts_with(b"{warn_") {
            return Form::Terms;
        }
        if is_cli(row.text) || (first && row.text.starts_with(b"dialyzer: ")) {
            return Form::Cli;
        }
        first = false;
        form = Form::File;
    }
    form
}

fn finding(rule: &str, place: Option<Place>, message: &[u8]) -> Finding {
    Finding { rule: rule.into(), message: common::text(message), place, ..Finding::default() }
}

fn from_text(place: Option<Place>, message: &[u8]) -> Finding {
    finding(rule_of(message), place, message)
}

/// rebar3's console. Returns whether it is complete.
fn console(input: &Input<'_>, found: &mut Findings) -> Result<Option<bool>, ParseError> {
    let mut run: Option<Run> = None;
    let mut ended = 0_usize;
    let mut later = false;
    let mut rows = Reader::new(input.bytes);
    let mut unproven = false;
    while let Some(row) = rows.next() {
        input.limits.has_room_for_findings(found.items.len())?;
        if let Some(text) = step(row.text) {
            if let Some(run) = &mut run {
                run.flush(found);
            }
            match (classify(text), &mut run) {
                (Step::Start(Task::Dialyzer), _) => {
                    if let Some(run) = run.take() {
                        unproven |= run.close(input, found, true)?.is_none();
                        ended += 1;
                    }
                    run = Some(Run::new(row.offset, found.items.len()));
                    later = false;
                }
                (Step::Begin | Step::Start(_), Some(_)) => {
                    later = true;
                    if let Some(run) = run.take() {
                        unproven |= run.close(input, found, true)?.is_none();
                        ended += 1;
                    }
                }
                (_, Some(run)) => run.step(text, row.offset),
                _ => {}
            }
        } else if let Some(run) = &mut run {
            run.line(row.text, row.offset, found);
        }
    }
    if let Some(mut last) = run.take() {
        last.flush(found);
        unproven |= last.close(input, found, false)?.is_none();
        ended += 1;
    }
    if ended == 0 {
        return Err(common::no_result(input.bytes, 0, "line `===> Dialyzer starting, this may take a while...`"));
    }
    if found.items.is_empty() { common::clean(input, later) } else { Ok((!unproven).then_some(true)) }
}

/// One run of dialyzer in rebar3's console.
struct Run {
    start: usize,
    /// Findings that were there before.
    before: usize,
    path: Vec<u8>,
    heading: bool,
    message: Vec<u8>,
    place: Option<Place>,
    open: bool,
    analysing: bool,
    nothing: bool,
    stated: Option<(usize, u64)>,
    trouble: Option<(usize, Vec<u8>)>,
}

impl Run {
    fn new(start: usize, before: usize) -> Self {
        Run {
            start,
            before,
            path: Vec::new(),
            heading: false,
            message: Vec::new(),
            place: None,
            open: false,
            analysing: false,
            nothing: false,
            stated: None,
            trouble: None,
        }
    }

    fn flush(&mut self, found: &mut Findings) {
        if self.open {
            found.items.push(from_text(self.place.take(), &self.message));
            self.open = false;
        }
        self.message.clear();
    }

    fn step(&mut self, text: &[u8], offset: usize) {
        if let Some(n) = text.strip_prefix(b"Warnings occurred running dialyzer: ") {
            self.stated = common::digits(n.trim_ascii()).map(|n| (offset, n));
        } else if text.starts_with(b"Analyzing no files") {
            self.nothing = true;
        } else if text.starts_with(b"Analyzing ") {
            (self.analysing, self.nothing) = (true, false);
        } else if text.starts_with(b"Running incremental analysis") {
            self.analysing = true;
        } else if self.trouble.is_none() && common::is_failure(text) {
            self.trouble = Some((offset, text.to_vec()));
        }
    }

    fn line(&mut self, row: &[u8], offset: usize, found: &mut Findings) {
        if row.trim_ascii().is_empty() {
            self.flush(found);
            self.heading = true;
            return;
        }
        if let Some((line, column, rest)) = numbered(row) {
            self.flush(found);
            self.heading = false;
            self.open = true;
            self.place = common::place(&self.path, line, column);
            add_line(&mut self.message, rest.trim_ascii(), b' ');
            return;
        }
        if std::mem::take(&mut self.heading) && row.first() != Some(&b' ') && located(row).is_none() {
            self.path.clear();
            if row != b"<path unknown>" {
                self.path.extend_from_slice(row.trim_ascii());
            }
            return;
        }
        // A warning that rebar3 could not format itself comes in dialyzer's own form.
        if row.first() != Some(&b' ')
            && let Some(l) = located(row)
        {
            self.flush(found);
            self.open = true;
            self.place = l.place();
            add_line(&mut self.message, l.rest, b' ');
        } else if self.open {
            add_line(&mut self.message, row.trim_ascii(), b' ');
        } else if self.trouble.is_none() && common::is_crash(row) {
            self.trouble = Some((offset, row.to_vec()));
        }
    }

    /// Whether this run came to its end; `None` where nothing says so.
    fn close(self, input: &Input<'_>, found: &Findings, next: bool) -> Result<Option<bool>, ParseError> {
        let listed = u64::try_from(found.items.len().saturating_sub(self.before)).unwrap_or(u64::MAX);
        if let Some((offset, stated)) = self.stated {
            if stated != listed {
                return Err(ParseError::malformed(format!("{stated} warnings above this line"))
                    .at(offset)
                    .found_words(format!("{listed}")));
            }
            return Ok(Some(true));
        }
        if let Some((offset, said)) = self.trouble.filter(|_| !common::ended_well(input)) {
            return Err(ParseError::new(ErrorCode::ToolFailed, "dialyzer did not come to its end; the log says")
                .at(offset)
                .found_words(common::quote(&said)));
        }
        if listed > 0 {
            return Err(ParseError::malformed("line `===> Warnings occurred running dialyzer: N` after the warnings")
                .at(input.bytes.len())
                .found_words("the end of dialyzer's output"));
        }
        if self.nothing {
            return Err(ParseError::new(ErrorCode::ToolFailed, "dialyzer analysed no files").at(self.start));
        }
        if !self.analysing {
            let expected = "line `===> Analyzing N files with PLT...`";
            return Err(if next {
                ParseError::malformed(expected).at(self.start).found_words("the next task")
            } else {
                common::no_result(input.bytes, self.start, expected)
            });
        }
        Ok(None)
    }
}

/// `Line 6 Column 5: text`, `Line 6: text`, and before rebar3 3.19 `   6: text` or `{6,5}: text`.
fn numbered(row: &[u8]) -> Option<(Option<u32>, Option<u32>, &[u8])> {
    if let Some(rest) = row.strip_prefix(b"Line ") {
        let (line, rest) = common::number(rest)?;
        if let Some(rest) = rest.strip_prefix(b" Column ") {
            let (column, rest) = common::number(rest)?;
            return Some((Some(common::small(line)), Some(common::small(column)), rest.strip_prefix(b":")?));
        }
        return Some((Some(common::small(line)), None, rest.strip_prefix(b":")?));
    }
    let rest = row.trim_ascii_start();
    if let Some(rest) = rest.strip_prefix(b"{") {
        let (line, rest) = common::number(rest)?;
        let (column, rest) = common::number(rest.strip_prefix(b",")?)?;
        return Some((Some(common::small(line)), Some(common::small(column)), rest.strip_prefix(b"}: ")?));
    }
    // A number is written at least four wide.
    let (line, after) = common::number(rest)?;
    (row.len().checked_sub(after.len())? >= 4).then_some(())?;
    Some((Some(common::small(line)), None, after.strip_prefix(b": ")?))
}

/// Warnings in dialyzer's own form, wrapped lines indented, blank lines between.
fn texts(input: &Input<'_>, found: &mut Findings) -> Result<(), ParseError> {
    let bytes = input.bytes;
    let mut open: Option<(Option<Place>, Vec<u8>)> = None;
    let mut rows = Reader::new(bytes);
    while let Some(row) = rows.next() {
        input.limits.has_room_for_findings(found.items.len())?;
        if !row.ended {
            return Err(ParseError::malformed("a line end after the warning")
                .at(bytes.len())
                .found_words("the end of the file"));
        }
        if row.text.trim_ascii().is_empty() {
            continue;
        }
        text_line(row.text, row.offset, &mut open, found)?;
    }
    found.items.extend(open.map(|(place, message)| from_text(place, &message)));
    Ok(())
}

fn text_line(
    row: &[u8],
    offset: usize,
    open: &mut Option<(Option<Place>, Vec<u8>)>,
    found: &mut Findings,
) -> Result<(), ParseError> {
    if matches!(row.first(), Some(b' ' | b'\t')) {
        let Some((_, message)) = open else {
            return Err(ParseError::malformed("a warning `path:line:column: text`").at(offset).found(row));
        };
        add_line(message, row.trim_ascii(), b' ');
        return Ok(());
    }
    let Some(l) = located(row) else {
        return Err(ParseError::malformed("a warning `path:line:column: text`").at(offset).found(row));
    };
    let mut message = Vec::new();
    add_line(&mut message, l.rest.trim_ascii(), b' ');
    if let Some((place, message)) = open.replace((l.place(), message)) {
        found.items.push(from_text(place, &message));
    }
    Ok(())
}

/// The console of `dialyzer` itself.
fn cli(input: &Input<'_>, found: &mut Findings, notes: &mut Vec<Note>) -> Result<Option<bool>, ParseError> {
    let mut open = None;
    let mut proceeding = false;
    // In a list of unknown functions, types or behaviours: which.
    let mut list: Option<&str> = None;
    let mut unknown: Vec<Finding> = Vec::new();
    let mut end: Option<(usize, bool)> = None;
    // `--raw`: where the terms begin and end.
    let mut raw: Option<(usize, Option<usize>)> = None;
    let mut rows = Reader::new(input.bytes);
    while let Some(row) = rows.next() {
        input.limits.has_room_for_findings(found.items.len())?;
        let text = row.text;
        match &mut raw {
            Some((_, stop @ None)) if text.starts_with(b" done in ") || text.starts_with(b"done (") => {
                *stop = Some(row.offset)
            }
            Some((_, None)) => continue,
            None if text.starts_with(b"{warn_") => {
                raw = Some((row.offset, None));
                continue;
            }
            _ => {}
        }
        let passed = text.starts_with(b"done (passed successfully)");
        if passed || text.starts_with(b"done (warnings were emitted)") {
            end = Some((row.offset, passed));
            list = None;
        } else if let Some(rest) = text.strip_prefix(b"  Proceeding with analysis...") {
            proceeding = true;
            if common::is_crash(rest) {
                return Err(common::no_result(input.bytes, row.offset, "line `done (…)`"));
            }
        } else if text.starts_with(b"dialyzer: ") || common::is_crash(text) {
            return Err(ParseError::new(ErrorCode::ToolFailed, "dialyzer failed; the log says")
                .at(row.offset)
                .found_words(common::quote(text)));
        } else if text.starts_with(b"Unknown ") && text.trim_ascii_end().ends_with(b":") {
            list = Some(if text.starts_with(b"Unknown functions") {
                "Unknown function "
            } else if text.starts_with(b"Unknown types") {
                "Unknown type "
            } else {
                "Unknown behaviour "
            });
        } else if let Some(what) = list
            && text.starts_with(b"  ")
        {
            unknown.push(unknown_item(what, text.trim_ascii()));
        } else if text.trim_ascii().is_empty()
            || text.starts_with(b" done in ")
            || text.starts_with(b"  Checking whether")
        {
        } else if proceeding || located(text).is_some() {
            list = None;
            if matches!(text.first(), Some(b' ' | b'\t')) && open.is_none() {
                continue;
            }
            text_line(text, row.offset, &mut open, found)?;
        }
    }
    found.items.extend(open.map(|(place, message)| from_text(place, &message)));
    if let Some((start, Some(stop))) = raw {
        dialyzer_terms::parse(input.bytes.get(start..stop).unwrap_or_default(), found, notes).map_err(|e| {
            let within = e.location().offset.and_then(|o| usize::try_from(o).ok()).unwrap_or_default();
            e.at(start.saturating_add(within))
        })?;
    }
    let Some((offset, passed)) = end else {
        return Err(common::no_result(
            input.bytes,
            0,
            "line `done (passed successfully)` or `done (warnings were emitted)`",
        ));
    };
    if passed {
        if !unknown.is_empty() {
            notes.push(note(format!("{} unknown functions and types, which dialyzer passed", unknown.len()), offset));
        }
        if !found.items.is_empty() {
            return Err(ParseError::malformed("no warnings above `done (passed successfully)`")
                .at(offset)
                .found_words(format!("{}", found.items.len())));
        }
        if let Some(status) = input.exit_status.filter(|s| *s != 0) {
            return Err(ParseError::new(
                ErrorCode::ToolFailed,
                format!("dialyzer passed, but the exit status is {status}"),
            )
            .at(offset));
        }
    } else {
        found.items.append(&mut unknown);
        if found.items.is_empty() {
            return Err(ParseError::malformed("the warnings that were emitted").at(offset).found_words("none"));
        }
    }
    Ok(Some(true))
}

/// `mod:fun/1 (file.erl:4:9)`.
fn unknown_item(what: &str, text: &[u8]) -> Finding {
    let at = memchr::memchr(b'(', text);
    let name = text.get(..at.unwrap_or(text.len())).unwrap_or_default().trim_ascii();
    let place = at.and_then(|at| {
        let mut inner = text.get(at + 1..)?.strip_suffix(b")")?.to_vec();
        inner.push(b':');
        located(&inner).and_then(|l| l.place())
    });
    let message = [what.as_bytes(), name].concat();
    finding("warn_unknown", place, &message)
}

#[cfg(test)]
#[path = "dialyzer_tests.rs"]
mod tests;
