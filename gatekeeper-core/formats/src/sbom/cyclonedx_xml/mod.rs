//! CycloneDX in XML: root element `bom` in a namespace `http://cyclonedx.org/schema/bom/VERSION`.
//!
//! Specification: CycloneDX v1.0 to v1.7, XML, <https://cyclonedx.org/docs/1.7/xml/>. Producers: cyclonedx-maven, cyclonedx-gradle,
//! cyclonedx-php-composer, CycloneDX for .NET, cyclonedx-py, syft, cdxgen; also under names that end in `.json`.
//!
//! Components are those of `bom/components` with all nested ones; `metadata/component`, services, tools and pedigree are not counted. Valid
//! means: the XML schema of the document's own version, no `bom-ref` twice, references of dependencies, compositions and affected targets
//! that lead somewhere (BOM-Links are not followed), licence expressions that parse.
//!
//! Deviations: elements of other namespaces (signatures, extensions) are passed over, as the schema allows; where it does not, the document
//! is invalid. Statements of `vulnerabilities/vulnerability/analysis` (VEX) are kept beside the inventory.

mod place;

use super::checks::{Expressions, Problems, References, seconds, stated, too_many};
use super::compositions;
use super::schema::{self, Session};
use super::vulnerabilities::{self, Vulnerability, status_of};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::xml::{self, Element, Token, Xml};
use gatekeeper_evidence::error::{ErrorCode, ParseError, quote};
use gatekeeper_evidence::inventory::{Component, Inventory, License};
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::purl::with_version;
use gatekeeper_evidence::vex::{Product, Statement, VexStatus};
use gatekeeper_evidence::{Data, Kind, Note};
use place::{Field, Place, below};
use std::borrow::Cow;
use std::collections::HashMap;

pub(super) static FORMAT: Format = Format {
    id: "cyclonedx-xml",
    title: "CycloneDX SBOM (XML)",
    kind: Kind::Inventory,
    extensions: &["xml", "cdx"],
    places: &[
        "bom.xml",
        "sbom.xml",
        "*.cdx.xml",
        "target/bom.xml",
        "build/reports/bom.xml",
        "build/reports/cyclonedx/bom.xml",
    ],
    spec: "CycloneDX 1.0-1.7, XML, https://cyclonedx.org/docs/1.7/xml/",
    producers: &["cyclonedx-maven", "cyclonedx-gradle", "cyclonedx-php-composer", "cyclonedx-dotnet", "syft"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

const NAMESPACE: &str = "http://cyclonedx.org/schema/bom/";

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(root) = head.xml() else { return Confidence::No };
    let declared = root.attributes.iter().any(|(k, v)| k.starts_with("xmlns") && v.starts_with(NAMESPACE));
    Confidence::when(root.name == "bom" && declared, Confidence::Certain)
}

/// Longest text that is kept of one element, bytes.
const TEXT: usize = 1 << 20;

/// What only a validation needs.
struct Check<'a> {
    problems: Problems,
    references: References<'a>,
    expressions: Expressions,
    session: Session,
}

/// A component that is open, by its index in the inventory.
#[derive(Debug, Default)]
struct Draft {
    index: usize,
    group: String,
    publisher: String,
    reference: String,
    license: Option<License>,
}

struct Bom<'a> {
    inventory: Inventory,
    tool: Option<String>,
    notes: Vec<Note>,
    places: Vec<Place>,
    drafts: Vec<Draft>,
    statement: Option<(Statement, bool)>,
    /// The open vulnerability, and those that were read.
    open: Vulnerability,
    vulnerabilities: Vec<Vulnerability>,
    /// A version of an affected component, and whether it is called unaffected.
    version: (String, bool),
    text: String,
    property: String,
    /// The components by bom-ref, where there are vulnerabilities to resolve.
    by_ref: Option<HashMap<String, usize>>,
    /// Declared namespaces: depth, prefix, URI.
    spaces: Vec<(usize, &'a str, Cow<'a, str>)>,
    namespace: String,
    check: Option<Check<'a>>,
    dependencies: usize,
    /// Lines up to an offset.
    line: (usize, u64),
    whole: &'a str,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    xml::read(input, |text, xml| document(input, text, xml))
}

