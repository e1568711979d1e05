//! Formats of findings: scanners, linters, audits.

mod common;
mod sarif;
mod sarif_document;
mod trivy_json;

use super::Format;

pub(super) static FORMATS: &[&Format] = &[&sarif::FORMAT, &trivy_json::FORMAT];
