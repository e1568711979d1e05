//! Attributes of an opening tag, and references in their values.

use crate::scan::eight;
use gatekeeper_evidence::error::ParseError;
use std::borrow::Cow;

/// An attribute, its value as written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attribute<'a> {
    /// Local name.
    pub key: &'a str,
    /// Name with its prefix.
    pub qualified: &'a str,
    /// The value, references not resolved.
    pub raw: &'a str,
    /// Offset of the value in the document.
    pub offset: usize,
}

impl<'a> Attribute<'a> {
    /// The attribute that begins at `at`, where it ends, and whether a `<` or `&` is in its value. `None` where there is none.
    #[inline]
    pub(super) fn read(text: &'a str, at: usize) -> Option<(Self, usize, bool)> {
        let bytes = text.as_bytes();
        // Names are short: one walk finds the end and the prefix.
        let (mut end, mut local) = (at, at);
        loop {
            match bytes.get(end)? {
                b'=' | b' ' | b'\n' | b'\t' | b'\r' | b'\x0C' => break,
                b'"' | b'\'' | b'<' | b'>' | b'/' => return None,
                b':' => local = end + 1,
                _ => {}
            }
            end += 1;
        }
        let equals = over_blanks(bytes, end);
        if end == at || bytes.get(equals) != Some(&b'=') {
            return None;
        }
        let open = over_blanks(bytes, equals + 1);
        let quote = *bytes.get(open).filter(|q| matches!(q, b'"' | b'\''))?;
        let (close, odd) = value_end(bytes, open + 1, quote)?;
        let qualified = text.get(at..end)?;
        let key = text.get(local..end).unwrap_or(qualified);
        Some((Attribute { key, qualified, raw: text.get(open + 1..close)?, offset: open + 1 }, close + 1, odd))
    }

    /// The value with references resolved.
    pub(crate) fn text(&self) -> Result<Cow<'a, str>, ParseError> {
        unescape(self.raw, self.offset)
    }

    /// The value as a count; blanks around it do not matter.
    pub(crate) fn count(&self) -> Result<u64, ParseError> {
        self.raw.trim().parse().map_err(|_| self.wrong("a count"))
    }

    /// An error at this value.
    pub(crate) fn wrong(&self, expected: &str) -> ParseError {
        ParseError::malformed(format!("{expected} in {}", self.qualified)).at(self.offset).found(self.raw)
    }
}

/// Iterator over attributes, in their order; it ends at the first error.
pub(crate) struct Attributes<'a> {
    tag: &'a str,
    at: usize,
    offset: usize,
}

impl<'a> Attributes<'a> {
    /// The attributes in what stands behind an element's name; `offset` is where that stands in the document.
    pub(super) fn new(tag: &'a str, offset: usize) -> Self {
        Attributes { tag, at: 0, offset }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<Attribute<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.at = over_blanks(self.tag.as_bytes(), self.at);
        if self.at >= self.tag.len() {
            return None;
        }
        Some(match Attribute::read(self.tag, self.at) {
            Some((attribute, end, _)) => {
                self.at = end;
                Ok(Attribute { offset: attribute.offset + self.offset, ..attribute })
            }
            None => {
                let start = std::mem::replace(&mut self.at, self.tag.len());
                Err(wrong(self.tag, start, self.offset))
            }
        })
    }
}

/// Why [`Attribute::read`] read none.
#[cold]
pub(super) fn wrong(text: &str, at: usize, offset: usize) -> ParseError {
    let rest = text.get(at..).unwrap_or_default();
    ParseError::malformed("an attribute, name=\"value\"").at(at + offset).found(rest)
}

/// Where the blanks end that begin at `at`.
#[inline]
pub(super) fn over_blanks(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\t' | b'\r' | b'\x0C') = bytes.get(at) {
        at += 1;
    }
    at
}

/// Where a value ends that begins at `at`, and whether a `<` or `&` is in it. Most values are short: those are walked over, eight bytes at a step,
/// what is longer is searched.
#[inline]
fn value_end(bytes: &[u8], at: usize, quote: u8) -> Option<(usize, bool)> {
    const WALKED: usize = 8;
    const STEPS: usize = 8;
    let mut odd = false;
    // Numbers, mostly.
    for (n, b) in bytes.get(at..)?.iter().take(WALKED).enumerate() {
        if *b == quote {
            return Some((at + n, odd));
        }
        odd |= matches!(b, b'<' | b'&');
    }
    let at = at + WALKED;
    let rest = bytes.get(at..)?;
    for (n, eight) in rest.as_chunks::<8>().0.iter().take(STEPS).enumerate() {
        let close = eight::first(*eight, [quote]);
        let strange = eight::first(*eight, [b'<', b'&']);
        if close < 8 {
            return Some((at + n * 8 + close, odd || strange < close));
        }
        odd |= strange < 8;
    }
    // The rest of a long value, or of a document that ends soon.
    let done = (rest.len() & !7).min(STEPS * 8);
    let rest = rest.get(done..)?;
    let end = memchr::memchr(quote, rest)?;
    odd = odd || memchr::memchr2(b'<', b'&', rest.get(..end)?).is_some();
    Some((at + done + end, odd))
}

/// The character of a reference's name: one of the five, `#60`, `#x3c`. A NUL becomes U+FFFD.
pub(super) fn resolve(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            match code {
                // Writers that escape UTF-16 units one by one give surrogates, which are no characters of their own.
                0 | 0xD800..=0xDFFF => Some(char::REPLACEMENT_CHARACTER),
                _ => char::from_u32(code),
            }
        }
    }
}

/// Whether what stands behind a `&` is no reference: no name and no number that a `;` ends. Writers that do not escape attributes (Common Test's
/// surefire hook) leave such; they are read as they stand.
pub(super) fn is_bare(rest: &str) -> bool {
    let of_a_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'#' | b'_' | b'-' | b'.' | b':');
    let name = rest.bytes().take(64).take_while(of_a_name).count();
    name == 0 || rest.as_bytes().get(name) != Some(&b';')
}

/// Resolves references in an attribute's value. `offset` is where the value stands.
pub(crate) fn unescape(raw: &str, offset: usize) -> Result<Cow<'_, str>, ParseError> {
    if memchr::memchr(b'&', raw.as_bytes()).is_none() {
        return Ok(Cow::Borrowed(raw));
    }
    let mut out = String::with_capacity(raw.len());
    unescape_into(raw, offset, &mut out)?;
    Ok(Cow::Owned(out))
}

/// [`unescape`] into a buffer that is used again and again: what stood in it goes.
pub(crate) fn unescape_into(raw: &str, offset: usize, out: &mut String) -> Result<(), ParseError> {
    out.clear();
    let mut rest = raw;
    let mut at = offset;
    while let Some(amp) = memchr::memchr(b'&', rest.as_bytes()) {
        out.push_str(rest.get(..amp).unwrap_or_default());
        let reference = rest.get(amp + 1..).unwrap_or_default();
        if is_bare(reference) {
            out.push('&');
            rest = reference;
            at += amp + 1;
            continue;
        }
        let end = memchr::memchr(b';', reference.as_bytes()).unwrap_or(0);
        let resolved = resolve(reference.get(..end).unwrap_or_default()).ok_or_else(|| {
            ParseError::malformed("one of XML's five entities or a character reference")
                .at(at + amp)
                .found(rest.get(amp..).unwrap_or_default())
        })?;
        out.push(resolved);
        rest = reference.get(end + 1..).unwrap_or_default();
        at += amp + end + 2;
    }
    out.push_str(rest);
    Ok(())
}
