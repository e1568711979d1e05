//! The output `markdown`: for a pull request's comment or a step's summary.
//!
//! GitHub refuses a comment of more than 65,536 characters and drops a step's summary above 1 MiB: what does not fit is counted, the worst is shown.
//! The output itself fits into a comment; [`step_summary`] takes what room a step has left.
//!
//! The first line is a mark that nobody sees, `<!-- gatekeeper-comment:KEY -->`: by it whoever keeps a comment up to date finds the one to replace. The
//! key is the policy's file, behind a `#` the profile where there is one, so that two policies of a repository have a comment each. It holds
//! letters, digits and `._/#-` alone.

use super::{Output, Style, Writer, against, text};
use crate::verdict::{Action, CellVerdict, GateStatus, GateVerdict, Overall, Verdict, Violation};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

pub(super) static OUTPUT: Output = Output {
    id: Cow::Borrowed("markdown"),
    title: Cow::Borrowed("for a pull request's comment or a step's summary"),
    write: Writer::Fixed(write),
};

/// How much is shown.
struct Bounds {
    /// What counts: characters as JavaScript counts them, or bytes.
    counts: fn(&str) -> usize,
    /// Room for the table and the gates.
    room: usize,
    /// Violations of a gate.
    most: usize,
    /// Gates that have a row in the table.
    rows: usize,
    /// Waivers, warnings and the like of each kind.
    notes: usize,
}

/// Of a comment: 48,000 out of its 65,536 characters; the rest is for what stands around the table and the gates.
const COMMENT: Bounds =
    Bounds { counts: |text| text.encode_utf16().count(), room: 48_000, most: 20, rows: 100, notes: 10 };

/// Bytes of all that a step adds to its summary ("Job summaries are isolated between steps and each step is restricted to a maximum size of 1MiB",
/// GitHub, "Workflow commands"); one that is larger is not shown at all.
const SUMMARY: usize = 1 << 20;

/// Bytes for what says how much is left out: it is added even where there is no room.
const REST: usize = 600;

/// Rows and columns of a table of cells.
const CELLS: usize = 50;
const COLUMNS: usize = 12;

/// Characters of a name.
const NAME: usize = 80;

fn sign(status: GateStatus) -> &'static str {
    match status {
        GateStatus::Pass => "✅",
        GateStatus::Warn => "⚠️",
        GateStatus::Fail => "❌",
        GateStatus::Error | GateStatus::Inconclusive => "❓",
        GateStatus::Missing | GateStatus::Skip => "➖",
    }
}

/// A page that takes only what fits.
struct Page<'b> {
    text: String,
    left: usize,
    bounds: &'b Bounds,
}

impl Page<'_> {
    /// Adds a piece, as long as there is room for it.
    fn add(&mut self, piece: &str) -> bool {
        let Some(left) = self.left.checked_sub((self.bounds.counts)(piece)) else { return false };
        self.left = left;
        self.text.push_str(piece);
        true
    }
}

fn write(v: &Verdict, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let (head, tail) = (head(v), tail(v, COMMENT.notes));
    out.write_all([head, body(v, &COMMENT), tail].concat().as_bytes())
}

/// The verdict for a step's summary in which so many bytes stand already: with more of everything than a comment has, as far as the step's 1 MiB go.
/// `None` where not even the verdict fits.
pub fn step_summary(v: &Verdict, taken: u64) -> Option<String> {
    let taken = usize::try_from(taken).unwrap_or(usize::MAX);
    let left = SUMMARY.checked_sub(taken)?;
    for (most, rows, notes) in [(500, 2_000, 100), (20, 100, 10), (5, 20, 0)] {
        let (head, tail) = (head(v), tail(v, notes));
        if let Some(room) = left.checked_sub(head.len() + tail.len() + REST) {
            let bounds = Bounds { counts: str::len, room, most, rows, notes };
            return Some([head, body(v, &bounds), tail].concat());
        }
    }
    let head = head(v);
    (head.len() <= left).then_some(head)
}

fn head(v: &Verdict) -> String {
    let head = match v.status {
        Overall::Pass => "✅ Quality gates: pass",
        Overall::Warn => "⚠️ Quality gates: pass with warnings",
        Overall::Fail => "❌ Quality gates: fail",
        Overall::Unknown => "❓ Quality gates: unknown",
    };
    format!("{}\n## {head}\n\n{}\n\n", marker(v), text::markdown(&v.summary, 1_000))
}

