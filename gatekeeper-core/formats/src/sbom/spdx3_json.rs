//! SPDX 3 in JSON-LD: `@context` of spdx.org, elements in `@graph`.
//!
//! Specification: SPDX v3.0.1, <https://spdx.github.io/spdx-spec/v3.0.1/>, serialisation <https://spdx.org/rdf/3.0.1/spdx-json-schema.json>.
//! Producers: the specification's own tools, Yocto (5.1 and later), sbom-tool, BlueChi, trivy plug-ins.
//!
//! Components are the elements of type `software_Package` (AI and dataset packages are such). Licences come through relationships
//! `hasDeclaredLicense` and `hasConcludedLicense`. An element may be written in the place of any reference to it. Valid means: the schema of
//! the context's version, ids unique, relationships, collections, creators, suppliers and the like that lead to elements, to what `import`
//! declares or to the specification's own individuals, and licence expressions that parse. A document without a `CreationInfo` is refused: nothing says which version it is.

use super::checks::{At, Expressions, Lines, Problems, References, note, seconds, stated, too_many};
use super::compositions;
use super::schema::{self, Schemas};
use super::sets::{Member, Part, Sets};
use super::tree::{self, Node, Piece, Plan, Tree, Value};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::error::{ErrorCode, ParseError, quote};
use gatekeeper_evidence::inventory::{Component, Inventory, License};
use gatekeeper_evidence::{Data, Kind, Note};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

