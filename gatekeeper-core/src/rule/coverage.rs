//! The rule `coverage`: lines, branches, functions and statements; of the whole, and per file or module.

use super::api::{Builder, Judge, Judgement, Rule, Scope};
use super::condition::share;
use crate::config::Table;
use crate::verdict::{Condition, Status, Violation};
use gatekeeper_evidence::coverage::{Figures, FileCoverage, Percentages, Stated};
use gatekeeper_evidence::decimal::{Decimal, percent};
use gatekeeper_evidence::findings::Place;
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_evidence::{Coverage, Data, Evidence, Kind, Ratio};
use std::borrow::Cow;
use std::collections::BTreeMap;

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("coverage"),
    title: Cow::Borrowed("lines, branches, functions, statements: of the whole, per file or module"),
    kind: Kind::Coverage,
    docs: Cow::Borrowed(
        "## What it requires
That the tests ran at least a share of the code. Several reports are united by file and line before they are judged.

## Why
A coverage of 79.99 % is below 80 %, and no data is not 0 % and not a pass.

## Configuration
| key | meaning | default |
|---|---|---|
| `lines`, `branches`, `functions`, `statements` | `{ min, warn }`: below `min` percent the gate fails, below `warn` it warns | none; one at least |
| `modules`, `files` | `{ only, lines, branches, … }`: the same for each module (file) by itself; `only` names those that are meant, by name or pattern | all |
| `paths` | patterns of the files that count | all |

A bare number is a `min`: `lines = 80`.

## Example
```toml
[gates.coverage]
rule = \"coverage\"
lines = { min = 80, warn = 85 }
modules = { only = [\"my_server\", \"my_client\"], lines = { min = 90 } }
```

## When evidence is missing
No report: `missing`. A report with no executable line, or without the figure that is asked for (branches in a report that counts none): `error`.
",
    ),
    build: Builder::Fixed(build),
};

#[derive(Debug, Clone, Copy)]
enum Metric {
    Lines,
    Branches,
    Functions,
    Statements,
}

const METRICS: [(&str, &str, Metric); 4] = [
    ("lines", "line", Metric::Lines),
    ("branches", "branch", Metric::Branches),
    ("functions", "function", Metric::Functions),
    ("statements", "statement", Metric::Statements),
];

impl Metric {
    fn of(self, f: &Figures) -> Option<Ratio> {
        match self {
            Metric::Lines => f.lines,
            Metric::Branches => f.branches,
            Metric::Functions => f.functions,
            Metric::Statements => f.statements,
        }
    }
}

#[derive(Debug)]
struct Limit {
    name: &'static str,
    unit: &'static str,
    metric: Metric,
    min: Option<Decimal>,
    warn: Option<Decimal>,
}

#[derive(Debug)]
struct Each {
    what: &'static str,
    only: Vec<Pattern>,
    limits: Vec<Limit>,
}

#[derive(Debug)]
struct CoverageGate {
    limits: Vec<Limit>,
    each: Vec<Each>,
}

fn build(t: &mut Table<'_>) -> Option<Box<dyn Judge>> {
    let limits = limits(t);
    let each: Vec<Each> = ["modules", "files"]
        .into_iter()
        .filter_map(|key| {
            let mut inner = t.table(key)?;
            let only = inner.texts("only").unwrap_or_default();
            let only = only
                .into_iter()
                .filter_map(|(text, span)| Pattern::new(&text).map_err(|e| inner.problem(span, e)).ok())
                .collect();
            let each = Each { what: key, only, limits: self::limits(&mut inner) };
            if each.limits.is_empty() {
                inner.problem(inner.span(), format!("`{key}` demands nothing: give it lines = {{ min = … }}"));
            }
            inner.finish(&format!("`{key}`"));
            Some(each)
        })
        .collect();
    if limits.is_empty() && each.is_empty() {
        t.problem(
            t.span(),
            "this coverage gate demands nothing, so nothing can ever fail it: give it lines = { min = 80 }",
        );
        return None;
    }
    Some(Box::new(CoverageGate { limits, each }))
}

