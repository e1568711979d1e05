use super::super::testing::{Case, conditions, evidence, gate, violations};
use super::*;
use GateStatus::{Error, Fail, Inconclusive, Missing, Pass, Warn};
use gatekeeper_evidence::Evidence;
use gatekeeper_evidence::measurements::{Failure, Figure as Sample, Labels, Measurements};

fn series(metric: &str, unit: &str, samples: &[&str]) -> Series {
    let mut s = Series::new(metric, Labels::new(), unit, None);
    samples.iter().for_each(|t| s.samples.push(Sample::parse(t).unwrap()));
    s
}

fn of(series: Vec<Series>) -> Measurements {
    Measurements { series, ..Measurements::default() }
}

fn file(m: Measurements) -> Vec<Evidence> {
    vec![evidence("m.json", Data::Measurements(m))]
}

fn judged(limits: &str, m: Measurements) -> Judgement {
    Case::new(&RULE, &format!("limits = {limits}"), file(m)).judged()
}

fn status(limits: &str, m: Measurements) -> GateStatus {
    judged(limits, m).status()
}

#[test]
fn a_limit_is_the_last_value_that_is_allowed() {
    let most = |v: &str| status("{ x = { max = \"500ms\" } }", of(vec![series("x", "ms", &[v])]));
    assert_eq!(
        [most("499.999"), most("500"), most("500.001"), most("500.00000000000000000001")],
        [Pass, Pass, Fail, Fail]
    );
    let least = |v: &str| status("{ x = { min = \"1000/s\" } }", of(vec![series("x", "1/s", &[v])]));
    assert_eq!([least("1000.5"), least("1000"), least("999.999")], [Pass, Pass, Fail]);
    let both = |v: &str| status("{ x = { min = 1, max = 2 } }", of(vec![series("x", "", &[v])]));
    assert_eq!([both("0.9"), both("1"), both("2"), both("2.1")], [Fail, Pass, Pass, Fail]);
}

#[test]
fn a_time_below_zero_was_not_measured() {
    let of = |limit: &str, unit: &str, samples: &[&str]| {
        status(&format!("{{ x = {{ {limit} }} }}"), of(vec![series("x", unit, samples)]))
    };
    let max = "max = \"500ms\"";
    assert_eq!([of(max, "ms", &["0"]), of(max, "ms", &["3", "-1"]), of(max, "s", &["-0.001"])], [Pass, Error, Error]);
    // How far it may be is said; a least figure is short of it anyway; what is no time may well be below zero.
    assert_eq!(of("max = \"5ms\", min = \"-5ms\"", "ms", &["-1"]), Pass);
    assert_eq!(of("min = \"5ms\"", "ms", &["-1"]), Fail);
    assert_eq!(of("max = 5", "", &["-1"]), Pass);
    // One that is stated and not asked for tells as much.
    let stated = |minimum: &str| {
        let number = |text: &str| Number::parse(text);
        let s = Series::new("x", Labels::new(), "ms", None);
        let s = s.with(Statistic::Mean, number("3")).with(Statistic::Min, number(minimum));
        status("{ x = { max = \"5ms\", of = \"mean\" } }", self::of(vec![s]))
    };
    assert_eq!([stated("0"), stated("-1")], [Pass, Error]);
}

#[test]
fn a_warning_is_on_the_side_of_the_limit() {
    let most = |v: &str| status("{ x = { max = \"500ms\", warn = \"0.4s\" } }", of(vec![series("x", "ms", &[v])]));
    assert_eq!([most("400"), most("400.1"), most("500"), most("501")], [Pass, Warn, Warn, Fail]);
    let least = |v: &str| status("{ x = { min = 10, warn = 20 } }", of(vec![series("x", "", &[v])]));
    assert_eq!([least("20"), least("19"), least("10"), least("9")], [Pass, Warn, Warn, Fail]);
    let j = judged("{ x = { max = \"500ms\", warn = \"0.4s\" } }", of(vec![series("x", "ms", &["450"])]));
    assert_eq!((conditions(&j), violations(&j)), (vec![("x", Warn)], vec![("measurement-out-of-limit", Warn)]));
    assert_eq!(j.violations[0].message, "x is 450 ms, above 0.4 s");
    assert!(j.to_pass.is_empty());
}

