//! What the rules on measurements share: the series of a gate's evidence with all their labels, and what was to be measured and was not.

use super::api::Scope;
use crate::config::Table;
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::measurements::{Failure, Labels, Series, named};
use gatekeeper_evidence::unit::{Dimension, Unit};
use gatekeeper_evidence::{Data, Evidence};
use std::collections::BTreeSet;

/// What a tool says itself of thresholds of its own that failed.
pub(super) fn own_thresholds(e: &Evidence) -> Option<Violation> {
    let Data::Measurements(m) = &e.data else { return None };
    let failed = m.thresholds_failed.filter(|n| *n > 0)?;
    let words = format!("the tool itself says that {failed} of its own thresholds failed");
    Some(Violation::new("thresholds-failed", GateStatus::Error, words).from_source(&e.source.path))
}

/// Reports in which nothing is measured at all, beside others in which something is: without those, every metric is missing as it is.
pub(super) fn empty(scope: &Scope<'_>) -> Vec<Violation> {
    let nothing = |e: &&&Evidence| match &e.data {
        Data::Measurements(m) => m.series.is_empty() && m.failures.is_empty(),
        _ => false,
    };
    let (empty, others): (Vec<&&Evidence>, Vec<&&Evidence>) = scope.evidence.iter().partition(nothing);
    let words = "nothing was measured in it: an answer without a series, say";
    let told = empty.into_iter().filter(|_| !others.is_empty());
    told.map(|e| Violation::new("measurement-missing", GateStatus::Missing, words).from_source(&e.source.path))
        .collect()
}

/// A series of the evidence.
#[derive(Debug, Clone)]
pub(super) struct Seen<'a> {
    /// The file.
    pub(super) source: &'a str,
    /// The labels of file and series.
    pub(super) labels: Labels,
    /// The series.
    pub(super) series: &'a Series,
}

impl Seen<'_> {
    /// What it is called.
    pub(super) fn name(&self) -> String {
        named(&self.series.metric, &self.labels)
    }
}

/// Something that was to be measured and was not.
#[derive(Debug, Clone)]
pub(super) struct Lost<'a> {
    pub(super) source: &'a str,
    pub(super) labels: Labels,
    pub(super) failure: &'a Failure,
}

impl Lost<'_> {
    /// What is said of it.
    pub(super) fn words(&self) -> String {
        let what = if self.failure.metric.is_empty() {
            "what the report does not name".to_owned()
        } else {
            named(&self.failure.metric, &self.labels)
        };
        let times = if self.failure.count == 1 { String::new() } else { format!(" ({} times)", self.failure.count) };
        format!("{what} was not measured{times}: {}", self.failure.why)
    }
}

fn with_files(e: &Evidence, labels: &Labels) -> Labels {
    let mut all = e.source.labels.clone();
    all.extend(labels.iter().map(|(k, v)| (k.clone(), v.clone())));
    all
}

/// All series, file by file. What only states a summary of samples that a file beside it lists (Criterion's `estimates.json`) is left out.
pub(super) fn seen<'a>(scope: &Scope<'a>) -> Vec<Seen<'a>> {
    of_evidence(scope.evidence)
}

/// The same of other evidence.
pub(super) fn of_evidence<'a>(evidence: &[&'a Evidence]) -> Vec<Seen<'a>> {
    let folder = |e: &'a Evidence| e.source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut all = Vec::new();
    let mut listed: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
    for e in evidence {
        let Data::Measurements(m) = &e.data else { continue };
        for series in &m.series {
            if !series.samples.is_empty() {
                listed.insert((e.source.format, folder(e), &series.metric));
            }
            all.push((*e, series));
        }
    }
    let twin = |e: &'a Evidence, s: &'a Series| {
        s.samples.is_empty() && e.source.format == "criterion" && listed.contains(&("criterion", folder(e), &s.metric))
    };
    all.into_iter()
        .filter(|(e, s)| !twin(e, s))
        .map(|(e, series)| Seen { source: &e.source.path, labels: with_files(e, &series.labels), series })
        .collect()
}

/// All that was not measured.
pub(super) fn lost<'a>(scope: &Scope<'a>) -> Vec<Lost<'a>> {
    let of = |e: &'a Evidence| match &e.data {
        Data::Measurements(m) => m.failures.as_slice(),
        _ => &[],
    };
    let all = scope.evidence.iter().flat_map(|e| of(e).iter().map(move |f| (*e, f)));
    all.map(|(e, failure)| Lost { source: &e.source.path, labels: with_files(e, &failure.labels), failure }).collect()
}

/// Samples of several series together, in base units of their kind.
#[derive(Debug)]
pub(super) struct Pooled {
    pub(super) values: Vec<f64>,
    pub(super) dimension: Option<Dimension>,
}

/// The samples of series, in base units.
///
/// # Errors
/// Where they are in units of different kinds.
pub(super) fn pooled<'s, 'a: 's>(series: impl Iterator<Item = &'s Seen<'a>>) -> Result<Pooled, String> {
    let mut out = Pooled { values: Vec::new(), dimension: None };
    for s in series {
        let unit = Unit::of(&s.series.unit);
        if out.dimension.get_or_insert_with(|| unit.dimension.clone()) != &unit.dimension {
            return Err(format!("{} is {}, and others of its metric are not", s.name(), unit.dimension.noun()));
        }
        let factor = unit.factor.as_f64();
        out.values.reserve_exact(s.series.samples.len());
        out.values.extend(s.series.samples.values().map(|v| v * factor));
    }
    Ok(out)
}

