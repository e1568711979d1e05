use super::*;

fn lines(all: &[(u32, u32)]) -> Vec<Line> {
    all.iter().map(|(number, hits)| Line { number: *number, hits: *hits }).collect()
}

fn branch(line: u32, arm: u32, hits: u32) -> Branch {
    Branch { line, block: 0, arm, hits }
}

fn function(line: u32, name: &str, hits: u32) -> Function {
    Function { line, name: name.into(), hits }
}

fn ratio(covered: u64, total: u64) -> Option<Ratio> {
    Some(Ratio { covered, total })
}

#[test]
fn figures_are_counted_from_what_is_listed() {
    let file = FileCoverage {
        lines: lines(&[(1, 2), (2, 0), (3, 1)]),
        branches: vec![branch(1, 0, 1), branch(1, 1, 0)],
        functions: vec![function(1, "f", 0), function(3, "g", 4)],
        statements: vec![
            Statement { place: (1, 0, 1, 9), count: 3, hits: 1 },
            Statement { place: (2, 0, 2, 9), count: 2, hits: 0 },
        ],
        ..FileCoverage::default()
    };
    let got = file.figures(Metrics::ALL);
    assert_eq!((got.lines, got.branches), (ratio(2, 3), ratio(1, 2)));
    assert_eq!((got.functions, got.statements), (ratio(1, 2), ratio(3, 5)));
    // What the report does not speak of has no figure: that is not nothing of nothing.
    assert_eq!(file.figures(Metrics::default()), Figures::default());
    let lines_only = file.figures(Metrics { lines: true, ..Metrics::default() });
    assert_eq!(lines_only, Figures { lines: ratio(2, 3), ..Figures::default() });
}

#[test]
fn a_lines_own_arms_stand_for_its_count_of_them() {
    let file = FileCoverage {
        branches: vec![branch(3, 0, 1), branch(3, 1, 0)],
        line_branches: vec![
            LineBranches { line: 2, covered: 1, total: 4 },
            LineBranches { line: 3, covered: 2, total: 2 },
            LineBranches { line: 4, covered: 2, total: 3 },
        ],
        ..FileCoverage::default()
    };
    assert_eq!(file.figures(Metrics::ALL).branches, ratio(1 + 1 + 2, 2 + 4 + 3));
}

#[test]
fn counters_stand_in_only_for_what_is_not_listed() {
    let stated = Stated { lines: ratio(8, 9), branches: ratio(1, 5), functions: None, statements: ratio(3, 4) };
    let file = FileCoverage { lines: lines(&[(1, 0)]), stated, ..FileCoverage::default() };
    let got = file.figures(Metrics::ALL);
    assert_eq!((got.lines, got.branches), (ratio(0, 1), ratio(1, 5)));
    assert_eq!((got.functions, got.statements), (ratio(0, 0), ratio(3, 4)));
}

#[test]
fn the_whole_states_what_no_file_has() {
    let stated = Stated { lines: ratio(5, 10), branches: ratio(1, 2), functions: ratio(2, 4), statements: ratio(3, 6) };
    let mut coverage = Coverage { metrics: Metrics::ALL, stated, ..Coverage::default() };
    assert_eq!(coverage.figures(), Figures::from(stated));
    coverage.add("a", FileCoverage { lines: lines(&[(1, 1)]), ..FileCoverage::default() });
    coverage.add(
        "b",
        FileCoverage {
            lines: lines(&[(1, 0)]),
            stated: Stated { functions: ratio(1, 3), ..Stated::default() },
            ..FileCoverage::default()
        },
    );
    let got = coverage.figures();
    assert_eq!((got.lines, got.functions), (ratio(1, 2), ratio(1, 3)));
    assert_eq!((got.branches, got.statements), (ratio(1, 2), ratio(3, 6)));
    coverage.metrics = Metrics::default();
    // A metric that the report does not speak of has no figure.
    assert_eq!(coverage.figures(), Figures::default());
    assert_eq!(Coverage { metrics: Metrics::ALL, ..Coverage::default() }.figures().lines, ratio(0, 0));
}

