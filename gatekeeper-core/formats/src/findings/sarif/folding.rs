//! Results (`result`, 3.27), folded into findings one by one while they are read; what needs the run's rules is kept beside each as a small [`Pending`]
//! and settled when the run has ended, as rules may stand behind results.

use super::common::{First, List, Members, Num, Scalar, Str, cut, message, message_of, or_default};
use super::references::{ArtifactLocation, ComponentRef, RuleRef};
use crate::scan::json::{Fault, Walk};
use gatekeeper_evidence::findings::{Finding, Place, Severity, Suppression};
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use std::fmt;

/// `result`, 3.27.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a result")]
struct RawResult<'a> {
    #[serde(borrow, rename = "ruleId")]
    rule_id: Str<'a>,
    #[serde(rename = "ruleIndex")]
    rule_index: Num,
    #[serde(borrow)]
    rule: Option<RuleRef<'a>>,
    #[serde(borrow)]
    kind: Str<'a>,
    #[serde(borrow)]
    level: Str<'a>,
    #[serde(deserialize_with = "or_default", borrow)]
    message: Message<'a>,
    #[serde(borrow)]
    locations: First<RawLocation<'a>>,
    #[serde(borrow)]
    suppressions: List<RawSuppression<'a>>,
    #[serde(borrow, rename = "baselineState")]
    baseline_state: Str<'a>,
    #[serde(borrow)]
    fingerprints: Members<'a, Scalar<'a>>,
    #[serde(borrow, rename = "partialFingerprints")]
    partial_fingerprints: Members<'a, Scalar<'a>>,
    #[serde(deserialize_with = "or_default")]
    provenance: Provenance,
    #[serde(deserialize_with = "or_default", borrow)]
    properties: ResultProperties<'a>,
}

/// What a result has at least (3.27.11 demands the message).
const WANTED: &str = "a result with a message, a rule or a place";

impl RawResult<'_> {
    /// Whether it has nothing of what makes it one. Written in three bytes and kept in hundreds, millions of these would be all that memory holds.
    fn says_nothing(&self) -> bool {
        let texts =
            [&self.rule_id, &self.kind, &self.level, &self.message.text, &self.message.id, &self.baseline_state];
        texts.iter().all(|t| t.get().is_none())
            && self.rule_index.0.is_none()
            && self.rule.is_none()
            && self.locations.0.is_none()
    }
}

/// `message`, 3.11.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a message")]
struct Message<'a> {
    #[serde(borrow)]
    text: Str<'a>,
    #[serde(borrow)]
    id: Str<'a>,
    #[serde(borrow)]
    arguments: List<Scalar<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a location")]
struct RawLocation<'a> {
    #[serde(deserialize_with = "or_default", borrow, rename = "physicalLocation")]
    physical: Physical<'a>,
    #[serde(borrow, rename = "logicalLocations")]
    logical: First<Logical<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a logical location")]
struct Logical<'a> {
    #[serde(borrow, rename = "fullyQualifiedName")]
    name: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a physical location")]
struct Physical<'a> {
    #[serde(deserialize_with = "or_default", borrow, rename = "artifactLocation")]
    artifact: ArtifactLocation<'a>,
    #[serde(deserialize_with = "or_default")]
    region: Region,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a region")]
