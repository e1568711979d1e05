//! The commands: one file each.

mod actions;
pub mod bundle;
mod by;
mod change;
pub mod check;
pub mod completions;
pub mod diff;
pub mod earlier;
pub mod explain;
pub mod hook;
pub mod init;
pub mod inspect;
mod judge;
pub mod license;
pub mod man;
#[cfg(feature = "mcp")]
pub mod mcp;
pub mod merge;
pub mod policy;
pub mod record;
pub mod render;
mod replay;
pub mod rollout;
pub mod schema;
pub mod simulate;
pub mod snapshot;
pub mod tables;
pub mod verify;
