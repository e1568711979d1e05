//! airspeed velocity's console output (`asv run`, <https://asv.readthedocs.io>): `[ 35.00%] ··· name   11.1±0.01μs`, for each environment that is benchmarked.
//!
//! `failed` and `n/a` are errors, `k` is 1,000. The last line is at 100 %; else the run broke off. Tables of parameters are not read: an error for that benchmark.

use super::common::{Report, labels, plain};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::Better;
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
    Confidence::when(head.lines().any(line), Confidence::Certain)
}

/// `[ 35.00%] ··· rest`: how far, and what is said.
fn progress(line: &str) -> Option<(&str, &str)> {
    let (percent, rest) = line.trim_start().strip_prefix('[')?.split_once("%]")?;
    Some((percent.trim(), rest.trim()))
}

/// A figure with its unit: `11.1±0.01μs`, `2.42k`, `35.5ms`.
fn figure(word: &str) -> Option<(Number, &str)> {
    let end = word.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(word.len());
    let (number, rest) = word.split_at_checked(end)?;
    let number = Number::parse(number)?;
    let unit = rest.strip_prefix('±').map_or(rest, |r| r.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.'));
    let (power, unit) = match unit {
        "k" => ("1e3", ""),
        "M" => ("1e6", ""),
        "G" => ("1e9", ""),
        "m" => ("60", "s"),
        "h" => ("3600", "s"),
        other => ("1", other),
    };
    matches!(unit, "" | "ns" | "us" | "μs" | "µs" | "ms" | "s").then_some((number.times(&Number::parse(power)?), unit))
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let text = plain(input)?;
    let mut report = Report::default();
    let (mut environment, mut last) = ("", "");
    for (percent, said) in text.lines().filter_map(progress) {
        last = percent;
        let dots = said.chars().take_while(|c| *c == '·').count();
        let said = said.trim_start_matches('·').trim();
        if let Some(name) = said.strip_prefix("Benchmarking ") {
            environment = name.trim().trim_end_matches('.');
            continue;
        }
        let words: Vec<&str> = said.split_whitespace().collect();
        let (Some((name, rest)), 3..) = (words.split_first(), dots) else { continue };
        let (Some(word), false) = (rest.last(), said.starts_with("Running ") || said.starts_with("Setting up ")) else {
            continue;
        };
        let labels = labels([("environment", environment)]);
        match (figure(word), *word) {
            (Some((number, unit)), _) if rest.len() == 1 => {
                let better = (!unit.is_empty()).then_some(Better::Lower);
                report.sample(name, &labels, unit, better, Some((&number).into()))?;
            }
            (_, "failed") => report.failed(name, &labels, 1, "it failed"),
            (_, "n/a") => report.failed(name, &labels, 1, "it was not measured"),
            (_, "ok") => report.failed(name, &labels, 1, "its table of parameters is not read"),
            _ => {}
        }
    }
    if !last.starts_with("100") {
        return Err(ParseError::malformed("a run to 100 %").at(text.len()).found_words(format!("its end at {last} %")));
    }
    report.finish_some("asv", Some(true), "a benchmark")
}
