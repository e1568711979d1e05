//! How much room evidence takes in memory, with what a verdict says of it: what bounds a run of many reports.
//!
//! An estimate that is the same on every machine: the length of each text, and a fixed number of bytes for each entry beside it. The numbers
//! are measured; what falls short takes most, as each of it is also a violation.

use crate::commits::Commit;
use crate::coverage::FileCoverage;
use crate::findings::{Finding, Graph};
use crate::inventory::Component;
use crate::measurements::Labels;
use crate::test_run::{Case, Suite};
use crate::vex::{Product, Statement};
use crate::{Coverage, Data, Findings, Inventory, Measurements, TestRun};

/// What an entry of a map, an allocation and its length cost beside what they hold.
const ENTRY: u64 = 48;

impl Data {
    /// The bytes that this takes in memory, about.
    pub fn held_bytes(&self) -> u64 {
        match self {
            Data::Coverage(c) => coverage(c),
            Data::Tests(t) => tests(t),
            Data::Findings(f) => findings(f),
            Data::Inventory(i) => inventory(i),
            Data::Measurements(m) => measurements(m),
            Data::Vex(v) => sum(&v.statements, statement),
            Data::Approvals(a) => many(&a.reviews, 256),
            Data::Commits(c) => sum(&c.commits, commit),
            Data::Checksums(c) => sum(&c.files, |f| 256 + text(&f.name)),
            Data::Checklist(c) => sum(&c.items, |i| 96 + text(&i.text)),
            Data::Command(c) => texts(&c.command) + many(&c.reports, 256),
        }
    }
}

fn text(s: &str) -> u64 {
    u64::try_from(s.len()).unwrap_or(u64::MAX)
}

fn some(s: Option<&str>) -> u64 {
    s.map_or(0, |s| 16 + text(s))
}

/// Entries that take the same each.
fn many<T>(all: &[T], each: u64) -> u64 {
    u64::try_from(all.len()).unwrap_or(u64::MAX).saturating_mul(each)
}

fn sum<T>(all: &[T], of: impl Fn(&T) -> u64) -> u64 {
    all.iter().fold(0, |held, one| held.saturating_add(of(one)))
}

fn texts<T: AsRef<str>>(all: &[T]) -> u64 {
    sum(all, |t| ENTRY + text(t.as_ref()))
}

fn coverage(c: &Coverage) -> u64 {
    let files = c.files.iter().map(|(path, file)| 256 + text(path) + covered(file));
    let printed = c.percent.iter().flat_map(|p| &p.files).map(|(name, share)| 2 * ENTRY + text(name) + text(share));
    files.chain(printed).fold(texts(&c.roots) + texts(&c.not_counted), u64::saturating_add)
}

fn covered(f: &FileCoverage) -> u64 {
    many(&f.lines, 10)
        + many(&f.branches, 16)
        + many(&f.line_branches, 12)
        + sum(&f.functions, |f| 40 + text(&f.name))
        + many(&f.statements, 24)
        + many(&f.sums, 48)
        + many(&f.left_out, 4)
        + many(&f.digests, 16)
}

fn tests(t: &TestRun) -> u64 {
    let case = |c: &Case| {
        let detail = c.detail.as_ref().map_or(0, |d| 640 + text(&d.message) + text(&d.kind) + some(d.file.as_deref()));
        112 + text(&c.name) + detail
    };
    sum(&t.suites, |s: &Suite| 128 + text(&s.name) + sum(&s.cases, case))
        + sum(&t.problems, |p| 2 * ENTRY + text(&p.name) + text(&p.message))
}

fn findings(f: &Findings) -> u64 {
    let finding = |f: &Finding| {
        let package = f.package.as_ref().map_or(0, |p| {
            96 + text(&p.name) + some(p.purl.as_deref()) + some(p.installed.as_deref()) + some(p.fixed.as_deref())
        });
        640 + text(&f.rule)
            + text(&f.message)
            + f.place.as_ref().map_or(0, |p| text(&p.path))
            + package
            + texts(&f.aliases)
            + f.suppressed.as_ref().map_or(0, |s| ENTRY + text(&s.by) + text(&s.reason))
            + some(f.url.as_deref())
            + some(f.fingerprint.as_deref())
    };
    let graph = |g: &Graph| sum(&g.nodes, |n| ENTRY + text(&n.purl) + many(&n.parents, 4));
    sum(&f.items, finding)
        + many(&f.gaps, 256)
        + texts(&f.tools)
        + texts(&f.target)
        + f.graph.as_deref().map_or(0, graph)
}

fn inventory(i: &Inventory) -> u64 {
    let component = |c: &Component| {
        256 + text(&c.name)
            + some(c.version.as_deref())
            + some(c.purl.as_deref())
            + sum(&c.licenses, |l| ENTRY + text(&l.text))
            + some(c.supplier.as_deref())
            + some(c.scope.as_deref())
    };
    sum(&i.components, component)
        + sum(&i.problems, |p| 128 + text(&p.message))
        + sum(&i.statements, statement)
        + i.findings.as_deref().map_or(0, findings)
        + texts(&i.left_out)
}

fn measurements(m: &Measurements) -> u64 {
    let labels = |l: &Labels| l.iter().fold(600, |held, (k, v)| held + ENTRY + text(k) + text(v));
    let samples = |n: usize| u64::try_from(n).unwrap_or(u64::MAX).saturating_mul(16);
    sum(&m.series, |s| {
        256 + text(&s.metric) + labels(&s.labels) + samples(s.samples.len()) + samples(8 * s.stated.len())
    }) + sum(&m.failures, |f| 128 + text(&f.metric) + labels(&f.labels) + text(&f.why))
}

fn statement(s: &Statement) -> u64 {
    let versions = |p: &Product| p.versions.as_deref().map_or(0, texts);
    let products = sum(&s.products, |p| 96 + text(&p.id) + texts(&p.subcomponents) + versions(p));
    160 + text(&s.vulnerability) + texts(&s.aliases) + products + text(&s.reason)
}

fn commit(c: &Commit) -> u64 {
    512 + text(&c.message) + texts(&c.parents) + texts(&c.tags) + texts(&c.branches)
}

#[cfg(test)]
mod tests;
