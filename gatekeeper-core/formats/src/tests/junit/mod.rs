//! JUnit XML, in the dialects of its many writers.
//!
//! There is no specification; the nearest are Ant's writer, Surefire's schema
//! (<https://maven.apache.org/surefire/maven-surefire-plugin/xsd/surefire-test-report-3.0.2.xsd>), Jenkins' reader and
//! the collection at <https://github.com/testmoapp/junitxml>. Written by pytest, Surefire, Gradle, jest-junit, mocha, GoogleTest, CTest,
//! PHPUnit, nextest, go-junit-report, Bazel, Robot Framework, node, EUnit, Common Test and many others. What they do, and what we do:
//!
//! - Suites nest, and their counts repeat those of inner suites, are wrong or missing: cases are counted, attributes are not. A suite that states
//!   failures and lists none is a problem of the run: jest-junit leaves out a file that did not load.
//! - Cases may stand straight under `<testsuites>` (node), or be the root (Jenkins' oldest samples): read, the latter with a note.
//! - A case's worst element counts: failure, then error, then skipped. Without any, `status` and `result` do (GoogleTest's `notrun` and `suppressed`,
//!   CTest's `disabled`): a case that says it failed has failed.
//! - `<flakyFailure>`, `<flakyError>` are earlier attempts, `<rerunFailure>`, `<rerunError>` further ones: with no failure beside them the case
//!   passed, and is flaky.
//! - node's failing `todo` is `<skipped type="todo">` beside a `<failure>`: skipped, as node counts it.
//! - Surefire 3.5.5 and 3.5.6 write an `@AfterAll` that throws in every attempt as a case without a name behind its class's cases, with as many
//!   `<flakyError>`s as there were attempts (surefire#3412): errored.
//! - Playwright marks a skip on purpose with a property (`skip`, `fixme`); without one, and with nothing failed, the case did not run: the run was
//!   interrupted, and is not complete (playwright#18250, #34621).
//! - pytest lists the test in which it was interrupted without a name or a result: no case, and the run is not complete.
//! - Common Test lists its configuration functions as cases: they are none; one that failed is a problem.
//! - EUnit cannot skip on purpose: each `<skipped>` was cancelled, so the run is not complete; neither is one whose fixture was not set up.
//! - Several documents may follow each other in one stream (`cat *.xml`): added up.
//! - Times are `1.5`, `1,234.5` or `0,003`; one that is no number is left out, with a note.
//! - `file` and `line` are kept for cases that did not pass; where they are not given they are looked for in the failure's text. pytest counts lines from 0.
//! - Files of test management systems (TestLink's `node_order`) have the same root and no results: refused.

mod add;
mod case;
mod dialect;
mod totals;

use super::common;
use crate::format::{Confidence, Content, Format, Head, Parsed, names_commit};
use crate::input::Input;
use crate::scan::xml::{self, Element, Token, Xml};
use case::{Found, Given, attribute, short, stated};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::test_run::{Beyond, Outcome, Problem, Suite, TestRun};
use gatekeeper_evidence::{Data, Kind, Note};
use std::sync::Arc;
use totals::Tally;

pub(super) static FORMAT: Format = Format {
    id: "junit",
    title: "JUnit XML",
    kind: Kind::Tests,
    extensions: &["xml"],
    places: &[
        "**/TEST-*.xml",
        "**/junit.xml",
        "**/junit-*.xml",
        "**/junit_report.xml",
        "**/test-junit-report.xml",
        "**/*.junit.xml",
        "**/rspec.xml",
        "test-results.xml",
        "test-results/*.xml",
        "reports/junit/*.xml",
        "pytest.xml",
        "pytest-report.xml",
        "pytest-results.xml",
        "test-report.xml",
        "reports/test-report.xml",
        "unit-tests.xml",
        "unittest.xml",
        "nosetests.xml",
        "reports/jest-junit.xml",
        "tests/_output/report.xml",
        "cypress/results/*.xml",
        "playwright-report/results.xml",
        "test-results/*/results.xml",
        "bazel-testlogs/**/test.xml",
    ],
    spec: "Surefire test report schema 3.0.2, https://maven.apache.org/surefire/maven-surefire-plugin/xsd/surefire-test-report-3.0.2.xsd",
    producers: &[
        "surefire",
        "testng",
        "gradle",
        "pytest",
        "jest",
        "vitest",
        "mocha",
        "gtest",
        "ctest",
        "phpunit",
        "playwright",
        "nextest",
        "go-junit-report",
        "bazel",
        "robot",
        "node",
        "eunit",
        "ct",
    ],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

/// Most notes on one file.
const NOTES: usize = 20;

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(root) = head.xml() else { return Confidence::No };
    match root.name.as_str() {
        "testsuites" | "testsuite" => Confidence::when(!root.holds("node_order"), Confidence::Certain),
        "testcase" => Confidence::when(
            root.attribute("name").is_some()
                && (root.attribute("classname").is_some() || root.attribute("time").is_some()),
            Confidence::Likely,
        ),
        _ => Confidence::No,
    }
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    xml::read(input, document)
}

