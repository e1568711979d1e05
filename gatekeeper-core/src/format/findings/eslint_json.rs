//! ESLint's formatters `json` and `json-with-metadata` (<https://eslint.org/docs/latest/use/formatters/#json>): an array of files, in the
//! second under `results`. `severity` 2 is error, 1 is warning. `suppressedMessages` are suppressed.
//! A fatal message is a file that could not be parsed, so no rule saw it: a finding, and the report is not complete.

use super::common::{List, Num, Str, foreign, message, note, parsed, place, says_nothing};
use crate::error::ParseError;
use crate::evidence::Kind;
use crate::evidence::findings::{Category, Finding, Severity, Suppression};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "eslint-json",
    title: "ESLint JSON report",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["eslint.json", "eslint-report.json", "reports/eslint.json"],
    spec: "ESLint json formatter, https://eslint.org/docs/latest/use/formatters/#json",
    producers: &["eslint"],
    recorded_as: None,
    binary: false,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let files = shape.has_all(&["[].filePath", "[].messages"]);
    let with_metadata = shape.has_all(&["results[].filePath", "results[].messages"]);
    Confidence::when(files || with_metadata, Confidence::Certain)
}

/// The formatter `json-with-metadata`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WithMetadata<'a> {
    #[serde(borrow)]
    results: Option<List<File<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File<'a> {
    #[serde(borrow, rename = "filePath")]
    path: Option<Str<'a>>,
    #[serde(borrow)]
    messages: Option<List<Message<'a>>>,
    #[serde(borrow, rename = "suppressedMessages")]
    suppressed: List<Message<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow, rename = "ruleId")]
    rule: Str<'a>,
    fatal: Option<bool>,
    severity: Num,
    #[serde(borrow)]
    message: Str<'a>,
    line: Num,
    column: Num,
    #[serde(borrow)]
    suppressions: List<Reason<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reason<'a> {
    #[serde(borrow)]
    kind: Str<'a>,
    #[serde(borrow)]
    justification: Str<'a>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let (mut notes, mut items, mut complete) = (Vec::new(), Vec::new(), true);
    if says_nothing(input, &["[]"]) {
        return Ok(parsed(items, Some(true), "eslint", notes));
    }
    let files: Vec<File<'_>> = if input.bytes.trim_ascii_start().first() == Some(&b'{') {
        let with_metadata: WithMetadata<'_> = json::from_input(input)?;
        with_metadata.results.ok_or_else(|| foreign("ESLint's results"))?.0
    } else {
        json::from_input(input)?
    };
    for file in &files {
        let (Some(path), Some(messages)) = (&file.path, &file.messages) else {
            return Err(foreign("a file of ESLint's with filePath and messages"));
        };
        for (m, out) in messages.0.iter().map(|m| (m, false)).chain(file.suppressed.0.iter().map(|m| (m, true))) {
            let severity = match m.severity.0 {
                Some(2) => Severity::High,
                Some(1) => Severity::Medium,
                _ => Severity::Unknown,
            };
            if m.fatal == Some(true) && !out {
                complete = false;
                note(&mut notes, format!("not linted, as it could not be parsed: {}", message(path.text())));
            }
            let reason = m.suppressions.0.first();
            items.push(Finding {
                rule: message(m.rule.get().unwrap_or(if m.fatal == Some(true) { "fatal" } else { "" })),
                message: message(m.message.text()),
                severity,
                severity_from: "severity",
                category: Category::Code,
                place: place(path.text(), m.line.line(), m.column.line()),
                suppressed: out.then(|| {
                    Box::new(Suppression {
                        by: message(reason.and_then(|r| r.kind.get()).unwrap_or("directive")),
                        reason: message(reason.map(|r| r.justification.text()).unwrap_or_default()),
                    })
                }),
                ..Finding::default()
            });
        }
    }
    Ok(parsed(items, Some(complete), "eslint", notes))
}
