//! The report's document, as far as it is read.

use super::super::common::{Count, List, Num, Scalar, Str, or_default};
use super::super::records::{Record, Records};
use serde::Deserialize;
use serde::de::IgnoredAny;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Report<'a> {
    #[serde(rename = "SchemaVersion")]
    pub(super) schema: Count,
    #[serde(borrow, rename = "CreatedAt")]
    pub(super) created: Str<'a>,
    #[serde(borrow, rename = "ArtifactName")]
    pub(super) artifact: Option<Str<'a>>,
    #[serde(borrow, rename = "ArtifactType")]
    pub(super) artifact_type: Scalar<'a>,
    #[serde(deserialize_with = "or_default", borrow, rename = "Metadata")]
    pub(super) metadata: Metadata<'a>,
    #[serde(borrow, rename = "ClusterName")]
    pub(super) cluster: Option<Str<'a>>,
    #[serde(borrow, rename = "Results")]
    pub(super) results: Option<Records<Row<'a>>>,
    /// In another letter case: not what Trivy writes.
    #[serde(rename = "results")]
    pub(super) other_results: Option<IgnoredAny>,
    #[serde(borrow, rename = "Resources")]
    pub(super) resources: Option<List<Resource<'a>>>,
    #[serde(borrow, rename = "Findings")]
    pub(super) findings: Option<List<Resource<'a>>>,
    #[serde(borrow, rename = "Vulnerabilities")]
    pub(super) vulnerabilities: Option<List<Resource<'a>>>,
    #[serde(borrow, rename = "Misconfigurations")]
    pub(super) misconfigurations: Option<List<Resource<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata<'a> {
    #[serde(borrow, rename = "RepoTags")]
    pub(super) tags: List<Scalar<'a>>,
    #[serde(borrow, rename = "RepoDigests")]
    pub(super) digests: List<Scalar<'a>>,
    #[serde(borrow, rename = "OS")]
    pub(super) system: Option<System<'a>>,
}

/// The operating system of an image.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct System<'a> {
    #[serde(borrow, rename = "Family")]
    pub(super) family: Scalar<'a>,
    #[serde(borrow, rename = "Name")]
    pub(super) name: Scalar<'a>,
    /// Past the end of its life: nobody writes advisories for it any more.
    #[serde(rename = "EOSL")]
    pub(super) ended: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Resource<'a> {
    #[serde(borrow, rename = "Results")]
    pub(super) results: Records<Row<'a>>,
    #[serde(borrow, rename = "Error")]
    pub(super) error: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Row<'a> {
    #[serde(borrow, rename = "Target")]
    pub(super) target: Option<Str<'a>>,
    #[serde(borrow, rename = "Type")]
    pub(super) kind: Scalar<'a>,
    #[serde(borrow, rename = "Class")]
    pub(super) class: Str<'a>,
    #[serde(borrow, rename = "Packages")]
    pub(super) packages: List<Node<'a>>,
    #[serde(borrow, rename = "Vulnerabilities")]
    pub(super) vulnerabilities: Records<Vulnerability<'a>>,
    #[serde(borrow, rename = "Misconfigurations")]
    pub(super) misconfigurations: Records<Misconfiguration<'a>>,
    #[serde(deserialize_with = "or_default", rename = "MisconfSummary")]
    pub(super) summary: Summary,
    #[serde(borrow, rename = "Secrets")]
    pub(super) secrets: Records<Secret<'a>>,
    #[serde(borrow, rename = "Licenses")]
    pub(super) licenses: Records<License<'a>>,
    #[serde(borrow, rename = "ExperimentalModifiedFindings")]
    pub(super) modified: Records<Modified<'a>>,
}

/// A package of a target, with what it depends on: with `--list-all-pkgs` only.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Node<'a> {
    #[serde(borrow, rename = "ID")]
    pub(super) id: Str<'a>,
    #[serde(deserialize_with = "or_default", borrow, rename = "Identifier")]
    pub(super) identifier: Identifier<'a>,
    #[serde(borrow, rename = "Relationship")]
    pub(super) relationship: Str<'a>,
    #[serde(borrow, rename = "DependsOn")]
    pub(super) needs: List<Str<'a>>,
}

/// How many checks of a file failed: Trivy counts them after its filters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Summary {
    #[serde(rename = "Failures")]
    pub(super) failures: Count,
}

impl Row<'_> {
    /// Whether as many failed checks are listed as are counted.
    pub(super) fn is_listed(&self) -> bool {
        let failed = self.misconfigurations.0.iter().filter(|m| m.failed()).count();
        let modified = self.modified.0.iter().filter(|m| m.kind.text() == "misconfiguration").count();
        self.summary.failures.index().unwrap_or(0) <= failed.saturating_add(modified)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Vulnerability<'a> {
    #[serde(borrow, rename = "VulnerabilityID")]
    pub(super) id: Str<'a>,
    #[serde(borrow, rename = "VendorIDs")]
    pub(super) vendor_ids: List<Str<'a>>,
    #[serde(borrow, rename = "PkgName")]
    pub(super) name: Str<'a>,
    #[serde(borrow, rename = "PkgPath")]
    pub(super) path: Str<'a>,
    #[serde(deserialize_with = "or_default", borrow, rename = "PkgIdentifier")]
    pub(super) identifier: Identifier<'a>,
    #[serde(borrow, rename = "InstalledVersion")]
    pub(super) installed: Str<'a>,
    #[serde(borrow, rename = "FixedVersion")]
    pub(super) fixed: Str<'a>,
    #[serde(borrow, rename = "Status")]
    pub(super) status: Str<'a>,
    #[serde(borrow, rename = "PrimaryURL")]
    pub(super) url: Str<'a>,
    #[serde(borrow, rename = "Title")]
    pub(super) title: Str<'a>,
    #[serde(borrow, rename = "Description")]
    pub(super) description: Str<'a>,
    #[serde(borrow, rename = "Severity")]
    pub(super) severity: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Identifier<'a> {
    #[serde(borrow, rename = "PURL")]
    pub(super) purl: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Misconfiguration<'a> {
    #[serde(borrow, rename = "ID")]
    pub(super) id: Str<'a>,
    #[serde(borrow, rename = "AVDID")]
    pub(super) avd: Str<'a>,
    #[serde(borrow, rename = "Title")]
    pub(super) title: Str<'a>,
    #[serde(borrow, rename = "Message")]
    pub(super) message: Str<'a>,
    #[serde(borrow, rename = "Severity")]
    pub(super) severity: Str<'a>,
    #[serde(borrow, rename = "PrimaryURL")]
    pub(super) url: Str<'a>,
    #[serde(borrow, rename = "Status")]
    pub(super) status: Str<'a>,
    #[serde(deserialize_with = "or_default", rename = "CauseMetadata")]
    pub(super) cause: Cause,
}

