//! Evidence as the document that expressions and Rego speak of: only what they name is made.

pub(super) mod schema;

use super::api::Scope;
use super::condition::counted;
use crate::verdict::{GateStatus, Violation};
use cel::Value;
use gatekeeper_evidence::coverage::{Coverage, Figures};
use gatekeeper_evidence::findings::Severity;
use gatekeeper_evidence::test_run::{Counts, Outcome, TestRun};
use gatekeeper_evidence::{Data, Evidence, Kind, Ratio};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// A document with what is wrong with it, and how long its lists are.
#[derive(Default)]
pub(super) struct Document {
    pub roots: Vec<(&'static str, Value)>,
    /// Why it proves nothing, in words.
    pub errors: Vec<String>,
    pub failures: Vec<String>,
    /// How many findings state no severity, where only counts of severities are asked for.
    pub unheld: u64,
    /// Kinds of evidence that are spoken of and not there.
    pub missing: Vec<&'static str>,
    pub lengths: BTreeMap<String, u64>,
}

impl Document {
    /// What is wrong with it: kinds that are spoken of and not there, what proves nothing, what failed without being counted. `who` speaks of them.
    pub(super) fn violations(&self, who: &str) -> Vec<Violation> {
        let missing = self.missing.iter().map(|name| {
            let words = format!("{who} speaks of {name}, and there is no such evidence");
            Violation::new("evidence-missing", GateStatus::Missing, words)
        });
        let errors = self.errors.iter().map(|e| Violation::new("proves-nothing", GateStatus::Error, e.clone()));
        let failures = self.failures.iter().map(|f| Violation::new("test-setup-failed", GateStatus::Fail, f.clone()));
        let unheld = (self.unheld > 0).then(|| {
            let verb = if self.unheld == 1 { "states" } else { "state" };
            let words = format!(
                "{} {verb} no severity, so no count that is asked for holds them",
                counted(self.unheld, "finding")
            );
            Violation::new("severity-unknown", GateStatus::Warn, words).with_help("ask for findings.counts.unknown too")
        });
        missing.chain(errors).chain(failures).chain(unheld).collect()
    }

    /// Whether nothing can be asked of it.
    pub(super) fn is_void(&self) -> bool {
        !self.missing.is_empty() || !self.errors.is_empty()
    }
}

/// The name of all that there is.
pub(super) const WHOLE: &str = "";

type Members = HashMap<String, Value>;

fn int(n: u64) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

fn count(n: usize) -> Value {
    int(u64::try_from(n).unwrap_or(u64::MAX))
}

fn text(text: &str) -> Value {
    Value::String(Arc::new(text.to_owned()))
}

fn table(members: Members) -> Value {
    Value::from(members)
}

fn put(members: &mut Members, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        members.insert(name.to_owned(), value);
    }
}

fn texts(pairs: &[(&str, Option<&str>)]) -> Members {
    pairs.iter().filter_map(|(name, value)| Some(((*name).to_owned(), text((*value)?)))).collect()
}

struct Maker<'n> {
    names: &'n BTreeSet<String>,
    out: Document,
}

impl Maker<'_> {
    /// Whether an expression names something, a part of it, or what it is a part of.
    fn wants(&self, path: &str) -> bool {
        self.names.contains(WHOLE) || self.names_it(path)
    }

    fn names_it(&self, path: &str) -> bool {
        let below =
            |long: &str, short: &str| long == short || long.strip_prefix(short).is_some_and(|r| r.starts_with('.'));
        self.names.iter().any(|n| below(n, path) || below(path, n))
    }

    fn list(&mut self, members: &mut Members, path: &str, items: impl FnOnce() -> Vec<Value>) {
        if !self.wants(path) {
            return;
        }
        let items = items();
        self.out.lengths.insert(path.to_owned(), u64::try_from(items.len()).unwrap_or(u64::MAX));
        let name = path.rsplit('.').next().unwrap_or(path);
        members.insert(name.to_owned(), Value::List(Arc::new(items)));
    }

    fn root(&mut self, name: &'static str, there: bool, make: impl FnOnce(&mut Self, &mut Members)) {
        if !self.wants(name) {
            return;
        }
        if !there {
            if self.names_it(name) {
                self.out.missing.push(name);
            }
            return;
        }
        let mut members = Members::new();
        make(self, &mut members);
        self.out.roots.push((name, table(members)));
    }
}

