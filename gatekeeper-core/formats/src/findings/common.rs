//! What the formats of this family share beside their members and rows: ids of advisories, packages and their URLs, places, severities.

pub(super) use super::members::{
    Count, First, Key, List, Members, Num, Scalar, Str, TextOr, message_of, or_default, texts,
};
use super::rows;
pub(super) use super::wording::{MESSAGE, cut, message, note};
use crate::format::Parsed;
use crate::input::Input;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::findings::{Finding, Findings, Package, Place, Severity};
use gatekeeper_evidence::purl;
use gatekeeper_evidence::{Data, Note};
use serde::Deserialize;

/// Reads an array of documents, or one of them alone.
pub(super) fn one_or_many<'a, T: Deserialize<'a>>(input: &Input<'a>) -> Result<Vec<T>, ParseError> {
    if input.bytes.trim_ascii_start().first() == Some(&b'[') {
        rows::read_list(input)
    } else {
        rows::read(input).map(|one| vec![one])
    }
}

/// An error for content of another kind.
pub(super) fn foreign(what: &str) -> ParseError {
    ParseError::malformed(what).at(0).found_words("content of another kind")
}

/// Whether a text is the id of a published advisory.
pub(super) fn is_advisory(id: &str) -> bool {
    const PREFIXES: &[&str] = &[
        "CVE-",
        "GHSA-",
        "OSV-",
        "PYSEC-",
        "RUSTSEC-",
        "GO-",
        "MAL-",
        "SNYK-",
        "DSA-",
        "DLA-",
        "RHSA-",
        "ALSA-",
        "ELSA-",
        "USN-",
        "ALAS",
        "GSD-",
        "HSEC-",
        "BIT-",
        "TEMP-",
        "SUSE-SU-",
        "openSUSE-SU-",
        "CGA-",
        "RLSA-",
        "NSWG-",
        "AIKIDO-",
        "GMS-",
        "EEF-",
        "DEBIAN-CVE-",
        "UBUNTU-CVE-",
        "ALPINE-CVE-",
    ];
    id.len() <= 100
        && !id.contains(char::is_whitespace)
        && PREFIXES.iter().any(|p| {
            id.get(..p.len()).is_some_and(|head| head.eq_ignore_ascii_case(p)) && id.bytes().any(|b| b.is_ascii_digit())
        })
}

/// Other ids of a finding: advisories that are not its own id, each once.
pub(super) fn aliases<'t>(own: &str, ids: impl IntoIterator<Item = &'t str>) -> Vec<Box<str>> {
    let mut out: Vec<Box<str>> = Vec::new();
    for id in ids {
        let id = id.trim();
        if id.is_empty() || id.eq_ignore_ascii_case(own) || out.len() >= 64 || out.iter().any(|o| **o == *id) {
            continue;
        }
        out.push(cut(id, 200));
    }
    out
}

/// A package's URL, where it has a name and neither it nor the version is beyond what packages are called.
pub(super) fn purl(kind: &str, name: &str, version: Option<&str>) -> Option<Box<str>> {
    let named = !name.is_empty() && name.len() <= 400;
    named.then(|| purl::write(kind, name, version.filter(|v| v.len() <= 200)).into())
}

/// Name and version of a package URL's package, as they are written; without one, what stands in for the name.
pub(super) fn purl_parts(purl: Option<&str>, instead: &str) -> (String, String) {
    match purl.and_then(purl::split) {
        Some(parts) => (parts.path.to_owned(), parts.version.unwrap_or_default().to_owned()),
        None => (instead.to_owned(), String::new()),
    }
}

/// The purl type of an ecosystem's or package manager's name.
pub(super) fn purl_type(ecosystem: &str) -> Option<&'static str> {
    let base = ecosystem.split([':', ' ']).next().unwrap_or_default();
    Some(match base.to_ascii_lowercase().as_str() {
        "npm" | "yarn" | "pnpm" | "bun" | "javascript" => "npm",
        "pypi" | "pip" | "pipenv" | "poetry" | "python" | "uv" => "pypi",
        "go" | "gomod" | "golang" | "gobinary" | "gomodules" => "golang",
        "crates.io" | "cargo" | "rust" => "cargo",
        "packagist" | "composer" => "composer",
        "rubygems" | "gem" | "bundler" | "gemspec" => "gem",
        "hex" => "hex",
        "nuget" => "nuget",
        "pub" => "pub",
        "maven" | "gradle" => "maven",
        _ => return None,
    })
}

