//! The SPDX licence list: ids found in any letter case, and deprecated ids read as what they stand for now.
//!
//! Specification: SPDX License List 3.29.0, <https://spdx.org/licenses/>, as data from the `spdx` crate. The crate's own
//! look-ups are not used: they are case-sensitive, and its strict mode refuses deprecated ids, which stay valid.

use std::sync::OnceLock;

use spdx::identifiers::{EXCEPTIONS, LICENSES};

/// The version of the SPDX licence list that ids are held against.
pub const LIST_VERSION: &str = spdx::identifiers::VERSION;

/// The id of the list in its own spelling; letter case does not matter (Annex D.2).
pub fn license_id(text: &str) -> Option<&'static str> {
    static INDEX: OnceLock<Vec<&'static str>> = OnceLock::new();
    find(INDEX.get_or_init(|| sorted(licenses().map(|(id, _)| id))), text)
}

/// The exception id of the list in its own spelling; letter case does not matter.
pub fn exception_id(text: &str) -> Option<&'static str> {
    static INDEX: OnceLock<Vec<&'static str>> = OnceLock::new();
    find(INDEX.get_or_init(|| sorted(EXCEPTIONS.iter().map(|exception| exception.name))), text)
}

/// Whether the list calls this licence id deprecated.
pub fn is_deprecated(id: &str) -> bool {
    LICENSES.iter().any(|license| license.name == id && license.flags & spdx::flags::IS_DEPRECATED != 0)
}

/// Every licence of the list: id and full name.
pub fn licenses() -> impl Iterator<Item = (&'static str, &'static str)> {
    // The crate lists NOASSERTION as a licence: it is a field's value.
    LICENSES.iter().map(|license| (license.name, license.full_name)).filter(|(id, _)| *id != "NOASSERTION")
}

fn sorted(names: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut all: Vec<_> = names.collect();
    all.sort_unstable_by(|a, b| lower(a).cmp(lower(b)));
    all
}

