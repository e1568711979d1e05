//! What the policy's `[[evidence]]` entries name, and what they say of files that were named otherwise.

use super::candidate::{Candidate, Content};
use super::packages::{self, Folder};
use super::walk::{Asked, Wanted, walk};
use crate::policy::{EvidenceEntry, Policy};
use crate::relate::twins::{ct_run, no_results, run_time};
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_formats::PACKAGE_FOLDER;
use gatekeeper_formats::input::Limits;
use gatekeeper_formats::{Format, Formats};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// The files of the policy's entries. Of an entry that brings more than one run reads, none is.
pub(crate) fn of_entries(policy: &Policy, root: &Path, limits: &Limits) -> Vec<Candidate> {
    let mut out: Vec<Candidate> = Vec::new();
    // Which candidate stands for a path.
    let mut at: HashMap<String, usize> = HashMap::new();
    for (n, entry) in policy.evidence.iter().enumerate() {
        let wanted: Vec<&Pattern> = entry.patterns.iter().collect();
        let mut walked = walk(root, &wanted, Wanted::Files, Asked::ByPolicy);
        let met: Vec<bool> = (0..wanted.len()).map(|p| walked.met(p)).collect();
        walked.found.retain(|f| !excluded(entry, &f.path));
        walked.unseen.retain(|(path, _)| !excluded(entry, path));
        let nowhere = |path: &str, error| Candidate {
            entry: Some(n),
            format: entry.format,
            ..Candidate::new(path.to_owned(), Content::Nowhere(error))
        };
        for (p, pattern) in wanted.iter().enumerate().filter(|(p, _)| entry.required && !walked.met(*p)) {
            let why = match met.get(p) {
                Some(true) => "`exclude` leaves out every file that this pattern matches, so the evidence is missing",
                _ if pattern.as_str().contains('\\') => {
                    "this pattern matches no file, so the evidence that it stands for is missing (folders are separated by `/`)"
                }
                _ if root.join(pattern.as_str()).is_dir() => {
                    "this is a folder, and a pattern names files (/** at its end takes all that it holds), so the evidence is missing"
                }
                _ => "this pattern matches no file, so the evidence that it stands for is missing",
            };
            out.push(nowhere(pattern.as_str(), ParseError::new(ErrorCode::Io, why)));
        }
        out.extend(walked.unseen.into_iter().map(|(path, error)| nowhere(&path, error)));
        let files = out.len().saturating_add(walked.found.len());
        if files > limits.files {
            let first = wanted.first().map_or("", |p| p.as_str());
            let why =
                format!("with it {files} files match, and one run reads {} at most: narrow the patterns", limits.files);
            out.push(nowhere(first, ParseError::limit(why)));
            continue;
        }
        let names: Vec<Arc<str>> = wanted.iter().map(|p| p.as_str().into()).collect();
        for found in walked.found {
            let of: Vec<&Pattern> = found.patterns.iter().filter_map(|p| wanted.get(*p).copied()).collect();
            let mut c = Candidate {
                labels: labels(entry, &of, &found.path),
                // What a policy's pattern takes is evidence, or the policy says that it need not be.
                expected: !ignorable(entry, &found.path),
                modified: found.modified,
                brought_by: found.patterns.iter().filter_map(|p| names.get(*p).cloned()).collect(),
                place_of: entry.format,
                entry: Some(n),
                format: entry.format,
                ..Candidate::new(found.path.clone(), Content::File(found.file))
            };
            match at.get(&found.path).and_then(|at| out.get_mut(*at)) {
                None => {
                    at.insert(found.path, out.len());
                    out.push(c);
                }
                Some(first) => {
                    first.expected |= c.expected;
                    first.brought_by.append(&mut c.brought_by);
                    if let Some(other) = first.entry.and_then(|n| policy.evidence.get(n))
                        && (first.labels != c.labels || !same_words(other, entry))
                    {
                        // Whichever counted, the other's word would be passed over without a sound.
                        first.content = Content::Nowhere(ParseError::new(
                            ErrorCode::Io,
                            format!(
                                "the [[evidence]] entries in lines {} and {} of the policy both take it and say different things of it: leave \
                                 it out of one with `exclude`",
                                other.line, entry.line
                            ),
                        ));
                    }
                }
            }
        }
        package_folders(n, entry, root, &mut out);
    }
    out
}