fn document<'a>(text: &'a str, mut xml: Xml<'a>) -> Result<Parsed, ParseError> {
    let mut reader = Reader::default();
    if dialect::is_ct_prolog(text) {
        reader.tool = Some("ct");
    } else if dialect::is_testng_prolog(text) {
        reader.tool = Some("testng");
    }
    xml.allow_several();
    reader.documents(&mut xml)?;
    Ok(reader.done(text, xml.take_notes()))
}

/// An open `<testsuites>` or `<testsuite>`.
struct Open<'a> {
    suite: Suite,
    /// Where it comes among the suites: in the order in which they open.
    order: usize,
    offset: usize,
    nested: bool,
    /// What it states of itself and what it lists.
    tally: Tally,
    /// Whether a failure of its own, without a case, was told already.
    told: bool,
    /// The last class name met, as written, and what it is; `None` where it is the suite's own.
    class: Option<(&'a str, Option<Arc<str>>)>,
    is_suite: bool,
}

#[derive(Default)]
struct Reader<'a> {
    tool: Option<&'static str>,
    stack: Vec<Open<'a>>,
    opened: usize,
    suites: Vec<(usize, Suite)>,
    problems: Vec<(usize, Problem)>,
    notes: Vec<Note>,
    incomplete: bool,
    created: Option<i64>,
    /// The commits that suites say they were run on.
    commits: Vec<&'a str>,
    unknown: Option<(usize, String)>,
    /// The first case that was skipped and nobody says why.
    bare_skip: Option<usize>,
    bad: bool,
    cases: u64,
    /// What roots state beyond what they list.
    beyond: Beyond,
    /// For values with references.
    scratch: String,
}

impl<'a> Reader<'a> {
    /// Reads the documents of a stream: mostly one, but several where reports were written one behind the other.
    fn documents(&mut self, xml: &mut Xml<'a>) -> Result<(), ParseError> {
        let mut any = false;
        loop {
            match xml.next()? {
                Token::Start(root) => {
                    if any {
                        self.note("several documents in one stream, added up", root.offset);
                    }
                    any = true;
                    self.root(xml, root)?;
                }
                Token::Eof if any => return Ok(()),
                Token::Eof => return Err(ParseError::malformed("an XML element").at(0)),
                _ => {}
            }
        }
    }

    fn root(&mut self, xml: &mut Xml<'a>, root: Element<'a>) -> Result<(), ParseError> {
        match root.name() {
            "testsuites" | "testsuite" => self.suites(xml, root),
            "testcase" => {
                self.note("a root <testcase>: a suite should hold it", root.offset);
                self.stack.push(Open::new(self.opened, root.offset, true));
                self.opened += 1;
                self.case(xml, root)?;
                self.close();
                Ok(())
            }
            other => Err(ParseError::malformed("a root <testsuites>, <testsuite> or <testcase>")
                .at(root.offset)
                .found(other)),
        }
    }

    /// Reads everything inside a root that was just opened. A loop with a stack of its own: suites nest.
    fn suites(&mut self, xml: &mut Xml<'a>, root: Element<'a>) -> Result<(), ParseError> {
        self.open(xml, &root)?;
        while !self.stack.is_empty() {
            match xml.next()? {
                Token::Start(e) => match e.name() {
                    "testcase" => self.case(xml, e)?,
                    "testsuite" | "testsuites" => self.open(xml, &e)?,
                    "properties" => self.properties(xml)?,
                    "system-out" | "system-err" => xml.skip()?,
                    "failure" | "error" => {
                        let message = attribute(xml, "message")?.unwrap_or_default();
                        let text = common::message_of(xml)?;
                        self.problem(e.offset, None, if message.is_empty() { text } else { message });
                    }
                    "node_order" => {
                        return Err(ParseError::malformed("test results")
                            .at(e.offset)
                            .found_words("a test management system's list of tests"));
                    }
                    "skipped" => {
                        self.note("a <skipped> of a suite, which says nothing of a case", e.offset);
                        xml.skip()?;
                    }
                    other => {
                        self.unknown.get_or_insert_with(|| (e.offset, other.to_owned()));
                        self.note(&format!("an element that JUnit does not have: <{}>", common::clip(other)), e.offset);
                        xml.skip()?;
                    }
                },
                Token::End => self.close(),
                Token::Text(_) => {}
                Token::Eof => break,
            }
        }
        if self.cases == 0
            && let Some((offset, name)) = self.unknown.take()
        {
            return Err(ParseError::malformed("a <testsuite> or <testcase>").at(offset).found(name));
        }
        Ok(())
    }

