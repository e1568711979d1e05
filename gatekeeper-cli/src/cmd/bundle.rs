//! `gatekeeper bundle create|verify|render|extract`: a verdict with its evidence in one file, from a job that is not trusted to one that is.

mod create;
mod extract;
mod verify;

use crate::exit;
use crate::front;
use crate::terminal::Terminal;
use clap::{Args, Subcommand};
use gatekeeper_core::bundle::{Bundle, MOST_BYTES};
use gatekeeper_core::input::Limits;
use gatekeeper_core::output::line;
use gatekeeper_core::{Engine, Revision};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Arguments of `bundle`.
#[derive(Debug, Args)]
pub struct BundleArgs {
    #[command(subcommand)]
    command: Command,
}

/// What to do with a bundle.
#[derive(Debug, Subcommand)]
enum Command {
    /// Write a verdict and the evidence that it was given on into one file
    Create(create::CreateArgs),
    /// Check a bundle as a stranger's, judge its evidence again by one's own policy, and answer with the worse of the two verdicts
    Verify(verify::VerifyArgs),
    /// The same, and show the verdict in any form; nothing is shown of a bundle that cannot be trusted
    Render(verify::RenderArgs),
    /// Check a bundle and write its evidence below a new folder
    Extract(extract::ExtractArgs),
}

/// Which bundle, and how much of it is read.
#[derive(Debug, Clone, Args)]
struct FileArgs {
    /// The bundle, as `gatekeeper bundle create` wrote it
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// Largest bundle that is read, packed and unpacked: bytes, or a size such as 10MB
    #[arg(long, value_name = "SIZE", value_parser = crate::size::bytes, default_value_t = MOST_BYTES)]
    max_bytes: u64,
    /// It has to be for this commit
    #[arg(long, value_name = "SHA", value_parser = name)]
    commit: Option<String>,
    /// It has to be for this tree
    #[arg(long, value_name = "SHA", value_parser = name)]
    tree: Option<String>,
}

/// The name of a commit or tree.
fn name(text: &str) -> Result<String, String> {
    Revision::name(text).ok_or_else(|| "7 to 64 hexadecimal digits are needed".to_owned())
}

impl FileArgs {
    fn limits(&self) -> Limits {
        Limits::of_files(Some(self.max_bytes))
    }

    /// The bundle, or what keeps it from being trusted.
    fn read(&self) -> Result<Bundle, Vec<String>> {
        let name = self.bundle.display().to_string();
        let packed = front::read_whole(&self.bundle, Some(self.max_bytes)).map_err(|e| vec![e.line()])?;
        let bundle = Bundle::read(&name, &packed, &self.limits()).map_err(|e| vec![e.line()])?;
        let wrong = bundle.disagreements(self.commit.as_deref(), self.tree.as_deref());
        if wrong.is_empty() { Ok(bundle) } else { Err(wrong) }
    }
}

/// Says why a bundle is not trusted; answers the exit code.
fn refuse(file: &Path, wrong: &[String], err: &mut dyn Write) -> io::Result<u8> {
    let name = line(&file.display().to_string());
    writeln!(err, "gatekeeper: {name} cannot be trusted, so nothing in it counts:")?;
    wrong.iter().try_for_each(|why| writeln!(err, "  ✗ {}", line(why)))?;
    Ok(exit::UNKNOWN)
}

/// Runs `bundle`: 0 pass or warn, 1 fail, 2 bad usage or policy, 3 unknown; a bundle that cannot be trusted is unknown.
pub fn run(
    engine: &Engine,
    args: &BundleArgs,
    terminal: Terminal,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    match &args.command {
        Command::Create(args) => create::run(args, out, err),
        Command::Verify(args) => verify::run(engine, args, terminal, out, err),
        Command::Render(args) => verify::render(engine, args, terminal, out, err),
        Command::Extract(args) => extract::run(args, out, err),
    }
}
