//! The arguments: each command's own stand in its file.

use crate::cmd;
use clap::{Parser, Subcommand};

/// Reads the reports of a CI run, judges them by a policy, and never passes what it could not see.
#[derive(Debug, Parser)]
#[command(name = "gatekeeper", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say what files are and what they say
    Inspect(cmd::inspect::InspectArgs),
}
