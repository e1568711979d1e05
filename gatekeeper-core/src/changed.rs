//! Lists of changed files, as version control writes them: a name a line, or names that end in a NUL (`git diff --name-only -z`).
//!
//! Names may have CRLF, `./` or backslashes, and what git quotes (`"caf\303\251.txt"`, git's `core.quotePath`) is read. A name that leads out
//! of the root is refused: a list of other files than the root's would say that nothing here changed. So is an empty list, unless whoever gives it
//! says that nothing changed.

use gatekeeper_evidence::error::{ErrorCode, ParseError};
use std::collections::BTreeSet;

/// Most names of a list.
const MOST: usize = 1_000_000;

/// Reads a list of changed files; `name` is what errors call it, `root` the folder that the names are relative to, and `allow_empty` says
/// that an empty list means what it says.
///
/// ```
/// use gatekeeper_core::changed::names;
///
/// let read = names("changed.txt", b"./web/cart.py\r\nweb\\admin.py\r\n", "/src", false)?;
/// assert_eq!(read.iter().collect::<Vec<_>>(), ["web/admin.py", "web/cart.py"]);
/// assert!(names("changed.txt", b"", "/src", false).is_err());
/// # Ok::<(), gatekeeper_core::ParseError>(())
/// ```
///
/// # Errors
/// [`ErrorCode::Empty`] where it names nothing and may not; [`ErrorCode::Malformed`] with the line of a name that leads out of the root or is
/// quoted wrongly; [`ErrorCode::LimitExceeded`] above a million names.
pub fn names(name: &str, bytes: &[u8], root: &str, allow_empty: bool) -> Result<BTreeSet<String>, ParseError> {
    read(bytes, root, allow_empty).map_err(|e| e.finish(name, "", None))
}

fn read(bytes: &[u8], root: &str, allow_empty: bool) -> Result<BTreeSet<String>, ParseError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let by_nul = bytes.contains(&0);
    let mut out = BTreeSet::new();
    for (n, raw) in bytes.split(|b| *b == if by_nul { 0 } else { b'\n' }).enumerate() {
        let at = |e: ParseError| e.on_line(u64::try_from(n).unwrap_or(u64::MAX).saturating_add(1));
        let text = String::from_utf8_lossy(raw);
        let plain = if by_nul { text.as_ref() } else { text.trim_end_matches('\r') };
        if plain.trim().is_empty() {
            continue;
        }
        if out.len() >= MOST {
            return Err(ParseError::limit(format!("a list of more than {MOST} changed files is not read")));
        }
        let quoted = (!by_nul && plain.len() > 1).then(|| plain.strip_prefix('"')?.strip_suffix('"')).flatten();
        let named = match quoted {
            Some(inner) => unquoted(inner).map_err(at)?,
            None => plain.replace('\\', "/"),
        };
        out.insert(below(&named, root).map_err(at)?);
    }
    if out.is_empty() && !allow_empty {
        let words = "it names no file, and that nothing changed is not proven by it: if it is so, say --allow-empty";
        return Err(ParseError::new(ErrorCode::Empty, words));
    }
    Ok(out)
}

/// A name relative to the root, without `.` and `..`.
fn below(name: &str, root: &str) -> Result<String, ParseError> {
    let outside = || {
        let cut: String = name.chars().take(200).collect();
        ParseError::malformed("a name below the root").found_words(format!("{cut}, which lies outside of the root"))
    };
    let root = root.replace('\\', "/");
    let root = root.trim_end_matches('/');
    let drive = |p: &str| p.as_bytes().get(1) == Some(&b':') && p.starts_with(|c: char| c.is_ascii_alphabetic());
    let inner = if name.starts_with('/') || drive(name) {
        name.strip_prefix(root).and_then(|rest| rest.strip_prefix('/')).ok_or_else(outside)?
    } else {
        name
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in inner.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop().ok_or_else(outside)?),
            part => parts.push(part),
        }
    }
    match parts.is_empty() {
        true => Err(outside()),
        false => Ok(parts.join("/")),
    }
}

