//! What the console formats share: lines without colours, rebar3's own lines (`===> …`), and the words in which it says that it failed.
//!
//! Text of tests stands in these logs unescaped, so a test can forge any line. No single line proves anything by itself: a format asks
//! for its step's start line, takes the last match after it, and holds it against the rest of the step.

use crate::format::{Confidence, Head};
use crate::input::Input;
use crate::scan::assertion;
use crate::scan::lines::{Lines, strip_ansi_into};
use gatekeeper_evidence::Note;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::findings::Place;
use gatekeeper_evidence::location::Location;

/// Longest message that is kept, bytes.
const MESSAGE_MOST: usize = 4096;

/// Most names, problems or messages of one sort that are kept; counts are not bound by it.
pub(super) const KEPT_MOST: usize = 100_000;

/// A line without its end and without terminal escapes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'r> {
    /// From 1.
    pub number: u64,
    /// Offset of its first byte in the content.
    pub offset: usize,
    /// Its text.
    pub text: &'r [u8],
    /// Whether a line end follows.
    pub ended: bool,
}

/// Lines of a log one after the other; only coloured ones are copied, into one buffer.
pub(super) struct Reader<'a> {
    lines: Lines<'a>,
    scratch: Vec<u8>,
    total: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Reader { lines: Lines::new(bytes), scratch: Vec::new(), total: bytes.len() }
    }

    pub(super) fn next(&mut self) -> Option<Row<'_>> {
        let line = self.lines.next()?;
        let ended = line.offset + line.bytes.len() < self.total;
        let text = if memchr::memchr(0x1B, line.bytes).is_some() {
            self.scratch.clear();
            strip_ansi_into(line.bytes, &mut self.scratch);
            self.scratch.as_slice()
        } else {
            line.bytes
        };
        Some(Row { number: line.number, offset: line.offset, text, ended })
    }
}

/// A line of rebar3 itself: what follows `===> `.
pub(super) fn step(text: &[u8]) -> Option<&[u8]> {
    let rest = text.strip_prefix(b"===>")?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(b" ") }
}

/// What a line of rebar3 says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step<'r> {
    /// A task begins: dependencies, applications.
    Begin,
    /// An application is compiled.
    Compiling,
    /// A file did not compile.
    CompileFailed(&'r [u8]),
    /// The start line of a task.
    Start(Task),
    /// Anything else.
    Other,
}

/// The tasks whose output the formats of this family read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    Compile,
    Eunit,
    Ct,
    Cover,
    Xref,
    Dialyzer,
    Proper,
}

impl Task {
    fn bit(self) -> u8 {
        match self {
            Task::Compile => 1,
            Task::Eunit => 2,
            Task::Ct => 4,
            Task::Cover => 8,
            Task::Xref => 16,
            Task::Dialyzer => 32,
            Task::Proper => 64,
        }
    }
}

/// Reads what follows `===> `.
pub(super) fn classify(text: &[u8]) -> Step<'_> {
    match text.first() {
        Some(b'V') if text.starts_with(b"Verifying dependencies") => Step::Begin,
        Some(b'A') if text.starts_with(b"Analyzing applications") => Step::Begin,
        Some(b'C') => match text.strip_prefix(b"Compiling ") {
            Some(what) => match what.trim_ascii_end().strip_suffix(b" failed") {
                Some(file) => Step::CompileFailed(file),
                None => Step::Compiling,
            },
            None => Step::Other,
        },
        Some(b'P') if text.starts_with(b"Performing EUnit tests") => Step::Start(Task::Eunit),
        Some(b'P') if text.starts_with(b"Performing cover analysis") => Step::Start(Task::Cover),
        Some(b'R') if text.starts_with(b"Running Common Test suites") => Step::Start(Task::Ct),
        Some(b'R') if text.starts_with(b"Running cross reference analysis") => Step::Start(Task::Xref),
        Some(b'D') if text.starts_with(b"Dialyzer starting") => Step::Start(Task::Dialyzer),
        // Detection sees a message that begins with a line end as a whole.
        Some(b'\n') if memchr::memmem::find(text, b" properties passed").is_some() => Step::Start(Task::Proper),
        Some(b'T') if property(text, b"Testing ").is_some() => Step::Start(Task::Proper),
        Some(b'R') if property(text, b"Retrying ").is_some() => Step::Start(Task::Proper),
        _ => Step::Other,
    }
}

