//! The output `github`: workflow commands that annotate files in a GitHub Actions run.
//!
//! Source: "Workflow commands for GitHub Actions". Text from reports is escaped, so that it cannot give commands of its own.

use super::{Output, Style, Writer, text};
use crate::verdict::{GateStatus, GateVerdict, Verdict, Violation};
use std::borrow::Cow;
use std::io::{self, Write};

pub(super) static OUTPUT: Output = Output {
    id: Cow::Borrowed("github"),
    title: Cow::Borrowed("annotations in a GitHub Actions run"),
    write: Writer::Fixed(write),
};

/// GitHub shows ten annotations of each level for a step; more only fill the log.
const MOST: usize = 10;

fn write(v: &Verdict, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    for g in &v.gates {
        let level = match g.status {
            GateStatus::Pass | GateStatus::Skip => continue,
            _ if g.blocking => "error",
            GateStatus::Missing => "notice",
            _ => "warning",
        };
        let shown: Vec<&Violation> = g.violations.iter().take(MOST).collect();
        if shown.iter().all(|v| v.place.is_none()) {
            command(level, &format!("gate {}: {}", g.name, g.status.as_str()), None, &g.reason, out)?;
        }
        for violation in shown.iter().filter(|v| v.place.is_some()) {
            annotate(g, violation, level, out)?;
        }
        let rest = g.violations.len().saturating_sub(MOST);
        if rest > 0 {
            let words = format!("{}, and {rest} more violations", g.reason);
            command(level, &format!("gate {}", g.name), None, &words, out)?;
        }
    }
    for p in v.problems.iter().filter(|p| p.concerns.is_empty()) {
        command("error", "evidence not read", None, &p.error.message, out)?;
    }
    for w in &v.warnings {
        command("warning", "gatekeeper", None, w, out)?;
    }
    command("notice", &format!("gatekeeper: {}", v.status.as_str()), None, &v.summary, out)
}

fn annotate(g: &GateVerdict, v: &Violation, level: &str, out: &mut dyn Write) -> io::Result<()> {
    let id = v.id.as_ref().map(|i| format!(" ({i})")).unwrap_or_default();
    let package = match &v.package {
        Some(p) if !v.message.contains(p.as_str()) => format!(" [{p}]"),
        _ => String::new(),
    };
    let help = v.help.as_ref().map(|h| format!("\n{h}")).unwrap_or_default();
    let see = text::address(v).map(|url| format!("\nsee {url}")).unwrap_or_default();
    let words = format!("{}{package}{help}{see}", v.message);
    command(level, &format!("gate {}{id}", g.name), Some(v), &words, out)
}

fn command(level: &str, title: &str, at: Option<&Violation>, message: &str, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "::{level} title={}", property(&text::line(title)))?;
    if let Some(place) = at.and_then(|v| v.place.as_ref()) {
        write!(out, ",file={}", property(&place.path))?;
        if let Some(line) = place.line {
            write!(out, ",line={line}")?;
        }
        if let Some(column) = place.column {
            write!(out, ",col={column}")?;
        }
    }
    let message: Vec<String> = message.lines().map(text::line).collect();
    writeln!(out, "::{}", data(&message.join("\n")))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
