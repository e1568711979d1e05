//! An npm package: `package.json`.
//!
//! Specification: <https://docs.npmjs.com/cli/v11/configuring-npm/package-json>. `license` is an SPDX expression, or "SEE LICENSE IN file"; old
//! packages have an object with a `type`, or `licenses` as an array of those; where both are there, both hold. npm writes a package's real name here, also where its folder
//! has an alias. A byte order mark is skipped, as npm does.

use super::{Described, Package};
use crate::licenses::common::{self, Licenses};
use crate::scan::json;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::inventory::{Component, License};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

#[derive(Default)]
struct Manifest {
    name: Option<Box<str>>,
    version: Option<Box<str>>,
    licenses: Vec<Vec<License>>,
}

/// Read as npm reads it: a member may be there twice, a name or version be of another type than text. Of the licences none is left out.
impl<'de> Deserialize<'de> for Manifest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Manifest;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Manifest, A::Error> {
                let mut out = Manifest::default();
                while let Some(key) = map.next_key::<Cow<'_, str>>()? {
                    match key.as_ref() {
                        "name" => out.name = map.next_value::<Value>()?.as_str().map(Into::into),
                        "version" => {
                            out.version = match map.next_value::<Value>()? {
                                Value::String(text) => Some(text.into()),
                                Value::Number(number) => Some(number.to_string().into()),
                                _ => None,
                            }
                        }
                        "license" | "licenses" => out.licenses.push(map.next_value::<Licenses>()?.0),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(out)
            }
        }
        deserializer.deserialize_map(V)
    }
}

pub(super) fn describe(package: &Package<'_>) -> Result<Described, ParseError> {
    const FILE: &str = "package.json";
    let bytes = package.description(FILE)?;
    let plain = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let manifest: Manifest = json::from_bytes(plain).map_err(|e| e.finish(FILE, "", Some(plain)))?;
    let mut out = Described::default();
    let name = manifest.name.filter(|n| !n.trim().is_empty()).unwrap_or_else(|| package.name.into());
    let version = manifest.version.filter(|v| !v.trim().is_empty());
    let mut licenses = common::together(manifest.licenses);
    if let [one] = licenses.as_slice()
        && let Some(file) = pointed_at(&one.text)
    {
        out.see = Some(file);
        licenses.clear();
    }
    out.component = Component {
        purl: Some(common::purl("npm", &name, version.as_deref())),
        name,
        version,
        licenses,
        ..out.component
    };
    Ok(out)
}

/// The file of "SEE LICENSE IN file".
fn pointed_at(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [see, license, in_, file @ ..] = words.as_slice() else { return None };
    let says = see.eq_ignore_ascii_case("see")
        && ["license", "licence"].iter().any(|w| license.eq_ignore_ascii_case(w))
        && in_.eq_ignore_ascii_case("in")
        && !file.is_empty();
    says.then(|| {
        let file = file.join(" ");
        let file = file.trim_matches(['<', '>', '"', '\'']);
        file.strip_prefix("./").unwrap_or(file).to_owned()
    })
}
