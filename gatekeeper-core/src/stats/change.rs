//! Where a series of runs changed: E-divisive (Matteson and James 2014, by the energy distance with exponent 1), each change tested by permutations that
//! are seeded by the figures. What a straight line explains better than a step is a drift.
//!
//! It takes runs for exchangeable where nothing changed. It informs; no verdict stands on it.

use super::float;
use super::random::Random;

/// Fewest runs on each side of a change.
const FEWEST: usize = 4;
/// How often a series is shuffled: with 199, the smallest p is 0.005.
const SHUFFLES: usize = 199;
/// Most of the shuffled series may be as divided as the real one: p at most 0.01.
const MOST: usize = 1;

/// A change of a series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    /// The first run behind it, from 0; of a drift the first of all.
    pub at: usize,
    /// Whether it goes on from run to run.
    pub drift: bool,
    /// The mean of the runs before it, back to the change before; of a drift where its line begins.
    pub before: f64,
    /// The mean of the runs behind it, up to the next change; of a drift where its line ends.
    pub after: f64,
    /// How many runs these are means of.
    pub runs: (usize, usize),
}

/// The changes of a series, the oldest first.
pub(crate) fn changes(values: &[f64]) -> Vec<Change> {
    let mut cuts = Vec::new();
    let Some(first) = cut(values) else { return Vec::new() };
    if let Some((begins, ends)) = drift(values, first) {
        let runs = (0, values.len());
        return vec![Change { at: 0, drift: true, before: begins, after: ends, runs }];
    }
    divide(values, 0, &mut cuts);
    let ends: Vec<usize> = [0].into_iter().chain(cuts).chain([values.len()]).collect();
    let part = |from: usize, to: usize| values.get(from..to).unwrap_or_default();
    ends.windows(3)
        .filter_map(|w| match w {
            [from, at, to] => Some(Change {
                at: *at,
                drift: false,
                before: mean(part(*from, *at)),
                after: mean(part(*at, *to)),
                runs: (at - from, to - at),
            }),
            _ => None,
        })
        .collect()
}

fn divide(values: &[f64], start: usize, cuts: &mut Vec<usize>) {
    let Some(at) = cut(values) else { return };
    let (left, right) = values.split_at(at);
    divide(left, start, cuts);
    cuts.push(start + at);
    divide(right, start + at, cuts);
}

/// Where a series is divided most, if it is by more than chance.
fn cut(values: &[f64]) -> Option<usize> {
    let (at, divided) = best(values)?;
    let mut random = Random::of(values.iter());
    let mut shuffled = values.to_vec();
    let mut as_divided = 0;
    for _ in 0..SHUFFLES {
        for n in (1..shuffled.len()).rev() {
            shuffled.swap(n, random.below(n + 1));
        }
        if best(&shuffled).is_some_and(|(_, d)| d >= divided) {
            as_divided += 1;
            if as_divided > MOST {
                return None;
            }
        }
    }
    Some(at)
}

/// The place that divides a series most, and how much: the energy distance of its sides, weighted by their sizes.
fn best(values: &[f64]) -> Option<(usize, f64)> {
    let n = values.len();
    if n < 2 * FEWEST {
        return None;
    }
    let apart = |of: &[f64], value: f64| of.iter().map(|v| (v - value).abs()).sum::<f64>();
    let whole: f64 = values.iter().enumerate().map(|(i, v)| apart(values.get(..i).unwrap_or_default(), *v)).sum();
    if whole <= 0.0 {
        return None;
    }
    let (mut left, mut right, mut found) = (0.0, whole, None);
    for (i, value) in values.iter().enumerate() {
        left += apart(values.get(..i).unwrap_or_default(), *value);
        right -= apart(values.get(i + 1..).unwrap_or_default(), *value);
        let at = i + 1;
        if at < FEWEST || n - at < FEWEST {
            continue;
        }
        let (l, r) = (float(at), float(n - at));
        let across = (whole - left - right) * 2.0 / (l * r);
        let within = left * 2.0 / (l * (l - 1.0)) + right * 2.0 / (r * (r - 1.0));
        let divided = (across - within) * l * r / (l + r);
        if found.is_none_or(|(_, most)| divided > most) {
            found = Some((at, divided));
        }
    }
    found
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / float(values.len().max(1))
}

