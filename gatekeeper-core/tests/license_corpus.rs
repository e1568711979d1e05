//! Holds the licence engine against the settled cases of a corpus, where one is there: `GATEKEEPER_SHARED`, or `shared` beside
//! the working tree. Each folder of `corpus/licenses` has a `cases.json`; an answer in `also` is right as well.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test may stop where it stands"
)]

use std::fs;
use std::path::PathBuf;

use gatekeeper_core::license::{self, Entry, answer};
use serde::Deserialize;
use serde_json::Value;

fn cases<T: for<'de> Deserialize<'de>>(folder: &str) -> Option<(PathBuf, Vec<T>)> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = std::env::var_os("GATEKEEPER_SHARED").map_or_else(beside, PathBuf::from);
    let folder = shared.join("corpus/licenses").join(folder);
    let Ok(bytes) = fs::read(folder.join("cases.json")) else {
        eprintln!("SKIPPED: no licence corpus at {}", folder.display());
        return None;
    };
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    let list = if value.is_array() { value } else { value["settled"].clone() };
    let cases: Vec<T> = serde_json::from_value(list).unwrap();
    assert!(!cases.is_empty());
    Some((folder, cases))
}

fn none_wrong(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn expressions() {
    #[derive(Deserialize)]
    struct Case {
        expression: String,
        valid: bool,
    }
    let Some((_, cases)) = cases::<Case>("expressions") else { return };
    let wrong = cases.iter().filter(|case| answer::parsed(&case.expression).valid != case.valid);
    none_wrong(&wrong.map(|case| format!("{:?}", answer::parsed(&case.expression))).collect::<Vec<_>>());
}

#[test]
fn satisfies() {
    #[derive(Deserialize)]
    struct Case {
        expression: String,
        allowed: Vec<String>,
        satisfied: bool,
    }
    let Some((_, cases)) = cases::<Case>("satisfies") else { return };
    let answer = |case: &Case| {
        let allow: Vec<Entry> = case.allowed.iter().map(|entry| entry.parse().unwrap()).collect();
        license::satisfies(&case.expression, &allow, &[])
    };
    let wrong = cases.iter().filter(|case| answer(case).satisfied != case.satisfied);
    none_wrong(&wrong.map(|case| format!("{}: {:?}", case.expression, answer(case))).collect::<Vec<_>>());
}

#[test]
fn names() {
    #[derive(Deserialize)]
    struct Case {
        text: String,
        spdx: Option<String>,
        #[serde(default)]
        also: Vec<Option<String>>,
    }
    let Some((_, cases)) = cases::<Case>("free-text") else { return };
    let wrong = cases.iter().filter(|case| {
        let got = license::name(&case.text);
        got != case.spdx && !case.also.contains(&got)
    });
    none_wrong(&wrong.map(|case| format!("{:?}, not {:?}", answer::named(&case.text), case.spdx)).collect::<Vec<_>>());
}

#[test]
fn texts() {
    #[derive(Deserialize)]
    struct Case {
        file: String,
        spdx: Option<String>,
        #[serde(default)]
        also: Vec<Option<String>>,
    }
    let Some((folder, cases)) = cases::<Case>("texts") else { return };
    let mut wrong = Vec::new();
    for case in cases {
        let got = answer::detected(&case.file, &fs::read(folder.join(&case.file)).unwrap());
        if got.spdx != case.spdx && !case.also.contains(&got.spdx) {
            wrong.push(format!("{got:?}, not {:?}", case.spdx));
        }
    }
    none_wrong(&wrong);
}
