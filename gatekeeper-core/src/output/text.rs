//! Text from reports made harmless for where it is shown: strangers write them.

use crate::error::is_invisible;
use crate::verdict::Violation;
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
}
