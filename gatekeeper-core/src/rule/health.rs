//! The rule `health`: every subsystem is up, and those that have to be there are.

use super::api::{Builder, Item, Judge, Judgement, Rule, RuleError, Scope};
use super::condition::Condition;
use crate::config::{Selector, Table};
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::test_run::{Case, Health, HealthState, Outcome, TestRun};
use gatekeeper_evidence::{Data, Evidence, Kind};
use std::borrow::Cow;

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("health"),
    title: Cow::Borrowed("every subsystem of a service is up, by its own word"),
    kind: Kind::Tests,
    docs: Cow::Borrowed(
        "## What it requires
That a service and each of its subsystems say that they are up, and that the subsystems of `require` are among them. Each has its own word (`UP`, `Healthy`, `pass`, …); a word that is not known is an error. Where the whole says that it is up and a part that it is not, or the other way round, the worse of the two counts.
Evidence: `health-json` (Spring Boot's actuator, MicroProfile Health, ASP.NET Core, `application/health+json`). An answer of HTTP status 200 with `unhealthy` in it is unhealthy.
A waiver names a subsystem by `test`; it is then not counted, and the word for the whole may be as bad as its own. What no part explains cannot be waived.

## Why
`curl -f` is content with status 200, and a script that looks for `\"status\":\"UP\"` finds it in any subsystem.

## Configuration
| key | meaning | default |
|---|---|---|
| `require` | subsystems that must be there: `[\"db\", \"redis\"]`; `db` also stands for its parts (`db/primary`, `db:connections`) | none |
| `degraded` | what a degraded subsystem, or whole, comes to: `\"fail\"`, `\"warn\"` or `\"allow\"` | `\"fail\"` |
| `min-checks` | fewest subsystems | 1 |

## Example
```toml
[gates.health]
rule = \"health\"
require = [\"db\", \"redis\"]
degraded = \"warn\"
```

## When evidence is missing
No answer: `missing`, as is a required subsystem that it does not name. A list of subsystems with nothing in it: `error`.
",
    ),
    build: Builder::Fixed(build),
};

#[derive(Debug)]
struct Checks {
    require: Vec<String>,
    degraded: GateStatus,
    min_checks: u64,
}

fn build(t: &mut Table<'_>) -> Option<Box<dyn Judge>> {
    let words = [("fail", GateStatus::Fail), ("warn", GateStatus::Warn), ("allow", GateStatus::Pass)];
    // The names are a list; a table would be what other rules demand of labels, which the gate's own reader has taken.
    Some(Box::new(Checks {
        require: t.texts("require").unwrap_or_default().into_iter().map(|(name, _)| name).collect(),
        degraded: t.choice("degraded", &words).unwrap_or(GateStatus::Fail),
        min_checks: t.count("min-checks").unwrap_or(1).max(1),
    }))
}

impl Judge for Checks {
    fn takes(&self, evidence: &Evidence, _: &Selector) -> bool {
        matches!(&evidence.data, Data::Tests(t) if t.health.is_some())
    }

    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError> {
        let mut out = Judgement::default();
        let (mut total, mut down, mut degraded) = (0_u64, 0_u64, 0_u64);
        let mut names: Vec<&str> = Vec::new();
        for e in scope.evidence {
            let Data::Tests(run) = &e.data else { continue };
            let Some(health) = &run.health else { continue };
            let mut worst = HealthState::Up;
            let counted = self.parts(e, (run, health), scope, &mut names, &mut worst, &mut out);
            total = total.saturating_add(counted.0);
            down = down.saturating_add(counted.1);
            degraded = degraded.saturating_add(counted.2);
            self.whole(e, health, worst, &mut out);
            if health.lists_none {
                let words = "its list of subsystems is empty, so only its own word stands for all of them";
                out.violations
                    .push(Violation::new("checks-none", GateStatus::Error, words).from_source(&e.source.path));
            }
        }
        out.conditions.push(Condition::at_least("checks", total, self.min_checks, GateStatus::Error));
        out.conditions.push(Condition::at_most("down", down, 0, GateStatus::Fail));
        if self.degraded == GateStatus::Pass {
            if degraded > 0 {
                out.notes.push(format!("{degraded} degraded, which is allowed"));
            }
        } else {
            out.conditions.push(Condition::at_most("degraded", degraded, 0, self.degraded));
        }
        for wanted in &self.require {
            let there = |name: &&str| {
                *name == wanted || name.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.starts_with(['/', ':']))
            };
            if !names.iter().any(there) {
                let near =
                    crate::config::nearest(wanted, &names).map(|n| format!("; there is {n}")).unwrap_or_default();
                let words = format!("{wanted} is not in it, which the policy requires{near}");
                out.violations.push(Violation::new("check-missing", GateStatus::Missing, words));
            }
        }
        Ok(out)
    }
}

