//! The rule `coverage`: lines, branches, functions and statements; of the whole, and per file or module.

mod drop;
mod patch;
mod python;
mod text;

use self::drop::Drop;
use self::patch::Patch;
use super::api::{ALL_WAIVED, Builder, Compares, Item, Judge, Judgement, Rule, RuleError, Scope};
use super::condition::{Bound, Condition, Quantity, counted};
use super::remedy::Remedy;
use crate::config::{PolicyProblem, ProblemCode, Table};
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::coverage::{Figures, FileCoverage, Percentages, Stated};
use gatekeeper_evidence::decimal::{Decimal, percent};
use gatekeeper_evidence::findings::Place;
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_evidence::{Coverage, Data, Evidence, Kind, Ratio};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("coverage"),
    title: Cow::Borrowed("lines, branches, functions, statements: of the whole, per file or module"),
    kind: Kind::Coverage,
    docs: Cow::Borrowed(
        "## What it requires
That the tests ran at least a share of the code. Several reports are united by file and line before they are judged.
A waiver names files by `path` (or one by `id`): they are taken out before anything is counted. A percentage that a report states of the whole
cannot be told without them, so it stays as it is.

## Why
A coverage of 79.99 % is below 80 %, and no data is not 0 % and not a pass.

## Configuration
| key | meaning | default |
|---|---|---|
| `lines`, `branches`, `functions`, `statements` | `{ min, warn }`: below `min` percent the gate fails, below `warn` it warns | none; one at least |
| `modules`, `files` | `{ only, lines, branches, … }`: the same for each module (file) by itself; `only` names those that are meant, by name or pattern | all |
| `paths` | patterns of the files that count | all |
| `patch` | `{ lines, branches, functions, min-lines, unmeasured }`: the same limits for the lines that a change adds (`--base REF`, or `--diff FILE`) | none |
| `patch.min-lines` | fewer new lines than this are too few to fail for: the gate warns with the figures | 1 |
| `patch.unmeasured` | what a changed source file in no report comes to: `\"error\"`, or its lines count as `\"uncovered\"` | `\"error\"` |
| `ratchet` | true: never below the baseline, of each metric that the gate has a limit on; of lines where it has none | false |
| `max-drop` | percentage points by which each of these may be below the baseline: `0.5` or `\"0.5pp\"` | none |
| `files = { max-drop }` | the same for each file by itself; one that only moved is compared with where it was | none |

What compares needs a baseline, the snapshot of an earlier run (`--baseline FILE`); it compares with the same metric alone.

A bare number is a `min`: `lines = 80`.

## Example
```toml
[gates.coverage]
rule = \"coverage\"
lines = { min = 80, warn = 85 }
ratchet = true
modules = { only = [\"my_server\", \"my_client\"], lines = { min = 90 } }
```

New code alone: the whole may be old, what is added is not.
```toml
[gates.new-code]
rule = \"coverage\"
patch = { lines = { min = 80 }, branches = { min = 50 }, min-lines = 5 }
```
A new line is owed where a report lists it, or where it lies within a statement whose span a report tells (Istanbul, LLVM, Go, OpenCover,
coverage.py with branches). Renamed files owe
what was edited, deletions and comments nothing: then there is nothing to judge, and that is a pass.

## When evidence is missing
With `patch` and without a diff: `missing`. A changed file in no report, new lines of which no report speaks, and a report of another version of a
file (it is shorter than the new line, or records another text, as LCOV's, gcovr's and Coveralls' sums do): `error`.

No report: `missing`. A report with no executable line, or without the figure that is asked for (branches in a report that counts none): `error`; so is a report of
which every file is waived. No baseline for what compares with one: `missing`; with `[baseline] required = false` it is left out, and said.
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
    patch: Option<Patch>,
    drop: Drop,
}

fn build(t: &mut Table<'_>) -> Option<Box<dyn Judge>> {
    let limits = limits(t);
    let mut drop = Drop::read(t);
    let each: Vec<Each> = ["modules", "files"]
        .into_iter()
        .filter_map(|key| {
            let mut inner = t.table(key)?;
            let only = inner.patterns("only", Pattern::new);
            let each = Each { what: key, only, limits: self::limits(&mut inner) };
            let compares = drop.read_each(&mut inner);
            if !compares {
                no_floor(&mut inner, &each.limits);
            }
            if each.limits.is_empty() && !compares && inner.is_sound() {
                inner.problem(inner.span(), format!("`{key}` demands nothing: give it lines = {{ min = … }}"));
            }
            if compares && !each.only.is_empty() {
                inner.problem(inner.span(), format!("`max-drop` holds for all {key}: it knows no `only`"));
            }
            inner.finish(&format!("`{key}`"));
            (!each.limits.is_empty() || !each.only.is_empty()).then_some(each)
        })
        .collect();
    // What is compared is named by its limit, though that be none.
    if !drop.is_any() {
        no_floor(t, &limits);
    }
    let has_patch = t.get("patch").is_some();
    let patch = patch::build(t);
    if limits.is_empty() && each.is_empty() && !has_patch && !drop.is_any() {
        if t.is_sound() {
            t.problem(
                t.span(),
                "this coverage gate demands nothing, so nothing can ever fail it: give it lines = { min = 80 }",
            );
        }
        return None;
    }
    Some(Box::new(CoverageGate { limits, each, patch, drop }))
}

/// Says of limits of 0 that nothing can ever fail them.
fn no_floor(t: &mut Table<'_>, limits: &[Limit]) {
    let none = Decimal::whole(0);
    for limit in limits.iter().filter(|l| l.min == Some(none) && l.warn.is_none_or(|warn| warn == none)) {
        let Some(span) = t.get(limit.name).map(|n| n.span.clone()) else { continue };
        let message = format!("a least share of 0 for `{}` is one that nothing can ever fail", limit.name);
        t.problems().add(
            PolicyProblem::new(span, message)
                .code(ProblemCode::OutOfRange)
                .help(format!("write {} = {{ min = 80 }}, or leave it out", limit.name)),
        );
    }
}

fn limits(t: &mut Table<'_>) -> Vec<Limit> {
    limits_of(t, &METRICS)
}

fn limits_of(t: &mut Table<'_>, metrics: &[(&'static str, &'static str, Metric)]) -> Vec<Limit> {
    let mut out = Vec::new();
    for (name, unit, metric) in metrics.iter().copied() {
        let is_number = matches!(t.get(name), Some(n) if matches!(n.value, crate::config::Value::Number(_) | crate::config::Value::Text(_)));
        let (min, warn) = if is_number {
            (t.percent(name), None)
        } else if let Some(mut inner) = t.table(name) {
            let pair = (inner.percent_from_one("min"), inner.percent_from_one("warn"));
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

    fn compares(&self) -> Compares {
        match (self.drop.is_any(), self.limits.is_empty() && self.each.is_empty() && self.patch.is_none()) {
            (false, _) => Compares::Not,
            (true, false) => Compares::Also,
            (true, true) => Compares::Wholly,
        }
    }

    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError> {
        let all: Vec<(&Evidence, &Coverage)> = scope
            .evidence
            .iter()
            .filter_map(|e| match &e.data {
                Data::Coverage(c) => Some((*e, c)),
                _ => None,
            })
            .collect();
        let mut out = Judgement::default();
        // What lists lines is known better than a percentage of the same code.
        let listed: Vec<_> = all.iter().filter(|(_, c)| c.percent.is_none()).collect();
        if listed.is_empty() {
            for (e, c) in &all {
                if !scope.select.paths.is_empty() {
                    let message = "it states percentages of the whole, which cannot be narrowed to the gate's `paths`";
                    out.violations.push(empty(message, Some(&e.source.path)));
                } else if let Some(p) = &c.percent {
                    self.judge_percent(scope, e, p, &mut out);
                    self.drop.judge_printed(scope, &p.total, &e.source.path, &mut out);
                }
                if self.patch.is_some() {
                    out.violations.push(patch::of_percentages(&e.source.path));
                }
            }
            return Ok(out);
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
            let measured: Vec<Box<str>> = coverage.files.keys().take(3).cloned().collect();
            keep(coverage.to_mut(), |name| paths.iter().any(|p| p.speaks_of(name)));
            if coverage.files.is_empty() {
                let message =
                    format!("none of its files lies under the gate's `paths`: it measures {}", measured.join(", "));
                return Ok(Judgement::of(empty(&message, source)));
            }
        }
        let named: Vec<Box<str>> = if self.each.iter().any(|each| !each.only.is_empty()) {
            coverage.files.keys().cloned().collect()
        } else {
            Vec::new()
        };
        let waived: BTreeSet<Box<str>> = coverage.files.keys().filter(|n| scope.waived(&item(n))).cloned().collect();
        if let Some(patch) = &self.patch {
            patch.judge(&coverage, &waived, scope, source, &mut out);
        }
        if !waived.is_empty() {
            keep(coverage.to_mut(), |name| !waived.contains(name));
            if coverage.files.is_empty() {
                let v = Violation::new(ALL_WAIVED, GateStatus::Error, "every file is waived: nothing is left to judge");
                out.violations.push(sourced(v, source));
                return Ok(out);
            }
        }
        self.judge_whole(&coverage, source, &mut out);
        for each in &self.each {
            each.judge(&coverage, &named, source, &mut out);
        }
        let named: Vec<&'static str> =
            self.limits.iter().chain(self.each.iter().flat_map(|e| &e.limits)).map(|l| l.name).collect();
        self.drop.judge(&named, scope, &coverage, source, &mut out);
        Ok(out)
    }
}

/// A file or module, as a waiver may name it.
fn item(name: &str) -> Item<'_> {
    Item { id: Some(name), path: Some(name), ..Item::default() }
}

/// Narrows coverage to some of its files. Counters of the whole say nothing of a part; what they say otherwise than the files may be missing in any.
fn keep(coverage: &mut Coverage, is_kept: impl Fn(&str) -> bool) {
    coverage.files.retain(|name, _| is_kept(name));
    coverage.stated = Stated::default();
}

fn empty(message: impl Into<String>, source: Option<&str>) -> Violation {
    sourced(Violation::new("coverage-empty", GateStatus::Error, message), source)
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
                out.violations.push(empty(message, source));
                continue;
            }
            let (condition, wanted) = limit.condition(None, ratio);
            if !condition.holds() {
                self.worst_files(coverage, limit, wanted, condition.status, source, out);
                let more = wanted.shortfall(ratio);
                out.to_pass.push(Remedy::Cover { more, noun: limit.unit, now: ratio });
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
        status: GateStatus,
        source: Option<&str>,
        out: &mut Judgement,
    ) {
        let mut files: Vec<(u64, &str, Ratio, &FileCoverage)> = coverage
            .files
            .iter()
            .filter_map(|(name, file)| {
                let ratio = limit.metric.of(&file.figures(coverage.metrics))?;
                let below = wanted.compare_percent_of(ratio) == Some(Ordering::Less);
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
    fn judge_percent(&self, scope: &Scope<'_>, e: &Evidence, p: &Percentages, out: &mut Judgement) {
        for limit in &self.limits {
            if !matches!(limit.metric, Metric::Lines) {
                out.violations.push(without(limit.name, Some(&e.source.path)));
                continue;
            }
            out.conditions.push(limit.of_percent(None, &p.total));
        }
        for each in &self.each {
            let meant: Vec<_> = p.files.iter().filter(|(name, _)| each.means(name)).collect();
            each.all_named(p.files.keys(), Some(&e.source.path), out);
            if meant.is_empty() && each.only.is_empty() {
                out.violations.push(each.absent(Some(&e.source.path)));
            }
            let meant: Vec<_> = meant.into_iter().filter(|(name, _)| !scope.waived(&item(name))).collect();
            for limit in &each.limits {
                if !matches!(limit.metric, Metric::Lines) {
                    out.violations.push(without(limit.name, Some(&e.source.path)));
                    continue;
                }
                for (name, value) in &meant {
                    let condition = limit.of_percent(Some(name), value);
                    if !condition.holds() || !each.only.is_empty() {
                        out.conditions.push(condition);
                    }
                }
            }
        }
    }
}

impl Limit {
    /// Held against `min`, and against `warn` where that holds; the limit that decided goes with it.
    fn condition(&self, of: Option<&str>, ratio: Ratio) -> (Condition, Decimal) {
        self.decide(|limit, short| Condition::share(self.metric_of(of), ratio, limit, self.unit, short))
    }

    /// The same for a percentage that was cut to the digits printed: "12" stands for 12 up to just below 13.
    fn of_percent(&self, of: Option<&str>, printed: &str) -> Condition {
        let value = Quantity::Printed(printed.into());
        self.decide(|limit, short| {
            Condition::new(self.metric_of(of), value.clone(), Bound::AtLeast, Quantity::Percent(limit), short)
        })
        .0
    }

    /// The metric of the whole, or of one file or module.
    fn metric_of(&self, of: Option<&str>) -> Cow<'static, str> {
        of.map_or(Cow::Borrowed(self.name), |name| Cow::Owned(format!("{} of {name}", self.name)))
    }

    fn decide(&self, hold: impl Fn(Decimal, GateStatus) -> Condition) -> (Condition, Decimal) {
        let by = |limit: Option<Decimal>, short| limit.map(|l| (hold(l, short), l));
        match (by(self.min, GateStatus::Fail), by(self.warn, GateStatus::Warn)) {
            (Some((min, _)), Some(warn)) if min.holds() && !warn.0.holds() => warn,
            (Some(min), _) => min,
            (None, Some(warn)) => warn,
            // A limit has one of them at least.
            (None, None) => (hold(Decimal::whole(0), GateStatus::Fail), Decimal::whole(0)),
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
        let message = match names.as_slice() {
            [] => format!("the evidence tells no {} apart", self.what),
            names => format!("none of the {} named ({}) is in the evidence", self.what, names.join(", ")),
        };
        sourced(Violation::new("coverage-module-missing", GateStatus::Error, message), source)
    }

    /// A name that was given must be there: a module that was never compiled for coverage is not covered.
    fn all_named<'n>(
        &self,
        there: impl Iterator<Item = &'n Box<str>> + Clone,
        source: Option<&str>,
        out: &mut Judgement,
    ) {
        for pattern in &self.only {
            let one = Each { what: self.what, only: vec![pattern.clone()], limits: Vec::new() };
            if !there.clone().any(|n| one.means(n)) {
                out.violations.push(one.absent(source));
            }
        }
    }

    /// What is meant has something to measure: a type's module without a line may stand beside others, and is not covered by itself.
    fn all_measured(&self, coverage: &Coverage, limit: &Limit, source: Option<&str>, out: &mut Judgement) {
        let nothing = |mut files: Box<dyn Iterator<Item = &FileCoverage> + '_>| {
            files.all(|f| limit.metric.of(&coverage.figures_of(f)).is_some_and(|r| r.total == 0))
        };
        if self.only.is_empty() && nothing(Box::new(coverage.files.values())) {
            let message = format!("0 of 0 {} in every one of its {}: nothing was measured", limit.name, self.what);
            out.violations.push(empty(message, source));
        }
        for pattern in &self.only {
            let one = Each { what: self.what, only: vec![pattern.clone()], limits: Vec::new() };
            let mut files = coverage.files.iter().filter(|(n, _)| one.means(n)).map(|(_, f)| f).peekable();
            if files.peek().is_some() && nothing(Box::new(files)) {
                let message = format!("0 of 0 {} in {}: nothing was measured", limit.name, pattern.as_str());
                out.violations.push(empty(message, source));
            }
        }
    }

    /// `named`: what the evidence names, waived or not.
    fn judge(&self, coverage: &Coverage, named: &[Box<str>], source: Option<&str>, out: &mut Judgement) {
        self.all_named(named.iter(), source, out);
        let meant = || coverage.files.iter().filter(|(n, _)| self.means(n));
        if meant().next().is_none() {
            // Named and not there is said already; what is there was waived.
            if self.only.is_empty() {
                out.violations.push(self.absent(source));
            } else if named.iter().any(|n| self.means(n)) {
                let message = format!("every one of the {} named is waived: nothing is left to judge", self.what);
                out.violations.push(sourced(Violation::new(ALL_WAIVED, GateStatus::Error, message), source));
            }
            return;
        }
        for limit in &self.limits {
            self.all_measured(coverage, limit, source, out);
            let mut failed = 0_u64;
            for (name, file) in meant() {
                let Some(ratio) = limit.metric.of(&coverage.figures_of(file)) else {
                    out.violations.push(without(limit.name, source));
                    break;
                };
                if ratio.total == 0 {
                    continue;
                }
                let (condition, wanted) = limit.condition(Some(name), ratio);
                if condition.holds() && self.only.is_empty() {
                    continue;
                }
                if !condition.holds() {
                    failed = failed.saturating_add(1);
                    let short = counted(wanted.shortfall(ratio), limit.unit);
                    let message =
                        format!("{name}: {} {}, wanted {wanted} %: {short} short", percent(ratio), limit.name);
                    let mut v = sourced(Violation::new("coverage-below", condition.status, message), source);
                    v.id = Some(name.to_string());
                    v.place = Some(place(name, file));
                    out.violations.push(v);
                }
                out.conditions.push(condition);
            }
            if failed > 0 {
                let what = if self.what == "files" { "file" } else { "module" };
                out.to_pass.push(Remedy::RaiseEach { count: failed, what, metric: limit.name });
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
    sourced(Violation::new("coverage-no-figure", GateStatus::Error, message), source)
}

#[cfg(test)]
mod tests;
