//! A folder of Rego as Conftest has it, judged from the command line: rules, data, exceptions, mistakes with their places, a policy from a commit.
#![cfg(all(unix, feature = "rego"))]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use gatekeeper_cli::{Terminal, run};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const MAIN: &str = "package main\n\nimport rego.v1\nimport data.lib.tests as counts\n\ndeny contains msg if {\n\tcounts.failed > data.limits.failed\n\tmsg := sprintf(\"%d failing tests\", [counts.failed])\n}\n\nwarn_slow contains {\"msg\": msg, \"id\": c.name} if {\n\tsome c in input.tests.cases\n\tc.milliseconds > data.limits.milliseconds\n\tmsg := sprintf(\"%s takes %d ms\", [c.name, c.milliseconds])\n}\n";
const LIB: &str = "package lib.tests\n\nfailed := input.tests.counts.failed\n";
const TEST: &str = "package main\n\ntest_one_failure_is_denied if {\n\tcount(deny) == 1 with input as parse_config_file(\"one.yaml\")\n}\n";
const POLICY: &str =
    "version = 1\n[[evidence]]\npaths = [\"reports/*.xml\"]\n[policies]\nrego = \"policy\"\ndata = \"policy/data\"\n";
const GOOD: &str = "<testsuite name=\"s\" tests=\"2\"><testcase name=\"a\" classname=\"c\" time=\"0.01\"/><testcase name=\"b\" classname=\"c\" time=\"2.5\"/></testsuite>";
const BAD: &str = "<testsuite name=\"s\" tests=\"2\" failures=\"1\"><testcase name=\"a\" classname=\"c\" time=\"0.01\"><failure message=\"x\"/></testcase><testcase name=\"b\" classname=\"c\" time=\"0.02\"/></testsuite>";

fn project(name: &str) -> PathBuf {
    let root = std::env::temp_dir().join(format!("gatekeeper-rego-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&root);
    for (file, text) in [
        ("gatekeeper.toml", POLICY),
        ("policy/main.rego", MAIN),
        ("policy/lib/tests.rego", LIB),
        ("policy/main_test.rego", TEST),
        ("policy/data/limits/figures.yaml", "failed: 0\nmilliseconds: 1000\n"),
        ("reports/junit.xml", GOOD),
    ] {
        write(&root, file, text);
    }
    root
}

fn write(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn check(root: &Path, more: &[&str]) -> (u8, Value, String) {
    let mut arguments = vec!["gatekeeper", "check", "--format", "json", "--root", root.to_str().unwrap()];
    arguments.extend(more);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run(arguments, Terminal::PLAIN, &mut out, &mut err);
    (code, serde_json::from_slice(&out).unwrap_or_default(), String::from_utf8_lossy(&err).into_owned())
}

fn messages(verdict: &Value) -> Vec<String> {
    let all = verdict["gates"][0]["violations"].as_array().unwrap();
    all.iter().map(|v| format!("{}: {}", v["status"].as_str().unwrap(), v["message"].as_str().unwrap())).collect()
}

#[test]
fn a_folder_of_conftest_is_judged() {
    let root = project("judged");
    let (code, verdict, err) = check(&root, &[]);
    assert_eq!((code, messages(&verdict)), (0, vec!["warn: b takes 2500 ms".to_owned()]), "{err}");
    assert_eq!(verdict["gates"][0]["name"], "rego");
    let files: Vec<&str> =
        verdict["policy"]["extends"].as_array().unwrap().iter().map(|f| f["path"].as_str().unwrap()).collect();
    assert_eq!(files.len(), 4, "{files:?}");
    assert!(files.iter().any(|f| f.ends_with("policy/data/limits/figures.yaml")), "{files:?}");
    let digest = verdict["policy"]["digest"].clone();

    write(&root, "reports/junit.xml", BAD);
    let (code, verdict, _) = check(&root, &[]);
    assert_eq!((code, messages(&verdict)), (1, vec!["fail: 1 failing tests".to_owned()]));
    assert_eq!(verdict["policy"]["digest"], digest);

    // Another limit in the data is another policy.
    write(&root, "policy/data/limits/figures.yaml", "failed: 1\nmilliseconds: 1000\n");
    let (code, verdict, _) = check(&root, &[]);
    assert_eq!((code, messages(&verdict)), (0, Vec::new()));
    assert_ne!(verdict["policy"]["digest"], digest);
    fs::remove_dir_all(&root).unwrap();
}

#[test]
fn a_mistake_is_told_at_its_place() {
    let root = project("mistakes");
    for (text, place, said) in [
        (MAIN.replace("c.milliseconds >", "c.miliseconds >"), "main.rego:13:4", "no `miliseconds`"),
        (MAIN.replace("counts.failed >", "count(3) + counts.failed >>"), "main.rego:7:", "not valid Rego"),
        (MAIN.replace("[c.name, c", "[name, c"), "main.rego:14:", "is unsafe"),
        (MAIN.replace("sprintf(\"%s", "printf(\"%s"), "main.rego:14:9", "no function `printf`"),
    ] {
        write(&root, "policy/main.rego", &text);
        let (code, _, err) = check(&root, &[]);
        assert!(code == 2 && err.contains(place) && err.contains(said), "{code}: {err}");
    }
    write(&root, "policy/main.rego", MAIN);
    for (text, said) in [
        (POLICY.replace("\"policy\"", "\"polcy\""), "polcy cannot be read"),
        (POLICY.replace("\"policy\"", "\"reports\""), "no Rego file"),
        (POLICY.replace("rego = \"policy\"\n", ""), "has no `rego`"),
        (POLICY.replace("rego = \"policy\"", "rego = \"policy\"\nnamespace = [\"main\"]"), "`namespace`"),
        (format!("{POLICY}[gates.rego]\nrule = \"tests\"\nmax-failed = 0\n"), "there is one of that name"),
        (POLICY.replace("policy/data", "/etc"), "relative"),
    ] {
        write(&root, "gatekeeper.toml", &text);
        let (code, _, err) = check(&root, &[]);
        assert!(code == 2 && err.contains(said), "{said}: {code}: {err}");
    }
    fs::remove_dir_all(&root).unwrap();
}

#[test]
fn a_policy_of_the_base_brings_its_rego() {
    let root = project("base");
    write(&root, "reports/junit.xml", BAD);
    let git = |arguments: &[&str]| {
        // A commit of long ago: the reports are not older than it.
        let day = "2020-01-01T00:00:00Z";
        let dated = [("GIT_AUTHOR_DATE", day), ("GIT_COMMITTER_DATE", day)];
        let done = Command::new("git").arg("-C").arg(&root).args(arguments).envs(dated).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-qm", "base"]);
    // The change takes the rule out.
    write(
        &root,
        "policy/main.rego",
        "package main\nimport rego.v1\ndeny contains \"x\" if input.tests.counts.failed > 9\n",
    );
    assert_eq!(check(&root, &[]).0, 0);
    let (code, verdict, err) = check(&root, &["--policy-ref", "HEAD"]);
    assert_eq!((code, messages(&verdict)), (1, vec!["fail: 1 failing tests".to_owned()]), "{err}");
    fs::remove_dir_all(&root).unwrap();
}
