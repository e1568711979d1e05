//! The second reading of coverage that disagrees with itself: what its counters say beside what its files come to.

use super::{Figures, Stated};
use crate::Ratio;
use serde::{Deserialize, Serialize};

/// Counters that a document states beside what it lists, where the two disagree: the second reading of a document that contradicts itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Whether the figures are told by the counters (see [`Coverage::by_totals`](super::Coverage::by_totals)); by the list otherwise.
    #[serde(skip)]
    pub applied: bool,
    /// Lines.
    pub lines: Option<Disagreement>,
    /// Branches.
    pub branches: Option<Disagreement>,
    /// Functions.
    pub functions: Option<Disagreement>,
    /// Statements.
    pub statements: Option<Disagreement>,
}

/// A counter and the list that it disagrees with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disagreement {
    /// What the document states.
    pub stated: Ratio,
    /// What it lists.
    pub listed: Ratio,
}

impl Disagreement {
    fn of(stated: Option<Ratio>, listed: Option<Ratio>) -> Option<Disagreement> {
        let (stated, listed) = (stated?, listed?);
        // What is not listed at all has no second reading: its counter counts.
        (stated != listed && listed.total > 0).then_some(Disagreement { stated, listed })
    }

    /// Whether the counter promises less than the list.
    pub(super) fn is_worse(&self) -> bool {
        let cross = |a: u64, b: u64| u128::from(a) * u128::from(b);
        cross(self.stated.covered, self.listed.total) < cross(self.listed.covered, self.stated.total)
    }

    /// The figure by the counter instead of the list: what others added stays.
    fn applied(&self, figure: Ratio) -> Ratio {
        let moved = |n: u64, from: u64, to: u64| n.saturating_add(to).saturating_sub(from);
        let total = moved(figure.total, self.listed.total, self.stated.total);
        Ratio::new(moved(figure.covered, self.listed.covered, self.stated.covered), total)
    }
}

impl Claim {
    /// The disagreements of counters with figures; `None` where there are none.
    pub fn of(stated: &Stated, listed: &Figures) -> Option<Box<Claim>> {
        let claim = Claim {
            applied: false,
            lines: Disagreement::of(stated.lines, listed.lines),
            branches: Disagreement::of(stated.branches, listed.branches),
            functions: Disagreement::of(stated.functions, listed.functions),
            statements: Disagreement::of(stated.statements, listed.statements),
        };
        (claim != Claim::default()).then(|| Box::new(claim))
    }

    /// The same with the files told by their own counters, and to be applied: the files, all of them or some, came to `from` by their lists and come
    /// to `to`.
    pub(super) fn moved(&self, from: &Figures, to: &Figures) -> Option<Box<Claim>> {
        let by = |d: Option<Disagreement>, from: Option<Ratio>, to: Option<Ratio>| {
            let Disagreement { stated, listed } = d?;
            let listed = match (from, to) {
                (Some(from), Some(to)) => Disagreement { stated: to, listed: from }.applied(listed),
                _ => listed,
            };
            Disagreement::of(Some(stated), Some(listed))
        };
        let claim = Claim {
            applied: true,
            lines: by(self.lines, from.lines, to.lines),
            branches: by(self.branches, from.branches, to.branches),
            functions: by(self.functions, from.functions, to.functions),
            statements: by(self.statements, from.statements, to.statements),
        };
        claim.each().iter().any(|(_, d)| d.is_some()).then(|| Box::new(claim))
    }

