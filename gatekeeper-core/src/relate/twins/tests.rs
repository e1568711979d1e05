use super::*;
use gatekeeper_evidence::Source;
use gatekeeper_evidence::coverage::{Coverage, FileCoverage, Line, Percentages};
use gatekeeper_evidence::findings::{Finding, Findings, Place};
use gatekeeper_evidence::test_run::{Problem, TestRun};

fn evidence(path: &str, format: &'static str, tool: &str, data: Data) -> Evidence {
    let source = Source {
        path: path.into(),
        format,
        tool: (!tool.is_empty()).then(|| tool.into()),
        sha256: path.into(),
        size: 100,
        ..Source::default()
    };
    Evidence { source, complete: None, notes: Vec::new(), data }
}

fn run(cases: &[(&str, Outcome)]) -> TestRun {
    let cases = cases.iter().map(|(name, status)| Case { name: (*name).into(), status: *status, ..Case::default() });
    TestRun {
        suites: vec![Suite { cases: cases.collect(), ..Suite::named("s") }],
        problems: Vec::new(),
        ..TestRun::default()
    }
}

fn passed(n: u64) -> TestRun {
    let unlisted = Counts { passed: n, ..Counts::default() };
    TestRun { suites: vec![Suite { unlisted, ..Suite::named("s") }], problems: Vec::new(), ..TestRun::default() }
}

fn of_ct(path: &str, format: &'static str, run: TestRun) -> Evidence {
    evidence(path, format, "ct", Data::Tests(run))
}

fn kept(sorted: &Sorted) -> Vec<&str> {
    sorted.kept.iter().map(|e| e.source.path.as_str()).collect()
}

fn aside(sorted: &Sorted) -> Vec<(&str, Option<&str>)> {
    sorted.aside.iter().map(|a| (a.evidence.source.path.as_str(), a.instead.as_deref())).collect()
}

#[test]
fn the_newest_run_of_a_folder_is_kept() {
    const OLD: &str = "logs/ct_run.a@b.2026-11-19_09.00.00/suite.log";
    const NEW: &str = "logs/ct_run.a@b.2026-11-20_08.00.00/suite.log";
    const OTHER: &str = "app/logs/ct_run.a@b.2026-01-01_00.00.00/suite.log";
    for order in [[OLD, NEW, OTHER], [NEW, OTHER, OLD], [OTHER, OLD, NEW]] {
        let got = sort(order.iter().map(|p| of_ct(p, "ct-suite-log", run(&[(p, Outcome::Passed)]))).collect());
        let mut all = kept(&got);
        all.sort_unstable();
        assert_eq!(all, [OTHER, NEW], "{order:?}");
        assert_eq!(aside(&got), [(OLD, None)]);
        assert!(got.aside[0].because.contains("ct_run.a@b.2026-11-20_08.00.00"), "{}", got.aside[0].because);
    }
}

fn suites(names: &[(&str, Outcome)]) -> TestRun {
    let suite = |(name, status): &(&str, Outcome)| {
        let case = Case { name: "c".into(), status: *status, ..Case::default() };
        Suite { cases: vec![case], ..Suite::named(*name) }
    };
    TestRun { suites: names.iter().map(suite).collect(), ..TestRun::default() }
}

