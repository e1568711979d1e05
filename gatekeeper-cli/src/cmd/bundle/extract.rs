//! `gatekeeper bundle extract BUNDLE DIR`.

use super::{FileArgs, refuse};
use crate::exit;
use clap::Args;
use gatekeeper_core::bundle::{Bundle, is_portable};
use gatekeeper_core::output::{document, inert, line};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Arguments of `bundle extract`.
#[derive(Debug, Args)]
pub(super) struct ExtractArgs {
    #[command(flatten)]
    file: FileArgs,
    /// The folder to write to: there must be none yet
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Runs it: 0 where it was written, 2 where it cannot be, 3 where the bundle cannot be trusted.
pub(super) fn run(args: &ExtractArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let bundle = match args.file.read() {
        Ok(bundle) => bundle,
        Err(wrong) => return refuse(&args.file.bundle, &wrong, err),
    };
    let shown = line(&args.folder.display().to_string());
    if let Some((file, _)) = bundle.files().find(|(file, _)| cfg!(windows) && !is_portable(&file.path)) {
        writeln!(err, "gatekeeper: {} cannot be a file's name on this system", line(&file.path))?;
        return Ok(exit::USAGE);
    }
    match extracted(&bundle, &args.folder) {
        Ok(count) => {
            let files = if count == 1 { "1 file" } else { &format!("{count} files") };
            writeln!(out, "{}", inert(&format!("{shown}: the verdict and {files} of evidence")))?;
            Ok(exit::PASS)
        }
        Err(e) => {
            writeln!(err, "gatekeeper: cannot write to {shown}: {e}: name a folder that is not there yet")?;
            Ok(exit::USAGE)
        }
    }
}

/// Writes all of it below a folder that was not there; each file is new.
fn extracted(bundle: &Bundle, folder: &Path) -> io::Result<usize> {
    fs::create_dir(folder)?;
    let mut verdict = Vec::new();
    document(&bundle.verdict, &mut verdict)?;
    new_file(&folder.join("verdict.json"), &verdict)?;
    let evidence = folder.join("evidence");
    let mut count = 0;
    for (file, bytes) in bundle.files() {
        let path = evidence.join(&file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        new_file(&path, bytes)?;
        count += 1;
    }
    Ok(count)
}

fn new_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(bytes)
}
