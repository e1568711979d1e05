//! An input: a named run of bytes, and the limits on what it may ask of us.
//!
//! Before any format sees them, bytes are taken out of their envelopes: gzip (RFC 1952, by magic, with a cap on what it unpacks
//! to), a recording made by `gatekeeper record`, a byte order mark, UTF-16.

use crate::record;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use std::borrow::Cow;
use std::io::Read;

/// What an input may ask for at most. Reaching one is an error (`limit-exceeded`), never a smaller number.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Size of a file, bytes.
    pub file_bytes: u64,
    /// What a compressed file may unpack to, bytes.
    pub unpacked_bytes: u64,
    /// Nesting of elements, objects, terms.
    pub depth: usize,
    /// Number of files that one run reads.
    pub files: usize,
    /// Size of a policy, and of an ignore file that has a say in what passes, bytes.
    pub policy_bytes: u64,
    /// Number of suites and cases that one file of test results lists: each takes memory that is many times its text.
    pub items: usize,
    /// Number of findings of one report.
    pub findings: usize,
    /// Number of source files that one coverage report speaks of.
    pub sources: usize,
    /// What all reports of one run take in memory together, bytes: the lengths of their texts, and a fixed number for each entry beside them.
    pub held_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            file_bytes: 1 << 30,
            unpacked_bytes: 1 << 30,
            depth: 512,
            files: 20_000,
            policy_bytes: 16 << 20,
            items: 2_000_000,
            findings: 500_000,
            sources: 400_000,
            held_bytes: 2 << 30,
        }
    }
}

impl Limits {
    /// The usual limits with another size of files, packed or not; `None` leaves it.
    pub fn of_files(bytes: Option<u64>) -> Self {
        let mut limits = Limits::default();
        if let Some(bytes) = bytes {
            limits.file_bytes = bytes;
            limits.unpacked_bytes = bytes;
        }
        limits
    }
}

impl Limits {
    /// An error where a file of test results lists more suites and cases than are read.
    pub(crate) fn has_room_for(&self, items: usize) -> Result<(), ParseError> {
        let most = self.items;
        if items > most { Err(ParseError::limit(format!("lists more than {most} suites and cases"))) } else { Ok(()) }
    }

    /// An error where a report lists more findings than are read.
    pub(crate) fn has_room_for_findings(&self, findings: usize) -> Result<(), ParseError> {
        let most = self.findings;
        if findings > most { Err(ParseError::limit(format!("lists more than {most} findings"))) } else { Ok(()) }
    }

    /// An error where a coverage report speaks of more source files than are read.
    pub(crate) fn has_room_for_sources(&self, sources: usize) -> Result<(), ParseError> {
        let most = self.sources;
        if sources > most { Err(ParseError::limit(format!("speaks of more than {most} source files"))) } else { Ok(()) }
    }
}

/// What a parser gets: content (out of its envelopes, UTF-8 where it was UTF-16), its name, and what is known beside it.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The file's name as it was given, `/`-separated.
    pub name: &'a str,
    /// The content.
    pub bytes: &'a [u8],
    /// The limits.
    pub limits: &'a Limits,
    /// The exit status of the command that wrote this, where it was recorded or the policy states it.
    pub exit_status: Option<i32>,
    /// Whether SBOMs are to be held against their schema.
    pub validate: bool,
}

impl<'a> Input<'a> {
    /// The last component of the name.
    pub fn file_name(&self) -> &'a str {
        self.name.rsplit('/').next().unwrap_or(self.name)
    }

    /// The content as UTF-8, or an error at the first byte that is not.
    pub fn text(&self) -> Result<&'a str, ParseError> {
        std::str::from_utf8(self.bytes).map_err(|e| {
            let at = e.valid_up_to();
            ParseError::malformed("UTF-8 text").at(at).found(self.bytes.get(at..).unwrap_or_default()).because(e)
        })
    }
}

/// Content taken out of its envelopes.
#[derive(Debug)]
pub(crate) struct Opened<'a> {
    pub bytes: Cow<'a, [u8]>,
    pub record: Option<record::Header>,
    pub gzip: bool,
}

/// Takes content out of gzip, a recording, a byte order mark and UTF-16.
pub(crate) fn open<'a>(raw: &'a [u8], limits: &Limits) -> Result<Opened<'a>, ParseError> {
    let mut bytes = Cow::Borrowed(raw);
    let mut gzip = false;
    if raw.starts_with(&[0x1F, 0x8B, 0x08]) {
        bytes = Cow::Owned(gunzip(raw, limits)?);
        gzip = true;
    }
    let mut header = None;
    if let Some((h, start)) = record::split(&bytes)? {
        header = Some(h);
        bytes = match bytes {
            Cow::Borrowed(b) => Cow::Borrowed(b.get(start..).unwrap_or_default()),
            Cow::Owned(b) => Cow::Owned(b.get(start..).unwrap_or_default().to_vec()),
        };
    }
    Ok(Opened { bytes: utf8(bytes), record: header, gzip })
}

