//! Writing files whole or not at all, and never in the place of what is no file or must stay.

use gatekeeper_core::verdict::Verdict;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes a file beside its place first and then puts it there in one step. A device is written to; nothing takes its place.
///
/// # Errors
/// A pipe, a socket, or a stream of this process that leads to a file: neither is replaced. Whatever the file system refuses.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(meta) if is_device(&meta) || is_own_stream(path) && !meta.is_file() => {
            return fs::OpenOptions::new().append(true).open(path)?.write_all(bytes);
        }
        Ok(_) if is_own_stream(path) => {
            return Err(io::Error::other("is a stream of this process, which leads to a file: name the file itself"));
        }
        Ok(meta) if !meta.is_file() && !meta.is_dir() => {
            return Err(io::Error::other("is a pipe or a socket, which no file may replace"));
        }
        _ => {}
    }
    if let Some(folder) = path.parent()
        && !folder.as_os_str().is_empty()
    {
        fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.partial", std::process::id()));
    let partial = path.with_file_name(name);
    let done = fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, path));
    if done.is_err() {
        let _ = fs::remove_file(&partial);
    }
    done
}

/// Removes what an earlier run left; a device stays.
pub(crate) fn remove_old(path: &Path) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|meta| is_device(&meta)) || is_own_stream(path) {
        return Ok(());
    }
    match fs::remove_file(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

#[cfg(unix)]
fn is_device(meta: &fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_char_device(&meta.file_type())
}

#[cfg(not(unix))]
fn is_device(_: &fs::Metadata) -> bool {
    false
}

/// Whether a path is, or leads by links to, one of this process's streams: `/dev/stdout`, `/dev/fd/63`.
fn is_own_stream(path: &Path) -> bool {
    const MOST_LINKS: usize = 40;
    let Ok(mut at) = std::path::absolute(path) else { return false };
    for _ in 0..MOST_LINKS {
        let streams = ["/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"];
        if streams.iter().any(|s| at.starts_with(s)) {
            return true;
        }
        let (Ok(to), Some(folder)) = (fs::read_link(&at), at.parent()) else { return false };
        at = folder.join(to);
    }
    false
}

/// The place that a path names: its folder without links, and the name in it.
fn place(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(fs::canonicalize(folder).ok()?.join(path.file_name()?))
}

/// The first of these files that is named twice. A device may be.
pub(crate) fn named_twice<'f>(files: &[&'f Path]) -> Option<&'f Path> {
    let mut places: BTreeSet<PathBuf> = BTreeSet::new();
    files.iter().copied().find(|file| {
        let whole = || std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf());
        let first = places.insert(place(file).unwrap_or_else(whole));
        !first && !fs::metadata(file).is_ok_and(|meta| is_device(&meta)) && !is_own_stream(file)
    })
}

/// What a file would be written over: evidence of this verdict, or its policy.
pub(crate) fn judged_in(file: &Path, verdict: &Verdict) -> Option<String> {
    let here = place(file)?;
    let root = Path::new(&verdict.root);
    let evidence = verdict.evidence.iter().map(|e| e.path.as_str());
    let all = evidence.chain(verdict.set_aside.iter().map(|a| a.path.as_str())).chain(verdict.policy.file.as_deref());
    // What is given on the command line is named from the working directory.
    let is = |name: &str| {
        [root.join(name), PathBuf::from(name)]
            .iter()
            .any(|path| place(path).as_ref() == Some(&here) || fs::canonicalize(path).ok().as_ref() == Some(&here))
    };
    all.into_iter().find(|name| is(name)).map(str::to_owned)
}
