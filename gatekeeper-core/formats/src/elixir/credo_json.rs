//! Credo's JSON (`mix credo --format json`): one object with a list of issues.
//!
//! Specification: the code is the specification: `Credo.CLI.Output.Formatter.JSON`, Credo 1.7, <https://github.com/rrrene/credo>.
//!
//! - Credo states a category and a number that orders its output, no severity: `unknown`.
//! - A run that could not parse a file says so on standard error alone: only the exit status tells. Recorded with one that the issues do not explain
//!   (bits 1 to 16 stand for categories, 128 for an error of its own), the run is not complete.

use super::common::{Text, behind_talk, parsed, place};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Finding, Findings};
use gatekeeper_evidence::{Kind, Note};
use serde::Deserialize;
use serde_json::Value;

pub(super) static FORMAT: Format = Format {
    id: "credo-json",
    title: "Credo JSON",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["credo.json", "credo-report.json"],
    spec: "Credo 1.7, mix credo --format json: https://hexdocs.pm/credo/suggest_command.html",
    producers: &["credo"],
    recorded_as: Some("credo"),
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json().filter(|s| !s.root_is_array) else { return Confidence::No };
    let issue = shape.has_all(&["issues[].check", "issues[].category", "issues[].filename"]);
    // A clean run has an empty list and nothing else.
    let clean = shape.has("issues") && shape.paths().all(|(p, _)| p == "issues" || p.is_empty());
    if issue {
        return Confidence::Certain;
    }
    Confidence::when(clean && head.file_name().contains("credo"), Confidence::Likely)
}

#[derive(Deserialize)]
struct Report {
    issues: Vec<Issue>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Issue {
    check: Text,
    category: Text,
    filename: Text,
    line_no: Value,
    column: Value,
    message: Text,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let from = behind_talk(input.bytes);
    let report: Report = json::from_bytes(input.bytes.get(from..).unwrap_or_default())?;
    let mut found = Findings::default();
    for issue in &report.issues {
        if issue.check.0.is_empty() && issue.message.0.is_empty() {
            return Err(ParseError::malformed("a check or a message of an issue").at(from).in_path("$.issues"));
        }
        let rule = issue.check.cut();
        found.items.push(Finding {
            rule: rule.strip_prefix("Elixir.").unwrap_or(&rule).into(),
            message: format!("{} ({})", issue.message.cut(), issue.category.cut()).into(),
            place: place(&issue.filename, &issue.line_no, &issue.column),
            ..Finding::default()
        });
    }
    let mut notes = Vec::new();
    let unexplained = match input.exit_status {
        Some(status) if found.items.is_empty() => status != 0,
        Some(status) => !(0..128).contains(&status),
        None => false,
    };
    if unexplained {
        notes.push(Note::new("credo ended with an exit status that its issues do not explain"));
    }
    Ok(parsed("credo", found, Some(!unexplained), notes))
}
