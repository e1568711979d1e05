//! Vitest's benchmarks (`vitest bench --outputJson`, <https://vitest.dev/guide/features.html#benchmarking>): milliseconds; samples only with `benchmark.includeSamples`.
//!
//! A benchmark that throws leaves neither mean nor samples, and the run exits with 0: an error.

use super::common::{Fig, Figures, Report, Summary, labels, read_json};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Statistic};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format::new("vitest-bench", Kind::Measurements, sniff, parse)
    .with_title("Vitest benchmark JSON")
    .with_extensions(&["json"])
    .with_places(&["bench/vitest*.json", "vitest-bench.json"])
    .with_spec("vitest bench --outputJson, https://vitest.dev/guide/features.html")
    .with_producers(&["vitest"]);

fn sniff(head: &Head<'_>) -> Confidence {
    let own = head.json().is_some_and(|s| s.has_all(&["files[].filepath", "files[].groups"]));
    Confidence::when(own, Confidence::Certain)
}

#[derive(Deserialize)]
struct Document {
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    full_name: String,
    benchmarks: Vec<Benchmark>,
}

#[derive(Deserialize)]
struct Benchmark {
    name: String,
    samples: Option<Figures>,
    mean: Option<Fig>,
    median: Option<Fig>,
    min: Option<Fig>,
    max: Option<Fig>,
    p75: Option<Fig>,
    p99: Option<Fig>,
    p995: Option<Fig>,
    p999: Option<Fig>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let document: Document = read_json(input)?;
    let mut report = Report::default();
    for group in document.files.into_iter().flat_map(|f| f.groups) {
        let labels = labels([("group", group.full_name.as_str())]);
        for b in group.benchmarks {
            if let Some(samples) = b.samples.filter(|s| !s.is_empty()) {
                report.samples(&b.name, &labels, "ms", Some(Better::Lower), samples)?;
                continue;
            }
            if b.mean.as_ref().and_then(Fig::number).is_none() {
                report.failed(&b.name, &labels, 1, "no mean: it threw");
                continue;
            }
            let of =
                Summary { mean: b.mean.as_ref(), median: b.median.as_ref(), min: b.min.as_ref(), max: b.max.as_ref() };
            let mut series = of.of(&b.name, &labels, "ms", Some(Better::Lower));
            for (percent, figure) in [("75", &b.p75), ("99", &b.p99), ("99.5", &b.p995), ("99.9", &b.p999)] {
                if let Some(statistic) = Statistic::percentile(percent) {
                    series = series.with(statistic, figure.as_ref().and_then(Fig::number));
                }
            }
            report.stated(series)?;
        }
    }
    report.finish_some("vitest", Some(true), "a benchmark")
}
