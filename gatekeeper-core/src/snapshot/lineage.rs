//! How a snapshot's commits stand to ours.

/// How the commit of a baseline stands to the one that is judged, as version control tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lineage {
    /// Nobody asked, or there is no version control.
    #[default]
    NotAsked,
    /// It is ours, or an ancestor of ours.
    Ancestor,
    /// It is neither.
    Stranger,
    /// That cannot be told: why.
    CannotTell(String),
}
