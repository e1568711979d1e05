//! What is left of a table for rules that read their keys themselves.

use super::{Node, Table, Value};

/// What a key of a scripted rule takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyKind {
    /// A text.
    Text,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A list.
    List,
    /// A table.
    Table,
}

impl KeyKind {
    /// All of them.
    pub const ALL: [KeyKind; 5] = [KeyKind::Text, KeyKind::Number, KeyKind::Boolean, KeyKind::List, KeyKind::Table];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyKind::Text => "text",
            KeyKind::Number => "number",
            KeyKind::Boolean => "boolean",
            KeyKind::List => "list",
            KeyKind::Table => "table",
        }
    }

    fn wanted(self) -> &'static str {
        match self {
            KeyKind::Text => "a text",
            KeyKind::Number => "a number",
            KeyKind::Boolean => "true or false",
            KeyKind::List => "a list",
            KeyKind::Table => "a table",
        }
    }

    fn holds(self, value: &Value) -> bool {
        matches!(
            (self, value),
            (KeyKind::Text, Value::Text(_) | Value::Date(_))
                | (KeyKind::Number, Value::Number(_))
                | (KeyKind::Boolean, Value::Flag(_))
                | (KeyKind::List, Value::List(_))
                | (KeyKind::Table, Value::Table(_))
        )
    }
}

impl Table<'_> {
    /// Everything that nobody has asked for yet, as plain values: for rules that read their table themselves. `None` where something in it
    /// has no plain value, which has been reported.
    pub fn rest(&mut self) -> Option<serde_json::Value> {
        let (mut out, mut whole) = (serde_json::Map::new(), true);
        for entry in self.entries.iter().filter(|e| !self.asked.iter().any(|k| *k == e.key)) {
            match self.plain(&entry.key, &entry.node) {
                Some(value) => drop(out.insert(entry.key.clone(), value)),
                None => whole = false,
            }
        }
        self.all = true;
        whole.then_some(serde_json::Value::Object(out))
    }

    /// The same of these keys alone, each of its kind where it has one; any other is an unknown key.
    pub fn rest_of(&mut self, keys: &[(String, Option<KeyKind>)]) -> Option<serde_json::Value> {
        let (mut out, mut whole) = (serde_json::Map::new(), true);
        for entry in self.entries.iter().filter(|e| !self.asked.iter().any(|k| *k == e.key)) {
            let Some((_, kind)) = keys.iter().find(|(name, _)| *name == entry.key) else { continue };
            let plain = match kind {
                Some(kind) if !kind.holds(&entry.node.value) => self.wrong(&entry.key, &entry.node, kind.wanted()),
                _ => self.plain(&entry.key, &entry.node),
            };
            match plain {
                Some(value) => drop(out.insert(entry.key.clone(), value)),
                None => whole = false,
            }
        }
        self.declared.extend(keys.iter().map(|(name, _)| name.clone()));
        whole.then_some(serde_json::Value::Object(out))
    }

    pub(super) fn plain(&self, key: &str, node: &Node) -> Option<serde_json::Value> {
        use serde_json::Value as Plain;
        Some(match &node.value {
            Value::Text(text) | Value::Date(text) => Plain::from(text.as_str()),
            Value::Flag(flag) => Plain::from(*flag),
            Value::Number(n) => match plain_number(n) {
                Some(number) => Plain::Number(number),
                None => return self.wrong(key, node, "a number that JSON can hold"),
            },
            Value::List(items) => Plain::Array(items.iter().map(|n| self.plain(key, n)).collect::<Option<_>>()?),
            Value::Table(entries) => Plain::Object(
                entries.iter().map(|e| Some((e.key.clone(), self.plain(&e.key, &e.node)?))).collect::<Option<_>>()?,
            ),
            Value::Other(_) => return self.wrong(key, node, "text, a number, true or false, a list or a table"),
        })
    }
}

/// A number as written, where a whole number is not rounded by becoming a JSON number.
fn plain_number(text: &str) -> Option<serde_json::Number> {
    let digits = text.strip_prefix('+').unwrap_or(text).replace('_', "");
    if let Ok(n) = digits.parse::<u64>() {
        return Some(n.into());
    }
    if let Ok(n) = digits.parse::<i64>() {
        return Some(n.into());
    }
    // A whole number that fits neither would lose its last digits.
    if digits.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    serde_json::Number::from_f64(digits.parse().ok()?)
}