/// `Testing mod:prop()` → module and property.
pub(super) fn property<'r>(text: &'r [u8], verb: &[u8]) -> Option<(&'r [u8], &'r [u8])> {
    let name = text.strip_prefix(verb)?.trim_ascii_end().strip_suffix(b"()")?;
    let colon = memchr::memchr(b':', name)?;
    let (module, prop) = (name.get(..colon)?, name.get(colon + 1..)?);
    (!module.is_empty() && !prop.is_empty() && memchr::memchr(b' ', name).is_none()).then_some((module, prop))
}

/// Whether a line of rebar3 says that something failed. Remarks that only sound like it are left out.
pub(super) fn is_failure(text: &[u8]) -> bool {
    const REMARKS: &[&[u8]] = &[
        b"Behaviour ",
        b"Cover compilation failed",
        b"Can't load module ",
        b"Couldn't write annotated file",
        b"Add debug_info to compiler options",
        b"Warnings ",
        b"Analyzing ",
        b"Resolving ",
        b"Checking ",
        b"Copying ",
        b"Adding ",
        b"Removing ",
        b"Building ",
        b"Verifying ",
        b"Testing ",
        b"Retrying ",
        b"When submitting a bug report",
        b"Getting log of git ",
        b"Failed to restore ",
        b"Warning: ",
        b"Fetching ",
        b"Upgrading ",
        b"Skipping ",
    ];
    const WORDS: &[&str] = &[
        "error",
        "failed",
        "failure",
        "not found",
        "could not",
        "cannot",
        "can't",
        "couldn't",
        "uncaught",
        "invalid",
        "unable",
        "abort",
        "crash",
        "does not exist",
        "duplicates of",
        "no such",
        "not available",
        "unknown",
        "missing from",
    ];
    let locks = text.starts_with(b"App ") && text.trim_ascii_end().ends_with(b"cannot be locked.");
    if locks || REMARKS.iter().any(|r| text.starts_with(r)) {
        return false;
    }
    if let Some(app) = text.strip_prefix(b"Compiling ") {
        return app.trim_ascii_end().ends_with(b" failed");
    }
    let head = text.get(..text.len().min(400)).unwrap_or_default().to_ascii_lowercase();
    WORDS.iter().any(|w| memchr::memmem::find(&head, w.as_bytes()).is_some())
}

/// `   Running shop_test.main`: what Gleam's compiler says before it runs the tests, whose summary may look like ExUnit's.
pub(super) fn is_gleam_start(text: &[u8]) -> bool {
    text.trim_ascii().strip_prefix(b"Running ").is_some_and(|rest| rest.ends_with(b"_test.main"))
}

/// Whether the exit status of the command says that all went well: it knows better than words that only sound like a failure.
pub(super) fn ended_well(input: &Input<'_>) -> bool {
    input.exit_status == Some(0)
}

/// Whether a line that is not rebar3's shows that the Erlang system or its shell died.
pub(super) fn is_crash(text: &[u8]) -> bool {
    const STARTS: &[&[u8]] = &[
        b"Runtime terminating during boot",
        b"init terminating in ",
        b"{\"init terminating in ",
        b"Crash dump is being written",
        b"escript: exception",
        b"Segmentation fault",
        b"eheap_alloc: Cannot allocate",
        b"binary_alloc: Cannot allocate",
        b"##[error]",
    ];
    let text = text.strip_prefix(b"\r").unwrap_or(text);
    matches!(text.first(), Some(b'R' | b'i' | b'{' | b'C' | b'e' | b'S' | b'b' | b'#' | b'K'))
        && (STARTS.iter().any(|s| text.starts_with(s)) || text == b"Killed")
}

/// The error of a log in which a task has no result: what the tool itself said from an offset on, or that the log breaks off.
pub(super) fn no_result(bytes: &[u8], from: usize, expected: &str) -> ParseError {
    let mut rows = Reader::new(bytes);
    while let Some(row) = rows.next() {
        if row.offset < from {
            continue;
        }
        let said = match step(row.text) {
            Some(text) if is_failure(text) => text,
            Some(_) => continue,
            None if is_crash(row.text)
                || row.text.starts_with(b"Internal error:")
                || row.text.starts_with(b"Eunit failed:") =>
            {
                row.text
            }
            None => continue,
        };
        return ParseError::new(ErrorCode::ToolFailed, format!("no {expected}; the log says"))
            .at(row.offset)
            .found_words(quote(said));
    }
    ParseError::malformed(expected.to_owned()).at(bytes.len()).found_words("the end of the log")
}

