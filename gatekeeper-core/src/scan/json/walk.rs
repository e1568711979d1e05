//! A document's frame walked member by member, the values in it read by serde_json from where they stand: so that one long array
//! ([`Walk::pieces`]) can be read by several threads.
//!
//! Where an element of that array begins can only be guessed without having read what stands before it: by what the first element begins
//! with. A guess counts for nothing until the reading before it has arrived at exactly that byte, between two elements. What was read
//! from a wrong guess is thrown away, and its bytes are read in order. So guesses change how long it takes, never what is read.

use super::{located, offset_of, path_at};
use crate::error::ParseError;
use memchr::memmem;
use rayon::prelude::*;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// About how many bytes of an array one thread reads at a time.
const PIECE: usize = 2 << 20;
/// Most bytes of an element that serve as the mark of others.
const MARK: usize = 256;

/// Where and why a document could not be read. Made into a [`ParseError`] only at the end: to work out the path costs a walk over the document,
/// and faults behind wrong guesses are nobody's business.
pub(crate) struct Fault(Box<Reason>);

enum Reason {
    /// serde_json's error in the bytes from this offset on.
    Value(serde_json::Error, usize),
    /// What should have stood at this offset.
    Expected(String, usize),
}

impl Fault {
    fn finish(self, bytes: &[u8]) -> ParseError {
        match *self.0 {
            Reason::Value(error, base) => {
                let rest = bytes.get(base..).unwrap_or_default();
                let at = base.saturating_add(offset_of(rest, error.line(), error.column()));
                located(&error, rest, base, path_at(bytes, at))
            }
            Reason::Expected(what, at) => {
                let error = match bytes.get(at..).unwrap_or_default() {
                    [] => ParseError::malformed("more JSON").found_words("the end of the file"),
                    rest => ParseError::malformed(what).found(rest.get(..rest.len().min(20)).unwrap_or_default()),
                };
                match path_at(bytes, at.min(bytes.len().saturating_sub(1))) {
                    Some(path) if path.len() <= 400 => error.at(at).in_path(path),
                    _ => error.at(at),
                }
            }
        }
    }
}

