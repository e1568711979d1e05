use super::super::testing::{Case, conditions, evidence, gate, violations};
use super::*;
use GateStatus::{Error, Fail, Inconclusive, Pass, Warn};
use gatekeeper_evidence::coverage::{Branch, Line, Metrics};

/// A file of so many covered lines and so many others.
fn file(covered: u32, uncovered: u32) -> FileCoverage {
    let lines = (1..=covered + uncovered).map(|n| Line { number: n, hits: u32::from(n <= covered) }).collect();
    FileCoverage { lines, ..FileCoverage::default() }
}

fn report(files: &[(&str, FileCoverage)]) -> Coverage {
    let files = files.iter().map(|(n, f)| ((*n).into(), f.clone())).collect();
    Coverage { files, metrics: Metrics { lines: true, ..Metrics::default() }, ..Coverage::default() }
}

fn printed(total: &str, files: &[(&str, &str)]) -> Coverage {
    let files = files.iter().map(|(n, p)| ((*n).into(), (*p).into())).collect();
    Coverage { percent: Some(Percentages { total: total.into(), files }), ..Coverage::default() }
}

fn of(keys: &str, reports: Vec<Coverage>) -> Case<'_> {
    let evidence = reports.into_iter().map(|c| evidence("lcov.info", Data::Coverage(c))).collect();
    Case::new(&RULE, keys, evidence)
}

fn status(keys: &str, report: Coverage) -> GateStatus {
    of(keys, vec![report]).judged().status()
}

#[test]
fn lines_are_held_to_min_and_to_warn() {
    let of = |keys, covered| status(keys, report(&[("a", file(covered, 100 - covered))]));
    assert_eq!([79, 80, 81].map(|n| of("lines = 80", n)), [Fail, Pass, Pass]);
    assert_eq!([79, 80, 84, 85].map(|n| of("lines = { min = 80, warn = 85 }", n)), [Fail, Warn, Warn, Pass]);
    assert_eq!([84, 85].map(|n| of("lines = { warn = 85 }", n)), [Warn, Pass]);
}

#[test]
fn each_metric_is_held_to_its_own_limit() {
    let mut f = file(1, 0);
    f.branches = (1..=2).map(|arm| Branch { line: 1, block: 0, arm, hits: u32::from(arm == 1) }).collect();
    f.stated.functions = Some(Ratio::new(2, 3));
    f.stated.statements = Some(Ratio::new(4, 5));
    let c = Coverage { metrics: Metrics::ALL, ..report(&[("a", f)]) };
    for (metric, holds, fails) in
        [("lines", 100, 101), ("branches", 50, 51), ("functions", 66, 67), ("statements", 80, 81)]
    {
        assert_eq!(status(&format!("{metric} = {holds}"), c.clone()), Pass, "{metric}");
        if fails <= 100 {
            assert_eq!(status(&format!("{metric} = {fails}"), c.clone()), Fail, "{metric}");
        }
    }
}

#[test]
fn what_falls_short_names_the_worst_files_and_how_much_is_to_do() {
    let c = report(&[("a", file(9, 1)), ("b", file(0, 5)), ("c", file(0, 7))]);
    let j = of("lines = 80", vec![c]).judged();
    assert_eq!(violations(&j), [("coverage-below", Fail); 2]);
    assert_eq!(j.violations.iter().map(|v| v.id.as_deref().unwrap()).collect::<Vec<_>>(), ["c", "b"]);
    assert_eq!(j.violations[1].message, "b: 0 of 5 lines covered (0 %), 5 not");
    assert_eq!(j.violations[1].place.as_ref().and_then(|p| p.line), Some(1));
    assert_eq!(j.to_pass, [Remedy::Cover { more: 9, noun: "line", now: Ratio::new(9, 22) }]);
    let j = of("lines = { min = 10, warn = 80 }", vec![report(&[("a", file(1, 1))])]).judged();
    assert_eq!(violations(&j), [("coverage-below", Warn)]);
}

