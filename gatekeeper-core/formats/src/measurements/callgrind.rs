//! Instruction counts by Callgrind: iai (<https://github.com/bheisler/iai>) and its successor Gungraun, before that iai-callgrind (<https://github.com/gungraun/gungraun>).
//!
//! A line with the benchmark's name, then `  Instructions:  1734|1650  (+5.09%)`: before the bar stands this run, behind it the tool's last one. Iai writes no bar. Counts are exact. There is no end mark.

use super::common::{Report, labels, plain};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Figure};

pub(super) static IAI: Format = Format::new("iai", Kind::Measurements, |h| sniff(h, false), |i| parse(i, "iai"))
    .with_title("iai console output")
    .with_extensions(&["txt", "log"])
    .with_places(&["iai.txt", "bench/iai*.txt"])
    .with_spec("iai, https://github.com/bheisler/iai")
    .with_producers(&["iai"]);

pub(super) static GUNGRAUN: Format =
    Format::new("gungraun", Kind::Measurements, |h| sniff(h, true), |i| parse(i, "gungraun"))
        .with_title("Gungraun (iai-callgrind) console output")
        .with_extensions(&["txt", "log"])
        .with_places(&["gungraun.txt", "bench/gungraun*.txt"])
        .with_spec("Gungraun, https://github.com/gungraun/gungraun")
        .with_producers(&["gungraun", "iai-callgrind"]);

/// A measure with its figure: `  Instructions:  1734|1650 (+5 %)`. The figure is `None` where it stands for none; and whether there is a bar.
fn measure(line: &str) -> Option<(&str, Option<Figure>, bool)> {
    let (name, rest) = line.strip_prefix("  ")?.split_once(':')?;
    let word = rest.split_ascii_whitespace().next()?;
    let (own, barred) = word.split_once('|').map_or((word, false), |(own, _)| (own, true));
    let figure = Figure::parse(&own.replace(',', ""));
    let known = figure.is_some() || matches!(own, "N/A" | "+++inf+++" | "---inf---");
    (known && !name.trim().is_empty() && !matches!(name.trim(), "PID" | "Parent PID" | "Jobs"))
        .then(|| (name.trim(), figure, barred))
}

fn sniff(head: &Head<'_>, barred: bool) -> Confidence {
    let mut own = false;
    let mut any_bar = false;
    for line in head.lines().filter_map(|l| std::str::from_utf8(l).ok()) {
        let line = String::from_utf8_lossy(&crate::scan::lines::strip_ansi(line.as_bytes())).into_owned();
        if let Some((name, _, bar)) = measure(&line) {
            own |= matches!(name, "Instructions" | "Estimated Cycles");
            any_bar |= bar;
        }
    }
    Confidence::when(own && any_bar == barred, Confidence::Certain)
}

fn parse(input: &Input<'_>, tool: &str) -> Result<Parsed, ParseError> {
    let text = plain(input)?;
    let mut report = Report::default();
    let mut name: Option<&str> = None;
    for line in text.lines().map(str::trim_end) {
        match (measure(line), name) {
            (Some((what, figure, _)), Some(name)) => {
                let labels = labels([("measure", what)]);
                let lost = figure.is_none();
                report.sample(name, &labels, "", Some(Better::Lower), figure)?;
                if !lost {
                    report.series(name, &labels, "", None)?.exact = true;
                }
            }
            (Some(_), None) => {
                return Err(ParseError::malformed("a benchmark's name above its counts").at(0).found(line.trim()));
            }
            (None, _) if !line.starts_with(' ') && !line.is_empty() => name = Some(line),
            (None, _) => {}
        }
    }
    report.finish_some(tool, None, "counts of instructions")
}
