//! What detection sees of a content: its name and, worked out once and only when asked for, the shape of its beginning.

use crate::scan::console::{self, Console};
use crate::scan::shape::{self, Shape};
use crate::scan::xml::{self, Root};
use std::cell::{Cell, OnceCell};

/// How much of a content detection looks at first, bytes.
pub(crate) const BOUND: usize = 64 * 1024;

/// A content as detection sees it.
pub struct Head<'a> {
    name: &'a str,
    bytes: &'a [u8],
    bound: usize,
    root: OnceCell<Option<Root>>,
    shape: OnceCell<Option<Shape>>,
    console: OnceCell<Console>,
    rows: Cell<bool>,
}

impl<'a> Head<'a> {
    pub(crate) fn new(name: &'a str, bytes: &'a [u8], bound: usize) -> Self {
        Head {
            name,
            bytes,
            bound,
            root: OnceCell::new(),
            shape: OnceCell::new(),
            console: OnceCell::new(),
            rows: Cell::new(false),
        }
    }

    /// The content begins as one does whose every line is its format's own.
    pub(crate) fn is_rows(&self) {
        self.rows.set(true);
    }

    /// The file's name without its folders.
    pub fn file_name(&self) -> &'a str {
        self.name.rsplit('/').next().unwrap_or(self.name)
    }

    /// Whether the name ends in `.extension` (any letter case; a `.gz` behind it does not count).
    pub fn has_extension(&self, extension: &str) -> bool {
        let name = self.file_name();
        let name = name.strip_suffix(".gz").unwrap_or(name);
        name.len() > extension.len()
            && name.is_char_boundary(name.len() - extension.len())
            && name.get(name.len() - extension.len()..).is_some_and(|e| e.eq_ignore_ascii_case(extension))
            && name.as_bytes().get(name.len() - extension.len() - 1) == Some(&b'.')
    }

    /// The beginning of the content: at most the bound.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes.get(..self.bytes.len().min(self.bound)).unwrap_or_default()
    }

    /// The whole content, for marks that stand at an end or anywhere. Keep the work small.
    pub fn all(&self) -> &'a [u8] {
        self.bytes
    }

    /// The whole content where it may be what a console printed, for marks that stand anywhere in it; nothing where the content is large and begins
    /// as no such log does: with XML, JSON, rows of a format that has nothing else, or what is no text. Each mark costs a look at every byte.
    pub(crate) fn log(&self) -> &'a [u8] {
        const LARGE: usize = 4 << 20;
        let is_log = || {
            let begins = self.bytes().get(..self.bytes().len().min(4096)).unwrap_or_default();
            !self.rows.get() && !begins.contains(&0) && self.xml().is_none() && self.json().is_none()
        };
        if self.bytes.len() <= LARGE || is_log() { self.bytes } else { &[] }
    }

    /// The beginning without leading blanks.
    pub fn trimmed(&self) -> &'a [u8] {
        self.bytes().trim_ascii_start()
    }

    /// The lines of the beginning, without line ends.
    pub fn lines(&self) -> impl Iterator<Item = &'a [u8]> {
        self.bytes().split(|b| *b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l))
    }

    /// The root element, where the content looks like XML.
    pub(crate) fn xml(&self) -> Option<&Root> {
        self.root.get_or_init(|| xml::root(self.bytes())).as_ref()
    }

    /// The paths of members, where the content looks like JSON (or JSON lines).
    pub(crate) fn json(&self) -> Option<&Shape> {
        self.shape.get_or_init(|| shape::of(self.bytes())).as_ref()
    }

    /// The steps of a rebar3 console log, colours taken out.
    pub(crate) fn console(&self) -> &Console {
        self.console.get_or_init(|| {
            if self.xml().is_some() || self.json().is_some() { Console::default() } else { console::of(self.log()) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_contents_that_begin_as_no_log_does_are_not_searched_for_marks() {
        let large = |begins: &[u8]| {
            let mut all = begins.to_vec();
            all.resize((4 << 20) + 1, b' ');
            all
        };
        for (begins, is_log) in [
            (&b"{\"a\":1}\n"[..], false),
            (b"<a></a>", false),
            (b"\0\0", false),
            (b"===> Compiling x\n", true),
            (b"", true),
        ] {
            let all = large(begins);
            assert_eq!(!Head::new("x", &all, 65_536).log().is_empty(), is_log, "{begins:?}");
            let head = Head::new("x", &all, 65_536);
            head.is_rows();
            assert!(head.log().is_empty(), "{begins:?}");
            // A small one costs nothing, whatever it begins with.
            let small = all.get(..4 << 20).unwrap();
            assert_eq!(Head::new("x", small, 65_536).log().len(), small.len());
        }
    }
}
