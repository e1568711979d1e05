//! A project's evidence, judged from a program. Run it: `cargo run --example judge_folder -- PATH`.

use gatekeeper_core::{CheckRequest, Context, Engine};
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs().try_into()?;
    let verdict = Engine::default().check(&CheckRequest::new(folder, Context::at(now)))?;
    let mut out = std::io::stdout().lock();
    for gate in &verdict.gates {
        writeln!(out, "{:<12} {:<12} {}", gate.name, gate.status.as_str(), gate.reason)?;
    }
    // 0 pass or warn, 1 fail, 3 unknown: anything but 0 is no pass.
    std::process::exit(i32::from(verdict.exit_code));
}
