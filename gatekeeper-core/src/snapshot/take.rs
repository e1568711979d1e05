//! A snapshot of a run that has just been judged.

use super::write::{Run, write};
use crate::config::Node;
use crate::verdict::{GateStatus, Verdict};
use gatekeeper_evidence::Evidence;

/// A snapshot that was taken.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Taken {
    /// Its text.
    pub text: String,
    /// The verdict of the run that it was taken of.
    pub verdict: Verdict,
    /// Whether all evidence could be read and judged: one that is not complete is no baseline.
    pub complete: bool,
}

/// Who takes it, and where.
pub(crate) struct By<'b> {
    /// The commit.
    pub commit: Option<&'b str>,
    /// The tree.
    pub tree: Option<&'b str>,
    /// Seconds since 1970-01-01 UTC.
    pub now: Option<i64>,
}

impl Taken {
    /// Writes down what was judged.
    pub(crate) fn of(
        verdict: Verdict,
        policy: Option<&Node>,
        evidence: &[Evidence],
        by: &By<'_>,
    ) -> Result<Taken, serde_json::Error> {
        let unseen = |s: GateStatus| matches!(s, GateStatus::Error | GateStatus::Missing);
        let complete = verdict.problems.is_empty()
            && evidence.iter().all(|e| e.complete != Some(false))
            && !verdict.gates.iter().any(|g| g.blocking && unseen(g.status));
        let run = Run {
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            commits: by.commit.map(str::to_owned).into_iter().collect(),
            tree: by.tree.map(str::to_owned),
            now: by.now,
            policy: verdict.policy.sha256.clone(),
            status: verdict.status,
            complete,
        };
        let text = write(&run, policy, evidence)?;
        Ok(Taken { text, verdict, complete })
    }
}
