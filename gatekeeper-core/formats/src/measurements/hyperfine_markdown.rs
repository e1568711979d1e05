//! hyperfine's table as Markdown (`--export-markdown`, <https://github.com/sharkdp/hyperfine>): mean and extremes in the unit of the header, no samples.
//!
//! Like the table as CSV it says nothing of exit codes.

use super::common::Report;
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Labels, Series, Statistic};
use gatekeeper_evidence::number::Number;

pub(super) static FORMAT: Format = Format::new("hyperfine-markdown", Kind::Measurements, sniff, parse)
    .with_title("hyperfine Markdown table")
    .with_extensions(&["md"])
    .with_places(&["hyperfine.md", "bench/hyperfine*.md"])
    .with_spec("hyperfine --export-markdown, https://github.com/sharkdp/hyperfine")
    .with_producers(&["hyperfine"]);

/// What stands in a column, and in which unit.
type Column = (Vec<Statistic>, String);

/// The cells of a row: between bars that are not escaped.
fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.strip_prefix('|')?.strip_suffix('|').filter(|i| !i.ends_with('\\'))?;
    let mut out = vec![String::new()];
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&'|') => out.last_mut()?.extend(chars.next()),
            '|' => out.push(String::new()),
            c => out.last_mut()?.push(c),
        }
    }
    Some(out.iter().map(|cell| cell.trim().to_owned()).collect())
}

/// The columns of a header: `Command | Mean [ms] | Min [ms] | Max [ms] | Relative`, or `Min…Max [ms]` as old versions have it.
fn header(cells: &[String]) -> Option<Vec<Column>> {
    if cells.first().is_none_or(|c| c != "Command") {
        return None;
    }
    let column = |cell: &String| -> Option<Column> {
        let (name, unit) = cell.strip_suffix(']')?.split_once(" [")?;
        let unit = if unit == "µs" { "us" } else { unit };
        let statistics = match name {
            "Mean" => vec![Statistic::Mean],
            "Min" => vec![Statistic::Min],
            "Max" => vec![Statistic::Max],
            "Min…Max" => vec![Statistic::Min, Statistic::Max],
            _ => return None,
        };
        matches!(unit, "us" | "ms" | "s").then(|| (statistics, unit.to_owned()))
    };
    let columns: Vec<Column> = cells.iter().skip(1).map(|c| column(c).unwrap_or_default()).collect();
    columns.first().is_some_and(|(s, _)| s == &[Statistic::Mean]).then_some(columns)
}

fn sniff(head: &Head<'_>) -> Confidence {
    let first = std::str::from_utf8(head.header()).ok().and_then(|l| cells(l.trim()));
    Confidence::when(first.as_deref().and_then(header).is_some(), Confidence::Certain)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let text = input.text()?;
    let mut report = Report::default();
    let mut columns: Option<Vec<Column>> = None;
    for line in text.lines() {
        let at = line.as_ptr().addr().saturating_sub(text.as_ptr().addr());
        let line = line.trim();
        if !line.starts_with('|') {
            columns = columns.filter(|_| !line.is_empty());
            continue;
        }
        let Some(cells) = cells(line) else {
            return Err(ParseError::malformed("a row that ends in |").at(at).found(line));
        };
        if let Some(found) = header(&cells) {
            columns = Some(found);
            continue;
        }
        // Tables of others, and the line below the header.
        let Some(columns) = &columns else { continue };
        if cells.iter().all(|c| !c.is_empty() && c.chars().all(|c| matches!(c, ':' | '-'))) {
            continue;
        }
        if cells.len() != columns.len() + 1 {
            let expected = format!("{} columns, as in the header", columns.len() + 1);
            return Err(ParseError::malformed(expected).at(at).found_words(cells.len().to_string()));
        }
        let command = cells.first().map_or("", |c| c.trim_matches('`'));
        let unit = columns.first().map_or("", |(_, unit)| unit.as_str());
        let mut series = Series::new(command, Labels::new(), unit, Some(Better::Lower));
        for ((statistics, own), cell) in columns.iter().zip(cells.iter().skip(1)) {
            let figures: Vec<&str> = match statistics.len() {
                0 => continue,
                1 => cell.split('±').take(1).map(str::trim).collect(),
                _ => cell.split('…').map(str::trim).collect(),
            };
            let numbers: Option<Vec<Number>> = figures.iter().map(|f| Number::parse(f)).collect();
            let Some(numbers) = numbers.filter(|n| n.len() == statistics.len() && own == unit) else {
                return Err(ParseError::malformed(format!("a number of {unit}")).at(at).found(cell.as_str()));
            };
            for (statistic, number) in statistics.iter().zip(numbers) {
                series = series.with(*statistic, Some(number));
            }
        }
        report.stated(series)?;
    }
    report.note("the table does not say whether a command failed (--ignore-failure): the JSON export does");
    report.finish_some("hyperfine", None, "a benchmark")
}
