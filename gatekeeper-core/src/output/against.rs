//! The figures of the baseline beside those of the run, in words: shared by the outputs that show them.

use crate::verdict::{Amount, Figure};

/// A figure as it is shown: then, now, and what is different, where something is.
pub(super) struct Shown {
    pub(super) before: String,
    pub(super) now: String,
    pub(super) change: Option<String>,
}

/// Shows a figure.
pub(super) fn shown(f: &Figure) -> Shown {
    Shown { before: amount(f.before), now: amount(f.now), change: change(f) }
}

/// A share with its percentage, rounded down so that what is not whole never reads 100 %.
fn amount(a: Amount) -> String {
    match a.of {
        None => a.n.to_string(),
        Some(0) => "0 of 0".to_owned(),
        Some(of) => {
            let hundredths = hundredths(a.n, of);
            format!("{}.{:02} % ({} of {of})", hundredths / 100, hundredths % 100, a.n)
        }
    }
}

/// Hundredths of a percent, rounded down.
fn hundredths(n: u64, of: u64) -> u128 {
    (u128::from(n) * 10_000).checked_div(u128::from(of)).unwrap_or_default()
}

/// How much more or less: a share in percentage points, a number as it is.
fn change(f: &Figure) -> Option<String> {
    let number = || {
        let difference = f.now.n.abs_diff(f.before.n);
        let sign = if f.now.n < f.before.n { "−" } else { "+" };
        (difference > 0).then(|| format!("{sign}{difference}"))
    };
    match (f.before.of, f.now.of) {
        (Some(then), Some(now)) if then > 0 && now > 0 => {
            let (then, now) = (u128::from(then), u128::from(now));
            // Over one denominator: nothing is lost to rounding before the difference is known.
            let (before, after) =
                (u128::from(f.before.n).saturating_mul(now), u128::from(f.now.n).saturating_mul(then));
            let sign = if after < before { "−" } else { "+" };
            let exact = after.abs_diff(before).checked_mul(10_000).map(|d| d / then.saturating_mul(now));
            let percent = |a: Amount| hundredths(a.n, a.of.unwrap_or(1));
            let hundredths = exact.unwrap_or_else(|| percent(f.now).abs_diff(percent(f.before)));
            match (after == before, hundredths) {
                (true, _) => number().map(|_| "±0".to_owned()),
                (false, 0) => Some(format!("{sign}0.00…")),
                (false, h) => Some(format!("{sign}{}.{:02} points", h / 100, h % 100)),
            }
        }
        _ => number(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(before: (u64, Option<u64>), now: (u64, Option<u64>)) -> [String; 3] {
        let amount = |(n, of)| Amount { n, of };
        let s = shown(&Figure { figure: "x".into(), before: amount(before), now: amount(now) });
        [s.before, s.now, s.change.unwrap_or_default()]
    }

    #[test]
    fn a_share_changes_by_points_and_a_number_by_itself() {
        let share = |n, of| (n, Some(of));
        assert_eq!(of(share(4, 5), share(3, 4)), ["80.00 % (4 of 5)", "75.00 % (3 of 4)", "−5.00 points"]);
        assert_eq!(of(share(1, 3), share(2, 3)), ["33.33 % (1 of 3)", "66.66 % (2 of 3)", "+33.33 points"]);
        assert_eq!(of(share(99_999, 100_000), share(1, 1))[2], "+0.00…");
        assert_eq!(of(share(1, 2), share(2, 4))[2], "±0");
        assert_eq!(of(share(1, 2), share(1, 2))[2], "");
        assert_eq!(of((7, None), (9, None)), ["7", "9", "+2"]);
        assert_eq!(of((7, None), (0, None))[2], "−7");
        assert_eq!(of(share(u64::MAX, u64::MAX), share(0, u64::MAX))[2], "−100.00 points");
    }
}
