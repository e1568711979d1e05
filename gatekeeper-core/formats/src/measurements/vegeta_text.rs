//! Vegeta's text report (`vegeta report`, <https://github.com/tsenart/vegeta>), as its JSON says it: latencies in nanoseconds over all requests, those that failed among them.
//!
//! `Success` is rounded to a hundredth of a percent, so that 100.00% may hide a failure: the share is counted from the status codes. `Error Set:` is the last heading.

use super::common::{Report, converted, figure_and_rest, place, plain};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Figure, Labels, Series, Statistic};
use gatekeeper_evidence::number::Number;

pub(super) static FORMAT: Format = Format::new("vegeta-text", Kind::Measurements, sniff, parse)
    .with_title("Vegeta text report")
    .with_extensions(&["txt", "log"])
    .with_places(&["vegeta.txt", "load/vegeta*.txt"])
    .with_spec("vegeta report -type=text, https://github.com/tsenart/vegeta")
    .with_producers(&["vegeta"]);

fn sniff(head: &Head<'_>) -> Confidence {
    let has = |mark: &[u8], unit: &[u8]| {
        head.printed().take(200).any(|l| l.starts_with(mark) && memchr::memmem::find(l, unit).is_some())
    };
    Confidence::when(has(b"Requests ", b"[total, rate") && has(b"Latencies ", b"[m"), Confidence::Certain)
}

/// A time as Go prints it: `1m2.5s`, `714.58µs`.
fn nanoseconds(text: &str) -> Option<Number> {
    let (mut total, mut rest) = (Number::whole(0), text.trim());
    loop {
        let (number, behind) = figure_and_rest(rest)?;
        let (unit, next) =
            behind.split_at_checked(behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len()))?;
        let unit = if unit == "µs" { "us" } else { unit };
        total = total.plus(&converted(&number, unit, "ns")?);
        if next.is_empty() {
            return Some(total);
        }
        rest = next;
    }
}

/// The successful requests and all of them, by the codes that were answered; a connection that was refused has the code 0.
fn by_codes(codes: &str) -> Option<(u64, u64)> {
    codes.split_ascii_whitespace().try_fold((0_u64, 0_u64), |(good, all), code| {
        let (code, count) = code.split_once(':')?;
        let (code, count): (u16, u64) = (code.parse().ok()?, count.parse().ok()?);
        let more = if (200..400).contains(&code) { count } else { 0 };
        Some((good.checked_add(more)?, all.checked_add(count)?))
    })
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let text = plain(input)?;
    let (mut report, none) = (Report::default(), Labels::new());
    let (mut latency, mut codes, mut success, mut total, mut ended, mut reports) = (None, None, None, None, false, 0);
    for line in text.lines() {
        ended |= line.starts_with("Error Set:");
        let Some((name, (names, values))) =
            line.split_once('[').and_then(|(name, rest)| Some((name.trim(), rest.split_once(']')?)))
        else {
            continue;
        };
        let cells = || names.split(',').map(str::trim).zip(values.split(',').map(str::trim));
        let cell = |wanted: &str| cells().find(|(name, _)| *name == wanted).map(|(_, value)| value);
        match name {
            "Requests" => {
                reports += 1;
                total = cell("total").and_then(|n| n.parse::<u64>().ok());
                report.sample("requests", &none, "", None, cell("total").and_then(Figure::parse))?;
                report.sample("rate", &none, "1/s", Some(Better::Higher), cell("rate").and_then(Figure::parse))?;
                if let Some(throughput) = cell("throughput") {
                    report.sample("throughput", &none, "1/s", Some(Better::Higher), Figure::parse(throughput))?;
                }
            }
            "Latencies" => {
                let mut series = Series::new("latency", none.clone(), "ns", Some(Better::Lower));
                for (name, value) in cells() {
                    let statistic = Statistic::parse(name).or_else(|| Statistic::percentile(name));
                    let Some((statistic, time)) = statistic.zip(nanoseconds(value)) else {
                        return Err(ParseError::malformed("a time for each name of Latencies")
                            .at(place(input, &text, value))
                            .found(value));
                    };
                    series = series.with(statistic, Some(time));
                }
                latency = Some(series);
            }
            "Success" => success = figure_and_rest(values).map(|(n, _)| n),
            "Status Codes" => codes = by_codes(values),
            _ => {}
        }
    }
    if reports > 1 {
        return Err(ParseError::malformed("one report").at(0).found_words(format!("{reports} reports")));
    }
    let (Some(latency), Some(stated), Some((good, all)), true) = (latency, success, codes, ended) else {
        return Err(ParseError::malformed("Latencies, Success and Status Codes, to the last heading Error Set:")
            .at(input.bytes.len())
            .found_words("the end of the file"));
    };
    if total != Some(all) {
        return Err(ParseError::malformed(format!("status codes of all {} requests", total.unwrap_or_default()))
            .at(0)
            .found_words(all.to_string()));
    }
    if all == 0 {
        report.failed("latency", &none, 1, "no request was sent");
    } else {
        report.stated(latency)?;
        let share = Number::whole(good).times(&Number::whole(100)).over(&Number::whole(all));
        let share = share.or_else(|| Figure::of(stated.as_f64()).map(|f| f.number()));
        if good < all {
            report.note("requests failed, and their times are among the latencies: judge `success` too");
        }
        report.sample("success", &none, "%", Some(Better::Higher), share.as_ref().map(Figure::from))?;
    }
    Ok(report.finish("vegeta", Some(true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_go_and_codes_are_read() {
        let of = |text| nanoseconds(text).map(|n| n.to_string());
        for (text, want) in [("1m2.5s", "62500000000"), ("714.58µs", "714580"), ("0s", "0"), ("4.1ms", "4100000")] {
            assert_eq!(of(text).as_deref(), Some(want), "{text}");
        }
        assert_eq!((of(""), of("4"), of("4 apples")), (None, None, None));
        assert_eq!(by_codes("0:3  200:299  302:1  503:7"), Some((300, 310)));
        assert_eq!((by_codes(""), by_codes("200")), (Some((0, 0)), None));
    }
}
