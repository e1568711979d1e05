//! The rule `canary`: what is rolled out against what it replaces, by the same metrics of both.

use super::api::{Builder, Judge, Judgement, Rule, RuleError, Scope};
use super::condition::{Bound, Condition, Quantity};
use super::series::{Seen, level, lost, own_thresholds, percent_of, pooled, seen};
use crate::config::{Measure, Table};
use crate::stats::{Sorted, fisher, mann_whitney, newcombe};
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::measurements::{Better, Labels};
use gatekeeper_evidence::number::Number;
use gatekeeper_evidence::unit::{Dimension, Unit};
use std::borrow::Cow;
use std::collections::BTreeMap;

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("canary"),
    title: Cow::Borrowed("a canary against what it replaces: promote, hold or roll back"),
    kind: Kind::Measurements,
    docs: Cow::Borrowed(
        "## What it requires
That the canary is not worse than what it replaces by more than is allowed, in every metric, as far as the samples can tell. The verdict has a `decision`: `promote` (the gate passes), `hold` (`inconclusive`: it cannot
be told yet) or `rollback` (it fails).
Latencies are compared by Mann and Whitney's test with Hodges and Lehmann's interval of the ratio; rates by their counts, with Newcombe's interval of the difference (Fisher's exact p-value is shown beside it).
The interval decides: wholly beyond the limit is worse, wholly within it is fine, anything else holds.

## Why
A comparison of two averages promotes noise and rolls noise back. No data is no reason to promote.

## Configuration
| key | meaning | default |
|---|---|---|
| `baseline`, `canary` | which measurements are of which: `{ labels = { role = \"primary\" } }`, by labels of files or series | required |
| `metrics` | a list of `{ name, max-increase = \"10%\" }` (or `max-decrease` where more is better); a rate: `{ name, counts = [\"errors\", \"requests\"], max-increase = \"1pp\" }` | required |
| `metrics.critical` | beyond its limit the canary is rolled back; otherwise it is held | true |
| `min-samples` | fewest samples (for a rate: requests) on each side; below them it holds | 50 |
| `confidence` | of the intervals, two-sided, percent | 95 |

`gatekeeper rollout --current 15 VERDICT` says the next of `[rollout] steps = [5, 15, 50, 100]`.

## Example
```toml
[gates.canary]
rule = \"canary\"
baseline = { labels = { role = \"primary\" } }
canary = { labels = { role = \"canary\" } }
metrics = [
  { name = \"latency\", max-increase = \"10%\" },
  { name = \"error_rate\", max-increase = \"1pp\", counts = [\"errors\", \"requests\"] },
]

[rollout]
steps = [5, 15, 50, 100]
```

## When evidence is missing
No measurements of one side, or none of a metric: `missing`. Lost samples (NaN, null), samples that have no ratio (0, negative), counts that contradict, a bound on the direction that the report says is the better one: `error`. Neither is ever promoted. A hold triggers nothing (`then`).
",
    ),
    build: Builder::Fixed(build),
};

/// A side of the comparison: the labels that its measurements have.
#[derive(Debug)]
struct Side {
    name: &'static str,
    labels: BTreeMap<String, Vec<String>>,
}

#[derive(Debug)]
struct Metric {
    name: String,
    /// What it may be worse by, as a share: 0.1 is 10 % or 10 points.
    most: f64,
    shown: Measure,
    /// Whether more is worse.
    increase: bool,
    critical: bool,
    counts: Option<[String; 2]>,
}

#[derive(Debug)]
struct Canary {
    baseline: Side,
    canary: Side,
    metrics: Vec<Metric>,
    min_samples: u64,
    level: f64,
}

