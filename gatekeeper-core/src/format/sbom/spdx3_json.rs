//! SPDX 3 in JSON-LD: `@context` of spdx.org, elements in `@graph`.
//!
//! Specification: SPDX v3.0.1, <https://spdx.github.io/spdx-spec/v3.0.1/>, serialisation <https://spdx.org/rdf/3.0.1/spdx-json-schema.json>.
//! Producers: the specification's own tools, Yocto (5.1 and later), sbom-tool, BlueChi, trivy plug-ins.
//!
//! Components are the elements of type `software_Package` (AI and dataset packages are such). Licences come through relationships
//! `hasDeclaredLicense` and `hasConcludedLicense`. Valid means: the schema of the context's version, ids unique, relationships, collections
//! and root elements that lead to elements, to what `import` declares or to the specification's own individuals, and licence expressions
//! that parse. A document without a `CreationInfo` is refused: nothing says which version it is.

use super::checks::{At, Expressions, Lines, Problems, References, note, seconds, stated};
use super::schema::{self, Schemas};
use super::tree::{self, Node, Piece, Plan, Tree, Value};
use crate::error::{ErrorCode, ParseError, quote};
use crate::evidence::inventory::{Component, Inventory, License};
use crate::evidence::{Data, Kind, Note};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use std::collections::{BTreeMap, HashMap};

pub(super) static FORMAT: Format = Format {
    id: "spdx3-json",
    title: "SPDX 3 SBOM (JSON-LD)",
    kind: Kind::Inventory,
    extensions: &["json", "jsonld"],
    places: &["*.spdx3.json", "_manifest/spdx_3.0/manifest.spdx.json"],
    spec: "SPDX 3.0.1, JSON-LD, https://spdx.github.io/spdx-spec/v3.0.1/",
    producers: &["yocto", "sbom-tool"],
    recorded_as: None,
    binary: false,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let context = ["@context", "@context[]"].iter().find_map(|p| shape.text(p));
    Confidence::when(context.is_some_and(|c| c.contains("spdx.org/rdf/3")), Confidence::Certain)
}

/// A licence element, as far as an expression can be made of it.
enum LicenseElement {
    Expression(String),
    /// Members, and the operator between them.
    Set(Vec<String>, &'static str),
    /// A licence and what its operator puts behind it: `+`, or ` WITH ` and an addition.
    With(String, Option<String>),
}

struct Document<'a> {
    inventory: Inventory,
    notes: Vec<Note>,
    problems: Option<Problems>,
    schema: Option<&'static Schemas>,
    references: References<'a>,
    expressions: Expressions,
    /// Types by id. In JSON-LD several objects may speak of one element; of two types it cannot be.
    kinds: HashMap<String, Box<str>>,
    lines: Lines<'a>,
    has_graph: bool,
    context: String,
    failed: Option<ParseError>,
    rest: Vec<(String, Tree<'a>)>,
    /// Index of each package by its id.
    packages: HashMap<String, usize>,
    /// Id of each package's supplier, where it is a reference.
    suppliers: Vec<(usize, String)>,
    names: HashMap<String, String>,
    licenses: HashMap<String, LicenseElement>,
    licensed: Vec<(String, Vec<String>)>,
    tool: Option<String>,
    tools: Vec<String>,
    describes: bool,
    depends: bool,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let text = input.text()?;
    let plan = Plan { by_element: |name| name == "@graph", only: None, envelope: None };
    let mut document = Document {
        inventory: Inventory { spec: Some("SPDX"), ..Inventory::default() },
        notes: Vec::new(),
        problems: input.validate.then(Problems::default),
        schema: None,
        references: References::default(),
        expressions: Expressions::default(),
        kinds: HashMap::new(),
        lines: Lines::new(text),
        has_graph: false,
        context: context_of(text).unwrap_or_default(),
        failed: None,
        rest: Vec::new(),
        packages: HashMap::new(),
        suppliers: Vec::new(),
        names: HashMap::new(),
        licenses: HashMap::new(),
        licensed: Vec::new(),
        tool: None,
        tools: Vec::new(),
        describes: false,
        depends: false,
    };
    if input.validate {
        document.schema = ["3.0.0", "3.0.1"]
            .into_iter()
            .find(|v| document.context.contains(&format!("/rdf/{v}/")))
            .and_then(schema::spdx_json);
    }
    tree::read(text, &plan, &mut |piece| document.take(&piece))?;
    document.finish()
}

/// The document's context, looked for before anything else is read.
fn context_of(text: &str) -> Option<String> {
    let head = crate::scan::shape::of(text.as_bytes().get(..text.len().min(64 * 1024))?)?;
    ["@context", "@context[]"].iter().find_map(|p| head.text(p)).map(str::to_owned)
}

impl<'a> Document<'a> {
    fn take(&mut self, piece: &Piece<'_, 'a>) {
        let root = At::ROOT;
        match *piece {
            Piece::Item(_, index, value) => {
                self.has_graph = true;
                let list = root.name("@graph");
                self.element(value, &list.index(index));
            }
            Piece::End(..) => self.has_graph = true,
            Piece::Member("@graph", value) if !value.is_null() => {
                self.failed = Some(ParseError::malformed("an array of elements").in_path("$.@graph"));
            }
            Piece::Member("@context", _) => {}
            Piece::Member(name, value) => {
                if self.rest.len() < 1_000 {
                    self.rest.push((name.to_owned(), value.to_tree()));
                }
            }
        }
    }

