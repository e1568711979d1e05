//! Where in the tree of elements an offset is: `/testsuites/testsuite[2]/testcase[14]/@time`.
//!
//! Readers keep offsets alone. For an error the document is walked over once more: once for the elements that are open there, once for their
//! numbers among siblings of the same name. As in libxml2's paths, an element that is the only one of its name has no number.

use super::attribute::over_blanks;
use super::lexer::{Lexer, Piece};
use gatekeeper_evidence::error::{ParseError, is_invisible};

/// Longest name in a path, characters.
const NAME: usize = 40;
/// Most elements in a path: of deeper ones the innermost are named.
const STEPS: usize = 24;

/// Adds line, column and document path to an error of the document `text`. What is wrong with the whole is at the root element.
#[cold]
pub(super) fn locate(error: ParseError, text: &str) -> ParseError {
    let location = error.location();
    if location.path.is_some() || location.line.is_some() {
        return error;
    }
    let offset = location.offset.and_then(|o| usize::try_from(o).ok());
    let (path, at) = match offset {
        Some(at) if at > 0 => (path_at(text, at), at),
        _ => {
            let root = root_at(text);
            (path_at(text, root), offset.unwrap_or(root))
        }
    };
    error.at(at).in_path(path).finish("", "", Some(text.as_bytes()))
}

/// Where the root element begins; 0 where there is none.
fn root_at(text: &str) -> usize {
    let mut lexer = Lexer::new(text);
    loop {
        let at = lexer.offset();
        match lexer.next() {
            Ok(Piece::Start { .. }) => return at,
            Ok(Piece::Eof) => return 0,
            Ok(_) => {}
            Err(_) => return at,
        }
    }
}

/// An element that is open, and where its tag begins.
struct Step<'a> {
    name: &'a str,
    at: usize,
    /// Its number among the siblings of its name, from 1.
    number: u64,
    /// Whether another one of its name follows.
    followed: bool,
}

/// The path of what stands at an offset; `/` outside of all elements.
pub(crate) fn path_at(text: &str, offset: usize) -> String {
    let (mut steps, attribute) = open_at(text, offset);
    number(text, &mut steps);
    let mut out = String::new();
    let inner = steps.len().saturating_sub(STEPS);
    if inner > 0 {
        out.push_str("/…");
    }
    for step in steps.iter().skip(inner) {
        out.push('/');
        push_name(&mut out, step.name);
        if step.number > 1 || step.followed {
            out.push_str(&format!("[{}]", step.number));
        }
    }
    if out.is_empty() {
        out.push('/');
    }
    if let Some(name) = attribute {
        out.push_str("/@");
        push_name(&mut out, name);
    }
    out
}

/// The elements that are open at an offset, and the attribute that it is in.
fn open_at(text: &str, offset: usize) -> (Vec<Step<'_>>, Option<&str>) {
    let mut lexer = Lexer::new(text);
    let mut open: Vec<Step<'_>> = Vec::new();
    let step = |name, at| Step { name, at, number: 1, followed: false };
    loop {
        let at = lexer.offset();
        if at > offset {
            return (open, None);
        }
        match lexer.next() {
            Ok(Piece::Start { element, empty }) => {
                open.push(step(element.qualified(), at));
                if offset < lexer.offset() {
                    let within = |from: usize, len: usize| (from..=from + len).contains(&offset);
                    let found = lexer.attributes.iter().find(|a| within(a.offset, a.raw.len()));
                    return (open, found.map(|a| a.qualified));
                }
                if empty {
                    open.pop();
                }
            }
            // A tag that closes what it should not still stands in it.
            Ok(Piece::End(name)) if offset >= lexer.offset() && open.last().is_some_and(|s| s.name == name) => {
                open.pop();
            }
            Ok(Piece::End(_) | Piece::Eof) => return (open, None),
            Ok(_) if offset < lexer.offset() => return (open, None),
            Ok(_) => {}
            Err(_) => {
                let name = name_at(text, at + 1);
                if text.as_bytes().get(at) == Some(&b'<') && !name.is_empty() {
                    open.push(step(name, at));
                    let attribute = (offset > at + name.len()).then(|| attribute_at(text, at + 1 + name.len(), offset));
                    return (open, attribute.flatten());
                }
                return (open, None);
            }
        }
    }
}

/// The attribute of a broken tag that an offset is in; `from` is where its attributes begin.
fn attribute_at(text: &str, from: usize, offset: usize) -> Option<&str> {
    let mut at = over_blanks(text.as_bytes(), from);
    while let Some((attribute, end, _)) = super::Attribute::read(text, at) {
        if offset < end {
            return Some(attribute.qualified);
        }
        at = over_blanks(text.as_bytes(), end);
    }
    Some(name_at(text, at)).filter(|name| offset >= at && !name.is_empty())
}

