//! Where in an input something stands: byte, line and column, or a path in the document.
//!
//! Parsers keep a byte offset only; line and column are worked out on the error path, from the bytes.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A place in an input. Every part is optional: a parser gives what it knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Location {
    /// Byte offset from the start of the (unpacked, UTF-8) content, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Column in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
    /// Path in the document: `$.runs[0].results` in JSON, `/testsuites/testsuite[2]` in XML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl Location {
    /// The place at a byte offset.
    pub fn at(offset: usize) -> Self {
        Location { offset: u64::try_from(offset).ok(), ..Location::default() }
    }

    /// The place at a line (from 1).
    pub fn line(line: u64) -> Self {
        Location { line: Some(line), ..Location::default() }
    }

    /// The place at a path in the document.
    pub fn path(path: impl Into<String>) -> Self {
        Location { path: Some(path.into()), ..Location::default() }
    }

    /// Works out line and column from the offset, where they are not known yet.
    pub fn resolve(&mut self, bytes: &[u8]) {
        let Some(offset) = self.offset else { return };
        if self.line.is_some() {
            return;
        }
        let end = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let before = bytes.get(..end).unwrap_or_default();
        let start = memchr::memrchr(b'\n', before).map_or(0, |i| i + 1);
        let line = memchr::memchr_iter(b'\n', before).count();
        // Columns count characters: UTF-8 continuation bytes are none of their own.
        let column = before.get(start..).unwrap_or_default().iter().filter(|b| **b & 0xC0 != 0x80).count();
        self.line = u64::try_from(line + 1).ok();
        self.column = u64::try_from(column + 1).ok();
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column, self.offset) {
            (Some(line), Some(column), _) => write!(f, "{line}:{column}")?,
            (Some(line), None, _) => write!(f, "{line}")?,
            (None, _, Some(offset)) => write!(f, "@{offset:#x}")?,
            _ => {}
        }
        if let Some(path) = &self.path {
            if self.line.is_some() || self.offset.is_some() {
                write!(f, " ")?;
            }
            write!(f, "{path}")?;
        }
        Ok(())
    }
}