fn build(t: &mut Table<'_>) -> Option<Box<dyn Judge>> {
    let span = t.span();
    let baseline = side(t, "baseline");
    let canary = side(t, "canary");
    if let (Some(a), Some(b)) = (&baseline, &canary)
        && a.labels == b.labels
    {
        t.problem(
            span.clone(),
            "`baseline` and `canary` have the same labels, so that a canary would be compared with itself",
        );
    }
    let tables = t.tables("metrics");
    if tables.is_empty()
        && t.is_sound()
        && t.get("metrics").is_none_or(|n| matches!(n.value, crate::config::Value::List(_)))
    {
        t.problem(span, "a canary gate needs `metrics`: [{ name = \"latency\", max-increase = \"10%\" }]");
    }
    let metrics: Vec<Metric> = tables.into_iter().filter_map(metric).collect();
    let min_samples = t.count("min-samples").unwrap_or(50);
    let level = level(t);
    Some(Box::new(Canary { baseline: baseline?, canary: canary?, metrics, min_samples, level }))
}

fn side(t: &mut Table<'_>, key: &'static str) -> Option<Side> {
    let span = t.span();
    let Some(mut inner) = t.table(key) else {
        if t.get(key).is_none() {
            t.problem(span, format!("a canary gate needs `{key}`: {{ labels = {{ role = \"…\" }} }}"));
        }
        return None;
    };
    let labels = inner.named_texts("labels");
    if labels.is_empty() {
        inner.problem(inner.span(), format!("`{key}` needs `labels` that tell its measurements from the other's"));
    }
    inner.finish(&format!("`{key}`"));
    Some(Side { name: key, labels })
}

fn metric(mut t: Table<'_>) -> Option<Metric> {
    let span = t.span();
    let name = t.text("name").map(|(n, _)| n);
    let (up, down) = (t.measure("max-increase"), t.measure("max-decrease"));
    let critical = t.flag("critical").unwrap_or(true);
    let counts = t.texts("counts").map(|c| c.into_iter().map(|(c, _)| c).collect::<Vec<String>>());
    let given = ["max-increase", "max-decrease"].into_iter().filter(|k| t.get(k).is_some()).count();
    if name.is_none() && t.get("name").is_none() {
        t.problem(span.clone(), "a metric of a canary has a `name`");
    }
    if given != 1 {
        t.problem(
            span.clone(),
            "a metric of a canary has either `max-increase` or `max-decrease`: what it may be worse by",
        );
    }
    let counts = match counts.map(<[String; 2]>::try_from) {
        None => None,
        Some(Ok(counts)) => Some(counts),
        Some(Err(_)) => {
            t.problem(span, "`counts` names two metrics: how many there were of how many, [\"errors\", \"requests\"]");
            return None;
        }
    };
    let increase = up.is_some();
    let mut fits = true;
    if let Some((shown, at)) = up.as_ref().or(down.as_ref()) {
        let wanted = if counts.is_some() { "pp" } else { "%" };
        fits = shown.unit.name == wanted && !shown.value.is_negative();
        if !fits {
            let words = match counts {
                Some(_) => format!("a rate may change by points: write \"1pp\", not {shown}"),
                None => format!("samples are compared by their ratio: write \"10%\", not {shown}"),
            };
            t.problem(at.clone(), words);
        }
        let all = shown.base() >= Number::whole(1);
        if fits && all && (down.is_some() || counts.is_some()) {
            t.problem(at.clone(), format!("with {shown} nothing could be too bad: all of it is 100"));
            fits = false;
        }
    }
    t.finish("a metric of a canary");
    let (shown, _) = up.or(down).filter(|_| fits)?;
    Some(Metric { name: name?, most: shown.base().as_f64(), shown, increase, critical, counts })
}

impl Side {
    fn has(&self, labels: &Labels) -> bool {
        self.labels.iter().all(|(k, values)| labels.get(k).is_some_and(|l| values.contains(l)))
    }
}

