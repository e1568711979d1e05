//! Bounded texts of findings, and notes.

use gatekeeper_evidence::Note;

/// Most bytes of a message that are kept.
pub(super) const MESSAGE: usize = 600;
/// Most notes of one input.
const NOTES: usize = 20;

/// Text of at most so many bytes, blanks around it taken off.
pub(super) fn cut(text: &str, most: usize) -> Box<str> {
    // One text may be cut for each of many findings: only so much of it is looked at for blanks.
    let text = head(text, most.saturating_add(4096)).trim();
    if text.len() <= most { text.into() } else { format!("{}…", head(text, most)).into() }
}

/// The beginning of a text, at most so many bytes of it.
fn head(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// A message, bounded.
pub(super) fn message(text: &str) -> Box<str> {
    cut(text, MESSAGE)
}

/// Adds a note, each text once, at most twenty.
pub(super) fn note(notes: &mut Vec<Note>, text: impl Into<String>) {
    let text = text.into();
    if notes.len() < NOTES && !notes.iter().any(|n| n.message == text) {
        notes.push(Note::new(text));
    }
}
