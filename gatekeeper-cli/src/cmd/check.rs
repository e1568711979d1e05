//! `gatekeeper check`: the main job.

use crate::exit;
use crate::files::{judged_in, named_twice, write_whole};
use crate::front::{self, Refusal, Request};
use crate::terminal::Terminal;
use clap::Args;
use gatekeeper_core::Engine;
use gatekeeper_core::input::Limits;
use gatekeeper_core::output::{Output, Outputs, Style, line};
use gatekeeper_core::verdict::{Overall, Verdict};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What to judge, by what: shared by `check` and `explain`.
#[derive(Debug, Args)]
pub struct JudgeArgs {
    /// Files and folders to read instead of what the policy names
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The policy; otherwise gatekeeper.toml is searched for here and in the parent folders
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder that the policy's patterns are relative to
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// The policy's profile to judge by
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The clock to judge by (RFC 3339), instead of this machine's
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    /// Largest file that is read, bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().file_bytes)]
    max_bytes: u64,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    judge: JudgeArgs,
    #[arg(long, value_name = "FORMAT", default_value = "human", help = formats("How to show the verdict"))]
    format: String,
    /// Also write it as FORMAT to FILE; repeatable
    #[arg(long, value_name = "FORMAT=FILE", value_parser = report)]
    report: Vec<(String, PathBuf)>,
    /// Warnings make the verdict fail
    #[arg(long)]
    fail_on_warn: bool,
    /// Report, and exit with 0 whatever the verdict
    #[arg(long)]
    warn_only: bool,
}

fn formats(what: &str) -> String {
    let outputs = Outputs::default();
    format!("{what}: {}", outputs.iter().map(Output::id).collect::<Vec<_>>().join(", "))
}

fn report(text: &str) -> Result<(String, PathBuf), String> {
    let (format, file) = text.split_once('=').ok_or_else(|| "write FORMAT=FILE".to_owned())?;
    if file.is_empty() {
        return Err("write FORMAT=FILE".to_owned());
    }
    Ok((format.to_owned(), PathBuf::from(file)))
}

/// Judges; a policy that cannot be used is shown, and answered with its exit code.
pub(crate) fn judge(
    engine: &Engine,
    args: &JudgeArgs,
    fail_on_warn: bool,
    color: bool,
    err: &mut dyn Write,
) -> io::Result<Result<Verdict, u8>> {
    let request = Request {
        paths: args.paths.clone(),
        config: args.config.clone(),
        root: args.root.clone(),
        profile: args.profile.clone(),
        now: args.now.clone(),
        max_bytes: Some(args.max_bytes),
        fail_on_warn,
    };
    match front::check(engine, &request) {
        Ok(verdict) => return Ok(Ok(verdict)),
        Err(Refusal::Policy(e)) => {
            // A mistake without a line to show starts one of its own.
            let name = if e.text.is_empty() { "gatekeeper: " } else { "" };
            writeln!(err, "{name}{}gatekeeper: the policy cannot be used, so nothing was judged", e.rendered(color))?;
        }
        Err(e) => writeln!(err, "gatekeeper: {}", e.line())?,
    }
    Ok(Err(exit::USAGE))
}

/// Runs `check`.
pub fn run(
    engine: &Engine,
    args: &CheckArgs,
    terminal: Terminal,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    for format in args.report.iter().map(|(format, _)| format).chain([&args.format]) {
        if engine.outputs().by_id(format).is_none() {
            let known: Vec<&str> = engine.outputs().iter().map(Output::id).collect();
            writeln!(err, "gatekeeper: there is no output `{format}`: there are {}", known.join(", "))?;
            return Ok(exit::USAGE);
        }
    }
    let files: Vec<&Path> = args.report.iter().map(|(_, file)| file.as_path()).collect();
    if let Some(file) = named_twice(&files) {
        writeln!(err, "gatekeeper: two --report name {}: give each a file of its own", line(&file.to_string_lossy()))?;
        return Ok(exit::USAGE);
    }
    let verdict = match judge(engine, &args.judge, args.fail_on_warn, terminal.color, err)? {
        Ok(verdict) => verdict,
        Err(code) => return Ok(code),
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
    let style = Style { color: terminal.color, width: terminal.width, ..Style::default() };
    for (format, file) in &args.report {
        if let Err(e) = write_as(engine, format, &verdict, &Style::default()).and_then(|b| write_whole(file, &b)) {
            writeln!(err, "gatekeeper: cannot write {}: {e}", file.display())?;
            return Ok(exit::USAGE);
        }
    }
    if let Some(output) = engine.outputs().by_id(&args.format) {
        output.write(&verdict, &style, out)?;
    }
    if std::env::var("GITHUB_ACTIONS").as_deref() == Ok("true") {
        github(engine, &verdict, args.format == "human", out, err)?;
    }
    Ok(if args.warn_only { exit::PASS } else { verdict.status.exit_code() })
}

fn write_as(engine: &Engine, format: &str, verdict: &Verdict, style: &Style) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(output) = engine.outputs().by_id(format) {
        output.write(verdict, style, &mut bytes)?;
    }
    Ok(bytes)
}

/// In GitHub Actions: annotations, the step's summary, the step's outputs.
fn github(
    engine: &Engine,
    verdict: &Verdict,
    annotate: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<()> {
    if annotate {
        out.write_all(&write_as(engine, "github", verdict, &Style::default())?)?;
    }
    let append = |name: &str, bytes: &[u8]| -> io::Result<()> {
        let Some(path) = std::env::var_os(name).filter(|p| !p.is_empty()) else { return Ok(()) };
        std::fs::OpenOptions::new().create(true).append(true).open(path)?.write_all(bytes)
    };
    let outputs = format!("status={}\nexit-code={}\n", verdict.status.as_str(), verdict.exit_code);
    let summary = write_as(engine, "markdown", verdict, &Style::default())?;
    for (name, bytes) in [("GITHUB_STEP_SUMMARY", summary.as_slice()), ("GITHUB_OUTPUT", outputs.as_bytes())] {
        if let Err(e) = append(name, bytes) {
            writeln!(err, "gatekeeper: cannot write ${name}: {e}")?;
        }
    }
    if verdict.status == Overall::Unknown {
        writeln!(err, "gatekeeper: nothing failed, but a blocking gate could not be judged (exit code 3)")?;
    }
    Ok(())
}
