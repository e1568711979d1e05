//! `--policy-ref`: the policy as it stands in another commit, so that a change cannot lower its own bar.

use crate::git::{Entry, Git, GitError};
use gatekeeper_core::error::{ErrorCode, ParseError};
use gatekeeper_core::input::Limits;
use gatekeeper_core::policy::{GivenPolicy, NAMES, PolicyFiles, find};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// The files of a commit.
#[derive(Debug)]
struct OfCommit {
    folder: PathBuf,
    commit: String,
}

impl PolicyFiles for OfCommit {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, ParseError> {
        let failed = |e: GitError| ParseError::new(ErrorCode::Io, "git cannot read it").because(e);
        let git = Git::at(&self.folder);
        match git.entries(&self.commit, &[name.to_owned()]).map_err(failed)?.as_slice() {
            [] => Ok(None),
            [Entry { is_file: true, .. }] => {
                git.blob(&self.commit, name, Limits::default().policy_bytes).map(Some).map_err(failed)
            }
            _ => Err(ParseError::new(ErrorCode::Io, "is a folder or a link there, not a file")),
        }
    }

    fn list(&self, folder: &str) -> Result<Option<Vec<String>>, ParseError> {
        let failed = |e: GitError| ParseError::new(ErrorCode::Io, "git cannot read it").because(e);
        let names = Git::at(&self.folder).below(&self.commit, folder).map_err(failed)?;
        Ok((!names.is_empty()).then_some(names))
    }
}

/// The policy of a commit: the one that `config` names, else the one that is found from the root upwards.
pub(crate) fn policy_of(reference: &str, root: Option<&Path>, config: Option<&Path>) -> Result<GivenPolicy, GitError> {
    let here = root.unwrap_or(Path::new("."));
    let git = Git::at(here);
    let (commit, prefix) = git.known(reference)?;
    let from = format!("{reference} ({})", commit.get(..12).unwrap_or(&commit));
    let files = Arc::new(OfCommit { folder: here.to_owned(), commit: commit.clone() });
    if let Some(config) = config {
        // Like elsewhere it is named from the working directory.
        let top = Git::at(Path::new(".")).known(reference)?.1;
        let name = inside(&top, config).ok_or_else(|| GitError::Outside(config.display().to_string()))?;
        return Ok(GivenPolicy { name, from, folder: prefix, root: here.to_owned(), files });
    }
    let mut folder = prefix.clone();
    let mut up = here.to_owned();
    loop {
        let names: Vec<String> = NAMES.iter().map(|name| format!("{folder}{name}")).collect();
        let found = git.entries(&commit, &names)?;
        if let Some(odd) = found.iter().find(|e| !e.is_file) {
            return Err(GitError::NoFile(odd.name.clone()));
        }
        match found.as_slice() {
            [] => {}
            [one] => return Ok(GivenPolicy { name: one.name.clone(), from, folder, root: up, files }),
            several => {
                let names: Vec<&str> = several.iter().map(|e| e.name.as_str()).collect();
                return Err(GitError::Several(names.join(", ")));
            }
        }
        let Some(above) = folder.strip_suffix('/') else { return Err(GitError::NoPolicy(from)) };
        folder = above.rsplit_once('/').map_or(String::new(), |(above, _)| format!("{above}/"));
        up.push("..");
    }
}

/// A path from a folder of the repository, named from its top. `None` where it leaves the repository.
fn inside(prefix: &str, path: &Path) -> Option<String> {
    let mut parts: Vec<&str> = prefix.split('/').filter(|p| !p.is_empty()).collect();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()?),
            Component::Normal(name) => parts.push(name.to_str()?),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

/// The folder that is judged: git is asked there.
pub(crate) fn folder(root: Option<&Path>) -> PathBuf {
    let here = || PathBuf::from(".");
    match root {
        Some(root) => root.to_path_buf(),
        None => std::env::current_dir()
            .ok()
            .and_then(|cwd| find(&cwd).ok().flatten())
            .map_or_else(here, |(_, folder)| folder),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_named_from_the_top_of_the_repository() {
        let of = |prefix: &str, path: &str| inside(prefix, Path::new(path));
        assert_eq!(of("", "gatekeeper.toml").as_deref(), Some("gatekeeper.toml"));
        assert_eq!(of("a/b/", "./../p.toml").as_deref(), Some("a/p.toml"));
        assert_eq!(of("a/", "../../p.toml"), None);
        assert_eq!(of("a/", "/p.toml"), None);
    }
}
