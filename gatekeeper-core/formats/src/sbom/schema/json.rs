//! JSON Schema over [`tree::Value`]: the part of draft-07, 2019-09 and 2020-12 that the embedded schemas use.
//!
//! Specification: JSON Schema Validation, <https://json-schema.org/draft-07/json-schema-validation>,
//! <https://json-schema.org/draft/2020-12/json-schema-validation>. Formats are asserted. A keyword that is not known here is an error of
//! compilation, and a unit test compiles every embedded schema: nothing in them goes unchecked. In draft-07 what stands beside a `$ref`
//! is ignored, as it says; in later drafts it counts.
//!
//! By hand and not by `jsonschema`: that takes 40 CPU seconds to build and 65 packages, and wants `serde_json::Value`, a tree several times
//! the size of the SBOM, without places. `differential/` beside `src/` holds the two against each other.

mod compile;
mod names;

pub(in crate::sbom) use compile::compile;

use super::formats;
use crate::sbom::checks::{At, Problems};
use crate::sbom::tree::{Node, Piece, Value};
use gatekeeper_evidence::error::quote;
use gatekeeper_evidence::location::Location;
use names::Names;
use regex::Regex;
use serde_json::Value as Json;
use std::collections::HashSet;

/// Index of a schema in [`Schemas`].
type Id = usize;

/// A compiled set of schemas; the first is the document's.
#[derive(Debug, Default)]
pub(in crate::sbom) struct Schemas {
    all: Vec<Schema>,
    /// The schema of an element of `@graph` (SPDX 3).
    graph: Option<Id>,
}

#[derive(Debug, Default)]
struct Schema {
    /// `false`: nothing is valid.
    never: bool,
    /// Allowed types as a bit set; 0 for any.
    types: u8,
    texts: Option<Names<()>>,
    constants: Option<Vec<Json>>,
    pattern: Option<Regex>,
    not_beginning: Option<Regex>,
    format: Option<&'static formats::Format>,
    length: (usize, Option<usize>),
    minimum: Option<f64>,
    maximum: Option<f64>,
    required: Vec<Box<str>>,
    properties: Names<Id>,
    additional: Option<Id>,
    unevaluated: bool,
    items: Option<Id>,
    tuple: Vec<Id>,
    items_behind: Option<Id>,
    count: (usize, Option<usize>),
    unique: bool,
    reference: Option<Id>,
    all_of: Vec<Id>,
    any_of: Vec<Id>,
    by_kind: Option<ByKind>,
    one_of: Vec<Id>,
    not: Option<Id>,
    condition: Option<Id>,
    then: Option<Id>,
    otherwise: Option<Id>,
}

/// Choices for an object, by its `type`.
#[derive(Debug, Default)]
struct ByKind {
    of: Names<Vec<Id>>,
    /// For a type that none of them names.
    other: Vec<Id>,
}

const NULL: u8 = 1;
const BOOLEAN: u8 = 2;
const NUMBER: u8 = 4;
const INTEGER: u8 = 8;
const STRING: u8 = 16;
const ARRAY: u8 = 32;
const OBJECT: u8 = 64;

fn type_bit(name: &str) -> Option<u8> {
    Some(match name {
        "null" => NULL,
        "boolean" => BOOLEAN,
        "number" => NUMBER,
        "integer" => INTEGER,
        "string" => STRING,
        "array" => ARRAY,
        "object" => OBJECT,
        _ => return None,
    })
}

/// Where problems go.
enum Out<'o> {
    /// Only yes or no is asked.
    Silent,
    Told(&'o mut Problems),
    /// Told, but a choice that fails is not explained again: that would cost ever more with the nesting.
    ToldOnce(&'o mut Problems),
}

impl Out<'_> {
    fn say(&mut self, at: &At<'_>, message: impl FnOnce() -> String) -> bool {
        if let Out::Told(problems) | Out::ToldOnce(problems) = self {
            problems.at(at, message);
        }
        false
    }

    fn is_silent(&self) -> bool {
        matches!(self, Out::Silent)
    }
}

/// Which members of an object some schema has looked at.
type Seen<'s> = Option<&'s mut Vec<bool>>;

impl Schemas {
    fn get(&self, id: Id) -> Option<&Schema> {
        self.all.get(id)
    }

    /// Holds a whole document against the schema.
    #[cfg(test)]
    pub(in crate::sbom) fn check(&self, value: Value<'_, '_>, problems: &mut Problems) -> bool {
        self.eval(0, value, &At::ROOT, &mut Out::Told(problems), None)
    }

