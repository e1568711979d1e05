//! SPDX 2 in XML: the JSON serialisation's members as elements of a root `Document`; a list is its element repeated.
//!
//! Specification: SPDX v2.3, <https://spdx.github.io/spdx-spec/v2.3/>; there is no XML schema: the elements are the JSON schema's members,
//! and the document is brought into that form and held against it. Producers: the specification's own tools, spdx-tools.
//!
//! Only one child of the root is in memory at a time.

use super::schema;
use super::spdx2::{Spdx, by_element};
use super::tree::{Node, Piece, Tree};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::xml::{self, Token, Xml};
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

pub(super) static FORMAT: Format = Format {
    id: "spdx-xml",
    title: "SPDX 2 SBOM (XML)",
    kind: Kind::Inventory,
    extensions: &["xml", "spdx"],
    places: &["*.spdx.xml"],
    spec: "SPDX 2.2 and 2.3, XML, https://spdx.github.io/spdx-spec/v2.3/",
    producers: &["spdx-tools"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(root) = head.xml() else { return Confidence::No };
    let own = ["spdxVersion", "SPDXID", "creationInfo"].iter().filter(|n| root.holds(n)).count();
    Confidence::when(root.name == "Document" && own >= 2, Confidence::Certain)
}

/// Members of the JSON form that are lists, though they may stand once.
const LISTS: &[&str] = &[
    "annotations",
    "artifactOfs",
    "attributionTexts",
    "checksums",
    "creators",
    "crossRefs",
    "documentDescribes",
    "externalDocumentRefs",
    "externalRefs",
    "fileContributors",
    "fileDependencies",
    "fileTypes",
    "files",
    "hasExtractedLicensingInfos",
    "hasFiles",
    "licenseInfoFromFiles",
    "licenseInfoInFiles",
    "licenseInfoInSnippets",
    "packageVerificationCodeExcludedFiles",
    "packages",
    "ranges",
    "relationships",
    "revieweds",
    "seeAlsos",
    "snippets",
];
/// Members that are no texts.
const FLAGS: &[&str] = &["filesAnalyzed", "isLive", "isValid", "isWayBackLink", "match"];
const NUMBERS: &[&str] = &["lineNumber", "offset", "order"];

/// Most elements within one element of the root.
const MOST: usize = 1_000_000;

/// An element and what it holds.
#[derive(Debug, Default)]
struct Item {
    name: String,
    text: String,
    inside: Vec<Item>,
}

impl Item {
    fn to_tree(&self) -> Tree<'static> {
        let mut tree = Tree::default();
        if self.inside.is_empty() {
            let name = self.name.as_str();
            let text = if self.text.trim().is_empty() { "" } else { &self.text };
            tree.push(match (text.trim(), text.trim().parse::<u32>()) {
                ("true", _) if FLAGS.contains(&name) => Node::Bool(true),
                ("false", _) if FLAGS.contains(&name) => Node::Bool(false),
                (_, Ok(n)) if NUMBERS.contains(&name) => Node::Number(n.into()),
                _ => Node::Text(Cow::Owned(text.to_owned())),
            });
            return tree;
        }
        // In the order of their first; a repeated name is a list.
        let mut groups: Vec<(&str, Vec<&Item>)> = Vec::new();
        // A handful of names is looked through; that many are looked up.
        const MANY: usize = 24;
        let mut by_name: HashMap<&str, usize> = HashMap::new();
        for item in &self.inside {
            let name = item.name.as_str();
            let at = match groups.len() {
                0..=MANY => groups.iter().position(|(known, _)| *known == name),
                _ => by_name.get(name).copied(),
            };
            match at.and_then(|at| groups.get_mut(at)) {
                Some((_, items)) => items.push(item),
                None => {
                    by_name.insert(name, groups.len());
                    groups.push((name, vec![item]));
                }
            }
        }
        let at = tree.open();
        for (name, items) in groups {
            tree.push(Node::Text(Cow::Owned(name.to_owned())));
            if items.len() > 1 || LISTS.contains(&name) {
                let list = tree.open();
                items.iter().for_each(|i| tree.append(i.to_tree()));
                tree.close(list, false);
            } else {
                items.iter().for_each(|i| tree.append(i.to_tree()));
            }
        }
        tree.close(at, true);
        tree
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    xml::read(input, |text, xml| document(input, text, xml))
}

fn document<'a>(input: &Input<'_>, text: &'a str, mut xml: Xml<'a>) -> Result<Parsed, ParseError> {
    let mut spdx = Spdx::new("", input.validate);
    let mut document = None;
    let version = version_of(text);
    if input.validate {
        document = version.and_then(schema::spdx_json).map(schema::Document::new);
        if document.is_none() {
            spdx.check = None;
        }
    }
    let mut piece = |spdx: &mut Spdx<'_>, piece: &Piece<'_, '_>| {
        if let (Some(document), Some(check)) = (&mut document, &mut spdx.check) {
            document.piece(piece, &mut check.problems);
        }
    };
    let mut open: Vec<Item> = Vec::new();
    let mut elements = 0_usize;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    // Lists of the root that are handed over whole.
    let mut lists: BTreeMap<String, Tree<'_>> = BTreeMap::new();
    loop {
        match xml.next()? {
            Token::Start(element) => {
                if xml.depth() == 1 && element.name() != "Document" {
                    return Err(ParseError::malformed("an element Document")
                        .at(element.offset)
                        .found(element.qualified()));
                }
                // Deeper than any SPDX document, and than our own recursion should go.
                if open.len() > 64 {
                    return Err(ParseError::limit("more than 64 levels of nesting").at(element.offset));
                }
                // An element of the root is in memory whole.
                elements = if open.len() > 1 { elements + 1 } else { 0 };
                if elements > MOST {
                    return Err(ParseError::limit(format!("more than {MOST} elements in one")).at(element.offset));
                }
                open.push(Item { name: element.name().to_owned(), ..Item::default() });
            }
            Token::Text(t) => {
                if let Some(item) = open.last_mut()
                    && item.inside.is_empty()
                {
                    item.text.push_str(&t);
                }
            }
            Token::End => {
                let Some(item) = open.pop() else { continue };
                if open.len() != 1 {
                    if let Some(parent) = open.last_mut() {
                        parent.inside.push(item);
                    }
                    continue;
                }
                let tree = item.to_tree();
                let name = item.name.as_str();
                if by_element(name) {
                    let index = counts.entry(name.to_owned()).or_default();
                    let one = Piece::Item(name, *index, tree.root());
                    *index += 1;
                    piece(&mut spdx, &one);
                    spdx.take(&one);
                } else if LISTS.contains(&name) {
                    lists.entry(name.to_owned()).or_default().append(tree);
                } else {
                    if name == "spdxVersion" && tree.root().text().map(str::trim) != version {
                        // Looked for in the wrong place (a comment): held against another version's schema, nothing is known.
                        spdx.check = None;
                    }
                    let one = Piece::Member(name, tree.root());
                    piece(&mut spdx, &one);
                    spdx.take(&one);
                }
            }
            Token::Eof => break,
        }
    }
    for (name, items) in lists {
        let mut tree = Tree::default();
        let at = tree.open();
        tree.append(items);
        tree.close(at, false);
        let one = Piece::Member(&name, tree.root());
        piece(&mut spdx, &one);
        spdx.take(&one);
    }
    spdx.notes.append(&mut xml.take_notes());
    if let (Some(document), Some(check)) = (document, &mut spdx.check) {
        document.end(&mut check.problems);
    }
    spdx.finish()
}

/// The text of the element `spdxVersion`.
fn version_of(text: &str) -> Option<&str> {
    let at = memchr::memmem::find(text.as_bytes(), b"<spdxVersion>")?;
    text.get(at + 13..)?.split('<').next().map(str::trim)
}
