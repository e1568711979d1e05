use super::super::testing::{Case, evidence, gate, violations};
use super::*;
use crate::verdict::GateStatus;
use GateStatus::{Error, Fail, Inconclusive, Missing, Pass, Warn};
use gatekeeper_evidence::measurements::{Better, Labels};
use gatekeeper_evidence::measurements::{Failure, Figure, Measurements, Series};
use gatekeeper_evidence::number::Number;
use gatekeeper_evidence::{Data, Evidence};

fn series(metric: &str, unit: &str, better: Option<Better>, values: impl IntoIterator<Item = f64>) -> Series {
    let mut s = Series::new(metric, Labels::new(), unit, better);
    values.into_iter().for_each(|v| s.samples.push(Figure::of(v).unwrap()));
    s
}

fn time(metric: &str, values: impl IntoIterator<Item = f64>) -> Series {
    series(metric, "ns", Some(Better::Lower), values)
}

fn file(series: Vec<Series>) -> Vec<Evidence> {
    vec![evidence("bench", Data::Measurements(Measurements { series, ..Measurements::default() }))]
}

fn judged(keys: &str, old: Vec<Series>, new: Vec<Series>) -> Judgement {
    Case { baseline: Some(file(old)), ..Case::new(&RULE, keys, file(new)) }.judged()
}

fn status(keys: &str, old: Vec<Series>, new: Vec<Series>) -> GateStatus {
    judged(keys, old, new).status()
}

fn codes(keys: &str, old: Vec<Series>, new: Vec<Series>) -> Vec<(String, GateStatus)> {
    violations(&judged(keys, old, new)).into_iter().map(|(c, s)| (c.to_owned(), s)).collect()
}

fn noise(n: usize, factor: f64) -> Vec<f64> {
    (0..n).map(|i| factor * (100.0 + f64::from(u32::try_from(i * 7 % 11).unwrap()) / 10.0)).collect()
}

#[test]
fn a_ratio_is_within_beyond_or_not_to_be_told() {
    let of = |factor| status("max = \"5%\"", vec![time("a", noise(12, 1.0))], vec![time("a", noise(12, factor))]);
    assert_eq!([of(1.0), of(0.5), of(1.02), of(1.05), of(1.2)], [Pass, Pass, Pass, Inconclusive, Fail]);
    let rate = |factor| {
        status(
            "max = \"5%\"",
            vec![series("a", "1/s", Some(Better::Higher), noise(12, 1.0))],
            vec![series("a", "1/s", Some(Better::Higher), noise(12, factor))],
        )
    };
    assert_eq!([rate(1.0), rate(2.0), rate(0.98), rate(0.95), rate(0.8)], [Pass, Pass, Pass, Inconclusive, Fail]);
    for test in ["welch", "bootstrap"] {
        let of = |factor| {
            status(
                &format!("max = \"5%\"\ntest = \"{test}\""),
                vec![time("a", noise(12, 1.0))],
                vec![time("a", noise(12, factor))],
            )
        };
        assert_eq!([of(1.0), of(1.05), of(1.2)], [Pass, Inconclusive, Fail], "{test}");
    }
}

#[test]
fn so_few_samples_cannot_tell_and_more_would() {
    let of = |n: usize| judged("max = \"5%\"", vec![time("a", noise(n, 1.0))], vec![time("a", noise(n, 2.0))]);
    assert_eq!([of(3).status(), of(4).status()], [Inconclusive, Fail]);
    assert!(of(3).violations[0].message.contains("at least 4 samples on each side"), "{:?}", of(3).violations);
    let wide = |n| (0..n).map(|i| 100.0 + f64::from(i) * 5.0).collect::<Vec<_>>();
    let j = judged("max = \"5%\"", vec![time("a", wide(8))], vec![time("a", wide(8))]);
    assert_eq!(j.status(), Inconclusive);
    assert!(j.violations[0].message.contains("samples on each side would decide"), "{:?}", j.violations);
    let sure = |confidence: &str| {
        status(
            &format!("max = \"5%\"\nconfidence = {confidence}"),
            vec![time("a", noise(4, 1.0))],
            vec![time("a", noise(4, 2.0))],
        )
    };
    assert_eq!([sure("95"), sure("99")], [Fail, Inconclusive]);
}

#[test]
fn of_several_series_chance_is_no_finding() {
    let of = |others: usize, n: usize| {
        let names: Vec<String> = (0..others).map(|i| format!("o{i}")).collect();
        let mut old = vec![time("a", noise(n, 1.0))];
        let mut new = vec![time("a", noise(n, 2.0))];
        old.extend(names.iter().map(|o| time(o, noise(n, 1.0))));
        new.extend(names.iter().map(|o| time(o, noise(n, 1.0))));
        status("max = \"5%\"", old, new)
    };
    assert_eq!([of(0, 4), of(1, 4), of(3, 4), of(3, 5)], [Fail, Inconclusive, Inconclusive, Fail]);
}

