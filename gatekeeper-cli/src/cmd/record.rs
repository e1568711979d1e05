//! `gatekeeper record --tool NAME -- COMMAND...`: runs it, shows its output, keeps output and exit status as one evidence file.

use crate::exit;
use crate::files::{remove_old, write_whole};
use clap::Args;
use gatekeeper_core::evidence::hash::sha256_hex;
use gatekeeper_core::output::line;
use gatekeeper_core::record::Header;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Exit status of a command that could not be started, as shells give it.
const NOT_STARTED: i32 = 127;

/// Arguments of `record`.
#[derive(Debug, Args)]
pub struct RecordArgs {
    /// Whose output it is: compile, dialyzer, xref, eunit, ct, proper, cover, or any name
    #[arg(long, value_name = "NAME")]
    tool: String,
    /// Where to keep it; otherwise gatekeeper-records/NAME.record, where `check` looks
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Runs `record` and passes the command's exit status on.
pub fn run(args: &RecordArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if args.tool.is_empty() || args.tool.starts_with('.') || !args.tool.chars().all(fits) {
        writeln!(err, "gatekeeper: --tool takes letters, digits, `-`, `_` and `.`, not `{}`", line(&args.tool))?;
        return Ok(exit::USAGE);
    }
    let Some((program, arguments)) = args.command.split_first() else { return Ok(exit::USAGE) };
    let file = args
        .output
        .clone()
        .unwrap_or_else(|| PathBuf::from("gatekeeper-records").join(format!("{}.record", args.tool)));
    // The recording of an earlier run must not outlive the start of this one.
    if let Err(e) = remove_old(&file) {
        writeln!(err, "gatekeeper: cannot replace {}: {e}", file.display())?;
        return Ok(exit::USAGE);
    }
    let started = jiff::Timestamp::now();
    let (mut reader, writer) = io::pipe()?;
    let mut output = Vec::new();
    let child = Command::new(program)
        .args(arguments)
        .stdout(Stdio::from(writer.try_clone()?))
        .stderr(Stdio::from(writer))
        .spawn();
    let (status, signal) = match child {
        Ok(mut child) => {
            let mut buffer = [0; 16 * 1024];
            loop {
                let n = match reader.read(&mut buffer) {
                    Ok(n) => n,
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                    Err(e) => return Err(e),
                };
                let Some(piece) = buffer.get(..n).filter(|p| !p.is_empty()) else { break };
                output.extend_from_slice(piece);
                // Somebody may stop reading; the recording goes on.
                let _ = out.write_all(piece).and_then(|()| out.flush());
            }
            let ended = child.wait()?;
            (ended.code(), signal(&ended))
        }
        Err(e) => {
            let message = format!("gatekeeper: cannot start {}: {e}\n", program.display());
            err.write_all(message.as_bytes())?;
            output = message.into_bytes();
            (Some(NOT_STARTED), None)
        }
    };
    let ended = jiff::Timestamp::now();
    let header = Header {
        version: 1,
        tool: args.tool.clone(),
        command: args.command.iter().map(|a| a.to_string_lossy().into_owned()).collect(),
        exit_status: status,
        signal,
        started: whole_second(started),
        ended: whole_second(ended),
        bytes: u64::try_from(output.len()).unwrap_or(u64::MAX),
        sha256: sha256_hex(&output),
    };
    let mut bytes = serde_json::to_vec(&header)?;
    bytes.push(b'\n');
    bytes.extend_from_slice(&output);
    if let Err(e) = write_whole(&file, &bytes) {
        writeln!(err, "gatekeeper: cannot write {}: {e}", file.display())?;
        return Ok(exit::USAGE);
    }
    Ok(match (status, signal) {
        (Some(code), _) => u8::try_from(code & 0xFF).unwrap_or(exit::FAIL),
        // As shells answer for a command that a signal ended.
        (None, Some(signal)) => u8::try_from(128_i32.saturating_add(signal)).unwrap_or(exit::FAIL),
        (None, None) => exit::FAIL,
    })
}

fn whole_second(t: jiff::Timestamp) -> String {
    jiff::Timestamp::from_second(t.as_second()).map(|t| t.to_string()).unwrap_or_default()
}

#[cfg(unix)]
fn signal(status: &std::process::ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(status)
}

#[cfg(not(unix))]
fn signal(_: &std::process::ExitStatus) -> Option<i32> {
    None
}
