//! What people write where TOML wants something else, out of the habits of other languages.

use std::ops::Range;

/// What to write instead, where the text at a mistake shows what was meant.
pub(super) fn hint(text: &str, span: &Range<usize>, message: &str) -> Option<String> {
    if text.trim_start().starts_with('{') {
        return Some("a policy in JSON is named gatekeeper.json".to_owned());
    }
    let at = text.get(..span.start)?;
    let start = at.rfind('\n').map_or(0, |n| n + 1);
    let line = text.get(start..)?.lines().next().unwrap_or_default();
    let key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '"');
    let after = line.trim_start().trim_start_matches("- ").trim_start_matches(key);
    if after == ":" || after.starts_with(": ") {
        return Some("TOML writes key = value; a policy in YAML is named gatekeeper.yaml".to_owned());
    }
    if message.starts_with("duplicate key") {
        return Some("name each table, and each key in it, once".to_owned());
    }
    if message.contains("escape") {
        return Some("folders are separated by `/`; a text with backslashes stands in single quotes".to_owned());
    }
    let value = line.split_once('=').map(|(_, value)| value.trim()).unwrap_or_default();
    if value.contains(['\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}']) {
        return Some("write plain quotes: \"…\"".to_owned());
    }
    let word = value.split([' ', ',', '#', ']', '}']).next().unwrap_or_default();
    match word.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some("write true".to_owned()),
        "false" | "no" | "off" => Some("write false".to_owned()),
        "null" | "none" | "nil" => Some("leave the key out".to_owned()),
        _ if word.starts_with(|c: char| c.is_ascii_alphabetic()) && word.chars().all(|c| key(c) && c != '"') => {
            Some(format!("a text stands in quotes: \"{word}\""))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    fn said(text: &str) -> String {
        let e = toml::de::DeTable::parse(text).unwrap_err();
        super::hint(text, &e.span().unwrap_or_default(), e.message()).unwrap_or_default()
    }

    #[test]
    fn habits_of_other_languages_are_known() {
        for (text, word) in [
            ("version: 1\n", "gatekeeper.yaml"),
            ("a = 1\ngates:\n  unit:\n", "gatekeeper.yaml"),
            ("{\"version\": 1}", "gatekeeper.json"),
            ("a = tests\n", "\"tests\""),
            ("a = True\n", "write true"),
            ("a = 1\nb = no # c\n", "write false"),
            ("a = null\n", "leave the key out"),
            ("a = \u{201c}x\u{201d}\n", "plain quotes"),
            ("a = \"x\\*.xml\"\n", "`/`"),
            ("a = 1\na = 2\n", "once"),
        ] {
            assert!(said(text).contains(word), "{text}: {}", said(text));
        }
        for text in ["a = f(x)\n", "a = x\"y\"\n", "a = 'x\n", "a = [1\n", "= 1", "a ="] {
            assert_eq!(said(text), "", "{text}");
        }
    }
}
