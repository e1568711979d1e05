//! The policies of `examples/`: each is run on the evidence that `examples/expected.json` names, and gives the verdict that stands there.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use gatekeeper_cli::{Terminal, run};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn lay(from: &Path, over: &Path) {
    for entry in fs::read_dir(from).unwrap_or_else(|e| panic!("{}: {e}", from.display())) {
        let entry = entry.unwrap();
        let to = over.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&to).unwrap();
            lay(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).unwrap();
        }
    }
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter().map(|v| v.as_str().unwrap()).collect()
}

#[test]
fn each_example_gives_its_verdict() {
    let examples = repository().join("examples");
    let cases: Vec<Value> = serde_json::from_slice(&fs::read(examples.join("expected.json")).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for (n, case) in cases.iter().enumerate() {
        let name = case["example"].as_str().unwrap();
        let root = std::env::temp_dir().join(format!("gatekeeper-examples-{}-{n}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        for base in texts(&case["evidence"]) {
            lay(&repository().join(base), &root);
        }
        let policy = examples.join(name).join("gatekeeper.toml");
        fs::copy(&policy, root.join("gatekeeper.toml")).unwrap();
        let root_text = root.to_str().unwrap();
        let said = format!("{name} {:?} {:?}", case["evidence"], case["arguments"]);
        let mut given: Vec<String> =
            texts(&case["arguments"]).iter().map(|a| a.replace("{examples}", examples.to_str().unwrap())).collect();
        // The commit before: the same policy on what its evidence was then.
        let snapshot = format!("{root_text}.snap");
        if case["baseline"].is_object() {
            let before = std::env::temp_dir().join(format!("gatekeeper-examples-{}-{n}-before", std::process::id()));
            fs::create_dir_all(&before).unwrap();
            for base in texts(&case["baseline"]["evidence"]) {
                lay(&repository().join(base), &before);
            }
            fs::copy(&policy, before.join("gatekeeper.toml")).unwrap();
            let at = before.to_str().unwrap();
            let mut arguments = vec!["gatekeeper", "snapshot", "--root", at, "-o", &snapshot];
            arguments.extend(["--now", "2026-11-20T12:00:00Z", "--commit", "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2"]);
            arguments.extend(texts(&case["baseline"]["arguments"]));
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let code = run(arguments, Terminal::PLAIN, &mut out, &mut err);
            assert_eq!((code, String::from_utf8_lossy(&err)), (0, "".into()), "{said}");
            fs::remove_dir_all(&before).unwrap();
            given.extend(["--baseline".to_owned(), snapshot.clone()]);
        }
        let mut arguments = vec!["gatekeeper", "check", "--root", root_text, "--format", "json"];
        arguments.extend(given.iter().map(String::as_str));
        if !arguments.contains(&"--now") {
            arguments.extend(["--now", "2026-11-21T12:00:00Z"]);
        }
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = run(arguments, Terminal::PLAIN, &mut out, &mut err);
        let verdict: Value =
            serde_json::from_slice(&out).unwrap_or_else(|e| panic!("{said}: {e}: {}", String::from_utf8_lossy(&err)));
        if Some(u64::from(code)) != case["exit"].as_u64() || verdict["status"] != case["status"] {
            wrong.push(format!("{said}: exit {code}, {}: {}", verdict["status"], verdict["summary"]));
        }
        for (gate, status) in case["gates"].as_object().unwrap() {
            let got = verdict["gates"].as_array().unwrap().iter().find(|g| g["name"] == gate.as_str());
            let got = got.unwrap_or(&Value::Null);
            if got["status"] != *status {
                wrong.push(format!("{said}: {gate} is {}, not {status}: {}", got["status"], got["reason"]));
            }
        }
        for (pointer, value) in case["out"].as_object().into_iter().flatten() {
            if verdict.pointer(pointer) != Some(value) {
                wrong.push(format!("{said}: {pointer} is {:?}, not {value}", verdict.pointer(pointer)));
            }
        }
        let _ = fs::remove_file(&snapshot);
        fs::remove_dir_all(&root).unwrap();
    }
    // Each example is held by a case that passes and one that does not.
    for entry in fs::read_dir(&examples).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if !entry.path().join("gatekeeper.toml").is_file() {
            continue;
        }
        let mine: Vec<&Value> = cases.iter().filter(|c| c["example"] == name.as_str()).collect();
        let blocked = mine.iter().filter(|c| c["exit"] != 0).count();
        if blocked == 0 || blocked == mine.len() {
            wrong.push(format!("{name}: {} cases, of which {blocked} block: there must be both sorts", mine.len()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The README's tables: what a pipeline asks for, and the policy's line that says it.
#[test]
fn each_line_that_the_readme_quotes_stands_in_its_policy() {
    let examples = repository().join("examples");
    let readme = fs::read_to_string(examples.join("README.md")).unwrap();
    let (mut section, mut policy, mut rows, mut wrong) = ("", String::new(), 0, Vec::new());
    for line in readme.lines() {
        if let Some(heading) = line.strip_prefix('#') {
            section = heading.trim_start_matches('#').trim();
            policy = fs::read_to_string(examples.join(section).join("gatekeeper.toml")).unwrap_or_default();
        }
        let quoted = line.strip_prefix("| ").and_then(|l| l.split_once(" | `")?.1.strip_suffix("` |"));
        let Some(quoted) = quoted.filter(|_| !policy.is_empty()) else { continue };
        rows += 1;
        if !policy.lines().any(|l| l.trim() == quoted || l.split_once("    #").is_some_and(|(l, _)| l.trim() == quoted))
        {
            wrong.push(format!("{section}: {quoted}"));
        }
    }
    assert!(wrong.is_empty() && rows > 100, "{rows} rows\n{}", wrong.join("\n"));
    // How long each is, as its table says.
    for entry in fs::read_dir(&examples).unwrap() {
        let entry = entry.unwrap();
        let Ok(text) = fs::read_to_string(entry.path().join("gatekeeper.toml")) else { continue };
        let name = entry.file_name().to_string_lossy().into_owned();
        let row = readme.lines().find(|l| l.starts_with(&format!("| `{name}` |"))).unwrap_or_else(|| panic!("{name}"));
        assert!(
            row.contains(&format!("| {} |", text.lines().count())),
            "{name}: {} lines: {row}",
            text.lines().count()
        );
    }
}
