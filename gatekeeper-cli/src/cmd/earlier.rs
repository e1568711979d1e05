//! What a run is compared with: `--baseline`, as `check` and its kin take it.

use clap::Args;
use std::path::PathBuf;

/// Earlier runs.
#[derive(Debug, Clone, Default, Args)]
pub struct EarlierArgs {
    /// The snapshot of an earlier run to compare with (`gatekeeper snapshot`)
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
}