    fn open(&mut self, xml: &mut Xml<'a>, element: &Element<'a>) -> Result<(), ParseError> {
        xml.count_item(element)?;
        let name = element.name();
        if self.tool.is_none() {
            self.tool = dialect::tool_of(name, xml.attributes());
        }
        let mut open = Open::new(self.opened, element.offset, name == "testsuite");
        let attributes = xml.attributes().iter().map(|a| (a.key, a.raw));
        open.tally = Tally::open(self.stack.last().map(|o| &o.tally), name, attributes);
        self.opened += 1;
        for a in xml.attributes() {
            match a.key {
                "name" => open.suite.name = short(a).text()?.into(),
                "tests" | "failures" | "errors" | "skipped" | "skip" | "skips" | "ignored" | "disabled"
                    if !a.raw.trim().is_empty() =>
                {
                    let count = a.count()?;
                    open.tally.states(a.key, count);
                    if a.key == "tests" {
                        // What is stated is only a hint, so hostile numbers cost nothing.
                        open.suite.cases.reserve(usize::try_from(count).unwrap_or(0).min(256));
                    }
                }
                "timestamp" => {
                    let at = a.raw.trim().parse::<jiff::Timestamp>().ok().map(|t| t.as_second());
                    self.created = self.created.max(at);
                }
                _ => {}
            }
        }
        if let Some(parent) = self.stack.last_mut() {
            parent.nested = true;
        }
        self.stack.push(open);
        Ok(())
    }

    fn close(&mut self) {
        let Some(mut open) = self.stack.pop() else { return };
        let beyond = open.tally.close();
        if !beyond.words.is_empty() {
            self.note(&format!("a suite that {}", beyond.words), open.offset);
        }
        // Not the outer ones of a suite that this was said of.
        let bad = open.tally.bad_without_cases();
        if bad > 0 && !open.told {
            let problem = Problem {
                name: open.suite.name.to_string(),
                message: format!("states {bad} failures and errors, and lists none"),
                line: None,
            };
            self.problems.push((open.offset, problem));
            open.told = true;
        }
        match self.stack.last_mut() {
            Some(outer) => {
                outer.tally.take(&open.tally, &beyond);
                outer.told |= open.told;
            }
            None => self.beyond = std::mem::take(&mut self.beyond).plus(&beyond),
        }
        if !open.suite.cases.is_empty() || (open.is_suite && !open.nested) {
            open.suite.cases.shrink_to_fit();
            self.suites.push((open.order, open.suite));
        }
    }

    /// The properties of a suite, of which some tell who wrote it.
    fn properties(&mut self, xml: &mut Xml<'a>) -> Result<(), ParseError> {
        let inside = xml.depth().saturating_sub(1);
        while xml.depth() > inside {
            let Token::Start(e) = xml.next()? else { continue };
            if e.name() == "property"
                && let Some(name) = xml.attributes().iter().find(|a| a.key == "name")
                && let Some(open) = self.stack.last_mut()
            {
                open.tally.property(name.raw);
                if names_commit(name.raw)
                    && self.commits.len() < 100
                    && let Some(value) = xml.attributes().iter().find(|a| a.key == "value")
                {
                    self.commits.push(value.raw);
                }
            }
            xml.skip()?;
        }
        Ok(())
    }

