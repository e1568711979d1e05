//! Commits and tags: the history that a release is made of.

use serde::{Deserialize, Serialize};

/// The commits of one log, newest first as the log has them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commits {
    /// The commits, in the log's order.
    pub commits: Vec<Commit>,
    /// Whether the log says which tags and branches stand where (`--decorate=full`). Without that no tag is known, which is not the same as
    /// that there is none.
    pub decorated: bool,
}

/// One commit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commit {
    /// Its id: 40 or 64 hexadecimal digits.
    pub id: Box<str>,
    /// Its tree's id.
    pub tree: Box<str>,
    /// The commits that it follows; a merge has several.
    pub parents: Vec<Box<str>>,
    /// Who wrote it.
    pub author: Person,
    /// Who committed it.
    pub committer: Person,
    /// The whole message, without the log's indentation.
    pub message: Box<str>,
    /// Names of the tags on it, without `refs/tags/`.
    pub tags: Vec<Box<str>>,
    /// Names of the branches at it: `main`, and `release/1.2` of a remote's `origin/release/1.2`.
    pub branches: Vec<Box<str>>,
    /// Whether it is what is checked out (`HEAD`).
    pub head: bool,
    /// The branch that is checked out, where `HEAD` stands on one.
    pub checked_out: Option<Box<str>>,
    /// Line of the log where it begins, from 1.
    pub line: u64,
}

/// Who did something, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Name.
    pub name: Box<str>,
    /// Address.
    pub email: Box<str>,
    /// Seconds since 1970-01-01 UTC.
    pub time: i64,
}

impl Commit {
    /// The first line of its message.
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }

    /// Whether it joins several lines of history.
    pub fn is_merge(&self) -> bool {
        self.parents.len() > 1
    }

    /// Whether its message is git's own of a commit that takes another back (`Revert "…"`), or puts one back (`Reapply "…"`).
    pub fn is_revert(&self) -> bool {
        self.message.starts_with("Revert \"") || self.message.starts_with("Reapply \"")
    }

    /// The first digits of its id.
    pub fn short(&self) -> &str {
        self.id.get(..8).unwrap_or(&self.id)
    }
}

impl Commits {
    /// What is checked out, or, where the log does not say, its first commit.
    pub fn head(&self) -> Option<&Commit> {
        self.commits.iter().find(|c| c.head).or_else(|| self.commits.first())
    }

    /// How many tags the log names.
    pub fn tags(&self) -> usize {
        self.commits.iter().map(|c| c.tags.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_has_several_parents_and_a_revert_gits_own_words() {
        let of = |parents: &[&str], message: &str| Commit {
            parents: parents.iter().map(|p| (*p).into()).collect(),
            message: message.into(),
            ..Commit::default()
        };
        assert!(!of(&["a"], "x").is_merge() && of(&["a", "b"], "x").is_merge());
        assert!(of(&[], "Revert \"x\"\n\nbody").is_revert() && of(&[], "Reapply \"x\"").is_revert());
        assert!(!of(&[], "Revert x").is_revert() && !of(&[], "revert: x").is_revert());
        assert_eq!(of(&[], "one\ntwo").subject(), "one");
        assert_eq!(Commit { id: "0123456789".into(), ..Commit::default() }.short(), "01234567");
    }

    #[test]
    fn what_is_checked_out_is_the_head_and_else_the_first() {
        let of = |id: &str, head| Commit { id: id.into(), head, ..Commit::default() };
        let log = |commits| Commits { commits, decorated: true };
        assert_eq!(&*log(vec![of("a", false), of("b", true)]).head().unwrap().id, "b");
        assert_eq!(&*log(vec![of("a", false), of("b", false)]).head().unwrap().id, "a");
        assert!(log(Vec::new()).head().is_none());
    }

    #[test]
    fn the_tags_of_all_commits_are_counted() {
        let of = |tags: &[&str]| Commit { tags: tags.iter().map(|t| (*t).into()).collect(), ..Commit::default() };
        let log = |commits| Commits { commits, decorated: true };
        assert_eq!(log(vec![of(&["v1", "latest"]), of(&[]), of(&["v0"])]).tags(), 3);
        assert_eq!(log(vec![of(&[])]).tags(), 0);
    }
}
