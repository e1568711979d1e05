//! What coverage formats share: counts as producers write them, texts and members of JSON without copies, notes, limits.

use crate::scan::xml::Attribute;
use gatekeeper_evidence::Note;
use gatekeeper_evidence::coverage::{Function, Line, Statement};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::location::Location;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

/// Most lines that ranges of a report may unfold into: a few bytes of input can ask for billions.
pub(super) const MOST_LINES: u64 = 20_000_000;

/// A count as the model keeps it: what is above `u32::MAX` is that.
pub(super) fn cap(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A hit count as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// A count; anything above zero is at least one.
    Count(u32),
    /// A count below zero, as tools write after an overflow: no hit.
    Negative,
}

impl Written {
    pub(super) fn hits(self) -> u32 {
        match self {
            Written::Count(n) => n,
            Written::Negative => 0,
        }
    }
}

/// A hit count: digits, or what number formatting made of them (`1.5e+10`, `3.0`, `-1`).
pub(super) fn hits(text: &[u8]) -> Option<Written> {
    if let Some(n) = short_number(text) {
        return Some(Written::Count(n));
    }
    let text = text.trim_ascii();
    if !text.is_empty() && text.iter().all(u8::is_ascii_digit) {
        return Some(Written::Count(digits(text)));
    }
    if !text.first().is_some_and(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.')) {
        return None;
    }
    // Only what a number is made of: Rust would read "-inf" too.
    if !text.iter().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E')) {
        return None;
    }
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    Some(of_float(value))
}

/// A number of one to nine digits and nothing else, as most are; none where it is anything else.
#[inline]
fn short_number(text: &[u8]) -> Option<u32> {
    if text.is_empty() || text.len() > 9 {
        return None;
    }
    text.iter().try_fold(0_u32, |n, b| {
        Some(n.saturating_mul(10).saturating_add(u32::from(*b).checked_sub(48).filter(|d| *d < 10)?))
    })
}

fn digits(text: &[u8]) -> u32 {
    text.iter().fold(0_u32, |n, b| n.saturating_mul(10).saturating_add(u32::from(b.wrapping_sub(b'0'))))
}

fn of_float(value: f64) -> Written {
    if value < 0.0 {
        Written::Negative
    } else if value > 0.0 && value < 1.0 {
        Written::Count(1)
    } else {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative; the cast saturates")]
        Written::Count(value as u32)
    }
}

/// A hit count in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hits(pub Written);

impl Hits {
    pub(super) fn get(self) -> u32 {
        self.0.hits()
    }
}

impl<'de> Deserialize<'de> for Hits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl Visitor<'_> for V {
            type Value = Hits;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a hit count")
            }
            fn visit_u64<E: Error>(self, n: u64) -> Result<Hits, E> {
                Ok(Hits(Written::Count(cap(n))))
            }
            fn visit_i64<E: Error>(self, n: i64) -> Result<Hits, E> {
                Ok(Hits(u64::try_from(n).map_or(Written::Negative, |n| Written::Count(cap(n)))))
            }
            fn visit_f64<E: Error>(self, n: f64) -> Result<Hits, E> {
                Ok(Hits(of_float(n)))
            }
        }
        deserializer.deserialize_any(V)
    }
}

/// A column or line that real files also leave null or give as a float: 0 where nothing usable stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Loose(pub u32);

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl Visitor<'_> for V {
            type Value = Loose;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a line or column")
            }
            fn visit_u64<E: Error>(self, n: u64) -> Result<Loose, E> {
                Ok(Loose(cap(n)))
            }
            fn visit_i64<E: Error>(self, n: i64) -> Result<Loose, E> {
                Ok(Loose(u64::try_from(n).map_or(0, cap)))
            }
            fn visit_f64<E: Error>(self, n: f64) -> Result<Loose, E> {
                Ok(Loose(of_float(n).hits()))
            }
            fn visit_unit<E: Error>(self) -> Result<Loose, E> {
                Ok(Loose(0))
            }
        }
        deserializer.deserialize_any(V)
    }
}

