//! mypy's output (<https://mypy.readthedocs.io>): `path:line[:column]: error: text  [code]`. Notes belong to the error before them and are none of their own.
//!
//! The end mark is the summary (`Success: no issues found …`, `Found N errors …`). Without it the output is refused, unless the recorded exit
//! status (0 clean, 1 errors) says that mypy came to its end. "errors prevented further checking" is not complete; nor is a summary
//! that counts other than the lines do.
//!
//! `--output json` writes JSON lines and no summary: its completeness is not known, unless the exit status was recorded. A clean run leaves a blank line there.
//! A syntax error keeps mypy from checking anything: not complete.

use super::common::{Num, Str, message, note, parsed, place};
use super::text;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use crate::scan::lines::{Lines, strip_ansi};
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Severity};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "mypy",
    title: "mypy output",
    kind: Kind::Findings,
    extensions: &["log", "txt", "json", "jsonl"],
    places: &["mypy.log", "mypy.txt", "mypy.json"],
    spec: "mypy, https://mypy.readthedocs.io/en/stable/command_line.html",
    producers: &["mypy"],
    recorded_as: Some("mypy"),
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    if let Some(shape) = head.json() {
        let own = ["file", "line", "column", "message", "hint", "code", "severity"];
        return Confidence::when(shape.has_all(&own), Confidence::Certain);
    }
    let mut errors = false;
    for line in head.printed() {
        // Coloured where FORCE_COLOR is set.
        let line = strip_ansi(line);
        let Ok(line) = std::str::from_utf8(&line) else { continue };
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
        // `--show-error-end`: path:line:column:line:column.
        Some((start, _, Some(_))) if text::place_of(start).is_some_and(|(_, _, column)| column.is_some()) => {
            text::place_of(start)?
        }
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

/// A line of `--output json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row<'a> {
    #[serde(borrow)]
    file: Option<Str<'a>>,
    line: Num,
    column: Num,
    #[serde(borrow)]
    message: Str<'a>,
    #[serde(borrow)]
    code: Str<'a>,
    #[serde(borrow)]
    severity: Option<Str<'a>>,
}

fn parse_json(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let (mut notes, mut items, mut halted) = (Vec::new(), Vec::new(), false);
    for line in Lines::new(input.bytes) {
        input.limits.has_room_for_findings(items.len())?;
        let bytes = line.bytes.trim_ascii();
        if bytes.first() != Some(&b'{') {
            let text = String::from_utf8_lossy(bytes.get(..bytes.len().min(400)).unwrap_or(bytes));
            if is_failure(&text) {
                return Err(super::common::tool_failed(&text).on_line(line.number));
            }
            halted |= text.contains("errors prevented further checking");
            continue;
        }
        let row: Row<'_> = json::from_bytes(bytes).map_err(|e| e.on_line(line.number))?;
        let (Some(file), Some(word)) = (&row.file, &row.severity) else {
            return Err(super::common::foreign("a diagnostic of mypy with file and severity").on_line(line.number));
        };
        if word.text() == "note" {
            continue;
        }
        halted |= row.code.text() == "syntax";
        // Columns are from 0 here, and from 1 on the console.
        let column = row.column.0.and_then(|c| u32::try_from(c).ok()).and_then(|c| c.checked_add(1));
        let (severity, severity_from) = super::common::severity(word.text(), "severity", &mut notes);
        items.push(Finding {
            rule: message(row.code.text()),
            message: message(row.message.text()),
            severity,
            severity_from,
            category: Category::Code,
            place: place(file.text(), row.line.line(), column),
            ..Finding::default()
        });
    }
    if halted {
        note(&mut notes, "errors prevented further checking");
    }
    let complete = text::settle(input, items.len(), halted.then_some(false), &[1], &mut notes)?;
    Ok(parsed(items, complete, "mypy", notes))
}

/// What mypy writes where it did not start.
fn is_failure(line: &str) -> bool {
    line.starts_with("usage: mypy") || line.starts_with("mypy: error: ") || line.starts_with("mypy: can't read file")
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    if Lines::new(input.bytes).take(2_000).any(|l| l.bytes.trim_ascii_start().starts_with(b"{\"file\":")) {
        return parse_json(input);
    }
    let (mut notes, mut items): (Vec<_>, Vec<Finding>) = (Vec::new(), Vec::new());
    let (mut summary, mut stated, mut halted) = (false, None, false);
    text::lines(input, |number, line| {
        input.limits.has_room_for_findings(items.len())?;
        if is_failure(line) {
            return Err(super::common::tool_failed(line).on_line(number));
        }
        if is_summary(line) {
            summary = true;
            stated = Some(if line.starts_with("Success") {
                0
            } else {
                line.split(" in ").next().and_then(text::number).unwrap_or(u64::MAX)
            });
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
