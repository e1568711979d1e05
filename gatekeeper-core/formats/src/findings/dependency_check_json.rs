//! OWASP dependency-check's JSON report (<https://jeremylong.github.io/DependencyCheck/general/thereport.html>). The severity is the row's own word, in any letter case, else that of
//! its CVSS 4, 3 or 2.
//! `suppressedVulnerabilities` are suppressed. An analysis exception in `scanInfo` means that something was not looked at: not complete.

use super::common::{
    List, Scalar, Str, foreign, is_advisory, message, note, or_default, package, parsed, place, seconds, severity,
};
use super::rows;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Gap, Suppression};
use gatekeeper_evidence::purl;
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "dependency-check-json",
    title: "OWASP dependency-check JSON report",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &[
        "dependency-check-report.json",
        "target/dependency-check-report.json",
        "build/reports/dependency-check-report.json",
        "reports/dependency-check-report.json",
        "odc-reports/dependency-check-report.json",
    ],
    spec: "OWASP dependency-check report, https://jeremylong.github.io/DependencyCheck/",
    producers: &["dependency-check"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    Confidence::when(
        shape.has_all(&["reportSchema", "scanInfo"]) || shape.has_all(&["scanInfo.engineVersion", "dependencies"]),
        Confidence::Certain,
    )
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Report<'a> {
    #[serde(borrow, deserialize_with = "or_default", rename = "scanInfo")]
    scan: Scan<'a>,
    #[serde(borrow, deserialize_with = "or_default", rename = "projectInfo")]
    project: Project<'a>,
    #[serde(borrow)]
    dependencies: Option<List<Dependency<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Scan<'a> {
    #[serde(borrow, rename = "analysisExceptions")]
    exceptions: List<Scalar<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Project<'a> {
    #[serde(borrow, rename = "reportDate")]
    date: Scalar<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dependency<'a> {
    #[serde(borrow, rename = "fileName")]
    file: Str<'a>,
    #[serde(borrow, rename = "filePath")]
    path: Str<'a>,
    #[serde(borrow)]
    packages: List<Pack<'a>>,
    #[serde(borrow)]
    vulnerabilities: List<Vulnerability<'a>>,
    #[serde(borrow, rename = "suppressedVulnerabilities")]
    suppressed: List<Vulnerability<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pack<'a> {
    #[serde(borrow)]
    id: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    severity: Str<'a>,
    #[serde(borrow)]
    description: Str<'a>,
    #[serde(borrow)]
    notes: Scalar<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    cvssv2: Score<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    cvssv3: Score<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    cvssv4: Score<'a>,
    #[serde(borrow)]
    references: List<Reference<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Score<'a> {
    #[serde(borrow)]
    severity: Scalar<'a>,
    #[serde(borrow, rename = "baseSeverity")]
    base: Scalar<'a>,
    /// As 5.0's template spells it.
    #[serde(borrow, rename = "baseSeverity>")]
    misspelt: Scalar<'a>,
}

impl Score<'_> {
    fn word(&self) -> Option<&str> {
        self.base.get().or(self.misspelt.get()).or(self.severity.get())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reference<'a> {
    #[serde(borrow)]
    url: Scalar<'a>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let (mut notes, mut items) = (Vec::new(), Vec::new());
    let report: Report<'_> = rows::read(input)?;
    let Some(dependencies) = &report.dependencies else {
        return Err(foreign("a report of dependency-check (dependencies)"));
    };
    for d in &dependencies.0 {
        let purl = d.packages.0.iter().find_map(|p| p.id.get().filter(|id| purl::is_purl(id)));
        for (v, out) in d.vulnerabilities.0.iter().map(|v| (v, false)).chain(d.suppressed.0.iter().map(|v| (v, true))) {
            let (word, from) = match v.severity.get() {
                Some(word) => (word, "severity"),
                None => (
                    [&v.cvssv4, &v.cvssv3, &v.cvssv2].iter().find_map(|s| s.word()).unwrap_or_default(),
                    "cvss.severity",
                ),
            };
            let (severity, severity_from) = severity(word, from, &mut notes);
            let id = v.name.text();
            let (name, version) = super::common::purl_parts(purl, d.file.text());
            items.push(Finding {
                rule: message(id),
                message: message(v.description.text()),
                severity,
                severity_from,
                category: Category::Vulnerability,
                place: place(d.path.get().unwrap_or(d.file.text()), None, None),
                package: package(&name, &version, "", purl.map(Into::into)),
                suppressed: out
                    .then(|| Box::new(Suppression { by: "suppression file".into(), reason: message(v.notes.text()) })),
                url: match is_advisory(id) && id.starts_with("CVE-") {
                    true => Some(message(&format!("https://nvd.nist.gov/vuln/detail/{id}"))),
                    false => v.references.0.first().and_then(|r| r.url.get()).map(message),
                },
                ..Finding::default()
            });
        }
    }
    let complete = report.scan.exceptions.0.is_empty();
    if !complete {
        note(&mut notes, "the report lists analysis exceptions: something was not looked at");
    }
    Ok(Parsed {
        created: seconds(report.project.date.text()),
        ..parsed(items, Some(complete), "dependency-check", notes)
            .with_gaps(dependencies.0.is_empty().then(|| Gap::whole("it names no dependency: nothing was looked at")))
    })
}