fn find(index: &[&'static str], text: &str) -> Option<&'static str> {
    index.binary_search_by(|name| lower(name).cmp(lower(text))).ok().and_then(|at| index.get(at)).copied()
}

fn lower(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().map(|byte| byte.to_ascii_lowercase())
}

/// What an id, with or without a `+`, stands for today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modern {
    /// The id as the list spells it.
    pub id: &'static str,
    /// The `+` operator, where the id does not say "or later" itself.
    pub or_later: bool,
    /// The exception that a deprecated id carries in its name.
    pub exception: Option<&'static str>,
}

/// Reads an id of the list as what it stands for: `GPL-2.0` is `GPL-2.0-only`, `GPL-2.0+` is `GPL-2.0-or-later`.
///
/// None: the id contradicts its `+` (`GPL-2.0-only+`).
pub fn modern(id: &'static str, plus: bool) -> Option<Modern> {
    let plain = |id, or_later| Some(Modern { id, or_later, exception: None });
    let with = |id, exception| Some(Modern { id, or_later: false, exception: Some(exception) });
    if id.ends_with("-or-later") {
        return plain(id, false);
    }
    if id.ends_with("-only") {
        return if plus { None } else { plain(id, false) };
    }
    let gpl2 = if plus { "GPL-2.0-or-later" } else { "GPL-2.0-only" };
    let gpl3 = if plus { "GPL-3.0-or-later" } else { "GPL-3.0-only" };
    match id {
        "GPL-2.0-with-GCC-exception" => with(gpl2, "GCC-exception-2.0"),
        "GPL-2.0-with-autoconf-exception" => with(gpl2, "Autoconf-exception-2.0"),
        "GPL-2.0-with-bison-exception" => with(gpl2, "Bison-exception-2.2"),
        "GPL-2.0-with-classpath-exception" => with(gpl2, "Classpath-exception-2.0"),
        "GPL-2.0-with-font-exception" => with(gpl2, "Font-exception-2.0"),
        "GPL-3.0-with-GCC-exception" => with(gpl3, "GCC-exception-3.1"),
        "GPL-3.0-with-autoconf-exception" => with(gpl3, "Autoconf-exception-3.0"),
        "eCos-2.0" => with("GPL-2.0-or-later", "eCos-exception-2.0"),
        "wxWindows" => with("LGPL-2.0-or-later", "WxWindows-exception-3.1"),
        "BSD-2-Clause-FreeBSD" => plain("BSD-2-Clause-Views", plus),
        "BSD-2-Clause-NetBSD" => plain("BSD-2-Clause", plus),
        "StandardML-NJ" => plain("SMLNJ", plus),
        "bzip2-1.0.5" => plain("bzip2-1.0.6", plus),
        _ => {
            // GPL, LGPL, AGPL, GFDL: the list has the two forms under names of their own.
            let (base, later) = id.strip_suffix('+').map_or((id, plus), |base| (base, true));
            match license_id(&format!("{base}-{}", if later { "or-later" } else { "only" })) {
                Some(id) => plain(id, false),
                None => plain(id, plus),
            }
        }
    }
}

/// The licence family and version that an id names: (`GPL`, 2.0) for `GPL-2.0-or-later`.
pub fn version(id: &str) -> Option<(&str, Vec<u32>)> {
    let bare = id.strip_suffix("-only").or_else(|| id.strip_suffix("-or-later")).unwrap_or(id);
    let (base, digits) = bare.rsplit_once('-')?;
    // "MIT-0" and "BSD-2-Clause" carry no versions: a version has a dot.
    if !digits.contains('.') {
        return None;
    }
    let numbers: Option<Vec<u32>> = digits.split('.').map(|part| part.parse().ok()).collect();
    Some((base, numbers?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_any_letter_case() {
        assert_eq!(license_id("mIt"), Some("MIT"));
        assert_eq!(license_id("gpl-2.0+"), Some("GPL-2.0+"));
        assert_eq!(license_id("MIT+"), None);
        assert_eq!(license_id("MTI"), None);
        assert_eq!(exception_id("llvm-EXCEPTION"), Some("LLVM-exception"));
        assert_eq!(exception_id("MIT"), None);
        for (id, _) in licenses() {
            assert_eq!(license_id(&id.to_ascii_uppercase()), Some(id));
        }
    }

    #[test]
    fn every_deprecated_id_leads_to_listed_ones() {
        for (id, _) in licenses() {
            for plus in [false, true] {
                let Some(modern) = modern(id, plus) else {
                    assert!(plus && id.ends_with("-only"), "{id}");
                    continue;
                };
                assert_eq!(license_id(modern.id), Some(modern.id));
                assert!(modern.exception.is_none_or(|exception| exception_id(exception) == Some(exception)), "{id}");
                let kept = ["Net-SNMP", "Nunit"].contains(&id);
                assert!(kept || !is_deprecated(modern.id), "{id} → {}", modern.id);
            }
        }
    }

    #[test]
    fn gnu_ids_are_spelt_out() {
        let id = |text, plus| modern(license_id(text).unwrap(), plus).map(|modern| modern.id);
        assert_eq!(id("GPL-2.0", false), Some("GPL-2.0-only"));
        assert_eq!(id("GPL-2.0", true), Some("GPL-2.0-or-later"));
        assert_eq!(id("LGPL-2.1+", false), Some("LGPL-2.1-or-later"));
        assert_eq!(id("AGPL-1.0", true), Some("AGPL-1.0-or-later"));
        assert_eq!(id("GFDL-1.3", false), Some("GFDL-1.3-only"));
        assert_eq!(id("GPL-3.0-or-later", true), Some("GPL-3.0-or-later"));
        assert_eq!(id("GPL-3.0-only", true), None);
        assert_eq!(id("Apache-2.0", false), Some("Apache-2.0"));
    }

    #[test]
    fn versions_are_read_from_ids() {
        assert_eq!(version("GPL-2.0-or-later"), Some(("GPL", vec![2, 0])));
        assert_eq!(version("CC-BY-4.0"), Some(("CC-BY", vec![4, 0])));
        assert_eq!(version("MIT-0"), None);
        assert_eq!(version("BSD-3-Clause"), None);
    }
}
