//! A file's bytes: bounded, never those of a pipe, a large file's by several threads.

use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_formats::input::Limits;
use rayon::prelude::*;
use std::fs;
use std::io::Read;
use std::path::Path;

/// Whether a path names one of this process's own streams, as shells do: `/dev/stdin`, `/dev/fd/63` of `<(command)`.
fn is_own_stream(path: &Path) -> bool {
    path == Path::new("/dev/stdin") || path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd")
}

/// A file's bytes, at most `most` of them. A pipe, socket or device is not opened, nor one that a link leads to: it might never end. Who
/// names this process's own streams means them.
pub(super) fn read_file(path: &Path, most: u64) -> Result<Vec<u8>, ParseError> {
    read_bounded(path, most, " (raise it with --max-bytes)")
}

/// A file's bytes, up to the limit of files: a regular file or a stream of this process's own.
///
/// # Errors
/// Whatever the file system refuses; a folder, a pipe, a socket or a device; what is above the limit.
pub fn read_whole(path: &Path, limits: &Limits) -> Result<Vec<u8>, ParseError> {
    read_file(path, limits.file_bytes)
}

/// The same of a file that has a say in what passes: a policy, an ignore file.
pub(crate) fn read_rules(path: &Path, limits: &Limits) -> Result<Vec<u8>, ParseError> {
    read_bounded(path, limits.policy_bytes, "")
}

/// `way_out` is what to do about a file that is too large.
fn read_bounded(path: &Path, most: u64, way_out: &str) -> Result<Vec<u8>, ParseError> {
    let io = |e: std::io::Error| ParseError::new(ErrorCode::Io, "cannot be read").because(e);
    let too_big = |size: &str| ParseError::limit(format!("{size} bytes, above the limit of {most}{way_out}"));
    let meta = fs::metadata(path).map_err(io)?;
    if meta.is_dir() {
        return Err(ParseError::new(ErrorCode::Io, "is a folder, not a file"));
    }
    if !meta.is_file() && !is_own_stream(path) {
        return Err(ParseError::new(ErrorCode::Io, "is a pipe, socket or device, not a file"));
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

    #[cfg(unix)]
    #[test]
    fn what_would_never_end_is_not_opened_nor_behind_a_link() {
        use std::os::unix::fs::symlink;
        let folder = std::env::temp_dir().join(format!("gatekeeper-endless-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (pipe, to_pipe, to_device) = (folder.join("pipe"), folder.join("to-pipe"), folder.join("to-device"));
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        symlink("pipe", &to_pipe).unwrap();
        symlink("/dev/zero", &to_device).unwrap();
        for path in [pipe.as_path(), &to_pipe, &to_device, Path::new("/dev/zero")] {
            let limits = Limits::default();
            for read in [read_file(path, limits.file_bytes), read_rules(path, &limits)] {
                let error = read.unwrap_err();
                assert_eq!((error.code(), error.message().contains("not a file")), (ErrorCode::Io, true), "{error}");
            }
        }
        let whole = folder.join("whole");
        fs::write(&whole, "text").unwrap();
        symlink("whole", folder.join("to-whole")).unwrap();
        assert_eq!(read_rules(&folder.join("to-whole"), &Limits::default()).unwrap(), b"text");
        let mut tight = Limits::default();
        tight.policy_bytes = 3;
        assert_eq!(read_rules(&whole, &tight).unwrap_err().code(), ErrorCode::LimitExceeded);
        fs::remove_dir_all(&folder).unwrap();
    }
}
