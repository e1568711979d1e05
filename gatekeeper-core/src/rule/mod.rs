//! Rules: types of requirement. One rule is one file and one entry in this table.

mod api;
mod approvals;
mod canary;
mod checklist;
mod command;
mod condition;
mod coverage;
mod document;
mod expression;
mod findings;
mod health;
mod integrity;
mod licenses;
mod measurements;
mod ratio;
mod rego;
mod regression;
mod release;
mod remedy;
mod sbom;
mod series;
#[cfg(test)]
mod testing;
mod tests;

pub(crate) use api::ALL_WAIVED;
pub use api::{Compares, Item, Judge, Judgement, Rule, RuleError, Scope};
pub use condition::{Bound, Condition, Quantity};
pub(crate) use condition::{counted, plural};
pub use remedy::Remedy;

use std::sync::Arc;

/// The built-in rules, alphabetical.
#[rustfmt::skip]
static RULES: &[&Rule] = &[
    &approvals::RULE,
    &canary::RULE,
    &checklist::RULE,
    &command::RULE,
    &coverage::RULE,
    &expression::RULE,
    &findings::RULE,
    &health::RULE,
    &integrity::RULE,
    &licenses::RULE,
    &measurements::RULE,
    &rego::RULE,
    &regression::RULE,
    &release::RULE,
    &sbom::RULE,
    &tests::RULE,
];

/// A set of rules. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Rules(Arc<[Rule]>);

impl Default for Rules {
    /// The built-in rules.
    fn default() -> Self {
        Rules(RULES.iter().copied().cloned().collect())
    }
}

impl Rules {
    /// These rules and another one. One of the same id gives way to it.
    #[must_use]
    pub fn with(&self, rule: Rule) -> Self {
        let others = self.iter().filter(|r| r.id != rule.id).cloned();
        Rules(others.chain([rule.clone()]).collect())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter()
    }

    /// The rule of an id.
    pub fn by_id(&self, id: &str) -> Option<&Rule> {
        self.iter().find(|r| r.id == id)
    }
}
