//! The cells of a gate: its evidence told apart by labels, each cell judged by itself, and what they come to together.
//!
//! A cell that is demanded and not there is missing; it is never left out of the count.

use super::waive::GateWaivers;
use super::words::Held;
use crate::policy::{Cells, Labels, Quorum, within};
use crate::rule::{ALL_WAIVED, Remedy};
use crate::verdict::{CellVerdict, GateStatus, Violation};
use gatekeeper_evidence::Evidence;
use gatekeeper_evidence::order::natural;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Days before its end from which an allowance is warned of.
const SOON: i32 = 14;

/// A part of a gate's evidence. Where the gate is judged as a whole, all of it, without labels.
pub(super) struct Cell<'e> {
    /// A value for each label of `each`.
    pub labels: Labels,
    pub evidence: Vec<&'e Evidence>,
}

/// What a cell came to.
pub(super) struct Judged {
    /// The component that it was judged for.
    pub component: Option<String>,
    pub labels: Labels,
    pub status: GateStatus,
    /// The status before an allowance, a waiver or the other cells made a warning of it.
    pub own: GateStatus,
    /// In a sentence.
    pub reason: String,
    pub held: Vec<Held>,
    pub violations: Vec<Violation>,
    pub to_pass: Vec<Remedy>,
    pub notes: Vec<String>,
}

/// The cell of labels; `None` where one of the gate's is not among them.
pub(super) fn place(cells: &Cells, labels: &Labels) -> Option<Labels> {
    cells.each.iter().map(|label| Some((label.clone(), labels.get(label)?.clone()))).collect()
}

/// Evidence that lacks a label of `each`: it belongs to no cell.
pub(super) fn strays(cells: &Cells, taken: &[&Evidence]) -> Vec<Violation> {
    let mut out = Vec::new();
    for e in taken {
        let lacks: Vec<&str> =
            cells.each.iter().filter(|l| !e.source.labels.contains_key(*l)).map(String::as_str).collect();
        if !lacks.is_empty() {
            let message = format!("it has no label{} {}", if lacks.len() == 1 { "" } else { "s" }, lacks.join(", "));
            let stray = Violation::new("label-absent", GateStatus::Error, message).from_source(&e.source.path);
            out.push(
                stray.with_help("write the label into the pattern of its [[evidence]] entry, or give it `labels`"),
            );
        }
    }
    out
}

/// The cells of a gate's evidence: those that there is evidence of, those of inputs that could not be read, and those that are demanded.
pub(super) fn split<'e>(
    cells: &Cells,
    taken: impl IntoIterator<Item = &'e Evidence>,
    unread: impl IntoIterator<Item = Labels>,
) -> Vec<Cell<'e>> {
    if cells.each.is_empty() {
        return vec![Cell { labels: Labels::new(), evidence: taken.into_iter().collect() }];
    }
    let mut out: BTreeMap<Labels, Vec<&'e Evidence>> =
        cells.required.iter().map(|labels| (labels.clone(), Vec::new())).collect();
    for labels in unread {
        out.entry(labels).or_default();
    }
    for e in taken {
        if let Some(labels) = place(cells, &e.source.labels) {
            out.entry(labels).or_default().push(e);
        }
    }
    let mut out: Vec<Cell<'e>> = out.into_iter().map(|(labels, evidence)| Cell { labels, evidence }).collect();
    out.sort_by(|a, b| by_labels(cells, &a.labels, &b.labels));
    out
}

/// In the order of the gate's labels, values as people count them.
fn by_labels(cells: &Cells, a: &Labels, b: &Labels) -> Ordering {
    let value = |labels: &Labels, label: &String| labels.get(label).cloned().unwrap_or_default();
    cells
        .each
        .iter()
        .map(|l| natural(&value(a, l), &value(b, l)))
        .find(|o| *o != Ordering::Equal)
        .unwrap_or(Ordering::Equal)
}

/// `otp = 28, os = macos`.
pub(super) fn named(labels: &Labels) -> String {
    labels.iter().map(|(label, value)| format!("{label} = {value}")).collect::<Vec<_>>().join(", ")
}

