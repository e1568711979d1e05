//! The engine of gatekeeper: it reads the reports of a CI run into one model, judges them by a policy and answers with one verdict
//! that names its evidence. It never passes what it could not see.
//!
//! Data flows one way: input → format → evidence → gate (a rule with its configuration) → verdict → output.

#![forbid(unsafe_code)]

pub mod error;
pub mod evidence;
pub mod findings_union;
pub mod format;
pub mod input;
pub mod inspect;
pub mod location;
pub mod record;
mod scan;

pub use error::{ErrorCode, ParseError};
pub use inspect::{Inspection, ReadOptions, inspection, read};
pub use location::Location;
