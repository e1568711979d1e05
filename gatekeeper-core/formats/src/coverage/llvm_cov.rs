//! llvm-cov's JSON export.
//!
//! Specification: LLVM 20, `llvm-cov export -format=text`, <https://llvm.org/docs/CommandGuide/llvm-cov.html#llvm-cov-export>, and `CoverageExporterJson.cpp`.
//! Producers: llvm-cov, cargo-llvm-cov, Xcode, Swift Package Manager.
//!
//! Deviations and what we do:
//! - Lines are worked out from the segments as llvm-cov's own LCOV export does (`LineCoverageStats`); the summaries count a line once per
//!   function and are used only where there are no segments (`-summary-only`).
//! - Functions and branches are those of the summaries, whose sum is `totals`; where the two disagree, `totals` counts.
//! - Segments have five members before LLVM 12 (no gap).

use super::common::{MOST_LINES, Notes, Text, cap};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::coverage::{Claim, Coverage, Disagreement, FileCoverage, Line, Stated};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::{Data, Kind, Ratio};
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use std::fmt;

pub(super) static FORMAT: Format = Format {
    id: "llvm-cov",
    title: "llvm-cov JSON export",
    kind: Kind::Coverage,
    extensions: &["json"],
    places: &["llvm-cov.json", "coverage/llvm-cov.json", "target/llvm-cov/cov.json", ".build/debug/codecov/*.json"],
    spec: "llvm-cov export, LLVM 20: https://llvm.org/docs/CommandGuide/llvm-cov.html#llvm-cov-export",
    producers: &["llvm-cov", "cargo-llvm-cov", "swift"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

const TYPE: &str = "llvm.coverage.json.export";

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    // The type stands at the end, however long the document.
    let all = head.all();
    let tail = all.get(all.len().saturating_sub(400)..).unwrap_or_default();
    let typed = shape.text("type") == Some(TYPE) || memchr::memmem::find(tail, TYPE.as_bytes()).is_some();
    let listed = shape.has("data[].files[].filename")
        && (shape.has("data[].files[].segments") || shape.has("data[].files[].summary.regions"));
    Confidence::when((typed && shape.has("data")) || listed, Confidence::Certain)
}

#[derive(Deserialize)]
struct Report<'a> {
    data: Vec<Export>,
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    version: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Export {
    files: Files,
    totals: Option<Summary>,
}

/// The files, folded into the model one by one.
struct Files(Coverage, Option<Ratio>);

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    filename: Text<'a>,
    segments: Option<Vec<Segment>>,
    summary: Option<Summary>,
}

#[derive(Deserialize, Clone, Copy, Default)]
struct Summary {
    lines: Option<Counter>,
    functions: Option<Counter>,
    branches: Option<Counter>,
}

#[derive(Deserialize, Clone, Copy)]
struct Counter {
    count: u64,
    covered: u64,
}

impl Summary {
    fn stated(self) -> Stated {
        let ratio = |c: Option<Counter>| c.map(|c| Ratio::new(c.covered, c.count));
        Stated {
            lines: ratio(self.lines),
            functions: ratio(self.functions),
            branches: ratio(self.branches),
            statements: None,
        }
    }
}

/// `[line, column, count, has a count, is a region's entry, is a gap]`
#[derive(Debug, Clone, Copy)]
struct Segment {
    line: u32,
    count: u32,
    counted: bool,
    entry: bool,
    gap: bool,
}

impl Segment {
    fn starts_region(self) -> bool {
        !self.gap && self.counted && self.entry
    }
}

impl<'de> Deserialize<'de> for Segment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Segment;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a segment of five or six members")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Segment, A::Error> {
                let short = |n| A::Error::invalid_length(n, &"a segment of five or six members");
                let line = seq.next_element::<u32>()?.ok_or_else(|| short(0))?;
                seq.next_element::<u32>()?.ok_or_else(|| short(1))?;
                let count = cap(seq.next_element::<u64>()?.ok_or_else(|| short(2))?);
                let Flag(counted) = seq.next_element()?.ok_or_else(|| short(3))?;
                let Flag(entry) = seq.next_element()?.ok_or_else(|| short(4))?;
                let Flag(gap) = seq.next_element()?.unwrap_or(Flag(false));
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Segment { line, count, counted, entry, gap })
            }
        }
        deserializer.deserialize_seq(V)
    }
}

