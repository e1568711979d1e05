//! `gatekeeper diff A B`: what is different between two verdicts.

use super::render;
use crate::exit;
use clap::{Args, ValueEnum};
use gatekeeper_core::output::document;
use gatekeeper_core::proof::{compare, comparison, comparison_markdown};
use std::io::{self, Write};
use std::path::PathBuf;

/// Arguments of `diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The first verdict, as `check --format json` wrote it
    #[arg(value_name = "BEFORE")]
    before: PathBuf,
    /// The verdict to compare it with, likewise
    #[arg(value_name = "AFTER")]
    after: PathBuf,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Form::Human)]
    format: Form,
    /// Exit with 1 where they differ
    #[arg(long)]
    exit_code: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Human,
    Markdown,
    Json,
}

/// Runs `diff`.
pub fn run(args: &DiffArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let Some(before) = render::stored(&args.before, err)? else { return Ok(exit::USAGE) };
    let Some(after) = render::stored(&args.after, err)? else { return Ok(exit::USAGE) };
    let c = compare(&before, &after);
    match args.format {
        Form::Json => document(&c, out)?,
        Form::Human => comparison(&c, out)?,
        Form::Markdown => comparison_markdown(&c, out)?,
    }
    Ok(if args.exit_code && !c.same { exit::FAIL } else { exit::PASS })
}
