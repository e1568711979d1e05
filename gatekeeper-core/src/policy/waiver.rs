//! `[[waivers]]`: accepted exceptions.

use super::gate::Gate;
use crate::config::{PolicyProblem, ProblemCode, Span, Table};
use gatekeeper_evidence::glob::Pattern;

/// An accepted exception.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// The gate; all gates where none is named.
    pub gate: Option<String>,
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
    /// Last day on which it holds.
    pub expires: Option<jiff::civil::Date>,
    /// Line in the policy, from 1.
    pub line: u64,
}

/// Reads one of them.
pub(super) fn waiver(mut t: Table<'_>, gates: &[Gate], line: &impl Fn(&Span) -> u64) -> Option<Waiver> {
    let span = t.span();
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
    let expires = t.date("expires");
    t.finish("a [[waivers]] entry");
    Some(Waiver { gate, id, test, package, path, reason, expires, line: line(&span) })
}
