//! osv-scanner's JSON (<https://google.github.io/osv-scanner/output/#json>). One finding is one group of aliases in a package, as osv-scanner
//! counts; vulnerabilities that no group names count by themselves. `max_severity` is a CVSS score as text and may be empty; then the word that the
//! database keeps (`database_specific.severity`) and last the CVSS vectors (2, 3 or 4.0) speak: the record's, or those of what it says is affected.
//!
//! What its detectors find (`experimental_generic_findings`, osv-scanner 2.2 and later) counts too. Licence violations are no groups: noted, not counted.

use super::common::{
    List, Scalar, Str, aliases, foreign, is_advisory, message, note, or_default, package, parsed, place, purl,
    purl_type, severity,
};
use super::cvss;
use super::records::{Record, Records};
use super::rows;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Gap, Severity};
use gatekeeper_evidence::{Kind, Note};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

pub(super) static FORMAT: Format = Format {
    id: "osv-scanner-json",
    title: "osv-scanner JSON report",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["osv-scanner.json", "osv-results.json", "osv.json"],
    spec: "osv-scanner --format json, https://google.github.io/osv-scanner/output/",
    producers: &["osv-scanner"],
    recorded_as: None,
    content: Content::Text,
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
    #[serde(borrow, rename = "experimental_generic_findings")]
    generic: Records<Generic<'a>>,
    experimental_config: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    source: Source<'a>,
    #[serde(borrow)]
    packages: Records<Pack<'a>>,
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
    vulnerabilities: Records<Vulnerability<'a>>,
    #[serde(borrow)]
    groups: Records<Group<'a>>,
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
    severity: Records<Score<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    database_specific: Database<'a>,
    #[serde(borrow)]
    affected: Records<Affected<'a>>,
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
    ranges: Records<Range<'a>>,
    #[serde(borrow)]
    severity: Records<Score<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Range<'a> {
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow)]
    events: Records<Event<'a>>,
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

/// What a detector found. The names are those of osv-scalibr's Go structures.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Generic<'a> {
    #[serde(borrow, rename = "Adv", deserialize_with = "or_default")]
    advice: Advice<'a>,
    #[serde(borrow, rename = "Target", deserialize_with = "or_default")]
    target: Target<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Advice<'a> {
    #[serde(borrow, rename = "ID", deserialize_with = "or_default")]
    id: AdviceId<'a>,
    #[serde(borrow, rename = "Title")]
    title: Str<'a>,
    #[serde(borrow, rename = "Sev")]
    severity: Scalar<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AdviceId<'a> {
    #[serde(borrow, rename = "Reference")]
    reference: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Target<'a> {
    #[serde(borrow, rename = "Extra")]
    extra: Str<'a>,
}

impl Record for Pack<'_> {
    const WHAT: Option<&'static str> = Some("a package with a name or a commit");

    fn says_something(&self) -> bool {
        self.package.name.get().or(self.package.commit.get()).is_some()
            || !(self.vulnerabilities.0.is_empty() && self.groups.0.is_empty())
    }
}

impl Record for Vulnerability<'_> {
    const WHAT: Option<&'static str> = Some("a vulnerability with an id");

    fn says_something(&self) -> bool {
        self.id.get().is_some()
    }
}

impl Record for Group<'_> {
    const WHAT: Option<&'static str> = Some("a group of ids");

    fn says_something(&self) -> bool {
        !self.ids.0.is_empty()
    }
}

impl Record for Score<'_> {
    const WHAT: Option<&'static str> = None;

    fn says_something(&self) -> bool {
        self.score.get().is_some()
    }
}

impl Record for Affected<'_> {
    const WHAT: Option<&'static str> = None;

    fn says_something(&self) -> bool {
        !(self.ranges.0.is_empty() && self.severity.0.is_empty())
    }
}

impl Record for Range<'_> {
    const WHAT: Option<&'static str> = None;

    fn says_something(&self) -> bool {
        !self.events.0.is_empty()
    }
}

impl Record for Event<'_> {
    const WHAT: Option<&'static str> = None;

    fn says_something(&self) -> bool {
        self.fixed.get().is_some()
    }
}

