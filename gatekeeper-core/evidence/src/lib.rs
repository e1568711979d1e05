//! Evidence: what the reports of a CI run say, in the model's own terms. Plain data and arithmetic; no parsing, no rules.
//!
//! Beside the model stand the things that every room of the house shares: places in a document, errors, exact decimals, patterns,
//! package URLs and hashes.

#![forbid(unsafe_code)]

pub mod approvals;
pub mod checklist;
pub mod checksums;
pub mod command;
pub mod commits;
pub mod coverage;
pub mod decimal;
pub mod error;
pub mod findings;
pub mod glob;
pub mod hash;
mod held;
pub mod inventory;
pub mod location;
pub mod measurements;
pub mod number;
pub mod order;
pub mod purl;
pub mod test_run;
pub mod unit;
pub mod vex;

use crate::location::Location;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

pub use approvals::Approvals;
pub use checklist::Checklist;
pub use checksums::Checksums;
pub use command::Recording;
pub use commits::Commits;
pub use coverage::Coverage;
pub use findings::Findings;
pub use inventory::Inventory;
pub use measurements::Measurements;
pub use test_run::TestRun;
pub use vex::Vex;

/// The kinds of evidence. VEX statements judge findings; they are no evidence of their own for a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Which code the tests ran.
    Coverage,
    /// Which tests ran and how they ended.
    Tests,
    /// What a tool complains of.
    Findings,
    /// Packages: SBOMs, lock files, licence lists.
    Inventory,
    /// Named series of numbers.
    Measurements,
    /// Exploitability statements on vulnerabilities.
    Vex,
    /// Who approved what.
    Approvals,
    /// Commits and tags.
    Commits,
    /// What files are said to hold.
    Checksums,
    /// Boxes that people tick.
    Checklist,
    /// How a recorded command ended, where nothing that it printed is a report.
    Command,
}

impl Kind {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Coverage => "coverage",
            Kind::Tests => "tests",
            Kind::Findings => "findings",
            Kind::Inventory => "inventory",
            Kind::Measurements => "measurements",
            Kind::Vex => "vex",
            Kind::Approvals => "approvals",
            Kind::Commits => "commits",
            Kind::Checksums => "checksums",
            Kind::Checklist => "checklist",
            Kind::Command => "command",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A covered or satisfied share: `covered` of `total`. Never a percentage, so that limits are exact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stated")]
pub struct Ratio {
    /// How many were covered.
    pub covered: u64,
    /// How many there are.
    pub total: u64,
}

/// A share as a document states it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    covered: u64,
    total: u64,
}

impl TryFrom<Stated> for Ratio {
    type Error = String;

    fn try_from(s: Stated) -> Result<Self, String> {
        if s.covered > s.total {
            return Err(format!("{} covered of {}, expected no more than there are", s.covered, s.total));
        }
        Ok(Ratio { covered: s.covered, total: s.total })
    }
}

impl Ratio {
    /// A share of `covered` in `total`; more than all is all.
    pub fn new(covered: u64, total: u64) -> Self {
        Ratio { covered: covered.min(total), total }
    }

    /// Adds another share.
    #[must_use]
    pub fn plus(self, other: Ratio) -> Ratio {
        Ratio { covered: self.covered.saturating_add(other.covered), total: self.total.saturating_add(other.total) }
    }
}

/// Something tolerated or worth knowing, with its place: a producer's quirk, a figure that contradicts another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What it says, in words.
    pub message: String,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

impl Note {
    /// A note with a place.
    pub fn at(message: impl Into<String>, location: Location) -> Self {
        Note { message: message.into(), location: Some(location) }
    }

    /// A note on the whole input.
    pub fn new(message: impl Into<String>) -> Self {
        Note { message: message.into(), location: None }
    }
}

/// Where evidence comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Source {
    /// The file as it was named, `/`-separated.
    pub path: String,
    /// The format's id.
    pub format: &'static str,
    /// SHA-256 of the file as it lies there, lower-case hex.
    pub sha256: String,
    /// Size of the file, bytes.
    pub size: u64,
    /// Labels that place it in a matrix.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The tool that wrote it (`eunit`, `ct`, `dialyzer`, `trivy`, …), where format or content say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The name of the policy's `[[evidence]]` entry that brought it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The policy's component that it belongs to by where it lies, where the policy has components.
    #[serde(skip)]
    pub component: Option<String>,
    /// The recorded exit status of the command that wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_status: Option<i32>,
    /// The commits that it says it was made of, as it writes them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<String>,
    /// When it was last written (seconds since 1970-01-01 UTC), where the file system or the content says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified: Option<i64>,
    /// The recording that this is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<Box<Recording>>,
    /// The recording of the command that wrote this report, by its path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded_in: Option<String>,
}

