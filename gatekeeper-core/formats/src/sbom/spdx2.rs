//! SPDX 2 as all its serialisations share it: the document's data model, what it says of packages, and the rules that no schema holds.
//!
//! Specification: SPDX v2.2.2 and v2.3, <https://spdx.github.io/spdx-spec/v2.3/>. The JSON, YAML and XML serialisations have the
//! same members; tag-value and RDF are brought into that form. Older spdx-tools and ScanCode write packages inside `documentDescribes`: they
//! are packages all the same.

use super::checks::{At, Expressions, Lines, Problems, References, note, says_none, seconds, stated, too_many};
use super::schema::formats::{is_date_time, is_uri};
use super::tree::{Node, Piece, Tree, Value};
use crate::format::Parsed;
use gatekeeper_evidence::error::{ErrorCode, ParseError, quote};
use gatekeeper_evidence::inventory::{Component, Inventory, License, Subject};
use gatekeeper_evidence::{Data, Note};
use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Root members whose arrays come element by element.
pub(super) fn by_element(name: &str) -> bool {
    matches!(
        name,
        "packages" | "files" | "snippets" | "relationships" | "hasExtractedLicensingInfos" | "documentDescribes"
    )
}

/// Members that are read where nothing is held against the schema.
pub(super) fn needed(name: &str) -> bool {
    // By length first: this is asked of every member of every component.
    match name.len() {
        4 => matches!(name, "name"),
        6 => matches!(name, "SPDXID"),
        7 => matches!(name, "Package" | "created"),
        8 => matches!(name, "creators" | "hasFiles" | "packages" | "supplier"),
        9 => matches!(name, "algorithm" | "checksums"),
        11 => matches!(name, "spdxVersion" | "versionInfo"),
        12 => matches!(name, "creationInfo" | "externalRefs"),
        13 => matches!(name, "checksumValue" | "referenceType" | "relationships" | "spdxElementId"),
        15 => matches!(name, "licenseDeclared"),
        16 => matches!(name, "licenseConcluded" | "referenceLocator" | "relationshipType"),
        17 => matches!(name, "documentDescribes" | "referenceCategory"),
        18 => matches!(name, "relatedSpdxElement"),
        _ => false,
    }
}

/// What only a validation needs.
#[derive(Debug, Default)]
pub(super) struct Check<'a> {
    pub(super) problems: Problems,
    references: References<'a>,
    expressions: Expressions,
    /// Other documents that this one declares (`DocumentRef-…`).
    documents: Vec<String>,
    /// References to other documents: target, list, index, member.
    foreign: Vec<(String, &'static str, usize, &'static str)>,
    /// Licences of other documents: the document, and where it is named.
    others: Vec<(String, String)>,
}

/// The document while it is read.
#[derive(Default)]
pub(super) struct Spdx<'a> {
    pub(super) inventory: Inventory,
    pub(super) notes: Vec<Note>,
    pub(super) check: Option<Check<'a>>,
    tool: Option<String>,
    lines: Lines<'a>,
    failed: Option<ParseError>,
    /// The version as stated, `SPDX-2.3`.
    version: Option<String>,
    describes: bool,
    depends: bool,
    /// Digest of each package's SPDX id, for scopes.
    ids: Vec<u64>,
    /// Packages that the document describes.
    described: Vec<u64>,
    checksums: Checksums,
    /// Packages with a scope that a relationship tells.
    scopes: Vec<(u64, &'static str)>,
}

/// The checksums of all packages: of one alone they are wanted, and which one that is stands behind most of them.
#[derive(Default)]
struct Checksums {
    /// One behind the other: algorithm, value.
    text: String,
    /// Package, where its algorithm ends, where its value ends.
    ends: Vec<(usize, usize, usize)>,
}

impl Checksums {
    /// Most that is kept, bytes.
    const MOST: usize = 32 << 20;

