//! Code Climate issues as GitLab's Code Quality reads them (<https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>,
//! <https://github.com/codeclimate/platform/blob/master/spec/analyzers/SPEC.md>): an array, or JSON lines; an
//! engine ends each issue with a NUL. Severities info, minor, major, critical, blocker; before 2016 info, normal, critical.
//! Rows of `type: measurement` are none. Lines have no end mark: whether they are all is not known.
//! Many linters write it; none is named.

use super::common::{Num, Str, foreign, message, or_default, parsed, place, says_nothing, severity};
use super::rows;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding};
use serde::Deserialize;
use std::borrow::Cow;

pub(super) static FORMAT: Format = Format {
    id: "codeclimate-json",
    title: "Code Climate / GitLab Code Quality issues",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["gl-code-quality-report.json", "codeclimate.json"],
    spec: "GitLab Code Quality report, https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format",
    producers: &["codeclimate"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let own = |at: &str| {
        let has = |p: &str| shape.has(&format!("{at}{p}"));
        has("location.path") && (has("fingerprint") || has("check_name")) && has("description")
    };
    Confidence::when(own("[].") || own(""), Confidence::Certain)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Issue<'a> {
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow)]
    check_name: Str<'a>,
    #[serde(borrow)]
    description: Str<'a>,
    #[serde(borrow)]
    fingerprint: Str<'a>,
    #[serde(borrow)]
    severity: Str<'a>,
    #[serde(borrow)]
    location: Option<At<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct At<'a> {
    #[serde(borrow)]
    path: Str<'a>,
    #[serde(deserialize_with = "or_default")]
    lines: Lines,
    #[serde(deserialize_with = "or_default")]
    positions: Positions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Lines {
    begin: Num,
    end: Num,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Positions {
    #[serde(deserialize_with = "or_default")]
    begin: Position,
    #[serde(deserialize_with = "or_default")]
    end: Position,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Position {
    line: Num,
    column: Num,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let (mut notes, mut items) = (Vec::new(), Vec::new());
    let array = input.bytes.trim_ascii_start().first() == Some(&b'[');
    if !says_nothing(input, &["[]"]) {
        let mut fold = |i: Issue<'_>| {
            if i.kind.text() == "measurement" {
                return Ok(());
            }
            let Some(at) = i.location.filter(|_| i.description.get().is_some()) else {
                return Err(foreign("an issue of Code Climate with description and location"));
            };
            // Between info and critical.
            let word = if i.severity.text() == "normal" { "medium" } else { i.severity.text() };
            let (severity, severity_from) = severity(word, "severity", &mut notes);
            items.push(Finding {
                rule: message(i.check_name.text()),
                message: message(i.description.text()),
                severity,
                severity_from,
                category: Category::Code,
                place: place(
                    at.path.text(),
                    at.lines.begin.line().or(at.positions.begin.line.line()),
                    at.positions.begin.column.line(),
                ),
                last_line: at.lines.end.line().or(at.positions.end.line.line()),
                fingerprint: i.fingerprint.boxed(),
                ..Finding::default()
            });
            Ok(())
        };
        if array {
            rows::read_list::<Issue<'_>>(input)?.into_iter().try_for_each(&mut fold)?;
        } else {
            // A NUL is no character of JSON: where it stands, it stands between the issues.
            let bytes: Cow<'_, [u8]> = match memchr::memchr(0, input.bytes) {
                None => Cow::Borrowed(input.bytes),
                Some(_) => input.bytes.iter().map(|b| if *b == 0 { b' ' } else { *b }).collect(),
            };
            if bytes.trim_ascii().is_empty() {
                return Err(foreign("issues of Code Climate"));
            }
            rows::documents(&Input { bytes: &bytes, ..*input }, &mut fold)?;
        }
    }
    // A list of nothing is read where the policy says that it is one of these: then whoever wrote it looked.
    let tool = (array && items.is_empty()).then(|| "codeclimate".to_owned());
    Ok(Parsed { tool, ..parsed(items, array.then_some(true), "", notes) })
}