/// Where the line through a series begins and ends, if it lies nearer to the runs than the step does.
fn drift(values: &[f64], at: usize) -> Option<(f64, f64)> {
    let (left, right) = values.split_at(at);
    let square = |values: &[f64], around: f64| values.iter().map(|v| (v - around) * (v - around)).sum::<f64>();
    let step = square(left, mean(left)) + square(right, mean(right));
    let (middle, height) = ((float(values.len()) - 1.0) / 2.0, mean(values));
    let place = |i: usize| float(i) - middle;
    let with: f64 = values.iter().enumerate().map(|(i, v)| place(i) * (v - height)).sum();
    let spread: f64 = (0..values.len()).map(|i| place(i) * place(i)).sum();
    let slope = with / spread;
    let line: f64 = values
        .iter()
        .enumerate()
        .map(|(i, v)| {
            let off = v - height - slope * place(i);
            off * off
        })
        .sum();
    (line < step).then_some((height - slope * middle, height + slope * middle))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs around 100 with a noise of about 2, the same each time.
    fn noise(seed: f64, n: usize) -> Vec<f64> {
        let mut random = Random::of([seed].iter());
        let mut unit = || float(random.below(1_000_000)) / 1e6;
        (0..n).map(|_| 100.0 + 2.0 * (unit() + unit() + unit() - 1.5)).collect()
    }

    #[test]
    fn a_step_is_found_where_it_is() {
        let mut values = noise(1.0, 30);
        values.iter_mut().skip(18).for_each(|v| *v *= 1.1);
        let found = changes(&values);
        assert_eq!(found.iter().map(|c| (c.at, c.drift, c.runs)).collect::<Vec<_>>(), [(18, false, (18, 12))]);
        let by = found[0].after / found[0].before;
        assert!((1.09..1.11).contains(&by), "{by}");
        assert_eq!(changes(&values), found, "it is the same each time");
    }

    #[test]
    fn two_steps_are_two_changes() {
        let mut values = noise(2.0, 60);
        values.iter_mut().skip(20).take(20).for_each(|v| *v += 8.0);
        assert_eq!(changes(&values).iter().map(|c| c.at).collect::<Vec<_>>(), [20, 40]);
    }

    #[test]
    fn a_drift_is_no_step() {
        let mut values = noise(3.0, 40);
        values.iter_mut().enumerate().for_each(|(i, v)| *v += float(i) * 0.5);
        let found = changes(&values);
        assert!(found.len() == 1 && found[0].drift, "{found:?}");
        assert!((found[0].after - found[0].before - 19.5).abs() < 3.0, "{found:?}");
    }

    #[test]
    fn noise_alone_is_no_change() {
        let alarms = (0..60).filter(|n| !changes(&noise(float(*n) + 10.0, 20)).is_empty()).count();
        assert!(alarms <= 3, "{alarms} of 60, and 1 is to be expected");
    }

    #[test]
    fn too_few_or_constant_runs_tell_nothing() {
        let mut few = noise(4.0, 7);
        few.iter_mut().skip(4).for_each(|v| *v *= 9.0);
        assert_eq!(changes(&few), []);
        assert_eq!(changes(&[5.0; 50]), []);
        assert_eq!(changes(&[]), []);
        let step: Vec<f64> = [1.0; 4].into_iter().chain([2.0; 4]).collect();
        assert_eq!(changes(&step).len(), 0, "of 8 runs, 2 of 70 ways to deal them are as divided");
        let step: Vec<f64> = [1.0; 6].into_iter().chain([2.0; 6]).collect();
        assert_eq!(changes(&step).len(), 1);
    }
}
