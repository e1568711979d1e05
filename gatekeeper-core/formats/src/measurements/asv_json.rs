//! airspeed velocity's result files (`.asv/results/MACHINE/COMMIT-ENVIRONMENT.json`, <https://asv.readthedocs.io/en/stable/dev.html>), versions 1 and 2: a benchmark's result for each of its parameters.
//!
//! The file says no unit: the name does (`time_`, `timeraw_` seconds; `mem_`, `peakmem_` bytes; `track_` whatever the benchmark says elsewhere). A result of null failed, NaN was not measured.

use super::common::{Fig, Figures, Members, Report, Shown, foreign, read_json};
use crate::format::{Confidence, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::measurements::{Better, Labels};
use serde::Deserialize;
use serde_json::value::RawValue;

pub(super) static FORMAT: Format = Format::new("asv-json", Kind::Measurements, sniff, parse)
    .with_title("airspeed velocity results")
    .with_extensions(&["json"])
    .with_places(&[".asv/results/*/*-*.json"])
    .with_spec("airspeed velocity results, https://asv.readthedocs.io/en/stable/dev.html")
    .with_producers(&["asv"]);

fn sniff(head: &Head<'_>) -> Confidence {
    let own = head.json().is_some_and(|s| s.has_all(&["commit_hash", "params", "requirements", "python"]));
    Confidence::when(own, Confidence::Certain)
}

#[derive(Deserialize)]
struct Document {
    commit_hash: String,
    env_name: Option<String>,
    version: u64,
    result_columns: Option<Vec<String>>,
    results: Members<Box<RawValue>>,
}

/// What is kept of a benchmark.
#[derive(Deserialize, Default)]
struct Row {
    result: Option<Vec<Any>>,
    #[serde(default)]
    params: Vec<Vec<Shown>>,
    samples: Option<Vec<Option<Figures>>>,
}

/// A result: a figure; anything else that a `track_` benchmark returned is none.
#[derive(Default)]
struct Any(Fig);

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Ok(Any(serde_json::from_str(raw.get()).unwrap_or_default()))
    }
}

impl Row {
    /// From the columns that the document says, or an object of the same names, or in version 1 the figure alone.
    fn of(raw: &RawValue, columns: Option<&[String]>) -> Result<Row, ParseError> {
        let bytes = raw.get().as_bytes();
        match (columns, bytes.first()) {
            (Some(columns), Some(b'[')) => {
                let values: Vec<&RawValue> = json::from_bytes(bytes)?;
                let get = |name: &str| {
                    columns.iter().position(|c| c == name).and_then(|at| values.get(at)).map(|r| r.get().as_bytes())
                };
                Ok(Row {
                    result: get("result").map(json::from_bytes).transpose()?.flatten(),
                    params: get("params").map(json::from_bytes).transpose()?.unwrap_or_default(),
                    samples: get("samples").map(json::from_bytes).transpose()?.flatten(),
                })
            }
            (None, Some(b'{')) => json::from_bytes(bytes),
            (None, Some(_)) => Ok(Row { result: Some(vec![json::from_bytes(bytes)?]), ..Row::default() }),
            _ => Err(foreign("a list of the columns for each benchmark")),
        }
    }
}

