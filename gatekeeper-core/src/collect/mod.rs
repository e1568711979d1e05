//! Which files are evidence: the only part of the core that touches the file system.
//!
//! What an `[[evidence]]` entry names is in `entries`, where evidence is without one in `places`, how a tree is walked in `walk`, folders of
//! installed packages in `packages`.

mod bytes;
mod candidate;
pub(crate) mod entries;
mod files;
mod packages;
mod places;
mod policy_folder;
mod project;
mod root;
mod together;
mod walk;

pub(crate) use bytes::read_rules;
pub use bytes::read_whole;
pub use candidate::{Candidate, Content};
pub use files::read_packages;
pub(crate) use files::{digest, inspect_files, read_files};
pub use packages::Folder;
pub use places::RECORDS;
pub(crate) use places::{given, usual_places};
pub(crate) use policy_folder::PolicyFolder;
pub use project::tree;
pub(crate) use project::{ignore_files, ignore_files_by, project_of};
pub(crate) use root::{Root, repository};
pub(crate) use together::{Together, too_many};
