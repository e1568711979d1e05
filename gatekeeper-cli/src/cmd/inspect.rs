//! `gatekeeper inspect FILE...`: what files are and what they say.

use crate::exit;
use clap::{Args, ValueEnum};
use gatekeeper_core::collect::read_packages;
use gatekeeper_core::input::Limits;
use gatekeeper_core::inspect::{Inspection, ReadOptions, inspection, read};
use gatekeeper_core::{ErrorCode, ParseError, format};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

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
    /// Leave out holding SBOMs against their schema
    #[arg(long)]
    no_validate: bool,
    /// Largest file that is read, bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().file_bytes)]
    max_bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Human,
    Json,
}

/// Runs `inspect`.
pub fn run(args: &InspectArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let mut options = ReadOptions { skip_validation: args.no_validate, ..ReadOptions::default() };
    options.limits.file_bytes = args.max_bytes;
    options.limits.unpacked_bytes = args.max_bytes;
    if let Some(id) = &args.read_as {
        options.format = format::by_id(id);
        if options.format.is_none() {
            writeln!(err, "gatekeeper: no format `{id}` (`gatekeeper formats` lists them)")?;
            return Ok(exit::USAGE);
        }
    }
    let mut answers = Vec::new();
    for file in &args.files {
        if options.format.is_some_and(format::Format::is_of_folders) {
            answers.push(packages(file, &options));
            continue;
        }
        for path in walk(file) {
            answers.push(inspect(&path, &options));
        }
    }
    match args.format {
        Form::Json => {
            serde_json::to_writer_pretty(&mut *out, &answers)?;
            writeln!(out)?;
        }
        Form::Human => human(&answers, out)?,
    }
    Ok(if answers.iter().any(|a| a.error.is_some()) { exit::FAIL } else { exit::PASS })
}

fn inspect(path: &Path, options: &ReadOptions) -> Inspection {
    let name = path.to_string_lossy().replace('\\', "/");
    let io = |e: io::Error| ParseError::new(ErrorCode::Io, format!("{name}: cannot be read: {e}"));
    let result = std::fs::metadata(path)
        .map_err(io)
        .and_then(|m| {
            if m.len() > options.limits.file_bytes {
                return Err(ParseError::limit(format!(
                    "{name}: {} bytes, above the limit of {} (raise it with --max-bytes)",
                    m.len(),
                    options.limits.file_bytes
                )));
            }
            std::fs::read(path).map_err(io)
        })
        .and_then(|bytes| read(&name, &bytes, options));
    inspection(&name, &result)
}

/// A folder of installed packages as one answer.
fn packages(path: &Path, options: &ReadOptions) -> Inspection {
    let name = path.to_string_lossy().replace('\\', "/");
    let cwd = std::env::current_dir().unwrap_or_default();
    inspection(&name, &read_packages(path, &cwd, options))
}

/// The file itself, or a folder's files in path order.
fn walk(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(path) else { return vec![path.to_owned()] };
    let mut paths: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
    paths.sort();
    paths.iter().filter(|p| !p.is_symlink()).flat_map(|p| walk(p)).collect()
}

fn human(answers: &[Inspection], out: &mut dyn Write) -> io::Result<()> {
    for a in answers {
        match &a.error {
            Some(e) => writeln!(out, "{}\n  not read: {}", a.file, e.message)?,
            None => {
                let kind = a.kind.map_or("", |k| k.as_str());
                writeln!(out, "{}\n  {} ({kind})", a.file, a.format.unwrap_or_default())?;
                let summary = a.summary.as_ref().and_then(|s| s.as_object());
                for (key, value) in summary.into_iter().flatten() {
                    writeln!(out, "  {key:12} {value}")?;
                }
                for note in &a.notes {
                    writeln!(out, "  note: {}", note.message)?;
                }
            }
        }
    }
    Ok(())
}
