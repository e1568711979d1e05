//! Formats of exploitability statements. CycloneDX documents with `vulnerabilities[].analysis` are inventories that carry statements.

mod csaf_vex;
mod openvex;

use crate::format::Format;

pub(super) static FORMATS: &[&Format] = &[&csaf_vex::FORMAT, &openvex::FORMAT];
