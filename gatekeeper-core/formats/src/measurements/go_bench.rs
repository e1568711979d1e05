//! Output of `go test -bench` (<https://go.googlesource.com/proposal/+/master/design/14313-benchmark-format.md>): `BenchmarkX-8  1000  52.5 ns/op  …`.
//!
//! Each line is a sample. `key: value` lines configure what follows: `pkg` and own keys are labels, facts of the machine are none. `Unit u better=higher assume=exact` says what an own unit is.
//! `--- FAIL` and `--- SKIP` of a benchmark are errors (a run with a skipped one ends with PASS); a panic ends a package before its time. A log line may split a row in two.

use super::common::{Report, plain};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Figure, Labels};
use std::collections::BTreeMap;

pub(super) static FORMAT: Format = Format::new("go-bench", Kind::Measurements, sniff, parse)
    .with_title("go test -bench output")
    .with_extensions(&["txt", "log", "bench"])
    .with_places(&["bench.txt", "bench/*.txt"])
    .with_spec(
        "Go benchmark data format, https://go.googlesource.com/proposal/+/master/design/14313-benchmark-format.md",
    )
    .with_producers(&["go"]);

fn sniff(head: &Head<'_>) -> Confidence {
    let row = |l: &[u8]| {
        let words: Vec<&[u8]> = l.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()).collect();
        words.len() >= 4
            && l.starts_with(b"Benchmark")
            && words.get(1).is_some_and(|w| w.iter().all(u8::is_ascii_digit))
            && words.get(2).and_then(|w| std::str::from_utf8(w).ok()).and_then(Figure::parse).is_some()
    };
    let named = |l: &[u8], starts: &[&[u8]]| starts.iter().any(|s| l.starts_with(s));
    let announced = head.printed().any(|l| l.starts_with(b"goos: ")) && head.printed().any(|l| l.starts_with(b"pkg: "));
    let outcome =
        head.printed().any(|l| named(l.trim_ascii_start(), &[b"--- FAIL: Benchmark", b"--- SKIP: Benchmark"]));
    Confidence::when(head.printed().any(row) || announced || outcome, Confidence::Certain)
}

/// What lines before say of those that follow.
#[derive(Default)]
struct State {
    labels: Labels,
    pending: Option<String>,
    /// Whether a benchmark of this package failed by name.
    explained: bool,
    ended: bool,
    broken: Option<String>,
    better: BTreeMap<String, Better>,
    exact: Vec<String>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let text = plain(input)?;
    let (mut report, mut state) = (Report::default(), State::default());
    let mut units: Vec<String> = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let Some(first) = words.first().copied() else { continue };
        if let Some(why) = outcome(line.trim_start()) {
            report.failed(words.get(2).copied().unwrap_or_default(), &state.labels, 1, why);
            state.explained = true;
        } else if line.starts_with("Benchmark") {
            state.pending = None;
            if !row(&mut report, &state, &mut units, first, words.get(1..).unwrap_or_default())? {
                state.pending = Some(first.to_owned());
            }
        } else if line.starts_with("Unit ") && words.len() >= 2 {
            unit(&mut state, words.get(1).copied().unwrap_or_default(), words.get(2..).unwrap_or_default());
        } else if line.starts_with("panic: ")
            || line.starts_with("fatal error: ")
            || line.starts_with("*** Test killed")
        {
            state.broken.get_or_insert_with(|| line.chars().take(200).collect());
        } else if let Some((key, value)) = configuration(line) {
            match key {
                "goos" | "goarch" | "cpu" | "toolchain" => {}
                _ => drop(state.labels.insert(key.to_owned(), value.to_owned())),
            }
        } else if first == "PASS" || first == "ok" {
            state.ended = true;
        } else if first == "FAIL" {
            state.ended = true;
            if words.len() > 1 && !std::mem::take(&mut state.explained) {
                state.broken.get_or_insert_with(|| line.trim().to_owned());
            }
        } else if let Some(name) = state.pending.take()
            && !row(&mut report, &state, &mut units, &name, &words)?
        {
            state.pending = Some(name);
        }
    }
    for series in &mut report.data.series {
        // The unit as the line says it, before synonyms are made one.
        let raw = series.labels.get("measure").map_or("ns/op", String::as_str);
        series.better = state.better.get(raw).copied().or(series.better);
        series.exact = state.exact.iter().any(|u| u == raw);
    }
    // Behind the last row stands how the package ended.
    if let Some(name) = state.pending.filter(|_| !state.ended) {
        report.failed(&name, &state.labels, 1, "the log breaks off in its row");
    }
    let broken = state.broken;
    if let Some(why) = &broken {
        report.note(format!("a package did not get to its end: {why}"));
    }
    let complete = if broken.is_some() { Some(false) } else { state.ended.then_some(true) };
    if broken.is_some() {
        return Ok(report.finish("go", complete));
    }
    report.finish_some("go", complete, "a benchmark's row")
}

/// Why a benchmark has no figure, by its outcome line.
fn outcome(line: &str) -> Option<&'static str> {
    match line {
        l if l.starts_with("--- FAIL: Benchmark") => Some("it failed"),
        l if l.starts_with("--- SKIP: Benchmark") => Some("it was skipped"),
        _ => None,
    }
}

/// A line of configuration: a key that begins with a small letter, without capitals and blanks.
fn configuration(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let small =
        key.starts_with(|c: char| c.is_lowercase()) && !key.contains(|c: char| c.is_uppercase() || c.is_whitespace());
    let log = matches!(key, "error" | "warning" | "info" | "debug" | "panic");
    (small && !log && (value.is_empty() || value.starts_with([' ', '\t']))).then(|| (key, value.trim()))
}

fn unit(state: &mut State, unit: &str, says: &[&str]) {
    for word in says {
        match *word {
            "better=higher" => drop(state.better.insert(unit.to_owned(), Better::Higher)),
            "better=lower" => drop(state.better.insert(unit.to_owned(), Better::Lower)),
            "assume=exact" => state.exact.push(unit.to_owned()),
            _ => {}
        }
    }
}

/// Figures with their units behind a number of iterations. False where this is no row.
fn row(
    report: &mut Report,
    state: &State,
    units: &mut Vec<String>,
    name: &str,
    words: &[&str],
) -> Result<bool, ParseError> {
    let Some((iterations, pairs)) = words.split_first() else { return Ok(false) };
    if iterations.parse::<u64>().is_err() || pairs.len() < 2 {
        return Ok(false);
    }
    let figures: Vec<(Option<Figure>, &str)> =
        pairs.chunks_exact(2).filter_map(|p| Some((Figure::parse(p.first()?), *p.get(1)?))).collect();
    if figures.first().is_none_or(|(f, _)| f.is_none()) {
        return Ok(false);
    }
    units.clear();
    units.extend(figures.iter().map(|(_, u)| (*u).to_owned()));
    let primary = ["ns/op", "sec/op", "s/op"].into_iter().find(|p| units.iter().any(|u| u == p));
    for (figure, unit) in figures {
        let better = match unit {
            "ns/op" | "sec/op" | "s/op" | "B/op" | "allocs/op" => Some(Better::Lower),
            "MB/s" | "B/s" => Some(Better::Higher),
            _ => None,
        };
        let mut labels = state.labels.clone();
        if Some(unit) != primary {
            labels.insert("measure".to_owned(), unit.to_owned());
        }
        report.sample(name, &labels, unit, better, figure)?;
    }
    Ok(true)
}
