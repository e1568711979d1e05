//! Criterion's files (<https://bheisler.github.io/criterion.rs/book/>): `target/criterion/NAME/new/sample.json`, and `estimates.json` beside it, which says less of the same.
//!
//! The name is that of the folders. `times` are totals of rising `iters`: a sample is `times[i] / iters[i]` nanoseconds. What lies under `base`, `change` and `report` is of other runs.

use super::common::{Fig, Figures, Report, read_json};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::{Better, Figure, Labels, Series, Statistic};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format::new("criterion", Kind::Measurements, sniff, parse)
    .with_title("Criterion samples and estimates")
    .with_extensions(&["json"])
    .with_places(&["target/criterion/**/new/sample.json"])
    .with_spec("criterion.rs, https://bheisler.github.io/criterion.rs/book/")
    .with_producers(&["criterion"]);

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let sample = shape.has_all(&["iters", "times"]) && !shape.root_is_array;
    let estimates = shape.has_all(&["mean.point_estimate", "mean.confidence_interval", "median.point_estimate"]);
    Confidence::when(sample || estimates, Confidence::Certain)
}

#[derive(Deserialize)]
struct Document {
    iters: Option<Figures>,
    times: Option<Figures>,
    mean: Option<Estimate>,
    median: Option<Estimate>,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: Fig,
}

/// The benchmark's name by its folders, and the folder that says which run it is of.
fn name(path: &str) -> (String, &str) {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    let run = parts.pop().unwrap_or_default();
    let from = parts.iter().rposition(|p| *p == "criterion").map_or(0, |at| at + 1);
    (parts.get(from..).unwrap_or_default().join("/"), run)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let (name, run) = name(input.name);
    if matches!(run, "base" | "change" | "report") {
        return Err(ParseError::malformed("the samples of this run, under new/").at(0).found(run));
    }
    let document: Document = read_json(input)?;
    let (mut report, none) = (Report::default(), Labels::new());
    match (document.iters, document.times) {
        (Some(iters), Some(times)) => {
            let (iters, times) = (iters.samples, times.samples);
            if iters.len() != times.len() || iters.values().any(|n| n <= 0.0) {
                return Err(ParseError::malformed("a time and a number of iterations for each sample")
                    .at(0)
                    .found_words("others"));
            }
            for (time, iters) in times.values().zip(iters.values()) {
                report.sample(&name, &none, "ns", Some(Better::Lower), Figure::of(time / iters))?;
            }
        }
        _ => {
            let number = |e: &Option<Estimate>| e.as_ref().and_then(|e| e.point_estimate.number());
            let series = Series::new(name, none, "ns", Some(Better::Lower));
            report.stated(
                series.with(Statistic::Mean, number(&document.mean)).with(Statistic::Median, number(&document.median)),
            )?;
        }
    }
    report.finish_some("criterion", Some(true), "samples")
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn a_benchmark_is_named_by_its_folders() {
        assert_eq!(name("a/target/criterion/sum/u8/4096/new/sample.json"), ("sum/u8/4096".to_owned(), "new"));
        assert_eq!(name("fib 10/new/sample.json"), ("fib 10".to_owned(), "new"));
        assert_eq!(name("sample.json"), (String::new(), ""));
    }
}
