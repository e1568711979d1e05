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

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::Source;
    use gatekeeper_evidence::coverage::{FileCoverage, Line};
    use gatekeeper_evidence::findings::{Finding, Findings, Suppression};
    use gatekeeper_evidence::inventory::{Component, Inventory};
    use gatekeeper_evidence::test_run::{Case, Outcome, Suite};

    fn of(data: Data) -> Evidence {
        Evidence { source: Source::default(), complete: None, notes: Vec::new(), data }
    }

    fn covered(file: &str, hit: u32, lines: u32) -> Evidence {
        let mut c = Coverage::default();
        let lines = (1..=lines).map(|number| Line { number, hits: u32::from(number <= hit) }).collect();
        c.add(file, FileCoverage { lines, ..FileCoverage::default() });
        c.note_metrics();
        of(Data::Coverage(c))
    }

    fn found(severities: &[Severity], suppressed: usize) -> Evidence {
        let finding = |s: &Severity| Finding { severity: *s, ..Finding::default() };
        let mut items: Vec<Finding> = severities.iter().map(finding).collect();
        items.iter_mut().take(suppressed).for_each(|f| f.suppressed = Some(Box::new(Suppression::default())));
        of(Data::Findings(Findings { items, ..Findings::default() }))
    }

    fn packages(n: usize) -> Evidence {
        of(Data::Inventory(Inventory { components: vec![Component::default(); n], ..Inventory::default() }))
    }

    fn tests(outcomes: &[Outcome]) -> TestRun {
        let cases = outcomes.iter().map(|status| Case { status: *status, ..Case::default() }).collect();
        TestRun { suites: vec![Suite { cases, ..Suite::default() }], ..TestRun::default() }
    }

    fn told(before: (&[Evidence], &[TestRun]), now: (&[Evidence], &[TestRun])) -> Vec<String> {
        let amount = |a: Amount| a.of.map_or(a.n.to_string(), |of| format!("{}/{of}", a.n));
        let both = figures(&(before.0, before.1.iter().collect()), &(now.0, now.1.iter().collect()));
        both.into_iter().map(|f| format!("{} {} {}", f.figure, amount(f.before), amount(f.now))).collect()
    }

    #[test]
    fn both_sides_figures_stand_side_by_side() {
        use Outcome::{Errored, Failed, Passed, Skipped};
        use Severity::{Critical, High, Low};
        let before =
            [covered("a.c", 5, 10), covered("b.c", 0, 10), found(&[High, Critical, High], 1), packages(2), packages(1)];
        let now = [covered("a.c", 8, 10), found(&[Low], 0), found(&[Critical, Low], 0), packages(4)];
        let then = [tests(&[Passed, Failed, Errored]), tests(&[Skipped])];
        let here = [tests(&[Passed, Passed, Skipped, Skipped, Failed])];
        assert_eq!(
            told((&before, &then), (&now, &here)),
            [
                "lines covered 5/20 8/10",
                "tests 4 5",
                "failing tests 2 1",
                "skipped tests 1 2",
                "findings 2 3",
                "critical findings 1 1",
                "high findings 1 0",
                "packages 3 4",
            ]
        );
    }

    #[test]
    fn what_one_side_alone_speaks_of_is_no_change() {
        let before = [covered("a.c", 5, 10), packages(2)];
        let none: [&str; 0] = [];
        assert_eq!(told((&before, &[]), (&[found(&[], 0)], &[tests(&[Outcome::Passed])])), none);
        assert_eq!(told((&before, &[]), (&[packages(2)], &[])), ["packages 2 2"]);
    }
}
