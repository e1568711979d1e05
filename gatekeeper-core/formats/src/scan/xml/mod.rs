//! XML: a pull reader over one whole document.
//!
//! - Encodings: UTF-8, or what the declaration names (Latin-1, windows-1252, …), decoded before reading; a declaration that says UTF-16
//!   over bytes that are not is ignored, as the bytes were decoded already.
//! - DOCTYPEs are read over and never fetched; entities other than the five of XML and character references are errors: nothing expands.
//! - Exactly one root; every element closed; nesting limited; no attribute twice.
//! - Errors have line, column and the path of the element or attribute that they stand in; readers give offsets alone.
//! - Real tools write `]]>` in text, `<` in attributes and NUL characters: read, with a note.

mod attribute;
#[cfg(any(test, fuzzing))]
pub(crate) mod differential;
mod lexer;
mod path;
mod root;

pub(crate) use attribute::{Attribute, Attributes, unescape_into};
pub(crate) use path::path_at;
pub(crate) use root::{Root, root};

use crate::input::Input;
use attribute::{is_bare, resolve};
use gatekeeper_evidence::Note;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::location::Location;
use lexer::{Lexer, Piece};
use std::borrow::Cow;

/// Most notes that a reader keeps.
const NOTES: usize = 20;

/// A token of the document.
#[derive(Debug)]
pub(crate) enum Token<'a> {
    /// An element opens.
    Start(Element<'a>),
    /// The innermost open element closes.
    End,
    /// A piece of text, CDATA or a character reference; the text of an element may come in several.
    Text(Cow<'a, str>),
    /// The document ended, whole.
    Eof,
}

/// An opening tag.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'a> {
    /// What stands between `<` and `>`, without a closing `/`.
    tag: &'a str,
    name_len: usize,
    /// Where the local name begins in the name.
    local: usize,
    /// Offset of the tag's content in the document.
    pub offset: usize,
}

impl<'a> Element<'a> {
    /// Local name: without a namespace's prefix.
    pub(crate) fn name(&self) -> &'a str {
        self.tag.get(self.local..self.name_len).unwrap_or_default()
    }

    /// Name with its prefix.
    pub(crate) fn qualified(&self) -> &'a str {
        self.tag.get(..self.name_len).unwrap_or_default()
    }

    /// The attributes in their order. Stops at the first error.
    pub(crate) fn attributes(&self) -> Attributes<'a> {
        Attributes::new(self.tag.get(self.name_len..).unwrap_or_default(), self.offset + self.name_len)
    }

    /// The attribute of a local name, references resolved.
    pub(crate) fn attribute(&self, key: &str) -> Result<Option<Cow<'a, str>>, ParseError> {
        for a in self.attributes() {
            let a = a?;
            if a.key == key {
                return a.text().map(Some);
            }
        }
        Ok(None)
    }
}

/// Whether a document ends before its root does. What has other faults may be something else than XML.
pub(crate) fn breaks_off(text: &str) -> bool {
    let mut lexer = Lexer::new(text);
    let (mut depth, mut any) = (0_u64, false);
    loop {
        match lexer.next() {
            Ok(Piece::Start { empty, .. }) => (depth, any) = (depth + u64::from(!empty), true),
            Ok(Piece::End(_)) => depth = depth.saturating_sub(1),
            Ok(Piece::Eof) => return depth > 0 || !any,
            Ok(_) => {}
            Err(_) => return lexer.broken_off,
        }
    }
}

/// A pull reader. [`read`] makes it over a document.
pub(crate) struct Xml<'a> {
    lexer: Lexer<'a>,
    /// Names of the elements that are open.
    open: Vec<&'a str>,
    limit: usize,
    /// How many suites and cases were met, and how many may be.
    items: usize,
    most_items: usize,
    /// An element written `<x/>` was just given as `Start`: its `End` is due.
    end_due: bool,
    root_seen: bool,
    /// Further documents may stand behind the first.
    several: bool,
    notes: Vec<Note>,
}

