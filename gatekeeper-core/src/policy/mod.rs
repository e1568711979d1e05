//! The policy: what evidence there should be, which gates judge it, what is waived.
//!
//! What its author can get wrong is an error at load time with its place and the nearest right word.

mod cells;
mod default;
mod defaults;
mod entry;
mod find;
mod gate;
mod known;
mod load;
mod loosened;
mod profile;
mod waiver;

pub use crate::config::{PolicyError, PolicyProblem, Selector};
pub use crate::verdict::Action;
pub use cells::{AllowFail, Cells, Labels, Quorum};
pub use entry::EvidenceEntry;
pub use find::find;
pub use gate::Gate;
pub(crate) use known::Known;
pub(crate) use load::parse;
pub use waiver::Waiver;

pub(crate) use cells::within;
pub(crate) use default::{Project, default_policy};

/// A policy, ready to judge.
#[derive(Debug)]
pub struct Policy {
    /// The file as it was named; `None` for the built-in default.
    pub file: Option<String>,
    /// SHA-256 of the file.
    pub sha256: Option<String>,
    /// Evidence entries; without any, the formats' usual places are read.
    pub evidence: Vec<EvidenceEntry>,
    /// The gates in the file's order.
    pub gates: Vec<Gate>,
    /// Accepted exceptions.
    pub waivers: Vec<Waiver>,
    /// The profile that was applied.
    pub profile: Option<String>,
    /// What that profile demands less than the policy without it.
    pub loosened: Vec<String>,
}
