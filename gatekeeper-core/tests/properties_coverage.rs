//! Uniting coverage is commutative, associative and idempotent; what is written reads back to the same figures.
#![allow(missing_docs, clippy::panic, clippy::unwrap_used, clippy::indexing_slicing)]

use gatekeeper_core::ReadOptions;
use gatekeeper_core::evidence::coverage::{
    Branch, Coverage, FileCoverage, Function, Line, LineBranches, Metrics, Percentages, Stated, Statement,
};
use gatekeeper_core::evidence::test_run::{Case, Detail, Outcome, Problem, Suite, TestRun};
use gatekeeper_core::evidence::{Data, Evidence, Ratio, Source};
use gatekeeper_core::merge::{Target, unite};
use gatekeeper_core::{Engine, Formats};
use proptest::prelude::*;

/// Small numbers, so that reports meet on lines; now and then a large one.
fn number() -> impl Strategy<Value = u32> {
    prop_oneof![8 => 0_u32..12, 1 => any::<u32>()]
}

fn hits() -> impl Strategy<Value = u32> {
    prop_oneof![3 => Just(0_u32), 3 => 1_u32..5, 1 => any::<u32>()]
}

fn ratio() -> impl Strategy<Value = Option<Ratio>> {
    proptest::option::of((0_u64..9, 0_u64..9).prop_map(|(a, b)| Ratio { covered: a.min(b), total: b }))
}

fn stated() -> impl Strategy<Value = Stated> {
    (ratio(), ratio(), ratio(), ratio()).prop_map(|(lines, branches, functions, statements)| Stated {
        lines,
        branches,
        functions,
        statements,
    })
}

fn function() -> impl Strategy<Value = Function> {
    let name = prop_oneof![
        4 => "[ab]{1,2}",
        1 => Just("41,parse(int, x)".to_owned()),
        1 => Just("f\nend_of_record\nSF:x".to_owned()),
        1 => Just(" <\"&]]> ".to_owned()),
        1 => Just(String::new()),
    ];
    (number(), name, hits()).prop_map(|(line, name, hits)| Function { line, name: name.into(), hits })
}

fn file() -> impl Strategy<Value = FileCoverage> {
    let lines = proptest::collection::vec((number(), hits()).prop_map(|(number, hits)| Line { number, hits }), 0..12);
    let branch = (number(), prop_oneof![number(), 1_u32 << 24..28 << 24], number(), hits());
    let branches =
        proptest::collection::vec(branch.prop_map(|(line, block, arm, hits)| Branch { line, block, arm, hits }), 0..6);
    let counted = (number(), 0_u32..4, 0_u32..4);
    let line_branches = proptest::collection::vec(
        counted.prop_map(|(line, a, b)| LineBranches { line, covered: a.min(b), total: b }),
        0..4,
    );
    let statement = ((number(), number(), number(), number()), 0_u32..3, hits());
    let statements =
        proptest::collection::vec(statement.prop_map(|(place, count, hits)| Statement { place, count, hits }), 0..4);
    let functions = proptest::collection::vec(function(), 0..6);
    (lines, branches, line_branches, functions, any::<bool>(), statements, stated()).prop_map(
        |(lines, branches, line_branches, functions, functions_by_line, statements, stated)| FileCoverage {
            lines,
            branches,
            line_branches,
            functions,
            functions_by_line,
            statements,
            stated,
            ..FileCoverage::default()
        },
    )
}

fn coverage() -> impl Strategy<Value = Coverage> {
    let name = prop_oneof![4 => "(a|b|src/c)\\.[ch]", 1 => Just(r"C:\x y\ö&<.cs".to_owned())];
    let files = proptest::collection::vec((name, file()), 0..4);
    let percent = proptest::option::of(("[1-9][0-9]", proptest::collection::btree_map("[ab]", "[1-9][0-9]", 0..3)));
    let names = || proptest::collection::vec("[a-c]", 0..3);
    (files, stated(), proptest::bits::u8::between(0, 4), percent, names(), names()).prop_map(
        |(files, stated, bits, percent, roots, not_counted)| {
            let mut c = Coverage {
                metrics: Metrics {
                    lines: bits & 1 > 0,
                    branches: bits & 2 > 0,
                    functions: bits & 4 > 0,
                    statements: bits & 8 > 0,
                },
                stated,
                percent: percent.map(|(total, files)| Percentages {
                    total: total.into(),
                    files: files.into_iter().map(|(k, v)| (k.into(), v.into())).collect(),
                }),
                ..Coverage::default()
            };
            for (name, file) in files {
                c.add(name, file);
            }
            // Lists of a report are as a report has them: what merging makes of them is compared.
            let mut lists = Coverage { roots, not_counted, ..Coverage::default() };
            lists.merge(Coverage::default());
            c.merge(lists);
            c
        },
    )
}

