//! Licence lists and lock files.

use super::Format;

pub(super) static FORMATS: &[&Format] = &[];
