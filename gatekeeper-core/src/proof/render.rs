//! A comparison of two verdicts in words: for a terminal and for a comment.

use super::compare::{Comparison, GateChange, Side};
use crate::output::{comparator, id, inert, line, markdown, said};
use crate::verdict::{GateStatus, Violation};
use std::io::{self, Write};

/// Violations that are shown of each gate; the rest are counted.
const MOST: usize = 20;

/// Characters of a text.
const LONGEST: usize = 300;

fn cut(text: &str) -> String {
    let text = line(text);
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

fn status(s: Option<GateStatus>) -> &'static str {
    s.map_or("none", GateStatus::as_str)
}

fn side(s: &Side) -> String {
    let commit = s.commit.as_ref().map(|c| format!(" ({})", c.get(..12).unwrap_or(c))).unwrap_or_default();
    format!("{}{commit}", s.status.as_str())
}

/// Writes it for people.
///
/// # Errors
/// What the writer gives.
pub fn comparison(c: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    let mut text = Vec::new();
    human(c, &mut text)?;
    out.write_all(inert(&String::from_utf8_lossy(&text)).as_bytes())
}

fn human(c: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    if c.same {
        return writeln!(out, "nothing differs: both are {}", side(&c.after));
    }
    writeln!(out, "{} → {}", side(&c.before), side(&c.after))?;
    if !c.same_policy {
        writeln!(out, "judged by different policies")?;
    }
    for g in &c.gates {
        writeln!(out, "\n{}  {} → {}", cut(&g.name), status(g.before), status(g.after))?;
        for words in details(g) {
            writeln!(out, "  {words}")?;
        }
    }
    if !c.evidence.is_empty() {
        writeln!(out, "\nevidence")?;
    }
    for e in c.evidence.iter().take(MOST) {
        let sign = match (&e.before, &e.after) {
            (None, _) => "+",
            (_, None) => "-",
            _ => "~",
        };
        writeln!(out, "  {sign} {}", cut(&e.path))?;
    }
    rest(c.evidence.len(), out)
}

fn rest(all: usize, out: &mut dyn Write) -> io::Result<()> {
    let more = all.saturating_sub(MOST);
    if more > 0 { writeln!(out, "  … and {more} more") } else { Ok(()) }
}

fn details(g: &GateChange) -> Vec<String> {
    let mut out = Vec::new();
    for c in &g.conditions {
        let shown = |c: &Option<crate::verdict::Condition>| {
            c.as_ref().map_or("none".to_owned(), |c| format!("{} ({} {})", c.value, comparator(&c.comparator), c.limit))
        };
        let labels: Vec<String> = c.labels.iter().map(|(k, v)| format!("{k}={v} ")).collect();
        out.push(cut(&format!("{}{}: {} → {}", labels.concat(), c.metric, shown(&c.before), shown(&c.after))));
    }
    if g.conditions.is_empty() && g.reason_before != g.reason_after {
        out.extend(g.reason_after.iter().map(|r| cut(r)));
    }
    for (sign, list) in [("+", &g.new), ("-", &g.gone)] {
        out.extend(list.iter().take(MOST).map(|v| format!("{sign} {}", cut(&violation(v)))));
        let more = list.len().saturating_sub(MOST);
        if more > 0 {
            out.push(format!("{sign} … and {more} more"));
        }
    }
    out
}

fn violation(v: &Violation) -> String {
    let place = v.place.as_ref().map(|p| match p.line {
        Some(line) => format!("{}:{line} ", p.path),
        None => format!("{} ", p.path),
    });
    let place = place.unwrap_or_default();
    let id = id(v).map(|id| format!("{id}: ")).unwrap_or_default();
    format!("{place}{id}{}", said(v))
}

/// Writes it in Markdown.
///
/// # Errors
/// What the writer gives.
pub fn comparison_markdown(c: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    let md = |text: &str| markdown(text, LONGEST);
    if c.same {
        return writeln!(out, "Nothing differs: both are **{}**.", md(&side(&c.after)));
    }
    writeln!(out, "**{}** → **{}**\n", md(&side(&c.before)), md(&side(&c.after)))?;
    if !c.same_policy {
        writeln!(out, "Judged by different policies.\n")?;
    }
    for g in &c.gates {
        writeln!(out, "- {}: {} → {}", md(&g.name), status(g.before), status(g.after))?;
        for words in details(g) {
            writeln!(out, "  - {}", md(&words))?;
        }
    }
    for e in c.evidence.iter().take(MOST) {
        let what = match (&e.before, &e.after) {
            (None, _) => "new",
            (_, None) => "gone",
            _ => "other than it was",
        };
        writeln!(out, "- evidence {}: {what}", md(&e.path))?;
    }
    rest(c.evidence.len(), out)
}
