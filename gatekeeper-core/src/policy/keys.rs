//! Every key of a policy, once: what documents it (`gatekeeper rules policy`) and what editors complete and check (`gatekeeper schema policy`) are
//! made of these tables and of the rules' own documentation. A test holds them against what the reader takes.

mod table;

use crate::rule::{Rule, Rules};
use serde_json::{Map, Value, json};
use std::fmt::Write;
use table::{GATE, Key, SECTIONS, Shape, TOP};

impl Shape {
    /// What a key takes, in a few words.
    fn words(self) -> String {
        match self {
            Shape::Text => "text".to_owned(),
            Shape::Texts => "texts".to_owned(),
            Shape::Flag => "true, false".to_owned(),
            Shape::Count => "number".to_owned(),
            Shape::Percent => "percent".to_owned(),
            Shape::Duration => "time".to_owned(),
            Shape::Date => "day".to_owned(),
            Shape::Word(words) => words.iter().map(|w| format!("`\"{w}\"`")).collect::<Vec<_>>().join(", "),
            Shape::NamedTexts => "texts by name".to_owned(),
            Shape::Table(_) => "table".to_owned(),
            Shape::Tables(_) => "tables".to_owned(),
            Shape::Named(_) => "tables by name".to_owned(),
            Shape::Any => "see there".to_owned(),
        }
    }

    fn schema(self) -> Value {
        let text = json!({ "type": "string" });
        match self {
            Shape::Text => text,
            Shape::Texts => json!({ "type": "array", "items": text }),
            Shape::Flag => json!({ "type": "boolean" }),
            Shape::Count => json!({ "type": "integer" }),
            Shape::Percent => json!({ "type": ["number", "string"] }),
            Shape::Duration => json!({ "type": ["number", "string"] }),
            // A date of TOML is no text to some checkers of schemas.
            Shape::Date => json!({}),
            Shape::Word(words) => json!({ "enum": words }),
            Shape::NamedTexts => {
                json!({ "type": "object", "additionalProperties": { "type": ["string", "array"], "items": text } })
            }
            Shape::Table(keys) => table(keys),
            Shape::Tables(keys) => json!({ "type": "array", "items": table(keys) }),
            Shape::Named(keys) => json!({ "type": "object", "additionalProperties": table(keys) }),
            Shape::Any => json!({}),
        }
    }
}

/// A table as a schema. One without keys of its own takes any.
fn table(keys: &[Key]) -> Value {
    if keys.is_empty() {
        return json!({ "type": "object" });
    }
    json!({ "type": "object", "properties": properties(keys), "additionalProperties": false })
}

fn properties(keys: &[Key]) -> Map<String, Value> {
    let mut out = Map::new();
    for k in keys {
        let mut schema = k.shape.schema();
        if let Some(schema) = schema.as_object_mut() {
            let without = if k.default.is_empty() { String::new() } else { format!(" (without it: {})", k.default) };
            schema.insert("description".to_owned(), Value::from(format!("{}{without}", k.says)));
        }
        out.insert(k.name.to_owned(), schema);
    }
    out
}

/// The documentation of all keys, in Markdown.
pub fn documentation() -> String {
    let mut out = String::from(
        "A policy is TOML (`gatekeeper.toml`), or the same in YAML or JSON. An unknown key is an error with its place and the nearest key.\n",
    );
    for (heading, says, keys) in SECTIONS {
        let _ = write!(out, "\n## {heading}\n");
        if !says.is_empty() {
            let _ = write!(out, "{says}\n\n");
        }
        if keys.is_empty() {
            continue;
        }
        out.push_str("| key | takes | meaning | without it |\n|---|---|---|---|\n");
        for k in *keys {
            let _ = writeln!(out, "| `{}` | {} | {} | {} |", k.name, k.shape.words(), k.says, k.default);
        }
    }
    out
}

/// The keys that a rule's documentation names in its table of configuration, with their meaning. What stands behind a dot belongs to a key's table.
fn documented(rule: &Rule) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    let docs = rule.docs();
    let table = docs.split("## Configuration").nth(1).unwrap_or_default();
    let table = table.split("\n## ").next().unwrap_or_default();
    for row in table.lines().filter_map(|l| l.strip_prefix("| `")) {
        let Some((names, meaning)) = row.split_once(" | ") else { continue };
        let meaning = meaning.rsplit_once(" | ").map_or(meaning, |(says, _)| says);
        for name in names.split(',').map(|n| n.trim().trim_matches('`')) {
            if !name.contains(['.', ' ']) && !name.is_empty() && !out.iter().any(|(n, _)| n == name) {
                out.push((name.to_owned(), meaning.to_owned()));
            }
        }
    }
    out
}

/// The schema of a policy (JSON Schema draft-07), for editors: every key of the tables above, and of each rule.
pub fn schema(rules: &Rules) -> Value {
    let mut definitions = Map::new();
    let mut by_rule = Vec::new();
    let mut by_name = Map::new();
    for rule in rules.iter() {
        let mut keys = properties(GATE);
        for (name, meaning) in documented(rule) {
            keys.insert(name, json!({ "description": meaning }));
        }
        let of = format!("gate-{}", rule.id());
        let at = json!({ "$ref": format!("#/definitions/{of}") });
        definitions.insert(
            of,
            json!({ "type": "object", "description": rule.title(), "properties": keys, "additionalProperties": false }),
        );
        by_rule.push(json!({
            "if": { "properties": { "rule": { "const": rule.id() } }, "required": ["rule"] },
            "then": at,
        }));
        // A gate whose name is a rule's may leave it out.
        by_name.insert(
            rule.id().to_owned(),
            json!({ "allOf": [{ "$ref": "#/definitions/gate" }], "if": { "not": { "required": ["rule"] } }, "then": at }),
        );
    }
    definitions
        .insert("gate".to_owned(), json!({ "type": "object", "properties": properties(GATE), "allOf": by_rule }));
    let mut top = properties(TOP);
    if let Some(gates) = top.get_mut("gates").and_then(Value::as_object_mut) {
        gates.insert("properties".to_owned(), Value::Object(by_name));
        gates.insert("additionalProperties".to_owned(), json!({ "$ref": "#/definitions/gate" }));
        gates.insert("minProperties".to_owned(), json!(1));
    }
    if let Some(version) = top.get_mut("version").and_then(Value::as_object_mut) {
        version.insert("const".to_owned(), json!(1));
    }
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A policy of gatekeeper",
        "type": "object",
        "properties": top,
        "required": ["version"],
        "additionalProperties": false,
        "definitions": definitions,
    })
}

#[cfg(test)]
mod tests;
