//! Console of `rebar3 eunit`: the progress form (dots, then `N tests, F failures[, S skipped][, C cancelled]`) and the verbose or report form
//! (`All N tests passed.`, or `Failed: F.  Skipped: S.  Passed: P.` and maybe `One or more tests were cancelled.`).
//!
//! Forms: `eunit_tty.erl` (OTP 25-27, <https://github.com/erlang/otp/blob/master/lib/eunit/src/eunit_tty.erl>), `eunit_progress.erl`
//! (eunit_formatters, <https://github.com/seancribbs/eunit_formatters>), `rebar_prv_eunit.erl`.
//!
//! Without rebar3 (`make eunit` of erlang.mk, `eunit:test/1`) there is no start line and no last word of a bad run: the log is EUnit's as a whole, and each
//! summary ends a run of its own, as make runs EUnit once per application.
//!
//! Known deviations: cancelled events (timeouts, failed set-ups, generators that crash) are in no count, groups among them, and make the run
//! not complete; so do skipped tests, as EUnit knows no skip on purpose. OTP 25.1 ff. print `2 tests passed.` without `All`.
//! Text of tests can forge any line. The last summary after the start line counts, and it must fit what is above it: in the verbose form no
//! more tests passed than lines end in `ok`, in the progress form no more than there are dots. rebar3's `Error running tests` after a summary
//! of passed tests is a problem. Only failed tests are listed; the rest is counted.

use super::common::{self, KEPT_MOST, Reader, Row, Step, Task, add_line, classify, note, number, step};
use super::eunit_summary::{Summary, progress, report};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::{Case, Counts, Outcome, Problem, Suite, TestRun};
use gatekeeper_evidence::{Data, Kind, Note};
use memchr::memmem;

pub(super) static FORMAT: Format = Format {
    id: "rebar3-eunit",
    title: "rebar3 eunit: EUnit's console",
    kind: Kind::Tests,
    extensions: &["log", "txt"],
    places: &["eunit.log", "rebar3-eunit.log", "rebar3_eunit.log", "logs/eunit.log", "_build/eunit.log"],
    spec: "OTP 27 eunit_tty: https://github.com/erlang/otp/blob/master/lib/eunit/src/eunit_tty.erl; eunit_formatters 0.5",
    producers: &["eunit"],
    recorded_as: Some("eunit"),
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    if !head.console().steps.is_empty() || head.xml().is_some() || head.json().is_some() {
        return common::confidence(head, Task::Eunit);
    }
    if memmem::find(head.log(), HEADER).is_some() {
        return Confidence::Certain;
    }
    let line = |l: &[u8]| {
        report(l).is_some() && [&b"  All "[..], b"  Failed: ", b"  Test passed."].iter().any(|s| l.starts_with(s))
    };
    // Only the lines that such a summary may be on are looked at, and no more of them than a summary is long.
    const LONGEST: usize = 120;
    let all = head.log();
    let summary = [&b" passed."[..], b".  Passed: "].iter().any(|mark| {
        memmem::find_iter(all, mark).take(1_000).any(|at| {
            let from = at.saturating_sub(LONGEST);
            let before = all.get(from..at).unwrap_or_default();
            let start = from + memchr::memrchr(b'\n', before).map_or(0, |n| n + 1);
            let rest = all.get(start..all.len().min(at + LONGEST)).unwrap_or_default();
            let text = rest.get(..memchr::memchr(b'\n', rest).unwrap_or(rest.len())).unwrap_or_default();
            line(text.strip_suffix(b"\r").unwrap_or(text))
        })
    });
    Confidence::when(summary, Confidence::Likely)
}

