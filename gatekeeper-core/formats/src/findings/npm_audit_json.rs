//! `npm audit --json` (npm CLI: <https://docs.npmjs.com/cli/commands/npm-audit>), both shapes.
//!
//! - npm 7 and later (`auditReportVersion: 2`): one finding is one vulnerable package, as npm prints them and as `--audit-level` looks at them.
//!   `via` names advisories and, by package name, what it depends on. With a single advisory behind it that is the rule; with several
//!   the package's name is, and the message lists them: a waiver for one of them must not waive the others.
//! - npm 6: one finding is one advisory (see `advisories`).
//! - A registry that does not answer leaves an object with `error`: refused, it is no audit.

use super::advisories::{self, Audit, Failure, paths_are_pnpm, refuse_failure};
use super::common::{
    Count, MESSAGE, Scalar, Str, TextOr, cut, foreign, message, or_default, package, parsed, severity, tool_failed,
};
use super::records::{NamedRecords, Record, Records};
use super::rows;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Gap};
use gatekeeper_evidence::{Kind, Note};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

pub(super) static FORMAT: Format = Format {
    id: "npm-audit-json",
    title: "npm audit",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["npm-audit.json", "npm-audit-report.json"],
    spec: "npm audit --json (npm 6; npm 7 and later), https://docs.npmjs.com/cli/commands/npm-audit",
    producers: &["npm-audit"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    if shape.has("auditReportVersion") && shape.has("vulnerabilities") {
        return Confidence::Certain;
    }
    let own = shape.has("actions") || shape.has("muted") || shape.has("runId");
    if shape.has("advisories") && shape.has("metadata") && own && !paths_are_pnpm(shape) {
        return Confidence::Certain;
    }
    let failed = (shape.has_all(&["error.code", "error.summary"]) || shape.has_all(&["error.summary", "error.detail"]))
        && !shape.root_is_array;
    Confidence::when(failed, Confidence::Likely)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Report<'a> {
    #[serde(rename = "auditReportVersion")]
    version: Count,
    #[serde(borrow)]
    vulnerabilities: Option<NamedRecords<'a, Vulnerable<'a>>>,
    #[serde(borrow)]
    error: TextOr<'a, Failure<'a>>,
    /// What npm 7 and later write beside an empty `error`.
    #[serde(borrow)]
    message: Scalar<'a>,
    #[serde(deserialize_with = "or_default")]
    metadata: Metadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    #[serde(deserialize_with = "or_default")]
    vulnerabilities: advisories::Counts,
    /// How many packages were looked at: by sort in an object; a number in npm 6, which has its total elsewhere.
    dependencies: Dependencies,
}

/// How many packages were looked at.
#[derive(Debug, Default)]
struct Dependencies(Option<u64>);

impl<'de> Deserialize<'de> for Dependencies {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct By {
            total: Count,
        }
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Dependencies;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a count, or counts by sort")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Dependencies(None))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
                Ok(Dependencies(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                By::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(|by| Dependencies(by.total.0))
            }
        }
        d.deserialize_any(V)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerable<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    severity: Str<'a>,
    #[serde(borrow)]
    via: Records<TextOr<'a, Via<'a>>>,
    #[serde(borrow)]
    range: Str<'a>,
    #[serde(borrow, rename = "fixAvailable")]
    fix: FixOr<'a>,
}

/// Whether there is a fix: npm says that there is none, that an update within the stated ranges mends it, or which package must go to which version.
#[derive(Debug, Default)]
enum FixOr<'a> {
    #[default]
    None,
    Within,
    Update(Fix<'a>),
}

impl<'de: 'a, 'a> Deserialize<'de> for FixOr<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = FixOr<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or a package and its version")
            }

            fn visit_bool<E>(self, v: bool) -> Result<Self::Value, E> {
                Ok(if v { FixOr::Within } else { FixOr::None })
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(FixOr::None)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Fix::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(FixOr::Update)
            }
        }
        d.deserialize_any(V)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Via<'a> {
    #[serde(borrow)]
    source: Scalar<'a>,
    #[serde(borrow)]
    title: Str<'a>,
    #[serde(borrow)]
    url: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fix<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    version: Str<'a>,
}

