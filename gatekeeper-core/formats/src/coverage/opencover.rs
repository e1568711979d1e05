//! OpenCover XML.
//!
//! Specification: OpenCover's `coverage.xsd` 4.7, <https://github.com/OpenCover/opencover/blob/master/main/OpenCover.Framework/Model/>.
//! Producers: OpenCover, coverlet, AltCover.
//!
//! Deviations and what we do:
//! - Every line from `sl` to `el` of a sequence point is a line; each sequence point is a statement.
//! - Functions are the methods with sequence points, covered when any of them ran.
//! - Branches are the listed branch points; the `Summary` elements count one more per method and are not used.
//! - Modules that were skipped have no content. Hidden points (line 0xFEEFEE) have no place in a source and are noted.
//! - A point's file is its own `fileid`, else the method's `FileRef`; older versions have branch points without lines: they get the line
//!   of the sequence point before them.

use super::common::{MOST_LINES, Notes, Range, hit_count, tell_apart_functions, tell_apart_statements, unfold};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::xml::{self, Attribute, Element, Token, Xml};
use gatekeeper_evidence::coverage::{Branch, Claim, Coverage, FileCoverage, Function, Stated, Statement};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::{Data, Kind, Ratio};
use std::collections::BTreeMap;

pub(super) static FORMAT: Format = Format {
    id: "opencover",
    title: "OpenCover XML",
    kind: Kind::Coverage,
    extensions: &["xml"],
    places: &["**/coverage.opencover.xml", "opencover.xml", "OpenCover.xml", "**/TestResults/*/coverage.opencover.xml"],
    spec: "OpenCover's model, 4.7: https://github.com/OpenCover/opencover/tree/master/main/OpenCover.Framework/Model",
    producers: &["opencover", "coverlet", "altcover"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    Confidence::when(head.xml().is_some_and(|r| r.name == "CoverageSession"), Confidence::Certain)
}

/// The line number by which compilers mark code without a source.
const HIDDEN: u32 = 0x00FE_EFEE;

/// A file's points.
#[derive(Default)]
struct File {
    statements: Vec<Statement>,
    functions: Vec<Function>,
    branches: Vec<Branch>,
    /// Decisions so far, by line: which method and offset they are of.
    decisions: BTreeMap<u32, Vec<(u32, u32)>>,
}

#[derive(Debug, Default, Clone)]
struct Point {
    first: Option<u32>,
    last: Option<u32>,
    columns: (u32, u32),
    hits: Option<u32>,
    offset: u32,
    path: u32,
    file: Option<String>,
    at: usize,
}

#[derive(Default)]
struct Method {
    name: String,
    file: Option<String>,
    points: Vec<Point>,
    branches: Vec<Point>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    xml::read(input, |_, xml| document(xml))
}

fn document(mut xml: Xml<'_>) -> Result<Parsed, ParseError> {
    let mut notes = Notes::default();
    // The ids of files belong to a module.
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    let mut files: BTreeMap<String, File> = BTreeMap::new();
    let mut method: Option<(usize, Method)> = None;
    let (mut methods, mut stated) = (0_u32, None);
    loop {
        match xml.next()? {
            Token::Start(e) => match (e.name(), &mut method) {
                ("CoverageSession", _) if xml.depth() == 1 => {}
                (name, _) if xml.depth() == 1 => {
                    return Err(ParseError::malformed("the root element CoverageSession").at(e.offset).found(name));
                }
                // That of the whole session stands first, outside of its modules.
                ("Summary", None) if xml.depth() == 2 => stated = summary(&e)?,
                ("Module", _) => ids.clear(),
                ("File", _) => {
                    let id = e.attribute("uid")?.unwrap_or_default().into_owned();
                    let path = e.attribute("fullPath")?.filter(|p| !p.is_empty());
                    let path = path.ok_or_else(|| ParseError::malformed("a fullPath of the file").at(e.offset))?;
                    ids.insert(id, path.into_owned());
                }
                ("Method", None) => method = Some((xml.depth(), Method::default())),
                ("Name", Some((depth, m))) if xml.depth() == *depth + 1 => m.name = xml.text_of(4096)?,
                ("FileRef", Some((_, m))) => m.file = e.attribute("uid")?.map(|u| u.into_owned()),
                ("SequencePoint", Some((_, m))) => m.points.push(point(&e, &mut notes)?),
                ("BranchPoint", Some((_, m))) => m.branches.push(point(&e, &mut notes)?),
                ("SequencePoint" | "BranchPoint", None) => {
                    return Err(ParseError::malformed("a point inside a method").at(e.offset));
                }
                _ => {}
            },
            Token::End => {
                if method.as_ref().is_some_and(|(d, _)| *d == xml.depth() + 1)
                    && let Some((_, m)) = method.take()
                {
                    methods = methods.saturating_add(1);
                    close(m, methods, &ids, &mut files, &mut notes)?;
                }
            }
            Token::Text(_) => {}
            Token::Eof => break,
        }
    }
    let mut out = Coverage::default();
    let mut room = MOST_LINES;
    for (name, mut f) in files {
        let mut ranges: Vec<Range> =
            f.statements.iter().map(|s| Range { first: s.place.0, last: s.place.2, hits: s.hits }).collect();
        tell_apart_functions(&mut f.functions);
        tell_apart_statements(&mut f.statements);
        let file = FileCoverage {
            lines: unfold(&mut ranges, &mut room)?,
            branches: f.branches,
            functions: f.functions,
            statements: f.statements,
            ..FileCoverage::default()
        };
        out.add(name, file);
    }
    out.metrics.lines = true;
    out.metrics.statements = true;
    out.note_metrics();
    // Lines are not counted there: they fall short as the sequence points do.
    let mut claim = Claim::of(&Stated { statements: stated, ..Stated::default() }, &out.figures());
    if let Some(claim) = &mut claim {
        claim.lines = claim.statements;
    }
    out.claim = claim;
    let mut parsed = Parsed::new(Data::Coverage(out), Some(true));
    parsed.notes = xml.take_notes();
    parsed.notes.extend(notes.finish());
    Ok(parsed)
}

/// The sequence points of a summary.
fn summary(e: &Element<'_>) -> Result<Option<Ratio>, ParseError> {
    let (mut total, mut visited) = (None, None);
    for a in e.attributes() {
        let a = a?;
        match a.key {
            "numSequencePoints" => total = Some(a.count()?),
            "visitedSequencePoints" => visited = Some(a.count()?),
            _ => {}
        }
    }
    Ok(visited.zip(total.filter(|t| *t > 0)).map(|(visited, total)| Ratio::new(visited, total)))
}

fn point(e: &Element<'_>, notes: &mut Notes) -> Result<Point, ParseError> {
    let mut p = Point { at: e.offset, ..Point::default() };
    let number = |a: &Attribute<'_>, what: &str| a.raw.trim().parse::<u32>().map_err(|_| a.wrong(what));
    // What only tells points apart may be below zero: its bits do as well.
    let loose = |a: &Attribute<'_>, what: &str| {
        let n = a.raw.trim().parse::<i64>().map_err(|_| a.wrong(what))?;
        Ok::<u32, ParseError>(u32::try_from(n & i64::from(u32::MAX)).unwrap_or(u32::MAX))
    };
    for a in e.attributes() {
        let a = a?;
        match a.key {
            "vc" => p.hits = Some(hit_count(&a, notes)?),
            "sl" => p.first = Some(number(&a, "a line number")?),
            "el" => p.last = Some(number(&a, "a line number")?),
            "sc" => p.columns.0 = loose(&a, "a column")?,
            "ec" => p.columns.1 = loose(&a, "a column")?,
            "offset" => p.offset = loose(&a, "an offset")?,
            "path" => p.path = loose(&a, "a path's number")?,
            "fileid" => p.file = Some(a.text()?.into_owned()).filter(|f| f != "0"),
            _ => {}
        }
    }
    if p.hits.is_none() {
        return Err(ParseError::malformed("the attribute vc of a point").at(e.offset));
    }
    Ok(p)
}

