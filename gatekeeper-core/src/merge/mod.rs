//! Unites several evidences of one kind and writes them as one report.
//!
//! Coverage is the union by (file, line); branches, functions and statements by identity. Tests of shards add up: their suites follow each other.
//! Twins among them are told as `check` tells them: each run's result counts once.
//! What is written is read back before it is given out: a report that would say anything else than what was united is an error.
//! So is what a format cannot hold: a run that is not complete, cases that are only counted, names that would forge a record.

mod cobertura;
mod json;
mod junit;
mod lcov;
mod xml;

use crate::config::PathRules;
use crate::relate::paths::Tree;
use crate::relate::reconcile;
use crate::relate::twins::{self, Sorted};
use crate::verdict::SetAside;
use gatekeeper_evidence::coverage::{Coverage, Figures};
use gatekeeper_evidence::error::{Cause, ParseError, quote};
use gatekeeper_evidence::test_run::{Beyond, TestRun};
use gatekeeper_evidence::{Data, Evidence, Kind, Ratio, Source};
use gatekeeper_formats::{Formats, ReadOptions, read};

/// What evidence can be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// LCOV tracefile (coverage).
    Lcov,
    /// Cobertura XML (coverage).
    Cobertura,
    /// JUnit XML (tests).
    Junit,
    /// The united evidence with all that is known of it: coverage or tests.
    Json,
}

impl Target {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Target::Lcov => "lcov",
            Target::Cobertura => "cobertura",
            Target::Junit => "junit",
            Target::Json => "json",
        }
    }

    /// The id of the format that it is for evidence of a kind.
    pub fn format(self, kind: Kind) -> &'static str {
        match (self, kind) {
            (Target::Json, Kind::Coverage) => "gatekeeper-coverage",
            (Target::Json, _) => "gatekeeper-tests",
            _ => self.as_str(),
        }
    }

    /// The kind of evidence that it holds; `None`: both.
    pub fn kind(self) -> Option<Kind> {
        match self {
            Target::Lcov | Target::Cobertura => Some(Kind::Coverage),
            Target::Junit => Some(Kind::Tests),
            Target::Json => None,
        }
    }
}

/// Several evidences as one.
#[derive(Debug, Clone, PartialEq)]
pub struct United {
    /// Where they come from, in the order given.
    pub sources: Vec<Source>,
    /// Whether all of them are complete; `None` where one of them cannot tell.
    pub complete: Option<bool>,
    /// What they say together: coverage or tests.
    pub data: Data,
    /// Twins that were left aside.
    pub aside: Vec<SetAside>,
}

/// A report that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What the format could not hold, in words.
    pub lost: Vec<String>,
}

/// Why evidence could not be united or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// No evidence was given.
    #[error("nothing to merge")]
    Nothing,
    /// Evidence of several kinds: each kind with the first of its files.
    #[error("evidence of several kinds cannot be merged: {}", mixed(.0))]
    Mixed(Vec<(Kind, String)>),
    /// Evidence of a kind that cannot be united, with its file.
    #[error("{1}: {0} cannot be merged, only coverage and tests")]
    Kind(Kind, String),
    /// Twins that contradict each other, in words.
    #[error("{0}: the evidence contradicts itself")]
    Contradiction(String),
    /// The target holds another kind.
    #[error("{1} cannot be written as {target}", target = .0.as_str())]
    Target(Target, Kind),
    /// The target cannot hold what the evidence says.
    #[error("{target} cannot hold {1}", target = .0.as_str())]
    CannotHold(Target, String),
    /// What was written does not read back as what was united.
    #[error("the {target} that was made does not read back as what was merged: {1}", target = .0.as_str())]
    Differs(Target, String),
    /// What was made could not be written.
    #[error("{} cannot hold this evidence", .0.as_str())]
    Unwritable(Target, #[source] Cause),
}

fn mixed(kinds: &[(Kind, String)]) -> String {
    kinds.iter().map(|(kind, file)| format!("{file} is {kind}")).collect::<Vec<_>>().join(", ")
}

/// Renames the files of coverage to those of a working tree, as `check` does. Answers what is to be told: names that fit no file or several.
pub fn reconcile(evidence: &mut [Evidence], tree: &Tree, rules: &PathRules) -> Vec<String> {
    let mut told = Vec::new();
    for e in evidence {
        let Data::Coverage(coverage) = &mut e.data else { continue };
        let Some(renamed) = reconcile::rename(coverage, tree, rules) else { continue };
        let whole = renamed.found.is_some_and(|f| f.unmatched.is_empty() && f.ambiguous.is_empty());
        if whole {
            // The names stand under the tree's root now, and no longer under those.
            coverage.roots.clear();
        }
        told.extend(renamed.notes.into_iter().map(|n| format!("{}: {}", e.source.path, n.message)));
    }
    told
}

