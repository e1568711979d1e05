//! What a kept verdict and a policy are good for, from the command line: verify, diff, simulate, replay, policy check, test and prove.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const POLICY: &str = "version = 1\n[[evidence]]\npaths = [\"reports/*\"]\n[gates.coverage]\nrule = \"coverage\"\nlines = { min = 80 }\n[gates.unit]\nrule = \"tests\"\n";
const GREEN: &str = "<testsuite name=\"s\"><testcase name=\"a\"/><testcase name=\"b\"/></testsuite>";
const NOW: &str = "2026-06-01T00:00:00Z";

struct Project(PathBuf);

impl Project {
    fn new(name: &str) -> Project {
        let root = std::env::temp_dir().join(format!("gatekeeper-proof-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        let p = Project(root);
        p.write("gatekeeper.toml", POLICY);
        p.write("reports/junit.xml", GREEN);
        p.write("reports/lcov.info", "SF:src/a.c\nDA:1,1\nDA:2,1\nDA:3,1\nDA:4,1\nDA:5,0\nend_of_record\n");
        p.write("src/a.c", "1\n2\n3\n4\n5\n");
        p
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.0.join(file);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatekeeper"));
        let unset = ["GITHUB_ACTIONS", "GITHUB_SHA", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "CI_COMMIT_SHA"];
        for v in unset {
            command.env_remove(v);
        }
        let done = command.args(arguments).current_dir(&self.0).output().unwrap();
        let both = [done.stdout, done.stderr].concat();
        (done.status.code().unwrap(), String::from_utf8_lossy(&both).into_owned())
    }

    fn keep(&self, file: &str) {
        let report = format!("json={file}");
        let commit = "a1".repeat(20);
        self.run(&["check", "--quiet", "--now", NOW, "--report", &report, "--commit", &commit, "--tree", &commit]);
        assert!(self.0.join(file).is_file());
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_kept_verdict_is_held_against_policy_and_evidence() {
    let p = Project::new("verify");
    p.keep("v.json");
    let (code, said) =
        p.run(&["verify", "v.json", "--config", "gatekeeper.toml", "--evidence", ".", "--tree", "a1a1a1a"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.starts_with("HOLDS"), "{said}");
    // What is written in another way is the same policy.
    p.write("gatekeeper.toml", &format!("# a remark\n{POLICY}"));
    assert_eq!(p.run(&["verify", "v.json", "--config", "gatekeeper.toml"]).0, 0);
    p.write("reports/junit.xml", &GREEN.replace("\"a\"", "\"c\""));
    let (code, said) = p.run(&["verify", "v.json", "--evidence", ".", "--format", "json"]);
    let answer: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, answer["holds"].as_bool()), (1, Some(false)));
    assert_eq!(answer["disagreements"][0], "reports/junit.xml is no longer what was judged");
    p.write("gatekeeper.toml", &POLICY.replace("80", "79"));
    assert_eq!(p.run(&["verify", "v.json", "--config", "gatekeeper.toml"]).0, 1);
    p.write("v.json", "{}");
    let (code, said) = p.run(&["verify", "v.json"]);
    assert!(code == 2 && said.contains("it is no verdict"), "{said}");
}

#[test]
fn a_replay_is_the_same_to_the_byte_and_says_where_it_is_not() {
    let p = Project::new("replay");
    p.keep("v.json");
    let (code, said) = p.run(&["check", "--replay", "v.json", "--format", "json"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(said, std::fs::read_to_string(p.0.join("v.json")).unwrap());
    p.write("reports/junit.xml", &GREEN.replace("\"a\"/>", "\"a\"><failure/></testcase>"));
    let (code, said) = p.run(&["check", "--replay", "v.json", "--quiet"]);
    assert!(code == 3 && said.contains("another one") && said.contains("unit  pass → fail"), "{code} {said}");
}

#[test]
fn a_replay_takes_again_what_was_given_or_says_what_of_it_is_not_there() {
    let p = Project::new("replay-inputs");
    p.run(&["snapshot", "--now", NOW, "-o", "base.snap"]);
    p.keep("earlier.json");
    p.write("change.diff", "--- a/src/a.c\n+++ b/src/a.c\n@@ -4,0 +5,1 @@\n+5\n");
    p.write("names", "src/a.c\n");
    let given = ["--baseline", "base.snap", "--history", "earlier.json", "--diff", "change.diff", "--author", "me"];
    let check = ["check", "--quiet", "--now", NOW, "--report", "json=v.json"];
    let (code, said) = p.run(&[&check[..], &given[..]].concat());
    assert_eq!(code, 0, "{said}");
    let kept = std::fs::read_to_string(p.0.join("v.json")).unwrap();
    let (code, said) = p.run(&["check", "--replay", "v.json", "--format", "json"]);
    assert_eq!((code, said.as_str()), (0, kept.as_str()));
    // Each that is another one, or gone, is told by itself.
    p.write("base.snap", "other");
    std::fs::remove_file(p.0.join("earlier.json")).unwrap();
    let (code, said) = p.run(&["check", "--replay", "v.json"]);
    let lines: Vec<&str> = said.lines().collect();
    assert!(code == 2 && lines.len() == 2, "{said}");
    assert!(
        lines[0].contains("baseline base.snap, which is another file now (SHA-256 ") && lines[0].contains("--baseline"),
        "{said}"
    );
    assert!(lines[1].contains("earlier.json (SHA-256 ") && lines[1].contains("not there any more"), "{said}");
    // What is given is taken, and what it changes is named.
    p.run(&["snapshot", "--now", NOW, "-o", "base.snap", "--commit", &"b2".repeat(20)]);
    p.keep("earlier.json");
    p.write("other.diff", "--- a/src/a.c\n+++ b/src/a.c\n@@ -3,0 +4,1 @@\n+4\n");
    let (code, said) = p.run(&[
        "check",
        "--quiet",
        "--replay",
        "v.json",
        "--diff",
        "other.diff",
        "--baseline",
        "base.snap",
        "--history",
        "earlier.json",
        "--author",
        "you",
    ]);
    assert!(
        code == 3 && said.contains("the diff: SHA-256 ") && said.contains("the baseline: SHA-256 "),
        "{code} {said}"
    );
    assert!(said.contains("the author: me then, you now"), "{said}");
    // A list of names is not kept, only that there was one.
    p.run(&[&check[..], &["--changed", "names"]].concat());
    let (code, said) = p.run(&["check", "--replay", "v.json"]);
    assert!(code == 2 && said.contains("--changed FILE"), "{said}");
    let (code, said) = p.run(&["check", "--replay", "v.json", "--changed", "names", "--format", "json"]);
    assert_eq!((code, said), (0, std::fs::read_to_string(p.0.join("v.json")).unwrap()));
}

#[test]
fn any_key_is_tried_where_the_evidence_still_lies() {
    let p = Project::new("simulate-root");
    p.keep("v.json");
    let set = |set: &str| p.run(&["simulate", "--set", set, "v.json", "--root", "."]);
    let (code, said) = p.run(&["simulate", "--set", "gates.unit.tools=[\"eunit\"]", "v.json"]);
    assert!(code == 3 && said.contains("--root DIR judges it again"), "{said}");
    let (code, said) = set("gates.unit.tools=[\"eunit\"]");
    assert!(code == 1 && said.contains("v.json  would have failed  unit: "), "{said}");
    assert_eq!(set("evidence.0.min-cases=2").0, 0);
    let (code, said) = set("evidence.0.min-cases=3");
    assert!(code == 1 && said.contains("2 cases that ran, at least 3 expected"), "{said}");
    assert_eq!(set("gates.coverage.files={\"lines\": {\"min\": 80}}").0, 0);
    assert_eq!(set("gates.coverage.files={\"lines\": {\"min\": 81}}").0, 1);
    let (code, said) = set("gates.unit.min-casez=3");
    assert!(code == 2 && said.contains("min-casez: a gate of rule") && said.contains("did you mean"), "{said}");
    let (code, said) = set("gates.units.min-cases=3");
    assert!(code == 2 && said.contains("there is no gate `units`: did you mean `unit`?"), "{said}");
    p.write("reports/junit.xml", &GREEN.replace("\"a\"", "\"c\""));
    let (code, said) = set("evidence.0.min-cases=2");
    assert!(code == 3 && said.contains("reports/junit.xml is no longer what was judged"), "{said}");
}

#[test]
fn what_compares_is_proven_with_what_it_compares_with() {
    let p = Project::new("prove-baseline");
    p.write("gatekeeper.toml", &format!("{POLICY}max-lost = 0\n[baseline]\nancestor = false\n"));
    let (_, said) = p.run(&["policy", "prove"]);
    assert!(said.contains("unit  not tried: what it judges is not at hand: "), "{said}");
    p.run(&["snapshot", "-o", "base.snap"]);
    let (code, said) = p.run(&["policy", "prove", "--baseline", "base.snap"]);
    assert!(code == 0 && said.contains("unit  turns red"), "{said}");
}

#[test]
fn two_verdicts_are_compared_and_another_bar_is_tried() {
    let p = Project::new("diff");
    p.keep("a.json");
    p.write("reports/lcov.info", "SF:src/a.c\nDA:1,1\nDA:2,1\nDA:3,1\nDA:4,1\nDA:5,1\nend_of_record\n");
    p.keep("b.json");
    let (code, said) = p.run(&["diff", "a.json", "b.json"]);
    assert!(code == 0 && said.contains("lines: 80 % (≥ 80 %) → 100 % (≥ 80 %)"), "{said}");
    assert!(said.contains("~ reports/lcov.info"), "{said}");
    assert_eq!(p.run(&["diff", "a.json", "b.json", "--exit-code"]).0, 1);
    let (code, said) = p.run(&["diff", "a.json", "a.json", "--exit-code", "--format", "markdown"]);
    assert!(code == 0 && said.starts_with("Nothing differs"), "{said}");
    let simulate = |set: &str| p.run(&["simulate", "--set", set, "a.json", "b.json"]);
    let (code, said) = simulate("gates.coverage.lines.min=90");
    assert!(code == 1 && said.contains("a.json  would have failed"), "{said}");
    assert!(said.contains("1 of 2 would have failed, 0 cannot be told"), "{said}");
    assert_eq!(simulate("gates.coverage.lines.min=80").0, 0);
    assert_eq!(simulate("gates.coverage.branches.min=80").0, 3);
    assert_eq!(simulate("lines=80").0, 2);
}

#[test]
fn a_policy_is_checked_tested_and_proven() {
    let p = Project::new("policy");
    let (code, said) = p.run(&["policy", "check"]);
    assert!(code == 0 && said.contains("2 gates, nothing to remark"), "{said}");
    let (code, said) = p.run(&["policy", "prove"]);
    assert!(
        code == 0 && said.contains("coverage  turns red: no line is covered: fail, lines 0 % (0 of 5) < 80 %"),
        "{said}"
    );
    p.write("cases/green/reports/junit.xml", GREEN);
    p.write("cases/green/expected.toml", "status = \"unknown\"\n[gates]\nunit = \"pass\"\n");
    assert_eq!(p.run(&["policy", "test", "cases"]).0, 0);
    p.write("cases/green/expected.toml", "[gates]\nunit = \"fail\"\n");
    let (code, said) = p.run(&["policy", "test", "cases"]);
    assert!(code == 1 && said.contains("gate unit: pass, expected fail"), "{said}");
    p.write("cases/green/expected.toml", "gate = 1\n");
    assert_eq!(p.run(&["policy", "test", "cases"]).0, 2);
    assert_eq!(p.run(&["policy", "test", "src"]).0, 2, "a folder without a case proves nothing");
    p.write("gatekeeper.toml", &format!("{POLICY}action = \"inform\"\n"));
    let (code, said) = p.run(&["policy", "check"]);
    assert!(code == 0 && said.contains("1 of 2 gates cannot block: unit"), "{said}");
    assert_eq!(p.run(&["policy", "check", "--strict"]).0, 1);
    let (_, said) = p.run(&["check", "--now", NOW]);
    assert!(said.contains("1 of 2 gates cannot block"), "{said}");
}
