//! What reports say beyond what the gates fell short by: coverage by file, each test, each finding, packages, series. Carried by a verdict only
//! where it was asked for ([`crate::Context::details`]); nothing is judged by it.

use super::{Condition, GateStatus, Overall};
use gatekeeper_evidence::Ratio;
use gatekeeper_evidence::findings::{Category, Place, Severity};
use gatekeeper_evidence::measurements::Better;
use gatekeeper_evidence::test_run::Outcome;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The contents of the evidence that was judged, by kind; each list in the order of the evidence's paths.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Details {
    /// Coverage by file: all reports united first where there are several, then each by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coverage: Vec<CoverageDetails>,
    /// Lines of the sources around what is not covered, by the file's path, where the working tree was there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, Vec<Excerpt>>,
    /// Each test.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<TestDetails>,
    /// Each finding.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingDetails>,
    /// Packages with their licences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<PackageDetails>,
    /// Measured series.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<SeriesDetails>,
    /// Earlier verdicts, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Past>,
    /// The fingerprints by which GitHub's code scanning tells lines again (`primaryLocationLineHash`), by path and line: of the lines that
    /// violations stand at, where the working tree was there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub line_hashes: BTreeMap<String, BTreeMap<u32, String>>,
    /// How many of each kind (`tests`, `findings`, …) are not carried, as there are more than a document should hold.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out: BTreeMap<String, u64>,
}

/// Coverage of files, by one report or by several united.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoverageDetails {
    /// Paths of the reports.
    pub reports: Vec<String>,
    /// Labels of the report, where it is one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The files by path.
    pub files: Vec<FileDetails>,
}

/// Coverage of a file. A figure is null where the report does not speak of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDetails {
    /// Its path, as matched with the working tree, else as the report names it.
    pub path: String,
    /// Executable lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Ratio>,
    /// Branches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branches: Option<Ratio>,
    /// Functions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub functions: Option<Ratio>,
    /// Statements.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statements: Option<Ratio>,
    /// The percentage as printed, where the report states nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<String>,
    /// Lines that never ran: first and last of each stretch without a line that did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uncovered: Vec<(u32, u32)>,
    /// Lines that ran and have branches that were never taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partial: Vec<u32>,
}

/// Some lines of a source file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// Number of the first, from 1.
    pub first: u32,
    /// The lines.
    pub lines: Vec<String>,
}

/// The tests of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestDetails {
    /// The report's path.
    pub report: String,
    /// Its labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Its suites.
    pub suites: Vec<SuiteDetails>,
}

/// A suite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SuiteDetails {
    /// Its name.
    pub name: String,
    /// Its tests.
    pub cases: Vec<CaseDetails>,
}

/// A test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CaseDetails {
    /// Its class, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Its name.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it failed before it passed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flaky: bool,
    /// How long it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// What it says of its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindingDetails {
    /// The report's path.
    pub report: String,
    /// The tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The id of its rule or advisory.
    pub id: String,
    /// In words.
    pub message: String,
    /// How severe.
    pub severity: Severity,
    /// What kind of thing.
    pub category: Category,
    /// The place in the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The package: name, installed version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// The version without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<String>,
    /// Where to read on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What took it out: by what, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<String>,
}

/// A package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageDetails {
    /// The report's path.
    pub report: String,
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its package URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    /// Its licences as stated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<String>,
    /// Its scope: `runtime`, `dev`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// A measured series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesDetails {
    /// The report's path.
    pub report: String,
    /// What was measured.
    pub name: String,
    /// Labels of the series and of its report.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The unit as stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Which direction is better, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub better: Option<Better>,
    /// What the report states of samples that it does not list: `mean`, `p99`, …
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stated: BTreeMap<String, f64>,
    /// The samples, in the report's order.
    pub samples: Vec<f64>,
    /// The same series in the baseline, where it knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<SeriesBefore>,
}

/// A series in the baseline.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SeriesBefore {
    /// What was stated of samples that were not listed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stated: BTreeMap<String, f64>,
    /// The samples.
    pub samples: Vec<f64>,
}

/// An earlier verdict, as far as a trend needs it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Past {
    /// The clock that it was judged by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
    /// The commit that was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The whole.
    pub status: Overall,
    /// Its gates.
    pub gates: Vec<PastGate>,
}

/// A gate of an earlier verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastGate {
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: GateStatus,
    /// What it fell short by.
    pub violations: u64,
    /// The conditions with their values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
}