/// What EUnit's verbose form begins with.
const HEADER: &[u8] = b"======================== EUnit ===";

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut runs: Vec<Run> = Vec::new();
    // A start line is one of rebar3 only where a task began since the last; otherwise it is the text of a test.
    let mut begun = true;
    let mut later = false;
    let mut rows = Reader::new(input.bytes);
    while let Some(row) = rows.next() {
        let Some(text) = step(row.text) else {
            if let Some(run) = runs.last_mut() {
                run.line(&row);
            }
            continue;
        };
        match classify(text) {
            Step::Begin => {
                begun = true;
                if let Some(run) = runs.last_mut() {
                    run.next_task = true;
                    later = true;
                }
            }
            Step::Start(Task::Eunit) if begun => {
                if runs.len() < KEPT_MOST {
                    runs.push(Run::new(row.offset, row.number));
                }
                (begun, later) = (false, false);
            }
            Step::Start(_) => later |= !runs.is_empty(),
            _ => {
                if let Some(run) = runs.last_mut() {
                    run.step(text, &row);
                }
            }
        }
    }
    let plain = runs.is_empty();
    if plain {
        runs = plain_runs(input);
    }
    if runs.is_empty() {
        return Err(common::no_result(input.bytes, 0, "line `===> Performing EUnit tests...`"));
    }
    let mut notes = Vec::new();
    if runs.len() > 1 {
        notes.push(Note::new(format!("{} runs of EUnit in one log, added up", runs.len())));
    }
    let mut tests = TestRun::default();
    let mut complete = true;
    for run in runs {
        complete &= run.finish(input, &mut tests, &mut notes)?;
    }
    let counts = tests.counts();
    if complete && counts.failed == 0 && tests.problems.is_empty() {
        complete = common::good_run(input, later, &mut notes);
    }
    let mut parsed = Parsed::new(Data::Tests(tests), Some(complete));
    parsed.tool = Some("eunit".to_owned());
    parsed.notes = notes;
    Ok(parsed)
}

/// The runs of a log without rebar3: each ends with its summary.
fn plain_runs(input: &Input<'_>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut any = false;
    let mut rows = Reader::new(input.bytes);
    while let Some(row) = rows.next() {
        if step(row.text).is_some() {
            // A log of rebar3 in which EUnit never started.
            return Vec::new();
        }
        let goes_on = row.text.is_empty() || row.text == b"One or more tests were cancelled.";
        if runs.last().is_none_or(|run| run.summary.is_some() && !goes_on) && runs.len() < KEPT_MOST {
            runs.push(Run { plain: true, ..Run::new(row.offset, row.number) });
        }
        if let Some(run) = runs.last_mut() {
            run.line(&row);
            any |= run.summary.is_some() || run.verbose;
        }
    }
    // What make says behind the last summary is no run.
    if runs.len() > 1 && runs.last().is_some_and(|r| r.summary.is_none() && !r.begun()) {
        runs.pop();
    }
    if any { runs } else { Vec::new() }
}

/// What the lines now read belong to.
#[derive(Default)]
enum Within {
    #[default]
    Nothing,
    /// A failed case of the verbose form.
    Failed,
    /// A failure of the progress form's list.
    Failure,
    /// The progress form's list of what was cancelled.
    Pending,
}

struct Run {
    /// Without rebar3 around it.
    plain: bool,
    start: usize,
    line: u64,
    summary: Option<(usize, Summary)>,
    /// Offset of a test that ended after the last summary.
    resumed: Option<usize>,
    cases: Vec<Case>,
    failed: u64,
    problems: Vec<Problem>,
    cancelled: u64,
    verbose: bool,
    oks: u64,
    dots: u64,
    within: Within,
    message: Vec<u8>,
    error: Option<(u64, Vec<u8>)>,
    trouble: Option<(usize, Vec<u8>)>,
    next_task: bool,
    last_problem_open: bool,
}

impl Run {
    fn new(start: usize, line: u64) -> Self {
        Run {
            plain: false,
            start,
            line,
            summary: None,
            resumed: None,
            cases: Vec::new(),
            failed: 0,
            problems: Vec::new(),
            cancelled: 0,
            verbose: false,
            oks: 0,
            dots: 0,
            within: Within::Nothing,
            message: Vec::new(),
            error: None,
            trouble: None,
            next_task: false,
            last_problem_open: false,
        }
    }

    /// Whether anything of a run was seen.
    fn begun(&self) -> bool {
        self.verbose || self.oks > 0 || self.failed > 0 || self.cancelled > 0
    }

    fn step(&mut self, text: &[u8], row: &Row<'_>) {
        self.end_message();
        if text.starts_with(b"Error running tests") {
            self.error.get_or_insert((row.number, text.to_vec()));
        } else if !self.next_task && common::is_failure(text) {
            self.trouble = Some((row.offset, text.to_vec()));
        }
    }

