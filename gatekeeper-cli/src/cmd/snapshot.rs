//! `gatekeeper snapshot`: writes down what a run saw, for later runs to be compared with, and mends that after a merge.

use super::by::{By, Largest};
use super::judge::refused;
use crate::exit;
use crate::files::{judged_in, write_whole};
use crate::front::{self, Request};
use crate::git;
use crate::policy_ref::folder;
use crate::terminal::Terminal;
use clap::Args;
use gatekeeper_core::Engine;
use gatekeeper_core::output::line;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Arguments of `snapshot`.
#[derive(Debug, Args)]
#[command(
    after_help = "Compare with it: gatekeeper check --baseline FILE. It is text, an entry a line, so that git merges two of them: \
                        after a merge, --fix takes both sides together and writes counts and digests again."
)]
pub struct SnapshotArgs {
    /// Files and folders to read instead of what the policy names
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    by: By,
    #[command(flatten)]
    largest: Largest,
    /// The commit that is judged; otherwise git is asked
    #[arg(long, value_name = "SHA")]
    commit: Option<String>,
    /// Its tree; otherwise git is asked
    #[arg(long, value_name = "SHA")]
    tree: Option<String>,
    /// Where to write it; otherwise standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Mend this snapshot after a merge instead: both sides together, counts and digests again
    #[arg(long, value_name = "FILE", conflicts_with_all = ["config", "root", "profile", "now", "commit", "tree", "paths"])]
    fix: Option<PathBuf>,
}

/// Runs `snapshot`. Its exit code says whether there is one, not what the verdict is.
pub fn run(
    engine: &Engine,
    args: &SnapshotArgs,
    terminal: Terminal,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    if let Some(file) = &args.fix {
        return fix(file, args, terminal, out, err);
    }
    let request = Request {
        revision: git::revision(&folder(args.by.root.as_deref()), args.commit.clone(), args.tree.clone()),
        paths: args.paths.clone(),
        config: args.by.config.clone(),
        root: args.by.root.clone(),
        profile: args.by.profile.clone(),
        now: args.by.now.clone(),
        max_bytes: Some(args.largest.max_bytes),
        ..Request::default()
    };
    let taken = match front::snapshot(engine, &request) {
        Ok(taken) => taken,
        Err(refusal) => return Ok(refused(&refusal, terminal.color, err)?.code),
    };
    if let Some(file) = &args.output
        && let Some(judged) = judged_in(file, &taken.verdict)
    {
        let (file, judged) = (line(&file.to_string_lossy()), line(&judged));
        writeln!(err, "gatekeeper: -o {file} would overwrite {judged}, which was judged: name another file")?;
        return Ok(exit::USAGE);
    }
    let code = put(args.output.as_deref(), &taken.text, out, err)?;
    if code == exit::PASS && !taken.complete {
        let why =
            "not all evidence could be read and judged, so the snapshot is marked and no run can be compared with it";
        writeln!(err, "gatekeeper: {why}: {}", line(&taken.verdict.summary))?;
    } else if code == exit::PASS && taken.verdict.status.exit_code() != exit::PASS {
        let status = taken.verdict.status.as_str();
        writeln!(err, "gatekeeper: the verdict of this snapshot is {status}: {}", line(&taken.verdict.summary))?;
    }
    Ok(code)
}

fn fix(
    file: &Path,
    args: &SnapshotArgs,
    terminal: Terminal,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let name = file.display().to_string();
    let read =
        front::read_whole(file, Some(args.largest.max_bytes)).and_then(|bytes| front::fix_snapshot(&name, &bytes));
    match read {
        Ok(text) => put(Some(args.output.as_deref().unwrap_or(file)), &text, out, err),
        Err(refusal) => Ok(refused(&refusal, terminal.color, err)?.code),
    }
}

/// Writes it whole.
fn put(file: Option<&Path>, text: &str, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    match file {
        None => out.write_all(text.as_bytes())?,
        Some(file) => {
            if let Err(e) = write_whole(file, text.as_bytes()) {
                writeln!(err, "gatekeeper: cannot write {}: {e}", line(&file.display().to_string()))?;
                return Ok(exit::USAGE);
            }
        }
    }
    Ok(exit::PASS)
}
