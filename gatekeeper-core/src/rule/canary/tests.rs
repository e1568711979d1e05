use super::super::testing::{Case, evidence, gate, violations};
use super::*;
use GateStatus::{Error, Fail, Inconclusive, Missing, Pass};
use gatekeeper_evidence::measurements::{Failure, Figure, Measurements, Series};
use gatekeeper_evidence::{Data, Evidence};

const SIDES: &str = "baseline = { labels = { role = \"primary\" } }\ncanary = { labels = { role = \"canary\" } }\n";
const LATENCY: &str = "metrics = [{ name = \"latency\", max-increase = \"10%\" }]\n";

fn samples(metric: &str, values: impl IntoIterator<Item = f64>) -> Series {
    let mut s = Series::new(metric, Labels::new(), if metric == "latency" { "ms" } else { "" }, None);
    values.into_iter().for_each(|v| s.samples.push(Figure::of(v).unwrap()));
    s
}

fn side(role: &str, series: Vec<Series>) -> Evidence {
    let mut e =
        evidence(&format!("{role}.json"), Data::Measurements(Measurements { series, ..Measurements::default() }));
    e.source.labels.insert("role".to_owned(), role.to_owned());
    e
}

fn noise(n: usize, factor: f64) -> Vec<f64> {
    (0..n).map(|i| factor * (100.0 + f64::from(u32::try_from(i * 7 % 11).unwrap()) / 5.0)).collect()
}

fn latency(keys: &str, old: Vec<f64>, new: Vec<f64>) -> GateStatus {
    let all = vec![side("primary", vec![samples("latency", old)]), side("canary", vec![samples("latency", new)])];
    Case::new(&RULE, &format!("{SIDES}{LATENCY}{keys}"), all).judged().status()
}

fn rate(keys: &str, old: [f64; 2], new: [f64; 2]) -> Judgement {
    let of = |role: &str, [a, n]: [f64; 2]| side(role, vec![samples("errors", [a]), samples("requests", [n])]);
    let metrics = "metrics = [{ name = \"rate\", max-increase = \"1pp\", counts = [\"errors\", \"requests\"] }]\n";
    Case::new(&RULE, &format!("{SIDES}{metrics}{keys}"), vec![of("primary", old), of("canary", new)]).judged()
}

#[test]
fn the_interval_of_the_ratio_decides() {
    assert_eq!(latency("", noise(60, 1.0), noise(60, 1.0)), Pass);
    assert_eq!(latency("", noise(60, 1.0), noise(60, 1.08)), Pass);
    assert_eq!(latency("", noise(60, 1.0), noise(60, 1.1)), Inconclusive);
    assert_eq!(latency("", noise(60, 1.0), noise(60, 1.2)), Fail);
    assert_eq!(latency("", vec![100.0; 60], vec![100.0; 60]), Pass);
    assert_eq!(latency("", vec![100.0; 60], vec![120.0; 60]), Fail);
}

#[test]
fn a_bound_on_what_may_get_better_is_an_error() {
    use gatekeeper_evidence::measurements::Better::{Higher, Lower};
    let of = |key: &str, better, factor: f64| {
        let with = |factor| Series { better, ..samples("latency", noise(60, factor)) };
        let all = vec![side("primary", vec![with(1.0)]), side("canary", vec![with(factor)])];
        let metrics = format!("metrics = [{{ name = \"latency\", {key} = \"10%\" }}]\n");
        Case::new(&RULE, &format!("{SIDES}{metrics}"), all).judged().status()
    };
    assert_eq!([of("max-increase", Some(Lower), 1.0), of("max-increase", None, 1.0)], [Pass, Pass]);
    assert_eq!([of("max-decrease", Some(Higher), 1.0), of("max-decrease", None, 1.0)], [Pass, Pass]);
    // A canary that is twice as slow is within a bound on how much faster it may be.
    assert_eq!([of("max-decrease", Some(Lower), 2.0), of("max-increase", Some(Higher), 0.5)], [Error, Error]);
    let counted = |key: &str, better| {
        let of = |role: &str| {
            let errors = Series { better, ..samples("errors", [5.0]) };
            side(role, vec![errors, samples("requests", [9_000.0])])
        };
        let metrics =
            format!("metrics = [{{ name = \"rate\", {key} = \"1pp\", counts = [\"errors\", \"requests\"] }}]\n");
        Case::new(&RULE, &format!("{SIDES}{metrics}"), vec![of("primary"), of("canary")]).judged().status()
    };
    assert_eq!([counted("max-increase", Some(Lower)), counted("max-decrease", Some(Lower))], [Pass, Error]);
}

