//! Every fixture says what its `expected.json` says. A new case is a file and a line there.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod common;

use gatekeeper_core::collect::read_packages;
use gatekeeper_core::{Engine, Format, Formats, ReadOptions};
use serde_json::Value;

#[test]
fn fixtures_agree_with_their_expectations() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (folder, cases) in common::expectations() {
        for case in cases {
            let file = case["file"].as_str().unwrap();
            let path = folder.join(file);
            // A folder of packages is read as a folder.
            let result = if path.is_dir() {
                read_packages(&path, &folder, &ReadOptions::default())
            } else {
                let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                Engine::default().read(file, &bytes, &ReadOptions::default())
            };
            let got = gatekeeper_core::inspect::inspection(file, &result);
            let got = serde_json::to_value(&got).unwrap();
            seen += 1;
            let mut diff = Vec::new();
            if case.get("error").is_some() {
                if got.get("error").is_none() {
                    diff.push(format!("read as {}, but must be refused", got["format"]));
                } else if got["error"]["message"].as_str().is_none_or(str::is_empty) {
                    diff.push("refused without a word".to_owned());
                }
            } else if let Some(error) = got.get("error") {
                diff.push(format!("refused: {}", error["message"]));
            } else {
                for key in ["format", "kind", "summary"] {
                    if let Some(want) = case.get(key) {
                        common::differences(want, got.get(key).unwrap_or(&Value::Null), key, &mut diff);
                    }
                }
            }
            wrong.extend(diff.into_iter().map(|d| format!("{}: {d}", path.display())));
        }
    }
    assert!(wrong.is_empty(), "{} of {seen} fixtures disagree:\n{}", wrong.len(), wrong.join("\n"));
    assert!(seen > 0, "no fixture was found");
}

#[test]
fn every_format_has_a_fixture() {
    let with: Vec<String> = common::expectations()
        .iter()
        .flat_map(|(_, cases)| cases.iter().filter_map(|c| c["format"].as_str().map(str::to_owned)).collect::<Vec<_>>())
        .collect();
    let without: Vec<&str> =
        Formats::default().iter().map(Format::id).filter(|id| !with.iter().any(|w| w == id)).collect();
    assert!(without.is_empty(), "formats without a fixture: {}", without.join(", "));
}

#[test]
fn ids_are_unique_and_kebab_case() {
    let mut ids: Vec<&str> = Formats::default().iter().map(Format::id).collect();
    ids.sort_unstable();
    let all = ids.len();
    ids.dedup();
    assert_eq!(all, ids.len());
    assert!(ids.iter().all(|i| i.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')));
}
