//! ESLint's formatters `json` and `json-with-metadata` (<https://eslint.org/docs/latest/use/formatters/#json>): an array of files, in the
//! second under `results`. `severity` 2 is error, 1 is warning. `suppressedMessages` are suppressed.
//! A fatal message is a file that could not be parsed, so no rule saw it: a finding, and the report is not complete; nor is one that counts more than it
//! lists, or in which no file stands.

use super::common::{Count, List, Num, Str, foreign, message, note, parsed, says_nothing};
use super::rows::{self, Folded, Row, Rows};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Gap, Place, Severity, Suppression};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "eslint-json",
    title: "ESLint JSON report",
    kind: Kind::Findings,
    extensions: &["json"],
    places: &["eslint.json", "eslint-report.json", "reports/eslint.json"],
    spec: "ESLint json formatter, https://eslint.org/docs/latest/use/formatters/#json",
    producers: &["eslint"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    // secretlint writes the same shape, and its messages are secrets.
    if shape.has("[].sourceContentType") {
        return Confidence::No;
    }
    let files = shape.has_all(&["[].filePath", "[].messages"]);
    let with_metadata = shape.has_all(&["results[].filePath", "results[].messages"]);
    let without_files = shape.has_all(&["results", "metadata.rulesMeta"]);
    Confidence::when(files || with_metadata || without_files, Confidence::Certain)
}

/// The formatter `json-with-metadata`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WithMetadata<'a> {
    #[serde(borrow)]
    results: Option<Rows<File<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File<'a> {
    #[serde(borrow, rename = "filePath")]
    path: Option<Str<'a>>,
    #[serde(borrow)]
    messages: Option<Rows<Message<'a>>>,
    #[serde(borrow, rename = "suppressedMessages")]
    suppressed: Rows<Suppressed<'a>>,
    #[serde(rename = "errorCount")]
    errors: Count,
    #[serde(rename = "warningCount")]
    warnings: Count,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow, rename = "ruleId")]
    rule: Str<'a>,
    fatal: Option<bool>,
    severity: Num,
    #[serde(borrow)]
    message: Str<'a>,
    line: Num,
    #[serde(rename = "endLine")]
    last: Num,
    column: Num,
    #[serde(borrow)]
    suppressions: List<Reason<'a>>,
}

/// A message that a directive took out.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Suppressed<'a>(#[serde(borrow)] Message<'a>);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reason<'a> {
    #[serde(borrow)]
    kind: Str<'a>,
    #[serde(borrow)]
    justification: Str<'a>,
}

impl<'de: 'a, 'a> Row<'de> for Message<'a> {
    fn fold(self, into: &mut Folded) -> Result<(), &'static str> {
        let finding = self.finding(into)?;
        into.items.push(finding);
        Ok(())
    }
}

impl Message<'_> {
    /// The finding; its file is told by what the message stands in.
    fn finding(&self, into: &mut Folded) -> Result<Finding, &'static str> {
        if self.severity.0.is_none() && self.message.get().is_none() && self.rule.get().is_none() {
            return Err("a message of ESLint's with its severity, text or ruleId");
        }
        let fatal = self.fatal == Some(true);
        into.unread += usize::from(fatal);
        Ok(Finding {
            rule: message(self.rule.get().unwrap_or(if fatal { "fatal" } else { "" })),
            message: message(self.message.text()),
            severity: match self.severity.0 {
                Some(2) => Severity::High,
                Some(1) => Severity::Medium,
                _ => Severity::Unknown,
            },
            severity_from: "severity",
            category: Category::Code,
            place: Some(Place { path: "".into(), line: self.line.line(), column: self.column.line() }),
            last_line: self.last.line(),
            ..Finding::default()
        })
    }
}

impl<'de: 'a, 'a> Row<'de> for Suppressed<'a> {
    fn fold(self, into: &mut Folded) -> Result<(), &'static str> {
        let mut finding = self.0.finding(into)?;
        let reason = self.0.suppressions.0.first();
        finding.suppressed = Some(Box::new(Suppression {
            by: message(reason.and_then(|r| r.kind.get()).unwrap_or("directive")),
            reason: message(reason.map(|r| r.justification.text()).unwrap_or_default()),
        }));
        into.items.push(finding);
        Ok(())
    }
}

impl<'de: 'a, 'a> Row<'de> for File<'a> {
    fn fold(self, into: &mut Folded) -> Result<(), &'static str> {
        let (Some(path), Some(Rows(messages, _))) = (self.path, self.messages) else {
            return Err("a file of ESLint's with filePath and messages");
        };
        if messages.unread > 0 {
            note(&mut into.notes, format!("not linted, as it could not be parsed: {}", message(path.text())));
        }
        // A file that an ignore pattern or the absence of a configuration kept out, and that was named all the same.
        if messages.items.iter().any(|i| i.rule.is_empty() && i.message.starts_with("File ignored")) {
            into.left_out.push(message(path.text()).into());
        }
        let listed = |severity| messages.items.iter().filter(|i| i.severity == severity).count();
        for (stated, severity) in [(self.errors, Severity::High), (self.warnings, Severity::Medium)] {
            let more = stated.index().map_or(0, |n| n.saturating_sub(listed(severity)));
            if more > 0 {
                into.beyond.add_many(severity, u64::try_from(more).unwrap_or(u64::MAX));
                note(&mut into.notes, format!("more is counted than listed of {}", message(path.text())));
            }
        }
        into.add(messages.in_file(path.text()));
        let Rows(mut suppressed, _) = self.suppressed;
        suppressed.unread = 0;
        into.add(suppressed.in_file(path.text()));
        Ok(())
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    if says_nothing(input, &["[]"]) {
        return Ok(parsed(Vec::new(), Some(true), "eslint", Vec::new()));
    }
    let Rows(Folded { items, mut notes, mut unread, rows, beyond, left_out, .. }, _) =
        if input.bytes.trim_ascii_start().first() == Some(&b'{') {
            let with_metadata: WithMetadata<'_> = rows::read(input)?;
            with_metadata.results.ok_or_else(|| foreign("ESLint's results"))?
        } else {
            rows::read::<Rows<File<'_>>>(input)?
        };
    if rows == 0 {
        unread += 1;
        note(&mut notes, "no file is named: nothing was linted");
    }
    let listed = |s| u64::try_from(items.iter().filter(|i| i.suppressed.is_none() && i.severity == s).count());
    let stated = [Severity::High, Severity::Medium]
        .map(|s| (s, if beyond.get(s) > 0 { beyond.get(s).saturating_add(listed(s).unwrap_or(0)) } else { 0 }));
    Ok(parsed(items, Some(unread == 0), "eslint", notes).with_counts(&stated, Category::Code).with_gaps(Gap::of_items(
        "file was ignored",
        "files were ignored",
        &left_out,
    )))
}
