//! What earlier verdicts tell of this one: totals that are far from the last one's, which is a suspicion, and cases that fail now and then, which is
//! said and decides nothing.

use super::changes;
use super::suspicion::Suspected;
use super::vanished;
use crate::history::History;
use crate::policy::Suspicion;
use crate::verdict::suspicion::{Check, Level};
use crate::verdict::{Change, EvidenceRef, GateStatus, GateVerdict, Verdict};
use gatekeeper_evidence::{Evidence, Kind, Ratio};
use gatekeeper_formats::inspect::summary;
use serde_json::Value;
use std::cmp::Ordering;
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

fn total<'v>(summaries: impl Iterator<Item = (Kind, &'v Value)>, kind: Kind, path: &[&str]) -> u64 {
    let of = |s: &'v Value| path.iter().try_fold(s, |at, key| at.get(*key)).and_then(Value::as_u64);
    summaries.filter(|(k, _)| *k == kind).filter_map(|(_, s)| of(s)).fold(0, u64::saturating_add)
}

/// Totals of which one is a smaller share of the other than the policy's: of the last verdict's and ours. Where that is an error there must be a last
/// verdict: losing it must not make anything better.
pub(crate) fn far(
    history: &History,
    now: Option<&str>,
    suspicion: &Suspicion,
    evidence: &[Evidence],
) -> Vec<Suspected> {
    let share = suspicion.far;
    let earlier = earlier(history, now);
    let Some(last) = earlier.last() else {
        if suspicion.of(Check::TotalsFar) < Level::Error {
            return Vec::new();
        }
        let there = TOTALS.into_iter().filter(|(kind, ..)| evidence.iter().any(|e| e.kind() == *kind));
        let none = |(kind, what, _): (Kind, &str, _)| Suspected {
            check: Check::TotalsFar,
            path: None,
            kind,
            words: format!("there is no earlier verdict to hold the number of {what} against: give one with --history"),
        };
        return there.map(none).collect();
    };
    let when = last.now.as_deref().map(|t| format!(" of {t}")).unwrap_or_default();
    let ours: Vec<(Kind, Value)> = evidence.iter().map(|e| (e.kind(), summary(e))).collect();
    let each = TOTALS.into_iter().filter_map(|(kind, what, path)| {
        let was = total(last.evidence.iter().map(|e: &EvidenceRef| (e.kind, &e.summary)), kind, path);
        let is = total(ours.iter().map(|(kind, s)| (*kind, s)), kind, path);
        let smaller = Ratio::new(was.min(is), was.max(is));
        let far = share.compare_percent_of(smaller) == Some(Ordering::Less);
        (was > 0 && far && was.abs_diff(is) >= FEW).then(|| Suspected {
            check: Check::TotalsFar,
            path: None,
            kind,
            words: format!("{is} {what}, and {was} in the last verdict{when}"),
        })
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
