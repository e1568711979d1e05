//! What the documents of `gatekeeper merge --format json` have in common: their envelope, and how it is held against its content.
//! Its shape is described at [`crate::merge`].

use crate::format::{Confidence, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::{Data, Note};
use serde::Deserialize;

/// The version that is written and read.
pub const VERSION: u64 = 1;
/// Where the shape is described.
pub(crate) const SPEC: &str = "gatekeeper merge, schema version 1: gatekeeper-core/src/merge/json.rs";

/// Where what was united comes from, as far as it tells of the whole.
#[derive(Deserialize)]
pub(super) struct Source {
    tool: Option<String>,
    modified: Option<i64>,
    #[serde(default)]
    commits: Vec<String>,
}

/// Whether the content bears a format's mark.
pub(super) fn sniff(head: &Head<'_>, id: &str) -> Confidence {
    let marked = head.json().is_some_and(|s| !s.root_is_array && s.text("format") == Some(id));
    Confidence::when(marked && head.json().is_some_and(|s| s.has("schema_version")), Confidence::Certain)
}

/// Reads a document. One of another version is no malformed one.
pub(super) fn document<'a, T: Deserialize<'a>>(input: &Input<'a>) -> Result<T, ParseError> {
    #[derive(Deserialize)]
    struct Version {
        schema_version: u64,
    }
    json::from_input(input).map_err(|e| match json::from_input::<Version>(input) {
        Ok(v) if v.schema_version != VERSION => unsupported(v.schema_version),
        _ => e,
    })
}

fn unsupported(version: u64) -> ParseError {
    ParseError::new(ErrorCode::UnsupportedVersion, format!("a schema_version other than {VERSION}"))
        .at(0)
        .in_path("$.schema_version")
        .found_words(version.to_string())
}

/// The evidence, once the envelope agrees with it.
pub(super) fn parsed(
    version: u64,
    agrees: bool,
    complete: Option<bool>,
    sources: &[Source],
    data: Data,
) -> Result<Parsed, ParseError> {
    if version != VERSION {
        return Err(unsupported(version));
    }
    if !agrees {
        return Err(ParseError::malformed("figures that are those of the evidence").at(0).found_words("others"));
    }
    let mut tools = sources.iter().map(|s| s.tool.as_deref());
    let first = tools.next().flatten();
    let parsed = Parsed {
        tool: first.filter(|t| tools.all(|o| o == Some(t))).map(str::to_owned),
        // What is old does not become new by being united.
        created: sources.iter().filter_map(|s| s.modified).min(),
        notes: vec![Note::new(format!("united from {} reports", sources.len()))],
        ..Parsed::new(data, complete)
    };
    // What is united of several commits is of all of them.
    Ok(parsed.of_commits(sources.iter().flat_map(|s| &s.commits).map(String::as_str)))
}
