//! Istanbul's `coverage-final.json`.
//!
//! Specification: `istanbul-lib-coverage` 3.2, FileCoverage, <https://github.com/istanbuljs/istanbuljs/tree/main/packages/istanbul-lib-coverage>.
//! Producers: nyc, jest, c8, vitest, babel-plugin-istanbul, karma, cypress, monocart.
//!
//! Deviations and what we do:
//! - A line is the start line of a statement, with the highest count of its statements; what has no counter counts nowhere, as there.
//! - A file's data may stand in a member `data` (nyc). Its name is its `path`, else its key.
//! - Columns are null where a statement reaches to the end of its line; places may be empty objects (an `else` that is not written).
//! - Statements and functions that are told apart by their ids alone stay apart.

use super::common::{Hits, Loose, Members, Notes, Text, cap, tell_apart_functions, tell_apart_statements};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json::Walk;
use gatekeeper_evidence::coverage::{Branch, Coverage, FileCoverage, Function, Line, Metrics, Statement};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::{Data, Kind};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeSet;

pub(super) static FORMAT: Format = Format {
    id: "istanbul",
    title: "Istanbul coverage (coverage-final.json)",
    kind: Kind::Coverage,
    extensions: &["json"],
    places: &["coverage/coverage-final.json", "**/coverage/coverage-final.json", ".nyc_output/*.json"],
    spec: "istanbul-lib-coverage 3.2: https://github.com/istanbuljs/istanbuljs/tree/main/packages/istanbul-lib-coverage",
    producers: &["istanbul", "nyc", "jest", "c8", "vitest"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json().filter(|s| !s.root_is_array && s.documents == 1) else { return Confidence::No };
    // Jest's test results may carry a coverage map beside them.
    let own = |p: &str| p.ends_with(".statementMap") && !p.starts_with("coverageMap.");
    Confidence::when(shape.paths().any(|(p, _)| own(p)), Confidence::Certain)
}

/// Some of a report's files, folded; the notes that each made.
#[derive(Default)]
struct Piece<'a> {
    files: Vec<(Cow<'a, str>, Cow<'a, str>, FileCoverage)>,
    notes: Notes,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let pieces = Walk::document(input.bytes, |walk| {
        let pieces = walk.members(|walk, key, piece: &mut Piece<'_>| {
            let at = walk.at();
            let file = walk.value::<File<'_>>()?;
            let (name, one) = fold(&key, file, &mut piece.notes).map_err(|what| Walk::expected_at(at, what))?;
            let name = name.unwrap_or_else(|| key.clone());
            piece.files.push((key, name, one));
            Ok(())
        })?;
        pieces.ok_or_else(|| walk.expected("an object with a member per file"))
    })?;
    let mut coverage = Coverage { metrics: Metrics::ALL, ..Coverage::default() };
    let mut notes = Notes::default();
    let mut keys = BTreeSet::new();
    for piece in pieces {
        notes.append(piece.notes);
        for (key, name, one) in piece.files {
            if keys.contains(&key) {
                return Err(ParseError::malformed("each file once").found(key.as_bytes()).in_path(format!("$.{key}")));
            }
            keys.insert(key);
            coverage.add(name.as_ref(), one);
        }
    }
    Ok(Parsed { notes: notes.finish(), ..Parsed::new(Data::Coverage(coverage), Some(true)) })
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    #[serde(borrow)]
    path: Option<Text<'a>>,
    #[serde(borrow)]
    statement_map: Option<Members<'a, Loc>>,
    #[serde(borrow)]
    s: Option<Members<'a, Hits>>,
    #[serde(borrow)]
    branch_map: Option<Members<'a, Decision>>,
    #[serde(borrow)]
    b: Option<Members<'a, Vec<Hits>>>,
    #[serde(borrow)]
    fn_map: Option<Members<'a, Place<'a>>>,
    #[serde(borrow)]
    f: Option<Members<'a, Hits>>,
    #[serde(borrow)]
    data: Option<Box<File<'a>>>,
}

#[derive(Deserialize, Default, Clone, Copy)]
struct Loc {
    start: Option<Pos>,
    end: Option<Pos>,
}

#[derive(Deserialize, Default, Clone, Copy)]
struct Pos {
    line: Option<Loose>,
    column: Option<Loose>,
}

impl Pos {
    fn line(self) -> u32 {
        self.line.unwrap_or_default().0
    }

    fn column(self) -> u32 {
        self.column.unwrap_or_default().0
    }
}

#[derive(Deserialize)]
struct Decision {
    loc: Option<Loc>,
    line: Option<Loose>,
    /// Only the first has a use: the place of a decision without one of its own.
    #[serde(default)]
    locations: Vec<Loc>,
}

#[derive(Deserialize)]
struct Place<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    line: Option<Loose>,
    decl: Option<Loc>,
    loc: Option<Loc>,
}

