//! `gatekeeper simulate --set KEY=VALUE VERDICT...`: which of these runs would have failed with other limits.

use super::render;
use super::verify::Form;
use crate::exit;
use crate::terminal::Talk;
use clap::Args;
use gatekeeper_core::output::{document, line};
use gatekeeper_core::proof::{Setting, Simulation, simulate};
use serde::Serialize;
use std::io::{self, Write};
use std::path::PathBuf;

/// Arguments of `simulate`.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// The verdicts, as `check --format json` wrote them
    #[arg(value_name = "VERDICT", required = true)]
    verdicts: Vec<PathBuf>,
    /// A gate's key with another value: gates.coverage.lines.min=85; repeatable
    #[arg(long, value_name = "KEY=VALUE", required = true, value_parser = Setting::parse)]
    set: Vec<Setting>,
    /// How to show the answer
    #[arg(long, value_enum, default_value_t = Form::Human)]
    format: Form,
}

#[derive(Serialize)]
struct Run {
    verdict: String,
    would_fail: bool,
    #[serde(flatten)]
    simulation: Simulation,
}

/// Runs `simulate`: 1 where a run would have failed that did not, 3 where that cannot be told, else 0.
pub fn run(args: &SimulateArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    // Gates and paths of strangers stand in it.
    let out: &mut dyn Write = &mut Talk::new(out);
    let mut runs = Vec::new();
    for path in &args.verdicts {
        let Some(verdict) = render::stored(path, err)? else { return Ok(exit::USAGE) };
        let simulation = simulate(&verdict, &args.set);
        runs.push(Run { verdict: path.display().to_string(), would_fail: simulation.would_fail(), simulation });
    }
    let (bad, untold) =
        (runs.iter().filter(|r| r.would_fail).count(), runs.iter().filter(|r| r.simulation.after.is_none()).count());
    match args.format {
        Form::Json => document(&runs, out)?,
        Form::Human => {
            for r in &runs {
                let word = match (r.would_fail, r.simulation.after) {
                    (true, _) => "would have failed",
                    (_, None) => "cannot be told",
                    (_, Some(after)) => after.as_str(),
                };
                let said = r.simulation.changed.iter().map(|c| format!("{}: {}", c.gate, c.because));
                let said: Vec<String> = said.chain(r.simulation.untold.iter().cloned()).collect();
                let said = if said.is_empty() { String::new() } else { format!("  {}", said.join("; ")) };
                writeln!(out, "{}  {word}{}", line(&r.verdict), line(&said))?;
            }
            writeln!(out, "{bad} of {} would have failed, {untold} cannot be told", runs.len())?;
        }
    }
    Ok(match (bad, untold) {
        (0, 0) => exit::PASS,
        (0, _) => exit::UNKNOWN,
        _ => exit::FAIL,
    })
}
