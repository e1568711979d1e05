use super::*;
use crate::policy::{Known, parse};
use crate::rule::Rules;
use gatekeeper_evidence::Source;
use gatekeeper_evidence::coverage::{FileCoverage, Line, Percentages};
use gatekeeper_evidence::inventory::Component;
use gatekeeper_evidence::measurements::{Figure, Samples, Series};
use gatekeeper_evidence::test_run::{Case, Counts, Suite};
use gatekeeper_formats::Formats;

fn policy(text: &str) -> Against {
    let known = (Formats::default(), Rules::default());
    let text = format!("version = 1\n[gates.tests]\n{text}");
    parse("p.toml", text.as_bytes(), None, Known { formats: &known.0, rules: &known.1 }).unwrap().against
}

fn evidence(labels: &[(&str, &str)], data: Data) -> Evidence {
    let labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let source = Source { path: "report".to_owned(), labels, ..Source::default() };
    Evidence { source, complete: Some(true), notes: Vec::new(), data }
}

fn ran(labels: &[(&str, &str)], names: &[&str]) -> Evidence {
    let cases = names.iter().map(|name| Case { name: (*name).into(), ..Case::default() }).collect();
    let suites = vec![Suite { cases, ..Suite::named("s") }];
    evidence(labels, Data::Tests(TestRun { suites, ..TestRun::default() }))
}

fn counted_only(passed: u64) -> Evidence {
    let suite = Suite { unlisted: Counts { passed, ..Counts::default() }, ..Suite::named("s") };
    evidence(&[], Data::Tests(TestRun { suites: vec![suite], ..TestRun::default() }))
}

fn covered(files: &[&str]) -> Evidence {
    let mut c = Coverage::default();
    for (n, file) in files.iter().enumerate() {
        // As many lines as no other file has: none of them has moved.
        let lines = (1..=u32::try_from(n).unwrap() + 1).map(|number| Line { number, hits: 1 }).collect();
        c.add(*file, FileCoverage { lines, ..FileCoverage::default() });
    }
    evidence(&[], Data::Coverage(c))
}

fn listed(names: &[&str]) -> Evidence {
    let components = names.iter().map(|n| Component { name: (*n).into(), ..Component::default() }).collect();
    evidence(&[], Data::Inventory(Inventory { components, ..Inventory::default() }))
}

fn measured(labels: &[(&str, &str)], metric: &str, samples: u32) -> Evidence {
    let mut all = Samples::default();
    (0..samples).for_each(|n| all.push(Figure::of(f64::from(n)).unwrap()));
    let series = Series { metric: metric.to_owned(), samples: all, ..Series::default() };
    evidence(labels, Data::Measurements(Measurements { series: vec![series], ..Measurements::default() }))
}

/// What shrank, by a policy: the gate's status, its reason.
fn shrinks(text: &str, before: &[Evidence], now: &[Evidence]) -> (GateStatus, String) {
    let gate = shrunk(&policy(text), &[], &Seen::of(before, now, &BTreeMap::new()), &[], Severity::Warn);
    (gate.status, gate.reason)
}

#[test]
fn of_each_kind_it_is_said_what_is_gone() {
    use GateStatus::{Error, Pass};
    let said = |status, words: &str| (status, words.to_owned());
    let whole = "nothing of the baseline is gone";
    let (most, none) = ("[baseline]\nmax-shrink = 50\n", "[baseline]\n");
    for (before, same, less, words) in [
        (ran(&[], &["a", "b"]), ran(&[], &["b", "a", "c"]), ran(&[], &["a"]), "1 of 2 cases is gone: s: b"),
        (counted_only(9), counted_only(9), counted_only(4), "5 of 9 cases are gone"),
        (covered(&["a.c", "b.c"]), covered(&["a.c", "b.c"]), covered(&["a.c"]), "1 of 2 files is gone: b.c"),
        (listed(&["a", "b"]), listed(&["b", "a"]), listed(&["a", "c"]), "1 of 2 packages is gone: b"),
        (measured(&[], "p99", 4), measured(&[], "p99", 5), measured(&[], "p99", 1), "3 of 4 samples are gone: p99"),
        (measured(&[], "p99", 2), measured(&[], "p99", 2), measured(&[], "p50", 2), "2 of 2 samples are gone: p99"),
    ] {
        let (before, same, less) = ([before], [same], [less]);
        assert_eq!(shrinks(most, &before, &same), said(Pass, whole));
        assert_eq!(shrinks(none, &before, &less), said(Pass, words), "without a limit it is said");
        let half = if words.starts_with("1 of 2") { Pass } else { Error };
        assert_eq!(shrinks(most, &before, &less), said(half, words));
        assert_eq!(shrinks("[baseline]\nmax-shrink = 49\n", &before, &less), said(Error, words));
        // Of what was never there nothing can be gone.
        assert_eq!(shrinks("[baseline]\nmax-shrink = 0\n", &[], &before), said(Pass, whole));
    }
}

