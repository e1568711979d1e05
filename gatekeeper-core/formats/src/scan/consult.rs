//! Erlang terms as text, each with a full stop behind it, as `file:consult/1` reads them.
//!
//! Specification: Erlang/OTP Reference Manual, "Data Types" and "Bit Syntax", OTP 28,
//! <https://www.erlang.org/doc/system/data_types.html>; `file:consult/1`, <https://www.erlang.org/doc/apps/kernel/file.html>.
//!
//! Text is UTF-8, or Latin-1 where a `coding: latin-1` comment in the first two lines says so. Integers beyond 64 bits are kept as the
//! nearest one. Nesting and the number of parts are bounded. Not read, as no tool writes them: sigils, triple-quoted strings,
//! records, bit strings whose parts are no whole bytes.

use crate::input::Limits;
use gatekeeper_evidence::error::ParseError;
use std::borrow::Cow;

/// Deepest nesting, whatever the limits allow: reading is recursive.
const DEEPEST: usize = 512;

/// Most parts of all terms.
const MOST_PARTS: usize = 2_000_000;

/// A term.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// An atom's text.
    Atom(String),
    /// An integer or a character.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// A binary.
    Binary(Vec<u8>),
    /// A string in double quotes.
    Text(String),
    /// A list; an improper one's tail is its last element.
    List(Vec<Value>),
    /// A tuple.
    Tuple(Vec<Value>),
    /// A map, as written.
    Map(Vec<(Value, Value)>),
}

impl Value {
    /// The elements of a tuple.
    pub(crate) fn tuple(&self) -> Option<&[Value]> {
        match self {
            Value::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// The elements of a list. An empty string is an empty list.
    pub(crate) fn list(&self) -> Option<&[Value]> {
        match self {
            Value::List(items) => Some(items),
            Value::Text(t) if t.is_empty() => Some(&[]),
            _ => None,
        }
    }

    /// The text of an atom.
    pub(crate) fn atom(&self) -> Option<&str> {
        match self {
            Value::Atom(a) => Some(a),
            _ => None,
        }
    }

    /// The text of a binary (UTF-8, else Latin-1), a string, a list of characters or an atom.
    pub(crate) fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Value::Binary(b) => Some(match std::str::from_utf8(b) {
                Ok(t) => Cow::Borrowed(t),
                Err(_) => b.iter().map(|b| char::from(*b)).collect::<String>().into(),
            }),
            Value::Text(t) | Value::Atom(t) => Some(Cow::Borrowed(t)),
            Value::List(items) if !items.is_empty() => {
                items.iter().map(|i| i.int().and_then(|n| u32::try_from(n).ok()).and_then(char::from_u32)).collect()
            }
            _ => None,
        }
    }

    /// An integer.
    pub(crate) fn int(&self) -> Option<i64> {
        match self {
            Value::Int(n) => Some(*n),
            _ => None,
        }
    }

    /// What sort of term it is, for errors.
    pub(crate) fn sort(&self) -> &'static str {
        match self {
            Value::Atom(_) => "an atom",
            Value::Int(_) => "an integer",
            Value::Float(_) => "a float",
            Value::Binary(_) => "a binary",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Tuple(_) => "a tuple",
            Value::Map(_) => "a map",
        }
    }
}

/// Reads all terms, each with the offset of its first byte.
pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Vec<(usize, Value)>, ParseError> {
    let latin1 = says_latin1(bytes);
    let text: Cow<'_, str> = if latin1 {
        bytes.iter().map(|b| char::from(*b)).collect::<String>().into()
    } else {
        Cow::Borrowed(std::str::from_utf8(bytes).map_err(|e| {
            let at = e.valid_up_to();
            ParseError::malformed("UTF-8 text").at(at).found(bytes.get(at..).unwrap_or_default()).because(e)
        })?)
    };
    let mut reader = Reader { text: &text, at: 0, latin1, parts: 0, depth: limits.depth.min(DEEPEST) };
    let mut out = Vec::new();
    loop {
        reader.blanks();
        if reader.rest().is_empty() {
            return Ok(out);
        }
        let start = reader.place(reader.at);
        let value = reader.value(0)?;
        reader.full_stop()?;
        out.push((start, value));
    }
}

