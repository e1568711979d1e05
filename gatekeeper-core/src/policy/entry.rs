//! `[[evidence]]`: which files are evidence, and what is demanded of them.

use super::extracts::{Measured, measured};
use super::floors::{Floor, floors};
use crate::config::{PathRules, PolicyProblem, ProblemCode, Problems, Span, Table, Value, nearest};
use gatekeeper_evidence::decimal::Decimal;
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_formats::{Format, Formats};
use std::collections::BTreeMap;

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
    /// Files that need not be evidence: they are read where a format knows them, and passed over where none does.
    pub(crate) ignore: Vec<Pattern>,
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
    /// What reports say of their commit must be the one that is judged.
    pub same_commit: bool,
    /// The exit status of the command that wrote them.
    pub exit_status: Option<i32>,
    /// What it says of measurements.
    pub(crate) measured: Measured,
    /// Whether it has to bring something; otherwise what it names may be absent.
    pub required: bool,
    /// How much it has to bring at least.
    pub floors: Vec<Floor>,
    /// Line in the policy, from 1.
    pub line: u64,
}

/// Reads one of them.
pub(super) fn entry(mut t: Table<'_>, formats: &Formats, line: &impl Fn(&Span) -> u64) -> Option<EvidenceEntry> {
    let span = t.span();
    let name = t.text("name").map(|(n, _)| n);
    let patterns = patterns(&mut t, "paths");
    let packages = folders(&mut t, "packages");
    let mut without = |key| t.get(key).is_none_or(|n| n.value == Value::List(Vec::new()));
    if without("paths") && without("packages") {
        t.problem_of(
            ProblemCode::MissingKey,
            span.clone(),
            "this [[evidence]] entry has neither `paths` nor `packages` (folders of installed packages)",
        );
    }
    let exclude = patterns_of(&mut t, "exclude");
    let ignore = patterns_of(&mut t, "ignore");
    let format = t.text("format").and_then(|(id, span)| {
        let found = formats.by_id(&id);
        match found {
            None => t.problems().add(
                PolicyProblem::new(span, format!("there is no format `{id}`"))
                    .code(ProblemCode::UnknownFormat)
                    .nearest(&id, formats.iter().map(Format::id)),
            ),
            Some(f) if f.is_of_folders() => t.problems().add(
                PolicyProblem::new(span, format!("`{id}` is not a format of files"))
                    .code(ProblemCode::UnknownFormat)
                    .help("give the folders as packages = [\"…\"], without `format`"),
            ),
            Some(_) => {}
        }
        found
    });
    let measured = measured(&mut t, format.is_some());
    let mut labels = BTreeMap::new();
    for (label, values) in t.named_texts("labels") {
        match <[String; 1]>::try_from(values) {
            Ok([_]) if patterns.iter().chain(&packages).any(|p| p.labels().contains(&label)) => {
                let span = t.get("labels").map_or_else(|| span.clone(), |n| n.span.clone());
                t.problem(span, format!("`{{{label}}}` in a pattern of this entry gives the label `{label}` already"));
            }
            Ok([value]) => {
                labels.insert(label, value);
            }
            Err(values) => {
                let span = t.get("labels").map_or_else(|| span.clone(), |n| n.span.clone());
                t.problem(span, format!("a label has one value for each file, but `{label}` has {}", values.len()));
            }
        }
    }
    let exit_status = t.number("exit-status").and_then(|(n, span)| {
        let status = n.to_string().parse().ok();
        if status.is_none() {
            t.problem(span, format!("`exit-status` takes a whole number, not {n}"));
        }
        status
    });
    let max_age = t.seconds("max-age");
    let path_rules = PathRules {
        strip: t.texts("strip").unwrap_or_default().into_iter().map(|(s, _)| s).collect(),
        prefix: t.text("prefix").map(|(s, _)| s),
    };
    let min_matched = t.percent("min-matched");
    let same_commit = t.flag("same-commit").unwrap_or(false);
    let required = t.flag("required").unwrap_or(true);
    let floors = floors(&mut t);
    t.finish("an [[evidence]] entry");
    Some(EvidenceEntry {
        name,
        patterns,
        packages,
        exclude,
        ignore,
        format,
        labels,
        max_age,
        path_rules,
        min_matched,
        same_commit,
        exit_status,
        measured,
        required,
        floors,
        line: line(&span),
    })
}

/// Patterns of folders: an ending `/` says nothing more, and `**` alone names no folder.
fn folders(t: &mut Table<'_>, key: &'static str) -> Vec<Pattern> {
    let mut out = patterns_of_with(t, key, |text| text.trim_end_matches('/'));
    let node = t.get(key).map(|n| n.span.clone());
    if let (Some(span), true) = (node, out.iter().any(|p| p.as_str().ends_with("**"))) {
        t.problem(span, "`packages` needs the name of a folder: `**` at the end matches every folder");
        out.clear();
    }
    out
}

fn patterns(t: &mut Table<'_>, key: &'static str) -> Vec<Pattern> {
    patterns_of(t, key)
}

/// Patterns of paths below the root.
pub(super) fn patterns_of(t: &mut Table<'_>, key: &'static str) -> Vec<Pattern> {
    patterns_of_with(t, key, |text| text)
}

fn patterns_of_with(t: &mut Table<'_>, key: &'static str, plain: fn(&str) -> &str) -> Vec<Pattern> {
    t.patterns(key, |text| {
        let leaves = text.split('/').any(|p| p == "..");
        let rooted = text.starts_with('/')
            || text.starts_with("~/")
            || text.get(1..3).is_some_and(|s| matches!(s, ":/" | ":\\"));
        if rooted || text.contains("${") {
            let why = if rooted { "a pattern is relative to the root" } else { "a pattern knows no variables" };
            return Err(format!("{why}: name what lies below it, such as reports/*.xml"));
        }
        if leaves {
            return Err("a pattern stays below the root: `..` is not followed (use --root)".to_owned());
        }
        Pattern::new(plain(text))
    })
}

/// Whether some entry gives files this label; where none does, that is reported.
pub(super) fn known_label(label: &str, span: &Span, evidence: &[EvidenceEntry], problems: &Problems) -> bool {
    let known: Vec<&str> = evidence
        .iter()
        .flat_map(|e| e.labels.keys().chain(e.patterns.iter().chain(&e.packages).flat_map(|p| p.labels())))
        .map(String::as_str)
        .collect();
    let there = known.contains(&label);
    if !there {
        let problem = PolicyProblem::new(span.clone(), format!("no [[evidence]] entry gives a label `{label}`"));
        let problem = problem.code(ProblemCode::UnknownLabel);
        problems.add(match nearest(label, &known) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help(format!("write {{{label}}} in a pattern, or labels = {{ {label} = \"…\" }}")),
        });
    }
    there
}
