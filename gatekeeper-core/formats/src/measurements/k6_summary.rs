//! k6's end-of-test summary (<https://grafana.com/docs/k6/latest/results-output/end-of-test/>) in its three shapes: `--summary-export`, what `handleSummary` gets, and the machine-readable one.
//!
//! The booleans of thresholds are opposite: in `--summary-export` true means that it FAILED, in `handleSummary` `{"ok": false}` does; the machine-readable shape has none. In
//! `http_req_failed`, `passes` counts the requests that failed. Units are by `contains`, in the export by k6's own names.

use super::common::{Fig, Members, Report};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Labels, Series, Statistic};
use serde::Deserialize;
use serde_json::value::RawValue;

pub(super) static FORMAT: Format = Format::new("k6-summary", Kind::Measurements, sniff, parse)
    .with_title("k6 summary")
    .with_extensions(&["json"])
    .with_places(&["k6-summary.json", "load/k6*.json", "summary.json"])
    .with_spec("k6 end-of-test summary, https://grafana.com/docs/k6/latest/results-output/end-of-test/")
    .with_producers(&["k6"]);

/// Single points as `--out json` and `--out csv` write them: nothing in them says whether a threshold held, so they are known and refused.
fn points(start: &[u8]) -> Option<&'static str> {
    let first = start.split(|b| *b == b'\n').next().unwrap_or_default();
    let has = |part: &[u8]| memchr::memmem::find(first, part).is_some();
    let json = first.starts_with(b"{")
        && (has(b"\"type\":\"Metric\"") || has(b"\"type\":\"Point\""))
        && has(b"\"metric\":\"")
        && has(b"\"data\":{");
    let csv = first.starts_with(b"metric_name,timestamp,metric_value,");
    json.then_some("--out json").or(csv.then_some("--out csv"))
}

fn sniff(head: &Head<'_>) -> Confidence {
    if points(head.trimmed()).is_some() {
        return Confidence::Certain;
    }
    let Some(shape) = head.json() else { return Confidence::No };
    let old = shape.has_all(&["metrics", "root_group"]);
    let new = shape.has_all(&["version", "results.metrics[].name", "results.metrics[].values"]);
    Confidence::when(old || new, Confidence::Certain)
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    metrics: Option<Members<Metric<'a>>>,
    #[serde(borrow)]
    results: Option<Results<'a>>,
}

#[derive(Deserialize)]
struct Results<'a> {
    #[serde(borrow)]
    metrics: Vec<Metric<'a>>,
}

/// A metric's members, whichever shape they are of.
#[derive(Deserialize)]
#[serde(transparent)]
struct Metric<'a>(#[serde(borrow)] Members<&'a RawValue>);

impl<'a> Metric<'a> {
    fn get<T: Deserialize<'a>>(&self, name: &str) -> Result<Option<T>, ParseError> {
        let found = self.0.0.iter().find(|(k, _)| k == name);
        found.map(|(_, raw)| json::from_bytes(raw.get().as_bytes())).transpose()
    }

    /// How many of its thresholds failed: `true` in the export, `{"ok": false}` elsewhere.
    fn failed(&self) -> Result<u64, ParseError> {
        #[derive(Deserialize)]
        struct Threshold {
            ok: bool,
        }
        let mut failed = 0_u64;
        for (_, raw) in self.get::<Members<&RawValue>>("thresholds")?.unwrap_or_default().0 {
            let bad = match raw.get() {
                "true" => true,
                "false" => false,
                other => !json::from_bytes::<Threshold>(other.as_bytes())?.ok,
            };
            failed = failed.saturating_add(u64::from(bad));
        }
        Ok(failed)
    }

    /// Its figures: under `values`, in the export beside the rest.
    fn figures(&self) -> Result<Vec<(String, Fig)>, ParseError> {
        if let Some(values) = self.get::<Members<Fig>>("values")? {
            return Ok(values.0);
        }
        let own = self.0.0.iter().filter(|(k, _)| k != "thresholds");
        own.map(|(k, raw)| Ok((k.clone(), json::from_bytes(raw.get().as_bytes())?))).collect()
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    if let Some(from) = points(input.bytes.trim_ascii_start()) {
        let expected = "k6's summary, which says whether its thresholds held (--summary-export, or handleSummary)";
        return Err(ParseError::malformed(expected).at(0).found_words(format!("the single points of {from}")));
    }
    let document: Document<'_> = json::from_input(input)?;
    let mut report = Report::default();
    let (metrics, told) = match (document.metrics, document.results) {
        (Some(metrics), None) => (metrics.0, true),
        (None, Some(results)) => {
            let mut named = Vec::new();
            for metric in results.metrics {
                named.push((metric.get::<String>("name")?.unwrap_or_default(), metric));
            }
            (named, false)
        }
        _ => return Err(super::common::foreign("a summary of k6")),
    };
    let mut failed = 0_u64;
    for (name, metric) in metrics {
        failed = failed.saturating_add(metric.failed()?);
        one(&mut report, &name, &metric)?;
    }
    report.data.thresholds_failed = told.then_some(failed);
    if !told {
        report.note("this shape of the summary says nothing of thresholds: only k6's exit status 99 does");
    }
    if failed > 0 {
        report.note(format!("k6 says that {failed} of its own thresholds failed"));
    }
    report.finish_some("k6", Some(true), "a metric of k6")
}

