//! What the formats of this family share: lenient JSON members, bounded text, ids of advisories, package URLs.
//!
//! Members borrow from the input. `Str` is strict (text or null), `Scalar` takes whatever stands there, as property bags hold anything.

use crate::format::Parsed;
use crate::input::Input;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::findings::{Finding, Findings, Package, Place, Severity};
use gatekeeper_evidence::{Data, Note};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// Most bytes of a message that are kept.
pub(super) const MESSAGE: usize = 600;
/// Most notes of one input.
const NOTES: usize = 20;

/// A text or null, borrowed where it has no escapes.
#[derive(Debug, Default, Clone)]
pub(super) struct Str<'a>(pub Option<Cow<'a, str>>);

impl Str<'_> {
    /// The text; empty where there is none.
    pub(super) fn text(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// The text where it says something.
    pub(super) fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|t| !t.is_empty())
    }

    /// An owned copy where it says something.
    pub(super) fn boxed(&self) -> Option<Box<str>> {
        self.get().map(|t| cut(t, MESSAGE))
    }
}

/// Any scalar as text; objects and arrays are read over.
#[derive(Debug, Default, Clone)]
pub(super) struct Scalar<'a>(pub Option<Cow<'a, str>>);

impl Scalar<'_> {
    /// The text where it says something.
    pub(super) fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|t| !t.is_empty())
    }

    /// The text; empty where there is none.
    pub(super) fn text(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

/// A number that is not negative and fits; a text of one ("79", "79-81" is 79) too. Anything else is none.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Num(pub Option<u64>);

impl Num {
    /// As a line or column: from 1.
    pub(super) fn line(self) -> Option<u32> {
        self.0.and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0)
    }

    /// As an index.
    pub(super) fn index(self) -> Option<usize> {
        self.0.and_then(|n| usize::try_from(n).ok())
    }
}

/// An array; null is an empty one.
#[derive(Debug, Clone)]
pub(super) struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        List(Vec::new())
    }
}

/// The first of an array's items; the others are read over.
#[derive(Debug, Clone)]
pub(super) struct First<T>(pub Option<T>);

impl<T> Default for First<T> {
    fn default() -> Self {
        First(None)
    }
}

/// An object's members in order; null is an empty one.
#[derive(Debug, Clone)]
pub(super) struct Members<'a, T>(pub Vec<(Cow<'a, str>, T)>);

impl<T> Default for Members<'_, T> {
    fn default() -> Self {
        Members(Vec::new())
    }
}

/// A text, an object, or something else that says nothing (a flag, null).
#[derive(Debug, Default, Clone)]
pub(super) enum TextOr<'a, T> {
    #[default]
    Neither,
    Text(Cow<'a, str>),
    Object(T),
}

struct TextOrVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for TextOrVisitor<T> {
    type Value = TextOr<'de, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or an object")
    }

    fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
        Ok(TextOr::Text(Cow::Borrowed(v)))
    }

    fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
        Ok(TextOr::Text(Cow::Owned(v.to_owned())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(TextOr::Neither)
    }

    fn visit_u64<E>(self, v: u64) -> Result<Self::Value, E> {
        Ok(TextOr::Text(Cow::Owned(v.to_string())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(TextOr::Neither)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(TextOr::Object)
    }
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for TextOr<'a, T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(TextOrVisitor(PhantomData))
    }
}

/// Reads an array of documents, or one of them alone.
pub(super) fn one_or_many<'a, T: Deserialize<'a>>(input: &Input<'a>) -> Result<Vec<T>, ParseError> {
    if input.bytes.trim_ascii_start().first() == Some(&b'[') {
        super::rows::read_list(input)
    } else {
        super::rows::read(input).map(|one| vec![one])
    }
}

/// An error for content of another kind.
pub(super) fn foreign(what: &str) -> ParseError {
    ParseError::malformed(what).at(0).found_words("content of another kind")
}

/// A nested object, or null for an empty one.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(d: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(d).map(Option::unwrap_or_default)
}

/// A member's name, borrowed where it has no escapes.
pub(super) struct Key<'a>(pub Cow<'a, str>);

struct StrVisitor;

impl<'de> Visitor<'de> for StrVisitor {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(v)))
    }

    fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(v.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(StrVisitor).map(Str)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_str(StrVisitor).map(|v| Key(v.unwrap_or_default()))
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(v)))
    }

    fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(v.to_owned())))
    }

    fn visit_bool<E>(self, v: bool) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(if v { "true" } else { "false" })))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(v.to_string())))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(v.to_string())))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(v.to_string())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(ScalarVisitor).map(Scalar)
    }
}

struct NumVisitor;