#[test]
fn a_limit_on_shrinking_is_a_condition_of_each_kind_that_was_there() {
    let (before, now) = ([ran(&[], &["a", "b", "c", "d"]), listed(&["x"])], [ran(&[], &["a", "b", "c"])]);
    let own = policy("[baseline]\nmax-shrink = 25\n");
    let gate = shrunk(&own, &[], &Seen::of(&before, &now, &BTreeMap::new()), &[], Severity::Warn);
    let conditions: Vec<_> = gate.conditions.iter().map(|c| (&*c.metric, &*c.value, &*c.limit, c.status)).collect();
    let figures =
        [("cases gone", "25 %", "25 %", GateStatus::Pass), ("packages gone", "100 %", "25 %", GateStatus::Error)];
    assert_eq!(conditions, figures);
    let violations: Vec<_> = gate.violations.iter().map(|v| (&*v.code, v.status, &*v.message)).collect();
    assert_eq!(violations, [("shrunk", GateStatus::Error, "1 of 1 package is gone: x")]);
    assert_eq!((gate.status, gate.blocking, gate.policy_line), (GateStatus::Error, true, Some(3)));
    assert_eq!(gate.to_pass, ["bring back what is gone, or take a new baseline: gatekeeper snapshot -o FILE"]);
}

#[test]
fn cases_and_series_under_other_labels_are_others() {
    let before = [ran(&[("otp", "27")], &["a"]), ran(&[("otp", "28")], &["a"])];
    let seen = Seen::of(&before, &before[..1], &BTreeMap::new());
    assert_eq!((seen.cases.ran, seen.cases.lost_in_all()), (2, 1), "what ran elsewhere did not run here");
    let measured = |os: &str| measured(&[("os", os)], "p99", 3);
    let (before, now) = ([measured("linux"), measured("macos")], [measured("linux")]);
    assert_eq!(samples(&before, &now), (6, vec!["p99 (os=macos)".to_owned()], 3));
    assert_eq!(samples(&before, &before), (6, Vec::new(), 0));
    let more = samples(&[measured("linux")], &[measured("linux"), measured("linux")]);
    assert_eq!(more, (3, Vec::new(), 0), "more samples are no loss");
}

#[test]
fn of_attempts_the_first_counts_and_numbers_are_in_their_order() {
    let attempt = |n: &'static str, names: &[&str]| ran(&[("attempt", n), ("os", "linux")], names);
    let all = [attempt("10", &["x"]), attempt("2", &["a", "b"]), ran(&[("os", "macos")], &["c"]), listed(&["p"])];
    let names = |runs: Vec<&TestRun>| -> Vec<String> {
        runs.iter().flat_map(|r| r.cases()).map(|(_, c)| c.name.to_string()).collect()
    };
    assert_eq!(names(first_attempts(&all)), ["a", "b", "c"]);
    // What failed is run again by itself: the rest of the first attempt is not lost by that.
    let before = [attempt("1", &["a", "b"]), attempt("2", &["b"])];
    let lost = |now: &[Evidence]| {
        let seen = Seen::of(&before, now, &BTreeMap::new());
        (seen.cases.ran, seen.cases.lost_in_all())
    };
    assert_eq!(lost(&[attempt("1", &["a", "b"])]), (2, 0));
    assert_eq!(lost(&[attempt("1", &["a"]), attempt("2", &["b"])]), (2, 1));
}