#[test]
fn of_each_suite_the_newest_run_is_kept() {
    use Outcome::{Failed, Passed};
    let at = |day: u32, file: &str| format!("logs/ct_run.a@b.2026-11-{day:02}_09.00.00/{file}");
    let log = |day, of: &[(&str, Outcome)]| of_ct(&at(day, "suite.log"), "ct-suite-log", suites(of));
    let names = |sorted: &Sorted| -> Vec<(String, bool)> {
        let mut out: Vec<_> = sorted
            .kept
            .iter()
            .filter_map(|e| if let Data::Tests(t) = &e.data { Some(t) } else { None })
            .flat_map(|t| t.suites.iter().map(|s| (s.name.to_string(), s.cases[0].status == Passed)))
            .collect();
        out.sort();
        out
    };
    // `--suite a` failed, then `--suite b` passed: neither stands for the other, whatever the order they are found in.
    for turn in [false, true] {
        let mut all = vec![log(1, &[("a_SUITE", Failed)]), log(2, &[("b_SUITE", Passed)])];
        if turn {
            all.reverse();
        }
        let got = sort(all);
        assert_eq!(names(&got), [("a_SUITE".to_owned(), false), ("b_SUITE".to_owned(), true)]);
        assert!(got.kept.iter().any(|e| e.notes.iter().any(|n| n.message.contains("of an older run"))));
    }
    // Of a run of both only what was not run again counts; the third run settles the rest.
    let got = sort(vec![log(1, &[("a_SUITE", Failed), ("b_SUITE", Failed)]), log(2, &[("b_SUITE", Passed)])]);
    assert_eq!(names(&got), [("a_SUITE".to_owned(), false), ("b_SUITE".to_owned(), true)]);
    let got =
        sort(vec![log(1, &[("a_SUITE", Failed)]), log(2, &[("b_SUITE", Passed)]), log(3, &[("a_SUITE", Passed)])]);
    assert_eq!(names(&got), [("a_SUITE".to_owned(), true), ("b_SUITE".to_owned(), true)]);
    // What the hook wrote names folders too; totals name no suite, so that the newest run's are all there is.
    let hook = |day, of| of_ct(&at(day, "junit_report.xml"), "junit", suites(of));
    let got = sort(vec![
        hook(1, &[("lib.app.a_SUITE", Failed)]),
        log(1, &[("a_SUITE", Failed)]),
        log(2, &[("b_SUITE", Passed)]),
    ]);
    assert_eq!(names(&got), [("a_SUITE".to_owned(), false), ("b_SUITE".to_owned(), true)]);
    let got =
        sort(vec![log(1, &[("a_SUITE", Failed)]), of_ct(&at(2, "totals.info"), "ct-totals", suites(&[("x", Passed)]))]);
    assert_eq!(names(&got), [("x".to_owned(), true)]);
}

#[test]
fn a_run_is_told_by_its_folder_and_its_time() {
    assert_eq!(ct_run("a/logs/ct_run.x.1/suite.log"), Some(("a/logs/", "ct_run.x.1")));
    assert_eq!(ct_run("ct_run.x.1/suite.log"), Some(("", "ct_run.x.1")));
    assert_eq!(ct_run("a/ct_run.x.1"), None);
    assert_eq!(ct_run("a/suite.log"), None);
    assert_eq!(run_time("ct_run.a@b.2026-11-20_16.05.21"), Some("2026-11-20_16.05.21"));
    assert_eq!(run_time("2026-11-20_16.05.21"), Some("2026-11-20_16.05.21"));
    for bad in ["ct_run.a@b.2026-11-20 16.05.21", "ct_run.a@b.2026-11-2x_16.05.21", "short", ""] {
        assert_eq!(run_time(bad), None, "{bad}");
    }
}

#[test]
fn equal_bytes_are_a_copy_only_under_the_same_labels_and_name() {
    let copy = |path: &str, os: &str| {
        let mut e = evidence(path, "junit", "", Data::Tests(run(&[("a", Outcome::Passed)])));
        e.source.sha256 = "same".into();
        e.source.labels = [("os".to_owned(), os.to_owned())].into();
        e
    };
    let got = sort(vec![copy("x/junit.xml", "linux"), copy("y/junit.xml", "linux")]);
    assert_eq!((kept(&got), aside(&got)), (vec!["x/junit.xml"], vec![("y/junit.xml", Some("x/junit.xml"))]));
    // Two systems may well write the same: each counts.
    assert_eq!(kept(&sort(vec![copy("x/junit.xml", "linux"), copy("y/junit.xml", "macos")])).len(), 2);
    assert_eq!(kept(&sort(vec![copy("x/one.xml", "linux"), copy("y/two.xml", "linux")])).len(), 2);
    let other =
        Evidence { source: Source { sha256: "other".into(), ..copy("y/junit.xml", "linux").source }, ..copy("", "") };
    assert_eq!(kept(&sort(vec![copy("x/junit.xml", "linux"), other])).len(), 2);
    // Empty files equal each other and say nothing of each other.
    let empty = |path| {
        let mut e = copy(path, "linux");
        e.source.size = 0;
        e
    };
    assert_eq!(kept(&sort(vec![empty("x/junit.xml"), empty("y/junit.xml")])).len(), 2);
    // Only what is counted up is a copy too many.
    let coverage = |path| Evidence { data: Data::Coverage(Coverage::default()), ..copy(path, "linux") };
    assert_eq!(kept(&sort(vec![coverage("x/junit.xml"), coverage("y/junit.xml")])).len(), 2);
}

