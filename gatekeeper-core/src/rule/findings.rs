//! The rule `findings`: most per severity and in all, narrowed by tool, category and rule.

use super::api::{Builder, Judge, Judgement, Rule, Scope};
use super::condition::at_most;
use crate::config::Selector;
use crate::config::Table;
use crate::relate::findings::unite;
use crate::verdict::{Status, Violation};
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
That a tool ran and complained no more than it may. Suppressed findings do not count; they are in the evidence.

## Why
A scanner that crashed before it looked finds nothing either, and a gate that greps for a word that no tool prints never fails.

## Configuration
| key | meaning | default |
|---|---|---|
| `max` | `{ total, critical, high, medium, low, info, unknown }`: most findings of each; where neither `total` nor `unknown` is named, findings without a severity are warned of | none; `max` or `warn` must be given |
| `warn` | the same: above it the gate warns | none |
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

#[derive(Debug)]
struct FindingsGate {
    max: Vec<(&'static str, Option<Severity>, u64)>,
    warn: Vec<(&'static str, Option<Severity>, u64)>,
    rules: Vec<Pattern>,
    fixable_only: bool,
}

fn build(t: &mut Table<'_>) -> Option<Box<dyn Judge>> {
    let max = limits(t, "max");
    let warn = limits(t, "warn");
    if max.is_empty() && warn.is_empty() {
        t.problem(
            t.span(),
            "this findings gate allows any number, so nothing can ever fail it: give it max = { total = 0 }",
        );
        return None;
    }
    let rules = t.texts("rules").unwrap_or_default();
    let rules =
        rules.into_iter().filter_map(|(text, span)| Pattern::new(&text).map_err(|e| t.problem(span, e)).ok()).collect();
    Some(Box::new(FindingsGate { max, warn, rules, fixable_only: t.flag("fixable-only").unwrap_or(false) }))
}

fn limits(t: &mut Table<'_>, key: &'static str) -> Vec<(&'static str, Option<Severity>, u64)> {
    let Some(mut inner) = t.table(key) else { return Vec::new() };
    let out =
        SEVERITIES.into_iter().filter_map(|(name, severity)| Some((name, severity, inner.count(name)?))).collect();
    inner.finish(&format!("`{key}`"));
    out
}

impl Judge for FindingsGate {
    fn takes(&self, evidence: &Evidence, select: &Selector) -> bool {
        let Data::Findings(f) = &evidence.data else { return false };
        if select.categories.is_empty() {
            return true;
        }
        // Evidence speaks of a category where it has a finding of it, or where it tells that this was looked for or its tool is known to: a clean
        // dialyzer log is no evidence that there are no vulnerabilities.
        let looked = f.looked_for(evidence.source.tool.as_deref());
        f.items.iter().any(|i| select.categories.contains(&i.category))
            || looked.iter().any(|c| select.categories.contains(c))
            // Of a tool that is not known, whoever names it knows what it looks for; of a linter nobody can say that it looked for secrets.
            || (looked.is_empty()
                && (!select.tools.is_empty() || !select.formats.is_empty() || !select.evidence.is_empty()))
    }

    fn judge(&self, scope: &Scope<'_>) -> Judgement {
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
        for (e, f) in &sets {
            if f.runs == Some(0) {
                let message = "it describes no run of any tool, so nothing was looked at";
                out.violations.push(Violation::new("no-run", Status::Error, message).from_source(&e.source.path));
            } else if f.items.is_empty() && f.tools.is_empty() && e.source.tool.is_none() {
                let message = "it names no tool and no finding, so nothing says that anybody looked";
                out.violations
                    .push(Violation::new("nobody-looked", Status::Error, message).from_source(&e.source.path));
            }
            if self.fixable_only {
                let passed_over = f.active().filter(|i| self.selects(i, scope.select)).count();
                let tells = f.items.iter().any(|i| i.package.as_ref().is_some_and(|p| p.fixed.is_some()));
                if passed_over > 0 && !tells {
                    let message = format!(
                        "none of its {passed_over} findings names a version that mends it, so fixable-only counts none of them"
                    );
                    out.violations.push(
                        Violation::new("fixes-unknown", Status::Warn, message).from_source(&e.source.path).with_help(
                            "give it a report that names fixed versions (the tool's JSON), or leave fixable-only out",
                        ),
                    );
                }
            }
            if e.complete.is_none() && !f.active().any(|i| self.counts(i, scope.select)) {
                let message = "nothing was found, but this log would look the same if its tool had been killed";
                out.violations.push(
                    Violation::new("completeness-unknown", Status::Warn, message)
                        .from_source(&e.source.path)
                        .with_help("keep its exit status too: gatekeeper record --tool NAME -- COMMAND, or exit-status in the policy"),
                );
            }
        }
        let mut counted: Vec<Counted<'_>> = united(&sets);
        counted.retain(|c| c.finding.suppressed.is_none() && self.counts(&c.finding, scope.select));
        counted.sort_by_key(|c| std::cmp::Reverse(c.finding.severity));
        let of = |severity: Option<Severity>| {
            let n = counted.iter().filter(|c| severity.is_none_or(|s| c.finding.severity == s)).count();
            u64::try_from(n).unwrap_or(u64::MAX)
        };
        // The limits that are exceeded, and with which status.
        let mut exceeded: Vec<(Option<Severity>, Status)> = Vec::new();
        for (limits, short) in [(&self.max, Status::Fail), (&self.warn, Status::Warn)] {
            for (name, severity, limit) in limits {
                let condition = at_most(name, of(*severity), *limit, short);
                if condition.status != Status::Pass {
                    exceeded.push((*severity, short));
                    let words = severity.map_or("", Severity::as_str);
                    let blank = if words.is_empty() { "" } else { " " };
                    out.to_pass.push(format!("mend or waive {words}{blank}findings until at most {limit} are left"));
                }
                out.conditions.push(condition);
            }
        }
        let held = |s: Option<Severity>| self.max.iter().chain(&self.warn).any(|(_, of, _)| *of == s);
        let unheld = || counted.iter().filter(|c| c.finding.severity == Severity::Unknown);
        if !held(None)
            && !held(Some(Severity::Unknown))
            && let Some(first) = unheld().next()
        {
            let n = unheld().count();
            let (plural, verb) = if n == 1 { ("", "states") } else { ("s", "state") };
            let message = format!("{n} finding{plural} {verb} no severity, so no limit of this gate holds");
            out.violations.push(
                Violation::new("severity-unknown", Status::Warn, message)
                    .from_source(&first.evidence.source.path)
                    .with_help("say how many there may be: max = { unknown = 0 }"),
            );
        }
        for c in counted {
            let status = exceeded
                .iter()
                .filter(|(s, _)| s.is_none_or(|s| s == c.finding.severity))
                .map(|(_, status)| *status)
                .max();
            if let Some(status) = status {
                out.violations.push(violation(&c, status));
            }
        }
        out
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
        ..Findings::default()
    })
}

/// A finding with the evidence that it is told from, and all tools that found it.
struct Counted<'e> {
    evidence: &'e Evidence,
    finding: Cow<'e, Finding>,
    tools: Vec<String>,
}

