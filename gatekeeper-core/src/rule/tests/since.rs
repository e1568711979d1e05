//! Tests against an earlier run: cases that are lost, cases that are skipped now, and how much slower the whole is.

use super::attempts::{Attempts, combined};
use super::{Run, seconds};
use crate::against::{Cases, Named, cases};
use crate::config::{Table, Value};
use crate::rule::api::{Item, Judgement, Scope};
use crate::rule::condition::{Condition, counted};
use crate::rule::remedy::Remedy;
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::decimal::Decimal;
use gatekeeper_evidence::test_run::TestRun;

/// Pairs of names that a note lists.
const TOLD: usize = 5;

/// What is demanded against an earlier run.
#[derive(Debug, Default)]
pub(super) struct Since {
    max_lost: Option<u64>,
    max_newly_skipped: Option<u64>,
    /// Percent.
    pub(super) slower: Option<Decimal>,
}

impl Since {
    pub(super) fn read(t: &mut Table<'_>) -> Since {
        Since {
            max_lost: t.count("max-lost"),
            max_newly_skipped: t.count("max-newly-skipped"),
            slower: growth(t, "slower"),
        }
    }

    pub(super) fn is_any(&self) -> bool {
        self.max_lost.is_some() || self.max_newly_skipped.is_some() || self.slower.is_some()
    }

    pub(super) fn judge(&self, runs: &[Run<'_>], attempts: Attempts, scope: &Scope<'_>, out: &mut Judgement) {
        let Some(before) = scope.baseline.filter(|_| self.is_any()) else { return };
        // Of attempts each case counts once, then as now.
        let united = combined(before, attempts);
        let before: Vec<&TestRun> = united.runs.iter().map(|(_, t)| t.as_ref()).collect();
        let now: Vec<&TestRun> = runs.iter().map(|r| r.tests).collect();
        let source = if let [one] = runs { Some(one.path()) } else { None };
        let found = cases(&before, &now);
        if let Some(max) = self.max_lost {
            lost(&found, max, scope, source, out);
        }
        if let Some(max) = self.max_newly_skipped {
            skipped(&found, max, scope, source, out);
        }
        if let Some(most) = self.slower {
            slower(&before, &now, &found, most, out);
        }
    }
}

/// A growth in percent: `"50%"` or `50`; it may be above 100.
fn growth(t: &mut Table<'_>, key: &'static str) -> Option<Decimal> {
    let node = t.get(key)?;
    let number = match &node.value {
        Value::Number(n) => Decimal::parse(n),
        Value::Text(text) => text.trim().strip_suffix('%').and_then(|n| Decimal::parse(n.trim_end())),
        _ => None,
    };
    let fits = number.filter(|n| *n >= Decimal::whole(0));
    if fits.is_none() {
        t.problem(node.span.clone(), format!("`{key}` takes a percentage of what it was, such as \"50%\""));
    }
    fits
}

fn item<'i>(case: &'i Named<'_>, full: &'i str) -> Item<'i> {
    Item { id: Some(full), test: Some(&case.case.name), suite: Some(case.within), ..Item::default() }
}

fn told(
    code: &'static str,
    status: GateStatus,
    message: String,
    name: Option<String>,
    source: Option<&str>,
) -> Violation {
    let mut v = Violation::new(code, status, message);
    v.source = source.map(str::to_owned);
    v.id = name;
    v
}

fn lost(found: &Cases<'_>, max: u64, scope: &Scope<'_>, source: Option<&str>, out: &mut Judgement) {
    let counting: Vec<String> = found
        .lost
        .iter()
        .map(|c| (c, c.full()))
        .filter(|(c, full)| !scope.waived(&item(c, full)))
        .map(|(_, full)| full)
        .collect();
    let n = u64::try_from(counting.len()).unwrap_or(u64::MAX).saturating_add(found.uncounted);
    let condition = Condition::at_most("lost", n, max, GateStatus::Fail);
    if !condition.holds() {
        for name in counting {
            let message = format!("{name} ran in the baseline and did not run");
            out.violations.push(told("case-lost", GateStatus::Fail, message, Some(name), source));
        }
        if found.uncounted > 0 {
            let message = format!("{} that the baseline counts did not run", counted(found.uncounted, "case"));
            out.violations.push(told("case-lost", GateStatus::Fail, message, None, source));
        }
        out.to_pass
            .push(Remedy::Other(format!("bring {} back, or waive what is gone for good", counted(n, "lost case"))));
    } else if n > 0 {
        out.notes.push(format!("lost: {}", some(counting)));
    }
    out.conditions.push(condition);
    let moved: Vec<String> =
        found.moved.iter().map(|(then, now)| format!("{} → {}", then.full(), now.full())).collect();
    if !moved.is_empty() {
        out.notes.push(format!("moved or renamed: {}", some(moved)));
    }
}

