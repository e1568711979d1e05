//! Where two sequences of words differ: the shortest way from one to the other (Myers 1986, "An O(ND) difference algorithm").

use std::ops::Range;

/// A place where they differ: words of the first that are missing, words of the second that were added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// In the first.
    pub missing: Range<usize>,
    /// In the second.
    pub added: Range<usize>,
}

/// The places where `b` differs from `a`; none if more than `most` words do.
pub fn hunks(a: &[u16], b: &[u16], most: usize) -> Option<Vec<Hunk>> {
    let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (a.get(head..)?, b.get(head..)?);
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let a = a.get(..a.len().saturating_sub(tail))?;
    let b = b.get(..b.len().saturating_sub(tail))?;
    let shift = |range: Range<usize>| range.start.saturating_add(head)..range.end.saturating_add(head);
    let mut out: Vec<Hunk> = Vec::new();
    for (missing, added) in steps(a, b, most)? {
        let (missing, added) = (shift(missing), shift(added));
        match out.last_mut() {
            Some(last) if last.missing.end == missing.start && last.added.end == added.start => {
                last.missing.end = missing.end;
                last.added.end = added.end;
            }
            _ => out.push(Hunk { missing, added }),
        }
    }
    Some(out)
}

type Step = (Range<usize>, Range<usize>);

/// One word missing or added at a time, in order.
fn steps(a: &[u16], b: &[u16], most: usize) -> Option<Vec<Step>> {
    let most = most.min(a.len().saturating_add(b.len()));
    // `reach[k]`: how far into `a` one gets on diagonal k - 1 - most with so many steps.
    let middle = most.saturating_add(1);
    let mut reach = vec![0_usize; middle.saturating_mul(2).saturating_add(1)];
    let mut trace: Vec<Vec<usize>> = Vec::new();
    let mut found = None;
    'out: for d in 0..=most {
        // Kept: the diagonals that the last round reached.
        trace.push(reach.get(middle.saturating_sub(d)..=middle.saturating_add(d))?.to_vec());
        let mut k = middle.saturating_sub(d);
        while k <= middle.saturating_add(d) {
            let x = start(&reach, k, middle, d)?;
            let mut x = x.0;
            let Some(mut y) = below(x, k, middle) else {
                k = k.saturating_add(2);
                continue;
            };
            while x < a.len() && y < b.len() && a.get(x) == b.get(y) {
                x = x.saturating_add(1);
                y = y.saturating_add(1);
            }
            *reach.get_mut(k)? = x;
            if x >= a.len() && y >= b.len() {
                found = Some(d);
                break 'out;
            }
            k = k.saturating_add(2);
        }
    }
    let mut out = Vec::new();
    let (mut x, mut y) = (a.len(), b.len());
    for d in (1..=found?).rev() {
        let kept = trace.get(d)?;
        let low = middle.saturating_sub(d);
        let at = |k: usize| kept.get(k.checked_sub(low)?).copied();
        let k = middle.saturating_add(x).checked_sub(y)?;
        let down = k == low || (k < middle.saturating_add(d) && at(k.saturating_sub(1)) < at(k.saturating_add(1)));
        let from = if down { k.saturating_add(1) } else { k.saturating_sub(1) };
        let px = at(from)?;
        let py = below(px, from, middle)?;
        if down {
            out.push((px..px, py..py.saturating_add(1)));
        } else {
            out.push((px..px.saturating_add(1), py..py));
        }
        (x, y) = (px, py);
    }
    out.reverse();
    Some(out)
}

/// Where a round begins on a diagonal: one word of `b` further than the diagonal above, or one of `a` further than the one below.
fn start(reach: &[usize], k: usize, middle: usize, d: usize) -> Option<(usize, bool)> {
    if d == 0 {
        return Some((0, false));
    }
    let (under, over) = (*reach.get(k.saturating_sub(1))?, *reach.get(k.saturating_add(1))?);
    let down = k == middle.saturating_sub(d) || (k < middle.saturating_add(d) && under < over);
    Some(if down { (over, true) } else { (under.saturating_add(1), false) })
}

/// The place in `b` for a place in `a` on a diagonal.
fn below(x: usize, k: usize, middle: usize) -> Option<usize> {
    x.saturating_add(middle).checked_sub(k)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(a: &str, b: &str) -> Vec<(String, String)> {
        let words = |text: &str| text.bytes().map(u16::from).collect::<Vec<_>>();
        let hunks = hunks(&words(a), &words(b), 100).unwrap();
        hunks.into_iter().map(|h| (a.get(h.missing).unwrap().to_owned(), b.get(h.added).unwrap().to_owned())).collect()
    }

    #[test]
    fn differences_are_found_where_they_are() {
        let pairs =
            |list: &[(&str, &str)]| list.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect::<Vec<_>>();
        assert_eq!(of("abcdef", "abcdef"), []);
        assert_eq!(of("abcdef", "abXdef"), pairs(&[("c", "X")]));
        assert_eq!(of("abcdef", "abdef"), pairs(&[("c", "")]));
        assert_eq!(of("abcdef", "abcdYZef"), pairs(&[("", "YZ")]));
        assert_eq!(of("abcdef", "Xbcdefg"), pairs(&[("a", "X"), ("", "g")]));
        assert_eq!(of("", "ab"), pairs(&[("", "ab")]));
        assert_eq!(of("ab", ""), pairs(&[("ab", "")]));
        // Myers' own example: five words differ.
        let words = of("abcabba", "cbabac").iter().map(|(missing, added)| missing.len() + added.len()).sum::<usize>();
        assert_eq!(words, 5);
        assert_eq!(hunks(&[1, 2, 3, 4], &[5, 6, 7, 8], 3), None);
    }
}
