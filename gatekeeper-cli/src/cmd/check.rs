//! `gatekeeper check`: the main job.

use super::judge::{JudgeArgs, judge};
use super::{actions, render, replay};
use crate::exit;
use crate::files::{judged_in, named_twice, write_whole};
use crate::front::Judged;
use crate::terminal::Terminal;
use clap::Args;
use gatekeeper_core::Engine;
use gatekeeper_core::output::{Output, Outputs, line};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    judge: JudgeArgs,
    #[arg(long, value_name = "FORMAT", help = formats("How to show the verdict; human where none is given"))]
    format: Option<String>,
    /// Also write it as FORMAT to FILE, - is standard output; repeatable
    #[arg(long, value_name = "FORMAT=FILE", value_parser = report)]
    report: Vec<(String, PathBuf)>,
    /// Warnings make the verdict fail
    #[arg(long)]
    fail_on_warn: bool,
    /// Report, and exit with 0 whatever the verdict
    #[arg(long)]
    warn_only: bool,
    /// Judge this gate only, the others are skipped; repeatable
    #[arg(long, value_name = "GATE")]
    only: Vec<String>,
    /// Judge again as this kept verdict was judged, and say where the answer is another one
    #[arg(long, value_name = "VERDICT")]
    replay: Option<PathBuf>,
    /// Print no verdict: the exit code, --report and the step's summary and outputs tell it
    #[arg(short, long)]
    quiet: bool,
    /// Show every violation, condition and piece of evidence (human)
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,
    /// Put into JSON what the evidence holds beyond violations: coverage by file, tests, findings, packages
    #[arg(long)]
    details: bool,
}

fn formats(what: &str) -> String {
    let outputs = Outputs::default();
    format!("{what}: {}", outputs.iter().map(Output::id).collect::<Vec<_>>().join(", "))
}

pub(super) fn report(text: &str) -> Result<(String, PathBuf), String> {
    let (format, file) = text.split_once('=').ok_or_else(|| "write FORMAT=FILE".to_owned())?;
    if file.is_empty() {
        return Err("write FORMAT=FILE".to_owned());
    }
    Ok((format.to_owned(), PathBuf::from(file)))
}

/// Runs `check`.
pub fn run(
    engine: &Engine,
    args: &CheckArgs,
    terminal: Terminal,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    // What a report sends to standard output stands there alone.
    let to_stdout = args.report.iter().find(|(_, file)| file == Path::new("-"));
    if let (Some((report, _)), Some(format)) = (to_stdout, args.format.as_ref().filter(|_| !args.quiet)) {
        let (report, format) = (line(report), line(format));
        writeln!(
            err,
            "gatekeeper: --report {report}=- and --format {format} both write to standard output: give one of them a file"
        )?;
        return Ok(exit::USAGE);
    }
    let shown = args.format.as_deref().unwrap_or("human");
    for format in args.report.iter().map(|(format, _)| format.as_str()).chain([shown]) {
        if engine.outputs().by_id(format).is_none() {
            let known: Vec<&str> = engine.outputs().iter().map(Output::id).collect();
            writeln!(err, "gatekeeper: there is no output `{}`: there are {}", line(format), known.join(", "))?;
            return Ok(exit::USAGE);
        }
    }
    let files: Vec<&Path> = args.report.iter().map(|(_, file)| file.as_path()).collect();
    if let Some(file) = named_twice(&files) {
        writeln!(err, "gatekeeper: two --report name {}: give each a file of its own", line(&file.to_string_lossy()))?;
        return Ok(exit::USAGE);
    }
    let in_github = actions::in_github();
    // What is for people goes with what is for the runner; a document for programs stays whole.
    let annotate = in_github && shown == "human" && to_stdout.is_none() && !args.quiet;
    let mut asked = args.report.iter().map(|(format, _)| format.as_str()).chain([shown]);
    let wanted = asked.any(|id| engine.outputs().by_id(id).is_some_and(Output::wants_details));
    let kept = match &args.replay {
        None => None,
        Some(file) => match render::stored(file, err)? {
            None => return Ok(exit::USAGE),
            kept => kept,
        },
    };
    let mut asked_again = match kept.as_ref().map(|kept| replay::arguments(&args.judge, kept)) {
        None => args.judge.clone(),
        Some(Ok(asked)) => asked,
        Some(Err(all)) => {
            for why in all {
                writeln!(err, "gatekeeper: --replay: {}", line(&why))?;
            }
            return Ok(exit::USAGE);
        }
    };
    // A verdict that was kept with its details is judged again with them.
    let keep_details = args.details || kept.as_ref().is_some_and(|k| k.details.is_some());
    let details = keep_details || wanted;
    asked_again.silent = args.quiet;
    let before = kept.as_ref().map(|k| k.asked.clone()).unwrap_or_default();
    let only = if args.only.is_empty() { before.only } else { args.only.clone() };
    let fail_on_warn = args.fail_on_warn || before.fail_on_warn;
    let judged = judge(engine, &asked_again, only, fail_on_warn, details, terminal.color, err)?;
    let verdict = match judged {
        Ok(verdict) => verdict,
        Err(refused) => {
            if in_github {
                actions::github_refused(&refused, annotate || shown == "github", out, err)?;
            }
            return Ok(refused.code);
        }
    };
    for file in files {
        if let Some(judged) = judged_in(file, &verdict) {
            let (file, judged) = (file.to_string_lossy(), line(&judged));
            writeln!(
                err,
                "gatekeeper: --report {} would overwrite {judged}, which was judged: name another file",
                line(&file)
            )?;
            return Ok(exit::USAGE);
        }
    }
    let verdict = Judged::new(verdict, keep_details);
    // Every document is made before the first is written.
    let mut documents = Vec::with_capacity(args.report.len());
    let known = args.report.iter().filter_map(|(format, file)| Some((engine.outputs().by_id(format)?, file)));
    let (outputs, names): (Vec<&Output>, Vec<&PathBuf>) = known.unzip();
    for ((output, file), written) in outputs.iter().zip(names).zip(verdict.all_written(&outputs)) {
        let format = output.id();
        match written {
            Ok(bytes) => documents.push((file, bytes)),
            Err(e) => {
                writeln!(err, "gatekeeper: cannot write {} as {}: {e}", line(&file.to_string_lossy()), line(format))?;
                return Ok(exit::USAGE);
            }
        }
    }
    for (file, bytes) in documents {
        let written = if file == Path::new("-") { out.write_all(&bytes) } else { write_whole(file, &bytes) };
        if let Err(e) = written {
            writeln!(err, "gatekeeper: cannot write {}: {e}", line(&file.display().to_string()))?;
            return Ok(exit::USAGE);
        }
    }
    let style = terminal.style();
    let style = if args.verbose { style.verbose() } else { style };
    if let Some(output) = engine.outputs().by_id(shown).filter(|_| !args.quiet && to_stdout.is_none()) {
        output.write(verdict.verdict_for(output), &style, out)?;
    }
    if in_github {
        actions::github(engine, &verdict, annotate, out, err)?;
    }
    let code = match &kept {
        Some(kept) => replay::held_against(kept, verdict.plain(), err)?,
        None => verdict.plain().status.exit_code(),
    };
    Ok(if args.warn_only { exit::PASS } else { code })
}
