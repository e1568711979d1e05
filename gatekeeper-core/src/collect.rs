//! Which files are evidence: the only part of the core that touches the file system.
//!
//! Patterns are walked component by component, all of them in one pass over the tree. Symbolic links are followed where a pattern
//! names them, not where a wildcard meets them (`ct_run`'s `last` is a link: a run would count twice).

mod bytes;
mod packages;

pub use packages::Folder;

use crate::error::{ErrorCode, ParseError};
use crate::evaluate::{CheckOptions, evaluate_in};
use crate::evidence::Evidence;
use crate::findings_union::{parse_plain, parse_yaml};
use crate::format::licenses::PACKAGE_FOLDER;
use crate::format::{self, Format};
use crate::glob::{Part, Pattern};
use crate::inspect::{self, Inspection, ReadOptions, inspection};
use crate::paths::Tree;
use crate::policy::{self, EvidenceEntry, Policy, PolicyError};
use crate::suppress::IgnoreFile;
use crate::verdict::Verdict;
use bytes::read_file;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A file that may be evidence.
#[derive(Debug)]
pub struct Candidate {
    /// How it is named: relative to the root, or as it was given.
    pub path: String,
    /// Where its bytes are.
    pub content: Content,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Which evidence entry of the policy brought it.
    pub entry: Option<usize>,
    /// The format that it must be of.
    pub format: Option<&'static Format>,
    /// The format whose usual place it lies in: what it was probably meant to be.
    pub place_of: Option<&'static Format>,
    /// Whether it has to be evidence: not so for what a `**` or a folder merely contains.
    pub expected: bool,
    /// When it was last written (seconds since 1970-01-01 UTC).
    pub modified: Option<i64>,
}

/// Where a candidate's bytes are.
#[derive(Debug)]
pub enum Content {
    /// In memory.
    Bytes(Vec<u8>),
    /// In a file.
    File(PathBuf),
    /// In the files of installed packages.
    Packages(Folder),
    /// Nowhere: a pattern that matched nothing, a file that is not there.
    Nowhere(ParseError),
}

impl Candidate {
    /// Bytes under a name, for embedding programs.
    pub fn in_memory(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        Candidate::new(path.into(), Content::Bytes(bytes))
    }

    fn new(path: String, content: Content) -> Self {
        Candidate {
            path,
            content,
            labels: BTreeMap::new(),
            entry: None,
            format: None,
            place_of: None,
            expected: true,
            modified: None,
        }
    }

    /// Reads it into evidence.
    pub(crate) fn read(self, options: &ReadOptions) -> Result<Evidence, ParseError> {
        let path = match self.content {
            Content::Packages(folder) => return folder.read(&self.path, &options.limits),
            Content::Bytes(bytes) => return inspect::read(&self.path, &bytes, options),
            Content::Nowhere(error) => return Err(error),
            Content::File(path) => path,
        };
        let bytes = read_file(&path, options.limits.file_bytes)?;
        inspect::read(&self.path, &bytes, options)
    }
}

/// Reads a folder of installed packages. Links in it are followed where they stay below the working directory, or below
/// the folder itself where that lies elsewhere.
///
/// # Errors
/// A located [`ParseError`] where there is no such folder, no package in it, or a package that cannot be read.
pub fn read_packages(path: &Path, working_directory: &Path, options: &ReadOptions) -> Result<Evidence, ParseError> {
    let name = path.to_string_lossy().replace('\\', "/");
    let whole = working_directory.join(path);
    let below = match (fs::canonicalize(&whole), fs::canonicalize(working_directory)) {
        (Ok(folder), Ok(cwd)) => folder.starts_with(cwd),
        _ => false,
    };
    let root = if below { working_directory.to_owned() } else { whole.clone() };
    Folder { path: whole, root, exclude: Vec::new() }.read(name.trim_end_matches('/'), &options.limits)
}

/// What each of these files is and says, in the order given; a folder stands for its files in path order. Several are read at
/// a time.
pub fn inspect_files(files: &[PathBuf], options: &ReadOptions) -> Vec<Inspection> {
    // A folder of packages is one piece of evidence.
    if options.format.is_some_and(Format::is_of_folders) {
        let cwd = std::env::current_dir().unwrap_or_default();
        let name = |f: &Path| f.to_string_lossy().replace('\\', "/");
        return files.iter().map(|f| inspection(&name(f), &read_packages(f, &cwd, options))).collect();
    }
    let paths: Vec<PathBuf> = files.iter().flat_map(|f| files_under(f)).collect();
    paths.par_iter().map(|path| inspect_file(path, options)).collect()
}

