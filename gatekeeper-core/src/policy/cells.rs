//! The cells of a gate: which labels it is judged by (`each`), which cells must be there (`require`, `exclude-cells`), which may fail until when
//! (`allow-fail`), and how many have to hold (`cells`).

use super::entry::{EvidenceEntry, known_label};
use crate::config::{Entry, Node, PolicyProblem, ProblemCode, Problems, Span, Table, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A cell: a value for each label.
pub type Labels = BTreeMap<String, String>;

/// Most cells that a gate may require: their number is a product.
const MOST: usize = 10_000;

/// How a gate is judged cell by cell. Without labels it is judged as a whole.
#[derive(Debug, Default)]
pub struct Cells {
    /// The labels by whose values evidence is told apart.
    pub each: Vec<String>,
    /// The cells that must be there: the product of the values that are required, without the excluded ones.
    pub required: Vec<Labels>,
    /// Cells that may fall short for a while.
    pub allow_fail: Vec<AllowFail>,
    /// How many cells have to hold.
    pub quorum: Quorum,
}

/// A cell, or all cells of some values, that may fall short until a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowFail {
    /// Every label that is named must have this value.
    pub cell: Labels,
    /// Why.
    pub reason: String,
    /// The last day on which it counts.
    pub expires: jiff::civil::Date,
    /// Who looks after it.
    pub owner: Option<String>,
    /// Line in the policy, from 1.
    pub line: u64,
}

/// How many cells of a gate have to hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Quorum {
    /// Every one.
    #[default]
    All,
    /// So many at least.
    AtLeast(usize),
}

/// Reads a gate's keys on cells.
pub(super) fn cells(t: &mut Table<'_>, evidence: &[EvidenceEntry], line: &impl Fn(&Span) -> u64) -> Cells {
    let problems = t.problems();
    let (each, sound) = each(t, evidence);
    let cells_there = (each.is_empty(), sound);
    let (excluded, allowed) = (of_each(t, "exclude-cells", cells_there), of_each(t, "allow-fail", cells_there));
    let quorum_at = of_each(t, "cells", cells_there).map(|n| n.span.clone());
    // A list is no table of labels: it is a key of the rule's own (the subsystems of `health`).
    let own = matches!(t.peek("require"), Some(Node { value: Value::List(_), .. }));
    let require_at = if own { None } else { of_each(t, "require", cells_there).map(|n| n.span.clone()) };
    let values = match require_at.clone() {
        Some(span) => required_values(t, span, &each),
        None => BTreeMap::new(),
    };
    let required = match excluded.filter(|n| n.value != Value::List(Vec::new())) {
        Some(node) if require_at.is_none() => {
            problems.add(
                PolicyProblem::new(node.span.clone(), "`exclude-cells` takes cells out of those that `require` names")
                    .code(ProblemCode::MissingKey)
                    .help("name the values that must be there: require = { os = [\"linux\", \"macos\"] }"),
            );
            Vec::new()
        }
        node => product(&values, node, require_at.as_ref(), &each, problems),
    };
    let allow_fail = allowed.map(|node| allow_fail(node, &each, problems, line)).unwrap_or_default();
    let quorum = quorum_at.map(|span| quorum(t, span, required.len())).unwrap_or_default();
    Cells { each, required, allow_fail, quorum }
}

/// A key that speaks of cells, where the gate has cells; `none` and `sound`: whether `each` names no label, and whether nothing is wrong with it.
fn of_each<'n>(t: &mut Table<'n>, key: &'static str, (none, sound): (bool, bool)) -> Option<&'n Node> {
    let node = t.get(key)?;
    if none && sound {
        t.problems().add(
            PolicyProblem::new(node.span.clone(), format!("`{key}` speaks of cells, and this gate has none"))
                .code(ProblemCode::MissingKey)
                .help("name the labels that tell them apart: each = [\"os\"]"),
        );
    }
    // What is wrong with `each` need not be told again of all that follows from it.
    (!none && sound).then_some(node)
}

/// The labels of `each`, and whether nothing is wrong with them.
fn each(t: &mut Table<'_>, evidence: &[EvidenceEntry]) -> (Vec<String>, bool) {
    let Some(node) = t.get("each") else { return (Vec::new(), true) };
    let Some(labels) = t.texts("each") else { return (Vec::new(), false) };
    if labels.is_empty() {
        t.problem(node.span.clone(), "`each` names no label");
        return (Vec::new(), false);
    }
    let mut out: Vec<String> = Vec::new();
    let mut sound = true;
    for (label, span) in labels {
        if out.contains(&label) {
            t.problem(span, format!("`each` names `{label}` twice"));
            sound = false;
            continue;
        }
        sound &= known_label(&label, &span, evidence, t.problems());
        out.push(label);
    }
    (out, sound)
}

