//! Policies in YAML and JSON (which is YAML): the same tree as from TOML.

use super::node::{Entry, Node, Value};
use super::problem::{PolicyProblem, ProblemCode};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;
use std::fmt;

/// Reads JSON. It has to be JSON, whatever YAML would make of it; `$schema` at its top is for editors.
pub(crate) fn from_json(text: &str) -> Result<Node, PolicyProblem> {
    if let Err(e) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let place = |n: usize| u64::try_from(n).unwrap_or(1).max(1);
        let offset = offset_of(text, place(e.line()), place(e.column()));
        let words = e.to_string();
        let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
        return Err(PolicyProblem::new(offset..offset, format!("not valid JSON: {words}")));
    }
    let mut tree = from_yaml(text)?;
    if let Value::Table(entries) = &mut tree.value {
        entries.retain(|e| e.key != "$schema");
    }
    Ok(tree)
}

/// Reads YAML.
pub(crate) fn from_yaml(text: &str) -> Result<Node, PolicyProblem> {
    let tree: Spanned<Tree> = serde_saphyr::from_str(text).map_err(|e| {
        let offset = e.location().map_or(0, |l| offset_of(text, l.line(), l.column()));
        let message = e.to_string();
        let message = message.lines().next().unwrap_or_default().to_owned();
        PolicyProblem::new(offset..offset, format!("not valid YAML: {message}")).code(ProblemCode::Syntax).because(e)
    })?;
    Ok(node(tree, text))
}

fn offset_of(text: &str, line: u64, column: u64) -> usize {
    let skip = usize::try_from(line.saturating_sub(1)).unwrap_or(0);
    let start: usize = text.split_inclusive('\n').take(skip).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    let column = usize::try_from(column.saturating_sub(1)).unwrap_or(0);
    start + rest.char_indices().nth(column).map_or(rest.len().min(column), |(i, _)| i)
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