fn one(report: &mut Report, name: &str, metric: &Metric<'_>) -> Result<(), ParseError> {
    let plain = name.split('{').next().unwrap_or(name);
    let contains = metric.get::<String>("contains")?;
    let unit = match contains.as_deref() {
        Some("time") => "ms",
        Some("data") => "B",
        Some(_) => "",
        None if plain.ends_with("_duration") || is_time(plain) => "ms",
        None if matches!(plain, "data_sent" | "data_received") => "B",
        None => "",
    };
    let values = metric.figures()?;
    let value = |keys: &[&str]| values.iter().find(|(k, _)| keys.contains(&k.as_str())).map(|(_, v)| v.clone());
    let has = |key: &str| values.iter().any(|(k, _)| k == key);
    let stated = metric.get::<String>("type")?;
    let kind = stated.as_deref().unwrap_or(match () {
        () if has("avg") => "trend",
        () if has("count") => "counter",
        () if has("passes") || has("fails") => "rate",
        () => "gauge",
    });
    let none = Labels::new();
    match kind {
        "trend" => {
            let better = (unit == "ms").then_some(Better::Lower);
            let mut series = Series::new(name, none, unit, better);
            for (key, figure) in &values {
                let percent =
                    || key.strip_prefix("p(").and_then(|k| k.strip_suffix(')')).or_else(|| key.strip_prefix('p'));
                let statistic = match key.as_str() {
                    "avg" => Some(Statistic::Mean),
                    "med" => Some(Statistic::Median),
                    "min" => Some(Statistic::Min),
                    "max" => Some(Statistic::Max),
                    _ => percent().and_then(Statistic::percentile),
                };
                if let Some(statistic) = statistic {
                    series = series.with(statistic, figure.number());
                }
            }
            report.stated(series)
        }
        _ => {
            let keys: &[&str] = match kind {
                "counter" => &["count"],
                "rate" => &["rate", "value"],
                _ => &["value"],
            };
            report.sample(name, &none, unit, None, value(keys).and_then(|f| f.0))?;
            if kind == "counter"
                && let Ok(series) = report.series(name, &none, unit, None)
            {
                series.counter = true;
            }
            Ok(())
        }
    }
}

/// Times by k6's own names that do not end in `_duration`.
fn is_time(name: &str) -> bool {
    let parts = ["blocked", "connecting", "tls_handshaking", "sending", "waiting", "receiving"];
    name.strip_prefix("http_req_").is_some_and(|part| parts.contains(&part))
        || matches!(name, "ws_connecting" | "ws_ping")
        || ["fcp", "fid", "inp", "lcp", "ttfb"].iter().any(|v| name.strip_prefix("browser_web_vital_") == Some(v))
}
