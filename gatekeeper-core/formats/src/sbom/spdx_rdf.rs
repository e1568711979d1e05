//! SPDX 2 in RDF/XML: a graph of `SpdxDocument`, `Package`, `File`, `Relationship` and licence nodes.
//!
//! Specification: SPDX v2.3, RDF (OWL) <https://spdx.org/rdf/terms/>, RDF 1.1 XML Syntax <https://www.w3.org/TR/rdf-syntax-grammar/>.
//! Producers: the specification's own tools, FOSSology, Black Duck, SourceAuditor, spdx-tools.
//!
//! A node may be written in place of any reference to it, and in several pieces: all that is said of one `rdf:about` is one node. Components
//! are the nodes of type Package of SPDX's own vocabulary. There is no schema for it: valid means the members that the specification
//! demands, ids unique by nature and well formed, relationships of a known type between nodes of the document (or of others, which are not
//! followed), licence expressions that parse. Of versions before 2.2 it is not known, as in the other serialisations.

use super::checks::At;
use super::schema;
use super::sets::{Member, Part, Sets};
use super::spdx2::Spdx;
use super::tree::{Node, Piece, Tree, Value};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::xml::{self, Element, Token, Xml};
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::{ParseError, quote};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

pub(super) static FORMAT: Format = Format {
    id: "spdx-rdf",
    title: "SPDX 2 SBOM (RDF/XML)",
    kind: Kind::Inventory,
    extensions: &["rdf", "xml", "spdx"],
    places: &["*.spdx.rdf", "*.spdx.rdf.xml"],
    spec: "SPDX 2.2 and 2.3, RDF/XML, https://spdx.org/rdf/terms/",
    producers: &["spdx-tools", "fossology", "blackduck"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

const TERMS: &str = "spdx.org/rdf/terms";

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(root) = head.xml() else { return Confidence::No };
    let declared = root.attributes.iter().any(|(k, v)| k.starts_with("xmlns") && v.contains(TERMS));
    Confidence::when(declared && (root.name == "RDF" || root.name == "SpdxDocument"), Confidence::Certain)
}

/// What a node says: a text, or another node.
#[derive(Debug)]
enum Object {
    Text(String),
    Node(usize),
}

#[derive(Debug, Default)]
struct Thing {
    /// The IRI, or a name of our own for a node without one.
    id: String,
    kind: String,
    says: Vec<(String, Object)>,
}

#[derive(Debug, Default)]
struct Graph {
    things: Vec<Thing>,
    by_id: HashMap<String, usize>,
}

/// An open element: a node, or what is being said of one.
enum Open {
    Node(usize),
    Property {
        of: usize,
        name: String,
        text: String,
        done: bool,
    },
    /// `rdf:RDF`.
    Root,
}

impl Graph {
    fn thing(&mut self, id: Option<String>) -> usize {
        let id = id.unwrap_or_else(|| format!("_:{}", self.things.len()));
        let next = self.things.len();
        let index = *self.by_id.entry(id.clone()).or_insert(next);
        if index == next {
            self.things.push(Thing { id, ..Thing::default() });
        }
        index
    }

    fn say(&mut self, of: usize, name: &str, object: Object) {
        if let Some(thing) = self.things.get_mut(of) {
            thing.says.push((name.to_owned(), object));
        }
    }

    fn get(&self, index: usize) -> Option<&Thing> {
        self.things.get(index)
    }

    fn texts<'g>(&'g self, thing: &'g Thing, name: &'g str) -> impl Iterator<Item = &'g str> {
        thing.says.iter().filter(move |(n, _)| n == name).filter_map(|(_, o)| match o {
            Object::Text(t) => Some(t.as_str()),
            Object::Node(n) => self.get(*n).map(|t| t.id.as_str()),
        })
    }

    fn nodes<'g>(&'g self, thing: &'g Thing, name: &'g str) -> impl Iterator<Item = &'g Thing> {
        thing.says.iter().filter(move |(n, _)| n == name).filter_map(|(_, o)| match o {
            Object::Node(n) => self.get(*n),
            Object::Text(_) => None,
        })
    }

    fn of_kind<'g>(&'g self, kind: &'g str) -> impl Iterator<Item = &'g Thing> {
        self.things.iter().filter(move |t| t.kind == kind)
    }
}

fn attribute(element: &Element<'_>, name: &str) -> Result<Option<String>, ParseError> {
    for a in element.attributes() {
        let a = a?;
        if a.qualified == name {
            return a.text().map(|t| Some(t.into_owned()));
        }
    }
    Ok(None)
}