fn document<'a>(input: &Input<'_>, text: &'a str, mut xml: Xml<'a>) -> Result<Parsed, ParseError> {
    let mut bom: Option<Bom<'_>> = None;
    // Depth of a foreign element that is being passed over.
    let mut foreign: Option<usize> = None;
    loop {
        match xml.next()? {
            Token::Start(element) => {
                if foreign.is_some() {
                    continue;
                }
                let depth = xml.depth();
                let bom = match &mut bom {
                    Some(bom) => bom,
                    None => bom.insert(open(text, &element, input.validate)?),
                };
                if !bom.start(&element, depth)? {
                    foreign = Some(depth);
                }
            }
            Token::End => {
                let depth = xml.depth() + 1;
                if foreign == Some(depth) {
                    foreign = None;
                } else if foreign.is_none()
                    && let Some(bom) = &mut bom
                {
                    bom.end(depth);
                }
            }
            Token::Text(piece) => {
                if foreign.is_none()
                    && let Some(bom) = &mut bom
                {
                    bom.take_text(&piece);
                }
            }
            Token::Eof => break,
        }
    }
    let mut bom = bom.ok_or_else(|| ParseError::malformed("a bom element").at(0))?;
    bom.notes.append(&mut xml.take_notes());
    Ok(bom.finish())
}

/// Looks at the root element: which version this is.
fn open<'a>(text: &'a str, root: &Element<'a>, validate: bool) -> Result<Bom<'a>, ParseError> {
    let prefix = root.qualified().split_once(':').map_or("", |(p, _)| p);
    let mut namespace = None;
    for a in root.attributes() {
        let a = a?;
        let declares = a.qualified == "xmlns" && prefix.is_empty()
            || a.qualified.strip_prefix("xmlns:").is_some_and(|p| !p.is_empty() && p == prefix);
        if declares {
            namespace = Some(a.text()?.into_owned());
        }
    }
    let namespace = namespace.unwrap_or_default();
    let Some(version) = namespace.strip_prefix(NAMESPACE).filter(|_| root.name() == "bom") else {
        return Err(ParseError::malformed(format!("an element bom of the namespace {NAMESPACE}…"))
            .at(root.offset)
            .found(format!("{} {namespace}", root.qualified())));
    };
    let Some(xsd) = schema::cyclonedx_xml(version, validate) else {
        return Err(ParseError::new(ErrorCode::UnsupportedVersion, "a CycloneDX version other than 1.0 to 1.7")
            .at(root.offset)
            .found(version));
    };
    let check = xsd.map(|xsd| Check {
        problems: Problems::default(),
        references: References::default(),
        expressions: Expressions::default(),
        session: Session::new(xsd),
    });
    Ok(Bom {
        inventory: Inventory {
            spec: Some("CycloneDX"),
            spec_version: Some(version.to_owned()),
            ..Inventory::default()
        },
        tool: None,
        notes: Vec::new(),
        places: Vec::new(),
        drafts: Vec::new(),
        statement: None,
        open: Vulnerability::default(),
        vulnerabilities: Vec::new(),
        version: Default::default(),
        text: String::new(),
        property: String::new(),
        by_ref: memchr::memmem::find(text.as_bytes(), b"vulnerability>").map(|_| HashMap::new()),
        spaces: Vec::new(),
        namespace,
        check,
        dependencies: 0,
        line: (0, 1),
        whole: text,
    })
}

impl<'a> Bom<'a> {
    fn line_of(&mut self, offset: usize) -> u64 {
        let between = self.whole.as_bytes().get(self.line.0..offset).unwrap_or_default();
        let lines = memchr::memchr_iter(b'\n', between).count();
        self.line = (offset.max(self.line.0), self.line.1.saturating_add(u64::try_from(lines).unwrap_or(0)));
        self.line.1
    }