/// Whether a comment in the first two lines sets Latin-1 (as `epp:read_encoding/1` looks for it).
fn says_latin1(bytes: &[u8]) -> bool {
    bytes.split(|b| *b == b'\n').take(2).filter_map(|l| l.trim_ascii_start().strip_prefix(b"%")).any(|comment| {
        let comment = comment.to_ascii_lowercase();
        memchr::memmem::find(&comment, b"coding").is_some_and(|i| {
            let rest = comment.get(i + 6..).unwrap_or_default();
            let rest = rest.strip_prefix(b":").or_else(|| rest.strip_prefix(b"=")).unwrap_or_default();
            rest.trim_ascii_start().starts_with(b"latin-1")
        })
    })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    latin1: bool,
    parts: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// The offset in the input of an offset in the text.
    fn place(&self, at: usize) -> usize {
        if self.latin1 { self.text.get(..at).unwrap_or_default().chars().count() } else { at }
    }

    fn error(&self, expected: &str) -> ParseError {
        let error = ParseError::malformed(expected).at(self.place(self.at));
        let rest = self.rest();
        if rest.is_empty() {
            return error.found_words("the end of the file");
        }
        let word: String = rest.chars().take(24).take_while(|c| *c != '\n').collect();
        error.found(if word.is_empty() { "\n" } else { word.as_str() })
    }

    /// Skips blanks and comments.
    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            let kept = rest.trim_start_matches(|c: char| c <= ' ' || ('\u{80}'..='\u{A0}').contains(&c));
            self.at += rest.len() - kept.len();
            if !kept.starts_with('%') {
                return;
            }
            self.at += memchr::memchr(b'\n', kept.as_bytes()).unwrap_or(kept.len());
        }
    }

    fn full_stop(&mut self) -> Result<(), ParseError> {
        self.blanks();
        let mut after = self.rest().chars();
        if after.next() == Some('.') && after.next().is_none_or(|c| c <= ' ' || c == '%' || c == '\u{A0}') {
            self.at += 1;
            return Ok(());
        }
        Err(self.error("a full stop behind the term"))
    }

    fn value(&mut self, depth: usize) -> Result<Value, ParseError> {
        self.blanks();
        self.parts += 1;
        if self.parts > MOST_PARTS {
            return Err(ParseError::limit(format!("terms of more than {MOST_PARTS} parts")).at(self.place(self.at)));
        }
        if depth > self.depth {
            return Err(
                ParseError::limit(format!("more than {} levels of nesting", self.depth)).at(self.place(self.at))
            );
        }
        match self.peek() {
            Some('{') => {
                self.at += 1;
                self.items('}', depth).map(Value::Tuple)
            }
            Some('[') => {
                self.at += 1;
                self.items(']', depth).map(Value::List)
            }
            Some('#') if self.eat("#{") => self.map(depth),
            Some('<') if self.eat("<<") => self.binary(),
            Some('"') => self.strings().map(Value::Text),
            Some('\'') => {
                self.at += 1;
                self.quoted('\'').map(Value::Atom)
            }
            Some('$' | '0'..='9' | '-' | '+') => self.number(),
            Some(c) if c.is_lowercase() => {
                let rest = self.rest();
                let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '@'))).unwrap_or(rest.len());
                self.at += end;
                Ok(Value::Atom(rest.get(..end).unwrap_or_default().to_owned()))
            }
            _ => Err(self.error("an Erlang term")),
        }
    }

    /// Elements up to a closing bracket.
    fn items(&mut self, close: char, depth: usize) -> Result<Vec<Value>, ParseError> {
        let mut items = Vec::new();
        self.blanks();
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(items);
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.blanks();
            match self.peek() {
                Some(',') => self.at += 1,
                Some('|') if close == ']' => {
                    self.at += 1;
                    match self.value(depth + 1)? {
                        Value::List(tail) => items.extend(tail),
                        tail => items.push(tail),
                    }
                    self.blanks();
                    if self.next() == Some(']') {
                        return Ok(items);
                    }
                    return Err(self.error("']' behind the tail of a list"));
                }
                Some(c) if c == close => {
                    self.at += 1;
                    return Ok(items);
                }
                _ => return Err(self.error(if close == ']' { "',', '|' or ']'" } else { "',' or '}'" })),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, ParseError> {
        let mut pairs = Vec::new();
        self.blanks();
        if self.eat("}") {
            return Ok(Value::Map(pairs));
        }
        loop {
            let key = self.value(depth + 1)?;
            self.blanks();
            if !self.eat("=>") {
                return Err(self.error("'=>' behind a map's key"));
            }
            pairs.push((key, self.value(depth + 1)?));
            self.blanks();
            match self.peek() {
                Some(',') => self.at += 1,
                Some('}') => {
                    self.at += 1;
                    return Ok(Value::Map(pairs));
                }
                _ => return Err(self.error("',' or '}'")),
            }
        }
    }

    /// Strings that stand side by side are one.
    fn strings(&mut self) -> Result<String, ParseError> {
        let mut out = String::new();
        while self.eat("\"") {
            out.push_str(&self.quoted('"')?);
            self.blanks();
        }
        Ok(out)
    }

    /// Text up to a closing quote, escapes resolved.
    fn quoted(&mut self, close: char) -> Result<String, ParseError> {
        let start = self.at;
        let mut out = String::new();
        loop {
            let rest = self.rest();
            let Some(end) = rest.find([close, '\\']) else {
                self.at = start.saturating_sub(1);
                return Err(ParseError::malformed(format!("a closing {close}"))
                    .at(self.place(self.text.len()))
                    .found_words("the end of the file"));
            };
            out.push_str(rest.get(..end).unwrap_or_default());
            self.at += end;
            if self.next() == Some(close) {
                return Ok(out);
            }
            out.extend(self.escape()?);
        }
    }

    /// What stands behind a backslash; nothing for a line end.
    fn escape(&mut self) -> Result<Option<char>, ParseError> {
        let start = self.at;
        let c = match self.next() {
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('v') => '\u{B}',
            Some('b') => '\u{8}',
            Some('f') => '\u{C}',
            Some('e') => '\u{1B}',
            Some('s') => ' ',
            Some('d') => '\u{7F}',
            Some('\n') => return Ok(None),
            Some('^') => match self.next() {
                Some(c @ '@'..='_') => char::from(u8::try_from(c).unwrap_or_default() & 31),
                Some(c @ 'a'..='z') => char::from(u8::try_from(c).unwrap_or_default() & 31),
                _ => return Err(self.error("a control character")),
            },
            Some('x') => {
                let digits = if self.eat("{") {
                    let rest = self.rest();
                    let end = rest.find('}').ok_or_else(|| self.error("'}'"))?;
                    self.at += end + 1;
                    rest.get(..end)
                } else {
                    let two = self.rest().get(..2);
                    self.at += if two.is_some() { 2 } else { 0 };
                    two
                };
                let code = digits.and_then(|d| u32::from_str_radix(d, 16).ok()).and_then(char::from_u32);
                return code.map(Some).ok_or_else(|| {
                    self.at = start;
                    self.error("a character's hexadecimal code")
                });
            }
            Some(d @ '0'..='7') => {
                let mut code = d.to_digit(8).unwrap_or_default();
                for _ in 0..2 {
                    if let Some(d) = self.peek().and_then(|c| c.to_digit(8)) {
                        code = code * 8 + d;
                        self.at += 1;
                    }
                }
                return Ok(char::from_u32(code));
            }
            Some(c) => c,
            None => return Err(self.error("a character behind '\\'")),
        };
        Ok(Some(c))
    }

    fn number(&mut self) -> Result<Value, ParseError> {
        let mut negative = false;
        while matches!(self.peek(), Some('-' | '+')) {
            negative ^= self.peek() == Some('-');
            self.at += 1;
            self.blanks();
        }
        if self.eat("$") {
            let c = match self.next() {
                Some('\\') => self.escape()?.unwrap_or('\n'),
                Some(c) => c,
                None => return Err(self.error("a character behind '$'")),
            };
            let code = i64::from(u32::from(c));
            return Ok(Value::Int(if negative { -code } else { code }));
        }
        let start = self.at;
        let mut whole = self.digits(10)?;
        if self.peek() == Some('#') {
            let base = u32::try_from(whole).ok().filter(|b| (2..=36).contains(b));
            let base = base.ok_or_else(|| self.error("a base from 2 to 36 before '#'"))?;
            self.at += 1;
            whole = self.digits(base)?;
        } else if self.peek() == Some('.') && self.rest().as_bytes().get(1).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
            self.digits(10)?;
            if matches!(self.peek(), Some('e' | 'E')) {
                self.at += 1;
                if matches!(self.peek(), Some('-' | '+')) {
                    self.at += 1;
                }
                self.digits(10)?;
            }
            let text = self.text.get(start..self.at).unwrap_or_default().replace('_', "");
            let value: f64 = text.parse().map_err(|_| self.error("a number"))?;
            return Ok(Value::Float(if negative { -value } else { value }));
        }
        let value = i64::try_from(whole).unwrap_or(i64::MAX);
        Ok(Value::Int(if negative { -value } else { value }))
    }

    /// Digits of a base; an underscore may stand between two.
    fn digits(&mut self, base: u32) -> Result<u64, ParseError> {
        let mut value =
            self.peek().and_then(|c| c.to_digit(base)).map(u64::from).ok_or_else(|| self.error("a digit"))?;
        self.at += 1;
        loop {
            let mut ahead = self.rest().chars();
            let step = match ahead.next() {
                Some('_') => ahead.next().and_then(|c| c.to_digit(base)).map(|d| (d, 2)),
                Some(c) => c.to_digit(base).map(|d| (d, 1)),
                None => None,
            };
            let Some((digit, width)) = step else { return Ok(value) };
            value = value.saturating_mul(u64::from(base)).saturating_add(u64::from(digit));
            self.at += width;
        }
    }

    /// The segments of a binary, `<<` being read.
    fn binary(&mut self) -> Result<Value, ParseError> {
        let mut out = Vec::new();
        self.blanks();
        if self.eat(">>") {
            return Ok(Value::Binary(out));
        }
        loop {
            self.segment(&mut out)?;
            self.blanks();
            if self.eat(">>") {
                return Ok(Value::Binary(out));
            }
            if !self.eat(",") {
                return Err(self.error("',' or '>>'"));
            }
        }
    }

    /// One segment: a string or an integer, with `:Size` in whole bytes and `/type-list`.
    fn segment(&mut self, out: &mut Vec<u8>) -> Result<(), ParseError> {
        self.blanks();
        let value = match self.peek() {
            Some('"') => Value::Text(self.strings()?),
            Some('$' | '0'..='9' | '-' | '+') => self.number()?,
            _ => return Err(self.error("a string or an integer in a binary")),
        };
        self.blanks();
        let mut bytes = 1_usize;
        if self.eat(":") {
            self.blanks();
            bytes = match self.digits(10)? {
                n @ (8 | 16 | 24 | 32 | 40 | 48 | 56 | 64) => usize::try_from(n / 8).unwrap_or(1),
                _ => return Err(self.error("a size in whole bytes, 64 bits at most")),
            };
            self.blanks();
        }
        let (mut utf8, mut little) = (false, false);
        if self.eat("/") {
            loop {
                self.blanks();
                match self.value(self.depth)?.atom() {
                    Some("utf8") => utf8 = true,
                    Some("little") => little = true,
                    Some("big" | "integer" | "unsigned" | "signed") => {}
                    _ => return Err(self.error("a type of integers or utf8 in a binary")),
                }
                if !self.eat("-") {
                    break;
                }
            }
        }
        let mut put = |code: i64| {
            let all = code.to_be_bytes();
            let kept = all.get(8 - bytes..).unwrap_or_default();
            if little { out.extend(kept.iter().rev()) } else { out.extend(kept) }
        };
        match value {
            Value::Text(text) if utf8 => out.extend(text.bytes()),
            Value::Text(text) => text.chars().for_each(|c| put(i64::from(u32::from(c)))),
            Value::Int(n) if utf8 => {
                let c =
                    u32::try_from(n).ok().and_then(char::from_u32).ok_or_else(|| self.error("a character's code"))?;
                out.extend(c.encode_utf8(&mut [0; 4]).bytes());
            }
            Value::Int(n) => put(n),
            _ => return Err(self.error("a string or an integer in a binary")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
