//! A file's bytes: bounded, never those of a pipe, a large file's by several threads.

use gatekeeper_evidence::error::{ErrorCode, ParseError};
use rayon::prelude::*;
use std::fs;
use std::io::Read;
use std::path::Path;

/// A file's bytes, at most `most` of them. A pipe or device that lies in the tree is not opened: it might never end. A link is
/// followed (`/dev/stdin` is one), and what it leads to is cut off at the limit.
pub(super) fn read_file(path: &Path, most: u64) -> Result<Vec<u8>, ParseError> {
    let io = |e: std::io::Error| ParseError::new(ErrorCode::Io, "cannot be read").because(e);
    let too_big =
        |size: &str| ParseError::limit(format!("{size} bytes, above the limit of {most} (raise it with --max-bytes)"));
    let itself = fs::symlink_metadata(path).map_err(io)?.file_type();
    if !(itself.is_file() || itself.is_dir() || itself.is_symlink()) {
        return Err(ParseError::new(ErrorCode::Io, "is a pipe, socket or device, not a file"));
    }
    let meta = fs::metadata(path).map_err(io)?;
    if meta.is_dir() {
        return Err(ParseError::new(ErrorCode::Io, "is a folder, not a file"));
    }
    if meta.len() > most {
        return Err(too_big(&meta.len().to_string()));
    }
    let mut file = fs::File::open(path).map_err(io)?;
    let mut bytes = if meta.len() >= SIDE_BY_SIDE {
        read_side_by_side(&mut file, meta.len()).map_err(io)?
    } else {
        Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0))
    };
    // What was written behind it in the meantime is part of it, a length of nothing (`/proc`, a device) says nothing.
    let room = most.saturating_add(1).saturating_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    file.take(room).read_to_end(&mut bytes).map_err(io)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
        return Err(too_big(&format!("more than {most}")));
    }
    Ok(bytes)
}

/// From which size on, in bytes, a file is read in pieces, side by side.
const SIDE_BY_SIDE: u64 = 8 << 20;

/// The first `size` bytes of a file; half of the time goes into fresh memory, which each thread touches for itself.
#[cfg(unix)]
fn read_side_by_side(file: &mut fs::File, size: u64) -> std::io::Result<Vec<u8>> {
    use std::io::{Seek, SeekFrom};
    use std::os::unix::fs::FileExt;
    const PIECE: usize = 2 << 20;
    let Ok(len) = usize::try_from(size) else { return Ok(Vec::new()) };
    let mut bytes = vec![0; len];
    let shared = &*file;
    bytes.par_chunks_mut(PIECE).enumerate().try_for_each(|(n, piece)| {
        let at = u64::try_from(n.saturating_mul(PIECE)).unwrap_or(u64::MAX);
        shared.read_exact_at(piece, at)
    })?;
    file.seek(SeekFrom::Start(size))?;
    Ok(bytes)
}

/// The first bytes of a file, as few as one likes: the caller reads on.
#[cfg(not(unix))]
fn read_side_by_side(_: &mut fs::File, size: u64) -> std::io::Result<Vec<u8>> {
    Ok(Vec::with_capacity(usize::try_from(size).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_file_is_read_whole_and_one_above_the_limit_is_not() {
        let path = std::env::temp_dir().join(format!("gatekeeper-bytes-{}", std::process::id()));
        let bytes: Vec<u8> = (0..9_000_003_u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
        assert!(u64::try_from(bytes.len()).unwrap() > SIDE_BY_SIDE);
        fs::write(&path, &bytes).unwrap();
        let read = read_file(&path, 10_000_000);
        let above = read_file(&path, 9_000_000);
        fs::remove_file(&path).unwrap();
        assert!(read.unwrap() == bytes);
        assert!(above.unwrap_err().message().contains("above the limit of 9000000"));
    }
}
