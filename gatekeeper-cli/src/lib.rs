//! The command line of gatekeeper. [`run`] is the whole program; `python -m gatekeeper` and `npx gatekeeper-rs` call it too.
//!
//! Standard output carries the document, standard error the talk.

#![forbid(unsafe_code)]

mod args;
mod cmd;
pub mod exit;
mod files;
pub mod front;
mod git;
mod policy_ref;
mod progress;
pub mod proof;
mod refusal;
pub mod release;
pub mod rollout;
mod size;
mod terminal;

use clap::Parser;
pub use gatekeeper_core::Engine;
use std::ffi::OsString;
use std::io::{self, Write};
pub use terminal::Terminal;

/// Runs the command line: arguments with the program's name first. Answers the exit code ([`exit`]).
pub fn run<I, T>(arguments: I, terminal: Terminal, out: &mut dyn Write, err: &mut dyn Write) -> u8
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    run_with(&Engine::default(), arguments, terminal, out, err)
}

/// The same with an engine of one's own: its formats, rules and outputs are in every command.
pub fn run_with<I, T>(engine: &Engine, arguments: I, terminal: Terminal, out: &mut dyn Write, err: &mut dyn Write) -> u8
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let mut talk = terminal::Talk::new(err);
    let err: &mut dyn Write = &mut talk;
    let parsed = match args::Cli::try_parse_from(arguments) {
        Ok(parsed) => parsed,
        Err(e) => {
            // Help and version are answers, anything else is a mistake in the call.
            let text = e.render();
            let written = if e.use_stderr() { write!(err, "{text}") } else { write!(out, "{text}") };
            return if e.use_stderr() || written.is_err() { exit::USAGE } else { exit::PASS };
        }
    };
    let terminal = terminal.colored(parsed.color);
    match parsed.run(engine, terminal, out, err).and_then(|code| out.flush().map(|()| code)) {
        Ok(code) => code,
        // Whoever closed the pipe has read what it wanted; but a verdict that was not delivered is no pass.
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => exit::UNKNOWN,
        Err(e) => {
            let _ = writeln!(err, "gatekeeper: cannot write the answer: {e}");
            exit::USAGE
        }
    }
}