/// A place in a document.
pub(crate) struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    /// Reads bytes as one document; only blanks may stand behind it.
    pub(crate) fn document<T>(
        bytes: &'a [u8],
        root: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, ParseError> {
        let mut walk = Walk { bytes, at: 0 };
        let read = root(&mut walk).and_then(|out| match walk.peek() {
            None => Ok(out),
            Some(_) => Err(walk.expected("the end of the document")),
        });
        read.map_err(|fault| fault.finish(bytes))
    }

    /// Reads the value that stands here.
    pub(crate) fn value<T: Deserialize<'a>>(&mut self) -> Result<T, Fault> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let mut stream = serde_json::Deserializer::from_slice(rest).into_iter::<T>();
        match stream.next() {
            Some(Ok(value)) => {
                self.at = self.at.saturating_add(stream.byte_offset());
                Ok(value)
            }
            Some(Err(error)) => Err(Fault(Box::new(Reason::Value(error, self.at)))),
            None => {
                self.at = self.bytes.len();
                Err(self.expected("a value"))
            }
        }
    }

    /// Walks the object that stands here: `each` reads the value of a member of one of these names. Other members are read over. A name that
    /// stands twice is a fault, as nobody can tell which one is meant. False for a null.
    pub(crate) fn object(
        &mut self,
        names: &'static [&'static str],
        mut each: impl FnMut(&mut Self, &'static str) -> Result<(), Fault>,
    ) -> Result<bool, Fault> {
        if !self.opens(b'{', "an object")? {
            return Ok(false);
        }
        let mut seen = vec![false; names.len()];
        let mut more = self.peek() != Some(b'}');
        if !more {
            self.at += 1;
        }
        while more {
            if self.peek() != Some(b'"') {
                return Err(self.expected("a member's name in quotes"));
            }
            let start = self.at;
            let Name(name) = self.value()?;
            let known = names.iter().zip(&mut seen).find(|(known, _)| ***known == *name);
            if self.peek() != Some(b':') {
                return Err(self.expected("a colon behind a member's name"));
            }
            self.at += 1;
            match known {
                Some((_, true)) => {
                    self.at = start;
                    return Err(self.expected("no second member of this name"));
                }
                Some((known, seen)) => {
                    *seen = true;
                    each(self, known)?;
                }
                None => {
                    self.value::<IgnoredAny>()?;
                }
            }
            more = self.goes_on(b'}', "a comma or the end of the object")?;
        }
        Ok(true)
    }

    /// Walks the array that stands here: `each` reads one element. False for a null.
    pub(crate) fn array(&mut self, mut each: impl FnMut(&mut Self) -> Result<(), Fault>) -> Result<bool, Fault> {
        if !self.opens(b'[', "an array")? {
            return Ok(false);
        }
        let mut more = self.peek() != Some(b']');
        if !more {
            self.at += 1;
        }
        while more {
            each(self)?;
            more = self.comma()?;
        }
        Ok(true)
    }

    /// Reads the array that stands here, a long one by several threads. `read` reads one element and adds it to what it is given; where it
    /// fails it must not have added anything. The pieces are in the elements' order. `None` for a null.
    pub(crate) fn pieces<A: Default + Send>(
        &mut self,
        read: impl Fn(&mut Self, &mut A) -> Result<(), Fault> + Sync,
    ) -> Result<Option<Vec<A>>, Fault> {
        self.pieces_of(PIECE, read)
    }

    fn pieces_of<A: Default + Send>(
        &mut self,
        size: usize,
        read: impl Fn(&mut Self, &mut A) -> Result<(), Fault> + Sync,
    ) -> Result<Option<Vec<A>>, Fault> {
        if !self.opens(b'[', "an array")? {
            return Ok(None);
        }
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Some(Vec::new()));
        }
        let starts = guesses(self.bytes, self.at, size);
        let ends = starts.iter().skip(1).copied().chain([self.bytes.len()]);
        let ranges: Vec<(usize, usize)> = starts.iter().copied().zip(ends).collect();
        let guessed: Vec<(usize, Option<(A, usize)>)> =
            ranges.into_par_iter().map(|(start, end)| (start, ahead(self.bytes, start, end, &read))).collect();

        let mut out = Vec::new();
        let mut between = A::default();
        let mut more = true;
        for (start, stretch) in guessed {
            while more && self.at < start {
                read(self, &mut between)?;
                more = self.comma()?;
            }
            if let Some((piece, end)) = stretch
                && more
                && self.at == start
            {
                out.push(std::mem::take(&mut between));
                out.push(piece);
                self.at = end;
                more = self.comma()?;
            }
        }
        while more {
            read(self, &mut between)?;
            more = self.comma()?;
        }
        out.push(between);
        Ok(Some(out))
    }

    /// The next byte that is no blank, stepping up to it.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.bytes.get(self.at..)?;
        let blanks = rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count();
        self.at += blanks;
        rest.get(blanks).copied()
    }

    /// Steps behind the opening byte; false (and behind it) where a null stands instead.
    fn opens(&mut self, open: u8, what: &str) -> Result<bool, Fault> {
        match self.peek() {
            Some(b) if b == open => {
                self.at += 1;
                Ok(true)
            }
            Some(b'n') => self.value::<()>().map(|()| false),
            _ => Err(self.expected(what)),
        }
    }

    /// Steps behind an element's comma, to the next element, or behind the array's end (false).
    fn comma(&mut self) -> Result<bool, Fault> {
        self.goes_on(b']', "a comma or the end of the array")
    }

    fn goes_on(&mut self, close: u8, what: &str) -> Result<bool, Fault> {
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.peek();
                Ok(true)
            }
            Some(b) if b == close => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(self.expected(what)),
        }
    }

    /// That something else should stand here.
    pub(crate) fn expected(&self, what: &str) -> Fault {
        Fault(Box::new(Reason::Expected(what.to_owned(), self.at)))
    }
}

/// A member's name, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads elements from a guessed start up to an end, and where the last one that was read ended. `None` where there was none.
fn ahead<'a, A: Default>(
    bytes: &'a [u8],
    start: usize,
    end: usize,
    read: &impl Fn(&mut Walk<'a>, &mut A) -> Result<(), Fault>,
) -> Option<(A, usize)> {
    // What stands behind the end belongs to another thread: so no byte is read twice, wherever the guesses lead.
    let mut walk = Walk { bytes: bytes.get(..end)?, at: start };
    let mut out = A::default();
    let mut last = None;
    while read(&mut walk, &mut out).is_ok() {
        last = Some(walk.at);
        if !matches!(walk.comma(), Ok(true)) {
            break;
        }
    }
    last.map(|end| (out, end))
}