/// The kinds of evidence that names are of.
pub(super) fn kinds(names: &BTreeSet<String>) -> Vec<Kind> {
    let roots: BTreeSet<&str> = names.iter().filter_map(|n| n.split('.').next()).collect();
    let all = [
        ("tests", Kind::Tests),
        ("coverage", Kind::Coverage),
        ("findings", Kind::Findings),
        ("inventory", Kind::Inventory),
        ("approvals", Kind::Approvals),
        ("commits", Kind::Commits),
        ("checksums", Kind::Checksums),
        ("checklist", Kind::Checklist),
    ];
    let whole = names.contains(WHOLE);
    all.into_iter().filter(|(name, _)| whole || roots.contains(name)).map(|(_, kind)| kind).collect()
}

/// Makes the document of a gate's evidence.
pub(super) fn make(scope: &Scope<'_>, names: &BTreeSet<String>) -> Document {
    let mut m = Maker { names, out: Document::default() };
    let there = |kind: Kind| scope.evidence.iter().any(|e| e.kind() == kind);
    let runs: Vec<(&Evidence, &TestRun)> = scope
        .evidence
        .iter()
        .filter_map(|e| match &e.data {
            Data::Tests(t) if t.health.is_none() => Some((*e, t)),
            _ => None,
        })
        .collect();
    m.root("tests", !runs.is_empty(), |m, out| tests(m, &runs, out));
    m.root("coverage", there(Kind::Coverage), |m, out| {
        let mut whole: Option<Coverage> = None;
        for e in scope.evidence {
            match (&e.data, &mut whole) {
                // What lists lines is known better than a percentage of the same code.
                (Data::Coverage(c), _) if c.percent.is_some() => {}
                (Data::Coverage(c), Some(whole)) => whole.merge(c.clone()),
                (Data::Coverage(c), None) => whole = Some(c.clone()),
                _ => {}
            }
        }
        let Some(whole) = whole else {
            m.out.errors.push("the coverage is stated in percent alone, so nothing of it can be counted".to_owned());
            return;
        };
        figures(whole.figures(), out);
        m.list(out, "coverage.files", || {
            let file = |path: &str, f: &gatekeeper_evidence::coverage::FileCoverage| {
                let mut members = texts(&[("path", Some(path))]);
                figures(whole.figures_of(f), &mut members);
                table(members)
            };
            whole.files.iter().map(|(path, f)| file(path, f)).collect()
        });
    });
    m.root("findings", there(Kind::Findings), |m, out| findings(m, scope, out));
    m.root("inventory", there(Kind::Inventory), |m, out| {
        let lists: Vec<_> = scope
            .evidence
            .iter()
            .filter_map(|e| match &e.data {
                Data::Inventory(i) => Some(i),
                _ => None,
            })
            .collect();
        let all = || lists.iter().flat_map(|i| &i.components);
        if all().next().is_none() {
            m.out.errors.push("no package is named, so there is nothing to judge".to_owned());
        }
        out.insert("components".to_owned(), count(all().count()));
        out.insert("licensed".to_owned(), count(all().filter(|c| c.is_licensed()).count()));
        m.list(out, "inventory.packages", || {
            let package = |c: &gatekeeper_evidence::inventory::Component| {
                let (version, purl, scope) = (c.version.as_deref(), c.purl.as_deref(), c.scope.as_deref());
                let mut members =
                    texts(&[("name", Some(&c.name)), ("version", version), ("purl", purl), ("scope", scope)]);
                let licenses = c.licenses.iter().map(|l| text(&l.text)).collect();
                members.insert("licenses".to_owned(), Value::List(Arc::new(licenses)));
                table(members)
            };
            all().map(package).collect()
        });
    });
    m.root("approvals", there(Kind::Approvals), |m, out| {
        m.list(out, "approvals.reviews", || {
            let mut all = Vec::new();
            for e in scope.evidence {
                let Data::Approvals(a) = &e.data else { continue };
                for r in &a.reviews {
                    let state = serde_json::to_value(r.state).ok();
                    let state = state.as_ref().and_then(serde_json::Value::as_str);
                    let mut members =
                        texts(&[("user", r.user.as_deref()), ("state", state), ("commit", r.commit.as_deref())]);
                    members.insert("bot".to_owned(), Value::Bool(r.bot));
                    all.push(table(members));
                }
            }
            all
        });
    });
    m.root("commits", there(Kind::Commits), |m, out| {
        m.list(out, "commits.items", || {
            let mut all = Vec::new();
            for e in scope.evidence {
                let Data::Commits(log) = &e.data else { continue };
                for c in &log.commits {
                    let mut members =
                        texts(&[("id", Some(&c.id)), ("subject", Some(c.subject())), ("email", Some(&c.author.email))]);
                    members.insert("merge".to_owned(), Value::Bool(c.is_merge()));
                    all.push(table(members));
                }
            }
            all
        });
    });
    m.root("checksums", there(Kind::Checksums), |m, out| {
        m.list(out, "checksums.files", || {
            let mut all = Vec::new();
            for e in scope.evidence {
                let Data::Checksums(list) = &e.data else { continue };
                all.extend(list.files.iter().map(|f| table(texts(&[("name", Some(&f.name))]))));
            }
            all
        });
    });
    m.root("checklist", there(Kind::Checklist), |m, out| {
        m.list(out, "checklist.items", || {
            let mut all = Vec::new();
            for e in scope.evidence {
                let Data::Checklist(list) = &e.data else { continue };
                for item in &list.items {
                    let mut members = texts(&[("text", Some(&item.text))]);
                    members.insert("ticked".to_owned(), Value::Bool(item.ticked));
                    all.push(table(members));
                }
            }
            all
        });
    });
    if m.wants("evidence") {
        let one = |e: &&Evidence| {
            let s = &e.source;
            let mut members = texts(&[
                ("path", Some(&s.path)),
                ("format", Some(s.format)),
                ("kind", Some(e.kind().as_str())),
                ("tool", s.tool.as_deref()),
            ]);
            let labels: Members = s.labels.iter().map(|(k, v)| (k.clone(), text(v))).collect();
            members.insert("labels".to_owned(), table(labels));
            table(members)
        };
        let all: Vec<Value> = scope.evidence.iter().map(one).collect();
        m.out.lengths.insert("evidence".to_owned(), u64::try_from(all.len()).unwrap_or(u64::MAX));
        m.out.roots.push(("evidence", Value::List(Arc::new(all))));
    }
    if m.wants("run") {
        let (revision, release) = (&scope.context.revision, &scope.context.release);
        let members = texts(&[
            ("commit", revision.commit.as_deref()),
            ("tree", revision.tree.as_deref()),
            ("tag", release.tag.as_deref()),
            ("branch", release.branch.as_deref()),
            ("author", release.author.as_deref()),
        ]);
        m.out.roots.push(("run", table(members)));
    }
    m.out
}

