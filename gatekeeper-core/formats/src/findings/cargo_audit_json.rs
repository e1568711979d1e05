//! `cargo audit --json` (RustSec, <https://rustsec.org>). The severity of a vulnerability is that of its CVSS vector (3 or 4.0); without one it is unknown.
//! Warnings (unmaintained, unsound, yanked, notice) are RustSec's informational advisories: findings of severity info. They stand by kind; up to
//! cargo-audit 0.11 in one array, each with its `kind`. `cargo audit bin` writes a document for each binary, one behind the other.
//! A report that counts more vulnerabilities than it lists, or that had no advisories or dependencies to look at, is not complete.

use super::common::{
    Count, List, Members, Scalar, Str, aliases, foreign, message, note, or_default, package, parsed, purl,
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
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

pub(super) static FORMAT: Format = Format {
    id: "cargo-audit-json",
    title: "cargo audit JSON report",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["cargo-audit.json", "audit.json"],
    spec: "cargo audit --json, https://rustsec.org",
    producers: &["cargo-audit"],
    recorded_as: None,
    content: Content::Text,
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
    #[serde(borrow, deserialize_with = "or_default")]
    settings: Settings<'a>,
    #[serde(borrow)]
    vulnerabilities: Option<Vulnerabilities<'a>>,
    #[serde(borrow)]
    warnings: Warnings<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Database {
    #[serde(rename = "advisory-count")]
    advisories: Count,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Lockfile {
    #[serde(rename = "dependency-count")]
    dependencies: Count,
}

/// What it was told to leave out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Settings<'a> {
    #[serde(borrow)]
    ignore: List<Str<'a>>,
    #[serde(borrow)]
    severity: Scalar<'a>,
}

impl Settings<'_> {
    fn gaps(&self) -> impl Iterator<Item = Gap> {
        let ignored: Vec<&str> = self.ignore.0.iter().map(Str::text).collect();
        let ignored = Gap::of_items("advisory was told to be ignored", "advisories were told to be ignored", &ignored);
        let least = self
            .severity
            .get()
            .filter(|s| *s != "none")
            .map(|least| Gap::part(format!("advisories below the severity {least} were not looked at")));
        ignored.into_iter().chain(least)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerabilities<'a> {
    #[serde(borrow)]
    list: Option<Records<Entry<'a>>>,
    #[serde(borrow)]
    found: Scalar<'a>,
    count: Count,
}

impl Vulnerabilities<'_> {
    /// How many are counted and not listed.
    fn unlisted(&self) -> usize {
        let listed = self.list.as_ref().map_or(0, |l| l.0.len());
        let counted = self.count.index().unwrap_or(0).max(usize::from(self.found.text() == "true"));
        counted.saturating_sub(listed)
    }
}

/// Warnings by kind.
#[derive(Debug, Default)]
struct Warnings<'a>(Vec<(Cow<'a, str>, Records<Entry<'a>>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Warnings<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Warnings<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("warnings by kind, or an array of them")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Warnings::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Members::deserialize(MapAccessDeserializer::new(map)).map(|m| Warnings(m.0))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                // Each names its own kind.
                Records::deserialize(SeqAccessDeserializer::new(seq)).map(|all| Warnings(vec![(Cow::default(), all)]))
            }
        }
        d.deserialize_any(V)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    kind: Str<'a>,
    #[serde(borrow)]
    advisory: Option<Advisory<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    versions: Versions<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    package: Crate<'a>,
}

impl Record for Entry<'_> {
    const WHAT: Option<&'static str> = Some("an advisory, or a package");

    fn says_something(&self) -> bool {
        self.advisory.as_ref().and_then(|a| a.id.get()).or(self.package.name.get()).is_some()
    }
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
    let mut notes = Vec::new();
    let mut items = Vec::new();
    let (mut documents, mut complete, mut unlisted) = (0_usize, true, 0_usize);
    let mut gaps: Vec<Gap> = Vec::new();
    rows::documents(input, |report: Report<'_>| {
        let wanted = || foreign("a report of cargo audit (vulnerabilities.list)");
        let vulnerabilities = report.vulnerabilities.ok_or_else(wanted)?;
        unlisted = unlisted.saturating_add(vulnerabilities.unlisted());
        if report.database.advisories.0 == Some(0) || report.lockfile.dependencies.0 == Some(0) {
            complete = false;
            note(&mut notes, "the report says that it looked for no advisory, or at no dependency");
        }
        gaps.extend(report.settings.gaps());
        let list = vulnerabilities.list.ok_or_else(wanted)?;
        items.extend(list.0.iter().map(|e| finding(e, None, &mut notes)));
        for (kind, entries) in &report.warnings.0 {
            items.extend(entries.0.iter().map(|e| {
                let kind = if kind.is_empty() { e.kind.text() } else { kind };
                finding(e, Some(kind), &mut notes)
            }));
        }
        documents += 1;
        Ok(())
    })?;
    match documents {
        0 => return Err(foreign("a report of cargo audit (vulnerabilities.list)")),
        1 => {}
        several => note(&mut notes, format!("{several} reports, one behind the other")),
    }
    let counted = u64::try_from(items.len().saturating_add(unlisted)).unwrap_or(u64::MAX);
    Ok(parsed(items, Some(complete), "cargo-audit", notes)
        .with_counts(&[(Severity::Unknown, counted)], Category::Vulnerability)
        .with_gaps(gaps))
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
