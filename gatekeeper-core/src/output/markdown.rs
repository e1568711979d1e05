//! The output `markdown`: for a pull request's comment or a step's summary.

use super::{Output, Style, Writer, text};
use crate::verdict::{Action, GateStatus, GateVerdict, Overall, Verdict};
use std::borrow::Cow;
use std::io::{self, Write};

pub(super) static OUTPUT: Output = Output {
    id: Cow::Borrowed("markdown"),
    title: Cow::Borrowed("for a pull request's comment or a step's summary"),
    write: Writer::Fixed(write),
};

/// Violations of a gate that are shown.
const MOST: usize = 20;

fn sign(status: GateStatus) -> &'static str {
    match status {
        GateStatus::Pass => "✅",
        GateStatus::Warn => "⚠️",
        GateStatus::Fail => "❌",
        GateStatus::Error | GateStatus::Inconclusive => "❓",
        GateStatus::Missing | GateStatus::Skip => "➖",
    }
}

fn write(v: &Verdict, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let head = match v.status {
        Overall::Pass => "✅ Quality gates: pass",
        Overall::Warn => "⚠️ Quality gates: pass with warnings",
        Overall::Fail => "❌ Quality gates: fail",
        Overall::Unknown => "❓ Quality gates: unknown",
    };
    writeln!(out, "## {head}\n\n{}\n", text::markdown(&v.summary))?;
    writeln!(out, "| | Gate | Status | Why |\n|---|---|---|---|")?;
    for g in &v.gates {
        let advisory = if g.action == Action::Block { "" } else { " (does not block)" };
        writeln!(
            out,
            "| {} | {} | {}{advisory} | {} |",
            sign(g.status),
            text::markdown(&g.name),
            g.status.as_str(),
            text::markdown(&text::cut(&g.reason, 300))
        )?;
    }
    for g in v.gates.iter().filter(|g| !g.violations.is_empty()) {
        gate(g, out)?;
    }
    let strays: Vec<_> = v.problems.iter().filter(|p| p.concerns.is_empty()).collect();
    if !strays.is_empty() {
        writeln!(out, "\n**Not read, so this cannot be a pass:**\n")?;
        for p in strays {
            writeln!(out, "- {}", text::markdown(&p.error.message))?;
        }
    }
    for w in &v.warnings {
        writeln!(out, "\n⚠️ {}", text::markdown(w))?;
    }
    let policy = v.policy.file.as_deref().map_or_else(|| "built-in default".to_owned(), text::code);
    let aside = if v.set_aside.is_empty() { String::new() } else { format!(", {} not counted", v.set_aside.len()) };
    writeln!(out, "\n<sub>policy: {policy}; {}{aside}</sub>", text::pieces(v.evidence.len()))
}

fn gate(g: &GateVerdict, out: &mut dyn Write) -> io::Result<()> {
    let open = if g.status == GateStatus::Fail { " open" } else { "" };
    let name = text::markdown(&g.name);
    writeln!(
        out,
        "\n<details{open}><summary>{} {name}: {} to look at</summary>\n",
        sign(g.status),
        g.violations.len()
    )?;
    for v in g.violations.iter().take(MOST) {
        let severity = v.severity.map(|s| format!("**{}** ", s.as_str())).unwrap_or_default();
        let place = text::place(v).map(|p| format!("{} ", text::code(&p))).unwrap_or_default();
        let id = match &v.id {
            Some(id) if !v.message.contains(id.as_str()) => format!("{} ", text::code(id)),
            _ => String::new(),
        };
        let help = v.help.as_ref().map(|h| format!(" — {}", text::markdown(h))).unwrap_or_default();
        let package = match &v.package {
            Some(p) if !v.message.contains(p.as_str()) => format!(" in {}", text::code(p)),
            _ => String::new(),
        };
        let see = text::advisory(v).map(|url| format!(" — {url}")).unwrap_or_default();
        let source = text::source(v).map(|s| format!(" (in {})", text::code(&s))).unwrap_or_default();
        writeln!(
            out,
            "- {severity}{place}{id}{}{package}{help}{see}{source}",
            text::markdown(&text::cut(&v.message, 400))
        )?;
    }
    if g.violations.len() > MOST {
        writeln!(out, "- … and {} more", g.violations.len() - MOST)?;
    }
    writeln!(out, "\n</details>")
}