/// A name as git quotes it: C's escapes, bytes in octal.
fn unquoted(text: &str) -> Result<String, ParseError> {
    let wrong =
        || ParseError::malformed("a name as git quotes it").found_words("one that is quoted, but not as git does it");
    let mut out: Vec<u8> = Vec::new();
    let mut bytes = text.bytes().peekable();
    while let Some(b) = bytes.next() {
        match b {
            b'"' => return Err(wrong()),
            b'\\' => {}
            b => {
                out.push(b);
                continue;
            }
        }
        out.push(match bytes.next().ok_or_else(wrong)? {
            b'a' => 7,
            b'b' => 8,
            b't' => b'\t',
            b'n' => b'\n',
            b'v' => 11,
            b'f' => 12,
            b'r' => b'\r',
            b @ (b'"' | b'\\') => b,
            first @ b'0'..=b'3' => {
                let mut value = first - b'0';
                for _ in 0..2 {
                    let digit = bytes.next_if(|b| (b'0'..=b'7').contains(b)).ok_or_else(wrong)?;
                    value = value.wrapping_mul(8).wrapping_add(digit - b'0');
                }
                value
            }
            _ => return Err(wrong()),
        });
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> Result<Vec<String>, String> {
        names("list", bytes, "/r/", false).map(|n| n.into_iter().collect()).map_err(|e| e.line())
    }

    #[test]
    fn names_are_read_however_they_are_written() {
        let both =
            |bytes: &[u8]| assert_eq!(of(bytes).unwrap(), ["a/b.c", "d.e"], "{}", String::from_utf8_lossy(bytes));
        both(b"a/b.c\nd.e\n");
        both(b"a/b.c\nd.e");
        both(b"a/b.c\r\nd.e\r\n");
        both(b"\xEF\xBB\xBFa/b.c\n\n  \nd.e\n");
        both(b"./a//b.c\n./x/../d.e\n");
        both(b"a\\b.c\n.\\d.e\n");
        both(b"a/b.c\0d.e\0");
        both(b"/r/a/b.c\n/r/d.e\n");
        both(b"\"a/b.c\"\nd.e\n");
        assert_eq!(of(b"a\nb\0c\0").unwrap(), ["a\nb", "c"], "a name may have a line break where NUL ends names");
        assert_eq!(of(b" a b \n").unwrap(), [" a b "], "blanks belong to the name");
        assert_eq!(of(b"\"\n").unwrap(), ["\""]);
    }

    #[test]
    fn what_git_quotes_is_read() {
        assert_eq!(of(b"\"caf\\303\\251.txt\"\n").unwrap(), ["café.txt"]);
        assert_eq!(of(br#""a\tb\"c\\d""#).unwrap(), ["a\tb\"c\\d"]);
        for bad in [&br#""a\8""#[..], br#""a\30""#, br#""a\""#, br#""a"b""#, br#""\400""#] {
            assert!(of(bad).unwrap_err().contains("quoted, but not as git"), "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn names_outside_of_the_root_are_refused_with_their_line() {
        for bad in ["../a", "a/../../b", "/other/a", "/ra", "/r/../a", "C:/x", "C:\\x", ".", "/r/"] {
            let told = of(format!("ok\n{bad}\n").as_bytes()).unwrap_err();
            assert!(told.contains("list:2") && told.contains("outside of the root"), "{bad}: {told}");
        }
        let windows = names("list", b"C:\\w\\a\\b.c\n", "C:\\w", false).unwrap();
        assert_eq!(windows.into_iter().collect::<Vec<_>>(), ["a/b.c"]);
    }

    #[test]
    fn an_empty_list_is_to_be_proven() {
        for empty in [&b""[..], b"\n", b"\r\n \n", b"\0", b"\xEF\xBB\xBF"] {
            assert!(of(empty).unwrap_err().contains("--allow-empty"));
            assert!(names("list", empty, "/r", true).unwrap().is_empty());
        }
    }
}
