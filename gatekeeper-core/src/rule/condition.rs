//! Conditions: a quantity held against a limit. What decides is a typed comparison; words are made of it when all is judged.

use crate::verdict::GateStatus;
use gatekeeper_evidence::Ratio;
use gatekeeper_evidence::decimal::Decimal;
use gatekeeper_evidence::findings::Severity;
use gatekeeper_evidence::number::Number;
use gatekeeper_evidence::unit::Unit;
use std::borrow::Cow;
use std::cmp::Ordering;

/// Something measured, or the limit that it is held against.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Quantity {
    /// How many.
    Count(u64),
    /// So many of so many, compared exactly with a [`Quantity::Percent`].
    Share(Ratio),
    /// Percent, exactly.
    Percent(Decimal),
    /// A share of an earlier run, less so many percentage points: what a [`Quantity::Share`] is held against, exactly.
    Before {
        /// The earlier share.
        of: Ratio,
        /// How many points less are allowed.
        less: Decimal,
    },
    /// A percentage as a report printed it, cut to its digits: "12" stands for 12 up to just below 13.
    Printed(Box<str>),
    /// A time, seconds.
    Seconds(f64),
    /// How bad.
    Severity(Severity),
    /// A measured figure with its unit.
    Measure {
        /// The figure, exactly.
        value: Number,
        /// Its unit; empty for none.
        unit: Box<str>,
    },
    /// A word, for what is so or is not.
    Word(Cow<'static, str>),
}

/// On which side of its limit a quantity has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// It reaches the limit.
    AtLeast,
    /// It is not above the limit.
    AtMost,
    /// It is the limit.
    Is,
}

/// A quantity held against a limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// What was measured: `lines`, `pass-rate`, `critical`, …
    pub metric: Cow<'static, str>,
    /// How much.
    pub value: Quantity,
    /// Which side of the limit is right.
    pub bound: Bound,
    /// The limit.
    pub limit: Quantity,
    /// What a share counts, in the singular ("line"), for saying how much of it is short; empty where nothing is to be said.
    pub noun: &'static str,
    /// What it comes to.
    pub status: GateStatus,
}

/// How a quantity stands to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Known(Ordering),
    /// It may be either, as the report cut what it printed.
    Either,
    /// They cannot be compared, or there is nothing to compare.
    No,
}

impl Condition {
    /// A quantity held against a limit. Where it falls short the condition has the status `short`; where the report does not say exactly enough to
    /// tell, `inconclusive`; where there is nothing to compare (a share of nothing), `error`.
    pub fn new(
        metric: impl Into<Cow<'static, str>>,
        value: Quantity,
        bound: Bound,
        limit: Quantity,
        short: GateStatus,
    ) -> Self {
        let holds = match (standing(&value, &limit), bound) {
            (Standing::Known(order), Bound::AtLeast) => Ok(order.is_ge()),
            (Standing::Known(order), Bound::AtMost) => Ok(order.is_le()),
            (Standing::Known(order), Bound::Is) => Ok(order.is_eq()),
            (Standing::Either, _) => Err(GateStatus::Inconclusive),
            (Standing::No, _) => Err(GateStatus::Error),
        };
        let status = match holds {
            Ok(true) => GateStatus::Pass,
            Ok(false) => short,
            Err(status) => status,
        };
        Condition { metric: metric.into(), value, bound, limit, noun: "", status }
    }

    /// A count that must not be above its limit.
    pub fn at_most(metric: impl Into<Cow<'static, str>>, value: u64, limit: u64, short: GateStatus) -> Self {
        Condition::new(metric, Quantity::Count(value), Bound::AtMost, Quantity::Count(limit), short)
    }

    /// A count that must reach its limit.
    pub fn at_least(metric: impl Into<Cow<'static, str>>, value: u64, limit: u64, short: GateStatus) -> Self {
        Condition::new(metric, Quantity::Count(value), Bound::AtLeast, Quantity::Count(limit), short)
    }

    /// A share that must reach its limit in percent; `noun` names what is counted ("line").
    pub fn share(
        metric: impl Into<Cow<'static, str>>,
        ratio: Ratio,
        limit: Decimal,
        noun: &'static str,
        short: GateStatus,
    ) -> Self {
        let (value, limit) = (Quantity::Share(ratio), Quantity::Percent(limit));
        Condition { noun, ..Condition::new(metric, value, Bound::AtLeast, limit, short) }
    }

    /// Whether it holds.
    pub fn holds(&self) -> bool {
        self.status == GateStatus::Pass
    }
}

fn standing(value: &Quantity, limit: &Quantity) -> Standing {
    let known = |order: Option<Ordering>| order.map_or(Standing::No, Standing::Known);
    match (value, limit) {
        (Quantity::Count(value), Quantity::Count(limit)) => Standing::Known(value.cmp(limit)),
        (Quantity::Share(ratio), Quantity::Percent(limit)) => known(limit.compare_percent_of(*ratio)),
        (Quantity::Share(ratio), Quantity::Before { of, less }) => match less.allows_drop(*of, *ratio) {
            Some(true) => Standing::Known(Ordering::Greater),
            Some(false) => Standing::Known(Ordering::Less),
            None => Standing::No,
        },
        (Quantity::Percent(value), Quantity::Percent(limit)) => Standing::Known(value.cmp(limit)),
        (Quantity::Printed(text), Quantity::Percent(limit)) => match printed(text) {
            Some((low, _)) if low >= *limit => Standing::Known(low.cmp(limit)),
            Some((_, above)) if above <= *limit => Standing::Known(Ordering::Less),
            Some(_) => Standing::Either,
            None => Standing::No,
        },
        (Quantity::Seconds(value), Quantity::Seconds(limit)) => known(value.partial_cmp(limit)),
        (Quantity::Measure { value, unit }, Quantity::Measure { value: limit, unit: other }) => {
            let (unit, other) = (Unit::of(unit), Unit::of(other));
            known((unit.dimension == other.dimension).then(|| unit.base(value).cmp(&other.base(limit))))
        }
        (Quantity::Severity(value), Quantity::Severity(limit)) => Standing::Known(value.cmp(limit)),
        (Quantity::Word(value), Quantity::Word(limit)) => Standing::Known(value.cmp(limit)),
        _ => Standing::No,
    }
}

