//! Formats of what a release is decided by beside its tests: commits, approvals, checksums, health, checklists.

mod git_log;

use crate::format::Format;

pub(super) static FORMATS: &[&Format] = &[&git_log::FORMAT];
