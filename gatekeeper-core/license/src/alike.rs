//! Which differences from a licence's text change nothing.
//!
//! After the SPDX list's matching guidelines a text is the licence where all of its words are there, in order, and no others: what may differ
//! are the parts that the list marks as replaceable or optional, and spellings. Every word that is missing, added or exchanged outside of these
//! makes it another text: one word is enough ("modify", "denied" for "granted"). What is let pass here was met in real files.

/// A place where a text differs from the licence.
pub struct Difference<'a> {
    /// The licence's words that are missing.
    pub missing: Vec<&'a str>,
    /// The words in their place.
    pub added: Vec<&'a str>,
    /// The word before.
    pub before: &'a str,
    /// The word after.
    pub after: &'a str,
}

/// Words that change nothing by being there or not.
const NEUTRAL: &[&str] =
    &["the", "a", "an", "and", "this", "that", "such", "these", "in", "of", "to", "section", "sections", "version"];

/// Who holds the copyright: replaceable in most licences.
const HOLDER: &[&str] = &[
    "author",
    "authors",
    "company",
    "contributor",
    "contributors",
    "copyright",
    "holder",
    "holders",
    "its",
    "name",
    "names",
    "nor",
    "or",
    "organization",
    "owner",
    "owners",
    "regents",
    "university",
];

/// The Free Software Foundation's addresses.
const ADDRESS: &[&str] = &[
    "02110",
    "02111",
    "02139",
    "59",
    "51",
    "675",
    "boston",
    "cambridge",
    "fifth",
    "floor",
    "foundation",
    "franklin",
    "free",
    "fsf",
    "http",
    "inc",
    "licenses",
    "ma",
    "mass",
    "ave",
    "org",
    "place",
    "software",
    "st",
    "street",
    "suite",
    "temple",
    "usa",
    "www",
    "copyleft",
    "gnu",
];

/// Other words for the same.
const VARIANTS: &[(&str, &str)] = &[
    ("lesser", "library"),
    ("library", "lesser"),
    ("do not", "dont"),
    ("", "gnu general public license"),
    ("gnu general public license", ""),
    // X.Org's MIT, and what is left of MIT's words in MIT-0.
    ("", "including next paragraph"),
    ("including next paragraph", ""),
    ("", "subject following conditions"),
    ("", "its documentation"),
    ("arising from", ""),
    ("damage", ""),
    ("developed by", ""),
    ("whether contract strict liability", ""),
    // Creative Commons' notices around a licence.
    ("", "wiki creativecommons org"),
    ("", "wiki creativecommons org considerations for licensees"),
    ("", "licensors considerations for"),
    ("", "text creative commons public licenses is dedicated public domain under cc0 public domain dedication"),
];

/// A notice of Creative Commons before CC0, which is not part of it.
const NO_LAW_FIRM: &[&str] = &["creative", "commons", "corporation", "is", "not", "law", "firm"];

impl Difference<'_> {
    /// Whether it changes nothing.
    pub fn is_harmless(&self) -> bool {
        let missing: Vec<&str> = plain(&self.missing);
        let added: Vec<&str> = plain(&self.added);
        let (mut missing, mut added) = (missing.as_slice(), added.as_slice());
        // A hyphen at a line's end, or a typing error.
        while let (Some((a, rest)), Some((b, after))) = (missing.split_first(), added.split_first())
            && is_typo(a, b)
        {
            (missing, added) = (rest, after);
        }
        while let (Some((a, rest)), Some((b, before))) = (missing.split_last(), added.split_last())
            && is_typo(a, b)
        {
            (missing, added) = (rest, before);
        }
        if missing.concat() == added.concat() {
            return true;
        }
        match (missing, added, self.before, self.after) {
            // "use, copy, modify, and distribute" was ISC's before it had "and/or"; "but limited to" stands in a disclaimer.
            (["or"], [], "and", _) | (["not"], [], "but", "limited") => return true,
            _ => {}
        }
        let (from, to) = (missing.join(" "), added.join(" "));
        let all = |words: &[&str], of: &[&str]| words.iter().all(|word| of.contains(word));
        let says = |words: &[&str]| words.iter().any(|word| super::normalize::is_speaking(word));
        VARIANTS.contains(&(from.as_str(), to.as_str()))
            || all(missing, ADDRESS) && all(added, ADDRESS)
            || all(missing, HOLDER) && !all(missing, &["or", "nor", "its"]) && added.len() <= 12 && !says(added)
            || added.is_empty() && missing.contains(&"copyright") && !says(missing)
            || added.is_empty() && missing.starts_with(NO_LAW_FIRM)
    }

    /// In words.
    pub fn said(&self) -> String {
        let few = |words: &[&str]| {
            let more = if words.len() > 8 { " …" } else { "" };
            format!("\"{}{more}\"", words.iter().take(8).copied().collect::<Vec<_>>().join(" "))
        };
        match (self.missing.as_slice(), self.added.as_slice()) {
            (missing, []) => format!("without {}", few(missing)),
            ([], added) => format!("with {}", few(added)),
            (missing, added) => format!("{} for {}", few(added), few(missing)),
        }
    }
}

