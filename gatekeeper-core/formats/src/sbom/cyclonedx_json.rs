//! CycloneDX in JSON: one object, `bomFormat` "CycloneDX".
//!
//! Specification: CycloneDX v1.2 to v1.7, JSON (ECMA-424), <https://cyclonedx.org/docs/1.7/json/>. Versions 1.0 and 1.1 have XML only.
//! Producers: syft, trivy, cdxgen, cyclonedx-npm, cyclonedx-py, cyclonedx-maven, cargo-cyclonedx, cargo-sbom, npm sbom, rebar3_sbom, mix sbom,
//! osv-scanner, Dependency-Track and most others; often under a name that ends in `.xml` or `.sbom`.
//!
//! Components are `components` with all nested ones; `metadata.component` and what is nested in it are the described product. Valid means: the
//! schema of the document's own version with formats (for 1.2 and 1.3 the plain one), no `bom-ref` twice, references of `dependencies`,
//! `compositions` and `affects` that lead somewhere (BOM-Links are not followed), licence expressions that parse.
//!
//! Deviations: a member of another type than the specification's is passed over with a note (and makes the document invalid); a document whose
//! `components` is no array is refused. A document with `vulnerabilities` is an inventory; what it lists as vulnerable, and its statements
//! (`analysis`, VEX), are kept beside it.

use super::checks::{At, Expressions, Lines, Problems, References, note, seconds, stated, too_many};
use super::compositions;
use super::schema;
use super::tree::{self, Piece, Plan, Value};
use super::vulnerabilities::{self, Vulnerability};
use crate::format::{Confidence, Content, Format, Head, Parsed, names_commit};
use crate::input::Input;
use gatekeeper_evidence::error::{ErrorCode, ParseError, quote};
use gatekeeper_evidence::inventory::{Component, Inventory, License, Subject};
use gatekeeper_evidence::purl::with_version;
use gatekeeper_evidence::vex::{Product, Statement, VexStatus};
use gatekeeper_evidence::{Data, Kind, Note};
use std::collections::HashMap;

