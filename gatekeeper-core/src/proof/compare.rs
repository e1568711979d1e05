//! What is different between two verdicts: gates, figures, violations, evidence, policy.

use crate::verdict::{Condition, GateStatus, GateVerdict, Overall, Verdict, Violation};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What is different between two verdicts. What is the same in both is not in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Nothing is different but the clock.
    pub same: bool,
    /// The first verdict.
    pub before: Side,
    /// The second.
    pub after: Side,
    /// Whether they were judged by the same policy.
    pub same_policy: bool,
    /// Gates that differ, in the second verdict's order; those that are gone come last.
    pub gates: Vec<GateChange>,
    /// Evidence that differs, by path.
    pub evidence: Vec<EvidenceChange>,
}

/// One of the two, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// Its status.
    pub status: Overall,
    /// In a sentence.
    pub summary: String,
    /// The commit that it is for.
    pub commit: Option<String>,
    /// The tree that it is for.
    pub tree: Option<String>,
    /// The digest of its policy.
    pub policy: String,
}

/// A gate that differs. A side is `null` where the verdict has no such gate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateChange {
    /// Its name.
    pub name: String,
    /// Its status in the first.
    pub before: Option<GateStatus>,
    /// Its status in the second.
    pub after: Option<GateStatus>,
    /// What the first said.
    pub reason_before: Option<String>,
    /// What the second says.
    pub reason_after: Option<String>,
    /// Figures and limits that differ.
    pub conditions: Vec<ConditionChange>,
    /// Violations that the second has and the first had not.
    pub new: Vec<Violation>,
    /// Violations that the first had and the second has not.
    pub gone: Vec<Violation>,
}

/// A figure that differs, or its limit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConditionChange {
    /// What was measured.
    pub metric: String,
    /// The cell that it was judged for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The first.
    pub before: Option<Condition>,
    /// The second.
    pub after: Option<Condition>,
}

/// Evidence that differs. A side is `null` where the verdict has none of this path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvidenceChange {
    /// Its path.
    pub path: String,
    /// Its SHA-256 in the first.
    pub before: Option<String>,
    /// Its SHA-256 in the second.
    pub after: Option<String>,
}

/// Compares two verdicts.
pub fn compare(before: &Verdict, after: &Verdict) -> Comparison {
    let find = |v: &'_ Verdict, name: &str| v.gates.iter().position(|g| g.name == name);
    let mut gates = Vec::new();
    for new in &after.gates {
        let old = find(before, &new.name).and_then(|n| before.gates.get(n));
        gates.extend(gate(old, Some(new)));
    }
    for old in before.gates.iter().filter(|g| find(after, &g.name).is_none()) {
        gates.extend(gate(Some(old), None));
    }
    let digests =
        |v: &Verdict| v.evidence.iter().map(|e| (e.path.clone(), e.sha256.clone())).collect::<BTreeMap<_, _>>();
    let (old, new) = (digests(before), digests(after));
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let evidence: Vec<EvidenceChange> = paths
        .into_iter()
        .map(|p| EvidenceChange { path: p.clone(), before: old.get(p).cloned(), after: new.get(p).cloned() })
        .filter(|c| c.before != c.after)
        .collect();
    let same_policy = before.policy.digest == after.policy.digest;
    let side = |v: &Verdict| Side {
        status: v.status,
        summary: v.summary.clone(),
        commit: v.context.commit.clone(),
        tree: v.context.tree.clone(),
        policy: v.policy.digest.clone(),
    };
    let (before_side, after_side) = (side(before), side(after));
    let same = before_side == after_side
        && gates.is_empty()
        && evidence.is_empty()
        && before.problems == after.problems
        && before.warnings == after.warnings;
    Comparison { same, before: before_side, after: after_side, same_policy, gates, evidence }
}

fn gate(old: Option<&GateVerdict>, new: Option<&GateVerdict>) -> Option<GateChange> {
    let name = new.or(old)?.name.clone();
    let violations = |g: Option<&GateVerdict>| g.map(|g| g.violations.clone()).unwrap_or_default();
    let (before, after) = (violations(old), violations(new));
    let change = GateChange {
        name,
        before: old.map(|g| g.status),
        after: new.map(|g| g.status),
        reason_before: old.map(|g| g.reason.clone()),
        reason_after: new.map(|g| g.reason.clone()),
        conditions: conditions(old, new),
        new: beyond(&after, &before),
        gone: beyond(&before, &after),
    };
    let same = change.before == change.after
        && change.reason_before == change.reason_after
        && change.conditions.is_empty()
        && change.new.is_empty()
        && change.gone.is_empty();
    (!same).then_some(change)
}

/// What one violation has in common with itself in another run: not the line, which moves, nor the report that tells it.
fn identity(v: &Violation) -> (String, String, String, String, BTreeMap<String, String>) {
    let place = v.place.as_ref().map(|p| p.path.to_string()).unwrap_or_default();
    let id = v.id.clone().unwrap_or_else(|| v.message.clone());
    (v.code.to_string(), id, place, v.package.clone().unwrap_or_default(), v.labels.clone())
}

