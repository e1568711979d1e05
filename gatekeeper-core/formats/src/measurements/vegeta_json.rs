//! Vegeta's JSON report (`vegeta report -type=json`, <https://github.com/tsenart/vegeta>): latencies in nanoseconds over all requests, those that failed among them.
//!
//! `errors` lists distinct texts, not their number: `success` says the share. Refused connections have tiny latencies, so that a note stands where requests failed.

use super::common::{Fig, Report, Summary, read_json};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Labels, Statistic};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format::new("vegeta-json", Kind::Measurements, sniff, parse)
    .with_title("Vegeta JSON report")
    .with_extensions(&["json"])
    .with_places(&["vegeta.json", "load/vegeta*.json"])
    .with_spec("vegeta report -type=json, https://github.com/tsenart/vegeta")
    .with_producers(&["vegeta"]);

fn sniff(head: &Head<'_>) -> Confidence {
    let own = head.json().is_some_and(|s| s.has_all(&["latencies", "status_codes", "requests", "success"]));
    Confidence::when(own, Confidence::Certain)
}

#[derive(Deserialize)]
struct Document {
    latencies: Latencies,
    requests: Fig,
    rate: Fig,
    throughput: Option<Fig>,
    success: Fig,
}

#[derive(Deserialize)]
struct Latencies {
    mean: Fig,
    #[serde(rename = "50th")]
    p50: Option<Fig>,
    #[serde(rename = "90th")]
    p90: Option<Fig>,
    #[serde(rename = "95th")]
    p95: Option<Fig>,
    #[serde(rename = "99th")]
    p99: Option<Fig>,
    max: Option<Fig>,
    min: Option<Fig>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let d: Document = read_json(input)?;
    let (mut report, none) = (Report::default(), Labels::new());
    if d.requests.value() == Some(0.0) {
        report.failed("latency", &none, 1, "no request was sent");
    } else {
        let l = &d.latencies;
        let of = Summary { mean: Some(&l.mean), median: l.p50.as_ref(), min: l.min.as_ref(), max: l.max.as_ref() };
        let mut series = of.of("latency", &none, "ns", Some(Better::Lower));
        for (percent, figure) in [("90", &l.p90), ("95", &l.p95), ("99", &l.p99)] {
            if let Some(statistic) = Statistic::percentile(percent) {
                series = series.with(statistic, figure.as_ref().and_then(Fig::number));
            }
        }
        report.stated(series)?;
    }
    report.sample("requests", &none, "", None, d.requests.0)?;
    report.sample("rate", &none, "1/s", Some(Better::Higher), d.rate.0)?;
    if let Some(throughput) = d.throughput {
        report.sample("throughput", &none, "1/s", Some(Better::Higher), throughput.0)?;
    }
    if d.success.value().is_some_and(|s| s < 1.0) {
        report.note("requests failed, and their times are among the latencies: judge `success` too");
    }
    report.sample("success", &none, "", Some(Better::Higher), d.success.0)?;
    Ok(report.finish("vegeta", Some(true)))
}
