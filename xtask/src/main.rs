//! `cargo xtask codegen [--check]`: regenerates what is generated and checked in, or says where it has drifted.
//!
//! `cargo xtask mutants [--sample N] [--seed S] [--only TEXT]... [--tolerate N] [--list FILE]`: changes the judging side in small ways
//! and tells which changes no test notices.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for people at a terminal")]

mod codegen;
mod documents;
mod mutants;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let told = match arguments.as_slice() {
        ["codegen"] => drift(false),
        ["codegen", "--check"] => drift(true),
        ["mutants", rest @ ..] => mutants::Request::parse(rest).and_then(|r| mutants::mutants(&root(), &r)),
        _ => Err("usage: cargo xtask codegen [--check]\n       cargo xtask mutants [--sample N] [--seed S] [--only TEXT]... [--tolerate N] \
                  [--list FILE]"
            .to_owned()),
    };
    match told {
        Ok((told, wrong)) => {
            told.iter().for_each(|line| println!("{line}"));
            ExitCode::from(u8::from(wrong))
        }
        Err(e) => {
            eprintln!("{e}");
            ExitCode::from(2)
        }
    }
}

fn drift(check: bool) -> Result<(Vec<String>, bool), String> {
    let (mut told, drift) = codegen::codegen(&root(), check)?;
    told.push(if drift { "drift" } else { "up to date" }.to_owned());
    Ok((told, drift))
}

#[cfg(test)]
mod tests {
    use super::*;
    use documents::Shapes;
    use serde_json::Value;

    #[test]
    fn what_is_checked_in_is_what_the_code_says() {
        let (told, drift) = codegen::codegen(&root(), true).unwrap();
        assert!(!drift, "{told:#?}");
    }

    fn run(arguments: &[&str]) -> Value {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let all = std::iter::once(&"gatekeeper").chain(arguments);
        gatekeeper_cli::run(all, gatekeeper_cli::Terminal::PLAIN, &mut out, &mut err);
        serde_json::from_slice(&out).unwrap_or_else(|e| panic!("{arguments:?}: {e}: {}", String::from_utf8_lossy(&err)))
    }

    fn of_shape(name: &str, documents: &[Value]) {
        let shapes = Shapes::new().unwrap();
        assert!(!documents.is_empty());
        for document in documents {
            let wrong = shapes.check(name, document);
            assert!(wrong.is_empty(), "{name}: {wrong:#?}");
        }
    }

    #[test]
    fn the_documents_are_as_described() {
        let fixtures = root().join("fixtures").display().to_string();
        for (name, command) in [
            ("Inspection", vec!["inspect", "--format", "json", fixtures.as_str()]),
            ("FormatInfo", vec!["formats", "--format", "json"]),
            ("RuleInfo", vec!["rules", "--format", "json"]),
        ] {
            of_shape(name, run(&command).as_array().unwrap());
        }
        let projects = root().join("fixtures/erlang-umbrella/evidence");
        let verdicts: Vec<Value> = std::fs::read_dir(projects)
            .unwrap()
            .map(|p| {
                let root = p.unwrap().path().display().to_string();
                run(&["check", "--format", "json", "--now", "2026-01-01T00:00:00Z", "--root", &root])
            })
            .collect();
        of_shape("Verdict", &verdicts);
    }

    #[test]
    fn what_a_rule_is_given_is_as_described() {
        use gatekeeper_cli::front::{self, CustomRule, Request};
        use std::sync::{Arc, Mutex};

        let given = Arc::new(Mutex::new(Vec::<Value>::new()));
        let there = Arc::clone(&given);
        let ask = move |evidence: &str, _: &str| {
            there.lock().unwrap().extend(serde_json::from_str::<Vec<Value>>(evidence).unwrap());
            Ok("true".to_owned())
        };
        let rule = CustomRule { name: "see".to_owned(), kind: None, docs: None, keys: None, ask: Arc::new(ask) };
        let policy = std::env::temp_dir().join(format!("gatekeeper-see-{}.toml", std::process::id()));
        std::fs::write(&policy, "version = 1\n[gates.all]\nrule = \"see\"\n").unwrap();
        let project = root().join("fixtures/erlang-umbrella/evidence/green");
        let request = Request { root: Some(project), config: Some(policy.clone()), ..Request::default() };
        front::check(&front::engine(vec![rule]).unwrap(), &request).unwrap();
        std::fs::remove_file(policy).unwrap();
        let given = given.lock().unwrap();
        let kinds: std::collections::BTreeSet<_> = given.iter().map(|e| e["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["coverage", "findings", "inventory", "tests"]);
        of_shape("RuleEvidence", &given);
    }
}