fn merged(a: &Coverage, b: &Coverage) -> Coverage {
    let mut out = a.clone();
    out.merge(b.clone());
    out
}

fn evidence(data: Data) -> Evidence {
    Evidence { source: Source::default(), complete: Some(true), notes: Vec::new(), data }
}

fn again(bytes: &[u8], id: &str) -> Data {
    let options = ReadOptions { format: Formats::default().by_id(id), ..ReadOptions::default() };
    match Engine::default().read("merged", bytes, &options) {
        Ok(e) => e.data,
        Err(e) => panic!("{e}\n{}", String::from_utf8_lossy(bytes)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn merging_is_commutative(a in coverage(), b in coverage()) {
        prop_assert_eq!(merged(&a, &b), merged(&b, &a));
    }

    #[test]
    fn merging_is_associative(a in coverage(), b in coverage(), c in coverage()) {
        prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
    }

    #[test]
    fn merging_is_idempotent(a in coverage()) {
        prop_assert_eq!(merged(&a, &a), a.clone());
        prop_assert_eq!(merged(&a, &Coverage::default()), a);
    }

    #[test]
    fn never_more_covered_than_there_is(a in coverage(), b in coverage()) {
        let f = merged(&a, &b).figures();
        for r in [f.lines, f.branches, f.functions, f.statements].into_iter().flatten() {
            prop_assert!(r.covered <= r.total);
        }
    }

    #[test]
    fn merging_never_loses_a_listed_line(a in coverage(), b in coverage()) {
        let all = merged(&a, &b);
        for one in [&a, &b] {
            for (name, file) in &one.files {
                for l in &file.lines {
                    let got = all.files[name].lines.iter().find(|g| g.number == l.number);
                    prop_assert!(got.is_some_and(|g| g.hits >= l.hits));
                }
            }
        }
    }

    #[test]
    fn lcov_reads_back_to_the_same_figures(mut c in coverage()) {
        c.percent = None;
        c.metrics = Metrics::ALL;
        c.stated = Stated::default();
        prop_assume!(!c.files.is_empty());
        let written = unite(vec![evidence(Data::Coverage(c.clone()))]).and_then(|u| u.write(Target::Lcov)).unwrap();
        prop_assert!(written.lost.is_empty());
        let Data::Coverage(got) = again(&written.bytes, "lcov") else { panic!() };
        let (a, b) = (c.figures(), got.figures());
        prop_assert_eq!(a.lines, b.lines);
        prop_assert_eq!(a.branches.unwrap_or_default(), b.branches.unwrap_or_default());
        prop_assert_eq!(a.functions.unwrap_or_default(), b.functions.unwrap_or_default());
        for (name, file) in &c.files {
            prop_assert_eq!(&file.lines, &got.files[name].lines);
        }
    }

    #[test]
    fn cobertura_reads_back_to_the_same_figures(mut c in coverage()) {
        c.percent = None;
        c.metrics = Metrics::ALL;
        c.stated = Stated::default();
        for file in c.files.values_mut() {
            file.stated = Stated::default();
            let listed: Vec<u32> = file.lines.iter().map(|l| l.number).collect();
            file.branches.retain(|b| listed.contains(&b.line));
            file.line_branches.retain(|b| listed.contains(&b.line));
        }
        prop_assume!(!c.files.is_empty());
        let written = unite(vec![evidence(Data::Coverage(c.clone()))]).and_then(|u| u.write(Target::Cobertura)).unwrap();
        prop_assert!(written.lost.is_empty());
        let Data::Coverage(got) = again(&written.bytes, "cobertura") else { panic!() };
        let (a, b) = (c.figures(), got.figures());
        prop_assert_eq!(a.lines, b.lines);
        prop_assert_eq!(a.branches.unwrap_or_default(), b.branches.unwrap_or_default());
        prop_assert_eq!(a.functions.unwrap_or_default(), b.functions.unwrap_or_default());
        for (name, file) in &c.files {
            prop_assert_eq!(&file.lines, &got.files[name].lines);
        }
    }

    #[test]
    fn junit_reads_back_to_the_same_results(run in test_run()) {
        let written = unite(vec![evidence(Data::Tests(run.clone()))]).and_then(|u| u.write(Target::Junit)).unwrap();
        let Data::Tests(got) = again(&written.bytes, "junit") else { panic!() };
        prop_assert_eq!(run.counts(), got.counts());
        prop_assert_eq!(run.problems.len(), got.problems.len());
        let statuses = |r: &TestRun| r.cases().map(|(_, c)| (c.status, c.flaky)).collect::<Vec<_>>();
        prop_assert_eq!(statuses(&run), statuses(&got));
        prop_assert!((run.duration() - got.duration()).abs() < 1e-6);
    }

    #[test]
    fn json_reads_back_to_the_same_evidence(c in coverage(), run in test_run(), complete in proptest::option::of(any::<bool>())) {
        for data in [Data::Coverage(c), Data::Tests(run)] {
            let mut one = evidence(data);
            one.complete = complete;
            let united = unite(vec![one]).unwrap();
            let written = united.write(Target::Json).unwrap();
            // By its content alone.
            let got = Engine::default().read("merged", &written.bytes, &ReadOptions::default()).unwrap();
            prop_assert_eq!(got.source.format, Target::Json.format(united.data.kind()));
            prop_assert_eq!(got.complete, complete);
            match (&united.data, &got.data) {
                (Data::Tests(a), Data::Tests(b)) => {
                    prop_assert!((a.duration() - b.duration()).abs() < 1e-6);
                    let rest = |t: &TestRun| {
                        let mut t = t.clone();
                        t.suites.iter_mut().flat_map(|s| &mut s.cases).for_each(|c| c.time = None);
                        t
                    };
                    prop_assert_eq!(rest(a), rest(b));
                }
                (a, b) => prop_assert_eq!(a, b),
            }
            prop_assert_eq!(gatekeeper_core::inspect::summary(&got)["total"].clone(), match &united.data {
                Data::Tests(t) => t.counts().total().into(),
                _ => serde_json::Value::Null,
            });
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z]{0,6}",
        1 => Just("module 'x_tests'".to_owned()),
        1 => Just("init_per_suite".to_owned()),
        1 => Just("x_tests:3 add_test".to_owned()),
        1 => any::<String>(),
        1 => Just("]]></failure>\u{0}\u{1B}[31m\r\n\"'<&".to_owned()),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let status = prop_oneof![4 => Just(Outcome::Passed), 1 => Just(Outcome::Failed), 1 => Just(Outcome::Errored), 1 => Just(Outcome::Skipped)];
    let detail = (text(), text(), proptest::option::of(text()), proptest::option::of(1_u32..99), 0_u32..4);
    (
        text(),
        proptest::option::of(text()),
        status,
        any::<bool>(),
        proptest::option::of(0.0_f64..9.0),
        proptest::option::of(detail),
    )
        .prop_map(|(name, class, status, flaky, time, detail)| Case {
            name: name.into(),
            class: class.map(Into::into),
            status,
            flaky: flaky && status == Outcome::Passed,
            time,
            detail: detail.map(|(message, kind, file, line, attempts)| {
                Box::new(Detail {
                    message: message.into(),
                    kind: kind.into(),
                    file: file.map(Into::into),
                    line,
                    attempts: (attempts > 0).then_some(attempts),
                })
            }),
        })
}

fn test_run() -> impl Strategy<Value = TestRun> {
    let suite = (text(), proptest::collection::vec(case(), 0..6)).prop_map(|(name, cases)| Suite {
        name: name.into(),
        cases,
        ..Suite::default()
    });
    let problem = (text(), text()).prop_map(|(name, message)| Problem { name, message, line: None });
    (proptest::collection::vec(suite, 0..4), proptest::collection::vec(problem, 0..2))
        .prop_map(|(suites, problems)| TestRun { suites, problems, ..TestRun::default() })
}
