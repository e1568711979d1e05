//! The rule `measurements`: figures within their limits.

use super::api::{Builder, Compares, Item, Judge, Judgement, Rule, RuleError, Scope};
use super::condition::{Bound, Condition, Quantity, counted};
use super::ratio::Ratio;
use super::remedy::Remedy;
use super::series::{Lost, Seen, empty, lost, own_thresholds, seen};
use crate::config::{Measure, PolicyProblem, ProblemCode, Table};
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_evidence::measurements::{Series, Statistic};
use gatekeeper_evidence::number::Number;
use gatekeeper_evidence::unit::{Dimension, Unit};
use gatekeeper_evidence::{Data, Kind};
use std::borrow::Cow;
use std::cmp::Ordering;

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("measurements"),
    title: Cow::Borrowed("measured figures within their limits: latencies, error rates, sizes, scores"),
    kind: Kind::Measurements,
    docs: Cow::Borrowed(
        "## What it requires
That each named metric was measured and lies within its limits. Decimals are compared exactly; a limit in another unit of the same kind is converted (500 ms is 0.5 s, 1 KiB is 1024 B, 0.01 is 1 %).
Where a metric has several series (label sets, files), each is held against the limit.
A benchmark that failed, a NaN, an empty answer is no figure: the gate is `error` or `missing`, never passed.
A figure that a report states, and that the samples which it lists do not have, is held against the limit as well: where the two differ in what they come to, the gate is an `error`.
A waiver takes out series, by `id` (the metric) or `path`.

## Why
A limit on a figure is only worth something if the figure was really measured, in the unit that was meant.

## Configuration
| key | meaning | default |
|---|---|---|
| `limits` | a table of metrics, each with `max` or `min` (or both): `{ p99 = { max = \"500ms\" } }`; a name with `*` is a pattern | this or `regression` is required |
| `limits.NAME.warn` | a stricter limit on the side of `max` or `min`: beyond it the gate warns | none |
| `limits.NAME.of` | which figure: `value` (every sample), `mean`, `median`, `min`, `max`, `p95`, `p99.9` | `value` |
| `regression` | what the series may be worse by than in the baseline: `{ max = \"5%\", test = \"mann-whitney\" }`, the keys of the rule `regression` | none |

Percentiles are interpolated linearly between samples (R-7, NumPy's default). One that the samples cannot carry (p99 of 20) is `inconclusive`, and so is a figure of samples where the report states only a summary without it.
Units: `ns us ms s`, `%`, `pp`, `B KiB MiB`, `1/s` and none; another word is comparable only with itself.

## Example
```toml
[[evidence]]
name = \"load\"
paths = [\"load.json\"]
extract = [{ metric = \"p99\", json = \"/latency/p99\", unit = \"ms\" }]

[gates.latency]
rule = \"measurements\"
limits = { p99 = { max = \"500ms\", warn = \"400ms\" } }
```

## When evidence is missing
No measurements, or none of a named metric: `missing`. A metric that failed, has no number or is in a unit of another kind: `error`; so is a time below zero, as many tools write where they measured nothing, unless the limit has a `min`. Thresholds that k6 itself says failed: `error`.
",
    ),
    build: Builder::Fixed(build),
};

/// Which figure of a series is held against the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Every sample.
    Value,
    /// A figure that stands for all of them.
    Statistic(Statistic),
}

#[derive(Debug)]
struct Limit {
    metric: String,
    pattern: Option<Pattern>,
    bounds: Vec<(Bound, Measure, Option<Measure>)>,
    of: Of,
}

#[derive(Debug)]
struct Limits {
    limits: Vec<Limit>,
    regression: Option<Ratio>,
}

fn build(t: &mut Table<'_>) -> Option<Box<dyn Judge>> {
    let span = t.span();
    let entries = t.named("limits");
    let regression = match t.table("regression") {
        Some(mut inner) => {
            let ratio = Ratio::read(&mut inner, "`regression`");
            inner.finish("`regression`");
            Some(ratio?)
        }
        None => None,
    };
    if entries.is_empty() && regression.is_none() {
        if t.get("regression").is_some() {
            return None;
        }
        let words = "a measurements gate needs `limits` or `regression`, else nothing can ever fail it";
        let problem = PolicyProblem::new(span, words).code(ProblemCode::MissingKey);
        t.problems().add(problem.help("write limits = { METRIC = { max = \"500ms\" } }"));
        return None;
    }
    let mut limits = Vec::new();
    for entry in entries {
        let inner = Table::of(&entry.node, &format!("the limit of `{}`", entry.key), t.problems())?;
        limits.push(limit(&entry.key, inner)?);
    }
    Some(Box::new(Limits { limits, regression }))
}

