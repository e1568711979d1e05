//! What is written is as its schema says: snapshots of whole projects, line by line.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use gatekeeper_cli::{Terminal, run};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn gatekeeper(arguments: &[&str]) -> String {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run(std::iter::once(&"gatekeeper").chain(arguments), Terminal::PLAIN, &mut out, &mut err);
    assert_eq!(code, 0, "{arguments:?}: {}", String::from_utf8_lossy(&err));
    String::from_utf8(out).unwrap()
}

/// Whether a value is as a schema says, as far as this one says anything: an unknown word of the schema is a mistake.
fn holds(schema: &Value, value: &Value) -> bool {
    schema.as_object().unwrap().iter().all(|(word, says)| match word.as_str() {
        "$schema" | "title" | "description" => true,
        "oneOf" => says.as_array().unwrap().iter().filter(|s| holds(s, value)).count() == 1,
        "anyOf" => says.as_array().unwrap().iter().any(|s| holds(s, value)),
        "const" => says == value,
        "enum" => says.as_array().unwrap().contains(value),
        "type" => match says.as_str().unwrap() {
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            "integer" => value.is_u64() || value.is_i64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            other => panic!("a type {other}"),
        },
        "minimum" => value.as_f64().is_none_or(|v| v >= says.as_f64().unwrap()),
        "minItems" => value.as_array().is_none_or(|v| v.len() as u64 >= says.as_u64().unwrap()),
        "maxItems" => value.as_array().is_none_or(|v| v.len() as u64 <= says.as_u64().unwrap()),
        "items" => value.as_array().is_none_or(|v| v.iter().all(|v| holds(says, v))),
        "pattern" => value.as_str().is_none_or(|v| v.len() == 64 && v.bytes().all(|b| b.is_ascii_hexdigit())),
        "required" => value
            .as_object()
            .is_none_or(|v| says.as_array().unwrap().iter().all(|k| v.contains_key(k.as_str().unwrap()))),
        "properties" => {
            value.as_object().is_none_or(|v| v.iter().all(|(k, v)| says.get(k).is_none_or(|s| holds(s, v))))
        }
        "additionalProperties" => value.as_object().is_none_or(|v| {
            let others = v.iter().filter(|(k, _)| schema["properties"].get(k.as_str()).is_none());
            others.into_iter().all(|(_, v)| if says == &json!(false) { false } else { holds(says, v) })
        }),
        other => panic!("the schema says `{other}`, which this test does not know"),
    })
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn snapshots_are_as_the_schema_says() {
    let schema: Value = serde_json::from_str(&gatekeeper(&["schema", "snapshot"])).unwrap();
    let mut sections = std::collections::BTreeSet::new();
    for project in ["fixtures/erlang-umbrella/evidence/green", "fixtures/node-service", "fixtures"] {
        let root = root().join(project);
        let arguments = ["snapshot", "--now", "2026-01-01T00:00:00Z", "--root", root.to_str().unwrap()];
        // Where no report lies in a usual place, all of them are named.
        let text = match project {
            "fixtures" => {
                let policy = std::env::temp_dir().join(format!("gatekeeper-schema-{}.toml", std::process::id()));
                std::fs::write(&policy, "version = 1\n[gates.all]\nrule = \"tests\"\n[gates.m]\nrule = \"measurements\"\nlimits = { x = { max = 1 } }\n").unwrap();
                let paths =
                    ["k6-summary", "pytest-benchmark", "lcov", "cyclonedx-json", "junit", "trivy-json", "go-test-json"];
                let paths: Vec<String> = paths
                    .iter()
                    .map(|p| root.join(p))
                    .filter(|p| p.is_dir())
                    .map(|p| p.display().to_string())
                    .collect();
                let mut arguments = arguments.to_vec();
                arguments.extend(["--config", policy.to_str().unwrap()]);
                arguments.extend(paths.iter().map(String::as_str));
                let text = gatekeeper(&arguments);
                std::fs::remove_file(policy).unwrap();
                text
            }
            _ => gatekeeper(&arguments),
        };
        assert!(text.lines().count() > 10, "{project}");
        for line in text.lines() {
            let value: Value = serde_json::from_str(line).unwrap();
            assert!(holds(&schema, &value), "{project}: {line}");
            let first = line.split('"').nth(1).unwrap().to_owned();
            let mut other = value.clone();
            other["unheard-of"] = json!(1);
            assert!(!holds(&schema, &other), "{line}");
            let mut other = value.clone();
            other.as_object_mut().unwrap().remove(&first);
            assert!(!holds(&schema, &other), "{line}");
            sections.insert(first);
        }
    }
    let all = ["case", "end", "evidence", "file", "finding", "limit", "package", "run", "series", "snapshot"];
    assert_eq!(sections.iter().map(String::as_str).collect::<Vec<_>>(), all);
}
