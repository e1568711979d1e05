//! TAP, the Test Anything Protocol, versions 12 to 14.
//!
//! Specification: TAP 14, <https://testanything.org/tap-version-14-specification.html>; 13, <https://testanything.org/tap-version-13-specification.html>.
//! Written by node's runner, node-tap, tape, bats, prove's tests, pg_prove, AVA, systemd. What we do:
//!
//! - Without a version line and without a plan nothing says that a text is TAP: refused. The plan may stand last (Perl's `done_testing`, Catch2).
//! - `not ok … # TODO` and `# SKIP` are skipped, `ok … # TODO` passed. `\#` is no directive.
//! - Points of subtests (indented) are summed up by the point behind them, as both versions have it: they are no cases, and a note says how many there are.
//! - `Bail out!`, a plan that is not reached, or no plan at all (its writer may have died before writing it last): the run is not complete.
//! - Points past the plan are cases, and a problem of the run: the specification calls that a failure.
//! - Several documents one behind the other, each with its version line, are read one by one.
//! - YAML blocks are not parsed as YAML: `message`, `duration_ms`, `location`, `file` and `line` are taken from their own lines.

use super::common;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::lines::{Lines, strip_ansi};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::test_run::{Case, Outcome, Problem, Suite, TestRun};
use gatekeeper_evidence::{Data, Kind, Note};

pub(super) static FORMAT: Format = Format {
    id: "tap",
    title: "TAP (Test Anything Protocol)",
    kind: Kind::Tests,
    extensions: &["tap"],
    places: &["*.tap", "test-results/*.tap", "reports/*.tap"],
    spec: "TAP 14, https://testanything.org/tap-version-14-specification.html",
    producers: &["node", "node-tap", "tape", "bats", "prove", "pg_prove", "ava"],
    recorded_as: Some("tap"),
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    if matches!(head.trimmed().first(), Some(b'<' | b'{' | b'[')) {
        return Confidence::No;
    }
    let (mut plan, mut points, mut first) = (false, false, true);
    for line in head.lines().take(LOOKED_AT) {
        let line = strip_ansi(line);
        if line.starts_with(b"TAP version ") {
            return if first { Confidence::Certain } else { Confidence::Likely };
        }
        first &= line.trim_ascii().is_empty() || line.starts_with(b"#");
        let Ok(line) = std::str::from_utf8(&line) else { continue };
        plan |= plan_of(line).is_some();
        points |= Point::of(line).is_some();
    }
    if points && !plan {
        // Perl's `done_testing`, Catch2 and many shells write no version line and the plan last.
        plan = last_lines(head.all()).any(|l| std::str::from_utf8(&strip_ansi(l)).is_ok_and(|l| plan_of(l).is_some()));
    }
    let said = |l: &&[u8]| !l.trim_ascii().is_empty() && !l.starts_with(b"#");
    let alone = plan && head.lines().find(said).is_some_and(|l| l.starts_with(b"1..0"));
    Confidence::when((plan && points) || alone, Confidence::Likely)
}

/// How many lines detection looks at, from the beginning and from the end.
const LOOKED_AT: usize = 2_000;

/// The last lines of a text, within a bound.
fn last_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    const BOUND: usize = 64 * 1024;
    let end = bytes.get(bytes.len().saturating_sub(BOUND)..).unwrap_or_default();
    end.rsplit(|b| *b == b'\n').take(LOOKED_AT).map(|l| l.strip_suffix(b"\r").unwrap_or(l))
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let bytes = strip_ansi(input.bytes);
    let mut reader = Reader::default();
    for line in Lines::new(&bytes) {
        let text = String::from_utf8_lossy(line.bytes);
        reader.line(&text, line.number);
        input
            .limits
            .has_room_for(reader.document.cases.len() + reader.suites.len())
            .map_err(|e| e.on_line(line.number))?;
    }
    reader.end_document();
    if !reader.known {
        let error = ParseError::malformed("a version line (TAP version 14) or a plan (1..N)");
        return Err(error.on_line(1).found_words("neither in the whole text"));
    }
    if reader.subtests > 0 {
        let n = reader.subtests;
        reader
            .notes
            .push(Note::new(format!("{n} points of subtests, summed up by the points behind them, are no cases")));
    }
    let run = TestRun { suites: reader.suites, problems: reader.problems, ..TestRun::default() };
    Ok(Parsed { notes: reader.notes, ..Parsed::new(Data::Tests(run), Some(!reader.incomplete)) })
}

