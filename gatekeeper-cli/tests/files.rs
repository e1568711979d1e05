//! What lies in a folder is read in path order; what would never end is not waited for.
#![cfg(unix)]
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

use gatekeeper_cli::{Terminal, run};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("gatekeeper-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("inner")).unwrap();
    folder
}

fn inspect(arguments: &[&str]) -> (Vec<Value>, u8) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let all = ["gatekeeper", "inspect", "--format", "json"].iter().chain(arguments);
    let code = run(all, Terminal::PLAIN, &mut out, &mut err);
    (serde_json::from_slice(&out).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&err))), code)
}

fn names(answers: &[Value], folder: &Path) -> Vec<String> {
    let prefix = format!("{}/", folder.display());
    answers.iter().map(|a| a["file"].as_str().unwrap().replacen(&prefix, "", 1)).collect()
}

const GOOD: &str = r#"<testsuite name="s" tests="1"><testcase name="adds" classname="calc"/></testsuite>"#;

#[test]
fn a_folder_is_walked_in_path_order_and_a_pipe_in_it_is_refused() {
    let folder = folder("walk");
    for file in ["b.xml", "inner/c.xml", "a.xml"] {
        fs::write(folder.join(file), GOOD).unwrap();
    }
    assert!(Command::new("mkfifo").arg(folder.join("pipe.xml")).status().unwrap().success());
    let (answers, code) = inspect(&[folder.to_str().unwrap()]);
    assert_eq!(names(&answers, &folder), ["a.xml", "b.xml", "inner/c.xml", "pipe.xml"]);
    assert_eq!(answers[3]["error"]["code"], "io");
    assert!(answers[3]["error"]["message"].as_str().unwrap().contains("pipe.xml: "), "{}", answers[3]);
    assert_eq!((answers[2]["summary"]["passed"].as_u64(), code), (Some(1), 1));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_a_link_leads_to_is_read_up_to_the_limit() {
    let folder = folder("link");
    let link = folder.join("endless.xml");
    std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
    let (answers, code) = inspect(&["--max-bytes", "1000", link.to_str().unwrap()]);
    assert_eq!((answers[0]["error"]["code"].as_str(), code), (Some("limit-exceeded"), 1));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn nothing_of_a_report_reaches_the_terminal_as_a_command_to_it() {
    let folder = folder("escape");
    let file = folder.join("bold-\u{1b}[1m.info");
    fs::write(&file, "SF:a.c\nDA:1,1\n\u{1b}]0;title\u{7}\nend_of_record\n").unwrap();
    let kept = folder.join("kept.json");
    fs::write(
        &kept,
        r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"invocations":[{"executionSuccessful":true,
        "toolExecutionNotifications":[{"level":"error","message":{"text":"\u001b[31mred"}}]}],"results":[]}]}"#,
    )
    .unwrap();
    let mut out = Vec::new();
    run(
        ["gatekeeper", "inspect", file.to_str().unwrap(), kept.to_str().unwrap()],
        Terminal::PLAIN,
        &mut out,
        &mut Vec::new(),
    );
    let out = String::from_utf8(out).unwrap();
    assert!(!out.contains('\u{1b}') && out.contains("red"), "{out}");
    fs::remove_dir_all(&folder).unwrap();
}