/// The values of `require`: of all labels of `each`, and of no other.
fn required_values(t: &mut Table<'_>, span: Span, each: &[String]) -> BTreeMap<String, Vec<String>> {
    let problems = t.problems();
    let entries = t.named("require");
    if entries.is_empty() {
        return BTreeMap::new();
    }
    let mut sound = true;
    for e in entries.iter().filter(|e| !each.contains(&e.key)) {
        problems.add(foreign_label("require", e, each));
        sound = false;
    }
    let mut values = t.named_texts("require");
    for (label, values) in &mut values {
        let mut seen = BTreeSet::new();
        values.retain(|v| seen.insert(v.clone()));
        if values.iter().any(|v| v.trim().is_empty()) {
            t.problem(span.clone(), format!("`require` names an empty value of `{label}`, which no evidence has"));
            sound = false;
        }
        if values.is_empty() {
            t.problem(span.clone(), format!("`require` names no value of `{label}`, so it demands nothing"));
            sound = false;
        }
    }
    let lacking: Vec<&str> =
        each.iter().filter(|l| !entries.iter().any(|e| e.key == **l)).map(String::as_str).collect();
    if sound && !lacking.is_empty() {
        let message =
            format!("`require` names values of some labels of `each`, but none of `{}`", lacking.join("`, `"));
        problems.add(PolicyProblem::new(span, message).code(ProblemCode::MissingKey));
        sound = false;
    }
    // Values that are no texts have been reported.
    if sound && values.len() == each.len() { values } else { BTreeMap::new() }
}

/// A label that is none of those by which the gate is judged.
fn foreign_label(key: &str, e: &Entry, each: &[String]) -> PolicyProblem {
    let message = format!("`{key}` names the label `{}`, which is not in `each`", e.key);
    let problem = PolicyProblem::new(e.key_span.clone(), message).code(ProblemCode::UnknownLabel);
    problem.nearest(&e.key, each.iter().map(String::as_str))
}

/// All combinations of the values, without those that are excluded.
fn product(
    values: &BTreeMap<String, Vec<String>>,
    excluded: Option<&Node>,
    span: Option<&Span>,
    each: &[String],
    problems: &Problems,
) -> Vec<Labels> {
    if values.is_empty() {
        return Vec::new();
    }
    let span = span.cloned().unwrap_or_default();
    let size = values.values().try_fold(1_usize, |n, v| n.checked_mul(v.len()).filter(|n| *n <= MOST));
    if size.is_none() {
        let message = format!("`require` demands more than {MOST} cells");
        problems.add(PolicyProblem::new(span, message).code(ProblemCode::OutOfRange));
        return Vec::new();
    }
    let mut all = vec![Labels::new()];
    for (label, values) in values {
        let with = |cell: &Labels, value: &String| {
            let mut cell = cell.clone();
            cell.insert(label.clone(), value.clone());
            cell
        };
        all = all.iter().flat_map(|cell| values.iter().map(|v| with(cell, v))).collect();
    }
    let Some(node) = excluded else { return all };
    let mut sound = true;
    for part in cells_of("exclude-cells", node, problems) {
        let Some(cell) = labels("exclude-cells", part.entries().unwrap_or_default(), each, problems) else {
            sound = false;
            continue;
        };
        if cell.is_empty() {
            problems.add(PolicyProblem::new(part.span.clone(), "an entry of `exclude-cells` names no label"));
            sound = false;
            continue;
        }
        // A value that is not required is a mistype: what it was to exclude is still demanded.
        let stray = part.entries().unwrap_or_default().iter().find_map(|e| {
            let (known, value) = (values.get(&e.key)?, cell.get(&e.key)?);
            (!known.contains(value)).then_some((e, known, value))
        });
        if let Some((e, known, value)) = stray {
            let message = format!("`exclude-cells` names {} = \"{value}\", which `require` does not demand", e.key);
            let problem = PolicyProblem::new(e.node.span.clone(), message).code(ProblemCode::UnknownWord);
            problems.add(problem.nearest(value, known.iter().map(String::as_str)));
            sound = false;
            continue;
        }
        all.retain(|c| !within(&cell, c));
    }
    if all.is_empty() && sound {
        let message = "`exclude-cells` takes out every cell that `require` demands";
        problems.add(PolicyProblem::new(node.span.clone(), message));
    }
    all
}

/// Whether a cell has all values of a part: a part may name fewer labels.
pub(crate) fn within(part: &Labels, cell: &Labels) -> bool {
    part.iter().all(|(label, value)| cell.get(label) == Some(value))
}

