//! Producers that write one run twice in one format: told by their own marks, never by equal cases, as two shards may well run the same ones.
//!
//! - TestNG's own reporters beside Surefire's: `junitreports/TEST-*.xml` (JUnitReportReporter, a file a class) and `SUITE/TEST.xml`
//!   (JUnitXMLReporter, a file a test), below the folder that Surefire writes to. Each has a comment that names its reporter.
//! - Ant's `junitreport` unites the `TEST-*.xml` of a folder into `TESTS-TestSuites.xml`.
//!
//! The one whose cases are all in the others is left aside. Where neither holds the other, all count.

use super::aside::{Aside, Contradiction, Sorted, contradiction};
use gatekeeper_evidence::{Data, Evidence};
use std::collections::BTreeMap;

/// How far a file is from what the runner itself wrote: 0 is that.
fn rank(e: &Evidence) -> usize {
    let name = e.source.path.rsplit('/').next().unwrap_or_default();
    match e.source.tool.as_deref() {
        Some("testng") if e.source.path.rsplit('/').nth(1) == Some("junitreports") => 1,
        Some("testng") => 2,
        _ if name == "TESTS-TestSuites.xml" => 3,
        _ => 0,
    }
}

/// The folder below which the run's other files lie.
fn home(e: &Evidence) -> &str {
    let folder = e.source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    match rank(e) {
        1 | 2 => folder.rsplit_once('/').map_or("", |(folder, _)| folder),
        _ => folder,
    }
}

fn lies_in(e: &Evidence, folder: &str) -> bool {
    folder.is_empty() || e.source.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// How often each case is there, by class and name. Parameters are told differently, or not at all.
fn cases<'e>(evidence: impl Iterator<Item = &'e Evidence>) -> BTreeMap<(String, String), usize> {
    let mut out = BTreeMap::new();
    for e in evidence {
        let Data::Tests(run) = &e.data else { continue };
        for (suite, case) in run.cases() {
            let class = case.class.as_deref().unwrap_or(&suite.name);
            let name = case.name.split(['[', '(']).next().unwrap_or_default();
            *out.entry((class.to_owned(), name.trim().to_owned())).or_insert(0) += 1;
        }
    }
    out
}

fn holds(whole: &BTreeMap<(String, String), usize>, part: &BTreeMap<(String, String), usize>) -> bool {
    part.iter().all(|(case, n)| whole.get(case).is_some_and(|w| w >= n))
}

