//! Reads the reports of a CI run into gatekeeper's model: one format is one file and one entry in its family's table.
//!
//! Bytes in, evidence out: nothing here opens a file, knows a policy or judges.

#![forbid(unsafe_code)]

mod attestation;
mod console;
mod coverage;
mod delivery;
mod elixir;
mod erlang;
mod findings;
pub mod format;
mod head;
pub mod input;
pub mod inspect;
mod licenses;
mod measurements;
pub mod package_tree;
pub mod read;
pub mod record;
mod recording;
pub mod registry;
mod sbom;
mod scan;
#[cfg(test)]
mod testing;
mod tests;
mod united;
mod vex;
#[cfg(test)]
mod xml_errors;

pub use format::{Confidence, Content, Format, Head, Parsed};
pub use licenses::PACKAGE_FOLDER;
pub use measurements::extract;
pub use read::{ReadOptions, read};
pub use registry::Formats;
pub use united::VERSION as UNITED_VERSION;

/// Holds the XML reader against quick-xml, for fuzzing: an error where they read a document differently.
///
/// # Errors
/// Says how the two differ.
#[cfg(fuzzing)]
pub fn xml_differential(text: &str) -> Result<(), String> {
    scan::xml::differential::compare(text).map(|_| ())
}