    fn element(&mut self, value: Value<'_, 'a>, at: &At<'_>) {
        if let (Some(schema), Some(problems)) = (self.schema, &mut self.problems) {
            schema.check_graph(value, at, problems);
        }
        let id = value.get("spdxId").or_else(|| value.get("@id")).and_then(Value::cow);
        let kind = value.text_of("type").or_else(|| value.text_of("@type")).unwrap_or_default();
        if let Some(id) = &id
            && !self.references.define(id.clone())
            && self.kinds.get(&**id).is_some_and(|k| **k != *kind)
            && let Some(problems) = &mut self.problems
        {
            problems.at(at, || format!("the id {} a second time, of another type", quote(id.as_bytes())));
        }
        let id = id.unwrap_or_default().into_owned();
        if self.problems.is_some() {
            self.kinds.entry(id.clone()).or_insert_with(|| kind.into());
        }
        if kind != "CreationInfo"
            && let Some(info) = value.get("creationInfo").filter(|i| i.is_object())
        {
            self.creation(info);
        }
        match kind {
            "CreationInfo" => self.creation(value),
            "software_Package" | "ai_AIPackage" | "dataset_DatasetPackage" => self.package(value, id, at),
            "Relationship" | "LifecycleScopedRelationship" => self.relationship(value, at),
            "SpdxDocument" | "software_Sbom" | "Bom" | "Bundle" | "ElementCollection" => self.collection(value),
            "Tool" | "SoftwareAgent" | "Organization" | "Person" | "Agent" => {
                let name = value.text_of("name").unwrap_or_default();
                self.names.insert(id, name.to_owned());
            }
            _ if kind.starts_with("simplelicensing_") || kind.starts_with("expandedlicensing_") => {
                self.license(value, kind, id, at);
            }
            _ => {}
        }
    }

    fn creation(&mut self, value: Value<'_, 'a>) {
        if self.inventory.spec_version.is_some() {
            return;
        }
        self.inventory.spec_version = Some(value.text_of("specVersion").unwrap_or_default().to_owned());
        self.inventory.created = value.text_of("created").map(str::to_owned);
        self.inventory.document.timestamp = self.inventory.created.is_some();
        self.inventory.document.author =
            value.items_of("createdBy").next().is_some() || value.items_of("createdUsing").next().is_some();
        self.tools = value.items_of("createdUsing").filter_map(Value::text).map(str::to_owned).collect();
    }

    fn package(&mut self, value: Value<'_, 'a>, id: String, at: &At<'_>) {
        let name = match value.get("name") {
            Some(name) if name.text().is_none() => {
                note(&mut self.notes, || "a value of another type than text, passed over".into(), &at.name("name"));
                ""
            }
            name => name.and_then(Value::text).unwrap_or_default(),
        };
        let mut purl = value.text_of("software_packageUrl");
        for identifier in value.items_of("externalIdentifier") {
            if identifier.text_of("externalIdentifierType") == Some("packageUrl") && purl.is_none() {
                purl = identifier.text_of("identifier");
            }
        }
        if !id.is_empty() && self.packages.contains_key(&id) {
            note(&mut self.notes, || "a package stated a second time, counted once".into(), at);
            return;
        }
        let index = self.inventory.components.len();
        let mut supplier = None;
        if let Some(by) = value.get("suppliedBy") {
            match by.text() {
                Some(reference) => self.suppliers.push((index, reference.to_owned())),
                None => supplier = stated(by.text_of("name")).map(Into::into),
            }
        }
        self.inventory.components.push(Component {
            name: name.into(),
            version: stated(value.text_of("software_packageVersion")).map(Into::into),
            purl: purl.map(Into::into),
            licenses: Vec::new(),
            supplier,
            has_id: purl.is_some() || !id.is_empty(),
            scope: None,
            line: self.lines.of(name),
        });
        self.packages.insert(id, index);
    }