#[test]
fn of_one_tools_formats_the_richest_that_says_something_is_kept() {
    let poor = || of_ct("b.log", "rebar3-ct", passed(2));
    let rich = |run| of_ct("a.html", "ct-suite-log", run);
    let two = run(&[("x", Outcome::Passed), ("y", Outcome::Passed)]);
    for order in [vec![poor(), rich(two.clone())], vec![rich(two), poor()]] {
        let got = sort(order);
        assert_eq!((kept(&got), aside(&got)), (vec!["a.html"], vec![("b.log", Some("a.html"))]));
        assert!(got.contradictions.is_empty(), "{:?}", got.contradictions);
        assert_eq!(got.aside[0].because, "ct-suite-log of the same run says more");
    }
    // A rich twin that counts nothing does not stand for one that does.
    let got = sort(vec![rich(TestRun::default()), poor()]);
    let mut both = kept(&got);
    both.sort_unstable();
    assert_eq!(both, ["a.html", "b.log"]);
    // Unless it tells that the run was cut off, or that something failed beside the cases.
    let cut = Evidence { complete: Some(false), ..rich(TestRun::default()) };
    assert_eq!(kept(&sort(vec![cut, poor()])), ["a.html"]);
    let whole = Evidence { complete: Some(true), ..rich(TestRun::default()) };
    assert_eq!(kept(&sort(vec![whole, poor()])).len(), 2);
    let problem = Problem { name: "init_per_suite".into(), ..Problem::default() };
    let failed = rich(TestRun { problems: vec![problem], ..TestRun::default() });
    assert_eq!(kept(&sort(vec![failed, poor()])), ["a.html"]);
}

#[test]
fn twins_are_of_one_tool_one_entry_and_one_set_of_labels() {
    let two = || run(&[("x", Outcome::Passed), ("y", Outcome::Passed)]);
    let with = |change: fn(&mut Source)| {
        let mut poor = of_ct("b.log", "rebar3-ct", passed(2));
        change(&mut poor.source);
        kept(&sort(vec![of_ct("a.html", "ct-suite-log", two()), poor])).len()
    };
    assert_eq!(with(|_| ()), 1);
    assert_eq!(with(|s| s.tool = Some("eunit".into())), 2);
    assert_eq!(with(|s| s.tool = None), 2);
    assert_eq!(with(|s| s.name = Some("other".into())), 2);
    assert_eq!(with(|s| s.labels = [("os".to_owned(), "linux".to_owned())].into()), 2);
    assert_eq!(with(|s| s.format = "no-twin-of-ct"), 2);
    // What stands on one step is united, not left aside.
    let got = sort(vec![of_ct("a.log", "rebar3-ct", passed(2)), of_ct("b.log", "ct-run", passed(2))]);
    assert_eq!(got.kept.len(), 2);
}

#[test]
fn coverage_that_says_nothing_does_not_stand_for_a_poorer_twin() {
    let of = |path: &str, format, coverage| evidence(path, format, "cover", Data::Coverage(coverage));
    let full = || Coverage { files: [("m".into(), FileCoverage::default())].into(), ..Coverage::default() };
    let percent = || Coverage { percent: Some(Percentages::default()), ..Coverage::default() };
    assert_eq!(kept(&sort(vec![of("a", "erlang-coverdata", full()), of("b", "rebar3-cover", percent())])), ["a"]);
    assert_eq!(kept(&sort(vec![of("a", "erlang-coverdata", percent()), of("b", "rebar3-cover", full())])), ["a"]);
    let none = of("a", "erlang-coverdata", Coverage::default());
    assert_eq!(kept(&sort(vec![none, of("b", "rebar3-cover", percent())])).len(), 2);
    // A log of tests is no twin of coverage.
    let other = evidence("b", "rebar3-cover", "cover", Data::Findings(Findings::default()));
    assert_eq!(kept(&sort(vec![of("a", "erlang-coverdata", full()), other])).len(), 2);
}

