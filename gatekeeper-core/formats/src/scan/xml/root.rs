//! The root element of a document's beginning, for detection.

use super::lexer::{Lexer, Piece};

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
    let mut lexer = Lexer::new(&text);
    let mut found: Option<Root> = None;
    for _ in 0..4_000 {
        match lexer.next() {
            Ok(Piece::Start { element, .. }) => {
                let name = element.name();
                if let Some(root) = &mut found {
                    if root.inside.len() < 64 && !root.holds(name) {
                        root.inside.push(name.to_owned());
                    }
                } else {
                    let attributes = lexer.attributes.iter().take(64);
                    let attributes = attributes.map(|a| (a.qualified.to_owned(), a.raw.to_owned())).collect();
                    found = Some(Root { name: name.to_owned(), attributes, inside: Vec::new() });
                }
            }
            Ok(Piece::Eof) => break,
            Err(_) => {
                found = found.or_else(|| broken(&lexer, &text));
                break;
            }
            Ok(_) => {}
        }
    }
    found
}

/// What can be told of a root element whose tag is broken: the parser that it belongs to says where.
fn broken(lexer: &Lexer<'_>, text: &str) -> Option<Root> {
    let tag = text.get(lexer.offset()..)?.strip_prefix('<')?;
    let name = tag.split(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/')).next()?;
    let name = name.rsplit(':').next().filter(|n| n.starts_with(|c: char| c.is_alphabetic()))?;
    let attributes = lexer.attributes.iter().map(|a| (a.qualified.to_owned(), a.raw.to_owned())).collect();
    Some(Root { name: name.to_owned(), attributes, inside: Vec::new() })
}
