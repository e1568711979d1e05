//! Package URLs (purl-spec, <https://github.com/package-url/purl-spec>) as far as comparing packages needs them.

use std::borrow::Cow;

/// The parts of a package URL, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purl {
    /// The type: `npm`, `hex`, `pypi`, …
    pub kind: String,
    /// Namespace and name, `/` between.
    pub path: String,
    /// The version; empty where there is none.
    pub version: String,
    /// Qualifiers with their values.
    pub qualifiers: Vec<(String, String)>,
    /// A place within the package.
    pub subpath: String,
}

impl Purl {
    /// A qualifier's value.
    pub fn qualifier(&self, name: &str) -> Option<&str> {
        self.qualifiers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Reads `pkg:type/namespace/name@version?qualifiers#subpath`.
pub fn parse(text: &str) -> Option<Purl> {
    let rest = text.trim().strip_prefix("pkg:")?.trim_start_matches('/');
    let (rest, subpath) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (kind, rest) = rest.split_once('/')?;
    // An `@` of a scope is written `%40`; some tools leave it bare at a name's beginning.
    let (path, version) = match rest.rfind('@') {
        Some(at) if at > 0 && rest.as_bytes().get(at - 1) != Some(&b'/') => {
            (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default())
        }
        _ => (rest, ""),
    };
    if kind.is_empty() || path.is_empty() {
        return None;
    }
    let kind = kind.to_ascii_lowercase();
    let path = name_key(&decode(path), Some(&kind));
    let qualifiers = query
        .split('&')
        .filter_map(|q| q.split_once('='))
        .map(|(k, v)| (k.to_ascii_lowercase(), decode(v).into_owned()))
        .collect();
    let subpath = decode(subpath.trim_matches('/')).into_owned();
    Some(Purl { path, version: version_key(&decode(version)).to_owned(), qualifiers, kind, subpath })
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
    let name = name.trim().trim_matches('/').replace(':', "/");
    match kind {
        Some("pypi") => name.to_ascii_lowercase().replace(['_', '.'], "-"),
        Some("golang" | "github" | "bitbucket") => name.to_ascii_lowercase(),
        _ => name,
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

fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((b, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|h| std::str::from_utf8(h).ok()).and_then(|h| u8::from_str_radix(h, 16).ok());
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
    fn spellings_of_one_package_are_equal() {
        let a = parse("pkg:npm/%40angular/core@v1.0?x=y#z").unwrap();
        let b = parse("pkg:npm/@angular/core@1.0").unwrap();
        assert_eq!((a.kind, a.path, a.version), (b.kind, b.path, b.version));
        assert_eq!(parse("pkg:pypi/Ruamel_Yaml").unwrap().path, "ruamel-yaml");
        assert!(parse("pkg:npm").is_none() && parse("lodash").is_none() && parse("pkg:npm/").is_none());
    }
}
