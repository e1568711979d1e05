//! `[[waivers]]`: accepted exceptions.

use super::gate::Gate;
use crate::config::{PolicyProblem, ProblemCode, Span, Table};
use gatekeeper_evidence::glob::Pattern;

/// An accepted exception.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// The gate.
    pub gate: String,
    /// The rule id, advisory, licence, file or case that is waived.
    pub id: Option<String>,
    /// The case that is waived: its own name, or that behind its class (`class: name`).
    pub test: Option<String>,
    /// The package: purl (a purl without version covers all versions) or name.
    pub package: Option<String>,
    /// Pattern of the path.
    pub(crate) path: Option<Pattern>,
    /// Why.
    pub reason: String,
    /// First day on which it holds; from ever where none is given.
    pub starts: Option<jiff::civil::Date>,
    /// Last day on which it holds.
    pub expires: jiff::civil::Date,
    /// Who sees to it that it is no longer needed.
    pub owner: Option<String>,
    /// Where that is tracked.
    pub ticket: Option<String>,
    /// Most days that may lie between today and its end (`[waivers-policy] max-days`).
    pub max_days: Option<u64>,
    /// Line in the policy, from 1.
    pub line: u64,
    /// The file that it stands in, where it is one that the policy extends.
    pub file: Option<String>,
}

/// `[waivers-policy] max-days`.
pub(super) fn most_days(top: &mut Table<'_>) -> Option<u64> {
    let mut t = top.table("waivers-policy")?;
    let days = t.count("max-days");
    if let (Some(0), Some(node)) = (days, t.get("max-days")) {
        t.problem(node.span.clone(), "`max-days = 0` lets no waiver hold: take the waivers out instead");
    }
    t.finish("[waivers-policy]");
    days
}

/// Reads one of them.
pub(super) fn waiver(
    mut t: Table<'_>,
    gates: &[Gate],
    max_days: Option<u64>,
    line: &impl Fn(&Span) -> u64,
) -> Option<Waiver> {
    let span = t.span();
    if t.get("gate").is_none() {
        t.problem_of(ProblemCode::MissingKey, span.clone(), "this waiver has no `gate`: name the one that it is for");
    }
    let gate = t.text("gate").map(|(name, span)| {
        if !gates.iter().any(|g| g.name == name) {
            t.problems().add(
                PolicyProblem::new(span, format!("there is no gate `{name}`"))
                    .code(ProblemCode::UnknownGate)
                    .nearest(&name, gates.iter().map(|g| g.name.as_str())),
            );
        }
        name
    });
    let id = t.text("id").map(|(s, _)| s);
    let test = t.text("test").map(|(s, _)| s);
    let package = t.text("package").map(|(s, _)| s);
    let path = t.text("path").and_then(|(text, span)| Pattern::new(&text).map_err(|e| t.problem(span, e)).ok());
    for (key, text) in [("id", &id), ("test", &test), ("package", &package)] {
        if text.as_ref().is_some_and(|t| t.trim().is_empty()) {
            t.problem(span.clone(), format!("the waiver's `{key}` is empty"));
        }
    }
    if id.is_none() && test.is_none() && package.is_none() && path.is_none() {
        t.problem_of(
            ProblemCode::MissingKey,
            span.clone(),
            "this waiver does not say what it waives: give it `id`, `test`, `package` or `path`",
        );
    }
    let reason = t.text("reason").map(|(s, _)| s).unwrap_or_default();
    if reason.trim().is_empty() {
        t.problem_of(ProblemCode::MissingKey, span.clone(), "this waiver has no `reason`");
    }
    if t.get("expires").is_none() {
        let words = "this waiver has no `expires`: give it the last day on which it holds";
        t.problem_of(ProblemCode::MissingKey, span.clone(), words);
    }
    let (starts, expires) = (t.date("starts"), t.date("expires"));
    if let (Some(from), Some(to), Some(node)) = (starts, expires, t.get("expires")) {
        let days = from.until(to).map_or(0, |s| s.get_days());
        if days < 0 {
            t.problem(node.span.clone(), format!("this waiver ends on {to}, before it starts on {from}"));
        } else if max_days.is_some_and(|most| u64::try_from(days).unwrap_or(0) > most) {
            let most = max_days.unwrap_or(0);
            let words = format!("this waiver is to hold for {days} days, and [waivers-policy] allows {most}");
            t.problem_of(ProblemCode::OutOfRange, node.span.clone(), words);
        }
    }
    let said = |text: Option<(String, Span)>| text.map(|(s, _)| s);
    let (owner, ticket) = (said(t.text("owner")), said(t.text("ticket")));
    t.finish("a [[waivers]] entry");
    Some(Waiver {
        gate: gate?,
        id,
        test,
        package,
        path,
        reason,
        starts,
        expires: expires?,
        owner,
        ticket,
        max_days,
        line: line(&span),
        file: None,
    })
}
