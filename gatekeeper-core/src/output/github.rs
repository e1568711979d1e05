//! The output `github`: workflow commands that annotate files in a GitHub Actions run.
//!
//! Source: "Workflow commands for GitHub Actions". Text from reports is escaped, so that it cannot give commands of its own. GitHub shows
//! ten annotations of each level for a step: the worst are given, the rest is counted in the last.

use super::{Output, Style, Writer, text};
use crate::verdict::{GateStatus, GateVerdict, Verdict, Violation};
use gatekeeper_evidence::findings::Place;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::io::{self, Write};

pub(super) static OUTPUT: Output = Output {
    id: Cow::Borrowed("github"),
    title: Cow::Borrowed("annotations in a GitHub Actions run"),
    write: Writer::Fixed(write),
};

/// GitHub shows ten annotations of each level for a step; more only fill the log.
const MOST: usize = 10;

/// Characters of a message.
const WORDS: usize = 2_000;

/// A level of annotations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// What blocks.
    Error,
    /// What falls short.
    Warning,
    /// What is good to know.
    Notice,
}

/// An annotation, still in the words of whoever wrote them.
struct Annotation<'a> {
    level: Level,
    title: String,
    at: Option<&'a Place>,
    message: String,
}

fn write(v: &Verdict, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut all = vec![Annotation {
        level: Level::Notice,
        title: format!("gatekeeper: {}", v.status.as_str()),
        at: None,
        message: v.summary.clone(),
    }];
    for stray in text::strays(v) {
        all.push(Annotation { level: Level::Error, title: "evidence not read".to_owned(), at: None, message: stray });
    }
    let mut worst: Vec<&GateVerdict> = v.gates.iter().collect();
    worst.sort_by_key(|g| Reverse((g.blocking, g.status)));
    for g in worst {
        gate(g, &mut all);
    }
    for w in v.loosened.iter().chain(&v.warnings) {
        all.push(Annotation { level: Level::Warning, title: "gatekeeper".to_owned(), at: None, message: w.clone() });
    }
    for level in [Level::Error, Level::Warning, Level::Notice] {
        let of_level: Vec<&Annotation<'_>> = all.iter().filter(|a| a.level == level).collect();
        let shown = if of_level.len() > MOST { MOST - 1 } else { of_level.len() };
        for a in of_level.iter().take(shown) {
            let at = a.at.map(|p| (p.path.as_ref(), p.line.map(u64::from), p.column.map(u64::from)));
            writeln!(out, "{}", command(level, &a.title, at, &a.message))?;
        }
        if shown < of_level.len() {
            let words = format!("and {} more: see the summary or the log", of_level.len() - shown);
            writeln!(out, "{}", command(level, "gatekeeper", None, &words))?;
        }
    }
    Ok(())
}

fn gate<'a>(g: &'a GateVerdict, all: &mut Vec<Annotation<'a>>) {
    let level = match g.status {
        GateStatus::Pass | GateStatus::Skip => return,
        _ if g.blocking => Level::Error,
        GateStatus::Missing => Level::Notice,
        _ => Level::Warning,
    };
    let placed: Vec<&Violation> = g.violations.iter().filter(|v| v.place.is_some()).collect();
    let rest = g.violations.len().saturating_sub(MOST);
    // What stands nowhere in the code is told by the gate's own words.
    if placed.len() < g.violations.len() || placed.is_empty() || rest > 0 {
        let more = if rest > 0 { format!(" ({} violations)", g.violations.len()) } else { String::new() };
        all.push(Annotation {
            level,
            title: format!("gate {}: {}", text::short(&g.name, text::LONGEST), g.status.as_str()),
            at: None,
            message: format!("{}{more}", text::short(&g.reason, WORDS)),
        });
    }
    for v in placed.into_iter().take(MOST) {
        let path = v.place.as_ref().map(|p| p.path.as_ref());
        let id = v.id.as_deref().filter(|id| Some(*id) != path);
        let id = id.map(|i| format!(" ({})", text::short(i, text::LONGEST))).unwrap_or_default();
        let package = match &v.package {
            Some(p) if !v.message.contains(p.as_str()) => format!(" [{}]", text::short(p, text::LONGEST)),
            _ => String::new(),
        };
        let help = v.help.as_ref().map(|h| format!("\n{}", text::short(h, WORDS))).unwrap_or_default();
        let see = text::address(v).map(|url| format!("\nsee {url}")).unwrap_or_default();
        all.push(Annotation {
            level,
            title: format!("gate {}{id}", text::short(&g.name, text::LONGEST)),
            at: v.place.as_ref(),
            message: format!("{}{package}{help}{see}", text::cut(text::said(v), WORDS)),
        });
    }
}

/// An annotation of a policy that cannot be used, at its line: for GitHub Actions, where `file` is what the checkout calls it.
pub fn policy_annotation(file: &str, line: Option<u64>, column: Option<u64>, message: &str) -> String {
    command(Level::Error, "gatekeeper: policy", Some((file, line, column)), message)
}

/// One workflow command, on one line.
fn command(level: Level, title: &str, at: Option<(&str, Option<u64>, Option<u64>)>, message: &str) -> String {
    let level = match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Notice => "notice",
    };
    let mut out = format!("::{level} title={}", property(&text::short(title, 2 * text::LONGEST)));
    // A path that is cut or escaped is none of the checkout.
    if let Some((path, line, column)) = at.filter(|(path, ..)| text::short(path, WORDS) == *path && !path.is_empty()) {
        out.push_str(&format!(",file={}", property(path)));
        for (name, n) in [("line", line), ("col", column)] {
            if let Some(n) = n {
                out.push_str(&format!(",{name}={n}"));
            }
        }
    }
    let message: Vec<String> = message.lines().map(text::line).collect();
    format!("{out}::{}", data(&text::cut(&message.join("\n"), 2 * WORDS)))
}

fn data(text: &str) -> String {
    text::inert(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