pub(super) static FORMAT: Format = Format {
    id: "cyclonedx-json",
    title: "CycloneDX SBOM (JSON)",
    kind: Kind::Inventory,
    extensions: &["json", "cdx"],
    places: &[
        "bom.json",
        "sbom.json",
        "*.cdx.json",
        "sbom.cdx.json",
        "target/bom.json",
        "build/reports/bom.json",
        "build/reports/cyclonedx/bom.json",
        "**/target/classes/META-INF/sbom/application.cdx.json",
        "**/build/reports/cyclonedx-direct/bom.json",
        "**/build/reports/application.cdx.json",
        "sbom.cyclonedx.json",
        "dist/bom.json",
        "cyclonedx.json",
    ],
    spec: "CycloneDX 1.2-1.7, JSON, https://cyclonedx.org/docs/1.7/json/",
    producers: &["syft", "trivy", "cdxgen", "cyclonedx-npm", "cyclonedx-py", "cyclonedx-maven", "cargo-cyclonedx"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

/// The versions that have a JSON schema.
const VERSIONS: &[&str] = &["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"];

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    match shape.text("bomFormat") {
        Some("CycloneDX") => Confidence::Certain,
        Some(_) => Confidence::No,
        // Key order is free: `bomFormat` may stand behind a long list.
        None => Confidence::when(
            shape.text("$schema").is_some_and(|s| s.contains("cyclonedx.org/schema/bom"))
                || (shape.text("specVersion").is_some_and(|v| v.starts_with("1.")) && shape.has("serialNumber"))
                || shape.has_all(&["components[].bom-ref", "components[].type", "components[].name"]),
            Confidence::Likely,
        ),
    }
}

/// Members that are read where nothing is held against the schema; all others are skipped.
fn needed(name: &str) -> bool {
    // By length first: this is asked of every member of every component.
    match name.len() {
        2 => matches!(name, "id"),
        3 => matches!(name, "alg" | "cpe" | "ref" | "url"),
        4 => matches!(name, "name" | "purl" | "swid"),
        5 => matches!(name, "email" | "group" | "range" | "scope" | "score" | "state" | "swhid" | "tools"),
        6 => matches!(name, "detail" | "hashes" | "source" | "status" | "vector"),
        7 => matches!(
            name,
            "$schema" | "affects" | "authors" | "bom-ref" | "content" | "license" | "ratings" | "version"
        ),
        8 => matches!(
            name,
            "analysis" | "licenses" | "metadata" | "response" | "services" | "severity" | "supplier" | "versions"
        ),
        9 => matches!(name, "aggregate" | "bomFormat" | "component" | "publisher" | "timestamp"),
        10 => matches!(name, "assemblies" | "components" | "expression" | "references"),
        11 => matches!(name, "description" | "manufacture" | "specVersion"),
        12 => matches!(name, "compositions" | "dependencies" | "manufacturer"),
        13 => matches!(name, "justification"),
        15 => matches!(name, "vulnerabilities"),
        _ => false,
    }
}

fn needed_with_properties(name: &str) -> bool {
    needed(name) || matches!(name, "properties" | "value")
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let text = input.text()?;
    let has = |mark: &str| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some();
    // What names a commit is a property too.
    let stated = ["commit\"", "COMMIT\"", "revision\"", "REVISION\"", "sha\"", "SHA\""];
    let only: &dyn Fn(&str) -> bool =
        if has("\"cdx:") || stated.iter().any(|mark| has(mark)) { &needed_with_properties } else { &needed };
    let plan = Plan {
        by_element: |name| {
            matches!(
                name,
                "annotations" | "components" | "compositions" | "dependencies" | "services" | "vulnerabilities"
            )
        },
        only: (!input.validate).then_some(only),
        envelope: None,
    };
    let mut bom = Bom {
        inventory: Inventory { spec: Some("CycloneDX"), ..Inventory::default() },
        lines: Lines::new(text),
        by_ref: has("\"vulnerabilities\"").then(HashMap::new),
        check: input.validate.then(Check::default),
        ..Bom::default()
    };
    // The schema hangs on the version, which may stand at the end.
    if input.validate {
        bom.judged_by = version_of(text);
        bom.schema = bom.judged_by.and_then(schema::cyclonedx_json).map(schema::Document::new);
    }
    tree::read(text, &plan, &mut |piece| bom.take(&piece))?;
    bom.finish()
}

/// The document's `specVersion`, looked for before anything else is read.
fn version_of(text: &str) -> Option<&'static str> {
    #[derive(serde::Deserialize)]
    struct Version<'a> {
        #[serde(rename = "specVersion", borrow)]
        version: Option<std::borrow::Cow<'a, str>>,
    }
    // The usual place is within the first members; else one more reading that skips all the rest.
    let head = crate::scan::shape::of(text.as_bytes().get(..text.len().min(4_096))?)?;
    let stated = match head.text("specVersion") {
        // With escapes it has to be read properly.
        Some(v) if !v.contains('\\') => v.to_owned(),
        _ => serde_json::from_str::<Version<'_>>(text).ok()?.version?.into_owned(),
    };
    VERSIONS.iter().copied().find(|v| *v == stated)
}

/// What only a validation needs.
#[derive(Debug, Default)]
struct Check<'a> {
    problems: Problems,
    references: References<'a>,
    expressions: Expressions,
}

/// The document while it is read.
#[derive(Default)]
struct Bom<'a> {
    inventory: Inventory,
    tool: Option<String>,
    /// The commits that it says it was made of.
    commits: Vec<String>,
    notes: Vec<Note>,
    lines: Lines<'a>,
    format_seen: Option<String>,
    failed: Option<ParseError>,
    /// The components by bom-ref, where there are vulnerabilities to resolve.
    by_ref: Option<HashMap<String, usize>>,
    vulnerabilities: Vec<Vulnerability>,
    /// Whether the described product has a bom-ref of its own.
    described: bool,
    check: Option<Check<'a>>,
    schema: Option<schema::Document>,
    /// The version whose schema that is.
    judged_by: Option<&'static str>,
}

