//! Holm's step-down procedure: which of many tests may be taken for more than chance (Holm 1979).

/// Which of the p-values are significant at a level when all of them are looked at.
pub(crate) fn holm(p: &[f64], level: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    let value = |at: usize| p.get(at).copied().unwrap_or(1.0);
    order.sort_by(|a, b| value(*a).total_cmp(&value(*b)));
    let mut out = vec![false; p.len()];
    for (rank, at) in order.iter().enumerate() {
        // What is no number is not within it.
        let within = value(*at) <= level / super::float(p.len() - rank);
        if !within {
            break;
        }
        if let Some(slot) = out.get_mut(*at) {
            *slot = true;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::holm;

    #[test]
    fn the_smallest_is_held_to_the_strictest_level() {
        assert_eq!(holm(&[0.01, 0.04, 0.03, 0.005], 0.05), [true, false, false, true]);
        assert_eq!(holm(&[0.0125, 0.9, 0.9, 0.9], 0.05), [true, false, false, false]);
        assert_eq!(holm(&[0.0126, 0.9, 0.9, 0.9], 0.05), [false; 4]);
        assert_eq!(holm(&[0.05], 0.05), [true]);
        assert_eq!(holm(&[0.051], 0.05), [false]);
        assert_eq!(holm(&[f64::NAN], 0.05), [false]);
        assert_eq!(holm(&[], 0.05), Vec::<bool>::new());
    }
}
