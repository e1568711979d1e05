//! Exact decimals for limits, so that 79.99 % never passes for 80 %.

use crate::Ratio;
use std::cmp::Ordering;
use std::fmt;

/// A decimal number: `units / 10^scale`, at most nine digits behind the point.
#[derive(Debug, Clone, Copy)]
pub struct Decimal {
    units: i128,
    scale: u32,
}

const SCALE_MOST: u32 = 9;
/// Seconds by which clocks may differ.
const SKEW: i64 = 300;

impl Decimal {
    /// A whole number.
    pub fn whole(n: u64) -> Self {
        Decimal { units: i128::from(n), scale: 0 }
    }

    /// Reads `80`, `79.5`, `1e2`; `None` where the text is no number or has more than nine digits behind the point.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().replace('_', "");
        if let Some((mantissa, exponent)) = text.split_once(['e', 'E']) {
            let base = Self::parse(mantissa)?;
            let exponent: i32 = exponent.parse().ok()?;
            let scale = i64::from(base.scale) - i64::from(exponent);
            return if scale >= 0 {
                Some(Decimal { units: base.units, scale: u32::try_from(scale).ok().filter(|s| *s <= SCALE_MOST)? })
            } else {
                let factor = 10_i128.checked_pow(u32::try_from(-scale).ok().filter(|s| *s <= 18)?)?;
                Some(Decimal { units: base.units.checked_mul(factor)?, scale: 0 })
            };
        }
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(&text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let fraction = fraction.trim_end_matches('0');
        let all = format!("{whole}{fraction}");
        if whole.is_empty() || all.len() > 28 || !all.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let scale = u32::try_from(fraction.len()).ok().filter(|s| *s <= SCALE_MOST)?;
        let units: i128 = all.parse().ok()?;
        Some(Decimal { units: if negative { -units } else { units }, scale })
    }

    /// Whether an age in seconds is at most this number. What is from the future has no age: a clock, or a word, is wrong.
    pub fn is_age(self, age: i64) -> bool {
        age >= -SKEW && Self::parse(&age.to_string()).is_some_and(|age| age <= self)
    }

    /// How a share, in percent, compares with this number: exactly. `None` for a share of nothing.
    pub fn compare_percent_of(self, ratio: Ratio) -> Option<Ordering> {
        if ratio.total == 0 {
            return None;
        }
        let left = i128::from(ratio.covered).checked_mul(100)?.checked_mul(10_i128.checked_pow(self.scale)?)?;
        let right = self.units.checked_mul(i128::from(ratio.total))?;
        Some(left.cmp(&right))
    }

    /// Whether a share is below an earlier one by no more than this number of percentage points: exactly. `None` where one of them is a share of
    /// nothing, or where it cannot be told.
    pub fn allows_drop(self, before: Ratio, now: Ratio) -> Option<bool> {
        if before.total == 0 || now.total == 0 {
            return None;
        }
        let wide = |n: u64| i128::from(n);
        let power = 10_i128.checked_pow(self.scale)?;
        // before − now ≤ points, in hundredths of 1/power, times both totals.
        let share = |a: u64, b: u64| wide(a).checked_mul(wide(b))?.checked_mul(100)?.checked_mul(power);
        let drop = share(before.covered, now.total)?.checked_sub(share(now.covered, before.total)?)?;
        let allowed = self.units.checked_mul(wide(before.total))?.checked_mul(wide(now.total))?;
        Some(drop <= allowed)
    }

    /// How many more of the total would have to be covered for the share to reach this number of percent.
    pub fn shortfall(self, ratio: Ratio) -> u64 {
        let power = 10_i128.checked_pow(self.scale).unwrap_or(1);
        let needed = self.units.saturating_mul(i128::from(ratio.total));
        let divisor = power.saturating_mul(100);
        // Rounded up: covered must reach it.
        let needed =
            needed.checked_div(divisor).unwrap_or(0) + i128::from(needed.checked_rem(divisor).unwrap_or(0) > 0);
        u64::try_from(needed - i128::from(ratio.covered)).unwrap_or(0)
    }

    /// The sum, exactly; `None` out of range.
    pub fn plus(self, other: Decimal) -> Option<Decimal> {
        let scale = self.scale.max(other.scale);
        let lift = |d: Decimal| d.units.checked_mul(10_i128.checked_pow(scale - d.scale)?);
        Some(Decimal { units: lift(self)?.checked_add(lift(other)?)?, scale })
    }

    /// As a whole count; `None` where it is none.
    pub fn as_count(self) -> Option<u64> {
        if self.scale == 0 { u64::try_from(self.units).ok() } else { None }
    }

    /// As a float, for comparing with measured times.
    pub fn as_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }
}

