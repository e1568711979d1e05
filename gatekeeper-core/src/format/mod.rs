//! Formats: what reads bytes into evidence. One format is one file and one entry in its family's table.

pub(crate) mod console;
pub(crate) mod coverage;
pub(crate) mod erlang;
pub(crate) mod findings;
mod head;
pub(crate) mod licenses;
pub(crate) mod sbom;
pub(crate) mod tests;
pub(crate) mod united;
pub(crate) mod vex;

pub(crate) use head::Head;

use crate::error::{ErrorCode, ParseError};
use crate::evidence::{Data, Kind, Note};
use crate::glob::Pattern;
use crate::input::Input;
use crate::scan::broken;
use serde::Serialize;
use std::sync::OnceLock;

/// The families of formats, in the order of help and documentation.
static FAMILIES: &[&[&Format]] = &[
    coverage::FORMATS,
    tests::FORMATS,
    erlang::FORMATS,
    console::FORMATS,
    findings::FORMATS,
    sbom::FORMATS,
    licenses::FORMATS,
    vex::FORMATS,
];

/// A format: its metadata, how it is recognised, how it is read. Serialised, it is its metadata.
#[derive(Debug, Serialize)]
pub struct Format {
    /// Public, stable, kebab-case.
    pub(crate) id: &'static str,
    /// What it is, in a few words.
    pub(crate) title: &'static str,
    /// What it says.
    pub(crate) kind: Kind,
    /// Usual file extensions, without the dot. They only break ties.
    pub(crate) extensions: &'static [&'static str],
    /// Where its tools usually leave such files, as patterns from the project's root.
    pub(crate) places: &'static [&'static str],
    /// Title, version and address of the specification or of the code that defines it.
    pub(crate) spec: &'static str,
    /// Tools that write it; where it is one tool's own, its name in policies.
    pub(crate) producers: &'static [&'static str],
    /// The name by which `gatekeeper record --tool NAME` says that the output is of this format.
    pub(crate) recorded_as: Option<&'static str>,
    /// Binary: errors give byte offsets, not lines.
    #[serde(skip)]
    pub(crate) binary: bool,
    /// How sure it is that the content is of this format. Bounded work; never fails.
    #[serde(skip)]
    pub(crate) sniff: fn(&Head<'_>) -> Confidence,
    /// Reads the content.
    #[serde(skip)]
    pub(crate) parse: fn(&Input<'_>) -> Result<Parsed, ParseError>,
}

/// How sure a format is that a content is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// It is not.
    No,
    /// It could be, as many things could (a few lines that happen to fit).
    Weak,
    /// Its usual marks are there.
    Likely,
    /// Its own, unmistakable mark is there (namespace, schema, magic).
    Certain,
}

impl Confidence {
    /// `yes` where the condition holds, else `No`.
    pub(crate) fn when(condition: bool, yes: Confidence) -> Confidence {
        if condition { yes } else { Confidence::No }
    }
}

/// What a parser gives.
#[derive(Debug)]
pub struct Parsed {
    /// See [`crate::evidence::Evidence::complete`].
    pub complete: Option<bool>,
    /// The tool that wrote it, where the content says so: a canonical lower-case name (`eunit`, `ct`, `proper`, `trivy`, …).
    pub tool: Option<String>,
    /// Tolerated oddities.
    pub notes: Vec<Note>,
    /// The content.
    pub data: Data,
    /// When the content says it was made (seconds since 1970-01-01 UTC).
    pub created: Option<i64>,
}

impl Parsed {
    /// Content with the given completeness, and nothing else known.
    pub(crate) fn new(data: Data, complete: Option<bool>) -> Self {
        Parsed { complete, tool: None, notes: Vec::new(), data, created: None }
    }
}

impl Format {
    /// The public id.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// What it is, in a few words.
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// Whether it is read from a folder, not from a file's bytes.
    pub fn is_of_folders(&self) -> bool {
        std::ptr::eq(self, &licenses::PACKAGE_FOLDER)
    }

