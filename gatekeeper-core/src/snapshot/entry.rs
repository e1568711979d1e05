//! The entries of a snapshot, a line each. Writer, reader and `--fix` share them.

use gatekeeper_evidence::Kind;
use gatekeeper_evidence::coverage::{Metrics, Stated};
use gatekeeper_evidence::findings::Severity;
use gatekeeper_evidence::measurements::{Better, Figure, Samples, Series, Statistic};
use gatekeeper_evidence::number::Number;
use gatekeeper_evidence::test_run::{Counts, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// An entry.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Entry {
    Run(RunLine),
    Limit(Limit),
    Evidence(Group),
    Case(Case),
    File(File),
    Finding(Finding),
    Package(Package),
    Series(Measured),
}

/// Something that is said of the run as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RunLine {
    pub run: String,
    pub is: Json,
}

/// A key of the policy with its value, or, of a list of tables, one of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limit {
    pub limit: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has: Option<Json>,
}

/// Where entries come from: what a gate's selectors ask of evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub evidence: String,
    pub kind: Kind,
    pub format: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// Tools of findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The policy's component that it lies in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// Files of evidence.
    pub files: u64,
    /// What findings' tools looked for, where they tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_for: Option<Vec<String>>,
    /// Cases that are counted and not listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlisted: Option<Counts>,
    /// What coverage speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Metrics>,
    /// Counters of the whole, for what no file has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<Stated>,
    /// The percentage of the whole, as printed, where coverage is nothing but percentages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<String>,
}

/// A test case; `n` of them where several share all of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// Class or suite, and name.
    pub case: [Box<str>; 2],
    #[serde(rename = "in")]
    pub of: Box<str>,
    pub outcome: Outcome,
    /// Seconds, of all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<f64>,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub n: u32,
}

/// Coverage of a file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub file: Box<str>,
    #[serde(rename = "in")]
    pub of: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub lines: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub branches: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub line_branches: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub functions: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub functions_by_line: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub statements: String,
    /// Counters for what is not listed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stated: Stated,
    /// As printed, where that is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<String>,
}

/// A finding that counts; `n` of them where several have one fingerprint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Finding {
    pub finding: Box<str>,
    #[serde(rename = "in")]
    pub of: Box<str>,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub n: u32,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub rule: Box<str>,
    pub severity: Severity,
    pub category: Box<str>,
    /// Whether its severity is a security severity.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub security: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<Box<str>>,
}

/// A package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Package {
    /// Name and version; without one, empty.
    pub package: [Box<str>; 2],
    #[serde(rename = "in")]
    pub of: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purl: Option<Box<str>>,
    /// SPDX expressions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expressions: Vec<Box<str>>,
    /// Names of licences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Box<str>>,
}

/// A measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Measured {
    pub series: String,
    #[serde(rename = "in")]
    pub of: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub better: Option<Better>,
    /// Exactly, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<String>,
    /// What the report states of samples that it does not list: statistic and number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stated: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exact: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub counter: bool,
}

impl Measured {
    /// A series as a line.
    pub(super) fn of(series: &Series, of: &str) -> Measured {
        let samples = (0..series.samples.len()).filter_map(|at| Some(series.samples.number(at)?.to_string()));
        Measured {
            series: series.metric.clone(),
            of: of.to_owned(),
            labels: series.labels.clone(),
            unit: series.unit.clone(),
            better: series.better,
            samples: samples.collect(),
            stated: series.stated.iter().map(|(statistic, n)| (statistic.to_string(), n.to_string())).collect(),
            exact: series.exact,
            counter: series.counter,
        }
    }

    /// The series of a line; `None` where it has a figure that is none.
    pub(super) fn read(self) -> Option<Series> {
        let mut samples = Samples::default();
        for text in &self.samples {
            samples.push(Figure::parse(text)?);
        }
        let stated = |(statistic, n): (&String, &String)| Some((Statistic::parse(statistic)?, Number::parse(n)?));
        Some(Series {
            samples,
            better: self.better,
            stated: self.stated.iter().map(stated).collect::<Option<_>>()?,
            exact: self.exact,
            counter: self.counter,
            ..Series::new(self.series, self.labels, &self.unit, self.better)
        })
    }
}

