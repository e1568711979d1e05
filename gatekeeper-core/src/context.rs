//! What a run knows beside reports and policy: plain values. The core asks no clock, no version control and no network.

use crate::diff::Diff;
use crate::history::History;
use crate::relate::suppress::IgnoreFile;
use crate::snapshot::{Lineage, Snapshot};
use crate::verdict;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::hash::sha256_hex;
use gatekeeper_formats::input::Limits;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What judging depends on beside evidence and policy. There is no default: whoever judges says what time it is, or that there is no clock.
///
/// ```
/// use gatekeeper_core::Context;
///
/// let context = Context::at(1_780_272_000);
/// assert_eq!(context.now, Some(1_780_272_000));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Context {
    /// The clock, seconds since 1970-01-01 UTC. Without one nothing passes that needs one: evidence with a `max-age` is stale, and waivers that
    /// end do not count.
    pub now: Option<i64>,
    /// The limits on inputs.
    pub limits: Limits,
    /// Warnings make the verdict fail.
    pub fail_on_warn: bool,
    /// Names of the gates to judge: the others are skipped. All of them where it is empty.
    pub only: Vec<String>,
    /// Ignore files whose entries take findings out.
    pub ignores: Vec<IgnoreFile>,
    /// The commit and the tree whose reports are judged, as far as they are known.
    pub revision: Revision,
    /// What the change that is judged does to the sources, where that is known.
    pub diff: Option<Arc<Change>>,
    /// Names of the files that changed, relative to the root, where a list of them was given beside the diff or without one.
    pub changed: Option<BTreeSet<String>>,
    /// The verdict carries what the evidence holds beyond what the gates fell short by: coverage by file, each test, each finding, packages, series
    /// ([`verdict::details::Details`]). Outputs that show it say so: [`crate::output::Output::wants_details`].
    pub details: bool,
    /// What is being released, and by whom.
    pub release: ReleaseFacts,
    /// What an earlier run saw: what the policy compares with.
    pub baseline: Option<Snapshot>,
    /// Why there is no baseline, where somebody meant to give one: `base.snap is not there`.
    pub no_baseline: Option<String>,
    /// How the baseline's commit stands to ours.
    pub lineage: Lineage,
    /// Earlier verdicts. They inform.
    pub history: History,
    /// Counts the reports that were read, for whoever shows how far the run is. It decides nothing.
    pub progress: Option<Arc<Progress>>,
    /// Ignore files of the tree that the policy does not name: they take nothing out.
    pub(crate) unnamed: Vec<IgnoreFile>,
    /// Whether evidence was looked for in its usual places by a policy: what lies there was named by nobody.
    pub(crate) in_usual_places: bool,
    /// Whether the run is made for a snapshot: then nothing is compared.
    pub(crate) taking_snapshot: bool,
}

/// How far a run is: reports that were read, of those that there are. Another thread may look at it meanwhile.
#[derive(Debug, Default)]
pub struct Progress {
    of: AtomicU64,
    read: AtomicU64,
}

impl Progress {
    /// Reports that there are to read; 0 before they were found.
    pub fn of(&self) -> u64 {
        self.of.load(Ordering::Relaxed)
    }

    /// Reports that were read.
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    pub(crate) fn found(&self, reports: usize) {
        self.of.fetch_add(u64::try_from(reports).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn one(&self) {
        self.read.fetch_add(1, Ordering::Relaxed);
    }
}

/// The commit and the tree that reports are judged for. The tree is the identity of the sources: a rebase or a squash gives the same sources
/// another commit, never another tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Revision {
    /// The commit: 7 to 64 hexadecimal digits in lower case.
    pub commit: Option<String>,
    /// The tree: the same.
    pub tree: Option<String>,
    /// Who says so, for people: `--commit`, `git`, `GITHUB_SHA`.
    pub from: Option<String>,
    /// Whether the working tree differs from the commit: then it has no tree that could be recorded.
    pub dirty: bool,
    /// What else is to be said: why something of this is not known.
    pub notes: Vec<String>,
}

impl Revision {
    /// The name of a commit or tree: 7 to 64 hexadecimal digits, in lower case. `None` where it is something else.
    pub fn name(text: &str) -> Option<String> {
        let is_name = (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
        is_name.then(|| text.to_ascii_lowercase())
    }

    /// Whether two names mean one commit (or tree): they agree as far as the shorter one goes, which has 7 digits at least.
    pub fn same(a: &str, b: &str) -> bool {
        let n = a.len().min(b.len());
        let agree = matches!((a.get(..n), b.get(..n)), (Some(a), Some(b)) if a.eq_ignore_ascii_case(b));
        n >= 7 && agree
    }
}

/// A diff with where it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The diff.
    pub diff: Diff,
    /// Where it is from: the file's name, `standard input`, `git`.
    pub from: String,
    /// SHA-256 of its text.
    pub sha256: String,
    /// What was compared with what, where git was asked.
    pub base: Option<Base>,
}

impl Change {
    /// Reads a diff; `from` is what errors and the verdict call it.
    ///
    /// # Errors
    /// As [`Diff::read`].
    pub fn read(from: &str, bytes: Vec<u8>, base: Option<Base>) -> Result<Change, ParseError> {
        let sha256 = sha256_hex(&bytes);
        Ok(Change { diff: Diff::read(from, bytes)?, from: from.to_owned(), sha256, base })
    }

