//! Measurements: named series of figures, with labels and a unit; and what was to be measured and was not.
//!
//! A series is a metric with its labels and unit. It has samples in the order of the report, or only what the report states of them (mean, percentiles), or
//! both. What was tried and gave no figure (a benchmark that failed, a NaN) is a [`Failure`], never a figure of 0.

use crate::number::Number;
use serde::ser::{Serialize, SerializeSeq, Serializer};
use serde::{Deserialize, Serialize as DeriveSerialize};
use std::collections::BTreeMap;
use std::fmt;

mod samples;

pub use samples::{Figure, Samples};

/// Labels of a series, by name.
pub type Labels = BTreeMap<String, String>;

/// The series of one input.
#[derive(Debug, Clone, Default, PartialEq, DeriveSerialize)]
pub struct Measurements {
    /// The series, in the order of the report. Each has at least one figure; no two have the same metric, labels and unit.
    pub series: Vec<Series>,
    /// What was to be measured and was not.
    pub failures: Vec<Failure>,
    /// How many thresholds the tool itself held its figures against in vain (k6). `None` where the report says nothing of any.
    pub thresholds_failed: Option<u64>,
    /// The commit that the report says it measured.
    pub commit: Option<String>,
}

/// Figures of one metric with the same labels.
#[derive(Debug, Clone, Default, PartialEq, DeriveSerialize)]
pub struct Series {
    /// What was measured, by the report's own name. Empty where the report gives it none.
    pub metric: String,
    /// What tells it from others of its metric.
    pub labels: Labels,
    /// Its unit as stated, synonyms made one (`crate::unit::canonical`); empty for none.
    pub unit: String,
    /// Which direction is better, where format or producer fixes it.
    pub better: Option<Better>,
    /// Single samples, in the order of the report.
    pub samples: Samples,
    /// What the report states of samples that it does not list.
    #[serde(serialize_with = "stated")]
    pub stated: BTreeMap<Statistic, Number>,
    /// Whether its figures have no noise: instruction counts, sizes.
    pub exact: bool,
    /// Whether it only ever counts up, since its process started (a counter of Prometheus or k6).
    pub counter: bool,
}

/// What was to be measured and gave no figure.
#[derive(Debug, Clone, Default, PartialEq, Eq, DeriveSerialize)]
pub struct Failure {
    /// The metric; empty where the report does not name it.
    pub metric: String,
    /// Its labels, as far as they are told.
    pub labels: Labels,
    /// How many figures are lost.
    pub count: u64,
    /// Why, in a few words.
    pub why: String,
}

/// Which direction of a figure is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, DeriveSerialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    /// Less is better: times, sizes.
    Lower,
    /// More is better: throughput, hit rates.
    Higher,
}

impl Better {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Better::Lower => "lower",
            Better::Higher => "higher",
        }
    }
}

/// A figure that stands for many samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Statistic {
    /// The arithmetic mean.
    Mean,
    /// The middle: the 50th percentile.
    Median,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// A percentile, in ten-thousandths of a percent: 990 000 is p99, 999 000 is p99.9.
    Percentile(u32),
}

impl Statistic {
    /// Reads `mean`, `median`, `min`, `max`, `p99`, `p99.9`, `p99.99` (above 0, below 100).
    pub fn parse(word: &str) -> Option<Statistic> {
        Some(match word {
            "mean" => Statistic::Mean,
            "median" => Statistic::Median,
            "min" => Statistic::Min,
            "max" => Statistic::Max,
            _ => Statistic::percentile(word.strip_prefix('p')?)?,
        })
    }

    /// The percentile of a percentage as a report writes it (`95`, `99.90`); the 50th is the median, the 0th and 100th are the extremes.
    pub fn percentile(percent: &str) -> Option<Statistic> {
        let plain = percent.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let number = Number::parse(percent).filter(|_| plain)?.times(&Number::whole(10_000));
        let n = u32::try_from(number.as_count()?).ok()?;
        Some(match n {
            0 => Statistic::Min,
            500_000 => Statistic::Median,
            1_000_000 => Statistic::Max,
            1..1_000_000 => Statistic::Percentile(n),
            _ => return None,
        })
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Statistic::Mean => f.write_str("mean"),
            Statistic::Median => f.write_str("median"),
            Statistic::Min => f.write_str("min"),
            Statistic::Max => f.write_str("max"),
            Statistic::Percentile(n) => {
                let percent =
                    Number::whole(u64::from(*n)).times(&Number::parse("1e-4").unwrap_or_else(|| Number::whole(0)));
                write!(f, "p{percent}")
            }
        }
    }
}

fn stated<S: Serializer>(stated: &BTreeMap<Statistic, Number>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(stated.iter().map(|(statistic, number)| (statistic.to_string(), number.to_string())))
}

impl Serialize for Samples {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_seq(Some(self.len()))?;
        for value in self.values() {
            out.serialize_element(&value)?;
        }
        out.end()
    }
}

impl Measurements {
    /// The number of single samples.
    pub fn samples(&self) -> usize {
        self.series.iter().map(|s| s.samples.len()).fold(0, usize::saturating_add)
    }

