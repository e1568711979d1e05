//! `cargo clippy --message-format=json` and `cargo build --message-format=json` (<https://doc.rust-lang.org/cargo/reference/external-tools.html#json-messages>): JSON lines.
//!
//! - One finding is one diagnostic with a level of its own (`error`, `warning`, `note`); repeated for several targets it counts once. rustc's own
//!   summaries ("aborting due to …", "2 warnings emitted") are none.
//! - `build-finished` is the end mark: a stream without it broke off and is refused. `success: false` means that what depends on the
//!   failed crates was never looked at: not complete.
//! - Text of cargo's own between the lines (`Compiling …`) is read over.

use super::common::{List, Num, Scalar, Str, foreign, message, note, or_default, parsed, place, severity};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use crate::scan::lines::Lines;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding};
use serde::Deserialize;
use std::collections::HashSet;

pub(super) static FORMAT: Format = Format {
    id: "cargo-json",
    title: "cargo diagnostics (clippy, rustc)",
    kind: Kind::Findings,
    extensions: &["json", "jsonl", "ndjson"],
    places: &["clippy.json", "target/clippy.json"],
    spec: "cargo --message-format=json, https://doc.rust-lang.org/cargo/reference/external-tools.html#json-messages",
    producers: &["clippy", "cargo"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    const REASONS: &[&str] = &["compiler-message", "compiler-artifact", "build-script-executed", "build-finished"];
    let reason = head.lines().take(2_000).filter(|l| l.starts_with(b"{")).take(3).any(|l| {
        let start = l.get(..l.len().min(60)).unwrap_or_default();
        REASONS.iter().any(|r| memchr::memmem::find(start, format!("\"reason\":\"{r}\"").as_bytes()).is_some())
    });
    // With `-- --format json` the tests' events stand behind the build's messages, and they are what was asked for.
    let tests = || {
        head.lines().any(|l| {
            l.starts_with(b"{")
                && memchr::memmem::find(l, b"\"suite\"").is_some()
                && memchr::memmem::find(l, b"\"test_count\"").is_some()
        })
    };
    // So are the summaries of benchmarks that `cargo bench --message-format=json` ran.
    let benchmarks = || {
        [&b"\"module_path\""[..], b"\"benchmark_exe\""].iter().all(|m| memchr::memmem::find(head.bytes(), m).is_some())
    };
    Confidence::when(reason && !tests() && !benchmarks(), Confidence::Certain)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Talk<'a> {
    #[serde(borrow)]
    reason: Scalar<'a>,
    #[serde(borrow)]
    message: Option<Diagnostic<'a>>,
    success: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Diagnostic<'a> {
    #[serde(borrow)]
    level: Str<'a>,
    #[serde(borrow)]
    message: Str<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    code: Code<'a>,
    #[serde(borrow)]
    spans: List<Span<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Code<'a> {
    #[serde(borrow)]
    code: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Span<'a> {
    #[serde(borrow, rename = "file_name")]
    file: Str<'a>,
    #[serde(rename = "line_start")]
    line: Num,
    #[serde(rename = "line_end")]
    last: Num,
    #[serde(rename = "column_start")]
    column: Num,
    #[serde(rename = "is_primary")]
    primary: Option<bool>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let (mut notes, mut items) = (Vec::new(), Vec::new());
    // Several builds may be appended to one file: each must have ended, and each well.
    let (mut finished, mut open) = (None, false);
    let mut seen = HashSet::new();
    let mut known = false;
    for line in Lines::new(input.bytes) {
        let bytes = line.bytes.trim_ascii();
        if bytes.first() != Some(&b'{') {
            continue;
        }
        let talk: Talk<'_> = json::from_bytes(bytes).map_err(|e| e.on_line(line.number))?;
        known |= talk.reason.get().is_some();
        match talk.reason.text() {
            "build-finished" => {
                finished = Some(finished.unwrap_or(true) && talk.success == Some(true));
                open = false;
            }
            "compiler-message" | "compiler-artifact" | "build-script-executed" => open = true,
            _ => {}
        }
        let Some(d) = talk.message.filter(|_| talk.reason.text() == "compiler-message") else { continue };
        let code = d.code.code.text();
        let counts = matches!(d.level.text(), "error" | "warning" | "error: internal compiler error" | "note");
        if !counts || (code.is_empty() && d.spans.0.is_empty() && is_summary(d.message.text())) {
            continue;
        }
        let word = if d.level.text().starts_with("error") { "error" } else { d.level.text() };
        let (severity, severity_from) = severity(word, "message.level", &mut notes);
        let span = d.spans.0.iter().find(|s| s.primary == Some(true)).or(d.spans.0.first());
        let at = span.and_then(|s| place(s.file.text(), s.line.line(), s.column.line()));
        if !seen.insert((code.to_owned(), at.clone(), message(d.message.text()))) {
            continue;
        }
        let lint = code
            .strip_prefix("clippy::")
            .map(|l| format!("https://rust-lang.github.io/rust-clippy/master/index.html#{l}"));
        items.push(Finding {
            rule: message(code),
            message: message(d.message.text()),
            severity,
            severity_from,
            category: Category::Code,
            place: at,
            last_line: span.and_then(|s| s.last.line()),
            url: lint.map(|l| message(&l)),
            ..Finding::default()
        });
    }
    if !known {
        return Err(foreign("cargo's JSON messages (lines with a reason)"));
    }
    let Some(success) = finished.filter(|_| !open) else {
        return Err(ParseError::malformed("a build-finished message")
            .at(input.bytes.len())
            .found_words("the end of the file"));
    };
    if !success {
        note(&mut notes, "the build failed: what depends on the failed crates was not looked at");
    }
    let clippy = items.iter().any(|i| i.rule.starts_with("clippy::"));
    Ok(parsed(items, Some(success), if clippy { "clippy" } else { "cargo" }, notes))
}

fn is_summary(text: &str) -> bool {
    text.starts_with("aborting due to")
        || text.starts_with("Some errors have detailed explanations")
        || text.starts_with("For more information about")
        || text.ends_with("emitted")
}
