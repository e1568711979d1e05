//! Measurements made worse.

use super::Hints;
use gatekeeper_evidence::measurements::{Figure, Measurements, Samples, Series};
use gatekeeper_evidence::number::Number;
use gatekeeper_evidence::{Data, Evidence};

fn measured(e: &mut Evidence) -> Option<&mut Measurements> {
    match &mut e.data {
        Data::Measurements(m) => Some(m),
        _ => None,
    }
}

fn change(s: &mut Series, to: impl Fn(f64) -> f64) {
    let mut changed = Samples::default();
    s.samples.values().filter_map(|v| Figure::of(to(v))).for_each(|f| changed.push(f));
    s.samples = changed;
    for stated in s.stated.values_mut() {
        if let Some(n) = Number::of(to(stated.as_f64())) {
            *stated = n;
        }
    }
}

pub(super) fn times(e: &mut Evidence, factor: f64) -> bool {
    measured(e).map(|m| m.series.iter_mut().for_each(|s| change(s, |v| v * factor))).is_some()
}

pub(super) fn plus(e: &mut Evidence, more: f64) -> bool {
    measured(e).map(|m| m.series.iter_mut().for_each(|s| change(s, |v| v + more))).is_some()
}

/// The canary's series in evidence: by its labels and by those of the report.
fn of_canary<'m>(e: &'m mut Evidence, hints: &'m Hints) -> impl Iterator<Item = &'m mut Series> {
    let own = e.source.labels.clone();
    let series: &mut [Series] = match &mut e.data {
        Data::Measurements(m) if !hints.canary.is_empty() => &mut m.series,
        _ => &mut [],
    };
    let is_it = move |s: &Series| {
        let has = |(k, values): &(String, Vec<String>)| {
            s.labels.get(k).or_else(|| own.get(k)).is_some_and(|l| values.contains(l))
        };
        hints.canary.iter().all(has)
    };
    series.iter_mut().filter(move |s| is_it(s))
}

pub(super) fn canary(e: &mut Evidence, hints: &Hints, factor: f64) -> bool {
    of_canary(e, hints).map(|s| change(s, |v| v * factor)).count() > 0
}

/// Counts of the canary all become the greatest of them: as many errors as requests.
pub(super) fn err(e: &mut Evidence, hints: &Hints) -> bool {
    let single = |s: &Series| (s.samples.len() == 1).then(|| s.samples.value(0)).flatten();
    let Some(most) = of_canary(e, hints).filter_map(|s| single(s)).reduce(f64::max) else { return false };
    let mut any = false;
    for s in of_canary(e, hints).filter(|s| single(s).is_some_and(|v| v < most)) {
        let mut one = Samples::default();
        Figure::of(most).into_iter().for_each(|f| one.push(f));
        s.samples = one;
        any = true;
    }
    any
}
