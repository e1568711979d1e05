//! Reads a bundle as what it is: a file from a stranger.

use super::Bundle;
use super::manifest::{BLOBS, MANIFEST, Manifest, VERDICT};
use crate::verdict::{SCHEMA_VERSION, Verdict};
use flate2::bufread::GzDecoder;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::hash::sha256_hex;
use gatekeeper_formats::input::Limits;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Largest manifest, bytes.
const MOST_MANIFEST: u64 = 16 << 20;
/// Zeros that may follow the last entry: tar fills up its last record.
const MOST_PADDING: usize = 64 << 10;
/// What any bundle may unpack to, and how many times its size a larger one.
const FREE: u64 = 32 << 20;
const MOST_RATIO: u64 = 200;

/// A reader that ends with an error where it gives more than it may.
struct Bounded<R> {
    inner: R,
    left: u64,
    over: Arc<AtomicBool>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(into)?;
        self.left = match self.left.checked_sub(u64::try_from(n).unwrap_or(u64::MAX)) {
            Some(left) => left,
            None => {
                self.over.store(true, Ordering::Relaxed);
                return Err(io::Error::other("it unpacks to more than is allowed"));
            }
        };
        Ok(n)
    }
}

/// How an entry is called that is no plain file.
fn type_of(header: &tar::Header) -> Option<&'static str> {
    match header.entry_type() {
        tar::EntryType::Regular => None,
        tar::EntryType::Symlink => Some("a symbolic link"),
        tar::EntryType::Link => Some("a hard link"),
        tar::EntryType::Char | tar::EntryType::Block => Some("a device"),
        tar::EntryType::Fifo => Some("a pipe"),
        tar::EntryType::Directory => Some("a folder"),
        tar::EntryType::GNUSparse => Some("a sparse file"),
        _ => Some("an extension of the archive's format"),
    }
}

impl Bundle {
    /// Reads a bundle; `name` is what errors call it. Nothing is written anywhere.
    ///
    /// # Errors
    /// Whatever is not as [`super::write`] writes it, is above the limits, or is not what the manifest says: with the entry that it is about.
    pub fn read(name: &str, packed: &[u8], limits: &Limits) -> Result<Bundle, ParseError> {
        read(packed, limits).map_err(|e| e.finish(name, "bundle", None))
    }
}

fn read(packed: &[u8], limits: &Limits) -> Result<Bundle, ParseError> {
    if packed.is_empty() {
        return Err(ParseError::new(ErrorCode::Empty, "is empty"));
    }
    if !packed.starts_with(&[0x1f, 0x8b]) {
        return Err(ParseError::new(ErrorCode::Unrecognised, "is no bundle: it is not compressed with gzip"));
    }
    let by_size = FREE.max(u64::try_from(packed.len()).unwrap_or(u64::MAX).saturating_mul(MOST_RATIO));
    let most = limits.unpacked_bytes.min(by_size);
    let over = Arc::new(AtomicBool::new(false));
    let stream = Bounded { inner: GzDecoder::new(packed), left: most, over: Arc::clone(&over) };
    let told = |e: io::Error| match over.load(Ordering::Relaxed) {
        true => ParseError::limit(format!("unpacks to more than {most} bytes (200 times its size, or --max-bytes)")),
        false => ParseError::malformed("a whole tar archive in gzip: it is cut off or damaged").because(e),
    };
    let mut archive = tar::Archive::new(stream);
    let mut entries = archive.entries().map_err(told)?.raw(true);
    // Each of the two has its place, so that nothing is read that nothing was said of.
    let mut next = |wanted: &str, most: u64| match entries.next() {
        Some(entry) => Entry::of(entry.map_err(told)?)?.named(wanted)?.bytes(most).map_err(|e| e.or(told)),
        None => Err(ParseError::malformed(format!("the entry {wanted}, and there are no more"))),
    };
    let manifest = next(MANIFEST, MOST_MANIFEST)?;
    let manifest: Manifest = serde_json::from_slice(&manifest)
        .map_err(|e| ParseError::malformed("a bundle's manifest").in_path(MANIFEST).because(e))?;
    manifest.check()?;
    let verdict = next(VERDICT, limits.file_bytes.min(manifest.verdict.size))?;
    held(VERDICT, &verdict, manifest.verdict.size, &manifest.verdict.sha256)?;
    let verdict: Verdict =
        serde_json::from_slice(&verdict).map_err(|e| ParseError::malformed("a verdict").in_path(VERDICT).because(e))?;
    if verdict.schema_version != SCHEMA_VERSION {
        let words = format!("a verdict with schema_version {SCHEMA_VERSION}, not {}", verdict.schema_version);
        return Err(ParseError::malformed(words).in_path(VERDICT));
    }
    let mut wanted: BTreeMap<&str, u64> = BTreeMap::new();
    for file in &manifest.files {
        if *wanted.entry(&file.sha256).or_insert(file.size) != file.size {
            return Err(ParseError::malformed("one size for one digest").in_path(MANIFEST).found(&file.path));
        }
    }
    let total = wanted.values().fold(0_u64, |sum, size| sum.saturating_add(*size));
    if total > most {
        return Err(ParseError::limit(format!("says that it unpacks to {total} bytes, {most} are allowed")));
    }
    let mut blobs: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for (sha256, size) in wanted {
        let name = format!("{BLOBS}{sha256}");
        let bytes = next(&name, size.min(limits.file_bytes))?;
        held(&name, &bytes, size, sha256)?;
        blobs.insert(sha256.to_owned(), bytes);
    }
    if let Some(more) = entries.next() {
        let entry = Entry::of(more.map_err(told)?)?;
        return Err(ParseError::malformed("no entry that the manifest does not name").found(&entry.name));
    }
    the_end(archive.into_inner(), told)?;
    Ok(Bundle { manifest, verdict, blobs })
}

