//! `[gates.NAME]`: a rule with its configuration, and the keys that every rule's gates have.

use super::Action;
use super::cells::{Cells, cells};
use super::entry::{EvidenceEntry, known_label, patterns_of};
use super::known::Known;
use crate::config::{Entry, PolicyProblem, ProblemCode, Problems, Selector, Span, Table};
use crate::rule::{Judge, Rule};
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::findings::Category;
use gatekeeper_formats::{Format, Formats};
use std::collections::BTreeMap;

/// A rule with its configuration, under a name.
#[derive(Debug)]
pub struct Gate {
    /// Its name.
    pub name: String,
    /// Its rule.
    pub rule: Rule,
    /// What falling short does.
    pub action: Action,
    /// Which evidence it takes.
    pub select: Selector,
    /// By which labels it is judged cell by cell, and which cells there must be.
    pub cells: Cells,
    /// A word that goes into the verdict's `triggers` where the gate fails, has no evidence or could not be judged.
    pub then: Option<String>,
    /// Whether it is judged for each component by itself.
    pub per_component: bool,
    /// The limits that components have of their own, by the component's name.
    pub(crate) own: BTreeMap<String, Own>,
    /// Whether it is judged at all: not so where the policy, or the profile, switches it off.
    pub enabled: bool,
    /// Whether missing evidence blocks. Not so for the built-in default gates: they report it.
    pub missing_blocks: bool,
    /// Line in the policy, from 1; `None` for the built-in default.
    pub line: Option<u64>,
    /// The file that it stands in, where it is one that the policy extends.
    pub file: Option<String>,
    /// The rule's configuration.
    pub(crate) judge: Box<dyn Judge>,
}

/// A gate as one component has it.
#[derive(Debug)]
pub(crate) struct Own {
    /// Whether it is judged for this component.
    pub enabled: bool,
    /// The rule's configuration.
    pub judge: Box<dyn Judge>,
}

/// Reads one of them.
pub(super) fn gate(
    entry: &Entry,
    evidence: &[EvidenceEntry],
    known: Known<'_>,
    problems: &Problems,
    line: &impl Fn(&Span) -> u64,
) -> Option<Gate> {
    let Entry { key: name, key_span, node } = entry;
    let what = format!("the gate `{name}`");
    let mut t = Table::of(node, &what, problems)?;
    // A gate that bears the name of a rule need not say it.
    let named = || known.rules.by_id(name).map(|_| (name.clone(), key_span.clone()));
    let stated = if t.get("rule").is_none() { named() } else { t.text("rule") };
    let Some((id, span)) = stated else {
        if t.get("rule").is_none() {
            let ids: Vec<&str> = known.rules.iter().map(Rule::id).collect();
            problems.add(
                PolicyProblem::new(key_span.clone(), format!("{what} has no rule"))
                    .code(ProblemCode::MissingKey)
                    .help(format!("give it rule = \"…\": {}", ids.join(", "))),
            );
        }
        return None;
    };
    let Some(rule) = known.rules.by_id(&id) else {
        problems.add(
            PolicyProblem::new(span, format!("there is no rule `{id}`"))
                .code(ProblemCode::UnknownRule)
                .nearest(known_as(&id).unwrap_or(&id), known.rules.iter().map(Rule::id)),
        );
        return None;
    };
    let action = t
        .choice("action", &[("block", Action::Block), ("warn", Action::Warn), ("inform", Action::Inform)])
        .unwrap_or_default();
    let enabled = t.flag("enabled").unwrap_or(true);
    let select = selector(&mut t, rule, evidence, known.formats);
    let cells = cells(&mut t, evidence, line);
    let then = then(&mut t);
    let per_component = t.flag("per-component").unwrap_or(false);
    let judge = rule.build(&mut t);
    t.finish(&format!("a gate of rule `{}`", rule.id));
    Some(Gate {
        name: name.to_owned(),
        rule: rule.clone(),
        action,
        select,
        cells,
        then,
        per_component,
        own: BTreeMap::new(),
        missing_blocks: true,
        enabled,
        line: Some(line(key_span)),
        file: None,
        judge: judge?,
    })
}

