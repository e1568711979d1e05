//! XML Schema 1.0, read once per version: the part that the CycloneDX schemas use, and a session that follows a document as it is read.
//!
//! Specification: XML Schema 1.0 Part 1 and 2, <https://www.w3.org/TR/xmlschema-1/>. Used there and known here: complex types with
//! sequence, choice, `any` (`##other`, lax) and `anyAttribute`; simple content; simple types by restriction (enumeration, pattern, length,
//! bounds) and union; attribute groups. `xs:unique` is always "no `bom-ref` twice" and left to the caller, who knows all of them.
//! Content models are deterministic (the specification demands it), so children are matched without going back.
//!
//! By hand: there is no crate that holds a document against a schema while it is read, without a C library.

mod session;

pub(in crate::sbom) use session::Session;

use crate::input::{Input, Limits};
use crate::scan::xml::{Token, Xml};
use gatekeeper_evidence::error::ParseError;
use regex::Regex;
use std::collections::{HashMap, HashSet};

type Id = usize;

/// A compiled schema.
#[derive(Debug, Default)]
pub(in crate::sbom) struct Xsd {
    simple: Vec<Simple>,
    complex: Vec<Complex>,
    /// Names of elements; children are remembered by number.
    names: HashMap<Box<str>, u32>,
    root: Option<Type>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Type {
    Simple(Id),
    Complex(Id),
    /// Not described: anything goes.
    Any,
}

#[derive(Debug, Default)]
struct Simple {
    kind: Builtin,
    values: Option<HashSet<Box<str>>>,
    patterns: Vec<Regex>,
    length: (usize, Option<usize>),
    bounds: (Option<f64>, Option<f64>),
    union: Vec<Id>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Builtin {
    #[default]
    String,
    NormalizedString,
    Token,
    AnyUri,
    DateTime,
    Date,
    Boolean,
    Integer,
    NonNegative,
    Positive,
    Decimal,
}

#[derive(Debug, Default)]
struct Complex {
    attributes: HashMap<Box<str>, (Id, bool)>,
    any_attribute: AnyAttribute,
    content: Content,
    mixed: bool,
    /// The type of each child that the content names.
    children: HashMap<u32, Type>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum AnyAttribute {
    #[default]
    None,
    Any,
    Other,
}

#[derive(Debug, Default)]
enum Content {
    #[default]
    Empty,
    Simple(Id),
    Children(Particle),
}

#[derive(Debug)]
struct Particle {
    least: u32,
    most: u32,
    term: Term,
}

#[derive(Debug)]
enum Term {
    Element(u32),
    /// An element of another namespace.
    Foreign,
    Sequence(Vec<Particle>),
    Choice(Vec<Particle>),
}

/// A child of another namespace among the children.
const FOREIGN: u32 = u32::MAX;

/// An element of a schema file.
#[derive(Debug, Default)]
struct Node {
    name: String,
    attributes: Vec<(String, String)>,
    inside: Vec<Node>,
}

impl Node {
    fn get(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    fn child(&self, name: &str) -> Option<&Node> {
        self.inside.iter().find(|n| n.name == name)
    }
}

fn load(text: &str) -> Result<Node, ParseError> {
    let limits = Limits::default();
    let input = Input { name: "", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: false };
    let mut xml = Xml::new(text, &input);
    let mut open: Vec<Node> = vec![Node::default()];
    loop {
        match xml.next()? {
            Token::Start(e) => {
                let mut node = Node { name: e.name().to_owned(), ..Node::default() };
                for a in e.attributes() {
                    let a = a?;
                    node.attributes.push((a.qualified.to_owned(), a.text()?.into_owned()));
                }
                open.push(node);
            }
            Token::End => {
                if let (Some(node), Some(parent)) = (open.pop(), open.last_mut()) {
                    parent.inside.push(node);
                }
            }
            Token::Text(_) => {}
            Token::Eof => return Ok(open.pop().and_then(|mut n| n.inside.pop()).unwrap_or_default()),
        }
    }
}

/// Compiles a schema; `imported` is the list of licence ids in its own namespace, prefix `spdx`.
pub(in crate::sbom) fn compile(text: &str, imported: &str) -> Result<Xsd, String> {
    let own = load(text).map_err(|e| e.message())?;
    let other = load(imported).map_err(|e| e.message())?;
    let mut compiler = Compiler { files: [&own, &other], out: Xsd::default(), known: HashMap::new() };
    let root =
        own.inside.iter().find(|n| n.name == "element" && n.get("name") == Some("bom")).ok_or("no root element bom")?;
    let root = compiler.element_type(0, root)?;
    compiler.out.root = Some(root);
    Ok(compiler.out)
}

struct Compiler<'n> {
    files: [&'n Node; 2],
    out: Xsd,
    /// Named types, by file and name.
    known: HashMap<(usize, &'n str), Type>,
}

impl<'n> Compiler<'n> {
    /// The type of a name like `xs:string`, `bom:component`, `spdx:licenseId`.
    fn named(&mut self, file: usize, name: &'n str) -> Result<Type, String> {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let file = match prefix {
            "xs" => return self.builtin(local).map(Type::Simple),
            "spdx" => 1,
            _ => file,
        };
        if let Some(known) = self.known.get(&(file, local)) {
            return Ok(*known);
        }
        let root = self.files.get(file).ok_or("no such file")?;
        let node = root
            .inside
            .iter()
            .find(|n| matches!(n.name.as_str(), "complexType" | "simpleType") && n.get("name") == Some(local))
            .ok_or_else(|| format!("no type {name}"))?;
        if node.name == "simpleType" {
            let kind = Type::Simple(self.simple(file, node)?);
            self.known.insert((file, local), kind);
            return Ok(kind);
        }
        // Registered before it is read: types contain themselves.
        let id = self.new_complex();
        self.known.insert((file, local), Type::Complex(id));
        self.complex(file, node, id)?;
        Ok(Type::Complex(id))
    }

    fn builtin(&mut self, name: &str) -> Result<Id, String> {
        let kind = match name {
            "string" => Builtin::String,
            "normalizedString" => Builtin::NormalizedString,
            "token" => Builtin::Token,
            "anyURI" => Builtin::AnyUri,
            "dateTime" => Builtin::DateTime,
            "date" => Builtin::Date,
            "boolean" => Builtin::Boolean,
            "integer" => Builtin::Integer,
            "nonNegativeInteger" => Builtin::NonNegative,
            "positiveInteger" => Builtin::Positive,
            "decimal" => Builtin::Decimal,
            _ => return Err(format!("the type xs:{name} is not known")),
        };
        Ok(self.add_simple(Simple { kind, ..Simple::default() }))
    }

    fn add_simple(&mut self, simple: Simple) -> Id {
        self.out.simple.push(simple);
        self.out.simple.len() - 1
    }

    fn new_complex(&mut self) -> Id {
        self.out.complex.push(Complex::default());
        self.out.complex.len() - 1
    }

    fn simple_named(&mut self, file: usize, name: &'n str) -> Result<Id, String> {
        match self.named(file, name)? {
            Type::Simple(id) => Ok(id),
            _ => Err(format!("{name} is no simple type")),
        }
    }

    fn simple(&mut self, file: usize, node: &'n Node) -> Result<Id, String> {
        if let Some(union) = node.child("union") {
            let mut members = Vec::new();
            for name in union.get("memberTypes").unwrap_or_default().split_ascii_whitespace() {
                members.push(self.simple_named(file, name)?);
            }
            for inner in union.inside.iter().filter(|n| n.name == "simpleType") {
                members.push(self.simple(file, inner)?);
            }
            return Ok(self.add_simple(Simple { union: members, ..Simple::default() }));
        }
        let restriction = node.child("restriction").ok_or("a simple type without restriction or union")?;
        let base = self.simple_named(file, restriction.get("base").ok_or("a restriction without base")?)?;
        let base = self.out.simple.get(base).ok_or("no base")?;
        let mut simple = Simple {
            kind: base.kind,
            values: base.values.clone(),
            patterns: base.patterns.clone(),
            length: base.length,
            bounds: base.bounds,
            union: base.union.clone(),
        };
        let mut values: HashSet<Box<str>> = HashSet::new();
        let mut patterns = Vec::new();
        for facet in &restriction.inside {
            let value = facet.get("value").ok_or("a facet without value")?;
            let number = || value.parse::<f64>().map_err(|e| e.to_string());
            let size = || value.parse::<usize>().map_err(|e| e.to_string());
            match facet.name.as_str() {
                "enumeration" => {
                    values.insert(value.into());
                }
                "pattern" => patterns.push(format!("(?:{value})")),
                "minLength" => simple.length.0 = size()?,
                "maxLength" => simple.length.1 = Some(size()?),
                "minInclusive" => simple.bounds.0 = Some(number()?),
                "maxInclusive" => simple.bounds.1 = Some(number()?),
                other => return Err(format!("the facet {other} is not known")),
            }
        }
        if !values.is_empty() {
            simple.values = Some(values);
        }
        if !patterns.is_empty() {
            // Several patterns of one restriction are alternatives; those of its base hold too.
            let pattern = format!("^(?:{})$", patterns.join("|"));
            simple.patterns.push(Regex::new(&pattern).map_err(|e| e.to_string())?);
        }
        Ok(self.add_simple(simple))
    }

    /// The type of an element declaration.
    fn element_type(&mut self, file: usize, node: &'n Node) -> Result<Type, String> {
        if let Some(name) = node.get("type") {
            return self.named(file, name);
        }
        if let Some(inner) = node.child("complexType") {
            let id = self.new_complex();
            self.complex(file, inner, id)?;
            return Ok(Type::Complex(id));
        }
        match node.child("simpleType") {
            Some(inner) => self.simple(file, inner).map(Type::Simple),
            None => Ok(Type::Any),
        }
    }

    fn complex(&mut self, file: usize, node: &'n Node, id: Id) -> Result<(), String> {
        let mut out = Complex { mixed: node.get("mixed") == Some("true"), ..Complex::default() };
        let mut holder = node;
        if let Some(content) = node.child("simpleContent") {
            let extension = content.child("extension").ok_or("simple content without extension")?;
            let base = self.named(file, extension.get("base").ok_or("an extension without base")?)?;
            match base {
                Type::Simple(base) => out.content = Content::Simple(base),
                Type::Complex(base) => {
                    let base = self.out.complex.get(base).ok_or("no base")?;
                    let Content::Simple(text) = base.content else { return Err("a base without text".into()) };
                    out.content = Content::Simple(text);
                    out.attributes = base.attributes.clone();
                    out.any_attribute = base.any_attribute;
                }
                Type::Any => return Err("an extension of nothing".into()),
            }
            holder = extension;
        }
        for inner in &holder.inside {
            match inner.name.as_str() {
                "sequence" | "choice" => {
                    let particle = self.particle(file, inner, &mut out)?;
                    out.content = Content::Children(particle);
                }
                "simpleContent" => {}
                _ => self.attribute(file, inner, &mut out)?,
            }
        }
        if let Some(slot) = self.out.complex.get_mut(id) {
            *slot = out;
        }
        Ok(())
    }

    fn attribute(&mut self, file: usize, node: &'n Node, out: &mut Complex) -> Result<(), String> {
        match node.name.as_str() {
            "attribute" => {
                let name = node.get("name").ok_or("an attribute without name")?;
                let kind = match (node.get("type"), node.child("simpleType")) {
                    (Some(name), _) => self.simple_named(file, name)?,
                    (None, Some(inner)) => self.simple(file, inner)?,
                    (None, None) => self.builtin("string")?,
                };
                out.attributes.insert(name.into(), (kind, node.get("use") == Some("required")));
            }
            "attributeGroup" => {
                let name = node.get("ref").ok_or("an attribute group without ref")?;
                let local = name.rsplit(':').next().unwrap_or(name);
                let root = self.files.get(file).ok_or("no such file")?;
                let group = root
                    .inside
                    .iter()
                    .find(|n| n.name == "attributeGroup" && n.get("name") == Some(local))
                    .ok_or_else(|| format!("no attribute group {name}"))?;
                for inner in &group.inside {
                    self.attribute(file, inner, out)?;
                }
            }
            "anyAttribute" => {
                out.any_attribute =
                    if node.get("namespace") == Some("##other") { AnyAttribute::Other } else { AnyAttribute::Any };
            }
            other => return Err(format!("{other} in a complex type is not known")),
        }
        Ok(())
    }

    fn particle(&mut self, file: usize, node: &'n Node, out: &mut Complex) -> Result<Particle, String> {
        let occurs = |key: &str| match node.get(key) {
            None => Ok(1),
            Some("unbounded") => Ok(u32::MAX),
            Some(n) => n.parse::<u32>().map_err(|e| e.to_string()),
        };
        let (least, most) = (occurs("minOccurs")?, occurs("maxOccurs")?);
        let mut parts = || node.inside.iter().map(|n| self.particle(file, n, out)).collect::<Result<Vec<_>, _>>();
        let term = match node.name.as_str() {
            "sequence" => Term::Sequence(parts()?),
            "choice" => Term::Choice(parts()?),
            "any" => Term::Foreign,
            "element" => {
                let name = node.get("name").ok_or("an element without name")?;
                let next = u32::try_from(self.out.names.len()).map_err(|e| e.to_string())?;
                let number = *self.out.names.entry(name.into()).or_insert(next);
                let kind = self.element_type(file, node)?;
                out.children.insert(number, kind);
                Term::Element(number)
            }
            other => return Err(format!("{other} in a content model is not known")),
        };
        Ok(Particle { least, most, term })
    }
}