impl Record for Generic<'_> {
    const WHAT: Option<&'static str> = Some("a detector's finding with an id or a title");

    fn says_something(&self) -> bool {
        self.advice.id.reference.get().or(self.advice.title.get()).is_some()
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut notes = Vec::new();
    let mut items = Vec::new();
    let report: Report<'_> = rows::read(input)?;
    let Some(results) = report.results else { return Err(foreign("a report of osv-scanner (results)")) };
    if results.0.is_empty() && report.experimental_config.is_none() {
        note(
            &mut notes,
            "an empty list of results and no word of the tool that wrote it: other tools' clean reports look alike",
        );
    }
    let mut violations = Vec::new();
    for row in &results.0 {
        for pack in &row.packages.0 {
            fold(row.source.path.text(), pack, &mut items, &mut notes);
            for license in &pack.license_violations.0 {
                violations.push(pack.package.name.text());
                items.push(violation(row.source.path.text(), pack, license.text()));
            }
        }
    }
    items.extend(report.generic.0.iter().map(|g| detected(g, &mut notes)));
    // The scanner fails for these as it does for vulnerabilities: no gate that counts the one alone passes over the other.
    let of_licences = Gap::of_items("licence violations make its scanner fail", &violations);
    Ok(parsed(items, Some(true), "osv-scanner", notes).with_gaps(of_licences.map(|g| Gap {
        whole: true,
        found_as: Some(Category::License),
        ..g
    })))
}

/// A package whose licence the scanner was told not to allow.
fn violation(path: &str, pack: &Pack<'_>, license: &str) -> Finding {
    let p = &pack.package;
    let version = p.version.get().or(p.commit.get()).unwrap_or_default();
    let purl =
        purl_type(p.ecosystem.text()).and_then(|kind| purl(kind, &p.name.text().replace(':', "/"), Some(version)));
    Finding {
        rule: message(license),
        message: message(&format!("{} is under {license}, which is not among the allowed licences", p.name.text())),
        // Its status says that these are errors; a severity of their own they have not.
        severity: Severity::High,
        severity_from: "license_violations",
        category: Category::License,
        place: place(path, None, None),
        package: package(p.name.text(), version, "", purl),
        ..Finding::default()
    }
}

/// Most versions that mend a record and are kept: more than the text of them may hold.
const FIXED: usize = 150;

/// What the records of one id say. Worked out once, however many groups name the id.
#[derive(Default)]
struct Digest<'r> {
    /// Where the first of them stands.
    order: usize,
    records: Vec<&'r Vulnerability<'r>>,
    aliases: Vec<&'r str>,
    fixed: Vec<&'r str>,
    rated: OnceCell<Rated>,
}

impl<'r> Digest<'r> {
    fn add(&mut self, v: &'r Vulnerability<'r>, name: &str) {
        self.records.push(v);
        let room = 64_usize.saturating_sub(self.aliases.len());
        self.aliases.extend(v.aliases.0.iter().map(Str::text).take(room));
        for range in affected(v, name).flat_map(|a| &a.ranges.0).filter(|r| r.kind.text() != "GIT") {
            for fixed in range.events.0.iter().filter_map(|e| e.fixed.get()) {
                if self.fixed.len() < FIXED && !self.fixed.contains(&fixed) {
                    self.fixed.push(fixed);
                }
            }
        }
    }

    fn rated(&self, name: &str, notes: &mut Vec<Note>) -> &Rated {
        self.rated.get_or_init(|| {
            let own = || self.records.iter().flat_map(|v| &v.severity.0);
            let of_affected = || self.records.iter().flat_map(|v| affected(v, name)).flat_map(|a| &a.severity.0);
            // OSV's type `Ubuntu` scores in words.
            let ubuntu = |s: &&Score<'_>| s.kind.text() == "Ubuntu";
            let words = own().chain(of_affected()).filter(ubuntu).filter_map(|s| Severity::from_word(s.score.get()?));
            let kept = self.records.iter().filter_map(|v| Severity::from_word(v.database_specific.severity.get()?));
            let mut rated = Rated { kept: kept.max(), word: words.max(), vector: (Severity::Unknown, "") };
            if rated.kept.or(rated.word).is_none() {
                let field = if own().next().is_some() { "severity" } else { "affected.severity" };
                let vectors = own().chain(of_affected()).filter(|s| !ubuntu(s)).map(|s| s.score.text());
                rated.vector = cvss::severity(vectors, field, notes);
            }
            rated
        })
    }

    fn summary(&self) -> Option<&'r str> {
        self.records.iter().find_map(|v| v.summary.get())
    }

    /// Older records (PYSEC) have details alone.
    fn details(&self) -> Option<&'r str> {
        self.records.iter().find_map(|v| v.details.get())
    }
}

/// What records state of their severity, where the scanner gives no score.
struct Rated {
    /// The database's word.
    kept: Option<Severity>,
    /// A score that is a word.
    word: Option<Severity>,
    vector: (Severity, &'static str),
}

/// What a record says of a package.
fn affected<'r>(v: &'r Vulnerability<'r>, name: &str) -> impl Iterator<Item = &'r Affected<'r>> {
    v.affected.0.iter().filter(move |a| a.package.name.text() == name)
}

