//! The built-in default on real evidence of a rebar3 umbrella: green passes, each broken variant is told for what it is.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod common;

use gatekeeper_core::CheckRequest;
use gatekeeper_core::{Context, Engine};
use serde_json::Value;

#[test]
fn each_variant_gets_its_verdict() {
    let base = common::fixtures().join("erlang-umbrella");
    let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(base.join("expected.json")).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for case in &cases {
        let variant = case["variant"].as_str().unwrap();
        let request = CheckRequest {
            root: Some(base.join("evidence").join(variant)),
            ..CheckRequest::new(base.clone(), Context::at(1_800_000_000))
        };
        let verdict = Engine::default().check(&request).unwrap();
        if Some(verdict.status.as_str()) != case["status"].as_str() {
            wrong.push(format!("{variant}: {}, expected {}", verdict.status.as_str(), case["status"]));
        }
        if Some(u64::from(verdict.exit_code)) != case["exit"].as_u64() {
            wrong.push(format!("{variant}: exit {}, expected {}", verdict.exit_code, case["exit"]));
        }
        for (gate, want) in case["gates"].as_object().unwrap() {
            let got = verdict.gates.iter().find(|g| g.name == *gate).map(|g| g.status.as_str());
            if got != want.as_str() {
                let why = verdict.gates.iter().find(|g| g.name == *gate).map(|g| g.reason.clone());
                wrong.push(format!("{variant}/{gate}: {got:?}, expected {want}: {why:?}"));
            }
        }
    }
    assert!(cases.len() >= 15);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