impl<'a> Bom<'a> {
    fn take(&mut self, piece: &Piece<'_, 'a>) {
        if let Some(check) = &mut self.check {
            check.piece(piece);
            if let Some(schema) = &mut self.schema {
                schema.piece(piece, &mut check.problems);
            }
        }
        let root = At::ROOT;
        match *piece {
            Piece::Item("components", index, value) => {
                let list = root.name("components");
                self.component(value, &list.index(index));
            }
            Piece::Item("vulnerabilities", index, value) => {
                let list = root.name("vulnerabilities");
                self.vulnerability(value, &list.index(index));
            }
            Piece::Item("compositions", _, value) => {
                let of = value.items_of("assemblies").chain(value.items_of("dependencies")).filter_map(Value::text);
                compositions::say(&mut self.inventory, value.text_of("aggregate").unwrap_or_default(), of);
            }
            Piece::End("dependencies", count) => self.inventory.document.relationships = count > 0,
            Piece::Member("bomFormat", value) => {
                self.format_seen = Some(value.text().unwrap_or("another type").to_owned())
            }
            Piece::Member("specVersion", value) => self.inventory.spec_version = value.text().map(str::to_owned),
            Piece::Member("metadata", value) => self.metadata(value),
            Piece::Member("components", value) if !value.is_null() => {
                self.failed = Some(ParseError::malformed("an array of components").in_path("$.components"));
            }
            _ => {}
        }
    }

    fn component(&mut self, value: Value<'_, 'a>, at: &At<'_>) {
        if !value.is_object() {
            note(&mut self.notes, || "a component that is no object, passed over".into(), at);
            return;
        }
        if let Some(limit) = too_many(&self.inventory) {
            self.failed = Some(limit);
            return;
        }
        // One pass over the members: there are many components.
        let (mut name, mut group, mut version, mut purl) = (None, None, None, None);
        let (mut supplier, mut maker, mut publisher) = (None, None, None);
        let (mut licenses, mut nested, mut id, mut has_id) = (Vec::new(), None, None, false);
        for (member, inner) in value.members().filter(|(_, v)| !v.is_null()) {
            let slot = match member {
                "name" => &mut name,
                "group" => &mut group,
                "version" => &mut version,
                "purl" => &mut purl,
                "publisher" => &mut publisher,
                "bom-ref" => &mut id,
                "cpe" => {
                    has_id |= inner.text().is_some_and(|c| !c.is_empty());
                    continue;
                }
                "swid" => {
                    has_id = true;
                    continue;
                }
                "supplier" => {
                    supplier = stated(inner.text_of("name"));
                    continue;
                }
                "manufacturer" => {
                    maker = stated(inner.text_of("name"));
                    continue;
                }
                "licenses" => {
                    licenses = self.licenses(inner, at);
                    continue;
                }
                "components" => {
                    nested = Some(inner);
                    continue;
                }
                _ => continue,
            };
            *slot = inner.text();
            if slot.is_none() {
                note(&mut self.notes, || "a value of another type than text, passed over".into(), &at.name(member));
            }
        }
        let name = name.unwrap_or_default();
        let purl = purl.filter(|p| !p.is_empty());
        let component = Component {
            name: match group.filter(|g| !g.is_empty()) {
                Some(group) => format!("{group}/{name}").into(),
                None => name.into(),
            },
            version: stated(version).map(Into::into),
            purl: purl.map(Into::into),
            licenses,
            supplier: supplier.or(maker).or(stated(publisher)).map(Into::into),
            has_id: has_id || purl.is_some(),
            scope: scope(value).map(Into::into),
            line: self.lines.of(name),
        };
        if let (Some(by_ref), Some(id)) = (&mut self.by_ref, id) {
            by_ref.insert(id.to_owned(), self.inventory.components.len());
        }
        self.inventory.components.push(component);
        let list = at.name("components");
        for (index, nested) in nested.into_iter().flat_map(Value::items).enumerate() {
            self.component(nested, &list.index(index));
        }
    }

