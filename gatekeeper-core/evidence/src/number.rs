//! Exact decimal numbers of any length, for measured figures: 0.300000000000000000001 is above 0.3, and the mean of 0.1, 0.2 and 0.3 is 0.2.
//!
//! A number is `digits × 10^exponent`. Exponents are bounded, so that a few bytes of input never become gigabytes of digits.

use num_bigint::{BigInt, Sign};
use std::cmp::Ordering;
use std::fmt;
use std::ops::Neg;

/// Most digits that a number may be written with, and largest power of ten that it may have: more than any float needs (1e308, 5e-324).
const MOST: i32 = 400;

/// A decimal number, exactly.
#[derive(Debug, Clone)]
pub struct Number {
    digits: BigInt,
    exponent: i32,
}

impl Number {
    /// Reads `12`, `-0.5`, `1.5e-9`, `.5`, `5.`; `None` where the text is no number, or one beyond the bounds. Infinities and NaN are none.
    ///
    /// ```
    /// use gatekeeper_evidence::number::Number;
    ///
    /// assert!(Number::parse("0.300000000000000000001") > Number::parse("0.3"));
    /// assert_eq!(Number::parse("NaN"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Number> {
        let text = text.trim();
        let (mantissa, power) = match text.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, power.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, plain) = match mantissa.as_bytes().first()? {
            b'-' => (true, mantissa.get(1..)?),
            b'+' => (false, mantissa.get(1..)?),
            _ => (false, mantissa),
        };
        let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
        let fraction = fraction.trim_end_matches('0');
        let length = whole.len().checked_add(fraction.len())?;
        let most = usize::try_from(MOST).ok()?;
        let digits_only = whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
        if (whole.is_empty() && plain.len() < 2) || !digits_only || length > most {
            return None;
        }
        let exponent = power.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        let all = [whole.as_bytes(), fraction.as_bytes()].concat();
        let digits = BigInt::parse_bytes(if all.is_empty() { b"0" } else { &all }, 10)?;
        if digits.sign() == Sign::NoSign {
            return Some(Number { digits, exponent: 0 });
        }
        (exponent.abs() <= MOST).then(|| Number { digits: if negative { digits.neg() } else { digits }, exponent })
    }

    /// The decimal that a float is written as: the shortest that reads back as it. `None` for infinities and NaN.
    pub fn of(value: f64) -> Option<Number> {
        value.is_finite().then(|| Number::parse(&format!("{value:e}"))).flatten()
    }

    /// A whole number.
    pub fn whole(n: u64) -> Number {
        Number { digits: n.into(), exponent: 0 }
    }

    /// A sum of whole multiples of powers of ten.
    pub(crate) fn of_parts(parts: impl IntoIterator<Item = (i32, i128)>) -> Number {
        let mut sum = Number::whole(0);
        for (exponent, digits) in parts {
            sum = sum.plus(&Number { digits: digits.into(), exponent });
        }
        sum
    }

    /// The sum.
    #[must_use]
    pub fn plus(&self, other: &Number) -> Number {
        let exponent = self.exponent.min(other.exponent);
        Number { digits: self.lifted(exponent) + other.lifted(exponent), exponent }
    }

    /// The difference.
    #[must_use]
    pub fn minus(&self, other: &Number) -> Number {
        self.plus(&Number { digits: -other.digits.clone(), exponent: other.exponent })
    }

    /// The product.
    #[must_use]
    pub fn times(&self, other: &Number) -> Number {
        Number { digits: &self.digits * &other.digits, exponent: self.exponent.saturating_add(other.exponent) }
    }

    /// Half of it.
    #[must_use]
    pub fn half(&self) -> Number {
        Number { digits: &self.digits * 5, exponent: self.exponent.saturating_sub(1) }
    }

    /// The quotient, rounded to 17 digits behind the first; `None` for a division by zero. For showing: comparisons multiply instead.
    pub fn over(&self, other: &Number) -> Option<Number> {
        if other.digits.sign() == Sign::NoSign {
            return None;
        }
        // More than the divisor has, which has fewer digits than bits, so that none of the quotient's are lost.
        let places = u32::try_from(other.digits.bits()).ok()?.checked_add(60)?;
        let digits = (&self.digits * BigInt::from(10_u32).pow(places)) / &other.digits;
        let exponent = self.exponent.checked_sub(other.exponent)?.checked_sub(i32::try_from(places).ok()?)?;
        Number::of(Number { digits, exponent }.as_f64())
    }

    /// Whether it is 0.
    pub fn is_zero(&self) -> bool {
        self.digits.sign() == Sign::NoSign
    }

    /// Whether it is below 0.
    pub fn is_negative(&self) -> bool {
        self.digits.sign() == Sign::Minus
    }

    /// The nearest float.
    pub fn as_f64(&self) -> f64 {
        format!("{}e{}", self.digits, self.exponent).parse().unwrap_or(f64::NAN)
    }

    /// As a whole count; `None` where it is none, or is above `u64::MAX`.
    pub fn as_count(&self) -> Option<u64> {
        let (digits, exponent) = self.shortened();
        match u32::try_from(exponent) {
            Ok(power) if power <= 20 => u64::try_from(digits * BigInt::from(10_u32).pow(power)).ok(),
            _ => None,
        }
    }

    fn lifted(&self, exponent: i32) -> BigInt {
        let power = u32::try_from(self.exponent.saturating_sub(exponent)).unwrap_or(0);
        &self.digits * BigInt::from(10_u32).pow(power)
    }

    /// Without ending zeros.
    fn shortened(&self) -> (BigInt, i32) {
        let text = self.digits.to_string();
        let kept = text.trim_end_matches('0');
        if self.is_zero() {
            return (BigInt::ZERO, 0);
        }
        let cut = i32::try_from(text.len() - kept.len()).unwrap_or(0);
        (kept.parse().unwrap_or_else(|_| self.digits.clone()), self.exponent.saturating_add(cut))
    }
}

