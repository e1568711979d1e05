//! The commands: one file each.

pub mod check;
pub mod explain;
pub mod inspect;
pub mod license;
pub mod merge;
pub mod record;
pub mod tables;

use crate::args::{Cli, Command};
use crate::terminal::Terminal;
use std::io::{self, Write};

/// Runs the command that was asked for.
pub fn run(cli: Cli, terminal: Terminal, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    match cli.command {
        Command::Check(args) => check::run(&args, terminal, out, err),
        Command::Explain(args) => explain::run(&args, terminal, out, err),
        Command::Inspect(args) => inspect::run(&args, out, err),
        Command::Merge(args) => merge::run(&args, out, err),
        Command::Record(args) => record::run(&args, out, err),
        Command::License(args) => license::run(&args, out, err),
        Command::Formats(args) => tables::formats(&args, out),
        Command::Rules(args) => tables::rules(&args, out, err),
    }
}
