//! The `gatekeeper` program: hands the arguments to [`gatekeeper_cli::run`] and exits with its answer.

#![forbid(unsafe_code)]

use std::io::BufWriter;
use std::process::ExitCode;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut out = BufWriter::new(std::io::stdout());
    let code = gatekeeper_cli::run(
        std::env::args_os(),
        gatekeeper_cli::Terminal::of_stdout(),
        &mut out,
        &mut std::io::stderr(),
    );
    ExitCode::from(code)
}