    fn add(&mut self, package: usize, algorithm: &str, value: &str) {
        if !value.is_empty() && self.text.len() + algorithm.len() + value.len() <= Self::MOST {
            self.text.push_str(algorithm);
            let algorithm = self.text.len();
            self.text.push_str(value);
            self.ends.push((package, algorithm, self.text.len()));
        }
    }

    /// Algorithm and value of each checksum of a package.
    fn of(&self, package: usize) -> impl Iterator<Item = (&str, &str)> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(_, _, end)| *end));
        let own = starts.zip(&self.ends).filter(move |(_, (p, ..))| *p == package);
        own.filter_map(|(start, (_, algorithm, end))| {
            Some((self.text.get(start..*algorithm)?, self.text.get(*algorithm..*end)?))
        })
    }
}

impl<'a> Spdx<'a> {
    /// A document whose texts borrow from `text`; held against the rules or not.
    pub(super) fn new(text: &'a str, validate: bool) -> Self {
        Spdx {
            inventory: Inventory { spec: Some("SPDX"), ..Inventory::default() },
            check: validate.then(Check::default),
            lines: Lines::new(text),
            ..Spdx::default()
        }
    }

    /// Takes a piece of the document in its JSON form.
    pub(super) fn take(&mut self, piece: &Piece<'_, 'a>) {
        let root = At::ROOT;
        match *piece {
            Piece::Item(list @ ("packages" | "files" | "snippets"), index, value) => {
                let list = ["packages", "files", "snippets"].into_iter().find(|l| *l == list).unwrap_or_default();
                let at_list = root.name(list);
                let at = at_list.index(index);
                if list == "packages" {
                    self.package(value, &at);
                }
                self.element(list, index, value, &at);
            }
            Piece::Item("relationships", index, value) => self.relationship(value, index),
            Piece::Item("documentDescribes", index, value) => {
                self.describes = true;
                self.described.extend(value.text().map(digest));
                if let (Some(check), Some(to)) = (&mut self.check, value.cow()) {
                    check.refer(to, "documentDescribes", index, "");
                }
                self.described(value, index);
            }
            Piece::Item("hasExtractedLicensingInfos", index, value) => self.extracted(value, index),
            Piece::Member("packages", value) if !value.is_null() => {
                self.failed = Some(ParseError::malformed("an array of packages").in_path("$.packages"));
            }
            Piece::Member("spdxVersion", value) => self.version = value.text().map(str::to_owned),
            Piece::Member("creationInfo", value) => self.creation(value),
            Piece::Member(name, value) => self.member(name, value),
            Piece::Item(..) | Piece::End(..) => {}
        }
    }

    /// Older tools (spdx-tools, ScanCode) write the packages themselves here: `{"Package": {…}}`.
    fn described(&mut self, value: Value<'_, 'a>, index: usize) {
        let Some(inside) = value.get("Package") else { return };
        let root = At::ROOT;
        let list = root.name("documentDescribes");
        let at = list.index(index);
        for package in std::iter::once(inside).filter(|p| !p.is_array()).chain(inside.items()) {
            self.package(package, &at.name("Package"));
            self.element("documentDescribes", index, package, &at.name("Package"));
        }
    }

    fn member(&mut self, name: &str, value: Value<'_, 'a>) {
        let Some(check) = &mut self.check else { return };
        let root = At::ROOT;
        let at = root.name(name);
        match (name, value.text()) {
            ("dataLicense", Some(text)) if text != "CC0-1.0" => {
                check.problems.at(&at, || format!("expected CC0-1.0, found {}", quote(text.as_bytes())));
            }
            ("documentNamespace", Some(text)) if text.contains('#') || !is_uri(text) => {
                check.problems.at(&at, || format!("{} is no URI without '#'", quote(text.as_bytes())));
            }
            ("SPDXID", Some(text)) => {
                if text != "SPDXRef-DOCUMENT" {
                    check.problems.at(&at, || format!("expected SPDXRef-DOCUMENT, found {}", quote(text.as_bytes())));
                }
                check.define(value, &at);
            }
            ("externalDocumentRefs", _) => {
                for document in value.items() {
                    check.documents.extend(document.text_of("externalDocumentId").map(str::to_owned));
                }
            }
            _ => {}
        }
    }

