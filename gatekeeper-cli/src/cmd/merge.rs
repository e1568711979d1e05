//! `gatekeeper merge FILE...`: several reports of one kind as one.

use super::by::Largest;
use crate::exit;
use crate::files::write_whole;
use clap::{Args, ValueEnum};
use gatekeeper_core::collect::tree;
use gatekeeper_core::config::PathRules;
use gatekeeper_core::error::chain;
use gatekeeper_core::merge::{MergeError, Target, reconcile, unite};
use gatekeeper_core::output::line;
use gatekeeper_core::{Engine, ReadOptions};
use std::io::{self, Write};
use std::path::PathBuf;

/// Arguments of `merge`.
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// Reports of one kind: coverage, or tests
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What to write: lcov and cobertura hold coverage, junit holds tests, json holds both
    #[arg(long, value_enum)]
    format: Form,
    /// Where to write it; - is standard output
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// Name the files of coverage as the working tree in this folder does
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// A prefix to remove from their names first; repeatable
    #[arg(long, value_name = "PREFIX", requires = "root")]
    strip: Vec<String>,
    /// What to put before names that are not absolute
    #[arg(long, value_name = "PREFIX", requires = "root")]
    prefix: Option<String>,
    /// Read the files as this format, whatever they look like
    #[arg(long = "as", value_name = "FORMAT")]
    read_as: Option<String>,
    #[command(flatten)]
    largest: Largest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Lcov,
    Cobertura,
    Junit,
    Json,
}

impl Form {
    fn target(self) -> Target {
        match self {
            Form::Lcov => Target::Lcov,
            Form::Cobertura => Target::Cobertura,
            Form::Junit => Target::Junit,
            Form::Json => Target::Json,
        }
    }
}

/// Runs `merge`. Whole or not at all: where a file cannot be read or the result not be written, the output stays as it was.
pub fn run(engine: &Engine, args: &MergeArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let mut options = ReadOptions::default();
    options.limits.file_bytes = args.largest.max_bytes;
    options.limits.unpacked_bytes = args.largest.max_bytes;
    if let Some(id) = &args.read_as {
        options.format = engine.formats().by_id(id);
        if options.format.is_none() {
            writeln!(err, "gatekeeper: no format `{}` (`gatekeeper formats` lists them)", line(id))?;
            return Ok(exit::USAGE);
        }
    }
    let mut evidence = Vec::with_capacity(args.files.len());
    let mut unread = false;
    for result in engine.read_files(&args.files, &options) {
        match result {
            Ok(e) => evidence.push(e),
            Err(e) => {
                writeln!(err, "gatekeeper: {}", line(&e.line()))?;
                unread = true;
            }
        }
    }
    if unread {
        writeln!(err, "gatekeeper: nothing was merged")?;
        return Ok(exit::FAIL);
    }
    if let Some(root) = &args.root {
        let tree = if root.is_dir() { tree(root) } else { None };
        let Some(tree) = tree else {
            writeln!(
                err,
                "gatekeeper: {}: no folder that can be read, or one of too many files",
                line(&root.display().to_string())
            )?;
            return Ok(exit::USAGE);
        };
        let rules = PathRules { strip: args.strip.clone(), prefix: args.prefix.clone() };
        for told in reconcile(&mut evidence, &tree, &rules) {
            writeln!(err, "gatekeeper: note: {}", line(&told))?;
        }
    }
    let target = args.format.target();
    let written = unite(evidence).and_then(|united| Ok((united.write(target)?, united.aside)));
    let (written, aside) = match written {
        Ok(written) => written,
        Err(e) => {
            writeln!(err, "gatekeeper: {}", line(&chain(&e)))?;
            return Ok(match e {
                MergeError::Mixed(_) | MergeError::Kind(..) | MergeError::Target(..) | MergeError::Nothing => {
                    exit::USAGE
                }
                _ => exit::FAIL,
            });
        }
    };
    for a in &aside {
        let instead = a.instead.as_ref().map(|i| format!(" ({i})")).unwrap_or_default();
        writeln!(err, "gatekeeper: note: {} is not counted: {}{}", line(&a.path), line(&a.because), line(&instead))?;
    }
    for lost in &written.lost {
        writeln!(err, "gatekeeper: note: {} cannot hold {}", target.as_str(), line(&lost.to_string()))?;
    }
    if args.output.as_os_str() == "-" {
        out.write_all(&written.bytes)?;
        return Ok(exit::PASS);
    }
    if let Err(e) = write_whole(&args.output, &written.bytes) {
        writeln!(err, "gatekeeper: {}: cannot be written: {e}", line(&args.output.display().to_string()))?;
        return Ok(exit::USAGE);
    }
    Ok(exit::PASS)
}
