//! A rebar3 console log: its steps (`===> …` lines), colours taken out. Text of tests is in the log too, so a step line proves
//! nothing by itself; formats decide what follows from it.

use super::lines::strip_ansi;

/// The `===> ` lines of a log.
#[derive(Debug, Default)]
pub(crate) struct Console {
    /// (line number, text behind `===> `; where nothing stands there, the next line too): the last ones, at least [`MOST`] where there are as many.
    pub steps: Vec<(u64, String)>,
}

/// Most steps that are sure to be kept for detection.
const MOST: usize = 20_000;

/// How much of a step's text is kept, bytes.
const TEXT_MOST: usize = 400;

impl Console {
    /// Whether a step begins with this text.
    pub(crate) fn has(&self, start: &str) -> bool {
        self.steps.iter().any(|(_, s)| s.starts_with(start))
    }
}

/// The steps of a log. Only the lines that hold one are looked at, so that large files of other kinds cost nothing.
pub(crate) fn of(bytes: &[u8]) -> Console {
    let mut steps = Vec::new();
    let (mut number, mut line_start, mut at) = (1_u64, 0_usize, 0_usize);
    for hit in memchr::memmem::find_iter(bytes, b"===> ") {
        for end in memchr::memchr_iter(b'\n', bytes.get(at..hit).unwrap_or_default()) {
            number += 1;
            line_start = at + end + 1;
        }
        at = hit;
        // Nothing but terminal escapes may stand before it.
        let before = bytes.get(line_start..hit).unwrap_or_default();
        if before.len() > 64 || !strip_ansi(before).is_empty() {
            continue;
        }
        let rest = bytes.get(hit + 5..).unwrap_or_default();
        let rest = rest.get(..rest.len().min(2 * TEXT_MOST)).unwrap_or_default();
        let mut end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        if rest.get(..end).unwrap_or_default().trim_ascii().is_empty() {
            // A message that begins with a line end.
            let next = rest.get(end + 1..).unwrap_or_default();
            end += 1 + memchr::memchr(b'\n', next).unwrap_or(next.len());
        }
        let line = rest.get(..end.min(rest.len())).unwrap_or_default();
        let text = strip_ansi(line.strip_suffix(b"\r").unwrap_or(line));
        let text = text.get(..text.len().min(TEXT_MOST)).unwrap_or_default();
        // Of `===> ` alone on a line that ends in CR LF.
        let text = if text.starts_with(b"\r\n") { text.get(1..).unwrap_or_default() } else { text };
        if steps.len() >= 2 * MOST {
            // What decides stands at the end.
            steps.drain(..MOST);
        }
        steps.push((number, String::from_utf8_lossy(text).into_owned()));
    }
    Console { steps }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_stand_at_the_beginning_of_lines() {
        let log = b"\x1b[0;32m===> Compiling a\n\x1b[0m\x1b[0;31m===> \x1b[1mTask failed\r\ntext ===> no\n===> \n0/0\n===> last";
        let got: Vec<_> = of(log).steps;
        let want = [(1, "Compiling a"), (2, "Task failed"), (4, "\n0/0"), (6, "last")].map(|(n, t)| (n, t.to_owned()));
        assert_eq!(got, want);
    }
}
