//! Remedies: what would make a gate pass, as far as its rule can tell. The words for them are made where the verdict is.

use gatekeeper_evidence::Ratio;
use gatekeeper_evidence::findings::Severity;

/// What would make a gate pass.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remedy {
    /// Run the tests at all.
    RunTests,
    /// Fix so many failing cases.
    FixTests(u64),
    /// Cover so many more of what `noun` names.
    Cover {
        /// How many more.
        more: u64,
        /// Of what, in the singular ("line").
        noun: &'static str,
        /// How it stands now.
        now: Ratio,
    },
    /// Bring files or modules up to their own limit.
    RaiseEach {
        /// How many are below it.
        count: u64,
        /// What they are, in the singular ("module").
        what: &'static str,
        /// The metric that they fall short of ("lines").
        metric: &'static str,
    },
    /// Fix or waive findings.
    ReduceFindings {
        /// Of this severity; of any where there is none.
        severity: Option<Severity>,
        /// Until so many are left.
        limit: u64,
    },
    /// Replace packages, or except them with a reason.
    SettleLicenses(u64),
    /// Make a document keep its specification.
    MakeValid {
        /// The document.
        path: String,
        /// The specification with its version.
        spec: String,
    },
    /// State minimum elements that a document lacks.
    StateElements {
        /// How many.
        count: u64,
        /// The document.
        path: String,
    },
    /// What a rule from outside says, in its own words.
    Other(String),
}
