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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_resolved_to_line_and_column_in_characters() {
        let text = "ab\nü€x\n\nz".as_bytes();
        let at = |offset: usize| {
            let mut place = Location::at(offset);
            place.resolve(text);
            (place.line.unwrap(), place.column.unwrap())
        };
        assert_eq!((at(0), at(1), at(2)), ((1, 1), (1, 2), (1, 3)));
        // ü has two bytes, € three.
        assert_eq!((at(3), at(5), at(8)), ((2, 1), (2, 2), (2, 3)));
        assert_eq!((at(9), at(10), at(11)), ((2, 4), (3, 1), (4, 1)));
        // Behind the end is the end.
        assert_eq!(at(99), (4, 2));
    }

    #[test]
    fn what_is_known_is_not_worked_out_again() {
        let mut place = Location { line: Some(7), ..Location::at(0) };
        place.resolve(b"x");
        assert_eq!((place.line, place.column), (Some(7), None));
        let mut nowhere = Location::path("$.a");
        nowhere.resolve(b"x");
        assert_eq!(nowhere, Location::path("$.a"));
    }

    #[test]
    fn a_place_is_shown_as_far_as_it_is_known() {
        let place = |line, column, offset, path: Option<&str>| {
            Location { line, column, offset, path: path.map(Into::into) }.to_string()
        };
        assert_eq!(place(Some(3), Some(4), Some(9), None), "3:4");
        assert_eq!(place(Some(3), None, None, Some("$.a")), "3 $.a");
        assert_eq!(place(None, None, Some(500), None), "@0x1f4");
        assert_eq!(place(None, None, Some(500), Some("$.a")), "@0x1f4 $.a");
        assert_eq!(place(None, None, None, Some("/a/b")), "/a/b");
        assert_eq!(place(None, None, None, None), "");
        assert_eq!((Location::at(5).offset, Location::line(5).line), (Some(5), Some(5)));
    }

    #[test]
    fn a_path_is_a_place() {
        assert_eq!(Location::path("$.a").path.as_deref(), Some("$.a"));
    }
}
