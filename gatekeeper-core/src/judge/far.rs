//! Totals that are far from those of an earlier verdict: half of the tests are gone, and all that are left pass.
//!
//! Of each kind of evidence its totals are held against one verdict of the history, the one that tells most of what there should be:
//! - one that claims to be from later than this run is never taken;
//! - then one of another commit, made no later than ours: a run that is made again is no measure of itself;
//! - then, where a change is judged (`--base`), one of the commit that it is made from, then one that is of no change: what an earlier version of
//!   the change took away is not forgotten because it was handed in twice;
//! - then one whose evidence could all be judged;
//! - and of these the newest.
//!
//! Each is a preference: what is left is compared, so that a worse history never lessens the check.

use super::history::earlier;
use super::suspicion::Suspected;
use super::words;
use crate::context::{Context, Revision};
use crate::policy::Policy;
use crate::verdict::suspicion::{Check, Level};
use crate::verdict::{EvidenceRef, Overall, Verdict};
use gatekeeper_evidence::decimal::Decimal;
use gatekeeper_evidence::{Evidence, Kind, Ratio};
use gatekeeper_formats::inspect::summary;
use serde_json::Value;
use std::cmp::Ordering;

/// Totals differ by this many at least before they are far from each other.
const FEW: u64 = 10;

/// The total of each kind: what it counts, and how its summary calls that.
const TOTALS: [(Kind, &str, &[&str]); 4] = [
    (Kind::Tests, "cases", &["total"]),
    (Kind::Coverage, "lines", &["lines", "total"]),
    (Kind::Inventory, "packages", &["components"]),
    (Kind::Measurements, "samples", &["samples"]),
];

fn total<'v>(summaries: impl Iterator<Item = (Kind, &'v Value)>, kind: Kind, path: &[&str]) -> u64 {
    let of = |s: &'v Value| path.iter().try_fold(s, |at, key| at.get(*key)).and_then(Value::as_u64);
    summaries.filter(|(k, _)| *k == kind).filter_map(|(_, s)| of(s)).fold(0, u64::saturating_add)
}

fn total_of(verdict: &Verdict, kind: Kind, path: &[&str]) -> u64 {
    total(verdict.evidence.iter().map(|e: &EvidenceRef| (e.kind, &e.summary)), kind, path)
}

/// Totals of which one is a smaller share of the other than the policy's: of an earlier verdict's and ours. Where that is an error there must be one of
/// an earlier commit, all of the history must be readable, and it must be new enough: losing it must not make anything better.
pub(crate) fn far(context: &Context, now: Option<&str>, policy: &Policy, evidence: &[Evidence]) -> Vec<Suspected> {
    let ours: Vec<(Kind, Value)> = evidence.iter().map(|e| (e.kind(), summary(e))).collect();
    let earlier = earlier(&context.history, now);
    let demanded = policy.suspicion.of(Check::TotalsFar) == Level::Error;
    let mut out = Vec::new();
    for (kind, what, path) in TOTALS {
        let mut say = |words: String| out.push(Suspected { check: Check::TotalsFar, path: None, kind, words });
        let here = ours.iter().any(|(k, _)| *k == kind);
        let measure = measure(context, earlier.iter().copied().filter(|v| total_of(v, kind, path) > 0));
        if demanded && here {
            for unread in context.history.unread() {
                say(format!("{unread}, and it may be what the number of {what} has to be held against"));
            }
            let of_ours = measure.is_some_and(|v| is_ours(context, v));
            if measure.is_none() || of_ours {
                let none = if of_ours { "no verdict of an earlier commit" } else { "no earlier verdict" };
                say(format!("there is {none} to hold the number of {what} against: give one with --history"));
            }
        }
        let Some(last) = measure else { continue };
        if let Some(words) = policy.against.max_age.and_then(|most| too_old(last, context.now, most)) {
            say(format!("the verdict to hold the number of {what} against {words}"));
        }
        let was = total_of(last, kind, path);
        let is = total(ours.iter().map(|(kind, s)| (*kind, s)), kind, path);
        let smaller = Ratio::new(was.min(is), was.max(is));
        let far = policy.suspicion.far.compare_percent_of(smaller) == Some(Ordering::Less);
        if far && was.abs_diff(is) >= FEW {
            say(format!("{is} {what}, and {was} in the last verdict{}", told(last, policy)));
        }
    }
    out
}

