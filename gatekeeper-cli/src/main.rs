//! The gatekeeper command line: only the licence command yet.

mod cmd {
    pub mod license;
}

use clap::Parser;

#[derive(Parser)]
#[command(name = "gatekeeper")]
enum Cli {
    License(cmd::license::LicenseArgs),
}

fn main() -> std::process::ExitCode {
    let Cli::License(args) = Cli::parse();
    match cmd::license::run(&args, &mut std::io::stdout().lock(), &mut std::io::stderr().lock()) {
        Ok(code) => code.into(),
        Err(_) => 2.into(),
    }
}