/// The findings of all evidence; what several scanners found is one.
fn united<'e>(sets: &[(&'e Evidence, &'e Findings)]) -> Vec<Counted<'e>> {
    if sets.len() > 1 {
        let findings: Vec<&Findings> = sets.iter().map(|(_, f)| *f).collect();
        return unite(&findings)
            .into_iter()
            .filter_map(|u| {
                let evidence = sets.get(u.members.first()?.set)?.0;
                Some(Counted { evidence, finding: Cow::Owned(u.finding), tools: u.tools })
            })
            .collect();
    }
    let all = sets.iter().flat_map(|(e, f)| f.items.iter().map(move |i| (*e, i)));
    all.map(|(evidence, i)| Counted { evidence, finding: Cow::Borrowed(i), tools: Vec::new() }).collect()
}

impl FindingsGate {
    fn counts(&self, f: &Finding, select: &Selector) -> bool {
        self.selects(f, select) && (!self.fixable_only || f.package.as_ref().is_some_and(|p| p.fixed.is_some()))
    }

    /// Whether it is of what the gate speaks of, mended by a newer version or not.
    fn selects(&self, f: &Finding, select: &Selector) -> bool {
        (select.categories.is_empty() || select.categories.contains(&f.category))
            && (self.rules.is_empty() || self.rules.iter().any(|r| r.matches(&f.rule).is_some()))
            && (select.paths.is_empty()
                // What has no place may lie in any.
                || f.place.as_ref().is_none_or(|at| select.paths.iter().any(|p| p.speaks_of(&at.path))))
    }
}

fn violation(counted: &Counted<'_>, status: Status) -> Violation {
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
    if let Some(p) = &f.package {
        let version = p.installed.as_deref().map(|v| format!(" {v}")).unwrap_or_default();
        v.package = Some(match p.purl.as_deref() {
            // A purl may name its version already.
            Some(purl) if p.installed.as_deref().is_none_or(|v| purl.contains(&format!("@{v}"))) => purl.to_owned(),
            Some(purl) => format!("{purl}{version}"),
            None => format!("{}{version}", p.name),
        });
        v.fixed = p.fixed.as_ref().map(ToString::to_string);
    }
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