/// Unites evidence of one kind.
///
/// # Errors
/// Where there is none, where kinds are mixed, where the kind is neither coverage nor tests, and where twins contradict each other.
pub fn unite(evidence: Vec<Evidence>) -> Result<United, MergeError> {
    let mut kinds: Vec<(Kind, String)> = Vec::new();
    for e in &evidence {
        if !kinds.iter().any(|(k, _)| *k == e.kind()) {
            kinds.push((e.kind(), e.source.path.clone()));
        }
    }
    let kind = match kinds.as_slice() {
        [] => return Err(MergeError::Nothing),
        [(kind, file)] if !matches!(kind, Kind::Coverage | Kind::Tests) => {
            return Err(MergeError::Kind(*kind, file.clone()));
        }
        [(kind, _)] => *kind,
        _ => return Err(MergeError::Mixed(kinds)),
    };
    let given: Vec<String> = evidence.iter().map(|e| e.source.path.clone()).collect();
    let Sorted { mut kept, aside, contradictions } = twins::sort(evidence);
    if let Some(c) = contradictions.first() {
        return Err(MergeError::Contradiction(format!("{}, {} is kept", c.message, c.kept)));
    }
    // In the order given, which is that of the suites.
    kept.sort_by_cached_key(|e| given.iter().position(|path| *path == e.source.path));
    let mut sources = Vec::with_capacity(kept.len());
    let mut complete = Some(true);
    let mut coverage = Coverage::default();
    let mut tests = TestRun::default();
    for e in kept {
        complete = match (complete, e.complete) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
        sources.push(e.source);
        match e.data {
            Data::Coverage(c) => coverage.merge(c),
            Data::Tests(t) => {
                tests.suites.extend(t.suites);
                tests.problems.extend(t.problems);
                if let Some(beyond) = t.beyond {
                    tests.beyond = tests.beyond.take().map_or_else(Beyond::default, |b| *b).plus(&beyond).boxed();
                }
            }
            _ => {}
        }
    }
    let data = if kind == Kind::Coverage { Data::Coverage(coverage) } else { Data::Tests(tests) };
    Ok(United { sources, complete, data, aside: aside.into_iter().map(SetAside::from).collect() })
}

impl United {
    /// Writes the evidence.
    ///
    /// # Errors
    /// Where the target holds another kind, or cannot hold what the evidence says.
    pub fn write(&self, target: Target) -> Result<Written, MergeError> {
        if target.kind().is_some_and(|k| k != self.data.kind()) {
            return Err(MergeError::Target(target, self.data.kind()));
        }
        if target != Target::Json && self.complete == Some(false) {
            let what = "a run that is not complete; json can".to_owned();
            return Err(MergeError::CannotHold(target, what));
        }
        // Its second reading would be lost, and the merged report judged better than its parts.
        let disagreement = match &self.data {
            Data::Tests(t) => t.beyond.as_ref().map(|b| b.words.clone()),
            Data::Coverage(c) if c.disagrees() => c.disagreement(),
            _ => None,
        };
        if let Some(words) = disagreement.filter(|_| target != Target::Json) {
            return Err(MergeError::CannotHold(
                target,
                format!("a report that contradicts itself ({words}); json can"),
            ));
        }
        let written = match (target, &self.data) {
            (Target::Lcov, Data::Coverage(c)) => lcov::write(c)?,
            (Target::Cobertura, Data::Coverage(c)) => cobertura::write(c)?,
            (Target::Junit, Data::Tests(t)) => junit::write(t)?,
            _ => json::write(self)?,
        };
        self.check(target, &written)?;
        Ok(written)
    }