#[test]
fn without_a_figure_every_sample_is_held_to_the_limit() {
    let m = || of(vec![series("x", "ms", &["1", "2", "99"])]);
    assert_eq!([status("{ x = { max = \"99ms\" } }", m()), status("{ x = { max = \"98ms\" } }", m())], [Pass, Fail]);
    assert_eq!([status("{ x = { min = \"1ms\" } }", m()), status("{ x = { min = \"2ms\" } }", m())], [Pass, Fail]);
}

#[test]
fn figures_of_samples_are_exact() {
    let m = || of(vec![series("x", "s", &["0.1", "0.2", "0.3"])]);
    assert_eq!(status("{ x = { max = \"0.2s\", of = \"mean\" } }", m()), Pass);
    assert_eq!(status("{ x = { max = \"0.19999999999999999999s\", of = \"mean\" } }", m()), Fail);
    assert_eq!(status("{ x = { max = \"0.2s\", of = \"median\" } }", m()), Pass);
    assert_eq!(status("{ x = { max = \"0.1s\", of = \"min\" } }", m()), Pass);
    assert_eq!(status("{ x = { max = \"0.2s\", of = \"max\" } }", m()), Fail);
    let even = of(vec![series("x", "s", &["4", "1", "3", "2"])]);
    let j = judged("{ x = { max = \"2.5s\", of = \"median\" } }", even);
    assert_eq!((j.status(), j.conditions[0].metric.as_ref()), (Pass, "median of x"));
}

#[test]
fn percentiles_are_interpolated_and_need_samples_enough() {
    let hundred: Vec<String> = (1..=100).rev().map(|n| n.to_string()).collect();
    let texts: Vec<&str> = hundred.iter().map(String::as_str).collect();
    // NumPy: percentile(1..100, 99) is 99.01.
    let p99 = |limit: &str, n: usize| {
        status(&format!("{{ x = {{ max = {limit}, of = \"p99\" }} }}"), of(vec![series("x", "", &texts[..n])]))
    };
    assert_eq!([p99("99.01", 100), p99("99.0099", 100), p99("98", 100)], [Pass, Fail, Fail]);
    assert_eq!([p99("1000", 99), p99("1", 99)], [Inconclusive, Inconclusive]);
    let p95 = |n: usize| status("{ x = { max = 1000, of = \"p95\" } }", of(vec![series("x", "", &texts[..n])]));
    assert_eq!([p95(19), p95(20)], [Inconclusive, Pass]);
    let p5 = |n: usize| status("{ x = { max = 1000, of = \"p5\" } }", of(vec![series("x", "", &texts[..n])]));
    assert_eq!([p5(19), p5(20)], [Inconclusive, Pass]);
}

#[test]
fn a_summary_has_the_figures_that_it_states() {
    let n = |t: &str| Number::parse(t);
    let stated =
        || Series::new("x", Labels::new(), "ms", None).with(Statistic::Mean, n("5")).with(Statistic::Max, n("9"));
    let of_it = |limit: &str| status(limit, of(vec![stated()]));
    assert_eq!(of_it("{ x = { max = \"5ms\", of = \"mean\" } }"), Pass);
    assert_eq!(of_it("{ x = { max = \"4ms\", of = \"mean\" } }"), Fail);
    assert_eq!(of_it("{ x = { max = \"9ms\" } }"), Pass);
    assert_eq!(of_it("{ x = { min = \"0ms\" } }"), Inconclusive);
    assert_eq!(of_it("{ x = { max = \"9ms\", of = \"p99\" } }"), Inconclusive);
    let few = || series("x", "ms", &["1"]).with(Statistic::Percentile(990_000), n("7"));
    assert_eq!(status("{ x = { max = \"7ms\", of = \"p99\" } }", of(vec![few()])), Pass);
    assert_eq!(status("{ x = { max = \"6ms\", of = \"p99\" } }", of(vec![few()])), Fail);
}

