//! The baseline of a run: whether it can be used, and what of it a gate is compared with.

use super::select::selected;
use super::words;
use crate::context::{Context, Revision};
use crate::policy::{Gate, Policy};
use crate::rule::Compares;
use crate::snapshot::{Lineage, Snapshot};
use crate::verdict::{GateStatus, Overall, Violation};
use gatekeeper_evidence::Evidence;
use gatekeeper_evidence::decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// Codes of what is wrong with the baseline as a whole.
const MISSING: &str = "baseline-missing";
const UNUSABLE: &str = "baseline-unusable";

/// Seconds by which clocks may differ.
const SKEW: i64 = 300;

/// What there is to compare with.
#[derive(Debug)]
pub(crate) enum Baseline<'r> {
    /// A snapshot, and what else is to be said of it.
    Usable(&'r Snapshot, Vec<String>),
    /// None, and none is needed: why.
    NotNeeded(String),
    /// None: why.
    Missing(String),
    /// One that proves nothing: why.
    Unusable(String),
}

/// What a gate's part is compared with.
pub(super) enum Part<'r> {
    /// This evidence.
    With(Vec<&'r Evidence>),
    /// Nothing, which is said.
    Without(Option<String>),
    /// Nothing, so that the gate is not judged.
    Short(Box<Violation>),
}

impl<'r> Baseline<'r> {
    /// The baseline of a run.
    pub(crate) fn of(policy: &Policy, context: &'r Context) -> Self {
        if context.taking_snapshot {
            return Baseline::NotNeeded("a snapshot is being taken".to_owned());
        }
        let Some(snapshot) = &context.baseline else {
            let why = context.no_baseline.clone().unwrap_or_else(|| "no baseline was given".to_owned());
            return match policy.against.required {
                Some(false) => Baseline::NotNeeded(format!("{why}, and the policy requires none")),
                _ => Baseline::Missing(why),
            };
        };
        match fault(policy, context, snapshot) {
            Ok(notes) => Baseline::Usable(snapshot, notes),
            Err(why) => Baseline::Unusable(format!("the baseline {} {why}", snapshot.file())),
        }
    }

    /// What a part of a gate is compared with. `all` are the labels of every part that is there today.
    pub(super) fn part(
        &self,
        gate: &Gate,
        labels: &BTreeMap<String, String>,
        all: &BTreeSet<BTreeMap<String, String>>,
    ) -> Part<'r> {
        let missing = |why: &str| {
            let help =
                "take one where the comparison begins: gatekeeper snapshot -o FILE; then give it as --baseline FILE";
            Part::Short(Box::new(Violation::new(MISSING, GateStatus::Missing, why).with_help(help)))
        };
        if gate.judge.compares() == Compares::Not {
            return Part::Without(None);
        }
        let snapshot = match self {
            Baseline::Usable(snapshot, _) => *snapshot,
            Baseline::NotNeeded(why) => return Part::Without(Some(format!("not compared: {why}"))),
            Baseline::Missing(why) => return missing(&format!("{why}, and this gate compares with one")),
            Baseline::Unusable(why) => {
                let help = "take one where the comparison begins: gatekeeper snapshot -o FILE";
                let v = Violation::new(UNUSABLE, GateStatus::Error, why.clone());
                return Part::Short(Box::new(v.with_help(help)));
            }
        };
        let of_gate: Vec<&Evidence> = snapshot.evidence().iter().filter(|e| selected(e, gate)).collect();
        let within = |e: &Evidence, labels: &BTreeMap<String, String>| {
            labels.iter().all(|(k, v)| e.source.labels.get(k) == Some(v))
        };
        let part: Vec<&Evidence> = of_gate.iter().copied().filter(|e| within(e, labels)).collect();
        if !part.is_empty() {
            return Part::With(part);
        }
        let at: Vec<String> = labels.iter().map(|(k, v)| format!("{k} = {v}")).collect();
        // A part that is new has nothing to be compared with; one that only took another's place is none.
        let is_new = !of_gate.is_empty() && of_gate.iter().all(|e| all.iter().any(|labels| within(e, labels)));
        if is_new {
            return Part::Without(Some(format!("{} is new: it is not in the baseline", at.join(", "))));
        }
        let of = if at.is_empty() { String::new() } else { format!(" for {}", at.join(", ")) };
        missing(&format!("the baseline {} has nothing of what this gate takes{of}", snapshot.file()))
    }

    /// Whether a gate has nothing to be judged by without a baseline: why.
    pub(super) fn leaves_out(&self, compares: Compares) -> Option<&str> {
        match (self, compares) {
            (Baseline::NotNeeded(why), Compares::Wholly) => Some(why),
            _ => None,
        }
    }
}

