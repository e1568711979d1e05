//! Inventories: the packages that an SBOM, a lock file or a licence list names.

use super::vex::Statement;
use crate::location::Location;
use serde::Serialize;

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
    /// The packages.
    pub components: Vec<Component>,
    /// When the document was made, as stated.
    pub created: Option<String>,
    /// NTIA minimum elements of the document itself.
    pub document: DocumentElements,
    /// What the document states on vulnerabilities of its components (VEX inside an SBOM).
    pub statements: Vec<Statement>,
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