/// A package; empty members are none.
pub(super) fn package(name: &str, installed: &str, fixed: &str, purl: Option<Box<str>>) -> Option<Box<Package>> {
    let some = |t: &str| (!t.is_empty()).then(|| cut(t, 300));
    (!name.is_empty())
        .then(|| Box::new(Package { name: cut(name, 300), purl, installed: some(installed), fixed: some(fixed) }))
}

/// A place; none where no path is given.
pub(super) fn place(path: &str, line: Option<u32>, column: Option<u32>) -> Option<Place> {
    (!path.is_empty()).then(|| Place { path: cut(path, 1000), line, column })
}

/// The severity of a tool's own word. An unknown word is an `unknown` severity and a note.
pub(super) fn severity(word: &str, field: &'static str, notes: &mut Vec<Note>) -> (Severity, &'static str) {
    if word.trim().is_empty() {
        return (Severity::Unknown, "");
    }
    match Severity::from_word(word) {
        Some(s) => (s, field),
        None => {
            note(notes, format!("unknown severity: {}", gatekeeper_evidence::error::quote(word.as_bytes())));
            (Severity::Unknown, field)
        }
    }
}

/// The references of a scanned image: its tags and digests, else the name that the user gave, which may be an archive's.
pub(super) fn image<'t>(name: &str, references: impl Iterator<Item = &'t str>) -> Vec<String> {
    let mut out: Vec<String> =
        references.filter(|r| !r.is_empty()).take(64).map(|r| cut(r, 400).into_string()).collect();
    let is_file =
        [".tar", ".tar.gz", ".tgz", ".img"].iter().any(|end| name.ends_with(end)) || name.starts_with(['/', '.']);
    if out.is_empty() && !name.is_empty() && !is_file {
        out.push(cut(name, 400).into_string());
    }
    out
}

/// What a parser gives for findings.
pub(super) fn parsed(items: Vec<Finding>, complete: Option<bool>, tool: &str, notes: Vec<Note>) -> Parsed {
    let findings = Findings { items, ..Findings::default() };
    Parsed { tool: Some(tool.to_owned()), notes, ..Parsed::new(Data::Findings(findings), complete) }
}

/// What stands where a tool wrote that it failed.
pub(super) fn tool_failed(what: &str) -> ParseError {
    ParseError::new(
        ErrorCode::ToolFailed,
        format!("the tool says that it failed: {}", gatekeeper_evidence::error::quote(what.as_bytes())),
    )
    .at(0)
}

/// Whether the whole content is `null`, `[]` or `{}`, which names no tool: nothing found, once the format is known from elsewhere.
pub(super) fn says_nothing(input: &Input<'_>, allowed: &[&str]) -> bool {
    let text = input.bytes.trim_ascii();
    text.len() <= 64 && {
        let bare: Vec<u8> = text.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
        allowed.iter().any(|a| a.as_bytes() == bare.as_slice())
    }
}

/// Seconds since 1970 of an RFC 3339 time.
pub(super) fn seconds(time: &str) -> Option<i64> {
    time.trim().parse::<jiff::Timestamp>().ok().map(|t| t.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purls_are_encoded() {
        assert_eq!(purl("npm", "@a/b", Some("1.0+x")).as_deref(), Some("pkg:npm/%40a/b@1.0%2Bx"));
        assert_eq!(purl("npm", "", None), None);
    }

    #[test]
    fn advisory_ids_are_told_from_rules() {
        assert!(is_advisory("CVE-2025-1") && is_advisory("ghsa-x1") && !is_advisory("GO-LINT") && !is_advisory("B101"));
    }
}
