//! The `gatekeeper` program: hands the arguments to [`gatekeeper_cli::run`] and exits with its answer.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    let code = gatekeeper_cli::run(std::env::args_os(), &mut std::io::stdout().lock(), &mut std::io::stderr().lock());
    ExitCode::from(code)
}
