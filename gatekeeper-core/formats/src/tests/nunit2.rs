//! NUnit 2 results: `<test-results>` with nested `<test-suite>`s and `<test-case>`s.
//!
//! Specification: NUnit 2.6, "XML result format" and its schema `Results.xsd`, <https://nunit.org/docs/2.6.4/files/Results.xsd>. Written by nunit-console 2,
//! NAnt, Unity's older test runner, xUnit's and MSpec's converters, and by Pester, whose default `NUnitXml` is the form of 2.5. What we do:
//!
//! - Up to 2.4 a case has `executed` and `success` alone; later `result` says more. What was not executed is skipped, and so are
//!   `Ignored`, `Skipped` and `Inconclusive`. `NotRunnable` is errored: the console ends with a status that is not 0.
//! - A suite's `False` repeats that of what it holds. Where nothing in it went wrong, its own tear-down did: a problem. Its
//!   own `<failure>` (a set-up's) is its message.
//! - `total` counts the cases that were executed (Pester: all). More than are listed: the run is not complete; more failures and errors than are listed:
//!   a problem.
//! - Days and times have no zone: they are not used.

use super::common;
use super::dotnet::{self, inside, message};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::xml::{self, Attribute, Element, Token, Xml};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::{Case, Outcome, Problem, Suite, TestRun};
use gatekeeper_evidence::{Data, Kind, Note};
use std::borrow::Cow;

