//! Attempts: one run's cases, run several times over, as the label `attempt` tells. Each case counts once, by its last outcome; one that both
//! failed and passed is flaky, and one that a later attempt no longer has is lost.

use gatekeeper_evidence::order::natural;
use gatekeeper_evidence::test_run::{Case, Outcome, Suite, TestRun};
use gatekeeper_evidence::{Data, Evidence};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The label whose values are attempts.
const LABEL: &str = "attempt";

/// Which cases a later attempt has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Attempts {
    /// All of them: what it lacks is lost.
    #[default]
    Full,
    /// Those that failed: the last outcome of the others stands.
    FailedOnly,
}

/// What is left of all attempts.
#[derive(Debug, Default)]
pub(super) struct Combined<'e> {
    /// Each piece of evidence with the cases whose last outcome is in it.
    pub(super) runs: Vec<(&'e Evidence, Cow<'e, TestRun>)>,
    pub(super) lost: Vec<Lost<'e>>,
}

/// A case that an attempt had and a later one has not.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lost<'e> {
    pub(super) within: &'e str,
    pub(super) name: &'e str,
    /// The last attempt that had it.
    pub(super) had: &'e str,
    /// The last of all.
    pub(super) last: &'e str,
    /// Evidence of the last of all.
    pub(super) path: &'e str,
}

/// An attempt between two others that nothing is left of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gap<'e> {
    /// The first number that is not there.
    pub(super) number: u64,
    /// The attempt before it.
    pub(super) before: u64,
    /// The one behind it.
    pub(super) after: u64,
    /// Evidence of the one behind it.
    pub(super) path: &'e str,
}

/// Up to which number attempts are counted one by one: greater ones are numbers of runs, or times.
const COUNTED: u64 = 100;

/// Attempts that are counted, and of which one is nowhere: in none of the parts of `all` either, for only some of these may have been run again.
pub(super) fn gaps<'e>(evidence: &[&'e Evidence], all: &[Evidence]) -> Vec<Gap<'e>> {
    let number = |e: &Evidence| {
        let text = e.source.labels.get(LABEL).filter(|_| matches!(e.data, Data::Tests(_)))?;
        text.parse::<u64>().ok().filter(|n| *n <= COUNTED)
    };
    let known: BTreeSet<u64> = all.iter().filter_map(number).collect();
    let mut groups: BTreeMap<Group<'_>, BTreeMap<u64, &'e str>> = BTreeMap::new();
    for e in evidence {
        if let Some(n) = number(e) {
            groups.entry(group(e)).or_default().insert(n, &e.source.path);
        }
    }
    let mut out = Vec::new();
    for there in groups.values() {
        for ((before, _), (after, path)) in there.iter().zip(there.iter().skip(1)) {
            let lost = (before.saturating_add(1)..*after).find(|n| !known.contains(n));
            out.extend(lost.map(|number| Gap { number, before: *before, after: *after, path }));
        }
    }
    out
}

/// A case's name within a run: class or suite, name, which of those that share both.
type Key<'e> = (&'e str, &'e str, usize);

/// Where a case stands: attempt, evidence, suite, case.
#[derive(Debug, Clone, Copy)]
struct At {
    attempt: usize,
    evidence: usize,
    suite: usize,
    case: usize,
    status: Outcome,
    flaky: bool,
}

/// Unites attempts. Evidence without the label is a run of its own.
pub(super) fn combined<'e>(evidence: &[&'e Evidence], which: Attempts) -> Combined<'e> {
    let mut out = Combined::default();
    let mut groups: BTreeMap<Group<'_>, Vec<(&'e Evidence, &'e TestRun)>> = BTreeMap::new();
    for e in evidence {
        let Data::Tests(run) = &e.data else { continue };
        match e.source.labels.contains_key(LABEL) {
            true => groups.entry(group(e)).or_default().push((e, run)),
            false => out.runs.push((e, Cow::Borrowed(run))),
        }
    }
    for group in groups.into_values() {
        unite(group, which, &mut out);
    }
    // The order of the evidence is that of the answer.
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (n, e) in evidence.iter().enumerate() {
        places.entry(&e.source.path).or_insert(n);
    }
    out.runs.sort_by_key(|(e, _)| places.get(e.source.path.as_str()));
    out
}

