//! What is said of gates and of the whole.

use crate::policy::Gate;
use crate::rule::Judgement;
use crate::verdict::{Condition, GateVerdict, Status};
use gatekeeper_evidence::{Evidence, Kind};
use gatekeeper_formats::{Format, Formats};

/// Where a gate's evidence would come from.
pub(super) fn wanted(gate: &Gate, formats: &Formats) -> String {
    let s = &gate.select;
    let recorded = s.tools.iter().find(|t| formats.iter().any(|f| f.recorded_as() == Some(t.as_str())));
    if let Some(tool) = recorded {
        return format!("bring its evidence: gatekeeper record --tool {tool} -- rebar3 {tool}");
    }
    let mut ids: Vec<&str> = formats.iter().filter(|f| f.kind() == gate.rule.kind()).map(Format::id).collect();
    if !s.formats.is_empty() {
        ids = s.formats.iter().map(String::as_str).collect();
    }
    let more = if ids.len() > 4 { ", …" } else { "" };
    let some: Vec<&str> = ids.into_iter().take(4).collect();
    format!(
        "bring a report that says {} ({}{more}; `gatekeeper formats` lists them all)",
        gate.rule.kind(),
        some.join(", ")
    )
}

/// Why a gate has its status, in a sentence.
pub(super) fn reason(gate: &Gate, status: Status, judgement: &Judgement, taken: &[&Evidence]) -> String {
    if status == Status::Missing && judgement.violations.is_empty() {
        let of = if gate.select.tools.is_empty() { "" } else { " of " };
        let what = match gate.rule.kind() {
            Kind::Coverage => "coverage report",
            Kind::Tests => "test results",
            Kind::Findings => "report of findings",
            Kind::Inventory if gate.rule.id() == "sbom" => "SBOM",
            Kind::Inventory => "SBOM, lock file or licence list",
            Kind::Measurements => "measurements",
            Kind::Vex => "statements",
        };
        return format!("no {what}{of}{} found", gate.select.tools.join(", "));
    }
    // An error or a missing part says why; figures say the rest.
    let first = judgement.violations.iter().find(|v| v.status == status);
    let figures = || {
        let worst = judgement.conditions.iter().filter(|c| c.status == status).collect::<Vec<_>>();
        let shown =
            if worst.is_empty() || status == Status::Pass { judgement.conditions.iter().collect() } else { worst };
        shown.into_iter().take(4).map(condition_words).collect::<Vec<_>>().join("; ")
    };
    match status {
        Status::Error | Status::Missing => first.map_or_else(figures, |v| match (&v.source, &v.location) {
            (Some(source), Some(at)) if at.line.is_some() => format!("{source}:{at}: {}", v.message),
            (Some(source), Some(at)) if at.offset.is_some() => format!("{source} {at}: {}", v.message),
            (Some(source), _) => format!("{source}: {}", v.message),
            (None, _) => v.message.clone(),
        }),
        _ => {
            let figures = figures();
            match (figures.is_empty(), first) {
                (true, Some(v)) => v.message.clone(),
                (false, Some(v)) if judgement.conditions.iter().all(|c| c.status != status) => v.message.clone(),
                (true, None) => format!("{} pieces of evidence", taken.len()),
                _ => figures,
            }
        }
    }
}

/// A condition in words: `lines 79.99 % < 80 %: 1 line short`.
fn condition_words(c: &Condition) -> String {
    let labels: Vec<String> = c.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let at = if labels.is_empty() { String::new() } else { format!(" ({})", labels.join(", ")) };
    let sign = match (c.comparator.as_ref(), c.status) {
        ("=", _) => return format!("{}{at}", c.value),
        (">=", Status::Pass) => "≥",
        (">=", Status::Inconclusive) => "against",
        (">=", _) => "<",
        ("<=", Status::Pass) => "≤",
        (_, _) => ">",
    };
    let sample = c.sample.map(|r| format!(" ({} of {})", r.covered, r.total)).unwrap_or_default();
    let distance = c.distance.as_ref().map(|d| format!(": {d}")).unwrap_or_default();
    format!("{} {}{sample} {sign} {}{at}{distance}", c.metric, c.value, c.limit)
}

/// The whole, in a sentence.
pub(crate) fn sentence(gates: &[GateVerdict], nothing: bool, unread: usize) -> String {
    if nothing {
        return "no evidence was found, so nothing was judged".to_owned();
    }
    let count = |s: Status, blocking: bool| gates.iter().filter(|g| g.status == s && g.blocking == blocking).count();
    let parts: Vec<String> = [
        (Status::Fail, true, "failed"),
        (Status::Error, true, "could not be judged"),
        (Status::Inconclusive, true, "inconclusive"),
        (Status::Missing, true, "without evidence"),
        (Status::Fail, false, "failed without blocking"),
        (Status::Error, false, "could not be judged, without blocking"),
        (Status::Inconclusive, false, "inconclusive without blocking"),
        (Status::Missing, false, "without evidence, not blocking"),
        (Status::Warn, false, "with warnings"),
        (Status::Pass, false, "passed"),
        (Status::Skip, false, "skipped"),
    ]
    .into_iter()
    .filter(|(s, blocking, _)| count(*s, *blocking) > 0)
    .map(|(s, blocking, words)| format!("{} {words}", count(s, blocking)))
    .collect();
    let unread = match unread {
        0 => String::new(),
        1 => "; 1 input could not be read, so this is no pass".to_owned(),
        n => format!("; {n} inputs could not be read, so this is no pass"),
    };
    let plural = if gates.len() == 1 { "" } else { "s" };
    format!("{} gate{plural}: {}{unread}", gates.len(), parts.join(", "))
}