    fn creation(&mut self, value: Value<'_, 'a>) {
        let created = value.text_of("created");
        self.inventory.created = created.map(str::to_owned);
        self.inventory.document.timestamp = created.is_some_and(|c| !c.is_empty());
        for creator in value.items_of("creators").filter_map(Value::text) {
            self.inventory.document.author |= behind_kind(creator).is_some();
            if let Some(tool) = creator.strip_prefix("Tool:")
                && self.tool.is_none()
            {
                self.tool = tool_name(tool);
            }
        }
        if let (Some(check), Some(created)) = (&mut self.check, created)
            // Fractions of seconds are written by trivy and npm, and let pass by the schema.
            && !is_date_time(created)
        {
            let root = At::ROOT;
            let info = root.name("creationInfo");
            check.problems.at(&info.name("created"), || {
                format!("{} is no time of the form YYYY-MM-DDThh:mm:ssZ", quote(created.as_bytes()))
            });
        }
    }

    fn package(&mut self, value: Value<'_, 'a>, at: &At<'_>) {
        if !value.is_object() {
            note(&mut self.notes, || "a package that is no object, passed over".into(), at);
            return;
        }
        if let Some(limit) = too_many(&self.inventory) {
            self.failed = Some(limit);
            return;
        }
        // One pass over the members: there are many packages.
        let (mut name, mut version, mut id, mut supplier) = (None, None, None, None);
        let (mut concluded, mut declared, mut purl) = (None, None, None);
        let mut sums = None;
        for (member, inner) in value.members().filter(|(_, v)| !v.is_null()) {
            let slot = match member {
                "name" => &mut name,
                "versionInfo" => &mut version,
                "SPDXID" => &mut id,
                "supplier" => &mut supplier,
                "licenseConcluded" => &mut concluded,
                "licenseDeclared" => &mut declared,
                "checksums" => {
                    sums = Some(inner);
                    continue;
                }
                "externalRefs" => {
                    purl = inner
                        .items()
                        .find(|r| r.text_of("referenceType").is_some_and(is_purl))
                        .and_then(|r| r.text_of("referenceLocator"));
                    continue;
                }
                _ => continue,
            };
            *slot = inner.text();
            if slot.is_none() {
                note(&mut self.notes, || "a value of another type than text, passed over".into(), &at.name(member));
            }
        }
        let mut licenses: Vec<License> = Vec::new();
        for text in [concluded, declared].into_iter().filter_map(stated) {
            if !licenses.iter().any(|l| *l.text == *text) {
                licenses.push(License::expression(text));
            }
        }
        let (name, id) = (name.unwrap_or_default(), id.unwrap_or_default());
        self.ids.push(digest(id));
        // Only the described package's are wanted, and which that is may stand behind it.
        for sum in sums.iter().flat_map(|sums| sums.items()) {
            let text = |field| sum.text_of(field).unwrap_or_default();
            self.checksums.add(self.inventory.components.len(), text("algorithm"), text("checksumValue"));
        }
        // "Organization: X", "Person: Y (mail)": the words before the colon say of what kind it is.
        let supplier = supplier.and_then(behind_kind);
        self.inventory.components.push(Component {
            name: name.into(),
            version: stated(version).map(Into::into),
            purl: purl.map(Into::into),
            licenses,
            supplier: supplier.map(Into::into),
            has_id: purl.is_some() || !id.is_empty(),
            scope: None,
            line: self.lines.of(name),
        });
    }