fn fold<'r>(path: &str, pack: &'r Pack<'r>, items: &mut Vec<Finding>, notes: &mut Vec<Note>) {
    let name = pack.package.name.text();
    let mut by_id: HashMap<&str, Digest<'r>> = HashMap::new();
    for (order, v) in pack.vulnerabilities.0.iter().enumerate() {
        let new = || Digest { order, ..Digest::default() };
        by_id.entry(v.id.text()).or_insert_with(new).add(v, name);
    }
    let mut named: HashSet<&str> = HashSet::new();
    for group in &pack.groups.0 {
        let ids: HashSet<&str> = group.ids.0.iter().map(Str::text).collect();
        let mut members: Vec<&Digest<'_>> = ids.iter().filter_map(|id| by_id.get(id)).collect();
        members.sort_by_key(|d| d.order);
        named.extend(ids);
        items.push(finding(path, pack, group, &members, notes));
    }
    for v in pack.vulnerabilities.0.iter().filter(|v| !named.contains(v.id.text())) {
        let group = Group { ids: List(vec![v.id.clone()]), ..Group::default() };
        let members: Vec<&Digest<'_>> = by_id.get(v.id.text()).into_iter().collect();
        items.push(finding(path, pack, &group, &members, notes));
    }
}

fn finding(path: &str, pack: &Pack<'_>, group: &Group<'_>, members: &[&Digest<'_>], notes: &mut Vec<Note>) -> Finding {
    let rule = group.ids.0.first().map(Str::text).unwrap_or_default();
    let p = &pack.package;
    let (severity, severity_from) = rate(group, members, p.name.text(), notes);
    let mut fixed: Vec<&str> = Vec::new();
    for version in members.iter().flat_map(|d| &d.fixed) {
        if fixed.len() < FIXED && !fixed.contains(version) {
            fixed.push(version);
        }
    }
    let version = p.version.get().or(p.commit.get()).unwrap_or_default();
    // Of a longer name there is none; it would be copied for each group.
    let short = p.name.get().filter(|n| n.len() <= 400);
    let purl =
        purl_type(p.ecosystem.text()).zip(short).and_then(|(kind, n)| purl(kind, &n.replace(':', "/"), Some(version)));
    let own = group.ids.0.iter().chain(&group.aliases.0).map(Str::text);
    let all = own.chain(members.iter().flat_map(|d| d.aliases.iter().copied()));
    let text = members.iter().find_map(|d| d.summary()).or_else(|| members.iter().find_map(|d| d.details()));
    Finding {
        rule: message(rule),
        message: message(text.unwrap_or_default()),
        severity,
        severity_from,
        category: Category::Vulnerability,
        place: place(path, None, None),
        package: package(p.name.text(), version, &fixed.join(", "), purl),
        aliases: aliases(rule, all),
        url: Some(message(&format!("https://osv.dev/{rule}"))),
        ..Finding::default()
    }
}

fn rate(group: &Group<'_>, members: &[&Digest<'_>], name: &str, notes: &mut Vec<Note>) -> (Severity, &'static str) {
    if let Some(score) = group.max_severity.get().and_then(|s| s.trim().parse::<f64>().ok()) {
        return (Severity::from_score(score), "groups.max_severity");
    }
    let rated: Vec<&Rated> = members.iter().map(|d| d.rated(name, notes)).collect();
    if let Some(word) = rated.iter().filter_map(|r| r.kept).max() {
        return (word, "database_specific.severity");
    }
    if let Some(word) = rated.iter().filter_map(|r| r.word).max() {
        return (word, "severity");
    }
    rated.iter().map(|r| r.vector).max_by_key(|(severity, _)| *severity).unwrap_or((Severity::Unknown, ""))
}

fn detected(found: &Generic<'_>, notes: &mut Vec<Note>) -> Finding {
    let advice = &found.advice;
    let id = advice.id.reference.get().unwrap_or(advice.title.text());
    // A number of Go's `SeverityEnum`.
    let word = match advice.severity.text() {
        "0" => "unknown",
        "1" => "info",
        "2" => "low",
        "3" => "medium",
        "4" => "high",
        "5" => "critical",
        other => other,
    };
    let (severity, severity_from) = severity(word, "Sev", notes);
    let text = [advice.title.text(), found.target.extra.text().trim()];
    let text: Vec<&str> = text.into_iter().filter(|t| !t.is_empty()).collect();
    Finding {
        rule: message(id),
        message: message(&text.join(": ")),
        severity,
        severity_from,
        category: if is_advisory(id) { Category::Vulnerability } else { Category::Misconfiguration },
        ..Finding::default()
    }
}
