//! SPDX 2 in JSON: one object with `spdxVersion` "SPDX-2.2" or "SPDX-2.3".
//!
//! Specification: SPDX v2.3 (ISO/IEC 5962:2021 is v2.2.1), <https://spdx.github.io/spdx-spec/v2.3/>; schemas of
//! <https://github.com/spdx/spdx-spec/tree/v2.3/schemas>. Producers: syft, trivy, GitHub's dependency graph, npm sbom, sbom-tool, ORT,
//! Black Duck, bom, spdx-sbom-generator, OpenEmbedded.
//!
//! Components are `packages`. Valid means: the schema of the document's own version, SPDX ids unique and well formed, relationships that
//! lead to ids, `NOASSERTION`, `NONE` or a declared `DocumentRef-`, `dataLicense` CC0-1.0, licence expressions that parse.
//!
//! Deviations: GitHub's export wraps the document (`{"sbom": {…}}`): read. npm writes SPDX ids with underscores and OpenEmbedded
//! `packageSupplier`: read, and not valid. Where concluded and declared licence differ, both are kept (both must hold).

use super::schema;
use super::spdx2::{Spdx, by_element, needed};
use super::tree::{self, Plan};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use std::borrow::Cow;

pub(super) static FORMAT: Format = Format {
    id: "spdx-json",
    title: "SPDX 2 SBOM (JSON)",
    kind: Kind::Inventory,
    extensions: &["json", "spdx"],
    places: &["*.spdx.json", "sbom.spdx.json", "_manifest/spdx_2.2/manifest.spdx.json", "spdx.json"],
    spec: "SPDX 2.2 and 2.3, JSON, https://spdx.github.io/spdx-spec/v2.3/",
    producers: &["syft", "trivy", "github", "npm", "sbom-tool", "ort", "bom"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    for version in ["spdxVersion", "sbom.spdxVersion"] {
        if let Some(version) = shape.text(version) {
            return Confidence::when(version.starts_with("SPDX-"), Confidence::Certain);
        }
    }
    // Key order is free: the version may stand behind a long list.
    Confidence::when(
        shape.text("SPDXID") == Some("SPDXRef-DOCUMENT")
            || shape.has_all(&["packages[].SPDXID", "packages[].name"])
            || shape.text("files[].SPDXID").is_some(),
        Confidence::Likely,
    )
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let text = input.text()?;
    let plan = Plan { by_element, only: (!input.validate).then_some(&needed), envelope: Some("sbom") };
    let mut spdx = Spdx::new(text, input.validate);
    let mut document = if input.validate {
        version_of(text).and_then(|v| schema::spdx_json(&v)).map(schema::Document::new)
    } else {
        None
    };
    tree::read(text, &plan, &mut |piece| {
        if let (Some(document), Some(check)) = (&mut document, &mut spdx.check) {
            document.piece(&piece, &mut check.problems);
        }
        spdx.take(&piece);
    })?;
    match (document, &mut spdx.check) {
        (Some(document), Some(check)) => document.end(&mut check.problems),
        // SPDX 2.0 and 2.1 have no JSON schema: whether it is valid is not known.
        (None, check @ Some(_)) => *check = None,
        _ => {}
    }
    spdx.finish()
}

/// The document's `spdxVersion`, looked for before anything else is read.
fn version_of(text: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Version<'a> {
        #[serde(rename = "spdxVersion", borrow)]
        version: Option<Cow<'a, str>>,
    }
    #[derive(serde::Deserialize)]
    struct Wrapped<'a> {
        #[serde(borrow)]
        sbom: Version<'a>,
    }
    let head = crate::scan::shape::of(text.as_bytes().get(..text.len().min(4_096))?)?;
    // With escapes it has to be read properly.
    let stated = head.text("spdxVersion").or_else(|| head.text("sbom.spdxVersion"));
    if let Some(v) = stated.filter(|v| !v.contains('\\')) {
        return Some(v.to_owned());
    }
    let own = serde_json::from_str::<Version<'_>>(text).ok().and_then(|v| v.version);
    own.or_else(|| serde_json::from_str::<Wrapped<'_>>(text).ok()?.sbom.version).map(Cow::into_owned)
}