/// A truth value; old versions write 0 and 1.
struct Flag(bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl Visitor<'_> for V {
            type Value = Flag;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or false")
            }
            fn visit_bool<E: Error>(self, b: bool) -> Result<Flag, E> {
                Ok(Flag(b))
            }
            fn visit_u64<E: Error>(self, n: u64) -> Result<Flag, E> {
                Ok(Flag(n != 0))
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl<'de> Deserialize<'de> for Files {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Files;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of files")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Files, A::Error> {
                let mut out = Coverage::default();
                let mut room = MOST_LINES;
                let mut summed = Some(Ratio::default());
                while let Some(file) = seq.next_element::<File<'de>>()? {
                    if file.segments.is_none() && file.summary.is_none() {
                        return Err(A::Error::custom(
                            "invalid value: a file without figures, expected segments or a summary",
                        ));
                    }
                    let mut stated = file.summary.unwrap_or_default().stated();
                    summed = summed.zip(stated.lines).map(|(sum, lines)| sum.plus(lines));
                    let lines = lines(&file.segments.unwrap_or_default(), &mut room).ok_or_else(|| {
                        A::Error::custom(format_args!(
                            "invalid value: segments of more than {MOST_LINES} lines, expected segments in their order"
                        ))
                    })?;
                    if !lines.is_empty() {
                        stated.lines = None;
                    }
                    out.add(file.filename.0, FileCoverage { lines, stated, ..FileCoverage::default() });
                }
                Ok(Files(out, summed))
            }
        }
        deserializer.deserialize_seq(V)
    }
}

/// The lines that have code, as `LineCoverageStats` finds them. `None` where segments are not in order or span too many lines.
fn lines(segments: &[Segment], room: &mut u64) -> Option<Vec<Line>> {
    let mut out = Vec::new();
    let mut wrapped: Option<Segment> = None;
    let mut rest = segments;
    let mut number = segments.first().map_or(0, |s| s.line);
    while let Some(next) = rest.first() {
        if next.line < number {
            return None;
        }
        let here = rest.iter().take_while(|s| s.line == number).count();
        let (here, after) = rest.split_at_checked(here)?;
        let starts = here.iter().filter(|s| s.starts_region());
        let skipped = here.first().is_some_and(|s| !s.counted && s.entry);
        let regions = starts.clone().count();
        let mapped = (!skipped && (wrapped.is_some_and(|w| w.counted) || regions > 0))
            || here.iter().any(|s| s.entry && s.counted);
        if mapped {
            let count = wrapped.map_or(0, |w| w.count);
            let hits = starts.map(|s| s.count).fold(count, u32::max);
            *room = room.checked_sub(1)?;
            out.push(Line { number, hits });
        }
        wrapped = here.last().copied().or(wrapped);
        rest = after;
        // Lines without code up to the next segment need no look each.
        number = match rest.first() {
            Some(next) if here.is_empty() && !mapped => next.line.max(number.checked_add(1)?),
            _ => number.checked_add(1)?,
        };
    }
    Some(out)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let report: Report<'_> = json::from_input(input)?;
    if let Some(kind) = report.kind.filter(|k| k.0 != TYPE) {
        return Err(ParseError::malformed(format!("the type {TYPE}")).at(0).in_path("$.type").found(kind.0.as_bytes()));
    }
    if let Some(version) = report.version.filter(|v| !v.0.starts_with("2.") && !v.0.starts_with("3.")) {
        return Err(ParseError::new(
            gatekeeper_evidence::error::ErrorCode::UnsupportedVersion,
            "a version other than 2.x and 3.x",
        )
        .in_path("$.version")
        .found(version.0.as_bytes()));
    }
    let mut notes = Notes::default();
    let mut out = Coverage::default();
    for export in report.data {
        let Files(mut one, summed) = export.files;
        if let Some(totals) = export.totals {
            prefer_totals(&mut one, totals.stated(), summed, &mut notes);
        }
        out.merge(one);
    }
    out.metrics.lines = true;
    out.note_metrics();
    let mut parsed = Parsed::new(Data::Coverage(out), Some(true));
    parsed.tool = Some("llvm-cov".to_owned());
    parsed.notes = notes.finish();
    Ok(parsed)
}