/// What takes the room that there is.
fn body(v: &Verdict, bounds: &Bounds) -> String {
    let mut worst: Vec<&GateVerdict> = v.gates.iter().collect();
    worst.sort_by_key(|g| Reverse((g.blocking, g.status)));
    let mut page = Page { text: String::new(), left: bounds.room, bounds };
    table(v, &worst, &mut page);
    baseline(v, &mut page);
    if !v.triggers.is_empty() {
        page.add(&format!("\n**Triggers:** {}\n", text::markdown(&v.triggers.join(", "), 400)));
    }
    let strays = text::strays(v);
    list("**Not read, so this cannot be a pass:**", &strays, &mut page);
    let by =
        v.policy.profile.as_ref().map(|p| format!(" by the profile {}", text::markdown(p, NAME))).unwrap_or_default();
    list(&format!("**Demanded less than by the policy itself{by}:**"), &v.loosened, &mut page);
    ways_out(&worst, &mut page);
    details(&worst, &mut page);
    cells(&worst, &mut page);
    page.text
}

fn tail(v: &Verdict, notes: usize) -> String {
    let mut out = String::new();
    for w in text::limited(v.warnings.clone(), notes) {
        out.push_str(&format!("\n⚠️ {}\n", text::markdown(&w, 400)));
    }
    let policy = v
        .policy
        .file
        .as_deref()
        .map_or_else(|| "built-in default".to_owned(), |f| text::code(&text::short(f, text::LONGEST)));
    let aside = if v.set_aside.is_empty() { String::new() } else { format!(", {} not counted", v.set_aside.len()) };
    out.push_str(&format!("\n<sub>policy: {policy}; {}{aside}</sub>\n", text::pieces(v.evidence.len())));
    out
}

/// The mark by which a comment is found again.
fn marker(v: &Verdict) -> String {
    let plain = |text: &str| -> String {
        let kept = |c: char| if c.is_ascii_alphanumeric() || "._/-".contains(c) { c } else { '_' };
        text.chars().take(NAME).map(kept).collect()
    };
    let file = plain(v.policy.file.as_deref().unwrap_or("built-in"));
    let profile = v.policy.profile.as_deref().map(|p| format!("#{}", plain(p))).unwrap_or_default();
    format!("<!-- gatekeeper-comment:{file}{profile} -->")
}

/// The figures that the baseline knows too, and what is different.
fn baseline(v: &Verdict, page: &mut Page<'_>) {
    let Some(b) = v.baseline.as_ref().filter(|b| !b.figures.is_empty()) else { return };
    let at = match (b.commits.as_slice(), &b.taken) {
        ([commit], _) => format!(" at {}", text::code(&text::short(commit, 12))),
        (_, Some(taken)) => format!(" of {}", text::markdown(taken, NAME)),
        _ => String::new(),
    };
    let (moved, same): (Vec<_>, Vec<_>) =
        b.figures.iter().map(|f| (f, against::shown(f))).partition(|(_, s)| s.change.is_some());
    let unchanged: Vec<String> = same
        .iter()
        .map(|(f, s)| format!("{} {}", text::markdown(&f.figure, NAME), text::markdown(&s.now, NAME)))
        .collect();
    let mut section = String::from("\n");
    if moved.is_empty() {
        section.push_str(&format!("**Against the baseline{at}:** nothing changed: {}\n", unchanged.join(", ")));
    } else {
        section
            .push_str(&format!("**Against the baseline{at}:**\n\n| | Before | Now | Change |\n|---|---:|---:|---:|\n"));
        for (f, s) in &moved {
            let change = s.change.as_deref().unwrap_or_default();
            let [name, before, now, change] = [&*f.figure, &s.before, &s.now, change].map(|t| text::cell(t, NAME));
            section.push_str(&format!("| {name} | {before} | {now} | {change} |\n"));
        }
        if !unchanged.is_empty() {
            section.push_str(&format!("\nUnchanged: {}\n", unchanged.join(", ")));
        }
    }
    page.add(&section);
}