fn limit(metric: &str, mut t: Table<'_>) -> Option<Limit> {
    let (max, min, warn) = (t.measure("max"), t.measure("min"), t.measure("warn"));
    let of = t.text("of");
    let said = ["max", "min"].into_iter().any(|key| t.get(key).is_some());
    let span = t.span();
    let of = match &of {
        None => Of::Value,
        Some((word, _)) if word == "value" => Of::Value,
        Some((word, at)) => match Statistic::parse(word) {
            Some(statistic) => Of::Statistic(statistic),
            None => {
                let words =
                    format!("`of` takes value, mean, median, min, max or a percentile such as p99, not \"{word}\"");
                let problem = PolicyProblem::new(at.clone(), words).code(ProblemCode::UnknownWord);
                t.problems().add(problem.nearest(word, ["value", "mean", "median", "min", "max", "p99", "p95"]));
                return None;
            }
        },
    };
    if !said {
        let words = format!("the limit of `{metric}` needs `max` or `min`");
        t.problem_of(ProblemCode::MissingKey, span.clone(), words);
    }
    let kinds: Vec<&(Measure, _)> = [&max, &min, &warn].into_iter().flatten().collect();
    if let [first, rest @ ..] = kinds.as_slice()
        && let Some((other, at)) =
            rest.iter().find(|(m, _)| m.unit.dimension != first.0.unit.dimension).map(|m| (&m.0, &m.1))
    {
        let words = format!("the limits of `{metric}` are of different kinds: {} and {other}", first.0);
        t.problem(at.clone(), words);
        return None;
    }
    let mut bounds = Vec::new();
    let both = max.is_some() && min.is_some();
    if let (Some((max, _)), Some((min, at))) = (&max, &min)
        && min.base() > max.base()
    {
        t.problem(at.clone(), format!("`min` is above `max`, so that nothing can pass: {min} and {max}"));
    }
    if let Some((_, at)) = warn.as_ref().filter(|_| both) {
        t.problem(at.clone(), "beside both `max` and `min` it cannot be told on which side `warn` is: write two gates");
    }
    for (bound, given) in [(Bound::AtMost, &max), (Bound::AtLeast, &min)] {
        let Some((measure, _)) = given else { continue };
        if let Some((warn, at)) = warn.as_ref().filter(|_| !both) {
            let idle = match bound {
                Bound::AtMost => warn.base() >= measure.base(),
                _ => warn.base() <= measure.base(),
            };
            if idle {
                t.problem(
                    at.clone(),
                    format!("`warn` is no stricter than the limit, so that it never warns: {warn} and {measure}"),
                );
            }
        }
        bounds.push((bound, measure.clone(), warn.as_ref().map(|(m, _)| m.clone())));
    }
    t.finish("a limit");
    let pattern = if metric.contains('*') { Pattern::new(metric).ok() } else { None };
    (!bounds.is_empty()).then(|| Limit { metric: metric.to_owned(), pattern, bounds, of })
}

impl Limit {
    fn names(&self, metric: &str) -> bool {
        self.metric == metric || self.pattern.as_ref().is_some_and(|p| p.matches(metric).is_some())
    }
}

impl Judge for Limits {
    fn compares(&self) -> Compares {
        match (&self.regression, self.limits.is_empty()) {
            (None, _) => Compares::Not,
            (Some(_), false) => Compares::Also,
            (Some(_), true) => Compares::Wholly,
        }
    }

    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError> {
        let mut out = Judgement::default();
        let (seen, lost) = (seen(scope), lost(scope));
        for limit in &self.limits {
            limit.judge(&seen, &lost, scope, &mut out);
        }
        out.violations.extend(empty(scope));
        let others: Vec<&Lost<'_>> =
            lost.iter().filter(|l| !self.limits.iter().any(|limit| limit.concerns(l))).collect();
        if let Some(first) = others.first().filter(|_| !self.limits.is_empty()) {
            let more = others.len().saturating_sub(1);
            let more = if more == 0 { String::new() } else { format!(", and {more} more") };
            let message = format!("{}{more}; no limit names it", first.words());
            out.violations.push(
                Violation::new("measurement-failed-elsewhere", GateStatus::Warn, message).from_source(first.source),
            );
        }
        for e in scope.evidence {
            let Data::Measurements(m) = &e.data else { continue };
            out.violations.extend(own_thresholds(e));
            if m.thresholds_failed.is_none() && e.source.format == "k6-summary" {
                out.notes.push("k6's summary says nothing of its thresholds".to_owned());
            }
        }
        // Without anything to compare with, that is told where all gates are.
        if let Some(ratio) = self.regression.as_ref().filter(|_| scope.baseline.is_some() || self.limits.is_empty()) {
            let compared = ratio.judge(scope);
            out.conditions.extend(compared.conditions);
            let more: Vec<Violation> =
                compared.violations.into_iter().filter(|v| !out.violations.contains(v)).collect();
            out.violations.extend(more);
            out.notes.extend(compared.notes);
        }
        Ok(out)
    }
}

