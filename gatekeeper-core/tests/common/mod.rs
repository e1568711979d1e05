//! What the folder-driven tests share: where the fixtures are, and expectations compared field by field.
#![allow(dead_code, missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::Value;
use std::path::{Path, PathBuf};

pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

/// The `expected.json` files directly below the fixtures' format folders.
pub fn expectations() -> Vec<(PathBuf, Vec<Value>)> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(fixtures()).unwrap().map(|e| e.unwrap().path()).collect();
    folders.sort();
    folders
        .into_iter()
        .filter(|f| f.join("expected.json").is_file())
        .filter_map(|f| {
            let text = std::fs::read(f.join("expected.json")).unwrap();
            let cases: Vec<Value> = serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{}: {e}", f.display()));
            cases.iter().all(|c| c.get("file").is_some()).then_some((f, cases))
        })
        .collect()
}

/// Every field of `want` that `got` does not agree with.
pub fn differences(want: &Value, got: &Value, at: &str, out: &mut Vec<String>) {
    match (want, got) {
        (Value::Object(w), Value::Object(g)) => {
            for (k, v) in w {
                match g.get(k) {
                    Some(other) => differences(v, other, &format!("{at}.{k}"), out),
                    None if v.is_null() => {}
                    None => out.push(format!("{at}.{k}: absent, expected {v}")),
                }
            }
        }
        (Value::Array(w), Value::Array(g)) if w.len() == g.len() => {
            for (n, (w, g)) in w.iter().zip(g).enumerate() {
                differences(w, g, &format!("{at}[{n}]"), out);
            }
        }
        (Value::Number(w), Value::Number(g)) => {
            let (w, g) = (w.as_f64().unwrap(), g.as_f64().unwrap());
            if (w - g).abs() > 5e-3 {
                out.push(format!("{at}: {g}, expected {w}"));
            }
        }
        (w, g) if w == g => {}
        (w, g) => out.push(format!("{at}: {g}, expected {w}")),
    }
}
