//! Go's coverage profiles.
//!
//! Specification: `golang.org/x/tools/cover` (ParseProfiles) and `cmd/cover`, Go 1.24, <https://pkg.go.dev/golang.org/x/tools/cover>.
//! Producers: `go test -coverprofile`, `go tool covdata textfmt`, gotestsum, …
//!
//! Deviations: joined files repeat the mode line; with `-coverpkg` each block comes once per test binary and counts once, covered
//! where any of them hit it; a Windows path has a colon of its own.

use super::common::{MOST_LINES, NEGATIVE, Notes, Range, Written, hits, offset_in, unfold};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::lines::Lines;
use gatekeeper_evidence::coverage::{Coverage, FileCoverage, Metrics, Statement};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::{Data, Kind};
use std::collections::BTreeMap;

pub(super) static FORMAT: Format = Format {
    id: "go-cover",
    title: "Go coverage profile",
    kind: Kind::Coverage,
    extensions: &["out", "cov", "coverprofile", "txt"],
    places: &[
        "coverage.out",
        "cover.out",
        "c.out",
        "profile.cov",
        "coverage.txt",
        "coverage/coverage.out",
        "profile.out",
        "{apps,packages,services}/*/cover.out",
        "{apps,packages,services}/*/coverage.out",
    ],
    spec: "golang.org/x/tools/cover, ParseProfiles: https://pkg.go.dev/golang.org/x/tools/cover",
    producers: &["go"],
    recorded_as: None,
    content: Content::Rows,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let first = head.printed().map(<[u8]>::trim_ascii).find(|l| !l.is_empty()).unwrap_or_default();
    Confidence::when(matches!(first, b"mode: set" | b"mode: count" | b"mode: atomic"), Confidence::Certain)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut files: BTreeMap<&str, Vec<Statement>> = BTreeMap::new();
    let mut notes = Notes::default();
    let mut mode: Option<&[u8]> = None;
    let mut last: Option<&str> = None;
    for line in Lines::new(input.bytes) {
        let text = line.bytes.trim_ascii();
        let wrong = |expected: &str, found: &[u8]| {
            ParseError::malformed(expected).at(offset_in(input.bytes, found).unwrap_or(line.offset)).found(found)
        };
        if text.is_empty() {
            continue;
        }
        if let Some(word) = text.strip_prefix(b"mode:") {
            let word = word.trim_ascii();
            if !matches!(word, b"set" | b"count" | b"atomic") {
                return Err(wrong("mode: set, count or atomic", text));
            }
            if mode.is_some_and(|m| m != word) {
                notes.at("joined profiles of different modes", line.offset, String::new);
            }
            mode = Some(word);
            continue;
        }
        if mode.is_none() {
            return Err(wrong("a mode line, mode: set|count|atomic", text));
        }
        let (name, place, count, hit) = block(text).map_err(|(expected, found)| wrong(expected, found))?;
        let hits = match hits(hit) {
            Some(Written::Count(n)) => n,
            Some(Written::Negative) => {
                notes.at(NEGATIVE, line.offset, String::new);
                0
            }
            None => return Err(wrong("a count at the end of the line", hit)),
        };
        // Blocks of a file stand together: its name is checked once.
        let name = match last {
            Some(last) if last.as_bytes() == name => last,
            _ => std::str::from_utf8(name).map_err(|e| wrong("a file's name in UTF-8", name).because(e))?,
        };
        last = Some(name);
        files.entry(name).or_default().push(Statement { place, count, hits });
    }
    if mode.is_none() {
        return Err(ParseError::malformed("a mode line").at(input.bytes.len()).found_words("the end of the file"));
    }
    let mut out =
        Coverage { metrics: Metrics { lines: true, statements: true, ..Metrics::default() }, ..Coverage::default() };
    let mut room = MOST_LINES;
    for (name, statements) in files {
        let mut file = FileCoverage { statements, ..FileCoverage::default() };
        file.normalise();
        let mut ranges: Vec<Range> = file
            .statements
            .iter()
            .map(|s| Range { first: s.place.0, last: s.place.2.max(s.place.0), hits: s.hits })
            .collect();
        file.lines = unfold(&mut ranges, &mut room)?;
        out.add(name, file);
    }
    let mut parsed = Parsed::new(Data::Coverage(out), None);
    parsed.tool = Some("go".to_owned());
    parsed.notes = notes.finish();
    Ok(parsed)
}

