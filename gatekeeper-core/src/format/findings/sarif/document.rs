//! The members of a SARIF 2.1.0 document that gatekeeper reads (section numbers are the standard's). Long texts (`fullDescription`,
//! snippets, code flows) are read over and never kept; of `help` only what `words` finds in it. Results are folded into findings one by one while they are read; what needs the
//! run's rules is kept beside each as a small [`Pending`] and settled when the run has ended, as rules may stand behind results.

use super::common::{First, List, Members, Num, Scalar, Str, cut, message, message_of, or_default};
use super::words::Help;
use crate::evidence::findings::{Finding, Place, Severity, Suppression};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// `sarifLog`, 3.13.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Log<'a> {
    #[serde(borrow)]
    pub version: Str<'a>,
    #[serde(borrow)]
    pub runs: Option<List<Run<'a>>>,
    #[serde(borrow, rename = "inlineExternalProperties")]
    pub inline: List<Inline<'a>>,
}

/// `externalProperties` inside the log, 4.3.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Inline<'a> {
    #[serde(borrow)]
    pub guid: Str<'a>,
    #[serde(borrow, rename = "runGuid")]
    pub run_guid: Str<'a>,
    #[serde(borrow)]
    pub driver: Option<Component<'a>>,
    #[serde(borrow)]
    pub extensions: List<Component<'a>>,
    #[serde(borrow)]
    pub invocations: List<Invocation<'a>>,
    #[serde(borrow)]
    pub artifacts: List<Artifact<'a>>,
    pub results: Results,
    /// Whether a run has taken the results.
    #[serde(skip)]
    pub results_taken: bool,
}

/// `externalPropertyFileReference`, 3.16; one for an object, an array of them for an array.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reference<'a> {
    #[serde(deserialize_with = "or_default", borrow)]
    pub location: ArtifactLocation<'a>,
    #[serde(borrow)]
    pub guid: Str<'a>,
}

/// The references of one externalized property.
#[derive(Debug, Default)]
pub(super) struct References<'a>(pub Vec<Reference<'a>>);

/// The version alone, for documents that cannot be read otherwise.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Versioned<'a> {
    #[serde(borrow)]
    pub version: Str<'a>,
}

/// `run`, 3.14.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Run<'a> {
    #[serde(deserialize_with = "or_default", borrow)]
    pub tool: Tool<'a>,
    #[serde(borrow)]
    pub invocations: List<Invocation<'a>>,
    #[serde(borrow)]
    pub artifacts: List<Artifact<'a>>,
    pub results: Results,
    #[serde(borrow, rename = "externalPropertyFileReferences")]
    pub external: Members<'a, References<'a>>,
    #[serde(deserialize_with = "or_default", borrow, rename = "automationDetails")]
    pub automation: Automation<'a>,
}

/// `runAutomationDetails`, 3.17.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Automation<'a> {
    #[serde(borrow)]
    pub guid: Str<'a>,
}

/// `tool`, 3.18.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tool<'a> {
    #[serde(deserialize_with = "or_default", borrow)]
    pub driver: Component<'a>,
    #[serde(borrow)]
    pub extensions: List<Component<'a>>,
}

/// `toolComponent`, 3.19.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Component<'a> {
    #[serde(borrow)]
    pub name: Str<'a>,
    #[serde(borrow)]
    pub guid: Str<'a>,
    #[serde(borrow)]
    pub rules: List<Rule<'a>>,
}

/// `reportingDescriptor`, 3.49.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Rule<'a> {
    #[serde(borrow)]
    pub id: Str<'a>,
    #[serde(borrow)]
    pub guid: Str<'a>,
    #[serde(borrow, rename = "deprecatedIds")]
    pub deprecated_ids: List<Str<'a>>,
    #[serde(deserialize_with = "or_default", borrow, rename = "shortDescription")]
    pub short_description: Text<'a>,
    #[serde(borrow, rename = "messageStrings")]
    pub message_strings: Members<'a, Text<'a>>,
    #[serde(deserialize_with = "or_default", borrow, rename = "defaultConfiguration")]
    pub default_configuration: Configuration<'a>,
    #[serde(borrow, rename = "helpUri")]
    pub help_uri: Str<'a>,
    pub help: Help,
    #[serde(borrow)]
    pub properties: RuleProperties<'a>,
}

/// What producers put into a rule's property bag.
#[derive(Debug, Default, Clone)]
pub(super) struct RuleProperties<'a> {
    pub security_severity: Scalar<'a>,
    pub tags: Vec<Scalar<'a>>,
    pub purls: Vec<Scalar<'a>>,
}

/// `reportingConfiguration`, 3.50.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Configuration<'a> {
    #[serde(borrow)]
    pub level: Str<'a>,
}

/// `multiformatMessageString`, 3.12.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Text<'a> {
    #[serde(borrow)]
    pub text: Str<'a>,
}

