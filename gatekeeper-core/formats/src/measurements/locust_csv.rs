//! Locust's `_stats.csv` (`--csv`, <https://docs.locust.io/en/stable/retrieving-stats.html>): a row an endpoint, times in milliseconds; the row `Aggregated` is the sum and the last.
//!
//! Percentiles of an endpoint that nothing ran on are `N/A`, its times 0: an error.

use super::common::{Report, labels};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::csv::Csv;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Figure, Series, Statistic};
use gatekeeper_evidence::number::Number;

pub(super) static FORMAT: Format = Format::new("locust-csv", Kind::Measurements, sniff, parse)
    .with_title("Locust CSV statistics")
    .with_extensions(&["csv"])
    .with_places(&["*_stats.csv", "load/*_stats.csv"])
    .with_spec("locust --csv, https://docs.locust.io/en/stable/retrieving-stats.html")
    .with_producers(&["locust"]);

fn sniff(head: &Head<'_>) -> Confidence {
    let plain: Vec<u8> = head.header().iter().copied().filter(|b| *b != b'"').collect();
    Confidence::when(plain.starts_with(b"Type,Name,Request Count,Failure Count,"), Confidence::Certain)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut csv = Csv::new(input.text()?);
    let (mut header, mut row) = (Vec::new(), Vec::new());
    csv.next(&mut header)?;
    let mut report = Report::default();
    let mut ended = false;
    while let Some(at) = csv.row(&mut row, header.len())? {
        let get =
            |column: &str| header.iter().position(|h| h == column).and_then(|n| row.get(n)).map_or("", |f| f.as_ref());
        let number = |column: &str| Number::parse(get(column));
        let labels = labels([("method", get("Type")), ("name", get("Name"))]);
        ended = matches!(get("Name"), "Aggregated" | "Total");
        let mut series = Series::new("response_time", labels.clone(), "ms", Some(Better::Lower))
            .with(Statistic::Mean, number("Average Response Time"))
            .with(Statistic::Min, number("Min Response Time"))
            .with(Statistic::Max, number("Max Response Time"))
            .with(Statistic::Median, number("Median Response Time"));
        for (column, figure) in header.iter().zip(&row) {
            if let Some(statistic @ Statistic::Percentile(_)) = column.strip_suffix('%').and_then(Statistic::percentile)
            {
                series = series.with(statistic, Number::parse(figure));
            }
        }
        match Figure::parse(get("Request Count")).map(|f| f.value()) {
            None => return Err(ParseError::malformed("a count of requests").at(at).found(get("Request Count"))),
            Some(0.0) => report.failed("response_time", &labels, 1, "no request was timed"),
            Some(_) => report.stated(series)?,
        }
        let figure = |column: &str| Figure::parse(get(column));
        report.sample("requests", &labels, "", None, figure("Request Count"))?;
        report.sample("failures", &labels, "", Some(Better::Lower), figure("Failure Count"))?;
        report.sample("requests_per_second", &labels, "1/s", Some(Better::Higher), figure("Requests/s"))?;
    }
    if !ended {
        return Err(ParseError::malformed("the row Aggregated at the end")
            .at(input.bytes.len())
            .found_words("the end of the file"));
    }
    report.finish_some("locust", Some(true), "an endpoint")
}
