//! The fingerprint of a finding: what "new since the baseline" stands on.

use gatekeeper_evidence::findings::Finding;
use gatekeeper_evidence::hash::sha256_hex;
use gatekeeper_evidence::purl;

/// A fingerprint that stays the same while code around the finding moves: of rule, path, package and message, without lines, columns and
/// numbers in the message. Of a package's finding, rule and package (without its version) and path count; its text is the advisory's and is edited now and then.
///
/// Two findings may share one (the same complaint twice in a file): comparisons count them.
pub fn fingerprint(finding: &Finding) -> String {
    let mut text = String::from("1\n");
    text.push_str(&finding.rule);
    text.push('\n');
    if let Some(place) = &finding.place {
        text.push_str(&path(&place.path));
    }
    text.push('\n');
    match &finding.package {
        Some(package) => {
            let key = package.purl.as_deref().and_then(purl::parse);
            text.push_str(&key.map_or_else(|| purl::name_key(&package.name, None), |p| p.path));
        }
        None => {
            text.push('\n');
            normalise(&finding.message, &mut text);
        }
    }
    let mut hash = sha256_hex(text.as_bytes());
    hash.truncate(32);
    hash
}

/// `./a\b` is `a/b`.
fn path(path: &str) -> String {
    let path = path.replace('\\', "/");
    path.trim_start_matches("./").to_owned()
}

/// Digits become one `#`, blanks one space.
fn normalise(message: &str, out: &mut String) {
    let mut last = ' ';
    for c in message.trim().chars() {
        let c = match c {
            c if c.is_ascii_digit() => '#',
            c if c.is_whitespace() => ' ',
            c => c,
        };
        if !(c == last && matches!(c, '#' | ' ')) {
            out.push(c);
        }
        last = c;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::findings::{Package, Place};

    fn finding(message: &str, line: u32, path: &str) -> Finding {
        Finding {
            rule: "r".into(),
            message: message.into(),
            place: Some(Place { path: path.into(), line: Some(line), column: None }),
            ..Finding::default()
        }
    }

    #[test]
    fn lines_may_drift() {
        let a = fingerprint(&finding("unused at line 12,  col 3", 12, "./src\\a.py"));
        assert_eq!(a, fingerprint(&finding("unused at line 7, col 33", 7, "src/a.py")));
        assert_ne!(a, fingerprint(&finding("unset at line 12, col 3", 12, "src/a.py")));
        assert_ne!(a, fingerprint(&finding("unused at line 12, col 3", 12, "src/b.py")));
        assert_eq!(a.len(), 32);
    }

    #[test]
    fn a_package_counts_without_its_version_and_text() {
        let with = |purl: &str, message: &str| {
            let package = Package { name: "x".into(), purl: Some(purl.into()), ..Package::default() };
            fingerprint(&Finding { package: Some(Box::new(package)), ..finding(message, 1, "lock") })
        };
        assert_eq!(with("pkg:npm/x@1", "old text"), with("pkg:npm/x@2", "new text"));
        assert_ne!(with("pkg:npm/x@1", ""), with("pkg:npm/y@1", ""));
    }

    #[test]
    fn each_part_tells_findings_apart() {
        let plain = finding("m", 1, "a");
        let of = |f: &Finding| fingerprint(f);
        assert_ne!(of(&plain), of(&Finding { rule: "q".into(), ..plain.clone() }));
        assert_ne!(of(&plain), of(&Finding { place: None, ..plain.clone() }));
        let package = |name: &str, purl: Option<&str>| {
            let package = Package { name: name.into(), purl: purl.map(Into::into), ..Package::default() };
            of(&Finding { package: Some(Box::new(package)), ..plain.clone() })
        };
        assert_ne!(of(&plain), package("x", None));
        assert_ne!(package("x", None), package("y", None));
        assert_eq!(package("x", None), package("other", Some("pkg:npm/x@1")));
        // It is what baselines hold: were it made otherwise, every finding would be new.
        assert_eq!(of(&plain), "433dcd3c03a34e74c12dff7f96981e46");
    }

    #[test]
    fn messages_are_the_same_but_for_numbers_and_blanks() {
        let text = |message: &str| {
            let mut out = String::new();
            normalise(message, &mut out);
            out
        };
        assert_eq!(text("  a  12 b\t\n3c44  "), "a # b #c#");
        assert_eq!(text("aa--bb"), "aa--bb");
        assert_eq!(text("1 2 3"), "# # #");
        assert_eq!(text(""), "");
        assert_eq!((path("./a\\b"), path("a/./b")), ("a/b".to_owned(), "a/./b".to_owned()));
    }
}
