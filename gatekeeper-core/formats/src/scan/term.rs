//! Erlang's external term format: a bounded reader over bytes, and a decoder for small terms.
//!
//! Specification: Erlang/OTP, ERTS User's Guide, "External Term Format" (version byte 131), OTP 28,
//! <https://www.erlang.org/doc/apps/erts/erl_ext_dist.html>.
//!
//! [`Cursor`] reads a term piece by piece and allocates nothing; it skips terms of any depth without recursion. [`decode`] makes a
//! tree, bounded in depth and in number of parts. Every count is held against the bytes that are left before anything follows from
//! it. What no report has any use for (processes, ports, references, functions, bit strings) is skipped or becomes [`Term::Other`].
//! Integers beyond 64 bits are kept as the largest or smallest one.
//!
//! By hand and not by `eetf`, which allocates by the counts that a term states before it has seen the bytes.

use crate::input::Limits;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use std::borrow::Cow;

/// The first byte of every external term.
pub(crate) const VERSION: u8 = 131;

/// The byte behind [`VERSION`] where the term is compressed with zlib.
pub(crate) const COMPRESSED: u8 = 80;

/// Most bytes that one compressed term may unpack to, whatever the limits allow: the largest that real tools write have some megabytes.
const MOST_UNPACKED: u64 = 64 << 20;

/// Most parts that [`decode`] makes of one term.
const MOST_PARTS: usize = 1_000_000;

