//! The bootstrap of the ratio of medians: percentile interval, seeded from the samples themselves, so that the same samples give the same answer everywhere.

use super::random::Random;
use super::{Comparison, Sorted, float, median};

/// How many times both samples are drawn anew.
const ROUNDS: usize = 9_999;
/// Fewest samples on a side: of fewer the drawn medians say nothing.
pub(crate) const FEWEST: usize = 6;
/// Most samples of both sides: more would take minutes.
const MOST: usize = 100_000;

/// Compares two samples with a limit of the ratio of their medians; `None` for too few or too many samples.
pub(crate) fn bootstrap(old: &Sorted, new: &Sorted, limit: f64, level: f64) -> Option<Comparison> {
    if old.len() < FEWEST || new.len() < FEWEST || old.len().saturating_add(new.len()) > MOST {
        return None;
    }
    // Fewer rounds for many samples, whose medians hardly move.
    let rounds = (50_000_000 / (old.len() + new.len())).clamp(999, ROUNDS);
    let mut random = Random::of(old.values().iter().chain(new.values()));
    let mut ratios: Vec<f64> = Vec::with_capacity(rounds);
    let mut drawn = Vec::new();
    for _ in 0..rounds {
        let below = drawn_median(&mut random, old.values(), &mut drawn);
        ratios.push(drawn_median(&mut random, new.values(), &mut drawn) / below);
    }
    ratios.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 and below the number of rounds"
        )]
        let place = ((float(rounds) - 1.0) * share).round() as usize;
        ratios.get(place).copied().unwrap_or(f64::NAN)
    };
    let below = ratios.partition_point(|r| *r < limit);
    let above = rounds - ratios.partition_point(|r| *r <= limit);
    let tail = |beyond: usize| (float(rounds - beyond) + 1.0) / (float(rounds) + 1.0);
    let p = (2.0 * tail(below).min(tail(above))).min(1.0);
    Some(Comparison { ratio: new.median() / old.median(), low: at(level / 2.0), high: at(1.0 - level / 2.0), p })
}

/// The median of as many values as there are, each drawn from all. The values are sorted: so are the drawn places, by counting.
fn drawn_median(random: &mut Random, sorted: &[f64], drawn: &mut Vec<f64>) -> f64 {
    drawn.clear();
    for _ in 0..sorted.len() {
        drawn.extend(sorted.get(random.below(sorted.len())));
    }
    drawn.sort_unstable_by(f64::total_cmp);
    median(drawn)
}
