//! Rules: types of requirement. One rule is one file and one entry in this table.

mod coverage;
mod findings;
mod licenses;
mod sbom;
mod tests;

pub(crate) use findings::category;

use crate::evidence::{Evidence, Kind};
use crate::policy::Selector;
use crate::policy::node::Table;
use crate::verdict::{Condition, Status, Violation};
use std::fmt;

/// All rules, alphabetical.
static RULES: &[&Rule] = &[&coverage::RULE, &findings::RULE, &licenses::RULE, &sbom::RULE, &tests::RULE];

/// A type of requirement.
pub struct Rule {
    /// Public, stable, kebab-case.
    pub(crate) id: &'static str,
    /// What it judges, in a few words.
    pub(crate) title: &'static str,
    /// The kind of evidence that it takes.
    pub(crate) kind: Kind,
    /// Its documentation: Markdown with the headings *What it requires*, *Why*, *Configuration*, *Example*, *When evidence is missing*.
    pub(crate) docs: &'static str,
    /// Reads its configuration out of a gate's table; `None` where that had mistakes.
    pub(crate) build: fn(&mut Table<'_>) -> Option<Box<dyn Judge>>,
}

impl Rule {
    /// The public id.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// What it judges, in a few words.
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// The kind of evidence that it takes.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its documentation in Markdown.
    pub fn docs(&self) -> &'static str {
        self.docs
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule").field("id", &self.id).finish_non_exhaustive()
    }
}

/// All rules.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied()
}

/// The rule of an id.
pub fn by_id(id: &str) -> Option<&'static Rule> {
    rules().find(|r| r.id == id)
}

/// A rule's configuration, ready to judge.
pub(crate) trait Judge: fmt::Debug + Send + Sync {
    /// Whether this evidence of the rule's kind speaks of what the gate judges at all.
    fn takes(&self, evidence: &Evidence, select: &Selector) -> bool {
        let _ = (evidence, select);
        true
    }

    /// Whether evidence that could not be read might have mended what falls short: coverage only grows with more reports, failures do not go away.
    fn more_may_mend(&self) -> bool {
        false
    }

    /// Judges evidence: at least one piece, all readable and complete as far as they say.
    fn judge(&self, scope: &Scope<'_>) -> Judgement;
}

/// What a rule gets to judge.
pub(crate) struct Scope<'a> {
    pub evidence: &'a [&'a Evidence],
    pub select: &'a Selector,
    /// All evidence of the run, for comparing with what the gate does not judge itself.
    pub all: &'a [Evidence],
    /// Seconds since 1970-01-01 UTC.
    pub now: i64,
}

/// What a rule answers.
#[derive(Debug, Default)]
pub(crate) struct Judgement {
    pub conditions: Vec<Condition>,
    pub violations: Vec<Violation>,
    pub to_pass: Vec<String>,
}

impl Judgement {
    /// An answer of one violation alone.
    pub(crate) fn of(violation: Violation) -> Self {
        Judgement { violations: vec![violation], ..Judgement::default() }
    }

    /// The worst status of conditions and violations.
    pub(crate) fn status(&self) -> Status {
        let conditions = self.conditions.iter().map(|c| c.status);
        conditions.chain(self.violations.iter().map(|v| v.status)).max().unwrap_or(Status::Pass)
    }
}

/// A condition on a count that must not be above its limit.
pub(crate) fn at_most(metric: &str, value: u64, limit: u64, short: Status) -> Condition {
    let over = value.saturating_sub(limit);
    Condition {
        metric: metric.to_owned(),
        value: value.to_string(),
        comparator: "<=",
        limit: limit.to_string(),
        sample: None,
        distance: (over > 0).then(|| format!("{over} too many")),
        status: if over > 0 { short } else { Status::Pass },
        labels: std::collections::BTreeMap::new(),
    }
}

/// A condition on a count that must reach its limit.
pub(crate) fn at_least(metric: &str, value: u64, limit: u64, short: Status) -> Condition {
    let under = limit.saturating_sub(value);
    Condition {
        metric: metric.to_owned(),
        value: value.to_string(),
        comparator: ">=",
        limit: limit.to_string(),
        sample: None,
        distance: (under > 0).then(|| format!("{under} short")),
        status: if under > 0 { short } else { Status::Pass },
        labels: std::collections::BTreeMap::new(),
    }
}

/// A condition on a share that must reach its limit, compared exactly. `unit` names what is short ("line").
pub(crate) fn share(
    metric: &str,
    ratio: crate::evidence::Ratio,
    limit: crate::decimal::Decimal,
    unit: &str,
    short: Status,
) -> Condition {
    let order = limit.compare_percent_of(ratio);
    let status = match order {
        None => Status::Error,
        Some(std::cmp::Ordering::Less) => short,
        Some(_) => Status::Pass,
    };
    let missing = limit.shortfall(ratio);
    let plural = if missing == 1 {
        ""
    } else if unit.ends_with("ch") {
        "es"
    } else {
        "s"
    };
    Condition {
        metric: metric.to_owned(),
        value: if order.is_none() { "0 of 0".to_owned() } else { crate::decimal::percent(ratio) },
        comparator: ">=",
        limit: format!("{limit} %"),
        sample: Some(ratio),
        distance: (order == Some(std::cmp::Ordering::Less)).then(|| format!("{missing} {unit}{plural} short")),
        status,
        labels: std::collections::BTreeMap::new(),
    }
}