#[test]
fn the_worst_series_decides_and_is_shown() {
    let labelled = |value: &str, service: &str| {
        let mut s = series("rate", "", &[value]);
        s.labels.insert("service".to_owned(), service.to_owned());
        s
    };
    let m = || of(vec![labelled("0.01", "a"), labelled("0.2", "b"), labelled("0.02", "c")]);
    let j = judged("{ rate = { max = 0.05 } }", m());
    assert_eq!(conditions(&j), [("rate{service=b}", Fail)]);
    assert_eq!(
        (violations(&j), j.notes.clone()),
        (vec![("measurement-out-of-limit", Fail)], vec!["the worst of 3 series of rate".to_owned()])
    );
    let floor = judged("{ rate = { min = 0.005 } }", m());
    assert_eq!(conditions(&floor), [("rate{service=a}", Pass)]);
    // Another unit of the kind in another file.
    let both = vec![
        evidence("a.json", Data::Measurements(of(vec![series("x", "ms", &["480"])]))),
        evidence("b.json", Data::Measurements(of(vec![series("x", "s", &["0.6"])]))),
    ];
    assert_eq!(Case::new(&RULE, "limits = { x = { max = \"500ms\" } }", both).judged().status(), Fail);
}

#[test]
fn what_was_not_measured_is_an_error_where_it_is_asked_for() {
    let lost = |metric: &str| {
        let failure =
            Failure { metric: metric.to_owned(), count: 1, why: "it failed".to_owned(), ..Failure::default() };
        Measurements { series: vec![series("x", "", &["1"])], failures: vec![failure], ..Measurements::default() }
    };
    let codes = |m: Measurements| {
        violations(&judged("{ x = { max = 2 } }", m)).into_iter().map(|(c, s)| (c.to_owned(), s)).collect::<Vec<_>>()
    };
    assert_eq!(codes(lost("x")), [("measurement-failed".to_owned(), Error)]);
    assert_eq!(codes(lost("")), [("measurement-failed".to_owned(), Error)]);
    assert_eq!(codes(lost("y")), [("measurement-failed-elsewhere".to_owned(), Warn)]);
    assert_eq!(codes(of(vec![series("y", "", &["1"])])), [("measurement-missing".to_owned(), Missing)]);
    assert_eq!(codes(of(vec![series("", "", &["1"])])), [("measurement-nameless".to_owned(), Error)]);
    assert_eq!(codes(of(vec![series("x", "B", &["1"])])), [("measurement-unit".to_owned(), Error)]);
    let j = judged("{ lateny = { max = 2 } }", of(vec![series("latency", "", &["1"])]));
    assert!(j.violations[0].message.contains("did you mean `latency`?"), "{}", j.violations[0].message);
}

#[test]
fn what_the_tool_itself_says_failed_does_not_pass() {
    let m = |failed| Measurements { thresholds_failed: failed, ..of(vec![series("x", "", &["1"])]) };
    assert_eq!([Some(0), Some(1), None].map(|f| status("{ x = { max = 2 } }", m(f))), [Pass, Error, Pass]);
}

#[test]
fn a_waiver_takes_a_series_out() {
    let case = Case::new(
        &RULE,
        "limits = { x = { max = 2 }, y = { max = 2 } }",
        file(of(vec![series("x", "", &["3"]), series("y", "", &["3"])])),
    );
    let j = case.judged_waiving(&|i| i.id == Some("x") && i.path == Some("m.json"));
    assert_eq!(conditions(&j), [("y", Fail)]);
}

#[test]
fn patterns_name_metrics_and_counters_are_said_to_be_some() {
    let mut counter = series("http_total", "", &["5"]);
    counter.counter = true;
    let j = judged("{ \"http_*\" = { max = 4 } }", of(vec![counter, series("other", "", &["9"])]));
    assert_eq!(
        (conditions(&j), j.notes.clone()),
        (vec![("http_total", Fail)], vec!["http_* is a counter, which only ever grows".to_owned()])
    );
}

#[test]
fn mistakes_in_a_limit_are_told() {
    let wrong = |keys: &str| gate(&RULE, keys).unwrap_err();
    for (keys, words) in [
        ("", "needs `limits`"),
        ("limits = {}", "needs `limits`"),
        ("limits = { x = {} }", "needs `max` or `min`"),
        ("limits = { x = { warn = 1 } }", "needs `max` or `min`"),
        ("limits = { x = { max = 1, of = \"medain\" } }", "not \"medain\""),
        ("limits = { x = { max = \"1ms\", warn = \"1%\" } }", "different kinds"),
        ("limits = { x = { max = 1, min = 2 } }", "above `max`"),
        ("limits = { x = { max = 3, min = 1, warn = 2 } }", "on which side"),
        ("limits = { x = { max = 1, warn = 1 } }", "never warns"),
        ("limits = { x = { min = 1, warn = 1 } }", "never warns"),
        ("limits = { x = { max = \"fast\" } }", "a number with its unit"),
        ("limits = { x = { max = 1, mx = 2 } }", "no key `mx`"),
        ("limits = { x = 5 }", "must be a table"),
    ] {
        let told = wrong(keys);
        assert!(told.len() == 1 && told[0].contains(words), "{keys}: {told:?}");
    }
    assert!(gate(&RULE, "limits = { x = { max = 2, min = 2 }, y = { min = 1, warn = 2 } }").is_ok());
}

