//! Welch's test of two means, on logarithms: so that it is the ratio of geometric means that is compared.

use super::{Comparison, Sorted, float, student_above, student_quantile};

/// Compares two samples with a limit of their ratio; `None` for fewer than two samples on a side.
pub(crate) fn welch(old: &Sorted, new: &Sorted, limit: f64, level: f64) -> Option<Comparison> {
    let of = |s: &Sorted| {
        let logs: Vec<f64> = s.values().iter().map(|v| v.ln()).collect();
        let mean = logs.iter().sum::<f64>() / float(logs.len());
        let variance = logs.iter().map(|l| (l - mean) * (l - mean)).sum::<f64>() / (float(logs.len()) - 1.0);
        (mean, variance / float(logs.len()), float(logs.len()) - 1.0)
    };
    if old.len() < 2 || new.len() < 2 {
        return None;
    }
    let ((a, va, fa), (b, vb, fb)) = (of(old), of(new));
    let (difference, error) = (b - a, (va + vb).sqrt());
    let from_limit = (difference - limit.ln()).abs();
    // Without any noise there is nothing to doubt. Logarithms of equal figures are equal.
    if error < 1e-14 {
        let ratio = difference.exp();
        return Some(Comparison { ratio, low: ratio, high: ratio, p: if from_limit < 1e-12 { 1.0 } else { 0.0 } });
    }
    let freedom = (va + vb) * (va + vb) / (va * va / fa + vb * vb / fb);
    let reach = student_quantile(1.0 - level / 2.0, freedom) * error;
    let p = (2.0 * student_above(from_limit / error, freedom)).min(1.0);
    Some(Comparison { ratio: difference.exp(), low: (difference - reach).exp(), high: (difference + reach).exp(), p })
}
