//! Whether each gate can fail at all: the evidence at hand, and where a gate judges that, the run itself, is made worse in the model until the gate turns
//! red. A gate that never does guards nothing.

use super::worsen::{Hints, WAYS};
use crate::judge::{self, Ground, Waivers};
use crate::policy::{Gate, Policy};
use crate::verdict::{Action, GateStatus, GateVerdict};
use gatekeeper_evidence::{Evidence, Kind};
use serde::Serialize;

/// Pieces of evidence that are made worse one by one.
const ALONE: usize = 8;

/// What became of every gate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The gates in the policy's order.
    pub gates: Vec<ProvenGate>,
}

/// What became of one gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProvenGate {
    /// Its name.
    pub name: String,
    /// What falling short does.
    pub action: Action,
    /// What it comes to by the evidence as it is.
    pub status: GateStatus,
    /// Whether it can fail.
    pub outcome: Proven,
    /// What turned it, or why that could not be tried.
    pub because: String,
    /// Line of the policy, from 1.
    pub policy_line: Option<u64>,
}

/// Whether a gate can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proven {
    /// It turned red, and is what it was again.
    Turned,
    /// It is red by the evidence as it is.
    Red,
    /// Nothing turned it.
    Never,
    /// There was nothing to make worse.
    Untried,
}

impl Proof {
    /// Whether a gate never turned.
    pub fn has_idle_gate(&self) -> bool {
        self.gates.iter().any(|g| g.outcome == Proven::Never)
    }
}

/// Tries every gate.
pub(crate) fn prove(policy: &Policy, ground: Ground<'_>, waivers: &Waivers<'_>) -> Proof {
    let gates = policy.gates.iter().map(|g| {
        let before = judge::judge(g, ground, waivers);
        let (outcome, because) = tried(policy, g, &before, ground, waivers);
        let status = before.status;
        ProvenGate { name: g.name.clone(), action: g.action, status, outcome, because, policy_line: g.line }
    });
    Proof { gates: gates.collect() }
}

/// What turns a gate that holds the run itself to something: what is released, and who wrote it.
fn the_run(gate: &Gate, ground: Ground<'_>, waivers: &Waivers<'_>) -> Option<&'static str> {
    gate.rule.kind().filter(|kind| *kind == Kind::Commits)?;
    let mut other = ground.context.clone();
    other.release.tag = other.release.tag.map(|_| "made-by-policy-prove".to_owned());
    let turned = red(judge::judge(gate, Ground { context: &other, ..ground }, waivers).status);
    turned.then_some("the tag names no version")
}

fn red(status: GateStatus) -> bool {
    status >= GateStatus::Inconclusive
}

fn tried(
    policy: &Policy,
    gate: &Gate,
    before: &GateVerdict,
    ground: Ground<'_>,
    waivers: &Waivers<'_>,
) -> (Proven, String) {
    match before.status {
        GateStatus::Skip => return (Proven::Untried, format!("it is not judged here: {}", before.reason)),
        GateStatus::Missing => {
            return (Proven::Untried, format!("what it judges is not at hand: {}", before.reason));
        }
        status if red(status) => return (Proven::Red, format!("it is `{}` by the evidence as it is", status.as_str())),
        _ => {}
    }
    let own = policy.normalised().get("gates").and_then(|g| g.get(&gate.name));
    let hints = Hints::of(own).with(ground.context.diff.as_deref().map(|c| &c.diff));
    let mut any = false;
    // What judges how commands ended takes what they wrote too.
    let by_command = gate.judge.by_exit_status();
    let takes = |e: &Evidence| gate.rule.takes_kind(e.kind()) || by_command && e.source.record.is_some();
    let kindred: Vec<usize> =
        (0..ground.evidence.len()).filter(|n| ground.evidence.get(*n).is_some_and(takes)).collect();
    // All that is of its kind gets worse, and where two sides are held against each other, one piece alone.
    let alone = kindred.iter().take(ALONE).map(std::slice::from_ref);
    for pieces in std::iter::once(kindred.as_slice()).chain(alone) {
        for way in WAYS {
            let mut worse: Vec<Evidence> = ground.evidence.to_vec();
            let changed =
                pieces.iter().fold(false, |any, n| worse.get_mut(*n).is_some_and(|e| way.apply(e, &hints)) | any);
            any |= changed;
            if changed && red(judge::judge(gate, Ground { evidence: &worse, ..ground }, waivers).status) {
                return (Proven::Turned, way.words.to_owned());
            }
        }
    }
    if let Some(words) = the_run(gate, ground, waivers) {
        return (Proven::Turned, words.to_owned());
    }
    let of_the_change = |key: &str| own.is_some_and(|g| g.get(key).is_some());
    if of_the_change("patch") || of_the_change("on-diff") {
        let words = "the diff at hand adds nothing that it could fail by: prove it with one that adds code";
        return (Proven::Untried, words.to_owned());
    }
    if !any {
        return (Proven::Untried, "what it judges cannot be made worse in the model".to_owned());
    }
    (Proven::Never, "nothing in the evidence turns it, however bad".to_owned())
}
