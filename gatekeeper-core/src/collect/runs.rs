//! Common Test's runs. Which one is the newest is told by the tree and not by what was found in it: a run that broke off before it wrote
//! anything must not leave the word to the one before.

use super::{Candidate, Content};
use crate::error::{ErrorCode, ParseError};
use crate::format;
use crate::twins::{ct_run, run_time};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// Adds what stands for the newest run of each folder of logs where evidence comes from older ones alone.
pub(super) fn newest_without_evidence(candidates: &mut Vec<Candidate>) {
    let mut logs: BTreeMap<String, (PathBuf, usize, String)> = BTreeMap::new();
    for (n, c) in candidates.iter().enumerate() {
        let (Content::File(file), Some((shown, run))) = (&c.content, ct_run(&c.path)) else { continue };
        let below = c.path.get(shown.len()..).unwrap_or_default().split('/').count();
        let Some(folder) = file.ancestors().nth(below) else { continue };
        let known = logs.entry(shown.to_owned()).or_insert_with(|| (folder.to_owned(), n, run.to_owned()));
        if run_time(run) > run_time(&known.2) {
            run.clone_into(&mut known.2);
        }
    }
    for (shown, (folder, like, newest)) in logs {
        let Some(known_at) = run_time(&newest) else { continue };
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        let runs = entries.filter(|e| e.file_type().is_ok_and(|t| t.is_dir()));
        let names = runs.filter_map(|e| e.file_name().into_string().ok()).filter(|n| n.starts_with("ct_run."));
        let newer =
            names.filter(|n| run_time(n).is_some_and(|at| at > known_at)).max_by(|a, b| run_time(a).cmp(&run_time(b)));
        let (Some(run), Some(like)) = (newer, candidates.get(like)) else { continue };
        let error = ParseError::new(
            ErrorCode::Io,
            format!("is a newer run than {newest} and holds no report: it broke off, or what it wrote was not kept"),
        );
        let missing = Candidate {
            labels: like.labels.clone(),
            entry: like.entry,
            place_of: format::by_id("ct-suite-log"),
            ..Candidate::new(format!("{shown}{run}"), Content::Nowhere(error))
        };
        candidates.push(missing);
    }
}
