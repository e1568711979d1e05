//! `min-files`, `min-cases` and their kin: how much evidence an entry must bring at least.

use crate::config::{ProblemCode, Table};
use gatekeeper_evidence::Kind;

/// The keys, what each counts, of one and of several, and which kind of evidence has it.
const KEYS: [(&str, &str, &str, Option<Kind>); 7] = [
    ("min-files", "file", "files", None),
    ("min-cases", "case that ran", "cases that ran", Some(Kind::Tests)),
    ("min-lines", "measured line", "measured lines", Some(Kind::Coverage)),
    ("min-sources", "measured source file", "measured source files", Some(Kind::Coverage)),
    ("min-packages", "package", "packages", Some(Kind::Inventory)),
    ("min-samples", "sample", "samples", Some(Kind::Measurements)),
    ("min-series", "series", "series", Some(Kind::Measurements)),
];

/// Least numbers of what an entry brings, by their key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Floor {
    /// The key: `min-cases`.
    pub key: &'static str,
    /// The least number.
    pub least: u64,
    /// The kind of evidence that has it; `None` for files of any kind.
    pub kind: Option<Kind>,
}

impl Floor {
    /// So many of what it counts, in words: `1 file`, `212 cases that ran`.
    pub(crate) fn counted(&self, n: u64) -> String {
        let noun = KEYS.iter().find(|k| k.0 == self.key).map_or("", |k| if n == 1 { k.1 } else { k.2 });
        format!("{n} {noun}")
    }
}

/// Reads the floors of an entry.
pub(super) fn floors(t: &mut Table<'_>) -> Vec<Floor> {
    let read = |(key, _, _, kind): (&'static str, &str, &str, Option<Kind>)| {
        let least = t.count(key)?;
        let Some(node) = t.get(key).filter(|_| least == 0) else { return Some(Floor { key, least, kind }) };
        t.problem_of(
            ProblemCode::OutOfRange,
            node.span.clone(),
            format!("`{key} = 0` is always reached, so it demands nothing"),
        );
        None
    };
    KEYS.into_iter().filter_map(read).collect()
}
