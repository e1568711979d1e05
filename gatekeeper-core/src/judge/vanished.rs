//! Cells that an earlier run had and that are gone, in gates that do not say which cells they demand (`each` without `require`).

use super::baseline::Baseline;
use super::cells::{named, place};
use super::select::selected;
use crate::policy::{Cells, Gate, Labels};
use crate::verdict::{GateStatus, GateVerdict, Verdict, Violation};
use gatekeeper_evidence::Evidence;
use std::collections::BTreeSet;

/// Most cells that are told of.
const TOLD: usize = 20;

fn open(cells: &Cells) -> bool {
    !cells.each.is_empty() && cells.required.is_empty()
}

/// The baseline's cells of a gate that no evidence of today is of: a warning each. Without any evidence the gate is missing as a whole.
pub(super) fn vanished(gate: &Gate, baseline: &Baseline<'_>, taken: &[&Evidence]) -> Vec<Violation> {
    let Baseline::Usable(snapshot, _) = baseline else { return Vec::new() };
    // The evidence of components that did not change need not be there.
    if !open(&gate.cells) || gate.per_component || taken.is_empty() {
        return Vec::new();
    }
    let here: BTreeSet<Labels> = taken.iter().filter_map(|e| place(&gate.cells, &e.source.labels)).collect();
    let before = snapshot.evidence().iter().filter(|e| selected(e, gate));
    let before: BTreeSet<Labels> = before.filter_map(|e| place(&gate.cells, &e.source.labels)).collect();
    let gone = before.difference(&here).take(TOLD);
    gone.map(|labels| {
        let message = format!("no evidence for {}, which the baseline has", named(labels));
        Violation::new("label-vanished", GateStatus::Warn, message).with_help(
            "name the values that must be there under `require`, or take a new baseline where it may be gone",
        )
    })
    .collect()
}

/// The cells that the last earlier verdict judged and that are gone. History decides nothing: it is said.
pub(super) fn since(last: &Verdict, gates: &[GateVerdict]) -> Vec<String> {
    let mut out = Vec::new();
    for gate in gates.iter().filter(|g| !g.cells.is_empty()) {
        let Some(before) = last.gates.iter().find(|g| g.name == gate.name) else { continue };
        let here: BTreeSet<&Labels> = gate.cells.iter().map(|c| &c.labels).collect();
        let gone: BTreeSet<&Labels> =
            before.cells.iter().map(|c| &c.labels).filter(|l| !l.is_empty() && !here.contains(l)).collect();
        let told = gone.into_iter().take(TOLD);
        out.extend(told.map(|l| format!("{}: no evidence for {}, which the last verdict has", gate.name, named(l))));
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::history::History;
    use crate::{Candidate, Context, Engine, Verdict};

    #[test]
    fn a_cell_that_the_last_verdict_had_is_told_of() {
        let policy = b"version = 1\n[[evidence]]\npaths = [\"otp-{otp}.xml\"]\n[gates.unit]\nrule = \"tests\"\neach = [\"otp\"]\n";
        let verdict = |otp: &[&str], before: Option<&Verdict>| {
            let policy = Engine::default().parse_policy("p.toml", policy, None).unwrap();
            let report = b"<testsuite name=\"s\"><testcase name=\"a\"/></testsuite>";
            let reports = otp.iter().map(|v| Candidate::in_memory(format!("otp-{v}.xml"), report.to_vec())).collect();
            let mut context = Context::at(1_780_272_000);
            if let Some(before) = before {
                context.history = History::read([("h.json", serde_json::to_vec(before).unwrap().as_slice())]);
            }
            Engine::default().evaluate(&policy, reports, &context)
        };
        let before = verdict(&["27", "28"], None);
        let told = |otp: &[&str]| {
            let v = verdict(otp, Some(&before));
            assert_eq!(v.status.as_str(), "pass");
            v.warnings.iter().any(|w| w == "unit: no evidence for otp = 27, which the last verdict has")
        };
        assert!(told(&["28"]) && !told(&["27", "28", "29"]));
    }
}