    fn each(&self) -> [(&'static str, Option<Disagreement>); 4] {
        [
            ("lines", self.lines),
            ("branches", self.branches),
            ("functions", self.functions),
            ("statements", self.statements),
        ]
    }

    /// Both numbers in words, of each figure that disagrees.
    pub fn words(&self) -> String {
        let said = self.each().into_iter().filter_map(|(metric, d)| {
            let Disagreement { stated: s, listed: l } = d?;
            Some(format!("{}/{} {metric} stated, {}/{} listed", s.covered, s.total, l.covered, l.total))
        });
        said.collect::<Vec<_>>().join("; ")
    }

    pub(super) fn is_worse(&self) -> bool {
        self.each().iter().any(|(_, d)| d.is_some_and(|d| d.is_worse()))
    }

    /// Figures by these counters, where they are to be told by them.
    pub(super) fn apply(claim: Option<&Claim>, mut f: Figures) -> Figures {
        let Some(claim) = claim.filter(|c| c.applied) else { return f };
        let by = |figure: &mut Option<Ratio>, d: Option<Disagreement>| {
            if let (Some(figure), Some(d)) = (figure, d.filter(Disagreement::is_worse)) {
                *figure = d.applied(*figure);
            }
        };
        by(&mut f.lines, claim.lines);
        by(&mut f.branches, claim.branches);
        by(&mut f.functions, claim.functions);
        by(&mut f.statements, claim.statements);
        f
    }

    /// Figures of a part by these counters: what the whole misses may be missing in any part, and what is left of a part is never nothing.
    pub(super) fn apply_to_part(claim: Option<&Claim>, part: Figures) -> Figures {
        let told = Claim::apply(claim, part);
        let never_nothing = |told: Option<Ratio>, part: Option<Ratio>| match (told, part) {
            (_, Some(part)) if part.total == 0 => Some(part),
            (Some(told), Some(part)) if told.total == 0 => Some(Ratio::new(0, part.total)),
            (told, _) => told,
        };
        Figures {
            lines: never_nothing(told.lines, part.lines),
            branches: never_nothing(told.branches, part.branches),
            functions: never_nothing(told.functions, part.functions),
            statements: never_nothing(told.statements, part.statements),
        }
    }

    /// The disagreements of two records of one report.
    pub(super) fn add_up(a: Option<Box<Claim>>, b: Option<Box<Claim>>) -> Option<Box<Claim>> {
        let (mut a, b) = match (a, b) {
            (Some(a), Some(b)) => (a, b),
            (a, b) => return a.or(b),
        };
        let add = |a: &mut Option<Disagreement>, b: Option<Disagreement>| {
            *a = match (*a, b) {
                (Some(a), Some(b)) => {
                    Some(Disagreement { stated: a.stated.plus(b.stated), listed: a.listed.plus(b.listed) })
                }
                (a, b) => a.or(b),
            };
        };
        add(&mut a.lines, b.lines);
        add(&mut a.branches, b.branches);
        add(&mut a.functions, b.functions);
        add(&mut a.statements, b.statements);
        Some(a)
    }

    /// Of two reports' disagreements on one file each figure's lower promise.
    pub(super) fn merge(a: Option<Box<Claim>>, b: Option<Box<Claim>>) -> Option<Box<Claim>> {
        let (mut a, b) = match (a, b) {
            (Some(a), Some(b)) => (a, b),
            (a, b) => return a.or(b),
        };
        fn lower(a: &mut Option<Disagreement>, b: Option<Disagreement>) {
            let key = |d: &Disagreement| {
                let gap = |s: u64, l: u64| i128::from(s) - i128::from(l);
                let Disagreement { stated: s, listed: l } = *d;
                (gap(s.covered, l.covered) - gap(s.total, l.total), s.covered, s.total, l.covered, l.total)
            };
            *a = [*a, b].into_iter().flatten().min_by_key(key);
        }
        a.applied |= b.applied;
        lower(&mut a.lines, b.lines);
        lower(&mut a.branches, b.branches);
        lower(&mut a.functions, b.functions);
        lower(&mut a.statements, b.statements);
        Some(a)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(applied: bool, stated: (u64, u64), listed: (u64, u64)) -> Claim {
        let ratio = |(covered, total)| Ratio { covered, total };
        let d = Some(Disagreement { stated: ratio(stated), listed: ratio(listed) });
        Claim { applied, lines: d, branches: d, functions: d, statements: d }
    }

    #[test]
    fn of_two_reports_on_one_file_the_lower_promise_holds_in_either_order() {
        // One covered less is as much as one line more: what counts is how far below its list a report states itself.
        for (lower, higher) in [
            (of(false, (8, 10), (9, 10)), of(false, (5, 10), (5, 10))),
            (of(false, (9, 12), (9, 10)), of(false, (8, 10), (9, 10))),
            (of(false, (8, 9), (9, 9)), of(false, (20, 21), (20, 20))),
            (of(false, (3, 10), (4, 10)), of(false, (4, 10), (4, 10))),
        ] {
            for (a, b) in [(&lower, &higher), (&higher, &lower)] {
                let got = Claim::merge(Some(Box::new(*a)), Some(Box::new(*b))).unwrap();
                assert_eq!(*got, lower, "{a:?} {b:?}");
            }
        }
        let one = Some(Box::new(of(true, (1, 2), (2, 2))));
        assert_eq!((Claim::merge(one.clone(), None), Claim::merge(None, one.clone())), (one.clone(), one.clone()));
        for (a, b) in [(true, false), (false, true), (true, true)] {
            let of = |applied| Some(Box::new(of(applied, (1, 2), (2, 2))));
            assert!(Claim::merge(of(a), of(b)).unwrap().applied, "counted by one is counted: {a} {b}");
        }
    }
}