struct Region {
    #[serde(rename = "startLine")]
    line: Num,
    #[serde(rename = "endLine")]
    last: Num,
    #[serde(rename = "startColumn")]
    column: Num,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a suppression")]
struct RawSuppression<'a> {
    #[serde(borrow)]
    kind: Str<'a>,
    #[serde(borrow)]
    status: Str<'a>,
    /// What `status` was called before 2.1.0's fifth draft, which states the same version.
    #[serde(borrow)]
    state: Str<'a>,
    #[serde(borrow)]
    justification: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a provenance")]
struct Provenance {
    #[serde(rename = "invocationIndex")]
    invocation: Num,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a property bag")]
struct ResultProperties<'a> {
    #[serde(borrow)]
    issue_severity: Scalar<'a>,
    #[serde(borrow, rename = "security-severity")]
    security_severity: Scalar<'a>,
}

/// A run's results, folded. `present` tells an empty array from none.
#[derive(Debug, Default)]
pub(super) struct Results {
    pub present: bool,
    /// In the order of the results.
    pub pieces: Vec<Piece>,
}

/// Findings that stand one behind the other, and what each waits for.
#[derive(Debug, Default)]
pub(super) struct Piece {
    pub found: Vec<Finding>,
    pub pending: Vec<Pending>,
}

impl Results {
    /// Reads the `results` of a run.
    pub(super) fn read(walk: &mut Walk<'_>) -> Result<Self, Fault> {
        let pieces = walk.elements(|walk, piece: &mut Piece| {
            let at = walk.at();
            let raw = walk.value::<RawResult<'_>>()?;
            if raw.says_nothing() {
                return Err(Walk::expected_at(at, WANTED));
            }
            piece.add(raw);
            Ok(())
        })?;
        Ok(Results { present: pieces.is_some(), pieces: pieces.unwrap_or_default() })
    }

    /// Whether there is nothing that counts.
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.iter().all(|p| p.found.is_empty())
    }
}

impl Piece {
    fn add(&mut self, raw: RawResult<'_>) {
        if let Some((finding, pending)) = fold(raw) {
            self.found.push(finding);
            self.pending.push(pending);
        }
    }
}

/// What of a result waits for the run's rules, invocations and artifacts.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub rule_index: Option<u32>,
    pub invocation: Option<u32>,
    /// Whether the kind is `fail`, so that a rule's level applies.
    pub fails: bool,
    /// The result's own level.
    pub level: Level,
    /// What only some results have.
    pub more: Option<Box<More>>,
}

/// A stated level. The four of the standard are the common case and cost no allocation.
#[derive(Debug, Default)]
pub(super) enum Level {
    #[default]
    Absent,
    Known(Severity),
    Unknown(Box<str>),
}

impl Level {
    fn of(text: &str) -> Self {
        match text {
            "" => Level::Absent,
            _ => Severity::from_word(text).map_or_else(|| Level::Unknown(cut(text, 60)), Level::Known),
        }
    }
}

/// Rare parts of a result.
#[derive(Debug, Default)]
pub(super) struct More {
    pub rule: Option<RuleRef<'static>>,
    pub message_id: Option<Box<str>>,
    pub arguments: Vec<Box<str>>,
    pub artifact: Option<usize>,
    pub logical: Option<Box<str>>,
    pub security_severity: Option<Box<str>>,
    pub line: Option<u32>,
}

/// Results inside the log's `inlineExternalProperties`, which is seldom long.
impl<'de> Deserialize<'de> for Results {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Results;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of results")
            }

            fn visit_unit<E>(self) -> Result<Results, E> {
                Ok(Results::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Results, A::Error> {
                let mut piece = Piece::default();
                while let Some(raw) = seq.next_element::<RawResult<'_>>()? {
                    if raw.says_nothing() {
                        return Err(A::Error::custom(format_args!("an object that says nothing, expected {WANTED}")));
                    }
                    piece.add(raw);
                }
                Ok(Results { present: true, pieces: vec![piece] })
            }
        }
        d.deserialize_any(V)
    }
}

