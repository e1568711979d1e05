//! A gate as HTML: its line, its conditions with their distance, its cells as a heat map, the worst it falls short by, what would make it pass.

use super::super::{Style, text};
use crate::verdict::{Action, CellVerdict, Condition, GateStatus, GateVerdict, Verdict, Violation};
use gatekeeper_evidence::Ratio;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Characters of a name and of a sentence.
pub(super) const NAME: usize = text::LONGEST;
pub(super) const WORDS: usize = 1_000;
/// Rows and columns of a heat map, conditions and other lines of a gate.
const ROWS: usize = 200;
const COLUMNS: usize = 40;
const LINES: usize = 100;
/// Lines of a list that is folded away.
const ENTRIES: usize = 300;

pub(super) fn page(text: &str) -> String {
    text::page(text, WORDS)
}

/// The sign of a status: it is never told by colour alone.
pub(super) fn mark(status: GateStatus) -> &'static str {
    match status {
        GateStatus::Pass => "✓",
        GateStatus::Warn => "!",
        GateStatus::Fail => "✗",
        GateStatus::Error | GateStatus::Inconclusive => "?",
        GateStatus::Missing | GateStatus::Skip => "–",
    }
}

/// Adds a gate.
pub(super) fn gate(v: &Verdict, n: usize, g: &GateVerdict, style: &Style, out: &mut String) {
    let status = g.status.as_str();
    let open = if matches!(g.status, GateStatus::Pass | GateStatus::Skip) { "" } else { " open" };
    let action = match (g.action, g.status) {
        (_, GateStatus::Pass | GateStatus::Skip) | (Action::Block, _) => "",
        (Action::Warn, _) => " <span class=\"tag\">does not block</span>",
        (Action::Inform, _) => " <span class=\"tag\">informs only</span>",
    };
    let _ = write!(
        out,
        "<details class=\"gate s-{status}\" id=\"gate-{n}\"{open}>\n<summary><span class=\"mark\" aria-hidden=\"true\">{}</span>\
         <h3>{}</h3><span class=\"status\">{status}</span>{action}<span class=\"reason\">{}</span></summary>\n<div class=\"body\">\n",
        mark(g.status),
        text::page(&g.name, NAME),
        page(&g.reason)
    );
    to_pass(g, out);
    conditions(g, out);
    cells(g, out);
    violations(n, g, style, out);
    waivers(g, out);
    foot(v, g, out);
    out.push_str("</div>\n</details>\n");
}

/// What to do, first of all.
fn to_pass(g: &GateVerdict, out: &mut String) {
    // The way out of the one violation that the gate's line has said.
    let own = g.violations.iter().filter(|v| text::said_already(g, v)).filter_map(|v| v.help.as_deref());
    let all: Vec<&str> =
        if g.to_pass.is_empty() { own.collect() } else { g.to_pass.iter().map(String::as_str).collect() };
    let few: Vec<String> = all.iter().take(LINES).map(|words| coded(&page(words))).collect();
    match few.as_slice() {
        [] => {}
        [one] => {
            let _ = writeln!(out, "<p class=\"to-pass\"><b>To pass:</b> {one}</p>");
        }
        some => {
            let _ = writeln!(
                out,
                "<div class=\"to-pass\"><b>To pass:</b><ul><li>{}</li></ul></div>",
                some.join("</li><li>")
            );
        }
    }
}

/// Escaped words in which what stands between backticks is shown as code.
pub(super) fn coded(escaped: &str) -> String {
    let parts: Vec<&str> = escaped.split('`').collect();
    // A backtick that none closes is a backtick.
    let pairs = parts.len().saturating_sub(1) / 2 * 2;
    let mut out = String::with_capacity(escaped.len() + 16);
    for (n, part) in parts.iter().enumerate() {
        match n {
            0 => {}
            n if n > pairs => out.push('`'),
            n if n % 2 == 1 => out.push_str("<code>"),
            _ => out.push_str("</code>"),
        }
        out.push_str(part);
    }
    out
}

fn lines(heading: &str, lines: &[String], out: &mut String) {
    if lines.is_empty() {
        return;
    }
    let _ = write!(out, "<h4>{heading}</h4>\n<ul>\n");
    for line in lines.iter().take(LINES) {
        let _ = writeln!(out, "<li>{}</li>", page(line));
    }
    more(lines.len(), LINES, out);
    out.push_str("</ul>\n");
}

fn more(all: usize, shown: usize, out: &mut String) {
    if let Some(rest) = all.checked_sub(shown).filter(|rest| *rest > 0) {
        let _ = writeln!(out, "<li class=\"dim\">… and {rest} more (--format json shows all)</li>");
    }
}

