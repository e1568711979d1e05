//! Trivy's JSON report (`pkg/types/report.go`, schema version 2, <https://trivy.dev/latest/docs/configuration/reporting/#json>).
//!
//! - Shapes: an object with `Results`; before 0.20 a bare array of results; Kubernetes: `Resources[].Results[]` (earlier `Vulnerabilities` and
//!   `Misconfigurations` of resources, summaries `Findings`).
//! - Misconfigurations count where `Status` is `FAIL` or absent: `PASS` rows come with `--include-non-failures`, exceptions are not failures.
//! - Suppressed: `ExperimentalModifiedFindings` (VEX, ignore files) and vulnerabilities of `Status: not_affected`; every other status counts.
//! - Licence rows are findings of category licence. A resource that could not be scanned has an `Error`: the report is not complete.
//! - What was looked for is told by the results' `Class`.
//! - Without `Results` nothing was looked at. An operating system without a result of class `os-pkgs` is one that Trivy has no advisories for; one
//!   that is past its end of life (`EOSL`) gets no more of them.
//! - The text of a secret's match is never kept.

mod document;

use super::common::{
    Scalar, Str, aliases, image, message, note, package, parsed, place, purl, purl_type, says_nothing, seconds,
    severity,
};
use super::records::Records;
use super::rows;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use document::{Node, Report, Row};
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::findings::{Category, Finding, Findings, Gap, Graph, GraphNode, Suppression};
use gatekeeper_evidence::{Data, Kind, Note};
use std::collections::HashMap;

pub(super) static FORMAT: Format = Format {
    id: "trivy-json",
    title: "Trivy JSON report",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["trivy*.json", "reports/trivy*.json"],
    spec: "Trivy JSON report, schema version 2, https://trivy.dev/latest/docs/configuration/reporting/#json",
    producers: &["trivy"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let report = shape.has("SchemaVersion") && (shape.has("ArtifactName") || shape.has("ArtifactType"));
    let kubernetes = shape.has("ClusterName")
        && ["Resources", "Findings", "Vulnerabilities", "Misconfigurations"].iter().any(|k| shape.has(k));
    let results = shape.has("Results[].Target") && shape.has("Results[].Class");
    let legacy = shape.has("[].Target")
        && ["[].Vulnerabilities", "[].Misconfigurations", "[].Secrets", "[].Type"].iter().any(|k| shape.has(k));
    Confidence::when(report || kubernetes || results || legacy, Confidence::Certain)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut notes = Vec::new();
    let mut items = Vec::new();
    let mut complete = true;
    // Before 0.20 nothing found was written as `null` or `[]`.
    if says_nothing(input, &["null", "[]"]) {
        return Ok(parsed(items, Some(true), "trivy", notes));
    }
    if input.bytes.trim_ascii_start().first() == Some(&b'[') {
        let Records::<Row<'_>>(rows) = rows::read(input)?;
        if rows.iter().any(|r| r.target.is_none()) {
            return Err(ParseError::malformed("a result of Trivy with a Target").at(0));
        }
        let complete = all(rows.iter(), &mut items, &mut notes);
        return Ok(parsed(items, Some(complete), "trivy", notes));
    }
    let report: Report<'_> = rows::read(input)?;
    if report.schema.0.is_none() && report.artifact.is_none() && report.cluster.is_none() && report.results.is_none() {
        return Err(
            ParseError::malformed("a report of Trivy (SchemaVersion, ArtifactName, Results or ClusterName)").at(0)
        );
    }
    let unread = report.results.is_none() && report.resources.is_none() && report.cluster.is_none();
    if unread && report.other_results.is_some() {
        return Err(ParseError::malformed("the member Results in its own letter case").at(0).in_path("$"));
    }
    if report.schema.0.is_some_and(|v| v > 2) {
        // Trivy leaves Results out where nothing was found, in version 2.
        if unread {
            return Err(ParseError::new(
                ErrorCode::UnsupportedVersion,
                "a newer schema version of Trivy's report, without the Results of version 2",
            )
            .at(0));
        }
        note(&mut notes, "a newer schema version of Trivy's report, read as version 2");
    }
    let resources = [&report.resources, &report.findings, &report.vulnerabilities, &report.misconfigurations];
    for resource in resources.into_iter().flatten().flat_map(|l| &l.0) {
        if let Some(error) = resource.error.get() {
            complete = false;
            note(&mut notes, format!("a resource was not scanned: {}", message(error)));
        }
        complete &= all(resource.results.0.iter(), &mut items, &mut notes);
    }
    complete &= all(report.results.iter().flat_map(|l| &l.0), &mut items, &mut notes);
    let in_resources = resources.into_iter().flatten().flat_map(|l| &l.0).flat_map(|r| &r.results.0);
    let looked_for = looked_for(report.results.iter().flat_map(|l| &l.0).chain(in_resources));
    let mut target = Vec::new();
    if report.artifact_type.text() == "container_image" {
        let references = report.metadata.tags.0.iter().chain(&report.metadata.digests.0).map(Scalar::text);
        target = image(report.artifact.as_ref().map(Str::text).unwrap_or_default(), references);
    }
    let gaps = gaps(&report);
    let in_resources = resources.into_iter().flatten().flat_map(|l| &l.0).flat_map(|r| &r.results.0);
    let graph = graph(report.results.iter().flat_map(|l| &l.0).chain(in_resources));
    let data = Data::Findings(Findings { items, target, looked_for, gaps, graph, ..Findings::default() });
    Ok(Parsed { created: seconds(report.created.text()), data, ..parsed(Vec::new(), Some(complete), "trivy", notes) })
}

/// Which package brought which, target by target. A package that a target's own manifest names is brought by it, unless the target has a package
/// of its own (`root`), which names it then.
fn graph<'r>(rows: impl Iterator<Item = &'r Row<'r>>) -> Option<Box<Graph>> {
    let mut out = Graph::default();
    for row in rows {
        let first = out.nodes.len();
        let number = |at: usize| u32::try_from(first.saturating_add(at)).ok();
        let by_id: HashMap<&str, usize> =
            row.packages.0.iter().enumerate().filter_map(|(n, p)| Some((p.id.get()?, n))).collect();
        let mut parents: Vec<Vec<u32>> = vec![Vec::new(); row.packages.0.len()];
        for (n, package) in row.packages.0.iter().enumerate() {
            for needed in package.needs.0.iter().filter_map(|id| by_id.get(id.text())) {
                if let (Some(list), Some(n)) = (parents.get_mut(*needed), number(n)) {
                    list.push(n);
                }
            }
        }
        let is_root = |p: &Node<'_>| matches!(p.relationship.text(), "root" | "workspace");
        for (package, parents) in row.packages.0.iter().zip(parents) {
            let of_root = parents.iter().any(|p| {
                let at = usize::try_from(*p).ok().and_then(|p| p.checked_sub(first));
                at.and_then(|at| row.packages.0.get(at)).is_some_and(is_root)
            });
            let top = is_root(package) || (package.relationship.text() == "direct" && !of_root);
            let purl = package.identifier.purl.boxed().unwrap_or_default();
            out.nodes.push(GraphNode { purl, parents, top });
        }
    }
    (!out.nodes.is_empty()).then(|| Box::new(out))
}