#[test]
fn nothing_measured_is_an_error() {
    let none = || report(&[("a", file(0, 0))]);
    for keys in ["lines = 2", "lines = { warn = 2 }", "files = { lines = 2 }", "files = { only = [\"a\"], lines = 2 }"]
    {
        let j = of(keys, vec![none()]).judged();
        assert_eq!((j.status(), violations(&j)), (Error, vec![("coverage-empty", Error)]), "{keys}");
    }
    // A file without a line beside others is no fault.
    let both = || report(&[("a", file(0, 0)), ("b", file(1, 0))]);
    assert_eq!(status("files = { lines = 2 }", both()), Pass);
    assert_eq!(status("files = { only = [\"*\"], lines = 2 }", both()), Pass);
    assert_eq!(status("files = { only = [\"a\", \"b\"], lines = 2 }", both()), Error);
}

#[test]
fn a_figure_that_the_report_does_not_speak_of_is_an_error() {
    for keys in ["branches = 2", "files = { branches = 2 }"] {
        let j = of(keys, vec![report(&[("a", file(1, 0))])]).judged();
        assert_eq!(violations(&j), [("coverage-no-figure", Error)], "{keys}");
    }
    let j = of("branches = 2\nfiles = { branches = 2 }", vec![printed("90", &[("a", "90")])]).judged();
    assert_eq!(violations(&j), [("coverage-no-figure", Error); 2]);
}

#[test]
fn each_file_is_held_to_its_limit() {
    let c = || report(&[("src/a.c", file(8, 2)), ("src/b.c", file(7, 3)), ("d.c", file(9, 1))]);
    let j = of("files = { lines = { min = 80, warn = 85 } }", vec![c()]).judged();
    assert_eq!(conditions(&j), [("lines of src/a.c", Warn), ("lines of src/b.c", Fail)]);
    assert_eq!(j.violations[1].message, "src/b.c: 70 % lines, wanted 80 %: 1 line short");
    assert_eq!(j.violations[0].message, "src/a.c: 80 % lines, wanted 85 %: 1 line short");
    assert_eq!(j.to_pass, [Remedy::RaiseEach { count: 2, what: "file", metric: "lines" }]);
    let j = of("modules = { only = [\"a\", \"d.c\"], lines = 80 }", vec![c()]).judged();
    assert_eq!(conditions(&j), [("lines of d.c", Pass), ("lines of src/a.c", Pass)]);
}

#[test]
fn a_name_that_was_given_must_be_there() {
    let named = "modules = { only = [\"a\", \"gone\"], lines = 50 }";
    let j = of(named, vec![report(&[("a", file(1, 0))])]).judged();
    assert_eq!(violations(&j), [("coverage-module-missing", Error)]);
    assert_eq!(j.violations[0].message, "none of the modules named (gone) is in the evidence");
    let j = of(named, vec![printed("90", &[("a", "90")])]).judged();
    assert_eq!(violations(&j), [("coverage-module-missing", Error)]);
    let j = of("modules = { lines = 50 }", vec![printed("90", &[])]).judged();
    assert_eq!(violations(&j), [("coverage-module-missing", Error)]);
    let j = of("modules = { lines = 50 }", vec![report(&[])]).judged();
    assert_eq!(violations(&j), [("coverage-module-missing", Error)]);
}

#[test]
fn a_printed_percentage_is_what_it_may_stand_for() {
    let whole = |keys: &str, total| status(keys, printed(total, &[]));
    assert_eq!(["79", "80", "80.0"].map(|t| whole("lines = 80", t)), [Fail, Pass, Pass]);
    assert_eq!(["79", "78", "80"].map(|t| whole("lines = 79.5", t)), [Inconclusive, Fail, Pass]);
    assert_eq!(["79.4", "79.5"].map(|t| whole("lines = 79.5", t)), [Fail, Pass]);
    assert_eq!(["79", "84", "85", "x"].map(|t| whole("lines = { min = 80, warn = 85 }", t)), [Fail, Warn, Pass, Error]);
    let each = |value| status("modules = { lines = 80 }", printed("90", &[("a", value)]));
    assert_eq!([each("79"), each("80")], [Fail, Pass]);
    let only = of("modules = { only = [\"a\"], lines = 80 }", vec![printed("9", &[("a", "80"), ("b", "1")])]);
    assert_eq!(conditions(&only.judged()), [("lines of a", Pass)]);
}

