//! Lines of a text with their numbers and offsets; terminal escapes taken out.

use std::borrow::Cow;

/// A line without its end (`\n` or `\r\n`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// From 1.
    pub number: u64,
    /// Offset of its first byte.
    pub offset: usize,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// The lines of some bytes. A last line without an end is a line; an empty rest after the last end is none.
pub(crate) struct Lines<'a> {
    rest: &'a [u8],
    offset: usize,
    number: u64,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Lines { rest: bytes, offset: 0, number: 0 }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', self.rest);
        let (line, rest) = match end {
            Some(i) => (self.rest.get(..i)?, self.rest.get(i + 1..)?),
            None => (self.rest, &[][..]),
        };
        let offset = self.offset;
        self.offset += line.len() + 1;
        self.rest = rest;
        self.number += 1;
        Some(Line { number: self.number, offset, bytes: line.strip_suffix(b"\r").unwrap_or(line) })
    }
}

/// Takes out terminal escapes (ECMA-48 CSI `ESC [ … letter`, OSC `ESC ] … BEL`, `ESC ( B` and its kind, two-byte ones). Line ends stay, so line numbers do too.
pub(crate) fn strip_ansi(bytes: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(0x1B, bytes).is_none() {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len());
    strip_ansi_into(bytes, &mut out);
    Cow::Owned(out)
}

/// The same, appended to a buffer of the caller's.
pub(crate) fn strip_ansi_into(bytes: &[u8], out: &mut Vec<u8>) {
    let mut rest = bytes;
    while let Some(i) = memchr::memchr(0x1B, rest) {
        out.extend_from_slice(rest.get(..i).unwrap_or_default());
        let after = rest.get(i + 1..).unwrap_or_default();
        let skip = match after.first() {
            // Final byte 0x40..=0x7E ends a CSI; a line end means that the sequence was cut off.
            Some(b'[') => after.iter().skip(1).position(|b| !matches!(b, 0x20..=0x3F)).map_or(after.len(), |n| {
                let end = after.get(n + 1);
                if matches!(end, Some(0x40..=0x7E)) { n + 2 } else { n + 1 }
            }),
            Some(b']') => after
                .iter()
                .position(|b| matches!(b, 0x07 | b'\n'))
                .map_or(after.len(), |n| if after.get(n) == Some(&b'\n') { n } else { n + 1 }),
            // Intermediate bytes, as in `ESC ( B`, which ncurses writes to end colours.
            Some(0x20..=0x2F) => after
                .iter()
                .position(|b| !matches!(b, 0x20..=0x2F))
                .map_or(after.len(), |n| if matches!(after.get(n), Some(0x30..=0x7E)) { n + 1 } else { n }),
            Some(0x30..=0x7E) => 1,
            _ => 0,
        };
        rest = after.get(skip..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_number_and_offset() {
        let got: Vec<_> = Lines::new(b"a\r\n\nbc").collect();
        assert_eq!(got.len(), 3);
        assert_eq!(got[0], Line { number: 1, offset: 0, bytes: b"a" });
        assert_eq!(got[1], Line { number: 2, offset: 3, bytes: b"" });
        assert_eq!(got[2], Line { number: 3, offset: 4, bytes: b"bc" });
    }

    #[test]
    fn escapes_go_and_line_ends_stay() {
        assert_eq!(strip_ansi(b"\x1b[0;32m===> x\n\x1b[0m\x1b[1").as_ref(), b"===> x\n");
        assert_eq!(strip_ansi(b"\x1b]0;title\x07a\x1b[31\nb").as_ref(), b"a\nb");
        assert_eq!(strip_ansi(b"a\x1b(B\x1b[m: b\x1b(\nc\x1b(").as_ref(), b"a: b\nc");
        assert!(matches!(strip_ansi(b"plain"), Cow::Borrowed(_)));
    }
}