#[derive(Default)]
struct Reader {
    suites: Vec<Suite>,
    problems: Vec<Problem>,
    notes: Vec<Note>,
    incomplete: bool,
    /// A version line or a plan was seen.
    known: bool,
    subtests: u64,
    document: Document,
}

/// One TAP document: from a version line to the next.
#[derive(Default)]
struct Document {
    version: bool,
    plan: Option<u64>,
    cases: Vec<Case>,
    /// The highest number of a point.
    highest: u64,
    /// In a YAML block: its indentation.
    yaml: Option<usize>,
}

impl Reader {
    fn line(&mut self, line: &str, number: u64) {
        let indent = line.bytes().take_while(|b| *b == b' ' || *b == b'\t').count();
        let trimmed = line.trim();
        if let Some(yaml) = self.document.yaml {
            if trimmed == "..." && indent <= yaml {
                self.document.yaml = None;
                return;
            }
            if indent >= yaml || trimmed.is_empty() {
                if let Some(case) = self.document.cases.last_mut()
                    && yaml <= 3
                {
                    yaml_line(case, trimmed);
                }
                return;
            }
            // Less indented than the block: it was never closed.
            self.document.yaml = None;
        }
        if indent > 0 {
            if trimmed == "---" || trimmed.starts_with("--- ") {
                self.document.yaml = Some(indent);
            } else if indent >= 4 && Point::of(trimmed).is_some() {
                self.subtests += 1;
            } else if indent >= 4 {
                self.bail_out(trimmed, number);
            }
            return;
        }
        if line.starts_with("TAP version ") {
            if self.document.version || !self.document.cases.is_empty() {
                self.end_document();
            }
            self.document.version = true;
            self.known = true;
        } else if let Some((count, skipped)) = plan_of(line) {
            self.known = true;
            if let Some(before) = self.document.plan {
                self.note("a second plan in one document: the plans add up", number);
                self.document.plan = Some(before.saturating_add(count));
            } else {
                self.document.plan = Some(count);
            }
            if let Some(reason) = skipped
                && count == 0
            {
                self.notes.push(Note::new(format!("all skipped: {}", common::clip(reason))));
            }
        } else if let Some(point) = Point::of(line) {
            self.point(&point);
        } else {
            self.bail_out(trimmed, number);
        }
    }

    /// A subtest that bails out ends the whole run too.
    fn bail_out(&mut self, line: &str, number: u64) {
        if line.get(..9).is_some_and(|t| t.eq_ignore_ascii_case("bail out!")) {
            self.incomplete = true;
            let message = common::clip(line.get(9..).unwrap_or_default()).to_owned();
            self.problems.push(Problem { name: "Bail out!".into(), message, line: Some(number) });
        }
    }

    fn point(&mut self, point: &Point<'_>) {
        let document = &mut self.document;
        let status = match (point.ok, point.directive) {
            (_, Some(Directive::Skip)) | (false, Some(Directive::Todo)) => Outcome::Skipped,
            (true, _) => Outcome::Passed,
            (false, None) => Outcome::Failed,
        };
        let place = u64::try_from(document.cases.len()).unwrap_or(u64::MAX).saturating_add(1);
        document.highest = document.highest.max(point.number.unwrap_or(place));
        let (name, time) = timed(point.description);
        let name = unescape(common::name(name));
        let detail = if status == Outcome::Skipped { common::detail(point.reason, "", None, None) } else { None };
        document.cases.push(Case { name: name.into(), status, time, detail, ..Case::default() });
    }

    fn end_document(&mut self) {
        let document = std::mem::take(&mut self.document);
        let count = u64::try_from(document.cases.len()).unwrap_or(u64::MAX);
        match document.plan {
            Some(plan) if count < plan => {
                self.incomplete = true;
                self.notes.push(Note::new(format!("a plan of {plan} points, of which {count} are there")));
            }
            Some(plan) if count > plan || document.highest > plan => {
                let message =
                    format!("a plan of {plan} points, and {count} are there, up to number {}", document.highest);
                self.problems.push(Problem { name: "plan".into(), message, line: None });
            }
            None if document.version || count > 0 => {
                self.incomplete = true;
                self.notes.push(Note::new("no plan: nothing says that all points are there"));
            }
            _ => {}
        }
        if count > 0 {
            self.suites.push(Suite { cases: document.cases, ..Suite::default() });
        }
    }