impl Via<'_> {
    /// The advisory's GHSA id where its address ends in one, else npm's number.
    fn id(&self) -> &str {
        self.url.text().rsplit('/').next().filter(|t| t.starts_with("GHSA-")).unwrap_or(self.source.text())
    }
}

impl Record for Vulnerable<'_> {
    const WHAT: Option<&'static str> = Some("a package with a name, a severity or what it is vulnerable through");

    fn says_something(&self) -> bool {
        self.name.get().or(self.severity.get()).is_some() || !self.via.0.is_empty()
    }
}

impl Record for TextOr<'_, Via<'_>> {
    const WHAT: Option<&'static str> = Some("an advisory with a source, or a package's name");

    fn says_something(&self) -> bool {
        match self {
            TextOr::Object(via) => !via.id().is_empty() || via.title.get().is_some(),
            TextOr::Text(_) | TextOr::Neither => true,
        }
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut notes = Vec::new();
    let report: Report<'_> = rows::read(input)?;
    if let (TextOr::Object(e), Some(text)) = (&report.error, report.message.get())
        && e.text().is_empty()
    {
        return Err(tool_failed(text));
    }
    refuse_failure(&report.error)?;
    if report.version.0.is_some() {
        let Some(vulnerabilities) = report.vulnerabilities else {
            return Err(ParseError::malformed("the member vulnerabilities").at(0).in_path("$"));
        };
        let items = packages(&vulnerabilities.0, &mut notes);
        let stated = report.metadata.vulnerabilities.stated();
        let nothing = report.metadata.dependencies.0 == Some(0) && items.is_empty();
        return Ok(parsed(items, Some(true), "npm-audit", notes)
            .with_counts(&stated, Category::Vulnerability)
            .with_gaps(nothing.then(|| Gap::whole("it counts no dependency: nothing was looked at"))));
    }
    drop(report);
    let audit: Audit<'_> = rows::read(input)?;
    let Some(advisories) = audit.advisories else {
        return Err(foreign("an audit of npm (auditReportVersion or advisories)"));
    };
    let items: Vec<Finding> = advisories.0.iter().map(|(_, a)| advisories::finding(a, &mut notes)).collect();
    let stated = audit.metadata.vulnerabilities.unlisted(&items);
    let nothing = audit.metadata.nothing(&items);
    Ok(parsed(items, Some(true), "npm-audit", notes).with_counts(&stated, Category::Vulnerability).with_gaps(nothing))
}

fn packages(all: &[(Cow<'_, str>, Vulnerable<'_>)], notes: &mut Vec<Note>) -> Vec<Finding> {
    let mut web = Web { by_name: all.iter().map(|(k, v)| (k.as_ref(), Own::of(v))).collect(), steps: STEPS };
    let mut out = Vec::with_capacity(all.len());
    for (key, v) in all {
        let name = v.name.get().unwrap_or(key);
        let (severity, severity_from) = severity(v.severity.text(), "severity", notes);
        let own = Own::of(v);
        let Behind { found, whole } = web.behind(&own);
        let one = (whole && found.len() == 1).then(|| found.first_key_value()).flatten();
        let text = if own.through.is_empty() || found.is_empty() {
            joined(found.iter().map(|(id, via)| format!("{} ({id})", cut(via.title.text(), MESSAGE))), "; ")
        } else {
            let ids = joined(found.keys().map(|id| (*id).to_owned()), ", ");
            format!("through {}: {ids}", joined(own.through.iter().map(|t| (*t).to_owned()), ", "))
        };
        let fixed = match &v.fix {
            FixOr::Update(f) if f.name.text() == name => f.version.text().to_owned(),
            FixOr::Update(f) => format!("{}@{}", f.name.text(), f.version.text()),
            FixOr::Within => mended(v.range.text()),
            FixOr::None => String::new(),
        };
        // npm names the vulnerable range and not the installed version.
        let text = format!("{text} (vulnerable: {name} {})", v.range.text());
        out.push(Finding {
            rule: message(one.map_or(name, |(id, _)| id)),
            message: message(&text),
            severity,
            severity_from,
            category: Category::Vulnerability,
            package: package(name, "", &fixed, super::common::purl("npm", name, None)),
            url: one.and_then(|(_, via)| via.url.boxed()),
            ..Finding::default()
        });
    }
    out
}

/// Texts in a row, no more of them than a message holds.
fn joined(texts: impl Iterator<Item = String>, between: &str) -> String {
    let mut out = String::new();
    for (n, text) in texts.enumerate() {
        if out.len() > MESSAGE {
            break;
        }
        if n > 0 {
            out.push_str(between);
        }
        out.push_str(&cut(&text, MESSAGE));
    }
    out
}

/// The versions outside a vulnerable range, as far as it is a plain one.
fn mended(range: &str) -> String {
    let range = range.trim();
    match (range.strip_prefix("<="), range.strip_prefix('<')) {
        (Some(v), _) if !v.contains(' ') => format!(">{}", v.trim()),
        (None, Some(v)) if !v.contains(' ') => format!(">={}", v.trim()),
        _ => "a version outside the vulnerable range (npm audit fix)".to_owned(),
    }
}

/// Most advisories of a package, and most packages behind one, that are looked at: a hostile report may chain everything to everything.
const MOST: usize = 64;
/// Most steps from package to package and advisory to advisory in one report.
const STEPS: usize = 4_000_000;

/// What a package says of itself: its own advisories by id, and the packages that it is vulnerable through, each once.
#[derive(Default)]
struct Own<'v> {
    advisories: BTreeMap<&'v str, &'v Via<'v>>,
    through: Vec<&'v str>,
    /// Whether that is all that it says.
    whole: bool,
}

