//! `ruff check --output-format json` (<https://docs.astral.sh/ruff/settings/#output-format>), and `json-lines`. Newer versions state a `severity`; without one it is unknown.
//! A syntax error (no code, `invalid-syntax`; up to ruff 0.4 `E999`) and an unreadable file (`E902`) are files that no rule saw: a finding, and the report is not complete.
//! Lines have no end mark: without such a file it is not known whether they are all. `noqa_row` came with ruff 0.0.270.

use super::common::{Num, Str, foreign, message, note, or_default, parsed, place, says_nothing, severity};
use super::rows;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "ruff-json",
    title: "ruff JSON report",
    kind: Kind::Findings,
    extensions: &["json", "jsonl"],
    places: &["ruff.json", "ruff-report.json"],
    spec: "ruff check --output-format json, https://docs.astral.sh/ruff/settings/#output-format",
    producers: &["ruff"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let own = |at: &str| {
        let has = |p: &str| shape.has(&format!("{at}{p}"));
        has("location.row")
            && has("filename")
            && (has("noqa_row") || (has("end_location.row") && has("code") && has("message") && has("fix")))
    };
    Confidence::when(own("[].") || own(""), Confidence::Certain)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row<'a> {
    #[serde(borrow)]
    code: Str<'a>,
    #[serde(borrow)]
    filename: Option<Str<'a>>,
    #[serde(deserialize_with = "or_default")]
    location: Position,
    #[serde(deserialize_with = "or_default")]
    end_location: Position,
    #[serde(borrow)]
    message: Str<'a>,
    #[serde(borrow)]
    severity: Str<'a>,
    #[serde(borrow)]
    url: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Position {
    row: Num,
    column: Num,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let (mut notes, mut items, mut unread) = (Vec::new(), Vec::new(), false);
    if says_nothing(input, &["[]"]) {
        return Ok(parsed(items, Some(true), "ruff", notes));
    }
    let mut fold = |r: Row<'_>| {
        let Some(file) = r.filename.filter(|_| r.location.row.0.is_some()) else {
            return Err(foreign("a diagnostic of ruff with filename and location"));
        };
        let (severity, severity_from) = severity(r.severity.text(), "severity", &mut notes);
        let code = r.code.get().unwrap_or("invalid-syntax");
        // E902: the file could not be read at all.
        if matches!(code, "invalid-syntax" | "E902" | "E999") {
            unread = true;
            note(&mut notes, format!("not linted, as it could not be read or parsed: {}", message(file.text())));
        }
        items.push(Finding {
            rule: message(code),
            message: message(r.message.text()),
            severity,
            severity_from,
            category: Category::Code,
            place: place(file.text(), r.location.row.line(), r.location.column.line()),
            last_line: r.end_location.row.line(),
            url: r.url.boxed(),
            ..Finding::default()
        });
        Ok(())
    };
    let array = input.bytes.trim_ascii_start().first() == Some(&b'[');
    if array {
        rows::read_list::<Row<'_>>(input)?.into_iter().try_for_each(&mut fold)?;
    } else {
        rows::documents(input, &mut fold)?;
    }
    let complete = if unread { Some(false) } else { array.then_some(true) };
    Ok(parsed(items, complete, "ruff", notes))
}
