//! What takes findings out from outside: VEX statements and ignore files. They suppress only what they name; all of it is said on the
//! evidence (as notes) and, where statements disagree or match nothing, in the verdict's warnings.

use crate::relate::findings::{Ignore, VexReport, apply_ignores, apply_vex};
use gatekeeper_evidence::findings::{Finding, Findings};
use gatekeeper_evidence::vex::Statement;
use gatekeeper_evidence::{Data, Evidence, Note};
use std::collections::{BTreeMap, BTreeSet};

/// An ignore file's entries.
#[derive(Debug, Clone)]
pub struct IgnoreFile {
    /// The file as it was named.
    pub path: String,
    /// Its entries.
    pub entries: Vec<Ignore>,
}

/// How far clocks may differ, seconds.
const DAY: i64 = 86_400;

/// Most notes on one piece of evidence.
const NOTES: usize = 50;

/// What came of them.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    /// What is to be said in the verdict.
    pub warnings: Vec<String>,
    /// The documents that took findings out.
    pub used: Vec<String>,
    /// Whether anything was taken out.
    pub any: bool,
}

/// What is said of a file that could take findings out and that the policy does not name: whoever writes a report could write it too.
pub(crate) fn unnamed(path: &str, count: usize, (one, many): (&str, &str)) -> String {
    let (them, take) = if count == 1 { (format!("1 {one}"), "takes") } else { (format!("{count} {many}"), "take") };
    format!(
        "the policy does not name {path}, so its {them} {take} nothing out: write `suppressions = [{path:?}]` where it may"
    )
}

/// What is said of a document that took findings out, which the policy's patterns take and none of them names.
pub(crate) fn merely_taken(path: &str) -> String {
    format!(
        "{path} takes findings out, and the policy does not name it: write `suppressions = [{path:?}]` where it may, or leave it out with `exclude`"
    )
}

