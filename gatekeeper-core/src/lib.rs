//! The engine of gatekeeper: it reads the reports of a CI run into one model, judges them by a policy and answers with one verdict
//! that names its evidence. It never passes what it could not see.
//!
//! Data flows one way: input → format → evidence → gate (a rule with its configuration) → verdict → output.
//!
//! [`Engine`] holds the formats, rules and outputs that a program knows and is the way into all of it; [`Context`] is what a run knows
//! beside its reports; [`Verdict`] is the answer.
//!
//! ```
//! use gatekeeper_core::{Candidate, Context, Engine};
//!
//! let engine = Engine::default();
//! let policy = engine.parse_policy("gatekeeper.toml", br#"
//! version = 1
//! [gates.unit]
//! rule = "tests"
//! min-pass-rate = 100
//! "#, None)?;
//! let report = br#"<testsuite name="s" tests="1"><testcase name="adds" classname="calc"/></testsuite>"#;
//! let evidence = vec![Candidate::in_memory("junit.xml", report.to_vec())];
//! let verdict = engine.evaluate(&policy, evidence, &Context::without_clock());
//! assert_eq!(verdict.status.as_str(), "pass");
//! # Ok::<(), gatekeeper_core::PolicyError>(())
//! ```

#![forbid(unsafe_code)]

mod against;
pub mod bundle;
pub mod changed;
mod check;
pub mod collect;
pub mod config;
mod context;
pub mod diff;
mod engine;
mod first;
mod history;
mod judge;
pub mod merge;
pub mod output;
pub mod policy;
mod project;
pub mod proof;
pub mod relate;
mod rollout;
pub mod rule;
pub mod scripted;
mod snapshot;
mod stats;
pub mod verdict;

pub use check::CheckRequest;
pub use collect::Candidate;
pub use config::PolicyError;
pub use context::{Base, Change, Context, Progress, ReleaseFacts, Repository, Revision};
pub use engine::{Engine, EngineBuilder, VerifyRequest};
pub use first::FirstPolicy;
pub use gatekeeper_evidence as evidence;
pub use gatekeeper_evidence::error::{self, ErrorCode, ParseError};
pub use gatekeeper_evidence::location::{self, Location};
pub use gatekeeper_formats::inspect::{self, Inspection};
pub use gatekeeper_formats::{Format, Formats, ReadOptions, format, input, record};
pub use gatekeeper_license as license;
pub use history::History;
pub use policy::Policy;
pub use project::ProjectFiles;
pub use relate::suppress::IgnoreFile;
pub use rule::Rule;
pub use snapshot::{Lineage, Snapshot, Taken, fix as fix_snapshot, schema as snapshot_schema};
pub use verdict::Verdict;
