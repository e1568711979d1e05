//! Every output of a verdict on 20,000 findings, 2,000 tests and a few hundred files: all of them together within half a second.
//!
//! `cargo bench -p gatekeeper-benches --bench outputs`

#![allow(clippy::panic, clippy::unwrap_used, missing_docs, reason = "a bench or test that cannot go on stops")]

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use gatekeeper_core::output::{Output, Outputs, Style, together};
use gatekeeper_core::{CheckRequest, Context, Engine, Verdict};
use std::fmt::Write;
use std::sync::OnceLock;

fn main() {
    divan::main();
}

/// Findings that each fall short, in files that are there, beside tests and coverage.
fn verdict() -> &'static Verdict {
    static VERDICT: OnceLock<Verdict> = OnceLock::new();
    VERDICT.get_or_init(|| {
        let root = std::env::temp_dir().join(format!("gatekeeper-bench-outputs-{}", std::process::id()));
        let source: String = (1..=900).map(|n| format!("int line_{n}(void) {{ return {n}; }}\n")).collect();
        let mut lcov = String::new();
        for file in 0..400 {
            let folder = root.join(format!("src/part_{}", file % 20));
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(format!("file_{file}.c")), &source).unwrap();
            let _ = writeln!(lcov, "SF:src/part_{}/file_{file}.c", file % 20);
            for line in 1..=100 {
                let _ = writeln!(lcov, "DA:{line},{}", line % 4);
            }
            lcov.push_str("end_of_record\n");
        }
        let mut sarif = String::from("{\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"lint\"}},\"results\":[");
        for n in 0..20_000 {
            let (comma, level) = (if n == 0 { "" } else { "," }, ["error", "warning", "note"].get(n % 3).unwrap());
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
        let cases: String = (0..2_000).map(|n| format!("<testcase classname=\"a.B\" name=\"case {n}\" time=\"0.01\"/>\n")).collect();
        let policy = "version = 1\n[[evidence]]\npaths = [\"junit.xml\", \"lint.sarif\", \"lcov.info\"]\n[gates.tests]\nrule = \"tests\"\n\
                      [gates.lint]\nrule = \"findings\"\nmax = { total = 0 }\n[gates.coverage]\nrule = \"coverage\"\nlines = { min = 80 }\n";
        let junit = format!("<testsuite name=\"s\">{cases}</testsuite>");
        for (name, text) in [("lint.sarif", sarif), ("lcov.info", lcov), ("junit.xml", junit), ("gatekeeper.toml", policy.to_owned())] {
            std::fs::write(root.join(name), text).unwrap();
        }
        let mut context = Context::at(1_780_272_000);
        context.details = true;
        context.revision.commit = Some("0123456789abcdef0123456789abcdef01234567".to_owned());
        let verdict = Engine::default().check(&CheckRequest::new(&root, context)).unwrap();
        let _ = std::fs::remove_dir_all(&root);
        assert_eq!(verdict.gates.iter().map(|g| g.violations.len()).max(), Some(20_000));
        verdict
    })
}

fn written(output: &Output) -> usize {
    let mut bytes = Vec::new();
    output.write(black_box(verdict()), &Style::default(), &mut bytes).unwrap();
    bytes.len()
}

#[divan::bench(sample_count = 10)]
fn all_one_by_one(bencher: Bencher<'_, '_>) {
    let outputs = Outputs::default();
    let bytes: usize = outputs.iter().map(written).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| outputs.iter().map(written).sum::<usize>());
}

/// As `check` writes them: on as many processors as there are.
#[divan::bench(sample_count = 10)]
fn all_beside_each_other(bencher: Bencher<'_, '_>) {
    let outputs = Outputs::default();
    let wanted: Vec<(&Output, &Verdict)> = outputs.iter().map(|output| (output, verdict())).collect();
    let all = || together(black_box(&wanted), &Style::default());
    let bytes: usize = all().into_iter().map(|written| written.unwrap().len()).sum();
    bencher.counter(BytesCount::new(bytes)).bench(all);
}

#[divan::bench(sample_count = 10, args = ["csv", "github", "gitlab", "html", "human", "json", "jsonl", "junit", "markdown", "prometheus", "sarif"])]
fn one(bencher: Bencher<'_, '_>, id: &str) {
    let outputs = Outputs::default();
    let output = outputs.by_id(id).unwrap();
    bencher.counter(BytesCount::new(written(output))).bench(|| written(output));
}
