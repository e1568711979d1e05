//! The output `human`: what somebody at a terminal wants to know, the reasons on the first screen.

use super::{Output, Style, Writer, text, wrap};
use crate::verdict::{Action, GateStatus, GateVerdict, Overall, Verdict, Violation};
use std::borrow::Cow;
use std::io::{self, Write};

pub(super) static OUTPUT: Output = Output {
    id: Cow::Borrowed("human"),
    title: Cow::Borrowed("for reading at a terminal"),
    write: Writer::Fixed(write),
};

/// Columns of a gate's name.
const NAME: usize = 30;

struct Paint(bool);

impl Paint {
    fn with(&self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn status(&self, status: GateStatus, text: &str) -> String {
        self.with(
            match status {
                GateStatus::Pass => "32",
                GateStatus::Warn => "33",
                GateStatus::Fail => "1;31",
                GateStatus::Error | GateStatus::Inconclusive => "1;35",
                GateStatus::Missing | GateStatus::Skip => "2",
            },
            text,
        )
    }

    fn dim(&self, text: &str) -> String {
        self.with("2", text)
    }
}

fn mark(g: &GateVerdict) -> &'static str {
    match g.status {
        GateStatus::Pass => "✓",
        GateStatus::Warn => "!",
        GateStatus::Fail => "✗",
        GateStatus::Error | GateStatus::Inconclusive => "?",
        GateStatus::Missing | GateStatus::Skip => "-",
    }
}

/// Warnings, unread files and the like that are shown of each kind.
const NOTES: usize = 10;

/// Gates that are shown with their figures where all is well.
const SCREEN: usize = 12;

/// Violations that are shown of all gates together: with what stands around them, some screens.
const ALL: usize = 60;

fn write(v: &Verdict, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut text = Vec::new();
    render(v, style, &mut text)?;
    put(&text, style, out)
}

/// Writes a text with nothing in it that steers, broken to the terminal's columns where there is one.
fn put(text: &[u8], style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let text = String::from_utf8_lossy(text);
    let text = text::inert(&text);
    out.write_all(if style.wrap { wrap::broken(&text, style.width) } else { text.into_owned() }.as_bytes())
}

fn render(v: &Verdict, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint(style.color);
    let (code, word) = match v.status {
        Overall::Pass => ("1;32", "PASS"),
        Overall::Warn => ("1;33", "WARN"),
        Overall::Fail => ("1;31", "FAIL"),
        Overall::Unknown => ("1;35", "UNKNOWN"),
    };
    writeln!(out, "{}  {}", paint.with(code, word), text::line(&v.summary))?;
    match &v.policy.file {
        Some(file) => {
            let name = |p: &String| format!(", profile {}", text::short(p, text::LONGEST));
            let from =
                v.policy.from.as_ref().map(|f| format!(" of {}", text::short(f, text::LONGEST))).unwrap_or_default();
            let profile = v.policy.profile.as_ref().map(name).unwrap_or_default();
            writeln!(out, "{}", paint.dim(&format!("policy {}{from}{profile}", text::short(file, text::LONGEST))))?;
        }
        None => writeln!(out, "{}", paint.dim("no gatekeeper.toml here: judged by the built-in default"))?,
    }
    let lines = text::strays(v);
    list(&paint.with("1;35", "not read, so the verdict cannot be a pass:"), &lines, style, out)?;
    if let Some(diff) = &v.context.diff {
        let base = diff.base.as_ref().map(|b| format!(" from {}", text::short(b, text::LONGEST))).unwrap_or_default();
        let (lines, files) = (diff.added_lines, diff.files);
        let s = |n: u64| if n == 1 { "" } else { "s" };
        let from = text::short(&diff.from, text::LONGEST);
        let line = format!("change: {lines} added line{} in {files} file{}, by {from}{base}", s(lines), s(files));
        writeln!(out, "{}", paint.dim(&line))?;
    }
    list(&paint.with("33", "looser than the base policy or the baseline:"), &v.loosened, style, out)?;
    writeln!(out)?;
    let wide = v.gates.iter().map(|g| g.name.chars().count()).max().unwrap_or(0).min(NAME);
    let short = v.gates.iter().filter(|g| !g.violations.is_empty()).count();
    let most = if style.verbose { usize::MAX } else { style.most.min((ALL / short.max(1)).max(1)) };
    let (shown, folded) = in_order(&v.gates, style);
    for g in shown {
        gate_line(g, wide, style, &paint, out)?;
        if style.verbose {
            judged(g, &paint, "      ", out)?;
        }
        let cells = text::cells(g);
        // Where all of them are listed they need not be said again.
        let brief = !cells.is_empty() && cells.len() <= notes(style);
        for cell in text::limited(cells, notes(style)) {
            writeln!(out, "      {}", text::short(&cell, room(style).max(160)))?;
        }
        violations(g, brief, most, style, &paint, out)?;
        if matches!(g.status, GateStatus::Fail | GateStatus::Error) {
            for to_pass in g.to_pass.iter().take(if style.verbose { usize::MAX } else { 2 }) {
                writeln!(out, "      {} {}", paint.dim("to pass:"), text::short(to_pass, room(style)))?;
            }
        }
    }
    fold(&folded, GateStatus::Pass, "passed", style, &paint, out)?;
    fold(&folded, GateStatus::Skip, "skipped", style, &paint, out)?;
    if !v.triggers.is_empty() {
        let words = text::short(&v.triggers.join(", "), room(style));
        writeln!(out, "\n{} {words}", paint.with("1;31", "triggers:"))?;
    }
    tail(v, style, &paint, out)
}

