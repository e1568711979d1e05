//! `cargo xtask mutants`: changes the judging side in small ways (with cargo-mutants) and tells which changes no test notices.
//!
//! What may go unnoticed is listed with its reason in `.ci/mutants-accepted.txt`; everything else that goes unnoticed is wrong. A sample is
//! drawn by a seed, so that a failure can be seen again. `--in-place` changes the working tree itself, which spares a second build of all
//! crates: for machines that are thrown away.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is changed, and by which tests of its package it is held. Integration tests that take seconds are among them, the slow ones are not.
struct Target {
    package: &'static str,
    files: &'static [&'static str],
    tests: &'static [&'static str],
}

const TARGETS: &[Target] = &[
    Target { package: "gatekeeper-rs-evidence", files: &["gatekeeper-core/evidence/src/**/*.rs"], tests: &["--lib"] },
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
        tests: &["--lib", "--test=verdicts", "--test=umbrella", "--test=findings_verdicts", "--test=unread"],
    },
];

/// Least time that a mutant's tests are given, seconds.
const TIMEOUT: &str = "60";

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    sample: Option<usize>,
    seed: u64,
    list: PathBuf,
    in_place: bool,
    only: String,
}

impl Request {
    /// Reads the arguments behind `mutants`.
    ///
    /// # Errors
    /// What is not understood.
    pub fn parse(arguments: &[&str]) -> Result<Self, String> {
        let mut out = Request {
            sample: None,
            seed: 1,
            list: PathBuf::from(".ci/mutants-accepted.txt"),
            in_place: false,
            only: String::new(),
        };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().ok_or_else(|| format!("{argument} needs a value"));
            let number = |text: &str| text.parse::<u64>().map_err(|_| format!("{argument} takes a number, not {text}"));
            match *argument {
                "--sample" => out.sample = Some(usize::try_from(number(value()?)?).unwrap_or(usize::MAX)),
                "--seed" => out.seed = number(value()?)?,
                "--list" => out.list = PathBuf::from(value()?),
                "--only" => (*value()?).clone_into(&mut out.only),
                "--in-place" => out.in_place = true,
                other => return Err(format!("{other} is not known")),
            }
        }
        Ok(out)
    }
}

/// Runs it. Answers what to tell, and whether anything is wrong.
///
/// # Errors
/// cargo-mutants is not there or fails by itself; the accepted list cannot be read.
pub fn mutants(root: &Path, request: &Request) -> Result<(Vec<String>, bool), String> {
    let accepted = Accepted::read(&root.join(&request.list))?;
    let mut all: Vec<(usize, String)> = Vec::new();
    for (n, target) in TARGETS.iter().enumerate() {
        let listed = list(root, target)?;
        all.extend(listed.into_iter().filter(|m| m.contains(&request.only)).map(|m| (n, m)));
    }
    let total = all.len();
    let drawn = match request.sample {
        Some(n) => sample(all, n, request.seed),
        None => all,
    };
    let mut survivors = Vec::new();
    let mut counts = [0_usize; 2];
    for (n, target) in TARGETS.iter().enumerate() {
        let names: Vec<&str> = drawn.iter().filter(|(of, _)| *of == n).map(|(_, m)| m.as_str()).collect();
        if names.is_empty() {
            continue;
        }
        let outcome = run(root, target, &names, request.in_place)?;
        // A mutant that runs for ever is noticed: a test that never ends is seen.
        counts[0] += outcome.noticed;
        counts[1] += outcome.unviable;
        survivors.extend(outcome.missed);
    }
    let mut told = vec![format!(
        "{} of {total} mutants (seed {}): {} noticed, {} do not compile, {} unnoticed",
        drawn.len(),
        request.seed,
        counts[0],
        counts[1],
        survivors.len()
    )];
    if counts[0] + counts[1] + survivors.len() != drawn.len() {
        return Err(format!("{}: not every mutant was tried", told.join(", ")));
    }
    // Only a run of all can say that an accepted one is noticed now.
    let whole = request.sample.is_none() && request.only.is_empty();
    let (wrong, lines) = accepted.compare(&survivors, whole);
    told.extend(lines);
    Ok((told, wrong))
}