fn limits(t: &mut Table<'_>) -> Vec<Limit> {
    let mut out = Vec::new();
    for (name, unit, metric) in METRICS {
        let is_number = matches!(t.get(name), Some(n) if matches!(n.value, crate::config::Value::Number(_)));
        let (min, warn) = if is_number {
            (t.percent(name), None)
        } else if let Some(mut inner) = t.table(name) {
            let pair = (inner.percent("min"), inner.percent("warn"));
            if let (Some(min), Some(warn)) = pair
                && warn < min
            {
                inner.problem(inner.span(), format!("`warn` ({warn}) is below `min` ({min}), so it can never warn"));
            }
            inner.finish(&format!("`{name}`"));
            pair
        } else {
            continue;
        };
        if min.is_some() || warn.is_some() {
            out.push(Limit { name, unit, metric, min, warn });
        }
    }
    out
}

impl Judge for CoverageGate {
    fn more_may_mend(&self) -> bool {
        true
    }

    fn judge(&self, scope: &Scope<'_>) -> Judgement {
        let all: Vec<(&Evidence, &Coverage)> = scope
            .evidence
            .iter()
            .filter_map(|e| match &e.data {
                Data::Coverage(c) => Some((*e, c)),
                _ => None,
            })
            .collect();
        let mut out = Judgement::default();
        for (e, c) in &all {
            if !c.not_counted.is_empty() {
                let n = c.not_counted.len();
                let some: Vec<&str> = c.not_counted.iter().take(5).map(String::as_str).collect();
                let more = if n > some.len() { ", …" } else { "" };
                let message = format!("{n} modules are left out of its figures: {}{more}", some.join(", "));
                out.violations
                    .push(Violation::new("coverage-not-counted", Status::Warn, message).from_source(&e.source.path));
            }
        }
        // What lists lines is known better than a percentage of the same code.
        let listed: Vec<_> = all.iter().filter(|(_, c)| c.percent.is_none()).collect();
        if listed.is_empty() {
            for (e, c) in &all {
                if !scope.select.paths.is_empty() {
                    let message = "it states percentages of the whole, which cannot be narrowed to the gate's `paths`";
                    out.violations
                        .push(Violation::new("coverage-empty", Status::Error, message).from_source(&e.source.path));
                } else if let Some(p) = &c.percent {
                    self.judge_percent(e, p, &mut out);
                }
            }
            return out;
        }
        let source = if let [(e, _)] = listed.as_slice() { Some(e.source.path.as_str()) } else { None };
        let mut coverage: Cow<'_, Coverage> = match listed.as_slice() {
            [(_, one)] => Cow::Borrowed(*one),
            several => {
                let mut sum = Coverage::default();
                for (_, c) in several {
                    sum.merge((*c).clone());
                }
                Cow::Owned(sum)
            }
        };
        let paths = &scope.select.paths;
        if !paths.is_empty() {
            let narrowed = coverage.to_mut();
            narrowed.files.retain(|name, _| paths.iter().any(|p| p.speaks_of(name)));
            // Counters of the whole say nothing of a part.
            narrowed.stated = Stated::default();
            if narrowed.files.is_empty() {
                let message = "none of its files lies under the gate's `paths`";
                return Judgement::of(sourced(Violation::new("coverage-empty", Status::Error, message), source));
            }
        }
        self.judge_whole(&coverage, source, &mut out);
        for each in &self.each {
            each.judge(&coverage, source, &mut out);
        }
        out
    }
}

