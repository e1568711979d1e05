//! Samples: floats, which are quick to judge by the million, and beside them the exact number of each that is no float's shortest form.
//!
//! There may be ten million. Most tools write a few digits, so a full block of samples is kept as whole numbers of 32 bits and the power of ten that they are divided by,
//! where each of them reads back as the very same float.

use crate::number::Number;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A measured figure: finite, and exactly what is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    value: f64,
    /// The number, where it is another than the float's shortest form.
    exact: Option<Number>,
}

impl Figure {
    /// Reads a figure. `None` for what is no finite number.
    pub fn parse(text: &str) -> Option<Figure> {
        let text = text.trim();
        let first = text.bytes().find(|b| !matches!(b, b'-' | b'+' | b'.'))?;
        if !first.is_ascii_digit() {
            return None;
        }
        let value: f64 = text.parse().ok().filter(|v: &f64| v.is_finite())?;
        // Up to 15 digits a float keeps every one; an underflow to 0 keeps none.
        let digits = text.bytes().take_while(|b| !matches!(b, b'e' | b'E')).filter(u8::is_ascii_digit).count();
        if digits <= 15 && value != 0.0 {
            return Some(Figure { value, exact: None });
        }
        let number = Number::parse(text)?;
        let same = Number::of(value).as_ref() == Some(&number);
        Some(Figure { value, exact: (!same).then_some(number) })
    }

    /// A float's own figure; `None` for NaN and infinities.
    pub fn of(value: f64) -> Option<Figure> {
        value.is_finite().then_some(Figure { value, exact: None })
    }

    /// As a float.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// Exactly.
    pub fn number(&self) -> Number {
        let exact = self.exact.clone();
        exact.or_else(|| Number::of(self.value)).unwrap_or_else(|| Number::whole(0))
    }
}

impl From<&Number> for Figure {
    fn from(number: &Number) -> Figure {
        let value = number.as_f64();
        let same = Number::of(value).as_ref() == Some(number);
        Figure { value, exact: (!same).then(|| number.clone()) }
    }
}

/// Samples in a full block.
const BLOCK: usize = 4096;

/// Powers of ten that a block may be divided by.
const POWERS: [f64; 10] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/// A full block.
#[derive(Debug, Clone, PartialEq)]
enum Block {
    /// Whole numbers, each over the same power of ten.
    Decimals(f64, Box<[i32]>),
    /// As they are.
    Floats(Box<[f64]>),
}

impl Block {
    fn of(values: &[f64]) -> Block {
        Block::decimals(values).unwrap_or_else(|| Block::Floats(values.into()))
    }

    fn decimals(values: &[f64]) -> Option<Block> {
        let mut powers = POWERS.iter().copied();
        let mut power = powers.next()?;
        for value in values {
            while whole(*value, power).is_none() {
                power = powers.next()?;
            }
        }
        let whole: Option<Box<[i32]>> = values.iter().map(|v| whole(*v, power)).collect();
        whole.map(|w| Block::Decimals(power, w))
    }

    fn get(&self, at: usize) -> Option<f64> {
        match self {
            Block::Decimals(power, whole) => whole.get(at).map(|w| f64::from(*w) / power),
            Block::Floats(values) => values.get(at).copied(),
        }
    }
}

/// The whole number that divided by this power of ten is the very same float (which 0 with a sign is not).
fn whole(value: f64, power: f64) -> Option<i32> {
    let scaled = (value * power).round();
    #[expect(clippy::cast_possible_truncation, reason = "a cast saturates: what does not fit is not the same float")]
    let whole = scaled as i32;
    (f64::from(whole) / power).to_bits().eq(&value.to_bits()).then_some(whole)
}

/// Samples in the order of the report.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Samples {
    full: Vec<Block>,
    /// Those after the last full block.
    last: Vec<f64>,
    exact: BTreeMap<usize, Number>,
}

impl Samples {
    /// Adds one.
    pub fn push(&mut self, figure: Figure) {
        if let Some(exact) = figure.exact {
            self.exact.insert(self.len(), exact);
        }
        self.last.push(figure.value);
        if self.last.len() >= BLOCK {
            self.full.push(Block::of(&self.last));
            self.last.clear();
        }
    }

