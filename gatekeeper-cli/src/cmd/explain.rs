//! `gatekeeper explain GATE`: why, from which evidence, what would make it pass.

use super::judge::{JudgeArgs, judge};
use crate::exit;
use crate::terminal::Terminal;
use clap::{Args, ValueEnum};
use gatekeeper_core::output::{Explanation, document, explain, line};
use std::io::{self, Write};

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The gate's name
    gate: String,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Form::Human)]
    format: Form,
    #[command(flatten)]
    judge: JudgeArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Human,
    Json,
}

/// Runs `explain`. Its exit code says whether it could explain, not what the verdict is.
pub fn run(
    engine: &gatekeeper_core::Engine,
    args: &ExplainArgs,
    terminal: Terminal,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let verdict = match judge(engine, &args.judge, Vec::new(), false, false, terminal.color, err)? {
        Ok(verdict) => verdict,
        Err(refused) => return Ok(refused.code),
    };
    let style = terminal.style();
    let explained = match (args.format, Explanation::of(&verdict, &args.gate)) {
        (Form::Json, Some(explanation)) => document(&explanation, out).map(|()| true)?,
        (Form::Json, None) => false,
        (Form::Human, _) => explain(&verdict, &args.gate, &style, out)?,
    };
    if explained {
        return Ok(exit::PASS);
    }
    let names: Vec<String> = verdict.gates.iter().take(40).map(|g| line(&g.name)).collect();
    writeln!(err, "gatekeeper: there is no gate `{}`: there are {}", line(&args.gate), names.join(", "))?;
    Ok(exit::USAGE)
}
