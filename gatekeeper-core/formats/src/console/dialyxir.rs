//! What dialyxir (`mix dialyzer`) makes of dialyzer's warnings: a form of the dialyzer format.
//!
//! Form: `Dialyxir.Formatter` and its formatters (dialyxir 1.4, <https://github.com/jeremyjh/dialyxir/tree/master/lib/dialyxir/formatter>). Each
//! begins with `Total errors: E, Skipped: S, Unnecessary Skips: U` and `done in …`, and ends with `done (passed successfully)` or `done (warnings were
//! emitted)`.
//!
//! - `dialyxir`, the default: `path:line[:column]:name`, the text below, a line of underscores. `short`: name and text on one line. `github`:
//!   `::error file=…,line=…,title=name::text`. `raw`: terms `{:warn_…, {file, place}, {:name, …}}`. `dialyzer`: its own text.
//! - Warnings that an ignore file takes out are counted and not shown: a note. Of equal ones only the first is shown, so fewer than are counted may be listed; then
//!   the rest is one finding that says how many.

use super::common::{self, Reader, Row, add_line, note, number};
use crate::input::Input;
use gatekeeper_evidence::Note;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Finding, Findings, Place};
use memchr::memmem;

/// What the counts of dialyxir begin with.
const TOTAL: &[u8] = b"Total errors: ";

/// Whether a content is dialyxir's.
pub(super) fn is_dialyxir(bytes: &[u8]) -> bool {
    memmem::find(bytes, TOTAL).is_some_and(|_| {
        let mut rows = Reader::new(bytes);
        while let Some(row) = rows.next() {
            if row.text.starts_with(TOTAL) {
                return true;
            }
        }
        false
    })
}

/// `Total errors: 4, Skipped: 1, Unnecessary Skips: 0` → errors and skipped ones.
fn totals(text: &[u8]) -> Option<(u64, u64)> {
    let (errors, rest) = number(text.strip_prefix(TOTAL)?)?;
    let (skipped, rest) = number(rest.strip_prefix(b", Skipped: ")?)?;
    (rest.is_empty() || rest.starts_with(b", Unnecessary Skips: ")).then_some((errors, skipped))
}

/// A warning whose text is still to come.
#[derive(Default)]
struct Open {
    rule: Box<str>,
    place: Option<Place>,
    message: Vec<u8>,
    is_open: bool,
}

impl Open {
    fn close(&mut self, found: &mut Findings) {
        let open = std::mem::take(self);
        if open.is_open {
            let message = common::text(&open.message);
            found.items.push(Finding { rule: open.rule, message, place: open.place, ..Finding::default() });
        }
    }
}

/// Reads dialyxir's output. Whether it is complete.
pub(super) fn read(input: &Input<'_>, found: &mut Findings, notes: &mut Vec<Note>) -> Result<Option<bool>, ParseError> {
    let mut stated: Option<(usize, u64, u64)> = None;
    let mut ended = None;
    let mut open = Open::default();
    let mut rows = Reader::new(input.bytes);
    while let Some(row) = rows.next() {
        input.limits.has_room_for_findings(found.items.len())?;
        if row.text.starts_with(TOTAL) && (stated.is_none() || totals(row.text).is_some()) {
            let Some((errors, skipped)) = totals(row.text) else {
                return Err(ParseError::malformed("counts (`Total errors: E, Skipped: S`)")
                    .at(row.offset)
                    .found(row.text));
            };
            if stated.is_some() {
                return Err(ParseError::malformed("one run of dialyzer").at(row.offset).found_words("a second one"));
            }
            stated = Some((row.offset, errors, skipped));
            continue;
        }
        if stated.is_none() || ended.is_some() {
            continue;
        }
        match row.text {
            b"done (passed successfully)" => ended = Some((row.offset, true)),
            b"done (warnings were emitted)" => ended = Some((row.offset, false)),
            _ => line(&row, &mut open, found),
        }
    }
    open.close(found);
    let (Some((offset, errors, skipped)), Some((end, passed))) = (stated, ended) else {
        return Err(common::no_result(
            input.bytes,
            0,
            "line `done (passed successfully)` or `done (warnings were emitted)`",
        ));
    };
    let shown = errors.saturating_sub(skipped);
    let listed = u64::try_from(found.items.len()).unwrap_or(u64::MAX);
    if passed && (shown > 0 || listed > 0) {
        return Err(ParseError::malformed("no warnings in a run that passed")
            .at(end)
            .found_words(format!("{shown} that are counted, {listed} that are listed")));
    }
    if listed > shown {
        return Err(ParseError::malformed(format!("{shown} warnings below this line"))
            .at(offset)
            .found_words(listed.to_string()));
    }
    if listed < shown {
        let left = shown - listed;
        found.items.push(Finding {
            rule: "dialyzer".into(),
            message: format!("{left} more warnings are counted and not listed").into(),
            ..Finding::default()
        });
    }
    if skipped > 0 {
        notes.push(note(format!("{skipped} warnings were taken out by an ignore file"), offset));
    }
    match input.exit_status {
        Some(0) | None => Ok(Some(true)),
        Some(_) if found.items.is_empty() => {
            let own = vec![note("the command failed, and no warning says why", end)];
            notes.extend(own);
            Ok(Some(false))
        }
        Some(_) => Ok(Some(true)),
    }
}