/// The gates that are shown, what decides first, and those of which a line names all. Where nothing falls short, what passed is shown with its
/// figures, unless that is more than a screen.
fn in_order<'g>(gates: &'g [GateVerdict], style: &Style) -> (Vec<&'g GateVerdict>, Vec<&'g GateVerdict>) {
    let good = |g: &GateVerdict| matches!(g.status, GateStatus::Pass | GateStatus::Skip);
    let plain = |g: &&GateVerdict| good(g) && g.violations.is_empty() && g.waivers.is_empty();
    let fold = !style.verbose && (gates.iter().any(|g| !good(g)) || gates.len() > SCREEN);
    let (folded, mut shown): (Vec<_>, Vec<_>) = gates.iter().partition(|g| fold && plain(g));
    shown.sort_by_key(|g| (good(g), !g.blocking, std::cmp::Reverse(g.status)));
    match folded.as_slice() {
        // A single one takes no more lines by itself.
        [one] => {
            shown.push(one);
            (shown, Vec::new())
        }
        _ => (shown, folded),
    }
}

/// One line for the gates of a status.
fn fold(
    gates: &[&GateVerdict],
    status: GateStatus,
    word: &str,
    style: &Style,
    paint: &Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let of: Vec<&GateVerdict> = gates.iter().copied().filter(|g| g.status == status).collect();
    let Some(first) = of.first() else { return Ok(()) };
    let names: Vec<String> = of.iter().map(|g| text::short(&g.name, NAME)).collect();
    let names = text::short(&names.join(", "), room(style));
    let count = text::counted(of.len(), "gate");
    writeln!(out, "  {} {count} {word}: {}", paint.status(status, mark(first)), paint.dim(&names))
}

/// Lines of a list that are shown.
fn notes(style: &Style) -> usize {
    if style.verbose { usize::MAX } else { NOTES }
}

/// Characters of a text that may take two lines of the terminal.
fn room(style: &Style) -> usize {
    style.width.saturating_mul(2).clamp(160, 1_000)
}

fn list(heading: &str, lines: &[String], style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{heading}")?;
    for l in text::limited(lines.to_vec(), notes(style)) {
        writeln!(out, "  {}", text::short(&l, room(style).max(400)))?;
    }
    Ok(())
}

