//! `policy prove`: each gate of a project is turned red by evidence made worse, and one that nothing turns is named.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use gatekeeper_core::proof::Proven;
use gatekeeper_core::{Change, CheckRequest, Context, Engine};
use std::path::PathBuf;
use std::sync::Arc;

const POLICY: &str = r#"
version = 1
[[evidence]]
paths = ["r/*"]

[gates.unit]
rule = "tests"

[gates.many]
rule = "tests"
max-failed = 1000
min-cases = 2

[gates.coverage]
rule = "coverage"
lines = { min = 1 }

[gates.lint]
rule = "findings"
max = { critical = 100 }

[gates.idle]
rule = "findings"
max = { critical = 90000000 }

[gates.licenses]
rule = "licenses"
deny = ["GPL"]

[gates.red]
rule = "tests"
min-cases = 9

[gates.none]
rule = "findings"
tools = ["dialyzer"]
max = { total = 0 }
action = "warn"

[gates.off]
rule = "tests"
enabled = false
"#;

fn project() -> PathBuf {
    let root = std::env::temp_dir().join(format!("gatekeeper-prove-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&root);
    std::fs::create_dir_all(root.join("r")).unwrap();
    std::fs::create_dir_all(root.join("src")).unwrap();
    let write = |file: &str, text: &str| std::fs::write(root.join(file), text).unwrap();
    write("gatekeeper.toml", POLICY);
    write("src/a.c", "int x;\n");
    write("r/junit.xml", "<testsuite name=\"s\"><testcase name=\"a\"/><testcase name=\"b\"/></testsuite>");
    write("r/lcov.info", "SF:src/a.c\nDA:1,1\nend_of_record\n");
    write("r/scan.sarif", "{\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"t\"}},\"results\":[]}]}");
    let package =
        "{\"type\":\"library\",\"name\":\"p\",\"version\":\"1\",\"licenses\":[{\"license\":{\"id\":\"MIT\"}}]}";
    let bom =
        format!("{{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"version\":1,\"components\":[{package}]}}");
    write("r/bom.cdx.json", &bom);
    root
}

#[test]
fn a_gate_turns_red_or_is_named() {
    let root = project();
    let proof = Engine::default().prove(&CheckRequest::new(&root, Context::at(1_780_272_000))).unwrap();
    std::fs::remove_dir_all(&root).unwrap();
    let of = |name: &str| proof.gates.iter().find(|g| g.name == name).map(|g| (g.outcome, g.because.as_str())).unwrap();
    assert_eq!(of("unit"), (Proven::Turned, "one test fails"));
    assert_eq!(of("many"), (Proven::Turned, "one test is skipped"));
    assert_eq!(of("coverage"), (Proven::Turned, "no line is covered"));
    assert_eq!(of("lint"), (Proven::Turned, "there are 1,000 more critical findings of each kind"));
    assert_eq!(of("idle").0, Proven::Never);
    assert_eq!(of("licenses"), (Proven::Turned, "a package has a licence that is not allowed"));
    assert_eq!(of("red").0, Proven::Red);
    assert_eq!(of("none").0, Proven::Untried);
    assert_eq!(of("off").0, Proven::Untried);
    assert!(proof.has_idle_gate());
    assert_eq!(proof.gates.len(), 9);
}

const MORE: &str = r#"
version = 1
[[evidence]]
paths = ["r/**"]

[gates.command]
rule = "command"

[gates.health]
rule = "health"

[gates.sums]
rule = "integrity"

[gates.boxes]
rule = "checklist"

[gates.bench]
rule = "measurements"
limits = { x = { max = "60s" } }

[gates.canary]
rule = "canary"
baseline = { labels = { role = "primary" } }
canary = { labels = { role = "canary" } }
metrics = [{ name = "errors", max-increase = "1pp", counts = ["bad", "all"] }]

[gates.asked]
rule = "expression"
expr = "tests.counts.failed == 0"

[gates.commits]
rule = "release"
tag = false
commits = "conventional"

[gates.added]
rule = "findings"
max = { total = 0 }
on-diff = true
"#;

#[test]
fn gates_of_every_kind_turn_red() {
    let root = std::env::temp_dir().join(format!("gatekeeper-prove-more-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&root);
    let write = |file: &str, text: &str| {
        let path = root.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("gatekeeper.toml", MORE);
    write("r/junit.xml", "<testsuite name=\"s\"><testcase name=\"a\"/></testsuite>");
    write("r/health.json", "{\"status\":\"UP\",\"components\":{\"db\":{\"status\":\"UP\"}}}");
    write("dist/out.bin", "one\n");
    write("r/SHA256SUMS", "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806  ../dist/out.bin\n");
    write("r/body.md", "- [x] reviewed\n");
    write("r/scan.sarif", "{\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"t\"}},\"results\":[]}]}");
    let sample = |metric: &str, role: &str, value: &str| {
        format!("{{\"metric\":{{\"__name__\":\"{metric}\",\"role\":\"{role}\"}},\"value\":[1780272000,\"{value}\"]}}")
    };
    let rows: Vec<String> =
        [("bad", "primary", "5"), ("all", "primary", "9000"), ("bad", "canary", "5"), ("all", "canary", "9000")]
            .iter()
            .map(|(m, r, v)| sample(m, r, v))
            .collect();
    write(
        "r/prometheus.json",
        &format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"vector\",\"result\":[{}]}}}}", rows.join(",")),
    );
    write(
        "r/hyperfine.json",
        "{\"results\":[{\"command\":\"x\",\"mean\":0.5,\"stddev\":0.1,\"median\":0.5,\"user\":0.1,\"system\":0.1,\"min\":0.4,\"max\":0.6,\"times\":[0.4,0.5,0.6],\"exit_codes\":[0,0,0]}]}",
    );
    let mut log = String::new();
    let (id, tree) = ("a1".repeat(20), "b2".repeat(20));
    log.push_str(&format!("commit {id} (HEAD -> refs/heads/main)\ntree {tree}\nauthor A <a@example.org> 1780000000 +0000\ncommitter A <a@example.org> 1780000000 +0000\n\n    feat: one\n"));
    write("r/git.log", &log);
    let mut context = Context::at(1_780_272_000);
    let diff = b"--- a/src/a.py\n+++ b/src/a.py\n@@ -5,0 +6,1 @@\n+x = 1\n".to_vec();
    context.diff = Some(Arc::new(Change::read("d", diff, None).unwrap()));
    let proof = Engine::default().prove(&CheckRequest::new(&root, context)).unwrap();
    std::fs::remove_dir_all(&root).unwrap();
    let told: Vec<String> = proof.gates.iter().map(|g| format!("{}: {:?}: {}", g.name, g.outcome, g.because)).collect();
    let turned = |name: &str| proof.gates.iter().find(|g| g.name == name).map(|g| g.outcome) == Some(Proven::Turned);
    for name in ["health", "sums", "boxes", "bench", "canary", "asked", "commits", "added"] {
        assert!(turned(name), "{name}: {told:#?}");
    }
    let command = proof.gates.iter().find(|g| g.name == "command").unwrap();
    assert_eq!(command.outcome, Proven::Untried);
    assert!(command.because.contains("not at hand"), "{}", command.because);
}
