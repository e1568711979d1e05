//! XML Schema 1.0, read once per version: the part that the CycloneDX schemas use, and a session that follows a document as it is read.
//!
//! Specification: XML Schema 1.0 Part 1 and 2, <https://www.w3.org/TR/xmlschema-1/>. Used there and known here: complex types with
//! sequence, choice, `any` (`##other`, lax) and `anyAttribute`; simple content; simple types by restriction (enumeration, pattern, length,
//! bounds) and union; attribute groups. `xs:unique` is always "no `bom-ref` twice" and left to the caller, who knows all of them.
//! Content models are deterministic (the specification demands it), so children are matched without going back.

use crate::error::{ParseError, quote};
use crate::input::{Input, Limits};
use crate::scan::xml::{Token, Xml};
use regex::Regex;
use std::collections::{HashMap, HashSet};

type Id = usize;

/// A compiled schema.
#[derive(Debug, Default)]
pub(in crate::format::sbom) struct Xsd {
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

// ---------------------------------------------------------------- reading a schema

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
pub(in crate::format::sbom) fn compile(text: &str, imported: &str) -> Result<Xsd, String> {
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

// ---------------------------------------------------------------- following a document

/// An open element of the document.
struct Open {
    kind: Type,
    /// Its children so far, by number.
    children: Vec<u32>,
    /// A child was wrong already: its content is not judged again.
    spoilt: bool,
    text: String,
    line: Option<u64>,
    name: Box<str>,
}

/// Follows a document. Elements of other namespaces are to be left out by the caller, but for their [`Session::foreign`].
pub(in crate::format::sbom) struct Session {
    xsd: &'static Xsd,
    open: Vec<Open>,
}

/// Longest text that is kept to be judged, bytes: more than any restricted type allows.
const TEXT: usize = 4_096;

impl Session {
    pub(in crate::format::sbom) fn new(xsd: &'static Xsd) -> Self {
        Session { xsd, open: Vec::new() }
    }

    /// An element of the schema's namespace opens.
    pub(in crate::format::sbom) fn start(&mut self, name: &str, line: Option<u64>, say: &mut dyn FnMut(String)) {
        let number = self.xsd.names.get(name).copied();
        let kind = match self.open.last_mut() {
            None if name == "bom" => self.xsd.root.unwrap_or(Type::Any),
            None => {
                say(format!("the root element {}", quote(name.as_bytes())));
                Type::Any
            }
            Some(parent) => match parent.kind {
                Type::Any => Type::Any,
                Type::Complex(id) => {
                    let complex = self.xsd.complex.get(id);
                    match number.and_then(|n| complex.and_then(|c| c.children.get(&n)).map(|k| (n, *k))) {
                        Some((n, kind)) => {
                            parent.children.push(n);
                            kind
                        }
                        None => {
                            parent.spoilt = true;
                            say(format!(
                                "the element {} in {}, which does not know it",
                                quote(name.as_bytes()),
                                parent.name
                            ));
                            Type::Any
                        }
                    }
                }
                Type::Simple(_) => {
                    parent.spoilt = true;
                    say(format!("the element {} in {}, which holds text", quote(name.as_bytes()), parent.name));
                    Type::Any
                }
            },
        };
        self.open.push(Open {
            kind,
            children: Vec::new(),
            spoilt: false,
            text: String::new(),
            line,
            name: name.get(..name.len().min(60)).unwrap_or("…").into(),
        });
    }

    /// An attribute of the element that just opened; `namespace` says whether it has one of its own.
    pub(in crate::format::sbom) fn attribute(
        &mut self,
        name: &str,
        namespaced: bool,
        value: &str,
        say: &mut dyn FnMut(String),
    ) {
        let Some(open) = self.open.last() else { return };
        let complex = match open.kind {
            Type::Any => return,
            Type::Complex(id) => self.xsd.complex.get(id),
            Type::Simple(_) => None,
        };
        let (attributes, any) = complex.map_or((None, AnyAttribute::None), |c| (Some(&c.attributes), c.any_attribute));
        if !namespaced && let Some((kind, _)) = attributes.and_then(|a| a.get(name)) {
            if let Err(why) = self.xsd.holds(*kind, value) {
                say(format!("the attribute {name} of {}: {why}", open.name));
            }
            return;
        }
        let allowed = match any {
            AnyAttribute::None => false,
            AnyAttribute::Any => true,
            AnyAttribute::Other => namespaced,
        };
        if !allowed {
            say(format!("the attribute {} of {}, which does not know it", quote(name.as_bytes()), open.name));
        }
    }

    /// The attributes of the element that just opened are over; `has` tells which there were.
    pub(in crate::format::sbom) fn attributes_end(&self, has: &dyn Fn(&str) -> bool, say: &mut dyn FnMut(String)) {
        let Some(open) = self.open.last() else { return };
        let Type::Complex(id) = open.kind else { return };
        let Some(complex) = self.xsd.complex.get(id) else { return };
        let mut missing: Vec<&str> =
            complex.attributes.iter().filter(|(n, (_, required))| *required && !has(n)).map(|(n, _)| &**n).collect();
        missing.sort_unstable();
        for name in missing {
            say(format!("{} without the attribute {name}", open.name));
        }
    }

    /// An element of another namespace stands in the innermost open one.
    pub(in crate::format::sbom) fn foreign(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.children.push(FOREIGN);
        }
    }

    pub(in crate::format::sbom) fn text(&mut self, text: &str) {
        if let Some(open) = self.open.last_mut() {
            let mut end = text.len().min(TEXT.saturating_sub(open.text.len()));
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            open.text.push_str(text.get(..end).unwrap_or_default());
        }
    }

    /// The innermost open element closes. Answers the line that it opened on.
    pub(in crate::format::sbom) fn end(&mut self, say: &mut dyn FnMut(String)) -> Option<u64> {
        let open = self.open.pop()?;
        match open.kind {
            Type::Any => {}
            Type::Simple(id) => {
                if let Err(why) = self.xsd.holds(id, &open.text) {
                    say(format!("{}: {why}", open.name));
                }
            }
            Type::Complex(id) => {
                if let Some(complex) = self.xsd.complex.get(id) {
                    self.content(complex, &open, say);
                }
            }
        }
        open.line
    }

    fn content(&self, complex: &Complex, open: &Open, say: &mut dyn FnMut(String)) {
        if let Content::Simple(id) = complex.content {
            if let Err(why) = self.xsd.holds(id, &open.text) {
                say(format!("{}: {why}", open.name));
            }
            return;
        }
        if !complex.mixed && !open.text.trim_ascii().is_empty() {
            say(format!("the text {} in {}, which holds none", quote(open.text.trim().as_bytes()), open.name));
        }
        if open.spoilt {
            return;
        }
        let matched = match &complex.content {
            Content::Children(particle) => particle.run(&open.children, 0),
            _ => Ok(0),
        };
        let at = match matched {
            Ok(at) if at == open.children.len() => return,
            Ok(at) | Err(at) => at,
        };
        say(match open.children.get(at) {
            Some(&FOREIGN) => format!("a foreign element in {}, where none may stand", open.name),
            Some(number) => {
                let name = self.xsd.names.iter().find(|(_, n)| *n == number).map_or("", |(name, _)| name);
                format!("the element {name} in {}, out of place or once too often", open.name)
            }
            None => format!("{} without an element that it must have", open.name),
        });
    }
}

impl Particle {
    /// Matches children from a position on. The position behind what was matched, or the one where it failed.
    fn run(&self, children: &[u32], from: usize) -> Result<usize, usize> {
        let mut at = from;
        let mut count = 0;
        while count < self.most {
            match self.once(children, at) {
                // Nothing taken: it may stand as often as it likes.
                Ok(next) if next == at => return Ok(at),
                Ok(next) => {
                    at = next;
                    count += 1;
                }
                Err(failed) if failed == at && count >= self.least => break,
                Err(failed) => return Err(failed),
            }
        }
        Ok(at)
    }

