//! The baseline as a verdict shows it.

use super::Overall;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The snapshot that a run was compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaselineRef {
    /// The file as it was named.
    pub file: String,
    /// The commits that it was taken at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<String>,
    /// When it was taken (RFC 3339, UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<String>,
    /// Its verdict.
    pub status: Overall,
    /// Version of the engine that wrote it.
    pub engine: String,
    /// SHA-256 of its policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The figures that both know, then and now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Figure>,
    /// What is different now.
    pub changes: Changes,
}

/// A figure of the whole, in the baseline and now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// What is counted: `lines covered`, `tests`, `failing tests`, `findings`, …
    pub figure: Cow<'static, str>,
    /// In the baseline.
    pub before: Amount,
    /// In this run.
    pub now: Amount,
}

/// A number, or a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// How many.
    pub n: u64,
    /// Of how many, where it is a share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<u64>,
}

/// What is different from the baseline, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Cases that ran then and did not run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost_cases: Vec<String>,
    /// How many more are gone that the baseline only counts.
    #[serde(default, skip_serializing_if = "is_none")]
    pub uncounted_cases: u64,
    /// Cases that are found elsewhere or under another name: `then → now`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved_cases: Vec<String>,
    /// Cases that ran then and are skipped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped_cases: Vec<String>,
    /// Files that coverage is not measured of any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone_files: Vec<String>,
    /// Files that are measured under another path: `then → now`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved_files: Vec<String>,
    /// Packages that are new.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added_packages: Vec<String>,
    /// Packages that are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed_packages: Vec<String>,
    /// Packages that state other licences: `name: then → now`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed_packages: Vec<String>,
    /// Measured series that have fewer samples.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shorter_series: Vec<String>,
}

fn is_none(n: &u64) -> bool {
    *n == 0
}
