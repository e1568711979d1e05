//! `gatekeeper init`: a first policy for what lies here.

mod ci;

use crate::exit;
use crate::files::write_whole;
use crate::front;
use clap::Args;
use gatekeeper_core::output::{inert, line};
use gatekeeper_core::{Context, Engine, FirstPolicy};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The project's folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
    /// Where to write the policy; - is standard output
    #[arg(short, long, value_name = "FILE", default_value = "gatekeeper.toml")]
    output: PathBuf,
    /// Replace a policy that is there already
    #[arg(long)]
    force: bool,
    /// Also write what the CI service needs that is used here (GitHub, GitLab, Jenkins): a file of its own, never over one that is there
    #[arg(long)]
    write_ci: bool,
    /// The clock to judge by (RFC 3339), instead of this machine's
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
}

fn some(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// Runs `init`. The exit code says whether a policy was written, not what it gives.
pub fn run(engine: &Engine, args: &InitArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let now = match front::clock(args.now.as_deref()) {
        Ok(now) => now,
        Err(e) => {
            writeln!(err, "gatekeeper: {}", line(&e.line()))?;
            return Ok(exit::USAGE);
        }
    };
    let first = match engine.first_policy(&args.root, &Context::at(now)) {
        Ok(first) => first,
        Err(e) => {
            writeln!(err, "gatekeeper: {}", line(&e.to_string()))?;
            return Ok(exit::USAGE);
        }
    };
    let told = format!(
        "{} over {}; with what lies here it gives: {}: {}",
        some(first.verdict.gates.len(), "gate", "gates"),
        some(first.verdict.evidence.len(), "piece of evidence", "pieces of evidence"),
        first.verdict.status.as_str(),
        first.verdict.summary
    );
    if first.verdict.gates.is_empty() || first.verdict.evidence.is_empty() {
        writeln!(err, "gatekeeper: there is no evidence here that a policy could be written for. What makes some:")?;
        for how in &first.missing {
            writeln!(err, "  {}", line(how))?;
        }
        return Ok(exit::UNKNOWN);
    }
    if args.output == Path::new("-") {
        out.write_all(inert(&first.text).as_bytes())?;
        writeln!(err, "gatekeeper: {}", line(&told))?;
        return if args.write_ci { offer(args, &first, err) } else { Ok(exit::PASS) };
    }
    let file = args.root.join(&args.output);
    if !args.force && file.symlink_metadata().is_ok() {
        if args.write_ci {
            // The policy stays; what judges by it may still be missing.
            return offer(args, &first, out);
        }
        let name = line(&file.display().to_string()).to_string();
        writeln!(err, "gatekeeper: {name} is there already: --force replaces it, --output names another file")?;
        return Ok(exit::USAGE);
    }
    if let Err(e) = write_whole(&file, first.text.as_bytes()) {
        writeln!(err, "gatekeeper: cannot write {}: {e}", line(&file.display().to_string()))?;
        return Ok(exit::USAGE);
    }
    writeln!(out, "{}: {}", line(&file.display().to_string()), line(&told))?;
    for how in &first.missing {
        writeln!(out, "  not there yet: {}", line(how))?;
    }
    offer(args, &first, out)
}

/// Shows, or writes, what the CI services need that the project uses.
fn offer(args: &InitArgs, first: &FirstPolicy, out: &mut dyn Write) -> io::Result<u8> {
    let mut code = exit::PASS;
    let reports: Vec<String> = first.verdict.evidence.iter().map(|e| e.path.clone()).collect();
    for service in ci::offers(&args.root) {
        let file = args.root.join(service.file);
        let name = line(&file.display().to_string());
        let policy = if args.output == Path::new("-") { Path::new("gatekeeper.toml") } else { &args.output };
        let text = service.text(&policy.to_string_lossy(), &reports);
        let there = file.symlink_metadata().is_ok();
        if !args.write_ci {
            let how = if there { "is there already" } else { "gatekeeper init --write-ci writes it" };
            writeln!(out, "\n{}, as {name} ({how}):\n", service.name)?;
            text.lines().try_for_each(|l| writeln!(out, "    {}", line(l)))?;
        } else if there {
            writeln!(out, "{name} is there already and stays as it is")?;
        } else if let Err(e) = write_whole(&file, text.as_bytes()) {
            writeln!(out, "cannot write {name}: {e}")?;
            code = exit::USAGE;
        } else {
            writeln!(out, "{name}: written")?;
        }
        if let Some(then) = service.then {
            writeln!(out, "  {then}")?;
        }
    }
    Ok(code)
}