/// A share as percent with its sign: `+12.18 %`.
pub(super) fn percent_of(share: f64) -> String {
    let text = if share.is_infinite() { "no bound".to_owned() } else { format!("{:+.2} %", share * 100.0) };
    // What is too small to be shown has no direction.
    if text == "-0.00 %" { "+0.00 %".to_owned() } else { text }
}

/// The two-sided level of error of `confidence`, in percent.
pub(super) fn level(t: &mut Table<'_>) -> f64 {
    let most = t.percent("confidence").map(|c| c.as_f64());
    if let (Some(c), Some(node)) = (most, t.get("confidence"))
        && !(50.0..100.0).contains(&c)
    {
        t.problem(node.span.clone(), "`confidence` is a percentage from 50 to below 100: 95 is usual");
    }
    1.0 - most.unwrap_or(95.0) / 100.0
}

#[cfg(test)]
mod tests {
    use super::super::testing::evidence;
    use super::*;
    use gatekeeper_evidence::measurements::{Figure, Measurements};

    fn series(metric: &str, unit: &str, samples: &[f64]) -> Series {
        let mut s = Series::new(metric, Labels::new(), unit, None);
        samples.iter().for_each(|v| s.samples.push(Figure::of(*v).unwrap()));
        s
    }

    fn file(path: &str, format: &'static str, series: Vec<Series>) -> Evidence {
        let mut e = evidence(path, Data::Measurements(Measurements { series, ..Measurements::default() }));
        e.source.format = format;
        e
    }

    #[test]
    fn a_summary_beside_the_samples_that_it_sums_up_is_left_out() {
        let (samples, summary) = (|| series("a", "ns", &[1.0]), || series("a", "ns", &[]));
        let sources = |files: &[Evidence]| {
            let all: Vec<&Evidence> = files.iter().collect();
            of_evidence(&all).into_iter().map(|s| s.source.to_owned()).collect::<Vec<_>>().join(" ")
        };
        let criterion = |path: &str, s| file(path, "criterion", vec![s]);
        // Criterion writes both into one folder.
        assert_eq!(
            sources(&[criterion("a/new/e.json", summary()), criterion("a/new/s.json", samples())]),
            "a/new/s.json"
        );
        assert_eq!(
            sources(&[criterion("a/new/s.json", samples()), criterion("a/new/e.json", summary())]),
            "a/new/s.json"
        );
        // Another folder, another metric, another format, or no samples at all: each has its own to say.
        assert_eq!(sources(&[criterion("a/e.json", summary()), criterion("b/s.json", samples())]), "a/e.json b/s.json");
        let other = || series("b", "ns", &[1.0]);
        assert_eq!(sources(&[criterion("a/e.json", summary()), criterion("a/s.json", other())]), "a/e.json a/s.json");
        let k6 = [file("a/e", "k6", vec![summary()]), file("a/s", "k6", vec![samples()])];
        assert_eq!(sources(&k6), "a/e a/s");
        let mixed = [criterion("a/e.json", summary()), file("a/s", "k6", vec![samples()])];
        assert_eq!(sources(&mixed), "a/e.json a/s");
        assert_eq!(sources(&[criterion("a/e.json", summary()), criterion("a/f.json", summary())]), "a/e.json a/f.json");
        assert_eq!(sources(&[criterion("a/s.json", samples()), criterion("a/t.json", samples())]), "a/s.json a/t.json");
    }

    #[test]
    fn samples_are_pooled_in_base_units_of_one_kind() {
        let (ms, s, bytes) = (series("t", "ms", &[250.0]), series("t", "s", &[2.0]), series("t", "B", &[1.0]));
        let seen = |s| Seen { source: "f", labels: Labels::new(), series: s };
        let both = pooled([seen(&ms), seen(&s)].iter()).unwrap();
        let ratio = both.values[1] / both.values[0];
        assert!(both.values.len() == 2 && (ratio - 8.0).abs() < 1e-9, "{both:?}");
        assert_eq!(
            pooled([seen(&ms), seen(&bytes)].iter()).unwrap_err(),
            "t is a size, and others of its metric are not"
        );
        assert_eq!(pooled([].iter()).unwrap().dimension, None);
    }

    #[test]
    fn what_was_not_measured_is_named_with_how_often() {
        let words = |metric: &str, count: u64| {
            let failure = Failure { metric: metric.to_owned(), count, why: "NaN".to_owned(), ..Failure::default() };
            let labels = Labels::from([("os".to_owned(), "linux".to_owned())]);
            Lost { source: "f", labels, failure: &failure }.words()
        };
        assert_eq!(words("a", 1), "a{os=linux} was not measured: NaN");
        assert_eq!(words("a", 2), "a{os=linux} was not measured (2 times): NaN");
        assert_eq!(words("", 1), "what the report does not name was not measured: NaN");
    }

    #[test]
    fn shares_are_told_with_their_sign() {
        assert_eq!([percent_of(0.1218), percent_of(-0.05), percent_of(0.0)], ["+12.18 %", "-5.00 %", "+0.00 %"]);
        assert_eq!(percent_of(f64::INFINITY), "no bound");
        assert_eq!([percent_of(-1e-9), percent_of(1e-9), percent_of(-0.0001)], ["+0.00 %", "+0.00 %", "-0.01 %"]);
    }

    #[test]
    fn only_thresholds_that_failed_are_told() {
        let of = |failed| {
            let m = Measurements { thresholds_failed: failed, ..Measurements::default() };
            own_thresholds(&evidence("k6.json", Data::Measurements(m))).map(|v| v.message)
        };
        assert_eq!((of(None), of(Some(0))), (None, None));
        assert_eq!(of(Some(2)).as_deref(), Some("the tool itself says that 2 of its own thresholds failed"));
    }
}
