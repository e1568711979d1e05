//! Each output over standard verdicts, held against checked-in files (`tests/outputs/`). `UPDATE=1 cargo test --test outputs` writes them anew.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use base64::Engine as _;
use gatekeeper_core::output::{self, Style};
use gatekeeper_core::{Candidate, Context, Engine, Verdict};
use std::path::{Path, PathBuf};

/// 2026-01-31T12:00:00Z.
const NOW: i64 = 1_769_860_800;

const POLICY: &str = r#"
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

fn verdict(files: &[(&str, &str)]) -> Verdict {
    let policy = Engine::default().parse_policy("gatekeeper.toml", POLICY.as_bytes(), None).unwrap();
    let candidates = files.iter().map(|(n, t)| Candidate::in_memory(*n, t.as_bytes().to_vec())).collect();
    let mut verdict = Engine::default().evaluate(&policy, candidates, &Context::at(NOW));
    verdict.context.commit = Some("0123456789abcdef0123456789abcdef01234567".to_owned());
    verdict
}

fn standard() -> Vec<(&'static str, Verdict)> {
    let lcov = "SF:src/a.erl\nDA:1,1\nDA:2,1\nDA:3,1\nDA:4,1\nDA:5,0\nend_of_record\n";
    let low = "SF:src/a.erl\nDA:1,1\nDA:2,0\nDA:3,0\nend_of_record\n";
    vec![
        ("pass", verdict(&[("junit.xml", GREEN), ("lcov.info", lcov)])),
        ("fail", verdict(&[("junit.xml", HOSTILE), ("lcov.info", low), ("xref.log", XREF)])),
        ("unknown", verdict(&[("junit.xml", &GREEN[..60]), ("lcov.info", ""), ("notes.txt", "hello")])),
    ]
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outputs")
}

/// A page without what is built and what is packed: its own words and elements.
fn without_bundle(page: &str) -> String {
    let mut out = String::new();
    let mut rest = page;
    for (start, end) in [("script-src ", "; img-src"), ("<style>", "</style>"), ("<script", "</body>")] {
        let (before, behind) = rest.split_once(start).unwrap();
        let at = behind.find(end).unwrap();
        out.push_str(before);
        out.push_str(start);
        out.push('…');
        rest = &behind[at..];
    }
    out + rest
}

/// The rows of a block of a page's data; nothing where there is no such block.
fn rows_of(page: &str, name: &str) -> Vec<serde_json::Value> {
    let Some((_, behind)) = page.split_once(&format!("id=\"data-{name}\"")) else { return Vec::new() };
    let packed = behind.split_once('>').unwrap().1.split_once('<').unwrap().0;
    let packed = base64::prelude::BASE64_STANDARD.decode(packed).unwrap();
    let json: serde_json::Value =
        serde_json::from_reader(flate2::read::DeflateDecoder::new(packed.as_slice())).unwrap();
    json["rows"].as_array().unwrap().clone()
}

#[test]
fn outputs_are_as_checked_in() {
    let mut wrong = Vec::new();
    let mut names = Vec::new();
    for (name, verdict) in standard() {
        for output in output::Outputs::default().iter() {
            for color in [false, true] {
                if color && output.id() != "human" {
                    continue;
                }
                let mut got = Vec::new();
                output.write(&verdict, &Style { color, ..Style::default() }, &mut got).unwrap();
                if output.id() == "html" {
                    got = without_bundle(std::str::from_utf8(&got).unwrap()).into_bytes();
                }
                let file = format!("{name}.{}{}", output.id(), if color { "-color" } else { "" });
                let path = folder().join(&file);
                names.push(file.clone());
                if std::env::var_os("UPDATE").is_some() {
                    std::fs::create_dir_all(folder()).unwrap();
                    std::fs::write(&path, &got).unwrap();
                } else if std::fs::read(&path).ok().as_ref() != Some(&got) {
                    wrong.push(format!("{file} is now:\n{}", String::from_utf8_lossy(&got)));
                }
            }
        }
    }
    // A file that nothing writes any more is a lie.
    for entry in std::fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        if !names.contains(&name) {
            wrong.push(format!("{name} is written by no output"));
        }
    }
    assert!(wrong.is_empty(), "{}\n(UPDATE=1 writes them anew)", wrong.join("\n"));
}

#[test]
fn an_explanation_has_no_heading_over_nothing() {
    for (name, verdict) in standard() {
        for gate in &verdict.gates {
            let mut got = Vec::new();
            assert!(output::explain(&verdict, &gate.name, &Style::default(), &mut got).unwrap());
            let text = String::from_utf8(got).unwrap();
            let lines: Vec<&str> = text.trim_end().lines().collect();
            for heading in ["falls short by", "waived", "to pass"] {
                let at = lines.iter().position(|l| *l == heading);
                assert!(at.is_none_or(|at| lines.get(at + 1).is_some_and(|l| l.starts_with(' '))), "{name}: {text}");
            }
        }
    }
}

