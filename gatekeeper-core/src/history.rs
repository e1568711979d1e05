//! Earlier verdicts: what a run can know of the runs before it. They inform; they decide nothing.

use crate::verdict::Verdict;
use gatekeeper_evidence::hash::sha256_hex;
use std::sync::Arc;

/// Most verdicts that are kept of a history: the newest.
const MOST: usize = 1_000;

/// Earlier verdicts, the oldest first. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct History {
    verdicts: Arc<Vec<Verdict>>,
    unread: Arc<Vec<String>>,
    files: Arc<Vec<(String, String)>>,
}

impl History {
    /// Reads files: a verdict each (`--format json`), or verdicts one after the other, as JSON lines are. What cannot be read is kept as words.
    pub fn read<'f>(files: impl IntoIterator<Item = (&'f str, &'f [u8])>) -> History {
        let (mut verdicts, mut unread, mut digests) = (Vec::new(), Vec::new(), Vec::new());
        for (name, bytes) in files {
            digests.push((name.to_owned(), sha256_hex(bytes)));
            let mut found = 0_usize;
            for verdict in serde_json::Deserializer::from_slice(bytes).into_iter::<Verdict>() {
                match verdict {
                    Ok(verdict) => {
                        found = found.saturating_add(1);
                        verdicts.push(verdict);
                    }
                    Err(e) => {
                        unread.push(format!("the history {name} cannot be read: {e}"));
                        break;
                    }
                }
            }
            if found == 0 && !unread.iter().any(|u| u.contains(name)) {
                unread.push(format!("the history {name} holds no verdict"));
            }
        }
        // RFC 3339 in UTC: the order of the texts is that of the times. Verdicts without a time come first.
        verdicts.sort_by(|a, b| a.now.cmp(&b.now));
        let newest = verdicts.split_off(verdicts.len().saturating_sub(MOST));
        History { verdicts: Arc::new(newest), unread: Arc::new(unread), files: Arc::new(digests) }
    }

    /// The same, and a file that could not even be opened.
    #[must_use]
    pub fn with_unread(self, words: Vec<String>) -> History {
        let all = self.unread.iter().cloned().chain(words).collect();
        History { unread: Arc::new(all), ..self }
    }

    /// The verdicts, the oldest first.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }

    /// The files that were read, as they were named, each with its SHA-256.
    pub fn files(&self) -> &[(String, String)] {
        &self.files
    }

    /// What could not be read, in words.
    pub fn unread(&self) -> &[String] {
        &self.unread
    }
}
