//! What takes findings out from outside: VEX statements and ignore files. They suppress only what they name; all of it is said on the
//! evidence (as notes) and, where statements disagree or match nothing, in the verdict's warnings.

use crate::evidence::vex::Statement;
use crate::evidence::{Data, Evidence, Note};
use crate::findings_union::{Ignore, apply_ignores, apply_vex};
use std::collections::BTreeMap;

/// An ignore file's entries.
#[derive(Debug, Clone)]
pub struct IgnoreFile {
    /// The file as it was named.
    pub path: String,
    /// Its entries.
    pub entries: Vec<Ignore>,
}

/// Most notes on one piece of evidence.
const NOTES: usize = 50;

/// Applies them. Answers warnings, and which documents were used.
pub(crate) fn apply(evidence: &mut [Evidence], ignores: &[IgnoreFile], now: i64) -> (Vec<String>, Vec<String>) {
    let mut statements: Vec<Statement> = Vec::new();
    let mut from: Vec<String> = Vec::new();
    for e in evidence.iter() {
        // A CycloneDX document may carry statements beside its components.
        let stated = match &e.data {
            Data::Vex(v) => &v.statements,
            Data::Inventory(i) => &i.statements,
            _ => continue,
        };
        from.extend(stated.iter().map(|_| e.source.path.clone()));
        statements.extend(stated.iter().cloned());
    }
    let mut warnings = Vec::new();
    let mut used_documents: Vec<String> = Vec::new();
    let mut used_statements = vec![false; statements.len()];
    let mut ignored: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let today = jiff::Timestamp::from_second(now)
        .map(|t| t.to_zoned(jiff::tz::TimeZone::UTC).date())
        .unwrap_or(jiff::civil::Date::MAX);
    let source = |s: usize| from.get(s).cloned().unwrap_or_default();
    for e in evidence.iter_mut() {
        let Data::Findings(findings) = &mut e.data else { continue };
        let mut notes: Vec<Note> = Vec::new();
        let name = |f: usize, items: &[crate::evidence::findings::Finding]| {
            items.get(f).map(|i| {
                let package = i.package.as_ref().map(|p| format!(" in {}", p.name)).unwrap_or_default();
                format!("{}{package}", i.rule)
            })
        };
        if !statements.is_empty() {
            let report = apply_vex(&mut findings.items, &statements, &[]);
            for (n, used) in used_statements.iter_mut().enumerate() {
                *used |= !report.unused.contains(&n);
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
            for (f, s) in &report.unjustified {
                let what = name(*f, &findings.items).unwrap_or_default();
                warnings.push(format!("{} calls {what} not affected and does not say why, so it counts", source(*s)));
            }
        }
        for file in ignores {
            let report = apply_ignores(&mut findings.items, &file.entries, today);
            let counts = ignored.entry(file.path.as_str()).or_default();
            counts.0 = counts.0.saturating_add(u64::try_from(report.applied.len()).unwrap_or(0));
            for (f, i) in &report.applied {
                let what = name(*f, &findings.items).unwrap_or_default();
                let statement = file.entries.get(*i).map(|i| i.statement.as_str()).unwrap_or_default();
                let reason = if statement.is_empty() { "no reason is stated" } else { statement };
                notes.push(Note::new(format!("{what} is ignored by {}: {reason}", file.path)));
            }
            for (f, _) in &report.expired {
                let what = name(*f, &findings.items).unwrap_or_default();
                counts.1 = counts.1.saturating_add(1);
                warnings.push(format!("{} ignores {what} no longer: the entry has ended, so it counts", file.path));
            }
        }
        let more = notes.len().saturating_sub(NOTES);
        notes.truncate(NOTES);
        if more > 0 {
            notes.push(Note::new(format!("and {more} more are suppressed")));
        }
        if !notes.is_empty() {
            warnings.push(format!(
                "{} findings of {} do not count: `gatekeeper inspect` and the JSON verdict name them with their reasons",
                notes.len() + more.saturating_sub(usize::from(more > 0)),
                e.source.path
            ));
        }
        e.notes.extend(notes);
    }
    warnings.dedup();
    used_documents.sort();
    used_documents.dedup();
    (warnings, used_documents)
}
