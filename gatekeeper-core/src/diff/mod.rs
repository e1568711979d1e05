//! Diffs: which lines of which files a change adds.
//!
//! Read are unified diffs as git writes them under any of its settings (prefixes or none, quoted names, any context, renames and copies, binary
//! files, submodules, modes, no newline at the end), and those of GNU diff, Subversion and Mercurial. Lines of a hunk are counted, never
//! guessed: an added line `++ x` is no header. A combined diff (`@@@`) is refused, as it leaves out what is the same in one parent; so is a
//! series of patches, whose line numbers speak of states in between. What breaks off is refused with its line.
//!
//! Sources: git, "Generating patch text with -p" (`git help diff-format`); POSIX.1-2017, `diff`, "Diff -u or -U output format".

mod added;
mod names;
mod reader;

pub(crate) use added::{Added, On};

use gatekeeper_evidence::error::{ErrorCode, ParseError};
use std::collections::{BTreeMap, BTreeSet};

/// A unified diff: the files that it changes, in its order.
///
/// ```
/// use gatekeeper_core::diff::Diff;
///
/// let text = b"--- a/src/fee.py\n+++ b/src/fee.py\n@@ -1,2 +1,3 @@\n one\n+two\n three\n";
/// let diff = Diff::read("change.diff", text.to_vec())?;
/// let file = &diff.files()[0];
/// assert_eq!(file.new.as_deref(), Some("src/fee.py"));
/// assert_eq!(diff.added(file).map(|line| line.number).collect::<Vec<_>>(), [2]);
/// # Ok::<(), gatekeeper_core::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    text: Vec<u8>,
    files: Vec<FileDiff>,
}

/// What a diff says of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileDiff {
    /// Its name before, without the prefix that git puts before it; `None` where it is new.
    pub old: Option<String>,
    /// Its name after; `None` where it was deleted.
    pub new: Option<String>,
    /// What of it is shown.
    pub shown: Shown,
    /// Whether it is a copy: what it was copied from did not change.
    pub copied: bool,
    /// How many lines were taken out.
    pub removed: u64,
    /// The line of the diff with which it begins, from 1.
    pub line: u64,
    added: Vec<Piece>,
}

/// What a diff shows of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Its lines; none where only its name or mode changed.
    Lines,
    /// That it changed, and not how: git took it for binary.
    Binary,
    /// Another commit of a submodule.
    Submodule,
    /// Where a symbolic link leads.
    Link,
}

/// An added line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddedLine<'d> {
    /// Its number in the new file, from 1.
    pub number: u32,
    /// Its text, without the end of the line.
    pub text: &'d [u8],
}

impl AddedLine<'_> {
    /// Whether there is nothing on it but white space.
    pub fn is_blank(&self) -> bool {
        self.text.iter().all(u8::is_ascii_whitespace)
    }
}

/// An added line by its place in the diff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    number: u32,
    start: u32,
    len: u32,
}

impl Diff {
    /// Reads a diff; `name` is what errors call it.
    ///
    /// # Errors
    /// [`ErrorCode::Empty`] where there is nothing, [`ErrorCode::Unrecognised`] where it is no unified diff, and otherwise what was expected in
    /// which line.
    pub fn read(name: &str, bytes: Vec<u8>) -> Result<Diff, ParseError> {
        let text = utf8(bytes);
        let read = || {
            if text.iter().all(u8::is_ascii_whitespace) {
                return Err(ParseError::new(ErrorCode::Empty, "there is nothing in it"));
            }
            if u32::try_from(text.len()).is_err() {
                return Err(ParseError::limit("a diff of more than 4 GiB is not read"));
            }
            reader::files(&text)
        };
        match read() {
            Ok(files) => Ok(Diff { text, files }),
            Err(e) => Err(e.finish(name, "diff", None)),
        }
    }

    /// A diff that changes nothing, for whoever knows that nothing changed.
    pub fn empty() -> Diff {
        Diff { text: Vec::new(), files: Vec::new() }
    }

    /// Names files from a folder, with `/` at its end, where the diff names them from further up: what lies elsewhere is no longer in it. A diff
    /// of which no file lies there stays as it is: it was made from that folder.
    pub fn below(&mut self, folder: &str) {
        let inside = |name: &Option<String>| name.as_deref().and_then(|n| n.strip_prefix(folder)).map(str::to_owned);
        if folder.is_empty() || !self.files.iter().any(|f| inside(&f.old).or_else(|| inside(&f.new)).is_some()) {
            return;
        }
        self.files.retain_mut(|f| {
            (f.old, f.new) = (inside(&f.old), inside(&f.new));
            f.old.is_some() || f.new.is_some()
        });
    }

    /// The files that it changes.
    pub fn files(&self) -> &[FileDiff] {
        &self.files
    }

    /// The lines that it adds to one of its files, by number.
    pub fn added<'d>(&'d self, file: &'d FileDiff) -> impl Iterator<Item = AddedLine<'d>> + 'd {
        file.added.iter().map(|piece| {
            let start = usize::try_from(piece.start).unwrap_or(usize::MAX);
            let end = start.saturating_add(usize::try_from(piece.len).unwrap_or(usize::MAX));
            AddedLine { number: piece.number, text: self.text.get(start..end).unwrap_or_default() }
        })
    }

    /// The names of all files that it touches, before and after.
    pub fn names(&self) -> BTreeSet<&str> {
        let old = self.files.iter().filter(|f| !f.copied).filter_map(|f| f.old.as_deref());
        old.chain(self.files.iter().filter_map(|f| f.new.as_deref())).collect()
    }

    /// Files that it renames: the name before, and the name after.
    pub fn renames(&self) -> BTreeMap<&str, &str> {
        let renamed = self.files.iter().filter(|f| !f.copied);
        renamed.filter_map(|f| Some((f.old.as_deref()?, f.new.as_deref()?))).filter(|(old, new)| old != new).collect()
    }

    /// How many lines it adds.
    pub fn added_lines(&self) -> u64 {
        self.files.iter().map(FileDiff::added_lines).fold(0, u64::saturating_add)
    }
}

impl FileDiff {
    /// How many lines were added.
    pub fn added_lines(&self) -> u64 {
        u64::try_from(self.added.len()).unwrap_or(u64::MAX)
    }
}

/// Without a byte order mark, and as UTF-8 where it is UTF-16: PowerShell's `>` writes that.
fn utf8(bytes: Vec<u8>) -> Vec<u8> {
    let wide = |from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).skip(1).map(|c| from(c.try_into().unwrap_or_default())).collect();
        String::from_utf16_lossy(&units).into_bytes()
    };
    match bytes.as_slice() {
        [0xEF, 0xBB, 0xBF, rest @ ..] => rest.to_vec(),
        [0xFF, 0xFE, ..] => wide(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => wide(u16::from_be_bytes),
        _ => bytes,
    }
}

#[cfg(test)]
mod tests;
