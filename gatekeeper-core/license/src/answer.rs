//! What `gatekeeper license …` answers, as data: one entry per item asked, in their order.

use serde::Serialize;

use super::{LicenseLists, detect, name, parse};

/// The answer to `parse`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parsed {
    /// What was asked.
    pub expression: String,
    /// Whether it is an SPDX licence expression.
    pub valid: bool,
    /// The expression in its one spelling.
    pub normalized: Option<String>,
    /// Why it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The byte at which it breaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<usize>,
    /// Deprecated ids that it was written with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deprecated: Vec<&'static str>,
}

/// The answer to `satisfies`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Satisfied {
    /// What was asked.
    pub expression: String,
    /// Whether a branch of it is allowed.
    pub satisfied: bool,
    /// Which licence met which entry of the lists.
    pub because: String,
    /// The licences of the branch chosen.
    pub chosen: Vec<String>,
}

/// The answer to `name`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// What was asked.
    pub text: String,
    /// The SPDX expression; none where the text does not say which licence.
    pub spdx: Option<String>,
}

/// The answer to `detect`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DetectedFile {
    /// What was asked.
    pub file: String,
    /// The SPDX id.
    pub spdx: Option<String>,
    /// How alike the texts are, from 0 to 1.
    pub confidence: Option<f64>,
    /// Why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// Reads an expression.
pub fn parsed(text: &str) -> Parsed {
    let asked = text.to_owned();
    match parse(text) {
        Ok(found) => Parsed {
            expression: asked,
            valid: true,
            normalized: Some(found.normalized()),
            error: None,
            offset: None,
            deprecated: found.deprecated().to_vec(),
        },
        Err(error) => Parsed {
            expression: asked,
            valid: false,
            normalized: None,
            error: Some(error.to_string()),
            offset: Some(error.offset),
            deprecated: Vec::new(),
        },
    }
}

/// Holds an expression against lists.
pub fn satisfied(text: &str, policy: &LicenseLists) -> Satisfied {
    let found = policy.satisfies(text);
    Satisfied { expression: text.to_owned(), satisfied: found.satisfied, because: found.because, chosen: found.chosen }
}

/// Reads a free-text name.
pub fn named(text: &str) -> Named {
    Named { text: text.to_owned(), spdx: name(text) }
}

/// Recognises a licence text.
pub fn detected(file: &str, bytes: &[u8]) -> DetectedFile {
    let file = file.to_owned();
    match detect(bytes) {
        Ok(found) => DetectedFile { file, spdx: Some(found.id), confidence: Some(found.confidence), because: None },
        Err(why) => DetectedFile { file, spdx: None, confidence: None, because: Some(why.to_string()) },
    }
}

/// A file that could not be read.
pub fn unreadable(file: &str, why: &str) -> DetectedFile {
    DetectedFile { file: file.to_owned(), spdx: None, confidence: None, because: Some(why.to_owned()) }
}