/// The least that a printed percentage stands for, and what is above everything it can stand for: one more of its last digit.
fn printed(text: &str) -> Option<(Decimal, Decimal)> {
    let low = Decimal::parse(text)?;
    let digits = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let step = Decimal::parse(&format!("1e-{digits}"))?;
    Some((low, low.plus(step)?))
}

/// So many of what a noun names: "1 line", "2 branches", "no line".
pub(crate) fn counted(n: u64, noun: &str) -> String {
    format!("{n} {}", plural(n, noun))
}

/// A noun after a number.
pub(crate) fn plural(n: u64, noun: &str) -> Cow<'_, str> {
    match n {
        1 => Cow::Borrowed(noun),
        _ if noun.ends_with("ch") => Cow::Owned(format!("{noun}es")),
        _ => Cow::Owned(format!("{noun}s")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use GateStatus::{Error, Fail, Inconclusive, Pass, Warn};

    fn percent(text: &str) -> Quantity {
        Quantity::Percent(Decimal::parse(text).unwrap())
    }

    fn status(value: Quantity, bound: Bound, limit: Quantity) -> GateStatus {
        Condition::new("m", value, bound, limit, Fail).status
    }

    #[test]
    fn counts_hold_at_their_limit_and_not_beyond() {
        let most = |n| Condition::at_most("m", n, 3, Fail).status;
        let least = |n| Condition::at_least("m", n, 3, Warn).status;
        assert_eq!([most(2), most(3), most(4)], [Pass, Pass, Fail]);
        assert_eq!([least(2), least(3), least(4)], [Warn, Pass, Pass]);
        let is = |n| status(Quantity::Count(n), Bound::Is, Quantity::Count(3));
        assert_eq!([is(2), is(3), is(4)], [Fail, Pass, Fail]);
    }

    #[test]
    fn shares_are_compared_exactly_and_a_share_of_nothing_is_an_error() {
        let of = |covered, total| status(Quantity::Share(Ratio::new(covered, total)), Bound::AtLeast, percent("80"));
        assert_eq!([of(7999, 10_000), of(8000, 10_000), of(0, 0)], [Fail, Pass, Error]);
    }

    #[test]
    fn a_cut_percentage_may_be_either() {
        let of = |text: &str| status(Quantity::Printed(text.into()), Bound::AtLeast, percent("80"));
        assert_eq!([of("79"), of("80"), of("79.9"), of("80.0"), of("81")], [Fail, Pass, Fail, Pass, Pass]);
        let of = |text: &str| status(Quantity::Printed(text.into()), Bound::AtLeast, percent("79.5"));
        assert_eq!(
            [of("79"), of("80"), of("78"), of("x"), of("79.4"), of("79.5")],
            [Inconclusive, Pass, Fail, Error, Fail, Pass]
        );
    }

    #[test]
    fn times_severities_and_words_are_compared_with_their_like() {
        let time = |s| status(Quantity::Seconds(s), Bound::AtMost, Quantity::Seconds(2.0));
        assert_eq!([time(1.9), time(2.0), time(2.1), time(f64::NAN)], [Pass, Pass, Fail, Error]);
        let severity = |s| status(Quantity::Severity(s), Bound::AtMost, Quantity::Severity(Severity::Medium));
        assert_eq!([severity(Severity::Low), severity(Severity::Medium), severity(Severity::High)], [Pass, Pass, Fail]);
        let word = |w: &'static str| status(Quantity::Word(w.into()), Bound::Is, Quantity::Word("ok".into()));
        assert_eq!([word("ok"), word("no")], [Pass, Fail]);
        let share = |text| status(percent(text), Bound::AtLeast, percent("80"));
        assert_eq!([share("79.9"), share("80"), share("80.1")], [Fail, Pass, Pass]);
        assert_eq!(status(Quantity::Count(1), Bound::AtMost, percent("80")), Error);
    }

    #[test]
    fn measures_are_compared_in_units_of_their_kind() {
        let measure =
            |value: &str, unit: &str| Quantity::Measure { value: Number::parse(value).unwrap(), unit: unit.into() };
        let most = |value, unit| status(measure(value, unit), Bound::AtMost, measure("0.5", "s"));
        assert_eq!(
            [most("499.999", "ms"), most("500", "ms"), most("500.001", "ms"), most("1", "B")],
            [Pass, Pass, Fail, Error]
        );
        let least = |value, unit| status(measure(value, unit), Bound::AtLeast, measure("1", "%"));
        assert_eq!([least("0.01", ""), least("0.0099", ""), least("2", "pp")], [Pass, Fail, Pass]);
    }

    #[test]
    fn one_of_a_thing_is_singular() {
        assert_eq!([counted(1, "line"), counted(2, "line"), counted(0, "branch")], ["1 line", "2 lines", "0 branches"]);
    }
}
