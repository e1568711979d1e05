//! `gatekeeper rollout --current SHARE VERDICT`: what a verdict on a canary says of the next step of a rollout.

use super::{judge, render};
use crate::exit;
use crate::terminal::Talk;
use clap::Args;
use gatekeeper_core::Engine;
use gatekeeper_core::output::line;
use std::io::{self, Write};
use std::path::PathBuf;

/// Arguments of `rollout`.
#[derive(Debug, Args)]
pub struct RolloutArgs {
    /// The share of traffic that the canary has now, in percent: one of the steps of [rollout]
    #[arg(long, value_name = "SHARE")]
    current: String,
    /// The policy file; otherwise one is searched for here and in the parent folders
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The verdict, as `check --format json` wrote it; - is standard input
    #[arg(value_name = "VERDICT")]
    verdict: PathBuf,
}

/// Runs `rollout`: prints the next step, `done`, `hold` or `rollback`. The exit code is 0, 3 for hold, 1 for rollback.
pub fn run(engine: &Engine, args: &RolloutArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    // Gates and paths of strangers stand in it.
    let out: &mut dyn Write = &mut Talk::new(out);
    let verdict = match render::read(&args.verdict) {
        Ok(verdict) => verdict,
        Err(why) => {
            let name = line(&args.verdict.display().to_string());
            writeln!(err, "gatekeeper: {name}: {}: give it what `gatekeeper check --format json` wrote", line(&why))?;
            return Ok(exit::USAGE);
        }
    };
    match crate::rollout::next(engine, &args.current, args.config.as_deref(), verdict) {
        Ok(next) => {
            writeln!(out, "{next}")?;
            Ok(next.exit_code())
        }
        Err(refusal) => judge::say_refusal(&refusal, false, err),
    }
}
