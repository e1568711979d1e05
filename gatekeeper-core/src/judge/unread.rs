//! Inputs that could not be read.

use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::{Evidence, Kind};
use std::collections::BTreeMap;

/// An input that could not be read, and whom it concerns.
#[derive(Clone)]
pub(crate) struct Unread {
    pub(crate) file: String,
    pub(crate) error: ParseError,
    pub(crate) kind: Option<Kind>,
    /// What it is or was meant to be.
    pub(crate) format: Option<&'static str>,
    pub(crate) tool: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) labels: BTreeMap<String, String>,
    /// Whether it stands for all files of a run, none of which is judged: then it concerns every gate.
    pub(crate) of_run: bool,
}

impl Unread {
    /// All files of a run that is refused as a whole.
    pub(crate) fn of_run(error: ParseError) -> Unread {
        let file = ".".to_owned();
        let error = error.finish(&file, "", None);
        Unread { file, error, kind: None, format: None, tool: None, name: None, labels: BTreeMap::new(), of_run: true }
    }

    /// Evidence that is not of what is judged, and why: read, and no more to be believed than what cannot be.
    pub(crate) fn stale(evidence: Evidence, why: String) -> Unread {
        let kind = Some(evidence.kind());
        let source = evidence.source;
        Unread {
            error: ParseError::new(ErrorCode::Stale, why).finish(&source.path, source.format, None),
            kind,
            format: Some(source.format),
            tool: source.tool,
            name: source.name,
            labels: source.labels,
            file: source.path,
            of_run: false,
        }
    }

    /// The same as an input of this kind.
    pub(crate) fn of_kind(&self, kind: Kind) -> Unread {
        Unread { kind: Some(kind), ..self.clone() }
    }
}
