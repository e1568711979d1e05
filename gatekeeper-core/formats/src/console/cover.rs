//! Console of `rebar3 cover -v`: a table of modules with whole percentages (newer ones with decimals), and the total.
//!
//! Form: `rebar_prv_cover.erl`, <https://github.com/erlang/rebar3/blob/main/apps/rebar/src/rebar_prv_cover.erl>. The last line is
//! `  cover summary written to: PATH`; after it may stand `===> Requiring N% coverage to pass. Only M% obtained`.
//!
//! `_build/test/cover/cover.log` is not such a log: rebar3 keeps there what `cover` says of itself, mostly nothing. Empty, it measures nothing; so does a
//! recording of `rebar3 cover` without `-v`, which prints no table. Neither is an error beside what was measured, and neither passes alone.
//!
//! Known deviations: there are no line numbers and no counts, so only percentages come out, as they were printed. Without `-v` there is no
//! table; the total is then known only where a required coverage was missed. A table of no modules shows 100 % and is refused. Modules that
//! could not be compiled for coverage are named before the table and are in no row (`not_counted`). `Can't load module X` only means that
//! its annotated page was not written: its row counts.

use super::common::{self, Reader, Step, Task, classify, note, step};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::coverage::{Coverage, Metrics, Percentages};
use gatekeeper_evidence::error::ErrorCode;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::{Data, Kind, Note};
use std::collections::BTreeSet;

pub(super) static FORMAT: Format = Format {
    id: "rebar3-cover",
    title: "rebar3 cover -v: coverage of modules, percentages only",
    kind: Kind::Coverage,
    extensions: &["log", "txt"],
    places: &["cover.log", "rebar3-cover.log", "rebar3_cover.log", "logs/cover.log", "_build/cover.log"],
    spec: "rebar3 3.24, rebar_prv_cover: https://github.com/erlang/rebar3/blob/main/apps/rebar/src/rebar_prv_cover.erl",
    producers: &["cover"],
    recorded_as: Some("cover"),
    content: Content::Text,
    sniff: |head: &Head<'_>| -> Confidence { common::confidence(head, Task::Cover) },
    parse,
};

/// One table: from its header to the line that names the written summary.
#[derive(Default)]
struct Table {
    percent: Percentages,
    total: bool,
    written: bool,
}

/// The file that `cover` says its own things in, while rebar3 runs it.
pub(super) const OWN_LOG: &str = "cover/cover.log";

