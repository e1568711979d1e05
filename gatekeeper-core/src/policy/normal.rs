//! A policy as plain values: all files that it is made of in one, the profile applied. What was judged by can be read there, and its digest
//! says whether two verdicts were judged by the same.

use crate::config::{Node, Value};
use gatekeeper_evidence::hash::sha256_hex;
use serde_json::{Map, Number, Value as Plain};

/// What says how a policy was put together, not what it demands.
const OF_THE_FILE: [&str; 4] = ["profiles", "extends", "profile", "defaults"];

/// The plain values of a policy's tree. Keys are sorted, so that their order in the file makes no difference; that of gates and lists is kept.
pub(super) fn of(tree: &Node) -> Plain {
    let mut out = Map::new();
    for entry in tree.entries().unwrap_or_default().iter().filter(|e| !OF_THE_FILE.contains(&e.key.as_str())) {
        out.insert(entry.key.clone(), plain(&entry.node));
    }
    sorted(Plain::Object(out))
}

fn plain(node: &Node) -> Plain {
    match &node.value {
        Value::Table(entries) => Plain::Object(entries.iter().map(|e| (e.key.clone(), plain(&e.node))).collect()),
        Value::List(items) => Plain::Array(items.iter().map(plain).collect()),
        Value::Text(text) | Value::Date(text) => Plain::from(text.as_str()),
        Value::Number(n) => number(n),
        Value::Flag(flag) => Plain::from(*flag),
        Value::Other(what) => Plain::from(*what),
    }
}

/// A number where JSON holds it exactly, else as it is written.
fn number(text: &str) -> Plain {
    let digits = text.replace('_', "");
    let plain = digits.strip_prefix('+').unwrap_or(&digits);
    let exact = |n: Number| (n.to_string() == plain || n.to_string().strip_suffix(".0") == Some(plain)).then_some(n);
    let whole = plain.parse::<u64>().ok().map(Number::from).or_else(|| plain.parse::<i64>().ok().map(Number::from));
    let number = whole.or_else(|| Number::from_f64(plain.parse().ok()?)).and_then(exact);
    number.map_or_else(|| Plain::from(text), Plain::Number)
}

fn sorted(value: Plain) -> Plain {
    match value {
        Plain::Object(map) => {
            let mut entries: Vec<(String, Plain)> = map.into_iter().map(|(k, v)| (k, sorted(v))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Plain::Object(entries.into_iter().collect())
        }
        Plain::Array(items) => Plain::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// The SHA-256 of plain values, lower-case hex.
pub(crate) fn digest(normal: &Plain) -> String {
    sha256_hex(sorted(normal.clone()).to_string().as_bytes())
}