#[test]
fn a_probability_is_written_for_people() {
    assert_eq!(
        [1.0, 0.0421, 0.001, 0.000_999, 3.9e-175].map(p_value),
        ["1.000", "0.042", "0.001", "1.0e-3", "3.9e-175"]
    );
}

/// A canary whose own thresholds failed is not promoted; a baseline's are no fault of the canary's.
#[test]
fn what_the_tool_says_of_thresholds_of_its_own_is_heard() {
    let of = |primary: Option<u64>, canary: Option<u64>| {
        let with = |role: &str, failed| {
            let mut e = side(role, vec![samples("latency", noise(60, 1.0))]);
            if let Data::Measurements(m) = &mut e.data {
                m.thresholds_failed = failed;
            }
            e
        };
        let all = vec![with("primary", primary), with("canary", canary)];
        Case::new(&RULE, &format!("{SIDES}{LATENCY}"), all).judged()
    };
    assert_eq!(violations(&of(None, Some(1))), [("thresholds-failed", Error)]);
    assert_eq!([of(Some(1), Some(0)).status(), of(None, None).status()], [Pass, Pass]);
    // Which side a report without figures is of, nobody knows.
    let mut none = side("other", Vec::new());
    if let Data::Measurements(m) = &mut none.data {
        m.thresholds_failed = Some(2);
    }
    let all = vec![
        side("primary", vec![samples("latency", noise(60, 1.0))]),
        side("canary", vec![samples("latency", noise(60, 1.0))]),
        none,
    ];
    assert_eq!(Case::new(&RULE, &format!("{SIDES}{LATENCY}"), all).judged().status(), Error);
}

#[test]
fn fewer_samples_than_wanted_hold() {
    assert_eq!([49, 50].map(|n| latency("", noise(60, 1.0), noise(n, 1.5))), [Inconclusive, Fail]);
    assert_eq!([49, 50].map(|n| latency("", noise(n, 1.0), noise(60, 1.0))), [Inconclusive, Pass]);
    assert_eq!(latency("min-samples = 5", noise(5, 1.0), noise(5, 1.0)), Pass);
    // So few can tell nothing at this confidence, whatever is wanted.
    assert_eq!(latency("min-samples = 1", noise(3, 1.0), noise(3, 2.0)), Inconclusive);
    assert_eq!(latency("", noise(60, 1.0), Vec::new()), Inconclusive.max(Inconclusive));
}

#[test]
fn what_is_not_critical_holds_and_never_rolls_back() {
    let all = || {
        vec![
            side("primary", vec![samples("latency", noise(60, 1.0))]),
            side("canary", vec![samples("latency", noise(60, 1.5))]),
        ]
    };
    let of = |critical: &str| {
        let keys = format!("{SIDES}metrics = [{{ name = \"latency\", max-increase = \"10%\"{critical} }}]");
        Case::new(&RULE, &keys, all()).judged().status()
    };
    assert_eq!([of(""), of(", critical = true"), of(", critical = false")], [Fail, Fail, Inconclusive]);
}

#[test]
fn where_more_is_better_less_is_worse() {
    let of = |factor| {
        let all = vec![
            side("primary", vec![samples("rps", noise(60, 1.0))]),
            side("canary", vec![samples("rps", noise(60, factor))]),
        ];
        let keys = format!("{SIDES}metrics = [{{ name = \"rps\", max-decrease = \"10%\" }}]");
        Case::new(&RULE, &keys, all).judged().status()
    };
    assert_eq!([of(1.5), of(0.95), of(0.9), of(0.8)], [Pass, Pass, Inconclusive, Fail]);
}

