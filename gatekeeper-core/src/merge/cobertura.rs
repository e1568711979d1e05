//! Coverage as Cobertura XML: a package per folder, a class per file.
//!
//! Functions become methods with their first line. Branches of lines that are not listed, and counters without lines, have no place.

use super::xml_text::{attribute, escape, is_allowed};
use super::{MergeError, Target, Written, shown};
use gatekeeper_evidence::Ratio;
use gatekeeper_evidence::coverage::{Coverage, FileCoverage, Metrics};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

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
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE coverage SYSTEM \"http://cobertura.sourceforge.net/xml/coverage-04.dtd\">\n<coverage",
    );
    let rates = |out: &mut String, lines: Ratio, branches: Ratio| {
        attribute(out, "line-rate", &rate(lines));
        attribute(out, "branch-rate", &rate(branches));
    };
    rates(&mut out, lines, branches);
    for (key, n) in [
        ("lines-covered", lines.covered),
        ("lines-valid", lines.total),
        ("branches-covered", branches.covered),
        ("branches-valid", branches.total),
    ] {
        attribute(&mut out, key, &n.to_string());
    }
    let version = concat!("gatekeeper ", env!("CARGO_PKG_VERSION"));
    attribute(&mut out, "complexity", "0");
    attribute(&mut out, "version", version);
    // The DTD wants one; the clock is no part of what was merged.
    attribute(&mut out, "timestamp", "0");
    out.push_str(">\n<sources>");
    for root in &c.roots {
        out.push_str("<source>");
        escape(&mut out, root);
        out.push_str("</source>");
    }
    out.push_str("</sources>\n<packages>\n");
    for (folder, files) in packages {
        let sum = files.iter().fold((Ratio::default(), Ratio::default()), |sum, (_, f)| {
            let f = f.figures(Metrics::ALL);
            (sum.0.plus(f.lines.unwrap_or_default()), sum.1.plus(f.branches.unwrap_or_default()))
        });
        out.push_str("<package");
        attribute(&mut out, "name", &folder.replace('/', "."));
        rates(&mut out, sum.0, sum.1);
        out.push_str(" complexity=\"0\"><classes>\n");
        for (name, file) in files {
            class(&mut out, name, file, &rates);
        }
        out.push_str("</classes></package>\n");
    }
    out.push_str("</packages>\n</coverage>\n");
    Ok(Written { bytes: out.into_bytes(), lost: lost.into_iter().map(str::to_owned).collect() })
}

/// A share with four digits, rounded down: what is not all is never 1.
fn rate(r: Ratio) -> String {
    if r.total == 0 {
        return "0".to_owned();
    }
    let n = u128::from(r.covered) * 10_000 / u128::from(r.total);
    if n >= 10_000 { "1".to_owned() } else { format!("0.{n:04}") }
}

fn class(out: &mut String, name: &str, file: &FileCoverage, rates: &dyn Fn(&mut String, Ratio, Ratio)) {
    let figures = file.figures(Metrics::ALL);
    out.push_str("<class");
    attribute(out, "name", name.rsplit('/').next().unwrap_or(name));
    attribute(out, "filename", name);
    rates(out, figures.lines.unwrap_or_default(), figures.branches.unwrap_or_default());
    out.push_str(" complexity=\"0\">\n<methods>");
    for f in &file.functions {
        out.push_str("<method");
        // Without lines of its file a method may have none either: the place goes into its name.
        if file.lines.is_empty() {
            attribute(out, "name", &format!("{}@{}", f.name, f.line));
        } else {
            attribute(out, "name", &f.name);
        }
        let all = u64::from(f.hits > 0);
        out.push_str(" signature=\"\"");
        rates(out, Ratio { covered: all, total: 1 }, Ratio::default());
        out.push_str(" complexity=\"0\"><lines>");
        if !file.lines.is_empty() {
            let _ = write!(out, "<line number=\"{}\" hits=\"{}\"/>", f.line, f.hits);
        }
        out.push_str("</lines></method>\n");
    }
    out.push_str("</methods>\n<lines>\n");
    let arms = arms(file);
    for l in &file.lines {
        let _ = write!(out, "<line number=\"{}\" hits=\"{}\"", l.number, l.hits);
        match arms.get(&l.number).filter(|r| r.total > 0) {
            Some(r) => {
                let percent = u128::from(r.covered) * 100 / u128::from(r.total);
                let _ = write!(out, " branch=\"true\" condition-coverage=\"{percent}% ({}/{})\"/>", r.covered, r.total);
            }
            None => out.push_str(" branch=\"false\"/>"),
        }
        out.push('\n');
    }
    out.push_str("</lines></class>\n");
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
