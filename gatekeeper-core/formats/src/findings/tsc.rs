//! The TypeScript compiler's console output (<https://www.typescriptlang.org/docs/handbook/compiler-options.html>): `path(line,column): error TS1234: text`, or with `--pretty`
//! `path:line:column - error TS1234: text`. A clean tsc prints nothing and the plain form has no end mark, so completeness is not known without the
//! exit status (0 clean; 1 and 2 errors); the pretty form ends with `Found N errors`.

use super::common::{foreign, message, note, parsed, place};
use super::text;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Severity};

pub(super) static FORMAT: Format = Format {
    id: "tsc",
    title: "TypeScript compiler console output",
    kind: Kind::Findings,
    extensions: &["log", "txt"],
    places: &["tsc.log", "tsc.txt"],
    spec: "tsc, https://www.typescriptlang.org/docs/handbook/compiler-options.html",
    producers: &["tsc"],
    recorded_as: Some("tsc"),
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let own = head.printed().any(|l| std::str::from_utf8(l).is_ok_and(|l| diagnostic(&strip(l)).is_some()));
    Confidence::when(own, Confidence::Likely)
}

fn strip(line: &str) -> String {
    String::from_utf8_lossy(&crate::scan::lines::strip_ansi(line.as_bytes())).into_owned()
}

struct Diagnostic<'l> {
    place: Option<(&'l str, u32, Option<u32>)>,
    level: &'l str,
    code: &'l str,
    text: &'l str,
}

fn diagnostic(line: &str) -> Option<Diagnostic<'_>> {
    let (at, rest) = [" - error TS", " - warning TS", ": error TS", ": warning TS"]
        .iter()
        .find_map(|mark| line.split_once(mark).map(|(at, rest)| ((at, mark.contains("error")), rest)))
        .or_else(|| line.strip_prefix("error TS").map(|rest| (("", true), rest)))?;
    let (digits, text) = rest.split_once(": ")?;
    if digits.is_empty() || digits.len() > 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let start = line.len().checked_sub(rest.len() + 2)?;
    let code = line.get(start..start + 2 + digits.len())?;
    let place = if at.0.is_empty() { None } else { Some(place_in(at.0)?) };
    Some(Diagnostic { place, level: if at.1 { "error" } else { "warning" }, code, text })
}

/// `path(3,7)` or `path:3:7`.
fn place_in(at: &str) -> Option<(&str, u32, Option<u32>)> {
    if let Some((path, numbers)) = at.strip_suffix(')').and_then(|a| a.rsplit_once('(')) {
        let (line, column) = numbers.split_once(',')?;
        return Some((path, line.parse().ok()?, column.parse().ok()));
    }
    text::place_of(at)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let (mut notes, mut items, mut stated, mut other) = (Vec::new(), Vec::new(), None, 0_usize);
    let mut inside = false;
    text::lines(input, |_, line| {
        input.limits.has_room_for_findings(items.len())?;
        if let Some(d) = diagnostic(line) {
            inside = true;
            items.push(Finding {
                rule: message(d.code),
                message: message(d.text),
                severity: if d.level == "error" { Severity::High } else { Severity::Medium },
                severity_from: "category",
                category: Category::Code,
                place: d.place.and_then(|(path, line, column)| place(path, Some(line), column)),
                ..Finding::default()
            });
        } else if line.starts_with("Found ") && line.contains(" error") {
            stated = Some(text::number(line).unwrap_or(u64::MAX));
        } else if !(line.is_empty()
            || line.starts_with("> ")
            || line.starts_with("$ ")
            || line.starts_with("yarn run ")
            || line.starts_with("Done in "))
        {
            // Behind a diagnostic stand its own lines: elaborations, and in the pretty form the source.
            other += usize::from(!inside);
        }
        Ok(())
    })?;
    if items.is_empty() && stated.is_none() && other > 0 {
        return Err(foreign("diagnostics of tsc (error TS1234)"));
    }
    let complete = match stated {
        Some(n) if usize::try_from(n) != Ok(items.len()) => {
            note(&mut notes, "the summary counts other than the lines do");
            Some(false)
        }
        Some(_) => Some(true),
        None => None,
    };
    let complete = text::settle(input, items.len(), complete, &[1, 2], &mut notes)?;
    Ok(parsed(items, complete, "tsc", notes))
}
