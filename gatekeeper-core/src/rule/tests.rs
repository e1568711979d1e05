//! The rule `tests`: pass rate, failures, least number of cases, skipped and flaky cases, time.

use self::attempts::{Attempts, Combined};
use self::quarantine::Quarantined;
use self::since::Since;
use super::api::{ALL_WAIVED, Builder, Compares, Item, Judge, Judgement, Rule, RuleError, Scope};
use super::condition::{Bound, Condition, Quantity, plural};
use super::remedy::Remedy;
use crate::config::{Selector, Table};
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::decimal::Decimal;
use gatekeeper_evidence::findings::Place;
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::test_run::{Case, Counts, Outcome, Suite, TestRun};
use gatekeeper_evidence::{Data, Evidence, Kind, Ratio};
use std::borrow::Cow;
use std::collections::BTreeSet;

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("tests"),
    title: Cow::Borrowed("pass rate, failures, number of cases, skipped and flaky ones, time"),
    kind: Kind::Tests,
    docs: Cow::Borrowed(
        "## What it requires
That the tests ran, that they passed, and that there were as many as there should be. Pass rate is passed cases of those that ran: skipped ones did not.
A configuration function or fixture that failed fails the gate, whatever the cases say.
A waiver names a case by `test` (its own name, or `class: name`); the case then counts neither as passed nor as failed.

## Why
\"0 failures\" is also what a run reports that stopped before its first test.

## Configuration
| key | meaning | default |
|---|---|---|
| `min-pass-rate` | least share of passed cases among those that ran, percent | 100, unless `max-failed` is given |
| `max-failed` | most failed and errored cases | none |
| `max-skipped` | most skipped cases | none; where more than half are, the gate warns |
| `min-cases` | fewest cases: below this the suite did not really run | 1 |
| `min-runs` | fewest runs over all cases (a property's tests count each) | none |
| `min-runs-each` | fewest runs of each case that passed (tests of a property) | none |
| `flaky` | what a case is that both failed and passed, in attempts or re-runs: `fail` (it counts as failed), `warn` or `pass` (its last outcome counts) | `fail`; `pass` where `max-flaky` is given |
| `max-flaky` | most such cases | none |
| `attempts` | which cases a later attempt has: `full` (what it lacks is lost) or `failed-only` (re-runs of what failed: the last outcome of the others stands) | `full` |
| `quarantine` | cases that may fail for a time: `[{ test = \"…\", reason = \"…\", expires = \"2026-12-31\", owner = \"…\" }]`; `expires` is the last day | none |
| `max-duration` | longest sum of the cases' times: seconds, or `\"5m\"` | none |
| `max-case-duration` | longest time of a single case | none |
| `max-lost` | most cases of the baseline that did not run; a newly skipped one is not lost, and one that is found under the same name elsewhere, or with the same time in its suite, has moved and is listed | none |
| `max-newly-skipped` | most cases that ran in the baseline and are skipped | none |
| `slower` | how much longer than in the baseline the cases may take together: `\"50%\"` | none |

What compares needs a baseline, the snapshot of an earlier run (`--baseline FILE`).

## Example
```toml
[gates.eunit]
rule = \"tests\"
tools = [\"eunit\"]
min-pass-rate = 100
min-cases = 300
max-lost = 0
```

Attempts are files under a label `attempt`: `paths = [\"runs/{attempt}/*.xml\"]`. Each case then counts once.

## When evidence is missing
A run that broke off or was cancelled, a case that a later attempt lacks, and an attempt between two others that is not there, are never flaky:
`error`.
No results: `missing`. No case ran, every case that ran is waived, or the run was cancelled: `error`. Neither passes.
No baseline for what compares with one: `missing`; with `[baseline] required = false` it is left out, and said.
",
    ),
    build: Builder::Fixed(build),
};

#[derive(Debug)]
struct Tests {
    min_pass_rate: Option<Decimal>,
    max_failed: Option<u64>,
    max_skipped: Option<u64>,
    min_cases: Option<u64>,
    min_runs: Option<u64>,
    min_runs_each: Option<u64>,
    flaky: Flaky,
    max_flaky: Option<u64>,
    attempts: Attempts,
    quarantine: Vec<Quarantined>,
    max_duration: Option<Decimal>,
    max_case_duration: Option<Decimal>,
    since: Since,
}

/// What a case is that both failed and passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaky {
    Fail,
    Warn,
    Pass,
}

