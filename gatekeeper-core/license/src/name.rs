//! Licence names in free text: `Apache License, Version 2.0`, `GPLv3+`, `License :: OSI Approved :: MIT License`.
//!
//! There is no specification. Written by people in npm, PyPI (classifiers and the `License` field), Maven POMs, Hex, CRAN, Go
//! and Cargo metadata, and by licence scanners. A name is read only where it says which licence is meant, in whole: every
//! word of it must be accounted for. `BSD`, `GPL`, `Apache Software License`, `MIT/X11`, `LGPLv2+` (2.0 or 2.1?) and
//! `MIT, Apache-2.0` (and? or?) answer none.
//!
//! Habits that are accepted: the licence list's ids and full names in any spelling of case, space and punctuation; a family
//! and its version (`Apache 2`, `MPL2`); the same licence twice (`Mozilla Public License 2.0 (MPL 2.0)`); known addresses;
//! Cargo's former `MIT/Apache-2.0`, which its manual reads as OR; licences joined by a plain "or" or "and"; a whole
//! licence text in the place of a name.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::expression::parse;
use super::family::{Family, family};
use super::name_data::{DEFAULT_VERSIONS, FAMILY_NAMES, PHRASES};
use super::name_words::{Words, starts_with_digit, words};
use super::{detect, list, name_url};

/// A name longer than this can only be an expression or a licence text.
const LONGEST_NAME: usize = 300;

/// The SPDX expression that a free-text name stands for; none where it does not say which licence.
pub fn name(text: &str) -> Option<String> {
    let text = text.trim();
    if no_license(text).is_some() {
        return None;
    }
    if let Ok(expression) = parse(text) {
        return Some(expression.normalized());
    }
    if text.len() > LONGEST_NAME {
        return detect(text.as_bytes()).ok().map(|found| found.id);
    }
    match read(text) {
        Reading::Spdx(spdx) => Some(spdx),
        Reading::Family(_) | Reading::Nothing => slashed(text).or_else(|| joined(text)),
    }
}

/// The family that a name belongs to, where it does not say which licence of it: `GPL`, `BSD License`.
pub fn family_named(text: &str) -> Option<&'static Family> {
    match read(text.trim().get(..LONGEST_NAME).unwrap_or(text.trim())) {
        Reading::Family(name) => family(name),
        Reading::Spdx(_) | Reading::Nothing => None,
    }
}

/// Why a text names no licence at all: words that fields and tools put where a licence is missing.
pub fn no_license(text: &str) -> Option<&'static str> {
    let words = text.trim().trim_matches(['"', '\'', '(', ')', '[', ']', '.']).to_ascii_lowercase();
    match words.as_str() {
        "" | "null" | "nil" | "undefined" | "n/a" | "na" | "-" | "tbd" | "todo" => Some("no licence is stated"),
        "noassertion" => Some("NOASSERTION: the document does not say"),
        "none" => Some("NONE: no licence is declared"),
        "unknown" | "unknown license" | "unknown licence" => Some("UNKNOWN: the tool found no licence"),
        "unlicensed" | "not licensed" | "no license" | "no licence" => Some("UNLICENSED: no rights are granted"),
        "proprietary" | "commercial" | "all rights reserved" | "closed source" => {
            Some("proprietary: no public licence")
        }
        "other" | "custom" | "various" | "see license" | "see licence" => Some("no licence is named"),
        _ if words.starts_with("see license ") || words.starts_with("see licence ") => {
            Some("the licence is in a file that the name refers to")
        }
        _ if words.starts_with("custom:") => Some("a custom licence is not named"),
        // license-checker: taken from a file that looked like it.
        _ if words.ends_with('*') => Some("the tool that wrote it marks it as a guess"),
        _ => None,
    }
}

/// What a name says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reading {
    /// This licence.
    Spdx(String),
    /// One of this family.
    Family(&'static str),
    Nothing,
}

fn read(text: &str) -> Reading {
    let text = text.trim().trim_matches(['"', '\'', '`']);
    if let Some(id) = name_url::url(text) {
        return id.map_or(Reading::Nothing, Reading::Spdx);
    }
    // "!MIT", "MIT?"; and a file's name.
    let file = |start: &str| text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    if text.contains(['!', '?', '≠', '¬', '~', '^']) || file("LICENSE-") || file("LICENCE-") {
        return Reading::Nothing;
    }
    // A classifier's last part; its others sort it ("License :: OSI Approved :: MIT License").
    let text = match text.rsplit_once("::") {
        Some((path, last)) if path.trim_start().to_ascii_lowercase().starts_with("license") => last,
        Some(_) => return Reading::Nothing,
        None => text,
    };
    match phrase(&words(text)) {
        Reading::Nothing => in_parentheses(text),
        reading => reading,
    }
}