    fn line(&mut self, row: &Row<'_>) {
        let text = row.text;
        let Some(last) = text.last() else {
            if !matches!(self.within, Within::Pending) {
                self.end_message();
            }
            return;
        };
        if self.summary.is_none() && !self.verbose {
            // Dots are read on every line: text of tests may stand before them.
            self.dots = self.dots.saturating_add(u64::try_from(memchr::memchr_iter(b'.', text).count()).unwrap_or(0));
        }
        match last {
            b'k' if text.ends_with(b"ok") => {
                self.oks += 1;
                if self.summary.is_some()
                    && !self.next_task
                    && memmem::find(text, b"...").is_some()
                    && text.contains(&b':')
                {
                    self.resumed.get_or_insert(row.offset);
                }
            }
            b'.' => {
                if let Some(summary) = report(text) {
                    self.end_message();
                    self.summary = Some((row.offset, summary));
                    self.resumed = None;
                    return;
                }
                if text == b"One or more tests were cancelled." {
                    if let Some((_, summary)) = &mut self.summary {
                        summary.cancelled = true;
                    }
                    return;
                }
            }
            b's' | b'd' => {
                // Half a line could be one of a run that had more to say.
                if row.ended
                    && let Some(summary) = progress(text)
                {
                    self.end_message();
                    self.summary = Some((row.offset, summary));
                    self.resumed = None;
                    return;
                }
            }
            b'*' if text.ends_with(b"*failed*") => {
                self.end_message();
                self.resumed =
                    self.resumed.or(self.summary.is_some().then_some(row.offset).filter(|_| !self.next_task));
                self.fail(name(text, b"*failed*"), Outcome::Failed);
                self.within = Within::Failed;
                return;
            }
            b'*' => {
                self.end_message();
                self.star(row);
                return;
            }
            b'=' if text.starts_with(HEADER) => {
                self.verbose = true;
                return;
            }
            _ => {}
        }
        if common::is_crash(text) || text.starts_with(b"Eunit failed: ") || text.starts_with(b"Internal error: ") {
            self.trouble = Some((row.offset, text.to_vec()));
        }
        self.detail(text, row.number);
    }

    /// `…*timed out*`, `*** context setup failed ***` and the like: what was cancelled.
    fn star(&mut self, row: &Row<'_>) {
        let text = row.text;
        let inner = text.trim_ascii();
        let (what, how) = if let Some(how) = inner.strip_prefix(b"*** ").and_then(|t| t.strip_suffix(b" ***")) {
            (&b""[..], how)
        } else {
            const ENDS: &[&[u8]] = &[
                b"*timed out*",
                b"*skipped*",
                b"*could not start test process*",
                b"*cancelled because of subtask*",
                b"*unexpected termination of test process*",
                b"*did not run*",
            ];
            let Some(end) = ENDS.iter().find(|e| inner.ends_with(e)) else { return };
            if *end == b"*did not run*" {
                self.fail(name(text, end), Outcome::Skipped);
                self.within = Within::Failed;
                return;
            }
            (name(text, end), end.trim_ascii())
        };
        self.cancel(what, how, row.number);
        self.last_problem_open = true;
    }

    fn cancel(&mut self, what: &[u8], how: &[u8], line: u64) {
        self.cancelled += 1;
        if self.problems.len() < KEPT_MOST {
            let name = if what.is_empty() { "cancelled".to_owned() } else { common::text(what).into_string() };
            self.problems.push(Problem { name, message: common::text(how).into_string(), line: Some(line) });
        }
    }

    fn fail(&mut self, name: &[u8], status: Outcome) {
        if status == Outcome::Failed {
            self.failed += 1;
        }
        self.message.clear();
        if self.cases.len() < KEPT_MOST {
            self.cases.push(Case {
                name: common::text(name),
                class: memchr::memchr(b':', name).map(|i| common::text(name.get(..i).unwrap_or_default()).into()),
                status,
                detail: Some(Box::default()),
                ..Case::default()
            });
        }
    }