fn inspect_file(path: &Path, options: &ReadOptions) -> Inspection {
    inspection(&path.to_string_lossy().replace('\\', "/"), &read_one(path, options))
}

/// Reads files into evidence, in the order given, several at a time.
///
/// # Errors
/// For each file, a located [`ParseError`] where it cannot be read, is above the limit, or is not what its format demands.
pub fn read(files: &[PathBuf], options: &ReadOptions) -> Vec<Result<Evidence, ParseError>> {
    files.par_iter().map(|path| read_one(path, options)).collect()
}

fn read_one(path: &Path, options: &ReadOptions) -> Result<Evidence, ParseError> {
    let name = path.to_string_lossy().replace('\\', "/");
    let bytes = read_file(path, options.limits.file_bytes).map_err(|e| e.finish(&name, "", None))?;
    inspect::read(&name, &bytes, options)
}

/// The file itself, or a folder's files in path order; links within folders are not followed.
fn files_under(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else { return vec![path.to_owned()] };
    let mut paths: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
    paths.sort();
    paths.iter().filter(|p| !p.is_symlink()).flat_map(|p| files_under(p)).collect()
}

/// What `check` is asked for.
#[derive(Debug, Clone, Default)]
pub struct CheckRequest {
    /// The folder that patterns are relative to; otherwise the policy's folder, or the working directory.
    pub root: Option<PathBuf>,
    /// The policy file; otherwise one is looked for upwards from the root or the working directory.
    pub config: Option<PathBuf>,
    /// The profile to apply.
    pub profile: Option<String>,
    /// Files and folders to read instead of the policy's patterns.
    pub paths: Vec<PathBuf>,
    /// The working directory: everything relative is relative to it.
    pub working_directory: PathBuf,
    /// Clock, limits.
    pub options: CheckOptions,
}

/// Finds policy and evidence and judges: the main job, as the command line and the bindings call it.
///
/// # Errors
/// A policy that cannot be used; then nothing is judged.
pub fn check(request: &CheckRequest) -> Result<Verdict, PolicyError> {
    let cwd = &request.working_directory;
    let from = request.root.as_ref().map_or_else(|| cwd.clone(), |r| cwd.join(r));
    let (file, policy_root) = match &request.config {
        Some(config) => (Some(cwd.join(config)), cwd.clone()),
        None => match policy::find(&from)? {
            Some((file, folder)) => (Some(file), folder),
            None => (None, from.clone()),
        },
    };
    let root = if request.root.is_some() { from } else { policy_root };
    if !root.is_dir() {
        return Err(PolicyError::whole(root.display().to_string(), "the root is not a folder that can be read"));
    }
    let shown = |p: &Path| {
        let near = p.strip_prefix(cwd).unwrap_or(p).to_string_lossy().replace('\\', "/");
        if near.is_empty() { ".".to_owned() } else { near }
    };
    let policy = match &file {
        Some(file) => {
            let name = request.config.as_ref().map_or_else(|| shown(file), |c| c.display().to_string());
            let bytes =
                fs::read(file).map_err(|e| PolicyError::whole(name.as_str(), format!("cannot be read: {e}")))?;
            Some(policy::parse(&name, &bytes, request.profile.as_deref())?)
        }
        None => {
            if let Some(profile) = &request.profile {
                return Err(PolicyError::whole(
                    shown(&root),
                    format!("there is no policy here, so no profile `{profile}` either"),
                ));
            }
            None
        }
    };
    let candidates: Vec<Candidate> = if !request.paths.is_empty() {
        request.paths.iter().flat_map(|p| given(cwd, p, request.options.limits.files)).collect()
    } else if let Some(policy) = policy.as_ref().filter(|p| !p.evidence.is_empty()) {
        of_entries(policy, &root)
    } else {
        usual_places(&root)
    };
    let policy = policy.unwrap_or_else(|| policy::default_policy(is_erlang(&root, &candidates)));
    let mut options = request.options.clone();
    options.ignores.extend(ignore_files(&root)?);
    let mut verdict = evaluate_in(&policy, candidates, &options, &|| tree(&root));
    verdict.root = shown(&root);
    Ok(verdict)
}

