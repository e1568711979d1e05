//! What the formats of test results share: seconds as tools write them, messages cut to size, places dug out of a failure's text.

use crate::scan::xml::{Token, Xml};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::Detail;
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// How much of a message is kept, bytes.
pub(super) const MESSAGE: usize = 2048;

/// A time in seconds as tools write it: `1.5`, `1,234.5` (Surefire), `0,003` (a writer that follows the machine's language), `1.5s`.
/// `None` where it is no finite number.
pub(super) fn seconds(text: &str) -> Option<f64> {
    // Nearly all of them.
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return text.parse().ok().filter(|n: &f64| n.is_finite());
    }
    let text = text.trim();
    let text = text.strip_suffix('s').map_or(text, str::trim_end);
    // Rust's parser takes words for infinity and NaN; no tool means them.
    if !text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b',' | b'-' | b'+' | b'e' | b'E')) {
        return None;
    }
    let number: f64 = match (text.rfind(','), text.rfind('.')) {
        (None, _) => text.parse().ok()?,
        (Some(comma), Some(point)) if comma < point => text.replace(',', "").parse().ok()?,
        (Some(_), Some(_)) => text.replace('.', "").replace(',', ".").parse().ok()?,
        (Some(_), None) if text.matches(',').count() > 1 => text.replace(',', "").parse().ok()?,
        (Some(_), None) => text.replace(',', ".").parse().ok()?,
    };
    number.is_finite().then_some(number)
}

/// Longest name that is kept, bytes.
const NAME: usize = 64 * 1024;

/// A name, cut where it is longer than any by which a reader tells cases apart: a hostile one would be held twice.
pub(super) fn name(text: &str) -> &str {
    cut(text, NAME)
}

/// The same of a name with references, which stay whole.
pub(super) fn raw_name(raw: &str) -> &str {
    let cut = name(raw);
    match cut.rfind('&') {
        Some(at) if cut.len() < raw.len() && !cut.get(at..).is_some_and(|r| r.contains(';')) => {
            cut.get(..at).unwrap_or_default()
        }
        _ => cut,
    }
}

/// A text without blanks around it, cut at a character near `MESSAGE` bytes.
pub(super) fn clip(text: &str) -> &str {
    clip_end(text.trim())
}

/// The beginning of a text, blanks kept.
pub(super) fn clip_end(text: &str) -> &str {
    cut(text, MESSAGE)
}

/// The beginning of a text, cut at a character.
fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// A line number as written; 0 and nonsense are none.
pub(super) fn line_number(text: &str) -> Option<u32> {
    text.trim().parse().ok().filter(|n| *n > 0)
}

/// The first place (`path:line`) in a failure's text that looks like the project's own: not a runtime's, not a dependency's.
/// pytest ends a traceback with the innermost place at the start of a line, so there the last such line counts.
pub(super) fn place_in(text: &str) -> Option<(Box<str>, u32)> {
    let python = text.lines().rev().take(400).find_map(|line| {
        let (path, rest) = line.split_once(".py:")?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number = line_number(rest.get(..digits)?)?;
        let plain = !path.is_empty() && !path.contains([' ', '(', '<', '>']);
        (plain && rest.get(digits..)?.starts_with(':')).then(|| (format!("{path}.py").into(), number))
    });
    python.or_else(|| text.lines().take(400).find_map(place_in_line))
}

fn place_in_line(line: &str) -> Option<(Box<str>, u32)> {
    if ["node_modules", "node:", "(internal/", "/rustc/", "java.base/", "site-packages", "vendor/"]
        .iter()
        .any(|w| line.contains(w))
    {
        return None;
    }
    line.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '"' | '\'' | '<' | '>')).find_map(
        |word| {
            let word = word.strip_prefix("file://").unwrap_or(word);
            // The extension tells a path from a time, a port or a ratio.
            let dot = word.rfind('.')?;
            let (extension, rest) = word.get(dot + 1..)?.split_once(':')?;
            let known = (1..=5).contains(&extension.len()) && extension.bytes().all(|b| b.is_ascii_alphanumeric());
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let path = word.get(..dot + 1 + extension.len())?;
            let usable = known && extension.bytes().any(|b| b.is_ascii_alphabetic()) && !path.contains("://");
            // A Java frame names the file without its folders: no path to point at.
            let usable = usable && !matches!(extension, "java" | "kt" | "scala" | "groovy");
            if !usable {
                return None;
            }
            Some((path.into(), line_number(rest.get(..digits)?)?))
        },
    )
}