/// A figure of a series, or why there is none.
enum Figure {
    /// A figure that stands on its own.
    Exact(Number),
    /// A sum of so many samples, which stands for their mean.
    MeanOf(Number, Number),
    Unknown(String),
}

impl Limit {
    /// Whether what was not measured is something that this limit asks for.
    fn concerns(&self, lost: &Lost<'_>) -> bool {
        lost.failure.metric.is_empty() || self.names(&lost.failure.metric)
    }

    fn judge(&self, seen: &[Seen<'_>], lost: &[Lost<'_>], scope: &Scope<'_>, out: &mut Judgement) {
        for l in lost.iter().filter(|l| self.concerns(l)) {
            out.violations
                .push(Violation::new("measurement-failed", GateStatus::Error, l.words()).from_source(l.source));
        }
        let own: Vec<&Seen<'_>> = seen.iter().filter(|s| self.names(&s.series.metric)).collect();
        if own.is_empty() {
            if !lost.iter().any(|l| self.concerns(l)) {
                out.violations.push(self.missing(seen));
            }
            return;
        }
        let counters = own.iter().filter(|s| s.series.counter).count();
        if counters > 0 {
            out.notes.push(format!("{} is a counter, which only ever grows", self.metric));
        }
        for (bound, measure, warn) in &self.bounds {
            let mut worst: Option<(Condition, Ordered)> = None;
            let mut series = 0_u64;
            for s in &own {
                if let Some(dimension) = (Unit::of(&s.series.unit).dimension != measure.unit.dimension)
                    .then(|| Unit::of(&s.series.unit).dimension)
                {
                    let message = format!(
                        "{} is {}, and its limit is {}, so they cannot be compared",
                        s.name(),
                        dimension.noun(),
                        measure.unit.dimension.noun()
                    );
                    out.violations
                        .push(Violation::new("measurement-unit", GateStatus::Error, message).from_source(s.source));
                    continue;
                }
                if let Some(lowest) = self.below_zero(s, *bound) {
                    let message = format!(
                        "{} is {lowest} {}, and no time is below zero: many tools write so where they measured nothing",
                        s.name(),
                        s.series.unit
                    );
                    out.violations.push(
                        Violation::new("measurement-negative", GateStatus::Error, message)
                            .from_source(s.source)
                            .with_help("where it may be below zero, say how far with `min`"),
                    );
                    continue;
                }
                let (condition, order) = match self.held(s, *bound, measure, warn.as_ref()) {
                    Ok(held) => held,
                    Err(why) => {
                        let message = format!("{}: {why}", s.name());
                        out.violations.push(
                            Violation::new("measurement-inconclusive", GateStatus::Inconclusive, message)
                                .from_source(s.source),
                        );
                        continue;
                    }
                };
                out.violations.extend(self.stated(s, &condition, *bound, (measure, warn.as_ref())));
                if condition.status > GateStatus::Pass {
                    let item = Item { id: Some(&s.series.metric), path: Some(s.source), ..Item::default() };
                    if scope.waived(&item) {
                        continue;
                    }
                    let side = if *bound == Bound::AtMost { "above" } else { "below" };
                    let message = format!(
                        "{} is {}, {side} {}",
                        self.called(s),
                        shown(&condition.value),
                        shown(&condition.limit)
                    );
                    let mut v =
                        Violation::new("measurement-out-of-limit", condition.status, message).from_source(s.source);
                    v.id = Some(s.series.metric.clone());
                    out.violations.push(v);
                }
                series += 1;
                if worst.as_ref().is_none_or(|(_, known)| order.worse_than(known, *bound)) {
                    worst = Some((condition, order));
                }
            }
            if let Some((condition, _)) = worst {
                if condition.status == GateStatus::Fail {
                    let way = if *bound == Bound::AtMost { "down" } else { "up" };
                    out.to_pass.push(Remedy::Other(format!(
                        "bring {} {way} to {}",
                        condition.metric,
                        shown(&condition.limit)
                    )));
                }
                out.conditions.push(condition);
            }
            if series > 1 {
                out.notes.push(format!("the worst of {series} series of {}", self.metric));
            }
        }
        out.notes.dedup();
    }

