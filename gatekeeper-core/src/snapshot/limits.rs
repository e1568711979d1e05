//! The policy in a snapshot: key by key, a line each, so that git merges two of them.

use super::entry::Limit;
use crate::config::{Entry, Node, Value};
use serde_json::{Map, Value as Json};

/// What is no limit of the run: the shape's version, and the profiles, of which the one that was applied is in the rest already.
const LEFT_OUT: [&str; 5] = ["version", "profile", "profiles", "extends", "defaults"];

/// Deepest nesting of a policy's values.
const DEEPEST: usize = 64;

/// Every key of a policy with its value. An entry of a list of tables is a line of its own.
pub(crate) fn stated(policy: &Node) -> Vec<Limit> {
    let mut out = Vec::new();
    for entry in policy.entries().unwrap_or_default().iter().filter(|e| !LEFT_OUT.contains(&e.key.as_str())) {
        let mut path = vec![entry.key.clone()];
        match &entry.node.value {
            Value::List(items) if items.iter().any(|i| i.entries().is_some()) => {
                for item in items {
                    out.push(Limit { limit: path.clone(), is: None, has: Some(plain(item)) });
                }
            }
            _ => leaves(&entry.node, &mut path, &mut out),
        }
    }
    out
}

fn leaves(node: &Node, path: &mut Vec<String>, out: &mut Vec<Limit>) {
    match &node.value {
        Value::Table(entries) if !entries.is_empty() => {
            for entry in entries {
                path.push(entry.key.clone());
                leaves(&entry.node, path, out);
                path.pop();
            }
        }
        _ => out.push(Limit { limit: path.clone(), is: Some(plain(node)), has: None }),
    }
}

fn plain(node: &Node) -> Json {
    match &node.value {
        Value::Table(entries) => {
            Json::Object(entries.iter().map(|e| (e.key.clone(), plain(&e.node))).collect::<Map<_, _>>())
        }
        Value::List(items) => Json::Array(items.iter().map(plain).collect()),
        Value::Text(text) | Value::Date(text) => Json::String(text.clone()),
        Value::Number(n) => match n.replace('_', "").trim_start_matches('+').parse::<serde_json::Number>() {
            Ok(number) => Json::Number(number),
            Err(_) => Json::String(n.clone()),
        },
        Value::Flag(flag) => Json::Bool(*flag),
        Value::Other(_) => Json::Null,
    }
}

/// The policy's tree again; `None` where two lines contradict each other in shape, or it is nested too deep.
pub(super) fn tree<'l>(limits: impl IntoIterator<Item = &'l Limit>) -> Option<Node> {
    let mut root = Node { span: 0..0, value: Value::Table(Vec::new()) };
    for limit in limits {
        let mut at = &mut root;
        if limit.limit.is_empty() || limit.limit.len() > DEEPEST {
            return None;
        }
        for key in &limit.limit {
            let Value::Table(entries) = &mut at.value else { return None };
            let found = entries.iter().position(|e| e.key == *key);
            let place = found.unwrap_or_else(|| {
                let node = Node { span: 0..0, value: Value::Table(Vec::new()) };
                entries.push(Entry { key: key.clone(), key_span: 0..0, node });
                entries.len().saturating_sub(1)
            });
            at = &mut entries.get_mut(place)?.node;
        }
        let empty = at.value == Value::Table(Vec::new());
        match (&limit.is, &limit.has, &mut at.value) {
            (Some(is), None, _) if empty => at.value = node(is, DEEPEST)?.value,
            (None, Some(has), Value::List(items)) => items.push(node(has, DEEPEST)?),
            (None, Some(has), _) if empty => at.value = Value::List(vec![node(has, DEEPEST)?]),
            _ => return None,
        }
    }
    Some(root)
}

fn node(json: &Json, deepest: usize) -> Option<Node> {
    let deeper = deepest.checked_sub(1)?;
    let value = match json {
        Json::Null => Value::Other("nothing"),
        Json::Bool(flag) => Value::Flag(*flag),
        Json::Number(n) => Value::Number(n.to_string()),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(|i| node(i, deeper)).collect::<Option<_>>()?),
        Json::Object(entries) => Value::Table(
            entries
                .iter()
                .map(|(key, json)| Some(Entry { key: key.clone(), key_span: 0..0, node: node(json, deeper)? }))
                .collect::<Option<_>>()?,
        ),
    };
    Some(Node { span: 0..0, value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::from_toml;

    #[test]
    fn a_policy_is_the_same_again() {
        let text = "version = 1\n[[evidence]]\nname = \"a\"\npaths = [\"x/*\"]\n[[evidence]]\npaths = [\"y\"]\n\
                    [gates.\"a.b\"]\nrule = \"coverage\"\nlines = { min = 79.5, warn = 1_0 }\nfiles = {}\n[gates.t]\nonly = [\"x\", \"y\"]\nratchet = true\n\
                    [profiles.p]\n";
        let limits = stated(&from_toml(text).unwrap());
        let keys: Vec<String> = limits.iter().map(|l| l.limit.join("/")).collect();
        assert_eq!(
            keys,
            [
                "evidence",
                "evidence",
                "gates/a.b/rule",
                "gates/a.b/lines/min",
                "gates/a.b/lines/warn",
                "gates/a.b/files",
                "gates/t/only",
                "gates/t/ratchet",
            ]
        );
        let tree = tree(&limits).unwrap();
        let min = tree.get("gates").unwrap().get("a.b").unwrap().get("lines").unwrap();
        assert_eq!(min.to_string(), "{\"min\": 79.5, \"warn\": 10}");
        assert_eq!(
            tree.get("evidence").unwrap().to_string(),
            "[{\"name\": \"a\", \"paths\": [\"x/*\"]}, {\"paths\": [\"y\"]}]"
        );
        assert_eq!(stated(&tree), limits);
    }

    #[test]
    fn lines_that_fit_no_tree_are_refused() {
        let limit = |path: &[&str]| Limit {
            limit: path.iter().map(|p| (*p).to_owned()).collect(),
            is: Some(Json::Bool(true)),
            has: None,
        };
        assert!(tree(&[limit(&["a", "b"]), limit(&["a", "c"])]).is_some());
        assert!(tree(&[limit(&["a"]), limit(&["a", "b"])]).is_none());
        assert!(tree(&[limit(&["a"]), limit(&["a"])]).is_none());
        assert!(tree(&[limit(&[])]).is_none());
    }
}
