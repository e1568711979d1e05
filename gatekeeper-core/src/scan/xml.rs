//! XML: a pull reader over one whole document, with the checks that quick-xml leaves to its caller.
//!
//! - Encodings: UTF-8, or what the declaration names (Latin-1, windows-1252, …), decoded before reading; a declaration that says UTF-16
//!   over bytes that are not is ignored, as the bytes were decoded already.
//! - DOCTYPEs are read over and never fetched; entities other than the five of XML and character references are errors: nothing expands.
//! - Exactly one root; every element closed; nesting limited; no attribute twice.
//! - Real tools write `]]>` in text, `<` in attributes and NUL characters: read, with a note.

use crate::error::{ErrorCode, ParseError};
use crate::evidence::Note;
use crate::input::Input;
use crate::location::Location;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::borrow::Cow;

/// Most attributes of one element.
const ATTRIBUTES: usize = 1_000;
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
    /// Offset of the tag's content in the document.
    pub offset: usize,
}

/// An attribute, its value as written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attribute<'a> {
    /// Local name.
    pub key: &'a str,
    /// Name with its prefix.
    pub qualified: &'a str,
    /// The value, references not resolved.
    pub raw: &'a str,
    /// Offset of the value in the document.
    pub offset: usize,
}

impl<'a> Attribute<'a> {
    /// The value with references resolved.
    pub(crate) fn text(&self) -> Result<Cow<'a, str>, ParseError> {
        unescape(self.raw, self.offset)
    }

    /// The value as a count; blanks around it do not matter.
    pub(crate) fn count(&self) -> Result<u64, ParseError> {
        self.raw.trim().parse().map_err(|_| self.wrong("a count"))
    }

    /// An error at this value.
    pub(crate) fn wrong(&self, expected: &str) -> ParseError {
        ParseError::malformed(format!("{expected} in {}", self.qualified)).at(self.offset).found(self.raw)
    }
}

impl<'a> Element<'a> {
    /// Local name: without a namespace's prefix.
    pub(crate) fn name(&self) -> &'a str {
        let name = self.qualified();
        local(name)
    }

    /// Name with its prefix.
    pub(crate) fn qualified(&self) -> &'a str {
        self.tag.get(..self.name_len).unwrap_or_default()
    }

    /// The attributes in their order. Stops at the first error.
    pub(crate) fn attributes(&self) -> Attributes<'a> {
        Attributes {
            rest: self.tag.get(self.name_len..).unwrap_or_default(),
            offset: self.offset + self.name_len,
            failed: false,
        }
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

/// A name without its prefix. Names are short: looking at each byte is quicker than any search.
fn local(name: &str) -> &str {
    match name.bytes().rposition(|b| b == b':') {
        Some(colon) => name.get(colon + 1..).unwrap_or_default(),
        None => name,
    }
}

/// Iterator over attributes.
pub(crate) struct Attributes<'a> {
    rest: &'a str,
    offset: usize,
    failed: bool,
}

impl<'a> Attributes<'a> {
    fn read(&mut self) -> Result<Option<Attribute<'a>>, ParseError> {
        let blank = self.rest.bytes().take_while(u8::is_ascii_whitespace).count();
        let rest = self.rest.get(blank..).unwrap_or_default();
        let start = self.offset + blank;
        if rest.is_empty() {
            return Ok(None);
        }
        let wrong = || ParseError::malformed("an attribute, name=\"value\"").at(start).found(rest);
        // Names are short: one walk finds the end, the prefix and the `=`.
        let (mut name_end, mut local, mut equals) = (None, 0, None);
        for (at, b) in rest.bytes().enumerate() {
            match b {
                b'=' => {
                    equals = Some(at);
                    break;
                }
                b'"' | b'\'' | b'<' => return Err(wrong()),
                b if b.is_ascii_whitespace() => {
                    name_end.get_or_insert(at);
                }
                // A second word before the `=`.
                _ if name_end.is_some() => return Err(wrong()),
                b':' => local = at + 1,
                _ => {}
            }
        }
        let equals = equals.ok_or_else(wrong)?;
        let qualified = rest.get(..name_end.unwrap_or(equals)).filter(|n| !n.is_empty()).ok_or_else(wrong)?;
        let key = qualified.get(local..).unwrap_or(qualified);
        let after = rest.get(equals + 1..).unwrap_or_default();
        let blank_after = after.bytes().take_while(u8::is_ascii_whitespace).count();
        let value = after.get(blank_after..).unwrap_or_default();
        let quote = value.bytes().next().filter(|q| matches!(q, b'"' | b'\'')).ok_or_else(wrong)?;
        let inner = value.get(1..).unwrap_or_default();
        let end = memchr::memchr(quote, inner.as_bytes()).ok_or_else(wrong)?;
        let raw = inner.get(..end).unwrap_or_default();
        let value_at = start + equals + 1 + blank_after + 1;
        self.rest = inner.get(end + 1..).unwrap_or_default();
        self.offset = value_at + end + 1;
        Ok(Some(Attribute { key, qualified, raw, offset: value_at }))
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<Attribute<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.read();
        self.failed = next.is_err();
        next.transpose()
    }
}

