//! Names in the headers of a diff: out of their quotes, and without the prefixes that tell the two sides apart.

/// How far apart the two prefixes of a header may be in length.
const PREFIX: usize = 128;

/// A name as a header gives it: in C's quotes (git's `core.quotePath`), or plain up to a tab, after which a time may stand.
pub(super) fn token(text: &[u8]) -> Vec<u8> {
    match quoted(text) {
        Some((name, _)) => name,
        None => plain(text).to_vec(),
    }
}

fn plain(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|b| *b == b'\t').unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

/// A quoted name at the start of a text, and what stands behind it. `None` where it is not quoted, or its quotes do not end.
pub(super) fn quoted(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut rest = text.strip_prefix(b"\"")?;
    let mut name = Vec::new();
    loop {
        let (first, behind) = rest.split_first()?;
        rest = behind;
        match first {
            b'"' => return Some((name, rest)),
            b'\\' => {
                let (escape, behind) = rest.split_first()?;
                rest = behind;
                name.push(match escape {
                    b'a' => 7,
                    b'b' => 8,
                    b't' => b'\t',
                    b'n' => b'\n',
                    b'v' => 11,
                    b'f' => 12,
                    b'r' => b'\r',
                    b'0'..=b'3' => {
                        let (more, behind) = rest.split_at_checked(2)?;
                        rest = behind;
                        more.iter().try_fold(escape - b'0', |n, digit| {
                            let digit = digit.checked_sub(b'0').filter(|d| *d < 8)?;
                            Some((n << 3) | digit)
                        })?
                    }
                    other => *other,
                });
            }
            byte => name.push(*byte),
        }
    }
}

/// The name of a file that has the same on both sides, out of what stands on them: `a/x` and `b/x`, `x` and `x`, `old/tree/x` and `new/x`.
pub(super) fn without_prefixes(old: &[u8], new: &[u8]) -> Option<Vec<u8>> {
    if old == new {
        return Some(new.to_vec());
    }
    let below = |name: &[u8]| {
        let slash = name.iter().position(|b| *b == b'/')?;
        name.get(slash + 1..).map(<[u8]>::to_vec)
    };
    if let (Some(old), Some(new)) = (below(old), below(new))
        && old == new
        && !new.is_empty()
    {
        return Some(new);
    }
    // The longest that both end in, from a `/` on.
    let same = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let is_whole = |side: &[u8], tail: &[u8]| {
        side.len() == tail.len()
            || side.len().checked_sub(tail.len() + 1).and_then(|at| side.get(at)).is_some_and(|b| *b == b'/')
    };
    let mut tail = new.get(new.len() - same..)?;
    loop {
        if tail.is_empty() {
            return None;
        }
        if is_whole(old, tail) && is_whole(new, tail) {
            return Some(tail.to_vec());
        }
        let slash = tail.iter().position(|b| *b == b'/')?;
        tail = tail.get(slash + 1..)?;
    }
}

/// The two names of a header `diff --git OLD NEW`, where they are the same but for their prefixes.
pub(super) fn of_header(rest: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    if let Some((old, behind)) = quoted(rest) {
        return Some((old, token(behind.strip_prefix(b" ")?)));
    }
    if rest.ends_with(b"\"") {
        let at = rest.windows(2).position(|w| w == b" \"")?;
        let (new, behind) = quoted(rest.get(at + 1..)?)?;
        return behind.is_empty().then(|| rest.get(..at).map(|old| (old.to_vec(), new)))?;
    }
    // Names may have blanks: the right one is where both sides are the same name, near the middle.
    let middle = rest.len() / 2;
    let offsets = (0..=PREFIX).flat_map(|d| [middle.checked_sub(d), middle.checked_add(d)]).flatten();
    let mut blanks = offsets.filter(|at| rest.get(*at) == Some(&b' '));
    blanks.find_map(|at| {
        let (old, new) = (rest.get(..at)?, rest.get(at + 1..)?);
        (old == new || tails_agree(old, new)).then(|| (old.to_vec(), new.to_vec()))
    })
}

/// Whether two sides are one name with a prefix each.
fn tails_agree(old: &[u8], new: &[u8]) -> bool {
    without_prefixes(old, new).is_some_and(|name| old.len() - name.len() <= PREFIX && new.len() - name.len() <= PREFIX)
}

/// A name as text; bytes that are not UTF-8 are replaced, so such a name is nobody's.
pub(super) fn text(name: &[u8]) -> String {
    let name = name.strip_prefix(b"./").unwrap_or(name);
    String::from_utf8_lossy(name).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_octal_digits_are_undone() {
        let (name, rest) = quoted(b"\"a\\303\\274\\t\\\"\\\\b\" x").unwrap();
        assert_eq!((name.as_slice(), rest), ("aü\t\"\\b".as_bytes(), b" x".as_slice()));
        assert_eq!(quoted(b"\"a\\9"), None);
        assert_eq!(quoted(b"\"a\\38\""), None);
        assert_eq!(quoted(b"\"a"), None);
        assert_eq!(token(b"a b\t2026-01-01"), b"a b");
    }

    #[test]
    fn prefixes_are_told_by_both_sides() {
        let name = |a: &str, b: &str| without_prefixes(a.as_bytes(), b.as_bytes()).map(|n| text(&n));
        for (old, new, right) in [
            ("a/src/x", "b/src/x", Some("src/x")),
            ("c/src/x", "w/src/x", Some("src/x")),
            ("1/x", "2/x", Some("x")),
            ("src/x", "src/x", Some("src/x")),
            ("old/tree/src/x", "new/src/x", Some("src/x")),
            ("a/src/x", "src/x", Some("src/x")),
            ("p/q/src/x", "p/r/src/x", Some("src/x")),
            ("x", "y", None),
            ("a/x", "b/y", None),
        ] {
            assert_eq!(name(old, new).as_deref(), right, "{old} {new}");
        }
    }

    #[test]
    fn headers_are_split_where_both_sides_are_one_name() {
        let split = |s: &str| of_header(s.as_bytes()).map(|(a, b)| (text(&a), text(&b)));
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(split("a/x b/x"), pair("a/x", "b/x"));
        assert_eq!(split("a/x y b/x y"), pair("a/x y", "b/x y"));
        assert_eq!(split("x b x b"), pair("x b", "x b"));
        assert_eq!(split("before/x after/x"), pair("before/x", "after/x"));
        assert_eq!(split(r#""a/\303\274" "b/\303\274""#), pair("a/ü", "b/ü"));
        assert_eq!(split(r#"a/x "b/\303\274""#), pair("a/x", "b/ü"));
        assert_eq!(split("a/x b/y"), None);
    }
}
