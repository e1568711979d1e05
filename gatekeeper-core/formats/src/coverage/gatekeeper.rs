//! Coverage that `gatekeeper merge --format json` wrote: the model as it is.
//!
//! Specification: the shape is described at [`crate::merge`]. Producer: gatekeeper. No deviations: what is not of this version and shape, names
//! a file twice or states figures that its evidence does not give, is refused.

use super::common::Members;
use crate::format::{Format, Parsed};
use crate::input::Input;
use crate::united::{self, Source};
use gatekeeper_evidence::coverage::{Claim, Coverage, Figures, FileCoverage, Metrics, Percentages, Stated};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::{Data, Kind};
use serde::Deserialize;
use serde::de::IgnoredAny;

pub(super) static FORMAT: Format = Format {
    id: "gatekeeper-coverage",
    title: "gatekeeper's united coverage (merge --format json)",
    kind: Kind::Coverage,
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
struct Document<'a> {
    #[serde(rename = "format")]
    _format: IgnoredAny,
    schema_version: u64,
    #[serde(rename = "kind")]
    _kind: IgnoredAny,
    complete: Option<bool>,
    sources: Vec<Source>,
    figures: Figures,
    #[serde(borrow)]
    coverage: Content<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content<'a> {
    #[serde(borrow)]
    files: Members<'a, FileCoverage>,
    #[serde(borrow)]
    percent: Option<Shares<'a>>,
    roots: Vec<String>,
    not_counted: Vec<String>,
    metrics: Metrics,
    stated: Stated,
    #[serde(default)]
    claim: Option<Box<Claim>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shares<'a> {
    total: Box<str>,
    #[serde(borrow)]
    files: Members<'a, Box<str>>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let d: Document<'_> = united::document(input)?;
    let c = d.coverage;
    let mut out = Coverage {
        percent: c.percent.map(percentages).transpose()?,
        roots: c.roots,
        not_counted: c.not_counted,
        metrics: c.metrics,
        stated: c.stated,
        claim: c.claim,
        ..Coverage::default()
    };
    for (name, file) in c.files.0 {
        if let Some(l) = file.line_branches.iter().find(|l| l.covered > l.total) {
            return Err(ParseError::malformed("no more covered than there are")
                .at(0)
                .in_path(format!("$.coverage.files[{name:?}].line_branches"))
                .found_words(format!("{} of {}", l.covered, l.total)));
        }
        out.add(name, file);
    }
    united::parsed(d.schema_version, out.figures() == d.figures, d.complete, &d.sources, Data::Coverage(out))
}

fn percentages(s: Shares<'_>) -> Result<Percentages, ParseError> {
    let sound = |t: &str| t.parse::<f64>().is_ok_and(|n| (0.0..=100.0).contains(&n));
    let files = s.files.0.iter().map(|(_, v)| v.as_ref());
    if let Some(wrong) = std::iter::once(s.total.as_ref()).chain(files).find(|t| !sound(t)) {
        return Err(ParseError::malformed("a percentage").at(0).in_path("$.coverage.percent").found(wrong));
    }
    Ok(Percentages { total: s.total, files: s.files.0.into_iter().map(|(k, v)| (k.into(), v)).collect() })
}
