//! Evidence and policy → verdict: what is read, how each gate is judged, what the whole comes to.

mod against;
mod allowed;
mod baseline;
mod before;
mod cells;
mod changes;
mod commit;
mod components;
mod contract;
mod demands;
mod details;
mod doubts;
mod due;
mod far;
mod figures;
mod gate;
mod gather;
mod history;
mod line_hash;
mod outdated;
mod readings;
mod recorded;
mod select;
pub(crate) mod suspicion;
mod unread;
mod unused;
mod vanished;
mod waive;
mod words;

pub(crate) use against::{Around, against};
pub(crate) use allowed::matching_nothing;
pub(crate) use baseline::Baseline;
pub(crate) use before::before_the_commit;
pub(crate) use commit::of_others;
pub(crate) use components::{Touched, excused, mark, shown as components};
pub(crate) use contract::{absent, hold, told};
pub(crate) use details::{Beside, details, line_hashes_of};
pub(crate) use doubts::doubts;
pub(crate) use due::{due, ending};
pub(crate) use far::far;
pub(crate) use gate::{Ground, UNREADABLE, concerns, judge, skipped};
pub(crate) use gather::{ReadAll, entry_of, read_all, stale};
pub(crate) use history::of_history;
pub(crate) use outdated::{is_kept_between_runs, older, outdated};
pub(crate) use recorded::used_through;
pub(crate) use unused::{heeding, unused};
pub(crate) use waive::Waivers;
pub(crate) use words::sentence;

use crate::policy::Policy;
use crate::verdict::{Action, GateStatus, GateVerdict, Overall};

/// What the gates come to together. Blocking gates decide; an input that no gate could be blamed for, or nothing at all, is no pass.
pub(crate) fn overall(gates: &[GateVerdict], unread_by_nobody: bool, nothing: bool, fail_on_warn: bool) -> Overall {
    let any = |f: &dyn Fn(&GateVerdict) -> bool| gates.iter().any(f);
    if any(&|g| g.blocking && g.status == GateStatus::Fail) {
        return Overall::Fail;
    }
    // Nothing judged is nothing passed.
    let compares = |g: &GateVerdict| matches!(g.rule.as_str(), "baseline" | "weakening");
    // A gate whose components are all known not to have changed has nothing to judge, and says so.
    let unchanged = |g: &GateVerdict| g.status == GateStatus::Skip && g.cells.iter().any(components::is_unchanged);
    let judged = any(&|g| {
        !compares(g) && matches!(g.status, GateStatus::Pass | GateStatus::Warn | GateStatus::Fail) || unchanged(g)
    });
    if any(&|g| g.blocking) || unread_by_nobody || nothing || !judged {
        return Overall::Unknown;
    }
    let short = any(&|g| match g.status {
        GateStatus::Pass | GateStatus::Skip => false,
        // A default gate whose evidence is not there is reported, and does not spoil what is there.
        GateStatus::Missing => g.policy_line.is_some() && g.action != Action::Inform,
        _ => g.action != Action::Inform,
    });
    match (short, fail_on_warn) {
        (true, true) => Overall::Fail,
        (true, false) => Overall::Warn,
        (false, _) => Overall::Pass,
    }
}

/// The words of the gates that failed, have no evidence or could not be judged, each once and in the policy's order.
pub(crate) fn triggers(policy: &Policy, gates: &[GateVerdict]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for gate in &policy.gates {
        let Some(word) = gate.then.as_ref().filter(|w| !out.contains(w)) else { continue };
        let pulls = |g: &&GateVerdict| matches!(g.status, GateStatus::Fail | GateStatus::Missing | GateStatus::Error);
        if gates.iter().filter(|g| g.name == gate.name).any(|g| pulls(&g)) {
            out.push(word.clone());
        }
    }
    out
}

