//! What the rules' unit tests share: evidence from literals, a gate from a few lines of a policy.

use super::api::{Item, Judge, Judgement, Rule, Scope};
use crate::config::{Problems, Selector, Table, from_toml};
use crate::context::{Change, Context};
use crate::project::ProjectFiles;
use crate::verdict::GateStatus;
use gatekeeper_evidence::{Data, Evidence, Source};
use std::sync::Arc;

pub(super) fn evidence(path: &str, data: Data) -> Evidence {
    let source = Source { path: path.to_owned(), format: "f", ..Source::default() };
    Evidence { source, complete: Some(true), notes: Vec::new(), data }
}

/// A gate of a rule by its own keys, or what is wrong with them.
pub(super) fn gate(rule: &Rule, keys: &str) -> Result<Box<dyn Judge>, Vec<String>> {
    let node = from_toml(keys).unwrap();
    let problems = Problems::default();
    let mut table = Table::of(&node, "the gate", &problems).unwrap();
    let built = rule.build(&mut table);
    table.finish("the gate");
    let problems: Vec<String> = problems.into_inner().into_iter().map(|p| p.message).collect();
    if problems.is_empty() { Ok(built.unwrap()) } else { Err(problems) }
}

/// A run of one gate: what it judges, and what the policy waives.
pub(super) struct Case<'c> {
    pub rule: &'c Rule,
    pub keys: &'c str,
    pub evidence: Vec<Evidence>,
    pub select: Selector,
    pub others: Vec<Evidence>,
    pub now: Option<i64>,
    pub context: Context,
    pub files: Option<Box<dyn ProjectFiles>>,
    pub baseline: Option<Vec<Evidence>>,
}

impl<'c> Case<'c> {
    pub(super) fn new(rule: &'c Rule, keys: &'c str, evidence: Vec<Evidence>) -> Self {
        Case {
            rule,
            keys,
            evidence,
            select: Selector::default(),
            others: Vec::new(),
            now: None,
            context: Context::without_clock(),
            files: None,
            baseline: None,
        }
    }

    /// With the diff of a change.
    pub(super) fn with_diff(mut self, diff: &str) -> Self {
        let change = Change::read("change.diff", diff.as_bytes().to_vec(), None).unwrap();
        self.context.diff = Some(Arc::new(change));
        self
    }

    pub(super) fn judged(&self) -> Judgement {
        self.judged_waiving(&|_| false)
    }

    pub(super) fn judged_waiving(&self, waive: &dyn Fn(&Item<'_>) -> bool) -> Judgement {
        let gate = gate(self.rule, self.keys).unwrap();
        let evidence: Vec<&Evidence> = self.evidence.iter().collect();
        let all: Vec<Evidence> = self.evidence.iter().chain(&self.others).cloned().collect();
        let before: Option<Vec<&Evidence>> = self.baseline.as_ref().map(|b| b.iter().collect());
        let scope = Scope {
            evidence: &evidence,
            baseline: before.as_deref(),
            select: &self.select,
            all: &all,
            now: self.now,
            context: &self.context,
            files: self.files.as_deref(),
            own: &|_| true,
            waive,
            would_waive: waive,
        };
        gate.judge(&scope).unwrap()
    }
}

/// The conditions' metrics with what they come to.
pub(super) fn conditions(j: &Judgement) -> Vec<(&str, GateStatus)> {
    j.conditions.iter().map(|c| (c.metric.as_ref(), c.status)).collect()
}

/// The violations' codes with what they come to.
pub(super) fn violations(j: &Judgement) -> Vec<(&str, GateStatus)> {
    j.violations.iter().map(|v| (v.code.as_ref(), v.status)).collect()
}
