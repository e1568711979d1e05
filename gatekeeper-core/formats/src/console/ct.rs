//! Console of `rebar3 ct`: readable (`%%% suite ==> case: FAILED`), compact (dots), and `--readable=false` (Common Test's own text).
//!
//! Forms: `rebar_prv_common_test.erl` (totals: `Failed F tests. Skipped S (U, A) tests. Passed P tests. ` or `All P tests passed.`, one line for
//! each run where there are several), `cth_readable` (<https://github.com/ferd/cth_readable>), and [`super::ct_text`].
//!
//! Known deviations: a failed `end_per_suite` or `end_per_group` is in no count, and rebar3 says `All N tests passed.` and exits with 0: every
//! configuration function that failed is a problem of its suite. `end_per_testcase FAILED` leaves the case passed: a note. Suites may be
//! named `undefined`. Text of tests can forge any line: the last totals count; suites that go on after them, more failed cases than they
//! count, or fewer dots than passed cases, are not passed over; `===> Failures occurred running tests: N` must be failed and automatically skipped ones together.

use super::common::{self, KEPT_MOST, Reader, Row, Step, Task, add_line, classify, note, number, step};
use super::ct_text::Collector;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::{Case, Counts, Detail, Outcome, Problem, Suite, TestRun};
use gatekeeper_evidence::{Data, Kind, Note};
use memchr::memmem;

pub(super) static FORMAT: Format = Format {
    id: "rebar3-ct",
    title: "rebar3 ct: Common Test's console under rebar3",
    kind: Kind::Tests,
    extensions: &["log", "txt"],
    places: &["ct.log", "rebar3-ct.log", "rebar3_ct.log", "logs/ct.log", "_build/ct.log"],
    spec: "rebar3 3.24, rebar_prv_common_test: https://github.com/erlang/rebar3; cth_readable 1.6: https://github.com/ferd/cth_readable",
    producers: &["ct"],
    recorded_as: Some("ct"),
    content: Content::Text,
    sniff: |head: &Head<'_>| -> Confidence { common::confidence(head, Task::Ct) },
    parse,
};

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
            Step::Start(Task::Ct) if begun => {
                if runs.len() < KEPT_MOST {
                    runs.push(Run { start: row.offset, ..Run::default() });
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
    // `make ct` of erlang.mk calls ct_run itself.
    if runs.is_empty() && input.exit_status.is_some() && !common::has_steps(input.bytes) {
        return super::ct_run::parse(input);
    }
    if runs.is_empty() {
        return Err(common::no_result(input.bytes, 0, "line `===> Running Common Test suites...`"));
    }
    let mut notes = Vec::new();
    if runs.len() > 1 {
        notes.push(Note::new(format!("{} runs of Common Test in one log, added up", runs.len())));
    }
    let mut tests = TestRun::default();
    let mut complete = true;
    for run in runs {
        complete &= run.finish(input, &mut tests, &mut notes)?;
    }
    let counts = tests.counts();
    if complete && counts.failed == 0 && counts.skipped == 0 && tests.problems.is_empty() {
        complete = common::good_run(input, later, &mut notes);
    }
    let mut parsed = Parsed::new(Data::Tests(tests), Some(complete));
    parsed.tool = Some("ct".to_owned());
    parsed.notes = notes;
    Ok(parsed)
}

/// The totals of one run, or of several that stand one below the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Totals {
    counts: Counts,
    auto: u64,
}

impl Totals {
    fn plus(self, other: Totals) -> Totals {
        Totals { counts: self.counts.plus(other.counts), auto: self.auto.saturating_add(other.auto) }
    }

    /// What rebar3 calls failures.
    fn failures(self) -> u64 {
        self.counts.failed.saturating_add(self.auto)
    }
}

#[derive(Default)]
struct Run {
    start: usize,
    totals: Option<(usize, u64, Totals)>,
    /// The sum of the totals that stand one below the other, and how many these are.
    block: Totals,
    block_lines: u64,
    /// Dots on all lines above the last totals, and on those that name a suite; those of text among them.
    dots: u64,
    suite_dots: u64,
    /// Dots above the last totals where suites show theirs.
    dots_above: Option<u64>,
    /// The first suite that was named, and how often.
    first: Option<(Vec<u8>, u64)>,
    text: Collector,
    /// Offset of a suite's line after the last totals.
    resumed: Option<usize>,
    suite: Vec<u8>,
    cases: Vec<(Box<str>, Case)>,
    problems: Vec<Problem>,
    /// Which of the two the reason now read belongs to.
    reason: Reason,
    message: Vec<u8>,
    end_failed: u64,
    failures: Option<(usize, u64)>,
    error: Option<(usize, u64, Vec<u8>)>,
    trouble: Option<(usize, Vec<u8>)>,
    next_task: bool,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Reason {
    #[default]
    None,
    Case,
    Problem,
}

impl Run {
    fn step(&mut self, text: &[u8], row: &Row<'_>) {
        self.end_reason();
        if let Some(n) = text.strip_prefix(b"Failures occurred running tests: ") {
            match common::digits(n.trim_ascii()) {
                Some(n) => self.failures = Some((row.offset, n)),
                None => self.trouble = Some((row.offset, text.to_vec())),
            }
        } else if text.starts_with(b"Error running tests") || text.starts_with(b"Error reading testspec") {
            self.error = Some((row.offset, row.number, text.to_vec()));
        } else if !self.next_task && common::is_failure(text) {
            self.trouble = Some((row.offset, text.to_vec()));
        }
    }

