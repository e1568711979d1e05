//! Package URLs (purl-spec, <https://github.com/package-url/purl-spec>): the one reader and writer of them.
//!
//! [`split`] takes a URL apart as it is written, [`parse`] so that different spellings of one package compare equal, [`write()`] makes one
//! from what a report says of a package. What is parsed and written again parses to the same.
//!
//! By hand and not by a crate: what reports hold under the name is often no valid package URL (a scope's bare `@`, an empty version, `//`
//! after the scheme), and judging has to find the package in it all the same.

use std::borrow::Cow;
use std::fmt;

/// The parts of a package URL, decoded and in the spelling that they are compared in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purl {
    /// The type, lower case: `npm`, `maven`.
    pub kind: String,
    /// Namespace and name, `/` between.
    pub path: String,
    /// The version, without a leading `v`; empty where none is stated.
    pub version: String,
    /// Keys in lower case and their values, sorted by key.
    pub qualifiers: Vec<(String, String)>,
    /// A place within the package; empty where none is stated.
    pub subpath: String,
}

impl Purl {
    /// A qualifier's value.
    pub fn qualifier(&self, name: &str) -> Option<&str> {
        self.qualifiers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The URL, percent-encoded.
impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&write(&self.kind, &self.path, Some(&self.version)))?;
        for (n, (key, value)) in self.qualifiers.iter().enumerate() {
            write!(f, "{}{key}=", if n == 0 { '?' } else { '&' })?;
            f.write_str(&encoded(value, true))?;
        }
        if !self.subpath.is_empty() {
            write!(f, "#{}", encoded(&self.subpath, true))?;
        }
        Ok(())
    }
}

/// The parts of a package URL as they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts<'t> {
    /// The type.
    pub kind: &'t str,
    /// Namespace and name.
    pub path: &'t str,
    /// What stands behind the `@`; none where there is no `@`.
    pub version: Option<&'t str>,
    /// The qualifiers, without their `?`.
    pub query: &'t str,
    /// A place within the package, without its `#`.
    pub subpath: &'t str,
}

impl<'t> Parts<'t> {
    /// Namespace and name, decoded.
    pub fn name(&self) -> Cow<'t, str> {
        decode(self.path)
    }
}

/// Whether a text claims to be a package URL.
pub fn is_purl(text: &str) -> bool {
    text.trim_start().starts_with("pkg:")
}

/// Takes `pkg:type/namespace/name@version?qualifiers#subpath` apart.
pub fn split(text: &str) -> Option<Parts<'_>> {
    let rest = text.trim().strip_prefix("pkg:")?.trim_start_matches('/');
    let (rest, subpath) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (kind, rest) = rest.split_once('/')?;
    // An `@` of a scope is written `%40`; some tools leave it bare at a name's beginning.
    let (path, version) = match rest.rsplit_once('@') {
        Some((path, version)) if !path.is_empty() && !path.ends_with('/') => (path, Some(version)),
        _ => (rest, None),
    };
    (!kind.is_empty() && !path.is_empty()).then_some(Parts { kind, path, version, query, subpath })
}

/// Reads a package URL into the spelling that packages are compared in.
pub fn parse(text: &str) -> Option<Purl> {
    let parts = split(text)?;
    let kind = parts.kind.to_ascii_lowercase();
    let path = name_key(&parts.name(), Some(&kind));
    if path.is_empty() {
        return None;
    }
    let mut qualifiers: Vec<(String, String)> = parts
        .query
        .split('&')
        .filter_map(|q| q.split_once('='))
        .map(|(k, v)| (k.to_ascii_lowercase(), decode(v).into_owned()))
        .collect();
    qualifiers.sort_by(|a, b| a.0.cmp(&b.0));
    let version = version_key(&decode(parts.version.unwrap_or_default())).to_owned();
    let subpath = decode(parts.subpath).trim_matches('/').to_owned();
    Some(Purl { kind, path, version, qualifiers, subpath })
}

