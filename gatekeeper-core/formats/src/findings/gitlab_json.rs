//! GitLab's security report format (<https://gitlab.com/gitlab-org/security-products/security-report-schemas>): SAST, dependency scanning, container scanning, secret detection, DAST.
//! A scan whose `status` is `failure`, or of which a message is `fatal`, is not complete. The scan's type tells what was looked for. `tools` names the scan's scanner, else the vulnerabilities' own.

use super::common::{
    List, Num, Scalar, Str, aliases, foreign, is_advisory, message, note, or_default, package, parsed, place, seconds,
    severity,
};
use super::cvss;
use super::rows::{self, present};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Findings, Gap, looks_for};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

pub(super) static FORMAT: Format = Format {
    id: "gitlab-json",
    title: "GitLab security report",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &[
        "gl-sast-report.json",
        "gl-dependency-scanning-report.json",
        "gl-container-scanning-report.json",
        "gl-secret-detection-report.json",
        "gl-dast-report.json",
    ],
    spec: "GitLab security report schemas, https://gitlab.com/gitlab-org/security-products/security-report-schemas",
    producers: &["gitlab"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    if !shape.has("vulnerabilities") || shape.root_is_array {
        // A schema address names the format even where the vulnerabilities are out of sight.
        let schema = shape.text("schema").is_some_and(|s| s.contains("security-report-schemas"));
        return Confidence::when(schema, Confidence::Certain);
    }
    let own = shape.has("scan.scanner")
        || shape.has_all(&["vulnerabilities[].identifiers[].type", "vulnerabilities[].location"]);
    let old = shape.has_all(&["version", "remediations"]) || shape.has_all(&["version", "dependency_files"]);
    Confidence::when(own || old, Confidence::Certain)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Report<'a> {
    #[serde(borrow, deserialize_with = "present")]
    vulnerabilities: Option<List<Row<'a>>>,
    #[serde(borrow, deserialize_with = "or_default")]
    scan: Scan<'a>,
    /// The files that name dependencies.
    #[serde(rename = "dependency_files")]
    files: Option<List<IgnoredAny>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Scan<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    scanner: Named<'a>,
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow)]
    status: Str<'a>,
    #[serde(borrow, rename = "end_time")]
    end: Str<'a>,
    #[serde(borrow)]
    messages: List<Talk<'a>>,
    /// The addresses that a dynamic scan went to.
    #[serde(rename = "scanned_resources")]
    resources: Option<List<IgnoredAny>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Talk<'a> {
    #[serde(borrow)]
    level: Str<'a>,
    #[serde(borrow)]
    value: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow)]
    name: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    #[serde(borrow)]
    category: Str<'a>,
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    message: Str<'a>,
    #[serde(borrow)]
    description: Str<'a>,
    #[serde(borrow)]
    cve: Str<'a>,
    #[serde(borrow)]
    severity: Str<'a>,
    #[serde(borrow)]
    solution: Str<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    scanner: Named<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    location: At<'a>,
    #[serde(borrow)]
    identifiers: List<Identifier<'a>>,
    #[serde(borrow)]
    links: List<Link<'a>>,
    #[serde(borrow, rename = "cvss_vectors")]
    vectors: List<Vector<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vector<'a> {
    #[serde(borrow)]
    vector: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct At<'a> {
    #[serde(borrow)]
    file: Str<'a>,
    #[serde(borrow)]
    image: Str<'a>,
    /// Of a page that was tested (DAST).
    #[serde(borrow)]
    hostname: Scalar<'a>,
    #[serde(borrow)]
    path: Scalar<'a>,
    #[serde(rename = "start_line")]
    line: Num,
    #[serde(rename = "end_line")]
    last: Num,
    #[serde(borrow, deserialize_with = "or_default")]
    dependency: Dependency<'a>,
}

impl At<'_> {
    fn path(&self) -> Cow<'_, str> {
        match (self.file.get().or(self.image.get()), self.path.get()) {
            (Some(path), _) => Cow::Borrowed(path),
            (None, Some(path)) => Cow::Owned(format!("{}{path}", self.hostname.text())),
            (None, None) => Cow::Borrowed(self.hostname.text()),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dependency<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    package: Named<'a>,
    #[serde(borrow)]
    version: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Identifier<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    value: Str<'a>,
    #[serde(borrow)]
    url: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Link<'a> {
    #[serde(borrow)]
    url: Str<'a>,
}

