//! What Criterion.rs prints (<https://bheisler.github.io/criterion.rs/book/>): `NAME  time: [low estimate high]`, and `thrpt:` where a throughput is told.
//!
//! The three are an interval and the estimate within it, which is taken as the mean: the samples stand in `target/criterion` (`criterion`). `change:` is Criterion's own
//! comparison, which depends on what lay there before: no figure of this run. A benchmark that was begun and gave no time is an error; there is no end mark.

use super::common::{Report, figure_and_rest, place, plain};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Labels, Series, Statistic};
use gatekeeper_evidence::number::Number;
use std::collections::BTreeSet;

pub(super) static FORMAT: Format = Format::new("criterion-text", Kind::Measurements, sniff, parse)
    .with_title("Criterion.rs console output")
    .with_extensions(&["txt", "log"])
    .with_places(&["criterion.txt", "bench/criterion*.txt"])
    .with_spec("Criterion.rs, https://bheisler.github.io/criterion.rs/book/user_guide/command_line_output.html")
    .with_producers(&["criterion"]);

/// What stands before a row's mark, and the estimate with its unit; a row of percentages is a change.
fn row<'l>(line: &'l str, mark: &str) -> Option<(&'l str, Number, &'l str)> {
    let (name, rest) = line.split_once(mark)?;
    let words: Vec<&str> = rest.trim().strip_prefix('[')?.split_once(']')?.0.split_ascii_whitespace().collect();
    let [_, _, figure, unit, _, _] = words.as_slice() else { return None };
    let (number, behind) = figure_and_rest(figure)?;
    behind.is_empty().then_some((name.trim(), number, *unit))
}

const TIMES: [&str; 6] = ["ps", "ns", "us", "µs", "ms", "s"];

fn sniff(head: &Head<'_>) -> Confidence {
    let own = |l: &[u8]| {
        memchr::memmem::find(l, b"time:   [").is_some()
            && row(&String::from_utf8_lossy(&crate::scan::lines::strip_ansi(l)), "time:")
                .is_some_and(|(_, _, u)| TIMES.contains(&u))
    };
    Confidence::when(head.printed().any(own), Confidence::Certain)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let text = plain(input)?;
    let mut report = Report::default();
    let (mut before, mut name, mut complete) = ("", String::new(), None);
    let (mut begun, mut measured) = (BTreeSet::new(), BTreeSet::new());
    let is_times = |u: &str| TIMES.contains(&u);
    for line in text.lines().map(str::trim_end) {
        if let Some((own, estimate, unit)) = row(line, "time:").filter(|(.., unit)| is_times(unit)) {
            // A long name has a line of its own.
            let own = if own.is_empty() { before.trim() } else { own };
            if own.is_empty() || own.ends_with("change:") {
                return Err(ParseError::malformed("the benchmark's name before its time")
                    .at(place(input, &text, line))
                    .found(line.trim()));
            }
            own.clone_into(&mut name);
            measured.insert(name.clone());
            let series = Series::new(name.as_str(), Labels::new(), unit, Some(Better::Lower));
            report.stated(series.with(Statistic::Mean, Some(estimate)))?;
        } else if let Some((_, estimate, unit)) = row(line, "thrpt:").filter(|_| !name.is_empty()) {
            let labels = super::common::labels([("measure", "thrpt")]);
            let series = Series::new(name.as_str(), labels, unit, Some(Better::Higher));
            report.stated(series.with(Statistic::Mean, Some(estimate)))?;
        } else if let Some((name, _)) =
            line.strip_prefix("Benchmarking ").and_then(|l| l.rsplit_once(": Warming up for "))
        {
            begun.insert(name.to_owned());
        } else if line.contains("panicked at") || line.starts_with("error: bench failed") {
            complete = Some(false);
        }
        before = line;
    }
    for lost in begun.difference(&measured) {
        report.failed(lost, &Labels::new(), 1, "it was begun and gave no time");
    }
    report.finish_some("criterion", complete, "a benchmark")
}
