//! A folder of installed packages as evidence: which packages lie below it, and which of their files are read.
//!
//! - `node_modules`: each folder, each `@scope/name`, nested `node_modules`; pnpm's and npm's stores (`.pnpm`, `.store`), where the packages
//!   really are. `site-packages`: each `.dist-info` and `.egg-info`; the other folders there are these packages' modules. Elsewhere: each folder.
//! - Links are followed where they stay below the root; a package behind a link that leaves it is named, with its licence unknown. A package
//!   that is reached twice counts once.
//! - A package that cannot be read makes the whole folder unreadable: the next one might be the one that matters.
//! - A folder that says nothing of itself among packages is a package of unknown licence.

use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_evidence::hash::{hex, sha256_hex};
use gatekeeper_evidence::inventory::{Component, Inventory};
use gatekeeper_evidence::{Data, Evidence, Note, Source};
use gatekeeper_formats::PACKAGE_FOLDER;
use gatekeeper_formats::input::Limits;
use gatekeeper_formats::package_tree::{self, Ecosystem, Fetched, Package};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Most entries of one folder.
const MOST_ENTRIES: usize = 200_000;
/// Deepest `node_modules` in `node_modules`.
const DEEPEST: usize = 40;
/// Most notes on one folder.
const MOST_NOTES: usize = 200;
/// Deepest folder below a `.dist-info`'s `licenses`.
const DEEPEST_TEXTS: usize = 6;

/// A folder of installed packages.
#[derive(Debug)]
pub struct Folder {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Links may lead anywhere below this.
    pub(super) root: PathBuf,
    /// Packages that are left out, by path from the root.
    pub(super) exclude: Vec<Pattern>,
}

/// A package that was found.
struct Found {
    /// Its path below the folder.
    inner: String,
    path: PathBuf,
    name: String,
    ecosystem: Ecosystem,
    texts: Vec<String>,
}

struct Walk<'a> {
    /// How the folder is named.
    name: &'a str,
    root: PathBuf,
    exclude: &'a [Pattern],
    most: usize,
    seen: HashSet<PathBuf>,
    found: Vec<Found>,
    /// Packages of which nothing is known but the name.
    bare: Vec<String>,
    notes: Vec<String>,
}

/// An entry of a folder: its name, whether it is a folder or a file (through links), whether it is a link.
struct Entry {
    name: String,
    path: PathBuf,
    folder: bool,
    file: bool,
    link: bool,
}

fn failed(path: &str, error: ParseError) -> ParseError {
    error.finish(path, PACKAGE_FOLDER.id(), None)
}

fn io(path: &str, e: std::io::Error) -> ParseError {
    failed(path, ParseError::new(ErrorCode::Io, "cannot be read").because(e))
}

fn join(outer: &str, inner: &str) -> String {
    if outer.is_empty() { inner.to_owned() } else { format!("{outer}/{inner}") }
}

/// Whether a folder has nothing that could be a package: no visible folder and no `.egg-info`.
pub(super) fn is_bare(path: &Path) -> bool {
    let Ok(entries) = fs::read_dir(path) else { return false };
    let telling = |name: &str| !name.starts_with('.') || name == ".pnpm" || name == ".store";
    !entries.filter_map(Result::ok).any(|e| {
        let name = e.file_name();
        let name = name.to_string_lossy();
        telling(&name) && (e.path().is_dir() || name.ends_with(".egg-info"))
    })
}

