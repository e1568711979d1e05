//! The policies that the README and the rules' documentation show are policies. `.ci/docs.py` holds the pages of `docs/` to the program.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use gatekeeper_core::evidence::Kind;
use gatekeeper_core::{Engine, scripted};

/// The TOML blocks of a Markdown text.
fn blocks(text: &str) -> Vec<&str> {
    text.split("```toml\n").skip(1).filter_map(|b| b.split("```").next()).collect()
}

#[test]
fn the_readme_shows_a_policy() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let text = std::fs::read_to_string(path).unwrap();
    let shown = blocks(&text);
    assert!(!shown.is_empty());
    // The README's own rule, in Python there.
    let own = scripted::rule("no-slow-tests", Kind::Tests, |_, _| Ok("true".to_owned()));
    let engine = Engine::builder().rule(own).build();
    for block in &shown {
        let named = block.split("[profiles.").skip(1).filter_map(|rest| rest.split(['.', ']']).next());
        for profile in std::iter::once(None).chain(named.map(Some)) {
            engine
                .parse_policy("gatekeeper.toml", block.as_bytes(), profile)
                .unwrap_or_else(|e| panic!("{profile:?}: {e}"));
        }
    }
}

#[test]
fn every_rule_shows_an_example() {
    // Where an example names files of rules, they are there.
    let folder = std::env::temp_dir().join(format!("gatekeeper-examples-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("policy/data")).unwrap();
    for package in ["main", "release"] {
        let rego =
            format!("package {package}\nimport rego.v1\ndeny contains \"never\" if input.tests.counts.failed > 0\n");
        std::fs::write(folder.join(format!("policy/{package}.rego")), rego).unwrap();
    }
    std::fs::write(folder.join("policy/data/limits.json"), "{}").unwrap();
    let request = gatekeeper_core::CheckRequest::new(folder.clone(), gatekeeper_core::Context::without_clock());
    for rule in gatekeeper_core::rule::Rules::default().iter() {
        let shown = blocks(rule.docs());
        assert!(!shown.is_empty(), "{} has no example", rule.id());
        for block in shown {
            let policy = format!("version = 1\n{block}");
            std::fs::write(folder.join("gatekeeper.toml"), policy).unwrap();
            let found = Engine::default().find_policy(&request).unwrap_or_else(|e| panic!("{}: {e}", rule.id()));
            assert!(found.is_some(), "{}", rule.id());
        }
        for heading in ["What it requires", "Why", "Configuration", "Example", "When evidence is missing"] {
            assert!(rule.docs().contains(&format!("## {heading}")), "{}: no heading {heading}", rule.id());
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}
