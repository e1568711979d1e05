//! Coveralls' job JSON.
//!
//! Specification: Coveralls API, `source_files`, <https://docs.coveralls.io/api-reference>.
//! Producers: excoveralls, coveralls-python, gcovr, grcov, coverage-reporter, tarpaulin, goveralls.
//!
//! Deviations: `branches` is a flat list of line, block, arm, count; counts may be floats or below zero.

use super::common::{Hits, Loose, Text, from_hex};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::coverage::{Branch, Coverage, FileCoverage, Line, LineSum};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::hash::md5;
use gatekeeper_evidence::{Data, Kind};
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use std::fmt;

pub(super) static FORMAT: Format = Format {
    id: "coveralls",
    title: "Coveralls JSON",
    kind: Kind::Coverage,
    extensions: &["json"],
    places: &["cover/excoveralls.json", "apps/*/cover/excoveralls.json", "coveralls.json", "coverage/coveralls.json"],
    spec: "Coveralls API reference, source_files: https://docs.coveralls.io/api-reference",
    producers: &["excoveralls", "coveralls", "gcovr", "grcov", "tarpaulin"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json().filter(|s| s.has("source_files")) else { return Confidence::No };
    if shape.has_all(&["source_files[].name", "source_files[].coverage"]) {
        return Confidence::Certain;
    }
    let job = ["repo_token", "service_name", "git", "run_at"].iter().any(|m| shape.has(m));
    Confidence::when(job || shape.has("source_files[].source_digest"), Confidence::Likely)
}

#[derive(Deserialize)]
struct Report<'a> {
    source_files: Files,
    #[serde(borrow)]
    git: Option<Git<'a>>,
    #[serde(borrow)]
    commit_sha: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Git<'a> {
    #[serde(borrow)]
    head: Option<Commit<'a>>,
}

#[derive(Deserialize)]
struct Commit<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
}

/// The files, folded into the model one by one.
struct Files(Coverage);

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    coverage: Vec<Option<Hits>>,
    branches: Option<Vec<Option<Loose>>>,
    /// MD5 of the file.
    #[serde(borrow)]
    source_digest: Option<Text<'a>>,
    /// The file's text.
    #[serde(borrow)]
    source: Option<Text<'a>>,
}

impl<'de> Deserialize<'de> for Files {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Files;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of source files")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Files, A::Error> {
                let mut out = Coverage::default();
                while let Some(file) = seq.next_element::<File<'de>>()? {
                    let length = u32::try_from(file.coverage.len()).ok();
                    let mut one = FileCoverage { length, ..FileCoverage::default() };
                    one.digests.extend(file.source_digest.as_ref().and_then(|d| from_hex(&d.0)));
                    let source = file.source.as_ref().map_or("", |s| s.0.as_ref());
                    // A line break at the end is no line of its own.
                    let texts = (1_u32..).zip(source.split('\n').zip(&file.coverage));
                    one.sums.extend(texts.map(|(line, (text, _))| LineSum { line, md5: md5(text.as_bytes()) }));
                    for (number, hits) in (1_u32..).zip(&file.coverage) {
                        if let Some(hits) = hits {
                            one.lines.push(Line { number, hits: hits.get() });
                        }
                    }
                    let branches = file.branches.unwrap_or_default();
                    let mut fours = branches.chunks_exact(4);
                    for four in fours.by_ref() {
                        if let [Some(line), Some(block), Some(arm), hits] = four {
                            let hits = hits.map_or(0, |h| h.0);
                            one.branches.push(Branch { line: line.0, block: block.0, arm: arm.0, hits });
                        } else {
                            return Err(A::Error::custom(
                                "invalid value: a null, expected a branch's line, block and arm",
                            ));
                        }
                    }
                    if !fours.remainder().is_empty() {
                        return Err(A::Error::custom(format_args!(
                            "invalid length {}, expected branches in fours: line, block, arm, count",
                            branches.len()
                        )));
                    }
                    out.add(file.name.0, one);
                }
                Ok(Files(out))
            }
        }
        deserializer.deserialize_seq(V)
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let Report { source_files: Files(mut out), git, commit_sha } = json::from_input::<Report<'_>>(input)?;
    let head = git.and_then(|g| g.head).and_then(|c| c.id);
    out.metrics.lines = true;
    out.note_metrics();
    let stated = [&head, &commit_sha].into_iter().flatten().map(|t| t.0.as_ref());
    Ok(Parsed::new(Data::Coverage(out), Some(true)).of_commits(stated))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use gatekeeper_evidence::Ratio;

    fn read(files: &str) -> Result<Coverage, ParseError> {
        let text = format!(r#"{{"repo_token":"t","source_files":[{files}]}}"#);
        testing::coverage(parse, &text)
    }

    #[test]
    fn nulls_are_no_lines_and_branches_come_in_fours() {
        let c = read(r#"{"name":"a","coverage":[null,0,2.0,null,-1],"branches":[2,0,0,1,2,0,1,0]}"#).unwrap();
        assert_eq!(c.figures().lines, Some(Ratio { covered: 1, total: 3 }));
        assert_eq!(c.figures().branches, Some(Ratio { covered: 1, total: 2 }));
    }

    #[test]
    fn what_is_broken_is_refused() {
        for bad in [
            r#"{"coverage":[1]}"#,
            r#"{"name":"a"}"#,
            r#"{"name":"a","coverage":["x"]}"#,
            r#"{"name":"a","coverage":[],"branches":[1,2,3]}"#,
            r#"{"name":"a","coverage":[],"branches":[null,0,0,1]}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
