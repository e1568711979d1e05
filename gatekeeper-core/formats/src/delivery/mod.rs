//! Formats of what a release is decided by beside its tests: commits, approvals, checksums, health, checklists.

mod checksums;
mod git_log;
mod github;
mod github_commits;
mod github_reviews;
mod github_run_approvals;
mod gitlab_approvals;
mod health_json;
mod http;
mod in_toto;
mod markdown;
mod requests;

use crate::format::Format;

pub(super) static FORMATS: &[&Format] = &[
    &git_log::FORMAT,
    &github_reviews::FORMAT,
    &github_run_approvals::FORMAT,
    &requests::PULL,
    &github_commits::FORMAT,
    &gitlab_approvals::FORMAT,
    &requests::MERGE,
    &checksums::FORMAT,
    &in_toto::FORMAT,
    &health_json::FORMAT,
    &markdown::FORMAT,
];
