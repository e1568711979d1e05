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
    document: OnceCell<bool>,
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
            document: OnceCell::new(),
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

    /// The lines of the beginning as a program prints them: those of [`Head::lines`], and none of a document. A look at each costs more than all else
    /// that detection does.
    pub(crate) fn printed(&self) -> impl Iterator<Item = &'a [u8]> {
        let lines = (!self.is_document()).then(|| self.lines());
        lines.into_iter().flatten()
    }

    /// The first line that is not blank: a table's header. Empty for a document.
    pub(crate) fn header(&self) -> &'a [u8] {
        if self.is_document() {
            return &[];
        }
        self.trimmed().split(|b| matches!(b, b'\n' | b'\r')).next().unwrap_or_default()
    }

    /// Whether the content is no text, or begins as an XML or JSON document does. A line of JSON is none: one may stand before all that a program prints.
    fn is_document(&self) -> bool {
        *self.document.get_or_init(|| {
            let begins = self.bytes().get(..self.bytes().len().min(4096)).unwrap_or_default();
            let start = self.trimmed();
            let declared = start.starts_with(b"<?xml") || start.starts_with(b"<!DOCTYPE");
            if begins.contains(&0) || (declared && self.xml().is_some()) {
                return true;
            }
            // `[1/4] Resolving` and `[test] ok` are no lists.
            let opens = match start.strip_prefix(b"[") {
                Some(behind) => behind.trim_ascii_start().starts_with(b"{"),
                None => start.starts_with(b"{"),
            };
            let first = start.split(|b| *b == b'\n').next().unwrap_or_default();
            let is_line = first.len() < start.len() && matches!(first.trim_ascii_end().last(), Some(b'}' | b']'));
            opens && !is_line && self.json().is_some()
        })
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
    fn a_document_has_no_printed_lines_and_what_may_stand_before_some_is_none() {
        for (text, is_document) in [
            ("<?xml version='1.0'?>\n<a>\nb\n</a>", true),
            ("<!DOCTYPE html>\n<html></html>", true),
            // As Python names code that was typed.
            ("<string>:1: DeprecationWarning\nb", false),
            ("<?xml", false),
            ("{\n\"a\": 1}", true),
            ("  [\n{\"a\": 1}]", true),
            ("{\"a\": 1}", true),
            ("{\"a\": 1,\n", true),
            ("[{\"a\": 1},\n", true),
            // One line of JSON, and what a program printed.
            ("{\"a\": 1}\nb", false),
            ("{\"a\": 1} \r\nb", false),
            ("[{\"a\": 1}]\nb", false),
            ("[1/4] Resolving\nb", false),
            ("[test] ok\nb", false),
            ("{file,\"a\"}.\nb", false),
            ("a\0b\nc", true),
            ("a\nb", false),
        ] {
            let head = Head::new("x", text.as_bytes(), BOUND);
            let lines: Vec<&[u8]> = head.lines().collect();
            let printed: Vec<&[u8]> = head.printed().collect();
            assert_eq!(printed, if is_document { Vec::new() } else { lines.clone() }, "{text}");
            let first = lines.iter().map(|l| l.trim_ascii_start()).find(|l| !l.is_empty()).unwrap();
            assert_eq!(head.header(), if is_document { &[][..] } else { first }, "{text}");
        }
        let head = Head::new("x", b"\n a,b\r\nc", BOUND);
        assert_eq!(head.header(), b"a,b");
    }

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