/// A decoded term.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Term<'a> {
    /// An atom's text.
    Atom(Cow<'a, str>),
    /// An integer; beyond 64 bits the nearest one.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// A binary.
    Binary(&'a [u8]),
    /// A list of bytes, as strings of Latin-1 are written.
    Bytes(&'a [u8]),
    /// A list; an improper one's tail is its last part.
    List(Vec<Term<'a>>),
    /// A tuple.
    Tuple(Vec<Term<'a>>),
    /// Something that no report has any use for.
    Other,
}

impl Term<'_> {
    /// The text of a string: a list of characters or a binary of UTF-8.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Term::Bytes(b) => Some(b.iter().map(|b| char::from(*b)).collect()),
            Term::Binary(b) => std::str::from_utf8(b).ok().map(str::to_owned),
            Term::List(items) => items
                .iter()
                .map(|i| match i {
                    Term::Int(n) => u32::try_from(*n).ok().and_then(char::from_u32),
                    _ => None,
                })
                .collect(),
            _ => None,
        }
    }
}

/// A place in the bytes of a term. `base` is the offset of the first byte in the input: it goes into errors.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    base: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8], base: usize) -> Self {
        Cursor { bytes, at: 0, base }
    }

    /// Bytes that are left.
    pub(crate) fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    /// Offset in these bytes.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Offset in the input.
    pub(crate) fn place(&self) -> usize {
        self.base.saturating_add(self.at)
    }

    /// The bytes from a position up to here.
    pub(crate) fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// An error at this place.
    #[cold]
    pub(crate) fn error(&self, expected: &str) -> ParseError {
        let error = ParseError::malformed(expected).at(self.place());
        match self.bytes.get(self.at..) {
            None | Some([]) => error.found_words("the end of the term"),
            Some([tag, ..]) => error.found_words(name_of(*tag)),
        }
    }

    #[cold]
    fn cut(&self) -> ParseError {
        ParseError::malformed("more of a term").at(self.place()).found_words("its end")
    }

    /// The next byte, which stays.
    #[inline]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    pub(crate) fn byte(&mut self) -> Result<u8, ParseError> {
        let b = self.bytes.get(self.at).copied().ok_or_else(|| self.cut())?;
        self.at += 1;
        Ok(b)
    }

    #[inline]
    pub(crate) fn take(&mut self, n: usize) -> Result<&'a [u8], ParseError> {
        let end = self.at.checked_add(n).ok_or_else(|| self.cut())?;
        let out = self.bytes.get(self.at..end).ok_or_else(|| self.cut())?;
        self.at = end;
        Ok(out)
    }

    #[inline]
    fn u16(&mut self) -> Result<usize, ParseError> {
        match self.take(2)? {
            [a, b] => Ok(usize::from(u16::from_be_bytes([*a, *b]))),
            _ => Err(self.cut()),
        }
    }

    fn u32(&mut self) -> Result<usize, ParseError> {
        match self.take(4)? {
            [a, b, c, d] => usize::try_from(u32::from_be_bytes([*a, *b, *c, *d]))
                .map_err(|_| ParseError::limit("a count above this machine's")),
            _ => Err(self.cut()),
        }
    }

    /// A count of things of which each takes at least one byte: it cannot be above the bytes that are left.
    fn count(&mut self) -> Result<usize, ParseError> {
        let start = self.at;
        let n = self.u32()?;
        if n > self.left() {
            return Err(ParseError::malformed("a count that the bytes behind it can hold")
                .at(self.base.saturating_add(start))
                .found_words(format!("{n} with {} bytes left", self.left())));
        }
        Ok(n)
    }

    /// The version byte, for a term at its very start.
    pub(crate) fn version(&mut self) -> Result<(), ParseError> {
        if self.peek() != Some(VERSION) {
            let error = ParseError::malformed("an external term's first byte 131").at(self.place());
            return Err(match self.peek() {
                Some(b) => error.found_words(format!("byte {b}")),
                None => error.found_words("the end of the term"),
            });
        }
        self.at += 1;
        Ok(())
    }

    /// Nothing may follow.
    pub(crate) fn end(&self) -> Result<(), ParseError> {
        if self.left() == 0 {
            Ok(())
        } else {
            Err(ParseError::malformed("the end of the term")
                .at(self.place())
                .found_words(format!("{} bytes more", self.left())))
        }
    }

    /// The size of a tuple; `None`, and nothing read, where something else stands here.
    #[inline]
    pub(crate) fn tuple(&mut self) -> Result<Option<usize>, ParseError> {
        match self.peek() {
            Some(104) => {
                self.at += 1;
                Ok(Some(usize::from(self.byte()?)))
            }
            Some(105) => {
                self.at += 1;
                self.count().map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The raw bytes of an atom's text and whether they are Latin-1; `None`, and nothing read, where something else stands here.
    #[inline]
    pub(crate) fn raw_atom(&mut self) -> Result<Option<(&'a [u8], bool)>, ParseError> {
        let Some(tag) = self.peek() else { return Ok(None) };
        let n = match tag {
            100 | 118 => {
                self.at += 1;
                self.u16()?
            }
            115 | 119 => {
                self.at += 1;
                usize::from(self.byte()?)
            }
            _ => return Ok(None),
        };
        Ok(Some((self.take(n)?, matches!(tag, 100 | 115))))
    }

    /// An atom's text.
    pub(crate) fn atom(&mut self) -> Result<Option<Cow<'a, str>>, ParseError> {
        let start = self.at;
        match self.raw_atom()? {
            Some((bytes, latin1)) => atom_text(bytes, latin1).map(Some).ok_or_else(|| {
                ParseError::malformed("an atom in UTF-8").at(self.base.saturating_add(start)).found(bytes)
            }),
            None => Ok(None),
        }
    }

    /// An integer; `None`, and nothing read, where something else stands here.
    #[inline]
    pub(crate) fn int(&mut self) -> Result<Option<i64>, ParseError> {
        match self.peek() {
            Some(97) => {
                self.at += 1;
                Ok(Some(i64::from(self.byte()?)))
            }
            Some(98) => {
                self.at += 1;
                match self.take(4)? {
                    [a, b, c, d] => Ok(Some(i64::from(i32::from_be_bytes([*a, *b, *c, *d])))),
                    _ => Err(self.cut()),
                }
            }
            Some(110) => {
                self.at += 1;
                let n = usize::from(self.byte()?);
                self.big(n).map(Some)
            }
            Some(111) => {
                self.at += 1;
                let n = self.count()?;
                self.big(n).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn big(&mut self, n: usize) -> Result<i64, ParseError> {
        let negative = self.byte()? != 0;
        let digits = self.take(n)?;
        // Least significant byte first; zeros at the end are allowed.
        let mut value: i128 = 0;
        for (i, d) in digits.iter().enumerate() {
            if *d == 0 {
                continue;
            }
            value = if i < 8 { value | (i128::from(*d) << (8 * i)) } else { i128::from(u64::MAX) };
            if i >= 8 {
                break;
            }
        }
        let value = if negative { -value } else { value };
        Ok(i64::try_from(value).unwrap_or(if negative { i64::MIN } else { i64::MAX }))
    }

    /// Number of elements of a list that is no string; `None`, and nothing read, where something else stands here.
    /// A list with elements is followed by its tail.
    pub(crate) fn list(&mut self) -> Result<Option<usize>, ParseError> {
        match self.peek() {
            Some(106) => {
                self.at += 1;
                Ok(Some(0))
            }
            Some(108) => {
                self.at += 1;
                self.count().map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Skips one term of any depth, without recursion and without allocating.
    pub(crate) fn skip(&mut self) -> Result<(), ParseError> {
        // Terms that are still to come. Each takes at least a byte, so the sum is held against the bytes left.
        let mut open: usize = 1;
        while open > 0 {
            open -= 1;
            if open > self.left() {
                return Err(self.cut());
            }
            let parts = self.skip_head()?;
            open = open.checked_add(parts).ok_or_else(|| self.cut())?;
        }
        Ok(())
    }

    /// Skips the head of one term and tells how many terms belong to it.
    fn skip_head(&mut self) -> Result<usize, ParseError> {
        let start = self.at;
        let tag = self.byte()?;
        let mut parts = 0;
        match tag {
            97 => drop(self.take(1)?),
            98 => drop(self.take(4)?),
            70 => drop(self.take(8)?),
            99 => drop(self.take(31)?),
            106 => {}
            100 | 107 | 118 => {
                let n = self.u16()?;
                self.take(n)?;
            }
            115 | 119 => {
                let n = usize::from(self.byte()?);
                self.take(n)?;
            }
            109 => {
                let n = self.count()?;
                self.take(n)?;
            }
            77 => {
                let n = self.count()?;
                self.take(1)?;
                self.take(n)?;
            }
            110 => {
                let n = usize::from(self.byte()?);
                self.take(n.saturating_add(1))?;
            }
            111 => {
                let n = self.count()?;
                self.take(n.saturating_add(1))?;
            }
            104 => parts = usize::from(self.byte()?),
            105 => parts = self.count()?,
            108 => parts = self.count()?.saturating_add(1),
            116 => parts = self.count()?.saturating_mul(2),
            // export fun M:F/A
            113 => parts = 3,
            // pids, ports and references: a node atom between fixed parts.
            103 => self.node_and(9)?,
            88 => self.node_and(12)?,
            102 => self.node_and(5)?,
            89 => self.node_and(8)?,
            120 => self.node_and(12)?,
            101 => self.node_and(5)?,
            114 => {
                let n = self.u16()?;
                self.node_and(n.saturating_mul(4).saturating_add(1))?;
            }
            90 => {
                let n = self.u16()?;
                self.node_and(n.saturating_mul(4).saturating_add(4))?;
            }
            // A fun states its own size, the four bytes of that included.
            112 => {
                let n = self.u32()?;
                self.take(n.saturating_sub(4))?;
            }
            _ => {
                self.at = start;
                return Err(self.error("a term"));
            }
        }
        Ok(parts)
    }

    fn node_and(&mut self, n: usize) -> Result<(), ParseError> {
        self.raw_atom()?.ok_or_else(|| self.error("a node's name"))?;
        self.take(n).map(drop)
    }

    /// Decodes the next term into a tree.
    pub(crate) fn decode(&mut self, limits: &Limits) -> Result<Term<'a>, ParseError> {
        let mut open: Vec<Open<'a>> = Vec::new();
        let mut parts = 0_usize;
        loop {
            parts += 1;
            if parts > MOST_PARTS {
                return Err(ParseError::limit(format!("a term of more than {MOST_PARTS} parts")).at(self.place()));
            }
            let mut done = match self.scalar()? {
                Scalar::Done(term) => term,
                Scalar::Parts(list, n) => {
                    if open.len() >= limits.depth {
                        return Err(
                            ParseError::limit(format!("more than {} levels of nesting", limits.depth)).at(self.place())
                        );
                    }
                    // Not all that is promised is there: room is made as parts come.
                    open.push(Open { list, left: n, parts: Vec::with_capacity(n.min(64)) });
                    continue;
                }
            };
            // Close what this completes.
            loop {
                let Some(top) = open.last_mut() else { return Ok(done) };
                top.left -= 1;
                // The tail of a proper list is no element.
                if !(top.list && top.left == 0 && done == Term::List(Vec::new())) {
                    top.parts.push(done);
                }
                if top.left > 0 {
                    break;
                }
                let Some(full) = open.pop() else { return Err(self.cut()) };
                done = if full.list { Term::List(full.parts) } else { Term::Tuple(full.parts) };
            }
        }
    }

    fn scalar(&mut self) -> Result<Scalar<'a>, ParseError> {
        if let Some(n) = self.tuple()? {
            return Ok(if n == 0 { Scalar::Done(Term::Tuple(Vec::new())) } else { Scalar::Parts(false, n) });
        }
        if let Some(n) = self.list()? {
            return Ok(if n == 0 {
                if self.bytes.get(self.at.wrapping_sub(1)) != Some(&106) {
                    // A list of no elements still has a tail, which it then is.
                    self.skip()?;
                }
                Scalar::Done(Term::List(Vec::new()))
            } else {
                Scalar::Parts(true, n.saturating_add(1))
            });
        }
        if let Some(atom) = self.atom()? {
            return Ok(Scalar::Done(Term::Atom(atom)));
        }
        if let Some(n) = self.int()? {
            return Ok(Scalar::Done(Term::Int(n)));
        }
        Ok(Scalar::Done(match self.peek() {
            Some(107) => {
                self.at += 1;
                let n = self.u16()?;
                Term::Bytes(self.take(n)?)
            }
            Some(109) => {
                self.at += 1;
                let n = self.count()?;
                Term::Binary(self.take(n)?)
            }
            Some(70) => {
                self.at += 1;
                let raw = self.take(8)?;
                Term::Float(raw.try_into().map(f64::from_be_bytes).unwrap_or_default())
            }
            _ => {
                self.skip()?;
                Term::Other
            }
        }))
    }
}

enum Scalar<'a> {
    Done(Term<'a>),
    /// A tuple (false) or a list (true) with so many parts to come.
    Parts(bool, usize),
}

struct Open<'a> {
    list: bool,
    left: usize,
    parts: Vec<Term<'a>>,
}

/// The text of an atom's bytes; `None` where they are not UTF-8 though they should be.
pub(crate) fn atom_text(bytes: &[u8], latin1: bool) -> Option<Cow<'_, str>> {
    if latin1 && !bytes.is_ascii() {
        return Some(Cow::Owned(bytes.iter().map(|b| char::from(*b)).collect()));
    }
    std::str::from_utf8(bytes).ok().map(Cow::Borrowed)
}

fn name_of(tag: u8) -> String {
    match tag {
        97 | 98 | 110 | 111 => "an integer".to_owned(),
        70 | 99 => "a float".to_owned(),
        100 | 115 | 118 | 119 => "an atom".to_owned(),
        104 => "a tuple".to_owned(),
        105 => "a large tuple".to_owned(),
        106 | 108 => "a list".to_owned(),
        107 => "a string".to_owned(),
        109 | 77 => "a binary".to_owned(),
        116 => "a map".to_owned(),
        other => format!("byte {other}"),
    }
}

/// Unpacks compressed terms (`131, 80, size:32, zlib`), all of one input against one limit.
pub(crate) struct Unpacker {
    zlib: flate2::Decompress,
    left: u64,
}

impl Unpacker {
    pub(crate) fn new(limits: &Limits) -> Self {
        Unpacker { zlib: flate2::Decompress::new(true), left: limits.unpacked_bytes }
    }

    /// Unpacks into `out` what stands behind `131, 80`: exactly as many bytes as it declares.
    pub(crate) fn unpack(&mut self, packed: &[u8], base: usize, out: &mut Vec<u8>) -> Result<(), ParseError> {
        let mut cursor = Cursor::new(packed, base);
        let size = cursor.u32()?;
        let size64 = u64::try_from(size).unwrap_or(u64::MAX);
        if size64 > self.left.min(MOST_UNPACKED) {
            return Err(ParseError::limit("compressed terms unpack to more than the limit").at(base));
        }
        self.left -= size64;
        let packed = cursor.take(cursor.left())?;
        // zlib makes at most 1032 bytes of one, so a declared size beyond that is not even tried.
        if size > packed.len().saturating_mul(1032).saturating_add(64) {
            return Err(ParseError::malformed("a size that the compressed bytes can unpack to")
                .at(base)
                .found_words(size.to_string()));
        }
        self.zlib.reset(true);
        out.clear();
        // One byte of room more than declared shows a stream that holds more.
        out.reserve(size.saturating_add(1));
        let bad = || ParseError::malformed("a whole zlib stream").at(base.saturating_add(4));
        let status = self.zlib.decompress_vec(packed, out, flate2::FlushDecompress::Finish);
        if status.map_err(|e| bad().because(e))? != flate2::Status::StreamEnd || out.len() != size {
            return Err(bad().found_words(format!("{} bytes of {size}", out.len())));
        }
        if self.zlib.total_in() != u64::try_from(packed.len()).unwrap_or(u64::MAX) {
            return Err(bad().found_words("bytes behind its end"));
        }
        Ok(())
    }
}

/// Decodes one whole term: version byte, compressed or not, and nothing behind it. `scratch` holds what was unpacked.
pub(crate) fn decode<'a>(bytes: &'a [u8], limits: &Limits, scratch: &'a mut Vec<u8>) -> Result<Term<'a>, ParseError> {
    let mut cursor = Cursor::new(bytes, 0);
    cursor.version().map_err(|e| if bytes.is_empty() { ParseError::new(ErrorCode::Empty, "no term") } else { e })?;
    if cursor.peek() == Some(COMPRESSED) {
        Unpacker::new(limits).unpack(bytes.get(2..).unwrap_or_default(), 2, scratch)?;
        cursor = Cursor::new(scratch, 2);
    }
    let term = cursor.decode(limits)?;
    cursor.end()?;
    Ok(term)
}

#[cfg(test)]
mod tests;