    fn line(&mut self, row: &Row<'_>) {
        let text = row.text;
        self.text.line(row);
        if text.is_empty() {
            self.end_reason();
            return;
        }
        let dots = u64::try_from(memchr::memchr_iter(b'.', text).count()).unwrap_or(u64::MAX);
        // The compact form prints a dot, and the name of the suite, on the line that a failure may end.
        if let Some(at) = memmem::find(text.get(..text.len().min(4096)).unwrap_or_default(), b"%%% ")
            && text.get(..at).is_some_and(|before| before.iter().all(|b| matches!(b, b'.' | b' ')))
        {
            self.dots = self.dots.saturating_add(dots);
            self.suite_line(text.get(at + 4..).unwrap_or_default(), row);
            return;
        }
        if matches!(text.last(), Some(b'.' | b' '))
            && let Some(new) = totals(text)
        {
            self.end_reason();
            // Several runs of one command (`--repeat`): their totals stand one below the other.
            match self.totals {
                Some((_, line, _)) if line.checked_add(1) == Some(row.number) => {
                    self.block = self.block.plus(new);
                    self.block_lines += 1;
                }
                _ => (self.block, self.block_lines) = (new, 1),
            }
            self.totals = Some((row.offset, row.number, new));
            self.dots_above = (self.suite_dots > 0).then_some(self.dots);
            self.resumed = None;
            return;
        }
        self.dots = self.dots.saturating_add(dots);
        if common::is_crash(text) {
            self.trouble = Some((row.offset, text.to_vec()));
        }
        // Dots of the cases after it are no part of a reason.
        if self.reason != Reason::None && !text.iter().all(|b| *b == b'.') {
            add_line(&mut self.message, text, b'\n');
        }
    }

    /// What follows `%%% `: `suite: ....`, `suite ==> group.case: FAILED`, `suite ==> REASON`.
    fn suite_line(&mut self, text: &[u8], row: &Row<'_>) {
        let Some(at) = memmem::find(text, b" ==> ") else {
            if let Some(at) = memmem::find(text, b": ").or_else(|| text.strip_suffix(b":").map(<[u8]>::len)) {
                self.end_reason();
                self.suite = text.get(..at).unwrap_or_default().to_vec();
                self.suite_dots += u64::from(text.get(at..).is_some_and(|t| t.ends_with(b".")));
                match &mut self.first {
                    Some((name, times)) if *name == self.suite => *times += 1,
                    Some(_) => {}
                    first => *first = Some((self.suite.clone(), 1)),
                }
                self.goes_on(row);
            }
            return;
        };
        let (suite, rest) = (text.get(..at).unwrap_or_default(), text.get(at + 5..).unwrap_or_default());
        let rest = rest.trim_ascii_end();
        if suite.is_empty() || memchr::memchr2(b' ', b'"', suite).is_some() {
            return;
        }
        let ended = |end: &[u8]| rest.strip_suffix(end).and_then(|n| n.strip_suffix(b": ")).filter(|n| is_case(n));
        if let Some(case) = ended(b"end_per_testcase FAILED") {
            self.end_reason();
            self.goes_on(row);
            self.end_failed += u64::from(!case.is_empty());
        } else if let Some(case) = ended(b"FAILED") {
            self.outcome(suite, case, Outcome::Failed, row);
        } else if let Some(case) = ended(b"SKIPPED") {
            self.outcome(suite, case, Outcome::Skipped, row);
        } else if let Some(case) = ended(b"OK") {
            self.outcome(suite, case, Outcome::Passed, row);
            self.reason = Reason::None;
        } else if self.reason != Reason::None && self.message.is_empty() {
            add_line(&mut self.message, rest, b'\n');
        }
    }

    /// Suites that go on after the totals: those were not the last.
    fn goes_on(&mut self, row: &Row<'_>) {
        if self.totals.is_some() && !self.next_task {
            self.resumed.get_or_insert(row.offset);
        }
    }