impl Misconfiguration<'_> {
    pub(super) fn failed(&self) -> bool {
        matches!(self.status.text(), "" | "FAIL")
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cause {
    #[serde(rename = "StartLine")]
    pub(super) line: Num,
    #[serde(rename = "EndLine")]
    pub(super) last: Num,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Secret<'a> {
    #[serde(borrow, rename = "RuleID")]
    pub(super) id: Str<'a>,
    #[serde(borrow, rename = "Severity")]
    pub(super) severity: Str<'a>,
    #[serde(borrow, rename = "Title")]
    pub(super) title: Str<'a>,
    #[serde(rename = "StartLine")]
    pub(super) line: Num,
    #[serde(rename = "EndLine")]
    pub(super) last: Num,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct License<'a> {
    #[serde(borrow, rename = "Severity")]
    pub(super) severity: Str<'a>,
    #[serde(borrow, rename = "Category")]
    pub(super) category: Str<'a>,
    #[serde(borrow, rename = "PkgName")]
    pub(super) name: Str<'a>,
    #[serde(borrow, rename = "FilePath")]
    pub(super) path: Str<'a>,
    #[serde(borrow, rename = "Name")]
    pub(super) license: Str<'a>,
    #[serde(borrow, rename = "Link")]
    pub(super) link: Str<'a>,
}

/// A finding that VEX or an ignore file took out. What `Finding` is depends on `Type`; its members do not clash.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Modified<'a> {
    #[serde(borrow, rename = "Type")]
    pub(super) kind: Str<'a>,
    #[serde(borrow, rename = "Status")]
    pub(super) status: Str<'a>,
    #[serde(borrow, rename = "Statement")]
    pub(super) statement: Str<'a>,
    #[serde(borrow, rename = "Source")]
    pub(super) source: Str<'a>,
    #[serde(deserialize_with = "or_default", borrow, rename = "Finding")]
    pub(super) finding: Taken<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Taken<'a> {
    #[serde(borrow, rename = "VulnerabilityID")]
    pub(super) vulnerability: Str<'a>,
    #[serde(borrow, rename = "RuleID")]
    pub(super) rule: Str<'a>,
    #[serde(borrow, rename = "ID")]
    pub(super) id: Str<'a>,
    #[serde(borrow, rename = "Name")]
    pub(super) license: Str<'a>,
    #[serde(borrow, rename = "PkgName")]
    pub(super) name: Str<'a>,
    #[serde(deserialize_with = "or_default", borrow, rename = "PkgIdentifier")]
    pub(super) identifier: Identifier<'a>,
    #[serde(borrow, rename = "InstalledVersion")]
    pub(super) installed: Str<'a>,
    #[serde(borrow, rename = "FixedVersion")]
    pub(super) fixed: Str<'a>,
    #[serde(borrow, rename = "Title")]
    pub(super) title: Str<'a>,
    #[serde(borrow, rename = "Severity")]
    pub(super) severity: Str<'a>,
}

impl Record for Row<'_> {
    const WHAT: Option<&'static str> = Some("a result of Trivy with a Target");

    fn says_something(&self) -> bool {
        self.target.is_some()
    }
}

impl Record for Vulnerability<'_> {
    const WHAT: Option<&'static str> = Some("a vulnerability with an id or a package");

    fn says_something(&self) -> bool {
        [&self.id, &self.name, &self.title, &self.severity].into_iter().any(|t| t.get().is_some())
    }
}

impl Record for Misconfiguration<'_> {
    const WHAT: Option<&'static str> = Some("a check with an id or a message");

    fn says_something(&self) -> bool {
        [&self.id, &self.avd, &self.title, &self.message, &self.severity].into_iter().any(|t| t.get().is_some())
    }
}

impl Record for Secret<'_> {
    const WHAT: Option<&'static str> = Some("a secret with a rule or a title");

    fn says_something(&self) -> bool {
        [&self.id, &self.title, &self.severity].into_iter().any(|t| t.get().is_some())
    }
}

impl Record for License<'_> {
    const WHAT: Option<&'static str> = Some("a licence with a name or a package");

    fn says_something(&self) -> bool {
        [&self.license, &self.name, &self.path, &self.severity].into_iter().any(|t| t.get().is_some())
    }
}

impl Record for Modified<'_> {
    const WHAT: Option<&'static str> = Some("a finding with its type or status");

    fn says_something(&self) -> bool {
        [&self.kind, &self.status, &self.source].into_iter().any(|t| t.get().is_some())
    }
}
