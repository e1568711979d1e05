//! mix_audit's JSON (`mix deps.audit --format json`): `pass` and a list of vulnerabilities, each a dependency and an advisory.
//!
//! Specification: the code is the specification: `MixAudit.Report`, mix_audit 2.1, <https://github.com/mirego/mix_audit>.
//!
//! - `pass` is false where anything was found: a list that does not say why is refused.
//! - Advisories are GitHub's: `severity` in their words where the database has it.

use super::common::{Text, behind_talk, parsed};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Findings, Package, Severity};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "mix-audit-json",
    title: "mix_audit JSON",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["mix-audit.json", "mix_audit.json", "deps-audit.json"],
    spec: "mix_audit 2.1, mix deps.audit --format json: https://github.com/mirego/mix_audit",
    producers: &["mix-audit"],
    recorded_as: Some("mix-audit"),
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json().filter(|s| !s.root_is_array) else { return Confidence::No };
    // A report that was cut may hold the first half of its first row alone.
    let row =
        shape.has("vulnerabilities[].advisory") && (shape.has("pass") || shape.has("vulnerabilities[].dependency"));
    let clean = shape.has("pass") && shape.has("vulnerabilities") && shape.paths().count() <= 3;
    Confidence::when(row || clean, Confidence::Certain)
}

#[derive(Deserialize)]
struct Report {
    pass: bool,
    vulnerabilities: Vec<Vulnerability>,
}

#[derive(Deserialize)]
struct Vulnerability {
    dependency: Dependency,
    advisory: Advisory,
}

#[derive(Deserialize)]
struct Dependency {
    package: Text,
    #[serde(default)]
    version: Text,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Advisory {
    id: Text,
    cve: Text,
    title: Text,
    url: Text,
    severity: Text,
    first_patched_versions: Vec<Text>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let from = behind_talk(input.bytes);
    let report: Report = json::from_bytes(input.bytes.get(from..).unwrap_or_default())?;
    if report.pass != report.vulnerabilities.is_empty() {
        return Err(ParseError::malformed("vulnerabilities where pass is false, and none where it is true")
            .at(from)
            .in_path("$.pass")
            .found_words(format!("pass: {}, {} vulnerabilities", report.pass, report.vulnerabilities.len())));
    }
    let mut found = Findings::default();
    for Vulnerability { dependency, advisory } in report.vulnerabilities {
        let stated = Severity::from_word(&advisory.severity.0);
        let name = dependency.package.cut();
        let version = Some(dependency.version.cut()).filter(|v| !v.is_empty());
        let fixed: Vec<&str> = advisory.first_patched_versions.iter().map(|t| t.0.as_str()).collect();
        let cve = advisory.cve.0.trim();
        // Older databases have the number alone.
        let cve = if cve.starts_with(|c: char| c.is_ascii_digit()) { format!("CVE-{cve}") } else { cve.to_owned() };
        found.items.push(Finding {
            rule: if advisory.id.0.is_empty() { cve.as_str().into() } else { advisory.id.cut() },
            message: advisory.title.cut(),
            severity: stated.unwrap_or_default(),
            severity_from: if stated.is_some() { "advisory.severity" } else { "" },
            category: Category::Vulnerability,
            package: Some(Box::new(Package {
                purl: version.as_ref().map(|v| format!("pkg:hex/{}@{v}", name.to_lowercase()).into()),
                name,
                installed: version,
                fixed: (!fixed.is_empty()).then(|| fixed.join(", ").into()),
            })),
            aliases: if cve.is_empty() || advisory.id.0.is_empty() { Vec::new() } else { vec![cve.into()] },
            url: Some(advisory.url.cut()).filter(|u| !u.is_empty()),
            ..Finding::default()
        });
    }
    Ok(parsed("mix-audit", found, Some(true), Vec::new()))
}
