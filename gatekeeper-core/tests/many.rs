//! Many gates over many files: the same bytes whatever the number of threads and the order in which folders list their files.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use gatekeeper_core::{CheckRequest, Context, Engine};
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

const PARTS: usize = 12;

/// A project of tests and coverage in parts, each with gates of its own; its files are written in this order.
fn project(name: &str, backwards: bool) -> PathBuf {
    let root = std::env::temp_dir().join(format!("gatekeeper-many-{}-{name}", std::process::id()));
    let mut files = Vec::new();
    let mut policy = String::from("version = 1\n");
    for part in 0..PARTS {
        for n in 0..4 {
            let failed = if part == 7 && n == 2 { "<failure message=\"no\"/>" } else { "" };
            let cases: String = (0..20)
                .map(|c| {
                    format!("<testcase classname=\"s{part}\" name=\"case {n} {c}\" time=\"0.1\">{failed}</testcase>")
                })
                .collect();
            files.push((format!("p{part}/t{n}.xml"), format!("<testsuite name=\"s{part}\">{cases}</testsuite>")));
            let lines: String = (1..40).map(|l| format!("DA:{l},{}\n", (l + n) % 3)).collect();
            files.push((format!("p{part}/c{n}.info"), format!("TN:\nSF:src/{part}/{n}.c\n{lines}end_of_record\n")));
        }
        let _ = write!(
            policy,
            "[[evidence]]\nname = \"p{part}\"\npaths = [\"p{part}/*\"]\nmin-matched = 0\n[gates.t{part}]\nrule = \"tests\"\nevidence = [\"p{part}\"]\n\
             [gates.c{part}]\nrule = \"coverage\"\nevidence = [\"p{part}\"]\nlines = 60\n"
        );
    }
    files.push(("gatekeeper.toml".to_owned(), policy));
    if backwards {
        files.reverse();
    }
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

#[test]
fn threads_and_the_order_of_files_change_no_byte() {
    let roots = [project("forth", false), project("back", true)];
    let mut all = Vec::new();
    for root in &roots {
        for threads in [1, 2, 16] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let request = CheckRequest::new(root.clone(), Context::at(1_780_272_000));
            let verdict = pool.install(|| Engine::default().check(&request)).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(verdict.gates.len(), 2 * PARTS);
            all.push((threads, serde_json::to_string(&verdict).unwrap()));
        }
        fs::remove_dir_all(root).unwrap();
    }
    let first = &all[0].1;
    assert!(first.contains("case 2 0") && first.len() > 10_000);
    for (threads, text) in &all {
        assert!(text == first, "{threads} threads: {text}\n{first}");
    }
}
