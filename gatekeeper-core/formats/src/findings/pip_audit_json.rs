//! `pip-audit --format json` (<https://github.com/pypa/pip-audit>): an object with `dependencies`; before 2.0 a bare array of them. No severity is stated.
//! One finding is one vulnerability of a package. A dependency with a `skip_reason` was not audited: noted; where
//! none was, the report is not complete.

use super::common::{List, Str, aliases, foreign, message, note, package, parsed, purl, says_nothing};
use super::records::{Record, Records};
use super::rows;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Gap};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "pip-audit-json",
    title: "pip-audit JSON report",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["pip-audit.json", "pip-audit-report.json"],
    spec: "pip-audit --format json, https://github.com/pypa/pip-audit",
    producers: &["pip-audit"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let object = shape.has("dependencies[].vulns")
        || (shape.has("dependencies[].skip_reason") && shape.has("dependencies[].name"));
    let legacy = shape.has("[].name") && (shape.has("[].vulns") || shape.has("[].skip_reason"));
    if object || legacy {
        return Confidence::Certain;
    }
    let empty = !shape.root_is_array
        && shape.documents == 1
        && shape.has("dependencies")
        && !shape.has("dependencies[]")
        && shape.paths().all(|(p, _)| matches!(p, "" | "dependencies" | "fixes"));
    Confidence::when(empty, Confidence::Weak)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Report<'a> {
    #[serde(borrow)]
    dependencies: Option<Records<Dependency<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dependency<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    version: Str<'a>,
    #[serde(borrow)]
    vulns: Option<Records<Vulnerability<'a>>>,
    #[serde(borrow)]
    skip_reason: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    id: Str<'a>,
    #[serde(borrow)]
    fix_versions: List<Str<'a>>,
    #[serde(borrow)]
    aliases: List<Str<'a>>,
    #[serde(borrow)]
    description: Str<'a>,
}

impl Record for Dependency<'_> {
    const WHAT: Option<&'static str> = Some("a dependency with vulns or skip_reason");

    fn says_something(&self) -> bool {
        self.vulns.is_some() || self.name.get().or(self.skip_reason.get()).is_some()
    }
}

impl Record for Vulnerability<'_> {
    const WHAT: Option<&'static str> = Some("a vulnerability with an id");

    fn says_something(&self) -> bool {
        self.id.get().or(self.description.get()).is_some()
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut notes = Vec::new();
    let mut items = Vec::new();
    let dependencies: Vec<Dependency<'_>> = if says_nothing(input, &["[]"]) {
        Vec::new()
    } else if input.bytes.trim_ascii_start().first() == Some(&b'[') {
        rows::read::<Records<Dependency<'_>>>(input)?.0
    } else {
        rows::read::<Report<'_>>(input)?.dependencies.ok_or_else(|| foreign("a report of pip-audit (dependencies)"))?.0
    };
    for d in &dependencies {
        if let Some(reason) = d.skip_reason.get() {
            note(&mut notes, format!("not audited: {}", message(reason)));
        } else if d.vulns.is_none() {
            return Err(foreign("a dependency with vulns or skip_reason"));
        }
        for v in d.vulns.iter().flat_map(|l| &l.0) {
            let fixed = v.fix_versions.0.iter().map(Str::text).collect::<Vec<_>>().join(", ");
            items.push(Finding {
                rule: message(v.id.text()),
                message: message(v.description.text()),
                category: Category::Vulnerability,
                package: package(
                    d.name.text(),
                    d.version.text(),
                    &fixed,
                    purl("pypi", d.name.text(), Some(d.version.text())),
                ),
                aliases: aliases(v.id.text(), v.aliases.0.iter().map(Str::text)),
                url: Some(message(&format!("https://osv.dev/{}", v.id.text()))),
                ..Finding::default()
            });
        }
    }
    // Every dependency that was audited is listed.
    let looked = dependencies.iter().any(|d| d.skip_reason.get().is_none());
    if !looked {
        note(&mut notes, "no dependency was audited");
    }
    let skipped: Vec<String> =
        dependencies.iter().filter_map(|d| Some(format!("{} ({})", d.name.text(), d.skip_reason.get()?))).collect();
    let gaps = Gap::of_items("packages were not audited", &skipped);
    Ok(parsed(items, Some(looked), "pip-audit", notes).with_gaps(gaps))
}
