//! Conditions: a value held against a limit.

use crate::verdict::{Condition, Status};
use gatekeeper_evidence::Ratio;
use gatekeeper_evidence::decimal::{Decimal, percent};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A condition on a count that must not be above its limit.
pub(crate) fn at_most(metric: &str, value: u64, limit: u64, short: Status) -> Condition {
    let over = value.saturating_sub(limit);
    Condition {
        metric: metric.to_owned(),
        value: value.to_string(),
        comparator: Cow::Borrowed("<="),
        limit: limit.to_string(),
        sample: None,
        distance: (over > 0).then(|| format!("{over} too many")),
        status: if over > 0 { short } else { Status::Pass },
        labels: BTreeMap::new(),
    }
}

/// A condition on a count that must reach its limit.
pub(crate) fn at_least(metric: &str, value: u64, limit: u64, short: Status) -> Condition {
    let under = limit.saturating_sub(value);
    Condition {
        metric: metric.to_owned(),
        value: value.to_string(),
        comparator: Cow::Borrowed(">="),
        limit: limit.to_string(),
        sample: None,
        distance: (under > 0).then(|| format!("{under} short")),
        status: if under > 0 { short } else { Status::Pass },
        labels: BTreeMap::new(),
    }
}

/// A condition on a share that must reach its limit, compared exactly. `unit` names what is short ("line").
pub(crate) fn share(metric: &str, ratio: Ratio, limit: Decimal, unit: &str, short: Status) -> Condition {
    let order = limit.compare_percent_of(ratio);
    let status = match order {
        None => Status::Error,
        Some(Ordering::Less) => short,
        Some(_) => Status::Pass,
    };
    let missing = limit.shortfall(ratio);
    let plural = if missing == 1 {
        ""
    } else if unit.ends_with("ch") {
        "es"
    } else {
        "s"
    };
    Condition {
        metric: metric.to_owned(),
        value: if order.is_none() { "0 of 0".to_owned() } else { percent(ratio) },
        comparator: Cow::Borrowed(">="),
        limit: format!("{limit} %"),
        sample: Some(ratio),
        distance: (order == Some(Ordering::Less)).then(|| format!("{missing} {unit}{plural} short")),
        status,
        labels: BTreeMap::new(),
    }
}
