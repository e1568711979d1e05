//! Policies in YAML and JSON (which is YAML): the same tree as from TOML.

use super::node::{Entry, Node, Value};
use super::problem::{PolicyProblem, ProblemCode};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;
use std::fmt;

/// Reads JSON. It has to be JSON, whatever YAML would make of it; `$schema` at its top is for editors.
pub(crate) fn from_json(text: &str) -> Result<Node, PolicyProblem> {
    if let Err(e) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        // Its columns count bytes.
        let (start, rest) = line_of(text, e.line());
        let column = rest.char_indices().map(|(at, _)| at).take_while(|at| *at < e.column()).last();
        let offset = start + column.unwrap_or(0);
        let words = e.to_string();
        let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
        return Err(PolicyProblem::new(offset..offset, format!("not valid JSON: {words}")));
    }
    let mut tree = read(text, "JSON")?;
    if let Value::Table(entries) = &mut tree.value {
        entries.retain(|e| e.key != "$schema");
    }
    Ok(tree)
}

/// Reads YAML.
pub(crate) fn from_yaml(text: &str) -> Result<Node, PolicyProblem> {
    read(text, "YAML")
}

fn read(text: &str, language: &str) -> Result<Node, PolicyProblem> {
    let tree: Spanned<Tree> = serde_saphyr::from_str(text).map_err(|e| {
        let offset = e.location().map_or(0, |l| offset_of(text, l.line(), l.column()));
        let (words, help) = words(&e.to_string());
        let problem = PolicyProblem::new(offset..offset, format!("not valid {language}: {words}"));
        let problem = problem.code(ProblemCode::Syntax).because(e);
        match help {
            Some(help) => problem.help(help),
            None => problem,
        }
    })?;
    Ok(node(tree, text))
}

/// What the reader says, without the place, which is shown, and without what only a program could do about it; and what a person can.
fn words(said: &str) -> (String, Option<&'static str>) {
    let first = said.lines().next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    let placed = first.strip_prefix("line ").and_then(|rest| rest.split_once(": ").map(|(_, words)| words));
    let words = placed.unwrap_or(first);
    if let Some(key) = words.strip_prefix("duplicate mapping key: ") {
        let key = key.rsplit_once(", set ").map_or(key, |(key, _)| key);
        return (format!("duplicate key `{key}`"), Some("name each table, and each key in it, once"));
    }
    (words.replace(" rejected by the configured policy", ", which is no number"), None)
}

fn offset_of(text: &str, line: u64, column: u64) -> usize {
    let (start, rest) = line_of(text, usize::try_from(line).unwrap_or(0));
    let column = usize::try_from(column.saturating_sub(1)).unwrap_or(0);
    start + rest.char_indices().nth(column).map_or(rest.len().min(column), |(i, _)| i)
}

/// Where a line (from 1) begins, and the text from there on.
fn line_of(text: &str, line: usize) -> (usize, &str) {
    let start = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (start, text.get(start..).unwrap_or_default())
}

/// A tree of scalars as they are written.
enum Tree {
    Map(Vec<(Spanned<String>, Spanned<Tree>)>),
    List(Vec<Spanned<Tree>>),
    Text(String),
    Number(String),
    Flag(bool),
    Null,
}

