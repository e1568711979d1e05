//! JMeter's results as CSV (`-l results.jtl`, <https://jmeter.apache.org/usermanual/listeners.html>): a row a sample, times in milliseconds.
//!
//! `success` of false counts in `failures`; its time, often the shortest, is among the samples. There is no end mark; a last row that is cut off is refused. Sub-samples stand under their
//! parent in rows of their own.

use super::common::{Report, labels};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::csv::Csv;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Figure, Labels};
use gatekeeper_evidence::number::Number;
use std::collections::HashMap;

pub(super) static FORMAT: Format = Format::new("jmeter-csv", Kind::Measurements, sniff, parse)
    .with_title("JMeter results (CSV)")
    .with_rows()
    .with_extensions(&["jtl", "csv"])
    .with_places(&["*.jtl", "load/*.jtl", "target/jmeter/results/*.csv"])
    .with_spec("JMeter CSV log format, https://jmeter.apache.org/usermanual/listeners.html")
    .with_producers(&["jmeter"]);

const NEEDED: [&str; 4] = ["timeStamp", "elapsed", "label", "success"];

fn sniff(head: &Head<'_>) -> Confidence {
    let first = head.header().trim_ascii_end();
    let columns: Vec<&[u8]> = first.split(|b| *b == b',').collect();
    Confidence::when(NEEDED.iter().all(|n| columns.contains(&n.as_bytes())), Confidence::Certain)
}

/// What there is of a label.
struct Counts {
    labels: Labels,
    /// The place of its times among the series.
    series: usize,
    all: u64,
    bad: u64,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut csv = Csv::new(input.text()?);
    let (mut header, mut row) = (Vec::new(), Vec::new());
    csv.next(&mut header)?;
    let column = |name: &str| header.iter().position(|h| h == name);
    let (Some(elapsed), Some(label), Some(success)) = (column("elapsed"), column("label"), column("success")) else {
        let help = "the columns timeStamp, elapsed, label and success in the first row (jmeter.save.saveservice.print_field_names=true)";
        return Err(ParseError::malformed(help).at(0).found_words("others"));
    };
    let mut report = Report::default();
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut counts: Vec<Counts> = Vec::new();
    while let Some(at) = csv.row(&mut row, header.len())? {
        let get = |n: usize| row.get(n).map_or("", |f| f.as_ref());
        let failed = match get(success) {
            "true" => false,
            "false" => true,
            other => return Err(ParseError::malformed("true or false as success").at(at).found(other)),
        };
        let Some(figure) = Figure::parse(get(elapsed)) else {
            return Err(ParseError::malformed("elapsed milliseconds").at(at).found(get(elapsed)));
        };
        let of = match known.get(get(label)) {
            Some(of) => *of,
            None => {
                let labels = labels([("label", get(label))]);
                report.series("elapsed", &labels, "ms", Some(Better::Lower))?;
                let series = report.data.series.len().saturating_sub(1);
                counts.push(Counts { labels, series, all: 0, bad: 0 });
                known.insert(get(label).to_owned(), counts.len() - 1);
                counts.len() - 1
            }
        };
        if let Some(of) = counts.get_mut(of)
            && let Some(series) = report.data.series.get_mut(of.series)
        {
            of.all = of.all.saturating_add(1);
            of.bad = of.bad.saturating_add(u64::from(failed));
            series.samples.push(figure);
        }
    }
    for Counts { labels, all, bad, .. } in &counts {
        report.sample("requests", labels, "", None, Some((&Number::whole(*all)).into()))?;
        report.sample("failures", labels, "", Some(Better::Lower), Some((&Number::whole(*bad)).into()))?;
    }
    report.finish_some("jmeter", None, "a sample")
}
