//! What the policy's entries demand of their evidence beside what it says: that there is enough of it, and which of it may be absent.

use super::against::ATTEMPT;
use super::unread::Unread;
use crate::policy::{EvidenceEntry, Floor, Gate, Policy};
use gatekeeper_evidence::coverage::Coverage;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_evidence::test_run::{Counts, Outcome};
use gatekeeper_evidence::{Data, Evidence, Kind};
use gatekeeper_formats::{Format, Formats};
use std::collections::{BTreeMap, BTreeSet};

/// A pattern of an entry that need not bring anything, and brought nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Absent {
    pub(crate) entry: usize,
    pub(crate) pattern: String,
}

/// The patterns of optional entries that no file of the run matches.
pub(crate) fn absent(policy: &Policy, evidence: &[Evidence], unread: &[Unread], ignored: &[String]) -> Vec<Absent> {
    // What lies in a run that was refused, nobody knows.
    if unread.iter().any(|u| u.of_run) {
        return Vec::new();
    }
    let names: Vec<&str> = evidence
        .iter()
        .map(|e| e.source.path.as_str())
        .chain(unread.iter().map(|u| u.file.as_str()))
        .chain(ignored.iter().map(String::as_str))
        .collect();
    let mut out = Vec::new();
    for (n, entry) in policy.evidence.iter().enumerate().filter(|(_, e)| !e.required) {
        for pattern in patterns(entry).filter(|p| !names.iter().any(|name| p.is_match(name))) {
            out.push(Absent { entry: n, pattern: pattern.as_str().to_owned() });
        }
    }
    out
}

fn patterns(entry: &EvidenceEntry) -> impl Iterator<Item = &Pattern> {
    entry.patterns.iter().chain(&entry.packages)
}

/// How an entry is called.
fn called(entry: &EvidenceEntry) -> String {
    entry.name.clone().unwrap_or_else(|| patterns(entry).map(Pattern::as_str).collect::<Vec<_>>().join(", "))
}

/// What is to be told of absent evidence, a line for each entry.
pub(crate) fn told(policy: &Policy, absent: &[Absent]) -> Vec<String> {
    let mut by_entry: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for a in absent {
        by_entry.entry(a.entry).or_default().push(&a.pattern);
    }
    let line = |(n, patterns): (usize, Vec<&str>)| {
        let entry = policy.evidence.get(n)?;
        let name = entry.name.as_ref().map(|n| format!("{n}: ")).unwrap_or_default();
        let verb = if patterns.len() == 1 { "matches" } else { "match" };
        Some(format!("{name}{} {verb} no file, which the policy allows (`required = false`)", patterns.join(", ")))
    };
    by_entry.into_iter().filter_map(line).collect()
}

/// Why a gate without any evidence is not judged: all that it could have taken is optional and absent. `None` where an entry that is demanded,
/// or that brought something else, could have brought what the gate lacks.
pub(super) fn optional(gate: &Gate, policy: &Policy, absent: &[Absent], formats: &Formats) -> Option<String> {
    let names = &gate.select.evidence;
    let meant = |entry: &EvidenceEntry| names.is_empty() || entry.name.as_ref().is_some_and(|n| names.contains(n));
    let mut lacking = Vec::new();
    for (n, entry) in policy.evidence.iter().enumerate().filter(|(_, e)| meant(e)) {
        if !patterns(entry).any(|p| could_bring(gate, entry, p, formats)) {
            continue;
        }
        let all = patterns(entry).all(|p| absent.iter().any(|a| a.entry == n && a.pattern == p.as_str()));
        if !all {
            return None;
        }
        lacking.push(called(entry));
    }
    let verb = if lacking.len() == 1 { "is" } else { "are" };
    (!lacking.is_empty()).then(|| format!("{} {verb} absent, which the policy allows", lacking.join(" and ")))
}