impl Folder {
    /// Reads it.
    pub(crate) fn read(&self, name: &str, limits: &Limits) -> Result<Evidence, ParseError> {
        let is_folder = fs::metadata(&self.path).map_err(|e| io(name, e))?.is_dir();
        if !is_folder {
            return Err(failed(name, ParseError::new(ErrorCode::Io, "is a file, not a folder of packages")));
        }
        let mut walk = Walk {
            name,
            root: fs::canonicalize(&self.root).map_err(|e| io(name, e))?,
            exclude: &self.exclude,
            most: limits.files,
            seen: HashSet::new(),
            found: Vec::new(),
            bare: Vec::new(),
            notes: Vec::new(),
        };
        walk.packages(&self.path, "", 0)?;
        if walk.found.is_empty() {
            let error = ParseError::new(ErrorCode::Empty, "no package was found below this folder");
            return Err(failed(name, error));
        }
        let read = |found: &Found| read_one(found, name, &walk.root, limits);
        let all: Vec<Result<One, ParseError>> = walk.found.par_iter().map(read).collect();
        let mut inventory = Inventory::default();
        let mut notes: Vec<Note> = walk.notes.iter().map(Note::new).collect();
        let mut files: BTreeMap<String, (String, u64)> = BTreeMap::new();
        for one in all {
            let one = one?;
            inventory.components.push(one.component);
            notes.extend(one.notes);
            files.extend(one.files.into_iter().map(|(path, sha256, size)| (path, (sha256, size))));
        }
        let bare = |name: &String| Component { name: name.as_str().into(), ..Component::default() };
        inventory.components.extend(walk.bare.iter().map(bare));
        let more = notes.len().saturating_sub(MOST_NOTES);
        notes.truncate(MOST_NOTES);
        if more > 0 {
            notes.push(Note::new(format!("and {more} more notes on packages")));
        }
        let mut hash = Sha256::new();
        for (path, (sha256, _)) in &files {
            hash.update(format!("{path}\0{sha256}\n"));
        }
        Ok(Evidence {
            source: Source {
                path: name.to_owned(),
                format: PACKAGE_FOLDER.id(),
                sha256: hex(hash.finalize().as_slice()),
                size: files.values().fold(0, |sum, (_, size)| size.saturating_add(sum)),
                ..Source::default()
            },
            complete: Some(true),
            notes,
            data: Data::Inventory(inventory),
        })
    }
}

