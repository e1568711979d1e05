//! The bootstrap of the ratio of medians: percentile interval, seeded from the samples themselves, so that the same samples give the same answer everywhere.

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
        let below = random.median(old.values(), &mut drawn);
        ratios.push(random.median(new.values(), &mut drawn) / below);
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

/// Random numbers by SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    /// Seeded by figures.
    fn of<'v>(values: impl Iterator<Item = &'v f64>) -> Random {
        let mut random = Random(0x9E37_79B9_7F4A_7C15);
        for value in values {
            random.0 ^= value.to_bits();
            random.next();
            random.0 = random.0.rotate_left(17);
        }
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// The median of as many values as there are, each drawn from all. The values are sorted: so are the drawn places, by counting.
    fn median(&mut self, sorted: &[f64], drawn: &mut Vec<f64>) -> f64 {
        drawn.clear();
        let n = u128::try_from(sorted.len()).unwrap_or(0);
        for _ in 0..sorted.len() {
            let place = usize::try_from((u128::from(self.next()) * n) >> 64).unwrap_or(0);
            drawn.extend(sorted.get(place));
        }
        drawn.sort_unstable_by(f64::total_cmp);
        median(drawn)
    }
}
