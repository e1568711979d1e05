//! `prettier --check` (<https://prettier.io/docs/cli#--check>): `[warn] PATH` per file between `Checking formatting...` and the end (`All matched files use Prettier code style!`, or
//! `[warn] Code style issues found …`). One finding is one file, of prettier's own word. `[error] PATH: SyntaxError: …` is a file that was not checked:
//! a finding, and not complete. Without the end the output is refused.

use super::common::{message, note, parsed, place, tool_failed};
use super::text;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Severity};

pub(super) static FORMAT: Format = Format {
    id: "prettier",
    title: "prettier --check console output",
    kind: Kind::Findings,
    extensions: &["log", "txt"],
    places: &["prettier.log", "prettier.txt"],
    spec: "prettier --check, https://prettier.io/docs/cli#--check",
    producers: &["prettier"],
    recorded_as: Some("prettier"),
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    // erlfmt says nearly the same.
    if [&b"erlfmt code style!"[..], b"Forgot to run erlfmt?"]
        .iter()
        .any(|m| memchr::memmem::find(head.log(), m).is_some())
    {
        return Confidence::No;
    }
    let own = head.printed().any(|l| {
        let Ok(line) = std::str::from_utf8(l) else { return false };
        let line = String::from_utf8_lossy(&crate::scan::lines::strip_ansi(line.as_bytes())).into_owned();
        line.starts_with("Checking formatting...") || is_end(&line)
    });
    Confidence::when(own, Confidence::Certain)
}

fn is_end(line: &str) -> bool {
    line.contains("All matched files use Prettier code style!")
        || line.contains("Code style issues found in ")
        || line.contains("Code style issues fixed in ")
        || (line.contains("Error occurred when checking code style in"))
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let (mut notes, mut items): (Vec<_>, Vec<Finding>) = (Vec::new(), Vec::new());
    let (mut end, mut clean, mut complete, mut stated) = (false, false, true, None);
    text::lines(input, |number, line| {
        input.limits.has_room_for_findings(items.len())?;
        if is_end(line) {
            end = true;
            clean |= line.contains("All matched files");
            if line.contains("Code style issues found in ") {
                stated =
                    Some(if line.contains("the above file.") { 1 } else { text::number(line).unwrap_or(u64::MAX) });
            }
        } else if let Some(path) = line.strip_prefix("[warn] ") {
            if path.starts_with("Ignored unknown option")
                || path.contains(" Did you mean ")
                || path.starts_with("jsxBracketSameLine")
            {
                note(&mut notes, message(path));
            } else {
                items.push(finding("prettier", "would be reformatted", path, Severity::Medium));
            }
        } else if let Some(rest) = line.strip_prefix("[error] ") {
            if rest.starts_with("No files matching")
                || rest.starts_with("No parser could be inferred")
                || rest.starts_with("Invalid configuration")
            {
                return Err(tool_failed(rest).on_line(number));
            }
            complete = false;
            // A syntax error's source excerpt follows in lines of the same mark: `[error]   1 | …`, `[error] > 2 | …`, `[error]     | ^`.
            let excerpt = rest.starts_with([' ', '>']) || rest.contains(" | ");
            if let Some((path, text)) = rest.split_once(": ").filter(|_| !excerpt) {
                note(&mut notes, format!("not checked: {}", message(path)));
                items.push(finding("syntax-error", text, path, Severity::High));
            }
        }
        Ok(())
    })?;
    let by_status = input.exit_status == Some(0) || (input.exit_status == Some(1) && !items.is_empty());
    if !end && !by_status {
        return Err(ParseError::malformed(
            "prettier's end (`All matched files use Prettier code style!` or `Code style issues found`)",
        )
        .at(input.bytes.len())
        .found_words("the end of the output"));
    }
    let files = items.iter().filter(|i| *i.rule == *"prettier").count();
    if stated.is_some_and(|n| usize::try_from(n) != Ok(files)) || (clean && !items.is_empty()) {
        complete = false;
        note(&mut notes, "the summary says other than the lines do");
    }
    let complete = text::settle(input, items.len(), Some(complete), &[1], &mut notes)?;
    Ok(parsed(items, complete, "prettier", notes))
}

fn finding(rule: &str, text: &str, path: &str, severity: Severity) -> Finding {
    Finding {
        rule: rule.into(),
        message: message(text),
        severity,
        severity_from: "level",
        category: Category::Code,
        place: place(path, None, None),
        ..Finding::default()
    }
}