impl Checks {
    /// How many subsystems there are, are down, are degraded.
    fn parts<'e>(
        &self,
        e: &Evidence,
        (run, health): (&'e TestRun, &Health),
        scope: &Scope<'_>,
        names: &mut Vec<&'e str>,
        worst: &mut HealthState,
        out: &mut Judgement,
    ) -> (u64, u64, u64) {
        let (mut total, mut down, mut degraded) = (0_u64, 0_u64, 0_u64);
        for case in run.suites.iter().flat_map(|s| &s.cases) {
            names.push(&case.name);
            if case.status == Outcome::Passed {
                total += 1;
                continue;
            }
            let is_degraded = health.degraded.contains(&case.name);
            *worst = (*worst).max(if is_degraded { HealthState::Degraded } else { HealthState::Down });
            if scope.waived(&Item { id: Some(&case.name), test: Some(&case.name), ..Item::default() }) {
                continue;
            }
            total += 1;
            *(if is_degraded { &mut degraded } else { &mut down }) += 1;
            let status = if is_degraded { self.degraded } else { GateStatus::Fail };
            if status == GateStatus::Pass {
                continue;
            }
            let mut v = Violation::new(
                if is_degraded { "degraded" } else { "down" },
                status,
                format!("{} is {}", case.name, word(case)),
            );
            v.id = Some(case.name.to_string());
            out.violations.push(v.from_source(&e.source.path));
        }
        (total, down, degraded)
    }

    /// What the whole says beyond its parts.
    fn whole(&self, e: &Evidence, health: &Health, by_parts: HealthState, out: &mut Judgement) {
        if health.state <= by_parts {
            return;
        }
        let status = if health.state == HealthState::Degraded { self.degraded } else { GateStatus::Fail };
        if status != GateStatus::Pass {
            let word = if health.status.is_empty() { "down" } else { &health.status };
            let words = format!("the whole is {word}, and none of its parts says so");
            out.violations.push(Violation::new("whole-down", status, words).from_source(&e.source.path));
        }
    }
}

/// A subsystem's own word.
fn word(case: &Case) -> &str {
    case.detail.as_ref().map_or("down", |d| &d.kind)
}

#[cfg(test)]
mod tests {
    use super::super::condition::Quantity;
    use super::super::testing::{Case as Run, evidence, gate, violations};
    use super::*;
    use GateStatus::{Error, Fail, Missing, Pass, Warn};
    use gatekeeper_evidence::test_run::{Detail, Suite};

    fn service(state: HealthState, parts: &[(&str, HealthState)]) -> Data {
        let case = |(name, state): &(&str, HealthState)| Case {
            name: (*name).into(),
            status: if *state == Up { Outcome::Passed } else { Outcome::Failed },
            detail: Some(Box::new(Detail { kind: format!("{state:?}").into(), ..Detail::default() })),
            ..Case::default()
        };
        let degraded = parts.iter().filter(|p| p.1 == Degraded).map(|p| p.0.into()).collect();
        let health =
            Some(Box::new(Health { status: format!("{state:?}").into(), state, degraded, ..Health::default() }));
        let suites = vec![Suite { cases: parts.iter().map(case).collect(), ..Suite::default() }];
        Data::Tests(TestRun { suites, health, ..TestRun::default() })
    }

    fn of(keys: &str, state: HealthState, parts: &[(&str, HealthState)]) -> GateStatus {
        Run::new(&RULE, keys, vec![evidence("h.json", service(state, parts))]).judged().status()
    }

    use HealthState::{Degraded, Down, Up};

