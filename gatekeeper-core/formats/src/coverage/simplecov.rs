//! SimpleCov's `.resultset.json`, and its `coverage.json`.
//!
//! Specification: SimpleCov 0.22, `result_merger.rb`, `simplecov_json_formatter` 0.1.4, and since 1.0 the schemas in `schemas/`,
//! <https://github.com/simplecov-ruby/simplecov>.
//! Producers: SimpleCov.
//!
//! Deviations and what we do:
//! - `coverage.json` of 1.0 and later begins with `$schema`, holds `total` and lists methods as objects (`name`, `start_line`, `coverage`).
//! - A file is a list of counts (before 0.18), or an object with `lines`, `branches` and `methods`.
//! - Several suites (RSpec, Minitest, shards) are united: a line is executable where any suite says so.
//! - `"ignored"` entries and null are no lines. `:nocov:` is not in the resultset, so those lines count.
//! - Branches are named as Ruby prints them, `[:then, 1, 7, 6, 7, 32]`: kind, id, place.

use super::common::{Hits, Members, Text, cap};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use crate::scan::shape::Value;
use gatekeeper_evidence::coverage::{Branch, Coverage, FileCoverage, Function, Line, Stated};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::{Data, Kind, Note, Ratio};
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

pub(super) static FORMAT: Format = Format {
    id: "simplecov",
    title: "SimpleCov resultset",
    kind: Kind::Coverage,
    extensions: &["json"],
    places: &["coverage/.resultset.json", "coverage/coverage.json"],
    spec: "SimpleCov 0.22: https://github.com/simplecov-ruby/simplecov",
    producers: &["simplecov"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json().filter(|s| !s.root_is_array && s.documents == 1) else { return Confidence::No };
    if shape.has("meta.simplecov_version") && shape.has("coverage") {
        return Confidence::Certain;
    }
    // A suite's name may be anything, and so may a file's; a member `coverage` that holds lists of counts or `lines` is the mark.
    let mut found = Confidence::No;
    for (path, value) in shape.paths() {
        let Some((suite, file)) = path.split_once(".coverage.") else { continue };
        if !matches!(shape.value(suite), Some(Value::Object)) {
            continue;
        }
        if file.ends_with(".lines") && matches!(value, Value::Array) {
            found = found.max(Confidence::Certain);
        } else if matches!(value, Value::Array) && file.contains('.') && counts(shape.value(&format!("{path}[]"))) {
            found = found.max(Confidence::Likely);
        }
    }
    found
}

/// Whether the first entry of a list is one of a file's lines.
fn counts(value: Option<&Value>) -> bool {
    matches!(value, Some(Value::Other(word)) if word == "null" || word.bytes().all(|b| b.is_ascii_digit()))
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let Report { coverage: mut out, created, errors, total } = json::from_input(input)?;
    // A report of branches or methods alone has no figure of lines.
    out.metrics.lines |= out.files.is_empty();
    out.note_metrics();
    let ratio = |f: Option<Figure>| f.and_then(|f| Some(Ratio::new(f.covered?, f.total?)));
    out.hold_against(&Stated { lines: ratio(total.lines), branches: ratio(total.branches), ..Stated::default() });
    let mut parsed = Parsed::new(Data::Coverage(out), Some(true));
    parsed.tool = Some("simplecov".to_owned());
    parsed.created = created;
    if !errors.is_empty() {
        parsed.notes.push(Note::new(format!("SimpleCov's own limits were not kept: {}", errors.join(", "))));
    }
    Ok(parsed)
}

#[derive(Default)]
struct Report {
    coverage: Coverage,
    /// When it was written (`meta.timestamp`).
    created: Option<i64>,
    /// SimpleCov's own limits that were not kept, by their names.
    errors: Vec<String>,
    /// What it counts in all.
    total: Total,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Total {
    lines: Option<Figure>,
    branches: Option<Figure>,
}

#[derive(Deserialize)]
struct Figure {
    covered: Option<u64>,
    total: Option<u64>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(borrow, default)]
    timestamp: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Suite {
    coverage: Files,
}

/// The files, folded into the model one by one.
struct Files(Coverage);

/// An entry of a file's lines.
struct Entry(Option<u32>);

/// What is known of a file. Since 1.0 each part is there only where its kind of coverage is on.
#[derive(Deserialize)]
struct File<'a> {
    lines: Option<Vec<Entry>>,
    #[serde(borrow)]
    branches: Option<Branches<'a>>,
    #[serde(borrow)]
    methods: Option<Methods<'a>>,
}

/// A file's entry: [`File`]'s members, or its lines alone.
struct OneFile<'a>(File<'a>);

