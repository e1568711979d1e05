//! A verdict's conditions, read back from what they show: held against their limit once more, or against another one.

use crate::config::duration;
use crate::rule::{Bound, Condition, Quantity};
use crate::verdict::{self, GateStatus};
use gatekeeper_evidence::decimal::Decimal;

/// What a condition comes to with this limit in place of its own; `None` where what it shows is no figure.
pub(super) fn held(c: &verdict::Condition, limit: &str) -> Option<GateStatus> {
    let bound = match c.comparator.as_ref() {
        ">=" => Bound::AtLeast,
        "<=" => Bound::AtMost,
        _ => return None,
    };
    let (value, limit) = match (&c.sample, c.value.strip_suffix(" %"), c.value.strip_suffix(" s")) {
        (Some(ratio), ..) => (Quantity::Share(*ratio), Quantity::Percent(percent(limit)?)),
        (None, Some(shown), _) => (Quantity::Printed(shown.into()), Quantity::Percent(percent(limit)?)),
        (None, None, Some(shown)) => {
            (Quantity::Seconds(shown.trim().parse().ok()?), Quantity::Seconds(seconds(limit)?.as_f64()))
        }
        (None, None, None) => {
            (Quantity::Count(c.value.parse().ok()?), Quantity::Count(Decimal::parse(limit.trim())?.as_count()?))
        }
    };
    Some(Condition::new("", value, bound, limit, GateStatus::Fail).status)
}

fn percent(text: &str) -> Option<Decimal> {
    Decimal::parse(text.trim().trim_end_matches('%').trim_end())
}

fn seconds(text: &str) -> Option<Decimal> {
    let text = text.trim();
    duration(text).or_else(|| Decimal::parse(text.trim_end_matches('s').trim_end()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use gatekeeper_evidence::Ratio;
    use std::collections::BTreeMap;

    pub(in crate::proof) fn condition(
        metric: &str,
        value: &str,
        comparator: &'static str,
        limit: &str,
    ) -> verdict::Condition {
        verdict::Condition {
            metric: metric.to_owned(),
            value: value.to_owned(),
            comparator: comparator.into(),
            limit: limit.to_owned(),
            sample: None,
            distance: None,
            status: GateStatus::Pass,
            labels: BTreeMap::new(),
        }
    }

    #[test]
    fn a_condition_is_held_against_another_limit() {
        use GateStatus::{Fail, Inconclusive, Pass};
        let share =
            verdict::Condition { sample: Some(Ratio::new(169, 200)), ..condition("lines", "84 %", ">=", "80 %") };
        assert_eq!(["84.5", "85", "84.6%"].map(|l| held(&share, l)), [Some(Pass), Some(Fail), Some(Fail)]);
        let cut = condition("lines", "84 %", ">=", "80 %");
        assert_eq!(["84", "84.5", "85 %"].map(|l| held(&cut, l)), [Some(Pass), Some(Inconclusive), Some(Fail)]);
        let count = condition("failed", "3", "<=", "5");
        assert_eq!(["3", "2"].map(|l| held(&count, l)), [Some(Pass), Some(Fail)]);
        let time = condition("duration", "61.500 s", "<=", "90 s");
        assert_eq!(
            ["61.5", "1m", "2m", "61 s"].map(|l| held(&time, l)),
            [Some(Pass), Some(Fail), Some(Pass), Some(Fail)]
        );
        assert_eq!(held(&condition("valid", "yes", "=", "yes"), "yes"), None);
        assert_eq!(held(&count, "many"), None);
    }
}
