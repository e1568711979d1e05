//! 500 gates over 2,000 files of 200 MB, beside nothing but reading and telling of the same files: judging is to cost a fifth of it at most.
//!
//! `cargo bench -p gatekeeper-benches --bench many`

#![allow(clippy::panic, clippy::unwrap_used, missing_docs, reason = "a bench or test that cannot go on stops")]

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use gatekeeper_core::{CheckRequest, Context, Engine, ReadOptions};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::OnceLock;

fn main() {
    divan::main();
    let _ = std::fs::remove_dir_all(&project().0);
}

/// 1,000 files of tests and 1,000 of coverage, and two gates for each 250th of them.
fn project() -> &'static (PathBuf, Vec<PathBuf>, u64) {
    static PROJECT: OnceLock<(PathBuf, Vec<PathBuf>, u64)> = OnceLock::new();
    PROJECT.get_or_init(|| {
        let root = std::env::temp_dir().join(format!("gatekeeper-bench-many-{}", std::process::id()));
        let (mut files, mut bytes) = (Vec::new(), 0_u64);
        let mut put = |path: PathBuf, text: String| {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            bytes += u64::try_from(text.len()).unwrap();
            std::fs::write(&path, text).unwrap();
            files.push(path);
        };
        for n in 0..1_000 {
            let folder = root.join(format!("a{}", n % 250));
            let mut tests = format!("<testsuite name=\"org.example.Suite{n}\" tests=\"1050\">\n");
            for case in 0..1_050 {
                let _ = writeln!(tests, "<testcase classname=\"org.example.Suite{n}\" name=\"a case that says what it does, number {case}\" time=\"0.0{case}\"/>");
            }
            tests.push_str("</testsuite>\n");
            put(folder.join(format!("junit/TEST-{n}.xml")), tests);
            let mut covered = String::from("TN:\n");
            for file in 0..10 {
                let _ = writeln!(covered, "SF:src/m{n}/f{file}.c");
                for line in 1..1_000 {
                    let _ = writeln!(covered, "DA:{line},{}", line % 7);
                }
                covered.push_str("end_of_record\n");
            }
            put(folder.join(format!("cov/cov-{n}.info")), covered);
        }
        let mut policy = String::from("version = 1\n");
        for n in 0..250 {
            let _ = write!(
                policy,
                "[[evidence]]\nname = \"t{n}\"\npaths = [\"a{n}/junit/*.xml\"]\n[[evidence]]\nname = \"c{n}\"\npaths = [\"a{n}/cov/*.info\"]\nmin-matched = 0\n\
                 [gates.t{n}]\nrule = \"tests\"\nevidence = [\"t{n}\"]\nmax-failed = 0\n[gates.c{n}]\nrule = \"coverage\"\nevidence = [\"c{n}\"]\nlines = 50\n"
            );
        }
        std::fs::write(root.join("gatekeeper.toml"), policy).unwrap();
        (root, files, bytes)
    })
}

#[divan::bench(sample_count = 5)]
fn inspecting_them(bencher: Bencher<'_, '_>) {
    let (_, files, bytes) = project();
    let engine = Engine::default();
    bencher.counter(BytesCount::new(*bytes)).bench(|| engine.inspect(black_box(files), &ReadOptions::default()));
}

#[divan::bench(sample_count = 5)]
fn judging_them(bencher: Bencher<'_, '_>) {
    let (root, _, bytes) = project();
    let request = CheckRequest::new(root.clone(), Context::at(1_780_272_000));
    let verdict = Engine::default().check(&request).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((verdict.gates.len(), verdict.status.exit_code()), (500, 0), "{}", verdict.summary);
    bencher.counter(BytesCount::new(*bytes)).bench(|| Engine::default().check(black_box(&request)));
}