/// Whether files of a pattern could be what a gate takes, by the entry's format or else by the pattern's extension.
fn could_bring(gate: &Gate, entry: &EvidenceEntry, pattern: &Pattern, formats: &Formats) -> bool {
    let wanted = |f: &Format| {
        gate.rule.takes_kind(f.kind())
            && (gate.select.formats.is_empty() || gate.select.formats.iter().any(|w| w == f.id()))
    };
    if entry.measured.extract.is_some() {
        return gate.rule.takes_kind(Kind::Measurements);
    }
    if let Some(format) = entry.format {
        return wanted(format);
    }
    if entry.packages.iter().any(|p| p.as_str() == pattern.as_str()) {
        return gate.rule.takes_kind(Kind::Inventory);
    }
    let extension = pattern.as_str().rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, e)| e);
    let of = |f: &&Format| extension.is_some_and(|x| f.extensions().iter().any(|e| e.eq_ignore_ascii_case(x)));
    // An extension that no format has says nothing: recorded and console output may have any.
    let mut known = formats.iter().filter(of).peekable();
    known.peek().is_none() || known.any(wanted)
}

/// Says of what could not be found whom it concerns, and holds each entry's evidence to its floors. `kept`: what is judged, so that copies of one
/// result count once.
pub(crate) fn hold(policy: &Policy, entries: &BTreeMap<String, usize>, kept: &[Evidence], unread: &mut Vec<Unread>) {
    let mut of_entry: BTreeMap<usize, Vec<&Evidence>> = BTreeMap::new();
    for e in kept {
        if let Some(n) = entries.get(&e.source.path) {
            of_entry.entry(*n).or_default().push(e);
        }
    }
    let mut more: Vec<Unread> = Vec::new();
    for (n, entry) in policy.evidence.iter().enumerate() {
        let evidence = of_entry.get(&n).map(Vec::as_slice).unwrap_or_default();
        let kinds: BTreeSet<Kind> = evidence.iter().map(|e| e.kind()).collect();
        // A pattern that brought nothing stands for more of what the entry's others brought.
        let is_own = |u: &Unread| u.kind.is_none() && patterns(entry).any(|p| p.as_str() == u.file);
        for u in unread.iter_mut().filter(|u| is_own(u)) {
            let mut kinds = kinds.iter().copied();
            u.kind = kinds.next();
            more.extend(kinds.map(|kind| u.of_kind(kind)));
        }
        // What lies there and cannot be read is not enough of anything. That nothing lies there has been told, or it may be so.
        let broken = unread.iter().filter(|u| entries.get(&u.file) == Some(&n)).filter_map(|u| u.kind);
        let kinds: BTreeSet<Kind> = if evidence.is_empty() { broken.collect() } else { kinds };
        if kinds.is_empty() {
            continue;
        }
        for floor in &entry.floors {
            let n = count(floor, evidence);
            if n >= floor.least {
                continue;
            }
            let words = format!("{}, at least {} expected (`{}`)", floor.counted(n), floor.least, floor.key);
            let concerned: Vec<Kind> = floor.kind.map_or_else(|| kinds.iter().copied().collect(), |kind| vec![kind]);
            let file = called(entry);
            let first = Unread {
                error: ParseError::new(ErrorCode::BelowFloor, words).finish(&file, "", None),
                file,
                kind: None,
                format: entry.format.map(Format::id),
                tool: None,
                name: entry.name.clone(),
                labels: entry.labels.clone(),
                of_run: false,
            };
            more.extend(concerned.into_iter().map(|kind| first.of_kind(kind)));
        }
    }
    unread.extend(more);
    unread.sort_by(|a, b| a.file.cmp(&b.file));
}

/// A case's suite, class and own name.
type CaseName<'n> = (&'n str, Option<&'n str>, &'n str);

/// How often each attempt has a case.
type PerAttempt<'n> = BTreeMap<&'n str, u64>;