#[test]
fn what_lists_lines_is_known_better_than_a_percentage() {
    let j = of("lines = 80", vec![printed("99", &[]), report(&[("a", file(1, 1))])]).judged();
    assert_eq!(conditions(&j), [("lines", Fail)]);
}

#[test]
fn reports_are_united_before_they_are_judged() {
    let mut other = file(0, 2);
    other.lines[1].hits = 1;
    let j = of("lines = 100", vec![report(&[("a", file(1, 1))]), report(&[("a", other)])]).judged();
    assert_eq!(j.status(), Pass);
}

#[test]
fn paths_narrow_and_counters_of_the_whole_say_nothing_of_a_part() {
    let narrowed = |keys, c| {
        let mut case = of(keys, vec![c]);
        case.select.paths = vec![Pattern::new("src/**").unwrap()];
        case
    };
    let c = || report(&[("src/a.c", file(8, 2)), ("lib/b.c", file(0, 9))]);
    assert_eq!(narrowed("lines = 80", c()).judged().status(), Pass);
    let elsewhere = narrowed("lines = 80", report(&[("lib/b.c", file(1, 0))])).judged();
    assert_eq!(violations(&elsewhere), [("coverage-empty", Error)]);
    let mut stated = report(&[("src/a.c", FileCoverage::default())]);
    stated.stated.lines = Some(Ratio::new(9, 10));
    assert_eq!(status("lines = 80", stated.clone()), Pass);
    assert_eq!(violations(&narrowed("lines = 80", stated).judged()), [("coverage-empty", Error)]);
    assert_eq!(violations(&narrowed("lines = 80", printed("90", &[])).judged()), [("coverage-empty", Error)]);
}

#[test]
fn what_the_document_claims_of_the_whole_may_be_missing_in_any_part() {
    // It lists 9 of 10 lines, and its own counter says 5 of 10.
    let claimed = || {
        let mut c = report(&[("src/a.c", file(9, 1)), ("src/b.c", file(0, 0))]);
        c.hold_against(&Stated { lines: Some(Ratio::new(5, 10)), ..Stated::default() });
        c.by_totals().unwrap()
    };
    let of = |paths: &[&str], waived: &str| {
        let mut case = of("lines = 80", vec![claimed()]);
        case.select.paths = paths.iter().map(|p| Pattern::new(p).unwrap()).collect();
        case.judged_waiving(&|i| i.id == Some(waived)).status()
    };
    assert_eq!([of(&[], ""), of(&["src/**"], "")], [Fail, Fail]);
    assert_eq!([of(&["src/a.c"], ""), of(&[], "src/b.c")], [Fail, Fail]);
}

#[test]
fn what_the_document_claims_of_the_whole_may_be_missing_in_any_file() {
    let of = |keys: &str, covered: u64, told: bool| {
        let mut c = report(&[("src/a.c", file(10, 0)), ("src/b.c", file(10, 0)), ("src/none.c", file(0, 0))]);
        c.hold_against(&Stated { lines: Some(Ratio::new(covered, 20)), ..Stated::default() });
        of(keys, vec![if told { c.by_totals().unwrap() } else { c }]).judged().status()
    };
    for key in ["files", "modules"] {
        let keys = format!("{key} = {{ lines = 80 }}");
        assert_eq!(
            [of(&keys, 18, true), of(&keys, 17, true), of(&keys, 0, true), of(&keys, 0, false)],
            [Pass, Fail, Fail, Pass]
        );
    }
    let only = "files = { only = [\"a.c\"], lines = 80 }";
    assert_eq!([of(only, 18, true), of(only, 17, true)], [Pass, Fail]);
}

