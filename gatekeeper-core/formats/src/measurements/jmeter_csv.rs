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
use std::collections::BTreeMap;

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
    let mut counts: BTreeMap<String, (Labels, u64, u64)> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
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
        if !counts.contains_key(get(label)) {
            order.push(get(label).to_owned());
            counts.insert(get(label).to_owned(), (labels([("label", get(label))]), 0, 0));
        }
        if let Some((labels, all, bad)) = counts.get_mut(get(label)) {
            *all = all.saturating_add(1);
            *bad = bad.saturating_add(u64::from(failed));
            report.sample("elapsed", labels, "ms", Some(Better::Lower), Some(figure))?;
        }
    }
    for (labels, all, bad) in order.iter().filter_map(|l| counts.get(l)) {
        report.sample("requests", labels, "", None, Some((&Number::whole(*all)).into()))?;
        report.sample("failures", labels, "", Some(Better::Lower), Some((&Number::whole(*bad)).into()))?;
    }
    report.finish_some("jmeter", None, "a sample")
}
