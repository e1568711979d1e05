//! gosec's JSON (<https://github.com/securego/gosec>). `nosec` issues (with `-track-suppressions`) are suppressed. A package in `Golang errors` was not analysed:
//! not complete; nor is a report whose `Stats` say that no file was looked at, or that count issues where none is listed.

use super::common::{
    Count, List, Members, Num, Scalar, Str, TextOr, foreign, message, note, or_default, parsed, place, severity,
};
use super::rows::{self, Folded, Row, Rows, present};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Severity, Suppression};
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
    content: Content::Text,
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
    errors: TextOr<'a, Members<'a, List<Failure<'a>>>>,
    #[serde(borrow, rename = "Issues", deserialize_with = "present")]
    issues: Option<Rows<Issue<'a>>>,
    #[serde(deserialize_with = "or_default", rename = "Stats")]
    stats: Stats,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stats {
    files: Count,
    found: Count,
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

impl<'de: 'a, 'a> Row<'de> for Issue<'a> {
    fn fold(self, into: &mut Folded) -> Result<(), &'static str> {
        if self.rule_id.get().is_none() {
            return Err("an issue of gosec with its rule_id");
        }
        let (severity, severity_from) = severity(self.severity.text(), "severity", &mut into.notes);
        let reason = self.suppressions.0.first();
        let suppressed = self.nosec == Some(true) || reason.is_some();
        into.items.push(Finding {
            rule: message(self.rule_id.text()),
            message: message(self.details.text()),
            severity,
            severity_from,
            category: Category::Code,
            place: place(self.file.text(), self.line.line(), self.column.line()),
            suppressed: suppressed.then(|| {
                Box::new(Suppression {
                    by: message(reason.and_then(|r| r.kind.get()).unwrap_or("nosec")),
                    reason: message(reason.map(|r| r.justification.text()).unwrap_or_default()),
                })
            }),
            url: self.cwe.url.get().map(message),
            ..Finding::default()
        });
        Ok(())
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let report: Report<'_> = rows::read(input)?;
    let Some(Rows(Folded { items, mut notes, .. }, _)) = report.issues else {
        return Err(foreign("a report of gosec (Issues)"));
    };
    let mut complete = true;
    match &report.errors {
        TextOr::Object(packages) => {
            for (package, errors) in &packages.0 {
                complete = false;
                let first = errors.0.first().map(|e| e.error.text()).unwrap_or_default();
                note(&mut notes, format!("not analysed: {}: {}", message(package), message(first)));
            }
        }
        TextOr::Text(text) if !text.is_empty() => {
            complete = false;
            note(&mut notes, format!("not analysed: {}", message(text)));
        }
        _ => {}
    }
    let stats = report.stats;
    if stats.files.0 == Some(0) && items.is_empty() {
        complete = false;
        note(&mut notes, "the report says that no file was looked at");
    }
    let out = items.iter().filter(|i| i.suppressed.is_some()).count();
    let found = stats.found.index().map_or(0, |n| n.saturating_sub(out));
    let found = u64::try_from(found).unwrap_or(u64::MAX);
    Ok(parsed(items, Some(complete), "gosec", notes).with_counts(&[(Severity::Unknown, found)], Category::Code))
}
