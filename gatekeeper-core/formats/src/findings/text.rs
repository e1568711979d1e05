//! What the formats of linters' console output share: lines without terminal escapes, the marks of a crash, what an exit status says.

use super::common::{note, tool_failed};
use crate::input::Input;
use crate::scan::lines::{Lines, strip_ansi};
use gatekeeper_evidence::Note;
use gatekeeper_evidence::error::ParseError;

/// Most bytes of a line that are looked at.
const LINE: usize = 4_000;

/// Calls `each` with every line's number and text, terminal escapes taken out. A line that only a tool that crashed or never started
/// writes is an error.
pub(super) fn lines(
    input: &Input<'_>,
    mut each: impl FnMut(u64, &str) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    let text = strip_ansi(input.bytes);
    for line in Lines::new(&text) {
        let bytes = line.bytes.get(..line.bytes.len().min(LINE)).unwrap_or(line.bytes);
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_end();
        if is_crash(text) {
            return Err(tool_failed(text).on_line(line.number));
        }
        each(line.number, text)?;
    }
    Ok(())
}

fn is_crash(line: &str) -> bool {
    const STARTS: &[&str] = &[
        "Traceback (most recent call last)",
        "Segmentation fault",
        "FATAL ERROR: ",
        "npm ERR! ",
        "npm error ",
        "RangeError: ",
        "Error: Cannot find module",
        "node:internal/",
        "Killed",
        "panicked at ",
    ];
    const ENDS: &[&str] = &["command not found", "INTERNAL ERROR", "No such file or directory"];
    const WITHIN: &[&str] =
        &[": No module named ", "error: unrecognized arguments", "error: INTERNAL ERROR", "MemoryError"];
    STARTS.iter().any(|s| line.starts_with(s))
        || ENDS.iter().any(|s| line.ends_with(s))
        || WITHIN.iter().any(|s| line.contains(s))
}

/// What the recorded exit status adds: `complete` where it is one that the tool ends its work with. A status other than 0 with nothing
/// found contradicts the text, and one that the tool fails with says so.
pub(super) fn settle(
    input: &Input<'_>,
    found: usize,
    complete: Option<bool>,
    complaints: &[i32],
    notes: &mut Vec<Note>,
) -> Result<Option<bool>, ParseError> {
    match input.exit_status {
        None => Ok(complete),
        Some(0) => Ok(complete.or(Some(true))),
        Some(status) if complaints.contains(&status) && found > 0 => Ok(complete.or(Some(true))),
        Some(status) if found > 0 => {
            note(notes, format!("the command ended with status {status}, with which the tool says that it failed"));
            Ok(Some(false))
        }
        Some(status) => Err(tool_failed(&format!("exit status {status}, and nothing found"))),
    }
}

/// The count that a summary states: its first word with a digit. One that is no plain number (`-1`, `1.5`, more than fits) is more than anything lists.
pub(super) fn number(text: &str) -> Option<u64> {
    let word = text.split_whitespace().find(|w| w.bytes().any(|b| b.is_ascii_digit()))?;
    let plain = word.bytes().all(|b| b.is_ascii_digit());
    Some(word.parse().ok().filter(|_| plain).unwrap_or(u64::MAX))
}

/// Splits `path:line:column` or `path:line` (a Windows drive's colon belongs to the path).
pub(super) fn place_of(text: &str) -> Option<(&str, u32, Option<u32>)> {
    let (rest, last) = text.rsplit_once(':')?;
    let last: u32 = last.trim().parse().ok()?;
    match rest.rsplit_once(':') {
        Some((path, line)) if !path.is_empty() => match line.parse() {
            Ok(line) => Some((path, line, Some(last))),
            Err(_) => Some((rest, last, None)),
        },
        _ if rest.is_empty() => None,
        _ => Some((rest, last, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_keep_a_drive() {
        assert_eq!(place_of("C:/a.py:3:7"), Some(("C:/a.py", 3, Some(7))));
        assert_eq!(place_of("a.py:3"), Some(("a.py", 3, None)));
        assert_eq!(place_of("a.py"), None);
    }

    #[test]
    fn a_stated_count_is_a_plain_number() {
        assert_eq!((number("Found 12 errors in a.ts:3"), number("Found errors")), (Some(12), None));
        for wrong in [
            "Found -1 errors",
            "Found 1.5 errors",
            "Found 0x5 errors",
            "Found 100000000000000000000 errors",
            "Found +1 errors",
        ] {
            assert_eq!(number(wrong), Some(u64::MAX), "{wrong}");
        }
    }
}
