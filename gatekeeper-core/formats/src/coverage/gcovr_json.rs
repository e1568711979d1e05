//! gcovr's own JSON.
//!
//! Specification: gcovr 8.3, "JSON Format Reference", format version 0.x, <https://gcovr.com/en/stable/output/json.html>.
//! Producers: gcovr 4.2 and later (`gcovr --json`).
//!
//! Deviations and what we do:
//! - A line is listed once per function that holds it (templates): lines are distinct per file, and so are their branches.
//! - `gcovr/noncode` and `gcovr/excluded` lines, branches and functions count nowhere.
//! - Branches have a `branchno` since format 0.6; before, their order is their number.

use super::common::{Hits, Text, from_hex};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use gatekeeper_evidence::coverage::{Branch, Coverage, FileCoverage, Function, Line, LineSum};
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::{Data, Kind};
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use std::fmt;

pub(super) static FORMAT: Format = Format {
    id: "gcovr-json",
    title: "gcovr JSON",
    kind: Kind::Coverage,
    extensions: &["json"],
    places: &["gcovr.json", "coverage/gcovr.json", "build/gcovr.json"],
    spec: "gcovr 8.3, JSON Format Reference: https://gcovr.com/en/stable/output/json.html",
    producers: &["gcovr"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

const VERSION: &str = "gcovr/format_version";

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json() else { return Confidence::No };
    Confidence::when(shape.has(VERSION), Confidence::Certain)
}

#[derive(Deserialize)]
struct Report<'a> {
    #[serde(borrow, rename = "gcovr/format_version")]
    version: Text<'a>,
    files: Files,
}

/// The files, folded into the model one by one.
struct Files(Coverage);

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    file: Text<'a>,
    #[serde(borrow)]
    lines: Vec<Row<'a>>,
    #[serde(borrow, default)]
    functions: Vec<Func<'a>>,
}

#[derive(Deserialize)]
struct Row<'a> {
    line_number: u32,
    /// MD5 of the line's text, hexadecimal.
    #[serde(borrow, rename = "gcovr/md5")]
    md5: Option<Text<'a>>,
    count: Hits,
    branches: Option<Vec<Arm>>,
    #[serde(default, rename = "gcovr/noncode")]
    noncode: bool,
    #[serde(default, rename = "gcovr/excluded")]
    excluded: bool,
}

#[derive(Deserialize)]
struct Arm {
    branchno: Option<u32>,
    count: Hits,
    #[serde(default, rename = "gcovr/excluded")]
    excluded: bool,
}

#[derive(Deserialize)]
struct Func<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    demangled_name: Option<Text<'a>>,
    lineno: Option<u32>,
    execution_count: Option<Hits>,
    #[serde(default, rename = "gcovr/excluded")]
    excluded: bool,
}

impl<'de> Deserialize<'de> for Files {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Files;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of files")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Files, A::Error> {
                let mut out = Coverage::default();
                while let Some(file) = seq.next_element::<File<'de>>()? {
                    fold(file, &mut out);
                }
                Ok(Files(out))
            }
        }
        deserializer.deserialize_seq(V)
    }
}

fn fold(file: File<'_>, out: &mut Coverage) {
    let mut one = FileCoverage::default();
    for row in &file.lines {
        if row.noncode || row.excluded {
            one.left_out.push(row.line_number);
        }
        if let Some(md5) = row.md5.as_ref().and_then(|sum| from_hex(&sum.0)) {
            one.sums.push(LineSum { line: row.line_number, md5 });
        }
    }
    for row in file.lines.iter().filter(|r| !r.noncode && !r.excluded) {
        one.lines.push(Line { number: row.line_number, hits: row.count.get() });
        for (i, arm) in (0_u32..).zip(row.branches.iter().flatten()) {
            if !arm.excluded {
                let hits = arm.count.get();
                one.branches.push(Branch { line: row.line_number, block: 0, arm: arm.branchno.unwrap_or(i), hits });
            }
        }
    }
    for f in file.functions.iter().filter(|f| !f.excluded) {
        if let Some(name) = f.name.as_ref().or(f.demangled_name.as_ref()) {
            let hits = f.execution_count.map_or(0, Hits::get);
            one.functions.push(Function { line: f.lineno.unwrap_or(0), name: name.0.as_ref().into(), hits });
        }
    }
    out.add(file.file.0, one);
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let Report { version, files: Files(mut out) } = json::from_input(input)?;
    if !version.0.starts_with("0.") {
        return Err(ParseError::new(ErrorCode::UnsupportedVersion, "a format version other than 0.x")
            .in_path(format!("$.{VERSION}"))
            .found(version.0.as_bytes()));
    }
    out.metrics.lines = true;
    out.note_metrics();
    let mut parsed = Parsed::new(Data::Coverage(out), Some(true));
    parsed.tool = Some("gcovr".to_owned());
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use gatekeeper_evidence::Ratio;

    fn read(files: &str) -> Result<Coverage, ParseError> {
        let text = format!(r#"{{"gcovr/format_version":"0.14","files":[{files}]}}"#);
        testing::coverage(parse, &text)
    }

    #[test]
    fn what_is_excluded_counts_nowhere_and_a_line_once() {
        let c = read(
            r#"{"file":"a.c","lines":[{"line_number":1,"count":0,"branches":[{"branchno":4,"count":0},{"branchno":5,"count":0,"gcovr/excluded":true}]},
               {"line_number":1,"count":2,"branches":[{"branchno":4,"count":1}],"function_name":"f"},
               {"line_number":2,"count":0,"branches":[],"gcovr/noncode":true},{"line_number":3,"count":1,"branches":[],"gcovr/excluded":true}],
               "functions":[{"name":"f","lineno":1,"execution_count":2,"blocks":1},{"name":"g","lineno":9,"execution_count":0,"gcovr/excluded":true}]}"#,
        )
        .unwrap();
        let f = c.figures();
        assert_eq!(f.lines, Some(Ratio { covered: 1, total: 1 }));
        assert_eq!(f.branches, Some(Ratio { covered: 1, total: 1 }));
        assert_eq!(f.functions, Some(Ratio { covered: 1, total: 1 }));
    }

    #[test]
    fn what_is_broken_is_refused() {
        for bad in [
            r#"{"lines":[]}"#,
            r#"{"file":"a"}"#,
            r#"{"file":"a","lines":[{"line_number":1}]}"#,
            r#"{"file":"a","lines":[{"line_number":-1,"count":1}]}"#,
            r#"{"file":"a","lines":[{"line_number":1,"count":1,"count":2}]}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