#[test]
fn repeated_items_become_one_with_the_highest_count() {
    let mut file = FileCoverage {
        lines: lines(&[(2, 1), (1, 0), (2, 5), (2, 3)]),
        branches: vec![branch(1, 1, 0), branch(1, 0, 2), branch(1, 1, 4)],
        line_branches: vec![
            LineBranches { line: 1, covered: 1, total: 2 },
            LineBranches { line: 1, covered: 0, total: 4 },
        ],
        functions: vec![function(5, "g", 1), function(1, "f", 0), function(5, "g", 7)],
        statements: vec![
            Statement { place: (1, 0, 1, 9), count: 1, hits: 3 },
            Statement { place: (1, 0, 1, 9), count: 2, hits: 0 },
        ],
        ..FileCoverage::default()
    };
    file.normalise();
    assert_eq!(file.lines, lines(&[(1, 0), (2, 5)]));
    assert_eq!(file.branches, [branch(1, 0, 2), branch(1, 1, 4)]);
    assert_eq!(file.line_branches, [LineBranches { line: 1, covered: 1, total: 4 }]);
    assert_eq!(file.functions, [function(1, "f", 0), function(5, "g", 7)]);
    assert_eq!(file.statements, [Statement { place: (1, 0, 1, 9), count: 2, hits: 3 }]);
}

#[test]
fn functions_are_one_by_their_line_only_where_that_is_known_and_meant() {
    let of = |by_line: bool, all: &[(u32, &str)]| {
        let mut file = FileCoverage {
            functions: all.iter().map(|(line, name)| function(*line, name, 1)).collect(),
            functions_by_line: by_line,
            ..FileCoverage::default()
        };
        file.normalise();
        file.functions.len()
    };
    assert_eq!(of(false, &[(3, "a"), (3, "b")]), 2);
    assert_eq!(of(true, &[(3, "a"), (3, "b")]), 1);
    // Line 0 is not known: names there are no aliases.
    assert_eq!(of(true, &[(0, "a"), (0, "b")]), 2);
    assert_eq!(of(true, &[(0, "a"), (0, "a")]), 1);
    assert_eq!(of(true, &[(3, "a"), (4, "a")]), 2);
}

#[test]
fn a_repeated_record_adds_its_counts_up() {
    let file = || FileCoverage {
        lines: lines(&[(1, 2), (2, u32::MAX)]),
        branches: vec![branch(1, 0, 3)],
        line_branches: vec![LineBranches { line: 7, covered: 1, total: 2 }],
        functions: vec![function(1, "f", 4)],
        statements: vec![Statement { place: (1, 0, 1, 9), count: 1, hits: 5 }],
        stated: Stated { lines: ratio(1, 2), ..Stated::default() },
        ..FileCoverage::default()
    };
    let mut coverage = Coverage::default();
    coverage.add_up("a", file());
    coverage.add_up("a", FileCoverage { functions_by_line: true, ..file() });
    coverage.add_up("b", file());
    assert_eq!(coverage.files.len(), 2);
    let got = &coverage.files["a"];
    assert_eq!(got.lines, lines(&[(1, 4), (2, u32::MAX)]));
    assert_eq!((got.branches[0].hits, got.functions[0].hits, got.functions_by_line), (6, 8, true));
    // What only counts is not added up: it may be the same again.
    assert_eq!((got.line_branches.len(), got.statements[0].hits, got.stated.lines), (1, 5, ratio(1, 2)));
    assert_eq!(coverage.files["b"], file());
}

