//! Clover XML, in three dialects: OpenClover's own, Istanbul's, PHPUnit's.
//!
//! Specification: OpenClover's schema, <https://bitbucket.org/openclover/clover/src/master/etc/schema/clover.xsd>; PHPUnit's and Istanbul's writers:
//! <https://github.com/sebastianbergmann/php-code-coverage/blob/main/src/Report/Clover.php>,
//! <https://github.com/istanbuljs/istanbuljs/blob/main/packages/istanbul-reports/lib/clover/index.js>.
//! Producers: OpenClover, jest, nyc, c8, vitest, PHPUnit, Pest, gcovr.
//!
//! Deviations and what we do:
//! - `cond` lines: OpenClover has how often the condition was true and false, and no `count`; Istanbul has a `count`, and the numbers of
//!   covered and uncovered arms in the two.
//! - `stmt` and `cond` lines are lines and statements; `method` lines are functions. What a file does not list, its `<metrics>` state.
//! - A file's name is its `path`, else its `name` (PHPUnit, where it is a whole path).
//! - Files stand under packages or straight under the project; what is under `<testproject>` does not count.

use super::common::{Notes, hit_count, line_number, tell_apart_functions, timestamp};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::xml::{self, Element, Token, Xml};
use gatekeeper_evidence::coverage::{Branch, Coverage, FileCoverage, Function, Line, LineBranches, Stated, Statement};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::{Data, Kind, Ratio};
use std::collections::BTreeMap;