#[test]
fn a_twin_that_tells_of_worse_contradicts() {
    let said = |kept: Evidence, aside: Evidence| {
        let got = sort(vec![kept, aside]);
        assert_eq!((got.kept.len(), got.aside.len()), (1, 1));
        got.contradictions.first().map(|c| {
            assert_eq!((c.kept.as_str(), c.aside.as_str()), ("a.html", "b.log"));
            c.message.clone()
        })
    };
    let rich = |run| of_ct("a.html", "ct-suite-log", run);
    let poor = |run| of_ct("b.log", "rebar3-ct", run);
    let one = || run(&[("x", Outcome::Passed)]);
    let counts = |counts: Counts| {
        let mut run = passed(0);
        run.suites[0].unlisted = counts;
        run
    };
    assert_eq!(said(rich(one()), poor(passed(1))), None);
    let more = said(rich(one()), poor(passed(2))).unwrap();
    assert!(more.contains("counts 2 cases, here are 1"), "{more}");
    // The kept twin may well know more.
    assert_eq!(said(rich(run(&[("x", Outcome::Passed), ("y", Outcome::Passed)])), poor(passed(1))), None);
    for bad in [Counts { failed: 1, ..Counts::default() }, Counts { errored: 1, ..Counts::default() }] {
        let failing = said(rich(one()), poor(counts(bad))).unwrap();
        assert!(failing.contains("reports 1 failing test"), "{failing}");
    }
    let problem = Problem { name: "end_per_suite".into(), message: "crashed".into(), line: None };
    let broken = TestRun { problems: vec![problem.clone()], ..passed(1) };
    let message = said(rich(one()), poor(broken.clone())).unwrap();
    assert!(message.contains("end_per_suite failed: crashed"), "{message}");
    let cut = said(rich(one()), Evidence { complete: Some(false), ..poor(passed(1)) }).unwrap();
    assert!(cut.contains("did not finish"), "{cut}");
    assert_eq!(said(rich(one()), Evidence { complete: Some(true), ..poor(passed(1)) }), None);
    // Failures may be allowed or waived: more of them than are kept contradict as well, and as many do not.
    let failing = |failed| counts(Counts { failed, passed: 5 - failed, ..Counts::default() });
    let kept = |failed: usize| {
        let status = |n| if n < failed { Outcome::Failed } else { Outcome::Passed };
        rich(run(&(0..5).map(|n| ("x", status(n))).collect::<Vec<_>>()))
    };
    for (mine, theirs, words) in [
        (1, 2, Some("b.log reports 2 failing tests of the same run, here is 1")),
        (2, 5, Some("b.log reports 5 failing tests of the same run, here are 2")),
        (2, 2, None),
        (2, 1, None),
    ] {
        assert_eq!(said(kept(mine), poor(failing(theirs))).as_deref(), words, "{mine} {theirs}");
    }
    assert_eq!(
        said(rich(run(&[("x", Outcome::Failed)])), poor(passed(5))).unwrap(),
        "b.log counts 5 cases, here are 1"
    );
    // What one tells as a failed case another tells beside the cases.
    assert_eq!(said(kept(1), poor(TestRun { problems: vec![problem.clone()], ..passed(5) })), None);
    assert_eq!(said(rich(TestRun { problems: vec![problem.clone()], ..one() }), poor(failing(1))), None);
    assert_eq!(said(rich(TestRun { problems: vec![problem.clone()], ..one() }), poor(passed(5))), None);
    let more = said(kept(1), poor(TestRun { problems: vec![problem.clone()], ..failing(2) })).unwrap();
    assert_eq!(more, "b.log reports 2 failing tests of the same run, here is 1");
    let both = said(kept(1), poor(TestRun { problems: vec![problem], ..failing(1) })).unwrap();
    assert_eq!(both, "b.log reports that end_per_suite failed: crashed");
    // What did not finish is an error by itself.
    assert_eq!(said(Evidence { complete: Some(false), ..rich(one()) }, poor(broken)), None);
}

fn log(path: &str, tool: &str, places: &[(&str, u32, &str)], exit_status: Option<i32>) -> Evidence {
    let items = places.iter().map(|(file, line, rule)| Finding {
        rule: (*rule).into(),
        place: Some(Place { path: (*file).into(), line: Some(*line), column: None }),
        ..Finding::default()
    });
    let findings = Findings { items: items.collect(), ..Findings::default() };
    let mut e = evidence(path, "xref", tool, Data::Findings(findings));
    e.source.exit_status = exit_status;
    e
}

#[test]
fn logs_of_one_tool_are_twins_only_if_they_say_the_same() {
    let a = || log("a.log", "xref", &[("src/m.erl", 3, "r")], None);
    let same = log("b.log", "xref", &[("/home/ci/src/m.erl", 3, "r")], None);
    let got = sort(vec![a(), same]);
    assert_eq!((kept(&got), aside(&got)), (vec!["a.log"], vec![("b.log", Some("a.log"))]));
    assert_eq!(got.aside[0].because, "the same findings");
    for other in [("src/n.erl", 3, "r"), ("src/m.erl", 4, "r"), ("src/m.erl", 3, "q")] {
        let got = sort(vec![a(), log("b.log", "xref", &[other], None)]);
        assert_eq!(kept(&got), ["a.log", "b.log"], "{other:?}");
        assert!(got.contradictions.is_empty());
    }
    assert_eq!(kept(&sort(vec![a(), log("b.log", "dialyzer", &[("src/m.erl", 3, "r")], None)])).len(), 2);
    // Linters in general write what they like.
    let plain = |path| log(path, "eslint", &[("src/m.erl", 3, "r")], None);
    assert_eq!(kept(&sort(vec![plain("a.log"), plain("b.log")])).len(), 2);
}

