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
    pub status: Status,
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
pub enum Status {
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
            Status::Passed => &mut self.passed,
            Status::Failed => &mut self.failed,
            Status::Errored => &mut self.errored,
            Status::Skipped => &mut self.skipped,
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