/// Which verdict totals are held against.
fn measure<'v>(context: &Context, of_kind: impl Iterator<Item = &'v Verdict>) -> Option<&'v Verdict> {
    let base = context.diff.as_deref().and_then(|change| change.base.as_ref());
    let is_base = |v: &Verdict| {
        let theirs = v.context.commit.as_deref();
        base.is_some_and(|b| theirs.is_some_and(|c| Revision::same(c, &b.merge_base) || Revision::same(c, &b.commit)))
    };
    let of_a_change = context.diff.is_some();
    // They are sorted by time, and of equals the last is taken.
    of_kind.max_by_key(|v| {
        let before = !is_ours(context, v) && !is_later(context, v);
        let of_none = of_a_change && v.context.diff.is_none();
        (before, is_base(v), of_none, v.status != Overall::Unknown)
    })
}

/// Whether a verdict is of our own commit.
fn is_ours(context: &Context, verdict: &Verdict) -> bool {
    matches!((context.our_commit(), verdict.context.commit.as_deref()), (Some(a), Some(b)) if Revision::same(a, b))
}

/// Whether a verdict's commit was made after ours, where both are told.
fn is_later(context: &Context, verdict: &Verdict) -> bool {
    let theirs = verdict.context.committed.as_deref().and_then(|t| t.parse::<jiff::Timestamp>().ok());
    matches!((theirs, context.revision.committed), (Some(a), Some(b)) if a.as_second() > b)
}

fn too_old(verdict: &Verdict, now: Option<i64>, most: Decimal) -> Option<String> {
    let then = verdict.now.as_deref().and_then(|t| t.parse::<jiff::Timestamp>().ok()).map(jiff::Timestamp::as_second);
    match (then, now) {
        (Some(then), Some(now)) if most.is_age(now.saturating_sub(then)) => None,
        (Some(then), Some(now)) => {
            let old = words::long(now.saturating_sub(then));
            Some(format!("is {old} old, above the policy's [baseline] max-age"))
        }
        (None, _) => Some("does not say when it was given, and the policy has a [baseline] max-age".to_owned()),
        (_, None) => Some("cannot be told to be new enough: there is no clock".to_owned()),
    }
}