fn read(xml: &mut Xml<'_>) -> Result<(Graph, Vec<gatekeeper_evidence::Note>), ParseError> {
    let mut graph = Graph::default();
    let mut spaces = Spaces::default();
    let mut open: Vec<Open> = Vec::new();
    loop {
        match xml.next()? {
            Token::Start(element) => {
                spaces.declare(&element, xml.depth())?;
                let next = match open.last_mut() {
                    None if element.name() == "RDF" => Open::Root,
                    None | Some(Open::Root) => node(&mut graph, &element, &spaces)?,
                    Some(Open::Node(of)) => property(&mut graph, *of, &element)?,
                    Some(Open::Property { of, name, done, .. }) => {
                        let (of, name) = (*of, name.clone());
                        *done = true;
                        let inner = node(&mut graph, &element, &spaces)?;
                        if let Open::Node(index) = inner {
                            graph.say(of, &name, Object::Node(index));
                        }
                        inner
                    }
                };
                open.push(next);
            }
            Token::Text(t) => {
                if let Some(Open::Property { text, done: false, .. }) = open.last_mut() {
                    text.push_str(&t);
                }
            }
            Token::End => {
                spaces.leave(open.len());
                if let Some(Open::Property { of, name, text, done: false }) = open.pop() {
                    graph.say(of, &name, Object::Text(text));
                }
            }
            Token::Eof => return Ok((graph, xml.take_notes())),
        }
    }
}

/// The declared namespaces that are neither SPDX's nor RDF's, and those that are, by prefix, the innermost last.
#[derive(Debug, Default)]
struct Spaces {
    /// Depth, prefix, whether it is a foreign one.
    declared: Vec<(usize, String, bool)>,
}

impl Spaces {
    fn declare(&mut self, element: &Element<'_>, depth: usize) -> Result<(), ParseError> {
        for a in element.attributes() {
            let a = a?;
            let prefix = match a.qualified.strip_prefix("xmlns") {
                Some("") => "",
                Some(rest) => rest.strip_prefix(':').unwrap_or_default(),
                None => continue,
            };
            let uri = a.text()?;
            let foreign = !uri.contains(TERMS) && !uri.contains("w3.org/1999/02/22-rdf-syntax-ns");
            self.declared.push((depth, prefix.to_owned(), foreign));
        }
        Ok(())
    }

    /// An element at that depth is over.
    fn leave(&mut self, depth: usize) {
        while self.declared.last().is_some_and(|(at, ..)| *at >= depth) {
            self.declared.pop();
        }
    }

    /// Whether a name is of another vocabulary: `x:Package` is none of ours.
    fn is_foreign(&self, qualified: &str) -> bool {
        let prefix = qualified.split_once(':').map_or("", |(prefix, _)| prefix);
        self.declared.iter().rev().find(|(_, p, _)| p == prefix).is_some_and(|(.., foreign)| *foreign)
    }
}

fn node(graph: &mut Graph, element: &Element<'_>, spaces: &Spaces) -> Result<Open, ParseError> {
    let id = match attribute(element, "rdf:about")? {
        Some(id) => Some(id),
        None => match attribute(element, "rdf:nodeID")? {
            Some(id) => Some(format!("_:n{id}")),
            None => attribute(element, "rdf:ID")?.map(|id| format!("#{id}")),
        },
    };
    let index = graph.thing(id);
    if let Some(thing) = graph.things.get_mut(index)
        && thing.kind.is_empty()
    {
        let name = if spaces.is_foreign(element.qualified()) { element.qualified() } else { element.name() };
        name.clone_into(&mut thing.kind);
    }
    // What is said in attributes.
    for a in element.attributes() {
        let a = a?;
        if a.qualified.contains(':') && !a.qualified.starts_with("rdf:") && !a.qualified.starts_with("xml") {
            let text = a.text()?.into_owned();
            graph.say(index, a.key, Object::Text(text));
        }
    }
    Ok(Open::Node(index))
}

