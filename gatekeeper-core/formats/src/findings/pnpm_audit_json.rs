//! `pnpm audit --json` (<https://pnpm.io/cli/audit>): npm 6's shape. One finding is one advisory. What tells it from npm 6: paths of the workspace's
//! root begin with `.`, and there is no `runId`; without advisories the missing `actions` tell.

use super::advisories::{self, Audit, paths_are_pnpm, refuse_failure};
use super::common::{foreign, parsed};
use super::rows;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::Category;

pub(super) static FORMAT: Format = Format {
    id: "pnpm-audit-json",
    title: "pnpm audit",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["pnpm-audit.json"],
    spec: "pnpm audit --json, https://pnpm.io/cli/audit",
    producers: &["pnpm-audit"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    if shape.text("error.code").is_some_and(|code| code.starts_with("ERR_PNPM_")) {
        return Confidence::Certain;
    }
    if !(shape.has("advisories") && shape.has("metadata.vulnerabilities")) || shape.has("runId") || shape.root_is_array
    {
        // A large audit's metadata stand behind the advisories, out of sight at first.
        return Confidence::when(
            shape.has("advisories") && paths_are_pnpm(shape) && !shape.has("runId"),
            Confidence::Certain,
        );
    }
    let bare = !shape.has("actions") && !shape.has("muted");
    Confidence::when(bare || paths_are_pnpm(shape), Confidence::Certain)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut notes = Vec::new();
    let audit: Audit<'_> = rows::read(input)?;
    refuse_failure(&audit.error)?;
    let Some(advisories) = audit.advisories else { return Err(foreign("an audit of pnpm (advisories)")) };
    let items: Vec<_> = advisories.0.iter().map(|(_, a)| advisories::finding(a, &mut notes)).collect();
    let stated = audit.metadata.vulnerabilities.unlisted(&items);
    let nothing = audit.metadata.nothing(&items);
    Ok(parsed(items, Some(true), "pnpm-audit", notes).with_counts(&stated, Category::Vulnerability).with_gaps(nothing))
}