fn name_of(labels: &BTreeMap<String, String>) -> String {
    labels.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" ")
}

fn conditions(g: &GateVerdict, out: &mut String) {
    if g.conditions.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Conditions\"><table class=\"conditions\">{HEAD}<tbody>"
    );
    // Of many that hold beside some that do not, the number is enough at first.
    const FEW: usize = 2;
    let holds = |c: &&Condition| matches!(c.status, GateStatus::Pass | GateStatus::Skip);
    let held = g.conditions.iter().filter(holds).count();
    let fold = held > FEW && held < g.conditions.len();
    let shown: Vec<&Condition> = g.conditions.iter().filter(|c| !fold || !holds(c)).take(LINES).collect();
    rows(&shown, out);
    out.push_str("</tbody>\n");
    if fold {
        let others: Vec<&Condition> = g.conditions.iter().filter(holds).take(LINES).collect();
        let words = text::counted(held, "more condition");
        let _ = write!(
            out,
            "</table></div>\n<details class=\"fold\"><summary>{words} that hold{}</summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Conditions that hold\">\
             <table class=\"conditions\">{HEAD}<tbody>\n",
            if held == 1 { "s" } else { "" }
        );
        rows(&others, out);
        out.push_str("</tbody></table></div>\n</details>\n");
    } else {
        out.push_str("</table></div>\n");
    }
    let left = g.conditions.len() - if fold { shown.len() + held.min(LINES) } else { shown.len() };
    if left > 0 {
        let _ = writeln!(out, "<p class=\"dim\">… and {left} more conditions (--format json shows all)</p>");
    }
}

/// Columns of the conditions, as wide in every gate.
const HEAD: &str = "<colgroup><col class=\"what\"><col class=\"value\"><col class=\"limit\"><col class=\"graph\"><col></colgroup>\
    <thead><tr><th scope=\"col\">Condition</th><th scope=\"col\" class=\"n\">Value</th><th scope=\"col\" class=\"n\">Limit</th>\
    <th scope=\"col\"><span class=\"vh\">Value against limit</span></th><th scope=\"col\">Result</th></tr></thead>";

fn rows(conditions: &[&Condition], out: &mut String) {
    for c in conditions {
        let labels = match c.labels.is_empty() {
            true => String::new(),
            false => format!(" <span class=\"dim\">{}</span>", text::page(&name_of(&c.labels), NAME)),
        };
        let sample =
            c.sample.map(|r| format!(" <span class=\"dim\">{}/{}</span>", r.covered, r.total)).unwrap_or_default();
        let distance = c.distance.as_ref().map(|d| format!(": {}", text::page(d, NAME))).unwrap_or_default();
        let status = c.status.as_str();
        let _ = writeln!(
            out,
            "<tr class=\"s-{status}\"><th scope=\"row\">{}{labels}</th><td class=\"n\">{}{sample}</td><td class=\"n\">{} {}</td><td>{}</td>\
             <td><span class=\"mark\" aria-hidden=\"true\">{}</span> <span class=\"status\">{status}</span>{distance}</td></tr>",
            text::page(&c.metric, NAME),
            text::page(&c.value, NAME),
            text::page(text::comparator(&c.comparator), NAME),
            text::page(&c.limit, NAME),
            bar(c),
            mark(c.status),
        );
    }
}

/// A share as a bar with its limit as a stroke across.
fn bar(c: &Condition) -> String {
    let Some(Ratio { covered, total }) = c.sample.filter(|r| r.total > 0) else { return String::new() };
    let permille = u128::from(covered.min(total)) * 1000 / u128::from(total);
    let limit = c.limit.trim_end_matches('%').trim().parse::<f64>().ok().filter(|l| (0.0..=100.0).contains(l));
    let limit = match limit.filter(|_| c.limit.contains('%')) {
        Some(limit) => format!("<rect class=\"limit\" x=\"{:.1}\" y=\"0\" width=\"1.5\" height=\"12\"/>", limit - 0.75),
        None => String::new(),
    };
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 100 12\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"track\" width=\"100\" y=\"3\" height=\"6\"/>\
         <rect class=\"fill\" width=\"{}.{}\" y=\"3\" height=\"6\"/>{limit}</svg>",
        permille / 10,
        permille % 10
    )
}

/// The labels of a cell, with its component as one of them.
fn coordinates(c: &CellVerdict) -> BTreeMap<&str, &str> {
    let labels = c.labels.iter().map(|(k, v)| (k.as_str(), v.as_str()));
    c.component.iter().map(|component| ("component", component.as_str())).chain(labels).collect()
}

