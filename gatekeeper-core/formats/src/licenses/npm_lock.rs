//! npm's lock files: `package-lock.json` and `npm-shrinkwrap.json`, `lockfileVersion` 1 to 3.
//!
//! Specification: <https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json>. What we do:
//!
//! - Components are the `packages` without the root (versions 2 and 3), or all nested `dependencies` (version 1, which states no licences).
//! - `link: true` (a workspace) takes version and licence from the package that it points at.
//! - `dev`, `optional` and `devOptional` give the scope; everything else is `runtime`.
//! - A package URL is given for what comes from a registry: not for links, folders, git and archives.
//! - `license` is a text, an object with a `type`, or (old packages) an array of either.

use super::common::{self, Licenses};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::inventory::{Component, License};
use gatekeeper_evidence::{Data, Kind};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::marker::PhantomData;

pub(super) static FORMAT: Format = Format {
    id: "npm-lock",
    title: "npm lock file",
    kind: Kind::Inventory,
    extensions: &["json"],
    places: &["package-lock.json", "npm-shrinkwrap.json"],
    spec: "package-lock.json, https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json",
    producers: &["npm"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    // Bun's has the member too, in JSON with comments; its workspaces are an object.
    let own = !shape.root_is_array && shape.has("lockfileVersion") && !shape.has("workspaces");
    Confidence::when(own && head.file_name() != "bun.lock", Confidence::Certain)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    lockfile_version: u64,
    packages: Option<Members<Package>>,
    dependencies: Option<Members<Dependency>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    name: Option<Box<str>>,
    version: Option<Box<str>>,
    resolved: Option<Resolved>,
    link: Option<bool>,
    dev: Option<bool>,
    optional: Option<bool>,
    dev_optional: Option<bool>,
    license: Option<Licenses>,
    licenses: Option<Licenses>,
}

#[derive(Deserialize)]
struct Dependency {
    version: Option<Box<str>>,
    resolved: Option<Resolved>,
    dev: Option<bool>,
    optional: Option<bool>,
    dependencies: Option<Members<Dependency>>,
}

/// `resolved`: an address; `false` and `true` stand there in files of npm 5 and 6.
struct Resolved(Option<Box<str>>);

impl<'de> Deserialize<'de> for Resolved {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl Visitor<'_> for V {
            type Value = Resolved;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an address")
            }

            fn visit_str<E>(self, v: &str) -> Result<Resolved, E> {
                Ok(Resolved(Some(v.into())))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Resolved, E> {
                Ok(Resolved(None))
            }
        }
        deserializer.deserialize_any(V)
    }
}

/// Members in their order.
type Pairs<T> = Vec<(Box<str>, T)>;

/// An object's members; a key that is there twice is an error.
struct Members<T>(Pairs<T>);

/// What a link points at: its version and licences.
type Target = (Option<Box<str>>, Vec<License>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for V<T> {
            type Value = Members<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of packages")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut out: Pairs<T> = Vec::new();
                let mut seen: HashSet<Box<str>> = HashSet::new();
                while let Some((key, value)) = map.next_entry::<Box<str>, T>()? {
                    if !seen.insert(key.clone()) {
                        return Err(A::Error::custom(format_args!("the package {key:?} twice")));
                    }
                    out.push((key, value));
                }
                Ok(Members(out))
            }
        }
        deserializer.deserialize_map(V(PhantomData))
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let document: Document = json::from_input(input)?;
    if !(1..=3).contains(&document.lockfile_version) {
        let words = format!("lockfileVersion {} is not known (1 to 3 are)", document.lockfile_version);
        return Err(ParseError::new(ErrorCode::UnsupportedVersion, words).in_path("$.lockfileVersion"));
    }
    let components = match (document.packages, document.dependencies) {
        (Some(packages), _) => from_packages(packages.0),
        (None, Some(dependencies)) if document.lockfile_version < 3 => {
            let mut out = Vec::new();
            from_dependencies(dependencies.0, &mut out);
            out
        }
        // Version 1 leaves the member out where there is nothing in it.
        (None, None) if document.lockfile_version == 1 => Vec::new(),
        (None, _) => return Err(ParseError::malformed("packages").in_path("$").found_words("none")),
    };
    let mut parsed = common::inventory("npm", components, Some(true));
    if let Data::Inventory(i) = &mut parsed.data {
        i.lock = true;
    }
    Ok(parsed)
}

fn from_packages(packages: Pairs<Package>) -> Vec<Component> {
    // What links point at: folders of the project.
    let targets: HashMap<Box<str>, Target> = packages
        .iter()
        .filter(|(key, _)| !key.contains("node_modules/"))
        .map(|(key, p)| (key.clone(), (p.version.clone(), p.stated())))
        .collect();
    packages
        .into_iter()
        .filter(|(key, _)| !key.is_empty())
        .map(|(key, package)| {
            let from_path = match key.rsplit_once("node_modules/") {
                Some((_, name)) => name,
                None => key.rsplit('/').next().unwrap_or(&key),
            };
            let name = package.name.as_deref().unwrap_or(from_path);
            let link = package.link == Some(true);
            let resolved = package.resolved.as_ref().and_then(|r| r.0.as_deref());
            let target = if link { resolved.and_then(|r| targets.get(r)) } else { None };
            let version = package.version.clone().or_else(|| target.and_then(|t| t.0.clone()));
            let mut licenses = package.stated();
            if let Some((_, theirs)) = target
                && licenses.is_empty()
            {
                licenses.clone_from(theirs);
            }
            let registry = key.contains("node_modules/") && !link && is_registry(resolved);
            let purl = version.as_deref().filter(|_| registry).map(|v| common::purl("npm", name, Some(v)));
            let scope = scope(package.dev, package.optional, package.dev_optional);
            Component {
                name: name.into(),
                version,
                has_id: purl.is_some(),
                purl,
                licenses,
                scope: Some(scope),
                ..Component::default()
            }
        })
        .collect()
}

