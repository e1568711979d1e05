//! Dialyzer's raw warnings: Erlang terms `{warn_tag, {File, Location}, {name, Args}}.` one after the other.
//!
//! The terms are only taken apart as far as is needed (Erlang reference manual, "Data Types"): strings, quoted atoms, characters
//! and comments are known, so that no text in them is taken for a term's end.

use super::common;
use gatekeeper_evidence::Note;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Finding, Findings, Place};

/// Reads all terms.
pub(super) fn parse(bytes: &[u8], found: &mut Findings, notes: &mut Vec<Note>) -> Result<(), ParseError> {
    let mut at = 0;
    loop {
        at = skip_blanks(bytes, at);
        if at >= bytes.len() {
            return Ok(());
        }
        let end = term_end(bytes, at)?;
        let term = bytes.get(at..end).unwrap_or_default();
        match warning(term) {
            Some(finding) => found.items.push(finding),
            None => {
                return Err(ParseError::malformed("a term {warn_tag, {File, Location}, {Name, Args}}")
                    .at(at)
                    .found(term));
            }
        }
        if notes.is_empty() && memchr::memchr(0, term).is_some() {
            notes.push(common::note("a NUL character in a term", at));
        }
        at = end + 1;
    }
}

/// Blanks and comments.
fn skip_blanks(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b) = bytes.get(at) {
        match b {
            b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            b'%' => at = line_end(bytes, at),
            _ => break,
        }
    }
    at
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).and_then(|r| memchr::memchr(b'\n', r)).map_or(bytes.len(), |n| at + n)
}

/// Behind the closing quote of what opens at `at`.
fn quoted_end(bytes: &[u8], at: usize) -> Result<usize, ParseError> {
    let quote = bytes.get(at).copied().unwrap_or(b'"');
    let mut i = at + 1;
    while let Some(rest) = bytes.get(i..) {
        let Some(n) = memchr::memchr2(quote, b'\\', rest) else { break };
        if rest.get(n) == Some(&quote) {
            return Ok(i + n + 1);
        }
        i += n + 2;
    }
    Err(ParseError::malformed("the end of a quoted text").at(at).found_words("the end of the file"))
}

/// The offset of the full stop that ends the term.
fn term_end(bytes: &[u8], start: usize) -> Result<usize, ParseError> {
    let mut depth = 0_usize;
    let mut at = start;
    while let Some(b) = bytes.get(at) {
        match b {
            b'"' | b'\'' => {
                at = quoted_end(bytes, at)?;
                continue;
            }
            // A character: `$x` or `$\x`.
            b'$' => at += if bytes.get(at + 1) == Some(&b'\\') { 2 } else { 1 },
            b'%' => {
                at = line_end(bytes, at);
                continue;
            }
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => {
                depth = depth
                    .checked_sub(1)
                    .ok_or_else(|| ParseError::malformed("a term").at(at).found(bytes.get(at..).unwrap_or_default()))?;
            }
            b'.' if depth == 0 && bytes.get(at + 1).is_none_or(|n| n.is_ascii_whitespace() || *n == b'%') => {
                return Ok(at);
            }
            _ => {}
        }
        at += 1;
    }
    Err(ParseError::malformed("a full stop at the term's end").at(start).found_words("the end of the file"))
}

fn warning(term: &[u8]) -> Option<Finding> {
    let inner = term.trim_ascii().strip_prefix(b"{")?.strip_suffix(b"}")?;
    let comma = memchr::memchr(b',', inner)?;
    let tag = inner.get(..comma)?.trim_ascii();
    if !tag.starts_with(b"warn_") || !tag.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_') {
        return None;
    }
    let rest = inner.get(comma + 1..)?.trim_ascii_start().strip_prefix(b"{")?.trim_ascii_start();
    // The file: a string, or `[]` where dialyzer knows none.
    let (path, rest) = if rest.first() == Some(&b'"') {
        let end = quoted_end(rest, 0).ok()?;
        (unescape(rest.get(1..end.checked_sub(1)?)?), rest.get(end..)?)
    } else {
        (Vec::new(), rest.strip_prefix(b"[]")?)
    };
    let rest = rest.trim_ascii_start().strip_prefix(b",")?.trim_ascii_start();
    let (line, column, rest) = match rest.strip_prefix(b"{") {
        Some(r) => {
            let (line, r) = common::number(r.trim_ascii_start())?;
            let (column, r) = common::number(r.trim_ascii_start().strip_prefix(b",")?.trim_ascii_start())?;
            (line, Some(common::small(column)), r.trim_ascii_start().strip_prefix(b"}")?)
        }
        None => {
            let (line, r) = common::number(rest)?;
            (line, None, r)
        }
    };
    let place: Option<Place> = common::place(&path, Some(common::small(line)), column);
    // OTP 26 and later may put the function behind the location.
    let rest = rest.trim_ascii_start();
    let message = match rest.strip_prefix(b"}") {
        Some(r) => r,
        None => rest.get(memchr::memmem::find(rest, b"},")? + 1..)?,
    };
    let message = message.trim_ascii_start().strip_prefix(b",")?;
    let mut one_line = Vec::with_capacity(message.len().min(4096));
    for part in message.split(|b| *b == b'\n') {
        common::add_line(&mut one_line, part.trim_ascii(), b' ');
    }
    Some(Finding {
        rule: String::from_utf8_lossy(tag).into(),
        message: common::text(&one_line),
        place,
        ..Finding::default()
    })
}

/// `\"` and `\\` of a string.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut escaped = false;
    for b in text {
        if *b == b'\\' && !escaped {
            escaped = true;
            continue;
        }
        escaped = false;
        out.push(*b);
    }
    out
}
