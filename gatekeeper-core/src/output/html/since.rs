//! What is different since the baseline, and what is let through only for a time.

use super::super::{against, text};
use super::gate::{NAME, folded, page};
use crate::verdict::{Amount, Due, Verdict};
use std::fmt::Write;

/// Rows of a table.
const ROWS: usize = 300;

/// The figures then and now, and what is gone, moved or new by name.
pub(super) fn baseline(v: &Verdict, out: &mut String) {
    let Some(b) = &v.baseline else { return };
    let mut from = vec![format!("<code>{}</code>", text::page(&b.file, NAME))];
    from.extend(b.commits.iter().take(3).map(|c| format!("commit <code>{}</code>", text::page(c, 12))));
    if let Some(taken) = &b.taken {
        from.push(format!("taken {}", text::page(&taken.replacen('T', " ", 1).replace('Z', " UTC"), NAME)));
    }
    let _ = write!(
        out,
        "<h2>Against the baseline</h2>\n<p class=\"dim\">{}, verdict {}</p>\n",
        from.join(", "),
        b.status.as_str()
    );
    if !b.figures.is_empty() {
        out.push_str(
            "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Figures against the baseline\"><table class=\"against\"><thead><tr><th scope=\"col\">Figure</th>\
             <th scope=\"col\" class=\"n\">Baseline</th><th scope=\"col\" class=\"n\">Now</th><th scope=\"col\" class=\"n\">Change</th></tr></thead><tbody>\n",
        );
        for f in b.figures.iter().take(ROWS) {
            let s = against::shown(f);
            let change = match &s.change {
                Some(change) => {
                    format!("<b class=\"{}\">{}</b>", direction(&f.figure, f.before, f.now), text::page(change, NAME))
                }
                None => "<span class=\"dim\">none</span>".to_owned(),
            };
            let _ = writeln!(
                out,
                "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{change}</td></tr>",
                text::page(&f.figure, NAME),
                text::page(&s.before, NAME),
                text::page(&s.now, NAME),
            );
        }
        out.push_str("</tbody></table></div>\n");
    }
    let c = &b.changes;
    for (heading, names) in [
        ("Tests that ran and did not run", &c.lost_cases),
        ("Tests that ran and are skipped", &c.skipped_cases),
        ("Tests with another name", &c.moved_cases),
        ("Files that are no longer measured", &c.gone_files),
        ("Files with another path", &c.moved_files),
        ("New packages", &c.added_packages),
        ("Packages that are gone", &c.removed_packages),
        ("Packages with other licences", &c.changed_packages),
        ("Measurements with fewer samples", &c.shorter_series),
    ] {
        folded(heading, names, out);
    }
}

/// Whether a change is for the better, as far as a figure has a good side.
fn direction(figure: &str, before: Amount, now: Amount) -> &'static str {
    let more =
        u128::from(now.n) * u128::from(before.of.unwrap_or(1)) > u128::from(before.n) * u128::from(now.of.unwrap_or(1));
    let better = match figure {
        f if f.ends_with("covered") => more,
        f if f.ends_with("findings") || f == "failing tests" || f == "skipped tests" => !more,
        _ => return "",
    };
    if better { "s-pass" } else { "s-fail" }
}

/// Exceptions that end soon and that no gate used, so that they stand in no other table.
pub(super) fn due(v: &Verdict, out: &mut String) {
    let used = |d: &Due| v.gates.iter().flat_map(|g| &g.waivers).any(|w| w.policy_line == d.policy_line);
    let rest: Vec<&Due> = v.due.iter().filter(|d| !used(d)).collect();
    if rest.is_empty() {
        return;
    }
    let _ = write!(
        out,
        "<h2>Other exceptions that end soon <span class=\"count\">{}</span></h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Exceptions that end soon\"><table class=\"waivers\"><thead><tr><th scope=\"col\">Ends</th><th scope=\"col\">Gate</th>\
         <th scope=\"col\">Lets through</th><th scope=\"col\">Reason</th></tr></thead><tbody>\n",
        rest.len()
    );
    for d in rest.iter().take(ROWS) {
        let days = match d.days {
            0 => "today".to_owned(),
            n => format!("in {}", text::counted(usize::try_from(n).unwrap_or(usize::MAX), "day")),
        };
        let who: Vec<String> =
            [d.owner.as_ref().map(|o| format!("owner {o}")), d.ticket.clone()].into_iter().flatten().collect();
        let who = match who.is_empty() {
            true => String::new(),
            false => format!(" <span class=\"dim\">{}</span>", text::page(&who.join(", "), NAME)),
        };
        let _ = writeln!(
            out,
            "<tr><td>{} <span class=\"tag due\">{days}</span></td><td>{}</td><td>{}</td><td>{}{who}</td></tr>",
            text::page(&d.expires, NAME),
            text::page(&d.gate, NAME),
            text::page(&d.what, NAME),
            page(&d.reason)
        );
    }
    out.push_str("</tbody></table></div>\n");
}
