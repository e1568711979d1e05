use super::table::*;
use super::*;
use crate::config::{Place, stricter};
use crate::policy::{Known, parse};
use gatekeeper_formats::Formats;
use std::collections::BTreeSet;

/// The keys that the reader names where it meets one that it does not know, in the table that a policy writes last.
fn taken(policy: &str) -> BTreeSet<String> {
    let known = (Formats::default(), Rules::default());
    let known = Known { formats: &known.0, rules: &known.1 };
    let e = parse("p.toml", policy.as_bytes(), None, known).unwrap_err();
    let mut helps = e.problems.iter().filter(|p| p.message.contains("`qqqqqq`")).filter_map(|p| p.help.clone());
    let help = helps.next().unwrap_or_else(|| panic!("{policy}: {:?}", e.problems));
    help.trim_start_matches("there are ").split(", ").map(str::to_owned).collect()
}

fn named(keys: &[Key]) -> BTreeSet<String> {
    keys.iter().map(|k| k.name.to_owned()).collect()
}

const GATES: &str = "version = 1\n[gates.g]\nrule = \"tests\"\nmax-failed = 0\n";

#[test]
fn the_tables_are_what_the_reader_takes() {
    for (table, text) in [
        (TOP, format!("qqqqqq = 1\n{GATES}")),
        (EVIDENCE, format!("{GATES}[[evidence]]\npaths = [\"x\"]\nqqqqqq = 1\n")),
        (
            EXTRACT,
            format!(
                "{GATES}[[evidence]]\npaths = [\"x\"]\nextract = [{{ metric = \"a\", json = \"/a\", qqqqqq = 1 }}]\n"
            ),
        ),
        (
            WAIVER,
            format!("{GATES}[[waivers]]\ngate = \"g\"\nid = \"x\"\nreason = \"r\"\nexpires = 2030-01-01\nqqqqqq = 1\n"),
        ),
        (COMPONENT, format!("{GATES}[components.a]\npaths = [\"x/**\"]\nqqqqqq = 1\n")),
        (BASELINE, format!("{GATES}[baseline]\nqqqqqq = 1\n")),
        (SUSPICION, format!("{GATES}[suspicion]\nqqqqqq = 1\n")),
        (ROLLOUT, format!("{GATES}[rollout]\nsteps = [50, 100]\nqqqqqq = 1\n")),
        (WAIVERS_POLICY, format!("{GATES}[waivers-policy]\nqqqqqq = 1\n")),
        (PROFILE, format!("{GATES}[profiles.p]\nqqqqqq = 1\n")),
    ] {
        assert_eq!(named(table), taken(&text), "{text}");
    }
}

#[test]
fn every_rule_documents_each_of_its_keys() {
    // These two narrow evidence that some kinds do not have.
    let some: BTreeSet<String> = ["categories".to_owned(), "paths".to_owned()].into();
    for rule in Rules::default().iter() {
        let text = format!("version = 1\n[gates.g]\nrule = \"{}\"\nqqqqqq = 1\n", rule.id());
        let taken = taken(&text);
        let common = named(GATE);
        let missing: Vec<_> = common.difference(&taken).filter(|k| !some.contains(*k)).collect();
        assert!(missing.is_empty(), "{}: {missing:?} are no longer keys of every gate", rule.id());
        let documented: BTreeSet<String> = documented(rule).into_iter().map(|(name, _)| name).collect();
        let own: Vec<&String> = taken.difference(&common).filter(|k| !documented.contains(*k)).collect();
        assert!(own.is_empty(), "{}: {own:?} are not in its documentation", rule.id());
        let stale: Vec<&String> = documented.iter().filter(|k| !taken.contains(*k)).collect();
        assert!(stale.is_empty(), "{}: {stale:?} are documented and no keys", rule.id());
    }
}

