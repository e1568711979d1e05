//! What SARIF producers write into a rule's help and nowhere else: fixed versions and advisory links (Grype, osv-scanner).

use super::common::cut;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// Most rows of a help text's table of fixed versions.
const ROWS: usize = 64;

/// What of a rule's help text is kept: help can be pages long.
#[derive(Debug, Default, Clone)]
pub(super) struct Help {
    /// Package (empty where the text speaks of one alone) and the version that mends it.
    fixed: Vec<(Box<str>, Box<str>)>,
    /// Where to read on.
    pub link: Option<Box<str>>,
}

impl Help {
    fn read(text: &str) -> Self {
        let mut out = Help::default();
        if let Some(version) = field(text, "Fix Version: ") {
            out.fixed.push(("".into(), cut(version, 200)));
        } else if let Some((_, table)) = text.split_once("| Fixed Version |") {
            // osv-scanner: | id | package | version |
            for line in table.lines().skip(1).take_while(|l| l.starts_with('|')).take(ROWS) {
                let mut cells = line.trim_matches('|').split('|').map(str::trim).skip(1);
                if let (Some(package), Some(version)) = (cells.next(), cells.next())
                    && !package.starts_with("---")
                    && version.starts_with(|c: char| c.is_ascii_alphanumeric())
                {
                    out.fixed.push((cut(package, 200), cut(version, 200)));
                }
            }
        }
        // Grype, Trivy: "Link: [id](address)".
        out.link = field(text, "Link: ")
            .map(|l| l.split_once("](").and_then(|(_, a)| a.strip_suffix(')')).unwrap_or(l))
            .filter(|l| l.starts_with("https://") || l.starts_with("http://"))
            .map(|l| cut(l, 300));
        out
    }

    /// The versions that mend a package, each once.
    pub(super) fn fixed(&self, package: &str) -> String {
        let mut versions: Vec<&str> = Vec::new();
        for (name, version) in &self.fixed {
            if (name.is_empty() || **name == *package) && !versions.contains(&&**version) {
                versions.push(version);
            }
        }
        versions.join(", ")
    }
}

impl<'de> Deserialize<'de> for Help {
    /// `multiformatMessageString`, 3.12; its `text` is looked through and not kept.
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Help;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a message")
            }

            fn visit_unit<E>(self) -> Result<Help, E> {
                Ok(Help::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Help, A::Error> {
                let mut out = Help::default();
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    if key == "text" {
                        out = map.next_value::<Text>()?.0;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(out)
            }
        }
        d.deserialize_any(Object)
    }
}

struct Text(Help);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl Visitor<'_> for V {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E>(self, v: &str) -> Result<Text, E> {
                Ok(Text(Help::read(v)))
            }

            fn visit_unit<E>(self) -> Result<Text, E> {
                Ok(Text(Help::default()))
            }
        }
        d.deserialize_any(V)
    }
}

/// The rest of the line that begins with a mark.
pub(super) fn field<'t>(text: &'t str, mark: &str) -> Option<&'t str> {
    text.lines().find_map(|l| l.trim_start().strip_prefix(mark)).map(str::trim).filter(|v| !v.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_texts_tell_fixed_versions_and_links() {
        let grype = Help::read(
            "Vulnerability CVE-1\nPackage: x\nVersion: 1\nFix Version: 1.2,1.3\nLink: [CVE-1](https://example.org/CVE-1)",
        );
        assert_eq!((grype.fixed("x").as_str(), grype.link.as_deref()), ("1.2,1.3", Some("https://example.org/CVE-1")));
        assert_eq!(Help::read("Fix Version: \nType: deb").fixed("x"), "");
        let osv = Help::read(
            "### Fixed Versions\n\n| Vulnerability ID | Package Name | Fixed Version |\n| --- | --- | --- |\n| GHSA-1 | regex | 1.5.5 |\n| RUSTSEC-1 | regex | 1.5.5 |\n| GHSA-1 | other | 2 |\n\n| no | regex | 9 |",
        );
        assert_eq!(osv.fixed("regex"), "1.5.5");
    }
}
