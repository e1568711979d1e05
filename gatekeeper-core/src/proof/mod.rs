//! What a verdict is good for after it was given, and what a policy is good for before: whether a verdict holds for a tree, how two verdicts
//! differ, which runs another limit would have failed, whether each gate can fail at all, and what makes a policy demand nothing.

mod cases;
mod compare;
mod figure;
mod lint;
mod prove;
mod render;
mod simulate;
mod verify;
mod worsen;

pub use cases::{Expectation, Tested};
pub use compare::{Comparison, ConditionChange, EvidenceChange, GateChange, Side, compare};
pub use lint::{Lint, lint};
pub(crate) use prove::prove;
pub use prove::{Proof, Proven, ProvenGate, Turned};
pub use render::{comparison, comparison_markdown};
pub use simulate::{Changed, Reads, Setting, Simulation, mistake, simulate, with as with_settings};
pub use verify::{Claims, Verification, disagreements, verify};
