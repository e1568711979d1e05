//! Text as XML holds it.

use std::fmt::Write;

/// Appends text as an attribute's value or an element's text. Line ends and tabs become references, or readers would make blanks of them;
/// characters that XML 1.0 does not know become U+FFFD. `>` is escaped too: there is no `]]>`.
pub(super) fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c if !is_allowed(c) => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
}

/// Whether XML 1.0 can hold a character at all.
pub(super) fn is_allowed(c: char) -> bool {
    !matches!(c, '\u{0}'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

/// Appends ` name="value"`.
pub(super) fn attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    escape(out, value);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_a_value() {
        let mut out = String::new();
        attribute(&mut out, "a", "\"><x>\n]]>&\u{1}é");
        assert_eq!(out, " a=\"&quot;&gt;&lt;x&gt;&#10;]]&gt;&amp;\u{FFFD}é\"");
    }
}
