//! Unites several evidences of one kind and writes them as one report.
//!
//! Coverage is the union by (file, line); branches, functions and statements by identity. Tests of shards add up: their suites follow each other.
//! What is written is read back before it is given out: a report that would say anything else than what was united is an error.
//! So is what a format cannot hold: a run that is not complete, cases that are only counted, names that would forge a record.

mod cobertura;
mod json;
mod junit;
mod lcov;
mod xml_text;

use crate::error::{ParseError, quote};
use crate::evidence::coverage::{Coverage, Figures};
use crate::evidence::test_run::TestRun;
use crate::evidence::{Data, Evidence, Kind, Ratio, Source};
use crate::format;
use crate::inspect::{ReadOptions, read};
use std::fmt;

/// What evidence can be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// LCOV tracefile (coverage).
    Lcov,
    /// Cobertura XML (coverage).
    Cobertura,
    /// JUnit XML (tests).
    Junit,
    /// The united evidence with all that is known of it.
    Json,
}

impl Target {
    /// Its name, which is the id of the format where there is one.
    pub fn as_str(self) -> &'static str {
        match self {
            Target::Lcov => "lcov",
            Target::Cobertura => "cobertura",
            Target::Junit => "junit",
            Target::Json => "json",
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
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MergeError {
    /// No evidence was given.
    Nothing,
    /// Evidence of several kinds: each kind with the first of its files.
    Mixed(Vec<(Kind, String)>),
    /// Evidence of a kind that cannot be united, with its file.
    Kind(Kind, String),
    /// The target holds another kind.
    Target(Target, Kind),
    /// The target cannot hold what the evidence says.
    CannotHold(Target, String),
    /// What was written does not read back as what was united.
    Differs(Target, String),
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MergeError::Nothing => f.write_str("nothing to merge"),
            MergeError::Mixed(kinds) => {
                f.write_str("evidence of several kinds cannot be merged: ")?;
                for (i, (kind, file)) in kinds.iter().enumerate() {
                    write!(f, "{}{file} is {kind}", if i > 0 { ", " } else { "" })?;
                }
                Ok(())
            }
            MergeError::Kind(kind, file) => write!(f, "{file}: {kind} cannot be merged, only coverage and tests"),
            MergeError::Target(target, kind) => write!(f, "{kind} cannot be written as {}", target.as_str()),
            MergeError::CannotHold(target, what) => write!(f, "{} cannot hold {what}", target.as_str()),
            MergeError::Differs(target, what) => {
                write!(f, "the {} that was made does not read back as what was merged: {what}", target.as_str())
            }
        }
    }
}

impl std::error::Error for MergeError {}

/// Unites evidence of one kind.
///
/// # Errors
/// Where there is none, where kinds are mixed, and where the kind is neither coverage nor tests.
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
    let mut sources = Vec::with_capacity(evidence.len());
    let mut complete = Some(true);
    let mut coverage = Coverage::default();
    let mut tests = TestRun::default();
    for e in evidence {
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
            }
            _ => {}
        }
    }
    let data = if kind == Kind::Coverage { Data::Coverage(coverage) } else { Data::Tests(tests) };
    Ok(United { sources, complete, data })
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
        let Some(format) = format::by_id(target.as_str()) else { return Ok(()) };
        let differs = |what: String| Err(MergeError::Differs(target, what));
        let mut options = ReadOptions { format: Some(format), ..ReadOptions::default() };
        options.limits.file_bytes = u64::MAX;
        let again = match read("merged", &written.bytes, &options) {
            Ok(again) => again,
            Err(e) => return differs(ParseError::message(&e)),
        };
        if again.complete == Some(false) {
            return differs("it reads as not complete".to_owned());
        }
        match (&self.data, &again.data) {
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
    use crate::evidence::coverage::{FileCoverage, Function, Line, LineBranches, Metrics, Stated};
    use crate::evidence::test_run::{Case, Counts, Detail, Problem, Status, Suite};

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

    fn run(cases: &[(&str, Status)]) -> Data {
        let mut suite = Suite::named("module 'x'");
        for (name, status) in cases {
            suite.cases.push(Case { name: (*name).into(), status: *status, time: Some(0.25), ..Case::default() });
        }
        Data::Tests(TestRun { suites: vec![suite], problems: Vec::new() })
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
            evidence("a", Some(true), run(&[("t", Status::Passed)])),
            evidence("b", Some(true), run(&[("t", Status::Skipped)])),
        ])
        .unwrap();
        let Data::Tests(t) = &shards.data else { panic!() };
        assert_eq!(t.counts().total(), 2);
        assert!(shards.write(Target::Junit).is_ok());
    }

    #[test]
    fn what_is_not_complete_is_not_written_as_if_it_were() {
        let cut = unite(vec![evidence("a", Some(false), run(&[("t", Status::Passed)]))]).unwrap();
        assert!(matches!(cut.write(Target::Junit), Err(MergeError::CannotHold(..))));
        let json = String::from_utf8(cut.write(Target::Json).unwrap().bytes).unwrap();
        assert!(json.contains("\"complete\": false"), "{json}");
    }

    #[test]
    fn cases_that_are_only_counted_are_not_invented() {
        let mut suite = Suite::named("s");
        suite.unlisted = Counts { passed: 3, ..Counts::default() };
        let data = Data::Tests(TestRun { suites: vec![suite], problems: Vec::new() });
        let e = unite(vec![evidence("a", Some(true), data)]).unwrap().write(Target::Junit).unwrap_err();
        assert!(e.to_string().contains("only counted"), "{e}");
    }

    #[test]
    fn a_problem_stays_a_problem() {
        let problem = Problem { name: "x_SUITE:init_per_suite".into(), message: "boom ]]> <&".into(), line: None };
        let data = Data::Tests(TestRun { suites: Vec::new(), problems: vec![problem] });
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
            status: Status::Failed,
            detail: Some(Box::new(detail)),
            ..Case::default()
        });
        let data = Data::Tests(TestRun { suites: vec![suite], problems: Vec::new() });
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
