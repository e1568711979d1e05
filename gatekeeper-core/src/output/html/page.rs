//! The page without its lists: verdict, what was not read, gates from the worst on, waivers, evidence.

use super::super::{Style, text};
use super::gate::{NAME, coded, folded, gate, page};
use super::since;
use crate::verdict::{GateStatus, Overall, Verdict};
use std::fmt::Write;

/// Rows of the tables of waivers and evidence, and lines of the boxes.
const ROWS: usize = 300;
const LINES: usize = 20;

/// The title of the browser's tab.
pub(super) fn title(v: &Verdict) -> String {
    format!("{}: {}", v.status.as_str().to_uppercase(), text::page(&v.summary, 120))
}

/// The groups in which gates are shown.
const GROUPS: &[(&str, &[GateStatus])] = &[
    ("Failed", &[GateStatus::Fail]),
    ("Could not be judged", &[GateStatus::Error, GateStatus::Missing, GateStatus::Inconclusive]),
    ("Warnings", &[GateStatus::Warn]),
    ("Passed", &[GateStatus::Pass]),
    ("Skipped", &[GateStatus::Skip]),
];

/// Adds all of the body but data and script.
pub(super) fn body(v: &Verdict, style: &Style, out: &mut String) {
    header(v, out);
    out.push_str("<main id=\"main\" tabindex=\"-1\">\n<section id=\"view-overview\" aria-label=\"Overview\">\n");
    boxes(v, out);
    for (heading, statuses) in GROUPS {
        let mut these: Vec<_> = v.gates.iter().enumerate().filter(|(_, g)| statuses.contains(&g.status)).collect();
        // What decides the verdict comes first.
        these.sort_by_key(|(_, g)| !g.blocking);
        if these.is_empty() {
            continue;
        }
        let _ = writeln!(out, "<h2>{heading} <span class=\"count\">{}</span></h2>", these.len());
        for (n, g) in these {
            gate(v, n, g, style, out);
        }
    }
    since::baseline(v, out);
    waivers(v, out);
    since::due(v, out);
    evidence(v, out);
    if let Some(left) = v.details.as_ref().map(|d| &d.left_out).filter(|left| !left.is_empty()) {
        let words: Vec<String> = left.iter().map(|(kind, n)| format!("{n} {}", text::page(kind, NAME))).collect();
        let _ = writeln!(out, "<p class=\"dim\">Not on this page, as there are too many: {}.</p>", words.join(", "));
    }
    out.push_str("</section>\n</main>\n");
    let _ = writeln!(out, "<footer>gatekeeper {}</footer>", text::page(&v.engine, NAME));
}

fn header(v: &Verdict, out: &mut String) {
    let word = v.status.as_str();
    let sign = match v.status {
        Overall::Pass => "✓",
        Overall::Warn => "!",
        Overall::Fail => "✗",
        Overall::Unknown => "?",
    };
    let _ = write!(
        out,
        "<a class=\"skip\" href=\"#main\">Skip to the gates</a>\n<header id=\"overview\" class=\"s-{word}\">\n<div class=\"verdict\"><span class=\"sign\" aria-hidden=\"true\">{sign}</span>\
         <div><h1>{}</h1><p>{}</p></div></div>\n",
        word.to_uppercase(),
        page(&v.summary)
    );
    let counts: Vec<String> = GROUPS
        .iter()
        .flat_map(|(_, statuses)| *statuses)
        .filter_map(|status| {
            let n = v.gates.iter().filter(|g| g.status == *status).count();
            (n > 0).then(|| format!("<li class=\"s-{0}\"><b>{n}</b> {0}</li>", status.as_str()))
        })
        .collect();
    let _ = writeln!(out, "<ul class=\"counts\" aria-label=\"Gates by status\">{}</ul>", counts.concat());
    out.push_str("<dl class=\"run\">");
    let mut fact = |name: &str, words: String| {
        let _ = write!(out, "<div><dt>{name}</dt><dd>{words}</dd></div>");
    };
    match &v.policy.file {
        Some(file) => {
            let profile =
                v.policy.profile.as_ref().map(|p| format!(", profile {}", text::page(p, NAME))).unwrap_or_default();
            fact("Policy", format!("<code>{}</code>{profile}", text::page(file, NAME)));
        }
        None => fact("Policy", "the built-in default".to_owned()),
    }
    if let Some(commit) = &v.context.commit {
        let dirty = if v.context.dirty { ", with uncommitted changes" } else { "" };
        fact("Commit", format!("<code>{}</code>{dirty}", text::page(commit, 12)));
    }
    if let Some(diff) = &v.context.diff {
        let base =
            diff.base.as_ref().map(|b| format!(" since <code>{}</code>", text::page(b, NAME))).unwrap_or_default();
        fact(
            "Change",
            format!(
                "{}, {}{base}",
                text::counted(count(diff.files), "file"),
                text::counted(count(diff.added_lines), "added line")
            ),
        );
    }
    if let Some(now) = &v.now {
        let now = text::page(now, NAME);
        fact("Judged", format!("<time datetime=\"{now}\">{}</time>", now.replacen('T', " ", 1).replace('Z', " UTC")));
    }
    out.push_str("</dl>\n</header>\n<nav id=\"views\" aria-label=\"Views\"></nav>\n");
}