#[test]
fn rates_are_compared_by_their_counts() {
    let status = |old, new| rate("", old, new).status();
    assert_eq!(status([30.0, 9000.0], [30.0, 9000.0]), Pass);
    assert_eq!(status([30.0, 9000.0], [300.0, 9000.0]), Fail);
    assert_eq!(status([30.0, 9000.0], [3.0, 212.0]), Inconclusive);
    assert_eq!(status([0.0, 60.0], [0.0, 60.0]), Inconclusive);
    assert_eq!(status([0.0, 9000.0], [50.0, 9000.0]), Pass);
    assert_eq!([status([0.0, 49.0], [49.0, 1000.0]), status([30.0, 9000.0], [0.0, 0.0])], [Inconclusive, Inconclusive]);
    assert_eq!(
        [
            status([1.0, 9000.0], [9001.0, 9000.0]),
            status([1.5, 9000.0], [1.0, 9000.0]),
            status([2.0, 1.0], [1.0, 9000.0])
        ],
        [Error; 3]
    );
    assert_eq!(rate("min-samples = 0", [0.0, 0.0], [0.0, 9000.0]).status(), Inconclusive);
    let j = rate("", [30.0, 9000.0], [3.0, 212.0]);
    assert!(j.notes[0].contains("+1.082 pp [+0.138 pp, +3.746 pp] by 3 of 212 against 30 of 9000"), "{:?}", j.notes);
}

#[test]
fn no_data_is_never_promoted() {
    let codes = |all: Vec<Evidence>| {
        let j = Case::new(&RULE, &format!("{SIDES}{LATENCY}"), all).judged();
        violations(&j).into_iter().map(|(c, s)| (c.to_owned(), s)).collect::<Vec<_>>()
    };
    let some = || vec![samples("latency", noise(60, 1.0))];
    let missing = [("measurement-missing".to_owned(), Missing)];
    assert_eq!(codes(vec![side("primary", some())]), missing);
    assert_eq!(codes(vec![side("canary", some())]), missing);
    assert_eq!(codes(vec![side("primary", some()), side("canary", vec![samples("other", [1.0])])]), missing);
    let mut broken = side("canary", some());
    if let Data::Measurements(m) = &mut broken.data {
        m.failures.push(Failure {
            metric: "latency".to_owned(),
            count: 1,
            why: "NaN".to_owned(),
            ..Failure::default()
        });
    }
    assert_eq!(codes(vec![side("primary", some()), broken.clone()]), [("measurement-failed".to_owned(), Error)]);
    // What a bystander lost is no matter.
    broken.source.labels.insert("role".to_owned(), "other".to_owned());
    assert_eq!(codes(vec![side("primary", some()), side("canary", some()), broken]), []);
    let zero = vec![side("primary", some()), side("canary", vec![samples("latency", vec![0.0; 60])])];
    assert_eq!(codes(zero), [("canary-untold".to_owned(), Error)]);
    let mut bytes = samples("latency", noise(60, 1.0));
    bytes.unit = "B".to_owned();
    assert_eq!(
        codes(vec![side("primary", some()), side("canary", vec![bytes])]),
        [("canary-untold".to_owned(), Error)]
    );
}

#[test]
fn labels_of_series_tell_the_sides_too_and_units_are_converted() {
    let mut all = Measurements::default();
    for (role, unit, factor) in [("primary", "ms", 1.0), ("canary", "s", 0.001)] {
        let mut s = samples("latency", noise(60, factor));
        s.unit = unit.to_owned();
        s.labels.insert("role".to_owned(), role.to_owned());
        all.series.push(s);
    }
    let case = Case::new(&RULE, &format!("{SIDES}{LATENCY}"), vec![evidence("m", Data::Measurements(all))]).judged();
    assert_eq!(case.status(), Pass);
}