    fn once(&self, children: &[u32], at: usize) -> Result<usize, usize> {
        match &self.term {
            Term::Element(number) => {
                if children.get(at) == Some(number) {
                    Ok(at + 1)
                } else {
                    Err(at)
                }
            }
            Term::Foreign => {
                if children.get(at) == Some(&FOREIGN) {
                    Ok(at + 1)
                } else {
                    Err(at)
                }
            }
            Term::Sequence(parts) => parts.iter().try_fold(at, |at, part| part.run(children, at)),
            Term::Choice(parts) => {
                let mut empty = false;
                for part in parts {
                    match part.run(children, at) {
                        Ok(next) if next > at => return Ok(next),
                        Ok(_) => empty = true,
                        Err(failed) if failed > at => return Err(failed),
                        Err(_) => {}
                    }
                }
                if empty || parts.is_empty() { Ok(at) } else { Err(at) }
            }
        }
    }
}

impl Xsd {
    /// Whether a text is of a simple type; why not.
    fn holds(&self, id: Id, raw: &str) -> Result<(), String> {
        let Some(simple) = self.simple.get(id) else { return Ok(()) };
        if !simple.union.is_empty() {
            return if simple.union.iter().any(|u| self.holds(*u, raw).is_ok()) {
                Ok(())
            } else {
                Err(format!("{} is of none of the types allowed", quote(raw.as_bytes())))
            };
        }
        let text = simple.kind.blanks(raw);
        let text = text.as_ref();
        if !simple.kind.holds(text) {
            return Err(format!("{} is no {}", quote(text.as_bytes()), simple.kind.name()));
        }
        if simple.values.as_ref().is_some_and(|v| !v.contains(text)) {
            return Err(format!("{} is none of the values allowed", quote(text.as_bytes())));
        }
        if let Some(pattern) = simple.patterns.iter().find(|p| !p.is_match(text)) {
            let mut words = pattern.as_str().to_owned();
            if words.len() > 120 {
                words = "the pattern of its type".into();
            }
            return Err(format!("{} does not fit {words}", quote(text.as_bytes())));
        }
        let (least, most) = simple.length;
        if least > 0 || most.is_some() {
            let length = text.chars().count();
            if length < least || most.is_some_and(|m| length > m) {
                return Err(format!("a text of {length} characters"));
            }
        }
        if let (least, most) = simple.bounds
            && (least.is_some() || most.is_some())
            && let Ok(n) = text.parse::<f64>()
            && (least.is_some_and(|l| n < l) || most.is_some_and(|m| n > m))
        {
            return Err(format!("{n} is out of bounds"));
        }
        Ok(())
    }
}

impl Builtin {
    fn name(self) -> &'static str {
        match self {
            Builtin::String | Builtin::NormalizedString | Builtin::Token => "text",
            Builtin::AnyUri => "URI",
            Builtin::DateTime => "time",
            Builtin::Date => "date",
            Builtin::Boolean => "truth value",
            Builtin::Integer => "integer",
            Builtin::NonNegative => "integer of at least 0",
            Builtin::Positive => "integer above 0",
            Builtin::Decimal => "decimal number",
        }
    }