/// How much of what a floor counts there is. What is said twice counts once.
fn count(floor: &Floor, evidence: &[&Evidence]) -> u64 {
    let len = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let mut seen = BTreeSet::new();
    let evidence: Vec<&Evidence> = evidence.iter().copied().filter(|e| seen.insert(one_result(e))).collect();
    let coverage = || {
        let mut sum = Coverage::default();
        for e in &evidence {
            if let Data::Coverage(c) = &e.data {
                sum.merge(c.clone());
            }
        }
        sum
    };
    match floor.key {
        "min-files" => len(evidence.len()),
        "min-cases" => cases(&evidence),
        "min-lines" => coverage().figures().lines.map_or(0, |lines| lines.total),
        "min-sources" => len(coverage().files.len()),
        "min-packages" => {
            let inventories = evidence.iter().filter_map(|e| match &e.data {
                Data::Inventory(i) => Some(i),
                _ => None,
            });
            let components = inventories.flat_map(|i| &i.components);
            len(components.map(|c| (&c.name, &c.version, &c.purl)).collect::<BTreeSet<_>>().len())
        }
        "min-samples" => series(&evidence).fold(0, |n, s| n.saturating_add(len(s.samples.len()))),
        "min-series" => len(series(&evidence).map(|s| (&s.metric, &s.labels, &s.unit)).collect::<BTreeSet<_>>().len()),
        _ => 0,
    }
}

/// What two copies of one result have in common, whatever they are called: equal bytes in equal cells. Reports that list nothing are equal by
/// nature: two clean packages write the same `[]`.
fn one_result(e: &Evidence) -> (&str, &BTreeMap<String, String>) {
    let lists_nothing = match &e.data {
        Data::Findings(f) => f.items.is_empty(),
        _ => false,
    };
    let alike = e.source.size == 0 || e.source.sha256.is_empty() || lists_nothing;
    (if alike { &e.source.path } else { &e.source.sha256 }, &e.source.labels)
}

/// How many cases ran. Of the attempts of one cell a case counts once, or as often as the attempt that has it most often.
fn cases(evidence: &[&Evidence]) -> u64 {
    let ran = |counts: Counts| counts.passed.saturating_add(counts.failed).saturating_add(counts.errored);
    let mut sum: u64 = 0;
    // The cells that have attempts: how often each attempt has a case.
    let mut cells: BTreeMap<Vec<(&str, &str)>, BTreeMap<CaseName<'_>, PerAttempt<'_>>> = BTreeMap::new();
    for e in evidence {
        let Data::Tests(t) = &e.data else { continue };
        let Some(attempt) = e.source.labels.get(ATTEMPT) else {
            sum = sum.saturating_add(ran(t.counts()));
            continue;
        };
        let labels = e.source.labels.iter().filter(|(k, _)| *k != ATTEMPT).map(|(k, v)| (k.as_str(), v.as_str()));
        let cell = cells.entry(labels.collect()).or_default();
        for (suite, case) in t.cases().filter(|(_, c)| c.status != Outcome::Skipped) {
            let name = (&*suite.name, case.class.as_deref(), &*case.name);
            let n = cell.entry(name).or_default().entry(attempt).or_default();
            *n = n.saturating_add(1);
        }
        for suite in &t.suites {
            let n = cell.entry((&*suite.name, None, "")).or_default().entry(attempt).or_default();
            *n = n.saturating_add(ran(suite.unlisted));
        }
    }
    let most = |attempts: &PerAttempt<'_>| attempts.values().copied().max().unwrap_or_default();
    cells.values().flat_map(BTreeMap::values).map(most).fold(sum, u64::saturating_add)
}

fn series<'e>(evidence: &'e [&'e Evidence]) -> impl Iterator<Item = &'e gatekeeper_evidence::measurements::Series> {
    let measured = evidence.iter().filter_map(|e| match &e.data {
        Data::Measurements(m) => Some(m),
        _ => None,
    });
    measured.flat_map(|m| &m.series)
}

#[cfg(test)]
mod tests;
