//! Test results that `gatekeeper merge --format json` wrote: the model as it is.
//!
//! Specification: the shape is described at [`crate::merge`]. Producer: gatekeeper. No deviations: what is not of this version and shape, or
//! states counts that its cases do not give, is refused.

use crate::format::{Format, Parsed};
use crate::input::Input;
use crate::united::{self, Source};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::{Counts, TestRun};
use gatekeeper_evidence::{Data, Kind};
use serde::Deserialize;
use serde::de::IgnoredAny;

pub(super) static FORMAT: Format = Format {
    id: "gatekeeper-tests",
    title: "gatekeeper's united test results (merge --format json)",
    kind: Kind::Tests,
    extensions: &["json"],
    places: &[],
    spec: united::SPEC,
    // Whoever wrote what was united: one that cannot be read concerns the gates of every tool.
    producers: &[],
    recorded_as: None,
    content: crate::format::Content::Text,
    sniff: |head| united::sniff(head, FORMAT.id),
    parse,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "format")]
    _format: IgnoredAny,
    schema_version: u64,
    #[serde(rename = "kind")]
    _kind: IgnoredAny,
    complete: Option<bool>,
    sources: Vec<Source>,
    counts: Counts,
    tests: TestRun,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let d: Document = united::document(input)?;
    united::parsed(d.schema_version, d.tests.counts() == d.counts, d.complete, &d.sources, Data::Tests(d.tests))
}
