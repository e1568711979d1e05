//! Writes a bundle.

use super::manifest::{BLOBS, BundledFile, Digest, MANIFEST, Manifest, VERDICT, VERSION};
use crate::verdict::Verdict;
use flate2::{Compression, GzBuilder};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::hash::sha256_hex;
use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};

/// Evidence that goes into a bundle.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Its path, as the verdict names it.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// When it was last written, seconds since 1970-01-01 UTC.
    pub modified: Option<i64>,
}

/// Writes a verdict and evidence as a bundle. The same verdict and evidence give the same bytes.
///
/// # Errors
/// A path that does not lie below a folder, or that two pieces have; what the writer gives.
pub fn write(verdict: &Verdict, mut pieces: Vec<Piece>, out: &mut dyn Write) -> io::Result<()> {
    pieces.sort_by(|a, b| a.path.cmp(&b.path));
    let verdict = serde_json::to_vec(verdict)?;
    let blobs: BTreeMap<String, &[u8]> = pieces.iter().map(|p| (sha256_hex(&p.bytes), p.bytes.as_slice())).collect();
    let file = |p: &Piece| BundledFile {
        path: p.path.clone(),
        sha256: sha256_hex(&p.bytes),
        size: size(&p.bytes),
        modified: p.modified,
    };
    let manifest = Manifest {
        gatekeeper_bundle: VERSION,
        engine: env!("CARGO_PKG_VERSION").to_owned(),
        verdict: Digest { sha256: sha256_hex(&verdict), size: size(&verdict) },
        files: pieces.iter().map(file).collect(),
    };
    manifest.check().map_err(|e: ParseError| io::Error::other(e.words()))?;
    // In large pieces: each write costs the packer a whole buffer, and an archive is written a head and a piece at a time.
    let packed = GzBuilder::new().mtime(0).write(out, Compression::default());
    let mut archive = tar::Builder::new(BufWriter::with_capacity(1 << 18, packed));
    add(&mut archive, MANIFEST, &serde_json::to_vec(&manifest)?)?;
    add(&mut archive, VERDICT, &verdict)?;
    for (sha256, bytes) in blobs {
        add(&mut archive, &format!("{BLOBS}{sha256}"), bytes)?;
    }
    archive.into_inner()?.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?;
    Ok(())
}

fn size(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn add<W: Write>(archive: &mut tar::Builder<W>, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_size(size(bytes));
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_path(name)?;
    header.set_cksum();
    archive.append(&header, bytes)
}