fn table(v: &Verdict, worst: &[&GateVerdict], page: &mut Page<'_>) {
    page.add("| | Gate | Status | Why |\n|---|---|---|---|\n");
    // In the policy's order, unless they are too many: then the worst come first.
    let in_order: Vec<&GateVerdict> = v.gates.iter().collect();
    let rows = page.bounds.rows;
    let gates = if in_order.len() > rows { worst } else { &in_order };
    let row = |g: &GateVerdict| {
        let advisory = if g.action == Action::Block { "" } else { " (does not block)" };
        let (name, why) = (text::cell(&g.name, NAME), text::cell(&g.reason, 300));
        format!("| {} | {name} | {}{advisory} | {why} |\n", sign(g.status), g.status.as_str())
    };
    let shown = gates.iter().take(rows).take_while(|g| page.add(&row(g))).count();
    if shown < gates.len() {
        page.add(&format!("\n… and {} more gates\n", gates.len() - shown));
    }
}

fn list(heading: &str, lines: &[String], page: &mut Page<'_>) {
    if lines.is_empty() {
        return;
    }
    page.add(&format!("\n{heading}\n\n"));
    for l in text::limited(lines.to_vec(), page.bounds.notes) {
        page.add(&format!("- {}\n", text::markdown(&l, 400)));
    }
}

fn details(worst: &[&GateVerdict], page: &mut Page<'_>) {
    const END: &str = "\n</details>\n";
    let mut hidden = 0;
    // What the table has said already needs no list.
    let listed = |g: &GateVerdict| g.violations.iter().any(|v| !text::said_already(g, v));
    for g in worst.iter().filter(|g| listed(g)) {
        let open = if g.status == GateStatus::Fail { " open" } else { "" };
        let (name, n) = (text::html(&g.name, NAME), g.violations.len());
        let common = text::one_source(g.violations.iter());
        let source = common.map(|s| format!(" in {}", text::html(s, text::LONGEST))).unwrap_or_default();
        let head = format!("\n<details{open}><summary>{} {name}: {n} to look at{source}</summary>\n\n", sign(g.status));
        // Nothing is opened that could not be closed again.
        let rest = "- … and 18446744073709551615 more\n";
        let Some(left) = page.left.checked_sub(END.len() + rest.len()) else {
            hidden += n;
            continue;
        };
        let mut section = Page { text: String::new(), left, bounds: page.bounds };
        let mut shown = 0;
        if section.add(&head) {
            let groups = text::grouped(&g.violations);
            let items = groups.into_iter().take(page.bounds.most);
            let added = items.take_while(|(v, count)| section.add(&item(v, *count, common.is_none())));
            shown = added.map(|(_, count)| count).sum();
        }
        if shown == 0 {
            hidden += n;
            continue;
        }
        page.add(&section.text);
        if shown < n {
            page.add(&format!("- … and {} more\n", n - shown));
        }
        page.left = page.left.saturating_sub(END.len());
        if let Some(words) = to_pass(g) {
            page.add(&format!("\n**To pass:** {words}\n"));
        }
        page.left += END.len();
        page.add(END);
    }
    if hidden > 0 {
        page.left = page.left.max(200);
        page.add(&format!("\n… and {hidden} more to look at in other gates\n"));
    }
}

/// What would make a gate pass, where it does not.
fn to_pass(g: &GateVerdict) -> Option<String> {
    const FEW: usize = 2;
    let wanted = !matches!(g.status, GateStatus::Pass | GateStatus::Skip) && !g.to_pass.is_empty();
    let words: Vec<String> = g.to_pass.iter().take(FEW).map(|t| text::markdown(t, 300)).collect();
    wanted.then(|| words.join("; "))
}

/// The way out of gates that have nothing to list: what they lack is evidence, or one that can be read.
fn ways_out(worst: &[&GateVerdict], page: &mut Page<'_>) {
    let unlisted = |g: &&&GateVerdict| g.blocking && g.violations.iter().all(|v| text::said_already(g, v));
    let way = |g: &&GateVerdict| {
        let own = || g.violations.iter().find_map(|v| v.help.as_deref()).map(|help| text::markdown(help, 300));
        Some(format!("- {}: {}\n", text::markdown(&g.name, NAME), to_pass(g).or_else(own)?))
    };
    let mut ways = worst.iter().filter(unlisted).filter_map(way).take(page.bounds.notes).peekable();
    if ways.peek().is_some() && page.add("\n**To pass:**\n\n") {
        for way in ways {
            page.add(&way);
        }
    }
}

