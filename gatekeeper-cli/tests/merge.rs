//! `merge` writes what it read, once, under the names that it is told to use, and says what it left aside.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

use gatekeeper_cli::{Terminal, run};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("gatekeeper-merge-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("tree/src")).unwrap();
    folder
}

fn merge(folder: &Path, files: &[&str], more: &[&str]) -> (String, String, u8) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut arguments = vec!["gatekeeper".to_owned(), "merge".to_owned(), "-o".to_owned(), "-".to_owned()];
    arguments.extend(files.iter().map(|f| folder.join(f).display().to_string()));
    arguments.extend(more.iter().map(|a| (*a).to_owned()));
    let code = run(arguments, Terminal::PLAIN, &mut out, &mut err);
    (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap(), code)
}

#[test]
fn two_formats_of_one_run_count_once() {
    let folder = folder("twins");
    fs::write(folder.join("junit.xml"), r#"<testsuite name="s"><testcase name="adds" classname="calc"/></testsuite>"#)
        .unwrap();
    let ctrf = r#"{"results":{"tool":{"name":"x"},"summary":{"passed":1,"other":0},"tests":[{"name":"calc adds","status":"passed"}]}}"#;
    fs::write(folder.join("ctrf.json"), ctrf).unwrap();
    let (out, err, code) = merge(&folder, &["junit.xml", "ctrf.json"], &["--format", "json"]);
    assert_eq!(code, 0, "{err}");
    let document: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["counts"]["passed"], 1);
    assert!(err.contains("junit.xml is not counted") && err.contains("ctrf.json"), "{err}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn coverage_takes_the_names_of_a_tree() {
    let folder = folder("root");
    fs::write(folder.join("tree/src/a.c"), "x").unwrap();
    for (file, name) in [("a.info", "/ci/one/src/a.c"), ("b.info", "old/a.c"), ("c.info", "/usr/x.c")] {
        fs::write(folder.join(file), format!("SF:{name}\nDA:1,1\nend_of_record\n")).unwrap();
    }
    let root = folder.join("tree").display().to_string();
    let files = ["a.info", "b.info", "c.info"];
    let (out, err, code) =
        merge(&folder, &files, &["--format", "lcov", "--root", &root, "--strip", "old", "--prefix", "src"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(out.matches("SF:").count(), 2, "{out}");
    assert!(out.contains("SF:src/a.c\n") && out.contains("SF:/usr/x.c\n"), "{out}");
    assert!(err.contains("/usr/x.c is not a file in the tree"), "{err}");
    // Not unless asked.
    let (out, err, code) = merge(&folder, &files, &["--format", "lcov"]);
    assert_eq!((code, out.matches("SF:").count(), err.as_str()), (0, 3, ""));
    let (_, _, code) = merge(&folder, &files, &["--format", "lcov", "--strip", "old"]);
    assert_eq!(code, 2, "a prefix without a tree says nothing");
    fs::remove_dir_all(folder).unwrap();
}