    /// The lowest figure of times that are held below a limit, where it is below zero.
    fn below_zero(&self, s: &Seen<'_>, bound: Bound) -> Option<Number> {
        let bounded = bound != Bound::AtMost || self.bounds.iter().any(|(b, ..)| *b == Bound::AtLeast);
        if bounded || Unit::of(&s.series.unit).dimension != Dimension::Time {
            return None;
        }
        let of_samples = match extreme(s.series, Statistic::Min) {
            Figure::Exact(lowest) => Some(lowest),
            _ => None,
        };
        let lowest = of_samples.into_iter().chain(s.series.stated.values().cloned()).min();
        lowest.filter(Number::is_negative)
    }

    fn called(&self, s: &Seen<'_>) -> String {
        match self.of {
            Of::Value => s.name(),
            Of::Statistic(statistic) => format!("{statistic} of {}", s.name()),
        }
    }

    /// A series held against a limit, with what it is ordered by among its like.
    fn held(
        &self,
        s: &Seen<'_>,
        bound: Bound,
        max: &Measure,
        warn: Option<&Measure>,
    ) -> Result<(Condition, Ordered), String> {
        let unit = Unit::of(&s.series.unit);
        let figure = match (self.of, bound) {
            (Of::Statistic(statistic), _) => statistic_of(s.series, statistic),
            // Where every sample is to hold, the worst one decides.
            (Of::Value, Bound::AtMost) => extreme(s.series, Statistic::Max),
            (Of::Value, _) => extreme(s.series, Statistic::Min),
        };
        let (sum, n) = match figure {
            Figure::Exact(value) => (value, Number::whole(1)),
            Figure::MeanOf(sum, n) => (sum, n),
            Figure::Unknown(why) => return Err(why),
        };
        let (limit, status) = against(&unit.base(&sum), &n, bound, max, warn);
        let value = sum.over(&n).filter(|_| n != Number::whole(1)).unwrap_or_else(|| sum.clone());
        let condition = Condition {
            metric: Cow::Owned(self.called(s)),
            value: Quantity::Measure { value, unit: unit.name.as_str().into() },
            bound,
            limit: Quantity::Measure { value: limit.value.clone(), unit: limit.unit.name.as_str().into() },
            noun: "",
            status,
        };
        Ok((condition, Ordered { status, base: unit.base(&sum), n }))
    }

    /// What is stated of samples that are listed as well, where it is another figure: what it says, and what it comes to.
    fn stated(
        &self,
        s: &Seen<'_>,
        held: &Condition,
        bound: Bound,
        limits: (&Measure, Option<&Measure>),
    ) -> Option<Violation> {
        let statistic = match (self.of, bound) {
            (Of::Statistic(statistic), _) => statistic,
            (Of::Value, Bound::AtMost) => Statistic::Max,
            (Of::Value, _) => Statistic::Min,
        };
        let stated = s.series.stated.get(&statistic).filter(|_| !s.series.samples.is_empty())?;
        let Quantity::Measure { value: listed, unit } = &held.value else { return None };
        let (one, other) = (stated.as_f64(), listed.as_f64());
        // A tool works with floats: what is off by their rounding is the same.
        if (one - other).abs() <= 1e-9 * one.abs().max(other.abs()) {
            return None;
        }
        let base = Unit::of(&s.series.unit).base(stated);
        let (_, status) = against(&base, &Number::whole(1), bound, limits.0, limits.1);
        if status == held.status {
            return None;
        }
        let space = if unit.is_empty() { "" } else { " " };
        let words = format!(
            "{}: the report states a {statistic} of {stated}{space}{unit}, and its samples have {listed}{space}{unit}",
            s.name()
        );
        let status = if status.max(held.status) == GateStatus::Fail { GateStatus::Error } else { GateStatus::Warn };
        Some(Violation::new("measurement-contradicts", status, words).from_source(s.source))
    }