    fn licenses(&mut self, list: Value<'_, 'a>, at: &At<'_>) -> Vec<License> {
        let at = at.name("licenses");
        if !list.is_array() {
            note(&mut self.notes, || "licenses that are no array, passed over".into(), &at);
        }
        let mut out = Vec::new();
        for entry in list.items() {
            let license = entry.get("license");
            if let Some(expression) = entry.text_of("expression") {
                out.push(License::expression(expression));
            } else if let Some(id) = license.and_then(|l| l.text_of("id")) {
                out.push(License::expression(id));
            } else if let Some(name) = license.and_then(|l| l.text_of("name")) {
                out.push(License::name(name));
            } else {
                note(&mut self.notes, || "a licence without expression, id or name, passed over".into(), &at);
            }
        }
        out
    }

    fn metadata(&mut self, value: Value<'_, 'a>) {
        let product = value.get("component");
        for property in value.items_of("properties").chain(product.into_iter().flat_map(|p| p.items_of("properties"))) {
            if property.text_of("name").is_some_and(names_commit) {
                self.commits.extend(property.text_of("value").map(str::to_owned));
            }
        }
        let created = value.text_of("timestamp");
        self.inventory.created = created.map(str::to_owned);
        if let Some(product) = value.get("component") {
            self.described = true;
            let text = |field| product.text_of(field).filter(|t| !t.is_empty());
            let name = text("name").unwrap_or_default();
            let mut subject = Subject {
                name: text("group").map_or_else(|| name.into(), |group| format!("{group}/{name}").into()),
                version: stated(product.text_of("version")).map(Into::into),
                purl: text("purl").map(Into::into),
                digests: Vec::new(),
            };
            for hash in product.items_of("hashes") {
                subject
                    .add_digest(hash.text_of("alg").unwrap_or_default(), hash.text_of("content").unwrap_or_default());
            }
            self.inventory.subject = Some(Box::new(subject));
        }
        let tools = value.get("tools");
        let mut names = tools.into_iter().flat_map(|t| {
            t.items().chain(t.items_of("components")).chain(t.items_of("services")).filter_map(|t| t.text_of("name"))
        });
        self.tool = names.next().map(str::to_ascii_lowercase);
        self.inventory.document.timestamp = created.is_some_and(|t| !t.is_empty());
        let named = |who: Value<'_, 'a>| ["name", "email"].iter().any(|field| stated(who.text_of(field)).is_some());
        self.inventory.document.author = self.tool.as_deref().is_some_and(|tool| stated(Some(tool)).is_some())
            || value.items_of("authors").any(named)
            || ["manufacturer", "manufacture"].iter().filter_map(|field| value.get(field)).any(named);
    }

    /// A vulnerability is a finding; one with an analysis is a VEX statement as well.
    fn vulnerability(&mut self, value: Value<'_, 'a>, at: &At<'_>) {
        let mut found = Vulnerability {
            id: value.text_of("id").unwrap_or_default().to_owned(),
            url: value.get("source").and_then(|s| s.text_of("url")).unwrap_or_default().to_owned(),
            aliases: value.items_of("references").filter_map(|r| r.text_of("id")).map(str::to_owned).collect(),
            affects: value.items_of("affects").filter_map(|a| a.text_of("ref")).map(str::to_owned).collect(),
            ..Vulnerability::default()
        };
        found.describe(value.text_of("description").or(value.text_of("detail")).unwrap_or_default());
        for rating in value.items_of("ratings") {
            found.rate(rating.text_of("severity"), rating.get("score").and_then(Value::number));
            found.vector(rating.text_of("vector").unwrap_or_default());
        }
        let statement = self.statement(value, at);
        found.analysis = statement.as_ref().map(|s| (s.status, s.reason.clone()));
        self.inventory.statements.extend(statement);
        self.vulnerabilities.push(found);
    }

