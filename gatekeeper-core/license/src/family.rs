//! Licence families: the words that a policy may use for many ids at once.
//!
//! A family is read widely where it denies and narrowly where it allows, so that neither list lets more through than its
//! author meant: `deny = ["BSD"]` hits everything called BSD-…, `allow = ["BSD"]` takes the ones that ask for no more than
//! their notice to be kept (no advertising clause, no field of use, no explicit lack of a patent grant, no copyleft).
//! GPL, LGPL and AGPL are three families. A word that is itself an SPDX id (`MIT`, `ISC`, `Zlib`) is that id alone:
//! `MIT` is not `MIT-0`. A bare `BSL` is none: BSL-1.0 is Boost, BUSL-1.1 is the Business Source License.

/// Which ids of a family an allow list takes.
#[derive(Debug)]
enum Narrow {
    /// The family's versions: `NAME-1.2`, with `-only` and `-or-later`.
    Versions,
    /// Ids that start so.
    Starts(&'static [&'static str]),
    /// These ids.
    Ids(&'static [&'static str]),
}

/// A licence family.
#[derive(Debug)]
pub struct Family {
    name: &'static str,
    /// What its ids start with.
    wide: &'static [&'static str],
    narrow: Narrow,
}

impl PartialEq for Family {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Family {}

/// The permissive BSD licences: the two- and three-clause ones, what asks for less, and their wordings.
const BSD: &[&str] = &[
    "0BSD",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-2-Clause-Darwin",
    "BSD-2-Clause-Patent",
    "BSD-2-Clause-Views",
    "BSD-2-Clause-first-lines",
    "BSD-2-Clause-pkgconf-disclaimer",
    "BSD-3-Clause",
    "BSD-3-Clause-HP",
    "BSD-3-Clause-LBNL",
    "BSD-3-Clause-Modification",
    "BSD-3-Clause-Open-MPI",
    "BSD-3-Clause-Sun",
    "BSD-3-Clause-Tso",
    "BSD-3-Clause-acpica",
    "BSD-3-Clause-flex",
];

const CC_BY: &[&str] = &["CC-BY-1", "CC-BY-2", "CC-BY-3", "CC-BY-4"];
/// Creative Commons without the NonCommercial and NoDerivatives ones.
const CC_FREE: &[&str] = &["CC0-", "CC-BY-1", "CC-BY-2", "CC-BY-3", "CC-BY-4", "CC-BY-SA-", "CC-PDDC", "CC-PDM-"];
const CC_NC: &[&str] = &["CC-BY-NC-1", "CC-BY-NC-2", "CC-BY-NC-3", "CC-BY-NC-4"];
const CC_ND: &[&str] = &["CC-BY-ND-1", "CC-BY-ND-2", "CC-BY-ND-3", "CC-BY-ND-4"];

const fn versions(name: &'static str, wide: &'static [&'static str]) -> Family {
    Family { name, wide, narrow: Narrow::Versions }
}

const fn starts(name: &'static str, wide: &'static [&'static str], narrow: &'static [&'static str]) -> Family {
    Family { name, wide, narrow: Narrow::Starts(narrow) }
}

static FAMILIES: &[Family] = &[
    versions("AFL", &["AFL-"]),
    versions("AGPL", &["AGPL-"]),
    versions("APSL", &["APSL-"]),
    versions("Apache", &["Apache-"]),
    starts("Artistic", &["Artistic-", "ClArtistic"], &["Artistic-"]),
    Family { name: "BSD", wide: &["BSD-", "0BSD"], narrow: Narrow::Ids(BSD) },
    versions("BUSL", &["BUSL-"]),
    versions("Boost", &["BSL-"]),
    starts("CC", &["CC-", "CC0-"], CC_FREE),
    starts("CC-BY", &["CC-BY-"], CC_BY),
    starts("CC-BY-NC", &["CC-BY-NC-"], CC_NC),
    starts("CC-BY-ND", &["CC-BY-ND-", "CC-BY-NC-ND-"], CC_ND),
    starts("CC-BY-SA", &["CC-BY-SA-", "CC-BY-NC-SA-"], &["CC-BY-SA-"]),
    starts("CC0", &["CC0-"], &["CC0-"]),
    versions("CDDL", &["CDDL-"]),
    starts("CECILL", &["CECILL-"], &["CECILL-"]),
    versions("CPAL", &["CPAL-"]),
    versions("CPL", &["CPL-"]),
    versions("ECL", &["ECL-"]),
    versions("EPL", &["EPL-"]),
    versions("EUPL", &["EUPL-"]),
    versions("Elastic", &["Elastic-"]),
    versions("GFDL", &["GFDL-"]),
    versions("GPL", &["GPL-"]),
    versions("LGPL", &["LGPL-", "LGPLLR"]),
    starts("LPPL", &["LPPL-"], &["LPPL-"]),
    versions("MPL", &["MPL-"]),
    starts("MulanPSL", &["MulanPSL-"], &["MulanPSL-"]),
    versions("NPL", &["NPL-"]),
    starts("OFL", &["OFL-"], &["OFL-"]),
    versions("OSL", &["OSL-"]),
    starts("PHP", &["PHP-"], &["PHP-"]),
    versions("PSF", &["PSF-"]),
    starts("PolyForm", &["PolyForm-"], &["PolyForm-"]),
    starts("Python", &["Python-"], &["Python-"]),
    versions("SSPL", &["SSPL-"]),
    starts("Unicode", &["Unicode-"], &["Unicode-3.0", "Unicode-DFS-"]),
    versions("ZPL", &["ZPL-"]),
];

/// The family of that name, in any letter case.
pub fn family(name: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.name.eq_ignore_ascii_case(name))
}

/// Every family's name, sorted.
pub fn families() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().map(Family::name)
}

impl Family {
    /// Its name, as a policy writes it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether a deny or review list that names the family speaks of this id.
    pub fn contains(&self, id: &str) -> bool {
        self.wide.iter().any(|start| id.starts_with(start))
    }

    /// Whether an allow list that names the family speaks of this id.
    pub fn allows(&self, id: &str) -> bool {
        match self.narrow {
            Narrow::Versions => {
                self.contains(id)
                    && super::list::version(id)
                        .is_some_and(|(base, _)| self.wide.iter().any(|start| start.strip_suffix('-') == Some(base)))
            }
            Narrow::Starts(starts) => starts.iter().any(|start| id.starts_with(start)),
            Narrow::Ids(ids) => ids.contains(&id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list;

    #[test]
    fn gpl_lgpl_and_agpl_are_three() {
        let gpl = family("gpl").unwrap();
        for (id, inside) in [
            ("GPL-2.0-only", true),
            ("GPL-3.0-or-later", true),
            ("LGPL-3.0-only", false),
            ("AGPL-3.0-only", false),
            ("NGPL", false),
        ] {
            assert_eq!((gpl.contains(id), gpl.allows(id)), (inside, inside), "{id}");
        }
    }

    #[test]
    fn bsd_denies_widely_and_allows_narrowly() {
        let bsd = family("BSD").unwrap();
        for id in ["BSD-3-Clause", "BSD-2-Clause", "0BSD"] {
            assert!(bsd.allows(id) && bsd.contains(id), "{id}");
        }
        for id in ["BSD-3-Clause-Clear", "BSD-4-Clause", "BSD-Protection", "BSD-3-Clause-No-Military-License"] {
            assert!(!bsd.allows(id) && bsd.contains(id), "{id}");
        }
    }

    #[test]
    fn creative_commons_allows_no_noncommercial_licence() {
        let cc = family("CC").unwrap();
        assert!(cc.allows("CC-BY-4.0") && cc.allows("CC0-1.0") && cc.allows("CC-BY-SA-4.0"));
        assert!(!cc.allows("CC-BY-NC-4.0") && !cc.allows("CC-BY-ND-4.0") && cc.contains("CC-BY-NC-4.0"));
    }

    #[test]
    fn every_family_has_members_and_no_id_for_a_name() {
        for family in FAMILIES {
            let members: Vec<_> = list::licenses().filter(|(id, _)| family.allows(id)).collect();
            assert!(!members.is_empty(), "{}", family.name);
            assert!(members.iter().all(|(id, _)| family.contains(id)), "{}", family.name);
            assert_eq!(list::license_id(family.name), None, "an id is an id");
        }
        assert!(BSD.iter().all(|id| list::license_id(id) == Some(id)));
        assert!(FAMILIES.is_sorted_by_key(|family| family.name));
        assert!(family("BSL").is_none() && family("MIT").is_none());
    }
}
