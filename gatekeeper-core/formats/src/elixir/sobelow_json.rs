//! Sobelow's JSON (`mix sobelow --format json`): findings by confidence.
//!
//! Specification: the code is the specification: `Sobelow.FindingLog.json/1`, Sobelow 0.13, <https://github.com/nccgroup/sobelow>.
//!
//! - Sobelow's confidence is what its `--exit` and `--threshold` take for a severity: high, medium, low.
//! - `total_findings` states how many there are: more than are listed and the report is not complete.
//! - Findings that were marked as false ones are left out by Sobelow itself.

use super::common::{Text, behind_talk, parsed, place};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Finding, Findings, Severity};
use gatekeeper_evidence::{Kind, Note};
use serde::Deserialize;
use serde_json::Value;

pub(super) static FORMAT: Format = Format {
    id: "sobelow-json",
    title: "Sobelow JSON",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["sobelow.json", "sobelow-report.json"],
    spec: "Sobelow 0.13, mix sobelow --format json: https://hexdocs.pm/sobelow",
    producers: &["sobelow"],
    recorded_as: Some("sobelow"),
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json().filter(|s| !s.root_is_array) else { return Confidence::No };
    let three = shape.has("findings.high_confidence") || shape.has("findings.low_confidence");
    Confidence::when(three || shape.has("sobelow_version"), Confidence::Certain)
}

#[derive(Deserialize)]
struct Report {
    findings: ByConfidence,
    total_findings: u64,
}

#[derive(Deserialize)]
struct ByConfidence {
    high_confidence: Vec<Row>,
    medium_confidence: Vec<Row>,
    low_confidence: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "type")]
    kind: Text,
    #[serde(default)]
    file: Text,
    #[serde(default)]
    line: Value,
    #[serde(default)]
    variable: Text,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let from = behind_talk(input.bytes);
    let report: Report = json::from_bytes(input.bytes.get(from..).unwrap_or_default())?;
    let mut found = Findings::default();
    let rows = [
        (Severity::High, report.findings.high_confidence),
        (Severity::Medium, report.findings.medium_confidence),
        (Severity::Low, report.findings.low_confidence),
    ];
    for (severity, rows) in rows {
        for row in rows {
            // "Config.CSP: Missing Content-Security-Policy"
            let (rule, words) = row.kind.0.split_once(':').unwrap_or((&row.kind.0, &row.kind.0));
            let words = words.trim();
            let message =
                if row.variable.0.is_empty() { words.to_owned() } else { format!("{words} ({})", row.variable.cut()) };
            found.items.push(Finding {
                rule: rule.trim().into(),
                message: message.into(),
                severity,
                severity_from: "confidence",
                place: place(&row.file, &row.line, &Value::Null),
                ..Finding::default()
            });
        }
    }
    let listed = u64::try_from(found.items.len()).unwrap_or(u64::MAX);
    let mut notes = Vec::new();
    if report.total_findings > listed {
        notes.push(Note::new(format!("{} findings are stated, and {listed} are listed", report.total_findings)));
    }
    Ok(parsed("sobelow", found, Some(report.total_findings <= listed), notes))
}
