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
            let stated = || {
                let (number, unit) = c.value.split_once(' ').unwrap_or((&c.value, ""));
                number.parse().ok().filter(|v: &f64| v.is_finite()).map(|v| (v, unit))
            };
            let figure = match c.sample {
                // A share of nothing is no figure.
                Some(r) => (r.total > 0).then(|| (share(r.covered, r.total), "%")),
                None => stated(),
            };
            let Some(figure) = figure else { continue };
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
    // Of 0 it is no finite share, and of what is below 0 it would have the wrong sign.
    (before.is_sign_positive() && by.is_finite()).then(|| format!("{by:+.1} %"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::tests::{gate, verdict};
    use crate::verdict::{Action, Condition};
    use gatekeeper_evidence::Ratio;

    #[test]
    fn figures_are_shown_to_four_digits() {
        let of = |v| shown(v, "ms");
        assert_eq!(
            [of(12345.6), of(402.34), of(40.234), of(4.0234), of(0.0040234), of(0.0), of(0.00004)],
            ["12346 ms", "402.3 ms", "40.23 ms", "4.023 ms", "0.004023 ms", "0.000 ms", "4.000e-5 ms"]
        );
        assert_eq!(shown(3.0, ""), "3.000");
        assert_eq!(percent(400.0, 480.0).as_deref(), Some("+20.0 %"));
        assert_eq!(percent(400.0, 300.0).as_deref(), Some("-25.0 %"));
        assert_eq!((percent(0.0, 480.0), percent(0.0, 0.0), percent(-2.0, 4.0)), (None, None, None));
        assert_eq!(converted(0.5, "s", "ms"), Some(500.0));
        assert_eq!(converted(500.0, "ms", "s"), Some(0.5));
        assert_eq!(converted(0.5, "s", "B"), None);
    }

    fn condition(metric: &str, value: &str, sample: Option<Ratio>) -> Condition {
        Condition {
            metric: metric.into(),
            value: value.into(),
            comparator: "<=".into(),
            limit: "1".into(),
            sample,
            distance: None,
            status: GateStatus::Pass,
            labels: BTreeMap::new(),
        }
    }

    fn judged(rule: &str, status: GateStatus, conditions: Vec<Condition>) -> GateVerdict {
        GateVerdict { rule: rule.into(), conditions, ..gate(status, Action::Block) }
    }

    #[test]
    fn the_figures_of_a_run_are_those_of_measurements_and_coverage_that_were_judged() {
        let of = |gate: &GateVerdict| -> Vec<(String, f64, String)> {
            let all = figures(std::slice::from_ref(gate));
            all.into_iter().map(|((_, metric, _), (v, unit))| (metric.to_owned(), v, unit.to_owned())).collect()
        };
        let conditions = || {
            vec![
                condition("lines", "75.0 %", Some(Ratio::new(3, 4))),
                condition("none", "0 of 0", Some(Ratio::new(0, 0))),
                condition("p99", "402.5 ms", None),
                // A `min` beside the `max` of the same figure.
                condition("p99", "402.5 ms", None),
                condition("size", "7", None),
                condition("word", "unknown", None),
                condition("endless", "inf ms", None),
            ]
        };
        let told = |metric: &str, v: f64, unit: &str| (metric.to_owned(), v, unit.to_owned());
        let all = [told("lines", 75.0, "%"), told("p99", 402.5, "ms"), told("size", 7.0, "")];
        for rule in ["measurements", "coverage"] {
            for status in [GateStatus::Pass, GateStatus::Warn, GateStatus::Fail] {
                assert_eq!(of(&judged(rule, status, conditions())), all, "{rule} {status:?}");
            }
            for status in [GateStatus::Error, GateStatus::Missing, GateStatus::Inconclusive, GateStatus::Skip] {
                assert_eq!(of(&judged(rule, status, conditions())), [], "{rule} {status:?}");
            }
        }
        assert_eq!(of(&judged("tests", GateStatus::Pass, conditions())), []);
    }

    fn change(metric: &str, kind: &'static str, labels: &[(&str, &str)]) -> Change {
        Change {
            gate: "latency".into(),
            metric: metric.into(),
            labels: labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            kind: kind.into(),
            since: None,
            commit: None,
            before: "400 ms".into(),
            after: "480 ms".into(),
            percent: None,
            runs_before: 10,
            runs_after: 12,
        }
    }

    #[test]
    fn the_last_change_of_each_figure_is_told() {
        let full = Change {
            since: Some("2027-01-25T08:00:00Z".into()),
            commit: Some("0123456789abcdef".into()),
            percent: Some("+20.0 %".into()),
            ..change("p99", "step", &[("os", "linux"), ("otp", "28")])
        };
        let earlier = Change { before: "300 ms".into(), ..full.clone() };
        let short = Change { commit: Some("c0ffee1".into()), ..change("p50", "step", &[]) };
        let drift = Change { percent: Some("+20.0 %".into()), ..change("p99", "drift", &[]) };
        let told = words(&[earlier, full, short, drift]);
        assert_eq!(
            told,
            [
                "latency (os=linux, otp=28): p99 changed at commit 0123456789ab on 2027-01-25T08:00:00Z: 400 ms in 10 runs \
                 before, 480 ms in 12 since (+20.0 %)",
                "latency: p50 changed at commit c0ffee1: 400 ms in 10 runs before, 480 ms in 12 since",
                "latency: p99 drifts over 12 runs, from 400 ms to 480 ms (+20.0 %)",
            ]
        );
    }

    #[test]
    fn a_step_is_at_the_first_run_after_it_in_the_units_of_this_run() {
        let noise = [400.0, 402.0, 399.0, 401.0, 398.0, 403.0, 400.5, 399.5, 402.5, 397.5];
        let values: Vec<f64> = noise.into_iter().chain(noise.map(|v| v + 60.0)).collect();
        let of = |value: String| vec![judged("measurements", GateStatus::Pass, vec![condition("p99", &value, None)])];
        let runs = values.iter().enumerate().map(|(n, v)| {
            // Other runs were judged by a limit in another unit.
            let value = if n % 2 == 0 { format!("{v} ms") } else { format!("{} s", v / 1000.0) };
            let mut verdict = verdict(Some(&format!("2027-01-01T00:00:{n:02}Z")), of(value));
            verdict.context.commit = Some(format!("c{n}"));
            verdict
        });
        let earlier: Vec<Verdict> = runs.collect();
        let earlier: Vec<&Verdict> = earlier.iter().collect();
        let now = of("459.5 ms".to_owned());
        let found = changes(&earlier, &now, Some("2027-01-02T00:00:00Z"), Some("ours"));
        let step = Change {
            gate: "g".into(),
            since: Some("2027-01-01T00:00:10Z".into()),
            commit: Some("c10".into()),
            before: "400.3 ms".into(),
            after: "460.2 ms".into(),
            percent: Some("+15.0 %".into()),
            runs_after: 11,
            ..change("p99", "step", &[])
        };
        assert_eq!(found, [step]);
        assert_eq!(changes(&[], &now, None, None), []);
        // What is measured in another dimension is no course.
        assert_eq!(changes(&earlier, &of("459.5 MB".to_owned()), None, None), []);
    }
}
