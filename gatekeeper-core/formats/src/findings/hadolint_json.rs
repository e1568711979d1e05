//! hadolint's JSON (<https://github.com/hadolint/hadolint#cli>): an array of violations; levels error, warning, info, style. `DL1000` is a Dockerfile that could
//! not be parsed: not complete.

use super::common::{Num, Str, foreign, message, note, parsed, place, says_nothing, severity};
use super::rows;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "hadolint-json",
    title: "hadolint JSON report",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["hadolint.json", "hadolint-report.json"],
    spec: "hadolint -f json, https://github.com/hadolint/hadolint",
    producers: &["hadolint"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let code = shape.text("[].code").is_some_and(is_code);
    Confidence::when(code && shape.has_all(&["[].level", "[].line", "[].file"]), Confidence::Certain)
}

/// `DL3006` and, from ShellCheck, `SC2046`.
fn is_code(code: &str) -> bool {
    ["DL", "SC"]
        .iter()
        .any(|p| code.strip_prefix(p).is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row<'a> {
    #[serde(borrow)]
    code: Str<'a>,
    #[serde(borrow)]
    level: Str<'a>,
    #[serde(borrow)]
    message: Str<'a>,
    #[serde(borrow)]
    file: Str<'a>,
    line: Num,
    column: Num,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let (mut notes, mut items, mut complete) = (Vec::new(), Vec::new(), true);
    if says_nothing(input, &["[]"]) {
        return Ok(parsed(items, Some(true), "hadolint", notes));
    }
    for r in rows::read_list::<Row<'_>>(input)? {
        if !is_code(r.code.text()) {
            return Err(foreign("a violation of hadolint with its code"));
        }
        if r.code.text() == "DL1000" {
            complete = false;
            note(&mut notes, format!("not linted, as it could not be parsed: {}", message(r.file.text())));
        }
        let (severity, severity_from) = severity(r.level.text(), "level", &mut notes);
        let url = if r.code.text().starts_with("SC") {
            "https://www.shellcheck.net/wiki/"
        } else {
            "https://github.com/hadolint/hadolint/wiki/"
        };
        items.push(Finding {
            rule: message(r.code.text()),
            message: message(r.message.text()),
            severity,
            severity_from,
            category: Category::Code,
            place: place(r.file.text(), r.line.line(), r.column.line()),
            url: Some(message(&format!("{url}{}", r.code.text()))),
            ..Finding::default()
        });
    }
    Ok(parsed(items, Some(complete), "hadolint", notes))
}