#[test]
fn counts_without_noise_are_compared_exactly() {
    let of = |better: &str, old: f64, new: f64| {
        status(
            &format!("max = \"5%\"\ntest = \"exact\"\nbetter = \"{better}\""),
            vec![series("a", "", None, [old])],
            vec![series("a", "", None, [new])],
        )
    };
    assert_eq!(
        [of("lower", 1000.0, 1050.0), of("lower", 1000.0, 1050.001), of("lower", 1000.0, 1.0)],
        [Pass, Fail, Pass]
    );
    assert_eq!([of("higher", 1000.0, 950.0), of("higher", 1000.0, 949.999)], [Pass, Fail]);
    assert_eq!(
        [of("lower", 0.0, 0.0), of("lower", 0.0, 5.0), of("lower", -1.0, 5.0), of("lower", 5.0, 0.0)],
        [Pass, Missing, Error, Pass]
    );
    let differ = status("max = \"5%\"\ntest = \"exact\"", vec![time("a", [1.0, 2.0])], vec![time("a", [1.0])]);
    assert_eq!(differ, Inconclusive);
    // Series that say of themselves that they have no noise need no word in the policy.
    let exact = |value| Series { exact: true, ..time("a", [value]) };
    assert_eq!(status("max = \"1%\"", vec![exact(1735.0)], vec![exact(1753.0)]), Fail);
    assert_eq!(status("max = \"1%\"", vec![exact(1735.0)], vec![time("a", [1753.0])]), Inconclusive);
}

#[test]
fn what_is_zero_has_no_ratio_but_to_itself() {
    let of = |old: [f64; 2], new: [f64; 2], unit: &str| {
        let values = |[a, b]: [f64; 2]| (0..12).map(move |i| if i % 2 == 0 { a } else { b }).collect::<Vec<_>>();
        status(
            "max = \"5%\"\nbetter = \"lower\"",
            vec![series("a", unit, None, values(old))],
            vec![series("a", unit, None, values(new))],
        )
    };
    assert_eq!(
        [of([0.0, 0.0], [0.0, 0.0], "B"), of([0.0, 0.0], [1.0, 1.0], "B"), of([8.0, 8.0], [0.0, 0.0], "B")],
        [Pass, Missing, Pass]
    );
    // Where more is better, nothing is worse than what was.
    let none = |new: f64| {
        let of = |v: f64| vec![series("a", "B", Some(Better::Higher), vec![v; 12])];
        status("max = \"5%\"", of(8.0), of(new))
    };
    assert_eq!([none(0.0), none(8.0)], [Fail, Pass]);
    assert_eq!(
        [of([0.0, 0.0], [0.0, 0.0], "ms"), of([8.0, 8.0], [0.0, 0.0], "ms"), of([0.0, 8.0], [8.0, 8.0], "B")],
        [Error, Error, Error]
    );
}

#[test]
fn what_failed_vanished_or_changed_is_an_error() {
    let a = || time("a", noise(12, 1.0));
    assert_eq!(
        codes("max = \"5%\"", vec![a(), time("b", noise(12, 1.0))], vec![a()]),
        [("measurement-vanished".to_owned(), Error)]
    );
    assert_eq!(codes("max = \"5%\"\nmetrics = [\"a\"]", vec![a(), time("b", noise(12, 1.0))], vec![a()]), []);
    assert_eq!(
        codes("max = \"5%\"", vec![a()], vec![series("a", "B", Some(Better::Lower), noise(12, 1.0))]),
        [("regression-unit".to_owned(), Error)]
    );
    let converted = vec![series("a", "us", Some(Better::Lower), noise(12, 0.001))];
    assert_eq!(status("max = \"5%\"", vec![a()], converted), Pass);
    let mut m = Measurements { series: vec![a()], ..Measurements::default() };
    m.failures.push(Failure { metric: "b".to_owned(), count: 1, why: "it failed".to_owned(), ..Failure::default() });
    let of = |keys: &str| {
        let now = vec![evidence("bench", Data::Measurements(m.clone()))];
        let before = Some(file(vec![a(), time("b", noise(12, 1.0))]));
        Case { baseline: before, ..Case::new(&RULE, keys, now) }.judged()
    };
    assert_eq!(violations(&of("max = \"5%\"")), [("measurement-failed", Error)]);
    assert_eq!(violations(&of("max = \"5%\"\nmetrics = [\"a\"]")), [("measurement-failed-elsewhere", Warn)]);
}

