//! `yarn audit --json` (yarn 1, <https://classic.yarnpkg.com/lang/en/docs/cli/audit/>) and `yarn npm audit --json` (yarn 2 and later,
//! <https://yarnpkg.com/cli/npm/audit>).
//!
//! - yarn 1: JSON lines; an `auditAdvisory` per dependency path, so an advisory may come often: one finding is one advisory of a package.
//!   `auditSummary` is the end mark; without it the audit is not complete, nor where it counts what is not listed (`--level`). A line of type
//!   `error` is refused.
//! - yarn 2 and 3: npm 6's object. yarn 4: JSON lines of `value` and `children`.
//! - "No lockfile found." comes with a clean summary: nothing was looked at, so it is not complete.

use super::advisories::{self, Advisory, Audit, Counts, refuse_failure};
use super::common::{
    Count, List, Members, Scalar, Str, foreign, message, note, or_default, package, parsed, purl, severity, tool_failed,
};
use super::rows;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Gap};
use gatekeeper_evidence::{Kind, Note};
use serde::Deserialize;
use std::collections::HashSet;

pub(super) static FORMAT: Format = Format {
    id: "yarn-audit-json",
    title: "yarn audit",
    kind: Kind::Findings,
    extensions: &["json", "jsonl", "ndjson"],
    places: &["yarn-audit.json", "yarn-audit.jsonl"],
    spec: "yarn audit --json (yarn 1) and yarn npm audit --json, https://yarnpkg.com/cli/npm/audit",
    producers: &["yarn-audit"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let lines = shape.has_all(&["type", "data.advisory.module_name"])
        || shape.has_all(&["type", "data.vulnerabilities", "data.totalDependencies"]);
    let berry = shape.has_all(&["value", "children.ID", "children.Issue", "children.Severity"]);
    let words = ["error", "warning", "info"];
    let talk =
        shape.documents > 1 && shape.text("type").is_some_and(|t| words.contains(&t)) && shape.text("data").is_some();
    if lines || berry { Confidence::Certain } else { Confidence::when(talk, Confidence::Weak) }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow)]
    data: super::common::TextOr<'a, Data<'a>>,
    #[serde(borrow)]
    value: Str<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    children: Children<'a>,
    #[serde(borrow)]
    advisories: Option<Members<'a, Scalar<'a>>>,
    #[serde(borrow)]
    error: super::common::TextOr<'a, advisories::Failure<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Data<'a> {
    #[serde(borrow)]
    advisory: Option<Advisory<'a>>,
    #[serde(deserialize_with = "or_default")]
    vulnerabilities: Counts,
    #[serde(rename = "totalDependencies")]
    total: Count,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Children<'a> {
    #[serde(borrow, rename = "ID")]
    id: Scalar<'a>,
    #[serde(borrow, rename = "Issue")]
    issue: Str<'a>,
    #[serde(borrow, rename = "URL")]
    url: Str<'a>,
    #[serde(borrow, rename = "Severity")]
    severity: Str<'a>,
    #[serde(borrow, rename = "Tree Versions")]
    versions: List<Str<'a>>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut notes = Vec::new();
    let mut items = Vec::new();
    let mut seen: HashSet<(Box<str>, Box<str>)> = HashSet::new();
    let mut counts = Counts::default();
    let mut total = None;
    let (mut summary, mut berry, mut object, mut looked) = (false, false, false, true);
    rows::documents(input, |line: Line<'_>| {
        refuse_failure(&line.error)?;
        object |= line.advisories.is_some();
        match (line.kind.text(), &line.data) {
            ("auditAdvisory", super::common::TextOr::Object(Data { advisory: Some(a), .. })) => {
                let new = seen.insert((a.id.text().into(), a.module_name.text().into()));
                items.extend(new.then(|| advisories::finding(a, &mut notes)));
            }
            ("auditAdvisory", _) => return Err(ParseError::malformed("an advisory in auditAdvisory").at(0)),
            ("auditSummary", data) => {
                summary = true;
                if let super::common::TextOr::Object(data) = data {
                    counts.add(data.vulnerabilities);
                    total = data.total.0.or(total);
                }
            }
            ("error", super::common::TextOr::Text(t)) => return Err(tool_failed(t)),
            ("error", _) => return Err(tool_failed("a line of type error")),
            ("info" | "warning", super::common::TextOr::Text(t)) => {
                looked &= !t.contains("No lockfile found");
                note(&mut notes, format!("yarn says: {}", message(t)));
            }
            ("", _) if line.children.id.get().is_some() || line.children.issue.get().is_some() => {
                berry = true;
                if seen.insert((line.children.id.text().into(), line.value.text().into())) {
                    items.push(of_berry(&line, &mut notes));
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    if object && !summary && !berry {
        let audit: Audit<'_> = rows::read(input)?;
        let all = audit.advisories.unwrap_or_default();
        let items: Vec<_> = all.0.iter().map(|(_, a)| advisories::finding(a, &mut notes)).collect();
        let stated = audit.metadata.vulnerabilities.unlisted(&items);
        return Ok(parsed(items, Some(true), "yarn-audit", notes).with_counts(&stated, Category::Vulnerability));
    }
    if !summary && !berry && items.is_empty() {
        return Err(foreign("an audit of yarn (auditAdvisory or auditSummary lines)"));
    }
    if !summary && !berry {
        note(&mut notes, "no auditSummary line: the audit did not reach its end");
    }
    let stated = counts.unlisted(&items);
    let complete = if berry { None } else { Some(summary && looked) };
    let nothing =
        (total == Some(0) && items.is_empty()).then(|| Gap::whole("it counts no dependency: nothing was looked at"));
    Ok(parsed(items, complete, "yarn-audit", notes).with_counts(&stated, Category::Vulnerability).with_gaps(nothing))
}

fn of_berry(line: &Line<'_>, notes: &mut Vec<Note>) -> Finding {
    let c = &line.children;
    let (severity, severity_from) = severity(c.severity.text(), "Severity", notes);
    let version = c.versions.0.first().map(Str::text).unwrap_or_default();
    let id = c.url.text().rsplit('/').next().filter(|t| t.starts_with("GHSA-")).unwrap_or(c.id.text());
    let name = line.value.text();
    Finding {
        rule: message(id),
        message: message(c.issue.text()),
        severity,
        severity_from,
        category: Category::Vulnerability,
        package: package(name, version, "", purl("npm", name, Some(version))),
        url: c.url.boxed(),
        ..Finding::default()
    }
}
