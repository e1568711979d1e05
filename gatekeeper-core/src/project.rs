//! The working tree as rules see it: files by name, whatever holds them. Rules open nothing by themselves.

use gatekeeper_evidence::checksums::Algorithm;
use gatekeeper_evidence::glob::Pattern;
use std::fmt;

/// The files of a working tree. Names are relative to its root and `/`-separated; one that would lead out of it is refused.
pub trait ProjectFiles: fmt::Debug + Send + Sync {
    /// What a file holds; `None` where there is no such file.
    ///
    /// # Errors
    /// Why it cannot be read, in words: it is no plain file, or above the limit on files that have a say in what passes.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String>;

    /// The sums of a file's content in lower-case hex, one for each algorithm asked for, in their order; `None` where there is no such file.
    ///
    /// # Errors
    /// Why it cannot be read, in words.
    fn sums(&self, path: &str, algorithms: &[Algorithm]) -> Result<Option<Vec<String>>, String>;

    /// The files that patterns match, in path order.
    ///
    /// # Errors
    /// What cannot be looked into, in words: files may lie behind it.
    fn matching(&self, patterns: &[&Pattern]) -> Result<Vec<String>, String>;

    /// When a file was last written, seconds since 1970-01-01 UTC, where that is known.
    fn modified(&self, path: &str) -> Option<i64> {
        let _ = path;
        None
    }
}

/// Whether a name stays below the folder that it is relative to.
pub(crate) fn stays_below(path: &str) -> bool {
    let drive = path.as_bytes().get(1) == Some(&b':');
    !path.is_empty()
        && !drive
        && !path.starts_with('/')
        && !path.contains(['\\', '\0'])
        && path.split('/').all(|p| p != "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_out_are_told() {
        for good in ["a", "a/b", "./a", "a..b", "..a"] {
            assert!(stays_below(good), "{good}");
        }
        for bad in ["", "/etc/passwd", "../a", "a/../b", "a/..", "C:/x", "a\\b", "a\0b"] {
            assert!(!stays_below(bad), "{bad:?}");
        }
    }
}