#[test]
fn reports_of_one_file_are_united_by_identity() {
    let mut a = FileCoverage {
        lines: lines(&[(1, 1), (2, 0)]),
        functions: vec![function(1, "f", 0)],
        ..FileCoverage::default()
    };
    a.merge(FileCoverage {
        lines: lines(&[(2, 3), (4, 0)]),
        functions: vec![function(1, "f", 2)],
        functions_by_line: true,
        branches: vec![branch(2, 0, 1)],
        line_branches: vec![LineBranches { line: 9, covered: 1, total: 1 }],
        statements: vec![Statement { place: (1, 0, 1, 9), count: 1, hits: 1 }],
        stated: Stated { functions: ratio(1, 1), ..Stated::default() },
        ..FileCoverage::default()
    });
    assert_eq!(a.lines, lines(&[(1, 1), (2, 3), (4, 0)]));
    assert_eq!((a.functions.len(), a.functions[0].hits, a.functions_by_line), (1, 2, true));
    assert_eq!((a.branches.len(), a.line_branches.len(), a.statements.len()), (1, 1, 1));
    assert_eq!(a.stated.functions, ratio(1, 1));
}

#[test]
fn counters_united_are_the_higher_of_each() {
    let mut a = Stated { lines: ratio(5, 10), branches: ratio(1, 2), functions: None, statements: ratio(1, 9) };
    a.merge(Stated { lines: ratio(4, 12), branches: None, functions: ratio(3, 3), statements: ratio(2, 8) });
    assert_eq!((a.lines, a.branches), (ratio(5, 12), ratio(1, 2)));
    assert_eq!((a.functions, a.statements), (ratio(3, 3), ratio(2, 9)));
}

#[test]
fn of_two_percentages_the_lower_is_granted() {
    let of = |total: &str, files: &[(&str, &str)]| Percentages {
        total: total.into(),
        files: files.iter().map(|(n, p)| ((*n).into(), (*p).into())).collect(),
    };
    for (a, b) in [("85.3", "9.7"), ("9.7", "85.3")] {
        let mut got = of(a, &[("m", a), ("only-a", "3")]);
        got.merge(of(b, &[("m", b), ("only-b", "4")]));
        assert_eq!(got, of("9.7", &[("m", "9.7"), ("only-a", "3"), ("only-b", "4")]));
    }
    // What is no number grants nothing.
    for (a, b) in [("x", "50"), ("50", "x")] {
        let mut got = of(a, &[]);
        got.merge(of(b, &[]));
        assert_eq!(&*got.total, "x");
    }
}

#[test]
fn a_united_coverage_speaks_of_what_either_spoke_of() {
    let one = |name: &str, root: &str| Coverage {
        files: [(name.into(), FileCoverage { lines: lines(&[(1, 1)]), ..FileCoverage::default() })].into(),
        roots: vec![root.into(), "/same".into()],
        not_counted: vec![root.into(), "same".into()],
        ..Coverage::default()
    };
    let mut got = one("b", "/b");
    got.metrics = Metrics { lines: true, functions: true, ..Metrics::default() };
    got.stated.lines = ratio(1, 2);
    let metrics = Metrics { branches: true, statements: true, ..Metrics::default() };
    got.merge(Coverage {
        metrics,
        percent: Some(Percentages { total: "5".into(), ..Percentages::default() }),
        stated: Stated { lines: ratio(2, 3), ..Stated::default() },
        ..one("a", "/a")
    });
    assert_eq!(got.metrics, Metrics::ALL);
    assert_eq!(got.files.keys().map(AsRef::as_ref).collect::<Vec<&str>>(), ["a", "b"]);
    assert_eq!(got.roots, ["/a", "/b", "/same"]);
    assert_eq!(got.not_counted, ["/a", "/b", "same"]);
    assert_eq!(got.stated.lines, ratio(2, 3));
    assert_eq!(got.percent.as_ref().map(|p| &*p.total), Some("5"));
    got.merge(Coverage {
        percent: Some(Percentages { total: "4".into(), ..Percentages::default() }),
        ..Coverage::default()
    });
    assert_eq!(got.percent.as_ref().map(|p| &*p.total), Some("4"));
    got.merge(Coverage::default());
    assert_eq!(got.percent.as_ref().map(|p| &*p.total), Some("4"));
    assert_eq!(got.metrics, Metrics::ALL);
}

