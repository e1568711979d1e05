//! cargo-license, JSON (`cargo license --json`).
//!
//! <https://github.com/onur/cargo-license>. `license` is the manifest's field: an SPDX expression, the older `MIT/Apache-2.0`, or null; a `license_file` beside it does not say
//! which licence it is.

use super::common;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::inventory::Component;
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "cargo-license-json",
    title: "cargo-license JSON",
    kind: Kind::Inventory,
    extensions: &["json"],
    places: &["cargo-license.json", "**/cargo-license*.json"],
    spec: "cargo-license, https://github.com/onur/cargo-license",
    producers: &["cargo-license"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let own =
        shape.root_is_array && shape.has_all(&["[].name", "[].version", "[].license", "[].license_file", "[].authors"]);
    Confidence::when(own, Confidence::Certain)
}

#[derive(Deserialize)]
struct Row {
    name: String,
    version: Option<String>,
    // Written for every crate, as null where there is none; a list without it is another tool's.
    #[serde(deserialize_with = "Option::deserialize")]
    license: Option<String>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let rows: Vec<Row> = json::from_input(input)?;
    let components = rows
        .into_iter()
        .map(|row| Component {
            purl: Some(common::purl("cargo", &row.name, row.version.as_deref())),
            has_id: true,
            licenses: row.license.filter(|t| !t.trim().is_empty()).iter().map(|t| common::license(t)).collect(),
            name: row.name.into(),
            version: row.version.map(Into::into),
            ..Component::default()
        })
        .collect();
    Ok(common::inventory("cargo-license", components, Some(true)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use gatekeeper_evidence::inventory::Inventory;

    fn read(text: &str) -> Result<Inventory, ParseError> {
        testing::inventory(parse, text)
    }

    #[test]
    fn crates_and_their_licences() {
        let i = read(r#"[{"name":"a","version":"1.0.0","license":"MIT OR Apache-2.0"},{"name":"b","version":"2.0.0","license":null,"license_file":"LICENSE"}]"#)
            .unwrap();
        assert_eq!(i.components[0].purl.as_deref(), Some("pkg:cargo/a@1.0.0"));
        assert!(i.components[0].is_licensed() && !i.components[1].is_licensed());
    }

    #[test]
    fn other_content_is_refused() {
        for bad in ["{}", r#"[{"name":"a","version":"1"}]"#, r#"[{"name":1,"license":null}]"#, "[{"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
