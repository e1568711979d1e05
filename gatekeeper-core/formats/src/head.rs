//! What detection sees of a content: its name and, worked out once and only when asked for, the shape of its beginning.

use crate::scan::console::{self, Console};
use crate::scan::shape::{self, Shape};
use crate::scan::xml::{self, Root};
use std::cell::OnceCell;

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
}

impl<'a> Head<'a> {
    pub(crate) fn new(name: &'a str, bytes: &'a [u8], bound: usize) -> Self {
        Head { name, bytes, bound, root: OnceCell::new(), shape: OnceCell::new(), console: OnceCell::new() }
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
            if self.xml().is_some() || self.json().is_some() { Console::default() } else { console::of(self.bytes) }
        })
    }
}
