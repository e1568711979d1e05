//! What is being released: as the caller says, as CI says, and as the repository tells.

use crate::git::{Git, GitError};
use crate::refusal::Refusal;
use gatekeeper_core::error::chain;
use gatekeeper_core::verdict::Asked;
use gatekeeper_core::{ReleaseFacts, Repository};
use std::path::Path;

/// What a caller says of a release and of a change's review.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Release {
    /// The tag that is released; otherwise the one that the CI run is for
    #[arg(long, value_name = "TAG")]
    pub tag: Option<String>,
    /// The branch that is released from; otherwise the one that is checked out
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,
    /// Who wrote the change that is reviewed, by the name that the forge knows
    #[arg(long, value_name = "NAME")]
    pub author: Option<String>,
    /// When the change was handed in for approval (RFC 3339): deadlines run from here
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
}

impl Release {
    /// What a kept verdict was asked for, where nothing else is asked.
    pub(crate) fn as_in(&mut self, kept: &Asked) {
        for (own, then) in [
            (&mut self.tag, &kept.tag),
            (&mut self.branch, &kept.branch),
            (&mut self.author, &kept.author),
            (&mut self.since, &kept.since),
        ] {
            if own.is_none() {
                own.clone_from(then);
            }
        }
    }

    /// As the engine takes it. The repository is asked only where there is a tag to hold it against.
    ///
    /// # Errors
    /// A time that is none.
    pub(crate) fn facts(&self, folder: &Path, limit: u64) -> Result<ReleaseFacts, Refusal> {
        let tag = self.tag.clone().or_else(|| tag_of_ci(&|name| std::env::var(name).ok()));
        let since = match self.since.as_deref().map(str::parse::<jiff::Timestamp>) {
            None => None,
            Some(Ok(time)) => Some(time.as_second()),
            Some(Err(e)) => {
                return Err(Refusal::Usage(format!("--since takes a time such as 2026-01-31T12:00:00Z: {e}")));
            }
        };
        let repository = tag.is_some().then(|| repository(folder, limit)).flatten();
        let mut facts = ReleaseFacts::default();
        (facts.tag, facts.branch, facts.author) = (tag, self.branch.clone(), self.author.clone());
        (facts.since, facts.repository) = (since, repository);
        Ok(facts)
    }
}

/// The tag that a CI run is for.
fn tag_of_ci(variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let given = |name: &str| variable(name).filter(|v| !v.is_empty());
    let github = given("GITHUB_REF_NAME").filter(|_| match given("GITHUB_REF_TYPE") {
        Some(kind) => kind == "tag",
        None => given("GITHUB_REF").is_none_or(|r| r.starts_with("refs/tags/")),
    });
    github.or_else(|| given("CI_COMMIT_TAG"))
}

/// What the repository that a folder lies in says; `None` where there is none.
pub(crate) fn repository(folder: &Path, limit: u64) -> Option<Repository> {
    let mut repository = Repository::default();
    match Git::at(folder).history(limit) {
        Ok((log, branches)) => (repository.log, repository.branches) = (log, branches),
        Err(GitError::NoCommit | GitError::Run(_)) => return None,
        Err(e) => repository.problem = Some(chain(&e)),
    }
    Some(repository)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ci_says_which_tag_it_is_for() {
        let of = |set: &[(&str, &str)]| {
            tag_of_ci(&|name| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
        };
        assert_eq!(of(&[("GITHUB_REF_NAME", "v1.0.0"), ("GITHUB_REF_TYPE", "tag")]).as_deref(), Some("v1.0.0"));
        assert_eq!(of(&[("GITHUB_REF_NAME", "main"), ("GITHUB_REF_TYPE", "branch")]), None);
        assert_eq!(of(&[("GITHUB_REF_NAME", "7/merge"), ("GITHUB_REF", "refs/pull/7/merge")]), None);
        assert_eq!(of(&[("GITHUB_REF_NAME", "v1.0.0")]).as_deref(), Some("v1.0.0"));
        assert_eq!(of(&[("CI_COMMIT_TAG", "v2.0.0")]).as_deref(), Some("v2.0.0"));
        assert_eq!(of(&[("CI_COMMIT_TAG", "")]), None);
    }

    #[test]
    fn a_time_that_is_none_is_refused() {
        let release = Release { since: Some("yesterday".to_owned()), ..Release::default() };
        assert!(matches!(release.facts(Path::new("."), 1 << 20), Err(Refusal::Usage(_))));
        let release = Release { since: Some("2026-06-01T00:00:00Z".to_owned()), ..Release::default() };
        assert_eq!(release.facts(Path::new("."), 1 << 20).unwrap().since, Some(1_780_272_000));
    }
}
