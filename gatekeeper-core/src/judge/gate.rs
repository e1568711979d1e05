//! One gate: which evidence it takes, what keeps that from being judged, and what its rule answers.

use super::baseline::{self, Baseline, Part as Compared};
use super::cells::{self, Cell, Judged};
use super::components::{self, Touched, Unit};
use super::contract::{self, Absent};
use super::demands;
use super::readings::{self, Reading};
use super::recorded;
use super::select::selected;
use super::suspicion::{self, Suspected};
use super::unread::Unread;
use super::vanished::vanished;
use super::waive::{At, GateWaivers, Waivers, waives_violation};
use super::words::{self, Held, reason, wanted};
use crate::config::Selector;
use crate::context::Context;
use crate::policy::{Gate, Policy};
use crate::project::ProjectFiles;
use crate::relate::twins::Contradiction;
use crate::rule::{Item, Judge, Judgement, Remedy, Scope};
use crate::verdict::{Action, Decision, GateStatus, GateVerdict, Used, Violation};
use gatekeeper_evidence::error::ErrorCode;
use gatekeeper_evidence::{Data, Evidence};
use gatekeeper_formats::Formats;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Code of the violation that stands for an input that could not be read.
pub(crate) const UNREADABLE: &str = "unreadable";

/// Most unreadable inputs for which it is said what to do: one answer mostly fits them all.
const WAYS_OUT: usize = 5;

/// What all gates of a run are judged upon.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'r> {
    pub formats: &'r Formats,
    pub evidence: &'r [Evidence],
    /// Recordings whose content is counted elsewhere: how their commands ended still counts.
    pub recordings: &'r [&'r Evidence],
    pub unread: &'r [Unread],
    pub contradictions: &'r [Contradiction],
    /// Coverage of other sources than the tree's, by its path, with why.
    pub strangers: &'r BTreeMap<String, String>,
    /// What is suspected of the evidence.
    pub suspected: &'r [Suspected],
    /// What the run knows beside its reports.
    pub context: &'r Context,
    /// The working tree; `None` where there is none.
    pub files: Option<&'r dyn ProjectFiles>,
    /// What there is to compare with.
    pub baseline: &'r Baseline<'r>,
    /// What need not be there and is not.
    pub absent: &'r [Absent],
    /// What judges.
    pub policy: &'r Policy,
    /// Which components changed; all are judged where nobody says.
    pub touched: Option<&'r Touched>,
}

/// Whether an input that could not be read is one that the gate needs.
pub(crate) fn concerns(u: &Unread, gate: &Gate) -> bool {
    let s: &Selector = &gate.select;
    if u.of_run {
        return true;
    }
    if !s.evidence.is_empty() {
        return u.name.as_ref().is_some_and(|n| s.evidence.contains(n));
    }
    if !s.labels.iter().all(|(k, v)| u.labels.get(k).is_none_or(|l| v.contains(l))) {
        return false;
    }
    if gate.judge.by_exit_status() {
        let of_tool = u.tool.as_deref().is_none_or(|t| s.tools.is_empty() || s.names_tool(t));
        return u.file.ends_with(".record") && of_tool;
    }
    match u.kind {
        None => false,
        Some(kind) if !gate.rule.takes_kind(kind) => false,
        Some(_) => {
            let by_tool = match &u.tool {
                Some(tool) if !s.tools.is_empty() => s.names_tool(tool),
                Some(tool) if !s.categories.is_empty() => {
                    let looks = gatekeeper_evidence::findings::looks_for(tool);
                    looks.is_empty() || looks.iter().any(|c| s.categories.contains(c))
                }
                _ => true,
            };
            let by_format = s.formats.is_empty() || u.format.is_none_or(|u| s.formats.iter().any(|f| f == u));
            by_tool && by_format
        }
    }
}

/// Something that keeps evidence from being judged, with where that evidence stands.
struct Obstacle<'e> {
    path: &'e str,
    labels: &'e BTreeMap<String, String>,
    violation: Violation,
}

/// The component and the labels of a part of a gate's evidence.
type Place<'p> = (Option<&'p str>, BTreeMap<String, String>);

