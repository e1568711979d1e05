//! The audit document of npm's older registry endpoint (`/-/npm/v1/security/audits`), which npm 6, pnpm and yarn hand through: advisories by id.
//! One finding is one advisory; `metadata.vulnerabilities` counts vulnerable paths (pnpm 11: advisories) and is no count of them. A severity that it
//! counts and of which nothing is listed was filtered out (yarn 1 and pnpm 11 list only what reaches their level, pnpm leaves out what its configuration
//! ignores): such an audit is not complete.

use super::common::{
    Count, First, List, Scalar, Str, TextOr, aliases, message, or_default, package, purl, severity, tool_failed,
};
use super::records::{NamedRecords, Record};
use crate::scan::shape::{Shape, Value};
use gatekeeper_evidence::Note;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Gap, Severity};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Audit<'a> {
    #[serde(borrow)]
    pub advisories: Option<NamedRecords<'a, Advisory<'a>>>,
    #[serde(borrow)]
    pub error: TextOr<'a, Failure<'a>>,
    #[serde(deserialize_with = "or_default")]
    pub metadata: Metadata,
}

/// What a package manager writes instead of an audit.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Failure<'a> {
    #[serde(borrow)]
    pub code: Scalar<'a>,
    #[serde(borrow)]
    pub summary: Scalar<'a>,
    #[serde(borrow)]
    pub message: Scalar<'a>,
}

impl Failure<'_> {
    pub(super) fn text(&self) -> String {
        [&self.code, &self.summary, &self.message].iter().filter_map(|s| s.get()).collect::<Vec<_>>().join(" ")
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata {
    #[serde(rename = "totalDependencies")]
    pub total: Count,
    #[serde(deserialize_with = "or_default")]
    pub vulnerabilities: Counts,
}

impl Metadata {
    /// Whether it says that no dependency was looked at.
    pub(super) fn nothing(&self, items: &[Finding]) -> Option<Gap> {
        let nothing = self.total.0 == Some(0) && items.is_empty();
        nothing.then(|| Gap::whole("it counts no dependency: nothing was looked at"))
    }
}

/// How many vulnerabilities a document counts, by severity.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(default)]
pub(super) struct Counts {
    info: Count,
    low: Count,
    moderate: Count,
    high: Count,
    critical: Count,
    total: Count,
}

impl Counts {
    /// Adds another document's counts.
    pub(super) fn add(&mut self, other: Counts) {
        let both = |a: Count, b: Count| Count(Some(a.0.unwrap_or(0).saturating_add(b.0.unwrap_or(0))));
        self.info = both(self.info, other.info);
        self.low = both(self.low, other.low);
        self.moderate = both(self.moderate, other.moderate);
        self.high = both(self.high, other.high);
        self.critical = both(self.critical, other.critical);
    }

    /// What is counted of each severity, and in all.
    pub(super) fn stated(&self) -> Vec<(Severity, u64)> {
        let each = [
            (Severity::Critical, self.critical),
            (Severity::High, self.high),
            (Severity::Medium, self.moderate),
            (Severity::Low, self.low),
            (Severity::Info, self.info),
            (Severity::Unknown, self.total),
        ];
        each.into_iter().filter_map(|(s, n)| Some((s, n.0?))).collect()
    }

    /// What is counted of severities of which nothing is listed: filtered by level, or ignored by configuration. Where something is listed the
    /// counts, which are of paths, say nothing.
    pub(super) fn unlisted(&self, items: &[Finding]) -> Vec<(Severity, u64)> {
        let mut out = self.stated();
        out.retain(|(s, _)| *s != Severity::Unknown && !items.iter().any(|f| f.severity == *s));
        out
    }
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Advisory<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    #[serde(borrow)]
    pub github_advisory_id: Str<'a>,
    #[serde(borrow)]
    pub module_name: Str<'a>,
    #[serde(borrow)]
    pub title: Str<'a>,
    #[serde(borrow)]
    pub severity: Str<'a>,
    #[serde(borrow)]
    pub cves: List<Str<'a>>,
    #[serde(borrow)]
    pub patched_versions: Str<'a>,
    #[serde(borrow)]
    pub url: Str<'a>,
    #[serde(borrow)]
    pub findings: First<Where<'a>>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Where<'a> {
    #[serde(borrow)]
    version: Str<'a>,
}

impl Record for Advisory<'_> {
    const WHAT: Option<&'static str> = Some("an advisory with an id, a package or a title");

    fn says_something(&self) -> bool {
        [&self.module_name, &self.title, &self.severity].into_iter().any(|t| t.get().is_some())
            || self.id.get().is_some()
    }
}

/// An advisory as a finding.
pub(super) fn finding(a: &Advisory<'_>, notes: &mut Vec<Note>) -> Finding {
    let (severity, severity_from) = severity(a.severity.text(), "severity", notes);
    let rule = a.github_advisory_id.get().or(a.cves.0.iter().find_map(|c| c.get())).unwrap_or(a.id.text());
    let version = a.findings.0.as_ref().map(|f| f.version.text()).unwrap_or_default();
    // npm writes "<0.0.0" where no version mends it.
    let fixed = a.patched_versions.get().filter(|v| *v != "<0.0.0").unwrap_or_default();
    let name = a.module_name.text();
    Finding {
        rule: message(rule),
        message: message(a.title.text()),
        severity,
        severity_from,
        category: Category::Vulnerability,
        package: package(name, version, fixed, purl("npm", name, Some(version))),
        aliases: aliases(rule, a.cves.0.iter().map(Str::text).chain(a.github_advisory_id.get())),
        url: a.url.boxed(),
        ..Finding::default()
    }
}

/// An error object is no audit.
pub(super) fn refuse_failure(error: &TextOr<'_, Failure<'_>>) -> Result<(), ParseError> {
    match error {
        TextOr::Neither => Ok(()),
        TextOr::Text(t) => Err(tool_failed(t)),
        TextOr::Object(f) => Err(tool_failed(&f.text())),
    }
}

/// Whether the paths of advisories begin as pnpm's do.
pub(super) fn paths_are_pnpm(shape: &Shape) -> bool {
    shape.paths().any(|(path, value)| {
        path.starts_with("advisories.")
            && path.ends_with(".findings[].paths[]")
            && matches!(value, Value::Text(t) if t == "." || t.starts_with(".>") || t.starts_with(". >"))
    })
}