fn cargo(root: &Path) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root).env_remove("CARGO_TARGET_DIR").arg("mutants").arg("--no-config");
    command
}

fn list(root: &Path, target: &Target) -> Result<Vec<String>, String> {
    let mut command = cargo(root);
    command.args(["--list", "--package", target.package]);
    for file in target.files {
        command.args(["--file", file]);
    }
    let out = command.output().map_err(|e| format!("cargo cannot be run: {e}"))?;
    if !out.status.success() {
        let said = String::from_utf8_lossy(&out.stderr);
        return Err(format!("{said}\n(`cargo install cargo-mutants --locked` installs what is needed)"));
    }
    Ok(String::from_utf8_lossy(&out.stdout).lines().map(str::to_owned).collect())
}

#[derive(Default)]
struct Outcome {
    noticed: usize,
    unviable: usize,
    missed: Vec<String>,
}

fn run(root: &Path, target: &Target, names: &[&str], in_place: bool) -> Result<Outcome, String> {
    let folder = root.join("target/mutants").join(target.package);
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut command = cargo(root);
    command.args(["--package", target.package, "--timeout", TIMEOUT, "--no-shuffle", "--colors=never"]);
    command.arg("--output").arg(&folder);
    let patterns: Vec<String> = names.iter().map(|n| escape(n)).collect();
    command.arg("--re").arg(format!("^(?:{})$", patterns.join("|")));
    // Left-out fields are tried in every file that is named, whatever `--re` says.
    let files: BTreeSet<&str> = names.iter().filter_map(|n| n.split(':').next()).collect();
    for file in files {
        command.args(["--file", file]);
    }
    if in_place {
        command.arg("--in-place");
    }
    command.arg("--").args(target.tests);
    let status = command.status().map_err(|e| format!("cargo cannot be run: {e}"))?;
    // 2: some were missed; 3: some took too long; both are read from the lists.
    if !matches!(status.code(), Some(0 | 2 | 3)) {
        return Err(format!("cargo-mutants failed on {} ({status})", target.package));
    }
    let lines = |name: &str| -> Result<Vec<String>, String> {
        let path = folder.join("mutants.out").join(name);
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(text.lines().filter(|l| !l.is_empty()).map(str::to_owned).collect())
    };
    let drawn = |mut all: Vec<String>| {
        all.retain(|m| names.contains(&m.as_str()));
        all
    };
    Ok(Outcome {
        noticed: drawn(lines("caught.txt")?).len() + drawn(lines("timeout.txt")?).len(),
        unviable: drawn(lines("unviable.txt")?).len(),
        missed: drawn(lines("missed.txt")?),
    })
}

