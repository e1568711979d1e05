//! Compiles JSON schemas: references resolved, patterns compiled, every keyword understood or refused.

use super::super::formats;
use super::{ByKind, Id, Schema, Schemas, type_bit};
use regex::Regex;
use serde_json::Value as Json;
use std::collections::{BTreeSet, HashMap};

/// Compiles a document's schema; `files` are all the schemas, by the name that references use, the document's own first.
pub(in crate::sbom) fn compile(files: &[(&str, &str)]) -> Result<Schemas, String> {
    let mut documents = Vec::new();
    for (name, text) in files {
        let json: Json = serde_json::from_str(text).map_err(|e| format!("{name}: {e}"))?;
        documents.push((*name, json));
    }
    let (main, root) = documents.first().ok_or("no schema")?;
    let mut compiler = Compiler { documents: &documents, known: HashMap::new(), out: Schemas::default() };
    compiler.schema(main, "#", root)?;
    compiler.out.sort_choices();
    compiler.out.graph = compiler.known.get(&format!("{main}#/oneOf/0/properties/@graph/items")).copied();
    Ok(compiler.out)
}

struct Compiler<'d> {
    documents: &'d [(&'d str, Json)],
    /// Compiled schemas by file and pointer.
    known: HashMap<String, Id>,
    out: Schemas,
}

impl<'d> Compiler<'d> {
    fn schema(&mut self, file: &'d str, pointer: &str, json: &'d Json) -> Result<Id, String> {
        let key = format!("{file}{pointer}");
        if let Some(id) = self.known.get(&key) {
            return Ok(*id);
        }
        let id = self.out.all.len();
        self.out.all.push(Schema::default());
        self.known.insert(key, id);
        let schema = self.body(file, pointer, json)?;
        if let Some(slot) = self.out.all.get_mut(id) {
            *slot = schema;
        }
        Ok(id)
    }

    fn reference(&mut self, file: &'d str, to: &str) -> Result<Id, String> {
        let (name, pointer) = to.split_once('#').unwrap_or((to, ""));
        let name = if name.is_empty() { file } else { name };
        let (name, root) =
            self.documents.iter().find(|(n, _)| *n == name).ok_or_else(|| format!("{file}: no schema {name}"))?;
        let json = root.pointer(pointer).ok_or_else(|| format!("{file}: nothing at {to}"))?;
        self.schema(name, &format!("#{pointer}"), json)
    }

    fn list(&mut self, file: &'d str, pointer: &str, json: &'d Json) -> Result<Vec<Id>, String> {
        let list = json.as_array().ok_or_else(|| format!("{file}{pointer}: no array"))?;
        list.iter().enumerate().map(|(n, j)| self.schema(file, &format!("{pointer}/{n}"), j)).collect()
    }

    fn body(&mut self, file: &'d str, pointer: &str, json: &'d Json) -> Result<Schema, String> {
        let mut s = Schema::default();
        let object = match json {
            Json::Bool(ok) => {
                s.never = !ok;
                return Ok(s);
            }
            Json::Object(object) => object,
            _ => return Err(format!("{file}{pointer}: no schema")),
        };
        let draft_07 = self.documents.iter().any(|(n, d)| {
            *n == file && d.get("$schema").and_then(Json::as_str).is_some_and(|s| s.contains("draft-07"))
        });
        if let Some(to) = object.get("$ref").and_then(Json::as_str) {
            s.reference = Some(self.reference(file, to)?);
            if draft_07 {
                return Ok(s);
            }
        }
        for (key, value) in object {
            let below = format!("{pointer}/{key}");
            let wrong = || format!("{file}{below}: a value that is not understood");
            let size = || value.as_u64().and_then(|n| usize::try_from(n).ok()).ok_or_else(wrong);
            match key.as_str() {
                "$ref" | "$schema" | "$id" | "definitions" | "$defs" => {}
                "type" => {
                    let names: Vec<&str> = match value {
                        Json::String(name) => vec![name],
                        Json::Array(names) => names.iter().filter_map(Json::as_str).collect(),
                        _ => return Err(wrong()),
                    };
                    for name in names {
                        s.types |= type_bit(name).ok_or_else(wrong)?;
                    }
                }
                "enum" => {
                    let list = value.as_array().ok_or_else(wrong)?;
                    if list.iter().all(Json::is_string) {
                        s.texts = Some(list.iter().filter_map(Json::as_str).map(|text| (text, ())).collect());
                    } else {
                        s.constants = Some(list.clone());
                    }
                }
                "const" => s.constants = Some(vec![value.clone()]),
                "pattern" => {
                    let mut pattern = value.as_str().ok_or_else(wrong)?.to_owned();
                    // "Does not begin so" is the one thing that our expressions cannot say: `^(?!_:).+`.
                    if let Some((not, rest)) = pattern.strip_prefix("^(?!").and_then(|p| p.split_once(')')) {
                        s.not_beginning =
                            Some(Regex::new(&format!("^(?:{not})")).map_err(|e| format!("{file}{below}: {e}"))?);
                        pattern = format!("^{rest}");
                    }
                    let pattern = pattern.as_str();
                    s.pattern = Some(Regex::new(pattern).map_err(|e| format!("{file}{below}: {e}"))?);
                }
                // "string" is written in CycloneDX 1.2 and 1.3 and is no format.
                "format" if value == "string" => {}
                "format" => s.format = Some(value.as_str().and_then(formats::of).ok_or_else(wrong)?),
                "minLength" => s.length.0 = size()?,
                "maxLength" => s.length.1 = Some(size()?),
                "minItems" => s.count.0 = size()?,
                "maxItems" => s.count.1 = Some(size()?),
                "minimum" => s.minimum = Some(value.as_f64().ok_or_else(wrong)?),
                "maximum" => s.maximum = Some(value.as_f64().ok_or_else(wrong)?),
                "uniqueItems" => s.unique = value.as_bool().ok_or_else(wrong)?,
                "required" => {
                    let names = value.as_array().ok_or_else(wrong)?;
                    s.required = names.iter().filter_map(Json::as_str).map(Into::into).collect();
                }
                "properties" => {
                    for (name, json) in value.as_object().ok_or_else(wrong)? {
                        let id = self.schema(file, &format!("{below}/{name}"), json)?;
                        s.properties.insert(name, id);
                    }
                }
                "additionalProperties" => s.additional = Some(self.schema(file, &below, value)?),
                "unevaluatedProperties" => s.unevaluated = !value.as_bool().ok_or_else(wrong)?,
                "items" if value.is_array() => s.tuple = self.list(file, &below, value)?,
                "items" => s.items = Some(self.schema(file, &below, value)?),
                "additionalItems" => s.items_behind = Some(self.schema(file, &below, value)?),
                "allOf" => s.all_of = self.list(file, &below, value)?,
                "anyOf" => s.any_of = self.list(file, &below, value)?,
                "oneOf" => s.one_of = self.list(file, &below, value)?,
                "not" => s.not = Some(self.schema(file, &below, value)?),
                "if" => s.condition = Some(self.schema(file, &below, value)?),
                "then" => s.then = Some(self.schema(file, &below, value)?),
                "else" => s.otherwise = Some(self.schema(file, &below, value)?),
                _ => return Err(format!("{file}{below}: a keyword that is not known")),
            }
        }
        Ok(s)
    }
}

