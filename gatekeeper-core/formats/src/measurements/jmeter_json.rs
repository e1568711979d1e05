//! JMeter's `statistics.json` of its dashboard (<https://jmeter.apache.org/usermanual/generating-dashboard.html>): an object with a member a transaction; `Total` is their sum.
//!
//! `pct1ResTime` to `pct3ResTime` are 90, 95 and 99 by default, and settable: a note says so.

use super::common::{Fig, Members, Report, Summary, labels, read_json};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Statistic};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format::new("jmeter-json", Kind::Measurements, sniff, parse)
    .with_title("JMeter dashboard statistics")
    .with_extensions(&["json"])
    .with_places(&["**/statistics.json"])
    .with_spec("JMeter dashboard, https://jmeter.apache.org/usermanual/generating-dashboard.html")
    .with_producers(&["jmeter"]);

fn sniff(head: &Head<'_>) -> Confidence {
    let own = head.json().is_some_and(|s| s.has_all(&["Total.transaction", "Total.sampleCount"]));
    Confidence::when(own, Confidence::Certain)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    transaction: String,
    sample_count: Fig,
    error_count: Fig,
    mean_res_time: Fig,
    median_res_time: Option<Fig>,
    min_res_time: Fig,
    max_res_time: Fig,
    pct1_res_time: Option<Fig>,
    pct2_res_time: Option<Fig>,
    pct3_res_time: Option<Fig>,
    throughput: Fig,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let document: Members<Row> = read_json(input)?;
    let mut report = Report::default();
    for (_, r) in document.0 {
        let labels = labels([("transaction", r.transaction.as_str())]);
        let of = Summary {
            mean: Some(&r.mean_res_time),
            median: r.median_res_time.as_ref(),
            min: Some(&r.min_res_time),
            max: Some(&r.max_res_time),
        };
        let mut series = of.of("elapsed", &labels, "ms", Some(Better::Lower));
        for (percent, figure) in [("90", &r.pct1_res_time), ("95", &r.pct2_res_time), ("99", &r.pct3_res_time)] {
            if let Some(statistic) = Statistic::percentile(percent) {
                series = series.with(statistic, figure.as_ref().and_then(Fig::number));
            }
        }
        match r.sample_count.value() {
            Some(n) if n > 0.0 => report.stated(series)?,
            _ => report.failed("elapsed", &labels, 1, "nothing ran"),
        }
        report.sample("requests", &labels, "", None, r.sample_count.0)?;
        report.sample("failures", &labels, "", Some(Better::Lower), r.error_count.0)?;
        report.sample("throughput", &labels, "1/s", Some(Better::Higher), r.throughput.0)?;
    }
    report.note("percentiles are taken as JMeter's default: 90, 95, 99");
    report.finish_some("jmeter", Some(true), "a transaction")
}