fn skipped(found: &Cases<'_>, max: u64, scope: &Scope<'_>, source: Option<&str>, out: &mut Judgement) {
    let counting: Vec<String> = found
        .skipped
        .iter()
        .map(|(_, now)| (now, now.full()))
        .filter(|(c, full)| !scope.waived(&item(c, full)))
        .map(|(_, full)| full)
        .collect();
    let n = u64::try_from(counting.len()).unwrap_or(u64::MAX);
    let condition = Condition::at_most("newly skipped", n, max, GateStatus::Fail);
    if !condition.holds() {
        for name in counting {
            let message = format!("{name} ran in the baseline and is skipped");
            out.violations.push(told("newly-skipped", GateStatus::Fail, message, Some(name), source));
        }
        out.to_pass.push(Remedy::Other(format!("run {} again, or waive it", counted(n, "skipped case"))));
    } else if n > 0 {
        out.notes.push(format!("newly skipped: {}", some(counting)));
    }
    out.conditions.push(condition);
}

fn some(names: Vec<String>) -> String {
    let more = names.len().saturating_sub(TOLD);
    let shown: Vec<String> = names.into_iter().take(TOLD).collect();
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// Seconds without the noise of adding them up.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1e9).round() / 1e9
}

/// The time of the whole, and, as lost cases take theirs with them, that of the cases that ran both times.
fn slower(before: &[&TestRun], now: &[&TestRun], found: &Cases<'_>, most: Decimal, out: &mut Judgement) {
    // A time below 0 is a clock that was set back: it takes nothing from the others.
    let sum = |runs: &[&TestRun]| {
        let listed = runs.iter().flat_map(|r| r.cases()).filter_map(|(_, c)| c.time).map(|t| t.max(0.0));
        let unlisted = runs.iter().flat_map(|r| &r.suites).map(|s| s.unlisted_time.max(0.0));
        rounded(listed.chain(unlisted).sum())
    };
    let limit = |was: f64| rounded(was * (1.0 + most.as_f64() / 100.0));
    let (was, is) = (sum(before), sum(now));
    if was <= 0.0 {
        let message = "the baseline states no times, so nobody can tell what is slower";
        out.violations.push(told("test-untimed", GateStatus::Missing, message.to_owned(), None, None));
        return;
    }
    let held = |metric: &'static str, is: f64, was: f64| {
        let limit = Decimal::parse(&format!("{:.9}", limit(was))).unwrap_or(Decimal::whole(0));
        seconds(metric, is, limit)
    };
    let whole = held("duration since the baseline", is, was);
    let timed = found.both.iter().chain(&found.moved).filter_map(|(then, now)| then.case.time.zip(now.case.time));
    let (same_was, same_is) = timed.fold((0.0, 0.0), |(a, b), (then, now)| (a + then.max(0.0), b + now.max(0.0)));
    let same = held("duration of the cases of the baseline", rounded(same_is), rounded(same_was));
    if same_was > 0.0 && whole.holds() && !same.holds() {
        out.conditions.push(same);
    }
    out.conditions.push(whole);
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::rule::api::{Compares, Judgement};
    use crate::rule::testing::{Case as Judged, conditions, evidence, gate, violations};
    use crate::verdict::GateStatus;
    use GateStatus::{Error, Fail, Missing, Pass};
    use gatekeeper_evidence::test_run::{Case, Outcome, Suite, TestRun};
    use gatekeeper_evidence::{Data, Evidence};

    fn run(cases: &[(&str, Outcome, Option<f64>)]) -> Evidence {
        let cases = cases.iter().map(|(name, status, time)| Case {
            name: (*name).into(),
            status: *status,
            time: *time,
            ..Case::default()
        });
        let suites = vec![Suite { cases: cases.collect(), ..Suite::named("s") }];
        evidence("junit.xml", Data::Tests(TestRun { suites, ..TestRun::default() }))
    }

    fn timed(names: &str, time: f64) -> Evidence {
        let cases: Vec<_> = names.split(' ').map(|n| (n, Outcome::Passed, Some(time))).collect();
        run(&cases)
    }

    fn judged(keys: &str, before: Evidence, now: Evidence) -> Judgement {
        let mut case = Judged::new(&RULE, keys, vec![now]);
        case.baseline = Some(vec![before]);
        case.judged()
    }

    #[test]
    fn lost_cases_are_counted_named_and_waived() {
        let before = || timed("a b c d", 1.0);
        assert_eq!(judged("max-lost = 0", before(), timed("a b c d", 2.0)).status(), Pass);
        let j = judged("max-lost = 1", before(), timed("a b d", 2.0));
        assert!(j.status() == Pass && j.notes == ["lost: s: c"], "{j:?}");
        let j = judged("max-lost = 1", before(), timed("a b", 2.0));
        assert_eq!((j.status(), violations(&j)), (Fail, vec![("case-lost", Fail), ("case-lost", Fail)]));
        assert_eq!(j.violations[0].id.as_deref(), Some("s: c"));
        let mut case = Judged::new(&RULE, "max-lost = 0", vec![timed("a b c", 2.0)]);
        case.baseline = Some(vec![before()]);
        assert_eq!(case.judged_waiving(&|i| i.test == Some("d")).status(), Pass);
        assert_eq!(case.judged_waiving(&|i| i.test == Some("c")).status(), Fail);
        assert_eq!(case.judged_waiving(&|i| i.id == Some("s: d")).status(), Pass);
        assert_eq!(case.judged_waiving(&|i| i.suite == Some("s")).status(), Pass);
        assert_eq!(case.judged_waiving(&|i| i.id.is_none() || i.suite.is_none()).status(), Fail);
        // One that is skipped now is not lost, one with the same time has another name.
        let j = judged(
            "max-lost = 0",
            before(),
            run(&[
                ("a", Outcome::Passed, None),
                ("b", Outcome::Passed, None),
                ("c", Outcome::Passed, None),
                ("d", Outcome::Skipped, None),
            ]),
        );
        assert_eq!(j.status(), Pass);
        let j = judged("max-lost = 0", before(), timed("a b c new", 1.0));
        assert!(j.status() == Pass && j.notes == ["moved or renamed: s: d → s: new"], "{j:?}");
    }

    #[test]
    fn cases_that_are_only_counted_are_lost_by_their_number() {
        let counted = |n: u64| {
            let mut e = timed("a", 1.0);
            if let Data::Tests(t) = &mut e.data {
                t.suites[0].unlisted.passed = n;
            }
            e
        };
        let of = |keys: &str, before: u64, now: u64| judged(keys, counted(before), counted(now));
        let said = |j: &Judgement| j.violations.iter().map(|v| v.message.clone()).collect::<Vec<_>>();
        assert_eq!(said(&of("max-lost = 0", 3, 3)), Vec::<String>::new());
        assert_eq!(said(&of("max-lost = 0", 3, 2)), ["1 case that the baseline counts did not run"]);
        assert_eq!(said(&of("max-lost = 1", 3, 1)), ["2 cases that the baseline counts did not run"]);
        assert_eq!(of("max-lost = 2", 3, 1).status(), Pass);
        // Where all that is lost has a name, no others are spoken of.
        assert_eq!(
            said(&judged("max-lost = 0", timed("a b", 1.0), timed("a", 2.0))),
            ["s: b ran in the baseline and did not run"]
        );
    }

    #[test]
    fn what_is_newly_skipped_and_allowed_is_noted() {
        let of = |skipped: usize| {
            let now: Vec<_> = ["a", "b", "c", "d", "e", "f", "g"]
                .into_iter()
                .enumerate()
                .map(|(i, name)| (name, if i < skipped { Outcome::Skipped } else { Outcome::Passed }, Some(1.0)))
                .collect();
            let j = judged("max-newly-skipped = 6\nmax-skipped = 9", timed("a b c d e f g", 1.0), run(&now));
            (j.status(), j.notes.concat())
        };
        assert_eq!(of(0), (Pass, String::new()));
        assert_eq!(of(1), (Pass, "newly skipped: s: a".to_owned()));
        assert_eq!(of(5), (Pass, "newly skipped: s: a, s: b, s: c, s: d, s: e".to_owned()));
        assert_eq!(of(6), (Pass, "newly skipped: s: a, s: b, s: c, s: d, s: e and 1 more".to_owned()));
    }

    #[test]
    fn what_took_no_time_has_nothing_to_be_slower_than() {
        let one = |name: &'static str, time: f64| (name, Outcome::Passed, Some(time));
        let before = || run(&[one("a", 0.0), one("b", 1.0)]);
        let j = judged("slower = \"50%\"", before(), run(&[one("a", 0.5)]));
        assert_eq!((j.status(), conditions(&j).last().copied()), (Pass, Some(("duration since the baseline", Pass))));
        // A clock that was set back takes nothing from the others, then or now.
        let back =
            judged("slower = \"50%\"", run(&[one("a", 1.0), one("b", -9.0)]), run(&[one("a", 1.6), one("b", -9.0)]));
        assert_eq!(back.status(), Fail);
    }

    #[test]
    fn newly_skipped_cases_are_counted() {
        let skipped = |n: usize| {
            let cases: Vec<_> = ["a", "b", "c"]
                .into_iter()
                .enumerate()
                .map(|(i, name)| (name, if i < n { Outcome::Skipped } else { Outcome::Passed }, Some(1.0)))
                .collect();
            run(&cases)
        };
        let of = |keys: &str, before: usize, now: usize| judged(keys, skipped(before), skipped(now)).status();
        assert_eq!((of("max-newly-skipped = 0", 1, 1), of("max-newly-skipped = 0", 0, 1)), (Pass, Fail));
        assert_eq!((of("max-newly-skipped = 1", 0, 1), of("max-newly-skipped = 1", 0, 2)), (Pass, Fail));
        assert_eq!(of("max-newly-skipped = 0", 2, 1), Pass);
        let j = judged("max-newly-skipped = 0", skipped(0), skipped(1));
        assert_eq!(
            (conditions(&j).last().copied(), violations(&j)),
            (Some(("newly skipped", Fail)), vec![("newly-skipped", Fail)])
        );
    }

    #[test]
    fn the_whole_is_not_much_slower_and_lost_cases_hide_nothing() {
        let ten = "a b c d e f g h i j";
        let of = |keys: &str, was: f64, is: f64| judged(keys, timed(ten, was), timed(ten, is)).status();
        assert_eq!((of("slower = \"50%\"", 0.2, 0.3), of("slower = \"50%\"", 0.2, 0.301)), (Pass, Fail));
        assert_eq!((of("slower = 200", 0.2, 0.6), of("slower = 200", 0.2, 0.61)), (Pass, Fail));
        assert_eq!(of("slower = \"0%\"", 0.2, 0.2), Pass);
        // One figure is enough where it says it.
        for (is, want) in [(1.0, Pass), (2.0, Fail)] {
            let j = judged("slower = \"50%\"", timed(ten, 1.0), timed(ten, is));
            assert_eq!(conditions(&j), [("pass-rate", Pass), ("duration since the baseline", want)]);
        }
        // Half of the cases are gone, and the others take twice as long.
        let j = judged("slower = \"50%\"", timed(ten, 1.0), timed("a b c d e", 2.0));
        assert_eq!(j.status(), Fail, "{:?}", conditions(&j));
        assert_eq!(judged("slower = \"50%\"", run(&[("a", Outcome::Passed, None)]), timed("a", 1.0)).status(), Missing);
        assert_eq!(judged("slower = \"50%\"", timed("a", 1.0), run(&[("a", Outcome::Passed, None)])).status(), Error);
        for bad in ["slower = -1", "slower = \"fast\"", "slower = true"] {
            assert!(gate(&RULE, bad).unwrap_err()[0].contains("a percentage of what it was"), "{bad}");
        }
        assert_eq!(gate(&RULE, "slower = 50").unwrap().compares(), Compares::Also);
        assert_eq!(gate(&RULE, "max-failed = 0").unwrap().compares(), Compares::Not);
    }
}
