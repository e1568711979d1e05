//! Formats of findings: scanners, linters, audits.

use super::Format;

pub(super) static FORMATS: &[&Format] = &[];
