//! Test results: suites of cases, and counts that a format states without listing the cases.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a run of tests said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestRun {
    /// Suites in the input's order.
    pub suites: Vec<Suite>,
    /// Configuration functions, fixtures and whole suites that failed without being a case: the run is not good, whatever its cases say.
    pub problems: Vec<Problem>,
    /// Where the document's own totals disagree with its list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beyond: Option<Box<Beyond>>,
    /// Where the cases are subsystems that say how they are: their own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Box<Health>>,
}

/// How a service says that it is, beside its subsystems, which are cases: one that is degraded is a failed case with its own word as its kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// The word for the whole, as stated.
    pub status: Box<str>,
    /// What that word means.
    pub state: HealthState,
    /// Names of the cases that are degraded.
    pub degraded: Vec<Box<str>>,
    /// Whether it has a list of subsystems, and nothing is in it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lists_none: bool,
}

/// How a subsystem is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HealthState {
    /// It works.
    Up,
    /// It works in part.
    Degraded,
    /// It does not work. What says nothing of itself is taken for this.
    #[default]
    Down,
}

/// What a document's own totals say beyond the cases that it lists: the second reading of a document that disagrees with itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beyond {
    /// Cases that are counted and neither listed nor counted as skipped: nobody knows how they ended.
    pub unlisted: u64,
    /// Failures and errors that are counted and not listed.
    pub bad: u64,
    /// Skipped cases that are counted and not listed.
    pub skipped: u64,
    /// Skipped cases that are counted where the list, which is as long as the total, has others.
    pub skipped_within: u64,
    /// Listed cases that are not counted.
    pub fewer: u64,
    /// Both numbers in words: `states 205 tests, lists 100`.
    pub words: String,
}

/// Counts that a document states of itself; `None` where it does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// All cases.
    pub total: Option<u64>,
    /// Failures and errors.
    pub bad: Option<u64>,
    /// Skipped cases.
    pub skipped: Option<u64>,
}

impl Totals {
    /// Held against what the document lists. `surplus`: what its total counts and what is no case, such as re-runs.
    pub fn against(self, listed: Counts, surplus: u64) -> Beyond {
        let bad = listed.failed.saturating_add(listed.errored);
        let more_skipped = self.skipped.map_or(0, |n| n.saturating_sub(listed.skipped));
        let more = self.total.map(|n| n.saturating_sub(listed.total().saturating_add(surplus)));
        let skipped = more.map_or(more_skipped, |more| more_skipped.min(more));
        let mut out = Beyond {
            unlisted: more.map_or(0, |more| more - skipped),
            bad: self.bad.map_or(0, |n| n.saturating_sub(bad)),
            skipped,
            skipped_within: more_skipped - skipped,
            fewer: self.total.map_or(0, |n| listed.total().saturating_sub(n)),
            words: String::new(),
        };
        if out != Beyond::default() {
            let mut pairs = Vec::new();
            if let Some(n) = self.total {
                pairs.push((n, "tests", listed.total()));
            }
            if let Some(n) = self.bad.filter(|_| out.bad > 0) {
                pairs.push((n, "failures", bad));
            }
            if let Some(n) = self.skipped.filter(|_| more_skipped > 0) {
                pairs.push((n, "skipped", listed.skipped));
            }
            let words: Vec<String> = pairs.iter().map(|(n, what, l)| format!("states {n} {what}, lists {l}")).collect();
            out.words = words.join("; ");
        }
        out
    }
}

impl Beyond {
    /// The same where a total below the list says nothing: its producer counts less there.
    #[must_use]
    pub fn without_fewer(mut self) -> Beyond {
        self.fewer = 0;
        let says_more = self.unlisted > 0 || self.bad > 0 || self.skipped > 0 || self.skipped_within > 0;
        if says_more { self } else { Beyond::default() }
    }

    /// Two documents' or suites' together.
    #[must_use]
    pub fn plus(self, o: &Beyond) -> Beyond {
        Beyond {
            unlisted: self.unlisted.saturating_add(o.unlisted),
            bad: self.bad.saturating_add(o.bad),
            skipped: self.skipped.saturating_add(o.skipped),
            skipped_within: self.skipped_within.saturating_add(o.skipped_within),
            fewer: self.fewer.saturating_add(o.fewer),
            words: if self.words.is_empty() { o.words.clone() } else { self.words },
        }
    }

    /// Of what an outer element and the inner ones say, each figure's larger: the one repeats the other.
    #[must_use]
    pub fn or_more(self, inner: &Beyond) -> Beyond {
        Beyond {
            unlisted: self.unlisted.max(inner.unlisted),
            bad: self.bad.max(inner.bad),
            skipped: self.skipped.max(inner.skipped),
            skipped_within: self.skipped_within.max(inner.skipped_within),
            fewer: self.fewer.max(inner.fewer),
            words: if self.words.is_empty() { inner.words.clone() } else { self.words },
        }
    }

