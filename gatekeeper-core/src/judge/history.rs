//! What earlier verdicts tell of this one: totals that are far from the last one's, and cases that fail now and then. It is said; it decides
//! nothing.

use super::changes;
use crate::history::History;
use crate::verdict::{Change, EvidenceRef, GateStatus, GateVerdict, Verdict};
use gatekeeper_evidence::Kind;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Totals differ by this many at least before they are far from each other.
const FEW: u64 = 10;

/// Cases that are told of.
const TOLD: usize = 10;

/// The total of each kind: what it counts, and how its summary calls that.
const TOTALS: [(Kind, &str, &[&str]); 4] = [
    (Kind::Tests, "cases", &["total"]),
    (Kind::Coverage, "lines", &["lines", "total"]),
    (Kind::Inventory, "packages", &["components"]),
    (Kind::Measurements, "samples", &["samples"]),
];

/// What is to be said, and where figures changed.
pub(crate) fn of_history(
    history: &History,
    now: Option<&str>,
    commit: Option<&str>,
    gates: &[GateVerdict],
    evidence: &[EvidenceRef],
) -> (Vec<String>, Vec<Change>) {
    let mut out = history.unread().to_vec();
    // What claims to be from later tells of no earlier run.
    let earlier: Vec<&Verdict> = history
        .verdicts()
        .iter()
        .filter(|v| now.is_none_or(|now| v.now.as_deref().is_none_or(|then| then <= now)))
        .collect();
    if let Some(last) = earlier.last() {
        out.extend(far(last, evidence));
    }
    out.extend(now_and_then(&earlier, gates));
    let changes = changes::changes(&earlier, gates, now, commit);
    out.extend(changes::words(&changes));
    (out, changes)
}

fn total(evidence: &[EvidenceRef], kind: Kind, path: &[&str]) -> u64 {
    let of = |e: &EvidenceRef| path.iter().try_fold(&e.summary, |at, key| at.get(*key)).and_then(Value::as_u64);
    evidence.iter().filter(|e| e.kind == kind).filter_map(of).fold(0, u64::saturating_add)
}

/// Totals that are less than half, or more than double, of the last verdict's.
fn far(last: &Verdict, evidence: &[EvidenceRef]) -> Vec<String> {
    let when = last.now.as_deref().map(|t| format!(" of {t}")).unwrap_or_default();
    let each = TOTALS.into_iter().filter_map(|(kind, what, path)| {
        let (was, is) = (total(&last.evidence, kind, path), total(evidence, kind, path));
        let far = is < was.div_ceil(2) || is > was.saturating_mul(2);
        (was > 0 && far && was.abs_diff(is) >= FEW)
            .then(|| format!("suspicion totals-far: {is} {what}, and {was} in the last verdict{when}"))
    });
    each.collect()
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
