//! Small projects with their verdicts (`fixtures/verdicts/expected.json`; `neighbours.json`: each sentence of the policy's language with what
//! lies beside it; `numbers.json`: the same of measurements, releases, approvals, health and expressions; `together.json`: where several meet): what
//! must not pass, and what must not be refused. A new case is data: `policy`, `files`, `links` (name to target), `old` (files
//! written long ago), `paths` (given instead of the policy's), the `exit` code, a word that the answer `says`, the status of `gates`. Where it has a
//! time (`at`, seconds), its files were written an hour before. `before` are the files of a run two hours earlier, which it is compared with; `diff`,
//! `changed`, `commit`, `tag` and `profile` are as on the command line.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use gatekeeper_core::{Change, CheckRequest, Context, Engine};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn seconds(time: SystemTime) -> i64 {
    i64::try_from(time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

fn texts(case: &Value, key: &str) -> Vec<String> {
    case[key].as_array().into_iter().flatten().map(|t| t.as_str().unwrap().to_owned()).collect()
}

/// Writes files with the policy beside them; all of them at a time where one is given.
fn lay(folder: &Path, policy: &str, files: &Value, at: Option<SystemTime>) {
    write(folder, "gatekeeper.toml", policy);
    for (path, text) in files.as_object().unwrap() {
        write(folder, path, text.as_str().unwrap());
        if let Some(at) = at {
            let file = std::fs::File::options().write(true).open(folder.join(path)).unwrap();
            file.set_modified(at).unwrap();
        }
    }
}

fn judge(case: &Value, folder: &Path) -> (u64, String) {
    const HOUR: Duration = Duration::from_secs(3_600);
    let at = case["at"].as_u64().map(|at| SystemTime::UNIX_EPOCH + Duration::from_secs(at));
    let policy = case["policy"].as_str().unwrap();
    lay(folder, policy, &case["files"], at.map(|at| at - HOUR));
    #[cfg(unix)]
    for (path, target) in case["links"].as_object().into_iter().flatten() {
        std::os::unix::fs::symlink(target.as_str().unwrap(), folder.join(path)).unwrap();
    }
    let now = at.unwrap_or_else(SystemTime::now);
    for path in texts(case, "old") {
        let file = std::fs::File::options().write(true).open(folder.join(path)).unwrap();
        file.set_modified(now - Duration::from_secs(1_000_000)).unwrap();
    }
    let mut context = Context::at(seconds(now));
    context.release.tag = case["tag"].as_str().map(str::to_owned);
    context.revision.commit = case["commit"].as_str().map(str::to_owned);
    if let Some(diff) = case["diff"].as_str() {
        match Change::read("change.diff", diff.as_bytes().to_vec(), None) {
            Ok(change) => context.diff = Some(Arc::new(change)),
            Err(e) => return (2, e.to_string()),
        }
    }
    context.changed = case["changed"].as_array().map(|_| texts(case, "changed").into_iter().collect());
    if case["before"].is_object() {
        let before = folder.with_extension("before");
        lay(&before, policy, &case["before"], at.map(|at| at - 3 * HOUR));
        let request = CheckRequest::new(before, Context::at(seconds(now - 2 * HOUR)));
        let taken = Engine::default().snapshot(&request).unwrap_or_else(|e| panic!("{}: {e}", case["name"]));
        context.baseline = Some(Engine::default().read_snapshot("base.snap", taken.text.as_bytes()).unwrap());
    }
    let request = CheckRequest {
        paths: texts(case, "paths").into_iter().map(PathBuf::from).collect(),
        profile: case["profile"].as_str().map(str::to_owned),
        ..CheckRequest::new(folder.to_owned(), context)
    };
    match Engine::default().check(&request) {
        Ok(verdict) => {
            let json = serde_json::to_string(&verdict).unwrap();
            let again: gatekeeper_core::Verdict = serde_json::from_str(&json).unwrap();
            assert_eq!(again, verdict, "a verdict reads back what it wrote");
            (u64::from(verdict.exit_code), json)
        }
        Err(e) => (2, e.to_string()),
    }
}

/// Of this many parts of the projects each is a test: they run beside each other, and a change that one part notices needs no other.
const PARTS: usize = 8;

fn each_project_gets_its_verdict(part: usize) {
    let read = |file: &str| -> Vec<Value> {
        serde_json::from_slice(&std::fs::read(common::fixtures().join("verdicts").join(file)).unwrap()).unwrap()
    };
    let cases = ["expected.json", "neighbours.json", "numbers.json", "together.json"].map(read).concat();
    let base = std::env::temp_dir().join(format!("gatekeeper-verdicts-{}-{part}", std::process::id()));
    let mut wrong = Vec::new();
    for (n, case) in cases.iter().enumerate().filter(|(n, _)| n % PARTS == part) {
        if cfg!(not(unix)) && case.get("links").is_some() {
            continue;
        }
        let (exit, said) = judge(case, &base.join(n.to_string()));
        let wanted = case["says"].as_str().unwrap_or_default();
        let verdict: Value = serde_json::from_str(&said).unwrap_or_default();
        let is = |name: &str, status: &Value| {
            let gates = verdict["gates"].as_array();
            gates.into_iter().flatten().any(|g| g["name"] == name && g["status"] == *status)
        };
        let gates = case["gates"].as_object().into_iter().flatten().all(|(name, status)| is(name, status));
        if Some(exit) != case["exit"].as_u64() || !said.to_lowercase().contains(&wanted.to_lowercase()) || !gates {
            wrong.push(format!("{}: exit {exit}, expected {} and {wanted:?}\n  {said}", case["name"], case["exit"]));
        }
    }
    std::fs::remove_dir_all(&base).unwrap();
    assert!(cases.len() > 30);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

macro_rules! parts {
    ($($name:ident = $part:literal),*) => {
        $(#[test] fn $name() { each_project_gets_its_verdict($part); })*

        #[test]
        fn no_part_is_forgotten() {
            let named = [$($part),*];
            assert!(named.into_iter().eq(0..PARTS));
        }
    };
}

parts!(first = 0, second = 1, third = 2, fourth = 3, fifth = 4, sixth = 5, seventh = 6, eighth = 7);
