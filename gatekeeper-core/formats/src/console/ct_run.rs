//! Console of `ct_run` (and of `ct:run_test/1` in a shell): see [`super::ct_text`]. rebar3 keeps the same text in
//! `_build/test/logs/ct.latest.log`; as its run has a `suite.log` too, that is no place where evidence is looked for.
//!
//! Every test that `TEST INFO: T test(s)` announces must have its line `TEST COMPLETE`. A suite that could not be built
//! (`{error,make_failed}`, `{ct_framework,error_in_suite}`) is in no count: the run is then not complete.

use super::common::{self, Reader};
use super::ct_text::{Collector, is_header};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::test_run::TestRun;
use gatekeeper_evidence::{Data, Kind};

pub(super) static FORMAT: Format = Format {
    id: "ct-run",
    title: "ct_run: Common Test's console",
    kind: Kind::Tests,
    extensions: &["log", "txt"],
    places: &["ct_run.log", "ct_run.txt", "logs/ct_run.log"],
    spec: "OTP 27 common_test, ct_run: https://www.erlang.org/doc/apps/common_test/run_test_chapter.html",
    producers: &["ct"],
    recorded_as: Some("ct_run"),
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    if head.console().has("Running Common Test suites") || head.xml().is_some() || head.json().is_some() {
        return Confidence::No;
    }
    let mut rows = Reader::new(head.bytes());
    while let Some(row) = rows.next() {
        if is_header(row.text) {
            return Confidence::Certain;
        }
    }
    Confidence::No
}

pub(super) fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut collector = Collector::default();
    let mut rows = Reader::new(input.bytes);
    while let Some(row) = rows.next() {
        collector.line(&row);
    }
    if collector.begun().is_none() {
        return Err(common::no_result(input.bytes, 0, "line `Common Test starting`"));
    }
    let mut tests = TestRun::default();
    let mut notes = Vec::new();
    let mut complete = collector.finish(input.bytes, &mut tests, &mut notes)?;
    if complete && tests.counts().failed == 0 && tests.problems.is_empty() && tests.counts().skipped == 0 {
        complete = common::good_run(input, false, &mut notes);
    }
    let mut parsed = Parsed::new(Data::Tests(tests), Some(complete));
    parsed.tool = Some("ct".to_owned());
    parsed.notes = notes;
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    fn read(log: &str) -> Result<Parsed, ParseError> {
        let limits = Limits::default();
        parse(&Input { name: "x", bytes: log.as_bytes(), limits: &limits, exit_status: None, validate: false })
    }

    const HEAD: &str = "\nCommon Test v1.27 starting (cwd is /p)\n\nTEST INFO: 2 test(s), 3 case(s) in 2 suite(s)\n\nTesting a.b: Starting test, 2 test cases\n\n- - - - - - - - - -\nx_SUITE:help failed on line 9\nReason: {badmatch,1}\n- - - - - - - - - -\n\nTesting a.b: *** FAILED test case 2 of 2 ***\nTesting a.b: TEST COMPLETE, 1 ok, 1 failed of 2 test cases\n";

    #[test]
    fn tests_add_up() {
        let log = format!(
            "{HEAD}Testing a.c: Starting test, 1 test cases\nTesting a.c: TEST COMPLETE, 0 ok, 0 failed, 1 skipped of 1 test cases\n"
        );
        let p = read(&log).unwrap();
        let Data::Tests(t) = &p.data else { panic!() };
        let n = t.counts();
        assert_eq!((n.passed, n.failed, n.skipped, p.complete), (1, 1, 1, Some(true)));
        let detail = t.suites[0].cases[0].detail.as_ref().unwrap();
        assert_eq!((detail.line, &*detail.message), (Some(9), "x_SUITE:help failed on line 9\nReason: {badmatch,1}"));
    }

    #[test]
    fn a_test_that_did_not_end_is_an_error() {
        assert!(read(HEAD).is_err());
        assert!(read(&format!("{HEAD}Testing a.c: Starting test, 1 test cases\n")).is_err());
        assert!(read("Protocol 'inet_tcp': the name ct@vm seems to be in use by another Erlang node\n").is_err());
    }

    #[test]
    fn a_suite_that_was_not_built_is_in_no_count() {
        let log = "Common Test: Running make in test directories...\n{error,make_failed}\nTEST INFO: 1 test(s), 0 case(s) in 0 suite(s)\nTesting a: Starting test, 0 test cases\n\nTesting a: *** FAILED {ct_framework,error_in_suite} ***\nTesting a: TEST COMPLETE, 0 ok, 0 failed of 0 test cases\n";
        let p = read(log).unwrap();
        let Data::Tests(t) = &p.data else { panic!() };
        assert_eq!((t.counts().total(), t.problems.len(), p.complete), (0, 2, Some(false)));
    }
}
