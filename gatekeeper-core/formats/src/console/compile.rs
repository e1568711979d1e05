//! Console of `rebar3 compile`, and of any other rebar3 task that stopped because the code did not compile.
//!
//! Form: `rebar_base_compiler.erl` (rebar3 ≤ 3.21: `path:line:col: Warning: text`; with rich messages `path:line:col:` and `^-- text` below)
//! and `rebar_compiler_format.erl` (rebar3 ≥ 3.22: a box of `┌─ path:`, `LINE │ source`, `╰── text`),
//! <https://github.com/erlang/rebar3/tree/main/apps/rebar/src>. Colours may stand anywhere in a line.
//!
//! Known deviations: terminals that are not UTF-8 get the box as `\x{250C}\x{2500}`; both are read. A box gives no column, but its arrow
//! stands under it, so the column is known. There is no end line and no count: a log without errors proves nothing unless its exit status
//! is known. A second run repeats no warnings, as nothing is compiled again.

use super::common::{self, Located, Reader, Step, Task, classify, located, step};
use super::compile_only::compiles_only;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Finding, Findings, Severity};
use gatekeeper_evidence::{Data, Kind};
use memchr::memmem;

pub(super) static FORMAT: Format = Format {
    id: "rebar3-compile",
    title: "rebar3 compile: compiler errors and warnings",
    kind: Kind::Findings,
    extensions: &["log", "txt"],
    places: &["compile.log", "rebar3-compile.log", "rebar3_compile.log", "logs/compile.log", "_build/compile.log"],
    spec: "rebar3 3.24, rebar_compiler_format: https://github.com/erlang/rebar3/blob/main/apps/rebar/src/rebar_compiler_format.erl",
    producers: &["rebar3"],
    recorded_as: Some("compile"),
    content: Content::Text,
    sniff,
    parse,
};

/// Of another tool's log, which compiled first, no compile log may be made: it would say less. A file that failed to compile is said in any log.
fn sniff(head: &Head<'_>) -> Confidence {
    let confidence = common::confidence(head, Task::Compile);
    let failed = || head.console().steps.iter().any(|(_, s)| matches!(classify(s.as_bytes()), Step::CompileFailed(_)));
    if confidence == Confidence::No || failed() || compiles_only(head) { confidence } else { Confidence::No }
}

/// A diagnostic whose place was read and whose text is still to come.
#[derive(Default)]
struct Pending {
    path: Vec<u8>,
    line: Option<u32>,
    column: Option<u32>,
    open: bool,
}

#[derive(Default)]
struct State {
    found: Findings,
    pending: Pending,
    errors: u64,
    /// (offset, file) of each `Compiling FILE failed`.
    failed: Vec<(usize, Box<str>)>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut state = State::default();
    state.found.tool("compile");
    let (mut compiling, mut compiled, mut later) = (true, false, false);
    let mut trouble: Option<(usize, Vec<u8>)> = None;
    let mut cut = None;
    let mut rows = Reader::new(input.bytes);
    while let Some(row) = rows.next() {
        input.limits.has_room_for_findings(state.found.items.len())?;
        if let Some(text) = step(row.text) {
            match classify(text) {
                Step::Begin => compiling = true,
                Step::Compiling if compiling => compiled = true,
                Step::CompileFailed(file) if compiling => state.failed.push((row.offset, common::text(file))),
                Step::Start(_) => (compiling, later) = (false, true),
                _ if compiling && trouble.is_none() && common::is_failure(text) => {
                    trouble = Some((row.offset, text.to_vec()));
                }
                _ => {}
            }
            state.pending.open = false;
            continue;
        }
        if !compiling {
            continue;
        }
        if trouble.is_none() && common::is_crash(row.text) {
            trouble = Some((row.offset, row.text.to_vec()));
        }
        let before = state.found.items.len();
        state.diagnostic(row.text);
        cut = (!row.ended && state.found.items.len() == before && state.pending.open).then_some(row.offset);
    }
    if let Some(offset) = cut {
        return Err(ParseError::malformed("the text of a diagnostic").at(offset).found_words("the end of the log"));
    }
    if let (Some((offset, said)), 0) = (&trouble, state.errors)
        && state.failed.is_empty()
        && !common::ended_well(input)
    {
        return Err(ParseError::new(
            gatekeeper_evidence::error::ErrorCode::ToolFailed,
            "rebar3 failed before it had compiled; the log says",
        )
        .at(*offset)
        .found_words(common::quote(said)));
    }
    if !compiled && state.failed.is_empty() {
        return Err(common::no_result(input.bytes, 0, "line `===> Compiling APPLICATION`"));
    }
    // A file that failed without a diagnostic of its own that could be read is an error all the same.
    if state.errors == 0 {
        for (_, file) in std::mem::take(&mut state.failed) {
            state.errors += 1;
            state.push(file.as_bytes(), None, None, b"compiling it failed", true);
        }
        if state.errors > 0 {
            return Ok(finish(state.found, Some(false)));
        }
    }
    let complete = if state.errors > 0 {
        Some(false)
    } else if state.found.items.is_empty() {
        common::clean(input, later)?
    } else {
        match input.exit_status {
            Some(0) => Some(true),
            Some(_) if !later => Some(false),
            _ => None,
        }
    };
    Ok(finish(state.found, complete))
}