/// What one input says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// Where it comes from.
    pub source: Source,
    /// Whether the tool did all its work: `Some(false)` where the input itself says no, `Some(true)` where a report with an end
    /// mark was read whole, `None` where the format has no end mark.
    pub complete: Option<bool>,
    /// Tolerated oddities.
    pub notes: Vec<Note>,
    /// The content.
    pub data: Data,
}

impl Evidence {
    /// The kind of the content.
    pub fn kind(&self) -> Kind {
        self.data.kind()
    }
}

/// The content of evidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Data {
    /// Coverage of code.
    Coverage(Coverage),
    /// Test results.
    Tests(TestRun),
    /// Complaints of a tool.
    Findings(Findings),
    /// Packages.
    Inventory(Inventory),
    /// Measured series.
    Measurements(Measurements),
    /// Exploitability statements.
    Vex(Vex),
    /// Who approved what.
    Approvals(Approvals),
    /// Commits and tags.
    Commits(Commits),
    /// What files are said to hold.
    Checksums(Checksums),
    /// Boxes that people tick.
    Checklist(Checklist),
    /// A recorded command alone.
    Command(Recording),
}

impl Data {
    /// The kind of this content.
    pub fn kind(&self) -> Kind {
        match self {
            Data::Coverage(_) => Kind::Coverage,
            Data::Tests(_) => Kind::Tests,
            Data::Findings(_) => Kind::Findings,
            Data::Inventory(_) => Kind::Inventory,
            Data::Measurements(_) => Kind::Measurements,
            Data::Vex(_) => Kind::Vex,
            Data::Approvals(_) => Kind::Approvals,
            Data::Commits(_) => Kind::Commits,
            Data::Checksums(_) => Kind::Checksums,
            Data::Checklist(_) => Kind::Checklist,
            Data::Command(_) => Kind::Command,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_more_than_all() {
        assert_eq!(Ratio::new(5, 3), Ratio { covered: 3, total: 3 });
        assert_eq!(Ratio::new(2, 3).plus(Ratio::new(1, 4)), Ratio { covered: 3, total: 7 });
        let most = Ratio { covered: u64::MAX, total: u64::MAX };
        assert_eq!(most.plus(Ratio::new(1, 1)), most);
    }

    #[test]
    fn a_document_that_states_more_than_all_is_refused() {
        let read = |covered, total| Ratio::try_from(Stated { covered, total });
        assert_eq!(read(2, 3), Ok(Ratio { covered: 2, total: 3 }));
        assert_eq!(read(3, 3), Ok(Ratio { covered: 3, total: 3 }));
        assert!(read(4, 3).unwrap_err().starts_with("4 covered of 3"));
    }

    #[test]
    fn kinds_have_stable_names_and_data_knows_its_kind() {
        let all = [
            (Data::Coverage(Coverage::default()), Kind::Coverage, "coverage"),
            (Data::Tests(TestRun::default()), Kind::Tests, "tests"),
            (Data::Findings(Findings::default()), Kind::Findings, "findings"),
            (Data::Inventory(Inventory::default()), Kind::Inventory, "inventory"),
            (Data::Measurements(Measurements::default()), Kind::Measurements, "measurements"),
            (Data::Vex(Vex::default()), Kind::Vex, "vex"),
            (Data::Approvals(Approvals::default()), Kind::Approvals, "approvals"),
            (Data::Commits(Commits::default()), Kind::Commits, "commits"),
            (Data::Checksums(Checksums::default()), Kind::Checksums, "checksums"),
            (Data::Checklist(Checklist::default()), Kind::Checklist, "checklist"),
            (Data::Command(Recording::default()), Kind::Command, "command"),
        ];
        for (data, kind, name) in all {
            assert_eq!((data.kind(), kind.as_str(), kind.to_string().as_str()), (kind, name, name));
            let evidence = Evidence { source: Source::default(), complete: None, notes: Vec::new(), data };
            assert_eq!(evidence.kind(), kind);
        }
    }

    #[test]
    fn notes_have_a_place_where_one_is_given() {
        assert_eq!(Note::new("x"), Note { message: "x".into(), location: None });
        assert_eq!(Note::at("x", Location::line(3)).location, Some(Location::line(3)));
    }
}