impl Judge for Canary {
    fn decides(&self) -> bool {
        true
    }

    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError> {
        let mut out = Judgement::default();
        let all = seen(scope);
        let both = [&self.baseline, &self.canary];
        // What failed by the tool's own word is no canary to promote; what it says of the baseline alone does not matter.
        for e in scope.evidence {
            let mut own = all.iter().filter(|s| s.source == e.source.path).peekable();
            if own.peek().is_none() || own.any(|s| !self.baseline.has(&s.labels)) {
                out.violations.extend(own_thresholds(e));
            }
        }
        for metric in &self.metrics {
            let names: Vec<&str> = match &metric.counts {
                Some(counts) => counts.iter().map(String::as_str).collect(),
                None => vec![&metric.name],
            };
            let mut broken = false;
            for l in
                lost(scope).iter().filter(|l| l.failure.metric.is_empty() || names.contains(&l.failure.metric.as_str()))
            {
                if both.iter().any(|side| side.has(&l.labels)) || l.failure.metric.is_empty() {
                    broken = true;
                    out.violations
                        .push(Violation::new("measurement-failed", GateStatus::Error, l.words()).from_source(l.source));
                }
            }
            for side in both {
                for name in &names {
                    if !all.iter().any(|s| s.series.metric == *name && side.has(&s.labels)) && !broken {
                        broken = true;
                        let words = format!("`{name}` was not measured of the {}", side.name);
                        out.violations.push(Violation::new("measurement-missing", GateStatus::Missing, words));
                    }
                }
            }
            if broken {
                continue;
            }
            if let Some(words) = self.other_way(metric, &all) {
                let words = format!("{}: {words}", metric.name);
                out.violations.push(Violation::new("canary-untold", GateStatus::Error, words));
                continue;
            }
            let answer = match &metric.counts {
                Some(counts) => self.rate(metric, counts, &all),
                None => self.samples(metric, &all),
            };
            match answer {
                Ok((condition, note)) => {
                    if condition.status != GateStatus::Pass {
                        out.violations.push(self.worse(metric, &condition, &note));
                    }
                    out.notes.push(note);
                    out.conditions.push(condition);
                }
                Err((status, words)) => {
                    out.violations.push(Violation::new("canary-untold", status, format!("{}: {words}", metric.name)));
                }
            }
        }
        Ok(out)
    }
}

type Answer = Result<(Condition, String), (GateStatus, String)>;

impl Canary {
    /// The status of an interval of how much worse the canary is, against what is allowed.
    fn status(&self, metric: &Metric, low: f64, high: f64, most: f64) -> GateStatus {
        let (beyond, within) = if metric.increase { (low > most, high <= most) } else { (high < most, low >= most) };
        match (beyond, within) {
            (true, _) if metric.critical => GateStatus::Fail,
            (false, true) => GateStatus::Pass,
            _ => GateStatus::Inconclusive,
        }
    }

    fn worse(&self, metric: &Metric, condition: &Condition, note: &str) -> Violation {
        let said = match condition.status {
            GateStatus::Fail => "the canary is worse",
            _ if !metric.critical => "it is worse or cannot be told yet, and holds the canary, as it is not critical",
            _ => "it cannot be told yet",
        };
        let mut v = Violation::new("canary", condition.status, format!("{}: {said}: {note}", metric.name));
        v.id = Some(metric.name.clone());
        v
    }

