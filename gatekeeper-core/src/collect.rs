//! Which files are evidence: the only part of the core that touches the file system.
//!
//! What an `[[evidence]]` entry names is in `entries`, how a tree is walked in `walk`, folders of installed packages in `packages`.

mod bytes;
mod entries;
mod packages;
mod walk;

pub use packages::Folder;

use crate::error::{ErrorCode, ParseError};
use crate::evaluate::{CheckOptions, evaluate_in};
use crate::evidence::Evidence;
use crate::findings_union::{parse_plain, parse_yaml};
use crate::format::{self, Format};
use crate::glob::Pattern;
use crate::inspect::{self, Inspection, ReadOptions, inspection};
use crate::paths::Tree;
use crate::policy::{self, PolicyError};
use crate::suppress::IgnoreFile;
use crate::verdict::Verdict;
use bytes::read_file;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use walk::{DEEPEST, Wanted, modified, walk};

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
    /// The patterns or folders that brought it. One that brings files and no evidence stands for evidence that is missing.
    pub brought_by: Vec<Arc<str>>,
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
            brought_by: Vec::new(),
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
    let read = read_one(path, options);
    let answer = inspection(&path.to_string_lossy().replace('\\', "/"), &read);
    // To take a large report's evidence apart takes a while, which nobody need wait for.
    rayon::spawn(move || drop(read));
    answer
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
    let read = inspect::read(&name, &bytes, options);
    rayon::spawn(move || drop(bytes));
    read
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
    let mut candidates: Vec<Candidate> = if !request.paths.is_empty() {
        let mut given: Vec<Candidate> =
            request.paths.iter().flat_map(|p| given(cwd, p, request.options.limits.files)).collect();
        if let Some(policy) = &policy {
            entries::say(policy, &root, &mut given);
        }
        given
    } else if let Some(policy) = policy.as_ref().filter(|p| !p.evidence.is_empty()) {
        entries::of_entries(policy, &root)
    } else {
        usual_places(&root)
    };
    entries::newest_runs(policy.as_ref(), &mut candidates);
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
    for found in walk(root, &wanted, Wanted::Files).found {
        let format = found.patterns.first().and_then(|at| patterns.get(*at)).and_then(|(_, f)| *f);
        let content = Content::File(root.join(&found.path));
        out.entry(found.path.clone()).or_insert_with(|| Candidate {
            place_of: format,
            modified: found.modified,
            ..Candidate::new(found.path, content)
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
        let brought_by = vec![shown.as_str().into()];
        return vec![Candidate { modified: modified(&whole), brought_by, ..Candidate::new(shown, content) }];
    }
    let Ok(all) = Pattern::new("**") else { return Vec::new() };
    let walked = walk(&whole, &[&all], Wanted::Files);
    let named = |inner: &str| match inner {
        "." => shown.clone(),
        _ if shown == "." => inner.to_owned(),
        _ => format!("{}/{inner}", shown.trim_end_matches('/')),
    };
    let too_many = walked.found.len() > most;
    let by: Arc<str> = shown.as_str().into();
    let mut out: Vec<Candidate> = walked
        .found
        .into_iter()
        .take(most)
        .map(|f| Candidate {
            expected: false,
            modified: f.modified,
            brought_by: vec![Arc::clone(&by)],
            ..Candidate::new(named(&f.path), Content::File(whole.join(f.path)))
        })
        .collect();
    out.extend(walked.unseen.into_iter().map(|(at, error)| Candidate::new(named(&at), Content::Nowhere(error))));
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