impl Schemas {
    /// Sorts the long lists of choices by the `type` that an object has to have for them: SPDX 3 has some eighty.
    fn sort_choices(&mut self) {
        let sorted: Vec<_> = self.all.iter().map(|s| self.sorted(&s.any_of)).collect();
        for (schema, by_kind) in self.all.iter_mut().zip(sorted) {
            schema.by_kind = by_kind;
        }
    }

    fn sorted(&self, choices: &[Id]) -> Option<ByKind> {
        if choices.len() < 3 {
            return None;
        }
        let kinds: Vec<_> = choices.iter().map(|id| (*id, self.kinds(*id, 0))).collect();
        let all: BTreeSet<&str> = kinds.iter().filter_map(|(_, k)| k.as_ref()).flatten().copied().collect();
        let of = |kind: &str| {
            let fits = kinds.iter().filter(|(_, k)| k.as_ref().is_none_or(|k| k.contains(kind)));
            fits.map(|(id, _)| *id).collect::<Vec<_>>()
        };
        // No kind has an empty name.
        Some(ByKind { of: all.iter().map(|k| (*k, of(k))).collect(), other: of("") })
    }

    /// What an object's `type` has to be, where it has one; nothing where that is not known.
    fn kinds(&self, id: Id, depth: usize) -> Option<BTreeSet<&str>> {
        let s = self.get(id).filter(|_| depth < 12)?;
        let own = s.properties.get("type").and_then(|id| self.allowed(*id, depth + 1));
        let parts = s.reference.iter().chain(&s.all_of).map(|id| self.kinds(*id, depth + 1));
        let unions = [&s.any_of, &s.one_of].into_iter().map(|choices| union(choices, |id| self.kinds(id, depth + 1)));
        intersection(std::iter::once(own).chain(parts).chain(unions))
    }

    /// The texts that a schema allows; nothing where that is not known.
    fn allowed(&self, id: Id, depth: usize) -> Option<BTreeSet<&str>> {
        let s = self.get(id).filter(|_| depth < 12)?;
        let constants = s.constants.as_ref().map(|c| c.iter().filter_map(Json::as_str).collect());
        let texts = s.texts.as_ref().map(|t| t.iter().collect());
        let parts = s.reference.iter().chain(&s.all_of).map(|id| self.allowed(*id, depth + 1));
        let unions = [&s.any_of, &s.one_of].into_iter().map(|choices| union(choices, |id| self.allowed(id, depth + 1)));
        intersection([constants, texts].into_iter().chain(parts).chain(unions))
    }
}

/// What any of some choices allows; nothing where one of them is not known.
fn union<'s>(choices: &[Id], of: impl Fn(Id) -> Option<BTreeSet<&'s str>>) -> Option<BTreeSet<&'s str>> {
    if choices.is_empty() {
        return None;
    }
    choices.iter().try_fold(BTreeSet::new(), |mut all, id| {
        all.extend(of(*id)?);
        Some(all)
    })
}

/// What all that is known allows; nothing where none is known.
fn intersection<'s>(sets: impl Iterator<Item = Option<BTreeSet<&'s str>>>) -> Option<BTreeSet<&'s str>> {
    sets.flatten().reduce(|a, b| a.intersection(&b).copied().collect())
}
