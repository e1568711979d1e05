//! `gatekeeper record --tool NAME -- COMMAND...`: runs it, shows its output, keeps output and exit status as one evidence file, with the digests
//! of the reports that it wrote.

mod reports;
mod slot;

use crate::exit;
use crate::files::write_whole;
use clap::Args;
use gatekeeper_core::evidence::command::Report;
use gatekeeper_core::evidence::hash::sha256_hex;
use gatekeeper_core::output::line;
use gatekeeper_core::record::Header;
use reports::Watched;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Exit status of a command that could not be started, as shells give it.
const NOT_STARTED: i32 = 127;

/// Arguments of `record`.
#[derive(Debug, Args)]
pub struct RecordArgs {
    /// Whose output it is: compile, dialyzer, xref, eunit, ct, proper, cover, or any name
    #[arg(long, value_name = "NAME")]
    tool: String,
    /// A report that the command writes (a file or a quoted pattern): its digest is kept with the exit status; repeatable
    #[arg(long, value_name = "FILE")]
    report: Vec<String>,
    /// Where to keep it; otherwise gatekeeper-records/NAME.record, where `check` looks (NAME-2.record where that is taken)
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Take the place of earlier recordings of this tool; otherwise they stay, and each counts
    #[arg(long)]
    replace: bool,
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
    let watched = match Watched::before(&args.report) {
        Ok(watched) => watched,
        Err(words) => {
            writeln!(err, "gatekeeper: --report {}", line(&words))?;
            return Ok(exit::USAGE);
        }
    };
    let started = jiff::Timestamp::now();
    let mut header = Header {
        version: 1,
        tool: args.tool.clone(),
        command: args.command.iter().map(|a| a.to_string_lossy().into_owned()).collect(),
        exit_status: None,
        signal: None,
        started: whole_second(started),
        ended: String::new(),
        bytes: 0,
        sha256: sha256_hex(b""),
        reports: Vec::new(),
        unfinished: true,
    };
    // What begins and never ends leaves this behind. A recording of an earlier run in the same place must not outlive the start of this one.
    let claimed = slot::claim(args.output.as_deref(), &args.tool, args.replace, &written(&header, b"")?);
    let file = match claimed {
        Ok(claimed) => {
            if claimed.beside > 0 {
                writeln!(
                    err,
                    "gatekeeper: {} earlier recording{} of {} stay{} and count{} too (--replace takes their place)",
                    claimed.beside,
                    if claimed.beside == 1 { "" } else { "s" },
                    args.tool,
                    if claimed.beside == 1 { "s" } else { "" },
                    if claimed.beside == 1 { "s" } else { "" },
                )?;
            }
            claimed.file
        }
        Err(e) => {
            writeln!(err, "gatekeeper: cannot write a recording of {}: {e}", args.tool)?;
            return Ok(exit::USAGE);
        }
    };
    let ended = run_command(program, arguments, out, err)?;
    header.unfinished = false;
    header.exit_status = ended.status;
    header.signal = ended.signal;
    header.ended = whole_second(jiff::Timestamp::now());
    header.bytes = u64::try_from(ended.output.len()).unwrap_or(u64::MAX);
    header.sha256 = sha256_hex(&ended.output);
    header.reports = watched.after(&file);
    let place = file.to_string_lossy().replace('\\', "/");
    let shown = |r: &Report| line(&r.beside(&place).unwrap_or_else(|| r.path.clone()));
    let unwritten: Vec<String> = header.reports.iter().filter(|r| r.sha256.is_none()).map(shown).collect();
    if let Err(e) = write_whole(&file, &written(&header, &ended.output)?) {
        writeln!(err, "gatekeeper: cannot write {}: {e}", line(&file.display().to_string()))?;
        return Ok(exit::USAGE);
    }
    if !unwritten.is_empty() {
        writeln!(
            err,
            "gatekeeper: the command did not write {}: it is not there, or is an older run's (delete what an earlier run left before recording)",
            unwritten.join(", ")
        )?;
    }
    Ok(match (ended.status, ended.signal) {
        // The command says that all is well, and its report cannot be seen.
        (Some(0), _) if !unwritten.is_empty() => exit::UNKNOWN,
        (Some(code), _) => u8::try_from(code & 0xFF).unwrap_or(exit::FAIL),
        // As shells answer for a command that a signal ended.
        (None, Some(signal)) => u8::try_from(128_i32.saturating_add(signal)).unwrap_or(exit::FAIL),
        (None, None) => exit::FAIL,
    })
}

/// The bytes of a recording.
fn written(header: &Header, output: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(header)?;
    bytes.push(b'\n');
    bytes.extend_from_slice(output);
    Ok(bytes)
}

/// How a command ended, and what it printed.
struct Ended {
    status: Option<i32>,
    signal: Option<i32>,
    output: Vec<u8>,
}

fn run_command(
    program: &OsString,
    arguments: &[OsString],
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Ended> {
    let (mut reader, writer) = io::pipe()?;
    let mut output = Vec::new();
    let child = Command::new(program)
        .args(arguments)
        .stdout(Stdio::from(writer.try_clone()?))
        .stderr(Stdio::from(writer))
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(e) => {
            let message = format!("gatekeeper: cannot start {}: {e}\n", Path::new(program).display());
            err.write_all(message.as_bytes())?;
            return Ok(Ended { status: Some(NOT_STARTED), signal: None, output: message.into_bytes() });
        }
    };
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
    Ok(Ended { status: ended.code(), signal: signal(&ended), output })
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