/// How many of a policy's gates cannot block, behind the sentence that says what the gates came to.
pub(crate) fn cannot_block(gates: &[GateVerdict]) -> String {
    let of_policy = gates.iter().filter(|g| g.policy_line.is_some());
    match of_policy.filter(|g| g.action != Action::Block).count() {
        0 => String::new(),
        n => format!("; {n} of {} gates cannot block", gates.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{CellVerdict, Verdict};
    use GateStatus::{Error, Fail, Inconclusive, Missing, Pass, Skip, Warn};
    use std::collections::BTreeMap;

    pub(in crate::judge) fn gate(status: GateStatus, action: Action) -> GateVerdict {
        GateVerdict {
            name: "g".to_owned(),
            rule: "tests".to_owned(),
            status,
            action,
            decision: None,
            blocking: action == Action::Block && !matches!(status, Pass | Warn | Skip),
            reason: String::new(),
            policy_line: Some(3),
            policy_file: None,
            conditions: Vec::new(),
            violations: Vec::new(),
            cells: Vec::new(),
            evidence: Vec::new(),
            waivers: Vec::new(),
            to_pass: Vec::new(),
        }
    }

    /// A verdict of these gates at a time.
    pub(in crate::judge) fn verdict(now: Option<&str>, gates: Vec<GateVerdict>) -> Verdict {
        let engine = crate::Engine::default();
        let policy = engine.parse_policy("p.toml", b"version = 1\n[gates.tests]\n", None).unwrap();
        let mut verdict = engine.evaluate(&policy, Vec::new(), &crate::Context::without_clock());
        verdict.now = now.map(str::to_owned);
        verdict.gates = gates;
        verdict
    }

    #[test]
    fn a_trigger_is_pulled_once_by_whichever_of_its_gates_falls_short() {
        let text = "version = 1\n[gates.a]\nrule = \"tests\"\nthen = \"rollback\"\n[gates.b]\nrule = \"tests\"\nthen = \"page\"\n\
                    [gates.c]\nrule = \"tests\"\nthen = \"rollback\"\n[gates.d]\nrule = \"tests\"\n";
        let policy = crate::Engine::default().parse_policy("p.toml", text.as_bytes(), None).unwrap();
        let of = |statuses: [GateStatus; 4]| {
            let named = ["a", "b", "c", "d"].into_iter().zip(statuses);
            let gates: Vec<_> =
                named.map(|(n, s)| GateVerdict { name: n.to_owned(), ..gate(s, Action::Block) }).collect();
            triggers(&policy, &gates)
        };
        for short in [Fail, Missing, Error] {
            assert_eq!(of([short, Pass, Pass, short]), ["rollback"], "{short:?}");
            assert_eq!(of([Pass, short, short, Pass]), ["page", "rollback"], "{short:?}");
            assert_eq!(of([short, Pass, short, Pass]), ["rollback"], "{short:?}");
        }
        assert_eq!(of([Warn, Skip, Inconclusive, Pass]), Vec::<String>::new());
    }

    fn of(gates: &[GateVerdict]) -> Overall {
        overall(gates, false, false, false)
    }

    fn blocking(statuses: &[GateStatus]) -> Overall {
        of(&statuses.iter().map(|s| gate(*s, Action::Block)).collect::<Vec<_>>())
    }

    #[test]
    fn gates_that_cannot_block_are_counted() {
        let gates = |actions: &[Action]| actions.iter().map(|a| gate(Pass, *a)).collect::<Vec<_>>();
        assert_eq!(cannot_block(&gates(&[Action::Block, Action::Block])), "");
        let said = cannot_block(&gates(&[Action::Block, Action::Warn, Action::Inform]));
        assert_eq!(said, "; 2 of 3 gates cannot block");
        let default = GateVerdict { policy_line: None, ..gate(Pass, Action::Warn) };
        assert_eq!(cannot_block(&[default]), "");
    }

    #[test]
    fn blocking_gates_decide() {
        assert_eq!(blocking(&[Pass, Pass]), Overall::Pass);
        assert_eq!(blocking(&[Pass, Warn]), Overall::Warn);
        assert_eq!(blocking(&[Pass, Skip]), Overall::Pass);
        for unsure in [Error, Missing, Inconclusive] {
            assert_eq!(blocking(&[Pass, Warn, unsure]), Overall::Unknown);
            assert_eq!(blocking(&[unsure, Fail]), Overall::Fail);
        }
    }

    #[test]
    fn what_does_not_block_warns_or_informs() {
        for status in [Fail, Error, Missing, Inconclusive, Warn] {
            assert_eq!(of(&[gate(Pass, Action::Block), gate(status, Action::Warn)]), Overall::Warn, "{status:?}");
            assert_eq!(of(&[gate(Pass, Action::Block), gate(status, Action::Inform)]), Overall::Pass, "{status:?}");
        }
        // A default gate whose evidence is not there does not spoil what is there.
        let default = GateVerdict { policy_line: None, blocking: false, ..gate(Missing, Action::Block) };
        assert_eq!(of(&[gate(Pass, Action::Block), default]), Overall::Pass);
    }

    #[test]
    fn nothing_judged_is_no_pass() {
        assert_eq!(of(&[]), Overall::Unknown);
        assert_eq!(blocking(&[Skip]), Overall::Unknown);
        assert_eq!(of(&[gate(Missing, Action::Inform)]), Overall::Unknown);
        assert_eq!(of(&[gate(Error, Action::Warn)]), Overall::Unknown);
        // What compares judges no evidence of this run.
        for rule in ["baseline", "weakening"] {
            assert_eq!(of(&[GateVerdict { rule: rule.to_owned(), ..gate(Pass, Action::Block) }]), Overall::Unknown);
        }
        // Components that are known not to have changed have nothing to be judged; a gate without any is another thing.
        let skipped = |status, component: Option<&str>| {
            let component = component.map(str::to_owned);
            let cell = CellVerdict { component, labels: BTreeMap::new(), status: Skip, reason: String::new() };
            GateVerdict { cells: vec![cell], ..gate(status, Action::Warn) }
        };
        assert_eq!(of(&[skipped(Skip, Some("web"))]), Overall::Pass);
        assert_eq!(of(&[skipped(Skip, None)]), Overall::Unknown);
        let mut off = skipped(Skip, Some("web"));
        off.cells[0].reason = "it is switched off for this component".to_owned();
        assert_eq!(of(&[off]), Overall::Unknown);
        assert_eq!(of(&[skipped(Missing, Some("web"))]), Overall::Unknown);
        let pass = [gate(Pass, Action::Block)];
        assert_eq!(overall(&pass, true, false, false), Overall::Unknown, "an input that nobody could read");
        assert_eq!(overall(&pass, false, true, false), Overall::Unknown, "no evidence");
    }

    #[test]
    fn warnings_fail_where_that_is_wanted() {
        assert_eq!(overall(&[gate(Warn, Action::Block)], false, false, true), Overall::Fail);
        assert_eq!(overall(&[gate(Pass, Action::Block)], false, false, true), Overall::Pass);
        assert_eq!(overall(&[gate(Error, Action::Block)], false, false, true), Overall::Unknown);
    }
}