#[test]
fn a_regression_beside_the_limits_is_that_rules() {
    let of = |values: &[f64]| {
        let mut s = Series::new("p99", Labels::new(), "ms", Some(gatekeeper_evidence::measurements::Better::Lower));
        values.iter().for_each(|v| s.samples.push(Sample::of(*v).unwrap()));
        vec![evidence("load", Data::Measurements(Measurements { series: vec![s], ..Measurements::default() }))]
    };
    let old = [400.0, 401.0, 402.0, 403.0, 404.0, 405.0, 406.0, 407.0];
    let times = |factor: f64| old.map(|v| v * factor);
    let status = |keys: &str, baseline: Option<f64>, now: f64| {
        Case { baseline: baseline.map(|b| of(&times(b))), ..Case::new(&RULE, keys, of(&times(now))) }.judged().status()
    };
    let both = "limits = { p99 = { max = \"500ms\" } }\nregression = { max = \"5%\", test = \"mann-whitney\" }";
    assert_eq!(status(both, Some(1.0), 1.0), Pass);
    assert_eq!(status(both, Some(1.0), 1.1), Fail, "within the limit, and worse than it was");
    assert_eq!(status(both, Some(1.3), 1.3), Fail, "as it was, and above the limit");
    let alone = "regression = { max = \"5%\" }";
    assert_eq!(status(alone, Some(1.0), 1.0), Pass);
    assert_eq!(status(alone, None, 1.0), Missing);
    let compares = |keys: &str| gate(&RULE, keys).unwrap().compares();
    assert_eq!([compares(both), compares(alone)], [Compares::Also, Compares::Wholly]);
    for (keys, said) in [
        ("regression = { test = \"welch\" }", "`regression` needs `max`"),
        ("regression = { max = \"5%\", tset = \"welch\" }", "`regression` has no key `tset`"),
        ("regression = { max = \"5%\", test = \"t-test\" }", "`test`"),
        ("regression = \"5%\"", "`regression`"),
    ] {
        let problems = gate(&RULE, keys).unwrap_err();
        assert!(problems.len() == 1 && problems[0].contains(said), "{keys}: {problems:?}");
    }
}

#[test]
fn the_exact_extreme_is_found_among_samples_that_are_one_float() {
    // All three are the same double.
    let all = ["0.1000000000000000000001", "0.1", "0.1000000000000000000002"];
    for turn in 0..3 {
        let mut samples = all;
        samples.rotate_left(turn);
        let of = |limit: &str| status(&format!("{{ x = {{ {limit} }} }}"), of(vec![series("x", "", &samples)]));
        assert_eq!(of("max = \"0.1000000000000000000002\", of = \"max\""), Pass, "{samples:?}");
        assert_eq!(of("max = \"0.1000000000000000000001\", of = \"max\""), Fail, "{samples:?}");
        assert_eq!(of("min = \"0.1\", of = \"min\""), Pass, "{samples:?}");
        assert_eq!(of("min = \"0.1000000000000000000001\", of = \"min\""), Fail, "{samples:?}");
    }
}

#[test]
fn what_was_not_measured_is_told_with_what_was() {
    let words = |m: Measurements| judged("{ latency = { max = 1 } }", m).violations[0].message.clone();
    let of_names = |names: &[&str]| of(names.iter().map(|n| series(n, "", &["1"])).collect());
    assert_eq!(words(of_names(&["latencyy"])), "`latency` was not measured; did you mean `latencyy`?");
    assert_eq!(words(of_names(&["size"])), "`latency` was not measured; there is size");
    assert_eq!(
        words(of_names(&["b1", "b2", "b3", "b4", "b5"])),
        "`latency` was not measured; there is b1, b2, b3, b4, b5"
    );
    assert!(words(of_names(&["b1", "b2", "b3", "b4", "b5", "b6"])).ends_with("b4, b5, …"));
}

