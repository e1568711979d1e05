//! Earlier verdicts beside this one, as rows for the page's trends: a status of the whole and of each gate for each run, and the figures of its
//! conditions over time.

use super::super::text;
use crate::verdict::details::{Past, PastGate};
use crate::verdict::{Condition, GateStatus, GateVerdict, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;

/// Figures of a gate that are shown over time.
const METRICS: usize = 12;
/// Characters of a name in the page's data; what is longer is in the JSON.
pub(super) const NAME: usize = 1_000;

/// Runs by time, and gates in the order of this verdict's policy.
#[derive(Serialize)]
pub(super) struct Trend {
    /// Time, commit, status.
    runs: Vec<(String, String, &'static str)>,
    gates: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    /// One for each run; null where it had no such gate.
    statuses: Vec<Option<&'static str>>,
    violations: Vec<Option<u64>>,
    metrics: Vec<Metric>,
}

#[derive(Serialize)]
struct Metric {
    name: String,
    /// The limit of this run, as it is written, and as a number.
    limit: String,
    bound: Option<f64>,
    /// What stands behind the number: `%`, `ms`, …
    unit: String,
    /// One for each run, with how it was judged.
    values: Vec<Option<f64>>,
    statuses: Vec<Option<&'static str>>,
}

/// How many runs there are to show: none where nothing is known of earlier ones.
pub(super) fn runs(v: &Verdict) -> usize {
    let earlier = v.details.as_ref().map_or(0, |d| d.history.len());
    if earlier == 0 { 0 } else { earlier.saturating_add(1) }
}

/// What a run says of a gate.
struct At<'v> {
    status: GateStatus,
    violations: u64,
    conditions: &'v [Condition],
}

impl<'v> At<'v> {
    fn earlier(g: &'v PastGate) -> Self {
        At { status: g.status, violations: g.violations, conditions: &g.conditions }
    }

    fn now(g: &'v GateVerdict) -> Self {
        let violations = u64::try_from(g.violations.len()).unwrap_or(u64::MAX);
        At { status: g.status, violations, conditions: &g.conditions }
    }
}

/// The trend of a verdict.
pub(super) fn trend(v: &Verdict) -> Trend {
    let earlier: &[Past] = v.details.as_ref().map(|d| d.history.as_slice()).unwrap_or_default();
    let shown = |text: &Option<String>, most| text.as_deref().map(|t| text::short(t, most)).unwrap_or_default();
    let run = |p: &Past| (shown(&p.now, NAME), shown(&p.commit, 12), p.status.as_str());
    let this = (shown(&v.now, NAME), shown(&v.context.commit, 12), v.status.as_str());
    let runs = earlier.iter().map(run).chain([this]).collect();
    let gates = v
        .gates
        .iter()
        .map(|gate| {
            let then = earlier.iter().map(|p| p.gates.iter().find(|g| g.name == gate.name).map(At::earlier));
            row(&gate.name, &then.chain([Some(At::now(gate))]).collect::<Vec<_>>())
        })
        .collect();
    Trend { runs, gates }
}

fn row<'v>(name: &str, runs: &[Option<At<'v>>]) -> Row {
    // The newest run says which figures there are, and by which limit they are judged.
    let mut known: Vec<(String, &Condition)> = Vec::new();
    let mut at: BTreeMap<String, usize> = BTreeMap::new();
    for condition in runs.iter().rev().flatten().flat_map(|at| at.conditions) {
        let key = key(condition);
        if known.len() < METRICS && !at.contains_key(&key) {
            at.insert(key.clone(), known.len());
            known.push((key, condition));
        }
    }
    let metric = |(key, newest): &(String, &Condition)| {
        let of = |at: &Option<At<'v>>| at.as_ref()?.conditions.iter().find(|c| self::key(c) == *key);
        let held: Vec<Option<&Condition>> = runs.iter().map(of).collect();
        Metric {
            name: text::short(key, NAME),
            limit: text::short(&format!("{} {}", newest.comparator, newest.limit), NAME),
            bound: leading(&newest.limit),
            unit: unit(&newest.value),
            values: held.iter().map(|c| c.and_then(number)).collect(),
            statuses: held.iter().map(|c| c.map(|c| c.status.as_str())).collect(),
        }
    };
    Row {
        name: text::short(name, NAME),
        statuses: runs.iter().map(|at| at.as_ref().map(|at| at.status.as_str())).collect(),
        violations: runs.iter().map(|at| at.as_ref().map(|at| at.violations)).collect(),
        metrics: known.iter().map(metric).collect(),
    }
}

fn key(c: &Condition) -> String {
    let labels: Vec<String> = c.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    if labels.is_empty() { c.metric.clone() } else { format!("{} ({})", c.metric, labels.join(" ")) }
}

/// A condition's value as a number, as exactly as a chart needs it.
fn number(c: &Condition) -> Option<f64> {
    match c.sample.filter(|r| r.total > 0) {
        // Hundredths of a percent of what may be as many lines as fit into 64 bits.
        Some(r) if c.value.contains('%') => {
            let parts = u128::from(r.covered) * 1_000_000 / u128::from(r.total);
            u32::try_from(parts).ok().map(|parts| f64::from(parts) / 10_000.0)
        }
        _ => leading(&c.value),
    }
}

/// The number that a text begins with.
fn leading(text: &str) -> Option<f64> {
    let text = text.trim_start();
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'));
    text.strip_suffix(rest)?.parse::<f64>().ok().filter(|n| n.is_finite())
}

fn unit(text: &str) -> String {
    let rest = text.trim_start().trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'));
    let word = rest.split_whitespace().next().unwrap_or_default();
    text::short(word, 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_what_is_shown() {
        for (text, is, in_unit) in [
            ("79.99 %", Some(79.99), "%"),
            ("12ms", Some(12.0), "ms"),
            ("-3", Some(-3.0), ""),
            ("not known", None, "not"),
            ("1.2.3", None, ""),
            ("", None, ""),
        ] {
            assert_eq!((leading(text), unit(text).as_str()), (is, in_unit), "{text}");
        }
    }
}
