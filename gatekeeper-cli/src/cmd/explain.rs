//! `gatekeeper explain GATE`: why, from which evidence, what would make it pass.

use super::judge::{JudgeArgs, judge};
use crate::exit;
use crate::terminal::Terminal;
use clap::{Args, ValueEnum};
use gatekeeper_core::output::{Explanation, document, explain, line};
use gatekeeper_core::verdict::suspicion::Suspicions;
use std::io::{self, Write};

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The gate's name; `suspicion` for what is suspected of the evidence
    gate: String,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Form::Human)]
    format: Form,
    #[command(flatten)]
    judge: JudgeArgs,
}

/// Each suspicion with what it comes to, what it looks for and what it found.
fn suspicions(all: &Suspicions, out: &mut dyn Write) -> io::Result<()> {
    let wide = all.checks.iter().map(|c| c.name.len()).max().unwrap_or_default();
    for c in &all.checks {
        let own = if c.level == c.default { "" } else { " by the policy" };
        writeln!(out, "{:wide$}  {}{own}: {}", c.name, c.level.as_str(), c.says)?;
        for found in &c.found {
            writeln!(out, "{:wide$}    found: {}", "", line(found))?;
        }
    }
    Ok(())
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
    if args.gate == "suspicion" && !verdict.gates.iter().any(|g| g.name == args.gate) {
        let all = Suspicions::of(&verdict);
        match args.format {
            Form::Json => document(&all, out)?,
            Form::Human => suspicions(&all, out)?,
        }
        return Ok(exit::PASS);
    }
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