#[test]
fn some_names_are_told_and_the_others_counted() {
    let of = |n: usize| some(&(1..=n).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!([of(1), of(8), of(9)], ["1", "1, 2, 3, 4, 5, 6, 7, 8", "1, 2, 3, 4, 5, 6, 7, 8 and 1 more"]);
}

#[test]
fn without_a_baseline_what_demands_one_says_so() {
    use GateStatus::{Error, Missing, Skip};
    let of = |text: &str, baseline: &Baseline<'_>| -> Vec<(String, GateStatus)> {
        without(&policy(text), baseline).into_iter().map(|g| (g.name, g.status)).collect()
    };
    let told = |all: &[(&str, GateStatus)]| all.iter().map(|(n, s)| ((*n).to_owned(), *s)).collect::<Vec<_>>();
    let missing = Baseline::Missing("none was given".to_owned());
    let unneeded = Baseline::NotNeeded("none is required".to_owned());
    let unusable = Baseline::Unusable("it is broken".to_owned());
    let weakening = "[weakening]\nlost = \"warn\"\n";
    let allowed = "[weakening]\nlost = \"allow\"\nskipped = \"allow\"\nfiles = \"allow\"\nexcludes = \"allow\"\npolicy = \"allow\"\nwaivers = \"allow\"\n";
    for (text, by_missing, by_unneeded) in [
        ("", &[][..], &[][..]),
        // Where nobody demands one, only the gates that compare lack it.
        ("[baseline]\nloosening = \"fail\"\n", &[], &[("baseline", Skip)]),
        ("[baseline]\nrequired = true\n", &[("baseline", Missing)], &[("baseline", Skip)]),
        ("[baseline]\nmax-shrink = 9\n", &[("baseline", Missing)], &[("baseline", Skip)]),
        (weakening, &[("weakening", Missing)], &[("weakening", Skip)]),
        (allowed, &[], &[]),
    ] {
        assert_eq!(of(text, &missing), told(by_missing), "{text}");
        assert_eq!(of(text, &unneeded), told(by_unneeded), "{text}");
    }
    // One that proves nothing is told whatever is demanded.
    assert_eq!(of("", &unusable), told(&[("baseline", Error)]));
    assert_eq!(of(weakening, &unusable), told(&[("baseline", Error), ("weakening", Error)]));

    let gates = |text: &str, baseline: &Baseline<'_>| without(&policy(text), baseline);
    let gate = &gates("[baseline]\nrequired = true\n", &missing)[0];
    let violations: Vec<_> = gate.violations.iter().map(|v| (&*v.code, v.status, &*v.message)).collect();
    assert_eq!(violations, [("baseline-missing", Missing, "none was given")]);
    assert_eq!((&*gate.reason, gate.blocking, gate.policy_line), ("none was given", true, Some(3)));
    assert_eq!(gate.to_pass, ["give the snapshot of an earlier run: --baseline FILE"]);
    let skipped = &gates("[baseline]\nrequired = false\n", &unneeded)[0];
    assert_eq!((skipped.violations.len(), skipped.blocking, skipped.to_pass.len()), (0, false, 0));
    let broken = gates(weakening, &unusable);
    assert_eq!(&*broken[0].violations[0].code, "baseline-unusable");
    assert_eq!(broken[0].to_pass, ["bring back what is gone, or take a new baseline: gatekeeper snapshot -o FILE"]);
    assert_eq!(broken[1].to_pass, Vec::<String>::new());
}