/// A text of JSON, borrowed from the input where it has no escapes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Text<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E: Error>(self, s: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(s)))
            }
            fn visit_str<E: Error>(self, s: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(s.to_owned())))
            }
        }
        deserializer.deserialize_str(V)
    }
}

/// The members of a JSON object in their order; a key twice is an error.
#[derive(Debug)]
pub(super) struct Members<'a, V>(pub Vec<(Cow<'a, str>, V)>);

impl<V> Default for Members<'_, V> {
    fn default() -> Self {
        Members(Vec::new())
    }
}

impl<V> Members<'_, V> {
    /// Finds the member of a key. `guess` is where it stands if both objects have the same order.
    pub(super) fn find(&self, key: &str, guess: usize) -> Option<&V> {
        match self.0.get(guess) {
            Some((k, v)) if k == key => Some(v),
            _ => self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v),
        }
    }
}

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Members<'a, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct M<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for M<V> {
            type Value = Members<'de, V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut out: Vec<(Cow<'de, str>, V)> = Vec::new();
                while let Some((Text(key), value)) = map.next_entry()? {
                    out.push((key, value));
                }
                if let Some(twice) = repeated(out.iter().map(|(k, _)| k.as_ref())) {
                    return Err(A::Error::custom(format_args!(
                        "invalid value: the key {twice:?} twice, expected each key once"
                    )));
                }
                Ok(Members(out))
            }
        }
        deserializer.deserialize_map(M(PhantomData))
    }
}

/// A name that occurs twice. Numbers in rising order, the usual keys, need no sorting to see that they do not.
fn repeated<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let shorter_or_less = |a: &str, b: &str| (a.len(), a) < (b.len(), b);
    let mut last: Option<&str> = None;
    let mut rising = true;
    for name in names.clone() {
        if last.is_some_and(|l| !shorter_or_less(l, name)) {
            rising = false;
            break;
        }
        last = Some(name);
    }
    if rising {
        return None;
    }
    let mut sorted: Vec<&str> = names.collect();
    sorted.sort_unstable();
    sorted.windows(2).find_map(|w| matches!(w, [a, b] if a == b).then(|| w.first().copied()).flatten())
}

/// Notes with a bound: the first few of each kind with their places, the rest as a number.
#[derive(Debug, Default)]
pub(super) struct Notes {
    kept: Vec<Note>,
    more: BTreeMap<&'static str, (u32, u32)>,
}

impl Notes {
    /// How many of a kind are kept.
    const EACH: u32 = 3;

    /// Keeps a note of a kind at a byte offset.
    pub(super) fn at(&mut self, kind: &'static str, offset: usize, detail: impl FnOnce() -> String) {
        self.push(kind, Some(Location::at(offset)), detail);
    }

    /// Keeps a note of a kind at a path or nowhere.
    pub(super) fn push(&mut self, kind: &'static str, location: Option<Location>, detail: impl FnOnce() -> String) {
        let (kept, dropped) = self.more.entry(kind).or_default();
        if *kept < Self::EACH {
            *kept += 1;
            let detail = detail();
            let message = if detail.is_empty() { kind.to_owned() } else { format!("{kind}: {detail}") };
            self.kept.push(Note { message, location });
        } else {
            *dropped = dropped.saturating_add(1);
        }
    }

    /// Adds the notes of what stands behind: of each kind the first are kept, as if all had been read at once.
    pub(super) fn append(&mut self, other: Notes) {
        for note in other.kept {
            let Some(kind) = other.more.keys().find(|k| note.message.starts_with(**k)) else { continue };
            let (kept, dropped) = self.more.entry(kind).or_default();
            if *kept < Self::EACH {
                *kept += 1;
                self.kept.push(note);
            } else {
                *dropped = dropped.saturating_add(1);
            }
        }
        for (kind, (_, more)) in other.more {
            let (_, dropped) = self.more.entry(kind).or_default();
            *dropped = dropped.saturating_add(more);
        }
    }