fn tests(m: &mut Maker<'_>, runs: &[(&Evidence, &TestRun)], out: &mut Members) {
    let counts = runs.iter().fold(Counts::default(), |sum, (_, t)| sum.plus(t.counts()));
    if counts.total() == counts.skipped {
        m.out.errors.push("no test case ran: 0 of 0 is not a pass".to_owned());
    }
    let all = [
        ("total", counts.total()),
        ("passed", counts.passed),
        ("failed", counts.failed),
        ("errored", counts.errored),
        ("skipped", counts.skipped),
        ("flaky", counts.flaky),
    ];
    out.insert("counts".to_owned(), table(all.iter().map(|(name, n)| ((*name).to_owned(), int(*n))).collect()));
    let problems: Vec<String> =
        runs.iter().flat_map(|(_, t)| &t.problems).map(|p| format!("{}: {}", p.name, p.message)).collect();
    out.insert("problems".to_owned(), count(problems.len()));
    // What failed without being a case is in no count: an expression that does not ask must not pass over it.
    if !m.names.contains("tests.problems") {
        m.out.failures.extend(problems);
    }
    put(out, "milliseconds", milliseconds(took(runs)));
    m.list(out, "tests.cases", || {
        let mut cases = Vec::new();
        for (e, run) in runs {
            for suite in &run.suites {
                for c in &suite.cases {
                    let status = match c.status {
                        Outcome::Passed => "passed",
                        Outcome::Skipped => "skipped",
                        Outcome::Errored => "errored",
                        Outcome::Failed => "failed",
                    };
                    let mut members = texts(&[
                        ("name", Some(&c.name)),
                        ("suite", Some(c.class.as_deref().unwrap_or(&suite.name))),
                        ("status", Some(status)),
                        ("tool", e.source.tool.as_deref()),
                    ]);
                    put(&mut members, "milliseconds", milliseconds(c.time));
                    cases.push(table(members));
                }
            }
        }
        cases
    });
}