    fn missing(&self, seen: &[Seen<'_>]) -> Violation {
        let nameless = seen.iter().find(|s| s.series.metric.is_empty());
        if let Some(s) = nameless {
            let words = format!(
                "no series is named `{}`, and one has no name: name it with metric = \"{}\" in its [[evidence]] entry",
                self.metric, self.metric
            );
            return Violation::new("measurement-nameless", GateStatus::Error, words).from_source(s.source);
        }
        let mut names: Vec<&str> = seen.iter().map(|s| s.series.metric.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let near = crate::config::nearest(&self.metric, &names);
        let there = match near {
            Some(near) => format!("; did you mean `{near}`?"),
            None if names.is_empty() => "; nothing was".to_owned(),
            None => format!(
                "; there is {}{}",
                names.iter().take(5).copied().collect::<Vec<_>>().join(", "),
                if names.len() > 5 { ", …" } else { "" }
            ),
        };
        Violation::new("measurement-missing", GateStatus::Missing, format!("`{}` was not measured{there}", self.metric))
    }
}

/// A sum of so many samples against a limit and what is stricter: the one that decides, and what it comes to.
fn against<'l>(
    sum: &Number,
    n: &Number,
    bound: Bound,
    max: &'l Measure,
    warn: Option<&'l Measure>,
) -> (&'l Measure, GateStatus) {
    let worse = if bound == Bound::AtMost { Ordering::Greater } else { Ordering::Less };
    let beyond = |limit: &Measure| sum.cmp(&limit.base().times(n)) == worse;
    match (beyond(max), warn) {
        (true, _) => (max, GateStatus::Fail),
        (false, Some(warn)) if beyond(warn) => (warn, GateStatus::Warn),
        _ => (max, GateStatus::Pass),
    }
}

/// What a series is ordered by among others of its metric: the worst status first, then the figure.
struct Ordered {
    status: GateStatus,
    base: Number,
    n: Number,
}

impl Ordered {
    fn worse_than(&self, other: &Ordered, bound: Bound) -> bool {
        let figures = self.base.times(&other.n).cmp(&other.base.times(&self.n));
        let worse = if bound == Bound::AtMost { Ordering::Greater } else { Ordering::Less };
        self.status > other.status || (self.status == other.status && figures == worse)
    }
}

fn shown(quantity: &Quantity) -> String {
    match quantity {
        Quantity::Measure { value, unit } if unit.is_empty() => value.to_string(),
        Quantity::Measure { value, unit } => format!("{value} {unit}"),
        _ => String::new(),
    }
}

/// The largest or smallest sample, or what is stated of it.
fn extreme(series: &Series, statistic: Statistic) -> Figure {
    let pick = |a: Number, b: Number| if (statistic == Statistic::Max) == (b > a) { b } else { a };
    // The float's extreme finds the candidates: only those can be the exact one.
    let far = if statistic == Statistic::Max { series.max() } else { series.min() };
    let candidates = series.samples.values().enumerate().filter(|(_, v)| Some(*v) == far);
    let found = candidates.filter_map(|(at, _)| series.samples.number(at)).reduce(pick);
    match found.or_else(|| series.stated.get(&statistic).cloned()) {
        Some(number) => Figure::Exact(number),
        None => Figure::Unknown(format!(
            "the report states neither samples nor their {statistic}; name a figure that it states with `of`"
        )),
    }
}

fn statistic_of(series: &Series, statistic: Statistic) -> Figure {
    let samples = &series.samples;
    let stated = series.stated.get(&statistic).cloned();
    let n = u64::try_from(samples.len()).unwrap_or(u64::MAX);
    if n == 0 {
        let why = || format!("the report states no {statistic} and lists no samples to work it out from");
        return stated.map_or_else(|| Figure::Unknown(why()), Figure::Exact);
    }
    let parts = match statistic {
        Statistic::Mean => return Figure::MeanOf(samples.sum(), Number::whole(n)),
        Statistic::Min | Statistic::Max => return extreme(series, statistic),
        Statistic::Median => 500_000,
        Statistic::Percentile(parts) => parts,
    };
    // As many samples as there have to be for one to lie beyond it.
    let rare = u64::from(parts.min(1_000_000 - parts)).max(1);
    let needed = 1_000_000_u64.div_ceil(rare);
    if n < needed && statistic != Statistic::Median {
        let why = || format!("{} cannot carry {statistic}: at least {needed} would", counted(n, "sample"));
        return stated.map_or_else(|| Figure::Unknown(why()), Figure::Exact);
    }
    let rank = u128::from(n - 1) * u128::from(parts);
    let (below, between) = (rank / 1_000_000, rank % 1_000_000);
    let at = |rank: u128| samples.at_rank(usize::try_from(rank).ok()?);
    let (Some(low), high) = (at(below), at(below + 1)) else { return Figure::Unknown("it has no samples".to_owned()) };
    let share = Number::whole(u64::try_from(between).unwrap_or(0))
        .times(&Number::parse("1e-6").unwrap_or_else(|| Number::whole(0)));
    Figure::Exact(match high {
        Some(high) => low.plus(&high.minus(&low).times(&share)),
        None => low,
    })
}

#[cfg(test)]
mod tests;
