//! What can be changed: cargo-mutants says it, by its own names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What is changed.
struct Target {
    package: &'static str,
    files: &'static [&'static str],
}

const TARGETS: &[Target] = &[
    Target { package: "gatekeeper-rs-evidence", files: &["gatekeeper-core/evidence/src/**/*.rs"] },
    Target {
        package: "gatekeeper-rs",
        files: &[
            "gatekeeper-core/src/rule/**/*.rs",
            "gatekeeper-core/src/judge/**/*.rs",
            "gatekeeper-core/src/relate/**/*.rs",
            "gatekeeper-core/src/config/**/*.rs",
            "gatekeeper-core/src/policy/**/*.rs",
            "gatekeeper-core/src/check.rs",
        ],
    },
];

/// Tests that cargo-mutants takes for code: under `cfg(all(test, …))`.
const NO_CODE: &[&str] = &["gatekeeper-core/src/rule/rego/tests.rs"];

/// A mutant's number.
pub type Id = u32;

/// What is done to the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Genre {
    FnValue,
    BinaryOperator,
    UnaryOperator,
    MatchArm,
    MatchArmGuard,
    StructField,
}

impl Genre {
    fn named(name: &str) -> Option<Genre> {
        Some(match name {
            "FnValue" => Genre::FnValue,
            "BinaryOperator" => Genre::BinaryOperator,
            "UnaryOperator" => Genre::UnaryOperator,
            "MatchArm" => Genre::MatchArm,
            "MatchArmGuard" => Genre::MatchArmGuard,
            "StructField" => Genre::StructField,
            _ => return None,
        })
    }
}

/// One small change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    pub id: Id,
    /// As cargo-mutants calls it: file, line, column, what is done.
    pub name: String,
    pub file: String,
    pub genre: Genre,
    /// Line and column of its first character, both from 1.
    pub start: (usize, usize),
    pub replacement: String,
    /// Its function returns `impl Trait`.
    pub opaque: bool,
}

impl Mutant {
    fn read(id: Id, value: &Value) -> Option<Mutant> {
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let start = value.get("span")?.get("start")?;
        let number = |key: &str| start.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        Some(Mutant {
            id,
            name: text("name")?,
            file: text("file")?,
            genre: Genre::named(&text("genre")?)?,
            start: (number("line")?, number("column")?),
            replacement: text("replacement")?,
            opaque: value
                .get("function")
                .and_then(|f| f.get("return_type"))
                .and_then(Value::as_str)
                .is_some_and(|t| t.contains("impl ")),
        })
    }

    /// The folder or file below the sources of its package.
    pub fn area(&self) -> &str {
        let below = self.file.strip_prefix("gatekeeper-core/").unwrap_or(&self.file);
        let below = below.strip_prefix("src/").unwrap_or(below);
        below.split('/').next().unwrap_or(below)
    }
}

/// All of them.
///
/// # Errors
/// cargo-mutants is not there, or says something else than expected.
pub fn all(root: &Path) -> Result<Vec<Mutant>, String> {
    let mut out = Vec::new();
    for target in TARGETS {
        let mut command = Command::new("cargo");
        command.current_dir(root).args(["mutants", "--no-config", "--list", "--json", "--package", target.package]);
        for file in target.files {
            command.args(["--file", file]);
        }
        for file in NO_CODE {
            command.args(["--exclude", file]);
        }
        let answer = command.output().map_err(|e| format!("cargo cannot be run: {e}"))?;
        if !answer.status.success() {
            let said = String::from_utf8_lossy(&answer.stderr);
            return Err(format!("{said}\n(`cargo install cargo-mutants --locked` installs what is needed)"));
        }
        let listed: Vec<Value> =
            serde_json::from_slice(&answer.stdout).map_err(|e| format!("what cargo-mutants lists: {e}"))?;
        for value in &listed {
            let id = Id::try_from(out.len() + 1).map_err(|e| e.to_string())?;
            out.push(Mutant::read(id, value).ok_or_else(|| format!("cargo-mutants lists what is not known: {value}"))?);
        }
    }
    Ok(out)
}

