//! The formats that the embedded schemas assert: `date-time`, `date`, `idn-email`, `iri-reference`, `uri`.
//!
//! Specifications: RFC 3339 §5.6, RFC 6531 (as far as a gate cares: one `@` with something on both sides), RFC 3986 and RFC 3987.

/// A format: what it is called in messages, and the test.
#[derive(Debug)]
pub(super) struct Format {
    pub name: &'static str,
    pub holds: fn(&str) -> bool,
}

static FORMATS: &[(&str, Format)] = &[
    ("date", Format { name: "date (RFC 3339)", holds: is_date }),
    ("date-time", Format { name: "time (RFC 3339)", holds: is_date_time }),
    ("idn-email", Format { name: "e-mail address", holds: is_email }),
    ("iri-reference", Format { name: "IRI reference (RFC 3987)", holds: is_iri_reference }),
    ("uri", Format { name: "URI (RFC 3986)", holds: is_uri }),
];

pub(super) fn of(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|(n, _)| *n == name).map(|(_, f)| f)
}

fn number(text: &str, digits: usize) -> Option<u32> {
    (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// `YYYY-MM-DD`, a day that exists.
pub(super) fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [y, m, d] = parts.as_slice() else { return false };
    let (Some(y), Some(m), Some(d)) = (number(y, 4), number(m, 2), number(d, 2)) else { return false };
    let leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    let days = match m {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&d)
}

/// `YYYY-MM-DDThh:mm:ss[.f](Z|±hh:mm)`.
pub(in crate::sbom) fn is_date_time(text: &str) -> bool {
    let (Some(date), Some(mark), Some(rest)) = (text.get(..10), text.as_bytes().get(10), text.get(11..)) else {
        return false;
    };
    if !is_date(date) || !matches!(mark, b'T' | b't' | b' ') {
        return false;
    }
    let (time, zone) = if let Some(time) = rest.strip_suffix(['Z', 'z']) {
        (time, None)
    } else {
        match rest.rfind(['+', '-']).and_then(|at| Some((rest.get(..at)?, rest.get(at + 1..)?))) {
            Some((time, zone)) => (time, Some(zone)),
            None => return false,
        }
    };
    let hours_minutes =
        |t: &str| t.split_once(':').and_then(|(h, m)| Some(number(h, 2)? < 24 && number(m, 2)? < 60)).unwrap_or(false);
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let Some((hm, seconds)) = clock.rsplit_once(':') else { return false };
    hours_minutes(hm)
        && number(seconds, 2).is_some_and(|s| s <= 60)
        && !fraction.is_empty()
        && fraction.bytes().all(|b| b.is_ascii_digit())
        && zone.is_none_or(hours_minutes)
}

fn is_email(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(local, host)| {
        !local.is_empty()
            && !host.is_empty()
            && !text.chars().any(|c| c.is_control())
            && (local.starts_with('"') || !local.contains([' ', '@']))
            && !host.contains(' ')
    })
}

/// Characters of a path, query or fragment; a percent sign begins an escape.
fn are_url_characters(text: &str, extra: &[u8]) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().all(|(n, b)| match b {
        b'%' => bytes.get(n + 1..n + 3).is_some_and(|h| h.iter().all(u8::is_ascii_hexdigit)),
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => true,
        b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' => true,
        b':' | b'@' => true,
        b if *b >= 0x80 => true,
        b => extra.contains(b),
    })
}

/// The scheme of an IRI, and what stands behind its colon.
fn scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let first = scheme.bytes().next()?.is_ascii_alphabetic();
    (first && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')))
        .then_some((scheme, rest))
}

/// Authority, path, query and fragment: what follows a scheme, or a relative reference.
fn is_hierarchy(text: &str) -> bool {
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (text, query) = text.split_once('?').unwrap_or((text, ""));
    if !are_url_characters(fragment, b"/?") || !are_url_characters(query, b"/?") {
        return false;
    }
    let Some(rest) = text.strip_prefix("//") else { return are_url_characters(text, b"/") };
    let (authority, path) = rest.find('/').and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, ""));
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    // An address in brackets, or a name; then a port.
    let (host_holds, port) = match host.strip_prefix('[') {
        Some(inner) => match inner.split_once(']') {
            Some((address, port)) => (
                !address.is_empty() && are_url_characters(address, b""),
                if port.is_empty() { Some("") } else { port.strip_prefix(':') },
            ),
            None => (false, None),
        },
        None => {
            let (name, port) = host.split_once(':').unwrap_or((host, ""));
            (are_url_characters(name, b"") && !name.contains('@'), Some(port))
        }
    };
    host_holds
        && port.is_some_and(|p| p.bytes().all(|b| b.is_ascii_digit()))
        && are_url_characters(user, b"")
        && !user.contains('@')
        && are_url_characters(path, b"/")
}

fn is_iri_reference(text: &str) -> bool {
    if text.chars().any(|c| c.is_control() || c == ' ') {
        return false;
    }
    if let Some((_, rest)) = scheme(text) {
        return is_hierarchy(rest);
    }
    // A relative reference's first segment has no colon (it would be a scheme).
    let first = text.split(['/', '?', '#']).next().unwrap_or_default();
    !first.contains(':') && is_hierarchy(text)
}

pub(in crate::sbom) fn is_uri(text: &str) -> bool {
    text.is_ascii() && scheme(text).is_some() && is_iri_reference(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for good in ["2020-02-29T23:59:60Z", "2024-01-01T00:00:00.123456789+02:00", "2024-01-01t00:00:00z"] {
            assert!(is_date_time(good), "{good}");
        }
        for bad in [
            "2021-02-29T00:00:00Z",
            "2024-01-01",
            "2024-01-01T00:00:00",
            "2024-01-01T24:00:00Z",
            "2024-13-01T00:00:00Z",
        ] {
            assert!(!is_date_time(bad), "{bad}");
        }
    }

    #[test]
    fn iris() {
        for good in [
            "https://example.com/a?b=c#d",
            "",
            "a/b",
            "git+https://github.com/x/y.git",
            "http://[::1]:80/",
            "mailto:a@b.c",
            "https://bücher.example/ü",
            "urn:uuid:1",
            "ssh://git@github.com:22/x",
            "../x:y",
            "https://user:pw@h/p",
        ] {
            assert!(is_iri_reference(good), "{good}");
        }
        for bad in [
            "git@github.com:x/y.git",
            "https://a b",
            "http://h/%zz",
            "http://h/{x}",
            "a#b#c",
            "http://[::1",
            "http://h:port/",
        ] {
            assert!(!is_iri_reference(bad), "{bad}");
        }
    }
}