/// Where elements may begin, the first one's begin before them: at least a piece apart, behind a comma, with the bytes that the first begins with.
fn guesses(bytes: &[u8], first: usize, size: usize) -> Vec<usize> {
    let mut out = vec![first];
    let head = bytes.get(first..bytes.len().min(first.saturating_add(MARK))).unwrap_or_default();
    // An object's brace, blanks and first name.
    let name = head.first().filter(|b| **b == b'{').and_then(|_| memchr::memchr(b'"', head));
    let Some(close) = name.and_then(|open| Some(open + 1 + memchr::memchr(b'"', head.get(open + 1..)?)?)) else {
        return out;
    };
    let finder = memmem::Finder::new(head.get(..=close).unwrap_or_default());
    let mut from = first.saturating_add(size);
    while let Some(found) = bytes.get(from..).and_then(|rest| finder.find(rest)) {
        let at = from + found;
        let before = bytes.get(..at).unwrap_or_default().trim_ascii_end();
        if before.ends_with(b",") {
            out.push(at);
            from = at.saturating_add(size);
        } else {
            from = at + 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The elements as serde_json reads them, one behind the other; the pieces thrown together.
    fn read(bytes: &[u8], size: usize) -> Result<Vec<serde_json::Value>, ParseError> {
        Walk::document(bytes, |walk| {
            let mut out = Vec::new();
            walk.object(&["runs"], |walk, _| {
                let pieces = walk.pieces_of(size, |walk, all: &mut Vec<_>| walk.value().map(|v| all.push(v)))?;
                out = pieces.into_iter().flatten().flatten().collect();
                Ok(())
            })?;
            Ok(out)
        })
    }

    fn many(element: impl Fn(usize) -> String) -> Vec<u8> {
        let all: Vec<String> = (0..12).map(element).collect();
        format!(
            "{{\"before\": [{{\"a\": 1}}], \"runs\" : [ {} ] , \"after\": [{{\"a\": 1}}, {{\"a\": 2}}]}}\n",
            all.join(",\n  ")
        )
        .into_bytes()
    }

    /// Arrays whose guesses are right, wrong, and both.
    fn documents() -> Vec<Vec<u8>> {
        vec![
            many(|n| format!("{{\"a\": {n}, \"t\": \"x,{{\\\"a\\\": [1]\"}}")),
            many(|n| format!("{{ \"a\": {n}, \"of\": [{{ \"a\": 1}}, {{ \"a\": 2}},{{ \"a\": [{{ \"a\": 3}}]}}]}}")),
            many(|n| if n % 3 == 0 { "[1, 2]".into() } else { format!("{{\"b\": {n}, \"a\": null}}") }),
            many(|n| format!("{{\"a\": [{}]}}", "{\"a\": 0},".repeat(n) + "7")),
            many(|n| n.to_string()),
            b"{\"runs\": []}".to_vec(),
            b"{\"runs\": null}".to_vec(),
            b"{\"runs\": [{\"a\": 1}]}".to_vec(),
        ]
    }

    #[test]
    fn pieces_change_nothing_that_is_read() {
        for document in documents() {
            let whole: serde_json::Value = serde_json::from_slice(&document).unwrap();
            let want = whole["runs"].as_array().cloned().unwrap_or_default();
            for size in [1, 7, 20, 33, 64, 100, 1 << 20] {
                assert_eq!(read(&document, size).unwrap(), want, "pieces of {size}");
            }
        }
    }

    #[test]
    fn what_serde_json_refuses_is_refused_at_the_same_place_whatever_the_pieces() {
        for document in documents() {
            for at in 0..document.len() {
                for change in
                    [None, Some(b','), Some(b'}'), Some(b']'), Some(b'"'), Some(b'\\'), Some(b'x'), Some(b'{')]
                {
                    let mut broken = document.clone();
                    match change {
                        Some(byte) => broken[at] = byte,
                        None => broken.truncate(at),
                    }
                    let judge = serde_json::from_slice::<IgnoredAny>(&broken);
                    let whole = read(&broken, 1 << 20);
                    let pieces = read(&broken, 16);
                    match (&judge, &whole) {
                        (Err(_), read) => assert!(read.is_err(), "{}", String::from_utf8_lossy(&broken)),
                        // Two members of a name, or no array: JSON all the same.
                        (Ok(_), Err(e)) => assert!(e.code() == crate::error::ErrorCode::Malformed, "{e}"),
                        (Ok(_), Ok(_)) => {}
                    }
                    assert_eq!(whole, pieces, "{}", String::from_utf8_lossy(&broken));
                }
            }
        }
    }

    #[test]
    fn a_name_that_stands_twice_is_refused() {
        let e = read(b"{\"runs\": [], \"x\": 1, \"runs\": [1]}", 1).unwrap_err().finish("f", "t", None);
        assert!(e.message().contains("no second member of this name"), "{e}");
        assert!(read(b"{\"x\": [], \"x\": 1}", 1).is_ok());
    }

    #[test]
    fn faults_tell_path_and_place() {
        let text = b"{\"runs\": [{\"a\": 1} {\"a\": 2}]}";
        let e = read(text, 1).unwrap_err().finish("f", "t", Some(text));
        assert_eq!((e.location().column, e.location().path.as_deref()), (Some(20), Some("$.runs[0]")), "{e}");
        let e = read(b"{\"runs\": [{\"a\": 1}", 1).unwrap_err();
        assert!(e.message().contains("the end of the file"), "{e}");
        let e = read(b"{\"runs\": 7}", 1).unwrap_err();
        assert!(e.message().contains("an array"), "{e}");
    }
}
