//! Formats of test results.

use super::Format;

pub(super) static FORMATS: &[&Format] = &[];
