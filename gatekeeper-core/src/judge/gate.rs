//! One gate: which evidence it takes, what keeps that from being judged, and what its rule answers.

use super::gather::Unread;
use super::readings;
use super::waive::Waivers;
use super::words::{reason, wanted};
use crate::config::Selector;
use crate::policy::Gate;
use crate::relate::twins::Contradiction;
use crate::rule::{Judgement, Scope};
use crate::verdict::{Action, GateVerdict, Status, Used, Violation, WaiverUsed};
use gatekeeper_evidence::{Data, Evidence};
use gatekeeper_formats::Formats;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Code of the violation that stands for an input that could not be read.
pub(crate) const UNREADABLE: &str = "unreadable";

/// What all gates of a run are judged upon.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'r> {
    pub formats: &'r Formats,
    pub evidence: &'r [Evidence],
    pub unread: &'r [Unread],
    pub contradictions: &'r [Contradiction],
    /// Coverage of other sources than the tree's, by its path, with why.
    pub strangers: &'r BTreeMap<String, String>,
    /// Seconds since 1970-01-01 UTC.
    pub now: Option<i64>,
}

/// Whether evidence is among what a gate's selector names.
fn selected(e: &Evidence, gate: &Gate) -> bool {
    let s = &gate.select;
    let tools = || {
        let findings = match &e.data {
            Data::Findings(f) => f.tools.as_slice(),
            _ => &[],
        };
        findings.iter().map(String::as_str).chain(e.source.tool.as_deref())
    };
    e.kind() == gate.rule.kind()
        && (s.tools.is_empty() || tools().any(|t| s.names_tool(t)))
        && (s.formats.is_empty() || s.formats.iter().any(|f| f == e.source.format))
        && (s.evidence.is_empty() || e.source.name.as_ref().is_some_and(|n| s.evidence.contains(n)))
        && s.labels.iter().all(|(k, v)| e.source.labels.get(k).is_some_and(|l| v.contains(l)))
        && gate.judge.takes(e, s)
}

/// Whether an input that could not be read is one that the gate needs.
fn concerns(u: &Unread, gate: &Gate) -> bool {
    let s: &Selector = &gate.select;
    if !s.evidence.is_empty() {
        return u.name.as_ref().is_some_and(|n| s.evidence.contains(n));
    }
    if !s.labels.iter().all(|(k, v)| u.labels.get(k).is_none_or(|l| v.contains(l))) {
        return false;
    }
    match u.kind {
        None => false,
        Some(kind) if kind != gate.rule.kind() => false,
        Some(_) => {
            let by_tool = match &u.tool {
                Some(tool) if !s.tools.is_empty() => s.names_tool(tool),
                Some(tool) if !s.categories.is_empty() => {
                    let looks = gatekeeper_evidence::findings::looks_for(tool);
                    looks.is_empty() || looks.iter().any(|c| s.categories.contains(c))
                }
                _ => true,
            };
            let by_format = s.formats.is_empty() || u.format.is_none_or(|u| s.formats.iter().any(|f| f == u));
            by_tool && by_format
        }
    }
}

