//! The rule `findings`: most per severity and in all, narrowed by tool, category and rule.

use super::api::{Builder, Compares, Item, Judge, Judgement, Rule, RuleError, Scope, no_diff};
use super::condition::{Condition, counted};
use super::remedy::Remedy;
use crate::against::{Told, known, tool_of};
use crate::config::{Selector, Table};
use crate::diff::{Added, Diff, On};
use crate::relate::findings::unite;
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::findings::{Category, Finding, Findings, Severity};
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_evidence::{Data, Evidence, Kind, Source};
use std::borrow::Cow;
use std::collections::BTreeSet;

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("findings"),
    title: Cow::Borrowed("most findings per severity and in all, by tool, category and rule"),
    kind: Kind::Findings,
    docs: Cow::Borrowed(
        "## What it requires
That a tool ran and complained no more than it may. Suppressed findings do not count; they are in the evidence. A waiver names findings by `id`,
`package` or `path`: they are taken out before anything is counted.

## Why
A scanner that crashed before it looked finds nothing either, and a gate that greps for a word that no tool prints never fails.

## Configuration
| key | meaning | default |
|---|---|---|
| `max` | `{ total, critical, high, medium, low, info, unknown }`: most findings of each; a limit on a severity holds for it and for those above it that have none of their own; where neither `total` nor `unknown` is named, findings without a severity are warned of | none; `max` or `warn` must be given |
| `warn` | the same: above it the gate warns | none |
| `fail-on` | a severity: none of it, and none above it; short for `max = { SEVERITY = 0 }` | none |
| `on-diff` | count only what lies on lines that the change adds (`--base REF`, or `--diff FILE`): a finding over a range by any of its lines, one without a line by its file; what names no file counts | false |
| `rules` | rule ids, or patterns of them, that count; others do not | all |
| `max-suppressed` | most findings that the report itself says are suppressed (comments in the source, the tool's own lists) | none; where they are more than half of all, the gate warns |
| `fixable-only` | count only findings that a newer version mends | false |
| `new-only` | count only findings that are more than the baseline (`--baseline FILE`) has of their fingerprint: rule, file and message without its numbers, or rule and package; one that became more severe is known, and told of | false |
| `tools` | tools whose findings count | all |
| `categories` | `vulnerability`, `secret`, `misconfiguration`, `license`, `code` | all |

`on-diff = true` without a diff: `missing`.

## Example
```toml
[gates.vulnerabilities]
rule = \"findings\"
categories = [\"vulnerability\"]
max = { critical = 0, high = 5 }
```

## When evidence is missing
No report of such a tool: `missing`. With `categories`, a report that tells what it looked for (GitLab's type of scan, Checkov's type of check, Trivy's classes)
speaks of nothing else, and of other tools' clean reports what the tool is known to look for. A report that breaks off, whose tool failed, or that says that nothing was looked at: `error`. A clean log without an end mark and without a recorded
exit status: `warn`, as a tool that was killed leaves the same log. With `new-only` and no baseline: `missing`; with `[baseline] required = false` the gate is skipped.
",
    ),
    build: Builder::Fixed(build),
};

const SEVERITIES: [(&str, Option<Severity>); 7] = [
    ("total", None),
    ("critical", Some(Severity::Critical)),
    ("high", Some(Severity::High)),
    ("medium", Some(Severity::Medium)),
    ("low", Some(Severity::Low)),
    ("info", Some(Severity::Info)),
    ("unknown", Some(Severity::Unknown)),
];

/// A limit on a severity, or, without one, on all.
#[derive(Debug, Clone)]
struct Limit {
    name: &'static str,
    severity: Option<Severity>,
    most: u64,
    /// What it holds: its own severity and each above it that has no limit of its own.
    covers: Vec<Severity>,
}

impl Limit {
    fn holds(&self, severity: Severity) -> bool {
        self.severity.is_none() || self.covers.contains(&severity)
    }
}

const FAIL_ON: [(&str, Severity); 5] = [
    ("critical", Severity::Critical),
    ("high", Severity::High),
    ("medium", Severity::Medium),
    ("low", Severity::Low),
    ("info", Severity::Info),
];

#[derive(Debug)]
struct FindingsGate {
    max: Vec<Limit>,
    warn: Vec<Limit>,
    rules: Vec<Pattern>,
    max_suppressed: Option<u64>,
    fixable_only: bool,
    on_diff: bool,
    new_only: bool,
}

fn build(t: &mut Table<'_>) -> Option<Box<dyn Judge>> {
    let mut max = limits(t, "max");
    let warn = limits(t, "warn");
    // Every key is read before anything is refused, so that whoever mistypes one is told of all.
    let rules = t.patterns("rules", Pattern::new);
    let (fixable_only, on_diff) = (t.flag("fixable-only"), t.flag("on-diff"));
    let (new_only, max_suppressed) = (t.flag("new-only"), t.count("max-suppressed"));
    if let Some(severity) = t.choice("fail-on", &FAIL_ON) {
        if max.iter().any(|(_, limited, _)| limited.is_some()) {
            t.problem(
                t.span(),
                "`fail-on` and limits of `max` on a severity say the same thing twice: keep one of them",
            );
        }
        max.push((severity.as_str(), Some(severity), 0));
    }
    if max.is_empty() && warn.is_empty() {
        if t.is_sound() {
            t.problem(
                t.span(),
                "this findings gate allows any number, so nothing can ever fail it: give it max = { total = 0 }",
            );
        }
        return None;
    }
    Some(Box::new(FindingsGate {
        max: covering(max),
        warn: covering(warn),
        rules,
        fixable_only: fixable_only.unwrap_or(false),
        on_diff: on_diff.unwrap_or(false),
        new_only: new_only.unwrap_or(false),
        max_suppressed,
    }))
}

fn limits(t: &mut Table<'_>, key: &'static str) -> Vec<(&'static str, Option<Severity>, u64)> {
    let Some(mut inner) = t.table(key) else { return Vec::new() };
    let out =
        SEVERITIES.into_iter().filter_map(|(name, severity)| Some((name, severity, inner.count(name)?))).collect();
    inner.finish(&format!("`{key}`"));
    out
}

/// Which severities each limit holds.
fn covering(limits: Vec<(&'static str, Option<Severity>, u64)>) -> Vec<Limit> {
    let limited: Vec<Severity> = limits.iter().filter_map(|(_, severity, _)| *severity).collect();
    let covers = |own: Severity| {
        let above =
            Severity::ALL.into_iter().filter(|s| *s > own && *s != Severity::Unknown && own != Severity::Unknown);
        above.filter(|s| !limited.contains(s)).chain([own]).collect()
    };
    limits
        .into_iter()
        .map(|(name, severity, most)| Limit { name, severity, most, covers: severity.map(covers).unwrap_or_default() })
        .collect()
}

impl Judge for FindingsGate {
    fn takes(&self, evidence: &Evidence, select: &Selector) -> bool {
        let Data::Findings(f) = &evidence.data else { return false };
        select.names_category_of(f, evidence.source.tool.as_deref())
    }

    fn compares(&self) -> Compares {
        if self.new_only { Compares::Wholly } else { Compares::Not }
    }

    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError> {
        if self.on_diff && scope.diff().is_none() {
            return Ok(Judgement::of(no_diff("`on-diff` judges the lines that a change adds")));
        }
        let mut out = Judgement::default();
        let own: Vec<(&Evidence, Cow<'_, Findings>)> = scope
            .evidence
            .iter()
            .filter_map(|e| match &e.data {
                Data::Findings(f) => Some((*e, of_tools(f, e.source.tool.as_deref(), scope.select))),
                _ => None,
            })
            .collect();
        let sets: Vec<(&Evidence, &Findings)> = own.iter().map(|(e, f)| (*e, f.as_ref())).collect();
        let mut found: Vec<Counted<'_>> = united(&sets);
        if let Some(before) = scope.baseline.filter(|_| self.new_only) {
            self.leave_new((before, &sets), scope, &mut found, &mut out);
        }
        self.suppressed(&found, scope.select, &mut out);
        found.retain(|c| c.finding.suppressed.is_none());
        let all = found.len();
        beside_paths(&found, scope, &mut out);
        found.retain(|c| self.counts(&c.finding, scope.select));
        let added = scope.diff().filter(|_| self.on_diff).map(Added::of);
        if let Some(added) = &added {
            found.retain_mut(|c| {
                c.added = added.line_of(&c.finding);
                c.added.is_some()
            });
        }
        self.cut_away(all, found.len(), &mut out);
        found.retain(|c| !c.is_waived(scope, &sets));
        found.sort_by_key(|c| std::cmp::Reverse(c.finding.severity));
        for (e, f) in &sets {
            self.without_fixes(e, f, scope.select, &mut out);
        }
        let exceeded = self.limits(&found, &mut out);
        self.without_severity(&found, &mut out);
        for c in found {
            let over = exceeded.iter().filter(|(limit, _)| limit.holds(c.finding.severity));
            if let Some(status) = over.map(|(_, status)| *status).max() {
                out.violations.push(violation(&c, status));
            }
        }
        Ok(out)
    }
}

impl FindingsGate {
    /// Says of a report that it could name no finding that counts: it knows of no fixed version at all.
    fn without_fixes(&self, e: &Evidence, f: &Findings, select: &Selector, out: &mut Judgement) {
        let passed_over = f.active().filter(|i| self.fixable_only && self.selects(i, select)).count();
        let tells = f.items.iter().any(|i| i.package.as_ref().is_some_and(|p| p.fixed.is_some()));
        if passed_over > 0 && !tells {
            let message = format!(
                "none of its {passed_over} findings names a version that mends it, so fixable-only counts none of them"
            );
            let help = "give it a report that names fixed versions (the tool's JSON), or leave fixable-only out";
            let v = Violation::new("fixes-unknown", GateStatus::Warn, message).from_source(&e.source.path);
            out.violations.push(v.with_help(help));
        }
    }

    /// Holds what reports themselves say is suppressed against its limit; without one, most of all findings is worth a word.
    fn suppressed(&self, found: &[Counted<'_>], select: &Selector, out: &mut Judgement) {
        // What VEX statements and ignore files of the project take out is told where they are applied.
        let by_itself = |c: &&Counted<'_>| {
            c.finding.suppressed.as_ref().is_some_and(|s| !["vex", ".trivyignore"].contains(&s.by.as_ref()))
        };
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let all = count(found.iter().filter(|c| self.selects(&c.finding, select)).count());
        let own = count(found.iter().filter(by_itself).filter(|c| self.selects(&c.finding, select)).count());
        if let Some(max) = self.max_suppressed {
            out.conditions.push(Condition::at_most("suppressed", own, max, GateStatus::Fail));
        } else if own.saturating_mul(2) > all {
            let message = format!("{own} of {} are suppressed by the report itself", counted(all, "finding"));
            let first = found.iter().find(by_itself).map_or("", |c| c.evidence.source.path.as_str());
            let v = Violation::new("mostly-suppressed", GateStatus::Warn, message).from_source(first);
            out.violations.push(v.with_help("say how many may be: max-suppressed"));
        }
    }

    /// Says how many findings the gate did not count.
    fn cut_away(&self, all: usize, counted_ones: usize, out: &mut Judgement) {
        if counted_ones < all {
            out.notes.push(format!("counted {counted_ones} of {all} findings"));
        }
    }

    /// Holds the findings against the limits; answers which limits are exceeded, and with which status.
    fn limits(&self, found: &[Counted<'_>], out: &mut Judgement) -> Vec<(&Limit, GateStatus)> {
        let mut exceeded = Vec::new();
        for (limits, short) in [(&self.max, GateStatus::Fail), (&self.warn, GateStatus::Warn)] {
            for limit in limits {
                let n = found.iter().filter(|c| limit.holds(c.finding.severity)).count();
                let n = u64::try_from(n).unwrap_or(u64::MAX);
                let condition = Condition::at_most(limit.name, n, limit.most, short);
                if !condition.holds() {
                    exceeded.push((limit, short));
                    out.to_pass.push(Remedy::ReduceFindings { severity: limit.severity, limit: limit.most });
                }
                out.conditions.push(condition);
            }
        }
        exceeded
    }

    /// Findings that no limit of this gate holds, as they state no severity.
    fn without_severity(&self, found: &[Counted<'_>], out: &mut Judgement) {
        let held = |s: Option<Severity>| self.max.iter().chain(&self.warn).any(|limit| limit.severity == s);
        let unheld = || found.iter().filter(|c| c.finding.severity == Severity::Unknown);
        if held(None) || held(Some(Severity::Unknown)) {
            return;
        }
        if let Some(first) = unheld().next() {
            let n = u64::try_from(unheld().count()).unwrap_or(u64::MAX);
            let verb = if n == 1 { "states" } else { "state" };
            let message = format!("{} {verb} no severity, so no limit of this gate holds", counted(n, "finding"));
            out.violations.push(
                Violation::new("severity-unknown", GateStatus::Warn, message)
                    .from_source(&first.evidence.source.path)
                    .with_help("say how many there may be: max = { unknown = 0 }"),
            );
        }
    }
}

/// Warns where `paths` speak of nothing: of no finding, and of no file of the tree, which may be clean.
fn beside_paths(found: &[Counted<'_>], scope: &Scope<'_>, out: &mut Judgement) {
    const NAMED: usize = 3;
    let paths = &scope.select.paths;
    let places: BTreeSet<&str> =
        found.iter().filter_map(|c| c.finding.place.as_ref()).map(|place| place.path.as_ref()).collect();
    if paths.is_empty() || places.is_empty() || places.iter().any(|place| paths.iter().any(|p| p.speaks_of(place))) {
        return;
    }
    let patterns: Vec<&Pattern> = paths.iter().collect();
    if scope.files.is_some_and(|files| files.matching(&patterns).is_ok_and(|some| !some.is_empty())) {
        return;
    }
    let asked: Vec<&str> = paths.iter().map(Pattern::as_str).collect();
    let some: Vec<&str> = places.iter().copied().take(NAMED).collect();
    let more = places.len().checked_sub(NAMED).filter(|n| *n > 0).map(|n| format!(" and {n} more")).unwrap_or_default();
    let message =
        format!("no file matches `paths` ({}); the findings are in {}{more}", asked.join(", "), some.join(", "));
    let v = Violation::new("paths-match-nothing", GateStatus::Warn, message);
    out.violations.push(v.from_source(found.first().map_or("", |c| &c.evidence.source.path)));
}

/// The findings of the tools that a gate names: a file may hold those of several.
fn of_tools<'f>(findings: &'f Findings, writer: Option<&str>, select: &Selector) -> Cow<'f, Findings> {
    // Where the gate names who wrote the file (GitHub's alerts) and none of the tools that it speaks of, all are meant.
    let by_writer =
        || writer.is_some_and(|w| select.names_tool(w)) && !findings.tools.iter().any(|t| select.names_tool(t));
    if select.tools.is_empty() || findings.tools.len() < 2 || by_writer() {
        return Cow::Borrowed(findings);
    }
    let named = |i: &&Finding| findings.tools.get(usize::from(i.tool)).is_none_or(|t| select.names_tool(t));
    Cow::Owned(Findings {
        tools: findings.tools.clone(),
        items: findings.items.iter().filter(named).cloned().collect(),
        runs: findings.runs,
        target: findings.target.clone(),
        looked_for: findings.looked_for.clone(),
        counted: findings.counted.clone(),
        gaps: findings.gaps.clone(),
        ..Findings::default()
    })
}

/// A finding with the evidence that it is told from, and all tools that found it.
struct Counted<'e> {
    evidence: &'e Evidence,
    finding: Cow<'e, Finding>,
    tools: Vec<String>,
    /// Which of the sets found it; of a single set all did.
    sets: Vec<usize>,
    /// Why the change is held to account for it, where only that counts.
    added: Option<On>,
    /// Set and item of each finding that it stands for.
    members: Vec<(usize, usize)>,
}

impl Counted<'_> {
    /// Whether the set of this number found it.
    fn is_of(&self, set: usize) -> bool {
        self.sets.is_empty() || self.sets.contains(&set)
    }

    fn is_waived(&self, scope: &Scope<'_>, sets: &[(&Evidence, &Findings)]) -> bool {
        let f = self.finding.as_ref();
        let found_by = sets.iter().enumerate().filter(|(n, _)| self.is_of(*n));
        let sources: Vec<&Source> = found_by.map(|(_, (e, _))| &e.source).collect();
        let package = package(f);
        scope.waived(&Item {
            id: (!f.rule.is_empty()).then_some(f.rule.as_ref()),
            package: package.as_deref(),
            path: f.place.as_ref().map(|p| p.path.as_ref()),
            sources: &sources,
            ..Item::default()
        })
    }
}

/// The package of a finding with its version.
fn package(f: &Finding) -> Option<String> {
    let p = f.package.as_ref()?;
    let version = p.installed.as_deref().map(|v| format!(" {v}")).unwrap_or_default();
    Some(match p.purl.as_deref() {
        // A purl may name its version already.
        Some(purl) if p.installed.as_deref().is_none_or(|v| purl.contains(&format!("@{v}"))) => purl.to_owned(),
        Some(purl) => format!("{purl}{version}"),
        None => format!("{}{version}", p.name),
    })
}

/// The findings of all evidence; what several scanners found is one.
fn united<'e>(sets: &[(&'e Evidence, &'e Findings)]) -> Vec<Counted<'e>> {
    if sets.len() > 1 {
        let findings: Vec<&Findings> = sets.iter().map(|(_, f)| *f).collect();
        return unite(&findings)
            .into_iter()
            .filter_map(|u| {
                let evidence = sets.get(u.members.first()?.set)?.0;
                let sets = u.members.iter().map(|m| m.set).collect();
                let members = u.members.iter().map(|m| (m.set, m.item)).collect();
                Some(Counted { evidence, finding: Cow::Owned(u.finding), tools: u.tools, sets, members, added: None })
            })
            .collect();
    }
    let all = sets.iter().flat_map(|(e, f)| f.items.iter().enumerate().map(move |(n, i)| (*e, n, i)));
    all.map(|(evidence, n, i)| Counted {
        evidence,
        finding: Cow::Borrowed(i),
        tools: Vec::new(),
        sets: Vec::new(),
        added: None,
        members: vec![(0, n)],
    })
    .collect()
}

impl FindingsGate {
    /// Leaves what the baseline does not have: a finding that one scanner told of before is known, whoever tells of it now.
    fn leave_new(
        &self,
        (before, sets): (&[&Evidence], &[(&Evidence, &Findings)]),
        scope: &Scope<'_>,
        found: &mut Vec<Counted<'_>>,
        out: &mut Judgement,
    ) {
        let select = scope.select;
        let renames = scope.diff().map(Diff::renames).unwrap_or_default();
        let before: Vec<Cow<'_, Findings>> = before
            .iter()
            .filter_map(|e| match &e.data {
                Data::Findings(f) => Some(of_tools(f, e.source.tool.as_deref(), select)),
                _ => None,
            })
            .collect();
        let before: Vec<&Findings> = before.iter().map(AsRef::as_ref).collect();
        let added = scope.diff().map(Added::of);
        let member = |(set, item): &(usize, usize)| {
            let set = sets.get(*set)?.1;
            let one = set.items.get(*item).filter(|i| i.suppressed.is_none() && self.selects(i, select))?;
            Some((tool_of(set, one), one))
        };
        let now: Vec<Told<'_>> = found
            .iter()
            .map(|c| Told {
                by: c.members.iter().filter_map(member).collect(),
                on_change: added.as_ref().is_some_and(|added| added.line_of(&c.finding).is_some()),
            })
            .collect();
        let known = known(&before, &now, &renames, |f| self.selects(f, select));
        let all = found.iter().filter(|c| c.finding.suppressed.is_none() && self.selects(&c.finding, select)).count();
        let mut there = known.there.iter();
        found.retain(|_| there.next() != Some(&true));
        let left = found.iter().filter(|c| c.finding.suppressed.is_none() && self.selects(&c.finding, select)).count();
        out.notes.push(format!(
            "{left} of {} not in the baseline",
            counted(u64::try_from(all).unwrap_or(u64::MAX), "finding")
        ));
        if !known.risen.is_empty() {
            let mut some: Vec<String> = known
                .risen
                .iter()
                .map(|(old, now)| format!("{} ({} → {})", shown(old), old.severity.as_str(), now.as_str()))
                .collect();
            some.sort();
            some.truncate(5);
            let more = if known.risen.len() > some.len() { ", …" } else { "" };
            let n = counted(u64::try_from(known.risen.len()).unwrap_or(u64::MAX), "known finding");
            let are = if known.risen.len() == 1 { "is" } else { "are" };
            out.notes.push(format!("{n} {are} more severe than in the baseline: {}{more}", some.join(", ")));
        }
        if !known.slack.is_empty() {
            let mut some: Vec<String> = known.slack.iter().map(|f| shown(f)).collect();
            some.sort();
            some.truncate(5);
            let more = if known.slack.len() > some.len() { ", …" } else { "" };
            let n = counted(u64::try_from(known.slack.len()).unwrap_or(u64::MAX), "finding");
            out.notes.push(format!(
                "{n} of the baseline no longer there: {}{more}; gatekeeper snapshot -o FILE takes them out",
                some.join(", ")
            ));
        }
    }

    fn counts(&self, f: &Finding, select: &Selector) -> bool {
        self.selects(f, select) && (!self.fixable_only || f.package.as_ref().is_some_and(|p| p.fixed.is_some()))
    }

    /// Whether it is of what the gate speaks of, mended by a newer version or not.
    fn selects(&self, f: &Finding, select: &Selector) -> bool {
        (select.categories.is_empty() || select.names_category(f))
            && (self.rules.is_empty() || self.rules.iter().any(|r| r.is_match(&f.rule)))
            && (select.paths.is_empty()
                // What has no place may lie in any.
                || f.place.as_ref().is_none_or(|at| select.paths.iter().any(|p| p.speaks_of(&at.path))))
    }
}

fn violation(counted: &Counted<'_>, status: GateStatus) -> Violation {
    let f = counted.finding.as_ref();
    let mut message = words(f);
    if counted.tools.len() > 1 {
        message.push_str(&format!(" (found by {})", counted.tools.join(", ")));
    }
    if let Some(On::Line(line)) = counted.added {
        message.push_str(&format!(" (on line {line}, which the change adds)"));
    }
    let mut v = Violation::new("finding", status, message);
    v.source = Some(counted.evidence.source.path.clone());
    v.id = (!f.rule.is_empty()).then(|| f.rule.to_string());
    v.severity = Some(f.severity);
    v.place = f.place.clone();
    v.url = f.url.as_ref().map(ToString::to_string);
    v.package = package(f);
    v.fixed = f.package.as_ref().and_then(|p| p.fixed.as_ref()).map(ToString::to_string);
    v.help = way_out(f);
    v
}

/// A finding of the baseline, which has no message.
fn shown(f: &Finding) -> String {
    let at = f.place.as_ref().map(|p| p.path.as_ref()).or(f.package.as_ref().map(|p| p.name.as_ref()));
    match at {
        Some(at) if !f.rule.is_empty() => format!("{} in {at}", f.rule),
        Some(at) => at.to_owned(),
        None => f.rule.to_string(),
    }
}

/// What to do about a finding, where more can be said than to mend it.
fn way_out(f: &Finding) -> Option<String> {
    match (f.category, f.package.as_deref()) {
        (Category::Secret, _) => Some("revoke the secret, then take it out; or waive it with a reason".to_owned()),
        (Category::License, Some(p)) => Some(format!("replace {}, or waive it with a reason", p.name)),
        (_, Some(p)) => Some(match p.fixed.as_deref() {
            // npm mends a package by updating what brings it: "express@5.0.0".
            Some(fixed) => match fixed.rsplit_once('@').filter(|(name, v)| !name.is_empty() && !v.contains(' ')) {
                Some((name, version)) => format!("update {name} to {version}, which brings a mended {}", p.name),
                None => format!("update {} to {fixed}", p.name),
            },
            None => format!("no fixed version of {} is known: replace it, or waive it with a reason", p.name),
        }),
        _ => None,
    }
}

/// The first line of a finding's message that says something: advisories are Markdown and begin with headings.
fn words(f: &Finding) -> String {
    // Marks of headings, quotes and lists, and not the first character of an option or a pointer.
    let bare = |l: &str| {
        let marks = l.find(|c| !matches!(c, '#' | '>' | '*' | '-' | ' ')).unwrap_or(l.len());
        let marks = l.get(..marks).filter(|m| m.ends_with(' ')).map_or(0, str::len);
        l.get(marks..).unwrap_or(l).trim().to_owned()
    };
    let mut lines = f.message.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with("```"));
    let said = lines
        .clone()
        .find(|l| !l.starts_with('#') && l.chars().any(char::is_alphanumeric))
        .or_else(|| lines.next())
        .map(bare)
        .unwrap_or_default();
    if said.is_empty() {
        return match (f.category, f.package.as_deref()) {
            (Category::Vulnerability, Some(p)) => format!("a known vulnerability of {}", p.name),
            (Category::Vulnerability, None) => "a known vulnerability".to_owned(),
            (category, _) => format!("a finding of category {} without a message", category.as_str()),
        };
    }
    said.chars().take(400).collect()
}

#[cfg(test)]
mod tests;
