//! Where the figures of gates changed over earlier runs (`--history`): said in the verdict, which does not stand on it.

use crate::stats;
use crate::verdict::{Change, GateStatus, GateVerdict, Verdict};
use gatekeeper_evidence::unit::Unit;
use std::collections::BTreeMap;

/// Most runs that are looked at: the newest.
const RUNS: usize = 200;
/// Most figures that are looked at.
const FIGURES: usize = 200;

/// A figure of one run.
struct Point<'v> {
    value: f64,
    now: Option<&'v str>,
    commit: Option<&'v str>,
}

/// A figure over the runs: gate, metric, cell.
type Name<'v> = (&'v str, &'v str, &'v BTreeMap<String, String>);

/// The changes of every figure that this run has too. `now` and `commit` are this run's.
pub(crate) fn changes(
    earlier: &[&Verdict],
    gates: &[GateVerdict],
    now: Option<&str>,
    commit: Option<&str>,
) -> Vec<Change> {
    if earlier.is_empty() {
        return Vec::new();
    }
    let mut out = Vec::new();
    let skipped = earlier.len().saturating_sub(RUNS);
    let past: Vec<BTreeMap<Name<'_>, (f64, &str)>> = earlier.iter().skip(skipped).map(|v| figures(&v.gates)).collect();
    for (name, (value, unit)) in figures(gates).into_iter().take(FIGURES) {
        let mut points: Vec<Point<'_>> = Vec::new();
        for (verdict, figures) in earlier.iter().skip(skipped).zip(&past) {
            let Some(value) = figures.get(&name).and_then(|(v, was)| converted(*v, was, unit)) else { continue };
            points.push(Point { value, now: verdict.now.as_deref(), commit: verdict.context.commit.as_deref() });
        }
        points.push(Point { value, now, commit });
        let values: Vec<f64> = points.iter().map(|p| p.value).collect();
        for change in stats::changes(&values) {
            let Some(first) = points.get(change.at) else { continue };
            out.push(Change {
                gate: name.0.to_owned(),
                metric: name.1.to_owned(),
                labels: name.2.clone(),
                kind: if change.drift { "drift" } else { "step" }.into(),
                since: first.now.map(str::to_owned),
                commit: first.commit.map(str::to_owned),
                before: shown(change.before, unit),
                after: shown(change.after, unit),
                percent: percent(change.before, change.after),
                runs_before: change.runs.0,
                runs_after: change.runs.1,
            });
        }
    }
    out
}

/// The last change of each figure, in words.
pub(crate) fn words(changes: &[Change]) -> Vec<String> {
    let last = |c: &Change, at: usize| {
        !changes.iter().skip(at + 1).any(|o| (&o.gate, &o.metric, &o.labels) == (&c.gate, &c.metric, &c.labels))
    };
    let told = changes.iter().enumerate().filter(|(at, c)| last(c, *at)).map(|(_, c)| c);
    told.map(|c| {
        let labels: Vec<String> = c.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let cell = if labels.is_empty() { String::new() } else { format!(" ({})", labels.join(", ")) };
        let by = c.percent.as_ref().map(|p| format!(" ({p})")).unwrap_or_default();
        let what = format!("{}{cell}: {}", c.gate, c.metric);
        if c.kind == "drift" {
            return format!("{what} drifts over {} runs, from {} to {}{by}", c.runs_after, c.before, c.after);
        }
        let commit = c.commit.as_ref().map(|c| format!(" at commit {}", c.get(..12).unwrap_or(c))).unwrap_or_default();
        let when = c.since.as_ref().map(|t| format!(" on {t}")).unwrap_or_default();
        format!(
            "{what} changed{commit}{when}: {} in {} runs before, {} in {} since{by}",
            c.before, c.runs_before, c.after, c.runs_after
        )
    })
    .collect()
}

/// The figures of gates that were judged, with their units: those of measurements and coverage, which every run has.
fn figures(gates: &[GateVerdict]) -> BTreeMap<Name<'_>, (f64, &str)> {
    let judged = |g: &&GateVerdict| {
        matches!(g.rule.as_str(), "measurements" | "coverage")
            && matches!(g.status, GateStatus::Pass | GateStatus::Warn | GateStatus::Fail)
    };
    let mut out = BTreeMap::new();
    for gate in gates.iter().filter(judged) {
        for c in &gate.conditions {
            let share = c.sample.filter(|r| r.total > 0).map(|r| (share(r.covered, r.total), "%"));
            let Some(figure) = share.or_else(|| {
                let (number, unit) = c.value.split_once(' ').unwrap_or((&c.value, ""));
                Some((number.parse().ok().filter(|v: &f64| v.is_finite())?, unit))
            }) else {
                continue;
            };
            // Two conditions of one name (`max` and `min`) have one figure.
            out.entry((gate.name.as_str(), c.metric.as_str(), &c.labels)).or_insert(figure);
        }
    }
    out
}

#[expect(clippy::cast_precision_loss, reason = "a share for a look at its course")]
fn share(covered: u64, total: u64) -> f64 {
    100.0 * covered as f64 / total as f64
}

/// A figure in another unit of its kind.
fn converted(value: f64, from: &str, to: &str) -> Option<f64> {
    if from == to {
        return Some(value);
    }
    let (from, to) = (Unit::of(from), Unit::of(to));
    (from.dimension == to.dimension).then(|| value * from.factor.as_f64() / to.factor.as_f64())
}

/// A figure to four digits.
fn shown(value: f64, unit: &str) -> String {
    let size = if value == 0.0 { 0.0 } else { value.abs().log10().floor() };
    let number = match size {
        s if s >= 3.0 => format!("{value:.0}"),
        s if s >= 2.0 => format!("{value:.1}"),
        s if s >= 1.0 => format!("{value:.2}"),
        s if s >= 0.0 => format!("{value:.3}"),
        s if s >= -3.0 => format!("{value:.6}"),
        _ => format!("{value:.3e}"),
    };
    if unit.is_empty() { number } else { format!("{number} {unit}") }
}

fn percent(before: f64, after: f64) -> Option<String> {
    let by = (after / before - 1.0) * 100.0;
    (before > 0.0 && by.is_finite()).then(|| format!("{by:+.1} %"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_shown_to_four_digits() {
        let of = |v| shown(v, "ms");
        assert_eq!(
            [of(12345.6), of(402.34), of(40.234), of(4.0234), of(0.0040234), of(0.0)],
            ["12346 ms", "402.3 ms", "40.23 ms", "4.023 ms", "0.004023 ms", "0.000 ms"]
        );
        assert_eq!(percent(400.0, 480.0).as_deref(), Some("+20.0 %"));
        assert_eq!(percent(0.0, 480.0), None);
        assert_eq!(converted(0.5, "s", "ms"), Some(500.0));
        assert_eq!(converted(0.5, "s", "B"), None);
    }
}