fn finish(found: Findings, complete: Option<bool>) -> Parsed {
    let mut parsed = Parsed::new(Data::Findings(found), complete);
    parsed.tool = Some("compile".to_owned());
    parsed
}

impl State {
    fn push(&mut self, path: &[u8], line: Option<u32>, column: Option<u32>, message: &[u8], error: bool) {
        let (rule, severity) =
            if error { ("compile-error", Severity::High) } else { ("compile-warning", Severity::Medium) };
        self.found.items.push(Finding {
            rule: rule.into(),
            message: common::text(message),
            severity,
            severity_from: "level",
            place: common::place(path, line, column),
            ..Finding::default()
        });
    }

    /// A text with or without `Warning: ` in front, at the pending place.
    fn complete(&mut self, text: &[u8]) {
        let pending = std::mem::take(&mut self.pending);
        let (message, error) = match text.strip_prefix(b"Warning: ") {
            Some(message) => (message, false),
            None => (text, true),
        };
        self.errors += u64::from(error);
        self.push(&pending.path, pending.line, pending.column, message, error);
    }

    fn diagnostic(&mut self, row: &[u8]) {
        if row.is_empty() {
            self.pending.open = false;
            return;
        }
        if matches!(row.first(), Some(b' ' | b'\t' | b'\\' | 0xE2)) {
            self.boxed(row);
            return;
        }
        match located(row) {
            Some(Located { path, line, column, rest: b"" }) => {
                // Rich messages of rebar3 ≤ 3.21: the text follows below the source.
                self.pending = Pending { path: path.to_vec(), line, column, open: true };
            }
            Some(l) => {
                if let Some(message) = l.rest.strip_prefix(b"Warning: ") {
                    self.push(l.path, l.line, l.column, message, false);
                } else if !self.failed.is_empty() {
                    self.errors += 1;
                    self.push(l.path, l.line, l.column, l.rest, true);
                }
            }
            None => {
                // Without a line: `src/a.erl: text`.
                if let Some(at) = memmem::find(row, b": ")
                    && let (Some(path), Some(rest)) = (row.get(..at), row.get(at + 2..))
                    && is_source(path)
                {
                    if let Some(message) = rest.strip_prefix(b"Warning: ") {
                        self.push(path, None, None, message, false);
                    } else if !self.failed.is_empty() {
                        self.errors += 1;
                        self.push(path, None, None, rest, true);
                    }
                }
            }
        }
    }

    /// A row of a box, or of a rich message of old.
    fn boxed(&mut self, row: &[u8]) {
        let trimmed = row.trim_ascii_start();
        if let Some(path) = after_mark(trimmed, "┌─ ".as_bytes(), b"\\x{250C}\\x{2500} ") {
            let path = path.trim_ascii_end();
            let path = path.strip_suffix(b":").unwrap_or(path);
            self.pending = Pending { path: path.to_vec(), line: None, column: None, open: true };
            return;
        }
        if !self.pending.open {
            return;
        }
        if let Some(rest) = after_mark(trimmed, "│".as_bytes(), b"\\x{2502}") {
            let arrow = rest.trim_ascii_start();
            let indent = rest.len().saturating_sub(arrow.len());
            if let Some(text) = after_mark(arrow, "╰── ".as_bytes(), b"\\x{2570}\\x{2500}\\x{2500} ") {
                self.pending.column = u32::try_from(indent.saturating_sub(1)).ok().filter(|c| *c > 0);
                self.complete(text);
            }
            return;
        }
        if let Some((line, rest)) = common::number(trimmed)
            && after_mark(rest.trim_ascii_start(), "│".as_bytes(), b"\\x{2502}").is_some()
            && self.pending.line.is_none()
        {
            self.pending.line = Some(common::small(line));
            return;
        }
        if let Some(text) = trimmed.strip_prefix(b"^-- ") {
            self.complete(text);
        }
    }
}