/// By value: `0.50` is `0.5`.
impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let exponent = self.exponent.min(other.exponent);
        self.lifted(exponent).cmp(&other.lifted(exponent))
    }
}

/// Plain where that is readable (`0.000045`, `1700000`), else in scientific form (`4.5e-12`): every digit that it has.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (digits, exponent) = self.shortened();
        let text = digits.to_string();
        let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
        let length = i32::try_from(text.len()).unwrap_or(i32::MAX);
        let point = length.saturating_add(exponent);
        let zeros = |n: i32| "0".repeat(usize::try_from(n).unwrap_or(0));
        match point {
            -6..=0 => write!(f, "{sign}0.{}{text}", zeros(-point)),
            1..=21 if exponent >= 0 => write!(f, "{sign}{text}{}", zeros(exponent)),
            1..=21 => {
                let (whole, fraction) =
                    text.split_at_checked(usize::try_from(point).unwrap_or(0)).unwrap_or((text, ""));
                write!(f, "{sign}{whole}.{fraction}")
            }
            _ => {
                let (first, rest) = text.split_at_checked(1).unwrap_or((text, ""));
                let dot = if rest.is_empty() { "" } else { "." };
                write!(f, "{sign}{first}{dot}{rest}e{}", point.saturating_sub(1))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn numbers_are_compared_by_every_digit() {
        assert!(n("0.300000000000000000001") > n("0.3"));
        assert!(n("0.3") > n("0.299999999999999999999"));
        assert_eq!(n("0.50"), n("5e-1"));
        assert!(n("-1") < n("0") && n("1e300") > n("9.9e299") && n("-1e-300") < n("1e-300"));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for bad in [
            "", ".", "-", "+", "e5", "1e", "NaN", "inf", "Infinity", "1,5", "0x10", "1_000", "--1", "1e401", "1e-500",
            "5 5",
        ] {
            assert_eq!(Number::parse(bad), None, "{bad}");
        }
        assert_eq!(Number::parse(&"1".repeat(401)), None);
        assert!(Number::parse(&"1".repeat(400)).is_some());
        assert_eq!((n("5."), n(".5"), n("+5"), n(" 5 "), n("0e999")), (n("5"), n("0.5"), n("5"), n("5"), n("0")));
    }

    #[test]
    fn arithmetic_is_exact() {
        assert_eq!(n("0.1").plus(&n("0.2")), n("0.3"));
        assert_eq!(n("0.3").minus(&n("0.1")), n("0.2"));
        assert_eq!(n("1.05").times(&n("-1000")), n("-1050"));
        assert_eq!(n("0.5").half(), n("0.25"));
        assert_eq!(n("1").over(&n("3")).unwrap().to_string(), "0.3333333333333333");
        assert_eq!(n("1").over(&n("0")), None);
        assert_eq!(Number::of_parts([(-1, 6), (0, 2)]), n("2.6"));
    }

    #[test]
    fn a_float_is_the_decimal_that_it_is_written_as() {
        assert_eq!(Number::of(0.1), Some(n("0.1")));
        assert_eq!(Number::of(5e-324), Some(n("5e-324")));
        assert_eq!(Number::of(-1.5e300), Some(n("-1.5e300")));
        assert_eq!([Number::of(f64::NAN), Number::of(f64::INFINITY)], [None, None]);
        assert!((n("0.1").as_f64() - 0.1).abs() < f64::EPSILON);
    }

    #[test]
    fn counts_are_whole() {
        assert_eq!(
            [n("12"), n("1.2e1"), n("12.5"), n("-1"), n("1e30")].map(|n| n.as_count()),
            [Some(12), Some(12), None, None, None]
        );
    }

    #[test]
    fn every_digit_is_shown() {
        for (text, shown) in [
            ("500.001", "500.001"),
            ("-0.00004500", "-0.000045"),
            ("1.7e6", "1700000"),
            ("4.5e-12", "4.5e-12"),
            ("-1e30", "-1e30"),
            ("0.300000000000000000001", "0.300000000000000000001"),
            ("0", "0"),
            ("123456789012345678901", "123456789012345678901"),
            ("1234567890123456789012", "1.234567890123456789012e21"),
            ("0.0000001", "0.0000001"),
            ("0.00000001", "1e-8"),
        ] {
            assert_eq!(n(text).to_string(), shown);
        }
    }

    #[test]
    fn signs_and_zero_are_told() {
        assert_eq!(
            [n("-1"), n("0"), n("1")].map(|n| (n.is_negative(), n.is_zero())),
            [(true, false), (false, true), (false, false)]
        );
    }

    #[test]
    fn a_quotient_of_very_different_numbers_has_its_digits() {
        let over = |a: &str, b: &str| n(a).over(&n(b)).map(|q| q.as_f64());
        assert_eq!(
            (over("1", "3"), over("2", "1e40"), over("1e40", "4")),
            (Some(1.0 / 3.0), Some(2e-40), Some(2.5e39))
        );
        assert_eq!(over("1", &"7".repeat(70)), Some(1.0 / "7".repeat(70).parse::<f64>().unwrap()));
        assert_eq!(over("1", "0"), None);
    }

    #[test]
    fn a_count_fits_64_bits() {
        assert_eq!(n("1e19").as_count(), Some(10_000_000_000_000_000_000));
        assert_eq!(n("18446744073709551615").as_count(), Some(u64::MAX));
        for none in ["18446744073709551616", "1e20", "1e400", "0.5", "-1"] {
            assert_eq!(n(none).as_count(), None, "{none}");
        }
    }
}
