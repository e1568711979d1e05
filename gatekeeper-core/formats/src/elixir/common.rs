//! What the formats of this family share: texts and numbers as Elixir's encoders write them, messages cut to size.

use crate::format::Parsed;
use crate::scan::lines::Lines;
use gatekeeper_evidence::findings::{Findings, Place};
use gatekeeper_evidence::{Data, Note};
use serde::Deserialize;
use serde_json::Value;

/// Most of a message that is kept, bytes.
const MESSAGE: usize = 4096;

/// A text that may be absent, null or of another type.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "Value")]
pub(super) struct Text(pub String);

impl From<Value> for Text {
    fn from(value: Value) -> Self {
        Text(match value {
            Value::String(s) => s,
            Value::Number(n) => n.to_string(),
            _ => String::new(),
        })
    }
}

impl Text {
    /// The text, cut at a character where it is longer than a message.
    pub(super) fn cut(&self) -> Box<str> {
        let text = self.0.trim();
        let end = (0..=text.len().min(MESSAGE)).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        text.get(..end).unwrap_or_default().into()
    }
}

/// A place; a line or column of 0, or one that is no number, is none.
pub(super) fn place(path: &Text, line: &Value, column: &Value) -> Option<Place> {
    let number = |v: &Value| v.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
    (!path.0.is_empty()).then(|| Place { path: path.cut(), line: number(line), column: number(column) })
}

/// Findings of one tool.
pub(super) fn parsed(tool: &str, mut found: Findings, complete: Option<bool>, notes: Vec<Note>) -> Parsed {
    found.tool(tool);
    Parsed { tool: Some(tool.to_owned()), notes, ..Parsed::new(Data::Findings(found), complete) }
}

/// Where a JSON document begins behind what mix says while it compiles.
pub(super) fn behind_talk(bytes: &[u8]) -> usize {
    Lines::new(bytes).find(|l| l.bytes.trim_ascii_start().starts_with(b"{")).map_or(0, |l| l.offset)
}
