//! Where a figure changed over earlier runs.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A change of a gate's figure over the runs of the history, as far as they can tell. It informs: no status stands on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The gate.
    pub gate: String,
    /// The figure, by its condition's name.
    pub metric: String,
    /// The cell that it is of.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// `step`, or `drift` where it goes on from run to run.
    pub kind: Cow<'static, str>,
    /// The time of the first run behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The commit of that run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The mean before; of a drift where it began.
    pub before: String,
    /// The mean since; of a drift where it is now.
    pub after: String,
    /// By how much, in percent of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<String>,
    /// The runs before it.
    pub runs_before: usize,
    /// The runs since.
    pub runs_after: usize,
}