/// What a report says was not looked at: without results nothing was; of an operating system without packages of its own (a distribution that
/// Trivy does not know) or past its end nobody knows the vulnerabilities.
fn gaps(report: &Report<'_>) -> Vec<Gap> {
    let mut out = Vec::new();
    let resources = [&report.resources, &report.findings, &report.vulnerabilities, &report.misconfigurations];
    let mut rows = resources.into_iter().flatten().flat_map(|l| &l.0).flat_map(|r| &r.results.0).peekable();
    let results = report.results.iter().flat_map(|l| &l.0);
    let kubernetes = report.cluster.is_some() || resources.iter().any(|r| r.is_some());
    if results.clone().next().is_none() && rows.peek().is_none() {
        let empty = resources.into_iter().flatten().all(|l| l.0.is_empty());
        if !kubernetes || empty {
            out.push(Gap::whole("it has no results: nothing was looked at"));
        }
        return out;
    }
    let Some(system) = &report.metadata.system else { return out };
    let name = message(&format!("{} {}", system.family.text(), system.name.text()));
    // A scan for secrets or licences alone looks at no packages.
    let has = |class: &str| results.clone().any(|r| r.class.text() == class);
    if !has("os-pkgs") && has("lang-pkgs") {
        let words = format!("the packages of the operating system ({name}) were not looked at");
        out.push(Gap::part(words).of(Category::Vulnerability));
    }
    if system.ended == Some(true) {
        let words = format!("{name} is past the end of its life: nobody writes advisories for it any more");
        out.push(Gap::part(words).of(Category::Vulnerability));
    }
    out
}

/// The package URL of a result's type, for reports from before 0.47, which have none (`pkg/fanal/types/const.go`).
fn purl_of(kind: &str, name: &str, version: &str) -> Option<Box<str>> {
    let system = match kind {
        "alpine" | "wolfi" | "chainguard" => "apk",
        "debian" | "ubuntu" => "deb",
        "redhat" | "centos" | "rocky" | "alma" | "oracle" | "amazon" | "fedora" | "photon" | "cbl-mariner"
        | "azurelinux" => "rpm",
        _ => {
            let kind = match kind {
                "node-pkg" => "npm",
                "python-pkg" | "conda-pkg" => "pypi",
                "rustbinary" => "cargo",
                "jar" | "pom" | "sbt" => "maven",
                "dotnet-core" | "packages-props" => "nuget",
                kind => purl_type(kind)?,
            };
            return purl(kind, &name.replace(':', "/"), Some(version));
        }
    };
    purl(system, &format!("{kind}/{name}"), Some(version))
}

