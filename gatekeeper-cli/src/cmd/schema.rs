//! `gatekeeper schema NAME`: the JSON schemas of what is read and written.

use crate::exit;
use clap::{Args, ValueEnum};
use gatekeeper_core::output::document;
use gatekeeper_core::policy::keys;
use gatekeeper_core::{Engine, snapshot_schema};
use std::io::{self, Write};

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Which schema (JSON Schema draft-07)
    #[arg(value_enum, value_name = "NAME")]
    name: Name,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// A policy, with the rules that this program knows
    Policy,
    /// A verdict: `check --format json`
    Verdict,
    /// A line of `check --format jsonl`
    Jsonl,
    /// What `inspect --format json` answers
    Inspect,
    /// A line of a snapshot: what `snapshot` writes
    Snapshot,
}

/// Runs `schema`.
pub fn run(engine: &Engine, args: &SchemaArgs, out: &mut dyn Write) -> io::Result<u8> {
    match args.name {
        Name::Policy => document(&keys::schema(engine.rules()), out)?,
        Name::Verdict => out.write_all(include_bytes!("../../schema/verdict.json"))?,
        Name::Jsonl => out.write_all(include_bytes!("../../schema/jsonl.json"))?,
        Name::Inspect => out.write_all(include_bytes!("../../schema/inspect.json"))?,
        Name::Snapshot => document(&snapshot_schema(), out)?,
    }
    Ok(exit::PASS)
}
