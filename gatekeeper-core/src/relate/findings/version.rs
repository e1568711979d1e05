//! Whether a version is one of those that a VEX statement means: an exact version, or a range (`vers:npm/>=2.0|<3.1`, VERS of the purl
//! community; CSAF also writes it without its head).
//!
//! How versions are ordered hangs on their ecosystem. Plain numbers with dots between are ordered alike in all; of any other nothing is
//! told, and a statement on it takes nothing out.

use gatekeeper_evidence::purl::version_key;
use std::cmp::Ordering;

/// Whether the stated versions hold this one. What cannot be told is no.
pub(super) fn holds(stated: &str, version: &str) -> bool {
    let version = version_key(version);
    let stated = stated.trim();
    if version.is_empty() || stated.is_empty() {
        return false;
    }
    if version_key(stated) == version {
        return true;
    }
    let range = match stated.strip_prefix("vers:").and_then(|rest| rest.split_once('/')) {
        Some((_, range)) => range,
        None if stated.starts_with(['<', '>', '=']) => stated,
        None => return false,
    };
    if range.trim() == "*" {
        return true;
    }
    contained(range, version).unwrap_or(false)
}

/// Whether a range's constraints hold a version; none where they cannot be compared.
fn contained(range: &str, version: &str) -> Option<bool> {
    let mut inside = false;
    // A lower bound waits for the upper one behind it.
    let mut lower: Option<bool> = None;
    for constraint in range.split('|').map(str::trim).take(1_000) {
        let (sign, stated) = match constraint.find(|c| !matches!(c, '<' | '>' | '=' | '!')) {
            Some(end) => (constraint.get(..end)?, version_key(constraint.get(end..)?.trim())),
            None => return None,
        };
        if matches!(sign, "" | "=" | "==") {
            inside |= stated == version;
            continue;
        }
        if sign == "!=" {
            if stated == version {
                return Some(false);
            }
            continue;
        }
        let order = compare(version, stated)?;
        match sign {
            ">" => lower = Some(order == Ordering::Greater),
            ">=" => lower = Some(order != Ordering::Less),
            "<" => inside |= lower.take().unwrap_or(true) && order == Ordering::Less,
            "<=" => inside |= lower.take().unwrap_or(true) && order != Ordering::Greater,
            _ => return None,
        }
    }
    Some(inside || lower == Some(true))
}

/// Orders plain versions: `1.10` is above `1.9`, `1.0` is `1`.
fn compare(a: &str, b: &str) -> Option<Ordering> {
    let numbers = |text: &str| text.split('.').map(|n| n.parse::<u64>().ok()).collect::<Option<Vec<u64>>>();
    let (mut a, mut b) = (numbers(a)?, numbers(b)?);
    let most = a.len().max(b.len());
    a.resize(most, 0);
    b.resize(most, 0);
    Some(a.cmp(&b))
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn versions_and_ranges_hold_what_they_name() {
        for (stated, version, want) in [
            ("1.0", "1.0", true),
            ("v1.0", "1.0", true),
            ("1.0", "1.1", false),
            ("vers:npm/>=2.0", "1.0", false),
            ("vers:npm/>=2.0", "2.10", true),
            ("vers:npm/<0.5", "1.0", false),
            // Each bound at its edge.
            ("vers:npm/>=2.0", "2.0", true),
            ("vers:npm/>2.0", "2.0", false),
            ("vers:npm/>2.0", "2.0.1", true),
            ("vers:npm/<2.0", "2.0", false),
            ("vers:npm/<2.0", "1.9", true),
            ("vers:npm/<=2.0", "2.0", true),
            ("vers:npm/<=2.0", "2.0.1", false),
            ("vers:npm/>1|<=2", "1", false),
            ("vers:npm/>1|<=2", "2.1", false),
            ("vers:npm/>1|<=2", "2", true),
            ("vers:npm/1.0", "1", false),
            ("vers:npm/==1.2", "1.2", true),
            ("vers:npm/=1.2", "1.3", false),
            ("vers:npm/!=1.2", "1.3", false),
            ("vers:npm/=<2", "1", false),
            // A lower bound is used up by the upper one behind it.
            ("vers:npm/>=1|<2|<=5", "4", true),
            ("vers:npm/>=3|<4|>=5", "4.5", false),
            ("vers:npm/>=3|<4|>=5", "5.5", true),
            (">=1.0", "1.0", true),
            ("=1.0", "1.0", true),
            (" 1.0 ", "1.0", true),
            ("", "1.0", false),
            ("vers:pypi/>=1.0|<2", "1.9.9", true),
            ("vers:pypi/>=1.0|<2", "2.0", false),
            ("vers:generic/<1|>=2|<3", "2.5", true),
            ("vers:generic/<1|>=2|<3", "1.5", false),
            ("vers:npm/1.0|1.2", "1.2", true),
            ("vers:npm/>=1|!=1.2", "1.2", false),
            ("vers:deb/1.1-3", "1.1-3", true),
            ("vers:deb/<1.1-3", "1.0-1", false),
            ("vers:all/*", "anything", true),
            ("<=1.2.3", "1.2.3", true),
            ("all versions before 2", "1.0", false),
            ("vers:npm/>=", "1.0", false),
            ("vers:npm/", "1.0", false),
            ("vers:npm/*", "", false),
        ] {
            assert_eq!(holds(stated, version), want, "{stated} of {version}");
        }
    }

    #[test]
    fn plain_versions_are_ordered_by_their_numbers() {
        use super::compare;
        use std::cmp::Ordering::{Equal, Greater, Less};
        for (a, b, want) in [
            ("1.10", "1.9", Some(Greater)),
            ("1.0", "1", Some(Equal)),
            ("1", "1.0.1", Some(Less)),
            ("2", "1.9.9", Some(Greater)),
            ("1.0-rc1", "1.0", None),
            ("1", "x", None),
        ] {
            assert_eq!(compare(a, b), want, "{a} and {b}");
        }
    }
}
