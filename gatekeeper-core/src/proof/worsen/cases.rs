//! Tests and subsystems made worse.

use super::Hints;
use gatekeeper_evidence::test_run::{Case, HealthState, Outcome, TestRun};
use gatekeeper_evidence::{Data, Evidence};

/// A run of tests; `health`: one whose cases are subsystems.
fn run(e: &mut Evidence, health: bool) -> Option<&mut TestRun> {
    match &mut e.data {
        Data::Tests(t) if t.health.is_some() == health => Some(t),
        _ => None,
    }
}

fn all(t: &mut TestRun) -> impl Iterator<Item = &mut Case> {
    t.suites.iter_mut().flat_map(|s| &mut s.cases)
}

/// Passed cases end otherwise, the listed ones first; answers whether there were any.
fn end(t: &mut TestRun, most: usize, how: Outcome) -> bool {
    let mut any = 0_usize;
    for case in all(t).filter(|c| c.status == Outcome::Passed).take(most) {
        case.status = how;
        any = any.saturating_add(1);
    }
    for suite in t.suites.iter_mut().take(most.saturating_sub(any)) {
        let n = if most == usize::MAX { suite.unlisted.passed } else { suite.unlisted.passed.min(1) };
        suite.unlisted.passed -= n;
        let other = if how == Outcome::Skipped { &mut suite.unlisted.skipped } else { &mut suite.unlisted.failed };
        *other = other.saturating_add(n);
        any = any.saturating_add(usize::from(n > 0));
    }
    any > 0
}

pub(super) fn fail(e: &mut Evidence, most: usize) -> bool {
    run(e, false).is_some_and(|t| end(t, most, Outcome::Failed))
}

pub(super) fn skip(e: &mut Evidence, most: usize) -> bool {
    run(e, false).is_some_and(|t| end(t, most, Outcome::Skipped))
}

pub(super) fn flaky(e: &mut Evidence, _: &Hints) -> bool {
    let Some(t) = run(e, false) else { return false };
    all(t).filter(|c| c.status == Outcome::Passed).for_each(|c| c.flaky = true);
    t.suites.iter_mut().for_each(|s| s.unlisted.flaky = s.unlisted.passed);
    t.counts().flaky > 0
}

pub(super) fn slow(e: &mut Evidence, _: &Hints) -> bool {
    let Some(t) = run(e, false) else { return false };
    let longer = |seconds: f64| (seconds * 1_000.0).max(1_000.0);
    all(t).for_each(|c| c.time = Some(longer(c.time.unwrap_or(0.0))));
    for suite in t.suites.iter_mut().filter(|s| s.unlisted.total() > 0) {
        suite.unlisted_time = longer(suite.unlisted_time);
    }
    true
}

pub(super) fn once(e: &mut Evidence, _: &Hints) -> bool {
    let Some(t) = run(e, false) else { return false };
    let ran = |c: &&mut Case| c.detail.as_ref().is_some_and(|d| d.attempts.is_some_and(|n| n > 1));
    let more = all(t).filter(ran).map(|c| c.detail.as_mut().map(|d| d.attempts = Some(1)));
    more.count() > 0
}

pub(super) fn shrink(e: &mut Evidence, _: &Hints) -> bool {
    let Some(t) = run(e, false) else { return false };
    t.suites.truncate(1);
    t.suites.iter_mut().for_each(|s| s.cases.truncate(1));
    true
}

/// Subsystems say so of themselves, and the whole with them.
fn ill(e: &mut Evidence, most: usize, state: HealthState) -> bool {
    let Some(t) = run(e, true) else { return false };
    let mut degraded = Vec::new();
    for case in all(t).filter(|c| c.status == Outcome::Passed).take(most) {
        case.status = Outcome::Failed;
        if state == HealthState::Degraded {
            degraded.push(case.name.clone());
        }
    }
    if let Some(health) = &mut t.health {
        health.status = if state == HealthState::Degraded { "DEGRADED".into() } else { "DOWN".into() };
        health.state = state;
        health.degraded.extend(degraded);
    }
    true
}

pub(super) fn degrade(e: &mut Evidence, most: usize) -> bool {
    ill(e, most, HealthState::Degraded)
}

pub(super) fn down(e: &mut Evidence, most: usize) -> bool {
    ill(e, most, HealthState::Down)
}