/// The cells as a table: columns by the label with the most values, a row for each combination of the others.
fn cells(g: &GateVerdict, out: &mut String) {
    if g.cells.is_empty() {
        return;
    }
    let all: Vec<BTreeMap<&str, &str>> = g.cells.iter().map(coordinates).collect();
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (label, value) in all.iter().flatten() {
        values.entry(label).or_default().insert(value);
    }
    // A label of as many values as a screen has room for goes across; the rest go down.
    let across = values.iter().filter(|(_, v)| v.len() <= COLUMNS).max_by_key(|(_, v)| v.len()).map(|(l, _)| *l);
    let across = across.filter(|_| values.len() > 1);
    let columns: Vec<&str> = across.and_then(|a| values.get(a)).into_iter().flatten().copied().collect();
    let mut rows: BTreeMap<String, BTreeMap<&str, &CellVerdict>> = BTreeMap::new();
    for (cell, coordinates) in g.cells.iter().zip(&all) {
        let rest = coordinates.iter().filter(|(label, _)| Some(**label) != across);
        let name: Vec<&str> = rest.map(|(_, value)| *value).collect();
        let column = across.and_then(|a| coordinates.get(a)).copied().unwrap_or_default();
        rows.entry(name.join(" · ")).or_default().insert(column, cell);
    }
    let down: Vec<&str> = values.keys().filter(|l| Some(**l) != across).copied().collect();
    let held = g.cells.iter().filter(|c| c.status == GateStatus::Pass).count();
    let _ = write!(
        out,
        "<h4>Cells: {held} of {} pass</h4>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Cells\"><table class=\"cells\"><thead><tr><th scope=\"col\">{}</th>",
        g.cells.len(),
        match across {
            Some(across) => text::page(&format!("{} ↓ / {across} →", down.join(" · ")), NAME),
            None => text::page(&down.join(" · "), NAME),
        }
    );
    if across.is_none() {
        out.push_str("<th scope=\"col\">Result</th>");
    }
    for column in &columns {
        let _ = write!(out, "<th scope=\"col\">{}</th>", text::page(column, 60));
    }
    out.push_str("</tr></thead><tbody>\n");
    for (name, cells) in rows.iter().take(ROWS) {
        let _ = write!(out, "<tr><th scope=\"row\">{}</th>", text::page(name, NAME));
        for column in if across.is_none() { &[""][..] } else { &columns[..] } {
            match cells.get(column) {
                Some(c) => {
                    let reason = text::page(&c.reason, 300);
                    // The sign alone where there are many; the words are its title, and listed below where it falls short.
                    let words = if across.is_none() {
                        reason.clone()
                    } else {
                        format!("<span class=\"vh\">{}</span>", c.status.as_str())
                    };
                    let _ = write!(
                        out,
                        "<td class=\"cell s-{}\" title=\"{reason}\"><span class=\"mark\" aria-hidden=\"true\">{}</span> {words}</td>",
                        c.status.as_str(),
                        mark(c.status)
                    );
                }
                None => out.push_str("<td class=\"cell none\"><span class=\"vh\">no such cell</span></td>"),
            }
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    if rows.len() > ROWS {
        let _ = writeln!(out, "<p class=\"dim\">… and {} more rows (--format json shows all)</p>", rows.len() - ROWS);
    }
    if across.is_some() {
        let short = |c: &&CellVerdict| !matches!(c.status, GateStatus::Pass);
        let words: Vec<String> = g
            .cells
            .iter()
            .filter(short)
            .map(|c| {
                let name: Vec<&str> = coordinates(c).into_values().collect();
                format!("{}: {}: {}", name.join(" · "), c.status.as_str(), c.reason)
            })
            .collect();
        lines("Cells that do not pass", &words, out);
    }
}

fn violations(n: usize, g: &GateVerdict, style: &Style, out: &mut String) {
    if g.violations.iter().all(|v| text::said_already(g, v)) {
        return;
    }
    let groups = text::grouped(&g.violations);
    let shown: usize = groups.iter().take(style.most).map(|(_, n)| n).sum();
    let _ = write!(out, "<h4>{}</h4>\n<ul class=\"violations\">\n", text::counted(g.violations.len(), "violation"));
    let common = text::one_source(groups.iter().map(|(v, _)| *v)).filter(|_| groups.len() > 1);
    for (v, count) in groups.into_iter().take(style.most) {
        violation(v, count, common.is_none(), out);
    }
    out.push_str("</ul>\n");
    // The foot names the gate's evidence.
    if let Some(source) = common.filter(|_| g.evidence.len() != 1) {
        let _ = writeln!(out, "<p class=\"dim\">all in <code>{}</code></p>", text::page(source, NAME));
    }
    let rest = g.violations.len().saturating_sub(shown);
    if rest > 0 {
        let _ = writeln!(
            out,
            "<p class=\"dim\"><span class=\"no-js\">… and {rest} more: gatekeeper explain {} shows all</span>\
             <a class=\"js\" href=\"#findings/gate={n}\">Show all {} in the list</a></p>",
            text::page(&g.name, NAME),
            g.violations.len()
        );
    }
}

fn violation(v: &Violation, count: usize, with_source: bool, out: &mut String) {
    let severity =
        v.severity.map(|s| format!("<span class=\"sev sev-{0}\">{0}</span> ", s.as_str())).unwrap_or_default();
    let id = text::id(v).map(|id| format!("<span class=\"id\">{}</span> ", text::page(id, NAME))).unwrap_or_default();
    let package = match &v.package {
        Some(p) if !v.message.contains(p.as_str()) => format!(" <span class=\"tag\">{}</span>", text::page(p, NAME)),
        _ => String::new(),
    };
    let others =
        if count > 1 { format!(" <span class=\"dim\">and {} more like it</span>", count - 1) } else { String::new() };
    let _ = write!(out, "<li>{severity}{id}<span class=\"message\">{}</span>{package}{others}", page(text::said(v)));
    let mut small = Vec::new();
    if let Some(place) = text::place(v) {
        small.push(format!("<code>{}</code>", text::page(&place, NAME)));
    }
    if let Some(source) = text::source(v).filter(|_| with_source) {
        small.push(format!("in {}", text::page(&source, NAME)));
    }
    small.extend(v.help.as_deref().map(|help| coded(&page(help))));
    small.extend(text::address(v).map(link));
    if !small.is_empty() {
        let _ = write!(out, "<div class=\"dim\">{}</div>", small.join(" · "));
    }
    out.push_str("</li>\n");
}

/// An address: a link where it leads to a database of advisories, as text elsewhere.
fn link(url: &str) -> String {
    let shown = text::page(url, 300);
    match text::is_advisory(url) {
        true => format!("<a href=\"{shown}\" rel=\"noopener noreferrer nofollow\">{shown}</a>"),
        false => format!("<code>{shown}</code>"),
    }
}

fn waivers(g: &GateVerdict, out: &mut String) {
    let words: Vec<String> = g
        .waivers
        .iter()
        .map(|w| {
            let until = w.expires.as_ref().map(|e| format!(" until {e}")).unwrap_or_default();
            format!("{} waived: {}{until}: {}", w.waived, w.what, w.reason)
        })
        .collect();
    lines("Waived", &words, out);
}

/// Where the gate stands in the policy, and what it was judged by.
fn foot(v: &Verdict, g: &GateVerdict, out: &mut String) {
    let file = g.policy_file.as_ref().or(v.policy.file.as_ref());
    let from = match (file, g.policy_line) {
        (Some(file), Some(line)) => format!("<code>{}:{line}</code>", text::page(file, NAME)),
        _ => "the built-in default".to_owned(),
    };
    let _ = write!(out, "<p class=\"dim\">rule {}, required by {from}", text::page(&g.rule, NAME));
    if !g.evidence.is_empty() {
        let names: Vec<String> =
            g.evidence.iter().take(5).map(|e| format!("<code>{}</code>", text::page(&e.path, NAME))).collect();
        let rest = g.evidence.len() - names.len();
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        let _ = write!(out, "; judged by {}{more}", names.join(", "));
    }
    out.push_str("</p>\n");
}

/// A list that is folded away, where there is something in it.
pub(super) fn folded(heading: &str, lines: &[String], out: &mut String) {
    if lines.is_empty() {
        return;
    }
    let _ = write!(
        out,
        "<details class=\"fold\"><summary>{heading} <span class=\"count\">{}</span></summary><ul>",
        lines.len()
    );
    for line in lines.iter().take(ENTRIES) {
        let _ = write!(out, "<li>{}</li>", page(line));
    }
    if lines.len() > ENTRIES {
        let _ = write!(out, "<li class=\"dim\">… and {} more (--format json shows all)</li>", lines.len() - ENTRIES);
    }
    out.push_str("</ul></details>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_backticks_is_code() {
        for (text, is) in [
            ("add it to `exceptions`", "add it to <code>exceptions</code>"),
            ("`a` or `b`.", "<code>a</code> or <code>b</code>."),
            ("a ` b", "a ` b"),
            ("`a` and ` b", "<code>a</code> and ` b"),
            ("``", "<code></code>"),
            ("", ""),
        ] {
            assert_eq!(coded(text), is);
        }
        assert_eq!(coded(&page("`<b>`")), "<code>&lt;b&gt;</code>");
    }
}