/// Judges one gate.
pub(crate) fn judge(gate: &Gate, ground: Ground<'_>, waivers: &Waivers<'_>) -> GateVerdict {
    if !gate.enabled {
        return skipped(gate, "switched off by the policy");
    }
    if let Some(why) = ground.baseline.leaves_out(gate.judge.compares()) {
        return skipped(gate, why);
    }
    let Ground { evidence, unread, .. } = ground;
    let recordings = ground.recordings.iter().copied().filter(|_| gate.judge.by_exit_status());
    let taken: Vec<&Evidence> = evidence.iter().chain(recordings).filter(|e| selected(e, gate)).collect();
    let mut unreadable: Vec<&Unread> = unread.iter().filter(|u| concerns(u, gate)).collect();
    unreadable.extend(demands::nameless(gate, &taken, ground.policy, evidence, unread));
    if taken.is_empty() && unreadable.is_empty() && gate.missing_blocks {
        // Nothing is known of an unrecognised file; where a gate lacks evidence, that file may be what it lacks.
        unreadable = unread.iter().filter(|u| u.kind.is_none()).collect();
    }
    let mut wide: Vec<Violation> = cells::strays(&gate.cells, &taken);
    wide.extend(demands::unheard(gate, &taken, evidence, &unreadable));
    let of_cells = demands::unheard_in_cells(gate, &taken, &unreadable);
    let errors: Vec<&Suspected> = match gate.judge.by_exit_status() {
        true => Vec::new(),
        false => suspicion::errors(ground.policy, ground.suspected, &taken).collect(),
    };
    wide.extend(errors.iter().filter(|s| s.path.is_none()).map(|s| s.violation()));
    let units = components::units(gate, &ground.policy.components, ground.touched, &taken);
    wide.extend(vanished(gate, ground.baseline, &ground.policy.components, &units, &taken));
    // What keeps evidence of one cell from being judged says nothing of the others.
    let mut of_places: BTreeMap<Place<'_>, Vec<Violation>> = BTreeMap::new();
    let suspected = errors.iter().filter_map(|s| {
        let e = taken.iter().find(|e| s.path.as_ref() == Some(&e.source.path))?;
        Some(Obstacle { path: &e.source.path, labels: &e.source.labels, violation: s.violation() })
    });
    for Obstacle { path, labels, violation } in
        obstacles(gate, &taken, &unreadable, ground).into_iter().chain(suspected)
    {
        let home = components::home(&ground.policy.components, path, labels).filter(|_| gate.per_component);
        match cells::place(&gate.cells, labels) {
            Some(cell) if home.is_some() || !gate.per_component => {
                of_places.entry((home, cell)).or_default().push(violation)
            }
            _ if units.iter().any(|u| u.skip.is_some() && u.name == home && home.is_some()) => {}
            _ => wide.push(violation),
        }
    }
    let waivers_here = waivers.of(&gate.name);
    let unsure = wide.iter().any(|v| v.status == GateStatus::Error);
    let kindred = evidence.iter().filter(|e| gate.rule.takes_kind(e.kind())).count();
    let mut judged: Vec<Judged> = Vec::new();
    let mut weighed = GateStatus::Skip;
    for unit in &units {
        if let Some(why) = unit.skip {
            judged.push(Judged::skipped(unit.name, why));
            continue;
        }
        let unread = of_places.keys().filter(|(home, _)| *home == unit.name).map(|(_, cell)| cell.clone());
        let mut cells = cells::split(&gate.cells, unit.evidence.iter().map(AsRef::as_ref), unread);
        if cells.is_empty() && unit.name.is_some() && unit.evidence.is_empty() {
            // A component of which nothing is there has no cell that could be missing: it is missing as a whole.
            cells.push(Cell { labels: BTreeMap::new(), evidence: Vec::new() });
        }
        let places: BTreeSet<BTreeMap<String, String>> = cells.iter().map(|c| c.labels.clone()).collect();
        let mut of_unit: Vec<Judged> = cells
            .into_iter()
            .map(|cell| {
                let mut found = of_places.remove(&(unit.name, cell.labels.clone())).unwrap_or_default();
                found.extend(of_cells.get(&cell.labels).into_iter().flatten().cloned());
                let before = ground.baseline.part(gate, &cell.labels, &places);
                // A component is compared with itself.
                let own;
                let before = match (unit.name, before) {
                    (Some(name), Compared::With(whole)) => {
                        own = components::own(name, &ground.policy.components, &whole);
                        match own.is_empty() {
                            true => Compared::Without(Some(format!("{name} is new: it is not in the baseline"))),
                            false => Compared::With(own.iter().map(AsRef::as_ref).collect()),
                        }
                    }
                    (_, before) => before,
                };
                judge_cell(gate, unit, cell, before, found, unsure, kindred, ground, &waivers_here)
            })
            .collect();
        let (status, too_few) = cells::weigh(&gate.cells, &mut of_unit, waivers.today(), &waivers_here);
        weighed = weighed.max(status);
        wide.extend(too_few);
        judged.extend(of_unit);
    }
    let nothing = gate.judge.needs_evidence()
        && taken.is_empty()
        && wide.is_empty()
        && judged.iter().all(|c| c.violations.is_empty() && c.own != GateStatus::Skip);
    let optional = contract::optional(gate, ground.policy, ground.absent, ground.formats);
    let status = match wide.iter().map(|v| v.status).max().unwrap_or(GateStatus::Skip).max(weighed) {
        _ if nothing && optional.is_some() => GateStatus::Skip,
        _ if nothing => GateStatus::Missing,
        status => status,
    };
    let contrast = cells::contrast(&gate.cells, &judged);
    let whole = gate.cells.each.is_empty() && !gate.per_component;
    let shown_cells = if whole { Vec::new() } else { judged.iter().map(Judged::shown).collect() };
    let mut violations = wide;
    let (mut held, mut notes): (Vec<Held>, Vec<String>) = (Vec::new(), Vec::new());
    let mut to_pass: Vec<Remedy> = unreadable.iter().take(WAYS_OUT).map(|u| Remedy::Other(way_out(u))).collect();
    for cell in judged {
        let labels = cell.all_labels();
        violations.extend(cell.violations.into_iter().map(|v| Violation { labels: labels.clone(), ..v }));
        held.extend(cell.held);
        to_pass.extend(cell.to_pass);
        for note in cell.notes {
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
    }
    baseline::once(&mut violations);
    // The worst first; what stands equal keeps its order.
    violations.sort_by_key(|v| (std::cmp::Reverse(v.status), std::cmp::Reverse(v.severity)));
    let mut used: Vec<Used> =
        taken.iter().map(|e| Used { path: e.source.path.clone(), sha256: e.source.sha256.clone() }).collect();
    used.sort();
    let mut to_pass: Vec<String> = to_pass.iter().map(words::remedy).collect();
    if status == GateStatus::Missing && nothing {
        to_pass.push(wanted(gate, ground.formats));
    }
    let why = match status {
        GateStatus::Skip if nothing => optional.unwrap_or_default(),
        GateStatus::Skip => components::none_changed(&units),
        status => reason(gate, status, &held, &violations, &taken, kindred),
    };
    let said = contrast.into_iter().chain([why]).collect::<Vec<_>>().join(": ");
    GateVerdict {
        reason: std::iter::once(said).chain(notes).collect::<Vec<_>>().join("; "),
        status,
        blocking: blocks(gate, status),
        decision: gate.judge.decides().then(|| Decision::of(status)),
        conditions: held.iter().map(words::shown).collect(),
        violations,
        cells: shown_cells,
        evidence: used,
        waivers: waivers_here.used(),
        to_pass,
        ..skipped(gate, "")
    }
}

/// What keeps a gate's evidence from being judged, whatever the rule: unreadable, incomplete or contradicting evidence, and what it says of its
/// own reach.
fn obstacles<'e>(
    gate: &Gate,
    taken: &[&'e Evidence],
    unreadable: &[&'e Unread],
    ground: Ground<'_>,
) -> Vec<Obstacle<'e>> {
    let mut out = Vec::new();
    for u in unreadable {
        let mut v = Violation::new(UNREADABLE, GateStatus::Error, u.error.words()).from_source(&u.file);
        v.location = Some(u.error.location().clone());
        out.push(Obstacle { path: &u.file, labels: &u.labels, violation: v });
    }
    if gate.judge.by_exit_status() {
        return out;
    }
    let mut say = |e: &'e Evidence, v: Violation| {
        out.push(Obstacle { path: &e.source.path, labels: &e.source.labels, violation: v });
    };
    let error = |e: &Evidence, code, message: String| {
        Violation::new(code, GateStatus::Error, message).from_source(&e.source.path)
    };
    for e in taken.iter().filter(|e| e.complete == Some(false)) {
        let why = e.notes.first().map(|n| format!(": {}", n.message)).unwrap_or_default();
        say(e, error(e, "incomplete", format!("its tool did not do all its work, so it proves nothing{why}")));
    }
    for (e, status) in taken.iter().filter_map(|e| Some((e, unexplained(e)?))) {
        let message = format!("its command ended with exit status {status}, and the report shows no reason for it");
        let help = "see in its output why it failed beside what it reports, fix that, and run it again";
        say(e, error(e, "exit-status", message).with_help(help));
    }
    for c in ground.contradictions {
        let Some(e) = taken.iter().find(|e| e.source.path == c.kept) else { continue };
        let help = format!("make {} and {} tell of the same run, or name one of them in the policy", c.kept, c.aside);
        say(e, error(e, "contradiction", c.message.clone()).with_help(help));
    }
    for (e, why) in taken.iter().filter_map(|e| ground.strangers.get(&e.source.path).map(|why| (e, why))) {
        say(e, error(e, "paths-unmatched", why.clone()));
    }
    for e in taken {
        for v in readings::of_themselves(&[e], &gate.select) {
            say(e, v);
        }
    }
    out
}