fn node(tree: Spanned<Tree>, text: &str) -> Node {
    let at = offset_of(text, tree.referenced.line(), tree.referenced.column());
    let value = match tree.value {
        Tree::Map(entries) => Value::Table(
            entries
                .into_iter()
                .map(|(key, value)| {
                    let start = offset_of(text, key.referenced.line(), key.referenced.column());
                    Entry { key_span: start..start + key.value.len(), key: key.value, node: node(value, text) }
                })
                .collect(),
        ),
        Tree::List(items) => Value::List(items.into_iter().map(|n| node(n, text)).collect()),
        Tree::Text(t) => Value::Text(t),
        Tree::Number(n) => Value::Number(n),
        Tree::Flag(b) => Value::Flag(b),
        Tree::Null => Value::Other("nothing"),
    };
    Node { span: at..at + 1, value }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scalars;
        impl<'de> Visitor<'de> for Scalars {
            type Value = Tree;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a policy")
            }

            fn visit_bool<E>(self, v: bool) -> Result<Tree, E> {
                Ok(Tree::Flag(v))
            }

            fn visit_i64<E>(self, v: i64) -> Result<Tree, E> {
                Ok(Tree::Number(v.to_string()))
            }

            fn visit_u64<E>(self, v: u64) -> Result<Tree, E> {
                Ok(Tree::Number(v.to_string()))
            }

            fn visit_f64<E>(self, v: f64) -> Result<Tree, E> {
                Ok(Tree::Number(v.to_string()))
            }

            fn visit_str<E>(self, v: &str) -> Result<Tree, E> {
                Ok(Tree::Text(v.to_owned()))
            }

            fn visit_unit<E>(self) -> Result<Tree, E> {
                Ok(Tree::Null)
            }

            fn visit_none<E>(self) -> Result<Tree, E> {
                Ok(Tree::Null)
            }

            fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Tree, D::Error> {
                Tree::deserialize(d)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
                let mut out = Vec::new();
                while let Some(item) = seq.next_element()? {
                    out.push(item);
                }
                Ok(Tree::List(out))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
                let mut out = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    out.push(entry);
                }
                Ok(Tree::Map(out))
            }
        }
        deserializer.deserialize_any(Scalars)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_json_and_names_its_schema_beside_its_keys() {
        let keys = |text: &str| {
            let tree = from_json(text).unwrap();
            tree.entries().unwrap().iter().map(|e| e.key.clone()).collect::<Vec<_>>()
        };
        assert_eq!(keys("{\"$schema\": \"x\", \"version\": 1, \"gates\": {}}"), ["version", "gates"]);
        // Deeper down it is a key like any other.
        let inner = from_json("{\"a\": {\"$schema\": 1}}").unwrap();
        assert_eq!(inner.to_string(), "{\"a\": {\"$schema\": 1}}");
        for (text, offset, words) in [
            ("{\"a\": 1,}", 8, "not valid JSON: key must be a string"),
            ("{\n  \"ü\": x\n}", 10, "not valid JSON: expected value"),
            ("{\"a\": \"üü\" 1}", 13, "not valid JSON: expected `,` or `}`"),
            ("{\"a\": [1, 2}", 11, "not valid JSON: expected `,` or `]`"),
            ("{\"a\": 1\n", 8, "not valid JSON: EOF while parsing an object"),
            ("", 0, "not valid JSON: EOF while parsing a value"),
            ("a: 1", 0, "not valid JSON: expected value"),
        ] {
            let problem = from_json(text).unwrap_err();
            assert_eq!((problem.message.as_str(), problem.span), (words, offset..offset), "{text}");
        }
    }

    #[test]
    fn what_the_reader_says_is_told_in_a_person_s_words() {
        for (said, told) in [
            (
                "error: line 4 column 3: duplicate mapping key: t, set DuplicateKeyPolicy in Options if acceptable",
                "duplicate key `t`",
            ),
            ("duplicate mapping key: a, b", "duplicate key `a, b`"),
            ("error: line 2 column 8: unclosed bracket '['", "unclosed bracket '['"),
            ("unclosed bracket: '['\n at", "unclosed bracket: '['"),
            (
                "error: line 1 column 72: non-finite float `1e999` rejected by the configured policy",
                "non-finite float `1e999`, which is no number",
            ),
        ] {
            assert_eq!(words(said).0, told);
            assert_eq!(words(said).1.is_some(), told.starts_with("duplicate"), "{said}");
        }
        let twice = from_json("{\"a\": 1, \"a\": 2}").unwrap_err();
        assert_eq!((twice.message.as_str(), twice.span), ("not valid JSON: duplicate key `a`", 9..9));
        assert_eq!(from_yaml("a: 1\na: 2\n").unwrap_err().message, "not valid YAML: duplicate key `a`");
    }

    #[test]
    fn what_no_policy_holds_is_told_as_that() {
        use serde::de::value::{BytesDeserializer, Error};
        let told = Tree::deserialize(BytesDeserializer::<Error>::new(b"x")).map(|_| ()).unwrap_err();
        assert_eq!(told.to_string(), "invalid type: byte array, expected a policy");
    }
}
