//! A recording: a tool's output kept together with its exit status, so that "no warnings" is proven.
//!
//! One header line of JSON, then exactly `bytes` bytes of output (standard output and standard error as they came):
//! ```text
//! {"gatekeeper-record":1,"tool":"dialyzer","command":["rebar3","dialyzer"],"exit_status":0,"started":"…","ended":"…","bytes":123,"sha256":"…"}
//! ===> Dialyzer starting, this may take a while...
//! ```
//! Written by `gatekeeper record`. A recording whose output is shorter or longer than stated, or has another hash, is refused.

use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::hash::sha256_hex;
use serde::{Deserialize, Serialize};

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
}

/// Longest header line that is looked at, bytes.
const HEADER_MOST: usize = 64 * 1024;

/// Splits a recording into its header and the offset at which its output begins; `None` where this is no recording.
pub(crate) fn split(bytes: &[u8]) -> Result<Option<(Header, usize)>, ParseError> {
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