    /// Ids, licences and references of packages, files and snippets.
    fn element(&mut self, list: &'static str, index: usize, value: Value<'_, 'a>, at: &At<'_>) {
        let Some(check) = &mut self.check else { return };
        if let Some(id) = value.get("SPDXID") {
            check.define(id, &at.name("SPDXID"));
        }
        for field in ["licenseConcluded", "licenseDeclared"] {
            check.expression(value.get(field), &at.name(field));
        }
        for field in ["licenseInfoFromFiles", "licenseInfoInFiles", "licenseInfoInSnippets"] {
            let list = at.name(field);
            for (n, license) in value.items_of(field).enumerate() {
                check.expression(Some(license), &list.index(n));
            }
        }
        for target in value.items_of("hasFiles").filter_map(Value::cow) {
            check.refer(target, list, index, "hasFiles");
        }
        if let Some(target) = value.get("snippetFromFile").and_then(Value::cow) {
            check.refer(target, list, index, "snippetFromFile");
        }
    }

    /// What an annotation is of, where that is a reference (tag-value).
    pub(super) fn annotates(&mut self, of: Cow<'a, str>, index: usize) {
        if let Some(check) = &mut self.check {
            check.refer(of, "annotations", index, "");
        }
    }

    fn extracted(&mut self, value: Value<'_, 'a>, index: usize) {
        let Some(check) = &mut self.check else { return };
        let root = At::ROOT;
        let list = root.name("hasExtractedLicensingInfos");
        let at = list.index(index);
        if let Some(id) = value.get("licenseId") {
            let at = at.name("licenseId");
            let text = id.text().unwrap_or_default();
            if !text.strip_prefix("LicenseRef-").is_some_and(is_idstring) {
                check.problems.at(&at, || format!("{} is no LicenseRef-…", quote(text.as_bytes())));
            } else if let Some(id) = id.cow()
                && !check.references.define(id)
            {
                check.problems.at(&at, || format!("the id {} a second time", quote(text.as_bytes())));
            }
        }
    }

    fn relationship(&mut self, value: Value<'_, 'a>, index: usize) {
        let kind = value.text_of("relationshipType").unwrap_or_default();
        let (from, to) = (value.get("spdxElementId"), value.get("relatedSpdxElement"));
        let text = |v: Option<Value<'_, 'a>>| v.and_then(Value::cow);
        // That nothing is said of it says nothing; `NONE` says that there is none.
        let silent = [from, to].into_iter().flatten().filter_map(Value::text).any(|t| t == "NOASSERTION");
        match kind {
            _ if silent => {}
            "DESCRIBES" | "DESCRIBED_BY" => {
                self.describes = true;
                let described = if kind == "DESCRIBES" { to } else { from };
                self.described.extend(described.and_then(Value::text).map(digest));
            }
            "CONTAINS" | "CONTAINED_BY" | "DEPENDS_ON" | "DEPENDENCY_OF" | "DYNAMIC_LINK" | "STATIC_LINK" => {
                self.depends = true;
            }
            _ if kind.ends_with("DEPENDENCY_OF") => self.depends = true,
            _ => {}
        }
        let scope = match kind {
            "DEV_DEPENDENCY_OF" | "DEV_TOOL_OF" | "TEST_DEPENDENCY_OF" | "BUILD_DEPENDENCY_OF" => Some("dev"),
            "OPTIONAL_DEPENDENCY_OF" => Some("optional"),
            "RUNTIME_DEPENDENCY_OF" => Some("runtime"),
            _ => None,
        };
        if let (Some(scope), Some(from)) = (scope, from.and_then(Value::text)) {
            self.scopes.push((digest(from), scope));
        }
        if let Some(check) = &mut self.check {
            if let Some(from) = text(from) {
                check.refer(from, "relationships", index, "spdxElementId");
            }
            if let Some(to) = text(to) {
                check.refer(to, "relationships", index, "relatedSpdxElement");
            }
        }
    }

