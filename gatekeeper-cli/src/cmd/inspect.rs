//! `gatekeeper inspect FILE...`: what files are and what they say.

use super::by::Largest;
use crate::exit;
use crate::front::Reading;
use crate::terminal::Talk;
use clap::{Args, ValueEnum};
use gatekeeper_core::Engine;
use gatekeeper_core::inspect::Inspection;
use gatekeeper_core::output::{document, line};
use std::io::{self, Write};
use std::path::PathBuf;

/// Arguments of `inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// Files, or folders to walk
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How to show the answer
    #[arg(long, value_enum, default_value_t = Form::Human)]
    format: Form,
    /// Read the files as this format, whatever they look like
    #[arg(long = "as", value_name = "FORMAT")]
    read_as: Option<String>,
    /// Do not validate SBOMs against their schema
    #[arg(long)]
    no_validate: bool,
    #[command(flatten)]
    largest: Largest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Human,
    Json,
}

/// Runs `inspect`.
pub fn run(engine: &Engine, args: &InspectArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let reading = Reading {
        read_as: args.read_as.clone(),
        no_validate: args.no_validate,
        max_bytes: Some(args.largest.max_bytes),
    };
    let options = match reading.options(engine) {
        Ok(options) => options,
        Err(e) => {
            writeln!(err, "gatekeeper: {}", e.line())?;
            return Ok(exit::USAGE);
        }
    };
    let answers = engine.inspect(&args.files, &options);
    match args.format {
        Form::Json => {
            document(&answers, out)?;
        }
        Form::Human => human(&answers, out)?,
    }
    Ok(if answers.iter().any(|a| a.error.is_some()) { exit::FAIL } else { exit::PASS })
}

/// For reading.
pub(super) fn human(answers: &[Inspection], out: &mut dyn Write) -> io::Result<()> {
    let mut talk = Talk::new(out);
    let out = &mut talk;
    for a in answers {
        match &a.error {
            Some(e) => writeln!(out, "{}\n  not read: {}", line(&a.file), line(&e.message))?,
            None => {
                let kind = a.kind.map_or("", |k| k.as_str());
                writeln!(out, "{}\n  {} ({kind})", line(&a.file), a.format.unwrap_or_default())?;
                let summary = a.summary.as_ref().and_then(|s| s.as_object());
                for (key, value) in summary.into_iter().flatten() {
                    writeln!(out, "  {key:12} {}", line(&value.to_string()))?;
                }
                for note in &a.notes {
                    writeln!(out, "  note: {}", line(&note.message))?;
                }
            }
        }
    }
    out.flush()
}
