//! The policy: what evidence there should be, which gates judge it, what is waived.
//!
//! What its author can get wrong is an error at load time with its place and the nearest right word.

mod default;
mod load;
pub(crate) mod node;
mod yaml;

pub use load::{find, parse};

use crate::decimal::Decimal;
use crate::evidence::findings::Category;
use crate::format::Format;
use crate::glob::Pattern;
use crate::paths::PathRules;
use crate::rule::{Judge, Rule};
use node::Span;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

pub use default::default_policy;

/// A policy, ready to judge.
#[derive(Debug)]
pub struct Policy {
    /// The file as it was named; `None` for the built-in default.
    pub file: Option<String>,
    /// SHA-256 of the file.
    pub sha256: Option<String>,
    /// Evidence entries; without any, the formats' usual places are read.
    pub evidence: Vec<EvidenceEntry>,
    /// The gates in the file's order.
    pub gates: Vec<Gate>,
    /// Accepted exceptions.
    pub waivers: Vec<Waiver>,
    /// The profile that was applied.
    pub profile: Option<String>,
}

/// An `[[evidence]]` entry.
#[derive(Debug)]
pub struct EvidenceEntry {
    /// The name by which gates refer to it.
    pub name: Option<String>,
    /// Its patterns, as written and compiled.
    pub(crate) patterns: Vec<Pattern>,
    /// Folders of installed packages: patterns of the folders.
    pub(crate) packages: Vec<Pattern>,
    /// Files and packages that are left out.
    pub(crate) exclude: Vec<Pattern>,
    /// The format that the files must be of.
    pub format: Option<&'static Format>,
    /// Labels for all of them.
    pub labels: BTreeMap<String, String>,
    /// Older than this (seconds) is stale.
    pub max_age: Option<Decimal>,
    /// How the file names in coverage reports become the tree's.
    pub path_rules: PathRules,
    /// Least share of those names that must be files of the tree, percent; otherwise 90.
    pub min_matched: Option<Decimal>,
    /// The exit status of the command that wrote them.
    pub exit_status: Option<i32>,
    /// Line in the policy, from 1.
    pub line: u64,
}

/// What a gate that falls short does to the whole verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It decides the verdict.
    #[default]
    Block,
    /// It makes the verdict a warning at most.
    Warn,
    /// It only informs.
    Inform,
}

/// A rule with its configuration, under a name.
#[derive(Debug)]
pub struct Gate {
    /// Its name.
    pub name: String,
    /// Its rule.
    pub rule: &'static Rule,
    /// What falling short does.
    pub action: Action,
    /// Which evidence it takes.
    pub select: Selector,
    /// Judged once per value of this label.
    pub each: Option<String>,
    /// Label values that must be there.
    pub require: BTreeMap<String, Vec<String>>,
    /// Whether missing evidence blocks. Not so for the built-in default gates: they report it.
    pub missing_blocks: bool,
    /// Line in the policy, from 1; `None` for the built-in default.
    pub line: Option<u64>,
    /// The rule's configuration.
    pub(crate) judge: Box<dyn Judge>,
}

/// Which evidence a gate takes of its rule's kind. An empty list narrows nothing.
#[derive(Debug, Default)]
pub struct Selector {
    /// Tools.
    pub tools: Vec<String>,
    /// Format ids.
    pub formats: Vec<String>,
    /// Categories of findings: narrows the findings within the evidence.
    pub categories: Vec<Category>,
    /// Label values.
    pub labels: BTreeMap<String, Vec<String>>,
    /// Patterns of the sources that the evidence speaks of.
    pub(crate) paths: Vec<Pattern>,
    /// Names of evidence entries.
    pub evidence: Vec<String>,
}

impl Selector {
    /// Whether it names a tool.
    pub(crate) fn names_tool(&self, tool: &str) -> bool {
        self.tools.iter().any(|wanted| same_tool(wanted, tool))
    }
}

