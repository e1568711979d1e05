//! Errors: a stable code, a place, what was expected and what was found.
//!
//! [`ParseError`] answers five questions: which file, which format, where, what was expected, what was found. A parser fills in
//! the last three; file, format, line and column are added where the parser was called.

use crate::location::Location;
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::ops::Deref;
use std::sync::Arc;

/// What kind of error this is. The names are stable API (`malformed`, `limit-exceeded`, …).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorCode {
    /// The input does not keep its format's rules, or breaks off.
    Malformed,
    /// The input has no bytes.
    Empty,
    /// No format recognises the content.
    Unrecognised,
    /// Several formats recognise the content equally.
    Ambiguous,
    /// The format is known, this version of it is not.
    UnsupportedVersion,
    /// The tool that wrote this says itself that it failed before its job was done.
    ToolFailed,
    /// A limit on what input may ask for was reached.
    LimitExceeded,
    /// The evidence is older than the policy allows.
    Stale,
    /// There is less of it than the policy demands.
    BelowFloor,
    /// The file could not be read.
    Io,
    /// The program itself is at fault.
    Internal,
}

impl ErrorCode {
    /// The stable name of the code.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorCode::Malformed => "malformed",
            ErrorCode::Empty => "empty",
            ErrorCode::Unrecognised => "unrecognised",
            ErrorCode::Ambiguous => "ambiguous",
            ErrorCode::UnsupportedVersion => "unsupported-version",
            ErrorCode::ToolFailed => "tool-failed",
            ErrorCode::LimitExceeded => "limit-exceeded",
            ErrorCode::Stale => "stale",
            ErrorCode::BelowFloor => "below-floor",
            ErrorCode::Io => "io",
            ErrorCode::Internal => "internal",
        }
    }
}

/// Why an input could not be read into evidence.
///
/// `Display` says this layer alone; what another library said of it is [`Error::source`]. [`ParseError::line`] says all in one line.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", self.own())]
pub struct ParseError {
    inner: Box<Inner>,
    #[source]
    cause: Option<Cause>,
}

/// Two are equal where they say the same: causes have no equality of their own.
impl PartialEq for ParseError {
    fn eq(&self, other: &Self) -> bool {
        self.inner == other.inner && self.cause == other.cause
    }
}

impl Eq for ParseError {}

/// What another library said was wrong. Shared, so that errors which hold it can be cloned; the error itself stays reachable for
/// `downcast_ref` by way of [`Error::source`].
#[derive(Debug, Clone)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl Cause {
    /// Keeps an error.
    pub fn new(error: impl Error + Send + Sync + 'static) -> Self {
        Cause(Arc::new(error))
    }
}

// Not an `Error` itself: `source()` then answers what it holds, and not a wrapper around it.
impl Deref for Cause {
    type Target = dyn Error + Send + Sync;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for Cause {}

/// An error and its causes in one line, each with `: ` before it.
pub fn chain(error: &dyn Error) -> String {
    let mut out = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        out.push_str(": ");
        out.push_str(&cause.to_string());
        next = cause.source();
    }
    out
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    code: ErrorCode,
    file: String,
    format: &'static str,
    location: Location,
    expected: String,
    found: String,
}

impl ParseError {
    /// An error of the given code; `expected` says what should have stood there ("a hit count after ','").
    pub fn new(code: ErrorCode, expected: impl Into<String>) -> Self {
        ParseError {
            inner: Box::new(Inner {
                code,
                file: String::new(),
                format: "",
                location: Location::default(),
                expected: expected.into(),
                found: String::new(),
            }),
            cause: None,
        }
    }

    /// A [`ErrorCode::Malformed`] error: `expected` says what should have stood there.
    pub fn malformed(expected: impl Into<String>) -> Self {
        Self::new(ErrorCode::Malformed, expected)
    }