/// Nothing was measured here, and nothing went wrong.
fn nothing(words: &str) -> Parsed {
    let mut parsed = Parsed::new(Data::Coverage(Coverage::default()), Some(true));
    parsed.tool = Some("cover".to_owned());
    parsed.notes.push(Note::new(words.to_owned()));
    parsed
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    if input.bytes.is_empty() && input.name.ends_with(OWN_LOG) {
        return Ok(nothing("cover's own log, in which it says nothing"));
    }
    let mut start = None;
    let mut table = Table::default();
    // What a missed requirement states of the total, where no table was printed.
    let mut obtained: Option<(usize, Box<str>)> = None;
    let mut uncompiled = BTreeSet::new();
    let mut unloaded = BTreeSet::new();
    let mut compile_note = false;
    let mut notes = Vec::new();
    let mut rows = Reader::new(input.bytes);
    while let Some(row) = rows.next() {
        if let Some(text) = step(row.text) {
            compile_note = false;
            match classify(text) {
                // Figures of an earlier table are the earlier ones': the last analysis reads all data again.
                Step::Start(Task::Cover) => {
                    start = Some(row.offset);
                    (table, obtained) = (Table::default(), None);
                    notes.clear();
                    unloaded.clear();
                }
                Step::Begin if !table.written => uncompiled.clear(),
                _ => {
                    if text.starts_with(b"Cover compilation failed") {
                        compile_note = true;
                        if uncompiled.len() < common::KEPT_MOST {
                            uncompiled.extend(beam(text));
                        }
                    } else if start.is_none() {
                    } else if let Some(module) = text.strip_prefix(b"Can't load module ") {
                        let module = module.trim_ascii();
                        unloaded.insert(common::text(module.strip_suffix(b".").unwrap_or(module)));
                    } else if let Some(rest) = text.strip_prefix(b"Requiring ")
                        && let Some(percent) = requirement(rest)
                    {
                        obtained = Some((row.offset, percent));
                    }
                }
            }
            continue;
        }
        if compile_note {
            // The term goes on over indented lines, the path on one of its own.
            if row.text.first() == Some(&b' ') {
                uncompiled.extend(beam(row.text));
                continue;
            }
            compile_note = false;
        }
        if start.is_none() || !row.text.starts_with(b"  ") {
            continue;
        }
        if row.text.starts_with(b"  |") {
            if table.written {
                // A second table without a start line: the last one counts.
                table = Table::default();
            }
            table_row(row.text, row.offset, &mut table)?;
        } else if row.text.starts_with(b"  cover summary written to: ") {
            table.written = true;
        }
    }
    if start.is_none() {
        return Err(common::no_result(input.bytes, 0, "line `===> Performing cover analysis...`"));
    }
    let from = start.unwrap_or_default();
    let mut percent = table.percent;
    if !(table.total && table.written) {
        match obtained {
            Some((offset, total)) if percent.files.is_empty() && (table.written || input.exit_status.is_some()) => {
                notes.push(note(
                    "only the total is stated: the table of modules is printed by `rebar3 cover -v`",
                    offset,
                ));
                percent.total = total;
            }
            _ if percent.files.is_empty()
                && common::ended_well(input)
                && memchr::memmem::find(input.bytes, b"No coverdata found").is_none() =>
            {
                return Ok(nothing("no table: `rebar3 cover -v` prints one"));
            }
            _ => {
                let expected = match (table.total || !percent.files.is_empty(), table.written) {
                    (true, _) => "total row and line `cover summary written to: …` after the table",
                    (false, true) => "table of modules, as `rebar3 cover -v` prints it",
                    (false, false) => "table of modules",
                };
                return Err(no_table(input.bytes, from, expected));
            }
        }
    } else if percent.files.is_empty() {
        return Err(
            ParseError::new(ErrorCode::ToolFailed, "the table names no module: its total is that of nothing").at(from)
        );
    }
    if !unloaded.is_empty() {
        notes.push(Note::new(format!("cover could not load {} modules to annotate them", unloaded.len())));
    }
    let not_counted: Vec<String> =
        uncompiled.into_iter().filter(|m| !percent.files.contains_key(m)).map(Into::into).collect();
    let coverage = Coverage {
        percent: Some(percent),
        not_counted,
        metrics: Metrics { lines: true, ..Metrics::default() },
        ..Coverage::default()
    };
    let mut parsed = Parsed::new(Data::Coverage(coverage), Some(true));
    parsed.tool = Some("cover".to_owned());
    parsed.notes = notes;
    Ok(parsed)
}

fn no_table(bytes: &[u8], from: usize, expected: &str) -> ParseError {
    let mut rows = Reader::new(bytes);
    while let Some(row) = rows.next() {
        if row.offset >= from && step(row.text).is_some_and(|t| t.starts_with(b"No coverdata found")) {
            return ParseError::new(ErrorCode::ToolFailed, "nothing was measured; the log says")
                .at(row.offset)
                .found_words(common::quote(row.text));
        }
    }
    common::no_result(bytes, from, expected)
}

/// `  |  NAME  |  PERCENT%  |`.
fn table_row(row: &[u8], offset: usize, table: &mut Table) -> Result<(), ParseError> {
    let wrong = || ParseError::malformed("a row `|  module  |  12%  |`").at(offset).found(row);
    let inner = row.trim_ascii();
    if inner.starts_with(b"|--") {
        return Ok(());
    }
    let inner = inner.strip_prefix(b"|").and_then(|r| r.strip_suffix(b"|")).ok_or_else(wrong)?;
    let bar = memchr::memrchr(b'|', inner).ok_or_else(wrong)?;
    let name = inner.get(..bar).unwrap_or_default().trim_ascii();
    let value = inner.get(bar + 1..).unwrap_or_default().trim_ascii();
    if name == b"module" && value == b"coverage" {
        *table = Table::default();
        return Ok(());
    }
    let value = value.strip_suffix(b"%").and_then(percent).ok_or_else(wrong)?;
    if name == b"total" && !table.total {
        // A module may be named `total` too: the last row is the total, and it follows a line of dashes.
        table.total = true;
        table.percent.total = value;
    } else if table.total {
        return Err(ParseError::malformed("the end of the table after its total row").at(offset).found(row));
    } else {
        table.percent.files.insert(common::text(name), value);
    }
    Ok(())
}

