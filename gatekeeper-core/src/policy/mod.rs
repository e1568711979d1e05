//! The policy: what evidence there should be, which gates judge it, what is waived.
//!
//! What its author can get wrong is an error at load time with its place and the nearest right word.

mod baseline;
mod cells;
mod components;
mod default;
mod defaults;
mod entry;
mod extends;
mod extracts;
mod find;
mod floors;
mod gate;
mod given;
pub mod keys;
mod known;
mod load;
mod normal;
mod profile;
mod rego;
mod rollout;
mod suspicion;
mod syntax;
mod waiver;

pub use crate::config::{PolicyError, PolicyProblem, Selector};
pub use crate::rollout::{Next, Rollout};
pub use crate::verdict::Action;
pub use cells::{AllowFail, Cells, Labels, Quorum};
pub use components::{Component, Components};
pub use entry::EvidenceEntry;
pub(crate) use extends::Files;
pub use extends::PolicyFile;
pub use find::{NAMES, find};
pub use floors::Floor;
pub use gate::Gate;
pub use given::{GivenPolicy, PolicyFiles};
pub(crate) use known::Known;
pub(crate) use load::{load, parse};
pub(crate) use normal::digest;
pub use waiver::{Cover, Waiver};

pub(crate) use baseline::{Against, Severity, Weaker};
pub(crate) use cells::within;
pub(crate) use components::Owner;
pub(crate) use default::{Project, default_policy};
pub(crate) use suspicion::Suspicion;

use gatekeeper_evidence::glob::Pattern;

/// A policy, ready to judge.
#[derive(Debug, Default)]
pub struct Policy {
    /// The file as it was named; `None` for the built-in default.
    pub file: Option<String>,
    /// SHA-256 of the file.
    pub sha256: Option<String>,
    /// The files that it extends, the nearest first; behind them the Rego files and their data.
    pub extends: Vec<PolicyFile>,
    /// Evidence entries; without any, the formats' usual places are read.
    pub evidence: Vec<EvidenceEntry>,
    /// The gates in the file's order.
    pub gates: Vec<Gate>,
    /// The parts of the repository.
    pub components: Components,
    /// The policy's own files as paths below the root, as far as they lie there: what is changed in them concerns everything.
    pub(crate) own_files: Vec<String>,
    /// Accepted exceptions.
    pub waivers: Vec<Waiver>,
    /// The files that may take findings out, as patterns below the root.
    pub(crate) suppressions: Vec<Pattern>,
    /// The steps of a rollout.
    pub rollout: Option<Rollout>,
    /// The profile that was applied.
    pub profile: Option<String>,
    /// What its file demands less than those that it extends, and that profile less than the policy without it.
    pub loosened: Vec<String>,
    /// The whole of it as plain values, the profile applied: what its digest is of.
    pub(crate) normal: serde_json::Value,
    /// What it says of comparing with an earlier run.
    pub(crate) against: Against,
    /// What each suspicion comes to.
    pub(crate) suspicion: Suspicion,
}

impl Policy {
    /// The whole policy as plain values: all files that it is made of in one, the profile applied.
    pub fn normalised(&self) -> &serde_json::Value {
        &self.normal
    }

    /// SHA-256 of [`Policy::normalised`], lower-case hex: what says whether two runs were judged by the same.
    pub fn digest(&self) -> String {
        digest(&self.normal)
    }
}
