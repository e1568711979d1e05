//! Evidence made worse in the model, as a run that went wrong would have left it.

use crate::diff::Diff;
use gatekeeper_evidence::command::Recording;
use gatekeeper_evidence::findings::{Category, Finding, Package, Place, Severity};
use gatekeeper_evidence::inventory::{Component, License, LicenseForm};
use gatekeeper_evidence::measurements::{Figure, Samples, Series};
use gatekeeper_evidence::number::Number;
use gatekeeper_evidence::test_run::Outcome;
use gatekeeper_evidence::{Data, Evidence, Ratio};
use serde_json::Value;

/// What of a gate's keys says which items it counts.
#[derive(Debug, Default)]
pub(super) struct Hints {
    categories: Vec<Category>,
    rules: Vec<String>,
    paths: Vec<String>,
    licenses: Vec<String>,
    /// The labels of the canary's measurements.
    canary: Vec<(String, Vec<String>)>,
    /// A line that the change adds.
    added: Option<(String, u32)>,
}

impl Hints {
    /// Of a gate as plain values.
    pub(super) fn of(gate: Option<&Value>) -> Self {
        let texts = |key: &str| -> Vec<String> {
            let value = gate.and_then(|g| g.get(key));
            match value {
                Some(Value::String(one)) => vec![one.clone()],
                Some(Value::Array(items)) => items.iter().filter_map(|i| i.as_str().map(str::to_owned)).collect(),
                _ => Vec::new(),
            }
        };
        // Something that a pattern matches: its stars stand for a word.
        let fits = |pattern: String| pattern.replace("**", "prove").replace('*', "prove").replace('?', "p");
        Hints {
            categories: texts("categories").iter().filter_map(|c| Category::named(c)).collect(),
            rules: texts("rules").into_iter().map(fits).collect(),
            paths: texts("paths").into_iter().map(fits).collect(),
            licenses: texts("deny"),
            canary: labels(gate.and_then(|g| g.get("canary")?.get("labels"))),
            added: None,
        }
    }

    /// The same where a diff is at hand.
    pub(super) fn with(self, diff: Option<&Diff>) -> Self {
        let added = diff.and_then(|d| {
            d.files().iter().find_map(|f| Some((f.new.clone()?, d.added(f).find(|l| !l.is_blank())?.number)))
        });
        Hints { added, ..self }
    }
}

/// Labels with their values, as a policy writes them.
fn labels(of: Option<&Value>) -> Vec<(String, Vec<String>)> {
    let text = |v: &Value| v.as_str().map(str::to_owned);
    let values = |v: &Value| match v {
        Value::Array(items) => items.iter().filter_map(text).collect(),
        one => text(one).into_iter().collect(),
    };
    of.and_then(Value::as_object).into_iter().flatten().map(|(k, v)| (k.clone(), values(v))).collect()
}

/// A way in which evidence gets worse.
pub(super) struct Way {
    /// What it is, in words.
    pub(super) words: &'static str,
    change: fn(&mut Evidence, &Hints) -> bool,
}

impl Way {
    /// Changes evidence; answers whether there was anything to change.
    pub(super) fn apply(&self, e: &mut Evidence, hints: &Hints) -> bool {
        (self.change)(e, hints)
    }
}

/// From the mildest to the worst.
pub(super) static WAYS: &[Way] = &[
    Way { words: "one test fails", change: |e, _| fail(e, 1) },
    Way { words: "every test fails", change: |e, _| fail(e, usize::MAX) },
    Way { words: "every test is skipped", change: skip },
    Way { words: "all but one of the tests are gone", change: shrink },
    Way { words: "no line is covered", change: uncover },
    Way { words: "there is one more critical finding of each kind", change: |e, h| find(e, h, 1) },
    Way { words: "there are 1,000 more critical findings of each kind", change: |e, h| find(e, h, 1_000) },
    Way { words: "a package has a licence that is not allowed", change: license },
    Way { words: "no package says its licence", change: unlicensed },
    Way { words: "the inventory breaks its specification and lacks its elements", change: invalid },
    Way { words: "the inventory has no package", change: empty },
    Way { words: "every figure is 1,000 times as large", change: |e, _| measure(e, 1_000.0) },
    Way { words: "every figure is a thousandth", change: |e, _| measure(e, 0.001) },
    Way { words: "the canary's figures are 1,000 times as large", change: |e, h| measure_canary(e, h, 1_000.0) },
    Way { words: "the canary's figures are a thousandth", change: |e, h| measure_canary(e, h, 0.001) },
    Way { words: "the canary's requests all ended in errors", change: err },
    Way { words: "no box is ticked", change: untick },
    Way { words: "nobody approved", change: unapprove },
    Way { words: "its command failed", change: break_command },
    Way { words: "no commit keeps the convention", change: unconventional },
    Way { words: "every checksum is another one", change: other_sums },
];

