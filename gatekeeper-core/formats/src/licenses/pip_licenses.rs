//! What pip-licenses' two formats share: columns and rows.
//!
//! <https://github.com/raimon49/pip-licenses>. Columns stand as the options ask for them: `Name`, `Version`, `License`, with `--from=all` `License-Metadata` and
//! `License-Classifier`, with `--from=expression` `License-Expression` (version 5). Several classifiers are joined by `; `; a licence field may hold a whole licence's text.

use super::common;
use gatekeeper_evidence::inventory::Component;
use gatekeeper_evidence::purl;

/// The columns that state a licence, the best first. Where several do, all hold.
pub(super) const LICENSES: [&str; 4] = ["license", "license-expression", "license-classifier", "license-metadata"];

/// A row as a component. `stated` are the licence columns in the order of [`LICENSES`].
pub(super) fn component(name: &str, version: Option<&str>, stated: [Option<&str>; 4], line: Option<u64>) -> Component {
    // Joined classifiers are short and of one line; a text of a licence may hold "; " as well.
    let read = |text: &str| {
        if text.contains("; ") && !text.contains('\n') && text.len() < 400 {
            text.split("; ").filter(|t| !t.trim().is_empty()).map(common::license).collect()
        } else if text.trim().is_empty() {
            Vec::new()
        } else {
            vec![common::license(text)]
        }
    };
    let licenses = common::together(stated.iter().flatten().map(|text| read(text)).collect());
    let version = version.map(str::trim).filter(|v| !v.is_empty());
    Component {
        name: name.into(),
        version: version.map(Into::into),
        purl: Some(purl::write_pypi(name, version).into()),
        has_id: true,
        licenses,
        line,
        ..Component::default()
    }
}