    /// The notes, with the numbers of what was not kept.
    pub(super) fn finish(mut self) -> Vec<Note> {
        for (kind, (_, dropped)) in self.more {
            if dropped > 0 {
                self.kept.push(Note::new(format!("{kind}: {dropped} more times")));
            }
        }
        self.kept
    }
}

/// A line number in an XML attribute.
pub(super) fn line_number(a: &Attribute<'_>) -> Result<u32, ParseError> {
    if let Some(n) = short_number(a.raw.as_bytes()) {
        return Ok(n);
    }
    a.raw.trim().parse().map_err(|_| a.wrong("a line number"))
}

/// A hit count in an XML attribute.
pub(super) fn hit_count(a: &Attribute<'_>, notes: &mut Notes) -> Result<u32, ParseError> {
    match hits(a.raw.as_bytes()) {
        Some(Written::Count(n)) => Ok(n),
        Some(Written::Negative) => {
            notes.at(NEGATIVE, a.offset, || a.raw.trim().to_owned());
            Ok(0)
        }
        None => Err(a.wrong("a hit count")),
    }
}

/// What a count below zero is noted as.
pub(super) const NEGATIVE: &str = "a hit count below zero, read as no hit";

/// Seconds since 1970 of a timestamp in seconds or milliseconds; `None` where it cannot be a time at which a tool ran.
pub(super) fn timestamp(text: &str) -> Option<i64> {
    let n: i64 = text.trim().split('.').next()?.parse().ok()?;
    let n = if n > 100_000_000_000 { n / 1000 } else { n };
    // Writers without a clock give 0 or 1; the first of these tools is from 2002.
    (946_684_800..100_000_000_000).contains(&n).then_some(n)
}

/// Keeps functions that a report lists apart although line and name are the same: the second one is `name #2`.
pub(super) fn tell_apart_functions(functions: &mut [Function]) {
    functions.sort_by(|a, b| (a.line, &a.name).cmp(&(b.line, &b.name)));
    let mut last: Option<(u32, Box<str>)> = None;
    let mut n = 1_u32;
    for f in functions {
        match &last {
            Some((line, name)) if *line == f.line && *name == f.name => {
                n = n.saturating_add(1);
                f.name = format!("{} #{n}", f.name).into();
            }
            _ => {
                last = Some((f.line, f.name.clone()));
                n = 1;
            }
        }
    }
}

/// Keeps statements that a report lists apart although their places are the same: later ones get end columns counted down from the highest.
pub(super) fn tell_apart_statements(statements: &mut [Statement]) {
    statements.sort_by_key(|s| s.place);
    let mut last = None;
    let mut n = 0_u32;
    for s in statements {
        if last == Some(s.place) {
            n = n.saturating_add(1);
            s.place.3 = u32::MAX.saturating_sub(n);
        } else {
            last = Some(s.place);
            n = 0;
        }
    }
}

/// A range of lines with a count: what Go's blocks and OpenCover's points are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub first: u32,
    pub last: u32,
    pub hits: u32,
}

/// The distinct lines of some ranges, each with the highest count of those that it lies in. `room` is what is left of [`MOST_LINES`].
pub(super) fn unfold(ranges: &mut [Range], room: &mut u64) -> Result<Vec<Line>, ParseError> {
    ranges.sort_unstable_by_key(|r| (r.first, r.last));
    let mut lines = Vec::new();
    // Open ranges by (count, last line), so that the highest count is at hand; what has ended goes when it comes to the top.
    let mut open: std::collections::BinaryHeap<(u32, u32)> = std::collections::BinaryHeap::new();
    let mut rest = ranges.iter().peekable();
    let mut number = 0_u32;
    loop {
        if open.is_empty() {
            match rest.peek() {
                Some(r) => number = number.max(r.first),
                None => break,
            }
        }
        while let Some(r) = rest.next_if(|r| r.first <= number) {
            if r.last >= number {
                open.push((r.hits, r.last));
            }
        }
        while open.peek().is_some_and(|(_, last)| *last < number) {
            open.pop();
        }
        if let Some((hits, _)) = open.peek() {
            *room = room
                .checked_sub(1)
                .ok_or_else(|| ParseError::limit(format!("more than {MOST_LINES} lines in its ranges")))?;
            lines.push(Line { number, hits: *hits });
        }
        match number.checked_add(1) {
            Some(next) => number = next,
            None => break,
        }
    }
    Ok(lines)
}