/// `85` or `85.29`, not above 100.
fn percent(text: &[u8]) -> Option<Box<str>> {
    let (whole, rest) = common::number(text)?;
    let fraction = match rest.strip_prefix(b".") {
        Some(f) => f,
        None if rest.is_empty() => rest,
        None => return None,
    };
    let fits = fraction.iter().all(u8::is_ascii_digit)
        && fraction.len() <= 20
        && (rest.is_empty() || !fraction.is_empty())
        && (whole < 100 || (whole == 100 && fraction.iter().all(|d| *d == b'0')));
    (fits && text.len() <= 32).then(|| common::text(text))
}

/// `99% coverage to pass. Only 85% obtained` → what was obtained.
fn requirement(text: &[u8]) -> Option<Box<str>> {
    const ONLY: &[u8] = b"% coverage to pass. Only ";
    let at = memchr::memmem::find(text, ONLY)?;
    percent(text.get(at + ONLY.len()..)?.trim_ascii_end().strip_suffix(b"% obtained")?)
}

/// The module of a path in quotes that ends in `.beam`.
fn beam(text: &[u8]) -> Option<Box<str>> {
    let end = memchr::memmem::find(text, b".beam\"")?;
    let path = text.get(..end)?;
    let start = path.iter().rposition(|b| matches!(b, b'/' | b'\\' | b'"')).map_or(0, |i| i + 1);
    Some(common::text(path.get(start..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    fn read(rest: &str) -> Result<Parsed, ParseError> {
        let limits = Limits::default();
        let log = format!("===> Compiling a\n===> Performing cover analysis...\n{rest}");
        parse(&Input { name: "x", bytes: log.as_bytes(), limits: &limits, exit_status: None, validate: false })
    }

    const TABLE: &str = "  |------|---|\n  |  module  |  coverage  |\n  |------|---|\n  |  a  |  71%  |\n  |  b  |  100%  |\n  |---|---|\n  |  total  |  80%  |\n  |---|---|\n  coverage calculated from:\n    /x/eunit.coverdata\n";

    #[test]
    fn the_total_row_is_the_total() {
        let p = read(&format!("{TABLE}  cover summary written to: /x/index.html\n")).unwrap();
        let Data::Coverage(c) = p.data else { panic!() };
        let percent = c.percent.unwrap();
        assert_eq!((&*percent.total, percent.files.len(), p.complete), ("80", 2, Some(true)));
    }

    #[test]
    fn a_table_without_its_end_is_refused() {
        assert!(read(TABLE).is_err());
        assert!(read("  cover summary written to: /x/index.html\n").is_err());
        assert_eq!(read("===> No coverdata found\n").unwrap_err().code(), ErrorCode::ToolFailed);
        let none = "  |  module  |  coverage  |\n  |  total  |  100%  |\n  cover summary written to: /x\n";
        assert!(read(none).is_err());
    }

    #[test]
    fn a_missed_requirement_states_the_total() {
        let p =
            read("  cover summary written to: /x\n===> Requiring 99% coverage to pass. Only 85.5% obtained\n").unwrap();
        let Data::Coverage(c) = p.data else { panic!() };
        assert_eq!(&*c.percent.unwrap().total, "85.5");
    }

    #[test]
    fn a_recording_without_a_table_measures_nothing() {
        let limits = Limits::default();
        let read = |name, log: &str, exit_status| {
            parse(&Input { name, bytes: log.as_bytes(), limits: &limits, exit_status, validate: false })
        };
        let quiet = "===> Compiling a\n===> Performing cover analysis...\n";
        let p = read("x", quiet, Some(0)).unwrap();
        let Data::Coverage(c) = p.data else { panic!() };
        assert_eq!((c.figures().lines, c.percent, p.notes.len()), (None, None, 1));
        assert!(read("x", quiet, None).is_err());
        assert!(read("x", quiet, Some(1)).is_err());
        assert!(read("x", &format!("{quiet}===> No coverdata found\n"), Some(0)).is_err());
        let missed = format!("{quiet}===> Requiring 99% coverage to pass. Only 85% obtained\n");
        let Data::Coverage(c) = read("x", &missed, Some(1)).unwrap().data else { panic!() };
        assert_eq!(&*c.percent.unwrap().total, "85");
        assert!(read("_build/test/cover/cover.log", "", None).is_ok());
        assert!(read("cover.log", "", None).is_err());
    }

    #[test]
    fn impossible_percentages_are_refused() {
        for bad in ["101", "99999999999999999999", "-3", "1e9", "12.", ""] {
            assert!(percent(bad.as_bytes()).is_none(), "{bad}");
        }
        assert_eq!(percent(b"100.00").as_deref(), Some("100.00"));
    }
}
