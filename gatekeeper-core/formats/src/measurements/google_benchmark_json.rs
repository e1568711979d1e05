//! Google Benchmark's JSON (`--benchmark_format=json`, <https://github.com/google/benchmark/blob/main/docs/user_guide.md>).
//!
//! Rows of `run_type: iteration` are samples, by `run_name`; aggregates (`_mean`, `_median`, `_stddev`, `_cv`) are none, and count only where no sample is listed. A row
//! with `error_occurred` or `skipped` has times of 0: an error.

use super::common::{Fig, Figures, Report, labels, read_json};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Labels, Series, Statistic};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};

pub(super) static FORMAT: Format = Format::new("google-benchmark-json", Kind::Measurements, sniff, parse)
    .with_title("Google Benchmark JSON report")
    .with_extensions(&["json"])
    .with_places(&["benchmark.json", "bench/google-benchmark*.json"])
    .with_spec("Google Benchmark, https://github.com/google/benchmark/blob/main/docs/user_guide.md")
    .with_producers(&["google-benchmark"]);

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let own = shape.has_all(&["context", "benchmarks"])
        && (shape.has("context.num_cpus") || shape.has("benchmarks[].real_time"));
    Confidence::when(own, Confidence::Certain)
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "context")]
    _context: serde::de::IgnoredAny,
    benchmarks: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Row {
    name: String,
    run_name: Option<String>,
    run_type: Option<String>,
    aggregate_name: Option<String>,
    real_time: Option<Fig>,
    cpu_time: Option<Fig>,
    time_unit: Option<String>,
    error_occurred: bool,
    error_message: Option<String>,
    skipped: bool,
    skip_message: Option<String>,
}

impl Row {
    /// The benchmark, and the aggregate that the row is, if any: by its own word, in old versions by the name's end.
    fn of(&self) -> (&str, Option<&str>) {
        let ends = ["_mean", "_median", "_stddev", "_cv", "_min", "_max", "_BigO", "_RMS"];
        let by_name = ends.iter().find_map(|e| Some((self.name.strip_suffix(e)?, e.get(1..)?)));
        match (self.run_type.as_deref(), &self.run_name) {
            (Some("aggregate"), run) => {
                let name = run.as_deref().or(by_name.map(|(n, _)| n)).unwrap_or(&self.name);
                (name, Some(self.aggregate_name.as_deref().or(by_name.map(|(_, a)| a)).unwrap_or("other")))
            }
            (Some(_), run) => (run.as_deref().unwrap_or(&self.name), None),
            (None, run) => by_name.map_or((run.as_deref().unwrap_or(&self.name), None), |(n, a)| (n, Some(a))),
        }
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let document: Document = read_json(input)?;
    let mut report = Report::default();
    let listed: BTreeSet<&str> =
        document.benchmarks.iter().map(Row::of).filter(|(_, a)| a.is_none()).map(|(n, _)| n).collect();
    let mut aggregates: Vec<Series> = Vec::new();
    let mut known: HashMap<(&str, &str), usize> = HashMap::new();
    for row in &document.benchmarks {
        let (name, aggregate) = row.of();
        if row.error_occurred || row.skipped || row.skip_message.is_some() {
            let why = row.error_message.as_deref().or(row.skip_message.as_deref()).unwrap_or("it says no reason");
            report.failed(name, &Labels::new(), 1, why);
            continue;
        }
        let statistic = aggregate.map(Statistic::parse);
        if statistic == Some(None) {
            continue;
        }
        let unit = row.time_unit.as_deref().unwrap_or("ns");
        for (measure, figure) in [("real_time", &row.real_time), ("cpu_time", &row.cpu_time)] {
            let labels = labels([("measure", measure)]);
            let Some(figure) = figure else {
                if aggregate.is_none() || !listed.contains(name) {
                    report.failed(name, &labels, 1, "no time");
                }
                continue;
            };
            let Some(statistic) = statistic.flatten() else {
                report.sample(name, &labels, unit, Some(Better::Lower), figure.0.clone())?;
                continue;
            };
            let at = *known.entry((name, measure)).or_insert_with(|| {
                aggregates.push(Series::new(name, labels, unit, Some(Better::Lower)));
                aggregates.len() - 1
            });
            if let (Some(series), Some(number)) = (aggregates.get_mut(at), figure.number()) {
                series.stated.insert(statistic, number);
            }
        }
    }
    for series in aggregates {
        match listed.contains(series.metric.as_str()) {
            true => report.samples_with(series, Figures::default())?,
            false => report.stated(series)?,
        }
    }
    report.finish_some("google-benchmark", Some(true), "a benchmark")
}
