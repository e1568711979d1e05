//! A file that may be evidence.

use super::bytes::read_file;
use super::packages::Folder;
use gatekeeper_evidence::Evidence;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_formats::read::{ReadOptions, read};
use gatekeeper_formats::record::{HEADER_MOST, Header, header};
use gatekeeper_formats::{Format, Formats};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

/// A file that may be evidence.
#[derive(Debug)]
pub struct Candidate {
    /// How it is named: relative to the root, or as it was given.
    pub path: String,
    /// Where its bytes are.
    pub content: Content,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Which evidence entry of the policy brought it.
    pub entry: Option<usize>,
    /// The format that it must be of.
    pub format: Option<&'static Format>,
    /// The format whose usual place it lies in: what it was probably meant to be.
    pub place_of: Option<&'static Format>,
    /// Whether it has to be evidence: not so for what a `**` or a folder merely contains.
    pub expected: bool,
    /// When it was last written (seconds since 1970-01-01 UTC).
    pub modified: Option<i64>,
    /// The patterns or folders that brought it. One that brings files and no evidence stands for evidence that is missing.
    pub brought_by: Vec<Arc<str>>,
}

/// Where a candidate's bytes are.
#[derive(Debug)]
pub enum Content {
    /// In memory.
    Bytes(Vec<u8>),
    /// In a file.
    File(PathBuf),
    /// In the files of installed packages.
    Packages(Folder),
    /// Nowhere: a pattern that matched nothing, a file that is not there.
    Nowhere(ParseError),
}

impl Candidate {
    /// Bytes under a name, for embedding programs.
    pub fn in_memory(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        Candidate::new(path.into(), Content::Bytes(bytes))
    }

    pub(super) fn new(path: String, content: Content) -> Self {
        Candidate {
            path,
            content,
            labels: BTreeMap::new(),
            entry: None,
            format: None,
            place_of: None,
            expected: true,
            modified: None,
            brought_by: Vec::new(),
        }
    }

    /// Whether a folder or a pattern brought it and nobody gave its own name.
    pub(crate) fn is_met(&self) -> bool {
        self.entry.is_none() && !self.expected
    }

    /// Whether its own name was given: on the command line, or as a pattern.
    pub(crate) fn is_named(&self) -> bool {
        self.brought_by.iter().any(|by| **by == *self.path)
    }

    /// The header of the recording that it is, where its name says that it is one.
    pub(crate) fn recording(&self) -> Option<Header> {
        if !self.path.ends_with(".record") {
            return None;
        }
        let head = match &self.content {
            Content::Bytes(bytes) => return header(bytes).ok().flatten().map(|(header, _)| header),
            // What is no plain file may never end.
            Content::File(path) if path.is_file() => {
                let mut head = Vec::new();
                let most = u64::try_from(HEADER_MOST).unwrap_or(u64::MAX);
                File::open(path).ok()?.take(most).read_to_end(&mut head).ok()?;
                head
            }
            Content::File(_) | Content::Packages(_) | Content::Nowhere(_) => return None,
        };
        header(&head).ok().flatten().map(|(header, _)| header)
    }

    /// Reads it into evidence.
    pub(crate) fn read(self, formats: &Formats, options: &ReadOptions) -> Result<Evidence, ParseError> {
        let path = match self.content {
            Content::Packages(folder) => return folder.read(&self.path, &options.limits),
            Content::Bytes(bytes) => return read(formats, &self.path, &bytes, options),
            Content::Nowhere(error) => return Err(error),
            Content::File(path) => path,
        };
        let bytes = read_file(&path, options.limits.file_bytes)?;
        read(formats, &self.path, &bytes, options)
    }
}