    /// Gives series and failures without a name this one.
    pub fn name_the_nameless(&mut self, name: &str) {
        let series = self.series.iter_mut().map(|s| &mut s.metric);
        for metric in series.chain(self.failures.iter_mut().map(|f| &mut f.metric)).filter(|m| m.is_empty()) {
            name.clone_into(metric);
        }
    }

    /// The number of figures that are lost.
    pub fn errors(&self) -> u64 {
        self.failures.iter().map(|f| f.count).fold(0, u64::saturating_add)
    }
}

impl Series {
    /// A series without figures.
    pub fn new(metric: impl Into<String>, labels: Labels, unit: &str, better: Option<Better>) -> Series {
        let unit = crate::unit::canonical(unit).into_owned();
        Series { metric: metric.into(), labels, unit, better, ..Series::default() }
    }

    /// The same one with this stated of it.
    #[must_use]
    pub fn with(mut self, statistic: Statistic, number: Option<Number>) -> Series {
        if let Some(number) = number {
            self.stated.insert(statistic, number);
        }
        self
    }

    /// Whether it has any figure.
    pub fn has_figures(&self) -> bool {
        !self.samples.is_empty() || !self.stated.is_empty()
    }

    /// What it is called: `latency{role=canary}`.
    pub fn name(&self) -> String {
        named(&self.metric, &self.labels)
    }

    /// The smallest, where it is known.
    pub fn min(&self) -> Option<f64> {
        self.extreme(Statistic::Min, f64::min)
    }

    /// The largest, where it is known.
    pub fn max(&self) -> Option<f64> {
        self.extreme(Statistic::Max, f64::max)
    }

    /// The mean, where it is known: to the float's digits.
    pub fn mean(&self) -> Option<f64> {
        self.samples.mean().or_else(|| self.stated.get(&Statistic::Mean).map(Number::as_f64))
    }

    fn extreme(&self, statistic: Statistic, better: fn(f64, f64) -> f64) -> Option<f64> {
        let of_samples = self.samples.values().reduce(better);
        of_samples.or_else(|| self.stated.get(&statistic).map(Number::as_f64))
    }
}

/// A metric with its labels, as they are shown.
pub fn named(metric: &str, labels: &Labels) -> String {
    let of = if metric.is_empty() { "a series without a name" } else { metric };
    if labels.is_empty() {
        return of.to_owned();
    }
    let labels: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    format!("{of}{{{}}}", labels.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_read_as_they_are_written() {
        for word in ["mean", "median", "min", "max", "p99", "p99.9", "p99.99", "p5"] {
            assert_eq!(Statistic::parse(word).unwrap().to_string(), word);
        }
        assert_eq!(Statistic::parse("p50"), Some(Statistic::Median));
        assert_eq!(
            (Statistic::percentile("0"), Statistic::percentile("100.0")),
            (Some(Statistic::Min), Some(Statistic::Max))
        );
        assert_eq!(Statistic::percentile("99.90"), Statistic::parse("p99.9"));
        for bad in ["medain", "p", "p101", "p-5", "p99.99999", "99", "p1e1", ""] {
            assert_eq!(Statistic::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_series_knows_its_extremes_from_samples_or_from_what_is_stated() {
        let mut s = Series::new("x", Labels::new(), "ms", None)
            .with(Statistic::Max, Number::parse("9"))
            .with(Statistic::Mean, None);
        assert_eq!((s.min(), s.max(), s.mean(), s.has_figures()), (None, Some(9.0), None, true));
        for text in ["3", "1", "2"] {
            s.samples.push(Figure::parse(text).unwrap());
        }
        assert_eq!((s.min(), s.max(), s.mean()), (Some(1.0), Some(3.0), Some(2.0)));
        assert!(!Series::default().has_figures());
    }

    #[test]
    fn counts_are_of_samples_and_of_lost_figures() {
        let mut one = Series::default();
        one.samples.push(Figure::of(1.0).unwrap());
        let failure = |count| Failure { count, ..Failure::default() };
        let m = Measurements {
            series: vec![one.clone(), one],
            failures: vec![failure(2), failure(3)],
            ..Measurements::default()
        };
        assert_eq!((m.samples(), m.errors()), (2, 5));
    }

    #[test]
    fn a_series_is_named_with_its_labels() {
        let labels = Labels::from([("role".to_owned(), "canary".to_owned()), ("a".to_owned(), "b".to_owned())]);
        assert_eq!(Series::new("x", labels, "", None).name(), "x{a=b, role=canary}");
        assert_eq!(Series::new("x", Labels::new(), "", None).name(), "x");
        assert_eq!(Series::default().name(), "a series without a name");
        assert_eq!([Better::Lower.as_str(), Better::Higher.as_str()], ["lower", "higher"]);
    }

    #[test]
    fn only_what_has_no_name_is_named() {
        let series = |metric: &str| Series::new(metric, Labels::new(), "", None);
        let failure = |metric: &str| Failure { metric: metric.to_owned(), ..Failure::default() };
        let mut m = Measurements {
            series: vec![series(""), series("own")],
            failures: vec![failure("own"), failure("")],
            ..Measurements::default()
        };
        m.name_the_nameless("given");
        assert_eq!(m.series.iter().map(|s| s.metric.as_str()).collect::<Vec<_>>(), ["given", "own"]);
        assert_eq!(m.failures.iter().map(|f| f.metric.as_str()).collect::<Vec<_>>(), ["own", "given"]);
    }
}
