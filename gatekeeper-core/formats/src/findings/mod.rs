//! Formats of findings: scanners, linters, audits.

mod advisories;
mod bandit_json;
mod black;
mod cargo_audit_json;
mod cargo_json;
mod checkov_json;
mod checkstyle;
mod codeclimate_json;
mod common;
mod cvss;
mod dependency_check_json;
mod dependency_check_xml;
mod detect_secrets;
mod eslint_json;
mod github_vulnerability_json;
mod gitlab_json;
mod gitleaks_json;
mod gosec_json;
mod govulncheck_json;
mod grype_json;
mod hadolint_json;
mod isort;
mod kube_bench_json;
mod members;
mod mypy;
mod npm_audit_json;
mod osv_scanner_json;
mod pip_audit_json;
mod pnpm_audit_json;
mod prettier;
mod records;
mod room;
mod rows;
mod ruff_json;
mod sarif;
mod secretlint_json;
mod semgrep_json;
mod snyk_json;
mod text;
mod trivy_json;
mod tsc;
mod wording;
mod yarn_audit_json;

use crate::format::Format;

pub(super) static FORMATS: &[&Format] = &[
    &bandit_json::FORMAT,
    &black::FORMAT,
    &cargo_audit_json::FORMAT,
    &cargo_json::FORMAT,
    &checkov_json::FORMAT,
    &checkstyle::FORMAT,
    &codeclimate_json::FORMAT,
    &dependency_check_json::FORMAT,
    &dependency_check_xml::FORMAT,
    &detect_secrets::FORMAT,
    &eslint_json::FORMAT,
    &github_vulnerability_json::FORMAT,
    &gitlab_json::FORMAT,
    &gitleaks_json::FORMAT,
    &gosec_json::FORMAT,
    &govulncheck_json::FORMAT,
    &grype_json::FORMAT,
    &hadolint_json::FORMAT,
    &isort::FORMAT,
    &kube_bench_json::FORMAT,
    &mypy::FORMAT,
    &npm_audit_json::FORMAT,
    &osv_scanner_json::FORMAT,
    &pip_audit_json::FORMAT,
    &pnpm_audit_json::FORMAT,
    &prettier::FORMAT,
    &ruff_json::FORMAT,
    &sarif::FORMAT,
    &secretlint_json::FORMAT,
    &semgrep_json::FORMAT,
    &snyk_json::FORMAT,
    &trivy_json::FORMAT,
    &tsc::FORMAT,
    &yarn_audit_json::FORMAT,
];

#[cfg(test)]
mod audit_tests;
#[cfg(test)]
mod tests;
