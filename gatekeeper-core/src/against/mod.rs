//! A run held against an earlier one: what is gone, what only moved, what is new. Pure functions over the model; what a difference means is for
//! rules and for the gates that speak of the baseline.

mod cases;
mod files;
mod findings;
mod packages;

pub(crate) use cases::{Cases, Named, cases};
pub(crate) use files::{Files, files};
pub(crate) use findings::{Told, known, tool_of};
pub(crate) use packages::{Packages, identity, packages};
