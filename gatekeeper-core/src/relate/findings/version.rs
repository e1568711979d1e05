//! Whether a version is one of those that a VEX statement means: an exact version, or a range (`vers:npm/>=2.0|<3.1`, VERS of the purl
//! community; CSAF also writes it without its head).
//!
//! How versions are ordered hangs on their ecosystem. npm and Cargo follow Semantic Versioning, read by the crate `semver`, pre-releases
//! and the ranges `^1.2` and `~1.2` too. Plain numbers with dots between, which may be more or fewer than three, are ordered alike in all
//! ecosystems; of any other version nothing is told, and a statement on it takes nothing out.

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
    let (kind, range) = match stated.strip_prefix("vers:").and_then(|rest| rest.split_once('/')) {
        Some(kind_and_range) => kind_and_range,
        None if stated.starts_with(['<', '>', '=']) => ("", stated),
        None => return false,
    };
    if range.trim() == "*" {
        return true;
    }
    contained(range, version, Scheme::of(kind)).unwrap_or(false)
}

/// How an ecosystem orders its versions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    /// Semantic Versioning 2.0.
    Semver,
    /// Not known here: plain numbers alone.
    Plain,
}

impl Scheme {
    fn of(kind: &str) -> Self {
        match kind.trim().to_ascii_lowercase().as_str() {
            "npm" | "cargo" | "semver" => Scheme::Semver,
            _ => Scheme::Plain,
        }
    }
}