/// Keys whose value is a table of other keys, as the rules' documentation writes them.
fn paths_of(rule: &Rule) -> Vec<Vec<String>> {
    let table = rule.docs().split("## Configuration").nth(1).unwrap_or_default();
    let table = table.split("\n## ").next().unwrap_or_default();
    let mut out: Vec<Vec<String>> = documented(rule).into_iter().map(|(name, _)| vec![name]).collect();
    for row in table.lines().filter_map(|l| l.strip_prefix("| `")) {
        let names = row.split_once(" | ").map_or("", |(names, _)| names);
        for name in names.split(',').map(|n| n.trim().trim_matches('`')).filter(|n| n.contains('.')) {
            out.push(name.split('.').map(str::to_owned).collect());
        }
    }
    out
}

/// A key that nobody said of which of its values is the weaker one would be loosened without a sound.
#[test]
fn of_every_key_it_is_decided_which_value_demands_less() {
    let named = |keys: &[Key]| keys.iter().map(|k| vec![k.name.to_owned()]).collect::<Vec<_>>();
    let below = |key: &str, keys: &[Key]| keys.iter().map(|k| vec![key.to_owned(), k.name.to_owned()]).collect();
    let mut all = vec![
        (Place::Top, named(TOP)),
        (Place::Top, below("baseline", BASELINE)),
        (Place::Top, below("suspicion", SUSPICION)),
        (Place::Top, below("rollout", ROLLOUT)),
        (Place::Top, below("waivers-policy", WAIVERS_POLICY)),
        (Place::Evidence, named(EVIDENCE)),
        (Place::Evidence, below("extract", EXTRACT)),
        (Place::Component, named(COMPONENT)),
        (Place::Gate, named(GATE)),
    ];
    all.extend(Rules::default().iter().map(|rule| (Place::Gate, paths_of(rule))));
    let mut undecided = Vec::new();
    for (place, paths) in all {
        for path in paths {
            let keys: Vec<&str> = path.iter().map(String::as_str).collect();
            if stricter(place, &keys).is_none() {
                undecided.push(format!("{place:?} {}", path.join(".")));
            }
        }
    }
    assert!(undecided.is_empty(), "config/stricter.rs does not say which value of these demands less: {undecided:?}");
    assert!(stricter(Place::Gate, &["qqqqqq"]).is_none() && stricter(Place::Top, &["qqqqqq"]).is_none());
}

#[test]
fn the_schema_names_every_rule() {
    let rules = Rules::default();
    let schema = schema(&rules);
    for rule in rules.iter() {
        let at = format!("/definitions/gate-{}/properties/rule", rule.id());
        assert!(schema.pointer(&at).is_some(), "{at}");
    }
    assert!(documentation().contains("| `min-matched` | percent |"));
    for (heading, says, _) in SECTIONS.iter().filter(|(_, says, _)| !says.is_empty()) {
        assert!(documentation().contains(&format!("\n## {heading}\n{says}\n\n")), "{heading}");
    }
}

#[test]
fn the_schema_says_what_each_key_takes() {
    for (shape, schema) in [
        (Shape::Text, json!({ "type": "string" })),
        (Shape::Texts, json!({ "type": "array", "items": { "type": "string" } })),
        (Shape::Flag, json!({ "type": "boolean" })),
        (Shape::Count, json!({ "type": "integer" })),
        (Shape::Percent, json!({ "type": ["number", "string"] })),
        (Shape::Word(&["a", "b"]), json!({ "enum": ["a", "b"] })),
        (Shape::Table(&[]), json!({ "type": "object" })),
        (Shape::Named(&[]), json!({ "type": "object", "additionalProperties": { "type": "object" } })),
    ] {
        assert_eq!(shape.schema(), schema, "{}", shape.words());
    }
    let schema = schema(&Rules::default());
    let at = |at: &str| schema.pointer(at).unwrap_or(&Value::Null).clone();
    let entry = "/properties/evidence/items";
    assert_eq!(at(&format!("{entry}/additionalProperties")), json!(false));
    assert_eq!(at(&format!("{entry}/properties/min-cases/type")), json!("integer"));
}
