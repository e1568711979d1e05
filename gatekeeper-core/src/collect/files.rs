//! Files that are read for their own sake, outside of any policy.

use super::bytes::read_file;
use super::packages::Folder;
use super::together::{Together, too_many};
use gatekeeper_evidence::Evidence;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::hash::sha256_hex;
use gatekeeper_formats::input::Limits;
use gatekeeper_formats::inspect::{Inspection, inspection};
use gatekeeper_formats::read::{ReadOptions, read};
use gatekeeper_formats::{Format, Formats, PACKAGE_FOLDER};
use rayon::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

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

/// The SHA-256 of evidence as it lies below a folder now, or why there is none.
pub(crate) fn digest(root: &Path, path: &str, format: &str, limits: &Limits) -> Result<String, String> {
    let whole = root.join(path);
    if !whole.exists() {
        return Err("is not there".to_owned());
    }
    if whole.is_dir() && format == PACKAGE_FOLDER.id() {
        let folder = Folder { path: whole, root: root.to_owned(), exclude: Vec::new() };
        return folder.read(path, limits).map(|e| e.source.sha256).map_err(|e| e.words());
    }
    read_file(&whole, limits.file_bytes).map(|bytes| sha256_hex(&bytes)).map_err(|e| e.words())
}

/// What each of these files is and says, in the order given; a folder stands for its files in path order. Several are read at
/// a time.
pub(crate) fn inspect_files(formats: &Formats, files: &[PathBuf], options: &ReadOptions) -> Vec<Inspection> {
    // A folder of packages is one piece of evidence.
    if options.format.is_some_and(Format::is_of_folders) {
        let cwd = std::env::current_dir().unwrap_or_default();
        let name = |f: &Path| f.to_string_lossy().replace('\\', "/");
        return files.iter().map(|f| inspection(&name(f), &read_packages(f, &cwd, options))).collect();
    }
    let paths: Vec<PathBuf> = files.iter().flat_map(|f| files_under(f)).collect();
    paths.par_iter().map(|path| inspect_file(formats, path, options)).collect()
}

fn inspect_file(formats: &Formats, path: &Path, options: &ReadOptions) -> Inspection {
    let read = read_one(formats, path, options);
    let answer = inspection(&path.to_string_lossy().replace('\\', "/"), &read);
    // To take a large report's evidence apart takes a while, which nobody need wait for.
    rayon::spawn(move || drop(read));
    answer
}

/// Reads files into evidence, in the order given, several at a time.
///
/// # Errors
/// For each file, a located [`ParseError`] where it cannot be read, is above the limit, or is not what its format demands.
pub(crate) fn read_files(
    formats: &Formats,
    files: &[PathBuf],
    options: &ReadOptions,
) -> Vec<Result<Evidence, ParseError>> {
    let together = Together::new(&options.limits);
    let too_many = too_many(files.len(), &options.limits);
    let name = |path: &Path| path.to_string_lossy().replace('\\', "/");
    let read = |path: &PathBuf| {
        // The files after that are not read; those before do not count either.
        let full = || together.error(files.len()).finish(&name(path), "", None);
        match &too_many {
            Some(error) => Err(error.clone().finish(&name(path), "", None)),
            None if together.is_full() => Err(full()),
            None => read_one(formats, path, options).and_then(|evidence| together.take(evidence).ok_or_else(full)),
        }
    };
    let read: Vec<Result<Evidence, ParseError>> = files.par_iter().map(read).collect();
    if !together.is_full() {
        return read;
    }
    files.iter().map(|path| Err(together.error(files.len()).finish(&name(path), "", None))).collect()
}

fn read_one(formats: &Formats, path: &Path, options: &ReadOptions) -> Result<Evidence, ParseError> {
    let name = path.to_string_lossy().replace('\\', "/");
    let bytes = read_file(path, options.limits.file_bytes).map_err(|e| e.finish(&name, "", None))?;
    let read = read(formats, &name, &bytes, options);
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