fn build(t: &mut Table<'_>) -> Option<Box<dyn Judge>> {
    let max_failed = t.count("max-failed");
    let stated = t.percent("min-pass-rate");
    let max_flaky = t.count("max-flaky");
    let flaky = t.choice("flaky", &[("fail", Flaky::Fail), ("warn", Flaky::Warn), ("pass", Flaky::Pass)]);
    let gate = Tests {
        min_pass_rate: stated.or(if max_failed.is_none() { Some(Decimal::whole(100)) } else { None }),
        max_failed,
        max_skipped: t.count("max-skipped"),
        min_cases: t.count("min-cases"),
        min_runs: t.count("min-runs"),
        min_runs_each: t.count("min-runs-each"),
        // Whoever allows so many of them lets them pass.
        flaky: flaky.unwrap_or(if max_flaky.is_some() { Flaky::Pass } else { Flaky::Fail }),
        max_flaky,
        attempts: t
            .choice("attempts", &[("full", Attempts::Full), ("failed-only", Attempts::FailedOnly)])
            .unwrap_or_default(),
        quarantine: quarantine::read(t),
        max_duration: t.seconds("max-duration"),
        max_case_duration: t.seconds("max-case-duration"),
        since: Since::read(t),
    };
    let others = [gate.max_failed, gate.max_skipped, gate.min_cases, gate.min_runs, gate.min_runs_each, gate.max_flaky];
    let times = [gate.max_duration, gate.max_case_duration];
    if gate.min_pass_rate == Some(Decimal::whole(0))
        && others.iter().all(Option::is_none)
        && times.iter().all(Option::is_none)
        && !gate.since.is_any()
    {
        t.problem(
            t.span(),
            "this tests gate allows every case to fail, so nothing can ever fail it: give it min-pass-rate = 100",
        );
        return None;
    }
    Some(Box::new(gate))
}

impl Judge for Tests {
    fn compares(&self) -> Compares {
        if self.since.is_any() { Compares::Also } else { Compares::Not }
    }

    /// Subsystems that say how they are would swell the number of cases: they count where the gate names them.
    fn takes(&self, evidence: &Evidence, select: &Selector) -> bool {
        let named = !(select.formats.is_empty() && select.evidence.is_empty() && select.tools.is_empty());
        named || !matches!(&evidence.data, Data::Tests(t) if t.health.is_some())
    }

    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError> {
        let Combined { runs: united, lost } = attempts::combined(scope.evidence, self.attempts);
        let runs: Vec<Run<'_>> = united.iter().map(|(e, t)| self.run(e, t, scope)).collect();
        let (seen, counts) = runs.iter().fold((Counts::default(), Counts::default()), |(seen, counts), r| {
            (seen.plus(r.tests.counts()), counts.plus(r.counts()))
        });
        let mut out = Judgement::default();
        for l in &lost {
            let name = joined(l.within, l.name);
            let message = format!("{name} ran in attempt {} and is not in attempt {}: it is lost", l.had, l.last);
            let mut v = Violation::new("test-lost", GateStatus::Error, message).from_source(l.path);
            v.id = Some(name);
            v.help = Some("where only failed cases are run again, say attempts = \"failed-only\"".to_owned());
            out.violations.push(v);
        }
        // Where the last outcome counts and nobody counts the flaky ones, what lies between is nothing.
        let between = self.flaky != Flaky::Pass || self.max_flaky.is_some();
        let heeded = self.attempts == Attempts::Full && between;
        for gap in attempts::gaps(scope.evidence, scope.all).into_iter().filter(|_| heeded) {
            let attempts::Gap { number, before, after, path } = gap;
            let message =
                format!("there are attempts {before} and {after}, and none {number}: what failed in it is lost");
            let v = Violation::new("attempt-lost", GateStatus::Error, message).from_source(path);
            out.violations.push(v.with_help("keep the reports of every attempt"));
        }
        self.in_quarantine(&runs, scope.now, &mut out);
        for r in &runs {
            for p in &r.tests.problems {
                let sources = [&r.evidence.source];
                let item = Item { id: Some(&p.name), test: Some(&p.name), sources: &sources, ..Item::default() };
                if scope.waived(&item) {
                    continue;
                }
                let message = format!("{}: {}", p.name, p.message);
                let mut v = Violation::new("test-setup-failed", GateStatus::Fail, message).from_source(r.path());
                v.location = p.line.map(Location::line);
                v.id = Some(p.name.clone());
                out.violations.push(v);
            }
        }
        if ran(counts) == 0 {
            let code = if ran(seen) > 0 { ALL_WAIVED } else { "nothing-tested" };
            let words = match (ran(seen), seen.total()) {
                (0, 0) => "no test case ran: 0 of 0 is not a pass".to_owned(),
                (0, 1) => "the only case was skipped: nothing was tested".to_owned(),
                (0, n) => format!("all {n} cases were skipped: nothing was tested"),
                _ => "every case that ran is waived: nothing is left to judge".to_owned(),
            };
            // The problems (a suite that did not build) say why, but what is judged is that nothing was seen.
            for v in &mut out.violations {
                v.status = GateStatus::Error;
            }
            let first = runs.first().map_or("", Run::path);
            out.violations.insert(0, Violation::new(code, GateStatus::Error, words).from_source(first));
            out.to_pass.push(Remedy::RunTests);
            return Ok(out);
        }
        for r in &runs {
            // EUnit and Common Test write a file per application, also for those without tests.
            // Of an attempt nothing may be left that a later one does not tell.
            let cases = |e: &Evidence| matches!(&e.data, Data::Tests(t) if t.counts().total() > 0);
            if !cases(r.evidence) && !matches!(r.evidence.source.tool.as_deref(), Some("eunit" | "ct")) {
                let empty = Violation::new("empty-run", GateStatus::Warn, "this run has no test case");
                out.violations.push(empty.from_source(r.path()));
            }
        }
        let too_many_fail = self.failing(counts, &mut out);
        self.flaky_ones(&runs, &mut out);
        self.numbers(&runs, seen, counts, &mut out);
        shares::mostly_skipped(self, &runs, seen, &mut out);
        shares::copies(self, &runs, seen, counts, &mut out);
        self.times(&runs, &mut out);
        self.since.judge(&runs, self.attempts, scope, &mut out);
        if too_many_fail {
            out.violations.extend(runs.iter().flat_map(|r| r.failures(self.flaky)));
            out.to_pass.push(Remedy::FixTests(failing(counts)));
        }
        Ok(out)
    }
}