    /// An element opens; `false` where it is of another namespace.
    fn start(&mut self, element: &Element<'a>, depth: usize) -> Result<bool, ParseError> {
        for a in element.attributes() {
            let a = a?;
            if a.qualified == "xmlns" {
                self.spaces.push((depth, "", a.text()?));
            } else if let Some(prefix) = a.qualified.strip_prefix("xmlns:") {
                self.spaces.push((depth, prefix, a.text()?));
            }
        }
        let prefix = element.qualified().split_once(':').map_or("", |(p, _)| p);
        let space = self.spaces.iter().rev().find(|(_, p, _)| *p == prefix).map_or("", |(_, _, uri)| uri);
        if space != self.namespace {
            let in_none = space.is_empty();
            while self.spaces.last().is_some_and(|(d, _, _)| *d >= depth) {
                self.spaces.pop();
            }
            let line = self.line_of(element.offset);
            if let Some(check) = &mut self.check {
                check.session.foreign();
                if in_none {
                    check.problems.add(
                        || Location::line(line),
                        || format!("the element {} in no namespace", quote(element.qualified().as_bytes())),
                    );
                }
            }
            return Ok(false);
        }
        let place = below(self.places.last().copied(), element.name());
        let line =
            if self.check.is_some() || place == Place::Component { Some(self.line_of(element.offset)) } else { None };
        self.hold_start(element, line)?;
        self.places.push(place);
        match place {
            Place::Component => {
                if let Some(limit) = too_many(&self.inventory) {
                    return Err(limit.at(element.offset));
                }
                let reference = element.attribute("bom-ref")?.unwrap_or_default().into_owned();
                self.drafts.push(Draft { index: self.inventory.components.len(), reference, ..Draft::default() });
                self.inventory.components.push(Component { line, ..Component::default() });
            }
            Place::Other if element.name() == "swid" && self.places.iter().rev().nth(1) == Some(&Place::Component) => {
                if let Some(component) = self.component() {
                    component.has_id = true;
                }
            }
            Place::Dependency => {
                self.dependencies += 1;
                self.refer(element.attribute("ref")?, line);
            }
            Place::Vulnerability => {
                self.statement = Some((Statement::default(), false));
                self.open = Vulnerability::default();
            }
            Place::Product => self.inventory.subject = Some(Box::default()),
            Place::Hash => self.property = element.attribute("alg")?.unwrap_or_default().into_owned(),
            Place::Versions => {
                if let Some(product) = self.product() {
                    product.versions = Some(Vec::new());
                }
            }
            Place::Version => self.version = Default::default(),
            Place::Property => self.property = element.attribute("name")?.unwrap_or_default().into_owned(),
            _ => {}
        }
        self.text.clear();
        Ok(true)
    }

    /// Holds an opening element against the schema.
    fn hold_start(&mut self, element: &Element<'a>, line: Option<u64>) -> Result<(), ParseError> {
        let Some(check) = &mut self.check else { return Ok(()) };
        let Check { problems, references, session, .. } = check;
        let mut say = |message: String| problems.add(|| Location { line, ..Location::default() }, || message);
        session.start(element.name(), line, &mut say);
        for a in element.attributes() {
            let a = a?;
            let prefix = a.qualified.split_once(':').map_or("", |(p, _)| p);
            if a.qualified == "xmlns" || matches!(prefix, "xmlns" | "xsi" | "xml") {
                continue;
            }
            let value = a.text()?;
            session.attribute(a.key, !prefix.is_empty(), &value, &mut say);
            if a.qualified == "bom-ref" {
                let words = quote(value.as_bytes());
                if !references.define(value) {
                    say(format!("the bom-ref {words} a second time"));
                }
            }
        }
        let has = |name: &str| element.attributes().filter_map(Result::ok).any(|a| a.qualified == name);
        session.attributes_end(&has, &mut say);
        Ok(())
    }

    fn refer(&mut self, to: Option<Cow<'a, str>>, line: Option<u64>) {
        if let (Some(check), Some(to)) = (&mut self.check, to)
            && !to.is_empty()
            && !to.starts_with("urn:cdx:")
        {
            check.references.refer_on(to, line);
        }
    }

    fn take_text(&mut self, piece: &str) {
        if let Some(check) = &mut self.check {
            check.session.text(piece);
        }
        if matches!(self.places.last(), Some(Place::Text(_) | Place::Property | Place::Hash)) && self.text.len() < TEXT
        {
            self.text.push_str(piece);
        }
    }

    fn component(&mut self) -> Option<&mut Component> {
        let index = self.drafts.last()?.index;
        self.inventory.components.get_mut(index)
    }