    /// Holds an element of `@graph` against its schema.
    pub(in crate::sbom) fn check_graph(&self, value: Value<'_, '_>, at: &At<'_>, problems: &mut Problems) {
        if let Some(id) = self.graph.filter(|_| !problems.are_enough()) {
            self.eval(id, value, at, &mut Out::Told(problems), None);
        }
    }

    /// Whether a value is valid. All problems are told; asked silently, the first one ends it.
    fn eval(&self, id: Id, value: Value<'_, '_>, at: &At<'_>, out: &mut Out<'_>, mut seen: Seen<'_>) -> bool {
        let Some(s) = self.get(id) else { return true };
        if s.never {
            return out.say(at, || "a member or element that the specification does not know".into());
        }
        // Where this schema asks which members were looked at, it counts for itself.
        let mut own = (s.unevaluated && value.is_object()).then(|| vec![false; value.members().count()]);
        if own.is_some() {
            let ok = self.eval_body(s, value, at, out, own.as_mut());
            let mut all_seen = true;
            for (n, (name, _)) in value.members().enumerate() {
                if own.as_ref().is_some_and(|o| o.get(n) == Some(&false)) && ok {
                    all_seen = out.say(&at.name(name), || "a member that the specification does not know".into());
                }
            }
            if let Some(seen) = &mut seen {
                seen.iter_mut().for_each(|s| *s = true);
            }
            return ok && all_seen;
        }
        self.eval_body(s, value, at, out, seen)
    }

    fn eval_body(&self, s: &Schema, value: Value<'_, '_>, at: &At<'_>, out: &mut Out<'_>, mut seen: Seen<'_>) -> bool {
        let mut ok = true;
        if let Some(to) = s.reference {
            ok &= self.eval(to, value, at, out, seen.as_deref_mut());
        }
        if !self.scalar(s, value, at, out) {
            // What is said of members and elements means nothing for a value of another type.
            return false;
        }
        for id in &s.all_of {
            ok &= self.eval(*id, value, at, out, seen.as_deref_mut());
            if !ok && out.is_silent() {
                return false;
            }
        }
        ok &= match value.node() {
            Node::Object(_) => self.object(s, value, at, out, seen.as_deref_mut()),
            Node::Array(_) => self.array(s, value, at, out),
            _ => true,
        };
        if !ok && out.is_silent() {
            return false;
        }
        ok &= self.choices(s, value, at, out, seen.as_deref_mut());
        if let Some(condition) = s.condition {
            let holds = self.eval(condition, value, at, &mut Out::Silent, seen.as_deref_mut());
            if let Some(next) = if holds { s.then } else { s.otherwise } {
                ok &= self.eval(next, value, at, out, seen);
            }
        }
        if let Some(not) = s.not
            && self.eval(not, value, at, &mut Out::Silent, None)
        {
            ok = out.say(at, || "a combination that the specification excludes".into());
        }
        ok
    }

    fn choices(&self, s: &Schema, value: Value<'_, '_>, at: &At<'_>, out: &mut Out<'_>, mut seen: Seen<'_>) -> bool {
        let mut ok = true;
        for (all, only_one) in [(&s.any_of, false), (&s.one_of, true)] {
            if all.is_empty() {
                continue;
            }
            // Choices of another type do not fit: they are not even looked at.
            let kind = if only_one { None } else { s.by_kind.as_ref().zip(value.text_of("type")) };
            let choices = kind.map_or(all, |(by, kind)| by.of.get(kind).unwrap_or(&by.other));
            let mut fitting = 0_usize;
            for id in choices {
                // Marks of a choice that does not fit do not count.
                let mut marks = seen.as_ref().map(|s| vec![false; s.len()]);
                if self.eval(*id, value, at, &mut Out::Silent, marks.as_mut()) {
                    fitting += 1;
                    match (&mut seen, marks) {
                        (Some(seen), Some(marks)) => {
                            seen.iter_mut().zip(marks).for_each(|(seen, mark)| *seen |= mark);
                        }
                        _ if !only_one => break,
                        _ => {}
                    }
                }
            }
            if fitting == 0 {
                ok = false;
                self.explain(if choices.is_empty() { all } else { choices }, value, at, out);
            } else if only_one && fitting > 1 {
                ok = out.say(at, || "members that exclude each other".into());
            }
        }
        ok
    }