/// What is wrong with the baseline is said once of a gate, not of each of its parts.
pub(super) fn once(violations: &mut Vec<Violation>) {
    let of_all = |v: &Violation| v.code == MISSING || v.code == UNUSABLE;
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for v in violations.iter().filter(|v| of_all(v)) {
        *times.entry(v.message.clone()).or_default() += 1;
    }
    let mut told = BTreeSet::new();
    violations.retain_mut(|v| {
        if !of_all(v) || times.get(&v.message).is_none_or(|n| *n < 2) {
            return true;
        }
        v.labels.clear();
        told.insert(v.message.clone())
    });
}

/// Why a snapshot proves nothing; otherwise what is to be said of it.
fn fault(policy: &Policy, context: &Context, snapshot: &Snapshot) -> Result<Vec<String>, String> {
    let against = &policy.against;
    if !snapshot.complete() {
        return Err("was taken where not all evidence could be read and judged: take it again".to_owned());
    }
    if let (Some(taken), Some(now)) = (snapshot.taken(), context.now)
        && taken > now.saturating_add(SKEW)
    {
        return Err("is from the future: a clock is wrong".to_owned());
    }
    if let Some(most) = against.max_age {
        age(snapshot.taken(), context.now, most)?;
    }
    let mut notes = ancestry(against.ancestor, context, snapshot)?;
    if snapshot.status() == Overall::Fail {
        notes.push(format!("the verdict of the baseline was {}", snapshot.status().as_str()));
    }
    Ok(notes)
}

fn age(taken: Option<i64>, now: Option<i64>, most: Decimal) -> Result<(), String> {
    match (taken, now) {
        (Some(taken), Some(now)) if most.is_age(now.saturating_sub(taken)) => Ok(()),
        (Some(taken), Some(now)) => {
            let old = words::long(now.saturating_sub(taken));
            Err(format!("is {old} old, above the policy's max-age: take it again"))
        }
        (None, _) => Err("does not say when it was taken, and the policy has a max-age".to_owned()),
        (_, None) => Err("cannot be told to be new enough: there is no clock".to_owned()),
    }
}

/// Its commit is ours or an ancestor of ours.
fn ancestry(demanded: Option<bool>, context: &Context, snapshot: &Snapshot) -> Result<Vec<String>, String> {
    if demanded == Some(false) {
        return Ok(Vec::new());
    }
    let untold = |why: String| match demanded {
        Some(true) => Ok(vec![why]),
        _ => Ok(Vec::new()),
    };
    let commits = snapshot.commits();
    if commits.is_empty() {
        return untold("the baseline does not say its commit, so nobody can tell whether it is an ancestor".to_owned());
    }
    let ours = context.our_commit();
    if ours.is_some_and(|ours| commits.iter().all(|c| Revision::same(c, ours))) {
        return Ok(Vec::new());
    }
    let named = commits.join(", ");
    match &context.lineage {
        Lineage::Ancestor => Ok(Vec::new()),
        Lineage::Stranger => Err(format!(
            "was taken at {named}, which is neither our commit nor an ancestor of it: take one there, or say ancestor = false"
        )),
        Lineage::CannotTell(why) => {
            Err(format!("was taken at {named}, and whether that is an ancestor cannot be told: {why}"))
        }
        Lineage::NotAsked => untold(format!(
            "nobody can tell whether the baseline's commit {named} is an ancestor: there is no git here"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_the_baseline_is_told_once_of_a_gate() {
        let of = |all: &[(&'static str, &str)]| {
            let mut violations: Vec<Violation> = (0_u32..)
                .zip(all)
                .map(|(n, (code, words))| {
                    let mut v = Violation::new(*code, GateStatus::Missing, (*words).to_owned());
                    v.labels.insert("os".to_owned(), n.to_string());
                    v
                })
                .collect();
            once(&mut violations);
            violations.into_iter().map(|v| (v.message, v.labels.into_values().next())).collect::<Vec<_>>()
        };
        let told = |words: &str, label: Option<&str>| (words.to_owned(), label.map(str::to_owned));
        // One of a part is that part's; of two and more nothing says of which part it is.
        assert_eq!(of(&[(MISSING, "a")]), [told("a", Some("0"))]);
        assert_eq!(of(&[(MISSING, "a"), (MISSING, "a")]), [told("a", None)]);
        assert_eq!(
            of(&[(UNUSABLE, "a"), (MISSING, "b"), (UNUSABLE, "a"), (UNUSABLE, "a")]),
            [told("a", None), told("b", Some("1"))]
        );
        // Other words, and what is short of a limit, stand by each part.
        assert_eq!(
            of(&[("case-lost", "a"), ("case-lost", "a"), (MISSING, "c")]),
            [told("a", Some("0")), told("a", Some("1")), told("c", Some("2"))]
        );
    }
}
