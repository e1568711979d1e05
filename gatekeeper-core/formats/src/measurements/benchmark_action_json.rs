//! github-action-benchmark's list of results (`customSmallerIsBetter`, `customBiggerIsBetter`) and its history `data.js` (<https://github.com/benchmark-action/github-action-benchmark>).
//!
//! A list says no direction: the policy does. In `data.js` the last entry of a suite is the present, its `tool` says the direction and its commit which one was measured. A value that is null is an error.

use super::common::{Fig, Members, Report, foreign, labels, read_json};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Labels};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format::new("benchmark-action-json", Kind::Measurements, sniff, parse)
    .with_title("github-action-benchmark results")
    .with_extensions(&["json", "js"])
    .with_places(&["benchmark-results.json", "dev/bench/data.js"])
    .with_spec("github-action-benchmark, https://github.com/benchmark-action/github-action-benchmark")
    .with_producers(&["github-action-benchmark"]);

const SCRIPT: &[u8] = b"window.BENCHMARK_DATA";

fn sniff(head: &Head<'_>) -> Confidence {
    if head.trimmed().starts_with(SCRIPT) {
        return Confidence::Certain;
    }
    let list = head.json().is_some_and(|s| s.root_is_array && s.has_all(&["[].name", "[].unit", "[].value"]));
    Confidence::when(list, Confidence::Likely)
}

#[derive(Deserialize)]
struct Bench {
    name: String,
    unit: String,
    value: Fig,
}

#[derive(Deserialize)]
struct History {
    entries: Members<Vec<Entry>>,
}

#[derive(Deserialize)]
struct Entry {
    commit: Option<Commit>,
    tool: Option<String>,
    benches: Vec<Bench>,
}

#[derive(Deserialize)]
struct Commit {
    id: Option<String>,
}

/// The direction that a tool's figures have, by the action's own tools.
fn better(tool: &str, unit: &str) -> Option<Better> {
    match (tool, unit) {
        ("cargo" | "googlecpp" | "catch2" | "julia" | "benchmarkdotnet" | "customSmallerIsBetter", _) => {
            Some(Better::Lower)
        }
        ("benchmarkjs" | "benchmarkluau" | "pytest" | "customBiggerIsBetter", _) => Some(Better::Higher),
        ("go", "MB/s" | "B/s") => Some(Better::Higher),
        ("go", "ns/op" | "B/op" | "allocs/op") => Some(Better::Lower),
        _ => None,
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut report = Report::default();
    let bytes = input.bytes.trim_ascii_start();
    let Some(script) = bytes.strip_prefix(SCRIPT) else {
        let benches: Vec<Bench> = read_json(input)?;
        for b in benches {
            report.sample(&b.name, &Labels::new(), &b.unit, None, b.value.0)?;
        }
        return report.finish_some("", Some(true), "a result");
    };
    let script = script.trim_ascii_start().strip_prefix(b"=").ok_or_else(|| foreign("window.BENCHMARK_DATA = {…}"))?;
    let script = script.trim_ascii();
    let history: History = json::from_bytes(script.strip_suffix(b";").unwrap_or(script))?;
    let mut commits = Vec::new();
    for (suite, entries) in history.entries.0 {
        let Some(last) = entries.into_iter().next_back() else { continue };
        commits.extend(last.commit.and_then(|c| c.id));
        for b in last.benches {
            let better = better(last.tool.as_deref().unwrap_or_default(), &b.unit);
            report.sample(&b.name, &labels([("suite", suite.as_str())]), &b.unit, better, b.value.0)?;
        }
    }
    // Suites of different commits are of no one commit.
    let first = commits.first().cloned();
    report.data.commit = first.filter(|f| commits.iter().all(|c| c == f));
    report.finish_some("", Some(true), "a result")
}
