//! Evidence made worse in the model, as a run that went wrong would have left it.

mod asked;
mod cases;
mod packages;
mod series;

use crate::diff::Diff;
use gatekeeper_evidence::findings::{Category, Finding, Package, Place, Severity, Suppression};
use gatekeeper_evidence::{Data, Evidence, Ratio};
use serde_json::Value;

/// What a policy's own words are looked for as: names of packages, rules, people.
const WORDS: usize = 20;

/// What of a gate's keys says which items it counts.
#[derive(Debug, Default)]
pub(super) struct Hints {
    categories: Vec<Category>,
    rules: Vec<String>,
    paths: Vec<String>,
    licenses: Vec<String>,
    /// The labels of the canary's measurements.
    canary: Vec<(String, Vec<String>)>,
    /// What its expression has in quotes.
    words: Vec<String>,
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
            words: gate.and_then(|g| g.get("expr")?.as_str()).map(quoted).unwrap_or_default(),
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

/// What an expression has in quotes, once each.
fn quoted(expression: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut open: Option<(char, String)> = None;
    for c in expression.chars() {
        match &mut open {
            Some((mark, word)) if *mark == c => {
                if !word.is_empty() && out.len() < WORDS && !out.contains(word) {
                    out.push(std::mem::take(word));
                }
                open = None;
            }
            Some((_, word)) => word.push(c),
            None if matches!(c, '\'' | '"') => open = Some((c, String::new())),
            None => {}
        }
    }
    out
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
    Way { words: "one test fails", change: |e, _| cases::fail(e, 1) },
    Way { words: "one test is skipped", change: |e, _| cases::skip(e, 1) },
    Way { words: "every test fails", change: |e, _| cases::fail(e, usize::MAX) },
    Way { words: "every test failed first, and passed on a re-run", change: cases::flaky },
    Way { words: "every test takes 1,000 times as long", change: cases::slow },
    Way { words: "every test ran once only", change: cases::once },
    Way { words: "every test is skipped", change: |e, _| cases::skip(e, usize::MAX) },
    Way { words: "all but one of the tests are gone", change: cases::shrink },
    Way { words: "one subsystem is degraded", change: |e, _| cases::degrade(e, 1) },
    Way { words: "one subsystem is down", change: |e, _| cases::down(e, 1) },
    Way { words: "every subsystem is down", change: |e, _| cases::down(e, usize::MAX) },
    Way { words: "no line is covered", change: uncover },
    Way { words: "there is one more critical finding of each kind", change: |e, h| find(e, h, 1, CRITICAL) },
    Way { words: "there is one more finding of each severity", change: |e, h| find(e, h, 1, &Severity::ALL) },
    Way { words: "there are 1,000 more critical findings of each kind", change: |e, h| find(e, h, 1_000, CRITICAL) },
    Way { words: "1,000 findings are suppressed", change: suppress },
    Way { words: "the inventory breaks its specification and lacks its elements", change: packages::invalid },
    Way { words: "a package has a licence that is not allowed", change: packages::license },
    Way { words: "no package says its licence", change: packages::unlicensed },
    Way { words: "the inventory was made in 1970", change: packages::old },
    Way { words: "the inventory is of something else", change: packages::foreign },
    Way { words: "the inventory is written by another specification", change: packages::respecified },
    Way { words: "all but one of the packages are gone", change: packages::shrink },
    Way { words: "the inventory has no package", change: packages::empty },
    Way { words: "every figure is 1,000 times as large", change: |e, _| series::times(e, 1_000.0) },
    Way { words: "every figure is a thousandth", change: |e, _| series::times(e, 0.001) },
    Way { words: "every figure is 1,000 more", change: |e, _| series::plus(e, 1_000.0) },
    Way { words: "the canary's figures are 1,000 times as large", change: |e, h| series::canary(e, h, 1_000.0) },
    Way { words: "the canary's figures are a thousandth", change: |e, h| series::canary(e, h, 0.001) },
    Way { words: "the canary's requests all ended in errors", change: series::err },
    Way { words: "no box is ticked", change: asked::untick },
    Way { words: "there are 1,000 more boxes that are not ticked", change: asked::more_boxes },
    Way { words: "all but one of the boxes are gone", change: asked::fewer_boxes },
    Way { words: "nobody approved", change: asked::unapprove },
    Way { words: "somebody asks for changes", change: asked::object },
    Way { words: "its command failed", change: asked::break_command },
    Way { words: "its command ran for a year", change: asked::slow_command },
    Way { words: "no commit keeps the convention", change: asked::unconventional },
    Way { words: "every checksum is another one", change: asked::other_sums },
];

/// The severity that every limit counts.
const CRITICAL: &[Severity] = &[Severity::Critical];

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

fn find(e: &mut Evidence, hints: &Hints, many: usize, severities: &[Severity]) -> bool {
    let Data::Findings(f) = &mut e.data else { return false };
    let categories = if hints.categories.is_empty() { Category::ALL.to_vec() } else { hints.categories.clone() };
    let named = |word: Option<&String>, other: String| word.map_or(other, Clone::clone);
    let rules = if hints.rules.is_empty() { vec!["gatekeeper-prove".to_owned()] } else { hints.rules.clone() };
    let rules: Vec<&String> = rules.iter().chain(&hints.words).collect();
    // Where the evidence speaks of files, of those that it knows too.
    let known = f.items.iter().filter_map(|i| i.place.as_ref()).map(|p| p.path.to_string()).next();
    let mut places: Vec<(String, u32)> = hints.paths.iter().cloned().chain(known).map(|p| (p, 1)).collect();
    if places.is_empty() {
        places.push(("src/prove.c".to_owned(), 1));
    }
    places.extend(hints.added.clone());
    for n in 0..many {
        let package = named(hints.words.get(n), format!("prove-{n}"));
        for (category, severity) in categories.iter().flat_map(|c| severities.iter().map(move |s| (c, s))) {
            for (rule, (path, line)) in rules.iter().flat_map(|r| places.iter().map(move |p| (r, p))) {
                let fingerprint = format!("prove-{n}-{rule}-{path}-{}-{}", category.as_str(), severity.as_str());
                f.items.push(Finding {
                    rule: rule.as_str().into(),
                    message: "made by `policy prove`".into(),
                    severity: *severity,
                    category: *category,
                    place: Some(Place { path: path.as_str().into(), line: Some(*line), column: None }),
                    package: Some(Box::new(Package {
                        name: package.as_str().into(),
                        installed: Some("1".into()),
                        fixed: Some("2".into()),
                        ..Package::default()
                    })),
                    fingerprint: Some(fingerprint.as_str().into()),
                    is_new: Some(true),
                    ..Finding::default()
                });
            }
        }
    }
    true
}

fn suppress(e: &mut Evidence, hints: &Hints) -> bool {
    let before = match &e.data {
        Data::Findings(f) => f.items.len(),
        _ => return false,
    };
    let found = find(e, hints, 1_000, CRITICAL);
    if let Data::Findings(f) = &mut e.data {
        let by = Suppression { by: "made by `policy prove`".into(), reason: "made by `policy prove`".into() };
        f.items.iter_mut().skip(before).for_each(|i| i.suppressed = Some(Box::new(by.clone())));
    }
    found
}
