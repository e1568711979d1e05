//! Answers that a model can take in: text, and the same as a document, both bounded.

use serde_json::{Value, json};

/// Most bytes of a document.
const DOCUMENT: usize = 200 << 10;

/// Most characters of a text.
const TEXT: usize = 20_000;

/// Entries of the lists of a verdict beside its gates' violations.
const LISTED: usize = 50;

/// An answer.
pub(super) struct Answer {
    /// For reading.
    pub(super) text: String,
    /// As data: an object.
    pub(super) document: Value,
}

impl Answer {
    /// A text and a document within their bounds. `shorter` makes the document with at most so many entries in each of its lists.
    ///
    /// # Errors
    /// A document that is too large even without any entries.
    pub(super) fn new(text: &str, most: usize, shorter: impl Fn(usize) -> Value) -> Result<Answer, String> {
        let mut at = most;
        loop {
            let document = shorter(at);
            if document.to_string().len() <= DOCUMENT {
                return Ok(Answer { text: cut(text), document });
            }
            if at == 0 {
                return Err(format!(
                    "the answer is too large even without its lists (limit {DOCUMENT} bytes): ask for one gate or fewer files"
                ));
            }
            at /= 2;
        }
    }
}

/// The first so many characters, and a line that says so.
fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}\n… cut here", text.get(..at).unwrap_or_default()),
    }
}

/// Shortens a list in place; answers how many were left out.
fn shorten(list: Option<&mut Value>, most: usize) -> usize {
    match list {
        Some(Value::Array(list)) => {
            let rest = list.len().saturating_sub(most);
            list.truncate(most);
            rest
        }
        _ => 0,
    }
}

/// A verdict with at most so many violations of each gate. What was left out is counted under `left_out`.
pub(super) fn verdict(whole: &Value, most: usize) -> Value {
    let mut out = whole.clone();
    let mut left = serde_json::Map::new();
    let lists = LISTED.min(most.saturating_mul(4));
    if let Some(policy) = out.get_mut("policy").and_then(Value::as_object_mut) {
        policy.remove("normalised");
    }
    for name in ["evidence", "set_aside", "problems", "ignored", "warnings"] {
        let rest = shorten(out.get_mut(name), lists);
        if rest > 0 {
            left.insert(name.to_owned(), json!(rest));
        }
    }
    let mut violations = 0;
    for gate in out.get_mut("gates").and_then(Value::as_array_mut).into_iter().flatten() {
        violations += shorten(gate.get_mut("violations"), most);
        for name in ["evidence", "cells", "conditions", "waivers", "to_pass"] {
            let rest = shorten(gate.get_mut(name), lists.max(1));
            if rest > 0 {
                let sum = left.get(name).and_then(Value::as_u64).unwrap_or(0);
                left.insert(name.to_owned(), json!(sum.saturating_add(rest as u64)));
            }
        }
    }
    if violations > 0 {
        left.insert("violations".to_owned(), json!(violations));
    }
    if let (false, Some(out)) = (left.is_empty(), out.as_object_mut()) {
        out.insert("left_out".to_owned(), Value::Object(left));
    }
    out
}

/// A document with every list in it shortened, however deep.
pub(super) fn shortened(whole: &Value, most: usize) -> Value {
    fn walk(value: &mut Value, most: usize, left: &mut usize) {
        match value {
            Value::Array(list) => {
                *left += list.len().saturating_sub(most);
                list.truncate(most);
                list.iter_mut().for_each(|v| walk(v, most, left));
            }
            Value::Object(map) => map.values_mut().for_each(|v| walk(v, most, left)),
            _ => {}
        }
    }
    let (mut out, mut left) = (whole.clone(), 0);
    walk(&mut out, most, &mut left);
    if let (true, Some(out)) = (left > 0, out.as_object_mut()) {
        out.insert("left_out".to_owned(), json!(left));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_counted() {
        let violations: Vec<Value> = (0..100).map(|n| json!({ "message": format!("v{n}") })).collect();
        let whole = json!({ "policy": { "file": "p", "normalised": {} }, "warnings": [], "evidence": vec![json!("e"); 300],
                            "gates": [{ "name": "a", "violations": violations }, { "name": "b", "violations": [] }] });
        let short = verdict(&whole, 20);
        assert_eq!(short["gates"][0]["violations"].as_array().unwrap().len(), 20);
        assert_eq!(short["left_out"], json!({ "evidence": 250, "violations": 80 }));
        assert!(short["policy"].get("normalised").is_none());
        let all = verdict(&whole, 1_000);
        assert_eq!(all["left_out"], json!({ "evidence": 250 }));
        assert_eq!(shortened(&json!({ "a": [[1, 2, 3], 2, 3] }), 2), json!({ "a": [[1, 2], 2], "left_out": 2 }));
    }

    #[test]
    fn an_answer_keeps_within_its_bounds() {
        let big = json!({ "a": vec!["x".repeat(1_000); 1_000] });
        let answer = Answer::new(&"é".repeat(50_000), 1_000, |most| shortened(&big, most)).unwrap();
        assert!(answer.text.chars().count() < TEXT + 20 && answer.document.to_string().len() <= DOCUMENT);
        assert!(answer.document["left_out"].as_u64().unwrap() > 0);
        assert!(Answer::new("", 10, |_| json!({ "a": "x".repeat(1 << 20) })).is_err());
    }
}
