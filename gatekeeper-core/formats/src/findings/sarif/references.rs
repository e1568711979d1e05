//! References within a SARIF document: to rules, tool components and artifacts. Both the document's members and its results hold them.

use super::common::{Num, Str};
use serde::Deserialize;

/// `reportingDescriptorReference`, 3.52.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, expecting = "a reference to a rule")]
pub(super) struct RuleRef<'a> {
    #[serde(borrow)]
    pub id: Str<'a>,
    pub index: Num,
    #[serde(borrow)]
    pub guid: Str<'a>,
    #[serde(borrow, rename = "toolComponent")]
    pub component: Option<ComponentRef<'a>>,
}

/// `toolComponentReference`, 3.54.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, expecting = "a reference to a tool component")]
pub(super) struct ComponentRef<'a> {
    #[serde(borrow)]
    pub name: Str<'a>,
    pub index: Num,
    #[serde(borrow)]
    pub guid: Str<'a>,
}

/// `artifactLocation`, 3.4.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, expecting = "an artifact location")]
pub(super) struct ArtifactLocation<'a> {
    #[serde(borrow)]
    pub uri: Str<'a>,
    pub index: Num,
}
