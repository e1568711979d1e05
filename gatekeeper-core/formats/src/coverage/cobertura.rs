//! Cobertura XML.
//!
//! Specification: the DTD of Cobertura 2.1.1, <https://github.com/cobertura/web/blob/master/htdocs/xml/coverage-04.dtd>.
//! Producers: Cobertura, coverage.py, coverlet, gcovr, Istanbul (nyc, jest, c8), PHPUnit, dotnet-coverage, AltCover, OpenCppCoverage, rebar3
//! plug-ins, cargo-tarpaulin, gocover-cobertura, slather, …
//!
//! Deviations and what we do:
//! - A class's own `<lines>` count; its methods' only where it has none (Swift, some Jenkins plug-ins).
//! - One file in many classes (lambdas, async, partial classes) is one file: lines by number, the highest count.
//! - `condition-coverage="50% (1/2)"` counts branches; without the fraction, `<condition>`s of type `jump` have two arms each; a branch that
//!   is counted nowhere is noted. Of a line's repeated conditions the highest counts.
//! - A method is covered when any of its lines is; without lines, when its `line-rate` is above zero.
//! - The root's counters count only where no file is listed: trimmed and hand-made reports keep another tool's.
//! - An empty `filename` (generated code): the class's name stands for it, noted.
//! - `branch="True"`, no `<classes>`, no `<sources>`, line 0, `hits` as a float or below zero are read.

use super::common::{Notes, cap, hit_count, line_number, timestamp};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::xml::{self, Attribute, Element, Token, Xml};
use gatekeeper_evidence::coverage::{Coverage, FileCoverage, Function, Line, LineBranches, Stated};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::{Data, Kind, Ratio};
use std::borrow::Cow;

pub(super) static FORMAT: Format = Format {
    id: "cobertura",
    title: "Cobertura XML",
    kind: Kind::Coverage,
    extensions: &["xml"],
    places: &[
        "coverage.xml",
        "cobertura.xml",
        "cobertura-coverage.xml",
        "coverage/cobertura-coverage.xml",
        "coverage/cobertura.xml",
        "target/site/cobertura/coverage.xml",
        "**/coverage.cobertura.xml",
        "cover/cobertura.xml",
        "apps/*/cover/cobertura.xml",
        "_build/test/covertool/*.covertool.xml",
        "reports/coverage.xml",
        "coverage/coverage.xml",
        "build/reports/coverage.xml",
        "target/tarpaulin/cobertura.xml",
        "target/scala-*/coverage-report/cobertura.xml",
        "coverage/*/cobertura-coverage.xml",
        "{apps,packages,services}/*/coverage.xml",
    ],
    spec: "Cobertura's coverage-04.dtd: https://github.com/cobertura/web/blob/master/htdocs/xml/coverage-04.dtd",
    producers: &["cobertura", "coverage.py", "coverlet", "gcovr", "istanbul", "phpunit", "tarpaulin", "covertool"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(root) = head.xml().filter(|r| r.name == "coverage") else { return Confidence::No };
    // Clover's root has the same name, and a project inside.
    if root.attribute("clover").is_some() || root.holds("project") {
        return Confidence::No;
    }
    let counted = ["line-rate", "lines-valid", "branch-rate"].iter().any(|a| root.attribute(a).is_some());
    Confidence::when(counted || root.holds("packages"), Confidence::Certain)
}

/// What is known while reading a class.
#[derive(Default)]
struct Class<'a> {
    name: Cow<'a, str>,
    file: Cow<'a, str>,
    own: Lines,
    methods: Lines,
    functions: Vec<Function>,
}

#[derive(Default)]
struct Lines {
    lines: Vec<Line>,
    branches: Vec<LineBranches>,
}

/// A method being read: its name, whether its rate is above zero, its first line and highest count.
struct Method {
    name: String,
    rate: bool,
    first: Option<u32>,
    hits: u32,
}

/// The line being read, where it may get conditions.
struct Open {
    depth: usize,
    number: u32,
    offset: usize,
    counted: bool,
    jumps: u32,
    taken: u32,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    xml::read(input, |_, xml| document(xml))
}

