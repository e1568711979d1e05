//! Writing XML: quick-xml's writer into memory, with values escaped so that every reader gets back what was put in.

use quick_xml::Writer;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::name::QName;
use std::borrow::Cow;

/// A document that is being written.
pub(super) struct Document {
    writer: Writer<Vec<u8>>,
}

impl Document {
    /// A document that begins with its declaration.
    pub(super) fn new() -> Self {
        let mut out = Document { writer: Writer::new(Vec::new()) };
        out.put(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        out.line_end();
        out
    }

    /// Writes a document type, `<!DOCTYPE …>`.
    pub(super) fn doctype(&mut self, words: &str) {
        self.put(Event::DocType(BytesText::from_escaped(words)));
        self.line_end();
    }

    /// Opens an element, `<name …>`.
    pub(super) fn open(&mut self, tag: Tag) {
        self.put(Event::Start(tag.0));
    }

    /// Writes an element with nothing inside, `<name …/>`.
    pub(super) fn empty(&mut self, tag: Tag) {
        self.put(Event::Empty(tag.0));
    }

    /// Closes an element.
    pub(super) fn close(&mut self, name: &str) {
        self.put(Event::End(BytesEnd::new(name)));
    }

    /// Writes an element's text.
    pub(super) fn text(&mut self, text: &str) {
        self.put(Event::Text(BytesText::from_escaped(escape(text))));
    }

    /// Ends a line between elements.
    pub(super) fn line_end(&mut self) {
        self.put(Event::Text(BytesText::from_escaped("\n")));
    }

    /// The document's bytes, which end with a line end.
    pub(super) fn done(mut self) -> Vec<u8> {
        self.line_end();
        self.writer.into_inner()
    }

    fn put(&mut self, event: Event<'_>) {
        // Writing fails where its target does; memory does not.
        let written = self.writer.write_event(event);
        debug_assert!(written.is_ok());
    }
}

/// An element's tag with its attributes.
pub(super) struct Tag(BytesStart<'static>);

impl Tag {
    /// A tag without attributes.
    pub(super) fn new(name: &'static str) -> Self {
        Tag(BytesStart::new(name))
    }

    /// Adds ` name="value"`.
    pub(super) fn attribute(&mut self, name: &str, value: &str) {
        self.0.push_attribute(Attribute { key: QName(name), value: escape(value) });
    }

    /// The same, for chains.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.attribute(name, value);
        self
    }
}

/// Escapes text for an attribute's value or an element's text. Line ends and tabs become references, or readers would make blanks of them, which
/// quick-xml's own escaping leaves to its caller; characters that XML 1.0 does not know become U+FFFD. `>` is escaped too: there is no `]]>`.
fn escape(text: &str) -> Cow<'_, str> {
    let plain = |c: char| !matches!(c, '&' | '<' | '>' | '"' | '\t' | '\n' | '\r') && is_allowed(c);
    if text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            c if !is_allowed(c) => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Whether XML 1.0 can hold a character at all.
pub(super) fn is_allowed(c: char) -> bool {
    !matches!(c, '\u{0}'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_written_byte_for_byte() {
        let mut out = Document::new();
        out.doctype("a SYSTEM \"b.dtd\"");
        out.open(Tag::new("a").with("x", "'1'"));
        out.empty(Tag::new("b").with("y", "2").with("z", ""));
        out.text("t & u\t]]>");
        out.close("a");
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE a SYSTEM \"b.dtd\">\n\
                        <a x=\"'1'\"><b y=\"2\" z=\"\"/>t &amp; u&#9;]]&gt;</a>\n";
        assert_eq!(String::from_utf8(out.done()).unwrap(), expected);
    }

    #[test]
    fn nothing_gets_out_of_a_value() {
        let mut out = Document::new();
        out.empty(Tag::new("e").with("a", "\"><x>\r\n]]>&\u{1}é\u{FFFE}"));
        let expected = "<e a=\"&quot;&gt;&lt;x&gt;&#13;&#10;]]&gt;&amp;\u{FFFD}é\u{FFFD}\"/>\n";
        assert_eq!(String::from_utf8(out.done()).unwrap().split_once("?>\n").unwrap().1, expected);
    }
}
