//! A recording ties a command's exit status to what it printed and to the reports that it wrote; none takes another's place unasked.
#![cfg(unix)]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const JUNIT: &str = r#"<testsuite name="s" tests="1"><testcase name="a" classname="k"/></testsuite>"#;

struct Project(PathBuf);

impl Project {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("gatekeeper-record-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        for (file, text) in files {
            fs::write(folder.join(file), text).unwrap();
        }
        Project(folder)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatekeeper"));
        command.current_dir(&self.0).args(arguments).env_remove("GITHUB_ACTIONS");
        command
    }

    /// The exit code, and all that was printed.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.command(arguments).output().unwrap();
        let said = [output.stdout, output.stderr].map(|b| String::from_utf8_lossy(&b).into_owned()).concat();
        (output.status.code().unwrap(), said)
    }

    fn record(&self, options: &[&str], script: &str) -> i32 {
        self.run(&[&["record"], options, &["--", "sh", "-c", script]].concat()).0
    }

    fn check(&self) -> (i32, String) {
        self.run(&["check"])
    }

    fn records(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.join("gatekeeper-records")).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_report_has_the_exit_status_of_the_command_that_wrote_it() {
    let p = Project::new("status", &[]);
    let vitest = ["--tool", "vitest", "--report", "junit.xml"];
    assert_eq!(p.record(&vitest, &format!("echo '{JUNIT}' > junit.xml")), 0);
    assert_eq!(p.check().0, 0);
    let again = [&vitest[..], &["--replace"]].concat();
    assert_eq!(p.record(&again, &format!("echo '{JUNIT}' > junit.xml; exit 1")), 1);
    let (code, said) = p.check();
    assert!(code == 1 && said.contains("ended with exit status 1, and the report shows no reason"), "{said}");
    // A report that tells why is enough.
    let failing = JUNIT.replace("/></", "><failure/></testcase></");
    assert_eq!(p.record(&again, &format!("echo '{failing}' > junit.xml; exit 1")), 1);
    let (_, said) = p.check();
    assert!(!said.contains("no reason") && said.contains("pass-rate 0 %"), "{said}");
}

#[test]
fn a_report_that_the_command_did_not_write_is_an_error() {
    let p = Project::new("unwritten", &[("junit.xml", JUNIT)]);
    let (code, said) = p.run(&["record", "--tool", "vitest", "--report", "junit.xml", "--", "true"]);
    assert!(code == 3 && said.contains("did not write junit.xml"), "{code} {said}");
    let (code, said) = p.check();
    assert!(code == 3 && said.contains("junit.xml") && said.contains("was not written by"), "{said}");
    // Nor is one that is not there at all, a pattern that nothing fits, or one that was changed since.
    assert_eq!(p.record(&["--tool", "vitest", "--replace", "--report", "r/*.xml"], "true"), 3);
    assert_eq!(p.record(&["--tool", "vitest", "--replace", "--report", "r/*.xml"], "exit 7"), 7);
    assert_eq!(p.check().0, 1);
    let whole = format!("mkdir r; echo '{JUNIT}' > r/a.xml");
    fs::remove_file(p.0.join("junit.xml")).unwrap();
    assert_eq!(p.record(&["--tool", "vitest", "--replace", "--report", "r/*.xml"], &whole), 0);
    assert_eq!(p.check().0, 0);
    fs::write(p.0.join("r/a.xml"), JUNIT.replace("name=\"a\"", "name=\"b\"")).unwrap();
    let (code, said) = p.check();
    assert!(code == 3 && said.contains("was changed since"), "{said}");
    fs::remove_file(p.0.join("r/a.xml")).unwrap();
    let (code, said) = p.check();
    assert!(code == 3 && said.contains("not among the evidence"), "{said}");
}

#[test]
fn recordings_of_one_tool_stand_beside_each_other() {
    let policy = "version = 1\n[gates.g]\nrule = \"command\"\ntools = [\"hank\"]\n";
    let p = Project::new("beside", &[("gatekeeper.toml", policy)]);
    let (code, said) = p.check();
    assert!(code == 3 && said.contains("no recording of hank"), "{said}");
    assert_eq!(p.record(&["--tool", "hank"], "exit 1"), 1);
    assert_eq!(p.record(&["--tool", "hank"], "true"), 0);
    assert_eq!(p.records(), ["hank-2.record", "hank.record"]);
    let (code, said) = p.check();
    assert!(code == 1 && said.contains("hank.record") && !said.contains("hank-2.record "), "{said}");
    assert_eq!(p.record(&["--tool", "hank", "--replace"], "true"), 0);
    assert_eq!(p.records(), ["hank.record"]);
    assert_eq!(p.check().0, 0);
    // What another tool's name says is another tool's.
    assert_eq!(p.record(&["--tool", "spell"], "exit 1"), 1);
    assert_eq!(p.check().0, 0);
}

#[test]
fn silence_is_proven_and_only_of_tools_that_are_silent() {
    let policy = "version = 1\n[gates.g]\nrule = \"findings\"\nmax = { total = 0 }\n";
    let with = |tool: &str, script: &str| {
        let p = Project::new("silent", &[("gatekeeper.toml", &format!("{policy}tools = [\"{tool}\"]\n"))]);
        p.record(&["--tool", tool], script);
        p.check()
    };
    assert_eq!(with("hadolint", "true").0, 0);
    assert_eq!(with("ruff", "echo '[]'").0, 0);
    assert_eq!(with("hadolint", "exit 1").0, 3);
    assert_eq!(with("trivy", "true").0, 3);
    let (code, said) = with("ruff", "echo All is well");
    assert!(code == 3 && said.contains("rule = \"command\""), "{said}");
    let p = Project::new("gitleaks", &[("gatekeeper.toml", policy), ("gitleaks.json", "[]\n")]);
    let (code, said) = p.check();
    assert!(code == 3 && said.contains("gatekeeper record --report"), "{said}");
    assert_eq!(p.record(&["--tool", "gitleaks", "--report", "gitleaks.json"], "echo '[]' > gitleaks.json"), 0);
    assert_eq!(p.check().0, 0);
}

#[test]
fn a_recording_that_was_cut_off_is_no_older_one() {
    let policy = "version = 1\n[gates.g]\nrule = \"command\"\ntools = [\"lint\"]\n";
    let p = Project::new("cut", &[("gatekeeper.toml", policy)]);
    assert_eq!(p.record(&["--tool", "lint"], "true"), 0);
    assert_eq!(p.check().0, 0);
    let began = p.0.join("began");
    let mut child = p
        .command(&["record", "--tool", "lint", "--", "sh", "-c", "touch began; exec sleep 20"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while !began.exists() && start.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let (code, said) = p.check();
    assert!(code == 3 && said.contains("the recorded command did not end"), "{said}");
}
