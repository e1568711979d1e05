//! Documents in JSON that are harmless in a log.
//!
//! Documents are often printed into a log: what a terminal obeys, what shows nothing, and what a CI service takes for a command (`##[word]`)
//! stand in strings as escapes, which mean the same to every reader (RFC 8259, section 7).

use super::text::is_plain;
use gatekeeper_evidence::error::is_invisible;
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};
use std::io::{self, BufWriter, Write};

/// Bytes that are put together before they are written: a serialiser writes a few at a time.
const BUFFER: usize = 1 << 16;

/// Writes a document as JSON for programs that is harmless in a log, and a line break.
///
/// # Errors
/// What the writer gives, and a document that JSON cannot hold.
pub fn document<T: Serialize + ?Sized>(document: &T, out: &mut dyn Write) -> io::Result<()> {
    written(document, PrettyFormatter::new(), out)
}

/// The same with everything below a depth on one line each: a long list has a row for each of its entries.
pub(super) fn rows<T: Serialize + ?Sized>(document: &T, depth: usize, out: &mut dyn Write) -> io::Result<()> {
    written(document, Rows { pretty: PrettyFormatter::new(), at: 0, depth }, out)
}

/// The same on one line.
pub(super) fn one_line<T: Serialize + ?Sized>(document: &T, out: &mut dyn Write) -> io::Result<()> {
    written(document, CompactFormatter, out)
}

fn written<T: Serialize + ?Sized, F: Formatter>(document: &T, form: F, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER, out);
    document.serialize(&mut Serializer::with_formatter(&mut out, Harmless(form)))?;
    out.write_all(b"\n")?;
    out.flush()
}

/// JSON that is set out in lines down to a depth and compact below it.
struct Rows {
    pretty: PrettyFormatter<'static>,
    at: usize,
    depth: usize,
}

impl Rows {
    fn is_deep(&self) -> bool {
        self.at > self.depth
    }
}

impl Formatter for Rows {
    fn begin_array<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.at += 1;
        if self.is_deep() { CompactFormatter.begin_array(w) } else { self.pretty.begin_array(w) }
    }

    fn end_array<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        let deep = self.is_deep();
        self.at = self.at.saturating_sub(1);
        if deep { CompactFormatter.end_array(w) } else { self.pretty.end_array(w) }
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, w: &mut W, first: bool) -> io::Result<()> {
        if self.is_deep() {
            CompactFormatter.begin_array_value(w, first)
        } else {
            self.pretty.begin_array_value(w, first)
        }
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        if self.is_deep() { Ok(()) } else { self.pretty.end_array_value(w) }
    }

    fn begin_object<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.at += 1;
        if self.is_deep() { CompactFormatter.begin_object(w) } else { self.pretty.begin_object(w) }
    }

    fn end_object<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        let deep = self.is_deep();
        self.at = self.at.saturating_sub(1);
        if deep { CompactFormatter.end_object(w) } else { self.pretty.end_object(w) }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, w: &mut W, first: bool) -> io::Result<()> {
        if self.is_deep() {
            CompactFormatter.begin_object_key(w, first)
        } else {
            self.pretty.begin_object_key(w, first)
        }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        if self.is_deep() { CompactFormatter.begin_object_value(w) } else { self.pretty.begin_object_value(w) }
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        if self.is_deep() { Ok(()) } else { self.pretty.end_object_value(w) }
    }
}

/// JSON whose strings hold nothing that takes effect in a log.
struct Harmless<F>(F);

impl<F: Formatter> Formatter for Harmless<F> {
    fn begin_array<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.begin_array(w)
    }

    fn end_array<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.end_array(w)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, w: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(w, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.end_array_value(w)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.begin_object(w)
    }

    fn end_object<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.end_object(w)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, w: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(w, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.begin_object_value(w)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.end_object_value(w)
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, w: &mut W, fragment: &str) -> io::Result<()> {
        // Most text is nothing but letters.
        if is_plain(fragment) && !fragment.contains("##") {
            return w.write_all(fragment.as_bytes());
        }
        let mut plain = String::with_capacity(fragment.len());
        let mut before = ' ';
        for c in fragment.chars() {
            if c.is_control() || is_invisible(c) || (c == '#' && before == '#') {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    plain.push_str(&format!("\\u{unit:04x}"));
                }
            } else {
                plain.push(c);
            }
            before = c;
        }
        w.write_all(plain.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_the_same_document_a_line_each() {
        let value = serde_json::json!({ "a": [[1, { "b": [] }], [], { "c": { "d": "##[x]" } }], "e": {} });
        for (depth, lines) in [(0, 1), (1, 4), (2, 8), (9, 17)] {
            let mut bytes = Vec::new();
            rows(&value, depth, &mut bytes).unwrap();
            let text = String::from_utf8(bytes).unwrap();
            assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
            assert!(!text.contains("##") && text.ends_with("}\n"), "{text}");
            assert_eq!(text.lines().count(), lines, "{depth}: {text}");
        }
        let (mut deep, mut pretty) = (Vec::new(), Vec::new());
        rows(&value, 99, &mut deep).unwrap();
        document(&value, &mut pretty).unwrap();
        assert_eq!(deep, pretty);
    }

    #[test]
    fn a_document_is_harmless_in_a_log_and_means_the_same() {
        let words = ["##[add-mask]x", "###vso[a]", "\u{202e}\u{7f}\u{9b}\u{e0041}\n::error::x", "é\\ \""];
        let mut bytes = Vec::new();
        document(&words, &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).unwrap(), words);
        assert!(
            !text.contains("##") && !text.chars().any(|c| (c.is_control() && c != '\n') || is_invisible(c)),
            "{text}"
        );
        assert!(!text.lines().any(|l| l.trim_start().starts_with("::")) && text.contains("é"), "{text}");
    }
}
