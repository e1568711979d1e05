//! What earlier verdicts tell of this one beside totals that are far: cases that fail now and then, cells that are gone, figures that changed. It is said
//! and decides nothing.

use super::changes;
use super::vanished;
use crate::history::History;
use crate::verdict::{Change, GateStatus, GateVerdict, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// Cases that are told of.
const TOLD: usize = 10;

/// What is to be said, and where figures changed.
pub(crate) fn of_history(
    history: &History,
    now: Option<&str>,
    commit: Option<&str>,
    gates: &[GateVerdict],
) -> (Vec<String>, Vec<Change>) {
    let mut out = history.unread().to_vec();
    let earlier = earlier(history, now);
    out.extend(earlier.last().map(|last| vanished::since(last, gates)).unwrap_or_default());
    out.extend(now_and_then(&earlier, gates));
    let changes = changes::changes(&earlier, gates, now, commit);
    out.extend(changes::words(&changes));
    (out, changes)
}

/// What claims to be from later tells of no earlier run.
pub(super) fn earlier<'h>(history: &'h History, now: Option<&str>) -> Vec<&'h Verdict> {
    let is_earlier = |v: &&Verdict| now.is_none_or(|now| v.now.as_deref().is_none_or(|then| then <= now));
    history.verdicts().iter().filter(is_earlier).collect()
}

/// Cases that fail now, and in some earlier verdicts and not in others: of verdicts whose gate could be judged.
fn now_and_then(earlier: &[&Verdict], gates: &[GateVerdict]) -> Vec<String> {
    let mut out = Vec::new();
    for gate in gates.iter().filter(|g| g.rule == "tests") {
        let judged: Vec<BTreeSet<&str>> = earlier
            .iter()
            .filter_map(|v| v.gates.iter().find(|g| g.name == gate.name))
            .filter(|g| matches!(g.status, GateStatus::Pass | GateStatus::Warn | GateStatus::Fail))
            .map(failing)
            .collect();
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for id in failing(gate) {
            let n = judged.iter().filter(|ids| ids.contains(id)).count();
            if n > 0 && n < judged.len() {
                times.insert(id, n);
            }
        }
        let more = times.len().saturating_sub(TOLD);
        let all = judged.len();
        out.extend(times.into_iter().take(TOLD).map(|(id, n)| {
            format!("{}: {id} fails now and then: in {n} of the {all} earlier verdicts, and now", gate.name)
        }));
        if more > 0 {
            out.push(format!("{}: {more} more cases fail now and then", gate.name));
        }
    }
    out
}

fn failing(gate: &GateVerdict) -> BTreeSet<&str> {
    gate.violations.iter().filter(|v| v.code == "test-failed").filter_map(|v| v.id.as_deref()).collect()
}
