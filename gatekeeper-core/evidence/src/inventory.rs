//! Inventories: the packages that an SBOM, a lock file or a licence list names.

use super::findings::Findings;
use super::vex::Statement;
use crate::location::Location;
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// The packages of one document.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Inventory {
    /// `CycloneDX` or `SPDX`; `None` for licence lists and lock files.
    pub spec: Option<&'static str>,
    /// Version of the specification, as stated: `1.5`, `2.3`.
    pub spec_version: Option<String>,
    /// Whether the document keeps its specification's rules; `None` where it has none, or they were not looked at.
    pub valid: Option<bool>,
    /// What is wrong with the document (the first ones, where there are many).
    pub problems: Vec<SpecProblem>,
    /// Whether this is a lock file: it names every package that is installed, and an SBOM of the same project should name no fewer.
    pub lock: bool,
    /// The packages.
    pub components: Vec<Component>,
    /// When the document was made, as stated.
    pub created: Option<String>,
    /// NTIA minimum elements of the document itself.
    pub document: DocumentElements,
    /// What the document states on vulnerabilities of its components (VEX inside an SBOM).
    pub statements: Vec<Statement>,
    /// What the document lists as vulnerable among its components, where it is a report of such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<Box<Findings>>,
    /// What the document says that it leaves out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// What the document is of, as far as it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Box<Subject>>,
}

/// What a document describes as a whole: the product, not its parts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// Its name.
    pub name: Box<str>,
    /// Its version.
    pub version: Option<Box<str>>,
    /// Package URL.
    pub purl: Option<Box<str>>,
    /// Its digests: `sha256:…`, lower-case hex.
    pub digests: Vec<Box<str>>,
}

impl Subject {
    /// Adds a digest; algorithms are spelt in many ways (`SHA-256`, `SHA256`, `sha256`).
    pub fn add_digest(&mut self, algorithm: &str, value: &str) {
        let algorithm: String = algorithm.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        let value = value.trim();
        if !algorithm.is_empty() && !value.is_empty() && value.len() <= 1_000 && self.digests.len() < 64 {
            self.digests.push(format!("{algorithm}:{value}").to_ascii_lowercase().into());
        }
    }
}

/// NTIA's minimum elements that the document as a whole states.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DocumentElements {
    /// Who or what made the SBOM.
    pub author: bool,
    /// When.
    pub timestamp: bool,
    /// How the packages depend on or contain each other.
    pub relationships: bool,
}

/// A rule of the specification that the document breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpecProblem {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub location: Location,
}

/// A package.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Component {
    /// Its name.
    pub name: Box<str>,
    /// Its version.
    pub version: Option<Box<str>>,
    /// Package URL.
    pub purl: Option<Box<str>>,
    /// Its licences as stated. All of them must hold (AND), unless one is an expression with OR of its own.
    pub licenses: Vec<License>,
    /// Who supplies it.
    pub supplier: Option<Box<str>>,
    /// Whether it has another identifier beside its name (purl, CPE, SWID, SPDX id).
    pub has_id: bool,
    /// Where it is used, where the document tells (`runtime`, `dev`, `optional`, `excluded`).
    pub scope: Option<Box<str>>,
    /// Where it stands in the document.
    pub line: Option<u64>,
}

/// A licence as a document states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct License {
    /// The text: an SPDX expression, an id or a free name.
    pub text: Box<str>,
    /// What the document says that the text is.
    pub form: LicenseForm,
}

/// What a licence's text is, by the field that it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LicenseForm {
    /// An SPDX expression (an id is one too).
    Expression,
    /// A name, which may or may not be an SPDX id.
    Name,
}

impl License {
    /// An SPDX expression or id.
    pub fn expression(text: impl Into<Box<str>>) -> Self {
        License { text: text.into(), form: LicenseForm::Expression }
    }

    /// A free name.
    pub fn name(text: impl Into<Box<str>>) -> Self {
        License { text: text.into(), form: LicenseForm::Name }
    }

    /// Whether the text says "no licence known" in the words of the formats.
    pub fn is_none(&self) -> bool {
        let t = self.text.trim();
        t.is_empty() || ["NOASSERTION", "NONE", "UNKNOWN"].iter().any(|w| t.eq_ignore_ascii_case(w))
    }
}

