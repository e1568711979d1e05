//! `gatekeeper rollout --current SHARE VERDICT`: what a verdict on a canary says of the next step of a rollout.

use super::render;
use crate::exit;
use clap::Args;
use gatekeeper_core::evidence::decimal::Decimal;
use gatekeeper_core::output::line;
use gatekeeper_core::{CheckRequest, Context, Engine};
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
    let mut refuse = |words: String| {
        writeln!(err, "gatekeeper: {words}")?;
        Ok(exit::USAGE)
    };
    let Some(current) = Decimal::parse(args.current.trim().trim_end_matches('%')) else {
        return refuse(format!("--current takes a share of traffic in percent, not {}", line(&args.current)));
    };
    let verdict = match render::read(&args.verdict) {
        Ok(verdict) => verdict,
        Err(why) => {
            let name = line(&args.verdict.display().to_string());
            return refuse(format!("{name}: {}: give it what `gatekeeper check --format json` wrote", line(&why)));
        }
    };
    let request = CheckRequest {
        config: args.config.clone(),
        ..CheckRequest::new(std::env::current_dir()?, Context::without_clock())
    };
    let policy = match engine.find_policy(&request) {
        Ok(policy) => policy,
        Err(e) => return refuse(e.to_string()),
    };
    let Some(policy) = policy else { return refuse("there is no policy here: name it with --config".to_owned()) };
    if policy.sha256 != verdict.policy.sha256 {
        return refuse("this verdict is of another policy than the one that says the steps: judge again".to_owned());
    }
    let Some(rollout) = &policy.rollout else {
        return refuse("the policy has no [rollout] with its steps: steps = [5, 15, 50, 100]".to_owned());
    };
    match rollout.next(current, &verdict) {
        Ok(next) => {
            writeln!(out, "{next}")?;
            Ok(next.exit_code())
        }
        Err(words) => refuse(words),
    }
}
