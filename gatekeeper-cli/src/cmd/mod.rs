//! The commands: one file each.

pub mod bundle;
mod change;
pub mod check;
pub mod completions;
pub mod diff;
pub mod earlier;
pub mod explain;
pub mod hook;
pub mod init;
pub mod inspect;
pub mod license;
pub mod man;
#[cfg(feature = "mcp")]
pub mod mcp;
pub mod merge;
pub mod policy;
pub mod record;
pub mod render;
mod replay;
pub mod rollout;
pub mod schema;
pub mod simulate;
pub mod snapshot;
pub mod tables;
pub mod verify;

use crate::args::{Cli, Command};
use crate::terminal::Terminal;
pub(crate) use change::folder;
use gatekeeper_core::Engine;
use std::io::{self, Write};

/// Runs the command that was asked for.
pub fn run(engine: &Engine, cli: Cli, terminal: Terminal, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    match cli.command {
        Command::Check(args) => check::run(engine, &args, terminal, out, err),
        Command::Init(args) => init::run(engine, &args, out, err),
        Command::Explain(args) => explain::run(engine, &args, terminal, out, err),
        Command::Inspect(args) => inspect::run(engine, &args, out, err),
        Command::Merge(args) => merge::run(engine, &args, out, err),
        Command::Render(args) => render::run(engine, &args, terminal, out, err),
        Command::Rollout(args) => rollout::run(engine, &args, out, err),
        Command::Verify(args) => verify::run(engine, &args, out, err),
        Command::Bundle(args) => bundle::run(engine, &args, terminal, out, err),
        Command::Diff(args) => diff::run(&args, out, err),
        Command::Simulate(args) => simulate::run(&args, out, err),
        Command::Policy(args) => policy::run(engine, &args, terminal, out, err),
        Command::Record(args) => record::run(&args, out, err),
        Command::Snapshot(args) => snapshot::run(engine, &args, terminal, out, err),
        Command::License(args) => license::run(&args, out, err),
        Command::Formats(args) => tables::formats(engine, &args, out),
        Command::Schema(args) => schema::run(engine, &args, out),
        Command::Rules(args) => tables::rules(engine, &args, out, err),
        Command::Hook(args) => hook::run(engine, &args, out, err),
        #[cfg(feature = "mcp")]
        Command::Mcp(args) => mcp::run(engine, &args, err),
        Command::Completions(args) => completions::run(engine, &args, out),
        Command::Man(args) => man::run(&args, out, err),
    }
}
