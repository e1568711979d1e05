//! Packages then and now: added, removed, under another licence. A package is its package URL's type, namespace and name, or, without a package
//! URL, its name; another version of it is the same package.

use gatekeeper_evidence::Inventory;
use gatekeeper_evidence::inventory::Component;
use gatekeeper_evidence::purl;
use std::collections::{BTreeMap, BTreeSet};

/// What became of the packages of an earlier run.
#[derive(Debug, Default)]
pub(crate) struct Packages {
    /// How many there were.
    pub before: u64,
    /// Those that are new, by identity, with name and version.
    pub added: BTreeMap<String, String>,
    /// Those that are gone.
    pub removed: BTreeMap<String, String>,
    /// Those that state other licences than before, with what they stated and state.
    pub changed: BTreeMap<String, String>,
}

/// Which package a component is.
pub(crate) fn identity(c: &Component) -> String {
    match c.purl.as_deref().and_then(purl::parse) {
        Some(own) if own.kind == "maven" => format!("{}/{}", own.kind, own.path),
        Some(own) => format!("{}/{}", own.kind, own.path.to_lowercase()),
        None => c.name.to_lowercase(),
    }
}

struct Stated {
    name: String,
    licenses: BTreeSet<String>,
}

fn all(inventories: &[&Inventory]) -> BTreeMap<String, Stated> {
    let mut out: BTreeMap<String, Stated> = BTreeMap::new();
    for c in inventories.iter().flat_map(|i| &i.components) {
        let stated = out.entry(identity(c)).or_insert_with(|| Stated {
            name: c.version.as_deref().map_or_else(|| c.name.to_string(), |v| format!("{} {v}", c.name)),
            licenses: BTreeSet::new(),
        });
        stated.licenses.extend(c.licenses.iter().filter(|l| !l.is_none()).map(|l| l.text.trim().to_owned()));
    }
    out
}

/// Holds packages against those of an earlier run.
pub(crate) fn packages(before: &[&Inventory], now: &[&Inventory]) -> Packages {
    let (before, now) = (all(before), all(now));
    let mut out = Packages { before: u64::try_from(before.len()).unwrap_or(u64::MAX), ..Packages::default() };
    let text = |l: &BTreeSet<String>| match l.is_empty() {
        true => "none".to_owned(),
        false => l.iter().cloned().collect::<Vec<_>>().join(" and "),
    };
    for (key, is) in &now {
        match before.get(key) {
            None => drop(out.added.insert(key.clone(), is.name.clone())),
            Some(was) if was.licenses != is.licenses => {
                let words = format!("{}: {} → {}", is.name, text(&was.licenses), text(&is.licenses));
                out.changed.insert(key.clone(), words);
            }
            Some(_) => {}
        }
    }
    let gone = before.into_iter().filter(|(key, _)| !now.contains_key(key));
    out.removed = gone.map(|(key, was)| (key, was.name)).collect();
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::inventory::License;

    fn inventory(packages: &[(&str, &str, &str)]) -> Inventory {
        let component = |(name, version, licence): &(&str, &str, &str)| Component {
            name: (*name).into(),
            version: Some((*version).into()),
            licenses: vec![License::expression(*licence)],
            ..Component::default()
        };
        Inventory { components: packages.iter().map(component).collect(), ..Inventory::default() }
    }

    #[test]
    fn added_removed_and_changed() {
        let before = inventory(&[("a", "1", "MIT"), ("b", "1", "MIT"), ("c", "1", "MIT")]);
        let now = inventory(&[("a", "2", "MIT"), ("b", "1", "GPL-3.0-only"), ("d", "1", "MIT")]);
        let p = packages(&[&before], &[&now]);
        let values = |m: &BTreeMap<String, String>| m.values().cloned().collect::<Vec<_>>();
        assert_eq!(
            (p.before, values(&p.added), values(&p.removed)),
            (3, vec!["d 1".to_owned()], vec!["c 1".to_owned()])
        );
        assert_eq!(values(&p.changed), ["b 1: MIT → GPL-3.0-only"]);
    }

    #[test]
    fn a_package_is_the_same_in_another_version() {
        let with =
            |purl: &str| identity(&Component { name: "x".into(), purl: Some(purl.into()), ..Component::default() });
        assert_eq!(with("pkg:npm/x@1"), with("pkg:npm/X@2"));
        assert_ne!(with("pkg:npm/x@1"), with("pkg:pypi/x@1"));
        assert_ne!(with("pkg:maven/g/X@1"), with("pkg:maven/g/x@1"));
    }
}
