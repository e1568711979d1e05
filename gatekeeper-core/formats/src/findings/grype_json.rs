//! Grype's JSON (<https://github.com/anchore/grype>, `grype/presenter/models`). One finding is one match. The severity is grype's word; its SARIF
//! carries a CVSS score instead, so the two can differ for one scan. `ignoredMatches` are suppressed by the rule that they name. Where the
//! database of vulnerabilities is not valid, the report is not complete.

use super::common::{
    List, Scalar, Str, TextOr, aliases, cut, foreign, image, message, note, or_default, package, parsed, place,
    seconds, severity,
};
use super::records::{Record, Records};
use super::rows::{self, present};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Findings, Gap, Suppression};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) static FORMAT: Format = Format {
    id: "grype-json",
    title: "Grype JSON report",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["grype.json", "grype-report.json"],
    spec: "grype -o json, https://github.com/anchore/grype",
    producers: &["grype"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    // Others write grype's shape (xeol, of what is past its end of life): the descriptor names the tool.
    if shape.text("descriptor.name").is_some_and(|name| name != "grype") {
        return Confidence::No;
    }
    let own = shape.has_all(&["matches[].vulnerability", "matches[].artifact"]);
    let named = shape.has("matches") && shape.text("descriptor.name") == Some("grype");
    let ignored = shape.has_all(&["ignoredMatches[].vulnerability", "ignoredMatches[].appliedIgnoreRules"]);
    let bare = shape.has("matches") && (shape.has("source.target") || shape.has("distro.idLike"));
    Confidence::when(own || named || ignored || bare, Confidence::Certain)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Report<'a> {
    #[serde(borrow, deserialize_with = "present")]
    matches: Option<Records<Match<'a>>>,
    #[serde(borrow, rename = "ignoredMatches")]
    ignored: Records<Match<'a>>,
    #[serde(borrow, rename = "alertsByPackage")]
    alerts: List<Alerts<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    descriptor: Descriptor<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    source: Source<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Source<'a> {
    #[serde(borrow, rename = "type")]
    kind: Scalar<'a>,
    /// An object for an image, a path for a directory.
    #[serde(borrow)]
    target: TextOr<'a, Target<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Target<'a> {
    #[serde(borrow, rename = "userInput")]
    name: Scalar<'a>,
    #[serde(borrow, rename = "manifestDigest")]
    manifest: Scalar<'a>,
    #[serde(borrow)]
    tags: List<Scalar<'a>>,
    #[serde(borrow, rename = "repoDigests")]
    digests: List<Scalar<'a>>,
}

impl Target<'_> {
    fn references(&self) -> Vec<String> {
        let own = self.tags.0.iter().chain(&self.digests.0).map(Scalar::text);
        let mut out = image(self.name.text(), own);
        if let (Some(digest), false) = (self.manifest.get(), out.is_empty()) {
            out.push(format!("@{}", cut(digest, 200)));
        }
        out
    }
}

/// What grype warns of in a package: mostly that the data on its distribution is incomplete.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Alerts<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    package: Artifact<'a>,
    #[serde(borrow)]
    alerts: List<Alert<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Alert<'a> {
    #[serde(borrow, rename = "type")]
    kind: Scalar<'a>,
    #[serde(borrow)]
    message: Scalar<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Descriptor<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    timestamp: Scalar<'a>,
    #[serde(borrow)]
    db: TextOr<'a, Database<'a>>,
}

/// The state of the database of vulnerabilities; since 0.88 one level deeper.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Database<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    status: State<'a>,
    #[serde(borrow)]
    error: Scalar<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct State<'a> {
    valid: Option<bool>,
    #[serde(borrow)]
    error: Scalar<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Match<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    vulnerability: Vulnerability<'a>,
    #[serde(borrow, rename = "relatedVulnerabilities")]
    related: List<Related<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    artifact: Artifact<'a>,
    #[serde(borrow, rename = "appliedIgnoreRules")]
    rules: super::common::First<IgnoreRule<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    id: Str<'a>,
    #[serde(borrow, rename = "dataSource")]
    source: Str<'a>,
    #[serde(borrow)]
    severity: Str<'a>,
    #[serde(borrow)]
    description: Str<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    fix: Fix<'a>,
    /// In place of `fix`, until grype's JSON was refactored in 2021.
    #[serde(borrow, rename = "fixedInVersion")]
    fixed_in: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fix<'a> {
    #[serde(borrow)]
    versions: List<Str<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Related<'a> {
    #[serde(borrow)]
    id: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Artifact<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    version: Str<'a>,
    #[serde(borrow)]
    purl: Str<'a>,
    #[serde(borrow)]
    locations: super::common::First<At<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct At<'a> {
    #[serde(borrow)]
    path: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct IgnoreRule<'a> {
    #[serde(borrow)]
    namespace: Str<'a>,
    #[serde(borrow, rename = "vex-justification")]
    justification: Str<'a>,
    #[serde(borrow, rename = "vex-status")]
    status: Str<'a>,
    #[serde(borrow)]
    reason: Str<'a>,
}