/// Version 1: packages hold those that only they see. serde_json's limit of nesting bounds the recursion.
fn from_dependencies(dependencies: Pairs<Dependency>, out: &mut Vec<Component>) {
    for (key, dependency) in dependencies {
        let stated = dependency.version.as_deref().unwrap_or_default();
        // "npm:real@1.0.0" is an alias; an address instead of a version is git, an archive or a folder.
        let (name, version) = match stated.strip_prefix("npm:").and_then(common::npm_key) {
            Some((name, version)) => (name, version),
            None => (key.as_ref(), stated),
        };
        let plain = version.starts_with(|c: char| c.is_ascii_digit());
        let resolved = dependency.resolved.as_ref().and_then(|r| r.0.as_deref());
        let purl = (plain && is_registry(resolved)).then(|| common::purl("npm", name, Some(version)));
        out.push(Component {
            name: name.into(),
            version: (!version.is_empty()).then(|| version.into()),
            has_id: purl.is_some(),
            purl,
            scope: Some(scope(dependency.dev, dependency.optional, None)),
            ..Component::default()
        });
        if let Some(inner) = dependency.dependencies {
            from_dependencies(inner.0, out);
        }
    }
}

impl Package {
    fn stated(&self) -> Vec<License> {
        common::together(self.license.iter().chain(&self.licenses).map(|l| l.0.clone()).collect())
    }
}

/// Whether an address is a registry's; bundled packages have none, and were published with one that is.
fn is_registry(resolved: Option<&str>) -> bool {
    resolved.is_none_or(|r| (r.starts_with("http://") || r.starts_with("https://")) && r.contains("/-/"))
}

fn scope(dev: Option<bool>, optional: Option<bool>, dev_optional: Option<bool>) -> Box<str> {
    let scope = match (dev, optional, dev_optional) {
        (Some(true), ..) => "dev",
        (_, Some(true), _) | (.., Some(true)) => "optional",
        _ => "runtime",
    };
    scope.into()
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
    fn packages_without_the_root() {
        let i = read(
            r#"{"name":"x","lockfileVersion":3,"packages":{"":{"name":"x"},"packages/w":{"version":"0.1.0","license":"MIT"},
            "node_modules/w":{"resolved":"packages/w","link":true},
            "node_modules/a/node_modules/@s/b":{"version":"1.0.0","resolved":"https://packages.example/@s/b/-/b-1.0.0.tgz","dev":true,"license":{"type":"ISC"}},
            "node_modules/g":{"version":"2.0.0","resolved":"git+ssh://git@github.com/x/g.git#abc","optional":true,"license":["MIT","Zlib"]}}}"#,
        )
        .unwrap();
        assert_eq!(i.components.len(), 4);
        let by = |n: &str| i.components.iter().filter(|c| &*c.name == n).collect::<Vec<_>>();
        assert_eq!(by("@s/b")[0].purl.as_deref(), Some("pkg:npm/%40s/b@1.0.0"));
        assert_eq!((by("@s/b")[0].scope.as_deref(), &*by("@s/b")[0].licenses[0].text), (Some("dev"), "ISC"));
        assert_eq!(
            (by("g")[0].purl.as_deref(), by("g")[0].licenses.len(), by("g")[0].scope.as_deref()),
            (None, 2, Some("optional"))
        );
        assert!(by("w").iter().all(|c| c.is_licensed() && c.version.as_deref() == Some("0.1.0")));
    }

    #[test]
    fn version_1_nests() {
        let i = read(
            r#"{"lockfileVersion":1,"dependencies":{"a":{"version":"1.0.0","requires":{"b":"^1"},"dependencies":{"b":{"version":"1.1.0","dev":true}}},
            "c":{"version":"npm:d@3.0.0"},"e":{"version":"git+https://x/e.git#1"}}}"#,
        )
        .unwrap();
        let names: Vec<_> = i.components.iter().map(|c| &*c.name).collect();
        assert_eq!(names, ["a", "b", "d", "e"]);
        assert_eq!((i.components[1].scope.as_deref(), i.components[3].purl.as_deref()), (Some("dev"), None));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for bad in [
            "{}",
            r#"{"lockfileVersion":3}"#,
            r#"{"lockfileVersion":4,"packages":{}}"#,
            r#"{"lockfileVersion":3,"packages":{"a":{},"a":{}}}"#,
            r#"{"lockfileVersion":3,"packages":{"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
