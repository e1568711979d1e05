//! mypy's console output (<https://mypy.readthedocs.io>): `path:line[:column]: error: text  [code]`. Notes belong to the error before them and are none of their own.
//!
//! The end mark is the summary (`Success: no issues found …`, `Found N errors …`). Without it the output is refused, unless the recorded exit
//! status (0 clean, 1 errors) says that mypy came to its end. "errors prevented further checking" is not complete; nor is a summary
//! that counts other than the lines do.

use super::common::{message, note, parsed, place};
use super::text;
use crate::error::ParseError;
use crate::evidence::Kind;
use crate::evidence::findings::{Category, Finding, Severity};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;

pub(super) static FORMAT: Format = Format {
    id: "mypy",
    title: "mypy console output",
    kind: Kind::Findings,
    extensions: &["log", "txt"],
    places: &["mypy.log", "mypy.txt"],
    spec: "mypy, https://mypy.readthedocs.io/en/stable/command_line.html",
    producers: &["mypy"],
    recorded_as: Some("mypy"),
    binary: false,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let mut errors = false;
    for line in head.lines() {
        let Ok(line) = std::str::from_utf8(line) else { continue };
        if is_summary(line) {
            return Confidence::Certain;
        }
        errors |= diagnostic(line).is_some_and(|d| d.path.ends_with(".py") || d.path.ends_with(".pyi"));
    }
    // A long list: the summary may be behind what is looked at.
    Confidence::when(errors, Confidence::Likely)
}

fn is_summary(line: &str) -> bool {
    (line.starts_with("Success: no issues found in ") && line.contains(" source file"))
        || (line.starts_with("Found ")
            && line.contains(" error")
            && line.contains(" in ")
            && line.contains(" file")
            && (line.contains("(checked ") || line.contains("(errors prevented further checking)")))
}

struct Diagnostic<'l> {
    path: &'l str,
    line: u32,
    column: Option<u32>,
    level: &'l str,
    text: &'l str,
    code: &'l str,
}

fn diagnostic(line: &str) -> Option<Diagnostic<'_>> {
    let (at, level, text) = [": error: ", ": warning: ", ": note: "]
        .iter()
        .find_map(|mark| line.split_once(mark).map(|(at, text)| (at, mark.trim_matches([':', ' ']), text)))?;
    let (path, line, column) = match text::place_of(at) {
        Some(place) => place,
        // Errors on a whole module have no line.
        None if at.ends_with(".py") || at.ends_with(".pyi") || at.ends_with(".ini") || at.ends_with(".toml") => {
            (at, 0, None)
        }
        None => return None,
    };
    let (text, code) =
        text.rsplit_once("  [").and_then(|(text, code)| Some((text, code.strip_suffix(']')?))).unwrap_or((text, ""));
    Some(Diagnostic { path, line, column, level, text, code })
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let (mut notes, mut items): (Vec<_>, Vec<Finding>) = (Vec::new(), Vec::new());
    let (mut summary, mut stated, mut halted) = (false, None, false);
    text::lines(input, |number, line| {
        if line.starts_with("usage: mypy")
            || line.starts_with("mypy: error: ")
            || line.starts_with("mypy: can't read file")
        {
            return Err(super::common::tool_failed(line).on_line(number));
        }
        if is_summary(line) {
            summary = true;
            stated = Some(if line.starts_with("Success") { 0 } else { text::number(line).unwrap_or(u64::MAX) });
            halted |= line.contains("errors prevented further checking");
        } else if let Some(d) = diagnostic(line).filter(|d| d.level != "note") {
            items.push(Finding {
                rule: message(d.code),
                message: message(d.text),
                severity: if d.level == "error" { Severity::High } else { Severity::Medium },
                severity_from: "level",
                category: Category::Code,
                place: place(d.path, (d.line > 0).then_some(d.line), d.column),
                ..Finding::default()
            });
        }
        Ok(())
    })?;
    let by_status = matches!(input.exit_status, Some(0)) || (matches!(input.exit_status, Some(1)) && !items.is_empty());
    if !summary && !by_status {
        return Err(ParseError::malformed("mypy's summary (`Success: no issues found` or `Found N errors`)")
            .at(input.bytes.len())
            .found_words("the end of the output"));
    }
    let counted = items.iter().filter(|i| i.severity == Severity::High).count();
    let mut complete = !halted;
    if halted {
        note(&mut notes, "errors prevented further checking");
    }
    if stated.is_some_and(|n| usize::try_from(n) != Ok(counted)) {
        complete = false;
        note(&mut notes, "the summary counts other than the lines do");
    }
    let complete = text::settle(input, items.len(), Some(complete), &[1], &mut notes)?;
    Ok(parsed(items, complete, "mypy", notes))
}
