//! Output of `cargo bench` with libtest's own benchmarks (<https://doc.rust-lang.org/unstable-book/library-features/test.html>): `test NAME ... bench:  1,234.5 ns/iter (+/- 5)`.
//!
//! `FAILED` is an error, `ignored` no benchmark. Each target that begins (`running N tests`) ends with its `test result:`; where one is missing the output is cut off.

use super::common::{Report, figure_and_rest, place, plain};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Labels};

pub(super) static FORMAT: Format = Format::new("rust-bench", Kind::Measurements, sniff, parse)
    .with_title("cargo bench output (libtest)")
    .with_extensions(&["txt", "log"])
    .with_places(&["cargo-bench.txt", "bench/rust*.txt"])
    .with_spec("Rust unstable feature test, https://doc.rust-lang.org/unstable-book/library-features/test.html")
    .with_producers(&["cargo"]);

fn sniff(head: &Head<'_>) -> Confidence {
    let row = |l: &[u8]| {
        l.starts_with(b"test ")
            && memchr::memmem::find(l, b" ... bench:").is_some()
            && (memchr::memmem::find(l, b"/iter").is_some() || memchr::memmem::find(l, b" (+/- ").is_some())
    };
    Confidence::when(head.printed().any(row), Confidence::Certain)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let text = plain(input)?;
    let mut report = Report::default();
    let (mut begun, mut ended) = (0_usize, 0_usize);
    let none = Labels::new();
    for line in text.lines().map(str::trim_end) {
        begun += usize::from(line.starts_with("running ") && (line.ends_with(" tests") || line.ends_with(" test")));
        ended += usize::from(line.starts_with("test result:"));
        let Some((name, outcome)) = line.strip_prefix("test ").and_then(|l| l.split_once(" ... ")) else { continue };
        if outcome.starts_with("FAILED") {
            report.failed(name.trim(), &none, 1, "it failed");
        } else if let Some(figure) = outcome.trim_start().strip_prefix("bench:") {
            let read = figure_and_rest(figure).map(|(n, rest)| (n, rest.split(" (+/-").next().unwrap_or(rest).trim()));
            let Some((number, unit)) = read.filter(|(_, unit)| !unit.is_empty() && !unit.contains(' ')) else {
                return Err(ParseError::malformed("a figure with its unit")
                    .at(place(input, &text, figure.trim_start()))
                    .found(figure.trim()));
            };
            // libtest writes times per iteration; benchmarks with a main of their own write other units, whose direction they do not say.
            let (unit, better) = match unit.strip_suffix("/iter") {
                Some(time @ ("ns" | "us" | "µs" | "μs" | "ms" | "s")) => (time, Some(Better::Lower)),
                Some(_) => (unit, Some(Better::Lower)),
                None => (unit, None),
            };
            report.sample(name.trim(), &none, unit, better, Some((&number).into()))?;
            // libtest's own letter stays as it is written.
            if unit == "μs" {
                unit.clone_into(&mut report.series(name.trim(), &none, unit, better)?.unit);
            }
        }
    }
    if begun > ended {
        return Err(ParseError::malformed("test result: of each target")
            .at(input.bytes.len())
            .found_words("the end of the file"));
    }
    report.finish_some("cargo", Some(true), "a benchmark")
}