#[test]
fn a_limit_of_every_sample_may_be_said() {
    let held = |word: &str| judged(&format!("{{ x = {{ max = 2{word} }} }}"), of(vec![series("x", "", &["1", "3"])]));
    assert_eq!(conditions(&held("")), [("x", Fail)]);
    assert_eq!(conditions(&held(", of = \"value\"")), [("x", Fail)]);
    assert_eq!(conditions(&held(", of = \"min\"")), [("min of x", Pass)]);
}

#[test]
fn what_no_limit_names_is_told_with_how_many_more_there_are() {
    let lost = |names: &[&str]| {
        let failure =
            |n: &&str| Failure { metric: (*n).to_owned(), count: 1, why: "NaN".to_owned(), ..Failure::default() };
        let failures = names.iter().map(failure).collect();
        let m = Measurements { series: vec![series("x", "", &["1"])], failures, ..Measurements::default() };
        judged("{ x = { max = 2 } }", m).violations.into_iter().map(|v| v.message).collect::<Vec<_>>()
    };
    assert_eq!(lost(&[]), Vec::<String>::new());
    assert_eq!(lost(&["a"]), ["a was not measured: NaN; no limit names it"]);
    assert_eq!(lost(&["a", "b"]), ["a was not measured: NaN, and 1 more; no limit names it"]);
    assert_eq!(lost(&["a", "b", "c"]), ["a was not measured: NaN, and 2 more; no limit names it"]);
}

#[test]
fn what_is_beyond_its_limit_is_told_with_both_figures_and_the_way_back() {
    let told = |limit: &str, samples: &[&str], unit: &str| {
        let j = judged(&format!("{{ x = {{ {limit} }} }}"), of(vec![series("x", unit, samples)]));
        (j.violations[0].message.clone(), j.to_pass)
    };
    let way = |words: &str| vec![Remedy::Other(words.to_owned())];
    assert_eq!(told("max = 2", &["3"], ""), ("x is 3, above 2".to_owned(), way("bring x down to 2")));
    assert_eq!(told("min = 2", &["1"], ""), ("x is 1, below 2".to_owned(), way("bring x up to 2")));
    assert_eq!(
        told("max = \"1s\", of = \"mean\"", &["1500", "2500"], "ms"),
        ("mean of x is 2000 ms, above 1 s".to_owned(), way("bring mean of x down to 1 s"))
    );
    // A warning alone asks for nothing.
    let warned = judged("{ x = { max = 4, warn = 2 } }", of(vec![series("x", "", &["3"])]));
    assert_eq!((warned.status(), warned.to_pass), (Warn, vec![]));
}

#[test]
fn of_several_series_that_fall_short_the_one_that_does_most_is_shown() {
    let shown = |limit: &str, values: &[&str]| {
        let all = values.iter().enumerate().map(|(n, v)| {
            let mut s = series("x", "", &[v]);
            s.labels.insert("n".to_owned(), n.to_string());
            s
        });
        let j = judged(&format!("{{ x = {{ {limit} }} }}"), of(all.collect()));
        (j.conditions[0].metric.to_string(), j.notes.join(""))
    };
    let worst = |n: usize, of: &str| (format!("x{{n={n}}}"), of.to_owned());
    let three = "the worst of 3 series of x";
    assert_eq!(shown("max = 0", &["1", "3", "2"]), worst(1, three));
    assert_eq!(shown("max = 0", &["3", "1", "2"]), worst(0, three));
    assert_eq!(shown("max = 0", &["1", "2", "3"]), worst(2, three));
    assert_eq!(shown("min = 9", &["2", "1", "3"]), worst(1, three));
    assert_eq!(shown("max = 9", &["1", "3", "2"]), worst(1, three));
    assert_eq!(shown("max = 2", &["1", "3", "2"]), worst(1, three));
    assert_eq!(shown("max = 9", &["1"]), worst(0, ""));
    assert_eq!(shown("max = 9", &["1", "2"]), worst(1, "the worst of 2 series of x"));
}

#[test]
fn where_nothing_was_measured_at_all_that_is_said() {
    let j = judged("{ x = { max = 1 } }", of(Vec::new()));
    assert_eq!(violations(&j), [("measurement-missing", Missing)]);
    assert_eq!(j.violations[0].message, "`x` was not measured; nothing was");
}
