//! Locust's `--json` (<https://docs.locust.io/en/stable/configuration.html>): an entry an endpoint, times in milliseconds.
//!
//! `response_times` is a histogram with rounded keys, so no samples. Requests that failed are among the times. Older versions add an entry `Aggregated`: the sum, not one more endpoint.

use super::common::{Fig, Report, labels, read_json};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Series, Statistic};
use gatekeeper_evidence::number::Number;
use serde::Deserialize;

pub(super) static FORMAT: Format = Format::new("locust-json", Kind::Measurements, sniff, parse)
    .with_title("Locust JSON statistics")
    .with_extensions(&["json"])
    .with_places(&["locust.json", "load/locust*.json"])
    .with_spec("locust --json, https://docs.locust.io/en/stable/configuration.html")
    .with_producers(&["locust"]);

fn sniff(head: &Head<'_>) -> Confidence {
    let own =
        head.json().is_some_and(|s| s.root_is_array && s.has_all(&["[].response_times", "[].num_requests", "[].name"]));
    Confidence::when(own, Confidence::Certain)
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    method: Option<String>,
    num_requests: u64,
    #[serde(default)]
    num_none_requests: u64,
    num_failures: u64,
    total_response_time: Fig,
    max_response_time: Fig,
    min_response_time: Fig,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let entries: Vec<Entry> = read_json(input)?;
    let mut report = Report::default();
    for e in entries {
        let labels = labels([("method", e.method.as_deref().unwrap_or_default()), ("name", &e.name)]);
        let timed = e.num_requests.saturating_sub(e.num_none_requests);
        let mean = e.total_response_time.number().and_then(|total| total.over(&Number::whole(timed)));
        let series = Series::new("response_time", labels.clone(), "ms", Some(Better::Lower))
            .with(Statistic::Mean, mean)
            .with(Statistic::Min, e.min_response_time.number())
            .with(Statistic::Max, e.max_response_time.number());
        match timed {
            0 => report.failed("response_time", &labels, 1, "no request was timed"),
            _ => report.stated(series)?,
        }
        let count = |n: u64| Some((&Number::whole(n)).into());
        report.sample("requests", &labels, "", None, count(e.num_requests))?;
        report.sample("failures", &labels, "", Some(Better::Lower), count(e.num_failures))?;
    }
    report.finish_some("locust", Some(true), "an endpoint")
}
