//! What hyperfine prints (<https://github.com/sharkdp/hyperfine>), and its table as CSV (`--export-csv`): mean and extremes, no samples.
//!
//! The table says nothing of exit codes: with `--ignore-failure` a command that failed at once is a fast one. What is printed warns of it, which is an error here.

use super::common::{Report, converted, figure_and_rest, labels, place, plain};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::csv::Csv;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Labels, Series, Statistic};
use gatekeeper_evidence::number::Number;

pub(super) static TEXT: Format = Format::new("hyperfine-text", Kind::Measurements, sniff, parse)
    .with_title("hyperfine console output")
    .with_extensions(&["txt", "log"])
    .with_places(&["hyperfine.txt", "bench/hyperfine*.txt"])
    .with_spec("hyperfine, https://github.com/sharkdp/hyperfine")
    .with_producers(&["hyperfine"]);

pub(super) static CSV: Format = Format::new("hyperfine-csv", Kind::Measurements, sniff_csv, parse_csv)
    .with_title("hyperfine CSV table")
    .with_extensions(&["csv"])
    .with_places(&["hyperfine.csv", "bench/hyperfine*.csv"])
    .with_spec("hyperfine --export-csv, https://github.com/sharkdp/hyperfine")
    .with_producers(&["hyperfine"]);

/// The command of a line `Benchmark 1: COMMAND`.
fn command(line: &str) -> Option<&str> {
    let (number, command) = line.strip_prefix("Benchmark ")?.split_once(": ")?;
    number.trim_start_matches('#').parse::<u32>().ok().map(|_| command.trim())
}

fn sniff(head: &Head<'_>) -> Confidence {
    let line = |l: &[u8]| std::str::from_utf8(l).is_ok_and(|l| command(l).is_some());
    let time =
        |l: &[u8]| l.trim_ascii_start().starts_with(b"Time (mean ") || l.trim_ascii_start().starts_with(b"Time (abs ");
    Confidence::when(head.printed().any(line) && head.printed().any(time), Confidence::Certain)
}

/// The first time of some text, in seconds.
fn seconds(text: &str) -> Option<(Number, &str)> {
    let (number, rest) = figure_and_rest(text)?;
    let (unit, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    Some((converted(&number, if unit == "µs" { "us" } else { unit }, "s")?, rest))
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let text = plain(input)?;
    let (mut report, none) = (Report::default(), Labels::new());
    let mut open: Option<(&str, Series)> = None;
    let mut complete = None;
    let close = |report: &mut Report, open: Option<(&str, Series)>| match open {
        Some((name, series)) if !series.has_figures() => {
            report.failed(name, &Labels::new(), 1, "it was begun and gave no time");
            Ok(())
        }
        Some((_, series)) => report.stated(series),
        None => Ok(()),
    };
    for line in text.lines().map(str::trim) {
        if let Some(command) = command(line) {
            close(&mut report, open.replace((command, Series::new(command, none.clone(), "s", Some(Better::Lower)))))?;
        } else if line.starts_with("Time (") || line.starts_with("Range (") {
            let Some((name, series)) = open.take() else {
                return Err(ParseError::malformed("the benchmark's command before its time")
                    .at(place(input, &text, line))
                    .found(line));
            };
            let Some((first, rest)) = line.split_once("):").and_then(|(_, rest)| seconds(rest)) else {
                return Err(ParseError::malformed("a time with its unit").at(place(input, &text, line)).found(line));
            };
            let series = match line.starts_with("Time (") {
                true => series.with(Statistic::Mean, Some(first)),
                false => {
                    let last = seconds(rest.trim_start_matches(['…', ' ', '.'])).map(|(n, _)| n);
                    series.with(Statistic::Min, Some(first)).with(Statistic::Max, last)
                }
            };
            open = Some((name, series));
        } else if line.contains("non-zero exit code") {
            let name = open.as_ref().map_or("", |(name, _)| name);
            report.failed(name, &none, 1, "its command failed");
            if line.starts_with("Error:") {
                complete = Some(false);
                open = None;
            }
        }
    }
    close(&mut report, open)?;
    report.finish_some("hyperfine", complete, "a benchmark")
}

fn sniff_csv(head: &Head<'_>) -> Confidence {
    Confidence::when(head.trimmed().starts_with(b"command,mean,stddev,median,user,system,min,max"), Confidence::Certain)
}

fn parse_csv(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut csv = Csv::new(input.text()?);
    let (mut header, mut row) = (Vec::new(), Vec::new());
    csv.next(&mut header)?;
    let mut report = Report::default();
    while let Some(at) = csv.row(&mut row, header.len())? {
        let get =
            |column: &str| header.iter().position(|h| h == column).and_then(|n| row.get(n)).map_or("", |f| f.as_ref());
        let mut of = labels([]);
        for (column, value) in header.iter().zip(&row) {
            if let Some(parameter) = column.strip_prefix("parameter_") {
                of.insert(parameter.to_owned(), value.to_string());
            }
        }
        let mut series = Series::new(get("command"), of, "s", Some(Better::Lower));
        for (column, statistic) in
            [("mean", Statistic::Mean), ("median", Statistic::Median), ("min", Statistic::Min), ("max", Statistic::Max)]
        {
            let Some(number) = Number::parse(get(column)) else {
                return Err(ParseError::malformed(format!("a number of seconds as {column}"))
                    .at(at)
                    .found(get(column)));
            };
            series = series.with(statistic, Some(number));
        }
        report.stated(series)?;
    }
    report.note("the table does not say whether a command failed (--ignore-failure): the JSON export does");
    report.finish_some("hyperfine", None, "a benchmark")
}
