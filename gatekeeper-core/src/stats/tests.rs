use super::*;
use serde::Deserialize;

/// What SciPy answers: written by `tests/stats/write_cases.py`.
const CASES: &str = include_str!("../../tests/stats/cases.json");

#[derive(Deserialize)]
struct Cases {
    ranks: Vec<Ratio>,
    welch: Vec<Ratio>,
    rates: Vec<Rate>,
    bootstrap: Vec<Drawn>,
    holm: Vec<Many>,
}

#[derive(Deserialize)]
struct Drawn {
    name: String,
    old: Vec<f64>,
    new: Vec<f64>,
    ratio: f64,
    interval: [f64; 2],
}

#[derive(Deserialize)]
struct Many {
    p: Vec<f64>,
    level: f64,
    rejected: Vec<bool>,
}

#[derive(Deserialize)]
struct Ratio {
    name: String,
    old: Vec<f64>,
    new: Vec<f64>,
    limit: f64,
    p: f64,
    ratio: f64,
    interval: Option<[f64; 2]>,
}

#[derive(Deserialize)]
struct Rate {
    a: u64,
    n: u64,
    b: u64,
    m: u64,
    p: f64,
    difference: f64,
    interval: [f64; 2],
}

fn cases() -> Cases {
    serde_json::from_str(CASES).unwrap()
}

fn near(got: f64, want: f64, within: f64, what: &str) {
    assert!((got - want).abs() <= within, "{what}: {got}, SciPy says {want}");
}

fn sorted(values: &[f64]) -> Sorted {
    Sorted::of(values.to_vec()).unwrap()
}

fn agrees(case: &Ratio, got: Comparison) {
    near(got.p, case.p, 1e-9, &format!("p of {}", case.name));
    near(got.ratio, case.ratio, 1e-9, &format!("ratio of {}", case.name));
    match case.interval {
        Some([low, high]) => {
            near(got.low, low, 1e-6, &format!("lower end of {}", case.name));
            near(got.high, high, 1e-6, &format!("upper end of {}", case.name));
        }
        None => assert!(got.low == 0.0 && got.high.is_infinite(), "{}: {got:?}", case.name),
    }
}

#[test]
fn ranks_agree_with_scipy() {
    for case in cases().ranks {
        agrees(&case, mann_whitney(&sorted(&case.old), &sorted(&case.new), case.limit, 0.05));
    }
}

#[test]
fn welch_agrees_with_scipy() {
    for case in cases().welch {
        agrees(&case, welch(&sorted(&case.old), &sorted(&case.new), case.limit, 0.05).unwrap());
    }
}

#[test]
fn rates_agree_with_scipy() {
    for c in cases().rates {
        let name = format!("{}/{} and {}/{}", c.a, c.n, c.b, c.m);
        near(fisher(c.a, c.n, c.b, c.m), c.p, 1e-9, &name);
        let (difference, low, high) = newcombe(c.a, c.n, c.b, c.m, 0.05).unwrap();
        near(difference, c.difference, 1e-12, &name);
        near(low, c.interval[0], 1e-6, &name);
        near(high, c.interval[1], 1e-6, &name);
    }
    assert_eq!(
        [
            newcombe(0, 0, 0, 1, 0.05),
            newcombe(0, 1, 0, 0, 0.05),
            newcombe(2, 1, 0, 1, 0.05),
            newcombe(0, 1, 2, 1, 0.05)
        ],
        [None; 4]
    );
}

#[test]
fn the_bootstrap_agrees_with_scipy() {
    for c in cases().bootstrap {
        let got = bootstrap(&sorted(&c.old), &sorted(&c.new), 1.0, 0.05).unwrap();
        near(got.ratio, c.ratio, 1e-9, &format!("ratio of {}", c.name));
        // Both are drawn: an end of 9,999 rounds lies within a hundredth of the interval's width, or two.
        let within = (c.interval[1] - c.interval[0]) * 0.04;
        near(got.low, c.interval[0], within, &format!("lower end of {}", c.name));
        near(got.high, c.interval[1], within, &format!("upper end of {}", c.name));
    }
}

#[test]
fn holm_agrees_with_its_definition() {
    for c in cases().holm {
        assert_eq!(holm(&c.p, c.level), c.rejected, "{:?}", c.p);
    }
}