/// Where a piece of some bytes begins in them; none where it is no piece of them.
pub(super) fn offset_in(whole: &[u8], part: &[u8]) -> Option<usize> {
    let at = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    (at.checked_add(part.len())? <= whole.len()).then_some(at)
}

/// An MD5 in hexadecimal.
pub(super) fn from_hex(text: &str) -> Option<[u8; 16]> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let bytes = text.as_bytes().chunks_exact(2).map(|pair| match pair {
        [a, b] => Some(digit(*a)? << 4 | digit(*b)?),
        _ => None,
    });
    bytes.collect::<Option<Vec<u8>>>()?.try_into().ok().filter(|_| text.len() == 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_as_producers_write_them() {
        assert_eq!(hits(b"12"), Some(Written::Count(12)));
        assert_eq!(hits(b" 12\n"), Some(Written::Count(12)));
        assert_eq!(hits(b"999999999"), Some(Written::Count(999_999_999)));
        assert_eq!(hits(b"1000000000"), Some(Written::Count(1_000_000_000)));
        assert_eq!(hits(b"0000000012"), Some(Written::Count(12)));
        assert_eq!([hits(b"/1"), hits(b":1"), hits(b"1:")], [None; 3]);
        assert_eq!(hits(b"100000000000000000000"), Some(Written::Count(u32::MAX)));
        assert_eq!(hits(b"1.5e+03"), Some(Written::Count(1500)));
        assert_eq!(hits(b"0.25"), Some(Written::Count(1)));
        assert_eq!(hits(b"0.0"), Some(Written::Count(0)));
        assert_eq!(hits(b"-1"), Some(Written::Negative));
        for bad in [&b""[..], b"x", b"1x", b"inf", b"nan", b"-", b"--1", b"1e", b"=5", b"-inf"] {
            assert_eq!(hits(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn ranges_unfold_to_distinct_lines_with_the_highest_count() {
        let mut ranges =
            [(5, 7, 0), (1, 3, 2), (3, 5, 1), (3, 3, 0)].map(|(first, last, hits)| Range { first, last, hits });
        let got = unfold(&mut ranges, &mut 100).unwrap();
        let got: Vec<_> = got.iter().map(|l| (l.number, l.hits)).collect();
        assert_eq!(got, [(1, 2), (2, 2), (3, 2), (4, 1), (5, 1), (6, 0), (7, 0)]);
    }

    #[test]
    fn a_range_beyond_the_limit_is_refused() {
        let mut ranges = [Range { first: 1, last: u32::MAX, hits: 1 }];
        assert!(unfold(&mut ranges, &mut 1000).is_err());
    }

    #[test]
    fn functions_of_one_place_and_name_stay_apart() {
        let f = |hits| Function { line: 3, name: "get".into(), hits };
        let mut list = [f(1), f(0), f(2)];
        tell_apart_functions(&mut list);
        assert_eq!(list.iter().map(|f| f.name.as_ref()).collect::<Vec<_>>(), ["get", "get #2", "get #3"]);
    }

    #[test]
    fn times_in_seconds_or_milliseconds() {
        assert_eq!(timestamp("1700000000"), Some(1_700_000_000));
        assert_eq!(timestamp("1700000000123"), Some(1_700_000_000));
        assert_eq!(timestamp("0"), None);
        assert_eq!(timestamp("x"), None);
    }

    #[test]
    fn a_key_twice_is_seen_in_any_order() {
        assert_eq!(repeated(["0", "1", "10"].into_iter()), None);
        assert_eq!(repeated(["b", "a", "b"].into_iter()), Some("b"));
    }
}
