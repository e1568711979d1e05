//! The figures that the baseline and this run both know, side by side: what a reviewer looks for first. They decide nothing.

use crate::verdict::{Amount, Figure};
use gatekeeper_evidence::coverage::Coverage;
use gatekeeper_evidence::findings::Severity;
use gatekeeper_evidence::test_run::Counts;
use gatekeeper_evidence::{Data, Evidence, Ratio, TestRun};

/// Evidence, and those of its tests that count once.
pub(super) type All<'e> = (&'e [Evidence], Vec<&'e TestRun>);

/// The figures of both sides. What only one side speaks of is no change, and is left out.
pub(super) fn figures(before: &All<'_>, now: &All<'_>) -> Vec<Figure> {
    let mut out = Vec::new();
    let (then, here) = (Side::of(before), Side::of(now));
    for ((name, before), (_, now)) in then.amounts().into_iter().zip(here.amounts()) {
        if let (Some(before), Some(now)) = (before, now) {
            out.push(Figure { figure: name.into(), before, now });
        }
    }
    out
}

#[derive(Default)]
struct Side {
    coverage: Option<Coverage>,
    tests: Option<Counts>,
    /// All findings, critical ones, high ones.
    findings: Option<[u64; 3]>,
    packages: Option<u64>,
}

impl Side {
    fn of((evidence, tests): &All<'_>) -> Side {
        let mut out = Side::default();
        if !tests.is_empty() {
            out.tests = Some(tests.iter().fold(Counts::default(), |sum, t| sum.plus(t.counts())));
        }
        for e in *evidence {
            match &e.data {
                Data::Coverage(c) => out.coverage.get_or_insert_default().merge(c.clone()),
                Data::Findings(f) => {
                    let by = f.by_severity();
                    let all = f.active().fold(0_u64, |n, _| n.saturating_add(1));
                    let found = [all, by.get(Severity::Critical), by.get(Severity::High)];
                    let sums = out.findings.get_or_insert_default();
                    for (sum, n) in sums.iter_mut().zip(found) {
                        *sum = sum.saturating_add(n);
                    }
                }
                Data::Inventory(i) => {
                    let n = u64::try_from(i.components.len()).unwrap_or(u64::MAX);
                    out.packages = Some(out.packages.unwrap_or_default().saturating_add(n));
                }
                _ => {}
            }
        }
        out
    }

    fn amounts(&self) -> Vec<(&'static str, Option<Amount>)> {
        let n = |n: u64| Amount { n, of: None };
        let share = |r: Option<Ratio>| r.map(|r| Amount { n: r.covered, of: Some(r.total) });
        let covered = self.coverage.as_ref().map(Coverage::figures).unwrap_or_default();
        let [all, critical, high] = self.findings.map_or([None; 3], |f| f.map(Some));
        vec![
            ("lines covered", share(covered.lines)),
            ("branches covered", share(covered.branches)),
            ("functions covered", share(covered.functions)),
            ("statements covered", share(covered.statements)),
            ("tests", self.tests.map(|t| n(t.total()))),
            ("failing tests", self.tests.map(|t| n(t.failed.saturating_add(t.errored)))),
            ("skipped tests", self.tests.map(|t| n(t.skipped))),
            ("findings", all.map(n)),
            ("critical findings", critical.map(n)),
            ("high findings", high.map(n)),
            ("packages", self.packages.map(n)),
        ]
    }
}
