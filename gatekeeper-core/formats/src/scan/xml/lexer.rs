//! The pieces of a document, one after the other: tags, text, references. What must hold between them (one root, every element
//! closed, no attribute twice) is the reader's to check.
//!
//! Extensible Markup Language (XML) 1.0, Fifth Edition: <https://www.w3.org/TR/xml/>.
//!
//! By hand although quick-xml exists, for speed. Measured with quick-xml 0.42, its own checks off, CPU time of alternating runs: a bare loop over its
//! events and attributes takes 1.3 times as long as this lexer with the reader's checks on 48 MB of JUnit, and 2.3 times on 83 MB of
//! Cobertura; in this lexer's place, giving the same pieces and offsets, 1.7 and 2.6 times. Text and attributes in reports are short: walking over them byte by
//! byte, each tag once, beats a search for the tag's end, one for its attributes, and a copy of every open name. `differential.rs` holds the two
//! against each other on all fixtures, on random markup and under a fuzzer.

use super::Element;
use super::attribute::{Attribute, is_bare, over_blanks, wrong};
use crate::scan::eight;
use gatekeeper_evidence::error::ParseError;

/// Most attributes of one element.
const ATTRIBUTES: usize = 256;

/// A piece of a document.
#[derive(Debug)]
pub(super) enum Piece<'a> {
    /// `<name …>`, or `<name …/>` where `empty`. Its attributes stand in the lexer.
    Start { element: Element<'a>, empty: bool },
    /// `</name>`
    End(&'a str),
    /// Text as it stands; `]]>` and bare `&` may be in it where `odd`.
    Text { text: &'a str, odd: bool },
    /// `<![CDATA[…]]>`
    Data(&'a str),
    /// `&name;`
    Reference(&'a str),
    /// A comment, a processing instruction, a declaration, a document type: read over.
    Other,
    /// The end of the document.
    Eof,
}

/// Cuts a document into pieces.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// The attributes of the tag that was opened last, as far as they could be read.
    pub attributes: Vec<Attribute<'a>>,
    /// Whether a `<` or `&` is in their values.
    pub odd: bool,
    /// Whether the last error is that the document ends within a piece.
    pub broken_off: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Lexer { text, at: 0, attributes: Vec::new(), odd: false, broken_off: false }
    }

    /// Offset behind what was read.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// The next piece. After an error, do not ask again.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Piece<'a>, ParseError> {
        let bytes = self.text.as_bytes();
        match bytes.get(self.at) {
            Some(b'<') => match bytes.get(self.at + 1) {
                Some(b'/') => self.end(),
                Some(b'!' | b'?') => self.other(),
                _ => self.start(),
            },
            Some(_) => Ok(self.text()),
            None => Ok(Piece::Eof),
        }
    }

    fn start(&mut self) -> Result<Piece<'a>, ParseError> {
        let bytes = self.text.as_bytes();
        let from = self.at + 1;
        self.attributes.clear();
        self.odd = false;
        let (mut name_end, mut local) = (from, 0);
        loop {
            match bytes.get(name_end) {
                None => return Err(self.cut("the end of the tag that begins here")),
                Some(b' ' | b'\n' | b'\t' | b'\r' | b'\x0C' | b'>' | b'/') => break,
                Some(b'<' | b'"' | b'\'' | b'=' | b'&') => return Err(self.unnamed()),
                Some(b':') => local = name_end + 1 - from,
                Some(_) => {}
            }
            name_end += 1;
        }
        if name_end == from {
            return Err(self.unnamed());
        }
        let mut at = name_end;
        let (end, empty) = loop {
            at = over_blanks(bytes, at);
            match bytes.get(at) {
                Some(b'>') => break (at, false),
                Some(b'/') if bytes.get(at + 1) == Some(&b'>') => break (at, true),
                _ => {}
            }
            let Some((attribute, behind, odd)) = Attribute::read(self.text, at) else {
                // What breaks off is told from what is wrong: `<a x="1`, `<a x`.
                let broken_off = memchr::memchr(b'>', bytes.get(at..).unwrap_or_default()).is_none();
                return Err(if broken_off {
                    self.cut("the end of the tag that begins here")
                } else {
                    wrong(self.text, at, 0)
                });
            };
            if self.attributes.len() >= ATTRIBUTES {
                return Err(ParseError::limit(format!("more than {ATTRIBUTES} attributes")).at(at));
            }
            self.odd |= odd;
            self.attributes.push(attribute);
            at = behind;
        };
        self.at = end + 1 + usize::from(empty);
        let tag = self.text.get(from..end).unwrap_or_default();
        Ok(Piece::Start { element: Element { tag, name_len: name_end - from, local, offset: from }, empty })
    }

    fn end(&mut self) -> Result<Piece<'a>, ParseError> {
        let bytes = self.text.as_bytes();
        let from = self.at + 2;
        let mut name_end = from;
        while let Some(b) = bytes.get(name_end)
            && !matches!(b, b'>' | b'<' | b' ' | b'\n' | b'\t' | b'\r')
        {
            name_end += 1;
        }
        let close = over_blanks(bytes, name_end);
        match bytes.get(close) {
            Some(b'>') => self.at = close + 1,
            None => return Err(self.cut("the end of the closing tag that begins here")),
            Some(_) => {
                let found = self.text.get(self.at..).unwrap_or_default();
                return Err(ParseError::malformed("a closing tag, </name>").at(self.at).found(found));
            }
        }
        Ok(Piece::End(self.text.get(from..name_end).unwrap_or_default()))
    }

    /// Text up to the next tag or reference. Most text is a line end and some blanks: that is walked over,
    /// eight bytes at a step, what is longer is searched.
    fn text(&mut self) -> Piece<'a> {
        const SHORT: usize = 3;
        let bytes = self.text.as_bytes();
        let from = self.at;
        let mut odd = false;
        let mut at = from;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let mut short =
                rest.as_chunks::<8>().0.iter().take(SHORT).map(|e| eight::first(*e, [b'<', b'&'])).enumerate();
            let near = short.find(|(_, n)| *n < 8).map(|(step, n)| step * 8 + n);
            let found = near.or_else(|| {
                let done = (rest.len() & !7).min(SHORT * 8);
                let far = rest.get(done..)?;
                memchr::memchr2(b'<', b'&', far).map(|n| n + done)
            });
            at = found.map_or(bytes.len(), |n| at + n);
            if bytes.get(at) != Some(&b'&') {
                break;
            }
            let reference = self.text.get(at + 1..).unwrap_or_default();
            if !is_bare(reference) {
                if at > from {
                    break;
                }
                let end = memchr::memchr(b';', reference.as_bytes()).unwrap_or(0);
                self.at = at + 2 + end;
                return Piece::Reference(reference.get(..end).unwrap_or_default());
            }
            odd = true;
            at += 1;
        }
        self.at = at;
        let text = self.text.get(from..at).unwrap_or_default();
        odd = odd || (text.len() > 2 && memchr::memchr(b']', text.as_bytes()).is_some());
        Piece::Text { text, odd }
    }

    /// What begins with `<!` or `<?`.
    #[cold]
    fn other(&mut self) -> Result<Piece<'a>, ParseError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let bytes = rest.as_bytes();
        let until = |from: usize, end: &str| {
            memchr::memmem::find(bytes.get(from..)?, end.as_bytes()).map(|n| from + n + end.len())
        };
        if rest.starts_with("<![CDATA[") {
            let Some(end) = until(9, "]]>") else {
                return Err(self.cut("]]>, the end of the CDATA section that begins here"));
            };
            self.at += end;
            return Ok(Piece::Data(rest.get(9..end - 3).unwrap_or_default()));
        }
        let (end, what) = if rest.starts_with("<!--") {
            (until(4, "-->"), "-->, the end of the comment that begins here")
        } else if rest.starts_with("<?") {
            if bytes.get(2).is_some_and(|b| !begins_a_name(*b)) {
                return Err(ParseError::malformed("the name of an instruction behind <?").at(self.at).found(rest));
            }
            (until(2, "?>"), "?>, the end of the instruction that begins here")
        } else if bytes.get(..9).is_some_and(|b| b.eq_ignore_ascii_case(b"<!DOCTYPE")) {
            match document_type(bytes) {
                Ok(end) => (end, "the end of the document type that begins here"),
                Err(n) => {
                    let found = rest.get(n..).unwrap_or_default();
                    return Err(ParseError::malformed(
                        "a document type: a name, literals, declarations in [ ], and no other markup",
                    )
                    .at(self.at + n)
                    .found(found));
                }
            }
        } else if bytes.len() < 9 && !bytes.contains(&b'>') {
            (None, "the end of what begins here with <!")
        } else {
            return Err(ParseError::malformed("a comment, CDATA or a document type behind <!").at(self.at).found(rest));
        };
        match end {
            Some(end) => self.at += end,
            None => return Err(self.cut(what)),
        }
        Ok(Piece::Other)
    }

    #[cold]
    fn cut(&mut self, expected: &str) -> ParseError {
        self.broken_off = true;
        ParseError::malformed(expected).at(self.at).found_words("the end of the file")
    }

    #[cold]
    fn unnamed(&self) -> ParseError {
        ParseError::malformed("an element's name behind <")
            .at(self.at)
            .found(self.text.get(self.at..).unwrap_or_default())
    }
}

