//! What a single file is and says, in the words of `inspect`.

use gatekeeper_evidence::approvals::{State, standing};
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::measurements::Series;
use gatekeeper_evidence::{Data, Evidence, Kind, Note, Ratio};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Most series of which each is told in figures.
const VALUES: usize = 10_000;

/// What `inspect` answers for one file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// The file as it was named.
    pub file: String,
    /// The format's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<&'static str>,
    /// What it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The figures; their fields depend on the kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Value>,
    /// The tool that wrote it, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// SHA-256 of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Size, bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Tolerated oddities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Why it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorDocument>,
}

/// An error as documents show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorDocument {
    /// The stable code.
    pub code: ErrorCode,
    /// The whole message.
    pub message: String,
    /// The format, where one was recognised.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub format: String,
    /// Where.
    pub location: gatekeeper_evidence::location::Location,
}

impl From<&ParseError> for ErrorDocument {
    fn from(e: &ParseError) -> Self {
        ErrorDocument {
            code: e.code(),
            message: e.line(),
            format: e.format().to_owned(),
            location: e.location().clone(),
        }
    }
}

/// Sums up what reading one file gave.
pub fn inspection(name: &str, result: &Result<Evidence, ParseError>) -> Inspection {
    match result {
        Ok(e) => Inspection {
            file: name.to_owned(),
            format: Some(e.source.format),
            kind: Some(e.kind()),
            summary: Some(summary(e)),
            tool: e.source.tool.clone(),
            sha256: Some(e.source.sha256.clone()),
            size: Some(e.source.size),
            notes: e.notes.clone(),
            error: None,
        },
        Err(e) => Inspection {
            file: name.to_owned(),
            format: None,
            kind: None,
            summary: None,
            tool: None,
            sha256: None,
            size: None,
            notes: Vec::new(),
            error: Some(ErrorDocument::from(e)),
        },
    }
}

/// The figures of one piece of evidence.
pub fn summary(e: &Evidence) -> Value {
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| {
        out.insert(key.to_owned(), value);
    };
    match &e.data {
        Data::Coverage(c) => {
            let f = c.figures();
            let ratio = |r: Option<Ratio>| r.map_or(Value::Null, |r| json!(r));
            let stated_only = c.percent.is_some();
            put("lines", if stated_only { Value::Null } else { ratio(f.lines) });
            put("branches", ratio(f.branches));
            put("functions", ratio(f.functions));
            put("statements", ratio(f.statements));
            let files = match &c.percent {
                Some(p) => p.files.len().max(c.files.len()),
                None => c.files.len(),
            };
            put("files", json!(files));
            if let Some(p) = &c.percent {
                put("percent", json!({ "lines": number(&p.total) }));
            }
            if !c.not_counted.is_empty() {
                put("not_counted", json!(c.not_counted.len()));
            }
        }
        Data::Tests(t) => {
            let n = t.counts();
            put("total", json!(n.total()));
            put("passed", json!(n.passed));
            let degraded = t.health.as_ref().map_or(0, |h| h.degraded.len());
            put("failed", json!(n.failed.saturating_sub(u64::try_from(degraded).unwrap_or(u64::MAX))));
            if let Some(health) = &t.health {
                put("degraded", json!(degraded));
                put("status", json!(health.status));
            }
            put("errored", json!(n.errored));
            put("skipped", json!(n.skipped));
            put("flaky", json!(n.flaky));
            // Nanoseconds are beyond what any tool measures; without rounding, sums show binary noise.
            put("duration_s", json!((t.duration() * 1e9).round() / 1e9));
            if !t.problems.is_empty() {
                put("problems", json!(t.problems));
            }
        }
        Data::Findings(f) => {
            put("total", json!(f.active().count()));
            put("by_severity", json!(f.by_severity()));
            put("suppressed", json!(f.items.len() - f.active().count()));
            put("tools", json!(f.tools));
        }
        Data::Inventory(i) => {
            put("components", json!(i.components.len()));
            put("licensed", json!(i.components.iter().filter(|c| c.is_licensed()).count()));
            if i.spec.is_some() {
                put("spec", json!(i.spec));
                put("spec_version", json!(i.spec_version));
                put("valid", json!(i.valid));
                if !i.problems.is_empty() {
                    put("problems", json!(i.problems));
                }
            }
        }
        Data::Measurements(m) => {
            put("series", json!(m.series.len()));
            put("samples", json!(m.samples()));
            put("errors", json!(m.errors()));
            if let Some(failed) = m.thresholds_failed {
                put("thresholds_failed", json!(failed));
            }
            put("values", json!(m.series.iter().take(VALUES).map(values).collect::<Vec<_>>()));
        }
        Data::Commits(c) => {
            put("commits", json!(c.commits.len()));
            put("merges", json!(c.commits.iter().filter(|c| c.is_merge()).count()));
            put("reverts", json!(c.commits.iter().filter(|c| c.is_revert()).count()));
            put("tags", json!(c.tags()));
        }
        Data::Approvals(a) => {
            let standing = standing(a.reviews.iter());
            let of = |state| standing.iter().filter(|r| r.state == state).count();
            let refused = if a.environments { "rejected" } else { "changes_requested" };
            put("reviews", json!(a.reviews.len()));
            put("users", json!(a.users()));
            put("standing", json!({ "approved": of(State::Approved), refused: of(State::ChangesRequested) }));
        }
        Data::Checksums(c) => {
            put("files", json!(c.files.len()));
            put("algorithms", json!(c.algorithms()));
            if let Some(kind) = &c.predicate_type {
                put("predicate_type", json!(kind));
            }
        }
        Data::Checklist(c) => {
            put("items", json!(c.items.len()));
            put("ticked", json!(c.ticked()));
        }
        Data::Vex(v) => {
            let mut by = std::collections::BTreeMap::new();
            for s in &v.statements {
                *by.entry(s.status.as_str()).or_insert(0_u64) += 1;
            }
            put("statements", json!(v.statements.len()));
            put("by_status", json!(by));
        }
        Data::Command(c) => {
            put("exit_status", json!(c.exit_status));
            if c.signal.is_some() {
                put("signal", json!(c.signal));
            }
            put("reports", json!(c.reports.len()));
        }
    }
    put("complete", json!(e.complete));
    Value::Object(out)
}

/// A series in figures: those that are known.
fn values(s: &Series) -> Value {
    let mut out = Map::new();
    out.insert("metric".to_owned(), json!(s.metric));
    out.insert("labels".to_owned(), json!(s.labels));
    out.insert("unit".to_owned(), json!(s.unit));
    out.insert("n".to_owned(), json!(s.samples.len()));
    if let Some(better) = s.better {
        out.insert("better".to_owned(), json!(better));
    }
    for (name, figure) in [("min", s.min()), ("max", s.max()), ("mean", s.mean())] {
        if let Some(figure) = figure {
            out.insert(name.to_owned(), json!(figure));
        }
    }
    Value::Object(out)
}

/// A percentage as printed, as a JSON number: whole ones without a fraction.
fn number(text: &str) -> Value {
    text.parse::<u64>().map(Value::from).or_else(|_| text.parse::<f64>().map(Value::from)).unwrap_or(Value::Null)
}
