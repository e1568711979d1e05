//! What a log tells of releases: the tags that are versions, the greatest of them, the commits that came since.

use gatekeeper_evidence::commits::{Commit, Commits};
use semver::Version;
use std::collections::{HashMap, HashSet};

/// A tag that is a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tagged<'l> {
    pub name: &'l str,
    pub version: Version,
    /// The commit that it stands on.
    pub commit: &'l str,
}

/// A log, ready to be asked.
pub(super) struct History<'l> {
    by_id: HashMap<&'l str, &'l Commit>,
    head: Option<&'l Commit>,
    /// The commits that are checked out or lie behind it, newest first as the log has them.
    reached: Vec<&'l Commit>,
    /// Whether a commit behind what is checked out is not in the log.
    pub partial: bool,
}

/// The version that a tag's name states: behind a prefix, or plain or with a `v` before it where none is given.
pub(super) fn version_of<'t>(tag: &'t str, prefix: Option<&str>) -> Option<&'t str> {
    match prefix {
        Some(prefix) => tag.strip_prefix(prefix),
        None => Some(tag.strip_prefix('v').unwrap_or(tag)),
    }
}

impl<'l> History<'l> {
    pub(super) fn of(log: &'l Commits) -> Self {
        let by_id: HashMap<&str, &Commit> = log.commits.iter().map(|c| (&*c.id, c)).collect();
        let mut out = History { by_id, head: log.head(), reached: Vec::new(), partial: false };
        if let Some(head) = out.head {
            let (seen, partial) = out.behind([&*head.id].into_iter(), &HashSet::new());
            out.reached = log.commits.iter().filter(|c| seen.contains(&*c.id)).collect();
            out.partial = partial;
        }
        out
    }

    /// What is checked out.
    pub(super) fn head(&self) -> Option<&'l Commit> {
        self.head
    }

    /// The commits that can be reached from some, without those that are excluded; and whether one of them is not in the log.
    fn behind(&self, from: impl Iterator<Item = &'l str>, without: &HashSet<&'l str>) -> (HashSet<&'l str>, bool) {
        let (mut seen, mut partial) = (HashSet::new(), false);
        let mut open: Vec<&str> = from.collect();
        while let Some(id) = open.pop() {
            if without.contains(id) {
                continue;
            }
            match self.by_id.get(id) {
                Some(commit) if seen.insert(&*commit.id) => open.extend(commit.parents.iter().map(AsRef::as_ref)),
                Some(_) => {}
                None => partial = true,
            }
        }
        (seen, partial)
    }

    /// The tags that are versions and lie behind what is checked out.
    pub(super) fn tags(&self, prefix: Option<&str>) -> Vec<Tagged<'l>> {
        let of = |c: &'l Commit| {
            c.tags.iter().filter_map(move |name| {
                let version = Version::parse(version_of(name, prefix)?).ok()?;
                Some(Tagged { name, version, commit: &c.id })
            })
        };
        self.reached.iter().copied().flat_map(of).collect()
    }

    /// The commits since a tag, newest first: those that it does not hold. All of them where there was none.
    pub(super) fn since(&self, tag: Option<&Tagged<'l>>) -> Vec<&'l Commit> {
        let held = match tag {
            Some(tag) => self.behind([tag.commit].into_iter(), &HashSet::new()).0,
            None => HashSet::new(),
        };
        self.reached.iter().copied().filter(|c| !held.contains(&*c.id)).collect()
    }
}

/// The greatest of some tags by precedence.
pub(super) fn greatest<'t, 'l>(tags: impl Iterator<Item = &'t Tagged<'l>>) -> Option<&'t Tagged<'l>>
where
    'l: 't,
{
    tags.max_by(|a, b| a.version.cmp_precedence(&b.version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(rows: &[(&str, &[&str], &[&str])]) -> Commits {
        let text = |all: &[&str]| all.iter().map(|p| (*p).into()).collect();
        let commits = rows
            .iter()
            .map(|(id, parents, tags)| Commit {
                id: (*id).into(),
                parents: text(parents),
                tags: text(tags),
                ..Commit::default()
            })
            .collect();
        Commits { commits, decorated: true }
    }

    #[test]
    fn only_what_is_merged_counts() {
        let log = log(&[
            ("d", &["c", "s"], &[]),
            ("x", &["a"], &["9.0.0"]),
            ("s", &["a"], &["v1.1.0", "nightly"]),
            ("c", &["a"], &[]),
            ("a", &[], &["1.0.0"]),
        ]);
        let history = History::of(&log);
        assert!(!history.partial);
        let tags = history.tags(None);
        assert_eq!(tags.iter().map(|t| t.name).collect::<Vec<_>>(), ["v1.1.0", "1.0.0"]);
        let last = greatest(tags.iter()).unwrap();
        assert_eq!(last.name, "v1.1.0");
        let ids = |commits: Vec<&Commit>| commits.iter().map(|c| c.id.to_string()).collect::<Vec<_>>();
        assert_eq!(ids(history.since(Some(last))), ["d", "c"]);
        assert_eq!(ids(history.since(None)), ["d", "s", "c", "a"]);
    }

    #[test]
    fn a_parent_that_is_not_listed_makes_it_partial() {
        assert!(History::of(&log(&[("b", &["a"], &[])])).partial);
        assert!(!History::of(&log(&[("b", &["a"], &[]), ("a", &[], &[])])).partial);
        // Nobody minds what is not behind what is checked out.
        assert!(!History::of(&log(&[("b", &[], &[]), ("x", &["gone"], &[])])).partial);
    }

    #[test]
    fn tags_have_a_prefix_or_a_v() {
        assert_eq!([version_of("v1.0.0", None), version_of("1.0.0", None)], [Some("1.0.0"); 2]);
        assert_eq!(version_of("app-v1.0.0", Some("app-v")), Some("1.0.0"));
        assert_eq!(version_of("v1.0.0", Some("app-v")), None);
    }

    #[test]
    fn the_greatest_is_by_precedence() {
        let log = log(&[("a", &[], &["1.9.0", "1.10.0", "1.10.0-rc.9", "1.10.0-rc.10", "01.20.0"])]);
        let history = History::of(&log);
        let tags = history.tags(None);
        assert_eq!(greatest(tags.iter()).unwrap().name, "1.10.0");
        assert_eq!(greatest(tags.iter().filter(|t| !t.version.pre.is_empty())).unwrap().name, "1.10.0-rc.10");
    }
}
