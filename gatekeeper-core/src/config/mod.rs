//! The tree that a policy file is read into, whatever it was written in, with a place for every part of it.

mod node;
mod problem;
mod render;
mod select;
mod yaml;

pub use node::Table;
pub(crate) use node::{Entry, Node, Problems, Value, duration, from_toml};
pub use problem::{PolicyError, PolicyProblem, ProblemCode, Span};
pub(crate) use problem::{line_column, nearest};
pub use select::{PathRules, Selector};
pub(crate) use yaml::{from_json, from_yaml};
