//! OpenVEX: statements on vulnerabilities and products, JSON-LD.
//!
//! Specification: OpenVEX v0.2.0, <https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md>; v0.0.1 is read too (vulnerability and products
//! are plain texts there). Producers: vexctl, Chainguard, Docker Scout, govulncheck, Dependency-Track, Kubescape.
//!
//! Deviations: vexctl wrote merged documents with an empty `@context`: read, with a note.
//!
//! Of statements on the same vulnerability and product the latest stands ("Updating Statements"), by `last_updated`, else `timestamp`; a statement without
//! a time has its document's.
//! A statement of the file is a statement of the model. A product that has a purl among its identifiers is named by that, else by its `@id`.

use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::vex::{Product, Statement, Vex, VexStatus};
use gatekeeper_evidence::{Data, Kind, Note};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) static FORMAT: Format = Format {
    id: "openvex",
    title: "OpenVEX",
    kind: Kind::Vex,
    extensions: &["json", "vex"],
    places: &["*.openvex.json", "*.vex.json", ".vex/*.json", "vex.json"],
    spec: "OpenVEX 0.2.0, https://github.com/openvex/spec",
    producers: &["vexctl", "docker-scout", "govulncheck"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    match shape.text("@context") {
        Some(c) if c.contains("openvex.dev/ns") => Confidence::Certain,
        // vexctl merged documents without a context for a while.
        Some("") | None => Confidence::when(
            shape.has_all(&["author", "statements[].vulnerability", "statements[].status"]),
            Confidence::Likely,
        ),
        Some(_) => Confidence::No,
    }
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "@context")]
    context: Option<String>,
    timestamp: Option<String>,
    tooling: Option<String>,
    #[serde(default)]
    statements: Option<Vec<Row>>,
}

