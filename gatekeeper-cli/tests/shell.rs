//! Completions and manual pages, in the programs that read them.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::fs;
use std::process::Command;

fn gatekeeper(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_gatekeeper")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Whether a program is here; a test that needs one which is not says so.
fn is_here(program: &str) -> bool {
    let here = Command::new("sh").args(["-c", &format!("command -v {program}")]).output().unwrap().status.success();
    if !here {
        eprintln!("!!! SKIPPED: {program} is not here, so nothing was tried in it");
    }
    here
}

#[test]
fn bash_completes_commands_options_and_words() {
    if !is_here("bash") {
        return;
    }
    let script = std::env::temp_dir().join(format!("gatekeeper-completions-{}.bash", std::process::id()));
    fs::write(&script, gatekeeper(&["completions", "bash"])).unwrap();
    for (words, wanted) in [
        ("gatekeeper che", "check"),
        ("gatekeeper policy pro", "prove"),
        ("gatekeeper check --warn-o", "--warn-only"),
        ("gatekeeper check --format sari", "sarif"),
        ("gatekeeper inspect --as cyclonedx-x", "cyclonedx-xml"),
        ("gatekeeper rules cove", "coverage"),
        ("gatekeeper completions fi", "fish"),
        ("gatekeeper hook --for cl", "claude"),
    ] {
        let run = format!(
            "set -eu; source '{}'; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMPREPLY=(); \
             f=$(complete -p gatekeeper | sed 's/.*-F \\([^ ]*\\).*/\\1/'); \
             \"$f\" gatekeeper \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\" || true; echo \"${{COMPREPLY[*]}}\"",
            script.display()
        );
        let output = Command::new("bash").args(["--norc", "-c", &run]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(said.trim(), wanted, "{words}: {}", String::from_utf8_lossy(&output.stderr));
    }
    fs::remove_file(script).unwrap();
}

#[test]
fn every_shell_takes_its_script() {
    for (shell, check) in
        [("bash", "bash -n"), ("zsh", "zsh -n"), ("fish", "fish --no-execute"), ("elvish", ""), ("powershell", "")]
    {
        let script = gatekeeper(&["completions", shell]);
        assert!(script.contains("gatekeeper") && script.contains("snapshot") && script.len() > 5_000, "{shell}");
        if check.is_empty() || !is_here(shell) {
            continue;
        }
        let file = std::env::temp_dir().join(format!("gatekeeper-completions-{}.{shell}", std::process::id()));
        fs::write(&file, script).unwrap();
        let output = Command::new("sh").args(["-c", &format!("{check} '{}'", file.display())]).output().unwrap();
        assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
        fs::remove_file(file).unwrap();
    }
}

#[test]
fn every_manual_page_is_set_without_a_warning() {
    let folder = std::env::temp_dir().join(format!("gatekeeper-man-{}", std::process::id()));
    let said = gatekeeper(&["man", "--out", folder.to_str().unwrap()]);
    let pages: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(said.contains(&format!("{} pages", pages.len())) && pages.len() > 25, "{said}");
    for name in ["gatekeeper.1", "gatekeeper-check.1", "gatekeeper-policy-test.1"] {
        assert!(folder.join(name).is_file(), "{name}");
    }
    if is_here("groff") {
        for page in &pages {
            let output =
                Command::new("groff").args(["-k", "-ww", "-man", "-Tutf8", "-P-cbou"]).arg(page).output().unwrap();
            let warned = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && warned.is_empty(), "{}: {warned}", page.display());
            assert!(String::from_utf8_lossy(&output.stdout).contains("OPTIONS"), "{}", page.display());
        }
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_page_is_printed_by_its_command() {
    let whole = gatekeeper(&["man"]);
    assert!(whole.contains("Exit codes") || whole.contains("EXTRA"), "{whole}");
    assert!(
        gatekeeper(&["man", "policy", "test"]).contains(".TH gatekeeper\\-policy\\-test")
            || gatekeeper(&["man", "policy", "test"]).contains(".TH gatekeeper-policy-test")
    );
    for (arguments, words) in
        [(vec!["man", "chek"], "there are check, "), (vec!["man", "check", "x"], "has no command `x`")]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_gatekeeper")).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains(words), "{said}");
    }
}