#[test]
fn mistakes_are_told() {
    for (keys, words) in [
        (SIDES.to_string(), "needs `metrics`"),
        (LATENCY.to_owned() + "canary = { labels = { role = \"c\" } }", "needs `baseline`"),
        (
            format!("{LATENCY}baseline = {{ labels = {{ a = \"b\" }} }}\ncanary = {{ labels = {{ a = \"b\" }} }}"),
            "compared with itself",
        ),
        (format!("{LATENCY}baseline = {{}}\ncanary = {{ labels = {{ a = \"b\" }} }}"), "needs `labels`"),
        (format!("{SIDES}metrics = [{{ name = \"a\" }}]"), "either `max-increase` or `max-decrease`"),
        (
            format!("{SIDES}metrics = [{{ name = \"a\", max-increase = \"1%\", max-decrease = \"1%\" }}]"),
            "either `max-increase` or `max-decrease`",
        ),
        (format!("{SIDES}metrics = [{{ max-increase = \"1%\" }}]"), "has a `name`"),
        (format!("{SIDES}metrics = [{{ name = \"a\", max-increase = \"1pp\" }}]"), "by their ratio"),
        (format!("{SIDES}metrics = [{{ name = \"a\", max-increase = \"1%\", counts = [\"a\", \"b\"] }}]"), "by points"),
        (format!("{SIDES}metrics = [{{ name = \"a\", max-increase = \"1pp\", counts = [\"a\"] }}]"), "two metrics"),
        (format!("{SIDES}{LATENCY}confidence = 100"), "from 50 to below 100"),
        (format!("{SIDES}{LATENCY}confidence = 20"), "from 50 to below 100"),
        (format!("{SIDES}metrics = [{{ name = \"a\", max-increase = \"1%\", x = 1 }}]"), "no key `x`"),
    ] {
        let told = gate(&RULE, &keys).unwrap_err();
        assert!(told.len() == 1 && told[0].contains(words), "{keys}: {told:?}");
    }
    assert!(gate(&RULE, &format!("{SIDES}{LATENCY}confidence = 99")).unwrap().decides());
}

#[test]
fn rates_that_fall_too_far_are_worse_where_more_is_better() {
    let of = |old: [f64; 2], new: [f64; 2]| {
        let side = |role: &str, [a, n]: [f64; 2]| side(role, vec![samples("good", [a]), samples("requests", [n])]);
        let metrics = "metrics = [{ name = \"rate\", max-decrease = \"1pp\", counts = [\"good\", \"requests\"] }]\n";
        let all = vec![side("primary", old), side("canary", new)];
        Case::new(&RULE, &format!("{SIDES}{metrics}"), all).judged()
    };
    assert_eq!(of([8_900.0, 9_000.0], [8_900.0, 9_000.0]).status(), Pass);
    assert_eq!(of([8_000.0, 9_000.0], [8_900.0, 9_000.0]).status(), Pass, "better");
    let j = of([8_900.0, 9_000.0], [8_000.0, 9_000.0]);
    assert_eq!(j.status(), Fail);
    assert!(j.violations[0].message.contains("rate: the canary is worse"), "{}", j.violations[0].message);
    let untold = rate("", [30.0, 9000.0], [3.0, 212.0]);
    assert!(untold.violations[0].message.contains("rate: it cannot be told yet"), "{}", untold.violations[0].message);
}

#[test]
fn as_many_requests_as_are_wanted_are_enough() {
    let codes =
        |n: f64| violations(&rate("", [0.0, n], [n, n])).iter().map(|(c, _)| (*c).to_owned()).collect::<Vec<_>>();
    assert_eq!([codes(49.0), codes(50.0)], [["canary-untold"], ["canary"]]);
    // A count of 2^53 is a float like its neighbours.
    let most = 9_007_199_254_740_992.0;
    assert_eq!(rate("", [0.0, most], [0.0, 9000.0]).status(), Error);
    assert_ne!(rate("", [0.0, most - 1.0], [0.0, 9000.0]).status(), Error);
}

#[test]
fn one_side_without_samples_tells_nothing() {
    let stated = || {
        let mut s = samples("latency", Vec::new());
        s.stated.insert(gatekeeper_evidence::measurements::Statistic::Mean, Number::whole(100));
        s
    };
    for (old, new) in [(stated(), samples("latency", noise(60, 1.0))), (samples("latency", noise(60, 1.0)), stated())] {
        let all = vec![side("primary", vec![old]), side("canary", vec![new])];
        let j = Case::new(&RULE, &format!("{SIDES}{LATENCY}min-samples = 0"), all).judged();
        assert_eq!(violations(&j), [("canary-untold", Inconclusive)]);
        assert!(j.violations[0].message.contains("only a summary is stated"), "{}", j.violations[0].message);
    }
}

#[test]
fn the_figure_of_samples_is_how_much_worse_they_are() {
    let all = vec![
        side("primary", vec![samples("latency", vec![100.0; 60])]),
        side("canary", vec![samples("latency", vec![150.0; 60])]),
    ];
    let j = Case::new(&RULE, &format!("{SIDES}{LATENCY}"), all).judged();
    assert!(j.violations[0].message.contains("latency +50"), "{}", j.violations[0].message);
    let problems = gate(&RULE, &format!("{SIDES}metrics = [{{ name = 5, max-increase = \"1%\" }}]")).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
}