    /// Adds all of another's.
    pub fn extend(&mut self, other: &Samples) {
        for at in 0..other.len() {
            if let Some(figure) = other.get(at) {
                self.push(figure);
            }
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.full.len() * BLOCK + self.last.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As floats.
    pub fn values(&self) -> impl Iterator<Item = f64> + Clone + '_ {
        let full = self.full.iter().flat_map(|block| (0..BLOCK).filter_map(|at| block.get(at)));
        full.chain(self.last.iter().copied())
    }

    /// One of them as a float.
    pub fn value(&self, at: usize) -> Option<f64> {
        match self.full.get(at / BLOCK) {
            Some(block) => block.get(at % BLOCK),
            None => self.last.get(at.checked_sub(self.full.len() * BLOCK)?).copied(),
        }
    }

    /// One of them.
    pub fn get(&self, at: usize) -> Option<Figure> {
        Some(Figure { value: self.value(at)?, exact: self.exact.get(&at).cloned() })
    }

    /// The exact number of one of them.
    pub fn number(&self, at: usize) -> Option<Number> {
        self.get(at).map(|f| f.number())
    }

    /// Their sum, exactly.
    pub fn sum(&self) -> Number {
        let mut parts: BTreeMap<i32, i128> = BTreeMap::new();
        let mut rest = Number::whole(0);
        let mut add = |exponent: i32, digits: i64, rest: &mut Number| {
            let part = parts.entry(exponent).or_default();
            match part.checked_add(i128::from(digits)) {
                Some(sum) => *part = sum,
                None => *rest = rest.plus(&Number::of_parts([(exponent, i128::from(digits))])),
            }
        };
        for (at, value) in self.values().enumerate() {
            let short = if self.exact.contains_key(&at) { None } else { decimal(value) };
            match short {
                Some((digits, exponent)) => add(exponent, digits, &mut rest),
                None => rest = rest.plus(&self.number(at).unwrap_or_else(|| Number::whole(0))),
            }
        }
        rest.plus(&Number::of_parts(parts))
    }

    /// The mean, to a float's digits (Neumaier's sum).
    #[expect(clippy::cast_precision_loss, reason = "a number of samples is far below 2^53")]
    pub fn mean(&self) -> Option<f64> {
        let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
        for value in self.values() {
            let next = sum + value;
            lost += if sum.abs() >= value.abs() { (sum - next) + value } else { (value - next) + sum };
            sum = next;
        }
        (!self.is_empty()).then(|| (sum + lost) / self.len() as f64)
    }

    /// The sample that so many others are below, from 0: exactly. In linear time.
    pub fn at_rank(&self, rank: usize) -> Option<Number> {
        if rank >= self.len() {
            return None;
        }
        let mut values = Vec::new();
        values.reserve_exact(self.len());
        values.extend(self.values());
        let (_, found, _) = values.select_nth_unstable_by(rank, f64::total_cmp);
        let found = *found;
        // Numbers that are one as floats may differ all the same.
        let one = |v: f64| v.total_cmp(&found) == Ordering::Equal;
        let differ = self.exact.keys().any(|at| self.value(*at).is_some_and(one));
        if !differ {
            return Number::of(found);
        }
        let below = self.values().filter(|v| v.total_cmp(&found) == Ordering::Less).count();
        let alike = self.values().enumerate().filter(|(_, v)| one(*v));
        let mut numbers: Vec<Number> = alike.filter_map(|(at, _)| self.number(at)).collect();
        numbers.sort();
        numbers.into_iter().nth(rank.saturating_sub(below))
    }
}

/// A float as digits and a power of ten, where a few digits are all it has: quickly, without going through text.
fn decimal(value: f64) -> Option<(i64, i32)> {
    const DIGITS: f64 = 1e15;
    let mut power = 1.0_f64;
    for scale in 0..=15_i32 {
        let scaled = (value * power).round();
        if scaled.abs() >= DIGITS {
            return None;
        }
        // Both are exact, and a division is rounded correctly: this is the float that the decimal reads as.
        #[expect(clippy::float_cmp, reason = "the very same float is meant")]
        if scaled / power == value {
            #[expect(clippy::cast_possible_truncation, reason = "whole, and below 10^15")]
            return Some((scaled as i64, -scale));
        }
        power *= 10.0;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(texts: &[&str]) -> Samples {
        let mut out = Samples::default();
        for text in texts {
            out.push(Figure::parse(text).unwrap());
        }
        out
    }

    #[test]
    fn a_figure_is_what_is_written() {
        let long = Figure::parse("0.300000000000000000001").unwrap();
        assert!(long.number() > Number::parse("0.3").unwrap());
        assert!((long.value() - 0.3).abs() < 1e-15);
        assert_eq!(Figure::parse("0.3").unwrap().number(), Number::parse("0.3").unwrap());
        assert_eq!(Figure::parse("9007199254740993").unwrap().number().to_string(), "9007199254740993");
        assert_eq!(Figure::parse("1e-400").unwrap().number().to_string(), "1e-400");
        for bad in ["NaN", "inf", "+Inf", "-", "", "1,5", "x1", "1x", "1e999", "nan"] {
            assert_eq!(Figure::parse(bad), None, "{bad}");
        }
        assert_eq!((Figure::of(f64::NAN), Figure::of(f64::INFINITY)), (None, None));
        assert_eq!(Figure::from(&Number::parse("0.1").unwrap()), Figure::of(0.1).unwrap());
    }

    #[test]
    fn sums_are_exact_whatever_the_samples_are() {
        assert_eq!(samples(&["0.1", "0.2", "0.3"]).sum(), Number::parse("0.6").unwrap());
        assert_eq!(samples(&["1e300", "1", "-1e300"]).sum(), Number::parse("1").unwrap());
        assert_eq!(
            samples(&["0.300000000000000000001", "1.2729997251881285e-07"]).sum().to_string(),
            "0.30000012729997251881385"
        );
        assert_eq!(samples(&[]).sum(), Number::whole(0));
        let many = samples(&vec!["123456789012345"; 3_000]);
        assert_eq!(many.sum().to_string(), "370370367037035000");
    }

    #[test]
    fn blocks_read_back_as_the_same_floats() {
        type Kind = (&'static str, fn(u32) -> f64, bool);
        let kinds: [Kind; 8] = [
            ("whole", |n| f64::from(n % 7), true),
            ("decimals", |n| f64::from(n % 20_000) / 1e4, true),
            ("negative", |n| -f64::from(n + 1) / 1e2, true),
            ("greatest", |n| if n == 9 { f64::from(i32::MAX) } else { 0.0 }, true),
            ("too great", |n| if n == 9 { f64::from(i32::MAX) + 1.0 } else { 0.0 }, false),
            ("of different size", |n| if n == 9 { 1e-9 } else { 7.0 }, false),
            ("zero with a sign", |n| if n == 9 { -0.0 } else { 1.0 }, false),
            ("long", |n| f64::from(n + 1).sqrt(), false),
        ];
        for (what, of, tight) in kinds {
            let want: Vec<f64> = (0..10_000).map(of).collect();
            let mut got = Samples::default();
            want.iter().for_each(|v| got.push(Figure::of(*v).unwrap()));
            let bits = |all: Vec<f64>| all.into_iter().map(f64::to_bits).collect::<Vec<_>>();
            assert_eq!(bits(got.values().collect()), bits(want.clone()), "{what}");
            assert_eq!(bits((0..got.len()).filter_map(|at| got.value(at)).collect()), bits(want), "{what}");
            assert_eq!((got.len(), got.full.len(), got.value(10_000)), (10_000, 2, None), "{what}");
            assert_eq!(matches!(got.full[0], Block::Decimals(..)), tight, "{what}");
        }
        let mut long = samples(&vec!["1"; 5_000]);
        long.push(Figure::parse("0.300000000000000000001").unwrap());
        assert_eq!(
            (long.number(5_000).unwrap().to_string().len(), long.number(4_999).unwrap().to_string().len()),
            (23, 1)
        );
    }

    #[test]
    fn few_digits_are_found_without_text() {
        for (value, want) in [
            (0.1, Some((1, -1))),
            (97.62, Some((9762, -2))),
            (-3.0, Some((-3, 0))),
            (1e14, Some((100_000_000_000_000, 0))),
            (1e15, None),
            (0.1 + 0.2, None),
            (1e-16, None),
        ] {
            assert_eq!(decimal(value), want, "{value}");
        }
    }

    #[test]
    fn means_and_orders() {
        assert_eq!(samples(&[]).mean(), None);
        for texts in [["1e100", "1", "-1e100"], ["1", "1e100", "-1e100"], ["-1e100", "1e100", "1"]] {
            assert_eq!(samples(&texts).mean(), Some(1.0 / 3.0), "{texts:?}");
        }
        let four = samples(&["3", "1", "2", "1"]);
        assert_eq!(
            [0, 1, 2, 3, 4].map(|rank| four.at_rank(rank).map(|n| n.to_string())),
            ["1", "1", "2", "3", ""].map(|s| (!s.is_empty()).then(|| s.to_owned()))
        );
        let alike = samples(&["0.300000000000000000001", "0.3", "0.1", "0.300000000000000000002"]);
        assert_eq!([1, 2, 3].map(|rank| alike.at_rank(rank).unwrap().to_string().len()), [3, 23, 23]);
        assert!(alike.at_rank(3) > alike.at_rank(2));
        let mut one = samples(&["1"]);
        one.extend(&samples(&["0.300000000000000000001"]));
        assert_eq!((one.len(), one.number(1).unwrap().to_string().len(), one.number(2)), (2, 23, None));
        assert!(!one.is_empty());
    }
}
