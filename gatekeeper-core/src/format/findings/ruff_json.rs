//! `ruff check --output-format json` (<https://docs.astral.sh/ruff/settings/#output-format>), and `json-lines`. Newer versions state a `severity`; without one it is unknown.
//! A syntax error (no code, or `invalid-syntax`) and an unreadable file (`E902`) are files that no rule saw: a finding, and the report is not complete.

use super::common::{Num, Str, foreign, message, note, or_default, parsed, place, says_nothing, severity};
use crate::error::ParseError;
use crate::evidence::Kind;
use crate::evidence::findings::{Category, Finding};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
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
    binary: false,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let own = |at: &str| ["location.row", "filename", "noqa_row"].iter().all(|p| shape.has(&format!("{at}{p}")));
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
    let (mut notes, mut items, mut complete) = (Vec::new(), Vec::new(), true);
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
        if matches!(code, "invalid-syntax" | "E902") {
            complete = false;
            note(&mut notes, format!("not linted, as it could not be read or parsed: {}", message(file.text())));
        }
        items.push(Finding {
            rule: message(code),
            message: message(r.message.text()),
            severity,
            severity_from,
            category: Category::Code,
            place: place(file.text(), r.location.row.line(), r.location.column.line()),
            url: r.url.boxed(),
            ..Finding::default()
        });
        Ok(())
    };
    if input.bytes.trim_ascii_start().first() == Some(&b'[') {
        json::from_input::<Vec<Row<'_>>>(input)?.into_iter().try_for_each(&mut fold)?;
    } else {
        json::documents(input, &mut fold)?;
    }
    Ok(parsed(items, Some(complete), "ruff", notes))
}
