//! coverage.py's JSON report.
//!
//! Specification: coverage.py 7, `coverage json`, <https://coverage.readthedocs.io/en/latest/commands/cmd_json.html>, and `coverage/jsonreport.py`.
//! Producers: coverage.py 5 to 7, pytest-cov.
//!
//! Deviations and what we do:
//! - `total` is executed plus missing lines; what is in `excluded_lines` counts in neither (6.x lists such lines as executed too).
//! - Branches are pairs of lines, listed since 6.5; before, the summary's counters count. A repeated pair counts once.
//! - `functions` and `classes` (7.6) repeat the files' lines: they are not read.

use super::common::Notes;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::coverage::{Branch, Coverage, FileCoverage, Line, Stated};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::{Data, Kind, Ratio};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "coveragepy",
    title: "coverage.py JSON",
    kind: Kind::Coverage,
    extensions: &["json"],
    places: &["coverage.json"],
    spec: "coverage.py 7, coverage json: https://coverage.readthedocs.io/en/latest/commands/cmd_json.html",
    producers: &["coverage.py"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    let meta = shape.has("meta.version") && (shape.has("meta.branch_coverage") || shape.has("meta.show_contexts"));
    let listed = || shape.paths().any(|(p, _)| p.starts_with("files.") && p.ends_with(".executed_lines"));
    if meta && shape.has("files") {
        return Confidence::Certain;
    }
    Confidence::when(listed(), Confidence::Likely)
}

#[derive(Deserialize)]
struct Report<'a> {
    meta: Option<Meta>,
    #[serde(borrow)]
    files: super::common::Members<'a, File>,
    totals: Option<Summary>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(default)]
    branch_coverage: bool,
}

#[derive(Deserialize)]
struct File {
    executed_lines: Vec<u32>,
    missing_lines: Vec<u32>,
    #[serde(default)]
    excluded_lines: Vec<u32>,
    executed_branches: Option<Vec<(i64, i64)>>,
    missing_branches: Option<Vec<(i64, i64)>>,
    summary: Option<Summary>,
}

#[derive(Deserialize, Clone, Copy)]
struct Summary {
    covered_lines: Option<u64>,
    num_statements: Option<u64>,
    num_branches: Option<u64>,
    covered_branches: Option<u64>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let report: Report<'_> = json::from_input(input)?;
    let mut notes = Notes::default();
    let mut out = Coverage::default();
    out.metrics.lines = true;
    out.metrics.branches = report.meta.as_ref().is_some_and(|m| m.branch_coverage);
    for (name, mut f) in report.files.0 {
        f.excluded_lines.sort_unstable();
        f.excluded_lines.dedup();
        let counts = |n: &u32| f.excluded_lines.binary_search(n).is_err();
        let executed = f.executed_lines.iter().filter(|n| counts(n)).map(|n| Line { number: *n, hits: 1 });
        let missing = f.missing_lines.iter().filter(|n| counts(n)).map(|n| Line { number: *n, hits: 0 });
        let mut file = FileCoverage { lines: executed.chain(missing).collect(), ..FileCoverage::default() };
        file.left_out.clone_from(&f.excluded_lines);
        file.by_first_line = f.executed_branches.is_some() || f.missing_branches.is_some();
        let arcs = |list: &Option<Vec<(i64, i64)>>, hits| {
            list.iter().flatten().map(|arc| branch(*arc, hits)).collect::<Option<Vec<_>>>().ok_or_else(|| {
                ParseError::malformed("branches as pairs of line numbers").at(0).in_path(format!("$.files[{name:?}]"))
            })
        };
        file.branches = arcs(&f.executed_branches, 1)?;
        file.branches.extend(arcs(&f.missing_branches, 0)?);
        let listed = f.executed_branches.is_some() || f.missing_branches.is_some();
        if let Some(s) = f.summary {
            let ratio = |covered: Option<u64>, total: Option<u64>| Some(Ratio::new(covered?, total?));
            let lines = ratio(s.covered_lines, s.num_statements);
            let branches = ratio(s.covered_branches, s.num_branches);
            file.stated = Stated {
                lines: lines.filter(|_| file.lines.is_empty()),
                branches: branches.filter(|_| !listed),
                ..Stated::default()
            };
            file.normalise();
            file.hold_against(&Stated { lines, branches, ..Stated::default() });
        }
        out.add(name, file);
    }
    out.note_metrics();
    if let Some(t) = report.totals {
        let ratio = |covered: Option<u64>, total: Option<u64>| Some(Ratio::new(covered?, total?));
        out.hold_against(&Stated {
            lines: ratio(t.covered_lines, t.num_statements),
            branches: ratio(t.covered_branches, t.num_branches),
            ..Stated::default()
        });
        let stated = t.covered_lines.zip(t.num_statements);
        let listed = out.figures().lines.map(|r| (r.covered, r.total));
        if let (Some(stated), Some(listed)) = (stated, listed)
            && stated != listed
        {
            notes.push("the totals disagree with the lines, which count", Some(Location::path("$.totals")), || {
                format!("{}/{} stated, {}/{} listed", stated.0, stated.1, listed.0, listed.1)
            });
        }
    }
    let mut parsed = Parsed::new(Data::Coverage(out), Some(true));
    parsed.tool = Some("coverage.py".to_owned());
    parsed.notes = notes.finish();
    Ok(parsed)
}

/// An arc from a line to a line; a negative number is an entry or exit.
fn branch((from, to): (i64, i64), hits: u32) -> Option<Branch> {
    let number = |n: i64| u32::try_from(n.unsigned_abs()).ok().filter(|n| *n < 1 << 31);
    let arm = number(to)? | if to < 0 { 1 << 31 } else { 0 };
    Some(Branch { line: number(from)?, block: u32::from(from < 0), arm, hits })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(files: &str) -> Result<Coverage, ParseError> {
        let text =
            format!(r#"{{"meta":{{"version":"7.6","branch_coverage":false}},"files":{{{files}}},"totals":{{}}}}"#);
        testing::coverage(parse, &text)
    }

    fn ratio(covered: u64, total: u64) -> Option<Ratio> {
        Some(Ratio { covered, total })
    }

    #[test]
    fn excluded_lines_count_nowhere_and_repeated_branches_once() {
        let c = read(
            r#""a.py":{"executed_lines":[1,2,9],"missing_lines":[4],"excluded_lines":[9,10],"summary":{"covered_lines":2},
               "executed_branches":[[2,-1],[2,4],[2,4]],"missing_branches":[[4,-1]],"functions":{"f":{"executed_lines":[2]}}}"#,
        )
        .unwrap();
        assert_eq!((c.figures().lines, c.figures().branches), (ratio(2, 3), ratio(2, 3)));
    }

    #[test]
    fn counters_count_for_branches_that_are_not_listed() {
        let c = read(
            r#""a.py":{"executed_lines":[1],"missing_lines":[],"summary":{"num_branches":4,"covered_branches":3}}"#,
        )
        .unwrap();
        assert_eq!(c.figures().branches, ratio(3, 4));
    }

    #[test]
    fn what_is_broken_is_refused() {
        for bad in [
            r#""a":{}"#,
            r#""a":{"executed_lines":[-1],"missing_lines":[]}"#,
            r#""a":{"executed_lines":["1"],"missing_lines":[]}"#,
            r#""a":{"executed_lines":[1],"missing_lines":[],"executed_branches":[[1]]}"#,
            r#""a":{"executed_lines":[1],"missing_lines":[],"executed_branches":[[1,99999999999]]}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
