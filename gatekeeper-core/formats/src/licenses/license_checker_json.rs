//! license-checker, JSON (`license-checker --json`, and license-checker-rseidelsohn).
//!
//! <https://github.com/davglass/license-checker>. One object with a member for each package, `name@version`. `licenses` is a text or an array; `MIT*` means
//! that it was guessed from a file; `Custom: …` and `UNLICENSED` are texts like others, `UNKNOWN` is none.

use super::common;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use crate::scan::shape::Value;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::inventory::{Component, License};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;

pub(super) static FORMAT: Format = Format {
    id: "license-checker-json",
    title: "license-checker JSON",
    kind: Kind::Inventory,
    extensions: &["json"],
    places: &["licenses.json", "license-checker.json", "**/license-checker*.json"],
    spec: "license-checker, https://github.com/davglass/license-checker",
    producers: &["license-checker"],
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
    // Packages' names hold dots, so a package is found by what stands in it.
    let own = shape.paths().any(|(path, _)| {
        path.strip_suffix(".licenses").is_some_and(|key| {
            // "registry+https://…#a@1.0.0" is a crate.
            !key.contains("://")
                && common::npm_key(key).is_some_and(|(_, v)| v.starts_with(|c: char| c.is_ascii_digit()))
                && shape.value(key) == Some(&Value::Object)
        })
    });
    Confidence::when(own, Confidence::Likely)
}

#[derive(Deserialize)]
struct Entry {
    licenses: Option<Licenses>,
}

struct Licenses(Vec<License>);

impl<'de> Deserialize<'de> for Licenses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Licenses;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a licence or an array of licences")
            }

            fn visit_str<E>(self, v: &str) -> Result<Licenses, E> {
                Ok(Licenses(vec![common::license(v)]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Licenses, A::Error> {
                let mut out = Vec::new();
                while let Some(text) = seq.next_element::<String>()? {
                    out.push(common::license(&text));
                }
                Ok(Licenses(out))
            }
        }
        deserializer.deserialize_any(V)
    }
}

struct Document(Vec<Component>);

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Document;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of packages")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
                let (mut out, mut seen) = (Vec::new(), HashSet::new());
                while let Some((key, entry)) = map.next_entry::<String, Entry>()? {
                    let Some((name, version)) = common::npm_key(&key) else {
                        return Err(A::Error::custom(format_args!("{key:?} is no package, name@version")));
                    };
                    out.push(Component {
                        name: name.into(),
                        version: Some(version.into()),
                        purl: Some(common::purl("npm", name, Some(version))),
                        has_id: true,
                        licenses: entry.licenses.map(|l| l.0).unwrap_or_default(),
                        ..Component::default()
                    });
                    if !seen.insert(key) {
                        return Err(A::Error::custom("a package that is there twice"));
                    }
                }
                Ok(Document(out))
            }
        }
        deserializer.deserialize_map(V)
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let document: Document = json::from_input(input)?;
    Ok(common::inventory("license-checker", document.0, Some(true)))
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
    fn packages_and_their_licences() {
        let i = read(
            r#"{"@a/b@1.0.0":{"licenses":["MIT","UNKNOWN"],"path":"x"},"c@2.0.0":{"licenses":"UNKNOWN"},"d@1.0.0":{}}"#,
        )
        .unwrap();
        assert_eq!(i.components.iter().filter(|c| c.is_licensed()).count(), 1);
        assert_eq!(i.components[0].licenses.len(), 2);
    }

    #[test]
    fn other_content_is_refused() {
        for bad in [r#"{"name":{}}"#, r#"{"a@1":{},"a@1":{}}"#, r#"{"a@1":{"licenses":1}}"#, "[]", r#"{"a@1":{"#] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