    /// The answer, once everything was taken.
    pub(super) fn finish(mut self) -> Result<Parsed, ParseError> {
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        let version = self.version.as_deref().unwrap_or_default();
        let Some(number) = version.strip_prefix("SPDX-") else {
            let error = ParseError::malformed("a version, SPDX-2.2 or SPDX-2.3").in_path("$.spdxVersion");
            return Err(match &self.version {
                Some(found) => error.found(found),
                None => error.found_words("none"),
            });
        };
        if !number.starts_with("2.") {
            return Err(ParseError::new(ErrorCode::UnsupportedVersion, "an SPDX version other than 2.x")
                .in_path("$.spdxVersion")
                .found(version));
        }
        self.inventory.spec_version = Some(number.to_owned());
        let root = self.described.iter().find_map(|id| self.ids.iter().position(|i| i == id));
        if let Some((at, component)) = root.and_then(|at| Some((at, self.inventory.components.get(at)?))) {
            let mut subject = Subject {
                name: component.name.clone(),
                version: component.version.clone(),
                purl: component.purl.clone(),
                ..Subject::default()
            };
            self.checksums.of(at).for_each(|(algorithm, value)| subject.add_digest(algorithm, value));
            self.inventory.subject = Some(Box::new(subject));
        }
        // One described package has nothing that it could depend on.
        let alone = self.inventory.components.len() == 1;
        self.inventory.document.relationships = self.describes && (self.depends || alone);
        if !self.scopes.is_empty() {
            let by_id: HashMap<u64, usize> = self.ids.iter().enumerate().map(|(n, id)| (*id, n)).collect();
            for (id, scope) in &self.scopes {
                if let Some(component) = by_id.get(id).and_then(|n| self.inventory.components.get_mut(*n)) {
                    // Needed at run time somewhere is needed at run time.
                    if component.scope.as_deref() != Some("runtime") {
                        component.scope = Some((*scope).into());
                    }
                }
            }
        }
        if let Some(check) = self.check {
            check.settle().settle(&mut self.inventory, &mut self.notes);
        }
        let created = self.inventory.created.as_deref().and_then(seconds);
        let mut parsed = Parsed::new(Data::Inventory(self.inventory), Some(true));
        parsed.tool = self.tool;
        parsed.notes = self.notes;
        parsed.created = created;
        Ok(parsed)
    }
}

impl<'a> Check<'a> {
    fn define(&mut self, id: Value<'_, 'a>, at: &At<'_>) {
        let Some(text) = id.cow() else { return };
        if !text.strip_prefix("SPDXRef-").is_some_and(is_idstring) {
            self.problems
                .at(at, || format!("{} is not SPDXRef- and letters, digits, '.', '-'", quote(text.as_bytes())));
        }
        if !self.references.define(text) {
            self.problems
                .at(at, || format!("the SPDXID {} a second time", quote(id.text().unwrap_or_default().as_bytes())));
        }
    }

    fn refer(&mut self, to: Cow<'a, str>, list: &'static str, index: usize, field: &'static str) {
        if matches!(&*to, "NOASSERTION" | "NONE") {
            return;
        }
        if to.starts_with("DocumentRef-") {
            let document = to.split(':').next().unwrap_or_default();
            if self.foreign.len() < 1_000 {
                self.foreign.push((document.to_owned(), list, index, field));
            }
            return;
        }
        self.references.refer(to, list, index, field, None);
    }

    fn expression(&mut self, value: Option<Value<'_, 'a>>, at: &At<'_>) {
        // An empty text is no licence: the schema lets it pass, and so do the specification's own tools.
        if let Some(text) = value.and_then(Value::text)
            && !text.is_empty()
            && !self.expressions.hold(text)
        {
            self.problems.at(at, || format!("{} is no SPDX licence expression", quote(text.as_bytes())));
        }
        if let Some(text) = value.and_then(Value::text).filter(|t| t.contains("LicenseRef-")) {
            self.custom_licenses(text, at);
        }
    }