    /// A diff that is known to be empty.
    pub fn nothing(from: &str, base: Option<Base>) -> Change {
        Change { diff: Diff::empty(), from: from.to_owned(), sha256: sha256_hex(b""), base }
    }
}

/// What a diff compares: full names of commits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Base {
    /// The base as it was named: `origin/main`.
    pub name: String,
    /// The commit that the name stands for.
    pub commit: String,
    /// Where the change branched off from it: the diff begins here.
    pub merge_base: String,
    /// The commit that the diff leads to.
    pub head: String,
    /// Whether it leads further, to what lies in the working tree and is not committed.
    pub with_working_tree: bool,
}

/// What a run knows of a release and of a change's review. What is not known is `None`: then a gate that needs it has nothing to judge by.
#[derive(Debug, Clone, Default)]
pub struct ReleaseFacts {
    /// The tag that is released: `v1.2.3`.
    pub tag: Option<String>,
    /// The branch that it is released from.
    pub branch: Option<String>,
    /// Who wrote the change, by the name that the forge knows.
    pub author: Option<String>,
    /// When the change was handed in for approval, seconds since 1970-01-01 UTC.
    pub since: Option<i64>,
    /// What version control says of the history.
    pub repository: Option<Repository>,
}

/// The history of a repository, as whoever starts the run asked version control for it.
#[derive(Debug, Clone, Default)]
pub struct Repository {
    /// The log of what is checked out, newest first: `git log --format=raw --decorate=full`.
    pub log: Vec<u8>,
    /// The branches that hold what is checked out, where it stands on none.
    pub branches: Vec<String>,
    /// Why the history is not known, or not wholly; the log is then no proof of anything.
    pub problem: Option<String>,
}

impl Context {
    /// A run at a time (seconds since 1970-01-01 UTC), with the usual limits.
    pub fn at(now: i64) -> Self {
        Context { now: Some(now), ..Context::without_clock() }
    }

    /// A run that does not know what time it is.
    pub fn without_clock() -> Self {
        Context {
            now: None,
            limits: Limits::default(),
            fail_on_warn: false,
            only: Vec::new(),
            ignores: Vec::new(),
            revision: Revision::default(),
            diff: None,
            changed: None,
            details: false,
            release: ReleaseFacts::default(),
            baseline: None,
            no_baseline: None,
            lineage: Lineage::default(),
            history: History::default(),
            progress: None,
            unnamed: Vec::new(),
            in_usual_places: false,
            taking_snapshot: false,
        }
    }

    /// The day by which ends are judged (UTC). Without a clock, or with one out of range, every end has passed.
    pub(crate) fn today(&self) -> jiff::civil::Date {
        self.now
            .and_then(|now| jiff::Timestamp::from_second(now).ok())
            .map_or(jiff::civil::Date::MAX, |t| t.to_zoned(jiff::tz::TimeZone::UTC).date())
    }

    /// What was asked for beside the policy, as a verdict carries it.
    pub(crate) fn asked(&self) -> verdict::Asked {
        let given = |file: &str, sha256: &str| verdict::Used { path: file.to_owned(), sha256: sha256.to_owned() };
        let names = |all: &BTreeSet<String>| all.iter().map(|name| format!("{name}\n")).collect::<String>();
        let facts = &self.release;
        verdict::Asked {
            paths: Vec::new(),
            only: self.only.clone(),
            fail_on_warn: self.fail_on_warn,
            baseline: self.baseline.as_ref().map(|b| given(b.file(), b.sha256())),
            history: self.history.files().iter().map(|(file, sha256)| given(file, sha256)).collect(),
            changed: self.changed.as_ref().map(|all| sha256_hex(names(all).as_bytes())),
            tag: facts.tag.clone(),
            branch: facts.branch.clone(),
            author: facts.author.clone(),
            since: facts.since.and_then(|t| jiff::Timestamp::from_second(t).ok()).map(|t| t.to_string()),
        }
    }

    /// What of it a verdict carries.
    pub(crate) fn carried(&self) -> verdict::RunContext {
        let Revision { commit, tree, from, dirty, notes } = self.revision.clone();
        let diff = self.diff.as_deref().map(|change| verdict::DiffRef {
            from: change.from.clone(),
            sha256: change.sha256.clone(),
            files: u64::try_from(change.diff.files().len()).unwrap_or(u64::MAX),
            added_lines: change.diff.added_lines(),
            base: change.base.as_ref().map(|b| b.name.clone()),
            base_commit: change.base.as_ref().map(|b| b.commit.clone()),
            merge_base: change.base.as_ref().map(|b| b.merge_base.clone()),
            head: change.base.as_ref().map(|b| b.head.clone()),
            with_working_tree: change.base.as_ref().is_some_and(|b| b.with_working_tree),
        });
        verdict::RunContext { commit, tree, from, dirty, diff, notes }
    }
}

impl Context {
    /// The commit that is judged, where it is known.
    pub(crate) fn our_commit(&self) -> Option<&str> {
        self.revision.commit.as_deref()
    }

    /// Its tree, where that is known.
    pub(crate) fn our_tree(&self) -> Option<&str> {
        self.revision.tree.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_commits_are_hexadecimal_and_long_enough() {
        assert_eq!(Revision::name("A1B2C3D").as_deref(), Some("a1b2c3d"));
        assert_eq!(Revision::name("a1b2c3"), None);
        assert_eq!(Revision::name(&"a".repeat(64)), Some("a".repeat(64)));
        assert_eq!(Revision::name(&"a".repeat(65)), None);
        assert_eq!(Revision::name("main-branch"), None);
    }

    #[test]
    fn commits_are_the_same_by_seven_digits_or_more() {
        assert!(Revision::same("a1b2c3d", "A1B2C3D4E5"));
        assert!(!Revision::same("a1b2c3d", "a1b2c3e"));
        assert!(!Revision::same("a1b2c3", "a1b2c3"));
        assert!(Revision::same(&"a".repeat(40), &"a".repeat(40)));
    }
}
