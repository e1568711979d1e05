//! license-checker, CSV (`license-checker --csv`, and license-checker-rseidelsohn).
//!
//! <https://github.com/davglass/license-checker>. The first column is `module name`, a package in the notation `name@version`; then `license` and `repository`, or
//! the members of a custom format (`licenses`, `version`, …). The format has no end mark: `complete` is not known.

use super::common;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::inventory::Component;

pub(super) static FORMAT: Format = Format {
    id: "license-checker-csv",
    title: "license-checker CSV",
    kind: Kind::Inventory,
    extensions: &["csv"],
    places: &["licenses.csv", "license-checker.csv", "**/license-checker*.csv"],
    spec: "license-checker, https://github.com/davglass/license-checker",
    producers: &["license-checker"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let columns = common::header(head.header());
    let has = |c: &str| columns.iter().any(|n| n == c);
    Confidence::when(has("module name") && (has("license") || has("licenses")), Confidence::Certain)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut components = Vec::new();
    common::rows(
        input,
        |columns| {
            if columns.find(&["module name"]).is_none() || columns.find(&["license", "licenses"]).is_none() {
                return Err(ParseError::malformed("the columns module name and license").found_words("others"));
            }
            Ok(())
        },
        |columns, fields, line| {
            let get = |names: &[&str]| columns.find(names).and_then(|at| fields.get(at)).map_or("", AsRef::as_ref);
            let key = get(&["module name"]);
            let (name, version) = common::npm_key(key).unwrap_or((key, ""));
            let licenses = get(&["license", "licenses"]);
            components.push(Component {
                name: name.into(),
                version: (!version.is_empty()).then(|| version.into()),
                purl: (!version.is_empty()).then(|| common::purl("npm", name, Some(version))),
                has_id: !version.is_empty(),
                // Several licences of old packages are joined by a comma; an expression holds none.
                licenses: licenses.split(',').filter(|t| !t.trim().is_empty()).map(common::license).collect(),
                line: Some(line),
                ..Component::default()
            });
            Ok(())
        },
    )?;
    Ok(common::inventory("license-checker", components, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;
    use gatekeeper_evidence::Data;

    #[test]
    fn names_versions_licences() {
        let limits = Limits::default();
        let bytes =
            b"\"module name\",\"license\",\"repository\"\n\"@a/b@1.0.0\",\"MIT,Apache-2.0\",\"x\"\n\"c@2\",\"\",\"\"\n";
        let input = Input { name: "t.csv", bytes, limits: &limits, exit_status: None, validate: false };
        let Data::Inventory(i) = parse(&input).unwrap().data else { panic!("no inventory") };
        assert_eq!(i.components[0].purl.as_deref(), Some("pkg:npm/%40a/b@1.0.0"));
        assert_eq!((i.components[0].licenses.len(), i.components[1].licenses.len()), (2, 0));
    }
}
