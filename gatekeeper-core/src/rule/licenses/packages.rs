//! Which rows of which documents speak of the same package.
//!
//! A package is its package URL's type, namespace and name, and a version: what a URL's qualifiers say is where it came from. A row without a
//! package URL can only mean the one package of its name and version that other documents name; beside that package in one document it is
//! another.

use gatekeeper_evidence::inventory::Component;
use gatekeeper_evidence::purl;
use gatekeeper_evidence::{Data, Evidence};
use std::collections::BTreeMap;

/// A row of a document.
pub(super) type Row<'e> = (&'e Evidence, &'e Component);

/// The packages, each with all rows that name it.
pub(super) fn packages<'e>(
    evidence: &[&'e Evidence],
    judged: impl Fn(&Component) -> bool,
) -> BTreeMap<String, Vec<Row<'e>>> {
    let mut out: BTreeMap<String, Vec<Row<'e>>> = BTreeMap::new();
    let mut bare: BTreeMap<String, Vec<Row<'e>>> = BTreeMap::new();
    let mut of_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for e in evidence {
        let Data::Inventory(i) = &e.data else { continue };
        for c in i.components.iter().filter(|c| judged(c)) {
            let named = format!("{}\u{0}{}", c.name, c.version.as_deref().unwrap_or_default());
            match c.purl.as_deref().and_then(|p| identity(p, c.version.as_deref())) {
                Some(key) => {
                    let keys = of_name.entry(named).or_default();
                    if !keys.contains(&key) {
                        keys.push(key.clone());
                    }
                    out.entry(key).or_default().push((e, c));
                }
                None => bare.entry(named).or_default().push((e, c)),
            }
        }
    }
    for (named, rows) in bare {
        let one = match of_name.get(&named).map(Vec::as_slice) {
            Some([only]) => out.get_mut(only),
            _ => None,
        };
        let apart = |known: &[Row<'_>]| !rows.iter().any(|r| known.iter().any(|k| same_document(r.0, k.0)));
        match one.filter(|known| apart(known)) {
            Some(known) => known.extend(rows),
            None => {
                out.insert(named, rows);
            }
        }
    }
    out
}

/// Whether two rows stand in one document.
pub(super) fn same_document(a: &Evidence, b: &Evidence) -> bool {
    std::ptr::eq(a, b) || a.source.path == b.source.path
}

/// Type, namespace, name and version, as far as spellings of one package differ.
fn identity(purl: &str, version: Option<&str>) -> Option<String> {
    let own = purl::parse(purl)?;
    // What compares alike everywhere else keeps its case; licences are judged by package, and only Maven tells packages apart by case.
    let path = if own.kind == "maven" { own.path } else { own.path.to_lowercase() };
    let version = version.map_or(own.version.as_str(), purl::version_key);
    Some(format!("{}/{path}\u{0}{version}", own.kind))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::evidence;
    use super::{identity, packages, same_document};
    use gatekeeper_evidence::inventory::{Component, Inventory};
    use gatekeeper_evidence::{Data, Evidence};

    /// A document of these rows: a name, or a package URL.
    fn document(path: &str, rows: &[&str]) -> Evidence {
        let row = |r: &&str| Component {
            name: r.rsplit('/').next().and_then(|n| n.split('@').next()).unwrap_or(r).into(),
            version: Some("1".into()),
            purl: r.starts_with("pkg:").then(|| (*r).into()),
            ..Component::default()
        };
        evidence(
            path,
            Data::Inventory(Inventory { components: rows.iter().map(row).collect(), ..Inventory::default() }),
        )
    }

    /// How many rows each package has.
    fn rows(documents: &[Evidence]) -> Vec<usize> {
        let all: Vec<&Evidence> = documents.iter().collect();
        let mut out: Vec<usize> = packages(&all, |_| true).into_values().map(|rows| rows.len()).collect();
        out.sort_unstable();
        out
    }

    #[test]
    fn a_bare_name_means_the_one_package_of_it_in_other_documents() {
        let (url, bare) = ("pkg:npm/x@1", "x");
        assert_eq!(rows(&[document("a", &[url]), document("b", &[bare])]), [2]);
        assert_eq!(rows(&[document("a", &[bare]), document("b", &[url])]), [2]);
        // However many documents name it.
        assert_eq!(rows(&[document("a", &[url]), document("b", &[url]), document("c", &[bare])]), [3]);
        // Beside it in one document it is another one; and of two it is neither.
        assert_eq!(rows(&[document("a", &[url, bare])]), [1, 1]);
        assert_eq!(rows(&[document("a", &[url]), document("b", &["pkg:pypi/x@1"]), document("c", &[bare])]), [1, 1, 1]);
        assert_eq!(rows(&[document("a", &[url]), document("b", &["y"])]), [1, 1]);
    }

    #[test]
    fn parts_of_one_file_are_one_document() {
        let (a, again, b) = (document("a", &["x"]), document("a", &["x"]), document("b", &["x"]));
        assert!(same_document(&a, &a) && same_document(&a, &again));
        assert!(!same_document(&a, &b));
    }

    #[test]
    fn spellings_of_one_package_are_one() {
        let of = |purl| identity(purl, None);
        assert_eq!(of("pkg:npm/%40A/b@1?vcs_url=x#y"), of("pkg:NPM/@a/b@1"));
        assert_eq!(of("pkg:pypi/Ruamel.yaml@1"), of("pkg:pypi/ruamel_yaml@1"));
        assert_eq!(identity("pkg:golang/x.org/Y", Some("v1")), of("pkg:golang/x.org/y@v1"));
        assert_ne!(of("pkg:maven/org.good/core@1"), of("pkg:maven/com.evil/core@1"));
        assert_eq!((of("zlib"), of("pkg:npm/")), (None, None));
    }
}