/// `Mozilla Public License 2.0 (MPL 2.0)`: what stands in parentheses must agree with the rest.
fn in_parentheses(text: &str) -> Reading {
    // An address may stand in angle brackets.
    let (open, close) = if text.contains('(') { ('(', ')') } else { ('<', '>') };
    let Some((before, rest)) = text.split_once(open) else { return Reading::Nothing };
    let Some((inside, after)) = rest.split_once(close) else { return Reading::Nothing };
    if after.contains(open) || open == '<' && !inside.contains("://") {
        return Reading::Nothing;
    }
    let outer = phrase(&words(&format!("{before} {after}")));
    let inner = match name_url::url(inside.trim()) {
        Some(id) => id.map_or(Reading::Nothing, Reading::Spdx),
        None => phrase(&words(inside)),
    };
    match (outer, inner) {
        (Reading::Spdx(outer), Reading::Spdx(inner))
            if outer.strip_prefix(inner.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(" WITH ")) =>
        {
            Reading::Spdx(outer)
        }
        (Reading::Family(outer), Reading::Family(inner)) if outer == inner => Reading::Family(outer),
        (Reading::Family(name), Reading::Spdx(spdx)) | (Reading::Spdx(spdx), Reading::Family(name))
            if family(name).is_some_and(|family| family.contains(&spdx)) =>
        {
            Reading::Spdx(spdx)
        }
        _ => Reading::Nothing,
    }
}

/// Words that end a name and change its version.
const LATER: &[&[&str]] = &[
    &["or", "at", "your", "option", "any", "later"],
    &["or", "any", "later"],
    &["or", "later"],
    &["or", "newer"],
    &["or", "higher"],
    &["or", "greater"],
    &["or", "above"],
    &["and", "later"],
    &["+"],
];

const EXCEPTIONS: &[(&[&str], &str, &str)] = &[
    (&["with", "gnu", "classpath", "exception"], "GPL-2.0-", "Classpath-exception-2.0"),
    (&["with", "classpath", "exception"], "GPL-2.0-", "Classpath-exception-2.0"),
    (&["w", "classpath", "exception"], "GPL-2.0-", "Classpath-exception-2.0"),
    (&["with", "cpe"], "GPL-2.0-", "Classpath-exception-2.0"),
    (&["w", "cpe"], "GPL-2.0-", "Classpath-exception-2.0"),
    (&["with", "llvm", "exception"], "Apache-2.0", "LLVM-exception"),
];

fn phrase(words: &Words) -> Reading {
    let mut rest: Vec<&str> = words.words.iter().map(String::as_str).collect();
    // CRAN: "MIT + file LICENSE" is the licence with the names of its holders.
    if let Some(cut) = ending(&rest, &["+", "file"]) {
        rest.truncate(cut);
        return match known(&rest, words) {
            Some(id @ ("MIT" | "BSD-2-Clause" | "BSD-3-Clause")) => Reading::Spdx(id.into()),
            _ => Reading::Nothing,
        };
    }
    if let Some(id) = known(&rest, words) {
        return spell(id, false, None);
    }
    let mut exception = None;
    for (ending_words, start, id) in EXCEPTIONS {
        if let Some(cut) = ending(&rest, ending_words) {
            rest.truncate(cut);
            exception = Some((*start, *id));
            break;
        }
    }
    let mut later = false;
    for ending_words in LATER {
        if let Some(cut) = ending(&rest, ending_words) {
            rest.truncate(cut);
            later = true;
            break;
        }
    }
    // "only or later" and "or later only" contradict themselves.
    if later && rest.last() == Some(&"only") {
        return Reading::Nothing;
    }
    // CRAN: "GPL (>= 2)".
    if let Some(at) = rest.iter().position(|word| *word == ">=")
        && !later
    {
        rest.remove(at);
        later = true;
    }
    if !later && let Some(cut) = ending(&rest, &["only"]) {
        rest.truncate(cut);
        if LATER.iter().any(|later| ending(&rest, later).is_some()) {
            return Reading::Nothing;
        }
    }
    if let Some(id) = known(&rest, words) {
        return spell(id, later, exception);
    }
    match versioned(&rest, words.exact) {
        Reading::Spdx(id) => match list::license_id(&id) {
            Some(id) => spell(id, later, exception),
            None => Reading::Nothing,
        },
        reading => reading,
    }
}

