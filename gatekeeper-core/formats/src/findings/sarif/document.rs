//! The members of a SARIF 2.1.0 document that gatekeeper reads (section numbers are the standard's). Long texts (`fullDescription`,
//! snippets, code flows) are read over and never kept; of `help` only what `help` finds in it. Results are in `folding`.

use super::common::{List, Members, Scalar, Str, or_default};
use super::folding::Results;
use super::help::Help;
use super::references::{ArtifactLocation, RuleRef};
use crate::findings::room::allowance_of;
use crate::scan::json::{Fault, Walk};
use gatekeeper_evidence::error::ParseError;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// `sarifLog`, 3.13.
#[derive(Debug, Default)]
pub(super) struct Log<'a> {
    pub version: Str<'a>,
    pub runs: Option<Vec<Run<'a>>>,
    pub inline: List<Inline<'a>>,
    /// Beside the runs, where semgrep wrote them once; the standard has none there.
    pub invocations: List<Invocation<'a>>,
}

impl<'a> Log<'a> {
    /// Reads a log; long arrays of results by several threads.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, ParseError> {
        Walk::document(bytes, |walk| {
            let mut log = Log::default();
            let there =
                walk.object(&["version", "runs", "inlineExternalProperties", "invocations"], |walk, name| {
                    match name {
                        "version" => log.version = walk.value()?,
                        "runs" => {
                            let (mut runs, most) = (Vec::new(), allowance_of(bytes) / size_of::<Run<'_>>());
                            let there = walk.array(|walk| {
                                if runs.len() >= most {
                                    return Err(
                                        walk.expected("runs that say something: a file of this size holds fewer")
                                    );
                                }
                                Run::read(walk).map(|run| runs.push(run))
                            })?;
                            log.runs = there.then_some(runs);
                        }
                        "invocations" => log.invocations = walk.value()?,
                        _ => log.inline = walk.value()?,
                    }
                    Ok(())
                })?;
            if there { Ok(log) } else { Err(walk.expected("a log")) }
        })
    }
}

/// `externalProperties` inside the log, 4.3.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "external properties")]
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
#[serde(default, expecting = "a reference")]
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
#[derive(Debug, Default)]
pub(super) struct Run<'a> {
    pub tool: Tool<'a>,
    pub invocations: List<Invocation<'a>>,
    pub artifacts: List<Artifact<'a>>,
    pub results: Results,
    pub external: Members<'a, References<'a>>,
    pub automation: Automation<'a>,
    pub conversion: Conversion<'a>,
    pub properties: RunProperties<'a>,
    pub provenance: List<Origin<'a>>,
}

/// `versionControlDetails`, 3.23: which revision of which repository was looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "the details of a repository")]
pub(super) struct Origin<'a> {
    #[serde(borrow, rename = "revisionId")]
    pub revision: Str<'a>,
    #[serde(borrow, rename = "mappedTo")]
    pub mapped: Option<Mapped<'a>>,
}

/// Where a repository lies (3.23.8): the one at the root is the one that is judged.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "the place of a repository")]
pub(super) struct Mapped<'a> {
    #[serde(borrow)]
    pub uri: Str<'a>,
    #[serde(borrow, rename = "uriBaseId")]
    pub base: Str<'a>,
}

impl Origin<'_> {
    /// Whether it lies at the root, as far as it says.
    pub(super) fn is_root(&self) -> bool {
        self.mapped.as_ref().is_none_or(|m| {
            matches!(m.uri.text(), "" | "." | "./")
                && (m.base.text().is_empty() || m.base.text().to_ascii_uppercase().contains("ROOT"))
        })
    }
}

/// `conversion`, 3.22: how another format became this one.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a conversion")]
pub(super) struct Conversion<'a> {
    #[serde(borrow)]
    pub invocation: Option<Invocation<'a>>,
}

/// What producers put into a run's property bag: Trivy names the image that it scanned.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a property bag")]
pub(super) struct RunProperties<'a> {
    #[serde(borrow, rename = "repoTags")]
    pub tags: Texts<'a>,
    #[serde(borrow, rename = "repoDigests")]
    pub digests: Texts<'a>,
}

