//! Series then and now: none worse than in an earlier run by more than is allowed, as far as its samples can tell. The rule `regression` is nothing
//! else, and `measurements` has it beside its limits.

use super::api::{Item, Judgement, Scope};
use super::condition::{Bound, Condition, Quantity, counted};
use super::series::{Seen, level, lost, of_evidence, own_thresholds, percent_of, seen};
use crate::config::{Measure, Table};
use crate::stats::{Comparison, Sorted, bootstrap, fewest_samples, holm, mann_whitney, welch};
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_evidence::measurements::{Better, Labels, named};
use gatekeeper_evidence::number::Number;
use gatekeeper_evidence::unit::{Dimension, Unit};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    MannWhitney,
    Welch,
    Bootstrap,
    Exact,
}

/// What a gate says of it.
#[derive(Debug)]
pub(super) struct Ratio {
    metrics: Vec<Pattern>,
    max: Measure,
    better: Option<Better>,
    level: f64,
    test: Option<Test>,
}

impl Ratio {
    /// Reads its keys.
    pub(super) fn read(t: &mut Table<'_>, what: &str) -> Option<Ratio> {
        let span = t.span();
        let metrics = t.patterns("metrics", Pattern::new);
        let max = t.measure("max");
        if max.is_none() && t.get("max").is_none() {
            t.problem(span, format!("{what} needs `max`: what a series may be worse by, such as \"5%\""));
        }
        if let Some((max, at)) = max.as_ref().filter(|(m, _)| m.unit.name != "%" || m.value.is_negative()) {
            t.problem(at.clone(), format!("`max` is a percentage such as \"5%\", not {max}"));
        }
        let better = t.choice("better", &[("lower", Better::Lower), ("higher", Better::Higher)]);
        let tests = [
            ("mann-whitney", Test::MannWhitney),
            ("welch", Test::Welch),
            ("bootstrap", Test::Bootstrap),
            ("exact", Test::Exact),
        ];
        let test = t.choice("test", &tests);
        let level = level(t);
        Some(Ratio { metrics, max: max?.0, better, level, test })
    }
}

/// What is one series, then and now: metric, labels, kind of unit.
type Identity = (String, Labels);

/// Series of one identity, of all files.
#[derive(Default)]
struct Group<'a> {
    seen: Vec<Seen<'a>>,
}

impl Group<'_> {
    fn dimension(&self) -> Dimension {
        self.seen.first().map_or(Dimension::Share, |s| Unit::of(&s.series.unit).dimension)
    }

    /// What its reports say of the direction: one, none, or two that contradict each other.
    fn better(&self) -> Vec<Better> {
        let mut said: Vec<Better> = self.seen.iter().filter_map(|s| s.series.better).collect();
        said.dedup();
        said
    }

    fn is_exact(&self) -> bool {
        !self.seen.is_empty() && self.seen.iter().all(|s| s.series.exact)
    }

    /// Its samples in base units.
    fn values(&self) -> Vec<f64> {
        let of = |s: &Seen<'_>| {
            let factor = Unit::of(&s.series.unit).factor.as_f64();
            s.series.samples.values().map(move |v| v * factor).collect::<Vec<_>>()
        };
        self.seen.iter().flat_map(of).collect()
    }

    /// The one figure of a series without noise, in base units; `None` where its samples differ or there is none.
    fn exact(&self) -> Option<Number> {
        let mut all = self.seen.iter().flat_map(|s| {
            let unit = Unit::of(&s.series.unit);
            (0..s.series.samples.len())
                .filter_map(|n| s.series.samples.number(n))
                .map(move |n| unit.base(&n))
                .collect::<Vec<_>>()
        });
        let first = all.next()?;
        all.all(|n| n == first).then_some(first)
    }
}

