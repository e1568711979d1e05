//! The formats that a run knows: the built-in ones, and those that a program adds.

use crate::format::{Confidence, Content, Format};
use crate::head::{BOUND, Head};
use crate::scan::broken;
use crate::{
    console, coverage, delivery, elixir, erlang, findings, licenses, measurements, recording, sbom, tests, vex,
};
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::glob::Pattern;
use std::sync::{Arc, LazyLock, OnceLock};

/// The families of formats, in the order of help and documentation.
static FAMILIES: &[&[&Format]] = &[
    coverage::FORMATS,
    tests::FORMATS,
    erlang::FORMATS,
    console::FORMATS,
    elixir::FORMATS,
    findings::FORMATS,
    sbom::FORMATS,
    licenses::FORMATS,
    measurements::FORMATS,
    vex::FORMATS,
    delivery::FORMATS,
    &[&recording::FORMAT],
];

/// A set of formats, in the order of help and documentation. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Formats(Arc<Known>);

#[derive(Debug)]
struct Known {
    all: Vec<&'static Format>,
    /// The names under which a format's reports usually lie, where nothing else bears them; made when a file's name is the only thing that
    /// can tell what it was meant to be.
    names: OnceLock<Vec<(Pattern, &'static Format)>>,
}

impl Default for Formats {
    /// The built-in formats.
    fn default() -> Self {
        static BUILT_IN: LazyLock<Formats> =
            LazyLock::new(|| Formats::of(FAMILIES.iter().flat_map(|f| f.iter().copied()).collect()));
        BUILT_IN.clone()
    }
}

/// Whether a content is an empty list or object, as many tools write where they find nothing.
fn says_nothing(bytes: &[u8]) -> bool {
    let bare: Vec<u8> = bytes.iter().copied().filter(|b| !b.is_ascii_whitespace()).take(8).collect();
    matches!(bare.as_slice(), b"[]" | b"{}" | b"null")
}

impl Formats {
    fn of(all: Vec<&'static Format>) -> Self {
        Formats(Arc::new(Known { all, names: OnceLock::new() }))
    }

    fn names(&self) -> &[(Pattern, &'static Format)] {
        let telling = |p: &Pattern| {
            let name = p.as_str();
            let common = ["*.xml", "*.json", "*.html", "*.csv", "*.log", "*.txt", "index.html"];
            !p.takes_anything() && !common.contains(&name)
        };
        let of = |f: &'static Format| {
            f.places.iter().filter_map(|p| Pattern::new(p.rsplit('/').next()?).ok()).map(move |p| (p, f))
        };
        self.0.names.get_or_init(|| self.iter().flat_map(of).filter(|(p, _)| telling(p)).collect())
    }

    /// These formats and another one. One of the same id gives way to it.
    #[must_use]
    pub fn with(&self, format: &'static Format) -> Self {
        let others = self.iter().filter(|f| f.id != format.id);
        Formats::of(others.chain([format]).collect())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &'static Format> {
        self.0.all.iter().copied()
    }

    /// The format of an id.
    pub fn by_id(&self, id: &str) -> Option<&'static Format> {
        self.iter().find(|f| f.id == id)
    }

    /// The format of a file without a byte whose name says that this is an answer.
    pub(crate) fn of_empty(&self, name: &str) -> Option<&'static Format> {
        console::of_empty(name).and_then(|f| self.by_id(f.id))
    }

    /// The format whose reports usually bear a file's name (`junit.xml`, `TEST-*.xml`, `*.sarif`): what it was meant to be, whatever is in it.
    /// Names that anything may bear (`*.xml` in a tool's own folder, `index.html`) tell nothing of files that lie elsewhere.
    pub fn named_like(&self, path: &str) -> Option<&'static Format> {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.names().iter().find(|(p, _)| p.matches(name).is_some()).map(|(_, f)| *f)
    }

    /// Which format a content is of. `recorded_as` is the tool name of a recording: it decides where a format claims it.
    pub(crate) fn detect(
        &self,
        name: &str,
        bytes: &[u8],
        recorded_as: Option<&str>,
    ) -> Result<&'static Format, ParseError> {
        if let Some(tool) = recorded_as
            && let Some(format) = self.iter().find(|f| f.recorded_as == Some(tool))
        {
            return Ok(format);
        }
        // A bounded look first; the whole only where that was not enough.
        let first = self.best(&Head::new(name, bytes, BOUND));
        let candidates = if first.is_empty() && bytes.len() > BOUND {
            self.best(&Head::new(name, bytes, bytes.len()))
        } else {
            first
        };
        match candidates.as_slice() {
            [one] => Ok(one),
            [] => Err(broken(name, bytes).unwrap_or_else(|| {
                if says_nothing(bytes) {
                    return ParseError::new(
                        ErrorCode::Unrecognised,
                        "names no tool: where a clean run writes just that, prove it (gatekeeper record --report FILE --tool NAME -- COMMAND), or name \
                         its format",
                    )
                    .at(0)
                    .found(bytes.trim_ascii());
                }
                ParseError::new(ErrorCode::Unrecognised, "not a recognised report format")
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
    fn best(&self, head: &Head<'_>) -> Vec<&'static Format> {
        let (rows, others): (Vec<_>, Vec<_>) = self.iter().partition(|f| f.content == Content::Rows);
        let mut scored: Vec<_> = rows.into_iter().map(|f| (f, (f.sniff)(head))).collect();
        if scored.iter().any(|(_, c)| *c == Confidence::Certain) {
            head.is_rows();
        }
        scored.extend(others.into_iter().map(|f| (f, (f.sniff)(head))));
        let top = scored.iter().map(|(_, c)| *c).max().unwrap_or(Confidence::No);
        if top == Confidence::No {
            return Vec::new();
        }
        let tied: Vec<_> = scored.into_iter().filter(|(_, c)| *c == top).map(|(f, _)| f).collect();
        let fitting: Vec<_> =
            tied.iter().copied().filter(|f| f.extensions.iter().any(|e| head.has_extension(e))).collect();
        if fitting.len() == 1 { fitting } else { tied }
    }
}
