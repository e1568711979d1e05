//! Gungraun's summaries as JSON (`--output-format=json`, `--save-summary=json`; schemas 4 to 6): an object a benchmark, pretty or on one line, often amid cargo's own output.
//!
//! Of each tool's `total` the left side is this run, the right one the tool's last. What only the right side has was not measured this time. `regressions` are limits of the tool's own.

use super::super::common::{Fig, Members, Report, labels};
use super::better;
use crate::format::Parsed;
use crate::scan::json;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// Members that every summary has.
const MARKS: [&[u8]; 2] = [b"\"module_path\"", b"\"benchmark_exe\""];
/// Most texts in braces that are no JSON: each is read until that shows.
const BROKEN: usize = 20;

/// Whether a text has summaries.
pub(super) fn has_summaries(text: &[u8]) -> bool {
    MARKS.iter().all(|mark| memchr::memmem::find(text, mark).is_some())
}

#[derive(Deserialize)]
struct Summary<'a> {
    version: Option<String>,
    module_path: Option<String>,
    id: Option<String>,
    details: Option<String>,
    #[serde(borrow)]
    profiles: Option<Vec<Profile<'a>>>,
    benchmark_exe: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Profile<'a> {
    tool: String,
    #[serde(borrow)]
    summaries: Summaries<'a>,
}

#[derive(Deserialize)]
struct Summaries<'a> {
    #[serde(borrow)]
    total: Total<'a>,
}

#[derive(Deserialize)]
struct Total<'a> {
    #[serde(default)]
    regressions: Vec<IgnoredAny>,
    /// `"None"`, or the metrics under the kind of their tool.
    #[serde(borrow)]
    summary: &'a RawValue,
}

#[derive(Deserialize)]
struct Diff {
    metrics: Sides,
}

#[derive(Deserialize)]
enum Sides {
    Left(Metric),
    Right(IgnoredAny),
    Both(Metric, IgnoredAny),
}

/// A figure: since schema 5 under its type.
struct Metric(Fig);

impl<'de> Deserialize<'de> for Metric {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        enum Typed {
            Int(Fig),
            Float(Fig),
        }
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let read = if raw.starts_with('{') {
            serde_json::from_str(raw).map(|(Typed::Int(f) | Typed::Float(f))| Metric(f))
        } else {
            serde_json::from_str(raw).map(Metric)
        };
        read.map_err(serde::de::Error::custom)
    }
}

/// Reads the summaries in a text, and over what else stands between them.
pub(super) fn parse(text: &str) -> Result<Parsed, ParseError> {
    let mut report = Report::default();
    let (mut at, mut broken, mut regressed) = (0, 0, 0_u64);
    while let Some(start) = object(text, at) {
        let rest = text.get(start..).unwrap_or_default();
        let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<Summary<'_>>();
        match stream.next() {
            Some(Ok(summary)) => {
                at = start.saturating_add(stream.byte_offset().max(1));
                if summary.benchmark_exe.is_some() {
                    one(&mut report, summary, start, &mut regressed)?;
                }
            }
            other => {
                broken += 1;
                // Up to the next object: whether it was one of ours that breaks off.
                let next = object(text, start + 1).unwrap_or(text.len());
                let own = has_mark(text.as_bytes().get(start..next).unwrap_or_default());
                if own || broken > BROKEN {
                    return Err(match other {
                        Some(Err(e)) => json::located(e, rest.as_bytes(), start, None),
                        _ => ParseError::malformed("a summary").at(start).found_words("the end of the file"),
                    });
                }
                at = start + 1;
            }
        }
    }
    if regressed > 0 {
        report.data.thresholds_failed = Some(regressed);
        report.note(format!("the tool says that {regressed} of its own limits were exceeded"));
    }
    report.finish_some("gungraun", None, "metrics of a tool")
}

fn has_mark(text: &[u8]) -> bool {
    MARKS.iter().chain([&b"\"baselines\"".as_slice()]).any(|mark| memchr::memmem::find(text, mark).is_some())
}

/// Where the next line begins that opens an object: the place of its brace.
fn object(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'{', bytes.get(from..)?).map(|at| from + at).find(|at| {
        let line = bytes.get(..*at).unwrap_or_default();
        line.iter().rev().find(|b| !matches!(b, b' ' | b'\t')).is_none_or(|b| *b == b'\n')
    })
}

fn one(report: &mut Report, s: Summary<'_>, at: usize, regressed: &mut u64) -> Result<(), ParseError> {
    let version = s.version.as_deref().unwrap_or_default();
    let (Some(path), Some(profiles), true) = (s.module_path, s.profiles, matches!(version, "4" | "5" | "6")) else {
        return Err(ParseError::new(ErrorCode::UnsupportedVersion, "a summary of schema 4, 5 or 6")
            .at(at)
            .found(version));
    };
    // As the console names it: `path id:details`.
    let name = match (s.id.as_deref(), s.details.as_deref()) {
        (Some(id), Some(details)) => format!("{path} {id}:{details}"),
        (Some(id), None) => format!("{path} {id}"),
        (None, Some(details)) => format!("{path} {details}"),
        (None, None) => path,
    };
    for profile in profiles {
        let total = profile.summaries.total;
        *regressed = regressed.saturating_add(u64::try_from(total.regressions.len()).unwrap_or(u64::MAX));
        if !total.summary.get().starts_with('{') {
            continue;
        }
        let kinds: Members<Members<Diff>> = json::from_bytes(total.summary.get().as_bytes())?;
        for (what, diff) in kinds.0.into_iter().flat_map(|(_, metrics)| metrics.0) {
            let labels = labels([("tool", profile.tool.as_str()), ("measure", what.as_str())]);
            match diff.metrics {
                Sides::Left(m) | Sides::Both(m, _) => {
                    let lost = m.0.0.is_none();
                    report.sample(&name, &labels, "", Some(better(&what)), m.0.0)?;
                    if !lost {
                        report.series(&name, &labels, "", None)?.exact = true;
                    }
                }
                Sides::Right(_) => report.failed(&name, &labels, 1, "only the tool's last run has it"),
            }
        }
    }
    Ok(())
}
