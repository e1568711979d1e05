//! Lighthouse (<https://github.com/GoogleChrome/lighthouse/blob/main/docs/understanding-results.md>): a report of one run, and Lighthouse CI's `manifest.json` with the scores of all runs.
//!
//! Scores are 0 to 1, higher is better; `numericValue` is lower-is-better. A report with `runtimeError` measured nothing: refused. Of a manifest each run is a sample; the representative one is one of them.

use super::common::{Fig, Members, Report, labels, read_json};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::measurements::Better;
use serde::Deserialize;

pub(super) static REPORT: Format = Format::new("lighthouse-json", Kind::Measurements, sniff, parse)
    .with_title("Lighthouse report")
    .with_extensions(&["json"])
    .with_places(&["lighthouse.json", ".lighthouseci/lhr-*.json"])
    .with_spec(
        "Lighthouse result object, https://github.com/GoogleChrome/lighthouse/blob/main/docs/understanding-results.md",
    )
    .with_producers(&["lighthouse"]);

pub(super) static MANIFEST: Format = Format::new("lighthouse-ci", Kind::Measurements, sniff_manifest, parse_manifest)
    .with_title("Lighthouse CI manifest")
    .with_extensions(&["json"])
    .with_places(&["lhci/manifest.json", ".lighthouseci/manifest.json"])
    .with_spec("Lighthouse CI upload to the file system, https://github.com/GoogleChrome/lighthouse-ci/blob/main/docs/configuration.md")
    .with_producers(&["lighthouse-ci"]);

fn sniff(head: &Head<'_>) -> Confidence {
    Confidence::when(head.json().is_some_and(|s| s.has("lighthouseVersion")), Confidence::Certain)
}

fn sniff_manifest(head: &Head<'_>) -> Confidence {
    let own = head.json().is_some_and(|s| s.root_is_array && s.has_all(&["[].isRepresentativeRun", "[].summary"]));
    Confidence::when(own, Confidence::Certain)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    requested_url: Option<String>,
    final_url: Option<String>,
    final_displayed_url: Option<String>,
    runtime_error: Option<RuntimeError>,
    categories: Members<Category>,
    #[serde(default)]
    audits: Members<Audit>,
}

#[derive(Deserialize)]
struct RuntimeError {
    code: Option<String>,
    message: Option<String>,
}

#[derive(Deserialize)]
struct Category {
    score: Fig,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Audit {
    score_display_mode: Option<String>,
    numeric_value: Option<Fig>,
    numeric_unit: Option<String>,
    error_message: Option<String>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let d: Document = read_json(input)?;
    if let Some(e) = d.runtime_error.filter(|e| e.code.as_deref() != Some("NO_ERROR")) {
        let said = [e.code, e.message].into_iter().flatten().collect::<Vec<_>>().join(": ");
        return Err(ParseError::new(ErrorCode::ToolFailed, "the page was not measured").at(0).found_words(said));
    }
    let url = d.requested_url.or(d.final_url).or(d.final_displayed_url).unwrap_or_default();
    let (mut report, labels) = (Report::default(), labels([("url", url.as_str())]));
    for (name, category) in d.categories.0 {
        report.sample(&format!("categories:{name}"), &labels, "", Some(Better::Higher), category.score.0)?;
    }
    for (name, audit) in d.audits.0 {
        match (audit.score_display_mode.as_deref(), audit.numeric_value) {
            (Some("error"), _) => {
                report.failed(&name, &labels, 1, audit.error_message.as_deref().unwrap_or("the audit failed"))
            }
            (Some("notApplicable" | "manual"), _) | (_, None) => {}
            (_, Some(value)) => {
                report.sample(
                    &name,
                    &labels,
                    audit.numeric_unit.as_deref().unwrap_or_default(),
                    Some(Better::Lower),
                    value.0,
                )?;
            }
        }
    }
    report.finish_some("lighthouse", Some(true), "a category")
}

#[derive(Deserialize)]
struct Run {
    url: String,
    summary: Members<Fig>,
}

fn parse_manifest(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let runs: Vec<Run> = read_json(input)?;
    let mut report = Report::default();
    for run in runs {
        let labels = labels([("url", run.url.as_str())]);
        for (name, score) in run.summary.0 {
            report.sample(&format!("categories:{name}"), &labels, "", Some(Better::Higher), score.0)?;
        }
    }
    report.finish_some("lighthouse", Some(true), "a run")
}