fn count(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// What a person has to know before any gate: what was not read, what was demanded less, warnings, what is to be done.
fn boxes(v: &Verdict, out: &mut String) {
    boxed("error", "Not read, so the verdict cannot be a pass", &text::strays(v), out);
    boxed("warn", "Demanded less than by the policy itself", &v.loosened, out);
    boxed("warn", if v.warnings.len() == 1 { "Warning" } else { "Warnings" }, &v.warnings, out);
    boxed("fail", "To be done", &v.triggers, out);
    boxed("missing", "Not known of this run", &v.context.notes, out);
}

fn boxed(status: &str, heading: &str, lines: &[String], out: &mut String) {
    if lines.is_empty() {
        return;
    }
    let _ = write!(out, "<div class=\"box s-{status}\"><h2>{heading}</h2><ul>");
    for line in lines.iter().take(LINES) {
        let _ = write!(out, "<li>{}</li>", coded(&page(line)));
    }
    if lines.len() > LINES {
        let _ = write!(out, "<li class=\"dim\">… and {} more (--format json shows all)</li>", lines.len() - LINES);
    }
    out.push_str("</ul></div>\n");
}

/// Every waiver that was used, the first to end first.
fn waivers(v: &Verdict, out: &mut String) {
    let mut used: Vec<_> = v.gates.iter().flat_map(|g| g.waivers.iter().map(move |w| (g, w))).collect();
    if used.is_empty() {
        return;
    }
    used.sort_by(|a, b| (a.1.expires.is_none(), &a.1.expires).cmp(&(b.1.expires.is_none(), &b.1.expires)));
    let _ = write!(
        out,
        "<h2>Waivers <span class=\"count\">{}</span></h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Waivers\"><table class=\"waivers\"><thead><tr><th scope=\"col\">Ends</th><th scope=\"col\">Gate</th>\
         <th scope=\"col\">Waives</th><th scope=\"col\" class=\"n\">Waived</th><th scope=\"col\">Reason</th></tr></thead><tbody>\n",
        used.len()
    );
    for (g, w) in used.iter().take(ROWS) {
        let due = v.due.iter().find(|d| d.policy_line == w.policy_line && Some(&d.expires) == w.expires.as_ref());
        let soon = match due {
            Some(d) if d.days == 0 => " <span class=\"tag due\">today</span>".to_owned(),
            Some(d) => {
                let days = usize::try_from(d.days).unwrap_or(usize::MAX);
                format!(" <span class=\"tag due\">in {}</span>", text::counted(days, "day"))
            }
            None => String::new(),
        };
        let owner = w
            .owner
            .as_ref()
            .map(|o| format!(" <span class=\"dim\">owner {}</span>", text::page(o, NAME)))
            .unwrap_or_default();
        let ticket = w
            .ticket
            .as_ref()
            .map(|t| format!(" <span class=\"dim\">{}</span>", text::page(t, NAME)))
            .unwrap_or_default();
        let _ = writeln!(
            out,
            "<tr><td>{}{soon}</td><td>{}</td><td>{}</td><td class=\"n\">{}</td><td>{}{owner}{ticket}</td></tr>",
            w.expires.as_ref().map_or("never".to_owned(), |e| text::page(e, NAME)),
            text::page(&g.name, NAME),
            text::page(&w.what, NAME),
            w.waived,
            page(&w.reason)
        );
    }
    out.push_str("</tbody></table></div>\n");
    rest(used.len(), "waiver", out);
}

fn rest(all: usize, noun: &str, out: &mut String) {
    if let Some(rest) = all.checked_sub(ROWS).filter(|rest| *rest > 0) {
        let _ = writeln!(out, "<p class=\"dim\">… and {} (--format json shows all)</p>", text::counted(rest, noun));
    }
}

fn evidence(v: &Verdict, out: &mut String) {
    let all = v.evidence.len();
    let _ = writeln!(out, "<h2>Evidence <span class=\"count\">{all}</span></h2>");
    if all == 0 {
        out.push_str("<p class=\"dim\">No report was read.</p>\n");
    } else {
        out.push_str(
            "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Evidence\"><table class=\"evidence\"><thead><tr><th scope=\"col\">File</th><th scope=\"col\">Says</th><th scope=\"col\">Format</th>\
             <th scope=\"col\">Tool</th><th scope=\"col\">Gates</th><th scope=\"col\">SHA-256</th></tr></thead><tbody>\n",
        );
    }
    for e in v.evidence.iter().take(ROWS) {
        let labels: Vec<String> = e.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let labels = if labels.is_empty() {
            String::new()
        } else {
            format!(" <span class=\"dim\">{}</span>", text::page(&labels.join(" "), NAME))
        };
        let notes: Vec<String> = e
            .notes
            .iter()
            .take(3)
            .map(|n| format!("<div class=\"dim\">note: {}</div>", text::page(&n.message, NAME)))
            .collect();
        let complete = if e.complete == Some(false) { " <span class=\"tag due\">not complete</span>" } else { "" };
        let gates = if e.used_by.is_empty() {
            "<span class=\"dim\">none</span>".to_owned()
        } else {
            text::page(&e.used_by.join(", "), NAME)
        };
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\"><code>{}</code>{labels}{complete}{}</th><td>{}</td><td>{}</td><td>{}</td><td>{gates}</td><td><code>{}</code></td></tr>",
            text::page(&e.path, NAME),
            notes.concat(),
            e.kind.as_str(),
            text::page(&e.format, NAME),
            text::page(e.tool.as_deref().unwrap_or_default(), NAME),
            text::page(&e.sha256, 13),
        );
    }
    if all > 0 {
        out.push_str("</tbody></table></div>\n");
        rest(all, "file", out);
    }
    let aside: Vec<String> = v
        .set_aside
        .iter()
        .map(|a| {
            let instead = a.instead.as_ref().map(|i| format!(" ({i})")).unwrap_or_default();
            format!("{}: {}{instead}", a.path, a.because)
        })
        .collect();
    folded("Duplicates and older runs, not counted", &aside, out);
    folded("Files that are not recognised", &v.ignored, out);
}
