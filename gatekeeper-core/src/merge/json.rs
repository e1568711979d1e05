//! The united evidence as a JSON document of its own.
//!
//! ```json
//! {"format": "gatekeeper-coverage", "schema_version": 1, "kind": "coverage", "complete": null, "sources": [{"path": "…", "format": "lcov", "sha256": "…", "size": 1}],
//!  "figures": {"lines": {"covered": 1, "total": 2}, …}, "coverage": {"files": {"src/a.c": {"lines": [{"number": 1, "hits": 2}], …}}, …}}
//! ```
//! `format` is the id by which it is read again: `gatekeeper-coverage` or `gatekeeper-tests`.
//! `kind` is `coverage` or `tests`, and the member of that name holds the evidence as the model has it. `complete` is false where one of the
//! sources says that it is not, null where one cannot tell. `figures` (coverage) and `counts` (tests) sum it up.

use super::{MergeError, Target, United, Written};
use gatekeeper_evidence::coverage::{Coverage, Figures};
use gatekeeper_evidence::error::Cause;
use gatekeeper_evidence::test_run::{Counts, TestRun};
use gatekeeper_evidence::{Data, Kind, Source};
use gatekeeper_formats::UNITED_VERSION as VERSION;
use serde::Serialize;

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    schema_version: u64,
    kind: Kind,
    complete: Option<bool>,
    sources: &'a [Source],
    #[serde(skip_serializing_if = "Option::is_none")]
    figures: Option<Figures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Counts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<&'a Coverage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tests: Option<&'a TestRun>,
}

pub(super) fn write(united: &United) -> Result<Written, MergeError> {
    let mut document = Document {
        format: Target::Json.format(united.data.kind()),
        schema_version: VERSION,
        kind: united.data.kind(),
        complete: united.complete,
        sources: &united.sources,
        figures: None,
        counts: None,
        coverage: None,
        tests: None,
    };
    match &united.data {
        Data::Coverage(c) => (document.figures, document.coverage) = (Some(c.figures()), Some(c)),
        Data::Tests(t) => (document.counts, document.tests) = (Some(t.counts()), Some(t)),
        _ => return Err(MergeError::Target(Target::Json, united.data.kind())),
    }
    let mut bytes =
        serde_json::to_vec_pretty(&document).map_err(|e| MergeError::Unwritable(Target::Json, Cause::new(e)))?;
    bytes.push(b'\n');
    Ok(Written { bytes, lost: Vec::new() })
}
