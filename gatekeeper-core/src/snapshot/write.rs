//! Evidence → the lines of a snapshot.

use super::coverage;
use super::entry::{Case, End, Entry, File, Finding, Group, Measured, Package, RunLine};
use super::shape::LINES;
use super::{VERSION, limits};
use crate::config::Node;
use crate::relate::findings::fingerprint;
use crate::verdict::Overall;
use gatekeeper_evidence::coverage::{Metrics, Stated};
use gatekeeper_evidence::hash::sha256_hex;
use gatekeeper_evidence::inventory::LicenseForm;
use gatekeeper_evidence::test_run::Counts;
use gatekeeper_evidence::{Coverage, Data, Evidence, Findings, Inventory, Kind, TestRun};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Characters of a group's id.
const ID: usize = 12;

/// What is said of a run as a whole.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// Version of the engine.
    pub engine: String,
    /// Commits; several where snapshots were merged.
    pub commits: Vec<String>,
    /// The tree.
    pub tree: Option<String>,
    /// When, seconds since 1970-01-01 UTC.
    pub now: Option<i64>,
    /// SHA-256 of the policy.
    pub policy: Option<String>,
    /// The verdict.
    pub status: Overall,
    /// Whether all evidence could be read and judged.
    pub complete: bool,
}

/// Writes a snapshot.
pub(crate) fn write(run: &Run, policy: Option<&Node>, evidence: &[Evidence]) -> Result<String, serde_json::Error> {
    let mut entries = head(run);
    entries.extend(policy.map(limits::stated).unwrap_or_default().into_iter().map(Entry::Limit));
    entries.extend(seen(evidence));
    text(&run.engine, entries)
}

/// What stands in a snapshot of the run itself.
pub(super) fn head(run: &Run) -> Vec<Entry> {
    let line = |run: &str, is: serde_json::Value| Entry::Run(RunLine { run: run.to_owned(), is });
    let mut out: Vec<Entry> = run.commits.iter().map(|c| line("commit", c.as_str().into())).collect();
    out.extend(run.tree.as_ref().map(|t| line("tree", t.as_str().into())));
    let now = run.now.and_then(|now| jiff::Timestamp::from_second(now).ok());
    out.extend(now.map(|now| line("now", now.to_string().into())));
    out.extend(run.policy.as_ref().map(|p| line("policy", p.as_str().into())));
    out.push(line("status", run.status.as_str().into()));
    out.push(line("complete", run.complete.into()));
    out
}

/// The whole file: the sections, each sorted, and their ends.
pub(super) fn text(engine: &str, entries: Vec<Entry>) -> Result<String, serde_json::Error> {
    let made: Vec<(&'static str, String)> =
        entries.into_par_iter().map(|e| Ok((e.section(), e.line()?))).collect::<Result<_, serde_json::Error>>()?;
    let mut sections: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for (section, line) in made {
        sections.entry(section).or_default().push(line);
    }
    let mut out = format!("{{\"snapshot\":{VERSION},\"engine\":{}}}\n", serde_json::to_string(engine)?);
    let mut ends = String::new();
    for section in LINES.each_ref().map(|l| l.section) {
        let mut lines = sections.remove(section).unwrap_or_default();
        lines.par_sort_unstable();
        ends.push_str(&serde_json::to_string(&end(section, &lines))?);
        ends.push('\n');
        for line in lines {
            out.push_str(&line);
            out.push('\n');
        }
    }
    out.push_str(&ends);
    Ok(out)
}

/// Count and digest of a section's sorted lines.
pub(super) fn end<T: AsRef<str>>(section: &str, lines: &[T]) -> End {
    let mut whole = String::with_capacity(lines.iter().map(|l| l.as_ref().len() + 1).sum());
    for line in lines {
        whole.push_str(line.as_ref());
        whole.push('\n');
    }
    End {
        end: section.to_owned(),
        count: u64::try_from(lines.len()).unwrap_or(u64::MAX),
        sha256: sha256_hex(whole.as_bytes()),
    }
}

/// All of a kind that a gate cannot tell apart.
struct Together<'e> {
    group: Group,
    evidence: Vec<&'e Evidence>,
}