/// A pull reader. Make it from [`decode`]'s text.
pub(crate) struct Xml<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    depth: usize,
    limit: usize,
    /// An element written `<x/>` was just given as `Start`: its `End` is due.
    end_due: bool,
    root_seen: bool,
    /// The attributes of the element that was opened last: read once, for the checks and for the caller.
    attributes: Vec<Attribute<'a>>,
    notes: Vec<Note>,
}

/// The document's text: the input itself where it is UTF-8, else decoded as its declaration says.
pub(crate) fn decode<'a>(input: &Input<'a>) -> Result<Cow<'a, str>, ParseError> {
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
        let mut reader = Reader::from_str(text);
        // Several producers write "--" in comments; nothing hangs on it.
        let config = reader.config_mut();
        config.check_comments = false;
        // A bare `&` in text, as writers by hand leave it; noted below.
        config.allow_dangling_amp = true;
        let mut notes = Vec::new();
        if let Some(at) = memchr::memchr(0, text.as_bytes()) {
            notes.push(Note::at("a NUL character, which XML does not allow", Location::at(at)));
        }
        Xml {
            text,
            reader,
            depth: 0,
            limit: input.limits.depth,
            end_due: false,
            root_seen: false,
            attributes: Vec::new(),
            notes,
        }
    }

    /// Offset behind what was read.
    pub(crate) fn offset(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX).min(self.text.len())
    }

    /// How many elements are open.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// The attributes of the element that was opened last, already read: cheaper than [`Element::attributes`].
    pub(crate) fn attributes(&self) -> &[Attribute<'a>] {
        &self.attributes
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
            self.depth -= 1;
            return Ok(Token::End);
        }
        loop {
            let before = self.offset();
            match self.reader.read_event() {
                Ok(Event::Start(tag)) => return self.open(tag.len(), tag.name().as_ref().len(), 1),
                Ok(Event::Empty(tag)) => {
                    self.end_due = true;
                    return self.open(tag.len(), tag.name().as_ref().len(), 2);
                }
                Ok(Event::End(_)) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Token::End);
                }
                Ok(Event::Text(text)) => {
                    let text = self.piece(before, text.len());
                    if self.depth == 0 {
                        if text.bytes().all(|b| b.is_ascii_whitespace() || b == 0) {
                            continue;
                        }
                        return Err(ParseError::malformed(if self.root_seen {
                            "nothing behind the root element"
                        } else {
                            "an XML element"
                        })
                        .at(before)
                        .found(text));
                    }
                    // Most text is a line end: the two oddities are looked for only where their first character is.
                    if memchr::memchr2(b']', b'&', text.as_bytes()).is_some() {
                        if text.contains("]]>") {
                            self.note("`]]>` in text, which XML does not allow", before);
                        }
                        if text.contains('&') {
                            self.note("a bare `&` in text, which XML does not allow", before);
                        }
                    }
                    return Ok(Token::Text(Cow::Borrowed(text)));
                }
                Ok(Event::CData(data)) => {
                    if self.depth == 0 {
                        return Err(ParseError::malformed("no CDATA outside the root element").at(before));
                    }
                    let end = self.offset().saturating_sub(3);
                    let text = self.text.get(end.saturating_sub(data.len())..end).unwrap_or_default();
                    return Ok(Token::Text(Cow::Borrowed(text)));
                }
                Ok(Event::GeneralRef(reference)) => {
                    let name: &str = &reference;
                    let text = resolve(name).ok_or_else(|| {
                        ParseError::malformed("one of XML's five entities or a character reference")
                            .at(before)
                            .found(format!("&{name};"))
                    })?;
                    if self.depth == 0 {
                        return Err(ParseError::malformed("nothing outside the root element").at(before));
                    }
                    return Ok(Token::Text(Cow::Owned(text.to_string())));
                }
                Ok(Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::DocType(_)) => {}
                Ok(Event::Eof) => {
                    if self.depth > 0 {
                        return Err(ParseError::malformed(format!("{} more closing tags", self.depth))
                            .at(self.text.len())
                            .found_words("the end of the file"));
                    }
                    if !self.root_seen {
                        return Err(ParseError::malformed("an XML element")
                            .at(self.text.len())
                            .found_words("the end of the file"));
                    }
                    return Ok(Token::Eof);
                }
                Err(e) => {
                    let at = usize::try_from(self.reader.error_position()).unwrap_or(before).max(before);
                    let at = at.min(self.text.len());
                    let text = e.to_string();
                    let text = text.split_once(": ").map_or(text.as_str(), |(_, t)| t).to_owned();
                    let cut = matches!(e, quick_xml::Error::Syntax(_));
                    let words = if cut { format!("the end of the file ({text})") } else { text };
                    return Err(ParseError::malformed("well-formed XML").at(at).found_words(words));
                }
            }
        }
    }

    fn piece(&self, before: usize, len: usize) -> &'a str {
        // The event ends where the reader stands; a `<` that ended it is not read yet.
        let end = self.offset();
        self.text.get(end.saturating_sub(len)..end).or_else(|| self.text.get(before..before + len)).unwrap_or_default()
    }

    fn open(&mut self, len: usize, name_len: usize, tail: usize) -> Result<Token<'a>, ParseError> {
        let end = self.offset().saturating_sub(tail);
        let start = end.saturating_sub(len);
        let element = Element { tag: self.text.get(start..end).unwrap_or_default(), name_len, offset: start };
        if self.depth == 0 {
            if self.root_seen {
                return Err(ParseError::malformed("one root element").at(start).found(element.tag));
            }
            self.root_seen = true;
        }
        self.depth += 1;
        if self.depth > self.limit {
            return Err(ParseError::limit(format!("more than {} levels of nesting", self.limit)).at(start));
        }
        self.check(&element)?;
        Ok(Token::Start(element))
    }

    /// No attribute twice; tolerated: `<` and a bare `&` in a value.
    fn check(&mut self, element: &Element<'a>) -> Result<(), ParseError> {
        self.attributes.clear();
        if element.tag.len() == element.name_len {
            return Ok(());
        }
        for (n, a) in element.attributes().enumerate() {
            let a = a?;
            if n >= ATTRIBUTES {
                return Err(ParseError::limit(format!("more than {ATTRIBUTES} attributes")).at(a.offset));
            }
            if self.attributes.iter().any(|s| s.qualified == a.qualified) {
                return Err(ParseError::new(ErrorCode::Malformed, "an attribute once").at(a.offset).found(a.qualified));
            }
            self.attributes.push(a);
        }
        // One look for both oddities; the second one only where there is a reference at all.
        if memchr::memchr(b'<', element.tag.as_bytes()).is_some() {
            self.note("`<` in an attribute, which XML does not allow", element.offset);
        }
        for amp in memchr::memchr_iter(b'&', element.tag.as_bytes()) {
            if is_bare(element.tag.get(amp + 1..).unwrap_or_default()) {
                self.note("a bare `&` in an attribute, which XML does not allow", element.offset + amp);
                break;
            }
        }
        Ok(())
    }

    /// Reads over the rest of the element that was just opened.
    pub(crate) fn skip(&mut self) -> Result<(), ParseError> {
        let until = self.depth.saturating_sub(1);
        while self.depth > until {
            self.next()?;
        }
        Ok(())
    }

    /// The text of the element that was just opened, inner elements' text among it; at most `most` bytes are kept, the rest is read over.
    pub(crate) fn text_of(&mut self, most: usize) -> Result<String, ParseError> {
        let until = self.depth.saturating_sub(1);
        let mut out = String::new();
        while self.depth > until {
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

/// The character of a reference's name: one of the five, `#60`, `#x3c`. A NUL becomes U+FFFD.
fn resolve(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            match code {
                // Writers that escape UTF-16 units one by one give surrogates, which are no characters of their own.
                0 | 0xD800..=0xDFFF => Some(char::REPLACEMENT_CHARACTER),
                _ => char::from_u32(code),
            }
        }
    }
}

