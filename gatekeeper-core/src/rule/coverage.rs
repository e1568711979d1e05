//! The rule `coverage`: lines, branches, functions and statements; of the whole, and per file or module.

use super::api::{Builder, Item, Judge, Judgement, Rule, RuleError, Scope};
use super::condition::{Bound, Condition, Quantity, counted};
use super::remedy::Remedy;
use crate::config::Table;
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

A bare number is a `min`: `lines = 80`.

## Example
```toml
[gates.coverage]
rule = \"coverage\"
lines = { min = 80, warn = 85 }
modules = { only = [\"my_server\", \"my_client\"], lines = { min = 90 } }
```

## When evidence is missing
No report: `missing`. A report with no executable line, or without the figure that is asked for (branches in a report that counts none): `error`; so is a report of
which every file is waived.
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
            let only = inner.patterns("only", Pattern::new);
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
        for (e, c) in all.iter().filter(|(_, c)| !c.not_counted.is_empty()) {
            let n = c.not_counted.len();
            let some: Vec<&str> = c.not_counted.iter().take(5).map(String::as_str).collect();
            let more = if n > some.len() { ", …" } else { "" };
            let (s, are) = if n == 1 { ("", "is") } else { ("s", "are") };
            let message = format!("{n} module{s} {are} left out of its figures: {}{more}", some.join(", "));
            let v = Violation::new("coverage-not-counted", GateStatus::Warn, message);
            out.violations.push(v.from_source(&e.source.path));
        }
        // What lists lines is known better than a percentage of the same code.
        let listed: Vec<_> = all.iter().filter(|(_, c)| c.percent.is_none()).collect();
        if listed.is_empty() {
            for (e, c) in &all {
                if !scope.select.paths.is_empty() {
                    let message = "it states percentages of the whole, which cannot be narrowed to the gate's `paths`";
                    out.violations.push(empty(message, Some(&e.source.path)));
                } else if let Some(p) = &c.percent {
                    self.judge_percent(scope, e, p, &mut out);
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
            keep(&mut coverage, |name| paths.iter().any(|p| p.speaks_of(name)));
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
        if !waived.is_empty() {
            keep(&mut coverage, |name| !waived.contains(name));
            if coverage.files.is_empty() {
                return Ok(Judgement::of(empty("every file is waived: nothing is left to judge", source)));
            }
        }
        self.judge_whole(&coverage, source, &mut out);
        for each in &self.each {
            each.judge(&coverage, &named, source, &mut out);
        }
        Ok(out)
    }
}

/// A file or module, as a waiver may name it.
fn item(name: &str) -> Item<'_> {
    Item { id: Some(name), path: Some(name), ..Item::default() }
}

