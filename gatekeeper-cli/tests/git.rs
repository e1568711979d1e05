//! What the command line asks of git: a stranger's repository runs nothing, hides nothing and changes no answer.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Repository(PathBuf);

impl Drop for Repository {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn numbered(of: std::ops::RangeInclusive<u32>) -> String {
    of.map(|n| format!("rate_{n} = lookup({n})\n")).collect()
}

/// Coverage of so many lines, of which the ones from a number on did not run.
fn lcov(name: &str, lines: u32, missed_from: u32) -> String {
    let rows: String = (1..=lines).map(|n| format!("DA:{n},{}\n", u32::from(n < missed_from))).collect();
    format!("TN:\nSF:{name}\n{rows}end_of_record\n")
}

const POLICY: &str = "version = 1\n[[evidence]]\npaths = [\"reports/*\"]\n[gates.coverage]\nrule = \"coverage\"\npatch = { lines = 80 }\n";

impl Repository {
    /// Ten lines on main; the change adds ten more, of which six are covered.
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("gatekeeper-git-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let r = Repository(folder);
        r.git(&["init", "-q", "-b", "main", "."]);
        r.write(".gitignore", "reports/\nmarker\n");
        r.write("gatekeeper.toml", POLICY);
        r.write("src/tariff.py", &numbered(1..=10));
        r.commit("base");
        r.write("src/tariff.py", &numbered(1..=20));
        r.commit("change");
        r.write("reports/lcov.info", &lcov("src/tariff.py", 20, 17));
        r
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.0, arguments)
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }

    fn check(&self, arguments: &[&str]) -> Output {
        check(&self.0, arguments, &[])
    }

    fn verdict(&self, arguments: &[&str]) -> Value {
        document(&self.check(arguments))
    }
}

fn clean(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("GIT_") || text.starts_with("GITHUB_") || text.starts_with("CI") {
            command.env_remove(&name);
        }
    }
    command
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    let done = clean(&mut command)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

fn check(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatekeeper"));
    clean(&mut command)
        .current_dir(folder)
        .args(["check", "--format", "json", "--now", "2026-06-01T00:00:00Z"])
        .args(arguments)
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(output)))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn reason(verdict: &Value) -> &str {
    verdict["gates"][0]["reason"].as_str().unwrap()
}

#[test]
fn the_verdict_carries_commit_tree_base_and_head() {
    let r = Repository::new("carries");
    let v = r.verdict(&["--base", "HEAD~1"]);
    assert!(reason(&v).contains("6 of 10"), "{}", reason(&v));
    let (head, base) = (r.git(&["rev-parse", "HEAD"]), r.git(&["rev-parse", "HEAD~1"]));
    let c = &v["context"];
    assert_eq!(c["commit"], head.as_str());
    assert_eq!(c["tree"], r.git(&["rev-parse", "HEAD^{tree}"]).as_str());
    assert_eq!((&c["diff"]["base"], &c["diff"]["head"]), (&Value::from("HEAD~1"), &Value::from(head.as_str())));
    assert_eq!((&c["diff"]["merge_base"], &c["diff"]["added_lines"]), (&Value::from(base.as_str()), &Value::from(10)));
    // The change begins where it branched off, whatever the base did since.
    r.git(&["checkout", "-q", "-b", "later", "HEAD~1"]);
    r.write("src/other.py", &numbered(1..=5));
    r.commit("later");
    r.git(&["checkout", "-q", "main"]);
    let v = r.verdict(&["--base", "later"]);
    assert!(reason(&v).contains("6 of 10"), "{}", reason(&v));
    assert_eq!(v["context"]["diff"]["merge_base"], base.as_str());
}

#[test]
fn what_is_not_committed_has_no_tree_and_is_part_of_the_change() {
    let r = Repository::new("dirty");
    r.write("src/tariff.py", &numbered(1..=22));
    r.write("reports/lcov.info", &lcov("src/tariff.py", 22, 17));
    let v = r.verdict(&["--base", "HEAD~1"]);
    assert!(reason(&v).contains("6 of 12"), "{}", reason(&v));
    let c = &v["context"];
    assert_eq!((&c["tree"], &c["dirty"], &c["diff"]["with_working_tree"]), (&Value::Null, &true.into(), &true.into()));
    assert!(c["notes"][0].as_str().unwrap().contains("not committed"));
}

