//! What a run was asked for and what it knew beside reports and policy.

use super::Used;
use serde::{Deserialize, Serialize};

/// What was asked for beside the policy: what a run needs to be judged again in the same way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Files and folders that were read instead of what the policy names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// The gates that were judged alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// Whether warnings failed the verdict.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fail_on_warn: bool,
    /// The snapshot that was given to compare with, whether or not it could be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Used>,
    /// The earlier verdicts that were given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Used>,
    /// SHA-256 of the names of changed files that were given beside a diff or without one: sorted, a name a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<String>,
    /// The tag that was released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The branch that was released from, where it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Who wrote the change that was reviewed, where it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// When the change was handed in for approval (RFC 3339, UTC), where it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

impl Asked {
    /// Whether nothing was.
    pub fn is_empty(&self) -> bool {
        *self == Asked::default()
    }
}

/// What a run knew beside reports and policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunContext {
    /// The commit that was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Its tree: the identity of the sources. None is recorded where the working tree held changes that were not committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<String>,
    /// Who said so: `--commit`, `git`, `GITHUB_SHA`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Whether the working tree held changes that were not committed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dirty: bool,
    /// When the commit was made (RFC 3339), where git told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed: Option<String>,
    /// The diff of the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<DiffRef>,
    /// What of it is not known, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl RunContext {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == RunContext::default()
    }
}

/// The diff by which new code was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffRef {
    /// Where it is from: a file's name, `standard input`, `git`.
    pub from: String,
    /// SHA-256 of its text.
    pub sha256: String,
    /// How many files it changes.
    pub files: u64,
    /// How many lines it adds.
    pub added_lines: u64,
    /// The base as it was named, where git was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The commit that the base stood for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_commit: Option<String>,
    /// Where the change branched off from it: the diff begins here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge_base: Option<String>,
    /// The commit that the diff leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// Whether it leads further, to what was not committed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub with_working_tree: bool,
}
