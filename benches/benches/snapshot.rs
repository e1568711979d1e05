//! A snapshot of 100,000 cases and 20,000 findings: written and read in half a second. Writing is what taking it costs beyond the run that it is
//! taken of.
//!
//! `cargo bench -p gatekeeper-benches --bench snapshot`

#![allow(clippy::panic, clippy::unwrap_used, missing_docs, reason = "a bench or test that cannot go on stops")]

use divan::{Bencher, black_box};
use gatekeeper_core::{CheckRequest, Context, Engine};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::OnceLock;

fn main() {
    divan::main();
}

/// A project with a policy, 1,000 suites of 100 cases and 20,000 findings in 400 files.
fn project() -> &'static PathBuf {
    static PROJECT: OnceLock<PathBuf> = OnceLock::new();
    PROJECT.get_or_init(|| {
        let root = std::env::temp_dir().join(format!("gatekeeper-bench-snapshot-{}", std::process::id()));
        std::fs::create_dir_all(&root).unwrap();
        let mut cases = String::from("<testsuites>\n");
        for suite in 0..1_000 {
            let _ = writeln!(cases, "<testsuite name=\"org.example.Suite{suite}\">");
            for case in 0..100 {
                let _ = writeln!(cases, "<testcase classname=\"org.example.Suite{suite}\" name=\"case {case}\" time=\"0.0{case}\"/>");
            }
            cases.push_str("</testsuite>\n");
        }
        cases.push_str("</testsuites>\n");
        std::fs::write(root.join("junit.xml"), cases).unwrap();
        let mut found = String::from("{\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"lint\"}},\"results\":[");
        for n in 0..20_000 {
            let comma = if n == 0 { "" } else { "," };
            let _ = write!(
                found,
                "{comma}{{\"ruleId\":\"R{}\",\"level\":\"warning\",\"message\":{{\"text\":\"name {n} is not used\"}},\"locations\":[{{\"physicalLocation\":\
                 {{\"artifactLocation\":{{\"uri\":\"src/file_{}.c\"}},\"region\":{{\"startLine\":{}}}}}}}]}}",
                n % 50,
                n % 400,
                n % 900 + 1
            );
        }
        found.push_str("]}]}");
        std::fs::write(root.join("lint.sarif"), found).unwrap();
        let policy = "version = 1\n[[evidence]]\npaths = [\"junit.xml\", \"lint.sarif\"]\n[gates.tests]\nrule = \"tests\"\n\
                      [gates.lint]\nrule = \"findings\"\nmax = { total = 20000 }\n";
        std::fs::write(root.join("gatekeeper.toml"), policy).unwrap();
        root
    })
}

fn request() -> CheckRequest {
    CheckRequest::new(project().clone(), Context::at(1_780_272_000))
}

#[divan::bench(sample_count = 10)]
fn the_run_alone(bencher: Bencher<'_, '_>) {
    let request = request();
    bencher.bench(|| Engine::default().check(black_box(&request)).unwrap());
}

#[divan::bench(sample_count = 10)]
fn the_run_and_its_snapshot(bencher: Bencher<'_, '_>) {
    let request = request();
    bencher.bench(|| Engine::default().snapshot(black_box(&request)).unwrap());
}

#[divan::bench(sample_count = 10)]
fn reading_it(bencher: Bencher<'_, '_>) {
    let taken = Engine::default().snapshot(&request()).unwrap();
    let engine = Engine::default();
    bencher.bench(|| engine.read_snapshot("base.snap", black_box(taken.text.as_bytes())).unwrap());
}
