//! JSON with errors that name the path in the document.
//!
//! serde_json refuses more than 128 levels in what is read and skips any depth in what is not, without recursion on the stack.

mod walk;

use crate::input::Input;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use serde::Deserialize;
pub(crate) use walk::{Fault, Walk};

/// Reads the whole input as one JSON document. An empty rest is demanded.
pub(crate) fn from_input<'a, T: Deserialize<'a>>(input: &Input<'a>) -> Result<T, ParseError> {
    from_bytes(input.bytes)
}

/// Reads some bytes as one JSON document.
pub(crate) fn from_bytes<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, ParseError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let path = path_at(bytes, offset_of(bytes, error.line(), error.column()));
        located(error, bytes, 0, path)
    })
}

/// An open object or array on the way to an offset.
enum Open {
    /// The key that was read last (without its quotes), and whether a key comes next.
    Object { key: (usize, usize), key_next: bool },
    /// How many elements stand before.
    Array { index: usize },
}

/// The path of the value at an offset, worked out anew, only now that there is an error: `$.runs[0].results`. One walk over the
/// bytes serves all types, where a reader that tracks its path would be compiled for each a second time.
fn path_at(bytes: &[u8], offset: usize) -> Option<String> {
    // Of what lies deeper than a path shows, only the depth is kept: a run of brackets may be as long as the file.
    const SHOWN: usize = 128;
    let mut stack: Vec<Open> = Vec::new();
    let mut deeper = 0_usize;
    let mut at = 0;
    while at <= offset {
        match *bytes.get(at)? {
            b'"' => {
                let start = at + 1;
                let mut end = start;
                loop {
                    end += memchr::memchr2(b'"', b'\\', bytes.get(end..)?)?;
                    if bytes.get(end) == Some(&b'"') {
                        break;
                    }
                    end += 2;
                }
                if deeper == 0
                    && let Some(Open::Object { key, key_next }) = stack.last_mut()
                    && *key_next
                {
                    *key = (start, end);
                    *key_next = false;
                }
                at = end;
            }
            b'{' | b'[' if stack.len() >= SHOWN => deeper = deeper.saturating_add(1),
            b'}' | b']' if deeper > 0 => deeper -= 1,
            b'{' => stack.push(Open::Object { key: (0, 0), key_next: true }),
            b'[' => stack.push(Open::Array { index: 0 }),
            b'}' | b']' => {
                stack.pop();
            }
            b',' if deeper == 0 => match stack.last_mut() {
                Some(Open::Object { key_next, .. }) => *key_next = true,
                Some(Open::Array { index }) => *index += 1,
                None => {}
            },
            _ => {}
        }
        at += 1;
    }
    if stack.is_empty() {
        return None;
    }
    let mut out = String::from("$");
    for open in &stack {
        match open {
            Open::Object { key: (start, end), .. } if end > start => {
                out.push('.');
                out.push_str(&String::from_utf8_lossy(bytes.get(*start..*end)?));
            }
            Open::Object { .. } => {}
            Open::Array { index } => out.push_str(&format!("[{index}]")),
        }
    }
    Some(out)
}

/// Reads the input as documents one behind the other (JSON lines, a stream); stops at the first error.
pub(crate) fn documents<'a, T: Deserialize<'a>>(
    input: &Input<'a>,
    mut each: impl FnMut(T) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    let stream = serde_json::Deserializer::from_slice(input.bytes).into_iter::<T>();
    for next in stream {
        match next {
            Ok(document) => each(document)?,
            Err(e) => {
                let path = path_at(input.bytes, offset_of(input.bytes, e.line(), e.column()));
                return Err(located(e, input.bytes, 0, path));
            }
        }
    }
    Ok(())
}

/// Turns serde_json's error into ours. `base` is the offset of `bytes` in the input.
pub(crate) fn located(error: serde_json::Error, bytes: &[u8], base: usize, path: Option<String>) -> ParseError {
    let offset = offset_of(bytes, error.line(), error.column());
    // serde_json appends " at line L column C", which we say in our own way.
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(t, _)| t);
    let out = if text.starts_with("recursion limit") {
        ParseError::limit("more than 128 levels of nesting")
    } else if error.is_eof() {
        ParseError::malformed("more JSON").found_words("the end of the file")
    } else if error.is_data() {
        // "invalid type: string \"x\", expected u64": serde says both halves.
        match text.rsplit_once(", expected ") {
            Some((found, expected)) => ParseError::malformed(in_json_words(expected)).found_words(in_json_words(found)),
            None => ParseError::new(ErrorCode::Malformed, "the format's members").found_words(text),
        }
    } else if let Some(expected) = text.strip_prefix("expected ") {
        let expected = match expected {
            "value" => "a value",
            "ident" => "true, false or null",
            other => other,
        };
        ParseError::malformed(expected).found(word_at(bytes, offset))
    } else {
        ParseError::malformed("JSON").found_words(text)
    };
    let out = out.at(base.saturating_add(offset)).because(error);
    match path {
        Some(path) if path.len() <= 400 => out.in_path(path),
        _ => out,
    }
}

/// What stands at an offset: a word such as `NaN`, or else one character.
fn word_at(bytes: &[u8], offset: usize) -> &[u8] {
    let rest = bytes.get(offset..).unwrap_or_default();
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'+' | b'-' | b'.') || *b >= 0x80;
    let end = rest.iter().take(40).take_while(|b| is_part(b)).count();
    rest.get(..end.max(1).min(rest.len())).unwrap_or_default()
}

