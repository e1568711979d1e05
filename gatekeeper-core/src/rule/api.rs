//! What a rule is, what it gets to judge and what it answers.

use super::condition::Condition;
use super::remedy::Remedy;
use crate::config::{Selector, Table};
use crate::context::Context;
use crate::diff::Diff;
use crate::project::ProjectFiles;
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::{Evidence, Kind, Source};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// How a rule reads its configuration out of a gate's table; `None` where that had mistakes, each of which it has reported.
pub type Build = dyn Fn(&mut Table<'_>) -> Option<Box<dyn Judge>> + Send + Sync;

/// A type of requirement. Serialised, it is its documentation. Cheap to clone.
#[derive(Clone)]
pub struct Rule {
    /// Public, stable, kebab-case.
    pub(crate) id: Cow<'static, str>,
    /// What it judges, in a few words.
    pub(crate) title: Cow<'static, str>,
    /// The kind of evidence that it takes.
    pub(crate) kind: Kind,
    /// Its documentation: Markdown with the headings *What it requires*, *Why*, *Configuration*, *Example*, *When evidence is missing*.
    pub(crate) docs: Cow<'static, str>,
    /// Reads its configuration.
    pub(crate) build: Builder,
}

/// The built-in rules are in a static table; those from outside bring a closure.
#[derive(Clone)]
pub(crate) enum Builder {
    Fixed(fn(&mut Table<'_>) -> Option<Box<dyn Judge>>),
    /// Built in, and taking evidence of every kind.
    Any(fn(&mut Table<'_>) -> Option<Box<dyn Judge>>),
    Shared(Arc<Build>),
    /// From outside too, and taking evidence of every kind.
    Every(Arc<Build>),
}

impl Rule {
    /// A rule of the program that embeds the engine: policies name it by its id, and its gates take evidence of one kind. `build` reads the gate's
    /// own keys; the keys that all gates share, and keys that nobody reads, are taken care of.
    pub fn new<F>(id: impl Into<Cow<'static, str>>, kind: Kind, build: F) -> Self
    where
        F: Fn(&mut Table<'_>) -> Option<Box<dyn Judge>> + Send + Sync + 'static,
    {
        Rule {
            id: id.into(),
            title: Cow::Borrowed(""),
            kind,
            docs: Cow::Borrowed(""),
            build: Builder::Shared(Arc::new(build)),
        }
    }

    /// The same for gates that take evidence of every kind.
    pub fn of_every_kind<F>(id: impl Into<Cow<'static, str>>, build: F) -> Self
    where
        F: Fn(&mut Table<'_>) -> Option<Box<dyn Judge>> + Send + Sync + 'static,
    {
        Rule { build: Builder::Every(Arc::new(build)), ..Rule::new(id, Kind::Tests, |_| None) }
    }

    /// Says in a few words what it judges.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<Cow<'static, str>>) -> Self {
        self.title = title.into();
        self
    }

    /// Documents it: Markdown, as `gatekeeper rules ID` shows it.
    #[must_use]
    pub fn with_docs(mut self, docs: impl Into<Cow<'static, str>>) -> Self {
        self.docs = docs.into();
        self
    }

    /// The public id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it judges, in a few words.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The kind of evidence that it takes; `None` where it takes every kind.
    pub fn kind(&self) -> Option<Kind> {
        (!matches!(self.build, Builder::Every(_) | Builder::Any(_))).then_some(self.kind)
    }

    /// Whether it takes evidence of this kind. VEX statements judge findings; they are evidence for no gate.
    pub fn takes_kind(&self, kind: Kind) -> bool {
        self.kind().map_or(kind != Kind::Vex, |own| own == kind)
    }

    /// Its documentation in Markdown.
    pub fn docs(&self) -> &str {
        &self.docs
    }

    /// Reads a gate's configuration.
    pub(crate) fn build(&self, table: &mut Table<'_>) -> Option<Box<dyn Judge>> {
        match &self.build {
            Builder::Fixed(build) | Builder::Any(build) => build(table),
            Builder::Shared(build) | Builder::Every(build) => build(table),
        }
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Rule", 4)?;
        out.serialize_field("id", &self.id)?;
        out.serialize_field("title", &self.title)?;
        out.serialize_field("kind", &self.kind())?;
        out.serialize_field("docs", &self.docs)?;
        out.end()
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A rule's configuration, ready to judge.
pub trait Judge: fmt::Debug + Send + Sync {
    /// Whether this evidence of the rule's kind speaks of what the gate judges at all.
    fn takes(&self, evidence: &Evidence, select: &Selector) -> bool {
        let _ = (evidence, select);
        true
    }

    /// Whether it judges how commands ended, and not what they wrote: output that is not whole, or that does not explain an exit status, is then no
    /// error of its own.
    fn by_exit_status(&self) -> bool {
        false
    }

    /// Whether evidence that could not be read might have mended what falls short: coverage only grows with more reports, failures do not go away.
    fn more_may_mend(&self) -> bool {
        false
    }

    /// Whether it judges evidence alone. A rule that also holds the working tree or the run itself to something is asked without evidence too, and
    /// says by itself what is missing.
    fn needs_evidence(&self) -> bool {
        true
    }

    /// Whether it compares with an earlier run.
    fn compares(&self) -> Compares {
        Compares::Not
    }

    /// Whether its status says what to do with something that is rolled out: the verdict then has a `decision`.
    fn decides(&self) -> bool {
        false
    }

    /// Judges evidence: at least one piece, all readable and complete as far as they say.
    ///
    /// # Errors
    /// Where it cannot be judged; the gate is then `error`, whatever else is known.
    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError>;
}

/// Whether a gate compares with an earlier run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compares {
    /// It does not.
    Not,
    /// Beside what it demands of this run alone.
    Also,
    /// In all that it demands: without an earlier run there is nothing to judge.
    Wholly,
}

/// Why a rule could not judge, with what caused it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct RuleError {
    message: String,
    #[source]
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl RuleError {
    /// An error in words: lower case, no full stop.
    pub fn new(message: impl Into<String>) -> Self {
        RuleError { message: message.into(), cause: None }
    }

    /// Keeps what caused it.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }
}

/// What a rule gets to judge.
pub struct Scope<'a> {
    /// The gate's evidence.
    pub evidence: &'a [&'a Evidence],
    /// What an earlier run saw of the same; `None` where the rule does not compare, or where there is nothing to compare with, which is told
    /// elsewhere. Findings bear their fingerprint there, and no message.
    pub baseline: Option<&'a [&'a Evidence]>,
    /// What the gate's policy narrows it to.
    pub select: &'a Selector,
    /// All evidence of the run, for comparing with what the gate does not judge itself.
    pub all: &'a [Evidence],
    /// The clock, seconds since 1970-01-01 UTC; what needs one does not pass without.
    pub now: Option<i64>,
    /// What the run knows beside its reports: commit, tag, author, …
    pub context: &'a Context,
    /// The files of the working tree; `None` where evidence was given from memory.
    pub files: Option<&'a dyn ProjectFiles>,
    /// Whether a source is judged here: where a gate is judged by components, no other one's is.
    pub(crate) own: &'a dyn Fn(&str) -> bool,
    /// Whether the policy waives an item; it keeps count of what it waived.
    pub(crate) waive: &'a dyn Fn(&Item<'_>) -> bool,
    /// The same without keeping count.
    pub(crate) would_waive: &'a dyn Fn(&Item<'_>) -> bool,
}

impl Scope<'_> {
    /// Whether the policy waives this item. A rule asks once for each item that would count against the gate, before it counts; what is waived
    /// then counts neither for nor against. What is missing or could not be read is never waived, so it is not asked for.
    pub fn waived(&self, item: &Item<'_>) -> bool {
        (self.waive)(item)
    }

    /// Whether a source file is one of what is judged: of a gate that is judged by components each gets its own, and what is no component's.
    pub fn is_own(&self, path: &str) -> bool {
        (self.own)(path)
    }

    /// The diff of the change that is judged, the whole of it; what needs one is missing without.
    pub fn diff(&self) -> Option<&Diff> {
        self.context.diff.as_deref().map(|change| &change.diff)
    }

    /// Whether the policy waives an item of the earlier run, which counts nowhere.
    pub(crate) fn would_waive(&self, item: &Item<'_>) -> bool {
        (self.would_waive)(item)
    }
}

impl fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("evidence", &self.evidence.len()).field("now", &self.now).finish_non_exhaustive()
    }
}

/// The code of what is left where all that a gate could judge is waived.
pub(crate) const ALL_WAIVED: &str = "all-waived";

/// A gate that needs a diff, and there is none.
pub(crate) fn no_diff(what: &str) -> Violation {
    Violation::new("diff-missing", GateStatus::Missing, format!("{what}, and no diff was given"))
        .with_help("give it --base REF, or --diff FILE")
}

/// Something that counts against a gate unless the policy waives it: a finding, a failing case, a file, a package. What it does not have is `None`
/// and fits no waiver that names it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Item<'i> {
    /// Rule, advisory, licence, or a case's whole name.
    pub id: Option<&'i str>,
    /// The package: a package URL, or `name version`.
    pub package: Option<&'i str>,
    /// The file that it is about.
    pub path: Option<&'i str>,
    /// A case's own name.
    pub test: Option<&'i str>,
    /// The suite or class of that case.
    pub suite: Option<&'i str>,
    /// Where it was found: all evidence that tells of it. Waivers that speak of labels or of a component fit what all of it agrees to.
    pub sources: &'i [&'i Source],
}

