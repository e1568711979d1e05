//! A snapshot of a run that has just been judged.

use super::write::{Run, write};
use crate::config::Node;
use crate::verdict::{GateStatus, GateVerdict, Verdict};
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

/// What a run is told of a change or a release: a snapshot is of neither.
const TOLD: [&str; 2] = ["diff-missing", "tag-missing"];

/// Whether all that a gate lacks belongs to a change or a release, so that what a snapshot keeps is whole without it.
fn of_a_change(gate: &GateVerdict) -> bool {
    let mut lacks = gate.violations.iter().filter(|v| v.status >= GateStatus::Missing).peekable();
    let told = lacks.peek().is_some() && lacks.all(|v| TOLD.contains(&v.code.as_ref()));
    gate.status == GateStatus::Missing && told
}

impl Taken {
    /// Writes down what was judged.
    pub(crate) fn of(
        verdict: Verdict,
        policy: Option<&Node>,
        evidence: &[Evidence],
        by: &By<'_>,
    ) -> Result<Taken, serde_json::Error> {
        let unseen = |g: &GateVerdict| matches!(g.status, GateStatus::Error | GateStatus::Missing) && !of_a_change(g);
        let complete = verdict.problems.is_empty()
            && evidence.iter().all(|e| e.complete != Some(false))
            && !verdict.gates.iter().any(|g| g.blocking && unseen(g));
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
