//! What a gate's selectors demand: each tool and each label's value that it names must have left evidence, in each of its cells; and whose a file is
//! of which nobody can say what it was to be.

use super::cells;
use super::select::{selected, tools};
use super::unread::Unread;
use crate::config::Selector;
use crate::policy::{Gate, Labels, Policy};
use crate::verdict::{Action, GateStatus, Violation};
use gatekeeper_evidence::{Data, Evidence};
use std::collections::{BTreeMap, BTreeSet};

fn missing(message: String) -> Violation {
    Violation::new("evidence-missing", GateStatus::Missing, message)
}

fn of_tool(name: &str) -> Selector {
    Selector { tools: vec![name.to_owned()], ..Selector::default() }
}

/// What of the tools and label values that a gate names left evidence in some of its cells and not in others, by cell.
pub(super) fn unheard_in_cells(
    gate: &Gate,
    taken: &[&Evidence],
    unreadable: &[&Unread],
) -> BTreeMap<Labels, Vec<Violation>> {
    let (s, each) = (&gate.select, &gate.cells.each);
    let values: Vec<(&String, &String)> =
        s.labels.iter().filter(|(l, _)| !each.contains(l)).flat_map(|(l, v)| v.iter().map(move |v| (l, v))).collect();
    let mut out: BTreeMap<Labels, Vec<Violation>> = BTreeMap::new();
    if each.is_empty() || (s.tools.len() < 2 && values.len() < 2) {
        return out;
    }
    let mut of_cells: BTreeMap<Labels, Vec<&Evidence>> = BTreeMap::new();
    for e in taken {
        if let Some(cell) = cells::place(&gate.cells, &e.source.labels) {
            of_cells.entry(cell).or_default().push(e);
        }
    }
    let here = |u: &&&Unread, cell: &Labels| cells::place(&gate.cells, &u.labels).as_ref() == Some(cell);
    for (cell, evidence) in of_cells {
        let name = cells::named(&cell);
        let mut lacks = Vec::new();
        for wanted in &s.tools {
            let one = of_tool(wanted);
            let of = |e: &&Evidence| tools(e).any(|t| one.names_tool(t));
            let broken = unreadable.iter().filter(|u| here(u, &cell));
            let broken = broken.filter_map(|u| u.tool.as_deref()).any(|t| one.names_tool(t));
            // What left nothing anywhere has been told.
            if !broken && !evidence.iter().any(of) && taken.iter().any(of) {
                lacks.push(missing(format!("no evidence of {wanted} for {name}, which the gate names")));
            }
        }
        for (label, value) in &values {
            let of = |labels: &Labels| labels.get(*label) == Some(*value);
            let broken = unreadable.iter().filter(|u| here(u, &cell)).any(|u| of(&u.labels));
            if !broken && !evidence.iter().any(|e| of(&e.source.labels)) && taken.iter().any(|e| of(&e.source.labels)) {
                lacks.push(missing(format!("no evidence for {label} = {value} in {name}, which the gate names")));
            }
        }
        if !lacks.is_empty() {
            out.insert(cell, lacks);
        }
    }
    out
}

/// Files of which nobody can say what they were to be, in cells of a gate that have nothing else: such a file is what the cell lacks. Not where another
/// gate that blocks may lack it as well: that one judges no cell, or has evidence in it.
pub(super) fn nameless<'u>(
    gate: &Gate,
    taken: &[&Evidence],
    policy: &Policy,
    all: &[Evidence],
    unread: &'u [Unread],
) -> Vec<&'u Unread> {
    let of_nobody = || unread.iter().filter(|u| u.kind.is_none() && !u.of_run);
    if gate.cells.each.is_empty() || !gate.missing_blocks || of_nobody().next().is_none() {
        return Vec::new();
    }
    let places = |gate: &Gate, taken: &mut dyn Iterator<Item = &Evidence>| -> BTreeSet<Labels> {
        taken.filter_map(|e| cells::place(&gate.cells, &e.source.labels)).collect()
    };
    let could_take = |gate: &Gate, u: &Unread| {
        let s = &gate.select;
        (s.evidence.is_empty() || u.name.as_ref().is_some_and(|n| s.evidence.contains(n)))
            && s.labels.iter().all(|(k, v)| u.labels.get(k).is_none_or(|l| v.contains(l)))
            && !gate.judge.by_exit_status()
    };
    // What an entry's name gives to the gate is its own already.
    if !gate.select.evidence.is_empty() {
        return Vec::new();
    }
    let own = places(gate, &mut taken.iter().copied());
    let lacking = |u: &&Unread| {
        could_take(gate, u) && cells::place(&gate.cells, &u.labels).is_some_and(|cell| !own.contains(&cell))
    };
    let mut some = of_nobody().filter(lacking).peekable();
    if some.peek().is_none() {
        return Vec::new();
    }
    let blocks = |g: &&Gate| g.enabled && g.action == Action::Block && g.name != gate.name;
    let others: Vec<(&Gate, BTreeSet<Labels>)> = (policy.gates.iter().filter(blocks))
        .map(|g| (g, places(g, &mut all.iter().filter(|e| selected(e, g)))))
        .collect();
    some.filter(|u| {
        others.iter().filter(|(g, _)| could_take(g, u)).all(|(g, there)| {
            !g.cells.each.is_empty() && cells::place(&g.cells, &u.labels).is_some_and(|cell| !there.contains(&cell))
        })
    })
    .collect()
}