#[test]
fn a_report_speaks_of_what_it_has_figures_for() {
    let of = |file: FileCoverage, stated: Stated| {
        let mut coverage = Coverage { files: [("a".into(), file)].into(), stated, ..Coverage::default() };
        coverage.note_metrics();
        let m = coverage.metrics;
        [m.lines, m.branches, m.functions, m.statements]
    };
    let none = FileCoverage::default;
    assert_eq!(of(none(), Stated::default()), [false; 4]);
    assert_eq!(of(FileCoverage { lines: lines(&[(1, 0)]), ..none() }, Stated::default()), [true, false, false, false]);
    assert_eq!(
        of(FileCoverage { branches: vec![branch(1, 0, 0)], ..none() }, Stated::default()),
        [false, true, false, false]
    );
    let counted = vec![LineBranches { line: 1, covered: 0, total: 1 }];
    assert_eq!(of(FileCoverage { line_branches: counted, ..none() }, Stated::default()), [false, true, false, false]);
    assert_eq!(
        of(FileCoverage { functions: vec![function(1, "f", 0)], ..none() }, Stated::default()),
        [false, false, true, false]
    );
    let statements = vec![Statement { place: (1, 0, 1, 1), count: 1, hits: 0 }];
    assert_eq!(of(FileCoverage { statements, ..none() }, Stated::default()), [false, false, false, true]);
    for n in 0..4 {
        let at = |i: usize, r: Option<Ratio>| if i == n { r } else { None };
        let stated = |r| Stated { lines: at(0, r), branches: at(1, r), functions: at(2, r), statements: at(3, r) };
        let mut want = [false; 4];
        want[n] = true;
        assert_eq!(of(none(), stated(ratio(0, 1))), want);
        assert_eq!(of(FileCoverage { stated: stated(ratio(0, 1)), ..none() }, Stated::default()), want);
        // A counter of nothing speaks of nothing.
        assert_eq!(of(none(), stated(ratio(0, 0))), [false; 4]);
    }
    // What was known before stays.
    let mut known = Coverage { metrics: Metrics::ALL, ..Coverage::default() };
    known.note_metrics();
    assert_eq!(known.metrics, Metrics::ALL);
}

#[test]
fn a_repeated_record_adds_what_only_it_has() {
    let other = FileCoverage {
        line_branches: vec![LineBranches { line: 4, covered: 1, total: 2 }],
        statements: vec![Statement { place: (1, 0, 1, 9), count: 3, hits: 1 }],
        stated: Stated { lines: ratio(1, 2), ..Stated::default() },
        ..FileCoverage::default()
    };
    let mut file = FileCoverage::default();
    file.add_up(other.clone());
    assert_eq!(file, other);
}

#[test]
fn what_ran_is_covered_and_what_did_not_is_not() {
    let file = FileCoverage {
        branches: vec![branch(1, 0, 3), branch(1, 1, 2), branch(1, 2, 0)],
        functions: vec![function(1, "a", 7), function(2, "b", 1), function(3, "c", 0)],
        ..FileCoverage::default()
    };
    let figures = file.figures(Metrics::ALL);
    assert_eq!((figures.branches, figures.functions), (ratio(2, 3), ratio(2, 3)));
}

#[test]
fn what_is_recorded_of_texts_is_sorted_and_each_once() {
    let sum = |line: u32, byte: u8| LineSum { line, md5: [byte; 16] };
    let mut file = FileCoverage {
        sums: vec![sum(2, 2), sum(1, 1), sum(2, 2)],
        left_out: vec![9, 3, 9],
        ..FileCoverage::default()
    };
    file.normalise();
    assert_eq!((file.sums.iter().map(|s| s.line).collect::<Vec<_>>(), file.left_out), (vec![1, 2], vec![3, 9]));
}

