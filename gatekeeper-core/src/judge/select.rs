//! Which evidence a gate takes: today's, or an earlier run's.

use crate::policy::Gate;
use gatekeeper_evidence::{Data, Evidence};

/// Whether evidence is among what a gate's selector names.
pub(super) fn selected(e: &Evidence, gate: &Gate) -> bool {
    let s = &gate.select;
    gate.rule.takes_kind(e.kind())
        && (s.tools.is_empty() || tools(e).any(|t| s.names_tool(t)))
        && !(e.source.tool.as_deref().is_some_and(|t| s.excepts_tool(t)))
        && (s.formats.is_empty() || s.formats.iter().any(|f| f == e.source.format))
        && (s.evidence.is_empty() || e.source.name.as_ref().is_some_and(|n| s.evidence.contains(n)))
        && s.labels.iter().all(|(k, v)| e.source.labels.get(k).is_some_and(|l| v.contains(l)))
        && gate.judge.takes(e, s)
}

/// The tools of evidence.
pub(super) fn tools(e: &Evidence) -> impl Iterator<Item = &str> {
    let findings = match &e.data {
        Data::Findings(f) => f.tools.as_slice(),
        _ => &[],
    };
    let recorded = e.source.record.as_ref().map(|r| r.tool.as_str());
    findings.iter().map(String::as_str).chain(e.source.tool.as_deref()).chain(recorded)
}
