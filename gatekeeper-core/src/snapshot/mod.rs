//! Snapshots: what a run saw, by identity, in a file that later runs are compared with and that git merges line by line.
//!
//! A snapshot is text: one JSON object a line, in sections, each section sorted by bytes:
//!
//! | first key | what it says |
//! |---|---|
//! | `snapshot`, `run` | the shape's version; engine, commit, tree, clock, digest of the policy, status, and whether the evidence was complete |
//! | `limit` | the policy that judged, key by key, after its profile |
//! | `evidence` | where entries come from: kind, format, tools, name, labels, number of files |
//! | `case` | a test case: class (or suite) and name, outcome, time in seconds |
//! | `file` | coverage of a file: lines, branches, functions and statements, those not covered behind `!` |
//! | `finding` | a finding's fingerprint and how often it is there; neither its message nor what it found |
//! | `package` | a package with its licences |
//! | `series` | a measurement with its samples |
//!
//! Behind them stands a line for each section with its count and digest (`end`), so that a file that breaks off, or that somebody edited by
//! hand, is no baseline. After a merge `gatekeeper snapshot --fix` writes these again ([`fix`]).

mod coverage;
mod entry;
mod fix;
mod limits;
mod lineage;
mod read;
mod shape;
mod take;
mod write;

pub use fix::fix;
pub use lineage::Lineage;
pub use shape::schema;
pub(crate) use take::By;
pub use take::Taken;
pub(crate) use write::Run;

use crate::config::Node;
use crate::verdict::Overall;
use gatekeeper_evidence::Evidence;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::hash::sha256_hex;
use gatekeeper_formats::Formats;
use std::sync::Arc;

/// Version of the shape.
pub(crate) const VERSION: u32 = 1;

/// What an earlier run saw. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Snapshot(Arc<Content>);

#[derive(Debug)]
struct Content {
    file: String,
    sha256: String,
    run: Run,
    limits: Node,
    evidence: Vec<Evidence>,
}

impl Snapshot {
    /// Reads one.
    ///
    /// # Errors
    /// A located [`ParseError`]: a line that is no entry of a snapshot, an entry that is there twice, a section that is not there or whose count or
    /// digest is another, a version that this program does not read.
    pub fn read(formats: &Formats, file: &str, bytes: &[u8]) -> Result<Self, ParseError> {
        let (run, limits, evidence) =
            read::read(formats, file, bytes).map_err(|e| e.finish(file, "snapshot", Some(bytes)))?;
        Ok(Snapshot(Arc::new(Content { file: file.to_owned(), sha256: sha256_hex(bytes), run, limits, evidence })))
    }

    /// The file as it was named.
    pub fn file(&self) -> &str {
        &self.0.file
    }

    /// SHA-256 of its text, lower-case hex.
    pub fn sha256(&self) -> &str {
        &self.0.sha256
    }

    /// The commits that it was taken at: one, or, of a snapshot that was merged, those of both sides. None where it was not known.
    pub fn commits(&self) -> &[String] {
        &self.0.run.commits
    }

    /// The tree that it was taken of; `None` where it was not known.
    pub fn tree(&self) -> Option<&str> {
        self.0.run.tree.as_deref()
    }

    /// When it was taken, seconds since 1970-01-01 UTC; of one that was merged, the earlier. `None` where there was no clock.
    pub fn taken(&self) -> Option<i64> {
        self.0.run.now
    }

    /// Version of the engine that wrote it.
    pub fn engine(&self) -> &str {
        &self.0.run.engine
    }

    /// SHA-256 of the policy that judged; `None` for the built-in default.
    pub fn policy(&self) -> Option<&str> {
        self.0.run.policy.as_deref()
    }

    /// What the verdict was.
    pub fn status(&self) -> Overall {
        self.0.run.status
    }

    /// Whether all evidence could be read and judged.
    pub fn complete(&self) -> bool {
        self.0.run.complete
    }

    /// What was seen. The sources are named after the snapshot; findings carry their fingerprint instead of a message.
    pub fn evidence(&self) -> &[Evidence] {
        &self.0.evidence
    }

    /// The policy that judged, as a tree.
    pub(crate) fn limits(&self) -> &Node {
        &self.0.limits
    }
}

#[cfg(test)]
mod tests;