enum Methods<'a> {
    /// By what Ruby prints.
    Printed(Members<'a, Hits>),
    /// `coverage.json`: a flat list.
    Listed(Vec<Method<'a>>),
}

#[derive(Deserialize)]
struct Method<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    start_line: u32,
    coverage: Entry,
}

enum Branches<'a> {
    /// By their printed conditions.
    Printed(Members<'a, Members<'a, Hits>>),
    /// `coverage.json`: a flat list.
    Listed(Vec<Arm>),
}

#[derive(Deserialize)]
struct Arm {
    start_line: u32,
    coverage: Entry,
}

impl<'de> Deserialize<'de> for Report {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Report;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a member per suite")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Report, A::Error> {
                let mut report = Report::default();
                let out = &mut report.coverage;
                let mut keys = std::collections::BTreeSet::new();
                // `coverage.json` has its files at the top, beside `meta` and `groups`.
                let mut flat = false;
                while let Some(Text(key)) = map.next_key()? {
                    match key.as_ref() {
                        "meta" => {
                            let Meta { timestamp } = map.next_value()?;
                            let at = timestamp.and_then(|t| t.0.parse::<jiff::Timestamp>().ok());
                            report.created = at.map(|t| t.as_second());
                            flat = true;
                        }
                        "errors" => {
                            let Members(errors) = map.next_value::<Members<'de, IgnoredAny>>()?;
                            report.errors = errors.into_iter().map(|(name, _)| name.into_owned()).collect();
                            flat = true;
                        }
                        "total" => {
                            report.total = map.next_value()?;
                            flat = true;
                        }
                        "$schema" | "groups" | "timestamp" | "command_name" => {
                            map.next_value::<IgnoredAny>()?;
                            flat = true;
                        }
                        "coverage" => {
                            out.merge(map.next_value::<Files>()?.0);
                            flat = true;
                        }
                        _ if flat => {
                            map.next_value::<IgnoredAny>()?;
                        }
                        _ => {
                            let Files(suite) = map.next_value::<Suite>()?.coverage;
                            out.metrics.lines |= suite.metrics.lines;
                            for (name, file) in suite.files {
                                out.add_up(&name, file);
                            }
                        }
                    }
                    if !keys.insert(key) {
                        return Err(A::Error::custom("invalid value: a suite's name twice, expected each suite once"));
                    }
                }
                if flat && !keys.iter().any(|k| k == "coverage") {
                    return Err(A::Error::missing_field("coverage"));
                }
                Ok(report)
            }
        }
        deserializer.deserialize_map(V)
    }
}

impl<'de> Deserialize<'de> for Files {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Files;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a member per file")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Files, A::Error> {
                let mut out = Coverage::default();
                while let Some((Text(name), file)) = map.next_entry::<Text<'de>, OneFile<'de>>()? {
                    let OneFile(file) = file;
                    out.metrics.lines |= file.lines.is_some();
                    let one = fold(file).map_err(A::Error::custom)?;
                    if out.files.contains_key(name.as_ref()) {
                        return Err(A::Error::custom("invalid value: a file's name twice, expected each file once"));
                    }
                    out.add(name, one);
                }
                Ok(Files(out))
            }
        }
        deserializer.deserialize_map(V)
    }
}

