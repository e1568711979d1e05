//! Where evidence is where no policy says so: the usual places of the formats, and what a command line names.

use super::candidate::{Candidate, Content};
use super::walk::{Asked, Wanted, modified, walk};
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_formats::input::Limits;
use gatekeeper_formats::{Format, Formats};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Where recordings lie: uploads of artifacts leave hidden folders out, so it is not one of those.
pub const RECORDS: &str = "gatekeeper-records/*.record";
/// Where they used to lie.
const OLD_RECORDS: &str = ".gatekeeper/records/*.record";

pub(crate) fn usual_places(root: &Path, formats: &Formats, limits: &Limits) -> Vec<Candidate> {
    let mut patterns: Vec<(Pattern, Option<&'static Format>)> = Vec::new();
    for f in formats.iter() {
        patterns.extend(f.places().iter().filter_map(|p| Pattern::new(p).ok()).map(|p| (p, Some(f))));
    }
    patterns.extend([RECORDS, OLD_RECORDS].iter().filter_map(|p| Pattern::new(p).ok()).map(|p| (p, None)));
    let wanted: Vec<&Pattern> = patterns.iter().map(|(p, _)| p).collect();
    let mut out: BTreeMap<String, Candidate> = BTreeMap::new();
    let walked = walk(root, &wanted, Wanted::Files, Asked::Broadly(formats));
    let files = walked.found.len();
    if files > limits.files {
        let why = format!(
            "{files} files lie in usual places, and one run reads {} at most: name them in a policy",
            limits.files
        );
        return vec![Candidate::new(".".to_owned(), Content::Nowhere(ParseError::limit(why)))];
    }
    // Behind a folder that cannot be looked into may lie what fails.
    for (path, error) in walked.unseen {
        out.insert(path.clone(), Candidate::new(path, Content::Nowhere(error)));
    }
    for found in walked.found {
        let format = found.patterns.first().and_then(|at| patterns.get(*at)).and_then(|(_, f)| *f);
        let content = Content::File(found.file);
        out.entry(found.path.clone()).or_insert_with(|| Candidate {
            place_of: format,
            modified: found.modified,
            ..Candidate::new(found.path, content)
        });
    }
    recorded_reports(root, &mut out);
    out.into_values().collect()
}

/// The reports that recorded commands wrote, wherever below the root they lie.
fn recorded_reports(root: &Path, out: &mut BTreeMap<String, Candidate>) {
    let headers: Vec<_> = out.values().filter_map(|c| Some((c.path.clone(), c.recording()?))).collect();
    for (path, header) in headers {
        for at in header.reports.iter().filter(|r| r.sha256.is_some()).filter_map(|r| r.beside(&path)) {
            let file = root.join(&at);
            // A link may lead anywhere.
            let plain = std::fs::symlink_metadata(&file).is_ok_and(|m| m.is_file());
            let below = || matches!((file.canonicalize(), root.canonicalize()), (Ok(f), Ok(r)) if f.starts_with(&r));
            if plain && !out.contains_key(&at) && below() {
                let modified = modified(&file);
                out.insert(at.clone(), Candidate { modified, ..Candidate::new(at, Content::File(file)) });
            }
        }
    }
}

/// A path given on the command line: a file that has to be evidence, or a folder whose files may be.
pub(crate) fn given(formats: &Formats, cwd: &Path, path: &Path, most: usize) -> Vec<Candidate> {
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
    let walked = walk(&whole, &[&all], Wanted::Files, Asked::Broadly(formats));
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
            ..Candidate::new(named(&f.path), Content::File(f.file))
        })
        .collect();
    out.extend(walked.unseen.into_iter().map(|(at, error)| Candidate::new(named(&at), Content::Nowhere(error))));
    if out.is_empty() {
        let error = ParseError::new(ErrorCode::Io, "this folder is empty, so there is no evidence in it");
        out.push(Candidate::new(shown.clone(), Content::Nowhere(error)));
    }
    if too_many {
        let error = ParseError::limit(format!("holds more than {most} files: name the ones that are evidence"));
        out.push(Candidate::new(shown, Content::Nowhere(error)));
    }
    out
}