fn line(row: &Row<'_>, open: &mut Open, found: &mut Findings) {
    let text = row.text;
    if text.len() >= 40 && text.iter().all(|b| *b == b'_') {
        open.close(found);
        return;
    }
    if text.starts_with(b"done in ") || text.starts_with(b"Unused filters:") {
        open.close(found);
        return;
    }
    if let Some(rest) = text.strip_prefix(b"::error ") {
        open.close(found);
        let end = memmem::find(rest, b"::").unwrap_or(rest.len());
        let keys = rest.get(..end).unwrap_or_default();
        let get = |key: &[u8]| keys.split(|b| *b == b',').find_map(|k| k.strip_prefix(key));
        let line = get(b"line=").and_then(common::digits).map(common::small);
        let column = get(b"col=").and_then(common::digits).map(common::small);
        found.items.push(Finding {
            rule: common::text(get(b"title=").unwrap_or(b"dialyzer")),
            message: common::text(rest.get(end + 2..).unwrap_or_default()),
            place: common::place(get(b"file=").unwrap_or_default(), line, column),
            ..Finding::default()
        });
        return;
    }
    if let Some(rest) = text.strip_prefix(b"{:warn_") {
        open.close(found);
        *open = Open { rule: raw_name(rest), is_open: true, ..Open::default() };
        add_line(&mut open.message, text, b' ');
        return;
    }
    if let Some((place, rule, rest)) = titled(text) {
        open.close(found);
        *open = Open { rule, place, is_open: true, ..Open::default() };
        add_line(&mut open.message, rest, b' ');
        return;
    }
    if let Some(l) = common::located(text)
        && (l.path.ends_with(b".ex") || l.path.ends_with(b".exs") || l.path.ends_with(b".erl"))
    {
        open.close(found);
        *open = Open { rule: "dialyzer".into(), place: l.place(), is_open: true, ..Open::default() };
        add_line(&mut open.message, l.rest, b' ');
        return;
    }
    if open.is_open && !text.is_empty() {
        add_line(&mut open.message, text, b'\n');
    }
}

/// The name in a raw warning: the first `{:name,` or `{:name}` that follows its place.
fn raw_name(rest: &[u8]) -> Box<str> {
    let named = memmem::find_iter(rest, b"{:").find_map(|at| {
        let name = rest.get(at + 2..)?;
        let end = name.iter().position(|b| !(b.is_ascii_lowercase() || *b == b'_' || b.is_ascii_digit()))?;
        (end > 0).then(|| common::text(name.get(..end).unwrap_or_default()))
    });
    named.unwrap_or_else(|| "dialyzer".into())
}

/// A place, a warning's name, and what follows on the same line.
type Titled<'r> = (Option<Place>, Box<str>, &'r [u8]);

