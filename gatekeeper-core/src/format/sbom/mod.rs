//! Formats of software bills of materials.

mod checks;
mod cyclonedx_json;
mod cyclonedx_xml;
mod schema;
mod spdx2;
mod spdx_json;
mod tree;

use super::Format;

pub(super) static FORMATS: &[&Format] = &[&cyclonedx_json::FORMAT, &cyclonedx_xml::FORMAT, &spdx_json::FORMAT];