fn fail(e: &mut Evidence, most: usize) -> bool {
    let Data::Tests(t) = &mut e.data else { return false };
    let cases = t.suites.iter_mut().flat_map(|s| &mut s.cases).filter(|c| c.status == Outcome::Passed);
    let mut any = 0_usize;
    for case in cases.take(most) {
        case.status = Outcome::Failed;
        any += 1;
    }
    for suite in t.suites.iter_mut().take(most.saturating_sub(any)) {
        let n = if most == usize::MAX { suite.unlisted.passed } else { suite.unlisted.passed.min(1) };
        suite.unlisted.passed -= n;
        suite.unlisted.failed = suite.unlisted.failed.saturating_add(n);
        any = any.saturating_add(usize::from(n > 0));
    }
    any > 0
}

fn skip(e: &mut Evidence, _: &Hints) -> bool {
    let Data::Tests(t) = &mut e.data else { return false };
    for suite in &mut t.suites {
        suite.cases.iter_mut().for_each(|c| c.status = Outcome::Skipped);
        suite.unlisted.skipped = suite.unlisted.total();
        (suite.unlisted.passed, suite.unlisted.failed, suite.unlisted.errored) = (0, 0, 0);
    }
    true
}

fn shrink(e: &mut Evidence, _: &Hints) -> bool {
    let Data::Tests(t) = &mut e.data else { return false };
    t.suites.truncate(1);
    t.suites.iter_mut().for_each(|s| s.cases.truncate(1));
    true
}

fn uncover(e: &mut Evidence, _: &Hints) -> bool {
    let Data::Coverage(c) = &mut e.data else { return false };
    let none = |r: &mut Option<Ratio>| *r = r.map(|r| Ratio::new(0, r.total));
    for file in c.files.values_mut() {
        file.lines.iter_mut().for_each(|l| l.hits = 0);
        file.branches.iter_mut().for_each(|b| b.hits = 0);
        file.line_branches.iter_mut().for_each(|b| b.covered = 0);
        file.functions.iter_mut().for_each(|f| f.hits = 0);
        file.statements.iter_mut().for_each(|s| s.hits = 0);
        let s = &mut file.stated;
        [&mut s.lines, &mut s.branches, &mut s.functions, &mut s.statements].into_iter().for_each(none);
    }
    let s = &mut c.stated;
    [&mut s.lines, &mut s.branches, &mut s.functions, &mut s.statements].into_iter().for_each(none);
    if let Some(p) = &mut c.percent {
        p.total = "0".into();
        p.files.values_mut().for_each(|f| *f = "0".into());
    }
    true
}

fn find(e: &mut Evidence, hints: &Hints, many: usize) -> bool {
    let Data::Findings(f) = &mut e.data else { return false };
    let categories = if hints.categories.is_empty() { Category::ALL.to_vec() } else { hints.categories.clone() };
    let rules = if hints.rules.is_empty() { vec!["gatekeeper-prove".to_owned()] } else { hints.rules.clone() };
    // Where the evidence speaks of files, of those that it knows too.
    let known = f.items.iter().filter_map(|i| i.place.as_ref()).map(|p| p.path.to_string()).next();
    let mut places: Vec<(String, u32)> = hints.paths.iter().cloned().chain(known).map(|p| (p, 1)).collect();
    if places.is_empty() {
        places.push(("src/prove.c".to_owned(), 1));
    }
    places.extend(hints.added.clone());
    for n in 0..many {
        for category in &categories {
            for (rule, (path, line)) in rules.iter().flat_map(|r| places.iter().map(move |p| (r, p))) {
                f.items.push(Finding {
                    rule: rule.as_str().into(),
                    message: "made by `policy prove`".into(),
                    severity: Severity::Critical,
                    category: *category,
                    place: Some(Place { path: path.as_str().into(), line: Some(*line), column: None }),
                    package: Some(Box::new(Package {
                        name: format!("prove-{n}").as_str().into(),
                        installed: Some("1".into()),
                        fixed: Some("2".into()),
                        ..Package::default()
                    })),
                    fingerprint: Some(format!("prove-{n}-{rule}-{path}-{}", category.as_str()).as_str().into()),
                    is_new: Some(true),
                    ..Finding::default()
                });
            }
        }
    }
    true
}

