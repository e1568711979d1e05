//! Mann and Whitney's test of two samples, and Hodges and Lehmann's estimate of their ratio.
//!
//! Up to 60 samples in all the distribution of the rank sum is worked out exactly, ties and all; beyond, or where that is too many, by the normal approximation with corrections for ties and continuity. The
//! estimate is the median of all ratios of a new to an old sample; its interval ends at the order statistics that the test's distribution names. Neither lists the ratios: each is found by
//! counting, so that millions of samples need no more memory than themselves.

use super::{Comparison, Sorted, float, normal_above, normal_quantile};

/// Most samples in all for which the exact distribution is worked out.
const EXACT: usize = 60;

/// Compares two samples with a limit of their ratio, new to old. `level` is the interval's two-sided level of error: 0.05 for 95 %.
pub(crate) fn mann_whitney(old: &Sorted, new: &Sorted, limit: f64, level: f64) -> Comparison {
    let pairs = old.len().saturating_mul(new.len());
    let cut = interval_rank(old.len(), new.len(), level);
    let (low, high) = match cut {
        Some(cut) => (ratio_at(old, new, cut), ratio_at(old, new, pairs.saturating_sub(cut).saturating_sub(1))),
        // So few samples reach no such level.
        None => (0.0, f64::INFINITY),
    };
    let half = pairs / 2;
    let ratio = match pairs % 2 {
        1 => ratio_at(old, new, half),
        _ => ratio_at(old, new, half.saturating_sub(1)).midpoint(ratio_at(old, new, half)),
    };
    Comparison { ratio, low, high, p: p_value(old.values(), new.values(), limit) }
}

/// The fewest samples on each side with which the test can reach a level at all: 2 / C(2n, n) is at most it.
pub(crate) fn fewest_samples(level: f64) -> u64 {
    let mut ways = 1.0_f64;
    for n in 1..60_u32 {
        let n = f64::from(n);
        ways *= (2.0 * n) * (2.0 * n - 1.0) / (n * n);
        if 2.0 / ways <= level {
            return (1..=60).find(|k: &u32| f64::from(*k) >= n).map_or(60, u64::from);
        }
    }
    60
}

/// The two-sided p-value of `new` being `limit` times `old`, both sorted.
fn p_value(old: &[f64], new: &[f64], limit: f64) -> f64 {
    let shifted: Vec<f64> = old.iter().map(|v| v * limit).collect();
    // Ranks of the two together, doubled so that those of ties are whole; and for each run of ties how many it has.
    let (mut i, mut j, mut before) = (0_usize, 0_usize, 0_usize);
    let (mut ranks, mut sum, mut ties): (Vec<usize>, usize, f64) = (Vec::new(), 0, 0.0);
    let keeps = old.len() + new.len() <= EXACT;
    while i < shifted.len() || j < new.len() {
        let (a, b) = (shifted.get(i).copied().unwrap_or(f64::INFINITY), new.get(j).copied().unwrap_or(f64::INFINITY));
        let least = a.min(b);
        // A limit times a sample is the other to the last bit or two.
        let same = |v: &f64| *v <= least * (1.0 + 4.0 * f64::EPSILON);
        let mine = shifted.get(i..).unwrap_or_default().iter().take_while(|v| same(v)).count();
        let theirs = new.get(j..).unwrap_or_default().iter().take_while(|v| same(v)).count();
        let (i_next, j_next, run) = (i + mine, j + theirs, mine + theirs);
        let rank = 2 * before + run + 1;
        sum += rank * theirs;
        if keeps {
            ranks.extend(std::iter::repeat_n(rank, run));
        }
        let t = float(run);
        ties += t * t * t - t;
        (i, j, before) = (i_next, j_next, before + run);
    }
    if keeps {
        return exact(&ranks, new.len(), sum);
    }
    let (n, m, all) = (float(old.len()), float(new.len()), float(old.len() + new.len()));
    let u = float(sum) / 2.0 - m * (m + 1.0) / 2.0;
    let deviation = (n * m / 12.0 * ((all + 1.0) - ties / (all * (all - 1.0)))).sqrt();
    let distance = (u - n * m / 2.0).abs();
    if deviation <= 0.0 {
        return 1.0;
    }
    (2.0 * normal_above((distance - 0.5) / deviation)).min(1.0)
}