/// Whether what stands behind a `&` is no reference: no name and no number that a `;` ends. Writers that do not escape attributes (Common Test's
/// surefire hook) leave such; they are read as they stand.
fn is_bare(rest: &str) -> bool {
    let name = rest.bytes().take(32).take_while(|b| b.is_ascii_alphanumeric() || *b == b'#').count();
    name == 0 || rest.as_bytes().get(name) != Some(&b';')
}

/// Resolves references in an attribute's value. `offset` is where the value stands.
pub(crate) fn unescape(raw: &str, offset: usize) -> Result<Cow<'_, str>, ParseError> {
    if memchr::memchr(b'&', raw.as_bytes()).is_none() {
        return Ok(Cow::Borrowed(raw));
    }
    let mut out = String::with_capacity(raw.len());
    unescape_into(raw, offset, &mut out)?;
    Ok(Cow::Owned(out))
}

/// [`unescape`] into a buffer that is used again and again: what stood in it goes.
pub(crate) fn unescape_into(raw: &str, offset: usize, out: &mut String) -> Result<(), ParseError> {
    out.clear();
    let mut rest = raw;
    let mut at = offset;
    while let Some(amp) = memchr::memchr(b'&', rest.as_bytes()) {
        out.push_str(rest.get(..amp).unwrap_or_default());
        let reference = rest.get(amp + 1..).unwrap_or_default();
        if is_bare(reference) {
            out.push('&');
            rest = reference;
            at += amp + 1;
            continue;
        }
        let end = memchr::memchr(b';', reference.as_bytes()).unwrap_or(0);
        let resolved = resolve(reference.get(..end).unwrap_or_default()).ok_or_else(|| {
            ParseError::malformed("one of XML's five entities or a character reference")
                .at(at + amp)
                .found(rest.get(amp..).unwrap_or_default())
        })?;
        out.push(resolved);
        rest = reference.get(end + 1..).unwrap_or_default();
        at += amp + end + 2;
    }
    out.push_str(rest);
    Ok(())
}

