//! What a run is compared with: `--baseline`, as `check` and its kin take it.

use clap::Args;
use std::path::PathBuf;

/// Earlier runs.
#[derive(Debug, Clone, Default, Args)]
pub struct EarlierArgs {
    /// The snapshot of an earlier run to compare with (`gatekeeper snapshot`)
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Earlier verdicts (--format json, or one JSON lines file): what is far from them, and what fails now and then, is said
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) history: Vec<PathBuf>,
}