#[test]
fn a_repeated_record_adds_its_hits_and_keeps_what_it_says_of_the_text() {
    let other = FileCoverage {
        lines: lines(&[(1, 1)]),
        sums: vec![LineSum { line: 1, md5: [1; 16] }],
        left_out: vec![5],
        length: Some(7),
        digests: vec![[3; 16]],
        by_first_line: true,
        ..FileCoverage::default()
    };
    let mut file = FileCoverage { lines: lines(&[(1, 2), (2, 0)]), digests: vec![[4; 16]], ..FileCoverage::default() };
    file.add_up(other.clone());
    assert_eq!(file.digests, [[3; 16], [4; 16]]);
    assert_eq!(file.lines, lines(&[(1, 3), (2, 0)]));
    assert_eq!((file.sums, file.left_out), (other.sums, vec![5]));
    assert_eq!((file.length, file.by_first_line), (Some(7), true));
}

#[test]
fn counted_by_first_line_in_one_report_is_so_in_both() {
    for (a, b, want) in [(true, false, true), (false, true, true), (true, true, true), (false, false, false)] {
        let of = |by_first_line, functions_by_line| FileCoverage {
            by_first_line,
            functions_by_line,
            ..FileCoverage::default()
        };
        let mut file = of(a, a);
        file.merge(of(b, b));
        assert_eq!((file.by_first_line, file.functions_by_line), (want, want), "{a} {b}");
        let mut file = of(a, a);
        file.add_up(of(b, b));
        assert_eq!((file.by_first_line, file.functions_by_line), (want, want), "{a} {b}");
    }
}

#[test]
fn a_rate_that_is_further_off_than_its_rounding_is_another_reading() {
    let of = |covered: u32, total: u32, rate: f64| {
        let mut c = Coverage::default();
        let all: Vec<(u32, u32)> = (1..=total).map(|n| (n, u32::from(n <= covered))).collect();
        c.add("a", FileCoverage { lines: lines(&all), ..FileCoverage::default() });
        c.note_metrics();
        c.hold_against_rate(rate);
        c.claim.as_ref().and_then(|c| c.lines).map(|d| (d.stated.covered, d.stated.total, d.listed.covered))
    };
    // Of 1,000 lines a hundredth is ten.
    assert_eq!(of(500, 1_000, 0.49), None);
    assert_eq!(of(500, 1_000, 0.489), Some((489, 1_000, 500)));
    assert_eq!(of(500, 1_000, 0.51), None);
    assert_eq!(of(500, 1_000, 0.511), Some((511, 1_000, 500)));
    // Of few, one line is rounding and two are not.
    assert_eq!(of(5, 10, 0.4), None);
    assert_eq!(of(5, 10, 0.3), Some((3, 10, 5)));
    assert_eq!(of(5, 10, 1.7), Some((10, 10, 5)), "more than all is all");
    assert_eq!((of(0, 0, 1.0), of(5, 10, f64::NAN), of(5, 10, -1.0)), (None, None, None));
}

#[test]
fn a_counter_is_worse_where_its_share_is_below_that_of_the_list() {
    let of = |covered: u32, total: u32, stated: Option<Ratio>| {
        let mut c = Coverage::default();
        let all: Vec<(u32, u32)> = (1..=total).map(|n| (n, u32::from(n <= covered))).collect();
        c.add("a", FileCoverage { lines: lines(&all), ..FileCoverage::default() });
        c.metrics.lines = true;
        c.hold_against(&Stated { lines: stated, ..Stated::default() });
        (c.claim.is_some(), c.disagrees())
    };
    assert_eq!(of(5, 10, ratio(5, 10)), (false, false));
    assert_eq!(of(5, 10, None), (false, false));
    assert_eq!(of(5, 10, ratio(1, 2)), (true, false), "the same share of fewer lines");
    assert_eq!(of(5, 10, ratio(6, 10)), (true, false));
    assert_eq!(of(5, 10, ratio(4, 10)), (true, true));
    assert_eq!(of(99, 100, ratio(9, 10)), (true, true));
    // What is not listed has no second reading.
    assert_eq!(of(0, 0, ratio(1, 2)), (false, false));
}
