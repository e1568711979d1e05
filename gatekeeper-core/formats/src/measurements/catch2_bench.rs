//! Benchmarks in Catch2's console output (<https://github.com/catchorg/Catch2/blob/devel/docs/benchmarks.md>): three rows each: samples, iterations and an estimate; mean; standard deviation.
//!
//! The estimate of the first row is no result. Units differ from figure to figure: all are made nanoseconds. A long name goes on in the rows below. Where test cases have
//! benchmarks of the same name, a label `test_case` tells them apart.

use super::common::{Report, converted, labels, plain};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Labels, Series, Statistic};
use gatekeeper_evidence::number::Number;
use std::collections::BTreeMap;

pub(super) static FORMAT: Format = Format::new("catch2-bench", Kind::Measurements, sniff, parse)
    .with_title("Catch2 benchmarks (console)")
    .with_extensions(&["txt", "log"])
    .with_places(&["catch2-bench.txt", "bench/catch2*.txt"])
    .with_spec("Catch2 benchmarks, https://github.com/catchorg/Catch2/blob/devel/docs/benchmarks.md")
    .with_producers(&["catch2"]);

fn is_header(line: &str) -> bool {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    matches!(words.as_slice(), ["benchmark", "name", "samples", "iterations", "estimated" | "est", ..])
}

fn sniff(head: &Head<'_>) -> Confidence {
    let header =
        head.printed().any(|l| l.starts_with(b"benchmark name") && std::str::from_utf8(l).is_ok_and(is_header));
    Confidence::when(header, Confidence::Certain)
}

/// Whether words end in these cells, `n` being a whole number and `t` a figure with its unit; what stands before them, and the first cell in nanoseconds.
fn ends<'l>(line: &'l str, cells: &str) -> Option<(&'l str, Option<Number>)> {
    let mut words: Vec<(usize, &str)> = Vec::new();
    let mut at = 0;
    for word in line.split(' ') {
        if !word.is_empty() {
            words.push((at, word));
        }
        at += word.len() + 1;
    }
    let (mut start, mut first) = (0, None);
    for cell in cells.chars().rev() {
        let (_, word) = words.pop()?;
        if cell == 'n' {
            word.parse::<u64>().ok()?;
            first = None;
        } else {
            let (_, figure) = words.pop()?;
            first = Some(converted(&Number::parse(figure)?, word, "ns")?);
        }
        start = words.last().map_or(0, |(at, w)| at + w.len());
    }
    Some((line.get(..start)?.trim(), first))
}

/// The heading of the test case that is read: between two rules, with neither rows nor their headings.
#[derive(Default)]
struct Between {
    /// The lines since the last rule; `None` where they are no heading.
    lines: Option<Vec<String>>,
    title: String,
}

impl Between {
    fn line(&mut self, line: &str) {
        if line.len() > 40 && line.bytes().all(|b| b == b'-') {
            if let Some(lines) = self.lines.replace(Vec::new()).filter(|l| !l.is_empty()) {
                self.title = lines.join(" / ");
            }
            return;
        }
        let other = is_header(line) || ends(line, "nnt").is_some();
        if other || self.lines.as_ref().is_some_and(|l| l.len() >= 20) {
            self.lines = None;
        } else if let Some(lines) = self.lines.as_mut().filter(|_| !line.trim().is_empty()) {
            lines.push(line.trim().to_owned());
        }
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let text = plain(input)?;
    let mut report = Report::default();
    let mut headed = false;
    let mut open: Option<(String, Option<Number>)> = None;
    let mut read: Vec<(String, String, Option<Number>)> = Vec::new();
    let mut between = Between::default();
    let cut = |name: &str| {
        ParseError::malformed(format!("the mean and the deviation of {name}"))
            .at(input.bytes.len())
            .found_words("other lines")
    };
    for line in text.lines().map(str::trim_end) {
        headed |= is_header(line);
        between.line(line);
        if !headed {
            continue;
        }
        if let Some((name, _)) = ends(line, "nnt") {
            if let Some((name, _)) = open.take() {
                return Err(cut(&name));
            }
            open = Some((name.to_owned(), None));
        } else if let (Some((more, first)), Some((name, mean))) = (ends(line, "ttt"), open.as_mut()) {
            if !more.is_empty() {
                name.push(' ');
                name.push_str(more);
            }
            match mean {
                None => *mean = first,
                Some(_) => {
                    let Some((name, mean)) = open.take() else { continue };
                    read.push((name, between.title.clone(), mean));
                }
            }
        }
    }
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    read.iter().for_each(|(name, ..)| *times.entry(name.clone()).or_default() += 1);
    for (name, test_case, mean) in read {
        let labels = match times.get(&name) {
            Some(2..) => labels([("test_case", test_case.as_str())]),
            _ => Labels::new(),
        };
        report.stated(Series::new(name, labels, "ns", Some(Better::Lower)).with(Statistic::Mean, mean))?;
    }
    if let Some((name, _)) = open {
        return Err(cut(&name));
    }
    // Behind its last benchmark Catch2 counts the test cases.
    let ends = ["test cases: ", "All tests passed", "No tests ran"];
    let ended = text.lines().rev().any(|l| ends.iter().any(|e| l.starts_with(e)));
    report.finish_some("catch2", ended.then_some(true), "a benchmark")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_by_their_cells() {
        let n = |t: &str| Number::parse(t);
        assert_eq!(ends("Fibonacci 10     100    208     7.1968 ms", "nnt"), Some(("Fibonacci 10", None)));
        assert_eq!(ends("      41.731 us  41.25 us  42.622 us", "ttt"), Some(("", n("41731"))));
        assert_eq!(ends("of a name  344 ns  341 ns  349 ns", "ttt"), Some(("of a name", n("344"))));
        assert_eq!(ends("Fibonacci 10     100    208     7.1968 ms", "ttt"), None);
    }
}