/// Leaves aside what repeats the run's other files.
pub(super) fn written_twice(evidence: Vec<Evidence>, out: &mut Sorted) -> Vec<Evidence> {
    let is_junit = |e: &&Evidence| e.source.format == "junit" && matches!(e.data, Data::Tests(_));
    let mut marked: Vec<usize> =
        evidence.iter().enumerate().filter(|(_, e)| is_junit(e) && rank(e) != 0).map(|(n, _)| n).collect();
    if marked.is_empty() {
        return evidence;
    }
    marked.sort_by_key(|n| std::cmp::Reverse(evidence.get(*n).map(rank)));
    let mut gone: BTreeMap<usize, String> = BTreeMap::new();
    // All that a reporter wrote to one folder together: it may be split otherwise than the runner's own files.
    let mut groups: BTreeMap<(usize, &str), Vec<usize>> = BTreeMap::new();
    for n in marked {
        if let Some(e) = evidence.get(n) {
            groups.entry((rank(e), home(e))).or_default().push(n);
        }
    }
    for ((rank_here, folder), group) in groups.iter().rev() {
        let Some(first) = group.first().and_then(|n| evidence.get(*n)) else { continue };
        let others: Vec<usize> = evidence
            .iter()
            .enumerate()
            .filter(|(n, e)| {
                is_junit(e)
                    && rank(e) < *rank_here
                    && !gone.contains_key(n)
                    && lies_in(e, folder)
                    && e.source.labels == first.source.labels
                    && e.source.name == first.source.name
            })
            .map(|(n, _)| n)
            .collect();
        let of = |list: &[usize]| cases(list.iter().filter_map(|n| evidence.get(*n)));
        let (mine, theirs) = (of(group), of(&others));
        if theirs.is_empty() || mine.is_empty() {
            continue;
        }
        let (kept, aside) = match (holds(&theirs, &mine), holds(&mine, &theirs)) {
            (true, _) => (&others, group),
            (false, true) => (group, &others),
            (false, false) => continue,
        };
        let twins: Vec<&Evidence> = kept.iter().filter_map(|n| evidence.get(*n)).collect();
        let Some(instead) = twins.first().map(|e| e.source.path.clone()) else { continue };
        for n in aside {
            if let Some(e) = evidence.get(*n) {
                if let Some(message) = contradiction(&twins, e) {
                    let aside = e.source.path.clone();
                    out.contradictions.push(Contradiction { kept: instead.clone(), aside, message });
                }
                gone.insert(*n, instead.clone());
            }
        }
    }
    let mut kept = Vec::with_capacity(evidence.len());
    for (n, e) in evidence.into_iter().enumerate() {
        match gone.remove(&n) {
            Some(instead) => {
                let because = "the same run, written twice".to_owned();
                out.aside.push(Aside { evidence: e, because, instead: Some(instead) });
            }
            None => kept.push(e),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::Source;
    use gatekeeper_evidence::test_run::{Case, Outcome, Suite, TestRun};

    fn file(path: &str, tool: Option<&str>, cases: &[(&str, &str)]) -> Evidence {
        let cases = cases
            .iter()
            .map(|(class, name)| Case {
                name: name.trim_end_matches('!').into(),
                class: Some((*class).into()),
                status: if name.ends_with('!') { Outcome::Failed } else { Outcome::Passed },
                ..Case::default()
            })
            .collect();
        let run = TestRun { suites: vec![Suite { cases, ..Suite::default() }], ..TestRun::default() };
        let source = Source { path: path.into(), format: "junit", tool: tool.map(str::to_owned), ..Source::default() };
        Evidence { source, complete: Some(true), notes: Vec::new(), data: Data::Tests(run) }
    }

    fn kept(evidence: Vec<Evidence>) -> (Vec<String>, usize) {
        let mut sorted = Sorted::default();
        let kept = written_twice(evidence, &mut sorted);
        (kept.into_iter().map(|e| e.source.path).collect(), sorted.contradictions.len())
    }

    const SUREFIRE: Option<&str> = Some("surefire");
    const TESTNG: Option<&str> = Some("testng");

    #[test]
    fn testngs_own_reports_are_twins_however_they_are_split() {
        let (paths, contradictions) = kept(vec![
            file("t/s/TEST-TestSuite.xml", SUREFIRE, &[("x.A", "one[1](1)"), ("x.A", "one[2](2)"), ("x.B", "two")]),
            file("t/s/junitreports/TEST-x.A.xml", TESTNG, &[("x.A", "one"), ("x.A", "one")]),
            file("t/s/junitreports/TEST-x.B.xml", TESTNG, &[("x.B", "two")]),
            file("t/s/Surefire suite/Surefire test.xml", TESTNG, &[("x.A", "one"), ("x.A", "one"), ("x.B", "two")]),
        ]);
        assert_eq!((paths, contradictions), (vec!["t/s/TEST-TestSuite.xml".to_owned()], 0));
    }

    #[test]
    fn without_surefire_one_of_testngs_reports_is_kept() {
        let (paths, _) = kept(vec![
            file("out/suite/test.xml", TESTNG, &[("x.A", "one")]),
            file("out/junitreports/TEST-x.A.xml", TESTNG, &[("x.A", "one")]),
        ]);
        assert_eq!(paths, ["out/junitreports/TEST-x.A.xml"]);
    }

    #[test]
    fn a_twin_that_is_worse_contradicts() {
        let (paths, contradictions) = kept(vec![
            file("s/TEST-x.A.xml", SUREFIRE, &[("x.A", "one")]),
            file("s/junitreports/TEST-x.A.xml", TESTNG, &[("x.A", "one!")]),
        ]);
        assert_eq!((paths.len(), contradictions), (1, 1));
    }

    #[test]
    fn ants_union_is_a_twin_of_its_parts() {
        let parts = || vec![file("r/TEST-A.xml", None, &[("A", "one")]), file("r/TEST-B.xml", None, &[("B", "two")])];
        let all = [("A", "one"), ("B", "two")];
        let mut files = parts();
        files.push(file("r/TESTS-TestSuites.xml", None, &all));
        assert_eq!(kept(files).0, ["r/TEST-A.xml", "r/TEST-B.xml"]);
        // A union of more than is there: then it tells more.
        let files = vec![file("r/TEST-A.xml", None, &[("A", "one")]), file("r/TESTS-TestSuites.xml", None, &all)];
        assert_eq!(kept(files).0, ["r/TESTS-TestSuites.xml"]);
    }

    #[test]
    fn what_bears_no_mark_counts_each() {
        let files = vec![file("a/TEST-A.xml", None, &[("A", "one")]), file("b/TEST-A.xml", None, &[("A", "one")])];
        assert_eq!(kept(files).0.len(), 2);
        // Nor is a report elsewhere a twin.
        let files = vec![
            file("a/TEST-A.xml", SUREFIRE, &[("A", "one")]),
            file("b/junitreports/TEST-A.xml", TESTNG, &[("A", "one")]),
        ];
        assert_eq!(kept(files).0.len(), 2);
    }

    #[test]
    fn a_case_that_is_there_more_often_is_more() {
        let twice = [("x.A", "one"), ("x.A", "one")];
        let of = |runner: &[(&str, &str)], reporter: &[(&str, &str)]| {
            kept(vec![file("s/TEST-x.A.xml", SUREFIRE, runner), file("s/junitreports/TEST-x.A.xml", TESTNG, reporter)])
                .0
        };
        assert_eq!(of(&twice, &twice[..1]), ["s/TEST-x.A.xml"]);
        assert_eq!(of(&twice, &twice), ["s/TEST-x.A.xml"]);
        assert_eq!(of(&twice[..1], &twice), ["s/junitreports/TEST-x.A.xml"]);
        // Where neither holds the other both count.
        assert_eq!(of(&[("x.A", "one"), ("x.A", "two")], &twice).len(), 2);
        assert_eq!(of(&[("x.A", "one")], &[("x.B", "one")]).len(), 2);
    }

    #[test]
    fn what_lists_no_case_is_no_twin() {
        for (runner, reporter) in [(&[][..], &[("x.A", "one")][..]), (&[("x.A", "one")], &[])] {
            let files =
                vec![file("s/TEST-x.A.xml", SUREFIRE, runner), file("s/junitreports/TEST-x.A.xml", TESTNG, reporter)];
            assert_eq!(kept(files).0.len(), 2);
        }
    }

    #[test]
    fn only_junits_reports_of_one_entry_and_labels_are_twins() {
        let one = [("x.A", "one")];
        let with = |change: &dyn Fn(&mut Evidence)| {
            let mut reporter = file("s/junitreports/TEST-x.A.xml", TESTNG, &one);
            change(&mut reporter);
            kept(vec![file("s/TEST-x.A.xml", SUREFIRE, &one), reporter]).0.len()
        };
        assert_eq!(with(&|_| ()), 1);
        assert_eq!(with(&|e| e.source.format = "trx"), 2);
        assert_eq!(with(&|e| e.source.name = Some("other".into())), 2);
        assert_eq!(with(&|e| e.source.labels = [("os".to_owned(), "mac".to_owned())].into()), 2);
        assert_eq!(with(&|e| e.source.path = "s2/junitreports/TEST-x.A.xml".into()), 2);
        assert_eq!(with(&|e| e.source.tool = SUREFIRE.map(str::to_owned)), 2);
    }
}