    fn detail(&mut self, text: &[u8], line: u64) {
        match self.within {
            Within::Failed => self.failed_line(text),
            Within::Failure => {
                // The next failure's number stands two columns in, the text of this one further.
                if !self.start_failure(text) {
                    add_line(&mut self.message, text.trim_ascii(), b'\n');
                }
            }
            Within::Pending => {
                if let Some(how) = text.strip_prefix(b"    %% ") {
                    if let Some(problem) = self.problems.last_mut().filter(|_| self.last_problem_open) {
                        problem.message = common::text(how).into_string();
                        self.last_problem_open = false;
                    }
                } else if text.starts_with(b"     ") {
                    // The rest of a term over several lines.
                    if let Some(problem) = self.problems.last_mut().filter(|p| p.message.len() < 1000) {
                        problem.message.push(' ');
                        problem.message.push_str(&common::text(text));
                    }
                } else if text.starts_with(b"Finished in ") {
                    self.within = Within::Nothing;
                } else if text.starts_with(b"  ") && text.get(2) != Some(&b' ') {
                    self.cancel(text.trim_ascii(), b"cancelled", line);
                    self.last_problem_open = true;
                }
            }
            Within::Nothing => {
                if text == b"Failures:" {
                    self.within = Within::Failure;
                } else if text == b"Pending:" {
                    self.within = Within::Pending;
                } else if self.last_problem_open
                    && let Some(said) = text.strip_prefix(b"**").or_else(|| text.strip_prefix(b"::"))
                    && let Some(problem) = self.problems.last_mut()
                {
                    problem.message.push_str(": ");
                    problem.message.push_str(&common::text(said));
                    self.last_problem_open = !text.starts_with(b"**in function");
                } else {
                    // Blank lines stand between the entries of the list of failures.
                    self.start_failure(text);
                }
            }
        }
    }

    /// `  3) module:function/0: description`.
    fn start_failure(&mut self, text: &[u8]) -> bool {
        let Some((_, rest)) = text.strip_prefix(b"  ").and_then(number) else { return false };
        let Some(name) = rest.strip_prefix(b") ") else { return false };
        if memchr::memchr(b':', name).is_none() {
            return false;
        }
        self.end_message();
        self.fail(name.trim_ascii(), Outcome::Failed);
        self.within = Within::Failure;
        true
    }

    /// Stack and reason below a failed case of the verbose form.
    fn failed_line(&mut self, text: &[u8]) {
        if let Some(frame) = text.strip_prefix(b"in function ").or_else(|| text.strip_prefix(b"in call from ")) {
            let Some(case) = self.cases.last_mut() else { return };
            let own = case.class.as_deref().is_some_and(|class| frame.starts_with(class.as_bytes()));
            let Some(detail) = &mut case.detail else { return };
            if (detail.file.is_none() || own)
                && !frame.starts_with(b"eunit_")
                && let Some((file, line)) = frame_place(frame)
                && (detail.file.is_none() || detail.kind.is_empty())
            {
                (detail.file, detail.line) = (Some(file), Some(line));
                // Remembered until the message is put in place: the test's own frame is the best one.
                if own {
                    detail.kind = "own".into();
                }
            }
        } else if text.starts_with(b"  output:<<") {
            self.end_message();
        } else if text.starts_with(b"**") || text.starts_with(b"::") || !self.message.is_empty() {
            add_line(&mut self.message, text, b'\n');
        }
    }

    /// Puts a collected message into its case.
    fn end_message(&mut self) {
        let within = std::mem::take(&mut self.within);
        self.last_problem_open &= matches!(within, Within::Nothing);
        if matches!(within, Within::Failed | Within::Failure)
            && let Some(detail) = self.cases.last_mut().and_then(|c| c.detail.as_mut())
            && !self.message.is_empty()
        {
            let message = self.message.strip_prefix(b"**").unwrap_or(&self.message);
            let message = message.strip_prefix(b"Failure/Error: ").unwrap_or(message);
            let colon = memchr::memchr(b':', message).filter(|n| *n < 8);
            detail.kind = colon.map(|n| common::text(message.get(..n).unwrap_or_default())).unwrap_or_default();
            detail.message = common::failure_text(message);
            if detail.file.is_none()
                && let Some((file, line)) = common::stack_place(message)
            {
                (detail.file, detail.line) = (Some(file), Some(line));
            }
        }
        self.message.clear();
    }