/// The versions in a solution's text: "Upgrade to versions 1.2.3, 2.0.1 or above.", "Upgrade apt from 1.4.8 to 1.4.9" (container scanning),
/// "Upgrade busybox to 1.34.1-r5" (Trivy's template). Other texts name none.
fn fixed_in(solution: &str) -> &str {
    let first = solution.trim().lines().next().unwrap_or_default();
    let rest = first.strip_prefix("Upgrade ").unwrap_or_default();
    let versions = match rest.strip_prefix("to ") {
        Some(versions) => versions,
        // A package's name has no blanks, so that other sentences are none of these.
        None => rest
            .split_once(' ')
            .and_then(|(_, rest)| match rest.strip_prefix("from ") {
                Some(rest) => rest.split_once(' ').and_then(|(_, rest)| rest.strip_prefix("to ")),
                None => rest.strip_prefix("to "),
            })
            .unwrap_or_default(),
    };
    let versions =
        ["versions ", "version ", "the version "].iter().find_map(|w| versions.strip_prefix(w)).unwrap_or(versions);
    let end = versions.find(" or ").or_else(|| versions.find(". ")).unwrap_or(versions.len());
    let versions = versions.get(..end).unwrap_or_default().trim_end_matches(['.', ' ']);
    if versions.bytes().any(|b| b.is_ascii_digit()) { versions } else { "" }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut notes = Vec::new();
    let report: Report<'_> = rows::read(input)?;
    let Some(rows) = &report.vulnerabilities else { return Err(foreign("a report of GitLab (vulnerabilities)")) };
    let scan = &report.scan;
    // Settings are looked at by scans of type sast as well: their scanner's name tells.
    let of_kind = |kind: &str, scanner: &str| match kind {
        "dependency_scanning" | "container_scanning" | "cluster_image_scanning" => Some(Category::Vulnerability),
        "secret_detection" => Some(Category::Secret),
        "sast" if looks_for(scanner).contains(&Category::Misconfiguration) => Some(Category::Misconfiguration),
        "sast" | "dast" | "api_fuzzing" | "coverage_fuzzing" => Some(Category::Code),
        _ => None,
    };
    let looked_for = of_kind(scan.kind.text(), scan.scanner.name.text()).map(|c| vec![c]);
    let mut findings = Findings { looked_for, ..Findings::default() };
    if let Some(name) = scan.scanner.name.get() {
        findings.tool(name);
    }
    for r in &rows.0 {
        let (severity, severity_from) = match r.severity.get() {
            Some(word) => severity(word, "severity", &mut notes),
            None => cvss::severity(r.vectors.0.iter().map(|v| v.vector.text()), "cvss_vectors", &mut notes),
        };
        let tool = match (scan.scanner.name.get(), r.scanner.name.get()) {
            (None, Some(name)) => findings.tool(name),
            _ => 0,
        };
        let scanner = scan.scanner.name.get().unwrap_or(r.scanner.name.text());
        let category = match of_kind(r.category.get().unwrap_or(scan.kind.text()), scanner) {
            Some(category) if category != Category::Code => category,
            _ if r.location.dependency.package.name.get().is_some() => Category::Vulnerability,
            _ => Category::Code,
        };
        // Published ids first; else the scanner's own identifier.
        let ids = || r.identifiers.0.iter().flat_map(|i| [i.value.text(), i.name.text()]).filter(|id| is_advisory(id));
        let rule =
            ids().next().or(r.identifiers.0.first().and_then(|i| i.value.get())).or(r.id.get()).unwrap_or(r.cve.text());
        let fixed = fixed_in(r.solution.text());
        let dependency = &r.location.dependency;
        let text = [&r.message, &r.name, &r.description].into_iter().find_map(Str::get).unwrap_or_default();
        findings.items.push(Finding {
            rule: message(rule),
            message: message(text),
            severity,
            severity_from,
            category,
            place: place(&r.location.path(), r.location.line.line(), None),
            last_line: r.location.last.line(),
            package: package(dependency.package.name.text(), dependency.version.text(), fixed, None),
            aliases: aliases(rule, ids()),
            url: r
                .identifiers
                .0
                .iter()
                .find_map(|i| i.url.boxed())
                .or_else(|| r.links.0.iter().find_map(|l| l.url.boxed())),
            fingerprint: r.id.get().map(message),
            tool,
            ..Finding::default()
        });
    }
    for m in scan.messages.0.iter().filter(|m| matches!(m.level.text(), "error" | "fatal")) {
        note(&mut notes, format!("the scanner says: {}", message(m.value.text())));
    }
    // A fatal message is of what halted the scan.
    let halted = scan.messages.0.iter().any(|m| m.level.text() == "fatal");
    let complete = !halted && !scan.status.text().eq_ignore_ascii_case("failure");
    let tool = findings.tools.first().map_or_else(|| "gitlab".to_owned(), |t| t.to_ascii_lowercase());
    let created = seconds(scan.end.text()).or_else(|| seconds(&format!("{}Z", scan.end.text())));
    let mut out = parsed(Vec::new(), Some(complete), &tool, notes);
    let said: Vec<&str> =
        scan.messages.0.iter().filter(|m| m.level.text() == "error").map(|m| m.value.text()).collect();
    findings.gaps.extend(Gap::of_items("error that the scanner tells", "errors that the scanner tells", &said));
    let none = |list: &Option<List<IgnoredAny>>| list.as_ref().is_some_and(|l| l.0.is_empty());
    if findings.items.is_empty() && scan.kind.text() == "dependency_scanning" && none(&report.files) {
        findings.gaps.push(Gap::whole("it names no file of dependencies: nothing was looked at"));
    }
    if findings.items.is_empty() && none(&scan.resources) {
        findings.gaps.push(Gap::whole("it names no address that was scanned: nothing was looked at"));
    }
    out.data = gatekeeper_evidence::Data::Findings(findings);
    Ok(Parsed { created, ..out })
}
