//! Licence texts as comparable words; shared by the build script, which packs the texts of the SPDX list, and by detection.
//!
//! After the SPDX license list's matching guidelines, <https://spdx.github.io/spdx-spec/v3.0.1/annexes/license-matching-guidelines-and-templates/>:
//! letter case, white space, punctuation, quotes, bullets, copyright lines and comment signs do not count. Also dropped are
//! tags and placeholders in angle brackets; and where licences name their holders ("provided by … as is", "in no event shall …
//! be liable", "neither the name of … may be used to"), who is named there.

use std::borrow::Cow;

/// A text's words, each with the number of its line. `limit`: at most so many are looked at.
pub fn lines(text: &str, limit: usize) -> Vec<(String, u32)> {
    let mut out: Vec<(String, u32)> = Vec::new();
    // A lone carriage return ends a line as well (old Macintosh).
    for (line, number) in text.split(['\n', '\r', '\u{85}', '\u{2028}']).zip(0_u32..) {
        if out.len() >= limit {
            break;
        }
        let line = without_tags(&without_entities(line));
        let line = line.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '(' | '©' | '[' | '<'));
        let line = without_comment(line);
        if is_copyright(line) && !says_more(line) {
            continue;
        }
        for word in without_bullet(line).split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’')) {
            let word: String =
                word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(40).collect();
            if word.is_empty() {
                continue;
            }
            let word = match word.as_str() {
                "licence" => "license".into(),
                "licences" => "licenses".into(),
                "https" => "http".into(),
                _ => word,
            };
            out.push((word, number));
            let reserved = ["all", "rights", "reserved"];
            if out.len() >= 3 && out.iter().rev().take(3).rev().map(|(word, _)| word.as_str()).eq(reserved) {
                out.truncate(out.len().saturating_sub(3));
            }
        }
    }
    out.truncate(limit);
    without_holders(&out)
}

/// What begins a phrase that names the holder, how it ends, the most words between, and what stands for it.
type Holder = (&'static [&'static str], &'static [&'static str], usize, &'static [&'static str]);

const HOLDERS: &[Holder] = &[
    (&["provided", "by"], &["as", "is"], 16, &["provided", "by", "holder", "as", "is"]),
    (&["in", "no", "event", "shall"], &["be", "liable"], 20, &["in", "no", "event", "shall", "holder", "be", "liable"]),
    (&["as", "is", "and"], &["disclaims", "all"], 8, &["as", "is", "and", "holder", "disclaims", "all"]),
    (&["as", "is", "and"], &["disclaim", "all"], 8, &["as", "is", "and", "holder", "disclaims", "all"]),
    (&["neither"], &["may", "be", "used", "to"], 30, NAMES),
    (&["the", "name", "of"], &["may", "not", "be", "used", "to"], 16, NAMES),
    (&["the", "names", "of"], &["may", "not", "be", "used", "to"], 16, NAMES),
    (&["the", "name"], &["may", "not", "be", "used", "to"], 6, NAMES),
    (&["the", "names"], &["may", "not", "be", "used", "to"], 6, NAMES),
    (&["my", "name"], &["may", "not", "be", "used", "to"], 6, NAMES),
];
const NAMES: &[&str] = &["holders", "name", "may", "not", "be", "used", "to"];

/// A holder's name has none of these: something else is said there.
const NO_NAME: &[&str] = &[
    "not",
    "no",
    "only",
    "except",
    "unless",
    "must",
    "shall",
    "commercial",
    "use",
    "used",
    "using",
    "permission",
    "redistribution",
    "software",
    "license",
];

fn without_holders(words: &[(String, u32)]) -> Vec<(String, u32)> {
    let mut out = Vec::with_capacity(words.len());
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        let found = HOLDERS.iter().find_map(|(begin, end, most, whole)| {
            let inside = strip(rest, begin)?;
            let length = (0..*most).find(|skip| inside.get(*skip..).is_some_and(|tail| strip(tail, end).is_some()))?;
            let name = inside.get(..length)?;
            // "neither the name of this software"
            let fits = |word: &str| !NO_NAME.contains(&word) || word == "software" && *whole == NAMES;
            let plain = name.iter().all(|(word, _)| fits(word));
            plain.then_some((*whole, inside.get(length.saturating_add(end.len())..)?))
        });
        match found {
            Some((whole, after)) => {
                out.extend(whole.iter().map(|text| ((*text).to_owned(), word.1)));
                rest = after;
            }
            None => {
                out.push(word.clone());
                rest = after;
            }
        }
    }
    out
}