    fn end(&mut self, depth: usize) {
        while self.spaces.last().is_some_and(|(d, _, _)| *d >= depth) {
            self.spaces.pop();
        }
        let mut line = None;
        if let Some(Check { problems, session, .. }) = &mut self.check {
            let mut said = Vec::new();
            line = session.end(&mut |message| said.push(message));
            for message in said {
                problems.add(|| Location { line, ..Location::default() }, || message);
            }
        }
        match self.places.pop() {
            Some(Place::Text(field)) => {
                let text = std::mem::take(&mut self.text);
                self.field(field, text.trim(), line);
            }
            Some(Place::Property) => {
                let value = std::mem::take(&mut self.text);
                let is_dev = matches!(
                    self.property.as_str(),
                    "cdx:npm:package:development" | "cdx:composer:package:isDevRequirement"
                ) && value.trim() == "true";
                if is_dev && let Some(component) = self.component() {
                    component.scope = Some("dev".into());
                }
            }
            Some(Place::Hash) => {
                let value = std::mem::take(&mut self.text);
                if let Some(subject) = &mut self.inventory.subject {
                    subject.add_digest(&self.property, &value);
                }
            }
            Some(Place::License) => {
                if let Some(draft) = self.drafts.last_mut()
                    && let Some(license) = draft.license.take()
                    && let Some(component) = self.component()
                {
                    component.licenses.push(license);
                }
            }
            Some(Place::Component) => self.close_component(),
            Some(Place::Version) => {
                let (version, unaffected) = std::mem::take(&mut self.version);
                if let Some(versions) = self.product().and_then(|p| p.versions.as_mut()).filter(|_| unaffected) {
                    versions.push(version);
                }
            }
            Some(Place::Vulnerability) => {
                let mut found = std::mem::take(&mut self.open);
                if let Some((statement, judged)) = &self.statement {
                    found.id.clone_from(&statement.vulnerability);
                    found.aliases.clone_from(&statement.aliases);
                    found.affects = statement.products.iter().map(|p| p.id.clone()).collect();
                    found.analysis = judged.then(|| (statement.status, statement.reason.clone()));
                }
                self.vulnerabilities.push(found);
                if let Some((mut statement, true)) = self.statement.take() {
                    // Of listed versions those are cleared that are called unaffected; what is affected is so in whatever version.
                    if !matches!(statement.status, VexStatus::NotAffected | VexStatus::Fixed) {
                        statement.products.iter_mut().for_each(|p| p.versions = None);
                    }
                    self.inventory.statements.push(statement);
                }
            }
            _ => {}
        }
    }

    fn close_component(&mut self) {
        let Some(draft) = self.drafts.pop() else { return };
        let Some(component) = self.inventory.components.get_mut(draft.index) else { return };
        if !draft.group.is_empty() {
            component.name = format!("{}/{}", draft.group, component.name).into();
        }
        if component.supplier.is_none() {
            component.supplier = stated(Some(&draft.publisher)).map(Into::into);
        }
        component.has_id |= component.purl.is_some();
        if let Some(by_ref) = &mut self.by_ref
            && !draft.reference.is_empty()
        {
            by_ref.insert(draft.reference, draft.index);
        }
    }

