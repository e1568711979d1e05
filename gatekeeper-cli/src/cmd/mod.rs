//! The commands: one file each.

pub mod inspect;

use crate::args::{Cli, Command};
use std::io::{self, Write};

/// Runs the command that was asked for.
pub fn run(cli: Cli, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    match cli.command {
        Command::Inspect(args) => inspect::run(&args, out, err),
    }
}
