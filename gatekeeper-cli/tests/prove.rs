//! `policy prove` of every rule there is: the gates of `fixtures/prove/project`, each with what turns it.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use gatekeeper_core::Engine;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/prove").join(name)
}

/// The gates, each with what turns it.
fn table() -> Vec<Value> {
    serde_json::from_slice(&std::fs::read(fixture("expected.json")).unwrap()).unwrap()
}

/// The project in a folder outside of any repository, gone when the test ends.
struct Project(PathBuf);

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).unwrap();
        }
    }
}

impl Project {
    fn new(name: &str) -> Project {
        let root = std::env::temp_dir().join(format!("gatekeeper-prove-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        copy(&fixture("project"), &root);
        Project(root)
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatekeeper"));
        let unset =
            ["GITHUB_ACTIONS", "GITHUB_SHA", "GITHUB_REF", "GITHUB_REF_NAME", "GITHUB_REF_TYPE", "CI_COMMIT_SHA"];
        for v in unset {
            command.env_remove(v);
        }
        let done =
            command.args(arguments).args(["--now", "2026-06-01T00:00:00Z"]).current_dir(&self.0).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
    }

    /// What is proven, and the exit code.
    fn prove(&self, given: &[&str]) -> (i32, Vec<Value>) {
        let (code, out, err) = self.run(&[&["policy", "prove", "--format", "json"], given].concat());
        let proof: Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {err}"));
        (code, proof["gates"].as_array().unwrap().clone())
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn each_gate_turns_by_the_evidence_that_it_is_for() {
    let (p, table) = (Project::new("all"), table());
    let (code, _, err) = p.run(&["snapshot", "-o", "base.snap"]);
    assert!(code == 0 && !err.contains("marked"), "what is not told of a change makes no baseline unusable: {err}");
    let diff = fixture("change.diff");
    let given = ["--baseline", "base.snap", "--diff", diff.to_str().unwrap(), "--tag", "v1.1.0"];
    let (code, gates) = p.prove(&given);
    assert_eq!(code, 1, "one gate never turns");
    let names = |of: &[Value], key: &str| of.iter().map(|g| g[key].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&gates, "name"), names(&table, "gate"));
    let mut wrong = Vec::new();
    for (g, row) in gates.iter().zip(&table) {
        let turned = g["outcome"] == "turned";
        let by = if turned { &g["because"] } else { &Value::Null };
        if (&g["outcome"], by, &g["turned"]["status"]) != (&row["outcome"], &row["by"], &row["status"]) {
            wrong.push(format!("{g}, expected {row}"));
        }
        if turned == g["turned"]["reason"].as_str().unwrap_or_default().is_empty() || g["status"] != "pass" {
            wrong.push(g.to_string());
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_rule_is_proven_to_fail() {
    let failing: BTreeSet<String> =
        table().iter().filter(|r| r["status"] == "fail").map(|r| r["gate"].as_str().unwrap().to_owned()).collect();
    for rule in Engine::default().rules().iter().map(|r| r.id()) {
        let shown = failing.iter().any(|gate| gate == rule || gate.starts_with(&format!("{rule}-")));
        assert!(shown, "no gate of the rule {rule} in fixtures/prove fails: add one, and a way to worsen its evidence");
    }
}

#[test]
fn what_is_not_at_hand_is_said_with_what_to_give() {
    let p = Project::new("alone");
    let (_, gates) = p.prove(&[]);
    let mut needy = 0;
    for (g, row) in gates.iter().zip(table()) {
        let Some(needs) = row["needs"].as_str() else { continue };
        needy += 1;
        assert!(g["outcome"] == "untried" && g["because"].as_str().unwrap().contains(needs), "{g}");
    }
    assert!(needy > 10);
    std::fs::remove_dir_all(p.0.join("reports")).unwrap();
    std::fs::remove_dir_all(p.0.join("dist")).unwrap();
    let (code, gates) = p.prove(&["--tag", "v1.1.0"]);
    assert_eq!(code, 0, "nothing was tried, so nothing is idle");
    for g in &gates {
        assert!(g["outcome"] == "untried", "without evidence nothing is proven: {g}");
        assert!(g["because"].as_str().unwrap().len() > 30, "{g}");
    }
    assert_eq!(p.run(&["policy", "prove", "--strict"]).0, 1, "what was not tried is not proven");
}
