//! `gatekeeper mcp`: the protocol on standard input and output, with calls as a hostile or mistaken model would make them.
#![cfg(all(unix, feature = "mcp"))]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const POLICY: &str = "version = 1\n[[evidence]]\npaths = [\"junit.xml\"]\n[gates.unit]\nrule = \"tests\"\n";
const RED: &str = "<testsuite name=\"s\" tests=\"1\" failures=\"1\"><testcase name=\"adds\" classname=\"calc\"><failure message=\"3 is not 4\"/></testcase></testsuite>";

struct Server {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    folder: PathBuf,
    id: u64,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Server {
    fn new(name: &str) -> Server {
        let folder = std::env::temp_dir().join(format!("gatekeeper-mcp-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let root = folder.join("root");
        fs::create_dir_all(&root).unwrap();
        fs::write(root.join("gatekeeper.toml"), POLICY).unwrap();
        fs::write(root.join("junit.xml"), RED).unwrap();
        fs::write(folder.join("secret.xml"), RED.replace("3 is not 4", "the secret")).unwrap();
        std::os::unix::fs::symlink("../secret.xml", root.join("link.xml")).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_gatekeeper"))
            .args(["mcp", "--root", root.to_str().unwrap()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let mut server = Server { child, to, from, folder, id: 0 };
        let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
        let said = server.ask("initialize", hello);
        assert_eq!(said["result"]["serverInfo"]["name"], "gatekeeper", "{said}");
        server.say(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        server
    }

    /// Keeps the verdict of now as a file.
    fn keep(&self, name: &str) {
        let root = self.folder.join("root");
        let answer = Command::new(env!("CARGO_BIN_EXE_gatekeeper"))
            .args(["check", "--format", "json", "--root", root.to_str().unwrap()])
            .output()
            .unwrap();
        fs::write(root.join(name), answer.stdout).unwrap();
    }

    fn say(&mut self, message: &Value) {
        let to = self.to.as_mut().unwrap();
        writeln!(to, "{message}").unwrap();
        to.flush().unwrap();
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.id += 1;
        let id = self.id;
        self.say(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let mut line = String::new();
            assert!(self.from.read_line(&mut line).unwrap() > 0, "it has ended");
            let said: Value = serde_json::from_str(&line).unwrap();
            if said["id"] == id {
                return said;
            }
        }
    }

    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.ask("tools/call", json!({ "name": tool, "arguments": arguments }))
    }

    fn refused(&mut self, tool: &str, arguments: Value, words: &str) {
        let said = self.call(tool, arguments.clone());
        let text = said["result"]["content"][0]["text"].as_str().unwrap_or_default();
        assert!(said["result"]["isError"] == true && text.contains(words), "{tool} {arguments}: {said}");
        assert!(!said.to_string().contains("the secret"), "{said}");
    }
}

#[test]
fn the_tools_are_listed_with_the_commands_words() {
    let mut server = Server::new("list");
    let said = server.ask("tools/list", json!({}));
    let tools = said["result"]["tools"].as_array().unwrap();
    let names: Vec<&str> = tools.iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["check", "explain", "inspect", "diff"]);
    for tool in tools {
        assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{tool}");
        assert_eq!(tool["annotations"]["readOnlyHint"], true);
        for (name, argument) in tool["inputSchema"]["properties"].as_object().unwrap() {
            assert!(argument["description"].as_str().unwrap().len() > 10, "{name}: the command has no help for it");
        }
    }
    assert_eq!(tools[1]["inputSchema"]["required"], json!(["gate"]));
    assert!(tools[2]["inputSchema"]["properties"]["read_as"]["enum"].as_array().unwrap().contains(&json!("junit")));
}

#[test]
fn each_tool_answers_in_words_and_as_data() {
    let mut server = Server::new("calls");
    let said = server.call("check", json!({}));
    let result = &said["result"];
    assert!(result["isError"] != true && result["structuredContent"]["status"] == "fail", "{said}");
    assert!(result["content"][0]["text"].as_str().unwrap().contains("3 is not 4"));
    assert_eq!(
        server.call("check", json!({ "only": ["unit"], "most": 0 }))["result"]["structuredContent"]["left_out"]["violations"],
        1
    );

    // Verdicts to compare are kept ones: an answer leaves out what a model does not need.
    server.keep("before.json");
    fs::write(
        server.folder.join("root/junit.xml"),
        "<testsuite name=\"s\" tests=\"1\"><testcase name=\"adds\" classname=\"calc\"/></testsuite>",
    )
    .unwrap();
    let after = server.call("check", json!({ "paths": ["junit.xml"] }))["result"]["structuredContent"].clone();
    assert_eq!(after["status"], "pass");
    server.keep("after.json");
    let said = server.call("diff", json!({ "before": "before.json", "after": "after.json" }));
    assert!(said["result"]["structuredContent"]["same"] == false, "{said}");
    let said = server.call("explain", json!({ "gate": "unit" }));
    assert!(said["result"]["content"][0]["text"].as_str().unwrap().contains("pass-rate"), "{said}");
    let said = server.call("inspect", json!({ "files": ["junit.xml"], "read_as": "junit" }));
    assert_eq!(said["result"]["structuredContent"]["files"][0]["format"], "junit", "{said}");

    fs::write(server.folder.join("root/gatekeeper.toml"), "version = 1\n[gates.unit]\nrule = \"testss\"\n").unwrap();
    server.refused("check", json!({}), "did you mean");
    fs::remove_file(server.folder.join("root/junit.xml")).unwrap();
    fs::write(server.folder.join("root/gatekeeper.toml"), POLICY).unwrap();
    assert_eq!(server.call("check", json!({}))["result"]["structuredContent"]["status"], "unknown");
}

#[test]
fn no_path_leaves_the_root_and_no_argument_breaks_it() {
    let mut server = Server::new("hostile");
    let secret = server.folder.join("secret.xml");
    for path in [
        "../secret.xml",
        "link.xml",
        "./x/../../secret.xml",
        "/etc/passwd",
        "nowhere",
        "",
        "a\0b",
        secret.to_str().unwrap(),
        &"x/".repeat(3_000),
    ] {
        let words = if path.is_empty() || path.contains('\0') || path.len() > 4_096 {
            "1 to 4096 characters"
        } else {
            "no file or folder below"
        };
        server.refused("inspect", json!({ "files": [path] }), words);
        server.refused("check", json!({ "paths": [path] }), words);
        server.refused("check", json!({ "config": path }), words);
        server.refused("check", json!({ "baseline": path }), words);
        server.refused("diff", json!({ "before": path, "after": path }), words);
    }
    let many: Vec<&str> = vec!["junit.xml"; 101];
    for (tool, arguments, words) in [
        ("check", json!({ "path": ["junit.xml"] }), "unknown field"),
        ("check", json!({ "paths": "junit.xml" }), "arguments are not"),
        ("check", json!({ "most": -1 }), "arguments are not"),
        ("check", json!({ "only": ["nothing"] }), "nothing"),
        ("check", json!({ "profile": "nothing" }), "nothing"),
        ("check", json!({ "config": "junit.xml" }), ""),
        ("explain", json!({}), "`gate` is missing"),
        ("explain", json!({ "gate": "nothing" }), "there are unit"),
        ("inspect", json!({ "files": [] }), "names no file"),
        ("inspect", json!({ "files": many }), "at most 100 paths"),
        ("inspect", json!({ "files": ["junit.xml"], "read_as": "junitt" }), "no format `junitt`"),
        ("diff", json!({ "before": "junit.xml", "after": "junit.xml" }), "junit.xml"),
    ] {
        server.refused(tool, arguments, words);
    }
    let said = server.call("rm", json!({}));
    assert!(said["error"]["message"].as_str().unwrap().contains("there are check, explain"), "{said}");
    // A call that is cancelled leaves the server as it was.
    server.id += 1;
    let id = server.id;
    server.say(
        &json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": "check", "arguments": {} } }),
    );
    server.say(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } }));
    assert_eq!(server.call("check", json!({}))["result"]["structuredContent"]["status"], "fail");
    // It ends with its input.
    drop(server.to.take());
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn answers_are_bounded() {
    let mut server = Server::new("bounds");
    let many: String = (0..20_000)
        .map(|n| {
            format!("<testcase name=\"t{n}\" classname=\"c\"><failure message=\"{}\"/></testcase>", "x ".repeat(100))
        })
        .collect();
    fs::write(
        server.folder.join("root/junit.xml"),
        format!("<testsuite name=\"s\" tests=\"20000\" failures=\"20000\">{many}</testsuite>"),
    )
    .unwrap();
    let said = server.call("check", json!({ "most": 500 }));
    let result = &said["result"]["structuredContent"];
    let shown = result["gates"][0]["violations"].as_array().unwrap().len() as u64;
    assert_eq!(result["left_out"]["violations"].as_u64().unwrap() + shown, 20_000, "{shown}");
    assert!(shown > 10 && said.to_string().len() < 300_000, "{shown} {}", said.to_string().len());
    let said = server.call("explain", json!({ "gate": "unit" }));
    assert!(said["result"]["isError"] != true && said.to_string().len() < 300_000, "{}", said.to_string().len());
}
