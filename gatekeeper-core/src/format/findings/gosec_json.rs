//! gosec's JSON (<https://github.com/securego/gosec>). `nosec` issues (with `-track-suppressions`) are suppressed. A package in `Golang errors` was not analysed:
//! not complete.

use super::common::{List, Members, Num, Scalar, Str, foreign, message, note, or_default, parsed, place, severity};
use crate::error::ParseError;
use crate::evidence::Kind;
use crate::evidence::findings::{Category, Finding, Suppression};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "gosec-json",
    title: "gosec JSON report",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["gosec.json", "gosec-report.json"],
    spec: "gosec -fmt json, https://github.com/securego/gosec",
    producers: &["gosec"],
    recorded_as: None,
    binary: false,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let own =
        shape.has("Issues") && (shape.has("Stats") || shape.has("Golang errors") || shape.has("Issues[].rule_id"));
    Confidence::when(own, Confidence::Certain)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Report<'a> {
    #[serde(borrow, rename = "Golang errors")]
    errors: Members<'a, List<Failure<'a>>>,
    #[serde(borrow, rename = "Issues")]
    issues: Option<List<Issue<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Failure<'a> {
    #[serde(borrow)]
    error: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Issue<'a> {
    #[serde(borrow)]
    severity: Str<'a>,
    #[serde(borrow)]
    rule_id: Str<'a>,
    #[serde(borrow)]
    details: Str<'a>,
    #[serde(borrow)]
    file: Str<'a>,
    line: Num,
    column: Num,
    nosec: Option<bool>,
    #[serde(borrow)]
    suppressions: List<Reason<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    cwe: Cwe<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cwe<'a> {
    #[serde(borrow)]
    url: Scalar<'a>,
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
    let mut notes = Vec::new();
    let report: Report<'_> = json::from_input(input)?;
    let Some(issues) = report.issues else { return Err(foreign("a report of gosec (Issues)")) };
    let mut items = Vec::with_capacity(issues.0.len());
    for i in &issues.0 {
        let (severity, severity_from) = severity(i.severity.text(), "severity", &mut notes);
        let reason = i.suppressions.0.first();
        let suppressed = i.nosec == Some(true) || reason.is_some();
        items.push(Finding {
            rule: message(i.rule_id.text()),
            message: message(i.details.text()),
            severity,
            severity_from,
            category: Category::Code,
            place: place(i.file.text(), i.line.line(), i.column.line()),
            suppressed: suppressed.then(|| {
                Box::new(Suppression {
                    by: message(reason.and_then(|r| r.kind.get()).unwrap_or("nosec")),
                    reason: message(reason.map(|r| r.justification.text()).unwrap_or_default()),
                })
            }),
            url: i.cwe.url.get().map(message),
            ..Finding::default()
        });
    }
    for (package, errors) in &report.errors.0 {
        let first = errors.0.first().map(|e| e.error.text()).unwrap_or_default();
        note(&mut notes, format!("not analysed: {}: {}", message(package), message(first)));
    }
    Ok(parsed(items, Some(report.errors.0.is_empty()), "gosec", notes))
}