    /// Treats blanks as the type says: kept, each a space, or runs of them one space and none at the ends.
    fn blanks(self, raw: &str) -> std::borrow::Cow<'_, str> {
        match self {
            Builtin::String => raw.into(),
            Builtin::NormalizedString if raw.contains(['\t', '\n', '\r']) => {
                raw.replace(['\t', '\n', '\r'], " ").into()
            }
            Builtin::NormalizedString => raw.into(),
            _ if raw.bytes().any(|b| b.is_ascii_whitespace()) => {
                raw.split_ascii_whitespace().collect::<Vec<_>>().join(" ").into()
            }
            _ => raw.into(),
        }
    }

    fn holds(self, text: &str) -> bool {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let is_integer = !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit());
        let is_zero = unsigned.bytes().all(|b| b == b'0');
        match self {
            // XML Schema 1.1 lets any text be an anyURI, and validators of 1.0 escape before they look.
            Builtin::String | Builtin::NormalizedString | Builtin::Token | Builtin::AnyUri => true,
            Builtin::Boolean => matches!(text, "true" | "false" | "1" | "0"),
            Builtin::Integer => is_integer,
            Builtin::NonNegative => is_integer && (!text.starts_with('-') || is_zero),
            Builtin::Positive => is_integer && !text.starts_with('-') && !is_zero,
            Builtin::Decimal => {
                let (whole, part) = unsigned.split_once('.').unwrap_or((unsigned, ""));
                whole.len() + part.len() > 0 && whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit())
            }
            Builtin::Date => {
                let bare = text.strip_suffix('Z').unwrap_or(text);
                super::formats::is_date(bare)
                    || bare.get(..10).is_some_and(|d| {
                        super::formats::is_date_time(&format!("{d}T00:00:00{}", bare.get(10..).unwrap_or_default()))
                    })
            }
            // The zone may be missing.
            Builtin::DateTime => {
                text.as_bytes().get(10) == Some(&b'T')
                    && (super::formats::is_date_time(text) || super::formats::is_date_time(&format!("{text}Z")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_models_match_without_going_back() {
        let element = |n| Particle { least: 1, most: 1, term: Term::Element(n) };
        let optional = |n| Particle { least: 0, most: 1, term: Term::Element(n) };
        let any = || Particle { least: 0, most: u32::MAX, term: Term::Foreign };
        // (0, 1?, (2 | 3)*, any*)
        let choice = Particle { least: 0, most: u32::MAX, term: Term::Choice(vec![element(2), element(3)]) };
        let model = Particle { least: 1, most: 1, term: Term::Sequence(vec![element(0), optional(1), choice, any()]) };
        for good in [&[0][..], &[0, 1, 2, 3, 2], &[0, 3, FOREIGN, FOREIGN]] {
            assert_eq!(model.run(good, 0), Ok(good.len()), "{good:?}");
        }
        for bad in [&[][..], &[1], &[0, 1, 1], &[0, FOREIGN, 2], &[0, 2, 1]] {
            assert_ne!(model.run(bad, 0), Ok(bad.len()), "{bad:?}");
        }
    }

    #[test]
    fn builtin_types() {
        for (kind, good, bad) in [
            (Builtin::DateTime, "2024-01-01T00:00:00", "2024-01-01"),
            (Builtin::Positive, "1", "0"),
            (Builtin::NonNegative, "0", "-1"),
            (Builtin::Decimal, "-1.5", "1e3"),
            (Builtin::Boolean, "1", "yes"),
            (Builtin::Integer, "+7", ""),
        ] {
            assert!(kind.holds(good), "{good}");
            assert!(!kind.holds(bad), "{bad}");
        }
    }
}
