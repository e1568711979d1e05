//! CSAF 2: security advisories and VEX documents, `document.csaf_version` "2.0".
//!
//! Specification: Common Security Advisory Framework v2.0 (OASIS), <https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html>. Producers: Red
//! Hat, SUSE, Cisco, Siemens, BSI, Secvisogram.
//!
//! A statement is a pair of a vulnerability and a product: `known_affected`, `first_affected` and `last_affected` are affected, `fixed` and
//! `first_fixed` fixed; `recommended` says nothing of the product. A product that stands in several of one status counts once; one that stands
//! in contradicting ones counts in each, with a note. Product ids are resolved to purls, where the product tree gives them; a relationship
//! ("a component of b") names b as the product and a as its component.

use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::purl;
use gatekeeper_evidence::vex::{Product, Statement, Vex, VexStatus};
use gatekeeper_evidence::{Data, Kind, Note};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

pub(super) static FORMAT: Format = Format {
    id: "csaf-vex",
    title: "CSAF 2 VEX or advisory",
    kind: Kind::Vex,
    extensions: &["json"],
    places: &["*.csaf.json", "csaf.json", ".vex/*.csaf.json"],
    spec: "CSAF 2.0, https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html",
    producers: &["red-hat", "suse", "cisco", "siemens"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    Confidence::when(head.json().is_some_and(|s| s.text("document.csaf_version").is_some()), Confidence::Certain)
}

#[derive(Deserialize)]
struct Root {
    document: Document,
    product_tree: Option<Tree>,
    vulnerabilities: Option<Vec<Vulnerability>>,
}

#[derive(Deserialize)]
struct Document {
    csaf_version: String,
    tracking: Option<Tracking>,
}

#[derive(Deserialize)]
struct Tracking {
    current_release_date: Option<String>,
}

#[derive(Deserialize)]
struct Tree {
    branches: Option<Vec<Branch>>,
    full_product_names: Option<Vec<Name>>,
    relationships: Option<Vec<Relationship>>,
    product_groups: Option<Vec<Group>>,
}

#[derive(Deserialize)]
struct Branch {
    category: Option<String>,
    name: Option<String>,
    branches: Option<Vec<Branch>>,
    product: Option<Name>,
}

#[derive(Deserialize)]
struct Name {
    product_id: String,
    product_identification_helper: Option<Helper>,
}

#[derive(Deserialize)]
struct Helper {
    purl: Option<String>,
    /// CSAF 2.1.
    purls: Option<Vec<String>>,
    cpe: Option<String>,
}

#[derive(Deserialize)]
struct Relationship {
    full_product_name: Name,
    product_reference: String,
    relates_to_product_reference: String,
}

#[derive(Deserialize)]
struct Group {
    group_id: String,
    product_ids: Vec<String>,
}

#[derive(Deserialize)]
struct Vulnerability {
    cve: Option<String>,
    ids: Option<Vec<Id>>,
    title: Option<String>,
    product_status: Option<BTreeMap<String, Vec<String>>>,
    flags: Option<Vec<Said>>,
    threats: Option<Vec<Said>>,
    remediations: Option<Vec<Said>>,
}

#[derive(Deserialize)]
struct Id {
    text: String,
}

/// A flag, threat or remediation and the products that it is said of; of all where it names none.
#[derive(Deserialize)]
struct Said {
    label: Option<String>,
    category: Option<String>,
    details: Option<String>,
    product_ids: Option<Vec<String>>,
    group_ids: Option<Vec<String>>,
}

/// What the product tree knows.
#[derive(Default)]
struct Products {
    /// purl or CPE by product id.
    names: HashMap<String, String>,
    /// The version, or range of versions, of the branch that a product without a version in its purl stands in.
    versions: HashMap<String, String>,
    /// Component and product of a relationship by its own product id.
    parts: HashMap<String, (String, String)>,
    groups: HashMap<String, Vec<String>>,
}

impl Products {
    fn of(tree: Tree) -> Self {
        let mut out = Products::default();
        let mut open: Vec<(Branch, Option<String>)> =
            tree.branches.into_iter().flatten().map(|branch| (branch, None)).collect();
        while let Some((branch, outer)) = open.pop() {
            let version = match branch.category.as_deref() {
                Some("product_version" | "product_version_range") => branch.name,
                // Another product below: its versions are its own.
                Some("product_name" | "product_family" | "vendor") => None,
                _ => outer,
            };
            open.extend(branch.branches.into_iter().flatten().map(|b| (b, version.clone())));
            if let Some(product) = branch.product {
                let id = product.product_id.clone();
                out.name(product);
                out.version(id, version);
            }
        }
        tree.full_product_names.into_iter().flatten().for_each(|n| out.name(n));
        for r in tree.relationships.into_iter().flatten() {
            let id = r.full_product_name.product_id.clone();
            out.parts.insert(id, (r.product_reference, r.relates_to_product_reference));
            out.name(r.full_product_name);
        }
        out.groups = tree.product_groups.into_iter().flatten().map(|g| (g.group_id, g.product_ids)).collect();
        out
    }

    fn name(&mut self, name: Name) {
        let helper = name.product_identification_helper;
        let id = helper.and_then(|h| h.purl.or(h.purls.and_then(|p| p.into_iter().next())).or(h.cpe));
        if let Some(id) = id {
            self.names.insert(name.product_id, id);
        }
    }

    /// Keeps a branch's version where the purl has none of its own. Red Hat writes a package's name into such a branch, which is no version.
    fn version(&mut self, id: String, version: Option<String>) {
        let Some(purl) = self.names.get(&id).and_then(|n| purl::split(n)) else { return };
        let name = purl.path.rsplit('/').next().unwrap_or(purl.path);
        if let Some(version) = version
            && purl.version.is_none()
            && !version.eq_ignore_ascii_case(name)
        {
            self.versions.insert(id, version);
        }
    }

    fn product(&self, id: &str) -> Product {
        let name = |id: &String| self.names.get(id).unwrap_or(id).clone();
        let versions = |id: &str| self.versions.get(id).map(|v| vec![v.clone()]);
        match (self.names.get(id), self.parts.get(id)) {
            (Some(own), _) => Product { versions: versions(id), ..Product::new(own) },
            (None, Some((part, whole))) => {
                Product { id: name(whole), subcomponents: vec![name(part)], versions: versions(part) }
            }
            (None, None) => Product::new(id),
        }
    }
}

/// What a list of products says of them; nothing of `recommended`.
fn status_of(list: &str) -> Option<VexStatus> {
    Some(match list {
        "known_affected" | "first_affected" | "last_affected" => VexStatus::Affected,
        "fixed" | "first_fixed" => VexStatus::Fixed,
        "known_not_affected" => VexStatus::NotAffected,
        "under_investigation" => VexStatus::UnderInvestigation,
        _ => return None,
    })
}

/// Most bytes of the words that say why; a document may say the same ones of thousands of products.
const WORDS: usize = 600;
/// Most other ids of a vulnerability.
const ALIASES: usize = 16;
/// Most products that flags, threats and remediations may name through groups, all together.
const NAMED: usize = 2_000_000;

/// The first words that are said of each product; what names no product is said of all (`""`).
fn reasons(said: &[Said], products: &Products, named: &mut usize) -> Result<HashMap<String, Rc<str>>, ParseError> {
    let mut out: HashMap<String, Rc<str>> = HashMap::new();
    for s in said {
        let Some(words) = s.label.as_ref().or(s.details.as_ref()).or(s.category.as_ref()) else { continue };
        let end = (0..=words.len().min(WORDS)).rev().find(|end| words.is_char_boundary(*end)).unwrap_or(0);
        let words: Rc<str> = words.get(..end).unwrap_or_default().into();
        let ids: BTreeSet<&String> = s.group_ids.iter().flatten().collect();
        let groups = ids.into_iter().filter_map(|g| products.groups.get(g)).flatten();
        for id in s.product_ids.iter().flatten().chain(groups) {
            *named += 1;
            if *named > NAMED {
                return Err(ParseError::limit(format!(
                    "more than {NAMED} products named by flags, threats and remediations"
                )));
            }
            if !out.contains_key(id) {
                out.insert(id.clone(), Rc::clone(&words));
            }
        }
        if s.product_ids.is_none() && s.group_ids.is_none() {
            out.entry(String::new()).or_insert(words);
        }
    }
    Ok(out)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let root: Root = json::from_input(input)?;
    let version = &root.document.csaf_version;
    if !version.starts_with("2.") {
        return Err(ParseError::new(ErrorCode::UnsupportedVersion, "a CSAF version other than 2.x")
            .in_path("$.document.csaf_version")
            .found(version));
    }
    let products = root.product_tree.map(Products::of).unwrap_or_default();
    let mut statements = Vec::new();
    let mut notes = Vec::new();
    let mut named = 0;
    for (index, v) in root.vulnerabilities.into_iter().flatten().enumerate() {
        let mut ids = v.cve.into_iter().chain(v.ids.into_iter().flatten().map(|i| i.text)).chain(v.title);
        // Of a document that names a vulnerability by prose its beginning: it is told, and matches nothing.
        let name: String = ids.next().unwrap_or_default().chars().take(200).collect();
        let aliases: Vec<String> = ids.filter(|id| id.len() <= 200).take(ALIASES).collect();
        let flags = reasons(v.flags.as_deref().unwrap_or_default(), &products, &mut named)?;
        // Of threats only an impact says why a product is not affected (profile VEX, 4.5); others tell of exploits and targets.
        let mut impacts = v.threats.unwrap_or_default();
        impacts.retain(|t| t.category.as_deref() == Some("impact"));
        let threats = reasons(&impacts, &products, &mut named)?;
        let remedies = reasons(v.remediations.as_deref().unwrap_or_default(), &products, &mut named)?;
        let mut seen: HashSet<(&str, VexStatus)> = HashSet::new();
        let mut first: HashMap<&str, VexStatus> = HashMap::new();
        let lists = v.product_status.unwrap_or_default();
        for (list, members) in &lists {
            let Some(status) = status_of(list) else { continue };
            for id in members {
                if !seen.insert((id, status)) {
                    continue;
                }
                if *first.entry(id).or_insert(status) != status && notes.len() < 20 {
                    notes.push(Note::at(
                        format!(
                            "the product {} has contradicting statuses",
                            gatekeeper_evidence::error::quote(id.as_bytes())
                        ),
                        Location::path(format!("$.vulnerabilities[{index}].product_status")),
                    ));
                }
                // Why, in the order of what the status asks for.
                let sources = if status == VexStatus::Affected { [&remedies, &threats] } else { [&flags, &threats] };
                let reason = sources.iter().find_map(|s| s.get(id).or_else(|| s.get("")));
                statements.push(Statement {
                    vulnerability: name.clone(),
                    aliases: aliases.clone(),
                    products: vec![products.product(id)],
                    status,
                    reason: reason.map(|r| r.to_string()).unwrap_or_default(),
                    stated: None,
                });
            }
        }
    }
    let mut parsed = Parsed::new(Data::Vex(Vex { statements }), Some(true));
    parsed.notes = notes;
    parsed.created = root
        .document
        .tracking
        .and_then(|t| t.current_release_date)
        .and_then(|t| t.parse::<jiff::Timestamp>().ok())
        .map(|t| t.as_second());
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    fn read(text: &str) -> Result<Parsed, ParseError> {
        let limits = Limits::default();
        let input = Input { name: "t", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: true };
        parse(&input)
    }

    #[test]
    fn pairs_purls_and_reasons() {
        let text = r#"{"document":{"csaf_version":"2.0"},
          "product_tree":{"branches":[{"branches":[{"product":{"product_id":"A","product_identification_helper":{"purl":"pkg:hex/a@1"}}},
            {"product":{"product_id":"B"}}]}],
            "relationships":[{"full_product_name":{"product_id":"A:B"},"product_reference":"A","relates_to_product_reference":"B"}]},
          "vulnerabilities":[{"cve":"CVE-1","product_status":{"known_affected":["A"],"first_affected":["A"],"known_not_affected":["A:B"],"recommended":["B"]},
            "flags":[{"label":"component_not_present","product_ids":["A:B"]}]}]}"#;
        let parsed = read(text).unwrap();
        let Data::Vex(vex) = parsed.data else { panic!("not a VEX") };
        let got: Vec<_> =
            vex.statements.iter().map(|s| (s.products[0].id.as_str(), s.status, s.reason.as_str())).collect();
        assert_eq!(
            got,
            [("pkg:hex/a@1", VexStatus::Affected, ""), ("B", VexStatus::NotAffected, "component_not_present")]
        );
        assert_eq!(vex.statements[1].products[0].subcomponents, ["pkg:hex/a@1"]);
        assert!(parsed.notes.is_empty());
    }

    #[test]
    fn a_branch_tells_the_version_that_a_purl_lacks() {
        let text = r#"{"document":{"csaf_version":"2.0"},
          "product_tree":{"branches":[{"category":"product_name","name":"foo","branches":[
            {"category":"product_version_range","name":"vers:npm/>=2.0","product":{"product_id":"A","product_identification_helper":{"purl":"pkg:npm/foo"}}},
            {"category":"product_version","name":"1.0","product":{"product_id":"B","product_identification_helper":{"purl":"pkg:npm/foo@1.0"}}},
            {"category":"product_version","name":"openssl","product":{"product_id":"C","product_identification_helper":{"purl":"pkg:rpm/redhat/openssl?arch=src"}}}]}]},
          "vulnerabilities":[{"cve":"CVE-1","product_status":{"fixed":["A","B","C"]}}]}"#;
        let Data::Vex(vex) = read(text).unwrap().data else { panic!("not a VEX") };
        let versions: Vec<_> = vex.statements.iter().map(|s| s.products[0].versions.clone()).collect();
        assert_eq!(versions, [Some(vec!["vers:npm/>=2.0".to_owned()]), None, None]);
    }

    #[test]
    fn an_exploits_status_justifies_nothing() {
        let text = r#"{"document":{"csaf_version":"2.0"},"vulnerabilities":[{"cve":"CVE-1","product_status":{"known_not_affected":["A","B"]},
            "threats":[{"category":"exploit_status","details":"none known"},{"category":"impact","details":"not built in","product_ids":["B"]}]}]}"#;
        let Data::Vex(vex) = read(text).unwrap().data else { panic!("not a VEX") };
        assert_eq!(vex.statements.iter().map(|s| s.reason.as_str()).collect::<Vec<_>>(), ["", "not built in"]);
    }

    #[test]
    fn groups_that_multiply_are_refused() {
        let ids: Vec<String> = (0..2_000).map(|n| format!("\"{n}\"")).collect();
        let one = "{\"label\":\"x\",\"group_ids\":[\"g\"]}";
        let text = format!(
            "{{\"document\":{{\"csaf_version\":\"2.0\"}},\"product_tree\":{{\"product_groups\":[{{\"group_id\":\"g\",\"product_ids\":[{}]}}]}},\"vulnerabilities\":[{{\"cve\":\"C\",\"flags\":[{}]}}]}}",
            ids.join(","),
            vec![one; 2_000].join(",")
        );
        assert_eq!(read(&text).unwrap_err().code(), ErrorCode::LimitExceeded);
    }

    #[test]
    fn contradictions_are_noted_and_other_versions_refused() {
        let text = r#"{"document":{"csaf_version":"2.0"},"vulnerabilities":[{"product_status":{"fixed":["A"],"known_affected":["A"]}}]}"#;
        assert_eq!(read(text).unwrap().notes.len(), 1);
        let e = read(r#"{"document":{"csaf_version":"1.2"}}"#).unwrap_err();
        assert_eq!(e.code(), ErrorCode::UnsupportedVersion);
    }
}
