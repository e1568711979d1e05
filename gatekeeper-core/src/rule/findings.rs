//! The rule `findings`: most per severity and in all, narrowed by tool, category and rule.

use super::api::{Builder, Item, Judge, Judgement, Rule, RuleError, Scope};
use super::condition::{Condition, counted};
use super::remedy::Remedy;
use crate::config::{Selector, Table};
use crate::relate::findings::unite;
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::findings::{Category, Finding, Findings, Severity};
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_evidence::{Data, Evidence, Kind};
use std::borrow::Cow;

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
| `rules` | rule ids, or patterns of them, that count; others do not | all |
| `fixable-only` | count only findings that a newer version mends | false |
| `tools` | tools whose findings count | all |
| `categories` | `vulnerability`, `secret`, `misconfiguration`, `license`, `code` | all |

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
exit status: `warn`, as a tool that was killed leaves the same log.
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
    fixable_only: bool,
}

fn build(t: &mut Table<'_>) -> Option<Box<dyn Judge>> {
    let mut max = limits(t, "max");
    let warn = limits(t, "warn");
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
        t.problem(
            t.span(),
            "this findings gate allows any number, so nothing can ever fail it: give it max = { total = 0 }",
        );
        return None;
    }
    let rules = t.patterns("rules", Pattern::new);
    Some(Box::new(FindingsGate {
        max: covering(max),
        warn: covering(warn),
        rules,
        fixable_only: t.flag("fixable-only").unwrap_or(false),
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

    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError> {
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
        found.retain(|c| c.finding.suppressed.is_none());
        let all = found.len();
        found.retain(|c| self.counts(&c.finding, scope.select));
        self.cut_away(all, found.len(), &mut out);
        found.retain(|c| !c.is_waived(scope));
        found.sort_by_key(|c| std::cmp::Reverse(c.finding.severity));
        for (n, (e, f)) in sets.iter().enumerate() {
            self.told_by(e, f, scope.select, &mut out);
            if e.complete.is_none() {
                let message = if found.iter().any(|c| c.is_of(n)) {
                    "nothing marks the end of this log, so more may have been found than it shows"
                } else {
                    "nothing was found, but this log would look the same if its tool had been killed"
                };
                let v = Violation::new("completeness-unknown", GateStatus::Warn, message).from_source(&e.source.path);
                out.violations.push(v.with_help(
                    "keep its exit status too: gatekeeper record --tool NAME -- COMMAND, or exit-status in the policy",
                ));
            }
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
    /// What one report's own words take from its worth.
    fn told_by(&self, e: &Evidence, f: &Findings, select: &Selector, out: &mut Judgement) {
        let mut say = |code, status, message: String, help: Option<&str>| {
            let v = Violation::new(code, status, message).from_source(&e.source.path);
            out.violations.push(match help {
                Some(help) => v.with_help(help),
                None => v,
            });
        };
        if f.runs == Some(0) {
            let message = "it describes no run of any tool, so nothing was looked at".to_owned();
            say("no-run", GateStatus::Error, message, None);
        } else if f.items.is_empty() && f.tools.is_empty() && e.source.tool.is_none() {
            let message = "it names no tool and no finding, so nothing says that anybody looked".to_owned();
            say("nobody-looked", GateStatus::Error, message, None);
        }
        if self.fixable_only {
            let passed_over = f.active().filter(|i| self.selects(i, select)).count();
            let tells = f.items.iter().any(|i| i.package.as_ref().is_some_and(|p| p.fixed.is_some()));
            if passed_over > 0 && !tells {
                let message = format!(
                    "none of its {passed_over} findings names a version that mends it, so fixable-only counts none of them"
                );
                let help = "give it a report that names fixed versions (the tool's JSON), or leave fixable-only out";
                say("fixes-unknown", GateStatus::Warn, message, Some(help));
            }
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
}

impl Counted<'_> {
    /// Whether the set of this number found it.
    fn is_of(&self, set: usize) -> bool {
        self.sets.is_empty() || self.sets.contains(&set)
    }

    fn is_waived(&self, scope: &Scope<'_>) -> bool {
        let f = self.finding.as_ref();
        let package = package(f);
        scope.waived(&Item {
            id: (!f.rule.is_empty()).then_some(f.rule.as_ref()),
            package: package.as_deref(),
            path: f.place.as_ref().map(|p| p.path.as_ref()),
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
                Some(Counted { evidence, finding: Cow::Owned(u.finding), tools: u.tools, sets })
            })
            .collect();
    }
    let all = sets.iter().flat_map(|(e, f)| f.items.iter().map(move |i| (*e, i)));
    all.map(|(evidence, i)| Counted { evidence, finding: Cow::Borrowed(i), tools: Vec::new(), sets: Vec::new() })
        .collect()
}

impl FindingsGate {
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
mod tests {
    use super::super::testing::{Case, conditions, evidence, gate, violations};
    use super::*;
    use GateStatus::{Error, Fail, Pass, Warn};
    use gatekeeper_evidence::findings::{Package, Place, Suppression};

    fn finding(severity: Severity) -> Finding {
        Finding { rule: "R1".into(), message: "bad".into(), severity, ..Finding::default() }
    }

    fn set(items: Vec<Finding>) -> Findings {
        Findings { tools: vec!["t".to_owned()], items, ..Findings::default() }
    }

    /// `c`ritical, `h`igh, `m`edium, `l`ow, `i`nfo, `u`nknown.
    fn severities(letters: &str) -> Findings {
        let of = |letter| match letter {
            'c' => Severity::Critical,
            'h' => Severity::High,
            'm' => Severity::Medium,
            'l' => Severity::Low,
            'i' => Severity::Info,
            _ => Severity::Unknown,
        };
        set(letters.chars().map(|l| finding(of(l))).collect())
    }

    fn of(keys: &str, sets: Vec<Findings>) -> Case<'_> {
        let evidence = sets.into_iter().map(|f| evidence("x.sarif", Data::Findings(f))).collect();
        Case::new(&RULE, keys, evidence)
    }

    fn status(keys: &str, f: Findings) -> GateStatus {
        of(keys, vec![f]).judged().status()
    }

    #[test]
    fn each_limit_holds_at_its_number_and_not_beyond() {
        for (word, one) in [
            ("total", "m"),
            ("critical", "c"),
            ("high", "h"),
            ("medium", "m"),
            ("low", "l"),
            ("info", "i"),
            ("unknown", "u"),
        ] {
            for (key, short) in [("max", Fail), ("warn", Warn)] {
                let keys =
                    format!("{key} = {{ {word} = 1, unknown = 9 }}").replace("unknown = 1, unknown = 9", "unknown = 1");
                assert_eq!(status(&keys, severities(one)), Pass, "{keys}");
                assert_eq!(status(&keys, severities(&one.repeat(2))), short, "{keys}");
                // Those below do not count, except in the total.
                let below = if matches!(one, "l" | "u") { "iii" } else { "lll" };
                let expected = if matches!(word, "total" | "info") { short } else { Pass };
                assert_eq!(status(&keys, severities(below)), expected, "{keys}");
            }
        }
    }

    #[test]
    fn a_finding_is_as_bad_as_the_worst_limit_that_it_breaks() {
        let j = of("max = { critical = 0 }\nwarn = { total = 0 }", vec![severities("lc")]).judged();
        assert_eq!(violations(&j), [("finding", Fail), ("finding", Warn)]);
        assert_eq!(conditions(&j), [("critical", Fail), ("total", Warn)]);
        let (critical, any) = (Some(Severity::Critical), None);
        assert_eq!(j.to_pass, [critical, any].map(|severity| Remedy::ReduceFindings { severity, limit: 0 }));
    }

    #[test]
    fn within_the_limit_nothing_is_listed() {
        let j = of("max = { critical = 0, low = 2, unknown = 0 }", vec![severities("ll")]).judged();
        assert_eq!((violations(&j), j.to_pass.clone()), (vec![], vec![]));
        let j = of("max = { critical = 0, low = 2, unknown = 0 }", vec![severities("llc")]).judged();
        assert_eq!(violations(&j), [("finding", Fail)]);
    }

    #[test]
    fn findings_without_a_severity_are_warned_of_where_no_limit_holds_them() {
        let high = "max = { high = 0 }";
        let j = of(high, vec![severities("u")]).judged();
        assert_eq!(violations(&j), [("severity-unknown", Warn)]);
        assert_eq!(j.violations[0].message, "1 finding states no severity, so no limit of this gate holds");
        assert_eq!(violations(&of(high, vec![severities("l")]).judged()), []);
        for held in
            ["max = { high = 0, unknown = 1 }", "max = { total = 1 }", "max = { high = 0 }\nwarn = { unknown = 1 }"]
        {
            assert_eq!(status(held, severities("u")), Pass, "{held}");
        }
    }

    #[test]
    fn suppressed_findings_do_not_count() {
        let mut f = finding(Severity::High);
        f.suppressed = Some(Box::new(Suppression::default()));
        assert_eq!(status("max = { total = 0 }", set(vec![f])), Pass);
    }

    #[test]
    fn who_did_not_look_has_found_nothing() {
        let none = "max = { total = 0 }";
        let j = of(none, vec![Findings { runs: Some(0), ..set(Vec::new()) }]).judged();
        assert_eq!(violations(&j), [("no-run", Error)]);
        assert_eq!(status(none, Findings { runs: Some(1), ..set(Vec::new()) }), Pass);
        let nobody = || Findings::default();
        assert_eq!(violations(&of(none, vec![nobody()]).judged()), [("nobody-looked", Error)]);
        let mut known = of(none, vec![nobody()]);
        known.evidence[0].source.tool = Some("xref".to_owned());
        assert_eq!(known.judged().status(), Pass);
        assert_eq!(status(none, set(Vec::new())), Pass);
    }

    #[test]
    fn a_limit_holds_for_what_is_above_it_and_has_none_of_its_own() {
        for (keys, found, want) in [
            ("max = { high = 0 }", "c", Fail),
            ("max = { high = 0 }", "m", Pass),
            ("max = { high = 0 }", "u", Warn),
            ("max = { medium = 0 }", "c", Fail),
            ("max = { high = 0, critical = 1 }", "c", Pass),
            ("max = { high = 0, critical = 1 }", "cc", Fail),
            ("max = { low = 2, high = 0 }", "cll", Fail),
            ("max = { low = 2, high = 1 }", "cll", Fail),
            ("max = { low = 3, high = 1 }", "cll", Pass),
            ("max = { unknown = 0 }", "c", Pass),
            ("warn = { high = 0 }", "c", Warn),
            ("fail-on = \"high\"", "c", Fail),
            ("fail-on = \"high\"", "h", Fail),
            ("fail-on = \"high\"", "mmm", Pass),
            ("fail-on = \"critical\"", "h", Pass),
        ] {
            assert_eq!(status(keys, severities(found)), want, "{keys} {found}");
        }
    }

    #[test]
    fn what_a_filter_cuts_away_is_counted() {
        let j = of("max = { total = 0 }\nrules = [\"ZZ*\"]", vec![severities("mmm")]).judged();
        assert_eq!((j.status(), j.notes), (Pass, vec!["counted 0 of 3 findings".to_owned()]));
        assert!(of("max = { total = 9 }", vec![severities("mmm")]).judged().notes.is_empty());
    }

    #[test]
    fn a_log_without_an_end_mark_is_warned_of() {
        let open = |keys, sets: Vec<Findings>| {
            let mut case = of(keys, sets);
            for e in &mut case.evidence {
                e.complete = None;
            }
            case
        };
        let none = "max = { total = 9 }";
        assert_eq!(violations(&open(none, vec![set(Vec::new())]).judged()), [("completeness-unknown", Warn)]);
        // More may have been found than it shows.
        assert_eq!(violations(&open(none, vec![severities("l")]).judged()), [("completeness-unknown", Warn)]);
        // Each log for itself; and one of which all is waived is as good as clean.
        let two = open(none, vec![severities("l"), set(Vec::new())]).judged();
        assert_eq!(violations(&two), [("completeness-unknown", Warn); 2]);
        let waived = open(none, vec![severities("l")]).judged_waiving(&|_| true);
        assert_eq!(violations(&waived), [("completeness-unknown", Warn)]);
    }

    #[test]
    fn only_what_has_a_fix_counts_with_fixable_only() {
        let package = |fixed: Option<&str>| {
            let package = Package { name: "p".into(), fixed: fixed.map(Into::into), ..Package::default() };
            Finding { package: Some(Box::new(package)), ..finding(Severity::High) }
        };
        let keys = "max = { total = 0 }\nfixable-only = true";
        assert_eq!(status(keys, set(vec![package(Some("2"))])), Fail);
        assert_eq!(violations(&of(keys, vec![set(vec![package(None)])]).judged()), [("fixes-unknown", Warn)]);
        let both = of("max = { total = 1 }\nfixable-only = true", vec![set(vec![package(None), package(Some("2"))])]);
        assert_eq!((both.judged().status(), violations(&both.judged())), (Pass, vec![]));
        assert_eq!(status("max = { total = 0 }", set(vec![package(None)])), Fail);
    }

    #[test]
    fn rules_categories_paths_and_tools_narrow_what_counts() {
        let keys = "max = { total = 0 }";
        let secret = || Finding { category: Category::Secret, ..finding(Severity::High) };
        let narrowed = |f: Findings, select: Selector| {
            let mut case = of(keys, vec![f]);
            case.select = select;
            case.judged().status()
        };
        let category = |c| Selector { categories: vec![c], ..Selector::default() };
        assert_eq!(narrowed(set(vec![secret()]), category(Category::Secret)), Fail);
        assert_eq!(narrowed(set(vec![secret()]), category(Category::Code)), Pass);
        let rule = |pattern: &str| status(&format!("{keys}\nrules = [\"{pattern}\"]"), severities("h"));
        assert_eq!([rule("R*"), rule("R1"), rule("S*")], [Fail, Fail, Pass]);
        let at = |path: &str| Finding {
            place: Some(Place { path: path.into(), ..Place::default() }),
            ..finding(Severity::High)
        };
        let paths = || Selector { paths: vec![Pattern::new("src/**").unwrap()], ..Selector::default() };
        assert_eq!(narrowed(set(vec![at("src/a")]), paths()), Fail);
        assert_eq!(narrowed(set(vec![at("lib/a")]), paths()), Pass);
        assert_eq!(narrowed(set(vec![finding(Severity::High)]), paths()), Fail, "without a place it may lie in any");
        let two = Findings {
            tools: vec!["a".to_owned(), "b".to_owned()],
            items: vec![Finding { tool: 1, ..finding(Severity::High) }],
            ..Findings::default()
        };
        let tool = |t: &str| Selector { tools: vec![t.to_owned()], ..Selector::default() };
        assert_eq!([narrowed(two.clone(), tool("a")), narrowed(two, tool("b"))], [Pass, Fail]);
    }

    #[test]
    fn evidence_speaks_of_what_was_looked_for() {
        let gate = gate(&RULE, "max = { total = 0 }").unwrap();
        let takes = |tool: Option<&str>, f: Findings, select: Selector| {
            let mut e = evidence("x", Data::Findings(f));
            e.source.tool = tool.map(str::to_owned);
            gate.takes(&e, &select)
        };
        let category = |c| Selector { categories: vec![c], ..Selector::default() };
        let clean = Findings::default;
        assert!(takes(Some("trivy"), clean(), category(Category::Vulnerability)));
        assert!(!takes(Some("dialyzer"), clean(), category(Category::Vulnerability)));
        assert!(!takes(Some("nobody-knows"), clean(), category(Category::Code)));
        let named = Selector { tools: vec!["nobody-knows".to_owned()], ..category(Category::Code) };
        assert!(takes(Some("nobody-knows"), clean(), named));
        assert!(takes(Some("dialyzer"), clean(), Selector::default()));
        let told = Findings { looked_for: Some(vec![Category::Secret]), ..clean() };
        assert!(takes(Some("trivy"), told.clone(), category(Category::Secret)));
        assert!(!takes(Some("trivy"), told, category(Category::Vulnerability)));
        let found = set(vec![Finding { category: Category::Secret, ..finding(Severity::Low) }]);
        assert!(takes(None, found, category(Category::Secret)));
    }

    #[test]
    fn what_several_scanners_found_is_one() {
        let vulnerability = || Finding {
            rule: "CVE-2026-1".into(),
            category: Category::Vulnerability,
            package: Some(Box::new(Package {
                name: "p".into(),
                purl: Some("pkg:npm/p@1".into()),
                installed: Some("1".into()),
                fixed: Some("2".into()),
            })),
            ..finding(Severity::High)
        };
        let sets =
            || vec![set(vec![vulnerability()]), Findings { tools: vec!["u".to_owned()], ..set(vec![vulnerability()]) }];
        let j = of("max = { total = 0 }", sets()).judged();
        assert_eq!(violations(&j), [("finding", Fail)]);
        assert_eq!(j.violations[0].message, "bad (found by t, u)");
        assert_eq!(j.violations[0].help.as_deref(), Some("update p to 2"));
        let mut open = of("max = { total = 1 }", sets());
        open.evidence[1].complete = None;
        assert_eq!(open.judged().status(), Warn, "one of them may have found more");
    }

    #[test]
    fn what_is_waived_is_taken_out_before_it_counts() {
        let keys = "max = { total = 0 }";
        let f = Finding {
            package: Some(Box::new(Package { name: "p".into(), installed: Some("1".into()), ..Package::default() })),
            place: Some(Place { path: "src/a".into(), ..Place::default() }),
            ..finding(Severity::High)
        };
        let j = of(keys, vec![set(vec![f.clone(), finding(Severity::Low)])])
            .judged_waiving(&|i| (i.id, i.package, i.path) == (Some("R1"), Some("p 1"), Some("src/a")));
        assert_eq!((violations(&j), j.violations[0].severity), (vec![("finding", Fail)], Some(Severity::Low)));
        let all = of(keys, vec![set(vec![f])]).judged_waiving(&|_| true);
        assert_eq!((all.status(), violations(&all), all.to_pass.clone()), (Pass, vec![], vec![]));
    }

    #[test]
    fn what_does_not_count_is_not_asked_for() {
        let mut suppressed = finding(Severity::High);
        suppressed.suppressed = Some(Box::new(Suppression::default()));
        let j = of("max = { total = 0 }\nrules = [\"X\"]", vec![set(vec![suppressed, finding(Severity::High)])]);
        assert_eq!(j.judged_waiving(&|i| panic!("{i:?}")).status(), Pass);
    }

    #[test]
    fn a_gate_that_nothing_can_fail_is_refused() {
        assert!(gate(&RULE, "").unwrap_err()[0].contains("nothing can ever fail it"));
        assert!(gate(&RULE, "max = { hihg = 0 }").is_err());
        assert!(gate(&RULE, "warn = { total = 0 }").is_ok());
    }

    #[test]
    fn a_way_out_names_what_to_update() {
        let of = |fixed: Option<&str>, category| {
            let package = Package { name: "qs".into(), fixed: fixed.map(Into::into), ..Package::default() };
            way_out(&Finding { category, package: Some(Box::new(package)), ..Finding::default() }).unwrap()
        };
        let v = Category::Vulnerability;
        assert_eq!(of(Some("6.9.7"), v), "update qs to 6.9.7");
        assert_eq!(of(Some("express@5.0.0"), v), "update express to 5.0.0, which brings a mended qs");
        for odd in ["@5.0.0", "a@1 or b", "@1 or 2"] {
            assert_eq!(of(Some(odd), v), format!("update qs to {odd}"));
        }
        assert!(of(None, v).starts_with("no fixed version of qs is known"));
        assert_eq!(of(None, Category::License), "replace qs, or waive it with a reason");
        assert_eq!(way_out(&Finding { category: Category::Code, ..Finding::default() }), None);
    }

    #[test]
    fn a_tools_findings_are_still_of_the_same_scan() {
        let all = Findings {
            tools: vec!["a".to_owned(), "b".to_owned()],
            items: vec![Finding { tool: 0, ..finding(Severity::Low) }, Finding { tool: 1, ..finding(Severity::High) }],
            target: vec!["image:1".to_owned()],
            looked_for: Some(vec![Category::Secret]),
            runs: Some(2),
            ..Findings::default()
        };
        let select = Selector { tools: vec!["b".to_owned()], ..Selector::default() };
        let got = of_tools(&all, None, &select);
        assert_eq!(got.items.iter().map(|f| f.severity).collect::<Vec<_>>(), [Severity::High]);
        assert_eq!((&got.target, &got.looked_for, got.runs), (&all.target, &all.looked_for, all.runs));
    }

    #[test]
    fn who_found_it_is_said_where_several_did() {
        let by = |tool: &str, rule: &str| Findings {
            tools: vec![tool.to_owned()],
            ..set(vec![Finding { rule: rule.into(), category: Category::Code, ..finding(Severity::High) }])
        };
        let j = of("max = { total = 0 }", vec![by("a", "R1"), by("b", "R2")]).judged();
        assert_eq!(j.violations.len(), 2);
        assert!(j.violations.iter().all(|v| !v.message.contains("found by")), "{:?}", j.violations);
    }
}
