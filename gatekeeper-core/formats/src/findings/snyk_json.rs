//! `snyk test --json`, `snyk container test --json`, `snyk iac test --json` (<https://docs.snyk.io/snyk-cli>): an object per project, an array where there are several.
//!
//! - `vulnerabilities` has a row per dependency path: one finding is one id in one package version, counted per project.
//! - `filtered.ignore` and `filtered.patch` are suppressed. Licence issues are of category licence, IaC issues misconfigurations.
//! - An object with `error` is a project that was not tested: refused where it stands alone, not complete where it stands among others or beside issues. Nor
//!   is a report that counts issues (`ok: false`, `uniqueCount`) and lists none, or one without a dependency in any project.
//! - Container reports keep the projects inside the image under `applications`.

use super::common::{
    Count, List, Num, Scalar, Str, aliases, foreign, message, note, one_or_many, or_default, package, parsed, purl,
    purl_type, severity, tool_failed,
};
use super::rows::{self, Folded, Rows};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Findings, Place, Suppression};
use gatekeeper_evidence::{Data, Kind, Note};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "snyk-json",
    title: "Snyk JSON report",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["snyk.json", "snyk-report.json", "snyk_results.json"],
    spec: "snyk test --json, https://docs.snyk.io/snyk-cli/commands/test",
    producers: &["snyk"],
    recorded_as: None,
    content: Content::Text,
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
    vulnerabilities: Option<Rows<Row<'a>>>,
    #[serde(borrow, rename = "infrastructureAsCodeIssues")]
    iac: Option<Rows<Issue<'a>>>,
    ok: Option<bool>,
    #[serde(rename = "uniqueCount")]
    unique: Count,
    #[serde(rename = "dependencyCount")]
    dependencies: Count,
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
    vulnerabilities: Rows<Row<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    filtered: Filtered<'a>,
    #[serde(borrow, rename = "targetFile")]
    target: Str<'a>,
    #[serde(borrow)]
    error: Scalar<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Filtered<'a> {
    #[serde(borrow)]
    ignore: Rows<Ignored<'a>>,
    #[serde(borrow)]
    patch: Rows<Patched<'a>>,
}

/// A row that the policy file takes out.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Ignored<'a>(#[serde(borrow)] Row<'a>);

/// A row that a patch of Snyk's mended.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Patched<'a>(#[serde(borrow)] Row<'a>);

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

impl<'de: 'a, 'a> rows::Row<'de> for Row<'a> {
    fn fold(self, into: &mut Folded) -> Result<(), &'static str> {
        self.add(into, None)
    }
}

impl<'de: 'a, 'a> rows::Row<'de> for Ignored<'a> {
    fn fold(self, into: &mut Folded) -> Result<(), &'static str> {
        self.0.add(into, Some("ignored"))
    }
}

impl<'de: 'a, 'a> rows::Row<'de> for Patched<'a> {
    fn fold(self, into: &mut Folded) -> Result<(), &'static str> {
        self.0.add(into, Some("patched"))
    }
}

impl Row<'_> {
    /// One finding is one id in one package version.
    fn add(&self, into: &mut Folded, out: Option<&str>) -> Result<(), &'static str> {
        if self.id.get().is_none() {
            return Err("an issue of Snyk with its id");
        }
        let name = self.package.get().unwrap_or(self.name.text());
        into.add_once((self.id.text(), name, self.version.text()), |notes| self.finding(name, out, notes));
        Ok(())
    }

    fn finding(&self, name: &str, out: Option<&str>, notes: &mut Vec<Note>) -> Finding {
        let (severity, severity_from) = match self.with_critical.get() {
            Some(word) => severity(word, "severityWithCritical", notes),
            None => severity(self.severity.text(), "severity", notes),
        };
        let fixed = match self.nearest.get() {
            Some(v) => v.to_owned(),
            None => self.fixed.0.iter().map(Str::text).collect::<Vec<_>>().join(", "),
        };
        let purl = purl_type(self.manager.text())
            .and_then(|kind| purl(kind, &name.replace(':', "/"), Some(self.version.text())));
        let ids = self.identifiers.cve.0.iter().chain(&self.identifiers.ghsa.0).map(Str::text);
        Finding {
            rule: message(self.id.text()),
            message: message(self.title.text()),
            severity,
            severity_from,
            category: if self.kind.text() == "license" { Category::License } else { Category::Vulnerability },
            package: package(name, self.version.text(), &fixed, purl),
            aliases: aliases(self.id.text(), ids),
            suppressed: out.map(|reason| Box::new(Suppression { by: ".snyk".into(), reason: reason.into() })),
            url: Some(message(&format!("https://security.snyk.io/vuln/{}", self.id.text()))),
            ..Finding::default()
        }
    }
}

