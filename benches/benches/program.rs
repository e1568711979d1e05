//! The program as it is used: its start, and the main job on the fixture (its reports read, ten gates judged).
//!
//! `cargo build --release && cargo bench -p gatekeeper-benches --bench program`

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a bench or test that cannot go on stops"
)]

use divan::{Bencher, black_box};
use gatekeeper_core::{CheckRequest, Context, Engine};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn main() {
    divan::main();
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

fn run(arguments: &[&str]) {
    let program = repository().join("target/release/gatekeeper");
    let done = Command::new(&program).args(arguments).current_dir(project()).stdout(Stdio::null()).status();
    let done = done.unwrap_or_else(|e| panic!("{}: {e}: build it with `cargo build --release`", program.display()));
    assert!(done.success(), "{arguments:?}: {done}");
}

fn project() -> PathBuf {
    repository().join("fixtures/erlang-umbrella/evidence/green")
}

#[divan::bench]
fn start_up() {
    run(&["--version"]);
}

#[divan::bench]
fn check_as_a_process() {
    run(&["check", "--now", "2026-01-01T00:00:00Z"]);
}

#[divan::bench]
fn check_in_memory(bencher: Bencher<'_, '_>) {
    let request = CheckRequest::new(project(), Context::without_clock());
    let verdict = Engine::default().check(&request).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(verdict.status.exit_code(), 0, "{}", verdict.summary);
    bencher.bench(|| Engine::default().check(black_box(&request)));
}
