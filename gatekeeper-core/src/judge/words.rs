//! What is said of gates and of the whole. All that was judged is typed; it becomes words here and nowhere else.

use crate::policy::Gate;
use crate::rule::{Bound, Condition, Quantity, Remedy, counted, plural};
use crate::verdict::{self, GateStatus, GateVerdict, Violation};
use gatekeeper_evidence::decimal::percent;
use gatekeeper_evidence::{Evidence, Kind};
use gatekeeper_formats::{Format, Formats};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A condition with the labels of the part that it was judged for.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub labels: BTreeMap<String, String>,
    pub condition: Condition,
}

/// Where a gate's evidence would come from.
pub(super) fn wanted(gate: &Gate, formats: &Formats) -> String {
    let s = &gate.select;
    let recorded = s.tools.iter().find(|t| formats.iter().any(|f| f.recorded_as() == Some(t.as_str())));
    if let Some(tool) = recorded {
        return format!("bring its evidence: gatekeeper record --tool {tool} -- rebar3 {tool}");
    }
    let mut ids: Vec<&str> = formats.iter().filter(|f| gate.rule.takes_kind(f.kind())).map(Format::id).collect();
    if !s.formats.is_empty() {
        ids = s.formats.iter().map(String::as_str).collect();
    }
    let more = if ids.len() > 4 { ", …" } else { "" };
    let some: Vec<&str> = ids.into_iter().take(4).collect();
    let says = gate.rule.kind().map_or(String::new(), |kind| format!(" that says {kind}"));
    format!("bring a report{says} ({}{more}; `gatekeeper formats` lists them all)", some.join(", "))
}

/// Why a gate has its status, in a sentence.
pub(super) fn reason(
    gate: &Gate,
    status: GateStatus,
    conditions: &[Held],
    violations: &[Violation],
    taken: &[&Evidence],
) -> String {
    if status == GateStatus::Missing && violations.is_empty() {
        let of = if gate.select.tools.is_empty() { "" } else { " of " };
        let what = match gate.rule.kind() {
            Some(Kind::Coverage) => "coverage report",
            Some(Kind::Tests) => "test results",
            Some(Kind::Findings) => "report of findings",
            Some(Kind::Inventory) if gate.rule.id() == "sbom" => "SBOM",
            Some(Kind::Inventory) => "SBOM, lock file or licence list",
            Some(Kind::Measurements) => "measurements",
            Some(Kind::Vex) => "statements",
            None => "evidence",
        };
        return format!("no {what}{of}{} found", gate.select.tools.join(", "));
    }
    // An error or a missing part says why; figures say the rest.
    let first = violations.iter().find(|v| v.status == status);
    let figures = || {
        let worst: Vec<&Held> = conditions.iter().filter(|h| h.condition.status == status).collect();
        let shown = if worst.is_empty() || status == GateStatus::Pass { conditions.iter().collect() } else { worst };
        shown.into_iter().take(4).map(condition_words).collect::<Vec<_>>().join("; ")
    };
    if matches!(status, GateStatus::Error | GateStatus::Missing) {
        return first.map_or_else(figures, |v| match (&v.source, &v.location) {
            (Some(source), Some(at)) if at.line.is_some() => format!("{source}:{at}: {}", v.message),
            (Some(source), Some(at)) if at.offset.is_some() => format!("{source} {at}: {}", v.message),
            (Some(source), _) => format!("{source}: {}", v.message),
            (None, _) => v.message.clone(),
        });
    }
    match first {
        Some(v) if conditions.iter().all(|h| h.condition.status != status) => v.message.clone(),
        None if conditions.is_empty() => match taken.len() {
            1 => "1 piece of evidence".to_owned(),
            n => format!("{n} pieces of evidence"),
        },
        _ => figures(),
    }
}

/// A condition as the verdict's document shows it.
pub(super) fn shown(held: &Held) -> verdict::Condition {
    let c = &held.condition;
    verdict::Condition {
        metric: c.metric.to_string(),
        value: value(c),
        comparator: Cow::Borrowed(match c.bound {
            Bound::AtLeast => ">=",
            Bound::AtMost => "<=",
            Bound::Is => "=",
        }),
        limit: quantity(&c.limit),
        sample: match c.value {
            Quantity::Share(ratio) => Some(ratio),
            _ => None,
        },
        distance: distance(c),
        status: c.status,
        labels: held.labels.clone(),
    }
}

/// A condition in words: `lines 79.99 % < 80 %: 1 line short`.
fn condition_words(held: &Held) -> String {
    let c = &held.condition;
    let labels: Vec<String> = held.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let at = if labels.is_empty() { String::new() } else { format!(" ({})", labels.join(", ")) };
    let sign = match (c.bound, c.status) {
        (Bound::Is, _) => return format!("{}{at}", value(c)),
        (_, GateStatus::Inconclusive) => "against",
        (Bound::AtLeast, GateStatus::Pass) => "≥",
        (Bound::AtLeast, _) => "<",
        (Bound::AtMost, GateStatus::Pass) => "≤",
        (Bound::AtMost, _) => ">",
    };
    let sample = match c.value {
        Quantity::Share(r) => format!(" ({} of {})", r.covered, r.total),
        _ => String::new(),
    };
    let distance = distance(c).map(|d| format!(": {d}")).unwrap_or_default();
    format!("{} {}{sample} {sign} {}{at}{distance}", c.metric, value(c), quantity(&c.limit))
}