    fn statement(&mut self, value: Value<'_, 'a>, at: &At<'_>) -> Option<Statement> {
        let analysis = value.get("analysis")?;
        let state = analysis.text_of("state")?;
        let Some(status) = vulnerabilities::status_of(state) else {
            note(&mut self.notes, || format!("an analysis state of no known kind: {}", quote(state.as_bytes())), at);
            return None;
        };
        let clears = matches!(status, VexStatus::NotAffected | VexStatus::Fixed);
        let reason = ["justification", "detail"].iter().filter_map(|f| analysis.text_of(f)).collect::<Vec<_>>();
        Some(Statement {
            vulnerability: value.text_of("id").unwrap_or_default().to_owned(),
            aliases: value.items_of("references").filter_map(|r| r.text_of("id")).map(str::to_owned).collect(),
            products: value
                .items_of("affects")
                .filter_map(|a| {
                    let id = a.text_of("ref")?;
                    // Of listed versions those are cleared that are called unaffected; the default is `affected`.
                    let versions = a.get("versions").filter(|_| clears).map(|versions| {
                        let unaffected = versions.items().filter(|v| v.text_of("status") == Some("unaffected"));
                        unaffected
                            .filter_map(|v| v.text_of("version").or(v.text_of("range")))
                            .map(str::to_owned)
                            .collect()
                    });
                    Some(Product { versions, ..Product::new(id) })
                })
                .collect(),
            status,
            stated: None,
            reason: reason.join(": "),
        })
    }

    fn finish(mut self) -> Result<Parsed, ParseError> {
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        match self.format_seen.as_deref() {
            Some("CycloneDX") => {}
            None if self.inventory.spec_version.is_some() => {
                self.notes.push(Note::new("bomFormat is missing"));
            }
            found => {
                let error = ParseError::malformed("\"CycloneDX\"").in_path("$.bomFormat");
                return Err(match found {
                    Some(found) => error.found(found),
                    None => error.found_words("no such member"),
                });
            }
        }
        let version = self.inventory.spec_version.as_deref().unwrap_or_default();
        if !VERSIONS.contains(&version) {
            return Err(ParseError::new(
                ErrorCode::UnsupportedVersion,
                "a CycloneDX JSON version other than 1.2 to 1.7",
            )
            .in_path("$.specVersion")
            .found(version));
        }
        if let Some(mut check) = self.check {
            let by_schema = self.schema.is_some() && self.judged_by == self.inventory.spec_version.as_deref();
            if let Some(schema) = self.schema {
                schema.end(&mut check.problems);
            }
            check.references.settle(&mut check.problems);
            check.problems.settle(&mut self.inventory, &mut self.notes);
            // What was not held against its own schema is not known to be valid.
            self.inventory.valid = self.inventory.valid.filter(|valid| by_schema || !valid);
        }
        if let Some(by_ref) = &self.by_ref {
            let Inventory { statements, components, .. } = &mut self.inventory;
            for product in statements.iter_mut().flat_map(|s| &mut s.products) {
                let component = by_ref.get(&product.id).and_then(|at| components.get(*at));
                if let Some((purl, c)) = component.and_then(|c| Some((c.purl.as_deref()?, c))) {
                    product.id = with_version(purl, c.version.as_deref().unwrap_or_default());
                }
            }
            let (all, tool) = (self.vulnerabilities, self.tool.as_deref());
            self.inventory.findings =
                vulnerabilities::findings(all, &self.inventory.components, by_ref, tool, &mut self.notes);
        }
        // One product without parts has nothing that it could depend on.
        self.inventory.document.relationships |= self.described && self.inventory.components.is_empty();
        let created = self.inventory.created.as_deref().and_then(seconds);
        let parsed = Parsed::new(Data::Inventory(self.inventory), Some(true));
        let mut parsed = parsed.of_commits(self.commits.iter().map(String::as_str));
        parsed.tool = self.tool;
        parsed.notes = self.notes;
        parsed.created = created;
        Ok(parsed)
    }
}