/// What evidence of one run has in common, whichever attempt it is of.
type Group<'e> = (Vec<(&'e str, &'e str)>, Option<&'e str>, Option<&'e str>);

fn group(e: &Evidence) -> Group<'_> {
    let labels = e.source.labels.iter().filter(|(k, _)| *k != LABEL).map(|(k, v)| (k.as_str(), v.as_str())).collect();
    (labels, e.source.name.as_deref(), e.source.tool.as_deref())
}

fn attempt_of(e: &Evidence) -> &str {
    e.source.labels.get(LABEL).map_or("", String::as_str)
}

fn unite<'e>(group: Vec<(&'e Evidence, &'e TestRun)>, which: Attempts, out: &mut Combined<'e>) {
    let mut attempts: Vec<&str> = group.iter().map(|(e, _)| attempt_of(e)).collect();
    attempts.sort_by(|a, b| natural(a, b));
    attempts.dedup();
    if attempts.len() < 2 {
        out.runs.extend(group.into_iter().map(|(e, run)| (e, Cow::Borrowed(run))));
        return;
    }
    let mut cases: BTreeMap<Key<'e>, Vec<At>> = BTreeMap::new();
    for (attempt, value) in attempts.iter().enumerate() {
        let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        let of_it = group.iter().enumerate().filter(|(_, (e, _))| attempt_of(e) == *value);
        for (evidence, (_, run)) in of_it {
            for (suite, s) in run.suites.iter().enumerate() {
                for (case, c) in s.cases.iter().enumerate() {
                    let within = c.class.as_deref().unwrap_or(&s.name);
                    let n = seen.entry((within, &c.name)).or_default();
                    let at = At { attempt, evidence, suite, case, status: c.status, flaky: c.flaky };
                    cases.entry((within, &c.name, *n)).or_default().push(at);
                    *n += 1;
                }
            }
        }
    }
    let last = attempts.len() - 1;
    let value = |n: usize| attempts.get(n).copied().unwrap_or_default();
    let path = group.iter().find(|(e, _)| attempt_of(e) == value(last)).map_or("", |(e, _)| &e.source.path);
    let mut keep: Vec<BTreeMap<(usize, usize), bool>> = vec![BTreeMap::new(); group.len()];
    for ((within, name, _), all) in cases {
        let Some(end) = all.last() else { continue };
        if which == Attempts::Full && end.attempt < last {
            out.lost.push(Lost { within, name, had: value(end.attempt), last: value(last), path });
        }
        let Some((at, flaky)) = outcome(&all) else { continue };
        if let Some(kept) = keep.get_mut(at.evidence) {
            kept.insert((at.suite, at.case), flaky);
        }
    }
    for ((e, run), kept) in group.into_iter().zip(keep) {
        out.runs.push((e, Cow::Owned(only(run, &kept))));
    }
}

/// The outcome that counts, and whether the case is flaky. A skip is no outcome where the case failed, and takes a pass back.
fn outcome(all: &[At]) -> Option<(At, bool)> {
    let bad = |a: &At| matches!(a.status, Outcome::Failed | Outcome::Errored);
    let any = |f: &dyn Fn(&At) -> bool| all.iter().any(f);
    let flaky = any(&bad) && any(&|a| a.status == Outcome::Passed) || any(&|a| a.flaky);
    let ran = all.iter().rfind(|a| a.status != Outcome::Skipped).copied();
    let end = all.last().copied()?;
    let at = match ran {
        Some(ran) if bad(&ran) || end.status != Outcome::Skipped => ran,
        _ => end,
    };
    Some((at, flaky))
}

