//! The shapes of the JSON documents, described once in `documents.txt`: Python's and TypeScript's types are generated from it, and
//! the tests hold real documents against it, so that the description cannot drift from the engine.

use serde_json::{Map, Value, json};
use std::fmt::Write;

/// A document as it is checked in.
pub fn pretty(document: &Value) -> String {
    format!("{document:#}\n")
}

/// All shapes, in the description's order.
pub struct Shapes(Vec<Shape>);

struct Shape {
    name: String,
    what: String,
    body: Body,
}

enum Body {
    Alias(Type),
    Object(Vec<Field>),
}

struct Field {
    name: String,
    optional: bool,
    of: Type,
    what: String,
}

enum Type {
    Named(String),
    Literal(String),
    List(Box<Type>),
    Map(Box<Type>),
    Union(Vec<Type>),
}

impl Type {
    fn parse(text: &str) -> Type {
        let text = text.trim();
        if text.contains(" | ") && !text.ends_with('>') {
            return Type::Union(text.split(" | ").map(Type::parse).collect());
        }
        let inside = |before: &str| text.strip_prefix(before).and_then(|t| t.strip_suffix('>'));
        if let Some(inner) = inside("Array<") {
            Type::List(Box::new(Type::parse(inner)))
        } else if let Some(inner) = inside("Record<string, ") {
            Type::Map(Box::new(Type::parse(inner)))
        } else if let Some(word) = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) {
            Type::Literal(word.to_owned())
        } else {
            Type::Named(text.to_owned())
        }
    }

    fn python(&self) -> String {
        match self {
            Type::Named(name) => match name.as_str() {
                "string" => "str",
                "integer" => "int",
                "boolean" => "bool",
                "null" => "None",
                "Json" => "Any",
                other => other,
            }
            .to_owned(),
            Type::Literal(word) => format!("Literal[\"{word}\"]"),
            Type::List(of) => format!("list[{}]", of.python()),
            Type::Map(of) => format!("dict[str, {}]", of.python()),
            Type::Union(of) if of.iter().all(|t| matches!(t, Type::Literal(_))) => {
                let words: Vec<String> = of.iter().map(Type::typescript).collect();
                format!("Literal[{}]", words.join(", ").replace('\'', "\""))
            }
            Type::Union(of) => of.iter().map(Type::python).collect::<Vec<_>>().join(" | "),
        }
    }

    fn typescript(&self) -> String {
        match self {
            Type::Named(name) => match name.as_str() {
                "integer" => "number",
                "Json" => "unknown",
                other => other,
            }
            .to_owned(),
            Type::Literal(word) => format!("'{word}'"),
            Type::List(of) => format!("Array<{}>", of.typescript()),
            Type::Map(of) => format!("Record<string, {}>", of.typescript()),
            Type::Union(of) => of.iter().map(Type::typescript).collect::<Vec<_>>().join(" | "),
        }
    }
}

impl Type {
    fn schema(&self) -> Value {
        match self {
            Type::Named(name) => match name.as_str() {
                "string" | "integer" | "number" | "boolean" | "null" => json!({ "type": name }),
                "Json" => json!({}),
                other => json!({ "$ref": format!("#/definitions/{other}") }),
            },
            Type::Literal(word) => json!({ "const": word }),
            Type::List(of) => json!({ "type": "array", "items": of.schema() }),
            Type::Map(of) => json!({ "type": "object", "additionalProperties": of.schema() }),
            Type::Union(of) => match of.iter().map(|t| if let Type::Literal(w) = t { Some(w) } else { None }).collect()
            {
                Some(words) => {
                    let words: Vec<&String> = words;
                    json!({ "enum": words })
                }
                None => json!({ "anyOf": of.iter().map(Type::schema).collect::<Vec<_>>() }),
            },
        }
    }
}