/// By value: `0.50`, made from `0.25` and `0.25`, is `0.5`.
impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let scale = self.scale.max(other.scale);
        let lift = |d: &Decimal| d.units.saturating_mul(10_i128.checked_pow(scale - d.scale).unwrap_or(i128::MAX));
        lift(self).cmp(&lift(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scale == 0 {
            return write!(f, "{}", self.units);
        }
        let power = 10_u128.checked_pow(self.scale).unwrap_or(1);
        let units = self.units.unsigned_abs();
        let sign = if self.units < 0 { "-" } else { "" };
        let width = usize::try_from(self.scale).unwrap_or(0);
        write!(f, "{sign}{}.{:0width$}", units.checked_div(power).unwrap_or(0), units.checked_rem(power).unwrap_or(0))
    }
}

/// A share in percent with two digits, rounded down: 99.996 % never reads 100.00 %. Empty for a share of nothing.
pub fn percent(ratio: Ratio) -> String {
    let hundredths = (u128::from(ratio.covered) * 10_000).checked_div(u128::from(ratio.total));
    hundredths.map_or_else(String::new, |h| {
        let (whole, rest) = (h / 100, h % 100);
        if rest == 0 { format!("{whole} %") } else { format!("{whole}.{rest:02} %") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_exact() {
        let just_short = Ratio { covered: 7999, total: 10_000 };
        assert_eq!(Decimal::parse("80").unwrap().compare_percent_of(just_short), Some(Ordering::Less));
        assert_eq!(Decimal::parse("79.99").unwrap().compare_percent_of(just_short), Some(Ordering::Equal));
        assert_eq!(Decimal::parse("80").unwrap().shortfall(just_short), 1);
        assert_eq!(percent(Ratio { covered: 99_999, total: 100_000 }), "99.99 %");
    }

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn a_drop_is_exact() {
        let ratio = |covered, total| Ratio { covered, total };
        for (points, before, now, want) in [
            ("0.5", ratio(180, 200), ratio(179, 200), Some(true)),
            ("0.5", ratio(180, 200), ratio(178, 200), Some(false)),
            ("0.499999999", ratio(180, 200), ratio(179, 200), Some(false)),
            ("0", ratio(2, 3), ratio(4, 6), Some(true)),
            ("0", ratio(2, 3), ratio(3_999_999, 6_000_000), Some(false)),
            ("0", ratio(1, 3), ratio(2, 3), Some(true)),
            ("100", ratio(3, 3), ratio(0, 3), Some(true)),
            ("0", ratio(0, 0), ratio(1, 1), None),
            ("0", ratio(1, 1), ratio(0, 0), None),
            ("0.1", ratio(u64::MAX, u64::MAX), ratio(1, u64::MAX), None),
        ] {
            assert_eq!(decimal(points).allows_drop(before, now), want, "{points}: {before:?} {now:?}");
        }
    }

    #[test]
    fn a_shortfall_is_what_reaches_the_limit_and_no_less() {
        for (limit, covered, total, want) in [
            ("80", 7, 9, 1),
            ("80", 6, 9, 2),
            ("33.4", 1, 3, 1),
            ("33.3", 1, 3, 0),
            ("100", 0, 7, 7),
            ("100", 7, 7, 0),
            ("0", 0, 7, 0),
            ("50", 9, 10, 0),
            ("99.99", 9_998, 10_000, 1),
            ("80", 0, 0, 0),
        ] {
            let ratio = Ratio { covered, total };
            assert_eq!(decimal(limit).shortfall(ratio), want, "{limit} % of {total}, covered {covered}");
            // With it the limit is reached, with one less it is not.
            if want > 0 {
                let with = |n: u64| decimal(limit).compare_percent_of(Ratio { covered: covered + n, total });
                assert_ne!(with(want), Some(Ordering::Less));
                assert_eq!(with(want - 1), Some(Ordering::Less));
            }
        }
    }

    #[test]
    fn a_share_of_nothing_compares_with_nothing() {
        assert_eq!(decimal("0").compare_percent_of(Ratio { covered: 0, total: 0 }), None);
        assert_eq!(decimal("0").compare_percent_of(Ratio { covered: 0, total: 1 }), Some(Ordering::Equal));
        assert_eq!(decimal("50").compare_percent_of(Ratio { covered: 2, total: 3 }), Some(Ordering::Greater));
        // Where it cannot be told exactly it is not told.
        let far = Decimal { units: i128::MAX, scale: 0 };
        assert_eq!(far.compare_percent_of(Ratio { covered: 1, total: 2 }), None);
    }

    #[test]
    fn what_is_from_the_future_has_no_age() {
        let hour = decimal("3600");
        assert!(hour.is_age(0) && hour.is_age(3600) && hour.is_age(-300));
        assert!(!hour.is_age(3601) && !hour.is_age(-301) && !hour.is_age(i64::MIN));
        assert!(decimal("0.5").is_age(0) && !decimal("0.5").is_age(1));
    }

    #[test]
    fn a_percentage_is_never_rounded_up() {
        for (covered, total, want) in [
            (2, 3, "66.66 %"),
            (199, 200, "99.50 %"),
            (1, 1, "100 %"),
            (0, 5, "0 %"),
            (1, 10_000, "0.01 %"),
            (99_996, 100_000, "99.99 %"),
            (u64::MAX - 1, u64::MAX, "99.99 %"),
            (101, 1_000, "10.10 %"),
            (1_001, 10_000, "10.01 %"),
        ] {
            assert_eq!(percent(Ratio { covered, total }), want, "{covered} of {total}");
        }
        assert_eq!(percent(Ratio { covered: 0, total: 0 }), "");
    }

    #[test]
    fn sums_and_orders_are_exact_across_scales() {
        assert_eq!(decimal("0.1").plus(decimal("0.2")), Some(decimal("0.3")));
        assert_eq!(decimal("80").plus(decimal("0.25")).unwrap().to_string(), "80.25");
        assert_eq!(decimal("0.25").plus(decimal("80")).unwrap().to_string(), "80.25");
        assert_eq!(Decimal { units: i128::MAX, scale: 0 }.plus(decimal("1")), None);
        assert_eq!(Decimal { units: i128::MAX, scale: 0 }.plus(decimal("0.1")), None);
        let mut all = ["1.5", "-2", "0.05", "1.49", "10", "-0.5"].map(decimal);
        all.sort();
        assert_eq!(all.map(|d| d.to_string()), ["-2", "-0.5", "0.05", "1.49", "1.5", "10"]);
        assert_eq!(decimal("0.25").plus(decimal("0.25")), Some(decimal("0.5")));
        assert_eq!(decimal("250e-3"), decimal("0.25"));
        assert_ne!(decimal("0.25"), decimal("0.251"));
        assert!(decimal("2").partial_cmp(&decimal("3")) == Some(Ordering::Less));
    }

    #[test]
    fn only_whole_numbers_from_nought_are_counts() {
        assert_eq!(decimal("12").as_count(), Some(12));
        assert_eq!(decimal("12.0").as_count(), Some(12));
        assert_eq!((decimal("12.5").as_count(), decimal("-1").as_count()), (None, None));
        assert!((decimal("12.5").as_f64() - 12.5).abs() < 1e-9);
        assert!((decimal("-0.25").as_f64() + 0.25).abs() < 1e-9);
    }

    #[test]
    fn the_bounds_of_what_is_read_as_a_number() {
        assert_eq!(Decimal::parse("0.000000001").unwrap().to_string(), "0.000000001");
        assert_eq!(Decimal::parse("1_000"), Some(Decimal::whole(1_000)));
        assert_eq!(Decimal::parse("+5"), Some(Decimal::whole(5)));
        assert_eq!(Decimal::parse(" 5 "), Some(Decimal::whole(5)));
        assert_eq!(Decimal::parse("5."), Some(Decimal::whole(5)));
        assert_eq!(Decimal::parse("1.5e1"), Some(Decimal::whole(15)));
        assert_eq!(Decimal::parse("15E-1"), Decimal::parse("1.5"));
        assert_eq!(Decimal::parse("1e18"), Some(Decimal::whole(1_000_000_000_000_000_000)));
        assert_eq!(Decimal::parse("1e-9").unwrap().to_string(), "0.000000001");
        for bad in ["1e19", "1e-10", "1ex", "e5", "--5", "5-", "1e5e5", &"9".repeat(29)] {
            assert_eq!(Decimal::parse(bad), None, "{bad}");
        }
        assert!(Decimal::parse(&"9".repeat(28)).is_some());
    }

    #[test]
    fn numbers_are_read_as_written() {
        assert_eq!(Decimal::parse("79.50").unwrap().to_string(), "79.5");
        assert_eq!(Decimal::parse("1e2"), Some(Decimal::whole(100)));
        assert_eq!(Decimal::parse("-0.5").unwrap().to_string(), "-0.5");
        assert_eq!(Decimal::parse("0e-2").unwrap().to_string(), "0.00");
        assert!(Decimal::parse("0.1") < Decimal::parse("0.11"));
        for bad in ["", ".", "x", "1.2.3", "nan", "inf", "0.0000000001"] {
            assert_eq!(Decimal::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_short_is_rounded_up_and_what_is_shown_down() {
        let of = |covered, total| Ratio { covered, total };
        assert_eq!(Decimal::whole(80).shortfall(of(5, 7)), 1, "80 % of 7 is 5.6");
        assert_eq!(Decimal::whole(80).shortfall(of(6, 7)), 0);
        assert_eq!(Decimal::parse("79.5").unwrap().shortfall(of(0, 200)), 159);
        assert_eq!([percent(of(2, 3)), percent(of(1, 8)), percent(of(0, 0))], ["66.66 %", "12.50 %", ""]);
    }

    #[test]
    fn an_age_is_at_most_its_limit_and_the_future_has_none() {
        let limit = Decimal::whole(60);
        assert_eq!([59, 60, 61].map(|age| limit.is_age(age)), [true, true, false]);
        assert_eq!([-1, -300, -301].map(|age| limit.is_age(age)), [true, true, false]);
    }
}