fn gate_line(g: &GateVerdict, wide: usize, style: &Style, paint: &Paint, out: &mut dyn Write) -> io::Result<()> {
    let action = match g.action {
        Action::Block => "",
        Action::Warn if g.status > GateStatus::Pass => " (does not block)",
        Action::Inform if g.status > GateStatus::Pass => " (informs only)",
        _ => "",
    };
    let name = text::short(&g.name, NAME);
    let pad = " ".repeat(wide.saturating_sub(name.chars().count()));
    let status = format!("{:12}", g.status.as_str());
    // The reason may take two lines, the first behind the name and the status.
    let room = room(style).saturating_sub(wide + 20);
    writeln!(
        out,
        "  {} {name}{pad}  {}  {}{action}",
        paint.status(g.status, mark(g)),
        paint.status(g.status, &status),
        text::short(&g.reason, room)
    )
}

/// `brief`: what stands in the lines above is not said again.
fn violations(
    g: &GateVerdict,
    brief: bool,
    most: usize,
    style: &Style,
    paint: &Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    // An explanation shows every one.
    let every = || g.violations.iter().map(|v| (v, 1)).collect();
    let mut groups: Vec<(&Violation, usize)> = if most == usize::MAX { every() } else { text::grouped(&g.violations) };
    let above = |v: &Violation| brief && text::said_by_cell(g, v);
    let by_cells: usize = groups.iter().filter(|(v, _)| above(v)).map(|(_, n)| n).sum();
    groups.retain(|(v, _)| !above(v));
    let shown: usize = groups.iter().take(most).map(|(_, n)| n).sum::<usize>() + by_cells;
    // Evidence that all of them have in common is named once.
    let common = text::one_source(groups.iter().map(|(v, _)| *v)).filter(|_| groups.len() > 1);
    let in_code = |v: &Violation| v.place.as_ref().is_some_and(|p| Some(p.path.as_ref()) != common);
    let any_in_code = groups.iter().any(|(v, _)| in_code(v));
    // The reason is not said twice, but its way out is.
    for help in g.violations.iter().filter(|v| text::said_already(g, v)).filter_map(|v| v.help.as_deref()) {
        writeln!(out, "      {} {}", paint.dim("to pass:"), text::short(help, room(style)))?;
    }
    for (v, count) in groups.into_iter().take(most).filter(|(v, _)| !text::said_already(g, v)) {
        // What has no place in the code stands in its evidence.
        let in_code = v.place.is_some();
        let place = if in_code { text::place(v) } else { text::source(v) };
        let place = place.map(|p| format!("{p}  ")).unwrap_or_default();
        let severity = v.severity.map(|s| format!("{} ", s.as_str())).unwrap_or_default();
        let id = text::id(v).map(|id| format!("{}: ", text::short(id, text::LONGEST))).unwrap_or_default();
        let words = text::short(text::said(v), room(style).max(160));
        let package = match &v.package {
            Some(p) if !v.message.contains(p.as_str()) => format!(" [{}]", text::short(p, text::LONGEST)),
            _ => String::new(),
        };
        let others = if count > 1 { format!(" (and {} more like it)", count - 1) } else { String::new() };
        writeln!(out, "      {}{severity}{id}{words}{package}{others}", paint.with("1", &place))?;
        if let Some(source) = text::source(v) {
            let same = v.place.as_ref().is_some_and(|p| Some(p.path.as_ref()) == v.source.as_deref());
            if in_code && !same && common.is_none() {
                writeln!(out, "        {}", paint.dim(&format!("in {source}")))?;
            }
        }
        // The way out, and where to read on.
        let see = text::address(v).map(|url| format!("see {url}"));
        let more: Vec<String> =
            v.help.as_deref().map(|h| text::short(h, room(style).max(400))).into_iter().chain(see).collect();
        if !more.is_empty() {
            writeln!(out, "        {}", paint.dim(&more.join(" · ")))?;
        }
    }
    if let Some(source) = common.filter(|_| any_in_code) {
        writeln!(out, "      {}", paint.dim(&format!("all in {}", text::short(source, text::LONGEST))))?;
    }
    let rest = g.violations.len().saturating_sub(shown);
    if rest > 0 {
        let name = text::short(&g.name, text::LONGEST);
        writeln!(out, "      {}", paint.dim(&format!("… and {rest} more: gatekeeper explain {name} shows all")))?;
    }
    let waived = g.waivers.iter().take(most.max(NOTES));
    for w in waived {
        let until = w.expires.as_ref().map(|e| format!(" until {}", text::short(e, text::LONGEST))).unwrap_or_default();
        let what = text::short(&w.what, text::LONGEST);
        let words = format!("{} waived: {what}{until}: {}", w.waived, text::short(&w.reason, room(style)));
        writeln!(out, "      {}", paint.dim(&words))?;
    }
    let rest = g.waivers.len().saturating_sub(most.max(NOTES));
    if rest > 0 {
        writeln!(out, "      {}", paint.dim(&format!("… and {rest} more waivers")))?;
    }
    Ok(())
}