#[test]
fn what_the_tool_says_of_thresholds_of_its_own_is_heard() {
    let of = |failed| {
        let m = Measurements {
            series: vec![time("a", noise(12, 1.0))],
            thresholds_failed: failed,
            ..Measurements::default()
        };
        let now = vec![evidence("bench", Data::Measurements(m))];
        let before = Some(file(vec![time("a", noise(12, 1.0))]));
        Case { baseline: before, ..Case::new(&RULE, "max = \"5%\"", now) }.judged()
    };
    assert_eq!(violations(&of(Some(1))), [("thresholds-failed", Error)]);
    assert_eq!((of(Some(0)).status(), of(None).status()), (Pass, Pass));
}

#[test]
fn a_direction_is_known_or_asked_for_and_never_contradicted() {
    let plain = || vec![series("a", "ns", None, noise(12, 1.0))];
    assert_eq!(codes("max = \"5%\"", plain(), plain()), [("regression-direction".to_owned(), Error)]);
    assert_eq!(codes("max = \"5%\"\nbetter = \"lower\"", plain(), plain()), []);
    // A report that turns it round would make the slower one better.
    let turned = vec![series("a", "ns", Some(Better::Higher), noise(12, 1.5))];
    assert_eq!(
        codes("max = \"5%\"", vec![time("a", noise(12, 1.0))], turned),
        [("regression-direction".to_owned(), Error)]
    );
    let now_told = codes("max = \"5%\"\nbetter = \"lower\"", plain(), vec![time("a", noise(12, 1.0))]);
    assert_eq!(now_told, [], "only one of them says it");
    let known = || vec![time("a", noise(12, 1.0))];
    assert_eq!(
        codes("max = \"5%\"\nbetter = \"higher\"", known(), known()),
        [("regression-direction".to_owned(), Error)]
    );
    assert_eq!(codes("max = \"5%\"\nbetter = \"lower\"", known(), known()), []);
}

#[test]
fn without_a_baseline_nothing_is_compared() {
    let a = || vec![time("a", noise(12, 1.0))];
    let none = Case::new(&RULE, "max = \"5%\"", file(a())).judged();
    assert_eq!(violations(&none), [("baseline-missing", Missing)]);
    assert_eq!(codes("max = \"5%\"", Vec::new(), a()), [("baseline-missing".to_owned(), Missing)]);
    assert_eq!(codes("max = \"5%\"\nmetrics = [\"x\"]", a(), a()), [("baseline-missing".to_owned(), Missing)]);
    let both = judged("max = \"5%\"", a(), vec![time("a", noise(12, 1.0)), time("new", noise(12, 1.0))]);
    assert_eq!((both.status(), both.notes), (Pass, vec!["1 series not in the baseline: new".to_owned()]));
    let summary = Series::new("a", Labels::new(), "ns", Some(Better::Lower))
        .with(gatekeeper_evidence::measurements::Statistic::Mean, Number::parse("5"));
    assert_eq!(
        codes("max = \"5%\"", vec![summary.clone()], vec![summary]),
        [("regression-untold".to_owned(), Inconclusive)]
    );
}

#[test]
fn a_waiver_takes_a_series_out() {
    let case = Case {
        baseline: Some(file(vec![time("a", noise(12, 1.0))])),
        ..Case::new(&RULE, "max = \"5%\"", file(vec![time("a", noise(12, 2.0))]))
    };
    assert_eq!(case.judged().status(), Fail);
    assert_eq!(case.judged_waiving(&|i| i.id == Some("a") && i.path == Some("bench")).status(), Pass);
}

#[test]
fn mistakes_are_told() {
    for (keys, words) in [
        ("", "needs `max`"),
        ("max = 5", "a percentage"),
        ("max = \"fast\"", "a number with its unit"),
        ("max = \"5ms\"", "a percentage"),
        ("max = \"-5%\"", "a percentage"),
        ("max = \"5%\"\ntest = \"mann-whitny\"", "not \"mann-whitny\""),
        ("max = \"5%\"\nbetter = \"up\"", "not \"up\""),
        ("max = \"5%\"\nconfidence = 10", "from 50 to below 100"),
        ("max = \"5%\"\nmertics = [\"a\"]", "no key `mertics`"),
    ] {
        let told = gate(&RULE, keys).unwrap_err();
        assert!(told.len() == 1 && told[0].contains(words), "{keys}: {told:?}");
    }
}