    #[test]
    fn everything_is_up_or_is_named() {
        assert_eq!(of("", Up, &[("db", Up), ("redis", Up)]), Pass);
        assert_eq!(of("", Down, &[("db", Down), ("redis", Up)]), Fail);
        assert_eq!(of("", Up, &[("db", Down)]), Fail, "the whole says up");
        assert_eq!(of("", Down, &[("db", Up)]), Fail, "the parts say up");
        assert_eq!(of("degraded = \"allow\"", Down, &[("db", Degraded)]), Fail, "the whole is worse than its parts");
        let j = Run::new(&RULE, "", vec![evidence("h.json", service(Down, &[("db", Down)]))]).judged();
        assert_eq!(violations(&j), [("down", Fail)]);
        assert_eq!(j.violations[0].message, "db is Down");
    }

    #[test]
    fn degraded_is_what_the_policy_says() {
        let all = |keys| {
            [
                of(keys, Degraded, &[("q", Degraded)]),
                of(keys, Degraded, &[("q", Up)]),
                of(keys, Down, &[("q", Degraded), ("db", Down)]),
            ]
        };
        assert_eq!(all(""), [Fail, Fail, Fail]);
        assert_eq!(all("degraded = \"warn\""), [Warn, Warn, Fail]);
        assert_eq!(all("degraded = \"allow\""), [Pass, Pass, Fail]);
    }

    #[test]
    fn required_subsystems_are_there() {
        let parts = [("db/primary", Up), ("redis", Up)];
        assert_eq!(of("require = [\"db\", \"redis\"]", Up, &parts), Pass);
        assert_eq!(of("require = [\"queue\"]", Up, &parts), Missing);
        assert_eq!(of("require = [\"d\"]", Up, &parts), Missing);
        assert_eq!(of("min-checks = 2", Up, &parts), Pass);
        assert_eq!(of("min-checks = 3", Up, &parts), Error);
    }

    #[test]
    fn a_waiver_takes_a_subsystem_out_and_not_the_whole() {
        let case = |state| Run::new(&RULE, "", vec![evidence("h.json", service(state, &[("db", Down), ("q", Up)]))]);
        assert_eq!(case(Up).judged_waiving(&|i| i.test == Some("db")).status(), Pass);
        assert_eq!(case(Up).judged_waiving(&|i| i.test == Some("q")).status(), Fail);
        assert_eq!(case(Down).judged_waiving(&|i| i.test == Some("db")).status(), Pass, "the part explains it");
        let other = Run::new(&RULE, "", vec![evidence("h.json", service(Down, &[("db", Degraded), ("q", Up)]))]);
        assert_eq!(other.judged_waiving(&|_| true).status(), Fail, "no part is down");
    }

    #[test]
    fn how_many_are_down_or_degraded_is_counted() {
        let parts = [("a", Down), ("b", Down), ("c", Degraded), ("d", Up)];
        let judged = |keys: &str, parts: &[(&str, HealthState)]| {
            Run::new(&RULE, keys, vec![evidence("h.json", service(Up, parts))]).judged()
        };
        let counted = |j: &Judgement| {
            let one = |c: &Condition| match c.value {
                Quantity::Count(n) => format!("{} {n}", c.metric),
                _ => String::new(),
            };
            j.conditions.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        let j = judged("", &parts);
        assert_eq!((counted(&j).as_str(), j.notes.len()), ("checks 4, down 2, degraded 1", 0));
        // Of several services all count.
        let two = vec![evidence("h.json", service(Up, &parts)), evidence("i.json", service(Up, &parts[2..]))];
        assert_eq!(counted(&Run::new(&RULE, "", two).judged()), "checks 6, down 2, degraded 2");
        let allowed = judged("degraded = \"allow\"", &parts);
        assert_eq!(
            (counted(&allowed).as_str(), allowed.notes.join("").as_str()),
            ("checks 4, down 2", "1 degraded, which is allowed")
        );
        let none = judged("degraded = \"allow\"", &parts[3..]);
        assert_eq!((counted(&none).as_str(), none.notes.len()), ("checks 1, down 0", 0));
        // A waiver may name it by its id as by its name.
        let one = Run::new(&RULE, "", vec![evidence("h.json", service(Up, &[("db", Down), ("q", Up)]))]);
        assert_eq!(one.judged_waiving(&|i| i.id == Some("db")).status(), Pass);
    }

    #[test]
    fn other_tests_are_none_of_its_business() {
        let judge = gate(&RULE, "").unwrap();
        assert!(judge.takes(&evidence("h", service(Up, &[])), &Selector::default()));
        assert!(!judge.takes(&evidence("t", Data::Tests(TestRun::default())), &Selector::default()));
    }
}