impl Component {
    /// Whether at least one licence is stated.
    pub fn is_licensed(&self) -> bool {
        self.licenses.iter().any(|l| !l.is_none())
    }
}

/// One of NTIA's minimum elements for a software bill of materials (2021).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Element {
    /// Who supplies the package.
    Supplier,
    /// The package's name.
    Name,
    /// The package's version.
    Version,
    /// Another identifier: purl, CPE, SWID, SPDX id.
    Identifier,
    /// How the packages depend on each other.
    Relationships,
    /// Who or what made the document.
    Author,
    /// When.
    Timestamp,
}

impl Element {
    /// The element in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Element::Supplier => "supplier",
            Element::Name => "name",
            Element::Version => "version",
            Element::Identifier => "unique identifier",
            Element::Relationships => "dependency relationships",
            Element::Author => "author of the SBOM",
            Element::Timestamp => "timestamp",
        }
    }
}

/// A minimum element that is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Index of the package that lacks it; of the document itself where there is none.
    pub component: Option<usize>,
    /// That package, as it is named.
    pub package: Option<String>,
    /// What is missing.
    pub element: Element,
}

/// NTIA's minimum elements that an inventory lacks: first the document's own, then package by package. An inventory without packages
/// lacks nothing of packages: whether that can be is for a floor on their number to say.
pub fn ntia(inventory: &Inventory) -> Vec<Missing> {
    let document = &inventory.document;
    let mut out: Vec<Missing> = [
        (document.author, Element::Author),
        (document.timestamp, Element::Timestamp),
        (document.relationships, Element::Relationships),
    ]
    .into_iter()
    .filter(|(there, _)| !there)
    .map(|(_, element)| Missing { component: None, package: None, element })
    .collect();
    for (index, c) in inventory.components.iter().enumerate() {
        let elements = [
            (!c.name.trim().is_empty(), Element::Name),
            (c.version.is_some(), Element::Version),
            (c.supplier.is_some(), Element::Supplier),
            (c.has_id, Element::Identifier),
        ];
        for (_, element) in elements.into_iter().filter(|(there, _)| !there) {
            out.push(Missing { component: Some(index), package: Some(c.label()), element });
        }
    }
    out
}

/// Several inventories as one. Packages with the same purl are one package (its qualifiers and subpath do not matter); those without a purl
/// are one where name and version are the same. What the first one does not say, a later one may; licences that any of them states are kept.
/// The whole is valid where all are; it is dated as the oldest.
pub fn unite(inventories: &[&Inventory]) -> Inventory {
    let mut out = Inventory::default();
    let mut by_key: HashMap<String, usize> = HashMap::new();
    out.spec = inventories.first().and_then(|i| i.spec).filter(|s| inventories.iter().all(|i| i.spec == Some(*s)));
    let version = inventories.first().and_then(|i| i.spec_version.clone());
    out.spec_version = version.filter(|v| inventories.iter().all(|i| i.spec_version.as_ref() == Some(v)));
    // One that is known to be invalid outweighs one that was not looked at.
    let verdicts = || inventories.iter().map(|i| i.valid);
    out.valid = if verdicts().any(|v| v == Some(false)) {
        Some(false)
    } else if !inventories.is_empty() && verdicts().all(|v| v == Some(true)) {
        Some(true)
    } else {
        None
    };
    let stamp = |text: &String| text.parse::<jiff::Timestamp>().ok();
    out.created = match inventories.iter().map(|i| i.created.as_ref()).collect::<Option<Vec<_>>>() {
        Some(all) => all.into_iter().min_by_key(|t| stamp(t)).cloned(),
        None => None,
    };
    let all =
        |of: fn(&DocumentElements) -> bool| !inventories.is_empty() && inventories.iter().all(|i| of(&i.document));
    out.document = DocumentElements {
        author: all(|d| d.author),
        timestamp: all(|d| d.timestamp),
        relationships: all(|d| d.relationships),
    };
    for inventory in inventories {
        out.problems.extend(inventory.problems.iter().cloned());
        out.statements.extend(inventory.statements.iter().cloned());
        for component in &inventory.components {
            match by_key.get(&component.key()).and_then(|at| out.components.get_mut(*at)) {
                Some(known) => known.complete_from(component),
                None => {
                    by_key.insert(component.key(), out.components.len());
                    out.components.push(component.clone());
                }
            }
        }
    }
    out
}