    /// Reads the case that was just opened, to its end.
    fn case(&mut self, xml: &mut Xml<'a>, element: Element<'a>) -> Result<(), ParseError> {
        xml.count_item(&element)?;
        let inside = xml.depth().saturating_sub(1);
        let mut given = Given::default();
        for a in xml.attributes() {
            match a.key {
                "name" => given.name = Some(*a),
                "classname" | "class" => given.class = Some(*a),
                "time" => given.time = Some(*a),
                "duration" if given.time.is_none() => given.time = Some(*a),
                "file" | "filepath" => given.file = Some(*a),
                "line" | "lineno" => given.line = Some(*a),
                "status" | "result" => {
                    given.stated = given.stated.max(stated(a.raw));
                    given.run |= a.raw == "run";
                }
                "disabled" | "ignored" | "skipped" if a.raw.eq_ignore_ascii_case("true") => {
                    given.stated = given.stated.max(Outcome::Skipped);
                }
                _ => {}
            }
        }
        let mut found = Found::default();
        while xml.depth() > inside {
            let Token::Start(e) = xml.next()? else { continue };
            match e.name() {
                "failure" => found.outcome(xml, Outcome::Failed)?,
                "error" => found.outcome(xml, Outcome::Errored)?,
                "skipped" | "skip" | "ignored" | "disabled" => {
                    let said = xml.attributes();
                    found.todo |= said.iter().any(|a| a.key == "type" && a.raw == "todo");
                    found.skipped_on_purpose |= said.iter().any(|a| a.key == "message" && !a.raw.is_empty());
                    found.outcome(xml, Outcome::Skipped)?;
                }
                "property" => {
                    found.skipped_on_purpose |=
                        xml.attributes().iter().any(|a| a.key == "name" && matches!(a.raw, "skip" | "fixme"));
                    xml.skip()?;
                }
                "properties" => {}
                "flakyFailure" | "flakyError" => {
                    found.flaky = found.flaky.saturating_add(1);
                    found.attempt(xml)?;
                }
                "rerunFailure" | "rerunError" => {
                    found.reruns = found.reruns.saturating_add(1);
                    found.attempt(xml)?;
                }
                "testcase" => self.case(xml, e)?,
                _ => xml.skip()?,
            }
        }
        self.add(&element, given, found)
    }

    fn problem(&mut self, offset: usize, what: Option<&str>, message: String) {
        let suite = self.stack.last().map_or("", |o| &o.suite.name);
        let name = match what {
            Some(what) if suite.is_empty() => what.to_owned(),
            Some(what) => format!("{suite}:{what}"),
            None => suite.to_owned(),
        };
        if let Some(open) = self.stack.last_mut() {
            open.told = true;
        }
        self.problems.push((offset, Problem { name, message: common::clip(&message).to_owned(), line: None }));
    }

    fn note(&mut self, message: &str, offset: usize) {
        if self.notes.len() < NOTES && !self.notes.iter().any(|n| n.message == message) {
            self.notes.push(Note::at(message, Location::at(offset)));
        }
    }

    fn done(mut self, text: &str, mut notes: Vec<Note>) -> Parsed {
        if let Some(offset) = self.bare_skip.filter(|_| self.tool == Some("playwright") && !self.bad) {
            self.incomplete = true;
            self.note("a case that did not run, and nothing says why: the run was interrupted", offset);
        }
        notes.append(&mut self.notes);
        self.suites.sort_by_key(|(order, _)| *order);
        self.problems.sort_by_key(|(offset, _)| *offset);
        // One walk over the text, however many there are.
        let (mut line, mut at) = (1_u64, 0_usize);
        let problems = self
            .problems
            .into_iter()
            .map(|(offset, mut problem)| {
                let between = text.as_bytes().get(at..offset).unwrap_or_default();
                line = line.saturating_add(u64::try_from(memchr::memchr_iter(b'\n', between).count()).unwrap_or(0));
                at = offset;
                problem.line = Some(line);
                problem
            })
            .collect();
        let run = TestRun {
            suites: self.suites.into_iter().map(|(_, s)| s).collect(),
            problems,
            beyond: self.beyond.boxed(),
            ..TestRun::default()
        };
        let parsed = Parsed {
            tool: self.tool.map(str::to_owned),
            notes,
            created: self.created,
            ..Parsed::new(Data::Tests(run), Some(!self.incomplete))
        };
        parsed.of_commits(self.commits)
    }
}

impl Open<'_> {
    fn new(order: usize, offset: usize, is_suite: bool) -> Self {
        Open {
            suite: Suite::default(),
            order,
            offset,
            nested: false,
            tally: Tally::default(),
            told: false,
            class: None,
            is_suite,
        }
    }
}

#[cfg(test)]
mod tests;