/// Takes rows over; whether they list all that they count.
fn all<'r>(rows: impl Iterator<Item = &'r Row<'r>>, items: &mut Vec<Finding>, notes: &mut Vec<Note>) -> bool {
    let mut listed = true;
    for row in rows {
        fold(row, items, notes);
        if !row.is_listed() {
            listed = false;
            note(notes, "the summary of a target counts more failed checks than are listed");
        }
    }
    listed
}

/// What was looked for, as the results' classes tell it. Where no secret was found none is listed, so that they may always have been looked for.
fn looked_for<'r>(rows: impl Iterator<Item = &'r Row<'r>>) -> Option<Vec<Category>> {
    let mut out = vec![Category::Secret];
    let mut any = false;
    for row in rows {
        any = true;
        match row.class.text() {
            "" => return None,
            "os-pkgs" | "lang-pkgs" => out.push(Category::Vulnerability),
            "config" => out.push(Category::Misconfiguration),
            "license" | "license-file" => out.push(Category::License),
            _ => {}
        }
    }
    out.sort_unstable();
    out.dedup();
    any.then_some(out)
}

fn fold(row: &Row<'_>, items: &mut Vec<Finding>, notes: &mut Vec<Note>) {
    let target = row.target.as_ref().map(Str::text).unwrap_or_default();
    for v in &row.vulnerabilities.0 {
        let (severity, severity_from) = severity(v.severity.text(), "Severity", notes);
        let id = v.id.text();
        items.push(Finding {
            rule: message(id),
            message: message(v.title.get().unwrap_or(v.description.text())),
            severity,
            severity_from,
            category: Category::Vulnerability,
            place: place(v.path.get().unwrap_or(target), None, None),
            package: package(
                v.name.text(),
                v.installed.text(),
                v.fixed.text(),
                v.identifier.purl.boxed().or_else(|| purl_of(row.kind.text(), v.name.text(), v.installed.text())),
            ),
            aliases: aliases(id, v.vendor_ids.0.iter().map(Str::text)),
            suppressed: (v.status.text() == "not_affected")
                .then(|| Box::new(Suppression { by: "vendor".into(), reason: "not_affected".into() })),
            url: v.url.boxed(),
            ..Finding::default()
        });
    }
    for m in &row.misconfigurations.0 {
        if !m.failed() {
            continue;
        }
        let (severity, severity_from) = severity(m.severity.text(), "Severity", notes);
        let id = m.id.get().or(m.avd.get()).unwrap_or_default();
        items.push(Finding {
            rule: message(id),
            message: message(m.message.get().unwrap_or(m.title.text())),
            severity,
            severity_from,
            category: Category::Misconfiguration,
            place: place(target, m.cause.line.line(), None),
            last_line: m.cause.last.line(),
            aliases: aliases(id, m.avd.get()),
            url: m.url.boxed(),
            ..Finding::default()
        });
    }
    for s in &row.secrets.0 {
        let (severity, severity_from) = severity(s.severity.text(), "Severity", notes);
        items.push(Finding {
            rule: message(s.id.text()),
            message: message(s.title.text()),
            severity,
            severity_from,
            category: Category::Secret,
            place: place(target, s.line.line(), None),
            last_line: s.last.line(),
            ..Finding::default()
        });
    }
    for l in &row.licenses.0 {
        let (severity, severity_from) = severity(l.severity.text(), "Severity", notes);
        items.push(Finding {
            rule: message(l.license.text()),
            message: message(&format!("license {} ({})", l.license.text(), l.category.text())),
            severity,
            severity_from,
            category: Category::License,
            place: place(l.path.get().unwrap_or(target), None, None),
            package: package(l.name.text(), "", "", None),
            url: l.link.boxed(),
            ..Finding::default()
        });
    }
    for m in &row.modified.0 {
        let f = &m.finding;
        let (severity, severity_from) = severity(f.severity.text(), "Severity", notes);
        let category = match m.kind.text() {
            "misconfiguration" => Category::Misconfiguration,
            "secret" => Category::Secret,
            "license" => Category::License,
            _ => Category::Vulnerability,
        };
        let id = [&f.vulnerability, &f.rule, &f.id, &f.license].into_iter().find_map(Str::get).unwrap_or_default();
        let reason = [m.status.text(), m.statement.text()].join(": ");
        items.push(Finding {
            rule: message(id),
            message: message(f.title.text()),
            severity,
            severity_from,
            category,
            place: place(target, None, None),
            package: package(
                f.name.text(),
                f.installed.text(),
                f.fixed.text(),
                f.identifier.purl.boxed().or_else(|| purl_of(row.kind.text(), f.name.text(), f.installed.text())),
            ),
            suppressed: Some(Box::new(Suppression {
                by: message(m.source.get().unwrap_or("trivy")),
                reason: message(reason.trim_matches([':', ' '])),
            })),
            ..Finding::default()
        });
    }
}