/// Judges one gate.
pub(crate) fn judge(gate: &Gate, ground: Ground<'_>, waivers: &mut Waivers<'_>) -> GateVerdict {
    let Ground { evidence, unread, contradictions, strangers, now, .. } = ground;
    let taken: Vec<&Evidence> = evidence.iter().filter(|e| selected(e, gate)).collect();
    let mut unreadable: Vec<&Unread> = unread.iter().filter(|u| concerns(u, gate)).collect();
    if taken.is_empty() && unreadable.is_empty() && gate.missing_blocks {
        // Nothing is known of an unrecognised file; where a gate lacks evidence, that file may be what it lacks.
        unreadable = unread.iter().filter(|u| u.kind.is_none()).collect();
    }
    let mut judgement = Judgement::default();
    for u in &unreadable {
        let mut v = Violation::new(UNREADABLE, Status::Error, u.error.words()).from_source(&u.file);
        v.location = Some(u.error.location().clone());
        judgement.violations.push(v);
    }
    for e in taken.iter().filter(|e| e.complete == Some(false)) {
        let why = e.notes.first().map(|n| format!(": {}", n.message)).unwrap_or_default();
        let message = format!("its tool did not do all its work, so it proves nothing{why}");
        judgement.violations.push(Violation::new("incomplete", Status::Error, message).from_source(&e.source.path));
    }
    for (e, status) in taken.iter().filter_map(|e| Some((e, unexplained(e)?))) {
        let message =
            format!("its command ended with exit status {status}, and it tells of nothing that explains this");
        judgement.violations.push(Violation::new("exit-status", Status::Error, message).from_source(&e.source.path));
    }
    for c in contradictions.iter().filter(|c| taken.iter().any(|e| e.source.path == c.kept)) {
        let mut v = Violation::new("contradiction", Status::Error, c.message.clone()).from_source(&c.kept);
        v.help =
            Some(format!("make {} and {} tell of the same run, or name one of them in the policy", c.kept, c.aside));
        judgement.violations.push(v);
    }
    for (e, why) in taken.iter().filter_map(|e| strangers.get(&e.source.path).map(|why| (e, why))) {
        judgement
            .violations
            .push(Violation::new("paths-unmatched", Status::Error, why.clone()).from_source(&e.source.path));
    }
    judgement.violations.extend(readings::of_themselves(&taken, &gate.select));
    let parts = parts(gate, &taken, &mut judgement);
    let mut used_waivers: Vec<WaiverUsed> = Vec::new();
    let mut unsure = false;
    for (labels, part) in parts {
        let read = readings::worst_of(&part, |part| {
            answer(gate, &Scope { evidence: part, select: &gate.select, all: evidence, now })
        });
        unsure |= read.unsure;
        let mut one = read.judgement;
        // Part by part: what is waived in one is no smaller number in another. What stands beside the parts cannot be waived.
        for used in waivers.apply(gate, &mut one) {
            match used_waivers.iter_mut().find(|u| u.policy_line == used.policy_line) {
                Some(known) => known.waived += used.waived,
                None => used_waivers.push(used),
            }
        }
        for c in &mut one.conditions {
            c.labels.clone_from(&labels);
        }
        judgement.conditions.extend(one.conditions);
        judgement.violations.extend(one.violations);
        judgement.to_pass.extend(one.to_pass);
    }
    let missing = taken.is_empty() && judgement.violations.is_empty();
    unsure |= gate.judge.more_may_mend() && judgement.violations.iter().any(|v| v.status == Status::Error);
    let status = match judgement.status() {
        _ if missing => Status::Missing,
        Status::Fail if unsure => Status::Error,
        status => status,
    };
    // The worst first; what stands equal keeps its order.
    judgement.violations.sort_by_key(|v| (std::cmp::Reverse(v.status), std::cmp::Reverse(v.severity)));
    let mut used: Vec<Used> =
        taken.iter().map(|e| Used { path: e.source.path.clone(), sha256: e.source.sha256.clone() }).collect();
    used.sort();
    if missing {
        judgement.to_pass.push(wanted(gate, ground.formats));
    }
    GateVerdict {
        name: gate.name.clone(),
        rule: gate.rule.id().to_owned(),
        status,
        action: gate.action,
        blocking: blocks(gate, status),
        reason: reason(gate, status, &judgement, &taken),
        policy_line: gate.line,
        conditions: judgement.conditions,
        violations: judgement.violations,
        evidence: used,
        waivers: used_waivers,
        to_pass: judgement.to_pass,
    }
}

/// The exit status of the command that wrote evidence, where it is not 0 and the evidence tells of nothing wrong. Coverage is measured by
/// commands that fail for other reasons.
fn unexplained(e: &Evidence) -> Option<i32> {
    let status = e.source.exit_status.filter(|s| *s != 0)?;
    let told = match &e.data {
        Data::Tests(t) => {
            let counts = t.counts();
            counts.failed.saturating_add(counts.errored) > 0 || !t.problems.is_empty()
        }
        Data::Findings(f) => f.active().next().is_some(),
        Data::Coverage(_) => true,
        Data::Inventory(_) | Data::Vex(_) | Data::Measurements(_) => false,
    };
    (!told && e.complete != Some(false)).then_some(status)
}

/// A part of a gate's evidence, with the labels that it stands for.
type Part<'e> = (BTreeMap<String, String>, Vec<&'e Evidence>);

/// The evidence in the parts that are judged one by one (`each`), with the demanded label values that are not there as violations.
fn parts<'e>(gate: &Gate, taken: &[&'e Evidence], judgement: &mut Judgement) -> Vec<Part<'e>> {
    for (label, values) in &gate.require {
        for value in values {
            if !taken.iter().any(|e| e.source.labels.get(label) == Some(value)) {
                let message = format!("no evidence for {label} = {value}, which the policy requires");
                judgement.violations.push(Violation::new("label-missing", Status::Missing, message));
            }
        }
    }
    match &gate.each {
        Some(label) => {
            let mut groups: BTreeMap<String, Vec<&Evidence>> = BTreeMap::new();
            for e in taken {
                match e.source.labels.get(label) {
                    Some(value) => groups.entry(value.clone()).or_default().push(e),
                    None => judgement.violations.push(
                        Violation::new("label-absent", Status::Error, format!("it has no label {label}"))
                            .from_source(&e.source.path),
                    ),
                }
            }
            groups.into_iter().map(|(v, e)| (BTreeMap::from([(label.clone(), v)]), e)).collect()
        }
        None if taken.is_empty() => Vec::new(),
        None => vec![(BTreeMap::new(), taken.to_vec())],
    }
}

/// What the rule answers. Rules may come from outside: one that panics has judged nothing.
fn answer(gate: &Gate, scope: &Scope<'_>) -> Judgement {
    let judged = catch_unwind(AssertUnwindSafe(|| gate.judge.judge(scope)));
    judged.unwrap_or_else(|_| {
        let message = format!("the rule `{}` panicked, so nothing was judged", gate.rule.id());
        Judgement::of(Violation::new("rule-panicked", Status::Error, message))
    })
}

fn blocks(gate: &Gate, status: Status) -> bool {
    gate.action == Action::Block
        && match status {
            Status::Fail | Status::Error | Status::Inconclusive => true,
            Status::Missing => gate.missing_blocks,
            Status::Pass | Status::Warn | Status::Skip => false,
        }
}
