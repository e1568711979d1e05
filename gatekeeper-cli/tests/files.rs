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
fn a_device_or_pipe_behind_a_link_is_refused() {
    let folder = folder("link");
    let (link, pipe, to_pipe) = (folder.join("endless.xml"), folder.join("p"), folder.join("pipe.xml"));
    std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::os::unix::fs::symlink("p", &to_pipe).unwrap();
    for file in [&link, &to_pipe] {
        let (answers, code) = inspect(&[file.to_str().unwrap()]);
        assert_eq!((answers[0]["error"]["code"].as_str(), code), (Some("io"), 1), "{answers:?}");
    }
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

/// What a run of the program in a folder says, and its exit code.
fn check(folder: &Path, more: &[&str]) -> (String, u8) {
    let root = folder.to_str().unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let fixed = ["gatekeeper", "check", "--root", root];
    let all = fixed.iter().chain(more);
    let code = run(all, Terminal::PLAIN, &mut out, &mut err);
    (String::from_utf8([out, err].concat()).unwrap(), code)
}

const TESTS: &str = "version = 1\n[[evidence]]\npaths = [\"r/*.xml\"]\n[gates.g]\nrule = \"tests\"\n";

/// A project whose tests pass.
fn project(name: &str) -> PathBuf {
    let folder = folder(name);
    fs::create_dir(folder.join("r")).unwrap();
    fs::write(folder.join("r/a.xml"), GOOD).unwrap();
    fs::write(folder.join("gatekeeper.toml"), TESTS).unwrap();
    folder
}

#[test]
fn a_verdict_is_written_to_a_device_and_replaces_neither_it_nor_evidence_nor_another() {
    let folder = project("report");
    let at = |name: &str| format!("json={}", folder.join(name).display());
    std::os::unix::fs::symlink("/dev/null", folder.join("null")).unwrap();
    let (said, code) = check(&folder, &["--report", &at("null"), "--report", &at("null")]);
    assert_eq!(code, 0, "{said}");
    assert!(folder.join("null").is_symlink(), "the device has become a file");

    for (first, second, words) in [
        ("r/a.xml", "v", "which was judged"),
        ("inner/../r/a.xml", "v", "which was judged"),
        ("gatekeeper.toml", "v", "which was judged"),
        ("v", "inner/../v", "two --report name"),
    ] {
        let (said, code) = check(&folder, &["--report", &at(first), "--report", &at(second)]);
        assert!(code == 2 && said.contains(words), "{first} {second}: {code} {said}");
        assert!(!folder.join("v").exists());
    }
    assert_eq!(fs::read_to_string(folder.join("r/a.xml")).unwrap(), GOOD);
    assert!(Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap().success());
    let (said, code) = check(&folder, &["--report", &at("pipe")]);
    assert!(code == 2 && said.contains("is a pipe or a socket"), "{code} {said}");
    let (said, code) = check(&folder, &["--report", &at("v")]);
    assert!(code == 0 && fs::read_to_string(folder.join("v")).unwrap().contains("\"status\""), "{said}");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_recording_and_a_merge_leave_a_device_in_its_place() {
    let folder = project("device");
    let null = folder.join("null");
    std::os::unix::fs::symlink("/dev/null", &null).unwrap();
    let (null, report) = (null.to_str().unwrap(), folder.join("r/a.xml"));
    for arguments in [
        vec!["gatekeeper", "record", "--tool", "xref", "-o", null, "--", "true"],
        vec!["gatekeeper", "merge", "--format", "junit", "-o", null, report.to_str().unwrap()],
    ] {
        let code = run(&arguments, Terminal::PLAIN, &mut Vec::new(), &mut Vec::new());
        assert!(code == 0 && Path::new(null).is_symlink(), "{arguments:?}: {code}");
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_utf_8_is_read_and_two_that_look_alike_are_told() {
    use std::os::unix::ffi::OsStrExt;
    let folder = project("bytes");
    let named = |bytes: &[u8]| folder.join("r").join(std::ffi::OsStr::from_bytes(bytes));
    fs::remove_file(folder.join("r/a.xml")).unwrap();
    fs::write(named(b"\xff.xml"), GOOD).unwrap();
    let (said, code) = check(&folder, &[]);
    assert_eq!(code, 0, "{said}");
    let bad = GOOD.replace("/></", "><failure/></testcase></");
    fs::write(named(b"\xfe.xml"), bad).unwrap();
    let (said, code) = check(&folder, &[]);
    assert!(code != 0 && said.contains("two files have this name"), "{code} {said}");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_has_a_say_in_what_passes_is_read_whole_or_nothing_is_judged() {
    let folder = project("bounds");
    let policy = folder.join("gatekeeper.toml");
    let many = |n: usize, line: fn(usize) -> String| (0..n).map(line).collect::<String>();
    let rules = |n| {
        let list = many(n, |i| format!("\"x{i}\","));
        format!("version = 1\n[gates.g]\nrule = \"findings\"\nmax = {{ total = 0 }}\nrules = [{list}]\n")
    };
    let profiles = |n| {
        let all = many(n, |i| format!("[profiles.p{i}.gates.g]\nmin-pass-rate = 90\n"));
        format!("version = 1\n[gates.g]\nrule = \"tests\"\n{all}")
    };
    for (text, refused) in [
        (format!("{TESTS}# {}", "x".repeat(16 << 20)), "above the limit of 16777216"),
        (rules(1_001), "`rules` lists 1001 patterns, and may list 1000"),
        (rules(1_000), ""),
        (profiles(101), "at most 100 profiles, and this one has 101"),
        (profiles(100), ""),
    ] {
        fs::write(&policy, text).unwrap();
        let (said, code) = check(&folder, &[]);
        assert!((code == 2) != refused.is_empty() && said.contains(refused), "{refused}: {code} {said}");
    }
    fs::write(&policy, TESTS).unwrap();
    assert!(Command::new("mkfifo").arg(folder.join(".trivyignore")).status().unwrap().success());
    let (said, code) = check(&folder, &[]);
    assert!(code == 2 && said.contains(".trivyignore"), "{code} {said}");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn more_files_than_one_run_reads_are_no_evidence() {
    use gatekeeper_core::{CheckRequest, Context, Engine};
    let folder = project("files");
    for name in ["r/TEST-b.xml", "r/TEST-c.xml"] {
        fs::write(folder.join(name), GOOD).unwrap();
    }
    let code = |files: usize| {
        let mut context = Context::at(1_800_000_000);
        context.limits.files = files;
        Engine::default().check(&CheckRequest::new(folder.as_path(), context)).unwrap().exit_code
    };
    assert_eq!([code(3), code(2)], [0, 3]);
    // In the usual places, too.
    fs::write(folder.join("gatekeeper.toml"), "version = 1\n[gates.g]\nrule = \"tests\"\n").unwrap();
    assert_eq!([code(2), code(1)], [0, 3]);
    fs::remove_dir_all(&folder).unwrap();
}
