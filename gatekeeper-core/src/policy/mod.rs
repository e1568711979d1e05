//! The policy: what evidence there should be, which gates judge it, what is waived.
//!
//! What its author can get wrong is an error at load time with its place and the nearest right word.

mod default;
mod find;
mod load;
mod loosened;
mod profile;

pub use crate::config::{PolicyError, PolicyProblem, Selector};
pub use crate::verdict::Action;
pub use find::find;
pub(crate) use load::{Known, parse};

use crate::config::PathRules;
use crate::rule::{Judge, Rule};
use gatekeeper_evidence::decimal::Decimal;
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_formats::Format;
use std::collections::BTreeMap;

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

/// An `[[evidence]]` entry.
#[derive(Debug)]
pub struct EvidenceEntry {
    /// The name by which gates refer to it.
    pub name: Option<String>,
    /// Its patterns, as written and compiled.
    pub(crate) patterns: Vec<Pattern>,
    /// Folders of installed packages: patterns of the folders.
    pub(crate) packages: Vec<Pattern>,
    /// Files and packages that are left out.
    pub(crate) exclude: Vec<Pattern>,
    /// Files that need not be evidence: they are read where a format knows them, and passed over where none does.
    pub(crate) ignore: Vec<Pattern>,
    /// The format that the files must be of.
    pub format: Option<&'static Format>,
    /// Labels for all of them.
    pub labels: BTreeMap<String, String>,
    /// Older than this (seconds) is stale.
    pub max_age: Option<Decimal>,
    /// How the file names in coverage reports become the tree's.
    pub path_rules: PathRules,
    /// Least share of those names that must be files of the tree, percent; otherwise 90.
    pub min_matched: Option<Decimal>,
    /// The exit status of the command that wrote them.
    pub exit_status: Option<i32>,
    /// Line in the policy, from 1.
    pub line: u64,
}

/// A rule with its configuration, under a name.
#[derive(Debug)]
pub struct Gate {
    /// Its name.
    pub name: String,
    /// Its rule.
    pub rule: Rule,
    /// What falling short does.
    pub action: Action,
    /// Which evidence it takes.
    pub select: Selector,
    /// Judged once per value of this label.
    pub each: Option<String>,
    /// Label values that must be there.
    pub require: BTreeMap<String, Vec<String>>,
    /// Whether it is judged at all: not so where the policy, or the profile, switches it off.
    pub enabled: bool,
    /// Whether missing evidence blocks. Not so for the built-in default gates: they report it.
    pub missing_blocks: bool,
    /// Line in the policy, from 1; `None` for the built-in default.
    pub line: Option<u64>,
    /// The rule's configuration.
    pub(crate) judge: Box<dyn Judge>,
}

/// An accepted exception.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// The gate; all gates where none is named.
    pub gate: Option<String>,
    /// The rule id, advisory, licence, file or case that is waived.
    pub id: Option<String>,
    /// The case that is waived: its own name, or that behind its class (`class: name`).
    pub test: Option<String>,
    /// The package: purl (a purl without version covers all versions) or name.
    pub package: Option<String>,
    /// Pattern of the path.
    pub(crate) path: Option<Pattern>,
    /// Why.
    pub reason: String,
    /// Last day on which it holds.
    pub expires: Option<jiff::civil::Date>,
    /// Line in the policy, from 1.
    pub line: u64,
}
