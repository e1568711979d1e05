//! `govulncheck -format json` (<https://pkg.go.dev/golang.org/x/vuln/internal/govulncheck>): a stream of messages. One finding is one OSV id at its deepest level, as
//! govulncheck's own SARIF gives it: called → high, imported → medium, required → low. The stream has no end mark: its completeness is not known.

use super::common::{List, Scalar, Str, aliases, foreign, message, package, parsed, purl};
use crate::error::ParseError;
use crate::evidence::Kind;
use crate::evidence::findings::{Category, Finding, Severity};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use serde::Deserialize;
use std::collections::HashMap;

pub(super) static FORMAT: Format = Format {
    id: "govulncheck-json",
    title: "govulncheck JSON stream",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["govulncheck.json"],
    spec: "govulncheck -format json, protocol v1, https://pkg.go.dev/golang.org/x/vuln/internal/govulncheck",
    producers: &["govulncheck"],
    recorded_as: None,
    binary: false,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let own = shape.has_all(&["config.protocol_version", "config.scanner_name"])
        || shape.has_all(&["config.protocol_version", "config.db"])
        || shape.has_all(&["finding.osv", "finding.trace"]);
    Confidence::when(own && !shape.root_is_array, Confidence::Certain)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Talk<'a> {
    #[serde(borrow)]
    config: Option<Config<'a>>,
    #[serde(borrow)]
    osv: Option<Osv<'a>>,
    #[serde(borrow)]
    finding: Option<Found<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Config<'a> {
    #[serde(borrow, rename = "protocol_version")]
    protocol: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Osv<'a> {
    #[serde(borrow)]
    id: Str<'a>,
    #[serde(borrow)]
    aliases: List<Str<'a>>,
    #[serde(borrow)]
    summary: Str<'a>,
    #[serde(borrow)]
    details: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Found<'a> {
    #[serde(borrow)]
    osv: Str<'a>,
    #[serde(borrow, rename = "fixed_version")]
    fixed: Str<'a>,
    #[serde(borrow)]
    trace: List<Frame<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Frame<'a> {
    #[serde(borrow)]
    module: Str<'a>,
    #[serde(borrow)]
    version: Str<'a>,
    #[serde(borrow)]
    package: Scalar<'a>,
    #[serde(borrow)]
    function: Scalar<'a>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut config = false;
    let mut texts = HashMap::new();
    let mut items: Vec<Finding> = Vec::new();
    let mut at: HashMap<Box<str>, usize> = HashMap::new();
    json::documents(input, |talk: Talk<'_>| {
        if let Some(c) = &talk.config {
            config |= c.protocol.get().is_some();
        }
        if let Some(o) = &talk.osv {
            let text = message(o.summary.get().unwrap_or(o.details.text()));
            texts
                .insert(Box::<str>::from(o.id.text()), (text, aliases(o.id.text(), o.aliases.0.iter().map(Str::text))));
        }
        let Some(f) = &talk.finding else { return Ok(()) };
        let Some(frame) = f.trace.0.first() else { return Err(ParseError::malformed("a trace in a finding").at(0)) };
        let severity = match (frame.function.get(), frame.package.get()) {
            (Some(_), _) => Severity::High,
            (None, Some(_)) => Severity::Medium,
            (None, None) => Severity::Low,
        };
        let index = *at.entry(f.osv.text().into()).or_insert_with(|| {
            items.push(Finding {
                rule: message(f.osv.text()),
                severity_from: "trace",
                category: Category::Vulnerability,
                url: Some(message(&format!("https://pkg.go.dev/vuln/{}", f.osv.text()))),
                ..Finding::default()
            });
            items.len() - 1
        });
        if let Some(item) = items.get_mut(index) {
            item.severity = item.severity.max(severity);
            if item.package.is_none() {
                let (name, version) = (frame.module.text(), frame.version.text());
                item.package = package(name, version, f.fixed.text(), purl("golang", name, Some(version)));
            }
        }
        Ok(())
    })?;
    if !config {
        return Err(foreign("a stream of govulncheck with its config message"));
    }
    for item in &mut items {
        if let Some((text, aliases)) = texts.remove(&item.rule) {
            item.message = text;
            item.aliases = aliases;
        }
    }
    Ok(parsed(items, None, "govulncheck", Vec::new()))
}