#[test]
fn the_ratio_and_its_interval_are_told_in_words() {
    let constant = |v: f64| vec![time("a", vec![v; 12])];
    let j = judged("max = \"5%\"", constant(100.0), constant(120.0));
    assert_eq!(j.violations[0].message, "a: +20.00 % [+20.00 %, +20.00 %] by 12 and 12 samples");
    let ramp: Vec<f64> = (1..=20_u32).map(f64::from).collect();
    let j = judged("max = \"5%\"", vec![time("a", ramp.clone())], vec![time("a", ramp)]);
    assert!(
        j.violations[0].message.contains("of which each is like the one before (correlation 0.85)"),
        "{:?}",
        j.violations
    );
    let one = judged("max = \"5%\"", vec![time("a", noise(3, 1.0))], vec![time("a", noise(3, 1.0))]);
    assert!(!one.violations[0].message.contains("among"), "{:?}", one.violations);
    let two = || vec![time("a", noise(3, 1.0)), time("b", noise(3, 1.0))];
    let both = judged("max = \"5%\"", two(), two());
    assert!(
        both.violations.iter().all(|v| v.message.contains("too uncertain to tell among 2 series; at least 5 samples")),
        "{:?}",
        both.violations
    );
    let exact = judged("max = \"5%\"\ntest = \"exact\"", vec![time("a", [100.0])], vec![time("a", [120.0])]);
    assert!(exact.violations[0].message.starts_with("a: +20.00 %, from 0.0000001 to "), "{:?}", exact.violations);
}

#[test]
fn what_is_new_is_noted_by_name_and_judged_by_nothing() {
    let all = |names: &[&str]| names.iter().map(|n| time(n, noise(12, 1.0))).collect::<Vec<_>>();
    let notes = |new: &[&str]| judged("max = \"5%\"", all(&["a"]), all(new)).notes.join("");
    assert_eq!(notes(&["a"]), "");
    assert_eq!(notes(&["a", "b"]), "1 series not in the baseline: b");
    assert_eq!(notes(&["a", "b", "c", "d"]), "3 series not in the baseline: b, c, d");
    assert_eq!(notes(&["a", "b", "c", "d", "e"]), "4 series not in the baseline: b, c, d, …");
    assert_eq!(codes("max = \"5%\"", all(&["a"]), all(&["b"])), [("measurement-vanished".to_owned(), Error)]);
    assert_eq!(judged("max = \"5%\"", all(&["a"]), all(&["b"])).notes, Vec::<String>::new(), "nothing was compared");
}

#[test]
fn one_side_without_samples_tells_nothing() {
    let stated = || {
        let five = Number::parse("5");
        Series::new("a", Labels::new(), "ns", Some(Better::Lower))
            .with(gatekeeper_evidence::measurements::Statistic::Mean, five)
    };
    let untold = [("regression-untold".to_owned(), Inconclusive)];
    for (old, new) in [(stated(), time("a", noise(12, 1.0))), (time("a", noise(12, 1.0)), stated())] {
        let j = judged("max = \"5%\"", vec![old.clone()], vec![new.clone()]);
        assert_eq!(codes("max = \"5%\"", vec![old], vec![new]), untold);
        assert_eq!(j.violations[0].message, "a: only a summary is stated, and the test needs samples");
        // There is no figure to show either.
        assert_eq!(j.conditions.len(), 0);
    }
    let told = judged("max = \"5%\"", vec![time("a", noise(12, 1.0))], vec![time("a", noise(12, 1.0))]);
    assert_eq!(told.conditions.len(), 1);
}

#[test]
fn each_test_has_a_ratio_of_its_own() {
    let of = |test: &str| {
        let mixed = |most: f64, rest: f64| (0..12).map(move |i| if i < 7 { most } else { rest });
        let keys = format!("max = \"5%\"\ntest = \"{test}\"");
        let j = judged(&keys, vec![time("a", mixed(100.0, 90.0))], vec![time("a", mixed(120.0, 200.0))]);
        j.violations[0].message.split(" [").next().unwrap().to_owned()
    };
    // The medians' ratio, that of the geometric means, and the median of all ratios.
    assert_eq!([of("bootstrap"), of("welch"), of("mann-whitney")], ["a: +20.00 %", "a: +55.13 %", "a: +33.33 %"]);
}

#[test]
fn figures_in_other_units_of_their_kind_are_the_same_figures() {
    let of = |unit: &str, v: f64| vec![series("a", unit, Some(Better::Lower), vec![v; 12])];
    let ratio = |old: Vec<Series>, new: Vec<Series>| match judged("max = \"5%\"", old, new).conditions[0].value.clone()
    {
        crate::rule::condition::Quantity::Word(w) => w.into_owned(),
        other => format!("{other:?}"),
    };
    assert_eq!(ratio(of("us", 100.0), of("ns", 100_000.0)), "+0.00 %");
    assert_eq!(ratio(of("ns", 100_000.0), of("us", 100.0)), "+0.00 %");
    assert_eq!(ratio(of("ns", 100_000.0), of("us", 150.0)), "+50.00 %");
}