impl Walk<'_> {
    /// The packages directly in a folder of packages, and what is nested in them.
    fn packages(&mut self, folder: &Path, inner: &str, depth: usize) -> Result<(), ParseError> {
        let shown = join(self.name, inner);
        if depth > DEEPEST {
            let error = ParseError::limit(format!("more than {DEEPEST} folders of packages within each other"));
            return Err(failed(&shown, error));
        }
        let entries = self.list(folder, &shown)?;
        let described = |e: &Entry| e.name.ends_with(".dist-info") || e.name.ends_with(".egg-info");
        if entries.iter().any(described) {
            for e in entries.iter().filter(|e| described(e)) {
                self.distribution(e, &join(inner, &e.name))?;
            }
            return Ok(());
        }
        let npm = folder.file_name().is_some_and(|n| n == "node_modules");
        for e in &entries {
            let at = join(inner, &e.name);
            if e.name == ".pnpm" || e.name == ".store" {
                self.store(&e.path, &at, depth)?;
            } else if e.name.starts_with('.') || e.name == "__pycache__" {
                // The tools' own: .bin, .cache, .package-lock.json.
            } else if e.name.starts_with('@') && e.folder {
                for scoped in self.list(&e.path, &join(self.name, &at))? {
                    if !scoped.name.starts_with('.') {
                        let name = format!("{}/{}", e.name, scoped.name);
                        self.package(&scoped, &join(&at, &scoped.name), &name, npm, depth)?;
                    }
                }
            } else {
                self.package(e, &at, &e.name, npm, depth)?;
            }
        }
        Ok(())
    }

    /// `.pnpm/NAME@VERSION/node_modules/…`; `.store/NAME-VERSION/package` or `…/node_modules`.
    fn store(&mut self, folder: &Path, inner: &str, depth: usize) -> Result<(), ParseError> {
        for e in self.list(folder, &join(self.name, inner))?.iter().filter(|e| e.folder) {
            let at = join(inner, &e.name);
            if e.name == "node_modules" {
                self.packages(&e.path, &at, depth.saturating_add(1))?;
                continue;
            }
            for below in self.list(&e.path, &join(self.name, &at))?.iter().filter(|b| b.folder) {
                let at = join(&at, &below.name);
                match below.name.as_str() {
                    "node_modules" => self.packages(&below.path, &at, depth.saturating_add(1))?,
                    "package" => self.package(below, &at, &e.name, true, depth)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn list(&self, folder: &Path, shown: &str) -> Result<Vec<Entry>, ParseError> {
        let mut out = Vec::new();
        for e in fs::read_dir(folder).map_err(|e| io(shown, e))? {
            let e = e.map_err(|e| io(shown, e))?;
            if out.len() >= MOST_ENTRIES {
                return Err(failed(shown, ParseError::limit(format!("more than {MOST_ENTRIES} entries"))));
            }
            let kind = e.file_type().map_err(|e| io(shown, e))?;
            let (path, link) = (e.path(), kind.is_symlink());
            // A link that leads nowhere is neither file nor folder; whoever needs it says so.
            let through = if link { fs::metadata(&path).ok().map(|m| m.file_type()) } else { Some(kind) };
            out.push(Entry {
                name: e.file_name().to_string_lossy().into_owned(),
                folder: through.is_some_and(|t| t.is_dir()),
                file: through.is_some_and(|t| t.is_file()),
                path,
                link,
            });
        }
        out.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(out)
    }

    /// Whether to look at it: below the root, not left out, not seen before. Answers its real path.
    fn enter(&mut self, e: &Entry, inner: &str, name: &str) -> Result<Option<PathBuf>, ParseError> {
        let shown = join(self.name, inner);
        if self.exclude.iter().any(|x| x.matches(&shown).is_some()) {
            self.notes.push(format!("{shown} is left out by the policy"));
            return Ok(None);
        }
        let path = fs::canonicalize(&e.path).map_err(|e| io(&shown, e))?;
        if e.link && !path.starts_with(&self.root) {
            self.notes
                .push(format!("{shown} is a link out of the root, which is not followed: its licence is unknown"));
            self.bare.push(name.to_owned());
            return Ok(None);
        }
        if self.found.len().saturating_add(self.bare.len()) >= self.most {
            let error = ParseError::limit(format!("more than {} packages", self.most));
            return Err(failed(self.name, error));
        }
        Ok(self.seen.insert(path.clone()).then_some(path))
    }

    fn package(&mut self, e: &Entry, inner: &str, name: &str, npm: bool, depth: usize) -> Result<(), ParseError> {
        if e.file || !(e.folder || e.link) {
            return Ok(());
        }
        let Some(path) = self.enter(e, inner, name)? else { return Ok(()) };
        let shown = join(self.name, inner);
        let entries = self.list(&path, &shown)?;
        let has = |name: &str| entries.iter().any(|e| e.file && e.name == name);
        let mut texts: Vec<String> = entries
            .iter()
            .filter(|e| (e.file || e.link && !e.folder) && package_tree::is_text(&e.name).is_some())
            .map(|e| e.name.clone())
            .collect();
        // REUSE: all the licences that files of the package stand under.
        for reuse in entries.iter().filter(|e| e.folder && !e.link && e.name == "LICENSES") {
            self.texts(&reuse.path, &shown, &reuse.name, 0, &mut texts)?;
        }
        let manifest = has("package.json").then_some(Ecosystem::Npm);
        let application = || -> Result<Option<Ecosystem>, ParseError> {
            let hex = has("hex_metadata.config");
            let in_folder = |folder: &str, end: &str| -> Result<Option<String>, ParseError> {
                let Some(e) = entries.iter().find(|e| e.folder && e.name == folder) else { return Ok(None) };
                let files = self.list(&e.path, &join(&shown, folder))?;
                let mut files = files.iter().filter(|f| f.file && f.name.ends_with(end));
                Ok(files.next().map(|f| format!("{folder}/{}", f.name)))
            };
            let app = match in_folder("ebin", ".app")? {
                None => in_folder("src", ".app.src")?,
                app => app,
            };
            Ok((hex || app.is_some()).then_some(Ecosystem::Erlang { hex, app }))
        };
        let ecosystem = match manifest {
            Some(manifest) if npm => Some(manifest),
            manifest => application()?.or(manifest),
        };
        let ecosystem = ecosystem.or((!texts.is_empty()).then_some(Ecosystem::Plain));
        match ecosystem {
            Some(ecosystem) => self.found.push(Found {
                inner: inner.to_owned(),
                path: path.clone(),
                name: name.to_owned(),
                ecosystem,
                texts,
            }),
            None if entries.iter().any(|e| e.name != "node_modules" && !e.name.starts_with('.')) => {
                self.notes.push(format!("{shown} states neither its name nor its licence"));
                self.bare.push(name.to_owned());
            }
            None => {}
        }
        match entries.iter().find(|e| e.folder && e.name == "node_modules") {
            Some(nested) => self.packages(&nested.path, &join(inner, "node_modules"), depth.saturating_add(1)),
            None => Ok(()),
        }
    }

    /// A `.dist-info`, or an `.egg-info`, which may be a folder or a file.
    fn distribution(&mut self, e: &Entry, inner: &str) -> Result<(), ParseError> {
        let shown = join(self.name, inner);
        if e.name.starts_with('~') {
            self.notes.push(format!("{shown} is what pip left of a removed package"));
            return Ok(());
        }
        let Some(path) = self.enter(e, inner, &e.name)? else { return Ok(()) };
        let name = e.name.clone();
        if e.file {
            let (Some(folder), Some(file)) = (path.parent(), path.file_name()) else { return Ok(()) };
            let ecosystem = Ecosystem::Python(file.to_string_lossy().into_owned());
            let inner = inner.rsplit_once('/').map_or("", |(outer, _)| outer).to_owned();
            self.found.push(Found { inner, path: folder.to_owned(), name, ecosystem, texts: Vec::new() });
            return Ok(());
        }
        let file = if e.name.ends_with(".dist-info") { "METADATA" } else { "PKG-INFO" };
        let mut texts = Vec::new();
        for below in self.list(&path, &shown)? {
            if below.file && package_tree::is_text(&below.name).is_some() {
                texts.push(below.name);
            } else if below.folder && !below.link && matches!(below.name.as_str(), "licenses" | "license_files") {
                self.texts(&below.path, &shown, &below.name, 0, &mut texts)?;
            }
        }
        let ecosystem = Ecosystem::Python(file.to_owned());
        self.found.push(Found { inner: inner.to_owned(), path, name, ecosystem, texts });
        Ok(())
    }

    /// The licence files below a `licenses` folder.
    fn texts(
        &self,
        folder: &Path,
        shown: &str,
        inner: &str,
        depth: usize,
        out: &mut Vec<String>,
    ) -> Result<(), ParseError> {
        let at = join(shown, inner);
        if depth > DEEPEST_TEXTS || out.len() > 1_000 {
            return Err(failed(&at, ParseError::limit("too many licence files, or too deep")));
        }
        for e in self.list(folder, &at)? {
            let inner = join(inner, &e.name);
            if e.folder && !e.link {
                self.texts(&e.path, shown, &inner, depth.saturating_add(1), out)?;
            } else if e.file {
                out.push(inner);
            }
        }
        Ok(())
    }
}

/// A package as it was read, and the files that were read for it: path, SHA-256, size.
struct One {
    component: Component,
    notes: Vec<Note>,
    files: Vec<(String, String, u64)>,
}

fn read_one(found: &Found, name: &str, root: &Path, limits: &Limits) -> Result<One, ParseError> {
    let shown = join(name, &found.inner);
    let files = Mutex::new(Vec::new());
    let fetch = |file: &str, most: u64| -> Result<Fetched, ParseError> {
        let whole = join(&shown, file);
        let path = match fs::canonicalize(found.path.join(file)) {
            Ok(path) => path,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Fetched::Absent),
            Err(e) => return Err(io(&whole, e)),
        };
        // The package itself may be named by a path outside the root; its own files are still its own.
        if !path.starts_with(root) && !path.starts_with(&found.path) {
            return Ok(Fetched::Outside);
        }
        let meta = fs::metadata(&path).map_err(|e| io(&whole, e))?;
        if meta.is_dir() {
            return Ok(Fetched::Absent);
        }
        if !meta.is_file() {
            // Opening a pipe would wait for ever.
            return Err(failed(&whole, ParseError::new(ErrorCode::Io, "is not a regular file")));
        }
        if meta.len() > most {
            return Ok(Fetched::TooLarge(meta.len()));
        }
        let mut bytes = Vec::new();
        let opened = fs::File::open(&path).map_err(|e| io(&whole, e))?;
        opened.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| io(&whole, e))?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > most {
            return Ok(Fetched::TooLarge(size));
        }
        if let Ok(mut files) = files.lock() {
            files.push((join(&found.inner, file), sha256_hex(&bytes), size));
        }
        Ok(Fetched::Bytes(bytes))
    };
    let package =
        Package { name: &found.name, ecosystem: &found.ecosystem, texts: &found.texts, fetch: &fetch, limits };
    let (component, notes) = package_tree::component(&package).map_err(|e| {
        // A parser knows the file within the package only.
        let inner = e.file().strip_prefix(&shown).map_or(e.file(), |f| f.trim_start_matches('/')).to_owned();
        failed(&join(&shown, &inner), e.in_file(String::new()))
    })?;
    Ok(One { component, notes, files: files.into_inner().unwrap_or_default() })
}
