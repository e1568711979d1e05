//! Severities by CVSS vectors, for reports that give a vector and no score.

use super::common::note;
use crate::scan::cvss::score;
use gatekeeper_evidence::Note;
use gatekeeper_evidence::findings::Severity;

/// The worst severity of some vectors, with the field that they were taken from. What is no vector is noted.
pub(super) fn severity<'v>(
    vectors: impl IntoIterator<Item = &'v str>,
    field: &'static str,
    notes: &mut Vec<Note>,
) -> (Severity, &'static str) {
    let mut worst = None;
    for vector in vectors.into_iter().filter(|v| !v.trim().is_empty()) {
        match score(vector) {
            Some(score) => worst = worst.max(Some(Severity::from_score(score))),
            None => note(
                notes,
                format!("a CVSS vector that cannot be read: {}", gatekeeper_evidence::error::quote(vector.as_bytes())),
            ),
        }
    }
    worst.map_or((Severity::Unknown, ""), |severity| (severity, field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_vector_counts_and_the_unreadable_is_noted() {
        let mut notes = Vec::new();
        let got = severity(["AV:N/AC:M/Au:N/C:N/I:P/A:N", "CVSS:9/x", ""], "cvss", &mut notes);
        assert_eq!(got, (Severity::Medium, "cvss"));
        assert_eq!(notes.len(), 1);
        assert_eq!(severity([""], "cvss", &mut notes), (Severity::Unknown, ""));
    }
}
