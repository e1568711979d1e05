//! Licence texts as comparable words; shared by the build script, which packs the texts of the SPDX list, and by detection.
//!
//! After the SPDX license list's matching guidelines, <https://spdx.github.io/spdx-spec/v3.0.1/annexes/license-matching-guidelines-and-templates/>:
//! letter case, white space, punctuation, quotes, bullets, copyright lines and comment signs do not count. Also dropped are
//! tags and placeholders in angle brackets.

/// A text's words. `limit`: at most so many are looked at.
pub fn words(text: &str, limit: usize) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for line in text.lines() {
        if out.len() >= limit {
            break;
        }
        let line = without_tags(line);
        let line = line.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '(' | '©' | '[' | '<'));
        if is_copyright(line) {
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
            out.push(word);
            let reserved = ["all", "rights", "reserved"];
            if out.len() >= 3 && out.iter().rev().take(3).rev().eq(reserved.iter()) {
                out.truncate(out.len().saturating_sub(3));
            }
        }
    }
    out.truncate(limit);
    out
}

/// The line without `<…>`: HTML tags, and placeholders such as `<year>`.
fn without_tags(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        match after.split_once('>') {
            Some((tag, tail)) if tag.len() <= 200 && !tag.contains('<') => {
                out.push(' ');
                rest = tail;
            }
            _ => {
                out.push(' ');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
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