/// serde's words for what stands in a document, in JSON's: its names of Rust's types are no user's words.
fn in_json_words(text: &str) -> &str {
    let bare = ["invalid type: ", "invalid value: "].iter().find_map(|start| text.strip_prefix(start)).unwrap_or(text);
    match bare {
        "map" | "a map" => "an object",
        "sequence" | "a sequence" => "an array",
        "null" | "unit value" | "unit" => "null",
        "u64" | "u32" | "usize" => "a whole number from 0",
        t if t.starts_with("struct ") => "an object",
        t if t.starts_with("enum ") || t.starts_with("variant ") => "one of the known words",
        t => t,
    }
}

/// Turns halves of surrogate pairs (`\ud83d` alone) into U+FFFD; none where there are none. RFC 8259 section 8.2 allows them in texts, and
/// JavaScript's `JSON.stringify` writes them where a tool cuts a text between the two; serde_json refuses them. Every byte keeps its place.
pub(crate) fn without_lone_surrogates(bytes: &[u8]) -> Option<Vec<u8>> {
    let unit = |at: usize| {
        let escape = bytes.get(at..at.checked_add(6)?)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(escape).ok()?, 16).ok()
    };
    let mut out: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', bytes.get(at..).unwrap_or_default()) {
        at += found;
        match unit(at) {
            Some(0xD800..=0xDBFF) if matches!(unit(at + 6), Some(0xDC00..=0xDFFF)) => at += 12,
            Some(0xD800..=0xDFFF) => {
                let mended = out.get_or_insert_with(|| bytes.to_vec());
                mended.get_mut(at..at + 6)?.copy_from_slice(b"\\ufffd");
                at += 6;
            }
            _ => at += 2,
        }
    }
    out
}

/// The byte offset of serde_json's line and column (from 1; the column counts bytes).
fn offset_of(bytes: &[u8], line: usize, column: usize) -> usize {
    let start = match line.checked_sub(2) {
        Some(skip) => memchr::memchr_iter(b'\n', bytes).nth(skip).map_or(0, |i| i + 1),
        None => 0,
    };
    start.saturating_add(column.saturating_sub(1)).min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Doc {
        #[allow(dead_code)]
        a: Vec<u32>,
    }

    #[test]
    fn an_error_has_its_path_and_place() {
        let e =
            from_bytes::<Doc>(b"{\n \"a\": [1, \"x\"]}").unwrap_err().finish("f", "t", Some(b"{\n \"a\": [1, \"x\"]}"));
        assert_eq!(e.location().line, Some(2));
        assert_eq!(e.location().path.as_deref(), Some("$.a[1]"));
        assert!(e.message().contains("expected a whole number from 0"), "{e}");
    }

    #[test]
    fn a_path_leads_to_the_value_or_to_the_object_that_lacks_one() {
        let path = |text: &str, mark: char| path_at(text.as_bytes(), text.find(mark).unwrap());
        assert_eq!(path(r#"{"a":{"b,}":[{"c":1},{"c":?}]}}"#, '?').as_deref(), Some("$.a.b,}[1].c"));
        assert_eq!(path(r#"{"a":[{"x":"\"]"},{"y":2}!"#, '!').as_deref(), Some("$.a[1]"));
        assert_eq!(path("!", '!'), None);
    }

    #[test]
    fn a_path_shows_so_many_levels() {
        let deep = format!("{{\"a\":{}{}, \"b\": ?", "[".repeat(1_000), "]".repeat(1_000));
        assert_eq!(path_at(deep.as_bytes(), deep.len() - 1).as_deref(), Some("$.b"));
    }

    #[test]
    fn errors_speak_of_json() {
        let e = from_bytes::<Doc>(b"7").unwrap_err();
        assert!(e.message().contains("expected an object"), "{e}");
        let e = from_bytes::<Doc>(b"{\"a\": {}}").unwrap_err();
        assert!(e.message().contains("expected an array, found an object"), "{e}");
        for (text, said) in [
            ("{\"a\": NaN}", "expected a value, found \"NaN\""),
            ("{\"a\": nul}", "expected true, false or null, found"),
            ("{\"a\" 1}", "expected `:`, found \"1\""),
            ("{\"a\": [1 2]}", "expected `,` or `]`, found \"2\""),
        ] {
            let e = from_bytes::<Doc>(text.as_bytes()).unwrap_err();
            assert!(e.message().contains(said), "{text}: {e}");
        }
    }

    #[test]
    fn halves_of_surrogate_pairs_are_mended_where_they_stand() {
        let mend = |text: &str| without_lone_surrogates(text.as_bytes()).map(|b| String::from_utf8(b).unwrap());
        assert_eq!(mend(r#""\ud83d\ude00 \\ud83d \n""#), None);
        assert_eq!(
            mend(r#""\ud83d" "\uDE00\ud83d" "\ud83d\u0041""#).as_deref(),
            Some(r#""\ufffd" "\ufffd\ufffd" "\ufffd\u0041""#)
        );
        assert_eq!(mend(r#""\ud83d\ud83d\ude00""#).as_deref(), Some(r#""\ufffd\ud83d\ude00""#));
        assert_eq!(mend(r#""\ud83"#), None);
    }

    #[test]
    fn a_cut_document_says_so() {
        let e = from_bytes::<Doc>(b"{\"a\": [1").unwrap_err();
        assert!(e.message().contains("the end of the file"), "{e}");
    }
}
