//! hyperfine's `--export-json` (<https://github.com/sharkdp/hyperfine>): `results[]` of commands with their times in seconds.
//!
//! `exit_codes` other than 0 (null: ended by a signal) are errors: with `-i` a command that fails at once looks fast. Old versions list neither times nor exit codes.

use super::common::{Fig, Figures, Members, Report, Shown, Summary, labels_of, read_json};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::measurements::Better;
use serde::Deserialize;

pub(super) static FORMAT: Format = Format::new("hyperfine-json", Kind::Measurements, sniff, parse)
    .with_title("hyperfine JSON export")
    .with_extensions(&["json"])
    .with_places(&["hyperfine.json", "bench/hyperfine*.json"])
    .with_spec("hyperfine --export-json, https://github.com/sharkdp/hyperfine")
    .with_producers(&["hyperfine"]);

fn sniff(head: &Head<'_>) -> Confidence {
    let own = head.json().is_some_and(|s| s.has_all(&["results[].command", "results[].mean"]));
    Confidence::when(own, Confidence::Certain)
}

#[derive(Deserialize)]
struct Document {
    results: Vec<Command>,
}

#[derive(Deserialize)]
struct Command {
    command: String,
    mean: Fig,
    #[serde(default)]
    median: Fig,
    #[serde(default)]
    min: Fig,
    #[serde(default)]
    max: Fig,
    #[serde(default)]
    times: Option<Figures>,
    #[serde(default)]
    exit_codes: Option<Vec<Option<i64>>>,
    #[serde(default)]
    parameters: Option<Members<Shown>>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let document: Document = read_json(input)?;
    let mut report = Report::default();
    for c in document.results {
        let labels = c.parameters.as_ref().map(labels_of).unwrap_or_default();
        let times = c.times.as_ref().map(|t| u64::try_from(t.samples.len()).unwrap_or(u64::MAX).saturating_add(t.lost));
        let ended = c.exit_codes.as_ref().map(|codes| u64::try_from(codes.len()).unwrap_or(u64::MAX));
        if let (Some(times), Some(ended)) = (times.filter(|n| *n > 0), ended)
            && times != ended
        {
            let expected = format!("an exit code for each of the {times} runs of {}", c.command);
            return Err(ParseError::malformed(expected).at(0).found_words(ended.to_string()));
        }
        match &c.exit_codes {
            Some(codes) if codes.iter().any(|code| *code != Some(0)) => {
                let codes: Vec<String> =
                    codes.iter().map(|c| c.map_or("a signal".to_owned(), |c| c.to_string())).take(5).collect();
                report.failed(&c.command, &labels, 1, &format!("it ended with {}", codes.join(", ")));
                continue;
            }
            Some(_) => {}
            None => report.note("no exit codes are listed: whether the commands failed cannot be seen"),
        }
        let of = Summary { mean: Some(&c.mean), median: Some(&c.median), min: Some(&c.min), max: Some(&c.max) };
        let stated = of.of(&c.command, &labels, "s", Some(Better::Lower));
        match c.times {
            Some(times) if !times.is_empty() => report.samples_with(stated, times)?,
            _ => report.stated(stated)?,
        }
    }
    report.finish_some("hyperfine", Some(true), "the results of a command")
}