    /// Why none of some choices fits: the problem of the one that went deepest, if one did.
    fn explain(&self, choices: &[Id], value: Value<'_, '_>, at: &At<'_>, out: &mut Out<'_>) {
        let Out::Told(problems) = out else {
            out.say(at, || "none of the forms that the specification allows here".into());
            return;
        };
        if problems.is_full() {
            problems.at(at, String::new);
            return;
        }
        let depth = at.to_string().len();
        let mut best: Option<(usize, Location, String)> = None;
        for id in choices.iter().take(16) {
            let mut inner = Problems::default();
            self.eval(*id, value, at, &mut Out::ToldOnce(&mut inner), None);
            if let Some((location, message)) = inner.first() {
                let reach = location.path.as_ref().map_or(0, String::len);
                if reach > depth && best.as_ref().is_none_or(|b| b.0 < reach) {
                    best = Some((reach, location, message));
                }
            }
        }
        match best {
            Some((_, location, message)) => problems.add(|| location, || message),
            None => problems.at(at, || "none of the forms that the specification allows here".into()),
        }
    }

    /// Type, listed values, and what is said of texts and numbers.
    fn scalar(&self, s: &Schema, value: Value<'_, '_>, at: &At<'_>, out: &mut Out<'_>) -> bool {
        let (bits, word) = match value.node() {
            Node::Null => (NULL, "null"),
            Node::Bool(_) => (BOOLEAN, "a truth value"),
            Node::Number(n) if n.fract() == 0.0 => (NUMBER | INTEGER, "a number"),
            Node::Number(_) => (NUMBER, "a number"),
            Node::Text(_) => (STRING, "a text"),
            Node::Array(_) => (ARRAY, "an array"),
            Node::Object(_) => (OBJECT, "an object"),
        };
        if s.types != 0 && s.types & bits == 0 {
            return out.say(at, || format!("expected {}, found {word}", types(s.types)));
        }
        if let Some(constants) = &s.constants
            && !constants.iter().any(|c| is_constant(value, c))
        {
            return out.say(at, || format!("expected {}", list(constants.iter().map(Json::to_string))));
        }
        if let Some(texts) = &s.texts
            && !value.text().is_some_and(|t| texts.contains(t))
        {
            return out.say(at, || {
                let found = value.text().map_or(word.to_owned(), |t| quote(t.as_bytes()));
                let mut names: Vec<&str> = texts.iter().collect();
                names.sort_unstable();
                format!("expected one of {}, found {found}", list(names.iter().map(|n| (*n).to_owned())))
            });
        }
        match value.node() {
            Node::Text(text) => {
                if let Some(pattern) = &s.pattern
                    && (!pattern.is_match(text) || s.not_beginning.as_ref().is_some_and(|n| n.is_match(text)))
                {
                    return out.say(at, || format!("{} does not fit {}", quote(text.as_bytes()), pattern.as_str()));
                }
                if let Some(format) = s.format
                    && !(format.holds)(text)
                {
                    return out.say(at, || format!("{} is no {}", quote(text.as_bytes()), format.name));
                }
                if s.length.0 > 0 || s.length.1.is_some() {
                    let length = text.chars().count();
                    if length < s.length.0 || s.length.1.is_some_and(|most| length > most) {
                        return out.say(at, || format!("a text of {length} characters"));
                    }
                }
            }
            Node::Number(n) if s.minimum.is_some_and(|least| *n < least) || s.maximum.is_some_and(|most| *n > most) => {
                return out.say(at, || format!("the number {n} out of bounds"));
            }
            _ => {}
        }
        true
    }

    fn object(&self, s: &Schema, value: Value<'_, '_>, at: &At<'_>, out: &mut Out<'_>, mut seen: Seen<'_>) -> bool {
        let mut ok = true;
        for name in &s.required {
            if !value.members().any(|(n, _)| n == &**name) {
                ok = out.say(at, || format!("without the member {name:?}"));
            }
        }
        if !ok && out.is_silent() {
            return false;
        }
        if s.properties.is_empty() && s.additional.is_none() {
            return ok;
        }
        for (n, (name, member)) in value.members().enumerate() {
            let Some(id) = s.properties.get(name).copied().or(s.additional) else { continue };
            if let Some(seen) = seen.as_deref_mut().and_then(|s| s.get_mut(n)) {
                *seen = true;
            }
            ok &= self.eval(id, member, &at.name(name), out, None);
            if !ok && out.is_silent() {
                return false;
            }
        }
        ok
    }

