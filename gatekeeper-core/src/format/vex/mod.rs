//! Formats of exploitability statements.

use super::Format;

pub(super) static FORMATS: &[&Format] = &[];
