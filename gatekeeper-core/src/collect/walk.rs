//! Walks a tree by patterns, all of them in one pass, component by component.
//!
//! Links are followed where a pattern names them. One that a wildcard meets is followed where it stays below the root and leads to something
//! that was not met by its own name (`ct_run`'s `last` is a link: a run would count twice). Wildcards take hidden names too: what a policy's
//! pattern matches must not hide behind a dot. What could not be looked at is told, so that whoever asked can refuse to judge without it.

use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::glob::{Part, Pattern};
use gatekeeper_formats::Formats;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that no wildcard enters: what version control keeps is no report.
const CLOSED: [&str; 1] = [".git"];
/// Folders that are not entered unless a policy says `**`: other people's files, and too many.
const FOREIGN: [&str; 4] = ["node_modules", ".venv", ".tox", "__pycache__"];
/// Deepest folder that a `**` enters.
pub(super) const DEEPEST: usize = 40;

/// Whose patterns they are.
#[derive(Clone, Copy)]
pub(super) enum Asked<'f> {
    /// A policy's: every file that they match counts, wherever it lies.
    ByPolicy,
    /// A policy's, and names count as well: a link beside what it leads to is a second one.
    ByName,
    /// Anybody's: the usual places, or all of a folder. What is told of links there are those that look like reports.
    Broadly(&'f Formats),
}

/// What patterns are to match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Files,
    Folders,
}

/// A file or folder that patterns match.
#[derive(Debug)]
pub(super) struct Found {
    /// Relative to the root, as it is named to people and to patterns.
    pub path: String,
    /// Where it is: its name need not be UTF-8.
    pub file: PathBuf,
    /// The patterns that match it, by index, in order.
    pub patterns: Vec<usize>,
    /// Written when (seconds since 1970-01-01 UTC).
    pub modified: Option<i64>,
}

/// What a walk came to, in path order.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub found: Vec<Found>,
    /// What could not be looked at.
    pub unseen: Vec<(String, ParseError)>,
}

impl Walked {
    /// Whether a pattern matches anything.
    pub(super) fn met(&self, pattern: usize) -> bool {
        self.found.iter().any(|f| f.patterns.contains(&pattern))
    }
}

/// When a file was last written (seconds since 1970-01-01 UTC).
pub(super) fn modified(path: &Path) -> Option<i64> {
    let time = fs::metadata(path).ok()?.modified().ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// The files (or folders) that patterns match.
pub(super) fn walk(root: &Path, patterns: &[&Pattern], wanted: Wanted, asked: Asked<'_>) -> Walked {
    let start: Vec<State> = (0..patterns.len()).map(|p| (p, 0)).collect();
    let mut walk = Walk {
        patterns,
        wanted,
        asked,
        root: fs::canonicalize(root).ok(),
        found: BTreeMap::new(),
        linked: BTreeMap::new(),
        unseen: Vec::new(),
        entered: Vec::new(),
        in_link: false,
    };
    walk.step(root, "", &start, 0);
    walk.finish(root)
}

/// A pattern and the part of it that is to be matched next.
type State = (usize, usize);
/// Which patterns match a path, when it was written, and where it is.
type Matches = BTreeMap<String, (Vec<usize>, Option<i64>, PathBuf)>;

struct Walk<'p> {
    patterns: &'p [&'p Pattern],
    wanted: Wanted,
    asked: Asked<'p>,
    /// The root without links.
    root: Option<PathBuf>,
    found: Matches,
    /// What was met through a link under a wildcard.
    linked: Matches,
    unseen: Vec<(String, ParseError)>,
    /// The folders that links have led into, on the way to where the walk is: none is entered twice.
    entered: Vec<PathBuf>,
    in_link: bool,
}