fn property(graph: &mut Graph, of: usize, element: &Element<'_>) -> Result<Open, ParseError> {
    let name = element.name().to_owned();
    // The type of a node that is an rdf:Description.
    if element.qualified() == "rdf:type"
        && let Some(kind) = attribute(element, "rdf:resource")?
    {
        if let Some(thing) = graph.things.get_mut(of) {
            let own = if kind.contains(TERMS) { kind.rsplit(['#', '/']).next() } else { None };
            thing.kind = own.unwrap_or(&kind).to_owned();
        }
        return Ok(Open::Property { of, name, text: String::new(), done: true });
    }
    let to = match attribute(element, "rdf:resource")? {
        Some(id) => Some(id),
        None => attribute(element, "rdf:nodeID")?.map(|id| format!("_:n{id}")),
    };
    if let Some(to) = to {
        let to = graph.thing(Some(to));
        graph.say(of, &name, Object::Node(to));
        return Ok(Open::Property { of, name, text: String::new(), done: true });
    }
    if attribute(element, "rdf:parseType")?.as_deref() == Some("Resource") {
        let inner = graph.thing(None);
        graph.say(of, &name, Object::Node(inner));
        return Ok(Open::Node(inner));
    }
    Ok(Open::Property { of, name, text: String::new(), done: false })
}

/// Behind the `#`, or behind the last `/`.
fn fragment(iri: &str) -> &str {
    iri.rsplit_once('#').or_else(|| iri.rsplit_once('/')).map_or(iri, |(_, f)| f)
}

/// A value that may be `…#noassertion` or `…#none`.
fn word(text: &str) -> &str {
    match text.strip_prefix("http://spdx.org/rdf/terms#") {
        Some("noassertion") => "NOASSERTION",
        Some("none") => "NONE",
        _ => text,
    }
}

impl Graph {
    /// What a licence node is.
    fn license(&self, index: usize) -> Part<'_, usize> {
        let Some(thing) = self.get(index) else { return Part::Unclear };
        let members = || thing.says.iter().filter(|(n, _)| n == "member").map(|(_, object)| member(object));
        match thing.kind.as_str() {
            "ConjunctiveLicenseSet" => Part::Set(members().collect(), " AND "),
            "DisjunctiveLicenseSet" => Part::Set(members().collect(), " OR "),
            "OrLaterOperator" => match members().next() {
                Some(license) => Part::With(license, "+".into()),
                None => Part::Unclear,
            },
            "WithExceptionOperator" => {
                let exception = self.nodes(thing, "licenseException").next();
                match (members().next(), exception) {
                    (Some(license), Some(exception)) => {
                        let id = self.texts(exception, "licenseExceptionId").next().unwrap_or(fragment(&exception.id));
                        Part::With(license, format!(" WITH {id}").into())
                    }
                    _ => Part::Unclear,
                }
            }
            _ => {
                let id = word(&thing.id);
                match self.texts(thing, "licenseId").next() {
                    Some(stated) => Part::Text(stated.into()),
                    None if id.starts_with("_:") => Part::Unclear,
                    None => Part::Text(fragment(id).into()),
                }
            }
        }
    }

    /// The licences of a member, as expressions.
    fn licenses(&self, thing: &Thing, name: &str, sets: &mut Sets<usize>) -> Vec<String> {
        let said = thing.says.iter().filter(|(n, _)| n == name);
        said.map(|(_, object)| match object {
            Object::Text(text) => word(text.trim()).to_owned(),
            Object::Node(n) => {
                let made = sets.expression(*n, &|index| self.license(index));
                made.map_or_else(|| "LicenseRef-unresolved".to_owned(), |made| made.to_string())
            }
        })
        .collect()
    }
}

fn member(object: &Object) -> Member<'_, usize> {
    match object {
        Object::Text(text) => Member::Text(word(text.trim()).into()),
        Object::Node(n) => Member::Node(*n),
    }
}

/// Builds an object of the JSON form.
struct Builder {
    tree: Tree<'static>,
    at: usize,
}

impl Builder {
    fn new() -> Self {
        let mut tree = Tree::default();
        let at = tree.open();
        Builder { tree, at }
    }

    fn text(&mut self, name: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.tree.push(Node::Text(Cow::Borrowed(name)));
            self.tree.push(Node::Text(Cow::Owned(word(text.trim()).to_owned())));
        }
    }

    fn list(&mut self, name: &'static str, items: Vec<Tree<'static>>) {
        self.tree.push(Node::Text(Cow::Borrowed(name)));
        let at = self.tree.open();
        items.into_iter().for_each(|i| self.tree.append(i));
        self.tree.close(at, false);
    }

    fn texts(&mut self, name: &'static str, items: impl Iterator<Item = String>) {
        let items = items.map(|text| {
            let mut tree = Tree::default();
            tree.push(Node::Text(Cow::Owned(text)));
            tree
        });
        self.list(name, items.collect());
    }

    fn done(mut self) -> Tree<'static> {
        self.tree.close(self.at, true);
        self.tree
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    xml::read(input, |text, xml| document(input, text, xml))
}