/// What the cells of each gate came to, folded: across and down where two labels tell them apart, a row for each otherwise.
fn cells(worst: &[&GateVerdict], page: &mut Page<'_>) {
    for g in worst.iter().filter(|g| g.cells.len() > 1) {
        let held = g.cells.iter().filter(|c| c.status == GateStatus::Pass).count();
        let of =
            if g.cells.iter().all(|c| c.component.is_some() && c.labels.is_empty()) { "components" } else { "cells" };
        let mut section = format!(
            "\n<details><summary>{} {}: {held} of {} {of} pass</summary>\n\n",
            sign(g.status),
            text::html(&g.name, NAME),
            g.cells.len()
        );
        match crossed(g) {
            Some(table) => {
                section.push_str(&table);
                let short = text::limited(text::cells(g), page.bounds.notes);
                if !short.is_empty() {
                    section.push('\n');
                }
                section.extend(short.iter().map(|c| format!("- {}\n", text::markdown(c, 300))));
            }
            None => section.push_str(&listed(g)),
        }
        section.push_str("\n</details>\n");
        if !page.add(&section) {
            page.add(&format!(
                "\n… the {} {of} of {} have no room here\n",
                g.cells.len(),
                text::markdown(&g.name, NAME)
            ));
        }
    }
}

fn coordinates(c: &CellVerdict) -> BTreeMap<&str, &str> {
    let labels = c.labels.iter().map(|(k, v)| (k.as_str(), v.as_str()));
    c.component.iter().map(|component| ("component", component.as_str())).chain(labels).collect()
}

/// A table of signs, where exactly two labels tell the cells apart and it is not too wide.
fn crossed(g: &GateVerdict) -> Option<String> {
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut by: BTreeMap<BTreeMap<&str, &str>, GateStatus> = BTreeMap::new();
    for c in &g.cells {
        let at = coordinates(c);
        for (label, value) in &at {
            values.entry(label).or_default().insert(value);
        }
        by.insert(at, c.status);
    }
    let [(a, ups), (b, acrosses)] = values.into_iter().collect::<Vec<_>>().try_into().ok()?;
    let (down, downs, across, acrosses) =
        if acrosses.len() > ups.len() { (b, acrosses, a, ups) } else { (a, ups, b, acrosses) };
    if acrosses.len() > COLUMNS || downs.len() > CELLS {
        return None;
    }
    let names: Vec<String> = acrosses.iter().map(|value| text::cell(value, NAME)).collect();
    let corner = text::cell(&format!("{down} / {across}"), NAME);
    let mut out = format!("| {corner} | {} |\n|---|{}\n", names.join(" | "), ":-:|".repeat(names.len()));
    for value in &downs {
        let row: Vec<&str> = acrosses
            .iter()
            .map(|column| by.get(&BTreeMap::from([(down, *value), (across, *column)])).map_or("", |s| sign(*s)))
            .collect();
        out.push_str(&format!("| {} | {} |\n", text::cell(value, NAME), row.join(" | ")));
    }
    Some(out)
}

/// A row for each cell, the worst first.
fn listed(g: &GateVerdict) -> String {
    let mut worst: Vec<&CellVerdict> = g.cells.iter().collect();
    worst.sort_by_key(|c| Reverse(c.status));
    let mut out = String::from("| | Cell | Status | Why |\n|---|---|---|---|\n");
    for c in worst.iter().take(CELLS) {
        let name: Vec<String> =
            c.component.iter().cloned().chain(c.labels.iter().map(|(k, v)| format!("{k}={v}"))).collect();
        let (name, why) = (text::cell(&name.join(" "), NAME), text::cell(&c.reason, 200));
        out.push_str(&format!("| {} | {name} | {} | {why} |\n", sign(c.status), c.status.as_str()));
    }
    if let Some(rest) = worst.len().checked_sub(CELLS).filter(|rest| *rest > 0) {
        out.push_str(&format!("\n… and {rest} more\n"));
    }
    out
}

