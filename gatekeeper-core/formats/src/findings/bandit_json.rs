//! Bandit's JSON (<https://bandit.readthedocs.io/en/latest/formatters/json.html>). The severity is `issue_severity`; `# nosec` hits are numbers in the metrics
//! and no findings that could be listed. A file in `errors` was not scanned: not complete; nor is a report whose metrics name no file.

use super::common::{Count, List, Members, Num, Str, foreign, message, note, parsed, place, seconds, severity};
use super::rows::{self, Folded, Rows};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Severity};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "bandit-json",
    title: "Bandit JSON report",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["bandit.json", "bandit-report.json"],
    spec: "bandit -f json, https://bandit.readthedocs.io/en/latest/formatters/json.html",
    producers: &["bandit"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let results = shape.has_all(&["results[].issue_severity", "results[].test_id"]);
    // The metrics stand first and have a member per file, so that the totals may be out of sight.
    let file = || shape.paths().any(|(p, _)| p.starts_with("metrics.") && p.ends_with(".CONFIDENCE.HIGH"));
    let metrics = (shape.has("generated_at") || shape.has("errors")) && (shape.has("metrics._totals") || file());
    Confidence::when(results || metrics, Confidence::Certain)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Report<'a> {
    #[serde(borrow)]
    errors: List<Failure<'a>>,
    #[serde(borrow)]
    generated_at: Str<'a>,
    #[serde(borrow)]
    results: Option<Rows<Row<'a>>>,
    #[serde(borrow)]
    metrics: Option<Members<'a, Metrics>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metrics {
    loc: Count,
    #[serde(rename = "SEVERITY.HIGH")]
    high: Count,
    #[serde(rename = "SEVERITY.MEDIUM")]
    medium: Count,
    #[serde(rename = "SEVERITY.LOW")]
    low: Count,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Failure<'a> {
    #[serde(borrow)]
    filename: Str<'a>,
    #[serde(borrow)]
    reason: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row<'a> {
    #[serde(borrow)]
    filename: Str<'a>,
    #[serde(borrow)]
    issue_severity: Str<'a>,
    #[serde(borrow)]
    issue_text: Str<'a>,
    line_number: Num,
    line_range: List<Num>,
    col_offset: Num,
    #[serde(borrow)]
    more_info: Str<'a>,
    #[serde(borrow)]
    test_id: Str<'a>,
}

impl<'de: 'a, 'a> rows::Row<'de> for Row<'a> {
    fn fold(self, into: &mut Folded) -> Result<(), &'static str> {
        if self.test_id.get().is_none() {
            return Err("a result of bandit with a test_id");
        }
        // Bandit's UNDEFINED is no severity.
        let word = Some(self.issue_severity.text()).filter(|w| *w != "UNDEFINED").unwrap_or_default();
        let (severity, severity_from) = severity(word, "issue_severity", &mut into.notes);
        // Columns are from 0.
        let column = self.col_offset.0.and_then(|c| u32::try_from(c).ok()).and_then(|c| c.checked_add(1));
        into.items.push(Finding {
            rule: message(self.test_id.text()),
            message: message(self.issue_text.text()),
            severity,
            severity_from,
            category: Category::Code,
            place: place(self.filename.text(), self.line_number.line(), column),
            last_line: self.line_range.0.iter().filter_map(|n| n.line()).max(),
            url: self.more_info.boxed(),
            ..Finding::default()
        });
        Ok(())
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let report: Report<'_> = rows::read(input)?;
    let Some(Rows(Folded { items, mut notes, .. }, _)) = report.results else {
        return Err(foreign("a report of bandit (results)"));
    };
    for e in &report.errors.0 {
        note(&mut notes, format!("not scanned: {}: {}", message(e.filename.text()), message(e.reason.text())));
    }
    let mut complete = report.errors.0.is_empty();
    // A file that was scanned has its metrics, empty ones too.
    let looked = |m: &Members<'_, Metrics>| m.0.iter().any(|(k, v)| k != "_totals" || v.loc.0.is_some_and(|n| n > 0));
    if items.is_empty() && report.metrics.as_ref().is_some_and(|m| !m.0.is_empty() && !looked(m)) {
        complete = false;
        note(&mut notes, "the metrics name no file: nothing was looked at");
    }
    // What `-l` or a baseline leaves out of the list stays in the totals.
    let totals = report.metrics.as_ref().and_then(|m| m.0.iter().find(|(k, _)| k == "_totals")).map(|(_, m)| m);
    let stated: Vec<(Severity, u64)> = totals
        .into_iter()
        .flat_map(|t| [(Severity::High, t.high), (Severity::Medium, t.medium), (Severity::Low, t.low)])
        .filter_map(|(s, n)| Some((s, n.0?)))
        .collect();
    let out = parsed(items, Some(complete), "bandit", notes).with_counts(&stated, Category::Code);
    Ok(Parsed { created: seconds(report.generated_at.text()), ..out })
}