/// A result as a finding, as far as it can be told without the run. `None` where it counts nowhere.
fn fold(raw: RawResult<'_>) -> Option<(Finding, Pending)> {
    let kind = raw.kind.text();
    // 3.27.9: these are not failures. `review` waits for a person and stays.
    if matches!(kind, "pass" | "notApplicable" | "informational" | "open") || raw.baseline_state.text() == "absent" {
        return None;
    }
    let mut finding = Finding {
        rule: cut(raw.rule_id.text(), 300),

        is_new: match raw.baseline_state.text() {
            "new" => Some(true),
            "unchanged" | "updated" => Some(false),
            _ => None,
        },
        suppressed: suppression(&raw.suppressions.0),
        fingerprint: fingerprint(&raw),
        ..Finding::default()
    };
    let mut more = More::default();
    let mut rare = false;
    if let Some(location) = raw.locations.0 {
        let (line, column) = (location.physical.region.line.line(), location.physical.region.column.line());
        finding.last_line = location.physical.region.last.line();
        match location.physical.artifact.uri.get() {
            Some(uri) => finding.place = Some(Place { path: path_of(uri), line, column }),
            None => {
                more.artifact = location.physical.artifact.index.index();
                more.line = line;
                rare |= more.artifact.is_some();
            }
        }
        if let Some(name) = location.logical.0.as_ref().and_then(|l| l.name.get()) {
            more.logical = Some(cut(name, 300));
            rare = true;
        }
    }
    if let Some(rule) = raw.rule {
        if finding.rule.is_empty() {
            finding.rule = cut(rule.id.text(), 300);
        }
        more.rule = Some(owned(rule));
        rare = true;
    }
    if let (None, Some(id)) = (raw.message.text.get(), raw.message.id.get()) {
        more.message_id = Some(id.into());
        more.arguments = raw.message.arguments.0.iter().take(32).map(|a| cut(a.text(), 200)).collect();
        rare = true;
    }
    finding.message = message_of(raw.message.text);
    // The tool's own word comes first, then the score, then the level.
    if let Some(s) = raw.properties.issue_severity.get().and_then(Severity::from_word) {
        finding.severity = s;
        finding.severity_from = "properties.issue_severity";
    } else if let Some(score) = raw.properties.security_severity.get() {
        more.security_severity = Some(cut(score, 40));
        rare = true;
    }
    let pending = Pending {
        rule_index: raw.rule_index.0.and_then(|n| u32::try_from(n).ok()),
        invocation: raw.provenance.invocation.0.and_then(|n| u32::try_from(n).ok()),
        fails: matches!(kind, "" | "fail"),
        level: Level::of(raw.level.text()),
        more: rare.then(|| Box::new(more)),
    };
    Some((finding, pending))
}

fn owned(rule: RuleRef<'_>) -> RuleRef<'static> {
    let own = |s: &Str<'_>| Str(s.get().map(|t| t.to_owned().into()));
    RuleRef {
        id: own(&rule.id),
        index: rule.index,
        guid: own(&rule.guid),
        component: rule.component.map(|c| ComponentRef { name: own(&c.name), index: c.index, guid: own(&c.guid) }),
    }
}

/// 3.27.23: suppressed when there is a suppression and none is under review or rejected.
fn suppression(all: &[RawSuppression<'_>]) -> Option<Box<Suppression>> {
    let first = all.first()?;
    let refused = |word: &str| ["underReview", "rejected"].iter().any(|r| r.eq_ignore_ascii_case(word));
    if all.iter().any(|s| refused(s.status.text()) || refused(s.state.text())) {
        return None;
    }
    let reason = all.iter().find_map(|s| s.justification.get()).unwrap_or_default();
    Some(Box::new(Suppression { by: cut(first.kind.text(), 60), reason: message(reason) }))
}

/// The first fingerprint that says something; Semgrep without an account writes "requires login".
fn fingerprint(raw: &RawResult<'_>) -> Option<Box<str>> {
    raw.fingerprints
        .0
        .iter()
        .chain(&raw.partial_fingerprints.0)
        .filter_map(|(_, v)| v.get())
        .find(|v| *v != "requires login")
        .map(|v| cut(v, 200))
}

/// A `file:` URI as a path, percent escapes resolved; any other URI as it stands.
pub(super) fn path_of(uri: &str) -> Box<str> {
    let path = uri.strip_prefix("file://").unwrap_or(uri);
    if !path.contains('%') {
        return cut(path, 1000);
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((b, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|h| std::str::from_utf8(h).ok()).and_then(|h| u8::from_str_radix(h, 16).ok());
        match (b, hex) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*b);
                rest = tail;
            }
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) => cut(&text, 1000),
        Err(_) => cut(path, 1000),
    }
}
