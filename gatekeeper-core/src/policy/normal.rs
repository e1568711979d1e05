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

/// The largest whole number up to which every reader of JSON is exact.
const EXACT: u64 = 9_007_199_254_740_992;

/// A number where every reader of JSON holds it exactly, else as it is written. `80.0` is 80: writers of JSON turn the one into the other, and
/// the digest has to hold after them.
fn number(text: &str) -> Plain {
    let digits = text.replace('_', "");
    let plain = digits.strip_prefix('+').unwrap_or(&digits);
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, "0"));
    if !fraction.is_empty() && fraction.bytes().all(|b| b == b'0') {
        let number = whole.parse::<i64>().ok().filter(|n| n.unsigned_abs() <= EXACT && n.to_string() == whole);
        return number.map_or_else(|| Plain::from(text), Plain::from);
    }
    let number = plain.parse().ok().and_then(Number::from_f64).filter(|n| n.to_string() == plain);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_what_every_reader_of_json_reads() {
        for (text, json) in [
            ("80", "80"),
            ("80.0", "80"),
            ("+80.00", "80"),
            ("-1.0", "-1"),
            ("1_000", "1000"),
            ("9007199254740992", "9007199254740992"),
            ("9007199254740993", "\"9007199254740993\""),
            ("12.5", "12.5"),
            ("90.50", "\"90.50\""),
            ("007", "\"007\""),
            ("-0.0", "\"-0.0\""),
            ("1.", "\"1.\""),
            ("1e3", "\"1e3\""),
            ("0x10", "\"0x10\""),
        ] {
            assert_eq!(number(text).to_string(), json, "{text}");
        }
    }
}
