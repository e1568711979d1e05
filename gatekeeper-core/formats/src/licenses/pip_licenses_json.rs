//! pip-licenses, JSON (`pip-licenses --format=json`, `--format=json-license-finder`). Members and their meaning: `pip_licenses.rs`.
//! The second layout writes `name`, `version` and the list `licenses`.

use super::{common, pip_licenses};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "pip-licenses-json",
    title: "pip-licenses JSON",
    kind: Kind::Inventory,
    extensions: &["json"],
    places: &["pip-licenses.json", "**/pip-licenses*.json"],
    spec: "pip-licenses, https://github.com/raimon49/pip-licenses",
    producers: &["pip-licenses"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let licensed = ["[].License", "[].License-Expression", "[].License-Classifier", "[].License-Metadata"];
    // `Version` is left out with `--no-version`.
    let own = shape.has("[].Name") && licensed.iter().any(|p| shape.has(p));
    let finder = shape.has_all(&["[].name", "[].licenses[]"])
        && shape.paths().all(|(path, _)| {
            path.is_empty() || matches!(path, "[]" | "[].name" | "[].version" | "[].licenses" | "[].licenses[]")
        });
    Confidence::when(shape.root_is_array && (own || finder), Confidence::Likely)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    #[serde(alias = "name")]
    name: String,
    #[serde(alias = "version")]
    version: Option<String>,
    license: Option<String>,
    #[serde(rename = "licenses")]
    finder: Option<Vec<String>>,
    #[serde(rename = "License-Expression")]
    expression: Option<String>,
    #[serde(rename = "License-Classifier")]
    classifier: Option<String>,
    #[serde(rename = "License-Metadata")]
    metadata: Option<String>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let rows: Vec<Row> = json::from_input(input)?;
    let components = rows
        .iter()
        .enumerate()
        .map(|(n, row)| {
            if let Some(licenses) = &row.finder {
                return Ok(pip_licenses::component(
                    &row.name,
                    row.version.as_deref(),
                    [Some(&licenses.join("; ")), None, None, None],
                    None,
                ));
            }
            let stated =
                [row.license.as_deref(), row.expression.as_deref(), row.classifier.as_deref(), row.metadata.as_deref()];
            if stated.iter().all(Option::is_none) {
                return Err(ParseError::malformed("a License").in_path(format!("$[{n}]")).found_words("none"));
            }
            Ok(pip_licenses::component(&row.name, row.version.as_deref(), stated, None))
        })
        .collect::<Result<_, _>>()?;
    Ok(common::inventory("pip-licenses", components, Some(true)))
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
    fn the_known_one_of_several_columns_counts() {
        let i = read(
            r#"[{"Name":"a","Version":"1","License-Metadata":"MIT","License-Classifier":"UNKNOWN"},{"Name":"b","License":"UNKNOWN"}]"#,
        )
        .unwrap();
        assert_eq!(&*i.components[0].licenses[0].text, "MIT");
        assert!(i.components[0].is_licensed() && !i.components[1].is_licensed());
    }

    #[test]
    fn other_content_is_refused() {
        for bad in ["{}", r#"[{"name":"a"}]"#, r#"[{"Name":"a"}]"#, r#"[{"Name":"a","License":"MIT""#] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
