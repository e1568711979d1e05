//! The baseline of detect-secrets (<https://github.com/Yelp/detect-secrets>), usually `.secrets.baseline`. Entries that were audited as no secret (`is_secret: false`) are
//! suppressed. No severity is stated. The hash of a secret is its fingerprint.

use super::common::{List, Members, Num, Str, foreign, message, parsed, place, seconds};
use super::rows;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Suppression};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "detect-secrets",
    title: "detect-secrets baseline",
    kind: Kind::Findings,
    extensions: &["baseline", "json"],
    places: &[".secrets.baseline"],
    spec: "detect-secrets scan, https://github.com/Yelp/detect-secrets",
    producers: &["detect-secrets"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let own = shape.has("plugins_used") && (shape.has("results") || shape.has("version"));
    // Before 0.9 no plugins were named.
    let old = shape.has_all(&["exclude_regex", "generated_at", "results"]);
    Confidence::when(own || old, Confidence::Certain)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Baseline<'a> {
    #[serde(borrow)]
    results: Option<Members<'a, List<Secret<'a>>>>,
    #[serde(borrow, rename = "generated_at")]
    generated: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Secret<'a> {
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow, rename = "hashed_secret")]
    hash: Str<'a>,
    #[serde(rename = "line_number")]
    line: Num,
    is_secret: Option<bool>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let baseline: Baseline<'_> = rows::read(input)?;
    let Some(results) = &baseline.results else { return Err(foreign("a baseline of detect-secrets (results)")) };
    let mut items = Vec::new();
    for (file, secrets) in &results.0 {
        for s in &secrets.0 {
            items.push(Finding {
                rule: message(s.kind.text()),
                message: message(&format!("possible secret: {}", s.kind.text())),
                category: Category::Secret,
                place: place(file, s.line.line(), None),
                suppressed: (s.is_secret == Some(false))
                    .then(|| Box::new(Suppression { by: "audit".into(), reason: "audited as no secret".into() })),
                fingerprint: s.hash.boxed(),
                ..Finding::default()
            });
        }
    }
    Ok(Parsed {
        created: seconds(baseline.generated.text()),
        ..parsed(items, Some(true), "detect-secrets", Vec::new())
    })
}