#[derive(Deserialize)]
struct Row {
    vulnerability: Option<Vulnerability>,
    #[serde(default)]
    products: Option<Vec<Item>>,
    /// Version 0.0.1 names them beside the products.
    #[serde(default)]
    subcomponents: Option<Vec<Item>>,
    status: Word,
    justification: Option<String>,
    impact_statement: Option<String>,
    action_statement: Option<String>,
    status_notes: Option<String>,
    timestamp: Option<String>,
    last_updated: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    NotAffected,
    Affected,
    Fixed,
    UnderInvestigation,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Vulnerability {
    Name(String),
    Object {
        #[serde(rename = "@id")]
        id: Option<String>,
        name: Option<String>,
        aliases: Option<Vec<String>>,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Item {
    Name(String),
    Object {
        #[serde(rename = "@id")]
        id: Option<String>,
        identifiers: Option<BTreeMap<String, String>>,
        subcomponents: Option<Vec<Item>>,
    },
}

impl Item {
    fn name(&self) -> String {
        match self {
            Item::Name(name) => name.clone(),
            Item::Object { id, identifiers, .. } => identifiers
                .as_ref()
                .and_then(|i| i.get("purl"))
                .or(id.as_ref())
                .or_else(|| identifiers.as_ref().and_then(|i| i.values().next()))
                .cloned()
                .unwrap_or_default(),
        }
    }

    fn product(&self, beside: &[Item]) -> Product {
        let own = match self {
            Item::Object { subcomponents: Some(inner), .. } => inner.as_slice(),
            _ => &[],
        };
        Product { subcomponents: own.iter().chain(beside).map(Item::name).collect(), ..Product::new(self.name()) }
    }
}

/// Most pairs of a product and a subcomponent in a statement of version 0.0.1, where each product has all of them.
const PAIRS: usize = 100_000;

fn seconds(time: &str) -> Option<i64> {
    time.parse::<jiff::Timestamp>().ok().map(|t| t.as_second())
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let document: Document = json::from_input(input)?;
    let context = document.context.unwrap_or_default();
    if !context.is_empty() && !context.contains("openvex.dev/ns") {
        return Err(ParseError::malformed("a context of openvex.dev").in_path("$.@context").found(&context));
    }
    let version = context.rsplit_once("/ns").map_or("", |(_, v)| v.trim_matches('/'));
    if !(version.is_empty() || version.starts_with("v0.")) {
        return Err(ParseError::new(ErrorCode::UnsupportedVersion, "an OpenVEX version other than 0.x")
            .in_path("$.@context")
            .found(version));
    }
    let Some(rows) = document.statements else {
        return Err(ParseError::malformed("an array of statements")
            .in_path("$.statements")
            .found_words("no such member"));
    };
    let mut statements = Vec::with_capacity(rows.len());
    for (index, row) in rows.into_iter().enumerate() {
        let (vulnerability, aliases) = match row.vulnerability {
            Some(Vulnerability::Name(name)) if !name.is_empty() => (name, Vec::new()),
            Some(Vulnerability::Object { id, name, aliases }) if name.is_some() || id.is_some() => {
                (name.or(id).unwrap_or_default(), aliases.unwrap_or_default())
            }
            _ => {
                return Err(ParseError::malformed("a vulnerability's name")
                    .in_path(format!("$.statements[{index}].vulnerability")));
            }
        };
        // "not affected" must be justified (section "Status Labels"); notes beside it justify nothing.
        let unjustified = matches!(row.status, Word::NotAffected)
            && [&row.justification, &row.impact_statement]
                .iter()
                .all(|r| r.as_ref().is_none_or(|r| r.trim().is_empty()));
        let reason = match unjustified {
            true => Default::default(),
            false => [row.justification, row.impact_statement, row.action_statement, row.status_notes],
        };
        let (products, beside) = (row.products.unwrap_or_default(), row.subcomponents.unwrap_or_default());
        if products.len().saturating_mul(beside.len()) > PAIRS {
            return Err(ParseError::limit(format!("more than {PAIRS} pairs of product and subcomponent"))
                .in_path(format!("$.statements[{index}].subcomponents")));
        }
        statements.push(Statement {
            vulnerability,
            aliases,
            products: products.iter().map(|p| p.product(&beside)).collect(),
            status: match row.status {
                Word::NotAffected => VexStatus::NotAffected,
                Word::Affected => VexStatus::Affected,
                Word::Fixed => VexStatus::Fixed,
                Word::UnderInvestigation => VexStatus::UnderInvestigation,
            },
            reason: reason.into_iter().flatten().filter(|r| !r.is_empty()).collect::<Vec<_>>().join(": "),
            stated: [&row.last_updated, &row.timestamp, &document.timestamp]
                .into_iter()
                .flatten()
                .find_map(|t| seconds(t)),
        });
    }
    let mut parsed = Parsed::new(Data::Vex(Vex { statements }), Some(true));
    if context.is_empty() {
        parsed.notes.push(Note::at("without an @context, as vexctl merged documents", Location::path("$.@context")));
    }
    parsed.created = document.timestamp.as_deref().and_then(seconds);
    parsed.tool = document.tooling.and_then(|t| t.split(['/', ' ']).next().map(str::to_ascii_lowercase));
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    fn read(text: &str) -> Result<Vec<Statement>, ParseError> {
        let limits = Limits::default();
        let input = Input { name: "t", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: true };
        parse(&input).map(|p| match p.data {
            Data::Vex(v) => v.statements,
            _ => Vec::new(),
        })
    }

    #[test]
    fn both_versions_name_product_and_vulnerability() {
        let new = r#"{"@context":"https://openvex.dev/ns/v0.2.0","statements":[{"vulnerability":{"name":"CVE-1","aliases":["GHSA-1"]},
            "products":[{"@id":"x","identifiers":{"purl":"pkg:hex/a@1"},"subcomponents":[{"@id":"pkg:hex/b@2"}]}],
            "status":"not_affected","justification":"component_not_present"}]}"#;
        let got = read(new).unwrap();
        assert_eq!(
            got[0].products,
            [Product { subcomponents: vec!["pkg:hex/b@2".into()], ..Product::new("pkg:hex/a@1") }]
        );
        assert_eq!((got[0].status, got[0].reason.as_str()), (VexStatus::NotAffected, "component_not_present"));
        let old = r#"{"@context":"https://openvex.dev/ns","statements":[{"vulnerability":"CVE-2","products":["pkg:a"],
            "subcomponents":["pkg:b"],"status":"fixed"}]}"#;
        let got = read(old).unwrap();
        assert_eq!((got[0].vulnerability.as_str(), got[0].products[0].subcomponents[0].as_str()), ("CVE-2", "pkg:b"));
    }

    #[test]
    fn what_says_nothing_is_refused() {
        for bad in [
            r#"{"@context":"https://openvex.dev/ns"}"#,
            r#"{"@context":"https://openvex.dev/ns","statements":[{"vulnerability":"CVE-1","status":"fine"}]}"#,
            r#"{"@context":"https://openvex.dev/ns","statements":[{"status":"fixed"}]}"#,
            r#"{"@context":"https://example.com","statements":[]}"#,
            r#"{"@context":"https://openvex.dev/ns/v1.0.0","statements":[]}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn notes_justify_nothing_and_times_are_inherited() {
        let text = r#"{"@context":"https://openvex.dev/ns/v0.2.0","timestamp":"2026-01-01T00:00:00Z","statements":[
            {"vulnerability":{"name":"CVE-1"},"products":[{"@id":"pkg:hex/a@1"}],"status":"not_affected","status_notes":"looked at it","action_statement":"none"},
            {"vulnerability":{"name":"CVE-1"},"timestamp":"2026-01-02T00:00:00Z","status":"affected","action_statement":"update"}]}"#;
        let got = read(text).unwrap();
        assert_eq!((got[0].reason.as_str(), got[1].reason.as_str()), ("", "update"));
        assert_eq!(got[1].stated.unwrap() - got[0].stated.unwrap(), 86_400);
        let updated = text.replace("\"status_notes\"", "\"last_updated\":\"2026-01-03T00:00:00Z\",\"status_notes\"");
        let got = read(&updated).unwrap();
        assert_eq!(got[0].stated.unwrap() - got[1].stated.unwrap(), 86_400);
    }

    #[test]
    fn products_times_subcomponents_are_bounded() {
        let many = vec!["\"pkg:a\""; 1_000].join(",");
        let text = format!(
            "{{\"@context\":\"https://openvex.dev/ns\",\"statements\":[{{\"vulnerability\":\"C\",\"status\":\"fixed\",\"products\":[{many}],\"subcomponents\":[{many}]}}]}}"
        );
        assert_eq!(read(&text).unwrap_err().code(), ErrorCode::LimitExceeded);
    }
}
