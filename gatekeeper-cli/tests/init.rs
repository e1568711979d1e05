//! What `gatekeeper init` offers beside the policy: a file for the CI service that is used here, and never in another file's place.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use gatekeeper_cli::{Terminal, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const REPORT: &str = "<testsuite name=\"s\" tests=\"1\"><testcase name=\"adds\" classname=\"calc\"/></testsuite>";

struct Project(PathBuf);

impl Drop for Project {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Project {
    fn new(name: &str, files: &[&str]) -> Project {
        let root = std::env::temp_dir().join(format!("gatekeeper-init-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).unwrap();
        let project = Project(root);
        project.write("junit.xml", REPORT);
        files.iter().for_each(|f| project.write(f, "x: 1\n"));
        project
    }

    fn write(&self, file: &str, text: &str) {
        let file = self.0.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap()
    }

    fn init(&self, more: &[&str]) -> (String, String, u8) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut arguments = vec!["gatekeeper", "init", "--root", self.0.to_str().unwrap()];
        arguments.extend(more);
        let code = run(arguments, Terminal::PLAIN, &mut out, &mut err);
        (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap(), code)
    }

    fn files(&self) -> usize {
        fn count(folder: &Path) -> usize {
            let entries = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
            entries.map(|p| if p.is_dir() { count(&p) } else { 1 }).sum()
        }
        count(&self.0)
    }
}

const ALL: [(&str, &str); 3] = [
    (".github/workflows/ci.yml", ".github/workflows/gatekeeper.yml"),
    (".gitlab-ci.yml", "gatekeeper.gitlab-ci.yml"),
    ("Jenkinsfile", "gatekeeper.groovy"),
];

#[test]
fn what_is_used_here_is_offered_and_written_only_on_demand() {
    for (mark, file) in ALL {
        let p = Project::new("one", &[mark]);
        let (said, _, code) = p.init(&[]);
        assert!(
            code == 0 && said.contains(file) && said.contains("--write-ci") && said.contains("junit.xml"),
            "{said}"
        );
        assert_eq!(p.files(), 3, "{mark}: nothing but the policy is written");
        let (said, err, code) = p.init(&["--force", "--write-ci"]);
        assert!(code == 0 && said.contains(": written"), "{said}{err}");
        assert!(p.read(file).contains("gatekeeper.toml") && p.read(mark) == "x: 1\n");
        // Once it is there, it stays as it is; the policy as well.
        p.write(file, "mine\n");
        let (said, _, code) = p.init(&["--write-ci"]);
        assert!(code == 0, "{said}");
        assert_eq!(p.read(file), "mine\n");
    }
    let none = Project::new("none", &[]);
    let (said, _, _) = none.init(&["--write-ci"]);
    assert!(!said.contains("written") && none.files() == 2, "{said}");
}

#[test]
fn who_judges_already_is_offered_nothing() {
    let p = Project::new("already", &[]);
    p.write(".github/workflows/ci.yml", "jobs: { g: { steps: [{ uses: gatekeeper-rs/gatekeeper@v0 }] } }\n");
    p.write(".gitlab-ci.yml", "g: { script: [gatekeeper check] }\n");
    let (said, _, code) = p.init(&["--write-ci"]);
    assert!(code == 0 && !said.contains("gatekeeper.yml") && p.files() == 4, "{said}");
    // The policy on standard output stands there alone.
    let p = Project::new("out", &["Jenkinsfile"]);
    let (said, err, code) = p.init(&["--output", "-"]);
    assert!(code == 0 && said.starts_with('#') && !said.contains("Jenkins") && p.files() == 2, "{said}{err}");
    let (said, err, _) = p.init(&["--output", "-", "--write-ci"]);
    assert!(!said.contains("written") && err.contains("gatekeeper.groovy: written"), "{said}{err}");
}

#[cfg(unix)]
#[test]
fn a_link_in_the_files_place_is_left_alone() {
    let p = Project::new("link", &["Jenkinsfile", "other"]);
    std::os::unix::fs::symlink("other", p.0.join("gatekeeper.groovy")).unwrap();
    let (said, _, _) = p.init(&["--write-ci"]);
    assert!(said.contains("stays as it is") && p.read("other") == "x: 1\n", "{said}");
}

fn tried(program: &str, arguments: &[&str], file: &Path) {
    match Command::new(program).args(arguments).arg(file).output() {
        Ok(output) if output.status.code() == Some(77) => eprintln!("!!! SKIPPED: {program} lacks what this takes"),
        Ok(output) => {
            let said = [output.stdout, output.stderr].concat();
            assert!(output.status.success(), "{program} {}: {}", file.display(), String::from_utf8_lossy(&said));
        }
        Err(_) => eprintln!("!!! SKIPPED: {program} is not here, so {} was not tried in it", file.display()),
    }
}

#[test]
fn what_is_written_is_what_the_services_take() {
    let p = Project::new("valid", &[".github/workflows/ci.yml", ".gitlab-ci.yml"]);
    p.write("test-results/a b'\"$(x)`y`: [z] # ${{ z }}.xml", &REPORT.replace("calc", "other"));
    assert_eq!(p.init(&["--write-ci"]).2, 0);
    let yaml = "import sys\ntry:\n import yaml\nexcept ImportError:\n sys.exit(77)\nd = yaml.safe_load(open(sys.argv[1]))\n\
                job = d['jobs']['gates']['steps'] if 'jobs' in d else d['gatekeeper']['script']\nassert len(job) >= 2, job";
    for file in [".github/workflows/gatekeeper.yml", "gatekeeper.gitlab-ci.yml"] {
        tried("python3", &["-c", yaml], &p.0.join(file));
        assert!(!p.read(file).contains("$(x)") && !p.read(file).contains("${{ z"), "{}", p.read(file));
    }
    assert!(p.read(".github/workflows/gatekeeper.yml").contains("uses: gatekeeper-rs/gatekeeper@v0"));
    tried("actionlint", &["-no-color"], &p.0.join(".github/workflows/gatekeeper.yml"));
}