    fn outcome(&mut self, suite: &[u8], case: &[u8], status: Outcome, row: &Row<'_>) {
        self.end_reason();
        self.goes_on(row);
        let suite = if suite == b"undefined" && !self.suite.is_empty() { self.suite.as_slice() } else { suite };
        let name = case.get(memchr::memrchr(b'.', case).map_or(0, |i| i + 1)..).unwrap_or_default();
        const CONFIG: &[&[u8]] =
            &[b"init_per_suite", b"end_per_suite", b"init_per_group", b"end_per_group", b"error_in_suite"];
        if CONFIG.contains(&name) {
            if status == Outcome::Failed && self.problems.len() < KEPT_MOST {
                self.problems.push(Problem {
                    name: String::from_utf8_lossy(case).into_owned(),
                    message: String::from_utf8_lossy(suite).into_owned(),
                    line: Some(row.number),
                });
                self.reason = Reason::Problem;
            }
            return;
        }
        if self.cases.len() < KEPT_MOST {
            let case = Case { name: common::text(case), status, detail: Some(Box::default()), ..Case::default() };
            self.cases.push((common::text(suite), case));
            self.reason = Reason::Case;
        }
    }

    fn end_reason(&mut self) {
        let reason = std::mem::take(&mut self.reason);
        if !self.message.is_empty() {
            match reason {
                Reason::Case => {
                    if let Some(detail) = self.cases.last_mut().and_then(|(_, c)| c.detail.as_mut()) {
                        let place = common::stack_place(&self.message);
                        **detail = Detail {
                            message: common::failure_text(&self.message),
                            line: place.as_ref().map(|p| p.1),
                            file: place.map(|p| p.0),
                            ..Detail::default()
                        };
                    }
                }
                Reason::Problem => {
                    if let Some(problem) = self.problems.last_mut() {
                        problem.message.push_str(": ");
                        problem.message.push_str(&common::text(&self.message));
                    }
                }
                Reason::None => {}
            }
        }
        self.message.clear();
    }

