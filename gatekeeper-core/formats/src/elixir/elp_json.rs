//! JSON lines of the Erlang Language Platform (`elp eqwalize-all --format json`, `elp lint --format json`): one diagnostic a line.
//!
//! Specification: the code is the specification: `crates/elp/src/arc_types.rs`, <https://github.com/WhatsApp/erlang-language-platform>.
//!
//! - `error` is high, `warning` and `autofix` medium, `advice` info; `disabled` ones are suppressed.
//! - A clean run prints nothing: only a recording with exit status 0 proves it. Lines that are no JSON (progress) are read over.

use super::common::{Text, parsed, place};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use crate::scan::lines::Lines;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::findings::{Finding, Findings, Severity, Suppression};
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::{Kind, Note};
use serde::Deserialize;
use serde_json::Value;

pub(super) static FORMAT: Format = Format {
    id: "elp-json",
    title: "ELP and eqWAlizer diagnostics, JSON lines",
    kind: Kind::Findings,
    extensions: &["json", "jsonl"],
    places: &["elp.json", "elp.jsonl", "eqwalizer.json", "eqwalizer.jsonl"],
    spec: "ELP, arc_types.rs: https://github.com/WhatsApp/erlang-language-platform/blob/main/crates/elp/src/arc_types.rs",
    producers: &["eqwalizer", "elp"],
    recorded_as: Some("eqwalizer"),
    content: Content::Text,
    sniff,
    parse,
};

fn is_diagnostic(line: &[u8]) -> bool {
    line.starts_with(b"{")
        && [&b"\"path\":"[..], b"\"code\":\"ELP\"", b"\"severity\":", b"\"name\":"]
            .iter()
            .all(|w| memchr::memmem::find(line, w).is_some())
}

fn sniff(head: &Head<'_>) -> Confidence {
    Confidence::when(head.lines().take(200).any(is_diagnostic), Confidence::Certain)
}

#[derive(Deserialize)]
struct Diagnostic {
    path: Text,
    #[serde(default)]
    line: Value,
    #[serde(default)]
    char: Value,
    severity: Text,
    name: Text,
    #[serde(default)]
    description: Text,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut found = Findings::default();
    let (mut notes, mut other) = (Vec::new(), None::<(u64, usize)>);
    for line in Lines::new(input.bytes) {
        let text = line.bytes.trim_ascii();
        if text.is_empty() {
            continue;
        }
        if text.first() != Some(&b'{') {
            other.get_or_insert((line.number, 0)).1 += 1;
            continue;
        }
        let d: Diagnostic = serde_json::from_slice(text).map_err(|e| json::located(e, text, line.offset, None))?;
        let severity = match d.severity.0.as_str() {
            "error" => Severity::High,
            "warning" | "autofix" => Severity::Medium,
            "advice" | "disabled" => Severity::Info,
            other => {
                return Err(ParseError::malformed("error, warning, autofix, advice or disabled as severity")
                    .at(line.offset)
                    .found(other));
            }
        };
        let disabled = d.severity.0 == "disabled";
        let suppression = Suppression { by: "disabled".into(), reason: Box::default() };
        found.items.push(Finding {
            rule: d.name.cut(),
            message: d.description.cut(),
            severity,
            severity_from: "severity",
            place: place(&d.path, &d.line, &d.char),
            suppressed: disabled.then(|| Box::new(suppression)),
            ..Finding::default()
        });
    }
    if let Some((line, count)) = other {
        notes.push(Note::at(format!("{count} lines that are no diagnostics"), Location::line(line)));
    }
    let complete = match input.exit_status {
        Some(0) => Some(true),
        Some(status) if found.items.is_empty() => {
            return Err(ParseError::new(
                ErrorCode::ToolFailed,
                format!("the command ended with exit status {status}, and nothing says why"),
            )
            .at(input.bytes.len()));
        }
        _ if found.items.is_empty() => {
            return Err(ParseError::malformed("a diagnostic, or a recorded exit status of 0")
                .at(0)
                .found_words("none"));
        }
        // Nothing says where the list ends.
        _ => None,
    };
    Ok(parsed("eqwalizer", found, complete, notes))
}