impl<'de> Deserialize<'de> for OneFile<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = OneFile<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of counts, or an object with lines, branches or methods")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<OneFile<'de>, A::Error> {
                let mut lines = Vec::new();
                while let Some(entry) = seq.next_element()? {
                    lines.push(entry);
                }
                Ok(OneFile(File { lines: Some(lines), branches: None, methods: None }))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OneFile<'de>, A::Error> {
                let file = File::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                if file.lines.is_none() && file.branches.is_none() && file.methods.is_none() {
                    return Err(A::Error::missing_field("lines"));
                }
                Ok(OneFile(file))
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Methods<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Methods<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("methods, an object or a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Methods<'de>, A::Error> {
                let mut methods = Vec::new();
                while let Some(method) = seq.next_element()? {
                    methods.push(method);
                }
                Ok(Methods::Listed(methods))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Methods<'de>, A::Error> {
                Members::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Methods::Printed)
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Branches<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Branches<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("branches, an object or a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Branches<'de>, A::Error> {
                let mut arms = Vec::new();
                while let Some(arm) = seq.next_element()? {
                    arms.push(arm);
                }
                Ok(Branches::Listed(arms))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Branches<'de>, A::Error> {
                Members::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Branches::Printed)
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl Visitor<'_> for V {
            type Value = Entry;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a hit count, null or \"ignored\"")
            }
            fn visit_unit<E: Error>(self) -> Result<Entry, E> {
                Ok(Entry(None))
            }
            fn visit_u64<E: Error>(self, n: u64) -> Result<Entry, E> {
                Ok(Entry(Some(cap(n))))
            }
            fn visit_i64<E: Error>(self, n: i64) -> Result<Entry, E> {
                Ok(Entry(Some(u64::try_from(n).map_or(0, cap))))
            }
            fn visit_str<E: Error>(self, s: &str) -> Result<Entry, E> {
                if s == "ignored" {
                    Ok(Entry(None))
                } else {
                    Err(E::invalid_value(serde::de::Unexpected::Str(s), &self))
                }
            }
        }
        deserializer.deserialize_any(V)
    }
}

fn fold(file: File<'_>) -> Result<FileCoverage, String> {
    let length = file.lines.as_ref().and_then(|lines| u32::try_from(lines.len()).ok());
    let mut one = FileCoverage { length, ..FileCoverage::default() };
    for (number, entry) in (1_u32..).zip(file.lines.iter().flatten()) {
        if let Entry(Some(hits)) = entry {
            one.lines.push(Line { number, hits: *hits });
        }
    }
    let wrong = |key: &str| format!("invalid value: {key:?}, expected a branch or method as Ruby prints it");
    match file.branches {
        Some(Branches::Printed(Members(conditions))) => {
            for (condition, Members(arms)) in conditions {
                let [block, line, ..] = numbers(&condition, 5).ok_or_else(|| wrong(&condition))?;
                for (arm, hits) in arms {
                    let [id, ..] = numbers(&arm, 5).ok_or_else(|| wrong(&arm))?;
                    one.branches.push(Branch { line, block, arm: id, hits: hits.get() });
                }
            }
        }
        Some(Branches::Listed(arms)) => {
            for (id, arm) in (0_u32..).zip(arms) {
                if let Entry(Some(hits)) = arm.coverage {
                    one.branches.push(Branch { line: arm.start_line, block: 0, arm: id, hits });
                }
            }
        }
        None => {}
    }
    match file.methods {
        Some(Methods::Printed(Members(methods))) => {
            for (method, hits) in methods {
                let [line, ..] = numbers(&method, 4).ok_or_else(|| wrong(&method))?;
                one.functions.push(Function { line, name: method.as_ref().into(), hits: hits.get() });
            }
        }
        Some(Methods::Listed(methods)) => {
            for method in methods {
                if let Entry(Some(hits)) = method.coverage {
                    one.functions.push(Function { line: method.start_line, name: method.name.0.into(), hits });
                }
            }
        }
        None => {}
    }
    Ok(one)
}