impl<'p> Walk<'p> {
    fn part(&self, (p, i): State) -> Option<&'p Part> {
        self.patterns.get(p).and_then(|p| p.parts.get(i))
    }

    fn is_last(&self, (p, i): State) -> bool {
        self.patterns.get(p).is_some_and(|p| i + 1 == p.parts.len())
    }

    /// One folder: its entries against the parts that are to be matched next.
    fn step(&mut self, folder: &Path, prefix: &str, states: &[State], depth: usize) {
        // `**` also stands for no folder at all.
        let mut here: Vec<State> = states.to_vec();
        let mut n = 0;
        while let Some(&(p, i)) = here.get(n) {
            if matches!(self.part((p, i)), Some(Part::Deep)) && !self.is_last((p, i)) && !here.contains(&(p, i + 1)) {
                here.push((p, i + 1));
            }
            n += 1;
        }
        // Names that are known are asked for by name; a folder is listed only where a wildcard wants it.
        let wild = here.iter().any(|s| matches!(self.part(*s), Some(Part::Wild(_) | Part::Deep)));
        if !wild {
            let mut names: Vec<&str> = Vec::new();
            for s in &here {
                if let Some(Part::Literal(name)) = self.part(*s)
                    && !names.contains(&name.as_str())
                {
                    names.push(name);
                }
            }
            for name in names {
                let path = folder.join(name);
                let Ok(meta) = fs::symlink_metadata(&path) else { continue };
                let fitting: Vec<_> = here
                    .iter()
                    .copied()
                    .filter(|s| matches!(self.part(*s), Some(Part::Literal(l)) if l == name))
                    .collect();
                self.visit(name, prefix, &path, &fitting, meta.file_type(), depth);
            }
            return;
        }
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<fs::DirEntry>, _>>);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(e) => {
                let shown = if prefix.is_empty() { "." } else { prefix };
                let error = ParseError::new(ErrorCode::Io, "this folder cannot be read").because(e);
                self.unseen.push((shown.to_owned(), error));
                return;
            }
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let Ok(kind) = entry.file_type() else { continue };
            let fits = |s: &State| match self.part(*s) {
                Some(Part::Literal(l)) => *l == name,
                Some(Part::Wild(w)) => w.is_match(&name) && !CLOSED.contains(&name.as_ref()),
                Some(Part::Deep) => !CLOSED.contains(&name.as_ref()),
                None => false,
            };
            let fitting: Vec<State> = here.iter().copied().filter(fits).collect();
            self.visit(&name, prefix, &entry.path(), &fitting, kind, depth);
        }
    }

    fn visit(&mut self, name: &str, prefix: &str, path: &Path, fitting: &[State], kind: fs::FileType, depth: usize) {
        if fitting.is_empty() {
            return;
        }
        let shown = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
        if !kind.is_symlink() {
            return self.take(name, shown, path, fitting, kind.is_dir(), depth);
        }
        let folder = path.is_dir();
        let literal = |s: &State| matches!(self.part(*s), Some(Part::Literal(_)));
        let (named, met): (Vec<State>, Vec<State>) = fitting.iter().copied().partition(literal);
        if !named.is_empty() {
            self.take(name, shown.clone(), path, &named, folder, depth);
        }
        if met.is_empty() {
            return;
        }
        let outer = std::mem::replace(&mut self.in_link, true);
        let entered = self.entered.len();
        if !folder {
            self.take(name, shown, path, &met, false, depth);
        } else if let Ok(real) = fs::canonicalize(path) {
            // A link to a folder above itself, or to one that is on the way already, would never end.
            let within = |known: &PathBuf| known.starts_with(&real);
            let circle = fs::canonicalize(path.parent().unwrap_or(path)).is_ok_and(|here| within(&here))
                || self.entered.iter().any(within);
            if !circle && self.below_root(&real) {
                self.entered.push(real);
                self.take(name, shown, path, &met, true, depth);
            } else if !circle {
                // What lies in it is not looked at: `finish` tells of it.
                self.linked
                    .entry(shown)
                    .or_insert_with(|| (met.iter().map(|(p, _)| *p).collect(), None, path.to_owned()));
            }
        }
        self.entered.truncate(entered);
        self.in_link = outer;
    }

    fn below_root(&self, real: &Path) -> bool {
        self.root.as_ref().is_some_and(|root| real.starts_with(root))
    }

    /// Notes what matches wholly, and goes on into a folder.
    fn take(&mut self, name: &str, shown: String, path: &Path, fitting: &[State], folder: bool, depth: usize) {
        let whole = |s: &&State| {
            self.is_last(**s)
                && match self.wanted {
                    Wanted::Files => !folder,
                    Wanted::Folders => folder && !matches!(self.part(**s), Some(Part::Deep)),
                }
        };
        let patterns: Vec<usize> = fitting.iter().filter(whole).map(|(p, _)| *p).collect();
        if !patterns.is_empty() {
            let map = if self.in_link { &mut self.linked } else { &mut self.found };
            let at = map.entry(shown.clone()).or_insert_with(|| (Vec::new(), modified(path), path.to_owned()));
            if at.2 != path {
                let error = "two files have this name as far as it is text, so that one would be taken for the other";
                self.unseen.push((shown.clone(), ParseError::new(ErrorCode::Io, error)));
            }
            at.0.extend(patterns);
            at.0.sort_unstable();
            at.0.dedup();
        }
        if !folder {
            return;
        }
        let mut next: Vec<State> = Vec::new();
        for &(p, i) in fitting {
            let deep = matches!(self.part((p, i)), Some(Part::Deep));
            let foreign = matches!(self.asked, Asked::Broadly(_)) && FOREIGN.contains(&name);
            if deep && !foreign {
                next.push((p, i));
            } else if !deep && !self.is_last((p, i)) {
                next.push((p, i + 1));
            }
        }
        if next.is_empty() {
            return;
        }
        if depth >= DEEPEST {
            let error = ParseError::limit(format!("lies more than {DEEPEST} folders deep, so it was not looked into"));
            self.unseen.push((shown, error));
            return;
        }
        self.step(path, &shown, &next, depth + 1);
    }

    /// Sorts out what was met through links.
    fn finish(mut self, root: &Path) -> Walked {
        let mut unseen = std::mem::take(&mut self.unseen);
        if !self.linked.is_empty() {
            let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
            let mut seen: HashSet<PathBuf> =
                self.found.values().filter_map(|(_, _, file)| fs::canonicalize(file).ok()).collect();
            for (path, (patterns, modified, file)) in std::mem::take(&mut self.linked) {
                // In a folder of anything there are also links that are nobody's report.
                let wanted = patterns.iter().any(|p| self.patterns.get(*p).is_some_and(|p| !p.takes_anything()))
                    || match self.asked {
                        Asked::ByPolicy | Asked::ByName => true,
                        Asked::Broadly(formats) => formats.iter().any(|f| f.has_extension_of(&path)),
                    };
                let error = match fs::canonicalize(&file) {
                    Ok(real) if !real.starts_with(&root) => {
                        "is reached by a link that leaves the root, which a wildcard does not follow: name it without one"
                    }
                    Ok(real) => {
                        let new = seen.insert(real.clone()) || matches!(self.asked, Asked::ByName);
                        if new && !real.is_dir() && !self.found.contains_key(&path) {
                            self.found.insert(path, (patterns, modified, file));
                        }
                        continue;
                    }
                    Err(_) => "is a link that leads nowhere",
                };
                if wanted && !self.found.contains_key(&path) {
                    unseen.push((path, ParseError::new(ErrorCode::Io, error)));
                }
            }
        }
        unseen.sort_by(|a, b| a.0.cmp(&b.0));
        let found = self.found.into_iter();
        let found = found.map(|(path, (patterns, modified, file))| Found { path, file, patterns, modified }).collect();
        Walked { found, unseen }
    }
}