/// The ignore files of Trivy at the root. One that cannot be read is an error like one in the policy: it says what may pass.
fn ignore_files(root: &Path) -> Result<Vec<IgnoreFile>, PolicyError> {
    let mut out = Vec::new();
    for (name, yaml) in [(".trivyignore", false), (".trivyignore.yaml", true), (".trivyignore.yml", true)] {
        let Ok(bytes) = fs::read(root.join(name)) else { continue };
        let wrong = |why: String| PolicyError::whole(name, why);
        let text = String::from_utf8(bytes).map_err(|_| wrong("is not UTF-8 text".to_owned()))?;
        let entries = if yaml { parse_yaml(&text) } else { parse_plain(&text) };
        let entries = entries.map_err(|e| wrong(e.finish("", "", Some(text.as_bytes())).message()))?;
        out.push(IgnoreFile { path: name.to_owned(), entries });
    }
    Ok(out)
}

/// Whether the built-in gates for Erlang apply: by the project's files, or by evidence that only Erlang's tools leave.
fn is_erlang(root: &Path, candidates: &[Candidate]) -> bool {
    const FILES: [&str; 4] = ["rebar.config", "rebar.config.script", "rebar.lock", "erlang.mk"];
    const RECORDED: [&str; 7] = ["compile", "dialyzer", "xref", "eunit", "ct", "proper", "cover"];
    let of_erlang = |c: &Candidate| {
        let mut parts = c.path.rsplit('/');
        let name = parts.next().unwrap_or_default();
        FILES.contains(&name)
            || [".coverdata", ".dialyzer_warnings"].iter().any(|e| name.ends_with(e))
            || name.strip_suffix(".record").is_some_and(|tool| RECORDED.contains(&tool))
            || parts.any(|p| p.starts_with("ct_run."))
    };
    FILES.iter().any(|f| root.join(f).exists()) || root.join("_build").is_dir() || candidates.iter().any(of_erlang)
}

/// The files of the policy's entries.
fn of_entries(policy: &Policy, root: &Path) -> Vec<Candidate> {
    let mut out: Vec<Candidate> = Vec::new();
    for (n, entry) in policy.evidence.iter().enumerate() {
        let wanted: Vec<&Pattern> = entry.patterns.iter().collect();
        let found = walk(root, &wanted, Wanted::Files);
        for (at, pattern) in wanted.iter().enumerate() {
            if !found.iter().any(|f| f.1 == at) {
                let error = ParseError::new(
                    ErrorCode::Io,
                    "this pattern matches no file, so the evidence that it stands for is missing",
                );
                let mut c = Candidate::new(pattern.as_str().to_owned(), Content::Nowhere(error));
                c.entry = Some(n);
                c.format = entry.format;
                out.push(c);
            }
        }
        for (path, at, modified) in found {
            if entry.exclude.iter().any(|x| x.matches(&path).is_some()) || out.iter().any(|c| c.path == path) {
                continue;
            }
            let pattern = wanted.get(at);
            let mut labels = pattern.and_then(|p| p.matches(&path)).unwrap_or_default();
            labels.extend(entry.labels.clone());
            out.push(Candidate {
                content: Content::File(root.join(&path)),
                labels,
                entry: Some(n),
                format: entry.format,
                place_of: entry.format,
                expected: entry.format.is_some() || !pattern.is_some_and(|p| p.takes_anything()),
                modified,
                path,
            });
        }
        package_folders(n, entry, root, &mut out);
    }
    out
}

/// The folders of packages that an entry names. Of several that a wildcard meets, those without any package are not meant
/// (each part of a workspace has its `node_modules`, most hold links to programs only), unless all are.
fn package_folders(n: usize, entry: &EvidenceEntry, root: &Path, out: &mut Vec<Candidate>) {
    let wanted: Vec<&Pattern> = entry.packages.iter().collect();
    let found = walk(root, &wanted, Wanted::Folders);
    for (at, pattern) in wanted.iter().enumerate() {
        let all: Vec<_> = found.iter().filter(|f| f.1 == at).collect();
        let full: Vec<_> = all.iter().copied().filter(|f| !packages::is_bare(&root.join(&f.0))).collect();
        if all.is_empty() {
            let error = ParseError::new(ErrorCode::Io, "matches no package: there is no such folder");
            let mut c = Candidate::new(pattern.as_str().to_owned(), Content::Nowhere(error));
            (c.entry, c.format, c.place_of) = (Some(n), Some(&PACKAGE_FOLDER), Some(&PACKAGE_FOLDER));
            out.push(c);
        }
        for (path, _, modified) in if full.is_empty() { all } else { full } {
            if out.iter().any(|c| c.path == *path) || entry.exclude.iter().any(|x| x.matches(path).is_some()) {
                continue;
            }
            let folder = Folder { path: root.join(path), root: root.to_owned(), exclude: entry.exclude.clone() };
            let mut labels = pattern.matches(path).unwrap_or_default();
            labels.extend(entry.labels.clone());
            out.push(Candidate {
                labels,
                entry: Some(n),
                format: Some(&PACKAGE_FOLDER),
                place_of: Some(&PACKAGE_FOLDER),
                modified: *modified,
                ..Candidate::new(path.clone(), Content::Packages(folder))
            });
        }
    }
}