    /// What it says.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Usual file extensions.
    pub fn extensions(&self) -> &'static [&'static str] {
        self.extensions
    }

    /// Patterns of the places where its tools leave such files.
    pub fn places(&self) -> &'static [&'static str] {
        self.places
    }

    /// The specification.
    pub fn spec(&self) -> &'static str {
        self.spec
    }

    /// Tools that write it.
    pub fn producers(&self) -> &'static [&'static str] {
        self.producers
    }

    /// The tool name that `gatekeeper record` gives such output.
    pub fn recorded_as(&self) -> Option<&'static str> {
        self.recorded_as
    }
}

/// All formats.
pub fn formats() -> impl Iterator<Item = &'static Format> {
    FAMILIES.iter().flat_map(|f| f.iter().copied())
}

/// The format of an id.
pub fn by_id(id: &str) -> Option<&'static Format> {
    formats().find(|f| f.id == id)
}

/// The format of a file without a byte whose name says that this is an answer.
pub(crate) fn of_empty(name: &str) -> Option<&'static Format> {
    console::of_empty(name)
}

/// The format whose reports usually bear a file's name (`junit.xml`, `TEST-*.xml`, `*.sarif`): what it was meant to be, whatever is in it.
/// Names that anything may bear (`*.xml` in a tool's own folder, `index.html`) tell nothing of files that lie elsewhere.
pub(crate) fn named_like(path: &str) -> Option<&'static Format> {
    static NAMES: OnceLock<Vec<(Pattern, &'static Format)>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let of = |f: &'static Format| {
            f.places.iter().filter_map(|p| Pattern::new(p.rsplit('/').next()?).ok()).map(move |p| (p, f))
        };
        let telling = |p: &Pattern| {
            let name = p.as_str();
            let common = ["*.xml", "*.json", "*.html", "*.csv", "*.log", "*.txt", "index.html"];
            !p.takes_anything() && !common.contains(&name)
        };
        formats().flat_map(of).filter(|(p, _)| telling(p)).collect()
    });
    let name = path.rsplit('/').next().unwrap_or(path);
    names.iter().find(|(p, _)| p.matches(name).is_some()).map(|(_, f)| *f)
}

/// Which format a content is of. `recorded_as` is the tool name of a recording: it decides where a format claims it.
pub(crate) fn detect(name: &str, bytes: &[u8], recorded_as: Option<&str>) -> Result<&'static Format, ParseError> {
    if let Some(tool) = recorded_as
        && let Some(format) = formats().find(|f| f.recorded_as == Some(tool))
    {
        return Ok(format);
    }
    // A bounded look first; the whole only where that was not enough.
    let first = best(&Head::new(name, bytes, head::BOUND));
    let candidates =
        if first.is_empty() && bytes.len() > head::BOUND { best(&Head::new(name, bytes, bytes.len())) } else { first };
    match candidates.as_slice() {
        [one] => Ok(one),
        [] => Err(broken(name, bytes).unwrap_or_else(|| {
            ParseError::new(ErrorCode::Unrecognised, "no known format's content")
                .at(0)
                .found(bytes.get(..bytes.len().min(64)).unwrap_or_default())
        })),
        several => {
            let names: Vec<&str> = several.iter().map(|f| f.id).collect();
            Err(ParseError::new(
                ErrorCode::Ambiguous,
                format!(
                    "content that could be {}: name it with --as FORMAT, or with format = \"…\" in the policy",
                    names.join(" or ")
                ),
            )
            .at(0))
        }
    }
}

/// The formats with the highest confidence; of several, those whose extension fits, where only some do.
fn best(head: &Head<'_>) -> Vec<&'static Format> {
    let scored: Vec<_> = formats().map(|f| (f, (f.sniff)(head))).collect();
    let top = scored.iter().map(|(_, c)| *c).max().unwrap_or(Confidence::No);
    if top == Confidence::No {
        return Vec::new();
    }
    let tied: Vec<_> = scored.into_iter().filter(|(_, c)| *c == top).map(|(f, _)| f).collect();
    let fitting: Vec<_> = tied.iter().copied().filter(|f| f.extensions.iter().any(|e| head.has_extension(e))).collect();
    if fitting.len() == 1 { fitting } else { tied }
}
