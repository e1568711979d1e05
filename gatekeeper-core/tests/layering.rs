//! Nothing points backwards: which crate may use which, which module of the core may use which, no circle between modules, and no
//! format, rule or output that uses another. The arrows are read from the manifests and from every path in the code.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod arrows;

use arrows::{Arrow, Room, crates_of, outside_table, siblings};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A crate of the workspace (by its folder) and the crates of the workspace that it may depend on.
const CRATES: &[(&str, &[&str])] = &[
    ("gatekeeper-core/evidence", &[]),
    ("gatekeeper-core/license", &[]),
    ("gatekeeper-core/formats", &["gatekeeper-rs-evidence", "gatekeeper-rs-license"]),
    ("gatekeeper-core", &["gatekeeper-rs-evidence", "gatekeeper-rs-license", "gatekeeper-rs-formats"]),
    ("gatekeeper-cli", &["gatekeeper-rs"]),
    ("gatekeeper-py", &["gatekeeper-rs", "gatekeeper-cli"]),
    ("gatekeeper-node", &["gatekeeper-rs", "gatekeeper-cli"]),
    ("benches", &["gatekeeper-rs"]),
    ("xtask", &["gatekeeper-rs", "gatekeeper-cli"]),
];

/// A module of the core and what it may use: modules of the core, and the rooms below it (`formats::inspect` is that module alone).
const CORE: &[(&str, &[&str])] = &[
    ("config", &["evidence"]),
    ("verdict", &["evidence", "formats::inspect"]),
    ("relate", &["config", "verdict", "evidence"]),
    ("project", &["evidence"]),
    ("bundle", &["collect", "proof", "verdict", "evidence", "formats::input"]),
    ("against", &["relate::findings", "evidence"]),
    (
        "rule",
        &[
            "against",
            "config",
            "diff",
            "verdict",
            "context",
            "project",
            "stats",
            "relate::findings",
            "evidence",
            "license",
        ],
    ),
    ("stats", &[]),
    ("rollout", &["verdict", "evidence"]),
    ("policy", &["config", "rule", "rollout", "verdict", "evidence", "formats"]),
    ("collect", &["policy", "config", "relate", "context", "project", "evidence", "formats"]),
    ("diff", &["evidence"]),
    ("changed", &["evidence"]),
    ("history", &["verdict", "evidence"]),
    ("snapshot", &["relate::findings", "config", "verdict", "evidence", "formats"]),
    ("context", &["history", "snapshot", "diff", "relate::suppress", "verdict", "evidence", "formats::input"]),
    (
        "judge",
        &[
            "against", "history", "snapshot", "stats", "policy", "rule", "relate", "collect", "verdict", "context",
            "project", "config", "evidence", "formats",
        ],
    ),
    ("scripted", &["config", "rule", "verdict", "evidence", "formats::inspect"]),
    ("output", &["verdict", "evidence"]),
    ("merge", &["relate", "verdict", "config", "evidence", "formats"]),
    (
        "check",
        &[
            "judge", "collect", "policy", "rule", "relate", "config", "verdict", "context", "project", "output",
            "evidence", "formats",
        ],
    ),
    ("first", &["check", "collect", "policy", "rule", "config", "verdict", "context", "evidence", "formats"]),
    ("proof", &["judge", "diff", "policy", "rule", "config", "verdict", "context", "output", "evidence"]),
    (
        "engine",
        &[
            "check", "first", "proof", "snapshot", "judge", "collect", "policy", "rule", "relate", "config", "verdict",
            "context", "output", "evidence", "formats",
        ],
    ),
];

/// What a rule may share with other rules, and an output with other outputs.
const SHARED_BY_RULES: &[&str] = &["api", "condition", "document", "ratio", "remedy", "series", "testing"];
const SHARED_BY_OUTPUTS: &[&str] = &["against", "document", "text", "wrap"];

/// What stands below the families of formats, and what it may use of its crate. A family may use all of these.
const FORMATS: &[(&str, &[&str])] = &[
    ("scan", &["input", "record", "head"]),
    ("record", &["scan"]),
    ("input", &["record", "scan"]),
    ("head", &["input", "scan"]),
    ("format", &["head", "input", "scan"]),
    ("united", &["head", "input", "scan", "format"]),
    ("recording", &["format", "record"]),
];

/// What stands above the families.
const ABOVE_FAMILIES: &[&str] = &["registry", "read", "inspect", "package_tree"];

fn folder(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(of)
}

fn core() -> Room {
    Room::read(&folder("gatekeeper-core").join("src"))
}

fn formats() -> Room {
    Room::read(&folder("gatekeeper-core/formats").join("src"))
}