    /// A [`ErrorCode::LimitExceeded`] error.
    pub fn limit(expected: impl Into<String>) -> Self {
        Self::new(ErrorCode::LimitExceeded, expected)
    }

    /// Sets the byte offset.
    #[must_use]
    pub fn at(mut self, offset: usize) -> Self {
        self.inner.location.offset = u64::try_from(offset).ok();
        self
    }

    /// Sets the line (from 1), for parsers that count lines and not bytes.
    #[must_use]
    pub fn on_line(mut self, line: u64) -> Self {
        self.inner.location.line = Some(line);
        self
    }

    /// Sets line and column (from 1).
    #[must_use]
    pub fn on(mut self, line: u64, column: u64) -> Self {
        self.inner.location.line = Some(line);
        self.inner.location.column = Some(column);
        self
    }

    /// Sets the path in the document.
    #[must_use]
    pub fn in_path(mut self, path: impl Into<String>) -> Self {
        self.inner.location.path = Some(path.into());
        self
    }

    /// Sets what was found: quoted, escaped and cut.
    #[must_use]
    pub fn found(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.inner.found = quote(bytes.as_ref());
        self
    }

    /// Sets what was found, in words of our own ("the end of the file").
    #[must_use]
    pub fn found_words(mut self, words: impl Into<String>) -> Self {
        self.inner.found = harmless(&words.into());
        self
    }

    /// Keeps what another library said was wrong. Where nothing else says what was found, it does.
    #[must_use]
    pub fn because(mut self, error: impl Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Cause::new(error));
        self
    }

    /// Sets the file, also where one is named already (a file within a folder that is the input).
    #[must_use]
    pub fn in_file(mut self, file: String) -> Self {
        self.inner.file = file;
        self
    }

    /// Adds file and format (where not set yet) and works out line and column. Binary formats keep their byte offset.
    pub fn finish(mut self, file: &str, format: &'static str, bytes: Option<&[u8]>) -> Self {
        if self.inner.file.is_empty() {
            file.clone_into(&mut self.inner.file);
        }
        if self.inner.format.is_empty() {
            self.inner.format = format;
        }
        if let Some(bytes) = bytes {
            self.inner.location.resolve(bytes);
        }
        self
    }

    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        self.inner.code
    }

    /// Where in the input.
    pub fn location(&self) -> &Location {
        &self.inner.location
    }

    /// The file, as it was named to us.
    pub fn file(&self) -> &str {
        &self.inner.file
    }

    /// The format's id; empty where none was recognised.
    pub fn format(&self) -> &'static str {
        self.inner.format
    }

    /// What should have stood there.
    pub fn expected(&self) -> &str {
        &self.inner.expected
    }

    /// All in one line: `cov.info:12:9: lcov: expected …, found …`, where nothing else says what was found in the words of the cause.
    pub fn line(&self) -> String {
        format!("{}{}", self.head(), self.message())
    }

    /// The message without the file's name: `12:9: lcov: expected …, found …`.
    pub fn message(&self) -> String {
        self.placed(&self.words())
    }

    /// The message without file and place: `lcov: expected …, found …`.
    pub fn words(&self) -> String {
        let i = &self.inner;
        match &self.cause {
            Some(cause) if i.found.is_empty() => self.worded(&harmless(&cause.to_string())),
            _ => self.worded(&i.found),
        }
    }

    fn own(&self) -> String {
        format!("{}{}", self.head(), self.placed(&self.worded(&self.inner.found)))
    }

    fn head(&self) -> String {
        let i = &self.inner;
        let colon = if i.location.line.is_some() { ":" } else { ": " };
        if i.file.is_empty() { String::new() } else { format!("{}{colon}", i.file) }
    }

    fn placed(&self, words: &str) -> String {
        let place = self.inner.location.to_string();
        let colon = if place.is_empty() { "" } else { ": " };
        format!("{place}{colon}{words}")
    }

    fn worded(&self, found: &str) -> String {
        let i = &self.inner;
        let mut out = String::new();
        if !i.format.is_empty() {
            out.push_str(i.format);
            out.push_str(": ");
        }
        match i.code {
            // These say themselves what is wrong; "expected" would mislead.
            ErrorCode::Io
            | ErrorCode::Stale
            | ErrorCode::BelowFloor
            | ErrorCode::ToolFailed
            | ErrorCode::LimitExceeded
            | ErrorCode::Unrecognised
            | ErrorCode::Ambiguous
            | ErrorCode::Empty
            | ErrorCode::Internal
            | ErrorCode::UnsupportedVersion => {
                out.push_str(&i.expected);
                if !found.is_empty() {
                    out.push_str(": ");
                    out.push_str(found);
                }
            }
            ErrorCode::Malformed => {
                out.push_str("expected ");
                out.push_str(&i.expected);
                if !found.is_empty() {
                    out.push_str(", found ");
                    out.push_str(found);
                }
            }
        }
        out
    }
}