pub(super) static FORMAT: Format = Format {
    id: "nunit2",
    title: "NUnit 2 results",
    kind: Kind::Tests,
    extensions: &["xml"],
    places: &["**/TestResult.xml", "TestResults/*.xml", "**/testResults.xml", "**/testResults-*.xml"],
    spec: "NUnit 2.6 Results.xsd, https://nunit.org/docs/2.6.4/files/Results.xsd",
    producers: &["nunit", "pester"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(root) = head.xml() else { return Confidence::No };
    Confidence::when(root.name == "test-results", Confidence::Certain)
}

/// An open `<test-suite>`.
struct Open {
    suite: Suite,
    order: usize,
    /// How many elements are open where it is.
    depth: usize,
    /// What it says of itself, where that is bad.
    bad: Option<String>,
    /// Whether something in it went wrong.
    explained: bool,
}

#[derive(Default)]
struct Reader {
    stack: Vec<Open>,
    suites: Vec<(usize, Suite)>,
    opened: usize,
    problems: Vec<Problem>,
    incomplete: bool,
    listed: u64,
    listed_bad: u64,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    xml::read(input, |_, xml| document(xml))
}

fn document(mut xml: Xml<'_>) -> Result<Parsed, ParseError> {
    let xml = &mut xml;
    let Token::Start(root) = xml.next()? else { return Err(ParseError::malformed("an XML element").at(0)) };
    if root.name() != "test-results" {
        return Err(ParseError::malformed("a root <test-results>").at(root.offset).found(root.name()));
    }
    let (mut total, mut bad, mut pester) = (0, 0_u64, false);
    for a in xml.attributes() {
        match a.key {
            "total" => total = a.count()?,
            "errors" | "failures" => bad = bad.saturating_add(a.count()?),
            "name" => pester = a.raw == "Pester",
            _ => {}
        }
    }
    let mut reader = Reader::default();
    reader.open("", 0, None);
    while let Some(token) = inside(xml, 0)? {
        match token {
            Token::Start(e) => match e.name() {
                "test-suite" => reader.suite(xml)?,
                "test-case" => reader.case(xml, &e)?,
                "results" => {}
                "failure" => {
                    let message = message(xml)?;
                    if let Some(open) = reader.stack.last_mut() {
                        open.bad = Some(message);
                    }
                }
                _ => xml.skip()?,
            },
            // `<results>` closes too.
            Token::End => reader.close_to(xml.depth().saturating_add(1)),
            _ => {}
        }
    }
    common::finish(xml)?;
    reader.close_to(0);
    let mut notes = xml.take_notes();
    if total > reader.listed {
        reader.incomplete = true;
        notes.push(Note::new(format!("{total} cases are stated, and {} are listed", reader.listed)));
    }
    if bad > reader.listed_bad {
        let message = format!("{bad} failures and errors are stated, and {} are listed", reader.listed_bad);
        reader.problems.push(Problem { name: "test-results".into(), message, line: None });
    }
    reader.suites.sort_by_key(|(order, _)| *order);
    let suites = reader.suites.into_iter().map(|(_, s)| s).collect();
    let run = TestRun { suites, problems: reader.problems, ..TestRun::default() };
    Ok(Parsed {
        tool: Some(if pester { "pester" } else { "nunit" }.into()),
        notes,
        ..Parsed::new(Data::Tests(run), Some(!reader.incomplete))
    })
}

impl Reader {
    fn open(&mut self, name: &str, depth: usize, bad: Option<String>) {
        self.stack.push(Open { suite: Suite::named(name), order: self.opened, depth, bad, explained: false });
        self.opened += 1;
    }

    fn suite(&mut self, xml: &Xml<'_>) -> Result<(), ParseError> {
        let (mut name, mut success, mut result) = (Cow::default(), "", "");
        for a in xml.attributes() {
            match a.key {
                "name" => name = a.text()?,
                "success" => success = a.raw,
                "result" => result = a.raw,
                _ => {}
            }
        }
        let bad = matches!(result, "Failure" | "Error" | "NotRunnable" | "Cancelled");
        // `Inconclusive` and `Ignored` come with `success="False"`, too.
        let bad = bad || (result.is_empty() || result == "Success") && success.eq_ignore_ascii_case("false");
        self.incomplete |= result == "Cancelled";
        let said = if result.is_empty() || result == "Success" { "success: False" } else { result };
        self.open(&name, xml.depth(), bad.then(|| format!("{said}, and nothing in it says why")));
        Ok(())
    }

    /// Closes the suites that stand at a depth and deeper.
    fn close_to(&mut self, depth: usize) {
        while self.stack.last().is_some_and(|open| open.depth >= depth) {
            let Some(open) = self.stack.pop() else { return };
            let mut explained = open.explained;
            if let Some(message) = open.bad.filter(|_| !explained) {
                self.problems.push(Problem { name: open.suite.name.clone().into(), message, line: None });
                explained = true;
            }
            if let Some(outer) = self.stack.last_mut() {
                outer.explained |= explained;
            }
            if !open.suite.cases.is_empty() {
                self.suites.push((open.order, open.suite));
            }
        }
    }

    fn case(&mut self, xml: &mut Xml<'_>, element: &Element<'_>) -> Result<(), ParseError> {
        let mut case = Case::default();
        let (mut executed, mut success, mut result, mut description) = (None, None, None, Cow::default());
        for a in xml.attributes() {
            match a.key {
                "name" => case.name = common::name(&a.text()?).into(),
                "description" => description = a.text()?,
                "executed" => executed = Some(flag(a)?),
                "success" => success = Some(flag(a)?),
                "result" => result = Some(*a),
                "time" => case.time = common::seconds(a.raw),
                _ => {}
            }
        }
        if case.name.is_empty() {
            case.name = common::name(&description).into();
        }
        case.status = match (result.map(|r| r.raw), executed, success) {
            (Some("Success"), _, Some(false)) => Outcome::Failed,
            (Some("Success"), Some(false), _) | (None, Some(false), _) => Outcome::Skipped,
            (Some("Success"), ..) | (None, _, Some(true)) => Outcome::Passed,
            (Some("Failure"), ..) | (None, _, Some(false)) => Outcome::Failed,
            (Some("Error" | "NotRunnable" | "Cancelled"), ..) => Outcome::Errored,
            (Some("Ignored" | "Skipped" | "Inconclusive" | "NotRun"), ..) => Outcome::Skipped,
            (Some(_), ..) => {
                let expected = "Success, Failure, Error, Ignored, Skipped, Inconclusive, NotRunnable or Cancelled";
                return Err(result.map_or_else(|| ParseError::malformed(expected), |r| r.wrong(expected)));
            }
            (None, ..) => {
                return Err(ParseError::malformed("executed, success or result of a <test-case>")
                    .at(element.offset)
                    .found(&*case.name));
            }
        };
        self.incomplete |= result.is_some_and(|r| r.raw == "Cancelled");
        let until = xml.depth().saturating_sub(1);
        let (mut text, mut place) = (String::new(), None);
        while let Some(token) = inside(xml, until)? {
            let Token::Start(e) = token else { continue };
            match e.name() {
                // Held by `failure`, `reason`.
                "failure" | "reason" => {}
                "message" if text.is_empty() => text = common::message_of(xml)?,
                "stack-trace" if place.is_none() => {
                    let trace = common::message_of(xml)?;
                    // Pester: "at <ScriptBlock>, C:\\x\\a.Tests.ps1:3".
                    place = dotnet::frame(&trace).or_else(|| common::place_in(&trace).map(|(f, l)| (f.into(), l)));
                }
                _ => xml.skip()?,
            }
        }
        if case.status != Outcome::Passed {
            let (file, line) = place.map_or((None, None), |(f, l)| (Some(f), Some(l)));
            case.detail = common::detail(&text, "", file.as_deref(), line);
        }
        self.listed += 1;
        let bad = case.status > Outcome::Skipped;
        self.listed_bad += u64::from(bad);
        if let Some(open) = self.stack.last_mut() {
            open.explained |= bad;
            open.suite.cases.push(case);
        }
        Ok(())
    }
}

/// `True` or `False`.
fn flag(a: &Attribute<'_>) -> Result<bool, ParseError> {
    match a.raw.trim() {
        t if t.eq_ignore_ascii_case("true") => Ok(true),
        t if t.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(a.wrong("True or False")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(text: &str) -> Result<(TestRun, Option<bool>), ParseError> {
        testing::tests(parse, text, None)
    }

    #[test]
    fn cases_of_old_and_new_writers() {
        let (run, complete) = read(
            "<test-results total='8' failures='2' errors='2'><test-suite name='A' success='False' result='Failure'><results>\
             <test-case name='p' executed='True' success='True' time='0.5'/><test-case name='f' executed='True' success='False'>\
             <failure><message>m</message><stack-trace>at X() in /s/T.cs:line 7</stack-trace></failure></test-case>\
             <test-case name='n' executed='False'><reason><message>why</message></reason></test-case>\
             <test-case name='f2' executed='True' success='False' result='Failure'/><test-case name='e' result='Error' success='False'/>\
             <test-case name='i' result='Inconclusive' success='False' executed='True'/><test-case name='g' result='Ignored' executed='False'/>\
             <test-case name='r' result='NotRunnable' executed='False'/></results></test-suite></test-results>",
        )
        .unwrap();
        let n = run.counts();
        assert_eq!((n.passed, n.failed, n.errored, n.skipped, complete), (1, 2, 2, 3, Some(true)));
        assert!(run.problems.is_empty(), "{:?}", run.problems);
        let detail = run.suites[0].cases[1].detail.as_ref().unwrap();
        assert_eq!((&*detail.message, detail.file.as_deref(), detail.line), ("m", Some("/s/T.cs"), Some(7)));
    }

    #[test]
    fn a_suite_that_failed_by_itself_is_a_problem_once() {
        let (run, _) = read(
            "<test-results><test-suite name='a.dll' success='False'><results><test-suite name='Fixture' success='False' result='Error'><results>\
             <test-case name='p' executed='True' success='True'/></results></test-suite></results></test-suite></test-results>",
        )
        .unwrap();
        assert_eq!(run.problems.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["Fixture"]);
        let (run, _) = read(
            "<test-results><test-suite name='S' success='False'><failure><message>SetUp : x</message></failure><results>\
             <test-case name='p' executed='True' success='False'/></results></test-suite></test-results>",
        )
        .unwrap();
        assert_eq!((run.problems.len(), run.counts().failed), (0, 1));
    }

    #[test]
    fn totals_that_promise_more_than_is_listed() {
        let (run, complete) = read(
            "<test-results total='3' failures='1'><test-case name='a' executed='True' success='True'/></test-results>",
        )
        .unwrap();
        assert_eq!((complete, run.problems.len()), (Some(false), 1));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for bad in [
            "<test-run/>",
            "<test-results><test-case name='a' result='Green'/></test-results>",
            "<test-results><test-case name='a'/></test-results>",
            "<test-results><test-case name='a' executed='yes'/></test-results>",
            "<test-results total='-1'/>",
            "<test-results><test-suite>",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
