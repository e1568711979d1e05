//! What earlier verdicts tell of this one beside totals that are far: cases that fail now and then, cells that are gone, figures that changed. It is said
//! and decides nothing.

use super::changes;
use super::vanished;
use crate::history::History;
use crate::verdict::{Change, GateStatus, GateVerdict, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// Cases that are told of.
const TOLD: usize = 10;

/// What is to be said, and where figures changed.
pub(crate) fn of_history(
    history: &History,
    now: Option<&str>,
    commit: Option<&str>,
    gates: &[GateVerdict],
) -> (Vec<String>, Vec<Change>) {
    let mut out = history.unread().to_vec();
    let earlier = earlier(history, now);
    out.extend(earlier.last().map(|last| vanished::since(last, gates)).unwrap_or_default());
    out.extend(now_and_then(&earlier, gates));
    let changes = changes::changes(&earlier, gates, now, commit);
    out.extend(changes::words(&changes));
    (out, changes)
}

/// What claims to be from later tells of no earlier run.
pub(super) fn earlier<'h>(history: &'h History, now: Option<&str>) -> Vec<&'h Verdict> {
    let is_earlier = |v: &&Verdict| now.is_none_or(|now| v.now.as_deref().is_none_or(|then| then <= now));
    history.verdicts().iter().filter(is_earlier).collect()
}

/// Cases that fail now, and in some earlier verdicts and not in others: of verdicts whose gate could be judged.
fn now_and_then(earlier: &[&Verdict], gates: &[GateVerdict]) -> Vec<String> {
    let mut out = Vec::new();
    for gate in gates.iter().filter(|g| g.rule == "tests") {
        let judged: Vec<BTreeSet<&str>> = earlier
            .iter()
            .filter_map(|v| v.gates.iter().find(|g| g.name == gate.name))
            .filter(|g| matches!(g.status, GateStatus::Pass | GateStatus::Warn | GateStatus::Fail))
            .map(failing)
            .collect();
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for id in failing(gate) {
            let n = judged.iter().filter(|ids| ids.contains(id)).count();
            if n > 0 && n < judged.len() {
                times.insert(id, n);
            }
        }
        let more = times.len().saturating_sub(TOLD);
        let all = judged.len();
        out.extend(times.into_iter().take(TOLD).map(|(id, n)| {
            format!("{}: {id} fails now and then: in {n} of the {all} earlier verdicts, and now", gate.name)
        }));
        if more > 0 {
            out.push(format!("{}: {more} more cases fail now and then", gate.name));
        }
    }
    out
}

fn failing(gate: &GateVerdict) -> BTreeSet<&str> {
    gate.violations.iter().filter(|v| v.code == "test-failed").filter_map(|v| v.id.as_deref()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Candidate, Context, Engine};

    /// A verdict of a gate on these cases, true for those that passed; none where nothing could be judged.
    fn verdict(cases: Option<&[(&str, bool)]>) -> Verdict {
        let text = b"version = 1\n[[evidence]]\npaths = [\"r.xml\"]\n[gates.unit]\nrule = \"tests\"\nmax-failed = 0\n";
        let policy = Engine::default().parse_policy("p.toml", text, None).unwrap();
        let inside: String = (cases.unwrap_or_default().iter())
            .map(|(name, passed)| {
                let inside = if *passed { "" } else { "<failure message=\"no\"/>" };
                format!("<testcase classname=\"c\" name=\"{name}\">{inside}</testcase>")
            })
            .collect();
        let report = format!("<testsuite name=\"s\">{inside}</testsuite>").into_bytes();
        let all = cases.map(|_| Candidate::in_memory("r.xml".to_owned(), report));
        Engine::default().evaluate(&policy, all.into_iter().collect(), &Context::at(1_780_272_000))
    }

    #[test]
    fn a_case_that_failed_in_some_earlier_verdicts_and_fails_now_is_told_of() {
        let (good, bad) = (verdict(Some(&[("a", true)])), verdict(Some(&[("a", false)])));
        let other = verdict(Some(&[("a", true), ("b", false)]));
        let unknown = verdict(None);
        let told = |earlier: &[&Verdict], now: &Verdict| now_and_then(earlier, &now.gates);
        assert_eq!(
            told(&[&good, &bad, &good], &bad),
            ["unit: c: a fails now and then: in 1 of the 3 earlier verdicts, and now"]
        );
        let none: [&str; 0] = [];
        // Always, never, another one, not now, and what could not be judged.
        assert_eq!(told(&[&bad, &bad], &bad), none);
        assert_eq!(told(&[&good, &good], &bad), none);
        assert_eq!(told(&[&other, &good], &bad), none);
        assert_eq!(told(&[&good, &bad], &good), none);
        assert_eq!(told(&[&bad, &unknown], &bad), none);
    }

    #[test]
    fn so_many_cases_are_told_and_the_others_counted() {
        let of = |n: usize, passed: bool| {
            let names: Vec<String> = (0..n).map(|n| format!("t{n:02}")).collect();
            verdict(Some(&names.iter().map(|name| (name.as_str(), passed)).collect::<Vec<_>>()))
        };
        let told = |n: usize| now_and_then(&[&of(n, true), &of(n, false)], &of(n, false).gates);
        assert_eq!((told(TOLD).len(), told(TOLD + 2).len()), (TOLD, TOLD + 1));
        assert_eq!(told(TOLD + 2).pop().unwrap(), "unit: 2 more cases fail now and then");
    }
}