/// The package URL of a package, percent-encoded: its type, namespace and name with `/` between, and its version where there is one.
pub fn write(kind: &str, path: &str, version: Option<&str>) -> String {
    let mut out = format!("pkg:{kind}/{}", encoded(path, true));
    if let Some(version) = version.filter(|v| !v.is_empty()) {
        out.push('@');
        out.push_str(&encoded(version, false));
    }
    out
}

/// The package URL of a Python package: names in lower case, `-` for `_`.
pub fn write_pypi(name: &str, version: Option<&str>) -> String {
    write("pypi", &name.to_lowercase().replace('_', "-"), version)
}

/// A package URL with the version that is stated beside it, where it has none of its own.
pub fn with_version(purl: &str, version: &str) -> String {
    match split(purl) {
        Some(parts) if parts.version.is_none() && !version.is_empty() => {
            let end = purl.find(['?', '#']).unwrap_or(purl.len());
            let (path, rest) = purl.split_at(end);
            format!("{path}@{}{rest}", encoded(version, false))
        }
        _ => purl.to_owned(),
    }
}

/// Whether a stated package URL covers another: the same package; its version and subpath, where it states them; each qualifier that it states.
pub fn covers(stated: &Purl, own: &Purl) -> bool {
    stated.kind == own.kind
        && stated.path == own.path
        && (stated.version.is_empty() || stated.version == own.version)
        && (stated.subpath.is_empty() || stated.subpath == own.subpath)
        && stated.qualifiers.iter().all(|q| own.qualifiers.contains(q))
}

/// A package's name so that different spellings of one compare equal: Maven's `:` as `/`, PyPI's case and `_`, a Go module's case.
pub fn name_key(name: &str, kind: Option<&str>) -> String {
    let name = name.replace(':', "/");
    let name = name.trim_matches(|c: char| c == '/' || c.is_whitespace());
    match kind {
        Some("pypi") => name.to_ascii_lowercase().replace(['_', '.'], "-"),
        Some("golang" | "github" | "bitbucket") => name.to_ascii_lowercase(),
        _ => name.to_owned(),
    }
}

/// A version without the `v` that Go writes before it.
pub fn version_key(version: &str) -> &str {
    let version = version.trim();
    match version.strip_prefix('v') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest,
        _ => version,
    }
}

/// Percent-encodes all but the unreserved characters and `:`, as the specification has it.
fn encoded(text: &str, slashes: bool) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || b"-._~:".contains(&b) || (slashes && b == b'/') {
            out.push(char::from(b));
        } else {
            out.push('%');
            for nibble in [b >> 4, b & 15] {
                out.push(HEX.get(usize::from(nibble)).map_or('0', |h| char::from(*h)));
            }
        }
    }
    out
}

fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((b, tail)) = rest.split_first() {
        // `from_str_radix` would read a sign, too.
        let hex = tail.get(..2).filter(|h| h.iter().all(u8::is_ascii_hexdigit));
        let hex = hex.and_then(|h| std::str::from_utf8(h).ok()).and_then(|h| u8::from_str_radix(h, 16).ok());
        if let (b'%', Some(byte)) = (b, hex) {
            bytes.push(byte);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            bytes.push(*b);
            rest = tail;
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stated_purl_covers_what_it_states_in_every_respect() {
        let own = "pkg:npm/x@1?arch=arm64#part";
        for (stated, want) in [
            (own, true),
            ("pkg:npm/x", true),
            ("pkg:npm/x@1", true),
            ("pkg:npm/x@2", false),
            ("pkg:npm/y@1", false),
            ("pkg:pypi/x@1", false),
            ("pkg:npm/x#part", true),
            ("pkg:npm/x#other", false),
            ("pkg:npm/x?arch=arm64", true),
            ("pkg:npm/x?arch=amd64", false),
        ] {
            assert_eq!(covers(&parse(stated).unwrap(), &parse(own).unwrap()), want, "{stated}");
        }
        let purl = parse(own).unwrap();
        assert_eq!((purl.qualifier("arch"), purl.qualifier("os")), (Some("arm64"), None));
    }

    #[test]
    fn spellings_of_one_package_are_equal() {
        let a = parse("pkg:npm/%40angular/core@v1.0?x=y#z").unwrap();
        let b = parse("pkg:npm/@angular/core@1.0").unwrap();
        assert_eq!((a.kind, a.path, a.version), (b.kind, b.path, b.version));
        assert_eq!(parse("pkg:pypi/Ruamel_Yaml").unwrap().path, "ruamel-yaml");
        assert!(parse("pkg:npm").is_none() && parse("lodash").is_none() && parse("pkg:npm/").is_none());
    }

    #[test]
    fn a_package_is_written_encoded() {
        assert_eq!(write("npm", "@a/b", Some("1.0.0+x")), "pkg:npm/%40a/b@1.0.0%2Bx");
        assert_eq!(write_pypi("Typing_Extensions", Some("4")), "pkg:pypi/typing-extensions@4");
        assert_eq!(write("cargo", "a", None), "pkg:cargo/a");
        assert_eq!(write("cargo", "a", Some("")), "pkg:cargo/a");
    }

    #[test]
    fn a_purl_keeps_its_own_version() {
        for (purl, version, want) in [
            ("pkg:npm/foo", "2.0", "pkg:npm/foo@2.0"),
            ("pkg:npm/foo@1.0", "2.0", "pkg:npm/foo@1.0"),
            ("pkg:npm/@scope/foo?a=b#c", "1:2/3", "pkg:npm/@scope/foo@1:2%2F3?a=b#c"),
            ("pkg:npm/foo?a=x@y", "2", "pkg:npm/foo@2?a=x@y"),
            ("pkg:npm/foo", "", "pkg:npm/foo"),
            ("no purl", "2", "no purl"),
        ] {
            assert_eq!(with_version(purl, version), want);
        }
    }

    #[test]
    fn parts_stand_as_they_are_written() {
        let parts = split("pkg:npm/%40a/b@1?x=y@z#p@q").unwrap();
        assert_eq!((parts.path, parts.version, parts.query, parts.subpath), ("%40a/b", Some("1"), "x=y@z", "p@q"));
        assert_eq!(parts.name(), "@a/b");
        assert_eq!(split("pkg:npm/@a/b").unwrap().version, None);
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_parses_to_the_same(
            kind in "[a-zA-Z][a-zA-Z0-9.+-]{0,8}|npm|pypi|golang|maven",
            path in "[ -~é\u{200b}]{1,24}",
            version in "[ -~ü]{0,12}",
            qualifiers in proptest::collection::vec(("[A-Za-z_.-]{1,6}", "[ -~ö]{0,8}"), 0..4),
            subpath in "[ -~]{0,12}",
        ) {
            let query: Vec<String> = qualifiers.iter().map(|(k, v)| format!("{k}={}", encoded(v, false))).collect();
            let text = format!(
                "{}?{}#{}", write(&kind, &path, Some(&version)), query.join("&"), encoded(&subpath, true));
            if let Some(once) = parse(&text) {
                proptest::prop_assert_eq!(parse(&once.to_string()), Some(once));
            }
        }

        #[test]
        fn any_text_that_parses_is_written_alike(text in "pkg:[a-z]{1,4}/[ -~é%@/?#&=:]{1,40}") {
            if let Some(once) = parse(&text) {
                proptest::prop_assert_eq!(parse(&once.to_string()), Some(once));
            }
        }
    }

    #[test]
    fn what_claims_to_be_a_purl_and_what_is_one() {
        assert!(is_purl("pkg:npm/a") && is_purl(" pkg:") && !is_purl("npm/a") && !is_purl("https://pkg:npm/a"));
        for none in ["pkg:npm/", "pkg:/", "pkg:", "pkg:npm/?a=b"] {
            assert!(split(none).is_none(), "{none}");
        }
    }

    #[test]
    fn names_and_versions_are_compared_as_their_registry_does() {
        assert_eq!(name_key("GitHub.com/Foo/Bar", Some("golang")), "github.com/foo/bar");
        assert_eq!(name_key("Foo/Bar", Some("github")), "foo/bar");
        assert_eq!(name_key("Foo", Some("maven")), "Foo");
        assert_eq!(name_key("org.x:y", Some("maven")), "org.x/y");
        assert_eq!((version_key("v1.2"), version_key("vista"), version_key("v")), ("1.2", "vista", "v"));
    }
}