#[test]
fn a_sample_without_a_ratio_to_anything_is_none() {
    for bad in [vec![], vec![0.0, 1.0], vec![-1.0, 1.0], vec![1.0, f64::NAN], vec![1.0, f64::INFINITY]] {
        assert_eq!(Sorted::of(bad.clone()), None, "{bad:?}");
    }
    assert_eq!(sorted(&[3.0, 1.0, 2.0]).median(), 2.0);
    assert_eq!(sorted(&[4.0, 1.0, 3.0, 2.0]).median(), 2.5);
}

#[test]
fn constant_series_are_told_without_any_noise() {
    let (a, b) = (sorted(&[100.0; 10]), sorted(&[120.0; 10]));
    let same = mann_whitney(&a, &a, 1.05, 0.05);
    assert_eq!((same.ratio, same.low, same.high), (1.0, 1.0, 1.0));
    assert!(same.p < 1e-4 && mann_whitney(&a, &b, 1.05, 0.05).p < 1e-4);
    assert_eq!(mann_whitney(&a, &a, 1.0, 0.05).p, 1.0);
    // At the limit itself, whatever the float's last bit.
    assert_eq!(mann_whitney(&a, &sorted(&[110.0; 10]), 1.1, 0.05).p, 1.0);
    let w = welch(&a, &a, 1.0, 0.05).unwrap();
    assert_eq!((w.ratio, w.p), (1.0, 1.0));
    assert_eq!(welch(&a, &b, 1.05, 0.05).unwrap().p, 0.0);
    assert_eq!(welch(&a, &sorted(&[1.0]), 1.0, 0.05), None);
}

#[test]
fn so_few_samples_reach_no_level() {
    assert_eq!([0.05, 0.0125, 0.1, 1e-9].map(fewest_samples), [4, 5, 3, 17]);
}

#[test]
fn the_bootstrap_is_the_same_each_time_and_finds_what_is_there() {
    let old: Vec<f64> = (0..40).map(|n| 100.0 + f64::from(n % 7)).collect();
    let new: Vec<f64> = old.iter().map(|v| v * 1.2).collect();
    let of = |limit| bootstrap(&sorted(&old), &sorted(&new), limit, 0.05).unwrap();
    assert_eq!(of(1.05), of(1.05));
    let b = of(1.05);
    assert!(b.low > 1.15 && b.high < 1.25 && b.p < 0.001, "{b:?}");
    assert!(of(1.2).p > 0.5 && of(1.3).p < 0.001);
    let few = sorted(&[1.0; 5]);
    assert_eq!(bootstrap(&few, &sorted(&old), 1.0, 0.05), None);
    assert_eq!(bootstrap(&sorted(&old), &few, 1.0, 0.05), None);
    assert!(bootstrap(&sorted(&old[..6]), &sorted(&old[..6]), 1.0, 0.05).is_some());
}

/// Timings of work that did not change, in the order in which they were taken: written by `tests/stats/record_noise.py`.
const RECORDED: &str = include_str!("../../tests/stats/recorded.json");

#[test]
fn false_alarms_on_recorded_noise_are_no_more_than_stated() {
    let recorded: std::collections::BTreeMap<String, Vec<f64>> = serde_json::from_str(RECORDED).unwrap();
    let mut random = random::Random::of([7.0].iter());
    let (runs, level) = (400_u32, 0.05);
    // Three standard errors above what is stated.
    let most = f64::from(runs) * level + 3.0 * (f64::from(runs) * level * (1.0 - level)).sqrt();
    for (name, series) in &recorded {
        for n in [5, 10] {
            let mut draw = || sorted(&(0..n).map(|_| series[random.below(series.len())]).collect::<Vec<_>>());
            let (mut ranks, mut means) = (0, 0);
            for _ in 0..runs {
                let (old, new) = (draw(), draw());
                ranks += u32::from(mann_whitney(&old, &new, 1.0, level).p <= level);
                means += u32::from(welch(&old, &new, 1.0, level).unwrap().p <= level);
            }
            for (test, alarms) in [("mann-whitney", ranks), ("welch", means)] {
                assert!(f64::from(alarms) <= most, "{test}, {name}: {alarms} of {runs} with {n} samples");
            }
        }
    }
}
