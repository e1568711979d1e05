//! Visual Studio test results (TRX).
//!
//! Specification: `vstst.xsd` of Visual Studio (namespace `http://microsoft.com/schemas/VisualStudio/TeamTest/2010`) and the TRX logger of VSTest,
//! <https://github.com/microsoft/vstest/tree/main/src/Microsoft.TestPlatform.Extensions.TrxLogger>. Written by `dotnet test --logger trx`,
//! vstest.console, MSTest. What we do:
//!
//! - A result without an outcome is errored: the writer leaves out its enumeration's first value, `Error`.
//! - A result with `InnerResults` stands for its rows (data-driven and ordered tests): the rows are the cases.
//! - `RunInfo`s with outcome `Error` (a crashed test host, an aborted run) are problems, and the run is not complete; nor is one whose summary is
//!   `Aborted`, `Error`, `Timeout`, `Disconnected` or `InProgress`, or that holds a `PassedButRunAborted`.
//! - Counters that state failures where none is listed are a problem.

use super::{common, dotnet};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::xml::{self, Element, Token, Xml};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::{Case, Outcome, Problem, Suite, TestRun, Totals};
use gatekeeper_evidence::{Data, Kind, Note};
use std::collections::HashMap;
use std::sync::Arc;

pub(super) static FORMAT: Format = Format {
    id: "trx",
    title: "Visual Studio test results (TRX)",
    kind: Kind::Tests,
    extensions: &["trx", "xml"],
    places: &["**/TestResults/*.trx", "*.trx"],
    spec: "Visual Studio TeamTest 2010 schema (vstst.xsd), https://github.com/microsoft/vstest/tree/main/src/Microsoft.TestPlatform.Extensions.TrxLogger",
    producers: &["vstest", "mstest"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(root) = head.xml() else { return Confidence::No };
    if root.name != "TestRun" {
        return Confidence::No;
    }
    let own = root.namespace().is_some_and(|n| n.contains("VisualStudio/TeamTest"));
    if own {
        Confidence::Certain
    } else {
        Confidence::when(root.holds("UnitTestResult") || root.holds("TestSettings"), Confidence::Likely)
    }
}

#[derive(Default)]
struct Reader {
    suite: Suite,
    /// Test ids of the cases, in their order, to find their classes.
    ids: Vec<Option<Box<str>>>,
    classes: HashMap<Box<str>, Arc<str>>,
    names: common::Classes,
    problems: Vec<Problem>,
    incomplete: bool,
    stated: Totals,
    /// Results that stand for their rows.
    parents: u64,
    /// Whether the summary calls the run failed.
    failed: bool,
    created: Option<i64>,
    some: bool,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    xml::read(input, |_, xml| document(xml))
}

fn document(mut xml: Xml<'_>) -> Result<Parsed, ParseError> {
    let Token::Start(root) = xml.next()? else { return Err(ParseError::malformed("an XML element").at(0)) };
    if root.name() != "TestRun" {
        return Err(ParseError::malformed("a root <TestRun>").at(root.offset).found(root.name()));
    }
    let mut reader = Reader::default();
    reader.suite.name = root.attribute("name")?.unwrap_or_default().into();
    while xml.depth() > 0 {
        let Token::Start(e) = xml.next()? else { continue };
        match e.name() {
            "Results" | "TestDefinitions" | "RunInfos" => reader.some = true,
            "ResultSummary" => {
                reader.some = true;
                let outcome = e.attribute("outcome")?.unwrap_or_default();
                if matches!(outcome.as_ref(), "Aborted" | "Error" | "Timeout" | "Disconnected" | "InProgress") {
                    reader.incomplete = true;
                }
                reader.failed |= outcome == "Failed";
            }
            "Times" => {
                let at = e.attribute("finish")?.and_then(|t| t.parse::<jiff::Timestamp>().ok());
                reader.created = at.map(|t| t.as_second());
                xml.skip()?;
            }
            name if is_result(name) => reader.result(&mut xml, &e)?,
            "UnitTest" => reader.definition(&mut xml, &e)?,
            "Counters" => {
                for a in xml.attributes() {
                    let stated = &mut reader.stated;
                    let slot = match a.key {
                        "total" => &mut stated.total,
                        "failed" | "error" | "timeout" | "aborted" => &mut stated.bad,
                        "notExecuted" | "notRunnable" | "inconclusive" | "pending" | "disconnected" => {
                            &mut stated.skipped
                        }
                        _ => continue,
                    };
                    *slot = Some(slot.unwrap_or(0).saturating_add(a.count()?));
                }
                xml.skip()?;
            }
            "RunInfo" => {
                let bad = e.attribute("outcome")?.is_some_and(|o| o == "Error");
                let name = e.attribute("computerName")?.unwrap_or_default().into_owned();
                let message = common::message_of(&mut xml)?;
                if bad {
                    // The adapters log the failures of tests here too; a run that broke off says so in words.
                    let lower = message.to_lowercase();
                    if ["abort", "crash", "could not", "unable", "exited"].iter().any(|w| lower.contains(w)) {
                        reader.incomplete = true;
                    }
                    reader.problems.push(Problem { name, message, line: None });
                }
            }
            _ => xml.skip()?,
        }
    }
    common::finish(&mut xml)?;
    if !reader.some {
        return Err(ParseError::malformed("<Results> or <ResultSummary>").at(root.offset).found_words("neither"));
    }
    for (case, id) in reader.suite.cases.iter_mut().zip(&reader.ids) {
        case.class = id.as_ref().and_then(|id| reader.classes.get(id)).cloned();
    }
    let mut run = TestRun { suites: vec![reader.suite], problems: reader.problems, ..TestRun::default() };
    let mut notes = xml.take_notes();
    let mut beyond = reader.stated.against(run.counts(), reader.parents);
    if reader.parents > 0 {
        beyond = beyond.without_fewer();
    }
    run.beyond = beyond.boxed();
    notes.extend(run.beyond.iter().map(|b| Note::new(format!("the summary {}", b.words))));
    if reader.failed && run.beyond.as_ref().is_none_or(|b| b.bad == 0) {
        run.says_that_it_failed("ResultSummary", "the summary says that the run failed");
    }
    Ok(Parsed { notes, created: reader.created, ..Parsed::new(Data::Tests(run), Some(!reader.incomplete)) })
}

fn is_result(name: &str) -> bool {
    matches!(
        name,
        "UnitTestResult"
            | "TestResult"
            | "GenericTestResult"
            | "ManualTestResult"
            | "WebTestResult"
            | "LoadTestResult"
            | "TestResultAggregation"
    )
}

impl Reader {
    fn result(&mut self, xml: &mut Xml<'_>, element: &Element<'_>) -> Result<(), ParseError> {
        let mut case = Case::default();
        let (mut outcome, mut id) = (None, None);
        for a in xml.attributes() {
            match a.key {
                "testName" => case.name = a.text()?.into(),
                "duration" => case.time = dotnet::time_span(a.raw),
                "outcome" => outcome = Some(*a),
                "testId" => id = Some(Box::from(a.raw)),
                _ => {}
            }
        }
        case.status = match outcome.map(|a| a.raw) {
            Some("Passed" | "Completed" | "Warning" | "PassedButRunAborted") => Outcome::Passed,
            Some("Failed") => Outcome::Failed,
            Some("Error" | "Timeout" | "Aborted" | "InProgress") | None => Outcome::Errored,
            Some("NotExecuted" | "NotRunnable" | "Inconclusive" | "Pending" | "Disconnected") => Outcome::Skipped,
            Some(_) => {
                return Err(outcome.map_or_else(
                    || ParseError::malformed("an outcome").at(element.offset),
                    |a| a.wrong("a test outcome of the TeamTest schema"),
                ));
            }
        };
        if matches!(outcome.map(|a| a.raw), Some("PassedButRunAborted" | "InProgress")) {
            self.incomplete = true;
        }
        let until = xml.depth().saturating_sub(1);
        let (mut message, mut place) = (String::new(), None);
        let before = self.suite.cases.len();
        while xml.depth() > until {
            let Token::Start(e) = xml.next()? else { continue };
            match e.name() {
                "Output" | "ErrorInfo" | "InnerResults" => {}
                // Nesting is bounded by the reader's limit.
                name if is_result(name) => self.result(xml, &e)?,
                "Message" if message.is_empty() => message = common::message_of(xml)?,
                "StackTrace" => place = dotnet::frame(&common::message_of(xml)?),
                _ => xml.skip()?,
            }
        }
        if self.suite.cases.len() > before {
            // It stands for its rows. One that is worse than all of them must not get lost.
            let worst = self.suite.cases.iter().skip(before).map(|c| c.status).max().unwrap_or_default();
            if case.status > Outcome::Skipped && case.status > worst {
                self.problems.push(Problem { name: case.name.to_string(), message, line: None });
            }
            self.parents = self.parents.saturating_add(1);
            return Ok(());
        }
        if case.status != Outcome::Passed {
            let (file, line) = place.map_or((None, None), |(f, l)| (Some(f), Some(l)));
            case.detail = common::detail(&message, "", file.as_deref(), line);
        }
        self.suite.cases.push(case);
        self.ids.push(id);
        Ok(())
    }

    fn definition(&mut self, xml: &mut Xml<'_>, element: &Element<'_>) -> Result<(), ParseError> {
        let id = element.attribute("id")?;
        let until = xml.depth().saturating_sub(1);
        while xml.depth() > until {
            let Token::Start(e) = xml.next()? else { continue };
            if e.name() == "TestMethod"
                && let (Some(id), Some(class)) = (&id, e.attribute("className")?)
            {
                // MSTest appends the assembly's full name.
                let class = class.split(", ").next().unwrap_or_default();
                let class = self.names.get(class);
                self.classes.insert(id.as_ref().into(), class);
            }
        }
        Ok(())
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
    fn outcomes_and_classes() {
        let (run, complete) = read(
            "<TestRun><Results><UnitTestResult testName='p' testId='1' outcome='Passed' duration='00:00:01.5'/>\
             <UnitTestResult testName='f' testId='2' outcome='Failed'><Output><ErrorInfo><Message>m</Message></ErrorInfo></Output></UnitTestResult>\
             <UnitTestResult testName='t' outcome='Timeout'/><UnitTestResult testName='none'/><UnitTestResult testName='s' outcome='NotExecuted'/></Results>\
             <TestDefinitions><UnitTest id='2'><TestMethod className='N.C, Asm'/></UnitTest></TestDefinitions></TestRun>",
        )
        .unwrap();
        let n = run.counts();
        assert_eq!((n.passed, n.failed, n.errored, n.skipped), (1, 1, 2, 1));
        assert_eq!(run.suites[0].cases[1].class.as_deref(), Some("N.C"));
        assert_eq!(complete, Some(true));
    }

    #[test]
    fn rows_are_the_cases() {
        let (run, _) = read(
            "<TestRun><Results><UnitTestResult testName='d' outcome='Failed'><InnerResults><UnitTestResult testName='d (1)' outcome='Passed'/>\
             <UnitTestResult testName='d (2)' outcome='Failed'/></InnerResults></UnitTestResult></Results></TestRun>",
        )
        .unwrap();
        assert_eq!((run.counts().passed, run.counts().failed, run.problems.len()), (1, 1, 0));
    }

    #[test]
    fn an_aborted_run_is_not_complete() {
        let (run, complete) = read(
            "<TestRun><Results><UnitTestResult testName='p' outcome='Passed'/></Results><ResultSummary outcome='Failed'><RunInfos>\
             <RunInfo outcome='Error'><Text>The active test run was aborted.</Text></RunInfo></RunInfos></ResultSummary></TestRun>",
        )
        .unwrap();
        assert_eq!((run.problems.len(), complete), (1, Some(false)));
        let (_, complete) =
            read("<TestRun><Results><UnitTestResult testName='p' outcome='PassedButRunAborted'/></Results></TestRun>")
                .unwrap();
        assert_eq!(complete, Some(false));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for bad in ["<TestRun/>", "<TestRun><Results><UnitTestResult outcome='Fine'/></Results></TestRun>", "<x/>"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