    /// As a run keeps it: nothing where nothing disagrees.
    pub fn boxed(self) -> Option<Box<Beyond>> {
        (self != Beyond::default()).then(|| Box::new(self))
    }
}

/// A suite: cases that are listed, and counts of those that are not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// Its name.
    pub name: Box<str>,
    /// The listed cases.
    pub cases: Vec<Case>,
    /// Cases that the input counts and does not list (console logs, summaries).
    pub unlisted: Counts,
    /// Time of the unlisted cases where stated, seconds.
    pub unlisted_time: f64,
}

/// A case. Small, as there are many: what only some have stands in `detail`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its name.
    pub name: Box<str>,
    /// Class, module or file that it belongs to, where it differs from the suite's name. Shared: the cases of a class hold one text.
    pub class: Option<Arc<str>>,
    /// How it ended.
    pub status: Outcome,
    /// Whether it failed first and passed on a re-run.
    pub flaky: bool,
    /// Its own time, seconds.
    pub time: Option<f64>,
    /// What else is known of it.
    pub detail: Option<Box<Detail>>,
}

/// What is known of a case beyond name, status and time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detail {
    /// The failure's, error's or skip's message: its first lines.
    pub message: Box<str>,
    /// The failure's type.
    pub kind: Box<str>,
    /// Source file.
    pub file: Option<Box<str>>,
    /// Line in the source file, from 1.
    pub line: Option<u32>,
    /// How often it was run, where the format tells.
    pub attempts: Option<u32>,
}

/// How a case ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It passed.
    #[default]
    Passed,
    /// It was not run, or its result does not count.
    Skipped,
    /// It ended in an unexpected way.
    Errored,
    /// It did not hold.
    Failed,
}

/// Something that failed without being a case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// What failed: `init_per_suite`, `error_in_suite`, a suite's name.
    pub name: String,
    /// What it said.
    pub message: String,
    /// Line of the input, where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

/// Cases by how they ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Passed.
    pub passed: u64,
    /// Failed.
    pub failed: u64,
    /// Errored.
    pub errored: u64,
    /// Skipped.
    pub skipped: u64,
    /// Passed on a re-run (they are in `passed` too).
    pub flaky: u64,
}

impl Counts {
    /// All cases.
    pub fn total(&self) -> u64 {
        self.passed.saturating_add(self.failed).saturating_add(self.errored).saturating_add(self.skipped)
    }

    /// Of one case.
    pub fn of(case: &Case) -> Counts {
        let mut out = Counts::default();
        out.add(case);
        out
    }

    /// Adds other counts.
    #[must_use]
    pub fn plus(self, o: Counts) -> Counts {
        Counts {
            passed: self.passed.saturating_add(o.passed),
            failed: self.failed.saturating_add(o.failed),
            errored: self.errored.saturating_add(o.errored),
            skipped: self.skipped.saturating_add(o.skipped),
            flaky: self.flaky.saturating_add(o.flaky),
        }
    }

    fn add(&mut self, case: &Case) {
        let slot = match case.status {
            Outcome::Passed => &mut self.passed,
            Outcome::Failed => &mut self.failed,
            Outcome::Errored => &mut self.errored,
            Outcome::Skipped => &mut self.skipped,
        };
        *slot = slot.saturating_add(1);
        if case.flaky {
            self.flaky = self.flaky.saturating_add(1);
        }
    }
}

impl Suite {
    /// A suite of a name.
    pub fn named(name: impl Into<Box<str>>) -> Self {
        Suite { name: name.into(), ..Suite::default() }
    }

    /// Its counts: listed and unlisted cases.
    pub fn counts(&self) -> Counts {
        let mut counts = self.unlisted;
        for case in &self.cases {
            counts.add(case);
        }
        counts
    }
}

impl TestRun {
    /// The counts of all suites.
    pub fn counts(&self) -> Counts {
        self.suites.iter().fold(Counts::default(), |sum, s| sum.plus(s.counts()))
    }

    /// Keeps where the document's totals disagree with its list; answers both numbers in words, for a note.
    pub fn hold_against(&mut self, totals: Totals) -> Option<String> {
        self.beyond = totals.against(self.counts(), 0).boxed();
        self.beyond.as_ref().map(|b| b.words.clone())
    }

    /// Keeps that the document calls its run failed, where nothing that it lists says why.
    pub fn says_that_it_failed(&mut self, place: &str, words: &str) {
        let counts = self.counts();
        if counts.failed == 0 && counts.errored == 0 && self.problems.is_empty() {
            let message = format!("{words}, and lists no reason");
            self.problems.push(Problem { name: place.to_owned(), message, line: None });
        }
    }