/// The tables of a list.
fn cells_of<'n>(key: &str, node: &'n Node, problems: &Problems) -> Vec<&'n Node> {
    let wrong = |node: &Node| {
        let message = format!("`{key}` is a list of tables: {key} = [{{ os = \"macos\" }}]");
        problems.add(PolicyProblem::new(node.span.clone(), message).code(ProblemCode::WrongType));
    };
    let Value::List(items) = &node.value else {
        wrong(node);
        return Vec::new();
    };
    let (tables, others): (Vec<&Node>, Vec<&Node>) = items.iter().partition(|n| n.entries().is_some());
    if let Some(other) = others.first() {
        wrong(other);
    }
    tables
}

/// Labels with a value each; `None` where one is not of `each` or has no text for a value, which is reported.
fn labels<'n>(
    key: &str,
    entries: impl IntoIterator<Item = &'n Entry>,
    each: &[String],
    problems: &Problems,
) -> Option<Labels> {
    let (mut out, mut sound) = (Labels::new(), true);
    for e in entries {
        if !each.contains(&e.key) {
            problems.add(foreign_label(key, e, each));
            sound = false;
            continue;
        }
        match &e.node.value {
            Value::Text(value) => drop(out.insert(e.key.clone(), value.clone())),
            _ => {
                let message = format!("`{}` in `{key}` takes a text", e.key);
                problems.add(PolicyProblem::new(e.node.span.clone(), message).code(ProblemCode::WrongType));
                sound = false;
            }
        }
    }
    sound.then_some(out)
}

fn allow_fail(node: &Node, each: &[String], problems: &Problems, line: &impl Fn(&Span) -> u64) -> Vec<AllowFail> {
    const OWN: [&str; 3] = ["reason", "expires", "owner"];
    let read = |node: &Node| {
        let mut t = Table::of(node, "an entry of `allow-fail`", problems)?;
        let mut lacking = Vec::new();
        let mut needed = |key: &'static str, there: bool| {
            if !there {
                lacking.push(key);
            }
        };
        needed("reason", t.get("reason").is_some());
        needed("expires", t.get("expires").is_some());
        if !lacking.is_empty() {
            let message = format!("an entry of `allow-fail` needs `{}`", lacking.join("` and `"));
            problems.add(
                PolicyProblem::new(node.span.clone(), message)
                    .code(ProblemCode::MissingKey)
                    .help("say why, and until which day: reason = \"…\", expires = \"2027-01-31\""),
            );
        }
        let (reason, expires, owner) = (t.text("reason"), t.date("expires"), t.text("owner").map(|(o, _)| o));
        if let Some((text, span)) = &reason
            && text.trim().is_empty()
        {
            t.problem(span.clone(), "this `reason` is empty");
        }
        let others = node.entries().unwrap_or_default().iter().filter(|e| !OWN.contains(&e.key.as_str()));
        let cell = labels("allow-fail", others, each, problems)?;
        if cell.is_empty() {
            t.problem(
                node.span.clone(),
                "an entry of `allow-fail` names no label, so it would allow all cells to fail",
            );
            return None;
        }
        Some(AllowFail { cell, reason: reason?.0, expires: expires?, owner, line: line(&node.span) })
    };
    cells_of("allow-fail", node, problems).into_iter().filter_map(read).collect()
}

/// `"all"`, `"any"` or `{ at-least = n }`; `required`: how many cells are demanded, 0 where none is.
fn quorum(t: &mut Table<'_>, span: Span, required: usize) -> Quorum {
    if matches!(t.get("cells"), Some(Node { value: Value::Text(_), .. })) {
        let words = [("all", Quorum::All), ("any", Quorum::AtLeast(1))];
        return t.choice("cells", &words).unwrap_or_default();
    }
    let Some(node) = t.get("cells").filter(|n| n.entries().is_some()) else {
        t.problem_of(ProblemCode::WrongType, span, "`cells` takes \"all\", \"any\" or { at-least = 2 }");
        return Quorum::All;
    };
    let Some(mut inner) = t.table("cells") else { return Quorum::All };
    let least = inner.count("at-least").map(|n| usize::try_from(n).unwrap_or(usize::MAX));
    match least {
        None if node.entries().is_some_and(<[Entry]>::is_empty) => {
            inner.problem_of(ProblemCode::MissingKey, span, "`cells` says how many must hold: { at-least = 2 }");
        }
        Some(0) => {
            inner.problem_of(ProblemCode::OutOfRange, span, "0 cells hold always, so nothing could fail this gate")
        }
        Some(n) if required > 0 && n > required => {
            let message = format!("`cells` demands {n} cells, and `require` names {required}");
            inner.problem_of(ProblemCode::OutOfRange, span, message);
        }
        _ => {}
    }
    inner.finish("`cells`");
    least.map_or(Quorum::All, Quorum::AtLeast)
}

#[cfg(test)]
mod tests;