/// The end of a section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    pub end: String,
    pub count: u64,
    pub sha256: String,
}

fn one() -> u32 {
    1
}

fn is_one(n: &u32) -> bool {
    *n == 1
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Entry {
    /// Reads a line of a section.
    pub(super) fn read(section: &str, line: &str) -> Result<Entry, serde_json::Error> {
        Ok(match section {
            "run" => Entry::Run(serde_json::from_str(line)?),
            "limits" => Entry::Limit(serde_json::from_str(line)?),
            "evidence" => Entry::Evidence(serde_json::from_str(line)?),
            "cases" => Entry::Case(serde_json::from_str(line)?),
            "files" => Entry::File(serde_json::from_str(line)?),
            "findings" => Entry::Finding(serde_json::from_str(line)?),
            "packages" => Entry::Package(serde_json::from_str(line)?),
            _ => Entry::Series(serde_json::from_str(line)?),
        })
    }

    /// The section that it stands in.
    pub(super) fn section(&self) -> &'static str {
        match self {
            Entry::Run(_) => "run",
            Entry::Limit(_) => "limits",
            Entry::Evidence(_) => "evidence",
            Entry::Case(_) => "cases",
            Entry::File(_) => "files",
            Entry::Finding(_) => "findings",
            Entry::Package(_) => "packages",
            Entry::Series(_) => "series",
        }
    }

    /// As a line.
    pub(super) fn line(&self) -> Result<String, serde_json::Error> {
        match self {
            Entry::Run(e) => serde_json::to_string(e),
            Entry::Limit(e) => serde_json::to_string(e),
            Entry::Evidence(e) => serde_json::to_string(e),
            Entry::Case(e) => serde_json::to_string(e),
            Entry::File(e) => serde_json::to_string(e),
            Entry::Finding(e) => serde_json::to_string(e),
            Entry::Package(e) => serde_json::to_string(e),
            Entry::Series(e) => serde_json::to_string(e),
        }
    }

    /// What it is about: of one thing there is one entry.
    pub(super) fn identity(&self) -> String {
        let join = |parts: &[&str]| parts.join("\u{0}");
        match self {
            // A snapshot that was merged has the commits of both sides.
            Entry::Run(e) if e.run == "commit" => join(&["commit", &e.is.to_string()]),
            Entry::Run(e) => e.run.clone(),
            Entry::Limit(e) => {
                let has = e.has.as_ref().map(Json::to_string).unwrap_or_default();
                format!("{}\u{0}\u{0}{has}", e.limit.join("\u{0}"))
            }
            Entry::Evidence(e) => e.evidence.clone(),
            Entry::Case(e) => {
                let [within, name] = &e.case;
                let outcome = match e.outcome {
                    Outcome::Passed => "passed",
                    Outcome::Skipped => "skipped",
                    Outcome::Errored => "errored",
                    Outcome::Failed => "failed",
                };
                join(&[&e.of, within, name, outcome])
            }
            Entry::File(e) => join(&[&e.of, &e.file]),
            Entry::Finding(e) => join(&[&e.of, &e.finding]),
            Entry::Package(e) => {
                let [name, version] = &e.package;
                let licenses: Vec<&str> = e.expressions.iter().chain(&e.names).map(AsRef::as_ref).collect();
                let (purl, scope) = (e.purl.as_deref().unwrap_or_default(), e.scope.as_deref().unwrap_or_default());
                join(&[&e.of, name, version, purl, scope, &licenses.join("\u{0}")])
            }
            Entry::Series(e) => {
                let labels: Vec<String> = e.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
                join(&[&e.of, &e.series, &labels.join("\u{0}"), &e.unit])
            }
        }
    }
}
