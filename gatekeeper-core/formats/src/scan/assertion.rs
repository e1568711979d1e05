//! What Erlang's assertion macros (`?assertEqual` and its kind, `eunit/include/eunit.hrl`) raise, told in words: what was expected, what was got.
//!
//! `{assertEqual,[{module,m},{line,9},{expression,"f()"},{expected,1},{value,2}]}`, printed over as many lines as it takes.

/// Most of a term that is shown, bytes.
const MOST: usize = 400;

/// `assertEqual: expected 1, got 2 (f())`, where a message holds an assertion.
pub(crate) fn in_words(message: &str) -> Option<String> {
    let start = message.find("{assert")?;
    let rest = message.get(start + 1..)?;
    let name = rest.get(..rest.find(',')?)?.trim_end();
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return None;
    }
    let expected = member(rest, &["expected", "pattern"])?;
    let got = member(rest, &["value", "unexpected_success", "unexpected_exception"])?;
    let mut out = format!("{name}: expected {expected}, got {got}");
    if let Some(expression) = member(rest, &["expression"]) {
        out.push_str(" (");
        out.push_str(expression.trim_matches('"'));
        out.push(')');
    }
    Some(out)
}

/// A message with the assertion that it holds told first.
pub(crate) fn told_first(message: &str) -> Option<String> {
    in_words(message).map(|words| format!("{words}\n{message}"))
}

/// The value of the first of some keys, on one line.
fn member(text: &str, keys: &[&str]) -> Option<String> {
    let at = keys.iter().find_map(|key| {
        let mark = format!("{{{key},");
        text.find(&mark).map(|at| at + mark.len())
    })?;
    let rest = text.get(at..)?;
    let end = end_of_term(rest.as_bytes())?;
    let mut out = String::new();
    for word in rest.get(..end)?.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    if out.len() > MOST {
        let cut = (0..=MOST).rev().find(|i| out.is_char_boundary(*i)).unwrap_or(0);
        out.truncate(cut);
        out.push('…');
    }
    Some(out)
}

/// Where the term ends whose tuple closes next: brackets, strings and characters are known.
fn end_of_term(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            // A character: `$"`, `$\n`.
            b'$' => at += 1 + usize::from(text.get(at + 1) == Some(&b'\\')),
            b'"' | b'\'' => {
                at += 1;
                while let Some(inner) = text.get(at).filter(|b| *b != byte) {
                    at += 1 + usize::from(*inner == b'\\');
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expected_and_got_are_told() {
        let message = "error:{assertEqual,[{module,a_tests},\n       {line,9},\n       {expression,\"a:f ( )\"},\n       {expected,{ok,[1,\n         $}]}},\n       {value,\"x}\\\"\"}]}";
        assert_eq!(in_words(message).as_deref(), Some("assertEqual: expected {ok,[1, $}]}, got \"x}\\\"\" (a:f ( ))"));
        let matching =
            "{assertMatch,[{module,m},{line,1},{expression,\"f()\"},{pattern,\"{ ok , _ }\"},{value,error}]}";
        assert_eq!(in_words(matching).as_deref(), Some("assertMatch: expected \"{ ok , _ }\", got error (f())"));
        for none in ["error:badarg", "{assertEqual", "{assertEqual,[{expected,1}", "{assert x,{expected,1},{value,2}"] {
            assert_eq!(in_words(none), None, "{none}");
        }
    }
}
