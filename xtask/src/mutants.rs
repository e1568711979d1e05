//! `cargo xtask mutants`: changes the judging side in small ways and tells which changes no test notices.
//!
//! cargo-mutants says what can be changed (`list`). All of it is woven into one copy of the sources, each change behind a switch (`weave`), and
//! built once (`tree`). The tests run as they are to see which of them reach which change; then each change is switched on for those that
//! reach it, until one fails (`trial`).
//!
//! What may go unnoticed is listed with its reason in `.ci/mutants-accepted.txt`; everything else that goes unnoticed is wrong. A sample is
//! drawn by a seed, so that a failure can be seen again.

mod accepted;
mod list;
mod tree;
mod trial;
mod weave;

use accepted::Accepted;
use list::{Id, Mutant};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;
use trial::Outcome;
use weave::LeftOut;

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    sample: Option<usize>,
    seed: u64,
    list: PathBuf,
    only: Vec<String>,
    tolerate: usize,
    most: u64,
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
            only: Vec::new(),
            tolerate: 0,
            most: 20_000,
        };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().ok_or_else(|| format!("{argument} needs a value"));
            let number = |text: &str| text.parse::<u64>().map_err(|_| format!("{argument} takes a number, not {text}"));
            let count = |text: &str| number(text).map(|n| usize::try_from(n).unwrap_or(usize::MAX));
            match *argument {
                "--sample" => out.sample = Some(count(value()?)?),
                "--seed" => out.seed = number(value()?)?,
                "--tolerate" => out.tolerate = count(value()?)?,
                "--most" => out.most = number(value()?)?,
                "--list" => out.list = PathBuf::from(value()?),
                "--only" => out.only.push((*value()?).to_owned()),
                other => return Err(format!("{other} is not known")),
            }
        }
        Ok(out)
    }

    fn asks_for(&self, mutant: &Mutant) -> bool {
        self.only.is_empty() || self.only.iter().any(|o| mutant.name.contains(o.as_str()))
    }
}

/// Runs it. Answers what to tell, and whether anything is wrong.
///
/// # Errors
/// cargo-mutants is not there; the woven sources do not build; the accepted list cannot be read.
pub fn mutants(root: &Path, request: &Request) -> Result<(Vec<String>, bool), String> {
    let since = Instant::now();
    let at = |what: &str| eprintln!("{:4} s  {what}", since.elapsed().as_secs());
    let accepted = Accepted::read(&root.join(&request.list))?;
    let mut all = list::all(root)?;
    let total = all.len();
    all.retain(|m| request.asks_for(m));
    let drawn = match request.sample {
        Some(n) => list::sample(all, n, request.seed),
        None => all,
    };
    at(&format!("{} of {total} mutants are woven in and built", drawn.len()));
    let built = tree::build(root, &drawn)?;
    at("which tests reach which");
    let reaching = trial::trace(&built.binaries, &root.join("target/mutants"))?;
    let tried: Vec<&Mutant> = drawn.iter().filter(|m| !built.left_out.contains_key(&m.id)).collect();
    at(&format!("{} are tried", tried.len()));
    let outcomes = trial::trial(&built.binaries, &reaching, &tried, request.most, |n, mutant, outcome| {
        if let Outcome::Unnoticed(_) = outcome {
            eprintln!("        unnoticed: {}", mutant.name);
        }
        if n > 0 && n % 200 == 0 {
            at(&format!("{n}"));
        }
    });
    at("done");
    let report = root.join("target/mutants/outcome.txt");
    let lines: Vec<String> =
        drawn.iter().map(|m| format!("{}  {}", word(m, &built.left_out, &outcomes), m.name)).collect();
    fs::write(&report, lines.join("\n") + "\n").map_err(|e| format!("{}: {e}", report.display()))?;

    let mut told = table(&drawn, &built.left_out, &outcomes);
    let survivors: Vec<&str> = drawn
        .iter()
        .filter(|m| matches!(outcomes.get(&m.id), Some(Outcome::Unnoticed(_))))
        .map(|m| m.name.as_str())
        .collect();
    let (unnoticed, noticed_now) = accepted.compare(&survivors);
    told.extend(unnoticed.iter().map(|m| format!("unnoticed: {m}")));
    let mut wrong = unnoticed.len() > request.tolerate;
    // Only a run of all can say that an accepted one is noticed now.
    if request.sample.is_none() && request.only.is_empty() {
        wrong |= !noticed_now.is_empty();
        told.extend(noticed_now.iter().map(|(m, n)| format!("accepted, but noticed now ({n}): {m}")));
    }
    told.push(format!(
        "seed {}: {} of {total} mutants, {} unnoticed beside {} accepted; each is in {}",
        request.seed,
        drawn.len(),
        unnoticed.len(),
        survivors.len() - unnoticed.len(),
        report.display()
    ));
    Ok((told, wrong))
}

/// What became of a mutant, in a word.
fn word(mutant: &Mutant, left_out: &BTreeMap<Id, LeftOut>, outcomes: &BTreeMap<Id, Outcome>) -> &'static str {
    match (left_out.get(&mutant.id), outcomes.get(&mutant.id)) {
        (Some(LeftOut::NeverCompiles), _) => "does not compile",
        (Some(_), _) | (None, None) => "not tried",
        (None, Some(Outcome::Noticed)) => "noticed",
        (None, Some(Outcome::Endless)) => "noticed: no end",
        (None, Some(Outcome::Unnoticed(0))) => "unnoticed: reached by no test",
        (None, Some(Outcome::Unnoticed(_))) => "unnoticed",
    }
}

/// How many of each folder fared how.
fn table(drawn: &[Mutant], left_out: &BTreeMap<Id, LeftOut>, outcomes: &BTreeMap<Id, Outcome>) -> Vec<String> {
    let mut rows: BTreeMap<&str, [usize; 5]> = BTreeMap::new();
    for mutant in drawn {
        let column = match word(mutant, left_out, outcomes) {
            "does not compile" => 1,
            "not tried" => 2,
            w if w.starts_with("noticed") => 3,
            _ => 4,
        };
        for area in [mutant.area(), "all"] {
            for (at, count) in rows.entry(area).or_default().iter_mut().enumerate() {
                *count += usize::from(at == 0 || at == column);
            }
        }
    }
    let mut out = vec![format!("{:<24}  mutants  do not compile  not tried  noticed  unnoticed", "")];
    for (area, [all, uncompiled, untried, noticed, unnoticed]) in rows {
        out.push(format!("{area:<24}  {all:7}  {uncompiled:14}  {untried:9}  {noticed:7}  {unnoticed:9}"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read() {
        let got = Request::parse(&["--sample", "20", "--seed", "7", "--only", "a", "--only", "b"]).unwrap();
        assert!(got.sample == Some(20) && got.seed == 7 && got.only == ["a", "b"] && got.tolerate == 0);
        assert_eq!(Request::parse(&["--tolerate", "5"]).unwrap().tolerate, 5);
        for bad in [&["--sample"][..], &["--sample", "x"], &["--unknown"]] {
            assert!(Request::parse(bad).is_err(), "{bad:?}");
        }
    }
}