/// A file's own name, where it states one, and its coverage. Adds notes only where it succeeds.
fn fold<'a>(
    key: &str,
    file: File<'a>,
    notes: &mut Notes,
) -> Result<(Option<Cow<'a, str>>, FileCoverage), &'static str> {
    let file = match file.data {
        Some(inner) if file.statement_map.is_none() => *inner,
        _ => file,
    };
    let Some(places) = file.statement_map else {
        return Err("a file with its statements, a member statementMap");
    };
    let Some(counts) = file.s else {
        return Err("a file with its counts, a member s");
    };
    let mut one = FileCoverage::default();
    let place = || Some(Location::path(format!("$[{key:?}]")));
    one.statements.reserve_exact(counts.0.len());
    one.lines.reserve(counts.0.len());
    for (i, (id, hits)) in counts.0.iter().enumerate() {
        let hits = hits.get();
        let mut at = (0, 0, 0, 0);
        match places.find(id, i) {
            Some(loc) => {
                let (start, end) = (loc.start.unwrap_or_default(), loc.end.unwrap_or_default());
                at = (start.line(), start.column(), end.line(), end.column());
                one.lines.push(Line { number: at.0, hits });
            }
            None => notes.push("a statement's count without its place", place(), || id.to_string()),
        }
        one.statements.push(Statement { place: at, count: 1, hits });
    }
    if places.0.len() > counts.0.len() {
        notes.push("statements without a count, which count nowhere", place(), String::new);
    }
    let (decisions, arms) = (file.branch_map.unwrap_or_default(), file.b.unwrap_or_default());
    for (i, (id, arms)) in arms.0.iter().enumerate() {
        let line = decisions.find(id, i).map_or(0, |d| {
            let own = d.loc.and_then(|l| l.start).or_else(|| d.locations.first().and_then(|l| l.start));
            own.map(Pos::line).filter(|l| *l > 0).or(d.line.map(|l| l.0)).unwrap_or(0)
        });
        // The ids are the instrumenter's numbers: the same for the same source.
        let block = id.parse().unwrap_or_else(|_| u32::MAX - cap(u64::try_from(i).unwrap_or(u64::MAX)));
        for (arm, hits) in (0_u32..).zip(arms) {
            one.branches.push(Branch { line, block, arm, hits: hits.get() });
        }
    }
    let (functions, calls) = (file.fn_map.unwrap_or_default(), file.f.unwrap_or_default());
    one.functions.reserve_exact(calls.0.len());
    for (i, (id, hits)) in calls.0.iter().enumerate() {
        let known = functions.find(id, i);
        let line = known.map_or(0, |f| {
            let own = f.decl.and_then(|l| l.start).or_else(|| f.loc.and_then(|l| l.start));
            own.map(Pos::line).filter(|l| *l > 0).or(f.line.map(|l| l.0)).unwrap_or(0)
        });
        let name = known.and_then(|f| f.name.as_ref()).map_or(id.as_ref(), |n| n.0.as_ref());
        one.functions.push(Function { line, name: name.into(), hits: hits.get() });
    }
    tell_apart_statements(&mut one.statements);
    tell_apart_functions(&mut one.functions);
    Ok((file.path.map(|p| p.0), one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use gatekeeper_evidence::Ratio;

    fn read(text: &str) -> Result<Coverage, ParseError> {
        testing::coverage(parse, text)
    }

    fn ratio(covered: u64, total: u64) -> Option<Ratio> {
        Some(Ratio { covered, total })
    }

    const FILE: &str = r#"{"path":"/x/a.js","statementMap":{"0":{"start":{"line":1,"column":0},"end":{"line":1,"column":null}},
        "1":{"start":{"line":1,"column":0},"end":{"line":1,"column":null}},"2":{"start":{"line":3,"column":0},"end":{"line":4,"column":1}}},
        "s":{"0":0,"1":5,"2":0},"branchMap":{"0":{"type":"if","locations":[{"start":{"line":3,"column":1},"end":{}},{"start":{},"end":{}}]}},"b":{"0":[1,0]},
        "fnMap":{"0":{"name":"(anonymous_0)","decl":{"start":{"line":1}}},"1":{"name":"(anonymous_0)","line":1}},"f":{"0":1,"1":0},"inputSourceMap":{"x":[1,{}]}}"#;

    #[test]
    fn lines_are_start_lines_and_ids_tell_things_apart() {
        let c = read(&format!(r#"{{"k":{FILE}}}"#)).unwrap();
        let f = c.figures();
        assert_eq!((f.lines, f.statements), (ratio(1, 2), ratio(1, 3)));
        assert_eq!((f.branches, f.functions), (ratio(1, 2), ratio(1, 2)));
        assert!(c.files.contains_key("/x/a.js"));
    }

    #[test]
    fn nyc_s_wrapper_is_opened() {
        assert_eq!(read(&format!(r#"{{"k":{{"data":{FILE}}}}}"#)).unwrap().figures().lines, ratio(1, 2));
    }

    #[test]
    fn what_is_broken_is_refused() {
        for bad in [
            "[]",
            "{\"k\":{}}",
            "{\"k\":{\"statementMap\":{}}}",
            "{\"k\":{\"statementMap\":{},\"s\":{\"0\":\"x\"}}}",
            "{\"k\":{\"statementMap\":{},\"s\":{\"0\":1,\"0\":1}}}",
            "{\"k\":{\"statementMap\":{},\"s\":{}},\"k\":{\"statementMap\":{},\"s\":{}}}",
            "{\"total\":{\"lines\":{\"total\":1}}}",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
