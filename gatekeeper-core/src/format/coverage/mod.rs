//! Formats of code coverage.

use super::Format;

pub(super) static FORMATS: &[&Format] = &[];