#[test]
fn a_recorded_run_stands_for_logs_and_is_contradicted_by_what_it_did_not_find() {
    let recorded = || log("z.log", "xref", &[("m.erl", 3, "r")], Some(0));
    let got = sort(vec![log("a.log", "xref", &[], None), recorded()]);
    assert_eq!((kept(&got), aside(&got)), (vec!["z.log"], vec![("a.log", Some("z.log"))]));
    assert!(got.contradictions.is_empty());
    assert_eq!(got.aside[0].because, "the same tool's recorded run tells more");
    let more = [("m.erl", 3, "r"), ("m.erl", 9, "r"), ("n.erl", 3, "r")];
    let got = sort(vec![log("a.log", "xref", &more, None), recorded()]);
    assert!(got.contradictions[0].message.contains("holds 2 findings"), "{:?}", got.contradictions);
}

#[test]
fn shards_of_one_format_count_each() {
    let shard = |path: &str| evidence(path, "junit", "", Data::Tests(run(&[("a", Outcome::Passed)])));
    let got = sort(vec![shard("1/junit.xml"), shard("2/junit.xml")]);
    assert_eq!(got.kept.len(), 2);
    // Another format of the run stands beside one of them, not for both.
    let tap = |path: &str| evidence(path, "tap", "", Data::Tests(run(&[("a", Outcome::Passed)])));
    let got = sort(vec![shard("1/junit.xml"), shard("2/junit.xml"), tap("x.tap")]);
    assert_eq!((got.kept.len(), aside(&got)), (2, vec![("x.tap", Some("1/junit.xml"))]));
    let got = sort(vec![shard("1/junit.xml"), tap("x.tap"), tap("y.tap"), shard("2/junit.xml")]);
    assert_eq!(aside(&got), [("x.tap", Some("1/junit.xml")), ("y.tap", Some("2/junit.xml"))]);
}

#[test]
fn two_formats_are_one_run_only_with_the_same_cases_and_results() {
    let of = |path: &str, format, cases: &[(&str, Outcome)]| evidence(path, format, "", Data::Tests(run(cases)));
    let a = || of("a", "junit", &[("m::adds", Outcome::Passed), ("m::divides", Outcome::Failed)]);
    let twin = of("b", "tap", &[("m > adds", Outcome::Passed), ("m > Divides", Outcome::Errored)]);
    assert_eq!(kept(&sort(vec![a(), twin])).len(), 1);
    for (name, status) in [("divides", Outcome::Passed), ("divides", Outcome::Skipped), ("other", Outcome::Failed)] {
        let b = of("b", "tap", &[("adds", Outcome::Passed), (name, status)]);
        assert_eq!(kept(&sort(vec![a(), b])).len(), 2, "{name} {status:?}");
    }
    assert_eq!(kept(&sort(vec![a(), of("b", "tap", &[("adds", Outcome::Passed)])])).len(), 2);
    // Runs that list no case are never the same.
    let none = |path, format| evidence(path, format, "", Data::Tests(passed(2)));
    assert_eq!(kept(&sort(vec![none("a", "junit"), none("b", "tap")])).len(), 2);
    let empty = |path, format| of(path, format, &[]);
    assert_eq!(kept(&sort(vec![empty("a", "junit"), empty("b", "tap")])).len(), 2);
    let mut other = of("b", "tap", &[("adds", Outcome::Passed), ("divides", Outcome::Failed)]);
    other.source.name = Some("nightly".into());
    assert_eq!(kept(&sort(vec![a(), other.clone()])).len(), 2);
    other.source.name = None;
    other.source.labels = [("os".to_owned(), "linux".to_owned())].into();
    assert_eq!(kept(&sort(vec![a(), other])).len(), 2);
}

#[test]
fn names_are_the_same_however_their_words_are_joined() {
    let with_class = |name: &str, class: Option<&str>| {
        let case = Case { name: name.into(), class: class.map(Into::into), ..Case::default() };
        TestRun {
            suites: vec![Suite { cases: vec![case], ..Suite::named("calc") }],
            problems: Vec::new(),
            ..TestRun::default()
        }
    };
    for (a, b) in [
        (with_class("adds two", None), with_class("calc adds_two", None)),
        (with_class("adds two", Some("deep")), with_class("Deep › adds two", None)),
        (with_class("deep.adds-two", None), with_class("adds two", Some("deep"))),
    ] {
        let pair =
            vec![evidence("a", "junit", "", Data::Tests(a.clone())), evidence("b", "tap", "", Data::Tests(b.clone()))];
        assert_eq!(sort(pair).kept.len(), 1, "{a:?} {b:?}");
    }
    assert_eq!(last_name("a > b > c"), "c");
    assert_eq!(last_name("a › b"), "b");
    assert_eq!(last_name("a::b:: c"), "c");
    assert_eq!(words(&["Adds_two", "(Numbers)!"]), "adds two numbers");
}

