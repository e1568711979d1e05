//! xUnit.net results: `<assemblies>` of `<assembly>`, `<collection>`, `<test>`.
//!
//! Specification: "Format: xUnit.net v2+ XML", <https://xunit.net/docs/format-xml-v2>; version 1 is the same with `<class>` for
//! `<collection>` and `<assembly>` as the root. Written by xUnit.net's runners, Fixie, the xunit logger of `dotnet test`. What we do:
//!
//! - `errors` of an assembly (fixtures, clean-ups, assemblies that would not load) lie outside any test: each is a problem of the run; where
//!   they are only counted, the count is one.
//! - `Skip` and `NotRun` (explicit tests, version 3) are skipped.

use super::{common, dotnet};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::xml::{self, Element, Token, Xml};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::{Beyond, Case, Counts, Outcome, Problem, Suite, TestRun, Totals};
use gatekeeper_evidence::{Data, Kind, Note};

pub(super) static FORMAT: Format = Format {
    id: "xunit2",
    title: "xUnit.net results",
    kind: Kind::Tests,
    extensions: &["xml"],
    places: &["TestResults/*.xml", "**/xunit-results.xml", "**/xunit.xml"],
    spec: "xUnit.net v2+ XML format, https://xunit.net/docs/format-xml-v2",
    producers: &["xunit", "fixie"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(root) = head.xml() else { return Confidence::No };
    match root.name.as_str() {
        "assemblies" if root.holds("assembly") => Confidence::Certain,
        "assemblies" => Confidence::when(
            root.attribute("timestamp").is_some() || root.attribute("schema-version").is_some(),
            Confidence::Likely,
        ),
        // .NET's manifests and Maven's descriptors have this root too.
        "assembly" => Confidence::when(
            root.namespace().is_none()
                && root.attribute("test-framework").is_some()
                && root.attribute("total").is_some(),
            Confidence::Certain,
        ),
        _ => Confidence::No,
    }
}

#[derive(Default)]
struct Reader {
    suites: Vec<Suite>,
    problems: Vec<Problem>,
    tool: Option<&'static str>,
    /// Errors that the open assembly states and lists.
    stated: u64,
    listed: u64,
    assembly: String,
    /// What the open assembly counts, and where its suites begin.
    totals: Totals,
    first: usize,
    beyond: Beyond,
    classes: common::Classes,
    created: Option<i64>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    xml::read(input, |_, xml| document(xml))
}

fn document(mut xml: Xml<'_>) -> Result<Parsed, ParseError> {
    let Token::Start(root) = xml.next()? else { return Err(ParseError::malformed("an XML element").at(0)) };
    let mut reader = Reader::default();
    match root.name() {
        "assemblies" => {
            let finish = root.attribute("finish-rtf")?;
            reader.created = finish.and_then(|t| t.parse::<jiff::Timestamp>().ok()).map(|t| t.as_second());
        }
        "assembly" if root.attribute("total")?.is_some() => reader.assembly(&xml)?,
        other => return Err(ParseError::malformed("a root <assemblies>").at(root.offset).found(other)),
    }
    while xml.depth() > 0 {
        match xml.next()? {
            Token::Start(e) => match e.name() {
                "assembly" => {
                    reader.end_assembly();
                    reader.assembly(&xml)?;
                }
                "collection" | "class" => {
                    let name = e.attribute("name")?.unwrap_or_default();
                    reader.suites.push(Suite::named(name.as_ref()));
                }
                "test" => reader.test(&mut xml, &e)?,
                "errors" => {}
                "error" => reader.error(&mut xml, &e)?,
                _ => xml.skip()?,
            },
            Token::End | Token::Text(_) | Token::Eof => {}
        }
    }
    reader.end_assembly();
    common::finish(&mut xml)?;
    let mut notes = xml.take_notes();
    if !reader.beyond.words.is_empty() {
        notes.push(Note::new(format!("an assembly {}", reader.beyond.words)));
    }
    Ok(Parsed {
        tool: reader.tool.map(str::to_owned),
        notes,
        created: reader.created,
        ..Parsed::new(
            Data::Tests(TestRun {
                suites: reader.suites,
                problems: reader.problems,
                beyond: reader.beyond.boxed(),
                ..TestRun::default()
            }),
            Some(true),
        )
    })
}

impl Reader {
    fn assembly(&mut self, xml: &Xml<'_>) -> Result<(), ParseError> {
        for a in xml.attributes() {
            match a.key {
                "name" => self.assembly = a.text()?.into_owned(),
                "errors" => self.stated = a.count()?,
                "total" => self.totals.total = Some(a.count()?),
                "failed" => self.totals.bad = Some(a.count()?),
                "skipped" | "not-run" => {
                    self.totals.skipped = Some(self.totals.skipped.unwrap_or(0).saturating_add(a.count()?));
                }
                "test-framework" => {
                    self.tool = self.tool.or(if a.raw.starts_with("Fixie") { Some("fixie") } else { Some("xunit") });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn end_assembly(&mut self) {
        if self.stated > self.listed {
            let message = format!("states {} errors outside its tests, and lists {}", self.stated, self.listed);
            self.problems.push(Problem { name: std::mem::take(&mut self.assembly), message, line: None });
        }
        (self.stated, self.listed) = (0, 0);
        let open = self.suites.get(self.first..).unwrap_or_default();
        let counts = open.iter().fold(Counts::default(), |sum, s| sum.plus(s.counts()));
        // Version 3 counts explicit tests that were not run beside the total.
        let beyond = std::mem::take(&mut self.totals).against(counts, 0).without_fewer();
        self.beyond = std::mem::take(&mut self.beyond).plus(&beyond);
        self.first = self.suites.len();
    }

    fn error(&mut self, xml: &mut Xml<'_>, element: &Element<'_>) -> Result<(), ParseError> {
        let kind = element.attribute("type")?.unwrap_or_default();
        let name = element.attribute("name")?.unwrap_or_else(|| self.assembly.as_str().into());
        let message = common::message_of(xml)?;
        self.listed += 1;
        let name = if name.is_empty() { self.assembly.clone() } else { name.into_owned() };
        let message = if kind.is_empty() { message } else { format!("{kind}: {message}") };
        self.problems.push(Problem { name, message, line: None });
        Ok(())
    }

    fn test(&mut self, xml: &mut Xml<'_>, element: &Element<'_>) -> Result<(), ParseError> {
        let mut case = Case::default();
        let mut result = None;
        let (mut file, mut line) = (None, None);
        for a in xml.attributes() {
            match a.key {
                "name" => case.name = a.text()?.into(),
                "type" => {
                    let class = a.text()?;
                    case.class = (!class.is_empty()).then(|| self.classes.get(&class));
                }
                "time" => case.time = common::seconds(a.raw),
                "result" => result = Some(*a),
                "source-file" => file = Some(a.text()?.into_owned()),
                "source-line" => line = common::line_number(a.raw),
                _ => {}
            }
        }
        let Some(result) = result else {
            return Err(ParseError::malformed("a result of a <test>").at(element.offset).found(&*case.name));
        };
        case.status = match result.raw {
            "Pass" => Outcome::Passed,
            "Fail" => Outcome::Failed,
            "Skip" | "NotRun" => Outcome::Skipped,
            _ => return Err(result.wrong("Pass, Fail, Skip or NotRun")),
        };
        let until = xml.depth().saturating_sub(1);
        let (mut message, mut kind) = (String::new(), String::new());
        while xml.depth() > until {
            let Token::Start(e) = xml.next()? else { continue };
            match e.name() {
                "failure" => kind = e.attribute("exception-type")?.unwrap_or_default().into_owned(),
                "message" | "reason" if message.is_empty() => message = common::message_of(xml)?,
                "stack-trace" => {
                    if let Some((f, l)) = dotnet::frame(&common::message_of(xml)?) {
                        (file, line) = (Some(f), Some(l));
                    }
                }
                _ => xml.skip()?,
            }
        }
        if case.status != Outcome::Passed {
            case.detail = common::detail(&message, &kind, file.as_deref(), line);
        }
        if self.suites.is_empty() {
            self.suites.push(Suite::named(self.assembly.as_str()));
        }
        if let Some(suite) = self.suites.last_mut() {
            suite.cases.push(case);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    fn read(text: &str) -> Result<TestRun, ParseError> {
        let limits = Limits::default();
        let input =
            Input { name: "t.xml", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: false };
        let Data::Tests(run) = parse(&input)?.data else { panic!("no tests") };
        Ok(run)
    }

    #[test]
    fn results_and_reasons() {
        let run = read(
            "<assemblies><assembly name='a.dll' errors='0'><collection name='c'><test name='p' result='Pass' time='0.5'/>\
             <test name='f' type='T' result='Fail'><failure exception-type='E'><message>m</message></failure></test>\
             <test name='s' result='Skip'><reason>later</reason></test><test name='n' result='NotRun'/></collection></assembly></assemblies>",
        )
        .unwrap();
        let n = run.counts();
        assert_eq!((n.passed, n.failed, n.skipped), (1, 1, 2));
        assert_eq!(&*run.suites[0].cases[1].detail.as_ref().unwrap().kind, "E");
        assert_eq!(&*run.suites[0].cases[2].detail.as_ref().unwrap().message, "later");
    }

    #[test]
    fn errors_outside_tests_are_problems() {
        let run = read(
            "<assemblies><assembly name='a.dll' errors='1'><errors><error type='fixture-cleanup' name='F'><failure><message>x</message></failure></error></errors>\
             <collection name='c'><test name='p' result='Pass'/></collection></assembly><assembly name='b.dll' errors='2'/></assemblies>",
        )
        .unwrap();
        assert_eq!(run.problems.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["F", "b.dll"]);
    }

    #[test]
    fn other_roots_and_results_are_refused() {
        for bad in [
            "<assembly xmlns='urn:schemas-microsoft-com:asm.v1'/>",
            "<assemblies><test name='x' result='Ok'/></assemblies>",
            "<a/>",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
