//! `policy prove`: each gate of a project is turned red by evidence made worse, and one that nothing turns is named.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use gatekeeper_core::proof::Proven;
use gatekeeper_core::{CheckRequest, Context, Engine};
use std::path::PathBuf;

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
    assert_eq!(of("many"), (Proven::Turned, "every test is skipped"));
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
