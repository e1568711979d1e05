//! The engine of gatekeeper: it reads the reports of a CI run into one model, judges them by a policy and answers with one verdict
//! that names its evidence. It never passes what it could not see.
//!
//! Data flows one way: input → format → evidence → gate (a rule with its configuration) → verdict → output.
//!
//! ```
//! use gatekeeper_core::{Candidate, CheckOptions, evaluate, policy};
//!
//! let policy = policy::parse("gatekeeper.toml", br#"
//! version = 1
//! [gates.unit]
//! rule = "tests"
//! min-pass-rate = 100
//! "#, None)?;
//! let report = br#"<testsuite name="s" tests="1"><testcase name="adds" classname="calc"/></testsuite>"#;
//! let verdict = evaluate(&policy, vec![Candidate::in_memory("junit.xml", report.to_vec())], &CheckOptions::default());
//! assert_eq!(verdict.status.as_str(), "pass");
//! # Ok::<(), policy::PolicyError>(())
//! ```

#![forbid(unsafe_code)]

pub mod collect;
mod decimal;
pub mod error;
mod evaluate;
pub mod evidence;
pub mod findings_union;
pub mod format;
mod glob;
pub mod input;
pub mod inspect;
pub mod license;
pub mod location;
pub mod merge;
pub mod output;
mod package_tree;
pub mod paths;
pub mod policy;
mod reconcile;
pub mod record;
pub mod rule;
mod scan;
mod suppress;
mod twins;
pub mod verdict;
mod waive;

pub use collect::{Candidate, check, inspect_files};
pub use error::{ErrorCode, ParseError};
pub use evaluate::{CheckOptions, evaluate};
pub use inspect::{Inspection, ReadOptions, inspection, read};
pub use location::Location;
pub use policy::{Policy, PolicyError};
pub use suppress::IgnoreFile;
pub use verdict::Verdict;
