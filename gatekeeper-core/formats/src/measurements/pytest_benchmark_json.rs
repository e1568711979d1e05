//! pytest-benchmark's JSON (`--benchmark-json`, <https://pytest-benchmark.readthedocs.io>): `stats` of each benchmark in seconds, with every round in `data` where it was saved.
//!
//! A benchmark that raised leaves no trace here: only a baseline or a floor can miss it. `commit_info` says which commit was measured.

use super::common::{Fig, Figures, Report, Summary, read_json};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Labels};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format::new("pytest-benchmark-json", Kind::Measurements, sniff, parse)
    .with_title("pytest-benchmark JSON report")
    .with_extensions(&["json"])
    .with_places(&[".benchmarks/**/*.json", "pytest-benchmark.json"])
    .with_spec("pytest-benchmark --benchmark-json, https://pytest-benchmark.readthedocs.io")
    .with_producers(&["pytest-benchmark"]);

fn sniff(head: &Head<'_>) -> Confidence {
    let own = head.json().is_some_and(|s| {
        s.has_all(&["machine_info", "benchmarks"]) && (s.has("commit_info") || s.has("benchmarks[].stats"))
    });
    Confidence::when(own, Confidence::Certain)
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "machine_info")]
    _machine: serde::de::IgnoredAny,
    commit_info: Option<Commit>,
    benchmarks: Vec<Benchmark>,
}

#[derive(Deserialize)]
struct Commit {
    id: Option<String>,
}

#[derive(Deserialize)]
struct Benchmark {
    name: String,
    fullname: Option<String>,
    stats: Stats,
}

#[derive(Deserialize)]
struct Stats {
    min: Fig,
    max: Fig,
    mean: Fig,
    median: Option<Fig>,
    rounds: Option<u64>,
    data: Option<Figures>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let document: Document = read_json(input)?;
    let mut report = Report::default();
    report.data.commit = document.commit_info.and_then(|c| c.id).filter(|id| id != "unversioned");
    for b in document.benchmarks {
        let (name, stats, none) = (b.fullname.as_deref().unwrap_or(&b.name), b.stats, Labels::new());
        let of = Summary {
            mean: Some(&stats.mean),
            median: stats.median.as_ref(),
            min: Some(&stats.min),
            max: Some(&stats.max),
        };
        let stated = of.of(name, &none, "s", Some(Better::Lower));
        match stats.data.filter(|d| !d.is_empty()) {
            Some(data) => {
                let listed = u64::try_from(data.samples.len()).unwrap_or(u64::MAX).saturating_add(data.lost);
                if let Some(rounds) = stats.rounds.filter(|r| *r != listed) {
                    return Err(ParseError::malformed(format!("the times of all {rounds} rounds of {name}"))
                        .at(0)
                        .found_words(format!("{listed}")));
                }
                report.samples_with(stated, data)?;
            }
            None => report.stated(stated)?,
        }
    }
    report.finish_some("pytest-benchmark", Some(true), "a benchmark")
}