    fn note(&mut self, message: &str, line: u64) {
        if !self.notes.iter().any(|n| n.message == message) {
            self.notes.push(Note::at(message, Location::line(line)));
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Directive {
    Skip,
    Todo,
}

#[derive(Debug, PartialEq, Eq)]
struct Point<'a> {
    ok: bool,
    number: Option<u64>,
    description: &'a str,
    directive: Option<Directive>,
    reason: &'a str,
}

impl<'a> Point<'a> {
    /// A test point: `ok 1 - text # SKIP why`. Number, dash and text may be missing.
    fn of(line: &'a str) -> Option<Point<'a>> {
        let (ok, rest) = match line.strip_prefix("not ok") {
            Some(rest) => (false, rest),
            None => (true, line.strip_prefix("ok")?),
        };
        // A word that only begins so is none: "okay".
        if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            return None;
        }
        let rest = rest.trim_start();
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number = rest.get(..digits).unwrap_or_default();
        let after = rest.get(digits..).unwrap_or_default();
        // "ok 3rd try" has no number; "ok 2-text" has.
        let is_number =
            digits > 0 && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.' || c == ':');
        let (number, rest) = if is_number { (Some(number.parse().unwrap_or(u64::MAX)), after) } else { (None, rest) };
        let rest = rest.trim_start();
        let rest = rest.strip_prefix('-').map_or(rest, str::trim_start).trim_end();
        let (description, directive, reason) = directive(rest);
        Some(Point { ok, number, description, directive, reason })
    }
}

/// Splits a point's text at its directive: an unescaped `#` with SKIP or TODO behind it (any letter case).
fn directive(text: &str) -> (&str, Option<Directive>, &str) {
    for at in memchr::memchr_iter(b'#', text.as_bytes()) {
        let before = text.get(..at).unwrap_or_default();
        let slashes = before.bytes().rev().take_while(|b| *b == b'\\').count();
        if slashes % 2 == 1 {
            continue;
        }
        let rest = text.get(at + 1..).unwrap_or_default().trim_start();
        let found = match rest.get(..4) {
            Some(word) if word.eq_ignore_ascii_case("skip") => Directive::Skip,
            Some(word) if word.eq_ignore_ascii_case("todo") => Directive::Todo,
            _ => continue,
        };
        let reason = rest.get(4..).unwrap_or_default();
        // "skipped", "SKIP:" are met; "TODOlist" is no directive.
        let word = reason.bytes().take_while(u8::is_ascii_alphabetic).count();
        let fits = word == 0
            || (found == Directive::Skip && reason.get(..word).is_some_and(|w| w.eq_ignore_ascii_case("ped")));
        if fits {
            let reason = reason.get(word..).unwrap_or_default().trim_start_matches([':', ' ']);
            return (before.trim_end(), Some(found), reason);
        }
    }
    (text, None, "")
}

/// A plan: `1..N`, with the reason where it says that all is skipped.
fn plan_of(line: &str) -> Option<(u64, Option<&str>)> {
    let rest = line.strip_prefix("1..")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let count = rest.get(..digits).filter(|d| !d.is_empty())?.parse().unwrap_or(u64::MAX);
    let rest = rest.get(digits..)?.trim();
    match rest.strip_prefix('#') {
        Some(comment) => Some((count, Some(comment.trim()))),
        None => rest.is_empty().then_some((count, None)),
    }
}

/// node-tap's `# time=12.3ms` at the end of a point's text.
fn timed(text: &str) -> (&str, Option<f64>) {
    let Some((name, time)) = text.rsplit_once("# time=") else { return (text, None) };
    let number = match time.trim().strip_suffix("ms") {
        Some(ms) => common::seconds(ms).map(|n| n / 1000.0),
        None => common::seconds(time),
    };
    if number.is_some() { (name.trim_end(), number) } else { (text, None) }
}

fn unescape(text: &str) -> String {
    if text.contains('\\') { text.replace("\\#", "#").replace("\\\\", "\\") } else { text.to_owned() }
}

/// A line of a point's YAML block.
fn yaml_line(case: &mut Case, line: &str) {
    let Some((key, value)) = line.split_once(':') else { return };
    let value = value.trim().trim_matches(['"', '\'']);
    if value.is_empty() {
        return;
    }
    if key == "duration_ms" {
        case.time = common::seconds(value).map(|n| n / 1000.0);
        return;
    }
    if case.status != Outcome::Failed {
        return;
    }
    let detail = case.detail.get_or_insert_default();
    match key {
        "message" | "error" if detail.message.is_empty() && !matches!(value, "|" | "|-" | ">" | ">-") => {
            detail.message = common::clip(value).into();
        }
        "failureType" | "type" | "name" if detail.kind.is_empty() => detail.kind = common::clip(value).into(),
        "file" if detail.file.is_none() => detail.file = Some(value.into()),
        "line" if detail.line.is_none() => detail.line = common::line_number(value),
        "location" if detail.file.is_none() => {
            let mut parts = value.rsplitn(3, ':');
            if let (Some(_), Some(line), Some(file)) = (parts.next(), parts.next(), parts.next()) {
                (detail.file, detail.line) = (Some(file.into()), common::line_number(line));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(text: &str) -> Result<(TestRun, Option<bool>), ParseError> {
        testing::tests(parse, text, None)
    }

    #[test]
    fn points_and_directives() {
        let (run, complete) = read(
            "TAP version 14\n1..8\nok\nok 2-text\nnot ok 3 - x # TODO later\nok 4 # TODO done\nok 5 # skip: why\nnot ok 6 # SKIP\n\
             not ok 7 - a \\# SKIP b\nnot ok 8 - TODOs # TODOlist\n",
        )
        .unwrap();
        let n = run.counts();
        assert_eq!((n.passed, n.failed, n.skipped, complete), (3, 2, 3, Some(true)));
        assert_eq!(&*run.suites[0].cases[1].name, "text");
        assert_eq!(&*run.suites[0].cases[6].name, "a # SKIP b");
    }

    #[test]
    fn yaml_is_no_point() {
        let (run, _) = read(
            "1..2\nnot ok 1 - a\n  ---\n  message: 'why: so'\n  ok 7\n  at:\n    file: t.js\n    line: 8\n  duration_ms: 1500\n  ...\nok 2\n",
        )
        .unwrap();
        assert_eq!(run.counts().total(), 2);
        let case = &run.suites[0].cases[0];
        let detail = case.detail.as_ref().unwrap();
        assert_eq!((&*detail.message, detail.file.as_deref(), detail.line), ("why: so", Some("t.js"), Some(8)));
        assert_eq!(case.time, Some(1.5));
    }

    #[test]
    fn what_is_not_reached_is_not_complete() {
        assert_eq!(read("1..3\nok 1\n").unwrap().1, Some(false));
        assert_eq!(read("TAP version 13\nok 1\n").unwrap().1, Some(false));
        let (run, complete) = read("1..2\nok 1\nBail out! no database\nok 2\n").unwrap();
        assert_eq!((complete, run.problems[0].message.as_str()), (Some(false), "no database"));
        assert_eq!(read("1..0 # SKIP no db\n").unwrap().1, Some(true));
    }

    #[test]
    fn points_past_the_plan_are_a_problem() {
        let (run, _) = read("1..1\nok 1\nok 2\n").unwrap();
        assert_eq!((run.counts().total(), run.problems.len()), (2, 1));
        assert_eq!(read("ok 1\nok 7\n1..2\n").unwrap().0.problems.len(), 1);
    }

    #[test]
    fn subtests_are_summed_up_by_their_point() {
        let (run, complete) =
            read("TAP version 14\n# Subtest: a\n    ok 1 - x\n    not ok 2 - y\n    1..2\nnot ok 1 - a\n1..1\n")
                .unwrap();
        assert_eq!((run.counts().total(), run.counts().failed, complete), (1, 1, Some(true)));
    }

    #[test]
    fn plain_text_is_refused() {
        assert!(read("Everything went fine.\nok then\n").is_err());
    }
}