/// Judges one cell by the gate's rule. `found` keeps evidence of this cell from being judged; `unsure`: so does something of no cell.
#[expect(clippy::too_many_arguments, reason = "what stands around a cell, each used once")]
fn judge_cell(
    gate: &Gate,
    unit: &Unit<'_>,
    cell: Cell<'_>,
    before: Compared<'_>,
    found: Vec<Violation>,
    unsure: bool,
    kindred: usize,
    ground: Ground<'_>,
    waivers: &GateWaivers<'_>,
) -> Judged {
    let Cell { labels, evidence } = cell;
    let mut judgement = Judgement { violations: found, ..Judgement::default() };
    let mut unsure = unsure;
    let at = At { component: unit.name, labels: labels.clone() };
    if !evidence.is_empty() || !gate.judge.needs_evidence() {
        let mut untold = None;
        let before = match before {
            Compared::With(evidence) => Some(evidence),
            Compared::Without(why) => {
                untold = why;
                None
            }
            Compared::Short(v) => {
                judgement.violations.push(*v);
                None
            }
        };
        let would_waive = |item: &Item<'_>| waivers.would_waive(item, &at);
        let own = |path: &str| components::judges(unit.name, &ground.policy.components, path);
        let read = readings::worst_of(&evidence, |part, reading| {
            // What is waived is told once, whichever way it was read.
            let waive = |item: &Item<'_>| match reading {
                Reading::List => waivers.waives(item, &at),
                Reading::Totals => waivers.would_waive(item, &at),
            };
            let scope = Scope {
                evidence: part,
                select: &gate.select,
                all: ground.evidence,
                now: ground.context.now,
                context: ground.context,
                files: ground.files,
                baseline: before.as_deref(),
                own: &own,
                waive: &waive,
                would_waive: &would_waive,
            };
            let mut one = answer(gate, unit.judge, &scope);
            // Rules from outside may not have asked.
            one.violations.retain(|v| !waives_violation(v, &waive));
            suspicion::settle(ground.policy, &mut one.violations);
            one
        });
        unsure |= judgement.violations.iter().chain(&read.judgement.violations).any(|v| v.status == GateStatus::Error);
        unsure = read.unsure || unsure && unit.judge.more_may_mend();
        judgement.violations.extend(read.judgement.violations);
        judgement = Judgement { violations: judgement.violations, ..read.judgement };
        judgement.notes.extend(untold);
    } else if judgement.violations.is_empty() && (unit.name.is_some() || !labels.is_empty()) {
        judgement.violations.push(cells::missing(unit.name, &labels));
    }
    if !evidence.is_empty() && evidence.iter().all(|e| unit.strays.contains(e.source.path.as_str())) {
        judgement.violations.extend(unit.name.map(cells::unscanned));
    }
    let status = match judgement.status() {
        GateStatus::Fail if unsure => GateStatus::Error,
        status => status,
    };
    let component = unit.name.map(str::to_owned);
    let of_component = component.iter().map(|name| ("component".to_owned(), name.clone()));
    let all_labels: BTreeMap<String, String> = of_component.chain(labels.clone()).collect();
    let held: Vec<Held> =
        judgement.conditions.into_iter().map(|condition| Held { labels: all_labels.clone(), condition }).collect();
    let bare: Vec<Held> =
        held.iter().map(|h| Held { labels: BTreeMap::new(), condition: h.condition.clone() }).collect();
    let reason = reason(gate, status, &bare, &judgement.violations, &evidence, kindred);
    let Judgement { violations, to_pass, notes, .. } = judgement;
    Judged { component, labels, status, own: status, reason, held, violations, to_pass, notes }
}

