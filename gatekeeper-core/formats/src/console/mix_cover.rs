//! The table of `mix test --cover` and `mix test.coverage`: a percentage per module and the total.
//!
//! Form: `Mix.Tasks.Test.Coverage` (Elixir 1.11-1.21,
//! <https://github.com/elixir-lang/elixir/blob/main/lib/mix/lib/mix/tasks/test.coverage.ex>): `Percentage | Module` with a line of dashes, since 1.15 with
//! a bar in front of each row; the total stands last. Line 0 is left out by mix itself.
//!
//! - Two digits, rounded: `100.00%` may be 99.996 %. There are no line numbers and no counts; modules left out by `ignore_modules` are not named.
//! - A table of no modules shows 100 % and is refused. An umbrella has a table per application: the lowest total counts, and a note says so.
//! - The same log holds ExUnit's result, which is what an unnamed log is read as: name this format, or record it as `mix-cover`.

use super::common::{self, Reader, note};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::coverage::{Coverage, Metrics, Percentages};
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::{Data, Kind};
use memchr::memmem;

pub(super) static FORMAT: Format = Format {
    id: "mix-cover",
    title: "mix test --cover: coverage of modules, percentages only",
    kind: Kind::Coverage,
    extensions: &["log", "txt"],
    places: &["mix-cover.log", "mix_cover.log", "logs/mix-cover.log"],
    spec: "Elixir 1.11-1.21, Mix.Tasks.Test.Coverage: https://github.com/elixir-lang/elixir/blob/main/lib/mix/lib/mix/tasks/test.coverage.ex",
    producers: &["mix-cover"],
    recorded_as: Some("mix-cover"),
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let all = head.log();
    if memmem::find(all, b"Percentage | Module").is_none() || head.xml().is_some() || head.json().is_some() {
        return Confidence::No;
    }
    let mut rows = Reader::new(all);
    while let Some(row) = rows.next() {
        if is_header(row.text) {
            return Confidence::Likely;
        }
    }
    Confidence::No
}

fn is_header(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"| ").unwrap_or(text);
    text.strip_prefix(b"Percentage | Module").is_some_and(|rest| rest.iter().all(|b| matches!(b, b' ' | b'|')))
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut percent = Percentages::default();
    let mut lowest: Option<(f64, Box<str>)> = None;
    let (mut tables, mut open, mut missed) = (0_u64, None, None);
    let (mut dashes, mut named) = (0, 0_u64);
    let mut rows = Reader::new(input.bytes);
    while let Some(row) = rows.next() {
        if is_header(row.text) {
            if let Some(at) = open.replace(row.offset) {
                return Err(ParseError::malformed("the total of a table").at(at).found_words("another table"));
            }
            (dashes, named) = (0, 0);
            continue;
        }
        if row.text.starts_with(b"Coverage test failed, threshold not met") {
            missed = Some(row.offset);
        }
        let Some(start) = open else { continue };
        let text = row.text.strip_prefix(b"|").unwrap_or(row.text);
        if text.starts_with(b"-----") {
            dashes += 1;
            continue;
        }
        let (name, value) = cells(text)
            .ok_or_else(|| ParseError::malformed("a row `60.00% | Module`").at(row.offset).found(row.text))?;
        if dashes < 2 {
            named += 1;
            percent.files.insert(name, value);
            continue;
        }
        if &*name != "Total" || !row.ended {
            return Err(ParseError::malformed("the row of the total").at(row.offset).found(row.text));
        }
        if named == 0 {
            return Err(ParseError::new(
                ErrorCode::ToolFailed,
                "the table names no module: its total is that of nothing",
            )
            .at(start));
        }
        let number = value.parse::<f64>().unwrap_or(0.0);
        if lowest.as_ref().is_none_or(|(least, _)| number < *least) {
            lowest = Some((number, value));
        }
        tables += 1;
        open = None;
    }
    if open.is_some() {
        return Err(ParseError::malformed("the row of the total")
            .at(input.bytes.len())
            .found_words("the end of the log"));
    }
    let Some((_, total)) = lowest else {
        return Err(common::no_result(input.bytes, 0, "table `Percentage | Module`, as `mix test --cover` prints it"));
    };
    percent.total = total;
    let mut notes = Vec::new();
    if tables > 1 {
        notes.push(note(format!("{tables} tables in one log: the lowest total counts"), 0));
    }
    if let Some(at) = missed {
        notes.push(note("mix says that its own threshold was not met", at));
    }
    let metrics = Metrics { lines: true, ..Metrics::default() };
    let coverage = Coverage { percent: Some(percent), metrics, ..Coverage::default() };
    Ok(Parsed { tool: Some("mix-cover".to_owned()), notes, ..Parsed::new(Data::Coverage(coverage), Some(true)) })
}

/// Module and percentage of a row.
fn cells(text: &[u8]) -> Option<(Box<str>, Box<str>)> {
    let bar = memmem::find(text, b" | ")?;
    let value = text.get(..bar)?.trim_ascii().strip_suffix(b"%")?;
    let value = std::str::from_utf8(value).ok()?;
    let plain = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    value.parse::<f64>().ok().filter(|n| plain && (0.0..=100.0).contains(n))?;
    let name = text.get(bar + 3..)?.trim_ascii();
    let name = name.strip_suffix(b"|").unwrap_or(name).trim_ascii();
    // Modules of Erlang are shown as atoms.
    let name = name.strip_prefix(b":").unwrap_or(name);
    (!name.is_empty()).then(|| (common::text(name), value.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    fn read(log: &str) -> Result<Coverage, ParseError> {
        let limits = Limits::default();
        let p =
            parse(&Input { name: "x", bytes: log.as_bytes(), limits: &limits, exit_status: None, validate: false })?;
        let Data::Coverage(c) = p.data else { panic!() };
        Ok(c)
    }

    const OLD: &str = "Generating cover results ...\n\nPercentage | Module\n-----------|-----------\n     0.00% | Shop.Till\n    60.00% | :shop_erl\n-----------|-----------\n    50.00% | Total\n\nGenerated HTML coverage results in \"cover\" directory\n";
    const NEW: &str = "| Percentage | Module     |\n|------------|------------|\n|    100.00% | Shop       |\n|------------|------------|\n|    100.00% | Total      |\n\n";

    #[test]
    fn both_forms_are_read_and_the_lowest_total_counts() {
        let p = read(OLD).unwrap().percent.unwrap();
        assert_eq!(&*p.total, "50.00");
        assert_eq!(
            p.files.iter().map(|(k, v)| (&**k, &**v)).collect::<Vec<_>>(),
            [("Shop.Till", "0.00"), ("shop_erl", "60.00")]
        );
        assert_eq!(&*read(NEW).unwrap().percent.unwrap().total, "100.00");
        assert_eq!(&*read(&format!("{NEW}{OLD}")).unwrap().percent.unwrap().total, "50.00");
    }

    #[test]
    fn a_table_that_breaks_off_or_is_of_nothing_is_refused() {
        let end = OLD.find("    50.00").unwrap();
        for cut in [end, end + 5, end + 18] {
            assert!(read(OLD.split_at(cut).0).is_err(), "{cut}");
        }
        assert!(read("| Percentage | Module     |\n|------------|------------|\n|------------|------------|\n|    100.00% | Total      |\n").is_err());
        assert!(read(&OLD.replace("60.00", "160.0")).is_err());
        assert!(read("..\n2 tests, 0 failures\n").is_err());
    }
}
