//! JMH's JSON (`-rf json`, <https://github.com/openjdk/jmh>): a list of benchmarks with `primaryMetric.rawData`, forks × iterations.
//!
//! The mode says which direction is better: `thrpt` higher, `avgt`, `sample` and `ss` lower. Mode `sample` has a histogram (`rawDataHistogram`) instead of raw data: value
//! and count pairs. Secondary metrics have no direction. A `scoreError` of `"NaN"` is no error: one iteration has none.

use super::common::{Each, Fig, Figures, Members, Report, Shown, labels_of, read_json};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Labels, Series, Statistic};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format::new("jmh-json", Kind::Measurements, sniff, parse)
    .with_title("JMH JSON results")
    .with_extensions(&["json"])
    .with_places(&["**/jmh-result.json", "build/results/jmh/*.json"])
    .with_spec("JMH -rf json, https://github.com/openjdk/jmh")
    .with_producers(&["jmh"]);

/// Most samples that a histogram is written out to; a larger one stays a summary.
const WRITTEN_OUT: u64 = 1_000_000;

fn sniff(head: &Head<'_>) -> Confidence {
    let own =
        head.json().is_some_and(|s| s.root_is_array && s.has_all(&["[].benchmark", "[].primaryMetric", "[].mode"]));
    Confidence::when(own, Confidence::Certain)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Benchmark {
    benchmark: String,
    mode: String,
    params: Option<Members<Shown>>,
    primary_metric: Metric,
    #[serde(default)]
    secondary_metrics: Members<Metric>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metric {
    score: Fig,
    score_unit: String,
    score_percentiles: Option<Members<Fig>>,
    raw_data: Option<Each<Figures, Forks>>,
    raw_data_histogram: Option<Vec<Vec<Pairs>>>,
}

/// Values, each with how often it was measured.
type Pairs = Vec<(Fig, u64)>;

/// All iterations of all forks.
#[derive(Default)]
struct Forks(Figures);

impl Extend<Figures> for Forks {
    fn extend<I: IntoIterator<Item = Figures>>(&mut self, forks: I) {
        forks.into_iter().for_each(|f| self.0.append(&f));
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let document: Vec<Benchmark> = read_json(input)?;
    let mut report = Report::default();
    for b in document {
        let labels = b.params.as_ref().map(labels_of).unwrap_or_default();
        let better = match b.mode.as_str() {
            "thrpt" | "Throughput" => Some(Better::Higher),
            "avgt" | "sample" | "ss" | "AverageTime" | "SampleTime" | "SingleShotTime" => Some(Better::Lower),
            _ => None,
        };
        metric(&mut report, &b.benchmark, &labels, b.primary_metric, better)?;
        for (name, m) in b.secondary_metrics.0 {
            let mut labels = labels.clone();
            labels.insert("measure".to_owned(), name);
            metric(&mut report, &b.benchmark, &labels, m, None)?;
        }
    }
    report.finish_some("jmh", Some(true), "a benchmark")
}

fn metric(
    report: &mut Report,
    name: &str,
    labels: &Labels,
    m: Metric,
    better: Option<Better>,
) -> Result<(), ParseError> {
    let unit = m.score_unit.as_str();
    if let Some(raw) = m.raw_data.map(|r| r.0.0).filter(|r| !r.is_empty()) {
        let stated = Series::new(name, labels.clone(), unit, better).with(Statistic::Mean, m.score.number());
        return report.samples_with(stated, raw);
    }
    let pairs: Vec<(Fig, u64)> = m.raw_data_histogram.into_iter().flatten().flatten().flatten().collect();
    let total = pairs.iter().map(|(_, count)| *count).fold(0, u64::saturating_add);
    if total > 0 && total <= WRITTEN_OUT {
        let mut figures = Figures::default();
        for (value, count) in pairs {
            (0..count).for_each(|_| figures.push(value.clone()));
        }
        return report.samples(name, labels, unit, better, figures);
    }
    let mut series = Series::new(name, labels.clone(), unit, better).with(Statistic::Mean, m.score.number());
    for (percent, figure) in m.score_percentiles.unwrap_or_default().0 {
        if let Some(statistic) = Statistic::percentile(&percent).filter(|_| series.has_figures()) {
            series = series.with(statistic, figure.number());
        }
    }
    report.stated(series)
}
