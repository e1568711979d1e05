//! `cargo audit --json` (RustSec, <https://rustsec.org>). The severity of a vulnerability is that of its CVSS vector (3 or 4.0); without one it is unknown.
//! Warnings (unmaintained, unsound, yanked, notice) are RustSec's informational advisories: findings of severity info.
//! A report that counts vulnerabilities and lists none, or that had no advisories or dependencies to look at, is not complete.

use super::common::{List, Members, Num, Str, aliases, foreign, message, note, or_default, package, parsed, purl};
use super::cvss;
use super::rows;
use crate::error::ParseError;
use crate::evidence::findings::{Category, Finding, Severity};
use crate::evidence::{Kind, Note};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "cargo-audit-json",
    title: "cargo audit JSON report",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["cargo-audit.json", "audit.json"],
    spec: "cargo audit --json, https://rustsec.org",
    producers: &["cargo-audit"],
    recorded_as: None,
    binary: false,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let own =
        shape.has_all(&["lockfile.dependency-count", "vulnerabilities.found"]) || shape.has("database.advisory-count");
    Confidence::when(own, Confidence::Certain)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Report<'a> {
    #[serde(deserialize_with = "or_default")]
    database: Database,
    #[serde(deserialize_with = "or_default")]
    lockfile: Lockfile,
    #[serde(borrow)]
    vulnerabilities: Option<Vulnerabilities<'a>>,
    #[serde(borrow)]
    warnings: Members<'a, List<Entry<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Database {
    #[serde(rename = "advisory-count")]
    advisories: Num,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Lockfile {
    #[serde(rename = "dependency-count")]
    dependencies: Num,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerabilities<'a> {
    found: Option<bool>,
    count: Num,
    #[serde(borrow)]
    list: Option<List<Entry<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    advisory: Option<Advisory<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    versions: Versions<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    package: Crate<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Advisory<'a> {
    #[serde(borrow)]
    id: Str<'a>,
    #[serde(borrow)]
    title: Str<'a>,
    #[serde(borrow)]
    aliases: List<Str<'a>>,
    #[serde(borrow)]
    cvss: Str<'a>,
    #[serde(borrow)]
    url: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Versions<'a> {
    #[serde(borrow)]
    patched: List<Str<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Crate<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    version: Str<'a>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let report: Report<'_> = rows::read(input)?;
    let Some(Vulnerabilities { list: Some(list), found, count }) = report.vulnerabilities else {
        return Err(foreign("a report of cargo audit (vulnerabilities.list)"));
    };
    let (mut notes, mut complete) = (Vec::new(), true);
    if list.0.is_empty() && (found == Some(true) || count.0.is_some_and(|n| n > 0)) {
        complete = false;
        note(&mut notes, "the report counts vulnerabilities and lists none");
    }
    if report.database.advisories.0 == Some(0) || report.lockfile.dependencies.0 == Some(0) {
        complete = false;
        note(&mut notes, "the report says that it looked for no advisory, or at no dependency");
    }
    let mut items: Vec<Finding> = list.0.iter().map(|e| finding(e, None, &mut notes)).collect();
    for (kind, entries) in &report.warnings.0 {
        items.extend(entries.0.iter().map(|e| finding(e, Some(kind), &mut notes)));
    }
    Ok(parsed(items, Some(complete), "cargo-audit", notes))
}

fn finding(e: &Entry<'_>, warning: Option<&str>, notes: &mut Vec<Note>) -> Finding {
    let rule = e.advisory.as_ref().and_then(|a| a.id.get()).or(warning).unwrap_or_default();
    let title = e.advisory.as_ref().map(|a| a.title.text()).unwrap_or_default();
    let (severity, severity_from) = match warning {
        Some(_) => (Severity::Info, "warnings"),
        None => cvss::severity(e.advisory.iter().map(|a| a.cvss.text()), "advisory.cvss", notes),
    };
    let text = warning.map_or_else(|| title.to_owned(), |kind| format!("{kind}: {title}"));
    let fixed = e.versions.patched.0.iter().map(Str::text).collect::<Vec<_>>().join(", ");
    let (name, version) = (e.package.name.text(), e.package.version.text());
    let advisory_url = || format!("https://rustsec.org/advisories/{rule}.html");
    Finding {
        rule: message(rule),
        message: message(text.trim_end_matches([':', ' '])),
        severity,
        severity_from,
        category: Category::Vulnerability,
        package: package(name, version, &fixed, purl("cargo", name, Some(version))),
        aliases: aliases(rule, e.advisory.iter().flat_map(|a| a.aliases.0.iter().map(Str::text))),
        url: e.advisory.as_ref().map(|a| a.url.boxed().unwrap_or_else(|| message(&advisory_url()))),
        ..Finding::default()
    }
}