/// The last `n` (at most five) numbers of what Ruby prints: `[:if, 0, 6, 4, 10, 7]`.
fn numbers(printed: &str, n: usize) -> Option<[u32; 5]> {
    let inside = printed.trim().strip_prefix('[')?.strip_suffix(']')?;
    let mut fields = inside.rsplitn(n + 1, ',');
    let mut out = [0; 5];
    for slot in out.get_mut(..n)?.iter_mut().rev() {
        *slot = fields.next()?.trim().parse().ok()?;
    }
    fields.next().map(|_| out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(text: &str) -> Result<Coverage, ParseError> {
        testing::coverage(parse, text)
    }

    fn ratio(covered: u64, total: u64) -> Option<Ratio> {
        Some(Ratio { covered, total })
    }

    #[test]
    fn suites_are_united() {
        let c = read(
            r#"{"RSpec":{"coverage":{"/a.rb":[null,1,0,null]},"timestamp":1},
               "Minitest":{"coverage":{"/a.rb":{"lines":[null,0,0,2,"ignored"],"branches":{"[:if, 0, 3, 4, 5, 7]":{"[:then, 1, 4, 6, 4, 9]":1,"[:else, 2, 3, 4, 5, 7]":0}},
               "methods":{"[Calc, :add, 2, 2, 4, 5]":0}}}}}"#,
        )
        .unwrap();
        let f = c.figures();
        assert_eq!((f.lines, f.branches, f.functions), (ratio(2, 3), ratio(1, 2), ratio(0, 1)));
        assert_eq!(c.files["/a.rb"].branches[0].line, 3);
    }

    #[test]
    fn the_json_formatter_s_file_is_read() {
        let c = read(
            r#"{"meta":{"simplecov_version":"0.22.0"},"coverage":{"/a.rb":{"lines":[1,null,"ignored",0],
               "branches":[{"type":"then","start_line":4,"end_line":4,"coverage":0,"inline":false},{"type":"else","start_line":4,"end_line":4,"coverage":"ignored"}]}},"groups":{}}"#,
        )
        .unwrap();
        assert_eq!((c.figures().lines, c.figures().branches), (ratio(1, 2), ratio(0, 1)));
    }

    #[test]
    fn the_schema_of_1_0_is_read_whichever_coverage_is_on() {
        let c = read(
            r#"{"$schema":"https://x/coverage-v1.3.schema.json","meta":{"schema_version":"1.3","simplecov_version":"1.2.0","timestamp":"2026-01-01T00:00:00.000+00:00"},
               "total":{"lines":{"covered":1,"total":2}},"coverage":{"a.rb":{"lines":[1,0,"ignored"],"source":["a","b","c"],"covered_lines":1,
               "methods":[{"name":"A#x","start_line":1,"end_line":2,"coverage":1},{"name":"A#y","start_line":3,"end_line":3,"coverage":"ignored"}],"contexts":{"0":"1"}}},
               "contexts":["spec/a.rb:1"],"groups":{},"history":[],"errors":{"minimum_coverage":{"lines":{"expected":90,"actual":50}}}}"#,
        )
        .unwrap();
        assert_eq!((c.figures().lines, c.figures().functions), (ratio(1, 2), ratio(1, 1)));
        let c = read(
            r#"{"$schema":"x","meta":{},"total":{},"coverage":{"a.rb":{"branches":[{"type":"then","start_line":4,"end_line":4,"coverage":1}]}},"groups":{},"errors":{}}"#,
        )
        .unwrap();
        assert_eq!((c.figures().lines, c.figures().branches), (None, ratio(1, 1)));
    }

    #[test]
    fn what_is_broken_is_refused() {
        for bad in [
            "[]",
            r#"{"RSpec":{}}"#,
            r#"{"RSpec":{"coverage":{"a":{}}}}"#,
            r#"{"RSpec":{"coverage":{"a":["x"]}}}"#,
            r#"{"RSpec":{"coverage":{"a":[1],"a":[0]}}}"#,
            r#"{"RSpec":{"coverage":{}},"RSpec":{"coverage":{}}}"#,
            r#"{"R":{"coverage":{"a":{"lines":[1],"branches":{"if":{}}}}}}"#,
            r#"{"meta":{}}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