    /// Reads back what was written and compares.
    fn check(&self, target: Target, written: &Written) -> Result<(), MergeError> {
        let Some(format) = Formats::default().by_id(target.format(self.data.kind())) else { return Ok(()) };
        let differs = |what: String| Err(MergeError::Differs(target, what));
        let mut options = ReadOptions { format: Some(format), ..ReadOptions::default() };
        options.limits.file_bytes = u64::MAX;
        let again = match read(&Formats::default(), "merged", &written.bytes, &options) {
            Ok(again) => again,
            Err(e) => return differs(ParseError::message(&e)),
        };
        if again.complete == Some(false) && self.complete != Some(false) {
            return differs("it reads as not complete".to_owned());
        }
        match (&self.data, &again.data) {
            (Data::Coverage(a), Data::Coverage(b)) if target == Target::Json => {
                if a == b {
                    Ok(())
                } else {
                    differs("other coverage".to_owned())
                }
            }
            (Data::Coverage(a), Data::Coverage(b)) => {
                if a.files.len() != b.files.len() {
                    return differs(format!("{} files, not {}", b.files.len(), a.files.len()));
                }
                let (a, b) = (a.figures(), b.figures());
                let lost = |what: &str| written.lost.iter().any(|l| l.starts_with(what));
                type Pick = fn(&Figures) -> Option<Ratio>;
                let all: [(&str, Pick); 3] =
                    [("lines", |f| f.lines), ("branches", |f| f.branches), ("functions", |f| f.functions)];
                for (what, pick) in all {
                    let (a, b) = (pick(&a).unwrap_or_default(), pick(&b).unwrap_or_default());
                    if a != b && !lost(what) {
                        return differs(format!("{what} {}/{}, not {}/{}", b.covered, b.total, a.covered, a.total));
                    }
                }
                Ok(())
            }
            (Data::Tests(a), Data::Tests(b)) => {
                if a.counts() != b.counts() {
                    return differs(format!("{:?}, not {:?}", b.counts(), a.counts()));
                }
                if a.problems.len() != b.problems.len() {
                    return differs(format!("{} problems, not {}", b.problems.len(), a.problems.len()));
                }
                Ok(())
            }
            _ => differs("another kind".to_owned()),
        }
    }
}