impl CoverageGate {
    fn judge_whole(&self, coverage: &Coverage, source: Option<&str>, out: &mut Judgement) {
        let figures = coverage.figures();
        for limit in &self.limits {
            let Some(ratio) = limit.metric.of(&figures) else {
                out.violations.push(without(limit.name, source));
                continue;
            };
            if ratio.total == 0 {
                let message = format!("0 of 0 {} is not covered: nothing was measured", limit.name);
                out.violations.push(sourced(Violation::new("coverage-empty", Status::Error, message), source));
                continue;
            }
            let condition = limit.condition(limit.name, ratio);
            if matches!(condition.status, Status::Fail | Status::Warn) {
                let wanted = if condition.status == Status::Fail { limit.min } else { limit.warn };
                if let Some(wanted) = wanted {
                    self.worst_files(coverage, limit, wanted, condition.status, source, out);
                    out.to_pass.push(format!(
                        "cover {} more {} ({} of {} are covered)",
                        wanted.shortfall(ratio),
                        limit.name,
                        ratio.covered,
                        ratio.total
                    ));
                }
            }
            out.conditions.push(condition);
        }
    }

    /// The files that are below the limit themselves, the one with the most uncovered first.
    fn worst_files(
        &self,
        coverage: &Coverage,
        limit: &Limit,
        wanted: Decimal,
        status: Status,
        source: Option<&str>,
        out: &mut Judgement,
    ) {
        let mut files: Vec<(u64, &str, Ratio, &FileCoverage)> = coverage
            .files
            .iter()
            .filter_map(|(name, file)| {
                let ratio = limit.metric.of(&file.figures(coverage.metrics))?;
                let below = wanted.compare_percent_of(ratio) == Some(std::cmp::Ordering::Less);
                below.then(|| (ratio.total - ratio.covered, name.as_ref(), ratio, file))
            })
            .collect();
        files.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        for (uncovered, name, ratio, file) in files {
            let message = format!(
                "{name}: {} of {} {} covered ({}), {uncovered} not",
                ratio.covered,
                ratio.total,
                limit.name,
                percent(ratio)
            );
            let mut v = sourced(Violation::new("coverage-below", status, message), source);
            v.id = Some(name.to_owned());
            v.place = Some(place(name, file));
            out.violations.push(v);
        }
    }

    /// Judges a percentage that was cut to the digits printed: "12" stands for 12 up to just below 13.
    fn judge_percent(&self, e: &Evidence, p: &Percentages, out: &mut Judgement) {
        for limit in &self.limits {
            if !matches!(limit.metric, Metric::Lines) {
                out.violations.push(without(limit.name, Some(&e.source.path)));
                continue;
            }
            out.conditions.push(limit.of_percent("lines", &p.total));
        }
        for each in &self.each {
            for limit in &each.limits {
                let mut met = 0_usize;
                for (name, value) in &p.files {
                    if !each.means(name) {
                        continue;
                    }
                    met += 1;
                    let condition = limit.of_percent(&format!("{} of {name}", limit.name), value);
                    if condition.status != Status::Pass || !each.only.is_empty() {
                        out.conditions.push(condition);
                    }
                }
                if met == 0 {
                    out.violations.push(each.absent(Some(&e.source.path)));
                }
            }
        }
    }
}

impl Limit {
    fn condition(&self, metric: &str, ratio: Ratio) -> Condition {
        if let Some(min) = self.min {
            let c = share(metric, ratio, min, self.unit, Status::Fail);
            if c.status != Status::Pass {
                return c;
            }
            if let Some(warn) = self.warn {
                let w = share(metric, ratio, warn, self.unit, Status::Warn);
                if w.status != Status::Pass {
                    return w;
                }
            }
            return c;
        }
        share(metric, ratio, self.warn.unwrap_or(Decimal::whole(0)), self.unit, Status::Warn)
    }