/// One run's results, and which of its cases the policy waives.
struct Run<'e> {
    evidence: &'e Evidence,
    tests: &'e TestRun,
    /// By suite and case. Waived is only what would count against the gate.
    waived: BTreeSet<(usize, usize)>,
    /// Those of them that only a quarantine lets fail, with which.
    quarantined: Vec<(String, usize)>,
    /// Whether a flaky case has failed.
    flaky_fails: bool,
}

impl<'e> Run<'e> {
    fn path(&self) -> &'e str {
        &self.evidence.source.path
    }

    /// All cases, each with whether it is waived.
    fn all(&self) -> impl Iterator<Item = (&'e Suite, &'e Case, bool)> {
        self.tests.suites.iter().enumerate().flat_map(move |(s, suite)| {
            suite.cases.iter().enumerate().map(move |(c, case)| (suite, case, self.waived.contains(&(s, c))))
        })
    }

    /// The cases that count.
    fn cases(&self) -> impl Iterator<Item = (&'e Suite, &'e Case)> {
        self.all().filter(|(_, _, waived)| !waived).map(|(suite, case, _)| (suite, case))
    }

    /// The counts without what is waived. A case that passed in the end has passed, however late or slow.
    fn counts(&self) -> Counts {
        let mut counts = self.tests.counts();
        for (_, case, _) in self.all().filter(|(_, _, waived)| *waived) {
            let slot = match case.status {
                Outcome::Passed => None,
                Outcome::Failed => Some(&mut counts.failed),
                Outcome::Errored => Some(&mut counts.errored),
                Outcome::Skipped => Some(&mut counts.skipped),
            };
            if let Some(slot) = slot {
                *slot = slot.saturating_sub(1);
            }
            if case.flaky {
                counts.flaky = counts.flaky.saturating_sub(1);
                if self.flaky_fails && case.status == Outcome::Passed {
                    counts.passed = counts.passed.saturating_sub(1);
                }
            }
        }
        if self.flaky_fails {
            let passed = self.cases().filter(|(_, c)| c.flaky && c.status == Outcome::Passed).count();
            let turned = u64::try_from(passed).unwrap_or(u64::MAX).min(counts.passed);
            counts.passed -= turned;
            counts.failed = counts.failed.saturating_add(turned);
        }
        counts
    }

    /// The cases that failed, and how many more did that are not named.
    fn failures(&self, flaky: Flaky) -> Vec<Violation> {
        let listed = self.cases().filter(|(_, c)| fails(c) || flaky == Flaky::Fail && c.flaky);
        let told = |(s, c): (&Suite, &Case)| match c.flaky {
            true => self.flaky_violation(s, c, GateStatus::Fail),
            false => case_violation(self.evidence, s, c),
        };
        let mut out: Vec<Violation> = listed.map(told).collect();
        let unlisted = self.tests.suites.iter().fold(0_u64, |n, s| n.saturating_add(failing(s.unlisted)));
        if unlisted > 0 {
            let message = format!("{unlisted} failed {} that it does not name", plural(unlisted, "case"));
            out.push(Violation::new("test-failed", GateStatus::Fail, message).from_source(self.path()));
        }
        out
    }

    fn flaky_violation(&self, suite: &Suite, case: &Case, status: GateStatus) -> Violation {
        let mut v = case_violation(self.evidence, suite, case);
        v.code = "test-flaky".into();
        v.status = status;
        let end = if fails(case) { "failed in the end" } else { "passed in the end" };
        v.message = format!("{} both failed and passed: it is flaky, and {end}", full_name(suite, case));
        v
    }
}

