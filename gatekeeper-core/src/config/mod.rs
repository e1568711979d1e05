//! The tree that a policy file is read into, whatever it was written in, with a place for every part of it.

mod habits;
mod loosened;
mod measure;
mod merge;
mod node;
mod problem;
mod render;
mod select;
mod source;
mod stricter;
mod yaml;

pub(crate) use loosened::{Loosened, Looser, compared, is_looser, loosened};
pub use measure::Measure;
pub(crate) use merge::merge;
pub use node::Table;
pub(crate) use node::{Entry, Node, Problems, Value, duration, from_toml};
pub(crate) use problem::nearest;
pub use problem::{PolicyError, PolicyProblem, ProblemCode, Span};
pub use select::{PathRules, Selector};
pub(crate) use source::Sources;
#[cfg(test)]
pub(crate) use stricter::{Place, stricter};
pub(crate) use yaml::{from_json, from_yaml};