/// Where recordings lie.
pub const RECORDS: &str = ".gatekeeper/records/*.record";

fn usual_places(root: &Path) -> Vec<Candidate> {
    let mut patterns: Vec<(Pattern, Option<&'static Format>)> = Vec::new();
    for f in format::formats() {
        patterns.extend(f.places().iter().filter_map(|p| Pattern::new(p).ok()).map(|p| (p, Some(f))));
    }
    patterns.extend(Pattern::new(RECORDS).ok().map(|p| (p, None)));
    let wanted: Vec<&Pattern> = patterns.iter().map(|(p, _)| p).collect();
    let mut out: BTreeMap<String, Candidate> = BTreeMap::new();
    for (path, at, modified) in walk(root, &wanted, Wanted::Files) {
        let format = patterns.get(at).and_then(|(_, f)| *f);
        let content = Content::File(root.join(&path));
        out.entry(path.clone()).or_insert_with(|| Candidate {
            place_of: format,
            modified,
            ..Candidate::new(path, content)
        });
    }
    out.into_values().collect()
}

/// A path given on the command line: a file that has to be evidence, or a folder whose files may be.
fn given(cwd: &Path, path: &Path, most: usize) -> Vec<Candidate> {
    let shown = path.to_string_lossy().replace('\\', "/");
    let whole = cwd.join(path);
    if !whole.is_dir() {
        let content = if whole.exists() {
            Content::File(whole.clone())
        } else {
            Content::Nowhere(ParseError::new(ErrorCode::Io, "there is no such file"))
        };
        return vec![Candidate { modified: modified(&whole), ..Candidate::new(shown, content) }];
    }
    let Ok(all) = Pattern::new("**") else { return Vec::new() };
    let found = walk(&whole, &[&all], Wanted::Files);
    let too_many = found.len() > most;
    let mut out: Vec<Candidate> = found
        .into_iter()
        .take(most)
        .map(|(inner, _, modified)| {
            let name = if shown == "." { inner.clone() } else { format!("{}/{inner}", shown.trim_end_matches('/')) };
            Candidate { expected: false, modified, ..Candidate::new(name, Content::File(whole.join(inner))) }
        })
        .collect();
    if out.is_empty() {
        let error = ParseError::new(ErrorCode::Io, "this folder holds no file, so no evidence");
        out.push(Candidate::new(shown.clone(), Content::Nowhere(error)));
    }
    if too_many {
        let error = ParseError::limit(format!("holds more than {most} files: name the ones that are evidence"));
        out.push(Candidate::new(shown, Content::Nowhere(error)));
    }
    out
}

/// Most files of a working tree that are looked at.
const TREE: usize = 500_000;

/// The files of a working tree, those of dependencies and build results left out; nothing where there are too many.
pub fn tree(root: &Path) -> Option<Tree> {
    const BUILT: [&str; 8] = ["node_modules", "_build", "target", "venv", "__pycache__", "dist", "build", "deps"];
    let mut files = Vec::new();
    let mut folders = vec![(root.to_owned(), String::new(), 0_usize)];
    while let Some((folder, prefix, depth)) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (name, Ok(kind)) = (entry.file_name(), entry.file_type()) else { continue };
            let name = name.to_string_lossy();
            let shown = if prefix.is_empty() { name.to_string() } else { format!("{prefix}/{name}") };
            if kind.is_dir() {
                if !name.starts_with('.') && !BUILT.contains(&name.as_ref()) && depth < DEEPEST {
                    folders.push((entry.path(), shown, depth + 1));
                }
            } else if kind.is_file() {
                files.push(shown);
            }
        }
        if files.len() > TREE {
            return None;
        }
    }
    Some(Tree::new(files))
}

fn modified(path: &Path) -> Option<i64> {
    let time = fs::metadata(path).ok()?.modified().ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// Folders that a `**` does not enter: other people's files, and too many.
const CLOSED: [&str; 5] = [".git", "node_modules", ".venv", ".tox", "__pycache__"];
/// Deepest folder that a `**` enters.
const DEEPEST: usize = 40;

/// What patterns are to match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Files,
    Folders,
}