/// The entries of evidence.
fn seen(evidence: &[Evidence]) -> Vec<Entry> {
    let mut groups: BTreeMap<String, Together<'_>> = BTreeMap::new();
    // Statements, reviews, commits and sums are of their own run alone.
    let held = |e: &&Evidence| {
        matches!(e.kind(), Kind::Tests | Kind::Coverage | Kind::Findings | Kind::Inventory | Kind::Measurements)
    };
    for e in evidence.iter().filter(held) {
        let group = group(e);
        let together = groups.entry(group.evidence.clone()).or_insert_with(|| Together { group, evidence: Vec::new() });
        together.group.files = together.group.files.saturating_add(1);
        together.evidence.push(e);
    }
    groups.into_values().flat_map(entries).collect()
}

fn group(e: &Evidence) -> Group {
    let (mut tools, mut looked_for) = (Vec::new(), None);
    if let Data::Findings(f) = &e.data {
        tools.clone_from(&f.tools);
        tools.sort();
        looked_for = f.looked_for.as_ref().map(|l| l.iter().map(|c| c.as_str().to_owned()).collect());
    }
    let s = &e.source;
    let mut group = Group {
        evidence: String::new(),
        kind: e.kind(),
        format: s.format.to_owned(),
        tool: s.tool.clone().or_else(|| s.record.as_ref().map(|r| r.tool.clone())),
        tools,
        name: s.name.clone(),
        labels: s.labels.clone(),
        component: s.component.clone(),
        files: 0,
        looked_for,
        unlisted: None,
        metrics: None,
        stated: None,
        percent: None,
    };
    // Of plain texts there is always a JSON document.
    let mut id = sha256_hex(serde_json::to_string(&group).unwrap_or_default().as_bytes());
    id.truncate(ID);
    group.evidence = id;
    group
}

fn entries(together: Together<'_>) -> Vec<Entry> {
    let Together { mut group, evidence } = together;
    let mut out = Vec::new();
    let id = group.evidence.clone();
    let tests = evidence.iter().filter_map(|e| if let Data::Tests(t) = &e.data { Some(t) } else { None });
    cases(&id, tests.collect(), &mut group, &mut out);
    let covered = evidence.iter().filter_map(|e| if let Data::Coverage(c) = &e.data { Some(c) } else { None });
    files(&id, covered.collect(), &mut group, &mut out);
    let found = evidence.iter().filter_map(|e| if let Data::Findings(f) = &e.data { Some(f) } else { None });
    findings(&id, found.collect(), &mut out);
    let packages_of = evidence.iter().filter_map(|e| if let Data::Inventory(i) = &e.data { Some(i) } else { None });
    packages(&id, packages_of.collect(), &mut out);
    let mut measured: BTreeMap<String, Entry> = BTreeMap::new();
    for e in &evidence {
        let Data::Measurements(m) = &e.data else { continue };
        for series in &m.series {
            let entry = Entry::Series(Measured::of(series, &id));
            match measured.get_mut(&entry.identity()) {
                Some(Entry::Series(there)) => there.samples.extend(Measured::of(series, &id).samples),
                _ => drop(measured.insert(entry.identity(), entry)),
            }
        }
    }
    out.extend(measured.into_values());
    out.push(Entry::Evidence(group));
    out
}

fn cases(id: &str, runs: Vec<&TestRun>, group: &mut Group, out: &mut Vec<Entry>) {
    let mut all: BTreeMap<(&str, &str, _), (u32, Option<f64>)> = BTreeMap::new();
    let mut unlisted = Counts::default();
    for run in runs {
        for suite in &run.suites {
            unlisted = unlisted.plus(suite.unlisted);
            for case in &suite.cases {
                let within = case.class.as_deref().unwrap_or(&suite.name);
                let (n, time) = all.entry((within, &case.name, case.status)).or_insert((0, None));
                *n = n.saturating_add(1);
                *time = match (*time, case.time.filter(|t| t.is_finite())) {
                    (Some(a), Some(b)) => Some(a + b),
                    (a, b) => a.or(b),
                };
            }
        }
    }
    if unlisted != Counts::default() {
        group.unlisted = Some(unlisted);
    }
    out.extend(all.into_iter().map(|((within, name, outcome), (n, time))| {
        Entry::Case(Case { case: [within.into(), name.into()], of: id.into(), outcome, time, n })
    }));
}