/// Tools by the names that people give them.
fn same_tool(a: &str, b: &str) -> bool {
    let plain = |t: &str| {
        let t: String = t.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        match t.as_str() {
            "commontest" => "ct".to_owned(),
            "rebar3compile" | "erlc" => "compile".to_owned(),
            _ => t,
        }
    };
    plain(a) == plain(b)
}

/// An accepted exception.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// The gate; all gates where none is named.
    pub gate: Option<String>,
    /// The rule id, advisory, licence or case that is waived.
    pub id: Option<String>,
    /// The package: purl (a purl without version covers all versions) or name.
    pub package: Option<String>,
    /// Pattern of the path.
    pub(crate) path: Option<Pattern>,
    /// Why.
    pub reason: String,
    /// Last day on which it holds.
    pub expires: Option<jiff::civil::Date>,
    /// Line in the policy, from 1.
    pub line: u64,
}

/// A mistake in a policy, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyProblem {
    /// Bytes of the file that it is about.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl PolicyProblem {
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        PolicyProblem { span, message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the nearest of the right words, or all of them where none is near and they are few.
    pub(crate) fn nearest<'a>(mut self, word: &str, words: impl IntoIterator<Item = &'a str>) -> Self {
        let words: Vec<&str> = words.into_iter().collect();
        self.help = match nearest(word, &words) {
            Some(near) => Some(format!("did you mean `{near}`?")),
            None if words.is_empty() || words.len() > 40 => None,
            None => Some(format!("there are {}", words.join(", "))),
        };
        self
    }
}

/// Why a policy cannot be used: every mistake in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    /// The file as it was named.
    pub file: String,
    /// Its text, for showing the lines.
    pub text: String,
    /// The mistakes, in the file's order.
    pub problems: Vec<PolicyProblem>,
}

impl PolicyError {
    /// A mistake about the file as a whole.
    pub fn whole(file: impl Into<String>, message: impl Into<String>) -> Self {
        PolicyError { file: file.into(), text: String::new(), problems: vec![PolicyProblem::new(0..0, message)] }
    }

    /// Line and column (from 1, characters) of an offset.
    pub fn line_column(&self, offset: usize) -> (u64, u64) {
        line_column(&self.text, offset)
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, p) in self.problems.iter().enumerate() {
            if n > 0 {
                writeln!(f)?;
            }
            write!(f, "{}", self.file)?;
            if !self.text.is_empty() {
                let (line, column) = self.line_column(p.span.start);
                write!(f, ":{line}:{column}")?;
            }
            write!(f, ": {}", p.message)?;
            if let Some(help) = &p.help {
                write!(f, "; {help}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for PolicyError {}

pub(crate) fn line_column(text: &str, offset: usize) -> (u64, u64) {
    let mut place = crate::Location::at(offset);
    place.resolve(text.as_bytes());
    (place.line.unwrap_or(1), place.column.unwrap_or(1))
}

/// The nearest word by edit distance, where one is near.
pub(crate) fn nearest<'a>(word: &str, words: &[&'a str]) -> Option<&'a str> {
    let most = (word.chars().count() / 3).max(1);
    words
        .iter()
        .map(|w| (distance(&word.to_lowercase(), &w.to_lowercase()), *w))
        .filter(|(d, w)| *d <= most || (word.len() >= 3 && w.starts_with(word)))
        .min_by_key(|(d, _)| *d)
        .map(|(_, w)| w)
}

/// Edit distance with transpositions (optimal string alignment); words are short, long ones are far.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(64).collect();
    let b: Vec<char> = b.chars().take(64).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |r: &[usize], k: usize| r.get(k).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&last, j) + usize::from(x != y)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let crossed = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if crossed {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found() {
        let words = ["min-pass-rate", "max-failed", "tools"];
        assert_eq!(nearest("min-pas-rate", &words), Some("min-pass-rate"));
        assert_eq!(nearest("max_failed", &words), Some("max-failed"));
        assert_eq!(nearest("tolos", &words), Some("tools"));
        assert_eq!(nearest("zebra", &words), None);
    }
}
