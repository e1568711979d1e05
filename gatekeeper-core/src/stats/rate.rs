//! Two rates: Fisher's exact test, and Newcombe's interval of their difference (1998, method 10: from Wilson's intervals, without continuity correction).

use super::normal_quantile;

/// Two-sided p-value of two rates being one: `a` of `n` against `b` of `m`. Every table that is no likelier than this one counts.
pub(crate) fn fisher(a: u64, n: u64, b: u64, m: u64) -> f64 {
    let f = |v: u64| -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts of requests are far below 2^53")]
        let out = v as f64;
        out
    };
    let (total, both) = (n.saturating_add(m), a.saturating_add(b));
    let (least, most) = (both.saturating_sub(m), both.min(n));
    // Likelihoods are taken relative to the likeliest table's, so that no factorial is needed.
    let up = |k: u64| (f(n) - f(k)) * (f(both) - f(k)) / ((f(k) + 1.0) * (f(m) - f(both) + f(k) + 1.0));
    let mode = ((f(n) + 1.0) * (f(both) + 1.0) / (f(total) + 2.0)).floor();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count between the two")]
    let mode = (mode as u64).clamp(least, most);
    let mut sides: [Vec<(u64, f64)>; 2] = [vec![(mode, 1.0)], Vec::new()];
    let [above, below] = &mut sides;
    let (mut k, mut likely) = (mode, 1.0);
    while k < most && likely > 1e-300 {
        likely *= up(k);
        k += 1;
        above.push((k, likely));
    }
    (k, likely) = (mode, 1.0);
    while k > least && likely > 1e-300 {
        k -= 1;
        likely /= up(k);
        below.push((k, likely));
    }
    let tables = || above.iter().chain(below.iter());
    // Beyond what was worked out, a table is less likely than a float can tell.
    let Some(own) = tables().find(|(k, _)| *k == a).map(|(_, l)| *l) else { return 0.0 };
    let all: f64 = tables().map(|(_, l)| l).sum();
    let no_likelier: f64 = tables().filter(|(_, l)| *l <= own * (1.0 + 1e-7)).map(|(_, l)| l).sum();
    (no_likelier / all).min(1.0)
}

/// The difference of two rates, `b / m - a / n`, with its interval; `None` where one of them is of nothing.
pub(crate) fn newcombe(a: u64, n: u64, b: u64, m: u64, level: f64) -> Option<(f64, f64, f64)> {
    if n == 0 || m == 0 || a > n || b > m {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of requests are far below 2^53")]
    let f = |v: u64| v as f64;
    let z = normal_quantile(1.0 - level / 2.0);
    let wilson = |a: f64, n: f64| {
        let (p, zz) = (a / n, z * z);
        let middle = p + zz / (2.0 * n);
        let reach = z * (p * (1.0 - p) / n + zz / (4.0 * n * n)).sqrt();
        let share = 1.0 + zz / n;
        (p, ((middle - reach) / share).max(0.0), ((middle + reach) / share).min(1.0))
    };
    let ((p, p_low, p_high), (q, q_low, q_high)) = (wilson(f(a), f(n)), wilson(f(b), f(m)));
    let far = |x: f64, y: f64| (x * x + y * y).sqrt();
    Some((q - p, q - p - far(q - q_low, p_high - p), q - p + far(q_high - q, p - p_low)))
}