/// The files (or folders) that patterns match, in path order: (path relative to the root, index of the first pattern that matches, written when).
fn walk(root: &Path, patterns: &[&Pattern], wanted: Wanted) -> Vec<(String, usize, Option<i64>)> {
    let mut out = BTreeMap::new();
    let start: Vec<(usize, usize)> = (0..patterns.len()).map(|p| (p, 0)).collect();
    step(root, "", patterns, wanted, &start, 0, &mut out);
    out.into_iter().map(|(path, (at, modified))| (path, at, modified)).collect()
}

/// One folder: `states` are (pattern, part) pairs that are to be matched against its entries.
fn step(
    folder: &Path,
    prefix: &str,
    patterns: &[&Pattern],
    wanted: Wanted,
    states: &[(usize, usize)],
    depth: usize,
    out: &mut BTreeMap<String, (usize, Option<i64>)>,
) {
    let part = |&(p, i): &(usize, usize)| patterns.get(p).and_then(|p| p.parts.get(i));
    let is_last = |p: usize, i: usize| patterns.get(p).is_some_and(|p| i + 1 == p.parts.len());
    // `**` also stands for no folder at all.
    let mut here: Vec<(usize, usize)> = states.to_vec();
    let mut n = 0;
    while let Some(&(p, i)) = here.get(n) {
        if matches!(part(&(p, i)), Some(Part::Deep)) && !is_last(p, i) && !here.contains(&(p, i + 1)) {
            here.push((p, i + 1));
        }
        n += 1;
    }
    let mut visit = |name: &str, path: &Path, fitting: &[(usize, usize)], link: bool, kind: &fs::FileType| {
        let shown = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
        let literal = |s: &(usize, usize)| matches!(part(s), Some(Part::Literal(_)));
        let fitting: Vec<(usize, usize)> = fitting.iter().copied().filter(|s| !link || literal(s)).collect();
        if fitting.is_empty() {
            return;
        }
        if kind.is_dir() || (link && path.is_dir()) {
            let mut next: Vec<(usize, usize)> = Vec::new();
            let ends = |s: &&(usize, usize)| is_last(s.0, s.1) && !matches!(part(s), Some(Part::Deep));
            if let (Wanted::Folders, Some(p)) = (wanted, fitting.iter().filter(ends).map(|(p, _)| *p).min()) {
                let at = out.entry(shown.clone()).or_insert_with(|| (p, modified(path)));
                at.0 = at.0.min(p);
            }
            for (p, i) in fitting {
                let deep = matches!(part(&(p, i)), Some(Part::Deep));
                if deep && !CLOSED.contains(&name) && depth < DEEPEST {
                    next.push((p, i));
                } else if !deep && !is_last(p, i) {
                    next.push((p, i + 1));
                }
            }
            if !next.is_empty() {
                step(path, &shown, patterns, wanted, &next, depth + 1, out);
            }
        } else if wanted == Wanted::Folders {
            // A file is no folder of packages.
        } else if let Some(p) = fitting.iter().filter(|(p, i)| is_last(*p, *i)).map(|(p, _)| *p).min() {
            let at = out.entry(shown).or_insert_with(|| (p, modified(path)));
            at.0 = at.0.min(p);
        }
    };
    // Names that are known are asked for by name; a folder is listed only where a wildcard wants it.
    let wild = here.iter().any(|s| matches!(part(s), Some(Part::Wild(_) | Part::Deep)));
    if !wild {
        let mut names: Vec<&str> = Vec::new();
        for s in &here {
            if let Some(Part::Literal(name)) = part(s)
                && !names.contains(&name.as_str())
            {
                names.push(name);
            }
        }
        for name in names {
            let path = folder.join(name);
            let Ok(meta) = fs::symlink_metadata(&path) else { continue };
            let fitting: Vec<_> =
                here.iter().copied().filter(|s| matches!(part(s), Some(Part::Literal(l)) if l == name)).collect();
            visit(name, &path, &fitting, meta.file_type().is_symlink(), &meta.file_type());
        }
        return;
    }
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut entries: Vec<fs::DirEntry> = entries.filter_map(Result::ok).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let Ok(kind) = entry.file_type() else { continue };
        let fitting: Vec<(usize, usize)> = here
            .iter()
            .copied()
            .filter(|s| match part(s) {
                Some(Part::Literal(l)) => *l == name,
                // As in a shell, a wildcard does not take a hidden name unless it begins with the dot itself.
                Some(Part::Wild(w)) => w.is_match(&name) && (!name.starts_with('.') || w.as_str().starts_with("^\\.")),
                Some(Part::Deep) => !(kind.is_dir() && name.starts_with('.')),
                None => false,
            })
            .collect();
        visit(&name, &entry.path(), &fitting, kind.is_symlink(), &kind);
    }
}
