//! `snyk test --json`, `snyk container test --json`, `snyk iac test --json` (<https://docs.snyk.io/snyk-cli>): an object per project, an array where there are several.
//!
//! - `vulnerabilities` has a row per dependency path: one finding is one id in one package version, counted per project.
//! - `filtered.ignore` is suppressed. Licence issues are of category licence, IaC issues misconfigurations.
//! - An object with `error` is a project that was not tested: refused where it stands alone, not complete where it stands among others.
//! - Container reports keep the projects inside the image under `applications`.

use super::common::{
    List, Num, Scalar, Str, aliases, foreign, message, note, one_or_many, or_default, package, parsed, place, purl,
    purl_type, severity, tool_failed,
};
use crate::error::ParseError;
use crate::evidence::Kind;
use crate::evidence::Note;
use crate::evidence::findings::{Category, Finding, Suppression};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use serde::Deserialize;
use std::collections::HashSet;

pub(super) static FORMAT: Format = Format {
    id: "snyk-json",
    title: "Snyk JSON report",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["snyk.json", "snyk-report.json"],
    spec: "snyk test --json, https://docs.snyk.io/snyk-cli/commands/test",
    producers: &["snyk"],
    recorded_as: None,
    binary: false,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let marks = ["uniqueCount", "dependencyCount", "licensesPolicy", "packageManager", "filesystemPolicy", "isPrivate"];
    let own = |at: &str| {
        let has = |p: &str| shape.has(&format!("{at}{p}"));
        (has("vulnerabilities")
            && (marks.iter().filter(|m| has(m)).count() >= 2 || (has("ok") && marks.iter().any(|m| has(m)))))
            || (has("infrastructureAsCodeIssues") && has("ok"))
            || (has("vulnerabilities[].packageName")
                && has("vulnerabilities[].identifiers")
                && has("vulnerabilities[].from"))
    };
    let failed = |at: &str| ["ok", "error", "path"].iter().all(|p| shape.has(&format!("{at}{p}")));
    if own("") || own("[].") {
        Confidence::Certain
    } else {
        Confidence::when(failed("") || failed("[]."), Confidence::Weak)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Project<'a> {
    #[serde(borrow)]
    vulnerabilities: Option<List<Row<'a>>>,
    #[serde(borrow, rename = "infrastructureAsCodeIssues")]
    iac: Option<List<Issue<'a>>>,
    #[serde(borrow)]
    applications: List<Application<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    filtered: Filtered<'a>,
    #[serde(borrow, rename = "targetFile")]
    target: Str<'a>,
    #[serde(borrow, rename = "displayTargetFile")]
    display: Str<'a>,
    #[serde(borrow)]
    error: Scalar<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Application<'a> {
    #[serde(borrow)]
    vulnerabilities: List<Row<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    filtered: Filtered<'a>,
    #[serde(borrow, rename = "targetFile")]
    target: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Filtered<'a> {
    #[serde(borrow)]
    ignore: List<Row<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row<'a> {
    #[serde(borrow)]
    id: Str<'a>,
    #[serde(borrow)]
    title: Str<'a>,
    #[serde(borrow)]
    severity: Str<'a>,
    #[serde(borrow, rename = "severityWithCritical")]
    with_critical: Str<'a>,
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow, rename = "packageName")]
    package: Str<'a>,
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    version: Str<'a>,
    #[serde(borrow, rename = "packageManager")]
    manager: Str<'a>,
    #[serde(borrow, rename = "fixedIn")]
    fixed: List<Str<'a>>,
    #[serde(borrow, rename = "nearestFixedInVersion")]
    nearest: Scalar<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    identifiers: Identifiers<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Identifiers<'a> {
    #[serde(borrow, rename = "CVE")]
    cve: List<Str<'a>>,
    #[serde(borrow, rename = "GHSA")]
    ghsa: List<Str<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Issue<'a> {
    #[serde(borrow)]
    id: Str<'a>,
    #[serde(borrow)]
    title: Str<'a>,
    #[serde(borrow)]
    severity: Str<'a>,
    #[serde(rename = "lineNumber")]
    line: Num,
    #[serde(borrow)]
    documentation: Scalar<'a>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let (mut notes, mut items, mut complete) = (Vec::new(), Vec::new(), true);
    let projects: Vec<Project<'_>> = one_or_many(input)?;
    let alone = projects.len() == 1;
    for p in &projects {
        let path = p.display.get().unwrap_or(p.target.text());
        if p.vulnerabilities.is_none() && p.iac.is_none() {
            match p.error.get() {
                Some(error) if alone => return Err(tool_failed(error)),
                Some(error) => {
                    complete = false;
                    note(&mut notes, format!("a project was not tested: {}", message(error)));
                    continue;
                }
                None => return Err(foreign("a project of Snyk (vulnerabilities or infrastructureAsCodeIssues)")),
            }
        }
        let rows = p.vulnerabilities.as_ref().map(|l| l.0.as_slice()).unwrap_or_default();
        fold(rows, &p.filtered.ignore.0, path, &mut items, &mut notes);
        for a in &p.applications.0 {
            fold(&a.vulnerabilities.0, &a.filtered.ignore.0, a.target.text(), &mut items, &mut notes);
        }
        for issue in p.iac.iter().flat_map(|l| &l.0) {
            let (severity, severity_from) = severity(issue.severity.text(), "severity", &mut notes);
            items.push(Finding {
                rule: message(issue.id.text()),
                message: message(issue.title.text()),
                severity,
                severity_from,
                category: Category::Misconfiguration,
                place: place(path, issue.line.line(), None),
                url: issue.documentation.get().map(message),
                ..Finding::default()
            });
        }
    }
    Ok(parsed(items, Some(complete), "snyk", notes))
}

fn fold(rows: &[Row<'_>], ignored: &[Row<'_>], path: &str, items: &mut Vec<Finding>, notes: &mut Vec<Note>) {
    for (rows, out) in [(rows, false), (ignored, true)] {
        let mut seen = HashSet::new();
        for r in rows {
            let name = r.package.get().unwrap_or(r.name.text());
            if !seen.insert((r.id.text(), name, r.version.text())) {
                continue;
            }
            let (severity, severity_from) = match r.with_critical.get() {
                Some(word) => severity(word, "severityWithCritical", notes),
                None => severity(r.severity.text(), "severity", notes),
            };
            let fixed = match r.nearest.get() {
                Some(v) => v.to_owned(),
                None => r.fixed.0.iter().map(Str::text).collect::<Vec<_>>().join(", "),
            };
            let purl = purl_type(r.manager.text())
                .and_then(|kind| purl(kind, &name.replace(':', "/"), Some(r.version.text())));
            let ids = r.identifiers.cve.0.iter().chain(&r.identifiers.ghsa.0).map(Str::text);
            items.push(Finding {
                rule: message(r.id.text()),
                message: message(r.title.text()),
                severity,
                severity_from,
                category: if r.kind.text() == "license" { Category::License } else { Category::Vulnerability },
                place: place(path, None, None),
                package: package(name, r.version.text(), &fixed, purl),
                aliases: aliases(r.id.text(), ids),
                suppressed: out.then(|| Box::new(Suppression { by: ".snyk".into(), reason: "ignored".into() })),
                url: Some(message(&format!("https://security.snyk.io/vuln/{}", r.id.text()))),
                ..Finding::default()
            });
        }
    }
}
