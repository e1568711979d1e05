//! Statistics of comparisons: two samples by ranks (Mann-Whitney, Hodges-Lehmann), by means (Welch) or by resampling, two rates (Fisher, Newcombe), many at once (Holm), and where a series of runs changed (E-divisive).
//!
//! All of it is deterministic: the same figures give the same answer to the last bit. Distributions are statrs's; what is ours is held against SciPy's figures by the tests.

mod bootstrap;
mod change;
mod holm;
mod random;
mod rank;
mod rate;
mod welch;

pub(crate) use bootstrap::bootstrap;
pub(crate) use change::changes;
pub(crate) use holm::holm;
pub(crate) use rank::{fewest_samples, mann_whitney};
pub(crate) use rate::{fisher, newcombe};
pub(crate) use welch::welch;

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// How the ratio of two samples stands to a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Comparison {
    /// The ratio: new to old.
    pub ratio: f64,
    /// Its interval.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Two-sided p-value of the ratio being the limit.
    pub p: f64,
}

/// Samples that are to be compared: all finite and above 0, sorted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sorted(Vec<f64>);

impl Sorted {
    /// `None` where there is none, or one that has no ratio to anything.
    pub(crate) fn of(mut values: Vec<f64>) -> Option<Sorted> {
        values.sort_unstable_by(f64::total_cmp);
        let ends = (values.first().copied()?, values.last().copied()?);
        (ends.0 > 0.0 && ends.1.is_finite() && values.iter().all(|v| v.is_finite())).then_some(Sorted(values))
    }

    /// So many times nothing at all: what was, is gone.
    pub(crate) fn of_none(count: usize) -> Option<Sorted> {
        (count > 0).then(|| Sorted(vec![0.0; count]))
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// From the smallest to the largest.
    pub(crate) fn values(&self) -> &[f64] {
        &self.0
    }

    /// The middle, or the mean of the two in the middle.
    pub(crate) fn median(&self) -> f64 {
        median(&self.0)
    }
}

/// The median of sorted values; NaN where there is none.
fn median(sorted: &[f64]) -> f64 {
    let at = |n: usize| sorted.get(n).copied().unwrap_or(f64::NAN);
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 { at(half) } else { at(half.wrapping_sub(1)).midpoint(at(half)) }
}

/// A number of things as a float.
#[expect(clippy::cast_precision_loss, reason = "numbers of samples are far below 2^53")]
fn float(n: usize) -> f64 {
    n as f64
}

/// The share of a standard normal distribution above a value.
fn normal_above(z: f64) -> f64 {
    Normal::new(0.0, 1.0).map_or(f64::NAN, |n| n.sf(z))
}

/// The value that so much of a standard normal distribution lies below.
fn normal_quantile(p: f64) -> f64 {
    Normal::new(0.0, 1.0).map_or(f64::NAN, |n| n.inverse_cdf(p))
}

/// The share of Student's distribution above a value.
fn student_above(t: f64, freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::NAN, |d| d.sf(t))
}

/// The value that so much of Student's distribution lies below, to a float's digits: by halving, as the library's own is coarser.
fn student_quantile(p: f64, freedom: f64) -> f64 {
    let (mut low, mut high) = (-1e9_f64, 1e9_f64);
    for _ in 0..200 {
        let middle = low.midpoint(high);
        if student_above(middle, freedom) > 1.0 - p { low = middle } else { high = middle }
    }
    low.midpoint(high)
}

#[cfg(test)]
mod tests;
