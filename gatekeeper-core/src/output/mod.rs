//! Outputs: renderings of a verdict. One output is one file and one entry in this table; none sees anything but the verdict.

mod against;
mod badge;
mod csv;
mod document;
mod github;
mod gitlab;
mod html;
mod human;
mod in_toto;
mod json;
mod jsonl;
mod junit;
mod markdown;
mod prometheus;
mod sarif;
pub(crate) mod text;
mod wrap;

use crate::verdict::{EvidenceRef, GateVerdict, InputProblem, SetAside, Verdict};
use rayon::prelude::*;
use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::Arc;

/// All outputs, alphabetical.
static OUTPUTS: &[&Output] = &[
    &badge::SVG,
    &badge::ENDPOINT,
    &csv::OUTPUT,
    &github::OUTPUT,
    &gitlab::OUTPUT,
    &html::OUTPUT,
    &human::OUTPUT,
    &in_toto::WHOLE,
    &in_toto::GATES,
    &json::OUTPUT,
    &jsonl::OUTPUT,
    &junit::OUTPUT,
    &markdown::OUTPUT,
    &prometheus::OUTPUT,
    &sarif::OUTPUT,
    &in_toto::SVR,
    &in_toto::SVR_OLD,
    &in_toto::VSA,
];

/// A rendering of a verdict. Cheap to clone.
#[derive(Clone)]
pub struct Output {
    pub(crate) id: Cow<'static, str>,
    pub(crate) title: Cow<'static, str>,
    pub(crate) write: Writer,
}

/// How an output writes a verdict.
pub type Write = dyn Fn(&Verdict, &Style, &mut dyn io::Write) -> io::Result<()> + Send + Sync;

/// The built-in outputs are in a static table; those from outside bring a closure.
#[derive(Clone)]
pub(crate) enum Writer {
    Fixed(fn(&Verdict, &Style, &mut dyn io::Write) -> io::Result<()>),
    /// The same, of a verdict with its details.
    Detailed(fn(&Verdict, &Style, &mut dyn io::Write) -> io::Result<()>),
    Shared(Arc<Write>),
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
    /// Everything is shown that a person may want to know: no list is cut, conditions and evidence are listed.
    pub verbose: bool,
    /// Long lines are broken between words to fit into the columns.
    pub wrap: bool,
}

impl Style {
    /// The same, with everything shown.
    #[must_use]
    pub fn verbose(self) -> Self {
        Style { most: usize::MAX, verbose: true, ..self }
    }
}

impl Default for Style {
    fn default() -> Self {
        Style { color: false, width: 120, most: 5, verbose: false, wrap: false }
    }
}

impl Output {
    /// An output of the program that embeds the engine.
    pub fn new<F>(id: impl Into<Cow<'static, str>>, title: impl Into<Cow<'static, str>>, write: F) -> Self
    where
        F: Fn(&Verdict, &Style, &mut dyn io::Write) -> io::Result<()> + Send + Sync + 'static,
    {
        Output { id: id.into(), title: title.into(), write: Writer::Shared(Arc::new(write)) }
    }

    /// The public id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it is, in a few words.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Whether it shows what the evidence holds beyond what the gates fell short by: judge with [`crate::Context::details`] for it. The others are
    /// given a verdict without, so that what they write does not depend on what is written beside them.
    pub fn wants_details(&self) -> bool {
        matches!(self.write, Writer::Detailed(_))
    }

    /// Writes the verdict.
    ///
    /// # Errors
    /// What the writer gives.
    pub fn write(&self, verdict: &Verdict, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        match &self.write {
            Writer::Fixed(write) | Writer::Detailed(write) => write(verdict, style, out),
            Writer::Shared(write) => write(verdict, style, out),
        }
    }
}

/// Writes several outputs, each into bytes of its own, in their order. They are made beside each other as far as there are processors; what each
/// writes is the same however many there are.
pub fn together(wanted: &[(&Output, &Verdict)], style: &Style) -> Vec<io::Result<Vec<u8>>> {
    let written = |(output, verdict): &(&Output, &Verdict)| {
        let mut bytes = Vec::new();
        output.write(verdict, style, &mut bytes).map(|()| bytes)
    };
    wanted.par_iter().map(written).collect()
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A set of outputs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Outputs(Arc<[Output]>);

impl Default for Outputs {
    /// The built-in outputs.
    fn default() -> Self {
        Outputs(OUTPUTS.iter().copied().cloned().collect())
    }
}

impl Outputs {
    /// These outputs and another one. One of the same id gives way to it.
    #[must_use]
    pub fn with(&self, output: Output) -> Self {
        let others = self.iter().filter(|o| o.id != output.id).cloned();
        Outputs(others.chain([output.clone()]).collect())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Output> {
        self.0.iter()
    }

    /// The output of an id.
    pub fn by_id(&self, id: &str) -> Option<&Output> {
        self.iter().find(|o| o.id == id)
    }
}

pub use document::document;
pub use github::policy_annotation;
pub use human::explain;
pub use markdown::step_summary;
pub(crate) use text::{comparator, id, markdown, said};
pub use text::{inert, line};

/// All that a verdict knows of one gate, as data: the gate itself and the evidence that it was judged by.
#[derive(Debug, serde::Serialize)]
pub struct Explanation<'a> {
    /// Version of the document's shape, as the verdict's.
    pub schema_version: u32,
    /// The gate.
    pub gate: &'a GateVerdict,
    /// The evidence that it used.
    pub evidence: Vec<&'a EvidenceRef>,
    /// Evidence that was left aside for that.
    pub set_aside: Vec<&'a SetAside>,
    /// Inputs that it would have needed and that could not be read.
    pub problems: Vec<&'a InputProblem>,
}

impl<'a> Explanation<'a> {
    /// Of the gate of this name, where there is one.
    pub fn of(verdict: &'a Verdict, gate: &str) -> Option<Self> {
        let gate = verdict.gates.iter().find(|g| g.name == gate)?;
        let used = |path: &str| gate.evidence.iter().any(|e| e.path == path);
        Some(Explanation {
            schema_version: verdict.schema_version,
            gate,
            evidence: verdict.evidence.iter().filter(|e| used(&e.path)).collect(),
            set_aside: verdict.set_aside.iter().filter(|a| a.instead.as_deref().is_some_and(used)).collect(),
            problems: verdict.problems.iter().filter(|p| p.concerns.contains(&gate.name)).collect(),
        })
    }
}
