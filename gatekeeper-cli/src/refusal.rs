//! Why there is no answer: what command line, Python and Node each say in their own way.

use gatekeeper_core::config::PolicyError;
use gatekeeper_core::error::{ParseError, chain};
use serde::Serialize;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// An argument that cannot be.
    #[error("{0}")]
    Usage(String),
    /// A clock that is no time.
    #[error("the clock `now` takes a time such as 2026-01-31T12:00:00Z")]
    Clock(#[source] jiff::Error),
    /// There is no working directory to look from.
    #[error("the working directory cannot be read")]
    WorkingDirectory(#[source] std::io::Error),
    /// The answer could not be made into a document.
    #[error("the answer cannot be written")]
    Document(#[from] serde_json::Error),
    /// The answer could not be rendered.
    #[error("the answer cannot be written")]
    Rendering(#[source] std::io::Error),
    /// A policy that cannot be used: nothing was judged.
    #[error(transparent)]
    Policy(PolicyError),
    /// A report that cannot be read, where it alone was asked for.
    #[error(transparent)]
    Unreadable(ParseError),
}

/// A refusal as plain data, for languages that have no place for its type.
#[derive(Debug, Serialize)]
pub struct RefusalDocument {
    /// `usage`, `policy`, or the stable code of what is wrong with a report.
    pub code: &'static str,
    /// In words.
    pub message: String,
    /// The policy or report.
    pub file: Option<String>,
    /// Line of the first problem, from 1.
    pub line: Option<u64>,
    /// Column of the first problem, from 1.
    pub column: Option<u64>,
    /// A policy's mistakes, every one.
    pub problems: Vec<Problem>,
    /// A policy's mistakes as people read them: each with its line, a caret and what to do.
    pub rendered: Option<String>,
}

/// A mistake in a policy.
#[derive(Debug, Serialize)]
pub struct Problem {
    /// The stable code: `unknown-key`, `wrong-type`, … ([`gatekeeper_core::config::ProblemCode`]).
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The file that it is in, where that is one that the policy extends.
    pub file: Option<String>,
    /// Line, from 1.
    pub line: Option<u64>,
    /// Column, from 1.
    pub column: Option<u64>,
}

impl Refusal {
    /// All of it in words: what is wrong, and what another library said was wrong.
    pub fn line(&self) -> String {
        match self {
            Refusal::Unreadable(e) => e.line(),
            // The first mistake with a cause names it; a policy's syntax error says in its own words what the cause does.
            Refusal::Policy(e) if !e.text.is_empty() => e.to_string(),
            e => chain(e),
        }
    }

    /// As plain data.
    pub fn document(&self) -> RefusalDocument {
        let empty = RefusalDocument {
            code: "usage",
            message: self.line(),
            file: None,
            line: None,
            column: None,
            problems: Vec::new(),
            rendered: None,
        };
        match self {
            Refusal::Usage(_)
            | Refusal::Clock(_)
            | Refusal::WorkingDirectory(_)
            | Refusal::Document(_)
            | Refusal::Rendering(_) => empty,
            Refusal::Policy(e) => {
                let problem = |p: &gatekeeper_core::config::PolicyProblem| {
                    // A mistake about a file that could not be read has no place in its text.
                    let place = (!e.text.is_empty()).then(|| e.line_column(p.span.start));
                    Problem {
                        code: p.code.as_str(),
                        message: if place.is_some() { p.message.clone() } else { chain(p) },
                        help: p.help.clone(),
                        file: Some(e.file_of(p.span.start)).filter(|f| *f != e.file).map(str::to_owned),
                        line: place.map(|p| p.0),
                        column: place.map(|p| p.1),
                    }
                };
                let problems: Vec<Problem> = e.problems.iter().map(problem).collect();
                let (line, column) = problems.first().map_or((None, None), |p| (p.line, p.column));
                RefusalDocument {
                    code: "policy",
                    file: Some(e.file.clone()),
                    line,
                    column,
                    problems,
                    rendered: Some(e.rendered(false)),
                    ..empty
                }
            }
            Refusal::Unreadable(e) => RefusalDocument {
                code: e.code().as_str(),
                file: Some(e.file().to_owned()),
                line: e.location().line,
                column: e.location().column,
                ..empty
            },
        }
    }
}
