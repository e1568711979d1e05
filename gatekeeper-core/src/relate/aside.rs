//! What is left aside as a twin of something else, and where the two contradict each other.

use crate::verdict::SetAside;
use gatekeeper_evidence::test_run::Counts;
use gatekeeper_evidence::{Data, Evidence};

/// What was left aside, and why.
#[derive(Debug)]
pub(crate) struct Aside {
    pub evidence: Evidence,
    pub because: String,
    pub instead: Option<String>,
}

impl From<Aside> for SetAside {
    fn from(a: Aside) -> Self {
        SetAside {
            path: a.evidence.source.path,
            format: a.evidence.source.format.to_owned(),
            sha256: a.evidence.source.sha256,
            because: a.because,
            instead: a.instead,
        }
    }
}

/// A contradiction between twins.
#[derive(Debug)]
pub(crate) struct Contradiction {
    /// The evidence that is kept.
    pub kept: String,
    /// What contradicts it.
    pub aside: String,
    pub message: String,
}

/// The kept evidence, what was left aside, and where the two contradict each other.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    pub kept: Vec<Evidence>,
    pub aside: Vec<Aside>,
    pub contradictions: Vec<Contradiction>,
}

/// Where a twin that is left aside tells of something worse than what is kept.
pub(super) fn contradiction(kept: &[&Evidence], aside: &Evidence) -> Option<String> {
    let Data::Tests(other) = &aside.data else { return None };
    let runs: Vec<_> = kept
        .iter()
        .filter_map(|k| match &k.data {
            Data::Tests(t) => Some(t),
            _ => None,
        })
        .collect();
    let mine = runs.iter().fold(Counts::default(), |sum, t| sum.plus(t.counts()));
    let theirs = other.counts();
    let failing = |c: &Counts| c.failed.saturating_add(c.errored);
    let mine_bad = failing(&mine) > 0
        || runs.iter().any(|t| !t.problems.is_empty())
        || kept.iter().any(|k| k.complete == Some(false));
    let path = &aside.source.path;
    // What is kept falls short by itself: nothing that a twin adds can make it pass.
    if mine_bad {
        return None;
    }
    if failing(&theirs) > failing(&mine) {
        return Some(match failing(&theirs) {
            1 => format!("{path} reports 1 failing test of the same run"),
            n => format!("{path} reports {n} failing tests of the same run"),
        });
    }
    if let Some(p) = other.problems.first() {
        return Some(format!("{path} reports that {} failed: {}", p.name, p.message));
    }
    if aside.complete == Some(false) {
        return Some(format!("{path} reports that the run did not finish"));
    }
    if theirs.total() > mine.total() {
        return Some(format!("{path} counts {} cases, here are {}", theirs.total(), mine.total()));
    }
    None
}