/// The word for the verdict's `triggers`: programs compare it, so it is one line of a few characters.
fn then(t: &mut Table<'_>) -> Option<String> {
    let (word, span) = t.text("then")?;
    let plain = !word.is_empty()
        && word.len() <= 100
        && !word.contains(|c: char| c.is_control() || c == ',')
        && word.trim() == word;
    if !plain {
        t.problem(span, "`then` takes a word of at most 100 characters without commas, such as \"rollback\"");
    }
    plain.then_some(word)
}

fn selector(t: &mut Table<'_>, rule: &Rule, evidence: &[EvidenceEntry], formats: &Formats) -> Selector {
    let tools = t.texts("tools").unwrap_or_default().into_iter().map(|(s, _)| s).collect();
    let except_tools = t.texts("except-tools").unwrap_or_default().into_iter().map(|(s, _)| s).collect();
    let chosen_formats: Vec<String> = t
        .texts("formats")
        .unwrap_or_default()
        .into_iter()
        .map(|(id, span)| {
            match formats.by_id(&id) {
                None => t.problems().add(
                    PolicyProblem::new(span, format!("there is no format `{id}`"))
                        .code(ProblemCode::UnknownFormat)
                        .nearest(&id, formats.iter().map(Format::id)),
                ),
                Some(f) if !rule.takes_kind(f.kind()) => {
                    let judges = rule.kind().map_or("evidence of a run", Kind::as_str);
                    t.problem(span, format!("the format `{id}` says {}, and this gate judges {judges}", f.kind()))
                }
                Some(_) => {}
            }
            id
        })
        .collect();
    // What a kind of evidence does not speak of cannot narrow it: then the key is unknown, not without effect.
    let categories = if rule.kind() == Some(Kind::Findings) { t.texts("categories") } else { None };
    let categories = categories
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(word, span)| {
            let found = Category::named(&word);
            if found.is_none() {
                let words = Category::ALL.map(|c| c.as_str());
                t.problems().add(
                    PolicyProblem::new(span, format!("there is no category `{word}`"))
                        .code(ProblemCode::UnknownWord)
                        .nearest(&word, words),
                );
            }
            found
        })
        .collect();
    let labels = t.named_texts("labels");
    if let (Some(node), true) = (t.get("labels"), !labels.is_empty()) {
        for label in labels.keys() {
            known_label(label, &node.span, evidence, t.problems());
        }
    }
    let paths =
        if matches!(rule.kind(), Some(Kind::Findings | Kind::Coverage)) { patterns_of(t, "paths") } else { Vec::new() };
    let names: Vec<&str> = evidence.iter().filter_map(|e| e.name.as_deref()).collect();
    let chosen = t
        .texts("evidence")
        .unwrap_or_default()
        .into_iter()
        .map(|(name, span)| {
            if !names.contains(&name.as_str()) {
                t.problems().add(
                    PolicyProblem::new(span, format!("no [[evidence]] entry is named `{name}`"))
                        .code(ProblemCode::UnknownEvidence)
                        .nearest(&name, names.iter().copied()),
                );
            }
            name
        })
        .collect();
    Selector { tools, except_tools, formats: chosen_formats, categories, labels, paths, evidence: chosen }
}
/// The rule that judges what elsewhere goes by this name.
fn known_as(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "lint" | "linter" | "sarif" | "security" | "vulnerability" | "vulnerabilities" | "audit" | "scan"
        | "secrets" | "sast" => "findings",
        "unit" | "junit" | "eunit" | "ct" | "pass-rate" => "tests",
        "benchmark" | "benchmarks" | "performance" | "latency" | "metrics" => "measurements",
        "cel" => "expression",
        "checksums" => "integrity",
        "opa" => "rego",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