/// Whether a file need not be evidence where no format knows it: the policy ignores it, or it is part of a page that a tool wrote.
fn ignorable(entry: &EvidenceEntry, path: &str) -> bool {
    const PARTS_OF_PAGES: [&str; 13] =
        ["html", "htm", "css", "js", "png", "gif", "jpg", "jpeg", "svg", "ico", "woff", "woff2", "ttf"];
    let extension = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, e)| e);
    entry.format.is_none() && PARTS_OF_PAGES.iter().any(|p| p.eq_ignore_ascii_case(extension))
        || entry.ignore.iter().any(|x| x.matches(path).is_some())
}

fn excluded(entry: &EvidenceEntry, path: &str) -> bool {
    entry.exclude.iter().any(|x| x.matches(path).is_some())
}

/// The labels that an entry and its patterns give a path.
fn labels(entry: &EvidenceEntry, patterns: &[&Pattern], path: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for given in patterns.iter().filter_map(|p| p.matches(path)) {
        for (label, value) in given {
            labels.entry(label).or_insert(value);
        }
    }
    labels.extend(entry.labels.clone());
    labels
}

/// Whether two entries say the same of their files.
fn same_words(a: &EvidenceEntry, b: &EvidenceEntry) -> bool {
    let format = |e: &EvidenceEntry| e.format.map(Format::id);
    a.name == b.name
        && format(a) == format(b)
        && a.max_age == b.max_age
        && a.path_rules == b.path_rules
        && a.min_matched == b.min_matched
        && a.exit_status == b.exit_status
}

/// The folders of packages that an entry names. Of several that a wildcard meets, those without any package are not meant
/// (each part of a workspace has its `node_modules`, most hold links to programs only), unless all are.
fn package_folders(n: usize, entry: &EvidenceEntry, root: &Path, out: &mut Vec<Candidate>) {
    let wanted: Vec<&Pattern> = entry.packages.iter().collect();
    let walked = walk(root, &wanted, Wanted::Folders, Asked::ByPolicy);
    let nowhere = |path: String, error| Candidate {
        entry: Some(n),
        format: Some(&PACKAGE_FOLDER),
        place_of: Some(&PACKAGE_FOLDER),
        ..Candidate::new(path, Content::Nowhere(error))
    };
    for (at, pattern) in wanted.iter().enumerate() {
        let all: Vec<_> = walked.found.iter().filter(|f| f.patterns.first() == Some(&at)).collect();
        let full: Vec<_> = all.iter().copied().filter(|f| !packages::is_bare(&f.file)).collect();
        if entry.required && !walked.met(at) {
            let error = ParseError::new(ErrorCode::Io, "matches no package: there is no such folder");
            out.push(nowhere(pattern.as_str().to_owned(), error));
        }
        for found in if full.is_empty() { all } else { full } {
            if out.iter().any(|c| c.path == found.path) || excluded(entry, &found.path) {
                continue;
            }
            let folder = Folder { path: found.file.clone(), root: root.to_owned(), exclude: entry.exclude.clone() };
            out.push(Candidate {
                labels: labels(entry, &[pattern], &found.path),
                entry: Some(n),
                format: Some(&PACKAGE_FOLDER),
                place_of: Some(&PACKAGE_FOLDER),
                modified: found.modified,
                ..Candidate::new(found.path.clone(), Content::Packages(folder))
            });
        }
    }
    let unseen = walked.unseen.into_iter().filter(|(path, _)| !excluded(entry, path));
    out.extend(unseen.map(|(path, error)| nowhere(path, error)));
}

