//! Gitleaks' JSON (<https://github.com/gitleaks/gitleaks>): version 8 (`RuleID`, `Secret`) and before (`rule`, `offender`). No severity is stated. Nothing found is
//! `[]` (`null` in older versions), which names no tool. The secrets themselves are never kept.

use super::common::{Num, Str, foreign, message, parsed, place, says_nothing};
use super::rows;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "gitleaks-json",
    title: "Gitleaks JSON report",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["gitleaks.json", "gitleaks-report.json"],
    spec: "gitleaks --report-format json, https://github.com/gitleaks/gitleaks",
    producers: &["gitleaks"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let eight = shape.has_all(&["[].RuleID", "[].File"]) && (shape.has("[].Secret") || shape.has("[].Match"));
    let seven = shape.has_all(&["[].offender", "[].rule"]);
    Confidence::when(eight || seven, Confidence::Certain)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Leak<'a> {
    #[serde(borrow, rename = "RuleID")]
    rule_id: Str<'a>,
    #[serde(borrow)]
    rule: Str<'a>,
    #[serde(borrow, rename = "Description")]
    description: Str<'a>,
    #[serde(borrow, rename = "File")]
    file: Str<'a>,
    #[serde(borrow, rename = "file")]
    old_file: Str<'a>,
    #[serde(rename = "StartLine")]
    line: Num,
    #[serde(rename = "EndLine")]
    last: Num,
    #[serde(rename = "lineNumber")]
    old_line: Num,
    #[serde(rename = "StartColumn")]
    column: Num,
    #[serde(borrow, rename = "Fingerprint")]
    fingerprint: Str<'a>,
    #[serde(borrow, rename = "Link")]
    link: Str<'a>,
    #[serde(borrow, rename = "leakURL")]
    leak_url: Str<'a>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut items = Vec::new();
    if says_nothing(input, &["[]", "null"]) {
        return Ok(parsed(items, Some(true), "gitleaks", Vec::new()));
    }
    for l in rows::read_list::<Leak<'_>>(input)? {
        let Some(rule) = l.rule_id.get().or(l.rule.get()) else {
            return Err(foreign("a leak of Gitleaks with RuleID or rule"));
        };
        let line = l.line.line().or(l.old_line.line());
        items.push(Finding {
            rule: message(rule),
            message: message(l.description.get().unwrap_or(rule)),
            category: Category::Secret,
            place: place(l.file.get().unwrap_or(l.old_file.text()), line, l.column.line()),
            last_line: l.last.line(),
            url: l.link.boxed().or_else(|| l.leak_url.boxed()),
            fingerprint: l.fingerprint.boxed(),
            ..Finding::default()
        });
    }
    Ok(parsed(items, Some(true), "gitleaks", Vec::new()))
}
