//! Formats of this family.

use super::Format;

pub(super) static FORMATS: &[&Format] = &[];
