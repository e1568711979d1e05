//! Finds the policy file.

use crate::config::{PolicyError, PolicyProblem, ProblemCode};
use std::path::{Path, PathBuf};

/// The names under which a policy is looked for, in each folder upwards.
pub const NAMES: [&str; 15] = [
    "gatekeeper.toml",
    ".gatekeeper.toml",
    ".github/gatekeeper.toml",
    "gatekeeper.yaml",
    "gatekeeper.yml",
    ".gatekeeper.yaml",
    ".gatekeeper.yml",
    ".github/gatekeeper.yaml",
    ".github/gatekeeper.yml",
    "gatekeeper.json",
    ".gatekeeper.json",
    ".github/gatekeeper.json",
    ".gatekeeper/gatekeeper.toml",
    ".gatekeeper/gatekeeper.yaml",
    ".gatekeeper/gatekeeper.json",
];

/// Looks for a policy from a folder upwards: its file and the folder that its patterns are relative to.
///
/// # Errors
/// Two policies in one folder: which one counts is not for us to guess.
pub fn find(from: &Path) -> Result<Option<(PathBuf, PathBuf)>, PolicyError> {
    for folder in from.ancestors() {
        // Whatever bears a policy's name is one, or a mistake: a folder, or a link that leads nowhere, must not end in the built-in default.
        let found: Vec<PathBuf> =
            NAMES.iter().map(|n| folder.join(n)).filter(|p| p.symlink_metadata().is_ok()).collect();
        if let Some(odd) = found.iter().find(|p| !p.is_file()) {
            return Err(PolicyError::whole(
                odd.display().to_string(),
                "bears a policy's name and is no file that can be read",
            ));
        }
        match found.as_slice() {
            [] => {}
            [one] => return Ok(Some((one.clone(), folder.to_owned()))),
            [first, ..] => {
                let names: Vec<String> = found.iter().map(|p| p.display().to_string()).collect();
                let message = format!(
                    "there are {} policies in one place ({}): keep one, or name one with --config",
                    names.len(),
                    names.join(", ")
                );
                let problem = PolicyProblem::new(0..0, message).code(ProblemCode::Ambiguous);
                return Err(PolicyError::about(first.display().to_string(), problem));
            }
        }
    }
    Ok(None)
}