#[test]
fn every_violation_is_in_the_json() {
    for (_, verdict) in standard() {
        let mut got = Vec::new();
        output::Outputs::default().by_id("json").unwrap().write(&verdict, &Style::default(), &mut got).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&got).unwrap();
        for (gate, shown) in verdict.gates.iter().zip(json["gates"].as_array().unwrap()) {
            assert_eq!(gate.violations.len(), shown["violations"].as_array().unwrap().len());
        }
    }
}

/// How many violations an output shows, by its own structure.
fn violations_in(id: &str, bytes: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(bytes).unwrap();
    let json = || serde_json::from_str::<serde_json::Value>(text).unwrap();
    match id {
        "jsonl" => Some(text.lines().filter(|l| serde_json::from_str::<serde_json::Value>(l).is_ok()).count()),
        "csv" => Some(csv::Reader::from_reader(bytes).records().map(Result::unwrap).count()),
        "gitlab" => Some(json().as_array().unwrap().len()),
        "sarif" => {
            let results = json()["runs"][0]["results"].as_array().unwrap().clone();
            let notes = json()["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap().clone();
            let strays = notes.iter().filter(|n| n["level"] == "error").count();
            Some(results.iter().filter(|r| r.get("suppressions").is_none()).count() + strays)
        }
        "junit" => Some(text.matches("<testcase").count()),
        "html" => Some(rows_of(text, "findings").len()),
        _ => None,
    }
}

#[test]
fn documents_show_every_violation() {
    for (name, verdict) in standard() {
        let strays = verdict.problems.iter().filter(|p| p.concerns.is_empty()).count();
        let all = verdict.gates.iter().map(|g| g.violations.len()).sum::<usize>() + strays;
        let mut held = 0;
        for output in output::Outputs::default().iter() {
            let mut got = Vec::new();
            output.write(&verdict, &Style::default(), &mut got).unwrap();
            let Some(shown) = violations_in(output.id(), &got) else { continue };
            // Each gate is a case of its own in JUnit.
            let more = if output.id() == "junit" { verdict.gates.len() } else { 0 };
            assert_eq!(shown, all + more, "{name}: {}: {}", output.id(), String::from_utf8_lossy(&got));
            held += 1;
        }
        assert_eq!(held, 6);
    }
}

#[test]
fn junit_is_read_back_as_the_verdict_was() {
    for (name, verdict) in standard() {
        let mut got = Vec::new();
        output::Outputs::default().by_id("junit").unwrap().write(&verdict, &Style::default(), &mut got).unwrap();
        let policy = "version = 1\n[gates.all]\nrule = \"tests\"\nmax-failed = 0\n";
        let policy = Engine::default().parse_policy("p.toml", policy.as_bytes(), None).unwrap();
        let candidates = vec![Candidate::in_memory("junit.xml", got.clone())];
        let again = Engine::default().evaluate(&policy, candidates, &Context::at(NOW));
        assert_eq!(again.exit_code == 0, verdict.exit_code == 0, "{name}: {}", String::from_utf8_lossy(&got));
        assert!(again.problems.is_empty(), "{name}: {:?}", again.problems);
    }
}

#[test]
fn a_verdict_reads_back_what_it_wrote() {
    let mut verdicts: Vec<Verdict> = standard().into_iter().map(|(_, v)| v).collect();
    let dated = POLICY.replace("lines = { min = 80 }", "lines = { min = 80 }\neach = \"os\"");
    let dated = format!("{dated}[[evidence]]\npaths = [\"{{os}}/*\"]\n");
    let policy = Engine::default().parse_policy("gatekeeper.toml", dated.as_bytes(), None).unwrap();
    let files = vec![Candidate::in_memory("linux/lcov.info", b"SF:a\nDA:1,1\nDA:2,0\nend_of_record\n".to_vec())];
    let mut clockless = Engine::default().evaluate(&policy, files, &Context::without_clock());
    clockless.context.commit = Some("0123456789abcdef".to_owned());
    verdicts.push(clockless);
    for verdict in verdicts {
        let json = serde_json::to_string(&verdict).unwrap();
        let again: Verdict = serde_json::from_str(&json).unwrap();
        assert_eq!(again, verdict);
        for output in output::Outputs::default().iter() {
            let render = |v: &Verdict| {
                let mut bytes = Vec::new();
                // What says when it was made needs a clock.
                let written = output.write(v, &Style::default(), &mut bytes).map_err(|e| e.to_string());
                (written, bytes)
            };
            assert_eq!(render(&again), render(&verdict), "{}", output.id());
        }
    }
}
