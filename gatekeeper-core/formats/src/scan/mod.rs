//! Bounded, located readers that formats share. The only files that touch quick-xml and serde_json.

pub(crate) mod assertion;
mod broken;
pub(crate) mod console;
pub(crate) mod consult;
pub(crate) mod csv;
pub(crate) mod cvss;
pub(crate) mod eight;
pub(crate) mod json;
pub(crate) mod lines;
pub(crate) mod shape;
pub(crate) mod term;
pub(crate) mod xml;

pub(crate) use broken::broken;