/// A gate that is not judged: the policy, its profile or whoever asked switches it off.
pub(crate) fn skipped(gate: &Gate, reason: &str) -> GateVerdict {
    GateVerdict {
        name: gate.name.clone(),
        rule: gate.rule.id().to_owned(),
        status: GateStatus::Skip,
        action: gate.action,
        blocking: false,
        decision: None,
        reason: reason.to_owned(),
        policy_line: gate.line,
        policy_file: gate.file.clone(),
        conditions: Vec::new(),
        violations: Vec::new(),
        cells: Vec::new(),
        evidence: Vec::new(),
        waivers: Vec::new(),
        to_pass: Vec::new(),
    }
}

/// What to do about an input that could not be read.
fn way_out(u: &Unread) -> String {
    let file = &u.file;
    match u.error.code() {
        ErrorCode::Io => format!("run what writes {file}, or correct the path"),
        ErrorCode::Empty => format!(
            "run the tool that writes {file} again, to its end; where silence is its answer, prove that: gatekeeper record --report {file} --tool NAME \
             -- COMMAND"
        ),
        ErrorCode::Malformed | ErrorCode::ToolFailed => {
            format!("run the tool that writes {file} again, to its end")
        }
        ErrorCode::Unrecognised | ErrorCode::Ambiguous => {
            format!("name the `format` of {file} in its [[evidence]] entry, or leave it out with `exclude` or `ignore`")
        }
        ErrorCode::Stale => format!("write {file} anew in this run"),
        ErrorCode::BelowFloor => format!("bring all that {file} is to hold: some of it did not run or was lost"),
        _ => format!("replace {file} by a report that can be read"),
    }
}

