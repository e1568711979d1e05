//! The verdict: what every output and every binding sees. Plain, serialisable data; the JSON document is this, field by field.

mod baseline;
mod changes;
pub mod details;
mod run;
pub mod suspicion;

pub use baseline::{Amount, BaselineRef, Changes, Figure};
pub use changes::Change;
use details::Details;
use gatekeeper_evidence::findings::{Place, Severity};
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::{Kind, Note, Ratio};
use gatekeeper_formats::inspect::ErrorDocument;
pub use run::{Asked, DiffRef, RunContext};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Version of the document's shape.
pub const SCHEMA_VERSION: u32 = 1;

/// The answer for a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Version of this document's shape: 1.
    pub schema_version: u32,
    /// The version of the engine that judged.
    #[serde(default)]
    pub engine: String,
    /// The whole.
    pub status: Overall,
    /// The same as a process's exit status: 0 pass or warn, 1 fail, 3 unknown.
    pub exit_code: u8,
    /// In a sentence.
    pub summary: String,
    /// The policy that judged.
    pub policy: PolicyRef,
    /// The folder that patterns were relative to, as it was given.
    pub root: String,
    /// The clock that was used (RFC 3339, UTC); null where there was none.
    #[serde(default)]
    pub now: Option<String>,
    /// What the run knew of the sources that it judges: commit, tree, diff.
    #[serde(default, skip_serializing_if = "RunContext::is_empty")]
    pub context: RunContext,
    /// The gates in the policy's order.
    pub gates: Vec<GateVerdict>,
    /// The policy's components and which of them changed, where a gate is judged by them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<ComponentVerdict>,
    /// What is to be done about it: the words (`then`) of the gates that failed, have no evidence or could not be judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<String>,
    /// All evidence that was read, by path.
    pub evidence: Vec<EvidenceRef>,
    /// Evidence that was left aside because other evidence tells the same run better.
    pub set_aside: Vec<SetAside>,
    /// Inputs that could not be read, patterns that matched nothing.
    pub problems: Vec<InputProblem>,
    /// Files that nothing was expected of and that no format recognises.
    pub ignored: Vec<String>,
    /// Waivers that matched nothing or run out soon, and other things to know.
    pub warnings: Vec<String>,
    /// What this run demands less than what its policy was made from: the policy's file less than those that it extends, the profile that was
    /// applied less than the policy without it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loosened: Vec<String>,
    /// Exceptions that hold today and end within 14 days, the first to end first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub due: Vec<Due>,
    /// What the evidence holds beyond what the gates fell short by, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Box<Details>>,
    /// The snapshot that the run was compared with, and what is different.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineRef>,
    /// Where figures of gates changed over the runs of the history. They inform.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// What was asked for beside the policy.
    #[serde(default, skip_serializing_if = "Asked::is_empty")]
    pub asked: Asked,
}

/// A component of the policy, and whether it changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentVerdict {
    /// Its name.
    pub name: String,
    /// Whether it changed; null where nobody says which files did.
    pub changed: Option<bool>,
    /// How that is known.
    pub because: String,
}

/// The policy that judged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PolicyRef {
    /// The file; null for the built-in default.
    pub file: Option<String>,
    /// Its SHA-256.
    pub sha256: Option<String>,
    /// The profile that was applied.
    pub profile: Option<String>,
    /// Where it was read from, where that is not the working tree: `origin/main (0123456789ab)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The files that it extends, the nearest first; behind them the Rego files and their data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extends: Vec<Used>,
    /// SHA-256 of `normalised`, written as JSON without blanks and with its keys sorted: the same of two verdicts where they were judged by the same.
    #[serde(default)]
    pub digest: String,
    /// The whole policy as plain values: all files that it is made of in one, the profile applied.
    #[serde(default)]
    pub normalised: Value,
}

/// The status of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overall {
    /// Every gate passed.
    Pass,
    /// Something fell short that does not block.
    Warn,
    /// A blocking gate failed.
    Fail,
    /// Nothing failed, but a blocking gate could not be judged.
    Unknown,
}

impl Overall {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Overall::Pass => "pass",
            Overall::Warn => "warn",
            Overall::Fail => "fail",
            Overall::Unknown => "unknown",
        }
    }

    /// The exit status that stands for it.
    pub fn exit_code(self) -> u8 {
        match self {
            Overall::Pass | Overall::Warn => 0,
            Overall::Fail => 1,
            Overall::Unknown => 3,
        }
    }
}

/// The status of one gate, or of one condition or violation in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateStatus {
    /// Not in this profile.
    Skip,
    /// It holds.
    Pass,
    /// It falls short of what is wished, not of what is demanded.
    Warn,
    /// Too few or too coarse samples to tell.
    Inconclusive,
    /// No evidence.
    Missing,
    /// Evidence that cannot be read, is incomplete, stale, or contradicts itself.
    Error,
    /// It does not hold.
    Fail,
}

impl GateStatus {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            GateStatus::Skip => "skip",
            GateStatus::Pass => "pass",
            GateStatus::Warn => "warn",
            GateStatus::Inconclusive => "inconclusive",
            GateStatus::Missing => "missing",
            GateStatus::Error => "error",
            GateStatus::Fail => "fail",
        }
    }
}

/// What a gate that falls short does to the whole verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It decides the verdict.
    #[default]
    Block,
    /// It makes the verdict a warning at most.
    Warn,
    /// It only informs.
    Inform,
}

