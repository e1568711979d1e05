//! Gradualizer (`gradualizer`, `rebar3 gradualizer`): type errors as text, a block each.
//!
//! Form: `gradualizer_fmt.erl` (<https://github.com/josefs/Gradualizer/blob/master/src/gradualizer_fmt.erl>): `path: The … on line N[ at column C] …`, or with
//! `--fmt-location brief` `path:N:C: The …`; the code in question and hints stand below, up to the next blank line.
//!
//! - Gradualizer states no severity. A clean run prints nothing: only a recording with exit status 0 proves it.
//! - There is no end line: findings without an exit status are those that are there.

use super::common::{self, Reader, add_line, located, number, step};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Finding, Findings, Place};
use gatekeeper_evidence::{Data, Kind};
use memchr::memmem;

pub(super) static FORMAT: Format = Format {
    id: "gradualizer",
    title: "Gradualizer: type errors",
    kind: Kind::Findings,
    extensions: &["log", "txt"],
    places: &["gradualizer.log", "logs/gradualizer.log"],
    spec: "Gradualizer 0.3, gradualizer_fmt: https://github.com/josefs/Gradualizer/blob/master/src/gradualizer_fmt.erl",
    producers: &["gradualizer"],
    recorded_as: Some("gradualizer"),
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    if memmem::find(head.bytes(), b".erl:").is_none() || head.xml().is_some() || head.json().is_some() {
        return Confidence::No;
    }
    let mut rows = Reader::new(head.bytes());
    while let Some(row) = rows.next() {
        if let Some((_, message)) = error(row.text)
            && is_own(message)
        {
            return Confidence::Certain;
        }
    }
    Confidence::No
}

/// Words that only Gradualizer uses.
fn is_own(message: &[u8]) -> bool {
    [&b" is expected to have type "[..], b"Nonexhaustive patterns", b" doesn't have the type ", b" does not have type "]
        .iter()
        .any(|w| memmem::find(message, w).is_some())
}

/// A line that begins an error: its place and text.
fn error(text: &[u8]) -> Option<(Option<Place>, &[u8])> {
    const STARTS: &[&[u8]] = &[
        b"The ",
        b"Nonexhaustive ",
        b"Call to undefined ",
        b"Undefined ",
        b"Illegal ",
        b"None of ",
        b"Expected ",
        b"Type error ",
        b"TYPE ERROR",
        b"Timeout ",
    ];
    if let Some(l) = located(text)
        && l.path.ends_with(b".erl")
    {
        return STARTS.iter().any(|s| l.rest.starts_with(s)).then(|| (l.place(), l.rest));
    }
    let colon = memmem::find(text, b".erl: ")? + 4;
    let (path, rest) = (text.get(..colon)?, text.get(colon + 2..)?);
    if !STARTS.iter().any(|s| rest.starts_with(s)) {
        return None;
    }
    let at = memmem::find(rest, b" on line ").and_then(|at| number(rest.get(at + 9..)?));
    let column = at.and_then(|(_, tail)| number(tail.strip_prefix(b" at column ")?));
    let place = common::place(path, at.map(|(n, _)| common::small(n)), column.map(|(n, _)| common::small(n)));
    Some((place, rest))
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut found = Findings::default();
    found.tool("gradualizer");
    let mut open: Option<(Option<Place>, Vec<u8>)> = None;
    let mut rows = Reader::new(input.bytes);
    let close = |open: &mut Option<(Option<Place>, Vec<u8>)>, found: &mut Findings| {
        if let Some((place, message)) = open.take() {
            found.items.push(Finding {
                rule: "type-error".into(),
                message: common::text(&message),
                place,
                ..Finding::default()
            });
        }
    };
    while let Some(row) = rows.next() {
        if let Some((place, message)) = error(row.text) {
            close(&mut open, &mut found);
            open = Some((place, message.to_vec()));
        } else if row.text.is_empty() || step(row.text).is_some() {
            close(&mut open, &mut found);
        } else if let Some((_, message)) = &mut open {
            add_line(message, row.text, b'\n');
        }
    }
    close(&mut open, &mut found);
    if found.items.is_empty() && input.exit_status != Some(0) {
        return Err(common::no_result(input.bytes, 0, "type error, or a recorded exit status of 0"));
    }
    let complete = if found.items.is_empty() {
        common::clean(input, false)?
    } else {
        input.exit_status.map(|status| matches!(status, 0 | 1))
    };
    Ok(Parsed { tool: Some("gradualizer".to_owned()), ..Parsed::new(Data::Findings(found), complete) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(log: &str, exit_status: Option<i32>) -> Result<(Findings, Option<bool>), ParseError> {
        testing::findings(parse, log, exit_status)
    }

    #[test]
    fn both_forms_of_places_are_read() {
        let log = "src/a.erl: The variable on line 5 at column 3 is expected to have type integer() but it has type binary()\n\nf(X) ->\n  X.\n  ^\n\nsrc/b.erl:7:2: Nonexhaustive patterns: x\n";
        let (f, complete) = read(log, Some(1)).unwrap();
        assert_eq!((f.items.len(), complete), (2, Some(true)));
        assert_eq!(f.items[0].place, Some(Place { path: "src/a.erl".into(), line: Some(5), column: Some(3) }));
        assert_eq!(f.items[1].place, Some(Place { path: "src/b.erl".into(), line: Some(7), column: Some(2) }));
    }

    #[test]
    fn silence_needs_its_exit_status() {
        assert!(read("\n", None).is_err());
        assert_eq!(read("", Some(0)).unwrap().1, Some(true));
        assert!(read("escript: exception error\n", Some(127)).is_err());
    }
}
