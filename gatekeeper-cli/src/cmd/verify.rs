//! `gatekeeper verify VERDICT`: whether a verdict that was kept holds for this commit, tree, policy and evidence.

use super::render;
use crate::exit;
use crate::proof;
use clap::{Args, ValueEnum};
use gatekeeper_core::output::{document, inert, line};
use gatekeeper_core::{Engine, VerifyRequest};
use std::io::{self, Write};
use std::path::PathBuf;

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The verdict, as `check --format json` wrote it; - is standard input
    #[arg(value_name = "VERDICT")]
    verdict: PathBuf,
    /// It has to be for this commit
    #[arg(long, value_name = "SHA")]
    commit: Option<String>,
    /// It has to be for this tree
    #[arg(long, value_name = "SHA")]
    tree: Option<String>,
    /// It has to be judged by this policy
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Its evidence has to lie below this folder, unchanged
    #[arg(long, value_name = "DIR")]
    evidence: Option<PathBuf>,
    /// How to show the answer
    #[arg(long, value_enum, default_value_t = Form::Human)]
    format: Form,
}

/// How an answer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For reading at a terminal
    Human,
    /// For programs
    Json,
}

/// Runs `verify`: 0 where it holds, 1 where not, 2 where nothing could be told.
pub fn run(engine: &Engine, args: &VerifyArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let Some(verdict) = render::as_written(&args.verdict, err)? else { return Ok(exit::USAGE) };
    let request = VerifyRequest {
        commit: args.commit.clone(),
        tree: args.tree.clone(),
        config: args.config.clone(),
        evidence: args.evidence.clone(),
    };
    let answer = match proof::verify(engine, &verdict, &request) {
        Ok(answer) => answer,
        Err(refusal) => {
            writeln!(err, "gatekeeper: {}", line(&refusal.line()))?;
            return Ok(exit::USAGE);
        }
    };
    match args.format {
        Form::Json => document(&answer, out)?,
        Form::Human => {
            let word = if answer.holds { "HOLDS" } else { "DOES NOT HOLD" };
            let mut said = format!("{word}  {}\n", line(&verdict.summary));
            answer.disagreements.iter().for_each(|d| said.push_str(&format!("  ✗ {}\n", line(d))));
            answer.notes.iter().for_each(|n| said.push_str(&format!("  {}\n", line(n))));
            out.write_all(inert(&said).as_bytes())?;
        }
    }
    Ok(if answer.holds { exit::PASS } else { exit::FAIL })
}