impl<'de: 'a, 'a> rows::Row<'de> for Issue<'a> {
    fn fold(self, into: &mut Folded) -> Result<(), &'static str> {
        if self.id.get().is_none() {
            return Err("an issue of Snyk with its id");
        }
        let (severity, severity_from) = severity(self.severity.text(), "severity", &mut into.notes);
        into.items.push(Finding {
            rule: message(self.id.text()),
            message: message(self.title.text()),
            severity,
            severity_from,
            category: Category::Misconfiguration,
            place: Some(Place { path: "".into(), line: self.line.line(), column: None }),
            url: self.documentation.get().map(message),
            ..Finding::default()
        });
        Ok(())
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut all = Folded::default();
    let mut looked_for = Vec::new();
    let projects: Vec<Project<'_>> = one_or_many(input)?;
    let alone = projects.len() == 1;
    // A parent project may well have no dependencies of its own; where none has any, nothing was looked at.
    let none = |p: &Project<'_>| p.iac.is_none() && p.dependencies.0 == Some(0);
    let nothing = !projects.is_empty() && projects.iter().all(none);
    for p in projects {
        let path = p.display.get().unwrap_or(p.target.text());
        if p.vulnerabilities.is_none() && p.iac.is_none() {
            match p.error.get() {
                Some(error) if alone => return Err(tool_failed(error)),
                Some(error) => {
                    all.unread += 1;
                    note(&mut all.notes, format!("a project was not tested: {}", message(error)));
                    continue;
                }
                None => return Err(foreign("a project of Snyk (vulnerabilities or infrastructureAsCodeIssues)")),
            }
        }
        looked_for.extend_from_slice(match p.iac.is_some() {
            true => &[Category::Misconfiguration],
            false => &[Category::Vulnerability, Category::License],
        });
        let before = all.items.len();
        let contradicts = p.ok == Some(false) || p.unique.0.is_some_and(|n| n > 0);
        let error = p.error.get().map(message);
        for rows in [p.vulnerabilities.map(|r| r.0), p.iac.map(|r| r.0)].into_iter().flatten() {
            all.add(rows.in_file(path));
        }
        p.filtered.add(&mut all, path);
        for a in p.applications.0 {
            let path = a.target.text();
            if let Some(error) = a.error.get() {
                all.unread += 1;
                note(&mut all.notes, format!("an application was not tested: {path}: {}", message(error)));
            }
            all.add(a.vulnerabilities.0.in_file(path));
            a.filtered.add(&mut all, path);
        }
        let listed = all.items.len() - before;
        if let Some(error) = error {
            if alone && listed == 0 {
                return Err(tool_failed(&error));
            }
            all.unread += 1;
            note(&mut all.notes, format!("a project was not tested: {error}"));
        } else if contradicts && listed == 0 {
            all.unread += 1;
            note(&mut all.notes, "the report says that issues were found and lists none");
        }
    }
    if nothing && all.items.is_empty() {
        all.unread += 1;
        note(&mut all.notes, "the report says that no dependency was looked at");
    }
    looked_for.sort_unstable();
    looked_for.dedup();
    let mut out = parsed(Vec::new(), Some(all.unread == 0), "snyk", all.notes);
    let looked_for = (!looked_for.is_empty()).then_some(looked_for);
    out.data = Data::Findings(Findings { items: all.items, looked_for, ..Findings::default() });
    Ok(out)
}

impl Filtered<'_> {
    fn add(self, all: &mut Folded, path: &str) {
        all.add(self.ignore.0.in_file(path));
        all.add(self.patch.0.in_file(path));
    }
}
