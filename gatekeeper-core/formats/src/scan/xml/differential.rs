//! Holds the reader against quick-xml: what ours accepts, the other accepts, and both read the same in it. Tests and the fuzz target
//! `xml_differential` call this.

use super::{Token, Xml, resolve};
use crate::input::{Input, Limits};

/// Compares what both read in a document: whether ours accepts it, or how they differ.
pub(crate) fn compare(text: &str) -> Result<bool, String> {
    let Some((ours, tolerated)) = by_ours(text)? else { return Ok(false) };
    match by_another(text) {
        // What ours reads with a note the other may refuse.
        None if tolerated => Ok(true),
        Some(other) if other == ours => Ok(true),
        other => Err(format!("{text:?}: ours {ours:?}, quick-xml {other:?}")),
    }
}

/// A closed element; markup begins with a character that no text here has.
const END: &str = "\u{1}>";

/// What the document says, by a parser of others: opened and closed elements, attributes as written, text. `None` where it refuses it.
fn by_another(text: &str) -> Option<Vec<String>> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_comments = false;
    reader.config_mut().allow_dangling_amp = true;
    let mut out = Vec::new();
    let opened = |tag: &quick_xml::events::BytesStart<'_>| {
        let attributes: Result<Vec<_>, _> =
            tag.attributes().map(|a| a.map(|a| format!("{}={}", a.key.as_ref(), a.value))).collect();
        Some(format!("\u{1}<{} {}", tag.name().as_ref(), attributes.ok()?.join(",")))
    };
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => out.push(opened(&tag)?),
            Event::Empty(tag) => {
                out.push(opened(&tag)?);
                out.push(END.into());
            }
            Event::End(_) => out.push(END.into()),
            Event::Text(t) => out.push((*t).to_owned()),
            Event::CData(t) => out.push((*t).to_owned()),
            Event::GeneralRef(r) => out.push(resolve(&r)?.to_string()),
            Event::Eof => return Some(united(out)),
            _ => {}
        }
    }
}

/// Pieces of one text as one; blanks outside of the root do not matter.
fn united(tokens: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut depth = 0_i32;
    let mut in_text = false;
    for t in tokens {
        let markup = t.starts_with('\u{1}');
        match (markup, in_text) {
            (true, _) => {
                depth += if t == END { -1 } else { 1 };
                out.push(t);
            }
            _ if depth == 0 => {}
            (false, true) => {
                if let Some(last) = out.last_mut() {
                    last.push_str(&t);
                }
            }
            (false, false) => out.push(format!("text {t}")),
        }
        in_text = !markup && depth > 0;
    }
    out
}

/// What the document says, by our reader, and whether it had to tolerate something. `None` where it refuses it.
fn by_ours(text: &str) -> Result<Option<(Vec<String>, bool)>, String> {
    let limits = Limits::default();
    let input = Input { name: "t.xml", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: false };
    let mut xml = Xml::new(text, &input);
    let mut out = Vec::new();
    loop {
        let Ok(token) = xml.next() else { return Ok(None) };
        match token {
            Token::Start(e) => {
                let Ok(again) = e.attributes().map(|a| a.map(|a| a.raw)).collect::<Result<Vec<_>, _>>() else {
                    return Ok(None);
                };
                if !again.iter().eq(xml.attributes().iter().map(|a| &a.raw)) {
                    return Err(format!("{text:?}: the attributes of {} differ when read again", e.qualified()));
                }
                let attributes: Vec<_> =
                    xml.attributes().iter().map(|a| format!("{}={}", a.qualified, a.raw)).collect();
                out.push(format!("\u{1}<{} {}", e.qualified(), attributes.join(",")));
            }
            Token::End => out.push(END.into()),
            Token::Text(t) => out.push(t.into_owned()),
            Token::Eof => return Ok(Some((united(out), !xml.take_notes().is_empty()))),
        }
    }
}