#[test]
fn of_two_formats_that_which_tells_more_of_what_is_wrong_is_kept() {
    let of = |path: &str, format, run| evidence(path, format, "", Data::Tests(run));
    let good = || run(&[("a", Outcome::Passed), ("b", Outcome::Failed)]);
    let problem = Problem { name: "after all".into(), ..Problem::default() };
    let more = of("b", "tap", TestRun { problems: vec![problem], ..good() });
    let got = sort(vec![of("a", "junit", good()), more]);
    assert_eq!((kept(&got), aside(&got)), (vec!["b"], vec![("a", Some("b"))]));
    let cut = Evidence { complete: Some(false), ..of("b", "tap", good()) };
    assert_eq!(kept(&sort(vec![of("a", "junit", good()), cut])), ["b"]);
    let skipped = of("b", "tap", run(&[("a", Outcome::Skipped), ("b", Outcome::Failed)]));
    assert_eq!(kept(&sort(vec![of("a", "junit", good()), skipped])), ["b"]);
    let errored = of("b", "tap", run(&[("a", Outcome::Passed), ("b", Outcome::Errored)]));
    assert_eq!(kept(&sort(vec![of("a", "junit", good()), errored])), ["b"]);
    // Between equals the first stays.
    assert_eq!(kept(&sort(vec![of("a", "junit", good()), of("b", "tap", good())])), ["a"]);
}

#[test]
fn three_formats_of_one_run_are_one() {
    let of = |path: &str, format, tool: &str| evidence(path, format, tool, Data::Tests(run(&[("x", Outcome::Passed)])));
    let got = sort(vec![of("a", "junit", ""), of("b", "mocha-json", ""), of("c", "tap", "")]);
    assert_eq!((got.kept.len(), got.aside.len()), (1, 2));
    let got = sort(vec![of("a", "junit", ""), of("b", "mocha-json", "")]);
    assert_eq!((got.kept.len(), got.aside.len()), (1, 1));
}

#[test]
fn cases_are_the_same_by_any_of_their_names() {
    let of = |path: &str, format, name: &str, class: Option<&str>| {
        let case = Case { name: name.into(), class: class.map(Into::into), status: Outcome::Passed, ..Case::default() };
        let suites = vec![Suite { cases: vec![case], ..Suite::named("s") }];
        evidence(path, format, "", Data::Tests(TestRun { suites, ..TestRun::default() }))
    };
    let kept = |a: (&str, Option<&str>), b: (&str, Option<&str>)| {
        sort(vec![of("a", "junit", a.0, a.1), of("b", "mocha-json", b.0, b.1)]).kept.len()
    };
    // By the last part alone, by all words of the name, by class and name.
    assert_eq!(kept(("Sums > adds", Some("A")), ("Other > adds", Some("B"))), 1);
    assert_eq!(kept(("Sums adds", Some("A")), ("Sums-adds", Some("B"))), 1);
    assert_eq!(kept(("adds", Some("Sums")), ("Sums adds", Some("B"))), 1);
    assert_eq!(kept(("Sums adds", Some("B")), ("adds", Some("Sums"))), 1);
    assert_eq!(kept(("b adds", Some("a")), ("adds", Some("a.b"))), 1);
    assert_eq!(kept(("adds", Some("A")), ("takes", Some("A"))), 2);
}

#[test]
fn a_recording_stands_for_logs_of_its_own_command_alone() {
    let one = [("m.erl", 3, "r")];
    let other = [("m.erl", 4, "r")];
    // Two recordings that tell another thing are of two commands; the very same are one.
    assert_eq!(sort(vec![log("a", "xref", &one, Some(0)), log("b", "xref", &other, Some(0))]).kept.len(), 2);
    assert_eq!(sort(vec![log("a", "xref", &one, Some(0)), log("b", "xref", &one, Some(0))]).kept.len(), 1);
    assert_eq!(sort(vec![log("a", "xref", &one, Some(0)), log("b", "xref", &one, Some(1))]).kept.len(), 2);
    assert_eq!(sort(vec![log("a", "xref", &one, None), log("b", "xref", &one, None)]).kept.len(), 1);
    assert_eq!(sort(vec![log("a", "xref", &one, None), log("b", "xref", &other, None)]).kept.len(), 2);
    // Other labels, another entry: another command.
    for change in [
        |e: &mut Evidence| e.source.labels = [("os".to_owned(), "x".to_owned())].into(),
        |e: &mut Evidence| e.source.name = Some("x".to_owned()),
        |e: &mut Evidence| e.source.format = "dialyzer",
    ] {
        let mut b = log("b", "xref", &[], None);
        change(&mut b);
        assert_eq!(sort(vec![log("a", "xref", &one, Some(0)), b]).kept.len(), 2);
    }
}

