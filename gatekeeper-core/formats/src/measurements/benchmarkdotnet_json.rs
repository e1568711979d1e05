//! BenchmarkDotNet's JSON (`JsonExporter`, brief or full, <https://benchmarkdotnet.org/articles/configs/exporters.html>): nanoseconds; `OriginalValues` in the full form of newer versions.
//!
//! `Statistics: null` is a benchmark that failed.

use super::common::{Fig, Figures, Members, Report, Summary, labels, read_json};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Statistic};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format::new("benchmarkdotnet-json", Kind::Measurements, sniff, parse)
    .with_title("BenchmarkDotNet JSON report")
    .with_extensions(&["json"])
    .with_places(&["BenchmarkDotNet.Artifacts/results/*-report*.json"])
    .with_spec("BenchmarkDotNet JsonExporter, https://benchmarkdotnet.org/articles/configs/exporters.html")
    .with_producers(&["benchmarkdotnet"]);

fn sniff(head: &Head<'_>) -> Confidence {
    Confidence::when(
        head.json().is_some_and(|s| s.has_all(&["HostEnvironmentInfo", "Benchmarks"])),
        Confidence::Certain,
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    benchmarks: Vec<Benchmark>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Benchmark {
    full_name: Option<String>,
    namespace: Option<String>,
    #[serde(rename = "Type")]
    class: Option<String>,
    method: Option<String>,
    parameters: Option<String>,
    statistics: Option<Statistics>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statistics {
    original_values: Option<Figures>,
    min: Option<Fig>,
    max: Option<Fig>,
    mean: Option<Fig>,
    median: Option<Fig>,
    percentiles: Option<Members<Fig>>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let document: Document = read_json(input)?;
    let mut report = Report::default();
    for b in document.benchmarks {
        let parts = [&b.namespace, &b.class, &b.method];
        let parts: Vec<&str> = parts.iter().filter_map(|p| p.as_deref()).filter(|p| !p.is_empty()).collect();
        let parameters = if b.full_name.is_some() { "" } else { b.parameters.as_deref().unwrap_or_default() };
        let (name, labels) = (b.full_name.unwrap_or_else(|| parts.join(".")), labels([("parameters", parameters)]));
        let Some(s) = b.statistics else {
            report.failed(&name, &labels, 1, "no statistics: it failed");
            continue;
        };
        if let Some(values) = s.original_values.filter(|v| !v.is_empty()) {
            report.samples(&name, &labels, "ns", Some(Better::Lower), values)?;
            continue;
        }
        let of = Summary { mean: s.mean.as_ref(), median: s.median.as_ref(), min: s.min.as_ref(), max: s.max.as_ref() };
        let mut series = of.of(&name, &labels, "ns", Some(Better::Lower));
        for (word, figure) in s.percentiles.unwrap_or_default().0 {
            let statistic = word.strip_prefix('P').and_then(Statistic::percentile);
            if let (Some(statistic @ Statistic::Percentile(_)), Some(number)) = (statistic, figure.number()) {
                series = series.with(statistic, Some(number));
            }
        }
        report.stated(series)?;
    }
    report.finish_some("benchmarkdotnet", Some(true), "a benchmark")
}
