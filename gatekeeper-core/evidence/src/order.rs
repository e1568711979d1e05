//! The order in which people count: `9` before `10`, `27.1` before `27.10`.

use std::cmp::Ordering;

/// Compares texts; runs of digits in them by their number.
///
/// ```
/// use gatekeeper_evidence::order::natural;
///
/// let mut versions = ["otp-28", "otp-9", "otp-27.10", "otp-27.2"];
/// versions.sort_by(|a, b| natural(a, b));
/// assert_eq!(versions, ["otp-9", "otp-27.2", "otp-27.10", "otp-28"]);
/// ```
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let ((text, digits, after), (other_text, other_digits, other_after)) = (run(left), run(right));
        let number = |digits: &str| {
            let plain = digits.trim_start_matches('0');
            (plain.len(), plain.to_owned())
        };
        let here = text.cmp(other_text).then_with(|| number(digits).cmp(&number(other_digits)));
        if here != Ordering::Equal {
            return here;
        }
        if after.is_empty() && other_after.is_empty() {
            // What is equal as numbers (07 and 7) is still not the same text.
            return a.cmp(b);
        }
        (left, right) = (after, other_after);
    }
}

/// The text before the first digits, these digits, and what follows.
fn run(text: &str) -> (&str, &str, &str) {
    let start = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let (head, rest) = text.split_at_checked(start).unwrap_or((text, ""));
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
    (head, digits, after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_count_as_numbers_and_the_rest_as_text() {
        for (less, more) in [
            ("9", "10"),
            ("27.2", "27.10"),
            ("a9", "b1"),
            ("a", "a1"),
            ("1", "1a"),
            ("1.9", "1.10.1"),
            ("rc2", "rc10"),
            ("07", "7"),
            ("7", "07a"),
            ("1a07", "1a7"),
            ("", "0"),
            ("99999999999999999999998", "99999999999999999999999"),
            ("x1y2", "x1z1"),
        ] {
            assert_eq!(natural(less, more), Ordering::Less, "{less} {more}");
            assert_eq!(natural(more, less), Ordering::Greater, "{more} {less}");
            assert_eq!(natural(less, less), Ordering::Equal);
        }
    }
}
