//! A policy that is read from elsewhere than the working tree: from the base of a change, so that the change cannot lower its own bar.

use gatekeeper_evidence::error::ParseError;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Where a policy, what it extends and the ignore files beside it are read from.
pub trait PolicyFiles: fmt::Debug + Send + Sync {
    /// A file by its name, `/`-separated; `None` where there is none.
    ///
    /// # Errors
    /// A file that is there and cannot be read.
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, ParseError>;

    /// The names of all files below a folder, at any depth; `None` where the name is no folder's. Without it a policy names its Rego file by file.
    ///
    /// # Errors
    /// A folder that is there and cannot be read.
    fn list(&self, folder: &str) -> Result<Option<Vec<String>>, ParseError> {
        let _ = folder;
        Ok(None)
    }
}

/// A policy from elsewhere.
#[derive(Debug, Clone)]
pub struct GivenPolicy {
    /// Its name there.
    pub name: String,
    /// Where that is, for people: `origin/main (0123456789ab)`.
    pub from: String,
    /// The folder, there, that answers to the root: empty, or with `/` at its end. Ignore files are read from it.
    pub folder: String,
    /// The root, where none is named: the folder of the working tree that answers to the policy's.
    pub root: PathBuf,
    /// Its files.
    pub files: Arc<dyn PolicyFiles>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_gives_files_one_by_one_has_no_folders() {
        #[derive(Debug)]
        struct Single;
        impl PolicyFiles for Single {
            fn read(&self, _: &str) -> Result<Option<Vec<u8>>, ParseError> {
                Ok(None)
            }
        }
        assert_eq!(Single.list("policy"), Ok(None));
    }
}