/// The root element of a document's beginning, for detection.
#[derive(Debug, Default)]
pub(crate) struct Root {
    /// Local name.
    pub name: String,
    /// Attributes with their qualified names, references not resolved.
    pub attributes: Vec<(String, String)>,
    /// Local names of the first elements inside, at any depth, in order, each once; at most 64.
    pub inside: Vec<String>,
}

impl Root {
    /// The value of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str())
    }

    /// Whether an element of this name is among the first ones inside.
    pub(crate) fn holds(&self, name: &str) -> bool {
        self.inside.iter().any(|n| n == name)
    }

    /// The namespace that the root element itself is in, as far as it declares one.
    pub(crate) fn namespace(&self) -> Option<&str> {
        self.attribute("xmlns")
            .or_else(|| self.attributes.iter().find(|(k, _)| k.starts_with("xmlns:")).map(|(_, v)| v.as_str()))
    }
}

/// Reads the root element of a document's beginning. Tolerant: what is cut off or broken later does not matter.
pub(crate) fn root(bytes: &[u8]) -> Option<Root> {
    let start = bytes.trim_ascii_start();
    if start.first() != Some(&b'<') || matches!(start.get(1), Some(b'<')) {
        return None;
    }
    let text = String::from_utf8_lossy(start.get(..start.len().min(64 * 1024))?);
    let mut reader = Reader::from_str(&text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.check_comments = false;
    config.allow_dangling_amp = true;
    let mut found: Option<Root> = None;
    for _ in 0..4_000 {
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) => {
                let name = tag.local_name().as_ref().to_owned();
                if let Some(root) = &mut found {
                    if root.inside.len() < 64 && !root.holds(&name) {
                        root.inside.push(name);
                    }
                } else {
                    let attributes = Attributes { rest: tag.attributes_raw(), offset: 0, failed: false }
                        .map_while(Result::ok)
                        .take(64)
                        .map(|a| (a.qualified.to_owned(), a.raw.to_owned()))
                        .collect();
                    found = Some(Root { name, attributes, inside: Vec::new() });
                }
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    fn tokens(text: &str) -> Result<Vec<String>, ParseError> {
        let limits = Limits { depth: 16, ..Limits::default() };
        let input =
            Input { name: "t.xml", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: false };
        let decoded = decode(&input)?;
        let mut xml = Xml::new(&decoded, &input);
        let mut out = Vec::new();
        loop {
            match xml.next()? {
                Token::Start(e) => {
                    let attributes: Result<Vec<_>, ParseError> =
                        e.attributes().map(|a| a.and_then(|a| Ok(format!("{}={}", a.key, a.text()?)))).collect();
                    out.push(format!("<{} {}", e.name(), attributes?.join(",")));
                }
                Token::End => out.push(">".into()),
                Token::Text(t) => out.push(t.into_owned()),
                Token::Eof => return Ok(out),
            }
        }
    }

    #[test]
    fn elements_attributes_and_text() {
        let got = tokens(
            "<?xml version='1.0'?><!DOCTYPE a SYSTEM \"http://x/y.dtd\"><a x = '1 &lt; 2' n:y=\"b\"><b/>t&amp;u<![CDATA[<c>]]></a>\n",
        );
        assert_eq!(got.unwrap(), ["<a x=1 < 2,y=b", "<b ", ">", "t", "&", "u", "<c>", ">"]);
    }

    #[test]
    fn text_before_and_between_elements_is_exact() {
        assert_eq!(tokens("<a>one<b>two</b>three</a>").unwrap(), ["<a ", "one", "<b ", "two", ">", "three", ">"]);
    }

    #[test]
    fn what_breaks_off_is_refused() {
        for cut in ["<a><b>", "<a", "<a x=\"1", "<a>text", "<a><b></b", "<!-- x", "<a><![CDATA[x", ""] {
            assert!(tokens(cut).is_err(), "{cut}");
        }
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for bad in [
            "<a/><b/>",
            "<a></b>",
            "<a x=\"1\" x=\"2\"/>",
            "<a x=1/>",
            "<a>&bomb;</a>",
            "<a/>text",
            "x<a/>",
            "<a b/>",
            "<a x=\"&bomb;\"/>",
        ] {
            assert!(tokens(bad).is_err(), "{bad}");
        }
        assert!(tokens(&"<a>".repeat(40)).unwrap_err().message().contains("levels"));
    }

    #[test]
    fn tolerated_oddities_are_read() {
        assert_eq!(tokens("<a x=\"<\">]]></a>").unwrap(), ["<a x=<", "]]>", ">"]);
        assert_eq!(tokens("<a x=\"b & c&amp;d &&lt;\"/>").unwrap(), ["<a x=b & c&d &<", ">"]);
        assert_eq!(tokens("<a>b & c</a>").unwrap().concat(), "<a b & c>");
        assert_eq!(tokens("<a x=\"&#xD83D;\"/>").unwrap(), ["<a x=\u{FFFD}", ">"]);
    }

    #[test]
    fn latin_1_is_decoded_as_declared() {
        let limits = Limits::default();
        let bytes = b"<?xml version=\"1.0\" encoding= \"ISO-8859-1\" ?><a>\xE9</a>";
        let input = Input { name: "t", bytes, limits: &limits, exit_status: None, validate: false };
        assert!(decode(&input).unwrap().contains('é'));
    }
}
