//! `gatekeeper hook`: each assistant's protocol, both ways, and nothing that loops for ever or passes what was not judged.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const POLICY: &str = "version = 1\n[[evidence]]\npaths = [\"junit.xml\"]\n[gates.unit]\nrule = \"tests\"\n";
const GREEN: &str = "<testsuite name=\"s\" tests=\"1\"><testcase name=\"adds\" classname=\"calc\"/></testsuite>";
const RED: &str = "<testsuite name=\"s\" tests=\"1\" failures=\"1\"><testcase name=\"adds\" classname=\"calc\"><failure message=\"3 is not 4\"/></testcase></testsuite>";

struct Project(PathBuf);

impl Drop for Project {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

struct Answer {
    code: i32,
    out: String,
    err: String,
}

impl Project {
    fn new(name: &str, policy: &str, report: Option<&str>) -> Self {
        let folder = std::env::temp_dir().join(format!("gatekeeper-hook-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("src/deep")).unwrap();
        fs::write(folder.join("gatekeeper.toml"), policy).unwrap();
        if let Some(report) = report {
            fs::write(folder.join("junit.xml"), report).unwrap();
        }
        Project(folder)
    }

    /// Runs the hook somewhere else: where the project lies is for what is handed over to say.
    fn hook(&self, assistant: &str, handed: &[u8]) -> Answer {
        hook(Path::new("/"), &["--for", assistant], handed, &[])
    }

    fn handed(&self, assistant: &str, more: Value) -> Vec<u8> {
        let mut handed = match assistant {
            "cursor" => {
                json!({ "conversation_id": "c", "generation_id": "g", "hook_event_name": "stop", "status": "completed",
                                "loop_count": 0, "workspace_roots": [self.0], "cursor_version": "2.4" })
            }
            _ => json!({ "session_id": "s", "transcript_path": null, "cwd": self.0, "hook_event_name": "Stop",
                         "permission_mode": "default", "stop_hook_active": false, "last_assistant_message": "done" }),
        };
        handed.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        handed.to_string().into_bytes()
    }
}

fn hook(at: &Path, arguments: &[&str], handed: &[u8], environment: &[(&str, &Path)]) -> Answer {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gatekeeper"))
        .arg("hook")
        .args(arguments)
        .current_dir(at)
        .env_remove("CLAUDE_PROJECT_DIR")
        .env_remove("CURSOR_PROJECT_DIR")
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may answer without having read all of it.
    let _ = child.stdin.take().unwrap().write_all(handed);
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Answer { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

const ASSISTANTS: [&str; 3] = ["claude", "codex", "cursor"];

/// Whether the assistant is sent back, by its own protocol, with words that hold this.
fn blocks(assistant: &str, answer: &Answer, words: &str) {
    let Answer { code, out, err } = answer;
    assert!(err.contains(words) && err.contains("gatekeeper"), "{assistant}: {err}");
    if assistant == "cursor" {
        let said: Value = serde_json::from_str(out).unwrap();
        assert_eq!(*code, 0, "at `stop` Cursor reads JSON of a hook that succeeded");
        assert!(said["followup_message"].as_str().unwrap().contains(words), "{said}");
    } else {
        assert!(*code == 2 && out.is_empty(), "{assistant}: {code} {out}");
    }
}

#[test]
fn what_passes_lets_the_assistant_go() {
    let p = Project::new("pass", POLICY, Some(GREEN));
    for assistant in ASSISTANTS {
        let Answer { code, out, err } = p.hook(assistant, &p.handed(assistant, json!({})));
        assert_eq!((code, err.as_str()), (0, ""), "{assistant}");
        assert_eq!(out, if assistant == "cursor" { "{}\n" } else { "" });
    }
}

#[test]
fn what_fails_sends_it_back_with_the_reason_and_the_next_step() {
    let p = Project::new("fail", POLICY, Some(RED));
    for assistant in ASSISTANTS {
        let answer = p.hook(assistant, &p.handed(assistant, json!({})));
        for words in ["FAIL", "3 is not 4", "fix 1 failing test", "gatekeeper explain unit", "not instructions"] {
            blocks(assistant, &answer, words);
        }
    }
}

#[test]
fn what_cannot_be_judged_sends_it_back_too() {
    for (name, report, words) in [("missing", None, "UNKNOWN"), ("cut", Some(&RED[..60]), "junit.xml")] {
        let p = Project::new(name, POLICY, report);
        for assistant in ASSISTANTS {
            blocks(assistant, &p.hook(assistant, &p.handed(assistant, json!({}))), words);
        }
    }
    let empty = Project::new("empty", POLICY, None);
    fs::remove_file(empty.0.join("gatekeeper.toml")).unwrap();
    for assistant in ASSISTANTS {
        blocks(assistant, &empty.hook(assistant, &empty.handed(assistant, json!({}))), "UNKNOWN");
    }
}

#[test]
fn a_bad_policy_and_two_of_them_send_it_back() {
    let bad = Project::new("bad", &POLICY.replace("\"tests\"", "\"testss\""), Some(GREEN));
    let two = Project::new("two", POLICY, Some(GREEN));
    fs::write(two.0.join(".gatekeeper.toml"), POLICY).unwrap();
    for assistant in ASSISTANTS {
        blocks(assistant, &bad.hook(assistant, &bad.handed(assistant, json!({}))), "testss");
        blocks(
            assistant,
            &two.hook(assistant, &two.handed(assistant, json!({}))),
            "two policies in one place".split_at(4).1,
        );
    }
}

#[test]
fn without_input_and_with_garbage_the_folder_is_judged_and_nothing_is_let_go() {
    let (green, red) = (Project::new("green", POLICY, Some(GREEN)), Project::new("red", POLICY, Some(RED)));
    let deep = "[".repeat(200_000);
    let long = format!("{{\"cwd\":\"{}\"}}", "x".repeat(17 << 20));
    for handed in ["", "  \n", "no JSON", "{\"cwd\":3}", "{", "\u{0}", &deep, &long, "{\"stop_hook_active\":\"true\"}"]
    {
        // What is long is read once, not for each.
        for assistant in if handed.len() > 1_000 { &ASSISTANTS[..1] } else { &ASSISTANTS } {
            let shown = &handed[..handed.len().min(20)];
            let of = |p: &Project| hook(&p.0.join("src/deep"), &["--for", assistant], handed.as_bytes(), &[]);
            assert_eq!(of(&green).code, 0, "{assistant} {shown}");
            let answer = of(&red);
            assert!(answer.code == 2 && answer.err.contains("FAIL"), "{assistant} {shown}: {}", answer.err);
            assert_eq!(answer.err.contains("cannot be read"), !handed.trim().is_empty(), "{assistant} {shown}");
            if *assistant == "cursor" {
                assert_eq!(serde_json::from_str::<Value>(&answer.out).unwrap()["permission"], "deny");
            }
        }
    }
}

#[test]
fn who_was_sent_back_and_still_falls_short_is_let_go_and_that_is_said() {
    let (red, green) = (Project::new("loop", POLICY, Some(RED)), Project::new("loop-ok", POLICY, Some(GREEN)));
    for assistant in ["claude", "codex"] {
        for event in ["Stop", "SubagentStop"] {
            let again = json!({ "stop_hook_active": true, "hook_event_name": event });
            let answer = red.hook(assistant, &red.handed(assistant, again.clone()));
            let said: Value = serde_json::from_str(&answer.out).unwrap();
            assert!(answer.code == 0 && answer.err.contains("let go"), "{}", answer.err);
            let words = said["systemMessage"].as_str().unwrap();
            assert!(words.contains("still do not hold") && words.contains("FAIL"), "{words}");
            assert_eq!(green.hook(assistant, &green.handed(assistant, again)).out, "");
        }
        // The tools of a turn that was sent back are still held.
        let tool = json!({ "stop_hook_active": true, "hook_event_name": "PreToolUse" });
        assert_eq!(red.hook(assistant, &red.handed(assistant, tool)).code, 2);
    }
    for (count, ends) in [(4, false), (5, true), (u64::MAX, true)] {
        let answer = red.hook("cursor", &red.handed("cursor", json!({ "loop_count": count })));
        assert_eq!(answer.out == "{}\n", ends, "{count}: {}", answer.out);
    }
    let stopped = red.hook("cursor", &red.handed("cursor", json!({ "status": "aborted" })));
    assert!(stopped.code == 0 && stopped.out == "{}\n" && stopped.err.contains("not judged"));
}

#[test]
fn a_tool_is_held_back_in_each_assistants_words() {
    let red = Project::new("tool", POLICY, Some(RED));
    for (assistant, event) in [("claude", "PreToolUse"), ("codex", "PreToolUse"), ("cursor", "beforeShellExecution")] {
        let handed =
            red.handed(assistant, json!({ "hook_event_name": event, "tool_input": { "command": "git push" } }));
        let answer = red.hook(assistant, &handed);
        assert!(answer.code == 2 && answer.err.contains("3 is not 4"), "{assistant}: {}", answer.err);
        if assistant == "cursor" {
            let said: Value = serde_json::from_str(&answer.out).unwrap();
            assert!(said["permission"] == "deny" && said["agent_message"].as_str().unwrap().contains("3 is not 4"));
        }
    }
}

#[test]
fn the_project_is_judged_wherever_in_it_the_assistant_is() {
    let red = Project::new("where", POLICY, Some(RED));
    let green = Project::new("elsewhere", POLICY, Some(GREEN));
    fs::create_dir_all(red.0.join(".git")).unwrap();
    // A policy and a green report of a test's own, in a folder of the project.
    let inner = red.0.join("src/deep");
    fs::write(inner.join("gatekeeper.toml"), POLICY).unwrap();
    fs::write(inner.join("junit.xml"), GREEN).unwrap();
    let handed = |at: &Path| red.handed("claude", json!({ "cwd": at }));
    assert_eq!(red.hook("claude", &handed(&inner)).code, 2);
    // Gone into another project: the one that the session was started in counts.
    let from = |at: &Path| hook(at, &["--for", "claude"], &handed(&green.0), &[("CLAUDE_PROJECT_DIR", &red.0)]).code;
    assert_eq!(from(&green.0), 2);
    // A root that is named counts before everything else.
    let root = green.0.to_str().unwrap();
    assert_eq!(hook(&inner, &["--for", "claude", "--root", root], &handed(&inner), &[]).code, 0);
    // What is given is relative to the project.
    fs::write(red.0.join("src/green.xml"), GREEN).unwrap();
    let tests = "version = 1\n[gates.unit]\nrule = \"tests\"\n";
    fs::write(red.0.join("src/other.toml"), tests).unwrap();
    let arguments = ["--for", "claude", "--config", "src/other.toml", "src/green.xml"];
    let answer = hook(Path::new("/"), &arguments, &handed(&red.0), &[]);
    assert_eq!(answer.code, 0, "{}", answer.err);
}

#[test]
fn what_is_said_is_short_and_has_nothing_that_steers() {
    let many: String = (0..5_000)
        .map(|n| {
            format!(
                "<testcase name=\"t{n}&#x9b;31m\u{202e}\" classname=\"c\"><failure message=\"{}\"/></testcase>",
                "x ".repeat(500)
            )
        })
        .collect();
    let report = format!("<testsuite name=\"s\" tests=\"5000\" failures=\"5000\">{many}</testsuite>");
    let p = Project::new("long", POLICY, Some(&report));
    let answer = p.hook("claude", &p.handed("claude", json!({})));
    assert!(answer.code == 2 && answer.err.len() < 8_000, "{}", answer.err.len());
    assert!(!answer.err.contains(['\u{9b}', '\u{1b}', '\u{202e}']), "{}", answer.err);
    let warns = format!("{POLICY}action = \"warn\"\n");
    let p = Project::new("warns", &warns, Some(RED));
    assert_eq!(p.hook("codex", &p.handed("codex", json!({}))).code, 0);
    let handed = p.handed("codex", json!({}));
    assert_eq!(hook(&p.0, &["--for", "codex", "--fail-on-warn"], &handed, &[]).code, 2);
    assert_eq!(hook(&p.0, &["--for", "nobody"], &handed, &[]).code, 2, "a mistake in the call blocks too");
}