fn strip<'a>(words: &'a [(String, u32)], begin: &[&str]) -> Option<&'a [(String, u32)]> {
    let (head, rest) = words.split_at_checked(begin.len())?;
    head.iter().map(|(word, _)| word.as_str()).eq(begin.iter().copied()).then_some(rest)
}

/// The line with HTML's commonest entities read.
fn without_entities(line: &str) -> Cow<'_, str> {
    const ENTITIES: [(&str, &str); 7] = [
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ];
    if !line.contains('&') || !line.contains(';') {
        return Cow::Borrowed(line);
    }
    ENTITIES.iter().fold(Cow::Borrowed(line), |line, (entity, plain)| {
        if line.contains(entity) { Cow::Owned(line.replace(entity, plain)) } else { line }
    })
}

/// The line without `<…>`: HTML tags, addresses, and placeholders such as `<year>` or `<name of author>`. What says more than that stays.
fn without_tags(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        out.push(' ');
        // Looked for near by only: a text of nothing but '<' must not be read once for each.
        let end = after.bytes().take(200).position(|byte| byte == b'>' || byte == b'<');
        let inside = end.and_then(|end| after.split_at_checked(end));
        rest = match inside.and_then(|(inside, tail)| Some((inside, tail.strip_prefix('>')?))) {
            Some((inside, tail)) => {
                // A tag's attributes are no words; a placeholder's are few, and say nothing.
                let tag = inside.starts_with(['/', '!', '?']) || inside.contains('=') || inside.contains("://");
                let tag = tag || inside.contains('@') && !inside.contains(char::is_whitespace);
                if !tag && speaks(inside) {
                    out.push_str(inside);
                    out.push(' ');
                }
                tail
            }
            None => after,
        };
    }
    out.push_str(rest);
    out
}

/// Words that no name has, no year and no address: where one stands, something is said.
const SPEAKING: &[&str] = &[
    "agplv3",
    "agpl",
    "apply",
    "applies",
    "applied",
    "are",
    "be",
    "been",
    "cannot",
    "commercial",
    "commercially",
    "confidential",
    "distribute",
    "distributed",
    "distribution",
    "except",
    "expires",
    "gpl",
    "gplv2",
    "gplv3",
    "granted",
    "has",
    "have",
    "hereby",
    "is",
    "license",
    "licence",
    "licensed",
    "licenses",
    "may",
    "modify",
    "must",
    "no",
    "non",
    "noncommercial",
    "not",
    "only",
    "paid",
    "permission",
    "permitted",
    "prohibited",
    "proprietary",
    "purposes",
    "requires",
    "required",
    "restricted",
    "restrictions",
    "secret",
    "shall",
    "should",
    "subject",
    "sublicense",
    "under",
    "unless",
    "use",
    "used",
    "without",
    "you",
    "your",
];

/// Whether words say something rather than name somebody.
fn speaks(text: &str) -> bool {
    // An address says nothing: "christian@example.no".
    let plain = text.split_whitespace().filter(|part| !part.contains('@') && !part.contains("://"));
    plain.flat_map(|part| part.split(|c: char| !c.is_alphanumeric())).any(is_speaking)
}

/// Whether a word is one that says something.
pub fn is_speaking(word: &str) -> bool {
    SPEAKING.iter().any(|speaking| word.eq_ignore_ascii_case(speaking))
}

/// Whether a copyright line says more than whose the work is: "Copyright 2020 A. Non-commercial use only."
fn says_more(line: &str) -> bool {
    speaks(line) || line.split_whitespace().count() > 60
}