fn document(mut xml: Xml<'_>) -> Result<Parsed, ParseError> {
    let mut notes = Notes::default();
    let mut out = Coverage::default();
    let mut created = None;
    let mut root_counts = Stated::default();
    let mut root_rate: Option<f64> = None;
    let mut class: Option<(usize, Class<'_>)> = None;
    let mut method: Option<(usize, Method)> = None;
    let mut line: Option<Open> = None;
    let mut packages = false;
    loop {
        match xml.next()? {
            Token::Start(e) => match e.name() {
                // By far the most.
                "line" => {
                    let Some((_, class)) = &mut class else {
                        return Err(ParseError::malformed("a line inside a class").at(e.offset));
                    };
                    let lists = if method.is_some() { &mut class.methods } else { &mut class.own };
                    line = read_line(
                        &e,
                        xml.attributes(),
                        lists,
                        method.as_mut().map(|(_, m)| m),
                        xml.depth(),
                        &mut notes,
                    )?;
                }
                "coverage" if xml.depth() == 1 => {
                    created = e.attribute("timestamp")?.and_then(|t| timestamp(&t));
                    root_counts = counters(&e)?;
                    root_rate = e.attribute("line-rate")?.and_then(|r| r.trim().parse().ok());
                }
                _ if xml.depth() == 1 => {
                    return Err(ParseError::malformed("the root element coverage").at(e.offset).found(e.name()));
                }
                "project" | "file" if xml.depth() == 2 => {
                    return Err(ParseError::malformed("packages in Cobertura's coverage").at(e.offset).found(e.name()));
                }
                "packages" => packages = true,
                "source" => {
                    let root = xml.text_of(4096)?;
                    let root = root.trim();
                    if !root.is_empty() {
                        out.roots.push(root.to_owned());
                    }
                }
                "class" => {
                    if class.is_some() {
                        return Err(ParseError::malformed("the end of the class before another").at(e.offset));
                    }
                    let file = e
                        .attribute("filename")?
                        .ok_or_else(|| ParseError::malformed("a filename of the class").at(e.offset))?;
                    let name = e.attribute("name")?.unwrap_or_default();
                    let file = if file.is_empty() {
                        notes.at("a class without a file's name", e.offset, || name.clone().into_owned());
                        name.clone()
                    } else {
                        file
                    };
                    class = Some((xml.depth(), Class { name, file, ..Class::default() }));
                }
                "method" => {
                    if let Some((_, class)) = &class {
                        method = Some((xml.depth(), read_method(&e, &class.name)?));
                    }
                }
                "condition" => {
                    if let Some(line) = line.as_mut().filter(|l| !l.counted) {
                        condition(&e, line)?;
                    }
                }
                _ => {}
            },
            Token::End => {
                let depth = xml.depth() + 1;
                if line.as_ref().is_some_and(|l| l.depth == depth)
                    && let (Some(line), Some((_, class))) = (line.take(), &mut class)
                {
                    let lists = if method.is_some() { &mut class.methods } else { &mut class.own };
                    close_line(&line, lists, &mut notes);
                } else if method.as_ref().is_some_and(|(d, _)| *d == depth)
                    && let (Some((_, m)), Some((_, class))) = (method.take(), &mut class)
                {
                    let hits = if m.first.is_some() { m.hits } else { u32::from(m.rate) };
                    class.functions.push(Function { line: m.first.unwrap_or(0), name: m.name.into(), hits });
                } else if class.as_ref().is_some_and(|(d, _)| *d == depth)
                    && let Some((_, c)) = class.take()
                {
                    let lists = if c.own.lines.is_empty() { c.methods } else { c.own };
                    out.add(
                        c.file,
                        FileCoverage {
                            lines: lists.lines,
                            line_branches: lists.branches,
                            functions: c.functions,
                            ..FileCoverage::default()
                        },
                    );
                }
            }
            Token::Text(_) => {}
            Token::Eof => break,
        }
    }
    if out.files.is_empty() {
        if !packages && root_counts == Stated::default() {
            return Err(ParseError::malformed("packages in Cobertura's coverage").at(0));
        }
        out.stated = root_counts;
    }
    out.metrics.lines = true;
    out.note_metrics();
    out.hold_against(&root_counts);
    if let (None, Some(rate)) = (root_counts.lines, root_rate) {
        out.hold_against_rate(rate);
    }
    let mut parsed = Parsed::new(Data::Coverage(out), Some(true));
    parsed.created = created;
    parsed.notes = xml.take_notes();
    parsed.notes.extend(notes.finish());
    Ok(parsed)
}

/// The root's counters.
fn counters(root: &Element<'_>) -> Result<Stated, ParseError> {
    let mut found = [None; 4];
    for a in root.attributes() {
        let a = a?;
        let slot = match a.key {
            "lines-covered" => 0,
            "lines-valid" => 1,
            "branches-covered" => 2,
            "branches-valid" => 3,
            _ => continue,
        };
        // Swift's tools put rates here; what is no count is not one.
        if let Some(slot) = found.get_mut(slot) {
            *slot = a.raw.trim().parse::<u64>().ok();
        }
    }
    let [lines_covered, lines_valid, branches_covered, branches_valid] = found;
    let ratio = |covered: Option<u64>, total: Option<u64>| Some(Ratio::new(covered?, total.filter(|t| *t > 0)?));
    Ok(Stated {
        lines: ratio(lines_covered, lines_valid),
        branches: ratio(branches_covered, branches_valid),
        ..Stated::default()
    })
}

fn read_method(e: &Element<'_>, class: &str) -> Result<Method, ParseError> {
    let name = e.attribute("name")?.unwrap_or_default();
    let signature = e.attribute("signature")?.unwrap_or_default();
    let rate = e.attribute("line-rate")?.is_some_and(|r| r.trim().parse::<f64>().is_ok_and(|r| r > 0.0));
    Ok(Method { name: format!("{class}.{name}{signature}"), rate, first: None, hits: 0 })
}

fn read_line(
    e: &Element<'_>,
    attributes: &[Attribute<'_>],
    lists: &mut Lines,
    method: Option<&mut Method>,
    depth: usize,
    notes: &mut Notes,
) -> Result<Option<Open>, ParseError> {
    let (mut number, mut hits, mut branch, mut counts) = (None, None, false, None);
    for a in attributes {
        match a.key {
            "number" => number = Some(line_number(a)?),
            "hits" => hits = Some(hit_count(a, notes)?),
            "branch" => branch = a.raw.trim().eq_ignore_ascii_case("true"),
            "condition-coverage" => {
                counts = fraction(a.raw);
                // A fraction that is there and makes no sense is not one that is missing.
                if counts.is_none() && a.raw.contains('(') {
                    return Err(a.wrong("P% (covered/total)"));
                }
            }
            _ => {}
        }
    }
    let missing = |what: &str| ParseError::malformed(format!("the attribute {what} of a line")).at(e.offset);
    let number = number.ok_or_else(|| missing("number"))?;
    let hits = hits.ok_or_else(|| missing("hits"))?;
    lists.lines.push(Line { number, hits });
    if let Some(m) = method {
        m.first = Some(m.first.map_or(number, |f| f.min(number)));
        m.hits = m.hits.max(hits);
    }
    if let Some((covered, total)) = counts
        && total > 0
    {
        lists.branches.push(LineBranches { line: number, covered, total });
    }
    Ok(branch.then_some(Open { depth, number, offset: e.offset, counted: counts.is_some(), jumps: 0, taken: 0 }))
}

/// `50% (1/2)` → (1, 2)
fn fraction(text: &str) -> Option<(u32, u32)> {
    let (_, rest) = text.rsplit_once('(')?;
    let (inside, _) = rest.split_once(')')?;
    let (covered, total) = inside.split_once('/')?;
    let (covered, total): (u64, u64) = (covered.trim().parse().ok()?, total.trim().parse().ok()?);
    Some((cap(covered.min(total)), cap(total)))
}

/// A condition of a line that has no fraction: a jump has two arms.
fn condition(e: &Element<'_>, line: &mut Open) -> Result<(), ParseError> {
    let kind = e.attribute("type")?.unwrap_or_default();
    let Some(coverage) = e.attribute("coverage")? else { return Ok(()) };
    let Some(percent) = coverage.trim().trim_end_matches('%').trim().parse::<f64>().ok().filter(|p| *p >= 0.0) else {
        return Ok(());
    };
    if kind == "jump" {
        line.jumps = line.jumps.saturating_add(2);
        let taken = if percent >= 100.0 { 2 } else { u32::from(percent > 0.0) };
        line.taken = line.taken.saturating_add(taken);
    }
    Ok(())
}

fn close_line(line: &Open, lists: &mut Lines, notes: &mut Notes) {
    if line.counted {
        return;
    }
    if line.jumps > 0 {
        lists.branches.push(LineBranches { line: line.number, covered: line.taken, total: line.jumps });
    } else {
        notes.at("a branch whose arms the report does not count", line.offset, || format!("line {}", line.number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;
    use gatekeeper_evidence::coverage::Figures;

    fn read(text: &str) -> Result<(Coverage, Vec<String>), ParseError> {
        let limits = Limits::default();
        let input = Input { name: "t", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: false };
        let parsed = parse(&input)?;
        let Data::Coverage(c) = parsed.data else { panic!() };
        Ok((c, parsed.notes.into_iter().map(|n| n.message).collect()))
    }

    fn class(inside: &str) -> String {
        format!(
            "<coverage><packages><package><classes><class name='K' filename='k.c'>{inside}</class></classes></package></packages></coverage>"
        )
    }

    fn figures(inside: &str) -> Figures {
        read(&class(inside)).unwrap().0.figures()
    }

    fn ratio(covered: u64, total: u64) -> Option<Ratio> {
        Some(Ratio { covered, total })
    }

    #[test]
    fn a_class_s_own_lines_count_and_its_methods_only_without() {
        let methods = "<methods><method name='m'><lines><line number='1' hits='1'/><line number='9' hits='0'/></lines></method></methods>";
        assert_eq!(figures(&format!("{methods}<lines><line number='1' hits='1'/></lines>")).lines, ratio(1, 1));
        assert_eq!(figures(methods).lines, ratio(1, 2));
        assert_eq!(figures(&format!("{methods}<lines/>")).functions, ratio(1, 1));
    }

    #[test]
    fn classes_of_one_file_are_united() {
        let two = "<coverage><packages><package><class filename='a' name='A'><lines><line number='1' hits='0' branch='true' condition-coverage='0% (0/2)'/></lines></class>\
                   <class filename='a' name='A$1'><lines><line number='1' hits='2' branch='True' condition-coverage='50% (1/2)'/><line number='0' hits='0'/></lines></class></package></packages></coverage>";
        let f = read(two).unwrap().0.figures();
        assert_eq!((f.lines, f.branches), (ratio(1, 2), ratio(1, 2)));
    }

    #[test]
    fn conditions_without_a_fraction() {
        let with = "<lines><line number='1' hits='1' branch='true' condition-coverage='50%'><conditions><condition number='0' type='jump' coverage='50%'/>\
                    <condition number='1' type='jump' coverage='100%'/></conditions></line></lines>";
        assert_eq!(figures(with).branches, ratio(3, 4));
        let (c, notes) = read(&class("<lines><line number='1' hits='1' branch='true'/></lines>")).unwrap();
        assert_eq!(c.figures().branches, None);
        assert!(notes[0].contains("does not count"), "{notes:?}");
    }

    #[test]
    fn methods_of_one_name_at_other_lines_are_others() {
        let m = |n: u32, h: u32| {
            format!("<method name='i' signature='()'><lines><line number='{n}' hits='{h}'/></lines></method>")
        };
        assert_eq!(figures(&format!("<methods>{}{}{}</methods>", m(1, 1), m(5, 0), m(5, 1))).functions, ratio(2, 2));
    }

    #[test]
    fn the_root_s_counters_count_only_without_files() {
        let c = read("<coverage lines-covered='3' lines-valid='4' line-rate='0.75'><packages/></coverage>").unwrap().0;
        assert_eq!((c.figures().lines, c.figures().branches), (ratio(3, 4), None));
    }

    #[test]
    fn what_is_broken_is_refused() {
        for bad in [
            &class("<lines><line number='1'/></lines>") as &str,
            &class("<lines><line hits='1'/></lines>"),
            &class("<lines><line number='x' hits='1'/></lines>"),
            &class("<lines><line number='-1' hits='1'/></lines>"),
            &class("<lines><line number='1' hits=''/></lines>"),
            &class("<lines><line number='1' hits='1' condition-coverage='50% (1/'/></lines>"),
            "<coverage><packages><package><class name='x'/></package></packages></coverage>",
            "<coverage version='1'><file path='a'><lineToCover lineNumber='1' covered='true'/></file></coverage>",
            "<report/>",
            "<coverage/>",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