#[test]
fn what_is_to_be_said_of_a_baseline_is_a_warning_and_a_looser_policy_what_the_policy_makes_of_it() {
    let seen = Seen::of(&[], &[], &BTreeMap::new());
    let note = ["it does not say its commit".to_owned()];
    let looser = [Loosened { sort: Looser::Policy, words: "tests: min-cases 9 → 1".to_owned() }];
    let of = |notes: &[String], looser: &[Loosened], loosening| {
        let gate = shrunk(&policy(""), notes, &seen, looser, loosening);
        let codes: Vec<String> = gate.violations.iter().map(|v| v.code.to_string()).collect();
        (gate.status, gate.reason, codes)
    };
    let told = |status, reason: &str, codes: &[&str]| {
        (status, reason.to_owned(), codes.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(
        of(&note, &[], Severity::Warn),
        told(GateStatus::Warn, "it does not say its commit", &["baseline-untold"])
    );
    let loosened = "loosened: tests: min-cases 9 → 1";
    assert_eq!(of(&[], &looser, Severity::Allow), told(GateStatus::Pass, loosened, &[]));
    assert_eq!(of(&[], &looser, Severity::Warn), told(GateStatus::Warn, loosened, &["policy-loosened"]));
    // The worst stands first.
    let both = told(
        GateStatus::Fail,
        "loosened: tests: min-cases 9 → 1; it does not say its commit",
        &["policy-loosened", "baseline-untold"],
    );
    assert_eq!(of(&note, &looser, Severity::Fail), both);
}

#[test]
fn each_weakening_has_its_code_its_place_and_its_severity() {
    let (before, now) = ([ran(&[], &["a", "b"]), covered(&["a.c", "b.c"])], [ran(&[], &["a"]), covered(&["a.c"])]);
    let seen = Seen::of(&before, &now, &BTreeMap::new());
    let looser = [
        Loosened { sort: Looser::Exclude, words: "e".to_owned() },
        Loosened { sort: Looser::Policy, words: "p".to_owned() },
        Loosened { sort: Looser::Waiver, words: "w".to_owned() },
    ];
    let of = |seen: &Seen<'_>, looser: &[Loosened], tree: Option<&Tree>, severity: fn(Weaker) -> Option<Severity>| {
        let gate = weakened(&policy(""), seen, looser, tree, severity);
        let told: Vec<_> = gate
            .violations
            .iter()
            .map(|v| (v.code.to_string(), v.id.clone(), v.place.as_ref().map(|p| p.path.to_string()), v.status))
            .collect();
        (told, gate.status, gate.to_pass)
    };
    let one = |code: &str, id: Option<&str>, path: Option<&str>, status| {
        (code.to_owned(), id.map(str::to_owned), path.map(str::to_owned), status)
    };
    use GateStatus::{Fail, Pass, Warn};
    let (told, status, to_pass) =
        of(&seen, &looser, None, |sort| Some(if sort == Weaker::Files { Severity::Fail } else { Severity::Warn }));
    let all = [
        one("file-unmeasured", None, Some("b.c"), Fail),
        one("case-lost", Some("s: b"), None, Warn),
        one("exclude-grown", None, None, Warn),
        one("policy-loosened", None, None, Warn),
        one("waiver-added", None, None, Warn),
    ];
    assert_eq!((told, status), (all.to_vec(), Fail));
    assert_eq!(to_pass, ["bring it back; where it is meant, take a new baseline in a change of its own"]);
    // Warnings need nothing to pass; what is allowed is not told, nor what nobody asks about.
    let (told, status, to_pass) = of(&seen, &[], None, |_| Some(Severity::Warn));
    assert_eq!((told.len(), status, to_pass.len()), (2, Warn, 0));
    for silent in [|_| Some(Severity::Allow), |_| None] as [fn(Weaker) -> Option<Severity>; 2] {
        assert_eq!(of(&seen, &looser, None, silent), (Vec::new(), Pass, Vec::new()));
    }
    // A file that was deleted need not be measured.
    let fails: fn(Weaker) -> Option<Severity> = |_| Some(Severity::Fail);
    let codes = |tree: &Tree| of(&seen, &[], Some(tree), fails).0.into_iter().map(|v| v.0).collect::<Vec<_>>();
    assert_eq!(codes(&Tree::new(["a.c"])), ["case-lost"]);
    assert_eq!(codes(&Tree::new(["a.c", "b.c"])), ["case-lost", "file-unmeasured"]);
    // A module that a console table names by its name alone is told where its source is still there.
    let mut printed = covered(&[]);
    let Data::Coverage(c) = &mut printed.data else { panic!("{printed:?}") };
    c.percent = Some(Percentages { total: "9".into(), files: [("m".into(), "9".into())].into() });
    let before = [printed];
    let seen_now = Seen::of(&before, &[], &BTreeMap::new());
    let codes = |tree: &Tree| of(&seen_now, &[], Some(tree), fails).0.into_iter().map(|v| v.0).collect::<Vec<_>>();
    assert_eq!(codes(&Tree::new(["apps/a/src/m.erl"])), ["file-unmeasured"]);
    assert_eq!(codes(&Tree::new(["apps/a/src/n.erl"])), Vec::<String>::new());
    // Cases that are only counted have no name.
    let counts = |before: u64, now: u64| {
        let (before, now) = ([counted_only(before)], [counted_only(now)]);
        let gate = weakened(&policy(""), &Seen::of(&before, &now, &BTreeMap::new()), &[], None, fails);
        gate.reason
    };
    assert_eq!(counts(3, 3), "no test and no limit is weaker than in the baseline");
    assert_eq!(counts(3, 2), "1 case that the baseline counts did not run");
}
