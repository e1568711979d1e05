//! What lies in a folder of anything need not be evidence; what bears a report's name must be readable.
#![allow(missing_docs, clippy::unwrap_used)]

use gatekeeper_core::{Candidate, Context, Engine, Verdict};

fn verdict(name: &str, bytes: &[u8]) -> Verdict {
    let policy =
        Engine::default().parse_policy("p.toml", b"version = 1\n[gates.unit]\nrule = \"tests\"\n", None).unwrap();
    let good = br#"<testsuite name="s"><testcase name="a"/></testsuite>"#;
    let stray = Candidate { expected: false, ..Candidate::in_memory(name, bytes.to_vec()) };
    Engine::default().evaluate(
        &policy,
        vec![Candidate::in_memory("a/junit.xml", good.to_vec()), stray],
        &Context::without_clock(),
    )
}

#[test]
fn a_shard_of_garbage_is_never_passed_over() {
    for bytes in [&b"garbage"[..], b"", b"<html>404</html>"] {
        for name in ["b/junit.xml", "b/TEST-x.xml"] {
            assert_eq!(verdict(name, bytes).status.as_str(), "unknown", "{name}");
        }
    }
}

#[test]
fn what_is_no_report_is_named_and_left() {
    let v = verdict("b/photo.png", b"\x89PNG");
    assert_eq!(v.status.as_str(), "pass");
    assert_eq!(v.ignored, ["b/photo.png"]);
}