/// Applies them. `may` says which documents' statements may take findings out.
pub(crate) fn apply(
    evidence: &mut [Evidence],
    ignores: &[IgnoreFile],
    may: &dyn Fn(&Evidence) -> bool,
    now: Option<i64>,
    today: jiff::civil::Date,
) -> Applied {
    let mut strangers: Vec<(String, usize)> = Vec::new();
    let mut statements: Vec<Statement> = Vec::new();
    let mut from: Vec<String> = Vec::new();
    for e in evidence.iter() {
        // A CycloneDX document may carry statements beside its components.
        let stated = match &e.data {
            Data::Vex(v) => &v.statements,
            Data::Inventory(i) => &i.statements,
            _ => continue,
        };
        if !may(e) {
            strangers.extend((!stated.is_empty()).then(|| (e.source.path.clone(), stated.len())));
            continue;
        }
        from.extend(stated.iter().map(|_| e.source.path.clone()));
        statements.extend(stated.iter().cloned());
    }
    // A statement from the future is later than none; without a clock, none can be told from those.
    statements
        .iter_mut()
        .filter(|s| s.stated.is_some_and(|t| now.is_none_or(|now| t > now.saturating_add(DAY))))
        .for_each(|s| s.stated = None);
    // Later statements stand for earlier ones of their own document; between documents it takes a person to say which is right.
    let timed: BTreeSet<&String> =
        statements.iter().zip(&from).filter(|(s, _)| s.stated.is_some()).map(|(_, f)| f).collect();
    if timed.len() > 1 {
        statements.iter_mut().for_each(|s| s.stated = None);
    }
    let mut warnings = Vec::new();
    let mut used_documents: Vec<String> = Vec::new();
    let mut used_statements = vec![false; statements.len()];
    let mut used_entries: Vec<Vec<bool>> = ignores.iter().map(|f| vec![false; f.entries.len()]).collect();
    let (mut looked, mut any) = (false, false);
    let source = |s: usize| from.get(s).cloned().unwrap_or_default();
    for e in evidence.iter_mut() {
        let Data::Findings(findings) = &mut e.data else { continue };
        let mut notes: Vec<Note> = Vec::new();
        let name = |f: usize, items: &[Finding]| {
            items.get(f).map(|i| {
                let package = i.package.as_ref().map(|p| format!(" in {}", p.name)).unwrap_or_default();
                format!("{}{package}", i.rule)
            })
        };
        if !statements.is_empty() {
            let report = apply_vex(&mut findings.items, &statements, &findings.target, findings.graph.as_deref());
            for (n, used) in used_statements.iter_mut().enumerate() {
                *used |= report.unused.binary_search(&n).is_err();
            }
            for (f, s) in &report.applied {
                let reason =
                    statements.get(*s).map(|s| format!("{}: {}", s.status.as_str(), s.reason)).unwrap_or_default();
                let what = name(*f, &findings.items).unwrap_or_default();
                notes.push(Note::new(format!("{what} is suppressed by {}: {reason}", source(*s))));
                used_documents.push(source(*s));
            }
            for c in &report.conflicts {
                let what = name(c.finding, &findings.items).unwrap_or_default();
                let mut said: Vec<String> = c.statements.iter().map(|s| source(*s)).collect();
                said.dedup();
                warnings.push(format!("statements on {what} disagree, so it counts ({})", said.join(", ")));
            }
            warnings.extend(elsewhere(&report, findings, source, name));
            for (f, s) in &report.unjustified {
                let what = name(*f, &findings.items).unwrap_or_default();
                warnings.push(format!("{} calls {what} not affected and does not say why, so it counts", source(*s)));
            }
        }
        looked |= !findings.items.is_empty();
        for (file, used) in ignores.iter().zip(&mut used_entries) {
            let report = apply_ignores(&mut findings.items, &file.entries, today);
            for (n, used) in used.iter_mut().enumerate() {
                *used |= report.unused.binary_search(&n).is_err();
            }
            for (f, i) in &report.applied {
                let what = name(*f, &findings.items).unwrap_or_default();
                let statement = file.entries.get(*i).map(|i| i.statement.as_str()).unwrap_or_default();
                let reason = if statement.is_empty() { "no reason is stated" } else { statement };
                notes.push(Note::new(format!("{what} is ignored by {}: {reason}", file.path)));
            }
            for (f, _) in &report.expired {
                let what = name(*f, &findings.items).unwrap_or_default();
                warnings.push(format!("{} ignores {what} no longer: the entry has ended, so it counts", file.path));
            }
        }
        let more = notes.len().saturating_sub(NOTES);
        notes.truncate(NOTES);
        if more > 0 {
            notes.push(Note::new(format!("and {more} more are suppressed")));
        }
        if !notes.is_empty() {
            any = true;
            // The last of many notes speaks of the rest.
            let what = match notes.len() + more.saturating_sub(1) {
                1 => format!("1 finding of {} does not count", e.source.path),
                n => format!("{n} findings of {} do not count", e.source.path),
            };
            warnings.push(format!("{what}: `gatekeeper explain` and the JSON verdict show which, and why"));
        }
        e.notes.extend(notes);
    }
    if looked {
        warnings.extend(strangers.iter().map(|(path, count)| unnamed(path, *count, ("statement", "statements"))));
        // A document that takes nothing out may be misspelt, or of another product; single entries without use are everyday.
        for (file, used) in ignores.iter().zip(&used_entries) {
            if !used.is_empty() && !used.contains(&true) {
                warnings.push(format!("none of the {} entries of {} matches a finding", used.len(), file.path));
            }
        }
        let mut by_document: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
        for (path, used) in from.iter().zip(&used_statements) {
            let (count, any) = by_document.entry(path.as_str()).or_default();
            *count += 1;
            *any |= used;
        }
        for (path, (count, _)) in by_document.into_iter().filter(|(_, (_, any))| !any) {
            warnings.push(format!("none of the {count} statements of {path} matches a finding"));
        }
    }
    warnings.dedup();
    used_documents.sort();
    used_documents.dedup();
    Applied { warnings, used: used_documents, any }
}

/// One warning for each document whose statements would take findings out, had the product been scanned that they name.
fn elsewhere(
    report: &VexReport,
    findings: &Findings,
    source: impl Fn(usize) -> String,
    name: impl Fn(usize, &[Finding]) -> Option<String>,
) -> Vec<String> {
    let mut by_document: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (f, s) in &report.elsewhere {
        if findings.items.get(*f).is_some_and(|f| f.suppressed.is_none()) {
            by_document.entry(source(*s)).or_default().insert(*f);
        }
    }
    by_document
        .into_iter()
        .map(|(path, all)| {
            let first = all.first().and_then(|f| name(*f, &findings.items)).unwrap_or_default();
            let what = match all.len() {
                1 => format!("{first} counts"),
                n => format!("{first} and {} more count", n - 1),
            };
            let scanned = match findings.target.is_empty() {
                true => "a product that this report does not name".to_owned(),
                false => format!("another product than {}", findings.target.join(", ")),
            };
            format!("{path} is about {scanned}, so {what} all the same")
        })
        .collect()
}

#[cfg(test)]
mod tests;
