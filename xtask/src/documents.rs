//! The shapes of the JSON documents, described once in `documents.txt`: Python's and TypeScript's types are generated from it, and
//! the tests hold real documents against it, so that the description cannot drift from the engine.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
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
    /// Whether it has these members for good, so that another one is a mistake: written `Name!:`.
    closed: bool,
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
    Pair(Box<Type>, Box<Type>),
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
        } else if let Some((first, second)) =
            text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).and_then(|t| t.split_once(", "))
        {
            Type::Pair(Box::new(Type::parse(first)), Box::new(Type::parse(second)))
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
                "number" => "float",
                "boolean" => "bool",
                "null" => "None",
                "Json" => "Any",
                other => other,
            }
            .to_owned(),
            Type::Literal(word) => format!("Literal[\"{word}\"]"),
            Type::List(of) => format!("list[{}]", of.python()),
            // JSON has no tuples: Python reads a list.
            Type::Pair(first, _) => format!("list[{}]", first.python()),
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
            Type::Pair(first, second) => format!("[{}, {}]", first.typescript(), second.typescript()),
            Type::Map(of) => format!("Record<string, {}>", of.typescript()),
            Type::Union(of) => of.iter().map(Type::typescript).collect::<Vec<_>>().join(" | "),
        }
    }
}

impl Type {
    /// Adds the names in it.
    fn names(&self, out: &mut Vec<String>) {
        match self {
            Type::Named(name) => out.push(name.clone()),
            Type::Literal(_) => {}
            Type::List(of) | Type::Map(of) => of.names(out),
            Type::Pair(first, second) => {
                first.names(out);
                second.names(out);
            }
            Type::Union(of) => of.iter().for_each(|t| t.names(out)),
        }
    }

    fn schema(&self) -> Value {
        match self {
            Type::Named(name) => match name.as_str() {
                "string" | "integer" | "number" | "boolean" | "null" => json!({ "type": name }),
                "Json" => json!({}),
                other => json!({ "$ref": format!("#/definitions/{other}") }),
            },
            Type::Literal(word) => json!({ "const": word }),
            Type::List(of) => json!({ "type": "array", "items": of.schema() }),
            Type::Pair(first, second) => json!({
                "type": "array",
                "items": [first.schema(), second.schema()],
                "minItems": 2,
                "additionalItems": false,
            }),
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

/// The keywords of Python (Language Reference, section 2.3.1).
const PYTHON_WORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

impl Shapes {
    /// The schema (JSON Schema draft-07) of documents of one shape, or of lists of them, with the shapes that they are made of. Keys may be added in
    /// later versions, so others are allowed, but for shapes that are closed.
    pub fn schema(&self, title: &str, of: &str) -> String {
        let mut definitions = Map::new();
        let used = self.used(of);
        for shape in self.0.iter().filter(|s| used.contains(s.name.as_str())) {
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
                    let mut schema = json!({ "type": "object", "description": shape.what, "properties": properties, "required": required });
                    if let Some(schema) = schema.as_object_mut().filter(|_| shape.closed) {
                        schema.insert("additionalProperties".to_owned(), Value::from(false));
                    }
                    schema
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

    /// The shapes that documents of a type are made of.
    fn used(&self, of: &str) -> BTreeSet<&str> {
        let mut out = BTreeSet::new();
        let mut todo = Vec::new();
        Type::parse(of).names(&mut todo);
        while let Some(name) = todo.pop() {
            let Some(shape) = self.0.iter().find(|s| s.name == name) else { continue };
            if out.insert(shape.name.as_str()) {
                match &shape.body {
                    Body::Alias(of) => of.names(&mut todo),
                    Body::Object(fields) => fields.iter().for_each(|f| f.of.names(&mut todo)),
                }
            }
        }
        out
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
                let body = Body::Alias(Type::parse(of));
                out.push(Shape { name: name.to_owned(), what: String::new(), body, closed: false });
            } else {
                let (name, what) = line.split_once(": ").ok_or_else(bad)?;
                let closed = name.ends_with('!');
                let name = name.trim_end_matches('!').to_owned();
                out.push(Shape { name, what: what.to_owned(), body: Body::Object(Vec::new()), closed });
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
                let own = |f: &&Field| PYTHON_WORDS.contains(&f.name.as_str());
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
            Type::Pair(first, second) => match value.as_array().map(Vec::as_slice) {
                Some([a, b]) => {
                    self.check_type(first, a, &format!("{at}[0]"), out);
                    self.check_type(second, b, &format!("{at}[1]"), out);
                    true
                }
                _ => false,
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
                "number" => value.is_number(),
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
        let stretches = |of: Value| shapes.check("FileDetails", &json!({ "path": "a", "uncovered": of }));
        assert!(stretches(json!([[1, 2], [4, 4]])).is_empty());
        for wrong in [json!([[1]]), json!([[1, 2, 3]]), json!([["1", 2]]), json!([1, 2])] {
            assert_eq!(stretches(wrong.clone()).len(), wrong.as_array().unwrap().len(), "{wrong}");
        }
    }

    #[test]
    fn a_schema_holds_the_shapes_that_its_documents_are_made_of() {
        let shapes = Shapes::new().unwrap();
        let schema: Value = serde_json::from_str(&shapes.schema("x", "Array<Inspection>")).unwrap();
        let names: Vec<&String> = schema["definitions"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["ErrorInfo", "Inspection", "Kind", "Location", "Note"]);
        assert_eq!(schema["definitions"]["Location"]["additionalProperties"], json!(false), "closed");
        assert_eq!(schema["definitions"]["Inspection"].get("additionalProperties"), None, "open");
    }
}