    fn relationship(&mut self, value: Value<'_, 'a>, at: &At<'_>) {
        let kind = value.text_of("relationshipType").unwrap_or_default();
        match kind {
            "describes" => self.describes = true,
            "contains" | "dependsOn" | "hasDynamicLink" | "hasStaticLink" => self.depends = true,
            _ => {}
        }
        self.refer(value.get("from"), at);
        for to in value.items_of("to") {
            self.refer(Some(to), at);
        }
        if matches!(kind, "hasDeclaredLicense" | "hasConcludedLicense") {
            let from = value.text_of("from").unwrap_or_default().to_owned();
            let mut to = Vec::new();
            for (n, target) in value.items_of("to").enumerate() {
                match target.text() {
                    Some(target) => to.push(target.to_owned()),
                    // An element written in place gets a name that nothing else can have.
                    None => {
                        let name = format!("\n{}\n{n}", self.licensed.len());
                        let kind = target.text_of("type").unwrap_or_default();
                        self.license(target, kind, name.clone(), at);
                        to.push(name);
                    }
                }
            }
            self.licensed.push((from, to));
        }
    }

    fn refer(&mut self, to: Option<Value<'_, 'a>>, at: &At<'_>) {
        if self.problems.is_some()
            && let Some(to) = to.and_then(Value::cow)
            && !is_individual(&to)
        {
            self.references.refer_at(to, || at.to_string());
        }
    }

    fn collection(&mut self, value: Value<'_, 'a>) {
        self.describes |= value.items_of("rootElement").next().is_some();
        for import in value.items_of("import") {
            if let Some(id) = import.get("externalSpdxId").and_then(Value::cow) {
                self.references.define(id);
            }
        }
        for field in ["rootElement", "element"] {
            for to in value.items_of(field) {
                let root = At::ROOT;
                let graph = root.name("@graph");
                self.refer(Some(to), &graph.name(field));
            }
        }
    }

    fn license(&mut self, value: Value<'_, 'a>, kind: &str, id: String, at: &At<'_>) {
        let texts = |field: &str| value.items_of(field).filter_map(Value::text).map(str::to_owned).collect::<Vec<_>>();
        let element = match kind {
            "simplelicensing_LicenseExpression" => {
                let text = value.text_of("simplelicensing_licenseExpression").unwrap_or_default();
                if let Some(problems) = &mut self.problems
                    && !self.expressions.hold(text)
                {
                    problems.at(at, || format!("{} is no SPDX licence expression", quote(text.as_bytes())));
                }
                LicenseElement::Expression(text.to_owned())
            }
            "expandedlicensing_ConjunctiveLicenseSet" => {
                LicenseElement::Set(texts("expandedlicensing_member"), " AND ")
            }
            "expandedlicensing_DisjunctiveLicenseSet" => LicenseElement::Set(texts("expandedlicensing_member"), " OR "),
            "expandedlicensing_OrLaterOperator" => {
                LicenseElement::With(value.text_of("expandedlicensing_subjectLicense").unwrap_or_default().into(), None)
            }
            "expandedlicensing_WithAdditionOperator" => LicenseElement::With(
                value.text_of("expandedlicensing_subjectExtendableLicense").unwrap_or_default().into(),
                Some(value.text_of("expandedlicensing_subjectAddition").unwrap_or_default().into()),
            ),
            // A listed or custom licence is named by the end of its id, or is nobody's.
            _ => match name_of(&id) {
                Some(name) => LicenseElement::Expression(name),
                None => LicenseElement::Expression(value.text_of("name").unwrap_or("NOASSERTION").to_owned()),
            },
        };
        self.licenses.insert(id, element);
    }

