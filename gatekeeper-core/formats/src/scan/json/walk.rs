//! A document's frame walked member by member, the values in it read by serde_json from where they stand: so that one long array
//! ([`Walk::elements`]) or object ([`Walk::members`]) can be read by several threads.
//!
//! Where an item of it begins can only be guessed without having read what stands before it: by what the first item begins with. A guess counts for nothing until the reading before it has arrived at exactly that byte, between two elements. What was read
//! from a wrong guess is thrown away, and its bytes are read in order. So guesses change how long it takes, never what is read.
//!
//! By hand because serde_json reads a document by one thread alone; each value is still read by it.

use super::{located, offset_of, path_at};
use gatekeeper_evidence::error::ParseError;
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
                located(error, rest, base, path_at(bytes, at))
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
            self.peek();
            let start = self.at;
            let name = self.name()?;
            match names.iter().zip(&mut seen).find(|(known, _)| ***known == *name) {
                Some((_, true)) => return Err(Self::expected_at(start, "no second member of this name")),
                Some((known, seen)) => {
                    *seen = true;
                    each(self, known)?;
                }
                None => {
                    self.value::<IgnoredAny>()?;
                }
            }
            more = self.goes_on(b'}')?;
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
            more = self.goes_on(b']')?;
        }
        Ok(true)
    }

    /// Reads the array that stands here, a long one by several threads. `read` reads one element and adds it to what it is given; where it
    /// fails it must not have added anything. The pieces are in the elements' order. `None` for a null.
    pub(crate) fn elements<A: Default + Send>(
        &mut self,
        read: impl Fn(&mut Self, &mut A) -> Result<(), Fault> + Sync,
    ) -> Result<Option<Vec<A>>, Fault> {
        self.pieces(Item::Element, PIECE, read)
    }

    /// As [`Self::elements`], for an object whose members are alike. `read` is given the member's name, and stands before its value. Whether
    /// a name stands twice is the caller's to find out.
    pub(crate) fn members<A: Default + Send>(
        &mut self,
        read: impl Fn(&mut Self, Cow<'a, str>, &mut A) -> Result<(), Fault> + Sync,
    ) -> Result<Option<Vec<A>>, Fault> {
        self.pieces(Item::Member, PIECE, |walk, all| {
            let name = walk.name()?;
            read(walk, name, all)
        })
    }

    fn pieces<A: Default + Send>(
        &mut self,
        item: Item,
        size: usize,
        read: impl Fn(&mut Self, &mut A) -> Result<(), Fault> + Sync,
    ) -> Result<Option<Vec<A>>, Fault> {
        let (open, close, what) = match item {
            Item::Element => (b'[', b']', "an array"),
            Item::Member => (b'{', b'}', "an object"),
        };
        if !self.opens(open, what)? {
            return Ok(None);
        }
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(Some(Vec::new()));
        }
        let starts = guesses(self.bytes, self.at, item, size);
        let ends = starts.iter().skip(1).copied().chain([self.bytes.len()]);
        let ranges: Vec<(usize, usize)> = starts.iter().copied().zip(ends).collect();
        let guessed: Vec<(usize, Option<(A, usize)>)> =
            ranges.into_par_iter().map(|(start, end)| (start, ahead(self.bytes, start, end, close, &read))).collect();

        let mut out = Vec::new();
        let mut between = A::default();
        let mut more = true;
        for (start, stretch) in guessed {
            while more && self.at < start {
                read(self, &mut between)?;
                more = self.goes_on(close)?;
            }
            if let Some((piece, end)) = stretch
                && more
                && self.at == start
            {
                out.push(std::mem::take(&mut between));
                out.push(piece);
                self.at = end;
                more = self.goes_on(close)?;
            }
        }
        while more {
            read(self, &mut between)?;
            more = self.goes_on(close)?;
        }
        out.push(between);
        Ok(Some(out))
    }

    /// Reads a member's name and steps behind its colon.
    fn name(&mut self) -> Result<Cow<'a, str>, Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.expected("a member's name in quotes"));
        }
        let Name(name) = self.value()?;
        if self.peek() != Some(b':') {
            return Err(self.expected("a colon behind a member's name"));
        }
        self.at += 1;
        Ok(name)
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

    /// Steps behind an item's comma, to the next item, or behind the end of the array or object (false).
    fn goes_on(&mut self, close: u8) -> Result<bool, Fault> {
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
            _ if close == b']' => Err(self.expected("a comma or the end of the array")),
            _ => Err(self.expected("a comma or the end of the object")),
        }
    }

    /// Where this stands.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// That something else should stand here.
    pub(crate) fn expected(&self, what: &str) -> Fault {
        Self::expected_at(self.at, what)
    }

    /// That something else should stand there.
    pub(crate) fn expected_at(at: usize, what: &str) -> Fault {
        Fault(Box::new(Reason::Expected(what.to_owned(), at)))
    }
}

/// What a long array or object is read by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Element,
    Member,
}