/// `lib/shop.ex:12:7:no_return` and `lib/shop.ex:12:no_return text`.
fn titled(text: &[u8]) -> Option<Titled<'_>> {
    for colon in memchr::memchr_iter(b':', text) {
        let Some((line, rest)) = number(text.get(colon + 1..)?) else { continue };
        let Some(rest) = rest.strip_prefix(b":") else { continue };
        let (column, rest) = match number(rest) {
            Some((column, tail)) => (Some(column), tail.strip_prefix(b":")?),
            None => (None, rest),
        };
        let end = rest.iter().position(|b| !(b.is_ascii_lowercase() || *b == b'_')).unwrap_or(rest.len());
        let (name, tail) = (rest.get(..end)?, rest.get(end..)?);
        if name.is_empty() || !(tail.is_empty() || tail.starts_with(b" ")) {
            return None;
        }
        let place = common::place(text.get(..colon)?, Some(common::small(line)), column.map(common::small));
        return Some((place, common::text(name), tail.trim_ascii_start()));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    fn all(log: &str, exit_status: Option<i32>) -> Result<(Findings, Option<bool>), ParseError> {
        let limits = Limits::default();
        let input = Input { name: "x", bytes: log.as_bytes(), limits: &limits, exit_status, validate: false };
        let (mut found, mut notes) = (Findings::default(), Vec::new());
        let complete = read(&input, &mut found, &mut notes)?;
        Ok((found, complete))
    }

    fn log(body: &str, total: u32, end: &str) -> String {
        format!(
            "Starting Dialyzer\n[\n  check_plt: false\n]\nTotal errors: {total}, Skipped: 1, Unnecessary Skips: 0\ndone in 0m1.2s\n{body}done ({end})\n"
        )
    }

    #[test]
    fn every_form_gives_name_place_and_text() {
        let line = "_".repeat(80);
        for body in [
            format!("lib/shop.ex:12:7:no_return\nFunction add/2 has no local return.\n{line}\n"),
            "lib/shop.ex:12:7:no_return Function add/2 has no local return.\n".to_owned(),
            "::error file=lib/shop.ex,line=12,col=7,title=no_return::Function add/2 has no local return.\n".to_owned(),
        ] {
            let (found, complete) = all(&log(&body, 2, "warnings were emitted"), Some(2)).unwrap();
            let f = &found.items[0];
            assert_eq!(
                (found.items.len(), &*f.rule, &*f.message, complete),
                (1, "no_return", "Function add/2 has no local return.", Some(true)),
                "{body}"
            );
            let p = f.place.as_ref().unwrap();
            assert_eq!((&*p.path, p.line, p.column), ("lib/shop.ex", Some(12), Some(7)), "{body}");
        }
        let raw = "{:warn_return_no_exit, {~c\"lib/shop.ex\", {12, 7}},\n {:no_return, [:only_normal, :add, 2]}}\n";
        let (found, _) = all(&log(raw, 2, "warnings were emitted"), None).unwrap();
        assert_eq!(found.items.len(), 1);
        let own = "lib/shop.ex:12: Function add/2 has no local return\n";
        assert_eq!(all(&log(own, 2, "warnings were emitted"), None).unwrap().0.items.len(), 1);
    }

    #[test]
    fn counts_must_fit() {
        assert_eq!(all(&log("", 1, "passed successfully"), Some(0)).unwrap().1, Some(true));
        assert_eq!(all(&log("", 3, "warnings were emitted"), None).unwrap().0.items.len(), 1);
        assert!(all(&log("", 3, "passed successfully"), None).is_err());
        assert!(all(&log("lib/a.ex:1:call x\nlib/a.ex:2:call y\n", 2, "warnings were emitted"), None).is_err());
        assert!(all("Total errors: 0, Skipped: 0, Unnecessary Skips: 0\ndone in 0m1s\n", None).is_err());
        for wrong in ["-1", "NaN", "0x5"] {
            let log = log("", 1, "passed successfully").replace("errors: 1", &format!("errors: {wrong}"));
            assert!(all(&log, Some(0)).unwrap_err().message().contains("expected counts"), "{wrong}");
        }
        assert_eq!(all(&log("", 1, "passed successfully"), Some(1)).unwrap().1, Some(false));
    }
}