    /// Adds this run to the whole; whether it is complete.
    fn finish(mut self, input: &Input<'_>, tests: &mut TestRun, notes: &mut Vec<Note>) -> Result<bool, ParseError> {
        self.end_reason();
        const WANTED: &str = "totals of Common Test (`All N tests passed.`, `Failed F tests. … Passed P tests.`)";
        let from = self.start;
        if self.text.begun().is_some() {
            // `--readable=false`: there is no totals line; what looks like one is the text of a test.
            let (error, failures) = (self.error.is_some(), self.failures);
            let before = tests.counts();
            let mut complete = std::mem::take(&mut self.text).finish(input.bytes, tests, notes)?;
            let after = tests.counts();
            let good = after.failed == before.failed && after.skipped == before.skipped && tests.problems.is_empty();
            if good && (error || failures.is_some_and(|(_, n)| n > 0)) {
                notes.push(Note::new("rebar3 says that tests failed, which none of the figures shows"));
                complete = false;
            }
            return Ok(complete);
        }
        let Some((offset, _, totals)) = self.totals else {
            if let Some((at, _, said)) = &self.error {
                return Err(ParseError::new(
                    gatekeeper_evidence::error::ErrorCode::ToolFailed,
                    "no totals of Common Test; the log says",
                )
                .at(*at)
                .found_words(common::quote(said)));
            }
            return Err(common::no_result(input.bytes, from, WANTED));
        };
        if let Some(at) = self.resumed {
            return Err(ParseError::malformed(format!("{WANTED} after the last suite"))
                .at(at)
                .found_words("a suite after the totals"));
        }
        let mut complete = true;
        if let Some(dots) = self.dots_above.filter(|dots| *dots < totals.counts.passed) {
            // Every passed case leaves a dot, where any does.
            let listed = self.cases.iter().filter(|(_, c)| c.status == Outcome::Passed).count();
            if u64::try_from(listed).unwrap_or(u64::MAX).saturating_add(dots) < totals.counts.passed {
                return Err(ParseError::malformed(format!("{} dots above this line", totals.counts.passed))
                    .at(offset)
                    .found_words(dots.to_string()));
            }
        }
        // The line above the last totals may be the text of a test; it counts only where rebar3's own number of failures,
        // or the suites that ran as often, say so.
        let repeated = self.block_lines > 1
            && match self.failures {
                Some((_, n)) if n != totals.failures() => n == self.block.failures(),
                _ => self.first.as_ref().is_some_and(|(_, times)| *times >= self.block_lines),
            };
        let totals = if repeated { self.block } else { totals };
        let expected = totals.failures();
        match self.failures {
            Some((at, n)) if n != expected => {
                notes.push(note(
                    format!(
                        "rebar3 says that {n} tests failed or were skipped automatically, the totals say {expected}"
                    ),
                    at,
                ));
                complete = false;
            }
            None if expected > 0 => {
                notes.push(note(
                    "the line `===> Failures occurred running tests` is missing after these totals",
                    offset,
                ));
            }
            _ => {}
        }
        if let Some((_, line, said)) = &self.error {
            self.problems.push(Problem {
                name: "ct".to_owned(),
                message: common::text(said).into_string(),
                line: Some(*line),
            });
            complete = false;
        }
        if let Some((at, said)) = self.trouble.filter(|(at, _)| *at > offset && !common::ended_well(input)) {
            notes.push(note(format!("the log says {} after the totals", common::quote(&said)), at));
            complete = false;
        }
        if self.end_failed > 0 {
            notes.push(note(format!("end_per_testcase failed after {} cases", self.end_failed), offset));
        }
        let listed = self.cases.iter().fold(Counts::default(), |mut n, (_, c)| {
            match c.status {
                Outcome::Failed => n.failed += 1,
                Outcome::Skipped => n.skipped += 1,
                _ => n.passed += 1,
            }
            n
        });
        let counts = totals.counts;
        if listed.failed > counts.failed {
            notes.push(note(
                format!("{} cases are listed as failed, {} are counted", listed.failed, counts.failed),
                offset,
            ));
            complete = false;
        }
        let fits = listed.failed <= counts.failed && listed.skipped <= counts.skipped && listed.passed <= counts.passed;
        let mut rest = Suite::named("ct");
        if fits {
            rest.unlisted = Counts {
                passed: counts.passed.saturating_sub(listed.passed),
                failed: counts.failed.saturating_sub(listed.failed),
                skipped: counts.skipped.saturating_sub(listed.skipped),
                ..Counts::default()
            };
            for (name, case) in self.cases {
                if tests.suites.last().is_none_or(|s| s.name != name) {
                    tests.suites.push(Suite::named(name));
                }
                if let Some(suite) = tests.suites.last_mut() {
                    suite.cases.push(case);
                }
            }
        } else {
            // Lines of tests among them: the totals alone are sure.
            rest.unlisted = counts;
        }
        tests.suites.push(rest);
        tests.problems.append(&mut self.problems);
        Ok(complete)
    }
}

/// `group.case`: atoms and dots, as `cth_readable` joins them.
fn is_case(name: &[u8]) -> bool {
    !name.is_empty() && !name.iter().any(|b| matches!(b, b'{' | b'}' | b'"' | b',' | b'<' | b'>'))
}

/// The totals line. Text without a line end may stand before it; `  All N tests passed.` with its two blanks is EUnit's.
fn totals(text: &[u8]) -> Option<Totals> {
    let text = text.trim_ascii_end();
    if let Some(front) = text.strip_suffix(b" tests passed.") {
        let start = front.iter().rposition(|b| !b.is_ascii_digit()).map_or(0, |i| i + 1);
        let passed = common::digits(front.get(start..)?)?;
        let before = front.get(..start)?.strip_suffix(b"All ")?;
        return (!before.ends_with(b"  ")).then(|| Totals { counts: Counts { passed, ..Counts::default() }, auto: 0 });
    }
    if !text.ends_with(b" tests.") {
        return None;
    }
    for word in [&b"Failed "[..], b"Skipped ", b"Passed "] {
        for at in memmem::find_iter(text, word) {
            // A part that stands behind another is not the line's beginning.
            if !text.get(..at)?.ends_with(b" tests. ")
                && let Some(totals) = parts(text.get(at..)?)
            {
                return Some(totals);
            }
        }
    }
    None
}

/// `Failed F tests. Skipped S (U, A) tests. Passed P tests.`, each of the first two only where not 0.
fn parts(text: &[u8]) -> Option<Totals> {
    let mut totals = Totals::default();
    let mut rest = text;
    if let Some(r) = rest.strip_prefix(b"Failed ") {
        let (n, r) = number(r)?;
        totals.counts.failed = n;
        rest = r.strip_prefix(b" tests. ")?;
    }
    if let Some(r) = rest.strip_prefix(b"Skipped ") {
        let (n, r) = number(r)?;
        let (user, r) = number(r.strip_prefix(b" (")?)?;
        let (auto, r) = number(r.strip_prefix(b", ")?)?;
        (user.checked_add(auto)? == n).then_some(())?;
        (totals.counts.skipped, totals.auto) = (n, auto);
        rest = r.strip_prefix(b") tests. ")?;
    }
    let (n, r) = number(rest.strip_prefix(b"Passed ")?)?;
    totals.counts.passed = n;
    (r == b" tests.").then_some(totals)
}

#[cfg(test)]
#[path = "ct_tests.rs"]
mod tests;