impl Default for Lines<'_> {
    fn default() -> Self {
        Lines::new("")
    }
}

/// Where a component is used: its `scope`, or what npm and composer write into properties.
fn scope(component: Value<'_, '_>) -> Option<&'static str> {
    let is_dev = component.items_of("properties").any(|p| {
        matches!(p.text_of("name"), Some("cdx:npm:package:development" | "cdx:composer:package:isDevRequirement"))
            && p.text_of("value") == Some("true")
    });
    if is_dev {
        return Some("dev");
    }
    match component.text_of("scope")? {
        "required" => Some("runtime"),
        "optional" => Some("optional"),
        "excluded" => Some("excluded"),
        _ => None,
    }
}

impl<'a> Check<'a> {
    fn piece(&mut self, piece: &Piece<'_, 'a>) {
        let root = At::ROOT;
        match *piece {
            Piece::Member(name, value) => self.walk(value, &root.name(name)),
            Piece::Item(name, index, value) => {
                let list = root.name(name);
                self.walk(value, &list.index(index));
                self.refer(name, index, value);
            }
            Piece::End(..) => {}
        }
    }

    /// Ids and expressions, wherever they stand.
    fn walk(&mut self, value: Value<'_, 'a>, at: &At<'_>) {
        for (index, item) in value.items().enumerate() {
            if item.is_object() || item.is_array() {
                self.walk(item, &at.index(index));
            }
        }
        for (name, member) in value.members() {
            match name {
                "bom-ref" => {
                    if let Some(id) = member.cow()
                        && !self.references.define(id)
                    {
                        self.problems.at(&at.name(name), || {
                            format!("the bom-ref {} a second time", quote(member.text().unwrap_or_default().as_bytes()))
                        });
                    }
                }
                "licenses" => {
                    let list = at.name(name);
                    for (index, license) in member.items().enumerate() {
                        if let Some(text) = license.text_of("expression")
                            && !self.expressions.hold(text)
                        {
                            let at = list.index(index);
                            self.problems.at(&at.name("expression"), || {
                                format!("{} is no SPDX licence expression", quote(text.as_bytes()))
                            });
                        }
                    }
                    self.walk(member, &list);
                }
                _ if member.is_object() || member.is_array() => self.walk(member, &at.name(name)),
                _ => {}
            }
        }
    }

    fn refer(&mut self, list: &str, index: usize, value: Value<'_, 'a>) {
        let mut refer = |list: &'static str, field: &'static str, position: Option<usize>, target: Value<'_, 'a>| {
            if let Some(to) = target.cow()
                && !to.starts_with("urn:cdx:")
            {
                self.references.refer(to, list, index, field, position);
            }
        };
        match list {
            "dependencies" => {
                if let Some(target) = value.get("ref") {
                    refer("dependencies", "ref", None, target);
                }
                for field in ["dependsOn", "provides"] {
                    for (n, target) in value.items_of(field).enumerate() {
                        refer("dependencies", field, Some(n), target);
                    }
                }
            }
            "compositions" => {
                for field in ["assemblies", "dependencies", "vulnerabilities"] {
                    for (n, target) in value.items_of(field).enumerate() {
                        refer("compositions", field, Some(n), target);
                    }
                }
            }
            "vulnerabilities" => {
                for (n, affected) in value.items_of("affects").enumerate() {
                    if let Some(target) = affected.get("ref") {
                        refer("vulnerabilities", "affects", Some(n), target);
                    }
                }
            }
            _ => {}
        }
    }
}