/// Of the day when a version of a licence was published.
const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Without what changes nothing: articles, dates, numbers and letters that count.
fn plain<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let counts = |word: &str| {
        word.len() == 1
            || word.bytes().all(|b| b.is_ascii_digit())
            || word.len() <= 4 && word.bytes().all(|b| b"ivx".contains(&b))
            || MONTHS.contains(&word)
    };
    words.iter().copied().filter(|word| !NEUTRAL.contains(word) && !counts(word)).collect()
}

/// Whether two words are one, mistyped or in another number. What stands before a word turns it around ("irrevocable"): it must begin alike.
fn is_typo(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let least = a.len().min(b.len());
    let most = if least >= 8 { 2 } else { 1 };
    let parties = |a: &str, b: &str| a.starts_with("licensor") && b.starts_with("licensee");
    least >= 4
        && a.is_ascii()
        && b.is_ascii()
        && (a.as_bytes().first() == b.as_bytes().first() || a.ends_with(b) && a.len() == b.len().saturating_add(1))
        && !parties(a, b)
        && !parties(b, a)
        && distance(a.as_bytes(), b.as_bytes()) <= most
}

/// Levenshtein's distance; words are at most 40 letters long.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (n, x) in a.iter().enumerate() {
        let mut corner = n;
        let mut left = n.saturating_add(1);
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (y, slot) in b.iter().zip(row.iter_mut().skip(1)) {
            let here =
                corner.saturating_add(usize::from(x != y)).min(left.saturating_add(1)).min(slot.saturating_add(1));
            corner = *slot;
            *slot = here;
            left = here;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn harmless(missing: &str, added: &str) -> bool {
        let words = |text: &'static str| text.split_whitespace().collect();
        let (missing, added) = (String::leak(missing.to_owned()), String::leak(added.to_owned()));
        Difference { missing: words(missing), added: words(added), before: "x", after: "y" }.is_harmless()
    }

    #[test]
    fn spellings_and_replaceable_parts_change_nothing() {
        for (missing, added) in [
            ("merchantability", "merchantabil ity"),
            ("the", ""),
            ("2 0", ""),
            ("shall holder", "hall the freebsd project or contributors"),
            ("copyright holders or contributors", ""),
            ("51 franklin street fifth floor", "59 temple place suite 330"),
            ("prominent", "prominant"),
            ("copyright 1991 2016 unicode inc", ""),
        ] {
            assert!(harmless(missing, added), "{missing} {added}");
        }
    }

    #[test]
    fn one_word_is_enough() {
        for (missing, added) in [
            ("granted", "denied"),
            ("modify", ""),
            ("", "educational"),
            ("irrevocable", "revocable"),
            ("without", "with"),
            ("person", "employee"),
            ("or", ""),
            ("not", ""),
            ("licensor", "licensee"),
            ("holder", "holder for commercial use"),
        ] {
            assert!(!harmless(missing, added), "{missing} {added}");
        }
    }
}