/// Reads a document by `parse`, which gets its text and a reader over it. Errors get their line, column and document path here, for all formats.
///
/// The reader is handed over by value: a format's loop then keeps it in its own frame, where the optimiser sees all of it.
pub(crate) fn read<T, F>(input: &Input<'_>, parse: F) -> Result<T, ParseError>
where
    F: for<'a> FnOnce(&'a str, Xml<'a>) -> Result<T, ParseError>,
{
    let text = decode(input).map_err(|e| {
        // What stands before the first byte that is no text still tells the path.
        let whole = e.location().offset.and_then(|o| usize::try_from(o).ok()).and_then(|o| input.bytes.get(..o));
        path::locate(e, whole.and_then(|w| std::str::from_utf8(w).ok()).unwrap_or_default())
    })?;
    parse(&text, Xml::new(&text, input)).map_err(|e| path::locate(e, &text))
}

/// The document's text: the input itself where it is UTF-8, else decoded as its declaration says.
fn decode<'a>(input: &Input<'a>) -> Result<Cow<'a, str>, ParseError> {
    let bytes = input.bytes;
    if let Some(label) = declared_encoding(bytes)
        && let Some(encoding) = encoding_rs::Encoding::for_label(label)
        && encoding.is_ascii_compatible()
        && encoding != encoding_rs::UTF_8
    {
        let (text, broken) = encoding.decode_without_bom_handling(bytes);
        if !broken {
            return Ok(text);
        }
    }
    input.text().map(Cow::Borrowed)
}