    fn array(&self, s: &Schema, value: Value<'_, '_>, at: &At<'_>, out: &mut Out<'_>) -> bool {
        let mut ok = true;
        let mut digests = HashSet::new();
        let mut count = 0;
        for (index, item) in value.items().enumerate() {
            count = index + 1;
            let id = s.tuple.get(index).copied().or(s.items).or(s.items_behind.filter(|_| !s.tuple.is_empty()));
            if let Some(id) = id {
                ok &= self.eval(id, item, &at.index(index), out, None);
            }
            if s.unique && !digests.insert(item.digest()) {
                ok = out.say(&at.index(index), || "the same element a second time".into());
            }
            if !ok && out.is_silent() {
                return false;
            }
        }
        if count < s.count.0 || s.count.1.is_some_and(|most| count > most) {
            ok = out.say(at, || format!("an array of {count} elements"));
        }
        ok
    }
}

fn is_constant(value: Value<'_, '_>, constant: &Json) -> bool {
    match (value.node(), constant) {
        (Node::Null, Json::Null) => true,
        (Node::Bool(a), Json::Bool(b)) => a == b,
        (Node::Number(a), Json::Number(b)) => b.as_f64() == Some(*a),
        (Node::Text(a), Json::String(b)) => a == b,
        _ => false,
    }
}

fn types(bits: u8) -> String {
    let names = ["null", "a truth value", "a number", "an integer", "a text", "an array", "an object"];
    names.iter().enumerate().filter(|(n, _)| bits & (1 << n) != 0).map(|(_, n)| *n).collect::<Vec<_>>().join(" or ")
}

fn list(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(12);
    let shown: Vec<String> = names.take(12).collect();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}

/// A document that comes in pieces, held against a schema whose root says something of members alone.
pub(in crate::sbom) struct Document {
    schemas: &'static Schemas,
    names: HashSet<Box<str>>,
    digests: HashSet<u64>,
}

impl Document {
    pub(in crate::sbom) fn new(schemas: &'static Schemas) -> Self {
        Document { schemas, names: HashSet::new(), digests: HashSet::new() }
    }

    fn member(&mut self, name: &str, problems: &mut Problems) -> Option<Id> {
        let root = self.schemas.get(0)?;
        if !self.names.contains(name) {
            if self.names.len() < 1_000 {
                self.names.insert(name.into());
            }
            self.digests.clear();
        }
        let id = root.properties.get(name).copied().or(root.additional)?;
        if self.schemas.get(id)?.never {
            problems.at(&At::ROOT.name(name), || "a member that the specification does not know".into());
            return None;
        }
        Some(id)
    }

    pub(in crate::sbom) fn piece(&mut self, piece: &Piece<'_, '_>, problems: &mut Problems) {
        let root = At::ROOT;
        if problems.are_enough() {
            return;
        }
        match *piece {
            Piece::Member(name, value) => {
                if let Some(id) = self.member(name, problems) {
                    self.schemas.eval(id, value, &root.name(name), &mut Out::Told(problems), None);
                }
            }
            Piece::Item(name, index, value) => {
                let Some(id) = self.member(name, problems) else { return };
                let list = root.name(name);
                let at = list.index(index);
                let Some(array) = self.schemas.get(id) else { return };
                if array.types != 0 && array.types & ARRAY == 0 && index == 0 {
                    problems.at(&list, || format!("expected {}, found an array", types(array.types)));
                }
                if let Some(items) = array.items {
                    self.schemas.eval(items, value, &at, &mut Out::Told(problems), None);
                }
                if array.unique && !self.digests.insert(value.digest()) {
                    problems.at(&at, || "the same element a second time".into());
                }
            }
            Piece::End(name, count) => {
                let Some(array) = self.member(name, problems).and_then(|id| self.schemas.get(id)) else { return };
                if count < array.count.0 || array.count.1.is_some_and(|most| count > most) {
                    problems.at(&root.name(name), || format!("an array of {count} elements"));
                }
            }
        }
    }

