//! What a bundle says that it holds.

use super::{MOST_FILES, name};
use gatekeeper_evidence::error::ParseError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Version of the bundle's shape.
pub const VERSION: u32 = 1;
/// The manifest's name in the archive.
pub(super) const MANIFEST: &str = "gatekeeper-bundle.json";
/// The verdict's name in the archive.
pub(super) const VERDICT: &str = "verdict.json";
/// What the names of evidence in the archive begin with.
pub(super) const BLOBS: &str = "sha256/";

/// What a bundle holds. There is nothing in it that says which pull request it is for: who writes it could say any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the bundle's shape: 1.
    pub gatekeeper_bundle: u32,
    /// The version of the engine that wrote it.
    pub engine: String,
    /// The verdict.
    pub verdict: Digest,
    /// The evidence, by path.
    pub files: Vec<BundledFile>,
}

/// A content by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// SHA-256, 64 hexadecimal digits in lower case.
    pub sha256: String,
    /// Size, bytes.
    pub size: u64,
}

/// Evidence in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundledFile {
    /// Its path, as the verdict names it.
    pub path: String,
    /// SHA-256, 64 hexadecimal digits in lower case.
    pub sha256: String,
    /// Size, bytes.
    pub size: u64,
    /// When it was last written, seconds since 1970-01-01 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<i64>,
}

/// Whether a text is a SHA-256 as it is written here.
pub(super) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

impl Manifest {
    /// Refuses what no writer of ours writes, and what would be unpacked outside of a folder or over another file.
    pub(super) fn check(&self) -> Result<(), ParseError> {
        let wrong = |words: String| Err(ParseError::malformed(words).in_path(MANIFEST));
        if self.gatekeeper_bundle != VERSION {
            return wrong(format!("a bundle of version {VERSION}, not {}", self.gatekeeper_bundle));
        }
        if self.files.len() > MOST_FILES {
            let found = self.files.len();
            return Err(ParseError::limit(format!("holds {found} files, {MOST_FILES} at most")).in_path(MANIFEST));
        }
        let digests = self.files.iter().map(|f| &f.sha256).chain([&self.verdict.sha256]);
        if let Some(odd) = digests.into_iter().find(|d| !is_sha256(d)) {
            return Err(ParseError::malformed("a SHA-256 of 64 hexadecimal digits").in_path(MANIFEST).found(odd));
        }
        for file in &self.files {
            if let Some(why) = name::refusal(&file.path) {
                return Err(ParseError::malformed(format!("a path below a folder: this one {why}"))
                    .in_path(MANIFEST)
                    .found(&file.path));
            }
        }
        // By any letters, for there are file systems that tell none apart.
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut folders: BTreeSet<String> = BTreeSet::new();
        for file in &self.files {
            let folded = name::folded(&file.path);
            folders.extend(folded.match_indices('/').filter_map(|(at, _)| folded.get(..at)).map(str::to_owned));
            if !seen.insert(folded) {
                return Err(ParseError::malformed("each path once, whatever the case of its letters")
                    .in_path(MANIFEST)
                    .found(&file.path));
            }
        }
        if let Some(both) = seen.iter().find(|path| folders.contains(*path)) {
            return Err(ParseError::malformed("a path that is a file or a folder, not both")
                .in_path(MANIFEST)
                .found(both));
        }
        match self.files.is_sorted_by(|a, b| a.path < b.path) {
            true => Ok(()),
            false => wrong("its files sorted by path".to_owned()),
        }
    }
}
