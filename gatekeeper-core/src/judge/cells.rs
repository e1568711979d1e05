//! The cells of a gate: its evidence told apart by labels, each cell judged by itself, and what they come to together.
//!
//! A cell that is demanded and not there is missing; it is never left out of the count.

use super::unread::Unread;
use super::waive::GateWaivers;
use super::words::Held;
use crate::policy::{Cells, Gate, Labels, Quorum, within};
use crate::rule::Remedy;
use crate::verdict::{CellVerdict, GateStatus, Violation};
use gatekeeper_evidence::Evidence;
use gatekeeper_evidence::order::natural;
use std::cmp::Ordering;
use std::collections::HashMap;

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

/// The gate's cells: those that there is evidence of, or an input that could not be read, and those that are demanded; with evidence that
/// belongs to none.
pub(super) fn split<'e>(
    gate: &Gate,
    taken: &[&'e Evidence],
    unreadable: &[&Unread],
) -> (Vec<Cell<'e>>, Vec<Violation>) {
    let cells = &gate.cells;
    if cells.each.is_empty() {
        let whole = Cell { labels: Labels::new(), evidence: taken.to_vec() };
        return (vec![whole], Vec::new());
    }
    let mut out: Vec<Cell<'e>> =
        cells.required.iter().map(|labels| Cell { labels: labels.clone(), evidence: Vec::new() }).collect();
    let mut strays = Vec::new();
    let mut known: HashMap<Labels, usize> = out.iter().enumerate().map(|(n, c)| (c.labels.clone(), n)).collect();
    let mut at = |out: &mut Vec<Cell<'e>>, labels: Labels| {
        *known.entry(labels.clone()).or_insert_with(|| {
            out.push(Cell { labels, evidence: Vec::new() });
            out.len() - 1
        })
    };
    for e in taken {
        match place(cells, &e.source.labels) {
            Some(labels) => {
                let n = at(&mut out, labels);
                if let Some(cell) = out.get_mut(n) {
                    cell.evidence.push(e);
                }
            }
            None => {
                let lacks: Vec<&str> =
                    cells.each.iter().filter(|l| !e.source.labels.contains_key(*l)).map(String::as_str).collect();
                let s = if lacks.len() == 1 { "" } else { "s" };
                let message = format!("it has no label{s} {}", lacks.join(", "));
                let stray = Violation::new("label-absent", GateStatus::Error, message).from_source(&e.source.path);
                strays.push(
                    stray.with_help("write the label into the pattern of its [[evidence]] entry, or give it `labels`"),
                );
            }
        }
    }
    for labels in unreadable.iter().filter_map(|u| place(cells, &u.labels)) {
        at(&mut out, labels);
    }
    out.sort_by(|a, b| by_labels(cells, &a.labels, &b.labels));
    (out, strays)
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

/// A demanded cell that nothing was found of.
pub(super) fn missing(labels: &Labels) -> Violation {
    let message = format!("no evidence for {}, which the policy requires", named(labels));
    Violation::new("label-missing", GateStatus::Missing, message)
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
        if short(cell.status)
            && let Some(excuse) = waivers.excuses(&cell.labels, cell.component.as_deref(), cell.status)
        {
            cell.ease("waived", format!("{}, which is waived: {excuse}", cell.said()));
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
    let soon = if left <= SOON { format!(" ({left} days are left)") } else { String::new() };
    let owner = allowed.owner.map(|o| format!(" ({o})")).unwrap_or_default();
    let words = format!("{}, which is allowed until {}{soon}: {}{owner}", cell.said(), allowed.expires, allowed.reason);
    cell.ease("allowed-failure", words);
}

impl Judged {
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
