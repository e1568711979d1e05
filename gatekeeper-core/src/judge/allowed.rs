//! Cells that may fall short for a while (`allow-fail`) and that are not there: whoever mistypes one is told, as of a waiver that matched nothing.

use super::cells::named;
use crate::policy::{Cells, Labels, Policy, within};
use crate::verdict::{CellVerdict, GateStatus, GateVerdict};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// Cells that are named beside one that matched none.
const NAMED: usize = 8;

/// A line for each entry of `allow-fail` that holds today and that no cell is meant by. Where a part was not judged nobody knows its cells.
pub(crate) fn matching_nothing(policy: &Policy, gates: &[GateVerdict], today: Date) -> Vec<String> {
    let mut out = Vec::new();
    for gate in policy.gates.iter().filter(|g| !g.cells.allow_fail.is_empty()) {
        let Some(verdict) = gates.iter().find(|g| g.name == gate.name) else { continue };
        let judged = &verdict.cells;
        if judged.iter().any(|c| c.status == GateStatus::Skip) || judged.iter().all(|c| c.labels.is_empty()) {
            continue;
        }
        let lost = gate.cells.allow_fail.iter().filter(|a| a.expires >= today);
        let lost = lost.filter(|a| !judged.iter().any(|c| within(&a.cell, &c.labels)));
        out.extend(lost.map(|a| {
            format!(
                "the `allow-fail` of {} in gate {} (policy line {}) matched nothing: there {}",
                named(&a.cell),
                gate.name,
                a.line,
                there(&gate.cells, judged)
            )
        }));
    }
    out
}

/// `are 27/linux, 28/linux`.
fn there(cells: &Cells, judged: &[CellVerdict]) -> String {
    let mut seen = BTreeSet::new();
    let of = |labels: &Labels| cells.each.iter().filter_map(|l| labels.get(l)).cloned().collect::<Vec<_>>().join("/");
    let names: Vec<String> = judged
        .iter()
        .filter(|c| !c.labels.is_empty())
        .map(|c| of(&c.labels))
        .filter(|n| seen.insert(n.clone()))
        .collect();
    let are = if names.len() == 1 { "is" } else { "are" };
    let more = names.len().checked_sub(NAMED).filter(|n| *n > 0).map(|n| format!(" and {n} more")).unwrap_or_default();
    let some: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    format!("{are} {}{more}", some.join(", "))
}

#[cfg(test)]
mod tests {
    use crate::{Candidate, Context, Engine};
    use std::collections::BTreeSet;

    const DAY: i64 = 1_780_272_000; // 2026-06-01

    fn told(keys: &str, reports: &[&str], changed: Option<&str>) -> Vec<String> {
        let text = format!("version = 1\n[[evidence]]\npaths = [\"**/otp-{{otp}}.xml\"]\n{keys}");
        let engine = Engine::default();
        let policy = engine.parse_policy("p.toml", text.as_bytes(), None).unwrap();
        let report = b"<testsuite name=\"s\"><testcase name=\"a\"/></testsuite>";
        let all = reports.iter().map(|n| Candidate::in_memory((*n).to_owned(), report.to_vec())).collect();
        let mut context = Context::at(DAY);
        context.changed = changed.map(|name| BTreeSet::from([name.to_owned()]));
        let warnings = engine.evaluate(&policy, all, &context).warnings;
        warnings.into_iter().filter(|w| w.contains("`allow-fail`")).collect()
    }

    fn allowing(otp: &str, expires: &str) -> String {
        format!(
            "[gates.unit]\nrule = \"tests\"\neach = [\"otp\"]\nallow-fail = [{{ otp = \"{otp}\", reason = \"r\", expires = \"{expires}\" }}]\n"
        )
    }

    #[test]
    fn a_cell_that_may_fail_and_is_not_there_is_told_of() {
        let two = ["otp-27.xml", "otp-28.xml"];
        let of = |otp: &str, expires: &str| told(&allowing(otp, expires), &two, None);
        assert_eq!(
            of("29", "2026-06-01"),
            ["the `allow-fail` of otp = 29 in gate unit (policy line 7) matched nothing: there are 27, 28"]
        );
        assert!(of("29", "2026-05-31").is_empty(), "it is over");
        assert!(of("28", "2026-12-31").is_empty(), "it holds, and that is told elsewhere");
        // A cell that is demanded and missing is there to be meant.
        let required = allowing("29", "2026-12-31") + "require = { otp = [\"27\", \"29\"] }\n";
        assert!(told(&required, &["otp-27.xml"], None).is_empty());
        assert_eq!(
            told(&allowing("29", "2026-12-31"), &["otp-27.xml"], None)[0].rsplit(": ").next(),
            Some("there is 27")
        );
        let many: Vec<String> = (1..=10).map(|n| format!("otp-{n}.xml")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(told(&allowing("29", "2026-12-31"), &many, None)[0].ends_with("1, 2, 3, 4, 5, 6, 7, 8 and 2 more"));
        assert!(told(&allowing("29", "2026-12-31"), &many[..8], None)[0].ends_with("6, 7, 8"));
    }

    #[test]
    fn nobody_knows_the_cells_of_what_is_not_judged() {
        let keys = allowing("29", "2026-12-31")
            + "per-component = true\n[components.web]\npaths = [\"web/**\"]\n[components.api]\npaths = [\"api/**\"]\n";
        let two = ["web/otp-27.xml", "api/otp-27.xml"];
        assert_eq!(told(&keys, &two, None).len(), 1);
        assert!(told(&keys, &two, Some("web/a.erl")).is_empty());
        assert!(told(&allowing("29", "2026-12-31"), &[], None).is_empty(), "there is no cell at all");
    }
}