fn groups(all: Vec<Seen<'_>>) -> BTreeMap<Identity, Group<'_>> {
    let mut out: BTreeMap<Identity, Group<'_>> = BTreeMap::new();
    for s in all {
        out.entry((s.series.metric.clone(), s.labels.clone())).or_default().seen.push(s);
    }
    out
}

/// What comes of one series.
struct Found {
    name: String,
    metric: String,
    source: String,
    status: GateStatus,
    code: &'static str,
    value: String,
    words: String,
    higher: bool,
}

/// A series whose samples are tested, until all are.
struct Tested {
    found: Found,
    comparison: Comparison,
    counts: (usize, usize),
    limit: f64,
}

impl Ratio {
    /// Holds the series of this run against those of the earlier one.
    pub(super) fn judge(&self, scope: &Scope<'_>) -> Judgement {
        let mut out = Judgement::default();
        let asked = |metric: &str| self.metrics.is_empty() || self.metrics.iter().any(|p| p.matches(metric).is_some());
        let Some(baseline) = scope.baseline else {
            out.violations.push(Violation::new(
                "baseline-missing",
                GateStatus::Missing,
                "there is nothing to compare with: no baseline of these measurements",
            ));
            return out;
        };
        out.violations.extend(scope.evidence.iter().filter_map(|e| own_thresholds(e)));
        let (now, before) = (groups(seen(scope)), groups(of_evidence(baseline)));
        let mut failed: Vec<&str> = Vec::new();
        let all_lost = lost(scope);
        for l in &all_lost {
            let own = l.failure.metric.is_empty() || asked(&l.failure.metric);
            let (code, status) = if own {
                ("measurement-failed", GateStatus::Error)
            } else {
                ("measurement-failed-elsewhere", GateStatus::Warn)
            };
            failed.push(&l.failure.metric);
            out.violations.push(Violation::new(code, status, l.words()).from_source(l.source));
        }
        for ((metric, labels), _) in before.iter().filter(|((m, _), _)| asked(m)) {
            let there = now.contains_key(&(metric.clone(), labels.clone()));
            if !there && !failed.contains(&metric.as_str()) {
                let words = format!("{} was measured in the baseline, and is gone", named(metric, labels));
                let mut v = Violation::new("measurement-vanished", GateStatus::Error, words);
                v.id = Some(metric.clone());
                out.violations.push(v);
            }
        }
        let (mut tested, mut settled, mut new, mut compared) = (Vec::new(), Vec::new(), Vec::new(), 0_u64);
        for ((metric, labels), group) in now.iter().filter(|((m, _), _)| asked(m)) {
            let Some(old) = before.get(&(metric.clone(), labels.clone())) else {
                new.push(named(metric, labels));
                continue;
            };
            compared += 1;
            match self.one(metric, labels, old, group) {
                One::Tested(t) => tested.push(t),
                One::Settled(found) => settled.push(found),
            }
        }
        if compared == 0 && out.violations.iter().all(|v| v.status == GateStatus::Warn) {
            let words =
                if new.is_empty() { "no series is one of `metrics`" } else { "none of the series is in the baseline" };
            out.violations.push(Violation::new("baseline-missing", GateStatus::Missing, words));
        }
        settled.extend(self.together(tested));
        settled.sort_by(|a, b| a.name.cmp(&b.name));
        for found in settled {
            let item = Item { id: Some(&found.metric), path: Some(&found.source), ..Item::default() };
            if found.status == GateStatus::Fail && scope.waived(&item) {
                continue;
            }
            self.tell(found, &mut out);
        }
        if !new.is_empty() && compared > 0 {
            let some: Vec<&str> = new.iter().take(3).map(String::as_str).collect();
            let more = if new.len() > 3 { ", …" } else { "" };
            out.notes.push(
                format!(
                    "{} not in the baseline: {}{more}",
                    counted(u64::try_from(new.len()).unwrap_or(0), "series"),
                    some.join(", ")
                )
                .replace("seriess", "series"),
            );
        }
        out
    }
}

enum One {
    Tested(Tested),
    Settled(Found),
}

impl Ratio {
    /// One series, then and now.
    fn one(&self, metric: &str, labels: &Labels, old: &Group<'_>, new: &Group<'_>) -> One {
        let source = new.seen.first().map_or("", |s| s.source).to_owned();
        let name = named(metric, labels);
        let found = |status, code, value: String, words: String, higher| Found {
            name: name.clone(),
            metric: metric.to_owned(),
            source: source.clone(),
            status,
            code,
            value,
            words,
            higher,
        };
        let settle = |status, code, words: String| One::Settled(found(status, code, String::new(), words, false));
        let differ = |g: &Group<'_>| g.seen.iter().any(|s| Unit::of(&s.series.unit).dimension != new.dimension());
        if differ(old) || differ(new) {
            let words =
                format!("its unit is of another kind than in the baseline: {} is {}", name, new.dimension().noun());
            return settle(GateStatus::Error, "regression-unit", words);
        }
        // A report that turns the direction round would make the slower one better.
        let mut said = new.better();
        said.extend(old.better());
        said.dedup();
        if said.len() > 1 {
            let words = "its reports, then and now, do not agree which direction is better".to_owned();
            return settle(GateStatus::Error, "regression-direction", words);
        }
        let own = said.first().copied();
        let better = match (own, self.better) {
            (Some(own), Some(told)) if own != told => {
                let words =
                    format!("the report says that {} is better, and the policy says {}", own.as_str(), told.as_str());
                return settle(GateStatus::Error, "regression-direction", words);
            }
            (Some(better), _) | (None, Some(better)) => better,
            (None, None) => {
                let words = "the report does not say which direction is better: say better = \"lower\" or \"higher\""
                    .to_owned();
                return settle(GateStatus::Error, "regression-direction", words);
            }
        };
        let higher = better == Better::Higher;
        if higher && self.max.base() >= Number::whole(1) {
            let words = format!("more is better for it, and with max = \"{}\" nothing could be too little", self.max);
            return settle(GateStatus::Error, "regression-limit", words);
        }
        let test = self.test.unwrap_or(if new.is_exact() && old.is_exact() { Test::Exact } else { Test::MannWhitney });
        if test == Test::Exact {
            return self.exactly(old, new, higher, &found);
        }
        let (mut a, mut b) = (old.values(), new.values());
        let follows = [&a, &b].into_iter().filter_map(|v| following(v)).fold(0.0_f64, f64::max);
        let counts = (a.len(), b.len());
        if a.is_empty() || b.is_empty() {
            return settle(
                GateStatus::Inconclusive,
                "regression-untold",
                "only a summary is stated, and the test needs samples".to_owned(),
            );
        }
        let zero = |v: &[f64]| v.iter().all(|v| *v == 0.0);
        if zero(&a) && !zero(&b) {
            return settle(
                GateStatus::Missing,
                "baseline-zero",
                "its baseline is 0, so that it has no ratio to it".to_owned(),
            );
        }
        if zero(&a) && zero(&b) && new.dimension() != Dimension::Time {
            // Nothing then and nothing now is as much.
            (a, b) = (vec![1.0; a.len()], vec![1.0; b.len()]);
        }
        let freed = zero(&b) && new.dimension() != Dimension::Time && test == Test::MannWhitney;
        let (Some(a), Some(b)) = (Sorted::of(a), if freed { Sorted::of_none(b.len()) } else { Sorted::of(b) }) else {
            return settle(
                GateStatus::Error,
                "regression-untold",
                "a sample is 0 or negative, so that it has no ratio to another".to_owned(),
            );
        };
        let share = self.max.base().as_f64();
        let limit = if higher { 1.0 - share } else { 1.0 + share };
        let comparison = match test {
            Test::Welch => welch(&a, &b, limit, self.level),
            Test::Bootstrap => bootstrap(&a, &b, limit, self.level),
            _ => Some(mann_whitney(&a, &b, limit, self.level)),
        };
        let Some(comparison) = comparison else {
            let words = format!("{} and {} samples are too few, or too many, for this test", counts.0, counts.1);
            return settle(GateStatus::Inconclusive, "regression-untold", words);
        };
        let (ratio, low, high) =
            (percent_of(comparison.ratio - 1.0), percent_of(comparison.low - 1.0), percent_of(comparison.high - 1.0));
        let words = format!("{ratio} [{low}, {high}] by {} and {} samples", counts.0, counts.1);
        let words = match follows > 0.0 {
            true => format!("{words}, of which each is like the one before (correlation {follows:.2})"),
            false => words,
        };
        One::Tested(Tested {
            found: found(GateStatus::Pass, "regression", ratio, words, higher),
            comparison,
            counts,
            limit,
        })
    }

    /// Figures without noise, compared exactly.
    fn exactly(
        &self,
        old: &Group<'_>,
        new: &Group<'_>,
        higher: bool,
        found: &dyn Fn(GateStatus, &'static str, String, String, bool) -> Found,
    ) -> One {
        let (Some(a), Some(b)) = (old.exact(), new.exact()) else {
            let words = "its samples differ among themselves, or there is none, so that it cannot be compared exactly"
                .to_owned();
            return One::Settled(found(GateStatus::Inconclusive, "regression-untold", String::new(), words, higher));
        };
        let one = Number::whole(1);
        let share = self.max.base();
        let factor = if higher { one.minus(&share) } else { one.plus(&share) };
        let beyond = match (a.is_zero(), b.is_zero()) {
            (true, false) => {
                let words = "its baseline is 0, so that it has no ratio to it".to_owned();
                return One::Settled(found(GateStatus::Missing, "baseline-zero", String::new(), words, higher));
            }
            _ if (a.is_zero() || b.is_zero()) && new.dimension() == Dimension::Time => {
                let words = "it took no time at all, so that it was not measured".to_owned();
                return One::Settled(found(GateStatus::Error, "regression-untold", String::new(), words, higher));
            }
            _ if a.is_negative() || b.is_negative() => {
                let words = "it is negative, so that it has no ratio to another".to_owned();
                return One::Settled(found(GateStatus::Error, "regression-untold", String::new(), words, higher));
            }
            _ => b.cmp(&a.times(&factor)) == if higher { Ordering::Less } else { Ordering::Greater },
        };
        let ratio = b.over(&a).map_or(1.0, |r| r.as_f64());
        let value = percent_of(ratio - 1.0);
        let words = format!("{value}, from {a} to {b}");
        One::Settled(found(
            if beyond { GateStatus::Fail } else { GateStatus::Pass },
            "regression",
            value,
            words,
            higher,
        ))
    }

    /// Series that were tested, looked at together: what is significant is on its side of the limit, anything else cannot be told.
    fn together(&self, tested: Vec<Tested>) -> Vec<Found> {
        let p: Vec<f64> = tested.iter().map(|t| t.comparison.p).collect();
        let strictest = self.level / f64::from(u32::try_from(p.len().max(1)).unwrap_or(u32::MAX));
        let significant = holm(&p, self.level);
        let several = p.len() > 1;
        tested
            .into_iter()
            .zip(significant)
            .map(|(t, significant)| {
                let mut found = t.found;
                let worse = (t.comparison.ratio > t.limit) != found.higher;
                found.status = match (significant, worse) {
                    (true, true) => GateStatus::Fail,
                    (true, false) => GateStatus::Pass,
                    (false, _) => GateStatus::Inconclusive,
                };
                if found.status == GateStatus::Inconclusive {
                    found.code = "regression-untold";
                    let more = enough(&t.comparison, t.counts, t.limit, strictest);
                    let among = if several { format!(" among {} series", p.len()) } else { String::new() };
                    found.words = format!("{}: too uncertain to tell{among}; {more}", found.words);
                }
                found
            })
            .collect()
    }

    fn tell(&self, found: Found, out: &mut Judgement) {
        if found.status != GateStatus::Pass {
            let mut v = Violation::new(found.code, found.status, format!("{}: {}", found.name, found.words))
                .from_source(&found.source);
            v.id = Some(found.metric.clone());
            out.violations.push(v);
        }
        if !found.value.is_empty() {
            out.conditions.push(Condition {
                metric: Cow::Owned(found.name),
                value: Quantity::Word(Cow::Owned(found.value)),
                bound: if found.higher { Bound::AtLeast } else { Bound::AtMost },
                limit: Quantity::Word(Cow::Owned(format!("{}{}", if found.higher { "-" } else { "+" }, self.max))),
                noun: "",
                status: found.status,
            });
        }
    }
}

/// How much each sample is like the one before, where that is more than chance: the tests take samples for independent, and then raise more false alarms
/// than stated (docs/statistics.md).
fn following(values: &[f64]) -> Option<f64> {
    // Figures that never change follow nothing; their mean is off by its rounding.
    let first = values.first()?;
    if values.iter().all(|v| v == first) {
        return None;
    }
    let n = float(values.len());
    let mean = values.iter().sum::<f64>() / n;
    let square: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let lag: f64 = values.iter().zip(values.iter().skip(1)).map(|(a, b)| (a - mean) * (b - mean)).sum();
    // Beyond 2.58 standard errors: one in two hundred of independent series. Fewer than ten samples are never so much alike.
    Some(lag / square).filter(|correlation| *correlation > 2.58 / n.sqrt())
}

fn float(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

/// What would be enough to tell: the smallest difference that these samples show, and about how many of them would decide.
fn enough(c: &Comparison, counts: (usize, usize), limit: f64, level: f64) -> String {
    let few = u64::try_from(counts.0.min(counts.1)).unwrap_or(u64::MAX);
    let fewest = fewest_samples(level);
    if few < fewest || !c.high.is_finite() || c.low <= 0.0 {
        return format!("at least {fewest} samples on each side are needed to tell anything");
    }
    let reach = (c.high.ln() - c.low.ln()) / 2.0;
    let far = (c.ratio.ln() - limit.ln()).abs();
    let seen = percent_of(reach.exp() - 1.0);
    let samples = f64::from(u32::try_from(few).unwrap_or(u32::MAX)) * (reach / far) * (reach / far);
    if !(0.0..=1e6).contains(&samples) {
        return format!("these show differences of {seen} at best, and it lies at the limit itself");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to a million")]
    let wanted = (samples.ceil() as u64).max(few.saturating_add(1)).max(fewest);
    format!("these show differences of {seen} at best, and about {wanted} samples on each side would decide")
}

#[cfg(test)]
mod tests;
