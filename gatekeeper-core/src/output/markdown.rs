//! The output `markdown`: for a pull request's comment or a step's summary.
//!
//! GitHub refuses a comment of more than 65,536 characters and drops a summary above 1 MiB: what does not fit is counted, the worst is shown.

use super::{Output, Style, Writer, text};
use crate::verdict::{Action, GateStatus, GateVerdict, Overall, Verdict, Violation};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::io::{self, Write};

pub(super) static OUTPUT: Output = Output {
    id: Cow::Borrowed("markdown"),
    title: Cow::Borrowed("for a pull request's comment or a step's summary"),
    write: Writer::Fixed(write),
};

/// Violations of a gate that are shown.
const MOST: usize = 20;

/// Gates that have a row in the table.
const ROWS: usize = 100;

/// Waivers, warnings and the like that are shown of each kind.
const NOTES: usize = 10;

/// Characters for the table and the gates, out of the 65,536 of a comment: the rest is for what stands around them.
const ROOM: usize = 48_000;

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
struct Page {
    text: String,
    left: usize,
}

impl Page {
    /// Adds a piece, as long as there is room for it. GitHub counts as JavaScript does.
    fn add(&mut self, piece: &str) -> bool {
        let Some(left) = self.left.checked_sub(piece.encode_utf16().count()) else { return false };
        self.left = left;
        self.text.push_str(piece);
        true
    }
}

fn write(v: &Verdict, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let head = match v.status {
        Overall::Pass => "✅ Quality gates: pass",
        Overall::Warn => "⚠️ Quality gates: pass with warnings",
        Overall::Fail => "❌ Quality gates: fail",
        Overall::Unknown => "❓ Quality gates: unknown",
    };
    writeln!(out, "## {head}\n\n{}\n", text::markdown(&v.summary, 1_000))?;
    let mut worst: Vec<&GateVerdict> = v.gates.iter().collect();
    worst.sort_by_key(|g| Reverse((g.blocking, g.status)));
    let mut page = Page { text: String::new(), left: ROOM };
    table(v, &worst, &mut page);
    if !v.triggers.is_empty() {
        page.add(&format!("\n**Triggers:** {}\n", text::markdown(&v.triggers.join(", "), 400)));
    }
    let strays = text::strays(v);
    list("**Not read, so this cannot be a pass:**", &strays, &mut page);
    let by =
        v.policy.profile.as_ref().map(|p| format!(" by the profile {}", text::markdown(p, NAME))).unwrap_or_default();
    list(&format!("**Demanded less than by the policy itself{by}:**"), &v.loosened, &mut page);
    details(&worst, &mut page);
    out.write_all(page.text.as_bytes())?;
    for w in text::limited(v.warnings.clone(), NOTES) {
        writeln!(out, "\n⚠️ {}", text::markdown(&w, 400))?;
    }
    let policy = v
        .policy
        .file
        .as_deref()
        .map_or_else(|| "built-in default".to_owned(), |f| text::code(&text::short(f, text::LONGEST)));
    let aside = if v.set_aside.is_empty() { String::new() } else { format!(", {} not counted", v.set_aside.len()) };
    writeln!(out, "\n<sub>policy: {policy}; {}{aside}</sub>", text::pieces(v.evidence.len()))
}

fn table(v: &Verdict, worst: &[&GateVerdict], page: &mut Page) {
    page.add("| | Gate | Status | Why |\n|---|---|---|---|\n");
    // In the policy's order, unless they are too many: then the worst come first.
    let in_order: Vec<&GateVerdict> = v.gates.iter().collect();
    let gates = if in_order.len() > ROWS { worst } else { &in_order };
    let row = |g: &GateVerdict| {
        let advisory = if g.action == Action::Block { "" } else { " (does not block)" };
        let (name, why) = (text::cell(&g.name, NAME), text::cell(&g.reason, 300));
        format!("| {} | {name} | {}{advisory} | {why} |\n", sign(g.status), g.status.as_str())
    };
    let shown = gates.iter().take(ROWS).take_while(|g| page.add(&row(g))).count();
    if shown < gates.len() {
        page.add(&format!("\n… and {} more gates\n", gates.len() - shown));
    }
}

fn list(heading: &str, lines: &[String], page: &mut Page) {
    if lines.is_empty() {
        return;
    }
    page.add(&format!("\n{heading}\n\n"));
    for l in text::limited(lines.to_vec(), NOTES) {
        page.add(&format!("- {}\n", text::markdown(&l, 400)));
    }
}

fn details(worst: &[&GateVerdict], page: &mut Page) {
    const END: &str = "\n</details>\n";
    let mut hidden = 0;
    for g in worst.iter().filter(|g| !g.violations.is_empty()) {
        let open = if g.status == GateStatus::Fail { " open" } else { "" };
        let (name, n) = (text::html(&g.name, NAME), g.violations.len());
        let head = format!("\n<details{open}><summary>{} {name}: {n} to look at</summary>\n\n", sign(g.status));
        // Nothing is opened that could not be closed again.
        let rest = "- … and 18446744073709551615 more\n";
        let Some(left) = page.left.checked_sub(END.len() + rest.len()) else {
            hidden += n;
            continue;
        };
        let mut section = Page { text: String::new(), left };
        let mut shown = 0;
        if section.add(&head) {
            let cells = text::limited(text::cells(g), NOTES);
            for cell in cells.iter().take_while(|c| section.add(&format!("- {}\n", text::markdown(c, 400)))) {
                let _ = cell;
            }
            let groups = text::grouped(&g.violations);
            for (v, count) in groups.into_iter().take(MOST).take_while(|(v, count)| section.add(&item(v, *count))) {
                let _ = v;
                shown += count;
            }
        }
        if shown == 0 {
            hidden += n;
            continue;
        }
        page.add(&section.text);
        if shown < n {
            page.add(&format!("- … and {} more\n", n - shown));
        }
        page.add(END);
    }
    if hidden > 0 {
        page.left = page.left.max(200);
        page.add(&format!("\n… and {hidden} more to look at in other gates\n"));
    }
}

/// A violation, or many of one kind.
fn item(v: &Violation, count: usize) -> String {
    let severity = v.severity.map(|s| format!("**{}** ", s.as_str())).unwrap_or_default();
    let place = text::place(v).map(|p| format!("{} ", text::code(&p))).unwrap_or_default();
    let id = match &v.id {
        Some(id) if !v.message.contains(id.as_str()) => format!("{} ", text::code(&text::short(id, text::LONGEST))),
        _ => String::new(),
    };
    let help = v.help.as_ref().map(|h| format!(" — {}", text::markdown(h, 300))).unwrap_or_default();
    let package = match &v.package {
        Some(p) if !v.message.contains(p.as_str()) => format!(" in {}", text::code(&text::short(p, text::LONGEST))),
        _ => String::new(),
    };
    let see = text::advisory(v).map(|url| format!(" — {url}")).unwrap_or_default();
    let source = text::source(v).map(|s| format!(" (in {})", text::code(&s))).unwrap_or_default();
    let others = if count > 1 { format!(" (and {} more like it)", count - 1) } else { String::new() };
    format!("- {severity}{place}{id}{}{package}{help}{see}{source}{others}\n", text::markdown(&v.message, 400))
}