fn close(
    mut m: Method,
    number: u32,
    ids: &BTreeMap<String, String>,
    files: &mut BTreeMap<String, File>,
    notes: &mut Notes,
) -> Result<(), ParseError> {
    let name_of = |p: &Point, m: &Method| -> Result<String, ParseError> {
        let id = p.file.as_ref().or(m.file.as_ref());
        let id = id.ok_or_else(|| ParseError::malformed("a file of the point, fileid or FileRef").at(p.at))?;
        ids.get(id).cloned().ok_or_else(|| ParseError::malformed("a file's uid of this module").at(p.at).found(id))
    };
    let listed = m.points.len();
    m.points.retain(|p| p.first != Some(HIDDEN));
    if m.points.len() < listed {
        notes.push("a sequence point without a place in a source", None, || m.name.clone());
    }
    let mut first: Option<(String, u32)> = None;
    let mut hits = 0;
    for p in &m.points {
        let start = p.first.ok_or_else(|| ParseError::malformed("the attribute sl of a point").at(p.at))?;
        let end = p.last.unwrap_or(start);
        if end < start {
            return Err(ParseError::malformed("el not before sl").at(p.at).found(end.to_string()));
        }
        let name = name_of(p, &m)?;
        hits = hits.max(p.hits.unwrap_or(0));
        if first.as_ref().is_none_or(|(_, l)| start < *l) {
            first = Some((name.clone(), start));
        }
        files.entry(name).or_default().statements.push(Statement {
            place: (start, p.columns.0, end, p.columns.1),
            count: 1,
            hits: p.hits.unwrap_or(0),
        });
    }
    if let Some((file, line)) = first {
        files.entry(file).or_default().functions.push(Function { line, name: m.name.as_str().into(), hits });
    }
    for b in &m.branches {
        let before = || m.points.iter().filter(|p| p.offset <= b.offset).max_by_key(|p| p.offset).and_then(|p| p.first);
        let Some(line) = b.first.or_else(before).filter(|l| *l != HIDDEN) else {
            notes.at("a branch point without a place in a source", b.at, || m.name.clone());
            continue;
        };
        let file = files.entry(name_of(b, &m)?).or_default();
        let decisions = file.decisions.entry(line).or_default();
        let key = (number, b.offset);
        let block = decisions.iter().position(|d| *d == key).unwrap_or_else(|| {
            decisions.push(key);
            decisions.len() - 1
        });
        let block = u32::try_from(block).unwrap_or(u32::MAX);
        file.branches.push(Branch { line, block, arm: b.path, hits: b.hits.unwrap_or(0) });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(methods: &str) -> Result<Coverage, ParseError> {
        let text = format!(
            "<CoverageSession><Modules><Module><Files><File uid='1' fullPath='C:\\a.cs'/></Files><Classes><Class><Methods>{methods}</Methods></Class></Classes></Module></Modules></CoverageSession>"
        );
        testing::coverage(parse, &text)
    }

    fn ratio(covered: u64, total: u64) -> Option<Ratio> {
        Some(Ratio { covered, total })
    }

    #[test]
    fn points_span_lines_and_methods_without_points_are_no_functions() {
        let c = read(
            "<Method><Name>A</Name><FileRef uid='1'/><SequencePoints><SequencePoint vc='0' offset='0' sl='3' sc='1' el='5' ec='2'/>\
             <SequencePoint vc='2' offset='9' sl='5' sc='9' el='6' ec='2'/></SequencePoints>\
             <BranchPoints><BranchPoint vc='1' offset='10' path='0'/><BranchPoint vc='0' offset='10' path='1'/></BranchPoints></Method><Method><Name>abstract</Name></Method>",
        )
        .unwrap();
        let f = c.figures();
        assert_eq!((f.lines, f.statements), (ratio(2, 4), ratio(1, 2)));
        assert_eq!((f.functions, f.branches), (ratio(1, 1), ratio(1, 2)));
        assert_eq!(c.files["C:\\a.cs"].branches[0].line, 5);
    }

    #[test]
    fn what_is_broken_is_refused() {
        for bad in [
            "<Method><FileRef uid='7'/><SequencePoint vc='1' sl='1'/></Method>",
            "<Method><SequencePoint vc='1' sl='1'/></Method>",
            "<Method><FileRef uid='1'/><SequencePoint sl='1'/></Method>",
            "<Method><FileRef uid='1'/><SequencePoint vc='1'/></Method>",
            "<Method><FileRef uid='1'/><SequencePoint vc='1' sl='5' el='2'/></Method>",
            "<Method><FileRef uid='1'/><SequencePoint vc='1' sl='1' el='4294967295'/></Method>",
            "<Method><FileRef uid='1'/><SequencePoint vc='x' sl='1'/></Method>",
            "<SequencePoint vc='1' sl='1'/>",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