/// Everything that a repository can bring with it to change a diff, or to run a command when git is asked.
#[test]
fn a_hostile_repository_runs_nothing_and_hides_nothing() {
    let r = Repository::new("hostile");
    let script = r.0.join(".git/evil.sh");
    fs::write(&script, format!("#!/bin/sh\necho run >> {}\nexit 0\n", r.0.join("marker").display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir_all(r.0.join(".git/evil-hooks")).unwrap();
    for hook in ["post-index-change", "fsmonitor-watchman", "reference-transaction"] {
        fs::copy(&script, r.0.join(".git/evil-hooks").join(hook)).unwrap();
    }
    let evil = script.to_str().unwrap();
    for (key, value) in [
        ("core.fsmonitor", evil),
        ("core.hooksPath", r.0.join(".git/evil-hooks").to_str().unwrap()),
        ("core.sshCommand", evil),
        ("core.pager", evil),
        ("core.attributesFile", r.0.join(".git/attributes").to_str().unwrap()),
        ("diff.external", evil),
        ("diff.evil.textconv", evil),
        ("diff.evil.command", evil),
        ("diff.evil.binary", "true"),
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("diff.renames", "false"),
        ("diff.context", "0"),
        ("diff.orderFile", ".git/order"),
        ("diff.relative", "true"),
        ("diff.wordRegex", "."),
        ("diff.ignoreSubmodules", "all"),
        ("color.ui", "always"),
        ("color.diff", "always"),
        ("filter.evil.clean", evil),
        ("filter.evil.process", evil),
        ("filter.evil.required", "true"),
        ("pager.diff", evil),
        ("remote.origin.url", &format!("ext::{evil}")),
        ("remote.origin.promisor", "true"),
        ("protocol.ext.allow", "always"),
        ("alias.diff", &format!("!{evil}")),
    ] {
        r.git(&["config", key, value]);
    }
    fs::write(r.0.join(".git/order"), "x\n").unwrap();
    fs::create_dir_all(r.0.join(".git/info")).unwrap();
    fs::write(r.0.join(".git/info/attributes"), "*.py diff=evil filter=evil -text\n*.py binary\n").unwrap();
    fs::write(r.0.join(".git/attributes"), "*.py -diff\n").unwrap();
    // Its time alone says that it may have changed: then git looks into it, and would ask the filter.
    r.write("src/tariff.py", &numbered(1..=20));
    let _ = fs::remove_file(r.0.join("marker"));
    let v = r.verdict(&["--base", "HEAD~1"]);
    assert!(reason(&v).contains("6 of 10"), "{}", reason(&v));
    assert!(!r.0.join("marker").exists(), "{}", fs::read_to_string(r.0.join("marker")).unwrap_or_default());
    // The trap is one: git as it is runs into it.
    let mut plain = Command::new("git");
    let _ = clean(&mut plain).current_dir(&r.0).args(["status", "--porcelain"]).output().unwrap();
    assert!(r.0.join("marker").exists());
}

#[test]
fn the_environment_of_git_is_not_asked() {
    let r = Repository::new("environment");
    let other = Repository::new("environment-other");
    let git_dir = other.0.join(".git");
    let output = check(
        &r.0,
        &["--base", "HEAD~1"],
        &[
            ("GIT_DIR", git_dir.to_str().unwrap()),
            ("GIT_EXTERNAL_DIFF", "/bin/true"),
            ("GIT_DIFF_OPTS", "-u0"),
            ("GIT_CONFIG_PARAMETERS", "'diff.noprefix'='true'"),
        ],
    );
    let v = document(&output);
    assert_eq!(v["context"]["commit"], r.git(&["rev-parse", "HEAD"]).as_str());
    assert!(reason(&v).contains("6 of 10"), "{}", reason(&v));
}

#[test]
fn a_shallow_clone_tells_only_what_is_certain() {
    let r = Repository::new("shallow");
    r.git(&["checkout", "-q", "-b", "later", "HEAD~1"]);
    r.write("src/other.py", &numbered(1..=5));
    r.commit("later");
    r.git(&["checkout", "-q", "main"]);
    let clone = |depth: &str, name: &str| {
        let to = std::env::temp_dir().join(format!("gatekeeper-git-clone-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&to);
        let url = format!("file://{}", r.0.display());
        r.git(&["clone", "-q", "--depth", depth, "--no-single-branch", &url, to.to_str().unwrap()]);
        let clone = Repository(to);
        clone.write("reports/lcov.info", &lcov("src/tariff.py", 20, 17));
        clone
    };
    let one = clone("1", "one");
    for (base, words) in
        [("HEAD~1", "shallow"), ("origin/later", "shallow"), ("origin/none", "does not know"), ("--all", "no name")]
    {
        let output = one.check(&[&format!("--base={base}")]);
        assert_eq!(output.status.code(), Some(2), "{base}");
        assert!(said(&output).contains(words), "{base}: {}", said(&output));
    }
    // What HEAD descends from is the place where it branched off, however little of the history is there.
    let two = clone("2", "two");
    assert!(reason(&two.verdict(&["--base", "HEAD~1"])).contains("6 of 10"));
}

#[test]
fn ci_is_asked_where_git_is_not_there() {
    let r = Repository::new("ci");
    let sha = "a".repeat(40);
    let of =
        |folder: &Path, name: &str, value: &str| document(&check(folder, &[], &[(name, value)]))["context"].clone();
    assert_eq!(of(&r.0, "GITHUB_SHA", &sha)["from"], "git");
    fs::remove_dir_all(r.0.join(".git")).unwrap();
    for name in ["GITHUB_SHA", "CI_COMMIT_SHA"] {
        let c = of(&r.0, name, &sha);
        assert_eq!((&c["commit"], &c["from"]), (&Value::from(sha.as_str()), &Value::from(name)));
    }
    assert_eq!(of(&r.0, "GITHUB_SHA", "main"), Value::Null);
    let output = r.check(&["--base", "HEAD~1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("no commit of git here"), "{}", said(&output));
    let output = r.check(&["--commit", "main"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn what_is_given_goes_before_what_git_says() {
    let r = Repository::new("given");
    let head = r.git(&["rev-parse", "HEAD"]);
    let of = |arguments: &[&str]| r.verdict(arguments)["context"].clone();
    let c = of(&["--commit", &head[..10]]);
    assert_eq!(
        (c["commit"].as_str(), c["tree"].as_str()),
        (Some(&head[..10]), Some(r.git(&["rev-parse", "HEAD^{tree}"]).as_str()))
    );
    // Of another commit git cannot tell the tree.
    let c = of(&["--commit", &"b".repeat(40)]);
    assert_eq!((c["commit"].as_str(), &c["tree"]), (Some("b".repeat(40).as_str()), &Value::Null));
    assert!(c["notes"][0].as_str().unwrap().contains("not what was given"));
    let c = of(&["--tree", &"c".repeat(40)]);
    assert_eq!((c["tree"].as_str(), &c["commit"]), (Some("c".repeat(40).as_str()), &Value::Null));
}

#[test]
fn a_project_in_a_folder_of_the_repository_is_judged_by_its_own_files() {
    let r = Repository::new("folder");
    for (folder, lines) in [("one", 12), ("two", 30)] {
        r.write(&format!("{folder}/gatekeeper.toml"), POLICY);
        r.write(&format!("{folder}/src/x.py"), &numbered(1..=lines));
    }
    r.commit("two projects");
    r.write("one/reports/lcov.info", &lcov("src/x.py", 12, 7));
    let v = document(&check(&r.0.join("one"), &["--base", "HEAD~1"], &[]));
    assert!(reason(&v).contains("6 of 12"), "{}", reason(&v));
    let text = r.git(&["diff", "HEAD~1", "HEAD"]);
    r.write("change.diff", &format!("{text}\n"));
    let v = document(&check(&r.0.join("one"), &["--diff", "../change.diff"], &[]));
    assert!(reason(&v).contains("6 of 12"), "{}", reason(&v));
    let v = r.verdict(&["--root", "one", "--config", "one/gatekeeper.toml", "--base", "HEAD~1"]);
    assert!(reason(&v).contains("6 of 12"), "{}", reason(&v));
}

#[test]
fn a_change_cannot_lower_its_own_bar() {
    let r = Repository::new("policy");
    r.git(&["checkout", "-q", "-b", "change"]);
    r.git(&["checkout", "-q", "main"]);
    r.write("org.toml", &POLICY.replace("patch", "lines = 10\npatch"));
    r.write("gatekeeper.toml", "version = 1\nextends = \"org.toml\"\n[gates.coverage]\nlines = { min = 95 }\n");
    r.commit("a policy in two files");
    r.git(&["checkout", "-q", "change"]);
    r.git(&["merge", "-q", "main"]);
    r.write("org.toml", &POLICY.replace("patch = { lines = 80 }", "lines = 10"));
    r.write("gatekeeper.toml", "version = 1\nextends = \"org.toml\"\n[gates.coverage]\nlines = { min = 1 }\n");
    r.commit("a lower bar");
    assert_eq!(r.check(&[]).status.code(), Some(0));
    let output = r.check(&["--base", "main", "--policy-ref", "main"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let v = document(&output);
    let from = v["policy"]["from"].as_str().unwrap();
    assert!(from.starts_with("main (") && from.contains(&r.git(&["rev-parse", "main"])[..12]), "{from}");
    assert_eq!(
        (&v["policy"]["file"], &v["policy"]["extends"][0]["path"]),
        (&"gatekeeper.toml".into(), &"org.toml".into())
    );
    let human = check(&r.0, &["--policy-ref", "main", "--format", "human"], &[]);
    assert!(
        human.status.code() == Some(2) || String::from_utf8_lossy(&human.stdout).contains("gatekeeper.toml of main (")
    );
    // A policy that the change takes away is there still, and from a folder below it is found upwards.
    fs::remove_file(r.0.join("gatekeeper.toml")).unwrap();
    assert_eq!(r.check(&["--policy-ref", "main"]).status.code(), Some(1));
    assert_eq!(check(&r.0.join("src"), &["--policy-ref", "main"], &[]).status.code(), Some(1));
    assert_eq!(r.check(&["--policy-ref", "main", "--config", "./org.toml"]).status.code(), Some(3));
    for (arguments, words) in [
        (&["--policy-ref", "none"][..], "does not know"),
        (&["--policy-ref", "main", "--config", "other.toml"], "no such file"),
        (&["--policy-ref", "main", "--config", "/tmp/other.toml"], "not named from within"),
    ] {
        let output = r.check(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(said(&output).contains(words), "{arguments:?}: {}", said(&output));
    }
    r.git(&["checkout", "-q", "--orphan", "bare"]);
    r.git(&["rm", "-r", "-q", "--cached", "."]);
    fs::remove_file(r.0.join("org.toml")).unwrap();
    r.commit("no policy");
    let output = r.check(&["--policy-ref", "HEAD"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("no policy in HEAD"), "{}", said(&output));
}

#[test]
fn a_tag_of_a_branch_s_name_does_not_take_its_place() {
    let r = Repository::new("ambiguous");
    r.git(&["branch", "trunk", "HEAD~1"]);
    let base = |name: &str| {
        let output = check(&r.0, &["--base", name], &[]);
        (output.status.code(), said(&output))
    };
    assert_eq!(base("trunk").0, Some(1), "six of ten new lines are covered");
    // Beside the branch there is now a tag of what is to be judged: by it nothing is new.
    r.git(&["tag", "-a", "-m", "m", "trunk", "HEAD"]);
    for name in ["trunk", "trunk^0", "trunk~0"] {
        let (code, words) = base(name);
        assert_eq!(code, Some(2), "{name}: {words}");
        assert!(words.contains("`trunk` stands for different commits (refs/heads/trunk, refs/tags/trunk)"), "{words}");
    }
    assert_eq!((base("refs/heads/trunk").0, base("refs/tags/trunk").0), (Some(1), Some(0)));
    let policy = check(&r.0, &["--policy-ref", "trunk"], &[]);
    assert!(policy.status.code() == Some(2) && said(&policy).contains("different commits"), "{}", said(&policy));
    // Where both stand for the same there is nothing to choose.
    r.git(&["tag", "-f", "-a", "-m", "m", "trunk", "refs/heads/trunk"]);
    assert_eq!(base("trunk").0, Some(1));
    // A branch of one's own that is called as another's is.
    r.git(&["update-ref", "refs/remotes/origin/trunk", "HEAD~1"]);
    assert_eq!(base("origin/trunk").0, Some(1));
    r.git(&["branch", "origin/trunk", "HEAD"]);
    assert_eq!(base("origin/trunk").0, Some(2));
    // Names with an `@`, and a remote's own branch, which its name alone stands for.
    r.git(&["branch", "me@fix", "HEAD~1"]);
    assert_eq!(base("me@fix").0, Some(1));
    r.git(&["tag", "me@fix", "HEAD"]);
    assert_eq!(base("me@fix").0, Some(2));
    r.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk"]);
    assert_eq!(base("origin").0, Some(1));
    r.git(&["tag", "origin", "HEAD"]);
    assert_eq!(base("origin").0, Some(2));
}
