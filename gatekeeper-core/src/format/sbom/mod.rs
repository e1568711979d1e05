//! Formats of software bills of materials.

mod checks;
mod cyclonedx_json;
mod schema;
mod spdx2;
mod spdx_json;
mod tree;

use super::Format;

pub(super) static FORMATS: &[&Format] = &[&cyclonedx_json::FORMAT, &spdx_json::FORMAT];
