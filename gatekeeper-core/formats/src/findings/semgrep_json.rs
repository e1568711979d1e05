//! Semgrep's JSON (<https://semgrep.dev/docs/semgrep-appsec-platform/json-and-sarif>, `semgrep-interfaces`). The severity is `extra.severity` (ERROR, WARNING, INFO; newer rules CRITICAL to LOW).
//! `nosemgrep` hits are left out by semgrep, or marked `is_ignored`: suppressed. An error of level `error`, or of a type that says so (a
//! timeout, a file that was not parsed), means that something was not scanned: not complete; so does an empty list of scanned paths. Other warnings (a file
//! that was parsed in part) are noted. Supply-chain results (`sca_info`) are vulnerabilities of packages.

use super::common::{List, Num, Scalar, Str, foreign, message, note, or_default, package, parsed, place, severity};
use super::rows;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Gap, Suppression};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "semgrep-json",
    title: "Semgrep JSON report",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["semgrep.json", "semgrep-report.json", "semgrep-results.json"],
    spec: "semgrep --json, https://semgrep.dev/docs/semgrep-appsec-platform/json-and-sarif",
    producers: &["semgrep"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    if shape.has_all(&["results[].check_id", "results[].extra"]) {
        return Confidence::Certain;
    }
    if !shape.has_all(&["results", "errors"]) || shape.root_is_array || shape.documents != 1 {
        return Confidence::No;
    }
    if shape.has("paths.scanned") || shape.has("skipped_rules") || shape.has("interfile_languages_used") {
        return Confidence::Certain;
    }
    let alone = shape.paths().all(|(p, _)| matches!(p, "" | "results" | "errors" | "version"));
    Confidence::when(alone, Confidence::Likely)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Report<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    paths: Paths<'a>,
    #[serde(borrow)]
    errors: List<Failure<'a>>,
    #[serde(borrow)]
    results: Option<List<Row<'a>>>,
    #[serde(borrow)]
    skipped_rules: List<SkippedRule<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SkippedRule<'a> {
    #[serde(borrow)]
    rule_id: Scalar<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Skipped<'a> {
    #[serde(borrow)]
    path: Scalar<'a>,
    #[serde(borrow)]
    reason: Scalar<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Paths<'a> {
    #[serde(borrow)]
    scanned: Option<List<Scalar<'a>>>,
    #[serde(borrow)]
    skipped: List<Skipped<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Failure<'a> {
    /// A text; of a file that was parsed in part an array.
    #[serde(borrow, rename = "type")]
    kind: Scalar<'a>,
    #[serde(borrow)]
    level: Str<'a>,
    #[serde(borrow)]
    message: Str<'a>,
    #[serde(borrow)]
    long_msg: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row<'a> {
    #[serde(borrow)]
    check_id: Str<'a>,
    #[serde(borrow)]
    path: Str<'a>,
    #[serde(deserialize_with = "or_default")]
    start: Position,
    #[serde(deserialize_with = "or_default")]
    end: Position,
    #[serde(borrow, deserialize_with = "or_default")]
    extra: Extra<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Position {
    line: Num,
    col: Num,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Extra<'a> {
    #[serde(borrow)]
    severity: Str<'a>,
    #[serde(borrow)]
    message: Str<'a>,
    is_ignored: Option<bool>,
    #[serde(borrow)]
    fingerprint: Str<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    metadata: Metadata<'a>,
    #[serde(borrow)]
    sca_info: Option<Sca<'a>>,
}

/// A rule's own bag: anything may stand at any name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata<'a> {
    #[serde(borrow)]
    source: Scalar<'a>,
    #[serde(borrow)]
    technology: Words<'a>,
    #[serde(borrow, rename = "sca-vuln-database-identifier")]
    advisory: Scalar<'a>,
    #[serde(borrow, rename = "sca-severity")]
    severity: Scalar<'a>,
    /// `[{"package": "version"}]`.
    #[serde(rename = "sca-fix-versions")]
    fixes: serde_json::Value,
}

impl Metadata<'_> {
    /// The versions that mend a package.
    fn fixed(&self, name: &str) -> String {
        let all = self.fixes.as_array().into_iter().flatten().filter_map(|o| o.as_object()).flatten();
        let own: Vec<&str> = all.filter(|(package, _)| *package == name).filter_map(|(_, v)| v.as_str()).collect();
        own.join(", ")
    }
}

/// Types of errors (`error_type` of semgrep-interfaces) after which a rule or a file was not looked at, whatever their level.
const UNSEEN: &[&str] = &[
    "Timeout",
    "Out of memory",
    "Stack overflow",
    "Fixpoint timeout",
    "Timeout during interfile analysis",
    "OOM during interfile analysis",
    "Too many matches",
    "Syntax error",
    "Other syntax error",
    "Lexical error",
    "AST builder error",
    "Internal matching error",
    "Fatal error",
];

