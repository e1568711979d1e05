//! Formats of software bills of materials.

use super::Format;

pub(super) static FORMATS: &[&Format] = &[];
