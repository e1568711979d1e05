//! Coverage as Cobertura XML: a package per folder, a class per file.
//!
//! Functions become methods with their first line. Branches of lines that are not listed, and counters without lines, have no place.

use super::xml::{Document, Tag, is_allowed};
use super::{MergeError, Target, Written, shown};
use gatekeeper_evidence::Ratio;
use gatekeeper_evidence::coverage::{Coverage, FileCoverage, Metrics};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn write(c: &Coverage) -> Result<Written, MergeError> {
    let cannot = |what: String| Err(MergeError::CannotHold(Target::Cobertura, what));
    if c.percent.is_some() {
        return cannot("percentages without lines".to_owned());
    }
    let figures = c.figures();
    let (lines, branches) = (figures.lines.unwrap_or_default(), figures.branches.unwrap_or_default());
    let mut lost = BTreeSet::new();
    let mut packages: BTreeMap<&str, Vec<(&str, &FileCoverage)>> = BTreeMap::new();
    for (name, file) in &c.files {
        if name.is_empty() || !name.chars().all(is_allowed) {
            return cannot(format!("the file name {}", shown(name)));
        }
        if file.lines.is_empty() && file.stated.lines.is_some_and(|r| r.total > 0) {
            return cannot(format!("counters without lines, as those of {}", shown(name)));
        }
        let listed = |line: u32| file.lines.binary_search_by_key(&line, |l| l.number).is_ok();
        let arms = file.branches.iter().map(|b| b.line).chain(file.line_branches.iter().map(|b| b.line));
        let stated = |listed: bool, r: Option<Ratio>| !listed && r.is_some_and(|r| r.total > 0);
        let has_arms = !file.branches.is_empty() || !file.line_branches.is_empty();
        if arms.clone().any(|line| !listed(line)) || stated(has_arms, file.stated.branches) {
            lost.insert("branches without a line of their own");
        }
        if stated(!file.functions.is_empty(), file.stated.functions) {
            lost.insert("functions that are only counted");
        }
        packages.entry(name.rsplit_once('/').map_or("", |(folder, _)| folder)).or_default().push((name, file));
    }
    if c.files.is_empty() && lines.total == 0 {
        return cannot("coverage that names no file".to_owned());
    }
    if c.files.is_empty() && figures.functions.is_some_and(|r| r.total > 0) {
        lost.insert("functions that are only counted");
    }
    let mut out = Document::new();
    out.doctype("coverage SYSTEM \"http://cobertura.sourceforge.net/xml/coverage-04.dtd\"");
    let mut root = rates(Tag::new("coverage"), lines, branches);
    for (key, n) in [
        ("lines-covered", lines.covered),
        ("lines-valid", lines.total),
        ("branches-covered", branches.covered),
        ("branches-valid", branches.total),
    ] {
        root.attribute(key, &n.to_string());
    }
    let version = concat!("gatekeeper ", env!("CARGO_PKG_VERSION"));
    // The DTD wants a time; the clock is no part of what was merged.
    out.open(root.with("complexity", "0").with("version", version).with("timestamp", "0"));
    out.line_end();
    out.open(Tag::new("sources"));
    for root in &c.roots {
        out.open(Tag::new("source"));
        out.text(root);
        out.close("source");
    }
    out.close("sources");
    out.line_end();
    out.open(Tag::new("packages"));
    out.line_end();
    for (folder, files) in packages {
        let sum = files.iter().fold((Ratio::default(), Ratio::default()), |sum, (_, f)| {
            let f = f.figures(Metrics::ALL);
            (sum.0.plus(f.lines.unwrap_or_default()), sum.1.plus(f.branches.unwrap_or_default()))
        });
        let package = Tag::new("package").with("name", &folder.replace('/', "."));
        out.open(rates(package, sum.0, sum.1).with("complexity", "0"));
        out.open(Tag::new("classes"));
        out.line_end();
        for (name, file) in files {
            class(&mut out, name, file);
        }
        out.close("classes");
        out.close("package");
        out.line_end();
    }
    out.close("packages");
    out.line_end();
    out.close("coverage");
    Ok(Written { bytes: out.done(), lost: lost.into_iter().map(str::to_owned).collect() })
}

/// Adds the shares of lines and branches.
fn rates(tag: Tag, lines: Ratio, branches: Ratio) -> Tag {
    tag.with("line-rate", &rate(lines)).with("branch-rate", &rate(branches))
}

/// A share with four digits, rounded down: what is not all is never 1.
fn rate(r: Ratio) -> String {
    if r.total == 0 {
        return "0".to_owned();
    }
    let n = u128::from(r.covered) * 10_000 / u128::from(r.total);
    if n >= 10_000 { "1".to_owned() } else { format!("0.{n:04}") }
}

fn class(out: &mut Document, name: &str, file: &FileCoverage) {
    let figures = file.figures(Metrics::ALL);
    let tag = Tag::new("class").with("name", name.rsplit('/').next().unwrap_or(name)).with("filename", name);
    let tag = rates(tag, figures.lines.unwrap_or_default(), figures.branches.unwrap_or_default());
    out.open(tag.with("complexity", "0"));
    out.line_end();
    out.open(Tag::new("methods"));
    for f in &file.functions {
        // Without lines of its file a method may have none either: the place goes into its name.
        let tag = if file.lines.is_empty() {
            Tag::new("method").with("name", &format!("{}@{}", f.name, f.line))
        } else {
            Tag::new("method").with("name", &f.name)
        };
        let all = Ratio { covered: u64::from(f.hits > 0), total: 1 };
        out.open(rates(tag.with("signature", ""), all, Ratio::default()).with("complexity", "0"));
        out.open(Tag::new("lines"));
        if !file.lines.is_empty() {
            out.empty(line(f.line, f.hits));
        }
        out.close("lines");
        out.close("method");
        out.line_end();
    }
    out.close("methods");
    out.line_end();
    out.open(Tag::new("lines"));
    out.line_end();
    let arms = arms(file);
    for l in &file.lines {
        let tag = line(l.number, l.hits);
        out.empty(match arms.get(&l.number).filter(|r| r.total > 0) {
            Some(r) => {
                let percent = u128::from(r.covered) * 100 / u128::from(r.total);
                let share = format!("{percent}% ({}/{})", r.covered, r.total);
                tag.with("branch", "true").with("condition-coverage", &share)
            }
            None => tag.with("branch", "false"),
        });
        out.line_end();
    }
    out.close("lines");
    out.close("class");
    out.line_end();
}

fn line(number: u32, hits: u32) -> Tag {
    Tag::new("line").with("number", &number.to_string()).with("hits", &hits.to_string())
}

/// The arms of each line.
fn arms(file: &FileCoverage) -> BTreeMap<u32, Ratio> {
    let mut out: BTreeMap<u32, Ratio> = BTreeMap::new();
    for b in &file.branches {
        let slot = out.entry(b.line).or_default();
        *slot = slot.plus(Ratio { covered: u64::from(b.hits > 0), total: 1 });
    }
    for l in &file.line_branches {
        out.entry(l.line).or_insert(Ratio::new(u64::from(l.covered), u64::from(l.total)));
    }
    out
}
