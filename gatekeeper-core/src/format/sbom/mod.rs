//! Formats of software bills of materials.

mod checks;
mod cyclonedx_json;
mod cyclonedx_xml;
mod schema;
mod spdx2;
mod spdx3_json;
mod spdx_json;
mod spdx_rdf;
mod spdx_tag_value;
mod spdx_xml;
mod spdx_yaml;
mod tree;

use super::Format;

pub(super) static FORMATS: &[&Format] = &[
    &cyclonedx_json::FORMAT,
    &cyclonedx_xml::FORMAT,
    &spdx3_json::FORMAT,
    &spdx_json::FORMAT,
    &spdx_rdf::FORMAT,
    &spdx_tag_value::FORMAT,
    &spdx_xml::FORMAT,
    &spdx_yaml::FORMAT,
];