    /// Licences that are on no list: each is declared, here or in the document that it names (clause 10, annex D).
    fn custom_licenses(&mut self, text: &str, at: &At<'_>) {
        for word in words(text) {
            // What RDF leaves open is named so by its reader.
            if word == "LicenseRef-unresolved" {
                continue;
            }
            if word.starts_with("LicenseRef-") {
                self.references.refer_at(Cow::Owned(word.to_owned()), || at.to_string());
            } else if let Some((document, _)) = word.split_once(":LicenseRef-")
                && !self.documents.iter().any(|d| d == document)
                && self.others.len() < 1_000
            {
                // Where other documents are declared may still follow.
                self.others.push((document.to_owned(), at.to_string()));
            }
        }
    }

    fn settle(mut self) -> Problems {
        self.references.settle(&mut self.problems);
        for (document, place) in self.others.iter().filter(|(d, _)| !self.documents.contains(d)) {
            let words =
                || format!("a licence of {}, which externalDocumentRefs does not declare", quote(document.as_bytes()));
            self.problems.add(|| gatekeeper_evidence::location::Location::path(place.clone()), words);
        }
        for (document, list, index, field) in self.foreign {
            if !self.documents.contains(&document) {
                self.problems.at(&At::ROOT.name(list).index(index).name(field), || {
                    format!(
                        "a reference to {}, which externalDocumentRefs does not declare",
                        quote(document.as_bytes())
                    )
                });
            }
        }
        self.problems
    }
}

/// An object of texts.
pub(super) fn from_fields<'a>(fields: &[(&'static str, String)]) -> Tree<'a> {
    let mut tree = Tree::default();
    let at = tree.open();
    for (name, text) in fields {
        tree.push(Node::Text((*name).into()));
        tree.push(Node::Text(text.clone().into()));
    }
    tree.close(at, true);
    tree
}

/// Hands the members of a whole document over as they would come from JSON.
pub(super) fn feed<'a>(root: Value<'_, 'a>, take: &mut dyn FnMut(&Piece<'_, 'a>)) {
    for (name, member) in root.members() {
        if by_element(name) && member.is_array() {
            let mut count = 0;
            for (index, item) in member.items().enumerate() {
                take(&Piece::Item(name, index, item));
                count = index + 1;
            }
            take(&Piece::End(name, count));
        } else {
            take(&Piece::Member(name, member));
        }
    }
}

/// `purl`, also written out as older tools do: `http://spdx.org/rdf/references/purl`.
fn is_purl(kind: &str) -> bool {
    kind == "purl" || kind.strip_suffix("/purl").is_some_and(|k| k.ends_with("spdx.org/rdf/references"))
}

/// What stands behind "Organization:", "Person:" or "Tool:", where that says anything.
fn behind_kind(text: &str) -> Option<&str> {
    let name = ["Organization:", "Person:", "Tool:"].iter().find_map(|kind| text.trim().strip_prefix(kind));
    stated(Some(name.unwrap_or(text)))
}

/// Letters, digits, `.` and `-`.
fn is_idstring(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
}

/// `syft-1.2.3` → `syft`; `trivy` → `trivy`; `npm/cli-10.8.2` → `npm/cli`.
/// The identifiers in a licence expression.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':')))
}

pub(super) fn tool_name(creator: &str) -> Option<String> {
    let name = creator.trim();
    let end = name.match_indices(['-', ' ', '@', '/']).find(|(at, _)| {
        let rest = name.get(at + 1..).unwrap_or_default();
        let rest = rest.strip_prefix('v').unwrap_or(rest);
        rest.starts_with(|c: char| c.is_ascii_digit())
    });
    let name = end.and_then(|(at, _)| name.get(..at)).unwrap_or(name).trim();
    (!name.is_empty() && !says_none(name)).then(|| name.to_ascii_lowercase())
}

fn digest(text: &str) -> u64 {
    let mut h = DefaultHasher::new();
    text.hash(&mut h);
    h.finish()
}
