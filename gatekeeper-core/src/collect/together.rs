//! What all reports of a run hold together. Each of them may be within its limits, and all of them be more than a machine has room for.

use gatekeeper_evidence::Evidence;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_formats::input::Limits;
use std::sync::atomic::{AtomicU64, Ordering};

/// The room that the reports of a run have, and how much of it is taken. Once it is not enough nothing more is read; and then nothing that was
/// read counts, so that it does not depend on which report came first.
#[derive(Debug)]
pub(crate) struct Together {
    most: u64,
    held: AtomicU64,
}

impl Together {
    pub(crate) fn new(limits: &Limits) -> Self {
        Together { most: limits.held_bytes, held: AtomicU64::new(0) }
    }

    /// Takes the room that a report needs. The report is of no use once there is none left.
    pub(crate) fn take(&self, evidence: Evidence) -> Option<Evidence> {
        let bytes = evidence.data.held_bytes();
        let before =
            self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| Some(held.saturating_add(bytes)));
        let held = before.unwrap_or(u64::MAX).saturating_add(bytes);
        (held <= self.most).then_some(evidence)
    }

    /// Whether the reports hold more than there is room for.
    pub(crate) fn is_full(&self) -> bool {
        self.held.load(Ordering::Relaxed) > self.most
    }

    /// What is to be said of a run that is refused.
    pub(crate) fn error(&self, files: usize) -> ParseError {
        let most = self.most;
        ParseError::limit(format!(
            "the {files} files of this run hold more than {most} bytes in memory together, so none of them is judged: leave some out, or judge them \
             in several runs"
        ))
    }
}

/// What is to be said of a run of more files than are read.
pub(crate) fn too_many(files: usize, limits: &Limits) -> Option<ParseError> {
    let most = limits.files;
    let why = || {
        format!("{files} files are given, and one run reads {most} at most: name fewer, or judge them in several runs")
    };
    (files > most).then(|| ParseError::limit(why()))
}