/// Whether a range's constraints hold a version; none where they cannot be compared.
fn contained(range: &str, version: &str, scheme: Scheme) -> Option<bool> {
    let mut inside = false;
    // A lower bound waits for the upper one behind it.
    let mut lower: Option<bool> = None;
    for constraint in range.split('|').map(str::trim).take(1_000) {
        if scheme == Scheme::Semver && constraint.starts_with(['^', '~']) {
            let wanted = semver::VersionReq::parse(constraint).ok()?;
            inside |= wanted.matches(&semantic(version)?);
            continue;
        }
        let (sign, stated) = match constraint.find(|c| !matches!(c, '<' | '>' | '=' | '!')) {
            Some(end) => (constraint.get(..end)?, version_key(constraint.get(end..)?.trim())),
            None => return None,
        };
        if matches!(sign, "" | "=" | "==") {
            inside |= stated == version || equal(version, stated, scheme);
            continue;
        }
        if sign == "!=" {
            if stated == version || equal(version, stated, scheme) {
                return Some(false);
            }
            continue;
        }
        let order = compare(version, stated, scheme)?;
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

fn equal(a: &str, b: &str, scheme: Scheme) -> bool {
    scheme == Scheme::Semver && compare(a, b, scheme) == Some(Ordering::Equal)
}

/// Orders two versions; none where the scheme cannot tell.
fn compare(a: &str, b: &str, scheme: Scheme) -> Option<Ordering> {
    if let (Scheme::Semver, Some(a), Some(b)) = (scheme, semantic(a), semantic(b)) {
        return Some(a.cmp_precedence(&b));
    }
    plain(a, b)
}

/// A semantic version; what has fewer than three numbers and nothing behind them is filled up, as npm and Cargo do.
fn semantic(text: &str) -> Option<semver::Version> {
    // Anything but digits in front of what is filled up makes no version either.
    let filled = match text.split('.').count() {
        1 => format!("{text}.0.0"),
        2 => format!("{text}.0"),
        _ => text.to_owned(),
    };
    semver::Version::parse(&filled).ok()
}

/// Orders plain versions: `1.10` is above `1.9`, `1.0` is `1`.
fn plain(a: &str, b: &str) -> Option<Ordering> {
    let numbers = |text: &str| text.split('.').map(|n| n.parse::<u64>().ok()).collect::<Option<Vec<u64>>>();
    let (mut a, mut b) = (numbers(a)?, numbers(b)?);
    let most = a.len().max(b.len());
    a.resize(most, 0);
    b.resize(most, 0);
    Some(a.cmp(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            // A missing part is nought.
            ("vers:npm/1.0", "1", true),
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
            ("vers:npm/>=1|!=1.2", "1.3", true),
            ("vers:deb/!=1-1|1-2", "1-2", true),
            ("vers:deb/1.1-3", "1.1-3", true),
            ("vers:deb/<1.1-3", "1.0-1", false),
            ("vers:all/*", "anything", true),
            ("<=1.2.3", "1.2.3", true),
            ("all versions before 2", "1.0", false),
            ("vers:npm/>=", "1.0", false),
            ("vers:npm/", "1.0", false),
            ("vers:npm/*", "", false),
            // Pre-releases come before their release, by Semantic Versioning alone.
            ("vers:npm/<2.0.0", "2.0.0-beta.2", true),
            ("vers:npm/>=2.0.0", "2.0.0-beta.2", false),
            ("vers:npm/>=2.0.0-beta.2|<2.0.0", "2.0.0-beta.11", true),
            ("vers:cargo/<1.2.3", "1.2.3+build.7", false),
            ("vers:cargo/=1.2.3", "1.2.3+build.7", true),
            ("vers:npm/!=1.2.3|>=1", "1.2.3+build.7", false),
            ("vers:cargo/^1.2", "1.9.0", true),
            ("vers:cargo/^1.2", "2.0.0", false),
            ("vers:npm/~1.2.3", "1.2.9", true),
            ("vers:npm/~1.2.3", "1.3.0", false),
            ("vers:npm/^x", "1.0.0", false),
            ("vers:pypi/^1.2", "1.9.0", false),
            // What has fewer than three numbers is filled up, and nothing else is.
            ("vers:npm/<2", "2.0.0-rc.1", true),
            ("vers:npm/>=2", "2.0.0-rc.1", false),
            ("vers:npm/<1.2", "1.2.0-beta", true),
            ("vers:npm/>=1.2|<1.3", "1.3.0-beta", true),
            ("vers:npm/<2", "1-beta", false),
            ("vers:npm/<2", "1.2-beta", false),
            ("vers:npm/<2", "x", false),
            ("vers:npm/<2", "1.x", false),
            // Without a head it is a range only where it begins like one.
            ("1.0|1.2", "1.2", false),
            ("*", "1.0", false),
            ("<1|>2", "3", true),
            ("vers:pypi/<2.0.0", "2.0.0-beta.2", false),
            ("vers:deb/<2.0.0", "1.0.0-1", false),
            ("vers:npm/<1.2.3.4", "1.2.3.3", true),
        ] {
            assert_eq!(holds(stated, version), want, "{stated} of {version}");
        }
    }

    #[test]
    fn plain_versions_are_ordered_by_their_numbers() {
        use std::cmp::Ordering::{Equal, Greater, Less};
        for (a, b, want) in [
            ("1.10", "1.9", Some(Greater)),
            ("1.0", "1", Some(Equal)),
            ("1", "1.0.1", Some(Less)),
            ("2", "1.9.9", Some(Greater)),
            ("1.0-rc1", "1.0", None),
            ("1", "x", None),
        ] {
            assert_eq!(plain(a, b), want, "{a} and {b}");
        }
    }

    #[test]
    fn plain_numbers_are_ordered_alike_by_both() {
        let parts = [0, 1, 2, 9, 10, 100];
        let versions: Vec<String> = parts
            .iter()
            .flat_map(|a| {
                parts.iter().flat_map(move |b| [0, 1, 2, 9, 10, 100].into_iter().map(move |c| format!("{a}.{b}.{c}")))
            })
            .collect();
        for a in &versions {
            for b in &versions {
                assert_eq!(plain(a, b), compare(a, b, Scheme::Semver), "{a} {b}");
            }
        }
    }
}
