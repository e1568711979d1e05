//! airspeed velocity's console output (<https://asv.readthedocs.io>): `[ 35.00%] ··· name  11.1±0.01μs`, a row a benchmark and environment; of one with parameters `ok`, and a table below it.
//!
//! `failed` and `n/a` are errors; `k` is 1,000. A run ends at 100.00 %, but for `--quick` and its kind: then the first line says how many benchmarks there are.

mod table;

use super::common::{Report, labels, plain};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Labels};
use gatekeeper_evidence::number::Number;

pub(super) static FORMAT: Format = Format::new("asv", Kind::Measurements, sniff, parse)
    .with_title("airspeed velocity console output")
    .with_extensions(&["txt", "log"])
    .with_places(&["asv.txt", "bench/asv*.txt"])
    .with_spec("airspeed velocity, https://asv.readthedocs.io")
    .with_producers(&["asv"]);

fn sniff(head: &Head<'_>) -> Confidence {
    let line =
        |l: &[u8]| std::str::from_utf8(l).is_ok_and(|l| progress(l).is_some_and(|(_, rest)| rest.starts_with('·')));
    Confidence::when(head.printed().any(line), Confidence::Certain)
}

/// `[ 35.00%] ··· rest`: how far, and what is said.
fn progress(line: &str) -> Option<(&str, &str)> {
    let (percent, rest) = line.trim_start().strip_prefix('[')?.split_once("%]")?;
    Some((percent.trim(), rest.trim()))
}

/// A figure with its unit: `11.1±0.01μs`, `2.42k`, `35.5ms`, `1.5e-07`.
fn figure(word: &str) -> Option<(Number, &str)> {
    if let Some(number) = Number::parse(word) {
        return Some((number, ""));
    }
    let numeric = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+');
    let (number, rest) = word.split_at_checked(word.find(|c| !numeric(c)).unwrap_or(word.len()))?;
    let unit = match rest.strip_prefix('±') {
        Some(deviation) => {
            let deviation = deviation.strip_prefix("nan").or(deviation.strip_prefix("inf")).unwrap_or(deviation);
            deviation.trim_start_matches(numeric)
        }
        None => rest,
    };
    let (power, unit) = match unit {
        "k" => ("1e3", ""),
        "M" => ("1e6", ""),
        "G" => ("1e9", ""),
        "T" => ("1e12", ""),
        "m" => ("60", "s"),
        "h" => ("3600", "s"),
        "d" => ("86400", "s"),
        other => ("1", other),
    };
    let known = matches!(unit, "" | "ns" | "us" | "μs" | "µs" | "ms" | "s");
    known.then_some((Number::parse(number)?.times(&Number::parse(power)?), unit))
}

/// A benchmark's figure, or why there is none.
fn cell(report: &mut Report, name: &str, labels: &Labels, text: &str) -> Result<(), ParseError> {
    match (text, figure(text)) {
        (_, Some((number, unit))) => {
            let better = (!unit.is_empty()).then_some(Better::Lower);
            report.sample(name, labels, unit, better, Some((&number).into()))?;
        }
        ("failed", None) => report.failed(name, labels, 1, "it failed"),
        ("n/a", None) => report.failed(name, labels, 1, "it was not measured"),
        (_, None) => report.failed(name, labels, 1, "no figure"),
    }
    Ok(())
}

/// How many rows `Running 10 total benchmarks (1 commits * 2 environments * 5 benchmarks)` announces.
fn announced(line: &str) -> Option<usize> {
    line.split_once("Running ")?.1.split_once(" total benchmarks")?.0.parse().ok()
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let text = plain(input)?;
    let mut report = Report::default();
    let (mut environment, mut last, mut rows) = ("", "0.00", 0_usize);
    let total = text.lines().find_map(announced);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((percent, said)) = progress(line) else { continue };
        last = percent;
        let dots = said.chars().take_while(|c| *c == '·').count();
        let said = said.trim_start_matches('·').trim();
        if let Some(name) = said.strip_prefix("Benchmarking ") {
            environment = name.trim().trim_end_matches('.');
            continue;
        }
        // Deeper are errors' texts; a name has no blanks, what else stands here ends in dots or has several words.
        let other = ["Running ", "Setting up ", "For parameters"].iter().any(|w| said.starts_with(w));
        let (Some((name, result)), 3, false) = (said.split_once(char::is_whitespace), dots, other) else { continue };
        let labels = labels([("environment", environment)]);
        let result = result.trim();
        rows += 1;
        if result == "ok" || result.strip_suffix(" failed").is_some_and(|n| n.contains('/')) {
            let Some(cells) = table::read(&mut lines) else {
                return Err(ParseError::malformed(format!("the table of {name}, from its first rule to its last"))
                    .at(input.bytes.len())
                    .found_words("other lines"));
            };
            for (parameters, value) in cells {
                let mut labels = labels.clone();
                for (key, value) in parameters {
                    let taken = labels.contains_key(&key);
                    labels.insert(if taken { format!("{key}_") } else { key }, value);
                }
                cell(&mut report, name, &labels, &value)?;
            }
        } else {
            cell(&mut report, name, &labels, result)?;
        }
    }
    if !last.starts_with("100") && total.is_none_or(|total| rows < total) {
        return Err(ParseError::malformed("a run to 100 %")
            .at(input.bytes.len())
            .found_words(format!("its end at {last} %")));
    }
    report.finish_some("asv", Some(true), "a benchmark")
}
