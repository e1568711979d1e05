//! Bandit's JSON (<https://bandit.readthedocs.io/en/latest/formatters/json.html>). The severity is `issue_severity`; `# nosec` hits are numbers in the metrics
//! and no findings that could be listed. A file in `errors` was not scanned: not complete.

use super::common::{List, Num, Str, foreign, message, note, parsed, place, seconds, severity};
use crate::error::ParseError;
use crate::evidence::Kind;
use crate::evidence::findings::{Category, Finding};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
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
    binary: false,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let results = shape.has_all(&["results[].issue_severity", "results[].test_id"]);
    let metrics = shape.has("metrics._totals") && (shape.has("generated_at") || shape.has("errors"));
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
    results: Option<List<Row<'a>>>,
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
    col_offset: Num,
    #[serde(borrow)]
    more_info: Str<'a>,
    #[serde(borrow)]
    test_id: Str<'a>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut notes = Vec::new();
    let report: Report<'_> = json::from_input(input)?;
    let Some(results) = report.results else { return Err(foreign("a report of bandit (results)")) };
    let mut items = Vec::with_capacity(results.0.len());
    for r in &results.0 {
        if r.test_id.get().is_none() {
            return Err(foreign("a result of bandit with a test_id"));
        }
        // Bandit's UNDEFINED is no severity.
        let word = Some(r.issue_severity.text()).filter(|w| *w != "UNDEFINED").unwrap_or_default();
        let (severity, severity_from) = severity(word, "issue_severity", &mut notes);
        // Columns are from 0.
        let column = r.col_offset.0.and_then(|c| u32::try_from(c).ok()).and_then(|c| c.checked_add(1));
        items.push(Finding {
            rule: message(r.test_id.text()),
            message: message(r.issue_text.text()),
            severity,
            severity_from,
            category: Category::Code,
            place: place(r.filename.text(), r.line_number.line(), column),
            url: r.more_info.boxed(),
            ..Finding::default()
        });
    }
    for e in &report.errors.0 {
        note(&mut notes, format!("not scanned: {}: {}", message(e.filename.text()), message(e.reason.text())));
    }
    let complete = report.errors.0.is_empty();
    Ok(Parsed { created: seconds(report.generated_at.text()), ..parsed(items, Some(complete), "bandit", notes) })
}