fn tail(v: &Verdict, style: &Style, paint: &Paint, out: &mut dyn Write) -> io::Result<()> {
    for (n, w) in text::limited(v.warnings.clone(), notes(style)).iter().enumerate() {
        let before = if n == 0 { "\n" } else { "" };
        writeln!(out, "{before}{} {}", paint.with("33", "warning:"), text::short(w, room(style).max(400)))?;
    }
    let unused: Vec<_> = v.evidence.iter().filter(|e| e.used_by.is_empty()).collect();
    let mut talk = vec![text::pieces(v.evidence.len())];
    if !unused.is_empty() {
        talk.push(format!("{} used by no gate", unused.len()));
    }
    if !v.set_aside.is_empty() {
        talk.push(format!("{} or older runs not counted", text::counted(v.set_aside.len(), "duplicate")));
    }
    if !v.ignored.is_empty() {
        talk.push(format!("{} not recognised", text::counted(v.ignored.len(), "file")));
    }
    writeln!(out, "\n{}", paint.dim(&talk.join(", ")))?;
    let worst = v
        .gates
        .iter()
        .filter(|g| g.status > GateStatus::Warn)
        .min_by_key(|g| (!g.blocking, std::cmp::Reverse(g.status)));
    // For whoever sits at a terminal; a log has no place for it.
    if let (Some(worst), true) = (worst, style.wrap && !style.verbose) {
        let name = text::short(&worst.name, text::LONGEST);
        writeln!(
            out,
            "{}",
            paint.dim(&format!(
                "look closer: gatekeeper explain {name} (one gate), gatekeeper check --verbose (all of it)"
            ))
        )?;
    }
    for (n, a) in v.set_aside.iter().enumerate() {
        if n == 3 && !style.verbose {
            let rest = format!("  … and {} more (--format json)", v.set_aside.len() - n);
            writeln!(out, "{}", paint.dim(&rest))?;
            break;
        }
        let instead = a.instead.as_ref().map(|i| format!(" ({})", text::short(i, text::LONGEST))).unwrap_or_default();
        let words = format!(
            "  not counted: {}: {}{instead}",
            text::short(&a.path, text::LONGEST),
            text::short(&a.because, room(style))
        );
        writeln!(out, "{}", paint.dim(&words))?;
    }
    if style.verbose {
        for e in &v.evidence {
            let by = if e.used_by.is_empty() { "no gate".to_owned() } else { e.used_by.join(", ") };
            let words = format!("  {} ({}): {by}", text::short(&e.path, text::LONGEST), e.format);
            writeln!(out, "{}", paint.dim(&text::line(&words)))?;
        }
        for file in &v.ignored {
            writeln!(out, "{}", paint.dim(&format!("  not recognised: {}", text::short(file, text::LONGEST))))?;
        }
    }
    Ok(())
}

