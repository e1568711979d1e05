//! What lies in a folder of anything need not be evidence; what bears a report's name must be readable.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

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

/// A run of reports by a policy whose gates take what is there, take it by name, and only inform.
fn run(limit: impl Fn(&mut Context), reports: usize) -> Verdict {
    let policy = b"version = 1\n[[evidence]]\nname = \"unit\"\npaths = [\"*.xml\"]\nrequired = false\n[gates.unit]\nrule = \"tests\"\n\
        [gates.named]\nrule = \"tests\"\nevidence = [\"unit\"]\n[gates.told]\nrule = \"coverage\"\naction = \"inform\"\nlines = 50\n";
    let policy = Engine::default().parse_policy("p.toml", policy, None).unwrap();
    let report = |n| format!("<testsuite name=\"{n:02}\"><testcase name=\"a\"/><testcase name=\"b\"/></testsuite>");
    let report = |n: usize| Candidate::in_memory(format!("{n}.xml"), report(n).into_bytes());
    let mut context = Context::without_clock();
    limit(&mut context);
    Engine::default().evaluate(&policy, (0..reports).map(report).collect(), &context)
}

#[test]
fn many_reports_together_have_a_bound_and_none_passes_beyond_it() {
    // A suite and two cases take 128 + 2 * 112 bytes and their names.
    let each = 128 + 2 + 2 * (112 + 1);
    for (most, right) in [(40 * each, "pass"), (40 * each - 1, "unknown")] {
        let v = run(|c| c.limits.held_bytes = most, 40);
        let of = |name: &str| v.gates.iter().find(|g| g.name == name).map(|g| g.status.as_str());
        assert_eq!(v.status.as_str(), right, "{}", v.summary);
        if right == "unknown" {
            assert_eq!([of("unit"), of("named"), of("told")], [Some("error"); 3]);
            let said: Vec<&str> = v.problems.iter().map(|p| p.error.message.as_str()).collect();
            assert_eq!(said.len(), 1, "{said:?}");
            assert!(said[0].contains(&format!("the 40 files of this run hold more than {most} bytes")), "{said:?}");
            assert!(v.evidence.is_empty());
        }
    }
}

#[test]
fn more_files_than_a_run_reads_are_refused_however_they_were_given() {
    for (most, right) in [(5, "pass"), (4, "unknown")] {
        let v = run(|c| c.limits.files = most, 5);
        assert_eq!(v.status.as_str(), right, "{}", v.summary);
        assert_eq!(v.problems.len(), usize::from(most == 4));
    }
}
