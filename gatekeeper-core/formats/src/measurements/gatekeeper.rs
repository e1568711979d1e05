//! Our own forms, for whatever no other format reads: `measurements-json` and `measurements-csv`.
//!
//! ```json
//! {"gatekeeper_measurements": 1, "commit": "…", "series": [
//!   {"metric": "latency", "labels": {"role": "canary"}, "unit": "ms", "better": "lower", "samples": [12.5, 13.1]},
//!   {"metric": "boot", "unit": "s", "stated": {"mean": 1.2, "p99": 3.4}, "failures": 0}]}
//! ```
//! The CSV has a header with `metric` and `value`; `unit` and `better` may be there, and every other column is a label. An empty value, null and NaN are errors.

use super::common::{Fig, Figures, Members, Report, Shown, labels_of};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::csv::Csv;
use crate::scan::json;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::measurements::{Better, Figure, Labels, Series, Statistic};
use serde::Deserialize;

pub(super) static JSON: Format = Format::new("measurements-json", Kind::Measurements, sniff_json, parse_json)
    .with_title("gatekeeper's own measurements (JSON)")
    .with_extensions(&["json"])
    .with_places(&["measurements.json"])
    .with_spec("gatekeeper measurements, version 1: gatekeeper-core/formats/src/measurements/gatekeeper.rs")
    .with_producers(&["gatekeeper"]);

pub(super) static CSV: Format = Format::new("measurements-csv", Kind::Measurements, sniff_csv, parse_csv)
    .with_title("gatekeeper's own measurements (CSV)")
    .with_extensions(&["csv"])
    .with_places(&["measurements.csv"])
    .with_spec("gatekeeper measurements, version 1: gatekeeper-core/formats/src/measurements/gatekeeper.rs")
    .with_producers(&["gatekeeper"]);

fn sniff_json(head: &Head<'_>) -> Confidence {
    Confidence::when(head.json().is_some_and(|s| s.has("gatekeeper_measurements")), Confidence::Certain)
}

fn columns(first: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(first).trim().split(',').map(|c| c.trim().trim_matches('"').to_owned()).collect()
}

fn sniff_csv(head: &Head<'_>) -> Confidence {
    let columns = columns(head.header());
    let has = |name: &str| columns.iter().any(|c| c == name);
    Confidence::when(has("metric") && has("value"), Confidence::Likely)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "gatekeeper_measurements")]
    version: u64,
    commit: Option<String>,
    series: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    metric: String,
    #[serde(default)]
    labels: Members<Shown>,
    #[serde(default)]
    unit: String,
    better: Option<Better>,
    #[serde(default)]
    samples: Figures,
    #[serde(default)]
    stated: Members<Fig>,
    #[serde(default)]
    failures: u64,
    #[serde(default)]
    exact: bool,
}

fn parse_json(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let document: Document = json::from_input(input)?;
    if document.version != 1 {
        let error = ParseError::new(ErrorCode::UnsupportedVersion, "a version other than 1");
        return Err(error.at(0).in_path("$.gatekeeper_measurements").found_words(document.version.to_string()));
    }
    let mut report = Report::default();
    report.data.commit = document.commit;
    for row in document.series {
        let labels = labels_of(&row.labels);
        if row.failures > 0 {
            report.failed(&row.metric, &labels, row.failures, "the report says so");
        }
        let mut stated = Series::new(row.metric.as_str(), labels.clone(), &row.unit, row.better);
        for (word, figure) in &row.stated.0 {
            let Some(statistic) = Statistic::parse(word) else {
                return Err(ParseError::malformed("mean, median, min, max or a percentile such as p99")
                    .at(0)
                    .found(word.as_bytes()));
            };
            stated = stated.with(statistic, figure.number());
        }
        if stated.has_figures() {
            report.stated(stated)?;
        } else if row.samples.is_empty() && row.failures == 0 {
            report.failed(&row.metric, &labels, 1, "neither samples nor stated figures");
        }
        report.samples(&row.metric, &labels, &row.unit, row.better, row.samples)?;
        if let (true, Some(series)) =
            (row.exact, report.data.series.iter_mut().rfind(|s| s.metric == row.metric && s.labels == labels))
        {
            series.exact = true;
        }
    }
    Ok(report.finish("", Some(true)))
}

fn parse_csv(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut csv = Csv::new(input.text()?);
    let (mut header, mut row) = (Vec::new(), Vec::new());
    csv.next(&mut header)?;
    let header: Vec<String> = header.iter().map(|h| h.trim().to_owned()).collect();
    let column = |name: &str| header.iter().position(|h| h == name);
    let (Some(metric), Some(value)) = (column("metric"), column("value")) else {
        return Err(ParseError::malformed("the columns metric and value").at(0).found_words("others"));
    };
    let (unit, better) = (column("unit"), column("better"));
    let others: Vec<(usize, &String)> = header
        .iter()
        .enumerate()
        .filter(|(n, _)| ![Some(metric), Some(value), unit, better].contains(&Some(*n)))
        .collect();
    let mut report = Report::default();
    let mut labels = Labels::new();
    while let Some(at) = csv.row(&mut row, header.len())? {
        let get = |n: Option<usize>| n.and_then(|n| row.get(n)).map_or("", |f| f.trim());
        labels.clear();
        labels.extend(
            others.iter().map(|(n, h)| ((*h).clone(), get(Some(*n)).to_owned())).filter(|(_, v)| !v.is_empty()),
        );
        let better = match get(better) {
            "" => None,
            "lower" => Some(Better::Lower),
            "higher" => Some(Better::Higher),
            other => return Err(ParseError::malformed("lower or higher").at(at).found(other)),
        };
        let text = get(Some(value));
        let figure = Figure::parse(text);
        let lost = matches!(
            text.to_ascii_lowercase().as_str(),
            "" | "nan" | "inf" | "+inf" | "-inf" | "null" | "n/a" | "infinity" | "-infinity"
        );
        if figure.is_none() && !lost {
            return Err(ParseError::malformed("a figure").at(at).found(text));
        }
        report.sample(get(Some(metric)), &labels, get(unit), better, figure)?;
    }
    Ok(report.finish("", None))
}
