//! NUnit 3 results: `<test-run>` with nested `<test-suite>`s and `<test-case>`s.
//!
//! Specification: "Test Result XML Format", <https://docs.nunit.org/articles/nunit/technical-notes/usage/Test-Result-XML-Format.html>. Written by
//! nunit3-console, the NUnit adapter's logger for `dotnet test`, Unity's test runner, Pester. Deviations and what we do:
//!
//! - `testcasecount` counts cases that were not chosen: the listed ones count.
//! - `time` stands where old writers have no `duration`.
//! - `Failed` with `label="Error"` is errored; `Inconclusive` is skipped; `Warning` passed.
//! - A suite that failed in its own set-up or tear-down, or could not be loaded (`label="Invalid"`), is a problem of the run: after a tear-down all cases
//!   may have passed. One that could not be loaded, or a cancelled run, makes it not complete.
//! - Unity and others write `<test-results>` of NUnit 2 too: another format, `nunit2`.

use super::common;
use super::dotnet::{self, inside, message};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::xml::{self, Element, Token, Xml};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::test_run::{Case, Outcome, Problem, Suite, TestRun, Totals};
use gatekeeper_evidence::{Data, Kind, Note};
use std::borrow::Cow;

pub(super) static FORMAT: Format = Format {
    id: "nunit3",
    title: "NUnit 3 results",
    kind: Kind::Tests,
    extensions: &["xml"],
    places: &["**/TestResult.xml", "TestResults/*.xml"],
    spec: "NUnit 3 Test Result XML Format, https://docs.nunit.org/articles/nunit/technical-notes/usage/Test-Result-XML-Format.html",
    producers: &["nunit"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(root) = head.xml() else { return Confidence::No };
    Confidence::when(root.name == "test-run", Confidence::Certain)
}

/// An open `<test-suite>`.
struct Open {
    name: String,
    suite: Suite,
    order: usize,
    /// The suite's own failure, where it has one of its own and not of its children.
    problem: Option<Problem>,
}

#[derive(Default)]
struct Reader {
    stack: Vec<Open>,
    suites: Vec<(usize, Suite)>,
    opened: usize,
    problems: Vec<Problem>,
    notes: Vec<Note>,
    incomplete: bool,
    classes: common::Classes,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    xml::read(input, |_, xml| document(xml))
}

fn document(mut xml: Xml<'_>) -> Result<Parsed, ParseError> {
    let Token::Start(root) = xml.next()? else { return Err(ParseError::malformed("an XML element").at(0)) };
    if root.name() != "test-run" {
        return Err(ParseError::malformed("a root <test-run>").at(root.offset).found(root.name()));
    }
    let run_result = root.attribute("result")?.unwrap_or_default().into_owned();
    let created = root.attribute("end-time")?.and_then(|t| {
        // "2021-06-28 20:23:41Z", sometimes with a blank behind the T.
        t.replace("T ", "T").parse::<jiff::Timestamp>().ok().map(|t| t.as_second())
    });
    let count = |key: &str| -> Result<Option<u64>, ParseError> {
        root.attributes().filter_map(Result::ok).find(|a| a.key == key).map(|a| a.count()).transpose()
    };
    // `testcasecount` counts what was not chosen, too.
    let stated = Totals {
        total: count("total")?,
        bad: count("failed")?,
        skipped: [count("skipped")?, count("inconclusive")?].into_iter().flatten().reduce(u64::saturating_add),
    };
    let cancelled = root.attribute("label")?.is_some_and(|l| l == "Cancelled");
    let mut reader = Reader { incomplete: cancelled, ..Reader::default() };
    reader.open("");
    while let Some(token) = inside(&mut xml, 0)? {
        match token {
            Token::Start(e) => match e.name() {
                "test-suite" => reader.suite(&xml)?,
                "test-case" => reader.case(&mut xml, &e)?,
                "failure" => {
                    let message = message(&mut xml)?;
                    if let Some(problem) = reader.stack.last_mut().and_then(|o| o.problem.as_mut()) {
                        problem.message = message;
                    }
                }
                "reason" => {
                    let message = message(&mut xml)?;
                    if let Some(problem) = reader.stack.last_mut().and_then(|o| o.problem.as_mut())
                        && problem.message.is_empty()
                    {
                        problem.message = message;
                    }
                }
                _ => xml.skip()?,
            },
            Token::End => reader.close(),
            _ => {}
        }
    }
    common::finish(&mut xml)?;
    while !reader.stack.is_empty() {
        reader.close();
    }
    reader.suites.sort_by_key(|(order, _)| *order);
    let suites = reader.suites.into_iter().map(|(_, s)| s).collect();
    let mut run = TestRun { suites, problems: reader.problems, ..TestRun::default() };
    let mut notes = xml.take_notes();
    notes.append(&mut reader.notes);
    notes.extend(run.hold_against(stated).map(|w| Note::new(format!("the run {w}"))));
    if run_result == "Failed" && run.beyond.as_ref().is_none_or(|b| b.bad == 0) {
        run.says_that_it_failed("test-run", "the run says that it failed");
    }
    Ok(Parsed { tool: Some("nunit".into()), notes, created, ..Parsed::new(Data::Tests(run), Some(!reader.incomplete)) })
}

impl Reader {
    fn open(&mut self, name: &str) {
        self.stack.push(Open { name: name.to_owned(), suite: Suite::named(name), order: self.opened, problem: None });
        self.opened += 1;
    }

    fn suite(&mut self, xml: &Xml<'_>) -> Result<(), ParseError> {
        let (mut name, mut full) = (Cow::default(), Cow::default());
        let (mut result, mut site, mut label) = ("", "", "");
        for a in xml.attributes() {
            match a.key {
                "name" => name = a.text()?,
                "fullname" => full = a.text()?,
                "result" => result = a.raw,
                "site" => site = a.raw,
                "label" => label = a.raw,
                _ => {}
            }
        }
        let name = if full.is_empty() { name } else { full };
        self.open(&name);
        let own = matches!(site, "SetUp" | "TearDown" | "Test") || matches!(label, "Invalid" | "Error" | "Cancelled");
        if result == "Failed" && own {
            if matches!(label, "Invalid" | "Cancelled") {
                self.incomplete = true;
            }
            if let Some(open) = self.stack.last_mut() {
                let message = if site.is_empty() { label.to_owned() } else { format!("{site} failed") };
                open.problem = Some(Problem { name: open.name.clone(), message, line: None });
            }
        }
        Ok(())
    }

    fn close(&mut self) {
        let Some(open) = self.stack.pop() else { return };
        self.problems.extend(open.problem);
        if !open.suite.cases.is_empty() {
            self.suites.push((open.order, open.suite));
        }
    }

    fn case(&mut self, xml: &mut Xml<'_>, element: &Element<'_>) -> Result<(), ParseError> {
        let mut case = Case::default();
        let (mut result, mut label, mut full): (Option<_>, _, _) = (None, "", None);
        let mut time = None;
        for a in xml.attributes() {
            match a.key {
                "name" => case.name = a.text()?.into(),
                "fullname" => full = Some(a.text()?),
                "classname" => {
                    let class = a.text()?;
                    case.class = Some(self.classes.get(&class));
                }
                "result" => result = Some(*a),
                "label" => label = a.raw,
                "duration" => time = common::seconds(a.raw),
                "time" => time = time.or(common::seconds(a.raw)),
                _ => {}
            }
        }
        if case.name.is_empty()
            && let Some(full) = full
        {
            case.name = full.into();
        }
        case.time = time;
        let Some(result) = result else {
            return Err(ParseError::malformed("a result of a <test-case>").at(element.offset).found(&*case.name));
        };
        case.status = match result.raw {
            "Passed" | "Warning" => Outcome::Passed,
            "Failed" if label == "Error" => Outcome::Errored,
            "Failed" => Outcome::Failed,
            "Skipped" | "Inconclusive" => Outcome::Skipped,
            _ => {
                return Err(result.wrong("Passed, Failed, Skipped, Inconclusive or Warning"));
            }
        };
        if label == "Cancelled" {
            self.incomplete = true;
        }
        if result.raw == "Warning" {
            let message = "a case with warnings counts as passed";
            if !self.notes.iter().any(|n| n.message == message) {
                self.notes.push(Note::at(message, Location::at(element.offset)));
            }
        }
        let until = xml.depth().saturating_sub(1);
        let (mut text, mut place) = (String::new(), None);
        while let Some(token) = inside(xml, until)? {
            let Token::Start(e) = token else { continue };
            match e.name() {
                // Held by `failure`, `reason`, `assertions`: the first one counts.
                "failure" | "reason" => {}
                "message" if text.is_empty() => text = common::message_of(xml)?,
                "stack-trace" if place.is_none() => place = dotnet::frame(&common::message_of(xml)?),
                _ => xml.skip()?,
            }
        }
        if case.status != Outcome::Passed {
            let (file, line) = place.map_or((None, None), |(f, l)| (Some(f), Some(l)));
            case.detail = common::detail(&text, label, file.as_deref(), line);
        }
        if let Some(open) = self.stack.last_mut() {
            open.suite.cases.push(case);
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
    fn results_and_labels() {
        let (run, complete) = read(
            "<test-run testcasecount='9'><test-suite name='A'><test-case name='p' result='Passed' duration='0.5'/>\
             <test-case name='w' result='Warning' time='0.25'/><test-case name='f' result='Failed'><failure><message>m</message>\
             <stack-trace> at X() in /s/T.cs:line 7</stack-trace></failure></test-case><test-case name='e' result='Failed' label='Error'/>\
             <test-case name='i' result='Inconclusive'/><test-case name='s' result='Skipped' label='Ignored'/></test-suite></test-run>",
        )
        .unwrap();
        let n = run.counts();
        assert_eq!((n.passed, n.failed, n.errored, n.skipped), (2, 1, 1, 2));
        assert!((run.duration() - 0.75).abs() < 1e-9);
        let detail = run.suites[0].cases[2].detail.as_ref().unwrap();
        assert_eq!((&*detail.message, detail.file.as_deref(), detail.line), ("m", Some("/s/T.cs"), Some(7)));
        assert_eq!(complete, Some(true));
    }

    #[test]
    fn a_tear_down_that_failed_is_a_problem() {
        let (run, complete) = read(
            "<test-run result='Failed'><test-suite fullname='N.A' result='Failed' site='TearDown'><failure><message>boom</message></failure>\
             <test-case name='p' result='Passed'/></test-suite><test-suite name='b.dll' result='Failed' label='Invalid'/></test-run>",
        )
        .unwrap();
        assert_eq!(run.problems.len(), 2);
        assert_eq!((run.problems[0].name.as_str(), run.problems[0].message.as_str()), ("N.A", "boom"));
        assert_eq!(complete, Some(false));
    }

    #[test]
    fn a_run_that_failed_without_a_failure_is_a_problem() {
        assert_eq!(read("<test-run result='Failed'/>").unwrap().0.problems.len(), 1);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for bad in [
            "<test-results/>",
            "<test-run><test-case name='a' result='Green'/></test-run>",
            "<test-run><test-case name='a'/></test-run>",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
