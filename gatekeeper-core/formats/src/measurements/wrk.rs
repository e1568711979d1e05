//! wrk's output (<https://github.com/wg/wrk>), and wrk2's: latency with its percentiles (`--latency`), requests, requests per second, errors.
//!
//! Latency covers all requests, those with errors among them: socket errors and `Non-2xx or 3xx responses` are the metric `errors`. `Req/Sec` is per thread, so no figure of the whole. `Transfer/sec:`
//! is the last line; a refused connection prints no table.

use super::common::{Report, converted, figure_and_rest, plain};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Figure, Labels, Series, Statistic};
use gatekeeper_evidence::number::Number;

pub(super) static FORMAT: Format = Format::new("wrk", Kind::Measurements, sniff, parse)
    .with_title("wrk console output")
    .with_extensions(&["txt", "log"])
    .with_places(&["wrk.txt", "load/wrk*.txt"])
    .with_spec("wrk, https://github.com/wg/wrk")
    .with_producers(&["wrk", "wrk2"]);

fn sniff(head: &Head<'_>) -> Confidence {
    let starts = |mark: &[u8]| head.printed().take(200).any(|l| l.trim_ascii_start().starts_with(mark));
    let running =
        head.printed().take(200).any(|l| l.starts_with(b"Running ") && memchr::memmem::find(l, b" test @ ").is_some());
    Confidence::when((running && starts(b"Thread Stats")) || starts(b"unable to connect to "), Confidence::Certain)
}

/// A time as wrk prints it, in a unit.
fn time(word: &str, unit: &str) -> Option<Number> {
    let (number, own) = figure_and_rest(word)?;
    converted(&number, own, unit)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let text = plain(input)?;
    let mut report = Report::default();
    let none = Labels::new();
    let mut latency: Option<Series> = None;
    let (mut errors, mut ended, mut runs, mut distributions) = (0_u64, false, 0, 0);
    for line in text.lines().map(str::trim) {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let number = |at: usize| words.get(at).and_then(|w| w.trim_end_matches(',').parse::<u64>().ok());
        match words.as_slice() {
            ["Running", _, "test", "@", ..] => runs += 1,
            ["Latency", avg, _, max, ..] if latency.is_none() && avg.starts_with(|c: char| c.is_ascii_digit()) => {
                let unit = figure_and_rest(avg).map_or("", |(_, unit)| unit).to_owned();
                let unit = if matches!(unit.as_str(), "m" | "h") { "s".to_owned() } else { unit };
                let series = Series::new("latency", none.clone(), &unit, Some(Better::Lower));
                latency = Some(series.with(Statistic::Mean, time(avg, &unit)).with(Statistic::Max, time(max, &unit)));
            }
            // wrk2's second one, the uncorrected, leaves out how long requests had to wait.
            ["Latency", "Distribution", ..] => distributions += 1,
            [percent, value] if percent.ends_with('%') && distributions < 2 => {
                if let (Some(series), Some(statistic)) =
                    (latency.take(), Statistic::percentile(percent.trim_end_matches('%')))
                {
                    let number = time(value, &series.unit);
                    latency = Some(series.with(statistic, number));
                }
            }
            [count, "requests", "in", ..] => report.sample("requests", &none, "", None, Figure::parse(count))?,
            ["Socket", "errors:", ..] => {
                errors = [3, 5, 7, 9].iter().filter_map(|at| number(*at)).fold(errors, u64::saturating_add);
            }
            ["Non-2xx", "or", "3xx", "responses:", n] => errors = errors.saturating_add(n.parse().unwrap_or(u64::MAX)),
            ["Requests/sec:", rate] => {
                report.sample("requests_per_second", &none, "1/s", Some(Better::Higher), Figure::parse(rate))?
            }
            ["Transfer/sec:", ..] => ended = true,
            _ => {}
        }
    }
    if runs > 1 {
        return Err(ParseError::malformed("the output of one run").at(0).found_words(format!("{runs} runs")));
    }
    let Some(latency) = latency.filter(|_| ended) else {
        return Err(ParseError::malformed("wrk's table, to its last line Transfer/sec:")
            .at(input.bytes.len())
            .found_words("the end of the file"));
    };
    report.data.series.insert(0, latency);
    let errors = Figure::from(&Number::whole(errors));
    report.data.series.push({
        let mut series = Series::new("errors", none, "", Some(Better::Lower));
        series.samples.push(errors);
        series
    });
    Ok(report.finish("wrk", Some(true)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::Data;

    #[test]
    fn of_two_distributions_the_one_with_the_waiting_counts() {
        let text = include_str!("../../../../fixtures/wrk/wrk2-4--latency.txt");
        let limits = crate::input::Limits::default();
        let parsed = parse(&Input {
            name: "wrk.txt",
            bytes: text.as_bytes(),
            limits: &limits,
            exit_status: None,
            validate: true,
        })
        .unwrap();
        let Data::Measurements(m) = parsed.data else { panic!("no measurements") };
        let p99 = m.series[0].stated[&Statistic::parse("p99").unwrap()].to_string();
        assert_eq!((p99.as_str(), m.series[0].unit.as_str()), ("11.18", "ms"));
    }
}