/// Common Test's newest run where it left nothing: older ones next to it would be taken for it.
pub(crate) fn newest_runs(policy: Option<&Policy>, formats: &Formats, candidates: &mut Vec<Candidate>) {
    // By the folder that holds the runs: how it is named, where it is, the run, which entry brought it.
    let mut newest: BTreeMap<String, (PathBuf, String, Option<usize>)> = BTreeMap::new();
    for c in candidates.iter() {
        let (Some((folder, run)), Content::File(path)) = (ct_run(&c.path), &c.content) else { continue };
        // Whoever names a run means that one.
        if c.brought_by.iter().any(|by| by.contains(run)) {
            continue;
        }
        let Some(real) = path.ancestors().find(|p| p.file_name().is_some_and(|n| n == run)).and_then(Path::parent)
        else {
            continue;
        };
        let at = newest.entry(folder.to_owned()).or_insert_with(|| (real.to_owned(), run.to_owned(), c.entry));
        if run_time(run) > run_time(&at.1) {
            run.clone_into(&mut at.1);
        }
    }
    for (folder, (real, run, entry)) in newest {
        let names = fs::read_dir(&real).into_iter().flatten().flatten();
        let runs = names
            .filter(|e| e.file_type().is_ok_and(|t| t.is_dir()))
            .map(|e| e.file_name().to_string_lossy().into_owned());
        let later = runs
            .filter(|r| r.starts_with("ct_run.") && run_time(r) > run_time(&run))
            .max_by(|a, b| run_time(a).cmp(&run_time(b)));
        let Some(later) = later else { continue };
        let path = format!("{folder}{later}");
        let of = entry.and_then(|n| policy?.evidence.get(n));
        if of.is_some_and(|e| excluded(e, &path) || excluded(e, &format!("{path}/index.html"))) {
            continue;
        }
        let error = no_results(&run);
        let place_of = formats.by_id("ct-suite-log");
        candidates.push(Candidate { entry, place_of, ..Candidate::new(path, Content::Nowhere(error)) });
    }
}

/// What the policy's entries say of files that were given by path: they are read instead of what the entries name, and are still what the
/// entries say that they are.
pub(crate) fn say(policy: &Policy, root: &Path, given: &mut [Candidate]) {
    let root = plain(root);
    for c in given {
        let Content::File(path) = &c.content else { continue };
        let path = plain(path);
        let Ok(inner) = path.strip_prefix(&root) else { continue };
        let inner = inner.to_string_lossy().replace('\\', "/");
        for (n, entry) in policy.evidence.iter().enumerate() {
            let of: Vec<&Pattern> = entry.patterns.iter().filter(|p| p.matches(&inner).is_some()).collect();
            if of.is_empty() || excluded(entry, &inner) {
                continue;
            }
            c.labels = labels(entry, &of, &inner);
            c.entry = Some(n);
            c.format = entry.format;
            c.place_of = entry.format;
            c.expected |= entry.format.is_some();
            break;
        }
    }
}

/// What the policy's entries say of evidence that is in memory, by its names; an entry's pattern that fits none of it stands for evidence that
/// is missing. What no entry speaks of is evidence all the same: it was given.
pub(crate) fn place(policy: &Policy, candidates: &mut Vec<Candidate>) {
    let mut given: Vec<&mut Candidate> =
        candidates.iter_mut().filter(|c| c.entry.is_none() && matches!(c.content, Content::Bytes(_))).collect();
    let mut nowhere = Vec::new();
    for (n, entry) in policy.evidence.iter().enumerate() {
        for pattern in &entry.patterns {
            let mut met = false;
            for c in given.iter_mut().filter(|c| pattern.matches(&c.path).is_some() && !excluded(entry, &c.path)) {
                met = true;
                if c.entry.is_none() {
                    let of: Vec<&Pattern> = entry.patterns.iter().filter(|p| p.matches(&c.path).is_some()).collect();
                    c.labels = labels(entry, &of, &c.path);
                    c.entry = Some(n);
                    c.format = entry.format;
                    c.place_of = entry.format;
                }
            }
            if !met && entry.required {
                let why = "this pattern fits none of the evidence, so what it stands for is missing";
                nowhere.push((n, entry.format, pattern.as_str(), why));
            }
        }
        let folders = "a folder of installed packages is read from disk, and this evidence is in memory";
        nowhere.extend(
            entry.packages.iter().filter(|_| entry.required).map(|p| (n, Some(&PACKAGE_FOLDER), p.as_str(), folders)),
        );
    }
    let on_disk = candidates.iter().any(|c| !matches!(c.content, Content::Bytes(_)));
    if !on_disk {
        candidates.extend(nowhere.into_iter().map(|(n, format, path, why)| Candidate {
            entry: Some(n),
            format,
            ..Candidate::new(path.to_owned(), Content::Nowhere(ParseError::new(ErrorCode::Io, why)))
        }));
    }
}

/// A path without `.` and `..`, by its words alone.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}