impl<'de> Visitor<'de> for NumVisitor {
    type Value = Option<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_u64<E>(self, v: u64) -> Result<Self::Value, E> {
        Ok(Some(v))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Self::Value, E> {
        Ok(u64::try_from(v).ok())
    }

    fn visit_f64<E>(self, v: f64) -> Result<Self::Value, E> {
        // Python and JavaScript write whole numbers as 3.0; the text is exact where the cast is not.
        Ok(format!("{v}").parse().ok())
    }

    fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
        let digits = v.trim().bytes().take_while(u8::is_ascii_digit).count();
        Ok(v.trim().get(..digits).and_then(|d| d.parse().ok()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

impl<'de> Deserialize<'de> for Num {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(NumVisitor).map(Num)
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut out = Vec::new();
        while let Some(item) = seq.next_element()? {
            super::rows::take::<T, _>(1)?;
            out.push(item);
        }
        Ok(out)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(ListVisitor(PhantomData)).map(List)
    }
}

struct FirstVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for FirstVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let first = seq.next_element()?;
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(first)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for First<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(FirstVisitor(PhantomData)).map(First)
    }
}

struct MembersVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for MembersVisitor<T> {
    type Value = Vec<(Cow<'de, str>, T)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut out = Vec::new();
        while let Some((Key(key), value)) = map.next_entry()? {
            super::rows::take::<(Cow<'de, str>, T), _>(1)?;
            out.push((key, value));
        }
        Ok(out)
    }
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for Members<'a, T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(MembersVisitor(PhantomData)).map(Members)
    }
}

struct TextsVisitor;
impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Vec<Scalar<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tags")
    }

    fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
        Ok(vec![Scalar(Some(v.to_owned().into()))])
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut out = Vec::new();
        while let Some(item) = seq.next_element()? {
            out.push(item);
        }
        Ok(out)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Vec::new())
    }
}

/// A text or an array of scalars; anything else in a property bag says nothing.
pub(super) fn texts<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Scalar<'de>>, D::Error> {
    d.deserialize_any(TextsVisitor)
}

/// Text of at most so many bytes, blanks around it taken off.
pub(super) fn cut(text: &str, most: usize) -> Box<str> {
    // One text may be cut for each of many findings: only so much of it is looked at for blanks.
    let text = head(text, most.saturating_add(4096)).trim();
    if text.len() <= most { text.into() } else { format!("{}…", head(text, most)).into() }
}

/// The beginning of a text, at most so many bytes of it.
fn head(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// A message, bounded; a copy is spared where the text is our own already.
pub(super) fn message_of(text: Str<'_>) -> Box<str> {
    match text.0 {
        Some(Cow::Owned(t)) if t.len() <= MESSAGE && t.trim().len() == t.len() => t.into_boxed_str(),
        other => message(other.as_deref().unwrap_or_default()),
    }
}

/// A message, bounded.
pub(super) fn message(text: &str) -> Box<str> {
    cut(text, MESSAGE)
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

/// A package URL (purl-spec): `pkg:type/namespace/name@version`, percent-encoded.
pub(super) fn purl(kind: &str, name: &str, version: Option<&str>) -> Option<Box<str>> {
    if name.is_empty() || name.len() > 400 {
        return None;
    }
    let mut out = format!("pkg:{kind}/");
    encode(&mut out, name, true);
    if let Some(version) = version.filter(|v| !v.is_empty() && v.len() <= 200) {
        out.push('@');
        encode(&mut out, version, false);
    }
    Some(out.into())
}

fn encode(out: &mut String, text: &str, slash: bool) {
    for b in text.bytes() {
        match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b':' => out.push(char::from(b)),
            b'/' if slash => out.push('/'),
            _ => out.push_str(&format!("%{b:02X}")),
        }
    }
}

/// Name and version of a package URL's package; without one, what stands in for the name.
pub(super) fn purl_parts(purl: Option<&str>, instead: &str) -> (String, String) {
    let Some(rest) = purl.and_then(|p| p.strip_prefix("pkg:")).and_then(|p| p.split_once('/')).map(|(_, rest)| rest)
    else {
        return (instead.to_owned(), String::new());
    };
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let (name, version) = rest.rsplit_once('@').unwrap_or((rest, ""));
    (name.to_owned(), version.to_owned())
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

/// Adds a note, each text once, at most twenty.
pub(super) fn note(notes: &mut Vec<Note>, text: impl Into<String>) {
    let text = text.into();
    if notes.len() < NOTES && !notes.iter().any(|n| n.message == text) {
        notes.push(Note::new(text));
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
    fn numbers_are_lenient_and_bounded() {
        let n = |t: &str| serde_json::from_str::<Num>(t).unwrap().0;
        assert_eq!(n("3.0"), Some(3));
        assert_eq!(n("-1"), None);
        assert_eq!(n("1e30"), None);
        assert_eq!(n("\"79-81\""), Some(79));
        assert_eq!(n("\"x\""), None);
    }

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