    /// Whether cases are counted whose end nobody tells, or anything else that makes the totals worse than the list.
    pub fn disagrees(&self) -> bool {
        self.beyond.as_ref().is_some_and(|b| b.unlisted > 0 || b.bad > 0 || b.skipped_within > 0 || b.fewer > 0)
    }

    /// The list with the skipped cases that are only counted: a listed skip fewer than stated is a skip. `None` where there are none.
    pub fn with_counted_skips(&self) -> Option<TestRun> {
        let beyond = self.beyond.as_ref()?;
        let skipped = beyond.skipped.saturating_add(beyond.skipped_within);
        (skipped > 0).then(|| {
            let mut run = self.clone();
            let unlisted = Counts { skipped, ..Counts::default() };
            run.suites.push(Suite { unlisted, ..Suite::default() });
            run
        })
    }

    /// The run as its totals tell it; cases that are only counted are given the best end that the totals leave. `None` where the totals are
    /// no worse than the list.
    pub fn by_totals(&self) -> Option<TestRun> {
        let beyond = self.beyond.as_ref().filter(|_| self.disagrees())?;
        let mut run = self.clone();
        let failed = beyond.bad.min(beyond.unlisted);
        // Cases that the totals count otherwise are taken out of the list: of whichever they speak, nobody can tell.
        let turned = run.take_passed(beyond.bad - failed);
        let skipped_within = run.take_passed(beyond.skipped_within);
        // A total of 0 over a list is a counter that nobody set: one case stays.
        let most = run.counts().passed.saturating_sub(1);
        run.take_passed(beyond.fewer.min(most));
        let unlisted = Counts {
            passed: beyond.unlisted - failed,
            failed: failed.saturating_add(turned),
            skipped: beyond.skipped.saturating_add(skipped_within),
            ..Counts::default()
        };
        run.suites.push(Suite { unlisted, ..Suite::default() });
        Some(run)
    }

    /// Takes so many of the passed cases away, the last ones first; answers how many there were.
    fn take_passed(&mut self, many: u64) -> u64 {
        let mut left = many;
        for suite in self.suites.iter_mut().rev() {
            if left == 0 {
                break;
            }
            let mut kept = Vec::with_capacity(suite.cases.len());
            while let Some(case) = suite.cases.pop() {
                if left > 0 && case.status == Outcome::Passed {
                    left -= 1;
                } else {
                    kept.push(case);
                }
            }
            kept.reverse();
            suite.cases = kept;
        }
        many - left
    }

    /// The sum of the cases' own times, seconds.
    pub fn duration(&self) -> f64 {
        // The sum of nothing would be -0.
        let listed = self.suites.iter().flat_map(|s| &s.cases).filter_map(|c| c.time);
        self.suites.iter().map(|s| s.unlisted_time).chain(listed).fold(0.0, |sum, t| sum + t)
    }

    /// The cases with their suites.
    pub fn cases(&self) -> impl Iterator<Item = (&Suite, &Case)> {
        self.suites.iter().flat_map(|s| s.cases.iter().map(move |c| (s, c)))
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod readings {
    use super::*;

    fn run(passed: usize, beyond: Beyond) -> TestRun {
        let suite = Suite { cases: vec![Case::default(); passed], ..Suite::default() };
        TestRun { suites: vec![suite], beyond: Some(Box::new(beyond)), ..TestRun::default() }
    }

    #[test]
    fn cases_without_an_outcome_get_the_best_that_the_totals_leave() {
        let n = run(3, Beyond { unlisted: 5, bad: 2, ..Beyond::default() }).by_totals().unwrap().counts();
        assert_eq!((n.passed, n.failed, n.total()), (6, 2, 8));
        // More failures than there are unlisted cases: listed ones must have failed.
        let n = run(3, Beyond { unlisted: 1, bad: 2, ..Beyond::default() }).by_totals().unwrap().counts();
        assert_eq!((n.passed, n.failed, n.total()), (2, 2, 4));
        let n = run(1, Beyond { bad: 5, ..Beyond::default() }).by_totals().unwrap().counts();
        assert_eq!((n.passed, n.failed), (0, 1));
    }

    #[test]
    fn totals_that_count_fewer_take_passed_cases_away() {
        let n = run(3, Beyond { fewer: 2, ..Beyond::default() }).by_totals().unwrap().counts();
        assert_eq!((n.passed, n.total()), (1, 1));
    }

    #[test]
    fn counted_skips_are_skips_by_both_readings() {
        let both = run(3, Beyond { skipped: 2, ..Beyond::default() });
        assert!(!both.disagrees());
        assert_eq!(both.by_totals(), None);
        assert_eq!(both.with_counted_skips().unwrap().counts().skipped, 2);
        let within = run(3, Beyond { skipped_within: 2, ..Beyond::default() });
        let n = within.by_totals().unwrap().counts();
        assert_eq!((n.passed, n.skipped), (1, 2));
        assert_eq!(run(3, Beyond::default()).with_counted_skips(), None);
    }
}