/// A violation, or many of one kind.
fn item(v: &Violation, count: usize, with_source: bool) -> String {
    let severity = v.severity.map(|s| format!("**{}** ", s.as_str())).unwrap_or_default();
    let place = text::place(v).map(|p| format!("{} ", text::code(&p))).unwrap_or_default();
    let id = text::id(v).map(|id| format!("{} ", text::code(&text::short(id, text::LONGEST)))).unwrap_or_default();
    let help = v.help.as_ref().map(|h| format!(" — {}", text::markdown(h, 300))).unwrap_or_default();
    let package = match &v.package {
        Some(p) if !v.message.contains(p.as_str()) => format!(" in {}", text::code(&text::short(p, text::LONGEST))),
        _ => String::new(),
    };
    let see = text::advisory(v).map(|url| format!(" — {url}")).unwrap_or_default();
    let source = text::source(v).filter(|_| with_source).map(|s| format!(" (in {})", text::code(&s)));
    let source = source.unwrap_or_default();
    let others = if count > 1 { format!(" (and {} more like it)", count - 1) } else { String::new() };
    format!("- {severity}{place}{id}{}{package}{help}{see}{source}{others}\n", text::markdown(text::said(v), 400))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn verdict(gates: usize, violations: usize) -> Verdict {
        let violation = |n| json!({ "code": "finding", "status": "fail", "id": format!("R{n}"), "message": format!("é {n} {}", "x".repeat(300)) });
        let gate = |n| {
            json!({ "name": format!("lint-{n}"), "rule": "findings", "status": "fail", "action": "block", "blocking": true, "reason": "too many",
                "conditions": [], "evidence": [], "violations": (0..violations).map(violation).collect::<Vec<_>>() })
        };
        serde_json::from_value(json!({
            "schema_version": 1, "status": "fail", "exit_code": 1, "summary": "s", "root": ".",
            "policy": { "file": "gatekeeper.toml", "sha256": "aa", "profile": null },
            "gates": (0..gates).map(gate).collect::<Vec<_>>(),
            "evidence": [], "set_aside": [], "problems": [], "ignored": [], "warnings": [],
        }))
        .unwrap()
    }

    /// Every violation is shown or counted.
    fn told(text: &str) -> usize {
        let shown = text.matches("`R").count();
        let more = text.lines().filter_map(|l| l.trim_start_matches("- ").strip_prefix("… and "));
        let counts = more.filter(|l| !l.ends_with("gates\n") && !l.contains("more gates"));
        shown + counts.filter_map(|l| l.split(' ').next()?.parse::<usize>().ok()).sum::<usize>()
    }

    #[test]
    fn a_summary_takes_the_room_of_its_step_and_counts_the_rest() {
        let v = verdict(30, 400);
        let mut comment = Vec::new();
        OUTPUT.write(&v, &Style::default(), &mut comment).unwrap();
        assert!(String::from_utf8(comment).unwrap().encode_utf16().count() <= 65_536);
        let mut before = usize::MAX;
        for taken in [0, 1, 500_000, 1_000_000, SUMMARY as u64 - 1_500, SUMMARY as u64 - 900] {
            let text = step_summary(&v, taken).unwrap();
            assert!(text.len() as u64 + taken <= SUMMARY as u64, "{taken}: {}", text.len());
            assert!(text.len() <= before && text.contains("Quality gates: fail"), "{taken}");
            assert_eq!(text.matches("<details").count(), text.matches("</details>").count(), "{taken}");
            if taken < 1_000_000 {
                assert_eq!(told(&text), 30 * 400, "{taken}");
            }
            before = text.len();
        }
        assert!(step_summary(&v, 0).unwrap().len() > 900_000, "the room is used");
        assert_eq!(step_summary(&v, SUMMARY as u64 - 10), None);
        assert_eq!(step_summary(&v, u64::MAX), None);
    }

    #[test]
    fn what_a_comment_has_no_room_for_a_summary_shows() {
        let v = verdict(1, 300);
        let mut comment = Vec::new();
        OUTPUT.write(&v, &Style::default(), &mut comment).unwrap();
        let (comment, summary) = (String::from_utf8(comment).unwrap(), step_summary(&v, 0).unwrap());
        assert_eq!((told(&comment), told(&summary)), (300, 300));
        assert_eq!((comment.matches("`R").count(), summary.matches("`R").count()), (20, 300));
    }
}
