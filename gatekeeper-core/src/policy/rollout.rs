//! `[rollout]`: the steps of a rollout.

use crate::config::Table;
use crate::rollout::Rollout;
use gatekeeper_evidence::decimal::Decimal;

/// Reads it, where it is there.
pub(super) fn rollout(top: &mut Table<'_>) -> Option<Rollout> {
    top.get("rollout")?;
    let mut t = top.table("rollout")?;
    let span = t.span();
    let numbers = t.numbers("steps");
    if numbers.as_ref().is_some_and(|n| n.as_ref().is_none_or(Vec::is_empty)) {
        t.problem(span, "[rollout] needs `steps`: the shares of traffic in percent, such as [5, 15, 50, 100]");
    }
    t.finish("[rollout]");
    let numbers = numbers.flatten()?;
    let (none, all) = (Decimal::whole(0), Decimal::whole(100));
    for ((step, at), before) in numbers.iter().zip(std::iter::once(none).chain(numbers.iter().map(|(n, _)| *n))) {
        if *step <= before || *step > all {
            top.problem(
                at.clone(),
                format!("the steps of a rollout rise from above 0 to 100 at most, and {step} does not"),
            );
            return None;
        }
    }
    (!numbers.is_empty()).then(|| Rollout { steps: numbers.into_iter().map(|(n, _)| n).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Problems, from_toml};

    #[test]
    fn steps_rise() {
        let read = |text: &str| {
            let node = from_toml(text).unwrap();
            let problems = Problems::default();
            let rollout = rollout(&mut Table::of(&node, "a policy", &problems).unwrap());
            (rollout.map(|r| r.steps.len()), problems.into_inner().len())
        };
        assert_eq!(read(""), (None, 0));
        assert_eq!(read("[rollout]\nsteps = [0.5, 15, 100]"), (Some(3), 0));
        for bad in [
            "[rollout]",
            "[rollout]\nsteps = [5, 5]",
            "[rollout]\nsteps = [0, 5]",
            "[rollout]\nsteps = [5, 101]",
            "[rollout]\nsteps = [\"x\"]",
            "[rollout]\nsteps = [5]\nx = 1",
            "rollout = 3",
            "[rollout]\nsteps = []",
        ] {
            assert_eq!(read(bad).1, 1, "{bad}");
        }
    }
}
