//! What is suspected of evidence that is in order by itself. What is only said goes among the warnings; what the policy makes an error keeps the gates
//! that take it from being judged.

use crate::policy::Policy;
use crate::relate::paths::{Tree, reconcile};
use crate::verdict::suspicion::{Check, Level, told};
use crate::verdict::{GateStatus, GateVerdict, Violation};
use gatekeeper_evidence::findings::Category;
use gatekeeper_evidence::test_run::Outcome;
use gatekeeper_evidence::{Data, Evidence, Kind};
use std::collections::{BTreeMap, BTreeSet};

/// Something that is suspected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Suspected {
    pub check: Check,
    /// The report that it is about; `None` where it is about all of a kind.
    pub path: Option<String>,
    pub kind: Kind,
    pub words: String,
}

impl Suspected {
    pub(super) fn of(check: Check, e: &Evidence, words: String) -> Suspected {
        Suspected { check, path: Some(e.source.path.clone()), kind: e.kind(), words }
    }

    /// In a line.
    fn line(&self) -> String {
        let path = self.path.as_ref().map(|p| format!("{p}: ")).unwrap_or_default();
        told(self.check, &format!("{path}{}", self.words))
    }

    /// As what keeps a gate from being judged.
    pub(super) fn violation(&self) -> Violation {
        let v = Violation::new(self.check.name(), GateStatus::Error, self.words.clone());
        let v = v.with_help(way_out(self.check));
        match &self.path {
            Some(path) => v.from_source(path),
            None => v,
        }
    }
}

/// What to do about a suspicion.
fn way_out(check: Check) -> String {
    format!("settle it, or let it be said alone: [suspicion] {} = \"warn\"", check.name())
}

/// Those that the policy does not switch off.
pub(crate) fn heeded(policy: &Policy, mut all: Vec<Suspected>) -> Vec<Suspected> {
    all.retain(|s| policy.suspicion.of(s.check) > Level::Off);
    all
}

/// Those that are errors by the policy and concern evidence of a gate: the reports', and what is of no report.
pub(super) fn errors<'s>(
    policy: &'s Policy,
    all: &'s [Suspected],
    taken: &'s [&Evidence],
) -> impl Iterator<Item = &'s Suspected> {
    let is_error = |s: &&Suspected| policy.suspicion.of(s.check) == Level::Error;
    let concerns = |s: &&Suspected| match &s.path {
        Some(path) => taken.iter().any(|e| e.source.path == *path),
        None => taken.iter().any(|e| e.kind() == s.kind),
    };
    all.iter().filter(is_error).filter(concerns)
}

/// What a rule suspects by itself, as the policy has it.
pub(super) fn settle(policy: &Policy, violations: &mut Vec<Violation>) {
    for check in [Check::MostlySkipped, Check::CountedTwice] {
        match policy.suspicion.of(check) {
            Level::Off => violations.retain(|v| v.code != check.name()),
            Level::Warn => {}
            Level::Error => {
                for v in violations.iter_mut().filter(|v| v.code == check.name()) {
                    v.status = GateStatus::Error;
                }
            }
        }
    }
}

/// What is to be said of them: all that no gate tells already.
pub(crate) fn lines(all: &[Suspected], gates: &[GateVerdict]) -> Vec<String> {
    let held = |s: &Suspected| {
        let is_it = |v: &Violation| v.code == s.check.name() && v.source == s.path && v.message == s.words;
        gates.iter().any(|g| g.violations.iter().any(is_it))
    };
    all.iter().filter(|s| !held(s)).map(Suspected::line).collect()
}

/// What can be told by the reports alone.
pub(crate) fn of_reports(evidence: &[Evidence]) -> Vec<Suspected> {
    let mut out = all_skipped(evidence);
    out.extend(same_reports(evidence));
    out
}