/// The unit of a benchmark, by its name: `module.time_x`, or a class of it, `module.TimeSuite.x`.
fn unit(name: &str) -> (&'static str, Option<Better>) {
    const KINDS: [(&str, &str, Option<Better>); 5] = [
        ("track", "", None),
        ("timeraw", "s", Some(Better::Lower)),
        ("time", "s", Some(Better::Lower)),
        ("peakmem", "B", Some(Better::Lower)),
        ("mem", "B", Some(Better::Lower)),
    ];
    let mut parts = name.rsplit('.');
    let (function, class) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let of_function = |word: &str| function.strip_prefix(word).is_some_and(|r| r.starts_with('_'));
    let of_class = |word: &str| {
        let (start, rest) = class.split_at_checked(word.len()).unwrap_or_default();
        start.eq_ignore_ascii_case(word)
            && start.starts_with(|c: char| c.is_ascii_uppercase())
            && rest.starts_with(|c: char| c == '_' || c.is_ascii_uppercase())
    };
    let found = KINDS.iter().find(|(w, ..)| of_function(w)).or_else(|| KINDS.iter().find(|(w, ..)| of_class(w)));
    found.map_or(("", None), |(_, unit, better)| (*unit, *better))
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let document: Document = read_json(input)?;
    if !matches!((document.version, &document.result_columns), (1, None) | (2, Some(_))) {
        return Err(ParseError::new(ErrorCode::UnsupportedVersion, "results of version 1 or 2")
            .at(0)
            .found_words(document.version.to_string()));
    }
    let mut report = Report::default();
    report.data.commit = Some(document.commit_hash);
    for (name, raw) in &document.results.0 {
        let row = Row::of(raw, document.result_columns.as_deref())?;
        let (unit, better) = unit(name);
        let mut samples = row.samples.unwrap_or_default().into_iter();
        let cells = product(&row.params)?;
        let results = row.result.unwrap_or_else(|| cells.iter().map(|_| Any::default()).collect());
        if results.len() != cells.len() {
            return Err(ParseError::malformed(format!(
                "a result for each of the {} parameters of {name}",
                cells.len()
            ))
            .at(0)
            .found_words(results.len().to_string()));
        }
        for (result, mut labels) in results.into_iter().zip(cells) {
            if let Some(environment) = &document.env_name {
                labels.insert("environment".to_owned(), environment.clone());
            }
            match (result.0.0, samples.next().flatten()) {
                (Some(_), Some(all)) if !all.is_empty() => report.samples(name, &labels, unit, better, all)?,
                (figure, _) => report.sample(name, &labels, unit, better, figure)?,
            }
        }
    }
    report.finish_some("asv", Some(true), "a benchmark")
}

/// Every combination of parameters, the last changing first; one without any where there are none.
fn product(params: &[Vec<Shown>]) -> Result<Vec<Labels>, ParseError> {
    const MOST: usize = 100_000;
    let mut all = vec![Labels::new()];
    for (at, values) in params.iter().enumerate() {
        if all.len().saturating_mul(values.len()) > MOST {
            return Err(ParseError::limit(format!("more than {MOST} combinations of parameters")));
        }
        let with = |labels: &Labels, value: &Shown| {
            let mut labels = labels.clone();
            labels.insert(format!("param{}", at + 1), value.0.clone());
            labels
        };
        all = all.iter().flat_map(|labels| values.iter().map(move |v| with(labels, v))).collect();
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_is_measured() {
        for (name, want) in [
            ("b.Suite.time_x", "s"),
            ("b.TimeSuite.run", "s"),
            ("b.TimeSuite.mem_x", "B"),
            ("time_units.mem_x", "B"),
            ("time_units.run", ""),
            ("timeraw_x", "s"),
            ("b.mem_x", "B"),
            ("b.PeakMemList.x", "B"),
            ("b.track_time_x", ""),
            ("b.times_x", ""),
            ("b.memory", ""),
        ] {
            assert_eq!(unit(name).0, want, "{name}");
        }
    }

    #[test]
    fn parameters_multiply_the_last_changing_first() {
        let of = |v: &[&str]| v.iter().map(|s| Shown((*s).to_owned())).collect::<Vec<_>>();
        let got = product(&[of(&["1", "2"]), of(&["a", "b"])]).unwrap();
        let words: Vec<String> = got.iter().map(|l| format!("{}{}", l["param1"], l["param2"])).collect();
        assert_eq!(words, ["1a", "1b", "2a", "2b"]);
        assert_eq!(product(&[]).unwrap().len(), 1);
        let many = || of(&["x"; 400]);
        assert!(product(&[many(), many()]).is_err());
        assert!(product(&[many()]).is_ok());
    }
}