impl<'v> Own<'v> {
    fn of(v: &'v Vulnerable<'v>) -> Self {
        let mut own = Own { whole: true, ..Own::default() };
        for via in &v.via.0 {
            match via {
                TextOr::Object(via) if own.advisories.len() < MOST || own.advisories.contains_key(via.id()) => {
                    own.advisories.insert(via.id(), via);
                }
                TextOr::Text(name) if own.through.contains(&name.as_ref()) => {}
                TextOr::Text(name) if own.through.len() < MOST => own.through.push(name),
                TextOr::Neither => {}
                _ => own.whole = false,
            }
        }
        own
    }
}

/// The advisories behind a package by id, and whether these are all.
struct Behind<'v> {
    found: BTreeMap<&'v str, &'v Via<'v>>,
    whole: bool,
}

/// The packages of a report by name.
struct Web<'v> {
    by_name: HashMap<&'v str, Own<'v>>,
    /// How many steps are left.
    steps: usize,
}

impl<'v> Web<'v> {
    /// The advisories behind a package, its own and its dependencies'.
    fn behind(&mut self, own: &Own<'v>) -> Behind<'v> {
        let mut out = Behind { found: own.advisories.clone(), whole: own.whole };
        let mut seen: HashSet<&str> = own.through.iter().copied().collect();
        let mut open: Vec<&str> = own.through.clone();
        while let Some(v) = open.pop() {
            let Some(v) = self.by_name.get(v) else { continue };
            out.whole &= v.whole;
            let steps = v.advisories.len().saturating_add(v.through.len()).saturating_add(1);
            if out.found.len() >= MOST || steps > self.steps {
                out.whole = false;
                break;
            }
            self.steps -= steps;
            out.found.extend(v.advisories.iter());
            for name in &v.through {
                if seen.contains(name) {
                    continue;
                }
                if seen.len() >= MOST {
                    out.whole = false;
                    continue;
                }
                seen.insert(name);
                open.push(name);
            }
        }
        out
    }
}
