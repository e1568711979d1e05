//! Bun's text lock file, `bun.lock`: JSON with comments and trailing commas.
//!
//! Specification: <https://bun.com/docs/pm/lockfile>, `src/install/lockfile/bun.lock.zig` of <https://github.com/oven-sh/bun>. What we do:
//!
//! - Components are the `packages`, each an array that begins with `name@version`; workspaces of the project are none. It states no licences,
//!   and not who is only there for developing.
//! - A package URL is given for what comes from a registry, told by a version that begins with a digit.

use super::common;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::inventory::Component;
use gatekeeper_evidence::{Data, Kind, purl};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

pub(super) static FORMAT: Format = Format {
    id: "bun-lock",
    title: "Bun lock file",
    kind: Kind::Inventory,
    extensions: &["lock"],
    places: &["bun.lock"],
    spec: "bun.lock, https://bun.com/docs/pm/lockfile",
    producers: &["bun"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let text = head.trimmed();
    let json = text.first().is_some_and(|b| matches!(b, b'{' | b'/'));
    // The workspaces come before the packages, and the root is the first of them.
    let beginning = text.get(..text.len().min(4096)).unwrap_or_default();
    let behind = |mark: &str| {
        let at = memchr::memmem::find(beginning, mark.as_bytes())?;
        beginning.get(at + mark.len()..).map(<[u8]>::trim_ascii_start)
    };
    let workspaces = behind("\"workspaces\"").and_then(|t| t.strip_prefix(b":")).map(<[u8]>::trim_ascii_start);
    let root = workspaces.and_then(|t| t.strip_prefix(b"{")).is_some_and(|t| t.trim_ascii_start().starts_with(b"\"\""));
    let own = head.file_name() == "bun.lock" || (root && behind("\"lockfileVersion\"").is_some());
    Confidence::when(json && own, Confidence::Certain)
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "lockfileVersion")]
    version: u64,
    #[serde(default)]
    packages: BTreeMap<Box<str>, Vec<Part>>,
    #[serde(rename = "workspaces")]
    _workspaces: BTreeMap<Box<str>, IgnoredAny>,
}

/// An element of a package's array: its name and version, its registry, what it needs, its hash.
#[derive(Deserialize)]
#[serde(untagged)]
enum Part {
    Text(Box<str>),
    Other(IgnoredAny),
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let plain = without_comments(input.bytes);
    let document: Document = json::from_input(&Input { bytes: &plain, ..*input })?;
    if document.version > 1 {
        let words = format!("lockfileVersion {} is not known (0 and 1 are)", document.version);
        return Err(ParseError::new(ErrorCode::UnsupportedVersion, words).in_path("$.lockfileVersion"));
    }
    let mut components = Vec::with_capacity(document.packages.len());
    for (key, parts) in &document.packages {
        let Some(Part::Text(text)) = parts.first() else {
            return Err(ParseError::malformed("a package's name and version")
                .in_path(format!("$.packages[{key:?}]"))
                .found_words("no text"));
        };
        // An `@` at a name's beginning is a scope's.
        let at = text.char_indices().skip(1).find(|(_, c)| *c == '@').map_or(text.len(), |(at, _)| at);
        let (name, version) = text.split_at_checked(at).unwrap_or((text, ""));
        let version = version.trim_start_matches('@');
        if version.starts_with("workspace:") || version.starts_with("root:") {
            continue;
        }
        let released = version.starts_with(|c: char| c.is_ascii_digit());
        components.push(Component {
            name: name.into(),
            version: (!version.is_empty()).then(|| version.into()),
            purl: released.then(|| purl::write("npm", name, Some(version)).into()),
            has_id: released,
            ..Component::default()
        });
    }
    let mut parsed = common::inventory("bun", components, Some(true));
    if let Data::Inventory(i) = &mut parsed.data {
        i.lock = true;
    }
    Ok(parsed)
}

/// The document as plain JSON of the same length: comments and commas before a closing bracket are blanks.
fn without_comments(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let (mut at, mut comma) = (0, None);
    let blank = |out: &mut Vec<u8>, from: usize, to: usize| {
        for b in out.iter_mut().take(to).skip(from).filter(|b| **b != b'\n') {
            *b = b' ';
        }
    };
    while let Some(&b) = bytes.get(at) {
        match (b, bytes.get(at + 1)) {
            (b'"', _) => {
                comma = None;
                at += 1;
                while let Some(&c) = bytes.get(at).filter(|c| **c != b'"') {
                    at += if c == b'\\' { 2 } else { 1 };
                }
            }
            (b'/', Some(b'/')) => {
                let end = memchr::memchr(b'\n', bytes.get(at..).unwrap_or_default()).map_or(bytes.len(), |n| at + n);
                blank(&mut out, at, end);
                at = end;
                continue;
            }
            (b'/', Some(b'*')) => {
                let rest = bytes.get(at + 2..).unwrap_or_default();
                // One that does not end leaves nothing to read.
                let end = memchr::memmem::find(rest, b"*/").map_or(bytes.len(), |n| at + n + 4);
                blank(&mut out, at, end);
                at = end;
                continue;
            }
            (b',', _) => comma = Some(at),
            (b'}' | b']', _) => {
                if let Some(comma) = comma.take() {
                    blank(&mut out, comma, comma + 1);
                }
            }
            (b, _) if b.is_ascii_whitespace() => {}
            _ => comma = None,
        }
        at += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_trailing_commas_are_blanks() {
        for (text, want) in [
            (r#"{"a":1,}"#, r#"{"a":1 }"#),
            ("[1, // x\n ]", "[1      \n ]"),
            (r#"{"a,}":"//",/* , */}"#, r#"{"a,}":"//"        }"#),
            (r#"["\"",]"#, r#"["\"" ]"#),
            (r#"[1,,2]"#, r#"[1,,2]"#),
        ] {
            assert_eq!(String::from_utf8(without_comments(text.as_bytes())).unwrap(), want);
        }
    }
}
