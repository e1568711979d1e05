//! `cargo xtask codegen [--check]`: regenerates what is generated and checked in, or says where it has drifted.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for people at a terminal")]

mod codegen;
mod documents;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let check = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["codegen"] => false,
        ["codegen", "--check"] => true,
        _ => {
            eprintln!("usage: cargo xtask codegen [--check]");
            return ExitCode::from(2);
        }
    };
    match codegen::codegen(&root(), check) {
        Ok((told, drift)) => {
            told.iter().for_each(|line| println!("{line}"));
            println!("{}", if drift { "drift" } else { "up to date" });
            ExitCode::from(u8::from(drift))
        }
        Err(e) => {
            eprintln!("{e}");
            ExitCode::from(2)
        }
    }
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
        let rule = CustomRule { name: "see".to_owned(), kind: None, docs: None, ask: Arc::new(ask) };
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