pub(super) static FORMAT: Format = Format {
    id: "clover",
    title: "Clover XML",
    kind: Kind::Coverage,
    extensions: &["xml"],
    places: &[
        "clover.xml",
        "coverage/clover.xml",
        "build/logs/clover.xml",
        "target/site/clover/clover.xml",
        "coverage-clover.xml",
    ],
    spec: "OpenClover's clover.xsd: https://bitbucket.org/openclover/clover/src/master/etc/schema/clover.xsd",
    producers: &["openclover", "istanbul", "phpunit", "gcovr"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(root) = head.xml().filter(|r| r.name == "coverage") else { return Confidence::No };
    let marked = root.attribute("clover").is_some();
    let inside = root.holds("project") && !root.holds("packages");
    Confidence::when(marked || inside, Confidence::Certain)
}

/// The file being read.
#[derive(Default)]
struct File {
    depth: usize,
    name: String,
    out: FileCoverage,
    stated: Stated,
    /// Conditions of OpenClover so far, by line: several of one line are told apart by their order.
    conditions: BTreeMap<u32, u32>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    xml::read(input, |_, xml| document(xml))
}

fn document(mut xml: Xml<'_>) -> Result<Parsed, ParseError> {
    let mut notes = Notes::default();
    let mut out = Coverage::default();
    let mut created = None;
    let mut whole = Stated::default();
    let mut projects = 0_u32;
    let mut file: Option<File> = None;
    loop {
        match xml.next()? {
            Token::Start(e) => match (e.name(), xml.depth()) {
                ("line", _) => {
                    let Some(file) = &mut file else {
                        return Err(ParseError::malformed("a line inside a file").at(e.offset));
                    };
                    read_line(&e, file, &mut notes)?;
                }
                ("coverage", 1) => created = e.attribute("generated")?.and_then(|t| timestamp(&t)),
                (name, 1) => return Err(ParseError::malformed("the root element coverage").at(e.offset).found(name)),
                ("project", 2) => projects += 1,
                ("testproject", _) => xml.skip()?,
                ("packages", 2) => {
                    return Err(ParseError::malformed("a project in Clover's coverage").at(e.offset).found("packages"));
                }
                ("file", depth) => {
                    if file.is_some() {
                        return Err(ParseError::malformed("the end of the file before another").at(e.offset));
                    }
                    let path = e.attribute("path")?.filter(|p| !p.is_empty());
                    let name = match path {
                        Some(path) => path,
                        None => e
                            .attribute("name")?
                            .filter(|n| !n.is_empty())
                            .ok_or_else(|| ParseError::malformed("a path or name of the file").at(e.offset))?,
                    };
                    file = Some(File { depth, name: name.into_owned(), ..File::default() });
                }
                ("metrics", depth) => match &mut file {
                    Some(file) if depth == file.depth + 1 => file.stated = metrics(&e)?,
                    Some(_) => {}
                    None if depth == 3 => whole = metrics(&e)?,
                    None => {}
                },
                _ => {}
            },
            Token::End => {
                if file.as_ref().is_some_and(|f| f.depth == xml.depth() + 1)
                    && let Some(f) = file.take()
                {
                    close(f, &mut out);
                }
            }
            Token::Text(_) => {}
            Token::Eof => break,
        }
    }
    if projects == 0 {
        return Err(ParseError::malformed("a project in Clover's coverage").at(0));
    }
    if out.files.is_empty() {
        out.stated = whole;
    }
    out.metrics.lines = true;
    out.metrics.statements = true;
    out.note_metrics();
    out.hold_against(&whole);
    let mut parsed = Parsed::new(Data::Coverage(out), Some(true));
    parsed.created = created;
    parsed.notes = xml.take_notes();
    parsed.notes.extend(notes.finish());
    Ok(parsed)
}

fn close(mut f: File, out: &mut Coverage) {
    tell_apart_functions(&mut f.out.functions);
    // A line is a statement here, whatever stands on it.
    f.out.normalise();
    f.out.statements =
        f.out.lines.iter().map(|l| Statement { place: (l.number, 0, 0, 0), count: 1, hits: l.hits }).collect();
    let no_branches = f.out.branches.is_empty() && f.out.line_branches.is_empty();
    f.out.stated = Stated {
        lines: f.stated.lines.filter(|_| f.out.lines.is_empty()),
        statements: f.stated.lines.filter(|_| f.out.lines.is_empty()),
        branches: f.stated.branches.filter(|_| no_branches),
        functions: f.stated.functions.filter(|_| f.out.functions.is_empty()),
    };
    f.out.hold_against(&f.stated);
    out.add(f.name, f.out);
}

fn metrics(e: &Element<'_>) -> Result<Stated, ParseError> {
    let mut found = [None; 6];
    for a in e.attributes() {
        let a = a?;
        let slot = match a.key {
            "coveredstatements" => 0,
            "statements" => 1,
            "coveredconditionals" => 2,
            "conditionals" => 3,
            "coveredmethods" => 4,
            "methods" => 5,
            _ => continue,
        };
        if let Some(slot) = found.get_mut(slot) {
            *slot = Some(a.count()?);
        }
    }
    let [covered_statements, statements, covered_conditionals, conditionals, covered_methods, methods] = found;
    let ratio = |covered: Option<u64>, total: Option<u64>| Some(Ratio::new(covered?, total.filter(|t| *t > 0)?));
    Ok(Stated {
        lines: ratio(covered_statements, statements),
        statements: ratio(covered_statements, statements),
        branches: ratio(covered_conditionals, conditionals),
        functions: ratio(covered_methods, methods),
    })
}

fn read_line(e: &Element<'_>, file: &mut File, notes: &mut Notes) -> Result<(), ParseError> {
    let (mut number, mut count, mut yes, mut no) = (None, None, None, None);
    let (mut kind, mut name, mut signature) = ("", None, None);
    for a in e.attributes() {
        let a = a?;
        match a.key {
            "num" => number = Some(line_number(&a)?),
            "count" => count = Some(hit_count(&a, notes)?),
            "truecount" => yes = Some(hit_count(&a, notes)?),
            "falsecount" => no = Some(hit_count(&a, notes)?),
            "type" => kind = a.raw,
            "name" => name = Some(a.text()?),
            "signature" => signature = Some(a.text()?),
            _ => {}
        }
    }
    let missing = |what: &str| ParseError::malformed(format!("the attribute {what} of a line")).at(e.offset);
    let number = number.ok_or_else(|| missing("num"))?;
    match kind {
        "method" => {
            let hits = count.ok_or_else(|| missing("count"))?;
            let name = signature.or(name).unwrap_or_default();
            file.out.functions.push(Function { line: number, name: name.into(), hits });
        }
        "cond" => {
            let (yes, no) = (yes.unwrap_or(0), no.unwrap_or(0));
            let hits = match count {
                Some(count) => {
                    let total = yes.saturating_add(no);
                    if total > 0 {
                        file.out.line_branches.push(LineBranches { line: number, covered: yes, total });
                    }
                    count
                }
                None => {
                    let block = file.conditions.entry(number).or_default();
                    for (arm, hits) in [(0, yes), (1, no)] {
                        file.out.branches.push(Branch { line: number, block: *block, arm, hits });
                    }
                    *block = block.saturating_add(1);
                    yes.saturating_add(no)
                }
            };
            file.out.lines.push(Line { number, hits });
        }
        "stmt" => {
            file.out.lines.push(Line { number, hits: count.ok_or_else(|| missing("count"))? });
        }
        other => {
            return Err(ParseError::malformed("a line's type, stmt, cond or method").at(e.offset).found(other));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(inside: &str) -> Result<Coverage, ParseError> {
        let text = format!("<coverage clover='3.2.0'>{inside}</coverage>");
        testing::coverage(parse, &text)
    }

    fn ratio(covered: u64, total: u64) -> Option<Ratio> {
        Some(Ratio { covered, total })
    }

    #[test]
    fn conditions_of_the_two_dialects() {
        let istanbul = "<project><file name='a.js' path='/x/a.js'><metrics methods='2' coveredmethods='1'/>\
            <line num='1' count='4' type='cond' truecount='1' falsecount='2'/><line num='2' count='0' type='stmt'/></file></project>";
        let c = read(istanbul).unwrap();
        let f = c.figures();
        assert_eq!((f.lines, f.branches, f.functions), (ratio(1, 2), ratio(1, 3), ratio(1, 2)));
        assert!(c.files.contains_key("/x/a.js"));
        let open = "<project><package name='p'><file name='A.java'><line num='1' type='method' signature='A()' count='0'/>\
            <line num='3' type='cond' truecount='7' falsecount='0'/><line num='3' type='cond' truecount='0' falsecount='0'/></file></package></project>";
        let f = read(open).unwrap().figures();
        assert_eq!((f.lines, f.branches, f.functions), (ratio(1, 1), ratio(1, 4), ratio(0, 1)));
    }

    #[test]
    fn the_test_project_does_not_count() {
        let file = |n| format!("<file name='{n}'><line num='1' type='stmt' count='1'/></file>");
        let c = read(&format!("<project>{}</project><testproject>{}</testproject>", file("a"), file("t"))).unwrap();
        assert_eq!(c.files.len(), 1);
    }

    #[test]
    fn metrics_alone_count() {
        let c = read("<project><metrics statements='9' coveredstatements='4'/></project>").unwrap();
        assert_eq!((c.figures().lines, c.figures().functions), (ratio(4, 9), None));
    }

    #[test]
    fn what_is_broken_is_refused() {
        for bad in [
            "",
            "<packages/>",
            "<project><file><line num='1' type='stmt' count='1'/></file></project>",
            "<project><file name='a'><line num='1' type='stmt'/></file></project>",
            "<project><file name='a'><line type='stmt' count='1'/></file></project>",
            "<project><file name='a'><line num='1' type='x' count='1'/></file></project>",
            "<project><line num='1' type='stmt' count='1'/></project>",
            "<project><file name='a'><metrics statements='x'/></file></project>",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
