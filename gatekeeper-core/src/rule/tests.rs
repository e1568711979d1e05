//! The rule `tests`: pass rate, failures, least number of cases, skipped and flaky cases, time.

use super::api::{Builder, Judge, Judgement, Rule, Scope};
use super::condition::{at_least, at_most, share};
use crate::config::Table;
use crate::verdict::{Condition, Status, Violation};
use gatekeeper_evidence::decimal::Decimal;
use gatekeeper_evidence::findings::Place;
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::test_run::{Case, Counts, Status as CaseStatus, Suite};
use gatekeeper_evidence::{Data, Evidence, Kind, Ratio};
use std::borrow::Cow;

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("tests"),
    title: Cow::Borrowed("pass rate, failures, number of cases, skipped and flaky ones, time"),
    kind: Kind::Tests,
    docs: Cow::Borrowed(
        "## What it requires
That the tests ran, that they passed, and that there were as many as there should be. Pass rate is passed cases of those that ran: skipped ones did not.
A configuration function or fixture that failed fails the gate, whatever the cases say.

## Why
\"0 failures\" is also what a run reports that stopped before its first test.

## Configuration
| key | meaning | default |
|---|---|---|
| `min-pass-rate` | least share of passed cases among those that ran, percent | 100, unless `max-failed` is given |
| `max-failed` | most failed and errored cases | none |
| `max-skipped` | most skipped cases | none |
| `min-cases` | fewest cases: below this the suite did not really run | 1 |
| `min-runs` | fewest runs over all cases (a property's tests count each) | none |
| `max-flaky` | most cases that failed and passed on a re-run | none |
| `max-duration` | longest sum of the cases' times: seconds, or `\"5m\"` | none |
| `max-case-duration` | longest time of a single case | none |

## Example
```toml
[gates.eunit]
rule = \"tests\"
tools = [\"eunit\"]
min-pass-rate = 100
min-cases = 300
```

## When evidence is missing
No results: `missing`. No case ran, or the run was cancelled: `error`. Neither passes.
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
    max_flaky: Option<u64>,
    max_duration: Option<Decimal>,
    max_case_duration: Option<Decimal>,
}

fn build(t: &mut Table<'_>) -> Option<Box<dyn Judge>> {
    let max_failed = t.count("max-failed");
    let stated = t.percent("min-pass-rate");
    let gate = Tests {
        min_pass_rate: stated.or(if max_failed.is_none() { Some(Decimal::whole(100)) } else { None }),
        max_failed,
        max_skipped: t.count("max-skipped"),
        min_cases: t.count("min-cases"),
        min_runs: t.count("min-runs"),
        max_flaky: t.count("max-flaky"),
        max_duration: t.seconds("max-duration"),
        max_case_duration: t.seconds("max-case-duration"),
    };
    let others = [gate.max_failed, gate.max_skipped, gate.min_cases, gate.min_runs, gate.max_flaky];
    let times = [gate.max_duration, gate.max_case_duration];
    if gate.min_pass_rate == Some(Decimal::whole(0))
        && others.iter().all(Option::is_none)
        && times.iter().all(Option::is_none)
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
    fn judge(&self, scope: &Scope<'_>) -> Judgement {
        let runs: Vec<_> = scope
            .evidence
            .iter()
            .filter_map(|e| match &e.data {
                Data::Tests(t) => Some((*e, t)),
                _ => None,
            })
            .collect();
        let counts = runs.iter().fold(Counts::default(), |sum, (_, t)| sum.plus(t.counts()));
        let failing = counts.failed.saturating_add(counts.errored);
        let ran = counts.passed.saturating_add(failing);
        let mut out = Judgement::default();
        for (e, t) in &runs {
            for p in &t.problems {
                let mut v = Violation::new("test-setup-failed", Status::Fail, format!("{}: {}", p.name, p.message))
                    .from_source(&e.source.path);
                v.location = p.line.map(Location::line);
                v.id = Some(p.name.clone());
                out.violations.push(v);
            }
        }
        if ran == 0 {
            let words = match counts.total() {
                0 => "no test case ran: 0 of 0 is not a pass".to_owned(),
                n => format!("all {n} cases were skipped: nothing was tested"),
            };
            // The problems (a suite that did not build) say why, but what is judged is that nothing was seen.
            for v in &mut out.violations {
                v.status = Status::Error;
            }
            let first = runs.first().map_or("", |(e, _)| e.source.path.as_str());
            out.violations.insert(0, Violation::new("nothing-tested", Status::Error, words).from_source(first));
            out.to_pass.push("run the tests and keep their results".to_owned());
            return out;
        }
        for (e, t) in &runs {
            // EUnit and Common Test write a file per application, also for those without tests.
            if t.counts().total() == 0 && !matches!(e.source.tool.as_deref(), Some("eunit" | "ct")) {
                out.violations.push(
                    Violation::new("empty-run", Status::Warn, "this run has no test case").from_source(&e.source.path),
                );
            }
        }
        self.conditions(&runs, counts, &mut out);
        if out
            .conditions
            .iter()
            .any(|c| c.status == Status::Fail && matches!(c.metric.as_str(), "pass-rate" | "failed"))
        {
            let mut cases: Vec<Violation> = Vec::new();
            for (e, t) in &runs {
                let listed = t.cases().filter(|(_, c)| matches!(c.status, CaseStatus::Failed | CaseStatus::Errored));
                cases.extend(listed.map(|(s, c)| case_violation(e, s, c)));
                let unlisted = t
                    .suites
                    .iter()
                    .fold(0_u64, |n, s| n.saturating_add(s.unlisted.failed).saturating_add(s.unlisted.errored));
                if unlisted > 0 {
                    let message = format!("{unlisted} failed {} that it does not name", cases_word(unlisted));
                    cases.push(Violation::new("test-failed", Status::Fail, message).from_source(&e.source.path));
                }
            }
            out.violations.extend(cases);
            out.to_pass.push(format!("mend {failing} failing {}", cases_word(failing)));
        }
        out
    }
}

impl Tests {
    fn conditions(&self, runs: &[(&Evidence, &gatekeeper_evidence::TestRun)], counts: Counts, out: &mut Judgement) {
        let failing = counts.failed.saturating_add(counts.errored);
        let ran = counts.passed.saturating_add(failing);
        if let Some(min) = self.min_pass_rate {
            out.conditions.push(share("pass-rate", Ratio::new(counts.passed, ran), min, "case", Status::Fail));
        }
        if let Some(max) = self.max_failed {
            out.conditions.push(at_most("failed", failing, max, Status::Fail));
        }
        if let Some(max) = self.max_skipped {
            out.conditions.push(at_most("skipped", counts.skipped, max, Status::Fail));
        }
        if let Some(min) = self.min_cases {
            out.conditions.push(at_least("cases", ran, min, Status::Fail));
        }
        if let Some(min) = self.min_runs {
            let attempts = |c: &Case| u64::from(c.detail.as_ref().and_then(|d| d.attempts).unwrap_or(1));
            let n = runs.iter().flat_map(|(_, t)| t.cases()).map(|(_, c)| attempts(c)).sum::<u64>();
            let unlisted: u64 = runs
                .iter()
                .flat_map(|(_, t)| &t.suites)
                .map(|s| s.unlisted.total().saturating_sub(s.unlisted.skipped))
                .sum();
            out.conditions.push(at_least("runs", n.saturating_add(unlisted), min, Status::Fail));
        }
        if let Some(max) = self.max_flaky {
            out.conditions.push(at_most("flaky", counts.flaky, max, Status::Fail));
        }
        if self.max_duration.is_some() || self.max_case_duration.is_some() {
            self.timed(runs, out);
        }
        if let Some(max) = self.max_duration {
            // A time below 0 is a clock that was set back: it takes nothing from the others.
            let back = |t: &gatekeeper_evidence::TestRun| -> f64 {
                t.cases().filter_map(|(_, c)| c.time).filter(|time| *time < 0.0).sum()
            };
            let total: f64 = runs.iter().map(|(_, t)| t.duration() - back(t)).sum();
            out.conditions.push(seconds("duration", total, max));
        }
        if let Some(max) = self.max_case_duration {
            let mut slowest = 0.0_f64;
            for (e, t) in runs {
                for (s, c) in t.cases() {
                    let time = c.time.unwrap_or(0.0);
                    slowest = slowest.max(time);
                    if time > max.as_f64() {
                        let mut v = case_violation(e, s, c);
                        v.code = "test-slow".into();
                        v.message = format!("{} took {time:.3} s", full_name(s, c));
                        out.violations.push(v);
                    }
                }
            }
            out.conditions.push(seconds("case-duration", slowest, max));
        }
    }
}

impl Tests {
    /// Cases that ran and state no time cannot be held to one.
    fn timed(&self, runs: &[(&Evidence, &gatekeeper_evidence::TestRun)], out: &mut Judgement) {
        for (e, t) in runs {
            let ran = |c: &Case| c.status != CaseStatus::Skipped;
            let listed = t.cases().filter(|(_, c)| ran(c)).count();
            let without = t.cases().filter(|(_, c)| ran(c) && c.time.is_none()).count();
            // Of cases that are only counted there is at most a time of all together.
            let counted = t.suites.iter().any(|s| s.unlisted.total() > s.unlisted.skipped);
            let unlisted =
                counted && (self.max_case_duration.is_some() || t.suites.iter().all(|s| s.unlisted_time <= 0.0));
            if without == 0 && !unlisted {
                continue;
            }
            let (status, message) = if unlisted || without == listed {
                (Status::Error, "its cases state no time, so they cannot be held to one".to_owned())
            } else {
                (Status::Warn, format!("{without} of its {listed} cases state no time"))
            };
            out.violations.push(Violation::new("test-untimed", status, message).from_source(&e.source.path));
        }
    }
}

fn seconds(metric: &str, value: f64, limit: Decimal) -> Condition {
    let over = value > limit.as_f64();
    Condition {
        metric: metric.to_owned(),
        value: format!("{value:.3} s"),
        comparator: Cow::Borrowed("<="),
        limit: format!("{limit} s"),
        sample: None,
        distance: over.then(|| format!("{:.3} s too long", value - limit.as_f64())),
        status: if over { Status::Fail } else { Status::Pass },
        labels: std::collections::BTreeMap::new(),
    }
}

fn cases_word(n: u64) -> &'static str {
    if n == 1 { "case" } else { "cases" }
}

fn full_name(suite: &Suite, case: &Case) -> String {
    let within = case.class.as_deref().unwrap_or(&suite.name);
    if within.is_empty() || case.name.starts_with(within) {
        case.name.to_string()
    } else {
        format!("{within}: {}", case.name)
    }
}

fn case_violation(e: &Evidence, suite: &Suite, case: &Case) -> Violation {
    let name = full_name(suite, case);
    let said = case.detail.as_ref().map(|d| first_line(&d.message)).unwrap_or_default();
    let message = if said.is_empty() { name.clone() } else { format!("{name}: {said}") };
    let mut v = Violation::new("test-failed", Status::Fail, message).from_source(&e.source.path);
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