    /// Adds this run to the whole; whether it is complete.
    fn finish(mut self, input: &Input<'_>, tests: &mut TestRun, notes: &mut Vec<Note>) -> Result<bool, ParseError> {
        self.end_message();
        const WANTED: &str =
            "summary of EUnit (`All N tests passed.`, `Failed: F.  Skipped: S.  Passed: P.`, `N tests, F failures`)";
        let Some((offset, summary)) = self.summary else {
            return Err(common::no_result(input.bytes, self.start, WANTED));
        };
        if let Some(at) = self.resumed {
            return Err(ParseError::malformed(format!("{WANTED} after the last test"))
                .at(at)
                .found_words("a test after the summary"));
        }
        let counts = summary.counts;
        if self.verbose && counts.passed > self.oks {
            return Err(ParseError::malformed(format!("{} tests above this line that ended in `ok`", counts.passed))
                .at(offset)
                .found_words(self.oks.to_string()));
        }
        if summary.progress && counts.passed > self.dots {
            return Err(ParseError::malformed(format!("{} dots above this line", counts.passed))
                .at(offset)
                .found_words(self.dots.to_string()));
        }
        let mut complete = !summary.cancelled && counts.skipped == 0;
        let good = complete && counts.failed == 0;
        if counts.skipped > 0 {
            notes.push(note(format!("{} tests did not run: EUnit has no skip on purpose", counts.skipped), offset));
        }
        if self.failed > counts.failed {
            notes.push(note(
                format!("{} tests are listed as failed, {} are counted", self.failed, counts.failed),
                offset,
            ));
            complete = false;
        }
        match (&self.error, &self.trouble) {
            (Some((line, said)), _) if good => {
                self.problems.push(Problem {
                    name: "eunit".to_owned(),
                    message: format!("rebar3 says {} after a summary of passed tests", common::quote(said)),
                    line: Some(*line),
                });
                complete = false;
            }
            (None, _) if !good && !self.plain => {
                // rebar3 ends every bad run with that line, so the log is cut, or only half of it was kept.
                notes.push(note("the line `===> Error running tests` is missing after this summary", offset));
                complete = false;
            }
            (_, Some((at, said))) if *at > offset && !common::ended_well(input) => {
                notes.push(note(format!("rebar3 says {} after the tests", common::quote(said)), *at));
                complete = false;
            }
            _ => {}
        }
        let mut suite = Suite::named("eunit");
        // What is listed beyond the counts is text of tests.
        let (mut failed, mut skipped) = (counts.failed, counts.skipped);
        self.cases.retain(|c| {
            let left = if c.status == Outcome::Failed { &mut failed } else { &mut skipped };
            let keep = *left > 0;
            *left = left.saturating_sub(1);
            keep
        });
        suite.cases = self.cases;
        suite.unlisted = Counts { passed: counts.passed, failed, skipped, ..Counts::default() };
        if summary.cancelled && self.cancelled == 0 {
            self.problems.push(Problem {
                name: "eunit".to_owned(),
                message: "one or more tests were cancelled".to_owned(),
                line: Some(self.line),
            });
        }
        if !summary.cancelled {
            // Without a word of it in the summary these are texts of tests.
            self.problems.retain(|p| p.name == "eunit");
        }
        tests.suites.push(suite);
        tests.problems.append(&mut self.problems);
        Ok(complete)
    }
}

/// `module:12: function (description)...*failed*` → `module:12: function (description)`.
fn name<'r>(text: &'r [u8], end: &[u8]) -> &'r [u8] {
    let text = text.strip_suffix(end).unwrap_or(text);
    let text = memmem::find(text, b"...").and_then(|i| text.get(..i)).unwrap_or(text);
    text.trim_ascii()
}

/// `mod:fun/0 (FILE, line 16)`.
fn frame_place(frame: &[u8]) -> Option<(Box<str>, u32)> {
    let inner = frame.trim_ascii_end().strip_suffix(b")")?;
    let at = memmem::rfind(inner, b", line ")?;
    let line = common::digits(inner.get(at + 7..)?)?;
    let open = memmem::find(inner, b" (")?;
    Some((common::text(inner.get(open + 2..at)?), common::small(line)))
}

#[cfg(test)]
#[path = "eunit_tests.rs"]
mod tests;