/// Nothing may follow the archive, within the compressed stream or behind it. Its checksum is held against it here.
fn the_end(mut stream: Bounded<GzDecoder<&[u8]>>, told: impl Fn(io::Error) -> ParseError) -> Result<(), ParseError> {
    let mut rest = Vec::new();
    let most = u64::try_from(MOST_PADDING).unwrap_or(u64::MAX).saturating_add(1);
    stream.by_ref().take(most).read_to_end(&mut rest).map_err(told)?;
    if rest.len() > MOST_PADDING || rest.iter().any(|b| *b != 0) {
        return Err(ParseError::malformed("nothing after the archive's end"));
    }
    match stream.inner.into_inner().is_empty() {
        true => Ok(()),
        false => Err(ParseError::malformed("nothing after the compressed archive")),
    }
}

/// Whether an entry is what the manifest says.
fn held(name: &str, bytes: &[u8], size: u64, sha256: &str) -> Result<(), ParseError> {
    if u64::try_from(bytes.len()).ok() != Some(size) {
        let words = format!("{size} bytes, as the manifest says, not {}", bytes.len());
        return Err(ParseError::malformed(words).in_path(name));
    }
    match sha256_hex(bytes) == sha256 {
        true => Ok(()),
        false => Err(ParseError::malformed("the content that the manifest has the digest of").in_path(name)),
    }
}

/// An entry of the archive that is a plain file.
struct Entry<'a, R: Read> {
    entry: tar::Entry<'a, R>,
    name: String,
    size: u64,
}

/// Why an entry was not read.
enum Unread {
    Refused(ParseError),
    Broken(io::Error),
}

impl Unread {
    fn or(self, told: impl Fn(io::Error) -> ParseError) -> ParseError {
        match self {
            Unread::Refused(e) => e,
            Unread::Broken(e) => told(e),
        }
    }
}

impl<'a, R: Read> Entry<'a, R> {
    fn of(entry: tar::Entry<'a, R>) -> Result<Self, ParseError> {
        let name = String::from_utf8_lossy(&entry.header().path_bytes()).into_owned();
        if let Some(odd) = type_of(entry.header()) {
            return Err(ParseError::malformed(format!("plain files alone, not {odd}")).found(&name));
        }
        let size = entry.header().entry_size().map_err(|e| ParseError::malformed("an entry's size").because(e))?;
        Ok(Entry { entry, name, size })
    }

    fn named(self, wanted: &str) -> Result<Self, ParseError> {
        match self.name == wanted {
            true => Ok(self),
            false => Err(ParseError::malformed(format!("the entry {wanted}")).found(&self.name)),
        }
    }

    /// Its bytes; it says first how many there are.
    fn bytes(self, most: u64) -> Result<Vec<u8>, Unread> {
        if self.size > most {
            let words = format!("{} bytes, {most} at most are allowed here", self.size);
            return Err(Unread::Refused(ParseError::limit(words).in_path(self.name)));
        }
        let mut bytes = Vec::new();
        self.entry.take(most).read_to_end(&mut bytes).map_err(Unread::Broken)?;
        Ok(bytes)
    }
}
