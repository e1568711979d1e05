//! Every fixture that must be refused, with its code, its place and its whole message, held against checked-in files
//! (`tests/errors/`, one for each kind of evidence). `UPDATE=1 cargo test --test errors` writes them anew.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod common;

use gatekeeper_core::collect::read_packages;
use gatekeeper_core::{Engine, ErrorCode, Formats, Location, ParseError, ReadOptions};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

struct Refusal {
    /// Folder and file below `fixtures/`.
    name: String,
    /// The kind of evidence that the folder's format holds.
    kind: String,
    error: ParseError,
    /// The whole message, with no path of this machine.
    said: String,
}

/// The kind of evidence that a folder's fixtures hold: that of the format it is named after, else what its cases say.
fn kind_of(folder: &Path, cases: &[Value]) -> String {
    let id = folder.file_name().unwrap().to_string_lossy();
    let stated = || cases.iter().find_map(|c| c["kind"].as_str()).unwrap_or("other").to_owned();
    Formats::default().by_id(&id).map_or_else(stated, |f| f.kind().to_string())
}

fn refusals() -> Vec<Refusal> {
    let mut all = Vec::new();
    for (folder, cases) in common::expectations() {
        let kind = kind_of(&folder, &cases);
        let mut refused: Vec<&str> =
            cases.iter().filter(|c| c.get("error").is_some()).map(|c| c["file"].as_str().unwrap()).collect();
        refused.sort_unstable();
        for file in refused {
            let path = folder.join(file);
            let result = if path.is_dir() {
                read_packages(&path, &folder, &ReadOptions::default())
            } else {
                Engine::default().read(file, &std::fs::read(&path).unwrap(), &ReadOptions::default())
            };
            let name = format!("{}/{file}", folder.file_name().unwrap().to_string_lossy());
            let error = result.err().unwrap_or_else(|| panic!("{name} is read, but must be refused"));
            let said = error.to_string().replace(&format!("{}/", folder.display()), "");
            all.push(Refusal { name, kind: kind.clone(), error, said });
        }
    }
    assert!(!all.is_empty(), "no fixture is refused");
    all
}

fn place(at: &Location) -> String {
    let mut parts = Vec::new();
    parts.extend(at.offset.map(|o| format!("byte {o}")));
    parts.extend(at.line.map(|l| format!("line {l}")));
    parts.extend(at.column.map(|c| format!("column {c}")));
    parts.extend(at.path.as_ref().map(|p| format!("path {p}")));
    if parts.is_empty() { "no place".to_owned() } else { parts.join(", ") }
}

#[test]
fn refusals_are_as_checked_in() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/errors");
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for Refusal { name, kind, error, said } in refusals() {
        let out = files.entry(format!("{kind}.txt")).or_default();
        writeln!(out, "{name}\n  {}, {}\n  {said}\n", error.code().as_str(), place(error.location())).unwrap();
    }
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    for (file, got) in &files {
        let path = folder.join(file);
        if update {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, got).unwrap();
            continue;
        }
        // A checkout may have turned line ends.
        let want = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        let wants: Vec<&str> = want.split_terminator("\n\n").collect();
        let gots: Vec<&str> = got.split_terminator("\n\n").collect();
        wrong.extend(gots.iter().filter(|g| !wants.contains(g)).map(|g| format!("{file}: is now\n{g}")));
        wrong.extend(wants.iter().filter(|w| !gots.contains(w)).map(|w| format!("{file}: was\n{w}")));
    }
    // A file that nothing writes any more is a lie.
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        if !files.contains_key(&name) {
            wrong.push(format!("{name} is written by no refusal"));
        }
    }
    assert!(wrong.is_empty(), "{}\n(UPDATE=1 writes them anew)", wrong.join("\n"));
}

/// The five questions that an error answers: which file, which format, where, what was expected, what was found.
#[test]
fn a_refusal_answers_which_file_which_format_and_where() {
    let mut wrong = Vec::new();
    for Refusal { name, error, said, .. } in refusals() {
        let file = name.split_once('/').unwrap().1;
        if !said.starts_with(file) {
            wrong.push(format!("{name}: does not begin with its file: {said}"));
        }
        if said.contains('\n') {
            wrong.push(format!("{name}: more than one line: {said}"));
        }
        let recognised = !matches!(error.code(), ErrorCode::Empty | ErrorCode::Unrecognised | ErrorCode::Ambiguous);
        if recognised && error.format().is_empty() {
            wrong.push(format!("{name}: names no format: {said}"));
        }
        if error.code() == ErrorCode::Malformed && *error.location() == Location::default() {
            wrong.push(format!("{name}: names no place: {said}"));
        }
        // Lines and columns count from 1; a place in the text has both its line and its column or its line alone.
        let at = error.location();
        if at.line == Some(0) || at.column == Some(0) || (at.column.is_some() && at.line.is_none()) {
            wrong.push(format!("{name}: no such place: {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A case that is named like a refusal is one, and the other way round: the snapshots hold every one of them.
#[test]
fn refusals_are_named_bad() {
    let mut wrong = Vec::new();
    for (folder, cases) in common::expectations() {
        for case in cases {
            let file = case["file"].as_str().unwrap();
            if file.split('/').any(|part| part.starts_with("bad-")) != case.get("error").is_some() {
                wrong.push(format!("{}/{file}", folder.display()));
            }
        }
        for entry in std::fs::read_dir(&folder).unwrap() {
            let name = entry.unwrap().file_name().to_string_lossy().into_owned();
            if name.starts_with("bad-") && !refused_in(&folder, &name) {
                wrong.push(format!("{}/{name}: in no expectation", folder.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn refused_in(folder: &Path, name: &str) -> bool {
    let text = std::fs::read(folder.join("expected.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_slice(&text).unwrap();
    let is_it = |file: &str| file == name || file.starts_with(&format!("{name}/"));
    cases.iter().any(|c| c["file"].as_str().is_some_and(is_it) && c.get("error").is_some())
}