    /// What bounds the good direction bounds nothing: a report that says which one is better is believed.
    fn other_way(&self, metric: &Metric, all: &[Seen<'_>]) -> Option<String> {
        let name = metric.counts.as_ref().map_or(&metric.name, |[bad, _]| bad);
        let better = if metric.increase { Better::Higher } else { Better::Lower };
        let sided = |s: &Seen<'_>| self.baseline.has(&s.labels) || self.canary.has(&s.labels);
        let s = all.iter().find(|s| s.series.metric == *name && sided(s) && s.series.better == Some(better))?;
        let (own, other) = match metric.increase {
            true => ("max-increase", "max-decrease"),
            false => ("max-decrease", "max-increase"),
        };
        let source = s.source;
        let better = better.as_str();
        Some(format!("`{own}` bounds what may get better: {source} says that {better} is better, so write `{other}`"))
    }

    fn condition(&self, metric: &Metric, value: String, status: GateStatus) -> Condition {
        let sign = if metric.increase { '+' } else { '-' };
        Condition {
            metric: Cow::Owned(metric.name.clone()),
            value: Quantity::Word(Cow::Owned(value)),
            bound: if metric.increase { Bound::AtMost } else { Bound::AtLeast },
            limit: Quantity::Word(Cow::Owned(format!("{sign}{}", metric.shown))),
            noun: "",
            status,
        }
    }

    fn samples(&self, metric: &Metric, all: &[Seen<'_>]) -> Answer {
        let error = |words: String| (GateStatus::Error, words);
        let of = |side: &Side| {
            let own = all.iter().filter(|s| s.series.metric == metric.name && side.has(&s.labels));
            pooled(own).map_err(error)
        };
        let (old, new) = (of(&self.baseline)?, of(&self.canary)?);
        if old.dimension != new.dimension {
            return Err(error("the two sides are in units of different kinds".to_owned()));
        }
        let counts = format!("{} and {} samples", old.values.len(), new.values.len());
        if old.values.is_empty() || new.values.is_empty() {
            return Err((
                GateStatus::Inconclusive,
                format!("only a summary is stated, and the comparison needs samples: {counts}"),
            ));
        }
        let few = old.values.len().min(new.values.len());
        if u64::try_from(few).unwrap_or(0) < self.min_samples {
            return Err((
                GateStatus::Inconclusive,
                format!("{counts}, and at least {} of each are wanted", self.min_samples),
            ));
        }
        let (Some(old), Some(new)) = (Sorted::of(old.values), Sorted::of(new.values)) else {
            return Err(error("a sample is 0 or negative, so that it has no ratio to another".to_owned()));
        };
        let most = if metric.increase { 1.0 + metric.most } else { 1.0 - metric.most };
        let c = mann_whitney(&old, &new, most, self.level);
        let status = self.status(metric, c.low, c.high, most);
        let value = percent_of(c.ratio - 1.0);
        let note =
            format!("{} {value} [{}, {}] by {counts}", metric.name, percent_of(c.low - 1.0), percent_of(c.high - 1.0));
        Ok((self.condition(metric, value, status), note))
    }

    fn rate(&self, metric: &Metric, counts: &[String; 2], all: &[Seen<'_>]) -> Answer {
        let [bad, whole] = counts;
        let count = |side: &Side, name: &str| -> Result<u64, (GateStatus, String)> {
            let mut sum = 0_u64;
            for s in all.iter().filter(|s| s.series.metric == name && side.has(&s.labels)) {
                let unit = Unit::of(&s.series.unit);
                if !unit.name.is_empty() && !matches!(unit.dimension, Dimension::Other(_)) {
                    let words = format!("{} is in {}, so that it is no count", s.name(), unit.name);
                    return Err((GateStatus::Error, words));
                }
                let one = (s.series.samples.len() == 1).then(|| s.series.samples.number(0)?.as_count()).flatten();
                let Some(n) = one.filter(|n| *n < 1 << 53) else {
                    return Err((
                        GateStatus::Error,
                        format!("{} is not one whole number, so that it is no count", s.name()),
                    ));
                };
                sum = sum.saturating_add(n);
            }
            Ok(sum)
        };
        let (a, n) = (count(&self.baseline, bad)?, count(&self.baseline, whole)?);
        let (b, m) = (count(&self.canary, bad)?, count(&self.canary, whole)?);
        let shown = format!("{b} of {m} against {a} of {n}");
        if a > n || b > m {
            return Err((GateStatus::Error, format!("more {bad} than {whole}: {shown}")));
        }
        if n.min(m) < self.min_samples {
            return Err((
                GateStatus::Inconclusive,
                format!("{shown}, and at least {} {whole} on each side are wanted", self.min_samples),
            ));
        }
        let Some((difference, low, high)) = newcombe(a, n, b, m, self.level) else {
            return Err((GateStatus::Inconclusive, format!("a rate of nothing: {shown}")));
        };
        let most = if metric.increase { metric.most } else { -metric.most };
        let status = self.status(metric, low, high, most);
        let points = |d: f64| format!("{:+.3} pp", d * 100.0);
        let note = format!(
            "{} {} [{}, {}] by {shown} (Fisher p {})",
            metric.name,
            points(difference),
            points(low),
            points(high),
            p_value(fisher(a, n, b, m))
        );
        Ok((self.condition(metric, points(difference), status), note))
    }
}

/// A probability as people read it.
fn p_value(p: f64) -> String {
    if p >= 0.001 { format!("{p:.3}") } else { format!("{p:.1e}") }
}

#[cfg(test)]
mod tests;