/// `invocation`, 3.20.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Invocation<'a> {
    #[serde(rename = "executionSuccessful")]
    pub execution_successful: Option<bool>,
    #[serde(borrow, rename = "toolExecutionNotifications")]
    pub execution: List<Notification<'a>>,
    #[serde(borrow, rename = "toolConfigurationNotifications")]
    pub configuration: List<Notification<'a>>,
    #[serde(borrow, rename = "ruleConfigurationOverrides")]
    pub overrides: List<Override<'a>>,
    #[serde(borrow, rename = "endTimeUtc")]
    pub end: Scalar<'a>,
}

/// `notification`, 3.58.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Notification<'a> {
    #[serde(borrow)]
    pub level: Str<'a>,
    #[serde(deserialize_with = "or_default", borrow)]
    pub message: Text<'a>,
}

/// `configurationOverride`, 3.51.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Override<'a> {
    #[serde(deserialize_with = "or_default", borrow)]
    pub configuration: Configuration<'a>,
    #[serde(deserialize_with = "or_default", borrow)]
    pub descriptor: RuleRef<'a>,
}

/// `reportingDescriptorReference`, 3.52.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct RuleRef<'a> {
    #[serde(borrow)]
    pub id: Str<'a>,
    pub index: Num,
    #[serde(borrow)]
    pub guid: Str<'a>,
    #[serde(borrow, rename = "toolComponent")]
    pub component: Option<ComponentRef<'a>>,
}

/// `toolComponentReference`, 3.54.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct ComponentRef<'a> {
    #[serde(borrow)]
    pub name: Str<'a>,
    pub index: Num,
    #[serde(borrow)]
    pub guid: Str<'a>,
}

/// `artifact`, 3.24.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Artifact<'a> {
    #[serde(deserialize_with = "or_default", borrow)]
    pub location: ArtifactLocation<'a>,
}

/// `artifactLocation`, 3.4.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct ArtifactLocation<'a> {
    #[serde(borrow)]
    pub uri: Str<'a>,
    pub index: Num,
}

/// `result`, 3.27.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
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

/// `message`, 3.11.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    text: Str<'a>,
    #[serde(borrow)]
    id: Str<'a>,
    #[serde(borrow)]
    arguments: List<Scalar<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawLocation<'a> {
    #[serde(deserialize_with = "or_default", borrow, rename = "physicalLocation")]
    physical: Physical<'a>,
    #[serde(borrow, rename = "logicalLocations")]
    logical: First<Logical<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Logical<'a> {
    #[serde(borrow, rename = "fullyQualifiedName")]
    name: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Physical<'a> {
    #[serde(deserialize_with = "or_default", borrow, rename = "artifactLocation")]
    artifact: ArtifactLocation<'a>,
    #[serde(deserialize_with = "or_default")]
    region: Region,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Region {
    #[serde(rename = "startLine")]
    line: Num,
    #[serde(rename = "startColumn")]
    column: Num,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawSuppression<'a> {
    #[serde(borrow)]
    kind: Str<'a>,
    #[serde(borrow)]
    status: Str<'a>,
    #[serde(borrow)]
    justification: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Provenance {
    #[serde(rename = "invocationIndex")]
    invocation: Num,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ResultProperties<'a> {
    #[serde(borrow)]
    issue_severity: Scalar<'a>,
    #[serde(borrow, rename = "security-severity")]
    security_severity: Scalar<'a>,
}

impl<'de: 'a, 'a> Deserialize<'de> for References<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = References<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a reference to an external property file, or an array of them")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(References::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let one = Reference::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(References(vec![one]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut out = Vec::new();
                while let Some(one) = seq.next_element()? {
                    out.push(one);
                }
                Ok(References(out))
            }
        }
        d.deserialize_any(V)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RuleProperties<'a> {
    /// Tags are an array in SARIF; some tools write one text. A bag holds anything, so nothing in it is an error.
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Raw<'a> {
            #[serde(borrow, rename = "security-severity")]
            security_severity: Scalar<'a>,
            #[serde(borrow)]
            tags: Texts<'a>,
            #[serde(borrow)]
            purls: Texts<'a>,
        }
        let raw = Option::<Raw<'a>>::deserialize(d)?.unwrap_or_default();
        Ok(RuleProperties { security_severity: raw.security_severity, tags: raw.tags.0, purls: raw.purls.0 })
    }
}

/// A text or an array of scalars.
#[derive(Debug, Default)]
struct Texts<'a>(Vec<Scalar<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Texts<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        super::common::texts(d).map(Texts)
    }
}

/// A run's results, folded. `present` tells an empty array from none.
#[derive(Debug, Default)]
pub(super) struct Results {
    pub present: bool,
    pub found: Vec<Finding>,
    /// What each finding waits for.
    pub pending: Vec<Pending>,
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
                let mut out = Results { present: true, ..Results::default() };
                while let Some(raw) = seq.next_element::<RawResult<'de>>()? {
                    if let Some((finding, pending)) = fold(raw) {
                        out.found.push(finding);
                        out.pending.push(pending);
                    }
                }
                Ok(out)
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
    if all.iter().any(|s| matches!(s.status.text(), "underReview" | "rejected")) {
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
