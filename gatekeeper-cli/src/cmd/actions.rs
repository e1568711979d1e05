//! A step of GitHub Actions: annotations, the step's summary, the step's outputs.

use super::judge::Refused;
use crate::front::Judged;
use gatekeeper_core::Engine;
use gatekeeper_core::output::{policy_annotation, step_summary};
use gatekeeper_core::verdict::{GateStatus, Overall, Verdict};
use std::io::{self, Write};

/// Whether this runs in GitHub Actions.
pub(super) fn in_github() -> bool {
    std::env::var("GITHUB_ACTIONS").as_deref() == Ok("true")
}

/// In GitHub Actions: annotations, the step's summary, the step's outputs.
pub(super) fn github(
    engine: &Engine,
    verdict: &Judged,
    annotate: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<()> {
    if annotate {
        out.write_all(&verdict.written(engine, "github")?)?;
    }
    let verdict = verdict.plain();
    summarise(|taken| step_summary(verdict, taken), err)?;
    outputs(verdict.status.as_str(), verdict.exit_code, Some(verdict), err)?;
    if verdict.status == Overall::Unknown {
        writeln!(err, "gatekeeper: nothing failed, but a blocking gate could not be judged (exit code 3)")?;
    }
    Ok(())
}

/// The same where nothing was judged: each mistake of the policy at its line, and outputs that no step takes for a pass.
pub(super) fn github_refused(
    refused: &Refused,
    annotate: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<()> {
    /// As many as GitHub shows of a step.
    const MOST: usize = 10;
    let Refused { code, document } = refused;
    if annotate {
        let file = document.file.as_deref().unwrap_or_default();
        let whole = [(file, document.line, document.column, document.message.clone())];
        let each = document.problems.iter().map(|p| {
            let help = p.help.as_ref().map(|h| format!("\n{h}")).unwrap_or_default();
            (p.file.as_deref().unwrap_or(file), p.line, p.column, format!("{}{help}", p.message))
        });
        let mistakes: Vec<_> = if document.problems.is_empty() { whole.to_vec() } else { each.collect() };
        for (file, line, column, message) in mistakes.iter().take(MOST) {
            writeln!(out, "{}", policy_annotation(file, *line, *column, message))?;
        }
    }
    github_nothing("error", *code, "The policy cannot be used", err)
}

/// The step's summary and outputs where there is no verdict; `why` is a sentence of ours.
pub(super) fn github_nothing(status: &str, code: u8, why: &str, err: &mut dyn Write) -> io::Result<()> {
    let summary = format!("## ❓ Quality gates: nothing was judged\n\n{why}: see the annotations or the log.\n");
    summarise(|_| Some(summary), err)?;
    outputs(status, code, None, err)
}

/// The step's outputs: the whole and what is to be done; for the action, which asks, also how many gates passed, failed and could not be judged.
fn outputs(status: &str, code: u8, verdict: Option<&Verdict>, err: &mut dyn Write) -> io::Result<()> {
    let mut lines = format!("status={status}\nexit-code={code}\n");
    let mut gates = [("passed", 0_u64), ("failed", 0), ("unknown", 0)];
    for gate in verdict.iter().flat_map(|v| &v.gates) {
        let name = match gate.status {
            GateStatus::Pass | GateStatus::Warn => "passed",
            GateStatus::Fail => "failed",
            GateStatus::Missing | GateStatus::Error | GateStatus::Inconclusive => "unknown",
            GateStatus::Skip => continue,
        };
        gates.iter_mut().filter(|(n, _)| *n == name).for_each(|(_, count)| *count += 1);
    }
    if verdict.is_some() && std::env::var_os("GATEKEEPER_STEP_COUNTS").is_some_and(|asked| asked == "true") {
        lines.extend(gates.map(|(name, count)| format!("{name}={count}\n")));
    }
    let triggers = verdict.map(|v| v.triggers.as_slice()).unwrap_or_default();
    if !triggers.is_empty() {
        // A policy's word goes into a file of lines: nothing in it may end one.
        let plain = |c: char| if c.is_ascii_alphanumeric() || "_-.".contains(c) { c } else { '-' };
        let words: Vec<String> = triggers.iter().map(|word| word.chars().map(plain).collect()).collect();
        lines.push_str(&format!("triggers={}\n", words.join(",")));
    }
    append("GITHUB_OUTPUT", lines.as_bytes(), err)
}

/// Adds to the step's summary what is made for it: told how many bytes stand there already, as a step has room for 1 MiB.
fn summarise(text: impl FnOnce(u64) -> Option<String>, err: &mut dyn Write) -> io::Result<()> {
    const NAME: &str = "GITHUB_STEP_SUMMARY";
    let there = std::env::var_os(NAME).and_then(|path| std::fs::metadata(path).ok()).map_or(0, |meta| meta.len());
    match text(there) {
        Some(text) => append(NAME, text.as_bytes(), err),
        None => {
            writeln!(err, "gatekeeper: the step's summary is full ({there} bytes of 1 MiB): the verdict is in the log")
        }
    }
}

/// Adds to the file that a variable names.
fn append(name: &str, bytes: &[u8], err: &mut dyn Write) -> io::Result<()> {
    let Some(path) = std::env::var_os(name).filter(|p| !p.is_empty()) else { return Ok(()) };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    if let Err(e) = file.and_then(|mut file| file.write_all(bytes)) {
        writeln!(err, "gatekeeper: cannot write ${name}: {e}")?;
    }
    Ok(())
}