/// A member's name, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads items from a guessed start up to an end, and where the last one that was read ended. `None` where there was none.
fn ahead<'a, A: Default>(
    bytes: &'a [u8],
    start: usize,
    end: usize,
    close: u8,
    read: &impl Fn(&mut Walk<'a>, &mut A) -> Result<(), Fault>,
) -> Option<(A, usize)> {
    // What stands behind the end belongs to another thread: so no byte is read twice, wherever the guesses lead.
    let mut walk = Walk { bytes: bytes.get(..end)?, at: start };
    let mut out = A::default();
    let mut last = None;
    while read(&mut walk, &mut out).is_ok() {
        last = Some(walk.at);
        if !matches!(walk.goes_on(close), Ok(true)) {
            break;
        }
    }
    last.map(|end| (out, end))
}

/// Where items may begin, the first one's begin before them: at least a size apart, behind a comma, with the bytes that the first begins with.
fn guesses(bytes: &[u8], first: usize, item: Item, size: usize) -> Vec<usize> {
    let mut out = vec![first];
    let Some(mark) = mark(bytes, first, item) else { return out };
    let finder = memmem::Finder::new(mark);
    let mut from = first.saturating_add(size);
    while let Some(found) = bytes.get(from..).and_then(|rest| finder.find(rest)) {
        let found = from + found;
        let start = match item {
            Item::Element => Some(found),
            // The mark begins with the quote behind the name.
            Item::Member => bytes.get(..found).and_then(|before| memchr::memrchr(b'"', before)),
        };
        from = found + 1;
        if let Some(start) = start.filter(|s| *s > out.last().copied().unwrap_or(first))
            && bytes.get(..start).unwrap_or_default().trim_ascii_end().ends_with(b",")
        {
            out.push(start);
            from = found.saturating_add(size.max(1));
        }
    }
    out
}

/// What an item begins with: its object's brace, blanks and first name; of a member, the quote and colon before them.
fn mark(bytes: &[u8], first: usize, item: Item) -> Option<&[u8]> {
    let quote = |from: usize| Some(from + memchr::memchr(b'"', bytes.get(from..bytes.len().min(from + MARK))?)?);
    let start = match item {
        Item::Element => first,
        Item::Member => quote(first + 1)?,
    };
    let brace =
        start + bytes.get(start..)?.iter().position(|b| !matches!(b, b'"' | b':' | b' ' | b'\t' | b'\r' | b'\n'))?;
    let name = quote(brace)?;
    (bytes.get(brace) == Some(&b'{') && bytes.get(brace + 1..name)?.trim_ascii().is_empty())
        .then(|| bytes.get(start..=quote(name + 1)?))?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The elements as serde_json reads them, one behind the other; the pieces thrown together.
    fn read(bytes: &[u8], size: usize) -> Result<Vec<serde_json::Value>, ParseError> {
        Walk::document(bytes, |walk| {
            let mut out = Vec::new();
            walk.object(&["runs"], |walk, _| {
                let pieces =
                    walk.pieces(Item::Element, size, |walk, all: &mut Vec<_>| walk.value().map(|v| all.push(v)))?;
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
                        (Ok(_), Err(e)) => assert!(e.code() == gatekeeper_evidence::error::ErrorCode::Malformed, "{e}"),
                        (Ok(_), Ok(_)) => {}
                    }
                    assert_eq!(whole, pieces, "{}", String::from_utf8_lossy(&broken));
                }
            }
        }
    }

    /// An object's members in order.
    fn read_members(bytes: &[u8], size: usize) -> Result<Vec<(String, serde_json::Value)>, ParseError> {
        Walk::document(bytes, |walk| {
            let pieces = walk.pieces(Item::Member, size, |walk, all: &mut Vec<_>| {
                let name = walk.name()?;
                walk.value().map(|v| all.push((name.into_owned(), v)))
            })?;
            Ok(pieces.into_iter().flatten().flatten().collect())
        })
    }

    #[test]
    fn members_are_read_as_elements_are() {
        let one = |n: usize| match n % 5 {
            3 => format!("\"k\\\"{n}\" : {{\"p\": {n}, \"in\": {{\"x\": 1, \"y\" : {{\"p\": {n}}}}}}}"),
            4 => format!("\"k{n}\": [{{\"p\": 1}}]"),
            _ => format!("\"k{n}\" : {{\"p\": {n}, \"t\": \"\\\" : {{\\\"p\\\"\"}}"),
        };
        let all: Vec<String> = (0..30).map(one).collect();
        let document = format!("{{\n{}}}", all.join(" , ")).into_bytes();
        let whole: std::collections::BTreeMap<String, serde_json::Value> = serde_json::from_slice(&document).unwrap();
        for size in [1, 10, 50, 200, 1 << 20] {
            let read = read_members(&document, size).unwrap();
            assert_eq!(read.len(), 30);
            assert_eq!(read.into_iter().collect::<std::collections::BTreeMap<_, _>>(), whole, "pieces of {size}");
        }
        for at in 0..document.len() {
            for change in [b',', b'"', b'}', b'{', b'x'] {
                let mut broken = document.clone();
                broken[at] = change;
                let pieces = read_members(&broken, 10);
                assert_eq!(pieces.is_ok(), serde_json::from_slice::<IgnoredAny>(&broken).is_ok());
                assert_eq!(pieces, read_members(&broken, 1 << 20), "{}", String::from_utf8_lossy(&broken));
            }
        }
        assert!(read_members(b"{}", 1).unwrap().is_empty());
        assert!(guesses(&document, 2, Item::Member, 50).len() > 5);
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