impl Item<'_> {
    /// Whether a name means this case: its own, or that behind its class or suite in whichever way they are joined (`class: name`, `class.name`,
    /// `class::name`).
    pub fn is_test(&self, wanted: &str) -> bool {
        let Some(test) = self.test else { return false };
        if wanted == test {
            return true;
        }
        let joined = |head: &str| {
            let suite = self.suite.unwrap_or_default();
            let joint = head.strip_prefix(suite).unwrap_or_default();
            !suite.is_empty()
                && !joint.is_empty()
                && joint.chars().all(|c| matches!(c, ' ' | ':' | '.' | '#' | '>' | '/' | '›'))
        };
        wanted.strip_suffix(test).is_some_and(joined)
    }
}

/// What a rule answers.
#[derive(Debug, Default)]
pub struct Judgement {
    /// Quantities held against their limits.
    pub conditions: Vec<Condition>,
    /// Reasons for not passing.
    pub violations: Vec<Violation>,
    /// What would make it pass.
    pub to_pass: Vec<Remedy>,
    /// What else is to be said beside the figures, whatever the status: what was not counted.
    pub notes: Vec<String>,
}

impl Judgement {
    /// An answer of one violation alone.
    pub fn of(violation: Violation) -> Self {
        Judgement { violations: vec![violation], ..Judgement::default() }
    }

    /// The worst status of conditions and violations.
    pub fn status(&self) -> GateStatus {
        let conditions = self.conditions.iter().map(|c| c.status);
        conditions.chain(self.violations.iter().map(|v| v.status)).max().unwrap_or(GateStatus::Pass)
    }
}

#[cfg(test)]
mod tests {
    use super::Item;

    #[test]
    fn a_case_is_named_alone_or_behind_its_class() {
        let item = Item { test: Some("adds"), suite: Some("calc.Sum"), ..Item::default() };
        for yes in ["adds", "calc.Sum: adds", "calc.Sum.adds", "calc.Sum::adds", "calc.Sum#adds", "calc.Sum > adds"] {
            assert!(item.is_test(yes), "{yes}");
        }
        for no in ["Adds", "add", "calc.Sumadds", ": adds", "Sum: adds", "calc.Sum: x adds", ""] {
            assert!(!item.is_test(no), "{no}");
        }
    }
}