fn document(input: &Input<'_>, text: &str, mut xml: Xml<'_>) -> Result<Parsed, ParseError> {
    let (graph, mut notes) = read(&mut xml)?;
    let Some(document) = graph.of_kind("SpdxDocument").next() else {
        return Err(ParseError::malformed("an SpdxDocument").at(0).found_words("an RDF graph without one"));
    };
    let mut spdx = Spdx::new("", input.validate);
    let mut sets = Sets::new(text.len());
    let root = root_members(&graph, document);
    for (name, value) in root.root().members() {
        spdx.take(&Piece::Member(name, value));
    }
    let version = root.root().text_of("spdxVersion").unwrap_or_default().to_owned();
    if schema::spdx_json(&version).is_none() {
        // What 2.0 and 2.1 demand is not known here, as in the other serialisations.
        spdx.check = None;
    }
    demand(&mut spdx, &root, &At::ROOT, &["spdxVersion", "dataLicense", "name", "creationInfo"]);
    if let Some(info) = root.root().get("creationInfo") {
        let at = At::ROOT;
        demand_of(&mut spdx, info, &at.name("creationInfo"), &["created", "creators"]);
    }
    let demanded: &[&str] = if version == "SPDX-2.3" {
        &["name", "downloadLocation"]
    } else {
        &["name", "downloadLocation", "licenseConcluded", "licenseDeclared", "copyrightText"]
    };
    for (index, package) in graph.of_kind("Package").enumerate() {
        let tree = package_members(&graph, package, &mut sets);
        spdx.take(&Piece::Item("packages", index, tree.root()));
        let root = At::ROOT;
        let list = root.name("packages");
        demand(&mut spdx, &tree, &list.index(index), demanded);
    }
    for (list, kind) in [("files", "File"), ("snippets", "Snippet")] {
        for (index, thing) in graph.of_kind(kind).enumerate() {
            let mut out = Builder::new();
            out.text("SPDXID", Some(fragment(&thing.id)));
            out.text(
                "licenseConcluded",
                graph.licenses(thing, "licenseConcluded", &mut sets).first().map(String::as_str),
            );
            out.texts("licenseInfoInFiles", graph.licenses(thing, "licenseInfoInFile", &mut sets).into_iter());
            let tree = out.done();
            spdx.take(&Piece::Item(list, index, tree.root()));
        }
    }
    for (index, thing) in graph.of_kind("ExtractedLicensingInfo").enumerate() {
        let mut out = Builder::new();
        out.text("licenseId", Some(graph.texts(thing, "licenseId").next().unwrap_or(fragment(&thing.id))));
        spdx.take(&Piece::Item("hasExtractedLicensingInfos", index, out.done().root()));
    }
    relationships(&graph, document, &mut spdx)?;
    sets.settle()?;
    spdx.notes.append(&mut notes);
    spdx.finish()
}

/// Hands the relationships over. A node of one may be said of several elements and lead to several: each pair is one.
fn relationships(graph: &Graph, document: &Thing, spdx: &mut Spdx<'_>) -> Result<(), ParseError> {
    let namespace = document.id.split('#').next().unwrap_or_default();
    let mut sources: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut said = HashSet::new();
    for (from, thing) in graph.things.iter().enumerate() {
        for (_, object) in thing.says.iter().filter(|(name, _)| name == "relationship") {
            // What is said twice is said once.
            if let Object::Node(relationship) = object
                && said.insert((from, *relationship))
            {
                sources.entry(*relationship).or_default().push(from);
            }
        }
    }
    let statements: usize = graph.things.iter().map(|t| t.says.len()).sum();
    // Elements of other documents are not followed.
    let here = |id: &str| id.split('#').next() == Some(namespace) || id.starts_with('#');
    let mut index = 0;
    for (relationship, from) in sources {
        let Some(relationship) = graph.get(relationship) else { continue };
        let kind = graph.texts(relationship, "relationshipType").next().map(fragment).unwrap_or_default();
        let kind = screaming(kind.strip_prefix("relationshipType_").unwrap_or(kind));
        let mut to: Vec<&str> = Vec::new();
        let mut known = HashSet::new();
        to.extend(graph.texts(relationship, "relatedSpdxElement").filter(|to| known.insert(*to)));
        if from.len().saturating_mul(to.len()) > statements.saturating_sub(index) {
            return Err(ParseError::limit("relationships that many elements share"));
        }
        if !RELATIONSHIPS.contains(&plain(&kind).as_str())
            && let Some(check) = &mut spdx.check
        {
            let root = At::ROOT;
            check.problems.at(&root.name("relationships").index(index), || {
                format!("{} is no type of relationship", quote(kind.as_bytes()))
            });
        }
        for from in from.into_iter().filter_map(|from| graph.get(from)) {
            for to in &to {
                let mut out = Builder::new();
                out.text("spdxElementId", Some(fragment(&from.id)).filter(|_| here(&from.id)));
                out.text("relationshipType", Some(&kind));
                if here(to) || word(to) != *to {
                    out.text("relatedSpdxElement", Some(if here(to) { fragment(to) } else { word(to) }));
                }
                let tree = out.done();
                spdx.take(&Piece::Item("relationships", index, tree.root()));
                index += 1;
            }
        }
    }
    Ok(())
}