    /// The document is over.
    pub(in crate::sbom) fn end(self, problems: &mut Problems) {
        if problems.are_enough() {
            return;
        }
        for name in self.schemas.get(0).into_iter().flat_map(|root| &root.required) {
            if !self.names.contains(name) {
                problems.at(&At::ROOT, || format!("without the member {name:?}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sbom::tree;

    fn problems(schema: &str, document: &str) -> Vec<String> {
        let schemas = compile(&[("t", schema)]).unwrap();
        let tree: tree::Tree<'_> = serde_json::from_str(document).unwrap();
        let mut problems = Problems::default();
        let ok = schemas.check(tree.root(), &mut problems);
        assert_eq!(ok, problems.is_empty());
        problems.words()
    }

    #[test]
    fn members_types_and_values() {
        let schema = r##"{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["a"],
            "additionalProperties":false,"properties":{"a":{"$ref":"#/definitions/x","minLength":99},"b":{"type":"integer","minimum":1},
            "c":{"type":"array","items":{"enum":["p","q"]},"uniqueItems":true,"minItems":1}},
            "definitions":{"x":{"type":"string","pattern":"^[0-9]+$"}}}"##;
        assert!(problems(schema, r#"{"a":"12","b":1.0,"c":["p","q"]}"#).is_empty());
        assert_eq!(problems(schema, r#"{"a":"x"}"#), ["$.a \"x\" does not fit ^[0-9]+$"]);
        assert_eq!(problems(schema, r#"{"b":1.5}"#).len(), 2);
        assert_eq!(problems(schema, r#"{"a":"1","b":0}"#), ["$.b the number 0 out of bounds"]);
        assert_eq!(problems(schema, r#"{"a":"1","c":["p","p"]}"#), ["$.c[1] the same element a second time"]);
        assert_eq!(problems(schema, r#"{"a":"1","c":[]}"#), ["$.c an array of 0 elements"]);
        assert_eq!(problems(schema, r#"{"a":"1","z":1}"#).len(), 1);
    }

    #[test]
    fn choices_conditions_and_what_no_schema_looked_at() {
        let one = r#"{"oneOf":[{"required":["id"]},{"required":["name"]}]}"#;
        assert!(problems(one, r#"{"id":1}"#).is_empty());
        assert_eq!(problems(one, r#"{"id":1,"name":2}"#), ["$ members that exclude each other"]);
        assert_eq!(problems(one, "{}").len(), 1);
        let cond = r#"{"if":{"properties":{"k":{"const":"x"}},"required":["k"]},"then":{"required":["y"]},"else":{"not":{"required":["y"]}}}"#;
        assert!(problems(cond, r#"{"k":"x","y":1}"#).is_empty());
        assert_eq!(problems(cond, r#"{"k":"x"}"#).len(), 1);
        assert_eq!(problems(cond, r#"{"k":"z","y":1}"#).len(), 1);
        let unseen = r#"{"unevaluatedProperties":false,"allOf":[{"properties":{"a":true}}],"anyOf":[{"properties":{"b":{"type":"string"}},"required":["b"]},{"properties":{"c":true}}]}"#;
        assert!(problems(unseen, r#"{"a":1,"b":"x","c":1}"#).is_empty());
        assert_eq!(problems(unseen, r#"{"a":1,"b":2}"#), ["$.b a member that the specification does not know"]);
    }

    #[test]
    fn choices_by_type_answer_as_all_choices_do() {
        let schema = r##"{"anyOf":[{"$ref":"#/$defs/a"},{"allOf":[{"properties":{"type":{"oneOf":[{"const":"b"},{"const":"c"}]}},"required":["n"]}]},
            {"properties":{"type":{"enum":["c"]}}},{"required":["free"]}],"$defs":{"a":{"properties":{"type":{"const":"a"},"n":{"type":"integer"}}}}}"##;
        for fits in
            [r#"{"type":"a"}"#, r#"{"type":"b","n":1}"#, r#"{"type":"c"}"#, r#"{"type":"z","free":1}"#, r#"{"n":1}"#]
        {
            assert!(problems(schema, fits).is_empty(), "{fits}");
        }
        assert_eq!(problems(schema, r#"{"type":"a","n":"x"}"#), ["$.n expected an integer, found a text"]);
        for fits_none in [r#"{"type":"b"}"#, r#"{"type":"z"}"#, r#"{"n":"x","type":"y"}"#] {
            assert_eq!(problems(schema, fits_none).len(), 1, "{fits_none}");
        }
        assert!(problems(schema, r#"{"type":1,"free":1}"#).is_empty());
    }

    #[test]
    fn an_unknown_keyword_is_refused() {
        assert!(compile(&[("t", r#"{"contains":{}}"#)]).is_err());
    }
}
