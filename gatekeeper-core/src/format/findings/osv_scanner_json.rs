//! osv-scanner's JSON (<https://google.github.io/osv-scanner/output/#json>). One finding is one group of aliases in a package, as osv-scanner
//! counts; vulnerabilities that no group names count by themselves. `max_severity` is a CVSS score as text and may be empty; then the word that the
//! database keeps (`database_specific.severity`) and last the CVSS vectors (2, 3 or 4.0) speak. Licence violations are no vulnerabilities: noted, not counted.

use super::common::{
    List, Scalar, Str, aliases, foreign, message, note, or_default, package, parsed, place, purl, purl_type,
};
use super::cvss;
use super::rows;
use crate::error::ParseError;
use crate::evidence::findings::{Category, Finding, Severity};
use crate::evidence::{Kind, Note};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "osv-scanner-json",
    title: "osv-scanner JSON report",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["osv-scanner.json", "osv-results.json", "osv.json"],
    spec: "osv-scanner --format json, https://google.github.io/osv-scanner/output/",
    producers: &["osv-scanner"],
    recorded_as: None,
    binary: false,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    if shape.has("results[].packages[].package")
        || (shape.has("results[].source.path") && shape.has("results[].packages"))
    {
        return Confidence::Certain;
    }
    if !shape.has("results") || shape.root_is_array || shape.documents != 1 {
        return Confidence::No;
    }
    if shape.has("experimental_config") {
        return Confidence::Certain;
    }
    // Nothing found is `{"results": []}`, wholly.
    let alone = shape.paths().all(|(p, _)| p.is_empty() || p == "results");
    Confidence::when(alone, Confidence::Likely)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Report<'a> {
    #[serde(borrow)]
    results: Option<List<Row<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    source: Source<'a>,
    #[serde(borrow)]
    packages: List<Pack<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Source<'a> {
    #[serde(borrow)]
    path: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pack<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    package: Id<'a>,
    #[serde(borrow)]
    vulnerabilities: List<Vulnerability<'a>>,
    #[serde(borrow)]
    groups: List<Group<'a>>,
    #[serde(borrow)]
    license_violations: List<Scalar<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Id<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    version: Str<'a>,
    #[serde(borrow)]
    ecosystem: Str<'a>,
    #[serde(borrow)]
    commit: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    id: Str<'a>,
    #[serde(borrow)]
    aliases: List<Str<'a>>,
    #[serde(borrow)]
    summary: Str<'a>,
    #[serde(borrow)]
    details: Str<'a>,
    #[serde(borrow)]
    severity: List<Score<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    database_specific: Database<'a>,
    #[serde(borrow)]
    affected: List<Affected<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Score<'a> {
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow)]
    score: Scalar<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Database<'a> {
    #[serde(borrow)]
    severity: Scalar<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Affected<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    package: Id<'a>,
    #[serde(borrow)]
    ranges: List<Range<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Range<'a> {
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow)]
    events: List<Event<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event<'a> {
    #[serde(borrow)]
    fixed: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Group<'a> {
    #[serde(borrow)]
    ids: List<Str<'a>>,
    #[serde(borrow)]
    aliases: List<Str<'a>>,
    #[serde(borrow)]
    max_severity: Scalar<'a>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut notes = Vec::new();
    let mut items = Vec::new();
    let report: Report<'_> = rows::read(input)?;
    let Some(results) = report.results else { return Err(foreign("a report of osv-scanner (results)")) };
    for row in &results.0 {
        for pack in &row.packages.0 {
            fold(row.source.path.text(), pack, &mut items, &mut notes);
            if !pack.license_violations.0.is_empty() {
                note(&mut notes, "packages with licence violations, which are not counted as vulnerabilities");
            }
        }
    }
    Ok(parsed(items, Some(true), "osv-scanner", notes))
}

fn fold(path: &str, pack: &Pack<'_>, items: &mut Vec<Finding>, notes: &mut Vec<Note>) {
    let records = &pack.vulnerabilities.0;
    for group in &pack.groups.0 {
        let members: Vec<&Vulnerability<'_>> =
            records.iter().filter(|v| group.ids.0.iter().any(|id| id.text() == v.id.text())).collect();
        items.push(finding(path, pack, group, &members, notes));
    }
    let named = |v: &Vulnerability<'_>| pack.groups.0.iter().any(|g| g.ids.0.iter().any(|id| id.text() == v.id.text()));
    for v in records.iter().filter(|v| !named(v)) {
        let group = Group { ids: List(vec![v.id.clone()]), ..Group::default() };
        items.push(finding(path, pack, &group, &[v], notes));
    }
}

fn finding(
    path: &str,
    pack: &Pack<'_>,
    group: &Group<'_>,
    members: &[&Vulnerability<'_>],
    notes: &mut Vec<Note>,
) -> Finding {
    let rule = group.ids.0.first().map(Str::text).unwrap_or_default();
    let (severity, severity_from) = rate(group, members, notes);
    let p = &pack.package;
    let mut fixed: Vec<&str> = Vec::new();
    for range in members
        .iter()
        .flat_map(|v| &v.affected.0)
        .filter(|a| a.package.name.text() == p.name.text())
        .flat_map(|a| &a.ranges.0)
    {
        for event in range.events.0.iter().filter(|_| range.kind.text() != "GIT") {
            fixed.extend(event.fixed.get().filter(|f| !fixed.contains(f)));
        }
    }
    let version = p.version.get().or(p.commit.get()).unwrap_or_default();
    let purl =
        purl_type(p.ecosystem.text()).and_then(|kind| purl(kind, &p.name.text().replace(':', "/"), Some(version)));
    let all = group.ids.0.iter().chain(&group.aliases.0).chain(members.iter().flat_map(|v| &v.aliases.0));
    // Older records (PYSEC) have details alone.
    let text = members.iter().find_map(|v| v.summary.get()).or_else(|| members.iter().find_map(|v| v.details.get()));
    Finding {
        rule: message(rule),
        message: message(text.unwrap_or_default()),
        severity,
        severity_from,
        category: Category::Vulnerability,
        place: place(path, None, None),
        package: package(p.name.text(), version, &fixed.join(", "), purl),
        aliases: aliases(rule, all.map(Str::text)),
        url: Some(message(&format!("https://osv.dev/{rule}"))),
        ..Finding::default()
    }
}

fn rate(group: &Group<'_>, members: &[&Vulnerability<'_>], notes: &mut Vec<Note>) -> (Severity, &'static str) {
    if let Some(score) = group.max_severity.get().and_then(|s| s.trim().parse::<f64>().ok()) {
        return (Severity::from_score(score), "groups.max_severity");
    }
    let word = members.iter().filter_map(|v| Severity::from_word(v.database_specific.severity.get()?)).max();
    if let Some(word) = word {
        return (word, "database_specific.severity");
    }
    // OSV's type `Ubuntu` scores in words.
    let scores = || members.iter().flat_map(|v| &v.severity.0);
    let word = scores().filter(|s| s.kind.text() == "Ubuntu").filter_map(|s| Severity::from_word(s.score.get()?)).max();
    if let Some(word) = word {
        return (word, "severity");
    }
    cvss::severity(scores().filter(|s| s.kind.text() != "Ubuntu").map(|s| s.score.text()), "severity", notes)
}