fn ending(words: &[&str], end: &[&str]) -> Option<usize> {
    words.ends_with(end).then(|| words.len().saturating_sub(end.len()))
}

fn spell(id: &'static str, later: bool, exception: Option<(&str, &str)>) -> Reading {
    let plus = if later { "+" } else { "" };
    let id = id.strip_suffix("-only").unwrap_or(id);
    let Ok(expression) = parse(&format!("{id}{plus}")) else { return Reading::Nothing };
    let spdx = expression.normalized();
    match exception {
        None => Reading::Spdx(spdx),
        Some((start, exception)) if spdx.starts_with(start) => Reading::Spdx(format!("{spdx} WITH {exception}")),
        Some(_) => Reading::Nothing,
    }
}

/// Looks the words up among phrases, full names and ids.
fn known(words: &[&str], of: &Words) -> Option<&'static str> {
    struct Known {
        names: HashMap<String, Option<&'static str>>,
        ids: HashMap<String, Option<&'static str>>,
    }
    static KNOWN: OnceLock<Known> = OnceLock::new();
    let known = KNOWN.get_or_init(|| {
        let mut found = Known { names: HashMap::new(), ids: HashMap::new() };
        for (id, full_name) in list::licenses() {
            // Two licences under one name: the name does not say which.
            let Some(today) = list::modern(id, false).filter(|modern| modern.exception.is_none() && !modern.or_later)
            else {
                continue;
            };
            for (map, text) in [(&mut found.names, full_name), (&mut found.ids, id)] {
                let key = words_key(text);
                map.entry(key)
                    .and_modify(|known| *known = known.filter(|id| *id == today.id))
                    .or_insert(Some(today.id));
            }
        }
        for (phrase, id) in PHRASES {
            found.names.insert((*phrase).into(), list::license_id(id));
        }
        found
    });
    let key = words.join(" ");
    // "LGPL 2": 2.0 or 2.1 is not said.
    if key.is_empty() || (key.starts_with("lgpl 2") && !key.starts_with("lgpl 2.1") && !of.exact) {
        return None;
    }
    // "BSD License 2.0" and "BSD v3" count no clauses.
    if key.starts_with("bsd ") && !key.contains("clause") && (of.exact || of.versioned) {
        return None;
    }
    // The list calls each Creative Commons licence by its reach; people leave it out where there is but one.
    let reaches: &[&str] =
        if key.starts_with("creative commons ") { &["", " international", " unported"] } else { &[""] };
    if let Some(id) = reaches.iter().find_map(|reach| known.names.get(&format!("{key}{reach}"))) {
        return *id;
    }
    let key = key.strip_suffix(" international").filter(|key| key.starts_with("cc ")).unwrap_or(&key);
    let id = known.ids.get(key).copied().flatten()?;
    // "Intel License" need not be the licence whose id is Intel: without a number only the bare id will do.
    (!of.shortened || id.bytes().any(|byte| byte.is_ascii_digit())).then_some(id)
}

fn words_key(text: &str) -> String {
    words(text).words.join(" ")
}

/// A family's name with a version after it, or alone.
fn versioned(words: &[&str], exact: bool) -> Reading {
    let (version, name) = match words.split_last() {
        Some((last, name)) if starts_with_digit(last) => (Some(*last), name),
        _ => (None, words),
    };
    let name = name.join(" ");
    let Some((_, id)) = FAMILY_NAMES.iter().find(|(alias, _)| *alias == name) else { return Reading::Nothing };
    let family_name = if *id == "BSL" { "Boost" } else { id };
    let default = DEFAULT_VERSIONS.iter().find(|(family, _)| family == id).map(|(_, version)| *version);
    // Library GPL is the name of version 2.0 alone; of "LGPL 2" it is not said whether 2.0 or 2.1 is meant.
    let unclear = *id == "LGPL" && version == Some("2") && !exact && !name.ends_with("library general public");
    let found = match version.or(default) {
        Some(version) if !unclear => ["", ".0", ".0.0"].iter().find_map(|zeros| {
            let id = format!("{id}-{version}{zeros}");
            list::license_id(&id)
        }),
        _ => None,
    };
    match found {
        Some(id) => Reading::Spdx(id.into()),
        None => family(family_name).map_or(Reading::Nothing, |family| Reading::Family(family.name())),
    }
}

