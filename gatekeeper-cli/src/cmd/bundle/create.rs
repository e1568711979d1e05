//! `gatekeeper bundle create VERDICT -o BUNDLE`.

use crate::cmd::render;
use crate::exit;
use crate::files::{judged_in, write_whole};
use clap::Args;
use gatekeeper_core::bundle::{self, MOST_BYTES, Piece};
use gatekeeper_core::collect;
use gatekeeper_core::evidence::glob::Pattern;
use gatekeeper_core::evidence::hash::sha256_hex;
use gatekeeper_core::input::Limits;
use gatekeeper_core::output::{inert, line};
use gatekeeper_core::verdict::Verdict;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Arguments of `bundle create`.
#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// The verdict, as `check --format json` wrote it; - is standard input
    #[arg(value_name = "VERDICT")]
    verdict: PathBuf,
    /// The bundle to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The folder that the evidence lies below; otherwise the one that the verdict names
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Leave out evidence whose path fits this pattern; it will be missing where the bundle is judged again; repeatable
    #[arg(long, value_name = "PATTERN", value_parser = pattern)]
    without: Vec<Pattern>,
    /// Most bytes of evidence
    #[arg(long, value_name = "SIZE", value_parser = crate::size::bytes, default_value_t = MOST_BYTES)]
    max_bytes: u64,
}

fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::new(text)
}

/// Runs it: 0 where the bundle was written, 2 where not.
pub(super) fn run(args: &CreateArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let Some(verdict) = render::as_written(&args.verdict, err)? else { return Ok(exit::USAGE) };
    let shown = line(&args.output.display().to_string());
    let overwritten = judged_in(&args.output, &verdict);
    let packed = match (overwritten, gathered(args, &verdict)) {
        (Some(judged), _) => Err(format!("{shown} would overwrite {judged}, which was judged: name another file")),
        (None, Err(why)) => Err(why),
        (None, Ok((pieces, left_out))) => {
            for (path, why) in left_out {
                writeln!(err, "gatekeeper: left out: {}: {why}", line(&path))?;
            }
            let count = pieces.len();
            let mut bytes = Vec::new();
            bundle::write(&verdict, pieces, &mut bytes).map_err(|e| e.to_string()).map(|()| (bytes, count))
        }
    };
    let written = packed.and_then(|(bytes, count)| {
        write_whole(&args.output, &bytes)
            .map_err(|e| format!("cannot write {shown}: {e}"))
            .map(|()| (bytes.len(), count))
    });
    match written {
        Ok((size, count)) => {
            let files = if count == 1 { "1 file" } else { &format!("{count} files") };
            let said = format!("{shown}: the verdict and {files} of evidence, {size} bytes");
            writeln!(out, "{}", inert(&said))?;
            Ok(exit::PASS)
        }
        Err(why) => {
            writeln!(err, "gatekeeper: {}", line(&why))?;
            Ok(exit::USAGE)
        }
    }
}

/// The evidence, and what of it is left out and why.
type Gathered = (Vec<Piece>, Vec<(String, &'static str)>);

/// Reads the verdict's evidence as it lies there now; what is no longer what was judged is refused.
fn gathered(args: &CreateArgs, verdict: &Verdict) -> Result<Gathered, String> {
    let root = args.root.clone().unwrap_or_else(|| PathBuf::from(&verdict.root));
    let judged = verdict.evidence.iter().map(|e| (&e.path, Some(&e.sha256)));
    let aside = verdict.set_aside.iter().map(|a| (&a.path, Some(&a.sha256).filter(|d| !d.is_empty())));
    // A report that could not be read stays one where it is judged again.
    let unread = verdict.problems.iter().map(|p| (&p.file, None));
    // What was read once and left aside as well is held to the digest.
    let mut wanted: BTreeMap<&String, Option<&String>> = unread.collect();
    wanted.extend(aside.chain(judged));
    let (mut pieces, mut left_out) = (Vec::new(), Vec::new());
    let mut left = args.max_bytes;
    for (path, sha256) in wanted {
        if args.without.iter().any(|p| p.is_match(path)) {
            left_out.push((path.clone(), "as --without says"));
            continue;
        }
        // What is named on the command line is named from the working directory.
        let places = [root.join(path), PathBuf::from(path)];
        let Some(file) = places.iter().find(|p| p.exists()) else {
            if sha256.is_some() {
                left_out.push((path.clone(), "it is not there"));
            }
            continue;
        };
        if file.is_dir() {
            left_out.push((path.clone(), "it is a folder"));
            continue;
        }
        if let Some(why) = bundle::refusal(path) {
            return Err(format!(
                "{path} {why}, which no path in a bundle may: judge from a folder that it lies below, or leave it out with --without"
            ));
        }
        let bytes = collect::read_whole(file, &Limits::of_files(Some(left))).map_err(|e| {
            format!("{path}: {}: a bundle holds {} bytes at most (--max-bytes)", e.words(), args.max_bytes)
        })?;
        if sha256.is_some_and(|known| *known != sha256_hex(&bytes)) {
            return Err(format!("{path} is no longer what was judged: run `gatekeeper check` again"));
        }
        left = left.saturating_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        pieces.push(Piece { path: path.clone(), bytes, modified: modified(file) });
    }
    Ok((pieces, left_out))
}

/// When a file was last written, seconds since 1970-01-01 UTC.
fn modified(file: &Path) -> Option<i64> {
    let time = std::fs::metadata(file).ok()?.modified().ok()?;
    i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}
