//! Suspicions: what can be true of evidence that is in order by itself, and mostly means that something went wrong. Each has a name, and the policy
//! says in `[suspicion]` what it comes to.

use super::Verdict;
use serde::Serialize;

/// A suspicion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Results that were written before the sources that they speak of were changed.
    OlderThanSources,
    /// Names of files of which none is in the working tree.
    UnmatchedPaths,
    /// A report all of whose cases were skipped, beside others that ran.
    AllSkipped,
    /// A gate most of whose cases were skipped.
    MostlySkipped,
    /// One report under two names.
    SameReport,
    /// Cases that several files tell of, where a gate holds only because of that.
    CountedTwice,
    /// Totals far from the last verdict's.
    TotalsFar,
    /// Covered lines that a file does not have.
    BeyondTheEnd,
    /// Coverage of files that are not in the tree, where it raises the share.
    FilesNotThere,
    /// Source files that no coverage report speaks of.
    UnreportedSources,
}

/// What a suspicion comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// It is not looked for.
    Off,
    /// It is said, and decides nothing; where it is about what a single gate counts, that gate warns.
    Warn,
    /// The gates that take what it is about cannot be judged.
    Error,
}

impl Level {
    /// The word for it in a policy.
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }
}

/// A suspicion with its name in policies, what it looks for and what it comes to where the policy does not say.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Named {
    /// Which.
    pub check: Check,
    /// Its name, the key below `[suspicion]`.
    pub name: &'static str,
    /// What it looks for.
    pub says: &'static str,
    /// What it comes to without a word in the policy.
    pub default: Level,
}

const fn named(check: Check, name: &'static str, says: &'static str) -> Named {
    Named { check, name, says, default: Level::Warn }
}

/// All of them, in the order in which they are listed.
pub const CHECKS: [Named; 10] = [
    named(
        Check::OlderThanSources,
        "older-than-sources",
        "results that were written before a source that they speak of was changed, by the files' times; below `_build` that is an error, whatever stands here",
    ),
    named(
        Check::UnmatchedPaths,
        "unmatched-paths",
        "findings in code, or tests, that name source files of which none is in the tree (of coverage, `min-matched` of its entry decides)",
    ),
    named(
        Check::AllSkipped,
        "all-skipped",
        "a report all of whose cases were skipped, beside others that ran (a gate none of whose cases ran is an error)",
    ),
    named(
        Check::MostlySkipped,
        "mostly-skipped",
        "a gate without `max-skipped`, of whose cases more than half were skipped; its `warn` is the gate's",
    ),
    named(
        Check::SameReport,
        "same-report",
        "one report under two names or labels, byte for byte, where no two runs could have written the same: tests with times, measurements",
    ),
    named(
        Check::CountedTwice,
        "counted-twice",
        "a gate that holds only because several files tell of the same cases; its `warn` is the gate's",
    ),
    named(
        Check::TotalsFar,
        "totals-far",
        "cases, lines, packages or samples that are far fewer, or far more, than in the last verdict (`--history`); as an error it needs one",
    ),
    named(Check::BeyondTheEnd, "beyond-the-end", "coverage of lines that a file does not have"),
    named(
        Check::FilesNotThere,
        "files-not-there",
        "coverage of files that are not in the tree, where the share of covered lines is higher with them",
    ),
    named(Check::UnreportedSources, "unreported-sources", "source files beside covered ones that no report speaks of"),
];

/// The key that says how far totals are from the last verdict's before that is told.
pub const FAR_KEY: &str = "totals-far-share";

/// What that key is without a word in the policy, percent.
pub const FAR: u64 = 50;

impl Check {
    /// Its line in the table.
    pub fn named(self) -> &'static Named {
        const FIRST: &Named = &CHECKS[0];
        CHECKS.iter().find(|c| c.check == self).unwrap_or(FIRST)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.named().name
    }
}

/// All suspicions as a verdict's policy has them, with what they found.
#[derive(Debug, Serialize)]
pub struct Suspicions {
    /// Version of the document's shape, as the verdict's.
    pub schema_version: u32,
    /// Each, in the order of the table.
    pub checks: Vec<Looked>,
}

/// One suspicion, and what it found in a run.
#[derive(Debug, Serialize)]
pub struct Looked {
    /// Its name.
    pub name: &'static str,
    /// What it comes to by the policy.
    pub level: Level,
    /// What it comes to where a policy does not say.
    pub default: Level,
    /// What it looks for.
    pub says: &'static str,
    /// What it found, in words.
    pub found: Vec<String>,
}

/// How a suspicion is told.
pub(crate) fn told(check: Check, words: &str) -> String {
    format!("suspicion {}: {words}", check.name())
}

impl Suspicions {
    /// Of a verdict.
    pub fn of(verdict: &Verdict) -> Suspicions {
        let own = verdict.policy.normalised.get("suspicion");
        let of = |c: &Named| {
            let word = own.and_then(|t| t.get(c.name)).and_then(|w| w.as_str());
            let all = [Level::Off, Level::Warn, Level::Error];
            let level = all.into_iter().find(|l| word == Some(l.as_str())).unwrap_or(c.default);
            let begins = told(c.check, "");
            let told = verdict.warnings.iter().filter_map(|w| w.strip_prefix(&begins)).map(str::to_owned);
            let of_gates = verdict.gates.iter().flat_map(|g| g.violations.iter().map(move |v| (g, v)));
            let held = of_gates.filter(|(_, v)| v.code == c.name).map(|(g, v)| format!("{}: {}", g.name, v.message));
            Looked { name: c.name, level, default: c.default, says: c.says, found: told.chain(held).collect() }
        };
        Suspicions { schema_version: verdict.schema_version, checks: CHECKS.iter().map(of).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suspicion_has_a_line_of_its_own() {
        for c in &CHECKS {
            assert_eq!((c.check.name(), c.default), (c.name, Level::Warn));
            assert_eq!(CHECKS.iter().filter(|other| other.name == c.name).count(), 1, "{}", c.name);
        }
    }
}