/// `n` of them, drawn by a seed and in their own order. A mutant is drawn for what it is and not for where it stands among the others: an edit
/// elsewhere leaves the sample as it was.
pub fn sample(all: Vec<Mutant>, n: usize, seed: u64) -> Vec<Mutant> {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let mut lots: Vec<(u64, usize)> = Vec::with_capacity(all.len());
    for (at, mutant) in all.iter().enumerate() {
        let name = without_place(&mutant.name);
        let alike = seen.entry(name.clone()).or_default();
        lots.push((lot(&name, seed ^ (*alike << 32)), at));
        *alike += 1;
    }
    lots.sort_unstable();
    lots.truncate(n);
    let drawn: BTreeSet<usize> = lots.into_iter().map(|(_, at)| at).collect();
    all.into_iter().enumerate().filter(|(at, _)| drawn.contains(at)).map(|(_, mutant)| mutant).collect()
}

/// A number for a text and a seed, alike on every machine: FNV-1a, mixed as SplitMix64 does.
fn lot(text: &str, seed: u64) -> u64 {
    let start = 0xCBF2_9CE4_8422_2325 ^ seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let hash = text.bytes().fold(start, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01B3));
    let z = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number for a source.
pub fn fingerprint(text: &str) -> u64 {
    lot(text, 0)
}

/// A mutant by its file and what it does, without line and column, which every edit above moves.
pub fn without_place(mutant: &str) -> String {
    let mut parts = mutant.splitn(4, ':');
    let is_number = |t: Option<&str>| t.is_some_and(|t| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit()));
    match (parts.next(), is_number(parts.next()), is_number(parts.next()), parts.next()) {
        (Some(file), true, true, Some(what)) => format!("{file}:{what}"),
        _ => mutant.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: impl Iterator<Item = String>) -> Vec<Mutant> {
        let mutant = |name| Mutant {
            id: 1,
            name,
            file: "a.rs".to_owned(),
            genre: Genre::FnValue,
            start: (1, 1),
            replacement: "()".to_owned(),
            opaque: false,
        };
        names.map(mutant).collect()
    }

    #[test]
    fn a_seed_draws_the_same_sample_in_order() {
        let all = |n: usize| named((0..n).map(|i| format!("a.rs:{i:04}:1: replace f{i} with ()")));
        let draw = |seed, n| sample(all(1_000), n, seed).into_iter().map(|m| m.name).collect::<Vec<_>>();
        assert_eq!(draw(7, 100), draw(7, 100));
        assert_ne!(draw(7, 100), draw(8, 100));
        assert!(draw(7, 100).len() == 100 && draw(7, 100).is_sorted());
        assert_eq!(draw(7, 5_000).len(), 1_000);
        // It comes from all of them.
        let (early, late) = (&all(201)[200].name, &all(801)[800].name);
        assert!(draw(7, 100).iter().any(|m| m < early) && draw(7, 100).iter().any(|m| m > late));
    }

    #[test]
    fn an_edit_elsewhere_leaves_the_sample_as_it_was() {
        let of = |names: &[&str], first: usize| {
            let all = named(names.iter().enumerate().map(|(n, m)| format!("a.rs:{}:1: {m}", n + first)));
            sample(all, 3, 1).into_iter().map(|m| without_place(&m.name)).collect::<Vec<_>>()
        };
        let names =
            ["replace < with > in f", "replace < with > in f", "delete ! in f", "replace g with ()", "delete ! in h"];
        assert_eq!(of(&names, 1), of(&names, 90));
        let without: Vec<&str> = names
            .into_iter()
            .filter(|n| !n.contains("in h") || of(&names, 1).iter().any(|m| m.contains("in h")))
            .collect();
        assert_eq!(of(&names, 1), of(&without, 1));
        // Two of one name are two lots.
        let twice = ["delete ! in f"; 40];
        assert_eq!(of(&twice, 1).len(), 3);
    }

    #[test]
    fn a_mutants_name_is_taken_without_its_place() {
        assert_eq!(without_place("a/b.rs:12:3: replace x"), "a/b.rs: replace x");
        assert_eq!(without_place("no place"), "no place");
    }

    #[test]
    fn what_is_listed_is_read() {
        let value = serde_json::json!({"name": "a.rs:1:2: delete ! in f", "file": "gatekeeper-core/src/rule/a.rs", "genre": "UnaryOperator",
            "span": {"start": {"line": 1, "column": 2}, "end": {"line": 1, "column": 3}}, "replacement": ""});
        let mutant = Mutant::read(4, &value).unwrap();
        assert!(mutant.genre == Genre::UnaryOperator && mutant.start == (1, 2) && mutant.id == 4);
        assert_eq!(mutant.area(), "rule");
        let mut other = value;
        other["genre"] = "Teleport".into();
        assert_eq!(Mutant::read(4, &other), None);
    }
}
