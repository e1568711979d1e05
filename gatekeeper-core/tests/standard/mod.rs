//! The verdicts that every output is held against: green, failing, unknown, a warning, a matrix, a repository of several parts, one with a
//! baseline, and one of very many findings.
#![allow(dead_code, missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]

use gatekeeper_core::{Candidate, Context, Engine, Verdict};
use std::fmt::Write;

/// 2026-01-31T12:00:00Z.
pub const NOW: i64 = 1_769_860_800;

pub const POLICY: &str = r#"
version = 1

[gates.unit]
rule = "tests"
min-pass-rate = 100

[gates.coverage]
rule = "coverage"
lines = { min = 80 }

[gates.style]
rule = "findings"
tools = ["xref"]
max = { total = 0 }
action = "warn"

[gates.sbom]
rule = "sbom"
action = "inform"

[[waivers]]
gate = "style"
id = "unused-local-function"
reason = "kept for the next release"
expires = "2026-02-05"
"#;

const GREEN: &str = r#"<testsuite name="calc" tests="2"><testcase name="adds" time="0.5"/><testcase name="divides" time="0.25"/></testsuite>"#;

/// A stranger's report: escapes for the terminal, commands for the workflow, markup for the comment.
const HOSTILE: &str = "<testsuite name=\"calc\" tests=\"2\"><testcase name=\"adds\"/><testcase name=\"a&#10;::error::b | `c` &lt;img src=x&gt; @everyone &#x202e;z\" file=\"src/a,b:c.erl\" line=\"3\"><failure message=\"&#x1b;[31mred&#10;::set-output name=x::y\"/></testcase></testsuite>";

const XREF: &str = "===> Verifying dependencies...\n===> Running cross reference analysis...\n===> src/a.erl:3: Warning: a:f/0 calls undefined function b:g/1 (Xref)\nsrc/a.erl:9: Warning: a:h/0 is unused local function (Xref)\n";

const LCOV: &str = "SF:src/a.erl\nDA:1,1\nDA:2,1\nDA:3,1\nDA:4,1\nDA:5,0\nend_of_record\n";

const LOW: &str = "SF:src/a.erl\nDA:1,1\nDA:2,0\nDA:3,0\nend_of_record\n";

/// Judges files by a policy.
pub fn judged(policy: &str, files: &[(&str, &str)], context: &Context) -> Verdict {
    let policy = Engine::default().parse_policy("gatekeeper.toml", policy.as_bytes(), None).unwrap();
    let candidates = files.iter().map(|(n, t)| Candidate::in_memory(*n, t.as_bytes().to_vec())).collect();
    let mut verdict = Engine::default().evaluate(&policy, candidates, context);
    verdict.context.commit = Some("0123456789abcdef0123456789abcdef01234567".to_owned());
    verdict
}

fn now() -> Context {
    Context::at(NOW)
}

fn junit(failing: &[&str], passing: usize) -> String {
    let mut out = format!("<testsuite name=\"s\" tests=\"{}\">", failing.len() + passing);
    for n in 0..passing {
        let _ = write!(out, "<testcase name=\"t{n}\" time=\"0.01\"/>");
    }
    for name in failing {
        let _ = write!(out, "<testcase name=\"{name}\"><failure message=\"no\"/></testcase>");
    }
    out + "</testsuite>"
}

fn matrix() -> Verdict {
    let policy = "version = 1\n[[evidence]]\npaths = [\"{os}/{otp}/*.xml\"]\n[gates.unit]\nrule = \"tests\"\nmin-pass-rate = 100\n\
                  each = [\"os\", \"otp\"]\nrequire = { os = [\"linux\", \"macos\"], otp = [\"26\", \"27\"] }\n";
    let (good, bad) = (junit(&[], 3), junit(&["breaks"], 2));
    judged(policy, &[("linux/26/j.xml", &good), ("linux/27/j.xml", &bad), ("macos/26/j.xml", &good)], &now())
}