/// Writes all that a verdict knows of one gate: why, from which evidence, what would make it pass. Answers whether there is such a gate.
pub fn explain(v: &Verdict, gate: &str, style: &Style, out: &mut dyn Write) -> io::Result<bool> {
    let Some(g) = v.gates.iter().find(|g| g.name == gate) else { return Ok(false) };
    let mut text = Vec::new();
    explanation(v, g, style, &mut text)?;
    put(&text, style, out)?;
    Ok(true)
}

/// The conditions of a gate, each with its sample and its distance.
fn judged(g: &GateVerdict, paint: &Paint, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    for (n, c) in g.conditions.iter().enumerate() {
        let head = if n == 0 { "judged" } else { "" };
        let sample = c.sample.map(|r| format!(" ({} of {})", r.covered, r.total)).unwrap_or_default();
        let distance = c.distance.as_ref().map(|d| format!(": {d}")).unwrap_or_default();
        let labels: Vec<String> = c.labels.iter().map(|(k, v)| format!("{k}={v} ")).collect();
        let words = format!(
            "{}{} {}{sample}, wanted {} {}{distance}",
            labels.concat(),
            c.metric,
            c.value,
            text::comparator(&c.comparator),
            c.limit
        );
        writeln!(out, "{indent}{head:9} {} {}", paint.status(c.status, c.status.as_str()), text::line(&words))?;
    }
    Ok(())
}

fn explanation(v: &Verdict, g: &GateVerdict, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint(style.color);
    gate_line(g, g.name.chars().count(), style, &paint, out)?;
    writeln!(out)?;
    let from = match (&v.policy.file, g.policy_line) {
        (Some(file), Some(line)) => format!("{}:{line}", text::line(g.policy_file.as_ref().unwrap_or(file))),
        _ => "the built-in default".to_owned(),
    };
    writeln!(out, "rule      {} (required by {from}; see `gatekeeper rules {}`)", g.rule, g.rule)?;
    judged(g, &paint, "", out)?;
    for (n, c) in g.cells.iter().enumerate() {
        let head = if n == 0 { "cells" } else { "" };
        let labels = c.labels.iter().map(|(k, v)| format!("{k}={v}"));
        let name = c.component.iter().cloned().chain(labels).collect::<Vec<_>>().join(" ");
        let words = text::line(&format!("{name}: {}", c.reason));
        writeln!(out, "{head:9} {} {words}", paint.status(c.status, c.status.as_str()))?;
    }
    for (n, e) in g.evidence.iter().enumerate() {
        let head = if n == 0 { "evidence" } else { "" };
        let known = v.evidence.iter().find(|r| r.path == e.path);
        let format = known.map_or("", |r| r.format.as_str());
        let hash = e.sha256.get(..12).unwrap_or(&e.sha256);
        writeln!(out, "{head:9} {} ({format}, sha256 {hash}…)", text::line(&e.path))?;
        for note in known.iter().flat_map(|r| &r.notes) {
            let place = note.location.as_ref().map(|l| format!("{l}: ")).unwrap_or_default();
            writeln!(out, "{:9}   {}", "", paint.dim(&format!("note: {place}{}", text::line(&note.message))))?;
        }
        for a in v.set_aside.iter().filter(|a| a.instead.as_deref() == Some(e.path.as_str())) {
            let words = format!("instead of {}: {}", text::line(&a.path), text::line(&a.because));
            writeln!(out, "{:9}   {}", "", paint.dim(&words))?;
        }
    }
    for p in v.problems.iter().filter(|p| p.concerns.contains(&g.name)) {
        writeln!(out, "{:9} {}", "not read", text::line(&p.error.message))?;
    }
    let short = g.violations.iter().any(|v| !text::said_already(g, v));
    if short || !g.waivers.is_empty() {
        writeln!(out, "\n{}", if short { "falls short by" } else { "waived" })?;
        violations(g, false, usize::MAX, style, &paint, out)?;
    }
    if !g.to_pass.is_empty() {
        writeln!(out, "\nto pass")?;
        for t in &g.to_pass {
            writeln!(out, "      {}", text::line(t))?;
        }
    }
    Ok(())
}