    /// The expression of a licence element; sets are followed a few levels deep.
    fn expression(&self, id: &str, depth: usize) -> Option<String> {
        if depth > 8 {
            return None;
        }
        match self.licenses.get(id) {
            None if id.ends_with("NoAssertion") || id.contains("NoAssertionLicense") => Some("NOASSERTION".into()),
            None if id.ends_with("Licensing/None") || id.contains("NoneLicense") => Some("NONE".into()),
            None => name_of(id),
            Some(LicenseElement::Expression(text)) => Some(text.clone()),
            Some(LicenseElement::Set(members, operator)) => {
                let members: Option<Vec<String>> =
                    members.iter().take(1_000).map(|m| self.expression(m, depth + 1)).collect();
                members.filter(|m| !m.is_empty()).map(|m| format!("({})", m.join(operator)))
            }
            Some(LicenseElement::With(license, addition)) => {
                let license = self.expression(license, depth + 1)?;
                match addition {
                    None => Some(format!("{license}+")),
                    Some(addition) => Some(format!("{license} WITH {}", name_of(addition)?)),
                }
            }
        }
    }

    fn finish(mut self) -> Result<Parsed, ParseError> {
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        let rest = std::mem::take(&mut self.rest);
        let root = At::ROOT;
        if self.has_graph {
            for (name, _) in &rest {
                if let Some(problems) = &mut self.problems {
                    problems.at(&root.name(name), || "a member that the specification does not know".into());
                }
            }
        } else {
            // One element by itself, beside the context.
            let mut tree = Tree::default();
            let at = tree.open();
            for (name, value) in rest {
                tree.push(Node::Text(name.into()));
                tree.append(value);
            }
            tree.close(at, true);
            self.element(tree.root(), &root);
        }
        if !self.context.contains("spdx.org/rdf/3") {
            return Err(ParseError::malformed("an @context of spdx.org/rdf/3")
                .in_path("$.@context")
                .found(&self.context));
        }
        let version = self.inventory.spec_version.clone().unwrap_or_default();
        if !version.starts_with("3.") {
            return Err(ParseError::new(
                ErrorCode::UnsupportedVersion,
                "an SPDX document without a CreationInfo of version 3",
            )
            .in_path("$.@graph")
            .found(version));
        }
        self.inventory.document.relationships = self.describes && self.depends;
        self.tool = self.tools.iter().find_map(|t| self.names.get(t)).and_then(|n| super::spdx2::tool_name(n));
        for (index, id) in &self.suppliers {
            if let (Some(component), Some(name)) = (self.inventory.components.get_mut(*index), self.names.get(id)) {
                component.supplier = stated(Some(name)).map(Into::into);
            }
        }
        let mut found: BTreeMap<usize, Vec<License>> = BTreeMap::new();
        for (from, to) in &self.licensed {
            let Some(index) = self.packages.get(from) else { continue };
            let list = found.entry(*index).or_default();
            for id in to {
                // What cannot be made out is kept as unclear, never dropped.
                let license =
                    License::expression(self.expression(id, 0).unwrap_or_else(|| "LicenseRef-unresolved".into()));
                if !license.is_none() && !list.contains(&license) {
                    list.push(license);
                }
            }
        }
        for (index, list) in found {
            if let Some(component) = self.inventory.components.get_mut(index) {
                component.licenses = list;
            }
        }
        if let Some(mut problems) = self.problems.filter(|_| self.schema.is_some()) {
            self.references.settle(&mut problems);
            problems.settle(&mut self.inventory, &mut self.notes);
        }
        let created = self.inventory.created.as_deref().and_then(seconds);
        let mut parsed = Parsed::new(Data::Inventory(self.inventory), Some(true));
        parsed.tool = self.tool;
        parsed.notes = self.notes;
        parsed.created = created;
        Ok(parsed)
    }
}

/// Individuals that the specification itself defines, and licences of the SPDX list.
fn is_individual(id: &str) -> bool {
    id.contains("spdx.org/rdf/3")
        || id.contains("spdx.org/licenses/")
        || matches!(
            id,
            "NoneElement"
                | "NoAssertionElement"
                | "expandedlicensing_NoAssertionLicense"
                | "expandedlicensing_NoneLicense"
        )
}

/// `https://spdx.org/licenses/MIT` → `MIT`; `…#LicenseRef-x` → `LicenseRef-x`.
fn name_of(id: &str) -> Option<String> {
    if let Some(at) = id.rfind("spdx.org/licenses/") {
        return id.get(at + "spdx.org/licenses/".len()..).map(|n| n.trim_end_matches(".html").to_owned());
    }
    let name = id.rsplit(['/', '#']).next()?;
    name.starts_with("LicenseRef-").then(|| name.to_owned())
}
