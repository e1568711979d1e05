//! erlperf's console table (<https://github.com/max-au/erlperf>): `Code || QPS Time [Rel]`, or from ten samples on `Code || Samples Avg StdDev Median P99 Iteration [Rel]`.
//!
//! Figures are rounded, `Ki` is 1,000. The first column is cut to the terminal, so that two rows may share a name: the second has a label `row`. `0 … inf` means that nothing was measured. A crash prints no table.

use super::common::{Report, converted, labels, plain};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Labels, Series, Statistic};
use gatekeeper_evidence::number::Number;

pub(super) static FORMAT: Format = Format::new("erlperf", Kind::Measurements, sniff, parse)
    .with_title("erlperf console output")
    .with_extensions(&["txt", "log"])
    .with_places(&["erlperf.txt", "bench/erlperf*.txt"])
    .with_spec("erlperf, https://github.com/max-au/erlperf")
    .with_producers(&["erlperf"]);

fn is_header(line: &str) -> bool {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    matches!(words.as_slice(), ["Code", "||", "QPS", "Time", ..] | ["Code", "||", "Samples", "Avg", "StdDev", ..])
}

fn sniff(head: &Head<'_>) -> Confidence {
    let lines = || head.printed().filter_map(|l| std::str::from_utf8(l).ok());
    let crashed = lines().next().is_some_and(|l| l.contains("{job_") && l.contains("job_"));
    Confidence::when(
        lines().any(|l| is_header(&String::from_utf8_lossy(&crate::scan::lines::strip_ansi(l.as_bytes())))) || crashed,
        Confidence::Certain,
    )
}

/// A figure with a unit, from the end of the words: `1037 Ki`, `195 ns`, `16904`, `inf`.
#[derive(Debug, Clone)]
struct Cell {
    number: Option<Number>,
    /// A unit of time; empty for a count.
    unit: String,
}

fn cell(words: &mut Vec<&str>) -> Option<Cell> {
    let last = words.pop()?;
    let power = |word: &str| match word {
        "Ki" => Some("1e3"),
        "Mi" => Some("1e6"),
        "Gi" => Some("1e9"),
        "Ti" => Some("1e12"),
        _ => None,
    };
    if last == "inf" {
        return Some(Cell { number: None, unit: String::new() });
    }
    if let Some(times) = power(last).and_then(Number::parse) {
        return Some(Cell { number: Some(Number::parse(words.pop()?)?.times(&times)), unit: String::new() });
    }
    if matches!(last, "ns" | "us" | "μs" | "µs" | "ms" | "s" | "m" | "h") {
        return Some(Cell { number: Some(Number::parse(words.pop()?)?), unit: last.to_owned() });
    }
    Some(Cell { number: Some(Number::parse(last)?), unit: String::new() })
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let text = plain(input)?;
    let mut report = Report::default();
    let mut header: Option<(bool, bool)> = None;
    let mut rows = std::collections::BTreeMap::new();
    let mut offset = 0_usize;
    for line in text.split_inclusive('\n') {
        let at = offset;
        offset += line.len();
        if is_header(line) {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            header = Some((words.contains(&"Samples"), words.contains(&"Rel")));
            continue;
        }
        let (Some((full, relative)), false) = (header, line.trim().is_empty()) else { continue };
        let mut words: Vec<&str> = line.split_ascii_whitespace().collect();
        let bad = || ParseError::malformed("a row of erlperf's table").at(at).found(line.trim_end());
        if relative {
            words.pop_if(|w| w.ends_with('%')).ok_or_else(bad)?;
        }
        let mut cells = Vec::new();
        for column in 0..if full { 6 } else { 2 } {
            // The standard deviation, fourth from the end, is a percentage.
            if full && column == 3 {
                words.pop().filter(|w| w.ends_with('%')).ok_or_else(bad)?;
            } else {
                cells.push(cell(&mut words).ok_or_else(bad)?);
            }
        }
        let concurrency = words.pop().filter(|w| w.parse::<u32>().is_ok()).ok_or_else(bad)?;
        let code = words.join(" ");
        let mut labels = labels([("concurrency", concurrency)]);
        let seen = rows.entry((code.clone(), concurrency.to_owned())).or_insert(0_u32);
        *seen += 1;
        if *seen > 1 {
            labels.insert("row".to_owned(), seen.to_string());
            report.note("the table cuts names, so that rows share one: the second has a label `row`");
        }
        row(&mut report, &code, &labels, &cells, full)?;
    }
    match header {
        Some(_) => report.finish_some("erlperf", Some(true), "a row of erlperf's table"),
        None => Err(ParseError::malformed("erlperf's table").at(0).found(text.trim())),
    }
}

/// A row's cells, the last column first.
fn row(report: &mut Report, code: &str, labels: &Labels, cells: &[Cell], full: bool) -> Result<(), ParseError> {
    let mut time_labels = labels.clone();
    time_labels.insert("measure".to_owned(), if full { "iteration" } else { "time" }.to_owned());
    let time = cells.first();
    let main = cells.get(if full { 3 } else { 1 });
    let nothing = |c: Option<&Cell>| c.and_then(|c| c.number.as_ref()).is_none_or(Number::is_zero);
    if nothing(main) || nothing(time) {
        report.failed(code, labels, 1, "nothing was measured");
        return Ok(());
    }
    let Some(main) = main else { return Ok(()) };
    let (unit, better) =
        if main.unit.is_empty() { ("1/s", Better::Higher) } else { (main.unit.as_str(), Better::Lower) };
    let in_unit = |c: &Cell| {
        c.number.as_ref().and_then(|n| if c.unit.is_empty() { Some(n.clone()) } else { converted(n, &c.unit, unit) })
    };
    if full {
        let get = |at: usize| cells.get(at).and_then(in_unit);
        let series = Series::new(code, labels.clone(), unit, Some(better))
            .with(Statistic::Mean, get(3))
            .with(Statistic::Median, get(2));
        report.stated(series.with(Statistic::Percentile(990_000), get(1)))?;
    } else {
        report.sample(code, labels, unit, Some(better), in_unit(main).as_ref().map(Into::into))?;
    }
    let Some(time) = time else { return Ok(()) };
    let figure = time.number.as_ref().map(Into::into);
    report.sample(code, &time_labels, if time.unit.is_empty() { "ns" } else { &time.unit }, Some(Better::Lower), figure)
}
