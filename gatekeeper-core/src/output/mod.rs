//! Outputs: renderings of a verdict. One output is one file and one entry in this table; none sees anything but the verdict.

mod github;
mod human;
mod json;
mod markdown;
pub(crate) mod text;

use crate::verdict::Verdict;
use std::io::{self, Write};

/// All outputs, alphabetical.
static OUTPUTS: &[&Output] = &[&github::OUTPUT, &human::OUTPUT, &json::OUTPUT, &markdown::OUTPUT];

/// A rendering of a verdict.
#[derive(Debug)]
pub struct Output {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) write: fn(&Verdict, &Style, &mut dyn Write) -> io::Result<()>,
}

/// How an output may look.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Colours (ANSI).
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Violations that are shown of each gate; the rest are counted. Documents for programs show all.
    pub most: usize,
}

impl Default for Style {
    fn default() -> Self {
        Style { color: false, width: 120, most: 5 }
    }
}

impl Output {
    /// The public id.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// What it is, in a few words.
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// Writes the verdict.
    ///
    /// # Errors
    /// What the writer gives.
    pub fn write(&self, verdict: &Verdict, style: &Style, out: &mut dyn Write) -> io::Result<()> {
        (self.write)(verdict, style, out)
    }
}

/// All outputs.
pub fn outputs() -> impl Iterator<Item = &'static Output> {
    OUTPUTS.iter().copied()
}

/// The output of an id.
pub fn by_id(id: &str) -> Option<&'static Output> {
    outputs().find(|o| o.id == id)
}

pub use human::explain;
pub use text::line;