/// Quotes found text for a message: escaped, at most 40 characters.
pub fn quote(bytes: &[u8]) -> String {
    const MOST: usize = 40;
    let head = bytes.get(..bytes.len().min(MOST * 4)).unwrap_or_default();
    let text = String::from_utf8_lossy(head);
    let mut out = String::from("\"");
    for (n, c) in text.chars().enumerate() {
        if n == MOST {
            out.push('…');
            break;
        }
        match c {
            '"' => out.push_str("\\\""),
            c if c.is_control() || is_invisible(c) => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Words that a reader below us made, which may hold pieces of the input: escaped, at most 300 characters.
fn harmless(words: &str) -> String {
    const MOST: usize = 300;
    let mut out = String::new();
    for (n, c) in words.chars().enumerate() {
        if n == MOST {
            out.push('…');
            break;
        }
        if c.is_control() || is_invisible(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// Characters that show nothing and change how the text around them is shown or read: bidirectional controls, zero widths, separators of
/// lines, fillers, and those that spell hidden words (tags and the supplement of variation selectors).
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E007F}' | '\u{E0100}'..='\u{E01EF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_answers_file_format_place_expected_and_found() {
        let e = ParseError::malformed("a hit count after ','").at(4).found("x").finish(
            "a.info",
            "lcov",
            Some(b"SF\nDA:1,x"),
        );
        assert_eq!(e.to_string(), "a.info:2:2: lcov: expected a hit count after ',', found \"x\"");
        assert_eq!(e.message(), "2:2: lcov: expected a hit count after ',', found \"x\"");
        assert_eq!(e.words(), "lcov: expected a hit count after ',', found \"x\"");
        assert_eq!(
            (e.code(), e.file(), e.format(), e.expected()),
            (ErrorCode::Malformed, "a.info", "lcov", "a hit count after ','")
        );
        assert_eq!(e.location().offset, Some(4));
    }

    #[test]
    fn what_is_set_already_stays() {
        let e = ParseError::malformed("x").in_file("inner".into()).finish("a", "f", None).finish("b", "g", None);
        assert_eq!((e.file(), e.format()), ("inner", "f"));
        let placed = ParseError::malformed("x").on(3, 4).finish("a", "f", Some(b"1"));
        assert_eq!(placed.to_string(), "a:3:4: f: expected x");
        assert_eq!(ParseError::malformed("x").on_line(3).finish("a", "f", None).to_string(), "a:3: f: expected x");
        // A binary format keeps its byte offset.
        assert_eq!(ParseError::malformed("x").at(16).finish("a", "f", None).to_string(), "a: @0x10: f: expected x");
        assert_eq!(ParseError::malformed("x").in_path("$.a").to_string(), "$.a: expected x");
    }

    #[test]
    fn only_what_is_malformed_expects() {
        use ErrorCode::{
            Ambiguous, Empty, Internal, Io, LimitExceeded, Malformed, Stale, ToolFailed, Unrecognised,
            UnsupportedVersion,
        };
        for (code, name) in [
            (Malformed, "malformed"),
            (Empty, "empty"),
            (Unrecognised, "unrecognised"),
            (Ambiguous, "ambiguous"),
            (UnsupportedVersion, "unsupported-version"),
            (ToolFailed, "tool-failed"),
            (LimitExceeded, "limit-exceeded"),
            (Stale, "stale"),
            (Io, "io"),
            (Internal, "internal"),
        ] {
            assert_eq!(code.as_str(), name);
            let said = ParseError::new(code, "w").found_words("f").words();
            assert_eq!(said, if code == Malformed { "expected w, found f" } else { "w: f" });
            assert_eq!(ParseError::new(code, "w").words(), if code == Malformed { "expected w" } else { "w" });
        }
        assert_eq!(ParseError::limit("x").code(), LimitExceeded);
    }

    #[test]
    fn found_text_is_quoted_escaped_and_cut() {
        assert_eq!(quote(b"a\"b\n\x1b"), r#""a\"b\n\u{1b}""#);
        assert_eq!(quote("\u{202e}".as_bytes()), r#""\u{202e}""#);
        assert_eq!(quote("x".repeat(40).as_bytes()), format!("\"{}\"", "x".repeat(40)));
        assert_eq!(quote("x".repeat(41).as_bytes()), format!("\"{}…\"", "x".repeat(40)));
        // Characters of four bytes are cut as late as those of one.
        assert_eq!(quote("𝄞".repeat(40).as_bytes()), format!("\"{}\"", "𝄞".repeat(40)));
    }

    #[test]
    fn words_of_other_readers_are_made_harmless() {
        let words = |w: &str| ParseError::new(ErrorCode::Io, "").found_words(w).words();
        assert_eq!(words("a\u{1b}[31m\u{202e}"), ": a\\u{1b}[31m\\u{202e}");
        assert_eq!(words(&"x".repeat(300)), format!(": {}", "x".repeat(300)));
        assert_eq!(words(&"x".repeat(301)), format!(": {}…", "x".repeat(300)));
    }

    #[test]
    fn invisible_characters_are_known() {
        for c in ['\u{200b}', '\u{200f}', '\u{202a}', '\u{202e}', '\u{2060}', '\u{2069}', '\u{feff}', '\u{ad}'] {
            assert!(is_invisible(c), "{c:?}");
        }
        for c in ['a', ' ', 'é', '\u{2010}', '\u{202f}'] {
            assert!(!is_invisible(c), "{c:?}");
        }
    }

    #[test]
    fn a_cause_is_kept_and_each_layer_says_its_own() {
        let cause = "x".parse::<u64>().unwrap_err();
        let e = ParseError::malformed("a count").on(2, 3).because(cause.clone()).finish("a.info", "lcov", None);
        assert_eq!(e.to_string(), "a.info:2:3: lcov: expected a count");
        assert_eq!(e.line(), "a.info:2:3: lcov: expected a count, found invalid digit found in string");
        assert_eq!(e.source().and_then(|s| s.downcast_ref::<std::num::ParseIntError>()), Some(&cause));
        assert_eq!(chain(&e), "a.info:2:3: lcov: expected a count: invalid digit found in string");
        assert_eq!(e, e.clone());
        assert_ne!(e, ParseError::malformed("a count").on(2, 3).finish("a.info", "lcov", None));
        let found = e.found("x");
        assert_eq!(found.line(), "a.info:2:3: lcov: expected a count, found \"x\"");
        assert!(found.source().is_some());
    }

    #[test]
    fn causes_are_the_same_where_they_say_the_same() {
        let cause = |text: &str| Cause::new(std::io::Error::other(text.to_owned()));
        assert_eq!(cause("a"), cause("a"));
        assert_ne!(cause("a"), cause("b"));
    }
}
