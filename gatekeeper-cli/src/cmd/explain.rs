//! `gatekeeper explain GATE`: why, from which evidence, what would make it pass.

use super::check::{JudgeArgs, judge};
use crate::exit;
use crate::terminal::Terminal;
use clap::Args;
use gatekeeper_core::output::{Style, explain};
use std::io::{self, Write};

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The gate's name
    gate: String,
    #[command(flatten)]
    judge: JudgeArgs,
}

/// Runs `explain`. Its exit code says whether it could explain, not what the verdict is.
pub fn run(
    engine: &gatekeeper_core::Engine,
    args: &ExplainArgs,
    terminal: Terminal,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let verdict = match judge(engine, &args.judge, false, terminal.color, err)? {
        Ok(verdict) => verdict,
        Err(code) => return Ok(code),
    };
    let style = Style { color: terminal.color, width: terminal.width, ..Style::default() };
    if explain(&verdict, &args.gate, &style, out)? {
        return Ok(exit::PASS);
    }
    let names: Vec<&str> = verdict.gates.iter().map(|g| g.name.as_str()).collect();
    writeln!(err, "gatekeeper: there is no gate `{}`: there are {}", args.gate, names.join(", "))?;
    Ok(exit::USAGE)
}
