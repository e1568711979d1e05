//! The output `csv`: a row for each violation (RFC 4180, with line feeds, as a log should see no carriage return), for spreadsheets and data frames.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a line break for a formula; such a cell gets an apostrophe before it
//! (OWASP, "CSV Injection"). A cell holds 32,767 characters in a spreadsheet: what is longer is cut, and whole in the JSON.

use super::{Output, Style, Writer, text};
use crate::verdict::{GateVerdict, Verdict, Violation};
use std::borrow::Cow;
use std::io::{self, Write};

pub(super) static OUTPUT: Output = Output {
    id: Cow::Borrowed("csv"),
    title: Cow::Borrowed("a row for each violation, for spreadsheets"),
    write: Writer::Fixed(write),
};

const HEAD: [&str; 16] = [
    "gate",
    "rule",
    "gate_status",
    "blocking",
    "status",
    "code",
    "severity",
    "id",
    "message",
    "path",
    "line",
    "column",
    "package",
    "fixed",
    "source",
    "url",
];

fn write(v: &Verdict, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(HEAD).map_err(io::Error::other)?;
    for gate in &v.gates {
        for violation in &gate.violations {
            csv.write_record(row(gate, violation).iter().map(|cell| cell.as_bytes())).map_err(io::Error::other)?;
        }
    }
    for p in v.problems.iter().filter(|p| p.concerns.is_empty()) {
        let mut cells: [Cow<'_, str>; HEAD.len()] = Default::default();
        let known = [(3, "true"), (4, "error"), (5, p.error.code.as_str()), (8, &p.error.message), (14, &p.file)];
        for (n, text) in known {
            if let Some(cell) = cells.get_mut(n) {
                *cell = safe(text);
            }
        }
        csv.write_record(cells.iter().map(|cell| cell.as_bytes())).map_err(io::Error::other)?;
    }
    csv.flush()
}

fn row<'v>(gate: &'v GateVerdict, v: &'v Violation) -> [Cow<'v, str>; HEAD.len()] {
    let place = v.place.as_ref();
    let number = |n: Option<u32>| Cow::Owned(n.map(|n| n.to_string()).unwrap_or_default());
    let word = |text: &'v Option<String>| text.as_deref().map(safe).unwrap_or_default();
    [
        safe(&gate.name),
        safe(&gate.rule),
        Cow::Borrowed(gate.status.as_str()),
        Cow::Borrowed(if gate.blocking { "true" } else { "false" }),
        Cow::Borrowed(v.status.as_str()),
        safe(&v.code),
        Cow::Borrowed(v.severity.map(|s| s.as_str()).unwrap_or_default()),
        word(&v.id),
        safe(&v.message),
        place.map(|p| safe(&p.path)).unwrap_or_default(),
        number(place.and_then(|p| p.line)),
        number(place.and_then(|p| p.column)),
        word(&v.package),
        word(&v.fixed),
        word(&v.source),
        word(&v.url),
    ]
}

/// Characters of a cell.
const CELL: usize = 32_000;

/// A cell's text: nothing that steers a terminal or a log, nothing that a spreadsheet works out.
fn safe(text: &str) -> Cow<'_, str> {
    let formula = |text: &str| text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let plain = text::shown(text, CELL);
    if let (Cow::Borrowed(plain), Cow::Borrowed(_)) = (&plain, text::inert(&plain))
        && !formula(plain)
    {
        return Cow::Borrowed(plain);
    }
    let shown = text::cut(&text::inert(&plain), CELL);
    Cow::Owned(if formula(&shown) { format!("'{shown}") } else { shown })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            (" \t@SUM(A1)", "'  @SUM(A1)"),
            ("-1", "'-1"),
            ("+1", "'+1"),
            ("＝1", "'＝1"),
            ("a=b", "a=b"),
            ("\r=1", "' =1"),
            ("x ##[group]", "x #\\u{23}[group]"),
        ] {
            assert_eq!(safe(text), cell);
        }
        assert_eq!(safe(&"\u{1b}".repeat(1 << 20)).chars().count(), CELL);
    }
}