pub(super) static FORMAT: Format = Format {
    id: "spdx3-json",
    title: "SPDX 3 SBOM (JSON-LD)",
    kind: Kind::Inventory,
    extensions: &["json", "jsonld"],
    places: &["*.spdx3.json", "_manifest/spdx_3.0/manifest.spdx.json"],
    spec: "SPDX 3.0.1, JSON-LD, https://spdx.github.io/spdx-spec/v3.0.1/",
    producers: &["yocto", "sbom-tool"],
    recorded_as: None,
    content: Content::Text,
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
    /// A licence and what its operator puts behind it: `+`, or ` WITH ` and an addition; nothing where that has no name.
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
    /// How long the document is, bytes.
    size: usize,
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
        size: text.len(),
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

    /// An element of the graph.
    fn element(&mut self, value: Value<'_, 'a>, at: &At<'_>) {
        if let (Some(schema), Some(problems)) = (self.schema, &mut self.problems) {
            schema.check_graph(value, at, problems);
        }
        self.node(value, at);
    }

    /// An object with a type, in the graph or written in the place of a reference to it.
    fn node(&mut self, value: Value<'_, 'a>, at: &At<'_>) {
        let own = own_id(value);
        let kind = kind_of(value);
        if let Some(id) = &own {
            if !self.references.define(id.clone())
                && self.kinds.get(&**id).is_some_and(|k| **k != *kind)
                && let Some(problems) = &mut self.problems
            {
                problems.at(at, || format!("the id {} a second time, of another type", quote(id.as_bytes())));
            }
            if self.problems.is_some() {
                self.kinds.entry(id.clone().into_owned()).or_insert_with(|| kind.into());
            }
        }
        let id = || id_of(value, at);
        match kind {
            "CreationInfo" => self.creation(value),
            "software_Package" | "ai_AIPackage" | "dataset_DatasetPackage" => self.package(value, id(), at),
            "Relationship" | "LifecycleScopedRelationship" => self.relationship(value, at),
            "SpdxDocument" | "software_Sbom" | "Bom" | "Bundle" | "ElementCollection" => self.collection(value),
            "Tool" | "SoftwareAgent" | "Organization" | "Person" | "Agent" => {
                let name = value.text_of("name").unwrap_or_default();
                self.names.insert(id(), name.to_owned());
            }
            _ if kind.starts_with("simplelicensing_") || kind.starts_with("expandedlicensing_") => {
                self.license(value, kind, id(), at);
            }
            _ => {}
        }
        for (name, member) in value.members() {
            let at = at.name(name);
            if REFERENCES.contains(&name) {
                self.refer(member, &at);
                for (n, to) in member.items().enumerate() {
                    self.refer(to, &at.index(n));
                }
            }
            // Elements that are written in the place of a reference count as much as any.
            if !kind_of(member).is_empty() {
                self.node(member, &at);
            }
            for (n, item) in member.items().enumerate().filter(|(_, i)| !kind_of(*i).is_empty()) {
                self.node(item, &at.index(n));
            }
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
        if self.packages.contains_key(&id) {
            note(&mut self.notes, || "a package stated a second time, counted once".into(), at);
            return;
        }
        if let Some(limit) = too_many(&self.inventory) {
            self.failed = Some(limit);
            return;
        }
        let index = self.inventory.components.len();
        if let Some(by) = value.get("suppliedBy") {
            self.suppliers.push((index, id_of(by, &at.name("suppliedBy"))));
        }
        self.inventory.components.push(Component {
            name: name.into(),
            version: stated(value.text_of("software_packageVersion")).map(Into::into),
            purl: purl.map(Into::into),
            licenses: Vec::new(),
            supplier: None,
            has_id: purl.is_some() || own_id(value).is_some(),
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
        if matches!(kind, "contains" | "dependsOn") && value.text_of("completeness") == Some("incomplete") {
            compositions::say(&mut self.inventory, "incomplete", value.text_of("from").into_iter());
        }
        if matches!(kind, "hasDeclaredLicense" | "hasConcludedLicense")
            && let Some(from) = value.get("from")
        {
            let from = id_of(from, &at.name("from"));
            self.licensed.push((from, ids_of(value, "to", at)));
        }
    }

    fn refer(&mut self, to: Value<'_, 'a>, at: &At<'_>) {
        if self.problems.is_some()
            && let Some(to) = to.cow()
            && !is_individual(&to)
        {
            self.references.refer_at(to, || at.to_string());
        }
    }

    fn collection(&mut self, value: Value<'_, 'a>) {
        self.describes |= value.get("rootElement").is_some_and(|r| r.text().is_some() || r.items().next().is_some());
        for import in value.items_of("import") {
            if let Some(id) = import.get("externalSpdxId").and_then(Value::cow) {
                self.references.define(id);
            }
        }
    }

    fn license(&mut self, value: Value<'_, 'a>, kind: &str, id: String, at: &At<'_>) {
        let members = || ids_of(value, "expandedlicensing_member", at);
        for name in name_of(&id).into_iter().chain(value.text_of("name").map(str::to_owned)) {
            if kind != "simplelicensing_LicenseExpression" && name.starts_with("LicenseRef-") {
                self.references.define(Cow::Owned(name));
            }
        }
        let other = |field: &str| value.get(field).map(|v| id_of(v, &at.name(field))).unwrap_or_default();
        let element = match kind {
            "simplelicensing_LicenseExpression" => {
                let text = value.text_of("simplelicensing_licenseExpression").unwrap_or_default();
                if let Some(problems) = &mut self.problems
                    && !self.expressions.hold(text)
                {
                    problems.at(at, || format!("{} is no SPDX licence expression", quote(text.as_bytes())));
                }
                // Licences that are on no list are declared: beside the expression, or as an element of the document.
                for entry in value.items_of("simplelicensing_customIdToUri") {
                    if let Some(key) = entry.text_of("key") {
                        self.references.define(Cow::Owned(key.to_owned()));
                    }
                }
                if self.problems.is_some() {
                    for word in super::spdx2::words(text).filter(|w| w.starts_with("LicenseRef-") && *w != UNRESOLVED) {
                        self.references.refer_at(Cow::Owned(word.to_owned()), || at.to_string());
                    }
                }
                LicenseElement::Expression(text.to_owned())
            }
            "expandedlicensing_ConjunctiveLicenseSet" => LicenseElement::Set(members(), " AND "),
            "expandedlicensing_DisjunctiveLicenseSet" => LicenseElement::Set(members(), " OR "),
            "expandedlicensing_OrLaterOperator" => {
                LicenseElement::With(other("expandedlicensing_subjectLicense"), Some("+".into()))
            }
            "expandedlicensing_WithAdditionOperator" => LicenseElement::With(
                other("expandedlicensing_subjectExtendableLicense"),
                name_of(&other("expandedlicensing_subjectAddition")).map(|name| format!(" WITH {name}")),
            ),
            // A listed or custom licence is named by the end of its id, or by its name; a text alone says that there is one.
            _ => LicenseElement::Expression(match (individual(&id), name_of(&id), value.text_of("name")) {
                (Some(word), ..) => word.to_owned(),
                (_, Some(name), _) => name,
                (.., Some(name)) => name.to_owned(),
                _ if stated(value.text_of("simplelicensing_licenseText")).is_some() => UNRESOLVED.to_owned(),
                _ => "NOASSERTION".to_owned(),
            }),
        };
        self.licenses.insert(id, element);
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
        // One described package has nothing that it could depend on.
        let alone = self.inventory.components.len() == 1;
        self.inventory.document.relationships = self.describes && (self.depends || alone);
        self.tool = self.tools.iter().find_map(|t| self.names.get(t)).and_then(|n| super::spdx2::tool_name(n));
        for (index, id) in &self.suppliers {
            if let (Some(component), Some(name)) = (self.inventory.components.get_mut(*index), self.names.get(id)) {
                component.supplier = stated(Some(name)).map(Into::into);
            }
        }
        let mut sets = Sets::new(self.size);
        let mut known: HashSet<(usize, Rc<str>)> = HashSet::new();
        for (from, to) in &self.licensed {
            let Some(index) = self.packages.get(from) else { continue };
            for id in to {
                let made = sets.expression(id.as_str(), &|id| part(&self.licenses, id));
                sets.settle()?;
                // What cannot be made out is kept as unclear, never dropped.
                let made = made.unwrap_or_else(|| UNRESOLVED.into());
                let license = License::expression(&*made);
                if !license.is_none()
                    && known.insert((*index, made))
                    && let Some(component) = self.inventory.components.get_mut(*index)
                {
                    component.licenses.push(license);
                }
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

/// What stands for a licence of which nothing more can be said than that there is one.
const UNRESOLVED: &str = "LicenseRef-unresolved";

/// Members that hold references to elements.
const REFERENCES: &[&str] = &[
    "createdBy",
    "createdUsing",
    "creationInfo",
    "element",
    "expandedlicensing_member",
    "expandedlicensing_subjectAddition",
    "expandedlicensing_subjectExtendableLicense",
    "expandedlicensing_subjectLicense",
    "from",
    "originatedBy",
    "rootElement",
    "suppliedBy",
    "to",
];

/// The id that an element states.
fn own_id<'a>(value: Value<'_, 'a>) -> Option<Cow<'a, str>> {
    value.get("spdxId").or_else(|| value.get("@id")).and_then(Value::cow)
}

fn kind_of<'t>(value: Value<'t, '_>) -> &'t str {
    value.text_of("type").or_else(|| value.text_of("@type")).unwrap_or_default()
}

/// What a reference leads to: the id that it is, the id of the element written in its place, or a name by that place, which nothing else has.
fn id_of(value: Value<'_, '_>, at: &At<'_>) -> String {
    match value.cow().or_else(|| own_id(value)) {
        Some(id) => id.into_owned(),
        None => format!("\n{at}"),
    }
}

/// What one reference or a list of them leads to.
fn ids_of(value: Value<'_, '_>, field: &str, at: &At<'_>) -> Vec<String> {
    let at = at.name(field);
    match value.get(field) {
        Some(list) if list.is_array() => list.items().enumerate().map(|(n, to)| id_of(to, &at.index(n))).collect(),
        Some(one) => vec![id_of(one, &at)],
        None => Vec::new(),
    }
}

/// What a licence element is, by its id.
fn part<'l>(licenses: &'l HashMap<String, LicenseElement>, id: &'l str) -> Part<'l, &'l str> {
    let node = |id: &'l String| Member::Node(id.as_str());
    match licenses.get(id) {
        None => match individual(id) {
            Some(word) => Part::Text(word.into()),
            None => name_of(id).map_or(Part::Unclear, |name| Part::Text(name.into())),
        },
        Some(LicenseElement::Expression(text)) => Part::Text(text.into()),
        Some(LicenseElement::Set(members, operator)) => Part::Set(members.iter().map(node).collect(), operator),
        Some(LicenseElement::With(license, Some(behind))) => Part::With(node(license), behind.into()),
        Some(LicenseElement::With(_, None)) => Part::Unclear,
    }
}

/// The specification's individuals for "none" and "nothing is said": licences of that name, and elements (`NoneElement`), which stand
/// for what a relationship does not lead to.
fn individual(id: &str) -> Option<&'static str> {
    if id.contains('/') && !id.contains("spdx.org/rdf/3") {
        return None;
    }
    match id.rsplit(['/', '#', '_', ':']).next()? {
        "NoAssertion" | "NoAssertionElement" | "NoAssertionLicense" => Some("NOASSERTION"),
        "None" | "NoneElement" | "NoneLicense" => Some("NONE"),
        _ => None,
    }
}

/// `https://spdx.org/licenses/MIT` → `MIT`; `…#LicenseRef-x` → `LicenseRef-x`.
fn name_of(id: &str) -> Option<String> {
    if let Some(at) = id.rfind("spdx.org/licenses/") {
        return id.get(at + "spdx.org/licenses/".len()..).map(|n| n.trim_end_matches(".html").to_owned());
    }
    let name = id.rsplit(['/', '#']).next()?;
    name.starts_with("LicenseRef-").then(|| name.to_owned())
}
