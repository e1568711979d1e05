//! Checksums: what files are said to hold.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The sums that one document states.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checksums {
    /// A line or subject each.
    pub files: Vec<Sum>,
    /// The type of an attestation's predicate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicate_type: Option<Box<str>>,
}

/// What one file is said to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    /// Its name, as stated: relative to the folder of the document.
    pub name: Box<str>,
    /// Digests by algorithm, lower-case hex: at least one that is checked.
    pub digests: Vec<(Algorithm, Box<str>)>,
    /// Line of the document, from 1, where it has lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

/// Algorithms that are checked. Others are too weak to prove anything, or are not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "sha256",
            Algorithm::Sha512 => "sha512",
        }
    }

    /// The one of a name, in any spelling: `SHA-256`, `sha256`, `SHA2-256`.
    pub fn named(name: &str) -> Option<Algorithm> {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        match plain.as_str() {
            "sha256" | "sha2256" => Some(Algorithm::Sha256),
            "sha512" | "sha2512" => Some(Algorithm::Sha512),
            _ => None,
        }
    }

    /// How many hexadecimal digits its sums have.
    pub fn digits(self) -> usize {
        match self {
            Algorithm::Sha256 => 64,
            Algorithm::Sha512 => 128,
        }
    }
}

impl Checksums {
    /// The algorithms that its sums are of.
    pub fn algorithms(&self) -> BTreeSet<&'static str> {
        self.files.iter().flat_map(|f| &f.digests).map(|(a, _)| a.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algorithms_have_many_spellings_and_weak_ones_are_not_known() {
        for name in ["sha256", "SHA256", "SHA-256", "SHA2-256"] {
            assert_eq!(Algorithm::named(name), Some(Algorithm::Sha256), "{name}");
        }
        assert_eq!(Algorithm::named("SHA-512"), Some(Algorithm::Sha512));
        for name in ["md5", "SHA1", "sha224", "SHA3-256", "sha512-256", ""] {
            assert_eq!(Algorithm::named(name), None, "{name}");
        }
        assert_eq!([Algorithm::Sha256.digits(), Algorithm::Sha512.digits()], [64, 128]);
    }

    #[test]
    fn the_algorithms_of_all_sums_are_named_once() {
        let file = |algorithms: &[Algorithm]| Sum {
            digests: algorithms.iter().map(|a| (*a, "0".into())).collect(),
            ..Sum::default()
        };
        let of = |files| Checksums { files, ..Checksums::default() }.algorithms();
        assert!(of(vec![file(&[])]).is_empty());
        let both = of(vec![file(&[Algorithm::Sha512]), file(&[Algorithm::Sha256, Algorithm::Sha512])]);
        assert_eq!(both.into_iter().collect::<Vec<_>>(), ["sha256", "sha512"]);
    }
}