/// Tells what the specification demands and an object does not have.
fn demand(spdx: &mut Spdx<'_>, tree: &Tree<'_>, at: &At<'_>, names: &[&str]) {
    demand_of(spdx, tree.root(), at, names);
}

fn demand_of(spdx: &mut Spdx<'_>, value: Value<'_, '_>, at: &At<'_>, names: &[&str]) {
    let Some(check) = &mut spdx.check else { return };
    for name in names {
        let there = value.get(name).is_some_and(|v| !v.is_array() || v.items().next().is_some());
        if !there {
            check.problems.at(at, || format!("without the member {name:?}"));
        }
    }
}

fn root_members(graph: &Graph, document: &Thing) -> Tree<'static> {
    let mut out = Builder::new();
    out.text("SPDXID", Some(fragment(&document.id)));
    out.text("spdxVersion", graph.texts(document, "specVersion").next());
    out.text("name", graph.texts(document, "name").next());
    out.text("dataLicense", graph.texts(document, "dataLicense").next().map(|l| l.rsplit('/').next().unwrap_or(l)));
    out.text("documentNamespace", document.id.split('#').next());
    if let Some(info) = graph.nodes(document, "creationInfo").next() {
        let mut inner = Builder::new();
        inner.text("created", graph.texts(info, "created").next());
        inner.texts("creators", graph.texts(info, "creator").map(str::to_owned));
        out.tree.push(Node::Text(Cow::Borrowed("creationInfo")));
        out.tree.append(inner.done());
    }
    out.done()
}

fn package_members(graph: &Graph, package: &Thing, sets: &mut Sets<usize>) -> Tree<'static> {
    let mut out = Builder::new();
    out.text("SPDXID", Some(fragment(&package.id)));
    for name in ["name", "versionInfo", "supplier", "downloadLocation", "copyrightText"] {
        out.text(name, graph.texts(package, name).next());
    }
    for name in ["licenseConcluded", "licenseDeclared"] {
        out.text(name, graph.licenses(package, name, sets).first().map(String::as_str));
    }
    out.texts("licenseInfoFromFiles", graph.licenses(package, "licenseInfoFromFiles", sets).into_iter());
    let references = graph.nodes(package, "externalRef").map(|reference| {
        let mut inner = Builder::new();
        inner.text("referenceType", graph.texts(reference, "referenceType").next().map(fragment));
        inner.text("referenceLocator", graph.texts(reference, "referenceLocator").next());
        inner.done()
    });
    out.list("externalRefs", references.collect());
    out.done()
}

/// The types of relationships without marks and cases: `testcaseOf` in the ontology is `TEST_CASE_OF` elsewhere. The last three are older names.
#[rustfmt::skip]
const RELATIONSHIPS: &[&str] = &[
    "amends", "ancestorof", "builddependencyof", "buildtoolof", "containedby", "contains", "copyof", "datafileof",
    "dependencymanifestof", "dependencyof", "dependson", "descendantof", "describedby", "describes", "devdependencyof", "devtoolof",
    "distributionartifact", "documentationof", "dynamiclink", "exampleof", "expandedfromarchive", "fileadded", "filedeleted",
    "filemodified", "generatedfrom", "generates", "hasprerequisite", "metafileof", "optionalcomponentof", "optionaldependencyof",
    "other", "packageof", "patchapplied", "patchfor", "prerequisitefor", "provideddependencyof", "requirementdescriptionfor",
    "runtimedependencyof", "specificationfor", "staticlink", "testcaseof", "testdependencyof", "testof", "testtoolof", "variantof",
    "amendment", "buildtool", "datafile",
];

/// Without underscores and cases.
fn plain(text: &str) -> String {
    text.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect()
}

/// `dynamicLink` → `DYNAMIC_LINK`; what has an underscore already is only raised.
fn screaming(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    for c in text.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_uppercase());
    }
    out
}