/// A run with these cases alone, each with whether it is flaky. What is only counted has no name to be known by: it counts in every attempt.
fn only(run: &TestRun, kept: &BTreeMap<(usize, usize), bool>) -> TestRun {
    let suites = run.suites.iter().enumerate().map(|(s, suite)| Suite {
        name: suite.name.clone(),
        unlisted: suite.unlisted,
        unlisted_time: suite.unlisted_time,
        cases: suite
            .cases
            .iter()
            .enumerate()
            .filter_map(|(c, case)| {
                let flaky = *kept.get(&(s, c))?;
                Some(Case { flaky, ..case.clone() })
            })
            .collect(),
    });
    let suites = suites.collect();
    TestRun { suites, problems: run.problems.clone(), beyond: run.beyond.clone(), health: run.health.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::{Errored, Failed, Passed, Skipped};
    use gatekeeper_evidence::Source;

    fn attempt(value: &str, os: &str, cases: &[(&str, Outcome)]) -> Evidence {
        let cases = cases.iter().map(|(n, status)| Case { name: (*n).into(), status: *status, ..Case::default() });
        let run = TestRun {
            suites: vec![Suite { name: "s".into(), cases: cases.collect(), ..Suite::default() }],
            ..TestRun::default()
        };
        let labels = [("attempt", value), ("os", os)].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let source =
            Source { path: format!("{os}/{value}.xml"), format: "junit", labels: labels.into(), ..Source::default() };
        Evidence { source, complete: Some(true), notes: Vec::new(), data: Data::Tests(run) }
    }

    /// Each case as `name:status`, with `~` where it is flaky, and the lost ones.
    fn told(evidence: &[Evidence], which: Attempts) -> (Vec<String>, Vec<String>) {
        let all: Vec<&Evidence> = evidence.iter().collect();
        let combined = combined(&all, which);
        let mut cases: Vec<String> = combined
            .runs
            .iter()
            .flat_map(|(_, r)| r.suites.iter().flat_map(|s| &s.cases))
            .map(|c| format!("{}:{:?}{}", c.name, c.status, if c.flaky { "~" } else { "" }))
            .collect();
        cases.sort();
        (cases, combined.lost.iter().map(|l| format!("{} {} {}", l.name, l.had, l.last)).collect())
    }

    #[test]
    fn a_case_counts_once_by_its_last_outcome() {
        let of = |first, second| {
            let both = [attempt("1", "a", &[("x", first)]), attempt("2", "a", &[("x", second)])];
            told(&both, Attempts::Full).0.concat()
        };
        assert_eq!(of(Passed, Passed), "x:Passed");
        assert_eq!(of(Failed, Passed), "x:Passed~");
        assert_eq!(of(Errored, Passed), "x:Passed~");
        assert_eq!(of(Passed, Failed), "x:Failed~");
        assert_eq!(of(Failed, Failed), "x:Failed");
        // A skip makes no failure go away, and is no pass.
        assert_eq!(of(Failed, Skipped), "x:Failed");
        assert_eq!(of(Passed, Skipped), "x:Skipped");
        assert_eq!(of(Skipped, Passed), "x:Passed");
        assert_eq!(of(Skipped, Skipped), "x:Skipped");
    }

    #[test]
    fn what_a_later_attempt_lacks_is_lost_unless_only_failures_were_run_again() {
        let both = [attempt("9", "a", &[("x", Failed), ("y", Passed)]), attempt("10", "a", &[("x", Passed)])];
        assert_eq!(told(&both, Attempts::Full).1, ["y 9 10"]);
        let all: Vec<&Evidence> = both.iter().collect();
        assert_eq!(combined(&all, Attempts::Full).lost[0].path, "a/10.xml", "it is there that it lacks");
        let (cases, lost) = told(&both, Attempts::FailedOnly);
        assert_eq!((cases.concat().as_str(), lost.len()), ("x:Passed~y:Passed", 0));
        // What came to it later is not lost; what failed and was not run again has failed.
        let later = [attempt("1", "a", &[("x", Failed)]), attempt("2", "a", &[("y", Passed)])];
        assert_eq!(told(&later, Attempts::Full).1, ["x 1 2"]);
        assert_eq!(told(&later, Attempts::FailedOnly).0.concat(), "x:Failedy:Passed");
    }

    #[test]
    fn cells_and_cases_of_one_name_are_kept_apart() {
        let cells = [attempt("1", "a", &[("x", Failed)]), attempt("2", "b", &[("x", Passed)])];
        assert_eq!(told(&cells, Attempts::Full).0, ["x:Failed", "x:Passed"]);
        let twice =
            [attempt("1", "a", &[("x", Passed), ("x", Failed)]), attempt("2", "a", &[("x", Passed), ("x", Passed)])];
        assert_eq!(told(&twice, Attempts::Full).0, ["x:Passed", "x:Passed~"]);
    }

    #[test]
    fn evidence_without_the_label_is_a_run_of_its_own() {
        let mut plain = [attempt("1", "a", &[("x", Failed)]), attempt("2", "a", &[("x", Passed)])];
        for e in &mut plain {
            e.source.labels.remove("attempt");
        }
        assert_eq!(told(&plain, Attempts::Full).0, ["x:Failed", "x:Passed"]);
    }

    #[test]
    fn an_attempt_between_two_others_that_is_nowhere_is_lost() {
        let all = |at: &[(&str, &str)]| at.iter().map(|(n, os)| attempt(n, os, &[("x", Passed)])).collect::<Vec<_>>();
        let told = |at: &[(&str, &str)]| {
            let all = all(at);
            let evidence: Vec<&Evidence> = all.iter().filter(|e| e.source.labels["os"] == "a").collect();
            gaps(&evidence, &all).iter().map(|g| (g.number, g.before, g.after, g.path.to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(told(&[("1", "a"), ("3", "a")]), [(2, 1, 3, "a/3.xml".to_owned())]);
        assert_eq!(told(&[("10", "a"), ("1", "a"), ("5", "a")]).iter().map(|g| g.0).collect::<Vec<_>>(), [2, 6]);
        assert_eq!(told(&[("1", "a"), ("2", "a"), ("3", "a")]), []);
        // Where only another part was run again, this one lacks nothing.
        assert_eq!(told(&[("1", "a"), ("3", "a"), ("2", "b")]), []);
        assert_eq!(told(&[("1", "a"), ("4", "a"), ("2", "b")]).len(), 1);
        // The first may have another number, and what is no count has no gaps.
        assert_eq!(told(&[("2", "a")]), []);
        assert_eq!(told(&[("98", "a"), ("100", "a")]).len(), 1);
        assert_eq!(told(&[("99", "a"), ("101", "a")]), []);
        assert_eq!(told(&[("first", "a"), ("third", "a"), ("1.1", "a"), ("1.3", "a")]), []);
    }

    #[test]
    fn runs_stand_in_the_order_of_their_evidence() {
        let mut all = [
            attempt("2", "b", &[("x", Passed)]),
            attempt("1", "c", &[("x", Passed)]),
            attempt("1", "b", &[("x", Passed)]),
            attempt("2", "a", &[("x", Passed)]),
            attempt("1", "a", &[("x", Passed)]),
        ];
        all[1].source.labels.remove("attempt");
        let evidence: Vec<&Evidence> = all.iter().collect();
        let runs = combined(&evidence, Attempts::Full).runs;
        let paths: Vec<&str> = runs.iter().map(|(e, _)| e.source.path.as_str()).collect();
        assert_eq!(paths, ["b/2.xml", "c/1.xml", "b/1.xml", "a/2.xml", "a/1.xml"]);
    }

    #[test]
    fn attempts_are_ordered_by_number() {
        for (earlier, later) in [("9", "10"), ("run-9", "run-10"), ("2.9", "2.10"), ("09", "10"), ("10", "retry")] {
            let both = [attempt(later, "a", &[("x", Failed)]), attempt(earlier, "a", &[("x", Passed)])];
            assert_eq!(told(&both, Attempts::Full).0.concat(), "x:Failed~", "{earlier} {later}");
        }
    }
}
