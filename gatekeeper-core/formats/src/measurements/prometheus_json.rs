//! Answers of Prometheus' HTTP API to a query (<https://prometheus.io/docs/prometheus/latest/querying/api/>): vector, matrix, scalar.
//!
//! Figures are strings, `"NaN"` and `"+Inf"` among them: errors. `__name__` is the metric; functions drop it, so that the policy has to name the series. `warnings` mean that not
//! everything answered. An answer of `status: error` is refused; an empty result has no series. Native histograms have no single figure: errors.

use super::common::{Each, Fig, Figures, Report, foreign};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::measurements::Labels;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

pub(super) static FORMAT: Format = Format::new("prometheus-json", Kind::Measurements, sniff, parse)
    .with_title("Prometheus query answer")
    .with_extensions(&["json"])
    .with_places(&["metrics/prometheus*.json", "prometheus.json"])
    .with_spec("Prometheus HTTP API v1, https://prometheus.io/docs/prometheus/latest/querying/api/")
    .with_producers(&["prometheus", "thanos", "mimir", "victoriametrics"]);

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let own = shape.has("status")
        && (shape.has("data.resultType") || (shape.text("status") == Some("error") && shape.has("errorType")));
    Confidence::when(own, Confidence::Certain)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    status: String,
    error_type: Option<String>,
    error: Option<String>,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    infos: Vec<String>,
    #[serde(borrow)]
    data: Option<Result_<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Result_<'a> {
    result_type: String,
    #[serde(borrow)]
    result: &'a RawValue,
}

#[derive(Deserialize)]
struct Row<'a> {
    #[serde(default)]
    metric: Labels,
    value: Option<(IgnoredAny, Fig)>,
    #[serde(borrow)]
    values: Option<&'a RawValue>,
    histogram: Option<IgnoredAny>,
    histograms: Option<Vec<IgnoredAny>>,
}

/// The figures of points, without their times.
impl Extend<(IgnoredAny, Fig)> for Figures {
    fn extend<I: IntoIterator<Item = (IgnoredAny, Fig)>>(&mut self, points: I) {
        points.into_iter().for_each(|(_, figure)| self.push(figure));
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let answer: Answer<'_> = json::from_input(input)?;
    if answer.status != "success" {
        let said = [answer.error_type, answer.error].into_iter().flatten().collect::<Vec<_>>().join(": ");
        return Err(ParseError::new(ErrorCode::ToolFailed, "the query failed").at(0).found_words(said));
    }
    let Some(data) = answer.data else { return Err(foreign("an answer with data")) };
    let mut report = Report::default();
    let within = |raw: &RawValue, e: serde_json::Error| {
        let base = raw.get().as_ptr().addr().saturating_sub(input.bytes.as_ptr().addr());
        json::located(e, raw.get().as_bytes(), base, None)
    };
    let inner = |e: serde_json::Error| within(data.result, e);
    match data.result_type.as_str() {
        "scalar" | "string" => {
            let (_, figure): (IgnoredAny, Fig) = serde_json::from_str(data.result.get()).map_err(inner)?;
            report.sample("", &Labels::new(), "", None, figure.0)?;
        }
        "vector" | "matrix" => {
            let rows: Vec<Row<'_>> = serde_json::from_str(data.result.get()).map_err(inner)?;
            for mut row in rows {
                let name = row.metric.remove("__name__").unwrap_or_default();
                if let Some((_, figure)) = row.value {
                    report.sample(&name, &row.metric, "", None, figure.0)?;
                }
                if let Some(points) = row.values {
                    let figures: Each<(IgnoredAny, Fig), Figures> =
                        serde_json::from_str(points.get()).map_err(|e| within(points, e))?;
                    report.samples(&name, &row.metric, "", None, figures.0)?;
                }
                let histograms =
                    row.histograms.map_or(0, |h| h.len()).saturating_add(usize::from(row.histogram.is_some()));
                if histograms > 0 {
                    let count = u64::try_from(histograms).unwrap_or(u64::MAX);
                    report.failed(
                        &name,
                        &row.metric,
                        count,
                        "a native histogram has no single figure: query histogram_quantile()",
                    );
                }
            }
        }
        other => return Err(ParseError::malformed("resultType vector, matrix or scalar").at(0).found(other)),
    }
    for warning in &answer.warnings {
        report.note(format!("partial answer: {}", warning.chars().take(200).collect::<String>()));
    }
    for info in &answer.infos {
        report.note(info.chars().take(200).collect::<String>());
    }
    Ok(report.finish("prometheus", Some(answer.warnings.is_empty())))
}