    fn of_percent(&self, metric: &str, printed: &str) -> Condition {
        let low = Decimal::parse(printed);
        // One more of the last digit printed is above everything it can stand for.
        let digits = printed.split_once('.').map_or(0, |(_, f)| f.len());
        let step = Decimal::parse(&format!("1e-{digits}"));
        let high = low.zip(step).and_then(|(l, s)| l.plus(s));
        let judge = |limit: Decimal, short: Status| match (low, high) {
            (Some(low), _) if low >= limit => Status::Pass,
            (Some(_), Some(high)) if high <= limit => short,
            (Some(_), Some(_)) => Status::Inconclusive,
            _ => Status::Error,
        };
        let by_min = self.min.map(|m| (m, judge(m, Status::Fail)));
        let by_warn = self.warn.map(|w| (w, judge(w, Status::Warn)));
        let (limit, status) = match (by_min, by_warn) {
            (Some((_, Status::Pass)), Some((w, s))) if s != Status::Pass => (w, s),
            (Some((m, s)), _) => (m, s),
            (None, Some(w)) => w,
            (None, None) => (Decimal::whole(0), Status::Pass),
        };
        Condition {
            metric: metric.to_owned(),
            value: format!("{printed} %"),
            comparator: Cow::Borrowed(">="),
            limit: format!("{limit} %"),
            sample: None,
            distance: match status {
                Status::Inconclusive => Some("the report cuts its percentages, so this cannot be told".to_owned()),
                Status::Fail | Status::Warn => Some("the report states percentages only".to_owned()),
                _ => None,
            },
            status,
            labels: BTreeMap::new(),
        }
    }
}

impl Each {
    /// Whether a file or module is meant: by its whole name, its name without folders, or that without an extension.
    fn means(&self, name: &str) -> bool {
        if self.only.is_empty() {
            return true;
        }
        let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let stem = base.rsplit_once('.').map_or(base, |(s, _)| s);
        self.only.iter().any(|p| [name, base, stem].iter().any(|n| p.matches(n).is_some()))
    }

    fn absent(&self, source: Option<&str>) -> Violation {
        let names: Vec<&str> = self.only.iter().map(Pattern::as_str).collect();
        let message = format!("none of the {} named ({}) is in the evidence", self.what, names.join(", "));
        sourced(Violation::new("coverage-module-missing", Status::Error, message), source)
    }

    fn judge(&self, coverage: &Coverage, source: Option<&str>, out: &mut Judgement) {
        // A name that was given must be there: a module that was never compiled for coverage is not covered.
        for pattern in &self.only {
            let one = Each { what: self.what, only: vec![pattern.clone()], limits: Vec::new() };
            if !coverage.files.keys().any(|n| one.means(n)) {
                out.violations.push(one.absent(source));
            }
        }
        for limit in &self.limits {
            let mut failed = 0_u64;
            for (name, file) in coverage.files.iter().filter(|(n, _)| self.means(n)) {
                let Some(ratio) = limit.metric.of(&file.figures(coverage.metrics)) else {
                    out.violations.push(without(limit.name, source));
                    break;
                };
                if ratio.total == 0 {
                    continue;
                }
                let condition = limit.condition(&format!("{} of {name}", limit.name), ratio);
                if condition.status == Status::Pass && self.only.is_empty() {
                    continue;
                }
                if condition.status != Status::Pass {
                    failed += 1;
                    let distance = condition.distance.as_deref().unwrap_or_default();
                    let message =
                        format!("{name}: {} {}, wanted {}: {distance}", condition.value, limit.name, condition.limit);
                    let mut v = sourced(Violation::new("coverage-below", condition.status, message), source);
                    v.id = Some(name.to_string());
                    v.place = Some(place(name, file));
                    out.violations.push(v);
                }
                out.conditions.push(condition);
            }
            if failed > 0 {
                out.to_pass.push(format!("bring {failed} {} up to their limit of {}", self.what, limit.name));
            }
        }
    }
}

fn place(name: &str, file: &FileCoverage) -> Place {
    let line = file.lines.iter().find(|l| l.hits == 0 && l.number > 0).map(|l| l.number);
    Place { path: name.into(), line, column: None }
}

fn sourced(v: Violation, source: Option<&str>) -> Violation {
    match source {
        Some(s) => v.from_source(s),
        None => v,
    }
}

fn without(metric: &str, source: Option<&str>) -> Violation {
    let message = format!("the evidence has no figure for {metric}");
    sourced(Violation::new("coverage-no-figure", Status::Error, message), source)
}
