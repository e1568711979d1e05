//! Istanbul's `coverage-summary.json`: counters alone.
//!
//! Specification: `istanbul-reports` 3.1, json-summary, <https://github.com/istanbuljs/istanbuljs/tree/main/packages/istanbul-reports/lib/json-summary>.
//! Producers: nyc, jest, c8, vitest, monocart.
//!
//! Deviations: `pct` may be `"Unknown"` (nothing to cover); c8 adds `branchesTrue`. `total` counts only where no file is listed.

use super::common::Members;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::coverage::{Coverage, FileCoverage, Metrics, Stated};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::{Data, Kind, Ratio};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    id: "istanbul-summary",
    title: "Istanbul coverage summary (coverage-summary.json)",
    kind: Kind::Coverage,
    extensions: &["json"],
    places: &["coverage/coverage-summary.json", "**/coverage/coverage-summary.json"],
    spec: "istanbul-reports 3.1, json-summary: https://github.com/istanbuljs/istanbuljs/tree/main/packages/istanbul-reports/lib/json-summary",
    producers: &["istanbul", "nyc", "jest", "c8", "vitest"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json().filter(|s| !s.root_is_array && s.documents == 1) else { return Confidence::No };
    let one = |start: &str| {
        ["lines", "statements", "functions", "branches"]
            .iter()
            .all(|m| shape.has(&format!("{start}.{m}.total")) && shape.has(&format!("{start}.{m}.covered")))
            && shape.has(&format!("{start}.lines.pct"))
    };
    if one("total") {
        return Confidence::Certain;
    }
    let files = shape.paths().filter_map(|(p, _)| p.strip_suffix(".lines.pct"));
    Confidence::when(files.take(1).any(one), Confidence::Likely)
}

#[derive(Deserialize)]
struct Summary {
    lines: Counter,
    statements: Counter,
    functions: Counter,
    branches: Counter,
}

#[derive(Deserialize, Clone, Copy)]
struct Counter {
    total: u64,
    covered: u64,
}

impl Counter {
    fn ratio(self) -> Option<Ratio> {
        Some(Ratio { covered: self.covered, total: self.total })
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let Members(files): Members<'_, Summary> = json::from_input(input)?;
    let mut out = Coverage { metrics: Metrics::ALL, ..Coverage::default() };
    let mut total = None;
    for (name, s) in files {
        for (what, c) in
            [("lines", s.lines), ("statements", s.statements), ("functions", s.functions), ("branches", s.branches)]
        {
            if c.covered > c.total {
                return Err(ParseError::malformed("no more covered than there are")
                    .at(0)
                    .in_path(format!("$[{name:?}].{what}"))
                    .found_words(format!("{} of {}", c.covered, c.total)));
            }
        }
        let stated = Stated {
            lines: s.lines.ratio(),
            statements: s.statements.ratio(),
            functions: s.functions.ratio(),
            branches: s.branches.ratio(),
        };
        if name == "total" {
            total = Some(stated);
        } else {
            out.add(name, FileCoverage { stated, ..FileCoverage::default() });
        }
    }
    if let Some(total) = total {
        if out.files.is_empty() {
            out.stated = total;
        }
        out.hold_against(&total);
    }
    Ok(Parsed::new(Data::Coverage(out), Some(true)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(text: &str) -> Result<Coverage, ParseError> {
        testing::coverage(parse, text)
    }

    fn summary(covered: u64, total: u64) -> String {
        let c = format!(r#"{{"total":{total},"covered":{covered},"skipped":0,"pct":"Unknown"}}"#);
        format!(r#"{{"lines":{c},"statements":{c},"functions":{c},"branches":{c}}}"#)
    }

    #[test]
    fn files_count_and_the_total_only_without_them() {
        let c = read(&format!(r#"{{"total":{},"a.js":{}}}"#, summary(9, 9), summary(1, 3))).unwrap();
        assert_eq!((c.figures().lines, c.files.len()), (Some(Ratio { covered: 1, total: 3 }), 1));
        let c = read(&format!(r#"{{"total":{}}}"#, summary(2, 9))).unwrap();
        assert_eq!((c.figures().branches, c.files.len()), (Some(Ratio { covered: 2, total: 9 }), 0));
    }

    #[test]
    fn what_is_broken_is_refused() {
        for bad in ["[]".to_owned(), r#"{"total":{}}"#.to_owned(), format!(r#"{{"a":{}}}"#, summary(4, 3))] {
            assert!(read(&bad).is_err(), "{bad}");
        }
        assert!(read(r#"{"total":{"lines":{"total":-1,"covered":0}}}"#).is_err());
    }
}