/// What to do about tools of which only a recorded command is there, with output that is no report.
fn unparsed(of: &Selector, gate: &Gate, evidence: &[Evidence]) -> Option<String> {
    let alone = |e: &&Evidence| matches!(e.data, Data::Command(_)) && !gate.rule.takes_kind(e.kind());
    let e = evidence.iter().filter(alone).find(|e| tools(e).any(|t| of.names_tool(t)))?;
    let tool = e.source.tool.as_deref()?;
    Some(format!(
        "what {} printed is no report that is known: judge how it ended (rule = \"command\", tools = [\"{tool}\"]), or record the report that it \
         writes (gatekeeper record --report FILE --tool {tool} -- …)",
        e.source.path
    ))
}

/// Each tool and each label's value that a gate names demands evidence: what of them left none, by name. Where nothing was taken at all, that is said
/// once, with what could have been meant.
pub(super) fn unheard(gate: &Gate, taken: &[&Evidence], all: &[Evidence], unreadable: &[&Unread]) -> Vec<Violation> {
    let s = &gate.select;
    let mut out = Vec::new();
    let kindred = || all.iter().filter(|e| gate.rule.takes_kind(e.kind()));
    if taken.is_empty() {
        let seen: BTreeSet<&str> = kindred().flat_map(tools).collect();
        if !s.tools.is_empty() && !seen.is_empty() && unreadable.is_empty() && gate.missing_blocks {
            let seen: Vec<&str> = seen.into_iter().take(8).collect();
            out.push(missing(format!(
                "no evidence of {}; there is evidence of {}",
                s.tools.join(", "),
                seen.join(", ")
            )));
        } else if let Some(first) =
            kindred().next().filter(|_| !s.tools.is_empty() && unreadable.is_empty() && gate.missing_blocks)
        {
            let n = kindred().count() - 1;
            let more = if n == 0 { String::new() } else { format!(", as do {n} more reports") };
            let path = &first.source.path;
            out.push(
                missing(format!("no evidence of {}; {path} names no tool{more}", s.tools.join(", ")))
                    .with_help("leave `tools` out, or name the reports by `evidence` or `formats` instead"),
            );
        } else if let Some(why) = unparsed(s, gate, all).filter(|_| unreadable.is_empty()) {
            out.push(missing(format!("no evidence of {}: {why}", s.tools.join(", "))));
        }
        return out;
    }
    for wanted in &s.tools {
        let one = of_tool(wanted);
        let heard = |e: &&Evidence| tools(e).any(|t| one.names_tool(t));
        let broken = unreadable.iter().any(|u| u.tool.as_deref().is_some_and(|t| one.names_tool(t)));
        if !taken.iter().any(heard) && !broken {
            let seen: Vec<&str> = kindred().flat_map(tools).collect();
            let near = unparsed(&one, gate, all).map(|why| format!(": {why}"));
            let near = near
                .or_else(|| crate::config::nearest(wanted, &seen).map(|n| format!("; did you mean {n}?")))
                .unwrap_or_default();
            out.push(missing(format!("no evidence of {wanted}, which the gate names{near}")));
        }
    }
    for (label, values) in &s.labels {
        for value in values.iter().filter(|v| !taken.iter().any(|e| e.source.labels.get(label) == Some(v))) {
            out.push(missing(format!("no evidence for {label} = {value}, which the gate names")));
        }
    }
    out
}