fn monorepo() -> Verdict {
    let policy = "version = 1\n[[evidence]]\npaths = [\"reports/*\"]\n[components.gateway]\npaths = [\"gateway/**\"]\n\
                  [components.billing]\npaths = [\"billing/**\"]\n[gates.coverage]\nrule = \"coverage\"\nlines = { min = 80 }\nper-component = true\n";
    let lcov = "SF:gateway/a.c\nDA:1,1\nDA:2,1\nend_of_record\nSF:billing/b.c\nDA:1,1\nDA:2,0\nend_of_record\n";
    judged(policy, &[("reports/lcov.info", lcov)], &now())
}

/// A project on a disk whose snapshot a later run is compared with.
fn compared() -> Verdict {
    let policy = "version = 1\n[gates.unit]\nrule = \"tests\"\nmin-pass-rate = 100\n[gates.coverage]\nrule = \"coverage\"\nlines = { min = 50 }\nmax-drop = 5\n";
    let root = std::env::temp_dir().join(format!(
        "gatekeeper-standard-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    std::fs::create_dir_all(&root).unwrap();
    let files = |junit: &str, lcov: &str| {
        for (name, text) in [("gatekeeper.toml", policy), ("junit.xml", junit), ("lcov.info", lcov)] {
            std::fs::write(root.join(name), text).unwrap();
        }
    };
    files(&junit(&[], 4), LCOV);
    let engine = Engine::default();
    let before = engine.snapshot(&gatekeeper_core::CheckRequest::new(&root, Context::at(NOW - 86_400))).unwrap();
    let mut context = now();
    context.baseline = Some(engine.read_snapshot("base.snap", before.text.as_bytes()).unwrap());
    let later = "SF:src/a.erl\nDA:1,1\nDA:2,1\nDA:3,1\nDA:4,0\nDA:5,0\nend_of_record\n";
    files(&junit(&["breaks"], 4), later);
    let mut verdict = engine.check(&gatekeeper_core::CheckRequest::new(&root, context)).unwrap();
    let _ = std::fs::remove_dir_all(&root);
    verdict.root = ".".to_owned();
    verdict.context.commit = Some("0123456789abcdef0123456789abcdef01234567".to_owned());
    verdict
}

/// So many findings of some severities in 400 files.
pub fn many(findings: usize) -> Verdict {
    let mut sarif =
        String::from("{\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"lint\"}},\"results\":[");
    for n in 0..findings {
        let (comma, level) = (if n == 0 { "" } else { "," }, ["error", "warning", "note"][n % 3]);
        let _ = write!(
            sarif,
            "{comma}{{\"ruleId\":\"R{}\",\"level\":\"{level}\",\"message\":{{\"text\":\"the value of name{n} reaches a query without a check\"}},\
             \"locations\":[{{\"physicalLocation\":{{\"artifactLocation\":{{\"uri\":\"src/part_{}/file_{}.c\"}},\"region\":{{\"startLine\":{}}}}}}}]}}",
            n % 50,
            n % 20,
            n % 400,
            n % 900 + 1
        );
    }
    sarif.push_str("]}]}");
    let policy = "version = 1\n[gates.lint]\nrule = \"findings\"\nmax = { total = 0 }\n";
    judged(policy, &[("lint.sarif", &sarif)], &now())
}

/// All but the last, which is for digests and limits.
pub fn standard() -> Vec<(&'static str, Verdict)> {
    let strict = |files: &[(&str, &str)]| judged(POLICY, files, &now());
    vec![
        ("pass", strict(&[("junit.xml", GREEN), ("lcov.info", LCOV)])),
        ("fail", strict(&[("junit.xml", HOSTILE), ("lcov.info", LOW), ("xref.log", XREF)])),
        ("unknown", strict(&[("junit.xml", &GREEN[..60]), ("lcov.info", ""), ("notes.txt", "hello")])),
        ("warn", strict(&[("junit.xml", GREEN), ("lcov.info", LCOV), ("xref.log", XREF)])),
        ("matrix", matrix()),
        ("monorepo", monorepo()),
        ("baseline", compared()),
    ]
}
