//! A recording: a tool's output kept together with its exit status, so that "no warnings" is proven.
//!
//! One header line of JSON, then exactly `bytes` bytes of output (standard output and standard error as they came):
//! ```text
//! {"gatekeeper-record":1,"tool":"dialyzer","command":["rebar3","dialyzer"],"exit_status":0,"started":"…","ended":"…","bytes":123,"sha256":"…"}
//! ===> Dialyzer starting, this may take a while...
//! ```
//! Written by `gatekeeper record`. A recording whose output is shorter or longer than stated, or has another hash, is refused; so is one whose
//! command did not end (`unfinished`: it is written when the command starts, and again when it has ended).
//!
//! `reports` are files that the command was to write, by path and SHA-256: a report with that digest has the command's exit status. Many producers'
//! reports are silent about a run that failed beside its cases (vitest, jest-junit, bun, deno, hooks of node, Playwright's teardown).

use gatekeeper_evidence::Recording;
use gatekeeper_evidence::command::Report;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::hash::sha256_hex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The header line of a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Version of the recording's form: 1.
    #[serde(rename = "gatekeeper-record")]
    pub version: u32,
    /// Which tool's output this is: a name that a format reads (`dialyzer`, `eunit`, …), or any other.
    pub tool: String,
    /// The command and its arguments.
    pub command: Vec<String>,
    /// The command's exit status; null where a signal ended it.
    pub exit_status: Option<i32>,
    /// The signal that ended it, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// When it began (RFC 3339, UTC).
    pub started: String,
    /// When it ended (RFC 3339, UTC).
    pub ended: String,
    /// Length of the output, bytes.
    pub bytes: u64,
    /// SHA-256 of the output, lower-case hex.
    pub sha256: String,
    /// The reports that the command was to write.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<Report>,
    /// The command has not ended: its recording was cut off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unfinished: bool,
}

impl Header {
    /// The program that was run, without its folder.
    pub(crate) fn program(&self) -> &str {
        self.command.first().map_or("", |word| word.rsplit(['/', '\\']).next().unwrap_or(word))
    }

    /// What it says of the command.
    pub(crate) fn recording(&self) -> Recording {
        Recording {
            tool: self.tool.clone(),
            command: self.command.clone(),
            exit_status: self.exit_status,
            signal: self.signal,
            reports: self.reports.clone(),
            millis: self.millis(),
        }
    }

    /// From its beginning to its end; `None` where either is no time, or they are the wrong way round.
    fn millis(&self) -> Option<u64> {
        let time = |text: &str| text.parse::<jiff::Timestamp>().ok().map(|t| t.as_millisecond());
        u64::try_from(time(&self.ended)?.checked_sub(time(&self.started)?)?).ok()
    }
}

/// Longest header line that is looked at, bytes.
pub const HEADER_MOST: usize = 1024 * 1024;

/// The header of a recording, of which at least the first [`HEADER_MOST`] bytes are there, and the offset of its line's end; `None` where this is
/// no recording. The output is not looked at.
///
/// # Errors
/// Where the header is broken or of another version.
pub fn header(bytes: &[u8]) -> Result<Option<(Header, usize)>, ParseError> {
    if !bytes.starts_with(b"{\"gatekeeper-record\":") {
        return Ok(None);
    }
    let head = bytes.get(..bytes.len().min(HEADER_MOST)).unwrap_or_default();
    let broken = |what: &str| ParseError::malformed(what.to_owned()).at(0);
    let end = memchr::memchr(b'\n', head).ok_or_else(|| broken("a recording's header line"))?;
    let header: Header = serde_json::from_slice(head.get(..end).unwrap_or_default())
        .map_err(|e| broken("a recording's header of version 1").because(e))?;
    if header.version != 1 {
        return Err(ParseError::new(ErrorCode::UnsupportedVersion, "a recording of a version other than 1")
            .at(0)
            .found(header.version.to_string()));
    }
    Ok(Some((header, end)))
}

/// Whether these bytes begin as a recording does.
pub(crate) fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(b"{\"gatekeeper-record\":")
}

/// Splits a recording into its header and the offset at which its output begins; `None` where this is no recording.
pub(crate) fn split(bytes: &[u8]) -> Result<Option<(Header, usize)>, ParseError> {
    let Some((header, end)) = header(bytes)? else { return Ok(None) };
    let broken = |what: &str| ParseError::malformed(what.to_owned()).at(0);
    if header.unfinished {
        let words = "the recorded command did not end: its recording was cut off, or it still runs";
        return Err(ParseError::new(ErrorCode::ToolFailed, words).at(0));
    }
    let body = bytes.get(end + 1..).unwrap_or_default();
    if u64::try_from(body.len()).ok() != Some(header.bytes) {
        return Err(broken(&format!("{} bytes of recorded output", header.bytes))
            .at(bytes.len())
            .found_words(format!("{} bytes", body.len())));
    }
    if sha256_hex(body) != header.sha256 {
        return Err(broken("recorded output with the SHA-256 that its header states").at(end + 1));
    }
    Ok(Some((header, end + 1)))
}

/// The reports that recorded commands wrote, by digest.
#[derive(Debug, Clone, Default)]
pub struct Reported(BTreeMap<String, Vec<Writer>>);

/// Who wrote a report.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    /// The report, from the root.
    path: Option<String>,
    pub(crate) tool: String,
    pub(crate) exit_status: i32,
    pub(crate) signal: Option<i32>,
    /// The recording, by its path.
    pub(crate) recording: String,
}

impl Reported {
    /// Adds the reports of a recording that lies at `path`.
    pub fn add(&mut self, path: &str, header: &Header) {
        for report in &header.reports {
            let Some(sha256) = &report.sha256 else { continue };
            self.0.entry(sha256.clone()).or_default().push(Writer {
                path: report.beside(path),
                tool: header.tool.clone(),
                exit_status: header.exit_status.unwrap_or(-1),
                signal: header.signal,
                recording: path.to_owned(),
            });
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Who wrote a report: of several that wrote the same bytes, the one that wrote them here.
    pub(crate) fn writer(&self, path: &str, sha256: &str) -> Option<&Writer> {
        let all = self.0.get(sha256)?;
        all.iter().find(|w| w.path.as_deref() == Some(path)).or_else(|| all.first())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_reports_are_told_by_their_place() {
        let header = |tool: &str, path: &str| Header {
            version: 1,
            tool: tool.to_owned(),
            command: Vec::new(),
            exit_status: Some(0),
            signal: None,
            started: String::new(),
            ended: String::new(),
            bytes: 0,
            sha256: String::new(),
            reports: vec![Report { path: path.to_owned(), sha256: Some("a".to_owned()), ..Report::default() }],
            unfinished: false,
        };
        let mut reported = Reported::default();
        assert!(reported.is_empty());
        reported.add("r/eslint.record", &header("eslint", "../eslint.json"));
        reported.add("r/ruff.record", &header("ruff", "../ruff.json"));
        let tool = |path: &str| reported.writer(path, "a").map(|w| w.tool.as_str());
        assert_eq!(
            [tool("ruff.json"), tool("eslint.json"), tool("moved.json")],
            [Some("ruff"), Some("eslint"), Some("eslint")]
        );
        assert!(reported.writer("ruff.json", "b").is_none() && !reported.is_empty());
    }
}