#[test]
fn of_runs_at_the_very_same_time_and_of_other_suites_each_keeps_its_own() {
    use Outcome::{Failed, Passed};
    let at = |day: u32, file: &str| format!("logs/ct_run.a@b.2026-11-{day:02}_09.00.00/{file}");
    let log = |day, file: &str, of: &[(&str, Outcome)]| of_ct(&at(day, file), "ct-suite-log", suites(of));
    let hook = |day, of: &[(&str, Outcome)]| of_ct(&at(day, "junit_report.xml"), "junit", suites(of));
    let failed = |all: Vec<Evidence>| {
        let got = sort(all);
        let mut out: Vec<String> = got
            .kept
            .iter()
            .filter_map(|e| if let Data::Tests(t) = &e.data { Some(t) } else { None })
            .flat_map(|t| t.suites.iter().filter(|s| s.cases[0].status == Failed).map(|s| s.name.to_string()))
            .collect();
        out.sort();
        out
    };
    // What an older run tells stands for one that is older still.
    let suite = |day, name, status| log(day, "a.log", &[(name, status)]);
    let three = vec![suite(1, "a_SUITE", Failed), suite(2, "a_SUITE", Passed), suite(3, "c_SUITE", Passed)];
    assert_eq!(failed(three), Vec::<String>::new());
    // Two logs of one older run do not stand for each other, though the one of the newest run does for its suite.
    let older = || vec![log(1, "a.log", &[("a_SUITE", Failed)]), log(1, "b.log", &[("b_SUITE", Failed)])];
    assert_eq!(failed([older(), vec![log(2, "c.log", &[("c_SUITE", Passed)])]].concat()), ["a_SUITE", "b_SUITE"]);
    assert_eq!(failed([older(), vec![log(2, "a.log", &[("a_SUITE", Passed)])]].concat()), ["b_SUITE"]);
    // A log that tells of a suite twice, and what a hook wrote of it and of one more.
    let twice = vec![log(1, "a.log", &[("a_SUITE", Failed)]), log(1, "a2.log", &[("a_SUITE", Failed)])];
    assert_eq!(failed([twice, vec![log(2, "c.log", &[("c_SUITE", Passed)])]].concat()), ["a_SUITE", "a_SUITE"]);
    let hooked = vec![log(1, "a.log", &[("a_SUITE", Failed)]), hook(1, &[("x.a_SUITE", Failed)])];
    assert_eq!(failed([hooked, vec![log(2, "c.log", &[("c_SUITE", Passed)])]].concat()), ["a_SUITE"]);
}

#[test]
fn a_twin_is_held_against_what_is_kept_of_its_own_run_alone() {
    let labelled = |mut e: Evidence, os: &str, name: Option<&str>| {
        e.source.labels = [("os".to_owned(), os.to_owned())].into();
        e.source.name = name.map(str::to_owned);
        e
    };
    let rich = |path: &str| of_ct(path, "ct-suite-log", run(&[("x", Outcome::Passed)]));
    let poor = |cases| of_ct("b.log", "rebar3-ct", passed(cases));
    for (os, name) in [("mac", None), ("linux", Some("nightly"))] {
        let all = |cases| {
            vec![
                labelled(rich("0.html"), os, name),
                labelled(rich("a.html"), "linux", None),
                labelled(poor(cases), "linux", None),
            ]
        };
        let got = sort(all(1));
        assert_eq!((aside(&got), got.contradictions.len()), (vec![("b.log", Some("a.html"))], 0));
        let got = sort(all(2));
        assert_eq!(got.contradictions[0].message, "b.log counts 2 cases, here are 1");
        assert_eq!(got.contradictions[0].kept, "a.html");
    }
    // Nor against what its tool says of another kind.
    let findings = evidence("0.html", "ct-suite-log", "ct", Data::Findings(Findings::default()));
    let got = sort(vec![findings, rich("a.html"), poor(2)]);
    assert_eq!(aside(&got), [("b.log", Some("a.html"))]);
}

