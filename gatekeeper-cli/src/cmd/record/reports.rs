//! The reports that a recorded command is to write: what lay there before it began, and what it left.

use gatekeeper_core::evidence::command::Report;
use gatekeeper_core::evidence::glob::Pattern;
use gatekeeper_core::evidence::hash::sha256_hex;
use gatekeeper_core::{Engine, ReadOptions};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

/// How deep patterns are looked for.
const DEEPEST: usize = 40;
/// Most files that patterns may match together.
const MOST: usize = 20_000;

/// What tells that a file was written again.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    size: u64,
    modified: Option<SystemTime>,
    changed: (i64, i64, u64),
}

impl Stamp {
    fn of(meta: &Metadata) -> Self {
        Stamp { size: meta.len(), modified: meta.modified().ok(), changed: changed(meta) }
    }
}

#[cfg(unix)]
fn changed(meta: &Metadata) -> (i64, i64, u64) {
    use std::os::unix::fs::MetadataExt;
    (meta.ctime(), meta.ctime_nsec(), meta.ino())
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> (i64, i64, u64) {
    (0, 0, 0)
}

/// A report that is waited for.
#[derive(Debug)]
enum Wanted {
    File(PathBuf),
    Each(String, Pattern),
}

/// The reports that are waited for, with what lay in their places before.
#[derive(Debug)]
pub(super) struct Watched {
    wanted: Vec<Wanted>,
    before: BTreeMap<PathBuf, Stamp>,
}

impl Watched {
    /// Looks at what lies there before the command begins; an error, in words, where a name is no pattern.
    pub(super) fn before(names: &[String]) -> Result<Self, String> {
        let mut wanted = Vec::new();
        for name in names {
            let name = name.replace('\\', "/");
            let plain = !name.contains(['*', '?', '[', '{']) || Path::new(&name).exists();
            wanted.push(match plain {
                true if name.is_empty() => return Err("names no file".to_owned()),
                true => Wanted::File(PathBuf::from(&name)),
                false => {
                    let pattern = Pattern::new(&name).map_err(|e| format!("{name}: {e}"))?;
                    Wanted::Each(name, pattern)
                }
            });
        }
        let mut watched = Watched { wanted, before: BTreeMap::new() };
        watched.before =
            watched.files().into_iter().filter_map(|f| Some((stamp(&f)?, f))).map(|(s, f)| (f, s)).collect();
        Ok(watched)
    }

    /// The files that are there now.
    fn files(&self) -> BTreeSet<PathBuf> {
        let patterns: Vec<&Pattern> = self
            .wanted
            .iter()
            .filter_map(|w| match w {
                Wanted::Each(_, pattern) => Some(pattern),
                Wanted::File(_) => None,
            })
            .collect();
        let mut out: BTreeSet<PathBuf> = self
            .wanted
            .iter()
            .filter_map(|w| match w {
                Wanted::File(file) if file.is_dir() => None,
                Wanted::File(file) => Some(file.clone()),
                Wanted::Each(..) => None,
            })
            .collect();
        for folder in self.wanted.iter().filter_map(|w| match w {
            Wanted::File(folder) if folder.is_dir() => Some(folder),
            _ => None,
        }) {
            walk(folder, &|_| true, &mut out);
        }
        if !patterns.is_empty() {
            walk(Path::new(""), &|path| patterns.iter().any(|p| p.matches(path).is_some()), &mut out);
        }
        out
    }

    /// What the command left, for a recording at `file`.
    pub(super) fn after(&self, file: &Path) -> Vec<Report> {
        let files = self.files();
        let from = file.parent().unwrap_or(Path::new(""));
        let engine = Engine::default();
        let mut out: Vec<Report> = files
            .iter()
            .map(|f| {
                let path = relative(from, f);
                let fresh = stamp(f).filter(|now| self.before.get(f) != Some(now));
                let Some(bytes) = fresh.and_then(|_| fs::read(f).ok()) else {
                    return Report { path, ..Report::default() };
                };
                let name = f.to_string_lossy().replace('\\', "/");
                let format =
                    engine.read(&name, &bytes, &ReadOptions::default()).ok().map(|e| e.source.format.to_owned());
                let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                Report { path, sha256: Some(sha256_hex(&bytes)), bytes: size, format }
            })
            .collect();
        for w in &self.wanted {
            if let Wanted::Each(name, pattern) = w
                && !files.iter().any(|f| pattern.matches(&f.to_string_lossy().replace('\\', "/")).is_some())
            {
                out.push(Report { path: relative(from, Path::new(name)), ..Report::default() });
            }
            // A folder that was there and is empty has no report.
            if let Wanted::File(folder) = w
                && folder.is_dir()
                && !files.iter().any(|f| f.starts_with(folder))
            {
                out.push(Report { path: relative(from, folder), ..Report::default() });
            }
        }
        out
    }
}

fn stamp(file: &Path) -> Option<Stamp> {
    fs::metadata(file).ok().filter(Metadata::is_file).map(|m| Stamp::of(&m))
}

/// The files below a folder that are wanted, without links and what belongs to git.
fn walk(folder: &Path, wanted: &dyn Fn(&str) -> bool, out: &mut BTreeSet<PathBuf>) {
    let mut folders = vec![(folder.to_owned(), 0_usize)];
    while let Some((folder, depth)) = folders.pop() {
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
        for entry in fs::read_dir(here).into_iter().flatten().flatten() {
            let path = folder.join(entry.file_name());
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && entry.file_name() != ".git" && depth < DEEPEST => {
                    folders.push((path, depth + 1));
                }
                Ok(kind)
                    if kind.is_file() && wanted(&path.to_string_lossy().replace('\\', "/")) && out.len() < MOST =>
                {
                    out.insert(path);
                }
                _ => {}
            }
        }
    }
}

/// A path as seen from a folder: both are relative to the working directory, or absolute.
fn relative(from: &Path, to: &Path) -> String {
    let whole = |p: &Path| {
        let mut out: Vec<String> = Vec::new();
        for part in std::path::absolute(p).unwrap_or_else(|_| p.to_owned()).components() {
            match part {
                Component::ParentDir => drop(out.pop()),
                Component::CurDir => {}
                other => out.push(other.as_os_str().to_string_lossy().into_owned()),
            }
        }
        out
    };
    // The folder of what is named without one is the working directory.
    let (from, to) = (whole(if from.as_os_str().is_empty() { Path::new(".") } else { from }), whole(to));
    let same = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", from.len().saturating_sub(same));
    up.chain(to.iter().skip(same).map(String::as_str)).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_named_from_the_recordings_folder() {
        let of = |from: &str, to: &str| relative(Path::new(from), Path::new(to));
        assert_eq!(of("gatekeeper-records", "junit.xml"), "../junit.xml");
        assert_eq!(of("gatekeeper-records", "./a/../b/c.xml"), "../b/c.xml");
        assert_eq!(of("", "b/c.xml"), "b/c.xml");
        assert_eq!(of("/x/r", "/x/y/c.xml"), "../y/c.xml");
    }
}