#[test]
fn what_is_waived_is_taken_out_before_it_counts() {
    let c = || report(&[("src/a.c", file(9, 1)), ("src/old.c", file(0, 100))]);
    let old = |i: &Item<'_>| i.path == Some("src/old.c");
    let j = of("lines = 90\nfiles = { lines = 80 }", vec![c()]).judged_waiving(&old);
    assert_eq!((j.status(), conditions(&j)), (Pass, vec![("lines", Pass)]));
    assert_eq!(violations(&of("lines = 2", vec![c()]).judged_waiving(&|_| true)), [("all-waived", Error)]);
    // It is there, so that a name for it is no mistake; but nothing is left of what was named.
    let both = "files = { only = [\"a.c\", \"old.c\"], lines = 80 }";
    assert_eq!(of(both, vec![c()]).judged_waiving(&old).status(), Pass);
    let alone = of("files = { only = [\"old.c\"], lines = 80 }", vec![c()]).judged_waiving(&old);
    assert_eq!(violations(&alone), [("all-waived", Error)]);
    // Counters of the whole hold what was taken out.
    let mut stated = report(&[("src/a.c", FileCoverage::default()), ("src/old.c", FileCoverage::default())]);
    stated.stated.lines = Some(Ratio::new(9, 10));
    assert_eq!(of("lines = 80", vec![stated]).judged_waiving(&old).status(), Error);
    let table = || printed("50", &[("a", "90"), ("src/old.c", "1")]);
    assert_eq!(of("modules = { lines = 80 }", vec![table()]).judged_waiving(&old).status(), Pass);
    assert_eq!(of("lines = 80", vec![table()]).judged_waiving(&old).status(), Fail);
}

#[test]
fn a_gate_that_nothing_can_fail_is_refused() {
    for (bad, words) in [
        ("", "demands nothing"),
        ("files = {}", "`files` demands nothing"),
        ("lines = { min = 80, warn = 70 }", "can never warn"),
        ("lines = 101", "percentage"),
        ("lines = { mn = 3 }", "no key `mn`"),
    ] {
        let said = gate(&RULE, bad).unwrap_err().join("\n");
        assert!(said.contains(words), "{bad}: {said}");
    }
    assert!(gate(&RULE, "lines = { min = 80, warn = 80 }").is_ok());
}

#[test]
fn the_place_is_the_first_line_that_did_not_run() {
    let of = |lines: &[(u32, u32)]| {
        let lines = lines.iter().map(|(number, hits)| Line { number: *number, hits: *hits }).collect();
        place("a", &FileCoverage { lines, ..FileCoverage::default() }).line
    };
    // Line 0 is generated code.
    assert_eq!(of(&[(0, 0), (1, 3), (2, 0), (3, 0)]), Some(2));
    assert_eq!(of(&[(0, 0), (1, 1)]), None);
}

#[test]
fn the_file_with_most_to_cover_comes_first_however_large_it_is() {
    let c = report(&[("large", file(70, 20)), ("small", file(0, 30))]);
    let j = of("lines = 80", vec![c]).judged();
    let said: Vec<&str> = j.violations.iter().map(|v| v.message.as_str()).collect();
    assert_eq!(said, ["small: 0 of 30 lines covered (0 %), 30 not", "large: 70 of 90 lines covered (77.77 %), 20 not"]);
}

#[test]
fn where_each_file_holds_there_is_nothing_to_do() {
    let each = |covered| of("files = { lines = 80 }", vec![report(&[("a", file(covered, 10 - covered))])]).judged();
    assert_eq!((each(8).status(), each(8).to_pass), (Pass, vec![]));
    assert_eq!(each(7).to_pass, [Remedy::RaiseEach { count: 1, what: "file", metric: "lines" }]);
}