/// Where the files' summaries do not add up to the totals, the totals count.
fn prefer_totals(c: &mut Coverage, totals: Stated, summed: Option<Ratio>, notes: &mut Notes) {
    type Pick = fn(&mut Stated) -> &mut Option<Ratio>;
    let both: [(&str, Pick); 2] = [("functions", |s| &mut s.functions), ("branches", |s| &mut s.branches)];
    let mut totals = totals;
    // The files' own summaries count lines as the totals do; the segments' lines, which count, are others.
    if let (Some(stated), Some(listed)) = (totals.lines, summed)
        && stated != listed
    {
        c.claim = Some(Box::new(Claim { lines: Some(Disagreement { stated, listed }), ..Claim::default() }));
    }
    for (what, pick) in both {
        let Some(total) = *pick(&mut totals) else { continue };
        let sum = c.files.values_mut().filter_map(|f| *pick(&mut f.stated)).fold(Ratio::default(), Ratio::plus);
        if sum != total {
            notes.push(
                "the totals disagree with the files' summaries; the totals count",
                Some(Location::path("$.data[].totals")),
                || format!("{what}: {}/{} in total, {}/{} by file", total.covered, total.total, sum.covered, sum.total),
            );
            for file in c.files.values_mut() {
                *pick(&mut file.stated) = None;
            }
            *pick(&mut c.stated) = Some(total);
        }
    }
    if c.files.is_empty() {
        c.stated.lines = totals.lines;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(text: &str) -> Result<Coverage, ParseError> {
        testing::coverage(parse, text)
    }

    fn of(segments: &str) -> Vec<(u32, u32)> {
        let text = format!(
            r#"{{"data":[{{"files":[{{"filename":"a","segments":{segments}}}]}}],"type":"{TYPE}","version":"2.0.1"}}"#
        );
        read(&text).unwrap().files["a"].lines.iter().map(|l| (l.number, l.hits)).collect()
    }

    #[test]
    fn lines_of_segments() {
        // A function from 1 to 5 run twice, with a region on 3 that never ran; 6 is outside; 8 is skipped by the preprocessor.
        let got = of(
            "[[1,1,2,true,true,false],[3,5,0,true,true,false],[3,9,2,true,false,false],[5,2,0,false,false,false],[8,1,0,false,true,false],[9,1,0,false,false,false]]",
        );
        assert_eq!(got, [(1, 2), (2, 2), (3, 2), (4, 2), (5, 2)]);
    }

    #[test]
    fn a_gap_is_no_code_of_its_own() {
        assert_eq!(
            of("[[1,1,1,true,true],[2,1,0,true,true,true],[3,1,4,true,true,false],[3,9,0,false,false,false]]"),
            [(1, 1), (2, 1), (3, 4)]
        );
    }

    #[test]
    fn summaries_alone_count_and_totals_win() {
        let c = |n: u64, t: u64| {
            format!(
                r#"{{"lines":{{"count":{t},"covered":{n}}},"functions":{{"count":{t},"covered":{n}}},"branches":{{"count":0,"covered":0}}}}"#
            )
        };
        let text =
            format!(r#"{{"data":[{{"files":[{{"filename":"a","summary":{}}}],"totals":{}}}]}}"#, c(2, 4), c(3, 5));
        let f = read(&text).unwrap().figures();
        assert_eq!(f.lines, Some(Ratio { covered: 2, total: 4 }));
        assert_eq!(f.functions, Some(Ratio { covered: 3, total: 5 }));
        assert_eq!(f.branches, None);
    }

    #[test]
    fn what_is_broken_is_refused() {
        for bad in [
            r#"{"data":[{"files":[{"filename":"a"}]}]}"#,
            r#"{"data":[{"files":[{"segments":[]}]}]}"#,
            r#"{"data":[{"files":[{"filename":"a","segments":[[1,1,1]]}]}]}"#,
            r#"{"data":[{"files":[{"filename":"a","segments":[[5,1,1,true,true],[4,1,1,true,true]]}]}]}"#,
            r#"{"data":[{"files":[{"filename":"a","segments":[[1,1,1,true,true],[4294967295,1,1,true,true]]}]}]}"#,
            r#"{"data":[],"type":"other"}"#,
            r#"{"data":[],"version":"9.0"}"#,
            "{}",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