/// The two-sided p-value of a sum of doubled ranks of `count` among these, by all ways to choose them.
fn exact(ranks: &[usize], count: usize, sum: usize) -> f64 {
    let most: usize = ranks.iter().sum();
    // ways[k][s]: how many ways there are to choose k of the ranks so far with the sum s.
    let mut ways = vec![vec![0.0_f64; most + 1]; count + 1];
    if let Some(none) = ways.first_mut().and_then(|w| w.first_mut()) {
        *none = 1.0;
    }
    // No more can be chosen than there were, and no sum is above that of all of them.
    let mut reached = 0;
    for (seen, rank) in ranks.iter().enumerate() {
        for k in (1..=count.min(seen + 1)).rev() {
            let (fewer, these) = ways.split_at_mut(k);
            let (Some(fewer), Some(these)) = (fewer.last(), these.first_mut()) else { continue };
            for (to, from) in these.iter_mut().skip(*rank).zip(fewer.iter().take(reached + 1)) {
                *to += from;
            }
        }
        reached += rank;
    }
    let Some(ways) = ways.last() else { return 1.0 };
    let all: f64 = ways.iter().sum();
    let below: f64 = ways.iter().take(sum + 1).sum();
    let above: f64 = ways.iter().skip(sum).sum();
    (2.0 * below.min(above) / all).min(1.0)
}

/// How many of the smallest ratios lie outside of the interval on each side; `None` where no interval reaches the level.
fn interval_rank(n: usize, m: usize, level: f64) -> Option<usize> {
    if n + m <= EXACT {
        let ranks: Vec<usize> = (1..=n + m).collect();
        let distribution = u_distribution(&ranks, m);
        let all: f64 = distribution.iter().sum();
        let mut below = 0.0;
        // The largest number whose tail is still within the level.
        let mut cut = None;
        for (u, ways) in distribution.iter().enumerate() {
            below += ways;
            if below / all > level / 2.0 {
                break;
            }
            cut = Some(u);
        }
        return cut.filter(|u| 2 * u < n * m);
    }
    let (nf, mf) = (float(n), float(m));
    let reach = normal_quantile(1.0 - level / 2.0) * (nf * mf * (nf + mf + 1.0) / 12.0).sqrt();
    let cut = (nf * mf / 2.0 - reach).floor();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole, from 0, and below the number of pairs"
    )]
    (cut >= 1.0).then_some(cut as usize - 1)
}

/// The distribution of U for ranks without ties: how many ways there are to each value.
fn u_distribution(ranks: &[usize], count: usize) -> Vec<f64> {
    let n = ranks.len() - count;
    let most = n * count;
    let mut ways = vec![vec![0.0_f64; most + 1]; count + 1];
    if let Some(none) = ways.first_mut().and_then(|w| w.first_mut()) {
        *none = 1.0;
    }
    // Choosing the rank r as the k-th of the second sample puts r - k of the first below it.
    for (seen, rank) in ranks.iter().enumerate() {
        for k in (1..=count.min(seen + 1)).rev() {
            let Some(below) = rank.checked_sub(k).filter(|b| *b <= n) else { continue };
            let (fewer, these) = ways.split_at_mut(k);
            let (Some(fewer), Some(these)) = (fewer.last(), these.first_mut()) else { continue };
            for (to, from) in these.iter_mut().skip(below).zip(fewer) {
                *to += from;
            }
        }
    }
    ways.pop().unwrap_or_default()
}

/// The ratio of a new to an old sample that so many others are below, from 0: by halving the floats between the smallest and the largest, and counting.
fn ratio_at(old: &Sorted, new: &Sorted, rank: usize) -> f64 {
    let end =
        |values: &[f64], last: bool| if last { values.last() } else { values.first() }.copied().unwrap_or(f64::NAN);
    let (mut low, mut high) = (
        (end(new.values(), false) / end(old.values(), true)).to_bits(),
        (end(new.values(), true) / end(old.values(), false)).to_bits(),
    );
    while low < high {
        let middle = low + (high - low) / 2;
        if at_most(old.values(), new.values(), f64::from_bits(middle)) > rank {
            high = middle
        } else {
            low = middle + 1
        }
    }
    f64::from_bits(low)
}

/// How many ratios are at most this.
fn at_most(old: &[f64], new: &[f64], ratio: f64) -> usize {
    let (mut count, mut fitting) = (0_usize, 0_usize);
    // The larger the old sample, the more of the new ones are within the ratio.
    for o in old {
        while new.get(fitting).is_some_and(|n| n / o <= ratio) {
            fitting += 1;
        }
        count += fitting;
    }
    count
}
