//! Mends a snapshot after a merge: both sides together, counts and digests again. Where the sides differ, what makes the stricter baseline
//! stays: a merge never makes it easier to pass.

use super::coverage;
use super::entry::{Entry, File};
use super::limits;
use super::read::{Numbered, engine, entry, text};
use super::shape::section;
use super::write;
use crate::config::is_looser;
use gatekeeper_evidence::Ratio;
use gatekeeper_evidence::coverage::Metrics;
use gatekeeper_evidence::error::ParseError;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Where a line stands in a merge that git left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// In no conflict.
    Both,
    Ours,
    /// What both sides were made from (`diff3`).
    Before,
    Theirs,
}

/// Writes a snapshot's sections again, after a merge with or without git's marks of conflicts in it. `file` is its name, for errors.
///
/// # Errors
/// A line that is no entry of a snapshot, marks of a conflict that do not end.
pub fn fix(file: &str, bytes: &[u8]) -> Result<String, ParseError> {
    mended(bytes).map_err(|e| e.finish(file, "snapshot", Some(bytes)))
}

fn mended(bytes: &[u8]) -> Result<String, ParseError> {
    let text = text(bytes)?;
    // The first lines may be in conflict: each side's says what it is.
    let first: Vec<&str> = text.lines().filter(|l| l.starts_with("{\"snapshot\":")).collect();
    let mut newest = String::new();
    for line in first {
        newest = newest.max(engine(line)?);
    }
    if newest.is_empty() {
        engine(text)?;
    }
    let mut all: BTreeMap<(&'static str, String), Entry> = BTreeMap::new();
    let mut sides: Vec<(Side, Entry)> = Vec::new();
    let mut side = Side::Both;
    let mut opened = 0;
    for (number, line) in (1_u64..).zip(text.lines()) {
        let marked = |mark: &str| line == mark || line.strip_prefix(mark).is_some_and(|rest| rest.starts_with(' '));
        side = match side {
            Side::Both if marked("<<<<<<<") => {
                opened = number;
                Side::Ours
            }
            Side::Ours if marked("|||||||") => Side::Before,
            Side::Ours | Side::Before if line == "=======" => Side::Theirs,
            Side::Theirs if marked(">>>>>>>") => {
                settle(std::mem::take(&mut sides), &mut all);
                Side::Both
            }
            side => {
                if let Some(entry) = entry_of((number, line))? {
                    match side {
                        Side::Both => together(entry, &mut all),
                        Side::Before => {}
                        side => sides.push((side, entry)),
                    }
                }
                side
            }
        };
    }
    if side != Side::Both {
        return Err(ParseError::malformed("the end of the conflict that begins here").on_line(opened));
    }
    let mut entries: Vec<Entry> = all.into_values().collect();
    let trees = entries.iter().filter(|e| matches!(e, Entry::Run(l) if l.run == "tree")).count();
    let commits = entries.iter().filter(|e| matches!(e, Entry::Run(l) if l.run == "commit")).count();
    // Of two commits' trees neither is the one that was seen.
    if commits > 1 && trees > 0 {
        entries.retain(|e| !matches!(e, Entry::Run(l) if l.run == "tree"));
    }
    write::text(&newest, entries).map_err(|e| ParseError::malformed("a snapshot that can be written").because(e))
}

/// The entry of a line; `None` for first and last lines, which are written again.
fn entry_of(line: Numbered<'_>) -> Result<Option<Entry>, ParseError> {
    match section(line.1) {
        Some(section) => entry(section, line).map(Some),
        None if line.1.starts_with("{\"end\":") || line.1.starts_with("{\"snapshot\":") || line.1.is_empty() => {
            Ok(None)
        }
        None => Err(ParseError::malformed("an entry of a snapshot").on_line(line.0).found(line.1.as_bytes())),
    }
}

/// Whether a baseline with this entry lets more pass than one without.
fn lets_pass(entry: &Entry) -> bool {
    match entry {
        Entry::Finding(_) | Entry::Package(_) => true,
        Entry::Limit(l) => l.has.is_some() && l.limit.first().is_some_and(|key| key == "waivers"),
        _ => false,
    }
}

/// Takes the sides of a conflict in: what lets more pass only where both have it, as one of them may have taken it out.
fn settle(sides: Vec<(Side, Entry)>, all: &mut BTreeMap<(&'static str, String), Entry>) {
    let ours: BTreeSet<String> = sides.iter().filter(|(s, _)| *s == Side::Ours).map(|(_, e)| e.identity()).collect();
    let theirs: BTreeSet<String> =
        sides.iter().filter(|(s, _)| *s == Side::Theirs).map(|(_, e)| e.identity()).collect();
    for (_, entry) in sides {
        let name = entry.identity();
        if !lets_pass(&entry) || ours.contains(&name) && theirs.contains(&name) {
            together(entry, all);
        }
    }
}

/// Adds an entry to those that are there: of two of one thing the stricter.
fn together(new: Entry, all: &mut BTreeMap<(&'static str, String), Entry>) {
    use std::collections::btree_map::Entry as Place;
    match all.entry((new.section(), new.identity())) {
        Place::Vacant(place) => drop(place.insert(new)),
        Place::Occupied(mut place) => {
            let stricter = stricter(place.get().clone(), new);
            place.insert(stricter);
        }
    }
}

fn stricter(a: Entry, b: Entry) -> Entry {
    match (a, b) {
        (Entry::Run(a), Entry::Run(b)) => {
            let rank = |status: &Json| {
                ["pass", "warn", "unknown", "fail"].iter().position(|s| status.as_str() == Some(s)).unwrap_or(4)
            };
            let first = match a.run.as_str() {
                "complete" => a.is == Json::Bool(false),
                "status" => rank(&a.is) >= rank(&b.is),
                // Times of one spelling: the earlier is the older.
                _ => a.is.as_str() <= b.is.as_str(),
            };
            Entry::Run(if first { a } else { b })
        }
        (Entry::Limit(a), Entry::Limit(b)) => {
            let tree = |l| limits::tree([l]);
            let looser = tree(&a).zip(tree(&b)).is_some_and(|(a, b)| is_looser(&b, &a));
            Entry::Limit(if looser { b } else { a })
        }
        (Entry::Evidence(mut a), Entry::Evidence(b)) => {
            a.files = a.files.max(b.files);
            a.unlisted = match (a.unlisted, b.unlisted) {
                (Some(a), Some(b)) => Some(if a.total() >= b.total() { a } else { b }),
                (a, b) => a.or(b),
            };
            a.metrics = match (a.metrics, b.metrics) {
                (Some(a), Some(b)) => Some(Metrics {
                    lines: a.lines || b.lines,
                    branches: a.branches || b.branches,
                    functions: a.functions || b.functions,
                    statements: a.statements || b.statements,
                }),
                (a, b) => a.or(b),
            };
            if let (Some(mine), Some(theirs)) = (a.stated.as_mut(), b.stated) {
                mine.merge(theirs);
            }
            a.stated = a.stated.or(b.stated);
            let number = |p: &Option<String>| p.as_ref().and_then(|p| p.parse::<f64>().ok()).unwrap_or(-1.0);
            if number(&b.percent) > number(&a.percent) {
                a.percent = b.percent;
            }
            Entry::Evidence(a)
        }
        (Entry::Case(mut a), Entry::Case(b)) => {
            a.n = a.n.max(b.n);
            a.time = match (a.time, b.time) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            Entry::Case(a)
        }
        (Entry::Finding(mut a), Entry::Finding(b)) => {
            a.n = a.n.min(b.n);
            Entry::Finding(a)
        }
        (Entry::File(a), Entry::File(b)) => Entry::File(if is_better(&b, &a) { b } else { a }),
        (Entry::Series(a), Entry::Series(b)) => Entry::Series(if b.samples.len() > a.samples.len() { b } else { a }),
        (a, _) => a,
    }
}

/// Whether more of a file is covered.
fn is_better(a: &File, b: &File) -> bool {
    let figure = |f: &File| {
        let lists = [&f.lines, &f.branches, &f.line_branches, &f.functions, &f.statements].map(String::as_str);
        let mut file = coverage::read(lists, usize::MAX / 2).unwrap_or_default();
        file.stated = f.stated;
        let figures = file.figures(Metrics::ALL);
        let used = |r: Option<Ratio>| r.filter(|r| r.total > 0);
        used(figures.lines).or(used(figures.statements)).or(used(figures.branches)).or(used(figures.functions))
    };
    match (figure(a), figure(b)) {
        (Some(a), Some(b)) => {
            let cross = |x: Ratio, y: Ratio| u128::from(x.covered) * u128::from(y.total);
            (cross(a, b), a.total) > (cross(b, a), b.total)
        }
        (a, b) => a.is_some() && b.is_none(),
    }
}
