//! A bundle: a verdict with the evidence that it was given on, in one file, for a job that trusts the one that wrote it in nothing.
//!
//! It is a gzip-compressed tar archive of plain files with fixed names, in a fixed order: `gatekeeper-bundle.json` (the [`Manifest`]), `verdict.json`,
//! then the evidence by its digest, `sha256/<64 digits>`. Paths of evidence are text in the manifest and never names in the archive, so that no unpacking
//! can be led astray by them. The same verdict and evidence give the same bytes.
//!
//! Whoever reads one takes it for hostile: [`Bundle::read`] refuses whatever a writer of ours does not write (links, devices, folders, other names, a second
//! entry of a name, another order, anything after the end), holds sizes and digests against the manifest before and after reading, and unpacks no
//! more than the limits say. What is right by itself may still be a lie: [`Bundle::disagreements`] holds verdict and evidence against each other
//! and against what the reader knows, and the evidence can be judged again by the reader's own policy ([`Bundle::candidates`]).

mod manifest;
mod name;
mod read;
mod write;

pub use manifest::{BundledFile, Digest, Manifest, VERSION};
pub use name::{is_portable, refusal};
pub use write::{Piece, write};

use crate::collect::Candidate;
use crate::proof::{self, Claims};
use crate::verdict::Verdict;
use std::collections::BTreeMap;

/// Most bytes of a bundle, packed and unpacked, where nobody says otherwise.
pub const MOST_BYTES: u64 = 256 << 20;
/// Most files of evidence in a bundle.
pub const MOST_FILES: usize = 10_000;

/// A bundle that was read and is whole: what it says of itself is true of its bytes, and of nothing else yet.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Bundle {
    /// What it holds.
    pub manifest: Manifest,
    /// The verdict in it, as the job that wrote it says.
    pub verdict: Verdict,
    /// Its evidence by digest.
    blobs: BTreeMap<String, Vec<u8>>,
}

impl Bundle {
    /// The evidence in it: what its path is said to be, and its bytes.
    pub fn files(&self) -> impl Iterator<Item = (&BundledFile, &[u8])> {
        self.manifest.files.iter().filter_map(|f| self.blobs.get(&f.sha256).map(|bytes| (f, bytes.as_slice())))
    }

    /// The same, to be judged again. When it was written is as the bundle says.
    pub fn candidates(&self) -> Vec<Candidate> {
        let candidate = |(file, bytes): (&BundledFile, &[u8])| {
            let mut candidate = Candidate::in_memory(file.path.as_str(), bytes.to_vec());
            candidate.modified = file.modified;
            candidate
        };
        self.files().map(candidate).collect()
    }

    /// The evidence of its verdict that is not in it.
    pub fn left_out(&self) -> Vec<&str> {
        let is_in = |path: &str| self.manifest.files.iter().any(|f| f.path == path);
        let v = &self.verdict;
        let named = v.evidence.iter().map(|e| &e.path).chain(v.set_aside.iter().map(|a| &a.path));
        named.map(String::as_str).filter(|path| !is_in(path)).collect()
    }

    /// What of it disagrees: its verdict with itself, with the evidence beside it, with the commit and tree that it has to be for. A verdict that did
    /// not pass is none of that.
    pub fn disagreements(&self, commit: Option<&str>, tree: Option<&str>) -> Vec<String> {
        let evidence = self.manifest.files.iter().map(|f| (f.path.clone(), Ok(f.sha256.clone()))).collect();
        let claims = Claims {
            commit: commit.map(str::to_owned),
            tree: tree.map(str::to_owned),
            policy: None,
            evidence: Some(evidence),
        };
        let mut wrong = proof::disagreements(&self.verdict, &claims);
        let v = &self.verdict;
        for file in &self.manifest.files {
            let known = v.evidence.iter().map(|e| &e.path).chain(v.set_aside.iter().map(|a| &a.path));
            if !known.chain(v.problems.iter().map(|p| &p.file)).any(|path| *path == file.path) {
                wrong.push(format!("it holds {}, which its verdict does not name", file.path));
            }
        }
        wrong
    }
}

#[cfg(test)]
mod tests;
