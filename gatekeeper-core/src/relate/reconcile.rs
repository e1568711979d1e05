//! Coverage under the working tree's own names: what reports call a file differently is one file, and a report about other files is no
//! evidence for these.

use super::paths::{Reconciled, Tree, reconcile};
use crate::config::PathRules;
use gatekeeper_evidence::decimal::{Decimal, percent};
use gatekeeper_evidence::{Coverage, Data, Evidence, Note};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Least share of a report's paths that must be files of the tree, percent, where the policy does not say otherwise.
const LEAST: u64 = 90;
/// Paths that are named in notes.
const NAMED: usize = 20;

/// What renaming came to.
pub(crate) struct Renamed {
    /// What is to be told of it.
    pub notes: Vec<Note>,
    /// What became of the names; `None` where the tree holds nothing of their sort.
    pub found: Option<Reconciled>,
}

/// Renames the files of a report to the tree's; `None` where it names no file.
pub(crate) fn rename(coverage: &mut Coverage, tree: &Tree, rules: &PathRules) -> Option<Renamed> {
    if coverage.files.is_empty() || coverage.percent.is_some() {
        return None;
    }
    if !speaks_of(coverage.files.keys().map(AsRef::as_ref), tree) {
        let note = "the tree holds no source file of the sort that it names, so its paths were not reconciled";
        return Some(Renamed { notes: vec![Note::new(note)], found: None });
    }
    let found = reconcile(coverage.files.keys().map(AsRef::as_ref), &coverage.roots, tree, rules);
    let more = |n: usize| n.checked_sub(NAMED).filter(|n| *n > 0);
    let mut notes = Vec::new();
    for name in found.unmatched.iter().take(NAMED) {
        notes.push(Note::new(format!("{name} is not a file in the tree")));
    }
    if let Some(n) = more(found.unmatched.len()) {
        notes.push(Note::new(format!("{n} more paths are not files in the tree")));
    }
    for (name, candidates) in found.ambiguous.iter().take(NAMED) {
        notes.push(Note::new(format!("{name} could be {}", candidates.join(" or "))));
    }
    if let Some(n) = more(found.ambiguous.len()) {
        notes.push(Note::new(format!("{n} more paths could be several files")));
    }
    *coverage = found.rename(std::mem::take(coverage));
    Some(Renamed { notes, found: Some(found) })
}

/// Renames the files of coverage evidence to the tree's; `said` is what the policy says of its names, and the least share of them that must be
/// files of the tree. Answers, by the evidence's path, why it cannot be used.
pub(crate) fn apply(
    said: impl Fn(&Evidence) -> (PathRules, Option<Decimal>),
    evidence: &mut [Evidence],
    tree: &Tree,
) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for e in evidence.iter_mut() {
        let (rules, least) = said(e);
        let least = least.unwrap_or_else(|| Decimal::whole(LEAST));
        let Data::Coverage(coverage) = &mut e.data else { continue };
        let Some(renamed) = rename(coverage, tree, &rules) else { continue };
        e.notes.extend(renamed.notes);
        let Some(found) = renamed.found else { continue };
        let share = found.share();
        if least.compare_percent_of(share) == Some(Ordering::Less) {
            let first = found.unmatched.first().or_else(|| found.ambiguous.keys().next()).map_or("", String::as_str);
            let message = format!(
                "{} of {} paths ({}) are files of this tree, at least {least} % must be; {first} is not. Is it a report of other sources, or \
                 of another checkout? (strip, prefix and min-matched in its [[evidence]] entry)",
                share.covered,
                share.total,
                percent(share)
            );
            out.insert(e.source.path.clone(), message);
        }
    }
    out
}

/// Whether the tree has source files of the sort that a report names: by extension; modules without one are Erlang's.
fn speaks_of<'a>(names: impl Iterator<Item = &'a str>, tree: &Tree) -> bool {
    let mut extensions: Vec<&str> = names
        .map(|n| {
            let base = n.rsplit(['/', '\\']).next().unwrap_or(n);
            base.rsplit_once('.').map_or("erl", |(_, e)| if e == "beam" { "erl" } else { e })
        })
        .collect();
    extensions.sort_unstable();
    extensions.dedup();
    extensions.iter().any(|e| tree.has_extension(e))
}

#[cfg(test)]
mod tests;