fn files(id: &str, reports: Vec<&Coverage>, group: &mut Group, out: &mut Vec<Entry>) {
    let Some((first, rest)) = reports.split_first() else { return };
    let mut all: Coverage = (*first).clone();
    for report in rest {
        all.merge((*report).clone());
    }
    group.metrics = Some(all.metrics).filter(|m| *m != Metrics::default());
    group.stated = Some(all.stated).filter(|s| *s != Stated::default());
    let mut percent = BTreeMap::new();
    if let Some(p) = all.percent {
        group.percent = Some(p.total.to_string());
        percent = p.files;
    }
    for (name, file) in &all.files {
        out.push(Entry::File(File {
            file: name.clone(),
            of: id.to_owned(),
            lines: coverage::lines(&file.lines),
            branches: coverage::branches(&file.branches),
            line_branches: coverage::line_branches(&file.line_branches),
            functions: coverage::functions(&file.functions),
            functions_by_line: file.functions_by_line,
            statements: coverage::statements(&file.statements),
            stated: file.stated,
            percent: percent.remove(name).map(String::from),
        }));
    }
    out.extend(percent.into_iter().map(|(file, percent)| {
        Entry::File(File { file, of: id.to_owned(), percent: Some(percent.into()), ..File::default() })
    }));
}

fn findings(id: &str, reports: Vec<&Findings>, out: &mut Vec<Entry>) {
    let mut all: BTreeMap<Box<str>, Finding> = BTreeMap::new();
    let prints: Vec<Vec<String>> = reports.par_iter().map(|f| f.items.par_iter().map(fingerprint).collect()).collect();
    for (report, prints) in reports.iter().zip(prints) {
        for (item, print) in report.items.iter().zip(prints).filter(|(i, _)| i.suppressed.is_none()) {
            let print: Box<str> = print.into();
            if let Some(there) = all.get_mut(&print) {
                there.n = there.n.saturating_add(1);
                continue;
            }
            let tool = report.tools.get(usize::from(item.tool)).filter(|_| report.tools.len() > 1);
            let of_package = item.package.as_deref();
            let finding = Finding {
                finding: print.clone(),
                of: id.into(),
                n: 1,
                rule: item.rule.clone(),
                severity: item.severity,
                category: item.category.as_str().into(),
                security: item.severity_from.contains("security-severity"),
                path: item.place.as_ref().map(|p| p.path.clone()),
                package: of_package.map(|p| p.purl.clone().unwrap_or_else(|| p.name.clone())),
                tool: tool.map(|t| t.as_str().into()),
            };
            all.insert(print, finding);
        }
    }
    out.extend(all.into_values().map(Entry::Finding));
}

fn packages(id: &str, inventories: Vec<&Inventory>, out: &mut Vec<Entry>) {
    let mut all: BTreeMap<String, Entry> = BTreeMap::new();
    for component in inventories.iter().flat_map(|i| &i.components) {
        let texts = |form: LicenseForm| {
            let mut texts: Vec<Box<str>> =
                component.licenses.iter().filter(|l| l.form == form).map(|l| l.text.clone()).collect();
            texts.sort();
            texts
        };
        let entry = Entry::Package(Package {
            package: [component.name.clone(), component.version.clone().unwrap_or_default()],
            of: id.to_owned(),
            purl: component.purl.clone(),
            expressions: texts(LicenseForm::Expression),
            names: texts(LicenseForm::Name),
            scope: component.scope.clone(),
        });
        all.insert(entry.identity(), entry);
    }
    out.extend(all.into_values());
}