fn after_mark<'r>(row: &'r [u8], utf8: &[u8], escaped: &[u8]) -> Option<&'r [u8]> {
    row.strip_prefix(utf8).or_else(|| row.strip_prefix(escaped))
}

fn is_source(path: &[u8]) -> bool {
    const ENDS: &[&[u8]] =
        &[b".erl", b".hrl", b".yrl", b".xrl", b".mib", b".app.src", b".asn1", b".beam", b".core", b".S"];
    ENDS.iter().any(|e| path.ends_with(e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;
    use gatekeeper_evidence::findings::Place;

    fn read(log: &str, exit_status: Option<i32>) -> Result<Parsed, ParseError> {
        let limits = Limits::default();
        parse(&Input { name: "compile.log", bytes: log.as_bytes(), limits: &limits, exit_status, validate: false })
    }

    fn found(p: &Parsed) -> &Findings {
        let Data::Findings(f) = &p.data else { panic!("findings") };
        f
    }

    #[test]
    fn only_a_log_of_nothing_else_is_the_compilers() {
        let begin = "===> Verifying dependencies...\n===> Fetching jsx v3.1.0\n===> Compiling jsx\nsrc/jsx.erl:3:1: Warning: x\n%  a\n";
        let sniffed = |log: &str| sniff(&Head::new("x.log", log.as_bytes(), log.len()));
        assert_eq!(sniffed(begin), Confidence::Certain);
        for other in [
            "===> Looking for code to kill with fire...\n===> Analyzing 12 files...\n",
            "==> shop\nCompiling 3 files (.ex)\nGenerated shop app\n",
            "# src/a.erl [FAIL]\n",
            "{\"version\": \"2.1.0\", \"runs\": []}\n",
            "===> The following pieces of code are dead and should be removed:\nsrc/a.erl:14: x/2 is unused\n",
        ] {
            assert_eq!(sniffed(&format!("{begin}{other}")), Confidence::No, "{other}");
            assert_eq!(sniffed(&format!("{other}{begin}")), Confidence::No, "{other}");
        }
    }

    #[test]
    fn boxes_give_place_and_column() {
        let log =
            "===> Compiling a\n    ┌─ src/a.erl:\n    │\n 14 │      erlang:now().\n    │      ╰── Warning: old\n\n";
        let p = read(log, None).unwrap();
        let f = &found(&p).items[0];
        assert_eq!(f.place, Some(Place { path: "src/a.erl".into(), line: Some(14), column: Some(5) }));
        assert_eq!((&*f.message, f.severity, p.complete), ("old", Severity::Medium, None));
    }

    #[test]
    fn a_failed_file_is_an_error_even_without_a_text() {
        let p = read("===> Compiling a\n===> Compiling src/b.erl failed\n", None).unwrap();
        assert_eq!(found(&p).by_severity().high, 1);
        assert_eq!(p.complete, Some(false));
    }

    #[test]
    fn rich_messages_of_old_are_read() {
        let log = "===> Compiling a\n===> Compiling src/b.erl failed\nsrc/b.erl:4:9:\n      X = ,\n          ^-- syntax error before: ','\n\n";
        let p = read(log, Some(1)).unwrap();
        assert_eq!(&*found(&p).items[0].message, "syntax error before: ','");
        assert_eq!(found(&p).items.len(), 1);
    }

    #[test]
    fn a_clean_log_needs_its_exit_status() {
        let log = "===> Verifying dependencies...\n===> Compiling a\n";
        assert_eq!(read(log, None).unwrap().complete, None);
        assert_eq!(read(log, Some(0)).unwrap().complete, Some(true));
        assert!(read(log, Some(1)).is_err());
        assert!(read("===> Verifying dependencies...\n", Some(0)).is_err());
    }

    #[test]
    fn a_crash_is_no_clean_compile() {
        let e = read("===> Compiling a\n===> Uncaught error in rebar_core. Run with DIAGNOSTIC=1\n", None).unwrap_err();
        assert_eq!(e.code(), gatekeeper_evidence::error::ErrorCode::ToolFailed);
        assert_eq!(e.location().offset, Some(17));
    }
}