/// A condition's value. What is printed never contradicts what was judged: where three digits of a time hide that it is too long, all are shown.
fn value(c: &Condition) -> String {
    match (&c.value, &c.limit) {
        (Quantity::Seconds(v), Quantity::Seconds(limit)) => {
            let short = format!("{v:.3}");
            let hides = v > limit && short.parse::<f64>().is_ok_and(|s| s <= *limit);
            if hides { format!("{v} s") } else { format!("{short} s") }
        }
        (value, _) => quantity(value),
    }
}

fn quantity(quantity: &Quantity) -> String {
    match quantity {
        Quantity::Count(n) => n.to_string(),
        Quantity::Share(ratio) if ratio.total == 0 => "0 of 0".to_owned(),
        Quantity::Share(ratio) => percent(*ratio),
        Quantity::Percent(limit) => format!("{limit} %"),
        Quantity::Printed(text) => format!("{text} %"),
        Quantity::Seconds(seconds) => format!("{seconds} s"),
        Quantity::Severity(severity) => severity.as_str().to_owned(),
        Quantity::Word(word) => word.to_string(),
    }
}

/// How far a condition is from its limit, where it falls short.
fn distance(c: &Condition) -> Option<String> {
    match (&c.value, &c.limit, c.status) {
        (_, _, GateStatus::Pass | GateStatus::Error) => None,
        (Quantity::Printed(_), _, GateStatus::Inconclusive) => {
            Some("the report cuts its percentages, so this cannot be told".to_owned())
        }
        (Quantity::Printed(_), ..) => Some("the report states percentages only".to_owned()),
        (Quantity::Count(n), Quantity::Count(limit), _) => match c.bound {
            Bound::AtMost => Some(format!("{} too many", n.saturating_sub(*limit))),
            Bound::AtLeast => Some(format!("{} short", limit.saturating_sub(*n))),
            Bound::Is => None,
        },
        (Quantity::Share(ratio), Quantity::Percent(limit), _) if !c.noun.is_empty() => {
            Some(format!("{} short", counted(limit.shortfall(*ratio), c.noun)))
        }
        (Quantity::Seconds(n), Quantity::Seconds(limit), _) if c.bound == Bound::AtMost => {
            Some(format!("{:.3} s too long", n - limit))
        }
        _ => None,
    }
}

/// A remedy in words.
pub(super) fn remedy(remedy: &Remedy) -> String {
    match remedy {
        Remedy::RunTests => "run the tests and keep their results".to_owned(),
        Remedy::FixTests(n) => format!("fix {n} failing {}", plural(*n, "test")),
        Remedy::Cover { more, noun, now } => {
            format!("cover {more} more {} ({} of {} are covered)", plural(*more, noun), now.covered, now.total)
        }
        Remedy::RaiseEach { count, what, metric } => {
            let their = if *count == 1 { "its" } else { "their" };
            format!("bring {} up to {their} limit of {metric}", counted(*count, what))
        }
        Remedy::ReduceFindings { severity, limit } => {
            let severity = severity.map(|s| format!("{} ", s.as_str())).unwrap_or_default();
            format!(
                "fix or waive {severity}findings until at most {limit} {} left",
                if *limit == 1 { "is" } else { "are" }
            )
        }
        Remedy::SettleLicenses(1) => "replace 1 package or add it to `exceptions`".to_owned(),
        Remedy::SettleLicenses(n) => format!("replace {n} packages or add them to `exceptions`"),
        Remedy::MakeValid { path, spec } => format!("make {path} valid {spec}"),
        Remedy::StateElements { count, path } => {
            format!("state {} in {path}", counted(*count, "minimum element"))
        }
        Remedy::Other(words) => words.clone(),
    }
}

/// The whole, in a sentence.
pub(crate) fn sentence(gates: &[GateVerdict], nothing: bool, unread: usize) -> String {
    if nothing {
        return "no evidence was found, so nothing was judged".to_owned();
    }
    let count =
        |s: GateStatus, blocking: bool| gates.iter().filter(|g| g.status == s && g.blocking == blocking).count();
    let parts: Vec<String> = [
        (GateStatus::Fail, true, "failed"),
        (GateStatus::Error, true, "could not be judged"),
        (GateStatus::Inconclusive, true, "inconclusive"),
        (GateStatus::Missing, true, "without evidence"),
        (GateStatus::Fail, false, "failed without blocking"),
        (GateStatus::Error, false, "could not be judged, without blocking"),
        (GateStatus::Inconclusive, false, "inconclusive without blocking"),
        (GateStatus::Missing, false, "without evidence, not blocking"),
        (GateStatus::Warn, false, "with warnings"),
        (GateStatus::Pass, false, "passed"),
        (GateStatus::Skip, false, "skipped"),
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