fn command_line() -> Room {
    Room::read(&folder("gatekeeper-cli").join("src"))
}

fn families(room: &Room) -> BTreeSet<String> {
    let below: Vec<&str> = FORMATS.iter().map(|(m, _)| *m).chain(ABOVE_FAMILIES.iter().copied()).collect();
    room.folders().into_iter().filter(|f| !below.contains(&f.as_str())).collect()
}

fn none(wrong: &[Arrow]) {
    assert!(wrong.is_empty(), "{}", wrong.iter().map(Arrow::to_string).collect::<Vec<_>>().join("\n"));
}

#[test]
fn crates_depend_downwards_alone() {
    let mut wrong = Vec::new();
    for (crate_folder, allowed) in CRATES {
        let manifest = std::fs::read_to_string(folder(crate_folder).join("Cargo.toml")).unwrap();
        for used in crates_of(&manifest) {
            if !allowed.contains(&used.as_str()) {
                wrong.push(format!("{crate_folder} depends on {used}"));
            }
        }
    }
    let workspace: toml::Table = std::fs::read_to_string(folder("Cargo.toml")).unwrap().parse().unwrap();
    for member in workspace["workspace"]["members"].as_array().unwrap() {
        let member = member.as_str().unwrap();
        if !CRATES.iter().any(|(c, _)| *c == member) {
            wrong.push(format!("{member} is in no table of this test"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn arrows_of_the_core_point_one_way() {
    let room = core();
    for module in room.modules() {
        assert!(module == "lib" || CORE.iter().any(|(m, _)| *m == module), "{module} is in no table of this test");
    }
    none(&outside_table(&room.arrows, CORE));
}

#[test]
fn the_table_of_the_core_has_no_circle() {
    let arrows = CORE.iter().flat_map(|(from, to)| to.iter().map(|to| (*from, to.split("::").next().unwrap())));
    assert_eq!(arrows::circle(arrows), None);
}

#[test]
fn no_module_stands_in_a_circle() {
    for room in [core(), formats(), Room::read(&folder("gatekeeper-core/evidence/src")), command_line()] {
        let between = room.between_top_modules();
        assert_eq!(arrows::circle(between.iter().map(|(a, b)| (a.as_str(), b.as_str()))), None);
    }
}

/// The same among the files of each folder.
#[test]
fn no_file_stands_in_a_circle_with_its_neighbours() {
    let mut wrong = Vec::new();
    for room in [core(), formats(), Room::read(&folder("gatekeeper-core/license/src")), command_line()] {
        for (folder, between) in room.between_siblings() {
            if let Some(circle) = arrows::circle(between.iter().map(|(a, b)| (a.as_str(), b.as_str()))) {
                wrong.push(format!("{folder}: {}", circle.join(" → ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_rule_uses_another() {
    let room = core();
    assert!(room.children("rule").len() > 5);
    none(&siblings(&room, &room.arrows, "rule", SHARED_BY_RULES));
}

#[test]
fn no_output_uses_another() {
    let room = core();
    assert!(room.children("output").len() > 3);
    none(&siblings(&room, &room.arrows, "output", SHARED_BY_OUTPUTS));
}

#[test]
fn no_family_of_formats_uses_another() {
    let room = formats();
    let families = families(&room);
    assert!(families.len() > 5, "{families:?}");
    let mut table: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for family in &families {
        let below = FORMATS.iter().map(|(m, _)| (*m).to_owned()).chain(["evidence".to_owned(), "license".to_owned()]);
        table.insert(family.clone(), below.collect());
    }
    for (module, allowed) in FORMATS {
        let below = allowed.iter().map(|m| (*m).to_owned()).chain(["evidence".to_owned()]);
        table.insert((*module).to_owned(), below.collect());
    }
    let wrong: Vec<String> = room
        .arrows
        .iter()
        .filter(|a| !a.in_tests)
        .filter(|a| table.get(&a.from[0]).is_some_and(|t| a.to[0] != a.from[0] && !t.contains(&a.to[0])))
        .map(Arrow::to_string)
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The checker itself: each of these stands in a file of the core and must be caught.
#[test]
fn every_illegal_arrow_is_caught() {
    const ILLEGAL: &[(&str, &str)] = &[
        ("config/node.rs", "use crate::policy::Policy;"),
        ("config/node.rs", "use crate::{\n    verdict::Status,\n};"),
        ("verdict.rs", "fn f() { let _ = crate::output::text::clean(\"\"); }"),
        ("verdict.rs", "use gatekeeper_formats::Formats;"),
        ("relate/twins.rs", "use super::super::collect::Candidate;"),
        ("relate/findings/vex.rs", "fn f(_: super::super::super::judge::Unread) {}"),
        ("rule/tests.rs", "use crate::{config::Table, policy::{self, Gate}};"),
        ("rule/tests.rs", "use crate::relate::twins::sort;"),
        ("rule/licenses/mod.rs", "use gatekeeper_formats::read;"),
        ("policy/load.rs", "use crate::collect;"),
        ("policy/load.rs", "pub(crate) use crate::judge as words;"),
        ("collect/walk.rs", "use crate::Verdict;"),
        ("output/json.rs", "use crate::{policy::Action as Said, verdict::Verdict};"),
        ("output/json.rs", "fn f() -> crate :: rule :: Rules { todo!() }"),
        ("output/json.rs", "use crate::*;"),
        ("merge/mod.rs", "mod inner { use super::super::check::CheckRequest; }"),
        ("judge/gate.rs", "macro_rules! m { () => { $crate::output::Style::default() } }"),
        ("context.rs", "use crate as core;"),
        ("relate/paths.rs", "fn f(x: &str) -> &str { x } use super::super::engine::Engine;"),
        ("config/yaml.rs", "use ::gatekeeper_formats::input::Limits;"),
    ];
    let real = core();
    for (file, code) in ILLEGAL {
        let arrows = real.arrows_of(file, code);
        assert!(!outside_table(&arrows, CORE).is_empty(), "{file}: not caught: {code}");
    }
    for (file, code) in [
        ("rule/tests.rs", "use super::coverage::Coverage;"),
        ("rule/tests.rs", "use crate::rule::{api::Rule, findings};"),
        ("rule/licenses/packages.rs", "use super::super::sbom;"),
    ] {
        assert!(
            !siblings(&real, &real.arrows_of(file, code), "rule", SHARED_BY_RULES).is_empty(),
            "{file}: not caught: {code}"
        );
    }
    let arrows = real.arrows_of("output/github.rs", "fn f() { super::human::line() }");
    assert!(!siblings(&real, &arrows, "output", SHARED_BY_OUTPUTS).is_empty());
}

/// What is not code, and what is allowed, is no illegal arrow.
#[test]
fn no_lawful_arrow_is_accused() {
    const LAWFUL: &[(&str, &str)] = &[
        (
            "config/node.rs",
            "//! See [`crate::policy`].\n/* use crate::rule::Rule; */ const A: &str = \"crate::output::x\";",
        ),
        (
            "config/node.rs",
            "const A: &str = r#\"use crate::judge::x; \"#; const B: char = '\"'; const C: &'static str = \"\";",
        ),
        ("config/node.rs", "use super::problem::PolicyProblem; use std::fmt; use self::super::yaml;"),
        ("relate/findings/vex.rs", "use super::super::suppress; use crate::config::Selector;"),
        (
            "rule/tests.rs",
            "use crate::relate::findings::unite; use super::api::Rule; use crate::verdict::{self, Status};",
        ),
        ("verdict.rs", "use gatekeeper_formats::inspect::ErrorDocument;"),
        ("verdict.rs", "#[cfg(test)] mod tests { use super::*; use crate::output::Style; }"),
        ("engine.rs", "use crate::check; use crate::{output::Outputs, rule::Rules};"),
    ];
    let real = core();
    for (file, code) in LAWFUL {
        none(&outside_table(&real.arrows_of(file, code), CORE));
    }
    none(&siblings(
        &real,
        &real.arrows_of("rule/licenses/packages.rs", "use super::Licenses; use crate::rule::api::Judge;"),
        "rule",
        SHARED_BY_RULES,
    ));
}

#[test]
fn manifests_are_read_however_they_are_written() {
    let manifest = r#"
        [dependencies]
        gatekeeper-evidence.workspace = true
        other = { path = "../x", package = "gatekeeper-rs-formats" }
        serde = "1"
        [dependencies.gatekeeper-license]
        workspace = true
        [target.'cfg(unix)'.dependencies]
        gatekeeper-cli = { workspace = true }
        [build-dependencies]
        gatekeeper-core = { workspace = true }
    "#;
    let all =
        ["gatekeeper-cli", "gatekeeper-rs", "gatekeeper-rs-evidence", "gatekeeper-rs-formats", "gatekeeper-rs-license"];
    assert_eq!(crates_of(manifest).iter().map(String::as_str).collect::<Vec<_>>(), all);
}

#[test]
fn circles_are_found() {
    assert_eq!(arrows::circle([("a", "b"), ("b", "c")]), None);
    assert_eq!(arrows::circle([("a", "b"), ("b", "c"), ("c", "a")]).unwrap().len(), 3);
    assert_eq!(arrows::circle([("x", "a"), ("a", "b"), ("b", "a")]).unwrap().len(), 2);
}
