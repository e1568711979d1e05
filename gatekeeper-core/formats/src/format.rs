//! What a format is: its metadata, how it is recognised, how it is read.

pub use crate::head::Head;

use crate::input::Input;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Gap, Severity};
use gatekeeper_evidence::{Data, Kind, Note};
use serde::Serialize;

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
    /// What it is read from.
    #[serde(skip)]
    pub(crate) content: Content,
    /// How sure it is that the content is of this format. Bounded work; never fails.
    #[serde(skip)]
    pub(crate) sniff: fn(&Head<'_>) -> Confidence,
    /// Reads the content.
    #[serde(skip)]
    pub(crate) parse: fn(&Input<'_>) -> Result<Parsed, ParseError>,
}

/// What a format is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Text: errors give lines and columns.
    Text,
    /// Text as well, each line of which is the format's own: what begins as it does is no log, and a large one is not searched for logs' marks.
    Rows,
    /// Bytes: errors give offsets.
    Binary,
    /// A folder, not a file's bytes.
    Folder,
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
    pub fn when(condition: bool, yes: Confidence) -> Confidence {
        if condition { yes } else { Confidence::No }
    }
}

/// What a parser gives.
#[derive(Debug)]
pub struct Parsed {
    /// See [`gatekeeper_evidence::Evidence::complete`].
    pub complete: Option<bool>,
    /// The tool that wrote it, where the content says so: a canonical lower-case name (`eunit`, `ct`, `proper`, `trivy`, …).
    pub tool: Option<String>,
    /// Tolerated oddities.
    pub notes: Vec<Note>,
    /// The content.
    pub data: Data,
    /// When the content says it was made (seconds since 1970-01-01 UTC).
    pub created: Option<i64>,
    /// The commits that it says it was made of.
    pub commits: Vec<String>,
}

/// Most commits that are kept of one document.
const MOST_COMMITS: usize = 100;

/// Whether a property of this name states the commit that a document was made of: `git.commit`, `GIT_COMMIT`, `CI_COMMIT_SHA`, `vcs.revision`, …
pub(crate) fn names_commit(property: &str) -> bool {
    const NAMES: [&str; 22] = [
        "commit",
        "commit-id",
        "commit-sha",
        "commit-hash",
        "git-commit",
        "git-commit-id",
        "git-commit-id-full",
        "git-commit-sha",
        "git-commit-hash",
        "git-sha",
        "git-hash",
        "git-revision",
        "git-head",
        "vcs-commit",
        "vcs-revision",
        "vcs-ref",
        "scm-revision",
        "source-commit",
        "ci-commit",
        "ci-commit-sha",
        "github-sha",
        "org-opencontainers-image-revision",
    ];
    if property.len() > 64 {
        return false;
    }
    let same = |c: char| if matches!(c, '.' | '_' | ' ' | ':' | '/') { '-' } else { c.to_ascii_lowercase() };
    let whole: String = property.chars().map(same).collect();
    // What stands before a colon says whose property it is.
    let own: String = property.rsplit(':').next().unwrap_or_default().chars().map(same).collect();
    NAMES.iter().any(|n| *n == whole || *n == own)
}

impl Parsed {
    /// Content with the given completeness, and nothing else known.
    pub fn new(data: Data, complete: Option<bool>) -> Self {
        Parsed { complete, tool: None, notes: Vec::new(), data, created: None, commits: Vec::new() }
    }
}

