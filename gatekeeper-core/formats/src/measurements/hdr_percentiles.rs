//! Percentiles as HdrHistogram writes them (`.hgrm`, <http://hdrhistogram.org>), and Vegeta after it (`vegeta report -type=hdrplot`): value, percentile, count.
//!
//! Vegeta's values are milliseconds and latencies; of HdrHistogram's neither name nor unit nor direction is told, so that the policy has to name the series (`metric`). The last
//! row is the whole; HdrHistogram's own ends with `#[Buckets`.

use super::common::{Report, figure_and_rest, place, plain};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Labels, Series, Statistic};
use gatekeeper_evidence::number::Number;

pub(super) static FORMAT: Format = Format::new("hdr-percentiles", Kind::Measurements, sniff, parse)
    .with_title("HdrHistogram percentiles")
    .with_extensions(&["hgrm", "txt"])
    .with_places(&["*.hgrm", "load/*.hgrm"])
    .with_spec("HdrHistogram outputPercentileDistribution, http://hdrhistogram.org")
    .with_producers(&["hdrhistogram", "vegeta"]);

/// Whether a line is the heading; its unit.
fn header(line: &str) -> Option<&str> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let [value, "Percentile", "TotalCount", "1/(1-Percentile)"] = words.as_slice() else { return None };
    match *value {
        "Value" => Some(""),
        other => other.strip_prefix("Value(")?.strip_suffix(')'),
    }
}

fn sniff(head: &Head<'_>) -> Confidence {
    Confidence::when(std::str::from_utf8(head.header()).is_ok_and(|l| header(l).is_some()), Confidence::Certain)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let text = plain(input)?;
    let mut lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    let Some(unit) = lines.next().and_then(header) else {
        return Err(ParseError::malformed("the heading Value Percentile TotalCount 1/(1-Percentile)").at(0));
    };
    let (name, better) = if unit.is_empty() { ("", None) } else { ("latency", Some(Better::Lower)) };
    let mut series = Series::new(name, Labels::new(), unit, better);
    let (mut whole, mut ended, mut count) = (false, !unit.is_empty(), None);
    let hundred = Number::whole(100);
    for line in lines {
        if let Some(comment) = line.strip_prefix("#[") {
            let figure = |word: &str| {
                figure_and_rest(comment.split_once(word)?.1.trim_start_matches([' ', '='])).map(|(n, _)| n)
            };
            series = series.with(Statistic::Mean, figure("Mean")).with(Statistic::Max, figure("Max"));
            ended |= comment.starts_with("Buckets");
            continue;
        }
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let row = match words.as_slice() {
            [value, share, n, ..] => Number::parse(value).zip(Number::parse(share)).zip(n.parse::<u64>().ok()),
            _ => None,
        };
        let Some(((value, share), n)) = row else {
            return Err(ParseError::malformed("a value, its percentile and a count")
                .at(place(input, &text, line))
                .found(line));
        };
        if count.is_some_and(|before| n < before) {
            return Err(ParseError::malformed("counts that rise").at(place(input, &text, line)).found(line));
        }
        count = Some(n);
        whole = share == Number::whole(1);
        if let Some(statistic) = Statistic::percentile(&share.times(&hundred).to_string()) {
            series = series.with(statistic, Some(value));
        }
    }
    if !(whole && ended) {
        return Err(ParseError::malformed("the rows to the last, the percentile 1, and what stands behind them")
            .at(input.bytes.len())
            .found_words("the end of the file"));
    }
    let mut report = Report::default();
    match count {
        Some(0) | None => report.failed(name, &Labels::new(), 1, "nothing was recorded"),
        Some(_) => report.stated(series)?,
    }
    Ok(report.finish(if unit.is_empty() { "" } else { "vegeta" }, Some(true)))
}
