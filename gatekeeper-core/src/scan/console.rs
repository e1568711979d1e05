//! A rebar3 console log: its steps (`===> …` lines), colours taken out. Text of tests is in the log too, so a step line proves
//! nothing by itself; formats decide what follows from it.

use super::lines::{Lines, strip_ansi};

/// The `===> ` lines of a log.
#[derive(Debug, Default)]
pub(crate) struct Console {
    /// (line number, text behind `===> `), at most [`MOST`].
    pub steps: Vec<(u64, String)>,
}

/// Most steps that are kept for detection.
const MOST: usize = 20_000;

impl Console {
    /// Whether a step begins with this text.
    pub(crate) fn has(&self, start: &str) -> bool {
        self.steps.iter().any(|(_, s)| s.starts_with(start))
    }
}

/// The steps of a log.
pub(crate) fn of(bytes: &[u8]) -> Console {
    if memchr::memmem::find(bytes, b"===> ").is_none() {
        return Console::default();
    }
    let text = strip_ansi(bytes);
    let steps = Lines::new(&text)
        .filter_map(|l| {
            let text = l.bytes.strip_prefix(b"===> ")?;
            Some((l.number, String::from_utf8_lossy(text.get(..text.len().min(400)).unwrap_or_default()).into_owned()))
        })
        .take(MOST)
        .collect();
    Console { steps }
}