/// A case's detail, where there is anything to say.
pub(super) fn detail(message: &str, kind: &str, file: Option<&str>, line: Option<u32>) -> Option<Box<Detail>> {
    let message = clip(message);
    if message.is_empty() && kind.is_empty() && file.is_none() && line.is_none() {
        return None;
    }
    Some(Box::new(Detail {
        message: message.into(),
        kind: kind.into(),
        file: file.map(Into::into),
        line,
        attempts: None,
    }))
}

/// Cases of one class share its name: mostly that of the case before.
#[derive(Default)]
pub(super) struct Classes {
    last: Option<Arc<str>>,
}

impl Classes {
    pub(super) fn get(&mut self, name: &str) -> Arc<str> {
        match &self.last {
            Some(last) if last.as_ref() == name => last.clone(),
            _ => {
                let class: Arc<str> = name.into();
                self.last = Some(class.clone());
                class
            }
        }
    }
}

/// The text of the element that was just opened, cut to a message's size.
pub(super) fn message_of(xml: &mut Xml<'_>) -> Result<String, ParseError> {
    let text = xml.text_of(MESSAGE * 2)?;
    Ok(clip(&text).to_owned())
}

/// What an XML document must come to: its end, behind the root.
pub(super) fn finish(xml: &mut Xml<'_>) -> Result<(), ParseError> {
    while !matches!(xml.next()?, Token::Eof) {}
    Ok(())
}

/// A line that stands as a JSON number.
pub(super) fn line_of(number: f64) -> Option<u32> {
    // The shortest way without a lossy cast: whole numbers print as such.
    (number.fract() == 0.0).then(|| format!("{number:.0}")).and_then(|t| line_number(&t))
}

/// Milliseconds since 1970 as whole seconds.
pub(super) fn epoch_ms(ms: f64) -> Option<i64> {
    let text = format!("{:.0}", (ms / 1000.0).trunc());
    text.parse().ok().filter(|s| *s > 0)
}

/// A JSON string, borrowed from the document where it holds no escapes. (Serde's own `Option<Cow<str>>` always copies.)
#[derive(Debug, Default)]
pub(super) struct Text<'a>(Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(v)))
            }

            fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(v.to_owned())))
            }
        }
        deserializer.deserialize_str(V)
    }
}

/// A string, or an array of strings that name a path from the outermost to the innermost: joined with ` > `.
#[derive(Debug, Default)]
pub(super) struct Texts<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Texts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Texts<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array of strings")
            }

            fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Texts(Cow::Borrowed(v)))
            }

            fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Texts(Cow::Owned(v.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut out = String::new();
                while let Some(text) = seq.next_element::<Text<'de>>()? {
                    if !out.is_empty() {
                        out.push_str(" > ");
                    }
                    out.push_str(&text);
                }
                Ok(Texts(Cow::Owned(out)))
            }
        }
        deserializer.deserialize_any(V)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_in_all_their_spellings() {
        for (text, want) in [
            ("1.5", 1.5),
            (" 0.003 ", 0.003),
            ("1,234.5", 1234.5),
            ("1.234,5", 1234.5),
            ("0,003", 0.003),
            ("1,234,567", 1_234_567.0),
            ("1.7e-05", 1.7e-5),
            ("2.5s", 2.5),
        ] {
            assert_eq!(seconds(text), Some(want), "{text}");
        }
        for text in ["", "inf", "NaN", "1e999", "x", "--1"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn places_are_the_projects_own() {
        let place = |t: &str| place_in(t).map(|(f, l)| format!("{f}:{l}"));
        assert_eq!(
            place("a.py:3: in f\nE  x\ntests/test_a.py:12: AssertionError").as_deref(),
            Some("tests/test_a.py:12")
        );
        assert_eq!(
            place("Error: x\n at y (/p/node_modules/z/a.js:1:2)\n at Object.<anonymous> (/p/src/a.test.ts:10:21)")
                .as_deref(),
            Some("/p/src/a.test.ts:10")
        );
        assert_eq!(place("thread 'x' panicked at src/lib.rs:49:210:").as_deref(), Some("src/lib.rs:49"));
        assert_eq!(place("at 12:30:45 on 1.2:3 http://host.io:80/x"), None);
    }
}
