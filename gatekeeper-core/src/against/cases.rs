//! Test cases then and now. A case is its class (or suite) and its name; several of one name are counted.

use gatekeeper_evidence::test_run::{Case, Counts, Outcome, TestRun};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Times that differ by less are the same: what was read of a report and what was read of a snapshot.
const SAME_TIME: f64 = 1e-9;

/// A case with what it stands in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'e> {
    /// Its class, else its suite.
    pub within: &'e str,
    /// The case.
    pub case: &'e Case,
}

impl Named<'_> {
    /// Its whole name: `class: name`.
    pub(crate) fn full(&self) -> String {
        let Named { within, case } = self;
        if within.is_empty() || case.name.starts_with(within) {
            case.name.to_string()
        } else {
            format!("{within}: {}", case.name)
        }
    }

    fn ran(&self) -> bool {
        self.case.status != Outcome::Skipped
    }
}

/// What became of the cases of an earlier run.
#[derive(Debug, Default)]
pub(crate) struct Cases<'e> {
    /// How many ran then, counted ones among them.
    pub ran: u64,
    /// Those that ran then and did not run now, nor are skipped, nor are found elsewhere.
    pub lost: Vec<Named<'e>>,
    /// How many more are gone that the earlier run only counted.
    pub uncounted: u64,
    /// Those that are found elsewhere or under another name: then, now.
    pub moved: Vec<(Named<'e>, Named<'e>)>,
    /// Those that ran then and are skipped now: then, now.
    pub skipped: Vec<(Named<'e>, Named<'e>)>,
    /// Those that were skipped then and are gone.
    pub gone: Vec<Named<'e>>,
    /// Those that ran both times: then, now.
    pub both: Vec<(Named<'e>, Named<'e>)>,
}

impl Cases<'_> {
    /// How many are lost in all.
    pub(crate) fn lost_in_all(&self) -> u64 {
        self.uncounted.saturating_add(u64::try_from(self.lost.len()).unwrap_or(u64::MAX))
    }
}

fn all<'e>(runs: &[&'e TestRun]) -> impl Iterator<Item = Named<'e>> {
    runs.iter()
        .flat_map(|r| &r.suites)
        .flat_map(|s| s.cases.iter().map(|case| Named { within: case.class.as_deref().unwrap_or(&s.name), case }))
}

fn unlisted_that_ran(runs: &[&TestRun]) -> u64 {
    let counts = runs.iter().flat_map(|r| &r.suites).fold(Counts::default(), |sum, s| sum.plus(s.unlisted));
    counts.passed.saturating_add(counts.failed).saturating_add(counts.errored)
}

/// Class (or suite) and name.
type Name<'e> = (&'e str, &'e str);

/// Holds the cases of runs against those of earlier runs.
pub(crate) fn cases<'e>(before: &[&'e TestRun], now: &[&'e TestRun]) -> Cases<'e> {
    let mut out = Cases::default();
    let mut there: HashMap<Name<'e>, [VecDeque<Named<'e>>; 2]> = HashMap::new();
    for case in all(now) {
        let [ran, skipped] = there.entry((case.within, &case.case.name)).or_default();
        if case.ran() { ran.push_back(case) } else { skipped.push_back(case) }
    }
    // In an order that does not depend on hashing: what is told is told the same every time.
    let mut known: BTreeMap<Name<'e>, [Vec<Named<'e>>; 2]> = BTreeMap::new();
    for case in all(before) {
        let [ran, skipped] = known.entry((case.within, &case.case.name)).or_default();
        if case.ran() { ran.push(case) } else { skipped.push(case) }
    }
    let mut missing: Vec<Named<'e>> = Vec::new();
    // One more of a name that was there is not what another name has become.
    let mut again: Vec<Name<'e>> = Vec::new();
    for (name, [ran, skipped]) in known {
        again.push(name);
        let (mut none, mut neither) = (VecDeque::new(), VecDeque::new());
        let (ran_now, skipped_now) = match there.get_mut(&name) {
            Some([ran, skipped]) => (ran, skipped),
            None => (&mut none, &mut neither),
        };
        out.ran = out.ran.saturating_add(u64::try_from(ran.len()).unwrap_or(u64::MAX));
        for case in skipped {
            // Whatever was skipped may go on being skipped; or it runs now.
            if skipped_now.pop_front().is_none() && (ran_now.len() <= ran.len() || ran_now.pop_back().is_none()) {
                out.gone.push(case);
            }
        }
        for case in ran {
            match (ran_now.pop_front(), skipped_now.front()) {
                (Some(now), _) => out.both.push((case, now)),
                (None, Some(_)) => out.skipped.extend(skipped_now.pop_front().map(|now| (case, now))),
                (None, None) => missing.push(case),
            }
        }
    }
    for name in again {
        there.remove(&name);
    }
    let mut new: Vec<Named<'e>> = there.into_values().flatten().flatten().collect();
    new.sort_by(|a, b| (a.within, &a.case.name).cmp(&(b.within, &b.case.name)));
    elsewhere(missing, &new, &mut out);
    // Of cases that are only counted nobody knows which they are: what is new may be what was counted.
    let before_unlisted = unlisted_that_ran(before);
    out.ran = out.ran.saturating_add(before_unlisted);
    let found = u64::try_from(out.moved.len()).unwrap_or(u64::MAX);
    let unknown = u64::try_from(new.iter().filter(|n| n.ran()).count()).unwrap_or(u64::MAX).saturating_sub(found);
    out.uncounted = before_unlisted.saturating_sub(unlisted_that_ran(now)).saturating_sub(unknown);
    out
}