#[test]
fn a_table_of_less_than_its_data_contradicts_that() {
    let data = |path: &str| {
        let lines = (1..=10).map(|number| Line { number, hits: u32::from(number < 10) }).collect();
        let mut coverage = Coverage::default();
        coverage.add("m", FileCoverage { lines, ..FileCoverage::default() });
        coverage.metrics.lines = true;
        evidence(path, "erlang-coverdata", "", Data::Coverage(coverage))
    };
    let table = |path: &str, format, total: &str| {
        let percent = Some(Percentages { total: total.into(), ..Percentages::default() });
        evidence(path, format, "cover", Data::Coverage(Coverage { percent, ..Coverage::default() }))
    };
    let told = |all: Vec<Evidence>| {
        let got = sort(all);
        got.contradictions.into_iter().map(|c| (c.kept, c.aside, c.message)).collect::<Vec<_>>()
    };
    let said = |aside: &str, words: &str| ("all.coverdata".to_owned(), aside.to_owned(), words.to_owned());
    for format in ["rebar3-cover", "erlang-cover-html"] {
        let of = |total| told(vec![data("all.coverdata"), table("t", format, total)]);
        assert_eq!(of("79%"), [said("t", "t says 79 % of the same run, and the data comes to 90 %")]);
        assert_eq!(of("88"), []);
        assert_eq!(of("not a number"), []);
        // The fullest is the whole run's, wherever it stands.
        for (a, b) in [("40", "90"), ("90", "40")] {
            assert_eq!(told(vec![table("a", format, a), data("all.coverdata"), table("b", format, b)]), []);
        }
        let two = told(vec![table("a", format, "40"), data("all.coverdata"), table("b", format, "50")]);
        assert_eq!(two, [said("b", "b says 50 % of the same run, and the data comes to 90 %")]);
        assert_eq!(told(vec![data("all.coverdata"), table("t", "of another tool", "40")]), []);
        // Of another run, or of no data, nothing is told.
        for change in [
            |e: &mut Evidence| e.source.labels = [("os".to_owned(), "mac".to_owned())].into(),
            |e: &mut Evidence| e.source.name = Some("nightly".to_owned()),
            |e: &mut Evidence| e.source.format = "lcov",
        ] {
            let mut other = data("all.coverdata");
            change(&mut other);
            assert_eq!(told(vec![other, table("t", format, "40")]), []);
        }
    }
    let both =
        told(vec![data("all.coverdata"), table("c", "rebar3-cover", "40"), table("h", "erlang-cover-html", "50")]);
    assert_eq!(both.len(), 1, "the console's table is a poorer twin of the pages: {both:?}");
}

#[test]
fn of_logs_without_a_place_the_messages_are_compared() {
    let of = |path: &str, message: &str| {
        let items = vec![Finding { rule: "r".into(), message: message.into(), ..Finding::default() }];
        evidence(path, "xref", "xref", Data::Findings(Findings { items, ..Findings::default() }))
    };
    assert_eq!(kept(&sort(vec![of("a", "x"), of("b", "x")])), ["a"]);
    assert_eq!(kept(&sort(vec![of("a", "x"), of("b", "y")])).len(), 2);
    // What is suppressed is none of what a log tells.
    let mut silent = of("b", "y");
    if let Data::Findings(f) = &mut silent.data {
        f.items[0].suppressed = Some(Box::default());
    }
    assert_eq!(kept(&sort(vec![log("a", "xref", &[], None), silent])), ["a"]);
    // Tests and coverage of such a tool are no logs of it.
    let tests = |path: &str| evidence(path, "xref", "xref", Data::Coverage(Coverage::default()));
    assert_eq!(kept(&sort(vec![tests("a"), tests("b")])).len(), 2);
}

#[test]
fn of_logs_what_is_proven_comes_first_and_then_what_was_written_last() {
    let of = |path: &str, modified: i64, exit_status| {
        let mut e = log(path, "xref", &[("m.erl", 3, "r")], exit_status);
        e.source.modified = Some(modified);
        e
    };
    assert_eq!(kept(&sort(vec![of("a", 1, None), of("b", 2, None)])), ["b"]);
    assert_eq!(kept(&sort(vec![of("a", 2, None), of("b", 1, None)])), ["a"]);
    assert_eq!(kept(&sort(vec![of("a", 1, Some(0)), of("b", 2, None)])), ["a"]);
    // In the end they stand in the order of their paths.
    let others = vec![
        of("b", 2, Some(0)),
        evidence("c", "junit", "", Data::Tests(run(&[("x", Outcome::Passed)]))),
        of("a", 1, Some(1)),
    ];
    assert_eq!(kept(&sort(others)), ["a", "b", "c"]);
}
