//! Bencher Metric Format (<https://bencher.dev/docs/reference/bencher-metric-format/>): `{benchmark: {measure: {value}}}`.
//!
//! Nothing marks it but its nesting, so that every other format goes first. It has neither unit nor direction; `lower_value` and `upper_value` are an interval, no samples.

use super::common::{Fig, Members, Report, labels, read_json};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use serde::Deserialize;

pub(super) static FORMAT: Format = Format::new("bencher-json", Kind::Measurements, sniff, parse)
    .with_title("Bencher Metric Format")
    .with_extensions(&["json"])
    .with_places(&["bencher.json", "bmf.json"])
    .with_spec("Bencher Metric Format, https://bencher.dev/docs/reference/bencher-metric-format/")
    .with_producers(&["bencher"]);

fn sniff(head: &Head<'_>) -> Confidence {
    use crate::scan::shape::Value;
    let Some(shape) = head.json().filter(|s| !s.root_is_array && s.documents == 1) else { return Confidence::No };
    let mut figures = 0;
    let fits = |path: &str, value: &Value| match value {
        Value::Object => true,
        Value::Other(_) => [".value", ".lower_value", ".upper_value"].iter().any(|e| path.ends_with(e)),
        Value::Array | Value::Text(_) => false,
    };
    let all = shape.paths().filter(|(p, _)| !p.is_empty()).all(|(path, value)| {
        figures += usize::from(path.ends_with(".value") && path.matches('.').count() >= 2);
        fits(path, value)
    });
    Confidence::when(all && figures > 0, Confidence::Weak)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metric {
    value: Fig,
    #[serde(rename = "lower_value")]
    _lower: Option<Fig>,
    #[serde(rename = "upper_value")]
    _upper: Option<Fig>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let document: Members<Members<Metric>> = read_json(input)?;
    let mut report = Report::default();
    for (benchmark, measures) in document.0 {
        for (measure, metric) in measures.0 {
            report.sample(&benchmark, &labels([("measure", measure.as_str())]), "", None, metric.value.0)?;
        }
    }
    report.finish_some("", Some(true), "a benchmark")
}
