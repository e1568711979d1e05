//! What is done with findings once they are read: stable fingerprints, uniting those of several scanners, and what VEX statements and
//! ignore files take out of them. Pure functions over the model; nothing is suppressed that is not named, and nothing silently.

mod fingerprint;
mod product;
mod trivyignore;
mod unite;
mod version;
mod vex;

pub use fingerprint::fingerprint;
pub use trivyignore::{Ignore, IgnoreReport, apply_ignores, parse_plain, parse_yaml};
pub use unite::{Member, United, unite};
pub use vex::{Conflict, VexReport, apply_vex};