/// The name that begins at an offset; empty where none does.
fn name_at(text: &str, from: usize) -> &str {
    let rest = text.get(from..).unwrap_or_default();
    let of_a_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.');
    let end = rest.find(|c: char| !of_a_name(c)).unwrap_or(rest.len());
    rest.get(..end).filter(|n| n.starts_with(|c: char| c.is_alphabetic() || c == '_')).unwrap_or_default()
}

/// Counts the siblings of each step that have its name: before it, and whether one comes after it. Needs no memory, however wide the document.
fn number(text: &str, steps: &mut [Step<'_>]) {
    let Some(last) = steps.last().map(|s| s.at) else { return };
    let mut lexer = Lexer::new(text);
    let mut depth = 0_usize;
    // How much of the path is still open; known once its end is passed.
    let mut still = steps.len();
    loop {
        let at = lexer.offset();
        match lexer.next() {
            Ok(Piece::Start { element, empty }) => {
                let parent = depth.checked_sub(1).and_then(|d| steps.get(d)).map(|s| s.at);
                if let Some(step) = steps.get_mut(depth)
                    && step.name == element.qualified()
                {
                    if at < step.at && (depth == 0 || parent.is_some_and(|p| p < at)) {
                        step.number = step.number.saturating_add(1);
                    }
                    step.followed |= at > last && depth == still;
                }
                depth += 1;
                if empty {
                    depth -= 1;
                }
                if at >= last {
                    still = still.min(depth);
                }
            }
            Ok(Piece::End(_)) => {
                depth = depth.saturating_sub(1);
                if at >= last {
                    still = still.min(depth);
                    if still == 0 {
                        return;
                    }
                }
            }
            Ok(Piece::Eof) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// Appends a name of a stranger's document: escaped and cut.
fn push_name(out: &mut String, name: &str) {
    for (n, c) in name.chars().enumerate() {
        if n == NAME {
            out.push('…');
            return;
        }
        if c.is_control() || is_invisible(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
}

#[cfg(test)]
mod tests {
    use super::path_at;

    /// The path where `^` stands in a text.
    fn at(marked: &str) -> String {
        let offset = marked.find('^').unwrap();
        path_at(&marked.replacen('^', "", 1), offset)
    }

    #[test]
    fn elements_are_numbered_among_siblings_of_their_name() {
        assert_eq!(at("<r><s><c/></s><s><c/><d/><c t='^x'/></s></r>"), "/r/s[2]/c[2]/@t");
        assert_eq!(at("<r><s><c/></s><s><c/><d^/><c/></s></r>"), "/r/s[2]/d");
        assert_eq!(at("<r><n:s>^</n:s><s/></r>"), "/r/n:s");
        assert_eq!(at("<r><s><c^/></s><s><c/></s></r>"), "/r/s[1]/c");
        assert_eq!(at("<r><s><c>^</c><x><c/></x></s><c/></r>"), "/r/s/c");
        assert_eq!(at("<r><s><s> ^ <s/></s></s><s/></r>"), "/r/s[1]/s");
    }

    #[test]
    fn what_is_broken_is_named_as_far_as_it_can_be_told() {
        assert_eq!(at("<r><c/><c a='1' time=^3/></r>"), "/r/c[2]/@time");
        assert_eq!(at("<r><c/><c ^a='1"), "/r/c[2]/@a");
        assert_eq!(at("<r><c>text</c><c^"), "/r/c[2]");
        assert_eq!(at("<r><c><d/>^"), "/r/c");
        assert_eq!(at("<r><c>^</r>"), "/r/c");
        assert_eq!(at("<r><c>&^x;</c></r>"), "/r/c");
        assert_eq!(at("<a/><a^/>"), "/a[2]");
        assert_eq!(at("<a/>^x"), "/");
        assert_eq!(at("^"), "/");
    }

    #[test]
    fn names_of_strangers_are_harmless_and_short() {
        let path = at(&format!("<r><a\u{1b}[31m{}>^", "b".repeat(500)));
        assert!(path.starts_with("/r/a\\u{1b}[31m") && path.ends_with("b…") && path.chars().count() < 60, "{path}");
        let path = at(&format!("{}^", "<deep>".repeat(300)));
        assert!(path.starts_with("/…/deep/") && path.len() < 400, "{path}");
    }
}
