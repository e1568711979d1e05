//! What swallows results without failing: skipped cases that are most of all, and copies of one result that make a failure small.

use super::{Run, Tests, failing, full_name, ran};
use crate::rule::api::Judgement;
use crate::rule::condition::Condition;
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::Ratio;
use gatekeeper_evidence::test_run::{Counts, Outcome};
use std::collections::BTreeMap;

/// More than half of the cases did not run, and the gate does not say how many may.
pub(super) fn mostly_skipped(gate: &Tests, runs: &[Run<'_>], seen: Counts, out: &mut Judgement) {
    if gate.max_skipped.is_some() || seen.skipped.saturating_mul(2) <= seen.total() {
        return;
    }
    let message = format!("{} of {} cases were skipped", seen.skipped, seen.total());
    let first = runs.iter().max_by_key(|r| r.tests.counts().skipped).map_or("", Run::path);
    let v = Violation::new("mostly-skipped", GateStatus::Warn, message).from_source(first);
    out.violations.push(v.with_help("say how many may be: max-skipped"));
}

/// Cases of several files that are one case, each with its worst result.
#[derive(Debug, Default, PartialEq, Eq)]
struct Once {
    ran: u64,
    failed: u64,
    /// How many of them more than one file tells of.
    shared: u64,
}

fn once(runs: &[Run<'_>]) -> Once {
    type Of<'l> = (&'l BTreeMap<String, String>, String);
    // How often a case ran and failed in the file that tells of it most often (parameters share a name), and in how many files it is.
    let mut all: BTreeMap<Of<'_>, (u64, u64, u64)> = BTreeMap::new();
    let mut out = Once::default();
    for r in runs {
        let mut own: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for (suite, case) in r.cases().filter(|(_, c)| c.status != Outcome::Skipped) {
            let at = own.entry(full_name(suite, case)).or_default();
            at.0 += 1;
            at.1 += u64::from(matches!(case.status, Outcome::Failed | Outcome::Errored));
        }
        for (name, (ran, failed)) in own {
            let at = all.entry((&r.evidence.source.labels, name)).or_default();
            *at = (at.0.max(ran), at.1.max(failed), at.2 + 1);
        }
        // What is only counted cannot be told from anything.
        for suite in &r.tests.suites {
            out.ran = out.ran.saturating_add(ran(suite.unlisted));
            out.failed = out.failed.saturating_add(failing(suite.unlisted));
        }
    }
    for (ran, failed, files) in all.into_values() {
        out.ran = out.ran.saturating_add(ran);
        out.failed = out.failed.saturating_add(failed);
        out.shared = out.shared.saturating_add(u64::from(files > 1));
    }
    out
}

/// A gate that holds only because the same cases are in several files without a label that tells them apart.
pub(super) fn copies(gate: &Tests, runs: &[Run<'_>], seen: Counts, counts: Counts, out: &mut Judgement) {
    // Where nothing failed copies change no rate, and without a floor they fill none.
    if runs.len() < 2 || failing(counts) == 0 && gate.min_cases.is_none() {
        return;
    }
    let once = once(runs);
    if once.shared == 0 {
        return;
    }
    let passed = once.ran.saturating_sub(once.failed);
    let rate = |min, ratio| Condition::share("pass-rate", ratio, min, "case", GateStatus::Fail).holds();
    let thinner = gate.min_pass_rate.is_some_and(|min| {
        rate(min, Ratio::new(counts.passed, ran(counts))) && !rate(min, Ratio::new(passed, once.ran))
    });
    let fewer = gate.min_cases.is_some_and(|min| ran(seen) >= min && once.ran < min);
    if !thinner && !fewer {
        return;
    }
    let message = format!(
        "{} cases are in more than one file: each counted once, with its worst result, {passed} of {} passed, and the gate would fall short",
        once.shared, once.ran
    );
    let v = Violation::new("counted-twice", GateStatus::Warn, message);
    out.violations.push(v.with_help("where they are runs of their own, give them a label: paths = [\"{os}/*.xml\"]"));
}

#[cfg(test)]
mod tests {
    use super::super::unit::{of, run};
    use crate::rule::testing::violations;
    use crate::verdict::GateStatus::Warn;

    fn codes(keys: &str, letters: &[&str]) -> Vec<String> {
        let judged = of(keys, letters.iter().map(|l| run(l)).collect()).judged();
        violations(&judged).into_iter().filter(|(_, s)| *s == Warn).map(|(code, _)| code.to_owned()).collect()
    }

    #[test]
    fn more_than_half_skipped_is_told_where_no_limit_says_otherwise() {
        assert_eq!(codes("", &["pss"]), ["mostly-skipped"]);
        assert!(codes("", &["ps"]).is_empty() && codes("", &["pp"]).is_empty());
        assert!(codes("max-skipped = 2", &["pss"]).is_empty());
    }

    #[test]
    fn how_many_cases_are_told_twice_is_said() {
        let said = |keys: &str, letters: &[&str]| {
            let judged = of(keys, letters.iter().map(|l| run(l)).collect()).judged();
            judged.violations.into_iter().find(|v| v.code == "counted-twice").map(|v| v.message).unwrap_or_default()
        };
        // `p0` and `p1` are in both files, `p2` is in one.
        let words = said("min-cases = 5", &["ppp", "pp"]);
        assert!(
            words.starts_with("2 cases are in more than one file: ") && words.contains(" 3 of 3 passed"),
            "{words}"
        );
        let words = said("min-pass-rate = 80", &["fpp", "ppp", "ppp"]);
        assert!(
            words.starts_with("3 cases are in more than one file: ") && words.contains(" 3 of 4 passed"),
            "{words}"
        );
    }

    #[test]
    fn copies_of_one_result_do_not_make_a_failure_small() {
        // `f0` is no copy of `p0`: `p1` to `p3` are in all of them.
        let rate = "min-pass-rate = 90";
        let copies = ["fppp", "pppp", "pppp", "pppp"];
        assert_eq!(codes(rate, &copies), ["counted-twice"]);
        assert!(codes("min-pass-rate = 75", &copies).is_empty(), "counted once it holds too");
        assert!(codes(rate, &["pppppppppp", "f"]).is_empty(), "nothing is told twice");
        assert_eq!(codes("min-cases = 5", &["ppp", "ppp"]), ["counted-twice"]);
        assert!(codes("min-cases = 3", &["ppp", "ppp"]).is_empty());
        assert!(codes("", &["ppp", "ppp"]).is_empty());
    }
}