impl Shapes {
    /// The schema (JSON Schema draft-07) of documents of one shape, or of lists of them. Keys may be added in later versions, so others are allowed.
    pub fn schema(&self, title: &str, of: &str) -> String {
        let mut definitions = Map::new();
        for shape in &self.0 {
            let schema = match &shape.body {
                Body::Alias(of) => of.schema(),
                Body::Object(fields) => {
                    let mut properties = Map::new();
                    for f in fields {
                        let mut schema = f.of.schema();
                        // Beside a reference draft-07 reads nothing.
                        if let Some(schema) = schema.as_object_mut().filter(|s| !s.contains_key("$ref")) {
                            schema.insert("description".to_owned(), Value::from(f.what.clone()));
                        }
                        properties.insert(f.name.clone(), schema);
                    }
                    let required: Vec<&String> = fields.iter().filter(|f| !f.optional).map(|f| &f.name).collect();
                    json!({ "type": "object", "description": shape.what, "properties": properties, "required": required })
                }
            };
            definitions.insert(shape.name.clone(), schema);
        }
        let mut schema = Type::parse(of).schema();
        if let Some(schema) = schema.as_object_mut() {
            // Beside a reference draft-07 reads nothing.
            if let Some(reference) = schema.remove("$ref") {
                schema.insert("allOf".to_owned(), json!([{ "$ref": reference }]));
            }
            schema.insert("$schema".to_owned(), Value::from("http://json-schema.org/draft-07/schema#"));
            schema.insert("title".to_owned(), Value::from(title));
            schema.insert("definitions".to_owned(), Value::Object(definitions));
        }
        pretty(&schema)
    }

    /// The description that is built in.
    ///
    /// # Errors
    /// A line that is none of its kinds.
    pub fn new() -> Result<Shapes, String> {
        let mut out: Vec<Shape> = Vec::new();
        for line in include_str!("documents.txt").lines().filter(|l| !l.trim().is_empty()) {
            let bad = || format!("documents.txt: cannot read {line:?}");
            if let Some(field) = line.strip_prefix("  ") {
                let (name, rest) = field.split_once(' ').ok_or_else(bad)?;
                let (of, what) = rest.split_once(": ").ok_or_else(bad)?;
                let Some(Shape { body: Body::Object(fields), .. }) = out.last_mut() else { return Err(bad()) };
                fields.push(Field {
                    name: name.trim_end_matches('?').to_owned(),
                    optional: name.ends_with('?'),
                    of: Type::parse(of),
                    what: what.to_owned(),
                });
            } else if let Some((name, of)) = line.split_once(" = ") {
                out.push(Shape { name: name.to_owned(), what: String::new(), body: Body::Alias(Type::parse(of)) });
            } else {
                let (name, what) = line.split_once(": ").ok_or_else(bad)?;
                out.push(Shape { name: name.to_owned(), what: what.to_owned(), body: Body::Object(Vec::new()) });
            }
        }
        Ok(Shapes(out))
    }

    /// `documents.py`.
    pub fn python(&self) -> String {
        let mut out = String::from(
            "\"\"\"The documents, as types. Generated by `cargo xtask codegen`: do not edit.\"\"\"\n\n\
             from __future__ import annotations\n\nfrom typing import TYPE_CHECKING, Any, Literal, TypedDict\n\n\
             if TYPE_CHECKING:\n    from typing_extensions import NotRequired\n",
        );
        // Aliases are evaluated where they stand; classes only name them.
        for shape in &self.0 {
            if let Body::Alias(of) = &shape.body {
                let _ = write!(out, "\n{} = {}\n", shape.name, of.python());
            }
        }
        for shape in &self.0 {
            if let Body::Object(fields) = &shape.body {
                // A word of Python's own can be no name in a class: such keys are in a base of the other form.
                let own = |f: &&Field| f.name == "from";
                let mut base = "TypedDict".to_owned();
                for (optional, part) in [(false, "Words"), (true, "MoreWords")] {
                    let keys: Vec<String> = fields
                        .iter()
                        .filter(own)
                        .filter(|f| f.optional == optional)
                        .map(|f| format!("\"{}\": {}", f.name, f.of.python()))
                        .collect();
                    if !keys.is_empty() {
                        let name = format!("_{}{part}", shape.name);
                        let total = if optional { ", total=False" } else { "" };
                        let _ = write!(out, "\n\n{name} = TypedDict(\"{name}\", {{{}}}{total})\n", keys.join(", "));
                        base = name;
                    }
                }
                let _ = write!(out, "\n\nclass {}({base}):\n    \"\"\"{}\"\"\"\n", shape.name, shape.what);
                for f in fields.iter().filter(|f| !own(f)) {
                    let of = f.of.python();
                    let of = if f.optional { format!("NotRequired[{of}]") } else { of };
                    let _ = write!(out, "\n    {}: {of}\n    \"\"\"{}\"\"\"\n", f.name, f.what);
                }
            }
        }
        out
    }