/// `MIT/Apache-2.0`: Cargo's manual reads the slash as OR. Other names with a slash must name one licence twice.
fn slashed(text: &str) -> Option<String> {
    let text = text.trim().trim_matches(['(', ')']);
    let parts: Vec<&str> = text.split('/').map(str::trim).collect();
    if parts.len() < 2 || parts.len() > 16 {
        return None;
    }
    // "MIT/X11" is a way to say MIT or X11, which are two.
    let ids: Option<Vec<&str>> = parts.iter().map(|part| list::license_id(part).filter(|id| *id != "X11")).collect();
    if let Some(ids) = ids {
        return parse(&ids.join(" OR ")).ok().map(|expression| expression.normalized());
    }
    let mut readings = parts.iter().map(|part| read(part));
    match readings.next()? {
        Reading::Spdx(first) => readings.all(|next| next == Reading::Spdx(first.clone())).then_some(first),
        Reading::Family(_) | Reading::Nothing => None,
    }
}

/// `Apache License 2.0 or MIT License`: each part must be a licence's name, and all operators the same.
fn joined(text: &str) -> Option<String> {
    let tokens: Vec<&str> = text.split_ascii_whitespace().collect();
    for (word, operator, other) in [("or", " OR ", "and"), ("and", " AND ", "or")] {
        if tokens.iter().any(|token| token.eq_ignore_ascii_case(other)) {
            continue;
        }
        let parts: Vec<String> =
            tokens.split(|token| token.eq_ignore_ascii_case(word)).map(|part| part.join(" ")).collect();
        if parts.len() < 2 {
            continue;
        }
        let ids: Option<Vec<String>> = parts
            .iter()
            .map(|part| match parse(part).map(|expression| expression.normalized()) {
                Ok(spdx) => Some(spdx),
                Err(_) => match read(part) {
                    Reading::Spdx(spdx) => Some(spdx),
                    Reading::Family(_) | Reading::Nothing => None,
                },
            })
            .collect();
        return parse(&ids?.join(operator)).ok().map(|expression| expression.normalized());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_which_licence() {
        for (text, spdx) in [
            ("The Apache Software License, Version 2.0", "Apache-2.0"),
            ("Apache License, Version 2.0, January 2004", "Apache-2.0"),
            ("Apache License v2", "Apache-2.0"),
            ("ASL 2.0", "Apache-2.0"),
            ("apache-2.0 license", "Apache-2.0"),
            ("Apache License 2.0 (Apache-2.0)", "Apache-2.0"),
            ("Apache 2", "Apache-2.0"),
            ("Apache2", "Apache-2.0"),
            ("Apache-2.0 WITH LLVM-exception", "Apache-2.0 WITH LLVM-exception"),
            ("Apache License v2.0 with LLVM Exceptions", "Apache-2.0 WITH LLVM-exception"),
            ("mit", "MIT"),
            ("MIT Licence", "MIT"),
            ("MIT License (Expat)", "MIT"),
            ("\"MIT\"", "MIT"),
            ("MIT + file LICENSE", "MIT"),
            ("MIT No Attribution License (MIT-0)", "MIT-0"),
            ("License :: OSI Approved :: MIT No Attribution License (MIT-0)", "MIT-0"),
            ("3-Clause BSD License", "BSD-3-Clause"),
            ("BSD License (3 clause)", "BSD-3-Clause"),
            ("BSD 3-Clause \"New\" or \"Revised\" License (BSD-3-Clause)", "BSD-3-Clause"),
            ("Revised BSD", "BSD-3-Clause"),
            ("BSD_3_clause + file LICENSE", "BSD-3-Clause"),
            ("Simplified BSD License", "BSD-2-Clause"),
            ("Two-clause BSD", "BSD-2-Clause"),
            ("License :: OSI Approved :: Zero-Clause BSD (0BSD)", "0BSD"),
            ("Eclipse Distribution License - v 1.0", "BSD-3-Clause"),
            ("GPL-2", "GPL-2.0-only"),
            ("GPL (>= 2)", "GPL-2.0-or-later"),
            ("Apache License (== 2.0)", "Apache-2.0"),
            ("https://licenses.nuget.org/MIT", "MIT"),
            ("https://licenses.nuget.org/Apache-2.0%20OR%20MIT", "Apache-2.0 OR MIT"),
            ("https://creativecommons.org/publicdomain/zero/1.0/legalcode", "CC0-1.0"),
            ("License :: OSI Approved :: Sun Public License", "SPL-1.0"),
            ("IBM Public License", "IPL-1.0"),
            ("License :: OSI Approved :: Nokia Open Source License (NOKOS)", "Nokia"),
            ("MIT License <http://opensource.org/licenses/MIT>", "MIT"),
            ("License :: CC0 1.0 Universal (CC0 1.0) Public Domain Dedication", "CC0-1.0"),
            ("GPL v3 or later", "GPL-3.0-or-later"),
            ("GNU GPL, version 2 or (at your option) any later version", "GPL-2.0-or-later"),
            ("GNU General Public License, Version 2, June 1991", "GPL-2.0-only"),
            ("GNU General Public License, Version 3, 29 June 2007", "GPL-3.0-only"),
            ("GNU General Public License v2 (GPLv2)", "GPL-2.0-only"),
            (
                "The GNU General Public License (GPL), Version 2, With Classpath Exception",
                "GPL-2.0-only WITH Classpath-exception-2.0",
            ),
            (
                "GNU General Public License, version 2 (GPL2), with the classpath exception",
                "GPL-2.0-only WITH Classpath-exception-2.0",
            ),
            ("LGPLv3+", "LGPL-3.0-or-later"),
            ("LGPL 2.1", "LGPL-2.1-only"),
            ("GNU Lesser General Public License, version 2.1 or later", "LGPL-2.1-or-later"),
            ("License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)", "LGPL-3.0-only"),
            ("License :: OSI Approved :: GNU Affero General Public License v3 or later (AGPLv3+)", "AGPL-3.0-or-later"),
            ("MPL2", "MPL-2.0"),
            ("Mozilla Public License, v. 2.0", "MPL-2.0"),
            ("Eclipse Public License v1.0", "EPL-1.0"),
            ("CDDL 1.1", "CDDL-1.1"),
            ("License :: CC0 1.0 Universal (CC0 1.0) Public Domain Dedication", "CC0-1.0"),
            ("CC BY-SA 4.0", "CC-BY-SA-4.0"),
            ("CC BY 4.0 International", "CC-BY-4.0"),
            (
                "Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International (CC BY-NC-SA 4.0)",
                "CC-BY-NC-SA-4.0",
            ),
            ("Creative Commons Attribution-ShareAlike 3.0", "CC-BY-SA-3.0"),
            ("Licensed under the Apache License, Version 2.0", "Apache-2.0"),
            ("License: MIT", "MIT"),
            ("GNU GPLv3", "GPL-3.0-only"),
            ("GPL v2+", "GPL-2.0-or-later"),
            ("GPLv2 only", "GPL-2.0-only"),
            ("LGPL 2.0", "LGPL-2.0-only"),
            ("Ruby or 2-clause BSD", "Ruby OR BSD-2-Clause"),
            ("ELv2", "Elastic-2.0"),
            ("BSD-3", "BSD-3-Clause"),
            ("www.opensource.org/licenses/mit-license.php", "MIT"),
            ("Creative Commons Attribution 4.0 International", "CC-BY-4.0"),
            ("License :: OSI Approved :: ISC License (ISCL)", "ISC"),
            ("License :: OSI Approved :: zlib/libpng License", "Zlib"),
            ("License :: OSI Approved :: Boost Software License 1.0 (BSL-1.0)", "BSL-1.0"),
            ("License :: OSI Approved :: European Union Public Licence 1.2 (EUPL 1.2)", "EUPL-1.2"),
            ("License :: OSI Approved :: University of Illinois/NCSA Open Source License", "NCSA"),
            ("SIL Open Font License 1.1", "OFL-1.1"),
            ("Microsoft Public License (MS-PL)", "MS-PL"),
            ("Do What The F*ck You Want To Public License", "WTFPL"),
            ("WTFPLv2", "WTFPL"),
            ("Python Software Foundation License 2.0", "PSF-2.0"),
            ("PostgreSQL License", "PostgreSQL"),
            ("MIT/Apache-2.0", "MIT OR Apache-2.0"),
            ("Unlicense / MIT", "Unlicense OR MIT"),
            ("Expat/MIT", "MIT"),
            ("Apache License 2.0 or MIT License", "Apache-2.0 OR MIT"),
            ("MIT and BSD-3-Clause", "MIT AND BSD-3-Clause"),
            ("https://opensource.org/licenses/MIT", "MIT"),
            ("Apache License 2.0 (https://www.apache.org/licenses/LICENSE-2.0.txt)", "Apache-2.0"),
        ] {
            assert_eq!(name(text).as_deref(), Some(spdx), "{text}");
        }
    }

    #[test]
    fn names_that_do_not_say_which() {
        for text in [
            "Apache",
            "Apache License",
            "Apache Software License",
            "GPL",
            "GNU GPL",
            "GNU General Public License (GPL)",
            "LGPL",
            "LGPLv2",
            "LGPLv2+",
            "LGPL 2",
            "GNU Lesser General Public License v2 or later (LGPLv2+)",
            "AGPL",
            "BSD",
            "BSD License",
            "BSD-like",
            "BSD style",
            "MIT/X11",
            "MIT X11",
            "MIT-like",
            "MIT-style license",
            "MPL",
            "Mozilla Public License",
            "EPL",
            "Artistic License",
            "Python Software Foundation License",
            "Public Domain",
            "Dual License",
            "MIT, Apache-2.0",
            "MIT; BSD",
            "MIT & Apache-2.0",
            "GPLv2 or v3",
            "CDDL+GPL",
            "CDDL/GPLv2",
            "GPL-compatible",
            "Proprietary",
            "UNLICENSED",
            "unknown",
            "NOASSERTION",
            "NONE",
            "Custom: LICENSE",
            "SEE LICENSE IN LICENSE",
            "",
            "  ",
            "BSL",
            "BSL 1.1",
            "Apache License 2.0 (MIT)",
            "GPL (MIT)",
            "Intel License",
            "MIT License with restrictions",
            "not MIT",
            "Apache 3.0",
            "https://github.com/x/y/blob/main/LICENSE",
            "http://opensource.org/licenses/bsd-license.php",
            "License :: OSI Approved",
            "License :: Other/Proprietary License",
            "GPL-3 + file LICENSE",
            "Zope Public License",
            "Topic :: MIT",
            "Apache 2.0 2.0",
            "BSD License 2.0",
            "BSD v3",
            "MIT*",
            "MPL 1.1/GPL 2.0/LGPL 2.1",
            "Python 2.7",
            "Creative Commons",
            "CC BY",
            "All Rights Reserved",
            "Commercial",
            "GPL (< 3)",
            "GPL (> 2)",
            "GPL (<= 2)",
            "GPL (!= 2)",
            "!MIT",
            "≠ MIT",
            "¬GPL-3",
            "MIT?",
            "BSD-3-Clause?",
            "LICENSE-MIT",
            "GPL-3.0-or-later only",
            "GPLv2 or later only",
            "GPL v2 only or later",
            "MIT License <http://opensource.org/licenses/ISC>",
        ] {
            assert_eq!(name(text), None, "{text}");
        }
    }

    #[test]
    fn a_family_is_known_without_a_version() {
        for (text, expected) in [
            ("GPL", Some("GPL")),
            ("GNU General Public License (GPL)", Some("GPL")),
            ("License :: OSI Approved :: GNU Library or Lesser General Public License (LGPL)", Some("LGPL")),
            ("LGPLv2+", Some("LGPL")),
            ("BSD License", Some("BSD")),
            ("MIT", None),
            ("GPL-compatible", None),
        ] {
            assert_eq!(family_named(text).map(Family::name), expected, "{text}");
        }
    }

    #[test]
    fn full_names_and_ids_of_the_list_are_read() {
        let mut unread = Vec::new();
        for (id, full_name) in list::licenses() {
            let today = parse(id).unwrap().normalized();
            assert_eq!(name(id), Some(today.clone()));
            match name(full_name) {
                Some(spdx) if spdx == today => {}
                Some(spdx) => {
                    // The name of a deprecated id may have passed to another.
                    assert!(list::is_deprecated(id), "{full_name}: {spdx}, not {today}");
                }
                None => unread.push(full_name),
            }
        }
        assert!(unread.len() < 30, "{unread:#?}");
    }
}