type Block<'a> = (&'a [u8], (u32, u32, u32, u32), u32, &'a [u8]);

/// What should have stood where, and what stands there.
type Wrong<'a> = (&'static str, &'a [u8]);

/// `name:l.c,l.c statements count`; the name is everything before the last colon.
fn block(text: &[u8]) -> Result<Block<'_>, Wrong<'_>> {
    let whole = ("<file>:<line>.<column>,<line>.<column> <statements> <count>", text);
    let colon = memchr::memrchr(b':', text).filter(|at| *at > 0).ok_or(whole)?;
    let (name, rest) = text.split_at_checked(colon).ok_or(whole)?;
    let rest = std::str::from_utf8(rest.get(1..).unwrap_or_default()).map_err(|_| whole)?;
    let mut words = rest.split_ascii_whitespace();
    let (Some(span), Some(count), Some(hit), None) = (words.next(), words.next(), words.next(), words.next()) else {
        return Err(whole);
    };
    let (from, to) = span.split_once(',').ok_or(("<line>.<column>,<line>.<column>", span.as_bytes()))?;
    let point = |t| place(t).ok_or(("<line>.<column>", str::as_bytes(t)));
    let (from, to) = (point(from)?, point(to)?);
    if to < from {
        return Err(("a block that ends behind its start", span.as_bytes()));
    }
    let statements = count.parse().map_err(|_| ("a number of statements", count.as_bytes()))?;
    Ok((name, (from.0, from.1, to.0, to.1), statements, hit.as_bytes()))
}

fn place(text: &str) -> Option<(u32, u32)> {
    let (line, column) = text.split_once('.')?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use gatekeeper_evidence::Ratio;

    fn read(text: &str) -> Result<Coverage, ParseError> {
        testing::coverage(parse, text)
    }

    #[test]
    fn a_block_of_several_binaries_counts_once_and_any_hit_covers_it() {
        let c = read("mode: set\na/b.go:1.2,3.4 2 0\nmode: set\na/b.go:1.2,3.4 2 1\nC:\\x y.go:5.1,5.9 0 0\n").unwrap();
        let f = c.figures();
        assert_eq!(f.statements, Some(Ratio { covered: 2, total: 2 }));
        assert_eq!(f.lines, Some(Ratio { covered: 3, total: 4 }));
        assert!(c.files.contains_key("C:\\x y.go"));
    }

    #[test]
    fn what_is_broken_is_refused() {
        for bad in [
            "",
            "a.go:1.2,3.4 2 0\n",
            "mode: fast\n",
            "mode: set\na.go:1.2,3.4 2\n",
            "mode: set\na.go:1.2,3.4\n",
            "mode: set\na.go:3.2,1.4 1 1\n",
            "mode: set\na.go:1.2,3.4 -1 1\n",
            "mode: set\na.go:1.1,4000000000.1 1 1\n",
            "mode: set\n:1.1,2.1 1 1\n",
            "mode: set\na.go:1.2,3.4 1 1 1\n",
        ] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_is_broken_is_refused_at_its_column() {
        for (bad, place) in [
            ("mode: set\na.go:1.2,x.3 1 1\n", (2, 10)),
            ("mode: set\na.go:1.2,3.4 x 1\n", (2, 14)),
            ("mode: set\na.go:1.2,3.4 1 x\n", (2, 16)),
            ("mode: set\n  a.go:9.2,3.4 1 1\n", (2, 8)),
            ("mode: set\na.go 1 1\n", (2, 1)),
        ] {
            let e = read(bad).expect_err(bad).finish("f", "go-cover", Some(bad.as_bytes()));
            assert_eq!((e.location().line, e.location().column), (Some(place.0), Some(place.1)), "{bad:?}: {e}");
        }
    }
}
