//! Statements of Python over several lines: coverage.py tells of a statement by its first line alone.

/// For each line of a source, from the first, the line with which its statement begins (Python 3, 2.1.5 "Explicit line joining" and 2.1.6
/// "Implicit line joining"): brackets, strings in triple quotes and `\` at the end go on in the next line.
pub(super) fn first_lines(source: &[u8]) -> Vec<u32> {
    let mut out = Vec::new();
    let (mut number, mut first) = (1_u32, 1_u32);
    let mut depth = 0_u32;
    // The quote of the string that is open, and whether it is a triple one.
    let mut string: Option<(u8, bool)> = None;
    let mut rest = source;
    while let Some((byte, behind)) = rest.split_first() {
        let mut next = behind;
        let mut joined = false;
        match (byte, string) {
            (b'\\', _) => {
                joined = behind.starts_with(b"\n") || behind.starts_with(b"\r\n");
                // What is escaped ends nothing.
                next = if joined { behind } else { behind.get(1..).unwrap_or_default() };
            }
            (quote @ (b'"' | b'\''), None) => {
                let triple = behind.starts_with(&[*quote, *quote]);
                string = Some((*quote, triple));
                next = if triple { behind.get(2..).unwrap_or_default() } else { behind };
            }
            (quote, Some((open, true))) if *quote == open && behind.starts_with(&[open, open]) => {
                string = None;
                next = behind.get(2..).unwrap_or_default();
            }
            (quote, Some((open, false))) if *quote == open => string = None,
            (b'#', None) => {
                let end = behind.iter().position(|b| *b == b'\n').unwrap_or(behind.len());
                next = behind.get(end..).unwrap_or_default();
            }
            (b'(' | b'[' | b'{', None) => depth = depth.saturating_add(1),
            (b')' | b']' | b'}', None) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if joined {
            next = next.strip_prefix(b"\r").unwrap_or(next).strip_prefix(b"\n").unwrap_or(next);
        }
        if *byte == b'\n' || joined {
            out.push(first);
            number = number.saturating_add(1);
            if !joined {
                // A string in single quotes ends with its line, whatever the line lacks.
                string = string.filter(|(_, triple)| *triple);
                if depth == 0 && string.is_none() {
                    first = number;
                }
            }
        }
        rest = next;
    }
    out.push(first);
    out
}

#[cfg(test)]
mod tests {
    use super::first_lines;

    fn of(source: &str) -> Vec<u32> {
        let mut lines = first_lines(source.as_bytes());
        // What stands behind the last line break is no line.
        lines.pop();
        lines
    }

    #[test]
    fn brackets_strings_and_backslashes_go_on() {
        assert_eq!(of("a = 1\nb = f(\n  1,\n)\nc = 2\n"), [1, 2, 2, 2, 5]);
        assert_eq!(of("x = [\n # )\n ']', \"]\",\n]\ny\n"), [1, 1, 1, 1, 5]);
        assert_eq!(of("\"\"\"one\n(two\n\"\"\"\nx\n"), [1, 1, 1, 4]);
        assert_eq!(of("a = 1 + \\\n  2\nb\n"), [1, 1, 3]);
        assert_eq!(of("a = 1 + \\\r\n  2\r\nb\r\n"), [1, 1, 3]);
        assert_eq!(of("a = 'it\\'s ('\nb\n"), [1, 2]);
        assert_eq!(of("a = '''x\n'y'' (\n'''\nb\n"), [1, 1, 1, 4]);
        assert_eq!(of("# don't (\nb\n"), [1, 2]);
        assert_eq!(of("a = 'x' + (\n  1)\nb\n"), [1, 1, 3]);
        assert_eq!(of("a = \"it's\" + f(\n  1)\nb\n"), [1, 1, 3]);
    }

    #[test]
    fn what_is_broken_ends_somewhere() {
        assert_eq!(of("a = 'open\nb\n"), [1, 2]);
        assert_eq!(of(")\nb\n"), [1, 2]);
        assert_eq!(of("f(\nb\n"), [1, 1]);
        assert_eq!(first_lines(b""), [1]);
        assert_eq!(first_lines(b"\\"), [1]);
    }
}