impl Parsed {
    /// Keeps the commits that the content says it was made of: what looks like the name of one, 4 to 64 hexadecimal digits (git's
    /// own least; what is too short to be told apart is of another commit as far as can be told). A short number is another system's revision.
    pub(crate) fn of_commits<'c>(mut self, names: impl IntoIterator<Item = &'c str>) -> Self {
        for name in names.into_iter().map(str::trim) {
            let is_name = (4..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_hexdigit());
            let is_number = name.len() < 7 && name.bytes().all(|b| b.is_ascii_digit());
            if is_name && !is_number && self.commits.len() < MOST_COMMITS && !self.commits.iter().any(|c| c == name) {
                self.commits.push(name.to_owned());
            }
        }
        self
    }

    /// Adds what findings say was not looked at.
    pub(crate) fn with_gaps(mut self, gaps: impl IntoIterator<Item = Gap>) -> Self {
        if let Data::Findings(f) = &mut self.data {
            for gap in gaps {
                if !f.gaps.contains(&gap) {
                    f.gaps.push(gap);
                }
            }
        }
        self
    }

    /// Holds findings against the totals that a report states, by severity (`Unknown` stands for all of them together).
    pub(crate) fn with_counts(mut self, stated: &[(Severity, u64)], category: Category) -> Self {
        if let Data::Findings(f) = &mut self.data
            && let Some(words) = f.hold_against(stated, category)
        {
            self.notes.push(Note::new(format!("the totals disagree with the list: it {words}")));
        }
        self
    }
}

/// A format of a program that embeds the engine, as a static of its own:
///
/// ```
/// use gatekeeper_formats::Format;
/// use gatekeeper_formats::format::{Confidence, Head, Parsed};
/// use gatekeeper_formats::input::Input;
/// use gatekeeper_evidence::error::ParseError;
/// use gatekeeper_evidence::{Data, Findings, Kind};
///
/// fn sniff(head: &Head<'_>) -> Confidence {
///     Confidence::when(head.bytes().starts_with(b"toy:"), Confidence::Certain)
/// }
///
/// fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
///     input.text()?;
///     Ok(Parsed::new(Data::Findings(Findings::default()), Some(true)))
/// }
///
/// static TOY: Format = Format::new("toy", Kind::Findings, sniff, parse).with_title("toy log").with_extensions(&["toy"]);
/// assert_eq!(TOY.id(), "toy");
/// ```
impl Format {
    /// A format of text files, recognised by its content and read from it. The id is public and stable, in kebab-case.
    pub const fn new(
        id: &'static str,
        kind: Kind,
        sniff: fn(&Head<'_>) -> Confidence,
        parse: fn(&Input<'_>) -> Result<Parsed, ParseError>,
    ) -> Self {
        Format {
            id,
            title: "",
            kind,
            extensions: &[],
            places: &[],
            spec: "",
            producers: &[],
            recorded_as: None,
            content: Content::Text,
            sniff,
            parse,
        }
    }

    /// Says in a few words what it is.
    #[must_use]
    pub const fn with_title(mut self, title: &'static str) -> Self {
        self.title = title;
        self
    }

    /// Says that each line of such a file is the format's own ([`Content::Rows`]).
    #[must_use]
    pub const fn with_rows(mut self) -> Self {
        self.content = Content::Rows;
        self
    }

    /// Gives the usual file extensions, without the dot. They only break ties.
    #[must_use]
    pub const fn with_extensions(mut self, extensions: &'static [&'static str]) -> Self {
        self.extensions = extensions;
        self
    }

    /// Says where its tools usually leave such files, as patterns from the project's root.
    #[must_use]
    pub const fn with_places(mut self, places: &'static [&'static str]) -> Self {
        self.places = places;
        self
    }

    /// Names the specification: title, version and address.
    #[must_use]
    pub const fn with_spec(mut self, spec: &'static str) -> Self {
        self.spec = spec;
        self
    }

    /// Names the tools that write it.
    #[must_use]
    pub const fn with_producers(mut self, producers: &'static [&'static str]) -> Self {
        self.producers = producers;
        self
    }

    /// Says that its files are bytes, not text: errors then give offsets.
    #[must_use]
    pub const fn of_bytes(mut self) -> Self {
        self.content = Content::Binary;
        self
    }

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
        self.content == Content::Folder
    }

    /// What it says.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Usual file extensions.
    pub fn extensions(&self) -> &'static [&'static str] {
        self.extensions
    }

    /// Whether a path ends in one of its extensions, whatever their case.
    pub fn has_extension_of(&self, path: &str) -> bool {
        let extension = path.rsplit_once('.').map_or("", |(_, e)| e);
        !extension.contains('/') && self.extensions.iter().any(|e| e.eq_ignore_ascii_case(extension))
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