/// How long all runs took, seconds; `None` where a case ran that states no time: of what is not told nobody knows that it was short.
fn took(runs: &[(&Evidence, &TestRun)]) -> Option<f64> {
    let mut sum = 0.0_f64;
    for (_, run) in runs {
        for (_, case) in run.cases() {
            match case.time {
                // A time below 0 is a clock that was set back: it takes nothing from the others.
                Some(time) => sum += time.max(0.0),
                None if case.status == Outcome::Skipped => {}
                None => return None,
            }
        }
        let counted: f64 = run.suites.iter().map(|s| s.unlisted_time.max(0.0)).sum();
        let counts_more = run.suites.iter().any(|s| s.unlisted.total() > s.unlisted.skipped);
        if counts_more && counted == 0.0 {
            return None;
        }
        sum += counted;
    }
    Some(sum)
}

/// A time in whole milliseconds, rounded up: what is longer than a limit is never shown as within it.
fn milliseconds(seconds: Option<f64>) -> Option<Value> {
    let whole = (seconds? * 1000.0).ceil();
    format!("{whole:.0}").parse().ok().map(Value::Int)
}

fn figures(f: Figures, out: &mut Members) {
    // Of nothing there is no share: what is not there cannot be compared.
    let ratio = |r: Option<Ratio>| {
        let r = r.filter(|r| r.total > 0)?;
        Some(table([("covered".to_owned(), int(r.covered)), ("total".to_owned(), int(r.total))].into()))
    };
    put(out, "lines", ratio(f.lines));
    put(out, "branches", ratio(f.branches));
    put(out, "functions", ratio(f.functions));
    put(out, "statements", ratio(f.statements));
}

fn findings(m: &mut Maker<'_>, scope: &Scope<'_>, out: &mut Members) {
    let sets: Vec<_> = scope
        .evidence
        .iter()
        .filter_map(|e| match &e.data {
            Data::Findings(f) => Some((*e, f)),
            _ => None,
        })
        .collect();
    let active = || sets.iter().flat_map(|(e, f)| f.active().map(move |i| (e, f, i)));
    let suppressed = sets.iter().flat_map(|(_, f)| &f.items).filter(|i| i.suppressed.is_some());
    out.insert("total".to_owned(), count(active().count()));
    out.insert("suppressed".to_owned(), count(suppressed.count()));
    let names = ["critical", "high", "medium", "low", "info", "unknown"];
    let of = |name: &str| count(active().filter(|(_, _, i)| i.severity.as_str() == name).count());
    out.insert("counts".to_owned(), table(names.iter().map(|n| ((*n).to_owned(), of(n))).collect()));
    // What states no severity may be of any: who asks for some of them alone has to hear of it.
    let all_of_them = ["findings.counts.unknown", "findings.total", "findings.items"];
    if m.names.iter().any(|n| n.starts_with("findings.counts.")) && !all_of_them.iter().any(|n| m.names.contains(*n)) {
        let unknown = active().filter(|(_, _, i)| i.severity == Severity::Unknown).count();
        m.out.unheld = u64::try_from(unknown).unwrap_or(u64::MAX);
    }
    m.list(out, "findings.items", || {
        let one =
            |(e, f, i): (&&Evidence, &&gatekeeper_evidence::Findings, &gatekeeper_evidence::findings::Finding)| {
                let package = i.package.as_deref();
                let tool = f.tools.get(usize::from(i.tool)).map(String::as_str).or(e.source.tool.as_deref());
                let mut members = texts(&[
                    ("id", Some(&i.rule)),
                    ("severity", Some(i.severity.as_str())),
                    ("category", Some(i.category.as_str())),
                    ("message", Some(&i.message)),
                    ("path", i.place.as_ref().map(|p| &*p.path)),
                    ("package", package.map(|p| &*p.name)),
                    ("installed", package.and_then(|p| p.installed.as_deref())),
                    ("fixed", package.and_then(|p| p.fixed.as_deref())),
                    ("tool", tool),
                ]);
                put(&mut members, "line", i.place.as_ref().and_then(|p| p.line).map(|l| int(u64::from(l))));
                table(members)
            };
        active().map(|(e, f, i)| one((e, f, i))).collect()
    });
}