/// Text of a log in a message of ours: escaped, cut at 120 characters.
pub(super) fn quote(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes.get(..bytes.len().min(480)).unwrap_or_default());
    let mut out = String::from("\"");
    for (n, c) in text.chars().enumerate() {
        if n == 120 {
            out.push('…');
            break;
        }
        match c {
            '"' => out.push_str("\\\""),
            c if c.is_control() || gatekeeper_evidence::error::is_invisible(c) => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Whether a log of no findings proves that there are none. Such logs have no end line: only the exit status tells them from a killed run.
/// `later`: a task after this one was started, so the exit status need not be this one's.
pub(super) fn clean(input: &Input<'_>, later: bool) -> Result<Option<bool>, ParseError> {
    match input.exit_status {
        None => Ok(None),
        Some(0) => Ok(Some(true)),
        Some(_) if later => Ok(None),
        Some(status) => Err(ParseError::new(
            ErrorCode::ToolFailed,
            format!("the command ended with exit status {status}, but its log has no finding"),
        )
        .at(input.bytes.len())),
    }
}

/// Whether a run of tests whose log has nothing bad is complete: not where the command failed and nothing in the log says why.
pub(super) fn good_run(input: &Input<'_>, later: bool, notes: &mut Vec<Note>) -> bool {
    match input.exit_status {
        Some(status) if status != 0 && !later => {
            notes.push(Note::new(format!(
                "the command ended with exit status {status}, but its log has no failed test: something else failed"
            )));
            false
        }
        _ => true,
    }
}

/// Digits as a number; more than fits is the most.
pub(super) fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(text.iter().fold(0_u64, |n, d| n.saturating_mul(10).saturating_add(u64::from(d - b'0'))))
}

/// Whether a log has any line of rebar3's own (`===> …`).
pub(super) fn has_steps(bytes: &[u8]) -> bool {
    let mut rows = Reader::new(bytes);
    while let Some(row) = rows.next() {
        if step(row.text).is_some() {
            return true;
        }
    }
    false
}

/// The digits at the front, and what follows.
pub(super) fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let end = text.iter().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    Some((digits(text.get(..end)?)?, text.get(end..)?))
}

/// Text for the model: decoded, ends trimmed, cut.
pub(super) fn text(bytes: &[u8]) -> Box<str> {
    let bytes = bytes.trim_ascii();
    if bytes.len() <= MESSAGE_MOST {
        return String::from_utf8_lossy(bytes).into();
    }
    let mut out = String::from_utf8_lossy(bytes.get(..MESSAGE_MOST).unwrap_or_default()).into_owned();
    out.push('…');
    out.into()
}

/// The same of a failure's message: an assertion of Erlang tells first what was expected and what was got.
pub(super) fn failure_text(bytes: &[u8]) -> Box<str> {
    let plain = text(bytes);
    match assertion::told_first(&plain) {
        Some(told) => told.into(),
        None => plain,
    }
}

/// Adds a line to a message, up to its most.
pub(super) fn add_line(message: &mut Vec<u8>, line: &[u8], between: u8) {
    if message.len() > MESSAGE_MOST {
        return;
    }
    if !message.is_empty() {
        message.push(between);
    }
    message.extend_from_slice(line.get(..line.len().min(MESSAGE_MOST)).unwrap_or_default());
}

/// A line that starts with a place: `path:12:5: text`, `path:12: text`, `path:{12,5}: text`, `path:none: text`.
pub(super) struct Located<'r> {
    pub path: &'r [u8],
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub rest: &'r [u8],
}

impl Located<'_> {
    pub(super) fn place(&self) -> Option<Place> {
        place(self.path, self.line, self.column)
    }
}

/// A place in the code; line and column 0 are none.
pub(super) fn place(path: &[u8], line: Option<u32>, column: Option<u32>) -> Option<Place> {
    let some = |n: Option<u32>| n.filter(|n| *n > 0);
    (!path.is_empty()).then(|| Place {
        path: String::from_utf8_lossy(path).into(),
        line: some(line),
        column: some(column),
    })
}

