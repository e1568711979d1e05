//! `gatekeeper bundle`: what a job that is not trusted wrote, in the hands of one that is.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const POLICY: &str = "version = 1\n[[evidence]]\npaths = [\"reports/*\"]\nmax-age = \"2h\"\n[gates.unit]\nrule = \"tests\"\n[gates.coverage]\nlines = { min = 80 }\n";
const GREEN: &str = "<testsuite name=\"s\"><testcase name=\"a\"/><testcase name=\"b\"/></testsuite>";
const COVERAGE: &str = "SF:src/a.c\nDA:1,1\nDA:2,1\nDA:3,1\nDA:4,1\nDA:5,0\nend_of_record\n";
const COMMIT: &str = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";

/// A job that is not trusted, in `there`, and one that is, in `here`.
struct Jobs(PathBuf);

impl Jobs {
    fn new(name: &str) -> Jobs {
        let root = std::env::temp_dir().join(format!("gatekeeper-bundle-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        let jobs = Jobs(root);
        jobs.write("there/gatekeeper.toml", POLICY);
        jobs.write("there/reports/junit.xml", GREEN);
        jobs.write("there/reports/lcov.info", COVERAGE);
        jobs.write("there/src/a.c", "1\n2\n3\n4\n5\n");
        jobs.write("here/gatekeeper.toml", POLICY);
        jobs
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.0.join(file);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn run(&self, side: &str, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatekeeper"));
        for v in ["GITHUB_ACTIONS", "GITHUB_SHA", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "CI_COMMIT_SHA"] {
            command.env_remove(v);
        }
        let done = command.args(arguments).current_dir(self.0.join(side)).output().unwrap();
        let both = [done.stdout, done.stderr].concat();
        (done.status.code().unwrap(), String::from_utf8_lossy(&both).into_owned())
    }

    /// Judges there and writes the bundle where both can read it.
    fn hand_over(&self, arguments: &[&str]) -> String {
        self.run("there", &["check", "-q", "--report", "json=../v.json", "--commit", COMMIT, "--tree", COMMIT]);
        let (code, said) =
            self.run("there", &[&["bundle", "create", "../v.json", "-o", "../b.bundle"], arguments].concat());
        assert_eq!(code, 0, "{said}");
        said
    }

    fn verify(&self, arguments: &[&str]) -> (i32, String) {
        self.run("here", &[&["bundle", "verify", "../b.bundle"], arguments].concat())
    }

    fn answer(&self, arguments: &[&str]) -> Value {
        let (code, said) = self.verify(&[&["--format", "json"], arguments].concat());
        let answer: Value = serde_json::from_str(&said).unwrap_or_else(|e| panic!("{e}: {said}"));
        assert_eq!(answer["exit_code"], code);
        answer
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_bundle_is_judged_again_by_the_policy_of_the_reader() {
    let jobs = Jobs::new("again");
    assert!(jobs.hand_over(&[]).contains("the verdict and 2 files of evidence"));
    let answer = jobs.answer(&["--commit", "a1a1a1a", "--config", "gatekeeper.toml"]);
    assert_eq!((answer["status"].as_str(), answer["trusted"].as_bool()), (Some("pass"), Some(true)), "{answer}");
    assert_eq!((answer["judged_again"].as_bool(), &answer["notes"]), (Some(true), &serde_json::json!([])));
    assert_eq!(answer["files"], serde_json::json!(["reports/junit.xml", "reports/lcov.info"]));
    // The same gates by the same policy come to the same, to the last figure.
    let gates = |file: &str| {
        let verdict: Value = serde_json::from_slice(&std::fs::read(jobs.0.join(file)).unwrap()).unwrap();
        verdict["gates"].clone()
    };
    jobs.verify(&["--config", "gatekeeper.toml", "--report", "json=../again.json"]);
    assert_eq!(gates("v.json"), gates("again.json"));
    assert_eq!(gates("v.json").as_array().unwrap().len(), 2);
    let (code, said) = jobs.verify(&["--commit", COMMIT, "--tree", COMMIT, "--root", "."]);
    assert!(code == 0 && said.starts_with("PASS  "), "{said}");
    // The reader's policy asks for more than the writer's did.
    jobs.write("here/gatekeeper.toml", &POLICY.replace("80", "81"));
    let report =
        ["--config", "gatekeeper.toml", "--report", "json=../trusted.json", "--report", "markdown=../trusted.md"];
    let (code, said) = jobs.verify(&report);
    assert_eq!(code, 1, "{said}");
    assert!(said.starts_with("FAIL  ") && said.contains("judged by another policy"), "{said}");
    let trusted: Value = serde_json::from_slice(&std::fs::read(jobs.0.join("trusted.json")).unwrap()).unwrap();
    assert_eq!((trusted["status"].as_str(), trusted["context"]["commit"].as_str()), (Some("fail"), Some(COMMIT)));
    assert!(std::fs::read_to_string(jobs.0.join("trusted.md")).unwrap().contains("coverage"));
    assert_eq!(jobs.verify(&["--config", "gatekeeper.toml", "--warn-only"]).0, 0);
    // A tree that nobody on this side knows is not vouched for.
    assert_eq!(trusted["context"]["tree"].as_str(), Some(COMMIT));
    jobs.verify(&["--commit", COMMIT, "--config", "gatekeeper.toml", "--report", "json=../trusted.json"]);
    let trusted: Value = serde_json::from_slice(&std::fs::read(jobs.0.join("trusted.json")).unwrap()).unwrap();
    assert_eq!((trusted["context"]["tree"].as_str(), trusted["context"]["commit"].as_str()), (None, Some(COMMIT)));
    let (code, said) = jobs.verify(&["--commit", "main"]);
    assert!(code == 2 && said.contains("7 to 64 hexadecimal digits"), "{said}");
}

#[test]
fn without_a_policy_it_is_the_word_of_its_writer_and_that_is_said() {
    let jobs = Jobs::new("word");
    jobs.hand_over(&[]);
    let answer = jobs.answer(&[]);
    assert_eq!((answer["status"].as_str(), answer["judged_again"].as_bool()), (Some("pass"), Some(false)));
    let notes = answer["notes"].to_string();
    assert!(notes.contains("held against no commit") && notes.contains("the word of the job"), "{notes}");
}

#[test]
fn the_worse_of_both_verdicts_counts() {
    let jobs = Jobs::new("worse");
    jobs.write("there/gatekeeper.toml", &POLICY.replace("80", "81"));
    jobs.hand_over(&[]);
    let answer = jobs.answer(&["--config", "gatekeeper.toml"]);
    assert_eq!((answer["status"].as_str(), answer["carried"].as_str()), (Some("fail"), Some("fail")));
    assert!(answer["notes"].to_string().contains("here it is `pass`: the worse counts"), "{answer}");
    // A report that could not be read there cannot be read here.
    jobs.write("there/gatekeeper.toml", POLICY);
    jobs.write("there/reports/junit.xml", GREEN.get(..40).unwrap());
    jobs.hand_over(&[]);
    let answer = jobs.answer(&["--config", "gatekeeper.toml"]);
    assert_eq!((answer["status"].as_str(), answer["exit_code"].as_i64()), (Some("unknown"), Some(3)), "{answer}");
    assert_eq!(answer["files"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_left_out_or_stale_is_no_pass() {
    let jobs = Jobs::new("lacks");
    let said = jobs.hand_over(&["--without", "**/junit.xml"]);
    assert!(said.contains("left out: reports/junit.xml: as --without says"), "{said}");
    let answer = jobs.answer(&["--config", "gatekeeper.toml"]);
    assert_eq!(answer["status"], "unknown", "{answer}");
    assert!(answer["notes"][1].as_str().unwrap().contains("1 of the verdict's evidence is not in it"), "{answer}");
    jobs.hand_over(&[]);
    assert_eq!(jobs.answer(&["--config", "gatekeeper.toml", "--now", "2099-01-01T00:00:00Z"])["status"], "unknown");
    // Nor is a time that is yet to come fresh.
    assert_eq!(jobs.answer(&["--config", "gatekeeper.toml", "--now", "2020-01-01T00:00:00Z"])["status"], "unknown");
}

#[test]
fn a_bundle_that_cannot_be_trusted_is_unknown_and_nothing_of_it_is_shown() {
    let jobs = Jobs::new("distrust");
    jobs.hand_over(&[]);
    let shown = ["--report", "json=../trusted.json"];
    let refused = |arguments: &[&str], words: &str| {
        let (code, said) = jobs.verify(&[&shown, arguments].concat());
        assert!(code == 3 && said.contains("cannot be trusted") && said.contains(words), "{words}: {code} {said}");
        let (code, said) = jobs.run("here", &[&["bundle", "render", "../b.bundle"], arguments].concat());
        assert!(code == 3 && !said.contains("coverage"), "{said}");
        let (code, _) = jobs.run("here", &[&["bundle", "extract", "../b.bundle", "../new"], arguments].concat());
        assert_eq!(code, 3);
        assert!(!jobs.0.join("trusted.json").exists() && !jobs.0.join("new").exists());
    };
    refused(&["--commit", &"b2".repeat(20)], "it is for the commit a1a1");
    refused(&["--tree", "b2b2b2b"], "it is for the tree a1a1");
    refused(&["--max-bytes", "100"], "above the limit");
    let whole = std::fs::read(jobs.0.join("b.bundle")).unwrap();
    std::fs::write(jobs.0.join("b.bundle"), &whole[..whole.len() - 9]).unwrap();
    refused(&[], "cut off or damaged");
    jobs.write("b.bundle", "PK\u{3}\u{4}");
    refused(&[], "is no bundle");
    let answer = jobs.answer(&[]);
    assert_eq!((answer["trusted"].as_bool(), answer["status"].as_str()), (Some(false), Some("unknown")));
    std::fs::remove_file(jobs.0.join("b.bundle")).unwrap();
    refused(&[], "cannot be read");
}

#[test]
fn a_step_of_github_gets_its_outputs_and_summary() {
    let jobs = Jobs::new("github");
    jobs.hand_over(&[]);
    let step = |arguments: &[&str]| {
        for file in ["outputs", "summary"] {
            jobs.write(file, "");
        }
        let done = Command::new(env!("CARGO_BIN_EXE_gatekeeper"))
            .args(["bundle", "verify", "../b.bundle"])
            .args(arguments)
            .current_dir(jobs.0.join("here"))
            .env("GITHUB_ACTIONS", "true")
            .env("GATEKEEPER_STEP_COUNTS", "true")
            .env("GITHUB_OUTPUT", jobs.0.join("outputs"))
            .env("GITHUB_STEP_SUMMARY", jobs.0.join("summary"))
            .output()
            .unwrap();
        let read = |file: &str| std::fs::read_to_string(jobs.0.join(file)).unwrap();
        (done.status.code().unwrap(), read("outputs"), read("summary"))
    };
    let (code, outputs, summary) = step(&["--config", "gatekeeper.toml"]);
    assert_eq!((code, outputs.as_str()), (0, "status=pass\nexit-code=0\npassed=2\nfailed=0\nunknown=0\n"));
    assert!(summary.contains("coverage"), "{summary}");
    let (code, outputs, summary) = step(&["--commit", "b2b2b2b", "--config", "gatekeeper.toml"]);
    assert_eq!((code, outputs.as_str()), (3, "status=unknown\nexit-code=3\n"));
    assert!(summary.contains("The bundle cannot be trusted"), "{summary}");
    jobs.write("here/gatekeeper.toml", "version = 1\n[gates.x]\nrule = \"tsts\"\n");
    let (code, outputs, _) = step(&["--config", "gatekeeper.toml"]);
    assert_eq!((code, outputs.as_str()), (2, "status=error\nexit-code=2\n"));
}

#[test]
fn a_forged_verdict_is_not_trusted() {
    let jobs = Jobs::new("forged");
    jobs.write("there/reports/junit.xml", &GREEN.replace("\"b\"/>", "\"b\"><failure/></testcase>"));
    jobs.hand_over(&[]);
    assert_eq!(jobs.answer(&[])["status"], "fail");
    let mut verdict: Value = serde_json::from_slice(&std::fs::read(jobs.0.join("v.json")).unwrap()).unwrap();
    verdict["status"] = "pass".into();
    verdict["exit_code"] = 0.into();
    jobs.write("v.json", &verdict.to_string());
    let (code, _) = jobs.run("there", &["bundle", "create", "../v.json", "-o", "../b.bundle"]);
    assert_eq!(code, 0);
    let answer = jobs.answer(&["--config", "gatekeeper.toml"]);
    assert_eq!((answer["status"].as_str(), answer["trusted"].as_bool()), (Some("unknown"), Some(false)));
    assert!(answer["disagreements"][0].as_str().unwrap().contains("its gates come to `fail`"), "{answer}");
    // One whose gates are forged too agrees with itself; its evidence does not agree with it.
    for gate in verdict["gates"].as_array_mut().unwrap() {
        gate["status"] = "pass".into();
        gate["blocking"] = false.into();
        gate["conditions"] = serde_json::json!([]);
        gate["violations"] = serde_json::json!([]);
    }
    jobs.write("v.json", &verdict.to_string());
    jobs.run("there", &["bundle", "create", "../v.json", "-o", "../b.bundle"]);
    assert_eq!(jobs.answer(&["--config", "gatekeeper.toml"])["status"], "fail");
}

#[test]
fn it_is_written_whole_or_not_at_all() {
    let jobs = Jobs::new("create");
    jobs.hand_over(&[]);
    let before = std::fs::read(jobs.0.join("b.bundle")).unwrap();
    jobs.write("there/reports/junit.xml", &GREEN.replace("\"a\"", "\"c\""));
    let create =
        |arguments: &[&str]| jobs.run("there", &[&["bundle", "create", "../v.json", "-o"], arguments].concat());
    let (code, said) = create(&["../b.bundle"]);
    assert!(code == 2 && said.contains("reports/junit.xml is no longer what was judged"), "{said}");
    jobs.write("there/reports/junit.xml", GREEN);
    let (code, said) = create(&["reports/lcov.info"]);
    assert!(code == 2 && said.contains("would overwrite reports/lcov.info"), "{said}");
    let (code, said) = create(&["../b.bundle", "--max-bytes", "100"]);
    assert!(code == 2 && said.contains("a bundle holds 100 bytes at most"), "{said}");
    assert_eq!(std::fs::read(jobs.0.join("b.bundle")).unwrap(), before);
    std::fs::remove_file(jobs.0.join("there/reports/junit.xml")).unwrap();
    let (code, said) = create(&["../b.bundle"]);
    assert!(code == 0 && said.contains("left out: reports/junit.xml: it is not there"), "{said}");
    // What lies outside has no path that could lie below a folder elsewhere.
    jobs.write("out.xml", GREEN);
    jobs.run("there", &["check", "-q", "../out.xml", "--report", "json=../v.json"]);
    let (code, said) = create(&["../b.bundle"]);
    assert!(code == 2 && said.contains("../out.xml leaves its folder"), "{said}");
    assert_eq!(create(&["../b.bundle", "--without", "../out.xml"]).0, 0);
    let (code, said) = jobs.run("there", &["bundle", "create", "reports/lcov.info", "-o", "../b.bundle"]);
    assert!(code == 2 && said.contains("it is no verdict"), "{said}");
}

#[test]
fn it_is_extracted_below_a_new_folder() {
    let jobs = Jobs::new("extract");
    jobs.hand_over(&[]);
    let extract = || jobs.run("here", &["bundle", "extract", "../b.bundle", "../new"]);
    let (code, said) = extract();
    assert!(code == 0 && said.contains("the verdict and 2 files of evidence"), "{said}");
    assert_eq!(std::fs::read_to_string(jobs.0.join("new/evidence/reports/junit.xml")).unwrap(), GREEN);
    let (code, said) = jobs.run("here", &["verify", "../new/verdict.json", "--evidence", "../new/evidence"]);
    assert_eq!(code, 0, "{said}");
    let (code, said) = extract();
    assert!(code == 2 && said.contains("name a folder that is not there yet"), "{said}");
}

#[test]
fn it_is_shown_in_any_form() {
    let jobs = Jobs::new("render");
    jobs.hand_over(&[]);
    let render = |arguments: &[&str]| jobs.run("here", &[&["bundle", "render", "../b.bundle"], arguments].concat());
    let (code, said) = render(&["--format", "markdown", "--config", "gatekeeper.toml"]);
    assert!(code == 0 && said.contains("coverage"), "{said}");
    let (code, said) = render(&["--format", "json", "-o", "../r.json"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(std::fs::read(jobs.0.join("r.json")).unwrap(), std::fs::read(jobs.0.join("v.json")).unwrap());
    let (code, said) = render(&["--format", "markdwon"]);
    assert!(code == 2 && said.contains("there is no output `markdwon`"), "{said}");
    jobs.write("here/gatekeeper.toml", "version = 1\n[gates.x]\nrule = \"tsts\"\n");
    let (code, said) = render(&["--config", "gatekeeper.toml"]);
    assert!(code == 2 && said.contains("the policy cannot be used"), "{said}");
}