/// The label in `<?xml … encoding="label" ?>` (EUnit's writer puts a blank behind the `=`).
fn declared_encoding(bytes: &[u8]) -> Option<&[u8]> {
    let head = bytes.get(..bytes.len().min(200))?.trim_ascii_start().strip_prefix(b"<?xml")?;
    let head = head.get(..memchr::memmem::find(head, b"?>")?)?;
    let at = memchr::memmem::find(head, b"encoding")?;
    let value = head.get(at + 8..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let quote = *value.first().filter(|q| matches!(q, b'"' | b'\''))?;
    let value = value.get(1..)?;
    value.get(..memchr::memchr(quote, value)?)
}

impl<'a> Xml<'a> {
    pub(crate) fn new(text: &'a str, input: &Input<'_>) -> Self {
        let mut notes = Vec::new();
        if let Some(at) = memchr::memchr(0, text.as_bytes()) {
            notes.push(Note::at("a NUL character, which XML does not allow", Location::at(at)));
        }
        Xml {
            lexer: Lexer::new(text),
            open: Vec::new(),
            limit: input.limits.depth,
            items: 0,
            most_items: input.limits.items,
            end_due: false,
            root_seen: false,
            several: false,
            notes,
        }
    }

    /// Lets documents follow each other in one stream, each with a root of its own.
    pub(crate) fn allow_several(&mut self) {
        self.several = true;
    }

    /// Counts an element that becomes a suite or a case.
    pub(crate) fn count_item(&mut self, element: &Element<'_>) -> Result<(), ParseError> {
        self.items += 1;
        if self.items <= self.most_items {
            return Ok(());
        }
        Err(ParseError::limit(format!("lists more than {} suites and cases", self.most_items)).at(element.offset))
    }

    /// How many elements are open.
    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    /// The attributes of the element that was opened last, already read: cheaper than [`Element::attributes`].
    pub(crate) fn attributes(&self) -> &[Attribute<'a>] {
        &self.lexer.attributes
    }

    /// What was tolerated.
    pub(crate) fn take_notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }

    fn note(&mut self, message: &str, at: usize) {
        if self.notes.len() < NOTES && !self.notes.iter().any(|n| n.message == message) {
            self.notes.push(Note::at(message, Location::at(at)));
        }
    }

    /// The next token. After an error or `Eof`, do not ask again.
    pub(crate) fn next(&mut self) -> Result<Token<'a>, ParseError> {
        if std::mem::take(&mut self.end_due) {
            self.open.pop();
            return Ok(Token::End);
        }
        loop {
            let before = self.lexer.offset();
            match self.lexer.next()? {
                Piece::Start { element, empty } => {
                    self.end_due = empty;
                    self.start(&element)?;
                    return Ok(Token::Start(element));
                }
                Piece::End(name) => {
                    let open = self.open.pop();
                    if open != Some(name) {
                        return Err(self.misplaced_end(open, name, before));
                    }
                    return Ok(Token::End);
                }
                Piece::Text { text, odd } => {
                    if self.open.is_empty() {
                        if text.bytes().all(|b| b.is_ascii_whitespace() || b == 0) {
                            continue;
                        }
                        return Err(self.outside(before).found(text));
                    }
                    if odd {
                        self.note_text(text, before);
                    }
                    return Ok(Token::Text(Cow::Borrowed(text)));
                }
                Piece::Data(text) => {
                    if self.open.is_empty() {
                        return Err(self.outside(before).found_words("CDATA"));
                    }
                    return Ok(Token::Text(Cow::Borrowed(text)));
                }
                Piece::Reference(name) => {
                    let reference = || format!("&{name};");
                    let text = resolve(name).ok_or_else(|| {
                        ParseError::malformed("one of XML's five entities or a character reference")
                            .at(before)
                            .found(reference())
                    })?;
                    if self.open.is_empty() {
                        return Err(self.outside(before).found(reference()));
                    }
                    return Ok(Token::Text(Cow::Owned(text.to_string())));
                }
                Piece::Other => {}
                Piece::Eof => {
                    let missing = match self.open.len() {
                        0 if self.root_seen => return Ok(Token::Eof),
                        0 => "an XML element".to_owned(),
                        1 => "1 more closing tag".to_owned(),
                        n => format!("{n} more closing tags"),
                    };
                    return Err(ParseError::malformed(missing).at(before).found_words("the end of the file"));
                }
            }
        }
    }

    /// Checks what was opened: one root, nesting, no attribute twice; tolerated: `<` and a bare `&` in a value.
    fn start(&mut self, element: &Element<'a>) -> Result<(), ParseError> {
        if self.open.is_empty() {
            if self.root_seen && !self.several {
                return Err(ParseError::malformed("one root element").at(element.offset).found(element.tag));
            }
            self.root_seen = true;
        }
        if self.open.len() >= self.limit {
            return Err(ParseError::limit(format!("more than {} levels of nesting", self.limit)).at(element.offset));
        }
        self.open.push(element.qualified());
        let attributes = &self.lexer.attributes;
        for (n, a) in attributes.iter().enumerate() {
            if attributes.iter().take(n).any(|s| s.qualified == a.qualified) {
                return Err(ParseError::new(ErrorCode::Malformed, "an attribute once").at(a.offset).found(a.qualified));
            }
        }
        if self.lexer.odd {
            self.note_tag(element);
        }
        Ok(())
    }

    #[cold]
    fn note_tag(&mut self, element: &Element<'a>) {
        if element.tag.contains('<') {
            self.note("`<` in an attribute, which XML does not allow", element.offset);
        }
        for amp in memchr::memchr_iter(b'&', element.tag.as_bytes()) {
            if is_bare(element.tag.get(amp + 1..).unwrap_or_default()) {
                self.note("a bare `&` in an attribute, which XML does not allow", element.offset + amp);
                break;
            }
        }
    }

    #[cold]
    fn note_text(&mut self, text: &str, at: usize) {
        if text.contains("]]>") {
            self.note("`]]>` in text, which XML does not allow", at);
        }
        if text.contains('&') {
            self.note("a bare `&` in text, which XML does not allow", at);
        }
    }

    #[cold]
    fn outside(&self, at: usize) -> ParseError {
        ParseError::malformed(if self.root_seen { "nothing behind the root element" } else { "an XML element" }).at(at)
    }

    #[cold]
    fn misplaced_end(&self, open: Option<&str>, found: &str, at: usize) -> ParseError {
        let found = format!("</{found}>");
        match open {
            Some(open) => ParseError::malformed(format!("</{}>", gatekeeper_evidence::error::quote(open.as_bytes()))),
            None => self.outside(at),
        }
        .at(at)
        .found(found)
    }

    /// Reads over the rest of the element that was just opened.
    pub(crate) fn skip(&mut self) -> Result<(), ParseError> {
        let until = self.depth().saturating_sub(1);
        while self.depth() > until {
            self.next()?;
        }
        Ok(())
    }

    /// The text of the element that was just opened, inner elements' text among it; at most `most` bytes are kept, the rest is read over.
    pub(crate) fn text_of(&mut self, most: usize) -> Result<String, ParseError> {
        let until = self.depth().saturating_sub(1);
        let mut out = String::new();
        while self.depth() > until {
            if let Token::Text(t) = self.next()? {
                let room = most.saturating_sub(out.len());
                let mut end = t.len().min(room);
                while !t.is_char_boundary(end) {
                    end -= 1;
                }
                out.push_str(t.get(..end).unwrap_or_default());
            }
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests;