/// Finds missing cases among new ones: the same name elsewhere, then the same suite and time. Each new case stands for one.
fn elsewhere<'e>(missing: Vec<Named<'e>>, new: &[Named<'e>], out: &mut Cases<'e>) {
    let mut used = vec![false; new.len()];
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut by_suite: HashMap<&str, Vec<usize>> = HashMap::new();
    for (n, case) in new.iter().enumerate().rev() {
        by_name.entry(&case.case.name).or_default().push(n);
        by_suite.entry(case.within).or_default().push(n);
    }
    let mut take = |out: &mut Cases<'e>,
                    then: Named<'e>,
                    candidates: Option<&mut Vec<usize>>,
                    fits: &dyn Fn(&Named<'e>) -> bool| {
        let Some(candidates) = candidates else { return false };
        let Some(at) =
            candidates.iter().rposition(|n| used.get(*n).is_some_and(|used| !used) && new.get(*n).is_some_and(fits))
        else {
            return false;
        };
        let n = candidates.remove(at);
        let (Some(used), Some(now)) = (used.get_mut(n), new.get(n)) else { return false };
        *used = true;
        if now.ran() {
            out.moved.push((then, *now))
        } else {
            out.skipped.push((then, *now))
        }
        true
    };
    let mut left = Vec::new();
    for then in missing {
        if !take(out, then, by_name.get_mut(then.case.name.as_ref()), &|_| true) {
            left.push(then);
        }
    }
    for then in left {
        // A time of 0 is no mark of a case.
        let time = then.case.time.filter(|t| *t > 0.0);
        let same =
            |now: &Named<'e>| now.ran() && time.zip(now.case.time).is_some_and(|(a, b)| (a - b).abs() < SAME_TIME);
        if time.is_none() || !take(out, then, by_suite.get_mut(then.within), &same) {
            out.lost.push(then);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::test_run::Suite;

    fn run(cases: &[(&str, &str, Outcome, f64)]) -> TestRun {
        let suites = cases.iter().map(|(suite, name, status, time)| Suite {
            cases: vec![Case { name: (*name).into(), status: *status, time: Some(*time), ..Case::default() }],
            ..Suite::named(*suite)
        });
        TestRun { suites: suites.collect(), ..TestRun::default() }
    }

    fn counted(passed: u64, skipped: u64) -> TestRun {
        let unlisted = Counts { passed, skipped, ..Counts::default() };
        TestRun { suites: vec![Suite { unlisted, ..Suite::default() }], ..TestRun::default() }
    }

    fn told(before: &TestRun, now: &TestRun) -> String {
        let c = cases(&[before], &[now]);
        let names = |cases: &[Named<'_>]| cases.iter().map(Named::full).collect::<Vec<_>>().join(",");
        let pairs = |cases: &[(Named<'_>, Named<'_>)]| {
            cases.iter().map(|(a, b)| format!("{}>{}", a.full(), b.full())).collect::<Vec<_>>().join(",")
        };
        format!(
            "lost[{}]+{} moved[{}] skipped[{}] gone[{}] both {}",
            names(&c.lost),
            c.uncounted,
            pairs(&c.moved),
            pairs(&c.skipped),
            names(&c.gone),
            c.both.len()
        )
    }

    use Outcome::{Failed, Passed, Skipped};

    #[test]
    fn each_case_is_lost_skipped_moved_or_there() {
        let before = run(&[("s", "a", Passed, 1.0), ("s", "b", Failed, 2.0), ("s", "c", Skipped, 0.0)]);
        assert_eq!(told(&before, &before), "lost[]+0 moved[] skipped[] gone[] both 2");
        assert_eq!(told(&before, &run(&[])), "lost[s: a,s: b]+0 moved[] skipped[] gone[s: c] both 0");
        let now = run(&[("s", "a", Skipped, 0.0), ("s", "b", Passed, 9.0), ("s", "c", Passed, 1.0)]);
        assert_eq!(told(&before, &now), "lost[]+0 moved[] skipped[s: a>s: a] gone[] both 1");
    }

    #[test]
    fn the_same_name_elsewhere_has_moved_and_the_same_time_here_is_renamed() {
        let before = run(&[("s", "a", Passed, 1.5), ("s", "b", Passed, 2.5)]);
        let now = run(&[("t", "a", Passed, 7.0), ("s", "new", Passed, 2.5)]);
        assert_eq!(told(&before, &now), "lost[]+0 moved[s: a>t: a,s: b>s: new] skipped[] gone[] both 0");
        // Another time, another suite, a case that was there: none of them is it.
        for other in [("s", "new", Passed, 2.6), ("t", "new", Passed, 2.5), ("s", "a", Passed, 2.5)] {
            let now = run(&[("s", "a", Passed, 1.5), other]);
            assert!(told(&before, &now).starts_with("lost[s: b]"), "{}", told(&before, &now));
        }
        // Moved and skipped is skipped.
        let now = run(&[("t", "a", Skipped, 0.0), ("s", "b", Passed, 1.0)]);
        assert_eq!(told(&before, &now), "lost[]+0 moved[] skipped[s: a>t: a] gone[] both 1");
        // A time of 0 marks nothing.
        let zero = |name| run(&[("s", name, Passed, 0.0)]);
        assert!(told(&zero("x"), &zero("y")).starts_with("lost[s: x]"));
    }

    #[test]
    fn one_new_case_stands_for_one() {
        let before = run(&[("s", "a", Passed, 1.0), ("s", "b", Passed, 1.0)]);
        let now = run(&[("s", "c", Passed, 1.0)]);
        assert_eq!(told(&before, &now), "lost[s: b]+0 moved[s: a>s: c] skipped[] gone[] both 0");
    }

    #[test]
    fn cases_of_one_name_are_counted() {
        let two = run(&[("s", "a", Passed, 1.0), ("s", "a", Passed, 2.0)]);
        let one = run(&[("s", "a", Passed, 1.0)]);
        assert_eq!(told(&two, &one), "lost[s: a]+0 moved[] skipped[] gone[] both 1");
        assert_eq!(told(&one, &two), "lost[]+0 moved[] skipped[] gone[] both 1");
        let mixed = run(&[("s", "a", Passed, 1.0), ("s", "a", Skipped, 0.0)]);
        assert_eq!(told(&mixed, &run(&[("s", "a", Skipped, 0.0)])), "lost[s: a]+0 moved[] skipped[] gone[] both 0");
        assert_eq!(told(&mixed, &two), "lost[]+0 moved[] skipped[] gone[] both 1");
    }

    #[test]
    fn cases_that_are_only_counted_are_counted() {
        assert_eq!(cases(&[&counted(10, 5)], &[&counted(8, 0)]).uncounted, 2);
        assert_eq!(cases(&[&counted(10, 5)], &[&counted(10, 0)]).uncounted, 0);
        let listed = run(&[("s", "a", Passed, 1.0)]);
        assert_eq!(cases(&[&counted(2, 0)], &[&listed]).uncounted, 1);
        let two = counted(2, 0);
        let c = cases(&[&two, &listed], &[]);
        assert_eq!((c.ran, c.lost_in_all()), (3, 3));
    }
}