/// A name as part of a message.
fn shown(name: &str) -> String {
    quote(name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::coverage::{FileCoverage, Function, Line, LineBranches, Metrics, Stated};
    use gatekeeper_evidence::test_run::{Case, Counts, Detail, Outcome, Problem, Suite};

    fn evidence(path: &str, complete: Option<bool>, data: Data) -> Evidence {
        Evidence { source: Source { path: path.into(), ..Source::default() }, complete, notes: Vec::new(), data }
    }

    fn covered(name: &str, file: FileCoverage) -> Data {
        let mut c = Coverage { metrics: Metrics::ALL, ..Coverage::default() };
        c.add(name, file);
        Data::Coverage(c)
    }

    fn lines(list: &[(u32, u32)]) -> FileCoverage {
        let lines = list.iter().map(|(number, hits)| Line { number: *number, hits: *hits }).collect();
        FileCoverage { lines, ..FileCoverage::default() }
    }

    fn run(cases: &[(&str, Outcome)]) -> Data {
        let mut suite = Suite::named("module 'x'");
        for (name, status) in cases {
            suite.cases.push(Case { name: (*name).into(), status: *status, time: Some(0.25), ..Case::default() });
        }
        Data::Tests(TestRun { suites: vec![suite], problems: Vec::new(), ..TestRun::default() })
    }

    #[test]
    fn a_report_that_contradicts_itself_keeps_its_second_reading() {
        let of = |unlisted: u64| {
            let Data::Tests(mut run) = run(&[("a", Outcome::Passed)]) else { unreachable!() };
            run.beyond = Beyond { unlisted, words: "states 3 tests, lists 1".into(), ..Beyond::default() }.boxed();
            Data::Tests(run)
        };
        let united = unite(vec![evidence("a.xml", Some(true), of(2)), evidence("b.xml", Some(true), of(1))]).unwrap();
        let refused = united.write(Target::Junit).unwrap_err().to_string();
        assert!(refused.contains("states 3 tests, lists 1"), "{refused}");
        let written = united.write(Target::Json).unwrap();
        let got = read(&Formats::default(), "u.json", &written.bytes, &ReadOptions::default());
        let Data::Tests(run) = got.unwrap().data else { panic!("no tests") };
        assert_eq!(run.beyond.unwrap().unlisted, 3);
        let mut file = lines(&[(1, 1)]);
        file.hold_against(&Stated { lines: Some(Ratio { covered: 0, total: 9 }), ..Stated::default() });
        let united = unite(vec![evidence("a.info", None, covered("a", file))]).unwrap();
        assert!(united.write(Target::Lcov).is_err());
        let written = united.write(Target::Json).unwrap();
        let got = read(&Formats::default(), "u.json", &written.bytes, &ReadOptions::default());
        let Data::Coverage(c) = got.unwrap().data else { panic!("no coverage") };
        assert!(c.disagrees());
    }

    #[test]
    fn kinds_do_not_mix() {
        let mixed = unite(vec![
            evidence("a.info", None, covered("a", lines(&[(1, 1)]))),
            evidence("j.xml", Some(true), run(&[])),
        ]);
        assert_eq!(
            mixed.unwrap_err().to_string(),
            "evidence of several kinds cannot be merged: a.info is coverage, j.xml is tests"
        );
        assert_eq!(unite(Vec::new()), Err(MergeError::Nothing));
    }

    #[test]
    fn coverage_is_a_union_and_tests_add_up() {
        let both = unite(vec![
            evidence("a", None, covered("f", lines(&[(1, 1), (2, 0)]))),
            evidence("b", Some(true), covered("f", lines(&[(2, 3), (3, 0)]))),
        ])
        .unwrap();
        assert_eq!(both.complete, None);
        let Data::Coverage(c) = &both.data else { panic!() };
        assert_eq!(c.figures().lines, Some(Ratio { covered: 2, total: 3 }));
        let shards = unite(vec![
            evidence("a", Some(true), run(&[("t", Outcome::Passed)])),
            evidence("b", Some(true), run(&[("t", Outcome::Skipped)])),
        ])
        .unwrap();
        let Data::Tests(t) = &shards.data else { panic!() };
        assert_eq!(t.counts().total(), 2);
        assert!(shards.write(Target::Junit).is_ok());
    }

    #[test]
    fn twins_count_once_and_the_one_that_tells_more_is_kept() {
        let of = |path: &str, format: &'static str, data: Data| {
            let mut e = evidence(path, Some(true), data);
            e.source.format = format;
            e
        };
        let short = run(&[("adds", Outcome::Passed), ("takes", Outcome::Failed)]);
        let mut long = run(&[("Takes", Outcome::Errored), ("calc > adds", Outcome::Passed)]);
        if let Data::Tests(t) = &mut long {
            t.suites[0].cases[1].name = "adds".into();
            t.suites[0].cases[1].class = Some("calc".into());
        }
        let united = unite(vec![
            of("j.xml", "junit", short.clone()),
            of("shard.xml", "junit", short.clone()),
            of("c.json", "ctrf", long),
        ])
        .unwrap();
        let Data::Tests(t) = &united.data else { panic!() };
        // Shards of one format add up; the other format's file is the twin of one of them.
        assert_eq!((t.counts().total(), united.aside.len()), (4, 1));
        let good = run(&[("adds", Outcome::Passed)]);
        let Data::Tests(mut broken) = good.clone() else { panic!() };
        broken.problems.push(Problem { name: "b.test.js".into(), message: "did not load".into(), line: None });
        for order in [[0, 1], [1, 0]] {
            let both = [of("a.json", "ctrf", good.clone()), of("b.json", "jest-json", Data::Tests(broken.clone()))];
            let united = unite(order.iter().map(|i| both[*i].clone()).collect()).unwrap();
            let Data::Tests(t) = &united.data else { panic!() };
            assert_eq!((t.counts().total(), t.problems.len()), (1, 1), "what one twin tells is not lost");
        }
        let other = run(&[("adds", Outcome::Failed)]);
        let united = unite(vec![of("a", "junit", good), of("b", "ctrf", other)]).unwrap();
        assert!(united.aside.is_empty(), "other results are another run's");
    }

    #[test]
    fn names_are_those_of_the_tree_where_it_is_given() {
        let tree = Tree::new(["src/a.c", "one/b.c", "two/b.c"]);
        let mut rooted = evidence("cov.xml", Some(true), covered("a.c", lines(&[(1, 1)])));
        if let Data::Coverage(c) = &mut rooted.data {
            c.roots = vec!["/ci/src".to_owned()];
        }
        let mut all = vec![
            rooted,
            evidence("cov.info", None, covered("/home/x/src/a.c", lines(&[(1, 0), (2, 1)]))),
            evidence("b.info", None, covered("b.c", lines(&[(1, 1)]))),
            evidence("g.info", None, covered("/usr/include/g.c", lines(&[(1, 1)]))),
        ];
        let told = reconcile(&mut all, &tree, &PathRules::default());
        assert_eq!(
            told,
            ["b.info: b.c could be one/b.c or two/b.c", "g.info: /usr/include/g.c is not a file in the tree"]
        );
        let Data::Coverage(c) = unite(all).unwrap().data else { panic!() };
        assert_eq!(c.files.keys().map(AsRef::as_ref).collect::<Vec<_>>(), ["/usr/include/g.c", "b.c", "src/a.c"]);
        assert_eq!((c.files["src/a.c"].lines.len(), c.roots.len()), (2, 0));
    }

    #[test]
    fn what_is_not_complete_is_not_written_as_if_it_were() {
        let cut = unite(vec![evidence("a", Some(false), run(&[("t", Outcome::Passed)]))]).unwrap();
        assert!(matches!(cut.write(Target::Junit), Err(MergeError::CannotHold(..))));
        let json = String::from_utf8(cut.write(Target::Json).unwrap().bytes).unwrap();
        assert!(json.contains("\"complete\": false"), "{json}");
    }

    #[test]
    fn cases_that_are_only_counted_are_not_invented() {
        let mut suite = Suite::named("s");
        suite.unlisted = Counts { passed: 3, ..Counts::default() };
        let data = Data::Tests(TestRun { suites: vec![suite], problems: Vec::new(), ..TestRun::default() });
        let e = unite(vec![evidence("a", Some(true), data)]).unwrap().write(Target::Junit).unwrap_err();
        assert!(e.to_string().contains("only counted"), "{e}");
    }

    #[test]
    fn a_problem_stays_a_problem() {
        let problem = Problem { name: "x_SUITE:init_per_suite".into(), message: "boom ]]> <&".into(), line: None };
        let data = Data::Tests(TestRun { suites: Vec::new(), problems: vec![problem], ..TestRun::default() });
        let united = unite(vec![evidence("a", Some(true), data)]).unwrap();
        assert!(united.write(Target::Junit).is_ok());
    }

    #[test]
    fn hostile_names_do_not_forge_records() {
        let forged = covered("a.c\nend_of_record\nSF:b.c\nDA:1,1", lines(&[(1, 0)]));
        let united = unite(vec![evidence("a", None, forged)]).unwrap();
        assert!(matches!(united.write(Target::Lcov), Err(MergeError::CannotHold(..))));
        let text = String::from_utf8(united.write(Target::Cobertura).unwrap().bytes).unwrap();
        assert!(text.contains("a.c&#10;end_of_record"), "{text}");
        let mut file = lines(&[(1, 0)]);
        let name = "f\nend_of_record\nSF:x\nDA:1,1\nend_of_record";
        file.functions = vec![Function { line: 1, name: name.into(), hits: 0 }];
        let united = unite(vec![evidence("a", None, covered("a.c", file))]).unwrap();
        let text = String::from_utf8(united.write(Target::Lcov).unwrap().bytes).unwrap();
        assert_eq!(text.matches("\nSF:").count() + usize::from(text.starts_with("SF:")), 1, "{text}");
        let mut suite = Suite::named("s\u{1}\"><x");
        let detail = Detail { message: "]]></failure><testcase name='x'/>\u{0}\u{FFFE}".into(), ..Detail::default() };
        suite.cases.push(Case {
            name: "a\"/><testcase".into(),
            status: Outcome::Failed,
            detail: Some(Box::new(detail)),
            ..Case::default()
        });
        let data = Data::Tests(TestRun { suites: vec![suite], problems: Vec::new(), ..TestRun::default() });
        assert!(unite(vec![evidence("a", None, data)]).unwrap().write(Target::Junit).is_ok());
    }

    #[test]
    fn what_a_format_has_no_place_for_is_said_or_refused() {
        let stated = FileCoverage {
            stated: Stated { lines: Some(Ratio { covered: 1, total: 2 }), ..Stated::default() },
            ..FileCoverage::default()
        };
        let united = unite(vec![evidence("a", None, covered("a", stated))]).unwrap();
        assert!(united.write(Target::Lcov).is_ok());
        assert!(matches!(united.write(Target::Cobertura), Err(MergeError::CannotHold(..))));
        let mut file = lines(&[(1, 1)]);
        file.line_branches = vec![LineBranches { line: 9, covered: 1, total: 2 }];
        let united = unite(vec![evidence("a", None, covered("a", file))]).unwrap();
        assert!(united.write(Target::Cobertura).unwrap().lost[0].starts_with("branches"));
        assert!(united.write(Target::Lcov).unwrap().lost.is_empty());
    }
}