/// Reasons (`skip_reason` of semgrep-interfaces) for which somebody wanted a file to be left out, or no rule is for it. What is skipped for any
/// other reason was meant to be looked at.
const MEANT: &[&str] = &[
    "always_skipped",
    "semgrepignore_patterns_match",
    "cli_include_flags_do_not_match",
    "cli_exclude_flags_match",
    "gitignore_patterns_match",
    "excluded_by_config",
    "wrong_language",
    "irrelevant_rule",
    "binary",
    "dotfile",
];

/// A text or an array of scalars.
#[derive(Debug, Default)]
struct Words<'a>(Vec<Scalar<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Words<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        super::common::texts(d).map(Words)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sca<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    dependency_match: Match<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Match<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    found_dependency: Dependency<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dependency<'a> {
    #[serde(borrow)]
    package: Str<'a>,
    #[serde(borrow)]
    version: Str<'a>,
    #[serde(borrow)]
    ecosystem: Str<'a>,
}

/// What semgrep says it did not look at, or only in part.
fn gaps(errors: &[Failure<'_>], skipped: &[Skipped<'_>], rules: &[SkippedRule<'_>]) -> Vec<Gap> {
    let said: Vec<Box<str>> = errors
        .iter()
        .map(|e| {
            let text = e.message.get().or(e.long_msg.get()).or(e.kind.get()).unwrap_or("an error without words");
            super::common::cut(text.lines().next().unwrap_or_default(), 200)
        })
        .collect();
    let files: Vec<String> = skipped
        .iter()
        .filter(|s| !MEANT.contains(&s.reason.text()))
        .map(|s| format!("{} ({})", s.path.text(), s.reason.text()))
        .collect();
    let rules: Vec<&str> = rules.iter().map(|r| r.rule_id.text()).collect();
    [
        Gap::of_items("error of its own", "errors of its own", &said),
        Gap::of_items("file was skipped", "files were skipped", &files),
        Gap::of_items("rule was skipped", "rules were skipped", &rules),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut notes = Vec::new();
    let report: Report<'_> = rows::read(input)?;
    let Some(results) = report.results else { return Err(foreign("a report of semgrep (results)")) };
    let mut items = Vec::with_capacity(results.0.len());
    for r in &results.0 {
        if r.check_id.get().is_none() {
            return Err(foreign("a result of semgrep with a check_id"));
        }
        let e = &r.extra;
        let sca = e.sca_info.as_ref().map(|s| &s.dependency_match.found_dependency);
        // Supply-chain rules are all ERROR; the advisory's severity stands in their metadata.
        let (word, from) = match e.metadata.severity.get().filter(|_| sca.is_some()) {
            Some(word) => (word, "extra.metadata.sca-severity"),
            None => (e.severity.text(), "extra.severity"),
        };
        let (severity, severity_from) = severity(word, from, &mut notes);
        let secrets = e.metadata.technology.0.iter().any(|t| t.text() == "secrets");
        items.push(Finding {
            rule: message(r.check_id.text()),
            message: message(e.message.text()),
            severity,
            severity_from,
            category: match sca {
                Some(_) => Category::Vulnerability,
                None if secrets => Category::Secret,
                None => Category::Code,
            },
            place: place(r.path.text(), r.start.line.line(), r.start.col.line()),
            last_line: r.end.line.line(),
            package: sca.and_then(|d| {
                let kind = super::common::purl_type(d.ecosystem.text());
                let purl = kind.and_then(|k| super::common::purl(k, d.package.text(), Some(d.version.text())));
                package(d.package.text(), d.version.text(), &e.metadata.fixed(d.package.text()), purl)
            }),
            aliases: super::common::aliases(r.check_id.text(), e.metadata.advisory.get()),
            suppressed: (e.is_ignored == Some(true))
                .then(|| Box::new(Suppression { by: "inSource".into(), reason: "nosemgrep".into() })),
            url: e.metadata.source.get().map(message),
            fingerprint: e.fingerprint.boxed().filter(|f| **f != *"requires login"),
            ..Finding::default()
        });
    }
    let mut complete = true;
    if items.is_empty() && report.paths.scanned.is_some_and(|s| s.0.is_empty()) {
        complete = false;
        note(&mut notes, "the report says that no file was scanned");
    }
    // Those that tell why it is not complete come first: the first note is what a gate says.
    let unseen = |e: &&Failure<'_>| e.level.text() == "error" || UNSEEN.contains(&e.kind.text());
    complete &= !report.errors.0.iter().any(|e| unseen(&e));
    for e in report.errors.0.iter().filter(unseen).chain(report.errors.0.iter().filter(|e| !unseen(e))) {
        let text = e.message.get().or(e.long_msg.get()).unwrap_or_default();
        note(
            &mut notes,
            format!("semgrep reports an error of level {}: {}", message(e.level.text()), super::common::cut(text, 200)),
        );
    }
    let gaps = gaps(&report.errors.0, &report.paths.skipped.0, &report.skipped_rules.0);
    Ok(parsed(items, Some(complete), "semgrep", notes).with_gaps(gaps))
}