    /// `documents.d.ts`.
    pub fn typescript(&self) -> String {
        let mut out = String::from("/* The documents, as types. Generated by `cargo xtask codegen`: do not edit. */\n");
        for shape in &self.0 {
            match &shape.body {
                Body::Alias(of) => {
                    let _ = write!(out, "\nexport type {} = {}\n", shape.name, of.typescript());
                }
                Body::Object(fields) => {
                    let _ = write!(out, "\n/** {} */\nexport interface {} {{\n", shape.what, shape.name);
                    for f in fields {
                        let mark = if f.optional { "?" } else { "" };
                        let _ = write!(out, "  /** {} */\n  {}{mark}: {}\n", f.what, f.name, f.of.typescript());
                    }
                    out.push_str("}\n");
                }
            }
        }
        out
    }
}

#[cfg(test)]
impl Shapes {
    /// Every way in which a document is not of the named shape.
    pub fn check(&self, name: &str, document: &Value) -> Vec<String> {
        let mut out = Vec::new();
        self.check_type(&Type::Named(name.to_owned()), document, "$", &mut out);
        out
    }

    fn check_type(&self, of: &Type, value: &Value, at: &str, out: &mut Vec<String>) {
        let right = match of {
            Type::Literal(word) => value.as_str() == Some(word),
            Type::Union(of) => of.iter().any(|t| {
                let mut wrong = Vec::new();
                self.check_type(t, value, at, &mut wrong);
                wrong.is_empty()
            }),
            Type::List(of) => match value.as_array() {
                Some(items) => {
                    items.iter().enumerate().for_each(|(n, v)| self.check_type(of, v, &format!("{at}[{n}]"), out));
                    true
                }
                None => false,
            },
            Type::Map(of) => match value.as_object() {
                Some(items) => {
                    items.iter().for_each(|(k, v)| self.check_type(of, v, &format!("{at}.{k}"), out));
                    true
                }
                None => false,
            },
            Type::Named(name) => match name.as_str() {
                "string" => value.is_string(),
                "integer" => value.is_u64() || value.is_i64(),
                "boolean" => value.is_boolean(),
                "null" => value.is_null(),
                "Json" => true,
                name => match self.0.iter().find(|s| s.name == name).map(|s| &s.body) {
                    Some(Body::Alias(of)) => return self.check_type(of, value, at, out),
                    Some(Body::Object(fields)) => return self.check_object(fields, value, at, out),
                    None => false,
                },
            },
        };
        if !right {
            out.push(format!("{at}: {value} is not {}", of.typescript()));
        }
    }

    fn check_object(&self, fields: &[Field], value: &Value, at: &str, out: &mut Vec<String>) {
        let Some(object) = value.as_object() else {
            out.push(format!("{at}: {value} is no object"));
            return;
        };
        for f in fields {
            match object.get(&f.name) {
                Some(v) => self.check_type(&f.of, v, &format!("{at}.{}", f.name), out),
                None if f.optional => {}
                None => out.push(format!("{at}.{}: missing", f.name)),
            }
        }
        for key in object.keys().filter(|k| !fields.iter().any(|f| f.name == **k)) {
            out.push(format!("{at}.{key}: not described"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_document_of_another_shape_is_told() {
        let shapes = Shapes::new().unwrap();
        assert!(shapes.check("Ratio", &json!({"covered": 1, "total": 2})).is_empty());
        assert_eq!(shapes.check("Ratio", &json!({"covered": 1})), ["$.total: missing"]);
        assert_eq!(shapes.check("Ratio", &json!({"covered": 1, "total": 2, "x": 0})), ["$.x: not described"]);
        assert_eq!(shapes.check("Ratio", &json!({"covered": "1", "total": 2})), ["$.covered: \"1\" is not number"]);
        assert_eq!(shapes.check("Status", &json!("passed")).len(), 1);
    }
}