fn fails(case: &Case) -> bool {
    matches!(case.status, Outcome::Failed | Outcome::Errored)
}

fn failing(counts: Counts) -> u64 {
    counts.failed.saturating_add(counts.errored)
}

/// Those that ran: skipped ones did not.
fn ran(counts: Counts) -> u64 {
    counts.passed.saturating_add(failing(counts))
}

impl Tests {
    fn run<'e>(&self, evidence: &'e Evidence, tests: &'e TestRun, scope: &Scope<'_>) -> Run<'e> {
        let (mut waived, mut quarantined) = (BTreeSet::new(), Vec::new());
        let sources = [&evidence.source];
        let today = scope.now.map(day);
        for (s, suite) in tests.suites.iter().enumerate() {
            for (c, case) in suite.cases.iter().enumerate().filter(|(_, case)| self.counts_against(case)) {
                let name = full_name(suite, case);
                let item = Item {
                    id: Some(&name),
                    test: Some(&case.name),
                    suite: Some(within(suite, case)),
                    path: case.detail.as_ref().and_then(|d| d.file.as_deref()),
                    package: None,
                    sources: &sources,
                };
                let holds = |q: &Quarantined| today.is_some_and(|t| q.expires >= t) && item.is_test(&q.test);
                let bad = fails(case) || case.flaky;
                if scope.waived(&item) {
                    waived.insert((s, c));
                } else if let Some(n) = self.quarantine.iter().position(holds).filter(|_| bad) {
                    waived.insert((s, c));
                    quarantined.push((name, n));
                }
            }
        }
        Run { evidence, tests, waived, quarantined, flaky_fails: self.flaky == Flaky::Fail }
    }

    /// Whether a case counts against anything that this gate demands.
    fn counts_against(&self, case: &Case) -> bool {
        fails(case)
            || self.flaky != Flaky::Pass && case.flaky
            || self.max_flaky.is_some() && case.flaky
            || self.max_skipped.is_some() && case.status == Outcome::Skipped
            || self.is_slow(case)
    }

    fn is_slow(&self, case: &Case) -> bool {
        self.max_case_duration.is_some_and(|max| case.time.unwrap_or(0.0) > max.as_f64())
    }

    /// Says what a quarantine let fail, and which ones are over.
    fn in_quarantine(&self, runs: &[Run<'_>], now: Option<i64>, out: &mut Judgement) {
        for (n, q) in self.quarantine.iter().enumerate() {
            let owner = q.owner.as_ref().map(|o| format!(", {o}")).unwrap_or_default();
            let let_fail = runs.iter().flat_map(|r| &r.quarantined).filter(|(_, by)| *by == n).count();
            if let_fail > 0 {
                out.notes.push(format!("{} may fail until {} ({}{owner})", q.test, q.expires, q.reason));
            } else if now.is_none_or(|now| q.expires < day(now)) {
                out.notes.push(format!("the quarantine of {} ended on {} and does not count", q.test, q.expires));
            } else if !runs.iter().flat_map(Run::all).any(|(s, c, _)| item_of(s, c).is_test(&q.test)) {
                out.notes.push(format!("{} is in quarantine, and no such case ran", q.test));
            }
        }
    }

    /// Says which cases are flaky where that does not fail them.
    fn flaky_ones(&self, runs: &[Run<'_>], out: &mut Judgement) {
        /// As many as a line holds.
        const NAMED: usize = 5;
        if self.flaky == Flaky::Warn {
            for r in runs {
                let flaky = r.cases().filter(|(_, c)| c.flaky && !fails(c));
                out.violations.extend(flaky.map(|(s, c)| r.flaky_violation(s, c, GateStatus::Warn)));
            }
        } else if self.flaky == Flaky::Pass {
            let names: Vec<String> =
                runs.iter().flat_map(|r| r.cases()).filter(|(_, c)| c.flaky).map(|(s, c)| full_name(s, c)).collect();
            if !names.is_empty() {
                let more = names.len().saturating_sub(NAMED);
                let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
                let shown: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
                out.notes.push(format!("flaky: {}{rest}", shown.join(", ")));
            }
        }
    }

    /// How many may fail; whether it is too many.
    fn failing(&self, counts: Counts, out: &mut Judgement) -> bool {
        let rate = |min| {
            let passed = Ratio::new(counts.passed, ran(counts));
            Condition::share("pass-rate", passed, min, "case", GateStatus::Fail)
        };
        let failed = |max| Condition::at_most("failed", failing(counts), max, GateStatus::Fail);
        let conditions: Vec<Condition> =
            self.min_pass_rate.map(rate).into_iter().chain(self.max_failed.map(failed)).collect();
        let too_many = conditions.iter().any(|c| c.status == GateStatus::Fail);
        out.conditions.extend(conditions);
        too_many
    }

    /// Floors and ceilings on numbers of cases. What is waived has run all the same, so that it fills a floor.
    fn numbers(&self, runs: &[Run<'_>], seen: Counts, counts: Counts, out: &mut Judgement) {
        if let Some(max) = self.max_skipped {
            out.conditions.push(Condition::at_most("skipped", counts.skipped, max, GateStatus::Fail));
        }
        if let Some(min) = self.min_cases {
            out.conditions.push(Condition::at_least("cases", ran(seen), min, GateStatus::Fail));
        }
        if let Some(min) = self.min_runs {
            let attempts = |c: &Case| u64::from(c.detail.as_ref().and_then(|d| d.attempts).unwrap_or(1));
            let ran_cases = runs.iter().flat_map(|r| r.tests.cases()).filter(|(_, c)| c.status != Outcome::Skipped);
            let listed = ran_cases.fold(0_u64, |n, (_, c)| n.saturating_add(attempts(c)));
            let suites = runs.iter().flat_map(|r| &r.tests.suites);
            let n = suites.fold(listed, |n, s| n.saturating_add(ran(s.unlisted)));
            out.conditions.push(Condition::at_least("runs", n, min, GateStatus::Fail));
        }
        if let Some(min) = self.min_runs_each {
            self.each_ran(runs, min, out);
        }
        if let Some(max) = self.max_flaky {
            out.conditions.push(Condition::at_most("flaky", counts.flaky, max, GateStatus::Fail));
        }
    }

    /// Each case that passed ran often enough: a property that was tried once proves little, however often the others were. One that a report only counts
    /// ran once, as far as anybody knows.
    fn each_ran(&self, runs: &[Run<'_>], min: u64, out: &mut Judgement) {
        let mut least: Option<u64> = None;
        for r in runs {
            for (suite, case) in r.tests.cases().filter(|(_, c)| c.status == Outcome::Passed) {
                let n = u64::from(case.detail.as_ref().and_then(|d| d.attempts).unwrap_or(1));
                least = Some(least.map_or(n, |l| l.min(n)));
                if n < min {
                    let name = if suite.name.is_empty() {
                        case.name.to_string()
                    } else {
                        format!("{}: {}", suite.name, case.name)
                    };
                    let times = if n == 1 { "once".to_owned() } else { format!("{n} times") };
                    out.violations.push(
                        Violation::new(
                            "too-few-runs",
                            GateStatus::Fail,
                            format!("{name} ran {times}, at least {min} are demanded"),
                        )
                        .from_source(r.path())
                        .with_help("let it run more often (PropEr: `numtests`)"),
                    );
                }
            }
            if r.tests.suites.iter().any(|s| s.unlisted.passed > 0) {
                least = Some(least.map_or(1, |l| l.min(1)));
            }
        }
        // Where nothing passed, something else says so.
        if let Some(least) = least {
            out.conditions.push(Condition::at_least("runs-each", least, min, GateStatus::Fail));
        }
    }

    fn times(&self, runs: &[Run<'_>], out: &mut Judgement) {
        if self.max_duration.is_some() || self.max_case_duration.is_some() || self.since.slower.is_some() {
            self.timed(runs, out);
        }
        if let Some(max) = self.max_duration {
            // A time below 0 is a clock that was set back: it takes nothing from the others.
            let back = |t: &TestRun| -> f64 { t.cases().filter_map(|(_, c)| c.time).map(|time| time.min(0.0)).sum() };
            let total: f64 = runs.iter().map(|r| r.tests.duration() - back(r.tests)).sum();
            out.conditions.push(seconds("duration", total, max));
        }
        if let Some(max) = self.max_case_duration {
            let mut slowest = 0.0_f64;
            for r in runs {
                for (s, c) in r.cases() {
                    let time = c.time.unwrap_or(0.0);
                    slowest = slowest.max(time);
                    if self.is_slow(c) {
                        let mut v = case_violation(r.evidence, s, c);
                        v.code = "test-slow".into();
                        v.message = format!("{} took {time:.3} s", full_name(s, c));
                        out.violations.push(v);
                    }
                }
            }
            out.conditions.push(seconds("case-duration", slowest, max));
        }
    }

    /// Cases that ran and state no time cannot be held to one.
    fn timed(&self, runs: &[Run<'_>], out: &mut Judgement) {
        for r in runs {
            let t = r.tests;
            let ran_case = |c: &Case| c.status != Outcome::Skipped;
            let listed = t.cases().filter(|(_, c)| ran_case(c)).count();
            let without = t.cases().filter(|(_, c)| ran_case(c) && c.time.is_none()).count();
            // Of cases that are only counted there is at most a time of all together.
            let counted_only = t.suites.iter().any(|s| ran(s.unlisted) > 0);
            let unlisted =
                counted_only && (self.max_case_duration.is_some() || t.suites.iter().all(|s| s.unlisted_time <= 0.0));
            if without == 0 && !unlisted {
                continue;
            }
            let (status, message) = if unlisted || without == listed {
                (GateStatus::Error, "its cases state no time, so they cannot be held to one".to_owned())
            } else {
                (GateStatus::Warn, format!("{without} of its {listed} cases state no time"))
            };
            out.violations.push(Violation::new("test-untimed", status, message).from_source(r.path()));
        }
    }
}

fn seconds(metric: &'static str, value: f64, limit: Decimal) -> Condition {
    let limit = Quantity::Seconds(limit.as_f64());
    Condition::new(metric, Quantity::Seconds(value), Bound::AtMost, limit, GateStatus::Fail)
}

/// The class of a case, else its suite.
fn within<'c>(suite: &'c Suite, case: &'c Case) -> &'c str {
    case.class.as_deref().unwrap_or(&suite.name)
}

fn full_name(suite: &Suite, case: &Case) -> String {
    joined(within(suite, case), &case.name)
}

fn joined(within: &str, name: &str) -> String {
    if within.is_empty() || name.starts_with(within) { name.to_owned() } else { format!("{within}: {name}") }
}

/// A case by its names alone.
fn item_of<'c>(suite: &'c Suite, case: &'c Case) -> Item<'c> {
    Item { test: Some(&case.name), suite: Some(within(suite, case)), ..Item::default() }
}

/// The day of a time (UTC); out of range, every end has passed.
fn day(now: i64) -> jiff::civil::Date {
    let time = jiff::Timestamp::from_second(now).ok();
    time.map_or(jiff::civil::Date::MAX, |t| t.to_zoned(jiff::tz::TimeZone::UTC).date())
}

fn case_violation(e: &Evidence, suite: &Suite, case: &Case) -> Violation {
    let name = full_name(suite, case);
    let said = case.detail.as_ref().map(|d| first_line(&d.message)).unwrap_or_default();
    let message = if said.is_empty() { name.clone() } else { format!("{name}: {said}") };
    let mut v = Violation::new("test-failed", GateStatus::Fail, message).from_source(&e.source.path);
    v.id = Some(name);
    v.place = case
        .detail
        .as_ref()
        .and_then(|d| d.file.as_ref().map(|f| Place { path: f.clone(), line: d.line, column: None }));
    v
}

/// The first line that says something, cut.
fn first_line(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or_default();
    let cut: String = line.chars().take(300).collect();
    if cut.len() < line.len() { format!("{cut}…") } else { cut }
}

mod attempts;
mod quarantine;
mod shares;
mod since;
#[cfg(test)]
mod unit;