/// Narrows coverage to some of its files. Counters of the whole say nothing of a part.
fn keep(coverage: &mut Cow<'_, Coverage>, is_kept: impl Fn(&str) -> bool) {
    let coverage = coverage.to_mut();
    let all = coverage.files.len();
    coverage.files.retain(|name, _| is_kept(name));
    coverage.stated = Stated::default();
    if coverage.files.len() < all {
        coverage.claim = None;
    }
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
            files.all(|f| limit.metric.of(&f.figures(coverage.metrics)).is_some_and(|r| r.total == 0))
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
                out.violations.push(empty(message, source));
            }
            return;
        }
        for limit in &self.limits {
            self.all_measured(coverage, limit, source, out);
            let mut failed = 0_u64;
            for (name, file) in meant() {
                let Some(ratio) = limit.metric.of(&file.figures(coverage.metrics)) else {
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
mod tests {
    use super::super::testing::{Case, conditions, evidence, gate, violations};
    use super::*;
    use GateStatus::{Error, Fail, Inconclusive, Pass, Warn};
    use gatekeeper_evidence::coverage::{Branch, Line, Metrics};

    /// A file of so many covered lines and so many others.
    fn file(covered: u32, uncovered: u32) -> FileCoverage {
        let lines = (1..=covered + uncovered).map(|n| Line { number: n, hits: u32::from(n <= covered) }).collect();
        FileCoverage { lines, ..FileCoverage::default() }
    }

    fn report(files: &[(&str, FileCoverage)]) -> Coverage {
        let files = files.iter().map(|(n, f)| ((*n).into(), f.clone())).collect();
        Coverage { files, metrics: Metrics { lines: true, ..Metrics::default() }, ..Coverage::default() }
    }

    fn printed(total: &str, files: &[(&str, &str)]) -> Coverage {
        let files = files.iter().map(|(n, p)| ((*n).into(), (*p).into())).collect();
        Coverage { percent: Some(Percentages { total: total.into(), files }), ..Coverage::default() }
    }

    fn of(keys: &str, reports: Vec<Coverage>) -> Case<'_> {
        let evidence = reports.into_iter().map(|c| evidence("lcov.info", Data::Coverage(c))).collect();
        Case::new(&RULE, keys, evidence)
    }

    fn status(keys: &str, report: Coverage) -> GateStatus {
        of(keys, vec![report]).judged().status()
    }

    #[test]
    fn lines_are_held_to_min_and_to_warn() {
        let of = |keys, covered| status(keys, report(&[("a", file(covered, 100 - covered))]));
        assert_eq!([79, 80, 81].map(|n| of("lines = 80", n)), [Fail, Pass, Pass]);
        assert_eq!([79, 80, 84, 85].map(|n| of("lines = { min = 80, warn = 85 }", n)), [Fail, Warn, Warn, Pass]);
        assert_eq!([84, 85].map(|n| of("lines = { warn = 85 }", n)), [Warn, Pass]);
    }

    #[test]
    fn each_metric_is_held_to_its_own_limit() {
        let mut f = file(1, 0);
        f.branches = (1..=2).map(|arm| Branch { line: 1, block: 0, arm, hits: u32::from(arm == 1) }).collect();
        f.stated.functions = Some(Ratio::new(2, 3));
        f.stated.statements = Some(Ratio::new(4, 5));
        let c = Coverage { metrics: Metrics::ALL, ..report(&[("a", f)]) };
        for (metric, holds, fails) in
            [("lines", 100, 101), ("branches", 50, 51), ("functions", 66, 67), ("statements", 80, 81)]
        {
            assert_eq!(status(&format!("{metric} = {holds}"), c.clone()), Pass, "{metric}");
            if fails <= 100 {
                assert_eq!(status(&format!("{metric} = {fails}"), c.clone()), Fail, "{metric}");
            }
        }
    }

    #[test]
    fn what_falls_short_names_the_worst_files_and_how_much_is_to_do() {
        let c = report(&[("a", file(9, 1)), ("b", file(0, 5)), ("c", file(0, 7))]);
        let j = of("lines = 80", vec![c]).judged();
        assert_eq!(violations(&j), [("coverage-below", Fail); 2]);
        assert_eq!(j.violations.iter().map(|v| v.id.as_deref().unwrap()).collect::<Vec<_>>(), ["c", "b"]);
        assert_eq!(j.violations[1].message, "b: 0 of 5 lines covered (0 %), 5 not");
        assert_eq!(j.violations[1].place.as_ref().and_then(|p| p.line), Some(1));
        assert_eq!(j.to_pass, [Remedy::Cover { more: 9, noun: "line", now: Ratio::new(9, 22) }]);
        let j = of("lines = { min = 10, warn = 80 }", vec![report(&[("a", file(1, 1))])]).judged();
        assert_eq!(violations(&j), [("coverage-below", Warn)]);
    }

    #[test]
    fn nothing_measured_is_an_error() {
        let none = || report(&[("a", file(0, 0))]);
        for keys in
            ["lines = 2", "lines = { warn = 2 }", "files = { lines = 2 }", "files = { only = [\"a\"], lines = 2 }"]
        {
            let j = of(keys, vec![none()]).judged();
            assert_eq!((j.status(), violations(&j)), (Error, vec![("coverage-empty", Error)]), "{keys}");
        }
        // A file without a line beside others is no fault.
        let both = || report(&[("a", file(0, 0)), ("b", file(1, 0))]);
        assert_eq!(status("files = { lines = 2 }", both()), Pass);
        assert_eq!(status("files = { only = [\"*\"], lines = 2 }", both()), Pass);
        assert_eq!(status("files = { only = [\"a\", \"b\"], lines = 2 }", both()), Error);
    }

    #[test]
    fn a_figure_that_the_report_does_not_speak_of_is_an_error() {
        for keys in ["branches = 2", "files = { branches = 2 }"] {
            let j = of(keys, vec![report(&[("a", file(1, 0))])]).judged();
            assert_eq!(violations(&j), [("coverage-no-figure", Error)], "{keys}");
        }
        let j = of("branches = 2\nfiles = { branches = 2 }", vec![printed("90", &[("a", "90")])]).judged();
        assert_eq!(violations(&j), [("coverage-no-figure", Error); 2]);
    }

    #[test]
    fn each_file_is_held_to_its_limit() {
        let c = || report(&[("src/a.c", file(8, 2)), ("src/b.c", file(7, 3)), ("d.c", file(9, 1))]);
        let j = of("files = { lines = { min = 80, warn = 85 } }", vec![c()]).judged();
        assert_eq!(conditions(&j), [("lines of src/a.c", Warn), ("lines of src/b.c", Fail)]);
        assert_eq!(j.violations[1].message, "src/b.c: 70 % lines, wanted 80 %: 1 line short");
        assert_eq!(j.violations[0].message, "src/a.c: 80 % lines, wanted 85 %: 1 line short");
        assert_eq!(j.to_pass, [Remedy::RaiseEach { count: 2, what: "file", metric: "lines" }]);
        let j = of("modules = { only = [\"a\", \"d.c\"], lines = 80 }", vec![c()]).judged();
        assert_eq!(conditions(&j), [("lines of d.c", Pass), ("lines of src/a.c", Pass)]);
    }

    #[test]
    fn a_name_that_was_given_must_be_there() {
        let named = "modules = { only = [\"a\", \"gone\"], lines = 50 }";
        let j = of(named, vec![report(&[("a", file(1, 0))])]).judged();
        assert_eq!(violations(&j), [("coverage-module-missing", Error)]);
        assert_eq!(j.violations[0].message, "none of the modules named (gone) is in the evidence");
        let j = of(named, vec![printed("90", &[("a", "90")])]).judged();
        assert_eq!(violations(&j), [("coverage-module-missing", Error)]);
        let j = of("modules = { lines = 50 }", vec![printed("90", &[])]).judged();
        assert_eq!(violations(&j), [("coverage-module-missing", Error)]);
        let j = of("modules = { lines = 50 }", vec![report(&[])]).judged();
        assert_eq!(violations(&j), [("coverage-module-missing", Error)]);
    }

    #[test]
    fn a_printed_percentage_is_what_it_may_stand_for() {
        let whole = |keys: &str, total| status(keys, printed(total, &[]));
        assert_eq!(["79", "80", "80.0"].map(|t| whole("lines = 80", t)), [Fail, Pass, Pass]);
        assert_eq!(["79", "78", "80"].map(|t| whole("lines = 79.5", t)), [Inconclusive, Fail, Pass]);
        assert_eq!(["79.4", "79.5"].map(|t| whole("lines = 79.5", t)), [Fail, Pass]);
        assert_eq!(
            ["79", "84", "85", "x"].map(|t| whole("lines = { min = 80, warn = 85 }", t)),
            [Fail, Warn, Pass, Error]
        );
        let each = |value| status("modules = { lines = 80 }", printed("90", &[("a", value)]));
        assert_eq!([each("79"), each("80")], [Fail, Pass]);
        let only = of("modules = { only = [\"a\"], lines = 80 }", vec![printed("9", &[("a", "80"), ("b", "1")])]);
        assert_eq!(conditions(&only.judged()), [("lines of a", Pass)]);
    }

    #[test]
    fn what_lists_lines_is_known_better_than_a_percentage() {
        let j = of("lines = 80", vec![printed("99", &[]), report(&[("a", file(1, 1))])]).judged();
        assert_eq!(conditions(&j), [("lines", Fail)]);
    }

    #[test]
    fn reports_are_united_before_they_are_judged() {
        let mut other = file(0, 2);
        other.lines[1].hits = 1;
        let j = of("lines = 100", vec![report(&[("a", file(1, 1))]), report(&[("a", other)])]).judged();
        assert_eq!(j.status(), Pass);
    }

    #[test]
    fn paths_narrow_and_counters_of_the_whole_say_nothing_of_a_part() {
        let narrowed = |keys, c| {
            let mut case = of(keys, vec![c]);
            case.select.paths = vec![Pattern::new("src/**").unwrap()];
            case
        };
        let c = || report(&[("src/a.c", file(8, 2)), ("lib/b.c", file(0, 9))]);
        assert_eq!(narrowed("lines = 80", c()).judged().status(), Pass);
        let elsewhere = narrowed("lines = 80", report(&[("lib/b.c", file(1, 0))])).judged();
        assert_eq!(violations(&elsewhere), [("coverage-empty", Error)]);
        let mut stated = report(&[("src/a.c", FileCoverage::default())]);
        stated.stated.lines = Some(Ratio::new(9, 10));
        assert_eq!(status("lines = 80", stated.clone()), Pass);
        assert_eq!(violations(&narrowed("lines = 80", stated).judged()), [("coverage-empty", Error)]);
        assert_eq!(violations(&narrowed("lines = 80", printed("90", &[])).judged()), [("coverage-empty", Error)]);
    }

    #[test]
    fn modules_that_the_tool_left_out_are_told() {
        let mut c = report(&[("a", file(1, 0))]);
        c.not_counted = vec!["b".to_owned()];
        let j = of("lines = 80", vec![c]).judged();
        assert_eq!(violations(&j), [("coverage-not-counted", Warn)]);
        assert_eq!(j.violations[0].message, "1 module is left out of its figures: b");
    }

    #[test]
    fn what_is_waived_is_taken_out_before_it_counts() {
        let c = || report(&[("src/a.c", file(9, 1)), ("src/old.c", file(0, 100))]);
        let old = |i: &Item<'_>| i.path == Some("src/old.c");
        let j = of("lines = 90\nfiles = { lines = 80 }", vec![c()]).judged_waiving(&old);
        assert_eq!((j.status(), conditions(&j)), (Pass, vec![("lines", Pass)]));
        assert_eq!(violations(&of("lines = 2", vec![c()]).judged_waiving(&|_| true)), [("coverage-empty", Error)]);
        // It is there, so that a name for it is no mistake; but nothing is left of what was named.
        let both = "files = { only = [\"a.c\", \"old.c\"], lines = 80 }";
        assert_eq!(of(both, vec![c()]).judged_waiving(&old).status(), Pass);
        let alone = of("files = { only = [\"old.c\"], lines = 80 }", vec![c()]).judged_waiving(&old);
        assert_eq!(violations(&alone), [("coverage-empty", Error)]);
        // Counters of the whole hold what was taken out.
        let mut stated = report(&[("src/a.c", FileCoverage::default()), ("src/old.c", FileCoverage::default())]);
        stated.stated.lines = Some(Ratio::new(9, 10));
        assert_eq!(of("lines = 80", vec![stated]).judged_waiving(&old).status(), Error);
        let table = || printed("50", &[("a", "90"), ("src/old.c", "1")]);
        assert_eq!(of("modules = { lines = 80 }", vec![table()]).judged_waiving(&old).status(), Pass);
        assert_eq!(of("lines = 80", vec![table()]).judged_waiving(&old).status(), Fail);
    }

    #[test]
    fn a_gate_that_nothing_can_fail_is_refused() {
        for (bad, words) in [
            ("", "demands nothing"),
            ("files = {}", "`files` demands nothing"),
            ("lines = { min = 80, warn = 70 }", "can never warn"),
            ("lines = 101", "percentage"),
            ("lines = { mn = 3 }", "no key `mn`"),
        ] {
            let said = gate(&RULE, bad).unwrap_err().join("\n");
            assert!(said.contains(words), "{bad}: {said}");
        }
        assert!(gate(&RULE, "lines = { min = 80, warn = 80 }").is_ok());
    }

    #[test]
    fn the_place_is_the_first_line_that_did_not_run() {
        let of = |lines: &[(u32, u32)]| {
            let lines = lines.iter().map(|(number, hits)| Line { number: *number, hits: *hits }).collect();
            place("a", &FileCoverage { lines, ..FileCoverage::default() }).line
        };
        // Line 0 is generated code.
        assert_eq!(of(&[(0, 0), (1, 3), (2, 0), (3, 0)]), Some(2));
        assert_eq!(of(&[(0, 0), (1, 1)]), None);
    }

    #[test]
    fn the_file_with_most_to_cover_comes_first_however_large_it_is() {
        let c = report(&[("large", file(70, 20)), ("small", file(0, 30))]);
        let j = of("lines = 80", vec![c]).judged();
        let said: Vec<&str> = j.violations.iter().map(|v| v.message.as_str()).collect();
        assert_eq!(
            said,
            ["small: 0 of 30 lines covered (0 %), 30 not", "large: 70 of 90 lines covered (77.77 %), 20 not"]
        );
    }

    #[test]
    fn where_each_file_holds_there_is_nothing_to_do() {
        let each = |covered| of("files = { lines = 80 }", vec![report(&[("a", file(covered, 10 - covered))])]).judged();
        assert_eq!((each(8).status(), each(8).to_pass), (Pass, vec![]));
        assert_eq!(each(7).to_pass, [Remedy::RaiseEach { count: 1, what: "file", metric: "lines" }]);
    }
}