    /// The text of an element that was wanted.
    fn field(&mut self, field: Field, text: &str, line: Option<u64>) {
        let full = (!text.is_empty()).then(|| Box::<str>::from(text));
        match field {
            Field::Timestamp => {
                self.inventory.created = full.map(Into::into);
                self.inventory.document.timestamp = self.inventory.created.is_some();
            }
            Field::Author => self.inventory.document.author |= stated(Some(text)).is_some(),
            Field::ToolName => {
                self.inventory.document.author |= stated(Some(text)).is_some();
                self.tool.get_or_insert_with(|| text.to_ascii_lowercase());
            }
            Field::Group => {
                if let Some(draft) = self.drafts.last_mut() {
                    text.clone_into(&mut draft.group);
                }
            }
            Field::Publisher => {
                if let Some(draft) = self.drafts.last_mut() {
                    text.clone_into(&mut draft.publisher);
                }
            }
            Field::LicenseId | Field::LicenseName => {
                let id = field == Field::LicenseId;
                if let Some(draft) = self.drafts.last_mut()
                    && (id || draft.license.is_none())
                {
                    draft.license = Some(if id { License::expression(text) } else { License::name(text) });
                }
            }
            Field::Expression => {
                if let Some(check) = &mut self.check
                    && !check.expressions.hold(text)
                {
                    check.problems.add(
                        || Location { line, ..Location::default() },
                        || format!("{} is no SPDX licence expression", quote(text.as_bytes())),
                    );
                }
                if let Some(component) = self.component() {
                    component.licenses.push(License::expression(text));
                }
            }
            Field::Name | Field::Version | Field::Purl | Field::Cpe | Field::Scope | Field::SupplierName => {
                let Some(component) = self.component() else { return };
                match field {
                    Field::Name => component.name = text.into(),
                    Field::Version => component.version = stated(Some(text)).map(Into::into),
                    Field::Purl => component.purl = full,
                    Field::Cpe => component.has_id |= full.is_some(),
                    Field::Scope if component.scope.is_none() => {
                        component.scope = match text {
                            "required" => Some("runtime".into()),
                            "optional" | "excluded" => full,
                            _ => None,
                        };
                    }
                    Field::SupplierName => component.supplier = stated(Some(text)).map(Into::into),
                    _ => {}
                }
            }
            Field::VulnerabilityId | Field::State | Field::Justification | Field::Detail | Field::Alias => {
                let Some((statement, judged)) = &mut self.statement else { return };
                match field {
                    Field::VulnerabilityId => text.clone_into(&mut statement.vulnerability),
                    Field::Alias => statement.aliases.push(text.to_owned()),
                    Field::State => {
                        *judged = true;
                        statement.status = status_of(text).unwrap_or(VexStatus::UnderInvestigation);
                    }
                    _ if statement.reason.is_empty() => text.clone_into(&mut statement.reason),
                    _ => statement.reason = format!("{}: {text}", statement.reason),
                }
            }
            Field::AffectedRef => {
                self.refer(Some(Cow::Owned(text.to_owned())), line);
                if let Some((statement, _)) = &mut self.statement {
                    statement.products.push(Product::new(text));
                }
            }
            Field::SourceUrl => text.clone_into(&mut self.open.url),
            Field::Description => self.open.describe(text),
            Field::Score => self.open.rate(None, text.parse().ok()),
            Field::Severity => self.open.rate(Some(text), None),
            Field::Vector => self.open.vector(text),
            Field::Aggregate => compositions::say(&mut self.inventory, text, std::iter::empty()),
            Field::ProductName | Field::ProductGroup | Field::ProductVersion | Field::ProductPurl => {
                let Some(subject) = &mut self.inventory.subject else { return };
                match field {
                    Field::ProductName if subject.name.is_empty() => subject.name = text.into(),
                    Field::ProductName => subject.name = format!("{}{text}", subject.name).into(),
                    Field::ProductGroup if !text.is_empty() => subject.name = format!("{text}/{}", subject.name).into(),
                    Field::ProductVersion => subject.version = stated(Some(text)).map(Into::into),
                    Field::ProductPurl => subject.purl = full,
                    _ => {}
                }
            }
            Field::AffectedVersion => text.clone_into(&mut self.version.0),
            Field::AffectedStatus => self.version.1 = text == "unaffected",
        }
    }

    /// The product that the open statement named last.
    fn product(&mut self) -> Option<&mut Product> {
        self.statement.as_mut()?.0.products.last_mut()
    }

    fn finish(mut self) -> Parsed {
        self.inventory.document.relationships = self.dependencies > 0;
        // One product without parts has nothing that it could depend on.
        let alone = self.inventory.subject.is_some() && self.inventory.components.is_empty();
        self.inventory.document.relationships |= alone;
        let by_ref = self.by_ref.take().unwrap_or_default();
        let Inventory { statements, components, .. } = &mut self.inventory;
        for product in statements.iter_mut().flat_map(|s| &mut s.products) {
            let component = by_ref.get(&product.id).and_then(|at| components.get(*at));
            if let Some((purl, c)) = component.and_then(|c| Some((c.purl.as_deref()?, c))) {
                product.id = with_version(purl, c.version.as_deref().unwrap_or_default());
            }
        }
        self.inventory.findings = vulnerabilities::findings(
            self.vulnerabilities,
            &self.inventory.components,
            &by_ref,
            self.tool.as_deref(),
            &mut self.notes,
        );
        if let Some(mut check) = self.check {
            check.references.settle(&mut check.problems);
            check.problems.settle(&mut self.inventory, &mut self.notes);
        }
        let created = self.inventory.created.as_deref().and_then(seconds);
        let mut parsed = Parsed::new(Data::Inventory(self.inventory), Some(true));
        parsed.tool = self.tool;
        parsed.notes = self.notes;
        parsed.created = created;
        parsed
    }
}
