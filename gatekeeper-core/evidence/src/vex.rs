//! VEX: statements on whether a vulnerability concerns a product. They judge findings; they are no evidence of their own.

use serde::Serialize;

/// The statements of one document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Vex {
    /// The statements.
    pub statements: Vec<Statement>,
}

/// One statement: a vulnerability, the products it speaks of, and what it says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// The vulnerability's id.
    pub vulnerability: String,
    /// Other ids of it.
    pub aliases: Vec<String>,
    /// Products (purls or the document's product ids); a product may name subcomponents after it.
    pub products: Vec<Product>,
    /// What it says.
    pub status: VexStatus,
    /// Justification, impact statement or action statement.
    pub reason: String,
    /// When it was stated, where the format says that later statements stand for earlier ones (OpenVEX), seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stated: Option<i64>,
}

/// A product that a statement speaks of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Product {
    /// Its id: a purl where the document gives one.
    pub id: String,
    /// Components of the product that are meant.
    pub subcomponents: Vec<String>,
    /// The versions of the package that are meant, where the document states them apart from the ids: exact ones, or ranges (`vers:npm/>=2.0`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versions: Option<Vec<String>>,
}

impl Product {
    /// A product of this id.
    pub fn new(id: impl Into<String>) -> Product {
        Product { id: id.into(), ..Product::default() }
    }
}

/// What a statement says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VexStatus {
    /// The product is not affected.
    NotAffected,
    /// The product is affected.
    Affected,
    /// This version has the fix.
    Fixed,
    /// Not known yet.
    #[default]
    UnderInvestigation,
}

impl VexStatus {
    /// The stable name (OpenVEX's words).
    pub fn as_str(self) -> &'static str {
        match self {
            VexStatus::NotAffected => "not_affected",
            VexStatus::Affected => "affected",
            VexStatus::Fixed => "fixed",
            VexStatus::UnderInvestigation => "under_investigation",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_named_in_openvex_words() {
        let all = [VexStatus::NotAffected, VexStatus::Affected, VexStatus::Fixed, VexStatus::UnderInvestigation];
        assert_eq!(all.map(VexStatus::as_str), ["not_affected", "affected", "fixed", "under_investigation"]);
    }
}