fn license(e: &mut Evidence, hints: &Hints) -> bool {
    let Data::Inventory(i) = &mut e.data else { return false };
    let some = ["AGPL-3.0-only", "GPL-3.0-only", "LicenseRef-prove"].map(str::to_owned);
    for (n, text) in hints.licenses.iter().chain(&some).enumerate() {
        i.components.push(Component {
            name: format!("prove-{n}").as_str().into(),
            version: Some("1".into()),
            licenses: vec![License { text: text.as_str().into(), form: LicenseForm::Expression }],
            ..Component::default()
        });
    }
    true
}

fn unlicensed(e: &mut Evidence, _: &Hints) -> bool {
    let Data::Inventory(i) = &mut e.data else { return false };
    i.components.iter_mut().for_each(|c| c.licenses.clear());
    true
}

fn invalid(e: &mut Evidence, _: &Hints) -> bool {
    let Data::Inventory(i) = &mut e.data else { return false };
    i.valid = Some(false);
    i.document = Default::default();
    for c in &mut i.components {
        (c.version, c.supplier, c.has_id) = (None, None, false);
    }
    true
}

fn empty(e: &mut Evidence, _: &Hints) -> bool {
    let Data::Inventory(i) = &mut e.data else { return false };
    i.components.clear();
    true
}

fn measure(e: &mut Evidence, factor: f64) -> bool {
    let Data::Measurements(m) = &mut e.data else { return false };
    m.series.iter_mut().for_each(|s| scale(s, factor));
    true
}

fn scale(s: &mut Series, factor: f64) {
    let mut scaled = Samples::default();
    s.samples.values().iter().filter_map(|v| Figure::of(v * factor)).for_each(|f| scaled.push(f));
    s.samples = scaled;
    for stated in s.stated.values_mut() {
        if let Some(n) = Number::of(stated.as_f64() * factor) {
            *stated = n;
        }
    }
}

/// The canary's series in evidence: by its labels and by those of the report.
fn of_canary<'m>(e: &'m mut Evidence, hints: &'m Hints) -> impl Iterator<Item = &'m mut Series> {
    let own = e.source.labels.clone();
    let series: &mut [Series] = match &mut e.data {
        Data::Measurements(m) if !hints.canary.is_empty() => &mut m.series,
        _ => &mut [],
    };
    let is_it = move |s: &Series| {
        let has = |(k, values): &(String, Vec<String>)| {
            s.labels.get(k).or_else(|| own.get(k)).is_some_and(|l| values.contains(l))
        };
        hints.canary.iter().all(has)
    };
    series.iter_mut().filter(move |s| is_it(s))
}

fn measure_canary(e: &mut Evidence, hints: &Hints, factor: f64) -> bool {
    of_canary(e, hints).map(|s| scale(s, factor)).count() > 0
}

/// Counts of the canary all become the greatest of them: as many errors as requests.
fn err(e: &mut Evidence, hints: &Hints) -> bool {
    let single = |s: &Series| (s.samples.len() == 1).then(|| s.samples.values().first().copied()).flatten();
    let Some(most) = of_canary(e, hints).filter_map(|s| single(s)).reduce(f64::max) else { return false };
    let mut any = false;
    for s in of_canary(e, hints).filter(|s| single(s).is_some_and(|v| v < most)) {
        let mut one = Samples::default();
        Figure::of(most).into_iter().for_each(|f| one.push(f));
        s.samples = one;
        any = true;
    }
    any
}

fn break_command(e: &mut Evidence, _: &Hints) -> bool {
    let break_one = |r: &mut Recording| (r.exit_status, r.signal) = (None, Some(9));
    let mut any = false;
    if let Some(record) = &mut e.source.record {
        break_one(record);
        any = true;
    }
    if let Data::Command(r) = &mut e.data {
        break_one(r);
        any = true;
    }
    any
}

fn unconventional(e: &mut Evidence, _: &Hints) -> bool {
    let Data::Commits(c) = &mut e.data else { return false };
    c.commits.iter_mut().for_each(|c| c.message = "made by policy prove".into());
    !c.commits.is_empty()
}

fn other_sums(e: &mut Evidence, _: &Hints) -> bool {
    let Data::Checksums(c) = &mut e.data else { return false };
    let mut any = false;
    for (_, digest) in c.files.iter_mut().flat_map(|f| &mut f.digests) {
        *digest = "0".repeat(digest.len()).as_str().into();
        any = true;
    }
    any
}

fn untick(e: &mut Evidence, _: &Hints) -> bool {
    let Data::Checklist(c) = &mut e.data else { return false };
    c.items.iter_mut().for_each(|i| i.ticked = false);
    !c.items.is_empty()
}

fn unapprove(e: &mut Evidence, _: &Hints) -> bool {
    let Data::Approvals(a) = &mut e.data else { return false };
    a.reviews.clear();
    true
}