/// The exit status of the command that wrote evidence, where it is not 0 and the evidence tells of nothing wrong. Coverage is measured by
/// commands that fail for other reasons.
fn unexplained(e: &Evidence) -> Option<i32> {
    let status = e.source.exit_status.filter(|s| *s != 0)?;
    let told = matches!(e.data, Data::Coverage(_)) || recorded::tells(e);
    (!told).then_some(status)
}

/// What the rule answers. Rules may come from outside: one that fails or panics has judged nothing.
fn answer(gate: &Gate, judge: &dyn Judge, scope: &Scope<'_>) -> Judgement {
    let error = |code: &'static str, message| Judgement::of(Violation::new(code, GateStatus::Error, message));
    match catch_unwind(AssertUnwindSafe(|| judge.judge(scope))) {
        Ok(Ok(judgement)) => judgement,
        Ok(Err(e)) => {
            let mut message = format!("the rule `{}` could not judge: {e}", gate.rule.id());
            let mut cause = e.source();
            while let Some(e) = cause {
                message.push_str(&format!(": {e}"));
                cause = e.source();
            }
            error("rule-failed", message)
        }
        Err(_) => error("rule-panicked", format!("the rule `{}` panicked, so nothing was judged", gate.rule.id())),
    }
}

fn blocks(gate: &Gate, status: GateStatus) -> bool {
    gate.action == Action::Block
        && match status {
            GateStatus::Fail | GateStatus::Error | GateStatus::Inconclusive => true,
            GateStatus::Missing => gate.missing_blocks,
            GateStatus::Pass | GateStatus::Warn | GateStatus::Skip => false,
        }
}

#[cfg(test)]
mod tests;