/// Where a document type ends (XML 1.0 §2.8): a name, literals in quotes, perhaps declarations in `[…]`. An error is the byte that cannot stand
/// there, for what is read over must be no more than a document type: markup in it would be lost.
fn document_type(bytes: &[u8]) -> Result<Option<usize>, usize> {
    let mut declared = false;
    let Some((mut at, first)) = next_of(bytes, 9, |b| !b.is_ascii_whitespace()) else { return Ok(None) };
    if at == 9 || !begins_a_name(first) {
        return Err(at);
    }
    loop {
        let Some(found) = next_of(bytes, at, |b| matches!(b, b'<' | b'>' | b'"' | b'\'' | b'[' | b']')) else {
            return Ok(None);
        };
        at = match found {
            (end, b'>') => return Ok(Some(end + 1)),
            (begin, b'[') if !declared => {
                declared = true;
                match declarations(bytes, begin + 1)? {
                    Some(end) => end,
                    None => return Ok(None),
                }
            }
            (begin, quote @ (b'"' | b'\'')) if !declared => match next_of(bytes, begin + 1, |b| b == quote) {
                Some((end, _)) => end + 1,
                None => return Ok(None),
            },
            (begin, _) => return Err(begin),
        };
    }
}

/// Where the declarations of a document type end, behind their `]`.
fn declarations(bytes: &[u8], mut at: usize) -> Result<Option<usize>, usize> {
    loop {
        let Some((begin, byte)) = next_of(bytes, at, |b| matches!(b, b'<' | b'>' | b'"' | b'\'' | b'[' | b']')) else {
            return Ok(None);
        };
        let rest = bytes.get(begin..).unwrap_or_default();
        let end = match byte {
            b']' => return Ok(Some(begin + 1)),
            b'<' if rest.starts_with(b"<!--") => {
                memchr::memmem::find(rest.get(4..).unwrap_or_default(), b"-->").map(|n| begin + n + 7)
            }
            b'<' if rest.starts_with(b"<?") && rest.get(2).is_none_or(|b| begins_a_name(*b)) => {
                memchr::memmem::find(rest.get(2..).unwrap_or_default(), b"?>").map(|n| begin + n + 4)
            }
            b'<' if rest.starts_with(b"<!") => declaration(bytes, begin + 2)?,
            b'<' if rest.len() == 1 => None,
            _ => return Err(begin),
        };
        match end {
            Some(end) => at = end,
            None => return Ok(None),
        }
    }
}

/// Where one declaration ends, with `>` in quotes.
fn declaration(bytes: &[u8], mut at: usize) -> Result<Option<usize>, usize> {
    loop {
        at = match next_of(bytes, at, |b| matches!(b, b'<' | b'>' | b'"' | b'\'' | b'[' | b']')) {
            None => return Ok(None),
            Some((end, b'>')) => return Ok(Some(end + 1)),
            Some((begin, quote @ (b'"' | b'\''))) => match next_of(bytes, begin + 1, |b| b == quote) {
                Some((end, _)) => end + 1,
                None => return Ok(None),
            },
            Some((begin, _)) => return Err(begin),
        };
    }
}

/// Whether a name may begin with this byte (XML 1.0 §2.3): all beyond ASCII is let through.
fn begins_a_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':' | 0x80..)
}

/// The first byte of a kind from here on, and where.
fn next_of(bytes: &[u8], at: usize, kind: impl Fn(u8) -> bool) -> Option<(usize, u8)> {
    bytes.get(at..)?.iter().position(|b| kind(*b)).and_then(|n| Some((at + n, *bytes.get(at + n)?)))
}
