//! Nothing points backwards: formats know no rules, rules know no formats, outputs see only the verdict.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use std::path::{Path, PathBuf};

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// Module (first component under src) → crate modules that it must not use.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("evidence", &["format", "rule", "policy", "output", "verdict", "evaluate", "collect", "scan"]),
    ("location", &["format", "rule", "policy", "output", "verdict", "evaluate", "evidence"]),
    ("findings_union", &["format", "rule", "policy", "output", "verdict", "evaluate", "collect"]),
    ("license", &["format", "rule", "policy", "output", "verdict", "evaluate", "evidence", "scan", "collect"]),
    ("scan", &["format", "rule", "policy", "output", "verdict", "evaluate", "collect"]),
    ("format", &["rule", "policy", "output", "verdict", "evaluate", "collect"]),
    ("rule", &["format", "output", "evaluate", "collect", "scan"]),
    ("policy", &["output", "evaluate", "collect", "scan"]),
    ("output", &["format", "rule", "evaluate", "collect", "scan"]),
    ("verdict", &["format", "rule", "output", "evaluate", "collect", "scan"]),
];

#[test]
fn arrows_point_one_way() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let inner = file.strip_prefix(&src).unwrap();
        let module = inner.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned();
        let Some((_, forbidden)) = FORBIDDEN.iter().find(|(m, _)| *m == module) else { continue };
        let text = std::fs::read_to_string(&file).unwrap();
        for (n, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap();
            for f in *forbidden {
                if code.contains(&format!("crate::{f}::")) || code.contains(&format!("use crate::{f};")) {
                    wrong.push(format!("{}:{}: {module} uses {f}", inner.display(), n + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_format_never_uses_another() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/format");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 5);
    let families: Vec<String> = std::fs::read_dir(&src)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.is_dir())
        .map(|p| p.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    for file in files {
        let inner = file.strip_prefix(&src).unwrap();
        let own = inner.iter().next().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        for family in families.iter().filter(|f| **f != own && own != "mod.rs") {
            assert!(!text.contains(&format!("crate::format::{family}::")), "{}: uses {family}", inner.display());
        }
    }
}
