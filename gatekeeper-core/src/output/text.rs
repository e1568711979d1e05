//! Text from reports made harmless for where it is shown: strangers write them.

use crate::verdict::Violation;
use gatekeeper_evidence::error::is_invisible;
use std::fmt::Write;

/// Text from reports for a terminal or a line of text: control and invisible characters are shown as escapes, line breaks as blanks.
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if c.is_control() || is_invisible(c) => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

/// How much evidence there is, in words.
pub(crate) fn pieces(n: usize) -> String {
    format!("{} of evidence", counted(n, "piece"))
}

/// So many of what a noun names, which takes an `s`.
pub(crate) fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// For Markdown (also in a table's cell): nothing in it is markup, a link, a mention or HTML.
pub(crate) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in line(text).chars() {
        match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '!' | '|' | '~' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A word joiner keeps `@name` from reaching anybody.
            '@' => out.push_str("@\u{2060}"),
            c => out.push(c),
        }
    }
    // Nor does an address become a link.
    out.replace("://", ":\u{2060}//").replace("www.", "www\u{2060}.")
}

/// As code in Markdown: a run of backticks longer than any inside.
pub(crate) fn code(text: &str) -> String {
    let text = line(text).replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// An address where to read on, as text: only the web's, without blanks and controls.
pub(crate) fn address(v: &Violation) -> Option<&str> {
    let url = v.url.as_deref()?.trim();
    let web = url.starts_with("https://") || url.starts_with("http://");
    (web && url.len() <= 300 && url.bytes().all(|b| b.is_ascii_graphic())).then_some(url)
}

/// The same for Markdown: a link where it leads to a database of advisories, as code elsewhere, as a report's writer may be a stranger.
pub(crate) fn advisory(v: &Violation) -> Option<String> {
    const HOSTS: &[&str] = &[
        "avd.aquasec.com",
        "cve.org",
        "www.cve.org",
        "nvd.nist.gov",
        "osv.dev",
        "pkg.go.dev",
        "rustsec.org",
        "security.snyk.io",
        "security-tracker.debian.org",
        "ubuntu.com",
        "access.redhat.com",
        "alpine.pkgs.org",
    ];
    let url = address(v)?;
    let rest = url.strip_prefix("https://").unwrap_or_default();
    let host = rest.split('/').next().unwrap_or_default();
    let known = HOSTS.contains(&host) || rest.starts_with("github.com/advisories/");
    let plain = url.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/?#%=&+".contains(&b));
    Some(if known && plain { format!("<{url}>") } else { code(url) })
}

/// The place in the code, `path:line:column`.
pub(crate) fn place(v: &Violation) -> Option<String> {
    let p = v.place.as_ref()?;
    let mut out = line(&p.path);
    for n in [p.line, p.column].into_iter().flatten() {
        let _ = write!(out, ":{n}");
    }
    Some(out)
}

/// The evidence and the place in it.
pub(crate) fn source(v: &Violation) -> Option<String> {
    let source = line(v.source.as_ref()?);
    match &v.location {
        Some(l) if l.line.is_some() || l.offset.is_some() || l.path.is_some() => {
            Some(format!("{source}{}{}", if l.line.is_some() { ":" } else { " " }, line(&l.to_string())))
        }
        _ => Some(source),
    }
}

/// Cuts to a number of characters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(most.saturating_sub(1)).collect();
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_or_a_reader() {
        assert_eq!(line("a\u{1b}[31mb\n\u{202e}c"), "a\\u{1b}[31mb \\u{202e}c");
        assert!(!markdown("<img src=x> [a](http://b) @you | `c`").contains("<img"));
        assert!(!markdown("@you").contains("@you"));
        assert_eq!(code("a`b"), "``a`b``");
    }

    #[test]
    fn only_databases_of_advisories_are_linked_to() {
        let of = |url: &str| {
            let mut v = Violation::new("finding", crate::verdict::GateStatus::Fail, "x");
            v.url = Some(url.to_owned());
            advisory(&v)
        };
        assert_eq!(of("https://osv.dev/GHSA-1").as_deref(), Some("<https://osv.dev/GHSA-1>"));
        assert_eq!(of("https://osv.dev.example.org/1").as_deref(), Some("`https://osv.dev.example.org/1`"));
        assert_eq!(of("https://osv.dev/>x").as_deref(), Some("`https://osv.dev/>x`"));
        assert_eq!(of("https://osv.dev@example.org/").as_deref(), Some("`https://osv.dev@example.org/`"));
        assert_eq!(of("javascript:alert(1)"), None);
    }
}