/// A demanded cell, or a component that is to be judged, of which nothing was found.
pub(super) fn missing(component: Option<&str>, labels: &Labels) -> Violation {
    let (code, message) = match (component, labels.is_empty()) {
        (None, _) => ("label-missing", format!("no evidence for {}, which the policy requires", named(labels))),
        (Some(name), true) => ("component-missing", format!("no evidence speaks of the component {name}")),
        (Some(name), false) => {
            ("component-missing", format!("no evidence speaks of the component {name} for {}", named(labels)))
        }
    };
    Violation::new(code, GateStatus::Missing, message)
}

/// A component of which only scans of others speak.
pub(super) fn unscanned(component: &str) -> Violation {
    let message = format!("only scans of other components speak of the component {component}");
    Violation::new("component-missing", GateStatus::Missing, message)
        .with_help("scan it by itself, or scan all of them in one report that lies in none of them")
}

/// What the cells come to together: allowances and waivers first, then how many have to hold.
pub(super) fn weigh(
    cells: &Cells,
    judged: &mut [Judged],
    today: jiff::civil::Date,
    waivers: &GateWaivers<'_>,
) -> (GateStatus, Vec<Violation>) {
    for cell in judged.iter_mut() {
        allow(cells, cell, today);
        // Who accepts all that falls short in a part has left nothing there to judge.
        let mut in_the_way = cell.violations.iter().filter(|v| short(v.status)).peekable();
        let waived = in_the_way.peek().is_some() && in_the_way.all(|v| v.code == ALL_WAIVED);
        if short(cell.status)
            && let Some(excuse) = waivers.excuses(&cell.labels, cell.component.as_deref(), cell.status, waived)
        {
            let what = if waived { format!("all that {} falls short by", cell.place()) } else { cell.said() };
            let words = if waived {
                format!("{what} is waived: {excuse}")
            } else {
                format!("{what}, which is waived: {excuse}")
            };
            cell.ease("waived", words);
        }
    }
    let worst = |judged: &[Judged]| judged.iter().map(|c| c.status).max().unwrap_or(GateStatus::Pass);
    let Quorum::AtLeast(least) = cells.quorum else { return (worst(judged), Vec::new()) };
    // A cell that is allowed to fall short holds for nobody.
    let holds = judged.iter().filter(|c| !short(c.own)).count();
    let open = judged.iter().filter(|c| short(c.status) && c.status != GateStatus::Fail);
    let (open, unknown) = (open.clone().count(), open.map(|c| c.status).max());
    if holds >= least {
        let of = judged.len();
        for cell in judged.iter_mut().filter(|c| short(c.status)) {
            let words = format!("{}; {holds} of {of} cells hold, and {least} must", cell.said());
            cell.ease("cell-falls-short", words);
        }
        return (worst(judged), Vec::new());
    }
    let message = format!("{holds} of {} cells hold, and at least {least} must", judged.len());
    let status = match unknown {
        // What is not known may still hold.
        Some(status) if holds + open >= least => status,
        // Nothing failed: there are too few.
        _ if judged.iter().all(|c| c.own != GateStatus::Fail) => GateStatus::Missing,
        _ => GateStatus::Fail,
    };
    (status, vec![Violation::new("too-few-cells", status, message)])
}

/// Whether a status is less than holding.
fn short(status: GateStatus) -> bool {
    status > GateStatus::Warn
}

/// Makes a warning of a cell that is allowed to fall short, and says what is to be known of the allowance.
fn allow(cells: &Cells, cell: &mut Judged, today: jiff::civil::Date) {
    let meant = || cells.allow_fail.iter().filter(|a| within(&a.cell, &cell.labels));
    let Some(allowed) = meant().find(|a| a.expires >= today).cloned() else {
        if let Some(over) = meant().map(|a| a.expires).max().filter(|_| short(cell.status)) {
            cell.notes.push(format!("{} might fail until {over}, which is over", named(&cell.labels)));
        }
        return;
    };
    if !short(cell.status) {
        cell.notes.push(format!("{} holds: its `allow-fail` is not needed", named(&cell.labels)));
        return;
    }
    let left = today.until(allowed.expires).map(|s| s.get_days()).unwrap_or(i32::MAX);
    let soon = match left {
        ..=0 => " (its last day)".to_owned(),
        1 => " (1 day is left)".to_owned(),
        2..=SOON => format!(" ({left} days are left)"),
        _ => String::new(),
    };
    let owner = allowed.owner.map(|o| format!(" ({o})")).unwrap_or_default();
    let words = format!("{}, which is allowed until {}{soon}: {}{owner}", cell.said(), allowed.expires, allowed.reason);
    cell.ease("allowed-failure", words);
}