/// Splits off a place. The first `:digits` that is followed by `:` counts, so `C:/x.erl:3: …` is right too.
pub(super) fn located(line: &[u8]) -> Option<Located<'_>> {
    for colon in memchr::memchr_iter(b':', line) {
        let (path, after) = (line.get(..colon)?, line.get(colon + 1..)?);
        match after.first() {
            Some(b'0'..=b'9') => {
                let Some((l, after)) = number(after) else { continue };
                let Some(after) = after.strip_prefix(b":") else { continue };
                let (column, rest) = match number(after) {
                    Some((c, tail)) if tail.first() == Some(&b':') => (Some(c), tail.get(1..).unwrap_or_default()),
                    _ => (None, after),
                };
                if rest.is_empty() || rest.first() == Some(&b' ') {
                    return Some(Located {
                        path,
                        line: Some(small(l)),
                        column: column.map(small),
                        rest: rest.trim_ascii_start(),
                    });
                }
            }
            Some(b'{') => {
                let Some((l, tail)) = number(after.get(1..)?) else { continue };
                let Some((c, tail)) = tail.strip_prefix(b",").and_then(number) else { continue };
                let Some(rest) = tail.strip_prefix(b"}:") else { continue };
                return Some(Located {
                    path,
                    line: Some(small(l)),
                    column: Some(small(c)),
                    rest: rest.trim_ascii_start(),
                });
            }
            Some(b'n') => {
                let Some(rest) = after.strip_prefix(b"none:") else { continue };
                return Some(Located { path, line: None, column: None, rest: rest.trim_ascii_start() });
            }
            _ => {}
        }
    }
    None
}

