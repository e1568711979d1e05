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
    /// What it came to then; `None` where nothing turned it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turned: Option<Turned>,
    /// Line of the policy, from 1.
    pub policy_line: Option<u64>,
}

/// What a gate came to by evidence that was made worse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Turned {
    /// Its status.
    pub status: GateStatus,
    /// In a sentence.
    pub reason: String,
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
        let tried = tried(policy, g, &before, ground, waivers);
        let status = before.status;
        ProvenGate {
            name: g.name.clone(),
            action: g.action,
            status,
            outcome: tried.outcome,
            because: tried.because,
            turned: tried.turned,
            policy_line: g.line,
        }
    });
    Proof { gates: gates.collect() }
}

/// What trying a gate came to.
struct Tried {
    outcome: Proven,
    because: String,
    turned: Option<Turned>,
}

impl Tried {
    fn untried(because: impl Into<String>) -> Tried {
        Tried { outcome: Proven::Untried, because: because.into(), turned: None }
    }

    fn turned(because: &str, to: &GateVerdict) -> Tried {
        let turned = Turned { status: to.status, reason: to.reason.clone() };
        Tried { outcome: Proven::Turned, because: because.to_owned(), turned: Some(turned) }
    }
}

/// What turns a gate that holds the run itself to something: what is released, and who wrote it.
fn the_run(gate: &Gate, ground: Ground<'_>, waivers: &Waivers<'_>) -> Option<Tried> {
    gate.rule.kind().filter(|kind| *kind == Kind::Commits)?;
    let mut other = ground.context.clone();
    other.release.tag = other.release.tag.map(|_| "made-by-policy-prove".to_owned());
    let after = judge::judge(gate, Ground { context: &other, ..ground }, waivers);
    red(after.status).then(|| Tried::turned("the tag names no version", &after))
}

fn red(status: GateStatus) -> bool {
    status >= GateStatus::Inconclusive
}

/// Why a gate cannot be tried by what is at hand, and what to do.
fn not_at_hand(why: &str, before: &GateVerdict) -> Tried {
    let next = before.violations.iter().find_map(|v| v.help.as_ref()).map(|h| format!("; {h}")).unwrap_or_default();
    Tried::untried(format!("{why}: {}{next}", before.reason))
}

fn tried(policy: &Policy, gate: &Gate, before: &GateVerdict, ground: Ground<'_>, waivers: &Waivers<'_>) -> Tried {
    match before.status {
        GateStatus::Skip => return not_at_hand("it is not judged here", before),
        GateStatus::Missing => return not_at_hand("what it judges is not at hand", before),
        // That it refuses what it cannot judge does not show that its limits can be broken.
        GateStatus::Error => return not_at_hand("it cannot be judged by the evidence as it is", before),
        status if red(status) => {
            let because = format!("it is `{}` by the evidence as it is: {}", status.as_str(), before.reason);
            return Tried { outcome: Proven::Red, because, turned: None };
        }
        _ => {}
    }
    let own = policy.normalised().get("gates").and_then(|g| g.get(&gate.name));
    let hints = Hints::of(own).with(ground.context.diff.as_deref().map(|c| &c.diff));
    // What judges how commands ended takes what they wrote too.
    let by_command = gate.judge.by_exit_status();
    let takes = |e: &Evidence| gate.rule.takes_kind(e.kind()) || by_command && e.source.record.is_some();
    let kindred: Vec<usize> =
        (0..ground.evidence.len()).filter(|n| ground.evidence.get(*n).is_some_and(takes)).collect();
    let mut worse: Vec<Evidence> = ground.evidence.to_vec();
    let mut any = false;
    // One that fails proves more than one that can no longer be judged.
    let mut unjudged: Option<Tried> = None;
    // All that is of its kind gets worse, and where two sides are held against each other, one piece alone.
    let alone = kindred.iter().take(ALONE).map(std::slice::from_ref);
    for pieces in std::iter::once(kindred.as_slice()).chain(alone) {
        for way in WAYS {
            let changed =
                pieces.iter().fold(false, |any, n| worse.get_mut(*n).is_some_and(|e| way.apply(e, &hints)) | any);
            if changed {
                any = true;
                let after = judge::judge(gate, Ground { evidence: &worse, ..ground }, waivers);
                if after.status == GateStatus::Fail {
                    return Tried::turned(way.words, &after);
                }
                if red(after.status) && unjudged.is_none() {
                    unjudged = Some(Tried::turned(way.words, &after));
                }
            }
            for n in pieces {
                if let (Some(to), Some(from)) = (worse.get_mut(*n), ground.evidence.get(*n)) {
                    to.clone_from(from);
                }
            }
        }
        if unjudged.is_some() {
            break;
        }
    }
    if let Some(turned) = unjudged.or_else(|| the_run(gate, ground, waivers)) {
        return turned;
    }
    let of_the_change = |key: &str| own.is_some_and(|g| g.get(key).is_some());
    if of_the_change("patch") || of_the_change("on-diff") {
        return Tried::untried("the diff at hand adds nothing that it could fail by: prove it with one that adds code");
    }
    if !any {
        return Tried::untried(
            "what it judges cannot be made worse in the model: show with a case for `gatekeeper policy test` that it can fail",
        );
    }
    let because = "nothing in the evidence turns it, however bad: give it a limit that can be broken, or show with a case for `gatekeeper policy test` that it can fail";
    Tried { outcome: Proven::Never, because: because.to_owned(), turned: None }
}
