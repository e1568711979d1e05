//! `gatekeeper render VERDICT --format FORMAT`: any output from a verdict that was kept as JSON. Nothing is judged again.

use crate::exit;
use crate::files::write_whole;
use crate::proof;
use crate::terminal::Terminal;
use clap::Args;
use gatekeeper_core::Engine;
use gatekeeper_core::input::Limits;
use gatekeeper_core::output::{Output, Style, line};
use gatekeeper_core::verdict::Verdict;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Arguments of `render`.
#[derive(Debug, Args)]
pub struct RenderArgs {
    /// The verdict, as `check --format json` wrote it; - is standard input
    #[arg(value_name = "VERDICT")]
    verdict: PathBuf,
    /// How to show it: any output of `check`
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: String,
    /// The working tree of the commit that was judged: SARIF's results get the fingerprints of their lines from it
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Where to write it; - is standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
}

/// Runs `render`. The exit code says whether it was written, not what the verdict is.
pub fn run(
    engine: &Engine,
    args: &RenderArgs,
    terminal: Terminal,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let Some(output) = engine.outputs().by_id(&args.format) else {
        let known: Vec<&str> = engine.outputs().iter().map(Output::id).collect();
        writeln!(err, "gatekeeper: there is no output `{}`: there are {}", line(&args.format), known.join(", "))?;
        return Ok(exit::USAGE);
    };
    let Some(mut verdict) = stored(&args.verdict, err)? else { return Ok(exit::USAGE) };
    if let Some(root) = &args.root {
        if !root.is_dir() {
            writeln!(err, "gatekeeper: --root {}: there is no such folder", line(&root.display().to_string()))?;
            return Ok(exit::USAGE);
        }
        if output.wants_details() {
            engine.hash_lines(&mut verdict, root);
        }
    }
    if args.output == Path::new("-") {
        let style = terminal.style();
        output.write(&verdict, &style, out)?;
        return Ok(exit::PASS);
    }
    let mut bytes = Vec::new();
    output.write(&verdict, &Style::default(), &mut bytes)?;
    if let Err(e) = write_whole(&args.output, &bytes) {
        writeln!(err, "gatekeeper: cannot write {}: {e}", line(&args.output.display().to_string()))?;
        return Ok(exit::USAGE);
    }
    Ok(exit::PASS)
}

/// A stored verdict whose parts agree; `None` where there is none, after that was said.
pub(super) fn stored(path: &Path, err: &mut dyn Write) -> io::Result<Option<Verdict>> {
    let Some(verdict) = as_written(path, err)? else { return Ok(None) };
    match proof::sound(verdict) {
        Ok(verdict) => Ok(Some(verdict)),
        Err(refusal) => {
            let name = line(&path.display().to_string());
            writeln!(err, "gatekeeper: {name}: {}; `gatekeeper verify` lists all of it", line(&refusal.line()))?;
            Ok(None)
        }
    }
}

/// A stored verdict, whether or not its parts agree; `None` where there is none, after that was said.
pub(super) fn as_written(path: &Path, err: &mut dyn Write) -> io::Result<Option<Verdict>> {
    match read(path) {
        Ok(verdict) => Ok(Some(verdict)),
        Err(why) => {
            let name = line(&path.display().to_string());
            writeln!(err, "gatekeeper: {name}: {}: give it what `gatekeeper check --format json` wrote", line(&why))?;
            Ok(None)
        }
    }
}

/// Reads a stored verdict.
pub(super) fn read(path: &Path) -> Result<Verdict, String> {
    let most = Limits::default().file_bytes;
    let mut bytes = Vec::new();
    let read = match path == Path::new("-") {
        true => io::stdin().take(most.saturating_add(1)).read_to_end(&mut bytes),
        false => File::open(path).and_then(|file| file.take(most.saturating_add(1)).read_to_end(&mut bytes)),
    };
    read.map_err(|e| e.to_string())?;
    if u64::try_from(bytes.len()).is_ok_and(|n| n > most) {
        return Err(format!("it is larger than {most} bytes"));
    }
    proof::verdict(&bytes).map_err(|e| e.line())
}