impl<'a> Run<'a> {
    fn read(walk: &mut Walk<'a>) -> Result<Self, Fault> {
        const NAMES: &[&str] = &[
            "tool",
            "invocations",
            "artifacts",
            "results",
            "externalPropertyFileReferences",
            "automationDetails",
            "conversion",
            "properties",
            "versionControlProvenance",
        ];
        let mut run = Run::default();
        let there = walk.object(NAMES, |walk, name| {
            match name {
                "tool" => run.tool = walk.value::<Option<_>>()?.unwrap_or_default(),
                "invocations" => run.invocations = walk.value()?,
                "artifacts" => run.artifacts = walk.value()?,
                "results" => run.results = Results::read(walk)?,
                "externalPropertyFileReferences" => run.external = walk.value()?,
                "automationDetails" => run.automation = walk.value::<Option<_>>()?.unwrap_or_default(),
                "conversion" => run.conversion = walk.value::<Option<_>>()?.unwrap_or_default(),
                "versionControlProvenance" => run.provenance = walk.value()?,
                _ => run.properties = walk.value::<Option<_>>()?.unwrap_or_default(),
            }
            Ok(())
        })?;
        if there { Ok(run) } else { Err(walk.expected("a run")) }
    }
}

/// `runAutomationDetails`, 3.17.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "automation details")]
pub(super) struct Automation<'a> {
    #[serde(borrow)]
    pub guid: Str<'a>,
}

/// `tool`, 3.18.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a tool")]
pub(super) struct Tool<'a> {
    #[serde(deserialize_with = "or_default", borrow)]
    pub driver: Component<'a>,
    #[serde(borrow)]
    pub extensions: List<Component<'a>>,
}

/// `toolComponent`, 3.19.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, expecting = "a tool component")]
pub(super) struct Component<'a> {
    #[serde(borrow)]
    pub name: Str<'a>,
    #[serde(borrow)]
    pub guid: Str<'a>,
    #[serde(borrow)]
    pub rules: List<Rule<'a>>,
    /// The kinds of notifications, described as rules are (3.19.24).
    #[serde(borrow)]
    pub notifications: List<Rule<'a>>,
}

/// `reportingDescriptor`, 3.49.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, expecting = "a rule")]
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
    /// Docker Scout's.
    pub fixed_version: Scalar<'a>,
}

/// `reportingConfiguration`, 3.50.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, expecting = "a configuration")]
pub(super) struct Configuration<'a> {
    #[serde(borrow)]
    pub level: Str<'a>,
}

/// `multiformatMessageString`, 3.12.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, expecting = "a message")]
pub(super) struct Text<'a> {
    #[serde(borrow)]
    pub text: Str<'a>,
}

/// `invocation`, 3.20.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, expecting = "an invocation")]
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
    #[serde(borrow, rename = "processStartFailureMessage")]
    pub start_failure: Scalar<'a>,
    #[serde(borrow, rename = "exitSignalName")]
    pub signal_name: Scalar<'a>,
    #[serde(borrow, rename = "exitSignalNumber")]
    pub signal_number: Scalar<'a>,
}

/// `notification`, 3.58.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, expecting = "a notification")]
pub(super) struct Notification<'a> {
    #[serde(borrow)]
    pub level: Str<'a>,
    #[serde(deserialize_with = "or_default", borrow)]
    pub message: Text<'a>,
    #[serde(borrow)]
    pub descriptor: Option<RuleRef<'a>>,
}

/// `configurationOverride`, 3.51.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, expecting = "an override")]
pub(super) struct Override<'a> {
    #[serde(deserialize_with = "or_default", borrow)]
    pub configuration: Configuration<'a>,
    #[serde(deserialize_with = "or_default", borrow)]
    pub descriptor: RuleRef<'a>,
}

/// `artifact`, 3.24.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, expecting = "an artifact")]
pub(super) struct Artifact<'a> {
    #[serde(deserialize_with = "or_default", borrow)]
    pub location: ArtifactLocation<'a>,
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
        #[serde(default, expecting = "a property bag")]
        struct Raw<'a> {
            #[serde(borrow, rename = "security-severity")]
            security_severity: Scalar<'a>,
            #[serde(borrow)]
            tags: Texts<'a>,
            #[serde(borrow)]
            purls: Texts<'a>,
            #[serde(borrow)]
            fixed_version: Scalar<'a>,
        }
        let raw = Option::<Raw<'a>>::deserialize(d)?.unwrap_or_default();
        Ok(RuleProperties {
            security_severity: raw.security_severity,
            tags: raw.tags.0,
            purls: raw.purls.0,
            fixed_version: raw.fixed_version,
        })
    }
}

/// A text or an array of scalars.
#[derive(Debug, Default)]
pub(super) struct Texts<'a>(pub Vec<Scalar<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Texts<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        super::common::texts(d).map(Texts)
    }
}
