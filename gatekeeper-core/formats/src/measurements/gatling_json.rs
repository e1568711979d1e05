//! Gatling's `js/stats.json` (<https://docs.gatling.io/reference/stats/reports/>): a tree of groups and requests; figures are texts, `"-"` where nothing ran.
//!
//! The root is the sum of what is in it. The mean covers the requests that failed too. `percentiles1` to `4` are 50, 75, 95 and 99 by default, and settable: a note says so.

use super::common::{Fig, Members, Report, read_json};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Labels, Series, Statistic};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format::new("gatling-json", Kind::Measurements, sniff, parse)
    .with_title("Gatling statistics")
    .with_extensions(&["json"])
    .with_places(&["target/gatling/*/js/stats.json", "build/reports/gatling/*/js/stats.json"])
    .with_spec("Gatling js/stats.json, https://docs.gatling.io/reference/stats/reports/")
    .with_producers(&["gatling"]);

fn sniff(head: &Head<'_>) -> Confidence {
    let own = head.json().is_some_and(|s| s.text("type") == Some("GROUP") && s.has("stats.numberOfRequests"));
    Confidence::when(own, Confidence::Certain)
}

#[derive(Deserialize)]
struct Node {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    stats: Stats,
    #[serde(default)]
    contents: Members<Node>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stats {
    number_of_requests: Parts,
    min_response_time: Parts,
    max_response_time: Parts,
    mean_response_time: Parts,
    percentiles1: Option<Parts>,
    percentiles2: Option<Parts>,
    percentiles3: Option<Parts>,
    percentiles4: Option<Parts>,
}

#[derive(Deserialize)]
struct Parts {
    total: Fig,
    ko: Fig,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let root: Node = read_json(input)?;
    let mut report = Report::default();
    node(&mut report, &root, &Labels::new())?;
    for (_, inner) in &root.contents.0 {
        walk(&mut report, inner, "")?;
    }
    report.note("percentiles are taken as Gatling's default: 50, 75, 95, 99");
    report.finish_some("gatling", Some(true), "requests")
}

/// A group or request within others, whose names are `within`. The JSON reader bounds the depth.
fn walk(report: &mut Report, of: &Node, within: &str) -> Result<(), ParseError> {
    let mut labels = Labels::new();
    let path = if within.is_empty() { of.name.clone() } else { format!("{within} / {}", of.name) };
    if of.kind == "GROUP" {
        labels.insert("group".to_owned(), path.clone());
    } else {
        labels.insert("request".to_owned(), of.name.clone());
        if !within.is_empty() {
            labels.insert("group".to_owned(), within.to_owned());
        }
    }
    node(report, of, &labels)?;
    of.contents.0.iter().try_for_each(|(_, inner)| walk(report, inner, &path))
}

fn node(report: &mut Report, of: &Node, labels: &Labels) -> Result<(), ParseError> {
    let s = &of.stats;
    let mut series = Series::new("response_time", labels.clone(), "ms", Some(Better::Lower))
        .with(Statistic::Mean, s.mean_response_time.total.number())
        .with(Statistic::Min, s.min_response_time.total.number())
        .with(Statistic::Max, s.max_response_time.total.number());
    let percentiles =
        [("50", &s.percentiles1), ("75", &s.percentiles2), ("95", &s.percentiles3), ("99", &s.percentiles4)];
    for (percent, parts) in percentiles {
        if let (Some(statistic), Some(parts)) = (Statistic::percentile(percent), parts) {
            series = series.with(statistic, parts.total.number());
        }
    }
    match s.number_of_requests.total.value() {
        Some(n) if n > 0.0 => report.stated(series)?,
        _ => report.failed("response_time", labels, 1, "no request ran"),
    }
    report.sample("requests", labels, "", None, s.number_of_requests.total.0.clone())?;
    report.sample("failures", labels, "", Some(Better::Lower), s.number_of_requests.ko.0.clone())
}