/// How many packages there are: one that is named several times is one.
pub fn distinct<'i>(components: impl Iterator<Item = &'i Component>) -> usize {
    components.map(Component::key).collect::<HashSet<String>>().len()
}

impl Component {
    /// How a message names the package: its purl, else name and version.
    pub fn label(&self) -> String {
        match (&self.purl, &self.version) {
            (Some(purl), _) => purl.to_string(),
            (None, Some(version)) => format!("{}@{version}", self.name),
            (None, None) => self.name.to_string(),
        }
    }

    /// What makes it the same package in another document.
    fn key(&self) -> String {
        match &self.purl {
            Some(purl) => purl.split(['?', '#']).next().unwrap_or_default().to_owned(),
            // A line break is in no purl: the two kinds of keys never meet.
            None => format!("{}\n{}", self.name, self.version.as_deref().unwrap_or_default()),
        }
    }

    /// Takes over what the same package says in another document and this one does not.
    fn complete_from(&mut self, other: &Component) {
        if self.version.is_none() {
            self.version.clone_from(&other.version);
        }
        if self.supplier.is_none() {
            self.supplier.clone_from(&other.supplier);
        }
        self.has_id |= other.has_id;
        // Development only is what both say is development only.
        if self.scope != other.scope {
            self.scope = match (self.scope.as_deref(), other.scope.as_deref()) {
                (Some("runtime"), _) | (_, Some("runtime")) => Some("runtime".into()),
                _ => None,
            };
        }
        for license in &other.licenses {
            if !license.is_none() && !self.licenses.contains(license) {
                self.licenses.push(license.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(name: &str, purl: Option<&str>) -> Component {
        Component {
            name: name.into(),
            version: Some("1".into()),
            purl: purl.map(Into::into),
            supplier: Some("x".into()),
            has_id: true,
            ..Component::default()
        }
    }

    #[test]
    fn each_missing_element_is_named_by_package() {
        let mut bare = component("a", None);
        bare.supplier = None;
        bare.has_id = false;
        let document = DocumentElements { author: true, timestamp: false, relationships: true };
        let inventory = Inventory { components: vec![component("b", None), bare], document, ..Inventory::default() };
        let got: Vec<_> = ntia(&inventory).into_iter().map(|m| (m.package, m.element)).collect();
        assert_eq!(
            got,
            [
                (None, Element::Timestamp),
                (Some("a@1".to_owned()), Element::Supplier),
                (Some("a@1".to_owned()), Element::Identifier)
            ]
        );
    }

    #[test]
    fn the_same_package_of_two_documents_is_one() {
        let mut one = component("a", Some("pkg:hex/a@1"));
        one.licenses = vec![License::expression("MIT")];
        one.scope = Some("dev".into());
        let mut two = component("a", Some("pkg:hex/a@1?arch=x"));
        two.licenses = vec![License::expression("NOASSERTION"), License::expression("GPL-2.0-only")];
        let a = Inventory { valid: Some(true), components: vec![one, component("b", None)], ..Inventory::default() };
        let b = Inventory { valid: None, components: vec![two, component("b", None)], ..Inventory::default() };
        let united = unite(&[&a, &b]);
        assert_eq!(united.components.len(), 2);
        assert_eq!(distinct(a.components.iter().chain(&b.components)), 2);
        let texts: Vec<&str> = united.components[0].licenses.iter().map(|l| &*l.text).collect();
        assert_eq!(texts, ["MIT", "GPL-2.0-only"]);
        assert_eq!((united.valid, united.components[0].scope.as_deref()), (None, None));
        let invalid = Inventory { valid: Some(false), ..Inventory::default() };
        assert_eq!(unite(&[&a, &invalid]).valid, Some(false));
        assert_eq!(unite(&[]).valid, None);
    }
}

#[cfg(test)]
#[path = "inventory/tests.rs"]
mod more_tests;
