//! Instruction counts by Callgrind: iai (<https://github.com/bheisler/iai>) and its successor Gungraun, before that iai-callgrind (<https://github.com/gungraun/gungraun>).
//!
//! A line with the benchmark's name (of several lines where its arguments are), then `  Instructions:  1734|1650  (+5.09%)`: before the bar stands this run, behind it the tool's last one. Iai writes no
//! bar. Counts are exact. There is no end mark; Gungraun's last line says how many benchmarks ran, and whether limits of its own were exceeded. Its JSON is read too.

mod json;

use super::common::{Report, labels, place, plain};
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
        .with_title("Gungraun (iai-callgrind) output and summaries")
        .with_extensions(&["txt", "log", "json"])
        .with_places(&[
            "gungraun.txt",
            "bench/gungraun*.txt",
            "target/gungraun/**/summary.json",
            "target/iai/**/summary.json",
        ])
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

/// Which direction of a count is better: all but the shares of what the caches answered are costs.
fn better(what: &str) -> Better {
    match what {
        "L1 Hit Rate" | "LL Hit Rate" | "L1HitRate" | "LLHitRate" => Better::Higher,
        _ => Better::Lower,
    }
}

/// A tool's heading: `======= MEMCHECK ====`.
fn heading(line: &str) -> Option<&str> {
    let inner = line.trim().strip_prefix("=======")?.trim_matches('=').trim();
    (!inner.is_empty() && inner.bytes().all(|b| b.is_ascii_uppercase())).then_some(inner)
}

/// The tools whose words others have too.
fn shares_words(tool: &str) -> bool {
    matches!(tool, "CACHEGRIND" | "MEMCHECK" | "HELGRIND" | "DRD")
}

fn sniff(head: &Head<'_>, barred: bool) -> Confidence {
    let mut own = false;
    let mut any_bar = false;
    for line in head.printed().filter_map(|l| std::str::from_utf8(l).ok()) {
        let line = String::from_utf8_lossy(&crate::scan::lines::strip_ansi(line.as_bytes())).into_owned();
        if let Some((name, _, bar)) = measure(&line) {
            own |= matches!(name, "Instructions" | "Estimated Cycles");
            any_bar |= bar;
        }
        own |= heading(&line).is_some_and(|tool| shares_words(tool) || matches!(tool, "CALLGRIND" | "DHAT"));
    }
    let told = own && any_bar == barred;
    Confidence::when(told || (barred && json::has_summaries(head.bytes())), Confidence::Certain)
}

fn parse(input: &Input<'_>, tool: &str) -> Result<Parsed, ParseError> {
    let text = plain(input)?;
    if json::has_summaries(text.as_bytes()) {
        return json::parse(&text);
    }
    let mut report = Report::default();
    let mut name: Option<String> = None;
    let (mut named, mut section) = (false, "");
    let mut benchmarks = 0_u64;
    for line in text.lines().map(str::trim_end) {
        match (measure(line), name.as_deref()) {
            (Some((what, figure, _)), Some(name)) => {
                benchmarks = benchmarks.saturating_add(u64::from(std::mem::take(&mut named)));
                let labels = labels([("measure", what), ("tool", if shares_words(section) { section } else { "" })]);
                let lost = figure.is_none();
                report.sample(name, &labels, "", Some(better(what)), figure)?;
                if !lost {
                    report.series(name, &labels, "", None)?.exact = true;
                }
            }
            (Some(_), None) => {
                return Err(ParseError::malformed("a benchmark's name above its counts")
                    .at(place(input, &text, line.trim_start()))
                    .found(line.trim()));
            }
            (None, _) if result(line, &mut report, benchmarks, input.bytes.len())? => name = None,
            (None, Some(first)) if named && continues(first, line) => name = Some(format!("{first}\n{line}")),
            (None, _) if !line.starts_with(' ') && !line.is_empty() => {
                (name, named, section) = (Some(line.to_owned()), true, "");
            }
            (None, _) => {
                section = heading(line).unwrap_or(section);
                named &= !line.is_empty();
            }
        }
    }
    report.finish_some(tool, None, "counts of instructions")
}

/// Whether a line goes on with a name: arguments may hold line ends.
fn continues(name: &str, line: &str) -> bool {
    name.contains("::") && !line.is_empty() && !line.starts_with(' ') && !line.contains("::")
}

/// Gungraun's last line: `Gungraun result: Regressed. 0 without regressions; 2 regressed; 2 benchmarks finished in 1.002s`.
fn result(line: &str, report: &mut Report, seen: u64, end: usize) -> Result<bool, ParseError> {
    let own = line.strip_prefix("Gungraun result: ").or_else(|| line.strip_prefix("Iai-Callgrind result: "));
    let Some((word, counts)) = own.and_then(|l| l.split_once(". ")) else { return Ok(false) };
    let count = |of: &str| counts.split("; ").find_map(|c| c.strip_suffix(of)?.trim().parse::<u64>().ok());
    let finished = counts.split("; ").find_map(|c| c.split_once(" benchmarks finished")?.0.trim().parse::<u64>().ok());
    if let Some(finished) = finished.filter(|n| *n > seen) {
        return Err(ParseError::malformed(format!("the counts of all {finished} benchmarks that it says it ran"))
            .at(end)
            .found_words(format!("{seen}")));
    }
    let regressed = count(" regressed").unwrap_or(0).max(u64::from(word == "Regressed"));
    if regressed > 0 {
        report.data.thresholds_failed = Some(regressed);
        report.note(format!("the tool says that {regressed} of its benchmarks exceeded limits of its own"));
    }
    Ok(true)
}