/// Reports of which every case was skipped, where others ran.
fn all_skipped(evidence: &[Evidence]) -> Vec<Suspected> {
    let cases = |e: &Evidence| match &e.data {
        Data::Tests(t) => Some(t.counts()),
        _ => None,
    };
    let all: Vec<_> = evidence.iter().filter_map(|e| Some((e, cases(e)?))).collect();
    if !all.iter().any(|(_, c)| c.total() > c.skipped) {
        return Vec::new();
    }
    let skipped = all.into_iter().filter(|(_, c)| c.total() > 0 && c.total() == c.skipped);
    let say = |n: u64| match n {
        1 => "its only case was skipped".to_owned(),
        n => format!("all {n} cases were skipped"),
    };
    skipped.map(|(e, c)| Suspected::of(Check::AllSkipped, e, say(c.total()))).collect()
}

/// Whether no two runs could have written the same: it tells times, or figures that were measured.
fn is_of_one_run(e: &Evidence) -> bool {
    match &e.data {
        // A time of whole seconds may well be the same twice.
        Data::Tests(t) => t.cases().any(|(_, c)| {
            c.status != Outcome::Skipped && c.time.is_some_and(|t| t > 0.0 && (t * 100.0).fract().abs() > 1e-9)
        }),
        Data::Measurements(m) => m.series.iter().map(|s| s.samples.len()).sum::<usize>() > 1,
        _ => false,
    }
}

/// Reports that are byte for byte another one under another name or label.
fn same_reports(evidence: &[Evidence]) -> Vec<Suspected> {
    let mut first: BTreeMap<&str, &Evidence> = BTreeMap::new();
    let mut out = Vec::new();
    for e in evidence.iter().filter(|e| is_of_one_run(e)) {
        match first.get(e.source.sha256.as_str()) {
            // What was split out of one file has its digest and its path.
            Some(one) if one.source.path != e.source.path => {
                let words = format!("is {} byte for byte: one run under two names", one.source.path);
                out.push(Suspected::of(Check::SameReport, e, words));
            }
            Some(_) => {}
            None => {
                first.insert(&e.source.sha256, e);
            }
        }
    }
    out
}

/// The source files that a report names.
fn files_of<'e>(e: &'e Evidence) -> Box<dyn Iterator<Item = &'e str> + 'e> {
    match &e.data {
        Data::Findings(f) => {
            let of_code = f.items.iter().filter(|i| i.category == Category::Code);
            Box::new(of_code.filter_map(|i| Some(i.place.as_ref()?.path.as_ref())))
        }
        Data::Tests(t) => Box::new(t.cases().filter_map(|(_, c)| c.detail.as_ref()?.file.as_deref())),
        Data::Coverage(c) => Box::new(c.files.keys().map(AsRef::as_ref)),
        _ => Box::new(std::iter::empty()),
    }
}

/// The same, each once.
pub(super) fn named_files(e: &Evidence) -> BTreeSet<&str> {
    files_of(e).collect()
}

/// Whether it names files of the working tree, so that the tree is worth looking at. Coverage always speaks of some.
pub(crate) fn names_files(e: &Evidence) -> bool {
    e.kind() == Kind::Coverage || files_of(e).next().is_some()
}

fn extension(path: &str) -> Option<&str> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, e)| e)
}

/// Findings and tests whose files are none of the tree's, though it has files of their sort.
pub(crate) fn unmatched(evidence: &[Evidence], tree: &Tree) -> Vec<Suspected> {
    let mut out = Vec::new();
    for e in evidence.iter().filter(|e| !matches!(e.data, Data::Coverage(_))) {
        let named: BTreeSet<&str> = named_files(e);
        // Names without an extension are modules and classes; what the tree has none of was made elsewhere.
        let of_a_sort: Vec<&str> =
            named.into_iter().filter(|n| extension(n).is_some_and(|x| tree.has_extension(x))).collect();
        let Some(first) = of_a_sort.first() else { continue };
        let found = reconcile(of_a_sort.iter().copied(), &[], tree, &Default::default());
        if !found.matched.is_empty() || !found.ambiguous.is_empty() {
            continue;
        }
        let words = match of_a_sort.len() {
            1 => format!("speaks of {first}, which is not in this tree"),
            n => format!("speaks of {n} source files ({first}, …), and none of them is in this tree"),
        };
        out.push(Suspected::of(Check::UnmatchedPaths, e, words));
    }
    out
}

#[cfg(test)]
mod tests;