/// A line that only says whose the work is: "Copyright (c) 2024 Somebody".
fn is_copyright(line: &str) -> bool {
    let lower = line.to_lowercase();
    let bare = lower.trim_start_matches("portions ").trim_start_matches("some ").trim_start();
    let after =
        ["copyright", "(c)", "©", "&copy;"].iter().find_map(|start| bare.strip_prefix(start).map(|rest| (start, rest)));
    let Some((start, after)) = after else { return false };
    if *start != "copyright" && !after.contains(|c: char| c.is_ascii_digit()) {
        // "(c) You must retain …" is a clause.
        return false;
    }
    if after.starts_with(|c: char| c.is_alphanumeric()) {
        return false;
    }
    let next = after.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default();
    let prose = [
        "notice",
        "notices",
        "holder",
        "holders",
        "owner",
        "owners",
        "license",
        "law",
        "laws",
        "and",
        "or",
        "interest",
        "interests",
        "to",
        "in",
        "statement",
        "statements",
        "is",
        "as",
        "permission",
        "treaty",
        "status",
        "management",
        "disclaimer",
        "for",
        "ownership",
        "protection",
        "rights",
        "act",
        "can",
        "of",
        "information",
    ];
    !prose.contains(&next)
        && (line.starts_with(|c: char| !c.is_lowercase()) || after.contains(|c: char| c.is_ascii_digit()))
}

/// The line without a word that marks a comment: `REM` of batch files, `dnl` of m4.
fn without_comment(line: &str) -> &str {
    let (mark, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    if mark == "dnl" || mark.eq_ignore_ascii_case("rem") { rest } else { line }
}

/// The line without a number or letter that counts clauses: "1.", "(a)", "iv)".
fn without_bullet(line: &str) -> &str {
    let bare = line.trim_start_matches(|c: char| !c.is_alphanumeric());
    let opened = bare.len() < line.len();
    let end = bare.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(bare.len());
    let (word, rest) = bare.split_at_checked(end).unwrap_or((bare, ""));
    let closed = rest.starts_with(['.', ')', ':', ']'])
        && !rest.get(1..).is_some_and(|next| next.starts_with(char::is_alphanumeric));
    let number = word.len() <= 2 && !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    let roman = word.len() <= 4 && !word.is_empty() && word.bytes().all(|b| b"ivxIVX".contains(&b));
    let letter = word.len() == 1 && word.bytes().all(|b| b.is_ascii_alphabetic());
    if closed && (number || roman || letter) || (opened && number && rest.starts_with(')')) { rest } else { bare }
}

#[cfg(test)]
mod tests {
    fn words(text: &str) -> String {
        super::lines(text, 1000).into_iter().map(|(word, _)| word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn punctuation_bullets_and_case_do_not_count() {
        assert_eq!(
            words("  * (a) You MUST, \"give\"\n// 1. the Licensor\u{2019}s\nii) x"),
            "you must give the licensors x"
        );
        assert_eq!(words("a. Licence <b>https://x.y</b> <year>"), "license http x y");
    }

    #[test]
    fn copyright_lines_do_not_count_but_prose_does() {
        for line in
            ["Copyright (c) 2020 A", "© 2020 A", "// Copyright The Go Authors.", "Copyright A, B. All rights reserved."]
        {
            assert_eq!(words(line), "", "{line}");
        }
        assert_eq!(words("All rights\nreserved."), "");
        for line in [
            "Copyright 2020 A. Non-commercial use only.",
            "(c) 2020 A, licensed under the GPL",
            "Copyright 2020: GPLv3",
        ] {
            assert_ne!(words(line), "", "{line}");
        }
        assert_eq!(words("Copyright 2010 A, a@b.no\rREM Copyright 2010 B\rx"), "x");
        assert_eq!(words("<b>x</b> <year> <You may not use it.>"), "x you may not use it");
        assert_eq!(words("copyright notice, this list"), "copyright notice this list");
        assert_eq!(words("Copyright license to reproduce"), "copyright license to reproduce");
        assert_eq!(words("(c) You must retain"), "you must retain");
    }

    #[test]
    fn holders_do_not_count_but_terms_among_them_do() {
        let holder = "in no event shall holder be liable";
        assert_eq!(words("IN NO EVENT SHALL THE REGENTS OR CONTRIBUTORS BE LIABLE"), holder);
        assert!(words("in no event shall commercial use or the author be liable").contains("commercial"));
        let names = words("Neither the name of Foo nor the names of its contributors may be used to endorse");
        assert_eq!(names, words("The name of the author may not be used to endorse"));
    }

    #[test]
    fn the_limit_holds() {
        assert_eq!(super::lines(&"a b ".repeat(100), 7).len(), 7);
    }
}