impl Judged {
    /// A component that is not judged.
    pub(super) fn skipped(component: Option<&str>, why: &str) -> Judged {
        Judged {
            component: component.map(str::to_owned),
            labels: Labels::new(),
            status: GateStatus::Skip,
            own: GateStatus::Skip,
            reason: why.to_owned(),
            held: Vec::new(),
            violations: Vec::new(),
            to_pass: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Its labels, and its component as one of them.
    pub(super) fn all_labels(&self) -> Labels {
        let component = self.component.iter().map(|name| ("component".to_owned(), name.clone()));
        component.chain(self.labels.clone()).collect()
    }

    /// `otp = 28, os = macos fails`.
    fn said(&self) -> String {
        let verb = match self.status {
            GateStatus::Missing => "is missing",
            GateStatus::Error => "could not be judged",
            GateStatus::Inconclusive => "is inconclusive",
            _ => "fails",
        };
        format!("{} {verb}", self.place())
    }

    /// The component and labels in words.
    fn place(&self) -> String {
        let parts: Vec<String> =
            self.component.iter().cloned().chain((!self.labels.is_empty()).then(|| named(&self.labels))).collect();
        parts.join(", ")
    }

    /// A few letters by which it is known among the gate's others: `27/linux`.
    pub(super) fn short_name(&self, cells: &Cells) -> String {
        let values = cells.each.iter().filter_map(|l| self.labels.get(l)).map(String::as_str);
        self.component.as_deref().into_iter().chain(values).collect::<Vec<_>>().join("/")
    }

    /// Makes a warning of all that falls short in it.
    fn ease(&mut self, code: &'static str, words: String) {
        for v in self.violations.iter_mut().filter(|v| short(v.status)) {
            v.status = GateStatus::Warn;
        }
        for h in &mut self.held {
            if matches!(h.condition.status, GateStatus::Fail | GateStatus::Error | GateStatus::Missing) {
                h.condition.status = GateStatus::Warn;
            }
        }
        self.to_pass.clear();
        self.status = GateStatus::Warn;
        self.violations.insert(0, Violation::new(code, GateStatus::Warn, words));
    }

    /// As the verdict shows it.
    pub(super) fn shown(&self) -> CellVerdict {
        CellVerdict {
            component: self.component.clone(),
            labels: self.labels.clone(),
            status: self.status,
            reason: self.reason.clone(),
        }
    }
}

/// How the cells differ: `passes on 27, fails on 28`; `None` where they do not.
pub(super) fn contrast(cells: &Cells, judged: &[Judged]) -> Option<String> {
    const NAMED: usize = 5;
    let statuses = [
        (GateStatus::Pass, "passes on"),
        (GateStatus::Warn, "passes with warnings on"),
        (GateStatus::Fail, "fails on"),
        (GateStatus::Error, "could not be judged on"),
        (GateStatus::Missing, "has no evidence on"),
        (GateStatus::Inconclusive, "is inconclusive on"),
        (GateStatus::Skip, "was not judged on"),
    ];
    let mut each_alone = true;
    let groups: Vec<String> = statuses
        .into_iter()
        .filter_map(|(status, verb)| {
            let names: Vec<String> = judged.iter().filter(|c| c.own == status).map(|c| c.short_name(cells)).collect();
            each_alone &= names.len() < 2;
            let more = names.len().checked_sub(NAMED).filter(|n| *n > 0);
            let more = more.map(|n| format!(" and {n} more")).unwrap_or_default();
            let first = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
            (!names.is_empty()).then(|| format!("{verb} {first}{more}"))
        })
        .collect();
    (groups.len() > 1).then(|| groups.join(if each_alone { ", " } else { "; " }))
}

#[cfg(test)]
mod tests;