/// A text as a regular expression that fits it alone.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// `n` of them, drawn by a seed and in their own order. A mutant is drawn for what it is and not for where it stands among the others: an edit
/// elsewhere leaves the sample as it was.
fn sample(all: Vec<(usize, String)>, n: usize, seed: u64) -> Vec<(usize, String)> {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let mut lots: Vec<(u64, usize)> = Vec::with_capacity(all.len());
    for (at, (_, mutant)) in all.iter().enumerate() {
        let name = without_place(mutant);
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

/// Mutants that may go unnoticed: how often each, with the reason.
#[derive(Debug, Default)]
struct Accepted(BTreeMap<String, usize>);

impl Accepted {
    fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Self::parse(&text).map_err(|e| format!("{}:{e}", path.display()))
    }

    /// A reason (lines that begin with `#`) stands above the mutants that it holds for; an empty line ends it.
    fn parse(text: &str) -> Result<Self, String> {
        let mut out = BTreeMap::new();
        let mut reason = false;
        for (n, line) in text.lines().enumerate() {
            match line.trim() {
                "" => reason = false,
                comment if comment.starts_with('#') => reason = true,
                mutant if reason => *out.entry(mutant.to_owned()).or_default() += 1,
                _ => return Err(format!("{}: no reason stands above this mutant", n + 1)),
            }
        }
        Ok(Accepted(out))
    }

    /// Whether the survivors are others than the accepted ones, and what to tell of that.
    fn compare(&self, survivors: &[String], whole: bool) -> (bool, Vec<String>) {
        let mut left = self.0.clone();
        let mut told = Vec::new();
        for survivor in survivors {
            match left.get_mut(&without_place(survivor)) {
                Some(n) if *n > 0 => *n -= 1,
                _ => told.push(format!("unnoticed: {survivor}")),
            }
        }
        if whole {
            let noticed = left.iter().filter(|(_, n)| **n > 0);
            told.extend(noticed.map(|(m, n)| format!("accepted, but noticed now ({n}): {m}")));
        }
        (!told.is_empty(), told)
    }
}

/// A mutant by its file and what it does, without line and column, which every edit above moves.
fn without_place(mutant: &str) -> String {
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

    #[test]
    fn a_seed_draws_the_same_sample_in_order() {
        let all = |n: usize| (0..n).map(|i| (0, format!("a.rs:{i:04}:1: replace f{i} with ()"))).collect::<Vec<_>>();
        let draw = |seed, n| sample(all(1_000), n, seed);
        assert_eq!(draw(7, 100), draw(7, 100));
        assert_ne!(draw(7, 100), draw(8, 100));
        assert!(draw(7, 100).len() == 100 && draw(7, 100).is_sorted());
        assert_eq!(draw(7, 5_000).len(), 1_000);
        // It comes from all of them.
        assert!(
            draw(7, 100).iter().any(|(_, m)| m < &all(201)[200].1)
                && draw(7, 100).iter().any(|(_, m)| m > &all(801)[800].1)
        );
    }

    #[test]
    fn an_edit_elsewhere_leaves_the_sample_as_it_was() {
        let of = |names: &[&str], first: usize| {
            let all = names.iter().enumerate().map(|(n, m)| (0, format!("a.rs:{}:1: {m}", n + first))).collect();
            sample(all, 3, 1).into_iter().map(|(_, m)| without_place(&m)).collect::<Vec<_>>()
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
    fn what_is_not_accepted_is_told_and_what_is_noticed_now_too() {
        let accepted =
            Accepted::parse("# equal either way\na.rs: replace < with <= in f\na.rs: replace < with <= in f\n")
                .unwrap();
        let at = |line: u32| format!("a.rs:{line}:9: replace < with <= in f");
        assert_eq!(accepted.compare(&[at(1), at(2)], true), (false, vec![]));
        assert_eq!(accepted.compare(&[at(1)], false), (false, vec![]));
        assert!(accepted.compare(&[at(1)], true).1[0].contains("noticed now (1)"));
        assert_eq!(accepted.compare(&[at(1), at(2), at(3)], false), (true, vec![format!("unnoticed: {}", at(3))]));
        assert!(accepted.compare(&["b.rs:1:1: replace f with ()".to_owned()], false).0);
        assert!(Accepted::parse("# why\na.rs: x\n\na.rs: y\n").unwrap_err().starts_with("4:"));
    }

    #[test]
    fn a_mutants_name_is_taken_literally() {
        assert_eq!(
            escape("a.rs:1:2: replace f -> Option<u8> with None"),
            r"a\.rs:1:2: replace f \-> Option<u8> with None"
        );
        assert_eq!(without_place("a/b.rs:12:3: replace x"), "a/b.rs: replace x");
        assert_eq!(without_place("no place"), "no place");
    }

    #[test]
    fn arguments_are_read() {
        let got = Request::parse(&["--sample", "20", "--seed", "7", "--in-place"]).unwrap();
        assert!(got.sample == Some(20) && got.seed == 7 && got.in_place);
        for bad in [&["--sample"][..], &["--sample", "x"], &["--unknown"]] {
            assert!(Request::parse(bad).is_err(), "{bad:?}");
        }
    }
}