impl Record for Match<'_> {
    const WHAT: Option<&'static str> = Some("a match with a vulnerability's id or a package");

    fn says_something(&self) -> bool {
        self.vulnerability.id.get().or(self.artifact.name.get()).is_some()
    }
}

/// The alerts by what they say, with the packages that they are of.
fn gaps(alerts: &[Alerts<'_>]) -> Vec<Gap> {
    let mut by_text: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for a in alerts {
        for alert in &a.alerts.0 {
            let text = alert.message.get().or(alert.kind.get()).unwrap_or("an alert without words");
            // So many texts are more than a person reads.
            if by_text.len() < 100 || by_text.contains_key(text) {
                by_text.entry(message(text).into()).or_default().push(a.package.name.text());
            }
        }
    }
    let each = by_text
        .into_iter()
        .filter_map(|(text, names)| Gap::of_items(&format!("packages have an alert ({text})"), &names));
    each.map(|g| g.of(Category::Vulnerability)).collect()
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut notes = Vec::new();
    let report: Report<'_> = rows::read(input)?;
    let Some(matches) = report.matches else { return Err(foreign("a report of grype (matches)")) };
    let mut items = Vec::with_capacity(matches.0.len());
    for (m, ignored) in matches.0.iter().map(|m| (m, false)).chain(report.ignored.0.iter().map(|m| (m, true))) {
        let v = &m.vulnerability;
        let (severity, severity_from) = severity(v.severity.text(), "severity", &mut notes);
        let fixed = v.fix.versions.0.iter().map(Str::text).chain(v.fixed_in.get()).collect::<Vec<_>>().join(", ");
        let rule = m.rules.0.as_ref();
        let suppressed = ignored.then(|| {
            let text = |r: &IgnoreRule<'_>| {
                [&r.reason, &r.status, &r.justification].iter().filter_map(|s| s.get()).collect::<Vec<_>>().join(": ")
            };
            let by = rule.and_then(|r| r.namespace.get()).unwrap_or("ignore rule");
            Box::new(Suppression { by: message(by), reason: message(&rule.map(text).unwrap_or_default()) })
        });
        items.push(Finding {
            rule: message(v.id.text()),
            message: message(v.description.text()),
            severity,
            severity_from,
            category: Category::Vulnerability,
            place: place(m.artifact.locations.0.as_ref().map(|l| l.path.text()).unwrap_or_default(), None, None),
            package: package(m.artifact.name.text(), m.artifact.version.text(), &fixed, m.artifact.purl.boxed()),
            aliases: aliases(v.id.text(), m.related.0.iter().map(|r| r.id.text())),
            suppressed,
            url: v.source.boxed(),
            ..Finding::default()
        });
    }
    let tools = report.descriptor.name.get().map(str::to_owned).into_iter().collect();
    let created = seconds(report.descriptor.timestamp.text());
    let mut complete = true;
    if let TextOr::Object(db) = &report.descriptor.db
        && (db.status.valid == Some(false) || db.error.get().or(db.status.error.get()).is_some())
    {
        complete = false;
        let text = db.error.get().or(db.status.error.get()).unwrap_or("not valid");
        note(&mut notes, format!("the database of vulnerabilities cannot be relied on: {}", message(text)));
    }
    let mut out = parsed(Vec::new(), Some(complete), "grype", notes);
    let target = match &report.source.target {
        TextOr::Object(target) if report.source.kind.text() == "image" => target.references(),
        _ => Vec::new(),
    };
    let gaps = gaps(&report.alerts.0);
    out.data = gatekeeper_evidence::Data::Findings(Findings { tools, items, target, gaps, ..Findings::default() });
    Ok(Parsed { created, ..out })
}
