//! `cargo deny list -f json`, in its two layouts: by licence (the default) and by crate.
//!
//! <https://embarkstudios.github.io/cargo-deny/cli/list.html>. A crate is `name version source`; older versions write cargo's package ids. What it lists are the
//! licences that occur in a crate's expression, without the `OR`s between them: all of them are taken to hold, with a note, as the choice is not in the file.

use super::common;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::inventory::Component;
use gatekeeper_evidence::{Kind, Note};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) static FORMAT: Format = Format {
    id: "cargo-deny-list",
    title: "cargo deny list, JSON",
    kind: Kind::Inventory,
    extensions: &["json"],
    places: &["cargo-deny-list.json", "**/cargo-deny-list*.json"],
    spec: "cargo-deny's list command, https://embarkstudios.github.io/cargo-deny/cli/list.html",
    producers: &["cargo-deny"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    if shape.root_is_array {
        return Confidence::No;
    }
    if shape.has("licenses[][]") && (shape.has("unlicensed") || shape.has("licenses[][][]")) {
        return Confidence::Certain;
    }
    // All crates without a licence: there is no licence to list.
    if shape.has("licenses") && shape.has("unlicensed[]") && !shape.has("licenses[]") {
        return Confidence::Likely;
    }
    let by_crate = shape.paths().any(|(path, _)| {
        path.strip_suffix(".licenses[]")
            .is_some_and(|key| ["registry+", " git+", " crates.io", "path+file:"].iter().any(|own| key.contains(own)))
    });
    Confidence::when(by_crate, Confidence::Likely)
}

#[derive(Deserialize)]
struct ByLicense {
    licenses: Vec<(String, Vec<String>)>,
    unlicensed: Vec<String>,
}

#[derive(Deserialize)]
struct Crate {
    licenses: Vec<String>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut crates: BTreeMap<String, Vec<String>> = BTreeMap::new();
    // Which layout it is shows at its beginning: a member "licenses" is no crate.
    let text = input.bytes.trim_ascii_start();
    let first = text.get(1..text.len().min(64)).unwrap_or_default().trim_ascii_start();
    if first.starts_with(b"\"licenses\"") || first.starts_with(b"\"unlicensed\"") {
        let list: ByLicense = json::from_input(input)?;
        for (license, users) in list.licenses {
            for user in users {
                crates.entry(user).or_default().push(license.clone());
            }
        }
        for user in list.unlicensed {
            crates.entry(user).or_default();
        }
    } else {
        let list: BTreeMap<String, Crate> = json::from_input(input)?;
        crates.extend(list.into_iter().map(|(id, c)| (id, c.licenses)));
    }
    let mut several = false;
    let components: Vec<Component> = crates
        .into_iter()
        .map(|(id, licenses)| {
            several |= licenses.len() > 1;
            let (name, version, registry) = crate_of(&id);
            Component {
                name: name.into(),
                version: version.map(Into::into),
                purl: registry.then(|| common::purl("cargo", name, version)),
                has_id: registry,
                licenses: licenses.iter().map(|l| common::license(l)).collect(),
                ..Component::default()
            }
        })
        .collect();
    let mut parsed = common::inventory("cargo-deny", components, Some(true));
    if several {
        let words = "cargo deny list does not say whether several licences of a crate are a choice: all of them are taken to hold";
        parsed.notes.push(Note::new(words));
    }
    Ok(parsed)
}

/// Name, version, and whether it comes from a registry.
fn crate_of(id: &str) -> (&str, Option<&str>, bool) {
    let registry = id.contains("registry+") || id.contains("crates.io") || id.contains("sparse+");
    if let Some((source, package)) = id.split_once('#').filter(|(s, _)| !s.contains(' ')) {
        return match package.split_once('@') {
            Some((name, version)) => (name, Some(version), registry),
            None => (source.rsplit('/').next().unwrap_or(source), Some(package), registry),
        };
    }
    let mut words = id.split_whitespace();
    (words.next().unwrap_or(id), words.next(), registry)
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
    fn both_layouts_give_the_same_crates() {
        let a = "a 1.0.0 registry+https://github.com/rust-lang/crates.io-index";
        let by_license = format!(
            r#"{{"licenses":[["Apache-2.0",["{a}"]],["MIT",["{a}"]]],"unlicensed":["b 0.1.0 path+file:///x"]}}"#
        );
        let by_crate =
            format!(r#"{{"{a}":{{"licenses":["Apache-2.0","MIT"]}},"b 0.1.0 path+file:///x":{{"licenses":[]}}}}"#);
        let (one, two) = (read(&by_license).unwrap(), read(&by_crate).unwrap());
        assert_eq!(one, two);
        assert_eq!(one.components[0].purl.as_deref(), Some("pkg:cargo/a@1.0.0"));
        assert_eq!((one.components[0].licenses.len(), one.components[1].purl.as_deref()), (2, None));
    }

    #[test]
    fn package_ids_of_all_ages() {
        assert_eq!(
            crate_of("registry+https://github.com/rust-lang/crates.io-index#a@1.2.3"),
            ("a", Some("1.2.3"), true)
        );
        assert_eq!(crate_of("path+file:///p/b#0.1.0"), ("b", Some("0.1.0"), false));
        assert_eq!(crate_of("c 1.0.0 (registry+https://x)"), ("c", Some("1.0.0"), true));
    }

    #[test]
    fn other_content_is_refused() {
        for bad in ["[]", r#"{"licenses":[["MIT"]],"unlicensed":[]}"#, r#"{"a":{"b":1}}"#, r#"{"licenses":[]"#] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