fn gunzip(raw: &[u8], limits: &Limits) -> Result<Vec<u8>, ParseError> {
    let cap = limits.unpacked_bytes;
    let mut out = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(raw).take(cap.saturating_add(1));
    reader
        .read_to_end(&mut out)
        .map_err(|e| ParseError::new(ErrorCode::Malformed, "a whole gzip stream").at(raw.len()).because(e))?;
    if u64::try_from(out.len()).unwrap_or(u64::MAX) > cap {
        return Err(ParseError::limit(format!("unpacks to more than the limit of {cap} bytes")));
    }
    Ok(out)
}

/// Whether content without a mark begins as ASCII text in two bytes a character, as consoles of Windows write it into files; `first` is where
/// the character stands in the pair.
fn is_ascii_in_pairs(bytes: &[u8], first: usize) -> bool {
    const LOOKED_AT: usize = 64;
    let head = bytes.get(..bytes.len().min(LOOKED_AT)).unwrap_or_default();
    let text = |b: u8| b.is_ascii_graphic() || b.is_ascii_whitespace() || b == 0x1B;
    head.len() >= 16
        && bytes.len().is_multiple_of(2)
        && head.chunks_exact(2).all(|pair| match pair {
            [a, b] if first == 0 => text(*a) && *b == 0,
            [a, b] => text(*b) && *a == 0,
            _ => false,
        })
}

/// Drops a UTF-8 byte order mark, turns UTF-16 with a mark into UTF-8.
fn utf8(bytes: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let utf16 = match bytes.as_ref() {
        [0xEF, 0xBB, 0xBF, ..] => {
            return match bytes {
                Cow::Borrowed(b) => Cow::Borrowed(b.get(3..).unwrap_or_default()),
                Cow::Owned(mut b) => {
                    b.drain(..3);
                    Cow::Owned(b)
                }
            };
        }
        // A frame of coverdata may begin 0xFF too, but its second byte is 131.
        [0xFF, 0xFE, ..] => encoding_rs::UTF_16LE,
        [0xFE, 0xFF, ..] => encoding_rs::UTF_16BE,
        // XML without a mark: `<` in two bytes.
        [b'<', 0, b'?' | b'!', 0, ..] => encoding_rs::UTF_16LE,
        [0, b'<', 0, b'?' | b'!', ..] => encoding_rs::UTF_16BE,
        text if is_ascii_in_pairs(text, 0) => encoding_rs::UTF_16LE,
        text if is_ascii_in_pairs(text, 1) => encoding_rs::UTF_16BE,
        _ => return bytes,
    };
    let (text, _, broken) = utf16.decode(&bytes);
    if broken { bytes } else { Cow::Owned(text.into_owned().into_bytes()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_two_bytes_a_character_needs_no_mark() {
        let text = "===> Compiling shop\r\n";
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [&le, &be] {
            let opened = open(bytes, &Limits::default()).unwrap();
            assert_eq!(opened.bytes.as_ref(), text.as_bytes());
        }
        for other in [&le[..12], &le[..le.len() - 1], &[b'a', 0, 1, 0].repeat(8), text.as_bytes()] {
            assert_eq!(open(other, &Limits::default()).unwrap().bytes.as_ref(), other);
        }
    }
}

#[cfg(test)]
mod room {
    use super::*;

    #[test]
    fn what_takes_memory_has_a_limit() {
        let limits = Limits { findings: 2, sources: 3, ..Limits::default() };
        assert!(limits.has_room_for_findings(2).is_ok() && limits.has_room_for_sources(3).is_ok());
        assert!(limits.has_room_for_findings(3).unwrap_err().message().contains("more than 2 findings"));
        assert!(limits.has_room_for_sources(4).unwrap_err().message().contains("more than 3 source files"));
        // Each reader that adds up what it reads holds on, and not only what is read in the end.
        let log: String = (1..=3).map(|n| format!("a.py:{n}: error: x  [y]\n")).collect();
        let options = crate::ReadOptions { limits: limits.clone(), ..crate::ReadOptions::default() };
        let read = |name: &str, text: &str| crate::read(&crate::Formats::default(), name, text.as_bytes(), &options);
        assert!(read("mypy.log", &format!("{log}Found 3 errors in 1 file (checked 1 source file)\n")).is_err());
        let records: String = (1..=4).map(|n| format!("SF:f{n}\nDA:1,1\nend_of_record\n")).collect();
        assert!(read("lcov.info", &records).unwrap_err().message().contains("source files"));
        assert!(read("lcov.info", &records.replace("f4", "f1")).is_ok());
    }
}