/// A number as a line or column: more than fits is the most.
pub(super) fn small(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The first `{file,"…"},{line,N}` of a printed stack trace whose file is of the project and not of the test tool, line breaks or not.
pub(super) fn stack_place(message: &[u8]) -> Option<(Box<str>, u32)> {
    let mut at = 0;
    while let Some(i) = memchr::memmem::find(message.get(at..)?, b"{file,") {
        at += i + 6;
        let rest = message.get(at..)?.trim_ascii_start();
        let Some(rest) = rest.strip_prefix(b"\"") else { continue };
        let end = memchr::memchr(b'"', rest)?;
        let path = rest.get(..end)?;
        let tail = rest.get(end + 1..)?.trim_ascii_start();
        let Some(tail) = tail.strip_prefix(b"},") else { continue };
        let Some((line, _)) = tail.trim_ascii_start().strip_prefix(b"{line,").and_then(number) else { continue };
        // Files of the Erlang system are named without a folder.
        if memchr::memchr(b'/', path).is_some() {
            return Some((String::from_utf8_lossy(path).into(), small(line)));
        }
    }
    None
}

/// A note at an offset.
pub(super) fn note(message: impl Into<String>, offset: usize) -> Note {
    Note::at(message, Location::at(offset))
}

/// How sure a task's format is that a log is its own.
///
/// A log of several tasks is of the one that was started last: rebar3 stops at the first that fails, so the last is the one that
/// decided. Where a task before it failed all the same (two commands that wrote into one file), both answer, and the choice is left to
/// the policy: none of them may hide the other. A log that ends in `Compiling FILE failed` is the compiler's.
pub(super) fn confidence(head: &Head<'_>, task: Task) -> Confidence {
    let mut current = None;
    let mut failed = 0_u8;
    let mut open = true;
    let mut broken = false;
    for (_, text) in &head.console().steps {
        let text = text.as_bytes();
        match classify(text) {
            Step::Begin => open = true,
            Step::Compiling => {
                // Text of a test may look like this; a task that began anew has compiled before.
                if open {
                    broken = false;
                    current = current.or(Some(Task::Compile));
                }
            }
            Step::CompileFailed(_) => broken |= open,
            Step::Start(started) => {
                current = Some(started);
                (open, broken) = (false, false);
            }
            Step::Other => {
                let of = |t: Task| if current == Some(t) { t.bit() } else { 0 };
                if text.starts_with(b"Error running tests") {
                    failed |= of(Task::Eunit) | of(Task::Ct);
                } else if text.starts_with(b"Failures occurred running tests") {
                    failed |= of(Task::Ct);
                } else if text.starts_with(b"Warnings occurred running dialyzer") {
                    failed |= of(Task::Dialyzer);
                } else if text.starts_with(b"Failed test cases:") {
                    failed |= of(Task::Proper);
                } else if text.starts_with(b"Requiring ") {
                    failed |= of(Task::Cover);
                } else if text.ends_with(b"(Xref)") {
                    failed |= of(Task::Xref);
                }
            }
        }
    }
    if broken {
        current = Some(Task::Compile);
    }
    Confidence::when(current == Some(task) || failed & task.bit() != 0, Confidence::Certain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_split_off() {
        let l = located(b"src/a.erl:12:5: Warning: x").unwrap();
        assert_eq!((l.path, l.line, l.column, l.rest), (&b"src/a.erl"[..], Some(12), Some(5), &b"Warning: x"[..]));
        let l = located(b"C:/p/a.erl:{3,4}: bad").unwrap();
        assert_eq!((l.path, l.line, l.column), (&b"C:/p/a.erl"[..], Some(3), Some(4)));
        let l = located(b"a.erl:7: y").unwrap();
        assert_eq!((l.line, l.column, l.rest), (Some(7), None, &b"y"[..]));
        assert!(located(b"at 12:30 o'clock").is_none());
    }

    #[test]
    fn only_failures_are_failures() {
        for bad in [
            "Uncaught error in rebar_core. Run",
            "Task failed: x",
            "Compiling src/a.erl failed",
            "Error reading file rebar.config: x",
        ] {
            assert!(is_failure(bad.as_bytes()), "{bad}");
        }
        for fine in [
            "Compiling error_app",
            "Cover compilation failed: x",
            "Behaviour x is used but cannot be found.",
            "Fetching x",
            "Getting log of git repo failed in /p/a. Falling back to version 0.0.0",
            "Failed to restore _build/default/lib/.rebar3/rebar_compiler_erl/source_a.dag file. Discarding it.",
            "App jose is a checkout dependency and cannot be locked.",
            "Warning: jsx-2.9.0 is retired: (invalid) broken",
        ] {
            assert!(!is_failure(fine.as_bytes()), "{fine}");
        }
    }

    fn tasks(log: &str) -> Vec<Task> {
        let head = Head::new("x.log", log.as_bytes(), log.len());
        let all = [Task::Compile, Task::Eunit, Task::Ct, Task::Cover, Task::Xref, Task::Dialyzer, Task::Proper];
        all.into_iter().filter(|t| confidence(&head, *t) == Confidence::Certain).collect()
    }

    #[test]
    fn a_log_is_of_its_last_task() {
        let begin = "===> Verifying dependencies...\n===> Compiling a\n";
        assert_eq!(tasks(begin), [Task::Compile]);
        let chain = format!("{begin}===> Running cross reference analysis...\n{begin}===> Performing EUnit tests...\n");
        assert_eq!(tasks(&chain), [Task::Eunit]);
        assert_eq!(tasks(&format!("{chain}{begin}===> Compiling src/a.erl failed\n")), [Task::Compile]);
        // Text of a test: no task began before it.
        assert_eq!(tasks(&format!("{chain}===> Compiling src/a.erl failed\n")), [Task::Eunit]);
        assert_eq!(tasks("===> Error reading file rebar.config: x\n"), []);
    }

    #[test]
    fn a_task_that_failed_is_not_hidden_by_a_later_one() {
        let log = "===> Compiling a\n===> Performing EUnit tests...\n===> Error running tests\n===> Verifying dependencies...\n===> Compiling a\n===> Running Common Test suites...\n";
        assert_eq!(tasks(log), [Task::Eunit, Task::Ct]);
    }

    #[test]
    fn numbers_do_not_wrap() {
        assert_eq!(digits(b"99999999999999999999999"), Some(u64::MAX));
        assert_eq!(digits(b""), None);
    }

    #[test]
    fn a_stack_names_the_projects_file() {
        let stack = b"{badmatch,[{timer,sleep,1,[{file,\"timer.erl\"},{line,3}]},{a,b,0,[{file,\n  \"/p/a.erl\"},\n  {line,41}]}]}";
        assert_eq!(stack_place(stack), Some(("/p/a.erl".into(), 41)));
    }
}