/// What of these is more than there, each as often as it is more.
fn beyond(these: &[Violation], there: &[Violation]) -> Vec<Violation> {
    let mut known: BTreeMap<_, usize> = BTreeMap::new();
    for v in there {
        *known.entry(identity(v)).or_default() += 1;
    }
    let more = these.iter().filter(|v| match known.get_mut(&identity(v)) {
        Some(left) if *left > 0 => {
            *left -= 1;
            false
        }
        _ => true,
    });
    more.cloned().collect()
}

fn conditions(old: Option<&GateVerdict>, new: Option<&GateVerdict>) -> Vec<ConditionChange> {
    let all = |g: Option<&GateVerdict>| {
        let mut out: BTreeMap<(String, BTreeMap<String, String>, usize), Condition> = BTreeMap::new();
        let mut seen: BTreeMap<(String, BTreeMap<String, String>), usize> = BTreeMap::new();
        for c in g.map(|g| g.conditions.as_slice()).unwrap_or_default() {
            let n = seen.entry((c.metric.clone(), c.labels.clone())).or_default();
            out.insert((c.metric.clone(), c.labels.clone(), *n), c.clone());
            *n += 1;
        }
        out
    };
    let (old, new) = (all(old), all(new));
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let changed = keys.into_iter().filter(|k| old.get(*k) != new.get(*k));
    changed
        .map(|k| ConditionChange {
            metric: k.0.clone(),
            labels: k.1.clone(),
            before: old.get(k).cloned(),
            after: new.get(k).cloned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Candidate, Context, Engine};

    fn verdict(policy: &str, report: &str) -> Verdict {
        let engine = Engine::default();
        let policy = engine.parse_policy("p.toml", format!("version = 1\n{policy}").as_bytes(), None).unwrap();
        let files = vec![Candidate::in_memory("junit.xml", report.as_bytes().to_vec())];
        engine.evaluate(&policy, files, &Context::at(1_780_272_000))
    }

    const GATE: &str = "[gates.unit]\nrule = \"tests\"\n";
    const GREEN: &str = "<testsuite name=\"s\"><testcase name=\"a\"/><testcase name=\"b\"/></testsuite>";
    const RED: &str =
        "<testsuite name=\"s\"><testcase name=\"a\"/><testcase name=\"b\"><failure/></testcase></testsuite>";

    #[test]
    fn what_is_the_same_is_not_told() {
        let v = verdict(GATE, GREEN);
        let c = compare(&v, &v);
        assert!(c.same && c.same_policy && c.gates.is_empty() && c.evidence.is_empty(), "{c:?}");
        let later = Verdict { now: None, ..v.clone() };
        assert!(compare(&v, &later).same);
        let warned = Verdict { warnings: vec!["x".to_owned()], ..v.clone() };
        assert!(!compare(&v, &warned).same);
    }

    #[test]
    fn gates_figures_violations_and_evidence_are_told() {
        let c = compare(&verdict(GATE, GREEN), &verdict(GATE, RED));
        assert!(!c.same && c.same_policy);
        let g = &c.gates[0];
        assert_eq!((g.before, g.after), (Some(GateStatus::Pass), Some(GateStatus::Fail)));
        assert_eq!((g.new.len(), g.gone.len(), g.new[0].id.as_deref()), (1, 0, Some("s: b")));
        let figures: Vec<_> =
            g.conditions.iter().map(|c| (c.metric.as_str(), c.before.is_some(), c.after.is_some())).collect();
        assert_eq!(figures, [("pass-rate", true, true)]);
        assert!(c.evidence.len() == 1 && c.evidence[0].before.is_some() && c.evidence[0].after.is_some());
        let back = compare(&verdict(GATE, RED), &verdict(GATE, GREEN));
        assert_eq!((back.gates[0].new.len(), back.gates[0].gone.len()), (0, 1));
    }

    #[test]
    fn a_gate_of_one_of_them_is_told_and_so_is_another_policy() {
        let more = format!("{GATE}[gates.size]\nrule = \"tests\"\nmin-cases = 1\n");
        let (a, b) = (verdict(GATE, GREEN), verdict(&more, GREEN));
        let c = compare(&a, &b);
        assert!(!c.same_policy && !c.same);
        assert_eq!(
            (c.gates[0].name.as_str(), c.gates[0].before, c.gates[0].after),
            ("size", None, Some(GateStatus::Pass))
        );
        assert_eq!(compare(&b, &a).gates[0].after, None);
    }

    #[test]
    fn what_is_there_twice_is_more_than_once() {
        let one = Violation::new("finding", GateStatus::Fail, "x");
        let moved = Violation { location: Some(crate::Location::line(9)), ..one.clone() };
        assert_eq!(beyond(&[one.clone(), one.clone()], std::slice::from_ref(&moved)).len(), 1);
        assert_eq!(beyond(std::slice::from_ref(&one), &[moved]).len(), 0);
        let other = Violation { id: Some("y".to_owned()), ..one.clone() };
        assert_eq!(beyond(&[other], &[one]).len(), 1);
    }
}