/// What of a verdict people need to know to look it up.
fn told(verdict: &Verdict, policy: &Policy) -> String {
    let when = verdict.now.as_deref().map(|t| format!(" of {t}")).unwrap_or_default();
    let commit = verdict.context.commit.as_deref().map(|c| format!(" ({})", c.get(..12).unwrap_or(c)));
    let other = !verdict.policy.digest.is_empty() && verdict.policy.digest != policy.digest();
    let by = if other { ", which another policy gave" } else { "" };
    format!("{when}{}{by}", commit.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use crate::history::History;
    use crate::{Base, Candidate, Change, Context, Engine, Verdict};
    use std::sync::Arc;

    const NOW: i64 = 1_780_272_000;
    const DAY: i64 = 86_400;
    const POLICY: &str =
        "version = 1\n[[evidence]]\npaths = [\"r.xml\"]\n[gates.unit]\nrule = \"tests\"\nmax-failed = 0\n";
    const ERROR: &str = "[suspicion]\ntotals-far = \"error\"\n";

    /// A run: how many tests it saw, when, of which commit, by which keys.
    #[derive(Clone)]
    struct Run {
        cases: usize,
        context: Context,
        keys: &'static str,
    }

    fn run(cases: usize, at: i64, commit: &str) -> Run {
        let mut context = Context::at(at);
        context.revision.commit = Some(commit.repeat(10));
        Run { cases, context, keys: "" }
    }

    impl Run {
        fn committed(mut self, at: i64) -> Run {
            self.context.revision.committed = Some(at);
            self
        }

        fn change(mut self, base: Option<&str>) -> Run {
            let base = base.map(|b| Base { commit: b.repeat(10), merge_base: b.repeat(10), ..Base::default() });
            let diff = b"--- a/x.c\n+++ b/x.c\n@@ -5,0 +6,1 @@\n+x\n".to_vec();
            self.context.diff = Some(Arc::new(Change::read("d", diff, base).unwrap()));
            self
        }

        fn by(mut self, keys: &'static str) -> Run {
            self.keys = keys;
            self
        }

        fn judged(&self) -> Verdict {
            let policy = format!("{POLICY}{}", self.keys);
            let policy = Engine::default().parse_policy("p.toml", policy.as_bytes(), None).unwrap();
            let cases: String = (0..self.cases).map(|n| format!("<testcase name=\"t{n}\"/>")).collect();
            let report = format!("<testsuite name=\"s\">{cases}</testsuite>").into_bytes();
            Engine::default().evaluate(&policy, vec![Candidate::in_memory("r.xml", report)], &self.context)
        }

        /// Judged with these runs behind it.
        fn after(&self, runs: &[Run]) -> Verdict {
            let files: Vec<(String, Vec<u8>)> = runs
                .iter()
                .enumerate()
                .map(|(n, r)| (format!("{n}.json"), serde_json::to_vec(&r.judged()).unwrap()))
                .collect();
            let mut own = self.clone();
            own.context.history = History::read(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
            own.judged()
        }
    }

    /// What is said of totals that are far.
    fn said(verdict: &Verdict) -> String {
        let of_gates = verdict.gates.iter().flat_map(|g| &g.violations).filter(|v| v.code == "totals-far");
        let all = of_gates.map(|v| &v.message).chain(verdict.warnings.iter().filter(|w| w.contains("totals-far")));
        all.cloned().collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn the_newest_run_before_this_commit_is_the_measure() {
        let days = |n: i64| NOW - n * DAY;
        let old = run(100, days(9), "aaaa").committed(days(9));
        let grown = run(1_000, days(2), "bbbb").committed(days(2));
        let ours = run(120, NOW, "cccc").committed(days(1));
        // An older one that was small hides nothing, in whatever order the files come.
        for history in [vec![old.clone(), grown.clone()], vec![grown.clone(), old.clone()]] {
            let words = said(&ours.after(&history));
            assert!(words.contains("120 cases, and 1000 in the last verdict of 2026-05-30"), "{words}");
            assert!(words.contains("(bbbbbbbbbbbb)"), "{words}");
        }
        assert_eq!(said(&ours.after(std::slice::from_ref(&old))), "");
        // A run that is made again is no measure of itself, nor is one of a commit that came later.
        let again = run(120, NOW - 60, "cccc").committed(days(1));
        assert!(said(&ours.after(&[grown.clone(), again.clone()])).contains("1000 in the last"));
        let later = run(120, NOW - 60, "dddd").committed(NOW - 120);
        assert!(said(&ours.after(&[grown.clone(), later])).contains("1000 in the last"));
        let before = run(120, NOW - 60, "dddd").committed(days(1));
        assert_eq!(said(&ours.after(&[grown, before])), "", "one that is not later is taken");
        // Where there is nothing else, it is held against all the same.
        assert!(said(&ours.after(&[run(1_000, NOW - 60, "cccc")])).contains("1000 in the last"));
    }

    #[test]
    fn a_change_is_held_against_what_it_is_made_from() {
        let main = run(1_000, NOW - 3 * DAY, "aaaa");
        let first = run(100, NOW - DAY, "bbbb").change(Some("aaaa"));
        let second = run(100, NOW, "cccc").change(Some("aaaa"));
        assert!(said(&second.after(&[main.clone(), first.clone()])).contains("1000 in the last"));
        // Its base before other runs of the branch, which have gone on.
        let further = run(400, NOW - 2 * DAY, "dddd");
        assert!(said(&second.after(&[main.clone(), further.clone()])).contains("1000 in the last"));
        assert!(said(&run(100, NOW, "cccc").after(&[main.clone(), further.clone()])).contains("400 in the last"));
        // The base has gone on since: the commit that it branched off from, or else the base itself.
        let with = |commit: &str, merge_base: &str| {
            let mut own = run(100, NOW, "cccc").change(Some("aaaa"));
            let (commit, merge_base) = (commit.repeat(10), merge_base.repeat(10));
            let base = Base { commit, merge_base, ..Base::default() };
            let diff = b"--- a/x.c\n+++ b/x.c\n@@ -5,0 +6,1 @@\n+x\n".to_vec();
            own.context.diff = Some(Arc::new(Change::read("d", diff, Some(base)).unwrap()));
            said(&own.after(&[main.clone(), further.clone()]))
        };
        assert!(with("aaaa", "eeee").contains("1000 in the last") && with("eeee", "aaaa").contains("1000 in the last"));
        assert!(with("eeee", "eeee").contains("400 in the last"));
        let unnamed = run(100, NOW, "cccc").change(None);
        assert!(said(&unnamed.after(&[main, further, first])).contains("400 in the last"), "no base: none of a change");
    }

    #[test]
    fn one_that_could_not_judge_all_gives_way_to_one_that_could() {
        let whole = run(1_000, NOW - 2 * DAY, "aaaa");
        let blind = run(100, NOW - DAY, "bbbb").by("[gates.more]\nrule = \"coverage\"\nlines = 80\n");
        let ours = run(100, NOW, "cccc");
        let words = said(&ours.after(&[whole, blind.clone()]));
        assert!(words.contains("1000 in the last") && !words.contains("another policy"), "{words}");
        let words = said(&run(1_000, NOW, "cccc").after(&[blind]));
        assert!(words.contains("100 in the last") && words.contains("which another policy gave"), "{words}");
    }

    #[test]
    fn an_old_history_is_said_to_be_old() {
        let aged = |keys, days: i64| said(&run(100, NOW, "bbbb").by(keys).after(&[run(100, NOW - days * DAY, "aaaa")]));
        let (said_30, none) = ("[baseline]\nrequired = false\nmax-age = \"30d\"\n", "");
        assert_eq!((aged(said_30, 30), aged(none, 31)), (String::new(), String::new()));
        assert!(aged(said_30, 31).contains("is 31 days old, above the policy's [baseline] max-age"));
    }

    #[test]
    fn as_an_error_it_needs_all_of_the_history() {
        let ours = || run(100, NOW, "bbbb").by(ERROR);
        let code = |v: &Verdict| v.exit_code;
        assert_eq!(code(&ours().after(&[run(100, NOW - DAY, "aaaa")])), 0);
        let none = ours().after(&[]);
        assert!(code(&none) == 3 && said(&none).contains("there is no earlier verdict"), "{}", said(&none));
        let own = ours().after(&[run(100, NOW - DAY, "bbbb")]);
        assert!(code(&own) == 3 && said(&own).contains("no verdict of an earlier commit"), "{}", said(&own));
        let old = serde_json::to_vec(&run(100, NOW - DAY, "aaaa").judged()).unwrap();
        let mut cut = ours();
        cut.context.history = History::read([("a.json", old.as_slice()), ("b.json", &old[..old.len() / 2])]);
        let cut = cut.judged();
        assert!(code(&cut) == 3 && said(&cut).contains("b.json cannot be read"), "{}", said(&cut));
    }
}