/// What a gate came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateVerdict {
    /// The gate's name.
    pub name: String,
    /// Its rule.
    pub rule: String,
    /// Its status.
    pub status: GateStatus,
    /// What falling short does.
    pub action: Action,
    /// Whether this status decides the whole.
    pub blocking: bool,
    /// What to do with what is rolled out, where the gate judges that (`canary`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// In a sentence: the figures, or why it could not be judged.
    pub reason: String,
    /// Line of the policy that demands it, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_line: Option<u64>,
    /// The file that this line is in, where it is one that the policy extends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_file: Option<String>,
    /// The conditions that were held against the evidence.
    pub conditions: Vec<Condition>,
    /// What it falls short by: every one, the worst first.
    pub violations: Vec<Violation>,
    /// What each of its cells came to, where it is judged cell by cell (`each`) or component by component.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<CellVerdict>,
    /// The evidence it used.
    pub evidence: Vec<Used>,
    /// Waivers that were used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<WaiverUsed>,
    /// What would make it pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to_pass: Vec<String>,
}

/// What to do with something that is rolled out step by step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Go on to the next step: it is as good as what it replaces.
    Promote,
    /// Stay at this step: it cannot be told yet.
    Hold,
    /// Take it back: it is worse.
    Rollback,
}

impl Decision {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Decision::Promote => "promote",
            Decision::Hold => "hold",
            Decision::Rollback => "rollback",
        }
    }

    /// What a gate's status comes to. Only what was seen to be good is promoted.
    pub(crate) fn of(status: GateStatus) -> Decision {
        match status {
            GateStatus::Pass | GateStatus::Warn => Decision::Promote,
            GateStatus::Fail => Decision::Rollback,
            GateStatus::Skip | GateStatus::Inconclusive | GateStatus::Missing | GateStatus::Error => Decision::Hold,
        }
    }
}

/// What a cell of a gate came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellVerdict {
    /// The component that it was judged for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// Its labels (`each`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Its status: a warning where it falls short and may.
    pub status: GateStatus,
    /// In a sentence.
    pub reason: String,
}

/// A condition with its value, limit and distance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// What was measured: `lines`, `pass-rate`, `critical`, …
    pub metric: String,
    /// The value as shown; percentages are rounded down.
    pub value: String,
    /// `>=` or `<=`, `=`.
    pub comparator: Cow<'static, str>,
    /// The limit as shown.
    pub limit: String,
    /// The share behind a percentage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Ratio>,
    /// How far it is from the limit, where it falls short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance: Option<String>,
    /// Pass, warn, fail, error or inconclusive.
    pub status: GateStatus,
    /// The labels it was judged for (`each`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// One reason for not passing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Violation {
    /// A stable code: `test-failed`, `coverage-below`, `finding`, `unreadable`, …
    pub code: Cow<'static, str>,
    /// Fail, warn or error.
    pub status: GateStatus,
    /// What it is, in words.
    pub message: String,
    /// The evidence that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Where in that evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// The place in the code that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The id of the rule, case, licence or advisory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Severity, where it is a finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The package: name, installed version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// The version that mends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<String>,
    /// Where to read on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The labels of the cell that it is about (`each`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

impl Violation {
    /// A violation with a code, a status and words.
    pub fn new(code: impl Into<Cow<'static, str>>, status: GateStatus, message: impl Into<String>) -> Self {
        Violation {
            code: code.into(),
            status,
            message: message.into(),
            source: None,
            location: None,
            place: None,
            id: None,
            severity: None,
            package: None,
            fixed: None,
            url: None,
            help: None,
            labels: BTreeMap::new(),
        }
    }

    /// Names the evidence.
    #[must_use]
    pub fn from_source(mut self, path: &str) -> Self {
        self.source = Some(path.to_owned());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Evidence that a gate used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Used {
    /// Its path.
    pub path: String,
    /// SHA-256 of the file.
    pub sha256: String,
}

/// A waiver that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaiverUsed {
    /// What it waives.
    pub what: String,
    /// Why.
    pub reason: String,
    /// Last day on which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Who sees to it that it is no longer needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Where that is tracked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// How many violations it took away.
    pub waived: u64,
    /// Line of the policy, from 1.
    pub policy_line: u64,
}

/// An exception that ends soon: a waiver, or what else lets something through for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// What it lets through.
    pub what: String,
    /// The gate.
    pub gate: String,
    /// Last day on which it holds.
    pub expires: String,
    /// Days until then; 0 on the day itself.
    pub days: u32,
    /// Why it was let through.
    pub reason: String,
    /// Who sees to it that it is no longer needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Where that is tracked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// Line of the policy, from 1.
    pub policy_line: u64,
}

/// Evidence that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvidenceRef {
    /// Its path.
    pub path: String,
    /// The format's id.
    pub format: String,
    /// What it says.
    pub kind: Kind,
    /// The tool that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Size, bytes.
    pub size: u64,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Whether the tool did all its work.
    pub complete: Option<bool>,
    /// The figures, as `inspect` shows them.
    pub summary: Value,
    /// The gates that used it.
    pub used_by: Vec<String>,
    /// Tolerated oddities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// Evidence left aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// Its path.
    pub path: String,
    /// The format's id.
    pub format: String,
    /// SHA-256 of the file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sha256: String,
    /// Why.
    pub because: String,
    /// The evidence that is used instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
}

/// An input that could not be read, or that is not there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InputProblem {
    /// The file, or the pattern that matched nothing.
    pub file: String,
    /// Why.
    pub error: ErrorDocument,
    /// The gates that would have needed it.
    pub concerns: Vec<String>,
}
