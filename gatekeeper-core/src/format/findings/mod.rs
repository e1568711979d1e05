//! Formats of findings: scanners, linters, audits.

mod advisories;
mod bandit_json;
mod cargo_audit_json;
mod common;
mod cvss;
mod grype_json;
mod npm_audit_json;
mod osv_scanner_json;
mod pip_audit_json;
mod pnpm_audit_json;
mod sarif;
mod sarif_document;
mod semgrep_json;
mod trivy_json;
mod yarn_audit_json;

use super::Format;

pub(super) static FORMATS: &[&Format] = &[
    &bandit_json::FORMAT,
    &cargo_audit_json::FORMAT,
    &grype_json::FORMAT,
    &npm_audit_json::FORMAT,
    &osv_scanner_json::FORMAT,
    &pip_audit_json::FORMAT,
    &pnpm_audit_json::FORMAT,
    &sarif::FORMAT,
    &semgrep_json::FORMAT,
    &trivy_json::FORMAT,
    &yarn_audit_json::FORMAT,
];
